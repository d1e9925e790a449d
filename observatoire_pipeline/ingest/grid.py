"""Read a file into rows of text: every cell as delivered, blank cells as "".

In: CSV and workbook → one table of dictionary-encoded text, the row numbers that a spreadsheet
shows, and counts of what is blank. What "blank" means is said here, once (`is_blank`).
Not in: what the rows mean (`layout`). No cell is interpreted: `N/A` stays `N/A`.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from observatoire_pipeline.ingest.aside import Aside
from observatoire_pipeline.ingest.blocks import BLOCK_BYTES, TextColumn, is_too_long, parse
from observatoire_pipeline.ingest.content import NotPlain, Watched
from observatoire_pipeline.ingest.refusal import refuse
from observatoire_pipeline.ingest.sniff import CsvFormat, Member
from observatoire_pipeline.ingest.workbook import error_cells

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from observatoire_pipeline.ingest.export import Damage

LONGEST_RECORD = 1 << 26
"""Bytes that one record may have."""

HEAD = 8
"""Non-blank records kept as lists of text, for headers and signs of other platforms."""

_WHITE = "".join(chr(code) for code in range(0x10000) if chr(code).isspace())
_BLANK = _WHITE + "\x00\u200b\u200c\u200d\u2060\ufeff\u00ad"


Counted = tuple[list[str], np.ndarray]
"""Distinct texts of a column, and how often each of them occurs."""


@dataclass(frozen=True)
class Grid:
    """The records of one file or sheet, header included, blank records left out.

    Attributes:
        cells: One dictionary-encoded text column for each column of the file (`c001`...).
        rows: The number that a spreadsheet shows for each record, from 1.
        head: The first records as lists of text.
        blank_rows: Records left out because all their cells are blank.
        spaces_only: Cells that hold only spaces or invisible characters, now "".
        nul_cells: Cells out of which NUL characters were taken.
        damage: What was set right in the rows while they were read.
    """

    cells: pa.Table
    rows: np.ndarray
    head: list[list[str]]
    blank_rows: int
    spaces_only: int
    nul_cells: int
    damage: tuple[Damage, ...] = ()
    aside: Aside | None = field(default=None, repr=False, compare=False)
    """Where the columns of a large file are."""
    counted: InitVar[Mapping[int, Counted] | None] = None
    _counted: dict[int, Counted] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    """By position: the texts of a column, headers included, and how often each occurs."""
    _distinct: dict[tuple[int, int], Counted] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    """By position and number of header records: what is asked for again and again."""

    def __post_init__(self, counted: Mapping[int, Counted] | None) -> None:
        self._counted.update(counted or {})

    @property
    def width(self) -> int:
        """The number of columns."""
        return int(self.cells.num_columns)

    def distinct(self, position: int, *, below: int) -> tuple[list[str], np.ndarray]:
        """Return the distinct texts of a column under the header, and how often each occurs.

        Args:
            position: Position of the column, from 1.
            below: Number of header records.

        Returns:
            The texts (the blank one left out) and their counts, all above 0.
        """
        if (position, below) not in self._distinct:
            texts, counts = self._below(position, below)
            if "" in texts:
                counts[texts.index("")] = 0
            kept = np.flatnonzero(counts)
            found = (texts, counts)
            if len(kept) < len(texts):
                found = ([texts[k] for k in kept.tolist()], counts[kept])
            self._distinct[position, below] = found
        return self._distinct[position, below]

    def dictionaries(self, position: int) -> list[pa.Array]:
        """Return the texts of a column, headers included; some may stand in several arrays."""
        column = self.cells.column(position - 1)
        chunks = column.chunks[:1] if _one_dictionary(column) else column.chunks
        return [chunk.dictionary for chunk in chunks]

    def at_rest(self) -> Grid:
        """Return the same records without what was only of use while they were understood."""
        return replace(
            self,
            counted={
                k: self._counted[k]
                for k in self._counted
                if _one_dictionary(self.cells.column(k - 1))
            },
        )

    def cells_in(self, position: int, *, below: int) -> int:
        """Return the number of non-blank cells of a column under the header."""
        return int(self.distinct(position, below=below)[1].sum())

    def _below(self, position: int, below: int) -> tuple[list[str], np.ndarray]:
        """Return the texts of a column, and how often each stands under the header."""
        column = self.cells.column(position - 1)
        if position in self._counted:
            texts, counts = self._counted[position]
            counts = counts.copy()
        else:
            texts, counts = _counted(column)
            if _one_dictionary(column):
                self._counted[position] = texts, counts.copy()
        for text in column.slice(0, below).to_pylist():
            counts[texts.index(text)] -= 1
        return texts, counts

    def categories(self, position: int, *, below: int) -> SharedTexts | None:
        """Return the texts that a column's parts share, None where each part has its own."""
        import pandas as pd

        if not _one_dictionary(self.cells.column(position - 1)):
            return None
        texts, counts = self._below(position, below)
        used = counts > 0
        codes = np.where(used, np.cumsum(used) - 1, -1)
        kept = [text for text, some in zip(texts, used, strict=True) if some]
        dtype = pd.CategoricalDtype(pd.Index(kept, dtype="str"))
        return SharedTexts(dtype, codes.astype(pd.Categorical([], dtype=dtype).codes.dtype))

    def parts(self, positions: Sequence[int], *, below: int, rows: int) -> Iterator[pa.Table]:
        """Yield the records under the header, `rows` at a time, dictionary-encoded columns."""
        cells = self.cells.select([position - 1 for position in positions])
        for start in range(below, max(len(self.rows), below + 1), rows):
            yield cells.slice(start, rows)
            if self.aside is not None:
                self.aside.let_go()

    def text(self, position: int, *, below: int) -> pa.ChunkedArray:
        """Return the cells of a column under the header as plain text."""
        import pyarrow as pa

        return self.cells.column(position - 1).slice(below).cast(pa.large_string())


