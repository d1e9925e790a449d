"""Where a median lies and what a mean is at least, without opening a bracket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.estimation.brackets import mean_at_lower_bounds, median_bracket

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
