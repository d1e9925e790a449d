"""A bracket question in one row, no bracket opened."""

from __future__ import annotations

import math

import pandas as pd
import pytest

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


def summarised(answers, **options):
    made = norm_responses(CODEBOOK, "2018", budget=answers)
    table = bracket_summaries(
        *panel(CODEBOOK, {"2018": made}), codebook=CODEBOOK, tables=TABLES, **options
    )
    return table[table["variable"] == "budget"].iloc[0]


def test_bounds_come_before_the_median_that_supposes_answers_spread():
    # [0, 5 000) 4, [5 000, 20 000) 8: the sixth of twelve is a quarter into the second one.
    found = summarised(["moins_5000"] * 4 + ["de_5000_a_20000"] * 8)
    assert found["mean_upper_bound"] == pytest.approx((4 * 5000 + 8 * 20000) / 12)
    assert found["grouped_median"] == pytest.approx(5000 + 2 / 8 * 15000)
    assert found["grouped_median_lower"] < found["grouped_median"] < found["grouped_median_upper"]
    assert "uniform" in found["grouped_median_assumption"]
    assert found["tail_warning"] == "no_tail"
    assert pd.isna(found["mean_pareto"])


def test_an_open_bracket_leaves_the_mean_without_upper_bound():
    found = summarised(["moins_5000", "plus_20000", "plus_20000"])
    assert pd.isna(found["mean_upper_bound"])
    assert pd.isna(found["grouped_median"])
    assert found["median_code"] == "plus_20000"


@pytest.mark.parametrize(
    "middle, top, warning",
    [(8, 1, ""), (4, 1, "tail_mean_unusable"), (2, 3, "tail_mean_undefined")],
)
def test_a_mean_under_a_pareto_tail_says_what_it_supposes_and_when_it_is_unusable(
    middle, top, warning
):
    found = summarised(["de_5000_a_20000"] * middle + ["plus_20000"] * top)
    alpha = math.log((middle + top) / top) / math.log(4)
    assert found["tail_alpha"] == pytest.approx(alpha)
    assert found["tail_warning"] == warning
    assert "Pareto" in found["mean_assumption"]
    if warning == "tail_mean_undefined":
        assert pd.isna(found["mean_pareto"])
    else:
        mean = (middle * 12500 + top * 20000 * alpha / (alpha - 1)) / (middle + top)
        assert found["mean_pareto"] == pytest.approx(mean)
    harmonic = (middle * 12500 + top * 20000 * (1 + 1 / alpha)) / (middle + top)
    assert found["mean_pareto_harmonic"] == pytest.approx(harmonic)


def test_nobody_under_the_top_bracket_gives_a_tail_without_mean():
    found = summarised(["moins_5000"] * 3 + ["plus_20000"] * 2)
    assert (found["tail_alpha"], found["tail_warning"]) == (0, "tail_mean_undefined")
    assert pd.isna(found["mean_pareto_harmonic"])


def test_a_bracket_summary_of_few_is_flagged():
    assert summarised(["moins_5000"] * 9)["suppression"] == "small_base"
    assert summarised(["no_answer"])["suppression"] == "no_base"
