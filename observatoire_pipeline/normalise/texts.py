"""Texts: open answers, what was typed beside "other", comments.

In: the state of an open answer, and the rows of `norm_texts`. Not in: any judgement of a text;
"N/A", "-" and "néant" are answers, kept as they were typed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.models import ANSWERED
from observatoire_pipeline.normalise.questions import BLANK, Positions, Question, ReadColumn
from observatoire_pipeline.validate.cells import Mask, Sheet, as_texts


def code_text(question: Question) -> dict[str | None, Positions]:
    """Return `answered` where something was typed."""
    positions = question.blank()
    for column in question.main:
        positions[column.accepted] = question.position(ANSWERED)
    refused = question.any_of(column.rejected for column in question.main)
    positions[refused & (positions == BLANK)] = question.position("unreadable")
    return {None: positions}


def typed(column: ReadColumn, question: Question) -> Mask:
    """Return the responses in which something was typed into a column.

    The label of the column itself, in the box of an "other", is a tick without a text.
    """
    open_ended = question.variable.kind == "text" or column.item == question.variable.comment
    bare = column.read.holds(column.read.own_label)
    return column.accepted & ~(bare & (not open_ended))


def texts_of(question: Question, sheet: Sheet) -> list[pd.DataFrame]:
    """Return the rows of `norm_texts` that a question gives, with `place` of the response."""
    found = []
    for column in question.columns:
        if column.read.use != "text":
            continue
        places = np.flatnonzero(typed(column, question))
        cells = column.read.cells
        found.append(
            pd.DataFrame(
                {
                    "place": places,
                    "order": column.read.column.order,
                    "respondent_id": sheet.respondents.take(places),
                    "variable": _said(question.variable.variable, len(places)),
                    "item": _said(column.item, len(places)),
                    "instance": question.instance,
                    "text": as_texts(cells.index[places], cells.texts),
                }
            )
        )
    return found


def _said(word: str, times: int) -> pd.api.extensions.ExtensionArray:
    """Return a column of one word."""
    import pyarrow as pa

    return pd.array(pa.repeat(word, times), dtype="str")


def stacked_texts(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return all texts in the order of the responses, then of the columns, each once."""
    filled = [part for part in parts if len(part)]
    names = ["respondent_id", "variable", "item", "instance", "text"]
    if not filled:
        return pd.DataFrame({name: pd.Series([], dtype="object") for name in names})
    stacked = pd.concat(filled, ignore_index=True)
    order = np.lexsort((stacked["order"].to_numpy(), stacked["place"].to_numpy()))
    stacked = stacked[names].iloc[order].reset_index(drop=True)
    keys = [tuple(part.iloc[0][names[1:-1]]) for part in filled]
    if len(set(keys)) == len(keys):
        return stacked
    # A question asked on two branches may hold the same text twice.
    return stacked.drop_duplicates(names[:-1]).reset_index(drop=True)
