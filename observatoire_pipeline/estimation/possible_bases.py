"""Which bases printed percentages allow: what a figure without base, or with a wrong one, tells.

In: for percentages of one block taken together, every base that rounds to all of them, in exact
integer arithmetic; by ordinary rounding, or by largest remainder where the block sums to 100.
Not in: our own figures beside the printed ones (`marts.reconciliation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

Printed = str | int | float | Decimal | Fraction
"""A percentage as printed: 56.3, "56,3 %", Decimal("79.10"). A text keeps its last zero."""


@dataclass(frozen=True)
class PrintedPercentage:
    """A percentage as it was printed.

    Attributes:
        text: As it is shown to a person, with a decimal point.
        units: In units of its last decimal: 563 for 56.3.
        decimals: Decimals printed.
    """

    text: str
    units: int
    decimals: int

    @property
    def whole(self) -> int:
        """100 % in the same units: 1000 at one decimal."""
        return 100 * 10**self.decimals


@dataclass(frozen=True)
class PossibleBase:
    """A base that gives all the percentages.

    Attributes:
        base: Units in the base.
        counts: For each percentage the least and the greatest count that is printed so; equal
            unless the base is larger than the percentages can resolve.
        example: One count for each percentage; for the parts of a whole, counts that sum to the
            base.
    """

    base: int
    counts: tuple[tuple[int, int], ...]
    example: tuple[int, ...]


def read_percentages(
    percentages: Sequence[Printed], *, decimals: int | None = None
) -> tuple[PrintedPercentage, ...]:
    """Return percentages with the decimals that they were printed with.

    Args:
        percentages: Percentages; a decimal comma, a percent sign and spaces are allowed in a text.
        decimals: Decimals of all of them; those of each text when left out. A float is taken as it
            prints (56.3 has one decimal, 79.0 has one, 79 none).

    Raises:
        ValueError: no percentage, some that are no number between 0 and 100, or that have more
            decimals than said; all such are listed.
    """
    if not percentages:
        raise ValueError("no percentage to audit")
    if decimals is not None and decimals < 0:
        raise ValueError(f"decimals are counted from 0, not {decimals}")
    found, wrong = [], []
    for percentage in percentages:
        exact = _decimal(percentage)
        if exact is None or not 0 <= exact <= 100:
            wrong.append(f"{percentage} is not a percentage between 0 and 100")
            continue
        exponent = exact.as_tuple().exponent
        own = max(0, -exponent) if isinstance(exponent, int) else 0
        digits = own if decimals is None else decimals
        units = exact.scaleb(digits)
        if units != int(units):
            wrong.append(f"{percentage} has more than {digits} decimals")
            continue
        found.append(PrintedPercentage(f"{exact:.{digits}f}", int(units), digits))
    if wrong:
        raise ValueError("; ".join(wrong))
    return tuple(found)


def possible_bases(
    percentages: Sequence[Printed],
    max_n: int,
    *,
    min_n: int = 1,
    decimals: int | None = None,
    parts: bool = False,
) -> list[PossibleBase]:
    """Return every base up to `max_n` that ordinary rounding (half up) turns into all percentages.

    A count x of n is printed as P units of the last decimal, W units being 100 %, when
    `(2P − 1) n ≤ 2W x < (2P + 1) n`, that is `P = ⌊W x / n + ½⌋`. A base is possible when each
    percentage has such a count: the granularity test of N. J. L. Brown and J. A. J. Heathers, "The
    GRIM test", Social Psychological and Personality Science 8 (2017) 363-369, for a block at once.

    Args:
        percentages: Printed percentages that have one base.
        max_n: Largest base to try.
        min_n: Smallest base to try.
        decimals: Decimals of all of them; those of each as printed when left out.
        parts: Whether the percentages are all the parts of one whole, so that their counts must sum
            to the base.

    Returns:
        The possible bases, rising; empty when there is none.

    Raises:
        ValueError: as `read_percentages`, or the bases do not run from 1 or more upwards.
    """
    printed = read_percentages(percentages, decimals=decimals)
    found = []
    for base in _bases(min_n, max_n):
        counts = tuple(_counts_half_up(one, base) for one in printed)
        if any(low > high for low, high in counts):
            continue
        spare = base - sum(low for low, _ in counts)
        if parts and not 0 <= spare <= sum(high - low for low, high in counts):
            continue
        example = []
        for low, high in counts:
            taken = min(spare, high - low) if parts else 0
            spare -= taken
            example.append(low + taken)
        found.append(PossibleBase(base, counts, tuple(example)))
    return found


def possible_bases_by_largest_remainder(
    percentages: Sequence[Printed],
    max_n: int,
    *,
    min_n: int = 1,
    decimals: int | None = None,
) -> list[PossibleBase]:
    """Return every base up to `max_n` whose parts, rounded by largest remainder, print so.

    Every share is cut down to the last decimal, then the units missing to 100 go to the largest
    remainders (Hamilton 1792). A base is possible when counts that sum to it exist such that no
    share that was cut down has a larger remainder than one that was raised; equal remainders may
    have been broken either way, for nobody printed how.

    Args:
        percentages: All the parts of one whole, in order.
        max_n: Largest base to try.
        min_n: Smallest base to try.
        decimals: Decimals of all of them; those of each as printed when left out.

    Returns:
        The possible bases, rising; empty when there is none, and always when the percentages do not
        sum to exactly 100.

    Raises:
        ValueError: as `possible_bases`, or the percentages are printed with different decimals.
    """
    printed = read_percentages(percentages, decimals=decimals)
    if len({one.decimals for one in printed}) > 1:
        raise ValueError("the parts of one whole are printed with as many decimals")
    if sum(one.units for one in printed) != printed[0].whole:
        return []
    found = []
    for base in _bases(min_n, max_n):
        example = _parts_by_largest_remainder(printed, base)
        if example is not None:
            counts = tuple(_counts_either_way(one, base) for one in printed)
            found.append(PossibleBase(base, counts, example))
    return found


def _bases(min_n: int, max_n: int) -> range:
    if not 1 <= min_n <= max_n:
        raise ValueError(f"bases run from 1 or more upwards, not from {min_n} to {max_n}")
    return range(min_n, max_n + 1)


def _decimal(percentage: Printed) -> Decimal | None:
    """Return the exact decimal of a percentage, None when it is no number."""
    if isinstance(percentage, Fraction):
        digits = 0
        while (percentage * 10**digits).denominator != 1:
            digits += 1
            if digits > 12:
                return None
        return Decimal(int(percentage * 10**digits)).scaleb(-digits)
    text = str(percentage).replace(",", ".")
    text = "".join(text.replace("%", "").split())
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


def _counts_half_up(printed: PrintedPercentage, base: int) -> tuple[int, int]:
    """Return the least and greatest count of the base that is printed so; crossed when none is."""
    steps = 2 * printed.whole
    low = -(-(2 * printed.units - 1) * base // steps)
    high = -(-(2 * printed.units + 1) * base // steps) - 1
    return max(low, 0), min(high, base)


# --- largest remainder ----------------------------------------------------------------------


def _counts_either_way(printed: PrintedPercentage, base: int) -> tuple[int, int]:
    """Return the least and greatest count that is printed so when cut down or raised by a unit."""
    low = -(-max(printed.units - 1, 0) * base // printed.whole)
    high = -(-(printed.units + 1) * base // printed.whole) - 1
    options = [x for x in range(low, min(high, base) + 1) if _ways(printed, base, x)]
    return options[0], options[-1]


def _ways(printed: PrintedPercentage, base: int, count: int) -> list[tuple[bool, int]]:
    """Return how a count may be printed so: (raised, remainder), none or one of the two."""
    whole, remainder = divmod(printed.whole * count, base)
    if whole == printed.units:
        return [(False, remainder)]
    if whole == printed.units - 1 and remainder:
        return [(True, remainder)]
    return []


def _parts_by_largest_remainder(
    printed: Sequence[PrintedPercentage], base: int
) -> tuple[int, ...] | None:
    """Return counts that sum to the base and are printed so, None when there are none."""
    options: list[list[tuple[int, bool, int]]] = []
    for one in printed:
        low = -(-max(one.units - 1, 0) * base // one.whole)
        high = min(-(-(one.units + 1) * base // one.whole) - 1, base)
        mine = [(x, *way) for x in range(low, high + 1) for way in _ways(one, base, x)]
        if not mine:
            return None
        options.append(mine)
    thresholds = sorted({remainder for mine in options for _, _, remainder in mine})
    for threshold in thresholds:
        allowed = [
            [
                x
                for x, raised, remainder in mine
                if (remainder >= threshold if raised else remainder <= threshold)
            ]
            for mine in options
        ]
        example = _summing(allowed, base)
        if example is not None:
            return example
    return None


def _summing(allowed: Sequence[Sequence[int]], total: int) -> tuple[int, ...] | None:
    """Return one number of each list such that they sum to the total, None when none do."""
    # Bit s of an integer says that the lists so far can sum to s.
    reached = [1]
    for numbers in allowed:
        sums = 0
        for number in numbers:
            sums |= reached[-1] << number
        reached.append(sums & ((1 << (total + 1)) - 1))
    if not reached[-1] >> total & 1:
        return None
    chosen, left = [], total
    for numbers, before in zip(reversed(allowed), reversed(reached[:-1]), strict=True):
        number = next(n for n in numbers if n <= left and before >> (left - n) & 1)
        chosen.append(number)
        left -= number
    return tuple(reversed(chosen))
