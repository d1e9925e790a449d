"""Weights that bring respondents to a frame: cells, raking, trimming, and when to refuse.

In: post-stratification, cells collapsed by declared neighbours, raking with its convergence proved
on the margins, trimming at a declared ratio.
Not in: the frame itself (`collectivites`). No function here gives a weight of 1 because something
is missing: it refuses and lists why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.intervals import Floats
from observatoire_pipeline.estimation.sampling import checked_weights, effective_n

SMALLEST_CELL = 5
"""Respondents that a cell needs for a weight of its own."""

POST_STRATIFIED, COLLAPSED, RAKED = "post_stratified", "collapsed", "raked"

Codes = npt.NDArray[np.int64]


class WeightingRefusedError(ValueError):
    """Weights cannot be made; `reasons` lists every obstacle."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True)
class Raking:
    """Weights from margins, with the proof that they meet them.

    Attributes:
        weights: (units) weights, whose sum is that of the targets.
        steps: Rounds over all margins.
        margin_error: Largest `|weighted count − target| / target` over all margins, after the last
            round.
    """

    weights: Floats
    steps: int
    margin_error: float


@dataclass(frozen=True)
class Weights:
    """Weights to a frame of two crossed margins, and how they were made.

    Attributes:
        weights: (units) weights, whose sum is the frame's.
        method: `post_stratified`, `collapsed` or `raked`.
        effective_n: Kish's effective number of units, after trimming.
        effective_n_before_trimming: The same before.
        margin_error: Largest relative error on the margins that the method meets, after trimming.
        groups: (cells) the group of each cell of the frame, numbered in order; cells of one group
            were weighted together. Empty when raked.
        steps: Rounds of raking; 0 otherwise.
        trimmed_n: Units whose weight was cut.
        why: Why this method: the cells that were too small, in words.
    """

    weights: Floats
    method: str
    effective_n: float
    effective_n_before_trimming: float
    margin_error: float
    groups: tuple[int, ...]
    steps: int
    trimmed_n: int
    why: str


def post_stratify(
    cells: npt.ArrayLike, targets: npt.ArrayLike, *, base_weights: npt.ArrayLike | None = None
) -> Floats:
    """Return weights that give each cell its count in the frame, `w = N_h / n_h`.

    D. Holt and T. M. F. Smith, "Post stratification", JRSS-A 142 (1979) 33-46. Within a cell,
    weights keep the proportions of the base weights.

    Args:
        cells: (units) position of the cell of each unit, from 0.
        targets: (cells) units of the frame in each.
        base_weights: (units) weights to begin with; equal ones when left out.

    Returns:
        (units) weights, which sum to the targets' sum.

    Raises:
        WeightingRefusedError: a unit without cell, a cell of the frame without respondent, or
            respondents in a cell that the frame does not have.
        ValueError: shapes differ, or a base weight is negative.
    """
    cell, target = np.asarray(cells, dtype=np.int64), _targets(targets)
    base = _base_weights(base_weights, cell)
    _refuse_if(_obstacles(cell, target, base, margin="cells"))
    held = np.bincount(cell, weights=base, minlength=target.size)
    ratio = np.divide(target, held, out=np.zeros(target.size), where=held > 0)
    return base * ratio[cell]


