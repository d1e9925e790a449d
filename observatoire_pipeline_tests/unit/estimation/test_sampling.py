"""Designs: strata, weights, and tools that belong to one organisation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.estimation.intervals import (
    corrected_base,
    wilson_interval,
    wilson_interval_of_shares,
)
from observatoire_pipeline.estimation.sampling import (
    cluster_counts,
    clustered_ratio,
    clustered_shares,
    corrected_effective_n,
    design_effect,
    effective_n,
    effective_n_from_sums,
    standard_error_of_mean,
    stratified_mean,
    stratified_mean_of_values,
)

answers = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=2, max_size=40).filter(
    lambda rows: len({cluster for _, cluster in rows}) > 1
)


def test_equal_weights_lose_nothing():
    assert effective_n([3.7] * 20) == pytest.approx(20)
    assert design_effect([3.7] * 20) == pytest.approx(1)
    assert effective_n([1, 0, 0]) == 1
    assert effective_n([]) == 0
    assert math.isnan(design_effect([]))


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=30))
def test_unequal_weights_lose_units(weights):
    assert 1 - 1e-9 <= effective_n(weights) <= len(weights) + 1e-9
    assert design_effect(weights) == pytest.approx(len(weights) / effective_n(weights))


@given(st.lists(st.lists(st.floats(0.1, 100), max_size=9), max_size=5))
def test_effective_numbers_of_many_bases_come_from_their_sums(bases):
    sums, squares = [sum(b) for b in bases], [sum(w**2 for w in b) for b in bases]
    found = effective_n_from_sums(sums, squares)
    assert found.tolist() == pytest.approx([effective_n(b) for b in bases])
    for wrong in (([1.0], [0.0]), ([-1.0], [1.0]), ([1.0, 1.0], [1.0])):
        with pytest.raises(ValueError, match="sums"):
            effective_n_from_sums(*wrong)


@pytest.mark.parametrize("weights", [[-1.0], [math.nan], [math.inf], [[1.0]]])
def test_a_weight_is_a_number_above_0(weights):
    with pytest.raises(ValueError, match="weight"):
        effective_n(weights)


def test_one_unit_a_cluster_gives_the_standard_error_of_a_mean():
    hits = np.array([1] * 7 + [0] * 13)
    found = clustered_shares(hits, np.ones(20))
    assert found.share[0] == 0.35
    assert found.standard_error[0] == pytest.approx(hits.std(ddof=1) / math.sqrt(20))
    assert found.effective_n[0] == pytest.approx(19)


@given(answers)
def test_the_variance_is_that_of_the_linearised_totals(rows):
    codes, clusters = np.array(rows).T
    counts = cluster_counts(codes, clusters, levels=3)
    bases = counts.sum(axis=1)
    found = clustered_shares(counts, bases)
    assert found.share.sum() == pytest.approx(1)
    assert found.base.tolist() == [len(rows)] * 3
    lower, upper = found.interval()
    assert ((lower >= 0) & (lower <= found.share) & (found.share <= upper) & (upper <= 1)).all()
    for level in range(3):
        hit = (codes == level) * 1.0
        deviations = [
            (hit[clusters == c] - hit.mean()).sum() / len(rows) for c in set(clusters.tolist())
        ]
        size = len(deviations)
        expected = size / (size - 1) * sum(d**2 for d in deviations)
        assert found.clusters[level] == size
        assert found.standard_error[level] == pytest.approx(math.sqrt(expected), abs=1e-12)


@given(answers, st.randoms(use_true_random=False))
def test_the_order_of_units_changes_nothing(rows, random):
    mixed = list(rows)
    random.shuffle(mixed)
    tables = [cluster_counts(*np.array(part).T, levels=3) for part in (rows, mixed)]
    np.testing.assert_array_equal(*tables)


@given(answers, st.sampled_from([0.5, 3.0, 44.21]))
def test_equal_weights_give_the_unweighted_figures(rows, weight):
    codes, clusters = np.array(rows).T
    plain = cluster_counts(codes, clusters, levels=3)
    weighted = cluster_counts(codes, clusters, levels=3, weights=[weight] * len(rows))
    one, other = (clustered_shares(t, t.sum(axis=1)) for t in (plain, weighted))
    assert other.share == pytest.approx(one.share)
    assert other.standard_error == pytest.approx(one.standard_error, abs=1e-12)
    kish = effective_n([weight] * len(rows))
    assert wilson_interval_of_shares([0.25], [kish])[0] == pytest.approx(
        wilson_interval_of_shares([0.25], [len(rows)])[0]
    )


def test_tools_alike_in_an_organisation_count_as_one():
    # Ten organisations, three tools each, all three alike.
    counts = np.array([3, 0] * 5)
    found = clustered_shares(counts, np.full(10, 3))
    alone = clustered_shares(counts / 3, np.ones(10))
    assert found.standard_error == pytest.approx(alone.standard_error)
    assert found.effective_n[0] == pytest.approx(9)
    narrow = wilson_interval([15], [30])
    lower, upper = found.interval()
    assert upper[0] - lower[0] > narrow[1][0] - narrow[0][0]


def test_an_answer_that_all_or_none_gave_keeps_the_number_of_clusters():
    found = clustered_shares([[0, 2], [0, 3], [0, 1]], [2, 3, 1])
    assert found.effective_n.tolist() == [3, 3]
    assert found.standard_error.tolist() == [0, 0]
    lower, upper = found.interval()
    assert (lower[0], upper[1]) == (0, 1)
    assert upper[0] == pytest.approx(wilson_interval([0], [3])[1][0])


def test_clusters_that_agree_by_chance_are_not_certain():
    found = clustered_shares([1, 2], [2, 4])
    assert found.standard_error[0] == 0
    assert found.effective_n[0] == 2


def test_one_cluster_has_no_variance_and_no_unit_no_share():
    found = clustered_shares([[1, 0]], [[2, 0]])
    assert np.isnan(found.standard_error).all()
    assert found.effective_n.tolist() == [1, 0]
    assert math.isnan(found.share[1])
    assert found.clusters.tolist() == [1, 0]
    assert np.isnan(found.interval()[0]).tolist() == [False, True]


def test_a_frame_of_clusters_narrows_and_a_census_leaves_a_point():
    hits, bases = [1, 2, 0, 1], [2, 2, 1, 3]
    plain = clustered_shares(hits, bases)
    frame = clustered_shares(hits, bases, population_clusters=8)
    assert frame.standard_error == pytest.approx(plain.standard_error * math.sqrt(0.5))
    census = clustered_shares(hits, bases, population_clusters=4)
    assert census.standard_error[0] == 0
    assert census.interval()[0][0] == census.interval()[1][0] == 0.5
    with pytest.raises(ValueError, match="4 clusters of 3"):
        clustered_shares(hits, bases, population_clusters=3)


@pytest.mark.parametrize(
    ("hits", "bases"), [([3], [2]), ([-1], [2]), ([1, 2], [3]), ([[1, 2]], [[3]])]
)
def test_hits_of_clusters_are_within_their_bases(hits, bases):
    with pytest.raises(ValueError, match="base"):
        clustered_shares(hits, bases)


def test_units_outside_the_base_are_in_no_cell():
    found = cluster_counts([0, -1, 1, 1], [0, 0, 2, 2], levels=2, weights=[1, 9, 2, 3])
    assert found.tolist() == [[1, 0], [0, 0], [0, 5]]
    for codes, clusters in (([2], [0]), ([0], [-1])):
        with pytest.raises(ValueError, match="beyond 2 answers"):
            cluster_counts(codes, clusters, levels=2)
    with pytest.raises(ValueError, match="clusters"):
        cluster_counts([0, 1], [0], levels=2)


def test_one_stratum_is_a_simple_random_sample():
    values = [2.8, 4.1, 6.8, 6.8, 9.2]
    found = stratified_mean_of_values(values, [0] * 5, [15])
    assert found.mean == pytest.approx(np.mean(values))
    assert found.standard_error == pytest.approx(
        float(standard_error_of_mean(np.std(values, ddof=1), 5, population=15))
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: standard_error_of_mean(1, 0), "one unit"),
        (lambda: standard_error_of_mean(1, 5, population=4), "population"),
        (lambda: standard_error_of_mean(-1, 5), "negative"),
        (lambda: stratified_mean([1], [1, 2], [3]), "strata differ"),
        (lambda: stratified_mean([], [], []), "strata differ"),
        (lambda: stratified_mean([1], [math.nan], [3]), "without mean"),
        (lambda: stratified_mean([1], [1], [0]), "without mean"),
        (lambda: stratified_mean_of_values([1, 2, 3], [0, 0, 1], [5, 5]), r"two units: \[1\]"),
        (lambda: stratified_mean_of_values([1, 2], [0, 2], [5, 5]), "strata"),
    ],
)
def test_samples_without_a_standard_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_ratio_of_clusters_is_their_share_when_values_are_zero_and_one():
    hits, bases = np.array([1.0, 0, 2, 3]), np.array([2.0, 1, 2, 4])
    share = clustered_shares(hits, bases)
    ratio = clustered_ratio(hits, bases)
    assert ratio.mean == pytest.approx(share.share[0])
    assert ratio.standard_error == pytest.approx(share.standard_error[0])
    assert math.isnan(clustered_ratio([3.0], [4.0]).standard_error)
    with pytest.raises(ValueError, match="without units"):
        clustered_ratio([0.0], [0.0])
    with pytest.raises(ValueError, match="for"):
        clustered_ratio([0.0, 1.0], [1.0])


def test_weights_lose_precision_and_draw_nobody():
    # As with 40 of 100 drawn, not 30 of 100: the variance is (1 − 40/100) pq / 30, but for N − 1.
    found = corrected_effective_n([30], [40], [100])
    assert found[0] == pytest.approx(30 * (100 - 40 / 30) / 60)
    assert corrected_effective_n([40], [40], [100])[0] == corrected_base([40], [100])[0]
    assert corrected_effective_n([30], [40], [math.inf])[0] == 30
    assert corrected_effective_n([30], [40], [40])[0] == math.inf
    assert corrected_effective_n([0], [0], [40])[0] == 0
    with pytest.raises(ValueError, match="above its base"):
        corrected_effective_n([41], [40], [100])
    with pytest.raises(ValueError, match="larger than their population"):
        corrected_effective_n([30], [40], [39])
