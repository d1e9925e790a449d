"""What launches the jobs: a sensor on the landing folder, conditions after a receipt, a clock.

In: sensors, automation conditions, schedules. Not in: the jobs, and whether an edition may be
published (`longitudinal.gate`).
"""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from observatoire_pipeline.codebook.directory import directory_sha256
from observatoire_pipeline.codebook.reader import CodebookError
from observatoire_pipeline.ingest.directory import FOLDER, landed_sha256
from observatoire_pipeline.ingest.reading import RefusedExport, landing_sha256
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.jobs import DIRECTORY_JOB, DOWNLOAD_JOB
from observatoire_pipeline.partitions import EDITION_JOB
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.tables.catalogue import DIRECTORY_TABLES

LANDING_TAG = "observatoire/landing_sha256"
CODEBOOK_TAG = "observatoire/codebook_sha256"


_STARTED_BY = {
    "panel_responses": "accepted_editions",
    "panel_instances": "accepted_editions",
    "comparability": "accepted_editions",
    "respondent_profiles": "panel_responses",
}
"""Assets that read tables by edition, some of which may never land → what alone starts them."""


def condition_of(asset: str, *, per_edition: bool) -> dg.AutomationCondition | None:
    """Return when an asset is made again without anybody asking, None for never.

    The assets of the edition job have none: the landing sensor launches them, and a condition would
    launch a second run of the same edition. The quality report follows the receipt of its edition.
    The panel and the comparability table follow the receipts: plain `eager()` would wait until
    every declared edition has data, so missing partitions are no obstacle and only a new receipt
    starts them; profiles read texts by edition and follow the panel. What comes after follows
    eagerly. The directory has a sensor and a job of its own;
    its receipt makes a new release.
    """
    eager = dg.AutomationCondition.eager()
    if asset in DIRECTORY_TABLES:
        return None
    if asset == "release":
        # A survey may never have a directory: its missing receipt is no obstacle.
        missing = dg.AutomationCondition.any_deps_missing()
        receipt = dg.AssetSelection.assets("accepted_directory")
        return eager.without(~missing) & ~missing.ignore(receipt)
    if per_edition:
        receipts = dg.AssetSelection.assets("accepted_editions")
        return eager.allow(receipts) if asset == "quality_report" else None
    followed = _STARTED_BY.get(asset)
    if followed is None:
        return eager
    return eager.without(~dg.AutomationCondition.any_deps_missing()).allow(
        dg.AssetSelection.assets(followed)
    )


def automation_sensor(selection: dg.AssetSelection) -> dg.AutomationConditionSensorDefinition:
    """Return the sensor that evaluates the conditions of the assets selected."""
    return dg.AutomationConditionSensorDefinition(
        "from_receipt_to_release",
        target=selection,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Looks at an edition, and publishes again, when it has a new receipt.",
    )


def needs_a_run(
    edition: str, *, survey: SurveyHome, lake: Lake, instance: dg.DagsterInstance
) -> tuple[dict[str, str], str]:
    """Tell whether an edition should be read again.

    Returns:
        The tags of the run to launch (empty when there is nothing to do), and the reason in words.
        A pair of landing folder and codebook that is being read, or whose last attempt failed, is
        not tried again: a new file or a mended codebook makes another pair.
    """
    tags = {
        LANDING_TAG: landing_sha256(survey.landing / edition),
        CODEBOOK_TAG: survey.read_codebook().sha256,
    }
    if lake.exists("accepted_editions", edition):
        receipt = lake.read("accepted_editions", edition).iloc[0]
        if [receipt["landing_sha256"], receipt["codebook_sha256"]] == list(tags.values()):
            return {}, "accepted as it stands"
    runs = instance.get_runs(
        filters=dg.RunsFilter(job_name=EDITION_JOB, tags={"dagster/partition": edition, **tags}),
        limit=1,
    )
    if runs and not runs[0].is_finished:
        return {}, f"run {runs[0].run_id} is under way"
    if runs and runs[0].status != dg.DagsterRunStatus.SUCCESS:
        return {}, f"run {runs[0].run_id} failed on these files and this codebook"
    return tags, "new files or a new codebook"


def _signature(folder: Path) -> list[list[object]]:
    """Return name, size and date of every file of a folder, to see whether a copy is under way."""
    return [
        [path.name, path.stat().st_size, path.stat().st_mtime_ns]
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".")
    ]


