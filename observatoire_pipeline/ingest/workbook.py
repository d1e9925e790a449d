"""Workbooks before their cells are read: are they whole, how large, and where are formula errors.

In: XLSX, ODS and XLS bytes → bytes that the compiled reader of cells can be trusted with, in which
a formula error (`#NAME?`) is text. That reader takes such a cell for a blank one: without this an
answer or a heading would be lost in silence.
Not in: the reading of cells (`grid`).

Sources of the formats: ECMA-376 part 1, 18.3.1.4 (cell) and 18.18.11 (cell types); OpenDocument 1.2
part 1, 9.1; MS-CFB 2.2 to 2.6; MS-XLS 2.4.28 (BoundSheet8), 2.4.127 (Formula), 2.5.10 (Bes).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from observatoire_pipeline.ingest.archive import corrupt, packed, parts
from observatoire_pipeline.ingest.refusal import RefusedExport, refuse

CELLS_LIMIT = 50_000_000
"""Cells that one sheet may span: its reader fills the rectangle from the first to the last."""

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
"""Byte of a formula error in the old binary format → what a spreadsheet shows."""

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
XLSX, ODS, XLS = "an XLSX workbook", "an ODS workbook", "an XLS workbook"

_ERROR_CELL = re.compile(rb"(<(?:\w+:)?c\b[^>]*?\st=)([\"'])e\2")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\sr=[\"'](\d+)")
_WIDE = re.compile(rb"\sr=[\"'][A-Z]{3}\d")
_CELL = re.compile(rb"\sr=[\"']([A-Z]{1,3})\d")
_ODS_ERROR = re.compile(rb"<table:table-cell\b[^>]*calcext:value-type=[\"']error[\"'][^>]*>")
_ODS_STRING = re.compile(rb"\soffice:string-value=([\"'])[^\"']*\1")
_ODS_TAG = re.compile(
    rb"<(table:table-row|table:table-cell|table:covered-table-cell|text:p|/table:table-row)\b"
    rb"([^>]*)>"
)
_ODS_REPEATED = re.compile(rb"number-(?:rows|columns)-repeated=[\"'](\d+)")
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


def open_document(data: bytes, *, place: str, what: str, limit: int) -> bytes:
    """Return a zipped workbook (XLSX, ODS) whose parts are whole and whose errors are text.

    Args:
        data: The workbook.
        place: Its name for messages.
        what: `XLSX` or `ODS`.
        limit: Bytes that its parts may have together, unpacked.

    Raises:
        RefusedExport: it is damaged, encrypted, or spans more than `CELLS_LIMIT` cells.
    """
    contents = parts(data, place=place, what=what, limit=limit)
    changed = False
    for name, part in contents.items():
        if what == XLSX and name.startswith("xl/worksheets/") and name.endswith(".xml"):
            _check_span(_xlsx_span(part), place=place, where=name)
            mended, count = _ERROR_CELL.subn(rb"\1\2str\2", part)
        elif what == ODS and name == "content.xml":
            _check_span(_ods_span(part), place=place, where=name)
            mended, count = _ODS_ERROR.subn(lambda found: _ODS_STRING.sub(b"", found[0]), part)
        elif what == ODS and name == "META-INF/manifest.xml" and b"encryption-data" in part:
            raise encrypted(place)
        else:
            continue
        if count:
            contents[name], changed = mended, True
    wanted = "xl/workbook.xml" if what == XLSX else "content.xml"
    if what == ODS and wanted not in contents:
        raise corrupt(place, what, None)
    return packed(contents) if changed else data


def encrypted(place: str) -> RefusedExport:
    """Return the refusal of a workbook that a password protects."""
    return refuse(
        place,
        "",
        found="an encrypted workbook",
        expected="an open workbook",
        hint="open it, remove the password, and save it as .xlsx",
    )


def is_encrypted(data: bytes) -> bool:
    """Tell whether a compound file holds a workbook behind a password."""
    return _ENCRYPTED_PACKAGE in data


def error_cells(data: bytes, *, place: str) -> dict[str, list[tuple[int, int, str]]]:
    """Return the formula errors of an XLS workbook: sheet → (row, column, text), from 0.

    Raises:
        RefusedExport: the bytes are not such a workbook, a password protects it, or a cell lies
            where the format has none.
    """
    try:
        stream = _workbook_stream(data)
        sheets = list(_sheets(stream, place=place))
        return {
            name: list(_errors_of_sheet(stream, offset, place=place)) for name, offset in sheets
        }
    except (struct.error, IndexError, ValueError, UnicodeError) as error:
        raise corrupt(place, XLS, error) from error


def _check_span(cells: int, *, place: str, where: str) -> None:
    if cells > CELLS_LIMIT:
        raise refuse(
            place,
            where,
            found=f"a sheet that spans {cells} cells",
            expected=f"at most {CELLS_LIMIT}",
            hint="a cell far away from the others was filled or formatted: export it again as CSV",
        )


def _xlsx_span(part: bytes) -> int:
    """Return how many cells a sheet spans; columns are looked at only where rows are many."""
    rows = max((int(row[:9]) for row in _ROW.findall(part)), default=0)
    rows = max(rows, part.count(b"<row"))
    wide = 18278 if _WIDE.search(part) else 702
    if rows * wide <= CELLS_LIMIT:
        return rows * wide
    letters = set(_CELL.findall(part))
    return rows * max((_column_number(text) for text in letters), default=1)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _ods_span(part: bytes) -> int:
    """Return how many cells a sheet spans once repeated rows and columns that hold text are."""
    total = rows = repeat = width = filled = pending = 0
    for tag, attributes in _ODS_TAG.findall(part):
        if tag == b"/table:table-row":
            rows += repeat if filled else 0
            total = max(total, rows * width)
        elif tag == b"table:table-row":
            repeat, filled, pending = _repeated(attributes), 0, 0
            if attributes.endswith(b"/"):
                repeat = 0
        elif tag == b"text:p":
            width, filled = max(width, pending), 1
        else:
            pending += _repeated(attributes)
            if b"office:value-type" in attributes:
                width, filled = max(width, pending), 1
    return total


def _repeated(attributes: bytes) -> int:
    found = _ODS_REPEATED.search(attributes)
    return int(found[1][:9]) if found else 1


# --- the old binary format ------------------------------------------------------------------

_END = 0xFFFFFFFA
"""Sector numbers from here on are marks, not sectors."""
_BOF, _EOF, _BOUNDSHEET, _FILEPASS = 0x0809, 0x000A, 0x0085, 0x002F
_FORMULA, _BOOLERR = 0x0006, 0x0205
_CELL_RECORDS = {0x0006, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E, 0x00BD, 0x00BE, 0x00FD, 0x00D6}


def _workbook_stream(data: bytes) -> bytes:
    """Return the stream of a compound file that holds the workbook.

    Raises:
        ValueError: there is none, or a chain of sectors is broken or runs in a circle.
    """
    if not data.startswith(COMPOUND):
        raise ValueError("no compound file")
    shift, small_shift = struct.unpack_from("<HH", data, 30)
    if shift not in (9, 12) or small_shift != 6:
        raise ValueError("an unknown sector size")
    size = 1 << shift
    sectors = len(data) // size
    first_directory, _, cutoff, first_small, _, first_more, _ = struct.unpack_from("<7I", data, 48)

    def sector(number: int) -> bytes:
        if number >= sectors:
            raise ValueError("a sector behind the end of the file")
        return data[(number + 1) << shift : (number + 2) << shift]

    tables = [number for number in struct.unpack_from("<109I", data, 76) if number < _END]
    more, seen = first_more, 0
    while more < _END:
        numbers = struct.unpack(f"<{size // 4}I", sector(more).ljust(size, b"\xff"))
        tables += [number for number in numbers[:-1] if number < _END]
        more, seen = numbers[-1], seen + 1
        if seen > sectors:
            raise ValueError("a circle of sectors")
    if len(tables) > sectors:
        raise ValueError("more tables than sectors")
    table = b"".join(sector(number).ljust(size, b"\xff") for number in tables)
    following = struct.unpack(f"<{len(table) // 4}I", table)

    def chain(start: int, links: tuple[int, ...]) -> Iterator[int]:
        count = 0
        while start < _END:
            yield start
            start, count = links[start], count + 1
            if count > len(links):
                raise ValueError("a circle of sectors")

    directory = b"".join(sector(number) for number in chain(first_directory, following))
    root: tuple[int, int] | None = None
    book: tuple[int, int] | None = None
    for at in range(0, len(directory) - 127, 128):
        length = struct.unpack_from("<H", directory, at + 64)[0]
        name = directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        start, bytes_ = struct.unpack_from("<II", directory, at + 116)
        if at == 0:
            root = (start, bytes_)
        elif name.casefold() in ("workbook", "book"):
            book = (start, bytes_)
    if book is None or root is None:
        raise ValueError("no workbook in it")
    if book[1] >= cutoff:
        return b"".join(sector(number) for number in chain(book[0], following))[: book[1]]
    small = b"".join(sector(number) for number in chain(root[0], following))
    links = b"".join(sector(number) for number in chain(first_small, following))
    small_following = struct.unpack(f"<{len(links) // 4}I", links[: len(links) // 4 * 4])
    chained = (small[n << 6 : (n + 1) << 6] for n in chain(book[0], small_following))
    return b"".join(chained)[: book[1]]


def _records(stream: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """Yield the records from a place on: kind, where the body begins, its length."""
    at = start
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, at + 4, length
        at += 4 + length


def _sheets(stream: bytes, *, place: str) -> Iterator[tuple[str, int]]:
    version = 0x0600
    for kind, at, _ in _records(stream, 0):
        if kind == _FILEPASS:
            raise encrypted(place)
        if kind == _EOF:
            return
        if kind == _BOF:
            version = struct.unpack_from("<H", stream, at)[0]
        if kind == _BOUNDSHEET:
            offset = struct.unpack_from("<I", stream, at)[0]
            count = stream[at + 6]
            if version < 0x0600:
                yield stream[at + 7 : at + 7 + count].decode("cp1252", "replace"), offset
            elif stream[at + 7] & 1:
                yield stream[at + 8 : at + 8 + 2 * count].decode("utf-16-le", "replace"), offset
            else:
                yield stream[at + 8 : at + 8 + count].decode("latin-1"), offset


def _errors_of_sheet(stream: bytes, start: int, *, place: str) -> Iterator[tuple[int, int, str]]:
    depth = 0
    for kind, at, length in _records(stream, start):
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        if depth != 1 or kind not in _CELL_RECORDS or length < 6:
            continue
        row, column = struct.unpack_from("<HH", stream, at)
        if column > 255:
            raise refuse(
                place,
                f"row {row + 1}",
                found=f"a cell in column {column + 1}",
                expected="at most 256 columns, which is all that this format has",
                hint="the file is damaged: export it again",
            )
        if kind == _BOOLERR and stream[at + 7]:
            yield row, column, ERRORS.get(stream[at + 6], "#N/A")
        elif kind == _FORMULA and stream[at + 6] == 2 and stream[at + 12 : at + 14] == b"\xff\xff":
            yield row, column, ERRORS.get(stream[at + 8], "#N/A")
