"""`observatoire quality`: what one would expect of every accepted edition.

In: launching the job on each accepted edition, and its result in a few lines. Not in: the
expectations (`validate`).
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from observatoire_pipeline.cli.execution import execute, open_instance, progress
from observatoire_pipeline.cli.survey import (
    codebook_option,
    home_option,
    open_survey,
    require_codebook,
)


@click.command()
@home_option
@codebook_option
def quality(home: Path | None, codebook: Path | None) -> None:
    """Ask of every accepted edition what one would expect of it; nothing is blocked."""
    survey = open_survey(home, codebook)
    require_codebook(survey)
    survey.prepare()
    with progress("loading the pipeline"):
        from observatoire_pipeline.definitions import build_definitions
        from observatoire_pipeline.io_managers import Lake

        definitions = build_definitions(survey=survey)
        lake = Lake(root=str(survey.lake), codebook=survey.codebook)
        instance = open_instance(survey)
    accepted = [
        key for key in survey.read_codebook().edition_keys if lake.exists("accepted_editions", key)
    ]
    if not accepted:
        raise click.ClickException("no edition has been accepted yet: `observatoire run` first")
    failed = False
    with instance:
        for edition in accepted:
            label = f"quality of {edition}"
            if not execute(definitions, instance, "quality", label=label, edition=edition):
                failed = True
                continue
            report = lake.read("quality_report", edition)
            missed = report.loc[~report["met"]]
            click.echo(f"{edition}: {len(report)} expectations, {len(missed)} not met")
            for row in missed.itertuples(index=False):
                click.echo(
                    f"  {row.severity:8} {row.table}.{row.column}: {row.rule} "
                    f"({row.unexpected_rows} of {row.rows} rows)"
                )
            for name in ("rapport.html", "note_fournisseur.html"):
                click.echo(f"  {survey.quality / edition / name}")
    if failed:
        sys.exit(1)
