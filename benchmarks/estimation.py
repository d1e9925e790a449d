"""Statistics by the thousand: intervals, raking, and counting against a bare `numpy.bincount`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from observatoire_pipeline.estimation.intervals import (
    clopper_pearson_interval,
    jeffreys_interval,
    newcombe_interval,
    wilson_interval,
)
from observatoire_pipeline.estimation.tabulation import Codes, tabulate
from observatoire_pipeline.estimation.turnbull import turnbull
from observatoire_pipeline.estimation.weighting import rake

INTERVALS = 100_000
RAKED_UNITS = 5_000
ROWS, COLUMNS, LEVELS = 1_000_000, 95, 8
GROUPS = {"type": 6, "size": 7, "région": 18}
AIM = 3.0


def estimation() -> Iterator[str]:
    """Yield the seconds of each, and the ratio of counting to a bare count of the same columns."""
    generator = np.random.default_rng(2018)
    yield from _intervals(generator)
    yield from _raking(generator)
    yield from _turnbull(generator)
    yield from _counting(generator)


def _intervals(generator: np.random.Generator) -> Iterator[str]:
    bases = generator.integers(1, 300, INTERVALS)
    counts = generator.binomial(bases, 0.3)
    for name, run in {
        "Wilson": lambda: wilson_interval(counts, bases, population=5000),
        "Jeffreys": lambda: jeffreys_interval(counts, bases, population=5000),
        "Clopper-Pearson": lambda: clopper_pearson_interval(counts, bases),
        "Newcombe": lambda: newcombe_interval(counts, bases, counts[::-1], bases[::-1]),
    }.items():
        yield f"{INTERVALS} intervals, {name:18}{_seconds(run):8.3f} s"


def _raking(generator: np.random.Generator) -> Iterator[str]:
    margins = {name: generator.integers(0, k, RAKED_UNITS) for name, k in GROUPS.items()}
    targets = {}
    for name, codes in margins.items():
        wanted = np.bincount(codes) * generator.uniform(0.5, 2, GROUPS[name])
        targets[name] = 35_000 * wanted / wanted.sum()
    found = rake(margins, targets)
    seconds = _seconds(lambda: rake(margins, targets))
    yield (
        f"raking {RAKED_UNITS} × {len(margins)}: {seconds:.4f} s, {found.steps} rounds, "
        f"largest margin error {found.margin_error:.1e}"
    )


def _turnbull(generator: np.random.Generator) -> Iterator[str]:
    bounds = np.array([0, 0, 1e3, 5e3, 1e4, 5e4, 1e5, 2e5, 5e5, 1e6, np.inf])
    inhabitants = generator.lognormal(10, 1, 194)
    bracket = np.searchsorted(bounds[2:-1], inhabitants * generator.lognormal(0, 1.5, 194)) + 1
    lower, upper = bounds[bracket] / inhabitants, bounds[bracket + 1] / inhabitants
    found = turnbull(lower, upper)
    seconds = _seconds(lambda: turnbull(lower, upper))
    yield f"Turnbull, 194 intervals of their own: {seconds:.3f} s, {found.steps} steps"


def _counting(generator: np.random.Generator) -> Iterator[str]:
    columns = {
        f"c{k:03}": Codes(generator.integers(0, LEVELS, ROWS).astype(np.int8), LEVELS)
        for k in range(COLUMNS)
    }
    groups = {
        name: Codes(generator.integers(0, k, ROWS).astype(np.int8), k) for name, k in GROUPS.items()
    }

    def bare() -> None:
        for column in columns.values():
            np.bincount(column.positions, minlength=LEVELS)

    counted = tabulate(columns, groups)
    for name, column in columns.items():
        expected = np.bincount(column.positions, minlength=LEVELS)
        assert (counted.overall[name] == expected).all()
        assert (counted.by[name, "size"].sum(axis=0) == expected).all()
    ours, theirs = _seconds(lambda: tabulate(columns, groups)), _seconds(bare)
    yield f"{ROWS} × {COLUMNS} coded columns, bare bincount   {theirs:8.2f} s"
    yield f"the same by {len(groups)} breakdowns                {ours:8.2f} s"
    yield f"ratio to the bare count {ours / theirs:8.2f}   (aim: {AIM:g} or less)"


def _seconds(run: Callable[[], object], repeats: int = 3) -> float:
    """Return the least of a few durations: what the work takes when nothing disturbs it."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best
