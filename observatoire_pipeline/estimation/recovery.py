"""What an attacker can compute of hidden counts from what is published: integer programmes.

In: the values that a sum of counts may have, given other sums of the same counts, exact or within
rounding. Not in: which sums are published (`marts.audit`), what is hidden (`disclosure`).

The attacker's counts are integers that are not negative. M. Fischetti and J. J. Salazar,
*Management Science* 47(7), 2001, call the two programmes of a cell the attacker's subproblems.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


_TAKEN = 250
"""Cells between which exchanges are tried: a pair of each."""

_SLACK = 1e-7


@dataclass(frozen=True)
class Known:
    """What is known of counts.

    Attributes:
        sums: What each published number adds, and how often; shape (sums, cells).
        lower: Its smallest value; shape (sums,).
        upper: Its greatest value, the same where it is exact; shape (sums,).
        largest: What no count exceeds; shape (cells,).
        at_least: What no count falls under: 1 where zeros are known not to be among them.
        places: Line and column of each cell, where they are those of a table; shape (2, cells).
            It saves time, no more.
    """

    sums: csr_array
    lower: Floats
    upper: Floats
    largest: Integers
    at_least: int = 0
    places: Integers | None = None


def exactly(sums: csr_array, counts: npt.ArrayLike, *, at_least: int = 0) -> Known:
    """Return the knowledge of sums that are published as they are.

    Args:
        sums: Which cells each published sum adds; shape (sums, cells), 0 and 1.
        counts: The true counts; shape (cells,).
        at_least: What no count falls under.

    Raises:
        ValueError: shapes disagree, or a count is negative.
    """
    values = np.asarray(counts, dtype=np.int64)
    if values.shape != (sums.shape[1],) or (values < 0).any():
        raise ValueError(f"{values.shape} counts, none negative, for sums over {sums.shape[1]}")
    totals = (sums @ values).astype(np.float64)
    return Known(sums, totals, totals, np.full(len(values), values.sum()), at_least)


def table_sums(shapes: Sequence[tuple[int, int]]) -> csr_array:
    """Return the sums that everybody knows of tables whose lines and columns have totals.

    Args:
        shapes: (codes, groups) of each table; their cells follow one another, line by line.

    Returns:
        A sparse matrix of 0 and 1; shape (Σ codes + groups, Σ codes × groups).
    """
    from scipy.sparse import csr_array

    rows: list[npt.NDArray[np.intp]] = []
    cells: list[npt.NDArray[np.intp]] = []
    first_row = first_cell = 0
    for codes, groups in shapes:
        index = np.arange(codes * groups)
        line, column = np.divmod(index, max(groups, 1))
        rows += [first_row + line, first_row + codes + column]
        cells += [first_cell + index] * 2
        first_row += codes + groups
        first_cell += codes * groups
    at = (np.concatenate([*rows, []]).astype(int), np.concatenate([*cells, []]).astype(int))
    return csr_array((np.ones(len(at[0])), at), shape=(first_row, first_cell))


def possible_values(known: Known, target: npt.ArrayLike) -> tuple[int, int]:
    """Return the smallest and the greatest value that a sum of counts may have.

    Args:
        known: What is published.
        target: How often the sum adds each cell; shape (cells,), integers.

    Raises:
        ArithmeticError: no counts agree with what is published.
    """
    line = np.asarray(target, dtype=np.float64)
    least, most = (round(float(line @ _optimum(known, way * line))) for way in (1, -1))
    return least, most


def unmoved(known: Known, targets: csr_array, *, start: Integers | None = None) -> Booleans:
    """Return the sums that two sets of counts, pulled apart, have the same: all others are safe.

    Args:
        known: What is published.
        targets: How often each sum adds each cell; shape (targets, cells), integers.
        start: Counts that agree with what is published, from which others are looked for; without
            them the programmes look for their own.

    Returns:
        Booleans; shape (targets,).

    Raises:
        ArithmeticError: no counts agree with what is published, or `start` does not.
    """
    if start is not None:
        value = known.sums @ start
        if ((value < known.lower - _SLACK) | (value > known.upper + _SLACK)).any():
            raise ArithmeticError("the counts do not agree with what is published of them")
    known, targets, kept = _without_zeros(known, targets)
    alike = np.ones(targets.shape[0], dtype=bool)
    if not targets.nnz:
        return alike
    random, before = np.random.default_rng(0), len(alike) + 1
    first = None if start is None else start[kept]
    if first is not None and known.places is not None:
        alike &= ~_exchanged(known, targets, first)
    while alike.any() and alike.sum() < before:
        before = int(alike.sum())
        direction = (random.normal(size=len(alike)) * alike) @ targets
        for way in (1, -1):
            if not alike.any():
                break
            found = _optimum(known, way * direction, roughly=True)
            first = found if first is None else first
            alike &= targets @ found == targets @ first
            if known.places is not None and alike.any():
                alike[alike] = ~_exchanged(known, targets[np.flatnonzero(alike)], found)
    return alike


def single_valued(known: Known, targets: csr_array) -> Booleans:
    """Return the sums that have one possible value only: an attacker can compute them.

    A sum is safe when two sets of counts agree with everything published and differ there. Those
    that `unmoved` does not clear are pulled up and down, each by itself.

    Args:
        known: What is published.
        targets: How often each sum adds each cell; shape (targets, cells), integers.

    Returns:
        Booleans; shape (targets,).

    Raises:
        ArithmeticError: no counts agree with what is published.
    """
    alike = unmoved(known, targets)
    known, targets, _ = _without_zeros(known, targets)
    found: list[Integers] = []
    for place in np.flatnonzero(alike & (np.diff(targets.indptr) > 0)).tolist():
        line = targets[[place]].toarray()[0]
        for way in (1, -1):
            if alike[place]:
                found.append(targets @ _optimum(known, way * line))
                alike &= found[-1] == found[0]
    return alike


def _exchanged(known: Known, targets: csr_array, counts: Integers) -> Booleans:
    """Tell which sums change when two units of a table of counts exchange their lines.

    Each exchange is held against every published sum, whatever it rests on.
    """
    assert known.places is not None
    line, column = known.places
    where = np.full((line.max() + 1, column.max() + 1), -1)
    where[line, column] = np.arange(len(line))
    taken = np.flatnonzero(counts > known.at_least)[:_TAKEN]
    one, other = (taken[side] for side in np.triu_indices(len(taken), 1))
    there, here = where[line[one], column[other]], where[line[other], column[one]]
    fit = (line[one] != line[other]) & (column[one] != column[other]) & (there >= 0) & (here >= 0)
    gone, come = (one[fit], other[fit]), (there[fit], here[fit])
    room = np.logical_and(*(counts[cell] < known.largest[cell] for cell in come))
    matrix = known.sums.toarray()
    at = known.sums @ counts
    for k in range(matrix.shape[0]):  # one sum after another: few exchanges outlast the first
        places = np.flatnonzero(room)
        change = sum(matrix[k, cell[places]] for cell in come)
        change = change - sum(matrix[k, cell[places]] for cell in gone)
        value = at[k] + change
        room[places] &= (value >= known.lower[k] - _SLACK) & (value <= known.upper[k] + _SLACK)
    places = np.flatnonzero(room)
    wanted = targets.toarray()
    change = sum(wanted[:, cell[places]] for cell in come)
    change = change - sum(wanted[:, cell[places]] for cell in gone)
    moved: Booleans = (change != 0).any(axis=1)
    return moved


def _without_zeros(
    known: Known, targets: csr_array
) -> tuple[Known, csr_array, npt.NDArray[np.intp]]:
    """Leave out the cells that a sum of nothing holds: they are zero, and known to be."""
    if known.at_least:
        return known, targets, np.arange(known.sums.shape[1])
    matrix = known.sums
    added = np.ones(matrix.shape[0], dtype=bool)
    added[np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[matrix.data < 0]] = False
    nothing = matrix[np.flatnonzero(added & (known.upper == 0))]
    kept = np.ones(matrix.shape[1], dtype=bool)
    kept[nothing.indices[nothing.data > 0]] = False
    kept &= known.largest > 0
    at = np.flatnonzero(kept)
    part = matrix[:, at].tocsr()
    rows = np.flatnonzero((np.diff(part.indptr) > 0) | (known.lower > 0) | (known.upper < 0))
    left = targets[:, at].tocsr()
    left.eliminate_zeros()
    places = None if known.places is None else known.places[:, at]
    ends = known.lower[rows], known.upper[rows]
    return Known(part[rows], *ends, known.largest[at], places=places), left, at


def _optimum(known: Known, direction: Floats, *, roughly: bool = False) -> Integers:
    """Return counts that agree with what is known and are extreme in a direction."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    # Sums over lines and columns of tables have whole corners: the relaxation answers many.
    for whole in (False, True):
        answer = milp(
            direction,
            integrality=np.full(len(direction), int(whole)),
            bounds=Bounds(known.at_least, np.maximum(known.largest, known.at_least)),
            constraints=LinearConstraint(known.sums, known.lower, known.upper),
            options={"mip_rel_gap": 1e9 if roughly else 0.0},
        )
        if answer.x is None:
            raise ArithmeticError(f"no counts agree with what is published: {answer.message}")
        found: Integers = np.rint(answer.x).astype(np.int64)
        if (np.abs(answer.x - found) < 1e-6).all():
            break
    return found
