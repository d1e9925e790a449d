"""Answers known as intervals that overlap: the distribution that makes them most likely.

In: Turnbull's estimator, for editions that cut brackets differently, or for intervals that are each
unit's own (a bracket of euros divided by the inhabitants of one collectivité).
Not in: one edition with one set of brackets, whose estimate is its shares (`brackets`); inside a
cell of the result nothing is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.brackets import Bounds, bounds_as_floats
from observatoire_pipeline.estimation.intervals import Floats

LOWER_INCLUDED, UPPER_INCLUDED, CLOSED = "[L,U)", "(L,U]", "[L,U]"
"""Which ends an interval holds. One whose ends are equal holds that value, whatever the rule."""

NEGLIGIBLE = 1e-9
"""A mass that the tolerance cannot tell from none."""

_PLAIN_STEPS = 100
"""Steps of expectation and maximisation before Newton's: enough for editions that are pooled."""

_SHORTEST_STRIDE = 1e-6


class NotConvergedError(ArithmeticError):
    """The likelihood still rises by more than the tolerance after the last step allowed."""


@dataclass(frozen=True)
class IntervalDistribution:
    """Masses on the cells where the most likely distribution can have any.

    Attributes:
        lower: (cells) lower ends, rising; −∞ where open.
        upper: (cells) upper ends; +∞ where open.
        lower_included: (cells) whether the cell holds its lower end.
        upper_included: (cells) whether it holds its upper end.
        mass: (cells) masses, which sum to 1.
        log_likelihood: `Σ w log P(interval)`.
        steps: Steps of the algorithm.
        gap: What the likelihood of one unit could still gain, at most: the proof of convergence.
    """

    lower: Floats
    upper: Floats
    lower_included: npt.NDArray[np.bool_]
    upper_included: npt.NDArray[np.bool_]
    mass: Floats
    log_likelihood: float
    steps: int
    gap: float

    def quantile_cell(self, share: float = 0.5) -> tuple[float, float]:
        """Return the ends of the first cell at which the cumulated mass reaches the share.

        Raises:
            ValueError: the share is not between 0 and 1.
        """
        if not 0 < share < 1:
            raise ValueError(f"a quantile is asked at a share between 0 and 1, not {share}")
        # A mass of 0.5 is reached up to the tolerance of the algorithm, not to the last bit.
        place = int(np.argmax(np.cumsum(self.mass) >= share - NEGLIGIBLE))
        return float(self.lower[place]), float(self.upper[place])

    def mean_bounds(self) -> tuple[float, float]:
        """Return the means with all mass at lower ends, and at upper ends; infinite where open."""
        used = self.mass > NEGLIGIBLE
        mass = self.mass[used]
        return (
            math.fsum(mass * self.lower[used]) / math.fsum(mass),
            math.fsum(mass * self.upper[used]) / math.fsum(mass),
        )

    def share_between(self, lower: float, upper: float) -> tuple[float, float]:
        """Return the least and the greatest mass between two values.

        Cells that lie inside count in both, cells that only touch the interval in the second.

        Args:
            lower: From this value, included.
            upper: To this value, excluded.
        """
        inside = (self.lower >= lower) & (
            (self.upper < upper) | ((self.upper == upper) & ~self.upper_included)
        )
        outside = (self.upper < lower) | (self.lower >= upper)
        outside |= (self.upper == lower) & ~self.upper_included
        return math.fsum(self.mass[inside]), math.fsum(self.mass[~outside])


