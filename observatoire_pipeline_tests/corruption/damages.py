"""What people and spreadsheets do to an export before it reaches us, one function for each.

In: an export and a source of chance → the damaged export, or None where it does not apply. Each
damage says by which rules the reader may report it instead of undoing it.
Not in: writing (`exports`), judging (`judgement`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from observatoire_pipeline_tests.corruption.exports import Column, ExportFile

Apply = Callable[[ExportFile, Random], ExportFile | None]
_ENGLISH = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_FRENCH = "janv févr mars avr mai juin juil août sept oct nov déc".split()
_RANGE = re.compile(r"(\d{1,2})-(\d{1,2})")


@dataclass(frozen=True)
class DamageKind:
    """One kind of damage.

    Attributes:
        name: What it is called in reports.
        apply: Makes it.
        reports: Rules of `source_files.damage` that tell of it; a difference under any of these
            names is not silent.
    """

    name: str
    apply: Apply
    reports: frozenset[str] = frozenset()


KINDS: dict[str, DamageKind] = {}


def damage(*reports: str) -> Callable[[Apply], Apply]:
    """Declare a damage under the name of its function."""

    def declare(apply: Apply) -> Apply:
        KINDS[apply.__name__] = DamageKind(apply.__name__, apply, frozenset(reports))
        return apply

    return declare


# --- alphabets and line ends ----------------------------------------------------------------


@damage()
def mac_roman(file: ExportFile, random: Random) -> ExportFile | None:
    """Saved by Excel on a Mac."""
    return _encoded(file, "mac_roman")


@damage()
def windows_1252_with_doubled_returns(file: ExportFile, random: Random) -> ExportFile | None:
    """Saved as Windows-1252 by a program that added a second carriage return."""
    found = _encoded(file, "cp1252")
    return found and replace(found, line_end="\r\r\n")


@damage("mojibake", "mangled_bytes")
def mojibake(file: ExportFile, random: Random) -> ExportFile | None:
    """UTF-8 read as Windows-1252 and saved as UTF-8, or Latin-1 read as Mac Roman."""
    if not file.is_text or file.encoding != "utf-8":
        return None
    told, read = random.choice([("utf-8", "cp1252"), ("cp1252", "mac_roman")])
    try:
        file.content().decode()
        text = replace(file, container="csv").content().decode().encode(told).decode(read)
    except UnicodeError:
        return None
    return replace(file, encoding="utf-8-sig", retext=(*file.retext, lambda _: text))


# --- spreadsheets ---------------------------------------------------------------------------


@damage("excel_date")
def dates_in_cells(file: ExportFile, random: Random) -> ExportFile | None:
    """Ranges became dates, under the headings only."""
    return _retyped(file, _as_date(random), heads=False)


@damage("excel_date")
def dates_in_headers(file: ExportFile, random: Random) -> ExportFile | None:
    """Ranges became dates, in the headings only."""
    return _retyped(file, _as_date(random), cells=False)


@damage("excel_date")
def dates_everywhere(file: ExportFile, random: Random) -> ExportFile | None:
    """Ranges became dates, in headings and under them."""
    return _retyped(file, _as_date(random))


@damage("trailing_zero_lost")
def zeros_lost(file: ExportFile, random: Random) -> ExportFile | None:
    """1.20 became 1.2."""
    heads, cells = random.choice([(True, True), (True, False), (False, True)])
    return _retyped(
        file,
        lambda text: text.rstrip("0") if re.fullmatch(r"\d+\.\d*[1-9]0+", text) else text,
        heads=heads,
        cells=cells,
    )


@damage("formula_error")
def formula_errors(file: ExportFile, random: Random) -> ExportFile | None:
    """A heading that begins with a dash was evaluated."""
    word = random.choice(["#NAME?", "#NOM?"])
    return _retyped(file, lambda text: word if text.startswith("-") else text, cells=False)


def _encoded(file: ExportFile, encoding: str) -> ExportFile | None:
    if not file.is_text or file.encoding != "utf-8":
        return None
    found = replace(file, encoding=encoding)
    try:
        found.content()
    except UnicodeEncodeError:
        return None
    return found


def _retyped(
    file: ExportFile, change: Callable[[str], str], *, heads: bool = True, cells: bool = True
) -> ExportFile | None:
    """Return the export with the labels of its closed questions changed, None if none is."""

    def label(head: tuple[str, ...]) -> tuple[str, ...]:
        return (*head[:-1], change(head[-1])) if heads and head else head

    columns = tuple(
        Column(
            column.kind,
            label(column.head),
            tuple(map(change, column.cells)) if cells else column.cells,
        )
        if column.kind == "closed"
        else column
        for column in file.columns
    )
    return None if columns == file.columns else replace(file, columns=columns)


def _as_date(random: Random) -> Callable[[str], str]:
    """Return what one spreadsheet makes of ranges: its language decides the form."""
    french = random.random() < 0.5

    def form(text: str) -> str:
        match = _RANGE.fullmatch(text.strip())
        if match is None:
            return text
        low, high = int(match[1]), int(match[2])
        if french:
            # Day first: 2-5 is the second of May, 11-49 is November 1949.
            if high <= 12:
                return f"{low:02d}-{_FRENCH[high - 1]}"
            return f"{_FRENCH[low - 1]}-{high:02d}" if low <= 12 else text
        if high <= 28 and low <= 12:
            return f"{high}-{_ENGLISH[low - 1]}"
        return f"{_ENGLISH[low - 1]}-{high:02d}" if low <= 12 else text

    return form
