"""`observatoire audit-percentages`: on which bases printed percentages can stand.

In: reading the percentages, saying the bases. Not in: the arithmetic (`estimation.possible_bases`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from observatoire_pipeline.estimation.possible_bases import PossibleBase, PrintedPercentage

_RULES = {
    "half_up": "each rounded half up",
    "half_up_parts": "each rounded half up, counts that sum to the base (one example each)",
    "largest_remainder": "rounded together by largest remainder (one example of counts each)",
}

_SHOWN_BASES = 40
"""Above this many bases a page says nothing to a reader: it gives the first ones and a count."""


@click.command(name="audit-percentages")
@click.argument("percentages", nargs=-1, required=True)
@click.option(
    "--max-n",
    type=click.IntRange(min=1),
    help="Largest base to try (default: the base of --base; one of the two is needed).",
)
@click.option("--min-n", type=click.IntRange(min=1), default=1, help="Smallest base to try.")
@click.option(
    "--decimals",
    type=click.IntRange(min=0, max=6),
    help="Decimals that all were printed with (default: those of each as written).",
)
@click.option(
    "--parts/--no-parts",
    default=None,
    help="Whether they are all the parts of one whole (default: when they sum to 100).",
)
@click.option("--base", "stated", type=click.IntRange(min=1), help="A base that a source states.")
@click.option("--json", "as_json", is_flag=True, help="Print the bases as JSON.")
def audit_percentages(
    percentages: Sequence[str],
    max_n: int | None,
    min_n: int,
    decimals: int | None,
    parts: bool | None,
    stated: int | None,
    as_json: bool,
) -> None:
    """Say which bases can give all PERCENTAGES, printed of one base: 56.3 79.1 "62 %".

    The counts behind each percentage stand beside each base. Percentages that sum to 100 are also
    read as the parts of one whole, rounded one by one or together by largest remainder.
    """
    from observatoire_pipeline.estimation.possible_bases import (
        possible_bases,
        possible_bases_by_largest_remainder,
        read_percentages,
    )

    max_n = max_n or stated
    if max_n is None:
        raise click.UsageError("how large may the base be? Give --max-n, or --base")
    if min_n > max_n:
        raise click.UsageError(f"--min-n {min_n} is above --max-n {max_n}")
    try:
        printed = read_percentages(percentages, decimals=decimals)
        whole = sum(one.units for one in printed) == printed[0].whole and len(printed) > 1
        alike = len({one.decimals for one in printed}) == 1
        found: dict[str, list[PossibleBase]] = {
            "half_up": possible_bases(percentages, max_n, min_n=min_n, decimals=decimals)
        }
        if parts or (parts is None and whole and alike):
            found["half_up_parts"] = possible_bases(
                percentages, max_n, min_n=min_n, decimals=decimals, parts=True
            )
            found["largest_remainder"] = possible_bases_by_largest_remainder(
                percentages, max_n, min_n=min_n, decimals=decimals
            )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        report = {
            "percentages": [one.text for one in printed],
            "min_n": min_n,
            "max_n": max_n,
            "possible": {rule: [asdict(base) for base in bases] for rule, bases in found.items()},
        }
        if stated is not None:
            report["stated_base"] = {"base": stated, "nearest": _nearest(printed, stated)}
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        return
    click.echo(f"{_joined(printed)} of one base, from {min_n} to {max_n}:")
    for rule, bases in found.items():
        click.echo(f"\n{_RULES[rule]}: {_summary(bases)}")
        for base in bases[:_SHOWN_BASES]:
            click.echo(f"  n = {base.base:<6}{_counts(base, rule)}")
        if len(bases) > _SHOWN_BASES:
            click.echo(f"  … and {len(bases) - _SHOWN_BASES} more, to {bases[-1].base}")
    if stated is not None:
        click.echo(f"\nbase {stated}, each rounded half up:")
        for line in _nearest(printed, stated):
            click.echo(f"  {line['percentage']:>7} %  {line['reading']}")


def _joined(printed: Sequence[PrintedPercentage]) -> str:
    texts = [f"{one.text} %" for one in printed]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _summary(bases: Sequence[PossibleBase]) -> str:
    if not bases:
        return "no base is possible"
    if len(bases) == 1:
        return f"only n = {bases[0].base}"
    return f"{len(bases)} possible bases"


def _counts(base: PossibleBase, rule: str) -> str:
    """Return the counts of a base; a range where several counts are printed alike."""
    if rule == "half_up":
        texts = [f"{low}" if low == high else f"{low}-{high}" for low, high in base.counts]
        return "  ".join(f"{text}/{base.base}" for text in texts)
    return "  ".join(str(count) for count in base.example)


def _nearest(printed: Sequence[PrintedPercentage], base: int) -> list[dict[str, str]]:
    """Return for each percentage the count of the base that gives it, or the two around it."""
    lines = []
    for one in printed:
        below = one.units * base // one.whole
        around = {x: _as_printed(x, base, one) for x in (below, below + 1) if x <= base}
        exact = [x for x, text in around.items() if text == one.text]
        kept = {x: around[x] for x in exact[:1]} or around
        told = ", ".join(f"{x}/{base} is {text} %" for x, text in kept.items())
        lines.append({"percentage": one.text, "reading": told if exact else f"impossible: {told}"})
    return lines


def _as_printed(count: int, base: int, like: PrintedPercentage) -> str:
    units = (2 * like.whole * count + base) // (2 * base)
    whole, rest = divmod(units, 10**like.decimals)
    return f"{whole}.{rest:0{like.decimals}d}" if like.decimals else str(whole)
