"""Which question of one questionnaire is which of another: exact first, then proposed.

In: labels and questions paired one to one, with a score. Not in: how two wordings are compared
(`wordings`), and any decision: a pair that is not exact carries its score, its rivals, and is for a
person to confirm.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from observatoire_pipeline.codebook.labels import is_cut
from observatoire_pipeline.codebook.questionnaire import Question, Questionnaire
from observatoire_pipeline.codebook.wordings import (
    NUMBER,
    label_score,
    match_form,
    match_forms,
    same_meaning,
    same_words,
    title_score,
)

TITLE_THRESHOLD = 70.0
"""Below this score, out of 100, two titles are two questions."""

LABEL_THRESHOLD = 82.0
"""Below this score, two answers or two items are different ones."""

HINT_THRESHOLD = 62.0
"""From this score on, a pair that was not proposed is named as near."""

COMPLETED = 70.0
"""The score of two labels of which one goes on where the other ends."""

IN_PLACE = 10.0
"""What it adds that two questions stand alone between the same neighbours."""

CONTRARY = 0.65
"""What is left of a score when the answers are those of another question."""

OTHER_KIND_THRESHOLD = 80.0
"""Below this score, questions of two kinds are two questions, unless they stand alone in place."""

RIVAL_MARGIN = 3.0
"""Another candidate within so many points makes a proposal ambiguous."""

_ARTICLES = re.compile(r"^(?:(?:le|la|les|l|un|une|des|du|de|d|the|a|an|au|aux|en) )+")
_PLAIN_ANSWERS = frozenset({"oui", "non", "yes", "no", "ja", "nein", "si", "vrai", "faux"})


@dataclass(frozen=True)
class LabelPairs:
    """The labels of two lists, paired one to one.

    Attributes:
        same: Pairs that are equal in match form, or whose spelling is known.
        near: Pairs that are proposed, with their score.
        only_a: Labels of the first list alone.
        only_b: Labels of the second list alone.
    """

    same: tuple[tuple[str, str], ...]
    near: tuple[tuple[str, str, float], ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]

    @property
    def share(self) -> float:
        """The labels that are paired, among all (Dice's coefficient)."""
        paired = 2 * (len(self.same) + len(self.near))
        total = paired + len(self.only_a) + len(self.only_b)
        return paired / total if total else 0.0


def pair_labels(
    a: Sequence[str], b: Sequence[str], *, spellings: Mapping[str, str] | None = None
) -> LabelPairs:
    """Pair two lists of labels: equal ones, known spellings, then the nearest, one to one.

    Args:
        a: Labels of the first questionnaire.
        b: Labels of the second.
        spellings: Other spellings of labels of `a`.
    """
    known: dict[str, str] = {}
    for place in (0, -1):  # the stems first, then the plurals
        for label in a:
            known.setdefault(match_forms(label)[place], label)
        for spelling, label in (spellings or {}).items():
            if label in a:
                known.setdefault(match_forms(spelling)[place], label)
    same: list[tuple[str, str]] = []
    left: list[str] = []
    for label in b:
        found = next((known[form] for form in match_forms(label) if form in known), None)
        found = found or next((one for one in a if is_cut(one) and same_words(one, label)), None)
        if found is None:
            left.append(label)
        else:
            same.append((found, label))
    taken = {label for label, _ in same}
    free = [label for label in a if label not in taken]
    written: dict[str, set[str]] = {label: {label} for label in free}
    for spelling, label in (spellings or {}).items():
        if label in written:
            written[label].add(spelling)
    candidates = sorted(
        (-score, i, j)
        for i, one in enumerate(free)
        for j, two in enumerate(left)
        if (score := max(label_score(way, two) for way in written[one])) >= LABEL_THRESHOLD
    )
    near: list[tuple[str, str, float]] = []
    used_a: set[int] = set()
    used_b: set[int] = set()
    for minus, i, j in candidates:
        if i not in used_a and j not in used_b:
            used_a.add(i)
            used_b.add(j)
            near.append((free[i], left[j], round(-minus, 1)))
    for i, j in _completed(free, left, used_a, used_b):
        used_a.add(i)
        used_b.add(j)
        near.append((free[i], left[j], COMPLETED))
    return LabelPairs(
        tuple(same),
        tuple(near),
        tuple(label for i, label in enumerate(free) if i not in used_a),
        tuple(label for j, label in enumerate(left) if j not in used_b),
    )


def _completed(
    a: Sequence[str], b: Sequence[str], used_a: set[int], used_b: set[int]
) -> list[tuple[int, int]]:
    """Return the labels left over of which one begins the other, or has an article more.

    `Tutorial` became `Tutorial at example.org`, say. An answer such as `Oui` is too short to tell.
    """
    found: list[tuple[int, int]] = []
    for i, one in enumerate(a):
        for j, two in enumerate(b):
            short, long = sorted((match_form(one), match_form(two)), key=len)
            if (
                i not in used_a
                and j not in used_b
                and len(short) >= 5
                and (long.startswith(short + " ") or _ARTICLES.sub("", long) == short)
                and same_meaning(short, long)
            ):
                found.append((i, j))
    times_a, times_b = Counter(i for i, _ in found), Counter(j for _, j in found)
    return [(i, j) for i, j in found if times_a[i] == 1 == times_b[j]]


@dataclass(frozen=True)
class Pair:
    """One question in two questionnaires.

    Attributes:
        a: The question in the first.
        b: The question in the second.
        score: 100 where the titles are equal, else how near the two are.
        rivals: Other questions of the second questionnaire that were almost as near.
    """

    a: Question
    b: Question
    score: float
    rivals: tuple[Question, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether the titles are equal in match form."""
        return same_words(self.a.title, self.b.title)


@dataclass(frozen=True)
class Near:
    """Two questions that resemble each other and were not paired, and why."""

    a: Question
    b: Question
    score: float
    why: str


@dataclass(frozen=True)
class Pairing:
    """Two questionnaires, question by question."""

    pairs: tuple[Pair, ...]
    dropped: tuple[Question, ...]
    added: tuple[Question, ...]
    near: tuple[Near, ...]


def pair_questions(a: Questionnaire, b: Questionnaire) -> Pairing:
    """Pair the questions of two questionnaires one to one.

    Two editions of one codebook say by the name of the variable what is the same question, and
    nothing else is proposed: a person has decided.
    Otherwise equal titles first (where several questions share a title: the one whose items and
    options fit best, then the order). Then, among the others, the highest score (`question_score`,
    the words weighed by how rare they are in both questionnaires); that two questions stand alone
    between the same neighbours counts for them. Questions of two kinds need a higher score. Between
    equal scores, the nearest place, then the order of the first questionnaire.
    """
    decided = a.declared and b.declared
    pairs = _named(a, b) if decided else _exact(a, b, taken=set())
    taken_a, taken_b = ({id(q) for q in side} for side in _sides(pairs))
    free_a = [q for q in a.questions if id(q) not in taken_a]
    free_b = [q for q in b.questions if id(q) not in taken_b]
    place_b = {id(q): k / max(len(b.questions), 1) for k, q in enumerate(b.questions)}
    place_a = {id(q): k / max(len(a.questions), 1) for k, q in enumerate(a.questions)}
    weigh = rarity(q.title for side in (a, b) for q in side.questions)
    own = _own_answers(a) | _own_answers(b)
    in_place = _alone_in_place(a, b, pairs)
    scored: list[tuple[float, float, int, int]] = []
    near: list[Near] = []
    scores: dict[tuple[int, int], float] = {}
    for i, one in enumerate(free_a):
        for j, two in enumerate(free_b):
            if one.personal != two.personal:
                continue
            score = question_score(
                one, two, weigh=weigh, own_answers=id(one) in own and id(two) in own
            )
            if score < HINT_THRESHOLD - IN_PLACE:
                continue
            alone = (id(one), id(two)) in in_place
            found = score + IN_PLACE * alone
            if found < HINT_THRESHOLD:
                continue
            scores[i, j] = score
            if decided:
                why = "two variables of the codebook"
                if not may_be_one(one, two):
                    why += f", {one.kind} and {two.kind}"
                near.append(Near(one, two, score, why))
                continue
            if not may_be_one(one, two) and not alone and score < OTHER_KIND_THRESHOLD:
                near.append(Near(one, two, score, f"{one.kind} became {two.kind}"))
                continue
            apart = abs(place_a[id(one)] - place_b[id(two)])
            scored.append((-found, apart, i, j))
    used_a: set[int] = set()
    used_b: set[int] = set()
    for minus, _, i, j in sorted(scored):
        if i in used_a or j in used_b:
            continue
        if -minus < TITLE_THRESHOLD:
            near.append(Near(free_a[i], free_b[j], scores[i, j], "too far to propose"))
            continue
        rivals = tuple(
            free_b[other]
            for score, _, k, other in sorted(scored)
            if k == i and other != j and score <= minus + RIVAL_MARGIN
        )
        pairs.append(Pair(free_a[i], free_b[j], scores[i, j], rivals))
        used_a.add(i)
        used_b.add(j)
    free = {id(free_a[i]) for i in range(len(free_a)) if i not in used_a}
    free |= {id(free_b[j]) for j in range(len(free_b)) if j not in used_b}
    return Pairing(
        tuple(sorted(pairs, key=lambda pair: pair.b.position)),
        tuple(q for i, q in enumerate(free_a) if i not in used_a),
        tuple(q for j, q in enumerate(free_b) if j not in used_b and not q.personal),
        tuple(n for n in near if id(n.a) in free and id(n.b) in free),
    )


def _alone_in_place(
    a: Questionnaire, b: Questionnaire, pairs: Sequence[Pair]
) -> set[tuple[int, int]]:
    """Return the pairs of free questions that alone stand between the same paired neighbours."""
    partner = {id(pair.a): id(pair.b) for pair in pairs} | {id(p.b): id(p.b) for p in pairs}

    def gaps(questionnaire: Questionnaire) -> dict[tuple[int, int], list[int]]:
        found: dict[tuple[int, int], list[int]] = {}
        before = 0
        between: list[int] = []
        for question in questionnaire.questions:
            if id(question) in partner:
                found[before, partner[id(question)]] = between
                before, between = partner[id(question)], []
            else:
                between.append(id(question))
        found[before, 0] = between
        return found

    if not pairs:
        return set()
    other = gaps(b)
    return {
        (ones[0], other[key][0])
        for key, ones in gaps(a).items()
        if len(ones) == 1 and len(other.get(key, ())) == 1
    }


def _sides(pairs: Sequence[Pair]) -> tuple[list[Question], list[Question]]:
    return [pair.a for pair in pairs], [pair.b for pair in pairs]


def _named(a: Questionnaire, b: Questionnaire) -> list[Pair]:
    known = {(q.variable, q.instance): q for q in a.questions}
    return [
        Pair(one, two, round(question_score(one, two), 1))
        for two in b.questions
        if (one := known.get((two.variable, two.instance))) is not None
    ]


def _exact(a: Questionnaire, b: Questionnaire, *, taken: set[int]) -> list[Pair]:
    pairs: list[Pair] = []
    for place in (0, -1):  # the stems first, then the plurals
        groups: dict[str, tuple[list[Question], list[Question]]] = {}
        for side, questionnaire in enumerate((a, b)):
            for question in questionnaire.questions:
                if id(question) not in taken:
                    form = match_forms(question.title)[place]
                    groups.setdefault(form, ([], []))[side].append(question)
        found = [pair for ones, twos in groups.values() for pair in _fitting(ones, twos)]
        taken = taken | {id(q) for pair in found for q in (pair.a, pair.b)}
        pairs += found
    return pairs


def _fitting(ones: Sequence[Question], twos: Sequence[Question]) -> list[Pair]:
    """Pair questions of one title: those whose items and options fit best, then by their order."""
    fits = sorted(
        (-fit(one, two), abs(i - j), i, j)
        for i, one in enumerate(ones)
        for j, two in enumerate(twos)
    )
    pairs: list[Pair] = []
    used_i: set[int] = set()
    used_j: set[int] = set()
    for _, _, i, j in fits:
        if i not in used_i and j not in used_j:
            used_i.add(i)
            used_j.add(j)
            pairs.append(Pair(ones[i], twos[j], 100.0))
    return pairs


def fit(one: Question, two: Question) -> float:
    """Return how well the items (or options) of two questions agree, from 0 to 1."""
    if one.items or two.items:
        return pair_labels(one.items, two.items).share
    if one.options and two.options:
        return pair_labels(one.options, two.options, spellings=one.spellings).share
    return 0.5 if one.family == two.family else 0.0


def rarity(titles: Iterable[str]) -> Callable[[str], float]:
    """Return the weight of a word: how rare it is among the titles, equal ones counted once.

    The inverse document frequency, log((n + 1) / n_w), of the vector space model of texts
    (K. Spärck Jones, "A statistical interpretation of term specificity", 1972).
    """
    forms = {match_form(title) for title in titles}
    held = Counter(word for form in forms for word in set(form.split()))
    return lambda word: math.log((len(forms) + 1) / (held[word] or 1))


def question_score(
    one: Question,
    two: Question,
    *,
    weigh: Callable[[str], float] | None = None,
    own_answers: bool = False,
) -> float:
    """Return how near two questions are, 0 to 100: their titles, and what is answered.

    A battery is scored by its title and its items in equal parts; a choice by its title to three
    quarters and its answers to one, unless they are too few or too plain to tell (yes and no, a
    rating, words on one side and numbers on the other). Answers that no other question of either
    questionnaire has, and that are the same on both sides, tell as much as the items of a battery;
    from four of them on, more than the title.

    Args:
        one: A question.
        two: Another.
        weigh: How much a word of a title says; all say the same when it is None.
        own_answers: Whether no other question of either questionnaire has answers like theirs.
    """
    title = title_score(one.title, two.title)
    if weigh is not None and title < 100:
        title = 0.7 * title + 0.3 * _shared_weight(one.title, two.title, weigh)
    if one.items and two.items:
        share = pair_labels(one.items, two.items).share
        if title < 50 and share < 0.8:
            return 0.0
        score = 0.5 * title + 50 * share
        if one.family == two.family == "matrix" and title < 90 and _contrary(one, two):
            score *= CONTRARY
        return round(score, 1)
    if not title or not one.family == two.family == "choice":
        return round(title, 1)
    score = title
    fewest = min(len(one.options), len(two.options))
    if fewest >= 2 and (own_answers or (title >= 50 and _telling(one, two))):
        share = pair_labels(one.options, two.options, spellings=one.spellings).share
        if _telling(one, two):
            score = 0.75 * title + 25 * share
        if own_answers and _contrary(one, two):
            score = min(score, CONTRARY * title)
        if own_answers and share >= 0.8:
            by_title = 0.3 if fewest >= 4 and share >= 0.9 else 0.5
            score = max(score, by_title * title + (1 - by_title) * 100 * share)
    return round(score, 1)


def _contrary(one: Question, two: Question) -> bool:
    """Tell whether both show answers to choose from and have none, or next to none, in common."""
    if min(len(one.options), len(two.options)) < 2:
        return False
    return pair_labels(one.options, two.options, spellings=one.spellings).share < 0.2


def _own_answers(questionnaire: Questionnaire) -> set[int]:
    """Return the choices whose answers no other question has, yes, no and ratings apart."""
    answers = {
        id(question): {match_form(option) for option in question.options}
        for question in questionnaire.questions
        if question.family in ("choice", "matrix") and question.options
    }
    return {
        own
        for own, forms in answers.items()
        if not forms & _PLAIN_ANSWERS
        and not any(NUMBER.fullmatch(form) for form in forms)
        and all(
            other == own or 3 * len(forms & theirs) < len(forms | theirs)
            for other, theirs in answers.items()
        )
    }


def _telling(one: Question, two: Question) -> bool:
    """Tell whether the answers of two choices say whether they are one question."""
    rating = [
        sum(bool(NUMBER.fullmatch(match_form(o))) for o in q.options) * 2 > len(q.options)
        for q in (one, two)
    ]
    return min(len(one.options), len(two.options)) >= 3 and not any(rating)


def _shared_weight(first: str, second: str, weigh: Callable[[str], float]) -> float:
    """Return the weight of the words that two titles share, out of all their words, 0 to 100."""
    from rapidfuzz import fuzz

    one, two = (list(dict.fromkeys(match_form(text).split())) for text in (first, second))
    left = list(two)
    shared = 0.0
    for word in one:
        best = max(left, key=lambda other: fuzz.ratio(word, other), default=None)
        if best is not None and fuzz.ratio(word, best) >= 80:
            left.remove(best)
            shared += weigh(word) + weigh(best)
    total = sum(map(weigh, (*one, *two)))
    return 100 * shared / total if total else 100.0


def may_be_one(one: Question, two: Question) -> bool:
    """Tell whether two kinds can be one question read twice.

    A rating from 1 to 10 shows itself as a number in one file and as a choice in the other, and
    ticks that share one cell as a choice where nobody ticked two.
    """
    if one.family == two.family:
        return True
    if {one.family, two.family} == {"choice", "multiple"}:
        ticks, choice = (one, two) if one.family == "multiple" else (two, one)
        if not ticks.items_complete and not choice.options_complete:
            return pair_labels(ticks.items, choice.options).share >= 0.5
    return {one.family, two.family} == {"choice", "number"} and all(
        NUMBER.fullmatch(match_form(option)) for option in (*one.options, *two.options)
    )
