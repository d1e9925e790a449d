"""What may be shown of a table of counts without telling what one respondent answered.

In: which cells are hidden for their own sake, which others must go with them, and the audit of what
an attacker can still compute from everything that is published, by integer programming.
Not in: where the thresholds stand (`survey.disclosure` of the codebook) and which tables are
published (`marts`).

Tables are audited together. Their counts are one vector, and what is published beside them (the
totals of lines and columns, the bases) is one matrix of sums over it: each row adds the cells whose
sum everybody knows. The attacker is taken to know every such sum, also where a base is not printed.
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

_BATCH = 6000
"""Cells of a linear programme; components are solved side by side, for a solver's start costs."""


@dataclass(frozen=True)
class Protection:
    """Which cells of a system of tables are hidden, and how safe that leaves them.

    Attributes:
        hidden: Cells that are not shown, primary and complements; shape (cells,).
        implied: Cells that no hiding protects: published totals alone determine them; (cells,).
    """

    hidden: Booleans
    implied: Booleans


def sensitive_cells(
    counts: npt.ArrayLike,
    *,
    smallest_base: int,
    smallest_count: int = 0,
    unanimity: bool = False,
) -> Booleans:
    """Return the cells that are hidden for their own sake (primary suppression).

    - a group with fewer than `smallest_base` answers: all its cells;
    - a count from 1 to `smallest_count - 1`, for tables that cross two identifying variables;
    - with `unanimity`, a group whose answers are all the same while those of the whole are not:
      what each of its members thinks would be known (`zeros_are_disclosive` of the ACRO project).

    Args:
        counts: Answers by code (rows) and group (columns); shape (codes, groups).
        smallest_base: Answers that a group must have.
        smallest_count: Smallest count that is shown, zero apart; 0 for no such limit.
        unanimity: Whether a unanimous group is sensitive.

    Returns:
        Booleans; shape (codes, groups).

    Raises:
        ValueError: the counts are not a table of non-negative integers.
    """
    table = _checked_counts(counts)
    if table.ndim != 2:
        raise ValueError(f"counts have {table.ndim} dimension(s), not 2: codes × groups")
    bases = table.sum(axis=0)
    groups = (bases > 0) & (bases < smallest_base)
    if unanimity and np.count_nonzero(table.sum(axis=1)) > 1:
        groups |= (bases > 0) & (table == bases).any(axis=0)
    hidden = np.broadcast_to(groups, table.shape).copy()
    if smallest_count > 1:
        hidden |= (table > 0) & (table < smallest_count)
    return hidden


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
        index = np.arange(codes * groups).reshape(codes, groups)
        line, column = np.divmod(index.ravel(), max(groups, 1))
        rows += [first_row + line, first_row + codes + column]
        cells += [first_cell + index.ravel()] * 2
        first_row += codes + groups
        first_cell += codes * groups
    if not rows:
        return csr_array((0, 0), dtype=np.int64)
    at = (np.concatenate(rows), np.concatenate(cells))
    return csr_array((np.ones(len(at[0]), dtype=np.int64), at), shape=(first_row, first_cell))


def protect(counts: npt.ArrayLike, sensitive: npt.ArrayLike, sums: csr_array) -> Protection:
    """Hide as few further cells as it takes so that no hidden cell can be computed.

    A known sum with a single hidden cell gives it away, and so does one whose hidden cells are all
    zero: a complement is hidden in it, the smallest count above zero, the first where counts are
    equal. Then the audit says which hidden cells are still determined, each of them gets a
    complement, and so on: the result is deterministic, and every round hides a cell or is the last.

    Args:
        counts: Counts of every published table, one after another; shape (cells,).
        sensitive: Cells that are hidden for their own sake; shape (cells,).
        sums: Which cells each published sum adds; shape (sums, cells), 0 and 1.

    Raises:
        ValueError: shapes disagree, a count is negative, or a sum does not add cells.
    """
    values, hidden, matrix = _checked_system(counts, sensitive, sums)
    if not hidden.any():
        return Protection(hidden, np.zeros_like(hidden))
    everything = np.ones_like(hidden)
    implied = _known(values, everything, matrix, everything)
    open_cells = ~implied
    hidden &= open_cells
    touched = hidden.copy()
    while True:
        hidden = _close_lines(values, hidden, open_cells, matrix)
        # Only what hangs together with a change is audited again.
        touched |= hidden
        scope = _together(touched & hidden, hidden, matrix)
        known = _known(values, hidden, matrix, scope)
        if not known.any():
            return Protection(hidden, implied)
        before, stuck = hidden.copy(), []
        for cell in np.flatnonzero(known).tolist():
            complement = _complement(cell, values, hidden, open_cells, matrix)
            if complement is None:
                stuck.append(cell)
            else:
                hidden[complement] = True
        if (hidden == before).all():
            # Nothing else can be hidden around them: the totals alone determine these cells.
            implied[stuck] = True
            open_cells[stuck] = hidden[stuck] = False
        touched = (hidden & ~before) | (known & hidden)


