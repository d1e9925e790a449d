"""Families of tests, the split of a change, and tests on tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.estimation.change import mcnemar
from observatoire_pipeline.estimation.decomposition import kitagawa, kitagawa_of_shares
from observatoire_pipeline.estimation.families import adjust_within_families, benjamini_hochberg
from observatoire_pipeline.estimation.homogeneity import (
    bowker_test,
    equal_shares_test,
    stuart_maxwell_test,
)

p_values = st.lists(st.floats(0, 1), max_size=20)
tables = st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=3, max_size=3)


@given(p_values, st.randoms(use_true_random=False))
def test_adjusting_raises_keeps_the_order_and_does_not_see_it(p, random):
    adjusted = benjamini_hochberg(p)
    assert ((adjusted >= np.array(p) - 1e-15) & (adjusted <= 1)).all()
    order = list(range(len(p)))
    random.shuffle(order)
    mixed = benjamini_hochberg([p[k] for k in order])
    np.testing.assert_array_equal(mixed, adjusted[order])
    rising = adjusted[np.argsort(p, kind="stable")]
    assert (np.diff(rising) >= 0).all()


def test_a_new_edition_makes_a_new_family_and_moves_no_earlier_flag():
    before = adjust_within_families([0.01, 0.04], ["moyens 2016-2018"] * 2)
    after = adjust_within_families(
        [0.01, 0.9, 0.04, 0.8], ["moyens 2016-2018", "moyens 2018-2019"] * 2
    )
    assert after.p_adjusted[[0, 2]].tolist() == before.p_adjusted.tolist()
    assert after.family_size.tolist() == [2, 2, 2, 2]
    assert before.p_adjusted.tolist() == [0.02, 0.04]


@pytest.mark.parametrize("p", [[0.5, 1.1], [-0.1], [math.nan]])
def test_a_p_value_is_between_0_and_1(p):
    with pytest.raises(ValueError, match="p-value"):
        benjamini_hochberg(p)


def test_each_test_has_a_family():
    with pytest.raises(ValueError, match="1 families"):
        adjust_within_families([0.5, 0.5], ["a"])
    with pytest.raises(ValueError, match="list"):
        benjamini_hochberg([[0.5]])
    assert adjust_within_families([], []).p_adjusted.size == 0


@given(
    st.lists(
        st.tuples(
            *[st.integers(1, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))] * 2
        ),
        min_size=1,
        max_size=6,
    )
)
def test_composition_and_behaviour_are_the_whole_change(groups):
    x1, n1, x2, n2 = np.array([[*one, *two] for one, two in groups]).T
    found = kitagawa(x1, n1, x2, n2)
    change = x2.sum() / n2.sum() - x1.sum() / n1.sum()
    assert found.composition + found.behaviour == pytest.approx(change, abs=1e-12)
    turned = kitagawa(x2, n2, x1, n1)
    assert turned.composition == pytest.approx(-found.composition, abs=1e-12)
    if len(groups) == 1:
        assert found.composition == 0


def test_who_answered_otherwise_and_what_they_answered_otherwise():
    same_people = kitagawa((2, 3), (10, 10), (4, 6), (10, 10))
    assert (same_people.composition, same_people.behaviour) == pytest.approx((0, 0.25))
    same_answers = kitagawa((2, 8), (10, 10), (4, 4), (20, 5))
    assert same_answers.behaviour == pytest.approx(0)
    assert same_answers.composition_by_group.tolist() == pytest.approx([0.06, -0.24])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kitagawa((1, 0), (2, 0), (1, 1), (2, 2)), r"without respondents.*\[1\]"),
        (lambda: kitagawa((3,), (2,), (1,), (2,)), "outside its base"),
        (lambda: kitagawa((1, 1), (2, 2), (1,), (2,)), "groups differ"),
        (lambda: kitagawa_of_shares((0.5,), (0.9,), (0.5,), (1,)), "not 1"),
        (lambda: kitagawa_of_shares((math.nan,), (1,), (0.5,), (1,)), "not a number"),
        (lambda: kitagawa_of_shares((0.5, 0.5), (1,), (0.5,), (1,)), "groups differ"),
    ],
)
def test_a_change_that_cannot_be_split(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_equal_shares_show_nothing():
    found = equal_shares_test([5, 10], [10, 20])
    assert (found.statistic, found.degrees, found.p_value) == (0, 1, 1)
    assert found.smallest_expected == 5
    nobody = equal_shares_test([0, 0], [10, 20])
    assert (nobody.degrees, nobody.p_value) == (0, 1)
    assert equal_shares_test([1, 9], [2, 20]).smallest_expected == pytest.approx(20 / 22)


@pytest.mark.parametrize(("counts", "bases"), [([1], [2]), ([1, 0], [2, 0]), ([3, 1], [2, 2])])
def test_groups_to_compare_have_bases(counts, bases):
    with pytest.raises(ValueError, match="base"):
        equal_shares_test(counts, bases)


@given(st.integers(0, 40), st.integers(0, 40))
def test_with_two_answers_all_tests_are_mcnemar(there, back):
    table = [[7, there], [back, 9]]
    chi2 = mcnemar(there, back).chi2
    for found in (bowker_test(table), stuart_maxwell_test(table)):
        assert found.degrees == int(there + back > 0)
        if there + back:
            assert found.statistic == pytest.approx(chi2)
            assert found.p_value == pytest.approx(mcnemar(there, back).chi2_p)
        else:
            assert (found.statistic, found.p_value) == (0, 1)


@given(tables)
def test_turning_the_editions_round_changes_no_test(table):
    square = np.array(table)
    for test in (bowker_test, stuart_maxwell_test):
        there, back = test(square), test(square.T)
        assert there.statistic == pytest.approx(back.statistic, abs=1e-9)
        assert there.degrees == back.degrees


def test_answers_that_nobody_gave_ask_for_no_degree():
    table = [[5, 2, 0], [4, 6, 0], [0, 0, 0]]
    assert bowker_test(table).degrees == stuart_maxwell_test(table).degrees == 1


@pytest.mark.parametrize("table", [[[1, 2]], [[1, -1], [0, 1]], [1, 2]])
def test_answers_given_twice_are_a_square(table):
    for test in (bowker_test, stuart_maxwell_test):
        with pytest.raises(ValueError, match=r"square|negative"):
            test(table)
