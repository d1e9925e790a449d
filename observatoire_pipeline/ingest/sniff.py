"""What kind of file was delivered: container, encoding, delimiter, line ends, archive members.

In: bytes → what they are, and the refusal by name of what is not read (empty, corrupt, encrypted,
too large, a web page, another delimiter or encoding).
Not in: headers and columns (`layout`), reading into rows (`grid`). Nothing here looks at answers.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest import archive, workbook
from observatoire_pipeline.ingest.content import Stored, Watched, is_utf8
from observatoire_pipeline.ingest.refusal import Problem, RefusedExport, refuse

if TYPE_CHECKING:
    from observatoire_pipeline.ingest.export import Damage

SIZE_LIMIT = 2 * 1024**3
"""Bytes that one file, or one member of an archive once unpacked, may have."""

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".sav", ".zsav", ".json", ".zip")
IN_PLACE = (".csv", ".tsv", ".txt")
"""Files that are read where they lie; other ones have to be in memory as a whole."""

INSIDE = SUFFIXES[:-1]
"""What a member of an archive may be: an archive in an archive is not opened."""

Kind = Literal["csv", "xlsx", "xls", "ods", "sav", "json"]
PEEKED_RECORDS = 40

_WEB_PAGE = re.compile(rb"^\s*<(!doctype\s+html|html|table|head|meta|\?xml)", re.IGNORECASE)
_JSON = re.compile(rb"\s*(\{\s*(\"|\})|\[\s*(\{|\]))")
_EXPORT_AGAIN = "export the responses from the platform as CSV or XLSX"
_OTHER_FILES = {
    b"%PDF": "a PDF document",
    b"{\\rtf": "a text document (RTF)",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"SQLite format 3": "a database",
    b"PAR1": "a Parquet file",
}
"""First bytes of files that are no table, and what they are."""

_HIGH_BYTES = bytes(range(0x80, 0x100))
_CONTROL_BYTES = bytes([*range(1, 9), 11, 12, *range(14, 27), *range(28, 32)])
MOST_COLUMNS = 16_384
PEEKED_BYTES = 8 * 1024**2
"""Bytes in which the first records must end."""

_SAVE_AS_UTF8 = "export it again from the platform, or save it as “CSV UTF-8”"


@dataclass(frozen=True)
class Member:
    """One file to read: a file of the landing folder, or a member of an archive in it.

    Attributes:
        file: Name in the landing folder.
        name: Name inside the archive; empty when the file is not an archive.
        kind: What it holds.
        content: Its bytes, unpacked, or the file on disk that they are in.
        received: Checksum of the file as received, or that file on disk.
        file_bytes: Size of the file as received.
        beside: JSON files that were delivered with a JSON file: one survey's answers take several.
    """

    file: str
    name: str
    kind: Kind
    content: bytes | Stored
    received: str | Stored
    file_bytes: int
    beside: tuple[Member, ...] = ()

    @property
    def data(self) -> bytes:
        """All of its bytes: read anew each time where they are on disk."""
        return self.content if isinstance(self.content, bytes) else self.content.whole()

    @property
    def file_sha256(self) -> str:
        """Checksum of the file as received."""
        return self.received if isinstance(self.received, str) else self.received.sha256

    def first(self, count: int) -> bytes:
        """Return its first bytes."""
        if isinstance(self.content, bytes):
            return self.content[:count]
        return self.content.first(count)

    def watched(self, *, start: int) -> Watched:
        """Return its bytes behind the first ones as a stream that is watched."""
        if isinstance(self.content, bytes):
            return Watched(io.BytesIO(self.content), start=start)
        return self.content.watched(start=start)

    @property
    def place(self) -> str:
        """The file in words, with its member."""
        return f"{self.file} [{self.name}]" if self.name else self.file


@dataclass(frozen=True)
class CsvFormat:
    """How a CSV is written.

    Attributes:
        encoding: utf-8, utf-8-sig, utf-16 (utf-16-le or -be without mark), cp1252 or mac_roman.
        delimiter: `,`, `;`, a tabulation or `|`.
        line_end: CRLF, LF or CR, the one after the first record.
        text: Its bytes in UTF-8 without byte order mark; the first of them only where `start` says
            that the others are read as they were delivered.
        peeked: Its first records, blank ones included.
        damage: What was set right in its bytes.
        start: Bytes of the member before `text`, where nothing in it has to be set right; None
            where `text` is all there is.
    """

    encoding: str
    delimiter: str
    line_end: str
    text: bytes
    peeked: list[list[str]]
    damage: tuple[Damage, ...] = ()
    start: int | None = None


def open_members(path: Path, *, limit: int = SIZE_LIMIT) -> list[Member]:
    """Return the files to read in one file of the landing folder, unpacked, sorted by name.

    Raises:
        RefusedExport: it cannot be read, or is not what its name says; lists every member's
            problem.
    """
    name = path.name
    if path.suffix.lower() not in SUFFIXES:
        raise refuse(
            name,
            "",
            found=f"a file of type {path.suffix or '(no suffix)'}",
            expected=", ".join(SUFFIXES) + " or manifest.yaml",
            hint="move it out of the landing folder, or export it as CSV or XLSX",
        )
    try:
        size = path.stat().st_size
        if size > limit:
            raise archive.too_large(name, size, limit)
        if path.suffix.lower() in IN_PLACE:
            stored = Stored(path, size)
            return [_checked(Member(name, "", "csv", stored, stored, size), path.suffix.lower())]
        data = path.read_bytes()
    except OSError as error:
        raise refuse(
            name, "", found=f"it cannot be read ({error.strerror})", expected="a readable file"
        ) from error
    whole = Member(name, "", "csv", data, hashlib.sha256(data).hexdigest(), len(data))
    if path.suffix.lower() == ".zip":
        return _unpack(whole, limit=limit)
    member = _checked(whole, path.suffix.lower(), limit=limit)
    if member.kind == "json":
        member = replace(member, beside=tuple(_json_beside(path, limit=limit)))
    return [member]


def sniff_csv(member: Member) -> CsvFormat:
    """Return how a CSV is written.

    Raises:
        RefusedExport: the encoding, the quotation marks or the delimiter are not ones that are
            read.
    """
    place = member.place
    from observatoire_pipeline.ingest.damage import encodings

    encoding, text, stray = _decoded(member)
    text, damage = encodings.mend_line_ends(text)
    damage = (*stray, *damage)
    if text.count(b'"') % 2:
        raise refuse(
            place,
            "",
            found="an odd number of quotation marks",
            expected='every " closed',
            hint="the file was cut, or edited by hand: export it again",
        )
    delimiter, peeked = _delimiter(place, text)
    return CsvFormat(
        encoding=encoding,
        delimiter=delimiter,
        line_end=_line_end(text),
        text=text,
        peeked=peeked,
        damage=damage,
    )


def sniff_first(member: Member) -> CsvFormat | None:
    """Return how a CSV is written if its first bytes tell, None where only the whole can.

    That the bytes behind them are of the same kind is proved while they are read.
    """
    mark = b"\xef\xbb\xbf"
    head = member.first(len(mark) + PEEKED_BYTES + 1)
    body = head.removeprefix(mark)
    marked = len(body) != len(head)
    if not _may_be_text(head) or not is_utf8(body[: body.rfind(b"\n") + 1]):
        return None
    try:
        delimiter, peeked = _delimiter(member.place, body)
    except RefusedExport:
        return None
    return CsvFormat(
        encoding="utf-8-sig" if marked else "utf-8",
        delimiter=delimiter,
        line_end=_line_end(body),
        text=body,
        peeked=peeked,
        start=len(mark) * marked,
    )


def _may_be_text(head: bytes) -> bool:
    """Tell whether the first bytes may be text of one byte a letter, or of UTF-8."""
    few = head[:65536]
    return (
        not head.startswith((b"\xff\xfe", b"\xfe\xff"))
        and few.count(b"\x00", 0, 4096) * 4 <= len(few[:4096])
        and len(few.translate(None, _CONTROL_BYTES)) * 20 >= len(few) * 19
    )


def _unpack(whole: Member, *, limit: int) -> list[Member]:
    packed = whole.data
    if not packed:
        raise _empty(whole.file)
    found: list[Member] = []
    problems: list[Problem] = []
    for name, data in archive.members(packed, place=whole.file, limit=limit).items():
        try:
            if isinstance(data, RefusedExport):
                raise data
            found.append(_inside(replace(whole, name=name, content=data), limit=limit))
        except RefusedExport as error:
            problems += error.problems
    if problems:
        raise RefusedExport(problems)
    if not found:
        raise refuse(
            whole.file, "", found="an archive without exports", expected="an export inside"
        )
    return _together(found)


def _together(members: list[Member]) -> list[Member]:
    """Return the members of an archive, each JSON file knowing the others."""
    several = [member for member in members if member.kind == "json"]
    return [
        replace(member, beside=tuple(other for other in several if other is not member))
        if member.kind == "json"
        else member
        for member in members
    ]


def _json_beside(path: Path, *, limit: int) -> Iterator[Member]:
    """Yield the other JSON files of the folder; one that cannot be read helps nobody."""
    for other in sorted(path.parent.glob("*.json")):
        if other.name == path.name or other.name.startswith("."):
            continue
        try:
            if not other.is_file() or other.stat().st_size > limit:
                continue
            data = other.read_bytes()
        except OSError:
            continue
        yield Member(other.name, "", "json", data, hashlib.sha256(data).hexdigest(), len(data))


def _inside(member: Member, *, limit: int) -> Member:
    suffix = PurePosixPath(member.name).suffix.lower()
    if suffix not in INSIDE:
        raise refuse(
            member.place,
            "",
            found="an archive in an archive"
            if suffix == ".zip"
            else f"a member of type {suffix or '(no suffix)'}",
            expected=", ".join(INSIDE),
            hint="repack the archive with the exports only",
        )
    return _checked(member, suffix, limit=limit)


def _checked(member: Member, suffix: str, *, limit: int = SIZE_LIMIT) -> Member:
    """Return the member with its kind, once its first bytes agree with its name."""
    data, place = member.first(65536), member.place
    nothing = b"\xef\xbb\xbf\x00 \t\r\n"
    if not data[:4096].strip(nothing) and not member.data.strip(nothing):
        raise _empty(place)
    if _WEB_PAGE.match(data[:4096].lstrip(b"\xef\xbb\xbf")):
        raise refuse(
            place,
            "",
            found="an XML document"
            if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml")
            and b"<html" not in data[:2048]
            else "a web page (HTML)",
            expected="a table",
            hint="the page was saved instead of the export, or the download link had expired",
        )
    for sign, what in _OTHER_FILES.items():
        if data.startswith(sign):
            raise refuse(place, "", found=what, expected="a table", hint=_EXPORT_AGAIN)
    if suffix in _READ_AS:
        return _READ_AS[suffix](member, limit)
    if _JSON.match(data[:64].lstrip(b"\xef\xbb\xbf")):
        raise refuse(
            place, "", found=f"JSON named {suffix}", expected="a table", hint="rename it to .json"
        )
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise refuse(
            place,
            "",
            found="an encrypted workbook, or one in the old .xls format",
            expected=f"an open {suffix} file",
            hint="rename it to .xls, or open it, remove the password, and save it as .xlsx",
        )
    if data.startswith(b"PK\x03\x04"):
        raise refuse(
            place,
            "",
            found="an archive or a workbook named .csv",
            expected="a CSV",
            hint="rename it to .zip or .xlsx",
        )
    return replace(member, kind="csv")


def _as_workbook(member: Member, limit: int) -> Member:
    """Return a workbook with what it truly is: both kinds are often named by the other's suffix."""
    data, place = member.data, member.place
    if data.startswith(workbook.COMPOUND[:4]):
        if not data.startswith(workbook.COMPOUND) or workbook.is_encrypted(data):
            raise workbook.encrypted(place)
        workbook.error_cells(data, place=place)
        return replace(member, kind="xls")
    if not data.startswith(b"PK\x03\x04"):
        if _is_table_of_text(data):
            return replace(member, kind="csv")
        xls = PurePosixPath(member.name or member.file).suffix.lower() == ".xls"
        raise archive.corrupt(place, workbook.XLS if xls else workbook.XLSX, None)
    whole = workbook.open_document(data, place=place, what=workbook.XLSX, limit=limit)
    return replace(member, kind="xlsx", content=whole)


