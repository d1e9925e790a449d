"""Themes of typed texts: one bar a theme, most frequent first, what nobody has coded yet apart.

In: order (exclusive themes, then what is not coded, last), bars, intervals, the warning on the sum.
Not in: shares, bases and intervals (`mart_estimates`), and who gave which text its themes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from observatoire_pipeline.charts import figures, shares
from observatoire_pipeline.charts.layers import Spec
from observatoire_pipeline.charts.shares import Bar
from observatoire_pipeline.charts.words import words_of
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import UNCODED, Coding
from observatoire_pipeline.marts.estimates import THEME_SHARE


def charts(estimates: pd.DataFrame, *, codebook: Codebook) -> Iterator[Spec]:
    """Yield the chart of each box of a question whose texts are coded, in one edition.

    Args:
        estimates: Rows of `mart_estimates` on the themes of one variable and edition.
        codebook: Gives the themes and their labels.

    Raises:
        ValueError: the rows mix editions, or a theme has no figure.
    """
    variable = figures.facts_of(estimates, codebook=codebook).variable.variable
    for coding in codebook.codings:
        rows = estimates[estimates["item"] == (coding.item or "")]
        if coding.variable == variable and len(rows):
            yield chart(rows, coding, codebook=codebook)


def chart(estimates: pd.DataFrame, coding: Coding, *, codebook: Codebook) -> Spec:
    """Return the chart of the themes of one box; see `charts`."""
    facts = figures.facts_of(estimates, codebook=codebook)
    words = words_of(codebook)
    found = figures.shares(estimates, base_rule="answered", statistic=THEME_SHARE)
    item = coding.item or ""
    missing = [t.code for t in coding.codes if (item, t.code) not in found]
    if missing or (item, UNCODED) not in found:
        lacking = ", ".join([*missing, *([] if (item, UNCODED) in found else [UNCODED])])
        raise ValueError(f"{coding.variable} in {facts.edition}: no figure for {lacking}")
    ordered = sorted(
        coding.codes,
        key=lambda t: (t.exclusive, -(found[item, t.code].share or 0.0), t.code),
    )
    bars = [
        Bar(label=words.tidy(t.label), figure=found[item, t.code], apart=t.exclusive)
        for t in ordered
    ]
    uncoded = codebook.label_of(coding.variable, None, UNCODED)
    bars.append(Bar(label=words.tidy(uncoded), figure=found[item, UNCODED], apart=True))
    sheet = shares.open_sheet(
        estimates,
        bars,
        facts=facts,
        codebook=codebook,
        words=words,
        family="choice",
        form=words.themes_alt,
        notes=[words.themes],
        part="_".join(part for part in (item, "themes") if part),
        title=coding.label,
    )
    return shares.draw(sheet, bars)