def determined(
    counts: npt.ArrayLike,
    hidden: npt.ArrayLike,
    sums: csr_array,
    *,
    among: npt.ArrayLike | None = None,
) -> Booleans:
    """Return the hidden cells that have one possible value only: those that can be recovered.

    A cell is safe when another table of non-negative integers agrees with everything published and
    differs there. The audit first subtracts what subtraction gives; then integer programmes find
    the smallest and the largest value of a cell, and clear every other cell that moves on the way.

    Args:
        counts: The true counts; shape (cells,).
        hidden: Cells that are not shown; shape (cells,).
        sums: Which cells each published sum adds; shape (sums, cells).
        among: Cells that are asked about; all hidden ones where None.

    Returns:
        Booleans; shape (cells,).

    Raises:
        ValueError: as `protect`.
        ArithmeticError: the solver stopped without an answer.
    """
    values, unknown, matrix = _checked_system(counts, hidden, sums)
    asked = unknown if among is None else unknown & np.asarray(among, dtype=bool)
    obvious = _by_subtraction(values, unknown, matrix)
    recovered, left = asked & obvious, asked & ~obvious
    unknown = unknown & ~obvious
    if not left.any():
        return recovered
    for cells in _batches(_together(left, unknown, matrix), matrix):
        part, truth = _rows_of(matrix, cells), values[cells]
        of_cell = _component(part)
        asked_here = left[cells]
        while asked_here.any():
            # The first open cell of every component is pulled up, then down: two optima tell
            # whether it moves, and the tables found on the way clear most of the others.
            pulled = np.flatnonzero(asked_here)
            pulled = pulled[np.unique(of_cell[pulled], return_index=True)[1]]
            for way in (-1, 1):
                direction = np.zeros(len(cells), dtype=np.int64)
                direction[pulled] = way
                asked_here &= _solve(direction, part, part @ truth) == truth
            stuck = pulled[asked_here[pulled]]
            recovered[cells[stuck]] = True
            asked_here[stuck] = False
    return recovered


def bounds(
    counts: npt.ArrayLike,
    hidden: npt.ArrayLike,
    sums: csr_array,
    *,
    cell: int,
    at_least: int = 0,
) -> tuple[int, int]:
    """Return the smallest and the largest value that a hidden cell may have for an attacker.

    Both are optima of an integer programme over every cell that hangs together with it (M.
    Fischetti and J. J. Salazar, *Management Science* 47(7), 2001: the attacker's subproblems).

    Args:
        counts: The true counts; shape (cells,).
        hidden: Cells that are not shown; shape (cells,).
        sums: Which cells each published sum adds; shape (sums, cells).
        cell: The cell.
        at_least: Smallest count that the attacker thinks possible: 1 where zeros are never hidden.

    Raises:
        ValueError: as `protect`; or the cell is in no sum, and nothing bounds it.
        ArithmeticError: the solver stopped without an answer, or a hidden count is under
            `at_least`, so that no table agrees with what is published.
    """
    values, unknown, matrix = _checked_system(counts, hidden, sums)
    if not unknown[cell]:
        return int(values[cell]), int(values[cell])
    only = np.zeros_like(unknown)
    only[cell] = True
    cells = np.flatnonzero(_together(only, unknown, matrix))
    part = _rows_of(matrix, cells)
    if part.shape[0] == 0:
        raise ValueError(f"cell {cell} is in no published sum: nothing bounds it")
    direction = (cells == cell).astype(np.int64)
    known = part @ values[cells]
    if (values[cells] < at_least).any():
        raise ArithmeticError(f"a hidden count is under {at_least}: no table agrees")
    least, most = (
        _solve(way, part, known, at_least=at_least)[cells == cell][0]
        for way in (direction, -direction)
    )
    return int(least), int(most)


