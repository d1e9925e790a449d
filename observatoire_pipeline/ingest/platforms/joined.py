"""Ticked choices that share one cell: which choices there are, and which a cell ticks.

In: the distinct cells of a column and a separator → the choices, in the order of the form, and
the ticks of each cell, although a choice may hold the separator itself.
Not in: which column is such a question of which platform (its module).

A choice that holds the separator shows as pieces that never stand apart: every occurrence of one
is followed by the other, which nothing else precedes. That is read off the cells; a bracket that is
opened in one piece and closed in a later one tells it at once. A form lists the ticks in its own
order, so choices keep one order in all cells, which typed lists do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

MOST_CHOICES = 300
"""A column of more repeated pieces than this is typed text."""

ENOUGH_CELLS = 3000
"""Distinct cells that tell whether a column is a question of choices; the rest is then read."""

ENOUGH = 4
"""Cells in which pieces must stand together, and none apart, to be one choice."""

_OPEN, _CLOSE = "([{«", ")]}»"


@dataclass(frozen=True)
class Joined:
    """A column whose cells hold several ticked choices.

    Attributes:
        separator: What stands between two choices.
        options: The choices, in the order of the form as far as the cells show it.
        ticks: Distinct cell → its choices, typed ones included.
        share: Of all the ticks, those of a choice in `options` (the others were typed).
        order: Of all the pairs of choices in one cell, those in the order of the form.
        several: Cells that tick more than one choice of the list.
        cells: Cells that tick any.
        whole: Of those, the cells in which nothing was typed.
        again: Ticks of a choice that had been ticked before.
    """

    separator: str
    options: tuple[str, ...]
    ticks: Mapping[str, tuple[str, ...]]
    share: float
    order: float
    several: int
    cells: int
    whole: int
    again: int = 0

    @property
    def is_choice(self) -> bool:
        """Whether the cells are ticks of a list of choices, and not prose or typed lists."""
        return (
            len(self.options) >= 2
            and self.again >= 1
            and self.several >= max(1, 0.02 * self.cells)
            and self.share >= 0.6
            and self.whole * 2 >= self.cells
            and (self.order >= 0.97 or self.share >= 0.97)
        )


def read_joined(texts: Sequence[str], counts: np.ndarray, *, separator: str) -> Joined:
    """Return the choices and ticks of a column, whether or not it is a question of choices.

    Args:
        texts: Its distinct cells.
        counts: How often each occurs.
        separator: What stands between two choices.

    Returns:
        What it is. Of a column that is no question of choices, `ticks` may hold a part of the cells
        only.
    """
    if len(texts) > ENOUGH_CELLS:
        step = -(-len(texts) // ENOUGH_CELLS)
        sample = read_joined(texts[::step], counts[::step], separator=separator)
        if not sample.is_choice:
            return sample
    weights = [int(count) for count in counts]
    cells = [_bracketed(text.split(separator), separator) for text in texts]
    cells = _learned(cells, weights, separator)
    known = _counted(cells, weights)
    least = 2 if sum(weights) >= 10 else 1
    options = {piece for piece, count in known.items() if count >= least}
    told = sum(known[piece] for piece in options)
    if len(options) > MOST_CHOICES or told * 2 < sum(known.values()):
        # Typed text: it is not worth cutting, and has no order.
        plain = {text: tuple(cell) for text, cell in zip(texts, cells, strict=True)}
        return Joined(separator, (), plain, 0.0, 0.0, 0, sum(weights), 0)
    ticks = {
        text: split_ticks(text, separator=separator, options=options)
        if any(piece not in options for piece in cell)
        else tuple(cell)
        for text, cell in zip(texts, cells, strict=True)
    }
    found = [ticks[text] for text in texts]
    known = _counted(found, weights)
    kept = {piece: count for piece, count in known.items() if piece in options}
    order, agreement = _form_order(found, weights, list(kept))
    total = sum(known.values())
    return Joined(
        separator=separator,
        options=tuple(order),
        ticks=ticks,
        share=sum(kept.values()) / total if total else 0.0,
        order=agreement,
        several=sum(
            w
            for cell, w in zip(found, weights, strict=True)
            if sum(piece in options for piece in cell) > 1
        ),
        cells=sum(weights),
        again=sum(kept.values()) - len(kept),
        whole=sum(
            w for cell, w in zip(found, weights, strict=True) if all(p in options for p in cell)
        ),
    )


def split_ticks(cell: str, *, separator: str, options: Collection[str]) -> tuple[str, ...]:
    """Return the choices that a cell ticks, in its order, by way of the known choices.

    Of all the ways to cut the cell at separators, the one that leaves the fewest pieces unknown is
    taken, then the one with the fewest choices (`A, b` is one choice when it is known). What is
    unknown between two choices stays one typed answer.

    Args:
        cell: The cell.
        separator: What stands between two choices.
        options: The known choices.
    """
    atoms = cell.split(separator)
    size = len(atoms)
    longest = max((option.count(separator) + 1 for option in options), default=0)
    # best[k]: (unknown pieces, choices, where the last one begins, whether it is known)
    best: list[tuple[int, int, int, bool]] = [(0, 0, 0, True)]
    for end in range(1, size + 1):
        ways = [
            (best[start][0], best[start][1] + 1, start, True)
            for start in range(max(0, end - longest), end)
            if separator.join(atoms[start:end]).strip() in options
        ]
        joins = 0 if end > 1 and not best[end - 1][3] else 1
        ways.append((best[end - 1][0] + 1, best[end - 1][1] + joins, end - 1, False))
        best.append(min(ways))
    pieces: list[str] = []
    end = size
    while end:
        _, _, start, known = best[end]
        if not known:
            while start and not best[start][3]:
                start = best[start][2]
        pieces.append(separator.join(atoms[start:end]).strip())
        end = start
    return tuple(piece for piece in reversed(pieces) if piece)


def _bracketed(atoms: Sequence[str], separator: str) -> list[str]:
    """Return the pieces with those joined that a bracket holds together."""
    whole: list[str] = []
    k = 0
    while k < len(atoms):
        stop = k + 1
        depth = _depth(atoms[k])
        while depth > 0 and stop < len(atoms):
            depth += _depth(atoms[stop])
            stop += 1
        if depth > 0:
            stop = k + 1
        whole.append(separator.join(atoms[k:stop]))
        k = stop
    return [piece for piece in whole if piece.strip()]


def _depth(text: str) -> int:
    return sum(text.count(c) for c in _OPEN) - sum(text.count(c) for c in _CLOSE)


def _learned(cells: list[list[str]], weights: Sequence[int], separator: str) -> list[list[str]]:
    """Return the cells with pieces joined that never stand apart, until none is left.

    Pieces are compared without the spaces around them, which stay inside a choice.
    """
    while True:
        joins = _never_apart([[piece.strip() for piece in cell] for cell in cells], weights)
        if not joins:
            return [[piece.strip() for piece in cell] for cell in cells]
        cells = [_joined(cell, joins, separator) for cell in cells]


def _joined(cell: Sequence[str], joins: set[tuple[str, str]], separator: str) -> list[str]:
    whole: list[str] = []
    last = ""
    for piece in cell:
        if whole and (last, piece.strip()) in joins:
            whole[-1] += separator + piece
            last = ""
        else:
            whole.append(piece)
            last = piece.strip()
    return whole


def _never_apart(cells: Sequence[Sequence[str]], weights: Sequence[int]) -> set[tuple[str, str]]:
    """Return the pairs of pieces that are parts of one choice.

    A piece that something always follows, where each follower has only it before, is the beginning
    of the choices that they end; and the other way round for a common ending.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    total = _counted(cells, weights)
    for cell, weight in zip(cells, weights, strict=True):
        for pair in pairwise(cell):
            pairs[pair] += weight
    after: dict[str, list[str]] = {}
    before: dict[str, list[str]] = {}
    for left, right in pairs:
        after.setdefault(left, []).append(right)
        before.setdefault(right, []).append(left)
    followed = Counter[str]()
    preceded = Counter[str]()
    for (left, right), count in pairs.items():
        followed[left] += count
        preceded[right] += count
    capitals = sum(count for piece, count in total.items() if piece[:1].isupper())
    capitalised = capitals >= 0.6 * sum(total.values())

    def enough(left: str, right: str) -> bool:
        continues = capitalised and right[:1].islower()
        return pairs[left, right] >= (1 if continues else ENOUGH)

    joins: set[tuple[str, str]] = set()
    for left, rights in after.items():
        if (
            followed[left] == total[left]
            and all(before[right] == [left] and preceded[right] == total[right] for right in rights)
            and all(enough(left, right) for right in rights)
        ):
            joins |= {(left, right) for right in rights}
    for right, lefts in before.items():
        if (
            preceded[right] == total[right]
            and all(after[left] == [right] and followed[left] == total[left] for left in lefts)
            and all(enough(left, right) for left in lefts)
        ):
            joins |= {(left, right) for left in lefts}
        elif (
            capitalised
            and right[:1].islower()
            and len(lefts) == 1
            and preceded[right] == total[right]
            and pairs[lefts[0], right] >= ENOUGH
        ):
            joins.add((lefts[0], right))
    return joins


