"""Formulas are told from text that begins like one."""

from __future__ import annotations

import pytest

from observatoire_pipeline.ingest.formulas import is_formula


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://example.org")',
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "\t=A1+B2",
        "=-A1",
    ],
)
def test_a_formula(text):
    assert is_formula(text)


@pytest.mark.parametrize(
    "text",
    [
        " - Never",
        "+33 6 12 34 56 78",
        "=> yes",
        "-ok(ish)",
        "@anne",
        "-1",
        "= oui",
        "- a | b !",
        "-CEO (me)",
        "",
    ],
)
def test_no_formula(text):
    assert not is_formula(text)
