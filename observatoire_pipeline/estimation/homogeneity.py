"""Tests on tables of counts: do groups answer alike, did the same units answer alike twice.

In: chi-square of homogeneity, Bowker's symmetry, Stuart and Maxwell's marginal homogeneity.
Not in: intervals and sizes of effects, which say more (`intervals`, `likert.ordinal_effect`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.intervals import Counts, checked_counts


@dataclass(frozen=True)
class ChiSquare:
    """A chi-square test.

    Attributes:
        statistic: Chi-square.
        degrees: Degrees of freedom; 0 when nothing varies.
        p_value: Upper tail; 1 when nothing varies.
        smallest_expected: Least expected count; below 5 the test is rough. NaN where the test
            expects no counts.
    """

    statistic: float
    degrees: int
    p_value: float
    smallest_expected: float


def equal_shares_test(counts: Counts, bases: Counts) -> ChiSquare:
    """Return the test that groups share one proportion, without continuity correction.

    `Σ (x − n p̂)² / (n p̂ (1 − p̂))` with k − 1 degrees: K. Pearson, Philosophical Magazine 50 (1900)
    157-175; the degrees are R. A. Fisher's, JRSS 85 (1922) 87-94.

    Args:
        counts: (groups) units that gave the answer.
        bases: (groups) their bases, each at least 1.

    Raises:
        ValueError: fewer than two groups, a group without base, or a count outside its base.
    """
    x, n = checked_counts(counts, bases)
    if x.ndim != 1 or x.size < 2 or (n == 0).any():
        raise ValueError("equal shares are tested over two groups or more, none without base")
    pooled = int(x.sum()) / int(n.sum())
    expected = n * pooled
    smallest = float(min(expected.min(), (n - expected).min()))
    if pooled in (0, 1):
        return ChiSquare(0.0, 0, 1.0, smallest)
    statistic = float(((x - expected) ** 2 / (expected * (1 - pooled))).sum())
    return ChiSquare(statistic, x.size - 1, _upper_tail(x.size - 1, statistic), smallest)


def bowker_test(table: npt.ArrayLike) -> ChiSquare:
    """Return the test that units moved between answers as often one way as the other.

    `Σ_{i<j} (n_ij − n_ji)² / (n_ij + n_ji)`, one degree for each pair that anyone moved between:
    A. H. Bowker, JASA 43 (1948) 572-574. With two answers it is McNemar's chi-square.

    Args:
        table: (K, K) units by earlier answer (rows) and later answer (columns).

    Raises:
        ValueError: the table is not a square of counts.
    """
    square = _square(table)
    upper = np.triu_indices(len(square), 1)
    there, back = square[upper], square.T[upper]
    moved = there + back
    pairs = int((moved > 0).sum())
    gap = (there - back)[moved > 0].astype(np.float64)
    statistic = float((gap**2 / moved[moved > 0]).sum())
    return ChiSquare(statistic, pairs, _upper_tail(pairs, statistic), float("nan"))


def stuart_maxwell_test(table: npt.ArrayLike) -> ChiSquare:
    """Return the test that the same units gave each answer as often in both editions.

    `d′ V⁻¹ d` over all answers but one, `dᵢ = nᵢ. − n.ᵢ`, `Vᵢᵢ = nᵢ. + n.ᵢ − 2nᵢᵢ`,
    `Vᵢⱼ = −(nᵢⱼ + nⱼᵢ)`: A. Stuart, Biometrika 42 (1955) 412-416; A. E. Maxwell, British Journal of
    Psychiatry 116 (1970) 651-655. Answers that nobody left or came to are set aside first, and the
    degrees are the rank of V.

    Args:
        table: (K, K) units by earlier answer (rows) and later answer (columns).

    Raises:
        ValueError: the table is not a square of counts.
    """
    square = _square(table)
    gap = (square.sum(axis=1) - square.sum(axis=0)).astype(np.float64)
    spread = -(square + square.T).astype(np.float64)
    np.fill_diagonal(spread, square.sum(axis=1) + square.sum(axis=0) - 2 * np.diag(square))
    kept = np.flatnonzero(np.diag(spread) > 0)
    gap, spread = gap[kept], spread[np.ix_(kept, kept)]
    degrees = int(np.linalg.matrix_rank(spread)) if kept.size else 0
    statistic = float(gap @ np.linalg.pinv(spread) @ gap) if degrees else 0.0
    return ChiSquare(statistic, degrees, _upper_tail(degrees, statistic), float("nan"))


def _square(table: npt.ArrayLike) -> npt.NDArray[np.int64]:
    square = np.asarray(table, dtype=np.int64)
    if square.ndim != 2 or square.shape[0] != square.shape[1]:
        raise ValueError(f"answers given twice make a square table, not {square.shape}")
    if (square < 0).any():
        raise ValueError("a count is negative")
    return square


def _upper_tail(degrees: int, statistic: float) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(degrees, statistic)) if degrees else 1.0
