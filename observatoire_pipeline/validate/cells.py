"""The rows of an edition, joined into responses, and their cells column by column.

In: what a raw column is, the join of split files on the respondent, and each column as its distinct
texts with one index a response: all later work is done once for each distinct text.
Not in: what a text means (`reading`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.signedinteger[Any]]
Mask = npt.NDArray[np.bool_]
Made = TypeVar("Made")

_MARGIN = " \t\r\n\v\f\x00\u00a0\u202f\u2009\u200b\ufeff"
"""What may stand around an answer without being one; a cell of nothing else is blank."""

COLLECTOR_FIELDS = ("collector", "collector_id")
KEPT_FIELDS = ("respondent_id", "started_at", "ended_at", *COLLECTOR_FIELDS)
"""Metadata fields that a response keeps; the other ones are dropped by rule."""


def trimmed(text: str) -> str:
    """Return the text without the spaces and invisible characters around it."""
    return text.strip(_MARGIN).strip()


def column_letters(position: int) -> str:
    """Return the letters by which a spreadsheet names the column at a position from 1."""
    letters = ""
    while position > 0:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


class PartOfCells(Protocol):
    """What one item gets of each cell of a column (`parts`)."""

    @property
    def base(self) -> RawColumn:
        """The column as delivered."""
        ...

    @property
    def unknown(self) -> bool:
        """Whether it holds the pieces that no item is equal to."""
        ...

    def text_of(self, cell: str) -> str:
        """Return the piece of a cell that is the item's, empty when there is none."""
        ...


@dataclass(frozen=True)
class RawColumn:
    """One column of one source file, as `raw_columns` describes it.

    `order` is its place among all columns of the edition: files in their order, then positions.
    `title` is the title of its question, also where the header leaves it blank.
    """

    source_id: str
    column: str
    file: str
    position: int
    order: int
    title: str
    label: str
    role: str
    field: str
    variable: str
    item: str
    instance: int
    code: str
    reading: str = ""
    separator: str = ""
    no_answer: frozenset[str] = frozenset()
    """Texts by which the platform says that the question was not answered."""
    part: PartOfCells | None = None
    """What it gets of the cells of a column that answers several things; None for a whole one."""

    @property
    def words(self) -> str:
        """File and column in words: `file X, column F (title)`."""
        return f"file {self.file}, {self._column_words}"

    def row_words(self, row: int) -> str:
        """Return file, row and column in words."""
        return f"file {self.file}, row {row}, {self._column_words}"

    @property
    def _column_words(self) -> str:
        name = " / ".join(part for part in (trimmed(self.title), trimmed(self.label)) if part)
        return f"column {column_letters(self.position)} ({name})"


def read_columns(raw_columns: pd.DataFrame, source_files: pd.DataFrame) -> list[RawColumn]:
    """Return the columns of an edition in the order of its files, then of their positions.

    Raises:
        ValueError: a column belongs to a file that `source_files` does not list.
    """
    files = {}
    for source_id, file, member in zip(
        source_files["source_id"], source_files["file"], source_files["member"], strict=True
    ):
        files[source_id] = f"{file} ({member})" if member else str(file)
    stray = sorted(set(raw_columns["source_id"]) - set(files))
    if stray:
        raise ValueError(f"raw_columns names files that source_files lacks: {', '.join(stray)}")
    place = {source_id: rank for rank, source_id in enumerate(files)}
    records = raw_columns.to_dict("records")
    records.sort(key=lambda record: (place[record["source_id"]], record["position"]))
    titles: dict[tuple[str, int], str] = {}
    found = []
    for order, record in enumerate(records):
        group = (record["source_id"], record["question_group"])
        title = record["title"] if trimmed(record["title"]) else titles.get(group, "")
        titles.setdefault(group, title)
        found.append(
            RawColumn(
                source_id=record["source_id"],
                column=record["column"],
                file=files[record["source_id"]],
                position=int(record["position"]),
                order=order,
                title=title,
                label=record["label"],
                role=record["role"],
                field=record["field"],
                variable=record["variable"],
                item=record["item"],
                instance=int(record["instance"]),
                code=record["code"],
                reading=record["reading"],
                separator=record["separator"],
                no_answer=frozenset(filter(None, record["no_answer"].split("|"))),
            )
        )
    return found


