"""What may be shown of a survey by group without telling what one respondent answered.

In: which cells are hidden for their own sake, and which others must go with them.
Not in: what an attacker can still compute (`recovery`), where the thresholds stand
(`survey.disclosure` of the codebook), which tables are published (`marts`).

Hiding rests on exchanges. Two respondents exchange their answers: every total stays, every base
stays, and so does every table in which the two are in the same group; elsewhere four cells change
by one. If those four are hidden, nobody can tell the exchange, whatever he knows of who answered.
A cell is protected by one exchange that changes it and that no published figure shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WeightedShares:
    """Shares of everybody that are published weighted and rounded, beside the tables.

    Attributes:
        weights: Of each unit; shape (units,).
        parts: Whether a share adds an answer; shape (shares, codes).
        bases: Whether its base holds an answer; shape (shares, codes).
        decimals: To which it is rounded.
    """

    weights: Floats
    parts: Booleans
    bases: Booleans
    decimals: int


@dataclass(frozen=True)
class Protection:
    """What of one question is not shown.

    Attributes:
        hidden: For each breakdown, cells that are not shown, primary and complements; shapes
            (codes, groups).
        implied: For each breakdown, sensitive cells that no hiding protects: the totals of the
            question alone determine them.
        withheld: Weighted shares that would tell a hidden cell; shape (shares,).
    """

    hidden: list[Booleans]
    implied: list[Booleans]
    withheld: Booleans


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
    table = np.asarray(counts)
    whole = table.astype(np.int64)
    if (whole != table).any() or (whole < 0).any():
        raise ValueError("counts are non-negative integers")
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


def dominated_groups(
    units: npt.ArrayLike, *, smallest_number: int, largest_part: float
) -> Booleans:
    """Return the groups whose figures speak of very few respondents, or of one above all.

    Args:
        units: Units by respondent (rows) and group (columns); shape (respondents, groups).
        smallest_number: Respondents that a group must have.
        largest_part: Greatest part of the units of a group that may be one respondent's (INSEE:
            0.85 of a value).

    Returns:
        Booleans; shape (groups,). A group without units is not among them.
    """
    table = np.asarray(units)
    total = table.sum(axis=0)
    if not len(table):
        return np.zeros(table.shape[1:], dtype=bool)
    few = np.count_nonzero(table, axis=0) < smallest_number
    found: Booleans = (total > 0) & (few | (table.max(axis=0) > largest_part * total))
    return found


def small_differences(
    members: npt.ArrayLike, *, smallest: int, number: npt.ArrayLike | None = None
) -> list[tuple[int, int, int]]:
    """Return the pairs of published bases whose difference is a few respondents.

    Of two figures whose bases contain one another, the difference is a figure on those who are in
    one only: fewer than `smallest` of them are as good as published by themselves.

    Args:
        members: Who is in each base; shape (bases, respondents), booleans.
        smallest: Respondents that a difference must have, unless it has none.
        number: How many respondents a column of `members` stands for; one each when left out.

    Returns:
        (larger base, smaller base, respondents between them), by position, in order.

    Raises:
        ValueError: `members` is not a table.
    """
    inside = np.asarray(members, dtype=bool)
    if inside.ndim != 2:
        raise ValueError(f"members have {inside.ndim} dimension(s), not 2: bases × respondents")
    counted = inside.astype(np.int64)
    each = np.ones(inside.shape[1], dtype=np.int64) if number is None else np.asarray(number)
    common = (counted * each) @ counted.T
    sizes = np.diag(common)
    difference = sizes[:, None] - sizes[None, :]
    nested = (common == sizes[None, :]) & (difference > 0) & (difference < smallest)
    return [(int(a), int(b), int(difference[a, b])) for a, b in np.argwhere(nested)]


def protect(
    answers: npt.ArrayLike,
    groups: npt.ArrayLike,
    sensitive: Sequence[npt.ArrayLike],
    *,
    together: npt.ArrayLike | None = None,
    weighted: WeightedShares | None = None,
) -> Protection:
    """Hide as few further cells as it takes that each hidden one has an exchange nobody can tell.

    Answers that are published `together` as well are hidden together where one of them is, and
    then their sum needs such an exchange, too: of one of them against another answer.

    Cells are taken in their order; each that has no such exchange yet gets the one that asks for
    the fewest further cells and weighted shares to go, of equals that with the smallest counts, of
    equals the first by answers, groups and weights. The order of units plays no part.

    Args:
        answers: Position of each unit's answer; -1 outside the base; shape (units,).
        groups: Position of its group in each breakdown; shape (breakdowns, units).
        sensitive: For each breakdown, cells hidden for their own sake; shapes (codes, groups).
        together: Answers whose sum is a figure, too; shape (codes,), none when left out.
        weighted: What is published weighted; nothing when left out.

    Raises:
        ValueError: shapes disagree.
    """
    answer, group = np.asarray(answers, dtype=np.int64), np.asarray(groups, dtype=np.int64)
    masks = [np.asarray(mask, dtype=bool) for mask in sensitive]
    if group.shape != (len(masks), *answer.shape):
        raise ValueError(f"{len(masks)} breakdowns, groups of shape {group.shape}")
    inside = answer >= 0
    answer, group = answer[inside], group[:, inside]
    offsets = np.cumsum([0, *(mask.size for mask in masks)])
    flat = np.concatenate([*(mask.ravel() for mask in masks), [True]])
    shares = 0 if weighted is None else len(weighted.parts)
    nothing = np.zeros(shares, dtype=bool)
    if not flat[:-1].any():
        return Protection(masks, [np.zeros_like(mask) for mask in masks], nothing)
    counts = np.concatenate(
        [
            np.bincount(answer * mask.shape[1] + places, minlength=mask.size)
            for mask, places in zip(masks, group, strict=True)
        ]
        + [np.zeros(1, dtype=np.int64)]
    )
    weight = np.zeros(len(answer)) if weighted is None else weighted.weights[inside]
    distinct, rank = np.unique(weight, return_inverse=True)
    rows = np.unique(np.column_stack([answer, group.T, rank]), axis=0)
    first, second = _pairs(rows, masks)
    cells = _changed_cells(rows[first], rows[second], masks, offsets)
    codes = len(masks[0])
    added = np.zeros(codes, dtype=bool) if together is None else np.asarray(together, dtype=bool)
    sums = _sum_of_cells(masks, added)
    # A sum stays where one of its answers is exchanged for another one of them.
    crossing = added[rows[first, 0]] != added[rows[second, 0]]
    shown = np.zeros((len(cells), 0), dtype=bool)
    if weighted is not None:
        weights = (distinct[rows[first, -1]], distinct[rows[second, -1]])
        shown = _seen_in_shares(rows[first, 0], rows[second, 0], weights, answer, weight, weighted)
    reached = np.zeros_like(flat)
    reached[cells] = True
    implied = flat & ~reached
    flat &= reached
    flat[-1] = True  # stands for the tables in which both are in the same group
    withheld = _close(cells, shown, flat, counts, sums, crossing)

    def tables(cells: Booleans) -> list[Booleans]:
        parts = np.split(cells[:-1], offsets[1:-1])
        return [part.reshape(mask.shape) for part, mask in zip(parts, masks, strict=True)]

    return Protection(tables(flat), tables(implied), withheld)


# --- steps ----------------------------------------------------------------------------------


def _pairs(
    rows: Integers, masks: Sequence[Booleans]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return who may exchange answers: one of a group with sensitive cells, the other anybody.

    The two differ in their answers, and in their group of some breakdown.
    """
    touched = np.zeros(len(rows), dtype=bool)
    for place, mask in enumerate(masks, start=1):
        touched |= np.logical_or.reduce(mask)[rows[:, place]]
    one = np.flatnonzero(touched)
    first, second = (axis.ravel() for axis in np.meshgrid(one, np.arange(len(rows)), indexing="ij"))
    kept = (first < second) | ~touched[second]
    kept &= rows[first, 0] != rows[second, 0]
    kept &= (rows[first, 1:-1] != rows[second, 1:-1]).any(axis=1)
    return first[kept], second[kept]


