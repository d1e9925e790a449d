"""A CSV read as a stream: parsed part by part, each distinct text of a column kept once.

In: the parsing of a stream of bytes, and columns whose distinct texts are kept once. Not in: what a
blank row or a ragged row means (`grid`), how a CSV is written (`sniff`), whether its bytes are what
they seem (`content`).

The parser of pyarrow finds the ends of records itself, cell by cell, so that a line end or a loose
quotation mark in a cell misleads nobody.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 1 << 20
"""Bytes that are parsed at a time: little enough to stay near the processor."""

PART_ROWS = 50_000
"""Rows that are worked on at a time."""

READ_ROWS = PART_ROWS
"""Rows whose texts are put together while a file is read."""

FEW = 30_000
"""Distinct texts that a column may have to keep one dictionary for all of its parts."""


def parse(
    source: Any,
    *,
    names: Sequence[str],
    delimiter: str,
    lengths: list[int] | None,
    block_bytes: int = BLOCK_BYTES,
    part_rows: int = READ_ROWS,
) -> Iterator[pa.Table]:
    """Yield a CSV in UTF-8 part by part: dictionary-encoded columns of text, one chunk each.

    No cell is interpreted, and none is looked at twice.

    Args:
        source: The bytes, as a file of pyarrow or one of Python.
        names: Names of its columns.
        delimiter: What separates its cells.
        lengths: Takes the number of cells of each record left out because it has not as many as
            there are names; without it no record is left out.
        block_bytes: Bytes that are parsed at a time; no record may be longer.
        part_rows: Rows of a part, about.

    Raises:
        pyarrow.ArrowException: the bytes are not a CSV, a record has another number of cells, or
            one is longer than a block (`is_too_long`).
    """
    import pyarrow as pa
    from pyarrow import csv

    def keep_count(row: Any) -> str:
        assert lengths is not None
        lengths.append(int(row.actual_columns))
        return "skip"

    text_type = pa.dictionary(pa.int32(), pa.string())
    batches = csv.open_csv(
        source,
        read_options=csv.ReadOptions(column_names=list(names), block_size=block_bytes),
        parse_options=csv.ParseOptions(
            delimiter=delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=None if lengths is None else keep_count,
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, text_type),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= part_rows:
            yield pa.Table.from_batches(waiting).unify_dictionaries().combine_chunks()
            waiting, rows = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting).unify_dictionaries().combine_chunks()


def is_too_long(error: Exception) -> bool:
    """Tell whether a text could not be parsed because a record is longer than a block."""
    return "straddl" in str(error)


def in_order(
    work: Callable[..., Any],
    tasks: Iterator[tuple[Any, dict[str, Any]]],
    *,
    executor: Executor | None = None,
) -> Iterator[Any]:
    """Yield `work(task, **settings)` for each task, in their order, a few of them ahead.

    Args:
        work: A function of a module, so that other processes can find it.
        tasks: First argument and keyword arguments of each call.
        executor: Where the work is done; threads of this process when there is none.
    """
    own = None if executor is not None else ThreadPoolExecutor(os.cpu_count())
    pool = executor or own
    assert pool is not None
    ahead = os.cpu_count() or 1
    waiting: deque[Future[Any]] = deque()
    try:
        for task, settings in tasks:
            waiting.append(pool.submit(work, task, **settings))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
        if own is not None:
            own.shutdown()


# --- columns --------------------------------------------------------------------------------


@dataclass
class TextColumn:
    """One column as its parts arrive: distinct texts kept once, a number for each cell.

    A column of more than `FEW` distinct texts (identifiers, what people typed) keeps a dictionary
    for each further part, since one for all would repeat the column.
    """

    clean: Callable[[str], str]
    texts: list[str] = field(default_factory=list)
    counts: np.ndarray | None = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """How often each of the texts was kept; None where parts have texts of their own."""
    changed: dict[str, int] = field(default_factory=dict)
    """Texts that `clean` changed, as found, and how many cells hold them."""
    _places: dict[str, int] = field(default_factory=dict)
    _parts: list[pa.Array] = field(default_factory=list)
    _last: np.ndarray | pa.DictionaryArray | None = None

    def add(self, part: pa.DictionaryArray) -> np.ndarray | None:
        """Take a part's cells; return which are not blank, None when all are filled."""
        found = part.dictionary.to_pylist()
        codes = part.indices.to_numpy(zero_copy_only=False)
        texts = [text if text.isalnum() else self.clean(text) for text in found]
        if texts != found:
            counts = np.bincount(codes, minlength=len(found))
            for old, new, count in zip(found, texts, counts.tolist(), strict=True):
                if old != new:
                    self.changed[old] = self.changed.get(old, 0) + count
        if self.counts is None or len(self.texts) + len(texts) > FEW:
            return self._add_wide(part, texts, codes, same=texts == found)
        places = self._places
        for text in texts:
            if text not in places:
                places[text] = len(places)
                self.texts.append(text)
        table = np.fromiter((places[text] for text in texts), np.int16, count=len(texts))
        numbers = table.astype(_smallest(len(places)))[codes]
        self._last = numbers
        return None if "" not in texts else numbers != places[""]

    def _add_wide(
        self, part: pa.DictionaryArray, texts: list[str], codes: np.ndarray, *, same: bool
    ) -> np.ndarray | None:
        import pyarrow as pa

        self.counts = None
        if part.type != (kind := pa.dictionary(pa.int32(), pa.string())):
            part = part.cast(kind)
        if not same:
            places: dict[str, int] = {}
            table = np.array([places.setdefault(t, len(places)) for t in texts], dtype=np.int32)
            codes, texts = table[codes], list(places)
            part = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(texts, pa.string()))
        self._last = part
        return None if "" not in texts else codes != texts.index("")

    def of_last(self, records: np.ndarray | None) -> np.ndarray | pa.DictionaryArray:
        """Return and count these records of the part that was taken last, None for all of them."""
        import pyarrow as pa

        part = self._last
        assert part is not None
        if records is not None:
            part = part[records] if isinstance(part, np.ndarray) else part.filter(pa.array(records))
        if self.counts is not None:
            counts = np.bincount(part, minlength=len(self.texts))
            counts[: len(self.counts)] += self.counts
            self.counts = counts
        self._last = None
        return part

    def keep(self, part: pa.Array) -> None:
        """Keep a part: the numbers of its texts, or an array that has texts of its own."""
        self._parts.append(part)

    def finished(self) -> pa.ChunkedArray:
        """Return the column, one chunk for each part, in the smallest type for its numbers."""
        import pyarrow as pa

        texts = pa.array(self.texts, pa.string())
        kind = pa.int32()
        if self.counts is not None:
            kind = pa.from_numpy_dtype(_smallest(len(self.texts)))
        parts = [
            part
            if isinstance(part, pa.DictionaryArray)
            else pa.DictionaryArray.from_arrays(part.cast(kind), texts, safe=False)
            for part in self._parts
        ]
        return pa.chunked_array(parts, pa.dictionary(kind, pa.string()))


def _smallest(count: int) -> type[np.signedinteger[Any]]:
    """Return the smallest type that numbers this many texts."""
    return np.int8 if count <= 128 else np.int16