def _is_table_of_text(data: bytes) -> bool:
    """Tell whether bytes are lines of separated cells: what some programs name `.xls`."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    lines = data[:65536].splitlines()[:-1][:3]
    return (
        len(lines) >= 2
        and b"\x00" not in data[:65536]
        and any(all(line.count(mark) >= 2 for line in lines) for mark in (b"\t", b";", b","))
    )


def _as_ods(member: Member, limit: int) -> Member:
    if not member.data.startswith(b"PK\x03\x04"):
        raise archive.corrupt(member.place, workbook.ODS, None)
    whole = workbook.open_document(member.data, place=member.place, what=workbook.ODS, limit=limit)
    return replace(member, kind="ods", content=whole)


_READ_AS: dict[str, Callable[[Member, int], Member]] = {
    ".xlsx": _as_workbook,
    ".xls": _as_workbook,
    ".ods": _as_ods,
    ".sav": lambda member, limit: replace(member, kind="sav"),
    ".zsav": lambda member, limit: replace(member, kind="sav"),
    ".json": lambda member, limit: replace(member, kind="json"),
}


def _decoded(member: Member) -> tuple[str, bytes, tuple[Damage, ...]]:
    """Return the encoding, the bytes in UTF-8 without byte order mark, and what was set right."""
    from observatoire_pipeline.ingest.damage import encodings

    data, place = member.data, member.place
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return "utf-16", data.decode("utf-16").encode("utf-8"), ()
        except UnicodeError as error:
            raise refuse(
                place, "", found="UTF-16 text that is cut", expected="whole characters"
            ) from error
    if data.count(b"\x00", 0, 4096) * 4 > len(data[:4096]):
        unmarked = encodings.without_mark_utf16(data)
        if unmarked is not None:
            return unmarked, data.decode(unmarked).encode("utf-8"), ()
        raise refuse(
            place,
            "",
            found="many NUL bytes: UTF-16 without byte order mark, or a binary file",
            expected="UTF-8, or Windows-1252",
            hint=_SAVE_AS_UTF8,
        )
    if len(data[:65536].translate(None, _CONTROL_BYTES)) * 20 < len(data[:65536]) * 19:
        raise refuse(
            place,
            "",
            found="bytes that are no text",
            expected="UTF-8, or Windows-1252",
            hint="this is no CSV, or it is damaged: export it again from the platform",
        )
    body = data.removeprefix(b"\xef\xbb\xbf")
    marked = len(body) != len(data)
    if is_utf8(body):
        return ("utf-8-sig" if marked else "utf-8"), body, ()
    try:
        for _ in _strictly(body):
            pass
        return ("utf-8-sig" if marked else "utf-8"), body, ()
    except UnicodeDecodeError as error:
        counted = _counted(body)
        if marked or counted[0] > counted[1]:
            mended = encodings.mend_stray_bytes(body)
            if mended is not None:
                return ("utf-8-sig" if marked else "utf-8"), *mended
        cut = error.reason == "unexpected end of data"
        _refuse_half_utf8(place, body, marked=marked, cut=cut, counted=counted)
    other = encodings.other_alphabet(body)
    if other:
        raise refuse(
            place,
            "",
            found=f"text in an alphabet that is not read: {other}",
            expected="UTF-8, or Windows-1252",
            hint=_SAVE_AS_UTF8,
        )
    encoding = encodings.single_byte_encoding(body) or "cp1252"
    return encoding, _recoded(place, body, encoding), ()


def _recoded(place: str, body: bytes, encoding: str) -> bytes:
    """Return bytes of a single-byte alphabet in UTF-8, block by block."""
    block = 1 << 22
    blocks: list[bytes] = []
    for start in range(0, len(body), block):
        try:
            blocks.append(body[start : start + block].decode(encoding).encode("utf-8"))
        except UnicodeDecodeError as error:
            byte = body[start + error.start]
            raise refuse(
                place,
                f"byte {start + error.start}",
                found=f"byte 0x{byte:02X}, which neither UTF-8 nor Windows-1252 has",
                expected="UTF-8, or Windows-1252",
                hint=_SAVE_AS_UTF8,
            ) from error
    return b"".join(blocks)


def _strictly(data: bytes) -> Iterator[None]:
    """Decode as UTF-8 block by block, and raise where it is not: the error says in which way."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    block = 1 << 22
    for start in range(0, len(data), block):
        decoder.decode(data[start : start + block], final=start + block >= len(data))
        yield


