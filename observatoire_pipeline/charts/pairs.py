"""The lines of a comparison: one question in two editions, from the rows of the marts.

In: which answers and items make a line, answers added up to the common partition of a ledger entry
that regroups options, the change of each line, the head of the sheet, what its description says.
Not in: how a line is drawn (`comparison`, `breaks`), whether it may be compared (`comparability`),
tests of a change (`marts.changes`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from observatoire_pipeline.charts import changes, figures, page, style
from observatoire_pipeline.charts.changes import Change
from observatoire_pipeline.charts.figures import Facts, Figure
from observatoire_pipeline.charts.page import Page
from observatoire_pipeline.charts.words import Words
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import SELECTED
from observatoire_pipeline.estimation.intervals import wilson_interval
from observatoire_pipeline.marts.estimates import FAVOURABLE

EARLIER, LATER = "#55555e", style.BAR_STRONG


@dataclass(frozen=True)
class Line:
    """One answer or item in both editions; a side is None when it was not asked there."""

    label: str
    earlier: Figure | None
    later: Figure | None
    figure_ids: tuple[str, ...]
    grade: str
    comparable: bool
    reason: str
    change: Change | None = None
    """None where the two sides do not compare, or where one rests on too few answers."""


def bases_of(
    earlier: pd.DataFrame, later: pd.DataFrame, *, sides: tuple[Facts, Facts], words: Words
) -> list[str]:
    """Return the sentence on the bases: one for both editions when their words are the same."""
    said = [words.tidy(figures.base_words(rows)) for rows in (earlier, later)]
    if said[0] == said[1]:
        return [words.colon(words.base, said[0])]
    return [
        words.colon(f"{words.base} {facts.edition}", base)
        for facts, base in zip(sides, said, strict=True)
    ]


def lines_of(
    earlier: pd.DataFrame,
    later: pd.DataFrame,
    ledger: pd.DataFrame,
    changed: pd.DataFrame,
    *,
    sides: tuple[Facts, Facts],
    codebook: Codebook,
    words: Words,
) -> list[Line]:
    """Return the lines of a question in two editions, in the order in which they are drawn."""
    drawn = _lines(earlier, later, ledger, sides=sides, codebook=codebook, words=words)
    known = changes.of_rows(changed, base_rule="answered")
    return [
        replace(line, change=known.get((line.later.item, line.later.code)))
        if line.comparable and line.later is not None and line.earlier is not None
        else line
        for line in drawn
    ]


def _lines(
    earlier: pd.DataFrame,
    later: pd.DataFrame,
    ledger: pd.DataFrame,
    *,
    sides: tuple[Facts, Facts],
    codebook: Codebook,
    words: Words,
) -> list[Line]:
    found = [figures.shares(rows, base_rule="answered") for rows in (earlier, later)]
    grades = {row["item"]: row for row in figures.records(ledger)}
    variable = sides[0].variable
    name = variable.variable
    if variable.items:
        code = SELECTED if variable.kind == "multiple" else FAVOURABLE
        lines = [
            _line(words.tidy(i.label), [side.get((i.item, code)) for side in found], grade)
            for i in variable.items
            if any((i.item, code) in side for side in found)
            for grade in [grades.get(i.item, grades.get(""))]
        ]
        return sorted(lines, key=lambda line: -_height(line))
    grade = grades.get("")
    if grade is None:
        raise ValueError(f"{name}: the ledger has no grade for the question as a whole")
    mapping: dict[str, str] = json.loads(grade["code_mapping"]) if grade["code_mapping"] else {}
    offered = [codebook.codes_of(name, edition=facts.edition) for facts in sides]
    groups = [_grouped(codes, mapping) for codes in offered]
    targets = list(dict.fromkeys([*groups[1], *groups[0]]))
    lines = []
    for target in targets:
        members = [
            [side["", c] for c in group.get(target, ())]
            for side, group in zip(found, groups, strict=True)
        ]
        label = _label(name, target, [group.get(target, ()) for group in groups], codebook)
        alone = not codebook.is_repeated(name)
        pair = [_sum(target, parts, alone=alone) for parts in members]
        line = _line(words.tidy(label), pair, grade)
        ids = tuple(figure.figure_id for parts in members for figure in parts)
        lines.append(replace(line, figure_ids=ids))
    return lines


def _line(label: str, pair: Sequence[Figure | None], grade: Mapping[str, Any] | None) -> Line:
    if grade is None:
        raise ValueError(f"{label}: the ledger has no grade for this item")
    ids = tuple(figure.figure_id for figure in pair if figure is not None)
    return Line(
        label=label,
        earlier=pair[0],
        later=pair[1],
        figure_ids=ids,
        grade=str(grade["grade"]),
        comparable=bool(grade["comparable"]),
        reason=str(grade["reason"]),
    )


def _grouped(codes: Sequence[str], mapping: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for code in codes:
        target = mapping.get(code, code)
        groups[target] = (*groups.get(target, ()), code)
    return groups


def _label(name: str, target: str, members: Sequence[Sequence[str]], codebook: Codebook) -> str:
    """Return the label of a common answer: its own when it has one, else those it adds up."""
    if codebook.code_entry(name, target) is not None:
        return codebook.label_of(name, None, target)
    widest = max(members, key=len)
    return " / ".join(codebook.label_of(name, None, code) for code in widest)


def _sum(target: str, parts: Sequence[Figure], *, alone: bool) -> Figure | None:
    """Return the figure of answers added up: they exclude one another and share their base.

    Only where a unit stands `alone` does its count give an interval; tools of one collectivité
    would need their clusters, so that the sum is drawn without.
    """
    if len(parts) <= 1:
        return parts[0] if parts else None
    numerator, n = sum(part.numerator for part in parts), parts[0].n
    if any(part.n != n for part in parts) or any(part.share is None for part in parts):
        return Figure(parts[0].figure_id, "", target, None, None, None, numerator, n)
    frame = parts[0].frame
    population = None if frame is None else [frame]
    lower, upper = wilson_interval([numerator], [n], population=population)
    ends = (float(lower[0]), float(upper[0])) if alone else (None, None)
    return Figure(
        figure_id=parts[0].figure_id,
        item="",
        code=target,
        share=numerator / n,
        lower=ends[0],
        upper=ends[1],
        numerator=numerator,
        n=n,
        frame=frame,
    )


def _height(line: Line) -> float:
    figure = line.later or line.earlier
    return -1.0 if figure is None or figure.share is None else figure.share


def open_sheet(
    *,
    sides: tuple[Facts, Facts],
    bases: list[str],
    notes: list[str],
    banner: str | None,
    finding: str,
    closing: str = "",
    codebook: Codebook,
    words: Words,
) -> Page:
    """Return the sheet of two editions, its head and foot written."""
    before, after = sides
    titles = [words.tidy(codebook.editions[facts.edition].title) for facts in sides]
    measure = [words.favourable_share] if before.variable.kind == "matrix" else []
    return page.open_page(
        codebook=codebook,
        words=words,
        name=f"{before.edition}_{after.edition}_{before.variable.variable}",
        title=before.variable.label,
        family="comparison",
        form=words.comparison_alt,
        subtitle=[" / ".join(titles), *measure, *bases],
        notes=notes,
        synthetic=before.synthetic,
        banner=banner,
        finding=finding,
        closing=closing,
    )


def kept(lines: list[Line]) -> list[Line]:
    """Return the lines that have room, in their order: established changes, then the highest."""
    ranked = sorted(
        lines,
        key=lambda line: (line.change is None or not line.change.established, -_height(line)),
    )
    first = ranked[: style.MOST_PAIRS]
    return [line for line in lines if line in first]


def left_out(lines: list[Line], *, words: Words) -> list[str]:
    """Return the sentence on the lines that have no room."""
    drawn = kept(lines)
    figures_left = [line.later or line.earlier for line in lines if line not in drawn]
    return words.others([figure.share if figure else None for figure in figures_left])


def reasons(lines: Iterable[Line]) -> dict[str, list[str]]:
    """Return the reasons of the ledger by grade, each once."""
    found: dict[str, list[str]] = {}
    for line in lines:
        said = found.setdefault(line.grade, [])
        if line.reason not in said:
            said.append(line.reason)
    return found


def both_sides(lines: list[Line]) -> list[Line]:
    """Return the lines that both editions asked."""
    return [line for line in lines if line.earlier is not None and line.later is not None]


def ink(side: str) -> str:
    """Return the colour of a side."""
    return EARLIER if side == "earlier" else LATER


def describe(sheet: Page, lines: list[Line], *, sides: tuple[Facts, Facts]) -> None:
    """Tell both sides of each line and its change, and name the rows of the marts."""
    words = sheet.words
    for line in lines:
        parts = []
        for facts, figure in zip(sides, (line.earlier, line.later), strict=True):
            told = "–"
            if figure is not None:
                small = figure.share is None
                told = words.too_small(figure.n) if small else words.percent(figure.share or 0.0)
            parts.append(f"{told} ({facts.edition})")
        if line.earlier and line.later and not line.comparable:
            parts.append(words.series_break)
        if line.change is not None:
            worth = changes.verdict(line.change, words=words)
            parts.append(f"{changes.interval(line.change, words=words)}, {worth}")
            sheet.figure_ids.append(line.change.change_id)
        sheet.description.append(f"{words.colon(line.label, ', '.join(parts))}.")
        sheet.figure_ids += line.figure_ids
