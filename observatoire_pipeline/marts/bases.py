"""The base of a figure in words, as a reader of the survey meets it under a chart.

In: one sentence fragment for each base rule, in the language of the survey.
Not in: who is in the base (`counts`, `estimates`), and any other text of a chart.
"""

from __future__ import annotations

from observatoire_pipeline.codebook.codebook import Codebook

DO_NOT_KNOW = "do_not_know"

_NARROW, _NBSP = "\u202f", "\u00a0"


def offers_do_not_know(codebook: Codebook, variable: str, edition: str) -> bool:
    """Tell whether the edition offered "do not know" as an answer to the variable."""
    return _do_not_know_label(codebook, variable, edition) is not None


def base_words(
    codebook: Codebook, variable: str, edition: str, *, base_n: int, base_rule: str
) -> str:
    """Return the base in words: « 69 collectivités ayant répondu (hors « ne sait pas ») ».

    Args:
        codebook: The survey; its language decides the words.
        variable: What was asked; its universe is named when a filter applies.
        edition: The edition, whose unit is counted.
        base_n: Units in the base.
        base_rule: `answered`, `answered_or_dk`, or `ranked` (those who ranked the item).
    """
    entry = codebook.variables[variable]
    unit = codebook.unit_of(variable, edition)
    label = _do_not_know_label(codebook, variable, edition)
    if codebook.survey.language == "fr":
        units = f"{_number(base_n, _NARROW)} {unit.plural if base_n >= 2 else unit.label}"
        did = "ayant classé cette proposition" if base_rule == "ranked" else "ayant répondu"
        among = f", parmi {entry.universe}" if entry.universe else ""
        notes = []
        if label is not None and base_rule != "ranked":
            quoted = f"«{_NBSP}{_inside_sentence(label)}{_NBSP}»"
            notes.append(f"hors {quoted}" if base_rule == "answered" else f"y compris {quoted}")
        if entry.kind == "multiple":
            notes.append("plusieurs réponses possibles")
    else:
        units = f"{_number(base_n, ',')} {unit.label if base_n == 1 else unit.plural}"
        did = "that ranked this item" if base_rule == "ranked" else "that answered"
        among = f", among {entry.universe}" if entry.universe else ""
        notes = []
        if label is not None and base_rule != "ranked":
            quoted = f"“{_inside_sentence(label)}”"
            notes.append(f"{'excluding' if base_rule == 'answered' else 'including'} {quoted}")
        if entry.kind == "multiple":
            notes.append("several answers possible")
    return f"{units} {did}{among}" + (f" ({', '.join(notes)})" if notes else "")


def _do_not_know_label(codebook: Codebook, variable: str, edition: str) -> str | None:
    scale = codebook.scale_of(variable, edition)
    if scale is None:
        return None
    for missing in scale.missing:
        if missing.kind == DO_NOT_KNOW:
            return missing.label
    return None


def _inside_sentence(label: str) -> str:
    """Return the label without its initial capital; an acronym keeps it."""
    return label[0].lower() + label[1:] if label[1:2].islower() else label


def _number(value: int, separator: str) -> str:
    return f"{value:,}".replace(",", separator)
