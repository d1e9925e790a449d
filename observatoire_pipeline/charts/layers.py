"""The layers of a chart: axes, bars, intervals, dots, labels, as Vega-Lite.

In: data scales between two pixels of the sheet, the marks on them, what is placed in pixels alone.
Not in: where the sheet has room (`page`), what is drawn (the family modules).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from observatoire_pipeline.charts import style
from observatoire_pipeline.charts.words import Words

_AXIS_SIZE = 13
_LEFT = style.MARGIN

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


AXIS: Spec = {
    "labelFont": style.FONT,
    "labelFontSize": _AXIS_SIZE,
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


def in_pixels(
    *,
    boxes: list[Record],
    rules: list[Record],
    marks: list[Record],
    texts: list[Record],
    rows: Rows,
) -> list[Spec]:
    """Return the layers of what stands at pixels of the sheet, texts over everything else."""
    return [
        *_layer(boxes, {"type": "rect", "strokeWidth": 1}, rows=rows, paint=_BOX),
        *_layer(rules, {"type": "rule"}, rows=rows, paint=_RULE),
        *_layer(marks, _DOT, rows=rows, paint=_BOX),
        *_layer(texts, _TEXT, rows=rows, paint=_WORDS),
    ]


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
