"""Spread counts over units so that every total is exact.

In: shares → counts, counts → who gives which answer, ticks → who ticks what, ranks. Not in: which
question has which counts (`assumptions`), and who is asked (`generate`).

Everything rests on `Random.random`, the one method whose numbers are the same in every version of
Python; orders come from sorting on such numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from random import Random
from typing import TypeVar

U = TypeVar("U", bound=Hashable)
Leaning = Callable[[U], float]


def apportion(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Return whole numbers that sum to the total, by largest remainder; ties go to the first.

    Raises:
        ValueError: there is something to share out, and no weight above zero.
    """
    whole = sum(weights.values())
    if total == 0:
        return dict.fromkeys(weights, 0)
    if whole <= 0:
        raise ValueError("no weight above zero")
    quotas = {key: total * weight / whole for key, weight in weights.items()}
    counts = {key: math.floor(quota) for key, quota in quotas.items()}
    by_rest = sorted(quotas, key=lambda key: counts[key] - quotas[key])
    for key in by_rest[: total - sum(counts.values())]:
        counts[key] += 1
    return counts


def shuffled(units: Sequence[U], rng: Random) -> list[U]:
    """Return the units in a random order."""
    keys = [rng.random() for _ in units]
    return [units[k] for k in sorted(range(len(units)), key=lambda k: keys[k])]


def weighted_order(units: Sequence[U], weight: Leaning[U], rng: Random) -> list[U]:
    """Return the units in an order drawn without replacement, heavier ones earlier.

    Efraimidis & Spirakis 2006: order by log(u) / weight, u uniform.
    """
    keys = [-math.log(1.0 - rng.random()) / max(weight(unit), 1e-12) for unit in units]
    return [units[k] for k in sorted(range(len(units)), key=lambda k: keys[k])]


def normal(rng: Random) -> float:
    """Return a standard normal number (Box-Muller)."""
    return math.sqrt(-2.0 * math.log(1.0 - rng.random())) * math.cos(2 * math.pi * rng.random())


def by_leaning(
    units: Sequence[U], leaning: Leaning[U] | None, rng: Random, *, noise: float = 1.0
) -> list[U]:
    """Return the units from the lowest leaning to the highest, blurred; at random without one."""
    if leaning is None:
        return shuffled(units, rng)
    keys = [leaning(unit) + noise * normal(rng) for unit in units]
    return [units[k] for k in sorted(range(len(units)), key=lambda k: keys[k])]


def assign(units: Sequence[U], counts: Mapping[str, int]) -> dict[U, str]:
    """Return unit → code: the first units take the first code, and so on; some may take none."""
    given: dict[U, str] = {}
    start = 0
    for code, count in counts.items():
        for unit in units[start : start + count]:
            given[unit] = code
        start += count
    return given


def tick(
    units: Sequence[U],
    counts: Mapping[str, int],
    rng: Random,
    *,
    leaning: Leaning[U] | None = None,
    fixed: bool = True,
) -> dict[str, set[U]]:
    """Return item → the units that tick it, such that every unit ticks something.

    Args:
        units: Those who answer and tick none of the exclusive items.
        counts: Item → ticks.
        rng: Source of chance.
        leaning: Who ticks more than others.
        fixed: Whether the counts must be kept; otherwise the first item takes whoever is left.

    Raises:
        ValueError: an item has more ticks than units, or there are fewer ticks than units.
    """
    too_many = [item for item, count in counts.items() if count > len(units)]
    if too_many:
        raise ValueError(f"more ticks than the {len(units)} who tick: {', '.join(too_many)}")
    ticks: dict[str, set[U]] = {}
    for item, count in counts.items():
        order = by_leaning(units, leaning, rng, noise=1.5)
        ticks[item] = set(order[len(order) - count :])
    load = {unit: sum(unit in ticked for ticked in ticks.values()) for unit in units}
    for unit in [unit for unit in units if load[unit] == 0]:
        # Someone who ticked several things hands one over, so that the totals stay.
        handed = _spare(ticks, load, units)
        if handed is not None:
            donor, item = handed
            ticks[item].discard(donor)
            load[donor] -= 1
        elif fixed or not ticks:
            raise ValueError(f"{sum(counts.values())} ticks are too few for {len(units)} who tick")
        else:
            item = next(iter(ticks))
        ticks[item].add(unit)
        load[unit] += 1
    return ticks


def _spare(
    ticks: Mapping[str, set[U]], load: Mapping[U, int], units: Sequence[U]
) -> tuple[U, str] | None:
    """Return the one who ticked most, and a thing ticked, if anyone ticked several."""
    donor = max(units, key=lambda unit: load[unit])
    if load[donor] < 2:
        return None
    return donor, next(item for item, ticked in ticks.items() if donor in ticked)


def rank(items: Sequence[str], strengths: Mapping[str, float], rng: Random) -> list[str]:
    """Return the items from first to last: each rank is drawn by strength among those left."""
    return weighted_order(list(items), lambda item: strengths.get(item, 1.0), rng)
