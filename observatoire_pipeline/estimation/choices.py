"""Multiple choice: who is in the base, what was ticked, how many ticks.

In: summaries of one question from its ticks, and the rule that an all-blank row is not "none".
Not in: intervals of its shares (`intervals`), labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.intervals import Floats


@dataclass(frozen=True)
class ChoiceSummary:
    """A multiple-choice question; counts can be added over chunks with `merged`.

    Attributes:
        shown_n: Units that were shown the question.
        base_n: Units shown the question that ticked an option, or the explicit "none".
        none_n: Units of the base that said "none".
        counts: Units of the base that ticked each option.
        ticks: Units of the base by number of ticks, 0 to K.
    """

    shown_n: int
    base_n: int
    none_n: int
    counts: npt.NDArray[np.int64]
    ticks: npt.NDArray[np.int64]

    @property
    def unanswered_n(self) -> int:
        """Units that saw the question and left every option blank."""
        return self.shown_n - self.base_n

    @property
    def shares(self) -> Floats:
        """Share of the base that ticked each option; NaN without base."""
        return self.counts / self.base_n if self.base_n else np.full(self.counts.shape, np.nan)

    @property
    def sum_of_shares(self) -> float:
        """What the shares add up to: the mean number of ticks of a unit of the base."""
        return int(self.counts.sum()) / self.base_n if self.base_n else float("nan")

    @property
    def adds_beyond_one(self) -> bool:
        """Whether the shares add up to more than 100 %, which a reader must be told."""
        return int(self.counts.sum()) > self.base_n

    def merged(self, other: ChoiceSummary) -> ChoiceSummary:
        """Return the summary of both sets of units.

        Raises:
            ValueError: the questions do not have as many options.
        """
        if self.counts.shape != other.counts.shape:
            raise ValueError(f"{self.counts.size} options cannot be added to {other.counts.size}")
        return ChoiceSummary(
            shown_n=self.shown_n + other.shown_n,
            base_n=self.base_n + other.base_n,
            none_n=self.none_n + other.none_n,
            counts=self.counts + other.counts,
            ticks=self.ticks + other.ticks,
        )


def summarise_choices(
    ticked: npt.ArrayLike,
    *,
    shown: npt.ArrayLike | None = None,
    said_none: npt.ArrayLike | None = None,
) -> ChoiceSummary:
    """Return the summary of a multiple-choice question.

    The base is who was shown the question and ticked at least one option or the explicit "none";
    a row of blanks is an unanswered question.

    Args:
        ticked: (units, options) booleans; the explicit "none" is not an option.
        shown: (units) booleans, all true when left out.
        said_none: (units) booleans, all false when the question offers no "none".

    Raises:
        ValueError: shapes differ, a unit ticked an option of a question that it was not shown, or
            ticked an option and "none".
    """
    ticks = np.asarray(ticked, dtype=bool)
    if ticks.ndim != 2:
        raise ValueError(f"ticks are a table of units by options, not {ticks.ndim}-dimensional")
    seen = np.ones(len(ticks), bool) if shown is None else np.asarray(shown, dtype=bool)
    none = np.zeros(len(ticks), bool) if said_none is None else np.asarray(said_none, dtype=bool)
    if seen.shape != ticks.shape[:1] or none.shape != ticks.shape[:1]:
        raise ValueError(f"{len(ticks)} units, {seen.shape} shown, {none.shape} said none")
    number = ticks.sum(axis=1)
    answered = (number > 0) | none
    if (answered & ~seen).any():
        raise ValueError(f"{(answered & ~seen).sum()} units answered a question not shown to them")
    if ((number > 0) & none).any():
        raise ValueError(f"{((number > 0) & none).sum()} units ticked an option and none")
    return ChoiceSummary(
        shown_n=int(seen.sum()),
        base_n=int(answered.sum()),
        none_n=int(none.sum()),
        counts=ticks.sum(axis=0).astype(np.int64),
        ticks=np.bincount(number[answered], minlength=ticks.shape[1] + 1).astype(np.int64),
    )
