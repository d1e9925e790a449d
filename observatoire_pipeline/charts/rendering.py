"""A chart becomes a picture: SVG with its text alternative, PNG from that SVG.

In: one call of vl-convert for each chart (no browser, no network), the head of the SVG, and the
pictures of the last run, so that a chart that has not changed is not drawn again.
Not in: what is drawn (the family modules and `page`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from observatoire_pipeline.charts.layers import Spec

if TYPE_CHECKING:
    import altair as alt

SCALE = 2
"""Pixels of the PNG for one pixel of the sheet."""

_NOISE = re.compile(r' (?:role="graphics-\w+"|aria-roledescription="[^"]*")')


@dataclass(frozen=True)
class Picture:
    """A chart as files, with what a reader who does not see it needs.

    Attributes:
        name: Slug of the file, `2018_perc_apports_outils`.
        title: The title that stands on the picture.
        description: Text alternative: form of the chart, base, and every value it shows.
        svg: The drawing, self-contained.
        png: The same at `SCALE` times the size.
        figure_ids: The rows of the marts that are drawn, in their order on the picture.
        family: likert, choice, bracket, ranking, comparison or map.
        synthetic: Whether the answers were generated, not collected.
    """

    name: str
    title: str
    description: str
    svg: str
    png: bytes
    figure_ids: tuple[str, ...]
    family: str
    synthetic: bool


def render(chart: Spec) -> Picture:
    """Return the picture of a chart that a family module made.

    The chart carries its name, title, description and figures in `usermeta`. The same chart gives
    the same bytes.
    """
    return _picture(chart, *_drawn(chart))


def render_all(charts: Iterable[Spec], *, kept: Path) -> Iterator[Picture]:
    """Yield the pictures of charts, drawing those only that the folder `kept` has not.

    A picture is kept by a digest of all that makes it: the chart, the version of vl-convert and the
    source of this module. What no chart of this call needs is removed at the end.

    Args:
        charts: Charts of one family or more, always the same ones for a folder.
        kept: Folder of the pictures; created when missing, and free to be deleted at any time.
    """
    kept.mkdir(parents=True, exist_ok=True)
    used = set()
    for chart in charts:
        files = [kept / f"{_digest(chart)}.{kind}" for kind in ("svg", "png")]
        used.update(files)
        try:
            drawn = files[0].read_text(encoding="utf-8"), files[1].read_bytes()
        except FileNotFoundError:
            drawn = _drawn(chart)
            for file, content in zip(files, (drawn[0].encode(), drawn[1]), strict=True):
                beside = file.with_name(f".{os.getpid()}.{file.name}")
                beside.write_bytes(content)
                beside.replace(file)
        yield _picture(chart, *drawn)
    for file in set(kept.iterdir()) - used:
        with contextlib.suppress(FileNotFoundError):
            file.unlink()


def _digest(chart: Spec) -> str:
    made_by = [version("vl-convert-python"), Path(__file__).read_text(encoding="utf-8"), chart]
    return hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()


def _drawn(chart: Spec) -> tuple[str, bytes]:
    """Return the SVG and the PNG of a chart."""
    import vl_convert

    meta = chart["usermeta"]
    svg = _described(
        vl_convert.vegalite_to_svg(chart),
        name=meta["name"],
        title=meta["title"],
        description=meta["description"],
    )
    return svg, _packed(vl_convert.svg_to_png(svg, scale=SCALE))


def _packed(png: bytes) -> bytes:
    """Return the same picture with its pixels compressed again, to a quarter of the size.

    A PNG is a signature and chunks (length, kind, content, checksum); the pixels are one zlib
    stream over the IDAT chunks (W3C, "Portable Network Graphics", §5 and §10).
    """
    before, pixels, after, place = png[:8], b"", b"", 8
    while place < len(png):
        length = int.from_bytes(png[place : place + 4])
        chunk, content = png[place : place + length + 12], png[place + 8 : place + 8 + length]
        if chunk[4:8] == b"IDAT":
            pixels += content
        elif pixels:
            after += chunk
        else:
            before += chunk
        place += length + 12
    body = b"IDAT" + zlib.compress(zlib.decompress(pixels), level=6)
    checksum = zlib.crc32(body).to_bytes(4)
    return before + (len(body) - 4).to_bytes(4) + body + checksum + after


def _picture(chart: Spec, svg: str, png: bytes) -> Picture:
    meta = chart["usermeta"]
    return Picture(
        name=meta["name"],
        title=meta["title"],
        description=meta["description"],
        svg=svg,
        png=png,
        figure_ids=tuple(meta["figure_ids"]),
        family=meta["family"],
        synthetic=meta["synthetic"],
    )


def as_altair(chart: Spec) -> alt.LayerChart:
    """Return the chart as an Altair object, for a notebook that wants to change it.

    Charts are made as the JSON that Altair would write, because building Altair's objects takes
    longer than drawing (measured over the barometer: 130 ms a chart beside 25 ms for its SVG).

    Raises:
        altair.utils.schemapi.SchemaValidationError: the chart is not Vega-Lite.
    """
    import altair as alt

    return alt.LayerChart.from_dict(chart)


def _described(svg: str, *, name: str, title: str, description: str) -> str:
    """Give the root of an SVG a role, a title and a description, which Vega does not.

    The identifiers hold the name of the picture, so that several stand in one page. The roles
    that Vega leaves on its groups would make readers announce unnamed objects inside the image.
    """
    svg = _NOISE.sub("", svg)
    start = svg.index("<svg")
    end = svg.index(">", start)
    head = (
        f' role="img" aria-labelledby="chart-{name}-title chart-{name}-desc">'
        f'<title id="chart-{name}-title">{escape(title)}</title>'
        f'<desc id="chart-{name}-desc">{escape(description)}</desc>'
    )
    return svg[start:end] + head + svg[end + 1 :]
