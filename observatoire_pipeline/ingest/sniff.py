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
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Literal

from observatoire_pipeline.ingest.refusal import Problem, RefusedExport, refuse

SIZE_LIMIT = 2 * 1024**3
"""Bytes that one file, or one member of an archive once unpacked, may have."""

SUFFIXES = (".csv", ".xlsx", ".zip")
PEEKED_RECORDS = 40

_WEB_PAGE = re.compile(rb"^\s*<(!doctype\s+html|html|table|head|meta|\?xml)", re.IGNORECASE)
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH = re.compile(rb"[\x80-\xff]")
_XLSX_ERROR_CELL = re.compile(rb'<c\s[^>]*\bt="e"')
_SAVE_AS_UTF8 = "export it again from the platform, or save it as “CSV UTF-8”"


@dataclass(frozen=True)
class Member:
    """One file to read: a file of the landing folder, or a member of an archive in it.

    Attributes:
        file: Name in the landing folder.
        name: Name inside the archive; empty when the file is not an archive.
        kind: What it holds.
        data: Its bytes, unpacked.
        file_sha256: Checksum of the file as received.
        file_bytes: Size of the file as received.
    """

    file: str
    name: str
    kind: Literal["csv", "xlsx"]
    data: bytes
    file_sha256: str
    file_bytes: int

    @property
    def place(self) -> str:
        """The file in words, with its member."""
        return f"{self.file} [{self.name}]" if self.name else self.file


@dataclass(frozen=True)
class CsvFormat:
    """How a CSV is written.

    Attributes:
        encoding: utf-8, utf-8-sig, utf-16 or cp1252.
        delimiter: `,` or `;`.
        line_end: CRLF, LF or CR, the one after the first record.
        text: Its bytes in UTF-8 without byte order mark.
        peeked: Its first records, blank ones included.
    """

    encoding: str
    delimiter: str
    line_end: str
    text: bytes
    peeked: list[list[str]]


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
            raise _too_large(name, size, limit)
        data = path.read_bytes()
    except OSError as error:
        raise refuse(
            name, "", found=f"it cannot be read ({error.strerror})", expected="a readable file"
        ) from error
    whole = Member(name, "", "csv", data, hashlib.sha256(data).hexdigest(), len(data))
    if path.suffix.lower() == ".zip":
        return _unpack(whole, limit=limit)
    return [_checked(whole, suffix=path.suffix.lower(), limit=limit)]


def sniff_csv(member: Member) -> CsvFormat:
    """Return how a CSV is written.

    Raises:
        RefusedExport: the encoding, the quotation marks or the delimiter are not ones that are
            read.
    """
    place = member.place
    encoding, text = _decoded(member)
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
    )


def _unpack(whole: Member, *, limit: int) -> list[Member]:
    found: list[Member] = []
    problems: list[Problem] = []
    try:
        with zipfile.ZipFile(io.BytesIO(whole.data)) as archive:
            for info in sorted(archive.infolist(), key=lambda info: info.filename):
                if info.is_dir() or _is_hidden(info.filename):
                    continue
                try:
                    found.append(_member(archive, info, whole=whole, limit=limit))
                except RefusedExport as error:
                    problems += error.problems
    except Exception as error:
        # zipfile raises a dozen types on damaged bytes; whichever it is, the archive is damaged.
        if not whole.data:
            raise _empty(whole.file) from error
        raise _corrupt(whole.file, "a ZIP archive", error) from error
    if problems:
        raise RefusedExport(problems)
    if not found:
        raise refuse(
            whole.file, "", found="an archive without exports", expected="a .csv or .xlsx inside"
        )
    return found


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, whole: Member, limit: int
) -> Member:
    place = f"{whole.file} [{info.filename}]"
    suffix = PurePosixPath(info.filename).suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise refuse(
            place,
            "",
            found=f"a member of type {suffix or '(no suffix)'}",
            expected=".csv or .xlsx",
            hint="repack the archive with the exports only",
        )
    if info.flag_bits & 0x1:
        raise refuse(
            place,
            "",
            found="an encrypted member",
            expected="an archive without password",
            hint="unpack it and put the export itself in the landing folder",
        )
    if info.file_size > limit:
        raise _too_large(place, info.file_size, limit)
    try:
        with archive.open(info) as stream:
            data = stream.read(limit + 1)
    except Exception as error:
        raise _corrupt(place, "a ZIP member", error) from error
    if len(data) > limit:
        raise _too_large(place, len(data), limit)
    return _checked(replace(whole, name=info.filename, data=data), suffix=suffix, limit=limit)


