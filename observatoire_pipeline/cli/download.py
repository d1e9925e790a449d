"""`observatoire download`: an edition's answers from the survey platform.

In: fetching into the landing folder now, and what came. Not in: the platform (`ingest.download`).
"""

from __future__ import annotations

from pathlib import Path

import click

from observatoire_pipeline.cli.survey import (
    codebook_option,
    home_option,
    open_survey,
    require_codebook,
)


@click.command()
@click.option("--edition", help="The edition; the newest that has a `source` by default.")
@home_option
@codebook_option
def download(edition: str | None, home: Path | None, codebook: Path | None) -> None:
    """Fetch an edition's answers from the survey platform into its landing folder.

    The codebook says where they are (`source` in editions.yaml); the access token stands in
    OBSERVATOIRE_SURVEYMONKEY_TOKEN.
    """
    from observatoire_pipeline.ingest.download import DownloadError, download_edition

    survey = open_survey(home, codebook)
    require_codebook(survey)
    survey.prepare()
    book = survey.read_codebook()
    known = [key for key in book.edition_keys if book.editions[key].source]
    chosen = edition or (known or book.edition_keys)[-1]
    try:
        done = download_edition(
            chosen,
            codebook=book,
            landing=survey.landing,
            token=survey.token,
            url=survey.api_url,
        )
    except DownloadError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{chosen}: {done.responses} responses in {len(done.files)} files, {done.folder}"
        + ("" if done.changed else " (as they were)")
    )
