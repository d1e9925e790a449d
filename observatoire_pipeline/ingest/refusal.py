"""How a file is refused: every problem found, each with its place and what to do about it.

In: the record of one problem, the exception that carries them all, and how a place is written.
Not in: any rule that finds a problem. No message ever holds what a respondent answered: it names
files, rows, columns and headings only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One reason not to read a file.

    Attributes:
        file: Name in the landing folder, followed by the member or sheet in brackets.
        where: Place inside it in words; empty for the file as a whole.
        found: What is there.
        expected: What should be there.
        hint: What a person can do about it; may be empty.
    """

    file: str
    where: str
    found: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}, {self.where}" if self.where else self.file
        text = f"{place}: found {self.found}; expected {self.expected}"
        return f"{text}\n      → {self.hint}" if self.hint else text


class RefusedExport(Exception):
    """The exports of an edition cannot be read; `problems` lists every reason."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        lines = [f"export refused, {count} problem{'s' if count > 1 else ''}:"]
        return "\n".join([*lines, *(f"  - {problem}" for problem in self.problems)])


def refuse(file: str, where: str, *, found: str, expected: str, hint: str = "") -> RefusedExport:
    """Return the exception for a single problem, ready to be raised."""
    return RefusedExport([Problem(file, where, found, expected, hint)])


def column_letter(position: int) -> str:
    """Return the letters by which a spreadsheet names a column (1 → A, 27 → AA)."""
    letters = ""
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_place(position: int) -> str:
    """Return a column in words: its letters and its position."""
    return f"column {column_letter(position)} (position {position})"


def shown(text: str, *, limit: int = 120) -> str:
    """Return a heading between quotation marks, on one line, cut when it is long."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= limit else line[: limit - 1] + '…'}”"
