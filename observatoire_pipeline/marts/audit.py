"""The attacker's view of the figures by group: what can be computed of those that are hidden.

In: from the published rows of `mart_estimates` alone, the hidden counts that have one possible
value. Not in: what is hidden (`breakdowns`), the integer programmes (`estimation.disclosure`).

The attacker knows every overall figure, every base (of a group too, printed or not) and every
group's figure that is shown. What the overall figures alone tell is no recovery: an answer that
nobody gave, nobody gave in a small group either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.models import NOT_SELECTED, SELECTED
from observatoire_pipeline.estimation.disclosure import (
    agreeing_counts,
    determined,
    table_sums,
)
from observatoire_pipeline.marts.estimates import FAVOURABLE

_QUESTION = ["edition", "unit", "variable", "item"]


@dataclass(frozen=True)
class _Published:
    """One question by one breakdown as published.

    Attributes:
        counts: Codes × groups; -1 where hidden.
        totals: Of each code over all groups.
        bases: Of each group.
        ids: Figure of each cell; "" for the answers that have no row (not selected).
    """

    counts: npt.NDArray[np.int64]
    totals: npt.NDArray[np.int64]
    bases: npt.NDArray[np.int64]
    ids: npt.NDArray[np.object_]


def recovered_figures(mart_estimates: pd.DataFrame) -> list[str]:
    """Return the hidden figures whose count an attacker can compute from the published ones.

    Args:
        mart_estimates: Frame of that table.

    Returns:
        Their `figure_id`, in order; empty when suppression holds.

    Raises:
        ArithmeticError: the published figures contradict one another.
    """
    tables = [table for table in _published(mart_estimates) if (table.counts < 0).any()]
    if not tables:
        return []
    counts = np.concatenate([table.counts.ravel() for table in tables])
    ids = np.concatenate([table.ids.ravel() for table in tables])
    sums = table_sums([table.counts.shape for table in tables])
    totals = np.concatenate([np.concatenate([t.totals, t.bases]) for t in tables])
    hidden = counts < 0
    shown = np.where(hidden, 0, counts)
    start = shown.copy()
    unknown = np.flatnonzero(hidden)
    start[unknown] = agreeing_counts(sums[:, unknown], totals - sums @ shown)
    known = determined(start, hidden, sums)
    # The overall figures and the bases alone: what they tell, hiding could not have kept.
    everything = np.ones_like(hidden)
    told = determined(start, everything, sums, among=known)
    return sorted(str(figure) for figure in ids[known & ~told] if figure)


def _published(mart_estimates: pd.DataFrame) -> Iterator[_Published]:
    shares = mart_estimates[
        (mart_estimates["statistic"] == "share")
        & (mart_estimates["weighting"] == "unweighted")
        & (mart_estimates["code"] != FAVOURABLE)
    ]
    columns = [*_QUESTION, "base_rule", "breakdown", "breakdown_code", "code", "figure_id"]
    numbers = shares[["numerator", "base_n"]].astype("Float64").to_numpy(np.float64, na_value=-1)
    questions: dict[tuple[str, ...], dict[str, dict[str, dict[tuple[str, str], Any]]]] = {}
    for key, (numerator, base) in zip(
        shares[columns].itertuples(index=False, name=None), numbers.tolist(), strict=True
    ):
        *question, rule, breakdown, group, code, figure = key
        by_rule = questions.setdefault(tuple(question), {}).setdefault(rule, {})
        by_rule.setdefault(breakdown, {})[group, code] = (int(numerator), int(base), figure)
    for rules in questions.values():
        # The widest base holds every answer, do-not-know included.
        widest = rules.get("answered_or_dk") or rules["answered"]
        overall = widest["all"]
        for breakdown, cells in widest.items():
            if breakdown != "all":
                yield _table(overall, cells)


def _table(overall: dict[tuple[str, str], Any], cells: dict[tuple[str, str], Any]) -> _Published:
    codes = list(dict.fromkeys(code for _, code in overall))
    groups = list(dict.fromkeys(group for group, _ in cells))
    counts = np.array([[cells[group, code][0] for group in groups] for code in codes])
    ids = np.array([[cells[group, code][2] for group in groups] for code in codes], dtype=object)
    totals = np.array([overall["all", code][0] for code in codes])
    bases = np.array([cells[group, codes[0]][1] for group in groups])
    if codes == [SELECTED]:
        codes = [SELECTED, NOT_SELECTED]
        counts = np.vstack([counts, np.where(counts < 0, -1, bases - counts)])
        totals = np.array([totals[0], overall["all", SELECTED][1] - totals[0]])
        ids = np.vstack([ids, np.full((1, len(groups)), "", dtype=object)])
    return _Published(counts.astype(np.int64), totals, bases, ids)
