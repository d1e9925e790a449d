"""The `observatoire` command.

In: reading arguments, launching jobs, printing. Not in: any rule about the survey or its data.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import dagster as dg
    import pandas as pd

    from observatoire_pipeline.codebook.codebook import Codebook
    from observatoire_pipeline.codebook.questionnaire import Question, Questionnaire
    from observatoire_pipeline.codebook.reader import Problem
    from observatoire_pipeline.ingest.export import Export
    from observatoire_pipeline.resources import SurveyHome

DEFINITIONS_MODULE = "observatoire_pipeline.definitions"

REPOSITORY_TAG = {".dagster/repository": "__repository__@observatoire_pipeline"}
"""Without it, the page of a job in the UI does not list the runs made by this command."""

QUIET_CONSOLE = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster would print a failure twice, once as a trace; `_complaints` says it once, in words."""

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


@click.group()
def main() -> None:
    """From raw survey exports to comparable series, honest figures and charts."""


@main.command()
@home_option
@codebook_option
@click.option("--edition", "editions", multiple=True, help="Edition to read (default: all landed).")
@click.option("--sample", is_flag=True, help="Land the synthetic exports where nothing has landed.")
@click.option("--publish/--no-publish", default=True, help="Publish after reading.")
def run(
    home: Path | None,
    codebook: Path | None,
    editions: Sequence[str],
    sample: bool,
    publish: bool,
) -> None:
    """Read the landed editions, then publish what was accepted."""
    survey = _survey(home, codebook)
    _check_codebook(survey)
    _prepare(survey)
    if sample:
        _land_sample(survey)
    chosen = _chosen_editions(survey, editions)
    with _progress("loading the pipeline"):
        from observatoire_pipeline.definitions import build_definitions

        definitions = build_definitions(survey=survey)
        instance = _instance(survey)
    failed = False
    with instance:
        for edition in chosen:
            failed |= not _execute(
                definitions, instance, "edition", label=f"edition {edition}", edition=edition
            )
        if failed:
            click.echo("\nNothing is published; the last release stays as it was.", err=True)
        elif publish:
            failed = not _execute(definitions, instance, "publication", label="publication")
    if failed:
        sys.exit(1)
    if publish:
        _tell_release(survey)


@main.command()
@home_option
@codebook_option
def quality(home: Path | None, codebook: Path | None) -> None:
    """Ask of every accepted edition what one would expect of it; nothing is blocked."""
    survey = _survey(home, codebook)
    _check_codebook(survey)
    survey.prepare()
    with _progress("loading the pipeline"):
        from observatoire_pipeline.definitions import build_definitions
        from observatoire_pipeline.io_managers import Lake

        definitions = build_definitions(survey=survey)
        lake = Lake(root=str(survey.lake), codebook=survey.codebook)
        instance = _instance(survey)
    accepted = [
        key for key in survey.read_codebook().edition_keys if lake.exists("accepted_editions", key)
    ]
    if not accepted:
        raise click.ClickException("no edition has been accepted yet: `observatoire run` first")
    failed = False
    with instance:
        for edition in accepted:
            label = f"quality of {edition}"
            if not _execute(definitions, instance, "quality", label=label, edition=edition):
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


@main.command()
@home_option
@codebook_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=3000, show_default=True)
def ui(home: Path | None, codebook: Path | None, host: str, port: int) -> None:
    """Open Dagster on this survey: web server and daemon, until interrupted."""
    from observatoire_pipeline.resources import CODEBOOK_VARIABLE, HOME_VARIABLE

    survey = _survey(home, codebook)
    _check_codebook(survey)
    _prepare(survey)
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


@main.command()
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

    survey = _survey(None, codebook)
    _check_codebook(survey)
    try:
        for path in write_sample(out, codebook=survey.read_codebook()):
            click.echo(path)
    except SampleError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the inspection as JSON.")
