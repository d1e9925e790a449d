"""Rows and columns out of place: a shift, headers out of step, rows and columns that are none.

In: rules over an export whose headers were read, each comparing headers with cells. Not in: rows
of other lengths (`grid`), labels that a spreadsheet changed (`spreadsheet`).

The measure behind most of them: a cell of a check box is blank or repeats the heading of its
column. Measured on the real exports that are intact, no cell of a group of check boxes breaks it,
typed text apart; so a break is a sign, and its pattern says of what.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.damage.rewriting import HeaderCells, rewrite
from observatoire_pipeline.ingest.export import Damage, Export
from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.platforms.surveymonkey import SURVEYMONKEY
from observatoire_pipeline.ingest.refusal import Problem, column_letter, column_place, shown

ENOUGH_TEXTS = 5000
"""Distinct texts of a column that are compared with headings; a check box never has as many."""

MANY_OTHERS = "\x00"
"""Stands for the texts of a column beyond those that are compared."""

REACH = 3
"""Columns by which a comma that is not quoted may shift a row: one for each comma."""

SHIFTED_COLUMNS = 2
"""Columns that must break in the same way to be a shift.

One column can be chance: a person types the label of the next choice under "other". Two check-box
columns that hold nothing but their own label and the label at one same distance were seen in no
intact file.
"""

_UNNAMED = re.compile(r"Unnamed: (\d+)(_level_\d+)?")
_NUMBERED = re.compile(r"(?:Column|Colonne|Spalte|Columna)\s?(\d+)")
_TOTALS = frozenset({"total", "totaux", "grand total", "total general", "somme", "sum", "count"})
_WORDS = frozenset(map(normalise_label, (*SURVEYMONKEY.response_words, *SURVEYMONKEY.open_words)))


@dataclass(frozen=True)
class BoxColumn:
    """One column with a label, measured against it.

    Attributes:
        position: Place in the file, from 1.
        question: Position of the first column of its question.
        label: Normal form of its label.
        forms: Normal form of a cell → how often it occurs.
    """

    position: int
    question: int
    label: str
    forms: Counter[str]

    @property
    def own(self) -> int:
        """Cells that repeat the label."""
        return self.forms[self.label]

    @property
    def filled(self) -> int:
        """Cells that are not blank."""
        return self.forms.total()


# --- before the layout ----------------------------------------------------------------------


def mend_headings(grid: Grid, *, rows: int = 3) -> tuple[Grid, tuple[Damage, ...]]:
    """Take out the names that a program gave to blank headings (`Unnamed: 13`, `Column2`).

    pandas names a blank heading after its place, counted from 0: a heading that names exactly its
    own place is proved to have been blank. Excel numbers the blank headings of a table one after
    the other, or by place; that is proved when at least three are numbered so without exception,
    and each has a label in the row below, so that the row above held the titles.
    """
    unnamed = _unnamed_headings(grid, rows)
    numbered = _numbered_headings(grid)
    found: list[Damage] = []
    for blank, rule, name, how in (
        (unnamed, "unnamed_headings", "Unnamed", "each names its own place, as pandas does"),
        (numbered, "excel_table_headings", "Column", "Excel numbered them one after the other"),
    ):
        if blank:
            first = min(position for _, position in blank)
            where = f"headings from column {column_letter(first)} on"
            found.append(Damage(rule, where, len(blank), name, f"taken as blank: {how}"))
    if not found:
        return grid, ()
    return rewrite(grid, headers={**unnamed, **numbered}), tuple(found)


def _unnamed_headings(grid: Grid, rows: int) -> HeaderCells:
    """Return the headings that pandas wrote, all off by the index columns that it wrote too."""
    hits = [
        (row, k, k - 1 - int(match[1]))
        for row, record in enumerate(grid.head[:rows])
        for k, cell in enumerate(record, start=1)
        if (match := _UNNAMED.fullmatch(cell.strip()))
    ]
    shifts = Counter(shift for _, _, shift in hits)
    usual = next((n for n in (1, 2) if shifts[n] >= 3 and shifts[n] >= len(hits) - n), 0)
    return {(row, k): "" for row, k, shift in hits if shift in (0, usual)}


def _numbered_headings(grid: Grid) -> HeaderCells:
    if len(grid.head) < 3:
        return {}
    hits = [
        (k, int(match[1]))
        for k, cell in enumerate(grid.head[0], start=1)
        if (match := _NUMBERED.fullmatch(cell.strip()))
    ]
    numbers = [number for _, number in hits]
    ordered = bool(hits) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    placed = all(number == k for k, number in hits)
    if len(hits) < 3 or not (ordered or placed) or not all(grid.head[1][k - 1] for k, _ in hits):
        return {}
    return {(0, k): "" for k, _ in hits}


# --- rows -----------------------------------------------------------------------------------


_LAST_NOTES = 4
"""Records at the end in which notes are looked for."""


def without_repeated_headers(grid: Grid, *, below: int) -> tuple[Grid, tuple[Damage, ...]]:
    """Leave out records that repeat a header row, cell by cell.

    Files pasted one under the other hold the headers again. A header row with fewer than three
    cells proves nothing and is not looked for.
    """
    repeats = np.zeros(len(grid.rows), dtype=bool)
    for row in range(below):
        if sum(map(bool, grid.head[row])) >= 3:
            repeats |= _equal_to(grid, row)
    repeats[:below] = False
    if not repeats.any():
        return grid, ()
    places = _rows(grid.rows[repeats])
    how = "left out: every cell equals the header above it"
    found = Damage("repeated_header", places, int(repeats.sum()), places, how)
    return rewrite(grid, keep=~repeats), (found,)


def _equal_to(grid: Grid, row: int) -> np.ndarray:
    equal = np.ones(len(grid.rows), dtype=bool)
    for column in grid.cells.columns:
        indices = column.combine_chunks().indices.to_numpy(zero_copy_only=False)
        equal &= indices == indices[row]
        if equal.sum() == 1:
            break
    return equal


def without_notes(grid: Grid, *, below: int) -> tuple[Grid, tuple[Damage, ...]]:
    """Leave out last records that are notes under the table: one cell, the first, and no answer.

    It is proved where no other record has so few cells, and the note is longer than any text above
    it in its column.
    """
    head = _LAST_NOTES
    size = len(grid.rows)
    if grid.width < 4 or size < below + 2 + head:
        return grid, ()
    last = [list(record.values()) for record in grid.cells.slice(size - head).to_pylist()]
    alone = [bool(record[0]) and not any(record[1:]) for record in last]
    count = next((k for k, note in enumerate(reversed(alone)) if not note), head)
    texts, _ = grid.distinct(1, below=below)
    notes = [record[0] for record in last[head - count :]]
    above = [text for text in texts if text not in notes]
    if not count or not above or min(map(len, notes)) <= 2 * max(map(len, above)):
        return grid, ()
    keep = np.ones(size, dtype=bool)
    keep[size - count :] = False
    places = _rows(grid.rows[~keep])
    found = Damage("notes", places, count, places, "left out: one cell each, and no answer")
    return rewrite(grid, keep=keep), (found,)


def without_totals(
    grid: Grid, *, below: int, respondent: int = 0
) -> tuple[Grid, tuple[Damage, ...]]:
    """Leave out a last record that counts the columns above it, or report one that may.

    It is proved when it has no identifier of a respondent, one of its cells says so ("Total"), and
    at least two of its numbers are the counts of their columns. The word alone is reported, where
    the record has no identifier or the word stands in its place.
    """
    last = len(grid.rows) - 1
    if last < below + 2:
        return grid, ()
    record = list(grid.cells.slice(last, 1).to_pylist()[0].values())
    words = [k for k, cell in enumerate(record, start=1) if normalise_label(cell) in _TOTALS]
    first = next((k for k, cell in enumerate(record, start=1) if cell), 0)
    if not words or words[0] != first:
        return grid, ()
    if respondent and record[respondent - 1] and words[0] != respondent:
        return grid, ()
    agree = sum(
        cell.isdigit() and int(cell) == grid.cells_in(k, below=below) - 1
        for k, cell in enumerate(record, start=1)
        if cell
    )
    place = f"row {grid.rows[last]}"
    if agree < 2:
        return grid, (Damage("totals_row", place, 1, place, ""),)
    keep = np.ones(len(grid.rows), dtype=bool)
    keep[last] = False
    how = f"left out: {agree} of its numbers are the counts of their columns"
    return rewrite(grid, keep=keep), (Damage("totals_row", place, 1, place, how),)


def repeated_identifiers(grid: Grid, *, below: int, position: int) -> tuple[Damage, ...]:
    """Report respondents that stand in more than one record."""
    texts, counts = grid.distinct(position, below=below)
    repeated = [texts[k] for k in np.flatnonzero(counts > 1).tolist()]
    if not repeated:
        return ()
    cells = np.array(grid.text(position, below=below).to_pylist(), dtype=object)
    places = _rows(grid.rows[below:][cells == repeated[0]])
    where = f"column {column_letter(position)}"
    return (Damage("repeated_respondent", where, len(repeated), places, ""),)


def _rows(numbers: Iterable[int]) -> str:
    found = [str(number) for number in numbers]
    tail = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return ("rows " if len(found) > 1 else "row ") + ", ".join(found[:5]) + tail


def bare_returns(texts: Iterable[str]) -> tuple[Damage, ...]:
    r"""Report cells that hold a carriage return without a line feed: lines of an old Mac.

    The cell is read whole, since it is quoted; matching takes the sign for a space.
    """
    hits = sum("\r" in text.replace("\r\n", "") for text in texts if "\r" in text)
    if not hits:
        return ()
    return (Damage("bare_returns", "distinct cells", hits, r"\r", ""),)


# --- columns --------------------------------------------------------------------------------


def index_column(export: Export) -> tuple[Damage, ...]:
    """Report a first column that counts the records: what a program wrote, not the survey."""
    grid, below = export.grid, export.header_rows
    column = export.columns[0]
    if column.role == "question" or any(
        cell != "index" and not cell.isdecimal() for cell in column.headers if cell
    ):
        return ()
    first = grid.cells.column(0).slice(below, 3).to_pylist()
    starts = {"0": 0, "1": 1, "2": 2}.get(first[0] if first else "")
    if starts is None or len(first) < 3:
        return ()
    cells = grid.text(1, below=below).to_pylist()
    if cells != [str(number) for number in range(starts, starts + len(cells))]:
        return ()
    return (Damage("index_column", "column A", 1, "A", ""),)


def box_columns(export: Export) -> list[BoxColumn]:
    """Return the columns whose lowest heading is a label, measured against it.

    Under a single header row the label is what the platform's module found beside the title.
    """
    labels = [
        export.grid.head[export.header_rows - 1][column.position - 1]
        if export.header_rows > 1
        else column.option or column.label
        for column in export.columns
    ]
    found: list[BoxColumn] = []
    open_question = 0
    for column in export.columns:
        if column.role != "question":
            continue
        if column.question:
            open_question = column.question
        elif column.headers[0].strip() or not open_question:
            open_question = column.position
        label = normalise_label(labels[column.position - 1])
        if not label:
            continue
        texts, counts = export.grid.distinct(column.position, below=export.header_rows)
        forms: Counter[str] = Counter()
        for text, count in zip(texts[:ENOUGH_TEXTS], counts, strict=False):
            forms[normalise_label(text)] += int(count)
        if len(texts) > ENOUGH_TEXTS:
            forms[MANY_OTHERS] += int(counts[ENOUGH_TEXTS:].sum())
        found.append(BoxColumn(column.position, open_question, label, forms))
    return found


def check_boxes(
    export: Export, *, file: str, boxes: list[BoxColumn] | None = None
) -> tuple[tuple[Damage, ...], tuple[Problem, ...]]:
    """Compare the cells of check boxes with their headings: report breaks, refuse a shift.

    A shift: at least `SHIFTED_COLUMNS` columns hold only their own label and the label of the
    column at one same distance (up to `REACH`). A break of another kind: in a question where at
    least two columns, and most of those with cells, repeat their label and nothing else, a column
    that repeats its label and holds something else too.

    Returns:
        The damage, and the reasons to refuse the file.
    """
    boxes = box_columns(export) if boxes is None else boxes
    shifted, distance = _shifted(boxes)
    if shifted:
        return (), (_shift_problem(export, boxes, shifted, distance, file=file),)
    torn = _torn(export)
    if torn is not None:
        return (), (_torn_problem(export, torn, file=file),)
    broken = _broken(boxes)
    if not broken:
        return (), ()
    run = _longest_run([box.position for box in broken])
    count = sum(box.filled - box.own for box in broken)
    if len(run) >= 3:
        found = f"{count} cells of check boxes that do not repeat their heading, in "
        found += f"{len(broken)} columns, {len(run)} of them side by side"
        place = column_place(run[0])
        hint = "cells have shifted against the headings: export it again"
        expected = "blank cells, or the heading of the column"
        return (), (Problem(file, place, found, expected, hint),)
    letters = ", ".join(column_letter(box.position) for box in broken[:8])
    place = f"column{'s' if len(broken) > 1 else ''} {letters}"
    example = column_letter(broken[0].position)
    return (Damage("check_box_cells", place, count, example, ""),), ()


def _by_place(boxes: Sequence[BoxColumn]) -> dict[int, BoxColumn]:
    return {box.position: box for box in boxes}


def _shifted(boxes: Sequence[BoxColumn]) -> tuple[list[BoxColumn], int]:
    """Return the columns that hold their neighbour's label, and the distance that explains most."""
    places = _by_place(boxes)
    best: tuple[list[BoxColumn], int] = ([], 0)
    for distance in (d for k in range(1, REACH + 1) for d in (k, -k)):
        hits: list[BoxColumn] = []
        for box in boxes:
            other = places.get(box.position + distance)
            if other is None or other.label in _WORDS | {box.label} or box.label in _WORDS:
                continue
            strange = box.forms[other.label]
            if strange and strange + box.own == box.filled:
                hits.append(box)
        if len(hits) > len(best[0]):
            best = hits, distance
    return best if len(best[0]) >= SHIFTED_COLUMNS else ([], 0)


