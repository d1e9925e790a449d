"""Where the headers of a SurveyMonkey file end, whatever was done to them.

In: the first records → title lines, rows above the titles, the row of titles, the row of labels,
or their absence; the title and label of each column. Not in: which columns belong together and
what they hold (`surveymonkey_files`).

The row of labels is proved by the cells under it, and by the platform's words only where the cells
say nothing: it is blank over the columns that every response fills, and over a check box it holds
the one text that the box ever holds.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.platforms.cell_shapes import (
    are_dates,
    are_integers,
    are_moments,
    are_numbers,
    clean,
)
from observatoire_pipeline.ingest.platforms.surveymonkey import SURVEYMONKEY

DEEPEST_LABELS = 4
"""Index of the lowest record in which labels are looked for."""

SPSS_NAME = re.compile(r"q\d{4}(_\d{4})*(_other|_oth|_text)?", re.IGNORECASE)
_CODE = re.compile(r"(q|var|v|question)?[ _.-]?\d{1,4}([ _.:-]?[a-z0-9]{1,5}){0,3}", re.IGNORECASE)
_LEFTOVER = re.compile(
    r"unnamed: ?\d+(_level_\d+)?|(column|colonne|spalte|columna|field|champ) ?\d+|\.{3}\d+"
)
_FEW = 30
"""Distinct answers up to which a column is compared with a cell above it."""
_DATA_SHAPES = (are_moments, are_dates, are_numbers)

RESPONSE_FORMS = frozenset(map(normalise_label, SURVEYMONKEY.response_words))
OPEN_FORMS = frozenset(map(normalise_label, SURVEYMONKEY.open_words))
_VIEWED = re.compile(
    r"(question|image|picture|photo|text|texte|frage|bild|pregunta|imagen|domanda|immagine|vraag)"
    r"\b.{0,20}\b(viewed|shown|seen|displayed|vue|vu|affiche|angezeigt|gesehen|angesehen|vista|visto"
    r"|mostrad|visualizzat|bekeken|getoond)\w*"
)
WORDS = RESPONSE_FORMS | OPEN_FORMS


@dataclass(frozen=True)
class Headers:
    """The header records of one file.

    Attributes:
        count: Number of header records, title lines included; 0 when the file begins with answers.
        titles: Clean titles by index of column; "" where there is none.
        labels: Clean labels by index of column; all "" where the row of labels is missing.
        raw: The header cells as found, top to bottom, by index of column.
        has_labels: Whether there is a row of labels.
        has_titles: Whether there is a row of titles.
        title_lines: Lines above the header that say what the file is.
        spss: Whether the titles are SPSS names.
    """

    count: int
    titles: tuple[str, ...]
    labels: tuple[str, ...]
    raw: tuple[tuple[str, ...], ...]
    has_labels: bool
    has_titles: bool
    title_lines: int
    spss: bool


def is_viewed(label: str) -> bool:
    """Tell whether a label stands over the wording or image that a respondent was shown."""
    return bool(_VIEWED.fullmatch(normalise_label(label)))


def is_leftover(text: str) -> bool:
    """Tell whether a heading is what a tool writes where there was none (`Unnamed: 13`)."""
    return bool(_LEFTOVER.fullmatch(normalise_label(text)))


def find_headers(grid: Grid) -> Headers:
    """Return where the headers of a file end and what they say."""
    head = [[*row, *[""] * (grid.width - len(row))] for row in grid.head]
    tidy = [[_heading(cell) for cell in row] for row in head]
    below = _BelowHeaders(grid)
    label_row = _label_row(tidy, below)
    if label_row is None:
        first = _title_lines(tidy)
        spss = _is_spss(tidy[first]) if first < len(tidy) else False
        if not spss and _is_data(tidy, first, below):
            blank = tuple("" for _ in range(grid.width))
            return Headers(0, blank, blank, tuple(() for _ in blank), False, False, 0, False)
        count = first + 1
        titles = _joined_lines(head[first]) if first < len(head) else tidy[first]
        labels = [""] * grid.width
    else:
        count = label_row + 1
        while count < len(tidy) and _is_code_row(tidy[count]):
            count += 1
        titles = tidy[label_row - 1] if label_row else [""] * grid.width
        labels = tidy[label_row]
        first = min(_title_lines(tidy), max(label_row - 1, 0))
        spss = False
    return Headers(
        count=count,
        titles=tuple(titles),
        labels=tuple(labels),
        raw=tuple(tuple(row[k] for row in head[:count]) for k in range(grid.width)),
        has_labels=label_row is not None,
        has_titles=label_row != 0,
        title_lines=first,
        spss=spss,
    )


class _BelowHeaders:
    """The distinct texts of each column below a given number of records, each looked up once."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self._found: dict[tuple[int, int], list[str]] = {}
        self._filled: dict[tuple[int, int], int] = {}

    def texts(self, k: int, below: int) -> list[str]:
        key = (k, below)
        if key not in self._found:
            texts, counts = self.grid.distinct(k + 1, below=below)
            self._found[key] = texts
            self._filled[key] = int(counts.sum())
        return self._found[key]

    def repeats(self, k: int, below: int) -> bool:
        """Tell whether answers come back often enough to be a choice."""
        return len(self.texts(k, below)) * 2 <= self._filled[(k, below)]

    def filled(self, k: int, below: int) -> float:
        self.texts(k, below)
        return self._filled[(k, below)] / max(1, len(self.grid.rows) - below)


def _heading(cell: str) -> str:
    text = clean(cell)
    return "" if is_leftover(text) else text


