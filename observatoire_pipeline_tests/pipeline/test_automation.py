"""What launches a run, and what does not: the landing sensor, the clock, and the receipts.

The sensor and the schedule are called as Dagster calls them, on a real instance; runs that are
under way or failed are written into that instance as its own daemon would.
"""

import json
import shutil

import dagster as dg
import pytest

from observatoire_pipeline.automation import (
    CODEBOOK_TAG,
    LANDING_TAG,
    landing_sensor,
    yearly_download,
    yearly_ingestion,
)
from observatoire_pipeline.jobs import (
    DOWNLOAD_JOB,
    directory_selection,
    edition_selection,
    publication_selection,
    quality_selection,
)
from observatoire_pipeline.resources import API_VARIABLE, TOKEN_VARIABLE
from observatoire_pipeline_tests.pipeline.homes import complaints
from observatoire_pipeline_tests.unit.ingest.api_server import Platform, served

FILE_2018 = "Donnees_Tous_181214.zip"


class Sensor:
    """The landing sensor of a home, with the cursor that Dagster would hand on."""

    def __init__(self, home):
        self.home, self.cursor = home, None

    def tick(self):
        with dg.build_sensor_context(
            instance=self.home.instance,
            cursor=self.cursor,
            resources={"survey": self.home.survey, "lake": self.home.lake},
        ) as context:
            result = landing_sensor(context)
        if isinstance(result, dg.SkipReason):
            return [], result.skip_message
        self.cursor = result.cursor
        return list(result.run_requests or []), str(getattr(result.skip_reason, "skip_message", ""))

    def settle(self):
        """Tick twice: files that just landed are read at the second tick."""
        self.tick()
        return self.tick()


def scheduled(home):
    with dg.build_schedule_context(
        instance=home.instance, resources={"survey": home.survey, "lake": home.lake}
    ) as context:
        return yearly_ingestion(context)


def change(home, edition="2018"):
    """Land a file that differs by one blank line at its end, which reading ignores."""
    home.edit_export(edition, lambda rows: rows.append([""] * len(rows[0])))


def run_of(home, request, status):
    """Put into the instance the run that a request would have become."""
    return home.instance.create_run_for_job(
        home.definitions().resolve_job_def("edition"),
        tags={**request.tags, "dagster/partition": request.partition_key},
        status=status,
    )


# --- the landing sensor ---------------------------------------------------------------------


def test_after_make_run_the_first_ticks_request_nothing(sample, copy_of):
    sensor = Sensor(copy_of(sample.root))
    for _ in range(2):
        requests, reason = sensor.tick()
        assert requests == []
        assert reason == "; ".join(f"{e}: accepted as it stands" for e in ("2016", "2017", "2018"))


def test_a_new_file_is_read_at_the_second_tick_once_and_as_one_run(two_accepted, copy_of):
    home = copy_of(two_accepted)
    sensor = Sensor(home)
    requests, reason = sensor.tick()
    assert requests == []
    assert "2018: files are new or still changing: read at the next tick" in reason
    (request,), _ = sensor.tick()
    assert request.partition_key == "2018"
    assert set(request.tags) == {LANDING_TAG, CODEBOOK_TAG}
    assert all(len(checksum) == 64 for checksum in request.tags.values())


def test_a_file_that_still_grows_waits(two_accepted, copy_of):
    home = copy_of(two_accepted)
    path = home.landing("2018") / FILE_2018
    whole = path.read_bytes()
    sensor = Sensor(home)
    for size in (1000, 5000, len(whole)):
        path.write_bytes(whole[:size])
        requests, reason = sensor.tick()
        assert requests == [], size
        assert "2018: files are new or still changing" in reason
    requests, _ = sensor.tick()
    assert [request.partition_key for request in requests] == ["2018"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (dg.DagsterRunStatus.STARTING, "is under way"),
        (dg.DagsterRunStatus.STARTED, "is under way"),
        (dg.DagsterRunStatus.FAILURE, "failed on these files and this codebook"),
        (dg.DagsterRunStatus.CANCELED, "failed on these files and this codebook"),
    ],
)
def test_what_is_being_read_or_failed_is_not_launched_again(two_accepted, copy_of, status, words):
    home = copy_of(two_accepted)
    sensor = Sensor(home)
    (request,), _ = sensor.settle()
    run = run_of(home, request, status)
    for _ in range(2):
        requests, reason = sensor.tick()
        assert requests == []
        assert f"2018: run {run.run_id} {words}" in reason


