"""A declared table in words: the data dictionary, and the Table Schema beside each file.

In: Markdown for people, Frictionless Table Schema for programs, both from the declaration and the
codebook alone. Not in: writing files (`cli`, `publish.release`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from observatoire_pipeline.codebook.codebook import STANDARD_LABELS, Codebook, CodedColumn
from observatoire_pipeline.codebook.models import MISSING_KINDS
from observatoire_pipeline.tables.model import Column, Table

_FRICTIONLESS_TYPES = {
    "text": "string",
    "coded": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "timestamp": "datetime",
    "binary": "string",
}


def table_schema(table: Table) -> dict[str, Any]:
    """Return the Frictionless Table Schema of a table.

    An empty text is a value ("" means none), and Table Schema reads it as missing: so text columns
    are not `required`, every other column that has no nulls is. A table with extra columns has no
    schema of its own, because they follow each file.

    Raises:
        ValueError: the table has extra columns.
    """
    if table.extra_columns is not None:
        raise ValueError(f"{table.name}: its columns follow each file")
    return {
        "name": table.name,
        "description": f"One row is {table.grain}.",
        "fields": [_field(column) for column in table.columns],
        "primaryKey": list(table.key),
        "missingValues": [""],
    }


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": _FRICTIONLESS_TYPES[column.type],
        "description": column.description,
    }
    if column.type == "timestamp":
        field["format"] = "any"
    if column.type == "binary":
        field["format"] = "binary"
    if column.unit is not None:
        field["unit"] = column.unit
    constraints: dict[str, Any] = {}
    if not column.nullable and column.type != "text":
        constraints["required"] = True
    if column.type == "coded":
        constraints["enum"] = list(column.vocabulary)
    if constraints:
        field["constraints"] = constraints
    return field


def data_dictionary(tables: Iterable[Table], codebook: Codebook) -> str:
    """Return the data dictionary in Markdown: tables by stage, then the vocabularies they use.

    A vocabulary is told once, under the name of the scale it comes from; its codes stand with the
    labels that a reader of the survey sees. The seven kinds of missing close the vocabulary of
    every question and are told once for all.
    """
    tables = list(tables)
    names = _VocabularyNames(codebook)
    parts = [
        "# Data dictionary",
        "",
        f"Tables of the survey “{codebook.survey.title}”. Generated from the declarations of the",
        "tables and from the codebook: edit those, not this page.",
        "",
        "Text columns hold an empty text for “none”. Coded columns have no empty cells: after the",
        "answers, their codes end with the [kinds of missing](#kinds-of-missing).",
        "",
    ]
    body: list[str] = []
    stage = None
    for table in tables:
        if table.stage != stage:
            stage = table.stage
            body += [f"## {stage.capitalize()}", ""]
        body += _table_section(table, names)
    parts += ["| table | stage | one row is |", "| --- | --- | --- |"]
    parts += [f"| [{t.name}](#{t.name}) | {t.stage} | {_cell(t.grain)} |" for t in tables]
    parts += ["", *body, *names.sections()]
    return "\n".join(parts).rstrip() + "\n"


def _table_section(table: Table, names: _VocabularyNames) -> list[str]:
    facts = [f"One row is {table.grain}.", f"Key: {_codes(table.key)}."]
    if table.per_edition:
        facts.append("Stored by edition.")
    if table.microdata:
        facts.append("Microdata: rows speak of single respondents.")
    if table.published:
        facts.append("Published apart." if table.microdata else "Part of a release.")
    lines = [f"### {table.name}", "", " ".join(facts), ""]
    lines += ["| column | type | unit | null | meaning |", "| --- | --- | --- | --- | --- |"]
    for column in table.columns:
        kind: str = column.type
        if column.type == "coded":
            name = names.name_of(table, column)
            kind = f"[{name}](#{_anchor(name)})"
        lines.append(
            f"| `{column.name}` | {kind} | {_cell(column.unit or '')} "
            f"| {'yes' if column.nullable else ''} | {_cell(column.description)} |"
        )
    if table.extra_columns is not None:
        pattern = _cell(table.extra_columns.pattern)
        lines.append(f"| `{pattern}` | text | | | Further columns, by position in the file. |")
    return [*lines, ""]


class _VocabularyNames:
    """Gives each distinct vocabulary one name, and remembers those that were asked for."""

    def __init__(self, codebook: Codebook) -> None:
        self._codebook = codebook
        self._coded: dict[str, CodedColumn] = {
            coded.name: coded
            for repeated in (False, True)
            for coded in codebook.table_columns(repeated=repeated)
        }
        self._names: dict[tuple[str, ...], str] = {}
        self._first: dict[tuple[str, ...], CodedColumn | None] = {}

    def name_of(self, table: Table, column: Column) -> str:
        """Return the name of a coded column's vocabulary: scale, kind of question, or column."""
        if column.vocabulary not in self._names:
            coded = self._coded.get(column.name)
            if coded is not None and coded.vocabulary != column.vocabulary:
                coded = None
            name = f"{table.name}.{column.name}" if coded is None else self._name(coded)
            taken = set(self._names.values())
            if name in taken:
                name = f"{name} ({table.name}.{column.name})"
            self._names[column.vocabulary] = name
            self._first[column.vocabulary] = coded
        return self._names[column.vocabulary]

    def _name(self, coded: CodedColumn) -> str:
        variable = coded.variable
        if coded.coding is not None:
            return "theme of a typed text"
        scales = [scale.scale for scale in self._codebook.scales_of(variable.variable)]
        if scales:
            return " + ".join(scales)
        if variable.kind == "multiple":
            return "multiple choice"
        if variable.kind == "ranking":
            return f"ranking of {len(variable.items)}"
        return "text or number"

    def sections(self) -> list[str]:
        """Return the vocabularies that were asked for, and the kinds of missing."""
        standard = STANDARD_LABELS[self._codebook.survey.language]
        lines = ["## Vocabularies", ""]
        for vocabulary, name in self._names.items():
            coded = self._first[vocabulary]
            own = [code for code in vocabulary if coded is None or code not in MISSING_KINDS]
            lines += [f"### {name}", ""]
            if coded is None:
                lines += [f"Codes: {_codes(own)}.", ""]
                continue
            lines += ["| code | label |", "| --- | --- |"]
            for code in own:
                entry = self._codebook.code_entry(coded.variable.variable, code)
                label = standard[code] if entry is None else entry.label
                lines.append(f"| `{code}` | {_cell(label)} |")
            lines.append("")
        lines += ["### Kinds of missing", "", "| code | label |", "| --- | --- |"]
        lines += [f"| `{kind}` | {_cell(standard[kind])} |" for kind in MISSING_KINDS]
        return [*lines, ""]


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _anchor(heading: str) -> str:
    """Return the anchor that Markdown sites give a heading."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")
