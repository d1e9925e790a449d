"""Where a median lies and what a mean is at least, without opening a bracket."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.estimation.brackets import (
    grouped_median,
    mean_at_lower_bounds,
    mean_bounds,
    median_bounds,
    median_bracket,
)

COUNTY_LOWERS = (0, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 75, 100, 125, 150, 200)
COUNTY_COUNTS = (165, 109, 67, 147, 114, 91, 148, 44, 121, 159, 358, 625, 338, 416, 200, 521)


def test_the_median_of_a_county_lies_in_the_bracket_of_its_true_median():
    place = median_bracket(COUNTY_COUNTS)
    assert place is not None
    assert COUNTY_LOWERS[place] == 75  # true median 83.347


def test_the_mean_of_a_county_at_its_lower_bounds():
    found = mean_at_lower_bounds(COUNTY_COUNTS, COUNTY_LOWERS)
    assert found == pytest.approx(88.133, abs=5e-4)


@pytest.mark.parametrize(
    ("counts", "place"),
    [
        ([1, 0, 0], 0),
        ([0, 0, 1], 2),
        ([1, 1, 1], 1),
        ([2, 0, 2], 0),  # one half is reached in the first bracket
        ([1, 0, 2], 2),
        ([0, 0], None),
        ([], None),
    ],
)
def test_the_median_bracket_is_the_first_to_reach_one_half(counts, place):
    assert median_bracket(counts) == place


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_the_median_bracket_holds_the_lower_median_of_the_units(counts):
    units = [place for place, n in enumerate(counts) for _ in range(n)]
    assert median_bracket(counts) == (units[(len(units) - 1) // 2] if units else None)


def test_a_mean_needs_a_lower_bound_only_where_there_are_units():
    assert mean_at_lower_bounds([0, 1, 3], [None, 10, 20]) == 17.5
    assert mean_at_lower_bounds([1, 1, 3], [None, 10, 20]) is None
    assert mean_at_lower_bounds([0, 0], [0, 10]) is None


def test_bounds_of_mean_and_median_hold_wherever_the_units_stand():
    counts, lowers, uppers = (2, 5, 3), (0, 10, 50), (10, 50, 100)
    values = [1, 9.5, 10, 11, 30, 49, 49.9, 50, 70, 99]
    least, greatest = mean_bounds(lowers, uppers, counts=counts)
    assert (least, greatest) == (20, 57)
    assert least <= sum(values) / 10 <= greatest
    low, high = median_bounds(lowers, uppers, counts=counts)
    assert (low, high) == (10, 50)
    assert least == mean_at_lower_bounds(counts, lowers)


def test_each_unit_may_have_an_interval_of_its_own():
    # 1 000 to 5 000 euros for 2 000, 10 000 and 50 000 inhabitants, and a budget of 0.
    lowers, uppers = [0.5, 0.1, 0.02, 0], [2.5, 0.5, 0.1, 0]
    assert mean_bounds(lowers, uppers) == pytest.approx((0.155, 0.775))
    assert median_bounds(lowers, uppers) == (0.02, 0.1)


def test_an_open_bracket_with_units_leaves_the_mean_without_end():
    assert mean_bounds([0, 10], [10, None], counts=[1, 1]) == (5, math.inf)
    assert mean_bounds([0, 10], [10, None], counts=[1, 0]) == (0, 10)
    assert mean_bounds([None, 10], [10, 20], counts=[1, 1]) == (-math.inf, 15)
    assert median_bounds([0, 10], [10, None], counts=[1, 2]) == (10, math.inf)


@pytest.mark.parametrize(
    ("lowers", "uppers", "counts", "message"),
    [
        ([0, 5], [5], [1, 1], "lower bounds"),
        ([5, 0], [0, 5], [1, 1], "upside down"),
        ([0, 5], [5, 9], [1], "counts"),
        ([0, 5], [5, 9], [1, -1], "negative"),
        ([0, 5], [5, 9], [0, 0], "without units"),
    ],
)
def test_brackets_that_cannot_be_summarised(lowers, uppers, counts, message):
    for summary in (mean_bounds, median_bounds):
        with pytest.raises(ValueError, match=message):
            summary(lowers, uppers, counts=counts)
    with pytest.raises(ValueError, match=message):
        grouped_median(counts, lowers, uppers)


def test_a_grouped_median_wants_brackets_that_rise_without_overlap():
    for lowers, uppers in (((0, 4), (5, 9)), ((5, 0), (9, 5))):
        with pytest.raises(ValueError, match="rise"):
            grouped_median([1, 1], lowers, uppers)


def test_the_median_of_an_open_bracket_is_not_made_up():
    found = grouped_median([1, 4], [0, 10], [10, None])
    assert math.isnan(found.value)
    assert found.bracket == 1
    assert found.upper == math.inf
    below = grouped_median([4, 1], [None, 10], [10, 20])
    assert math.isnan(below.value)
    assert below.lower == -math.inf


def test_an_end_of_the_interval_in_an_open_bracket_is_as_far_as_it_goes():
    found = grouped_median([5, 5], [0, 10], [10, None])
    assert found.value == 10
    assert 0 < found.lower < 10
    assert found.upper == math.inf


def test_woodruff_reads_the_line_at_both_sides_of_one_half():
    # 100 units evenly over 0 to 100: the line is the diagonal, z √(¼/100) = 0.098.
    found = grouped_median([25] * 4, [0, 25, 50, 75], [25, 50, 75, 100])
    assert (found.value, found.lower, found.upper) == pytest.approx(
        (50, 50 - 9.79982, 50 + 9.79982), abs=1e-4
    )
    half = grouped_median([25] * 4, [0, 25, 50, 75], [25, 50, 75, 100], effective_n=25)
    assert (half.lower, half.upper) == pytest.approx((50 - 19.59964, 50 + 19.59964), abs=1e-4)
    census = grouped_median([25] * 4, [0, 25, 50, 75], [25, 50, 75, 100], population=100)
    assert census.lower == census.value == census.upper == 50
    frame = grouped_median([25] * 4, [0, 25, 50, 75], [25, 50, 75, 100], population=199)
    assert frame.upper == pytest.approx(50 + 9.79982 / 2**0.5, abs=1e-4)
    with pytest.raises(ValueError, match="population"):
        grouped_median([25] * 4, [0, 25, 50, 75], [25, 50, 75, 100], population=99)


def test_few_units_reach_the_ends_of_the_scale():
    found = grouped_median([1, 1], [0, 10], [10, 20])
    assert (found.value, found.lower, found.upper) == (10, 0, 20)


def test_a_bracket_of_one_value_is_that_value():
    assert grouped_median([6, 3], [0, 0], [0, 1000]).value == 0


@given(
    st.lists(st.integers(0, 20), min_size=4, max_size=4).filter(any),
    st.sampled_from([0.5, 3.0, 17.0]),
)
def test_equal_weights_give_the_unweighted_median(counts, weight):
    bounds = ([0, 10, 20, 50], [10, 20, 50, 90])
    plain = grouped_median(counts, *bounds)
    weighted = grouped_median([weight * n for n in counts], *bounds, effective_n=sum(counts))
    assert weighted.value == pytest.approx(plain.value)
    assert (weighted.lower, weighted.upper) == pytest.approx((plain.lower, plain.upper))
    assert plain.lower <= plain.value <= plain.upper
    low, high = median_bounds(*bounds, counts=counts)
    assert low <= plain.value <= high
