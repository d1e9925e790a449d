"""What a picture really shows: its texts with their places, and whether they leave ink."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

import vl_convert

from observatoire_pipeline.charts import style

_SVG = "{http://www.w3.org/2000/svg}"
_MOVE = re.compile(r"translate\(([-\d.e]+),\s*([-\d.e]+)\)")


@dataclass(frozen=True)
class Text:
    """A text of a picture; the box is as wide as the text can be in its font."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    colour: str


@dataclass(frozen=True)
class Box:
    """A rectangle of a picture."""

    left: float
    right: float
    top: float
    bottom: float
    fill: str


def texts(svg: str) -> list[Text]:
    found: list[Text] = []
    _walk(ElementTree.fromstring(svg), 0.0, 0.0, found, [])
    return found


def boxes(svg: str) -> list[Box]:
    """Return filled rectangles, the sheet itself excepted."""
    found: list[Box] = []
    _walk(ElementTree.fromstring(svg), 0.0, 0.0, [], found)
    return found


def words(svg: str) -> str:
    """Return every text of the picture, lines joined by ordinary spaces."""
    return " ".join(text.text for text in texts(svg))


def leaves_ink(svg: str, text: Text) -> bool:
    """Tell whether the box of a text looks different without it."""
    box = (text.left, text.top, text.right - text.left, text.bottom - text.top)
    shown = _cropped(svg, *box)
    node = f">{text.text.replace('&', '&amp;').replace('<', '&lt;')}</text>"
    assert node in shown
    return _png(shown) != _png(shown.replace(node, "></text>"))


def overlaps(found: list[Text]) -> list[tuple[str, str]]:
    """Return the pairs of texts whose boxes share more than a hair."""
    hair = 1.0
    return [
        (one.text, other.text)
        for k, one in enumerate(found)
        for other in found[k + 1 :]
        if one.left < other.right - hair
        and other.left < one.right - hair
        and one.top < other.bottom - hair
        and other.top < one.bottom - hair
    ]


def _cropped(svg: str, left: float, top: float, width: float, height: float) -> str:
    whole = 'width="960" height="540" viewBox="0 0 960 540"'
    assert whole in svg
    part = f'width="{width}" height="{height}" viewBox="{left} {top} {width} {height}"'
    return svg.replace(whole, part)


def _png(svg: str) -> bytes:
    return vl_convert.svg_to_png(svg, scale=1)


def _walk(
    node: ElementTree.Element, x: float, y: float, found: list[Text], drawn: list[Box]
) -> None:
    if moved := _MOVE.search(node.get("transform", "")):
        x, y = x + float(moved[1]), y + float(moved[2])
    if node.tag == f"{_SVG}text" and node.text:
        found.append(_text(node, x, y))
    d, fill = node.get("d", ""), node.get("fill", "none")
    if node.tag == f"{_SVG}path" and "h" in d and fill not in ("none", "transparent"):
        drawn.append(_box(d, x, y, fill))
    for child in node:
        _walk(child, x, y, found, drawn)


def _text(node: ElementTree.Element, x: float, baseline: float) -> Text:
    size = float(node.get("font-size", "11px").removesuffix("px"))
    bold = node.get("font-weight") == "bold"
    width = style.text_width(node.text or "", size=size, bold=bold)
    shift = {"start": 0.0, "middle": width / 2, "end": width}[node.get("text-anchor", "start")]
    return Text(
        text=node.text or "",
        left=x - shift,
        right=x - shift + width,
        top=baseline - 0.75 * size,
        bottom=baseline + 0.22 * size,
        size=size,
        colour=node.get("fill", ""),
    )


def _box(d: str, x: float, y: float, fill: str) -> Box:
    found = re.match(r"M([-\d.e]+),([-\d.e]+)h([-\d.e]+)v([-\d.e]+)", d)
    assert found, d
    left, top, width, height = (float(part) for part in found.groups())
    return Box(x + left, x + left + width, y + top, y + top + height, fill)