def agreeing_counts(sums: csr_array, totals: npt.ArrayLike) -> Integers:
    """Return some table that agrees with published totals: where an attacker starts from.

    Args:
        sums: Which cells each published sum adds; shape (sums, cells).
        totals: The sums; shape (sums,).

    Returns:
        Non-negative integers; shape (cells,). A cell that is in no sum is 0.

    Raises:
        ValueError: shapes disagree, or a total is negative.
        ArithmeticError: no table agrees.
    """
    known = _checked_counts(totals)
    if known.shape != (sums.shape[0],):
        raise ValueError(f"{known.shape} totals of {sums.shape[0]} sums")
    found = np.zeros(sums.shape[1], dtype=np.int64)
    # Where nothing is left to share out, nothing is asked of the solver.
    left = np.ones(sums.shape[1], dtype=bool)
    empty_rows = sums[np.flatnonzero(known == 0)]
    left[np.unique(empty_rows.indices)] = False
    if (np.diff(sums[:, np.flatnonzero(left)].indptr)[known > 0] == 0).any():
        raise ArithmeticError("no table agrees with what is known: a total has no cell")
    for cells in _batches(left, sums):
        part = sums[:, cells]
        rows = np.flatnonzero(np.diff(part.indptr))
        if len(rows):
            found[cells] = _solve(np.zeros(len(cells), np.int64), part[rows], known[rows])
    return found


def small_differences(members: npt.ArrayLike, *, smallest: int) -> list[tuple[int, int, int]]:
    """Return the pairs of published bases whose difference is a few respondents.

    Of two figures whose bases contain one another, the difference is a figure on those who are in
    one only: fewer than `smallest` of them are as good as published by themselves.

    Args:
        members: Who is in each base; shape (bases, respondents), booleans.
        smallest: Respondents that a difference must have, unless it has none.

    Returns:
        (larger base, smaller base, respondents between them), by position, in order.

    Raises:
        ValueError: `members` is not a table.
    """
    inside = np.asarray(members, dtype=bool)
    if inside.ndim != 2:
        raise ValueError(f"members have {inside.ndim} dimension(s), not 2: bases × respondents")
    counted = inside.astype(np.int64)
    common = counted @ counted.T
    sizes = counted.sum(axis=1)
    difference = sizes[:, None] - sizes[None, :]
    nested = (common == sizes[None, :]) & (difference > 0) & (difference < smallest)
    return [(int(a), int(b), int(difference[a, b])) for a, b in np.argwhere(nested)]


# --- steps ----------------------------------------------------------------------------------


def _checked_counts(counts: npt.ArrayLike) -> Integers:
    table = np.asarray(counts)
    whole = table.astype(np.int64)
    if (whole != table).any() or (whole < 0).any():
        raise ValueError("counts are non-negative integers")
    return whole


def _checked_system(
    counts: npt.ArrayLike, hidden: npt.ArrayLike, sums: csr_array
) -> tuple[Integers, Booleans, csr_array]:
    values, mask = _checked_counts(counts), np.array(hidden, dtype=bool)
    if values.shape != mask.shape or values.shape != (sums.shape[1],):
        raise ValueError(
            f"{values.shape} counts, {mask.shape} flags and sums over {sums.shape[1]} cells"
        )
    if sums.nnz and not (sums.data == 1).all():
        raise ValueError("a published sum adds cells: its coefficients are 0 and 1")
    return values, mask, sums