def _checked(member: Member, *, suffix: str, limit: int) -> Member:
    """Return the member with its kind, once its first bytes agree with its name."""
    data, place = member.data, member.place
    nothing = b"\xef\xbb\xbf\x00 \t\r\n"
    if not data[:4096].strip(nothing) and not data.strip(nothing):
        raise _empty(place)
    if _WEB_PAGE.match(data[:4096].lstrip(b"\xef\xbb\xbf")):
        raise refuse(
            place,
            "",
            found="a web page (HTML)",
            expected="a table",
            hint="the page was saved instead of the export, or the download link had expired",
        )
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise refuse(
            place,
            "",
            found="an encrypted workbook, or one in the old .xls format",
            expected=f"an open {suffix} file",
            hint="open it, remove the password, and save it as .xlsx",
        )
    is_zip = data.startswith(b"PK\x03\x04")
    if suffix == ".xlsx":
        if not is_zip:
            raise _corrupt(place, "an XLSX workbook", None)
        _check_workbook(member, limit=limit)
        return replace(member, kind="xlsx")
    if is_zip:
        raise refuse(
            place,
            "",
            found="an archive or a workbook named .csv",
            expected="a CSV",
            hint="rename it to .zip or .xlsx",
        )
    return replace(member, kind="csv")


def _check_workbook(member: Member, *, limit: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(member.data)) as archive:
            total = sum(info.file_size for info in archive.infolist())
            if total > limit:
                raise _too_large(member.place, total, limit)
            # Every part is read to its end, because that is what compares it with its checksum:
            # a reader of the sheets alone would not see a damaged list of texts.
            parts = {name: archive.read(name) for name in archive.namelist()}
            errors = {
                name: len(_XLSX_ERROR_CELL.findall(data))
                for name, data in parts.items()
                if name.startswith("xl/worksheets/")
            }
    except RefusedExport:
        raise
    except Exception as error:
        raise _corrupt(member.place, "an XLSX workbook", error) from error
    count = sum(errors.values())
    if count:
        raise refuse(
            member.place,
            ", ".join(sorted(name for name, number in errors.items() if number)),
            found=f"{count} cells that hold a formula error such as #NAME?",
            expected="text, numbers and dates",
            hint="a label that begins with - or = was taken for a formula; export as CSV",
        )


def _decoded(member: Member) -> tuple[str, bytes]:
    """Return the encoding and the bytes in UTF-8 without byte order mark."""
    data, place = member.data, member.place
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return "utf-16", data.decode("utf-16").encode("utf-8")
        except UnicodeError as error:
            raise refuse(
                place, "", found="UTF-16 text that is cut", expected="whole characters"
            ) from error
    if data.count(b"\x00", 0, 4096) * 4 > len(data[:4096]):
        raise refuse(
            place,
            "",
            found="many NUL bytes: UTF-16 without byte order mark, or a binary file",
            expected="UTF-8, or Windows-1252",
            hint=_SAVE_AS_UTF8,
        )
    body = data.removeprefix(b"\xef\xbb\xbf")
    marked = len(body) != len(data)
    try:
        for _ in _strictly(body):
            pass
        return ("utf-8-sig" if marked else "utf-8"), body
    except UnicodeDecodeError as error:
        _refuse_half_utf8(place, body, marked=marked, cut=error.reason == "unexpected end of data")
    try:
        return "cp1252", body.decode("cp1252").encode("utf-8")
    except UnicodeDecodeError as error:
        raise refuse(
            place,
            f"byte {error.start}",
            found=f"byte 0x{body[error.start]:02X}, which neither UTF-8 nor Windows-1252 has",
            expected="UTF-8, or Windows-1252",
            hint=_SAVE_AS_UTF8,
        ) from error


