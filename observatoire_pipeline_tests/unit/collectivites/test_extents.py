"""The boxes of départements, against towns whose place everybody knows."""

from __future__ import annotations

import pytest

from observatoire_pipeline.collectivites.extents import departements_around, extents
from observatoire_pipeline.collectivites.reference import read_reference, units_at


def test_there_is_one_box_for_each_departement():
    units = units_at(read_reference(), date="2019-01-01", kinds=("departement",))
    assert set(extents()) == set(units["code"])
    assert all(box.south < box.north and box.west < box.east for box in extents().values())


@pytest.mark.parametrize(
    ("latitude", "longitude", "departement"),
    [
        (48.857, 2.352, "75"), (48.39, -4.49, "29"), (43.70, 7.27, "06"), (51.03, 2.38, "59"),
        (41.92, 8.74, "2A"), (42.70, 9.45, "2B"), (16.24, -61.53, "971"), (14.61, -61.07, "972"),
        (4.94, -52.33, "973"), (-20.88, 55.45, "974"), (-12.78, 45.23, "976"),
    ],
)  # fmt: skip
def test_known_towns_lie_in_their_departement(latitude, longitude, departement):
    assert departement in departements_around(latitude, longitude)


@pytest.mark.parametrize("point", [(40.42, -3.70), (52.52, 13.40), (0.0, 0.0), (46.78, -56.17)])
def test_no_departement_reaches_madrid_berlin_the_gulf_of_guinea_or_saint_pierre(point):
    assert departements_around(*point) == ()