def _counted(cells: Sequence[Sequence[str]], weights: Sequence[int]) -> Counter[str]:
    known: Counter[str] = Counter()
    for cell, weight in zip(cells, weights, strict=True):
        for piece in cell:
            known[piece] += weight
    return known


def _form_order(
    cells: Sequence[Sequence[str]], weights: Sequence[int], options: Sequence[str]
) -> tuple[list[str], float]:
    """Return the choices in the order that most cells show, and how many pairs agree with it."""
    place = {option: k for k, option in enumerate(options)}
    wins = np.zeros((len(options), len(options)), dtype=np.int64)
    for cell, weight in zip(cells, weights, strict=True):
        known = [place[piece] for piece in cell if piece in place]
        for k, first in enumerate(known):
            for second in known[k + 1 :]:
                wins[first, second] += weight
    margin = np.sign(wins - wins.T)
    left = list(range(len(options)))
    order: list[int] = []
    while left:
        # The next choice is one that none of those left precedes, the earliest seen of them.
        beaten = [int((margin[left, k] > 0).sum()) for k in left]
        chosen = left[int(np.argmin(beaten))]
        order.append(chosen)
        left.remove(chosen)
    sorted_wins = wins[np.ix_(order, order)]
    agree, total = int(np.triu(sorted_wins, 1).sum()), int(wins.sum())
    return [options[k] for k in order], agree / total if total else 1.0