class SharedTexts(NamedTuple):
    """The texts of a column under the header, for all of its parts.

    Attributes:
        dtype: A category of the texts that occur, in the order of their first appearance.
        codes: The category of each entry of the column's dictionary.
    """

    dtype: pd.CategoricalDtype
    codes: np.ndarray


def _counted(column: pa.ChunkedArray) -> Counted:
    """Return the texts of a column, and how often each occurs."""
    column = column.unify_dictionaries()
    texts = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
    counts = np.zeros(len(texts), dtype=np.int64)
    for chunk in column.chunks:
        codes = chunk.indices.to_numpy(zero_copy_only=False)
        counts += np.bincount(codes, minlength=len(texts))
    return texts, counts


def _one_dictionary(column: pa.ChunkedArray) -> bool:
    """Tell whether all parts of a column share one dictionary."""
    first = column.chunk(0).dictionary if column.num_chunks else None
    return all(chunk.dictionary.equals(first) for chunk in column.chunks[1:])


def is_blank(text: str) -> bool:
    """Tell whether a cell holds nothing: no character, or only spaces and invisible ones."""
    return not text.strip(_BLANK)


def column_key(position: int) -> str:
    """Return the name of the column at a position (1 → c001)."""
    return f"c{position:03d}"


def read_csv(member: Member, layout: CsvFormat, *, block_bytes: int = BLOCK_BYTES) -> Grid:
    """Read a CSV out of its text, straight into dictionary-encoded columns.

    Args:
        member: The file.
        layout: How it is written.
        block_bytes: Bytes that are parsed at a time; the records are the same for any number.

    Raises:
        RefusedExport: rows of different lengths, or bytes that are not a CSV.
    """
    import pyarrow as pa

    from observatoire_pipeline.ingest.damage.lengths import mend_lengths

    above, start = _lines_above(layout)
    text = layout.text
    width = _width(layout, above)

    ragged: list[int] = []

    def parts(block: int) -> Iterator[pa.Table]:
        ragged.clear()
        return parse(
            pa.PythonFile(Watched(io.BytesIO(text), start=start), mode="r"),
            names=_names(width),
            delimiter=layout.delimiter,
            lengths=ragged,
            block_bytes=block,
        )

    try:
        grid = _parsed(parts, above=above, width=width, block_bytes=block_bytes)
    except (pa.ArrowException, ValueError) as error:
        raise refuse(
            member.place, "", found="bytes that are not a CSV", expected="a CSV"
        ) from error
    if ragged:
        mended = mend_lengths(text[start:], delimiter=layout.delimiter, width=width)
        if mended is not None:
            whole = _padded([*above, *mended.rows], width=mended.width)
            return replace(_grid(whole), damage=mended.damage)
        raise _ragged(member, layout, width=width, lengths=ragged, above=len(above))
    return grid


