"""`observatoire sample`: write the synthetic exports. Not in: how they are made (`sample`)."""

from __future__ import annotations

from pathlib import Path

import click

from observatoire_pipeline.cli.survey import codebook_option, open_survey, require_codebook


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write to, one folder for each edition.",
)
@codebook_option
def sample(out: Path, codebook: Path | None) -> None:
    """Write the synthetic exports of the three editions, the same bytes each time."""
    from observatoire_pipeline.sample.landing import write_sample
    from observatoire_pipeline.sample.writers import SampleError

    survey = open_survey(None, codebook)
    require_codebook(survey)
    try:
        for path in write_sample(out, codebook=survey.read_codebook()):
            click.echo(path)
    except SampleError as error:
        raise click.ClickException(str(error)) from error
