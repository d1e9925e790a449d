"""Entries of a codebook made from the questions of an export: variables, items, scales, words.

In: the lines of YAML and the rows of columns for what no codebook knows yet, marked `review:`
where the export does not tell. Not in: where they go (`draft`, `first_draft`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.edits import plain, quoted
from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.codebook.naming import name_of
from observatoire_pipeline.codebook.questionnaire import Question
from observatoire_pipeline.codebook.reader import REVIEW_MARK as MARK
from observatoire_pipeline.codebook.repeats import INSTANCE, Series, find_blocks, thing_of
from observatoire_pipeline.codebook.wordings import NUMBER, match_form

_PERSONAL = re.compile(
    r"courriel|e-?mail|mail\b|telephone|\bphone\b|\bnom\b|prenom|\bname\b|adresse|coordonnees|contact"
)
_OTHER = re.compile(r"^(autres?|other|others)\b")
OTHER = {"fr": "Autre", "en": "Other"}
"""The answer under which people type where the export shows no label for it, by language."""

DERIVED = "derived"
"""What words rest on that are known from an export, and from no document."""

_DO_NOT_KNOW = re.compile(
    r"^(ne sa(it|is) pas|je ne sais pas|nsp|n sp|don t know|do not know|not sure|dk|sans opinion)$"
)
_DECLINED = re.compile(r"^(ne souhaite pas repondre|prefer not to (say|answer)|n a|refus)$")


def marked(text: str) -> str:
    """Return a proposal with the mark that a person must take away."""
    return f"{MARK} {text}"


def label_and_raw(label: str, *, sure: bool = True) -> str:
    """Return the keys `label` and `raw` of an answer that an export shows.

    Whoever writes a nicer label keeps the words of the export.
    """
    return f"label: {quoted(label if sure else marked(label))}, raw: [{quoted(label)}]"


def is_other(label: str) -> bool:
    """Tell whether an answer is "other", which stands behind all others."""
    return _OTHER.match(match_form(label)) is not None


def missing_kind(label: str) -> str | None:
    """Return the kind of missing that an answer of these words is in most surveys, or None."""
    form = match_form(label).replace("/", " ")
    if _DO_NOT_KNOW.match(form):
        return "do_not_know"
    return "declined" if _DECLINED.match(form) else None


@dataclass(frozen=True)
class NewScale:
    """A list of answers as an export shows them."""

    name: str
    options: tuple[str, ...]
    taken: frozenset[str] = frozenset()

    @property
    def codes(self) -> dict[str, str]:
        """Answer → its code; the kinds of missing have none."""
        found: dict[str, str] = {}
        for label in self._ordered():
            if missing_kind(label) is None:
                taken = {*found.values(), *self.taken}
                found[label] = name_of(label, taken=taken, length=24)
        return found

    @property
    def is_rating(self) -> bool:
        """Whether every answer is a number."""
        return bool(self.options) and all(NUMBER.fullmatch(o.strip()) for o in self.options)

    def _ordered(self) -> list[str]:
        if self.is_rating:
            return sorted(self.options, key=lambda o: float(o.strip().replace(",", ".")))
        return sorted(self.options, key=is_other)

    def lines(self) -> list[str]:
        """Return the entry of `scales.yaml`; that its order means something is for a person."""
        lines = [f"- scale: {self.name}"]
        if self.is_rating:
            lines.append(f"  ordered: {quoted(marked('true'))}")
        elif len(self.codes) > 2:
            lines.append(f"  ordered: {quoted(marked('false'))}")
        lines.append("  codes:" if self.codes else "  codes: []")
        lines += [
            f"    - {{code: {quoted(code)}, {label_and_raw(label)}}}"
            for label, code in self.codes.items()
        ]
        missing = [(missing_kind(label), label) for label in self.options if missing_kind(label)]
        if missing:
            lines.append("  missing:")
            seen: set[str | None] = set()
            for kind, label in missing:
                if kind not in seen:
                    words = label_and_raw(label)
                    lines.append(f"    - {{kind: {quoted(marked(str(kind)))}, {words}}}")
                seen.add(kind)
        return lines


@dataclass(frozen=True)
class NewBlock:
    """A block that is asked several times, and the unit that it describes.

    Attributes:
        name: Its name.
        series: Its questions.
        lines: Its entry of `blocks`.
        unit: The entry of `units` of what it describes, on one line.
        described: Name of that unit.
        told: What a person decides, in words.
    """

    name: str
    series: tuple[Series, ...]
    lines: tuple[str, ...]
    unit: str
    described: str
    told: str


THING = {"fr": ("élément", "éléments"), "en": ("item", "items")}
"""What a repeated block describes when its titles do not say, one and several, by language."""


def new_blocks(
    series: Sequence[Series], *, language: str, blocks: Sequence[str], units: Sequence[str]
) -> list[NewBlock]:
    """Return the repeated blocks; that a repetition describes several things is for a person.

    Args:
        series: The questions, repeated or not.
        language: Language of the survey.
        blocks: Names of blocks in use.
        units: Names of units in use.
    """
    made: list[NewBlock] = []
    taken = list(units)
    for asked in find_blocks(series):
        thing = thing_of(asked)
        singular, plural = (thing, f"{thing}s") if thing else THING[language]
        taken.append(name_of(singular, taken=taken))
        name = name_of(f"bloc {singular}", taken=[*blocks, *(block.name for block in made)])
        count = len(asked[0].instances)
        lines = (
            f"- block: {name}",
            f"  title: {quoted(marked(singular.capitalize()))}",
            f"  unit: {taken[-1]}",
            f"  instances: {quoted(marked(str(count)))}",
        )
        unit = (
            f"- {{unit: {taken[-1]}, label: {quoted(marked(singular))}, "
            f"plural: {quoted(marked(plural))}}}"
        )
        how = "numbered titles" if asked[0].numbered else "one title, told apart by its place"
        titles = "; ".join(one.question.title for one in asked)
        told = f"asked {count} times ({how}), drafted as {count} instances: {titles}"
        made.append(NewBlock(name, asked, lines, unit, taken[-1], told))
    return made


@dataclass
class NewEntries:
    """The entries drafted so far; names and scales are shared between them.

    Attributes:
        codebook: The codebook that they join; None for one from nothing.
        edition: Key of the edition that asks the questions.
        label_review: Whether the short title of a new question is for a person to confirm.
        source: Name of the export, from which their words are known.
        language: Language of the survey, where there is no codebook to tell.
        scales: New scales, in the order of their first use.
        words: Variable → its rows of columns (item or empty, text).
    """

    codebook: Codebook | None
    edition: str
    label_review: bool
    source: str = ""
    language: str = "fr"
    scales: list[NewScale] = field(default_factory=list)
    words: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def add(self, question: Question, *, block: str) -> tuple[str, list[str]]:
        """Return the name and the lines of `variables.yaml` of a question."""
        taken = {*self.words, *(self.codebook.variables if self.codebook else ())}
        question = self._with_other(question)
        title = question.title.replace(INSTANCE, "")
        name = name_of(title, taken=taken)
        kind, sure = _kind(question)
        label = _short(title)
        lines = [
            f"- variable: {name}",
            f"  block: {block}",
            f"  label: {quoted(marked(label) if self.label_review else label)}",
            f"  kind: {kind if sure else quoted(marked(kind))}",
        ]
        rows = [("", question.title)]
        scale = None
        if kind in ("single", "matrix"):
            scale, shared = self._scale(question.options, name)
            lines.append(f"  scale: {quoted(marked(scale.name)) if shared else scale.name}")
        lines += self._boxes(question, kind, name, scale, rows)
        if kind in ("multiple", "matrix", "ranking"):
            lines.append("  items:")
            items: list[str] = []
            for text in _once(question.items):
                items.append(name_of(text.replace(INSTANCE, ""), taken=items, length=24))
                typed = kind == "multiple" and is_other(text)
                free = f", text: {quoted(marked('true'))}" if typed else ""
                free = ", text: true" if question.kind == "text" else free
                label = quoted(" ".join(text.replace(INSTANCE, "").split()))
                lines.append(f"    - {{item: {quoted(items[-1])}, label: {label}{free}}}")
                rows.append((items[-1], text))
        if kind == "text" and (question.personal or _PERSONAL.search(match_form(question.title))):
            lines.append(f"  personal: {quoted(marked('true'))}")
        if self._undrawn(block, kind, scale):
            lines.append("  chart: false")
        lines += [
            f"  evidence: {DERIVED}",
            *([f"  source: {quoted(self.source)}"] if self.source else []),
        ]
        self.words[name] = rows
        return name, lines

    def _undrawn(self, block: str, kind: str, scale: NewScale | None) -> bool:
        """Tell whether no question of this block, kind and scale is drawn, so neither is this."""
        known = self.codebook.variables.values() if self.codebook else ()
        siblings = [
            variable
            for variable in known
            if (variable.block, variable.kind) == (block, kind)
            and variable.scale == (scale and scale.name)
        ]
        return bool(siblings) and not any(variable.chart for variable in siblings)

    def _with_other(self, question: Question) -> Question:
        """Return the question with a place for what was typed among its answers."""
        if not question.typed_inside:
            return question
        language = self.codebook.survey.language if self.codebook else self.language
        listed = question.items if question.kind == "multiple" else question.options
        other = next((text for text in listed if is_other(text)), None)
        label = other or OTHER[language]
        if question.kind == "multiple":
            return replace(question, items=question.items if other else (*question.items, label))
        options = question.options if other else (*question.options, label)
        return replace(question, options=options, texts=(label,))

    def _boxes(
        self,
        question: Question,
        kind: str,
        name: str,
        scale: NewScale | None,
        rows: list[tuple[str, str]],
    ) -> list[str]:
        """Return the keys of the boxes beside the answers: what is typed for "other", a comment.

        A question has one place for each; a further box has words and no place, and is marked.
        """
        lines: list[str] = []
        codes = {} if scale is None else scale.codes
        for text in question.texts:
            others = [code for label, code in codes.items() if is_other(label)]
            if kind == "single" and others and not any("other:" in line for line in lines):
                lines.append(f"  other: {plain(others[0])}")
                rows.append((others[0], text))
            elif not any("comment:" in line for line in lines):
                item = f"{name}_texte"
                lines.append(f"  comment: {item}")
                rows.append((item, text))
            else:
                taken = [known for known, _ in rows]
                rows.append((name_of(f"{name}_texte", taken=taken, length=60), marked(text)))
        return lines

    def _scale(self, options: tuple[str, ...], variable: str) -> tuple[NewScale, bool]:
        """Return a scale that holds the options, and whether one of the codebook is proposed."""
        forms = {match_form(option) for option in options}
        if self.codebook is not None and len(forms) > 1:
            for known in self.codebook.scales.values():
                labels = {
                    match_form(label): label for c in known.codes for label in (c.label, *c.raw)
                }
                labels |= {match_form(m.label): m.label for m in known.missing}
                if forms <= set(labels) and not hasattr(known, "unit_of_measure"):
                    found = {code.label: code.code for code in known.codes}
                    return _Known(known.scale, options, found), True
        for scale in self.scales:
            held = {match_form(option) for option in scale.options}
            if forms == held or (len(forms) > 1 and forms < held):
                return scale, False
        short = len(options) in (2, 3) and sum(map(len, options)) <= 24
        taken = {scale.name for scale in self.scales}
        taken |= set(self.codebook.scales) if self.codebook else set()
        name = name_of(
            " ".join(options) if short else f"{variable}_reponses", taken=taken, length=60
        )
        made = NewScale(name, tuple(options))
        self.scales.append(made)
        return made, False


@dataclass(frozen=True)
class _Known(NewScale):
    """A scale of the codebook, with the codes that it has."""

    known: dict[str, str] = field(default_factory=dict)

    def __init__(self, name: str, options: tuple[str, ...], known: dict[str, str]) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "options", options)
        object.__setattr__(self, "taken", frozenset())
        object.__setattr__(self, "known", known)

    @property
    def codes(self) -> dict[str, str]:
        """Answer → its code, as the codebook has them."""
        return self.known


def _once(labels: Sequence[str]) -> list[str]:
    """Return the labels, the first spelling of each: two could not be told apart in a file."""
    first: dict[str, str] = {}
    for label in labels:
        first.setdefault(normalise_label(label), label)
    return list(first.values())


def _kind(question: Question) -> tuple[str, bool]:
    """Return the kind of a codebook and whether the export leaves no doubt of it."""
    if question.kind == "text" and question.items:
        return "multiple", False  # boxes to type in, each with its label
    if question.kind in ("multiple", "matrix", "ranking"):
        if not question.items:
            return "text", False
        return question.kind, question.kind != "matrix" or bool(question.options)
    if question.kind in ("single", "bracket"):
        return ("single", True) if len(question.options) > 1 else ("text", False)
    if question.kind == "number":
        return "number", True
    return "text", question.kind == "text"


def _short(title: str) -> str:
    """Return the first words of a title, for charts, until a person finds better ones."""
    label = " ".join(title.split()).rstrip(" :?").strip()
    if len(label) <= 80:
        return label or title.strip()
    return label[:79].rsplit(" ", 1)[0] + "…"