@dg.sensor(
    job_name=EDITION_JOB,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reads an edition when its landing folder or the codebook changed.",
)
def landing_sensor(
    context: dg.SensorEvaluationContext, survey: SurveyHome, lake: dg.ResourceParam[Lake]
) -> dg.SensorResult | dg.SkipReason:
    """Request the edition job for every landed edition that its receipt does not cover."""
    try:
        declared = survey.read_codebook().edition_keys
    except CodebookError as error:
        return dg.SkipReason(str(error))
    previous = json.loads(context.cursor or "{}")
    seen: dict[str, object] = {}
    requests, reasons = [], []
    for edition, folder in _landed_folders(survey):
        if edition not in declared:
            reasons.append(f"{edition}: not declared in {survey.codebook}/editions.yaml")
            continue
        try:
            seen[edition] = _signature(folder)
            if not seen[edition]:
                continue
            tags, reason = needs_a_run(edition, survey=survey, lake=lake, instance=context.instance)
        except (OSError, RefusedExport) as error:
            reasons.append(f"{edition}: the landing folder cannot be read: {error}")
            continue
        if tags and seen[edition] != previous.get(edition):
            reason = "files are new or still changing: read at the next tick if they stay"
        elif tags:
            requests.append(dg.RunRequest(partition_key=edition, tags=tags))
        reasons.append(f"{edition}: {reason}")
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else "; ".join(reasons) or "nothing has landed",
        cursor=json.dumps(seen),
    )


def _landed_folders(survey: SurveyHome) -> Iterator[tuple[str, Path]]:
    """Yield what stands in the landing folder; what is no folder is told when it is looked into."""
    if survey.landing.is_dir():
        for folder in sorted(survey.landing.iterdir()):
            if not folder.name.startswith(".") and folder.name != FOLDER:
                yield folder.name, folder


def directory_needs_a_run(
    *, survey: SurveyHome, lake: Lake, instance: dg.DagsterInstance
) -> tuple[dict[str, str], str]:
    """Tell whether the directory should be read again; as `needs_a_run`."""
    tags = {
        LANDING_TAG: landed_sha256(survey.landing / FOLDER),
        CODEBOOK_TAG: directory_sha256(Path(survey.codebook)),
    }
    if lake.exists("accepted_directory"):
        receipt = lake.read("accepted_directory").iloc[0]
        if [receipt["landing_sha256"], receipt["directory_sha256"]] == list(tags.values()):
            return {}, "accepted as it stands"
    if not tags[LANDING_TAG]:
        return {}, "nothing has landed"
    runs = instance.get_runs(filters=dg.RunsFilter(job_name=DIRECTORY_JOB, tags=tags), limit=1)
    if runs and not runs[0].is_finished:
        return {}, f"run {runs[0].run_id} is under way"
    if runs and runs[0].status != dg.DagsterRunStatus.SUCCESS:
        return {}, f"run {runs[0].run_id} failed on this file and this directory.yaml"
    return tags, "a new file or a new directory.yaml"


@dg.sensor(
    job_name=DIRECTORY_JOB,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reads the directory of projects when its landing folder or its codebook changed.",
)
def directory_sensor(
    context: dg.SensorEvaluationContext, survey: SurveyHome, lake: dg.ResourceParam[Lake]
) -> dg.SensorResult | dg.SkipReason:
    """Request the directory job for a directory that its receipt does not cover."""
    folder = survey.landing / FOLDER
    try:
        seen = _signature(folder) if folder.is_dir() else []
        tags, reason = directory_needs_a_run(survey=survey, lake=lake, instance=context.instance)
    except (OSError, RefusedExport) as error:
        return dg.SkipReason(f"the landing folder cannot be read: {error}")
    still = seen == json.loads(context.cursor or "[]")
    if tags and not still:
        reason = "the file is new or still changing: read at the next tick if it stays"
    requests = [dg.RunRequest(tags=tags)] if tags and still else []
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else reason,
        cursor=json.dumps(seen),
    )


@dg.schedule(
    job_name=DOWNLOAD_JOB,
    cron_schedule="0 5 15 1 *",
    execution_timezone="Europe/Paris",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Each 15 January: fetches the newest edition from the survey platform.",
)
def yearly_download(
    context: dg.ScheduleEvaluationContext, survey: SurveyHome
) -> dg.RunRequest | dg.SkipReason:
    """Request the newest declared edition, where the codebook says where its answers are."""
    codebook = survey.read_codebook()
    edition = codebook.edition_keys[-1]
    if codebook.editions[edition].source is None:
        return dg.SkipReason(
            f"edition {edition} has no `source` in {survey.codebook}/editions.yaml: its export is "
            "put into the landing folder by hand"
        )
    return dg.RunRequest(partition_key=edition)


@dg.schedule(
    job_name=EDITION_JOB,
    cron_schedule="0 6 15 1 *",
    execution_timezone="Europe/Paris",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Each 15 January: reads the newest edition if its files wait for it.",
)
def yearly_ingestion(
    context: dg.ScheduleEvaluationContext, survey: SurveyHome, lake: dg.ResourceParam[Lake]
) -> dg.RunRequest | dg.SkipReason:
    """Request the newest declared edition, unless it has not landed or is already accepted."""
    edition = survey.read_codebook().edition_keys[-1]
    folder = survey.landing / edition
    if not folder.is_dir() or not _signature(folder):
        return dg.SkipReason(f"edition {edition} has not landed in {folder}")
    tags, reason = needs_a_run(edition, survey=survey, lake=lake, instance=context.instance)
    if not tags:
        return dg.SkipReason(f"edition {edition}: {reason}")
    return dg.RunRequest(partition_key=edition, tags=tags)