def _counted(body: bytes) -> tuple[int, int]:
    """Return how many characters of several bytes there are, and how many bytes are no UTF-8."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    characters = inside = 0
    block = 1 << 22
    for start in range(0, len(body), block):
        text = decoder.decode(body[start : start + block], final=start + block >= len(body))
        ascii_count = len(text.encode("ascii", "ignore"))
        characters += len(text) - ascii_count
        inside += len(text.encode("utf-8")) - ascii_count
    return characters, len(body) - len(body.translate(None, _HIGH_BYTES)) - inside


def _refuse_half_utf8(
    place: str, body: bytes, *, marked: bool, cut: bool, counted: tuple[int, int]
) -> None:
    """Refuse bytes that are mostly UTF-8: read as Windows-1252 they would turn é into Ã©."""
    characters, stray = counted
    if not marked and characters <= stray:
        return
    if cut and stray <= 3:
        raise refuse(
            place,
            "end of file",
            found="a character that is cut in two",
            expected="whole UTF-8 characters",
            hint="the download was interrupted: export it again",
        )
    raise refuse(
        place,
        "",
        found=f"two encodings in one file ({characters} characters of UTF-8, {stray} bytes "
        "that are not)",
        expected="UTF-8, or Windows-1252",
        hint=_SAVE_AS_UTF8,
    )


def _delimiter(place: str, text: bytes) -> tuple[str, list[list[str]]]:
    peeks: dict[str, list[list[str]]] = {}
    for delimiter in (",", ";", "\t", "|"):
        peeks[delimiter] = _peek(text, delimiter)
    if not any(len(records) > 1 for records in peeks.values()):
        raise refuse(
            place,
            "first rows",
            found="a single row: headings and no response, or a cell longer than 131072 characters",
            expected="header rows and at least one response",
            hint="nobody has answered yet, or a quotation mark is not closed: export it again",
        )
    widths = {key: _typical_width(records) for key, records in peeks.items()}
    best = max(widths, key=lambda key: widths[key])
    widest = max(map(len, peeks[best]))
    if widest > MOST_COLUMNS:
        raise refuse(
            place,
            "first rows",
            found=f"a row of {widest} cells",
            expected=f"at most {MOST_COLUMNS} columns, as many as a spreadsheet has",
            hint="line ends are missing, or this is no export: export it again",
        )
    if widths[best] < 2 and not _is_one_question(peeks[best]):
        raise refuse(
            place,
            "first rows",
            found="a single column",
            expected="columns separated by , or ;",
            hint="no delimiter was recognised",
        )
    return best, peeks[best]


def _is_one_question(records: list[list[str]]) -> bool:
    """Tell whether a single column has the word for “Response” under a title."""
    from observatoire_pipeline.ingest.platforms.surveymonkey_headers import WORDS

    cells = [record[0] for record in records if record and record[0].strip()]
    return len(cells) > 1 and any(normalise_label(cell) in WORDS for cell in cells[1:3])


def _peek(text: bytes, delimiter: str) -> list[list[str]]:
    """Return the first records, up to one that the csv module finds too long to parse."""
    size = 1 << 16
    while size < PEEKED_BYTES and size < len(text):
        # Few bytes tell all where more records stand in them than are looked at.
        records, _ = _records(text[:size], delimiter)
        if len(records) > PEEKED_RECORDS:
            return records[:PEEKED_RECORDS]
        size *= 8
    records, parsed = _records(text[:PEEKED_BYTES], delimiter)
    if parsed and len(text) > PEEKED_BYTES and len(records) <= PEEKED_RECORDS:
        records = records[:-1]
    return records[:PEEKED_RECORDS]


def _records(text: bytes, delimiter: str) -> tuple[list[list[str]], bool]:
    """Return the first records, one more than is looked at, and whether all could be parsed."""
    head = text.decode("utf-8", "ignore")
    records: list[list[str]] = []
    try:
        for record in islice(
            csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), PEEKED_RECORDS + 1
        ):
            records.append(record)
    except csv.Error:
        return records, False
    return records, True


def _typical_width(records: list[list[str]]) -> int:
    """Return the number of fields that most records have; a delimiter in the text breaks it."""
    widths = [len(record) for record in records if any(cell.strip() for cell in record)]
    return max(set(widths), key=lambda width: (widths.count(width), width)) if widths else 0


def _line_end(text: bytes) -> str:
    match = re.search(rb"\r\n|\n|\r", text)
    return {b"\r\n": "CRLF", b"\n": "LF", b"\r": "CR"}[match[0]] if match else ""


def _empty(place: str) -> RefusedExport:
    return refuse(
        place,
        "",
        found="an empty file",
        expected="an export with headers and responses",
        hint="the download was interrupted: export it again",
    )
