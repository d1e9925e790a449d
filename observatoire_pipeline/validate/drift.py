"""How far the answers of an edition are from those of an earlier one, question by question.

In: total variation distances of comparable questions, and the distance that chance alone explains.
Not in: changes as figures of the survey (`marts`); here a large distance asks whether a column was
mapped to the right question, not what people think.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, CodedColumn
from observatoire_pipeline.codebook.models import COMPARABLE_GRADES

Counts = npt.NDArray[np.int64]

SMALLEST_BASE = 10
DRAWS = 2000
_COUNTED = ("single", "matrix", "bracket", "multiple")


@dataclass(frozen=True)
class Distance:
    """How far one question is from an earlier edition.

    Attributes:
        column: The coded column.
        earlier: The edition that it is compared with.
        distance: Total variation distance, 0 (same shares) to 1 (no answer in common).
        limit: The distance up to which nothing is told.
        answers: Answers of this edition.
    """

    column: CodedColumn
    earlier: str
    distance: float
    limit: float
    answers: int


def total_variation(first: Counts, second: Counts) -> float:
    """Return half the sum of the differences between the shares of two counts (none empty)."""
    return float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)


def chance_limit(first: Counts, second: Counts, *, false_alarm: float, draws: int = DRAWS) -> float:
    """Return the distance that chance alone exceeds no more often than `false_alarm`.

    The answers of both editions are put together and dealt again into two groups of the same sizes
    (a permutation test, by multivariate hypergeometric draws with a fixed seed, so that a second
    run says the same): the fewer answers, the larger the limit.
    """
    pooled = first + second
    size = int(first.sum())
    generator = np.random.default_rng(0)
    dealt = generator.multivariate_hypergeometric(pooled, size, size=draws, method="marginals")
    shares = dealt / size - (pooled - dealt) / second.sum()
    return float(np.quantile(np.abs(shares).sum(axis=1) / 2, 1 - false_alarm, method="higher"))


def distances(
    frame: pd.DataFrame,
    earlier: Mapping[str, pd.DataFrame],
    *,
    edition: str,
    codebook: Codebook,
    repeated: bool,
) -> list[Distance]:
    """Return the distance of each question to the latest edition that it can be compared with.

    Args:
        frame: `norm_responses` (or `norm_instances`) of the edition.
        earlier: The same table of earlier editions; all generated or all collected, as `frame` is.
        edition: The edition.
        codebook: The survey; its grades say what can be compared.
        repeated: Whether the frames are of repeated blocks.
    """
    quality = codebook.survey.quality
    order = codebook.edition_keys
    before = [key for key in reversed(order[: order.index(edition)]) if key in earlier]
    found = []
    for column in codebook.coded_columns(repeated=repeated):
        name = column.variable.variable
        if column.variable.kind not in _COUNTED:
            continue
        for key in before:
            entry = codebook.grade(name, column.item, key, edition)
            if entry is None or entry.grade not in COMPARABLE_GRADES:
                continue
            mapping = entry.mapping or {}
            ours, theirs = (
                _counts(each[column.name], codebook.codes_of(name), mapping)
                for each in (frame, earlier[key])
            )
            if min(ours.sum(), theirs.sum()) < SMALLEST_BASE:
                continue
            chance = chance_limit(ours, theirs, false_alarm=quality.false_alarm)
            found.append(
                Distance(
                    column=column,
                    earlier=key,
                    distance=total_variation(ours, theirs),
                    limit=max(quality.distance, chance),
                    answers=int(ours.sum()),
                )
            )
            break
    return found


def _counts(codes: pd.Series, answers: tuple[str, ...], mapping: Mapping[str, str]) -> Counts:
    """Return the counts of the answers, brought to the partition that both editions share."""
    counts = codes.value_counts(sort=False).reindex(list(answers), fill_value=0)
    parts = [mapping.get(answer, answer) for answer in answers]
    return counts.groupby(parts, sort=True).sum().to_numpy(dtype=np.int64)
