"""Declared corrections: known errors of an edition, repaired on purpose before anything is checked.

In: override, drop_cell and drop_row of `corrections.yaml`, each with a guard that fails when the
entry matches nothing. Not in: any rule that decides by itself.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import Correction
from observatoire_pipeline.validate.cells import RawColumn, filled_cells, trimmed
from observatoire_pipeline.validate.errors import Findings
from observatoire_pipeline.validate.reading import use_of


def apply_corrections(
    rows: pd.DataFrame,
    columns: list[RawColumn],
    *,
    edition: str,
    codebook: Codebook,
    findings: Findings,
) -> pd.DataFrame:
    """Return the rows with the edition's corrections applied, in the order of `corrections.yaml`.

    `override` puts another text into a cell, `drop_cell` blanks it, `drop_row` removes the rows of
    a respondent: all of them, or with `expect` those that hold a cell with that text (so that one
    of two rows of a respondent can be named). Dropped cells and rows are written into `findings`;
    a correction that matches nothing, or more than one cell, is written there as a problem.

    Args:
        rows: Raw rows with a column `respondent_id`.
        columns: The columns of the edition.
        edition: The edition.
        codebook: The survey.
        findings: Where dropped cells and problems are noted.
    """
    columns = [column for column in columns if column.column in rows.columns]
    rows = rows.reset_index(drop=True)
    gone = np.zeros(len(rows), dtype=bool)
    for number, correction in enumerate(codebook.corrections, start=1):
        if correction.edition != edition:
            continue
        name = (
            f"{codebook.root / 'corrections.yaml'}, entry {number} "
            f"({correction.action} of respondent {correction.respondent_id})"
        )
        matched = (rows["respondent_id"] == correction.respondent_id).to_numpy(dtype=bool) & ~gone
        places = np.flatnonzero(matched)
        if not len(places):
            findings.problems.append(
                f"{name}: no row has that respondent; remove the entry if the source was repaired"
            )
        elif correction.action == "drop_row":
            gone[_drop_rows(rows, columns, places, correction, name, findings)] = True
        else:
            rows = _change_cell(rows, columns, places, correction, name, codebook, findings)
    return rows[~gone].reset_index(drop=True)


def _drop_rows(
    rows: pd.DataFrame,
    columns: list[RawColumn],
    places: np.ndarray,
    correction: Correction,
    name: str,
    findings: Findings,
) -> list[int]:
    chosen = [int(place) for place in places]
    if correction.expect is not None:
        wanted = trimmed(correction.expect)
        chosen = [
            place
            for place in chosen
            if any(
                trimmed(str(rows.loc[place, column.column])) == wanted
                for column in _columns_of_row(rows, columns, place)
            )
        ]
        if not chosen:
            findings.problems.append(
                f"{name}: none of the respondent's {len(places)} rows holds the expected text "
                f"{correction.expect!r}"
            )
    for place in chosen:
        row = int(rows.loc[place, "row"])
        of_file = _columns_of_row(rows, columns, place)
        file = of_file[0].file if of_file else str(rows.loc[place, "source_id"])
        findings.rejected.append(
            {
                "source_id": rows.loc[place, "source_id"],
                "row": row,
                "column": "",
                "respondent_id": correction.respondent_id,
                "scope": "row",
                "outcome": "dropped",
                "rule": "declared_correction",
                "value": "",
                "expected": correction.reason,
                "where": f"file {file}, row {row}",
                "cells": int(filled_cells(rows.iloc[[place]], columns)[0]),
            }
        )
    return chosen


def _columns_of_row(rows: pd.DataFrame, columns: list[RawColumn], place: int) -> list[RawColumn]:
    source = rows.loc[place, "source_id"]
    return [column for column in columns if column.source_id == source]


def _change_cell(
    rows: pd.DataFrame,
    columns: list[RawColumn],
    places: np.ndarray,
    correction: Correction,
    name: str,
    codebook: Codebook,
    findings: Findings,
) -> pd.DataFrame:
    """Return the rows with one cell changed, or unchanged with a problem noted."""
    of_question = [
        column
        for column in columns
        if column.role == "question"
        and column.variable == correction.variable
        and column.item == (correction.item or "")
        and column.instance == correction.instance
    ]
    question = f"{correction.variable}, item {correction.item}, instance {correction.instance}"
    if not of_question:
        findings.problems.append(f"{name}: the files have no column for {question}")
        return rows
    found = {
        (int(place), column): trimmed(str(rows.loc[place, column.column]))
        for place in places
        for column in of_question
        if column.source_id == rows.loc[place, "source_id"]
    }
    expected = trimmed(correction.expect or "")
    hits = [cell for cell, text in found.items() if text == expected]
    if not expected:
        findings.problems.append(
            f"{name}: it expects a blank cell; a correction changes or drops a cell that was "
            "received, it does not add one"
        )
    elif len(hits) != 1:
        seen = ", ".join(repr(text) for text in found.values()) or "no cell"
        findings.problems.append(
            f"{name}: {question} must hold {correction.expect!r} once, found {seen}"
        )
    elif correction.action == "override" and not trimmed(correction.value or ""):
        findings.problems.append(f"{name}: the value is blank; use drop_cell")
    elif correction.action == "override" and (
        use_of(hits[0][1], codebook.variables[hits[0][1].variable]) == "tick"
    ):
        findings.problems.append(
            f"{name}: {hits[0][1].words} is a box that is ticked or not; use drop_cell"
        )
    else:
        return _written(rows, *hits[0], correction, findings)
    return rows


def _written(
    rows: pd.DataFrame, place: int, column: RawColumn, correction: Correction, findings: Findings
) -> pd.DataFrame:
    row = int(rows.loc[place, "row"])
    if correction.action == "drop_cell":
        findings.rejected.append(
            {
                "source_id": column.source_id,
                "row": row,
                "column": column.column,
                "respondent_id": correction.respondent_id,
                "scope": "cell",
                "outcome": "dropped",
                "rule": "declared_correction",
                "value": trimmed(str(rows.loc[place, column.column])),
                "expected": correction.reason,
                "where": column.row_words(row),
                "cells": 1,
            }
        )
    changed = rows[column.column].astype("str")
    changed.iloc[place] = correction.value or ""
    return rows.assign(**{column.column: changed})
