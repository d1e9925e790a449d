"""Two editions of one question: joined where the ledger says comparable, parted where not.

In: pairs of dots with their intervals and a joining line, and beside them the change of each line
with its interval, full where it is established and hollow where it is not. Nothing points up or
down: a mark stands left or right of zero, and a line whose grade is a break has none.
Not in: the lines (`pairs`), editions that do not compare at all (`breaks`), tests (`marts`).
"""

from __future__ import annotations

import pandas as pd

from observatoire_pipeline.charts import breaks, changes, figures, layers, pairs, style
from observatoire_pipeline.charts.figures import Facts, Figure
from observatoire_pipeline.charts.layers import Record, Rows, Spec
from observatoire_pipeline.charts.page import Page
from observatoire_pipeline.charts.pairs import Line
from observatoire_pipeline.charts.words import Words, words_of
from observatoire_pipeline.codebook.codebook import Codebook

_LABEL_ENDS, _PANEL_END = (268, 300, 330), 560
_EARLIER_END, _LATER_END = 606, 662
_CHANGE_START, _CHANGE_END, _CHANGE_TEXT = 686, 804, 814
_HEAD = _LATER_END - _EARLIER_END - 6
_JOIN = "#b2abd2"
_TWO_LINES = 34
"""Height of a row that holds the change and what it is worth."""


