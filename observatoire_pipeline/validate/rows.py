"""Rules on whole rows: no identifier, no answer, said twice, said differently.

In: which rows are dropped or rejected, and which pairs of rows nobody but a person can settle.
Not in: single cells (`rules`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire_pipeline.validate.cells import (
    Known,
    Mask,
    RawColumn,
    distinct,
    filled_cells,
    places_by_source,
    trimmed,
)
from observatoire_pipeline.validate.errors import Findings


def accepted_rows(
    rows: pd.DataFrame, columns: list[RawColumn], *, edition: str, findings: Findings
) -> pd.DataFrame:
    """Return the rows that are responses; note the others in `findings`.

    Rejected: a row without identifier (`missing_respondent_id`); a row whose identifier is the
    heading of its column, where two downloads were pasted together (`repeated_header`). Dropped: a
    row with metadata only (`empty_response`), unless another file holds answers of the same
    respondent; a row whose answers repeat an earlier row of the same respondent and file
    (`duplicate_row`). A problem: two rows of one respondent and file with different answers.

    Args:
        rows: Rows with `source_id`, `row` and `respondent_id`, in the order of files and rows.
        columns: The columns of the edition.
        edition: The edition, for the correction that a message proposes.
        findings: Where the others are noted.
    """
    anonymous = (rows["respondent_id"] == "").to_numpy(dtype=bool)
    _note_rows(
        rows[anonymous], columns, "rejected", "missing_respondent_id", "an identifier", findings
    )
    rows = rows[~anonymous].reset_index(drop=True)

    headings = headings_in(rows, columns)
    _note_rows(rows[headings], columns, "rejected", "repeated_header", "a response", findings)
    rows = rows[~headings].reset_index(drop=True)

    questions = [column for column in columns if column.role == "question"]
    empty = _empty(rows, questions)
    _note_rows(rows[empty], columns, "dropped", "empty_response", "at least one answer", findings)
    rows = rows[~empty].reset_index(drop=True)

    repeated = _repeated(rows, questions, edition, findings)
    _note_rows(
        rows[repeated], columns, "dropped", "duplicate_row", "one row for a response", findings
    )
    return rows[~repeated].reset_index(drop=True)


def answers_in(rows: pd.DataFrame, questions: list[RawColumn], *, known: Known) -> Mask:
    """Return which rows hold an answer."""
    found = np.zeros(len(rows), dtype=bool)
    for source_id, places in places_by_source(rows).items():
        for column in questions:
            if found[places].all():
                break
            if column.source_id == source_id and column.column in rows.columns:
                index, _ = distinct(rows[column.column].iloc[places], known=known)
                found[places] |= index >= 0
    return found


def headings_in(rows: pd.DataFrame, columns: list[RawColumn]) -> Mask:
    """Return which rows have the heading of the identifiers for an identifier."""
    titles = {
        column.source_id: trimmed(column.title)
        for column in columns
        if column.field == "respondent_id" and trimmed(column.title)
    }
    found = np.zeros(len(rows), dtype=bool)
    for source_id, title in titles.items():
        same = (rows["respondent_id"] == title).to_numpy(dtype=bool)
        if same.any():
            found |= same & (rows["source_id"] == source_id).to_numpy(dtype=bool)
    return found


def _empty(rows: pd.DataFrame, questions: list[RawColumn]) -> Mask:
    answers = pd.Series(filled_cells(rows, questions) > 0, index=rows.index)
    in_file = answers.groupby([rows["source_id"], rows["respondent_id"]]).transform("any")
    in_edition = answers.groupby(rows["respondent_id"]).transform("any")
    # An empty sheet of a response that goes on in another file is kept: it is part of it.
    return (~answers & (in_file | ~in_edition)).to_numpy(dtype=bool)


def _repeated(
    rows: pd.DataFrame, questions: list[RawColumn], edition: str, findings: Findings
) -> Mask:
    """Return the rows that repeat an earlier one; note the rows that contradict one."""
    key = ["source_id", "respondent_id"]
    shared = rows.duplicated(key, keep=False).to_numpy(dtype=bool)
    repeated = np.zeros(len(rows), dtype=bool)
    if not shared.any():
        return repeated
    for (source_id, respondent), group in rows[shared].groupby(key, sort=False):
        of_file = [c for c in questions if c.source_id == source_id and c.column in rows.columns]
        answers = {
            place: tuple(trimmed(str(group.loc[place, c.column])) for c in of_file)
            for place in group.index
        }
        first, *later = group.index
        for place in later:
            if answers[place] == answers[first]:
                repeated[place] = True
            else:
                findings.problems.append(
                    _contradiction(rows, first, place, answers, of_file, str(respondent), edition)
                )
    return repeated


def _contradiction(
    rows: pd.DataFrame,
    first: int,
    later: int,
    answers: dict[int, tuple[str, ...]],
    columns: list[RawColumn],
    respondent: str,
    edition: str,
) -> str:
    numbers = (int(rows.loc[first, "row"]), int(rows.loc[later, "row"]))
    differing = [
        column
        for column, one, two in zip(columns, answers[first], answers[later], strict=True)
        if one != two
    ]
    only_later = [text for text in answers[later] if text and text not in answers[first]]
    only_first = [text for text in answers[first] if text and text not in answers[later]]
    expect, row = (
        (only_later[0], numbers[1])
        if only_later
        else (only_first[0], numbers[0])
        if only_first
        else ("a text of that row only", numbers[1])
    )
    return (
        f"file {columns[0].file}: respondent {respondent} has two rows with different answers, row "
        f"{numbers[0]} and row {numbers[1]} (they differ in {len(differing)} columns, first in "
        f"{differing[0].words}); say which one goes with a drop_row correction in "
        f"corrections.yaml, for row {row}: {{edition: {edition!r}, "
        f"respondent_id: {respondent!r}, action: drop_row, expect: {expect!r}, reason: ...}}"
    )


def _note_rows(
    rows: pd.DataFrame,
    columns: list[RawColumn],
    outcome: str,
    rule: str,
    expected: str,
    findings: Findings,
) -> None:
    files = {column.source_id: column.file for column in columns}
    counts = filled_cells(rows.reset_index(drop=True), columns)
    for source_id, row, respondent, cells in zip(
        rows["source_id"], rows["row"], rows["respondent_id"], counts, strict=True
    ):
        findings.rejected.append(
            {
                "source_id": source_id,
                "row": int(row),
                "column": "",
                "respondent_id": respondent,
                "scope": "row",
                "outcome": outcome,
                "rule": rule,
                "value": "",
                "expected": expected,
                "where": f"file {files[source_id]}, row {int(row)}",
                "cells": int(cells),
            }
        )
