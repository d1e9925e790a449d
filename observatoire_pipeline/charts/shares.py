"""Plain bars of shares, as the single, multiple and bracket families draw them.

In: bars with interval and direct label, a bar apart under a rule (other base), the scale.
Not in: which bars, in which order (the family modules).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from observatoire_pipeline.charts import figures, layers, page, style
from observatoire_pipeline.charts.figures import Facts, Figure
from observatoire_pipeline.charts.layers import Record, Rows, Spec
from observatoire_pipeline.charts.page import Page
from observatoire_pipeline.charts.words import Words
from observatoire_pipeline.codebook.codebook import Codebook

_LABEL_ENDS, _BAR_GAP, _BAR_END = (200, 300, 400), 16, style.WIDTH - style.MARGIN
_VALUE_SIZE = 15
_VALUE_ROOM = 52
_ASIDE_GAP, _ASIDE_TALL = 0.75, 1.5
"""What stands apart: how far under the last bar, and how many rows high its label may be."""


@dataclass(frozen=True)
class Bar:
    """One bar: its label, its figure, and what sets it off from the others."""

    label: str
    figure: Figure
    mark: str = ""
    """A word beside the value; the bar is then dark."""
    apart: bool = False
    """Drawn in grey: not a choice like the others."""


def open_sheet(
    estimates: pd.DataFrame,
    bars: list[Bar],
    *,
    facts: Facts,
    codebook: Codebook,
    words: Words,
    family: str,
    form: str,
    notes: list[str],
    part: str = "",
    title: str | None = None,
    finding: str = "",
    closing: str = "",
) -> Page:
    """Return the sheet of one question in one edition, its base and its n in the subtitle.

    The notes on intervals, weights and small bases follow those that are given. A sheet about a
    `part` of a question (the themes of what was typed there) has its own `title`.
    """
    return page.open_page(
        codebook=codebook,
        words=words,
        name="_".join(p for p in (facts.edition, facts.variable.variable, part) if p),
        title=title or facts.variable.label,
        family=family,
        form=form,
        subtitle=figures.subtitle(
            facts,
            codebook=codebook,
            words=words,
            base=figures.base_words(estimates),
            numbers=[bar.figure.n for bar in bars],
        ),
        notes=[
            *notes,
            *words.others([bar.figure.share for bar in bars if bar not in kept(bars)]),
            *figures.notes(estimates, codebook=codebook, words=words),
        ],
        finding=finding,
        closing=closing,
        synthetic=facts.synthetic,
    )


def kept(bars: list[Bar]) -> list[Bar]:
    """Return the bars that have room, in their order: what is set apart and the longest others."""
    room = style.MOST_ROWS - sum(bar.apart for bar in bars)
    others = sorted((bar for bar in bars if not bar.apart), key=lambda b: -(b.figure.share or 0.0))
    longest = others[: max(room, 0)]
    return [bar for bar in bars if bar.apart or bar in longest]


def answers(
    estimates: pd.DataFrame, *, facts: Facts, codebook: Codebook, words: Words
) -> list[Bar]:
    """Return a bar for every answer that the edition offered, in the order of its scale.

    Raises:
        ValueError: an answer has no figure (a bar of zero is a figure, absence is not).
    """
    found = figures.shares(estimates, base_rule="answered")
    name = facts.variable.variable
    codes = codebook.codes_of(name, edition=facts.edition)
    missing = [code for code in codes if ("", code) not in found]
    if missing:
        raise ValueError(f"{name} in {facts.edition}: no figure for {', '.join(missing)}")
    return [
        Bar(label=words.tidy(codebook.label_of(name, None, code)), figure=found["", code])
        for code in codes
    ]


def dont_know(
    estimates: pd.DataFrame, *, facts: Facts, codebook: Codebook, words: Words
) -> Bar | None:
    """Return the bar of do-not-know on the base that holds it, None when it was not offered."""
    found = figures.shares(estimates, base_rule="answered_or_dk").get(("", "do_not_know"))
    if found is None:
        return None
    label = words.tidy(codebook.label_of(facts.variable.variable, None, "do_not_know"))
    label = f"{label} ({words.dont_know_base}, {words.count(found.n)})"
    return Bar(label=label, figure=found, apart=True)


def draw(sheet: Page, bars: list[Bar], *, aside: Bar | None = None) -> Spec:
    """Return the sheet with its bars; `aside` stands under a rule and says its own base."""
    told = [*bars, *([aside] if aside else [])]
    bars = kept(bars)
    every = [*bars, *([aside] if aside else [])]
    gap = _ASIDE_GAP if aside else 0.0
    rows = sheet.rows(len(every), extra=gap + (_ASIDE_TALL - 1) / 2 if aside else 0.0)
    words = sheet.words
    place = {k: k + (gap if aside and k == len(bars) else 0.0) for k in range(len(every))}
    left, right = style.MARGIN, _label_end(bars, rows, aside=aside)
    start = right + _BAR_GAP
    sheet.labels([bar.label for bar in bars], rows, left=left, right=right)
    if aside:
        apart_place = [place[len(bars)]]
        sheet.labels(
            [aside.label], rows, left=left, right=right, places=apart_place, tall=_ASIDE_TALL
        )
    highest = max((bar.figure.upper or bar.figure.share or 0.0 for bar in every), default=0.0)
    top, apart = layers.share_scale(highest)
    marked = max(style.text_width(bar.mark, size=14, bold=True) for bar in every)
    end = _BAR_END - _VALUE_ROOM - (marked + 8 if marked else 0)
    unit = (end - start) / top
    drawn: list[Record] = []
    for k, bar in enumerate(every):
        figure, y = bar.figure, rows.centre(place[k])
        if figure.share is None:
            sheet.text(start + 2, y, words.too_small(figure.n), size=14, colour=style.MUTED)
            continue
        fill = style.BAR_APART if bar.apart else style.BAR
        drawn.append(
            {
                "code": figure.code,
                "item": figure.item,
                "start": 0,
                "end": figure.share,
                "lower": figure.lower,
                "upper": figure.upper,
                "y": y,
                "fill": style.BAR_STRONG if bar.mark else fill,
                **rows.bar(place[k]),
            }
        )
        value = words.percent(figure.share)
        x = start + max(figure.share, figure.upper or 0.0) * unit + 8
        sheet.text(x, y, value, size=_VALUE_SIZE, bold=True)
        x += style.text_width(value, size=_VALUE_SIZE, bold=True) + 8
        if bar.mark:
            sheet.text(x, y, bar.mark, size=14, colour=style.BAR_STRONG, bold=True)
    if drawn:
        x_axis = layers.share_axis(left=start, right=end, domain=(0, top), apart=apart)
        measured = [r for r in drawn if r["lower"] is not None and r["upper"] is not None]
        sheet.panel(
            layers.bars([r for r in drawn if r["end"] > 0], x=x_axis, rows=rows),
            *layers.intervals(measured, x=x_axis, rows=rows),
            x=x_axis,
            rows=rows,
        )
        sheet.rule(start, rows.top, start, rows.bottom, colour=style.INK)
    if aside:
        y = rows.centre(len(bars)) - rows.step / 2 + rows.step * (gap - _ASIDE_TALL / 2 + 0.5) / 2
        sheet.rule(style.MARGIN, y, _BAR_END, y, colour=style.MUTED)
    _describe(sheet, told)
    return sheet.compose(rows=rows)


def _label_end(bars: list[Bar], rows: Rows, *, aside: Bar | None) -> float:
    """Return the first end of the column of labels that holds each on one line, at full size.

    What stands apart may take several lines.
    """
    widest = max((style.text_width(bar.label, size=style.LABEL) for bar in bars), default=0.0)
    beside = [aside.label] if aside else []
    for end in _LABEL_ENDS:
        width = end - style.MARGIN
        size, _ = style.fit(beside, width=width, height=rows.step * _ASIDE_TALL - 2)
        if widest <= width and size >= style.READABLE:
            return end
    return _LABEL_ENDS[-1]


def _describe(sheet: Page, bars: list[Bar]) -> None:
    words = sheet.words
    for bar in bars:
        figure = bar.figure
        told = words.too_small(figure.n)
        if figure.share is not None:
            told = ", ".join([words.percent(figure.share), *([bar.mark] if bar.mark else [])])
        sheet.description.append(f"{words.colon(bar.label, told)}.")
        sheet.figure_ids.append(figure.figure_id)
