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
from typing import TYPE_CHECKING, Any

from observatoire_pipeline.charts import style
from observatoire_pipeline.charts.words import Words
from observatoire_pipeline.codebook.codebook import Codebook

if TYPE_CHECKING:
    import altair as alt

_TITLE, _SUBTITLE, _NOTE, AXIS_SIZE = 23, 14.5, 12, 13
_BADGE_HEIGHT = 28
_AXIS_HEIGHT = 22
_DOT = 110
_LEFT, _RIGHT = style.MARGIN, style.WIDTH - style.MARGIN

Record = dict[str, Any]


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
    figure_ids: list[str] = field(default_factory=list)
    description: list[str] = field(default_factory=list)
    texts: list[Record] = field(default_factory=list)
    boxes: list[Record] = field(default_factory=list)
    rules: list[Record] = field(default_factory=list)
    marks: list[Record] = field(default_factory=list)
    panels: list[Any] = field(default_factory=list)

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
        self.boxes.append({"x": x, "x2": x2, "y": y, "y2": y2, "fill": fill, "outline": outline})

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
        self, count: int, *, top: float | None = None, extra: float = 0, tallest: float = 66
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
    ) -> None:
        """Write the labels of rows, wrapped, right-aligned on `right`, at one size."""
        size, wrapped = style.fit(labels, width=right - left, height=rows.step - 3)
        for place, lines in zip(places or range(len(labels)), wrapped, strict=True):
            self.lines(right, rows.centre(place), lines, size=size, align="right")

    def panel(self, *layers: Any) -> None:
        """Add layers that share one data scale."""
        import altair as alt

        self.panels.append(alt.layer(*layers))

    def compose(self, *, rows: Rows) -> alt.LayerChart:
        """Return the whole sheet as one layered chart of exactly the size of a slide."""
        import altair as alt

        origin = {"x": _LEFT, "y": rows.top}
        layers = [
            *self.panels,
            *_boxes(_shifted(self.boxes, origin)),
            *_rules(_shifted(self.rules, origin)),
            *_marks(_shifted(self.marks, origin)),
            *_texts(_shifted(self.texts, origin)),
        ]
        bottom = style.HEIGHT - rows.bottom
        return (
            alt.layer(*layers)
            .resolve_scale(x="independent", y="independent")
            .properties(
                width=_RIGHT - _LEFT,
                height=rows.bottom - rows.top,
                autosize={"type": "none", "contains": "content"},
                padding={"left": _LEFT, "right": _LEFT, "top": rows.top, "bottom": bottom},
                background=style.PAPER,
                name=self.name,
                description=" ".join(self.description),
                usermeta={
                    "name": self.name,
                    "title": self.title,
                    "description": " ".join(self.description),
                    "figure_ids": self.figure_ids,
                    "family": self.family,
                    "synthetic": self.synthetic,
                },
            )
            .configure(
                aria=False,
                font=style.FONT,
                locale={"number": self.words.locale()},
                view={"stroke": None},
                axis={
                    "labelFont": style.FONT,
                    "labelFontSize": AXIS_SIZE,
                    "labelColor": style.MUTED,
                    "labelOverlap": False,
                    "labelFlush": False,
                    "gridColor": style.GRID,
                    "domain": False,
                    "ticks": False,
                    "labelPadding": 5,
                    "title": None,
                },
                text={"font": style.FONT, "baseline": "middle"},
            )
        )


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
    """
    page = Page(words, name, words.tidy(title), family, synthetic, top=22, bottom=style.HEIGHT)
    width = _RIGHT - _LEFT
    _foot(page, notes=notes, source=codebook.survey.source_note, width=width)
    free = width - (_badge(page) if synthetic else 0)
    step = style.line_height(_TITLE)
    for line in style.wrap(page.title, width=free, size=_TITLE, bold=True):
        page.text(_LEFT, page.top + step / 2, line, size=_TITLE, bold=True)
        page.top += step
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
    ]
    return page


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
    how = {"size": 14.5, "colour": style.BADGE_INK, "align": "center"}
    page.text(_RIGHT - width / 2, middle, text, bold=True, **how)
    return width + 18


def _foot(page: Page, *, notes: Sequence[str], source: str, width: float) -> None:
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
    page.bottom -= 10


def share_axis(
    field_name: str,
    *,
    left: float,
    right: float,
    domain: tuple[float, float],
    apart: float,
    absolute: bool = False,
) -> alt.X:
    """Return an x channel for shares between two pixels of the sheet, with an axis in percent.

    Args:
        field_name: Field of the data.
        left: Where the domain starts, in pixels of the sheet.
        right: Where it ends.
        domain: Shares at both ends (unit 1).
        apart: Distance of the ticks (unit 1).
        absolute: Write what lies left of zero without a sign.
    """
    import altair as alt

    first, last = math.ceil(domain[0] / apart - 1e-9), math.floor(domain[1] / apart + 1e-9)
    ticks = [round(k * apart, 6) for k in range(first, last + 1)]
    value = "abs(datum.value)" if absolute else "datum.value"
    return alt.X(
        f"{field_name}:Q",
        scale=alt.Scale(
            domain=list(domain), range=[left - _LEFT, right - _LEFT], nice=False, zero=False
        ),
        axis=alt.Axis(values=ticks, labelExpr=f"format({value}, '.0%')"),
        title=None,
    )


def share_scale(highest: float) -> tuple[float, float]:
    """Return the end of an axis and the distance of its ticks for the highest share."""
    for apart in (0.05, 0.1, 0.2):
        top = max(apart, math.ceil(highest / apart - 1e-9) * apart)
        if top / apart <= 6:
            break
    return round(min(top, 1.0), 6), apart


def number_axis(
    field_name: str,
    *,
    left: float,
    right: float,
    domain: tuple[float, float],
    ticks: Sequence[float],
) -> alt.X:
    """Return an x channel for plain numbers between two pixels of the sheet."""
    import altair as alt

    return alt.X(
        f"{field_name}:Q",
        scale=alt.Scale(
            domain=list(domain), range=[left - _LEFT, right - _LEFT], nice=False, zero=False
        ),
        axis=alt.Axis(values=list(ticks), format="d"),
        title=None,
    )


def bars(data: list[Record], *, x: alt.X, rows: Rows) -> alt.Chart:
    """Return rectangles from `start` to `end`, `top` to `bottom`, filled with `fill`, outlined."""
    import altair as alt

    placed = [
        {**record, "top": record["top"] - rows.top, "bottom": record["bottom"] - rows.top}
        for record in data
    ]
    return (
        alt.Chart(alt.Data(values=placed))
        .mark_rect(stroke=style.OUTLINE, strokeWidth=1)
        .encode(x=x, x2="end", y=_pixel("y", "top"), y2="bottom", fill=_plain("fill", "fill"))
    )


def intervals(data: list[Record], *, x: alt.X, rows: Rows, cap: float = 4) -> list[Any]:
    """Return thin rules from `lower` to `upper` at height `y`, with short ends."""
    import altair as alt

    placed = [{**record, "y": record["y"] - rows.top} for record in data]
    ends = [
        {"start": record[end], "y": record["y"] - cap, "y2": record["y"] + cap}
        for record in placed
        for end in ("lower", "upper")
    ]
    long = [{**record, "start": record["lower"]} for record in placed]
    how = {"stroke": style.INK, "strokeWidth": 1.2}
    return [
        alt.Chart(alt.Data(values=long))
        .mark_rule(**how)
        .encode(x=x, x2="upper", y=_pixel("y", "y")),
        alt.Chart(alt.Data(values=ends)).mark_rule(**how).encode(x=x, y=_pixel("y", "y"), y2="y2"),
    ]


def joins(data: list[Record], *, x: alt.X, colour: str) -> list[Any]:
    """Return thick lines from `start` to `end` at height `y` of the panel."""
    import altair as alt

    return [
        alt.Chart(alt.Data(values=data))
        .mark_rule(stroke=colour, strokeWidth=6)
        .encode(x=x, x2="end", y=_pixel("y", "y"))
    ]


def dots(data: list[Record], *, x: alt.X, colour: str, hollow: bool) -> list[Any]:
    """Return dots at `start` and height `y` of the panel, their interval at height `aside`."""
    import altair as alt

    measured = [{**r, "start": r["lower"]} for r in data if r["lower"] is not None]
    return [
        alt.Chart(alt.Data(values=measured))
        .mark_rule(stroke=colour, strokeWidth=1.4)
        .encode(x=x, x2="upper", y=_pixel("y", "aside")),
        alt.Chart(alt.Data(values=data))
        .mark_point(
            shape="circle",
            size=_DOT,
            stroke=colour,
            strokeWidth=2,
            fill=style.PAPER if hollow else colour,
            opacity=1,
        )
        .encode(x=x, y=_pixel("y", "y")),
    ]


def labels_at(data: list[Record], *, x: alt.X, rows: Rows, words: Words, **how: Any) -> alt.Chart:
    """Return the percentages of `share` at data place `start` and height `y`, in `colour`."""
    import altair as alt

    placed = [
        {
            "start": record["start"],
            "y": round(record["y"] - rows.top, 2),
            "text": words.percent(record["share"]),
            "colour": record["colour"],
        }
        for record in data
    ]
    return (
        alt.Chart(alt.Data(values=placed))
        .mark_text(font=style.FONT, baseline="middle", **how)
        .encode(x=x, y=_pixel("y", "y"), text="text:N", color=_plain("color", "colour"))
    )


def _shifted(records: list[Record], origin: Record) -> list[Record]:
    shift = {"x": origin["x"], "x2": origin["x"], "y": origin["y"], "y2": origin["y"]}
    return [
        {key: round(value - shift[key], 2) if key in shift else value for key, value in r.items()}
        for r in records
    ]


def _pixel(channel: str, name: str) -> Any:
    import altair as alt

    make = {"x": alt.X, "y": alt.Y}[channel]
    return make(f"{name}:Q", scale=None, axis=None)


def _plain(channel: str, name: str) -> Any:
    import altair as alt

    make = {"fill": alt.Fill, "color": alt.Color, "stroke": alt.Stroke}[channel]
    return make(f"{name}:N", scale=None, legend=None)


def _boxes(data: list[Record]) -> list[Any]:
    import altair as alt

    if not data:
        return []
    return [
        alt.Chart(alt.Data(values=data))
        .mark_rect(strokeWidth=1)
        .encode(
            x=_pixel("x", "x"),
            x2="x2",
            y=_pixel("y", "y"),
            y2="y2",
            fill=_plain("fill", "fill"),
            stroke=_plain("stroke", "outline"),
        )
    ]


def _rules(data: list[Record]) -> list[Any]:
    import altair as alt

    if not data:
        return []
    return [
        alt.Chart(alt.Data(values=data))
        .mark_rule()
        .encode(
            x=_pixel("x", "x"),
            x2="x2",
            y=_pixel("y", "y"),
            y2="y2",
            stroke=_plain("stroke", "colour"),
            strokeWidth=alt.StrokeWidth("width:Q", scale=None, legend=None),
        )
    ]


def _marks(data: list[Record]) -> list[Any]:
    import altair as alt

    if not data:
        return []
    return [
        alt.Chart(alt.Data(values=data))
        .mark_point(shape="circle", size=_DOT, strokeWidth=2, opacity=1)
        .encode(
            x=_pixel("x", "x"),
            y=_pixel("y", "y"),
            fill=_plain("fill", "fill"),
            stroke=_plain("stroke", "colour"),
        )
    ]


def _texts(data: list[Record]) -> list[Any]:
    import altair as alt

    if not data:
        return []
    return [
        alt.Chart(alt.Data(values=data))
        .mark_text(
            font=style.FONT,
            baseline="middle",
            align=alt.expr("datum.align"),
            fontWeight=alt.expr("datum.weight"),
            fontSize=alt.expr("datum.size"),
        )
        .encode(
            x=_pixel("x", "x"),
            y=_pixel("y", "y"),
            text="text:N",
            color=_plain("color", "colour"),
        )
    ]
