"""What a table is: one declaration, from which every schema is made.

In: the classes of a declaration. Not in: which tables there are (`catalogue`), and what is made of
a declaration (`frames`, `pandera_schema`, `sql_schema`, `dictionary`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

ColumnType = Literal["text", "integer", "number", "boolean", "timestamp", "coded", "binary"]
Stage = Literal["ingest", "validate", "normalise", "longitudinal", "marts", "charts"]


@dataclass(frozen=True)
class Column:
    """One column: its type, unit and meaning.

    Attributes:
        name: ASCII snake_case.
        type: `coded` is an unordered category without nulls, over `vocabulary`.
        description: What a value means, in English.
        nullable: Whether a cell may be empty.
        unit: Unit of measure of a number, if it has one.
        vocabulary: The categories of a coded column, in order.
    """

    name: str
    type: ColumnType
    description: str
    nullable: bool = False
    unit: str | None = None
    vocabulary: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its key, its columns.

    Attributes:
        name: The name of the table and of the Dagster asset.
        stage: Where it is made.
        grain: What one row is, in words: "a ...".
        key: Columns whose values together identify a row.
        columns: The declared columns, in order.
        extra_columns: Pattern of further text columns (the `c001`... of a raw table), or None.
        microdata: Whether rows speak of single respondents; such a table is published apart.
        published: Whether the table is part of a release.
        per_edition: Whether it is stored as one partition for each edition.
    """

    name: str
    stage: Stage
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    extra_columns: re.Pattern[str] | None = None
    microdata: bool = False
    published: bool = False
    per_edition: bool = False
    _by_name: dict[str, Column] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_name.update({column.name: column for column in self.columns})
        if len(self._by_name) != len(self.columns):
            names = [column.name for column in self.columns]
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"table {self.name} declares twice: {', '.join(twice)}")
        unknown = set(self.key) - set(self._by_name)
        if unknown:
            raise ValueError(f"table {self.name}: key columns not declared: {sorted(unknown)}")

    def column(self, name: str) -> Column:
        """Return the column of that name (KeyError when it is not declared)."""
        return self._by_name[name]

    @property
    def column_names(self) -> list[str]:
        """The names of the declared columns, in order."""
        return [column.name for column in self.columns]
