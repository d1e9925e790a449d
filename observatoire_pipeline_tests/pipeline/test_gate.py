"""Nothing is published but what was accepted, and a refusal leaves the last release as it was."""

import json
import shutil

import pytest

from observatoire_pipeline.definitions import build_definitions
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline_tests.pipeline.homes import (
    UP_TO_MARTS,
    Home,
    column_of,
    complaints,
    contents,
    table_of,
)


class LosesACell(Lake):
    """A lake that forgets one coded cell of each cell map, as a faulty disk or edit would."""

    def write(self, frame, table, edition=None):
        if table == "cell_map":
            frame = frame.copy()
            frame.loc[frame["cells_coded"].idxmax(), "cells_coded"] -= 1
        return super().write(frame, table, edition)


def write_an_unknown_label(home: Home) -> None:
    def edit(rows):
        position = column_of(rows, "Quel budget annuel")
        rows[5][position] = "Environ 3 millions"

    home.edit_export("2018", edit)


def add_an_unknown_column(home: Home) -> None:
    def edit(rows):
        for row, cell in zip(rows, ["Êtes-vous heureux ?", "Response"], strict=False):
            row.append(cell)
        for row in rows[2:]:
            row.append("Oui")

    home.edit_export("2018", edit)


def read_badly(home: Home) -> str:
    """Read the edition 2018, which must fail, and return what the run said."""
    result = home.read_edition("2018")
    assert not result.success
    return complaints(result)


SPOILED = {
    "an answer that no list knows": (
        write_an_unknown_label,
        ["Environ 3 millions", "row 6", "recodes.csv: budget,2018,Environ 3 millions,"],
        "step validated_export failed",
    ),
    "a column that no question knows": (
        add_an_unknown_column,
        ["Êtes-vous heureux ?", "columns/"],
        "step raw_export failed",
    ),
}


@pytest.mark.parametrize("case", SPOILED)
def test_a_bad_edition_stops_the_publication_and_leaves_the_last_release(sample, copy_of, case):
    spoil, words, step = SPOILED[case]
    home = copy_of(sample.root)
    before = contents(home.survey.releases), contents(home.survey.microdata)
    spoil(home)
    said = read_badly(home)
    assert [word for word in words if word not in said] == [], said
    result = home.publish()
    refusal = complaints(result)
    assert not result.success
    assert "nothing is published" in refusal
    assert "edition 2018: the landing folder holds other files than those" in refusal
    assert step in refusal
    assert "launch the edition job for 2018" in refusal
    assert "edition 2016" not in refusal
    assert (contents(home.survey.releases), contents(home.survey.microdata)) == before


@pytest.mark.parametrize("case", SPOILED)
def test_an_edition_that_was_never_accepted_stops_the_publication(two_accepted, copy_of, case):
    spoil, words, step = SPOILED[case]
    home = copy_of(two_accepted)
    spoil(home)
    assert [word for word in words if word not in read_badly(home)] == []
    result = home.publish()
    refusal = complaints(result)
    assert not result.success
    assert "edition 2018: files have landed, but the edition was never accepted" in refusal
    assert step in refusal
    assert not home.latest.exists()


def test_a_failed_blocking_check_closes_the_gate_for_later_runs(sample, copy_of):
    home = copy_of(sample.root)
    before = contents(home.survey.releases)
    spoiled = LosesACell(root=str(home.survey.lake), codebook=str(home.codebook))
    job = build_definitions(
        survey=home.survey, resources={"lake": spoiled, "io_manager": spoiled}
    ).resolve_job_def("edition")
    result = job.execute_in_process(
        partition_key="2018", instance=home.instance, raise_on_error=False
    )
    assert not result.success
    assert "check cells_are_conserved of cell_map failed" in complaints(result)
    refused = home.publish()
    assert not refused.success
    assert "edition 2018: stored tables differ from those that were accepted: cell_map" in (
        complaints(refused)
    )
    assert "check cells_are_conserved of cell_map failed" in complaints(refused)
    assert contents(home.survey.releases) == before


