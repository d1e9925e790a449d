"""A CSV read block by block: cut at the ends of records, parsed side by side, joined in order.

In: where a text may be cut, the parsing of one block, and columns whose distinct texts are kept
once. Not in: what a blank row or a ragged row means (`grid`), how a CSV is written (`sniff`).

A block ends with a line end that stands between records. Whether it does is counted from the
quotation marks before it, and the count is right only where every mark opens or closes a cell; each
block is proved to be written so, or the text is parsed in one piece.
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

BLOCK_BYTES = 8 << 20
"""Bytes of a block: much more than a record has, little enough to stay near the processor."""

PART_ROWS = 50_000
"""Rows that are worked on at a time, once a file is read."""

FEW = 30_000
"""Distinct texts that a column may have to keep one dictionary for all of its blocks."""

_QUOTE, _FEED, _RETURN = 34, 10, 13


class LooseQuotes(ValueError):
    """A quotation mark stands inside a cell that is not quoted: blocks cannot be told apart."""


@dataclass(frozen=True)
class Parsed:
    """One block, parsed.

    Attributes:
        table: One dictionary-encoded column for each column of the file.
        lengths: Number of cells of each record left out because it has another number of them.
    """

    table: pa.Table
    lengths: tuple[int, ...]


def cut(text: bytes | memoryview, *, block_bytes: int = BLOCK_BYTES) -> Iterator[memoryview]:
    """Yield a text in blocks that end with a record, if quotation marks stand as they should."""
    whole = memoryview(text)
    data = whole.obj if isinstance(whole.obj, bytes) else bytes(whole)
    start, size = 0, len(data)
    while start < size:
        end = size
        reach = block_bytes
        while start + reach < size:
            found = _last_end(data, start, start + reach)
            if found > start:
                end = found
                break
            reach *= 2
        yield whole[start:end]
        start = end


def _last_end(data: bytes, start: int, stop: int) -> int:
    """Return where the last record that ends in `[start, stop)` ends, `start` where none does."""
    odd = data.count(b'"', start, stop) % 2
    end = stop
    while True:
        feed = data.rfind(b"\n", start, end)
        if feed < 0:
            return start
        odd = (odd + data.count(b'"', feed, end)) % 2
        if not odd:
            return feed + 1
        end = feed


def parse_block(
    block: bytes | memoryview, *, names: Sequence[str], delimiter: str, alone: bool = False
) -> Parsed:
    """Return a block as dictionary-encoded columns of text; no cell is interpreted.

    Args:
        block: Whole records, in UTF-8.
        names: Names of the columns.
        delimiter: What separates cells.
        alone: Whether the block is the whole text: then nothing was cut, nothing needs proof, and
            it may be parsed by several threads.

    Raises:
        LooseQuotes: a quotation mark neither opens nor closes a cell.
        pyarrow.ArrowException: the bytes are not a CSV.
    """
    import pyarrow as pa
    from pyarrow import csv

    if not alone:
        _prove_quotes(block, delimiter)
    lengths: list[int] = []

    def keep_count(row: Any) -> str:
        lengths.append(int(row.actual_columns))
        return "skip"

    text_type = pa.dictionary(pa.int32(), pa.string())
    size = min(len(block) + 1, 1 << 26) if alone else len(block) + 1
    table = csv.read_csv(
        pa.BufferReader(pa.py_buffer(block)),
        read_options=csv.ReadOptions(
            column_names=list(names), block_size=max(1 << 16, size), use_threads=alone
        ),
        parse_options=csv.ParseOptions(
            delimiter=delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=keep_count,
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, text_type), strings_can_be_null=False
        ),
    )
    return Parsed(table, tuple(lengths))


def _prove_quotes(block: bytes | memoryview, delimiter: str) -> None:
    data = np.frombuffer(block, dtype=np.uint8)
    marks = np.flatnonzero(data == _QUOTE)
    if not len(marks):
        return
    if len(marks) % 2:
        raise LooseQuotes
    edges = np.zeros(256, dtype=bool)
    edges[[ord(delimiter), _FEED, _RETURN, _QUOTE]] = True
    opening, closing = marks[::2], marks[1::2]
    before = edges[data[opening - 1]] | (opening == 0)
    after = edges[data[np.minimum(closing + 1, len(data) - 1)]] | (closing == len(data) - 1)
    if not (before.all() and after.all()):
        raise LooseQuotes


def parse(
    text: bytes,
    *,
    names: Sequence[str],
    delimiter: str,
    block_bytes: int = BLOCK_BYTES,
    executor: Executor | None = None,
) -> Iterator[Parsed]:
    """Yield a text block by block, in order.

    Args:
        text: A CSV in UTF-8.
        names: Names of its columns.
        delimiter: What separates its cells.
        block_bytes: Bytes of a block, about.
        executor: Where blocks are parsed; threads of this process when there is none.

    Raises:
        LooseQuotes: the text cannot be cut; parse it alone.
        pyarrow.ArrowException: the bytes are not a CSV.
    """
    if len(text) <= block_bytes:
        yield parse_block(text, names=names, delimiter=delimiter, alone=True)
        return
    settings = {"names": tuple(names), "delimiter": delimiter}
    blocks = cut(text, block_bytes=block_bytes)
    yield from in_order(parse_block, ((block, settings) for block in blocks), executor=executor)


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
    """One column as its blocks arrive: distinct texts kept once, a number for each cell.

    A column of more than `FEW` distinct texts (identifiers, what people typed) keeps a dictionary
    for each further block, since one for all would repeat the column.
    """

    clean: Callable[[str], str]
    texts: list[str] = field(default_factory=list)
    changed: dict[str, int] = field(default_factory=dict)
    """Texts that `clean` changed, as found, and how many cells hold them."""
    _places: dict[str, int] = field(default_factory=dict)
    _parts: list[np.ndarray | pa.DictionaryArray] = field(default_factory=list)
    _wide: bool = False

    def add(self, part: pa.DictionaryArray) -> np.ndarray | None:
        """Take a block's cells; return which are not blank, None when all are filled."""
        found = part.dictionary.to_pylist()
        codes = part.indices.to_numpy(zero_copy_only=False)
        texts = [text if text.isalnum() else self.clean(text) for text in found]
        if texts != found:
            counts = np.bincount(codes, minlength=len(found))
            for old, new, count in zip(found, texts, counts.tolist(), strict=True):
                if old != new:
                    self.changed[old] = self.changed.get(old, 0) + count
        if self._wide or len(self.texts) + len(texts) > FEW:
            return self._add_wide(part, texts, codes, same=texts == found)
        places = self._places
        for text in texts:
            if text not in places:
                places[text] = len(places)
                self.texts.append(text)
        table = np.fromiter((places[text] for text in texts), dtype=np.int16, count=len(texts))
        numbers = table[codes]
        self._parts.append(numbers)
        blank = places.get("", -1)
        return None if "" not in texts else numbers != blank

    def _add_wide(
        self, part: pa.DictionaryArray, texts: list[str], codes: np.ndarray, *, same: bool
    ) -> np.ndarray | None:
        import pyarrow as pa

        self._wide = True
        if not same:
            places: dict[str, int] = {}
            table = np.array([places.setdefault(t, len(places)) for t in texts], dtype=np.int32)
            codes, texts = table[codes], list(places)
            part = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(texts, pa.string()))
        self._parts.append(part)
        return None if "" not in texts else codes != texts.index("")

    def finished(self, kept: Sequence[np.ndarray | None]) -> pa.ChunkedArray:
        """Return the column, one part for each block.

        Args:
            kept: For each block the records to keep, None for all.
        """
        import pyarrow as pa

        texts = pa.array(self.texts, pa.string())
        kind = pa.int32() if self._wide else pa.int16()
        parts = []
        for part, keep in zip(self._parts, kept, strict=True):
            if isinstance(part, np.ndarray):
                numbers = part if keep is None else part[keep]
                parts.append(pa.DictionaryArray.from_arrays(pa.array(numbers, kind), texts))
            else:
                parts.append(part if keep is None else part.filter(pa.array(keep)))
        return pa.chunked_array(parts, pa.dictionary(kind, pa.string()))