def _torn(export: Export) -> int | None:
    """Return the position of the first column whose label some rows hold in two cells.

    A choice that holds the separator, without quotation marks: the label is in the heading, and
    its pieces are in this column and the next. None where there is no such column.
    """
    lowest = export.grid.head[export.header_rows - 1] if export.header_rows else []
    for column in export.columns[:-1]:
        heading = lowest[column.position - 1] if column.role == "question" else ""
        for separator in (",", ";"):
            first, found, second = heading.partition(separator)
            if not found or not first.strip() or not second.strip():
                continue
            here = _forms(export, column.position)
            beside = _forms(export, column.position + 1)
            if normalise_label(first) in here and normalise_label(second) in beside:
                return column.position
    return None


def _forms(export: Export, position: int) -> set[str]:
    texts, _ = export.grid.distinct(position, below=export.header_rows)
    return set(map(normalise_label, texts[:ENOUGH_TEXTS]))


def _torn_problem(export: Export, position: int, *, file: str) -> Problem:
    heading = export.grid.head[export.header_rows - 1][position - 1]
    pieces = {normalise_label(heading.partition(mark)[0]) for mark in ",;" if mark in heading}
    cells = export.grid.text(position, below=export.header_rows).to_pylist()
    rows = [k for k, cell in enumerate(cells) if cell and normalise_label(cell) in pieces]
    return Problem(
        file,
        f"{column_place(position)}, row {export.grid.rows[export.header_rows + rows[0]]}",
        f"a column shift: {len(rows)} row(s) hold the choice in two cells, and all cells after it "
        "one column to the right",
        "check boxes that repeat their own heading",
        "a comma inside a choice was not quoted: export it again",
    )


