"""What of the figures by group is hidden: the rules of the codebook over all tables of a question.

In: sensitive cells (small bases, unanimous groups, groups of few collectivités, bases that differ
by a few), the bases that tell an answer (filters), what is hidden with them, and which weighted
shares would tell them. Not in: how complements are found (`estimation.disclosure`), how a hidden
figure is written (`breakdowns`), the audit (`audit`).

The attacker knows who answered, by type, size and région together, and the base of every group: who
answered is no secret, what they answered is. Whom a filtered question was put to is an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import SELECTED
from observatoire_pipeline.estimation.disclosure import (
    WeightedShares,
    dominated_groups,
    protect,
    sensitive_cells,
    small_differences,
)
from observatoire_pipeline.marts.bases import DO_NOT_KNOW
from observatoire_pipeline.marts.estimates import FAVOURABLE, parts_of_figure
from observatoire_pipeline.marts.groups import Breakdown
from observatoire_pipeline.marts.weighting import SHARE_DECIMALS

Flags = npt.NDArray[np.bool_]
_Key = tuple[str, str, str]


class Asked(Protocol):
    """The units that a question was put to (`units.Question`)."""

    codes: npt.NDArray[np.int64]
    vocabulary: list[str]
    inside: Flags
    rows: npt.NDArray[np.intp]
    clusters: npt.NDArray[np.int64] | None


class Table(Protocol):
    """One question of one edition by one breakdown, counted (`breakdowns`)."""

    rows: Sequence[dict[str, Any]]
    question: Any
    breakdown: Breakdown
    edition: str
    variable: str
    codes: list[str]
    of_unit: npt.NDArray[np.intp]
    answers: npt.NDArray[np.int64]
    bases: npt.NDArray[np.int64]
    unsure: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Hiding:
    """What of one table is not shown.

    Attributes:
        cells: Shape (codes, groups).
        bases: Groups whose base is hidden with all their cells, for it tells an answer to the
            question that filters this one; shape (groups,).
    """

    cells: Flags
    bases: Flags


@dataclass(frozen=True)
class Hidden:
    """What of all tables is not shown.

    Attributes:
        tables: In the order of the tables.
        withheld: `figure_id` of the overall shares that are not shown weighted.
    """

    tables: list[Hiding]
    withheld: frozenset[str]


def hide(
    tables: Sequence[Table],
    *,
    codebook: Codebook,
    weights: Mapping[bool, npt.NDArray[np.float64]] | None = None,
) -> Hidden:
    """Return what is hidden of tables that are published together.

    Args:
        tables: Every table that may be published, any order.
        codebook: `survey.disclosure` and the filters.
        weights: Weight of each row of the panel (False) and of its instances (True), 0 for those
            that have none; nothing is weighted when left out.
    """
    places: dict[_Key, list[int]] = {}
    for place, table in enumerate(tables):
        key = (table.edition, table.variable, str(table.rows[0]["item"]))
        places.setdefault(key, []).append(place)
    found: dict[int, Hiding] = {}
    withheld: set[str] = set()
    for key in _parents_first(places, codebook):
        own = [tables[place] for place in places[key]]
        forced = [_told_by_base(table, places, tables, found, codebook) for table in own]
        made, shares = _of_question(own, forced, codebook, weights)
        found.update(zip(places[key], made, strict=True))
        withheld |= shares
    return Hidden([found[place] for place in range(len(tables))], frozenset(withheld))


def _parents_first(places: Mapping[_Key, list[int]], codebook: Codebook) -> Iterator[_Key]:
    done: set[_Key] = set()

    def walk(key: _Key) -> Iterator[_Key]:
        if key in done or key not in places:
            return
        done.add(key)
        if (rule := codebook.variables[key[1]].filter) is not None:
            yield from walk((key[0], rule.variable, rule.item or ""))
        yield key

    for key in places:
        yield from walk(key)


def _told_by_base(
    table: Table,
    places: Mapping[_Key, list[int]],
    tables: Sequence[Table],
    found: Mapping[int, Hiding],
    codebook: Codebook,
) -> Flags:
    """Return the groups whose base is a hidden count of the question that filters this one."""
    nothing = np.zeros(len(table.bases), dtype=bool)
    rule = codebook.variables[table.variable].filter
    if rule is None or not codebook.asked(rule.variable, table.edition, item=rule.item):
        return nothing
    for place in places.get((table.edition, rule.variable, rule.item or ""), ()):
        parent = tables[place]
        if parent.breakdown.breakdown == table.breakdown.breakdown:
            at = [parent.codes.index(code) for code in rule.codes if code in parent.codes]
            told = found[place].cells[at].any(axis=0) & (parent.bases > 0)
            return told | (found[place].bases & (parent.bases > 0))
    return ~nothing  # the question that filters this one is not told by these groups


def _of_question(
    tables: Sequence[Table],
    forced: Sequence[Flags],
    codebook: Codebook,
    weights: Mapping[bool, npt.NDArray[np.float64]] | None,
) -> tuple[list[Hiding], set[str]]:
    first = tables[0]
    answers = _answers(first)
    groups = np.array([table.of_unit for table in tables])
    close = _close_groups(answers, groups, tables, codebook)
    sensitive = [
        _sensitive(table, answers, codebook) | told | near
        for table, told, near in zip(tables, forced, close, strict=True)
    ]
    shares: WeightedShares | None = None
    ids: list[str] = []
    if weights is not None:
        weight = weights[codebook.is_repeated(first.variable)][first.question.rows]
        shares, ids = _weighted_shares(first, answers, weight, codebook)
    favourable = parts_of_figure(codebook, first.variable, first.edition, FAVOURABLE)
    together = [code in favourable for code in first.codes]
    made = protect(answers, groups, sensitive, together=together, weighted=shares)
    # What no hiding protects is told by the overall figure; it is not repeated for a small group.
    hidings = [
        Hiding(cells | implied | told, told)
        for cells, implied, told in zip(made.hidden, made.implied, forced, strict=True)
    ]
    return hidings, {ids[k] for k in np.flatnonzero(made.withheld).tolist()}


def _answers(table: Table) -> npt.NDArray[np.int64]:
    """Return the position of each unit's answer among the codes of the table; -1 outside."""
    question: Asked = table.question
    if table.codes[0] == SELECTED:
        ticked = question.codes == question.vocabulary.index(SELECTED)
        return np.where(question.inside, np.where(ticked, 0, 1), -1).astype(np.int64)
    place = {code: k for k, code in enumerate(table.codes)}
    return np.array([place.get(code, -1) for code in question.vocabulary])[question.codes]


