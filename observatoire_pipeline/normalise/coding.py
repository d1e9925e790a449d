"""Open answers under themes that a person gave them, and what is left to code.

In: the themes of a typed text by its checksum (`coding/*.csv`), the texts that nobody has coded,
suggestions for them. Not in: any theme that nobody gave: a suggestion is shown, never applied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, CodedColumn
from observatoire_pipeline.codebook.labels import normalise_label, text_sha256
from observatoire_pipeline.codebook.models import NOT_SELECTED, SELECTED, UNCODED
from observatoire_pipeline.normalise.questions import BLANK, Positions, Question, ReadColumn
from observatoire_pipeline.normalise.texts import typed

SUGGESTED_FROM = 70
"""Likeness (0 to 100) from which an earlier text is worth showing beside a new one."""


def themes_of(
    texts: Sequence[str], variable: str, item: str | None, *, codebook: Codebook
) -> list[str]:
    """Return the themes of each text, joined by `+`; `uncoded` where nobody has given it any."""
    given = {
        entry.text_sha256: entry.code
        for entry in codebook.coded_texts
        if (entry.variable, entry.item) == (variable, item)
    }
    return [given.get(text_sha256(text), UNCODED) for text in texts]


def code_themes(
    question: Question, columns: Sequence[CodedColumn], *, codebook: Codebook
) -> Iterator[tuple[CodedColumn, Positions]]:
    """Yield for each theme which typed texts speak of it, as positions in its vocabulary.

    Where a text stands on two branches, the first in the order of the files counts, as in
    `norm_texts`.

    Args:
        question: The question, read.
        columns: Its columns of themes (`Codebook.coding_columns`).
        codebook: The survey.
    """
    for item, of_item in groupby(columns, key=lambda column: column.item):
        typed_in = [
            column
            for column in question.columns
            if column.item == (item or "") and column.read.use == "text"
        ]
        name = question.variable.variable
        read = [
            (column, themes_of(column.read.cells.texts, name, item, codebook=codebook))
            for column in typed_in
        ]
        for column in of_item:
            yield column, _of_theme(question, column, read)


def _of_theme(
    question: Question, theme: CodedColumn, read: Sequence[tuple[ReadColumn, list[str]]]
) -> Positions:
    place = theme.vocabulary.index
    positions = question.blank()
    for column, themes in read:
        codes = [_code(text_themes, str(theme.theme)) for text_themes in themes]
        table = np.array([*map(place, codes), BLANK], dtype=np.int64)
        free = typed(column, question) & (positions == BLANK)
        positions[free] = table[column.read.cells.index[free]]
    refused = question.any_of(column.rejected for column, _ in read)
    positions[refused & (positions == BLANK)] = place("unreadable")
    return positions


def _code(themes: str, theme: str) -> str:
    if themes == UNCODED:
        return UNCODED
    return SELECTED if theme in themes.split("+") else NOT_SELECTED


def coding_progress(norm_texts: pd.DataFrame, *, codebook: Codebook) -> pd.DataFrame:
    """Return the distinct typed texts of the questions that are coded, with the theme of each.

    Args:
        norm_texts: A frame of that table, of one edition or several.
        codebook: The survey.

    Returns:
        One row for each text and question: `variable`, `item`, `text_sha256`, `text` (its first
        spelling), `answers` (how many responses gave it), `theme` (its themes joined by `+`,
        `uncoded` when none); the most frequent first within a question. It holds what people
        typed: it is for their coder's eyes.
    """
    parts = []
    for coding in codebook.codings:
        wanted = (norm_texts["variable"] == coding.variable) & (
            norm_texts["item"] == (coding.item or "")
        )
        index, uniques = pd.factorize(norm_texts.loc[wanted, "text"])
        texts = [str(text) for text in uniques]
        spelled = pd.DataFrame(
            {
                "variable": coding.variable,
                "item": coding.item or "",
                "text_sha256": [text_sha256(text) for text in texts],
                "text": texts,
                "answers": np.bincount(index, minlength=len(texts)),
                "theme": themes_of(texts, coding.variable, coding.item, codebook=codebook),
            }
        )
        part = spelled.groupby("text_sha256", sort=False, as_index=False).agg(
            {
                "variable": "first",
                "item": "first",
                "text": "first",
                "answers": "sum",
                "theme": "first",
            }
        )
        parts.append(part.sort_values("answers", ascending=False, kind="stable"))
    names = ["variable", "item", "text_sha256", "text", "answers", "theme"]
    if not parts:
        return pd.DataFrame({name: [] for name in names})
    return pd.concat(parts, ignore_index=True)[names]


def suggestions(progress: pd.DataFrame) -> pd.DataFrame:
    """Return the uncoded texts, each with the theme of the coded text that it is most like.

    Args:
        progress: As `coding_progress` makes it; texts are compared within their question.

    Returns:
        The uncoded rows of `progress` with `suggested` (the themes of a coded text, "" when none is
        like it), `score` (likeness from 0 to 100) and `like` (the coded text).
    """
    from rapidfuzz import fuzz, process

    todo = progress[progress["theme"] == UNCODED].reset_index(drop=True)
    coded = progress[progress["theme"] != UNCODED]
    found: list[tuple[str, float, str]] = []
    known = dict(list(coded.groupby(["variable", "item"])))
    forms = {key: [normalise_label(text) for text in g["text"]] for key, g in known.items()}
    for variable, item, text in zip(todo["variable"], todo["item"], todo["text"], strict=True):
        hit = process.extractOne(
            normalise_label(text),
            forms.get((variable, item), []),
            scorer=fuzz.token_sort_ratio,
            score_cutoff=SUGGESTED_FROM,
        )
        if hit is None:
            found.append(("", 0.0, ""))
            continue
        row = known[variable, item].iloc[hit[2]]
        found.append((row["theme"], round(float(hit[1]), 1), row["text"]))
    return todo.assign(
        suggested=[theme for theme, _, _ in found],
        score=[score for _, score, _ in found],
        like=[text for _, _, text in found],
    )
