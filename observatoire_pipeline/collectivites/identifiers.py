"""Identifiers of collectivités, whole columns at a time.

In: the SIREN check and the text identity of a unit. Not in: identifiers found inside typed text
(`names`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def valid_siren(numbers: pd.Series) -> pd.Series:
    """Tell which texts are a SIREN: nine digits that pass the Luhn check (ISO/IEC 7812).

    Args:
        numbers: Text.

    Returns:
        Boolean, same index.
    """
    shaped = numbers.str.fullmatch("[0-9]{9}").to_numpy(dtype=bool)
    digits = np.zeros((len(numbers), 9), dtype=np.int64)
    if shaped.any():
        joined = "".join(numbers[shaped]).encode("ascii")
        digits[shaped] = np.frombuffer(joined, dtype=np.uint8).reshape(-1, 9) - ord("0")
    digits[:, 1::2] *= 2  # every second digit, counted from the right
    digits[digits > 9] -= 9
    return pd.Series(shaped & (digits.sum(axis=1) % 10 == 0), index=numbers.index)


def unit_ids(kind: pd.Series, code: pd.Series, valid_from: pd.Series) -> pd.Series:
    """Spell the identity of units: `commune:74010@2017-01-01`, `epci:200066793`.

    A SIREN is given once and never again, so that an EPCI needs no date; the code of a commune is
    handed on to the commune nouvelle.
    """
    named = kind + ":" + code
    return named.where(kind == "epci", named + "@" + valid_from)
