"""The directory through its job: accepted with a receipt, refused with nothing changed, sensed."""

from __future__ import annotations

import shutil

import dagster as dg
import pytest

from observatoire_pipeline.automation import directory_sensor, landing_sensor
from observatoire_pipeline.publish.assets import _standing
from observatoire_pipeline.publish.directory import judge
from observatoire_pipeline.tables.catalogue import DIRECTORY_TABLES
from observatoire_pipeline_tests.pipeline.homes import Home, complaints, contents
from observatoire_pipeline_tests.unit.ingest.directories import project, write


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path / "home")
    yield made
    made.close()


def land(home, *projects):
    return write(home.landing("directory"), *projects)


def tick(home, sensor, cursor=None):
    context = dg.build_sensor_context(
        instance=home.instance,
        cursor=cursor,
        resources={"survey": home.survey, "lake": home.lake},
        definitions=home.definitions(),
    )
    return sensor.evaluate_tick(context)


def test_a_directory_is_accepted_refused_and_sensed(home):
    land(home, project(1), project(2, code_dispositif="PN", tag_dispositif=""))
    first = tick(home, directory_sensor)
    assert first.run_requests == []
    second = tick(home, directory_sensor, first.cursor)
    assert len(second.run_requests) == 1
    assert "directory" not in tick(home, landing_sensor).skip_message

    result = home.launch("directory", tags=second.run_requests[0].tags)
    assert result.success, complaints(result)
    assert len(home.lake.read("directory_projects")) == 2
    assert home.lake.read("directory_charts")["chart"].tolist() == ["annuaire_departements"]
    assert judge(_standing(home.survey, home.lake))[0]
    assert "accepted as it stands" in tick(home, directory_sensor, second.cursor).skip_message

    good = contents(home.survey.lake)
    land(home, project(1, code_dispositif="XX"), project(1, lat="0"))
    third = tick(home, directory_sensor, tick(home, directory_sensor).cursor)
    failed = home.launch("directory", tags=third.run_requests[0].tags)
    assert not failed.success
    said = complaints(failed)
    assert "the code “XX”" in said
    assert "2 times" in said
    assert "inside metropolitan France" in said
    assert contents(home.survey.lake) == good
    assert "failed on this file" in tick(home, directory_sensor, third.cursor).skip_message
    whole, notes = judge(_standing(home.survey, home.lake))
    assert whole
    assert "le précédent" in notes[-1]


def test_without_a_directory_the_job_makes_empty_tables(home):
    result = home.launch("directory")
    assert result.success, complaints(result)
    sizes = {name: len(home.lake.read(name)) for name in DIRECTORY_TABLES}
    assert sizes.pop("accepted_directory") == 1
    assert set(sizes.values()) == {0}
    goes_out, (note,) = judge(_standing(home.survey, home.lake))
    assert goes_out
    assert "Aucun annuaire n’a été déposé" in note


def test_a_table_that_fails_its_check_gets_no_receipt_and_no_release(home, monkeypatch):
    """The mart is spoiled between its computation and its check, as a slip in its rules would."""
    from observatoire_pipeline.marts import assets as marts

    land(home, project(1))
    honest = marts.directory_figures

    def twice(*args, **more):
        made = honest(*args, **more)
        return made.assign(figure_id="one")

    monkeypatch.setattr(marts, "directory_figures", twice)
    result = home.launch("directory")
    assert not result.success
    assert "is_the_declared_table of mart_directory" in complaints(result)
    assert not home.lake.exists("accepted_directory")
    assert judge(_standing(home.survey, home.lake))[0] is False
    shutil.rmtree(home.landing("directory"))
