"""What a spreadsheet makes of text: dates of ranges, errors of dashes, numbers of labels.

In: rules over the labels of headers and the distinct cells of closed questions. Not in: rows and
columns out of place (`structure`), text in the wrong alphabet (`encodings`).

What counts as proof: the *twin* (a check-box cell repeats its heading, so that one of the two
shows what the other was), a known label (codebook, another edition), or the only range among the
labels of the same question that becomes exactly this date. What has no proof is reported.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.damage.rewriting import rewrite
from observatoire_pipeline.ingest.export import Damage
from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.refusal import column_letter, shown

MOST_OPTIONS = 60
"""Distinct texts above which a column is taken for typed text, and no label is looked for."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janv janvier",
            "feb february fev fevr fevrier",
            "mar march mars",
            "apr april avr avril",
            "may mai",
            "jun june juin",
            "jul july juil juillet",
            "aug august aou aout",
            "sep sept september septembre",
            "oct october octobre",
            "nov november novembre",
            "dec december decembre",
        ),
        start=1,
    )
    for name in names.split()
}
_DAY_MONTH = re.compile(r"(\d{1,2})[-/ ]([^\W\d_]+)\.?")
_MONTH_YEAR = re.compile(r"([^\W\d_]+)\.?[-/ ](\d{2}|\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)([ T]00:00:00)?")
_NUMBER = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+"
_RANGE = re.compile(
    rf"(?:de |from |between |entre )?\W{{0,3}}({_NUMBER})\s*(?:[-–—/]|\bto\b|\bà\b|\bet\b|\band\b)"
    rf"\s*\W{{0,2}}({_NUMBER})(?!\d)(.{{0,30}})",
    re.IGNORECASE,
)
_BOUND = re.compile(
    rf"(?:[<>≤≥+]|less than|fewer than|more than|over|under|at least|up to|moins d|plus d|au moins"
    rf"|jusqu).{{0,6}}\d.{{0,30}}|(?:{_NUMBER})\s*(?:\+|or more|and more|or less|ou plus|et plus)"
    r".{0,30}",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"[-+]?\d+\.\d+")
_ERRORS = frozenset(
    {"#NAME?", "#NOM?", "#REF!", "#VALUE!", "#VALEUR!", "#DIV/0!", "#NUM!", "#NOMBRE!", "#NULL!"}
)
_TABLE_HEADING = re.compile(r"(?:column|colonne|spalte|columna)\s?\d+", re.IGNORECASE)
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_SERIAL_YEARS = (36526.0, 54789.0)
"""Serial dates of 2000-01-01 and 2050-01-01: a survey platform writes no other years."""
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+?\d{1,2}", re.IGNORECASE)


@dataclass(frozen=True)
class LabelColumn:
    """A column of a closed question as these rules see it.

    Attributes:
        position: Place in the file, from 1.
        question: Position of the first column of its question.
        label: Its lowest header cell.
        texts: Distinct cells under the header.
        counts: How often each occurs.
        typed: Whether it looks like typed text; a spoilt heading makes a check box look so.
    """

    position: int
    question: int
    label: str
    texts: tuple[str, ...]
    counts: tuple[int, ...]
    typed: bool = False


@dataclass(frozen=True)
class MendedLabels:
    """What to write over a file's labels, and the report.

    Attributes:
        headers: Position of a column → its heading as it was.
        cells: Position of a column → cell as found → cell as it was.
        damage: What was found, repaired or not.
    """

    headers: dict[int, str]
    cells: dict[int, dict[str, str]]
    damage: tuple[Damage, ...]


# --- labels ---------------------------------------------------------------------------------


