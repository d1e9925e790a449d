"""Ordered scales: two highest levels, net agreement, do-not-know and its bounds, effects by order.

In: formulas over counts by level, levels in the declared order from lowest to highest, empty levels
included; several items at once as rows.
Not in: which level is favourable (the codebook says so with poles); the order of labels is never
guessed from spelling or frequency.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.intervals import (
    INFINITE,
    Counts,
    Floats,
    Interval,
    checked_counts,
    corrected_base,
    normal_quantile,
)

NEGATIVE, NEUTRAL, POSITIVE = "negative", "neutral", "positive"


@dataclass(frozen=True)
class PoleShares:
    """Shares of a scale folded to its poles, one for each item; NaN where the base is 0.

    Attributes:
        negative: Share at the negative pole.
        neutral: Share of the levels at neither pole; 0 for a scale without middle.
        positive: Share at the positive pole.
    """

    negative: Floats
    neutral: Floats
    positive: Floats


@dataclass(frozen=True)
class NetAgreement:
    """Positive minus negative, one for each item; NaN where the base is 0.

    Attributes:
        value: `p₊ − p₋`, in [−1, 1].
        standard_error: In the same unit; 0 when all answers are at one level's pole.
        lower: Lower end of the normal interval, not below −1.
        upper: Upper end, not above 1.
    """

    value: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class ScaleMean:
    """Mean of a scale under a declared coding: secondary to the shares, for levels have no unit.

    Attributes:
        mean: Mean of the values; NaN where the base is 0.
        standard_deviation: With divisor n − 1; NaN where the base is below 2.
        standard_error: `standard_deviation / √n`.
        coding: The value of each level.
    """

    mean: Floats
    standard_deviation: Floats
    standard_error: Floats
    coding: tuple[float, ...]


@dataclass(frozen=True)
class OrdinalEffect:
    """How two groups stand to each other on one scale.

    Attributes:
        theta: `P(Y > X) + ½ P(Y = X)`: ½ when neither group stands higher.
        statistic: The normal deviate of the Wilcoxon test; NaN when all answers are tied.
        p_value: Two-sided, with the correction for ties and none for continuity.
    """

    theta: float
    statistic: float
    p_value: float


def level_counts(codes: npt.ArrayLike, *, levels: int) -> npt.NDArray[np.int64]:
    """Return how many answers stand at each level, zeros kept.

    Args:
        codes: Positions of the levels, 0 to `levels` − 1.
        levels: Number of levels of the scale, chosen or not.

    Raises:
        ValueError: a code is not a position of the scale.
    """
    array = np.asarray(codes)
    if array.size == 0:
        return np.zeros(levels, dtype=np.int64)
    if array.min() < 0 or array.max() >= levels:
        raise ValueError(f"codes run from {array.min()} to {array.max()} on {levels} levels")
    return np.bincount(array, minlength=levels).astype(np.int64)


def default_poles(levels: int) -> tuple[str, ...]:
    """Return the poles of a balanced scale: halves, with a neutral middle when K is odd.

    Args:
        levels: Number of levels K, in order from the negative end.

    Raises:
        ValueError: fewer than two levels.
    """
    if levels < 2:
        raise ValueError(f"a scale has two levels or more, not {levels}")
    half = levels // 2
    return (NEGATIVE,) * half + (NEUTRAL,) * (levels % 2) + (POSITIVE,) * half


def collapse_levels(counts: npt.ArrayLike, groups: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return counts over coarser levels.

    The one transformation under which scales of different lengths may be compared, and only when
    both collapse to the same partition; stretching a scale linearly is not one of them (P. Cichocki
    and P. Jabkowski, 2023).

    Args:
        counts: (…, levels) answers by level.
        groups: For each level, the position of its coarser level, from 0 without gaps.

    Raises:
        ValueError: not one group a level, groups not numbered without gaps, or groups out of order.
    """
    array = np.asarray(counts, dtype=np.int64)
    wanted = list(groups)
    if array.shape[-1] != len(wanted):
        raise ValueError(f"{array.shape[-1]} levels for {len(wanted)} groups")
    if sorted(set(wanted)) != list(range(len(set(wanted)))) or wanted != sorted(wanted):
        raise ValueError(f"groups of levels rise from 0 without gaps, not {wanted}")
    collapsed = np.zeros((*array.shape[:-1], wanted[-1] + 1), dtype=np.int64)
    for level, group in enumerate(wanted):
        collapsed[..., group] += array[..., level]
    return collapsed


