"""Single-choice questions: one bar an answer, with its indicative interval, "ne sait pas" apart.

In: order (the scale's when it is ordered or has poles, by frequency otherwise), bars, intervals.
Not in: shares, bases and intervals (`mart_estimates`).
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from observatoire_pipeline.charts import figures, findings, shares
from observatoire_pipeline.charts.figures import Facts, Figure
from observatoire_pipeline.charts.layers import Spec
from observatoire_pipeline.charts.words import words_of
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.marts.estimates import FAVOURABLE


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
    other = facts.variable.other
    bars = [replace(bar, apart=bar.figure.code == other) for bar in bars]
    if scale is not None and not scale.ordered and not poles:
        bars.sort(key=lambda bar: (bar.figure.code == other, -(bar.figure.share or 0.0)))
    favourable = _favourable(estimates, facts=facts, codebook=codebook)
    told = [(bar.label, bar.figure) for bar in bars]
    notes = []
    if favourable is not None:
        codes = codebook.favourable_codes(facts.variable.variable, facts.edition)
        quoted = [words.quoted(label) for label, figure in told if figure.code in codes]
        notes = [words.favourable_are.format(labels=words.listed(quoted))]
    sheet = shares.open_sheet(
        estimates,
        bars,
        facts=facts,
        codebook=codebook,
        words=words,
        family="choice",
        form=words.bars_alt,
        notes=notes,
        finding=findings.of_shares(told, exclusive=True, words=words)
        if favourable is None
        else findings.of_opinions([favourable], words=words),
    )
    if favourable is not None:
        sheet.figure_ids.append(favourable.figure_id)
    aside = shares.dont_know(estimates, facts=facts, codebook=codebook, words=words)
    return shares.draw(sheet, bars, aside=aside)


def _favourable(estimates: pd.DataFrame, *, facts: Facts, codebook: Codebook) -> Figure | None:
    """Return all favourable answers together where there are several, None otherwise."""
    if len(codebook.favourable_codes(facts.variable.variable, facts.edition)) < 2:
        return None
    return figures.shares(estimates, base_rule="answered").get(("", FAVOURABLE))
