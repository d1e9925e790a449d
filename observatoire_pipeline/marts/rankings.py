"""Ranking questions: one score for each item, divided by those who ranked it.

In: the rows of `mart_rankings`. Not in: the formulas (`estimation.ranking`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import NOT_RANKED, Variable
from observatoire_pipeline.estimation.intervals import INFINITE
from observatoire_pipeline.estimation.ranking import RESPONDENTS, summarise_ranking
from observatoire_pipeline.marts.bases import base_state, base_words
from observatoire_pipeline.marts.counts import CodeCounts, PanelCounts, PanelError
from observatoire_pipeline.marts.estimates import CI_LEVEL, figure_id
from observatoire_pipeline.marts.units import Units, frame_columns
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table


def rankings(
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    *,
    codebook: Codebook,
    tables: Mapping[str, Table],
    units: Units | None = None,
) -> pd.DataFrame:
    """Return the score of every item of the ranking questions, for each edition of the panel.

    The score divided by all who ranked any item stands beside it: other platforms print that one,
    and it may change the order of the items.

    K is the number of items that the edition asked to rank. Every number of a row, the shares of
    first ranks included, is divided by the units that ranked the item, and its base says so.

    Args:
        panel_responses: Frame of `panel_responses`; editions may be absent.
        panel_instances: Frame of `panel_instances`.
        codebook: The survey.
        tables: The catalogue.
        units: The same panel with its frames; without it no interval allows for one.

    Returns:
        A frame of `mart_rankings`, in the order of editions, questions and items.

    Raises:
        PanelError: the panel does not agree with the codebook, or holds a rank beyond K.
    """
    counts = PanelCounts(panel_responses, panel_instances, codebook=codebook)
    questions = []
    for variable in codebook.variables.values():
        if variable.kind == "ranking":
            found = {
                item.item: counts.by_edition(variable.variable, item.item)
                for item in variable.items
            }
            ranks = [code for code in codebook.codes_of(variable.variable) if code != NOT_RANKED]
            any_rank = counts.with_any(variable.variable, list(found), ranks)
            questions.append((variable, found, any_rank))
    records = [
        record
        for edition in counts.editions
        for variable, found, any_rank in questions
        if codebook.asked(variable.variable, edition)
        for record in _records(
            variable,
            edition,
            {item: by_edition[edition] for item, by_edition in found.items()},
            respondents=any_rank[edition],
            synthetic=counts.synthetic[edition],
            codebook=codebook,
            units=units,
        )
    ]
    return from_records(records, tables["mart_rankings"])


def _records(
    variable: Variable,
    edition: str,
    found: dict[str, CodeCounts],
    *,
    respondents: int,
    synthetic: bool,
    codebook: Codebook,
    units: Units | None,
) -> Iterator[dict[str, Any]]:
    name = variable.variable
    items = [i for i in variable.items if codebook.asked(name, edition, item=i.item)]
    ranks = [f"rank_{rank}" for rank in range(1, len(variable.items) + 1)]
    table = np.array([[found[item.item][rank] for rank in ranks] for item in items], dtype=np.int64)
    beyond = table[:, len(items) :].sum()
    if beyond:
        raise PanelError(
            f"{name} in {edition}: {beyond} ranks beyond the {len(items)} items that it ranks"
        )
    frame = INFINITE if units is None else units.frame_of(name, edition)[0]
    summary = summarise_ranking(table[:, : len(items)], level=CI_LEVEL, population=frame)
    of_all = summarise_ranking(table[:, : len(items)], divisor=RESPONDENTS, respondents=respondents)
    # Units of one collectivité are not independent: their mean rank has no interval here.
    apart = not codebook.is_repeated(name)
    unit = codebook.unit_of(name, edition).unit
    for place, item in enumerate(items):
        ranked_n = int(summary.ranked_n[place])
        yield {
            "figure_id": figure_id(
                edition, unit, name, item=item.item, statistic="score", base_rule="ranked"
            ),
            "edition": edition,
            "unit": unit,
            "variable": name,
            "item": item.item,
            "variable_label": variable.label,
            "item_label": item.label,
            "base_words": base_words(codebook, name, edition, base_n=ranked_n, base_rule="ranked"),
            "ranked_n": ranked_n,
            "items_n": len(items),
            "score": summary.score[place],
            "mean_rank": summary.mean_rank[place],
            "first_share": summary.first_share[place],
            "top3_share": summary.top3_share[place],
            "divisor": summary.divisor,
            "respondents_n": respondents,
            "score_of_respondents": of_all.score[place],
            "mean_rank_lower": summary.mean_rank_lower[place] if apart else None,
            "mean_rank_upper": summary.mean_rank_upper[place] if apart else None,
            "ci_level": CI_LEVEL,
            **frame_columns(units, name, edition),
            **base_state(codebook, ranked_n),
            "synthetic": synthetic,
        }
