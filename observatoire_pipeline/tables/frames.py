"""Frames that are their declared table: column order, dtypes, coded columns without nulls.

In: what a stage calls to finish a frame, and what the I/O manager calls on reading one.
Not in: checks of the values (`pandera_schema`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from observatoire_pipeline.tables.model import Column, Table


class TableError(ValueError):
    """A frame is not the table that it claims to be; the message lists every difference."""


@lru_cache(maxsize=4096)
def category(vocabulary: tuple[str, ...]) -> pd.CategoricalDtype:
    """Return the dtype of codes: the very same one for the same vocabulary."""
    return pd.CategoricalDtype(list(vocabulary), ordered=False)


@lru_cache(maxsize=4096)
def dtype_of(column: Column) -> str | pd.CategoricalDtype:
    """Return the pandas dtype of a declared column."""
    if column.type == "coded":
        return category(tuple(column.vocabulary))
    if column.type == "integer":
        return "Int64" if column.nullable else "int64"
    if column.type == "number":
        return "Float64" if column.nullable else "float64"
    if column.type == "boolean":
        return "boolean" if column.nullable else "bool"
    return {
        "text": "str",
        "timestamp": "datetime64[us]",
        "binary": "object",
    }[column.type]


def is_text(dtype: object) -> bool:
    """Tell whether a dtype is that of text: `str`, or a category of `str` that says each once."""
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = dtype.categories.dtype
    return bool(dtype == "str")


def coded(values: Sequence[str] | pd.Series, vocabulary: Sequence[str], *, name: str) -> pd.Series:
    """Return codes as an unordered category over the whole vocabulary.

    Raises:
        TableError: a value is not in the vocabulary (null included); all such values are listed.
            `astype("category")` would have made them null without a word.
    """
    index = pd.Index(list(vocabulary))
    array = np.asarray(values, dtype=object)
    positions = index.get_indexer(pd.Index(array))
    if (positions < 0).any():
        unknown = sorted({str(value) for value in array[positions < 0]})
        raise TableError(f"column {name}: codes outside its vocabulary: {', '.join(unknown)}")
    categories = pd.Categorical.from_codes(positions, categories=index, ordered=False)
    return pd.Series(categories, name=name)


def empty(table: Table) -> pd.DataFrame:
    """Return a frame of the table with no rows."""
    return pd.DataFrame(
        {column.name: pd.Series([], dtype=dtype_of(column)) for column in table.columns}
    )


def from_records(records: Iterable[dict[str, object]], table: Table) -> pd.DataFrame:
    """Return a frame of the table from rows given as dictionaries."""
    rows = list(records)
    if not rows:
        return empty(table)
    return conform(pd.DataFrame(rows), table)


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return the frame with the table's columns, in order, in the declared dtypes.

    Coded columns are made through `coded`, so an unknown code is an error and never a null.

    Raises:
        TableError: columns are missing or undeclared, or a column cannot take its dtype.
    """
    extra = [name for name in frame.columns if name not in table.column_names]
    if table.extra_columns is not None:
        allowed = [name for name in extra if table.extra_columns.match(str(name))]
        extra = [name for name in extra if name not in allowed]
    else:
        allowed = []
    missing = [name for name in table.column_names if name not in frame.columns]
    problems = [f"missing column {name}" for name in missing]
    problems += [f"undeclared column {name}" for name in extra]
    frame = frame.reset_index(drop=True)
    made: dict[str, pd.Series] = {}
    for column in table.columns:
        if column.name in missing:
            continue
        try:
            made[column.name] = _cast(frame[column.name], column)
        except (TableError, TypeError, ValueError) as error:
            problems.append(f"column {column.name}: {error}")
    if problems:
        raise TableError(f"not the table {table.name}:\n  " + "\n  ".join(problems))
    for name in sorted(allowed, key=lambda name: (len(name), name)):
        texts = frame[name]
        made[name] = texts if is_text(texts.dtype) else texts.astype("str")
    arrays = {name: series.array for name, series in made.items()}
    return pd.DataFrame(arrays, index=frame.index, copy=False)


def _cast(series: pd.Series, column: Column) -> pd.Series:
    dtype = dtype_of(column)
    if isinstance(dtype, pd.CategoricalDtype):
        # Equal dtypes of unordered categories may list them in another order, and may hold nulls.
        same = series.dtype is dtype or (
            series.dtype == dtype and tuple(series.cat.categories) == column.vocabulary
        )
        if same and (series.array.codes >= 0).all():
            return series
        return coded(series, column.vocabulary, name=column.name)
    if series.dtype == dtype and column.nullable:
        return series
    if not column.nullable and series.isna().any():
        raise TableError(f"{int(series.isna().sum())} empty cells in a column that has none")
    return series if series.dtype == dtype else series.astype(dtype)
