"""A reader of sample exports for these tests: it knows the codebook and no module of the package's
reader or of the generator.

In: export → tallies of codes. Not in: any repair; a heading or a cell that is not found is a
failure of the test.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.codebook.models import CUT_MARK

PLATFORM_COLUMNS = 9


def grid(path: Path) -> list[list[object]]:
    """Return every cell of an export, header rows first."""
    if path.suffix == ".xlsx":
        from python_calamine import CalamineWorkbook

        return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            (name,) = archive.namelist()
            text = archive.read(name).decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text)))
    text = path.read_bytes().decode("cp1252")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


@dataclass
class Export:
    """Unique rows of an export: (variable, item, instance) → one code, rank or text a row."""

    titles: list[str]
    labels: list[str]
    rows: list[list[object]]
    twice: int
    columns: list[tuple[str, str | None, int, str | None]]
    cells: dict[tuple[str, str | None, int], list[str]] = field(default_factory=dict)

    def tally(self, variable: str, item: str | None = None) -> Counter[str]:
        """Return code → units, over all instances."""
        found: Counter[str] = Counter()
        for (name, own, _), values in self.cells.items():
            if name == variable and own == item:
                found.update(value for value in values if value)
        return found

    def answered(self, variable: str) -> int:
        """Return the units that filled anything of a question."""
        instances = {k for name, _, k in self.cells if name == variable}
        return sum(
            any(
                values[row]
                for (name, _, k), values in self.cells.items()
                if name == variable and k == instance
            )
            for instance in instances
            for row in range(len(self.rows))
        )


def read_export(path: Path, *, codebook: Codebook, edition: str) -> Export:
    """Return the answers of an export, without the rows that stand twice."""
    cells = grid(path)
    titles, labels = [str(c) for c in cells[0]], [str(c) for c in cells[1]]
    unique = [list(row) for row in dict.fromkeys(tuple(row) for row in cells[2:])]
    for position in range(PLATFORM_COLUMNS + 1, len(titles)):
        titles[position] = titles[position] or titles[position - 1]
    columns = [
        _column(titles[k], labels[k], codebook, edition)
        for k in range(PLATFORM_COLUMNS, len(titles))
    ]
    export = Export(titles, labels, unique, len(cells) - 2 - len(unique), columns)
    for offset, (variable, item, instance, code) in enumerate(columns):
        values = export.cells.setdefault((variable, item, instance), [""] * len(unique))
        for row, line in enumerate(unique):
            cell = line[PLATFORM_COLUMNS + offset]
            text = str(int(cell)) if isinstance(cell, float) else str(cell)
            if text == "":
                continue
            assert values[row] == "", f"two answers to {variable} in row {row}"
            values[row] = _code(text, code, variable, item, codebook, edition)
    for (variable, item, instance), values in list(export.cells.items()):
        # Expanded: what stands in the box of "autre" is all that tells that it was chosen.
        if item is not None and item == codebook.variables[variable].other:
            chosen = export.cells[(variable, None, instance)]
            chosen[:] = [
                code or (item if text else "") for code, text in zip(chosen, values, strict=True)
            ]
    return export


def _column(
    title: str, label: str, codebook: Codebook, edition: str
) -> tuple[str, str | None, int, str | None]:
    def same(known: str, shown: str) -> bool:
        if CUT_MARK in known:
            start = normalise_label(known.replace(CUT_MARK, ""))
            return normalise_label(shown).startswith(start)
        return normalise_label(known) == normalise_label(shown)

    group = [c for c in codebook.expected_columns(edition) if same(c.title, title)]
    assert group, f"no question has the title {title!r}"
    variable, instance = group[0].variable, group[0].instance
    entry = codebook.variables[variable]
    for column in group:
        if column.label is not None and same(column.label, label):
            return variable, column.item, instance, None
    if label in ("Response", "Open-Ended Response"):
        return variable, None, instance, None
    scale = codebook.scale_of(variable, edition)
    assert scale is not None, f"{variable}: no column {label!r}"
    known = codebook.answer_labels(scale.scale, edition)
    if entry.kind == "matrix":
        for column in group:
            start = normalise_label(column.label or "") + " - "
            if normalise_label(label).startswith(start):
                code = known.find(normalise_label(label).removeprefix(start))
                assert code is not None, f"{variable}: no answer {label!r}"
                return variable, column.item, instance, code
    code = known.find(label)
    assert code is not None, f"{variable}: no column {label!r}"
    return variable, None, instance, code


def _code(
    text: str,
    code: str | None,
    variable: str,
    item: str | None,
    codebook: Codebook,
    edition: str,
) -> str:
    entry = codebook.variables[variable]
    if entry.kind == "multiple":
        return text if entry.item(item or "").text else "selected"
    if item in (entry.other, entry.comment) and item is not None:
        return text
    if entry.kind in ("text", "number", "ranking"):
        return text
    scale = codebook.scale_of(variable, edition)
    assert scale is not None
    found = codebook.answer_labels(scale.scale, edition).find(text)
    assert found is not None, f"{variable}: no answer {text!r}"
    assert code in (None, found), f"{variable}: {text!r} under the heading of {code}"
    return found