def _sensitive(table: Table, answers: npt.NDArray[np.int64], codebook: Codebook) -> Flags:
    """Return the cells that are hidden for their own sake; shape (codes, groups)."""
    rules = codebook.survey.disclosure
    opinion = any(parts_of_figure(codebook, table.variable, table.edition, FAVOURABLE))
    cells = sensitive_cells(table.answers, smallest_base=rules.smallest_base, unanimity=opinion)
    # The base without do-not-know is one that is published, too.
    groups = (table.bases > 0) & (table.bases - table.unsure < rules.smallest_base)
    if table.question.clusters is not None:
        inside = answers >= 0
        _, names = np.unique(table.question.clusters[inside], return_inverse=True)
        shape = (int(names.max(initial=-1)) + 1, len(table.bases))
        units = np.zeros(shape, dtype=np.int64)
        np.add.at(units, (names, table.of_unit[inside]), 1)
        groups |= dominated_groups(
            units, smallest_number=rules.smallest_count, largest_part=rules.dominance
        )
    return cells | groups


def _close_groups(
    answers: npt.NDArray[np.int64],
    groups: npt.NDArray[np.intp],
    tables: Sequence[Table],
    codebook: Codebook,
) -> list[Flags]:
    """Return the groups that another base holds but for a few: their difference is those few."""
    kinds, number = np.unique(groups[:, answers >= 0], axis=1, return_counts=True)
    owner = [(k, group) for k, table in enumerate(tables) for group in range(len(table.bases))]
    members = np.array([kinds[k] == group for k, group in owner] + [np.ones(len(number), bool)])
    found = [np.zeros(len(table.bases), dtype=bool) for table in tables]
    smallest = codebook.survey.disclosure.smallest_difference
    for _, smaller, _ in small_differences(members, smallest=smallest, number=number):
        k, group = owner[smaller]
        found[k][group] = tables[k].bases[group] > 0
    return found


def _weighted_shares(
    table: Table,
    answers: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64],
    codebook: Codebook,
) -> tuple[WeightedShares | None, list[str]]:
    """Return the weighted shares of the question, and the figures that they are of."""
    if not weight[answers >= 0].any():
        return None, []
    parts, bases, ids = [], [], []
    for row in table.rows:
        added = parts_of_figure(codebook, table.variable, table.edition, row["code"])
        with_dk = row["base_rule"] == "answered_or_dk"
        parts.append([code in added for code in table.codes])
        bases.append([with_dk or code != DO_NOT_KNOW for code in table.codes])
        ids.append(str(row["figure_id"]))
    return WeightedShares(weight, np.array(parts), np.array(bases), SHARE_DECIMALS), ids