def chart(
    earlier: pd.DataFrame,
    later: pd.DataFrame,
    ledger: pd.DataFrame,
    changed: pd.DataFrame,
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
        changed: Rows of `mart_changes` of the question and this pair of editions; none where the
            pair is not compared there.
        codebook: Gives order and labels.

    Raises:
        ValueError: one edition is synthetic and the other is not, the questions differ, or the
            ledger has no grade for what would be drawn.
    """
    before = figures.facts_of(earlier, codebook=codebook)
    after = figures.facts_of(later, codebook=codebook)
    _refuse(before, after, ledger)
    words = words_of(codebook)
    lines = pairs.lines_of(
        earlier, later, ledger, changed, sides=(before, after), codebook=codebook, words=words
    )
    asked = pairs.both_sides(lines)
    draw = _joined if any(line.comparable for line in asked) else breaks.parted
    return draw(
        lines,
        sides=(before, after),
        bases=pairs.bases_of(earlier, later, sides=(before, after), words=words),
        notes=figures.notes(earlier, later, codebook=codebook, words=words),
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


def _joined(
    lines: list[Line],
    *,
    sides: tuple[Facts, Facts],
    bases: list[str],
    notes: list[str],
    codebook: Codebook,
    words: Words,
) -> Spec:
    notes = [*pairs.left_out(lines, words=words), *notes]
    told = [(line.label, line.change) for line in lines if line.change is not None]
    if told:
        threshold = words.percent(1 - told[0][1].level)
        notes.append(words.change_note.format(threshold=threshold))
    for grade, reasons in pairs.reasons(line for line in lines if line.comparable).items():
        notes.append(f"{words.because(getattr(words, f'grade_{grade}'), reasons)}.")
    for reasons in pairs.reasons(
        line for line in pairs.both_sides(lines) if not line.comparable
    ).values():
        notes.append(f"{words.because(words.broken, reasons)}.")
    if len(pairs.both_sides(lines)) < len(lines):
        notes.append(words.not_asked)
    editions = (sides[0].edition, sides[1].edition)
    sheet = pairs.open_sheet(
        sides=sides,
        bases=bases,
        notes=notes,
        banner=None,
        finding=changes.finding(told, editions=editions, words=words),
        closing=changes.sentence(told, words=words),
        codebook=codebook,
        words=words,
    )
    every, lines = lines, pairs.kept(lines)
    heading = sheet.top + 9
    rows = sheet.rows(len(lines), top=sheet.top + 24)
    for end, facts, side in ((_EARLIER_END, sides[0], "earlier"), (_LATER_END, sides[1], "later")):
        size = next((s for s in (15, 13) if _wide(facts.edition, s) <= _HEAD), 11)
        how: Record = {"size": size, "bold": True, "align": "right", "colour": pairs.ink(side)}
        sheet.text(end, heading, facts.edition, **how)
    _legend(sheet, lines, y=heading, sides=sides)
    labels = [line.label for line in lines]
    label_end = sheet.label_end(labels, rows, ends=_LABEL_ENDS)
    sheet.labels(labels, rows, left=style.MARGIN, right=label_end)
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
                    shift = min(7.0, rows.step * 0.3) * (-1 if side == "earlier" else 1)
                    dots[side].append(_dot(figure, y=y, shift=shift))
            small = figure is None or figure.share is None
            sheet.text(
                end,
                y,
                text,
                size=12 if small else 15,
                align="right",
                colour=pairs.ink(side),
                bold=side == "later" and not small,
            )
        if line.earlier and line.later and not line.comparable:
            told_so: Record = {"size": 13, "colour": style.BREAK, "bold": True}
            sheet.text(_CHANGE_TEXT, y, words.series_break, **told_so)
        elif line.earlier and line.later:
            ends = (line.earlier.share, line.later.share)
            if None not in ends:
                joins.append({"start": ends[0], "end": ends[1], "y": y})
    _draw_dots(sheet, dots, joins, rows=rows, start=label_end + 16)
    _draw_changes(sheet, lines, rows=rows, heading=heading, editions=editions)
    pairs.describe(sheet, every, sides=sides)
    return sheet.compose(rows=rows)


def _wide(text: str, size: float) -> float:
    return style.text_width(text, size=size, bold=True)


def _dot(figure: Figure, *, y: float, shift: float) -> Record:
    return {
        "start": figure.share,
        "lower": figure.lower,
        "upper": figure.upper,
        "y": y,
        "aside": y + shift,
    }


def _draw_dots(
    sheet: Page, dots: dict[str, list[Record]], joined: list[Record], *, rows: Rows, start: float
) -> None:
    every = [*dots["earlier"], *dots["later"]]
    if not every:
        return
    domain, apart = layers.share_scale(max(dot["upper"] or dot["start"] for dot in every))
    x = layers.share_axis(left=start, right=_PANEL_END, domain=(0, domain), apart=apart)
    drawn = [layers.joins(joined, x=x, rows=rows, colour=_JOIN)] if joined else []
    for side, records in dots.items():
        if records:
            hollow = side == "earlier"
            drawn += layers.dots(records, x=x, rows=rows, colour=pairs.ink(side), hollow=hollow)
    sheet.panel(*drawn, x=x, rows=rows)


def _legend(sheet: Page, lines: list[Line], *, y: float, sides: tuple[Facts, Facts]) -> None:
    x = float(style.MARGIN)
    for side, facts in zip(("earlier", "later"), sides, strict=True):
        numbers = sorted({f.n for line in lines if (f := getattr(line, side)) is not None})
        count = sheet.words.count(numbers[0]) if len(numbers) == 1 else ""
        if len(numbers) > 1:
            count = f"{sheet.words.count(numbers[0])} {sheet.words.range_to} {numbers[-1]}"
        text = f"{facts.edition} ({count})"
        sheet.mark(x + 6, y, colour=pairs.ink(side), hollow=side == "earlier")
        sheet.text(x + 18, y, text, size=14)
        x += 18 + style.text_width(text, size=14) + 28


def _draw_changes(
    sheet: Page, lines: list[Line], *, rows: Rows, heading: float, editions: tuple[str, str]
) -> None:
    """Draw the change of each line with its interval around zero, and write what it is worth."""
    drawn = [(k, line.change) for k, line in enumerate(lines) if line.change is not None]
    if not drawn:
        return
    words = sheet.words
    told = words.change_heading.format(earlier=editions[0], later=editions[1])
    sheet.text(_CHANGE_START, heading, told, size=13, bold=True)
    records = []
    for place, change in drawn:
        y = rows.centre(place)
        sure = change.established
        records.append(
            {
                "start": change.difference,
                "lower": change.lower,
                "upper": change.upper,
                "y": y,
                "aside": y,
                "fill": style.INK if sure else style.PAPER,
            }
        )
        two = rows.step >= _TWO_LINES
        colour = style.INK if sure else style.MUTED
        interval = changes.interval(change, words=words)
        how: Record = {"size": 13, "colour": colour, "bold": sure}
        sheet.text(_CHANGE_TEXT, y - 8 if two else y, interval, **how)
        if two:
            sheet.text(_CHANGE_TEXT, y + 8, changes.verdict(change, words=words), **how)
    reach = max(abs(end) for _, change in drawn for end in (change.lower, change.upper))
    x = layers.change_axis(left=_CHANGE_START, right=_CHANGE_END, reach=reach)
    sheet.panel(*layers.diamonds(records, x=x, rows=rows), x=x, rows=rows)
    zero = (_CHANGE_START + _CHANGE_END) / 2
    sheet.rule(zero, rows.top - 2, zero, rows.bottom, colour=style.INK, width=1.6)