def test_after_a_failure_a_new_file_or_a_mended_codebook_is_tried(two_accepted, copy_of):
    home = copy_of(two_accepted)
    shutil.rmtree(home.landing("2016"))
    shutil.rmtree(home.landing("2017"))
    sensor = Sensor(home)
    (first,), _ = sensor.settle()
    run_of(home, first, dg.DagsterRunStatus.FAILURE)
    scales = home.codebook / "scales.yaml"
    scales.write_text(scales.read_text(encoding="utf-8") + "# mended\n", encoding="utf-8")
    (mended,), _ = sensor.tick()
    assert mended.tags[LANDING_TAG] == first.tags[LANDING_TAG]
    assert mended.tags[CODEBOOK_TAG] != first.tags[CODEBOOK_TAG]
    run_of(home, mended, dg.DagsterRunStatus.FAILURE)
    change(home)
    (other,), _ = sensor.settle()
    assert other.tags[LANDING_TAG] != first.tags[LANDING_TAG]


def test_an_earlier_file_that_comes_back_is_read_again(sample, copy_of):
    """A, then B, then A: the second A is no run of the past, since B was accepted in between."""
    home = copy_of(sample.root)
    path = home.landing("2018") / FILE_2018
    a = path.read_bytes()
    sensor = Sensor(home)
    assert sensor.settle()[0] == []
    change(home)
    (request,), _ = sensor.settle()
    result = home.launch("edition", partition_key="2018", tags=request.tags)
    assert result.success, complaints(result)
    requests, reason = sensor.tick()
    assert requests == []
    assert "2018: accepted as it stands" in reason
    path.write_bytes(a)
    (back,), _ = sensor.settle()
    assert back.partition_key == "2018"
    assert back.tags[LANDING_TAG] != request.tags[LANDING_TAG]


def test_a_folder_that_is_no_edition_is_named(sample, copy_of):
    home = copy_of(sample.root)
    shutil.copytree(home.landing("2018"), home.landing("2019"))
    requests, reason = Sensor(home).settle()
    assert requests == []
    assert f"2019: not declared in {home.codebook}/editions.yaml" in reason


def test_a_landing_folder_that_cannot_be_reached_is_named(sample, copy_of):
    home = copy_of(sample.root)
    shutil.rmtree(home.landing("2018"))
    home.landing("2018").symlink_to(home.root / "disk_that_is_away")
    requests, reason = Sensor(home).settle()
    assert requests == []
    assert "2018: the landing folder cannot be read" in reason
    result = home.publish()
    assert not result.success
    assert "edition 2018: the landing folder cannot be read" in complaints(result)


def test_a_broken_codebook_is_a_reason_to_wait_not_a_crash(sample, copy_of):
    home = copy_of(sample.root)
    sensor = Sensor(home)
    sensor.settle()
    path = home.codebook / "scales.yaml"
    path.write_text("scales: [", encoding="utf-8")
    with dg.build_sensor_context(
        instance=home.instance, resources={"survey": home.survey, "lake": sample.lake}
    ) as context:
        result = landing_sensor(context)
    assert isinstance(result, dg.SkipReason)
    assert "scales.yaml:" in result.skip_message


def test_nothing_landed_is_said(landed, copy_of):
    home = copy_of(landed)
    shutil.rmtree(home.survey.landing)
    assert Sensor(home).tick() == ([], "nothing has landed")
    home.landing("2018").mkdir(parents=True)
    assert Sensor(home).tick() == ([], "nothing has landed")


def test_the_cursor_remembers_sizes_and_never_contents(two_accepted, copy_of):
    sensor = Sensor(copy_of(two_accepted))
    sensor.tick()
    seen = json.loads(sensor.cursor)
    assert set(seen) == {"2016", "2017", "2018"}
    assert [file for file, _, _ in seen["2018"]] == [FILE_2018, "manifest.yaml"]


# --- the clock ------------------------------------------------------------------------------


def test_the_clock_requests_the_newest_edition_when_its_files_wait(two_accepted, copy_of):
    home = copy_of(two_accepted, remembers=True)
    request = scheduled(home)
    assert isinstance(request, dg.RunRequest)
    assert (request.partition_key, set(request.tags)) == ("2018", {LANDING_TAG, CODEBOOK_TAG})


def test_the_clock_says_why_it_requests_nothing(sample, copy_of):
    home = copy_of(sample.root, remembers=True)
    assert scheduled(home).skip_message == "edition 2018: accepted as it stands"
    shutil.rmtree(home.landing("2018"))
    assert scheduled(home).skip_message == (
        f"edition 2018 has not landed in {home.landing('2018')}"
    )


