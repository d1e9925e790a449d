"""Maps of tiles: every département once, roughly at its place, read by its number."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

import pandas as pd
import pytest

from observatoire_pipeline.charts import map as tile_map
from observatoire_pipeline.charts import style
from observatoire_pipeline.charts.rendering import as_altair, render
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.collectivites.reference import read_reference, units_at
from observatoire_pipeline.marts.territories import departement_counts
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.unit.charts import drawn
from observatoire_pipeline_tests.unit.charts.test_drawing import WRONG_SPACES

FAMOUS_NEIGHBOURS = [
    ("59", "62"), ("59", "02"), ("29", "22"), ("29", "56"), ("75", "92"), ("75", "93"),
    ("75", "94"), ("67", "68"), ("33", "40"), ("40", "64"), ("64", "65"), ("31", "81"),
    ("2A", "2B"), ("13", "84"), ("06", "04"), ("73", "74"), ("69", "42"), ("44", "49"),
    ("14", "50"), ("76", "80"), ("11", "66"), ("54", "88"), ("21", "71"), ("63", "03"),
]  # fmt: skip


@cache
def names() -> dict[str, str]:
    found = units_at(read_reference(), date="2019-01-01", kinds=("departement",))
    return dict(zip(found["code"], found["name"], strict=True))


def profiles(**departements: list[str]) -> pd.DataFrame:
    rows = [(edition, place) for edition, places in departements.items() for place in places]
    return pd.DataFrame(
        {
            "edition": [edition.removeprefix("e") for edition, _ in rows],
            "departement": [place for _, place in rows],
            "counts": True,
            "synthetic": True,
        }
    )


def counted(frame: pd.DataFrame) -> pd.DataFrame:
    codebook = read_codebook(packaged_codebook())
    table = catalogue(codebook)["mart_departements"]
    return departement_counts(frame, codebook=codebook, names=names(), table=table)


@cache
def picture(most: int = 12):
    places = ["75"] * most + ["35"] * 3 + ["974", "2A", "2A", "", "unknown", "unknown"]
    codebook = read_codebook(packaged_codebook())
    (spec,) = tile_map.charts(counted(profiles(e2018=places)), codebook=codebook)
    as_altair(spec)
    return render(spec)


# --- the tiles ------------------------------------------------------------------------------


def test_every_departement_has_one_tile_and_no_two_share_a_place():
    tiles = tile_map.tiles()
    assert set(tiles) == set(names())
    assert len(tiles) == 101
    assert len(set(tiles.values())) == 101


def test_neighbours_are_near_one_another():
    tiles = tile_map.tiles()
    far = {
        (one, other): (tiles[one], tiles[other])
        for one, other in FAMOUS_NEIGHBOURS
        if max(abs(a - b) for a, b in zip(tiles[one], tiles[other], strict=True)) > 1
    }
    assert far == {}


@pytest.mark.parametrize(
    "from_west_to_east",
    [("29", "35", "53", "61", "75", "77", "52", "68"), ("64", "31", "34", "06")],
)
def test_the_west_is_left(from_west_to_east):
    columns = [tile_map.tiles()[code][0] for code in from_west_to_east]
    assert all(left <= right for left, right in pairwise(columns))
    assert columns[0] < columns[-1]


@pytest.mark.parametrize(
    "from_north_to_south", [("59", "60", "75", "45", "63", "15", "81", "11", "66"), ("50", "35")]
)
def test_the_north_is_up(from_north_to_south):
    rows = [tile_map.tiles()[code][1] for code in from_north_to_south]
    assert all(up <= down for up, down in pairwise(rows))
    assert rows[0] < rows[-1]


# --- the mart -------------------------------------------------------------------------------


def test_departements_without_anybody_have_a_row_and_all_rows_sum_to_the_base():
    made = counted(profiles(e2017=["75", "75", "", "unknown"], e2018=["01"]))
    of_2017 = made[made["edition"] == "2017"].set_index("departement")
    assert len(of_2017) == 103
    assert of_2017["collectivites_n"].sum() == 4
    assert of_2017["base_n"].unique().tolist() == [4]
    assert of_2017.loc[["75", "region", "unknown", "01"], "collectivites_n"].tolist() == [
        2, 1, 1, 0,
    ]  # fmt: skip
    assert made["figure_id"].is_unique


def test_a_second_response_of_a_collectivite_is_a_response_and_not_a_collectivite():
    frame = profiles(e2018=["75", "75"]).assign(counts=[True, False])
    paris = counted(frame).set_index("departement").loc["75"]
    assert (paris["collectivites_n"], paris["responses_n"], paris["base_n"]) == (1, 2, 1)


def test_a_departement_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="no such départements: 20, 99"):
        counted(profiles(e2018=["99", "75", "20"]))


def test_no_profile_makes_no_row():
    assert counted(profiles()).empty


# --- the picture ----------------------------------------------------------------------------


def test_numbers_stand_in_the_tiles_so_that_no_colour_is_needed():
    texts = drawn.texts(picture().svg)
    (paris,) = [t for t in texts if t.text == "75"]
    beside = [
        t.text
        for t in texts
        if t.left > paris.right
        and t.right < paris.left + 44
        and abs(t.top + t.bottom - paris.top - paris.bottom) < 4
    ]
    assert beside == ["12"]


def test_ink_on_every_shade_reads_at_four_and_a_half_to_one():
    for most in (1, 4, 9, 700):
        for shade in style.sequential(len(tile_map.classes(most))):
            assert style.contrast(style.ink_on(shade), shade) >= 4.5
    assert style.contrast(style.MUTED, style.PAPER) >= 4.5


@pytest.mark.parametrize("most", [1, 12, 345, 1234])
def test_no_text_leaves_the_sheet_or_touches_another(most):
    texts = drawn.texts(picture(most).svg)
    assert not drawn.overlaps(texts)
    assert min(t.left for t in texts) >= 0
    assert max(t.right for t in texts) <= style.WIDTH
    assert max(t.bottom for t in texts) <= style.HEIGHT
    assert min(t.size for t in texts) >= 11


def test_the_alternative_text_tells_every_number_and_what_stands_on_no_tile():
    said = picture().description
    assert "Paris (75)\u00a0: 12." in said
    assert "Corse-du-Sud (2A)\u00a0: 2." in said
    assert "La Réunion (974)\u00a0: 1." in said
    assert "Les autres départements\u00a0: 0." in said
    assert "régions (1)" in said
    assert "département inconnu (2)" in said
    assert re.search("4 départements sur 101", said)


def test_the_foot_tells_what_stands_on_no_tile_and_the_head_that_answers_are_synthetic():
    words = drawn.words(picture().svg)
    assert "Hors carte\u00a0: régions (1)\u202f; département inconnu (2)." in words
    assert "Données synthétiques" in words
    assert "Source\u00a0: Décider ensemble" in words


def test_every_text_has_french_typography():
    for text in (*(t.text for t in drawn.texts(picture().svg)), picture().description):
        assert not WRONG_SPACES.search(text), text


def test_figures_of_the_map_are_rows_of_the_mart():
    assert len(picture().figure_ids) == 101
    known = set(counted(profiles(e2018=["75"]))["figure_id"])
    assert set(picture().figure_ids) <= known


@pytest.mark.parametrize(
    ("highest", "lowest"),
    [
        (0, []),
        (1, [1]),
        (4, [1, 2, 3, 4]),
        (8, [1, 2, 5]),
        (14, [1, 2, 5, 10]),
        (60, [1, 10, 20, 50]),
    ],
)
def test_shades_begin_at_one_and_end_under_the_highest_count(highest, lowest):
    assert tile_map.classes(highest) == lowest


def test_a_map_without_a_departement_is_refused_by_name():
    codebook = read_codebook(packaged_codebook())
    rows = counted(profiles(e2018=["75"]))
    with pytest.raises(ValueError, match="disagree on 75"):
        tile_map.chart(rows[rows["departement"] != "75"], codebook=codebook)
