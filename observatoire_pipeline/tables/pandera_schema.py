"""A declared table as a pandera schema, and what a frame fails of it.

In: the checks that follow from the declaration alone: columns, order, types, codes, nulls, key.
Not in: checks of what the values say (`validate.content`), and Dagster (`table_checks`).
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import pandas as pd

from observatoire_pipeline.tables.frames import dtype_of, is_text
from observatoire_pipeline.tables.model import Column, Table

if TYPE_CHECKING:
    import pandera.pandas as pa

EXAMPLES = 5
"""How many declared values a failure shows at most."""

_EXACT = "exact_dtypes"
_IDENTIFIER = re.compile(r"^[a-z][a-z0-9_]{0,62}$")


def schema_of(table: Table) -> pa.DataFrameSchema:
    """Return the pandera schema of a table: strict, ordered, with its key.

    Extra columns (the `c001`... of a raw table) are text, or categories of text, and may be
    absent. Types are compared exactly by one check of the whole frame and not column by column:
    pandera takes `object` for `str`, `int64` for `Int64`, does not look at the order of categories,
    on which tabulation by position rests, and spends more time on it than on all the rest.
    """
    import pandera.pandas as pa

    columns: dict[str, Any] = {
        column.name: pa.Column(nullable=column.nullable, description=column.description)
        for column in table.columns
    }
    if table.extra_columns is not None:
        columns[table.extra_columns.pattern] = pa.Column(regex=True, required=False)

    def exact_dtypes(frame: pd.DataFrame) -> bool:
        return not _dtype_differences(frame, table)

    return pa.DataFrameSchema(
        columns,
        checks=pa.Check(exact_dtypes, name=_EXACT, error="the dtypes are those declared"),
        strict=True,
        ordered=True,
        unique=list(table.key) or None,
        name=table.name,
        description=table.grain,
    )


def failures(frame: pd.DataFrame, table: Table) -> list[dict[str, Any]]:
    """Return everything in which the frame is not the table; empty when it is.

    Returns:
        One dictionary a failure, in the order of the columns:

        - `column`: its name (names of the key joined by `, ` for a duplicate key);
        - `check`: missing_column, undeclared_column, column_order, dtype, not_null, unique_key;
        - `count`: rows concerned; 1 when the column as a whole is;
        - `examples`: declared codes only. A value that was found may be personal, and this list is
          shown to people and stored with the run;
        - `expected`, `found`: names of types, for `dtype`.
    """
    import pandera.pandas as pa

    try:
        schema_of(table).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return _told(errors.schema_errors, frame, table)
    return []


def _told(errors: list[Any], frame: pd.DataFrame, table: Table) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}

    def tell(column: str, check: str, count: int, **more: Any) -> None:
        entry = {"column": column, "check": check, "count": count, "examples": [], **more}
        found.setdefault((column, check), entry)

    for failure in _dtype_differences(frame, table):
        tell(**failure)
    for error in errors:
        reason = error.reason_code.name if error.reason_code is not None else ""
        match reason:
            case "COLUMN_NOT_IN_SCHEMA":
                tell(_column_words(error.failure_cases, frame), "undeclared_column", 1)
            case "COLUMN_NOT_IN_DATAFRAME":
                tell(str(error.failure_cases), "missing_column", 1)
            case "COLUMN_NOT_ORDERED":
                tell(_column_words(error.failure_cases, frame), "column_order", 1)
            case "SERIES_CONTAINS_NULLS":
                tell(str(error.schema.name), "not_null", int(frame[error.schema.name].isna().sum()))
            case "DUPLICATES":
                rows = int(frame.duplicated(list(table.key), keep=False).sum())
                tell(", ".join(table.key), "unique_key", rows)
            case "DATAFRAME_CHECK" | "CHECK_ERROR" if getattr(error.check, "name", "") == _EXACT:
                continue  # told above, column by column
            case _:
                # A reason that this function does not know is still a failure of the table.
                name = getattr(error.schema, "name", None) or table.name
                tell(str(name), reason.lower() or "schema", 1)
    if not found:
        # pandera refused what the exact comparison accepts: never report that as a success.
        tell(table.name, "schema", 1)
    places = {name: place for place, name in enumerate(table.column_names)}
    return sorted(found.values(), key=lambda entry: places.get(entry["column"], len(places)))


def _dtype_differences(frame: pd.DataFrame, table: Table) -> list[dict[str, Any]]:
    differences: list[dict[str, Any]] = []
    for column in table.columns:
        if column.name not in frame.columns:
            continue
        dtype = frame[column.name].dtype
        if column.type == "coded":
            difference = _coded_difference(dtype, column)
        else:
            difference = _plain_difference(dtype, pd.api.types.pandas_dtype(dtype_of(column)))
        if difference is not None:
            entry = {"column": column.name, "check": "dtype", "count": 1, "examples": []}
            differences.append(entry | difference)
    if table.extra_columns is not None:
        text = pd.api.types.pandas_dtype("str")
        for name in frame.columns:
            if name in table.column_names or not table.extra_columns.match(str(name)):
                continue
            found = frame[name].dtype
            difference = None if is_text(found) else _plain_difference(found, text)
            if difference is not None:
                entry = {"column": str(name), "check": "dtype", "count": 1, "examples": []}
                differences.append(entry | difference)
    return differences


def _plain_difference(found: Any, expected: Any) -> dict[str, Any] | None:
    if found == expected and type(found) is type(expected):
        return None
    # The categories of a column that should have none are values: say "category" and no more.
    name = "category" if isinstance(found, pd.CategoricalDtype) else str(found)
    return {"expected": str(expected), "found": name}


def _coded_difference(found: Any, column: Column) -> dict[str, Any] | None:
    expected = f"category of {len(column.vocabulary)} declared codes"
    if not isinstance(found, pd.CategoricalDtype):
        return {"expected": expected, "found": str(found)}
    categories = tuple(found.categories)
    if categories == column.vocabulary and not found.ordered:
        return None
    absent = [code for code in column.vocabulary if code not in set(categories)]
    undeclared = len(set(categories) - set(column.vocabulary))
    words = []
    if found.ordered:
        words.append("ordered")
    if undeclared:
        words.append(f"{undeclared} undeclared codes")
    if absent:
        words.append(f"without {len(absent)} declared codes")
    if not undeclared and not absent and categories != column.vocabulary:
        words.append("the declared codes in another order")
    return {
        "expected": expected,
        "found": "category: " + ", ".join(words),
        "examples": absent[:EXAMPLES],
    }


def _column_words(name: Hashable, frame: pd.DataFrame) -> str:
    if _IDENTIFIER.match(str(name)):
        return str(name)
    # A heading of an export may hold a person's words: tell its place.
    return f"column {list(frame.columns).index(name) + 1}"
