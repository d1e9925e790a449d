"""Typeform, responses as CSV or workbook: one header row, a token first, dates last.

In: recognising such a file and its questions. Not in: what cells look like (`cell_shapes`).

The columns of a multiple choice are titled with the bare choice: the question itself is not in the
file. Columns side by side whose cells only repeat their heading are therefore one question, which
ends where a choice would stand twice or where typed text (“Other”) follows; it has no title.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.export import Export, ExportColumn, ExportQuestion, QuestionKind
from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.platforms.cell_shapes import (
    clean,
    identify_a_person,
    in_order,
    kind_of,
    uncounted,
)
from observatoire_pipeline.ingest.platforms.interface import Platform
from observatoire_pipeline.ingest.sniff import CsvFormat

HEADER_ROWS = 1

TYPEFORM = Platform(
    name="typeform",
    title="Typeform",
    metadata={
        "respondent_id": ("#",),
        "started_at": ("Start Date (UTC)",),
        "ended_at": ("Submit Date (UTC)",),
        "staged_at": ("Stage Date (UTC)",),
        "network_id": ("Network ID",),
        "response_type": ("Response Type",),
        "tags": ("Tags",),
        "ending": ("Ending",),
    },
    personal=frozenset({"network_id"}),
    repeatable=frozenset(),
    response_words=(),
    open_words=(),
)

_TOKEN = re.compile(r"[0-9a-z]{16,40}")
_EMPHASIS = re.compile(r"(\*{1,3}|_{2})(\S(?:.*?\S)?)\1")
_OTHER = frozenset({"other", "autre", "andere", "otro", "altro", "outro", "sonstiges"})


def certainty(head: Sequence[Sequence[str]]) -> int:
    """Return how sure it is that the first records are those of a Typeform export.

    Args:
        head: The first non-blank records, header included.
    """
    if len(head) < 2:
        return 0
    fields = {TYPEFORM.field_of(cell) for cell in head[0] if cell.strip() not in ("", "#")}
    dated = len(fields & {"started_at", "ended_at", "network_id", "staged_at"})
    tokens = all(_TOKEN.fullmatch(row[0].strip()) for row in head[1:])
    if head[0][0].strip() == "#" and tokens:
        return 95 if dated else 40
    return 90 if dated >= 2 else 0


def read(grid: Grid) -> Export:
    """Return what a Typeform export holds.

    Args:
        grid: Its records, one header row included.
    """
    headers = [*grid.head[0], *[""] * (grid.width - len(grid.head[0]))]
    titles = uncounted([_EMPHASIS.sub(r"\2", clean(header)) for header in headers])
    cells = {k: grid.distinct(k, below=HEADER_ROWS) for k in range(1, grid.width + 1)}
    fields: dict[int, str] = {}
    for k, header in enumerate(headers, start=1):
        field = "respondent_id" if header.strip() == "#" else None
        field = field or (TYPEFORM.field_of(header) if header.strip("# ") else None)
        if field is not None and field not in fields.values():
            fields[k] = field
    asked = [k for k in cells if k not in fields and titles[k - 1]]
    ticked = {
        k
        for k in asked
        if [normalise_label(clean(text)) for text in cells[k][0]]
        == [normalise_label(titles[k - 1])]
    }
    groups = _groups(titles, asked, ticked, empty={k for k in asked if not cells[k][0]})
    questions: list[ExportQuestion] = []
    columns: dict[int, ExportColumn] = {}
    firsts: dict[str, int] = {}
    for group in groups:
        choices = [k for k in group if k in ticked or not cells[k][0]]
        several = bool(set(group) & ticked)
        title = "" if several else titles[group[0] - 1]
        items = tuple(titles[k - 1] for k in group) if several else ()
        kind: QuestionKind = "multiple" if several else kind_of(*cells[group[0]])
        options = items if several else in_order(cells[group[0]][0]) if kind == "single" else ()
        first = firsts.setdefault(normalise_label(title), group[0]) if title else group[0]
        same_as = 0 if first == group[0] else first
        questions.append(
            ExportQuestion(group[0], title, kind, tuple(group), options, items, same_as)
        )
        for k in group:
            typed = ("other" if several else "answer") if k not in choices or not several else ""
            columns[k] = ExportColumn(
                position=k,
                headers=(headers[k - 1],),
                title=title,
                label=titles[k - 1] if several else "",
                role="personal"
                if k not in ticked and identify_a_person(titles[k - 1], cells[k][0])
                else "question",
                question=group[0],
                item=titles[k - 1] if several else "",
                text_of=typed if several or kind == "text" else "",  # type: ignore[arg-type]
                cells_in=int(cells[k][1].sum()),
            )
    for k, (texts, counts) in cells.items():
        if k in columns:
            continue
        field = fields.get(k, "")
        role = "personal" if field in TYPEFORM.personal else "metadata"
        if not field:
            role = "extra" if texts else "blank"
        columns[k] = ExportColumn(
            position=k,
            headers=(headers[k - 1],),
            title=titles[k - 1],
            label="",
            role=role,  # type: ignore[arg-type]
            field=field,
            cells_in=int(counts.sum()),
        )
    return Export(
        platform=TYPEFORM.name,
        layout="expanded" if ticked else "condensed",
        header_rows=HEADER_ROWS,
        grid=grid,
        columns=tuple(columns[k] for k in sorted(columns)),
        questions=tuple(questions),
    )


def _groups(
    titles: Sequence[str], asked: Sequence[int], ticked: set[int], *, empty: set[int]
) -> list[list[int]]:
    """Return the columns of each question.

    A choice that nobody ticked is an empty column: it belongs to the choices around it.
    """
    groups: list[list[int]] = []
    closed = True
    for k in asked:
        last = groups[-1] if groups else []
        goes_on = (
            not closed
            and last[-1] == k - 1
            and titles[k - 1] not in {titles[other - 1] for other in last}
        )
        is_other = normalise_label(titles[k - 1]) in _OTHER
        later = next((j for j in asked if j > k and j not in empty), 0)
        tail = later in ticked or (later and normalise_label(titles[later - 1]) in _OTHER)
        between = k in empty and not is_other and goes_on and tail
        if goes_on and (k in ticked or is_other or between):
            last.append(k)
            closed = is_other
        else:
            groups.append([k])
            closed = k not in ticked
    return groups


class TypeformReader:
    """Reads the responses of a Typeform form."""

    name = TYPEFORM.name
    platform = TYPEFORM

    def recognise(self, grid: Grid, *, sheets: Sequence[str] = ()) -> int:
        """Return how sure it is that the file is Typeform's, from 0 to 100."""
        return certainty(grid.head)

    def read(self, grid: Grid, *, file: str, csv: CsvFormat | None) -> Export:
        """Return the export as its columns and cells show it."""
        return read(grid)
