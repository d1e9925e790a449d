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
from observatoire_pipeline.codebook.labels import LabelIndex, normalise_label
from observatoire_pipeline.codebook.models import Bracket, Brackets
from observatoire_pipeline.codebook.naming import name_of
from observatoire_pipeline.codebook.questionnaire import Question
from observatoire_pipeline.codebook.reader import REVIEW_MARK as MARK
from observatoire_pipeline.codebook.repeats import INSTANCE, Series, find_blocks, thing_of
from observatoire_pipeline.codebook.wordings import match_form

_PERSONAL = re.compile(
    r"courriel|e-?mail|mail\b|telephone|\bphone\b|\bnom\b|prenom|\bname\b|adresse|coordonnees|contact"
)
_OTHER = re.compile(r"^(autres?|other|others)\b")
OTHER = {"fr": "Autre", "en": "Other"}
"""The answer under which people type where the export shows no label for it, by language."""

_DO_NOT_KNOW = re.compile(
    r"^(ne sa(it|is) pas|je ne sais pas|nsp|n sp|don t know|do not know|not sure|dk|sans opinion)$"
)
_DECLINED = re.compile(r"^(ne souhaite pas repondre|prefer not to (say|answer)|n a|refus)$")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_FROM_ON = re.compile(r"\b(plus|more|over|above|et plus|au moins)\b|\+$|^>")
_UP_TO = re.compile(r"\b(moins|less|under|below|jusqu)\b|^<")


def marked(text: str) -> str:
    """Return a proposal with the mark that a person must take away."""
    return f"{MARK} {text}"


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
        return bool(self.options) and all(_NUMBER.fullmatch(o.strip()) for o in self.options)

    def _ordered(self) -> list[str]:
        if self.is_rating:
            return sorted(self.options, key=lambda o: float(o.strip().replace(",", ".")))
        return list(self.options)

    def lines(self) -> list[str]:
        """Return the entry of `scales.yaml`; that its order means something is for a person."""
        lines = [f"- scale: {self.name}"]
        if self.is_rating:
            lines.append(f"  ordered: {quoted(marked('true'))}")
        elif len(self.codes) > 2:
            lines.append(f"  ordered: {quoted(marked('false'))}")
        lines.append("  codes:" if self.codes else "  codes: []")
        lines += [
            f"    - {{code: {quoted(code)}, label: {quoted(label)}}}"
            for label, code in self.codes.items()
        ]
        missing = [(missing_kind(label), label) for label in self.options if missing_kind(label)]
        if missing:
            lines.append("  missing:")
            seen: set[str | None] = set()
            for kind, label in missing:
                if kind not in seen:
                    lines.append(
                        f"    - {{kind: {quoted(marked(str(kind)))}, label: {quoted(label)}}}"
                    )
                seen.add(kind)
        return lines


def bracket_lines(
    name: str, old: Brackets, options: Sequence[str], known: LabelIndex[str]
) -> list[str]:
    """Return the entry of `brackets.yaml` that takes the place of other brackets.

    Intervals that are still shown, or that no new one overlaps, stay as they are; the bounds of the
    new ones are read in their words.

    Args:
        name: Name of the new brackets.
        old: The brackets that they replace.
        options: Answers of the export.
        known: Look-up of the old answers.
    """
    shown: dict[str, list[str]] = {}
    new: list[tuple[float | None, float | None, str]] = []
    for option in options:
        code = known.find(option)
        if code is None:
            new.append((*_bounds(option), option))
        else:
            shown.setdefault(code, []).append(option)
    taken = {code.code for code in old.codes}
    rows: list[tuple[float, float, str]] = []
    kept = [
        entry
        for entry in old.codes
        if entry.code in shown or not any(_overlap(entry, *bounds[:2]) for bounds in new)
    ]
    starts = [bound for bound in (*(e.lower for e in kept), *(n[0] for n in new)) if bound]
    for entry in kept:
        raw = [*entry.raw, *(o for o in shown.get(entry.code, ()) if o not in entry.raw)]
        words = f", raw: [{', '.join(map(quoted, raw))}]" if raw else ""
        rows.append(_bracket(entry.code, quoted(entry.label) + words, entry.lower, entry.upper))
    for lower, upper, option in new:
        code = name_of(option, taken=taken, length=24)
        taken.add(code)
        end = upper
        if upper is not None and upper != lower:  # "18 à 29" goes on to where "30 à 44" begins
            end = next((start for start in starts if 0 < start - upper <= 1), upper)
        rows.append(_bracket(code, quoted(marked(option)), lower, end))
    lines = [f"- brackets: {name}", f"  unit_of_measure: {quoted(old.unit_of_measure)}", "  codes:"]
    lines += [f"    - {row}" for *_, row in sorted(rows)]
    if old.missing:
        lines.append("  missing:")
    for missing in old.missing:
        raw = [*missing.raw, *(o for o in shown.get(missing.kind, ()) if o not in missing.raw)]
        words = f", raw: [{', '.join(map(quoted, raw))}]" if raw else ""
        lines.append(f"    - {{kind: {missing.kind}, label: {quoted(missing.label)}{words}}}")
    return lines


