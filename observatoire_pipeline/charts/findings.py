"""What a chart of one edition tells, as its title: only what its intervals allow.

In: who leads, a majority or none, how many propositions have one, where the median lies.
Not in: two editions (`changes`), any figure (the marts), where the title stands (`page`).

One share stands before another where the interval of their difference, made from their own
intervals, excludes zero (`parted`). Where it does not, the title says that nothing parts them, not
that they are equal. Nothing is said of a question with a share that is hidden.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from observatoire_pipeline.charts.figures import Figure
from observatoire_pipeline.charts.words import Words

_NAMED = 3
"""More leaders than this are counted, not named."""
_LONGEST = 135
"""Letters of a title on two lines; leaders are counted, not named, where it would be longer."""


@dataclass(frozen=True)
class Ranked:
    """A value with its interval, and how it is written."""

    label: str
    value: float
    lower: float
    upper: float
    written: str


def of_shares(told: Sequence[tuple[str, Figure]], *, exclusive: bool, words: Words) -> str:
    """Return which answer leads, or that none stands out.

    Args:
        told: Label and figure of each answer.
        exclusive: Whether a respondent gives one answer only, so that there may be a majority.
        words: Words of the survey's language.
    """
    ranked = [
        Ranked(label, f.share, f.lower, f.upper, words.percent(f.share))
        for label, f in told
        if f.share is not None and f.lower is not None and f.upper is not None
    ]
    if len(ranked) < len(told):
        return ""
    ahead = leaders(ranked, exclusive=exclusive) if ranked else []
    if exclusive and len(ahead) == 1 and ahead[0].lower > 0.5:
        label, written = words.quoted(ahead[0].label), ahead[0].written
        return words.majority.format(label=label, value=written)
    return of_leaders(ranked, exclusive=exclusive, words=words)


def of_leaders(ranked: Sequence[Ranked], *, exclusive: bool = False, words: Words) -> str:
    """Return the title that names the leaders, or the first one and how many it is not parted from.

    Two that are written alike have no first one: then nothing more is said than that none leads.
    """
    if len(ranked) < 2:
        return ""
    ahead = leaders(ranked, exclusive=exclusive)
    first, label = ahead[0], words.quoted(ahead[0].label)
    if len(ahead) == 1:
        return words.leads.format(label=label, value=first.written)
    named = words.listed([f"{words.quoted(one.label)} ({one.written})" for one in ahead])
    form = words.none_leads if len(ahead) == len(ranked) else words.several_lead
    told = form.format(labels=named)
    if len(ahead) <= _NAMED and len(told) <= _LONGEST:
        return told
    if first.written == ahead[1].written:
        return words.none_first
    if len(ahead) == len(ranked):
        return words.first_of_all.format(label=label, value=first.written)
    if len(ahead) == 2:
        return words.first_of_two.format(label=label, value=first.written)
    return words.first_of_many.format(label=label, value=first.written, n=len(ahead) - 1)


def leaders(ranked: Sequence[Ranked], *, exclusive: bool) -> list[Ranked]:
    """Return the highest value and those that it is not parted from, highest first."""
    ordered = sorted(ranked, key=lambda one: -one.value)
    first = ordered[0]
    return [one for one in ordered if not parted(first, one, exclusive=exclusive)]


def parted(high: Ranked, low: Ranked, *, exclusive: bool) -> bool:
    """Tell whether the interval of the difference of two values of one base excludes zero.

    `high − low − √(a² + b² − 2ρab)` with a and b the distances from the values to the ends of their
    intervals that face each other: G. Y. Zou and A. Donner, "Construction of confidence limits
    about effect measures", Statistics in Medicine 27 (2008) 1693-1702. Two answers that exclude one
    another have ρ = −√(pq / ((1 − p)(1 − q))). Between choices that may go together ρ is not known:
    −1 is taken, the least favourable, so that they are parted where their intervals do not meet.
    """
    distance = high.value - low.value
    if distance <= 0:
        return False
    rho = -1.0
    others = (1 - high.value) * (1 - low.value)
    if exclusive and others > 0:
        rho = -min(1.0, math.sqrt(high.value * low.value / others))
    a, b = high.value - high.lower, low.upper - low.value
    return distance > math.sqrt(a * a + b * b - 2 * rho * a * b) + 1e-12


def of_opinions(favourable: Sequence[Figure | None], *, words: Words) -> str:
    """Return how many propositions have a majority of favourable answers, or against them."""
    total = len(favourable)
    known = [f for f in favourable if f and f.lower is not None and f.upper is not None]
    if len(known) < total or not total:
        return ""
    above = sum(1 for figure in known if (figure.lower or 0.0) > 0.5)
    below = sum(1 for figure in known if (figure.upper or 1.0) < 0.5)
    if total == 1:
        share = words.percent(known[0].share or 0.0)
        form = words.for_it if above else words.against_it if below else words.undecided
        return form.format(value=share)
    if not above and not below:
        return words.no_majority.format(total=total)
    if above == total:
        return words.all_for.format(total=total)
    said = words.some_for.format(n=above, total=total)
    return f"{said}, {words.some_against.format(n=below)}" if below else said