def rake(
    margins: Mapping[str, npt.ArrayLike],
    targets: Mapping[str, npt.ArrayLike],
    *,
    base_weights: npt.ArrayLike | None = None,
    tolerance: float = 1e-10,
    max_steps: int = 1000,
) -> Raking:
    """Return weights that meet several margins at once, by iterative proportional fitting.

    Each round multiplies the weights of every category by target over weighted count, margin after
    margin: W. E. Deming and F. F. Stephan, "On a least squares adjustment of a sampled frequency
    table when the expected marginal totals are known", Annals of Mathematical Statistics 11 (1940)
    427-444. The rounds end when the largest relative error over all margins is below the
    tolerance, which small changes of the weights do not prove.

    Args:
        margins: By name, (units) position of the category of each unit, from 0.
        targets: By the same names, (categories) units of the frame.
        base_weights: (units) weights to begin with; equal ones when left out.
        tolerance: Largest relative margin error allowed.
        max_steps: Rounds after which the function refuses.

    Raises:
        WeightingRefusedError: a unit without category, a category of the frame without respondent,
            respondents in a category that the frame does not have, margins whose targets do not sum
            alike, or margins that cannot be met together; every reason is listed.
        ValueError: names or shapes differ, or a base weight is negative.
    """
    if not margins or set(margins) != set(targets):
        raise ValueError(f"margins {sorted(margins)} against targets {sorted(targets)}")
    codes = {name: np.asarray(code, dtype=np.int64) for name, code in margins.items()}
    goals = {name: _targets(targets[name]) for name in margins}
    base = _base_weights(base_weights, *codes.values())
    reasons = [
        reason
        for name, code in codes.items()
        for reason in _obstacles(code, goals[name], base, margin=name)
    ]
    sums = {name: float(goal.sum()) for name, goal in goals.items()}
    if max(sums.values()) - min(sums.values()) > 1e-9 * max(sums.values()):
        told = ", ".join(f"{name} {total:.12g}" for name, total in sums.items())
        reasons.append(f"targets do not sum alike: {told}")
    _refuse_if(reasons)
    weights = base * (next(iter(sums.values())) / base.sum())
    error = _margin_error(weights, codes, goals)
    for step in range(1, max_steps + 1):
        if error <= tolerance:
            return Raking(weights, step - 1, error)
        for name, code in codes.items():
            held = np.bincount(code, weights=weights, minlength=goals[name].size)
            ratio = np.divide(goals[name], held, out=np.zeros(held.size), where=held > 0)
            weights = weights * ratio[code]
        error = _margin_error(weights, codes, goals)
    if error <= tolerance:
        return Raking(weights, max_steps, error)
    raise WeightingRefusedError(
        [f"the margins are not met together: still {error:.3g} off after {max_steps} rounds"]
    )


def collapse_cells(
    counts: npt.ArrayLike,
    neighbours: Mapping[int, Sequence[int]],
    *,
    smallest: int = SMALLEST_CELL,
    needed: npt.ArrayLike | None = None,
) -> tuple[int, ...]:
    """Return groups of cells with enough respondents, joined along declared neighbours only.

    The smallest group (of equal ones the first) joins the group of the first of its cells'
    neighbours that it does not hold yet, until every group is large enough: the same counts give
    the same groups.

    Args:
        counts: (cells) respondents.
        neighbours: For a cell, the cells it may join, the nearest first. A neighbour is declared
            from each side where both may ask for it.
        smallest: Respondents that a group needs.
        needed: (cells) booleans: which cells the frame has; the others are left alone and stay
            groups of their own. All when left out.

    Returns:
        (cells) number of the group of each cell, groups numbered by their first cell.

    Raises:
        WeightingRefusedError: a group is too small and has no neighbour left.
        ValueError: a neighbour is not a cell, or a count is negative.
    """
    n = np.asarray(counts, dtype=np.int64)
    asked = np.ones(n.size, bool) if needed is None else np.asarray(needed, dtype=bool)
    if (n < 0).any() or asked.shape != n.shape:
        raise ValueError(f"{n.shape} counts for {asked.shape} cells, none negative")
    named = {*neighbours, *(other for near in neighbours.values() for other in near)}
    strange = sorted(cell for cell in named if not 0 <= cell < n.size)
    if strange:
        raise ValueError(f"neighbours that are not cells: {strange}")
    group = list(range(n.size))
    while True:
        members: dict[int, list[int]] = {}
        for cell, number in enumerate(group):
            if asked[cell]:
                members.setdefault(number, []).append(cell)
        held = {number: int(n[cells].sum()) for number, cells in members.items()}
        short = [(total, number) for number, total in held.items() if total < smallest]
        if not short:
            break
        total, number = min(short)
        joined = next(
            (
                group[other]
                for rank in range(max(map(len, neighbours.values()), default=0))
                for cell in members[number]
                for other in neighbours.get(cell, ())[rank : rank + 1]
                if asked[other] and group[other] != number
            ),
            None,
        )
        if joined is None:
            raise WeightingRefusedError(
                [f"cells {members[number]}: {total} respondents, {smallest} needed, no neighbour"]
            )
        keep = min(number, joined)
        group = [keep if g in (number, joined) else g for g in group]
    order = {number: place for place, number in enumerate(dict.fromkeys(group))}
    return tuple(order[number] for number in group)


