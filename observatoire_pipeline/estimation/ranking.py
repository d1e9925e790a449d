"""Rankings: one score for each item from the counts of its ranks.

In: the score that survey platforms call "average ranking", mean rank, shares of first ranks.
Not in: models of preferences; scores whose divisor counts those who did not rank the item.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RankingSummary:
    """One number for each item, in the order of the items; NaN where nobody ranked the item.

    Attributes:
        ranked_n: Units that ranked the item: the divisor of everything below.
        score: `Σ (K − rank + 1) / ranked_n`, from 1 (always last) to K (always first).
        mean_rank: Mean of the ranks, from 1 to K.
        first_share: Share ranked first.
        top3_share: Share ranked 1 to 3.
    """

    ranked_n: npt.NDArray[np.int64]
    score: Floats
    mean_rank: Floats
    first_share: Floats
    top3_share: Floats


def summarise_ranking(rank_counts: npt.ArrayLike) -> RankingSummary:
    """Return the summary of a ranking of K items.

    Rank r of K weighs `K − r + 1` and the sum is divided by those who ranked the item: the average
    ranking of SurveyMonkey as its help page gives it. Products that divide by all respondents, or
    start the weights at the number of items a respondent ranked, order the items differently.

    Args:
        rank_counts: Items × ranks: how many units gave item i the rank j + 1. A unit that left the
            item out (N/A, not ranked) is in no cell.

    Raises:
        ValueError: the counts are not a square of non-negative numbers.
    """
    counts = np.asarray(rank_counts, dtype=np.int64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"a ranking of K items has K × K counts, not {counts.shape}")
    if (counts < 0).any():
        raise ValueError("a count of ranks is negative")
    ranks = np.arange(1, counts.shape[1] + 1)
    ranked = counts.sum(axis=1)

    def per_ranked(total: npt.NDArray[np.int64]) -> Floats:
        return np.divide(total, ranked, out=np.full(ranked.shape, np.nan), where=ranked > 0)

    return RankingSummary(
        ranked_n=ranked,
        score=per_ranked(counts @ (len(ranks) + 1 - ranks)),
        mean_rank=per_ranked(counts @ ranks),
        first_share=per_ranked(counts[:, 0] if len(ranks) else ranked),
        top3_share=per_ranked(counts[:, :3].sum(axis=1)),
    )
