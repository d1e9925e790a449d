"""Shares: their rounding, and what a scale with poles adds up to.

In: formulas over counts, vectorised where figures come by the thousand.
Not in: who is counted and on which base (`marts.estimates`), intervals (`intervals`), bracket and
ranking summaries.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.intervals import Counts, checked_counts


def shares(counts: Counts, bases: Counts) -> npt.NDArray[np.float64]:
    """Return counts / bases.

    Args:
        counts: Units that gave the answer, one for each figure.
        bases: Units in the base, of the same shape.

    Returns:
        Shares in [0, 1], of the shape of `counts`; NaN where the base is 0.

    Raises:
        ValueError: shapes differ, or a count is negative or above its base.
    """
    count, base = checked_counts(counts, bases)
    return np.divide(count, base, out=np.full(base.shape, np.nan), where=base > 0)


def percent_half_up(counts: Counts, bases: Counts, *, decimals: int = 0) -> npt.NDArray[np.float64]:
    """Return 100 × counts / bases rounded half up at a number of decimals.

    The rounding is done on integers, `⌊(2·100·10^d·x + n) / 2n⌋`, so that 1/8 at no decimals is 13
    whatever the binary form of 12.5; Python's `round` would give 12 (half to even).

    Args:
        counts: Units that gave the answer, one for each figure.
        bases: Units in the base, of the same shape.
        decimals: Decimals of the percentages.

    Returns:
        Percentages (17.0 for 17 %), NaN where the base is 0. Each is the float nearest to its
        decimal, so that it equals the number read from the text "56.3".

    Raises:
        ValueError: shapes differ, or a count is negative or above its base.
    """
    count, base = checked_counts(counts, bases)
    factor = 10**decimals
    rounded = [
        (200 * factor * x + n) // (2 * n) / factor if n else math.nan
        for x, n in zip(count.ravel().tolist(), base.ravel().tolist(), strict=True)
    ]
    return np.array(rounded, dtype=np.float64).reshape(count.shape)


def largest_remainder(counts: Counts, *, decimals: int = 0) -> npt.NDArray[np.float64]:
    """Return percentages of the sum of the counts, rounded so that they add up to 100.

    Every share is cut down, then the units still to be given go to the largest remainders (Hamilton
    1792; the method of chart tools that force 100 %). Of equal remainders the first in order wins,
    which is what the published budget chart of 2018 does.

    Args:
        counts: A partition of the base: every unit is in exactly one count.
        decimals: Decimals of the percentages.

    Returns:
        Percentages of the shape of `counts`; all NaN when the counts sum to 0.

    Raises:
        ValueError: a count is negative.
    """
    count, _ = checked_counts(counts, np.full(len(counts), sum(int(x) for x in counts)))
    values = [int(x) for x in count]
    base, factor = sum(values), 10**decimals
    if base == 0:
        return np.full(len(values), np.nan)
    whole = [100 * factor * x // base for x in values]
    remainder = [100 * factor * x % base for x in values]
    by_remainder = sorted(range(len(values)), key=lambda i: (-remainder[i], i))
    for position in by_remainder[: 100 * factor - sum(whole)]:
        whole[position] += 1
    return np.array([units / factor for units in whole], dtype=np.float64)


def favourable_count(counts: Counts, poles: Sequence[str | None]) -> int:
    """Return how many answers stand at the positive pole of a scale.

    Args:
        counts: Answers for each code of the scale.
        poles: `positive`, `neutral`, `negative` or None, for the same codes.

    Raises:
        ValueError: not one pole a code.
    """
    return sum(int(x) for x, pole in zip(counts, poles, strict=True) if pole == "positive")
