"""Every chart of a release: which rows make which chart, in which order.

In: one chart for each question and edition by the kind of the question, one for the themes of what
was typed there, one for each pair of editions that follow one another in asking a question.
Not in: what a chart looks like (the family modules).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from itertools import pairwise

import pandas as pd

from observatoire_pipeline.charts import (
    brackets,
    comparison,
    figures,
    likert,
    multiple,
    ranking,
    single,
    themes,
)
from observatoire_pipeline.charts.layers import Spec
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import Variable

logger = logging.getLogger(__name__)


def charts(
    mart_estimates: pd.DataFrame,
    mart_brackets: pd.DataFrame,
    mart_rankings: pd.DataFrame,
    mart_changes: pd.DataFrame,
    comparability: pd.DataFrame,
    *,
    codebook: Codebook,
    questions: Collection[str] | None = None,
) -> Iterator[Spec]:
    """Yield every chart of the marts as Vega-Lite, in the order of editions and questions.

    Args:
        mart_estimates: Frame of that table.
        mart_brackets: Frame of that table.
        mart_rankings: Frame of that table.
        mart_changes: Frame of that table.
        comparability: Frame of that table.
        codebook: The survey.
        questions: Variables to draw; those that the codebook marks `chart` when absent.

    Raises:
        ValueError: rows of a chart contradict one another; the message names the question.
    """
    unknown = sorted(set(questions or ()) - set(codebook.variables))
    if unknown:
        raise ValueError(f"no such questions in the codebook: {', '.join(unknown)}")
    marked = (v.variable for v in codebook.variables.values() if v.chart)
    wanted = set(marked if questions is None else questions)
    estimates = _by_question(figures.headline(mart_estimates), wanted)
    summaries = _by_question(mart_brackets, wanted)
    rankings = _by_question(mart_rankings, wanted)
    spoken = _by_question(figures.themes(mart_estimates), wanted | _coded(codebook, questions))
    for edition in codebook.edition_keys:
        for variable in codebook.variables_asked(edition):
            key = (edition, variable.variable)
            if variable.kind == "ranking":
                if key in rankings:
                    yield ranking.chart(rankings[key], codebook=codebook)
            elif key in estimates:
                yield _of_edition(estimates[key], summaries.get(key), variable, codebook=codebook)
            if key in spoken:
                yield from themes.charts(spoken[key], codebook=codebook)
    yield from _of_pairs(estimates, mart_changes, comparability, codebook=codebook)


def _coded(codebook: Codebook, questions: Collection[str] | None) -> set[str]:
    """Return the questions whose typed texts are coded: a person who codes them wants to see it."""
    return {coding.variable for coding in codebook.codings} if questions is None else set()


def _of_edition(
    rows: pd.DataFrame, summary: pd.DataFrame | None, variable: Variable, *, codebook: Codebook
) -> Spec:
    if variable.kind == "matrix":
        return likert.chart(rows, codebook=codebook)
    if variable.kind == "multiple":
        return multiple.chart(rows, codebook=codebook)
    if variable.kind == "bracket":
        if summary is None:
            raise ValueError(f"{variable.variable}: shares without its row of mart_brackets")
        return brackets.chart(rows, summary, codebook=codebook)
    return single.chart(rows, codebook=codebook)


def _of_pairs(
    estimates: dict[tuple[str, str], pd.DataFrame],
    mart_changes: pd.DataFrame,
    comparability: pd.DataFrame,
    *,
    codebook: Codebook,
) -> Iterator[Spec]:
    ledger, changed = _by_pair(comparability), _by_pair(mart_changes)
    for name in codebook.variables:
        asked = [edition for edition in codebook.edition_keys if (edition, name) in estimates]
        for before, after in pairwise(asked):
            sides = estimates[before, name], estimates[after, name]
            flags = {bool(side["synthetic"].iloc[0]) for side in sides}
            if len(flags) > 1:
                logger.warning(
                    "%s: no comparison of %s and %s, one of them is synthetic", name, before, after
                )
                continue
            grades = ledger.get((name, before, after))
            if grades is None:
                raise ValueError(f"{name}: comparability has no grade for {before} and {after}")
            rows = changed.get((name, before, after), mart_changes.iloc[:0])
            yield comparison.chart(*sides, grades, rows, codebook=codebook)


def _by_pair(rows: pd.DataFrame) -> dict[tuple[str, str, str], pd.DataFrame]:
    """Return the rows of each question and pair of editions."""
    groups = rows.groupby(["variable", "edition_from", "edition_to"], observed=True, sort=False)
    return {(str(name), str(one), str(two)): group for (name, one, two), group in groups}


def _by_question(
    rows: pd.DataFrame, wanted: Collection[str]
) -> dict[tuple[str, str], pd.DataFrame]:
    groups = rows[rows["variable"].isin(wanted)].groupby(
        ["edition", "variable"], observed=True, sort=False
    )
    return {(str(edition), str(name)): group for (edition, name), group in groups}
