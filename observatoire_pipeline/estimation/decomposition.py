"""Who answered against what they answered: the two parts of a change.

In: Kitagawa's split of a difference of two shares over groups.
Not in: causes. A part "behaviour" also holds every composition that the groups do not see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.intervals import Floats


@dataclass(frozen=True)
class Decomposition:
    """The parts of a change, in share units; `composition + behaviour` is the change.

    Attributes:
        composition: Because the groups weigh otherwise among respondents.
        behaviour: Because the groups answer otherwise.
        composition_by_group: The part of each group.
        behaviour_by_group: The part of each group.
    """

    composition: float
    behaviour: float
    composition_by_group: Floats
    behaviour_by_group: Floats


def kitagawa(
    earlier_counts: npt.ArrayLike,
    earlier_bases: npt.ArrayLike,
    later_counts: npt.ArrayLike,
    later_bases: npt.ArrayLike,
) -> Decomposition:
    """Return the split of a change of a share over groups, from counts.

    `Σ (w₂ − w₁)(p₁ + p₂)/2 + Σ (p₂ − p₁)(w₁ + w₂)/2`: E. M. Kitagawa, "Components of a difference
    between two rates", JASA 50 (1955) 1168-1194.

    Args:
        earlier_counts: (groups) units, or weights, that gave the answer in the earlier edition.
        earlier_bases: (groups) their bases.
        later_counts: (groups) the same in the later edition.
        later_bases: (groups) their bases.

    Raises:
        ValueError: shapes differ, a count outside its base, or a group without respondents in one
            of the editions: it has no share there, and nothing is supposed in its place.
    """
    x1, n1, x2, n2 = (
        np.asarray(v, dtype=np.float64)
        for v in (earlier_counts, earlier_bases, later_counts, later_bases)
    )
    if not x1.shape == n1.shape == x2.shape == n2.shape or x1.ndim != 1:
        raise ValueError(f"groups differ: {x1.shape}, {n1.shape}, {x2.shape}, {n2.shape}")
    if ((x1 < 0) | (x1 > n1) | (x2 < 0) | (x2 > n2)).any():
        raise ValueError("a count is outside its base")
    absent = np.flatnonzero((n1 == 0) | (n2 == 0)).tolist()
    if absent or not x1.size:
        raise ValueError(f"groups without respondents in one of the editions: {absent}")
    return kitagawa_of_shares(x1 / n1, n1 / n1.sum(), x2 / n2, n2 / n2.sum())


def kitagawa_of_shares(
    earlier_shares: npt.ArrayLike,
    earlier_weights: npt.ArrayLike,
    later_shares: npt.ArrayLike,
    later_weights: npt.ArrayLike,
) -> Decomposition:
    """Return the split of `kitagawa`, from shares and the weights of the groups.

    Args:
        earlier_shares: (groups) shares in the earlier edition.
        earlier_weights: (groups) weights of the groups there, which sum to 1.
        later_shares: (groups) shares in the later edition.
        later_weights: (groups) weights there, which sum to 1.

    Raises:
        ValueError: shapes differ, a share is not a number, or weights do not sum to 1.
    """
    p1, w1, p2, w2 = (
        np.asarray(v, dtype=np.float64)
        for v in (earlier_shares, earlier_weights, later_shares, later_weights)
    )
    if not p1.shape == w1.shape == p2.shape == w2.shape or p1.ndim != 1:
        raise ValueError(f"groups differ: {p1.shape}, {w1.shape}, {p2.shape}, {w2.shape}")
    if not (np.isfinite(p1).all() and np.isfinite(p2).all()):
        raise ValueError("a share is not a number")
    if any(not abs(w.sum() - 1) < 1e-9 for w in (w1, w2)):
        raise ValueError(f"the weights of the groups sum to {w1.sum():g} and {w2.sum():g}, not 1")
    composition = (w2 - w1) * (p1 + p2) / 2
    behaviour = (p2 - p1) * (w1 + w2) / 2
    return Decomposition(float(composition.sum()), float(behaviour.sum()), composition, behaviour)