def stream_csv(member: Member, layout: CsvFormat, *, block_bytes: int = BLOCK_BYTES) -> Grid:
    """Read a CSV as it was delivered, straight into dictionary-encoded columns.

    The file is gone through once, and its bytes are never in memory together.

    Args:
        member: The file.
        layout: How it is written, as its first bytes show.
        block_bytes: Bytes that are parsed at a time; the records are the same for any number.

    Raises:
        NotPlain: something in it has to be set right or refused: see `read_csv`.
        RefusedExport: the file is gone.
    """
    import pyarrow as pa

    above, start = _lines_above(layout)
    width = _width(layout, above)

    def parts(block: int) -> Iterator[pa.Table]:
        with member.watched(start=(layout.start or 0) + start) as stream:
            for part in parse(
                pa.PythonFile(stream, mode="r"),
                names=_names(width),
                delimiter=layout.delimiter,
                lengths=None,
                block_bytes=block,
            ):
                stream.prove_so_far()
                yield part
            stream.prove()

    try:
        return _parsed(parts, above=above, width=width, block_bytes=block_bytes)
    except OSError as error:
        raise refuse(
            member.place,
            "",
            found=f"it cannot be read ({error.strerror})",
            expected="a readable file",
        ) from error
    except (pa.ArrowException, ValueError) as error:
        raise NotPlain from error


def _width(layout: CsvFormat, above: list[list[str]]) -> int:
    """Return the number of columns: the cells of the longer one of the first two records."""
    peeked = [record for record in layout.peeked[len(above) :] if record]
    return max(map(len, peeked[:2])) if peeked else 0


def _names(width: int) -> list[str]:
    return [column_key(k) for k in range(1, width + 1)]


def _parsed(
    parts: Callable[[int], Iterator[pa.Table]],
    *,
    above: list[list[str]],
    width: int,
    block_bytes: int,
) -> Grid:
    """Return the records of a CSV.

    Args:
        parts: Gives the records, parsed in blocks of a size.
        above: The title lines above them.
        width: Number of columns.
        block_bytes: Bytes of a block; more are taken where a record has more.
    """
    import pyarrow as pa

    head = [_padded(above, width=width)] if above else []
    while True:
        try:
            return _joined(chain(head, parts(block_bytes)), names=_names(width))
        except pa.ArrowInvalid as error:
            if block_bytes >= LONGEST_RECORD or not is_too_long(error):
                raise
            block_bytes = min(block_bytes * 8, LONGEST_RECORD)


def read_ragged(layout: CsvFormat) -> Grid:
    """Read a small CSV whose rows have different lengths, filled up with blank cells.

    Such is a summary: blocks of several widths one under the other. No file of responses is read
    in this way.
    """
    import csv

    stream = io.TextIOWrapper(io.BytesIO(layout.text), encoding="utf-8", newline="")
    rows = list(csv.reader(stream, delimiter=layout.delimiter))
    return _grid(_padded(rows, width=max(map(len, rows), default=1)))


def _padded(rows: list[list[str]], *, width: int) -> pa.Table:
    import pyarrow as pa

    text_type = pa.dictionary(pa.int32(), pa.string())
    columns = [
        pa.array([row[k] if k < len(row) else "" for row in rows], pa.string()).cast(text_type)
        for k in range(width)
    ]
    return pa.table(columns, names=[column_key(k) for k in range(1, width + 1)])


def _lines_above(layout: CsvFormat) -> tuple[list[list[str]], int]:
    """Return the title lines above a header, of one cell each, and how many bytes they take.

    A title line is shorter than the row under it, which has the width of most rows.
    """
    import csv

    widths = [len(record) for record in layout.peeked if any(map(str.strip, record))]
    if len(widths) < 3 or widths[0] >= widths[-1]:
        return [], 0
    usual = max(set(widths), key=lambda width: (widths.count(width), width))
    count = next(
        (k for k, record in enumerate(layout.peeked) if len(record) == usual), len(layout.peeked)
    )
    above = layout.peeked[:count]
    if usual < 3 or any(sum(map(bool, map(str.strip, record))) > 1 for record in above):
        return [], 0
    read = 0

    def lines() -> Iterator[str]:
        nonlocal read
        stream = io.BytesIO(layout.text)
        for line in io.TextIOWrapper(stream, encoding="utf-8", errors="ignore", newline=""):
            read += len(line.encode("utf-8"))
            yield line

    reader = csv.reader(lines(), delimiter=layout.delimiter)
    for _ in range(count):
        next(reader)
    return above, read


def sheet_names(member: Member) -> list[str]:
    """Return the names of the sheets of a workbook that are shown, in its order.

    Where none is shown, all are returned.
    """
    sheets = _workbook(member).sheets_metadata
    shown = [sheet.name for sheet in sheets if _is_visible(sheet)]
    return shown or [sheet.name for sheet in sheets]


def hidden_sheets(member: Member) -> list[str]:
    """Return the names of the sheets that a workbook hides, in its order."""
    return [sheet.name for sheet in _workbook(member).sheets_metadata if not _is_visible(sheet)]


def _is_visible(sheet: Any) -> bool:
    return str(sheet.visible).rsplit(".", 1)[-1] == "Visible"