def _changed_cells(
    one: Integers, other: Integers, masks: Sequence[Booleans], offsets: Integers
) -> Integers:
    """Return the cells that each exchange changes; the last of all where it changes none."""
    parts = []
    for place, mask in enumerate(masks):
        mine, yours = one[:, place + 1], other[:, place + 1]
        width = mask.shape[1]
        corners = [
            offsets[place] + answer * width + group
            for answer in (one[:, 0], other[:, 0])
            for group in (mine, yours)
        ]
        parts += [np.where(mine == yours, offsets[-1], corner) for corner in corners]
    return np.column_stack(parts)


def _sum_of_cells(masks: Sequence[Booleans], added: Booleans) -> Integers:
    """Return the number of the sum of answers that each cell is part of; -1 for none."""
    parts, start = [], 0
    for mask in masks:
        numbers = np.broadcast_to(start + np.arange(mask.shape[1]), mask.shape)
        parts.append(np.where(added[:, None], numbers, -1).ravel())
        start += mask.shape[1]
    return np.concatenate([*parts, [-1]])


def _seen_in_shares(
    one: Integers,
    other: Integers,
    weights: tuple[Floats, Floats],
    answer: Integers,
    weight: Floats,
    weighted: WeightedShares,
) -> Booleans:
    """Tell which weighted shares each exchange changes as published; shape (pairs, shares).

    A share that stays may stand on another effective number (Kish's), which is given in units.
    """
    parts, bases = weighted.parts.astype(np.float64), weighted.bases.astype(np.float64)
    codes = parts.shape[1]
    total = np.bincount(answer, weights=weight, minlength=codes).astype(np.float64)
    square = np.bincount(answer, weights=weight**2, minlength=codes).astype(np.float64)
    more, more_square = weights[1] - weights[0], weights[1] ** 2 - weights[0] ** 2

    def moved(of: Floats, sums: Floats, change: Floats) -> Floats:
        found: Floats = of @ sums + change[:, None] * (of[:, one] - of[:, other]).T
        return found

    still = np.zeros_like(more)
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = (
            np.round(
                np.minimum(moved(parts, total, change) / moved(bases, total, change), 1.0),
                weighted.decimals,
            )
            for change in (still, more)
        )
        worth = [
            np.floor(moved(bases, total, up) ** 2 / moved(bases, square, up_square))
            for up, up_square in ((still, still), (more, more_square))
        ]
    changed: Booleans = (before != after) | (worth[0] != worth[1])
    return changed


