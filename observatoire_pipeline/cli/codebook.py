"""`observatoire codebook`: check it, draft an edition, compare two questionnaires.

In: arguments and what is printed. Not in: any rule about questions (`codebook`), nor the reading of
exports (`ingest`) and of their dates (`validate`).
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from observatoire_pipeline.cli.survey import codebook_option, open_survey, require_codebook

if TYPE_CHECKING:
    from observatoire_pipeline.codebook.questionnaire import Questionnaire
    from observatoire_pipeline.ingest.refusal import RefusedExport
    from observatoire_pipeline.resources import SurveyHome


@click.group(name="codebook")
def codebook_group() -> None:
    """Work on the codebook."""


@codebook_group.command(name="check")
@codebook_option
def codebook_check(codebook: Path | None) -> None:
    """List every error of the codebook, each with its file and line."""
    survey = open_survey(None, codebook)
    require_codebook(survey)
    book = survey.read_codebook()
    click.echo(
        f"{book.survey.title}: {len(book.editions)} editions, {len(book.variables)} variables, "
        f"{len(book.published)} published figures; no error"
    )


@codebook_group.command(name="draft")
@codebook_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--edition", required=True, help="Key of the edition to draft.")
@click.option("--from", "base", required=True, help="Edition to start from, or `none`.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a full copy of the codebook there (default: change the codebook itself).",
)
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
def codebook_draft(
    codebook: Path | None, file: Path, edition: str, base: str, out: Path | None, language: str
) -> None:
    """Write the edition that FILE is an export of, with `review:` where a person must decide."""
    from observatoire_pipeline.codebook.draft import DraftError, draft_edition, write_draft
    from observatoire_pipeline.codebook.first_draft import draft_codebook
    from observatoire_pipeline.codebook.review import review_page

    survey = open_survey(None, codebook)
    folder = Path(survey.codebook)
    found, platform = _read_file(file)
    try:
        if base == "none":
            if out is None:
                raise DraftError("--from none writes a codebook of its own: give its folder, --out")
            draft = draft_codebook(
                found,
                edition=edition,
                platform=platform,
                language=language,
                fieldwork=days_of(found, day_first=(False, True)),
            )
            folder = out
        else:
            require_codebook(survey)
            book = survey.read_codebook()
            known = book.editions.get(base)
            draft = draft_edition(
                book,
                found,
                edition=edition,
                base=base,
                platform=platform,
                fieldwork=days_of(found, day_first=(known is not None and known.day_first,)),
            )
        page = review_page(draft, edition=edition, base=base, source=file.name)
        written = write_draft(draft, codebook=folder, out=out, page=page)
    except DraftError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{written}: edition {edition} drafted; {draft.marks} place(s) to decide")
    if draft.marks:
        click.echo(f"Scores, wordings and all places: {written / 'review.md'}")
        click.echo(f"What is left: observatoire codebook check --codebook {written}")


@codebook_group.command(name="diff")
@codebook_option
@click.argument("a")
@click.argument("b")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def codebook_diff(codebook: Path | None, a: str, b: str, as_json: bool) -> None:
    """Compare the questions of A and B, each an edition of the codebook or an export."""
    from observatoire_pipeline.codebook.diff import compare, to_json, to_lines

    survey = open_survey(None, codebook)
    found = compare(_questionnaire(survey, a), _questionnaire(survey, b))
    if as_json:
        click.echo(json.dumps(to_json(found), ensure_ascii=False, indent=2))
        return
    for line in to_lines(found):
        click.echo(line)


def _questionnaire(survey: SurveyHome, name: str) -> Questionnaire:
    """Return the questions of a file, or of an edition of the codebook."""
    from observatoire_pipeline.codebook.questionnaire import questionnaire_of
    from observatoire_pipeline.codebook.reader import CodebookError

    if Path(name).is_file():
        return _look_at(Path(name))
    try:
        book = survey.read_codebook()
    except CodebookError as error:
        raise click.ClickException(str(error)) from error
    if name not in book.editions:
        known = ", ".join(book.edition_keys)
        raise click.ClickException(f"'{name}' is neither a file nor an edition ({known})")
    return questionnaire_of(book, name)


def days_of(found: Questionnaire, *, day_first: tuple[bool, ...]) -> tuple[date, date] | None:
    """Return the first and the last day of the answers of an export.

    None where a date cannot be read, or can be read both with the day and with the month first.
    """
    import pandas as pd

    from observatoire_pipeline.validate.metadata import read_moments

    if not found.moments:
        return None
    texts = pd.Series(found.moments, dtype="str")
    ways = [read_moments(texts, day_first=first) for first in day_first]
    days = {(m.min().date(), m.max().date()) for m in ways if not m.isna().any()}
    return days.pop() if len(days) == 1 else None


def _look_at(path: Path) -> Questionnaire:
    """Return the questions of an export, of a refused one as far as its headings show them."""
    from observatoire_pipeline.ingest.questionnaire import questionnaire_as_shown
    from observatoire_pipeline.ingest.refusal import RefusedExport

    try:
        found, problems = questionnaire_as_shown(path)
    except RefusedExport as error:
        raise _unreadable(path, error) from error
    if problems:
        click.echo(
            f"{path} would be refused ({len(problems)} problem(s): `observatoire inspect`); its "
            "questions are those of its headings",
            err=True,
        )
    return found


def _read_file(path: Path) -> tuple[Questionnaire, str | None]:
    """Return the questions of an export and its platform."""
    from observatoire_pipeline.ingest.questionnaire import questionnaire_of_file
    from observatoire_pipeline.ingest.refusal import RefusedExport

    try:
        return questionnaire_of_file(path)
    except RefusedExport as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: RefusedExport) -> click.ClickException:
    listed = [f"{path} cannot be read:", *(str(problem) for problem in error.problems)]
    return click.ClickException("\n  ".join(listed))
