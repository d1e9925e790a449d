"""Counting: how many units gave each answer, overall and in each group, in one pass over codes.

In: tables of counts from coded columns and breakdowns, that add up over chunks of rows.
Not in: which counts make a figure (`marts`), codes from labels (`tables.frames`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.sampling import checked_weights

Table = npt.NDArray[np.int64] | npt.NDArray[np.float64]

_JOINT_CELLS = 4096
"""Breakdowns are crossed and counted in one pass while the cells stay in the processor's cache."""

_BLOCK = 65_536
"""Rows at a time: the working arrays stay small whatever the length of the columns."""


class Codes(NamedTuple):
    """A coded column.

    Attributes:
        positions: (units) integers, the position of each unit's code in its vocabulary.
        levels: Codes in the vocabulary, used or not.
    """

    positions: npt.NDArray[np.integer]
    levels: int


@dataclass(frozen=True)
class Tabulation:
    """Counts (or sums of weights) of every column, overall and by every breakdown.

    Attributes:
        units: Rows that were counted.
        overall: By column, (levels) counts.
        by: By (column, breakdown), (levels of the breakdown, levels of the column) counts.
    """

    units: int
    overall: dict[str, Table]
    by: dict[tuple[str, str], Table]

    def merged(self, other: Tabulation) -> Tabulation:
        """Return the counts of both sets of rows; whole counts add up exactly, in any order.

        Raises:
            ValueError: columns, breakdowns or their levels differ.
        """
        if self._shapes() != other._shapes():
            raise ValueError("tables of counts are added when their columns and levels agree")
        return Tabulation(
            units=self.units + other.units,
            overall={name: table + other.overall[name] for name, table in self.overall.items()},
            by={name: table + other.by[name] for name, table in self.by.items()},
        )

    def _shapes(self) -> dict[object, tuple[int, ...]]:
        return {name: table.shape for name, table in (*self.overall.items(), *self.by.items())}


def tabulate(
    columns: Mapping[str, Codes],
    breakdowns: Mapping[str, Codes] | None = None,
    *,
    weights: npt.ArrayLike | None = None,
) -> Tabulation:
    """Return the counts of coded columns, overall and by each breakdown.

    Breakdowns are crossed with one another while that leaves few cells, so that one pass over a
    column serves several of them; the tables of each are sums of the crossed one.

    Args:
        columns: By name, the codes of the answers; kinds of missing are codes like others.
        breakdowns: By name, the codes of the groups; a unit without group needs a code of its own.
        weights: (units) weights to add instead of counting 1; sums of floats then depend on the
            order of rows in their last digits.

    Raises:
        ValueError: columns of different lengths, or a position outside its vocabulary; every such
            column is listed.
    """
    groups = dict(breakdowns or {})
    n = _checked({**{f"breakdown {name}": one for name, one in groups.items()}, **columns})
    w = None if weights is None else checked_weights(weights)
    if w is not None and w.size != n:
        raise ValueError(f"{w.size} weights for {n} units")
    kind = np.int64 if w is None else np.float64
    crossed = [(names, _cells(groups, names)) for names in _passes(groups)]
    totals = {
        (name, number): np.zeros(cells * column.levels, dtype=kind)
        for name, column in columns.items()
        for number, (_, cells) in enumerate(crossed)
    }
    for start in range(0, n, _BLOCK):
        rows = slice(start, min(start + _BLOCK, n))
        for number, (names, cells) in enumerate(crossed):
            place = _crossed(groups, names, rows)
            _count(columns, rows, place, cells, w, totals, number)
    overall: dict[str, Table] = {}
    by: dict[tuple[str, str], Table] = {}
    for name, column in columns.items():
        for number, (names, _) in enumerate(crossed):
            shape = (*(groups[group].levels for group in names), column.levels)
            table = totals[name, number].reshape(shape)
            if number == 0:
                overall[name] = table.sum(axis=tuple(range(len(names))))
            for axis, group in enumerate(names):
                others = tuple(k for k in range(len(names)) if k != axis)
                by[name, group] = table.sum(axis=others)
    return Tabulation(n, overall, by)


def merge_tabulations(chunks: Iterable[Tabulation]) -> Tabulation:
    """Return the counts of all chunks.

    Args:
        chunks: Counts of the same columns and breakdowns over different rows.

    Raises:
        ValueError: there is no chunk, or their columns, breakdowns or levels differ.
    """
    tables = list(chunks)
    if not tables:
        raise ValueError("no chunk to add")
    return reduce(Tabulation.merged, tables)


def _checked(columns: Mapping[str, Codes]) -> int:
    lengths = {name: column.positions.shape for name, column in columns.items()}
    if len(set(lengths.values())) > 1 or any(len(shape) != 1 for shape in lengths.values()):
        raise ValueError(f"columns of different lengths: {lengths}")
    wrong = []
    for name, (positions, levels) in columns.items():
        if positions.dtype.kind not in "iu":
            wrong.append(f"{name}: {positions.dtype} are no positions")
        elif positions.size and not 0 <= positions.min() <= positions.max() < levels:
            wrong.append(
                f"{name}: positions from {positions.min()} to {positions.max()} on {levels} levels"
            )
    if wrong:
        raise ValueError("; ".join(wrong))
    return next(iter(lengths.values()), (0,))[0]


def _passes(groups: Mapping[str, Codes]) -> list[tuple[str, ...]]:
    """Return the breakdowns that one pass counts together; one pass of none counts all units."""
    passes: list[tuple[str, ...]] = [()]
    for name in groups:
        joined = (*passes[-1], name)
        if _cells(groups, joined) <= _JOINT_CELLS or not passes[-1]:
            passes[-1] = joined
        else:
            passes.append((name,))
    return passes


def _cells(groups: Mapping[str, Codes], names: tuple[str, ...]) -> int:
    cells = 1
    for name in names:
        cells *= groups[name].levels
    return cells


def _crossed(
    groups: Mapping[str, Codes], names: tuple[str, ...], rows: slice
) -> npt.NDArray[np.int64]:
    """Return the cell of each row, the last breakdown running fastest."""
    place = np.zeros(rows.stop - rows.start, dtype=np.int64)
    for name in names:
        place *= groups[name].levels
        place += groups[name].positions[rows].astype(np.int64, copy=False)
    return place


def _count(
    columns: Mapping[str, Codes],
    rows: slice,
    place: npt.NDArray[np.int64],
    cells: int,
    weights: npt.NDArray[np.float64] | None,
    totals: dict[tuple[str, int], npt.NDArray],
    number: int,
) -> None:
    """Add the rows of a block to the totals of one pass."""
    starts: dict[int, npt.NDArray[np.int64]] = {}
    key = np.empty_like(place)
    w = None if weights is None else weights[rows]
    for name, (positions, levels) in columns.items():
        if levels not in starts:
            starts[levels] = place * levels
        np.add(starts[levels], positions[rows], out=key, casting="unsafe")
        totals[name, number] += np.bincount(key, weights=w, minlength=cells * levels)
