"""Multiple-choice questions in one line each: who answered, how many ticks, what shares add up to.

In: the rows of `mart_choices`. Not in: the share of each choice (`estimates`), the formulas
(`estimation.choices`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.models import SELECTED, Variable
from observatoire_pipeline.estimation.choices import summarise_choices
from observatoire_pipeline.marts.bases import base_state, base_words
from observatoire_pipeline.marts.estimates import figure_id
from observatoire_pipeline.marts.units import NOT_SHOWN, Units
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table

_BEYOND = {
    "fr": "Plusieurs réponses possibles\u202f: le total dépasse 100\u202f%",
    "en": "Several answers possible: the total is above 100%",
}


def choice_summaries(units: Units, *, tables: Mapping[str, Table]) -> pd.DataFrame:
    """Return the summary of every multiple-choice question that an edition asked.

    The base is the units that answered the question; an explicit "none" is an answer, and no tick.

    Args:
        units: The panel, one response a collectivité.
        tables: The catalogue.

    Returns:
        A frame of `mart_choices`, in the order of editions and questions.
    """
    records = [
        _record(variable, edition, units)
        for edition in units.editions
        for variable in units.codebook.variables_asked(edition)
        if variable.kind == "multiple"
    ]
    return from_records(records, tables["mart_choices"])


def _record(variable: Variable, edition: str, units: Units) -> dict[str, Any]:
    codebook, name = units.codebook, variable.variable
    items = [i for i in variable.items if codebook.asked(name, edition, item=i.item)]
    answers = [units.question(edition, name, item.item) for item in items]
    ticked = np.array([a.codes == a.vocabulary.index(SELECTED) for a in answers]).T
    hidden = [a.vocabulary.index(kind) for a in answers[:1] for kind in sorted(NOT_SHOWN)]
    exclusive = np.array([item.exclusive for item in items])
    options, none = ticked[:, ~exclusive], ticked[:, exclusive].any(axis=1)
    # As in the shares, who ticked nothing among answers that say so has answered.
    found = summarise_choices(
        options,
        shown=~np.isin(answers[0].codes, hidden) | answers[0].inside,
        said_none=answers[0].inside & ~options.any(axis=1),
    )
    total = int(found.counts.sum()) + int(none.sum())
    base_n = found.base_n
    unit = codebook.unit_of(name, edition).unit
    return {
        "figure_id": figure_id(edition, unit, name, statistic="choices", base_rule="answered"),
        "edition": edition,
        "unit": unit,
        "variable": name,
        "variable_label": variable.label,
        "base_words": base_words(codebook, name, edition, base_n=base_n, base_rule="answered"),
        "shown_n": found.shown_n,
        "base_n": base_n,
        "unanswered_n": found.unanswered_n,
        "none_n": int(none.sum()),
        "options_n": int((~exclusive).sum()),
        "mean_ticks": found.sum_of_shares if base_n else None,
        "sum_of_shares": total / base_n if base_n else None,
        "adds_beyond_one": total > base_n,
        "sum_words": _BEYOND[codebook.survey.language] if total > base_n else "",
        **base_state(codebook, base_n),
        "synthetic": units.synthetic[edition],
    }
