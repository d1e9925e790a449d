"""Cells are conserved: what became of every cell of every column.

In: `cell_map`, whose terms are counted from the finished tables, and the equation. Not in: the
rules that reject or drop a cell.

A cell counts as coded when the finished tables hold, for its response, what its text means: the
code, the number, the text, the moment. It is found there by the identifier of the response and not
by its place, so that an answer lost, moved or turned into another one breaks the equation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, column_name
from observatoire_pipeline.codebook.models import SELECTED
from observatoire_pipeline.normalise.questions import BLANK, positions_of
from observatoire_pipeline.validate.cells import (
    COLLECTOR_FIELDS,
    KEPT_FIELDS,
    Mask,
    RawColumn,
    Sheet,
    distinct,
)
from observatoire_pipeline.validate.reading import Read, read_cells


@dataclass(frozen=True)
class Finished:
    """The finished tables in which cells are looked for."""

    norm_responses: pd.DataFrame
    norm_instances: pd.DataFrame
    norm_texts: pd.DataFrame
    norm_sources: pd.DataFrame


def count_cells(
    raw_columns: pd.DataFrame,
    raw_responses: pd.DataFrame,
    rejected_responses: pd.DataFrame,
    sheet: Sheet,
    finished: Finished,
    *,
    edition: str,
    codebook: Codebook,
) -> pd.DataFrame:
    """Return the rows of `cell_map`: one for each raw column, in the order of `raw_columns`.

    Args:
        raw_columns: A frame of that table; it gives `cells_in`.
        raw_responses: A frame of that table; it gives the cells of rows that were not accepted.
        rejected_responses: A frame of that table.
        sheet: The accepted rows, joined into responses.
        finished: The normalised tables.
        edition: The edition.
        codebook: The survey.
    """
    columns = {(column.source_id, column.column): column for column in sheet.columns}
    refused = _cells_refused(rejected_responses)
    rows_gone = _rows_gone(raw_responses, rejected_responses)
    found = _Found(sheet, finished, edition, codebook)
    counts = []
    for source_id, name, cells_in in zip(
        raw_columns["source_id"], raw_columns["column"], raw_columns["cells_in"], strict=True
    ):
        column = columns[source_id, name]
        tally = {"cells_coded": 0, "cells_rejected": 0, "cells_dropped": 0}
        if column.role == "personal":
            # Dropped at the door: the raw table has no such column to count.
            tally["cells_dropped"] = int(cells_in)
        else:
            for outcome in ("rejected", "dropped"):
                tally[f"cells_{outcome}"] += refused.get((source_id, name, outcome), 0)
                tally[f"cells_{outcome}"] += _filled_of(rows_gone.get((source_id, outcome)), name)
            if column.role == "question":
                tally["cells_coded"] = int(found.coded(column).sum())
            elif column.role == "metadata" and column.field in KEPT_FIELDS:
                tally["cells_coded"] = int(found.kept(column).sum())
            elif column.role == "metadata":
                tally["cells_dropped"] += int(sheet.cells(column).filled.sum())
        counts.append(tally)
    made = raw_columns[
        ["edition", "source_id", "column", "variable", "item", "instance", "code", "cells_in"]
    ].reset_index(drop=True)
    return pd.concat([made, pd.DataFrame(counts, index=made.index)], axis="columns")


def conservation(cell_map: pd.DataFrame) -> list[str]:
    """Return in words the columns whose cells are not accounted for; nothing when all are."""
    made = cell_map["cells_coded"] + cell_map["cells_rejected"] + cell_map["cells_dropped"]
    broken = cell_map[cell_map["cells_in"] != made]
    return [
        f"edition {row['edition']}, file {row['source_id']}, column {row['column']} "
        f"({row['variable'] or 'no variable'}): {row['cells_in']} cells in, but "
        f"{row['cells_coded']} coded + {row['cells_rejected']} rejected + "
        f"{row['cells_dropped']} dropped"
        for row in broken.to_dict("records")
    ]


def _cells_refused(rejected: pd.DataFrame) -> dict[tuple[str, str, str], int]:
    cells = rejected[rejected["scope"] == "cell"]
    sums = cells.groupby(["source_id", "column", "outcome"])["cells"].sum()
    return {(str(s), str(c), str(o)): int(n) for (s, c, o), n in sums.items()}


def _rows_gone(
    raw_responses: pd.DataFrame, rejected: pd.DataFrame
) -> dict[tuple[str, str], pd.DataFrame]:
    """Return the raw rows that were not accepted, by file and outcome."""
    rows = rejected.loc[rejected["scope"] == "row", ["source_id", "row", "outcome"]]
    if rows.empty:
        return {}
    gone = raw_responses.merge(rows, on=["source_id", "row"], how="inner", validate="one_to_one")
    return {
        (str(source_id), str(outcome)): group
        for (source_id, outcome), group in gone.groupby(["source_id", "outcome"])
    }


def _filled_of(rows: pd.DataFrame | None, name: str) -> int:
    if rows is None or name not in rows.columns:
        return 0
    index, _ = distinct(rows[name])
    return int((index >= 0).sum())


class _Found:
    """Looks the cells of raw columns up in the finished tables."""

    def __init__(self, sheet: Sheet, finished: Finished, edition: str, codebook: Codebook) -> None:
        self.sheet = sheet
        self.finished = finished
        self.edition = edition
        self.codebook = codebook
        self._respondents = pd.Index(sheet.respondents)
        self._places = pd.Index(finished.norm_responses["respondent_id"]).get_indexer(
            self._respondents
        )
        keys = ["variable", "item", "instance"]
        self._texts = {
            (str(v), str(i), int(n)): group.set_index("respondent_id")["text"]
            for (v, i, n), group in finished.norm_texts.groupby(keys)
        }
        self._instances = {
            (str(block), int(number)): group
            for (block, number), group in finished.norm_instances.groupby(["block", "instance"])
        }

    def coded(self, column: RawColumn) -> Mask:
        """Return the responses for which the tables hold what the cell of a question means."""
        cells = self.sheet.cells(column)
        read = read_cells(cells, edition=self.edition, codebook=self.codebook)
        if read.use == "text":
            return self._text_found(column, read)
        if read.use == "number":
            frame, places = self._frame(column)
            values = _taken(frame[column.variable].to_numpy(dtype=float, na_value=np.nan), places)
            table = np.array([*(np.nan if m is None else m for m in read.meanings), np.nan])
            return cells.filled & (values == table[cells.index])
        vocabulary, codes = self._codes(column)
        expected = positions_of(read.meanings, vocabulary)[cells.index]
        return cells.filled & (expected != BLANK) & (expected == codes)

    def kept(self, column: RawColumn) -> Mask:
        """Return the responses for which the tables hold the cell of a metadata column."""
        cells = self.sheet.cells(column)
        responses = self.finished.norm_responses
        if column.field in COLLECTOR_FIELDS:
            return cells.filled & (
                _taken(responses["collector"].to_numpy(dtype=object), self._places, fill="")
                == np.array([*cells.texts, ""], dtype=object)[cells.index]
            )
        sources = self.finished.norm_sources
        of_file = sources[sources["source_id"] == column.source_id]
        where = pd.Index(of_file["respondent_id"]).get_indexer(self._respondents)
        rows = _taken(of_file["row"].to_numpy(dtype=np.int64), where, fill=0)
        present = cells.filled & (rows > 0) & (rows == self.sheet.row_numbers[column.source_id])
        if column.field == "respondent_id":
            texts = np.array([*cells.texts, ""], dtype=object)[cells.index]
            return present & (texts == self.sheet.respondents)
        made = _taken(responses[column.field].to_numpy(), self._places, fill=np.datetime64("NaT"))
        of_row = self._moments(column)
        return present & ~np.isnat(made) & (made == of_row)

    def _moments(self, column: RawColumn) -> npt.NDArray[np.datetime64]:
        rows = self.sheet.rows
        of_file = rows[rows["source_id"] == column.source_id]
        where = pd.Index(of_file["respondent_id"]).get_indexer(self._respondents)
        return _taken(of_file[column.field].to_numpy(), where, fill=np.datetime64("NaT"))

    def _text_found(self, column: RawColumn, read: Read) -> Mask:
        cells = read.cells
        found = self._texts.get((column.variable, column.item, column.instance))
        same = np.zeros(len(self.sheet), dtype=bool)
        if found is not None:
            where = pd.Index(found.index).get_indexer(self._respondents)
            told = _taken(found.to_numpy(dtype=object), where, fill=None)
            same = told == np.array([*cells.texts, ""], dtype=object)[cells.index]
        variable = self.codebook.variables[column.variable]
        if variable.kind == "text" or column.item == variable.comment:
            return cells.filled & same
        # The label of the box itself is a tick: it is found as a code.
        vocabulary, codes = self._codes(column)
        code = SELECTED if variable.kind == "multiple" else (variable.other or "")
        ticked = read.holds(read.own_label) & (codes == vocabulary.index(code))
        return cells.filled & (same | ticked)

    def _codes(self, column: RawColumn) -> tuple[list[str], npt.NDArray[np.int64]]:
        """Return the vocabulary of a column's code and its position for each response."""
        variable = self.codebook.variables[column.variable]
        item = column.item if variable.items else None
        frame, places = self._frame(column)
        values = frame[column_name(variable.variable, item or None)]
        positions = values.cat.codes.to_numpy(dtype=np.int64)
        return list(values.cat.categories), _taken(positions, places, fill=BLANK)

    def _frame(self, column: RawColumn) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
        """Return the table that holds a column's answers, and the row of each response in it."""
        if not self.codebook.is_repeated(column.variable):
            return self.finished.norm_responses, self._places
        block = self.codebook.block_of(column.variable, self.edition).block
        frame = self._instances.get((block, column.instance), self.finished.norm_instances.iloc[:0])
        return frame, pd.Index(frame["respondent_id"]).get_indexer(self._respondents)


def _taken(
    values: npt.NDArray, places: npt.NDArray[np.int64], *, fill: object = np.nan
) -> npt.NDArray:
    """Return the values at these places, `fill` where the place is -1."""
    if not len(values):
        return np.full(len(places), fill, dtype=values.dtype)
    taken = values[places].copy()
    taken[places < 0] = fill
    return taken