def _known(values: Integers, hidden: Booleans, matrix: csr_array, among: Booleans) -> Booleans:
    """Return what `determined` returns: on cycles where every cell is in a line and a column.

    In a two-way table another table exists exactly where a cell lies on a cycle of hidden cells
    along which counts go up and down in turn without falling under zero (D. Gusfield, *SIAM Journal
    on Computing* 17(3), 1988); paths are found in a time that no solver starts in.
    """
    asked = hidden & among
    cells = np.flatnonzero(_together(asked, hidden, matrix))
    ends = matrix[:, cells].tocsc()
    if not len(cells) or not (np.diff(ends.indptr) == 2).all():
        return determined(values, hidden, matrix, among=among)
    sides = ends.indices.reshape(-1, 2).tolist()
    side = _two_sided(sides)
    if side is None:
        return determined(values, hidden, matrix, among=among)
    number = {node: k for k, node in enumerate(side)}  # sums of one component lie close together
    lines: dict[int, int] = {}
    columns: dict[int, int] = {}
    placed = []
    for (one, other), value in zip(sides, values[cells].tolist(), strict=True):
        line, column = (number[k] for k in ((one, other) if side[one] else (other, one)))
        placed.append((line, column, value))
        lines[line] = lines.get(line, 0) | 1 << column
        if value:
            columns[column] = columns.get(column, 0) | 1 << line
    known = np.zeros_like(hidden)
    for cell, (line, column, value) in zip(cells.tolist(), placed, strict=True):
        if asked[cell]:
            up = _reaches(column, line, columns, lines)
            down = value > 0 and _reaches(line, column, lines, columns)
            known[cell] = not (up or down)
    return known


def _two_sided(sides: Sequence[Sequence[int]]) -> dict[int, bool] | None:
    """Return which sums are lines and which are columns; None when they are neither."""
    near: dict[int, list[int]] = {}
    for one, other in sides:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    side: dict[int, bool] = {}
    for start in near:
        if start in side:
            continue
        side[start] = True
        waiting = [start]
        while waiting:
            node = waiting.pop()
            for other in near[node]:
                if other not in side:
                    side[other] = not side[node]
                    waiting.append(other)
                elif side[other] == side[node]:
                    return None
    return side


def _reaches(start: int, goal: int, first: dict[int, int], then: dict[int, int]) -> bool:
    """Tell whether steps lead from start to goal, but for the step that joins the two directly."""
    seen = {True: 0, False: 1 << start}
    frontier, outward = first.get(start, 0) & ~(1 << goal), True
    while frontier:
        seen[outward] |= frontier
        if outward and frontier >> goal & 1:
            return True
        step, reached = (then if outward else first), 0
        while frontier:
            low = frontier & -frontier
            reached |= step.get(low.bit_length() - 1, 0)
            frontier ^= low
        outward = not outward
        frontier = reached & ~seen[outward]
    return False


def _by_subtraction(values: Integers, hidden: Booleans, matrix: csr_array) -> Booleans:
    """Return the hidden cells that subtraction alone gives: sums with one unknown, or with zero."""
    unknown = hidden.copy()
    while True:
        number = matrix @ unknown.astype(np.int64)
        total = matrix @ np.where(unknown, values, 0)
        told = (number > 0) & ((number == 1) | (total == 0))
        if not told.any():
            return hidden & ~unknown
        unknown &= (matrix.T @ told.astype(np.int64)) == 0


def _component(part: csr_array) -> npt.NDArray[np.intp]:
    """Return the number of the component of each cell: cells that sums tie to one another."""
    from scipy.sparse import bmat
    from scipy.sparse.csgraph import connected_components

    _, label = connected_components(bmat([[None, part.T], [part, None]]), directed=False)
    found: npt.NDArray[np.intp] = label[: part.shape[1]]
    return found


def _batches(scope: Booleans, matrix: csr_array) -> list[npt.NDArray[np.intp]]:
    """Return the cells in groups of whole components, about `_BATCH` cells each."""
    cells = np.flatnonzero(scope)
    label = _component(_rows_of(matrix, cells))
    order = np.argsort(label, kind="stable")
    cells, label = cells[order], label[order]
    starts = np.flatnonzero(np.diff(label, prepend=-1)).tolist()
    cuts, opened = [], 0
    for start, end in zip(starts, [*starts[1:], len(cells)], strict=True):
        if end - opened > _BATCH and start > opened:
            cuts.append(start)
            opened = start
    return [np.sort(part) for part in np.split(cells, cuts)]


def _rows_of(matrix: csr_array, cells: npt.NDArray[np.intp]) -> csr_array:
    """Return the sums over some cells, without those that add none of them."""
    part = matrix[:, cells]
    return part[np.flatnonzero(np.diff(part.indptr))]


