"""Ranking questions: the mean score of each proposal from 1 to K, with how many ranked it.

In: order by score, bars from 1 to K, the share ranked first, the n ranked.
Not in: scores and shares (`mart_rankings`).
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from observatoire_pipeline.charts import figures, findings, layers, page, style
from observatoire_pipeline.charts.figures import Facts
from observatoire_pipeline.charts.findings import Ranked
from observatoire_pipeline.charts.layers import Spec
from observatoire_pipeline.charts.page import Page
from observatoire_pipeline.charts.words import Words, words_of
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.marts.estimates import SMALL_BASE

_LABEL_ENDS, _BAR_END = (420, 470, 520), 756
_FIRST_END, _N_END = 872, style.WIDTH - style.MARGIN


def chart(rankings: pd.DataFrame, *, codebook: Codebook) -> Spec:
    """Return the chart of one ranking question in one edition.

    Args:
        rankings: Rows of `mart_rankings` of one variable and edition.
        codebook: Gives the labels.

    Raises:
        ValueError: the rows mix editions or numbers of proposals.
    """
    facts = figures.facts_of(rankings, codebook=codebook)
    words = words_of(codebook)
    sizes = sorted({int(size) for size in rankings["items_n"]})
    if len(sizes) != 1:
        raise ValueError(f"{facts.variable.variable}: {sizes} proposals to rank, expected one K")
    lines = [_measured(row) for row in figures.records(rankings)]
    lines.sort(key=lambda r: (r["score"] is None, -(r["score"] or 0.0), r["item"]))
    sheet = page.open_page(
        codebook=codebook,
        words=words,
        name=f"{facts.edition}_{facts.variable.variable}",
        title=facts.variable.label,
        family="ranking",
        form=words.ranking_alt,
        subtitle=figures.subtitle(
            facts,
            codebook=codebook,
            words=words,
            base=figures.base_words(rankings),
            numbers=[int(row["ranked_n"]) for row in lines],
        ),
        notes=[
            words.score_note.format(k=sizes[0]),
            words.interval.format(method="Student"),
            words.unweighted,
        ],
        finding=_finding(lines, facts=facts, words=words),
        synthetic=facts.synthetic,
    )
    labels = [words.tidy(facts.variable.item(row["item"]).label) for row in lines]
    heading = sheet.top + 9
    rows = sheet.rows(len(lines), top=sheet.top + 22)
    label_end = sheet.label_end(labels, rows, ends=_LABEL_ENDS)
    start = label_end + 14
    head: dict[str, Any] = {"size": 13, "colour": style.MUTED}
    sheet.text(start, heading, words.score, **head)
    sheet.text(_FIRST_END, heading, words.ranked_first, align="right", **head)
    sheet.text(_N_END, heading, words.ranked_n, align="right", **head)
    sheet.labels(labels, rows, left=style.MARGIN, right=label_end)
    drawn = []
    for place, row in enumerate(lines):
        y = rows.centre(place)
        count = words.number(row["ranked_n"])
        sheet.text(_N_END, y, count, size=14, colour=style.MUTED, align="right")
        if row["score"] is None:
            sheet.text(start + 2, y, words.too_small(row["ranked_n"]), **head)
            continue
        drawn.append(
            {
                "item": row["item"],
                "start": 1,
                "end": row["score"],
                "lower": row["lower"],
                "upper": row["upper"],
                "y": y,
                "fill": style.BAR,
                **rows.bar(place),
            }
        )
        reach = row["score"] if row["upper"] is None else row["upper"]
        x = start + (reach - 1) / (sizes[0] - 1) * (_BAR_END - start)
        sheet.text(x + 7, y, words.number(row["score"], decimals=1), size=15, bold=True)
        if row["first_share"] is not None:
            first = words.percent(row["first_share"])
            sheet.text(_FIRST_END, y, first, size=14, align="right")
    if drawn:
        x_axis = layers.number_axis(
            left=start,
            right=_BAR_END,
            domain=(1, sizes[0]),
            ticks=range(1, sizes[0] + 1),
        )
        bars = layers.bars([r for r in drawn if r["end"] > 1], x=x_axis, rows=rows)
        measured = [r for r in drawn if r["lower"] is not None and r["upper"] is not None]
        sheet.panel(bars, *layers.intervals(measured, x=x_axis, rows=rows), x=x_axis, rows=rows)
        sheet.rule(start, rows.top, start, rows.bottom, colour=style.INK)
    _describe(sheet, lines, labels=labels)
    return sheet.compose(rows=rows)


def _measured(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with None for figures that are absent or rest on too few answers."""
    small = row["ranked_n"] < SMALL_BASE
    names = ("score", "first_share", "mean_rank_lower", "mean_rank_upper")
    told = {n: None if small or pd.isna(row[n]) else float(row[n]) for n in names}
    best, worst = told["mean_rank_lower"], told["mean_rank_upper"]
    # Ranks and scores run in opposite directions: the best rank is the highest score.
    told["upper"] = None if best is None else min(row["items_n"] + 1 - best, row["items_n"])
    told["lower"] = None if worst is None else max(row["items_n"] + 1 - worst, 1)
    return {**row, **told}


def _finding(lines: list[dict[str, Any]], *, facts: Facts, words: Words) -> str:
    """Return the title: which proposal leads, or that several cannot be parted."""
    ranked = [
        Ranked(
            label=words.tidy(facts.variable.item(row["item"]).label),
            value=row["score"],
            lower=row["lower"],
            upper=row["upper"],
            written=words.number(row["score"], decimals=1),
        )
        for row in lines
        if None not in (row["score"], row["lower"], row["upper"])
    ]
    return findings.of_leaders(ranked, words=words) if len(ranked) == len(lines) else ""


def _describe(sheet: Page, lines: list[dict[str, Any]], *, labels: list[str]) -> None:
    words = sheet.words
    for label, row in zip(labels, lines, strict=True):
        told = words.too_small(row["ranked_n"])
        if row["score"] is not None:
            told = f"{words.number(row['score'], decimals=1)}, {words.count(row['ranked_n'])}"
        sheet.description.append(f"{words.colon(label, told)}.")
        sheet.figure_ids.append(row["figure_id"])
