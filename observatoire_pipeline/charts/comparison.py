"""Two editions of one question: joined where the ledger says comparable, parted where not.

In: pairs of dots with their intervals and a joining line (comparable); two panels with a break
between them and its reason (not comparable); answers added up to the common partition of a ledger
entry that regroups options.
Not in: whether two editions are comparable (`comparability`), tests of a change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from observatoire_pipeline.charts import figures, page, style
from observatoire_pipeline.charts.figures import Facts, Figure
from observatoire_pipeline.charts.page import Page, Record, Rows, Spec
from observatoire_pipeline.charts.words import Words, words_of
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import SELECTED
from observatoire_pipeline.estimation.intervals import wilson_interval
from observatoire_pipeline.marts.estimates import FAVOURABLE

_LABEL_END, _PANEL_START, _PANEL_END = 372, 390, 758
_EARLIER_END, _LATER_END = 844, style.WIDTH - style.MARGIN
_SHARED_ENDS = (170, 250, 340)
_VALUE_ROOM, _BREAK_ROOM = 52, 56
_EARLIER, _LATER, _JOIN = "#55555e", "#542788", "#b2abd2"


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


def chart(
    earlier: pd.DataFrame,
    later: pd.DataFrame,
    ledger: pd.DataFrame,
    *,
    codebook: Codebook,
) -> Spec:
    """Return the chart of one question in two editions.

    A single choice or brackets show each answer, a multiple choice each item, a matrix the
    favourable answers of each item.

    Args:
        earlier: Rows of `mart_estimates` of the question in the earlier edition.
        later: The same in the later edition.
        ledger: Rows of `comparability` of the question and this pair of editions.
        codebook: Gives order and labels.

    Raises:
        ValueError: one edition is synthetic and the other is not, the questions differ, or the
            ledger has no grade for what would be drawn.
    """
    before = figures.facts_of(earlier, codebook=codebook)
    after = figures.facts_of(later, codebook=codebook)
    _refuse(before, after, ledger)
    words = words_of(codebook)
    lines = _lines(earlier, later, ledger, sides=(before, after), codebook=codebook, words=words)
    pairs = [line for line in lines if line.earlier is not None and line.later is not None]
    broken = bool(pairs) and not any(line.comparable for line in pairs)
    draw = _parted if broken or not pairs else _joined
    return draw(
        lines,
        sides=(before, after),
        bases=_bases(earlier, later, sides=(before, after), words=words),
        codebook=codebook,
        words=words,
    )


def _refuse(before: Facts, after: Facts, ledger: pd.DataFrame) -> None:
    pair = f"{before.variable.variable}, {before.edition} and {after.edition}"
    if before.variable.variable != after.variable.variable or before.edition == after.edition:
        raise ValueError(f"a comparison has one question and two editions, found {pair}")
    if before.synthetic != after.synthetic:
        raise ValueError(f"{pair}: a synthetic and a real edition are never compared")
    wrong = ledger[
        (ledger["variable"] != before.variable.variable)
        | (ledger["edition_from"] != before.edition)
        | (ledger["edition_to"] != after.edition)
    ]
    if ledger.empty or not wrong.empty:
        raise ValueError(f"{pair}: the ledger must hold the grades of this pair, and only these")


def _bases(
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
        line = _line(words.tidy(label), [_sum(target, parts) for parts in members], grade)
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


def _sum(target: str, parts: Sequence[Figure]) -> Figure | None:
    """Return the figure of answers added up: they exclude one another and share their base."""
    if len(parts) <= 1:
        return parts[0] if parts else None
    numerator, n = sum(part.numerator for part in parts), parts[0].n
    if any(part.n != n for part in parts) or any(part.share is None for part in parts):
        return Figure(parts[0].figure_id, "", target, None, None, None, numerator, n)
    lower, upper = wilson_interval([numerator], [n])
    return Figure(
        figure_id=parts[0].figure_id,
        item="",
        code=target,
        share=numerator / n,
        lower=float(lower[0]),
        upper=float(upper[0]),
        numerator=numerator,
        n=n,
    )


def _height(line: Line) -> float:
    figure = line.later or line.earlier
    return -1.0 if figure is None or figure.share is None else figure.share


# --- comparable: pairs of dots ----------------------------------------------------------------


def _joined(
    lines: list[Line],
    *,
    sides: tuple[Facts, Facts],
    bases: list[str],
    codebook: Codebook,
    words: Words,
) -> Spec:
    notes = [words.interval]
    for grade, reasons in _reasons(line for line in lines if line.comparable).items():
        notes.append(f"{words.because(getattr(words, f'grade_{grade}'), reasons)}.")
    for reasons in _reasons(x for x in _pairs(lines) if not x.comparable).values():
        why = words.because(words.broken, reasons)
        notes.append(f"{words.because(words.not_comparable, [why])}.")
    if len(_pairs(lines)) < len(lines):
        notes.append(words.not_asked)
    sheet = _open(
        sides=sides, bases=bases, notes=notes, banner=None, codebook=codebook, words=words
    )
    heading = sheet.top + 9
    rows = sheet.rows(len(lines), top=sheet.top + 24)
    for end, facts, side in ((_EARLIER_END, sides[0], "earlier"), (_LATER_END, sides[1], "later")):
        sheet.text(
            end, heading, facts.edition, size=15, bold=True, align="right", colour=_ink(side)
        )
    _legend(sheet, lines, y=heading, sides=sides)
    sheet.labels([line.label for line in lines], rows, left=style.MARGIN, right=_LABEL_END)
    dots: dict[str, list[Record]] = {"earlier": [], "later": []}
    joins: list[Record] = []
    for place, line in enumerate(lines):
        y = rows.centre(place)
        for side, end in (("earlier", _EARLIER_END), ("later", _LATER_END)):
            figure: Figure | None = getattr(line, side)
            text = "–"
            if figure is not None:
                text = words.count(figure.n)
                if figure.share is not None:
                    text = words.percent(figure.share)
                    shift = -7 if side == "earlier" else 7
                    dots[side].append(_dot(figure, y=y, shift=shift))
            small = figure is None or figure.share is None
            sheet.text(
                end,
                y,
                text,
                size=12 if small else 15,
                align="right",
                colour=_ink(side),
                bold=side == "later" and not small,
            )
        if line.earlier and line.later and not line.comparable:
            sheet.text(_PANEL_END + 18, y, words.not_comparable, size=12, colour=style.BREAK)
        elif line.earlier and line.later:
            ends = (line.earlier.share, line.later.share)
            if None not in ends:
                joins.append({"start": ends[0], "end": ends[1], "y": y})
    _draw_dots(sheet, dots, joins, rows=rows)
    _describe(sheet, lines, sides=sides)
    return sheet.compose(rows=rows)


def _dot(figure: Figure, *, y: float, shift: float) -> Record:
    return {
        "start": figure.share,
        "lower": figure.lower,
        "upper": figure.upper,
        "y": y,
        "aside": y + shift,
    }


def _draw_dots(
    sheet: Page, pairs: dict[str, list[Record]], joined: list[Record], *, rows: Rows
) -> None:
    every = [*pairs["earlier"], *pairs["later"]]
    if not every:
        return
    domain, apart = page.share_scale(max(dot["upper"] or dot["start"] for dot in every))
    x = page.share_axis(left=_PANEL_START, right=_PANEL_END, domain=(0, domain), apart=apart)
    layers = [page.joins(joined, x=x, rows=rows, colour=_JOIN)] if joined else []
    for side, records in pairs.items():
        if records:
            hollow = side == "earlier"
            layers += page.dots(records, x=x, rows=rows, colour=_ink(side), hollow=hollow)
    sheet.panel(*layers, x=x, rows=rows)


def _legend(sheet: Page, lines: list[Line], *, y: float, sides: tuple[Facts, Facts]) -> None:
    x = float(_PANEL_START)
    for side, facts in zip(("earlier", "later"), sides, strict=True):
        numbers = sorted({f.n for line in lines if (f := getattr(line, side)) is not None})
        count = sheet.words.count(numbers[0]) if len(numbers) == 1 else ""
        if len(numbers) > 1:
            count = f"{sheet.words.count(numbers[0])} {sheet.words.range_to} {numbers[-1]}"
        text = f"{facts.edition} ({count})"
        sheet.mark(x + 6, y, colour=_ink(side), hollow=side == "earlier")
        sheet.text(x + 18, y, text, size=14)
        x += 18 + style.text_width(text, size=14) + 28


# --- not comparable: two panels and a break ---------------------------------------------------


def _parted(
    lines: list[Line],
    *,
    sides: tuple[Facts, Facts],
    bases: list[str],
    codebook: Codebook,
    words: Words,
) -> Spec:
    reasons = [reason for said in _reasons(lines).values() for reason in said]
    banner = words.because(words.broken, reasons)
    sheet = _open(
        sides=sides,
        bases=bases,
        notes=[words.interval],
        banner=banner,
        codebook=codebook,
        words=words,
    )
    parts = [[x for x in lines if x.earlier], [x for x in lines if x.later]]
    names = [x.label for x in parts[0]]
    shared = names == [x.label for x in parts[1]]
    heading = sheet.top + 9
    rows = sheet.rows(max(len(part) for part in parts), top=sheet.top + 24)
    places = _halves(sheet.label_end(names, rows, ends=_SHARED_ENDS) if shared else None)
    highest = max(
        (f.upper or f.share or 0.0 for x in lines for f in (x.earlier, x.later) if f), default=0.0
    )
    domain, apart = page.share_scale(highest)
    for side, facts, part, (left, start, end) in zip(
        ("earlier", "later"), sides, parts, places, strict=True
    ):
        numbers = [figure.n for line in part if (figure := getattr(line, side))]
        count = words.count(max(numbers, default=0))
        sheet.text(start, heading, f"{facts.edition} ({count})", size=15, bold=True)
        if left is not None:
            sheet.labels([x.label for x in part], rows, left=left, right=start - 10)
        bars = []
        for place, line in enumerate(part):
            figure = getattr(line, side)
            y = rows.centre(place)
            if figure.share is None:
                sheet.text(start + 2, y, words.too_small(figure.n), size=12, colour=style.MUTED)
                continue
            bars.append(
                {
                    "start": 0,
                    "end": figure.share,
                    "lower": figure.lower,
                    "upper": figure.upper,
                    "y": y,
                    "fill": style.BAR,
                    **rows.bar(place),
                }
            )
            reach = start + max(figure.share, figure.upper or 0.0) / domain * (end - start)
            sheet.text(reach + 7, y, words.percent(figure.share), size=15, bold=True)
        if bars:
            x = page.share_axis(left=start, right=end, domain=(0, domain), apart=apart)
            sheet.panel(
                page.bars([bar for bar in bars if bar["end"] > 0], x=x, rows=rows),
                *page.intervals([bar for bar in bars if bar["upper"]], x=x, rows=rows),
                x=x,
                rows=rows,
            )
            sheet.rule(start, rows.top, start, rows.bottom, colour=style.INK)
    _break_mark(
        sheet, x=places[1][1] - _BREAK_ROOM / 2 if shared else style.WIDTH / 2 + 6, rows=rows
    )
    _describe(sheet, lines, sides=sides)
    return sheet.compose(rows=rows)


def _halves(label_end: float | None) -> list[tuple[float | None, float, float]]:
    """Return where labels start, bars start and bars end in both panels.

    Panels with the same answers share one column of labels, which ends at `label_end`.
    """
    right = style.WIDTH - style.MARGIN - _VALUE_ROOM
    if label_end is None:
        middle = style.WIDTH / 2
        return [
            (style.MARGIN, middle - 250, middle - 30 - _VALUE_ROOM),
            (middle + 30, middle + 230, right),
        ]
    start = label_end + 12
    width = (right - start - _VALUE_ROOM - _BREAK_ROOM) / 2
    return [(style.MARGIN, start, start + width), (None, right - width, right)]


def _break_mark(sheet: Page, *, x: float, rows: Rows) -> None:
    """Draw a jagged line from top to bottom: what stands on its two sides is not one series."""
    teeth = max(int((rows.bottom - rows.top) // 14), 2)
    height = (rows.bottom - rows.top + 20) / teeth
    for tooth in range(teeth):
        y = rows.top - 20 + tooth * height
        turn = 5 if tooth % 2 else -5
        sheet.rule(x + turn, y, x - turn, y + height, colour=style.BREAK, width=2)


# --- both -------------------------------------------------------------------------------------


def _open(
    *,
    sides: tuple[Facts, Facts],
    bases: list[str],
    notes: list[str],
    banner: str | None,
    codebook: Codebook,
    words: Words,
) -> Page:
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
    )


def _reasons(lines: Iterable[Line]) -> dict[str, list[str]]:
    """Return the reasons of the ledger by grade, each once."""
    found: dict[str, list[str]] = {}
    for line in lines:
        said = found.setdefault(line.grade, [])
        if line.reason not in said:
            said.append(line.reason)
    return found


def _pairs(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.earlier is not None and line.later is not None]


def _ink(side: str) -> str:
    return _EARLIER if side == "earlier" else _LATER


def _describe(sheet: Page, lines: list[Line], *, sides: tuple[Facts, Facts]) -> None:
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
            parts.append(words.not_comparable)
        sheet.description.append(f"{words.colon(line.label, ', '.join(parts))}.")
        sheet.figure_ids += line.figure_ids
