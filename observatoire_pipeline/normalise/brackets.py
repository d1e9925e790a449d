"""Brackets: an interval chosen from a list.

In: the code of the interval. Not in: its bounds (the codebook has them), any midpoint (an
assumption, which only an estimate that names it may make).
"""

from __future__ import annotations

from observatoire_pipeline.normalise.choices import code_slot
from observatoire_pipeline.normalise.questions import Positions, Question


def code_bracket(question: Question) -> dict[str | None, Positions]:
    """Return the code of the interval, or the kind of missing that was offered."""
    return {None: code_slot(question, question.main)}
