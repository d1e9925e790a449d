"""Weights: the frame is met or they are refused with every reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.estimation.sampling import effective_n
from observatoire_pipeline.estimation.weighting import (
    WeightingRefusedError,
    collapse_cells,
    post_stratify,
    rake,
    trim_weights,
    weigh_to_frame,
)

TYPE = np.repeat([0, 1, 2], (50, 12, 8))
SIZE = np.array([0, 1] * 35)


def test_a_frame_like_the_sample_gives_equal_weights():
    counts = np.bincount(TYPE)
    assert post_stratify(TYPE, 10 * counts).tolist() == [10] * 70
    found = rake({"type": TYPE, "size": SIZE}, {"type": 10 * counts, "size": [350, 350]})
    assert found.weights == pytest.approx([10] * 70)
    assert effective_n(found.weights) == pytest.approx(70)


def test_base_weights_keep_their_proportions_within_a_cell():
    weights = post_stratify([0, 0, 1], [9, 5], base_weights=[1, 2, 7])
    assert weights.tolist() == [3, 6, 5]
    raked = rake({"cell": [0, 0, 1]}, {"cell": [9, 5]}, base_weights=[1, 2, 7])
    assert raked.weights == pytest.approx([3, 6, 5])


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=12, max_size=60),
    st.lists(st.floats(0.2, 5), min_size=5, max_size=5),
    st.randoms(use_true_random=False),
)
def test_raked_weights_meet_every_margin_in_any_order_of_units(extra, factors, random):
    rows = [(a, b) for a in range(3) for b in range(2)] + extra
    wanted = np.array([factors[a] * factors[3 + b] for a, b in rows])
    codes = np.array(rows).T
    targets = {
        "a": np.bincount(codes[0], weights=wanted),
        "b": np.bincount(codes[1], weights=wanted),
    }
    found = rake({"a": codes[0], "b": codes[1]}, targets)
    for name, code in zip("ab", codes, strict=True):
        held = np.bincount(code, weights=found.weights)
        assert held == pytest.approx(targets[name], rel=1e-9)
        assert found.margin_error >= np.abs(held / targets[name] - 1).max() - 1e-12
    # Raking finds the weights that are a factor of each category: those the targets came from.
    assert found.weights == pytest.approx(wanted, rel=1e-6)
    order = list(range(len(rows)))
    random.shuffle(order)
    mixed = rake({"a": codes[0][order], "b": codes[1][order]}, targets)
    assert mixed.weights == pytest.approx(found.weights[order])


def test_every_reason_for_a_refusal_is_listed():
    with pytest.raises(WeightingRefusedError) as refusal:
        rake(
            {"type": [0, 0, 3, -1], "size": [0, 1, 1, 1]},
            {"type": [5, 5, 0, 0], "size": [9, 2]},
        )
    assert refusal.value.reasons == (
        "type: 1 respondents without category",
        "type: categories of the frame without respondent: [1]",
        "type: respondents in categories that the frame lacks: [3]",
        "targets do not sum alike: type 10, size 11",
    )


def test_margins_that_cannot_be_met_together_are_refused():
    # Everybody of type 0 is of size 0 and the frame has other counts of the two.
    with pytest.raises(WeightingRefusedError, match="not met together"):
        rake({"a": [0, 0, 1], "b": [0, 0, 1]}, {"a": [5, 5], "b": [6, 4]}, max_steps=50)


def test_a_change_of_weights_that_is_small_proves_nothing():
    # Slow: the margins nearly contradict each other along one cell.
    a, b = np.array([0] * 50 + [1] * 51), np.array([0] * 50 + [1] * 50 + [0])
    found = rake({"a": a, "b": b}, {"a": [60, 41], "b": [60.5, 40.5]}, max_steps=5000)
    assert found.margin_error <= 1e-10
    with pytest.raises(WeightingRefusedError, match="after 3 rounds"):
        rake({"a": a, "b": b}, {"a": [60, 41], "b": [60.5, 40.5]}, max_steps=3)


@pytest.mark.parametrize(
    ("cells", "targets", "message"),
    [
        ([0, 0], [5, 5], "without respondent"),
        ([0, 1, 2], [5, 5], "without category"),
        ([0, 1], [5, 0], "frame lacks"),
    ],
)
def test_post_stratification_refuses(cells, targets, message):
    with pytest.raises(WeightingRefusedError, match=message):
        post_stratify(cells, targets)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: post_stratify([0], [-1]), "targets"),
        (lambda: post_stratify([0], [0]), "no unit"),
        (lambda: post_stratify([0, 1], [1, 1], base_weights=[1]), "units differ"),
        (lambda: rake({"a": [0]}, {"b": [1]}), "margins"),
        (lambda: rake({}, {}), "margins"),
        (lambda: rake({"a": [0], "b": [0, 1]}, {"a": [1], "b": [1, 1]}), "units differ"),
        (lambda: weigh_to_frame([0], [0, 1], [[1, 1]]), "units by one margin"),
        (lambda: weigh_to_frame([0], [0], [1, 1]), "two margins"),
        (lambda: trim_weights([1, 2], ratio=1), "ratio above 1"),
        (lambda: trim_weights([1, 0, 0], ratio=1.5), "too few weights"),
    ],
)
def test_what_is_no_frame_at_all(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_small_cells_join_their_nearest_declared_neighbour():
    counts = [9, 2, 7, 1, 8]
    near = {1: [2, 0], 3: [4], 2: [1]}
    assert collapse_cells(counts, near, smallest=5) == (0, 1, 1, 2, 2)
    assert collapse_cells(counts, near, smallest=1) == (0, 1, 2, 3, 4)
    # 2 + 7 is not 10 yet: the group goes on to its next neighbour.
    assert collapse_cells([12, 2, 7, 12, 12], near, smallest=10) == (0, 0, 0, 1, 2)


def test_the_smallest_cell_joins_first():
    # 1 joins 0, which is then large enough; had 0 gone first, it would have joined 2.
    assert collapse_cells([3, 1, 5], {0: [2], 1: [0]}, smallest=4) == (0, 0, 1)
    # Of equal ones the first.
    assert collapse_cells([2, 2, 5], {0: [1], 1: [2]}, smallest=4) == (0, 0, 1)
    # A group goes on joining until it is large enough.
    assert collapse_cells([3, 1, 2], {0: [1], 1: [0], 2: [1]}, smallest=4) == (0, 0, 0)


def test_cells_that_the_frame_does_not_have_are_left_alone():
    found = collapse_cells([9, 2, 0], {1: [2, 0]}, smallest=5, needed=[True, True, False])
    assert found == (0, 0, 1)


def test_a_cell_without_neighbour_is_refused():
    with pytest.raises(WeightingRefusedError, match=r"cells \[1\]: 2 respondents, 5 needed"):
        collapse_cells([9, 2], {}, smallest=5)
    with pytest.raises(ValueError, match=r"not cells: \[7\]"):
        collapse_cells([9, 2], {1: [7]})


@given(st.lists(st.floats(0.1, 50), min_size=2, max_size=40), st.floats(1.2, 5))
def test_trimmed_weights_keep_their_sum_and_stay_under_the_cap(weights, ratio):
    trimmed = trim_weights(weights, ratio=ratio)
    mean = sum(weights) / len(weights)
    assert trimmed.sum() == pytest.approx(sum(weights))
    assert trimmed.max() <= ratio * mean * (1 + 1e-9)
    assert effective_n(trimmed) >= effective_n(weights) - 1e-9
    order = np.argsort(weights)
    assert (np.diff(trimmed[order]) >= -1e-9).all()


def test_weights_under_the_cap_are_not_touched():
    assert trim_weights([1, 2, 3], ratio=1.5).tolist() == [1, 2, 3]
    # Cap 4: what 7 loses goes to the others, which grow alike.
    assert trim_weights([1, 1, 1, 1, 6], ratio=2).tolist() == [1.5, 1.5, 1.5, 1.5, 4]
    assert trim_weights([], ratio=2).size == 0


FRAME = np.array([[300.0, 200.0], [60.0, 90.0], [40.0, 10.0]])


def test_large_cells_are_post_stratified():
    rows = np.repeat([0, 1, 2], 20)
    columns = np.tile(np.repeat([0, 1], 10), 3)
    found = weigh_to_frame(rows, columns, FRAME)
    assert (found.method, found.why, found.steps, found.trimmed_n) == ("post_stratified", "", 0, 0)
    cells = np.bincount(rows * 2 + columns, weights=found.weights)
    assert cells == pytest.approx(FRAME.ravel())
    assert found.margin_error < 1e-12
    assert found.groups == (0, 1, 2, 3, 4, 5)


ROWS = np.repeat([0, 0, 1, 1, 2, 2], (20, 10, 6, 12, 8, 3))
COLUMNS = np.repeat([0, 1, 0, 1, 0, 1], (20, 10, 6, 12, 8, 3))


def test_a_small_cell_is_collapsed_where_a_neighbour_is_declared():
    found = weigh_to_frame(ROWS, COLUMNS, FRAME, neighbours={5: [4]})
    assert found.method == "collapsed"
    assert found.groups == (0, 1, 2, 3, 4, 4)
    assert "[5]" in found.why
    assert found.weights.sum() == pytest.approx(700)
    assert found.weights[ROWS == 2] == pytest.approx([50 / 11] * 11)
    assert found.weights[(ROWS == 0) & (COLUMNS == 1)] == pytest.approx([20] * 10)
    at_three = weigh_to_frame(ROWS, COLUMNS, FRAME, smallest=3)
    assert at_three.method == "post_stratified"


def test_and_raked_where_none_is():
    found = weigh_to_frame(ROWS, COLUMNS, FRAME)
    assert found.method == "raked"
    assert found.groups == ()
    assert found.steps > 0
    assert "no neighbour" in found.why
    assert np.bincount(ROWS, weights=found.weights) == pytest.approx(FRAME.sum(axis=1))
    assert np.bincount(COLUMNS, weights=found.weights) == pytest.approx(FRAME.sum(axis=0))
    assert found.margin_error <= 1e-10


def test_trimming_says_what_it_cost():
    plain = weigh_to_frame(ROWS, COLUMNS, FRAME)
    cut = weigh_to_frame(ROWS, COLUMNS, FRAME, trim_ratio=1.5)
    assert cut.effective_n_before_trimming == plain.effective_n
    assert cut.effective_n > plain.effective_n
    assert cut.trimmed_n == 10
    assert cut.margin_error > 0.005 > plain.margin_error
    assert cut.weights.max() == pytest.approx(1.5 * 700 / 59)


def test_a_frame_that_cannot_be_met_is_refused():
    with pytest.raises(WeightingRefusedError, match=r"rows: .*without respondent: \[3\]"):
        weigh_to_frame(ROWS, COLUMNS, np.vstack([FRAME, [5, 5]]))
    with pytest.raises(WeightingRefusedError, match=r"frame does not have: \[5\]"):
        weigh_to_frame(ROWS, COLUMNS, [[300, 200], [60, 90], [50, 0]])
    empty = weigh_to_frame(ROWS[:-3], COLUMNS[:-3], [[300, 200], [60, 90], [50, 0]])
    assert empty.method == "post_stratified"