def _shift_problem(
    export: Export,
    boxes: Sequence[BoxColumn],
    shifted: Sequence[BoxColumn],
    distance: int,
    *,
    file: str,
) -> Problem:
    first = shifted[0]
    label = _by_place(boxes)[first.position + distance].label
    below = export.header_rows
    texts, _ = export.grid.distinct(first.position, below=below)
    spelled = {text for text in texts if normalise_label(text) == label}
    cells = export.grid.text(first.position, below=below).to_pylist()
    row = next(k for k, cell in enumerate(cells) if cell in spelled)
    count = sum(box.filled - box.own for box in shifted)
    return Problem(
        file,
        f"{column_place(first.position)}, row {export.grid.rows[below + row]}",
        f"a column shift: {count} cells in {len(shifted)} columns hold the heading of the column "
        f"{abs(distance)} to the {'right' if distance > 0 else 'left'}",
        "check boxes that repeat their own heading",
        "a comma inside a choice was not quoted, or columns were moved: export it again",
    )


def _broken(boxes: Sequence[BoxColumn]) -> list[BoxColumn]:
    questions: dict[int, list[BoxColumn]] = {}
    for box in boxes:
        questions.setdefault(box.question, []).append(box)
    found: list[BoxColumn] = []
    for group in questions.values():
        filled = [box for box in group if box.filled]
        whole = [box for box in filled if box.own == box.filled]
        ticked = [box for box in filled if box.own]
        if len(whole) < 2 or 2 * len(ticked) <= len(filled):
            continue
        siblings = {box.label for box in group}
        last = group[-1].position
        for box in filled:
            strange = [form for form in box.forms if form != box.label]
            typed = box.position == last or len(strange) > 3
            others = any(form in siblings for form in strange)
            if strange and (others or (box.own and not typed)) and not _is_other(box):
                found.append(box)
    return found


