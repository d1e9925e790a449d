"""The base of a figure in words, as a reader of the survey meets it under a chart.

In: one sentence fragment for each base rule, in the language of the survey.
Not in: who is in the base (`counts`, `estimates`), and any other text of a chart.
"""

from __future__ import annotations

from dataclasses import dataclass

from observatoire_pipeline.codebook.codebook import Codebook

DO_NOT_KNOW = "do_not_know"


@dataclass(frozen=True)
class _Words:
    """The pieces of the sentence in one language; `described` is for what cannot answer itself."""

    answered: str
    described: str
    ranked: str
    typed: str
    joined: str
    among: str
    article: str
    without: str
    including: str
    several: str
    themes: str
    quotes: tuple[str, str]
    thousands: str


_WORDS = {
    "fr": _Words(
        answered="ayant répondu",
        described="avec réponse",
        ranked="ayant classé cette proposition",
        typed="ayant écrit une réponse",
        joined=" et",
        among="parmi",
        article="les ",
        without="hors",
        including="y compris",
        several="plusieurs réponses possibles",
        themes="plusieurs thèmes possibles",
        quotes=("«\u00a0", "\u00a0»"),
        thousands="\u202f",
    ),
    "en": _Words(
        answered="that answered",
        described="with an answer",
        ranked="that ranked this item",
        typed="that wrote an answer",
        joined="",
        among="among",
        article="the ",
        without="excluding",
        including="including",
        several="several answers possible",
        themes="several themes possible",
        quotes=("“", "”"),
        thousands=",",
    ),
}


def offers_do_not_know(codebook: Codebook, variable: str, edition: str) -> bool:
    """Tell whether the edition offered "do not know" as an answer to the variable."""
    return _do_not_know_label(codebook, variable, edition) is not None


def base_words(
    codebook: Codebook, variable: str, edition: str, *, base_n: int, base_rule: str
) -> str:
    """Return the base in words: « 69 collectivités ayant répondu (hors « ne sait pas ») ».

    Args:
        codebook: The survey; its language decides the words.
        variable: What was asked; its universe is named when a filter applies, and takes the place
            of the unit when it opens with it ("outils des collectivités équipées").
        edition: The edition, whose unit is counted.
        base_n: Units in the base.
        base_rule: `answered`, `answered_or_dk`, `ranked` (those who ranked the item), or `typed`
            (those who wrote a text).
    """
    words = _WORDS[codebook.survey.language]
    entry = codebook.variables[variable]
    unit = codebook.unit_of(variable, edition)
    singular = base_n == 1 or (base_n == 0 and codebook.survey.language == "fr")
    number = f"{base_n:,}".replace(",", words.thousands)
    noun = unit.label if singular else unit.plural
    did, joined = words.answered, words.joined
    if base_rule == "ranked":
        did = words.ranked
    elif base_rule == "typed":
        did = words.typed
    elif codebook.is_repeated(variable):
        did, joined = words.described, ","
    among = (entry.universe or "").removeprefix(words.article)
    if not among:
        said = f"{number} {noun} {did}"
    elif among.startswith(unit.plural):
        said = f"{number} {noun}{among.removeprefix(unit.plural)}{joined} {did}"
    else:
        said = f"{number} {noun} {did}, {words.among} {words.article}{among}"
    notes = []
    label = _do_not_know_label(codebook, variable, edition)
    if label is not None and base_rule in ("answered", "answered_or_dk"):
        with_or_without = words.without if base_rule == "answered" else words.including
        opening, closing = words.quotes
        notes.append(f"{with_or_without} {opening}{_inside_sentence(label)}{closing}")
    if base_rule == "typed":
        notes.append(words.themes)
    elif entry.kind == "multiple":
        notes.append(words.several)
    return said + (f" ({', '.join(notes)})" if notes else "")


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


def base_state(codebook: Codebook, base_n: int) -> dict[str, str | bool]:
    """Return the columns `suppression` and `cautious` of a figure that everybody may see.

    Args:
        codebook: The survey; `survey.disclosure` holds the limits.
        base_n: Units in the base.
    """
    limits = codebook.survey.disclosure
    state = "small_base" if base_n < limits.smallest_base else "none"
    return {
        "suppression": state if base_n else "no_base",
        "cautious": base_n < limits.cautious_base,
    }