def trim_weights(weights: npt.ArrayLike, *, ratio: float) -> Floats:
    """Return weights none of which is above a declared multiple of their mean; their sum stays.

    What is cut is shared among the others in proportion to their weights, and the cut repeated
    until none is above: F. J. Potter, "A study of procedures to identify and trim extreme sampling
    weights", Proceedings of the Survey Research Methods Section, ASA, 1990, 225-230. Margins are no
    longer met exactly: whoever trims reports the error.

    Args:
        weights: (units) weights.
        ratio: Largest weight allowed, as a multiple of the mean weight; above 1.

    Returns:
        (units) weights.

    Raises:
        ValueError: a ratio that is not above 1, a weight that is negative or not finite, or so many
            weights of 0 that the others cannot keep the sum.
    """
    if not ratio > 1:
        raise ValueError(f"weights are trimmed at a ratio above 1 to their mean, not {ratio}")
    w = checked_weights(weights).copy()
    if not w.size:
        return w
    total = w.sum()
    cap = ratio * total / w.size
    cut = np.zeros(w.size, dtype=bool)
    while (w > cap * (1 + 1e-12)).any():
        cut |= w > cap
        w[cut] = cap
        rest = w[~cut].sum()
        if not rest:
            raise ValueError(
                f"too few weights above 0 to keep their sum under {ratio} times the mean"
            )
        w[~cut] *= (total - cap * cut.sum()) / rest
    return w


def weigh_to_frame(
    rows: npt.ArrayLike,
    columns: npt.ArrayLike,
    frame: npt.ArrayLike,
    *,
    neighbours: Mapping[int, Sequence[int]] | None = None,
    smallest: int = SMALLEST_CELL,
    trim_ratio: float | None = None,
    tolerance: float = 1e-10,
) -> Weights:
    """Return weights to a frame of two margins (type × size), by the first method that fits.

    Post-stratification when every cell of the frame has enough respondents; else cells collapsed by
    declared neighbours; else raking on the two margins. Then trimming, when a ratio is declared.

    Args:
        rows: (units) position of the first margin's category, from 0.
        columns: (units) position of the second margin's.
        frame: (row categories, column categories) units of the frame.
        neighbours: Declared neighbours of cells, a cell being `row * columns + column`.
        smallest: Respondents that a cell, or a group of cells, needs.
        trim_ratio: Largest weight as a multiple of the mean; none is cut when left out.
        tolerance: Largest relative margin error of raking.

    Raises:
        WeightingRefusedError: no method can meet the frame; every reason is listed.
        ValueError: shapes differ, or the frame is not a table of counts.
    """
    table = np.asarray(frame, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"a frame of two margins is a table, not {table.ndim}-dimensional")
    first, second = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
    if first.shape != second.shape:
        raise ValueError(f"{first.shape} units by one margin, {second.shape} by the other")
    flat = _targets(table.ravel())
    equal = np.ones(first.size)
    _refuse_if(
        [
            *_obstacles(first, table.sum(axis=1), equal, margin="rows"),
            *_obstacles(second, table.sum(axis=0), equal, margin="columns"),
        ]
    )
    cell = first * table.shape[1] + second
    n = np.bincount(cell, minlength=flat.size)
    outside = np.flatnonzero((n > 0) & (flat == 0)).tolist()
    if outside:
        _refuse_if([f"respondents in cells that the frame does not have: {outside}"])
    small = np.flatnonzero((n < smallest) & (flat > 0)).tolist()
    groups: tuple[int, ...] = tuple(range(flat.size))
    method, why, steps, raked = POST_STRATIFIED, "", 0, None
    if small:
        method, why = COLLAPSED, f"cells with fewer than {smallest} respondents: {small}"
        try:
            groups = collapse_cells(n, neighbours or {}, smallest=smallest, needed=flat > 0)
        except WeightingRefusedError as refusal:
            method, why = RAKED, f"{why}; {refusal}"
            raked = rake(
                {"rows": first, "columns": second},
                {"rows": table.sum(axis=1), "columns": table.sum(axis=0)},
                tolerance=tolerance,
            )
            groups, steps = (), raked.steps
    if raked is None:
        number = np.asarray(groups, dtype=np.int64)
        margins = {"groups": number[cell]}
        goals = {"groups": np.bincount(number, weights=flat).astype(np.float64)}
        weights = post_stratify(margins["groups"], goals["groups"])
    else:
        margins = {"rows": first, "columns": second}
        goals = {"rows": table.sum(axis=1), "columns": table.sum(axis=0)}
        weights = raked.weights
    final = weights if trim_ratio is None else trim_weights(weights, ratio=trim_ratio)
    return Weights(
        weights=final,
        method=method,
        effective_n=effective_n(final),
        effective_n_before_trimming=effective_n(weights),
        margin_error=_margin_error(final, margins, goals),
        groups=groups,
        steps=steps,
        trimmed_n=0 if trim_ratio is None else _cut(weights, trim_ratio),
        why=why,
    )


