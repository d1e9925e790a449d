"""O13 to O16, O30, O31, O33: changes, their tests, and what they could have shown."""

from __future__ import annotations

import math

import pytest

from observatoire_pipeline.estimation.change import (
    SharesOfTwoEditions,
    change_of_share,
    mcnemar,
    overlap_variance,
    smallest_detectable_change,
    stacked_cluster_variance,
)
from observatoire_pipeline.estimation.decomposition import kitagawa, kitagawa_of_shares
from observatoire_pipeline.estimation.families import benjamini_hochberg
from observatoire_pipeline.estimation.homogeneity import equal_shares_test

PARTLY_COMMON = SharesOfTwoEditions(
    both=60, earlier=12, later=28, neither=80, earlier_only=(48, 120), later_only=(65, 140)
)


def test_o13_partial_overlap():
    # R survey, svycontrast of two editions stacked.
    (x1, n1), (x2, n2) = PARTLY_COMMON.earlier_counts, PARTLY_COMMON.later_counts
    assert (n1, x1 / n1, n2, x2 / n2) == (300, 0.40, 320, 0.478125)
    found = change_of_share(PARTLY_COMMON)
    assert found.test == "z_overlap"
    assert found.difference == pytest.approx(0.078125, abs=1e-9)
    assert found.standard_error == pytest.approx(0.0326050, abs=1e-7)
    assert found.difference / found.standard_error == pytest.approx(2.396, abs=1e-3)
    assert math.sqrt(stacked_cluster_variance(PARTLY_COMMON)) == pytest.approx(0.0326421, abs=1e-7)


def test_o13_trap_taken_as_independent_the_same_change_is_hardly_seen():
    apart = SharesOfTwoEditions(0, 0, 0, 0, earlier_only=(120, 300), later_only=(153, 320))
    error = math.sqrt(overlap_variance(apart))
    assert error == pytest.approx(0.0397461, abs=1e-7)
    assert 0.078125 / error == pytest.approx(1.966, abs=1e-3)


def test_o14_approval_of_the_same_people_twice():
    # Agresti's approval data; R mcnemar.test.
    found = mcnemar(150, 86)
    assert found.chi2 == pytest.approx(17.3559, abs=1e-4)
    assert found.chi2_corrected == pytest.approx(16.8178, abs=1e-4)
    change = change_of_share(SharesOfTwoEditions(794, 150, 86, 570))
    assert change.test == "mcnemar_exact"
    assert change.difference == pytest.approx(-0.04, abs=1e-9)
    assert change.standard_error == pytest.approx(0.0095492, abs=1e-7)
    assert (-change.upper, -change.lower) == pytest.approx((0.0213, 0.0587), abs=1e-4)
    assert change.p_value == found.exact_p


@pytest.mark.parametrize(
    ("earlier", "later", "exact", "mid"),
    [
        pytest.param(12, 28, 0.016589, 0.011508, id="O15-12-28"),
        pytest.param(2, 9, 0.065430, 0.038574, id="O15-2-9"),
        pytest.param(0, 5, 0.0625, 0.03125, id="O15-0-5"),
        pytest.param(1, 6, 0.125, 0.070313, id="O15-1-6"),
    ],
)
def test_exact_and_mid_p(earlier, later, exact, mid):
    found = mcnemar(earlier, later)
    assert found.exact_p == pytest.approx(exact, abs=1e-6)
    assert found.mid_p == pytest.approx(mid, abs=1e-6)


def test_o16_benjamini_and_hochberg_1995():
    p = [
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459),
        *(0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
    ]
    adjusted = benjamini_hochberg(p)
    assert adjusted == pytest.approx(
        [
            *(0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.063857, 0.063857, 0.0645, 0.0765),
            *(0.486, 0.58118, 0.714875, 0.75323, 0.81321, 1),
        ],
        abs=5e-6,
    )
    assert (adjusted <= 0.05).sum() == 4
    assert sum(one * len(p) <= 0.05 for one in p) == 3  # Bonferroni rejects one less


def test_o30_kitagawa():
    found = kitagawa_of_shares((0.4, 0.6), (0.5, 0.5), (0.5, 0.7), (0.8, 0.2))
    assert found.composition == pytest.approx(-0.06, abs=1e-12)
    assert found.behaviour == pytest.approx(0.10, abs=1e-12)
    same = kitagawa((20, 30), (50, 50), (40, 14), (80, 20))
    assert (same.composition, same.behaviour) == pytest.approx((-0.06, 0.10), abs=1e-12)
    assert same.composition + same.behaviour == pytest.approx(0.04, abs=1e-12)


def test_o31_smokers():
    # The documented example of R prop.test.
    found = equal_shares_test([83, 90, 129, 70], [86, 93, 136, 82])
    assert found.statistic == pytest.approx(12.6004, abs=1e-4)
    assert found.degrees == 3
    assert found.p_value == pytest.approx(0.005585, abs=1e-6)


@pytest.mark.parametrize(
    ("earlier", "later", "share", "expected"),
    [
        pytest.param(194, 70, 0.5, 0.1953, id="O33-194-70-half"),
        pytest.param(194, 70, 0.2, 0.1562, id="O33-194-70-fifth"),
        pytest.param(70, 70, 0.5, 0.2368, id="O33-70-70-half"),
    ],
)
def test_smallest_detectable_change(earlier, later, share, expected):
    found = smallest_detectable_change(share, earlier, later)
    assert found == pytest.approx(expected, abs=1e-4)
