"""The limit of a distance follows the number of answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.validate.drift import chance_limit, total_variation

counts = st.lists(st.integers(0, 50), min_size=2, max_size=6).filter(any).map(np.array)


def test_distance_is_half_the_sum_of_the_differences():
    assert total_variation(np.array([8, 2]), np.array([30, 70])) == pytest.approx(0.5)


@given(counts)
def test_no_distance_to_itself_and_none_above_one(one):
    assert total_variation(one, one * 3) == pytest.approx(0)
    assert total_variation(one, one[::-1]) <= 1 + 1e-12


def test_the_limit_shrinks_with_the_answers():
    limits = [
        chance_limit(np.array([n, n]), np.array([n, n]), false_alarm=0.01)
        for n in (10, 100, 1_000, 100_000)
    ]
    assert limits == sorted(limits, reverse=True)
    assert limits[-1] < 0.01


def test_chance_alone_exceeds_the_limit_about_as_often_as_declared():
    generator = np.random.default_rng(1)
    shares, size = [0.5, 0.3, 0.2], 80
    told = 0
    for _ in range(200):
        first, second = generator.multinomial(size, shares), generator.multinomial(size, shares)
        limit = chance_limit(first, second, false_alarm=0.1, draws=500)
        told += total_variation(first, second) > limit
    assert 5 <= told <= 35  # 20 expected of 200


def test_the_limit_is_the_same_each_time():
    one, other = np.array([5, 9, 3]), np.array([4, 4, 12])
    assert chance_limit(one, other, false_alarm=0.01) == chance_limit(one, other, false_alarm=0.01)
