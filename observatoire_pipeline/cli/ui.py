"""`observatoire ui`: Dagster's web server and daemon on one survey.

In: the command line and environment that they need. Not in: anything they show (`definitions`).
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import click

from observatoire_pipeline.cli.survey import (
    codebook_option,
    home_option,
    make_home,
    open_survey,
    require_codebook,
)

DEFINITIONS_MODULE = "observatoire_pipeline.definitions"


@click.command()
@home_option
@codebook_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=3000, show_default=True)
def ui(home: Path | None, codebook: Path | None, host: str, port: int) -> None:
    """Open Dagster on this survey: web server and daemon, until interrupted."""
    from observatoire_pipeline.resources import CODEBOOK_VARIABLE, HOME_VARIABLE

    survey = open_survey(home, codebook)
    require_codebook(survey)
    make_home(survey)
    if _listens(host, port):
        raise click.ClickException(
            f"something already answers at {host}:{port}: stop it, or choose another --port"
        )
    workspace = Path("workspace.yaml")
    target = ["-w", str(workspace)] if workspace.is_file() else ["-m", DEFINITIONS_MODULE]
    # Dagster advises its project tool over `dev`; a newcomer would take the advice for a fault.
    python = [sys.executable, "-W", "ignore:Function `dev_command`"]
    command = [*python, "-m", "dagster", "dev", *target, "-h", host, "-p", str(port)]
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(survey.dagster_home),
        HOME_VARIABLE: survey.home,
        CODEBOOK_VARIABLE: survey.codebook,
    }
    click.echo(f"Dagster on {survey.home}", err=True)
    if not (survey.releases / "latest").exists():
        click.echo(
            "Nothing is published yet: drop an export in "
            f"{survey.landing}/<edition>/ and it is read within a minute, or try "
            f"`observatoire run --sample --home {survey.home}`.",
            err=True,
        )
    click.echo(f"Open http://{host}:{port} in some fifteen seconds; Ctrl-C stops it.", err=True)
    os.execve(sys.executable, command, environment)


def _listens(host: str, port: int) -> bool:
    """Tell whether the port is taken; two web servers would share it without a word."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
