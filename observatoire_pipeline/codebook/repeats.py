"""Questions of one export that are one question asked again: of tool 1, 2, 3, or under one title.

In: which questions are instances of one another, and which of those belong to one block. Not in:
what a codebook says of them (`first_draft`), and any decision: a person confirms each block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.codebook.proposals import fit
from observatoire_pipeline.codebook.questionnaire import Question
from observatoire_pipeline.codebook.wordings import match_form

INSTANCE = "{instance}"
MOST_INSTANCES = 30
"""A number above it tells no instances apart (an age, an amount)."""

_COUNTER = re.compile(r"(?<![\w.,<>=+€$%{-])[1-9]\d?(?![\w%€$}]|[.,-]\d|\s*[%€$])")
_LEADING = re.compile(r"^\W*(?:q(?:uestion)?\s*)?\d{1,3}\s*[.):-]")
_WORD = re.compile(r"[^\W\d_]{3,}")
_ONE_COLUMN = frozenset({"choice", "number", "text"})


@dataclass(frozen=True)
class Series:
    """One question and its instances; a question asked once is a series of one.

    Attributes:
        question: The question with `{instance}` where the number stands in its title and items;
            its options are those of all instances.
        instances: The questions as the export shows them, instance 1 first.
    """

    question: Question
    instances: tuple[Question, ...]

    @property
    def numbered(self) -> bool:
        """Whether a number in the title tells the instances apart; else only their order does."""
        return INSTANCE in self.question.title


def find_series(questions: Sequence[Question]) -> list[Series]:
    """Return the questions as series, each question in one, in the order of their first instance.

    A number that counts from 1 without a gap, at one place of titles that are otherwise equal, and
    questions of one shape make a series; so does one title shown several times, since nothing but
    the order of the columns tells those questions apart.
    """
    found: list[Series] = []
    taken: set[int] = set()
    for group in sorted(_numbered(questions), key=len, reverse=True):
        places = [place for place, _ in group]
        if taken & set(places):
            continue
        series = _series([questions[p] for p in places], [span for _, span in group])
        if series is not None:
            found.append(series)
            taken |= set(places)
    same: dict[str, list[Question]] = {}
    for place, question in enumerate(questions):
        if place not in taken and question.title.strip():
            same.setdefault(normalise_label(question.title), []).append(question)
    for titled in same.values():
        found += _under_one_title(titled)
    return sorted(found, key=lambda series: series.instances[0].position)


def find_blocks(series: Sequence[Series]) -> list[tuple[Series, ...]]:
    """Return the repeated series, those that are asked together in one block.

    Two series belong together when they have as many instances, and each instance of one stands in
    the same unbroken run of repeated questions as that of the other.
    """
    repeated = [one for one in series if len(one.instances) > 1]
    run_of: dict[int, int] = {}
    for place in sorted(question.position for one in repeated for question in one.instances):
        run_of[place] = run_of[place - 1] if place - 1 in run_of else len(run_of)
    blocks: dict[tuple[int, ...], list[Series]] = {}
    for one in repeated:
        blocks.setdefault(tuple(run_of[q.position] for q in one.instances), []).append(one)
    return [tuple(block) for block in blocks.values()]


def thing_of(block: Sequence[Series]) -> str:
    """Return the word before the number in the titles of a block ("outil"), empty for none."""
    for one in block:
        before = one.question.title.partition(INSTANCE)[0]
        words = _WORD.findall(before)
        if one.numbered and words:
            return str(words[-1]).lower()
    return ""


def _numbered(questions: Sequence[Question]) -> Iterator[list[tuple[int, tuple[int, int]]]]:
    """Yield groups of (place, span of the number) whose numbers count from 1 without a gap."""
    groups: dict[tuple[str, str], dict[int, tuple[int, tuple[int, int]]]] = {}
    spoilt: set[tuple[str, str]] = set()
    for place, question in enumerate(questions):
        title = question.title
        leading = _LEADING.match(title)
        for number in _COUNTER.finditer(title):
            if int(number[0]) > MOST_INSTANCES or (leading and number.end() <= leading.end()):
                continue
            before, after = title[: number.start()], title[number.end() :]
            if not _WORD.search(before + after):
                continue
            key = (normalise_label(before), normalise_label(after))
            members = groups.setdefault(key, {})
            if int(number[0]) in members:
                spoilt.add(key)
            members[int(number[0])] = (place, number.span())
    for key, members in groups.items():
        counted = sorted(members) == [*range(1, len(members) + 1)]
        if len(members) > 1 and counted and key not in spoilt:
            yield [members[number] for number in sorted(members)]


def _series(instances: list[Question], spans: list[tuple[int, int]]) -> Series | None:
    """Return numbered questions as one series, None where their shapes differ."""
    first = instances[0]
    if not all(_one_shape(first, other, k) for k, other in enumerate(instances[1:], start=2)):
        return None
    start, end = spans[0]
    title = f"{first.title[:start]}{INSTANCE}{first.title[end:]}"
    merged = replace(_merged(instances), title=title)
    other = instances[1]
    parts = {
        name: tuple(
            one if one in getattr(other, name) else _template(one, 1)
            for one in getattr(merged, name)
        )
        for name in ("items", "texts")
        if first.items_complete
    }
    return Series(replace(merged, **parts), tuple(instances))  # type: ignore[arg-type]


def _one_shape(first: Question, other: Question, instance: int) -> bool:
    if first.personal != other.personal or len(first.texts) != len(other.texts):
        return False
    if first.items or other.items:
        if first.family != other.family:
            return False
        if not (first.items_complete and other.items_complete):
            return True
        forms = [
            {match_form(_template(item, number)) for item in question.items}
            for question, number in ((first, 1), (other, instance))
        ]
        plain = [{match_form(item) for item in question.items} for question in (first, other)]
        return forms[0] == forms[1] or plain[0] == plain[1]
    if not {first.family, other.family} <= _ONE_COLUMN:
        return False
    if first.family == other.family == "choice":
        held = [{match_form(option) for option in q.options} for q in (first, other)]
        return held[0] <= held[1] or held[1] <= held[0] or fit(first, other) >= 0.5
    return True


def _under_one_title(questions: list[Question]) -> list[Series]:
    """Return the questions of one title: instances, or several that their items tell apart."""
    groups: list[list[Question]] = []
    for question in questions:
        for group in groups:
            first = group[0]
            labels = [{normalise_label(x) for x in (*q.items, *q.texts)} for q in (first, question)]
            battery = bool(first.items and first.items_complete)
            other = bool(question.items and question.items_complete)
            if battery == other and (not battery or labels[0] == labels[1]):
                group.append(question)
                break
        else:
            groups.append([question])
    return [
        Series(_merged(group) if len(group) > 1 else group[0], tuple(group)) for group in groups
    ]


def _merged(instances: Sequence[Question]) -> Question:
    """Return one question for all instances: answers of all, a kind that holds all of them."""
    first = instances[0]
    options = {match_form(option): option for q in reversed(instances) for option in q.options}
    order = dict.fromkeys(match_form(option) for q in instances for option in q.options)
    items = dict.fromkeys(item for q in instances for item in q.items)
    kinds = {q.kind for q in instances}
    kind = first.kind
    if len(kinds) > 1:
        kind = "text" if kinds <= {"single", "bracket", "number", "date", "text"} else first.kind
    return replace(
        first,
        kind=kind,
        options=tuple(options[form] for form in order) if kind != "text" else (),
        items=first.items if first.items_complete else tuple(items),
    )


def _template(text: str, instance: int) -> str:
    """Return a label with `{instance}` in the place of the number of its instance."""
    numbers = [n for n in _COUNTER.finditer(text) if int(n[0]) == instance]
    if len(numbers) != 1:
        return text
    return f"{text[: numbers[0].start()]}{INSTANCE}{text[numbers[0].end() :]}"
