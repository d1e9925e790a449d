"""Rankings: items put in order.

In: `rank_k` for each item. Not in: scores (the estimation room).
"""

from __future__ import annotations

from observatoire_pipeline.codebook.models import NOT_RANKED
from observatoire_pipeline.normalise.choices import code_battery
from observatoire_pipeline.normalise.questions import (
    Positions,
    Question,
    ReadColumn,
    given_codes,
)


def code_ranking(question: Question) -> dict[str | None, Positions]:
    """Return `rank_k` for each item; an item left out of a ranking is `not_ranked`.

    `0` and `N/A` say that an item was left out, as a blank does beside a rank.
    """
    return code_battery(question, rest=NOT_RANKED, given=_ranks)


def _ranks(question: Question, column: ReadColumn) -> Positions:
    return given_codes(column, question.vocabulary)
