"""Shares, intervals and roundings, against published and independently computed numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.estimation.intervals import wilson_interval
from observatoire_pipeline.estimation.proportions import (
    favourable_count,
    largest_remainder,
    percent_half_up,
    shares,
)

BUDGET_COUNTS = (12, 3, 4, 4, 10, 3, 10, 8, 4, 3, 8)
"""A budget question with 69 answers whose printed percentages sum to 100."""

counted = st.integers(0, 10**9).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base)))


@pytest.mark.parametrize(
    ("count", "base", "lower", "upper"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_intervals_of_newcombe_1998_table_1(count, base, lower, upper):
    found = wilson_interval([count], [base])
    assert found[0][0] == pytest.approx(lower, abs=5e-5)
    assert found[1][0] == pytest.approx(upper, abs=5e-5)


def test_wilson_agrees_with_statsmodels_over_many_figures_at_once():
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    counts, bases = np.array([0, 1, 7, 40, 69, 194]), np.array([3, 29, 8, 70, 69, 194])
    for level in (0.8, 0.95, 0.99):
        lower, upper = wilson_interval(counts, bases, level=level)
        expected = proportion.proportion_confint(counts, bases, alpha=1 - level, method="wilson")
        np.testing.assert_allclose(lower, expected[0], atol=1e-12)
        np.testing.assert_allclose(upper, expected[1], atol=1e-12)


@given(counted)
def test_the_interval_lies_in_0_1_and_holds_the_share(figure):
    count, base = figure
    lower, upper = wilson_interval([count], [base])
    if base == 0:
        assert math.isnan(lower[0])
        assert math.isnan(upper[0])
    else:
        assert 0 <= lower[0] <= count / base <= upper[0] <= 1


def test_an_interval_shrinks_as_the_base_grows():
    lower, upper = wilson_interval([5, 50, 500], [10, 100, 1000])
    assert list(upper - lower) == sorted(upper - lower, reverse=True)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_between_0_and_1(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        wilson_interval([1], [2], level=level)


@pytest.mark.parametrize(("counts", "bases"), [([3], [2]), ([-1], [2]), ([1, 2], [3])])
def test_a_count_beyond_its_base_is_an_error(counts, bases):
    for function in (shares, wilson_interval, percent_half_up):
        with pytest.raises(ValueError, match=r"base"):
            function(counts, bases)


def test_a_share_without_a_base_is_no_number():
    found = shares([1, 0], [4, 0])
    assert found[0] == 0.25
    assert math.isnan(found[1])


@pytest.mark.parametrize(
    ("count", "base", "decimals", "expected"),
    [
        (1, 8, 0, 13.0),  # 12.5: half to even would give 12
        (1, 40, 0, 3.0),  # 2.5
        (89, 158, 1, 56.3),
        (125, 158, 1, 79.1),
        (23, 2000, 1, 1.2),  # 1.15 is 1.1499999999999999 in binary
        (0, 3, 1, 0.0),
        (3, 3, 2, 100.0),
    ],
)
def test_half_up_rounds_counts_not_binary_fractions(count, base, decimals, expected):
    assert percent_half_up([count], [base], decimals=decimals)[0] == expected


@given(counted, st.integers(0, 3))
def test_half_up_is_never_further_than_half_a_unit(figure, decimals):
    count, base = figure
    rounded = percent_half_up([count], [base], decimals=decimals)[0]
    if base:
        assert abs(rounded - 100 * count / base) <= 0.5 / 10**decimals + 1e-9
    else:
        assert math.isnan(rounded)


def test_the_budget_chart_of_2018_sums_to_100_by_largest_remainder():
    printed = [17, 4, 6, 6, 15, 4, 14, 12, 6, 4, 12]
    assert largest_remainder(BUDGET_COUNTS).tolist() == printed
    # Half up, from the same counts, sums to 99: the 15 of the fifth could not have been printed.
    assert percent_half_up(BUDGET_COUNTS, [69] * 11).sum() == 99


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12), st.integers(0, 2))
def test_largest_remainder_sums_to_100_and_moves_no_share_by_a_unit(counts, decimals):
    rounded = largest_remainder(counts, decimals=decimals)
    if sum(counts) == 0:
        assert np.isnan(rounded).all()
        return
    assert round(rounded.sum(), 6) == 100
    exact = 100 * np.array(counts) / sum(counts)
    assert (np.abs(rounded - exact) < 10**-decimals + 1e-9).all()


def test_the_first_of_equal_remainders_gets_the_unit():
    assert largest_remainder([1, 1, 1]).tolist() == [34, 33, 33]


POLES = ("negative", "negative", "neutral", "positive", "positive")


def test_favourable_adds_the_positive_codes_and_no_other():
    assert favourable_count([1, 2, 4, 8, 16], POLES) == 24
    assert favourable_count([5, 6], (None, None)) == 0


def test_the_favourable_share_of_a_published_reading_habit():
    magazines = (6682, 13143, 13995, 20353, 11436)
    found = 100 * shares([favourable_count(magazines, POLES)], [sum(magazines)])[0]
    assert found == pytest.approx(48.4522, abs=1e-4)
