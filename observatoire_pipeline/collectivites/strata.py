"""The fifteen legal size classes of communes.

In: bounds, codes, and the class of each population. Not in: what is counted by
class (`enrichment`).

Source: Code général des collectivités territoriales, article L. 2334-3.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

LOWER_BOUNDS = (
    0, 500, 1_000, 2_000, 3_500, 5_000, 7_500, 10_000, 15_000, 20_000, 35_000, 50_000, 75_000,
    100_000, 200_000,
)  # fmt: skip
"""Smallest population of each class, in inhabitants; a class ends where the next begins."""

SIZE_CLASSES = tuple(
    [f"{low}_{high - 1}" for low, high in pairwise(LOWER_BOUNDS)] + ["200000_plus"]
)
"""Codes of the classes in order, `0_499` … `200000_plus`."""


def size_class(population: pd.Series) -> pd.Series:
    """Return the legal size class of each population.

    Args:
        population: Inhabitants, nullable.

    Returns:
        Unordered category over `SIZE_CLASSES`, null where the population is.

    Raises:
        ValueError: a population is negative.
    """
    values = population.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
    if (values < 0).any():
        raise ValueError(f"negative population: {sorted(values[values < 0].tolist())[:5]}")
    codes = np.searchsorted(LOWER_BOUNDS, values, side="right") - 1
    codes[np.isnan(values)] = -1
    return pd.Series(
        pd.Categorical.from_codes(codes, categories=list(SIZE_CLASSES)), index=population.index
    )
