"""Cells that a spreadsheet would execute: refused, because others will open what is made of them.

In: what is clearly a formula (a function, a reference, a call of another program) in a header or in
an answer. Not in: text that only begins with such a sign: `- Never`, `+33 6 12 34`, `=> yes`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.refusal import Problem, column_place

if TYPE_CHECKING:
    import pyarrow as pa

_CALLED = r"[A-Z][A-Z0-9_.]+\("
_PROGRAM = r".*\w+\s*\|\s*['\"/].*!"
_REFERENCE = r"\$?[A-Z]{1,3}\$?\d+\b"
_FORMULA = re.compile(
    rf"[\s'\"]*(?:=\s*[+\-@]*\s*(?:{_CALLED}|{_REFERENCE})|[=+\-@]{_PROGRAM}|[+\-@]+{_CALLED})",
    re.IGNORECASE | re.DOTALL,
)
_LOUD = re.compile(rf"[+\-@]+{_CALLED}")
"""After a sign other than `=`, a function counts in capitals only: `-ok(ish)` is text."""


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet would execute the text, and nobody would type it as an answer."""
    if text.isalnum():
        return False
    start = text.lstrip(" \t\r\n'\"")
    if not start.startswith(("=", "+", "-", "@")) or not _FORMULA.match(text):
        return False
    return start.startswith("=") or "|" in start or bool(_LOUD.match(start))


def _may_hold_formulas(texts: pa.Array) -> bool:
    """Tell whether one of the texts begins as a formula does, spaces and quotation marks aside."""
    import pyarrow.compute as pc

    begin = pc.match_substring_regex(texts, pattern=r"^[ \t\r\n'\"]*[=+\-@]")
    return bool(pc.any(begin).as_py())


def formula_problems(grid: Grid, *, header_rows: int, file: str) -> list[Problem]:
    """Return one problem for each column that holds formulas; no cell is quoted.

    Args:
        grid: The records.
        header_rows: Number of header records.
        file: Its name for messages.
    """
    problems: list[Problem] = []
    for position in range(1, grid.width + 1):
        if not any(map(_may_hold_formulas, grid.dictionaries(position))):
            continue
        column = grid.cells.column(position - 1).combine_chunks()
        found = np.array([is_formula(text) for text in column.dictionary.to_pylist()], dtype=bool)
        if not found.any():
            continue
        places = np.flatnonzero(found[column.indices.to_numpy(zero_copy_only=False)])
        if not len(places):
            continue
        inside = "header" if places[0] < header_rows else f"row {int(grid.rows[places[0]])}"
        problems.append(
            Problem(
                file,
                f"{column_place(position)}, {inside}",
                f"{len(places)} cell(s) that a spreadsheet would execute as a formula",
                "text, numbers and dates",
                "look at these cells in a text editor; remove them if nobody meant them",
            )
        )
    return problems