def _overlap(entry: Bracket, lower: float | None, upper: float | None) -> bool:
    low = max(_low(entry.lower), _low(lower))
    return low < min(_high(entry.upper), _high(upper))


def _low(bound: float | None) -> float:
    return float("-inf") if bound is None else bound


def _high(bound: float | None) -> float:
    return float("inf") if bound is None else bound


def _bracket(
    code: str, words: str, lower: float | None, upper: float | None
) -> tuple[float, float, str]:
    point = ", point: true" if lower is not None and lower == upper else ""
    bounds = f"lower: {_plain(lower)}, upper: {_plain(upper)}{point}"
    row = f"{{code: {quoted(code)}, label: {words}, {bounds}}}"
    return _low(lower), _high(upper), row


def _plain(value: float | None) -> str:
    return "null" if value is None else f"{value:g}" if value < 1e6 else str(int(value))


def _bounds(label: str) -> tuple[float | None, float | None]:
    form = match_form(label)
    numbers = [
        float(number.replace(",", ".")) * (1e6 if form[end:].startswith(" million") else 1)
        for number, end in ((found[0], found.end()) for found in _NUMBER.finditer(form))
    ]
    if len(numbers) >= 2:
        return min(numbers[:2]), max(numbers[:2])
    if len(numbers) == 1 and _UP_TO.search(form):
        return None, numbers[0]
    if len(numbers) == 1 and _FROM_ON.search(form):
        return numbers[0], None
    if len(numbers) == 1:
        return numbers[0], numbers[0]
    return 0.0, 0.0


@dataclass(frozen=True)
class NewBlock:
    """A block that is asked several times, and the unit that it describes.

    Attributes:
        name: Its name.
        series: Its questions.
        lines: Its entry of `blocks`.
        unit: The entry of `units` of what it describes, on one line.
        told: What a person decides, in words.
    """

    name: str
    series: tuple[Series, ...]
    lines: tuple[str, ...]
    unit: str
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
        made.append(NewBlock(name, asked, lines, unit, told))
    return made


@dataclass
class NewEntries:
    """The entries drafted so far; names and scales are shared between them.

    Attributes:
        codebook: The codebook that they join; None for one from nothing.
        edition: Key of the edition that asks the questions.
        label_review: Whether the short title of a new question is for a person to confirm.
        language: Language of the survey, where there is no codebook to tell.
        scales: New scales, in the order of their first use.
        words: Variable → its rows of columns (item or empty, text).
    """

    codebook: Codebook | None
    edition: str
    label_review: bool
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
                typed = kind == "multiple" and bool(_OTHER.match(match_form(text)))
                free = f", text: {quoted(marked('true'))}" if typed else ""
                free = ", text: true" if question.kind == "text" else free
                label = quoted(" ".join(text.replace(INSTANCE, "").split()))
                lines.append(f"    - {{item: {quoted(items[-1])}, label: {label}{free}}}")
                rows.append((items[-1], text))
        if kind == "text" and (question.personal or _PERSONAL.search(match_form(question.title))):
            lines.append(f"  personal: {quoted(marked('true'))}")
        lines.append("  evidence: printed")
        self.words[name] = rows
        return name, lines

    def _with_other(self, question: Question) -> Question:
        """Return the question with a place for what was typed among its answers."""
        if not question.typed_inside:
            return question
        language = self.codebook.survey.language if self.codebook else self.language
        listed = question.items if question.kind == "multiple" else question.options
        other = next((text for text in listed if _OTHER.match(match_form(text))), None)
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
            others = [code for label, code in codes.items() if _OTHER.match(match_form(label))]
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