def inspect(file: Path, as_json: bool) -> None:
    """Say what FILE is: platform, questions, damage, verdict; exit 2 when it is refused."""
    from observatoire_pipeline.ingest.inspection import inspect_file, plain_page

    found = inspect_file(file)
    click.echo(found.to_json() if as_json else plain_page(found), nl=as_json)
    sys.exit(2 if found.verdict == "refused" else 0)


@main.command()
@codebook_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/data_dictionary.md"))
@click.option("--check", is_flag=True, help="Only tell whether the file is current.")
def dictionary(codebook: Path | None, out: Path, check: bool) -> None:
    """Write the data dictionary of every table."""
    from observatoire_pipeline.tables.catalogue import catalogue
    from observatoire_pipeline.tables.dictionary import data_dictionary

    survey = _survey(None, codebook)
    _check_codebook(survey)
    book = survey.read_codebook()
    text = data_dictionary(catalogue(book).values(), book)
    if check:
        if not out.is_file() or out.read_text(encoding="utf-8") != text:
            raise click.ClickException(f"{out} is not current: run `observatoire dictionary`")
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    click.echo(out)


@main.group(name="codebook")
def codebook_group() -> None:
    """Work on the codebook."""


@codebook_group.command(name="check")
@codebook_option
def codebook_check(codebook: Path | None) -> None:
    """List every error of the codebook, each with its file and line."""
    survey = _survey(None, codebook)
    _check_codebook(survey)
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
    from observatoire_pipeline.codebook.draft import (
        DraftError,
        draft_edition,
        review_page,
        write_draft,
    )
    from observatoire_pipeline.codebook.first_draft import draft_codebook

    survey = _survey(None, codebook)
    folder = Path(survey.codebook)
    found, platform = _questionnaire_of_file(file)
    try:
        if base == "none":
            if out is None:
                raise DraftError("--from none writes a codebook of its own: give its folder, --out")
            draft = draft_codebook(found, edition=edition, platform=platform, language=language)
            folder = out
        else:
            _check_codebook(survey)
            book = survey.read_codebook()
            draft = draft_edition(book, found, edition=edition, base=base, platform=platform)
        page = review_page(draft, edition=edition, base=base, source=file.name)
        written = write_draft(draft, codebook=folder, out=out, page=page)
    except DraftError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{written}: edition {edition} drafted; {draft.marks} place(s) to decide")
    if draft.marks:
        click.echo(f"Scores and wordings: {written / 'review.md'}")
        click.echo(f"What is left: observatoire codebook check --codebook {written}")


@codebook_group.command(name="diff")
@codebook_option
@click.argument("a")
@click.argument("b")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def codebook_diff(codebook: Path | None, a: str, b: str, as_json: bool) -> None:
    """Compare the questions of A and B, each an edition of the codebook or an export."""
    from observatoire_pipeline.codebook.diff import compare, to_json, to_lines

    survey = _survey(None, codebook)
    found = compare(_questionnaire(survey, a), _questionnaire(survey, b))
    if as_json:
        click.echo(json.dumps(to_json(found), ensure_ascii=False, indent=2))
        return
    for line in to_lines(found):
        click.echo(line)


@main.group(name="coding")
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

    survey = _survey(home, codebook)
    _check_codebook(survey)
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
        click.echo(f"{where}: {len(mine)} texts to code; codes: {codes}")


# --- parts ----------------------------------------------------------------------------------


def _questionnaire(survey: SurveyHome, name: str) -> Questionnaire:
    """Return the questions of a file, or of an edition of the codebook."""
    from observatoire_pipeline.codebook.questionnaire import questionnaire_of
    from observatoire_pipeline.codebook.reader import CodebookError

    if Path(name).is_file():
        return _questionnaire_of_file(Path(name))[0]
    try:
        book = survey.read_codebook()
    except CodebookError as error:
        raise click.ClickException(str(error)) from error
    if name not in book.editions:
        known = ", ".join(book.edition_keys)
        raise click.ClickException(f"'{name}' is neither a file nor an edition ({known})")
    return questionnaire_of(book, name)


