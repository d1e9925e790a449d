"""Distributions from intervals: the condition of the maximum, and what a cell holds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire_pipeline.estimation.turnbull import (
    CLOSED,
    LOWER_INCLUDED,
    UPPER_INCLUDED,
    NotConvergedError,
    turnbull,
)

intervals = st.tuples(st.integers(0, 12), st.integers(0, 6)).map(lambda p: (p[0], p[0] + p[1]))


def covered(found, lower, upper):
    """Return the mass that the cells give to the intervals [lower, upper), or to a point."""
    inside = (found.lower >= lower[:, None]) & (found.upper <= upper[:, None])
    point = found.lower == found.upper
    # A point at the upper end is outside, unless the interval is that point.
    inside &= ~(point & (found.lower == upper[:, None]) & (lower < upper)[:, None])
    return inside @ found.mass, inside


def test_one_partition_gives_its_shares():
    found = turnbull([0, 10, 50], [10, 50, None], weights=[30, 45, 25])
    assert found.mass == pytest.approx([0.30, 0.45, 0.25])
    assert found.log_likelihood == pytest.approx(
        30 * math.log(0.30) + 45 * math.log(0.45) + 25 * math.log(0.25)
    )
    assert found.quantile_cell() == (10, 50)
    assert found.quantile_cell(0.3) == (0, 10)
    assert found.quantile_cell(0.31) == (10, 50)
    assert found.mean_bounds() == (pytest.approx(0 * 0.3 + 10 * 0.45 + 50 * 0.25), math.inf)


@settings(max_examples=60, deadline=None)
@given(st.lists(intervals, min_size=1, max_size=25))
def test_no_cell_could_raise_the_likelihood(answers):
    lower, upper = np.array(answers, dtype=float).T
    found = turnbull(lower, upper)
    assert found.mass.sum() == pytest.approx(1)
    assert (found.mass >= 0).all()
    mass, inside = covered(found, lower, upper)
    slope = (inside / mass[:, None]).mean(axis=0)
    assert slope.max() <= 1 + 1e-9
    # Where there is mass the slope is 1: the fixed point of the self-consistency equation.
    assert slope[found.mass > 1e-6] == pytest.approx(1, abs=1e-4)
    assert found.log_likelihood == pytest.approx(np.log(mass).sum())


@settings(max_examples=30, deadline=None)
@given(st.lists(intervals, min_size=1, max_size=15), st.randoms(use_true_random=False))
def test_the_order_of_units_and_the_scale_of_weights_do_not_matter(answers, random):
    mixed = list(answers)
    random.shuffle(mixed)
    first = turnbull(*zip(*answers, strict=True))
    second = turnbull(*zip(*mixed, strict=True), weights=[7.5] * len(mixed))
    assert first.lower.tolist() == second.lower.tolist()
    assert first.log_likelihood * 7.5 == pytest.approx(second.log_likelihood)
    # Masses themselves may differ where the likelihood has several maxima.


def test_intervals_of_their_own_converge_with_proof():
    generator = np.random.default_rng(1)
    inhabitants = generator.lognormal(10, 1, 150)
    bounds = np.array([0, 0, 1e3, 5e3, 1e4, 5e4, 1e5, 2e5, 5e5, 1e6, np.inf])
    bracket = generator.integers(0, 10, 150)
    lower, upper = bounds[bracket] / inhabitants, bounds[bracket + 1] / inhabitants
    found = turnbull(lower, upper)
    assert found.gap <= 1e-11
    assert found.steps < 200
    mass, inside = covered(found, lower, upper)
    assert (inside / mass[:, None]).mean(axis=0).max() <= 1 + 1e-9


def test_the_ends_are_declared_and_a_point_is_a_point():
    lower, upper = [0, 5, 5], [5, 10, 5]
    half_open = turnbull(lower, upper, ends=LOWER_INCLUDED)
    # [0, 5) and [5, 10), which holds the point 5: all of its mass stands there.
    assert half_open.lower.tolist() == [0, 5]
    assert half_open.upper.tolist() == [5, 5]
    assert half_open.mass == pytest.approx([1 / 3, 2 / 3])
    assert half_open.lower_included.tolist() == [True, True]
    assert half_open.upper_included.tolist() == [False, True]
    other = turnbull(lower, upper, ends=UPPER_INCLUDED)
    # (0, 5] holds the point 5, (5, 10] does not.
    assert other.mass == pytest.approx([2 / 3, 1 / 3])
    assert other.lower_included.tolist() == [True, False]
    assert other.upper_included.tolist() == [True, True]
    assert turnbull(lower, upper, ends=CLOSED).mass.tolist() == [1]
    with pytest.raises(ValueError, match="rule of ends"):
        turnbull(lower, upper, ends="[]")


def test_shares_between_two_values_are_known_up_to_the_cells_they_cut():
    found = turnbull([0, 10, 50], [10, 50, None], weights=[30, 45, 25])
    assert found.share_between(10, 50) == pytest.approx((0.45, 0.45))
    assert found.share_between(0, 20) == pytest.approx((0.30, 0.75))
    assert found.share_between(20, math.inf) == pytest.approx((0.25, 0.70))
    point = turnbull([0, 0], [0, 1000], weights=[1, 1])
    assert point.share_between(0, 1) == pytest.approx((1, 1))


@pytest.mark.parametrize(
    ("lower", "upper", "weights", "message"),
    [
        ([3], [1], None, "upside down"),
        ([1, 2], [3], None, "lower bounds"),
        ([1], [3], [1, 2], "weights"),
        ([1], [3], [-1], "not negative"),
        ([1], [3], [0], "there are units"),
        ([], [], None, "there are units"),
    ],
)
def test_intervals_that_say_nothing(lower, upper, weights, message):
    with pytest.raises(ValueError, match=message):
        turnbull(lower, upper, weights=weights)


def test_a_run_that_is_cut_short_says_so():
    with pytest.raises(NotConvergedError, match="after 3 steps"):
        turnbull([0, 10, 0, 5], [10, 50, 5, 20], weights=[30, 45, 20, 30], max_steps=3)
    with pytest.raises(ValueError, match="between 0 and 1"):
        turnbull([0], [1]).quantile_cell(1)
