"""Small files of each platform, opened as the pipeline opens any file.

In: records → the table that they turn out to be, by way of bytes. Not in: the records themselves,
which each test writes by hand, and anything of the code under test but its door.
"""

from __future__ import annotations

from collections.abc import Sequence

from observatoire_pipeline.ingest.export import Export, ExportQuestion
from observatoire_pipeline.ingest.opening import OpenedTable, open_member
from observatoire_pipeline.ingest.sniff import Member
from observatoire_pipeline_tests.unit.ingest.lookalikes import as_csv, as_xlsx


def opened(
    records: Sequence[Sequence[str]],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    workbook: bool = False,
) -> OpenedTable:
    """Return what a file of these records turns out to be."""
    rows = [list(record) for record in records]
    if workbook:
        data = as_xlsx(rows)  # type: ignore[arg-type]
        member = Member("survey.xlsx", "", "xlsx", data, "0" * 64, len(data))
    else:
        data = as_csv(rows, delimiter=delimiter, encoding=encoding)
        member = Member("survey.csv", "", "csv", data, "0" * 64, len(data))
    (table,) = open_member(member)
    return table


def export_of(records: Sequence[Sequence[str]], **how: object) -> Export:
    """Return the export of these records, which must be read."""
    table = opened(records, **how)  # type: ignore[arg-type]
    assert table.export is not None, table.problems
    return table.export


def records_of(
    columns: Sequence[tuple[str, Sequence[str]]], *, headers: int = 1
) -> list[list[str]]:
    """Return records from columns: the heading (its rows by a line feed if several), the cells."""
    heads = [heading.split("\x1f") if headers > 1 else [heading] for heading, _ in columns]
    length = max(len(cells) for _, cells in columns)
    assert all(len(cells) == length for _, cells in columns)
    return [
        *[[head[k] for head in heads] for k in range(headers)],
        *[[cells[k] for _, cells in columns] for k in range(length)],
    ]


def questions(export: Export) -> dict[str, ExportQuestion]:
    """Return the questions by title; the later of two with one title."""
    return {question.title: question for question in export.questions}


def fields(export: Export) -> dict[str, int]:
    """Return the position of each fixed column by its field."""
    return {column.field: column.position for column in export.columns if column.field}


def roles(export: Export, role: str) -> list[int]:
    """Return the positions of the columns of a role."""
    return [column.position for column in export.columns if column.role == role]
