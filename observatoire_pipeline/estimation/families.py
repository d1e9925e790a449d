"""Many tests at once: p-values adjusted within families that are declared before computing.

In: the step-up adjustment of Benjamini and Hochberg, one family at a time.
Not in: what makes a family. In this survey it is a block of the questionnaire and a pair of
editions, so that a new edition makes new families and no earlier flag flips.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.intervals import Floats


@dataclass(frozen=True)
class AdjustedTests:
    """What a test is worth among those of its family, in the order of the tests.

    Attributes:
        p_adjusted: Adjusted p-values, in [0, 1].
        family_size: Tests in the family of each.
    """

    p_adjusted: Floats
    family_size: npt.NDArray[np.int64]


def benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """Return the p-values of one family adjusted for the false discovery rate.

    `min over j ≥ i of p₍ⱼ₎ m / j`, at most 1, for the p-values in rising order: Y. Benjamini and Y.
    Hochberg, "Controlling the false discovery rate", JRSS-B 57 (1995) 289-300, eq. 1.

    Args:
        p_values: (tests) p-values; the family may be empty.

    Returns:
        (tests) adjusted p-values, in the same order.

    Raises:
        ValueError: a p-value is not a number between 0 and 1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1:
        raise ValueError(f"the p-values of a family are a list, not {p.ndim}-dimensional")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("a p-value is not a number between 0 and 1")
    size = p.size
    falling = np.argsort(-p, kind="stable")
    raised = p[falling] * size / np.arange(size, 0, -1)
    adjusted = np.empty(size)
    adjusted[falling] = np.minimum(np.minimum.accumulate(raised), 1.0)
    return adjusted


def adjust_within_families(p_values: npt.ArrayLike, families: Sequence[Hashable]) -> AdjustedTests:
    """Return each p-value adjusted among those of its family.

    Args:
        p_values: (tests) p-values.
        families: (tests) the family of each.

    Raises:
        ValueError: not one family a test, or a p-value that is not between 0 and 1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.shape != (len(families),):
        raise ValueError(f"{p.shape} p-values for {len(families)} families")
    members: dict[Hashable, list[int]] = {}
    for place, family in enumerate(families):
        members.setdefault(family, []).append(place)
    adjusted, size = np.empty(p.size), np.zeros(p.size, dtype=np.int64)
    for places in members.values():
        adjusted[places] = benjamini_hochberg(p[places])
        size[places] = len(places)
    return AdjustedTests(adjusted, size)
