"""Batteries of scales: the rows of a matrix, each answered on the same list.

In: one code for each item. Not in: the order and the poles of the list (the codebook's scale).
"""

from __future__ import annotations

from observatoire_pipeline.normalise.choices import code_slot
from observatoire_pipeline.normalise.questions import Positions, Question


def code_matrix(question: Question) -> dict[str | None, Positions]:
    """Return the code of each item; an item left blank beside answered ones stays blank."""
    return {item: code_slot(question, question.of_item(item)) for item in question.items}
