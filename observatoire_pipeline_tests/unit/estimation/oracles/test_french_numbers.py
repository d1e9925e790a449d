"""O32: numbers as a French reader expects them, and where Babel and the package part ways."""

from __future__ import annotations

import pytest
from babel.numbers import format_currency, format_decimal, format_percent

from observatoire_pipeline.charts.words import FRENCH

THIN, HARD = "\u202f", "\u00a0"


def test_o32_what_babel_writes():
    assert format_decimal(1234567.891, locale="fr_FR") == f"1{THIN}234{THIN}567,891"
    assert format_percent(0.12, locale="fr_FR") == f"12{HARD}%"
    assert format_currency(1234.5, "EUR", locale="fr_FR") == f"1{THIN}234,50{HARD}€"


@pytest.mark.parametrize(
    ("value", "decimals"),
    [
        pytest.param(1234567.891, 3, id="O32-decimals"),
        pytest.param(12, 0, id="O32-no-thousands"),
        pytest.param(0.5, 1, id="O32-below-one"),
    ],
)
def test_charts_write_numbers_as_babel_does(value, decimals):
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    expected = format_decimal(value, format=pattern, locale="fr_FR")
    assert FRENCH.number(value, decimals=decimals) == expected


def test_o32_trap_a_percent_sign_follows_a_narrow_space_and_the_axes_agree_with_the_labels():
    # Babel puts U+00A0 before %; French typography, and so the house, U+202F.
    assert FRENCH.percent(0.12) == f"12{THIN}%"
    locale = FRENCH.locale()
    assert locale["percent"] == f"{THIN}%"
    assert locale["currency"] == ["", f"{HARD}€"]
    assert (locale["decimal"], locale["thousands"]) == (",", THIN)
