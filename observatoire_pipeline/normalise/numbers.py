"""Numbers: what was typed as a quantity.

In: the value and its state. Not in: the grammar of a number (validate's `reading`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.codebook.models import ANSWERED
from observatoire_pipeline.normalise.questions import BLANK, Positions, Question


def code_number(
    question: Question,
) -> tuple[dict[str | None, Positions], npt.NDArray[np.float64]]:
    """Return the state of a number and its value (NaN where there is none)."""
    positions = question.blank()
    values = np.full(question.size, np.nan)
    for column in question.main:
        table = np.array(
            [np.nan if m is None else float(m) for m in column.read.meanings] + [np.nan]
        )
        first = column.accepted & (positions == BLANK)
        values = np.where(first, table[column.read.cells.index], values)
        positions[first] = question.position(ANSWERED)
    refused = question.any_of(column.rejected for column in question.main)
    positions[refused & (positions == BLANK)] = question.position("unreadable")
    return {None: positions}, values
