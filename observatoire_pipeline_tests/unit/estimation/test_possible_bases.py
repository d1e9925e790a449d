"""Bases that printed percentages allow: the survey's, and each one that brute force finds."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire_pipeline.estimation.possible_bases import (
    possible_bases,
    possible_bases_by_largest_remainder,
    read_percentages,
)
from observatoire_pipeline.estimation.proportions import largest_remainder, percent_half_up

BUDGET_2018 = (17, 4, 6, 6, 15, 4, 14, 12, 6, 4, 12)


def bases(found):
    return [one.base for one in found]


def test_two_opinions_of_2016_have_one_base():
    (only,) = possible_bases([56.3, 79.1], 194)
    assert (only.base, only.counts, only.example) == (158, ((89, 89), (125, 125)), (89, 125))
    assert bases(possible_bases([56.3, 79.1, 58, 80], 194)) == [158]


def test_the_devices_of_2018_have_64_or_66_and_not_70():
    assert bases(possible_bases([70, 59, 58, 50, 42, 30], 73)) == [64, 66]


def test_two_percentages_of_2016_cannot_have_the_base_that_the_press_gives():
    found = bases(possible_bases([51, 62], 60))
    assert 44 not in found
    assert 55 in found


def test_the_targeted_publics_of_2018():
    assert bases(possible_bases(["96 %", "58 %", "29 %"], 70)) == [24, 45, 48, 52, 55, 69]


def test_the_budget_chart_of_2018_is_rounded_by_largest_remainder():
    assert possible_bases(BUDGET_2018, 77) == possible_bases(BUDGET_2018, 77, parts=True) == []
    assert bases(possible_bases(BUDGET_2018, 80, parts=True)) == [78]
    found = possible_bases_by_largest_remainder(BUDGET_2018, 80)
    assert bases(found) == [49, 51, 69, 72, 78]
    counts = {one.base: one.example for one in found}
    assert counts[69] == (12, 3, 4, 4, 10, 3, 10, 8, 4, 3, 8)
    assert largest_remainder(counts[69]).tolist() == list(BUDGET_2018)


def test_parts_that_do_not_sum_to_100_were_not_rounded_together():
    assert possible_bases_by_largest_remainder([33, 33, 33], 60) == []
    assert bases(possible_bases([33, 33, 33], 3, parts=True)) == [3]
    assert bases(possible_bases_by_largest_remainder([34, 33, 33], 3)) == [3]
    # Three halves are possible of one base and are not its parts; nor are two tenths.
    assert bases(possible_bases([50, 50, 50], 6)) == [2, 4, 6]
    assert possible_bases([50, 50, 50], 6, parts=True) == []
    assert possible_bases([10, 10], 10, parts=True) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=4).filter(any),
    st.integers(0, 1),
    st.integers(0, 15),
)
def test_counts_are_found_again_whatever_their_rounding(counts, decimals, more):
    base = sum(counts) + more
    printed = percent_half_up(counts, [base] * len(counts), decimals=decimals).tolist()
    found = {one.base: one for one in possible_bases(printed, base, decimals=decimals)}
    assert base in found
    assert all(low <= x <= high for x, (low, high) in zip(counts, found[base].counts, strict=True))
    whole = sum(counts)
    alone = percent_half_up(counts, [whole] * len(counts), decimals=decimals).tolist()
    parts = possible_bases(alone, whole, decimals=decimals, parts=True)
    assert parts[-1].base == whole
    assert all(sum(one.example) == one.base for one in parts)
    together = largest_remainder(counts, decimals=decimals).tolist()
    last = possible_bases_by_largest_remainder(together, whole, decimals=decimals)[-1]
    assert last.base == sum(last.example) == whole


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100), st.integers(0, 100), st.sampled_from([9, 14, 30]))
def test_no_base_is_missed_or_made_up(first, second, largest):
    expected = [
        n
        for n in range(1, largest + 1)
        if all(
            any(percent_half_up([x], [n])[0] == p for x in range(n + 1)) for p in (first, second)
        )
    ]
    assert bases(possible_bases([first, second], largest)) == expected


@pytest.mark.parametrize("printed", [(34, 33, 33), (17, 50, 33), (15, 29, 56), (67, 0, 33)])
def test_no_part_is_missed_or_made_up(printed):
    def printed_so(counts):
        # Equal remainders may be broken in any order of the parts.
        orders = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
        for order in orders:
            rounded = largest_remainder([counts[k] for k in order]).tolist()
            if [rounded[order.index(k)] for k in range(3)] == list(printed):
                return True
        return False

    expected = [
        n
        for n in range(1, 25)
        if any(
            sum(counts) == n and printed_so(counts)
            for counts in product(range(n + 1), repeat=3)
            if sum(counts) == n
        )
    ]
    assert bases(possible_bases_by_largest_remainder(printed, 24)) == expected


def test_a_base_larger_than_the_percentages_resolve_has_ranges_of_counts():
    (found,) = possible_bases([50], 1000, min_n=1000)
    assert found.counts == ((495, 504),)
    assert found.example == (495,)
    (none,) = possible_bases([0, 100], 10, min_n=10)
    assert none.counts == ((0, 0), (10, 10))


@pytest.mark.parametrize(
    ("percentage", "text", "units", "decimals"),
    [
        ("56,3 %", "56.3", 563, 1),
        ("56.30", "56.30", 5630, 2),
        (56.3, "56.3", 563, 1),
        (79, "79", 79, 0),
        (Decimal("79.10"), "79.10", 7910, 2),
        (Fraction(5, 4), "1.25", 125, 2),
        ("1e1", "10", 10, 0),
    ],
)
def test_percentages_are_read_as_they_are_printed(percentage, text, units, decimals):
    (found,) = read_percentages([percentage])
    assert (found.text, found.units, found.decimals) == (text, units, decimals)
    assert found.whole == 100 * 10**decimals


def test_every_percentage_that_is_none_is_listed():
    with pytest.raises(ValueError, match=r"abc is not .*; 101 is not .*; -1 is not .*; nan is"):
        read_percentages(["abc", 101, "-1", 5, float("nan")])
    with pytest.raises(ValueError, match="more than 0 decimals"):
        read_percentages([56.3], decimals=0)
    with pytest.raises(ValueError, match="1/3 is not"):
        read_percentages([Fraction(1, 3)])
    assert read_percentages([56], decimals=1)[0].text == "56.0"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: possible_bases([], 10), "no percentage"),
        (lambda: possible_bases([50], 0), "bases run"),
        (lambda: possible_bases([50], 10, min_n=0), "bases run"),
        (lambda: possible_bases([50], 10, decimals=-1), "decimals"),
        (lambda: possible_bases_by_largest_remainder([50, "50.0"], 10), "as many decimals"),
    ],
)
def test_what_cannot_be_audited(call, message):
    with pytest.raises(ValueError, match=message):
        call()
