"""The same numbers from statsmodels and SciPy, which took other ways to them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from observatoire_pipeline.estimation.change import (
    SharesOfTwoEditions,
    change_of_share,
    mcnemar,
)
from observatoire_pipeline.estimation.families import benjamini_hochberg
from observatoire_pipeline.estimation.homogeneity import (
    bowker_test,
    equal_shares_test,
    stuart_maxwell_test,
)
from observatoire_pipeline.estimation.intervals import (
    clopper_pearson_interval,
    jeffreys_interval,
    newcombe_interval,
    wilson_interval,
)
from observatoire_pipeline.estimation.likert import ordinal_effect

proportion = pytest.importorskip("statsmodels.stats.proportion")
contingency = pytest.importorskip("statsmodels.stats.contingency_tables")
multitest = pytest.importorskip("statsmodels.stats.multitest")

COUNTS, BASES = np.array([0, 1, 7, 40, 69, 193, 194]), np.array([3, 29, 8, 70, 70, 194, 194])


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(
    ("interval", "method"),
    [
        (wilson_interval, "wilson"),
        (jeffreys_interval, "jeffreys"),
        (clopper_pearson_interval, "beta"),
    ],
)
def test_intervals(interval, method, level):
    found = interval(COUNTS, BASES, level=level)
    expected = proportion.proportion_confint(COUNTS, BASES, alpha=1 - level, method=method)
    for end, (mine, theirs) in enumerate(zip(found, expected, strict=True)):
        # statsmodels leaves the Jeffreys ends at 0 and n where the quantiles put them.
        patched = ((0, BASES)[end] == COUNTS) & (method == "jeffreys")
        np.testing.assert_allclose(mine[~patched], theirs[~patched], atol=1e-12)


def test_jeffreys_in_a_finite_population():
    n = 64 * 100 / 37  # 64 of 101 units weigh as much as 173 of endless many
    posterior = stats.beta(41 / 64 * n + 0.5, 23 / 64 * n + 0.5)
    lower, upper = jeffreys_interval([41], [64], population=101)
    assert (lower[0], upper[0]) == pytest.approx(tuple(posterior.ppf([0.025, 0.975])), abs=1e-12)


def test_the_difference_of_two_shares():
    lower, upper = newcombe_interval(COUNTS, BASES, COUNTS[::-1], BASES[::-1])
    for k in range(len(COUNTS)):
        expected = proportion.confint_proportions_2indep(
            COUNTS[k], BASES[k], COUNTS[-1 - k], BASES[-1 - k], method="newcomb"
        )
        assert (lower[k], upper[k]) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar(earlier, later):
    found = mcnemar(earlier, later)
    table = [[5, earlier], [later, 5]]
    if earlier + later:
        exact = contingency.mcnemar(table, exact=True).pvalue
        assert found.exact_p == pytest.approx(exact, abs=1e-12)
        plain = contingency.mcnemar(table, exact=False, correction=False)
        assert (found.chi2, found.chi2_p) == pytest.approx((plain.statistic, plain.pvalue))
    if abs(earlier - later) > 1:
        corrected = contingency.mcnemar(table, exact=False, correction=True)
        assert (found.chi2_corrected, found.chi2_corrected_p) == pytest.approx(
            (corrected.statistic, corrected.pvalue)
        )


@pytest.mark.parametrize(
    "shares",
    [
        SharesOfTwoEditions(60, 12, 28, 80, (48, 120), (65, 140)),
        SharesOfTwoEditions(0, 0, 0, 0, (97, 194), (45, 70)),
    ],
)
def test_the_normal_tests_have_two_sides(shares):
    found = change_of_share(shares)
    deviate = found.difference / found.standard_error
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(deviate)), rel=1e-9)
    confidence = stats.norm.ppf(0.975)
    if found.interval == "wald_overlap":
        assert found.upper - found.difference == pytest.approx(confidence * found.standard_error)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_false_discovery_rate(p):
    expected = multitest.multipletests(p, method="fdr_bh")[1]
    np.testing.assert_allclose(benjamini_hochberg(p), expected, atol=1e-12)
    np.testing.assert_allclose(stats.false_discovery_control(p), expected, atol=1e-12)


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(1, 30), min_size=3, max_size=3), min_size=3, max_size=3))
def test_tables_of_answers_given_twice(table):
    theirs = contingency.SquareTable(np.array(table, dtype=float), shift_zeros=False)
    for mine, other in (
        (bowker_test(table), theirs.symmetry()),
        (stuart_maxwell_test(table), theirs.homogeneity()),
    ):
        assert (mine.statistic, mine.p_value) == pytest.approx(
            (other.statistic, other.pvalue), abs=1e-9
        )
        assert mine.degrees == other.df


def test_equal_shares():
    mine = equal_shares_test([5, 9, 20], [20, 20, 70])
    chi2, p, (table, _) = proportion.proportions_chisquare([5, 9, 20], [20, 20, 70])
    assert (mine.statistic, mine.p_value) == pytest.approx((chi2, p))
    assert table.sum() == 110


@settings(deadline=None)
@given(
    *[st.lists(st.integers(0, 25), min_size=4, max_size=4).filter(any)] * 2,
)
def test_the_wilcoxon_test(first, second):
    found = ordinal_effect(first, second)
    if np.isnan(found.statistic):
        return
    x, y = np.repeat(range(4), first), np.repeat(range(4), second)
    theirs = stats.mannwhitneyu(y, x, use_continuity=False, method="asymptotic")
    assert found.theta == pytest.approx(theirs.statistic / (len(x) * len(y)))
    assert found.p_value == pytest.approx(theirs.pvalue, abs=1e-12)