def date_pairs(text: str) -> frozenset[tuple[int, int]]:
    """Return the ranges (low, high) that a spreadsheet may have turned into this date form.

    A range ascends, so that day and month give one range in whichever order they were read:
    `5-Feb` and `05-févr` come from 2-5. A month with a two-digit year gives the month and the
    year (`Oct-49` from 10-49). A full date at midnight, as a workbook holds it, gives both.
    Empty when the text is no date form.
    """
    text = text.strip()
    if match := _ISO_DAY.fullmatch(text):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
        pairs = {(min(month, day), max(month, day))}
        if day == 1:
            pairs.add((month, year % 100))
    elif match := _DAY_MONTH.fullmatch(text):
        month = _MONTHS.get(normalise_label(match[2]), 0)
        day = int(match[1])
        pairs = {(min(month, day), max(month, day))} if month and day <= 31 else set()
    elif match := _MONTH_YEAR.fullmatch(text):
        month = _MONTHS.get(normalise_label(match[1]), 0)
        pairs = {(month, int(match[2]) % 100)} if month else set()
    else:
        return frozenset()
    return frozenset((low, high) for low, high in pairs if low < high)


def range_pair(text: str) -> tuple[int, int] | None:
    """Return (low, high) of a label that is a range of two whole numbers, else None."""
    match = _RANGE.fullmatch(text.strip())
    if match is None or len(text) > 60:
        return None
    low, high = (int(re.sub(r"\D", "", number)) for number in match.groups()[:2])
    return (low, high) if low < high else None


def mend_labels(
    columns: Sequence[LabelColumn],
    *,
    known: Collection[str] = frozenset(),
    under_titles: bool = True,
) -> MendedLabels:
    """Find what a spreadsheet did to the labels of a file, and undo it where there is proof.

    Args:
        columns: Columns of closed questions, in the order of the file.
        known: Labels of the codebook or of other editions.
        under_titles: Whether the headings stand under titles. In a single header row `Column2`
            may have been a blank title, which no cell can restore.
    """
    headers: dict[int, str] = {}
    cells: dict[int, dict[str, str]] = {}
    found: list[Damage] = []
    found += _errors(columns, headers, cells)
    if under_titles:
        found += _table_headings(columns, headers)
    found += _decimals(columns, headers, cells, known=known)
    found += _decimal_options(columns, known=known)
    found += _dates(columns, headers, cells, known=known)
    return MendedLabels(headers, cells, tuple(found))


def lost_leading_zeros(texts: Iterable[str], *, width: int) -> Damage | None:
    """Report codes shorter than the codebook says: a spreadsheet drops their leading zeros."""
    short = [text for text in texts if text.isdigit() and len(text) < width]
    if not short:
        return None
    example = f"{len(short[0])} digits for {width}"
    return Damage("leading_zeros_lost", "codes of a fixed width", len(short), example, "")


_FIXED_WIDTH = re.compile(
    r"\b(code postal|postal code|zip( code)?|postcode|plz|postleitzahl|codigo postal|cap"
    r"|code insee|insee)\b"
)


def short_postal_codes(
    heading: str, texts: Sequence[str], counts: Sequence[int], *, position: int
) -> Damage | None:
    """Report postal codes of four digits beside codes of five: a spreadsheet dropped the zero.

    The heading must speak of such a code, and codes of five digits be the more frequent ones: a
    country whose codes have four is then excluded.
    """
    if not _FIXED_WIDTH.search(normalise_label(heading)):
        return None
    sizes: dict[int, int] = {}
    for text, count in zip(texts, counts, strict=True):
        if text.strip().isdecimal():
            sizes[len(text.strip())] = sizes.get(len(text.strip()), 0) + int(count)
    begun = any(re.fullmatch(r"0\d{4}", text.strip()) for text in texts)
    if not sizes.get(4) or begun or sizes.get(5, 0) <= sum(sizes.values()) / 2:
        return None
    example = "4 digits for 5"
    return Damage("leading_zeros_lost", _places([position]), sizes[4], example, "")


def _places(positions: Sequence[int]) -> str:
    letters = [column_letter(position) for position in dict.fromkeys(positions)]
    if len(letters) == 1:
        return f"column {letters[0]}"
    tail = f" and {len(letters) - 8} more" if len(letters) > 8 else ""
    return "columns " + ", ".join(letters[:8]) + tail


def _only_text(column: LabelColumn) -> str | None:
    """Return the one text that the cells of a column hold, None when they hold several."""
    return column.texts[0] if len(column.texts) == 1 else None