def _is_other(box: BoxColumn) -> bool:
    """Tell whether a label announces typed text: what is typed may be anything."""
    return (
        re.search(r"\b(other|autre|precis|specif|comment|please|which|si oui)", box.label)
        is not None
    )


def _longest_run(positions: Sequence[int]) -> list[int]:
    best: list[int] = []
    run: list[int] = []
    for position in positions:
        run = [*run, position] if run and position == run[-1] + 1 else [position]
        if len(run) > len(best):
            best = run
    return best


def headers_out_of_step(
    export: Export, *, columns: list[BoxColumn] | None = None
) -> tuple[Damage, ...]:
    """Report titles that stand above another question's columns.

    Signs, each impossible where the two header rows agree: "Response" under a blank title, while
    a question of one column always has a title; check boxes (columns that hold nothing but their
    label) in a question that began with "Response", where only typed text follows; the same label
    twice in one group; a column at the edge of a question that holds the answers of its neighbour
    (`_moved_titles`).
    """
    if export.header_rows != 2:
        return ()
    titles, labels = export.grid.head[0], export.grid.head[1]
    boxes = _by_place(box_columns(export) if columns is None else columns)
    places: list[int] = []
    seen: dict[str, int] = {}
    closed = False
    viewed = 0
    for column in export.columns:
        if column.field == "question_viewed":
            viewed = column.position
            seen, closed = {}, False
            continue
        if column.role != "question":
            seen, closed = {}, False
            continue
        position = column.position
        label = normalise_label(labels[position - 1])
        if titles[position - 1].strip():
            seen, closed = {}, False
        elif (
            (label in _WORDS and viewed != position - 1)
            or (closed and position in boxes and _is_ticked(boxes[position]))
            or label in seen
        ):
            places.append(position)
        closed = closed or label in _WORDS
        if label:
            seen[label] = position
    places = sorted({*places, *_moved_titles(export, boxes)})
    if not places:
        return ()
    letters = ", ".join(map(column_letter, places[:8]))
    where = f"column{'s' if len(places) > 1 else ''} {letters}"
    example = shown(labels[places[0] - 1], limit=60)[1:-1]
    return (Damage("headers_out_of_step", where, len(places), example, ""),)


