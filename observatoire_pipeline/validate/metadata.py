"""What the platform wrote about a response: who, when.

In: the respondent's identifier, and the two moments. Not in: answers.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.models import Edition
from observatoire_pipeline.validate.cells import (
    KEPT_FIELDS,
    Ints,
    Known,
    RawColumn,
    as_texts,
    bare,
    distinct,
    places_by_source,
)
from observatoire_pipeline.validate.errors import Findings, Suspicion

MOMENTS = ("started_at", "ended_at")
_FIRST = 50

_CLOCKS = ("%I:%M:%S %p", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%H:%M", "")
_ISO = tuple(
    f"%Y-%m-%d{join}{clock}".strip()
    for join in (" ", "T")
    for clock in ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M", "")
    if clock or join == " "
) + tuple(
    f"{date} {clock}".strip()
    for date in ("%Y/%m/%d", "%d.%m.%Y")
    for clock in ("%I:%M:%S %p", "%H:%M:%S", "%H:%M", "")
)
_ZONE = (
    r"(:\d{2}(?:\.\d+)?(?:\s?[AP]M)?)"
    r"\s*(?:Z|[A-Z]{3,5}|(?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d{2})?)$"
)
"""A time zone behind a time of day."""


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

    A file without such a column has responses named after the file and their row (`s1-3`): a
    response is then one row of one file, and none is joined to another or known to be repeated. A
    file with several such columns is written into `findings` as a problem.
    """
    made: dict[str, pd.Series] = {}
    for source_id, places in places_by_source(rows).items():
        found = [
            column
            for column in field_columns(columns, "respondent_id", source_id)
            if column.column in rows.columns
        ]
        if not found:
            numbers = rows["row"].iloc[places].astype("str")
            made[source_id] = f"{source_id}-" + numbers
            continue
        if len(found) > 1:
            file = next((c.file for c in columns if c.source_id == source_id), source_id)
            findings.problems.append(
                f"file {file}: {len(found)} columns were recognised as the identifier of the "
                "response, expected one"
            )
            continue
        cells = rows[found[0].column]
        if len(places) == len(rows) and bare(cells):
            return rows.assign(respondent_id=cells)
        ids = as_texts(*distinct(cells.iloc[places]))
        made[source_id] = pd.Series(ids, index=rows.index[places])
    whole = pd.Series("", index=rows.index, dtype="str")
    for part in made.values():
        whole = part if len(part) == len(rows) else part.reindex(rows.index).fillna(whole)
    return rows.assign(respondent_id=whole)


def read_moments(texts: pd.Series, *, day_first: bool) -> pd.Series:
    """Return timestamps (`datetime64[us]`, null where the text is no date).

    Read: `03/24/2020 9:08:27 PM`, `04/25/2017 23:03:44` (day before month when `day_first`; two
    digits of the year where a spreadsheet cut it), `2020/06/05 11:34:01 AM EST`, `03.04.2018 10:00`
    and ISO `2019-11-03 03:34:11`. Most exports write no time zone, and none is assumed; one that is
    written is left out, so that a moment is what the clock of the export showed.
    """
    dates = ("%d/%m/%Y", "%d/%m/%y") if day_first else ("%m/%d/%Y", "%m/%d/%y")
    formats = (*(f"{date} {clock}".strip() for date in dates for clock in _CLOCKS), *_ISO)
    moments = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
    texts = texts.str.replace(_ZONE, r"\1", regex=True)
    signs = frozenset("".join(texts.dropna()).casefold())
    for form in formats:
        if not _signs_of(form) <= signs:
            continue  # no text is written so
        waiting = moments.isna() & (texts != "")
        if not waiting.any():
            break
        read = pd.to_datetime(texts[waiting], format=form, errors="coerce")
        moments[waiting] = read.astype("datetime64[us]")
    return moments


@cache
def _signs_of(form: str) -> frozenset[str]:
    """Return the signs, digits and spaces aside, that every text of a date format has."""
    signs = re.sub("%[A-Za-z]| ", "", form.replace("%p", "m"))
    return frozenset(signs.casefold())


def with_moments(
    rows: pd.DataFrame,
    columns: list[RawColumn],
    *,
    edition: Edition,
    findings: Findings,
    known: Known | None = None,
) -> pd.DataFrame:
    """Return the rows with `started_at` and `ended_at`.

    A date that cannot be read is null, and its cell rejected (`unreadable_date`). Dates that can be
    read only with the day and the month the other way round are noted in `findings.swapped`.
    """
    made = rows
    for field in MOMENTS:
        moments = np.full(len(rows), np.datetime64("NaT"), dtype="datetime64[us]")
        for source_id, places in places_by_source(rows).items():
            for column in field_columns(columns, field, source_id):
                if column.column in rows.columns:
                    read = _read(column, rows, places, edition, findings, known)
                    moments[places] = np.where(np.isnat(moments[places]), read, moments[places])
        made = made.assign(**{field: moments})
    return made


