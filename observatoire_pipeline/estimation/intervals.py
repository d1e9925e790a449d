"""Intervals of shares: Wilson, Jeffreys, Clopper-Pearson, and of the difference of two shares.

In: formulas over arrays of counts, with the correction for a finite population, and over weighted
shares with an effective number of units.
Not in: what the sample stands for. Every one of these supposes a simple random sample; where the
sample chose itself, the interval is indicative and whoever prints it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Counts = Sequence[int] | npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]
Interval = tuple[Floats, Floats]

INFINITE = float("inf")
"""The size of a population that needs no correction."""


def normal_quantile(level: float) -> float:
    """Return z such that a standard normal lies within ±z with this probability (1.96 for 0.95).

    Args:
        level: The probability.

    Raises:
        ValueError: the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"the level of an interval lies between 0 and 1, not {level}")
    return NormalDist().inv_cdf((1 + level) / 2)


def checked_counts(
    counts: Counts, bases: Counts
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return both as integer arrays.

    Args:
        counts: Units that gave the answer.
        bases: Units in the base, of the same shape.

    Raises:
        ValueError: shapes differ, or a count is negative or above its base; all such are listed.
    """
    count, base = np.asarray(counts, dtype=np.int64), np.asarray(bases, dtype=np.int64)
    if count.shape != base.shape:
        raise ValueError(f"{count.shape} counts for {base.shape} bases")
    wrong = (count < 0) | (count > base)
    if wrong.any():
        pairs = ", ".join(f"{x}/{n}" for x, n in zip(count[wrong], base[wrong], strict=True))
        raise ValueError(f"counts outside their base: {pairs}")
    return count, base


def corrected_base(bases: npt.ArrayLike, population: npt.ArrayLike) -> Floats:
    """Return the number of units that stands for n in a formula made for infinite populations.

    `n* = n (N − 1) / (N − n)`, infinite when the whole population answered: the variance of a share
    from n of N units without replacement, `P(1 − P)/n · (N − n)/(N − 1)`, is that of n* units with
    replacement (W. G. Cochran, *Sampling Techniques*, 3rd ed., 1977, section 3.2).

    Args:
        bases: Units in the base, whole or effective.
        population: Units in the population, one for all figures or one for each; infinity where no
            correction is wanted.

    Returns:
        Floats of the common shape; 0 where the base is 0.

    Raises:
        ValueError: a population is smaller than the base drawn from it, or is not a number.
    """
    n, total = np.broadcast_arrays(
        np.asarray(bases, dtype=np.float64), np.asarray(population, dtype=np.float64)
    )
    wrong = ~(total >= n)
    if wrong.any():
        pairs = ", ".join(f"{x:g} of {p:g}" for x, p in zip(n[wrong], total[wrong], strict=True))
        raise ValueError(f"bases larger than their population: {pairs}")
    finite = np.isfinite(total)
    with np.errstate(divide="ignore", invalid="ignore"):
        corrected = n * (total - 1) / (total - n)
    corrected = np.where(finite & (n == total) & (n > 0), INFINITE, corrected)
    return np.where(n == 0, 0.0, np.where(finite, corrected, n))


def wilson_interval(
    counts: Counts,
    bases: Counts,
    *,
    level: float = 0.95,
    population: npt.ArrayLike | None = None,
) -> Interval:
    """Return the lower and upper ends of the Wilson score interval of each share.

    `(p + z²/2n ± z √(pq/n + z²/4n²)) / (1 + z²/n)`: E. B. Wilson, "Probable inference, the law of
    succession, and statistical inference", JASA 22 (1927) 209-212; no continuity correction. In a
    finite population n is replaced by `corrected_base`, so that a census gives a point.

    Args:
        counts: Units that gave the answer, one for each figure.
        bases: Units in the base, of the same shape.
        level: Confidence level between 0 and 1.
        population: Units in the population, a number or an array of the same shape; infinity or
            None where the frame is unknown.

    Returns:
        Two arrays of shares in [0, 1], of the shape of `counts`; NaN where the base is 0.

    Raises:
        ValueError: shapes differ, a count is negative or above its base, a base is above its
            population, or the level is not between 0 and 1.
    """
    z = normal_quantile(level)
    count, base = checked_counts(counts, bases)
    units = corrected_base(base, INFINITE if population is None else population)
    return _wilson(_share(count, base), units, z)


def wilson_interval_of_shares(
    shares: npt.ArrayLike, effective_n: npt.ArrayLike, *, level: float = 0.95
) -> Interval:
    """Return the Wilson interval of weighted or clustered shares, n being an effective number.

    The formula of `wilson_interval` with an effective number of units in place of n, as E. L. Korn
    and B. I. Graubard do with the exact interval ("Confidence intervals for proportions with small
    expected number of positive counts", Survey Methodology 24 (1998) 193-201).

    Args:
        shares: Shares in [0, 1]; NaN where there is no base.
        effective_n: Effective number of units of each, of the same shape; infinity gives a point.
        level: Confidence level between 0 and 1.

    Returns:
        Two arrays of shares in [0, 1]; NaN where the share is NaN or the effective number 0.

    Raises:
        ValueError: a share lies outside [0, 1], an effective number is negative, or the level is
            not between 0 and 1.
    """
    z = normal_quantile(level)
    share, units = np.broadcast_arrays(
        np.asarray(shares, dtype=np.float64), np.asarray(effective_n, dtype=np.float64)
    )
    if ((share < 0) | (share > 1)).any():
        raise ValueError("a share lies outside [0, 1]")
    if (units < 0).any():
        raise ValueError("an effective number of units is negative")
    return _wilson(share, np.where(np.isnan(share), 0.0, units), z)


def jeffreys_interval(
    counts: Counts,
    bases: Counts,
    *,
    level: float = 0.95,
    population: npt.ArrayLike | None = None,
) -> Interval:
    """Return the equal-tailed Jeffreys interval of each share.

    Quantiles of Beta(x + ½, n − x + ½), the lower end 0 at x = 0 and the upper end 1 at x = n:
    L. D. Brown, T. T. Cai and A. DasGupta, "Interval estimation for a binomial proportion",
    Statistical Science 16 (2001) 101-133, section 4.1. In a finite population x and n are
    multiplied by `corrected_base(n) / n`, so that a census gives a point.

    Args:
        counts: Units that gave the answer, one for each figure.
        bases: Units in the base, of the same shape.
        level: Confidence level between 0 and 1.
        population: Units in the population, as for `wilson_interval`.

    Returns:
        Two arrays of shares in [0, 1], of the shape of `counts`; NaN where the base is 0.

    Raises:
        ValueError: as `wilson_interval`.
    """
    from scipy.special import betaincinv

    normal_quantile(level)
    count, base = checked_counts(counts, bases)
    units = corrected_base(base, INFINITE if population is None else population)
    share = _share(count, base)
    usable = np.isfinite(units) & (base > 0)
    n = np.where(usable, units, 1.0)
    hits = np.where(usable, share, 0.5) * n
    lower = betaincinv(hits + 0.5, n - hits + 0.5, (1 - level) / 2)
    upper = betaincinv(hits + 0.5, n - hits + 0.5, (1 + level) / 2)
    lower = np.where(usable, np.where(count == 0, 0.0, lower), share)
    upper = np.where(usable, np.where(count == base, 1.0, upper), share)
    return lower, upper


def clopper_pearson_interval(counts: Counts, bases: Counts, *, level: float = 0.95) -> Interval:
    """Return the exact binomial interval of each share, never shorter than its level promises.

    Lower end: the `(1 − level)/2` quantile of Beta(x, n − x + 1); upper end: the `(1 + level)/2`
    quantile of Beta(x + 1, n − x). C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404-413.

    Args:
        counts: Units that gave the answer, one for each figure.
        bases: Units in the base, of the same shape.
        level: Confidence level between 0 and 1.

    Returns:
        Two arrays of shares in [0, 1], of the shape of `counts`; NaN where the base is 0.

    Raises:
        ValueError: shapes differ, a count is negative or above its base, or the level is not
            between 0 and 1.
    """
    from scipy.special import betaincinv

    normal_quantile(level)
    count, base = checked_counts(counts, bases)
    x, rest = count.astype(np.float64), (base - count).astype(np.float64)
    none, all_ = x == 0, rest == 0
    lower = betaincinv(np.where(none, 1.0, x), rest + 1, (1 - level) / 2)
    upper = betaincinv(x + 1, np.where(all_, 1.0, rest), (1 + level) / 2)
    lower = np.where(none, 0.0, lower)
    upper = np.where(all_, 1.0, upper)
    return np.where(base > 0, lower, np.nan), np.where(base > 0, upper, np.nan)


def newcombe_interval(
    counts: Counts,
    bases: Counts,
    reference_counts: Counts,
    reference_bases: Counts,
    *,
    level: float = 0.95,
    population: npt.ArrayLike | None = None,
    reference_population: npt.ArrayLike | None = None,
    correlation: float = 0.0,
) -> Interval:
    """Return the interval of the difference of two shares, share − reference.

    From the Wilson ends l and u of each share: `d − √((p₁−l₁)² + (u₂−p₂)²)` and
    `d + √((u₁−p₁)² + (p₂−l₂)²)`. R. G. Newcombe, "Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17 (1998) 873-890, method 10. Shares with a
    correlation r have `− 2 r (p₁−l₁)(u₂−p₂)` and `− 2 r (u₁−p₁)(p₂−l₂)` more under the roots:
    R. G. Newcombe, the same volume, 2635-2650, for paired shares; G. Y. Zou and A. Donner,
    Statistics in Medicine 27 (2008) 1693-1702, in general.

    Args:
        counts: Units that gave the answer in the group or edition of interest.
        bases: Their bases.
        reference_counts: The same in the group or edition it is compared with.
        reference_bases: Their bases.
        level: Confidence level between 0 and 1.
        population: Size of the population of the first; None or infinity where unknown.
        reference_population: Size of the population of the second.
        correlation: Of the two shares, between −1 and 1; 0 where they are independent.

    Returns:
        Two arrays of differences in [−1, 1], of the shape of `counts`; NaN where a base is 0.

    Raises:
        ValueError: as `wilson_interval`, for either side; or the shapes of the sides differ.
    """
    count, base = checked_counts(counts, bases)
    other, other_base = checked_counts(reference_counts, reference_bases)
    if count.shape != other.shape:
        raise ValueError(f"{count.shape} shares against {other.shape}")
    p, q = _share(count, base), _share(other, other_base)
    low, high = wilson_interval(count, base, level=level, population=population)
    other_low, other_high = wilson_interval(
        other, other_base, level=level, population=reference_population
    )
    below = _of_both(p - low, other_high - q, correlation)
    above = _of_both(high - p, q - other_low, correlation)
    return np.clip(p - q - below, -1, 1), np.clip(p - q + above, -1, 1)


def _of_both(one: Floats, other: Floats, correlation: float) -> Floats:
    """Return the margin of a difference whose sides have these margins."""
    squares: Floats = one**2 + other**2 - 2 * correlation * one * other
    return np.sqrt(np.maximum(squares, 0))


def standard_error_of_shares(
    counts: Counts, bases: Counts, *, population: npt.ArrayLike | None = None
) -> Floats:
    """Return the standard error of each share, with the unbiased variance.

    `√(p (1 − p) / (n − 1) · (1 − n/N))`: W. G. Cochran, *Sampling Techniques*, 3rd ed., 1977,
    section 3.2.

    Args:
        counts: Units that gave the answer.
        bases: Units in the base, of the same shape.
        population: Units in the population; None or infinity where unknown.

    Returns:
        Floats in share units; NaN where the base is below 2 and not the whole population.

    Raises:
        ValueError: shapes differ, a count is outside its base or a base outside its population.
    """
    count, base = checked_counts(counts, bases)
    size = np.asarray(INFINITE if population is None else population, dtype=np.float64)
    corrected_base(base, size)
    share = _share(count, base)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = share * (1 - share) / (base - 1) * (1 - base / size)
    return np.where(base == size, np.where(base > 0, 0.0, np.nan), np.sqrt(variance))


def _share(count: npt.NDArray[np.int64], base: npt.NDArray[np.int64]) -> Floats:
    return np.divide(count, base, out=np.full(base.shape, np.nan), where=base > 0)


def _wilson(share: Floats, units: Floats, z: float) -> Interval:
    """Return the interval of shares seen on a possibly infinite number of units, NaN for none."""
    z2 = z**2
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = share + z2 / (2 * units)
        half = z * np.sqrt(share * (1 - share) / units + z2 / (4 * units**2))
        scale = 1 + z2 / units
        lower = np.clip((centre - half) / scale, 0, share)
        upper = np.clip((centre + half) / scale, share, 1)
    # In exact arithmetic these two ends are 0 and 1; in floating point they miss by 1e-17.
    lower = np.where(share == 0, 0.0, lower)
    upper = np.where(share == 1, 1.0, upper)
    return np.where(units > 0, lower, np.nan), np.where(units > 0, upper, np.nan)
