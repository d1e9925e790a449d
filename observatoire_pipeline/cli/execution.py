"""Jobs of Dagster executed in this process, told to a person at a terminal.

In: the instance of a survey, one execution, what went wrong in the words of the stage that refused,
and the line that shows how long it took. Not in: which jobs a command executes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import dagster as dg

    from observatoire_pipeline.resources import SurveyHome

REPOSITORY_TAG = {".dagster/repository": "__repository__@observatoire_pipeline"}
"""Without it, the page of a job in the UI does not list the runs made by this command."""

QUIET_CONSOLE = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster would print a failure twice, once as a trace; `_complaints` says it once, in words."""


def open_instance(survey: SurveyHome) -> dg.DagsterInstance:
    """Return the Dagster instance in the home of the survey."""
    import dagster as dg

    return dg.DagsterInstance.from_config(str(survey.dagster_home))


def execute(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    job: str,
    *,
    label: str,
    edition: str | None = None,
) -> bool:
    """Execute a job in this process and say what it refused; False when it did not succeed.

    Args:
        definitions: The pipeline.
        instance: Where the run is recorded.
        job: Name of the job.
        label: What a person is told is being done.
        edition: Its partition; None for a job without.
    """
    with progress(label) as line:
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            partition_key=edition,
            tags=REPOSITORY_TAG,
            run_config=QUIET_CONSOLE,
            raise_on_error=False,
        )
        if not result.success:
            line.failed = True
    if not result.success:
        for complaint in _complaints(result):
            click.echo(complaint, err=True)
    return bool(result.success)


def _complaints(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    """Yield what went wrong, in the words of the stage that refused."""
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed:
            told = "; ".join(f"{key}: {told.value}" for key, told in evaluation.metadata.items())
            yield (
                f"\ncheck {evaluation.check_name} of {evaluation.asset_key.to_user_string()} "
                f"failed: {told}"
            )
    for event in result.all_node_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            if error is None or error.cls_name == "DagsterAssetCheckFailedError":
                continue  # the check was shown above
            cause = error.cause or error
            yield f"\n{event.step_key}: {_in_its_own_words(cause.message)}"
            if not cause.message.startswith(_EXPECTED):
                yield _where(cause.stack)


_EXPECTED = (
    "observatoire_pipeline.", "dagster", "sqlalchemy.", "psycopg.", "duckdb.", "OSError",
    "FileNotFoundError", "PermissionError", "ConnectionError", "TimeoutError", "MemoryError",
)  # fmt: skip
"""How errors begin that a stage raises on purpose, or that the machine makes."""


def _where(stack: Sequence[str]) -> str:
    """Return where an exception comes from that no stage raises on purpose."""
    ours = [frame for frame in stack if "observatoire_pipeline" in frame.partition("\n")[0]]
    frame = (ours or list(stack) or [""])[-1].strip().partition("\n")[0]
    return (
        f"  a fault of the pipeline, not of the file: {frame}\n"
        "  the whole trace stands in the run: `observatoire ui`"
    )


def _in_its_own_words(message: str) -> str:
    """Return the message of an exception, without its class when this package raised it."""
    name, _, words = message.strip().partition(": ")
    return words if words and name.startswith("observatoire_pipeline.") else message.strip()


class _Line:
    failed = False


@contextmanager
def progress(label: str) -> Iterator[_Line]:
    """Show what is being done, then how long it took."""
    from rich.console import Console

    console = Console(stderr=True)
    line = _Line()
    start = time.perf_counter()
    with console.status(label):
        try:
            yield line
        except BaseException:
            line.failed = True
            raise
        finally:
            mark = "[red]✗[/red]" if line.failed else "[green]✓[/green]"
            console.print(f"{mark} {label} [dim]{time.perf_counter() - start:.1f} s[/dim]")
