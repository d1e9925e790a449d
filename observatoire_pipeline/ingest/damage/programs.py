"""What R and pandas write where there was nothing: names of blank headings, a word in blank cells.

In: both, proved by the file itself, and undone. Not in: headings of pandas and Excel (`structure`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from observatoire_pipeline.ingest.damage.rewriting import HeaderCells, rewrite
from observatoire_pipeline.ingest.export import Damage
from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.platforms.surveymonkey_headers import SPSS_NAME
from observatoire_pipeline.ingest.refusal import column_letter

Found = tuple[Damage, ...]

BLANK_WORDS = ("NA", "NaN", "nan", "<NA>", "NULL", "None", "NaT")
"""What programs write for a cell without value."""
DASH = "-"
"""What publishers write there: no answer to choose from is spelled so."""

_PLACED = re.compile(r"(?:\.\.\.|x)(\d+)")
_PAIR = re.compile(r"""\((['"])(?P<one>.*)\1, (['"])(?P<two>.*)\3\)""", re.DOTALL)
_UNNAMED = re.compile(r"Unnamed: \d+")
_COUNTED = re.compile(r"X(?:\.(\d+))?")


def mend_r_headings(grid: Grid) -> tuple[Grid, Found]:
    """Take out the names that R gave to blank headings, of the first row.

    readr and janitor name such a column after its place (`...12`, `x12`), all of them off by one
    where the row names were written too; base R counts them (`X`, `X.1`, `X.2`). Each series is
    proved when it has no exception and leaves a heading that is none.

    Headings that pandas spelled as pairs of two rows are written as `title - label`.
    """
    if len(grid.head) < 2:
        return grid, ()
    grid, pairs = _pairs(grid)
    if pairs:
        return grid, pairs
    blank = _placed(grid.head[0]) or _counted(grid.head[0])
    if not blank or len(blank) == sum(map(bool, grid.head[0])):
        return grid, ()
    headers: HeaderCells = {(0, k): "" for k in blank}
    where = f"headings from column {column_letter(blank[0])} on"
    found = Damage(
        "unnamed_headings",
        where,
        len(blank),
        grid.head[0][blank[0] - 1],
        "taken as blank: R numbered them one after the other",
    )
    return rewrite(grid, headers=headers), (found,)


def _pairs(grid: Grid) -> tuple[Grid, Found]:
    """Write headings that are the pairs of two rows, as pandas spells them, as `title - label`."""
    row = grid.head[0] if grid.head else []
    pairs = {k: _PAIR.fullmatch(cell.strip()) for k, cell in enumerate(row, start=1) if cell}
    if len(pairs) < 2 or not all(pairs.values()):
        return grid, ()
    headers: dict[tuple[int, int], str] = {}
    for k, match in pairs.items():
        title, label = (match["one"] or "", match["two"] or "") if match else ("", "")
        headers[0, k] = title if not label or _UNNAMED.match(label) else f"{title} - {label}"
    how = "each is a pair of cells, as pandas spells them"
    found = Damage("joined_headings", "row 1", len(headers), "('…', '…')", how)
    return rewrite(grid, headers=headers), (found,)


def _placed(row: Sequence[str]) -> list[int]:
    hits = [
        (k, int(match[1]))
        for k, cell in enumerate(row, start=1)
        if (match := _PLACED.fullmatch(cell.strip()))
    ]
    shifts = {k - number for k, number in hits}
    return [k for k, _ in hits] if len(hits) >= 2 and shifts in ({0}, {1}) else []


def _counted(row: Sequence[str]) -> list[int]:
    hits = [
        (k, int(match[1] or 0))
        for k, cell in enumerate(row, start=1)
        if (match := _COUNTED.fullmatch(cell.strip()))
    ]
    ordered = [number for _, number in hits] == list(range(len(hits)))
    return [k for k, _ in hits] if len(hits) >= 3 and ordered else []


def mend_blank_words(grid: Grid) -> tuple[Grid, Found]:
    """Blank the cells in which a program wrote that there was nothing (`NA`).

    Proved where no cell under the first row is blank, and the word stands in at least three columns
    of which one holds nothing else: no person answers so. A dash is proved in half of the columns
    beside other texts. A file with the names of SPSS is left
    as it is: its module knows the word.
    """
    if len(grid.head) < 2 or any(not cell for row in grid.head[1:] for cell in row):
        return grid, ()
    if sum(SPSS_NAME.fullmatch(cell.strip()) is not None for cell in grid.head[0]) >= 3:
        return grid, ()
    for word in (*BLANK_WORDS, DASH):
        if not any(word in row for row in grid.head[1:]):
            continue
        cells = [grid.distinct(k, below=1) for k in range(1, grid.width + 1)]
        size = len(grid.rows) - 1
        if any(int(counts.sum()) < size for _, counts in cells):
            return grid, ()
        held = [k for k, (texts, _) in enumerate(cells, start=1) if word in texts]
        only = any(cells[k - 1][0] == [word] for k in held)
        second = [k for k in held if grid.head[1][k - 1] == word]
        most = word == DASH and 2 * len(held) >= grid.width
        if len(held) < 3 or not (only or len(second) >= 3 or most):
            continue
        count = sum(int(cells[k - 1][1][cells[k - 1][0].index(word)]) for k in held)
        mended = rewrite(grid, texts={k: {word: ""} for k in held}, below=1)
        where = f"{len(held)} columns from {column_letter(held[0])} on"
        how = "taken as blank: no other cell of the file is blank"
        return mended, (Damage("blank_words", where, count, word, how),)
    return grid, ()