def _together(start: Booleans, hidden: Booleans, matrix: csr_array) -> Booleans:
    """Return the hidden cells that published sums tie to the start, directly or by others."""
    from scipy.sparse import bmat
    from scipy.sparse.csgraph import connected_components

    cells = np.flatnonzero(hidden)
    if not len(cells) or not start.any():
        return np.zeros_like(hidden)
    part = matrix[:, cells]
    _, label = connected_components(bmat([[None, part.T], [part, None]]), directed=False)
    of_cell = label[: len(cells)]
    wanted = np.unique(of_cell[start[cells]])
    found = np.zeros_like(hidden)
    found[cells[np.isin(of_cell, wanted)]] = True
    return found


def _close_lines(
    values: Integers, hidden: Booleans, open_cells: Booleans, matrix: csr_array
) -> Booleans:
    """Hide a complement in every sum that gives its hidden cells away by itself."""
    hidden = hidden.copy()
    while True:
        number = matrix @ hidden.astype(np.int64)
        total = matrix @ np.where(hidden, values, 0)
        loose = np.flatnonzero((number == 1) | ((number > 0) & (total == 0)))
        changed = False
        for row in loose:
            cells = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
            inside = hidden[cells]
            if inside.sum() != 1 and values[cells[inside]].sum():
                continue  # an earlier complement of this round has closed it
            choice = _smallest(cells[~inside & open_cells[cells]], values)
            if choice is not None:
                hidden[choice] = changed = True
        if not changed:
            return hidden


def _complement(
    cell: int, values: Integers, hidden: Booleans, open_cells: Booleans, matrix: csr_array
) -> int | None:
    """Return the cell to hide for one that the audit recovers: near it, else tied to it."""
    columns = matrix.tocsc()
    rows = columns.indices[columns.indptr[cell] : columns.indptr[cell + 1]]
    near = np.unique(
        np.concatenate(
            [matrix.indices[matrix.indptr[r] : matrix.indptr[r + 1]] for r in rows]
            or [np.zeros(0, dtype=np.intp)]
        )
    )
    choice = _smallest(near[~hidden[near] & open_cells[near]], values)
    if choice is not None:
        return choice
    start = np.zeros_like(hidden)
    start[cell] = True
    tied = _together(start, hidden, matrix).astype(np.int64)
    around = (matrix.T @ (matrix @ tied)) > 0
    return _smallest(np.flatnonzero(around & ~hidden & open_cells), values)


def _smallest(cells: npt.NDArray[np.integer], values: Integers) -> int | None:
    """Return the cell with the smallest count above zero, else a zero; the first among equals."""
    if not len(cells):
        return None
    order = np.lexsort((cells, values[cells], values[cells] == 0))
    return int(cells[order[0]])


def _solve(direction: Integers, part: csr_array, known: Integers, *, at_least: int = 0) -> Integers:
    """Return a table of integers that agrees with the known sums and is extreme in a direction."""
    # A cell cannot exceed any sum that it is in; a cell of no sum is not asked about.
    largest = np.full(part.shape[1], int(known.sum()), dtype=np.int64)
    row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
    np.minimum.at(largest, part.indices, known[row])
    largest = np.maximum(largest, at_least)
    # Sums over the lines and columns of tables have integral vertices: the relaxation answers most.
    whole, loose = _optimum(direction, part, known, at_least, largest, integral=False)
    if not loose.any():
        return whole
    # Only what hangs together with a fraction is solved in integers.
    label = _component(part)
    cells = np.flatnonzero(np.isin(label, label[loose]))
    rows = np.flatnonzero(np.diff(part[:, cells].indptr))
    whole[cells], loose = _optimum(
        direction[cells], part[rows][:, cells], known[rows], at_least, largest[cells], integral=True
    )
    if loose.any():
        raise ArithmeticError("the integer programme answered with fractions")
    return whole


def _optimum(
    direction: Integers,
    part: csr_array,
    known: Integers,
    at_least: int,
    largest: Integers,
    *,
    integral: bool,
) -> tuple[Integers, Booleans]:
    """Return an optimum rounded to integers, and the cells that are not such a solution."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    answer = milp(
        direction,
        integrality=np.full(len(direction), int(integral)),
        bounds=Bounds(at_least, largest),
        constraints=LinearConstraint(part, known, known),
    )
    if answer.x is None:
        raise ArithmeticError(f"no table agrees with what is known: {answer.message}")
    whole = np.rint(answer.x).astype(np.int64)
    missed = part.T @ (part @ whole != known).astype(np.int64)
    return whole, (np.abs(answer.x - whole) >= 1e-6) | (missed > 0)
