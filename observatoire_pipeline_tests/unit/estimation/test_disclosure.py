"""Hidden cells: which for their own sake, and with which complements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from observatoire_pipeline.estimation.disclosure import (
    WeightedShares,
    dominated_groups,
    protect,
    sensitive_cells,
    small_differences,
)
from observatoire_pipeline.estimation.recovery import Known, single_valued

# The table of the case O20.
O20 = np.array([[12, 3, 20, 9], [15, 18, 7, 11], [22, 14, 16, 2]])


def units_of(table):
    """Return the answers and the groups of the units that a table of counts holds."""
    codes, groups = (np.repeat(axis.ravel(), table.ravel()) for axis in np.indices(table.shape))
    return codes, groups[None, :]


def test_o20_complements_leave_a_range():
    hidden = protect(*units_of(O20), [O20 < 5]).hidden[0]
    assert np.argwhere(hidden).tolist() == [[0, 1], [0, 3], [2, 1], [2, 3]]


def test_of_as_many_complements_those_with_the_smallest_counts_are_hidden():
    counts = np.array([[1, 9, 5], [9, 9, 9]])
    hidden = protect(*units_of(counts), [counts == 1]).hidden[0]
    assert hidden.tolist() == [[True, False, True]] * 2


def test_a_group_under_the_smallest_base_is_hidden_whole():
    counts = [[4, 9], [5, 1], [0, 0]]
    assert sensitive_cells(counts, smallest_base=10).tolist() == [[True, False]] * 3


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


def test_a_group_of_few_respondents_or_of_one_above_all_is_sensitive():
    units = [[5, 17, 17, 0], [6, 1, 2, 0], [0, 2, 1, 0]]
    found = dominated_groups(units, smallest_number=3, largest_part=0.85)
    assert found.tolist() == [True, False, False, False]
    assert dominated_groups(units, smallest_number=3, largest_part=0.84).tolist() == [
        True,
        True,
        True,
        False,
    ]
    assert not dominated_groups(np.zeros((0, 2)), smallest_number=3, largest_part=0.85).any()


def test_a_code_that_nobody_gave_is_said_to_be_implied():
    counts = np.array([[5, 20, 9, 30], [0, 0, 0, 0], [3, 11, 0, 8]])
    sensitive = sensitive_cells(counts, smallest_base=10)
    protection = protect(*units_of(counts), [sensitive])
    assert (protection.implied[0][1] == sensitive[1]).all()
    assert not (protection.hidden[0] & protection.implied[0]).any()


def test_groups_that_hold_the_same_respondents_are_hidden_together():
    """All of a type are of one size: the table by size must not give back that by type."""
    answers = np.array([0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0])
    types = np.array([0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2])
    sizes = np.where(types == 0, 0, np.array([0, 0, 0, 1, 1, 1, 2, 2, 1, 1, 2, 2]))
    sensitive = [np.zeros((2, 3), dtype=bool), np.zeros((2, 3), dtype=bool)]
    sensitive[0][:, 0] = True
    hidden = protect(answers, np.array([types, sizes]), sensitive).hidden
    assert hidden[0][:, 0].all()
    assert hidden[1][:, 0].all()


def test_answers_that_are_added_move_against_the_others():
    """Two favourable answers exchanged for one another would leave their sum known."""
    counts = np.array([[2, 3, 9], [3, 2, 9], [1, 1, 9]])
    sensitive = np.zeros((3, 3), dtype=bool)
    sensitive[:2, 0] = True
    apart = protect(*units_of(counts), [sensitive]).hidden[0]
    together = protect(*units_of(counts), [sensitive], together=[True, True, False]).hidden[0]
    assert not apart[2].any()
    assert together[2, 0]


def weighted(weights, *, decimals=2):
    one = np.eye(2, dtype=bool)
    return WeightedShares(np.asarray(weights), one, np.ones((2, 2), bool), decimals)


def test_a_weighted_share_that_tells_a_hidden_cell_is_withheld():
    answers = np.array([0, 1, 1] * 4)
    groups = np.repeat([0, 1], 6)[None, :]
    everything = [np.ones((2, 2), dtype=bool)]
    unequal = np.where(groups[0] == 0, 0.5, 1.5)
    assert protect(answers, groups, everything, weighted=weighted(unequal)).withheld.all()
    alike = protect(answers, groups, everything, weighted=weighted(np.ones(12)))
    assert not alike.withheld.any()
    rough = protect(answers, groups, everything, weighted=weighted(unequal, decimals=0))
    assert not rough.withheld.any()


def test_an_effective_number_tells_as_much_as_a_share():
    """Of those who gave an answer all gave it, but Kish's number tells which weights they have."""
    answers = np.array([0, 1, 0, 1])
    groups = np.array([[0, 0, 1, 1]])
    base = WeightedShares(np.array([1.0, 1, 3, 3]), *[np.array([[True, False]])] * 2, 2)
    assert protect(answers, groups, [np.ones((2, 2), bool)], weighted=base).withheld.all()