def test_the_clock_runs_each_15_january_in_paris_and_fetches_before_it_reads():
    clocks = (yearly_download, yearly_ingestion)
    assert [each.cron_schedule for each in clocks] == ["0 5 15 1 *", "0 6 15 1 *"]
    assert {each.execution_timezone for each in clocks} == {"Europe/Paris"}


def downloads(home):
    with dg.build_schedule_context(
        instance=home.instance, resources={"survey": home.survey}
    ) as context:
        return yearly_download(context)


def test_the_clock_fetches_an_edition_whose_source_is_declared(landed, copy_of, monkeypatch):
    home = copy_of(landed)
    assert "edition 2018 has no `source`" in downloads(home).skip_message
    editions = home.codebook / "editions.yaml"
    text = editions.read_text(encoding="utf-8")
    assert text.count("    platform: SurveyMonkey\n") == 1
    source = "    platform: SurveyMonkey\n    source: {survey: '77', region: eu}\n"
    editions.write_text(text.replace("    platform: SurveyMonkey\n", source), encoding="utf-8")
    assert downloads(home).partition_key == "2018"
    details = {"id": "77", "title": "Baromètre 2018", "pages": []}

    def run():
        job = home.definitions().resolve_job_def(DOWNLOAD_JOB)
        return job.execute_in_process(
            instance=home.instance,
            partition_key="2018",
            resources={"survey": home.survey},
            raise_on_error=False,
        )

    with served(Platform(details, [{"id": "1", "survey_id": "77", "pages": []}])) as platform:
        monkeypatch.setenv(API_VARIABLE, platform.url)
        without_token = run()
        monkeypatch.setenv(TOKEN_VARIABLE, "t0ken")
        beside_a_file = run()
        assert platform.asked == []
        shutil.rmtree(home.landing("2018"))
        assert run().success
    assert "no access token" in complaints(without_token)
    assert f"{FILE_2018}, delivered by hand" in complaints(beside_a_file)
    landed_files = sorted(path.name for path in home.landing("2018").iterdir())
    assert landed_files == ["details.json", "responses_0001.json"]
    assert "t0ken" not in home.survey.model_dump_json(), "the web server shows these fields"


# --- from receipt to release ----------------------------------------------------------------


def evaluate(home, *, cursor=None):
    tables = home.lake.tables
    return dg.evaluate_automation_conditions(
        defs=home.definitions(),
        instance=home.instance,
        asset_selection=publication_selection(tables) | quality_selection(),
        cursor=cursor,
    )


def requested(home, result):
    graph = home.definitions().resolve_asset_graph()
    return {
        key.to_user_string(): result.get_requested_partitions(key)
        for key in graph.get_all_asset_keys()
        if result.get_requested_partitions(key)
    }


def publication_assets(home):
    graph = home.definitions().resolve_asset_graph()
    return {key.to_user_string() for key in publication_selection(home.lake.tables).resolve(graph)}


def test_a_new_receipt_requests_its_report_and_everything_down_to_the_release(
    one_accepted, copy_of
):
    """2016 was accepted before; 2017 gets its receipt now; 2018 never lands."""
    home = copy_of(one_accepted, remembers=True)
    shutil.rmtree(home.landing("2018"))
    quiet = evaluate(home)
    result = home.read_edition("2017")
    assert result.success, complaints(result)
    found = evaluate(home, cursor=quiet.cursor)
    asked = requested(home, found)
    assert asked["quality_report"] == {"2017"}
    assert set(asked) == publication_assets(home) | {"quality_report"}
    again = evaluate(home, cursor=found.cursor)
    assert requested(home, again) == {}


def test_nothing_is_requested_when_nothing_changed(sample, copy_of):
    home = copy_of(sample.root, remembers=True)
    first = evaluate(home)
    second = evaluate(home, cursor=first.cursor)
    assert requested(home, second) == {}


def test_no_asset_of_the_edition_and_directory_jobs_has_a_condition(sample):
    graph = sample.definitions().resolve_asset_graph()
    keys = edition_selection(sample.lake.tables).resolve(graph)
    keys |= directory_selection().resolve(graph)
    assert len(keys) > 8
    assert [k.to_user_string() for k in keys if graph.get(k).automation_condition] == []
    others = set(graph.get_all_asset_keys()) - keys
    assert [k.to_user_string() for k in others if not graph.get(k).automation_condition] == []
