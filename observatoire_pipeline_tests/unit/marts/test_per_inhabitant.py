"""Euros per inhabitant: one interval a response, and what may be said of all of them."""

import pandas as pd
import pytest

from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.marts.per_inhabitant import distributions, intervals
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.unit.marts.panels import norm_responses, panel, profiles

CODEBOOK = read_codebook(packaged_codebook())
TABLES = catalogue(CODEBOOK)


def each(budgets, populations, *, sources=None, counts=True):
    """Return `per_inhabitant` of respondents of 2018 with these budgets and inhabitants."""
    answered = norm_responses(CODEBOOK, "2018", moy_budget_tranche=budgets)
    responses, instances = panel(CODEBOOK, {"2018": answered})
    known = profiles(
        responses,
        instances,
        CODEBOOK,
        population=pd.array(populations, dtype="Int64"),
        population_source=sources or ["legal_2016"] * len(budgets),
        counts=counts,
    )
    return intervals(responses, known, codebook=CODEBOOK, table=TABLES["per_inhabitant"])


def published(rows):
    return distributions(rows, codebook=CODEBOOK, table=TABLES["mart_per_inhabitant"])


def test_a_bracket_is_divided_by_the_inhabitants():
    made = each(["de_10000_a_50000", "plus_1000000", "zero"], [10_000, 500_000, 800])
    assert made["lower"].tolist() == [1.0, 2.0, 0.0]
    assert made["upper"].tolist()[::2] == [5.0, 0.0]
    assert pd.isna(made["upper"].iloc[1])
    assert made["state"].tolist() == ["known"] * 3


def test_less_than_1000_is_not_nothing_where_nothing_is_an_answer():
    rows = each(["zero"] * 6 + ["moins_1000"] * 5, [1000] * 6 + [20_000] * 5)
    made = published(rows).set_index(["statistic", "lower"])
    # (0, 0.05) holds no 0: its five collectivités are not among the six that said 0.
    assert made.loc[("share", 0.0), "share_low"] == pytest.approx(6 / 11)
    assert made.loc[("share", 0.02), "share_high"] == pytest.approx(5 / 11)


def test_there_is_no_interval_without_amount_or_population_or_with_that_of_a_larger_unit():
    made = each(
        ["do_not_know", "no_answer", "zero", "zero", "zero"],
        [1000, 1000, None, 0, 1000],
        sources=["legal_2016"] * 4 + ["taken_from_successor"],
    )
    assert made["state"].tolist() == [
        "no_amount",
        "no_amount",
        "no_population",
        "no_population",
        "too_large",
    ]
    assert made["lower"].isna().all()
    assert made["upper"].isna().all()


def test_the_median_lies_between_points_of_the_grid_that_tell_no_population():
    rows = each(["de_10000_a_50000"] * 11, [30_011] * 11)
    (median,) = published(rows).query("statistic == 'median'").to_dict("records")
    assert rows["lower"].iloc[0] == pytest.approx(0.3332, abs=1e-4)
    assert (median["lower"], median["upper"]) == (0.2, 2.0)
    assert median["base_n"] == 11


def test_a_class_holds_at_least_and_at_most_a_share():
    """Six at [1, 5) and six at 0: half is at zero, half somewhere from 1 to 5."""
    made = published(each(["de_10000_a_50000", "zero"] * 6, [10_000] * 12))
    shares = made[made["statistic"] == "share"].set_index("lower")
    assert shares.loc[0.0, "share_low"] == pytest.approx(0.5)
    assert shares.loc[1.0, ["share_low", "share_high"]].tolist() == pytest.approx([0.0, 0.5])
    assert shares.loc[2.0, ["share_low", "share_high"]].tolist() == pytest.approx([0.0, 0.5])
    assert 5.0 not in shares.index


def test_a_small_base_is_hidden():
    (row,) = published(each(["zero"] * 9, [100] * 9)).to_dict("records")
    assert row["suppressed"]
    assert row["base_n"] == 9
    assert pd.isna(row["lower"])
    assert pd.isna(row["upper"])


def test_one_response_a_collectivite_counts():
    rows = each(["zero"] * 14, [100] * 14, counts=[True] * 12 + [False] * 2)
    assert published(rows)["base_n"].unique().tolist() == [12]


def test_no_question_of_money_makes_no_rows():
    answered = norm_responses(CODEBOOK, "2016", rep_collectivite_type=["commune"])
    responses, instances = panel(CODEBOOK, {"2016": answered})
    known = profiles(responses, instances, CODEBOOK)
    rows = intervals(responses, known, codebook=CODEBOOK, table=TABLES["per_inhabitant"])
    assert rows.empty
    assert published(rows).empty
