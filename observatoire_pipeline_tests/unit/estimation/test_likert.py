"""Scales: poles, collapsing, effects, and the levels that nobody chose."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.estimation.likert import (
    collapse_levels,
    default_poles,
    do_not_know_bounds,
    do_not_know_share,
    equipercentile_levels,
    level_counts,
    net_agreement,
    ordinal_effect,
    pole_shares,
    scale_mean,
    top_two_share,
)

FIVE = default_poles(5)
five_levels = st.lists(st.integers(0, 500), min_size=5, max_size=5)


def test_an_even_scale_has_no_middle():
    assert default_poles(4) == ("negative", "negative", "positive", "positive")
    assert default_poles(5) == ("negative", "negative", "neutral", "positive", "positive")
    with pytest.raises(ValueError, match="two levels"):
        default_poles(1)


def test_levels_that_nobody_chose_are_kept():
    assert level_counts([1, 1, 3], levels=5).tolist() == [0, 2, 0, 1, 0]
    assert level_counts([], levels=3).tolist() == [0, 0, 0]


@pytest.mark.parametrize("codes", [[-1], [5]])
def test_a_code_outside_the_scale_is_an_error(codes):
    with pytest.raises(ValueError, match="5 levels"):
        level_counts(codes, levels=5)


@given(five_levels)
def test_collapsing_levels_adds_their_shares(counts):
    collapsed = collapse_levels(counts, (0, 0, 1, 2, 2))
    assert collapsed.tolist() == [counts[0] + counts[1], counts[2], counts[3] + counts[4]]
    fine, coarse = pole_shares(counts, FIVE), pole_shares(collapsed, default_poles(3))
    np.testing.assert_array_equal(fine.positive, coarse.positive)
    np.testing.assert_array_equal(fine.negative, coarse.negative)
    if sum(counts):
        assert fine.negative + fine.neutral + fine.positive == pytest.approx(1)
        assert top_two_share(counts) == pytest.approx(float(fine.positive))
        assert (
            net_agreement(counts, FIVE).standard_error
            == net_agreement(collapsed, default_poles(3)).standard_error
        )


@pytest.mark.parametrize("groups", [(0, 0, 1, 2), (0, 0, 2, 2, 3), (1, 1, 0, 2, 2)])
def test_levels_collapse_in_order_and_without_gaps(groups):
    with pytest.raises(ValueError, match="groups"):
        collapse_levels([1, 1, 1, 1, 1], groups)


@given(five_levels)
def test_net_agreement_turns_round_with_the_scale_and_holds_in_its_interval(counts):
    found, turned = net_agreement(counts, FIVE), net_agreement(counts[::-1], FIVE)
    if not sum(counts):
        assert math.isnan(found.value)
        return
    assert found.value == -turned.value
    assert found.standard_error == pytest.approx(float(turned.standard_error))
    assert -1 <= found.lower <= found.value <= found.upper <= 1


def test_net_agreement_is_a_mean_of_minus_one_zero_and_one():
    values = np.repeat([-1, 0, 1], (30, 20, 50))
    found = net_agreement([30, 20, 50], default_poles(3))
    assert found.value == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(values.std() / math.sqrt(100))
    assert found.upper - found.value == pytest.approx(1.959964 * found.standard_error, rel=1e-6)
    assert found.value - found.lower == pytest.approx(1.959964 * found.standard_error, rel=1e-6)


def test_net_agreement_of_a_finite_population_is_a_mean_drawn_without_replacement():
    values = np.repeat([-1.0, 0, 1], [6, 4, 10])
    poles = ("negative", "neutral", "positive")
    found = net_agreement([6, 4, 10], poles, population=50)
    # s √((1 − n/N) / n) with divisor N − 1 in both places, as for a share.
    expected = values.std() * np.sqrt((50 - 20) / (49 * 20))
    assert found.standard_error == pytest.approx(expected)
    census = net_agreement([6, 4, 10], poles, population=20)
    assert census.lower == census.value == census.upper


def test_several_items_at_once_are_rows():
    table = [[1, 2, 3, 4, 5], [0, 0, 0, 0, 0], [5, 0, 0, 0, 0]]
    found = pole_shares(table, FIVE)
    assert found.positive.tolist()[::2] == [9 / 15, 0]
    assert math.isnan(found.positive[1])
    assert scale_mean(table, (1, 2, 3, 4, 5)).mean[2] == 1
    assert scale_mean(table, (1, 2, 3, 4, 5)).standard_deviation[2] == 0


def test_a_mean_says_its_coding_and_one_answer_has_no_deviation():
    found = scale_mean([0, 1, 1], (-1, 0, 1))
    assert (found.mean, found.coding) == (0.5, (-1, 0, 1))
    assert found.standard_error == pytest.approx(math.sqrt(0.5) / math.sqrt(2))
    assert math.isnan(scale_mean([0, 1, 0], (1, 2, 3)).standard_deviation)


@pytest.mark.parametrize("coding", [(1, 2), (1, 1, 2), (3, 2, 1)])
def test_the_numbers_of_a_scale_rise(coding):
    with pytest.raises(ValueError, match="numbers"):
        scale_mean([1, 1, 1], coding)


@pytest.mark.parametrize("counts", [[[1, -1, 1]], 3])
def test_counts_by_level_are_counts(counts):
    with pytest.raises(ValueError, match="count"):
        pole_shares(counts, default_poles(3))


def test_poles_are_those_of_the_codebook():
    with pytest.raises(ValueError, match="2 poles"):
        pole_shares([1, 2, 3], ("negative", "positive"))
    with pytest.raises(ValueError, match="good"):
        pole_shares([1, 2], ("negative", "good"))
    assert pole_shares([1, 2, 1], (None, "positive", "negative")).neutral == 0.25


def test_two_levels_have_no_top_two():
    with pytest.raises(ValueError, match="two highest"):
        top_two_share([1, 2])
    assert top_two_share([1, 2, 1, 4]) == 5 / 8


def test_who_does_not_know_is_counted_among_all_who_replied():
    assert do_not_know_share([170, 0], [30, 0])[0] == 0.15
    assert math.isnan(do_not_know_share([170, 0], [30, 0])[1])
    with pytest.raises(ValueError, match="do-not-know"):
        do_not_know_share([170], [30, 0])


@given(
    st.integers(0, 300).flatmap(
        lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(0, 300))
    )
)
def test_the_share_of_answers_lies_in_its_do_not_know_bounds(case):
    count, base, unsure = case
    lower, upper = do_not_know_bounds([count], [base], [unsure])
    if base:
        assert 0 <= lower[0] <= count / base <= upper[0] <= 1
        assert upper[0] - lower[0] == pytest.approx(do_not_know_share([base], [unsure])[0])


@pytest.mark.parametrize("unsure", [[-1], [1, 2]])
def test_do_not_know_is_a_count_of_each_figure(unsure):
    with pytest.raises(ValueError, match="do-not-know"):
        do_not_know_bounds([1], [2], unsure)


@given(five_levels, five_levels)
def test_an_effect_turns_round_with_its_groups(first, second):
    if not sum(first) or not sum(second):
        with pytest.raises(ValueError, match="without answers"):
            ordinal_effect(first, second)
        return
    there, back = ordinal_effect(first, second), ordinal_effect(second, first)
    assert 0 <= there.theta <= 1
    assert there.theta + back.theta == pytest.approx(1)
    assert there.p_value == pytest.approx(back.p_value)


def test_an_effect_counts_pairs_and_half_the_ties():
    x, y = np.repeat(range(4), (3, 1, 0, 2)), np.repeat(range(4), (1, 2, 2, 0))
    pairs = np.subtract.outer(y, x)
    expected = ((pairs > 0).sum() + (pairs == 0).sum() / 2) / pairs.size
    found = ordinal_effect([3, 1, 0, 2], [1, 2, 2, 0])
    assert found.theta == pytest.approx(expected)


def test_groups_that_all_give_one_answer_show_no_effect():
    found = ordinal_effect([0, 4, 0], [0, 7, 0])
    assert (found.theta, found.p_value) == (0.5, 1)
    assert math.isnan(found.statistic)
    with pytest.raises(ValueError, match="same levels"):
        ordinal_effect([1, 2], [1, 2, 3])


def test_a_scale_is_carried_over_by_percentiles():
    # Equal scales keep their levels; a scale of halves lands between those of four.
    assert equipercentile_levels([5, 5, 5, 5], [9, 9, 9, 9]) == pytest.approx([1, 2, 3, 4])
    assert equipercentile_levels([10, 10], [5, 5, 5, 5]) == pytest.approx([1.5, 3.5])
    skewed = equipercentile_levels([1, 3], [0, 1, 3, 0])
    assert skewed == pytest.approx([2, 3])
    with pytest.raises(ValueError, match="without answers"):
        equipercentile_levels([0, 0], [1, 1])
