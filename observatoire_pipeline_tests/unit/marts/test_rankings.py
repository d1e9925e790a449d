"""Scores of ranked items, each over those who ranked it."""

from __future__ import annotations

import pytest

from observatoire_pipeline.marts.counts import PanelError
from observatoire_pipeline.marts.rankings import rankings
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import norm_responses, panel

CODEBOOK = small_codebook()
TABLES = catalogue(CODEBOOK)


def ranked(codebook=CODEBOOK, edition="2018", **answers):
    frame = norm_responses(codebook, edition, **answers)
    return rankings(*panel(codebook, {edition: frame}), codebook=codebook, tables=TABLES)


def test_a_score_is_divided_by_those_who_ranked_the_item():
    # r1 A1 B2 C3 · r2 A1 C2 B3 · r3 B1 A2 C3 · r4 A1 B2, C not applicable · r5 C1 only · r6 blank
    table = ranked(
        priorites__cout=["rank_1", "rank_1", "rank_2", "rank_1", "not_ranked", "no_answer"],
        priorites__securite=["rank_2", "rank_3", "rank_1", "rank_2", "not_ranked", "no_answer"],
        priorites__ergonomie=["rank_3", "rank_2", "rank_3", "not_ranked", "rank_1", "no_answer"],
    ).set_index("item")
    assert table["score"].to_dict() == {"cout": 2.75, "securite": 2.0, "ergonomie": 1.75}
    assert table["ranked_n"].tolist() == [4, 4, 4]
    assert table["items_n"].tolist() == [3, 3, 3]
    assert table["mean_rank"].tolist() == [1.25, 2.0, 2.25]
    assert table["first_share"].tolist() == [0.75, 0.25, 0.25]
    assert table["top3_share"].tolist() == [1.0, 1.0, 1.0]
    assert table.loc["cout", "base_words"] == "4 collectivités ayant classé cette proposition"
    assert table.loc["cout", "figure_id"] == (
        "2018.collectivite.priorites.cout.-.score.ranked.unweighted.all.all"
    )
    assert table.loc["ergonomie", "item_label"] == "Ergonomie"


def test_an_item_that_nobody_ranked_has_no_score():
    table = ranked(priorites__cout=["rank_1"], priorites__securite=["not_ranked"])
    assert table.set_index("item")["score"].isna().tolist() == [False, True, True]


def without_ergonomics():
    columns = tuple(
        c.model_copy(update={"text": "not_asked"})
        if (c.variable, c.item, c.edition) == ("priorites", "ergonomie", "2017")
        else c
        for c in CODEBOOK.columns
    )
    return small_codebook(columns=columns)


def test_the_first_rank_weighs_the_number_of_items_that_the_edition_asked():
    table = ranked(
        without_ergonomics(), "2017", priorites__cout=["rank_1"], priorites__securite=["rank_2"]
    )
    assert table["item"].tolist() == ["cout", "securite"]
    assert table["score"].tolist() == [2, 1]
    assert set(table["items_n"]) == {2}


def test_a_rank_beyond_the_items_asked_is_an_error():
    with pytest.raises(PanelError, match="priorites in 2017"):
        ranked(without_ergonomics(), "2017", priorites__cout=["rank_3"])


def test_the_other_divisor_stands_beside_and_the_mean_rank_has_an_interval():
    # As above: divided by the five who ranked anything, A 2.2, B 1.6, C 1.4.
    table = ranked(
        priorites__cout=["rank_1", "rank_1", "rank_2", "rank_1", "not_ranked", "no_answer"],
        priorites__securite=["rank_2", "rank_3", "rank_1", "rank_2", "not_ranked", "no_answer"],
        priorites__ergonomie=["rank_3", "rank_2", "rank_3", "not_ranked", "rank_1", "no_answer"],
    ).set_index("item")
    assert set(table["divisor"]) == {"ranked"}
    assert table["respondents_n"].tolist() == [5, 5, 5]
    assert table["score_of_respondents"].tolist() == pytest.approx([2.2, 1.6, 1.4])
    # Ranks 1, 1, 2, 1: s = 0.5, t with 3 degrees of freedom 3.182446.
    cost = table.loc["cout"]
    assert cost["mean_rank_lower"] == 1
    assert cost["mean_rank_upper"] == pytest.approx(1.25 + 3.182446 * 0.5 / 2, abs=1e-6)
    assert set(table["suppression"]) == {"small_base"}


def test_one_who_ranked_an_item_gives_no_interval():
    cost = ranked(priorites__cout=["rank_1"]).set_index("item").loc["cout"]
    assert cost[["mean_rank_lower", "mean_rank_upper"]].isna().all()
