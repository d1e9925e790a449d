"""Multiple-choice questions: one bar a choice, longest first, with its indicative interval.

In: order (exclusive choices and "autre" last), bars, intervals, the warning on the sum.
Not in: shares, bases and intervals (`mart_estimates`).
"""

from __future__ import annotations

import pandas as pd

from observatoire_pipeline.charts import figures, findings, shares
from observatoire_pipeline.charts.layers import Spec
from observatoire_pipeline.charts.shares import Bar
from observatoire_pipeline.charts.words import Words, words_of
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import SELECTED


def chart(estimates: pd.DataFrame, *, codebook: Codebook) -> Spec:
    """Return the chart of one multiple-choice question in one edition.

    Args:
        estimates: Rows of `mart_estimates` of one variable and edition.
        codebook: Gives labels and tells exclusive choices and "autre" from the others.

    Raises:
        ValueError: the rows mix editions, or a choice that was asked has no figure.
    """
    facts = figures.facts_of(estimates, codebook=codebook)
    words = words_of(codebook)
    found = figures.shares(estimates, base_rule="answered")
    name = facts.variable.variable
    asked = [i for i in facts.variable.items if codebook.asked(name, facts.edition, item=i.item)]
    missing = [i.item for i in asked if (i.item, SELECTED) not in found]
    if missing:
        raise ValueError(f"{name} in {facts.edition}: no figure for {', '.join(missing)}")
    ordered = sorted(
        asked,
        key=lambda i: (i.exclusive, i.text, -(found[i.item, SELECTED].share or 0.0), i.item),
    )
    bars = [
        Bar(label=words.tidy(i.label), figure=found[i.item, SELECTED], apart=i.exclusive or i.text)
        for i in ordered
    ]
    sheet = shares.open_sheet(
        estimates,
        bars,
        facts=facts,
        codebook=codebook,
        words=words,
        family="choice",
        form=words.bars_alt,
        notes=[_sum_note(bars, words=words)],
        finding=findings.of_shares(
            [(bar.label, bar.figure) for bar in bars], exclusive=False, words=words
        ),
    )
    return shares.draw(sheet, bars)


def _sum_note(bars: list[Bar], *, words: Words) -> str:
    """Return that several answers are possible, and that they exceed 100 % where they do."""
    return words.several if sum(bar.figure.share or 0 for bar in bars) > 1 else words.several_low
