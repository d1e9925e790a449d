"""What intervals say without being opened: the bracket of the median, the least possible mean.

In: summaries of counts over ordered brackets that assume nothing about where, inside a bracket,
the units stand.
Not in: interpolated medians, fitted tails, midpoints; each is an assumption with a name of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Counts = Sequence[int] | npt.NDArray[np.integer]


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
