"""Brackets: first what they say without being opened, then the median that supposes them filled.

In: the bracket of the median, bounds of median and mean that suppose nothing, the interpolated
median with Woodruff's interval. A bracket holds its lower bound and not its upper one; a bracket
whose bounds are equal holds that one value.
Not in: fitted tails (`tails`), brackets cut differently or one by one (`turnbull`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.intervals import (
    INFINITE,
    Counts,
    Floats,
    corrected_base,
    normal_quantile,
)

Bounds = Sequence[float | None] | npt.NDArray[np.floating]
"""Bounds of brackets; None (or an infinity) where a bracket is open."""


@dataclass(frozen=True)
class GroupedMedian:
    """The median under the supposition that units are spread evenly inside each bracket.

    Attributes:
        value: In the unit of the bounds; NaN when the median lies in an open bracket.
        lower: Lower end of Woodruff's interval; −∞ when it falls in a bracket that is open below,
            the lower bound of a bracket that is open above.
        upper: Upper end; +∞ when it falls in a bracket that is open above.
        bracket: Position of the bracket that holds the median.
    """

    value: float
    lower: float
    upper: float
    bracket: int


def median_bracket(counts: Counts) -> int | None:
    """Return the position of the bracket that holds the median, None without units.

    It is the first bracket at which the cumulated count reaches one half of the units: the
    nonparametric maximum likelihood estimate of a distribution seen through one partition is the
    observed shares, and says no more of the median (Turnbull, JRSS-B 38 (1976) 290-295). With an
    even number of units split evenly between two brackets, the lower of the two is reported.

    Args:
        counts: Units in each bracket, from the lowest bracket to the highest.
    """
    cumulated = np.cumsum(np.asarray(counts, dtype=np.int64))
    if not cumulated.size or cumulated[-1] == 0:
        return None
    return int(np.argmax(2 * cumulated >= cumulated[-1]))


def mean_at_lower_bounds(counts: Counts, lowers: Sequence[float | None]) -> float | None:
    """Return the mean if every unit stood at the lower bound of its bracket.

    No distribution that agrees with the counts has a smaller mean (C. F. Manski, *Partial
    Identification of Probability Distributions*, 2003), so that it needs no assumption.

    Args:
        counts: Units in each bracket.
        lowers: Lower bound of each bracket, None where it is open below.

    Returns:
        The mean in the unit of the bounds; None without units, or when a bracket that is open
        below has units, for then the mean has no lower bound.

    Raises:
        ValueError: not one lower bound a bracket.
    """
    pairs = [(int(n), low) for n, low in zip(counts, lowers, strict=True) if n]
    units = sum(n for n, _ in pairs)
    if units == 0:
        return None
    total = 0.0
    for n, low in pairs:
        if low is None:
            return None
        total += n * low
    return total / units


def mean_bounds(
    lowers: Bounds, uppers: Bounds, *, counts: npt.ArrayLike | None = None
) -> tuple[float, float]:
    """Return the least and the greatest mean that the brackets allow.

    `Σ w L / Σ w` and `Σ w U / Σ w`: C. F. Manski, *Partial Identification of Probability
    Distributions*, 2003. Nothing is supposed; given one interval a unit (euros per inhabitant) the
    bounds are as sharp as the answers allow.

    Args:
        lowers: (brackets or units) lower bounds; None or −∞ where open below.
        uppers: (brackets or units) upper bounds; None or +∞ where open above.
        counts: (brackets) units or weights in each; one each when left out.

    Returns:
        The two means in the unit of the bounds, −∞ or +∞ where an open bracket has units.

    Raises:
        ValueError: shapes differ, an interval is upside down, a count is negative, or there are no
            units.
    """
    low, high = bounds_as_floats(lowers, uppers)
    weights = _weights(counts, low.size)
    used = weights > 0
    total = math.fsum(weights[used])
    return (
        math.fsum(weights[used] * low[used]) / total,
        math.fsum(weights[used] * high[used]) / total,
    )


def median_bounds(
    lowers: Bounds, uppers: Bounds, *, counts: npt.ArrayLike | None = None
) -> tuple[float, float]:
    """Return the least and the greatest median that the brackets allow: median of L, median of U.

    A median keeps the order of distributions (C. F. Manski, *Partial Identification of Probability
    Distributions*, 2003): no placing of the units inside their brackets leaves these bounds.
    Where one half is reached exactly, the lower of the two middle units counts.

    Args:
        lowers: (brackets or units) lower bounds; None or −∞ where open below.
        uppers: (brackets or units) upper bounds; None or +∞ where open above.
        counts: (brackets) units or weights in each; one each when left out.

    Returns:
        The two medians in the unit of the bounds; infinite where they fall in an open bracket.

    Raises:
        ValueError: as `mean_bounds`.
    """
    low, high = bounds_as_floats(lowers, uppers)
    weights = _weights(counts, low.size)
    return _weighted_median(low, weights), _weighted_median(high, weights)


def grouped_median(
    counts: npt.ArrayLike,
    lowers: Bounds,
    uppers: Bounds,
    *,
    level: float = 0.95,
    effective_n: float | None = None,
    population: float | None = None,
) -> GroupedMedian:
    """Return the median interpolated inside its bracket, with Woodruff's interval.

    `L + (n/2 − F_<) / f · (U − L)` in the bracket where the cumulated count reaches n/2. The
    interval reads the same line at `½ ± z √(¼ / n)`: R. S. Woodruff, "Confidence intervals for
    medians and other position measures", JASA 47 (1952) 635-646. It tells the error of sampling and
    not that of supposing the units evenly spread, which may be the larger.

    Args:
        counts: (brackets) units, or sums of weights, from the lowest bracket to the highest.
        lowers: (brackets) lower bounds; None where open below.
        uppers: (brackets) upper bounds; None where open above.
        level: Confidence level of the interval.
        effective_n: Effective number of units, when the counts are sums of weights.
        population: Units in the population; None where unknown.

    Raises:
        ValueError: shapes differ, brackets overlap or fall, a count is negative, there are no
            units, or the population is smaller than the base.
    """
    z = normal_quantile(level)
    low, high = bounds_as_floats(lowers, uppers)
    weights = _weights(counts, low.size)
    if (np.diff(low) < 0).any() or (high[:-1] > low[1:]).any():
        raise ValueError("brackets rise without overlap")
    total = math.fsum(weights)
    units = float(corrected_base(effective_n or total, population or INFINITE))
    half = 0.0 if math.isinf(units) else z * math.sqrt(0.25 / units)
    value, bracket = _interpolated(0.5, weights, low, high)
    lower, lower_in = _interpolated(max(0.5 - half, 0.0), weights, low, high)
    upper, upper_in = _interpolated(min(0.5 + half, 1.0), weights, low, high)
    # An open bracket has no inside: its one bound, or infinity, holds whatever stands in it.
    return GroupedMedian(
        value=value,
        lower=float(low[lower_in]) if math.isnan(lower) else lower,
        upper=float(high[upper_in]) if math.isnan(upper) else upper,
        bracket=bracket,
    )


def bounds_as_floats(lowers: Bounds, uppers: Bounds) -> tuple[Floats, Floats]:
    """Return bounds with −∞ and +∞ for the open ends.

    Args:
        lowers: Lower bounds; None where open below.
        uppers: Upper bounds, as many; None where open above.

    Raises:
        ValueError: shapes differ, or an interval ends before it begins.
    """
    low = np.array([-math.inf if v is None else v for v in lowers], dtype=np.float64)
    high = np.array([math.inf if v is None else v for v in uppers], dtype=np.float64)
    if low.shape != high.shape:
        raise ValueError(f"{low.size} lower bounds for {high.size} upper bounds")
    if not (low <= high).all():
        wrong = ", ".join(f"[{a:g}, {b:g}]" for a, b in zip(low, high, strict=True) if not a <= b)
        raise ValueError(f"intervals upside down: {wrong}")
    return low, high


def _weights(counts: npt.ArrayLike | None, size: int) -> Floats:
    weights = np.ones(size) if counts is None else np.asarray(counts, dtype=np.float64)
    if weights.shape != (size,):
        raise ValueError(f"{weights.shape} counts for {size} intervals")
    if not (weights >= 0).all():
        raise ValueError("a count of units is negative")
    if not weights.sum() > 0:
        raise ValueError("brackets without units have no summary")
    return weights


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    return float(values[order][np.argmax(2 * cumulated >= cumulated[-1])])


def _interpolated(share: float, weights: Floats, low: Floats, high: Floats) -> tuple[float, int]:
    """Return the quantile of a share and its bracket; NaN inside an open one."""
    cumulated = np.cumsum(weights)
    reached = np.flatnonzero((cumulated >= share * cumulated[-1]) & (weights > 0))
    place = int(reached[0]) if reached.size else int(np.flatnonzero(weights)[-1])
    if math.isinf(low[place]) or math.isinf(high[place]):
        return math.nan, place
    before = cumulated[place] - weights[place]
    inside = min(max((share * cumulated[-1] - before) / weights[place], 0.0), 1.0)
    return float(low[place] + inside * (high[place] - low[place])), place
