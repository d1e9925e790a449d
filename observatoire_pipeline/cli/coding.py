"""`observatoire coding`: the typed texts that nobody has given a theme.

In: arguments and what is printed. Not in: the progress of a coding and its suggestions
(`normalise.coding`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from observatoire_pipeline.cli.survey import (
    codebook_option,
    home_option,
    open_survey,
    require_codebook,
)


@click.group(name="coding")
def coding_group() -> None:
    """Give themes to what people typed."""


@coding_group.command(name="todo")
@home_option
@codebook_option
@click.option("--edition", "editions", multiple=True, help="Edition to look at (default: all).")
def coding_todo(home: Path | None, codebook: Path | None, editions: Sequence[str]) -> None:
    """List the typed texts that nobody has coded, each with a line for coding/<variable>.csv.

    It shows what people typed, on this terminal alone; do not keep its output.
    """
    import csv
    import io
    from datetime import date

    import pandas as pd

    survey = open_survey(home, codebook)
    require_codebook(survey)
    book = survey.read_codebook()
    if not book.codings:
        raise click.ClickException(f"{Path(survey.codebook) / 'codings.yaml'} declares no coding")
    from observatoire_pipeline.io_managers import Lake
    from observatoire_pipeline.normalise.coding import coding_progress, suggestions

    unknown = [key for key in editions if key not in book.editions]
    if unknown:
        raise click.ClickException(f"no such edition: {', '.join(unknown)}")
    lake = Lake(root=str(survey.lake), codebook=survey.codebook)
    stored = [key for key in book.edition_keys if lake.exists("norm_texts", key)]
    if not stored or set(editions) - set(stored):
        lacking = ", ".join(sorted(set(editions) - set(stored))) or "any edition"
        raise click.ClickException(f"{lacking} has not been read yet: `observatoire run` first")
    texts = pd.concat([lake.read("norm_texts", key) for key in stored], ignore_index=True)
    todo = suggestions(coding_progress(texts, codebook=book))  # learns from every edition
    if editions:
        looked_at = coding_progress(texts[texts["edition"].isin(editions)], codebook=book)
        todo = todo[todo["text_sha256"].isin(looked_at["text_sha256"])]
    for row in todo.itertuples(index=False):
        line = io.StringIO()
        cells = [row.variable, row.item, row.text_sha256, row.suggested or "CODE"]
        csv.writer(line, lineterminator="").writerow(
            [*cells, "YOUR_NAME", date.today().isoformat(), ""]
        )
        near = (
            f"{row.suggested} ({row.score:.0f}), as: {' '.join(row.like.split())}"
            if row.suggested
            else "none"
        )
        click.echo(f"{row.variable} {row.item}".rstrip() + f", {row.answers} times: {row.text}")
        click.echo(f"  suggested: {near}")
        click.echo(f"  coding/{row.variable}.csv: {line.getvalue()}\n")
    for coding in book.codings:
        mine = todo[(todo["variable"] == coding.variable) & (todo["item"] == (coding.item or ""))]
        codes = ", ".join(theme.code for theme in coding.codes)
        where = f"{coding.variable} {coding.item or ''}".rstrip()
        click.echo(f"{where}: {len(mine)} texts to code; codes (several with +): {codes}")
