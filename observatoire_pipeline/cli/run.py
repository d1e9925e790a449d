"""`observatoire run`: read the landed editions, then publish what was accepted.

In: which editions have landed, the order of the two jobs, where the release stands. Not in: what
the jobs do (`definitions`), how one is executed (`execution`).
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from observatoire_pipeline.cli.execution import execute, open_instance, progress
from observatoire_pipeline.cli.survey import (
    codebook_option,
    home_option,
    make_home,
    open_survey,
    require_codebook,
)

if TYPE_CHECKING:
    import pandas as pd

    from observatoire_pipeline.codebook.codebook import Codebook
    from observatoire_pipeline.resources import SurveyHome


@click.command()
@home_option
@codebook_option
@click.option("--edition", "editions", multiple=True, help="Edition to read (default: all landed).")
@click.option("--sample", is_flag=True, help="Land the synthetic exports where nothing has landed.")
@click.option("--publish/--no-publish", default=True, help="Publish after reading.")
def run(
    home: Path | None,
    codebook: Path | None,
    editions: Sequence[str],
    sample: bool,
    publish: bool,
) -> None:
    """Read the landed editions, then publish what was accepted."""
    survey = open_survey(home, codebook)
    require_codebook(survey)
    make_home(survey)
    if sample:
        _land_sample(survey)
    chosen = _chosen_editions(survey, editions)
    with progress("loading the pipeline"):
        from observatoire_pipeline.definitions import build_definitions

        definitions = build_definitions(survey=survey)
        instance = open_instance(survey)
    failed = refused = False
    with instance:
        for edition in chosen:
            if execute(
                definitions, instance, "edition", label=f"edition {edition}", edition=edition
            ):
                _tell_accepted(survey, edition)
            else:
                failed = True
        if failed and publish:
            latest = survey.releases / "latest"
            stays = f"; the last release stays as it was: {latest}" if latest.exists() else ""
            click.echo(f"\nNothing is published{stays}", err=True)
        elif publish:
            from observatoire_pipeline.ingest.directory import FOLDER

            refused = _holds_files(survey.landing / FOLDER) and not execute(
                definitions, instance, "directory", label="directory of projects"
            )
            failed = not execute(definitions, instance, "publication", label="publication")
    if failed:
        sys.exit(1)
    if publish:
        _tell_release(survey)
    if refused:
        click.echo(
            "\nThe directory of projects was refused: the release has the one accepted before, or "
            "none, and says so on its cover.",
            err=True,
        )
        sys.exit(1)


_VERDICTS = {"differs": "differ"}


def _land_sample(survey: SurveyHome) -> None:
    from observatoire_pipeline.sample.landing import write_sample

    book = survey.read_codebook()
    empty = [key for key in book.edition_keys if not _holds_files(survey.landing / key)]
    if empty:
        with progress(f"landing synthetic exports of {', '.join(empty)}"):
            write_sample(survey.landing, codebook=book, only=empty)


def _holds_files(folder: Path) -> bool:
    return folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir())


def _chosen_editions(survey: SurveyHome, editions: Sequence[str]) -> list[str]:
    from observatoire_pipeline.ingest.directory import FOLDER

    declared = survey.read_codebook().edition_keys
    try:
        landed = sorted(
            p for p in survey.landing.iterdir() if not p.name.startswith(".") and p.name != FOLDER
        )
    except OSError as error:
        raise click.ClickException(f"the landing folder cannot be read: {error}") from error
    problems = [
        f"{path}: found {'a file' if path.is_file() else 'a link that leads nowhere'}; expected "
        f"a folder named after an edition ({', '.join(declared)}) with its exports in it"
        for path in landed
        if not path.is_dir()
    ]
    unknown = [*editions, *(path.name for path in landed if path.is_dir())]
    problems += [
        f"no codebook for {key}: declared editions are {', '.join(declared)}; declare it in "
        f"{Path(survey.codebook) / 'editions.yaml'} (docs/adding_an_edition.md)"
        for key in dict.fromkeys(unknown)
        if key not in declared
    ]
    if problems:
        raise click.ClickException("\n  ".join(["nothing was read:", *problems]))
    chosen = list(editions) or [key for key in declared if _holds_files(survey.landing / key)]
    if not chosen:
        raise click.ClickException(
            f"nothing has landed: expected an export in {survey.landing}/<edition>/, where "
            f"<edition> is one of {', '.join(declared)}; to look around, try "
            "`observatoire run --sample`"
        )
    return chosen


def _tell_accepted(survey: SurveyHome, edition: str) -> None:
    """Print how many responses were accepted, and what was rejected or dropped, by rule."""
    from observatoire_pipeline.io_managers import Lake

    table = "rejected_responses"
    lake = Lake(root=str(survey.lake), codebook=survey.codebook)
    responses = int(lake.read("accepted_editions", edition)["responses"].iloc[0])
    rejected = lake.read(table, edition)
    counts = rejected.groupby(["outcome", "scope", "rule"]).size().sort_values(ascending=False)
    said = [f"{n} {scope}(s) {outcome}, {rule}" for (outcome, scope, rule), n in counts.items()]
    click.echo("; ".join([f"  {responses} responses accepted", *said]))
    if said:
        click.echo(f"  which ones: {lake.path(table, edition)}")


def _tell_release(survey: SurveyHome) -> None:
    """Print where everything is, and the first lines of one mart."""
    import pandas as pd

    latest = survey.releases / "latest"
    warehouse = latest / "warehouse.duckdb"
    click.echo(f"\nRelease    {latest.resolve()}")
    click.echo(f"Warehouse  {warehouse}")
    charts = latest / "charts"
    click.echo(f"Charts     {charts / 'index.html'} ({len(list(charts.glob('*.svg')))})")
    click.echo(f"Tables     {latest / 'tables'}")
    published = pd.read_parquet(latest / "tables" / "mart_published.parquet")
    if len(published):
        click.echo("\nPublished figures beside ours (mart_published):")
        click.echo(_lines_of(published, codebook=survey.read_codebook()))
        counts = published["verdict"].value_counts()
        told = [f"{n} {_VERDICTS.get(verdict, verdict)}" for verdict, n in counts.items()]
        click.echo(f"In all: {', '.join(told)}; the reasons stand beside them")
    if published["synthetic"].fillna(False).any():
        click.echo("\nDonnées synthétiques : generated from printed figures and assumptions.")


def _lines_of(published: pd.DataFrame, *, codebook: Codebook) -> str:
    """Return one reproduced figure of each question, the latest edition first, in its labels."""
    from tabulate import tabulate

    def answers(variable: str, codes: str) -> str:
        return " + ".join(codebook.label_of(variable, None, code) for code in codes.split("+"))

    rows = published.loc[published["verdict"] == "reproduced"].iloc[::-1]
    lines = [
        [
            row.edition,
            f"{row.variable_label}: {row.item_label}" if row.item_label else row.variable_label,
            textwrap.shorten(answers(row.variable, row.codes), 40, placeholder=" …"),
            f"{row.published_value:g}{'' if row.statistic == 'count' else ' %'}",
            f"{row.our_numerator} of {row.our_base_n}",
            row.verdict,
        ]
        for row in rows.drop_duplicates("variable").head(8).itertuples(index=False)
    ]
    headers = ["edition", "question", "answer", "published", "ours", "verdict"]
    return str(tabulate(lines, headers=headers, disable_numparse=True))
