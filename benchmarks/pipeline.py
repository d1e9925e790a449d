"""The whole run of three editions, against the same jobs with empty assets and empty checks.

What is left above 1 is the pipeline's own work: reading, coding, tabulating, drawing, publishing.
Imports are excluded (every module is imported by a first run) and printed apart.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from observatoire_pipeline.cli.execution import QUIET_CONSOLE
from observatoire_pipeline.definitions import build_definitions
from observatoire_pipeline.jobs import pipeline_jobs
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.sample.landing import write_sample
from observatoire_pipeline.tables.catalogue import catalogue

RUNS = 3
AIM = 1.5


def pipeline_against_empty_steps() -> Iterator[str]:
    """Yield the ratio of the full run to the same graph of empty steps, pair by pair."""
    with tempfile.TemporaryDirectory() as folder:
        survey = SurveyHome.from_environment(home=Path(folder) / "home")
        survey.prepare()
        write_sample(survey.landing, codebook=survey.read_codebook())
        full = build_definitions(survey=survey)
        empty = _emptied(full, survey)
        start = time.perf_counter()
        first = _run(full, survey, Path(folder) / "first")
        loading = time.perf_counter() - start
        _run(empty, survey, Path(folder) / "first_empty")
        pairs = []
        for number in range(RUNS):
            without = _run(empty, survey, Path(folder) / f"empty{number}")
            pairs.append((without, _run(full, survey, Path(folder) / f"full{number}")))
    empty_time, full_time = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    yield f"first run, with imports  {loading:6.2f} s ({first - full_time:.2f} s of imports)"
    yield f"empty steps              {empty_time:6.2f} s (median of {RUNS})"
    yield f"full run                 {full_time:6.2f} s"
    yield f"ratio                    {ratio:6.2f}   (aim: {AIM} or less)"


def _run(definitions: dg.Definitions, survey: SurveyHome, home: Path) -> float:
    """Return the seconds of the edition job for each edition, then the publication job."""
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        start = time.perf_counter()
        for edition in survey.read_codebook().edition_keys:
            _execute(definitions, "edition", instance, edition)
        _execute(definitions, "publication", instance, None)
        return time.perf_counter() - start


def _execute(
    definitions: dg.Definitions, job: str, instance: dg.DagsterInstance, edition: str | None
) -> None:
    definitions.resolve_job_def(job).execute_in_process(
        instance=instance, partition_key=edition, run_config=QUIET_CONSOLE
    )


def _emptied(definitions: dg.Definitions, survey: SurveyHome) -> dg.Definitions:
    """Return the same assets, checks and jobs, doing nothing."""
    tables = catalogue(survey.read_codebook())
    graph = definitions.resolve_asset_graph()
    assets = [
        _empty_asset([graph.get(key) for key in definition.keys])
        for definition in definitions.assets or []
    ]
    checks = [
        _empty_check(key, graph.get_check_spec(key).blocking) for key in graph.asset_check_keys
    ]
    return dg.Definitions(
        assets=assets,
        asset_checks=checks,
        jobs=pipeline_jobs(tables),
        executor=dg.in_process_executor,
    )


def _empty_asset(nodes: list) -> dg.AssetsDefinition:
    own = {node.key for node in nodes}

    @dg.multi_asset(
        name="_".join(node.key.to_python_identifier() for node in nodes)[:80],
        specs=[
            dg.AssetSpec(
                node.key,
                deps=[parent for parent in node.parent_keys if parent not in own],
                partitions_def=node.partitions_def,
            )
            for node in nodes
        ],
    )
    def nothing(context: dg.AssetExecutionContext):
        for node in nodes:
            yield dg.MaterializeResult(asset_key=node.key)

    return nothing


def _empty_check(key: dg.AssetCheckKey, blocking: bool) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=key.asset_key, name=key.name, blocking=blocking)
    def nothing() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    return nothing
