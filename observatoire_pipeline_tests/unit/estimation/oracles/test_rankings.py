"""O26: one ranking, three conventions, other gaps between the items."""

from __future__ import annotations

import numpy as np
import pytest

from observatoire_pipeline.estimation.ranking import points_from_items_ranked, summarise_ranking

RANKS = np.array(
    [
        [1, 2, 3],
        [1, 3, 2],
        [2, 1, 3],
        [1, 2, 0],  # C not applicable
        [0, 0, 1],  # C only
    ]
)
COUNTS = np.array([[(RANKS[:, item] == rank).sum() for rank in (1, 2, 3)] for item in range(3)])


@pytest.mark.parametrize(
    ("divisor", "expected"),
    [
        pytest.param("ranked", [2.75, 2.00, 1.75], id="O26-ranked"),
        pytest.param("respondents", [2.2, 1.6, 1.4], id="O26-all-respondents"),
    ],
)
def test_the_divisor_is_declared(divisor, expected):
    found = summarise_ranking(COUNTS, divisor=divisor, respondents=5)
    assert found.score == pytest.approx(expected, abs=1e-12)


def test_o26_points_from_the_number_of_items_ranked():
    assert points_from_items_ranked(RANKS).tolist() == [10, 7, 5]
