"""Who a filter lets through, from the answers that were given.

In: the order in which filtered questions can be judged, and the responses a filter shuts out.
Not in: the code `not_applicable` (the normalise stage), the declaration (the codebook).

A filter shuts a response out when the question it looks at was answered, an offered "do not know"
included, with none of the filter's codes, or was itself shut out. A blank or rejected answer
shuts nobody out: the question may have been shown.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import (
    ANSWERED,
    NOT_RANKED,
    NOT_SELECTED,
    SELECTED,
    Filter,
    Variable,
)
from observatoire_pipeline.validate.cells import Mask
from observatoire_pipeline.validate.reading import Meaning, Read


def active_filter(variable: Variable, *, edition: str, codebook: Codebook) -> Filter | None:
    """Return the filter of a variable, None where the edition did not ask what it looks at."""
    declared = variable.filter
    if declared is None or not codebook.asked(declared.variable, edition, item=declared.item):
        return None
    return declared


def filter_instance(filter_: Filter, instance: int, *, codebook: Codebook) -> int:
    """Return the instance at which a filter looks: the same, or the only one there is."""
    return instance if codebook.is_repeated(filter_.variable) else 1


def in_filter_order(edition: str, *, codebook: Codebook) -> list[Variable]:
    """Return the variables of an edition, each behind the one that its filter looks at.

    Raises:
        ValueError: filters that look at one another in a circle.
    """
    waiting = codebook.variables_asked(edition)
    done: dict[str, Variable] = {}
    while waiting:
        ready = [
            variable
            for variable in waiting
            if (looks_at := active_filter(variable, edition=edition, codebook=codebook)) is None
            or looks_at.variable in done
        ]
        if not ready:
            names = ", ".join(variable.variable for variable in waiting)
            raise ValueError(f"edition {edition}: filters look at one another: {names}")
        done |= {variable.variable: variable for variable in ready}
        waiting = [variable for variable in waiting if variable.variable not in done]
    return list(done.values())


def shut_out(
    filter_: Filter, looked_at: Variable, reads: Iterable[tuple[Read, Mask]], already: Mask
) -> Mask:
    """Return the responses that a filter shuts out.

    Args:
        filter_: The filter.
        looked_at: The variable it looks at.
        reads: The columns of that variable (in the instance looked at), each with the responses
            whose cell was accepted.
        already: The responses that the variable's own filter shuts out.
    """
    inside = np.zeros(len(already), dtype=bool)
    touched = np.zeros(len(already), dtype=bool)
    named = np.zeros(len(already), dtype=bool)
    spoiled = np.zeros(len(already), dtype=bool)
    for read, accepted in reads:
        if read.column.item == looked_at.comment and read.column.item:
            continue
        of_item = read.column.item in (filter_.item or "", looked_at.other)
        if looked_at.kind in ("multiple", "ranking"):
            touched |= accepted
        elif not of_item:
            continue
        if of_item:
            wanted = [_code(looked_at, read, m) in filter_.codes for m in read.meanings]
            inside |= accepted & read.holds(wanted)
            named |= accepted
            spoiled |= read.cells.filled & ~accepted
    rest = {"multiple": NOT_SELECTED, "ranking": NOT_RANKED}.get(looked_at.kind)
    if rest is None:
        touched = named
    elif rest in filter_.codes:
        inside |= touched & ~named
    # A rejected cell is an answer that nobody knows: it shuts nobody out.
    return (touched & ~inside & (named | ~spoiled)) | already


def _code(looked_at: Variable, read: Read, meaning: Meaning | None) -> str:
    """Return the code that a cell of the variable looked at stands for."""
    if looked_at.other is not None and read.column.item == looked_at.other:
        return looked_at.other
    if looked_at.kind == "multiple":
        return str(meaning) if read.use == "tick" else SELECTED
    if looked_at.kind in ("number", "text"):
        return ANSWERED
    return str(meaning)