class Known:
    """What was made of distinct texts once, for all parts of an edition and all steps after it.

    A part of the rows has the same categories as the other parts, as the very same objects: what
    follows from the texts alone is asked for again and again.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], tuple[tuple[object, ...], object]] = {}

    def recall(self, what: Hashable, *of: object, make: Callable[[], Made]) -> Made:
        """Return what was made of these very objects, and make it the first time."""
        key = (what, *map(id, of))
        if key not in self._made:
            # The objects are kept as well, so that no other one can take their place.
            self._made[key] = (of, make())
        made: Any = self._made[key][1]
        return made

    def __reduce__(self) -> tuple[type[Known], tuple[()]]:
        """Another process has other objects, and begins anew."""
        return (Known, ())


@dataclass(frozen=True)
class Cells:
    """One column by response: `index[i]` points into `texts`, and is -1 where the cell is blank.

    A text may stand in no cell. `known` is there where other parts share the list of texts.
    """

    column: RawColumn
    texts: list[str]
    index: Ints
    known: Known | None = None

    @property
    def filled(self) -> Mask:
        """The responses whose cell is not blank."""
        return self.index >= 0


def distinct(series: pd.Series, *, known: Known | None = None) -> tuple[Ints, list[str]]:
    """Return the index of each cell into the distinct trimmed texts (-1: blank), and these.

    Args:
        series: The cells, as text or as a category of texts; null is blank.
        known: Remembers the texts of a category.
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        known = known or Known()
        categories = series.cat.categories
        table, texts = known.recall("texts", categories, make=lambda: _trimmed(categories))
        return table[series.cat.codes.to_numpy()], texts
    index, uniques = pd.factorize(series)
    if bare(uniques):
        return index, uniques.tolist()
    table, texts = _trimmed(uniques)
    return table[index], texts


def bare(texts: pd.Series | pd.Index) -> bool:
    """Tell whether all of the texts are letters and digits alone, as identifiers are.

    Then nothing is to be trimmed; there are many of them, and one look at all is quick.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if texts.dtype != "str" or not len(texts):
        return False
    held = pa.array(texts)
    return held.null_count == 0 and bool(pc.all(pc.utf8_is_alnum(held)).as_py())


def _trimmed(found: pd.Index) -> tuple[Ints, list[str]]:
    """Return the place of each text among the distinct trimmed ones, and these; nulls are last."""
    texts = [t if t.isalnum() else trimmed(t) for t in map(str, found.tolist())]
    place: dict[str, int] = {}
    table = np.empty(len(texts) + 1, dtype=np.min_scalar_type(-len(texts) - 1))
    table[-1] = -1
    for old, text in enumerate(texts):
        table[old] = place.setdefault(text, len(place)) if text else -1
    return table, list(place)


def as_texts(index: Ints, texts: list[str]) -> pd.api.extensions.ExtensionArray:
    """Return the text of each cell, the empty one where it is blank (-1)."""
    whole = pd.array([*texts, ""], dtype="str")
    return whole.take(np.where(index < 0, len(texts), index))


def filled_cells(
    rows: pd.DataFrame, columns: list[RawColumn], *, known: Known | None = None
) -> npt.NDArray[np.int64]:
    """Return for each row how many cells of its own file's columns are not blank."""
    counts = np.zeros(len(rows), dtype=np.int64)
    for source_id, places in places_by_source(rows).items():
        for column in columns:
            if column.source_id == source_id and column.column in rows.columns:
                index, _ = distinct(rows[column.column].iloc[places], known=known)
                counts[places] += index >= 0
    return counts


def places_by_source(rows: pd.DataFrame) -> dict[str, Ints]:
    """Return the places (from 0) of the rows of each source file."""
    sources = rows["source_id"]
    if len(rows) and (sources == sources.iloc[0]).all():
        return {str(sources.iloc[0]): np.arange(len(rows))}
    index, uniques = pd.factorize(sources)
    return {str(name): np.flatnonzero(index == number) for number, name in enumerate(uniques)}


