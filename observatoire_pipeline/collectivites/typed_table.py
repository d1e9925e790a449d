"""A table of typed names as a file: CSV or TSV, as people have them, in and out.

In: encoding, delimiter, header, faults of the file. Not in: what the names mean (`matching`).

The file is read whole or refused: a byte that belongs to no one encoding, a row longer than the
header, a year that cannot be, all of them at once.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from observatoire_pipeline.collectivites.matching import (
    MATCH_COLUMNS,
    TYPED_COLUMNS,
    MatchInputError,
    typed_columns,
)

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class TypedTable:
    """A file of typed names.

    Attributes:
        header: Column names as written.
        rows: Cells, as many a row as there are columns.
        typed: The columns of `TYPED_COLUMNS`, text, in the order of the rows.
        encoding: utf-8, utf-8-sig, utf-16 or cp1252.
        delimiter: Of `DELIMITERS`.
        renamed: Columns of the file that bore the name of an answer, with their new name.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    typed: pd.DataFrame
    encoding: str
    delimiter: str
    renamed: tuple[tuple[str, str], ...] = ()


def read_typed_table(path: Path) -> TypedTable:
    """Read a table of typed names.

    Columns are known by their name whatever its case; an own earlier answer (all of
    `MATCH_COLUMNS`) is taken off, a single column of such a name is kept as `<name>_input`.

    Raises:
        MatchInputError: the file cannot be read, is empty or not text in one encoding, has no
            column `typed_name`, a row with too many cells, a column twice, or an impossible year;
            lists every fault.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MatchInputError([f"{path}: it cannot be read ({error.strerror})"]) from error
    if not data.strip():
        raise MatchInputError([f"{path}: the file is empty"])
    text, encoding = _decoded(path, data)
    delimiter = _delimiter(text)
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise MatchInputError([f"{path}: no table can be read in it ({error})"]) from error
    lines = [record for record in records if any(cell.strip() for cell in record)]
    header = [cell.strip() for cell in lines[0]] if lines else []
    return _checked(path, header, records, encoding=encoding, delimiter=delimiter)


def _checked(
    path: Path, header: list[str], records: list[list[str]], *, encoding: str, delimiter: str
) -> TypedTable:
    problems: list[str] = []
    known = [_canonical(name) for name in header]
    twice = [name for name, count in Counter(known).items() if count > 1 and name in TYPED_COLUMNS]
    problems += [f"{path}: column {name} stands there twice" for name in twice]
    start = next((n for n, record in enumerate(records) if any(c.strip() for c in record)), 0) + 1
    rows: list[tuple[str, ...]] = []
    end = max((n for n, record in enumerate(records) if record), default=0) + 1
    for number, record in enumerate(records[start:end], start=start + 1):
        if not record and len(header) > 1:
            continue  # where there is one column, a blank line is an empty name
        if any(cell.strip() for cell in record[len(header) :]):
            problems.append(
                f"{path}: record {number} has {len(record)} cells, the header {len(header)}; "
                "quote the cells that hold the delimiter"
            )
        rows.append((*record[: len(header)], *[""] * (len(header) - len(record))))
    frame = pd.DataFrame(
        {
            name: pd.Series([row[known.index(name)] for row in rows], dtype=object)
            for name in TYPED_COLUMNS
            if name in known
        }
    )
    if "typed_name" not in known:
        problems.append(
            f"{path}: no column typed_name; the columns are: {', '.join(header) or 'none'}"
        )
        frame["typed_name"] = pd.Series([""] * len(rows), dtype=object)
    elif not rows:
        problems.append(f"{path}: a header and no row under it")
    try:
        typed = typed_columns(frame)
    except MatchInputError as error:
        problems += [f"{path}: {problem}" for problem in error.problems]
    if problems:
        raise MatchInputError(
            problems[:50] + ([f"… {len(problems) - 50} more"] * (len(problems) > 50))
        )
    taken, renamed = _without_answers(header)
    return TypedTable(
        header=tuple(new for _, new in taken),
        rows=tuple(tuple(row[place] for place, _ in taken) for row in rows),
        typed=typed,
        encoding=encoding,
        delimiter=delimiter,
        renamed=renamed,
    )


def _canonical(name: str) -> str:
    folded = name.strip().strip("\ufeff").casefold().replace(" ", "_")
    return folded if folded in TYPED_COLUMNS else name


def _without_answers(
    header: list[str],
) -> tuple[list[tuple[int, str]], tuple[tuple[str, str], ...]]:
    if set(MATCH_COLUMNS) <= set(header):
        return [(n, name) for n, name in enumerate(header) if name not in MATCH_COLUMNS], ()
    taken = [
        (n, f"{name}_input" if name in MATCH_COLUMNS else name) for n, name in enumerate(header)
    ]
    renamed = tuple((header[n], name) for n, name in taken if name != header[n])
    return taken, renamed


def answered(table: TypedTable, matched: pd.DataFrame, *, delimiter: str | None = None) -> str:
    """Return the table with its answers as CSV text.

    Args:
        table: As read.
        matched: Of `matching.match(table.typed, …)`, row for row.
        delimiter: Of the text, by default that of the file.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter or table.delimiter, lineterminator="\n")
    writer.writerow((*table.header, *MATCH_COLUMNS))
    answers = zip(*(matched[column].tolist() for column in MATCH_COLUMNS), strict=True)
    writer.writerows((*row, *answer) for row, answer in zip(table.rows, answers, strict=True))
    return stream.getvalue()


def write_beside(text: str, *, path: Path) -> None:
    """Write a text in UTF-8 under another name, then give it its name: whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _decoded(path: Path, data: bytes) -> tuple[str, str]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16"), "utf-16"
        except UnicodeDecodeError:
            raise MatchInputError([f"{path}: broken UTF-16"]) from None
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise MatchInputError([f"{path}: a workbook or an archive; save it as CSV first"])
    if b"\x00" in data:
        raise MatchInputError([f"{path}: it holds NUL bytes, it is no text in a known encoding"])
    try:
        text = data.decode("utf-8-sig")
        return text, "utf-8-sig" if data[:3] == b"\xef\xbb\xbf" else "utf-8"
    except UnicodeDecodeError as error:
        place = error.start
    line = data[:place].count(b"\n") + 1
    mixed = data.decode("utf-8", errors="ignore")
    if any(ord(sign) > 127 for sign in mixed):
        raise MatchInputError(
            [f"{path}: two encodings in one file: UTF-8, and on line {line} bytes that are not"]
        )
    try:
        return data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise MatchInputError(
            [f"{path}: line {line} is neither UTF-8 nor Windows-1252; save the file as UTF-8"]
        ) from None


def _delimiter(text: str) -> str:
    """Return the delimiter that makes the most columns of the first line that is not blank."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=lambda sign: (first.count(sign), -DELIMITERS.index(sign)))
