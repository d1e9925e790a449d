"""`observatoire inspect`: say what a file is. Not in: finding it out (`ingest.inspection`)."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the inspection as JSON.")
def inspect(file: Path, as_json: bool) -> None:
    """Say what FILE is: platform, questions, damage, verdict; exit 2 when it is refused."""
    from observatoire_pipeline.ingest.inspection import inspect_file, plain_page

    found = inspect_file(file)
    click.echo(found.to_json() if as_json else plain_page(found), nl=as_json)
    sys.exit(2 if found.verdict == "refused" else 0)
