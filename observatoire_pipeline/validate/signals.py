"""What an expectation looks at: one row for each response, one column for each sign.

In: durations, answers given, straight lines, organisations, as plain columns with the row of the
source file beside them. A sign holds no answer and no name: organisations and rows of answers are
checksums. Not in: what is expected of a sign (`content`).
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, column_name
from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.codebook.models import MISSING_KINDS
from observatoire_pipeline.tables.catalogue import RAW_CELL

TELLING_CELLS = 10
"""Rows with fewer answers than this can be equal by chance."""

STRAIGHT = "straight__"
"""Opens the name of the sign of a matrix: `same`, `varied`, or null where few rows are."""


def row_signals(rows_of_files: pd.DataFrame, raw_columns: pd.DataFrame) -> pd.DataFrame:
    """Return the signs of the rows of source files.

    Args:
        rows_of_files: `raw_responses`, as delivered, or `valid_responses`, accepted.
        raw_columns: A frame of that table; it says which columns are questions.

    Returns:
        `source_id`, `row`, `answers_given` (non-blank answers), `answers` (a checksum of all of
        them, null under ten answers).
    """
    parts = []
    for source_id, rows in rows_of_files.groupby("source_id", sort=False):
        mine = raw_columns[
            (raw_columns["source_id"] == source_id) & (raw_columns["role"] == "question")
        ]
        names = [name for name in mine["column"] if name in rows.columns and RAW_CELL.match(name)]
        cells = rows[names].fillna("")
        given = np.zeros(len(rows), dtype=np.int64)
        for name in names:
            given += (cells[name].str.strip() != "").to_numpy(dtype=bool)
        digest = pd.util.hash_pandas_object(cells, index=False).astype("str").to_numpy(object)
        parts.append(
            pd.DataFrame(
                {
                    "source_id": rows["source_id"].to_numpy(object),
                    "row": rows["row"].to_numpy(np.int64),
                    "answers_given": given,
                    "answers": np.where(given >= TELLING_CELLS, f"{source_id} " + digest, None),
                }
            )
        )
    if not parts:
        return pd.DataFrame(columns=["source_id", "row", "answers_given", "answers"])
    return pd.concat(parts, ignore_index=True)


def response_signals(
    norm_responses: pd.DataFrame,
    norm_texts: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
) -> pd.DataFrame:
    """Return the signs of the accepted responses.

    Returns:
        `source_id`, `row`, `started_at`, `ended_at`, `seconds` (null when unknown or negative),
        `organisation` (a checksum, null without a name) and a sign for each matrix asked once.
    """
    made = norm_responses[["source_id", "row", "started_at", "ended_at"]].reset_index(drop=True)
    seconds = (made["ended_at"] - made["started_at"]).dt.total_seconds()
    made["seconds"] = seconds.where(seconds >= 0)
    made["organisation"] = _organisations(norm_responses, norm_texts, codebook=codebook)
    return made.assign(**_straight(norm_responses, edition, codebook, repeated=False))


def instance_signals(
    norm_instances: pd.DataFrame,
    norm_responses: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
) -> pd.DataFrame:
    """Return the signs of repeated blocks: `source_id`, `row`, and a sign for each matrix."""
    made = norm_instances[["respondent_id"]].merge(
        norm_responses[["respondent_id", "source_id", "row"]],
        on="respondent_id",
        how="left",
        validate="many_to_one",
    )
    signs = _straight(norm_instances, edition, codebook, repeated=True)
    return made.drop(columns="respondent_id").assign(**signs)


def _organisations(
    norm_responses: pd.DataFrame, norm_texts: pd.DataFrame, *, codebook: Codebook
) -> np.ndarray:
    """Return a checksum of what names the organisation; spellings of one name are equal."""
    parts = []
    for name in codebook.survey.quality.organisation:
        typed = norm_texts[
            (norm_texts["variable"] == name) & (norm_texts["item"] == "")
        ].drop_duplicates("respondent_id")
        texts = norm_responses["respondent_id"].map(typed.set_index("respondent_id")["text"])
        index, uniques = pd.factorize(texts)
        forms = np.array([*(normalise_label(str(text)) for text in uniques), ""], dtype=object)
        parts.append(forms[index])
    if not parts:
        return np.full(len(norm_responses), None, dtype=object)
    joined = pd.Series(parts[0], dtype=object)
    for part in parts[1:]:
        joined = joined + "\n" + pd.Series(part, dtype=object)
    index, uniques = pd.factorize(joined)
    names = [hashlib.sha256(str(text).encode()).hexdigest()[:16] for text in uniques]
    keys = np.array([*names, None], dtype=object)[index]
    keys[parts[0] == ""] = None
    return keys


def _straight(
    frame: pd.DataFrame, edition: str, codebook: Codebook, *, repeated: bool
) -> dict[str, np.ndarray]:
    """Return for each matrix whether a unit gave one answer to all the rows that it answered."""
    least = codebook.survey.quality.straight_line_rows
    found: dict[str, np.ndarray] = {}
    for variable in codebook.variables_asked(edition):
        name = variable.variable
        if variable.kind != "matrix" or codebook.is_repeated(name) != repeated:
            continue
        items = [i.item for i in variable.items if codebook.asked(name, edition, item=i.item)]
        if len(items) < least:
            continue
        columns = [frame[column_name(name, item)].cat for item in items]
        codes = np.column_stack([column.codes.to_numpy(dtype=np.int64) for column in columns])
        vocabulary = list(columns[0].categories)
        answers = codes < len(vocabulary) - len(MISSING_KINDS)
        counted = answers.sum(axis=1)
        lowest = np.where(answers, codes, len(vocabulary)).min(axis=1)
        highest = np.where(answers, codes, -1).max(axis=1)
        told = np.where(lowest == highest, "same", "varied").astype(object)
        told[counted < least] = None
        found[f"{STRAIGHT}{name}"] = told
    return found
