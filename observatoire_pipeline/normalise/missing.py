"""Blanks get a kind, and the kinds obey rules that can be checked.

In: which kind a blank takes, and the invariants of the kinds. Not in: kinds that a respondent
chooses (labels of a scale) and `unreadable` (each kind of answer gives it to its rejected cells).

A blank takes the first that holds of: `not_asked` (the edition did not ask it), `not_applicable`
(a filter shut the response out), `not_reached` (nothing at this place of the questionnaire or
behind it), `no_answer`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, CodedColumn, column_name
from observatoire_pipeline.codebook.models import MISSING_KINDS, OFFERED_MISSING, Filter
from observatoire_pipeline.normalise.questions import (
    BLANK,
    Positions,
    Question,
    first_order,
)
from observatoire_pipeline.validate.cells import Ints, Mask, Sheet
from observatoire_pipeline.validate.filters import active_filter

DERIVED_MISSING = tuple(kind for kind in MISSING_KINDS if kind not in OFFERED_MISSING)


def last_reached(sheet: Sheet) -> Ints:
    """Return for each response the place of its last non-blank question cell, -1 without any."""
    last = np.full(len(sheet), -1, dtype=np.int32)
    for column in sheet.questions:
        last[sheet.cells(column).filled] = column.order
    return last


def fill_blanks(
    positions: Positions,
    question: Question,
    item: str | None,
    *,
    asked: bool,
    shut: Mask,
    last: Ints,
) -> Positions:
    """Return the positions with a kind of missing for every blank.

    Args:
        positions: Codes given, BLANK where there is none.
        question: The question.
        item: The item that the positions belong to.
        asked: Whether the edition asked it.
        shut: The responses that the filter shuts out; `not_applicable`, whatever they hold.
        last: The place of the last non-blank question cell of each response.
    """
    if not asked:
        return np.full(question.size, question.position("not_asked"), dtype=np.int16)
    filled = positions.copy()
    filled[shut] = question.position("not_applicable")
    place = _place(question, item)
    if place is not None:
        filled[(filled == BLANK) & (last < place)] = question.position("not_reached")
    filled[filled == BLANK] = question.position("no_answer")
    return filled


def _place(question: Question, item: str | None) -> int | None:
    """Return where the question stands; a matrix is reached row by row, other kinds as a whole."""
    columns = question.answering
    if question.variable.kind == "matrix":
        columns = question.of_item(item) or columns
    return first_order(column.read.column for column in columns)


def broken_invariants(
    norm_responses: pd.DataFrame, norm_instances: pd.DataFrame, *, codebook: Codebook
) -> list[str]:
    """Return in words what the kinds of missing of one edition contradict; nothing when all holds.

    Checked: no coded cell is null; `not_asked` stands in all or none of the rows of a question,
    as the codebook says (in a repeated block: of the rows of its block); `not_applicable` stands
    exactly where the question's filter shuts the response out.

    Args:
        norm_responses: A frame of that table, of one edition.
        norm_instances: A frame of that table, of the same edition.
        codebook: The survey.
    """
    editions = pd.unique(
        pd.concat([norm_responses["edition"], norm_instances["edition"]], ignore_index=True)
    )
    if len(editions) > 1:
        return [f"rows of several editions: {', '.join(map(str, editions))}"]
    if not len(editions):
        return []
    edition = str(editions[0])
    frames = {False: norm_responses, True: norm_instances}
    broken: list[str] = []
    for repeated, frame in frames.items():
        for column in codebook.table_columns(repeated=repeated):
            if column.name not in frame.columns:
                broken.append(f"{column.name}: no such column")
                continue
            broken += _broken_column(
                column, frame, norm_responses, norm_instances, edition, codebook
            )
    return broken


def _broken_column(
    column: CodedColumn,
    frame: pd.DataFrame,
    norm_responses: pd.DataFrame,
    norm_instances: pd.DataFrame,
    edition: str,
    codebook: Codebook,
) -> list[str]:
    values = frame[column.name]
    if values.isna().any():
        return [f"{column.name}: {int(values.isna().sum())} null cells"]
    name = column.variable.variable
    asked = np.full(len(frame), codebook.asked(name, edition, item=column.item))
    if codebook.is_repeated(name) and asked.any():
        asked = (frame["block"] == codebook.block_of(name, edition).block).to_numpy(dtype=bool)
    marked = (values == "not_asked").to_numpy(dtype=bool)
    broken = []
    if (marked & asked).any():
        broken.append(
            f"{column.name}: {int((marked & asked).sum())} rows are not_asked, but edition "
            f"{edition} asked it"
        )
    if (~marked & ~asked).any():
        broken.append(
            f"{column.name}: {int((~marked & ~asked).sum())} rows are not not_asked, but edition "
            f"{edition} did not ask it there"
        )
    expected, known = _shut_by_filter(
        column, frame, norm_responses, norm_instances, edition, codebook
    )
    excused = (values == "not_applicable").to_numpy(dtype=bool)
    too_many = int((excused & ~expected & known & asked).sum())
    too_few = int((~excused & expected & known & asked).sum())
    if too_many:
        broken.append(f"{column.name}: {too_many} rows are not_applicable, but no filter says so")
    if too_few:
        broken.append(
            f"{column.name}: the filter shuts out {too_few} rows that are not not_applicable"
        )
    return broken


def _shut_by_filter(
    column: CodedColumn,
    frame: pd.DataFrame,
    norm_responses: pd.DataFrame,
    norm_instances: pd.DataFrame,
    edition: str,
    codebook: Codebook,
) -> tuple[Mask, Mask]:
    """Return the rows that the filter shuts out, judged by codes, and those it can judge."""
    nobody = np.zeros(len(frame), dtype=bool)
    if not codebook.asked(column.variable.variable, edition):
        return nobody, ~nobody
    declared = active_filter(column.variable, edition=edition, codebook=codebook)
    if declared is None:
        return nobody, ~nobody
    name = column_name(declared.variable, declared.item)
    if codebook.variables[declared.variable].kind == "number":
        name += "__state"
    key = ["respondent_id"]
    source = norm_responses
    if codebook.is_repeated(declared.variable):
        block = codebook.block_of(declared.variable, edition).block
        source = norm_instances[norm_instances["block"] == block]
        key.append("instance")
    if not codebook.is_repeated(column.variable.variable) and len(key) > 1:
        source, key = source[source["instance"] == 1], ["respondent_id"]
    looked_at = frame[key].merge(
        pd.DataFrame({**{k: source[k] for k in key}, "code": source[name].astype("str")}),
        on=key,
        how="left",
        validate="many_to_one",
    )["code"]
    known = looked_at.notna().to_numpy(dtype=bool)
    return _outside(looked_at, declared) & known, known


def _outside(codes: pd.Series, declared: Filter) -> Mask:
    silent = [kind for kind in DERIVED_MISSING if kind != "not_applicable"]
    return ~codes.isin([*declared.codes, *silent]).to_numpy(dtype=bool)
