"""Summaries, told from responses by their shape, in any language, or by SurveyMonkey's words.

In: the first rows of a table, or the names of the sheets of its workbook → whether it counts
answers instead of listing responses. Not in: exports of responses (a module for each platform).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from observatoire_pipeline.codebook.labels import normalise_label

_SUMMARY = {"answer choices", "answer options", "choix de reponses", "reponses"}
_COUNTED = {"answered", "skipped", "repondues", "ignorees", "ont repondu", "ont ignore"}
_QUESTION = re.compile(r"^q(uestion )?\d+\b[.\s:]*")
_NUMBERED = re.compile(r"[^\W\d_]{1,10}\s?\d{1,3}\s?[.:)]\s*\S.*", re.DOTALL)
_SHARE = re.compile(r"\d{1,3}([.,]\d+)?\s?%")
_FRACTION = re.compile(r"0([.,]\d+)?|1([.,]0+)?")
_COUNT = re.compile(r"\d{1,3}([ .,\u00a0\u202f]\d{3})*([.,]0)?|\d+")
_SHEET = re.compile(r"(?P<word>\D+?)\s?(?P<number>\d+)")

Rows = Sequence[Sequence[str]]


def counts_answers(rows: Rows, sheets: Sequence[str] = ()) -> bool:
    """Tell whether a table is a summary: questions by number, answers with a share and a count.

    Args:
        rows: Its first non-blank rows.
        sheets: The names of the sheets of its workbook.
    """
    shared = sum(map(_is_share, rows))
    if shared < 2:
        return False
    numbered = any(_is_numbered(row) for row in rows)
    return (numbered and 4 * shared >= len(rows)) or _are_numbered(sheets)


def _is_share(row: Sequence[str]) -> bool:
    """Tell whether a row is an answer, its share and its count, in either order."""
    cells = [cell.strip() for cell in row if cell.strip()]
    if not 3 <= len(cells) <= 4 or _COUNT.fullmatch(cells[0]):
        return False
    share = any(_SHARE.fullmatch(cell) for cell in cells[1:])
    fraction = any(_FRACTION.fullmatch(cell) and cell not in ("0", "1") for cell in cells[1:])
    return (share or fraction) and any(_COUNT.fullmatch(cell) for cell in cells[1:])


def _is_numbered(row: Sequence[str]) -> bool:
    cells = [cell.strip() for cell in row if cell.strip()]
    return len(cells) == 1 and bool(_NUMBERED.fullmatch(cells[0]))


def _are_numbered(sheets: Sequence[str]) -> bool:
    """Tell whether sheets are named by one word and numbers from 1 on (`Frage 1`, `Frage 2`)."""
    found = [_SHEET.fullmatch(sheet.strip()) for sheet in sheets]
    named = [(match["word"], int(match["number"])) for match in found if match]
    return (
        len(named) >= 2
        and len(named) == len(sheets)
        and len({word for word, _ in named}) == 1
        and [number for _, number in named] == list(range(1, len(named) + 1))
    )


def is_summary(rows: Rows, sheets: Sequence[str]) -> bool:
    """Tell whether the first rows, or the names of the sheets, are those of a summary."""
    if len(sheets) > 1 and all(_QUESTION.match(normalise_label(sheet)) for sheet in sheets):
        return True
    starts = [normalise_label(row[0]) for row in rows if row]
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    if filled[0] != 1:
        return False
    asked = any(
        count == 1 and _QUESTION.match(start)
        for start, count in zip(starts[1:6], filled[1:6], strict=False)
    )
    return any(start in _SUMMARY for start in starts[1:8]) or (
        asked and any(normalise_label(cell) in _COUNTED for row in rows[1:12] for cell in row)
    )