def _label_in_cells(column: LabelColumn) -> str | None:
    """Return the label that the cells of a check box repeat, where its heading was lost.

    One text is a label when it occurs twice, begins as a formula does (which is how its heading
    was lost), or stands in a column that does not look like typed text. Cells that hold an error
    are those of the same label.
    """
    whole = [k for k, text in enumerate(column.texts) if not _is_error(text)]
    if len(whole) != 1:
        return None
    text, count = column.texts[whole[0]], column.counts[whole[0]]
    if column.typed and count < 2 and not _like_a_formula(text):
        return None
    return text


def _is_error(text: str) -> bool:
    return "#" in text and text.strip().upper() in _ERRORS


def _like_a_formula(text: str) -> bool:
    return text.lstrip()[:1] in ("-", "=", "+", "@")


def _errors(
    columns: Sequence[LabelColumn], headers: dict[int, str], cells: dict[int, dict[str, str]]
) -> list[Damage]:
    """Restore labels that begin as a formula does, in the heading or in the cells beside it.

    An error among the cells is the label when the column holds nothing else and its heading is
    that label (or was restored to it), or is itself like a formula over nothing but errors.
    """
    example = ""
    headings: dict[bool, list[int]] = {True: [], False: []}
    inside: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for column in columns:
        label = _label_in_cells(column)
        if _is_error(column.label):
            if label is not None:
                headers[column.position] = label
            headings[label is not None].append(column.position)
            example = example or column.label.strip()
        heading = headers.get(column.position, column.label)
        errors = {t: n for t, n in zip(column.texts, column.counts, strict=True) if _is_error(t)}
        if not errors:
            continue
        alone = len(errors) == len(column.texts) and _like_a_formula(heading)
        twin = label is not None and normalise_label(label) == normalise_label(heading)
        if alone or twin:
            cells.setdefault(column.position, {}).update(dict.fromkeys(errors, label or heading))
        example = example or next(iter(errors)).strip()
        inside[alone or twin].append((column.position, sum(errors.values())))
    found: list[Damage] = []
    for restored, places in headings.items():
        if places:
            where = "headings of " + _places(places)
            how = "restored from the cells, which hold one label in each column" if restored else ""
            found.append(Damage("formula_error", where, len(places), example, how))
    for restored, hits in inside.items():
        if hits:
            where = "cells of " + _places([position for position, _ in hits])
            how = "restored from the heading, which the other cells repeat" if restored else ""
            count = sum(number for _, number in hits)
            found.append(Damage("formula_error", where, count, example, how))
    return found


def _table_headings(columns: Sequence[LabelColumn], headers: dict[int, str]) -> list[Damage]:
    """Restore headings that an Excel table wrote where a heading was blank or repeated."""
    hits = [column for column in columns if _TABLE_HEADING.fullmatch(column.label.strip())]
    if len(hits) < 2:
        return []
    found: list[Damage] = []
    alone = {column.position: _label_in_cells(column) for column in hits}
    restored = [column for column in hits if alone[column.position] is not None]
    for column in restored:
        headers[column.position] = alone[column.position] or ""
    how = "restored from the cells, which hold one label in each column"
    lost = [column for column in hits if alone[column.position] is None]
    for group, outcome in ((restored, how), (lost, "")):
        if group:
            where = "headings of " + _places([column.position for column in group])
            found.append(Damage("excel_table_headings", where, len(group), group[0].label, outcome))
    return found


