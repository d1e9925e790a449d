"""Projects counted by type of owner, device, theme and place."""

from __future__ import annotations

import pandas as pd
import pytest

from observatoire_pipeline.charts import directory as directory_charts
from observatoire_pipeline.charts.rendering import render
from observatoire_pipeline.codebook.directory import read_directory_book
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.collectivites.extents import extents
from observatoire_pipeline.marts.directory import directory_figures
from observatoire_pipeline.tables.catalogue import catalogue

ROOT = packaged_codebook()


def figures(projects, codes):
    return directory_figures(
        pd.DataFrame(projects, columns=["project_id", "owner_type", "departement"]),
        pd.DataFrame(codes, columns=["project_id", "facet", "code"]),
        book=read_directory_book(ROOT),
        departements={code: f"Nom {code}" for code in extents()},
        table=catalogue(read_codebook(ROOT))["mart_directory"],
    )


@pytest.fixture(scope="module")
def made():
    projects = [("p1", "commune", "35"), ("p2", "commune", "35"), ("p3", "etat", "974")]
    codes = [
        ("p1", "device", "DC"), ("p1", "device", "PN"), ("p1", "theme", "URB"),
        ("p2", "device", "DC"), ("p2", "theme", "URB"), ("p2", "theme", "ENV"),
        ("p3", "device", "BP"), ("p3", "theme", "MTH"), ("p3", "source", "trophees_2016"),
    ]  # fmt: skip
    return figures(projects, codes)


def counts(made, margin, *keys):
    rows = made[(made["margin"] == margin) & (made["projects_n"] > 0)]
    return {tuple(row[key] for key in keys): row["projects_n"] for row in rows.to_dict("records")}


def test_a_project_counts_once_a_value_whatever_else_it_has(made):
    assert counts(made, "device", "device") == {("DC",): 2, ("PN",): 1, ("BP",): 1}
    assert counts(made, "theme", "theme") == {("URB",): 2, ("ENV",): 1, ("MTH",): 1}
    assert counts(made, "owner_type", "owner_type") == {("commune",): 2, ("etat",): 1}
    assert counts(made, "all") == {(): 3}


def test_devices_by_type_of_owner_and_theme(made):
    keys = ("owner_type", "device", "theme")
    assert counts(made, "owner_type × device × theme", *keys) == {
        ("commune", "DC", "URB"): 2, ("commune", "DC", "ENV"): 1, ("commune", "PN", "URB"): 1,
        ("etat", "BP", "MTH"): 1,
    }  # fmt: skip


def test_every_departement_has_a_row_and_the_base_is_said(made):
    places = made[made["margin"] == "departement"]
    assert len(places) == 102
    assert places["projects_n"].sum() == 3
    assert made["base_n"].unique().tolist() == [3]
    assert made["base_words"].unique().tolist() == ["3 projets recensés"]
    assert made["figure_id"].is_unique
    assert not made["synthetic"].any()


def test_labels_are_those_of_readers(made):
    row = made.set_index("figure_id").loc["directory.projet.commune.DC.all.all.projects"]
    assert (row["owner_type_label"], row["device_label"]) == (
        "Commune",
        "Dispositif de consultation",
    )


def test_no_project_makes_no_figure_and_no_map():
    empty = figures([], [])
    assert empty.empty
    codebook = read_codebook(ROOT)
    assert (
        list(directory_charts.charts(empty, book=read_directory_book(ROOT), codebook=codebook))
        == []
    )


def test_the_map_names_the_source_of_the_directory_and_tells_its_numbers(made):
    codebook = read_codebook(ROOT)
    (spec,) = directory_charts.charts(made, book=read_directory_book(ROOT), codebook=codebook)
    picture = render(spec)
    assert "annuaire des projets" in picture.svg
    assert "Nom 35 (35)\u00a0: 2." in picture.description
    assert "synthétiques" not in picture.svg
