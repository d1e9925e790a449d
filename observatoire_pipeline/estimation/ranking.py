"""Rankings: one score for each item from the counts of its ranks.

In: the score that survey platforms call "average ranking", mean rank, shares of first ranks.
    The divisor of a score is declared, for it decides the order of the items.
Not in: models of preferences.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.intervals import INFINITE, Floats, normal_quantile

RANKED, RESPONDENTS = "ranked", "respondents"
"""Divisors of a score: those who ranked the item, or all who answered the question."""


@dataclass(frozen=True)
class RankingSummary:
    """One number for each item, in the order of the items; NaN where nobody ranked the item.

    Attributes:
        ranked_n: Units that ranked the item: the divisor of shares and mean rank.
        score: `Σ (K − rank + 1) / divisor`, from 1 (always last) to K (always first) when the
            divisor counts those who ranked the item; not ranking counts as 0 otherwise.
        mean_rank: Mean of the ranks, from 1 to K.
        first_share: Share ranked first.
        top3_share: Share ranked 1 to 3.
        divisor: `ranked` or `respondents`.
        mean_rank_lower: Lower end of the interval of the mean rank; NaN with fewer than two units.
        mean_rank_upper: Upper end.
    """

    ranked_n: npt.NDArray[np.int64]
    score: Floats
    mean_rank: Floats
    first_share: Floats
    top3_share: Floats
    divisor: str
    mean_rank_lower: Floats
    mean_rank_upper: Floats


def summarise_ranking(
    rank_counts: npt.ArrayLike,
    *,
    divisor: str = RANKED,
    respondents: int | None = None,
    level: float = 0.95,
    population: float = INFINITE,
) -> RankingSummary:
    """Return the summary of a ranking of K items.

    Rank r of K weighs `K − r + 1` and the sum is divided by those who ranked the item: the average
    ranking of SurveyMonkey as its help page gives it. Divided by all respondents (OnePulse, and
    Centiment, where not ranked is 0) the items may come in another order.

    The interval of the mean rank is Student's, `r̄ ± t · s / √n` with n − 1 degrees of freedom
    ("Student", Biometrika 6 (1908) 1-25), cut at 1 and K; in a finite population the standard error
    has the factor `√(1 − n/N)` (W. G. Cochran, *Sampling Techniques*, 3rd ed., 1977, section 2.6).

    Args:
        rank_counts: Items × ranks: how many units gave item i the rank j + 1. A unit that left the
            item out (N/A, not ranked) is in no cell.
        divisor: `ranked`, or `respondents` with their number.
        respondents: Units that ranked at least one item; asked for by the divisor `respondents`.
        level: Confidence level of the interval.
        population: Units in the population; infinity where unknown.

    Raises:
        ValueError: the counts are not a square of non-negative numbers, the divisor is unknown, the
            respondents are missing or fewer than those who ranked an item, or the population is.
    """
    from scipy.special import stdtrit

    normal_quantile(level)
    counts = np.asarray(rank_counts, dtype=np.int64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"a ranking of K items has K × K counts, not {counts.shape}")
    if (counts < 0).any():
        raise ValueError("a count of ranks is negative")
    ranks = np.arange(1, counts.shape[1] + 1)
    ranked = counts.sum(axis=1)
    if (ranked > population).any():
        raise ValueError(f"{ranked.max()} units ranked an item, of {population:g}")
    divided_by = _divisor(divisor, ranked, respondents)

    def per_ranked(total: npt.NDArray[np.int64]) -> Floats:
        return np.divide(total, ranked, out=np.full(ranked.shape, np.nan), where=ranked > 0)

    points = counts @ (len(ranks) + 1 - ranks)
    mean = per_ranked(counts @ ranks)
    with np.errstate(divide="ignore", invalid="ignore"):
        # n Σr² − (Σr)² in integers: no cancellation when all ranks are equal.
        squares = ranked * (counts @ ranks**2) - (counts @ ranks) ** 2
        error = np.sqrt(squares / (ranked.astype(np.float64) ** 2 * (ranked - 1)))
        half = stdtrit(ranked - 1.0, (1 + level) / 2) * error * np.sqrt(1 - ranked / population)
    half = np.where(ranked > 1, half, np.nan)
    return RankingSummary(
        ranked_n=ranked,
        score=np.divide(
            points, divided_by, out=np.full(ranked.shape, np.nan), where=(divided_by > 0)
        ),
        mean_rank=mean,
        first_share=per_ranked(counts[:, 0] if len(ranks) else ranked),
        top3_share=per_ranked(counts[:, :3].sum(axis=1)),
        divisor=divisor,
        mean_rank_lower=np.clip(mean - half, 1, len(ranks)),
        mean_rank_upper=np.clip(mean + half, 1, len(ranks)),
    )


def points_from_items_ranked(ranks: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the points of each item when weights start at the number of items a unit ranked.

    A unit that ranked m items gives `m − r + 1` points to its rank r: what QualBoard and SurveyHero
    describe. Who ranks fewer items gives fewer points, also to the first.

    Args:
        ranks: (units, items) ranks from 1; 0 where the unit did not rank the item.

    Returns:
        (items) sums of points.

    Raises:
        ValueError: the ranks of a unit are not 1 to m, each once.
    """
    array = np.asarray(ranks, dtype=np.int64)
    if array.ndim != 2:
        raise ValueError(f"ranks are a table of units by items, not {array.ndim}-dimensional")
    ranked = array > 0
    number = ranked.sum(axis=1, keepdims=True)
    ordered = np.sort(np.where(ranked, array, array.shape[1] + 1), axis=1)
    places = np.arange(1, array.shape[1] + 1)
    if (array < 0).any() or ((ordered != places) & (places <= number)).any():
        raise ValueError("the ranks of a unit run from 1 to the number it ranked, each once")
    return np.where(ranked, number + 1 - array, 0).sum(axis=0)


def _divisor(
    divisor: str, ranked: npt.NDArray[np.int64], respondents: int | None
) -> npt.NDArray[np.int64]:
    if divisor == RANKED:
        return ranked
    if divisor != RESPONDENTS:
        raise ValueError(f"unknown divisor {divisor!r}; known: {RANKED}, {RESPONDENTS}")
    if respondents is None or (ranked > respondents).any():
        raise ValueError(f"a score divided by all respondents needs their number: {respondents}")
    return np.full(ranked.shape, respondents, dtype=np.int64)
