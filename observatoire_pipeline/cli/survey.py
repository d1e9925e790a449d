"""The survey that a command works on: its options, its home, its codebook without an error.

In: the options that several commands share, and what they must hold before anything is done. Not
in: any command.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from observatoire_pipeline.codebook.codebook import Codebook
    from observatoire_pipeline.codebook.reader import Problem
    from observatoire_pipeline.resources import SurveyHome

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Home of the survey (default: $OBSERVATOIRE_HOME, or var/).",
)
codebook_option = click.option(
    "--codebook",
    type=click.Path(path_type=Path, file_okay=False),
    help="Codebook folder (default: $OBSERVATOIRE_CODEBOOK, or the barometer's).",
)


def open_survey(home: Path | None, codebook: Path | None) -> SurveyHome:
    """Return the survey that the options or the environment name; nothing is created."""
    from observatoire_pipeline.resources import SurveyHome

    return SurveyHome.from_environment(home=home, codebook=codebook)


def require_codebook(survey: SurveyHome) -> None:
    """Refuse a codebook with errors, and grades that the words of its questions do not bear out.

    The publication would refuse those grades too, but only after every edition has been read.
    """
    from observatoire_pipeline.codebook.reader import CodebookError, check_codebook

    checked = check_codebook(Path(survey.codebook))
    problems = list(checked.problems)
    if checked.codebook is not None and checked.resolved:
        problems += _doubtful_grades(checked.codebook)
    if problems:
        raise click.ClickException(str(CodebookError(Path(survey.codebook), problems)))


def _doubtful_grades(codebook: Codebook) -> list[Problem]:
    """Return the grades that are not borne out, each at the line of its entry."""
    from observatoire_pipeline.codebook.reader import Problem
    from observatoire_pipeline.longitudinal.comparability import comparability_problems

    found = []
    for problem in comparability_problems(codebook):
        entry = re.match(r"entry (\d+) ", problem)
        if entry is not None:  # a pair without a grade is told with the other errors already
            line = codebook.comparability_lines[int(entry[1]) - 1]
            found.append(Problem("comparability.yaml", line, problem))
    return found


def make_home(survey: SurveyHome) -> None:
    """Create the folders of the survey's home, or say which one stands in the way."""
    try:
        survey.prepare()
    except OSError as error:
        path = Path(error.filename or survey.home)
        found = "a file" if path.is_file() else f"{error.strerror}"
        raise click.ClickException(
            f"{path}: found {found}; expected a folder of the survey's home that can be written"
        ) from error
