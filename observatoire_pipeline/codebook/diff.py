"""What changed between two questionnaires, question by question.

In: the comparison of paired questions, as entries, as JSON and as lines. Not in: the pairing
(`proposals`), what a codebook should say about it (`draft`), and where questionnaires come from.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import Any

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.codebook.proposals import (
    LabelPairs,
    Near,
    Pair,
    may_be_one,
    pair_labels,
    pair_questions,
)
from observatoire_pipeline.codebook.questionnaire import Question, Questionnaire
from observatoire_pipeline.codebook.wordings import interval_of, label_score, same_words

PROOF = 0.01
"""Below this probability, it is no accident that nobody gave an answer."""

ONLY_BOX = 50.0
"""The score of two boxes to type in of which each is the only one that the other may be."""

RATINGS = (3, 4, 5, 6, 7, 9, 10, 11, 20, 100)
"""The highest values at which ratings end."""


@dataclass(frozen=True)
class Change:
    """A question that both questionnaires ask, and what became of it.

    An export shows the answers that were given. That nobody gave one on one side proves nothing by
    itself; that nobody out of many did, while many did on the other side, does (`PROOF`).

    Attributes:
        pair: The question in both, with the score of its title.
        options: Its answers on both sides.
        items: Its choices, rows or things to rank on both sides.
        kind_changed: Whether it is another kind of question now.
        moved: Whether it stands elsewhere, relative to the others.
    """

    pair: Pair
    options: LabelPairs
    items: LabelPairs
    kind_changed: bool
    moved: bool

    @property
    def reworded(self) -> bool:
        """Whether its title says something else, beyond spelling and punctuation."""
        return not self.pair.exact

    @property
    def scale_changed(self) -> bool:
        """Whether no answer is one of both sides, or the kind or the end of a rating changed."""
        answers, a, b = self.options, self.pair.a, self.pair.b
        nothing = not answers.same and not answers.near
        if a.codes and b.codes and not {*a.codes} & {*b.codes}:
            return True
        if self.kind_changed or (nothing and bool(answers.only_a) and bool(answers.only_b)):
            return True
        return self.rating is not None

    @property
    def rating(self) -> tuple[int, int] | None:
        """Where the ratings of both sides end, when they end elsewhere; None otherwise."""
        tops = [_top(self.pair.a), _top(self.pair.b)]
        if tops[0] is None or tops[1] is None or tops[0] == tops[1]:
            return None
        low, high = sorted((self.pair.a, self.pair.b), key=lambda q: _top(q) or 0)
        above = [o for o in high.options if (value := _value(o)) and value > (_top(low) or 0)]
        if low.options_complete and high.options_complete:
            return (tops[0], tops[1])
        proved = _never_by_accident(sum(high.counts.get(o, 0) for o in above), high, low)
        return (tops[0], tops[1]) if proved or low.options_complete else None

    @property
    def options_added(self) -> tuple[str, ...]:
        """Answers that `b` certainly offers and `a` did not."""
        return _lacking(self.options.only_b, self.pair.b, self.pair.a)

    @property
    def options_dropped(self) -> tuple[str, ...]:
        """Answers that `a` offered and `b` certainly does not.

        An interval inside a new and wider one is not offered beside it.
        """
        lacking = _lacking(self.options.only_a, self.pair.a, self.pair.b)
        if "bracket" not in (self.pair.a.kind, self.pair.b.kind):
            return lacking
        wider = [interval_of(label) for label in self.options.only_b]
        return tuple(
            label
            for label in self.options.only_a
            if label in lacking or any(_inside(interval_of(label), bounds) for bounds in wider)
        )

    @property
    def unseen(self) -> tuple[str, ...]:
        """Answers of `a` that nobody gave in `b`, which proves nothing."""
        return tuple(o for o in self.options.only_a if o not in self.options_dropped)

    @property
    def unseen_before(self) -> tuple[str, ...]:
        """Answers of `b` that nobody gave in `a`, which proves nothing."""
        return tuple(o for o in self.options.only_b if o not in self.options_added)

    @property
    def items_added(self) -> tuple[str, ...]:
        """Items that `b` shows and `a` certainly did not."""
        return _lacking(self.items.only_b, self.pair.b, self.pair.a, items=True)

    @property
    def items_dropped(self) -> tuple[str, ...]:
        """Items that `a` showed and `b` certainly does not."""
        return _lacking(self.items.only_a, self.pair.a, self.pair.b, items=True)

    @property
    def options_renamed(self) -> tuple[tuple[str, str, float], ...]:
        """Answers in other words: (answer of `a`, answer of `b`, score)."""
        return _renamed(self.options, self.pair)

    @property
    def items_renamed(self) -> tuple[tuple[str, str, float], ...]:
        """Items in other words: (item of `a`, item of `b`, score)."""
        return _renamed(self.items, self.pair, items=True)

    @property
    def options_changed(self) -> bool:
        """Whether answers or items were added, dropped or renamed (and the scale is not new)."""
        if self.scale_changed:
            return False
        return bool(
            self.options_renamed
            or self.options_added
            or self.options_dropped
            or self.items_renamed
            or self.items_added
            or self.items_dropped
        )


def _inside(
    narrow: tuple[float | None, float | None], wide: tuple[float | None, float | None]
) -> bool:
    """Tell whether an interval with two ends lies within another."""
    if narrow[0] is None or narrow[1] is None or narrow[0] >= narrow[1]:
        return False
    low = wide[0] is None or wide[0] <= narrow[0]
    return low and (wide[1] is None or narrow[1] <= wide[1])


def _lacking(
    labels: Sequence[str], shown: Question, other: Question, *, items: bool = False
) -> tuple[str, ...]:
    """Return the labels of one side that the other side certainly lacks."""
    complete = other.items_complete if items else other.options_complete
    boxes = {*other.texts, *shown.texts} if items else set()
    return tuple(
        label
        for label in labels
        if complete
        or label in boxes
        or _never_by_accident(shown.counts.get(label, 0), shown, other)
    )


def _renamed(
    pairs: LabelPairs, pair: Pair, *, items: bool = False
) -> tuple[tuple[str, str, float], ...]:
    """Return the near labels that are certainly two: a side is whole, or one was given often."""
    a, b = pair.a, pair.b
    whole = (a.items_complete or b.items_complete) if items else False
    whole = whole or (not items and (a.options_complete or b.options_complete))
    return tuple(
        (one, two, score)
        for one, two, score in pairs.near
        if whole
        or _never_by_accident(a.counts.get(one, 0), a, b)
        or _never_by_accident(b.counts.get(two, 0), b, a)
    )


def _never_by_accident(given: int, shown: Question, other: Question) -> bool:
    """Tell whether it is no accident that an answer given on one side was never given on the other.

    If both offered it, all that gave it stand on one side with the hypergeometric probability
    C(n, k) / C(n + m, k), for k of n on the one and none of m on the other.
    """
    n, m = shown.answered, other.answered
    if not given or not m or given > n:
        return False

    def log_choose(total: int) -> float:
        return math.lgamma(total + 1) - math.lgamma(total - given + 1)

    return log_choose(n) - log_choose(n + m) < math.log(PROOF)


def _value(option: str) -> int | None:
    """Return the value of an answer that is a whole number, `3.0` included."""
    whole, _, rest = option.strip().replace(",", ".").partition(".")
    return int(whole) if whole.isascii() and whole.isdigit() and not rest.strip("0") else None


def _top(question: Question) -> int | None:
    """Return where a rating ends, as its highest answer shows; None for what is no rating."""
    values = [value for option in question.options if (value := _value(option)) is not None]
    if len(values) < 2 or len(question.options) - len(values) > 1:
        return None
    return next((top for top in RATINGS if top >= max(values)), None)


@dataclass(frozen=True)
class Diff:
    """Two questionnaires compared."""

    a: Questionnaire
    b: Questionnaire
    changes: tuple[Change, ...]
    added: tuple[Question, ...]
    dropped: tuple[Question, ...]
    near: tuple[Near, ...]


def compare(a: Questionnaire, b: Questionnaire) -> Diff:
    """Compare two questionnaires."""
    pairing = pair_questions(a, b)
    moved = _moved(pairing.pairs)
    changes = tuple(
        Change(
            pair,
            _answers(pair),
            _parts(pair),
            _kind_changed(pair, declared=a.declared),
            id(pair) in moved,
        )
        for pair in pairing.pairs
    )
    return Diff(a, b, changes, pairing.added, pairing.dropped, pairing.near)


def _answers(pair: Pair) -> LabelPairs:
    """Pair the answers; a tick or a rank is no answer of a list."""
    if {pair.a.family, pair.b.family} & {"multiple", "ranking", "text"}:
        return LabelPairs((), (), (), ())
    return pair_labels(pair.a.options, pair.b.options, spellings=pair.a.spellings)


def _parts(pair: Pair) -> LabelPairs:
    """Pair the items and boxes.

    An expanded layout shows the box of "other" as one more answer; where people type among the
    answers, the box has no column, and is that of the other side.
    """
    a, b = pair.a, pair.b
    shown = (*b.items, *b.texts, *(a.texts if b.typed_inside and not b.texts else ()))
    before = (*a.items, *a.texts, *(b.texts if a.typed_inside and not a.texts else ()))
    boxes = [
        option
        for option in b.options
        if option not in shown and any(same_words(box, option) for box in a.texts)
    ]
    pairs = pair_labels(before, (*shown, *boxes))
    ones = [label for label in pairs.only_a if label in a.texts]
    twos = [label for label in pairs.only_b if label in b.texts]
    if len(ones) != 1 or len(twos) != 1:
        return pairs
    return LabelPairs(  # one box before and one now: it bears another label
        pairs.same,
        (*pairs.near, (ones[0], twos[0], ONLY_BOX)),
        tuple(label for label in pairs.only_a if label not in ones),
        tuple(label for label in pairs.only_b if label not in twos),
    )


def _kind_changed(pair: Pair, *, declared: bool) -> bool:
    """Tell whether the kind is provably another one.

    A declared text or number of one column may look like a choice in an export, where few people
    answered: then only columns prove anything.
    """
    if may_be_one(pair.a, pair.b):
        return False
    one_column = {"text", "number", "choice"}
    if declared and pair.a.family in ("text", "number"):
        return pair.b.family not in one_column
    return True


def _moved(pairs: tuple[Pair, ...]) -> set[int]:
    """Return the pairs to move so that the order is kept: all but a longest increasing run."""
    ordered = sorted(pairs, key=lambda pair: pair.b.position)
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for k, pair in enumerate(ordered):
        place = bisect_left(tails, pair.a.position)
        before.append(ends[place - 1] if place else -1)
        tails[place : place + 1] = [pair.a.position]
        ends[place : place + 1] = [k]
    kept: set[int] = set()
    k = ends[-1] if ends else -1
    while k >= 0:
        kept.add(k)
        k = before[k]
    return {id(pair) for k, pair in enumerate(ordered) if k not in kept}


# --- as JSON --------------------------------------------------------------------------------


def to_json(diff: Diff) -> dict[str, Any]:
    """Return the comparison as plain values.

    Keys: `a`, `b` (name, questions); `same`, `reworded`, `options_changed`, `scale_changed`,
    `order_changed`: lists of `{a, b, ...}`; `added`: `{b}`; `dropped`: `{a}`; `near`: pairs that
    resemble each other and are not proposed. A question is `{position, title, kind, variable}`.
    `same` are those whose title, answers and items are equal, moved or not; another question may
    stand under several keys. `unseen` lists answers of `a` that nobody gave in an export `b`, and
    `unseen_before` those of `b` that nobody gave in an export `a`: neither proves a change.
    """
    changes = diff.changes
    return {
        "a": {"name": diff.a.name, "questions": len(diff.a.questions)},
        "b": {"name": diff.b.name, "questions": len(diff.b.questions)},
        "same": [
            _both(change)
            for change in changes
            if not (change.reworded or change.options_changed or change.scale_changed)
        ],
        "reworded": [
            _both(change)
            | {
                "score": change.pair.score,
                "difference": difference(change.pair.a.title, change.pair.b.title),
                "rivals": [_question(rival) for rival in change.pair.rivals],
            }
            for change in changes
            if change.reworded
        ],
        "added": [{"b": _question(question)} for question in diff.added],
        "dropped": [{"a": _question(question)} for question in diff.dropped],
        "options_changed": [
            _both(change)
            | {
                "options": _labels(
                    len(change.options.same),
                    change.options_renamed,
                    change.options_added,
                    change.options_dropped,
                    spellings=change.pair.a.spellings,
                ),
                "items": _labels(
                    len(change.items.same),
                    change.items_renamed,
                    change.items_added,
                    change.items_dropped,
                ),
                "unseen": list(change.unseen),
                "unseen_before": list(change.unseen_before),
            }
            for change in changes
            if change.options_changed
        ],
        "scale_changed": [
            _both(change) | {"reason": scale_reason(change)}
            for change in changes
            if change.scale_changed
        ],
        "order_changed": [
            _both(change) | {"from": change.pair.a.position, "to": change.pair.b.position}
            for change in changes
            if change.moved
        ],
        "near": [
            {"a": _question(n.a), "b": _question(n.b), "score": round(n.score, 1), "why": n.why}
            for n in diff.near
        ],
    }


def scale_reason(change: Change) -> str:
    """Return in words why a scale is another one."""
    if change.kind_changed:
        return f"{change.pair.a.kind} became {change.pair.b.kind}"
    if change.rating is not None:
        return f"a rating up to {change.rating[0]} became one up to {change.rating[1]}"
    if change.options.same:
        return "the same words are codes of another scale: what they mean changed"
    return (
        f"no common answer: {', '.join(change.options.only_a[:4])} became "
        f"{', '.join(change.options.only_b[:4])}"
    )


def _both(change: Change) -> dict[str, Any]:
    return {"a": _question(change.pair.a), "b": _question(change.pair.b)}


def _question(question: Question) -> dict[str, Any]:
    return {
        "position": question.position,
        "title": question.title,
        "kind": question.kind,
        "variable": question.variable or None,
    }


def _labels(
    same: int,
    renamed: Sequence[tuple[str, str, float]],
    added: Sequence[str],
    dropped: Sequence[str],
    spellings: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    return {
        "same": same,
        "renamed": [
            {"a": one, "b": two, "score": score, "difference": difference(way, two)}
            for one, two, score in renamed
            for way in [nearest_wording([one, *(s for s in spellings if spellings[s] == one)], two)]
        ],
        "added": list(added),
        "dropped": list(dropped),
    }


def nearest_wording(ways: Sequence[str], other: str) -> str:
    """Return that of the known wordings of an answer which another wording resembles most."""
    return max(ways, key=lambda way: label_score(way, other))


def difference(first: str, second: str) -> str:
    """Return two wordings as one, what left in `[-…-]` and what came in `{+…+}`.

    Apostrophes, accents and capitals are no difference.
    """
    one, two = first.split(), second.split()
    was, now = ([normalise_label(word) or word for word in words] for words in (one, two))
    parts: list[str] = []
    for what, i, j, k, m in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if what == "equal":
            parts += one[i:j]
            continue
        if i < j:
            parts.append(f"[-{' '.join(one[i:j])}-]")
        if k < m:
            parts.append(f"{{+{' '.join(two[k:m])}+}}")
    return " ".join(parts)


# --- as lines -------------------------------------------------------------------------------


def to_lines(diff: Diff) -> Iterator[str]:
    """Yield the comparison as lines for a terminal."""
    found = to_json(diff)
    yield (
        f"{diff.a.name} ({len(diff.a.questions)} questions) → "
        f"{diff.b.name} ({len(diff.b.questions)} questions)"
    )
    yield f"same: {len(found['same'])}"
    for key in ("reworded", "options_changed", "scale_changed", "order_changed"):
        if found[key]:
            yield f"{key}: {len(found[key])}"
        for entry in found[key]:
            yield f"  {_spelled(entry)}"
            yield from _details(key, entry)
    for key, side in (("added", "b"), ("dropped", "a")):
        if found[key]:
            yield f"{key}: {len(found[key])}"
        for entry in found[key]:
            yield f"  {_one(entry[side])}"
    if found["near"]:
        yield f"near, and not proposed: {len(found['near'])}"
    for entry in found["near"]:
        yield f"  score {entry['score']:g} ({entry['why']}): {_spelled(entry)}"
        yield f"      {difference(entry['a']['title'], entry['b']['title'])}"


def _one(question: dict[str, Any]) -> str:
    name = f" {question['variable']}" if question["variable"] else ""
    return f"{question['position']}.{name} {_short(question['title'])} ({question['kind']})"


def _spelled(entry: dict[str, Any]) -> str:
    return f"{_one(entry['a'])} → {entry['b']['position']}"


def _short(title: str) -> str:
    return title if len(title) <= 70 else title[:69].rstrip() + "…"


def _details(key: str, entry: dict[str, Any]) -> Iterator[str]:
    if key == "reworded":
        yield f"      score {entry['score']:g}: {entry['difference']}"
        for rival in entry["rivals"]:
            yield f"      almost as near: {_one(rival)}"
    if key == "scale_changed":
        yield f"      {entry['reason']}"
    if key == "options_changed":
        for what in ("options", "items"):
            for renamed in entry[what]["renamed"]:
                yield f"      score {renamed['score']:g}: {renamed['difference']}"
            for sign, way in (("+", "added"), ("-", "dropped")):
                for label in entry[what][way]:
                    yield f"      {sign} {label}"
        for label in (*entry["unseen"], *entry["unseen_before"]):
            yield f"      ? {label} (nobody gave it)"
