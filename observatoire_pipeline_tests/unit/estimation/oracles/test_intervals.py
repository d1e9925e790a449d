"""O1 to O4, O7: intervals of shares, as published or as R computes them."""

from __future__ import annotations

import pytest

from observatoire_pipeline.estimation.intervals import (
    clopper_pearson_interval,
    corrected_base,
    jeffreys_interval,
    newcombe_interval,
    standard_error_of_shares,
    wilson_interval,
)

CASES = [(81, 263), (15, 148), (0, 20), (1, 29)]

EXPECTED = {
    # Newcombe, Statistics in Medicine 17 (1998) 857, table I.
    ("O1", wilson_interval): [
        (0.2553, 0.3662),
        (0.0624, 0.1605),
        (0, 0.1611),
        (0.0061, 0.1718),
    ],
    # R qbeta, with the lower end forced to 0 at x = 0.
    ("O2", jeffreys_interval): [
        (0.2545, 0.3656),
        (0.0604, 0.1576),
        (0, 0.1166),
        (0.0037, 0.1501),
    ],
    # R binom.test.
    ("O3", clopper_pearson_interval): [
        (0.2527, 0.3676),
        (0.0578, 0.1617),
        (0, 0.1684),
        (0.0009, 0.1776),
    ],
}


@pytest.mark.parametrize(
    ("interval", "case", "expected"),
    [
        pytest.param(function, case, ends, id=f"{oracle}-{case[0]}/{case[1]}")
        for (oracle, function), rows in EXPECTED.items()
        for case, ends in zip(CASES, rows, strict=True)
    ],
)
def test_interval_of_a_share(interval, case, expected):
    lower, upper = interval([case[0]], [case[1]])
    assert (lower[0], upper[0]) == pytest.approx(expected, abs=1e-4)


def test_o1_trap_one_of_29_is_not_patched():
    # Hmisc::binconf replaces the lower Wilson end at x = 1 and prints 0.0018.
    lower, _ = wilson_interval([1], [29])
    assert lower[0] == pytest.approx(0.0061, abs=1e-4)
    assert abs(lower[0] - 0.0018) > 0.004


def test_o2_trap_no_answer_has_a_lower_end_of_0():
    # The plain quantile of Beta(½, n + ½) would be above 0.
    assert jeffreys_interval([0], [20])[0][0] == 0
    assert jeffreys_interval([20], [20])[1][0] == 1


def test_o4_newcombe_difference():
    lower, upper = newcombe_interval([56], [70], [48], [80])
    assert (lower[0], upper[0]) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_o7_standard_error_and_wilson_in_a_finite_population():
    assert standard_error_of_shares([41], [64])[0] == pytest.approx(0.060451, abs=1e-6)
    assert standard_error_of_shares([41], [64], population=101)[0] == pytest.approx(
        0.036589, abs=1e-6
    )
    assert corrected_base(64, 101) == pytest.approx(172.973, abs=1e-3)
    plain, finite = wilson_interval([41], [64]), wilson_interval([41], [64], population=101)
    assert (plain[0][0], plain[1][0]) == pytest.approx((0.5182, 0.7471), abs=1e-4)
    assert (finite[0][0], finite[1][0]) == pytest.approx((0.5668, 0.7084), abs=1e-4)