def turnbull(
    lowers: Bounds,
    uppers: Bounds,
    *,
    ends: str = LOWER_INCLUDED,
    weights: npt.ArrayLike | None = None,
    tolerance: float = 1e-11,
    max_steps: int = 10_000,
) -> IntervalDistribution:
    """Return the nonparametric maximum likelihood distribution of values known as intervals.

    Cells are the innermost intervals: those that begin where an interval begins and end where one
    ends, with neither in between; no other place can hold mass (R. Peto, Applied Statistics 22
    (1973) 86-91). For editions that each partition the line they are the common refinement. Masses
    are the fixed point of `p_j ← (1/n) Σᵢ wᵢ a_ij p_j / Σ_l a_il p_l` (B. W. Turnbull, "The
    empirical distribution function with arbitrarily grouped, censored and truncated data", JRSS-B
    38 (1976) 290-295), the steps of expectation and maximisation; where these have not ended soon,
    Newton steps under constraints take over (Y. Wang, "On fast computation of the non-parametric
    maximum likelihood estimate of a mixing distribution", JRSS-B 69 (2007) 185-198).

    The steps end when no cell could raise the likelihood: `max_j (1/n) Σᵢ wᵢ a_ij / Pᵢ ≤ 1 +
    tolerance`, the condition of the maximum (R. Gentleman and C. J. Geyer, Biometrika 81 (1994)
    618-623). Software that stops when masses hardly move stops earlier and keeps spurious masses.

    Args:
        lowers: (intervals) lower ends; None or −∞ where open.
        uppers: (intervals) upper ends; None or +∞ where open.
        ends: `[L,U)`, `(L,U]` or `[L,U]`: which ends the intervals hold. The choice changes the
            result where the end of one interval is the beginning of another.
        weights: (intervals) units, or weights; one each when left out.
        tolerance: What one unit's likelihood may still gain, relatively.
        max_steps: Steps after which the function gives up.

    Raises:
        ValueError: shapes differ, an interval is upside down, an unknown rule of ends, a negative
            weight, or no units.
        NotConvergedError: the tolerance is not reached in `max_steps` steps.
    """
    low, high = bounds_as_floats(lowers, uppers)
    units = np.ones(low.size) if weights is None else np.asarray(weights, dtype=np.float64)
    if units.shape != low.shape:
        raise ValueError(f"{units.shape} weights for {low.size} intervals")
    if not (units >= 0).all() or not units.sum() > 0:
        raise ValueError("weights of intervals are not negative, and there are units")
    low, high, units = low[units > 0], high[units > 0], units[units > 0]
    begins, stops = _cuts(low, high, ends)
    cell_begins, cell_stops = _innermost(begins, stops)
    # Cells follow one another, and the cells of an interval are consecutive: first to last.
    first = np.searchsorted(_key(cell_begins), _key(begins), side="left")
    last = np.searchsorted(_key(cell_stops), _key(stops), side="right")
    pairs, which = np.unique(np.stack([first, last]), axis=1, return_inverse=True)
    weight = np.bincount(which.ravel(), weights=units) / units.sum()
    mass, steps, gap = _maximise(
        pairs[0], pairs[1], weight, len(cell_begins), tolerance=tolerance, max_steps=max_steps
    )
    seen = _seen(mass, pairs[0], pairs[1])
    return IntervalDistribution(
        lower=cell_begins[:, 0],
        upper=cell_stops[:, 0],
        lower_included=(cell_begins[:, 1] == 0) & np.isfinite(cell_begins[:, 0]),
        upper_included=(cell_stops[:, 1] == 1) & np.isfinite(cell_stops[:, 0]),
        mass=mass,
        log_likelihood=float(units.sum() * (weight @ np.log(seen))),
        steps=steps,
        gap=gap,
    )


# --- cells ----------------------------------------------------------------------------------


def _cuts(low: Floats, high: Floats, ends: str) -> tuple[Floats, Floats]:
    """Return where intervals begin and stop, as (value, side): 0 just before it, 1 just after."""
    sides = {LOWER_INCLUDED: (0, 0), UPPER_INCLUDED: (1, 1), CLOSED: (0, 1)}
    if ends not in sides:
        raise ValueError(f"unknown rule of ends {ends!r}; known: {', '.join(sides)}")
    before, after = (np.full(low.size, float(side)) for side in sides[ends])
    point = low == high
    before[point], after[point] = 0.0, 1.0
    return np.column_stack([low, before]), np.column_stack([high, after])


def _key(cuts: Floats) -> npt.NDArray[np.complex128]:
    """Return cuts as complex numbers, which NumPy orders by value, then by side."""
    finite = np.clip(cuts[:, 0], -np.finfo(np.float64).max, np.finfo(np.float64).max)
    return finite + 1j * cuts[:, 1]


