"""One question as it was answered: its columns, read, with what was accepted and what was rejected.

In: the columns of a variable in one instance, and the positions of codes in a vocabulary.
Not in: how each kind of answer is coded (`choices`, `likert`, `brackets`, `ranking`, `numbers`,
`texts`), what a blank means (`missing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import Variable
from observatoire_pipeline.tables.frames import coded
from observatoire_pipeline.validate.cells import Ints, Known, Mask, RawColumn, Sheet
from observatoire_pipeline.validate.parts import parts_of
from observatoire_pipeline.validate.reading import Meaning, Read, read_cells

BLANK = -1
"""Position of a code that is not given yet."""

Positions = Ints
"""For each response the position of its code in the vocabulary of the column, or BLANK."""


@dataclass(frozen=True)
class ReadColumn:
    """A column, read: the responses whose cell was accepted, and those where it was rejected."""

    read: Read
    accepted: Mask
    rejected: Mask

    @property
    def item(self) -> str:
        """The item that the column answers, empty for the variable itself."""
        return self.read.column.item


@dataclass(frozen=True)
class Question:
    """A variable in one instance, as the files hold it.

    Attributes:
        variable: Of the codebook.
        instance: Number of the instance, 1 where there is only one.
        edition: The edition.
        columns: Its columns in the order of the files.
        vocabulary: Codes, then kinds of missing.
        size: Number of responses.
    """

    variable: Variable
    instance: int
    edition: str
    columns: tuple[ReadColumn, ...]
    vocabulary: tuple[str, ...]
    size: int

    @property
    def items(self) -> list[str | None]:
        """The items that have a coded column each; one None for a variable without items."""
        return [item.item for item in self.variable.items] or [None]

    @property
    def main(self) -> list[ReadColumn]:
        """The columns that hold the answer itself, not an "other" text or a comment beside it."""
        side = {self.variable.other, self.variable.comment} - {None}
        return [column for column in self.columns if column.item not in side]

    @property
    def other(self) -> list[ReadColumn]:
        """The columns of the "other" text of a single choice."""
        name = self.variable.other
        return [column for column in self.columns if name is not None and column.item == name]

    @property
    def answering(self) -> list[ReadColumn]:
        """The columns that answer the question: all but its comment box."""
        return [*self.main, *self.other]

    def of_item(self, item: str | None) -> list[ReadColumn]:
        """Return the columns that hold the answer to an item."""
        return [column for column in self.main if column.item == (item or "")]

    def position(self, code: str) -> int:
        """Return the position of a code in the vocabulary."""
        return self.vocabulary.index(code)

    def any_of(self, masks: Iterable[Mask]) -> Mask:
        """Return the responses that one of the masks names."""
        found = np.zeros(self.size, dtype=bool)
        for mask in masks:
            found |= mask
        return found

    def blank(self) -> Positions:
        """Return positions that say nothing yet."""
        return np.full(self.size, BLANK, dtype=np.int16)


def read_question(
    sheet: Sheet,
    rejected: dict[tuple[str, str], Mask],
    variable: Variable,
    *,
    instance: int,
    edition: str,
    codebook: Codebook,
    vocabulary: Sequence[str],
) -> Question:
    """Return a question with every column read and told apart into accepted and rejected cells."""
    nobody = np.zeros(len(sheet), dtype=bool)
    columns = []
    delivered = sheet.of_variable(variable.variable, instance)
    for column in chain.from_iterable(
        parts_of(raw, edition=edition, codebook=codebook) for raw in delivered
    ):
        cells = sheet.cells(column)
        refused = rejected.get((column.source_id, column.column), nobody)
        read = read_cells(cells, edition=edition, codebook=codebook)
        columns.append(ReadColumn(read, cells.filled & ~refused, refused))
    return Question(variable, instance, edition, tuple(columns), tuple(vocabulary), len(sheet))


def rejected_cells(sheet: Sheet, rejected_responses: pd.DataFrame) -> dict[tuple[str, str], Mask]:
    """Return for each column the responses whose cell was rejected.

    Raises:
        ValueError: a cell of a row that was not accepted.
    """
    cells = rejected_responses[
        (rejected_responses["scope"] == "cell") & (rejected_responses["outcome"] == "rejected")
    ]
    found: dict[tuple[str, str], Mask] = {}
    for (source_id, column), group in cells.groupby(["source_id", "column"], sort=False):
        numbers = sheet.row_numbers.get(source_id, np.zeros(len(sheet), dtype=np.int64))
        rows = group["row"].to_numpy(dtype=np.int64)
        unknown = np.setdiff1d(rows, numbers)
        if len(unknown):
            raise ValueError(
                f"rejected_responses: {source_id} {column} names rows that valid_responses lacks: "
                f"{', '.join(map(str, unknown[:5]))}"
            )
        found[source_id, column] = np.isin(numbers, rows) & (numbers > 0)
    return found


def positions_of(
    meanings: Sequence[Meaning | None], vocabulary: Sequence[str], *, known: Known | None = None
) -> Positions:
    """Return the position of each distinct meaning in the vocabulary, BLANK for none.

    Args:
        meanings: What each distinct text means.
        vocabulary: Codes, then kinds of missing.
        known: Remembers the positions, where parts of the rows share the meanings.

    Raises:
        TableError: a meaning is not in the vocabulary.
    """
    if known is not None:
        key = ("positions", *vocabulary)
        return known.recall(key, meanings, make=lambda: positions_of(meanings, vocabulary))
    table = np.full(len(meanings) + 1, BLANK, dtype=np.int16)
    given = [place for place, meaning in enumerate(meanings) if meaning is not None]
    codes = coded([str(meanings[place]) for place in given], vocabulary, name="answers")
    table[given] = codes.cat.codes.to_numpy(dtype=np.int16)
    return table


def given_codes(column: ReadColumn, vocabulary: Sequence[str]) -> Positions:
    """Return the positions of the codes that the accepted cells of a column mean."""
    read = column.read
    table = positions_of(read.meanings, vocabulary, known=read.cells.known)
    return np.where(column.accepted, table[column.read.cells.index], np.int16(BLANK))


def first_order(columns: Iterable[RawColumn]) -> int | None:
    """Return the place of the first of the columns in the edition, None without columns."""
    return min((column.order for column in columns), default=None)