def _moved_titles(export: Export, boxes: dict[int, BoxColumn]) -> list[int]:
    """Return the columns at the edge of a question that belong to the one beside it.

    Between two questions side by side, of two columns or more in all:

    - a row of a matrix: it holds two answers of the other question at least, nothing else, and
      none of its own question;
    - a check box in a matrix: it holds nothing but its label, which no other row holds, and the
      question before it is check boxes;
    - one answer of a question with a column for each: its own question has two answers in a
      record with it and never without it, and with it the other question has exactly one answer
      in nineteen records of twenty that answered the first, and without it has not.
    """
    asked = [q for q in export.questions if all(k <= export.grid.width for k in q.columns)]
    open_columns = {c.position for c in export.columns if c.text_of in ("answer", "comment")}
    found: list[int] = []
    for left, right in pairwise(asked):
        if left.columns[-1] + 1 != right.columns[0] or len(left.columns) + len(right.columns) < 3:
            continue
        for one, other, edge in (
            (left, right, left.columns[-1]),
            (right, left, right.columns[0]),
        ):
            rest = [k for k in one.columns if k != edge]
            if not rest or edge not in boxes or boxes[edge].label in _WORDS:
                continue
            theirs = [k for k in other.columns if k in boxes]
            if (
                _answers_of(boxes, edge, own=rest, theirs=theirs, leave_out=open_columns)
                or _box_among_answers(boxes, edge, own=rest, theirs=theirs)
                or _one_of(export, boxes, edge, own=rest, theirs=theirs)
            ):
                found.append(edge)
                break
    return found


