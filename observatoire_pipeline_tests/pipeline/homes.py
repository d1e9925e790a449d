"""A survey's home in a temporary folder, on which the real jobs run in this process.

In: launching the jobs, saying what they complained of, reading what they stored, editing exports as
a person would. Not in: the tests, and any double: everything here is the real pipeline.
"""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg
import pandas as pd

from observatoire_pipeline.cli.execution import QUIET_CONSOLE
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.definitions import build_definitions
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.tables.catalogue import DIRECTORY_TABLES, catalogue

FIGURES = ("mart_estimates", "mart_brackets", "mart_rankings", "mart_published")

UP_TO_MARTS = tuple(
    table.name
    for table in catalogue(read_codebook(packaged_codebook())).values()
    if table.stage in ("longitudinal", "marts") and table.name not in DIRECTORY_TABLES
)
"""What the publication makes before it draws; the directory of projects has a job of its own."""


class Home:
    """The home of one survey, its own copy of the codebook, and its Dagster instance."""

    def __init__(self, root: Path, *, codebook: Path | None = None, remembers: bool = True) -> None:
        """Open a home; one that does not `remember` keeps its runs in memory, which is faster."""
        self.root = root
        self.codebook = root / "codebook"
        if not self.codebook.exists():
            shutil.copytree(codebook or packaged_codebook(), self.codebook)
        self.survey = SurveyHome(home=str(root), codebook=str(self.codebook))
        self.survey.prepare()
        self.instance = (
            dg.DagsterInstance.from_config(str(self.survey.dagster_home))
            if remembers
            else dg.DagsterInstance.ephemeral()
        )

    def close(self) -> None:
        self.instance.dispose()

    @property
    def lake(self) -> Lake:
        """The lake as the codebook declares it now."""
        return Lake(root=str(self.survey.lake), codebook=str(self.codebook))

    @property
    def latest(self) -> Path:
        return self.survey.releases / "latest"

    def definitions(self) -> dg.Definitions:
        return build_definitions(survey=self.survey)

    # --- jobs -------------------------------------------------------------------------------

    def read_edition(self, edition: str) -> dg.ExecuteInProcessResult:
        return self.launch("edition", partition_key=edition)

    def publish(self, *, until: Sequence[str] | None = None) -> dg.ExecuteInProcessResult:
        """Launch the publication, or only the assets it makes up to the panel or the marts."""
        keys = None if until is None else [dg.AssetKey(name) for name in until]
        return self.launch("publication", asset_selection=keys)

    def launch(self, job: str, **more: object) -> dg.ExecuteInProcessResult:
        return (
            self.definitions()
            .resolve_job_def(job)
            .execute_in_process(
                instance=self.instance,
                run_config=QUIET_CONSOLE,
                raise_on_error=False,
                **more,
            )
        )

    # --- exports ----------------------------------------------------------------------------

    def landing(self, edition: str) -> Path:
        return self.survey.landing / edition

    def edit_export(self, edition: str, edit: Callable[[list[list[str]]], None]) -> Path:
        """Change the rows of the zipped CSV of an edition, and write it back as it was packed."""
        return edit_zip(next(self.landing(edition).glob("*.zip")), edit)


def edit_zip(path: Path, edit: Callable[[list[list[str]]], None]) -> Path:
    """Change the rows of the one CSV of an archive, keeping its name, encoding and quoting."""
    with zipfile.ZipFile(path) as archive:
        (info,) = archive.infolist()
        text = archive.read(info).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    edit(rows)
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(info, out.getvalue().encode("utf-8-sig"))
    return path


def column_of(rows: list[list[str]], start: str) -> int:
    """Return the position of the one column whose title or label starts so (spaces folded)."""
    found = [
        k
        for k, heads in enumerate(zip(rows[0], rows[1], strict=True))
        if any(" ".join(head.split()).startswith(start) for head in heads)
    ]
    assert len(found) == 1, (start, found)
    return found[0]


def complaints(result: dg.ExecuteInProcessResult) -> str:
    """Return what the run complained of: failed checks, then the cause of every failed step."""
    said = [
        f"check {evaluation.check_name} of {evaluation.asset_key.to_user_string()} failed: "
        f"{ {key: value.value for key, value in evaluation.metadata.items()} }"
        for evaluation in result.get_asset_check_evaluations()
        if not evaluation.passed
    ]
    for event in result.all_node_events:
        if event.is_step_failure and event.step_failure_data.error is not None:
            error = event.step_failure_data.error
            said.append(f"{event.step_key}: {(error.cause or error).message.strip()}")
    return "\n".join(said)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with its bytes, and every link with where it leads."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = str(path.readlink()).encode()
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


def table_of(release: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(release / "tables" / f"{name}.parquet")
