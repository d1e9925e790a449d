"""ZIP containers, unpacked without believing what they say of themselves.

In: the members of an archive and the parts of a zipped workbook → their bytes, with the refusal by
name of what is encrypted, damaged, unsafe or a bomb. Sizes are counted while unpacking: a size that
a header declares is only compared with the truth.
Not in: what a member holds (`sniff`).
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from itertools import pairwise
from pathlib import PurePosixPath

from observatoire_pipeline.ingest.refusal import Problem, RefusedExport, refuse

ENTRIES_LIMIT = 10_000
"""Members that an archive may have."""

RATIO_LIMIT = 400
RATIO_FROM = 64 * 1024**2
"""A member that unpacks to more bytes than this may not be `RATIO_LIMIT` times its packed size."""

_STORED, _DEFLATED = 0, 8
_LOCAL = struct.Struct("<4s5HIIIHH")
_BLOCK = 1 << 20
_DRIVE = re.compile(r"^[A-Za-z]:")
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8_NAME = 0x800


def corrupt(place: str, what: str, error: Exception | None) -> RefusedExport:
    """Return the refusal of bytes that are not what their name says."""
    detail = f" ({type(error).__name__}: {error})" if error is not None else ""
    return refuse(
        place,
        "",
        found=f"bytes that are not {what}{detail}",
        expected=what,
        hint="the download was interrupted or the file is damaged: export it again",
    )


def too_large(place: str, size: int, limit: int) -> RefusedExport:
    """Return the refusal of a file that is larger than the limit."""
    return refuse(
        place,
        "",
        found=f"{size} bytes once unpacked",
        expected=f"at most {limit} bytes",
        hint="split the export by date",
    )


def is_hidden(name: str) -> bool:
    """Tell whether a member is what an operating system adds (`__MACOSX/`, `.DS_Store`)."""
    parts = PurePosixPath(name).parts
    leftover = PurePosixPath(name).name.casefold() in ("thumbs.db", "desktop.ini")
    return leftover or any(part.startswith(".") or part == "__MACOSX" for part in parts)


def members(data: bytes, *, place: str, limit: int) -> dict[str, bytes | RefusedExport]:
    """Return the members of an archive by name, unpacked or with the reason why one is not.

    Folders and what an operating system adds are left out; names are repaired where they were
    written in UTF-8 without saying so.

    Args:
        data: The archive.
        place: Its name for messages.
        limit: Bytes that all its members may have together, unpacked.

    Raises:
        RefusedExport: the archive as a whole is damaged, or is built to mislead its reader.
    """
    entries = _entries(data, place=place, what="a ZIP archive")
    found: dict[str, bytes | RefusedExport] = {}
    left = limit
    named = sorted(((member_name(info), info) for info in entries), key=lambda pair: pair[0])
    for name, info in named:
        if not (unsafe := _unsafe(name, place=place)) and (
            info.is_dir() or name.endswith("/") or is_hidden(name)
        ):
            continue
        if unsafe is not None:
            found[name] = unsafe
            continue
        if name in found:
            raise refuse(
                f"{place} [{name}]",
                "",
                found="two members of one name",
                expected="each member once",
                hint="pack the archive again",
            )
        try:
            found[name] = unpack(data, info, place=f"{place} [{name}]", limit=left, of=limit)
            left -= len(found[name])  # type: ignore[arg-type]
        except RefusedExport as error:
            found[name] = error
    return found


def parts(data: bytes, *, place: str, what: str, limit: int) -> dict[str, bytes]:
    """Return every part of a zipped document (a workbook) by name, each compared with its checksum.

    Raises:
        RefusedExport: a part is damaged, encrypted, or larger than the limit.
    """
    found: dict[str, bytes] = {}
    left = limit
    for info in _entries(data, place=place, what=what):
        try:
            found[info.filename] = unpack(data, info, place=place, limit=left, of=limit)
        except RefusedExport as error:
            raise RefusedExport(
                Problem(place, info.filename, p.found, p.expected, p.hint)
                if p.file == place and not p.where
                else p
                for p in error.problems
            ) from error
        left -= len(found[info.filename])
    return found


def packed(contents: dict[str, bytes]) -> bytes:
    """Return parts as an archive without compression."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, data in contents.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


