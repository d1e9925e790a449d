"""Tails: what a model adds to open brackets, and when it says nothing."""

from __future__ import annotations

import math

import pytest

from observatoire_pipeline.estimation.tails import (
    mean_with_pareto_tail,
    pareto_index,
    top_mean_from_total,
)


def test_the_index_is_that_of_the_two_highest_brackets():
    # Three quarters of those above 10 are below 20: (1/4) = (10/20)^2.
    assert pareto_index([50, 30, 10], [0, 10, 20]) == pytest.approx(2)
    assert pareto_index([0, 30, 0], [0, 10, 20]) == math.inf


def test_a_tail_of_index_2_has_its_known_means():
    found = mean_with_pareto_tail([60, 30, 10], [0, 10, 20], [10, 20, None])
    below = 60 * 5 + 30 * 15
    assert found.alpha == pytest.approx(2)
    assert found.arithmetic == pytest.approx((below + 10 * 40) / 100)
    assert found.harmonic == pytest.approx((below + 10 * 30) / 100)
    assert found.median == pytest.approx((below + 10 * 20 * math.sqrt(2)) / 100)
    assert found.geometric == pytest.approx((below + 10 * 20 * math.exp(0.5)) / 100)
    assert found.at_top_bound == pytest.approx((below + 10 * 20) / 100)
    assert found.at_lower_bounds == pytest.approx((30 * 10 + 10 * 20) / 100)
    assert found.warning == ""


@pytest.mark.parametrize(
    ("under", "warning"),
    [(10, "tail_mean_undefined"), (15, "tail_mean_unusable"), (18.5, ""), (30, "")],
)
def test_a_heavy_tail_is_marked_and_one_without_mean_has_none(under, warning):
    # α = log2((under + 10) / 10): 1, 1.32, 1.51 and 2.
    found = mean_with_pareto_tail([60, under, 10], [0, 10, 20], [10, 20, None])
    assert found.warning == warning
    assert math.isnan(found.arithmetic) == (warning == "tail_mean_undefined")
    assert math.isfinite(found.harmonic)


def test_an_empty_top_bracket_has_no_tail():
    found = mean_with_pareto_tail([60, 40, 0], [0, 10, 20], [10, 20, None])
    assert found.arithmetic == found.harmonic == found.geometric == found.median == 9
    assert found.warning == ""


def test_a_known_total_gives_the_top_mean():
    found = top_mean_from_total([60, 30, 10], [0, 10, 20], [10, 20, None], total=1150)
    assert found == 40
    with pytest.raises(ValueError, match="leaves"):
        top_mean_from_total([60, 30, 10], [0, 10, 20], [10, 20, None], total=900)
    with pytest.raises(ValueError, match="without units"):
        top_mean_from_total([60, 30, 0], [0, 10, 20], [10, 20, None], total=900)


@pytest.mark.parametrize(
    ("counts", "lowers", "uppers", "message"),
    [
        ([1], [10], [None], "two at least"),
        ([1, 1], [0, 10], [10, None], "0 < L"),
        ([1, 1], [20, 10], [None, None], "0 < L"),
        ([1, 0, 0], [0, 10, 20], [10, 20, None], "no units"),
        ([1, 1, 1], [0, 10, 20], [10, 20, 30], "open above"),
        ([1, 1, 1], [None, 10, 20], [10, 20, None], "open above"),
        ([1, -1, 1], [0, 10, 20], [10, 20, None], "counts"),
    ],
)
def test_brackets_without_a_usable_tail(counts, lowers, uppers, message):
    with pytest.raises(ValueError, match=message):
        mean_with_pareto_tail(counts, lowers, uppers)


@pytest.mark.parametrize("under", [0, 1])
def test_next_to_nobody_under_the_top_bracket_is_a_tail_without_mean(under):
    found = mean_with_pareto_tail([3, under, 5000], [0, 10, 20], [10, 20, None])
    assert found.warning == "tail_mean_undefined"
    assert math.isnan(found.arithmetic)
    assert math.isinf(found.harmonic) and math.isinf(found.geometric) and math.isinf(found.median)
    assert math.isfinite(found.at_top_bound)
