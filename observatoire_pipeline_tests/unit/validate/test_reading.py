import pytest

from observatoire_pipeline.validate.reading import read_number, read_rank


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234", 1234),
        ("12,5", 12.5),
        ("12.5", 12.5),
        ("0,125", 0.125),
        ("1 234,5", 1234.5),
        ("12 345 678", 12345678),
        ("1.234,50", 1234.5),
        ("1,234.50", 1234.5),
        ("1.234.567", 1234567),
        ("-3", -3),
        ("−3", -3),
        ("+3", 3),
        ("1E+05", 100000),
        ("1234,5678", 1234.5678),
    ],
)
def test_a_number_is_read_in_every_form_that_has_one_meaning(text, number):
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text", ["1,234", "1.234", "12 34", "1.23.4", "une dizaine", "10-20", "≈ 10", "1 234 5", ""]
)
def test_a_text_with_two_meanings_or_none_is_no_number(text):
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("12 000 €", "€"),
        ("12 000 euros", "€"),
        ("12000EUR", "€"),
        ("12 000 €", "EUR"),
        ("12 000 agents", "agent"),
        ("12 000 agent", "agents"),
    ],
)
def test_the_declared_unit_may_stand_behind_a_number(text, unit):
    assert read_number(text, unit=unit) == 12000


def test_another_unit_is_not_dropped_in_silence():
    assert read_number("12 k€", unit="€") is None
    assert read_number("12 agents", unit="€") is None
    assert read_number("12 €") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1", "rank_1"),
        ("3.0", "rank_3"),
        ("0", "not_ranked"),
        ("N/A", "not_ranked"),
        ("4", None),
        ("1,5", None),
        ("premier", None),
    ],
)
def test_a_rank_is_a_whole_number_up_to_the_number_of_items(text, code):
    assert read_rank(text, highest=3) == code
