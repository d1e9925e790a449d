"""Rules on cells, question by question: what is rejected, and what nobody knows how to read.

In: one rule after another for the columns of one variable in one instance, each on distinct texts
or on whole columns of numbers. Not in: rules on rows (`rows`), the meaning of one text (`reading`).

A cell is rejected once, by the first rule that it breaks, in the order of `check_question`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.labels import LabelIndex
from observatoire_pipeline.codebook.models import NOT_RANKED, NOT_SELECTED, Variable
from observatoire_pipeline.validate.cells import Mask, RawColumn, Sheet
from observatoire_pipeline.validate.errors import ROWS_SHOWN, Findings, UnknownAnswer
from observatoire_pipeline.validate.filters import (
    active_filter,
    filter_instance,
    in_filter_order,
    shut_out,
)
from observatoire_pipeline.validate.parts import parts_of
from observatoire_pipeline.validate.reading import (
    Meaning,
    Read,
    items_asked,
    read_cells,
    use_of,
)

_RUN = 3
"""Adjacent check-box columns that hold other labels than their own: the columns have shifted."""


@dataclass
class _Checked:
    """A column of a question with the responses whose cell still stands."""

    read: Read
    standing: Mask


@dataclass
class _Content:
    """The state of a check of one edition."""

    sheet: Sheet
    edition: str
    codebook: Codebook
    findings: Findings
    checked: dict[tuple[str, int], list[_Checked]] = field(default_factory=dict)
    shut: dict[tuple[str, int], Mask] = field(default_factory=dict)
    parts: dict[tuple[str, str], list[_Checked]] = field(default_factory=dict)
    """By file and column: the parts of a column that answers several things."""

    def reject(self, of: _Checked, broken: Mask, rule: str, expected: str) -> None:
        """Reject the cells of a column at these responses, of those that still stand.

        A cell is one, whatever it holds: with a part of it all of it is rejected.
        """
        broken = broken & of.standing
        if not broken.any():
            return
        of.standing = of.standing & ~broken
        column, cells = of.read.column, of.read.cells
        if column.part is not None:
            for other in self.parts[column.source_id, column.column]:
                other.standing = other.standing & ~broken
            cells = self.sheet.cells(column.part.base)
        rows = self.sheet.row_numbers[column.source_id]
        for place in np.flatnonzero(broken):
            self.findings.rejected.append(
                {
                    "source_id": column.source_id,
                    "row": int(rows[place]),
                    "column": column.column,
                    "respondent_id": self.sheet.respondents[place],
                    "scope": "cell",
                    "outcome": "rejected",
                    "rule": rule,
                    "value": cells.texts[cells.index[place]],
                    "expected": expected,
                    "where": column.row_words(int(rows[place])),
                    "cells": 1,
                }
            )


def check_content(sheet: Sheet, *, edition: str, codebook: Codebook, findings: Findings) -> None:
    """Check every question of an edition; write what is found into `findings`.

    Rows may come in parts, as long as each response is whole: findings of parts are added up.
    """
    content = _Content(sheet, edition, codebook, findings)
    for variable in in_filter_order(edition, codebook=codebook):
        if variable.personal:
            continue
        for instance in range(
            1, codebook.block_of(variable.variable, edition).instances_in(edition) + 1
        ):
            check_question(content, variable, instance)


def check_question(content: _Content, variable: Variable, instance: int) -> None:
    """Apply the rules to the columns of one variable in one instance."""
    columns = []
    for raw in content.sheet.of_variable(variable.variable, instance):
        for part in parts_of(raw, edition=content.edition, codebook=content.codebook):
            read = read_cells(
                content.sheet.cells(part), edition=content.edition, codebook=content.codebook
            )
            columns.append(_Checked(read, read.cells.filled))
            if part.part is not None:
                content.parts.setdefault((raw.source_id, raw.column), []).append(columns[-1])
    key = (variable.variable, instance)
    content.checked[key] = columns
    content.shut[key] = _shut(content, variable, instance)

    _outside_filter(content, columns, content.shut[key], variable)
    for column in columns:
        _unread(content, column, variable)
        if variable.kind == "number" and column.read.use == "number":
            _out_of_range(content, column, variable)
    for slot in _slots(columns):
        _two_answers(content, slot)
    if variable.other is not None:
        _other_text(content, columns, variable)
    if variable.kind == "multiple":
        _exclusive(content, columns, variable)
    if variable.kind == "ranking":
        _ties(content, columns)


def _shut(content: _Content, variable: Variable, instance: int) -> Mask:
    nobody = np.zeros(len(content.sheet), dtype=bool)
    declared = active_filter(variable, edition=content.edition, codebook=content.codebook)
    if declared is None:
        return nobody
    key = (declared.variable, filter_instance(declared, instance, codebook=content.codebook))
    return shut_out(
        declared,
        content.codebook.variables[declared.variable],
        [(c.read, c.standing) for c in content.checked.get(key, [])],
        content.shut.get(key, nobody),
    )


def _outside_filter(
    content: _Content, columns: list[_Checked], shut: Mask, variable: Variable
) -> None:
    if variable.filter is None:
        return
    item = f", item {variable.filter.item}" if variable.filter.item else ""
    expected = (
        f"no answer, unless {variable.filter.variable}{item} is "
        f"{' or '.join(variable.filter.codes)}"
    )
    for column in columns:
        content.reject(column, shut, "answer_outside_filter", expected)


def _unread(content: _Content, column: _Checked, variable: Variable) -> None:
    """Deal with texts that mean nothing: an error for labels, a rejection for the others."""
    read = column.read
    broken = read.unread & column.standing
    if not broken.any():
        return
    if read.use == "label":
        _unknown_answers(content, column, broken)
        column.standing = column.standing & ~broken
    elif read.use == "unknown":
        _unknown_choices(content, column, broken, variable)
        column.standing = column.standing & ~broken
    elif read.use == "tick":
        first = int(np.flatnonzero(broken)[0])
        row = int(content.sheet.row_numbers[read.column.source_id][first])
        content.findings.shifted.setdefault((read.column.source_id, read.column.column), row)
        content.reject(column, broken, "checkbox_not_its_label", f"{read.column.label}, or blank")
    elif read.use == "rank":
        highest = items_asked(variable, edition=content.edition, codebook=content.codebook)
        content.reject(column, broken, "rank_unreadable", f"a rank from 1 to {highest}")
    else:
        unit = f" (in {variable.unit_of_measure})" if variable.unit_of_measure else ""
        content.reject(column, broken, "number_unreadable", f"one number{unit}, as in 1 234,5")


def _unknown_answers(content: _Content, column: _Checked, broken: Mask) -> None:
    raw = column.read.column
    scale = content.codebook.scale_of(raw.variable, content.edition)
    assert scale is not None  # kinds read by label have a scale (reading.read_cells)
    labels = content.codebook.answer_labels(scale.scale, content.edition)
    _note_unknown(content, column, broken, labels, scale=scale.scale, file="recodes.csv")


def _unknown_choices(content: _Content, column: _Checked, broken: Mask, variable: Variable) -> None:
    """Note the pieces of cells that are no choice of the question."""
    raw = column.read.column
    labels = LabelIndex(
        (text, item.item)
        for item in variable.items
        if (text := content.codebook.column_text(raw.variable, item.item, content.edition))
    )
    _note_unknown(content, column, broken, labels, scale=raw.variable, file="columns", choice=True)


def _note_unknown(
    content: _Content,
    column: _Checked,
    broken: Mask,
    labels: LabelIndex[str],
    *,
    scale: str,
    file: str,
    choice: bool = False,
) -> None:
    """Note each distinct text of the broken cells, with its rows and the nearest known labels."""
    raw, cells = column.read.column, column.read.cells
    rows = content.sheet.row_numbers[raw.source_id]
    for number in np.unique(cells.index[broken]):
        held = rows[broken & (cells.index == number)]
        text = cells.texts[int(number)]
        content.findings.unknown.append(
            UnknownAnswer(
                place=raw.words,
                label=text,
                count=len(held),
                rows=tuple(sorted(int(row) for row in held)[:ROWS_SHOWN]),
                nearest=tuple(labels.nearest(text)),
                scale=scale,
                edition=content.edition,
                recodes=str(content.codebook.root / file),
                order=(len(content.checked), raw.order, int(held.min())),
                choice=choice,
            )
        )


def _out_of_range(content: _Content, column: _Checked, variable: Variable) -> None:
    low, high = variable.minimum, variable.maximum
    outside = column.read.holds(
        [
            isinstance(value, float)
            and ((low is not None and value < low) or (high is not None and value > high))
            for value in column.read.meanings
        ]
    )
    bounds = [f"at least {low:g}"] if low is not None else []
    bounds += [f"at most {high:g}"] if high is not None else []
    content.reject(column, outside, "number_out_of_range", " and ".join(bounds))


def _slots(columns: list[_Checked]) -> list[list[_Checked]]:
    """Return the columns that answer one thing, together: those of one item."""
    found: dict[str, list[_Checked]] = {}
    for column in columns:
        found.setdefault(column.read.column.item, []).append(column)
    return list(found.values())


def _two_answers(content: _Content, slot: list[_Checked]) -> None:
    """Reject all cells of a slot that holds two different answers.

    They come from two boxes ticked for one choice in an expanded layout, or from a question that
    stands in several places and was answered differently.
    """
    if len(slot) < 2:
        return
    numbers: dict[Meaning, int] = {}
    first = np.full(len(content.sheet), -1, dtype=np.int64)
    clash = np.zeros(len(content.sheet), dtype=bool)
    for column in slot:
        bare = column.read.holds(column.read.own_label) & (column.read.use == "text")
        # A box ticked without a word typed agrees with any text typed beside it.
        given = np.where(column.standing & ~bare, column.read.numbered(numbers), -1)
        clash |= (first >= 0) & (given >= 0) & (given != first)
        first = np.where(first >= 0, first, given)
    for column in slot:
        content.reject(column, clash, "two_answers_for_one_question", "one answer")


def _other_text(content: _Content, columns: list[_Checked], variable: Variable) -> None:
    elsewhere = np.zeros(len(content.sheet), dtype=bool)
    for column in columns:
        if column.read.use in ("label", "tick"):
            other = column.read.holds([code == variable.other for code in column.read.meanings])
            elsewhere |= column.standing & ~other
    for column in columns:
        if column.read.column.item == variable.other and column.read.use == "text":
            content.reject(
                column,
                elsewhere,
                "other_text_beside_choice",
                f"a text only beside the choice {variable.other}",
            )


def _exclusive(content: _Content, columns: list[_Checked], variable: Variable) -> None:
    exclusive = {item.item for item in variable.items if item.exclusive}
    if not exclusive:
        return
    alone = np.zeros(len(content.sheet), dtype=bool)
    contradicted = np.zeros(len(content.sheet), dtype=bool)
    choices = [c for c in columns if c.read.column.item != (variable.comment or "")]
    items: dict[str, Mask] = {}
    for column in choices:
        name = column.read.column.item
        unticked = column.read.holds([code == NOT_SELECTED for code in column.read.meanings])
        given = column.standing & ~unticked
        items[name] = items.get(name, np.zeros(len(content.sheet), dtype=bool)) | given
    ticked = sum((mask.astype(np.int64) for mask in items.values()), np.zeros(len(alone), np.int64))
    for name in exclusive & items.keys():
        contradicted |= items[name] & (ticked > 1)
    words = ", ".join(sorted(exclusive))
    for column in choices:
        content.reject(
            column, contradicted, "exclusive_contradicted", f"nothing else beside {words}"
        )


def _ties(content: _Content, columns: list[_Checked]) -> None:
    numbers: dict[Meaning, int] = {NOT_RANKED: 0}
    given = {id(c): np.where(c.standing, c.read.numbered(numbers), 0) for c in columns}
    items: dict[str, np.ndarray] = {}
    for column in columns:
        name = column.read.column.item
        items[name] = np.maximum(items.get(name, given[id(column)]), given[id(column)])
    uses = {
        rank: sum((ranks == rank).astype(np.int64) for ranks in items.values())
        for rank in numbers.values()
        if rank > 0
    }
    tied = {
        id(column): np.logical_or.reduce(
            [(given[id(column)] == rank) & (used > 1) for rank, used in uses.items()]
            or [np.zeros(len(content.sheet), dtype=bool)]
        )
        for column in columns
    }
    for column in columns:
        content.reject(column, tied[id(column)], "rank_given_twice", "each rank once")


def tell_shift(columns: list[RawColumn], *, codebook: Codebook, findings: Findings) -> None:
    """Refuse a file in which a run of adjacent check-box columns holds labels of others."""
    boxes: dict[str, list[RawColumn]] = {}
    for column in columns:
        if column.role != "question":
            continue
        variable = codebook.variables[column.variable]
        if not variable.personal and use_of(column, variable) == "tick":
            boxes.setdefault(column.source_id, []).append(column)
    rows = findings.shifted
    for of_file in boxes.values():
        run: list[RawColumn] = []
        longest: list[RawColumn] = []
        for column in sorted(of_file, key=lambda box: box.position):
            if (column.source_id, column.column) not in rows:
                run = []
                continue
            follows = bool(run) and column.position == run[-1].position + 1
            run = [*run, column] if follows else [column]
            if len(run) >= _RUN and len(run) > len(longest):
                longest = run
        if longest:
            first = longest[0]
            row = rows[(first.source_id, first.column)]
            findings.problems.append(
                f"{first.row_words(row)}: {len(longest)} adjacent check-box columns hold texts "
                "that are not their own labels; the columns of this file have shifted from there: "
                "repair the file before anything is read from it"
            )
