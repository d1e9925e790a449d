"""How far a new edition may be compared with the earlier ones, as entries of `comparability.yaml`.

In: grades that the words and the answers prove, and proposals where they do not. Not in: what
changed between the questionnaires (`diff`, `draft`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.consistency import pairs_of
from observatoire_pipeline.codebook.drafting import Work, partition_of
from observatoire_pipeline.codebook.edits import plain, quoted
from observatoire_pipeline.codebook.entries import MARK, marked
from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.codebook.models import NOT_ASKED_MARK, Comparability, Variable

_REASONS = {
    "fr": {
        "identical": "Même question, mêmes réponses",
        "list": "Même question et même choix\u202f; d’autres choix de la liste ont changé",
        "spelling": "Même question : seules la ponctuation ou l’écriture inclusive changent",
        "reworded": "À relire : le libellé de la question ou d’un choix a changé",
        "options": "À relire : les réponses proposées ont changé",
        "regrouped": "À relire : des tranches ont été réunies ou divisées",
        "scale": "À relire : l’échelle de réponse a changé",
        "earlier": "À relire : le libellé ou les réponses changent entre ces deux éditions",
    },
    "en": {
        "identical": "Same question, same answers",
        "list": "Same question and same choice; other choices of the list changed",
        "spelling": "Same question: only punctuation or inclusive writing changed",
        "reworded": "To be read again: the words of the question or of a choice changed",
        "options": "To be read again: the answers offered changed",
        "regrouped": "To be read again: intervals were joined or divided",
        "scale": "To be read again: the scale changed",
        "earlier": "To be read again: words or answers changed between these two editions",
    },
}


@dataclass(frozen=True)
class _Grade:
    grade: str
    reason: str
    mapping: tuple[tuple[str, str], ...] = ()


def grade_entries(work: Work) -> Iterator[list[str]]:
    """Yield one comparability entry for each variable and grade, earlier editions together."""
    for name in work.codebook.variables:
        if name not in work.changes:
            continue
        variable = work.codebook.variables[name]
        items: list[str | None] = [item.item for item in variable.items]
        found: dict[tuple[_Grade, str], list[str | None]] = {}
        for item in items or [None]:
            cell = work.cells.get((name, item or ""), NOT_ASKED_MARK)
            if cell.removeprefix(MARK).strip() == NOT_ASKED_MARK:
                continue  # whoever decides that it is asked is told which grades it lacks
            for earlier in work.codebook.edition_keys:
                if work.codebook.asked(name, earlier, item=item):
                    grade = _grade(work, variable, item, earlier)
                    found.setdefault((grade, earlier), []).append(item)
        yield from _grade_lines(work, name, found)


def _grade_lines(
    work: Work, name: str, found: dict[tuple[_Grade, str], list[str | None]]
) -> Iterator[list[str]]:
    together: dict[tuple[_Grade, tuple[str | None, ...]], list[str]] = {}
    for (grade, earlier), graded in found.items():
        together.setdefault((grade, tuple(graded)), []).append(earlier)
    whole = len({items for _, items in together}) == 1
    for (grade, items), editions in together.items():
        lines = [f"- variable: {name}"]
        if items != (None,) and not whole:
            lines.append(f"  items: [{', '.join(plain(item) for item in items if item)}]")
        lines += [
            f"  earlier: [{', '.join(quoted(edition) for edition in editions)}]",
            f'  later: ["{work.edition}"]',
            f"  grade: {quoted(grade.grade) if MARK in grade.grade else grade.grade}",
        ]
        if grade.mapping:
            lines.append("  mapping:")
            lines += [f"    {plain(code)}: {plain(common)}" for code, common in grade.mapping]
        yield [*lines, f"  reason: {quoted(grade.reason)}"]


def _grade(work: Work, variable: Variable, item: str | None, earlier: str) -> _Grade:
    """Return the grade of an earlier edition and the new one.

    What is declared between the two earlier editions holds for the new one where nothing changed
    since the later of them; anything else is proposed.
    """
    name, before = variable.variable, work.asked_in[variable.variable]
    own = _own_grade(work, variable, item)
    if earlier == before:
        return own
    order = work.codebook.edition_keys
    pair = (earlier, before) if order.index(earlier) < order.index(before) else (before, earlier)
    entry = _declared(work.codebook, name, item, pair)
    same_scale = work.codebook.scale_of(name, earlier) == work.codebook.scale_of(name, before)
    if own.mapping and not same_scale:
        return _Grade(marked("scale_changed"), _reason(work, "earlier"))
    if entry is None or (own.mapping and entry.grade == "reworded"):
        grade = marked(own.grade.removeprefix(f"{MARK} "))
        return _Grade(grade, _reason(work, "earlier"), own.mapping)
    mapping = tuple((entry.mapping or {}).items())
    if own.grade == "identical":
        return _Grade(entry.grade, entry.reason, mapping)
    if entry.grade == "identical":
        return own
    if own.grade == "reworded" and entry.grade == "reworded":
        return _Grade(entry.grade, entry.reason)
    return _Grade(marked(entry.grade), _reason(work, "earlier"), mapping)


def _own_grade(work: Work, variable: Variable, item: str | None) -> _Grade:
    name, before = variable.variable, work.asked_in[variable.variable]
    if name in work.new_scales:
        mapping, _ = partition_of(work, name)
        if mapping:
            return _Grade(marked("options_regrouped"), _reason(work, "regrouped"), mapping)
        return _Grade(marked("scale_changed"), _reason(work, "scale"))
    items = [work.cells.get((name, part.item)) for part in variable.items]
    if variable.kind == "ranking" and (name in work.new_items or NOT_ASKED_MARK in items):
        return _Grade(marked("scale_changed"), _reason(work, "options"))
    scale = work.codebook.scale_of(name, before)
    cells = [work.cells[name, key] for key in dict.fromkeys(["", item or ""])]
    if any(cell.startswith(MARK) for cell in cells):
        return _Grade(marked("reworded"), _reason(work, "reworded"))
    if scale is not None and (work.new_codes.get(scale.scale) or work.old_codes.get(scale.scale)):
        return _Grade(marked("reworded"), _reason(work, "options"))
    exclusive = [part for part in variable.items if part.exclusive and variable.kind == "multiple"]
    for part in exclusive:
        was = work.codebook.asked(name, before, item=part.item)
        if was and work.cells.get((name, part.item)) == NOT_ASKED_MARK:
            return _Grade(marked("reworded"), _reason(work, "options"))
    for key in dict.fromkeys([None, item]):
        whole = work.completed.get((name, key or ""), {})
        old = whole.get(before) or work.codebook.column_text(name, key, before) or ""
        if normalise_label(old) != normalise_label(work.cells[name, key or ""]):
            return _Grade("reworded", _reason(work, "spelling"))
    changed = name in work.new_items or any(
        (cell or NOT_ASKED_MARK).removeprefix(MARK).strip() == NOT_ASKED_MARK
        for cell, part in zip(items, variable.items, strict=True)
        if work.codebook.asked(name, before, item=part.item)
    )
    return _Grade("identical", _reason(work, "list" if changed else "identical"))


def _declared(
    codebook: Codebook, name: str, item: str | None, pair: tuple[str, str]
) -> Comparability | None:
    keys = list(codebook.edition_keys)
    for entry in codebook.comparability:
        if entry.variable != name or (entry.items and item not in entry.items):
            continue
        if pair in pairs_of(entry, keys):
            return entry
    return None


def _reason(work: Work, key: str) -> str:
    return _REASONS[work.codebook.survey.language][key]