def _decimals(
    columns: Sequence[LabelColumn],
    headers: dict[int, str],
    cells: dict[int, dict[str, str]],
    *,
    known: Collection[str],
) -> list[Damage]:
    """Restore a zero that was cut off the end of a decimal label (`1.20` → `1.2`)."""
    found: list[Damage] = []
    spelled = {_value(label): label.strip() for label in known if _DECIMAL.fullmatch(label.strip())}
    for k, column in enumerate(columns):
        label, text = column.label.strip(), (_only_text(column) or "").strip()
        if not _DECIMAL.fullmatch(label):
            continue
        letter = column_letter(column.position)
        twins = _DECIMAL.fullmatch(text) and _value(text) == _value(label) and text != label
        wanted = max(label, text, key=len) if twins else spelled.get(_value(label), label)
        proof = "its twin in the heading or the cells" if twins else "the known labels"
        if wanted != label and len(wanted) > len(label):
            headers[column.position] = wanted
        if text and wanted != text and _value(text) == _value(wanted):
            cells.setdefault(column.position, {})[column.texts[0]] = wanted
        if column.position in headers or column.position in cells:
            how = f"read as {shown(wanted)}: {proof}"
            found.append(Damage("trailing_zero_lost", f"column {letter}", 1, label, how))
        elif _skipped(columns, k):
            between = f"{columns[k - 1].label.strip()} and {columns[k + 1].label.strip()}"
            example = f"{label} between {between}"
            found.append(Damage("trailing_zero_lost", f"column {letter}", 1, example, ""))
    return found


def _decimal_options(columns: Sequence[LabelColumn], *, known: Collection[str]) -> list[Damage]:
    """Report answers of a closed question that lost a zero: `1.2` between `1.19` and `1.21`."""
    found: list[Damage] = []
    for column in columns:
        texts = [text.strip() for text in column.texts]
        if column.typed or not 3 <= len(texts) <= 20 or column.label.strip() in texts:
            continue
        if not all(map(_DECIMAL.fullmatch, texts)) or sum(column.counts) < 2 * len(texts):
            continue
        run = [
            LabelColumn(k, 0, text, (), ())
            for k, text in enumerate(sorted(texts, key=lambda t: [int(n) for n in _read_as(t)]))
        ]
        for k, one in enumerate(run):
            if _skipped(run, k):
                between = f"{run[k - 1].label} and {run[k + 1].label}"
                where = f"column {column_letter(column.position)}"
                count = column.counts[texts.index(one.label)]
                example = f"{one.label} between {between}"
                found.append(Damage("trailing_zero_lost", where, int(count), example, ""))
    return found


def _read_as(text: str) -> tuple[str, str]:
    """Return the parts of a version number, a single decimal read as if it had lost its zero."""
    whole, decimals = text.lstrip("+-").split(".")
    return whole, decimals if len(decimals) > 1 else decimals + "0"


def _value(text: str) -> float:
    return float(text.strip())


def _skipped(columns: Sequence[LabelColumn], k: int) -> bool:
    """Tell whether a label stands where its run, read as versions, needs one more zero.

    1.19, 1.2, 1.21: the decimals of the neighbours differ by two, and the label with a zero is
    exactly between them.
    """
    if not 0 < k < len(columns) - 1:
        return False
    run = [columns[j].label.strip() for j in (k - 1, k, k + 1)]
    if len({columns[j].question for j in (k - 1, k, k + 1)}) > 1:
        return False
    if not all(_DECIMAL.fullmatch(label) for label in run):
        return False
    whole, decimals = zip(*(label.split(".") for label in run), strict=True)
    if len(set(whole)) > 1 or not len(decimals[0]) == len(decimals[2]) == len(decimals[1]) + 1:
        return False
    before, here, after = int(decimals[0]), int(decimals[1]) * 10, int(decimals[2])
    return before + 1 == here == after - 1


# --- dates ----------------------------------------------------------------------------------


