"""What an attacker computes of hidden counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy.sparse import csr_array, vstack

from observatoire_pipeline.estimation.recovery import (
    Known,
    exactly,
    possible_values,
    single_valued,
    table_sums,
    unmoved,
)

TABLES = npst.arrays(
    np.int64, st.tuples(st.integers(2, 4), st.integers(2, 5)), elements=st.integers(0, 6)
)

# The table of the case O20; its margins are published.
O20 = np.array([[12, 3, 20, 9], [15, 18, 7, 11], [22, 14, 16, 2]])


def cells(places, size):
    return csr_array(np.eye(size)[list(places)])


def published(table, hidden):
    """Return what is known of a table with margins and some cells."""
    shown = cells(np.flatnonzero(~np.asarray(hidden).ravel()), table.size)
    return exactly(vstack([table_sums([table.shape]), shown]).tocsr(), table.ravel())


@pytest.mark.parametrize(
    ("row", "at_least", "expected"),
    [
        ([10, 5, 0, 0], 0, (0, 0)),  # 10 + 5 + x + x = 15: nothing is left for them
        ([10, 3, 1, 1], 0, (0, 2)),
        ([10, 3, 1, 1], 1, (1, 1)),  # who knows that zeros are never hidden knows both
    ],
)
def test_o19_hidden_cells_of_one_sum(row, at_least, expected):
    sums = csr_array(np.vstack([np.ones(4), np.eye(4)[:2]]))
    known = exactly(sums, row, at_least=at_least)
    for cell in (2, 3):
        assert possible_values(known, np.eye(4)[cell]) == expected


def test_o19_zeros_that_add_to_zero_are_disclosed():
    sums = csr_array(np.ones((1, 3)))
    assert single_valued(exactly(sums, [0, 0, 0]), cells([0, 1], 3)).all()


def test_o20_primary_cells_alone_are_recovered_exactly():
    known = published(O20, O20 < 5)
    assert single_valued(known, cells([1, 11], 12)).all()
    assert possible_values(known, np.eye(12)[1]) == (3, 3)
    assert possible_values(known, np.eye(12)[11]) == (2, 2)


def test_o20_complements_leave_a_range():
    hidden = np.isin(np.arange(12), (1, 3, 9, 11))
    known = published(O20, hidden)
    ranges = [possible_values(known, np.eye(12)[k]) for k in (1, 3, 9, 11)]
    assert ranges == [(1, 12), (0, 11), (5, 16), (0, 11)]
    assert not single_valued(known, cells([1, 3, 9, 11], 12)).any()


def test_a_linked_sum_over_two_tables_is_part_of_what_is_known():
    """The same answers by two breakdowns, and a filter that adds cells of both."""
    counts = np.array([4, 6, 11, 9, 5, 5, 12, 8])
    sums = vstack([table_sums([(2, 2), (2, 2)]), cells([4, 5, 6, 7], 8)]).tocsr()
    assert not single_valued(exactly(sums, counts), cells(range(4), 8)).any()
    # One cell is the base of a filtered question.
    linked = vstack([sums, cells([0], 8)]).tocsr()
    assert single_valued(exactly(linked, counts), cells(range(4), 8)).all()


def test_a_sum_may_be_known_where_its_cells_are_not():
    known = exactly(csr_array(np.ones((1, 2))), [2, 3])
    assert single_valued(known, csr_array(np.array([[1, 0], [0, 1], [1, 1]]))).tolist() == [
        False,
        False,
        True,
    ]


def test_a_rounded_share_is_known_between_two_ends():
    sums = csr_array(np.array([[1.0, 1.0], [0.5, 1.5]]))
    ends = [np.array([5.0, 4.0]), np.array([5.0, 5.0])]
    known = Known(sums, *ends, np.array([5, 5]))
    assert possible_values(known, [1, 0]) == (3, 3)
    assert possible_values(Known(sums, ends[0], ends[1] + [0, 1], known.largest), [1, 0]) == (2, 3)


def test_a_sum_that_may_be_nothing_leaves_its_cells_open():
    sums = csr_array(np.array([[1.0, 1], [1, 0]]))
    known = Known(sums, np.array([3.0, 0]), np.array([3.0, 5]), np.array([5, 5]))
    assert not single_valued(known, cells([0, 1], 2)).any()


def test_only_integers_count():
    # Two cells of three add to one each: halves agree, integers do not.
    triangle = csr_array(np.array([[1.0, 1, 0], [0, 1, 1], [1, 0, 1]]))
    known = Known(triangle, np.array([1.0, 1, 0]), np.array([1.0, 1, 1]), np.ones(3, int))
    assert single_valued(known, csr_array(np.eye(3))).all()
    with pytest.raises(ArithmeticError, match="no counts agree"):
        single_valued(
            Known(triangle, np.ones(3), np.ones(3), np.ones(3, int)), csr_array(np.eye(3))
        )


@settings(deadline=None, max_examples=40)
@given(TABLES, st.integers(0, 2**20 - 1))
def test_single_values_are_those_whose_two_ends_meet(table, pattern):
    hidden = np.array([pattern >> k & 1 for k in range(table.size)], dtype=bool)
    known = published(table, hidden)
    at = np.flatnonzero(hidden)
    found = single_valued(known, cells(at, table.size))
    places = np.indices(table.shape).reshape(2, -1)
    quick = Known(known.sums, known.lower, known.upper, known.largest, places=places)
    assert single_valued(quick, cells(at, table.size)).tolist() == found.tolist()
    for cell, alone in zip(at.tolist(), found.tolist(), strict=True):
        least, most = possible_values(known, np.eye(table.size)[cell])
        assert least <= table.ravel()[cell] <= most
        assert alone == (least == most)


def test_who_starts_from_the_counts_finds_the_same_and_other_counts_are_an_error():
    places = np.indices((2, 2)).reshape(2, -1)
    sums = table_sums([(2, 2)])
    counts = np.array([2, 1, 1, 2])
    known = exactly(sums, counts)
    start = Known(known.sums, known.lower, known.upper, known.largest, places=places)
    assert not unmoved(start, cells(range(4), 4), start=counts).any()
    # With the first cell no less than it is, exchanges go one way; with it fixed, none is left.
    held = vstack([sums, cells([0], 4)]).tocsr()
    ends = np.append(known.lower, 2), np.append(known.upper, 9)
    for upper, fixed in ((9, False), (2, True)):
        ends[1][-1] = upper
        bounded = Known(held, *ends, known.largest, places=places)
        assert (unmoved(bounded, cells(range(4), 4), start=counts) == fixed).all()
        assert (single_valued(bounded, cells(range(4), 4)) == fixed).all()
    with pytest.raises(ArithmeticError, match="do not agree"):
        unmoved(start, cells(range(4), 4), start=counts + 1)


def test_what_is_no_table_of_counts_is_refused():
    with pytest.raises(ValueError, match="none negative"):
        exactly(csr_array(np.ones((1, 2))), [1, -1])
    with pytest.raises(ValueError, match="sums over 2"):
        exactly(csr_array(np.ones((1, 2))), [1, 1, 1])