def _strictly(data: bytes) -> Iterator[None]:
    """Decode as UTF-8 block by block, so that the text of a large file is never held whole."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    block = 1 << 22
    for start in range(0, len(data), block):
        decoder.decode(data[start : start + block], final=start + block >= len(data))
        yield


def _refuse_half_utf8(place: str, body: bytes, *, marked: bool, cut: bool) -> None:
    """Refuse bytes that are mostly UTF-8: read as Windows-1252 they would turn é into Ã©."""
    characters = _MULTIBYTE.findall(body)
    stray = len(_HIGH.findall(body)) - sum(map(len, characters))
    if not marked and len(characters) <= stray:
        return
    if cut and stray <= 3:
        raise refuse(
            place,
            "end of file",
            found="a character that is cut in two",
            expected="whole UTF-8 characters",
            hint="the download was interrupted: export it again",
        )
    position = _HIGH.search(_MULTIBYTE.sub(b"", body))
    raise refuse(
        place,
        "",
        found=f"two encodings in one file ({len(characters)} characters of UTF-8, {stray} bytes "
        f"that are not{'' if position is None else f', the first 0x{position[0][0]:02X}'})",
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
            found="a single row, or a cell longer than 131072 characters",
            expected="two header rows and responses",
            hint="a quotation mark is not closed, or the file was cut: export it again",
        )
    widths = {key: _typical_width(records) for key, records in peeks.items()}
    best = max(widths, key=lambda key: widths[key])
    if widths[best] < 2:
        raise refuse(
            place,
            "first rows",
            found="a single column",
            expected="columns separated by , or ;",
            hint="no delimiter was recognised",
        )
    if best not in (",", ";"):
        shown = {"\t": "a tabulation", "|": "|"}[best]
        raise refuse(
            place,
            "first rows",
            found=f"columns separated by {shown}",
            expected="columns separated by , or ;",
            hint="export it again as CSV",
        )
    return best, peeks[best]


def _peek(text: bytes, delimiter: str) -> list[list[str]]:
    """Return the first records, up to one that the csv module finds too long to parse."""
    stream = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="")
    records: list[list[str]] = []
    try:
        for record in islice(csv.reader(stream, delimiter=delimiter), PEEKED_RECORDS):
            records.append(record)
    except csv.Error:
        pass
    return records


def _typical_width(records: list[list[str]]) -> int:
    """Return the number of fields that most records have; a delimiter in the text breaks it."""
    widths = [len(record) for record in records if any(cell.strip() for cell in record)]
    return max(set(widths), key=lambda width: (widths.count(width), width)) if widths else 0


def _line_end(text: bytes) -> str:
    match = re.search(rb"\r\n|\n|\r", text)
    return {b"\r\n": "CRLF", b"\n": "LF", b"\r": "CR"}[match[0]] if match else ""


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _empty(place: str) -> RefusedExport:
    return refuse(
        place,
        "",
        found="an empty file",
        expected="an export with two header rows",
        hint="the download was interrupted: export it again",
    )


def _corrupt(place: str, what: str, error: Exception | None) -> RefusedExport:
    detail = f" ({type(error).__name__}: {error})" if error is not None else ""
    return refuse(
        place,
        "",
        found=f"bytes that are not {what}{detail}",
        expected=what,
        hint="the download was interrupted or the file is damaged: export it again",
    )


def _too_large(place: str, size: int, limit: int) -> RefusedExport:
    return refuse(
        place,
        "",
        found=f"{size} bytes once unpacked",
        expected=f"at most {limit} bytes",
        hint="split the export by date",
    )