def _joined_lines(row: list[str]) -> list[str]:
    """Return titles; those that say their label on a line below are joined to it by a dash.

    Neighbours whose titles differ in their last line only are one question.
    """
    cut = [[clean(part) for part in cell.strip().rpartition("\n")[::2]] for cell in row]
    return [
        f"{stem} - {label}"
        if stem and any(stem == cut[j][0] for j in (k - 1, k + 1) if 0 <= j < len(cut))
        else _heading(row[k])
        for k, (stem, label) in enumerate(cut)
    ]


def _label_row(rows: list[list[str]], below: _BelowHeaders) -> int | None:
    """Return the index of the row of labels, None when the file has none."""
    candidates = range(min(DEEPEST_LABELS, len(rows) - 1) + 1)
    spoken = [sum(normalise_label(cell) in WORDS for cell in rows[i]) for i in candidates]
    if any(spoken):
        return max(candidates, key=lambda i: (spoken[i], -i))
    for i in candidates:
        if i and _is_data(rows, i, below):
            return None
        if i and (_blank_over_metadata(rows, i, below) or _shows_ticks(rows, i, below)):
            return i
        if i == 1 and len(rows) > 2 and _repeats_a_word(rows, i, below):
            return i
    return None


def _blank_over_metadata(rows: list[list[str]], i: int, below: _BelowHeaders) -> bool:
    """Tell whether a row is blank over leading columns that every response fills."""
    row = rows[i]
    leading = next((k for k, cell in enumerate(row) if cell), len(row))
    if leading == len(row) or not any(rows[i - 1]):
        return False
    full = [k for k in range(leading) if below.filled(k, i + 1) >= 0.98]
    marked = [
        k
        for k in full
        if SURVEYMONKEY.field_of(rows[i - 1][k])
        or are_moments(below.texts(k, i + 1))
        or (are_integers(below.texts(k, i + 1)) and len(below.texts(k, i + 1)[0]) >= 6)
    ]
    return bool(marked)


def _shows_ticks(rows: list[list[str]], i: int, below: _BelowHeaders) -> bool:
    """Tell whether a row holds, over the check boxes, the one text that each box holds."""
    hits = misses = untitled = partial = 0
    for k, cell in enumerate(rows[i]):
        texts = below.texts(k, i + 1)
        if len(texts) != 1 or any(shape(texts) for shape in _DATA_SHAPES):
            continue
        if cell and normalise_label(texts[0]) == normalise_label(cell):
            hits += 1
            untitled += not rows[i - 1][k]
            partial += below.filled(k, i + 1) < 1
        else:
            misses += 1
    if not partial and not untitled:
        # A column that says one thing in every row is no check box.
        return False
    return (hits >= 2 and hits >= 4 * misses) or (untitled >= 1 and not misses)


def _repeats_a_word(rows: list[list[str]], i: int, below: _BelowHeaders) -> bool:
    """Tell whether a row repeats a word that no cell under it ever holds: "Response", any way."""
    places: dict[str, list[int]] = {}
    for k, cell in enumerate(rows[i]):
        if cell and rows[i - 1][k]:
            places.setdefault(normalise_label(cell), []).append(k)
    repeated = 0
    for form, columns in places.items():
        if len(columns) < 2 or len(form) < 2 or not any(map(str.isalpha, form)):
            continue
        under = {normalise_label(t) for k in columns for t in below.texts(k, i + 1)[:200]}
        if form not in under and len({rows[i - 1][k] for k in columns}) == len(columns):
            repeated += len(columns)
    return repeated >= max(2, sum(map(bool, rows[i])) // 4)


def _title_lines(rows: list[list[str]]) -> int:
    """Return how many lines with one cell stand above a row with many."""
    for i, row in enumerate(rows):
        if sum(map(bool, row)) > 1 or len(row) < 3:
            return i
    return 0


def _is_spss(row: list[str]) -> bool:
    return sum(bool(SPSS_NAME.fullmatch(cell)) for cell in row) >= 3


def _is_code_row(row: list[str]) -> bool:
    """Tell whether a row holds names such as q1, q1_2, and nothing that a person would answer."""
    filled = [cell for cell in row if cell]
    named = [cell for cell in filled if re.match(r"(q|var|v)[ _.]?\d", cell, re.IGNORECASE)]
    codes = sum(bool(_CODE.fullmatch(cell)) for cell in named)
    return len(filled) >= 3 and codes >= 0.8 * len(filled) and len(set(filled)) == len(filled)


def _is_data(rows: list[list[str]], i: int, below: _BelowHeaders) -> bool:
    """Tell whether the first row looks like the rows under it, hence is no header."""
    if i >= len(rows):
        return False
    alike = unlike = 0
    for k, cell in enumerate(rows[i]):
        texts = below.texts(k, i + 1)
        for shape in _DATA_SHAPES if len(texts) > 1 else ():
            if shape(texts):
                alike += bool(cell) and shape([cell])
                unlike += bool(cell) and not shape([cell])
                break
        else:
            if cell and 2 <= len(texts) <= _FEW and below.repeats(k, i + 1):
                among = normalise_label(cell) in {normalise_label(clean(t)) for t in texts}
                alike += among
                unlike += not among
    return alike >= 1 and alike > unlike


def local_words(titles: list[str], labels: list[str], *, groups: list[list[int]]) -> Counter[str]:
    """Return the labels that open two or more questions: the file's own words for "Response".

    Args:
        titles: Titles by index.
        labels: Labels by index.
        groups: Indices of the columns of each question.
    """
    lone = Counter(
        normalise_label(labels[group[0]])
        for group in groups
        if len(group) <= 3 and labels[group[0]] and titles[group[0]]
    )
    return Counter({word: count for word, count in lone.items() if count >= 2})