def _answers_of(
    boxes: dict[int, BoxColumn],
    edge: int,
    *,
    own: Sequence[int],
    theirs: Sequence[int],
    leave_out: set[int],
) -> bool:
    forms = {form for form in boxes[edge].forms if form}
    answers = {form for k in theirs for form in boxes[k].forms}
    mine = {form for k in own if k in boxes for form in boxes[k].forms}
    if _is_other(boxes[edge]) or len(forms) < 2 or len(theirs) < 2 or set(theirs) & leave_out:
        return False
    if all(form.replace(".", "").isdecimal() for form in forms) or len(answers) > 12:
        return False
    shared = all(len(forms & set(boxes[k].forms)) >= 2 for k in theirs if boxes[k].filled)
    return forms <= answers and shared and not forms & mine


def _box_among_answers(
    boxes: dict[int, BoxColumn], edge: int, *, own: Sequence[int], theirs: Sequence[int]
) -> bool:
    box = boxes[edge]
    if not _is_ticked(box) or len(own) < 2 or not theirs:
        return False
    if any(k not in boxes or box.label in boxes[k].forms for k in own):
        return False
    answers = [set(boxes[k].forms) for k in own]
    shared = set.intersection(*answers)
    ticked = sum(_is_ticked(boxes[k]) for k in theirs)
    return len(shared) >= 2 and 2 * ticked > len(theirs) and ticked >= 2


def _one_of(
    export: Export,
    boxes: dict[int, BoxColumn],
    edge: int,
    *,
    own: Sequence[int],
    theirs: Sequence[int],
) -> bool:
    if not _is_ticked(boxes[edge]) or not theirs or any(k not in boxes for k in (*own, *theirs)):
        return False
    if not all(_is_ticked(boxes[k]) for k in (*own, *theirs)):
        return False
    mine = np.sum([_filled(export, k) for k in own], axis=0)
    other = np.sum([_filled(export, k) for k in theirs], axis=0)
    edged = _filled(export, edge)
    if mine.max(initial=0) != 1 or (other + edged).max(initial=0) != 1:
        return False
    answered = mine > 0
    if int((answered & edged).sum()) < 5 or len(own) + len(theirs) < 3:
        return False
    whole = int(((other + edged) > 0)[answered].sum())
    without = int((other > 0)[answered].sum())
    total = int(answered.sum())
    return 20 * whole >= 19 * total and 20 * without < 19 * total and 20 * total >= 19 * len(mine)


def _filled(export: Export, position: int) -> np.ndarray:
    """Return which records hold something in a column."""
    column = export.grid.cells.column(position - 1).combine_chunks()
    blank = np.array([not text for text in column.dictionary.to_pylist()], dtype=bool)
    return ~blank[column.indices.to_numpy(zero_copy_only=False)[export.header_rows :]]


def _is_ticked(box: BoxColumn) -> bool:
    """Tell whether a column is a check box beyond doubt: at least two cells, all its label."""
    return box.own == box.filled >= 2 and not _is_other(box)
