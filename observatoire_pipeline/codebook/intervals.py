"""Intervals of a new edition: their bounds, and how they are made of those of an earlier one.

In: new answers read as intervals, the entry of `brackets.yaml` that holds them, and the mapping
under which two lists of intervals say the same. Not in: where the entry goes (`draft`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from observatoire_pipeline.codebook.edits import quoted
from observatoire_pipeline.codebook.entries import label_and_raw
from observatoire_pipeline.codebook.labels import LabelIndex
from observatoire_pipeline.codebook.models import Bracket, Brackets
from observatoire_pipeline.codebook.naming import name_of
from observatoire_pipeline.codebook.wordings import interval_of


@dataclass(frozen=True)
class NewInterval:
    """One interval `[lower, upper)` of a new list; a point where both bounds are one value.

    Attributes:
        code: Its code.
        words: The keys `label` and `raw` of its entry.
        lower: Bound, None for open.
        upper: Bound, None for open.
        fresh: Whether the earlier list has it not.
    """

    code: str
    words: str
    lower: float | None
    upper: float | None
    fresh: bool = False

    @property
    def line(self) -> str:
        """Its entry of `codes`."""
        point = ", point: true" if _is_point(self) else ""
        bounds = f"lower: {_plain(self.lower)}, upper: {_plain(self.upper)}{point}"
        return f"- {{code: {quoted(self.code)}, {self.words}, {bounds}}}"


def new_intervals(
    old: Brackets, options: Sequence[str], known: LabelIndex[str]
) -> list[NewInterval]:
    """Return the intervals that an export shows, from the lowest to the highest.

    Intervals that are still shown, or that no new one overlaps, stay as they are; the bounds of the
    new ones are read in their words.

    Args:
        old: The brackets that they replace.
        options: Answers of the export.
        known: Look-up of the old answers.
    """
    shown = _shown(options, known)
    new = [(*interval_of(option), option) for option in options if known.find(option) is None]
    kept = [
        entry
        for entry in old.codes
        if entry.code in shown or not any(_overlap(entry, *bounds) for *bounds, _ in new)
    ]
    starts = [bound for bound in (*(e.lower for e in kept), *(n[0] for n in new)) if bound]
    found = [
        NewInterval(
            entry.code,
            _words(entry.label, (*entry.raw, *shown.get(entry.code, ()))),
            entry.lower,
            entry.upper,
        )
        for entry in kept
    ]
    taken = {code.code for code in old.codes}
    for lower, upper, option in new:
        code = name_of(option, taken=taken, length=24)
        taken.add(code)
        end = upper
        if upper is not None and upper != lower:  # "18 à 29" goes on to where "30 à 44" begins
            end = next((start for start in starts if 0 < start - upper <= 1), upper)
        words = label_and_raw(option, sure=False)
        found.append(NewInterval(code, words, lower, end, fresh=True))
    return sorted(found, key=_ends)


def bracket_lines(
    name: str, old: Brackets, options: Sequence[str], known: LabelIndex[str]
) -> list[str]:
    """Return the entry of `brackets.yaml` that takes the place of other brackets.

    Args:
        name: Name of the new brackets.
        old: The brackets that they replace.
        options: Answers of the export.
        known: Look-up of the old answers.
    """
    shown = _shown(options, known)
    lines = [f"- brackets: {name}", f"  unit_of_measure: {quoted(old.unit_of_measure)}", "  codes:"]
    lines += [f"    {interval.line}" for interval in new_intervals(old, options, known)]
    if old.missing:
        lines.append("  missing:")
    for missing in old.missing:
        words = _words(missing.label, (*missing.raw, *shown.get(missing.kind, ())))
        lines.append(f"    - {{kind: {missing.kind}, {words}}}")
    return lines


def common_partition(
    old: Sequence[Bracket], new: Sequence[NewInterval]
) -> tuple[tuple[str, str], ...]:
    """Return the mapping of the codes of both lists to the wider of their intervals.

    Empty where they cannot be put together: the lists end elsewhere, a point stands in one of them
    alone, or intervals of both overlap without one being the exact sum of the others.
    """
    sides: list[list[Bracket | NewInterval]] = [sorted(old, key=_ends), sorted(new, key=_ends)]
    points = [{e.lower: e.code for e in side if _is_point(e)} for side in sides]
    tiles = [[e for e in side if not _is_point(e)] for side in sides]
    if points[0].keys() != points[1].keys() or not all(tiles):
        return ()
    if any(one.upper != two.lower for side in tiles for one, two in pairwise(side)):
        return ()
    if len({(_ends(side[0])[0], _ends(side[-1])[1]) for side in tiles}) > 1:
        return ()
    target = {code: points[0][at] for side in points for at, code in side.items()}
    cuts = sorted(set.intersection(*({b for e in side for b in _ends(e)} for side in tiles)))
    for low, high in pairwise(cuts):
        inside = [
            [e.code for e in side if low <= _ends(e)[0] and _ends(e)[1] <= high] for side in tiles
        ]
        wider = min(inside, key=len)
        if len(wider) != 1:
            return ()
        target |= dict.fromkeys([*inside[0], *inside[1]], wider[0])
    codes = [one.code for one in old] + [one.code for one in new]
    return tuple((code, target[code]) for code in dict.fromkeys(codes))


def _shown(options: Sequence[str], known: LabelIndex[str]) -> dict[str, list[str]]:
    shown: dict[str, list[str]] = {}
    for option in options:
        if (meaning := known.find(option)) is not None:
            shown.setdefault(meaning, []).append(option)
    return shown


def _words(label: str, raw: Sequence[str]) -> str:
    written = ", ".join(map(quoted, dict.fromkeys(raw)))
    return f"label: {quoted(label)}" + (f", raw: [{written}]" if written else "")


def _ends(entry: Bracket | NewInterval) -> tuple[float, float]:
    low = float("-inf") if entry.lower is None else entry.lower
    return low, float("inf") if entry.upper is None else entry.upper


def _is_point(entry: Bracket | NewInterval) -> bool:
    return entry.lower is not None and entry.lower == entry.upper


def _overlap(entry: Bracket, lower: float | None, upper: float | None) -> bool:
    one, two = _ends(entry), _ends(NewInterval("", "", lower, upper))
    return max(one[0], two[0]) < min(one[1], two[1])


def _plain(value: float | None) -> str:
    return "null" if value is None else f"{value:g}" if value < 1e6 else str(int(value))