def _questionnaire_of_file(path: Path) -> tuple[Questionnaire, str]:
    """Return the questions of an export and its platform; a second sheet follows the first."""
    from observatoire_pipeline.codebook.questionnaire import Questionnaire
    from observatoire_pipeline.ingest.opening import open_export

    opened = open_export(path)
    problems = [*opened.problems, *(p for table in opened.tables for p in table.problems)]
    if problems or not opened.exports:
        listed = [str(problem) for problem in problems] or ["no table in it"]
        raise click.ClickException("\n  ".join([f"{path} cannot be read:", *listed]))
    questions: list[Question] = []
    for export in opened.exports:
        questions += _questions_of(export, after=len(questions))
    return Questionnaire(path.name, tuple(questions)), opened.exports[0].platform


def _questions_of(export: Export, *, after: int) -> list[Question]:
    from observatoire_pipeline.codebook.questionnaire import Question

    columns = {column.position: column for column in export.columns}
    asked: list[tuple[int, Question]] = []
    for found in export.questions:
        mine = [columns[position] for position in found.columns]
        beside = {c.label: None for c in mine if c.text_of in ("other", "comment") and c.label}
        boxes = [label for label in beside if label not in found.items]
        in_list = found.kind == "multiple"
        question = Question(
            position=0,
            title=found.title,
            kind=found.kind,
            options=found.options,
            items=(*found.items, *(boxes if in_list else ())),
            texts=() if in_list else tuple(boxes),
            items_complete=found.position not in export.multiple_in_one_cell,
            personal=all(column.role == "personal" for column in mine),
        )
        asked.append((found.position, question))
    held = {position for found in export.questions for position in found.columns}
    for column in export.columns:
        if column.role == "personal" and column.position not in held and not column.field:
            personal = Question(position=0, title=column.title, kind="text", personal=True)
            asked.append((column.position, personal))
    asked.sort(key=lambda entry: entry[0])
    return [
        replace(question, position=after + place)
        for place, (_, question) in enumerate(asked, start=1)
    ]


def _survey(home: Path | None, codebook: Path | None) -> SurveyHome:
    from observatoire_pipeline.resources import SurveyHome

    return SurveyHome.from_environment(home=home, codebook=codebook)


def _check_codebook(survey: SurveyHome) -> None:
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


def _prepare(survey: SurveyHome) -> None:
    try:
        survey.prepare()
    except OSError as error:
        path = Path(error.filename or survey.home)
        found = "a file" if path.is_file() else f"{error.strerror}"
        raise click.ClickException(
            f"{path}: found {found}; expected a folder of the survey's home that can be written"
        ) from error


