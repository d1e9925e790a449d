"""Changes: the test is chosen by the overlap, and designs agree where they meet."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.estimation.change import (
    SharesOfTwoEditions,
    change_of_share,
    changes_of_shares,
    mcnemar,
    overlap_variance,
    smallest_detectable_change,
    stacked_cluster_variance,
)
from observatoire_pipeline.estimation.intervals import newcombe_interval

small = st.integers(0, 40)
alone = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
designs = st.builds(SharesOfTwoEditions, small, small, small, small, alone, alone).filter(
    lambda one: one.earlier_counts[1] > 1 and one.later_counts[1] > 1
)


def test_the_overlap_chooses():
    apart = SharesOfTwoEditions(0, 0, 0, 0, (5, 20), (9, 30))
    same = SharesOfTwoEditions(5, 2, 4, 9)
    part = SharesOfTwoEditions(5, 2, 4, 9, (1, 3), (0, 0))
    assert [one.overlap for one in (apart, same, part)] == [
        "independent",
        "matched",
        "overlapping",
    ]
    found = changes_of_shares([apart, same, part])
    assert [one.test for one in found] == ["z_unpooled", "mcnemar_exact", "z_overlap"]
    assert [one.interval for one in found] == ["newcombe", "wald_matched", "wald_overlap"]
    lower, upper = newcombe_interval([9], [30], [5], [20])
    assert (found[0].lower, found[0].upper) == (lower[0], upper[0])
    assert found[0].difference == pytest.approx(9 / 30 - 5 / 20)
    assert part.earlier_counts == (8, 23)
    assert part.later_counts == (9, 20)


@pytest.mark.parametrize("n", [3, 12, 49, 61, 69, 158])
def test_where_none_of_the_same_units_changed_the_interval_is_that_of_0_of_n(n):
    for held in range(n + 1):
        found = change_of_share(SharesOfTwoEditions(held, 0, 0, n - held))
        assert (found.difference, found.standard_error, found.p_value) == (0, 0, 1)
        assert found.interval == "exact_matched"
        assert math.isnan(found.smallest_detectable)
        # The limit at which 0 of n has a probability of 2.5 %.
        assert (1 - found.upper) ** n == pytest.approx(0.025)
        assert found.lower == -found.upper


def test_few_answers_of_the_same_units_take_newcombes_interval_for_pairs():
    # 21 children twice: 1 both times, 1 and 7 once, 12 never (M. W. Fagerland, S. Lydersen and
    # P. Laake, Statistics in Medicine 33 (2014) 2850-2875, table of the first example).
    found = change_of_share(SharesOfTwoEditions(1, 7, 1, 12))
    assert found.interval == "newcombe_correlated"
    assert (found.lower, found.upper) == pytest.approx((-0.507, -0.026), abs=1e-3)


def test_answers_that_agree_narrow_the_interval_of_few():
    # 3 of 60 before and 4 later, of them 3 the same: φ = (3·56 − 0·1 − 30) / √(3·57·4·56).
    found = change_of_share(SharesOfTwoEditions(3, 0, 1, 56))
    agreed = (3 * 56 - 30) / math.sqrt(3 * 57 * 4 * 56)
    lower, upper = newcombe_interval([4], [60], [3], [60], correlation=agreed)
    assert (found.lower, found.upper) == pytest.approx((lower[0], upper[0]))
    apart = change_of_share(SharesOfTwoEditions(0, 0, 0, 0, (3, 60), (4, 60)))
    assert apart.lower < found.lower < 0 < found.upper < apart.upper


def test_without_correlation_few_answers_take_the_interval_of_independent_shares():
    # 1 of 4 in common gave it before and later, as 4 of 16 and of 16: no covariance.
    shares = SharesOfTwoEditions(1, 3, 3, 9, (0, 8), (4, 20))
    found = change_of_share(shares)
    assert found.interval == "newcombe_correlated"
    lower, upper = newcombe_interval([8], [36], [4], [24])
    assert (found.lower, found.upper) == pytest.approx((lower[0], upper[0]))


def test_where_a_whole_population_answers_twice_and_alike_nothing_is_unknown():
    found = change_of_share(SharesOfTwoEditions(5, 0, 0, 7), population=12)
    assert (found.lower, found.upper, found.interval) == (0, 0, "wald_matched")


@given(designs)
def test_a_change_lies_in_its_interval_and_turns_round_with_its_editions(one):
    turned = SharesOfTwoEditions(
        one.both, one.later, one.earlier, one.neither, one.later_only, one.earlier_only
    )
    there, back = change_of_share(one), change_of_share(turned)
    assert -1 <= there.lower <= there.difference + 1e-12
    assert there.difference - 1e-12 <= there.upper <= 1
    assert 0 <= there.p_value <= 1
    assert there.difference == pytest.approx(-back.difference)
    assert there.standard_error == pytest.approx(back.standard_error, abs=1e-12)
    assert there.lower == pytest.approx(-back.upper, abs=1e-9)
    assert there.p_value == pytest.approx(back.p_value, abs=1e-9)


@given(small, small, small, small)
def test_the_same_units_twice_have_the_variance_of_paired_differences(
    both, earlier, later, neither
):
    one = SharesOfTwoEditions(both, earlier, later, neither)
    n = one.common_n
    if n < 2:
        return
    pairs = np.repeat([0, -1, 1, 0], (both, earlier, later, neither))
    assert overlap_variance(one) == pytest.approx(pairs.var() / n, abs=1e-12)
    assert overlap_variance(one, population=10**12) == pytest.approx(
        pairs.var(ddof=1) / n, abs=1e-9
    )
    assert stacked_cluster_variance(one) == pytest.approx(pairs.var(ddof=1) / n, abs=1e-12)
    assert overlap_variance(one, population=n) == pytest.approx(0, abs=1e-12)


@given(alone, alone)
def test_without_common_units_variances_add(first, second):
    one = SharesOfTwoEditions(0, 0, 0, 0, first, second)
    (x, n), (y, m) = first, second
    if n == 0 or m == 0:
        with pytest.raises(ValueError, match="base in both editions"):
            overlap_variance(one)
        return
    p, q = x / n, y / m
    assert overlap_variance(one) == pytest.approx(p * (1 - p) / n + q * (1 - q) / m)


@given(designs)
def test_linearised_and_closed_form_differ_by_little_more_than_a_degree_of_freedom(one):
    # The covariance is taken around the means of the common units in one, of all in the other.
    closed, stacked = overlap_variance(one), stacked_cluster_variance(one)
    if one.overlap == "independent":
        units = one.earlier_counts[1] + one.later_counts[1]
        assert stacked == pytest.approx(closed * units / (units - 1), abs=1e-12)
    assert closed >= -1e-12
    assert stacked >= 0


def test_in_one_population_the_covariance_is_that_of_tam():
    one = SharesOfTwoEditions(60, 12, 28, 80, (48, 120), (65, 140))
    size, n1, n2, common = 1000, 300, 320, 180
    s1 = 0.4 * 0.6 * n1 / (n1 - 1)
    s2 = 0.478125 * 0.521875 * n2 / (n2 - 1)
    s12 = np.cov(
        np.repeat([1, 1, 0, 0], (60, 12, 28, 80)), np.repeat([1, 0, 1, 0], (60, 12, 28, 80))
    )
    expected = (
        (1 - n1 / size) * s1 / n1
        + (1 - n2 / size) * s2 / n2
        - 2 * (common / (n1 * n2) - 1 / size) * s12[0, 1]
    )
    assert overlap_variance(one, population=size) == pytest.approx(expected)
    assert change_of_share(one, population=size).standard_error == pytest.approx(
        math.sqrt(expected)
    )


def test_a_change_between_two_censuses_is_certain():
    moved, still = SharesOfTwoEditions(5, 2, 4, 9), SharesOfTwoEditions(5, 0, 0, 9)
    found = change_of_share(moved, population=20)
    assert found.lower == found.difference == found.upper == pytest.approx(0.1)
    assert found.p_value == 0
    assert change_of_share(moved, population=21).p_value == mcnemar(2, 4).exact_p
    assert change_of_share(still, population=14).p_value == 1


@pytest.mark.parametrize(
    ("population", "message"),
    [
        (300, "out of a population"),
        (439, "440 units out of"),
        ((299, 500), "of 299, then 500"),
    ],
)
def test_a_population_holds_the_units_of_both_editions(population, message):
    one = SharesOfTwoEditions(60, 12, 28, 80, (48, 120), (65, 140))
    with pytest.raises(ValueError, match=message):
        overlap_variance(one, population=population)


def test_each_edition_has_the_population_of_its_day():
    apart = SharesOfTwoEditions(0, 0, 0, 0, (12, 30), (30, 50))
    found = change_of_share(apart, population=(40, 90))
    lower, upper = newcombe_interval([30], [50], [12], [30], population=90, reference_population=40)
    assert (found.lower, found.upper) == (lower[0], upper[0])
    one = SharesOfTwoEditions(20, 5, 8, 17, (6, 10), (9, 20))
    p, q, n, m = 31 / 60, 37 / 70, 60, 70
    shared = (20 - 25 * 28 / 50) / 49
    expected = (1 - n / 150) * p * (1 - p) / (n - 1) + (1 - m / 100) * q * (1 - q) / (m - 1)
    expected -= 2 * (50 / (n * m) - 1 / 150) * shared
    assert overlap_variance(one, population=(150, 100)) == pytest.approx(expected)
    same = overlap_variance(one, population=(100, 100))
    assert same == overlap_variance(one, population=100)
    # With one list known, the other edition is as without.
    half = overlap_variance(one, population=(150, math.inf))
    assert overlap_variance(one, population=(150, 1e15)) == pytest.approx(half)


def test_one_unit_has_no_variance():
    with pytest.raises(ValueError, match="one unit"):
        overlap_variance(SharesOfTwoEditions(1, 0, 0, 0), population=5)
    with pytest.raises(ValueError, match="one unit"):
        stacked_cluster_variance(SharesOfTwoEditions(1, 0, 0, 0))


@pytest.mark.parametrize(
    "counts", [(-1, 0, 0, 2), (0, 0, 0, 0, (3, 2), (1, 2)), (0, 0, 0, 0, (1, 2), (-1, 2))]
)
def test_counts_that_no_units_could_give(counts):
    with pytest.raises(ValueError, match="count is"):
        SharesOfTwoEditions(*counts)


def test_a_change_that_all_make_alike_shows_no_variance():
    found = change_of_share(SharesOfTwoEditions(0, 0, 0, 0, (0, 5), (7, 7)))
    assert (found.difference, found.p_value) == (1, 0)
    assert math.isnan(found.smallest_detectable)
    assert change_of_share(SharesOfTwoEditions(0, 0, 0, 0, (0, 5), (0, 7))).p_value == 1


@given(st.integers(0, 60), st.integers(0, 60))
def test_mid_p_is_below_the_exact_one_and_sides_do_not_matter(earlier, later):
    found, turned = mcnemar(earlier, later), mcnemar(later, earlier)
    assert found == turned or (earlier + later == 0)
    assert 0 < found.mid_p <= found.exact_p <= 1


def test_nobody_changed():
    found = mcnemar(0, 0)
    assert (found.exact_p, found.mid_p, found.chi2_p) == (1, 1, 1)
    assert math.isnan(found.chi2)
    with pytest.raises(ValueError, match="counted from 0"):
        mcnemar(-1, 3)


def test_as_many_changed_one_way_as_the_other():
    # Fagerland, Lydersen and Laake (2013): 1 less half the probability of the observed split.
    assert mcnemar(3, 3).exact_p == 1
    assert mcnemar(3, 3).mid_p == pytest.approx(1 - 20 / 64 / 2)


def test_the_smallest_detectable_change_shrinks_with_units_in_common():
    apart = smallest_detectable_change(0.5, 194, 70)
    common = smallest_detectable_change(0.5, 194, 70, covariance=0.001)
    assert common < apart
    # All 100 units in common, correlated by 0.4: ¼/100 + ¼/100 − 2 · 0.001.
    found = smallest_detectable_change(0.5, 100, 100, covariance=0.001)
    assert found == pytest.approx((1.959964 + 0.841621) * 0.003**0.5, rel=1e-6)
    assert smallest_detectable_change(0.5, 194, 70, power=0.9) > apart
    assert smallest_detectable_change([0.5, 0.2], 194, 70).shape == (2,)


def test_a_change_gives_the_change_that_its_design_could_have_shown():
    one = SharesOfTwoEditions(0, 0, 0, 0, (97, 194), (35, 70))
    assert change_of_share(one).smallest_detectable == pytest.approx(0.1953, abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((0, 10, 10), {}), "share of 0 or 1"),
        (((1, 10, 10), {}), "share of 0 or 1"),
        (((0.5, 0, 10), {}), "one unit at least"),
        (((0.5, 10, 10), {"covariance": 1}), "covariance"),
        (((0.5, 10, 10), {"power": 1}), "power"),
    ],
)
def test_what_a_detectable_change_cannot_be_made_of(arguments, message):
    positional, named = arguments
    with pytest.raises(ValueError, match=message):
        smallest_detectable_change(*positional, **named)
