"""Bracket questions: one bar a bracket, lowest first, the bracket of the median marked.

In: order of the brackets, the mark of the median, "impossible à estimer" apart.
Not in: shares (`mart_estimates`), the median (`mart_brackets`); no midpoint is ever assumed.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from observatoire_pipeline.charts import figures, shares
from observatoire_pipeline.charts.page import Spec
from observatoire_pipeline.charts.words import words_of
from observatoire_pipeline.codebook.codebook import Codebook


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
        notes=[words.median_note, words.interval],
    )
    if any(bar.mark for bar in bars):
        sheet.figure_ids.append(median["figure_id"])
    aside = shares.dont_know(estimates, facts=facts, codebook=codebook, words=words)
    return shares.draw(sheet, bars, aside=aside)
