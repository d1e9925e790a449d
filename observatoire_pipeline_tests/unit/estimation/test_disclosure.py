"""Hidden cells: which, with which complements, and whether the audit can still compute them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy.linalg import block_diag
from scipy.sparse import csr_array

from observatoire_pipeline.estimation.disclosure import (
    agreeing_counts,
    bounds,
    determined,
    protect,
    sensitive_cells,
    small_differences,
    table_sums,
)

ONE_SUM = csr_array(np.ones((1, 4), dtype=np.int64))
TABLES = npst.arrays(
    np.int64, st.tuples(st.integers(2, 5), st.integers(2, 6)), elements=st.integers(0, 9)
)

# The table of the case O20; its margins are published.
O20 = np.array([[12, 3, 20, 9], [15, 18, 7, 11], [22, 14, 16, 2]])
MARGINS = table_sums([O20.shape])


@pytest.mark.parametrize(
    ("row", "at_least", "expected"),
    [
        ([10, 5, 0, 0], 0, (0, 0)),  # 10 + 5 + x + x = 15: nothing is left for them
        ([10, 3, 1, 1], 0, (0, 2)),
        ([10, 3, 1, 1], 1, (1, 1)),  # who knows that zeros are never hidden knows both
    ],
)
def test_o19_hidden_cells_of_one_sum(row, at_least, expected):
    hidden = [False, False, True, True]
    for cell in (2, 3):
        assert bounds(row, hidden, ONE_SUM, cell=cell, at_least=at_least) == expected


def test_o19_zeros_that_add_to_zero_are_disclosed():
    sums = csr_array(np.ones((1, 3), dtype=np.int64))
    assert determined([0, 0, 0], [True, True, False], sums).tolist() == [True, True, False]


def test_o20_primary_cells_alone_are_recovered_exactly():
    hidden = (O20 < 5).ravel()
    assert determined(O20.ravel(), hidden, MARGINS).nonzero()[0].tolist() == [1, 11]
    assert bounds(O20.ravel(), hidden, MARGINS, cell=1) == (3, 3)
    assert bounds(O20.ravel(), hidden, MARGINS, cell=11) == (2, 2)


def test_o20_complements_leave_a_range():
    protection = protect(O20.ravel(), (O20 < 5).ravel(), MARGINS)
    assert np.argwhere(protection.hidden.reshape(O20.shape)).tolist() == [
        [0, 1],
        [0, 3],
        [2, 1],
        [2, 3],
    ]
    ranges = [bounds(O20.ravel(), protection.hidden, MARGINS, cell=k) for k in (1, 3, 9, 11)]
    assert ranges == [(1, 12), (0, 11), (5, 16), (0, 11)]


def test_a_group_under_the_smallest_base_is_hidden_whole():
    counts = [[4, 8], [0, 7]]
    assert sensitive_cells(counts, smallest_base=10).tolist() == [[True, False], [True, False]]


def test_small_counts_are_hidden_where_two_identifying_variables_cross_but_zero_is_not():
    counts = [[2, 12], [0, 3], [12, 1]]
    assert sensitive_cells(counts, smallest_base=10, smallest_count=3).tolist() == [
        [True, False],
        [False, False],
        [False, True],
    ]


def test_a_unanimous_group_is_sensitive_unless_everybody_is():
    counts = np.array([[12, 5], [0, 7]])
    assert sensitive_cells(counts, smallest_base=10, unanimity=True)[:, 0].all()
    assert not sensitive_cells(counts, smallest_base=10).any()
    assert not sensitive_cells([[12, 15], [0, 0]], smallest_base=10, unanimity=True).any()


def test_an_empty_group_hides_nothing():
    assert not sensitive_cells([[12, 0], [3, 0]], smallest_base=10).any()


def test_a_code_that_nobody_gave_is_said_to_be_implied():
    counts = np.array([[5, 20, 9, 30], [0, 0, 0, 0], [3, 11, 0, 8]])
    protection = protect(counts.ravel(), sensitive_cells(counts, smallest_base=10).ravel(), MARGINS)
    assert protection.implied.reshape(counts.shape)[1].all()
    assert not (protection.hidden & protection.implied).any()


def test_one_complement_may_protect_several_cells_of_which_none_is_implied():
    """Do-not-know of two small groups, none of whom gave it: the last line tells both zeros."""
    counts = np.array([[9, 4, 1, 1], [9, 5, 3, 1], [4, 2, 0, 0], [1, 1, 0, 0], [2, 1, 0, 0]])
    sums = table_sums([counts.shape])
    sensitive = sensitive_cells(counts, smallest_base=10)
    protection = protect(counts.ravel(), sensitive.ravel(), sums)
    assert not protection.implied.any()
    assert protection.hidden.reshape(counts.shape)[:, 2:].all()
    assert not determined(counts.ravel(), protection.hidden, sums).any()


def test_an_attacker_starts_from_any_table_that_agrees():
    found = agreeing_counts(MARGINS, MARGINS @ O20.ravel())
    assert (MARGINS @ found == MARGINS @ O20.ravel()).all() and (found >= 0).all()
    with pytest.raises(ArithmeticError, match="no table agrees"):
        agreeing_counts(table_sums([(1, 2)]), [3, 1, 1])
    with pytest.raises(ValueError, match="totals of"):
        agreeing_counts(MARGINS, [1])


def test_a_linked_sum_over_two_tables_is_part_of_the_audit():
    """The same answers by two breakdowns, and a filter that adds cells of both."""
    tables = table_sums([(2, 2), (2, 2)]).toarray()
    link = np.array([[1, 0, 0, 0, 0, 0, 0, 0]])  # one cell is the base of a filtered question
    counts = np.array([4, 6, 11, 9, 5, 5, 12, 8])
    hidden = np.array([True] * 4 + [False] * 4)
    assert not determined(counts, hidden, csr_array(tables)).any()
    assert determined(counts, hidden, csr_array(np.vstack([tables, link])))[:4].all()


@settings(deadline=None, max_examples=60)
@given(TABLES, st.integers(2, 12))
def test_no_hidden_cell_can_be_recovered(counts, smallest_base):
    sums = table_sums([counts.shape])
    sensitive = sensitive_cells(counts, smallest_base=smallest_base, unanimity=True).ravel()
    protection = protect(counts.ravel(), sensitive, sums)
    assert not determined(counts.ravel(), protection.hidden, sums).any()
    # What was sensitive is hidden, or nothing could hide it.
    assert (protection.hidden | protection.implied)[sensitive].all()
    everything = np.ones(counts.size, dtype=bool)
    assert (determined(counts.ravel(), everything, sums) >= protection.implied).all()


@settings(deadline=None, max_examples=60)
@given(TABLES, st.integers(0, 2**30 - 1))
def test_the_integer_programme_agrees_with_bounds_of_every_cell(counts, pattern):
    hidden = np.array([pattern >> k & 1 for k in range(counts.size)], dtype=bool)
    sums = table_sums([counts.shape])
    recovered = determined(counts.ravel(), hidden, sums)
    for cell in np.flatnonzero(hidden):
        lower, upper = bounds(counts.ravel(), hidden, sums, cell=int(cell))
        assert lower <= counts.ravel()[cell] <= upper
        assert recovered[cell] == (lower == upper)


@settings(deadline=None, max_examples=40)
@given(TABLES)
def test_tables_published_together_are_protected_like_each_alone(counts):
    one = sensitive_cells(counts, smallest_base=8).ravel()
    alone = protect(counts.ravel(), one, table_sums([counts.shape])).hidden
    both = protect(
        np.tile(counts.ravel(), 2), np.tile(one, 2), table_sums([counts.shape, counts.shape])
    ).hidden
    assert both.tolist() == [*alone, *alone]


def test_bases_that_differ_by_a_few_respondents_are_named():
    members = [[True] * 10, [True] * 9 + [False], [True] * 5 + [False] * 5, [False] * 9 + [True]]
    assert small_differences(members, smallest=3) == [(0, 1, 1)]
    assert small_differences(members, smallest=5) == [(0, 1, 1), (1, 2, 4)]


def test_what_is_no_table_of_counts_is_refused():
    with pytest.raises(ValueError, match="non-negative integers"):
        sensitive_cells([[1.5, 2]], smallest_base=10)
    with pytest.raises(ValueError, match="codes × groups"):
        sensitive_cells([1, 2], smallest_base=10)
    with pytest.raises(ValueError, match="counts, "):
        protect([1, 2], [True], ONE_SUM)
    with pytest.raises(ValueError, match="coefficients are 0 and 1"):
        determined([1, 1, 1, 1], [True] * 4, csr_array(2 * np.ones((1, 4), dtype=np.int64)))
    with pytest.raises(ArithmeticError, match="no table agrees"):
        bounds([10, 5, 0, 0], [False, False, True, True], ONE_SUM, cell=2, at_least=1)


def test_a_table_solved_in_fractions_is_solved_anew_and_the_one_beside_it_is_not() -> None:
    # Sums are the corners of two triangles and the bridge between them, all 1: halves on every side
    # and none on the bridge agree, but in integers there is the bridge and the sides far from it.
    corners = [(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5), (0, 3)]
    triangles = np.zeros((6, 7), dtype=np.int64)
    for cell, ends in enumerate(corners):
        triangles[list(ends), cell] = 1
    counts = np.array([0, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1])
    sums = csr_array(block_diag(triangles, table_sums([(2, 2)]).toarray()).astype(np.int64))
    known = determined(counts, np.ones(11, dtype=bool), sums)
    assert known.tolist() == [True] * 7 + [False] * 4
