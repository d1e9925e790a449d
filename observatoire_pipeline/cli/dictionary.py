"""`observatoire dictionary`: write the data dictionary. Not in: its words (`tables`)."""

from __future__ import annotations

from pathlib import Path

import click

from observatoire_pipeline.cli.survey import codebook_option, open_survey, require_codebook


@click.command()
@codebook_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/data_dictionary.md"))
@click.option("--check", is_flag=True, help="Only tell whether the file is current.")
def dictionary(codebook: Path | None, out: Path, check: bool) -> None:
    """Write the data dictionary of every table."""
    from observatoire_pipeline.tables.catalogue import catalogue
    from observatoire_pipeline.tables.dictionary import data_dictionary

    survey = open_survey(None, codebook)
    require_codebook(survey)
    book = survey.read_codebook()
    text = data_dictionary(catalogue(book).values(), book)
    if check:
        if not out.is_file() or out.read_text(encoding="utf-8") != text:
            raise click.ClickException(f"{out} is not current: run `observatoire dictionary`")
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    click.echo(out)
