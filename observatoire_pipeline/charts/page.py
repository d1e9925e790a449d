"""The sheet that every chart stands on: title, base, badge, notes, source, and pixel places.

In: the head and the foot, rows at even distances, panels with an axis, the final layered chart.
Not in: what the bars say (the family modules), rendering (`rendering`).

Bars keep their data scale and its axis; everything else is placed in pixels of the sheet, so that
the picture has exactly the size of the slide and no label can be cut by an automatic layout.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from observatoire_pipeline.charts import style
from observatoire_pipeline.charts.words import Words
from observatoire_pipeline.codebook.codebook import Codebook

_TITLE, _QUESTION, _SUBTITLE, _CLOSING, _NOTE, AXIS_SIZE = 23, 16, 14.5, 14.5, 12, 13
_BADGE_HEIGHT = 28
_AXIS_HEIGHT = 22
_LEFT, _RIGHT = style.MARGIN, style.WIDTH - style.MARGIN

Record = dict[str, Any]
Spec = dict[str, Any]
"""A Vega-Lite chart, or a part of one, as its JSON object."""


@dataclass(frozen=True)
class Rows:
    """Even rows between two heights of the sheet."""

    top: float
    step: float
    count: float
    thickness: float

    def centre(self, row: float) -> float:
        """Return the middle of a row, in pixels."""
        return round(self.top + (row + 0.5) * self.step, 2)

    def bar(self, row: float) -> Record:
        """Return the upper and lower edge of the bar of a row."""
        half = self.thickness / 2
        return {"top": self.centre(row) - half, "bottom": self.centre(row) + half}

    @property
    def bottom(self) -> float:
        """The end of the last row."""
        return self.top + self.step * self.count


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
            *_layer(self.boxes, {"type": "rect", "strokeWidth": 1}, rows=rows, paint=_BOX),
            *_layer(self.rules, {"type": "rule"}, rows=rows, paint=_RULE),
            *_layer(self.marks, _DOT, rows=rows, paint=_BOX),
            *_layer(self.texts, _TEXT, rows=rows, paint=_WORDS),
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
                "axis": _AXIS,
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


def share_scale(highest: float) -> tuple[float, float]:
    """Return the end of an axis and the distance of its ticks for the highest share."""
    for apart in (0.05, 0.1, 0.2):
        top = max(apart, math.ceil(highest / apart - 1e-9) * apart)
        if top / apart <= 6:
            break
    return round(min(top, 1.0), 6), apart


def share_axis(
    *,
    left: float,
    right: float,
    domain: tuple[float, float],
    apart: float,
    absolute: bool = False,
) -> Spec:
    """Return an x channel for shares between two pixels of the sheet, with an axis in percent.

    The field is `start`, as in every layer of this module.

    Args:
        left: Where the domain starts, in pixels of the sheet.
        right: Where it ends.
        domain: Shares at both ends (unit 1).
        apart: Distance of the ticks (unit 1).
        absolute: Write what lies left of zero without a sign.
    """
    first, last = math.ceil(domain[0] / apart - 1e-9), math.floor(domain[1] / apart + 1e-9)
    ticks = [round(k * apart, 6) for k in range(first, last + 1)]
    value = "abs(datum.value)" if absolute else "datum.value"
    axis = {"values": ticks, "labelExpr": f"format({value}, '.0%')", "orient": "bottom"}
    return _scaled(left=left, right=right, domain=domain, axis=axis)


def change_axis(*, left: float, right: float, reach: float) -> Spec:
    """Return an x channel for differences of shares, even around zero, with an axis in points."""
    end = next((e for e in (0.1, 0.2, 0.3, 0.4, 0.6, 0.8) if reach <= e), 1.0)
    written = "(datum.value > 0 ? '+' : '') + format(100 * datum.value, '.0f')"
    ticks = [-end, 0, end] if end < 0.2 else [-end, -end / 2, 0, end / 2, end]
    axis = {"values": ticks, "labelExpr": written, "orient": "bottom"}
    return _scaled(left=left, right=right, domain=(-end, end), axis=axis)


def number_axis(
    *, left: float, right: float, domain: tuple[float, float], ticks: Sequence[float]
) -> Spec:
    """Return an x channel for plain numbers between two pixels of the sheet."""
    axis = {"values": list(ticks), "format": "d", "orient": "bottom"}
    return _scaled(left=left, right=right, domain=domain, axis=axis)


def bars(data: list[Record], *, x: Spec, rows: Rows) -> Spec:
    """Return rectangles from `start` to `end`, `top` to `bottom`, filled with `fill`, outlined."""
    return {
        "data": {"values": [_raised(r, rows, "top", "bottom") for r in data]},
        "mark": {"type": "rect", "stroke": style.OUTLINE, "strokeWidth": 1},
        "encoding": {
            "x": x,
            "x2": {"field": "end"},
            "y": _pixel("top"),
            "y2": {"field": "bottom"},
            "fill": _as_is("fill"),
        },
    }


def intervals(data: list[Record], *, x: Spec, rows: Rows, cap: float = 3) -> list[Spec]:
    """Return thin rules from `lower` to `upper` at height `y`, with short ends.

    A pale edge parts them from the bar that they cross, however dark.
    """
    long = [{**_raised(r, rows, "y"), "start": r["lower"]} for r in data]
    ends = [
        _raised({"start": r[end], "y": r["y"] - cap, "y2": r["y"] + cap}, rows, "y", "y2")
        for r in data
        for end in ("lower", "upper")
    ]
    mark = {"type": "rule", "stroke": style.INK, "strokeWidth": 1.2}
    return [
        {
            "data": {"values": long},
            "mark": {**mark, "stroke": style.PAPER, "strokeWidth": 3.4, "opacity": 0.8},
            "encoding": {"x": x, "x2": {"field": "upper"}, "y": _pixel("y")},
        },
        {
            "data": {"values": long},
            "mark": mark,
            "encoding": {"x": x, "x2": {"field": "upper"}, "y": _pixel("y")},
        },
        {
            "data": {"values": ends},
            "mark": mark,
            "encoding": {"x": x, "y": _pixel("y"), "y2": {"field": "y2"}},
        },
    ]


def joins(data: list[Record], *, x: Spec, rows: Rows, colour: str) -> Spec:
    """Return thick lines from `start` to `end` at height `y`."""
    return {
        "name": "join",
        "data": {"values": [_raised(r, rows, "y") for r in data]},
        "mark": {"type": "rule", "stroke": colour, "strokeWidth": 6},
        "encoding": {"x": x, "x2": {"field": "end"}, "y": _pixel("y")},
    }


def dots(data: list[Record], *, x: Spec, rows: Rows, colour: str, hollow: bool) -> list[Spec]:
    """Return dots at `start` and height `y`, their interval at height `aside`."""
    placed = [_raised(r, rows, "y", "aside") for r in data]
    measured = [{**r, "start": r["lower"]} for r in placed if r["lower"] is not None]
    return [
        {
            "data": {"values": measured},
            "mark": {"type": "rule", "stroke": colour, "strokeWidth": 1.4},
            "encoding": {"x": x, "x2": {"field": "upper"}, "y": _pixel("aside")},
        },
        {
            "data": {"values": placed},
            "mark": {**_DOT, "stroke": colour, "fill": style.PAPER if hollow else colour},
            "encoding": {"x": x, "y": _pixel("y")},
        },
    ]


def diamonds(data: list[Record], *, x: Spec, rows: Rows) -> list[Spec]:
    """Return diamonds at `start` and height `y`, filled with `fill`, over their interval."""
    placed = [_raised(r, rows, "y", "aside") for r in data]
    return [
        {
            "name": "interval of a change",
            "data": {"values": [{**r, "start": r["lower"]} for r in placed]},
            "mark": {"type": "rule", "stroke": style.INK, "strokeWidth": 1.6},
            "encoding": {"x": x, "x2": {"field": "upper"}, "y": _pixel("y")},
        },
        {
            "name": "change",
            "data": {"values": placed},
            "mark": {**_DOT, "shape": "diamond", "stroke": style.INK},
            "encoding": {"x": x, "y": _pixel("y"), "fill": _as_is("fill")},
        },
    ]


def labels_at(data: list[Record], *, x: Spec, rows: Rows, words: Words, **how: Any) -> Spec:
    """Return the percentages of `share` at data place `start` and height `y`, in `colour`."""
    placed = [
        {
            "start": r["start"],
            "y": round(r["y"] - rows.top, 2),
            "text": words.percent(r["share"]),
            "colour": r["colour"],
        }
        for r in data
    ]
    return {
        "data": {"values": placed},
        "mark": {"type": "text", "font": style.FONT, "baseline": "middle", **how},
        "encoding": {"x": x, "y": _pixel("y"), "text": _TEXT_FIELD, "color": _as_is("colour")},
    }


def _scaled(*, left: float, right: float, domain: tuple[float, float], axis: Spec) -> Spec:
    place = [round(left - _LEFT, 2), round(right - _LEFT, 2)]
    return {
        "field": "start",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": list(domain), "range": place, "nice": False, "zero": False},
        "axis": axis,
    }


def _pixel(name: str) -> Spec:
    return {"field": name, "type": "quantitative", "scale": None, "axis": None}


def _as_is(name: str) -> Spec:
    return {"field": name, "type": "nominal", "scale": None, "legend": None}


def _raised(record: Record, rows: Rows, *names: str) -> Record:
    """Return the record with heights counted from the first row, as the layers of Vega-Lite do."""
    return {k: round(v - rows.top, 2) if k in names else v for k, v in record.items()}


_AXIS: Spec = {
    "labelFont": style.FONT,
    "labelFontSize": AXIS_SIZE,
    "labelColor": style.MUTED,
    "labelOverlap": False,
    "labelFlush": False,
    "labelPadding": 5,
    "grid": False,
    "domain": False,
    "ticks": False,
}
_TEXT_FIELD: Spec = {"field": "text", "type": "nominal"}
_DOT: Spec = {"type": "point", "shape": "circle", "size": 110, "strokeWidth": 2, "opacity": 1}
_TEXT: Spec = {
    "type": "text",
    "font": style.FONT,
    "baseline": "middle",
    "align": {"expr": "datum.align"},
    "fontWeight": {"expr": "datum.weight"},
    "fontSize": {"expr": "datum.size"},
}
_BOX: Spec = {"fill": _as_is("fill"), "stroke": _as_is("colour")}
_RULE: Spec = {
    "stroke": _as_is("colour"),
    "strokeWidth": {**_as_is("width"), "type": "quantitative"},
}
_WORDS: Spec = {"text": _TEXT_FIELD, "color": _as_is("colour")}


def _layer(data: list[Record], mark: Spec, *, rows: Rows, paint: Spec) -> list[Spec]:
    """Return the layer of records placed in pixels of the sheet, none without records."""
    if not data:
        return []
    across = ("x", "x2")
    placed = [
        {
            k: round(v - _LEFT, 2) if k in across else v
            for k, v in _raised(record, rows, "y", "y2").items()
        }
        for record in data
    ]
    places = {"x": _pixel("x"), "y": _pixel("y")}
    if "x2" in data[0]:
        places |= {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
    return [{"data": {"values": placed}, "mark": mark, "encoding": places | paint}]