def member_name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member, in UTF-8 where its bytes are that though the flag is not set."""
    if info.flag_bits & _UTF8_NAME or info.orig_filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def unpack(data: bytes, info: zipfile.ZipInfo, *, place: str, limit: int, of: int) -> bytes:
    """Return the bytes of one member, counted while they are unpacked.

    Args:
        data: The archive.
        info: The entry of its directory.
        place: The member for messages.
        limit: Bytes that it may have.
        of: The limit to name in a message.

    Raises:
        RefusedExport: it is encrypted, packed in an unknown way, damaged, too large, or a bomb.
    """
    if info.flag_bits & _ENCRYPTED:
        raise refuse(
            place,
            "",
            found="an encrypted member",
            expected="an archive without password",
            hint="unpack it and put the export itself in the landing folder",
        )
    if info.compress_type not in (_STORED, _DEFLATED):
        raise refuse(
            place,
            "",
            found=f"a member packed by the method {info.compress_type}",
            expected="stored or deflated",
            hint="pack the archive again as an ordinary ZIP",
        )
    start, end = _span(data, info)
    if info.file_size > limit:
        raise too_large(place, info.file_size, of)
    raw = memoryview(data)[start:end]
    if info.compress_type == _STORED:
        body = bytes(raw)
    else:
        body = _inflated(raw, place=place, limit=limit, of=of)
    if len(body) > limit:
        raise too_large(place, len(body), of)
    if len(body) != info.file_size or zlib.crc32(body) != info.CRC:
        raise corrupt(place, "a ZIP member", zipfile.BadZipFile("its size or checksum differs"))
    return body


def _inflated(raw: memoryview, *, place: str, limit: int, of: int) -> bytes:
    """Unpack block by block, so that a bomb is stopped before it fills the memory."""
    inflate = zlib.decompressobj(-15)
    found = io.BytesIO()  # gives its bytes away without a copy
    size = taken = 0
    rest: bytes | memoryview = b""
    try:
        while not inflate.eof:
            if not rest:
                rest = raw[taken : taken + _BLOCK]
                taken += len(rest)
                if not rest:
                    raise zlib.error("it ends before its end")
            size += found.write(inflate.decompress(rest, _BLOCK))
            rest = inflate.unconsumed_tail
            if size > limit:
                raise refuse(
                    place,
                    "",
                    found=f"more than {limit} bytes once unpacked",
                    expected=f"at most {of} bytes for the whole archive",
                    hint="split the export by date",
                )
            if size > RATIO_FROM and size > RATIO_LIMIT * max(1, len(raw)):
                raise refuse(
                    place,
                    "",
                    found=f"{len(raw)} bytes that unpack to more than {RATIO_LIMIT} times as many",
                    expected="an export, which packs to no less than a hundredth",
                    hint="this is an archive bomb: leave it alone",
                )
    except zlib.error as error:
        raise corrupt(place, "a ZIP member", error) from error
    return found.getvalue()


def _entries(data: bytes, *, place: str, what: str) -> list[zipfile.ZipInfo]:
    """Return the directory of an archive, once no two of its members share bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
        spans = sorted((info.header_offset, *_span(data, info)) for info in entries)
    except RefusedExport:
        raise
    except Exception as error:
        # zipfile raises a dozen types on damaged bytes; whichever it is, the archive is damaged.
        raise corrupt(place, what, error) from error
    if len(entries) > ENTRIES_LIMIT:
        raise refuse(
            place,
            "",
            found=f"{len(entries)} members",
            expected=f"at most {ENTRIES_LIMIT}",
            hint="put the exports alone in the archive",
        )
    for (_, _, end), (begin, _, _) in pairwise(spans):
        if begin < end:
            raise refuse(
                place,
                "",
                found="members that share bytes",
                expected="each member with bytes of its own",
                hint="this is an archive bomb, or a damaged archive: export it again",
            )
    return entries


def _span(data: bytes, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Return where the packed bytes of a member begin and end.

    Raises:
        zipfile.BadZipFile: they lie outside the archive, or no member begins there.
    """
    head = data[info.header_offset : info.header_offset + _LOCAL.size]
    if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
        raise zipfile.BadZipFile("its directory points to no member")
    *_, name, extra = _LOCAL.unpack(head)
    start = info.header_offset + _LOCAL.size + name + extra
    end = start + info.compress_size
    if end > len(data):
        raise zipfile.BadZipFile("a member goes on behind the end of the archive")
    return start, end


def _unsafe(name: str, *, place: str) -> RefusedExport | None:
    """Return the refusal of a name that would leave the folder into which it is unpacked."""
    pure = PurePosixPath(name.replace("\\", "/"))
    if not (pure.is_absolute() or ".." in pure.parts or _DRIVE.match(name) or "\x00" in name):
        return None
    return refuse(
        f"{place} [{name[:80]!r}]",
        "",
        found="a name that leads out of the archive",
        expected="names without .. and without a root",
        hint="this archive was not made by a survey platform: leave it alone",
    )
