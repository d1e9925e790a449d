"""Cells are conserved: what became of every cell of every column.

In: `cell_map`, whose terms are counted from the finished tables, and the equation. Not in: the
rules that reject or drop a cell.

A cell counts as coded when the finished tables hold, for its response, what its text means: the
code, the number, the text, the moment. It is found there by the identifier of the response and not
by its place, so that an answer lost, moved or turned into another one breaks the equation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, column_name
from observatoire_pipeline.codebook.models import SELECTED
from observatoire_pipeline.normalise.questions import BLANK, positions_of
from observatoire_pipeline.validate.cells import (
    COLLECTOR_FIELDS,
    KEPT_FIELDS,
    Cells,
    Ints,
    Mask,
    RawColumn,
    Sheet,
    as_texts,
    distinct,
)
from observatoire_pipeline.validate.parts import parts_of
from observatoire_pipeline.validate.reading import Read, read_cells

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Finished:
    """The finished tables in which cells are looked for."""

    norm_responses: pd.DataFrame
    norm_instances: pd.DataFrame
    norm_texts: pd.DataFrame
    norm_sources: pd.DataFrame


class Tally(NamedTuple):
    """What became of the cells of one column in accepted rows."""

    coded: int = 0
    dropped: int = 0


Column = tuple[str, str]
"""`source_id` and column."""


def found_cells(
    sheet: Sheet, finished: Finished, *, edition: str, codebook: Codebook
) -> dict[Column, Tally]:
    """Return for each column how many cells of these responses the finished tables hold.

    Args:
        sheet: Accepted rows, joined into responses.
        finished: The normalised tables of these responses.
        edition: The edition.
        codebook: The survey.
    """
    found = _Found(sheet, finished, edition, codebook)
    tallies: dict[Column, Tally] = {}
    for column in sheet.columns:
        if column.role == "question":
            tally = Tally(int(found.coded(column).sum()), sheet.unanswered(column))
        elif column.role == "metadata" and column.field in KEPT_FIELDS:
            tally = Tally(coded=int(found.kept(column).sum()))
        elif column.role in ("metadata", "extra"):
            tally = Tally(dropped=int(sheet.cells(column).filled.sum()))
        else:
            tally = Tally()
        tallies[column.source_id, column.column] = tally
    return tallies


def count_cells(
    raw_columns: pd.DataFrame,
    rows_gone: pd.DataFrame,
    rejected_responses: pd.DataFrame,
    found: Iterable[Mapping[Column, Tally]],
) -> pd.DataFrame:
    """Return the rows of `cell_map`: one for each raw column, in the order of `raw_columns`.

    Args:
        raw_columns: A frame of that table; it gives `cells_in`.
        rows_gone: The rows of `raw_responses` that were not accepted, or more rows than these.
        rejected_responses: A frame of that table.
        found: What the finished tables hold, by column; one for each part of the responses.
    """
    refused = _cells_refused(rejected_responses)
    gone = _rows_gone(rows_gone, rejected_responses)
    parts = list(found)
    counts = []
    for source_id, name, role, cells_in in zip(
        raw_columns["source_id"],
        raw_columns["column"],
        raw_columns["role"],
        raw_columns["cells_in"],
        strict=True,
    ):
        tally = {"cells_coded": 0, "cells_rejected": 0, "cells_dropped": 0}
        if role == "personal":
            # Dropped at the door: the raw table has no such column to count.
            tally["cells_dropped"] = int(cells_in)
        else:
            for outcome in ("rejected", "dropped"):
                tally[f"cells_{outcome}"] += refused.get((source_id, name, outcome), 0)
                tally[f"cells_{outcome}"] += _filled_of(gone.get((source_id, outcome)), name)
            tally["cells_coded"] += sum(part[source_id, name].coded for part in parts)
            tally["cells_dropped"] += sum(part[source_id, name].dropped for part in parts)
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


def _texts_of(values: Any) -> pa.Array:
    """Return texts as an array of pyarrow, which finds them without an object for each."""
    import pyarrow as pa

    made = pa.array(values)
    made = made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made
    return made.cast(pa.large_string())


def _places(texts: pa.Array, among: pa.Array) -> Ints:
    """Return the place of each text among others, -1 where it is none of them."""
    import pyarrow.compute as pc

    found = pc.fill_null(pc.index_in(texts, value_set=among), -1)
    return found.to_numpy(zero_copy_only=False)


def _rows_by(frame: pd.DataFrame, names: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], Ints]]:
    """Yield each combination of values of some columns, and its rows."""
    import pyarrow as pa

    number = np.zeros(len(frame), dtype=np.int64)
    values: list[list[Any]] = []
    for name in names:
        made = pa.array(frame[name])
        made = made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made
        encoded = made.dictionary_encode()
        values.append(encoded.dictionary.to_pylist())
        number = number * len(values[-1]) + encoded.indices.to_numpy(zero_copy_only=False)
    for each in np.unique(number).tolist():
        key: list[Any] = []
        rest = each
        for known in reversed(values):
            rest, place = divmod(rest, len(known))
            key.insert(0, known[place])
        yield tuple(key), np.flatnonzero(number == each)


class _Found:
    """Looks the cells of raw columns up in the finished tables."""

    def __init__(self, sheet: Sheet, finished: Finished, edition: str, codebook: Codebook) -> None:
        self.sheet = sheet
        self.finished = finished
        self.edition = edition
        self.codebook = codebook
        self._respondents = _texts_of(sheet.respondents)
        self._responses = self._place(finished.norm_responses)
        self._sources: dict[str, tuple[pd.DataFrame, Ints | None]] = {}
        texts = finished.norm_texts
        of_text = _places(_texts_of(texts["respondent_id"]), self._respondents)
        said = _texts_of(texts["text"])
        self._texts = {
            (str(v), str(i), int(n)): (said.take(rows), of_text[rows])
            for (v, i, n), rows in _rows_by(texts, ["variable", "item", "instance"])
        }
        instances = finished.norm_instances
        of_instance = _places(_texts_of(instances["respondent_id"]), self._respondents)
        self._instances = {
            (str(block), int(number)): (instances.iloc[rows], of_instance[rows])
            for (block, number), rows in _rows_by(instances, ["block", "instance"])
        }

    def _place(self, frame: pd.DataFrame) -> Ints | None:
        """Return the response of each row of a table, by its identifier; -1 for an unknown one.

        None says that the rows are the responses, one by one.
        """
        names = _texts_of(frame["respondent_id"])
        return None if names.equals(self._respondents) else _places(names, self._respondents)

    def coded(self, column: RawColumn) -> Mask:
        """Return the responses for which the tables hold what the cell of a question means."""
        cells = self.sheet.cells(column)
        parts = parts_of(column, edition=self.edition, codebook=self.codebook)
        if parts != [column]:
            return self._all_coded(cells, parts)
        read = read_cells(cells, edition=self.edition, codebook=self.codebook)
        if read.use == "unknown":
            return np.zeros(len(self.sheet), dtype=bool)
        if read.use == "text":
            return self._text_found(column, read)
        if read.use == "number":
            frame, places = self._frame(column)
            numbers = frame[column.variable].to_numpy(dtype=float, na_value=np.nan)
            values = self._laid_out(numbers, places, fill=np.nan)
            table = np.array([*(np.nan if m is None else m for m in read.meanings), np.nan])
            return cells.filled & (values == table[cells.index])
        vocabulary, codes = self._codes(column)
        expected = positions_of(read.meanings, vocabulary, known=cells.known)[cells.index]
        return cells.filled & (expected != BLANK) & (expected == codes)

    def _all_coded(self, cells: Cells, parts: list[RawColumn]) -> Mask:
        """Return the responses for which the tables hold all that a cell means."""
        found = cells.filled
        told = np.zeros(len(self.sheet), dtype=bool)
        for part in parts:
            filled = self.sheet.cells(part).filled
            found = found & (~filled | self.coded(part))
            told |= filled
        return found & told

    def kept(self, column: RawColumn) -> Mask:
        """Return the responses for which the tables hold the cell of a metadata column."""
        cells = self.sheet.cells(column)
        responses = self.finished.norm_responses
        if column.field in COLLECTOR_FIELDS:
            index = _places(_texts_of(responses["collector"]), _texts_of(cells.texts))
            return cells.filled & (
                self._laid_out(index, self._responses, fill=BLANK) == cells.index
            )
        of_file, places = self._of_source(column.source_id)
        rows = self._laid_out(of_file["row"].to_numpy(dtype=np.int64), places, fill=0)
        present = cells.filled & (rows > 0) & (rows == self.sheet.row_numbers[column.source_id])
        if column.field == "respondent_id":
            return present & np.asarray(
                as_texts(cells.index, cells.texts) == self.sheet.respondents, dtype=bool
            )
        nat = np.datetime64("NaT")
        made = self._laid_out(responses[column.field].to_numpy(), self._responses, fill=nat)
        of_row = self._moments(column)
        return present & ~np.isnat(made) & (made == of_row)

    def _of_source(self, source_id: str) -> tuple[pd.DataFrame, Ints | None]:
        if source_id not in self._sources:
            sources = self.finished.norm_sources
            here = sources["source_id"] == source_id
            of_file = sources if here.all() else sources[here]
            self._sources[source_id] = of_file, self._place(of_file)
        return self._sources[source_id]

    def _moments(self, column: RawColumn) -> npt.NDArray[np.datetime64]:
        rows = self.sheet.rows
        here = rows["source_id"] == column.source_id
        of_file = rows[["respondent_id", column.field]]
        of_file = of_file if here.all() else of_file[here]
        return self._laid_out(
            of_file[column.field].to_numpy(), self._place(of_file), fill=np.datetime64("NaT")
        )

    def _text_found(self, column: RawColumn, read: Read) -> Mask:
        cells = read.cells
        key = (column.variable, column.item, column.instance)
        same = np.zeros(len(self.sheet), dtype=bool)
        if key in self._texts:
            told, places = self._texts[key]
            index = _places(told, _texts_of(cells.texts))
            same = self._laid_out(index, places, fill=BLANK) == cells.index
        variable = self.codebook.variables[column.variable]
        if variable.kind == "text" or column.item == variable.comment:
            return cells.filled & same
        # The label of the box itself is a tick: it is found as a code.
        vocabulary, codes = self._codes(column)
        code = SELECTED if variable.kind == "multiple" else (variable.other or "")
        ticked = read.holds(read.own_label) & (codes == vocabulary.index(code))
        return cells.filled & (same | ticked)

    def _codes(self, column: RawColumn) -> tuple[list[str], Ints]:
        """Return the vocabulary of a column's code and its position for each response."""
        variable = self.codebook.variables[column.variable]
        item = column.item if variable.items else None
        frame, places = self._frame(column)
        values = frame[column_name(variable.variable, item or None)]
        categories = values.cat.categories
        vocabulary = self.sheet.known.recall(
            "vocabulary", categories, make=lambda: list(categories)
        )
        return vocabulary, self._laid_out(values.array.codes, places, fill=BLANK)

    def _frame(self, column: RawColumn) -> tuple[pd.DataFrame, Ints | None]:
        """Return the rows that hold a column's answers, and the response of each."""
        if not self.codebook.is_repeated(column.variable):
            return self.finished.norm_responses, self._responses
        block = self.codebook.block_of(column.variable, self.edition).block
        nothing = self.finished.norm_instances.iloc[:0], np.zeros(0, dtype=np.int64)
        return self._instances.get((block, column.instance), nothing)

    def _laid_out(self, values: npt.NDArray, places: Ints | None, *, fill: object) -> npt.NDArray:
        """Return the value of each response, `fill` where no row is of it."""
        if places is None:
            return values
        made = np.full(len(self.sheet), fill, dtype=values.dtype)
        known = places >= 0
        made[places[known]] = values[known]
        return made
