from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.charts.words import ENGLISH, FRENCH, french, words_of
from observatoire_pipeline_tests.unit.charts import marts


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("Qui ?", "Qui\u202f?"),
        ("oui ; non", "oui\u202f; non"),
        ("50 %", "50\u202f%"),
        ("50% des outils", "50\u202f% des outils"),
        ("Source : ici", "Source\u00a0: ici"),
        ("https://exemple.fr/a?b=1", "https://exemple.fr/a?b=1"),
        ("la « civic tech »", "la «\u00a0civic tech\u00a0»"),
        ("l'action...", "l’action…"),
        ("10 000 à 1 000 000 €", "10\u202f000 à 1\u202f000\u202f000\u00a0€"),
        ("en 2017 2018", "en 2017 2018"),
    ],
)
def test_french_text_takes_its_spaces_and_apostrophes(found, expected):
    assert french(found) == expected


@given(st.lists(st.sampled_from(["a", "l'an", "1", "12", "000", "2018", *"?!;:%«»€", "..."])))
def test_french_typography_is_done_once(parts):
    text = " ".join(parts)
    assert french(french(text)) == french(text)


def test_halves_are_rounded_up_and_no_float_makes_it_down():
    assert [FRENCH.percent(x) for x in (0.125, 0.145, 0.285, 0.0)] == [
        "13\u202f%",
        "15\u202f%",
        "29\u202f%",
        "0\u202f%",
    ]
    assert ENGLISH.percent(0.5) == "50%"


def test_numbers_follow_the_language():
    assert FRENCH.number(1234.56, decimals=1) == "1\u202f234,6"
    assert ENGLISH.number(1234.56, decimals=1) == "1,234.6"


def test_a_range_of_bases_says_that_lines_differ():
    assert FRENCH.counts([62, 68]) == "n\u00a0=\u00a062 à 68 selon la ligne"
    assert FRENCH.counts([70]) == "n\u00a0=\u00a070"


def test_no_word_of_a_chart_speaks_of_a_margin_of_error():
    for words in (words_of(marts.barometer()), words_of(marts.in_english(marts.barometer()))):
        said = " ".join(value for value in vars(words).values() if isinstance(value, str))
        assert "marge" not in said
        assert "margin" not in said
        assert "indicati" in said
