"""A bracket question in one row, no bracket opened."""

from __future__ import annotations

from observatoire_pipeline.marts.brackets import bracket_summaries
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import norm_responses, panel

CODEBOOK = small_codebook()
TABLES = catalogue(CODEBOOK)


def summary_of(budget):
    frame = norm_responses(CODEBOOK, "2018", budget=budget)
    table = bracket_summaries(*panel(CODEBOOK, {"2018": frame}), codebook=CODEBOOK, tables=TABLES)
    assert table["variable"].tolist() == ["budget"]
    return table.iloc[0]


def test_the_median_is_the_bracket_that_reaches_one_half():
    found = summary_of(["moins_5000", "de_5000_a_20000", "plus_20000", "do_not_know", "no_answer"])
    assert found["median_code"] == "de_5000_a_20000"
    assert found["median_label"] == "De 5 000 à 20 000 €"
    assert (found["median_lower"], found["median_upper"]) == (5000, 20000)
    assert (found["base_n"], found["do_not_know_n"]) == (3, 1)
    assert found["unit_of_measure"] == "EUR"
    assert found["base_words"] == ("3 collectivités ayant répondu (hors «\u00a0ne sait pas\u00a0»)")


def test_the_last_bracket_stays_open():
    found = summary_of(["plus_20000", "plus_20000", "moins_5000"])
    assert found["median_lower"] == 20000
    assert found.isna()["median_upper"]
    assert found["mean_lower_bound"] == 40000 / 3


def test_without_a_base_nothing_is_said():
    found = summary_of(["do_not_know", "no_answer"])
    assert found["median_code"] == ""
    assert found.isna()[["median_lower", "median_upper", "mean_lower_bound"]].all()
    assert found["do_not_know_n"] == 1


def test_a_summary_is_named_by_its_key():
    assert summary_of(["plus_20000"])["figure_id"] == (
        "2018.collectivite.budget.-.-.brackets.answered.unweighted.all.all"
    )


def test_each_edition_of_the_panel_has_its_row_and_no_other():
    table = bracket_summaries(*panel(CODEBOOK, {}), codebook=CODEBOOK, tables=TABLES)
    assert len(table) == 0
    both = {
        key: norm_responses(CODEBOOK, key, budget=["plus_20000"]) for key in CODEBOOK.edition_keys
    }
    table = bracket_summaries(*panel(CODEBOOK, both), codebook=CODEBOOK, tables=TABLES)
    assert table["edition"].tolist() == ["2017", "2018"]
