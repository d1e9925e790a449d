"""Frames of every published table, filled column by column from its declaration.

In: content that is hard to carry (quotes, tabs, accents, empty text, nulls), keys that are unique.
Not in: figures that mean anything.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import dtype_of
from observatoire_pipeline.tables.model import Column, Table
from observatoire_pipeline_tests.builders import small_codebook

CODEBOOK = small_codebook()
TABLES = [table for table in catalogue(CODEBOOK).values() if table.published]
OPEN = [table for table in TABLES if not table.microdata]
MICRODATA = [table for table in TABLES if table.microdata]
ESTIMATES = next(table for table in TABLES if table.name == "mart_estimates")

HARD_TEXTS = ("", "été\t«\u00a0x\u00a0»", "l’autre\nligne", "\\N", "a,\"b\";'c'", "NULL", "😀")


def filled(table: Table, *, rows: int, synthetic: bool = True, mark: str = "") -> pd.DataFrame:
    """Return a frame of the table; `mark` opens every text that is not of the key."""
    return pd.DataFrame(
        {column.name: _column(column, table, rows, synthetic, mark) for column in table.columns}
    )


def filled_all(
    *, rows: int = 12, synthetic: bool = True, mark: str = ""
) -> dict[str, pd.DataFrame]:
    """Return a frame of each published table."""
    return {t.name: filled(t, rows=rows, synthetic=synthetic, mark=mark) for t in TABLES}


def _column(column: Column, table: Table, rows: int, synthetic: bool, mark: str) -> pd.Series:
    dtype = dtype_of(column)
    steps = np.arange(rows)
    if column.name == "edition":
        return pd.Series(np.where(steps % 2, "2017", "2018"), dtype=dtype)
    if column.type == "text":
        if column.name in table.key:
            return pd.Series([f"{column.name} {step:06d}" for step in steps], dtype=dtype)
        texts = [mark + HARD_TEXTS[step % len(HARD_TEXTS)] for step in steps]
        return pd.Series(texts, dtype=dtype)
    if column.type == "coded":
        return pd.Series(pd.Categorical.from_codes(steps % len(column.vocabulary), dtype=dtype))
    if column.type == "boolean":
        return pd.Series(np.full(rows, synthetic), dtype=dtype)
    if column.type == "timestamp":
        series = pd.Series(
            np.datetime64("2018-03-25T02:30:00.123456", "us") + steps.astype("timedelta64[us]"),
            dtype=dtype,
        )
    elif column.type == "integer":
        series = pd.Series(steps + 2**40, dtype=dtype)
    else:
        series = pd.Series((steps + 1) / 3, dtype=dtype)
    return series.mask(pd.Series(steps % 3 == 1)) if column.nullable else series
