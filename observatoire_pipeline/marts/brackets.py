"""Bracket questions summarised: bounds that suppose nothing first, then what needs a supposition.

In: the rows of `mart_brackets`: the bracket of the median and bounds of the mean; then the median
of units spread evenly inside their bracket, then means that suppose a Pareto tail, each with what
it supposes. Not in: the share of each bracket (`estimates`), and the formulas (`estimation`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import Bracket, Brackets, Variable
from observatoire_pipeline.estimation.brackets import (
    grouped_median,
    mean_at_lower_bounds,
    mean_bounds,
    median_bracket,
)
from observatoire_pipeline.estimation.intervals import INFINITE
from observatoire_pipeline.estimation.sampling import clustered_shares
from observatoire_pipeline.estimation.tails import TAIL_UNDEFINED, mean_with_pareto_tail
from observatoire_pipeline.marts.bases import DO_NOT_KNOW, base_state, base_words
from observatoire_pipeline.marts.counts import CodeCounts, PanelCounts
from observatoire_pipeline.marts.estimates import CI_LEVEL, figure_id
from observatoire_pipeline.marts.units import Units, frame_columns
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table

_SUPPOSED = {
    "fr": {
        "median": "Réponses réparties uniformément dans chaque tranche",
        "tail": "Tranches fermées à leur milieu, tranche ouverte selon une loi de Pareto",
    },
    "en": {
        "median": "Answers spread evenly inside each bracket",
        "tail": "Closed brackets at their middle, the open one under a Pareto law",
    },
}

NO_OPEN_TOP, NO_TAIL = "no_open_top", "no_tail"
"""Why there is no mean under a Pareto tail: no bracket is open above alone, or nothing is in it."""


def bracket_summaries(
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    *,
    codebook: Codebook,
    tables: Mapping[str, Table],
    units: Units | None = None,
) -> pd.DataFrame:
    """Return the summary of every bracket question, for each edition of the panel that asked it.

    The base is the substantive answers; do-not-know is counted beside it. Without a base the
    median is empty and the means null.

    Args:
        panel_responses: Frame of `panel_responses`; editions may be absent.
        panel_instances: Frame of `panel_instances`.
        codebook: The survey.
        tables: The catalogue.
        units: The same panel with its collectivités, by which tools and devices are clustered, and
            with the frame of the others; without it the median of tools has no interval, and
            that of collectivités none that allows for the frame.

    Returns:
        A frame of `mart_brackets`, in the order of editions and questions.

    Raises:
        PanelError: the panel does not agree with the codebook.
    """
    counts = PanelCounts(panel_responses, panel_instances, codebook=codebook)
    by_edition: dict[str, list[dict[str, Any]]] = {edition: [] for edition in counts.editions}
    for variable in codebook.variables.values():
        if variable.kind == "bracket":
            for edition, found in counts.by_edition(variable.variable, None).items():
                by_edition[edition].append(
                    _record(variable, edition, found, counts, codebook, units)
                )
    return from_records(
        [record for rows in by_edition.values() for record in rows], tables["mart_brackets"]
    )


def _record(
    variable: Variable,
    edition: str,
    found: CodeCounts,
    counts: PanelCounts,
    codebook: Codebook,
    units: Units | None,
) -> dict[str, Any]:
    name = variable.variable
    scale = codebook.scale_of(name, edition)
    if not isinstance(scale, Brackets):
        raise TypeError(f"variable {name}: its answers in {edition} are no brackets")
    offered = codebook.codes_of(name, edition=edition)
    brackets: list[Bracket] = [code for code in scale.codes if code.code in offered]
    answers = [found[bracket.code] for bracket in brackets]
    base_n = sum(answers)
    place = median_bracket(answers)
    median = None if place is None else brackets[place]
    unit = codebook.unit_of(name, edition).unit
    return {
        "figure_id": figure_id(edition, unit, name, statistic="brackets", base_rule="answered"),
        "edition": edition,
        "unit": unit,
        "variable": name,
        "variable_label": variable.label,
        "base_rule": "answered",
        "base_words": base_words(codebook, name, edition, base_n=base_n, base_rule="answered"),
        "base_n": base_n,
        "do_not_know_n": found[DO_NOT_KNOW],
        "unit_of_measure": scale.unit_of_measure,
        "median_code": "" if median is None else median.code,
        "median_label": "" if median is None else median.label,
        "median_lower": None if median is None else median.lower,
        "median_upper": None if median is None else median.upper,
        "mean_lower_bound": mean_at_lower_bounds(answers, [bracket.lower for bracket in brackets]),
        **_bounded(brackets, answers),
        **_interpolated(variable, edition, brackets, answers, codebook, units),
        **_modelled(brackets, answers, codebook),
        **base_state(codebook, base_n),
        "synthetic": counts.synthetic[edition],
    }


def _bounded(brackets: Sequence[Bracket], answers: Sequence[int]) -> dict[str, Any]:
    """Return the greatest mean that the brackets allow; null where an open bracket has answers."""
    if not sum(answers):
        return {"mean_upper_bound": None}
    _, upper = mean_bounds([b.lower for b in brackets], [b.upper for b in brackets], counts=answers)
    return {"mean_upper_bound": upper if math.isfinite(upper) else None}


def _interpolated(
    variable: Variable,
    edition: str,
    brackets: Sequence[Bracket],
    answers: Sequence[int],
    codebook: Codebook,
    units: Units | None,
) -> dict[str, Any]:
    """Return the median of answers spread evenly inside their bracket, with its interval."""
    made: dict[str, Any] = {
        "grouped_median": None,
        "grouped_median_lower": None,
        "grouped_median_upper": None,
        "grouped_median_assumption": _SUPPOSED[codebook.survey.language]["median"],
        "ci_level": CI_LEVEL,
        **frame_columns(units, variable.variable, edition),
    }
    if not sum(answers):
        return made
    lowers, uppers = [b.lower for b in brackets], [b.upper for b in brackets]
    worth: float | None = float(sum(answers))
    if codebook.is_repeated(variable.variable):
        worth = None if units is None else _effective(variable, edition, brackets, answers, units)
    frame = INFINITE if units is None else units.frame_of(variable.variable, edition)[0]
    found = grouped_median(
        answers, lowers, uppers, level=CI_LEVEL, effective_n=worth, population=frame
    )
    made["grouped_median"] = None if math.isnan(found.value) else found.value
    if worth is not None:
        ends = {"grouped_median_lower": found.lower, "grouped_median_upper": found.upper}
        made |= {name: end if math.isfinite(end) else None for name, end in ends.items()}
    return made


def _effective(
    variable: Variable,
    edition: str,
    brackets: Sequence[Bracket],
    answers: Sequence[int],
    units: Units,
) -> float | None:
    """Return how many independent units the share under the median is worth."""
    place = median_bracket(answers)
    question = units.question(edition, variable.variable, None)
    if place is None or question.clusters is None:
        return None
    order = {bracket.code: k for k, bracket in enumerate(brackets)}
    at = np.array([order.get(code, -1) for code in question.vocabulary])[question.codes]
    names, cluster = np.unique(question.clusters, return_inverse=True)
    # Up to the median bracket, or under it where it is the highest: a share of 1 tells nothing.
    last = place if place < len(brackets) - 1 else place - 1
    hits = np.bincount(cluster[(at >= 0) & (at <= last)], minlength=len(names))
    bases = np.bincount(cluster[at >= 0], minlength=len(names))
    found = clustered_shares(hits, bases)
    return float(min(found.effective_n[0], sum(answers)))


def _modelled(
    brackets: Sequence[Bracket], answers: Sequence[int], codebook: Codebook
) -> dict[str, Any]:
    """Return the means under a Pareto tail, what they suppose, and why not to trust them."""
    made: dict[str, Any] = {
        "tail_alpha": None,
        "mean_pareto": None,
        "mean_pareto_harmonic": None,
        "mean_assumption": "",
        "tail_warning": "",
    }
    lowers, uppers = [b.lower for b in brackets], [b.upper for b in brackets]
    closed = all(value is not None for value in (*lowers, *uppers[:-1]))
    if len(brackets) < 2 or not closed or uppers[-1] is not None:
        return made | {"tail_warning": NO_OPEN_TOP}
    if not (lowers[-2] or 0) > 0 or not answers[-1] or not sum(answers):
        return made | {"tail_warning": NO_TAIL}
    found = mean_with_pareto_tail(answers, lowers, uppers)
    return made | {
        "tail_alpha": found.alpha,
        "mean_pareto": None if found.warning == TAIL_UNDEFINED else found.arithmetic,
        "mean_pareto_harmonic": found.harmonic if math.isfinite(found.harmonic) else None,
        "mean_assumption": _SUPPOSED[codebook.survey.language]["tail"],
        "tail_warning": found.warning,
    }
