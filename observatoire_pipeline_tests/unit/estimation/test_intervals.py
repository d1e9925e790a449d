"""What every interval is: around its share, inside [0, 1], narrower with more units or a frame."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.estimation.intervals import (
    INFINITE,
    clopper_pearson_interval,
    corrected_base,
    jeffreys_interval,
    newcombe_interval,
    standard_error_of_shares,
    wilson_interval,
    wilson_interval_of_shares,
)

INTERVALS = (wilson_interval, jeffreys_interval, clopper_pearson_interval)
figures = st.integers(1, 10**6).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base)))
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@pytest.mark.parametrize("interval", INTERVALS)
@given(figure=figures, level=levels)
def test_an_interval_holds_its_share_and_lies_in_0_1(interval, figure, level):
    count, base = figure
    lower, upper = interval([count], [base], level=level)
    assert 0 <= lower[0] <= count / base <= upper[0] <= 1


@pytest.mark.parametrize("interval", INTERVALS)
@given(figure=figures, level=levels)
def test_the_share_of_the_others_has_the_mirrored_interval(interval, figure, level):
    count, base = figure
    lower, upper = interval([count], [base], level=level)
    low, high = interval([base - count], [base], level=level)
    assert (lower[0], upper[0]) == pytest.approx((1 - high[0], 1 - low[0]), abs=1e-9)


@pytest.mark.parametrize("interval", INTERVALS)
def test_without_base_there_is_no_interval(interval):
    lower, upper = interval([0, 1], [0, 2])
    assert np.isnan(lower).tolist() == np.isnan(upper).tolist() == [True, False]


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_between_0_and_1(interval, level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        interval([1], [2], level=level)


@pytest.mark.parametrize("interval", [*INTERVALS, standard_error_of_shares])
@pytest.mark.parametrize(("counts", "bases"), [([3], [2]), ([-1], [2]), ([1, 2], [3])])
def test_a_count_beyond_its_base_is_an_error(interval, counts, bases):
    with pytest.raises(ValueError, match="base"):
        interval(counts, bases)


def test_clopper_and_pearson_is_never_the_shortest():
    # But at 0 and n, where the others spend their whole error on one side.
    counts, bases = np.arange(1, 70), np.full(69, 70)
    exact = np.subtract(*reversed(clopper_pearson_interval(counts, bases)))
    for other in (wilson_interval, jeffreys_interval):
        assert (exact > np.subtract(*reversed(other(counts, bases)))).all()


@pytest.mark.parametrize("interval", [wilson_interval, jeffreys_interval])
def test_a_census_leaves_a_point_and_an_endless_population_changes_nothing(interval):
    for count in (0, 7, 20):
        lower, upper = interval([count], [20], population=20)
        assert lower[0] == upper[0] == count / 20
    plain, endless = interval([7], [20]), interval([7], [20], population=INFINITE)
    assert (plain[0][0], plain[1][0]) == (endless[0][0], endless[1][0])
    huge = interval([7], [20], population=10**12)
    assert (plain[0][0], plain[1][0]) == pytest.approx((huge[0][0], huge[1][0]), abs=1e-9)


@pytest.mark.parametrize("interval", [wilson_interval, jeffreys_interval])
@given(figure=figures, more=st.integers(1, 10**6))
def test_a_finite_population_narrows(interval, figure, more):
    count, base = figure
    plain = interval([count], [base])
    finite = interval([count], [base], population=[base + more])
    assert finite[0][0] >= plain[0][0] - 1e-12
    assert finite[1][0] <= plain[1][0] + 1e-12


def test_each_figure_may_have_its_own_population():
    together = wilson_interval([7, 7, 7], [20, 20, 20], population=[20, 100, INFINITE])
    assert together[0][0] == 0.35
    assert together[0][1] == wilson_interval([7], [20], population=100)[0][0]
    assert together[0][2] == wilson_interval([7], [20])[0][0]


@pytest.mark.parametrize("population", [19, float("nan")])
def test_a_population_is_no_smaller_than_its_sample(population):
    for function in (wilson_interval, jeffreys_interval, standard_error_of_shares):
        with pytest.raises(ValueError, match="20 of"):
            function([7], [20], population=population)


def test_the_corrected_base_is_what_gives_the_variance_of_a_draw_without_replacement():
    n, size, p = 64, 101, 0.3
    without_replacement = p * (1 - p) / n * (size - n) / (size - 1)
    assert p * (1 - p) / corrected_base(n, size) == pytest.approx(without_replacement)
    assert corrected_base([0, 5], [0, 5]).tolist() == [0, INFINITE]


@given(figure=figures, level=levels)
def test_an_effective_n_that_is_n_gives_the_interval_of_counts(figure, level):
    count, base = figure
    lower, upper = wilson_interval_of_shares([count / base], [base], level=level)
    low, high = wilson_interval([count], [base], level=level)
    assert (lower[0], upper[0]) == (low[0], high[0])


def test_shares_without_units_have_no_interval_and_endless_ones_a_point():
    lower, upper = wilson_interval_of_shares([0.5, math.nan, 0.5], [0, 10, INFINITE])
    assert np.isnan(lower).tolist() == [True, True, False]
    assert (lower[2], upper[2]) == (0.5, 0.5)


@pytest.mark.parametrize(("share", "n"), [(1.1, 5), (-0.1, 5), (0.5, -1)])
def test_a_share_is_a_share_and_n_a_number_of_units(share, n):
    with pytest.raises(ValueError, match=r"share|negative"):
        wilson_interval_of_shares([share], [n])


@given(first=figures, second=figures)
def test_a_difference_lies_in_its_interval_and_turns_round_with_its_sides(first, second):
    (x, n), (y, m) = first, second
    lower, upper = newcombe_interval([x], [n], [y], [m])
    assert -1 <= lower[0] <= x / n - y / m <= upper[0] <= 1
    low, high = newcombe_interval([y], [m], [x], [n])
    assert (lower[0], upper[0]) == pytest.approx((-high[0], -low[0]), abs=1e-12)


def test_the_difference_of_two_censuses_is_known():
    lower, upper = newcombe_interval([5], [20], [3], [12], population=20, reference_population=12)
    assert (lower[0], upper[0]) == (0, 0)
    lower, upper = newcombe_interval([5], [20], [3], [12], population=20)
    wide = newcombe_interval([5], [20], [3], [12])
    assert wide[0][0] < lower[0] < 0 < upper[0] < wide[1][0]


def test_a_difference_needs_both_bases_and_as_many_figures():
    assert math.isnan(newcombe_interval([5], [20], [0], [0])[0][0])
    with pytest.raises(ValueError, match="against"):
        newcombe_interval([5, 6], [20, 20], [3], [12])


def test_the_standard_error_of_a_share_is_that_of_a_mean_of_0_and_1():
    values = np.array([1] * 7 + [0] * 13)
    expected = values.std(ddof=1) / math.sqrt(20)
    assert standard_error_of_shares([7], [20])[0] == pytest.approx(expected)
    assert standard_error_of_shares([7], [20], population=20)[0] == 0
    assert np.isnan(standard_error_of_shares([1, 0], [1, 0])).all()
