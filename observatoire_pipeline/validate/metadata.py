"""What the platform wrote about a response: who, when.

In: the respondent's identifier, and the two moments. Not in: answers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.models import Edition
from observatoire_pipeline.validate.cells import (
    KEPT_FIELDS,
    RawColumn,
    distinct,
    places_by_source,
    trimmed,
)
from observatoire_pipeline.validate.errors import Findings

MOMENTS = ("started_at", "ended_at")

_CLOCKS = ("%I:%M:%S %p", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%H:%M", "")
_ISO = tuple(
    f"%Y-%m-%d{join}{clock}".strip()
    for join in (" ", "T")
    for clock in ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M", "")
    if clock or join == " "
)


def field_columns(columns: list[RawColumn], field: str, source_id: str) -> list[RawColumn]:
    """Return the metadata columns of a file that hold the field."""
    return [
        column
        for column in columns
        if column.source_id == source_id and column.role == "metadata" and column.field == field
    ]


def with_respondents(
    rows: pd.DataFrame, columns: list[RawColumn], *, findings: Findings
) -> pd.DataFrame:
    """Return the rows with `respondent_id`, the identifier as text, empty where there is none.

    A file without exactly one such column is written into `findings` as a problem.
    """
    ids = np.full(len(rows), "", dtype=object)
    for source_id, places in places_by_source(rows).items():
        found = [
            column
            for column in field_columns(columns, "respondent_id", source_id)
            if column.column in rows.columns
        ]
        if len(found) != 1:
            file = next((c.file for c in columns if c.source_id == source_id), source_id)
            findings.problems.append(
                f"file {file}: {len(found)} columns were recognised as the identifier of the "
                "response, expected one"
            )
            continue
        index, texts = distinct(rows[found[0].column].iloc[places])
        ids[places] = np.array([*texts, ""], dtype=object)[index]
    return rows.assign(respondent_id=pd.Series(ids, index=rows.index, dtype="str"))


def read_moments(texts: pd.Series, *, day_first: bool) -> pd.Series:
    """Return timestamps (`datetime64[us]`, null where the text is no date).

    Read: `03/24/2020 9:08:27 PM`, `04/25/2017 23:03:44` (day before month when `day_first`; two
    digits of the year where a spreadsheet cut it), and ISO `2019-11-03 03:34:11`. No time zone is
    written in an export, and none is assumed.
    """
    dates = ("%d/%m/%Y", "%d/%m/%y") if day_first else ("%m/%d/%Y", "%m/%d/%y")
    formats = (*(f"{date} {clock}".strip() for date in dates for clock in _CLOCKS), *_ISO)
    moments = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
    for form in formats:
        waiting = moments.isna() & (texts != "")
        if not waiting.any():
            break
        read = pd.to_datetime(texts[waiting], format=form, errors="coerce")
        moments[waiting] = read.astype("datetime64[us]")
    return moments


def with_moments(
    rows: pd.DataFrame, columns: list[RawColumn], *, edition: Edition, findings: Findings
) -> pd.DataFrame:
    """Return the rows with `started_at` and `ended_at`.

    A date that cannot be read is null, and its cell rejected (`unreadable_date`). Dates that can be
    read only with the day and the month the other way round, none of the file contradicting, are a
    problem: the edition's `day_first` is wrong, and every other date would be wrong in silence.
    """
    made = rows
    for field in MOMENTS:
        moments = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
        for source_id, places in places_by_source(rows).items():
            for column in field_columns(columns, field, source_id):
                if column.column in rows.columns:
                    texts = rows[column.column].iloc[places].fillna("").map(trimmed)
                    read = _checked(texts, column, rows, edition, findings)
                    moments.iloc[places] = moments.iloc[places].where(
                        moments.iloc[places].notna(), read
                    )
        made = made.assign(**{field: moments})
    return made


def _checked(
    texts: pd.Series,
    column: RawColumn,
    rows: pd.DataFrame,
    edition: Edition,
    findings: Findings,
) -> pd.Series:
    read = read_moments(texts, day_first=edition.day_first)
    bad = read.isna() & (texts != "")
    if not bad.any():
        return read
    swapped = read_moments(texts, day_first=not edition.day_first)
    if swapped[bad].notna().any() and not (read.notna() & swapped.isna()).any():
        first = swapped[bad].first_valid_index()
        findings.problems.append(
            f"{column.row_words(int(rows.loc[first, 'row']))}: {texts[first]!r} is a date only if "
            f"{'the month' if edition.day_first else 'the day'} comes first; set "
            f"day_first: {str(not edition.day_first).lower()} for edition {edition.edition} in "
            "editions.yaml"
        )
        return read
    order = "day/month/year" if edition.day_first else "month/day/year"
    for place in texts.index[bad]:
        row = int(rows.loc[place, "row"])
        findings.rejected.append(
            {
                "source_id": column.source_id,
                "row": row,
                "column": column.column,
                "respondent_id": rows.loc[place, "respondent_id"],
                "scope": "cell",
                "outcome": "rejected",
                "rule": "unreadable_date",
                "value": texts[place],
                "expected": f"{order} or year-month-day, with the time",
                "where": column.row_words(row),
                "cells": 1,
            }
        )
    return read


def check_agreement(rows: pd.DataFrame, columns: list[RawColumn], *, findings: Findings) -> None:
    """Note as a problem a respondent of several files whose moments or collectors differ.

    The sheets of one export repeat them word for word: where they differ, two responses share an
    identifier and must not be joined.
    """
    if rows["source_id"].nunique() < 2:
        return
    for field in KEPT_FIELDS[1:]:
        values = metadata_texts(rows, columns, field)
        known = pd.DataFrame({"respondent_id": rows["respondent_id"], "value": values})
        known = known[known["value"] != ""]
        differing = known.groupby("respondent_id")["value"].nunique()
        for respondent in differing.index[differing > 1]:
            told = known.loc[known["respondent_id"] == respondent, "value"].unique()
            findings.problems.append(
                f"respondent {respondent}: {field} differs between the files "
                f"({', '.join(map(repr, told))}); are these two responses?"
            )


def metadata_texts(rows: pd.DataFrame, columns: list[RawColumn], field: str) -> pd.Series:
    """Return the trimmed text of a metadata field by row, empty where there is none."""
    values = np.full(len(rows), "", dtype=object)
    for source_id, places in places_by_source(rows).items():
        for column in field_columns(columns, field, source_id):
            if column.column in rows.columns:
                index, texts = distinct(rows[column.column].iloc[places])
                found = np.array([*texts, ""], dtype=object)[index]
                values[places] = np.where(values[places] == "", found, values[places])
    return pd.Series(values, index=rows.index, dtype="str")
