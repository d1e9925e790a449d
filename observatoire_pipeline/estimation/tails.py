"""Means of brackets that need a model: a Pareto tail for the open top bracket, or a known total.

In: the tail index from the two highest brackets, the mean under each reading of the tail, and the
warning that goes with it; the top mean that an external total implies.
Not in: what needs no model, which is published first (`brackets.mean_bounds`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.brackets import Bounds, bounds_as_floats
from observatoire_pipeline.estimation.intervals import Floats

UNUSABLE_BELOW = 1.5
"""Tail index under which the arithmetic mean of a Pareto tail hangs on a handful of units."""

_FLATTEST = 1 / 700
"""Tail index under which `e^{1/α}` is beyond what a floating-point number holds."""

TAIL_UNDEFINED, TAIL_UNUSABLE = "tail_mean_undefined", "tail_mean_unusable"


@dataclass(frozen=True)
class TailMeans:
    """The mean of all units under each reading of the open top bracket, in the unit of the bounds.

    Closed brackets stand at their midpoints, but for `at_lower_bounds`.

    Attributes:
        alpha: Tail index; +∞ when the bracket under the top one has all units of both.
        arithmetic: Top at the mean of the Pareto tail, `L α/(α − 1)`; NaN for α ≤ 1. The three
            others are +∞ for an index next to 0.
        geometric: Top at `L e^{1/α}`.
        harmonic: Top at `L (1 + 1/α)`, which bends least to α.
        median: Top at `L 2^{1/α}`.
        at_top_bound: Top at L.
        at_lower_bounds: Every bracket at its lower bound: supposes nothing.
        warning: `tail_mean_undefined` (α ≤ 1), `tail_mean_unusable` (α < 1.5), or "".
    """

    alpha: float
    arithmetic: float
    geometric: float
    harmonic: float
    median: float
    at_top_bound: float
    at_lower_bounds: float
    warning: str


def pareto_index(counts: npt.ArrayLike, lowers: Bounds) -> float:
    """Return the Pareto index of the two highest brackets.

    `α = ln[(n_{K−1} + n_K) / n_K] / ln(L_K / L_{K−1})`: M. F. Henson, *Trends in the Income of
    Families and Persons in the United States 1947-1964*, U.S. Bureau of the Census, 1967; P. T. von
    Hippel, S. V. Scarpino and I. Holas, Sociological Methodology 46 (2016) 212-251.

    Args:
        counts: (brackets) units or weights, from the lowest bracket to the highest.
        lowers: (brackets) lower bounds.

    Returns:
        The index; +∞ when the top bracket alone is empty, for there is no tail.

    Raises:
        ValueError: fewer than two brackets, both brackets empty, or lower bounds that are not
            positive and rising.
    """
    low, _ = bounds_as_floats(lowers, [None] * len(lowers))
    units = np.asarray(counts, dtype=np.float64)
    if units.shape != low.shape or units.size < 2 or not (units >= 0).all():
        raise ValueError(f"{units.shape} counts for {low.size} brackets, two at least")
    if not 0 < low[-2] < low[-1] < math.inf:
        raise ValueError(f"a Pareto tail needs 0 < L < L′, not {low[-2]:g} and {low[-1]:g}")
    under, top = float(units[-2]), float(units[-1])
    if under + top == 0:
        raise ValueError("the two highest brackets have no units")
    if top == 0:
        return math.inf
    return math.log((under + top) / top) / math.log(low[-1] / low[-2])


def mean_with_pareto_tail(counts: npt.ArrayLike, lowers: Bounds, uppers: Bounds) -> TailMeans:
    """Return the means of brackets whose top one is open, under each reading of its tail.

    The readings are those of P. T. von Hippel, S. V. Scarpino and I. Holas, "Robust estimation of
    inequality from binned incomes", Sociological Methodology 46 (2016) 212-251: the arithmetic mean
    of a Pareto tail is absurd near α = 1, its harmonic mean stays within (L, 2L) for α > 1.

    Args:
        counts: (brackets) units or weights, from the lowest bracket to the highest.
        lowers: (brackets) lower bounds.
        uppers: (brackets) upper bounds; None for the last.

    Raises:
        ValueError: as `pareto_index`; or the last bracket is closed, another one is open, or there
            are no units.
    """
    low, high = bounds_as_floats(lowers, uppers)
    alpha = pareto_index(counts, lowers)
    _check_open_top(low, high)
    units = np.asarray(counts, dtype=np.float64)
    total, bound = math.fsum(units), float(low[-1])
    below = math.fsum(units[:-1] * (low[:-1] + high[:-1]) / 2)

    def mean(top: float) -> float:
        return (below + float(units[-1]) * top) / total

    # Next to nobody under the top bracket: a tail so flat that its means have no bound.
    share = math.inf if alpha < _FLATTEST else 1 / alpha
    arithmetic = math.nan if alpha <= 1 else mean(bound / (1 - share))
    warning = TAIL_UNUSABLE if alpha < UNUSABLE_BELOW else ""
    if alpha <= 1:
        warning = TAIL_UNDEFINED
    at_lower_bounds = math.fsum(units * low) / total
    return TailMeans(
        alpha=alpha,
        arithmetic=arithmetic,
        geometric=mean(bound * math.exp(share)),
        harmonic=mean(bound * (1 + share)),
        median=mean(bound * 2**share),
        at_top_bound=mean(bound),
        at_lower_bounds=at_lower_bounds,
        warning=warning,
    )


def top_mean_from_total(
    counts: npt.ArrayLike, lowers: Bounds, uppers: Bounds, *, total: float
) -> float:
    """Return the mean of the open top bracket that a total known from elsewhere implies.

    `(T − Σ n_k m_k) / n_K`, m the midpoints of the closed brackets: the matching of P. T. von
    Hippel, D. J. Hunter and M. Drown, "Better estimates from binned income data: interpolated CDFs
    and mean-matching", Sociological Science 4 (2017) 641-655, for the top bracket alone.

    Args:
        counts: (brackets) units, from the lowest bracket to the highest.
        lowers: (brackets) lower bounds.
        uppers: (brackets) upper bounds; None for the last.
        total: Sum over all units, in the unit of the bounds.

    Raises:
        ValueError: the last bracket is closed or empty, another one is open, or the total leaves
            the top bracket less than its lower bound.
    """
    low, high = bounds_as_floats(lowers, uppers)
    _check_open_top(low, high)
    units: Floats = np.asarray(counts, dtype=np.float64)
    if units.shape != low.shape or not (units >= 0).all() or units[-1] == 0:
        raise ValueError("a top bracket without units has no mean")
    mean = (total - math.fsum(units[:-1] * (low[:-1] + high[:-1]) / 2)) / float(units[-1])
    if mean < low[-1]:
        raise ValueError(
            f"the total leaves {mean:g} a unit in a bracket that begins at {low[-1]:g}"
        )
    return mean


def _check_open_top(low: Floats, high: Floats) -> None:
    if not (np.isfinite(low).all() and np.isfinite(high[:-1]).all() and np.isinf(high[-1])):
        raise ValueError("the last bracket is open above and no other bracket is open")