def top_two_share(counts: npt.ArrayLike) -> Floats:
    """Return the share of the two highest levels, `(n_{K−1} + n_K) / n`.

    Args:
        counts: (…, K) answers by level, from the lowest to the highest, K ≥ 3.

    Returns:
        (…) shares; NaN where the base is 0.

    Raises:
        ValueError: fewer than three levels, or a negative count.
    """
    array = _levels(counts)
    if array.shape[-1] < 3:
        raise ValueError(f"the two highest of {array.shape[-1]} levels say nothing")
    return _over(array[..., -2:].sum(axis=-1), array.sum(axis=-1))


def pole_shares(counts: npt.ArrayLike, poles: Sequence[str | None]) -> PoleShares:
    """Return the shares at the negative pole, in between, and at the positive pole.

    Args:
        counts: (…, K) answers by level.
        poles: `positive`, `negative`, `neutral` or None for each level; the last two count alike.

    Raises:
        ValueError: not one pole a level, an unknown pole, or a negative count.
    """
    negative, neutral, positive, base = _folded(counts, poles)
    return PoleShares(_over(negative, base), _over(neutral, base), _over(positive, base))


def net_agreement(
    counts: npt.ArrayLike,
    poles: Sequence[str | None],
    *,
    level: float = 0.95,
    population: npt.ArrayLike = INFINITE,
) -> NetAgreement:
    """Return net agreement with its multinomial standard error.

    `Var(p₊ − p₋) = [p₊ + p₋ − (p₊ − p₋)²] / n`, from the multinomial covariance −p₊p₋/n
    (A. Agresti, *Categorical Data Analysis*, 3rd ed., 2013, section 1.2); in a finite population n
    is replaced by `corrected_base`, as without replacement the same factor stands before every
    covariance.

    Args:
        counts: (…, K) answers by level, do-not-know left out.
        poles: The pole of each level, as for `pole_shares`.
        level: Confidence level of the interval.
        population: (…) units in the population; infinity where unknown.

    Raises:
        ValueError: as `pole_shares`, the level is not between 0 and 1, or a base is above its
            population.
    """
    z = normal_quantile(level)
    negative, _, positive, base = _folded(counts, poles)
    p, q = _over(positive, base), _over(negative, base)
    value = p - q
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(np.maximum(p + q - value**2, 0) / corrected_base(base, population))
    return NetAgreement(
        value=value,
        standard_error=error,
        lower=np.clip(value - z * error, -1, 1),
        upper=np.clip(value + z * error, -1, 1),
    )


def do_not_know_share(answered: Counts, do_not_know: Counts) -> Floats:
    """Return `d / (answered + d)`: who said not to know, among all who were shown and replied.

    Args:
        answered: Substantive answers, one count for each figure.
        do_not_know: Do-not-know answers, of the same shape.

    Raises:
        ValueError: shapes differ or a count is negative.
    """
    first = np.asarray(answered, dtype=np.int64)
    unsure = np.asarray(do_not_know, dtype=np.int64)
    if first.shape != unsure.shape:
        raise ValueError(f"{first.shape} bases for {unsure.shape} do-not-know")
    count, base = checked_counts(unsure, first + unsure)
    return _over(count, base)


def do_not_know_bounds(counts: Counts, bases: Counts, do_not_know: Counts) -> Interval:
    """Return the share if no, and if every, do-not-know hid this answer.

    `[y / (n + d), (y + d) / (n + d)]` for y of n substantive answers and d do-not-know: C. F.
    Manski, *Partial Identification of Probability Distributions*, 2003, chapter 1. The share among
    substantive answers lies between the two.

    Args:
        counts: Units that gave the answer.
        bases: Substantive answers.
        do_not_know: Do-not-know answers.

    Returns:
        Two arrays of shares in [0, 1]; NaN where nobody replied.

    Raises:
        ValueError: shapes differ, a count is outside its base, or a do-not-know count is negative.
    """
    count, base = checked_counts(counts, bases)
    unsure = np.asarray(do_not_know, dtype=np.int64)
    if unsure.shape != count.shape:
        raise ValueError(f"{unsure.shape} do-not-know for {count.shape} counts")
    if (unsure < 0).any():
        raise ValueError("a do-not-know count is negative")
    shown = base + unsure
    return _over(count, shown), _over(count + unsure, shown)


