"""Say for every question and pair of editions whether a change may be read, and why.

In: the grades declared in `comparability.yaml` spread over variables, items and pairs; the grades
that follow from the columns (`not_asked`); the check of declared grades against the codebook.
Not in: the computation of a change.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.codebook.models import COMPARABLE_GRADES, Comparability, Variable
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import from_records


class ComparabilityError(ValueError):
    """The grades of `comparability.yaml` are not complete or not true; all problems are listed."""


@dataclass(frozen=True)
class _Grades:
    """The entry that grades each (variable, item, earlier, later), and what is wrong with them."""

    entries: dict[tuple[str, str | None, str, str], Comparability]
    problems: list[str]


def comparability_table(codebook: Codebook) -> pd.DataFrame:
    """Return the grade of every variable (or item of a battery) and pair of editions.

    A pair is (earlier, later) in the order of the codebook, over all editions, whether their data
    are at hand or not. Personal texts, which no table holds, are left out. The code mapping of
    regrouped options is JSON with sorted keys, empty for the other grades.

    Returns:
        A frame of the table `comparability`.

    Raises:
        ComparabilityError: `comparability_problems` finds something.
    """
    grades = _grades(codebook)
    problems = _problems(codebook, grades)
    if problems:
        raise ComparabilityError(
            f"{codebook.root / 'comparability.yaml'}:\n  " + "\n  ".join(problems)
        )
    records = [
        _record(codebook, variable, item, pair, grades)
        for variable, item in _questions(codebook)
        for pair in combinations(codebook.edition_keys, 2)
    ]
    return from_records(records, catalogue(codebook)["comparability"])


def comparability_problems(codebook: Codebook) -> list[str]:
    """Return what is missing from the declared grades or contradicts the codebook.

    - a pair of editions that both asked has no grade, or has two;
    - a grade is declared for a question that one of the editions did not ask;
    - `identical`: title, label, scale, answers offered, unit, or who was asked differ;
    - `reworded` and `options_regrouped`: the unit differs;
    - `options_regrouped`: the mapping leaves out a code of either edition, or names another;
    - an entry names an unknown variable, item or edition, or its earlier edition is not earlier.

    Returns:
        Problems in words, each with its entry by position in the file; empty when all is well.
    """
    return _problems(codebook, _grades(codebook))


def _questions(codebook: Codebook) -> Iterator[tuple[Variable, str | None]]:
    for variable in codebook.variables.values():
        if not variable.personal:
            for item in _item_names(variable):
                yield variable, item


def _item_names(variable: Variable) -> list[str | None]:
    return [item.item for item in variable.items] if variable.items else [None]


# --- the table ------------------------------------------------------------------------------


def _record(
    codebook: Codebook,
    variable: Variable,
    item: str | None,
    pair: tuple[str, str],
    grades: _Grades,
) -> dict[str, object]:
    entry = grades.entries.get((variable.variable, item, *pair))
    absent = _not_asking(codebook, variable.variable, item, pair)
    mapping = None if entry is None or absent else entry.mapping
    grade = "not_asked" if absent or entry is None else entry.grade
    return {
        "variable": variable.variable,
        "item": item or "",
        "edition_from": pair[0],
        "edition_to": pair[1],
        "grade": grade,
        "comparable": grade in COMPARABLE_GRADES,
        "code_mapping": "" if mapping is None else json.dumps(mapping, sort_keys=True),
        "reason": _absence_words(codebook, absent) if entry is None or absent else entry.reason,
        "variable_label": variable.label,
        "item_label": "" if item is None else variable.item(item).label,
    }


def _not_asking(
    codebook: Codebook, variable: str, item: str | None, pair: tuple[str, str]
) -> list[str]:
    return [edition for edition in pair if not codebook.asked(variable, edition, item=item)]


def _absence_words(codebook: Codebook, editions: list[str]) -> str:
    if codebook.survey.language == "fr":
        which = "l’édition" if len(editions) == 1 else "les éditions"
        return f"Question non posée dans {which} {' et '.join(editions)}"
    which = "edition" if len(editions) == 1 else "editions"
    return f"Not asked in {which} {' and '.join(editions)}"


# --- declared grades ------------------------------------------------------------------------


def _grades(codebook: Codebook) -> _Grades:
    """Spread every entry over its items and pairs."""
    problems: list[str] = []
    entries: dict[tuple[str, str | None, str, str], Comparability] = {}
    for number, entry in enumerate(codebook.comparability, start=1):
        where = f"entry {number} ({entry.variable}, {entry.grade})"
        found = [f"{where}: {problem}" for problem in _unknown_names(codebook, entry)]
        problems += found
        if found:
            continue
        battery = _item_names(codebook.variables[entry.variable])
        for pair in _pairs(entry, codebook):
            problems += [f"{where}: {p}" for p in _graded_but_absent(codebook, entry, pair)]
            for item in entry.items or battery:
                first = entries.setdefault((entry.variable, item, *pair), entry)
                if first is not entry:
                    problems.append(
                        f"{where}: {_question(entry.variable, item)} has another grade "
                        f"({first.grade}) from {pair[0]} to {pair[1]}"
                    )
    return _Grades(entries, problems)


def _unknown_names(codebook: Codebook, entry: Comparability) -> list[str]:
    variable = codebook.variables.get(entry.variable)
    if variable is None:
        return [f"unknown variable {entry.variable}"]
    known = {item.item for item in variable.items}
    problems = [f"unknown item {item}" for item in entry.items or () if item not in known]
    named = (*(entry.among or ()), *(entry.earlier or ()), *(entry.later or ()))
    problems += [f"unknown edition {e}" for e in dict.fromkeys(named) if e not in codebook.editions]
    order = {edition: place for place, edition in enumerate(codebook.edition_keys)}
    problems += [
        f"{earlier} is not earlier than {later}"
        for earlier in entry.earlier or ()
        for later in entry.later or ()
        if earlier in order and later in order and order[earlier] >= order[later]
    ]
    return problems


def _pairs(entry: Comparability, codebook: Codebook) -> list[tuple[str, str]]:
    if entry.among is not None:
        members = [edition for edition in codebook.edition_keys if edition in entry.among]
        return list(combinations(members, 2))
    return [(a, b) for a in entry.earlier or () for b in entry.later or ()]


def _graded_but_absent(
    codebook: Codebook, entry: Comparability, pair: tuple[str, str]
) -> list[str]:
    """Report grades for what was not asked.

    An entry for the whole battery may span an item that one edition left out: that item is
    `not_asked`. An entry that names the item, or a variable that was not asked at all, is wrong.
    """
    return [
        f"{_question(entry.variable, item)} was not asked in {' and '.join(absent)}: take the pair "
        f"{pair[0]} to {pair[1]} out of the entry, it is not_asked by itself"
        for item in entry.items or (None,)
        if (absent := _not_asking(codebook, entry.variable, item, pair))
    ]


def _question(variable: str, item: str | None) -> str:
    return variable if item is None else f"{variable}, item {item}"


# --- problems -------------------------------------------------------------------------------


def _problems(codebook: Codebook, grades: _Grades) -> list[str]:
    without: dict[tuple[str, tuple[str, str]], list[str | None]] = defaultdict(list)
    untrue: dict[tuple[int, tuple[str, str], str], list[str | None]] = defaultdict(list)
    numbers = {id(entry): place for place, entry in enumerate(codebook.comparability, start=1)}
    for variable, item in _questions(codebook):
        for pair in combinations(codebook.edition_keys, 2):
            if _not_asking(codebook, variable.variable, item, pair):
                continue
            entry = grades.entries.get((variable.variable, item, *pair))
            if entry is None:
                without[variable.variable, pair].append(item)
                continue
            for difference in _untrue(codebook, variable, item, pair, entry):
                untrue[numbers[id(entry)], pair, difference].append(item)
    problems = [
        f"no grade for {variable}{_items(items)} from {pair[0]} to {pair[1]}: add an entry"
        for (variable, pair), items in without.items()
    ]
    for (number, pair, difference), items in sorted(untrue.items(), key=lambda kv: kv[0][0]):
        entry = codebook.comparability[number - 1]
        problems.append(
            f"entry {number} ({entry.variable}{_items(items)}, {entry.grade}) from {pair[0]} to "
            f"{pair[1]}: {difference}"
        )
    return grades.problems + problems


def _items(items: list[str | None]) -> str:
    names = [item for item in items if item is not None]
    if not names:
        return ""
    return f", item{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _untrue(
    codebook: Codebook,
    variable: Variable,
    item: str | None,
    pair: tuple[str, str],
    entry: Comparability,
) -> list[str]:
    """Return in which ways the pair contradicts its declared grade."""
    if entry.grade == "not_asked":
        return ["both editions asked it: give the grade of their answers"]
    if entry.grade not in COMPARABLE_GRADES:
        return []
    found = _unit_differs(codebook, variable, pair)
    if entry.grade == "options_regrouped":
        return found + _mapping_gaps(codebook, variable, pair, entry)
    if entry.grade == "identical":
        found += _answers_differ(codebook, variable, pair)
        found += _words_differ(codebook, variable, item, pair)
        found += _asked_of_others(codebook, variable, pair)
        found += _scale_differs(codebook, variable, pair)
    return found


def _unit_differs(codebook: Codebook, variable: Variable, pair: tuple[str, str]) -> list[str]:
    first, second = (codebook.unit_of(variable.variable, edition).unit for edition in pair)
    if first == second:
        return []
    return [f"the unit changed from {first} to {second} (that is base_changed)"]


def _words_differ(
    codebook: Codebook, variable: Variable, item: str | None, pair: tuple[str, str]
) -> list[str]:
    found = []
    for what, name in (("title", None), ("label", item)):
        if what == "label" and item is None:
            continue
        first, second = (codebook.column_text(variable.variable, name, e) or "" for e in pair)
        if normalise_label(first) != normalise_label(second):
            found.append(f"the {what} changed from {first!r} to {second!r} (that is reworded)")
    return found


def _scale_differs(codebook: Codebook, variable: Variable, pair: tuple[str, str]) -> list[str]:
    first, second = (codebook.scale_of(variable.variable, edition) for edition in pair)
    if first is None or second is None or first.scale == second.scale:
        return []
    return [f"the scale changed from {first.scale} to {second.scale}"]


def _answers_differ(codebook: Codebook, variable: Variable, pair: tuple[str, str]) -> list[str]:
    """Compare what could be answered: the codes, the items to rank, the exclusive choices.

    A further choice in a multiple-choice list leaves the others what they were, but one that
    excludes them ("none") turns blanks into answers and so changes the base.
    """
    offered = [set(codebook.codes_of(variable.variable, edition=edition)) for edition in pair]
    what = "answers"
    if variable.kind in ("ranking", "multiple"):
        what = "items to rank" if variable.kind == "ranking" else "exclusive choices"
        offered = [
            {
                choice.item
                for choice in variable.items
                if codebook.asked(variable.variable, edition, item=choice.item)
                and (choice.exclusive or variable.kind == "ranking")
            }
            for edition in pair
        ]
    only_first, only_second = sorted(offered[0] - offered[1]), sorted(offered[1] - offered[0])
    if not only_first and not only_second:
        return []
    parts = [
        f"only {edition} offers {', '.join(codes)}"
        for edition, codes in zip(pair, (only_first, only_second), strict=True)
        if codes
    ]
    return [f"the {what} changed: {'; '.join(parts)}"]


def _asked_of_others(codebook: Codebook, variable: Variable, pair: tuple[str, str]) -> list[str]:
    if variable.filter is None:
        return []
    gate = variable.filter
    silent = [e for e in pair if not codebook.asked(gate.variable, e, item=gate.item)]
    if len(silent) != 1:
        return []
    return [f"its filter {gate.variable} was not asked in {silent[0]} (that is base_changed)"]


def _mapping_gaps(
    codebook: Codebook, variable: Variable, pair: tuple[str, str], entry: Comparability
) -> list[str]:
    if variable.scale is None:
        return []
    mapping = entry.mapping or {}
    offered = {e: codebook.codes_of(variable.variable, edition=e) for e in pair}
    found = [
        f"the mapping leaves out {', '.join(missing)} of {edition}"
        for edition, codes in offered.items()
        if (missing := [code for code in codes if code not in mapping])
    ]
    known = set(codebook.codes_of(variable.variable))
    strangers = sorted(set(mapping) - known)
    if strangers:
        found.append(f"the mapping names {', '.join(strangers)}, which no edition offers")
    return found
