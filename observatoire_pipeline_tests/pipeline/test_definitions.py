"""What Dagster is told: the code location loads as shipped, and every asset says what it is."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import dagster as dg
import pytest
import yaml

from observatoire_pipeline.codebook.reader import packaged_codebook
from observatoire_pipeline.definitions import build_definitions
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.table_checks import CHECK_NAME
from observatoire_pipeline.tables.catalogue import DIRECTORY_TABLES, catalogue

REPOSITORY = Path(__file__).parents[2]
JOBS = ("edition", "directory", "publication", "quality")
STAGES = {"ingest", "validate", "normalise", "longitudinal", "marts", "charts", "publish"}


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return SurveyHome(home=str(home), codebook=str(packaged_codebook()))


@pytest.fixture(scope="module")
def definitions(survey):
    return build_definitions(survey=survey)


@pytest.fixture(scope="module")
def graph(definitions):
    return definitions.resolve_asset_graph()


@pytest.fixture(scope="module")
def tables(survey):
    return catalogue(survey.read_codebook())


# --- the code location ----------------------------------------------------------------------


@pytest.mark.slow
def test_the_workspace_loads_in_a_process_of_its_own_without_a_warning(tmp_path):
    workspace = REPOSITORY / "workspace.yaml"
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(tmp_path),
        "OBSERVATOIRE_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(REPOSITORY),
    }
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", str(workspace)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Validation successful for code location observatoire_pipeline" in said
    assert [w for w in ("BetaWarning", "PreviewWarning", "DeprecationWarning") if w in said] == []


def test_loading_leaves_no_trace_in_the_home(survey, definitions):
    assert definitions is not None
    assert list(Path(survey.home).iterdir()) == []


def test_pyproject_and_the_workspace_name_the_same_location():
    """`[tool.dagster]` outranks workspace.yaml unless -w is given, so both must agree."""
    with (REPOSITORY / "pyproject.toml").open("rb") as stream:
        tool = tomllib.load(stream)["tool"]["dagster"]
    (entry,) = yaml.safe_load((REPOSITORY / "workspace.yaml").read_text())["load_from"]
    assert entry["python_module"] == {
        "module_name": tool["module_name"],
        "location_name": tool["code_location_name"],
    }


# --- the assets -----------------------------------------------------------------------------


def test_the_groups_are_the_seven_stages_and_the_report_apart(graph):
    groups = {key.to_user_string(): graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert groups.pop("quality_report") == "quality"
    assert set(groups.values()) == STAGES


def test_every_declared_table_is_an_asset_and_every_asset_but_the_release_is_a_table(graph, tables):
    assets = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert assets == {*tables, "release"}


def test_every_asset_has_an_owner_and_says_what_one_row_is(graph, tables):
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.owners == ["team:observatoire"], key
        if key.to_user_string() in tables:
            assert (node.description or "").startswith("One row is "), key
        else:
            assert node.description, key


def test_every_table_shows_its_columns(graph, tables):
    for name, table in tables.items():
        schema = graph.get(dg.AssetKey(name)).metadata["dagster/column_schema"]
        schema = getattr(schema, "schema", schema)
        assert [column.name for column in schema.columns] == list(table.column_names), name
        assert [c.name for c in schema.columns if not c.description] == [], name


def test_tables_of_one_edition_are_partitioned_by_edition(graph, tables, survey):
    editions = list(survey.read_codebook().edition_keys)
    for name, table in tables.items():
        partitions = graph.get(dg.AssetKey(name)).partitions_def
        found = None if partitions is None else partitions.get_partition_keys()
        assert found == (editions if table.per_edition else None), name


def test_every_declared_table_has_its_blocking_check(graph, tables):
    for name in tables:
        key = dg.AssetCheckKey(dg.AssetKey(name), CHECK_NAME)
        assert key in graph.asset_check_keys, name
        assert graph.get(key).blocking, name


def test_what_only_warns_blocks_nothing(graph):
    lax = [key for key in graph.asset_check_keys if not graph.get(key).blocking]
    assert {key.asset_key.to_user_string() for key in lax} == {"quality_report"}


# --- the jobs -------------------------------------------------------------------------------


def selected(definitions, job):
    layer = definitions.resolve_job_def(job).asset_layer
    return {key.to_user_string() for key in layer.selected_asset_keys}


def test_the_edition_job_goes_from_the_file_to_the_receipt(definitions, tables):
    found = selected(definitions, "edition")
    assert found == {t.name for t in tables.values() if t.per_edition} - {"quality_report"}
    assert {"source_files", "accepted_editions"} <= found
    assert definitions.resolve_job_def("edition").partitions_def is not None


def test_the_publication_job_goes_from_the_panel_to_the_release(definitions, tables):
    found = selected(definitions, "publication")
    every = {t.name for t in tables.values() if not t.per_edition} | {"release"}
    assert found == every - set(DIRECTORY_TABLES)
    assert definitions.resolve_job_def("publication").partitions_def is None


def test_the_directory_has_a_job_of_its_own_so_that_it_holds_up_no_edition(definitions):
    assert selected(definitions, "directory") == set(DIRECTORY_TABLES)
    assert definitions.resolve_job_def("directory").partitions_def is None


def test_the_quality_job_makes_the_report_alone(definitions):
    assert selected(definitions, "quality") == {"quality_report"}


def test_every_asset_is_made_by_exactly_one_job(definitions, graph):
    made = [selected(definitions, job) for job in JOBS]
    assert set.union(*made) == {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert sum(map(len, made)) == len(set.union(*made))


@pytest.mark.parametrize("job", ["edition", "publication", "directory"])
def test_a_job_runs_the_checks_of_its_assets(definitions, graph, job):
    layer = definitions.resolve_job_def(job).asset_layer
    wanted = {
        key
        for key in graph.asset_check_keys
        if key.asset_key.to_user_string() in selected(definitions, job)
    }
    assert wanted <= set(layer.asset_graph.asset_check_keys)


@pytest.mark.parametrize(
    ("job", "name"), [("edition", "accepted_editions"), ("directory", "accepted_directory")]
)
def test_the_receipt_stands_behind_every_blocking_check_of_its_job(definitions, graph, job, name):
    """A blocking check holds back what is downstream of its asset: the receipt must be, of each."""
    receipt = dg.AssetKey(name)
    others = {dg.AssetKey(n) for n in selected(definitions, job)} - {receipt}
    assert others <= graph.get_ancestor_asset_keys(receipt) | graph.get(receipt).parent_keys
    direct = graph.get(receipt).parent_keys
    assert others - direct == set(), "a check blocks only what depends on its asset directly"


def test_the_sensors_and_the_schedules_are_on(definitions):
    sensors = {sensor.name: sensor for sensor in definitions.sensors}
    assert set(sensors) == {"landing_sensor", "directory_sensor", "from_receipt_to_release"}
    for sensor in sensors.values():
        assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    schedules = {schedule.name: schedule for schedule in definitions.schedules}
    assert set(schedules) == {"yearly_download", "yearly_ingestion"}
    for schedule in schedules.values():
        assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
