"""Where the headers end, which columns belong together, and which hold metadata.

In: the first rows and the shape of the columns → header rows, groups of columns, metadata located
by the platform's names and, where the names are unknown, by structure.
Not in: what a question column maps to (`matching`), which needs the codebook.

Two header rows are read: the title of a question on the first column of its group only, and under
it a label, or the platform's word for "Response". Every other shape is refused by name.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.platforms import SURVEYMONKEY, Platform
from observatoire_pipeline.ingest.refusal import Problem, RefusedExport, column_place, refuse, shown

Role = Literal["metadata", "personal", "question", "blank", "unknown"]
HEADER_ROWS = 2

_RESPONDENT = re.compile(r"\d{8,12}")
_COLLECTOR = re.compile(r"\d{6,12}")
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?|\d{1,2}/\d{1,2}/\d{2,4} \d{1,2}:\d\d(:\d\d)?( [AP]M)?"
)
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}", re.IGNORECASE)
_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class HeaderColumn:
    """One column as its headers show it.

    Attributes:
        position: Place in the file, from 1.
        title: First header row as found.
        label: Second header row as found.
        group: Number of its group, from 1.
        group_title: Title of the group, found on its first column.
        role: What it holds, as far as the headers and the shape of the cells tell; `unknown` when
            they do not.
        field: Metadata field; empty for other roles.
        cells_in: Non-blank cells under the header.
    """

    position: int
    title: str
    label: str
    group: int
    group_title: str
    role: Role
    field: str
    cells_in: int


@dataclass(frozen=True)
class Layout:
    """The headers of one file.

    Attributes:
        platform: Whose export it is.
        header_rows: Number of header rows.
        columns: Every column of the file.
        response_words: Normal forms of what the second row says over a question of one column.
        expanded: Whether no column says "Response" over a closed question: then each choice has a
            column, or there is no closed question.
    """

    platform: Platform
    header_rows: int
    columns: tuple[HeaderColumn, ...]
    response_words: frozenset[str]
    expanded: bool

    def groups(self) -> list[list[HeaderColumn]]:
        """Return the question columns by group, in the order of the file."""
        found: dict[int, list[HeaderColumn]] = {}
        for column in self.columns:
            if column.role in ("question", "unknown"):
                found.setdefault(column.group, []).append(column)
        return list(found.values())


def read_layout(grid: Grid, *, file: str) -> Layout:
    """Return the headers of a file.

    Args:
        grid: Its records.
        file: Its name for messages.

    Raises:
        RefusedExport: the headers are not two rows of a known platform, a metadata field stands
            twice, or cells stand under no header; lists every such place.
    """
    platform = SURVEYMONKEY
    _check_header_rows(grid, platform=platform, file=file)
    if len(grid.rows) == HEADER_ROWS:
        raise refuse(
            file,
            f"row {grid.rows[-1]}",
            found="two header rows and no response",
            expected="at least one response",
            hint="the filter of the export leaves nobody, or the survey is not open yet",
        )
    titles = [_unmarked(cell) for cell in grid.head[0]]
    labels = [_unmarked(cell) for cell in grid.head[1]]
    counts = [grid.cells_in(k, below=HEADER_ROWS) for k in range(1, grid.width + 1)]
    fields = _locate_metadata(grid, titles=titles, labels=labels, counts=counts, platform=platform)
    columns = _group(titles=titles, labels=labels, counts=counts, fields=fields, platform=platform)
    problems = [*_twice(columns, platform=platform, file=file), *_headless(columns, file=file)]
    if problems:
        raise RefusedExport(problems)
    words = _response_words(columns, platform=platform)
    closed = words - _forms(platform.open_words)
    return Layout(
        platform=platform,
        header_rows=HEADER_ROWS,
        columns=tuple(columns),
        response_words=frozenset(words),
        expanded=not any(
            normalise_label(column.label) in closed for column in columns if column.field == ""
        ),
    )


def _unmarked(cell: str) -> str:
    return cell.strip("\ufeff\x00")


def _forms(words: tuple[str, ...]) -> set[str]:
    return {normalise_label(word) for word in words}


def _check_header_rows(grid: Grid, *, platform: Platform, file: str) -> None:
    """Refuse, by name, a file that has not two header rows."""
    expected = "two header rows: question titles, then choices or “Response”"
    head = grid.head
    if len(head) < HEADER_ROWS:
        raise refuse(
            file,
            f"row {grid.rows[0] if len(grid.rows) else 1}",
            found=f"{len(head)} row(s)",
            expected=expected,
            hint="the file holds no response",
        )
    words = _forms(platform.response_words) | _forms(platform.open_words)
    spoken = [sum(normalise_label(cell) in words for cell in row) for row in head]
    named = [k for k, cell in enumerate(head[0]) if platform.field_of(cell)]
    named_below = [k for k, cell in enumerate(head[1]) if platform.field_of(cell)]
    row = int(grid.rows[0])
    if sum(map(bool, head[0])) == 1 and sum(map(bool, head[1])) > 2 and not named:
        raise refuse(
            file,
            f"row {row}",
            found="a title line above the header",
            expected=expected,
            hint="remove the lines above the header row",
        )
    if spoken[0] and not spoken[1]:
        raise refuse(
            file,
            f"row {row}",
            found="the labels (“Response”) in the first row",
            expected=expected,
            hint="the row of question titles is missing: export it again",
        )
    later = spoken[2] if len(spoken) > 2 else 0
    if (later and not spoken[1]) or (len(named_below) > len(named)):
        raise refuse(
            file,
            f"rows {row} to {row + 2}",
            found="three header rows",
            expected=expected,
            hint="remove the row above the question titles",
        )
    if spoken[1]:
        return
    if named:
        under = [head[1][k] for k in named]
        blank = all(
            not label or normalise_label(label) == normalise_label(head[0][k])
            for k, label in zip(named, under, strict=True)
        )
        if blank and any(head[1]):
            return
    elif _has_ticked_continuation(grid):
        return
    raise refuse(
        file,
        f"row {row}",
        found="a single header row, or an unknown platform",
        expected=expected,
        hint="the second header row was deleted: export “All Responses Data” again",
    )


def _has_ticked_continuation(grid: Grid) -> bool:
    """Tell whether a column without title holds nothing but its label: the mark of check boxes."""
    for k, (title, label) in enumerate(zip(grid.head[0], grid.head[1], strict=True)):
        if not title and label:
            texts, _ = grid.distinct(k + 1, below=HEADER_ROWS)
            if texts == [label]:
                return True
    return False


def _locate_metadata(
    grid: Grid, *, titles: list[str], labels: list[str], counts: list[int], platform: Platform
) -> dict[int, str]:
    """Return the field of each metadata column by its index, from 0.

    A column is metadata when the second header row is blank (or repeats the name) and its title is
    a known name. In the leading columns without label, a field that no name gave is found by what
    its cells look like.
    """
    fields: dict[int, str] = {}
    bare = [
        not label or normalise_label(label) == normalise_label(title)
        for title, label in zip(titles, labels, strict=True)
    ]
    for k, title in enumerate(titles):
        field = platform.field_of(title) if title and bare[k] else None
        if field is not None:
            fields[k] = field
    leading = next((k for k, is_bare in enumerate(bare) if not is_bare), len(bare))
    for k in range(leading):
        if k not in fields and counts[k]:
            field = _field_by_shape(grid, k + 1, known=set(fields.values()))
            if field is not None:
                fields[k] = field
    return fields


def _field_by_shape(grid: Grid, position: int, *, known: set[str]) -> str | None:
    texts, counts = grid.distinct(position, below=HEADER_ROWS)

    def all_like(pattern: re.Pattern[str]) -> bool:
        return all(pattern.fullmatch(text.strip()) for text in texts)

    unique = bool(np.all(counts == 1))
    if "respondent_id" not in known and position == 1 and unique and all_like(_RESPONDENT):
        return "respondent_id"
    few = len(texts) <= max(1, int(counts.sum()) // 2)
    if "collector_id" not in known and few and all_like(_COLLECTOR):
        return "collector_id"
    if all_like(_MOMENT):
        return next((f for f in ("started_at", "ended_at") if f not in known), None)
    if all_like(_ADDRESS):
        return "ip_address"
    if all_like(_MAILBOX):
        return "email"
    return None


def _group(
    *,
    titles: list[str],
    labels: list[str],
    counts: list[int],
    fields: dict[int, str],
    platform: Platform,
) -> list[HeaderColumn]:
    """Return the columns with their group: a title opens one, blank titles go on with it."""
    columns: list[HeaderColumn] = []
    group, open_title = 0, None
    first_label = next((k for k, label in enumerate(labels) if label), len(labels))
    for k, (title, label) in enumerate(zip(titles, labels, strict=True)):
        field = fields.get(k, "")
        if field:
            role: Role = "personal" if field in platform.personal else "metadata"
        elif label:
            role = "question"
        else:
            bare = not counts[k] and (not title or k < first_label)
            role = "blank" if bare else "unknown"
        goes_on = role == "question" and not title and open_title is not None
        if not goes_on:
            group += 1
            open_title = title if role == "question" and title else None
        columns.append(
            HeaderColumn(
                position=k + 1,
                title=title,
                label=label,
                group=group,
                group_title=(open_title or "") if role == "question" else title,
                role=role,
                field=field,
                cells_in=counts[k],
            )
        )
    return columns


def _response_words(columns: list[HeaderColumn], *, platform: Platform) -> set[str]:
    """Return the words for "Response": those known, and those of two or more lone columns."""
    questions = [column for column in columns if column.role == "question"]
    sizes = Counter(column.group for column in questions)
    lone = Counter(normalise_label(c.label) for c in questions if sizes[c.group] == 1)
    local = [word for word, count in lone.most_common(2) if count >= 2]
    return {*_forms(platform.response_words), *_forms(platform.open_words), *local}


def _twice(columns: list[HeaderColumn], *, platform: Platform, file: str) -> list[Problem]:
    problems: list[Problem] = []
    first: dict[str, HeaderColumn] = {}
    for column in columns:
        if not column.field or column.field in platform.repeatable:
            continue
        earlier = first.setdefault(column.field, column)
        if earlier is not column:
            problems.append(
                Problem(
                    file,
                    column_place(column.position),
                    f"{shown(column.title)}, a second column of {column.field}",
                    f"only {column_place(earlier.position)}, {shown(earlier.title)}",
                    "remove one of them",
                )
            )
    return problems


def _headless(columns: list[HeaderColumn], *, file: str) -> list[Problem]:
    return [
        Problem(
            file,
            column_place(column.position),
            f"{column.cells_in} cell(s) under a blank header",
            "a title and a label, or an empty column",
            "rows may have shifted: export it again; remove columns added by hand",
        )
        for column in columns
        if column.role == "unknown" and not column.title
    ]