def scale_mean(counts: npt.ArrayLike, coding: Sequence[float]) -> ScaleMean:
    """Return mean, standard deviation and standard error of the levels under a declared coding.

    Args:
        counts: (…, K) answers by level.
        coding: The number that stands for each level (1 to K where nothing else is declared).

    Raises:
        ValueError: not one number a level, numbers that do not rise, or a negative count.
    """
    array = _levels(counts)
    values = np.asarray(coding, dtype=np.float64)
    if values.shape != array.shape[-1:]:
        raise ValueError(f"{values.size} numbers code {array.shape[-1]} levels")
    if (np.diff(values) <= 0).any():
        raise ValueError(f"the numbers that code a scale rise with its levels: {list(coding)}")
    base = array.sum(axis=-1)
    mean = _over(array @ values, base)
    squares = (array * (values - mean[..., np.newaxis]) ** 2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(base > 1, squares / (base - 1), np.nan)
        error = np.sqrt(variance / base)
    return ScaleMean(mean, np.sqrt(variance), error, tuple(float(v) for v in values))


def ordinal_effect(first: Counts, second: Counts) -> OrdinalEffect:
    """Return the chance that an answer of the second group stands above one of the first.

    `θ = P(Y > X) + ½ P(Y = X) = U / (mn)` (A. Agresti, *Analysis of Ordinal Categorical Data*, 2nd
    ed., 2010, section 2.1), with the Wilcoxon-Mann-Whitney test: deviate `(U − mn/2) / σ`,
    `σ² = mn/12 · [N + 1 − Σ(t³ − t) / (N (N − 1))]`, t the answers at a level (E. L. Lehmann,
    *Nonparametrics*, 1975, section 1.4).

    Args:
        first: Answers of group X by level.
        second: Answers of group Y by level, same levels.

    Raises:
        ValueError: levels differ, a count is negative, or a group is empty.
    """
    x, y = _levels(first), _levels(second)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"two groups are compared on the same levels, not {x.shape} and {y.shape}")
    m, n = int(x.sum()), int(y.sum())
    if m == 0 or n == 0:
        raise ValueError("a group without answers cannot be compared")
    below = np.cumsum(x) - x
    twice_u = int((y * (2 * below + x)).sum())
    tied = (x + y).astype(object)
    total = m + n
    ties = int((tied**3 - tied).sum())
    variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return OrdinalEffect(twice_u / (2 * m * n), math.nan, 1.0)
    deviate = (twice_u / 2 - m * n / 2) / math.sqrt(variance)
    return OrdinalEffect(
        theta=twice_u / (2 * m * n),
        statistic=deviate,
        p_value=min(1.0, 2 * NormalDist().cdf(-abs(deviate))),
    )


def equipercentile_levels(counts: Counts, reference: Counts) -> Floats:
    """Return for each level the place on the reference scale with the same mid-percentile.

    `e(x) = G⁻¹(F(x))` with percentile ranks taken at the middle of a level and levels spread evenly
    over ±½ (M. J. Kolen and R. L. Brennan, *Test Equating, Scaling, and Linking*, 3rd ed., 2014,
    chapter 2). It supposes that equivalent groups answered both scales: a sensitivity reading,
    never a series.

    Args:
        counts: Answers on the scale to carry over, levels 1 to K.
        reference: Answers on the reference scale, levels 1 to K′.

    Returns:
        K places, between ½ and K′ + ½.

    Raises:
        ValueError: a negative count, or a scale without answers.
    """
    x, y = _levels(counts), _levels(reference)
    if x.sum() == 0 or y.sum() == 0:
        raise ValueError("a scale without answers has no percentiles")
    ranks = (np.cumsum(x) - x / 2) / x.sum()
    cumulated = np.concatenate([[0.0], np.cumsum(y) / y.sum()])
    places = np.arange(len(y) + 1) + 0.5
    # An empty level of the reference is crossed at one percentile: what lies above begins after it.
    return np.interp(ranks, cumulated, places)


def _levels(counts: npt.ArrayLike) -> npt.NDArray[np.int64]:
    array = np.asarray(counts, dtype=np.int64)
    if array.ndim == 0:
        raise ValueError("counts by level are an array")
    if (array < 0).any():
        raise ValueError("a count of answers is negative")
    return array


def _folded(
    counts: npt.ArrayLike, poles: Sequence[str | None]
) -> tuple[
    npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]
]:
    array = _levels(counts)
    if array.shape[-1] != len(poles):
        raise ValueError(f"{array.shape[-1]} levels for {len(poles)} poles")
    strange = {pole for pole in poles if pole not in (NEGATIVE, NEUTRAL, POSITIVE, None)}
    if strange:
        raise ValueError(f"unknown poles: {', '.join(sorted(map(str, strange)))}")
    base = array.sum(axis=-1)
    negative = array[..., [pole == NEGATIVE for pole in poles]].sum(axis=-1)
    positive = array[..., [pole == POSITIVE for pole in poles]].sum(axis=-1)
    return negative, base - negative - positive, positive, base


def _over(numerator: npt.NDArray[np.number], base: npt.NDArray[np.int64]) -> Floats:
    numbers = np.asarray(numerator, dtype=np.float64)
    return np.divide(numbers, base, out=np.full(np.shape(base), np.nan), where=np.asarray(base) > 0)