def _dates(
    columns: Sequence[LabelColumn],
    headers: dict[int, str],
    cells: dict[int, dict[str, str]],
    *,
    known: Collection[str],
) -> list[Damage]:
    """Find ranges that became dates, in headings and in cells.

    A date form alone is no sign: people answer with dates. It is taken for damage where the label
    of a check box and its cells are twins, one a date form and the other its range, or where the
    labels of one question are date forms beside ranges and bounds (`10+`, `moins de 2`), and these
    together make at least half of them.
    """
    repaired: list[tuple[int, str, str, str]] = []
    reported: list[tuple[int, str]] = []
    known_ranges = _ranges(known)
    questions: dict[int, list[LabelColumn]] = {}
    for column in columns:
        questions.setdefault(column.question, []).append(column)
    for group in questions.values():
        twin_places = _twins(group, headers, cells, repaired)
        labels = [headers.get(c.position, c.label) for c in group]
        if len(group) > 1 and (_beside_ranges(labels) or _chained(labels)):
            for column in group:
                if column.position in twin_places or not date_pairs(column.label):
                    continue
                matches = _labels_of(column.label, known_ranges)
                if len(matches) == 1:
                    headers[column.position] = matches[0]
                    repaired.append((column.position, column.label, matches[0], "known labels"))
                    wanted = {t: matches[0] for t in column.texts if date_pairs(t)}
                    cells.setdefault(column.position, {}).update(wanted)
                else:
                    reported.append((column.position, column.label))
        for column in group:
            if column.typed or column.position in twin_places or column.position in cells:
                continue
            _option_dates(column, cells, repaired, reported, known_ranges=known_ranges)
    found: list[Damage] = []
    if repaired:
        _, old, new, _ = repaired[0]
        where = _places([one[0] for one in repaired])
        proofs = " and ".join(sorted({one[3] for one in repaired}))
        how = f"{shown(old)} read as {shown(new)} and so on: {proofs}"
        found.append(Damage("excel_date", where, len(repaired), old, how))
    if reported:
        where = _places([position for position, _ in reported])
        found.append(Damage("excel_date", where, len(reported), reported[0][1], ""))
    return found


def _ranges(labels: Iterable[str]) -> dict[tuple[int, int], dict[str, str]]:
    """Return range → normal form → spelling of the labels that are ranges."""
    found: dict[tuple[int, int], dict[str, str]] = {}
    for label in labels:
        pair = range_pair(label)
        if pair is not None:
            found.setdefault(pair, {}).setdefault(normalise_label(label), label.strip())
    return found


def _labels_of(text: str, ranges: dict[tuple[int, int], dict[str, str]]) -> list[str]:
    """Return the range labels that may have become this date form."""
    found: dict[str, str] = {}
    for pair in date_pairs(text):
        found |= ranges.get(pair, {})
    return list(found.values())


def _beside_ranges(labels: Sequence[str]) -> bool:
    """Tell whether date forms stand among ranges and bounds, which are at least half of all."""
    texts = [label for label in labels if label]
    dates = sum(bool(date_pairs(text)) for text in texts)
    others = sum(
        range_pair(text) is not None or _BOUND.fullmatch(text.strip()) is not None for text in texts
    )
    return bool(dates and others) and 2 * (dates + others) >= len(texts)


def _chained(labels: Sequence[str]) -> bool:
    """Tell whether date forms, three at least, are ranges that follow on from one another.

    `2-Jan`, `5-Feb`, `10-Jun`, `Oct-49`: 1-2, 2-5, 6-10, 10-49. Dates of a calendar do not.
    """
    pairs = [date_pairs(label) for label in labels if label]
    if len(pairs) < 3 or not all(pairs):
        return False
    reached = set(pairs[0])
    for following in pairs[1:]:
        reached = {
            (low, high)
            for low, high in following
            for _, before in reached
            if low - before in (0, 1)
        }
    return bool(reached)


def _by_low(texts: Sequence[str]) -> list[str]:
    dated = [text for text in texts if date_pairs(text)]
    return sorted(dated, key=lambda text: min(date_pairs(text)))


def _twins(
    group: Sequence[LabelColumn],
    headers: dict[int, str],
    cells: dict[int, dict[str, str]],
    repaired: list[tuple[int, str, str, str]],
) -> set[int]:
    places: set[int] = set()
    for column in group:
        text = _only_text(column)
        if text is None or not column.label:
            continue
        heading_range, cell_range = range_pair(column.label), range_pair(text)
        if heading_range is not None and heading_range in date_pairs(text):
            cells.setdefault(column.position, {})[text] = column.label
            repaired.append((column.position, text, column.label, "the heading of its column"))
            places.add(column.position)
        elif cell_range is not None and cell_range in date_pairs(column.label):
            headers[column.position] = text
            repaired.append((column.position, column.label, text, "the cells of its column"))
            places.add(column.position)
    return places


