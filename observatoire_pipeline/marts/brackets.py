"""Bracket questions summarised as intervals: where the median lies, what the mean is at least.

In: the rows of `mart_brackets`. Not in: the share of each bracket (`estimates`), and any summary
that opens a bracket or closes the last one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import Bracket, Brackets, Variable
from observatoire_pipeline.estimation.brackets import mean_at_lower_bounds, median_bracket
from observatoire_pipeline.marts.bases import DO_NOT_KNOW, base_words
from observatoire_pipeline.marts.counts import CodeCounts, PanelCounts
from observatoire_pipeline.marts.estimates import figure_id
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table


def bracket_summaries(
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    *,
    codebook: Codebook,
    tables: Mapping[str, Table],
) -> pd.DataFrame:
    """Return the summary of every bracket question, for each edition of the panel that asked it.

    The base is the substantive answers; do-not-know is counted beside it. Without a base the
    median is empty and the mean null.

    Args:
        panel_responses: Frame of `panel_responses`; editions may be absent.
        panel_instances: Frame of `panel_instances`.
        codebook: The survey.
        tables: The catalogue.

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
                by_edition[edition].append(_record(variable, edition, found, counts, codebook))
    return from_records(
        [record for rows in by_edition.values() for record in rows], tables["mart_brackets"]
    )


def _record(
    variable: Variable,
    edition: str,
    found: CodeCounts,
    counts: PanelCounts,
    codebook: Codebook,
) -> dict[str, Any]:
    name = variable.variable
    scale = codebook.scale_of(name, edition)
    if not isinstance(scale, Brackets):
        raise TypeError(f"variable {name}: its answers in {edition} are no brackets")
    offered = codebook.codes_of(name, edition=edition)
    brackets: list[Bracket] = [code for code in scale.codes if code.code in offered]
    units = [found[bracket.code] for bracket in brackets]
    base_n = sum(units)
    place = median_bracket(units)
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
        "mean_lower_bound": mean_at_lower_bounds(units, [bracket.lower for bracket in brackets]),
        "synthetic": counts.synthetic[edition],
    }
