"""The score of a ranking, whose divisor decides the order of the items."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.estimation.ranking import summarise_ranking


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
