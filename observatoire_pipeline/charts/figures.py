"""Which rows of the marts a chart draws, and what all of them must agree on.

In: selection (no breakdown, unweighted), the facts that head a chart, refusals.
Not in: any arithmetic on answers; a share, a base and an interval are read, not made.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from observatoire_pipeline.charts.words import Words
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import Variable
from observatoire_pipeline.marts.estimates import SMALL_BASE, THEME_SHARE

_LEADING_NUMBER = re.compile(r"^\d[\d\u202f\u00a0 ,]*")

_DRAWN = (
    "figure_id",
    "item",
    "code",
    "share",
    "ci_lower",
    "ci_upper",
    "numerator",
    "base_n",
    "frame_n",
    "suppression",
)


_HEADLINE = {"statistic": "share", "weighting": "unweighted", "breakdown": "all"}
_THEMES = _HEADLINE | {"statistic": THEME_SHARE}


@dataclass(frozen=True)
class Facts:
    """What every row of a chart shares."""

    edition: str
    unit: str
    variable: Variable
    synthetic: bool


@dataclass(frozen=True)
class Figure:
    """One row of `mart_estimates`, as charts use it; `share` is None on too small a base."""

    figure_id: str
    item: str
    code: str
    share: float | None
    lower: float | None
    upper: float | None
    numerator: int
    n: int
    frame: int | None = None
    """Units that could have answered, where the interval allows for them."""


def facts_of(rows: pd.DataFrame, *, codebook: Codebook) -> Facts:
    """Return edition, unit, variable and synthetic flag of the rows of one chart.

    Raises:
        ValueError: there are no rows, or they disagree on one of the four.
    """
    if rows.empty:
        raise ValueError("no rows to draw: select rows of one variable and one edition")
    found = {name: list(rows[name].unique()) for name in ("edition", "unit", "variable")}
    found["synthetic"] = list(rows["synthetic"].unique())
    several = [f"{name}: {', '.join(map(str, seen))}" for name, seen in found.items() if seen[1:]]
    if several:
        raise ValueError(f"a chart has one edition, unit and variable, found {'; '.join(several)}")
    return Facts(
        edition=found["edition"][0],
        unit=found["unit"][0],
        variable=codebook.variables[found["variable"][0]],
        synthetic=bool(found["synthetic"][0]),
    )


def headline(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the unweighted shares without breakdown."""
    wanted = [estimates[column] == value for column, value in _HEADLINE.items()]
    return estimates[np.logical_and.reduce(wanted)]


def themes(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the unweighted shares of the themes of typed texts, without breakdown."""
    wanted = [estimates[column] == value for column, value in _THEMES.items()]
    return estimates[np.logical_and.reduce(wanted)]


def shares(
    estimates: pd.DataFrame, *, base_rule: str, statistic: str = "share"
) -> dict[tuple[str, str], Figure]:
    """Return the headline figures of one base rule by item ("" without items) and code.

    Raises:
        ValueError: two rows claim one item and code.
    """
    figures: dict[tuple[str, str], Figure] = {}
    twice = []
    wanted = [*(_HEADLINE | {"statistic": statistic}).values(), base_rule]
    for name, item, code, share, lower, upper, numerator, n, frame, hidden, *key in zip(
        *(estimates[column].tolist() for column in (*_DRAWN, *_HEADLINE, "base_rule")), strict=True
    ):
        if key != wanted:
            continue
        shown = n >= SMALL_BASE and hidden == "none"
        if (item, code) in figures:
            twice.append(name)
        figures[item, code] = Figure(
            figure_id=name,
            item=item,
            code=code,
            share=_number(share) if shown else None,
            lower=_number(lower) if shown else None,
            upper=_number(upper) if shown else None,
            numerator=int(numerator),
            n=int(n),
            frame=None if pd.isna(frame) else int(frame),
        )
    if twice:
        raise ValueError(f"several rows for one figure: {', '.join(twice)}")
    return figures


def base_words(rows: pd.DataFrame, *, base_rule: str = "answered") -> str:
    """Return the base in words without its number, which a chart writes as n.

    The rows of one question differ in their number only, and in singular and plural: the words of
    the largest base speak for all.

    Raises:
        ValueError: no row has this base rule.
    """
    if "base_rule" in rows:
        rows = rows[rows["base_rule"] == base_rule]
    if rows.empty:
        raise ValueError(f"no rows with base rule {base_rule}")
    size = rows["base_n"] if "base_n" in rows else rows["ranked_n"]
    return without_number(str(rows["base_words"].loc[size.idxmax()]))


def without_number(base: str) -> str:
    """Return a base in words without the number that it opens with."""
    return _LEADING_NUMBER.sub("", base)


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows of a mart (a few hundred at most) as dictionaries."""
    return [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]


def subtitle(
    facts: Facts, *, codebook: Codebook, words: Words, base: str, numbers: Iterable[int]
) -> list[str]:
    """Return the sentences under the title: edition, base in words (they name the unit), n."""
    return [
        words.tidy(codebook.editions[facts.edition].title),
        words.colon(words.base, f"{words.tidy(base)}, {words.counts(sorted(set(numbers)))}"),
    ]


def notes(
    *sides: pd.DataFrame, codebook: Codebook, words: Words, interval: str | None = None
) -> list[str]:
    """Return what limits the reading of shares: their interval, no weights, a small base.

    The interval is told with its model: who answered chose to, and it supposes a random draw.

    Args:
        sides: Rows of `mart_estimates` of the chart, of one or two editions.
        codebook: Gives the base under which a reader is warned.
        words: Words of the survey's language.
        interval: Sentence on the interval with its {method}; that of a thin rule when absent,
            empty for a chart that rests on none.
    """
    shown = [side[side["suppression"] == "none"] for side in sides]
    methods = {str(method) for side in shown for method in side["ci_method"].unique()}
    framed = any(bool(side["frame_n"].notna().any()) for side in shown)
    form = words.interval if interval is None else interval
    said = [form.format(method=words.method(methods, framed=framed))] if form else []
    said.append(words.unweighted)
    if any(bool(side["cautious"].any()) for side in shown):
        said.append(words.cautious.format(n=codebook.survey.disclosure.cautious_base))
    return said


def _number(value: object) -> float | None:
    if value is None or value is pd.NA:
        return None
    number = float(str(value))
    return None if math.isnan(number) else number
