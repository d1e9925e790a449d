"""O23 to O25: medians and means of brackets, incomes of Nantucket county in k$."""

from __future__ import annotations

import pytest

from observatoire_pipeline.estimation.brackets import grouped_median, median_bracket
from observatoire_pipeline.estimation.tails import mean_with_pareto_tail

LOWER = (0, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 75, 100, 125, 150, 200)
UPPER = (*LOWER[1:], None)
COUNTS = (165, 109, 67, 147, 114, 91, 148, 44, 121, 159, 358, 625, 338, 416, 200, 521)
TRUE_MEDIAN, TRUE_MEAN = 83.347, 137.811


def test_o23_grouped_median():
    assert sum(COUNTS) == 3623
    place = median_bracket(COUNTS)
    assert (LOWER[place], UPPER[place]) == (75, 100)
    found = grouped_median(COUNTS, LOWER, UPPER)
    assert found.bracket == place
    assert found.value == pytest.approx(86.540, abs=1e-3)
    assert (found.lower, found.upper) == pytest.approx((84.181, 88.899), abs=1e-3)


def test_o23_trap_the_true_median_is_in_the_bracket_and_not_in_the_interval():
    # The error of supposing units evenly spread is not the error of sampling.
    found = grouped_median(COUNTS, LOWER, UPPER)
    assert LOWER[found.bracket] <= TRUE_MEDIAN < UPPER[found.bracket]
    assert not found.lower <= TRUE_MEDIAN <= found.upper


def test_o24_top_bracket():
    found = mean_with_pareto_tail(COUNTS, LOWER, UPPER)
    assert found.alpha == pytest.approx(1.129334, abs=1e-6)
    assert (
        found.arithmetic,
        found.geometric,
        found.harmonic,
        found.median,
        found.at_top_bound,
        found.at_lower_bounds,
    ) == pytest.approx((318.415, 136.999, 121.506, 120.410, 96.039, 88.133), abs=1e-3)


def test_o24_trap_the_arithmetic_mean_of_such_a_tail_is_marked():
    found = mean_with_pareto_tail(COUNTS, LOWER, UPPER)
    assert found.arithmetic > 2 * TRUE_MEAN
    assert found.warning == "tail_mean_unusable"


@pytest.mark.parametrize(
    ("values", "width", "expected"),
    [
        pytest.param((1, 2, 2, 3, 4, 4, 4, 4, 4, 5), 1, 3.7, id="O25-width-1"),
        pytest.param((1, 3, 3, 5, 7), 2, 3.5, id="O25-width-2"),
        pytest.param((52, 52, 53, 54), 1, 52.5, id="O25-half-reached-at-an-end"),
    ],
)
def test_as_the_standard_library(values, width, expected):
    distinct = sorted(set(values))
    found = grouped_median(
        [values.count(value) for value in distinct],
        [value - width / 2 for value in distinct],
        [value + width / 2 for value in distinct],
    )
    assert found.value == pytest.approx(expected, abs=1e-12)