@dataclass
class Sheet:
    """The rows of an edition joined on the respondent: one response for each, columns side by side.

    A response takes its place from its first row. Within a file a respondent has one row.
    """

    rows: pd.DataFrame
    columns: list[RawColumn]
    known: Known = field(default_factory=Known)
    respondents: pd.api.extensions.ExtensionArray = field(init=False)
    """Identifiers of the responses, as text."""
    row_numbers: dict[str, Ints] = field(init=False)
    """For each file the row of each response, 0 where the response has none."""
    _places: dict[str, Ints] = field(init=False)
    _targets: dict[str, Ints] = field(init=False)
    _cells: dict[tuple[str, str], Cells] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        index, uniques = pd.factorize(self.rows["respondent_id"])
        self.respondents = pd.array(uniques, dtype="str")
        self._places = places_by_source(self.rows)
        self._targets = {source: index[places] for source, places in self._places.items()}
        # A file without an accepted row has no place in `rows`, and is part of the edition.
        self.row_numbers = {
            column.source_id: np.zeros(len(self), dtype=np.int64) for column in self.columns
        }
        numbers = self.rows["row"].to_numpy(dtype=np.int64)
        for source, places in self._places.items():
            target = self._targets[source]
            if len(np.unique(target)) != len(target):
                raise ValueError(f"source {source}: a respondent has several accepted rows")
            self.row_numbers[source] = np.zeros(len(self), dtype=np.int64)
            self.row_numbers[source][target] = numbers[places]

    def __len__(self) -> int:
        return len(self.respondents)

    @cached_property
    def _in_step(self) -> bool:
        """Whether each response is one row, in their order: one file, nobody twice."""
        return all(np.array_equal(t, np.arange(len(self))) for t in self._targets.values())

    @property
    def questions(self) -> list[RawColumn]:
        """The columns that hold answers."""
        return [column for column in self.columns if column.role == "question"]

    def of_variable(self, variable: str, instance: int) -> list[RawColumn]:
        """Return the columns of a variable in an instance, in the order of the files."""
        return self._by_variable.get((variable, instance), [])

    @cached_property
    def _by_variable(self) -> dict[tuple[str, int], list[RawColumn]]:
        found: dict[tuple[str, int], list[RawColumn]] = {}
        for column in self.questions:
            found.setdefault((column.variable, column.instance), []).append(column)
        return found

    def cells(self, column: RawColumn) -> Cells:
        """Return the cells of a column by response (read once, then kept)."""
        if column.part is not None:
            return self._part(column, column.part)
        key = (column.source_id, column.column)
        if key not in self._cells:
            index: Ints = np.full(len(self), -1, dtype=np.int32)
            texts: list[str] = []
            shared = False
            places = self._places.get(column.source_id)
            if places is not None and column.column in self.rows.columns:
                series = self.rows[column.column]
                shared = isinstance(series.dtype, pd.CategoricalDtype)
                if len(places) != len(series):
                    series = series.iloc[places]
                found, texts = distinct(series, known=self.known)
                if column.no_answer:
                    found = _answered(found, texts, column.no_answer)
                if self._in_step:
                    index = found
                else:
                    index[self._targets[column.source_id]] = found
            self._cells[key] = Cells(column, texts, index, self.known if shared else None)
        return self._cells[key]

    def _part(self, column: RawColumn, part: PartOfCells) -> Cells:
        """Return what one item gets of the cells of a column."""
        whole = self.cells(part.base)
        known = whole.known or self.known
        table, texts = known.recall(
            f"part {column.item} of {column.source_id} {column.column}, unknown: {part.unknown}",
            whole.texts,
            make=lambda: _trimmed(pd.Index([part.text_of(text) for text in whole.texts])),
        )
        return Cells(column, texts, table[whole.index], whole.known)

    def unanswered(self, column: RawColumn) -> int:
        """Return how many cells say that the question was not answered."""
        places = self._places.get(column.source_id)
        if not column.no_answer or places is None or column.column not in self.rows.columns:
            return 0
        index, texts = distinct(self.rows[column.column].iloc[places], known=self.known)
        said = np.array([*(text in column.no_answer for text in texts), False], dtype=bool)
        return int(said[index].sum())


def _answered(index: Ints, texts: list[str], no_answer: frozenset[str]) -> Ints:
    """Return the index with the texts that are no answer taken as blank."""
    table = np.arange(len(texts) + 1, dtype=np.min_scalar_type(-len(texts) - 1))
    table[-1] = -1
    for place, text in enumerate(texts):
        if text in no_answer:
            table[place] = -1
    return table[index]