def test_a_partition_replaced_by_hand_is_refused(sample, copy_of):
    home = copy_of(sample.root)
    frame = home.lake.read("norm_responses", "2017")
    home.lake.write(frame.iloc[:-1], "norm_responses", "2017")
    result = home.publish()
    assert not result.success
    assert "edition 2017: stored tables differ from those that were accepted: norm_responses" in (
        complaints(result)
    )


def test_a_receipt_removed_by_hand_is_refused(sample, copy_of):
    home = copy_of(sample.root)
    home.lake.path("accepted_editions", "2017").unlink()
    result = home.publish()
    assert not result.success
    assert "edition 2017: files have landed, but the edition was never accepted" in (
        complaints(result)
    )


def test_a_codebook_edited_after_acceptance_asks_for_editions_to_be_read_again(
    one_accepted, copy_of
):
    home = copy_of(one_accepted)
    shutil.rmtree(home.landing("2017"))
    shutil.rmtree(home.landing("2018"))
    scales = home.codebook / "scales.yaml"
    scales.write_text(scales.read_text(encoding="utf-8") + "# Edited.\n", encoding="utf-8")
    refused = home.publish()
    assert not refused.success
    assert "edition 2016: it was accepted with another state of the codebook" in (
        complaints(refused)
    )
    assert home.read_edition("2016").success
    result = home.publish(until=["panel_responses"])
    assert result.success, complaints(result)


def test_raw_files_may_go_once_they_were_accepted(sample, copy_of):
    home = copy_of(sample.root)
    shutil.rmtree(home.landing("2016"))
    for path in home.landing("2017").iterdir():
        path.unlink()
    result = home.publish(until=["panel_responses"])
    assert result.success, complaints(result)
    assert set(home.lake.read("panel_responses")["edition"]) == {"2016", "2017", "2018"}


def test_an_edition_that_never_landed_does_not_hold_back_the_others(two_accepted, copy_of):
    home = copy_of(two_accepted)
    shutil.rmtree(home.landing("2018"))
    result = home.publish(until=["panel_responses", "panel_instances"])
    assert result.success, complaints(result)
    assert set(home.lake.read("panel_responses")["edition"]) == {"2016", "2017"}


def test_a_release_of_two_editions_speaks_of_two_editions(sample, copy_of):
    """Figures printed in 2018 stay in `mart_published`, but there is no 2018 to publish."""
    home = copy_of(sample.root)
    shutil.rmtree(home.landing("2018"))
    for path in home.survey.lake.glob("*/*/2018.parquet"):
        path.unlink()
    result = home.publish()
    assert result.success, complaints(result)
    about = json.loads((home.latest / "release.json").read_text(encoding="utf-8"))
    assert [edition["edition"] for edition in about["editions"]] == ["2016", "2017"]
    assert set(table_of(home.latest, "mart_estimates")["edition"]) == {"2016", "2017"}


def test_nothing_accepted_is_said_as_such(landed, copy_of):
    home = copy_of(landed)
    shutil.rmtree(home.survey.landing)
    result = home.publish()
    assert not result.success
    assert "no edition has been accepted yet" in complaints(result)


def test_a_synthetic_edition_and_a_real_one_are_not_published_together(sample, copy_of):
    """The same answers, without their brand and manifest, are real as far as anyone can tell."""
    home = copy_of(sample.root)
    before = contents(home.survey.releases)

    def unbrand(rows):
        position = column_of(rows, "Custom Data")
        for row in rows[2:]:
            row[position] = ""

    home.edit_export("2018", unbrand)
    (home.landing("2018") / "manifest.yaml").unlink()
    assert home.read_edition("2018").success
    assert not home.lake.read("accepted_editions", "2018")["synthetic"].any()
    result = home.publish(until=[*UP_TO_MARTS, "release"])
    refusal = complaints(result)
    assert not result.success
    assert "synthetic" in refusal
    assert all(edition in refusal for edition in ("2016", "2017", "2018"))
    assert "mixed_synthetic" in refusal
    assert contents(home.survey.releases) == before
