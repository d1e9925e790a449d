"""Choices: one of a list, or as many as apply.

In: codes of single and multiple choices. Not in: scales of batteries (`likert`), blanks
(`missing`), what was typed beside "other" (`texts`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from observatoire_pipeline.codebook.models import NOT_SELECTED, SELECTED
from observatoire_pipeline.normalise.questions import (
    BLANK,
    Positions,
    Question,
    ReadColumn,
    given_codes,
)


def code_slot(question: Question, columns: list[ReadColumn]) -> Positions:
    """Return the one code that the columns of a slot hold together.

    A condensed layout has one column a slot, an expanded one a column for each answer, and a
    question asked on two branches one for each branch. A rejected cell makes the slot
    `unreadable`, unless another cell of it was accepted.
    """
    positions = question.blank()
    for column in columns:
        given = given_codes(column, question.vocabulary)
        positions = np.where(positions == BLANK, given, positions)
    refused = question.any_of(column.rejected for column in columns)
    positions[refused & (positions == BLANK)] = question.position("unreadable")
    return positions


def code_single(question: Question) -> dict[str | None, Positions]:
    """Return the code of a single choice.

    A text typed beside "other" means the code `other`, also when the choice itself is blank.
    """
    positions = question.blank()
    for column in question.main:
        given = given_codes(column, question.vocabulary)
        positions = np.where(positions == BLANK, given, positions)
    for column in question.other:
        typed = column.accepted & (positions == BLANK)
        positions[typed] = question.position(question.variable.other or "")
    refused = question.any_of(column.rejected for column in question.answering)
    positions[refused & (positions == BLANK)] = question.position("unreadable")
    return {None: positions}


def code_multiple(question: Question) -> dict[str | None, Positions]:
    """Return `selected` or `not_selected` for each item of a multiple choice.

    Where any cell of the question holds an accepted answer, "other" text included, the items
    without one are `not_selected`. Where all that it holds was rejected, every item is
    `unreadable`: an unticked box tells nothing beside one that cannot be read.
    """
    return code_battery(question, rest=NOT_SELECTED, given=_ticked)


def _ticked(question: Question, column: ReadColumn) -> Positions:
    if column.read.use == "text":
        return np.where(column.accepted, question.position(SELECTED), BLANK)
    return given_codes(column, question.vocabulary)


def code_battery(
    question: Question, *, rest: str, given: Callable[[Question, ReadColumn], Positions]
) -> dict[str | None, Positions]:
    """Return the codes of a battery in which one answer speaks for the items left blank.

    Args:
        question: A multiple choice or a ranking.
        rest: The code of a blank item beside an accepted one.
        given: Returns the codes of the accepted cells of a column, BLANK elsewhere.
    """
    touched = question.any_of(column.accepted for column in question.main)
    spoiled = question.any_of(column.rejected for column in question.main) & ~touched
    found: dict[str | None, Positions] = {}
    for item in question.items:
        positions = question.blank()
        columns = question.of_item(item)
        for column in columns:
            positions = np.where(positions == BLANK, given(question, column), positions)
        refused = question.any_of(column.rejected for column in columns) | spoiled
        positions[refused & (positions == BLANK)] = question.position("unreadable")
        positions[touched & (positions == BLANK)] = question.position(rest)
        found[item] = positions
    return found
