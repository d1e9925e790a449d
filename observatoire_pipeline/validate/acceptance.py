"""Accept or reject what an edition's files hold: the main flow of the stage.

In: the order of the steps. Not in: the steps (`corrections`, `metadata`, `rows`, `rules`).
"""

from __future__ import annotations

import logging
from typing import NamedTuple

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.tables.catalogue import RAW_CELL, catalogue
from observatoire_pipeline.tables.frames import conform, from_records
from observatoire_pipeline.validate.cells import Sheet, read_columns
from observatoire_pipeline.validate.corrections import apply_corrections
from observatoire_pipeline.validate.errors import Findings
from observatoire_pipeline.validate.metadata import (
    check_agreement,
    with_moments,
    with_respondents,
)
from observatoire_pipeline.validate.rows import accepted_rows
from observatoire_pipeline.validate.rules import check_content

_LOG = logging.getLogger(__name__)


class Accepted(NamedTuple):
    """What the stage makes of an edition.

    Attributes:
        valid_responses: A frame of that table: accepted rows after corrections; a rejected cell
            keeps its text, and the other frame tells of it.
        rejected_responses: A frame of that table: rows and cells rejected or dropped.
    """

    valid_responses: pd.DataFrame
    rejected_responses: pd.DataFrame


def accept(
    raw_responses: pd.DataFrame,
    raw_columns: pd.DataFrame,
    source_files: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
) -> Accepted:
    """Apply the declared corrections, then accept or reject every row and cell of an edition.

    Args:
        raw_responses: A frame of that table.
        raw_columns: A frame of that table; it says what each column holds.
        source_files: A frame of that table; its order is the order of the files.
        edition: The edition.
        codebook: The survey.

    Raises:
        UnknownAnswers: answers that no label of their scale is equal to, and nothing else.
        InvalidResponses: a correction that matches nothing, two rows of a respondent with
            different answers, columns that have shifted, a file without identifiers, dates of the
            other order; together with the unknown answers.
    """
    findings = Findings(edition)
    columns = read_columns(raw_columns, source_files)
    rows = in_file_order(raw_responses, source_files)
    rows = with_respondents(rows, columns, findings=findings)
    if findings.problems:
        findings.settle()  # without identifiers no other rule can speak of a response
    rows = apply_corrections(rows, columns, edition=edition, codebook=codebook, findings=findings)
    rows = accepted_rows(rows, columns, edition=edition, findings=findings)
    rows = with_moments(rows, columns, edition=codebook.editions[edition], findings=findings)
    check_agreement(rows, columns, findings=findings)
    sheet = Sheet(_one_row_each(rows), columns)
    check_content(sheet, edition=edition, codebook=codebook, findings=findings)
    findings.settle()
    _LOG.info("edition %s: %d rows accepted of %d", edition, len(rows), len(raw_responses))
    return Accepted(
        _valid(rows, edition, codebook), _rejected(findings, columns, edition, codebook)
    )


def in_file_order(rows: pd.DataFrame, source_files: pd.DataFrame) -> pd.DataFrame:
    """Return raw rows in the order of the files and, in a file, of the rows; blanks as ""."""
    place = {source_id: rank for rank, source_id in enumerate(source_files["source_id"])}
    stray = sorted(set(rows["source_id"].unique()) - set(place))
    if stray:
        raise ValueError(f"rows of files that source_files lacks: {', '.join(stray)}")
    rank = rows["source_id"].map(place).to_numpy(dtype=np.int64)
    order = np.lexsort((rows["row"].to_numpy(dtype=np.int64), rank))
    ordered = rows if (order == np.arange(len(rows))).all() else rows.iloc[order]
    ordered = ordered.reset_index(drop=True)
    nulls = [name for name in _cell_names(ordered) if ordered[name].isna().any()]
    return ordered.assign(**{name: ordered[name].fillna("") for name in nulls})


def _cell_names(rows: pd.DataFrame) -> list[str]:
    return [name for name in rows.columns if RAW_CELL.match(str(name))]


def _one_row_each(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without those whose contradiction is already told as a problem."""
    return rows.drop_duplicates(["source_id", "respondent_id"]).reset_index(drop=True)


def _valid(rows: pd.DataFrame, edition: str, codebook: Codebook) -> pd.DataFrame:
    return conform(rows.assign(edition=edition), catalogue(codebook)["valid_responses"])


def _rejected(findings: Findings, columns: list, edition: str, codebook: Codebook) -> pd.DataFrame:
    place = {(column.source_id, column.column): column.order for column in columns}
    files = {column.source_id: column.order for column in reversed(columns)}
    records = [{"edition": edition, **record} for record in findings.rejected]
    records.sort(
        key=lambda record: (
            files[record["source_id"]],
            record["row"],
            place.get((record["source_id"], record["column"]), -1),
        )
    )
    return from_records(records, catalogue(codebook)["rejected_responses"])
