"""Matrices of opinions: stacked bars that part at zero, "ne sait pas" in a panel of its own.

In: order of the rows by net agreement, segments by pole, labels on segments that can hold them.
Not in: shares and bases (`mart_estimates`), poles and labels (the codebook).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from observatoire_pipeline.charts import figures, findings, layers, page, style
from observatoire_pipeline.charts.figures import Facts, Figure
from observatoire_pipeline.charts.layers import Record, Rows, Spec
from observatoire_pipeline.charts.page import Page
from observatoire_pipeline.charts.words import Words, words_of
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.marts.estimates import FAVOURABLE

PLAIN = "plain"
"""What stands for the pole of answers that have none."""

_LABEL_ENDS = (340, 400, 460)
_N_WIDTH, _N_GAP, _PANEL_END = 38, 14, style.WIDTH - style.MARGIN
_GAP, _DK_WIDTH, _DK_LABEL = 38, 84, 38
_LABEL_SIZE, _TOTAL_SIZE, _TOTAL_ROOM = 13.5, 14, 40
_TICK_ROOM = 44


@dataclass(frozen=True)
class _Line:
    """One row: its segments from the most negative answer to the most positive one."""

    item: str
    label: str
    segments: tuple[Figure, ...]
    dont_know: Figure | None
    negative: float
    positive: float
    n: int
    drawn: bool
    favourable: Figure | None


def chart(estimates: pd.DataFrame, *, codebook: Codebook) -> Spec:
    """Return the chart of one matrix of opinions in one edition.

    Args:
        estimates: Rows of `mart_estimates` of one variable and edition.
        codebook: Gives order, poles and labels.

    Raises:
        ValueError: the rows mix editions, an answer has no pole, or a figure is missing.
    """
    facts = figures.facts_of(estimates, codebook=codebook)
    words = words_of(codebook)
    codes = poles_in_order(facts, codebook=codebook)
    lines = _lines(estimates, facts=facts, codes=codes, codebook=codebook, words=words)
    base = figures.base_words(estimates)
    order = list(codes)
    labels = {c: words.tidy(codebook.label_of(facts.variable.variable, None, c)) for c in order}
    notes = [] if PLAIN in codes.values() else [words.net_order]
    interval = ""
    if any(line.favourable for line in lines):
        positive = [code for code, pole in codes.items() if pole == "positive"]
        quoted = [words.quoted(labels[code]) for code in positive]
        interval = words.majority_interval
        notes.append(words.net_total.format(labels=words.listed(quoted)))
    sheet = page.open_page(
        codebook=codebook,
        words=words,
        name=f"{facts.edition}_{facts.variable.variable}",
        title=facts.variable.label,
        family="likert",
        form=words.likert_alt,
        subtitle=figures.subtitle(
            facts, codebook=codebook, words=words, base=base, numbers=[line.n for line in lines]
        ),
        notes=[
            *notes,
            *figures.notes(estimates, codebook=codebook, words=words, interval=interval),
        ],
        finding=findings.of_opinions([line.favourable for line in lines], words=words),
        synthetic=facts.synthetic,
    )
    colours = (
        style.sequential(len(codes))
        if PLAIN in codes.values()
        else style.diverging(
            negative=sum(pole == "negative" for pole in codes.values()),
            neutral=sum(pole == "neutral" for pole in codes.values()),
            positive=sum(pole == "positive" for pole in codes.values()),
        )
    )
    _legend(sheet, labels=[labels[c] for c in order], colours=colours)
    rows = sheet.rows(len(lines), top=sheet.top + 21)
    names = [line.label for line in lines]
    label_end = sheet.label_end(names, rows, ends=_LABEL_ENDS)
    number_end = label_end + _N_WIDTH
    start = number_end + _N_GAP
    sheet.labels(names, rows, left=style.MARGIN, right=label_end)
    sheet.text(number_end, sheet.top + 10, "n", size=13, colour=style.MUTED, align="right")
    for place, line in enumerate(lines):
        sheet.text(
            number_end,
            rows.centre(place),
            words.number(line.n),
            size=13,
            colour=style.MUTED,
            align="right",
        )
        if not line.drawn:
            sheet.text(start, rows.centre(place), words.too_small(line.n), size=13)
    _panels(sheet, lines, rows=rows, colours=colours, start=start)
    _describe(sheet, lines, labels=labels)
    return sheet.compose(rows=rows)


def poles_in_order(facts: Facts, *, codebook: Codebook) -> dict[str, str]:
    """Return the answers of the edition with their poles, from most negative to most positive.

    A scale without poles (frequencies) keeps its order and stands right of zero as a whole.

    Raises:
        ValueError: some answers have a pole and others not; the codebook's scale must say it.
    """
    name = facts.variable.variable
    entries = {
        c: codebook.code_entry(name, c) for c in codebook.codes_of(name, edition=facts.edition)
    }
    poles = {code: entry.pole for code, entry in entries.items() if entry is not None}
    if not any(poles.values()):
        return dict.fromkeys(entries, PLAIN)
    bare = [code for code in entries if poles.get(code) is None]
    if bare:
        raise ValueError(
            f"{name} in {facts.edition}: answers without a pole: {', '.join(bare)}; "
            "give each a pole in scales.yaml"
        )
    ordered = {code: str(pole) for code, pole in poles.items()}
    if next(iter(ordered.values())) == "positive":
        ordered = dict(reversed(ordered.items()))
    return ordered


def _lines(
    estimates: pd.DataFrame,
    *,
    facts: Facts,
    codes: dict[str, str],
    codebook: Codebook,
    words: Words,
) -> list[_Line]:
    found = figures.shares(estimates, base_rule="answered")
    aside = figures.shares(estimates, base_rule="answered_or_dk")
    lines, missing = [], []
    name = facts.variable.variable
    for item in facts.variable.items:
        if not codebook.asked(name, facts.edition, item=item.item):
            continue
        segments = [found.get((item.item, code)) for code in codes]
        missing += [f"{item.item}/{c}" for c, s in zip(codes, segments, strict=True) if s is None]
        whole = tuple(segment for segment in segments if segment is not None)
        if len(whole) == len(codes):
            favourable = found.get((item.item, FAVOURABLE))
            lines.append(_line(item.item, words.tidy(item.label), whole, favourable, aside, codes))
    if missing:
        raise ValueError(f"{name} in {facts.edition}: no figure for {', '.join(missing)}")
    if PLAIN in codes.values():
        return lines
    return sorted(
        lines,
        key=lambda line: (
            not line.drawn,
            -round(line.positive - line.negative, 9),
            -round(line.positive, 9),
            line.item,
        ),
    )


def _line(
    item: str,
    label: str,
    segments: tuple[Figure, ...],
    favourable: Figure | None,
    aside: dict[tuple[str, str], Figure],
    codes: dict[str, str],
) -> _Line:
    sums = {"negative": 0.0, "neutral": 0.0, "positive": 0.0, PLAIN: 0.0}
    for segment in segments:
        sums[codes[segment.code]] += segment.share or 0.0
    half = sums["neutral"] / 2
    return _Line(
        item=item,
        label=label,
        segments=segments,
        dont_know=aside.get((item, "do_not_know")),
        favourable=favourable,
        negative=sums["negative"] + half,
        positive=sums["positive"] + sums[PLAIN] + half,
        n=segments[0].n,
        drawn=all(segment.share is not None for segment in segments),
    )


def _legend(sheet: Page, *, labels: list[str], colours: list[str]) -> None:
    """Write one swatch an answer, in the order of the segments, on as many lines as needed."""
    size = 14
    x, right = float(style.MARGIN), style.WIDTH - style.MARGIN
    for label, colour in zip(labels, colours, strict=True):
        width = 24 + style.text_width(label, size=size) + 22
        if x + width - 22 > right and x > style.MARGIN:
            x = style.MARGIN
            sheet.top += 22
        sheet.box(x, x + 16, sheet.top + 2, sheet.top + 18, fill=colour)
        sheet.text(x + 24, sheet.top + 10, label, size=size)
        x += width
    sheet.top += 26


def _panels(
    sheet: Page,
    lines: list[_Line],
    *,
    rows: Rows,
    colours: list[str],
    start: float,
) -> None:
    """Draw both panels at one scale: a percent is as long on the right as on the left."""
    drawn = [line for line in lines if line.drawn]
    asides = [line.dont_know.share or 0.0 for line in drawn if line.dont_know is not None]
    if not drawn:
        return
    left = _up(max(line.negative for line in drawn))
    right = _up(max(line.positive for line in drawn))
    totals = any(line.favourable for line in drawn)
    room = _PANEL_END - start - (_TOTAL_ROOM if totals else 0)
    scale = room / (left + right)
    apart = 0.0
    if asides:
        scale = (room - _GAP - _DK_LABEL) / (left + right + max(asides))
        apart = max(_DK_WIDTH, max(asides) * scale + _DK_LABEL)
        scale = (room - _GAP - apart) / (left + right)
    end = start + (left + right) * scale
    distance = next((d for d in (0.2, 0.25) if d * scale >= _TICK_ROOM), 0.5)
    x = layers.share_axis(
        left=start, right=end, domain=(-left, right), apart=distance, absolute=True
    )
    segments = _segments(drawn, rows=rows, colours=colours, places=_places(lines))
    sheet.panel(
        layers.bars(segments, x=x, rows=rows),
        layers.labels_at(
            [
                {**record, "start": record["middle"]}
                for record in segments
                if style.text_width(sheet.words.percent(record["share"]), size=_LABEL_SIZE) + 4
                <= record["share"] * scale
            ],
            x=x,
            rows=rows,
            words=sheet.words,
            fontSize=_LABEL_SIZE,
            align="center",
        ),
        x=x,
        rows=rows,
    )
    zero = round(start + left * scale, 1)
    sheet.rule(zero, rows.top - 2, zero, rows.bottom, colour=style.INK, width=1.6)
    for place, line in enumerate(lines):
        if line.drawn and line.favourable is not None and line.favourable.share is not None:
            x_total = zero + line.positive * scale + 6
            written = sheet.words.percent(line.favourable.share)
            sheet.text(x_total, rows.centre(place), written, size=_TOTAL_SIZE, bold=True)
    if asides:
        aside = _PANEL_END - apart
        x = layers.share_axis(
            left=aside, right=_PANEL_END, domain=(0, apart / scale), apart=distance
        )
        sheet.text(aside, sheet.top + 10, sheet.words.dont_know, size=13, bold=True)
        bars = [
            {
                "start": 0,
                "end": line.dont_know.share,
                "middle": line.dont_know.share,
                "share": line.dont_know.share,
                "fill": style.DONT_KNOW,
                "colour": style.INK,
                "y": rows.centre(place),
                **rows.bar(place),
            }
            for place, line in enumerate(lines)
            if line.drawn and line.dont_know is not None and line.dont_know.share is not None
        ]
        sheet.panel(
            layers.bars([bar for bar in bars if bar["share"]], x=x, rows=rows),
            layers.labels_at(
                [{**bar, "start": bar["share"]} for bar in bars],
                x=x,
                rows=rows,
                words=sheet.words,
                fontSize=13,
                align="left",
                dx=5,
            ),
            x=x,
            rows=rows,
        )


def _places(lines: list[_Line]) -> dict[str, int]:
    return {line.item: place for place, line in enumerate(lines)}


def _segments(
    lines: list[_Line], *, rows: Rows, colours: list[str], places: dict[str, int]
) -> list[Record]:
    segments: list[Record] = []
    for line in lines:
        start = -line.negative
        for figure, colour in zip(line.segments, colours, strict=True):
            share = figure.share or 0.0
            if share > 0:
                segments.append(
                    {
                        "item": line.item,
                        "code": figure.code,
                        "share": share,
                        "start": round(start, 6),
                        "middle": round(start + share / 2, 6),
                        "end": round(start + share, 6),
                        "fill": colour,
                        "colour": style.ink_on(colour),
                        "y": rows.centre(places[line.item]),
                        **rows.bar(places[line.item]),
                    }
                )
            start += share
    return segments


def _describe(sheet: Page, lines: list[_Line], *, labels: dict[str, str]) -> None:
    words = sheet.words
    for line in lines:
        parts = [
            f"{labels[figure.code]} {words.percent(figure.share)}"
            for figure in reversed(line.segments)
            if figure.share is not None
        ]
        if line.dont_know is not None and line.dont_know.share is not None:
            parts.append(f"{words.dont_know} {words.percent(line.dont_know.share)}")
        told = ", ".join(parts) + f", {words.count(line.n)}"
        sheet.description.append(
            words.colon(line.label, told if line.drawn else words.too_small(line.n)) + "."
        )
        sheet.figure_ids += [figure.figure_id for figure in line.segments]
        if line.favourable is not None:
            sheet.figure_ids.append(line.favourable.figure_id)
        if line.dont_know is not None:
            sheet.figure_ids.append(line.dont_know.figure_id)


def _up(share: float) -> float:
    """Return the next tenth that holds the share, at least one fifth."""
    return max(0.2, round(math.ceil(share * 10 - 1e-9) / 10, 1))
