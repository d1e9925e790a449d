"""The score of a ranking, whose divisor decides the order of the items."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.estimation.ranking import points_from_items_ranked, summarise_ranking


def test_each_item_is_divided_by_those_who_ranked_it():
    # r1 A1 B2 C3 · r2 A1 C2 B3 · r3 B1 A2 C3 · r4 A1 B2, C not applicable · r5 C1 only
    counts = [[3, 1, 0], [1, 2, 1], [1, 1, 2]]
    summary = summarise_ranking(counts)
    assert summary.ranked_n.tolist() == [4, 4, 4]
    assert summary.score.tolist() == [2.75, 2.0, 1.75]
    assert summary.mean_rank.tolist() == [1.25, 2.0, 2.25]
    assert summary.first_share.tolist() == [0.75, 0.25, 0.25]


def test_an_item_that_nobody_ranked_has_no_score():
    summary = summarise_ranking([[2, 0], [0, 0]])
    assert summary.score[0] == 2
    assert math.isnan(summary.score[1])
    assert math.isnan(summary.top3_share[1])


def test_a_mean_rank_of_a_finite_population_has_a_shorter_interval_and_a_census_none():
    counts = [[5, 3, 2], [0, 0, 0], [0, 0, 0]]
    wide, narrow = summarise_ranking(counts), summarise_ranking(counts, population=40)
    halves = [one.mean_rank_upper[0] - one.mean_rank[0] for one in (wide, narrow)]
    assert halves[1] / halves[0] == pytest.approx(math.sqrt(1 - 10 / 40))
    census = summarise_ranking(counts, population=10)
    assert census.mean_rank_lower[0] == census.mean_rank[0] == census.mean_rank_upper[0]
    with pytest.raises(ValueError, match="10 units ranked an item, of 9"):
        summarise_ranking(counts, population=9)


def test_top3_counts_the_first_three_ranks():
    counts = np.zeros((5, 5), dtype=int)
    counts[0] = [1, 2, 3, 4, 5]
    assert summarise_ranking(counts).top3_share[0] == pytest.approx(6 / 15)


@pytest.mark.parametrize("counts", [[[1, 2]], [1, 2], [[-1]]])
def test_counts_of_ranks_are_a_square_of_counts(counts):
    with pytest.raises(ValueError, match="rank"):
        summarise_ranking(counts)


@given(st.permutations(range(6)), st.permutations(range(6)))
def test_full_rankings_share_out_the_same_points(first, second):
    counts = np.zeros((6, 6), dtype=int)
    for ranks in (first, second):
        counts[np.arange(6), list(ranks)] += 1
    summary = summarise_ranking(counts)
    assert summary.score.sum() == pytest.approx(6 * 7 / 2)
    np.testing.assert_allclose(summary.score + summary.mean_rank, 7)


def test_the_interval_of_a_mean_rank_is_students():
    ranks = np.array([1, 1, 1, 2])
    summary = summarise_ranking([[3, 1, 0], [1, 2, 1], [1, 1, 2]])
    half = 3.182446 * ranks.std(ddof=1) / 2  # t of 0.975 with 3 degrees
    assert summary.mean_rank_upper[0] == pytest.approx(1.25 + half, abs=1e-6)
    assert summary.mean_rank_lower[0] == 1  # cut: no rank is above the first
    wide = summarise_ranking([[3, 1, 0], [1, 2, 1], [1, 1, 2]], level=0.99)
    assert wide.mean_rank_upper[0] > summary.mean_rank_upper[0]


def test_one_rank_has_no_interval_and_equal_ranks_a_point():
    summary = summarise_ranking([[1, 0], [0, 5]])
    assert math.isnan(summary.mean_rank_lower[0])
    assert math.isnan(summary.mean_rank_upper[0])
    assert summary.mean_rank_lower[1] == summary.mean_rank_upper[1] == 2


@pytest.mark.parametrize(
    ("divisor", "respondents"), [("everybody", 5), ("respondents", None), ("respondents", 3)]
)
def test_a_divisor_is_known_and_large_enough(divisor, respondents):
    with pytest.raises(ValueError, match=r"divi"):
        summarise_ranking([[3, 1], [1, 3]], divisor=divisor, respondents=respondents)


@pytest.mark.parametrize("ranks", [[[1, 3, 0]], [[1, 1, 2]], [[-1, 1, 2]], [1, 2]])
def test_the_ranks_of_a_unit_run_from_1(ranks):
    with pytest.raises(ValueError, match="rank"):
        points_from_items_ranked(ranks)


@given(st.lists(st.permutations([1, 2, 3, 4]), min_size=1, max_size=12))
def test_when_all_items_are_ranked_conventions_agree(rows):
    ranks = np.array(rows)
    counts = np.array([[(ranks[:, i] == r).sum() for r in (1, 2, 3, 4)] for i in range(4)])
    summary = summarise_ranking(counts)
    assert points_from_items_ranked(ranks) / len(rows) == pytest.approx(summary.score)
    other = summarise_ranking(counts, divisor="respondents", respondents=len(rows))
    assert other.score.tolist() == summary.score.tolist()
    assert summary.divisor == "ranked"
    if len(rows) > 1:
        assert (summary.mean_rank_lower <= summary.mean_rank + 1e-12).all()
        assert (summary.mean_rank <= summary.mean_rank_upper + 1e-12).all()
