"""Single-choice questions: one bar an answer, with its indicative interval, "ne sait pas" apart.

In: order (the scale's when it is ordered or has poles, by frequency otherwise), bars, intervals.
Not in: shares, bases and intervals (`mart_estimates`).
"""

from __future__ import annotations

import pandas as pd

from observatoire_pipeline.charts import figures, shares
from observatoire_pipeline.charts.page import Spec
from observatoire_pipeline.charts.words import words_of
from observatoire_pipeline.codebook.codebook import Codebook


def chart(estimates: pd.DataFrame, *, codebook: Codebook) -> Spec:
    """Return the chart of one single-choice question in one edition.

    Args:
        estimates: Rows of `mart_estimates` of one variable and edition.
        codebook: Gives the order of the answers and their labels.

    Raises:
        ValueError: the rows mix editions, or an answer that was offered has no figure.
    """
    facts = figures.facts_of(estimates, codebook=codebook)
    words = words_of(codebook)
    scale = codebook.scale_of(facts.variable.variable, facts.edition)
    bars = shares.answers(estimates, facts=facts, codebook=codebook, words=words)
    poles = scale is not None and any(code.pole for code in scale.codes)
    if scale is not None and not scale.ordered and not poles:
        other = facts.variable.other
        bars.sort(key=lambda bar: (bar.figure.code == other, -(bar.figure.share or 0.0)))
    sheet = shares.open_sheet(
        estimates,
        bars,
        facts=facts,
        codebook=codebook,
        words=words,
        family="choice",
        form=words.bars_alt,
        notes=[words.interval],
    )
    aside = shares.dont_know(estimates, facts=facts, codebook=codebook, words=words)
    return shares.draw(sheet, bars, aside=aside)