def read_sheet(member: Member, sheet: str) -> Grid | None:
    """Read one sheet of a workbook as text; None when it is empty.

    Dates become ISO text, whole numbers lose their `.0`, and a formula error is its text.
    """
    book = _workbook(member)
    try:
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # The reader is compiled, and a bug of it arrives as a panic, which is no Exception.
        raise _unreadable(member, error) from error
    errors = error_cells(member.data, place=member.place) if member.kind == "xls" else {}
    for row, column, text in errors.get(sheet, ()):
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    if not rows or not rows[0]:
        return None
    grid = grid_of(
        [c if type(c) is str else cell_text(c) for c in column]
        for column in zip(*rows, strict=True)
    )
    return grid if len(grid.rows) else None


def grid_of(columns: Iterable[list[str]]) -> Grid:
    """Return columns of text, headers first, as a grid; all have one length, there is one."""
    import pyarrow as pa

    arrays = [pa.array(column, pa.large_string()).dictionary_encode() for column in columns]
    names = [column_key(k) for k in range(1, len(arrays) + 1)]
    return _grid(pa.table(arrays, names=names))


def cell_text(value: object) -> str:
    """Return the text of a workbook's cell: ISO dates, whole numbers without `.0`."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        return value.replace(microsecond=0).isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return "" if value is None else str(value)


def _workbook(member: Member) -> Any:
    from python_calamine import CalamineWorkbook

    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(member.data))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise _unreadable(member, error) from error


def _unreadable(member: Member, error: BaseException) -> Exception:
    return refuse(
        member.place,
        "",
        found=f"bytes that are not a workbook ({type(error).__name__})",
        expected="an XLSX, XLS or ODS workbook",
        hint="the file is damaged: export it again",
    )


def _grid(table: pa.Table) -> Grid:
    return _joined([table], names=table.column_names)


def _joined(tables: Iterable[pa.Table], *, names: list[str]) -> Grid:
    """Return the records of tables that follow one another, blank ones left out."""
    import pyarrow as pa

    columns = [TextColumn(_cleaned) for _ in names]
    rows = [np.zeros(0, dtype=np.int64)]
    seen = 0
    aside = Aside()
    for table in tables:
        for part in table.unify_dictionaries().to_batches():
            empty: np.ndarray | None = np.ones(part.num_rows, dtype=bool)
            for column, cells in zip(columns, part.columns, strict=True):
                filled = column.add(cells)
                if empty is not None:
                    empty = None if filled is None else empty & ~filled
                    empty = empty if empty is not None and empty.any() else None
            kept = None if empty is None else ~empty
            laid = aside.lay([column.of_last(kept) for column in columns])
            for column, cells in zip(columns, laid, strict=True):
                column.keep(cells)
            numbers = np.arange(seen + 1, seen + part.num_rows + 1, dtype=np.int64)
            rows.append(numbers if kept is None else numbers[kept])
            seen += part.num_rows
    cells = pa.table([column.finished() for column in columns], names=names)
    numbers = np.concatenate(rows)
    changed = [item for column in columns for item in column.changed.items()]
    return Grid(
        cells,
        numbers,
        _head_of(cells),
        blank_rows=seen - len(numbers),
        spaces_only=sum(n for text, n in changed if "\x00" not in text and is_blank(text)),
        nul_cells=sum(n for text, n in changed if "\x00" in text),
        counted={
            k: (column.texts, column.counts)
            for k, column in enumerate(columns, start=1)
            if column.counts is not None
        },
        aside=aside,
    )


def _cleaned(text: str) -> str:
    return "" if is_blank(text) else text.replace("\x00", "")


def _head_of(cells: pa.Table) -> list[list[str]]:
    return [list(record.values()) for record in cells.slice(0, HEAD).to_pylist()]


def _ragged(
    member: Member, layout: CsvFormat, *, width: int, lengths: list[int], above: int
) -> Exception:
    """Return the refusal of rows whose length differs, naming the first that can be named."""
    import csv

    where = "after the first rows"
    stream = io.TextIOWrapper(io.BytesIO(layout.text), encoding="utf-8", newline="")
    try:
        for number, record in enumerate(csv.reader(stream, delimiter=layout.delimiter), start=1):
            if record and number > above and len(record) != width:
                where = f"row {number}"
                break
    except csv.Error:
        pass
    return refuse(
        member.place,
        where,
        found=f"{len(lengths)} row(s) of another length, the first with {lengths[0]} cell(s)",
        expected=f"{width} cells in every row, as in the header",
        hint="a comma is not quoted, a title line was added, or the file was cut: export it again",
    )
