"""Published figures beside ours: what the pipeline reproduces, what differs, and why.

In: the rows of `mart_published`, from the registry of published figures and `mart_estimates`.
Not in: the estimation itself; which bases a printed percentage allows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import PublishedFigure
from observatoire_pipeline.estimation.proportions import largest_remainder, percent_half_up
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table

REPRODUCED, DIFFERS, NOT_COMPUTABLE = "reproduced", "differs", "not_computable"


@dataclass(frozen=True)
class _Ours:
    """Our counts for a published figure, or the reason why there are none."""

    numerator: int | None = None
    base_n: int | None = None
    synthetic: bool | None = None
    obstacle: str = ""


def reconcile(
    mart_estimates: pd.DataFrame, *, codebook: Codebook, tables: Mapping[str, Table]
) -> pd.DataFrame:
    """Return every published figure of the codebook with ours and a verdict.

    Ours is the sum of the counts of the figure's codes over the base of its rule, in percent, or
    the sum itself for a count. It is rounded as the source did: half up at its decimals, or by
    largest remainder together with the figures of its group. Where the rounding is unknown, half
    up is used, also on a printed value that has more decimals than the figure claims ("2 sur 3",
    kept as 66.67), and the reason says so.

    Args:
        mart_estimates: Frame of `mart_estimates`; editions may be absent.
        codebook: The survey, with its published figures.
        tables: The catalogue.

    Returns:
        A frame of `mart_published`, in the order of the registry. `our_value` and
        `our_value_rounded` are percentages or counts, null where the verdict is not_computable.
    """
    ours = _our_counts(mart_estimates, codebook)
    rounded = _rounded(codebook, ours)
    return from_records(
        [
            _record(figure, ours[figure.figure], rounded[figure.figure], codebook)
            for figure in codebook.published.values()
        ],
        tables["mart_published"],
    )


# --- ours -----------------------------------------------------------------------------------


def _our_counts(mart_estimates: pd.DataFrame, codebook: Codebook) -> dict[str, _Ours]:
    loaded = set(mart_estimates["edition"].unique())
    plain = mart_estimates[
        (mart_estimates["weighting"] == "unweighted") & (mart_estimates["breakdown"] == "all")
    ]
    keys = ["edition", "variable", "item", "base_rule"]
    columns = [*keys, "code", "numerator", "base_n", "synthetic"]
    rows: dict[tuple[str, ...], dict[str, tuple[int, int, bool]]] = defaultdict(dict)
    for edition, variable, item, rule, code, *numbers in zip(
        *(plain[name].tolist() for name in columns), strict=True
    ):
        rows[edition, variable, item, rule][code] = tuple(numbers)
    return {figure.figure: _ours(figure, rows, loaded) for figure in codebook.published.values()}


def _ours(
    figure: PublishedFigure,
    rows: Mapping[tuple[str, ...], dict[str, tuple[int, int, bool]]],
    loaded: set[str],
) -> _Ours:
    if figure.edition not in loaded:
        return _Ours(obstacle="edition not loaded")
    found = rows.get((figure.edition, figure.variable, figure.item or "", figure.base_rule))
    if found is None:
        return _Ours(obstacle=f"no share is computed for this question on base {figure.base_rule}")
    absent = [code for code in figure.codes if code not in found]
    if absent:
        return _Ours(obstacle=f"no answer {', '.join(absent)} on base {figure.base_rule}")
    _, base_n, synthetic = found[figure.codes[0]]
    if base_n == 0:
        return _Ours(synthetic=synthetic, obstacle="no answer in the base")
    return _Ours(sum(found[code][0] for code in figure.codes), base_n, synthetic)


# --- rounding -------------------------------------------------------------------------------


def _rounded(codebook: Codebook, ours: Mapping[str, _Ours]) -> dict[str, tuple[float | None, str]]:
    """Return for each figure our value as its source would print it, or why that is impossible."""
    rounded: dict[str, tuple[float | None, str]] = {}
    groups: dict[tuple[str, str, str], list[PublishedFigure]] = defaultdict(list)
    for figure in codebook.published.values():
        mine = ours[figure.figure]
        if mine.numerator is None or mine.base_n is None:
            rounded[figure.figure] = (None, mine.obstacle)
        elif figure.statistic == "count":
            rounded[figure.figure] = (float(mine.numerator), "")
        elif figure.rounding != "largest_remainder":
            value = percent_half_up([mine.numerator], [mine.base_n], decimals=figure.decimals)
            rounded[figure.figure] = (float(value[0]), "")
        if figure.rounding == "largest_remainder" and figure.statistic == "share":
            groups[figure.edition, figure.document, figure.group or figure.figure].append(figure)
    for (_, _, group), figures in groups.items():
        for figure, outcome in zip(figures, _jointly(group, figures, ours), strict=True):
            rounded.setdefault(figure.figure, outcome)
    return rounded


def _jointly(
    group: str, figures: Sequence[PublishedFigure], ours: Mapping[str, _Ours]
) -> list[tuple[float | None, str]]:
    """Round the figures of a group so that they sum to 100, which asks that they share one base."""
    counts = [ours[figure.figure].numerator for figure in figures]
    bases = {ours[figure.figure].base_n for figure in figures}
    decimals = {figure.decimals for figure in figures}
    known = [count for count in counts if count is not None]
    if len(known) < len(counts) or len(bases) > 1 or len(decimals) > 1:
        obstacle = f"the figures of group {group} have no common base"
    elif sum(known) not in bases:
        obstacle = (
            f"the figures of group {group} count {sum(known)} of the {bases.pop()} in the base"
        )
    else:
        return [(float(v), "") for v in largest_remainder(known, decimals=decimals.pop())]
    return [(None, obstacle)] * len(figures)


# --- verdicts -------------------------------------------------------------------------------


def _record(
    figure: PublishedFigure,
    ours: _Ours,
    rounded: tuple[float | None, str],
    codebook: Codebook,
) -> dict[str, Any]:
    variable = codebook.variables[figure.variable]
    value, obstacle = rounded
    unrounded: float | None = None
    if value is not None and ours.numerator is not None and ours.base_n:
        share = 100 * ours.numerator / ours.base_n
        unrounded = share if figure.statistic == "share" else float(ours.numerator)
    verdict = NOT_COMPUTABLE
    if value is not None:
        verdict = REPRODUCED if value == _printed(figure) else DIFFERS
    asked = codebook.asked(figure.variable, figure.edition)
    return {
        "published_id": figure.figure,
        "edition": figure.edition,
        "document": figure.document,
        "state": codebook.documents[figure.document].state,
        "variable": figure.variable,
        "item": figure.item or "",
        "codes": "+".join(figure.codes),
        "variable_label": variable.label,
        "item_label": "" if figure.item is None else variable.item(figure.item).label,
        "statistic": figure.statistic,
        "published_value": figure.value,
        "rounding": figure.rounding,
        "stated_base": figure.stated_base,
        "stated_unit": figure.stated_unit or "",
        "base_rule": figure.base_rule,
        "unit": codebook.unit_of(figure.variable, figure.edition).unit if asked else "",
        "our_value": unrounded,
        "our_value_rounded": value,
        "our_numerator": ours.numerator,
        "our_base_n": ours.base_n,
        "aimed": figure.sample.aims,
        "verdict": verdict,
        "reason": obstacle if value is None else _reason(figure, value, ours),
        "synthetic": ours.synthetic,
    }


def _printed(figure: PublishedFigure) -> float:
    """Return the printed value as it is compared with ours."""
    if figure.rounding != "unknown":
        return figure.value
    step = Decimal(1).scaleb(-figure.decimals)
    return float(Decimal(str(figure.value)).quantize(step, rounding=ROUND_HALF_UP))


def _reason(figure: PublishedFigure, value: float, ours: _Ours) -> str:
    """Return why a computed figure differs, and on what reading of its rounding it was compared."""
    reasons = []
    if value != _printed(figure):
        if figure.sample.aims or not ours.synthetic:
            of = "" if figure.statistic == "count" else f" of {ours.base_n}"
            reasons.append(
                f"ours is {ours.numerator}{of}, so {value:.12g} and not {_printed(figure):.12g}"
            )
        if not figure.sample.aims and figure.sample.reason:
            reasons.append(figure.sample.reason)
    if figure.rounding == "unknown" and figure.statistic == "share":
        reasons.append("rounding unknown, compared as half up")
    return "; ".join(reasons)