UNITS = st.lists(
    st.tuples(st.integers(-1, 3), st.integers(0, 3), st.integers(0, 2), st.sampled_from([0.5, 2])),
    min_size=4,
    max_size=40,
)


@settings(deadline=None, max_examples=25)
@given(UNITS, st.integers(2, 9), st.randoms())
def test_no_hidden_cell_can_be_computed_by_who_knows_all_respondents(units, smallest_base, random):
    answers, *groups, weights = map(np.array, zip(*units, strict=True))
    shapes = [(4, 4), (4, 3)]
    tables = [np.zeros(shape, dtype=np.int64) for shape in shapes]
    inside = answers >= 0
    for table, group in zip(tables, groups, strict=True):
        np.add.at(table, (answers[inside], group[inside]), 1)
    sensitive = [sensitive_cells(t, smallest_base=smallest_base, unanimity=True) for t in tables]
    shares = WeightedShares(weights, np.eye(4, dtype=bool), np.ones((4, 4), bool), 2)
    found = protect(answers, np.array(groups), sensitive, weighted=shares)
    for mask, implied, wanted in zip(found.hidden, found.implied, sensitive, strict=True):
        assert (mask | implied)[wanted].all()
    # Unknown: how many of each kind (both groups, weight) gave each answer.
    kinds, at = np.unique(np.array([*groups, weights])[:, inside], axis=1, return_inverse=True)
    truth = np.zeros((4, kinds.shape[1]))
    np.add.at(truth, (answers[inside], at.ravel()), 1)
    lines, lower, upper, targets = [], [], [], []

    def tell(line, least, most):
        lines.append(line.ravel())
        lower.append(least)
        upper.append(most)

    for kind in range(kinds.shape[1]):
        line = np.zeros_like(truth)
        line[:, kind] = 1
        tell(line, truth[:, kind].sum(), truth[:, kind].sum())
    heavy = np.broadcast_to(kinds[2], truth.shape)
    for code in range(4):
        line = np.zeros_like(truth)
        line[code] = 1
        tell(line, truth[code].sum(), truth[code].sum())
        if not found.withheld[code] and inside.any():
            share = np.round((line * heavy * truth).sum() / (heavy * truth).sum(), 2)
            tell(line * heavy - (share - 0.005) * heavy, -1e-9, np.inf)
            tell(line * heavy - (share + 0.005) * heavy, -np.inf, 1e-9)
        for mask, by in zip(found.hidden, kinds[:2], strict=True):
            for group in range(mask.shape[1]):
                line = np.zeros_like(truth)
                line[code, by == group] = 1
                value = (line * truth).sum()
                if mask[code, group]:
                    targets.append(line.ravel())
                else:
                    tell(line, value, value)
    if targets:
        known = Known(
            csr_array(np.array(lines)), np.array(lower), np.array(upper),
            np.full(truth.size, len(units)),
        )  # fmt: skip
        assert not single_valued(known, csr_array(np.array(targets))).any()
    # The order of units plays no part.
    order = list(range(len(units)))
    random.shuffle(order)
    again = protect(
        answers[order], np.array(groups)[:, order], sensitive,
        weighted=WeightedShares(weights[order], shares.parts, shares.bases, 2),
    )  # fmt: skip
    assert [m.tolist() for m in again.hidden] == [m.tolist() for m in found.hidden]
    assert again.withheld.tolist() == found.withheld.tolist()


def test_bases_that_differ_by_a_few_respondents_are_named():
    members = [[True] * 10, [True] * 9 + [False], [True] * 5 + [False] * 5, [False] * 9 + [True]]
    assert small_differences(members, smallest=3) == [(0, 1, 1)]
    assert small_differences(members, smallest=5) == [(0, 1, 1), (1, 2, 4)]
    # Four and three respondents, of whom two are in both: no difference of the two is anybody's.
    overlapping = [[True] * 4 + [False], [False] * 2 + [True] * 3]
    assert small_differences(overlapping, smallest=3) == []
    kinds = [[True, True], [True, False]]
    assert small_differences(kinds, smallest=3, number=[40, 2]) == [(0, 1, 2)]
    assert small_differences(kinds, smallest=3, number=[40, 3]) == []


def test_what_is_no_table_of_counts_is_refused():
    with pytest.raises(ValueError, match="non-negative integers"):
        sensitive_cells([[1.5, 2]], smallest_base=10)
    with pytest.raises(ValueError, match="codes × groups"):
        sensitive_cells([1, 2], smallest_base=10)
    with pytest.raises(ValueError, match="bases × respondents"):
        small_differences([True], smallest=3)
    with pytest.raises(ValueError, match="2 breakdowns"):
        protect([0, 1], [[0, 0]], [np.ones((2, 1))] * 2)