def _cut(weights: Floats, ratio: float) -> int:
    return int((trim_weights(weights, ratio=ratio) < weights).sum())


def _targets(targets: npt.ArrayLike) -> Floats:
    target = np.asarray(targets, dtype=np.float64)
    if target.ndim != 1 or not target.size or not (np.isfinite(target) & (target >= 0)).all():
        raise ValueError("targets are a list of counts of the frame, none negative")
    if target.sum() == 0:
        raise ValueError("the frame has no unit")
    return target


def _base_weights(base_weights: npt.ArrayLike | None, *codes: Codes) -> Floats:
    base = np.ones(codes[0].size) if base_weights is None else checked_weights(base_weights)
    shapes = {code.shape for code in codes} | {base.shape}
    if len(shapes) > 1:
        raise ValueError(f"units differ: {sorted(shapes)}")
    return base


def _obstacles(code: Codes, target: Floats, base: Floats, *, margin: str) -> list[str]:
    """Return every reason why units in these categories cannot be brought to the targets."""
    reasons = []
    outside = (code < 0) | (code >= target.size)
    if outside.any():
        reasons.append(f"{margin}: {int(outside.sum())} respondents without category")
    held = np.bincount(code[~outside], weights=base[~outside], minlength=target.size)
    empty = np.flatnonzero((target > 0) & (held == 0)).tolist()
    if empty:
        reasons.append(f"{margin}: categories of the frame without respondent: {empty}")
    strange = np.flatnonzero((target == 0) & (held > 0)).tolist()
    if strange:
        reasons.append(f"{margin}: respondents in categories that the frame lacks: {strange}")
    return reasons


def _refuse_if(reasons: Sequence[str]) -> None:
    if reasons:
        raise WeightingRefusedError(reasons)


def _margin_error(
    weights: Floats, codes: Mapping[str, Codes], goals: Mapping[str, Floats]
) -> float:
    """Return the largest relative distance of a weighted count from its target."""
    worst = 0.0
    for name, code in codes.items():
        held = np.bincount(code, weights=weights, minlength=goals[name].size)
        wanted = goals[name] > 0
        errors = np.abs(held[wanted] / goals[name][wanted] - 1)
        worst = max(worst, float(errors.max()))
    return worst