def _innermost(begins: Floats, stops: Floats) -> tuple[Floats, Floats]:
    cuts = np.concatenate([begins, stops])
    is_stop = np.concatenate([np.zeros(len(begins), bool), np.ones(len(stops), bool)])
    # At the same cut a stop comes first: what ends there and what begins there share nothing.
    order = np.lexsort((~is_stop, cuts[:, 1], cuts[:, 0]))
    cuts, is_stop = cuts[order], is_stop[order]
    here = np.flatnonzero(~is_stop[:-1] & is_stop[1:])
    return cuts[here], cuts[here + 1]


# --- likelihood -----------------------------------------------------------------------------


def _seen(mass: Floats, first: npt.NDArray[np.intp], last: npt.NDArray[np.intp]) -> Floats:
    """Return the mass that each interval covers."""
    cumulated = np.concatenate([[0.0], np.cumsum(mass)])
    return cumulated[last] - cumulated[first]


def _gradient(
    mass: Floats,
    first: npt.NDArray[np.intp],
    last: npt.NDArray[np.intp],
    weight: Floats,
) -> Floats:
    """Return for each cell `Σᵢ wᵢ a_ij / Pᵢ`, the weights summing to 1."""
    each = weight / _seen(mass, first, last)
    cells = mass.size
    change = np.bincount(first, weights=each, minlength=cells + 1)
    change -= np.bincount(last, weights=each, minlength=cells + 1)
    return np.cumsum(change[:cells])


def _maximise(
    first: npt.NDArray[np.intp],
    last: npt.NDArray[np.intp],
    weight: Floats,
    cells: int,
    *,
    tolerance: float,
    max_steps: int,
) -> tuple[Floats, int, float]:
    mass = np.full(cells, 1 / cells)
    gap = math.inf
    for step in range(max_steps):
        slope = _gradient(mass, first, last, weight)
        gap = float(slope.max() - 1)
        if gap <= tolerance:
            return mass, step, gap
        if step < _PLAIN_STEPS:
            mass = mass * slope
            mass /= mass.sum()
        else:
            mass = _newton_step(mass, slope, first, last, weight)
    raise NotConvergedError(f"after {max_steps} steps a unit's likelihood could gain {gap:.2g}")


def _newton_step(
    mass: Floats,
    slope: Floats,
    first: npt.NDArray[np.intp],
    last: npt.NDArray[np.intp],
    weight: Floats,
) -> Floats:
    """Return masses nearer to the maximum: that of the likelihood's parabola, masses ≥ 0, sum 1."""
    from scipy.optimize import nnls

    # Cells with mass, and those that would raise the likelihood most if they had some.
    padded = np.concatenate([[-np.inf], slope, [-np.inf]])
    peak = (slope > 1) & (slope >= padded[:-2]) & (slope >= padded[2:])
    used = np.flatnonzero((mass > NEGLIGIBLE) | peak)
    seen = _seen(mass, first, last)
    covers = (first[:, np.newaxis] <= used) & (used < last[:, np.newaxis])
    if not seen.min() > 0:
        # The compiled solver would end the process on what is not a number.
        raise NotConvergedError("an interval has lost all its mass")
    rows = np.sqrt(weight)[:, np.newaxis] * (covers / seen[:, np.newaxis] - 2)
    found, _ = nnls(np.vstack([rows, np.ones(used.size)]), np.append(np.zeros(len(rows)), 1.0))
    goal = np.zeros(mass.size)
    goal[used] = found / found.sum()
    rise = float(slope @ (goal - mass))
    now, stride = float(weight @ np.log(seen)), 1.0
    while stride > _SHORTEST_STRIDE:
        tried = mass + stride * (goal - mass)
        reach = _seen(tried, first, last)
        if reach.min() > 0 and float(weight @ np.log(reach)) >= now + stride * rise / 3:
            return tried
        stride /= 2
    # Rounding hides so small a rise: a plain step cannot lower the likelihood.
    plain = mass * slope
    return plain / plain.sum()
