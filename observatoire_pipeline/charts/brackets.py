"""Bracket questions: one bar a bracket, lowest first, the bracket of the median marked.

In: order of the brackets, the mark of the median, "impossible à estimer" apart.
Not in: shares (`mart_estimates`), the median (`mart_brackets`); no midpoint is ever assumed.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd

from observatoire_pipeline.charts import figures, shares
from observatoire_pipeline.charts.figures import Facts
from observatoire_pipeline.charts.layers import Spec
from observatoire_pipeline.charts.shares import Bar
from observatoire_pipeline.charts.words import Words, words_of
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import Bracket


def chart(estimates: pd.DataFrame, summary: pd.DataFrame, *, codebook: Codebook) -> Spec:
    """Return the chart of one bracket question in one edition.

    Args:
        estimates: Rows of `mart_estimates` of one variable and edition.
        summary: The row of `mart_brackets` of the same.
        codebook: Gives the order of the brackets and their labels.

    Raises:
        ValueError: the rows mix editions, the summary is not of this question, or a bracket has
            no figure.
    """
    facts = figures.facts_of(estimates, codebook=codebook)
    if figures.facts_of(summary, codebook=codebook) != facts or len(summary) != 1:
        raise ValueError(
            f"{facts.variable.variable} in {facts.edition}: expected its one row of mart_brackets"
        )
    words = words_of(codebook)
    median = figures.records(summary)[0]
    bars = shares.answers(estimates, facts=facts, codebook=codebook, words=words)
    bars = [
        replace(bar, mark=words.median)
        if bar.figure.code == median["median_code"] and bar.figure.share is not None
        else bar
        for bar in bars
    ]
    sheet = shares.open_sheet(
        estimates,
        bars,
        facts=facts,
        codebook=codebook,
        words=words,
        family="bracket",
        form=words.brackets_alt,
        notes=[words.median_note],
        finding=_finding(bars, words=words),
        closing=_closing(median, facts=facts, codebook=codebook, words=words),
    )
    if any(bar.mark for bar in bars):
        sheet.figure_ids.append(median["figure_id"])
    aside = shares.dont_know(estimates, facts=facts, codebook=codebook, words=words)
    return shares.draw(sheet, bars, aside=aside)


def _finding(bars: list[Bar], *, words: Words) -> str:
    """Return the title: the bracket that holds the median; empty where the base is too small."""
    marked = [bar.label for bar in bars if bar.mark]
    return words.median_found.format(label=words.quoted(marked[0])) if marked else ""


def _closing(median: dict[str, Any], *, facts: Facts, codebook: Codebook, words: Words) -> str:
    """Return how far the interval of the median reaches, in brackets; empty where it is open."""
    ends = [median["grouped_median_lower"], median["grouped_median_upper"]]
    if median["suppression"] != "none" or any(pd.isna(end) for end in ends):
        return ""
    name = facts.variable.variable
    reached = []
    for code in codebook.codes_of(name, edition=facts.edition):
        bracket = codebook.code_entry(name, code)
        if isinstance(bracket, Bracket):
            low = -math.inf if bracket.lower is None else bracket.lower
            high = math.inf if bracket.upper is None else bracket.upper
            if ends[1] >= low and (ends[0] < high or (bracket.point and ends[0] <= high)):
                reached.append(words.tidy(codebook.label_of(name, None, code)))
    if len(reached) < 2:
        return words.median_sure
    low_label, high_label = words.quoted(reached[0]), words.quoted(reached[-1])
    return words.median_reach.format(low=low_label, high=high_label)
