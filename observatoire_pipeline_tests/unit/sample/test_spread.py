"""Shares become counts and counts become answers without losing or adding one."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.sample.spread import apportion, assign, by_leaning, rank, shuffled, tick

WEIGHTS = st.dictionaries(
    st.sampled_from("abcdef"), st.floats(min_value=0.01, max_value=10), min_size=1
)


def test_largest_remainders_take_what_is_left():
    assert apportion(10, {"a": 0.45, "b": 0.35, "c": 0.20}) == {"a": 5, "b": 3, "c": 2}
    assert apportion(0, {"a": 0.0}) == {"a": 0}
    with pytest.raises(ValueError, match="no weight"):
        apportion(1, {"a": 0.0})


@given(st.integers(min_value=0, max_value=500), WEIGHTS)
def test_apportioned_counts_sum_to_the_total_and_stay_within_one_of_their_share(total, weights):
    counts = apportion(total, weights)
    assert sum(counts.values()) == total
    for key, weight in weights.items():
        assert abs(counts[key] - total * weight / sum(weights.values())) <= 1 + 1e-9


def test_counts_are_assigned_from_the_first_unit_on_and_the_rest_gets_nothing():
    assert assign([3, 1, 2, 0], {"oui": 2, "non": 1}) == {3: "oui", 1: "oui", 2: "non"}


def test_an_order_follows_the_leaning_when_nothing_blurs_it():
    assert by_leaning([1, 2, 3], lambda unit: -unit, Random(1), noise=0.0) == [3, 2, 1]
    assert sorted(shuffled(range(50), Random(1))) == list(range(50))
    assert shuffled(range(50), Random(1)) != list(range(50))


@given(
    st.integers(min_value=1, max_value=40),
    st.lists(st.integers(min_value=0, max_value=40), min_size=1, max_size=5),
    st.integers(),
)
def test_ticks_keep_their_totals_and_leave_nobody_without(count, totals, seed):
    totals = [min(total, count) for total in totals]
    units, counts = list(range(count)), {f"i{k}": total for k, total in enumerate(totals)}
    if sum(totals) < count:
        with pytest.raises(ValueError, match="too few"):
            tick(units, counts, Random(seed))
        return
    ticks = tick(units, counts, Random(seed))
    assert {item: len(ticked) for item, ticked in ticks.items()} == counts
    assert set().union(*ticks.values()) == set(units)


def test_more_ticks_than_people_is_an_error_that_names_the_item():
    with pytest.raises(ValueError, match="more ticks than the 2 who tick: b"):
        tick([1, 2], {"a": 2, "b": 3}, Random(1))


def test_a_strong_item_is_ranked_first_more_often_than_a_weak_one():
    rng = Random(1)
    first = Counter(
        rank(["fort", "faible"], {"fort": 4.0, "faible": 1.0}, rng)[0] for _ in range(500)
    )
    assert 0.74 < first["fort"] / 500 < 0.86, "Plackett-Luce: 4 to 1"