def _option_dates(
    column: LabelColumn,
    cells: dict[int, dict[str, str]],
    repaired: list[tuple[int, str, str, str]],
    reported: list[tuple[int, str]],
    *,
    known_ranges: dict[tuple[int, int], dict[str, str]],
) -> None:
    texts = column.texts
    dates = [text for text in texts if date_pairs(text)] if len(texts) <= MOST_OPTIONS else []
    if not dates:
        return
    beside = _beside_ranges(texts) or _chained(_by_low(texts))
    own = _ranges(texts)
    all_known = known_ranges and all(len(_labels_of(text, known_ranges)) == 1 for text in dates)
    if not beside and not (all_known and 2 * len(dates) >= len(texts)):
        return
    for text in dates:
        for ranges, proof in ((known_ranges, "known labels"), (own, "the only such range")):
            matches = _labels_of(text, ranges)
            if len(matches) == 1:
                cells.setdefault(column.position, {})[text] = matches[0]
                repaired.append((column.position, text, matches[0], proof))
                break
        else:
            reported.append((column.position, text))


# --- moments and identifiers ----------------------------------------------------------------


def mend_serial_dates(
    grid: Grid, *, below: int, started_at: int = 0, ended_at: int = 0
) -> tuple[Grid, tuple[Damage, ...]]:
    """Write serial dates (`43290.53487`) as ISO moments, in the columns of start and end.

    A serial is the number of days since 1899-12-30 (ECMA-376 part 1, 18.17.4). It is proved when
    every cell of the column is one between 2000 and 2050 and, with both columns, no response ends
    before it starts.

    Args:
        grid: The records.
        below: Number of header records.
        started_at: Position of the column of starts; 0 for none.
        ended_at: Position of the column of ends; 0 for none.
    """
    moments: dict[int, dict[str, str]] = {}
    values: dict[int, np.ndarray] = {}
    mixed: list[Damage] = []
    count = 0
    for position in filter(None, (started_at, ended_at)):
        texts, counts = grid.distinct(position, below=below)
        serial = sum(map(_is_serial, texts))
        if serial and serial < len(texts) and 2 * serial >= len(texts) - serial:
            where = _places([position])
            hits = sum(int(n) for t, n in zip(texts, counts, strict=True) if _is_serial(t))
            mixed.append(Damage("serial_dates", where, hits, "beside dates of another form", ""))
        if not texts or serial < len(texts):
            continue
        moments[position] = {text: _moment(text) for text in texts}
        count += int(counts.sum())
        cells = grid.text(position, below=below).to_pylist()
        values[position] = np.array([_serial(cell) if cell else np.nan for cell in cells])
    if not moments:
        return grid, tuple(mixed)
    where = _places(list(moments))
    if len(values) == 2 and bool(np.any(values[started_at] > values[ended_at])):
        early = Damage("serial_dates", where, count, "an end before its start", "")
        return grid, (early, *mixed)
    example = next(iter(next(iter(moments.values()))))
    how = "read as days since 1899-12-30: all cells lie between 2000 and 2050"
    mended = rewrite(grid, texts=moments, below=below)
    return mended, (Damage("serial_dates", where, count, example, how), *mixed)


def _serial(text: str) -> float:
    return float(text.replace(",", "."))


def _is_serial(text: str) -> bool:
    low, high = _SERIAL_YEARS
    return _SERIAL.fullmatch(text.strip()) is not None and low <= _serial(text.strip()) < high


def _moment(text: str) -> str:
    seconds = round(_serial(text) * 86400)
    return (dt.datetime(1899, 12, 30) + dt.timedelta(seconds=seconds)).isoformat(sep=" ")


def scientific_identifiers(
    texts: Sequence[str], counts: Sequence[int], *, position: int
) -> Damage | None:
    """Report identifiers in scientific notation: their last digits are lost for good."""
    hits = [
        count
        for text, count in zip(texts, counts, strict=True)
        if ("E" in text or "e" in text) and is_scientific(text)
    ]
    if not hits:
        return None
    return Damage("scientific_identifiers", _places([position]), int(sum(hits)), "E+ notation", "")


def is_scientific(text: str) -> bool:
    """Tell whether a text is a number in scientific notation (`1.06503E+10`)."""
    return _SCIENTIFIC.fullmatch(text.strip()) is not None
