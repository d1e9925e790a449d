"""Multiple choice: who counts, what a row of blanks is, and shares beyond 100 %."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.estimation.choices import summarise_choices

TICKS = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]], dtype=bool)
SHOWN = np.array([1, 1, 1, 1, 0], dtype=bool)
NONE = np.array([0, 0, 1, 0, 0], dtype=bool)


def test_the_base_ticked_something_or_said_none():
    found = summarise_choices(TICKS, shown=SHOWN, said_none=NONE)
    assert (found.shown_n, found.base_n, found.none_n, found.unanswered_n) == (4, 3, 1, 1)
    assert found.counts.tolist() == [2, 1, 0]
    assert found.shares.tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert found.ticks.tolist() == [1, 1, 1, 0]
    assert found.sum_of_shares == 1
    assert not found.adds_beyond_one


def test_shares_beyond_100_percent_are_said():
    found = summarise_choices(TICKS)
    assert (found.shown_n, found.base_n) == (5, 2)
    assert found.sum_of_shares == 1.5
    assert found.adds_beyond_one


def test_nobody_answered():
    found = summarise_choices(np.zeros((3, 2), bool))
    assert found.base_n == 0
    assert np.isnan(found.shares).all()
    assert math.isnan(found.sum_of_shares)


@pytest.mark.parametrize(
    ("shown", "none", "message"),
    [
        ([0, 1, 1, 1, 1], None, "not shown"),
        (None, [1, 0, 0, 0, 0], "ticked an option and none"),
        ([1, 1], None, "5 units"),
    ],
)
def test_answers_that_contradict_the_questionnaire_are_refused(shown, none, message):
    with pytest.raises(ValueError, match=message):
        summarise_choices(TICKS, shown=shown, said_none=none)


def test_ticks_are_a_table():
    with pytest.raises(ValueError, match="table"):
        summarise_choices([True, False])
    with pytest.raises(ValueError, match="options"):
        summarise_choices(TICKS).merged(summarise_choices(TICKS[:, :2]))


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=30),
    st.integers(0, 30),
    st.randoms(use_true_random=False),
)
def test_chunks_add_up_and_the_order_of_units_does_not_matter(rows, cut, random):
    whole = summarise_choices(np.array(rows, bool).reshape(-1, 3))
    mixed = list(rows)
    random.shuffle(mixed)
    parts = [np.array(part, bool).reshape(-1, 3) for part in (mixed[:cut], mixed[cut:])]
    merged = summarise_choices(parts[0]).merged(summarise_choices(parts[1]))
    assert (merged.shown_n, merged.base_n, merged.none_n) == (
        whole.shown_n,
        whole.base_n,
        whole.none_n,
    )
    assert merged.counts.tolist() == whole.counts.tolist()
    assert merged.ticks.tolist() == whole.ticks.tolist()
    np.testing.assert_array_equal(merged.shares, whole.shares)
