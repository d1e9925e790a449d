"""The rules in their order: over the records, then over the labels, then over the whole export.

In: which rule runs when, and what each is given. Not in: any rule.

A repair of a heading may change what a platform's module reads, so that repairs end before it reads
for the last time: `mend_records`, read, `mend_export`, read again if records changed,
`check_export`.
"""

from __future__ import annotations

from collections.abc import Collection

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.ingest.damage.encodings import mend_texts
from observatoire_pipeline.ingest.damage.programs import mend_blank_words, mend_r_headings
from observatoire_pipeline.ingest.damage.rewriting import mendable_texts, rewrite
from observatoire_pipeline.ingest.damage.spreadsheet import (
    LabelColumn,
    is_scientific,
    mend_labels,
    mend_serial_dates,
    scientific_identifiers,
    short_postal_codes,
)
from observatoire_pipeline.ingest.damage.structure import (
    bare_returns,
    box_columns,
    check_boxes,
    headers_out_of_step,
    index_column,
    mend_headings,
    repeated_identifiers,
    without_notes,
    without_repeated_headers,
    without_totals,
)
from observatoire_pipeline.ingest.export import Damage, Export
from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.refusal import Problem, column_place

Found = tuple[Damage, ...]


def known_labels(codebook: Codebook | None) -> frozenset[str]:
    """Return every title, label and answer that a codebook knows, of all editions."""
    if codebook is None:
        return frozenset()
    found: set[str] = set()
    for edition in codebook.edition_keys:
        for column in codebook.expected_columns(edition):
            found.update(text for text in (column.title, column.label) if text)
        for variable in {column.variable for column in codebook.expected_columns(edition)}:
            scale = codebook.scale_of(variable, edition)
            if scale is not None:
                found.update(codebook.answer_labels(scale.scale, edition).labels)
    return frozenset(found)


def mend_records(grid: Grid, *, known: Collection[str] = frozenset()) -> tuple[Grid, Found]:
    """Return the records with wrong alphabets and machine-made headings undone, and the report.

    Args:
        grid: The records, before their platform is known.
        known: Labels of the codebook or of other editions.
    """
    texts = mendable_texts(grid)
    mended = mend_texts(texts, known=known)
    if mended.changes:
        columns = {}
        for position, column in enumerate(grid.cells.columns, start=1):
            inside = column.combine_chunks().dictionary.to_pylist()
            changes = {text: mended.changes[text] for text in inside if text in mended.changes}
            if changes:
                columns[position] = changes
        grid = rewrite(grid, texts=columns)
    grid, unnamed = mend_headings(grid)
    grid, numbered = mend_r_headings(grid)
    grid, words = mend_blank_words(grid)
    return grid, (*mended.damage, *bare_returns(texts), *unnamed, *numbered, *words)


def mend_export(
    export: Export, *, known: Collection[str] = frozenset(), leave_out: bool = True
) -> tuple[Grid, Found]:
    """Return the records of an export with the spreadsheet's damage undone, and the report.

    The records are the very same object when nothing was changed; otherwise the export has to be
    read again from them.

    Args:
        export: The export as its platform's module read it.
        known: Labels of the codebook or of other editions.
        leave_out: Whether records that are no responses are left out; where each record has to be
            accounted for, they stay, and are rejected by name further on.
    """
    below = export.header_rows
    fields = {column.field: column.position for column in export.columns if column.field}
    grid = export.grid
    repeated: Found = ()
    totals: Found = ()
    notes: Found = ()
    if leave_out:
        grid, repeated = without_repeated_headers(grid, below=below)
        grid, notes = without_notes(grid, below=below)
        grid, totals = without_totals(grid, below=below, respondent=fields.get("respondent_id", 0))
    grid, serials = mend_serial_dates(
        grid,
        below=below,
        started_at=fields.get("started_at", 0),
        ended_at=fields.get("ended_at", 0),
    )
    labels = mend_labels(_label_columns(export), known=known, under_titles=below > 1)
    if labels.headers or labels.cells:
        grid = rewrite(
            grid,
            texts=labels.cells,
            below=below,
            headers={(below - 1, position): text for position, text in labels.headers.items()},
        )
    return grid, (*repeated, *notes, *totals, *serials, *labels.damage)


def check_export(export: Export, *, file: str) -> tuple[Found, tuple[Problem, ...]]:
    """Return the damage that is reported and not repaired, and the reasons to refuse the file."""
    below = export.header_rows
    measured = box_columns(export)
    found: list[Damage] = [*index_column(export), *headers_out_of_step(export, columns=measured)]
    boxes, problems = check_boxes(export, file=file, boxes=measured)
    found += boxes
    for column in export.columns:
        if column.role == "question":
            texts, counts = export.grid.distinct(column.position, below=below)
            heading = f"{column.title} {column.label}"
            short = short_postal_codes(heading, texts, counts.tolist(), position=column.position)
            found += [short] if short is not None else []
    respondent = next((c for c in export.columns if c.field == "respondent_id"), None)
    if respondent is not None:
        position = respondent.position
        texts, counts = export.grid.distinct(position, below=below)
        notation = scientific_identifiers(texts, counts.tolist(), position=position)
        if notation is not None:
            found.append(notation)
            if any(is_scientific(t) and n > 1 for t, n in zip(texts, counts, strict=True)):
                problem = Problem(
                    file,
                    column_place(position),
                    "identifiers in scientific notation that are no longer unique",
                    "one identifier for each respondent, in full",
                    "a spreadsheet cut them: export it again, and do not open it before",
                )
                problems = (*problems, problem)
        else:
            found += repeated_identifiers(export.grid, below=below, position=position)
    return tuple(found), problems


def cells_under(grid: Grid, *, below: int) -> int:
    """Return the number of non-blank cells under the header."""
    return sum(grid.cells_in(position, below=below) for position in range(1, grid.width + 1))


def _label_columns(export: Export) -> list[LabelColumn]:
    """Return the question columns with their lowest heading and distinct cells."""
    questions = {k: question.position for question in export.questions for k in question.columns}
    lowest = export.grid.head[export.header_rows - 1]
    found: list[LabelColumn] = []
    for column in export.columns:
        if column.role != "question":
            continue
        texts, counts = export.grid.distinct(column.position, below=export.header_rows)
        found.append(
            LabelColumn(
                position=column.position,
                question=questions.get(column.position, column.position),
                label=lowest[column.position - 1],
                texts=tuple(texts),
                counts=tuple(counts.tolist()),
                typed=bool(column.text_of),
            )
        )
    return found