def _listens(host: str, port: int) -> bool:
    """Tell whether the port is taken; two web servers would share it without a word."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def _land_sample(survey: SurveyHome) -> None:
    from observatoire_pipeline.sample.landing import write_sample

    book = survey.read_codebook()
    empty = [key for key in book.edition_keys if not _holds_files(survey.landing / key)]
    if empty:
        with _progress(f"landing synthetic exports of {', '.join(empty)}"):
            write_sample(survey.landing, codebook=book, only=empty)


def _holds_files(folder: Path) -> bool:
    return folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir())


def _chosen_editions(survey: SurveyHome, editions: Sequence[str]) -> list[str]:
    declared = survey.read_codebook().edition_keys
    try:
        landed = sorted(p for p in survey.landing.iterdir() if not p.name.startswith("."))
    except OSError as error:
        raise click.ClickException(f"the landing folder cannot be read: {error}") from error
    problems = [
        f"{path}: found {'a file' if path.is_file() else 'a link that leads nowhere'}; expected "
        f"a folder named after an edition ({', '.join(declared)}) with its exports in it"
        for path in landed
        if not path.is_dir()
    ]
    unknown = [*editions, *(path.name for path in landed if path.is_dir())]
    problems += [
        f"no codebook for {key}: declared editions are {', '.join(declared)}; declare it in "
        f"{Path(survey.codebook) / 'editions.yaml'} (docs/adding_an_edition.md)"
        for key in dict.fromkeys(unknown)
        if key not in declared
    ]
    if problems:
        raise click.ClickException("\n  ".join(["nothing was read:", *problems]))
    chosen = list(editions) or [key for key in declared if _holds_files(survey.landing / key)]
    if not chosen:
        raise click.ClickException(
            f"nothing has landed: expected an export in {survey.landing}/<edition>/, where "
            f"<edition> is one of {', '.join(declared)}; to look around, try "
            "`observatoire run --sample`"
        )
    return chosen


def _instance(survey: SurveyHome) -> dg.DagsterInstance:
    import dagster as dg

    return dg.DagsterInstance.from_config(str(survey.dagster_home))


def _execute(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    job: str,
    *,
    label: str,
    edition: str | None = None,
) -> bool:
    with _progress(label) as line:
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            partition_key=edition,
            tags=REPOSITORY_TAG,
            run_config=QUIET_CONSOLE,
            raise_on_error=False,
        )
        if not result.success:
            line.failed = True
    if not result.success:
        for complaint in _complaints(result):
            click.echo(complaint, err=True)
    return bool(result.success)


def _complaints(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    """Yield what went wrong, in the words of the stage that refused."""
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed:
            told = "; ".join(f"{key}: {told.value}" for key, told in evaluation.metadata.items())
            yield (
                f"\ncheck {evaluation.check_name} of {evaluation.asset_key.to_user_string()} "
                f"failed: {told}"
            )
    for event in result.all_node_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            if error is None or error.cls_name == "DagsterAssetCheckFailedError":
                continue  # the check was shown above
            yield f"\n{event.step_key}: {_in_its_own_words((error.cause or error).message)}"


def _in_its_own_words(message: str) -> str:
    """Return the message of an exception, without its class when this package raised it."""
    name, _, words = message.strip().partition(": ")
    return words if words and name.startswith("observatoire_pipeline.") else message.strip()


class _Line:
    failed = False


@contextmanager
def _progress(label: str) -> Iterator[_Line]:
    """Show what is being done, then how long it took."""
    from rich.console import Console

    console = Console(stderr=True)
    line = _Line()
    start = time.perf_counter()
    with console.status(label):
        try:
            yield line
        except BaseException:
            line.failed = True
            raise
        finally:
            mark = "[red]✗[/red]" if line.failed else "[green]✓[/green]"
            console.print(f"{mark} {label} [dim]{time.perf_counter() - start:.1f} s[/dim]")


def _tell_release(survey: SurveyHome) -> None:
    """Print where everything is, and the first lines of one mart."""
    import pandas as pd

    latest = survey.releases / "latest"
    warehouse = latest / "warehouse.duckdb"
    click.echo(f"\nRelease    {latest.resolve()}")
    click.echo(f"Warehouse  {warehouse}")
    click.echo(f"Charts     {latest / 'charts'} ({len(list((latest / 'charts').glob('*.svg')))})")
    click.echo(f"Tables     {latest / 'tables'}")
    published = pd.read_parquet(latest / "tables" / "mart_published.parquet")
    if len(published):
        click.echo("\nPublished figures beside ours (mart_published):")
        click.echo(_lines_of(published))
    if published["synthetic"].fillna(False).any():
        click.echo("\nDonnées synthétiques : generated from printed figures and assumptions.")


def _lines_of(published: pd.DataFrame) -> str:
    """Return one reproduced figure of each question, the latest edition first."""
    from tabulate import tabulate

    rows = published.loc[published["verdict"] == "reproduced"].iloc[::-1]
    lines = [
        [
            row.edition,
            f"{row.variable_label}: {row.item_label}" if row.item_label else row.variable_label,
            textwrap.shorten(row.codes.replace("+", " + "), 32, placeholder=" …"),
            f"{row.published_value:g}{'' if row.statistic == 'count' else ' %'}",
            f"{row.our_numerator} of {row.our_base_n}",
            row.verdict,
        ]
        for row in rows.drop_duplicates("variable").head(8).itertuples(index=False)
    ]
    headers = ["edition", "question", "answer", "published", "ours", "verdict"]
    return str(tabulate(lines, headers=headers, disable_numparse=True))


if __name__ == "__main__":
    main()
