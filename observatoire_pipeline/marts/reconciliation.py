"""Published figures beside ours: what the pipeline reproduces, what differs, and why.

In: the rows of `mart_published`, from the registry of published figures and `mart_estimates`; the
bases that the percentages of one block allow together.
Not in: the estimation itself, and the arithmetic of possible bases (`estimation`).
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
from observatoire_pipeline.estimation.possible_bases import (
    possible_bases,
    possible_bases_by_largest_remainder,
)
from observatoire_pipeline.estimation.proportions import largest_remainder, percent_half_up
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table

REPRODUCED, WITHIN_ROUNDING, DIFFERS, NOT_COMPUTABLE = (
    "reproduced",
    "within_rounding",
    "differs",
    "not_computable",
)


@dataclass(frozen=True)
class _Ours:
    """Our counts for a published figure, or the reason why there are none."""

    numerator: int | None = None
    base_n: int | None = None
    synthetic: bool | None = None
    obstacle: str = ""


@dataclass(frozen=True)
class _Bases:
    """The bases that a printed percentage allows together with those of its block."""

    bound: int | None = None
    bases: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        """The bases as a list with ranges, `none`, or nothing without a bound."""
        if self.bound is None:
            return ""
        return _ranges(self.bases) or "none"


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
    bases = _possible_bases(codebook)
    return from_records(
        [
            _record(figure, ours[figure.figure], rounded[figure.figure], bases, codebook)
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


# --- possible bases -------------------------------------------------------------------------


def _possible_bases(codebook: Codebook) -> dict[str, _Bases]:
    """Return for each printed percentage the bases that its whole block allows.

    A block is what the registry says was computed on one base (`base_group`), else the figures of
    one question in one document. No base can exceed the units that the registry itself counts in
    the edition. Figures whose rounding is unknown ("2 sur 3") are left out: they round nothing.
    """
    bounds: dict[tuple[str, str], int] = {}
    blocks: dict[tuple[str, ...], list[PublishedFigure]] = defaultdict(list)
    for figure in codebook.published.values():
        if not codebook.asked(figure.variable, figure.edition):
            continue
        unit = codebook.unit_of(figure.variable, figure.edition).unit
        if figure.statistic == "count":
            key = (figure.edition, unit)
            bounds[key] = max(bounds.get(key, 0), round(figure.value))
        elif figure.rounding != "unknown":
            whole = figure.base_group or f"{figure.document} {figure.variable}"
            blocks[figure.edition, unit, whole, figure.base_rule, figure.rounding].append(figure)
    found: dict[str, _Bases] = {}
    for (edition, unit, _, _, rounding), figures in blocks.items():
        bound = bounds.get((edition, unit))
        if bound is None:
            continue
        search = (
            possible_bases_by_largest_remainder
            if rounding == "largest_remainder"
            else possible_bases
        )
        printed = [f"{figure.value:.{figure.decimals}f}" for figure in figures]
        allowed = _Bases(bound, tuple(one.base for one in search(printed, bound)))
        found |= {figure.figure: allowed for figure in figures}
    return found


def _ranges(numbers: Sequence[int]) -> str:
    """Return rising numbers with runs of three and more shortened: `24, 45, 47–52`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(
        f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs
    )


# --- verdicts -------------------------------------------------------------------------------


def _record(
    figure: PublishedFigure,
    ours: _Ours,
    rounded: tuple[float | None, str],
    possible: Mapping[str, _Bases],
    codebook: Codebook,
) -> dict[str, Any]:
    bases = possible.get(figure.figure, _Bases())
    stated_possible: bool | None = None
    if figure.stated_base is not None and bases.bound is not None:
        stated_possible = figure.stated_base in bases.bases
    variable = codebook.variables[figure.variable]
    value, obstacle = rounded
    unrounded: float | None = None
    if value is not None and ours.numerator is not None and ours.base_n:
        share = 100 * ours.numerator / ours.base_n
        unrounded = share if figure.statistic == "share" else float(ours.numerator)
    verdict = NOT_COMPUTABLE
    if value is not None and unrounded is not None:
        verdict = DIFFERS
        if value == _printed(figure):
            verdict = REPRODUCED
        elif figure.statistic == "share" and _some_rounding_gives(figure, unrounded):
            verdict = WITHIN_ROUNDING
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
        "possible_bases": bases.words,
        "base_bound": bases.bound,
        "stated_base_possible": stated_possible,
        "aimed": figure.sample.aims,
        "verdict": verdict,
        "reason": "; ".join(
            reason
            for reason in (
                obstacle if value is None else _reason(figure, value, ours),
                _stated_base(figure, bases) if stated_possible is False else "",
            )
            if reason
        ),
        "synthetic": ours.synthetic,
    }


def _some_rounding_gives(figure: PublishedFigure, unrounded: float) -> bool:
    """Tell whether our percentage, rounded down or up, is the printed one."""
    return abs(Decimal(str(unrounded)) - Decimal(str(_printed(figure)))) < Decimal(1).scaleb(
        -figure.decimals
    )


def _stated_base(figure: PublishedFigure, bases: _Bases) -> str:
    allowed = f"only {bases.words}" if bases.bases else f"no base up to {bases.bound}"
    return (
        f"the stated base {figure.stated_base} cannot give the percentages printed together, "
        f"{allowed} can"
    )


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