def _read(
    column: RawColumn,
    rows: pd.DataFrame,
    places: Ints,
    edition: Edition,
    findings: Findings,
    known: Known | None,
) -> npt.NDArray[np.datetime64]:
    """Return the moments of a column's cells; note those that cannot be read."""
    cells = rows[column.column].iloc[places]
    index, texts = distinct(cells, known=known)
    shared = known is not None and isinstance(cells.dtype, pd.CategoricalDtype)
    if known is None or not shared:
        known = Known()
    table = known.recall(
        f"moments, day first: {edition.day_first}",
        texts,
        make=lambda: _moments(texts, day_first=edition.day_first),
    )
    bad = np.isnat(table)
    bad[-1] = False
    used = np.zeros(len(table), dtype=bool)
    used[index] = True
    suspicion = findings.swapped.setdefault((column.source_id, column.column), Suspicion())

    def other_way() -> npt.NDArray[np.datetime64]:
        return _moments(texts, day_first=not edition.day_first)

    if shared or (bad & used).any():
        swapped = known.recall(
            f"moments, day first: {not edition.day_first}", texts, make=other_way
        )
        suspicion.refuted |= bool((used & ~bad & np.isnat(swapped))[:-1].any())
    else:
        suspicion.refuted |= _refute([texts[k] for k in np.flatnonzero(used[:-1])], edition)
    if not (bad & used).any():
        return table[index]
    order = "day/month/year" if edition.day_first else "month/day/year"
    for place in np.flatnonzero(bad[index]):
        row, text = int(rows["row"].iloc[places[place]]), texts[index[place]]
        if suspicion.row is None and not np.isnat(swapped[index[place]]):
            suspicion.row, suspicion.text = row, text
        findings.rejected.append(
            {
                "source_id": column.source_id,
                "row": row,
                "column": column.column,
                "respondent_id": rows["respondent_id"].iloc[places[place]],
                "scope": "cell",
                "outcome": "rejected",
                "rule": "unreadable_date",
                "value": text,
                "expected": f"{order} or year-month-day, with the time",
                "where": column.row_words(row),
                "cells": 1,
            }
        )
    return table[index]


def _moments(texts: list[str], *, day_first: bool) -> npt.NDArray[np.datetime64]:
    """Return the moment of each text, and behind them that of a blank cell: none."""
    read = read_moments(pd.Series([*texts, ""], dtype="str"), day_first=day_first)
    return read.to_numpy(dtype="datetime64[us]", copy=True)


def _refute(texts: list[str], edition: Edition) -> bool:
    """Tell whether a text that can be read cannot be read the other way round.

    Most columns hold one among their first texts, so that few are looked at.
    """
    start, size = 0, _FIRST
    while start < len(texts):
        part = texts[start : start + size]
        if np.isnat(_moments(part, day_first=not edition.day_first)[:-1]).any():
            return True
        start, size = start + size, 10 * size
    return False


def tell_swapped(columns: list[RawColumn], *, edition: Edition, findings: Findings) -> None:
    """Note as a problem dates that can be read only the other way round.

    Where no date of the file contradicts it, the edition's `day_first` is wrong, and every other
    date would be wrong in silence.
    """
    for column in columns:
        suspicion = findings.swapped.get((column.source_id, column.column))
        if suspicion is None or suspicion.row is None or suspicion.refuted:
            continue
        findings.problems.append(
            f"{column.row_words(suspicion.row)}: {suspicion.text!r} is a date only if "
            f"{'the month' if edition.day_first else 'the day'} comes first; set "
            f"day_first: {str(not edition.day_first).lower()} for edition {edition.edition} in "
            "editions.yaml"
        )


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


def metadata_texts(
    rows: pd.DataFrame, columns: list[RawColumn], field: str, *, known: Known | None = None
) -> pd.Series:
    """Return the trimmed text of a metadata field by row, empty where there is none."""
    values = np.full(len(rows), "", dtype=object)
    for source_id, places in places_by_source(rows).items():
        found = [
            (column, distinct(rows[column.column].iloc[places], known=known))
            for column in field_columns(columns, field, source_id)
            if column.column in rows.columns
        ]
        if len(found) == 1 and len(places) == len(rows):
            return pd.Series(as_texts(*found[0][1]), index=rows.index)
        for _, (index, texts) in found:
            said = np.array([*texts, ""], dtype=object)[index]
            values[places] = np.where(values[places] == "", said, values[places])
    return pd.Series(values, index=rows.index, dtype="str")
