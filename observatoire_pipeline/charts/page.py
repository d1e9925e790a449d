"""The sheet that every chart stands on: title, base, badge, notes, source, and pixel places.

In: the head and the foot, rows at even distances, panels with an axis, the final layered chart.
Not in: axes and marks (`layers`), what the bars say (the family modules), rendering (`rendering`).

Bars keep their data scale and its axis; everything else is placed in pixels of the sheet, so that
the picture has exactly the size of the slide and no label can be cut by an automatic layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from observatoire_pipeline.charts import style
from observatoire_pipeline.charts.layers import AXIS, Record, Rows, Spec, in_pixels
from observatoire_pipeline.charts.words import Words
from observatoire_pipeline.codebook.codebook import Codebook

_TITLE, _QUESTION, _SUBTITLE, _CLOSING, _NOTE = 23, 16, 14.5, 14.5, 12
_BADGE_HEIGHT = 28
_AXIS_HEIGHT = 22
_LEFT, _RIGHT = style.MARGIN, style.WIDTH - style.MARGIN


@dataclass
class Page:
    """A sheet that is being filled; `compose` makes the chart of it."""

    words: Words
    name: str
    title: str
    family: str
    synthetic: bool
    top: float
    bottom: float
    finding: str = ""
    figure_ids: list[str] = field(default_factory=list)
    description: list[str] = field(default_factory=list)
    texts: list[Record] = field(default_factory=list)
    boxes: list[Record] = field(default_factory=list)
    rules: list[Record] = field(default_factory=list)
    marks: list[Record] = field(default_factory=list)
    panels: list[Spec] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 13,
        colour: str = style.INK,
        align: str = "left",
        bold: bool = False,
    ) -> None:
        """Write one line, centred on `y`."""
        self.texts.append(
            {
                "x": x,
                "y": y,
                "text": text,
                "size": size,
                "colour": colour,
                "align": align,
                "weight": "bold" if bold else "normal",
            }
        )

    def lines(self, x: float, y: float, lines: Sequence[str], *, size: float, **how: Any) -> None:
        """Write lines whose middle is `y`."""
        step = style.line_height(size)
        for place, line in enumerate(lines):
            self.text(x, y + (place - (len(lines) - 1) / 2) * step, line, size=size, **how)

    def box(
        self,
        x: float,
        x2: float,
        y: float,
        y2: float,
        *,
        fill: str,
        outline: str = style.OUTLINE,
    ) -> None:
        """Draw a filled rectangle with an outline."""
        self.boxes.append({"x": x, "x2": x2, "y": y, "y2": y2, "fill": fill, "colour": outline})

    def rule(
        self, x: float, y: float, x2: float, y2: float, *, colour: str, width: float = 1
    ) -> None:
        """Draw a straight line."""
        self.rules.append({"x": x, "y": y, "x2": x2, "y2": y2, "colour": colour, "width": width})

    def mark(self, x: float, y: float, *, colour: str, hollow: bool) -> None:
        """Draw the dot that stands for an edition, in a legend."""
        fill = style.PAPER if hollow else colour
        self.marks.append({"x": x, "y": y, "colour": colour, "fill": fill})

    def rows(
        self, count: int, *, top: float | None = None, extra: float = 0, tallest: float = 150
    ) -> Rows:
        """Return `count` even rows from `top` (the free top by default) down to the axis.

        `extra` is room for a gap between rows, in rows.
        """
        start = round(self.top if top is None else top, 2)
        room = self.bottom - _AXIS_HEIGHT - start
        step = round(min(tallest, room / max(count + extra, 1)), 2)
        thickness = round(min(style.BAR_THICKNESS, step * 0.68), 2)
        return Rows(top=start, step=step, count=count + extra, thickness=thickness)

    def labels(
        self,
        labels: Sequence[str],
        rows: Rows,
        *,
        left: float,
        right: float,
        places: Sequence[float] | None = None,
        tall: float = 1,
    ) -> None:
        """Write the labels of rows, wrapped, right-aligned on `right`, at one size.

        `tall` is how many rows high a label may be.
        """
        size, wrapped = style.fit(labels, width=right - left, height=rows.step * tall - 2)
        for place, lines in zip(places or range(len(labels)), wrapped, strict=True):
            self.lines(right, rows.centre(place), lines, size=size, align="right")

    def label_end(self, labels: Sequence[str], rows: Rows, *, ends: Sequence[float]) -> float:
        """Return the first end of the column of labels at which they stand at a readable size.

        The last end is for labels that would stand a size smaller still at the others.
        """
        sizes = [style.fit(labels, width=end - _LEFT, height=rows.step - 2)[0] for end in ends]
        for least, some in ((style.READABLE, ends[:-1]), (style.READABLE - 1, ends)):
            for end, size in zip(some, sizes, strict=False):
                if size >= least:
                    return end
        return ends[-1]

    def panel(self, *layers: Spec, x: Spec, rows: Rows) -> None:
        """Add layers that share the data scale `x`, over its grid and under everything else.

        The grid is drawn here, because of several axes Vega-Lite gives a grid to the first only.
        """
        grid: Spec = {
            "data": {"values": [{"start": tick} for tick in x["axis"]["values"]]},
            "mark": {"type": "rule", "stroke": style.GRID},
            "encoding": {"x": x, "y": {"value": 0}, "y2": {"value": rows.bottom - rows.top}},
        }
        self.panels.append({"layer": [grid, *layers]})

    def compose(self, *, rows: Rows) -> Spec:
        """Return the whole sheet as one layered Vega-Lite chart of exactly the size of a slide."""
        layers = [
            *self.panels,
            *in_pixels(
                boxes=self.boxes, rules=self.rules, marks=self.marks, texts=self.texts, rows=rows
            ),
        ]
        said = " ".join(self.description)
        return {
            "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
            "name": self.name,
            "description": said,
            "usermeta": {
                "name": self.name,
                "title": " – ".join(part for part in (self.title, self.finding) if part),
                "description": said,
                "figure_ids": self.figure_ids,
                "family": self.family,
                "synthetic": self.synthetic,
            },
            "width": _RIGHT - _LEFT,
            "height": round(rows.bottom - rows.top, 2),
            "padding": {
                "left": _LEFT,
                "right": style.WIDTH - _RIGHT,
                "top": rows.top,
                "bottom": round(style.HEIGHT - rows.bottom, 2),
            },
            "autosize": {"type": "none", "contains": "content"},
            "background": style.PAPER,
            "layer": layers,
            "resolve": {"scale": {"x": "independent", "y": "independent"}},
            "config": {
                "aria": False,
                "font": style.FONT,
                "locale": {"number": self.words.locale()},
                "view": {"stroke": None},
                "axis": AXIS,
            },
        }


def open_page(
    *,
    codebook: Codebook,
    words: Words,
    name: str,
    title: str,
    family: str,
    form: str,
    subtitle: Sequence[str],
    notes: Sequence[str],
    synthetic: bool,
    banner: str | None = None,
    source: str | None = None,
    finding: str = "",
    closing: str = "",
) -> Page:
    """Return a sheet with its head and foot written, and the free space between them.

    Args:
        codebook: Gives the source note.
        words: Words of the survey's language.
        name: Slug of the picture.
        title: What the chart is about.
        family: Name of the chart family.
        form: What the chart looks like, for its description.
        subtitle: Sentences under the title: edition, base in words and n, unit.
        notes: Sentences at the foot, before the source.
        synthetic: Whether the badge says so.
        banner: A warning that stands over the chart (a break in series).
        source: The source line, where it is not that of the survey.
        finding: What the figures tell, in large letters under the question; empty where they tell
            nothing that holds.
        closing: A sentence under the chart.
    """
    page = Page(words, name, words.tidy(title), family, synthetic, top=22, bottom=style.HEIGHT)
    page.finding = words.tidy(finding)
    width = _RIGHT - _LEFT
    note = source or codebook.survey.source_note
    _foot(page, notes=notes, source=note, closing=words.tidy(closing), width=width)
    free = width - (_badge(page) if synthetic else 0)
    if finding:
        _heading(page, page.title, size=_QUESTION, width=free, colour=style.BAR_STRONG)
        page.top = max(page.top + 2, 22 + _BADGE_HEIGHT if synthetic else 0)
        _heading(page, page.finding, size=_TITLE, width=width)
    else:
        _heading(page, page.title, size=_TITLE, width=free)
    page.top += 4
    step = style.line_height(_SUBTITLE) + 2
    for line in style.wrap(" · ".join(subtitle), width=width, size=_SUBTITLE):
        page.text(_LEFT, page.top + step / 2, line, size=_SUBTITLE, colour=style.MUTED)
        page.top += step
    if banner:
        page.top += 4
        for line in style.wrap(banner, width=width, size=_SUBTITLE, bold=True):
            page.text(_LEFT, page.top + step / 2, line, size=14.5, colour=style.BREAK, bold=True)
            page.top += step
    page.top += 10
    page.description = [
        f"{form}.",
        *([f"{words.synthetic}."] if synthetic else []),
        f"{' · '.join(subtitle)}.",
        *([banner] if banner else []),
        *([f"{page.finding}."] if finding else []),
        *([words.tidy(closing)] if closing else []),
    ]
    return page


def _heading(page: Page, text: str, *, size: float, width: float, colour: str = style.INK) -> None:
    step = style.line_height(size)
    for line in style.balance(text, width=width, size=size, bold=True):
        page.text(_LEFT, page.top + step / 2, line, size=size, bold=True, colour=colour)
        page.top += step


def _badge(page: Page) -> float:
    """Write the mark of synthetic data at the top right; return the width that it takes."""
    text = page.words.synthetic
    width = style.text_width(text, size=14.5, bold=True) + 24
    middle = page.top + _BADGE_HEIGHT / 2 - 1
    page.box(
        _RIGHT - width,
        _RIGHT,
        middle - _BADGE_HEIGHT / 2,
        middle + _BADGE_HEIGHT / 2,
        fill=style.BADGE,
        outline=style.BADGE_INK,
    )
    how: Record = {"size": 14.5, "colour": style.BADGE_INK, "align": "center"}
    page.text(_RIGHT - width / 2, middle, text, bold=True, **how)
    return width + 18


def _foot(page: Page, *, notes: Sequence[str], source: str, closing: str, width: float) -> None:
    note = page.words.tidy(source)
    label = page.words.source
    if not note.casefold().startswith(label.casefold()):
        note = page.words.colon(label, note)
    lines: list[str] = []
    if notes:
        lines += style.wrap(" ".join(notes), width=width, size=_NOTE)
    lines += style.wrap(note, width=width, size=_NOTE)
    step = style.line_height(_NOTE) + 1.5
    page.bottom -= 14 + step * len(lines)
    for place, line in enumerate(lines):
        y = page.bottom + (place + 0.5) * step
        page.text(_LEFT, y, line, size=_NOTE, colour=style.MUTED)
    if closing:
        said = style.balance(closing, width=width, size=_CLOSING)
        step = style.line_height(_CLOSING) + 1
        page.bottom -= 8 + step * len(said)
        for place, line in enumerate(said):
            page.text(_LEFT, page.bottom + (place + 0.5) * step, line, size=_CLOSING)
    page.bottom -= 10
