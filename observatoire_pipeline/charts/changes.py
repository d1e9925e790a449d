"""What changed between two editions, as a comparison draws it and tells it in words.

In: the rows of `mart_changes` of a chart, whether a change is established, the sentences on it.
Not in: any test, interval or adjustment (`marts.changes`), where marks stand (`comparison`).

A change is established where the test, adjusted within its family, and the interval of the
difference agree that there is one. Nothing else is: that does not mean "stable", so the smallest
change that these bases could have shown stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from observatoire_pipeline.charts.words import HARD, Words

_NAMED = 2
"""More established changes than this are counted, not named."""


@dataclass(frozen=True)
class Change:
    """One row of `mart_changes` whose change is computed, on bases that are shown.

    Attributes:
        change_id: Its key.
        difference: Later minus earlier share, in [−1, 1].
        lower: Lower end of its interval.
        upper: Upper end.
        p_adjusted: Two-sided, adjusted within its family.
        level: Confidence level; its complement is the threshold of the adjusted test.
        smallest: Smallest detectable change, None when the answers vary too little to tell.
    """

    change_id: str
    difference: float
    lower: float
    upper: float
    p_adjusted: float
    level: float
    smallest: float | None

    @property
    def established(self) -> bool:
        """Whether the adjusted test and the interval both exclude that nothing changed."""
        return self.p_adjusted < 1 - self.level and not self.lower <= 0 <= self.upper


_READ = (
    "item", "code", "change_id", "difference", "ci_lower", "ci_upper", "p_adjusted", "ci_level",
    "smallest_detectable",
)  # fmt: skip


def of_rows(rows: pd.DataFrame, *, base_rule: str) -> dict[tuple[str, str], Change]:
    """Return the computed changes of one question and pair by item ("" without items) and code.

    A change on a base that is too small, or that has no test, is left out.
    """
    kept = rows[
        rows["difference"].notna()
        & (rows["base_rule"] == base_rule)
        & (rows["suppression"] == "none")
        & rows["p_adjusted"].notna()
        & rows["ci_lower"].notna()
    ]
    return {
        (str(item), str(code)): Change(
            change_id=str(key),
            difference=float(difference),
            lower=float(lower),
            upper=float(upper),
            p_adjusted=float(p),
            level=float(level),
            smallest=None if pd.isna(smallest) else float(smallest),
        )
        for item, code, key, difference, lower, upper, p, level, smallest in zip(
            *(kept[name].tolist() for name in _READ), strict=True
        )
    }


def finding(told: Sequence[tuple[str, Change]], *, editions: tuple[str, str], words: Words) -> str:
    """Return the title: which changes are established, or that none is; empty without any.

    Args:
        told: Label and change of each line.
        editions: The earlier and the later one.
        words: Words of the survey's language.
    """
    if not told:
        return ""
    sure = [(label, change) for label, change in told if change.established]
    between = {"earlier": editions[0], "later": editions[1]}
    if not sure:
        return words.no_change.format(**between)
    if len(sure) > _NAMED:
        return words.several_changes.format(n=len(sure), total=len(told), **between)
    parts = [f"{words.quoted(label)} {words.points(change.difference)}" for label, change in sure]
    return words.named_changes.format(changes=words.listed(parts), **between)


def sentence(told: Sequence[tuple[str, Change]], *, words: Words) -> str:
    """Return the sentence under the chart, empty without any change.

    It gives the intervals of what is established, and how large a change had to be for the rest to
    be seen.
    """
    sure = [(label, change) for label, change in told if change.established]
    others = [change for _, change in told if not change.established]
    said = []
    if 0 < len(sure) <= _NAMED:
        parts = [
            words.sure_change.format(
                label=words.quoted(label),
                lower=words.points(change.lower, unit=False),
                upper=words.points(change.upper),
            )
            for label, change in sure
        ]
        said.append(words.sure_changes.format(changes=words.listed(parts)))
    seen = sorted(change.smallest for change in others if change.smallest is not None)
    if others and seen:
        size = words.span(seen[0], seen[-1])
        one = len(others) == 1
        if len(others) == len(told):
            form = words.nothing_seen_one if one else words.nothing_seen
        else:
            form = words.rest_unseen_one if one else words.rest_unseen
        said.append(form.format(n=len(others), size=size))
    return " ".join(said)


def interval(change: Change, *, words: Words) -> str:
    """Return `+15 pts (−4 à +35)`."""
    ends = [words.points(end, unit=False) for end in (change.lower, change.upper)]
    return f"{words.points(change.difference)} ({ends[0]}{HARD}{words.range_to}{HARD}{ends[1]})"


def verdict(change: Change, *, words: Words) -> str:
    """Return what a change is worth, in a word or two."""
    if change.established:
        return words.established
    return words.indistinct if change.lower <= 0 <= change.upper else words.unestablished
