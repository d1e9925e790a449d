"""The questions of an export, in the form in which two questionnaires are compared.

In: what the columns and cells of a file show of its questionnaire. Not in: reading the file
(`opening`), comparing or drafting (`codebook`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.codebook.questionnaire import Question, Questionnaire
from observatoire_pipeline.ingest.export import Export, ExportColumn, ExportQuestion
from observatoire_pipeline.ingest.opening import open_export
from observatoire_pipeline.ingest.platforms import BY_NAME, GOOGLE_FORMS
from observatoire_pipeline.ingest.platforms.joined import split_ticks
from observatoire_pipeline.ingest.refusal import Problem, RefusedExport, refuse
from observatoire_pipeline.ingest.ticks import Choices

PLATFORM_TITLES = {
    **{name: platform.title for name, platform in BY_NAME.items()},
    "surveymonkey_api": "SurveyMonkey",
}
"""How the makers of a platform spell it; an SPSS file does not say where it comes from."""


def questionnaire_of_file(path: Path) -> tuple[Questionnaire, str | None]:
    """Return the questions of an export and the title of its platform, None where it is not told.

    A second sheet follows the first.

    Args:
        path: The file as the platform gave it.

    Raises:
        RefusedExport: something in the file cannot be read.
    """
    opened = open_export(path)
    problems = [*opened.problems, *(p for table in opened.tables for p in table.problems)]
    if problems:
        raise RefusedExport(problems)
    if not opened.exports:
        raise refuse(path.name, "", found="no table in it", expected="an export of responses")
    platform = PLATFORM_TITLES.get(opened.exports[0].platform)
    return questionnaire_of_exports(path.name, opened.exports), platform


def questionnaire_as_shown(path: Path) -> tuple[Questionnaire, tuple[Problem, ...]]:
    """Return the questions of an export to look at, and why it would be refused, if it would.

    A file whose cells are damaged still shows its questions in its headings.

    Args:
        path: The file as the platform gave it.

    Raises:
        RefusedExport: not even its headings can be read.
    """
    opened = open_export(path)
    problems = (*opened.problems, *(p for table in opened.tables for p in table.problems))
    shown = [export for table in opened.tables if (export := table.export or table.described)]
    if not shown:
        raise RefusedExport(problems)
    return questionnaire_of_exports(path.name, shown), problems


def questionnaire_of_exports(name: str, exports: Iterable[Export]) -> Questionnaire:
    """Return the questions of the tables of one file, numbered through.

    Args:
        name: What the questionnaire is called in messages.
        exports: Its tables, in the order of the file.
    """
    questions: list[Question] = []
    moments: dict[str, None] = {}
    for export in exports:
        questions += _questions_of(export, after=len(questions))
        for column in export.columns:
            if column.field in ("started_at", "ended_at"):
                texts, _ = export.grid.distinct(column.position, below=export.header_rows)
                moments |= dict.fromkeys(texts)
    return Questionnaire(name, tuple(questions), moments=tuple(moments))


def _questions_of(export: Export, *, after: int) -> list[Question]:
    columns = {column.position: column for column in export.columns}
    asked: list[tuple[int, Question]] = []
    for found in export.questions:
        mine = [columns[position] for position in found.columns]
        beside = {c.label: None for c in mine if c.text_of in ("other", "comment") and c.label}
        boxes = [label for label in beside if label not in found.items]
        in_list = found.kind == "multiple"
        counts, answered = _counts(export, found)
        question = Question(
            position=0,
            title=found.title,
            kind=found.kind,
            options=_once(found.options),
            items=_once((*found.items, *(boxes if in_list else ()))),
            texts=() if in_list else tuple(boxes),
            items_complete=found.position not in export.multiple_in_one_cell,
            options_complete=_is_expanded(mine) or (not in_list and 0 in counts.values()),
            counts=counts,
            answered=answered,
            personal=all(column.role == "personal" for column in mine),
            typed_inside=_typed_inside(export, found),
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


def _once(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the labels, the first of two spellings that a codebook cannot tell apart."""
    first: dict[str, str] = {}
    for label in labels:
        first.setdefault(normalise_label(label), label)
    return tuple(first.values())


def _typed_inside(export: Export, found: ExportQuestion) -> bool:
    """Tell whether what was typed for "other" stands among the answers, in their cells."""
    separator = export.multiple_in_one_cell.get(found.position, "")
    joined = found.kind == "multiple" and bool(separator)
    if not joined and (export.platform != GOOGLE_FORMS.name or found.kind != "single"):
        return False
    texts, _ = export.grid.distinct(found.position, below=export.header_rows)
    choices = Choices.of(((option, option) for option in _once(found.options)), separator=separator)
    return any(None in choices.items(text) for text in texts)


def _is_expanded(columns: Sequence[ExportColumn]) -> bool:
    """Tell whether every answer has a column, chosen or not."""
    return any(column.option for column in columns)


def _counts(export: Export, found: ExportQuestion) -> tuple[dict[str, int], int]:
    """Return how often each option was given, and how many answers (or cells of ticks) there are.

    Nothing is counted where an answer stands in a column of its own, or where cells show codes for
    which the file gives labels. An option that is listed and never given shows that the list is
    whole.
    """
    columns = {column.position: column for column in export.columns}
    mine = [columns[position] for position in found.columns]
    cells = [column.position for column in mine if not column.text_of]
    separator = export.multiple_in_one_cell.get(found.position)
    single = found.kind in ("single", "matrix") or separator is not None
    if not single or _is_expanded(mine):
        return {}, 0
    names = {normalise_label(option): option for option in _once(found.options)}
    counts = dict.fromkeys(names.values(), 0)
    answered = known = 0
    for position in cells:
        for text, count in zip(
            *export.grid.distinct(position, below=export.header_rows), strict=True
        ):
            ticks = (
                (text,)
                if separator is None
                else split_ticks(text, separator=separator, options=set(found.options))
            )
            given = {name for tick in ticks if (name := names.get(normalise_label(tick)))}
            for name in given:
                counts[name] += int(count)
            answered += int(count)
            known += int(count) * bool(given)
    return (counts, answered) if known * 2 > answered else ({}, 0)
