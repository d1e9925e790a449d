"""O21, O22, O27 to O29: ordered scales."""

from __future__ import annotations

import pytest

from observatoire_pipeline.estimation.likert import (
    default_poles,
    do_not_know_bounds,
    level_counts,
    net_agreement,
    ordinal_effect,
    pole_shares,
    scale_mean,
)
from observatoire_pipeline.estimation.proportions import shares

# likert::pisaitems, 66 690 rows, unanswered excluded: counts by level; low, neutral and high in
# percent; mean; standard deviation; net in points.
READING = {
    "magazines": (
        (6682, 13143, 13995, 20353, 11436),
        (30.2169, 21.3309, 48.4522, 3.254813, 1.245086, 18.2353),
    ),
    "comics": (
        (24019, 16789, 10317, 9489, 4751),
        (62.4310, 15.7837, 21.7854, 2.298768, 1.292631, -40.6456),
    ),
    "fiction": (
        (11131, 16164, 12818, 14569, 10658),
        (41.7738, 19.6174, 38.6088, 2.961111, 1.342667, -3.1650),
    ),
    "non-fiction": (
        (20145, 19961, 12768, 8797, 3622),
        (61.4247, 19.5549, 19.0204, 2.322898, 1.199176, -42.4042),
    ),
    "newspapers": (
        (12317, 12141, 10314, 15645, 15165),
        (37.2938, 15.7269, 46.9794, 3.140282, 1.442299, 9.6856),
    ),
}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [pytest.param(*case, id=f"O21-{name}") for name, case in READING.items()],
)
def test_reading_habits(counts, expected):
    low, neutral, high, mean, deviation, net = expected
    poles = default_poles(5)
    found, coded = pole_shares(counts, poles), scale_mean(counts, (1, 2, 3, 4, 5))
    assert (100 * found.negative, 100 * found.neutral, 100 * found.positive) == pytest.approx(
        (low, neutral, high), abs=1e-4
    )
    assert (coded.mean, coded.standard_deviation) == pytest.approx((mean, deviation), abs=1e-6)
    assert 100 * net_agreement(counts, poles).value == pytest.approx(net, abs=1e-4)


def test_o22_a_class_of_20():
    interesting, use = (
        level_counts([0] * 2 + [1] * 3 + [2] * 2 + [3] * 7 + [4] * 6, levels=5),
        level_counts([2] * 4 + [3] * 5 + [4] * 11, levels=5),
    )
    assert (100 * shares(interesting, [20] * 5)).tolist() == pytest.approx([10, 15, 10, 35, 30])
    # Nobody disagreed: two levels are empty and are still levels.
    assert use.tolist() == [0, 0, 4, 5, 11]
    assert pole_shares(use, default_poles(5)).negative == 0
    assert pole_shares(use, default_poles(5)).positive == pytest.approx(0.8)


def test_o27_ordinal_effect():
    found = ordinal_effect([10, 20, 30, 25, 15], [5, 15, 30, 30, 20])
    assert found.theta == pytest.approx(0.57, abs=1e-12)
    assert found.p_value == pytest.approx(0.077884, abs=1e-6)


def test_o28_standard_error_of_net_agreement():
    found = net_agreement([30, 20, 50], ("negative", "neutral", "positive"))
    assert found.standard_error == pytest.approx(0.0871780, abs=1e-7)


def test_o29_do_not_know_bounds():
    assert shares([112], [170])[0] == pytest.approx(0.658824, abs=1e-6)
    lower, upper = do_not_know_bounds([112], [170], [30])
    assert (lower[0], upper[0]) == pytest.approx((0.56, 0.71), abs=1e-12)