def _close(
    cells: Integers,
    shown: Booleans,
    flat: Booleans,
    counts: Integers,
    sums: Integers,
    crossing: Booleans,
) -> Booleans:
    """Hide, in place, what gives every hidden cell its exchange; return the shares withheld."""
    withheld = np.zeros(shown.shape[1], dtype=bool)
    safe = np.zeros_like(flat)
    safe_sum = np.zeros(sums.max() + 2, dtype=bool)
    safe_sum[-1] = True  # of the cells that are part of no sum
    while True:
        free = flat[cells].all(axis=1) & ~(shown & ~withheld).any(axis=1)
        safe[cells[free]] = True
        safe_sum[sums[cells[free & crossing]]] = True
        waiting = np.flatnonzero(flat[:-1] & ~safe[:-1])
        if len(waiting):
            at = np.flatnonzero((cells == waiting[0]).any(axis=1))
        else:
            untold = sums[np.flatnonzero(flat[:-1])]
            untold = untold[~safe_sum[untold]]
            if not len(untold):
                return withheld
            at = np.flatnonzero(crossing & (sums[cells] == untold.min()).any(axis=1))
            safe_sum[untold.min()] = True  # or no exchange changes it: totals determine it
            if not len(at):
                continue
        lacking = ~flat[cells[at]]
        price = lacking.sum(axis=1) + (shown[at] & ~withheld).sum(axis=1)
        smaller = np.where(lacking, counts[cells[at]], 0).sum(axis=1)
        best = at[np.lexsort((at, smaller, price))[0]]
        flat[cells[best]] = True
        withheld |= shown[best]
