"""Rows of a CSV that are longer or shorter than the header: brought to its width, with proof.

In: the three ways in which a program writes such rows without losing a cell. Not in: rows that a
comma shifted or that were cut, which are refused (`grid`).
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from observatoire_pipeline.ingest.export import Damage

MOST_BYTES = 64 * 1024**2
"""Size above which such rows are refused: each would be held as text several times over."""

_LONE_BREAK = re.compile(rb'"[^"]*"|\r(?!\n)|(?<!\r)\n')


@dataclass(frozen=True)
class MendedRows:
    """Rows of one width, and what was done to them.

    Attributes:
        rows: The records, header included.
        width: Cells in each.
        damage: What was found and repaired.
    """

    rows: list[list[str]]
    width: int
    damage: tuple[Damage, ...]


def mend_lengths(text: bytes, *, delimiter: str, width: int) -> MendedRows | None:
    r"""Return the rows of a CSV at one width, None where nothing proves how.

    - Line breaks inside cells that are not quoted, in a file whose records end with `\r\n`: proved
      when every row has the header's width once a lone `\r` or `\n` is read as a space.
    - Surplus cells that are all blank: proved by that.
    - Missing cells at the end, in a file that ends with a line end: proved when no row of the file
      ends with a blank cell, so that its writer left out blank cells at the end of every row.

    Args:
        text: The CSV in UTF-8.
        delimiter: What separates its cells.
        width: Cells in its header.
    """
    if len(text) > MOST_BYTES:
        return None
    rows = _rows(text, delimiter)
    if rows is None:
        return None
    joined = _joined(text, delimiter, width=width)
    if joined is not None:
        return joined
    filled = [row for row in rows if any(row)]
    short = [k for k, row in enumerate(rows, start=1) if any(row) and len(row) < width]
    long = [k for k, row in enumerate(rows, start=1) if len(row) > width]
    trimmed = text.endswith((b"\r", b"\n")) and all(row[-1].strip() for row in filled)
    if short and trimmed:
        width = max(map(len, filled))
        long = []
    elif short or any(cell.strip() for k in long for cell in rows[k - 1][width:]):
        return None
    found: list[Damage] = []
    if short:
        how = "read as blank: no row of the file ends with a blank cell"
        found.append(Damage("short_rows", _place(short), len(short), _place(short[:1]), how))
    if long:
        how = "left out: the surplus cells are all blank"
        found.append(Damage("long_rows", _place(long), len(long), _place(long[:1]), how))
    even = [[*row[:width], *[""] * (width - len(row))] for row in rows]
    return MendedRows(even, width, tuple(found))


def _rows(text: bytes, delimiter: str) -> list[list[str]] | None:
    stream = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="")
    try:
        return list(csv.reader(stream, delimiter=delimiter))
    except csv.Error:
        return None


def _joined(text: bytes, delimiter: str, *, width: int) -> MendedRows | None:
    first = re.search(rb"\r\n|\n|\r", text)
    if first is None or first[0] != b"\r\n":
        return None
    count = 0

    def space(match: re.Match[bytes]) -> bytes:
        nonlocal count
        if match[0].startswith(b'"'):
            return match[0]
        count += 1
        return b" "

    rows = _rows(_LONE_BREAK.sub(space, text), delimiter)
    if not count or rows is None or any(row and len(row) != width for row in rows):
        return None
    how = f"read as spaces: every row then has the {width} cells of the header"
    found = Damage("unquoted_line_breaks", "cells without quotation marks", count, "", how)
    return MendedRows([row or [""] * width for row in rows], width, (found,))


def _place(numbers: list[int]) -> str:
    tail = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    word = "rows " if len(numbers) > 1 else "row "
    return word + ", ".join(map(str, numbers[:5])) + tail
