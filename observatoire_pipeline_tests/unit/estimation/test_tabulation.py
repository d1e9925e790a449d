"""Counting: chunks add up to the last digit, and every breakdown is the plain count of its rows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire_pipeline.estimation import tabulation
from observatoire_pipeline.estimation.intervals import wilson_interval
from observatoire_pipeline.estimation.likert import net_agreement
from observatoire_pipeline.estimation.tabulation import Codes, merge_tabulations, tabulate

LEVELS = {"opinion": 5, "outil": 3}
GROUPS = {"type": 4, "taille": 3, "région": 6}
row = st.tuples(*(st.integers(0, k - 1) for k in (*LEVELS.values(), *GROUPS.values())))


def coded(rows, names, start):
    table = np.array(rows, dtype=np.int8).reshape(len(rows), len(LEVELS) + len(GROUPS))
    return {
        name: Codes(table[:, start + place], levels)
        for place, (name, levels) in enumerate(names.items())
    }


def counted(rows):
    return tabulate(coded(rows, LEVELS, 0), coded(rows, GROUPS, len(LEVELS)))


@given(st.lists(row, max_size=40))
def test_every_table_is_a_plain_count(rows):
    found = counted(rows)
    columns, groups = coded(rows, LEVELS, 0), coded(rows, GROUPS, len(LEVELS))
    assert found.units == len(rows)
    for name, column in columns.items():
        expected = np.bincount(column.positions, minlength=column.levels)
        assert found.overall[name].tolist() == expected.tolist()
        for group, by in groups.items():
            for level in range(by.levels):
                inside = column.positions[by.positions == level]
                assert (
                    found.by[name, group][level].tolist()
                    == np.bincount(inside, minlength=column.levels).tolist()
                )


@settings(max_examples=50)
@given(
    st.lists(row, min_size=1, max_size=40),
    st.lists(st.integers(0, 40), max_size=4),
    st.randoms(use_true_random=False),
)
def test_chunks_merge_to_the_same_figures_to_the_last_digit(rows, cuts, random):
    whole = counted(rows)
    mixed = list(rows)
    random.shuffle(mixed)
    ends = [0, *sorted(min(cut, len(mixed)) for cut in cuts), len(mixed)]
    merged = merge_tabulations(counted(mixed[a:b]) for a, b in itertools.pairwise(ends))
    assert merged.units == whole.units
    for tables in ("overall", "by"):
        for name, table in getattr(whole, tables).items():
            assert getattr(merged, tables)[name].tolist() == table.tolist()
    poles = ("negative", "negative", "neutral", "positive", "positive")
    for one in ("value", "standard_error", "lower", "upper"):
        a, b = (
            getattr(net_agreement(t.by["opinion", "type"], poles), one) for t in (whole, merged)
        )
        np.testing.assert_array_equal(a, b)
    ends = [wilson_interval(t.overall["outil"], np.full(3, t.units)) for t in (whole, merged)]
    np.testing.assert_array_equal(*ends)


def test_long_columns_and_wide_breakdowns_take_several_passes(monkeypatch):
    generator = np.random.default_rng(4)
    rows = np.column_stack(
        [generator.integers(0, k, 1000) for k in (*LEVELS.values(), *GROUPS.values())]
    )
    plain = counted(rows)
    monkeypatch.setattr(tabulation, "_BLOCK", 64)
    monkeypatch.setattr(tabulation, "_JOINT_CELLS", 12)
    cut = counted(rows)
    for name, table in (*plain.overall.items(), *plain.by.items()):
        other = cut.overall[name] if isinstance(name, str) else cut.by[name]
        assert other.tolist() == table.tolist()


def test_without_breakdown_there_are_plain_counts():
    found = tabulate({"a": Codes(np.array([0, 2, 2]), 4)})
    assert found.overall["a"].tolist() == [1, 0, 2, 0]
    assert found.by == {}
    assert tabulate({}).units == 0


def test_weights_are_summed():
    column, group = Codes(np.array([0, 1, 1]), 2), Codes(np.array([0, 0, 1]), 2)
    found = tabulate({"a": column}, {"g": group}, weights=[0.5, 2, 4])
    assert found.overall["a"].tolist() == [0.5, 6]
    assert found.by["a", "g"].tolist() == [[0.5, 2], [0, 4]]
    equal = tabulate({"a": column}, {"g": group}, weights=[1, 1, 1])
    assert (
        equal.by["a", "g"].tolist() == tabulate({"a": column}, {"g": group}).by["a", "g"].tolist()
    )
    with pytest.raises(ValueError, match="2 weights for 3 units"):
        tabulate({"a": column}, weights=[1, 2])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": Codes(np.array([0, 3]), 3), "b": Codes(np.array([-1, 0]), 2)}, "a: .*; b: "),
        ({"a": Codes(np.array([0, 1]), 3), "b": Codes(np.array([0]), 2)}, "different lengths"),
        ({"a": Codes(np.array([0.0]), 3)}, "no positions"),
    ],
)
def test_codes_outside_their_vocabulary_are_listed(columns, message):
    with pytest.raises(ValueError, match=message):
        tabulate(columns)


def test_a_breakdown_is_checked_too():
    with pytest.raises(ValueError, match="breakdown g"):
        tabulate({"a": Codes(np.array([0]), 1)}, {"g": Codes(np.array([2]), 2)})


def test_tables_of_other_shapes_are_not_added():
    one, other = (tabulate({"a": Codes(np.array([0]), k)}) for k in (2, 3))
    with pytest.raises(ValueError, match="levels agree"):
        one.merged(other)
    with pytest.raises(ValueError, match="no chunk"):
        merge_tabulations([])
