"""Whether the directory stands in a release: only as accepted, and the cover says what is not."""

from __future__ import annotations

import pandas as pd
import pytest

from observatoire_pipeline.publish.directory import Standing, judge, receipt_of

FILES = pd.DataFrame(
    {
        "file": ["ressources.csv", "ressources_2.csv"],
        "state": ["superseded", "read"],
        "landing_sha256": ["a", "a"],
        "directory_sha256": ["b", "b"],
    }
)
STORED = {"directory_projects": "1", "mart_directory": "2"}


def standing(projects=83, *, landed="a", stored=None, receipt=True) -> Standing:
    made = receipt_of(FILES, pd.DataFrame(index=range(projects)), STORED, run_id="r")
    return Standing(
        receipt=made if receipt else None,
        stored=STORED if stored is None else stored,
        landed=landed,
        title="Projets",
        licence="Licence Ouverte 2.0",
    )


def test_the_receipt_names_the_file_that_was_read():
    made = receipt_of(FILES, pd.DataFrame(index=range(2)), STORED, run_id="r")
    assert (made["file"], made["projects"], made["landing_sha256"]) == ("ressources_2.csv", 2, "a")


def test_an_accepted_directory_goes_out_and_is_said_to_be_real():
    whole, (note,) = judge(standing())
    assert whole
    assert "83 projets réels" in note
    assert "Licence Ouverte 2.0" in note


def test_a_table_that_is_not_the_accepted_one_keeps_the_directory_out_and_says_so():
    whole, (note,) = judge(standing(stored={**STORED, "mart_directory": "3"}))
    assert not whole
    assert "n’en contient aucun" in note


@pytest.mark.parametrize("landed", ["newer", None])
def test_a_newer_file_that_is_not_accepted_is_told_and_the_previous_one_goes_out(landed):
    whole, notes = judge(standing(landed=landed))
    assert whole
    assert "le précédent" in notes[1]


def test_a_file_that_was_never_accepted_is_told():
    whole, (note,) = judge(standing(receipt=False, stored={}))
    assert not whole
    assert "n’en contient aucun" in note


def test_without_a_directory_the_cover_says_why_its_tables_are_empty():
    whole, (note,) = judge(standing(receipt=False, stored={}, landed=""))
    assert not whole
    assert "Aucun annuaire n’a été déposé" in note
    assert "vides" in note


def test_an_emptied_folder_is_no_complaint():
    (note,) = judge(standing(landed=""))[1]
    assert "83 projets réels" in note
