"""`observatoire match`: which collectivité is meant by each name of a table.

In: files in and out, counts. Not in: how a name is matched (`collectivites.matching`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from observatoire_pipeline.collectivites.origins import YEARLY_TABLES_VARIABLE


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write, in UTF-8 (default: standard output).",
)
@click.option(
    "--yearly-tables",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of yearly tables of communes and EPCI that completes the reference "
    f"(default: ${YEARLY_TABLES_VARIABLE}, or none).",
)
@click.option(
    "--review",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Review file: decisions of persons are read from it, names left open are added to it.",
)
def match(file: Path, out: Path | None, yearly_tables: Path | None, review: Path | None) -> None:
    """Match the typed names of FILE to communes, EPCI, départements and régions.

    FILE is a CSV or TSV with the columns typed_name, typed_type, typed_departement,
    typed_postcode, reference_year; all but the first may be missing. It is written back with
    kind, code, score, reason and decision (linked, review or none).
    """
    from observatoire_pipeline.collectivites import matching, reviewed, typed_table
    from observatoire_pipeline.collectivites.reference import CollectiviteError, read_reference

    folder = yearly_tables or _yearly_tables()
    try:
        table = typed_table.read_typed_table(file)
        decisions = reviewed.read_review(review) if review is not None else None
        matched = matching.match(table.typed, reference=read_reference(folder))
        if decisions is not None:
            matched = reviewed.apply_review(matched, decisions)
    except (matching.MatchInputError, CollectiviteError) as error:
        for problem in error.problems:
            click.echo(f"error: {problem}", err=True)
        click.echo("nothing is written", err=True)
        sys.exit(2)
    for name, kept in table.renamed:
        click.echo(f"column {name} of the file is kept as {kept}", err=True)
    delimiter = "\t" if out is not None and out.suffix.lower() == ".tsv" else None
    text = typed_table.answered(table, matched, delimiter=delimiter)
    if out is None:
        click.echo(text, nl=False)
    else:
        try:
            typed_table.write_beside(text, path=out)
        except OSError as error:
            click.echo(f"error: {out}: it cannot be written ({error.strerror})", err=True)
            sys.exit(2)
    if review is not None and decisions is not None:
        fuller = reviewed.with_open(decisions, matched)
        review.parent.mkdir(parents=True, exist_ok=True)
        typed_table.write_beside(reviewed.review_text(fuller), path=review)
        added = len(fuller) - len(decisions)
        click.echo(f"{review}: {added} names added for a person to decide", err=True)
    counts = matched["decision"].value_counts()
    said = ", ".join(f"{counts.get(name, 0)} {name}" for name in ("linked", "review", "none"))
    click.echo(f"{len(matched)} names: {said}", err=True)


def _yearly_tables() -> Path | None:
    text = os.environ.get(YEARLY_TABLES_VARIABLE, "")
    return Path(text) if text else None
