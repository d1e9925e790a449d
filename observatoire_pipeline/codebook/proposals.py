"""Which question of one questionnaire is which of another: exact first, then proposed.

In: the form in which wordings are compared, scores, one-to-one pairs. Not in: any decision: a pair
that is not exact carries its score, its rivals, and is for a person to confirm.

Three guards keep a score from crossing a meaning: numbers, negations and degrees of two short
labels must be the same before their words are compared at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from observatoire_pipeline.codebook.labels import is_cut, normalise_label
from observatoire_pipeline.codebook.models import CUT_MARK
from observatoire_pipeline.codebook.questionnaire import Question, Questionnaire

TITLE_THRESHOLD = 72.0
"""Below this score, out of 100, two titles are two questions."""

LABEL_THRESHOLD = 82.0
"""Below this score, two answers or two items are different ones."""

HINT_THRESHOLD = 62.0
"""From this score on, a pair that was not proposed is named as near."""

RIVAL_MARGIN = 3.0
"""Another candidate within so many points makes a proposal ambiguous."""

_FEMININE = r"(?:e|es|ne|nes|le|les|rice|rices|trice|trices|euse|euses|se|ses|ve|ves|ere|eres)"
_IN_BRACKETS = re.compile(rf"(?<=\w\w)\({_FEMININE}\)s?(?!\w)|(?<=\w\w)\(s\)(?!\w)")
_WITH_POINT = re.compile(rf"(?<=\w\w)[·•‧⋅∙.]{_FEMININE}(?:[·•‧⋅∙.]?s)?(?!\w)")
_WITH_DASH = re.compile(r"(?<=\w\w)[-/](?:e|rice|trice|euse|ne)(?:[-/]?s)?(?!\w)(?!-)")
_NUMBERING = re.compile(r"^(?:q(?:uestion)?\s*)?\d{1,3}(?:\s*[.):]|\s+-)\s+(?=\D)")
_THOUSANDS = re.compile(r"(?<=\d)[ .,](?=\d{3}(?!\d))")
_TO = re.compile(r"(?<=\d)\s*-\s*(?=\d)")
_PUNCTUATION = re.compile(r"(?<!\d)[.,]|[.,](?!\d)|[^\w\s<>=%+#€$£&.,-]|(?<!\d)-|-(?!\d)|_")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_YEAR = re.compile(r"(?:19|20)\d\d")

_NEGATIONS = frozenset(
    re.split(
        r"\s+",
        "ne n pas non aucun aucune jamais sans rien ni nul nulle hors sauf excepte "
        "no not never none without nor neither cannot don doesn isn aren didn won except",
    )
)
_DEGREES = frozenset(
    re.split(
        r"\s+",
        "plus moins avant apres tres plutot assez peu parfois souvent toujours rarement totalement "
        "partiellement beaucoup fait tout toute tous "
        "more less before after under over above below very somewhat rather strongly slightly "
        "always often sometimes rarely fully partly all",
    )
)
_OPPOSING = ("in", "im", "ir", "il", "dis", "des", "de", "un", "mis", "me", "mal", "non", "anti")


def match_form(text: str) -> str:
    """Return the form in which wordings of one question are equal.

    Beyond `normalise_label`: inclusive writing is reduced to its stem (`inscrit(e)`, `inscrit·e`
    and `inscrit.e.s` are one), punctuation and the numbering of questions go, thousands are joined.
    Numbers, intervals (`2-5`) and signs such as `<`, `%` and `+` stay.
    """
    form = _NUMBERING.sub("", normalise_label(text))
    for pattern in (_IN_BRACKETS, _WITH_POINT, _WITH_DASH):
        form = pattern.sub("", form)
    form = _TO.sub("-", _THOUSANDS.sub("", form))
    return " ".join(_PUNCTUATION.sub(" ", form).split())


def same_words(first: str, second: str) -> bool:
    """Tell whether two wordings are equal, or one is marked as cut and begins the other."""
    one, two = (match_form(text.replace(CUT_MARK, "")) for text in (first, second))
    if one == two:
        return True
    return (is_cut(first) and two.startswith(one)) or (is_cut(second) and one.startswith(two))


def same_meaning(first: str, second: str) -> bool:
    """Tell whether nothing forbids that two short labels, in match form, mean the same.

    Numbers (in order), negations and degrees must be equal, and no word may be the other with a
    prefix that turns it round (`satisfait`, `insatisfait`).
    """
    if _NUMBER.findall(first) != _NUMBER.findall(second):
        return False
    one, two = set(first.split()), set(second.split())
    for words in (_NEGATIONS, _DEGREES):
        if one & words != two & words:
            return False
    only_one, only_two = one - two, two - one
    if any(len(word) == 1 and not word.isdigit() for word in only_one | only_two):
        return False
    return not any(
        longer.endswith(shorter) and longer[: -len(shorter)] in _OPPOSING
        for longer, shorter in (
            *((a, b) for a in only_one for b in only_two),
            *((b, a) for a in only_one for b in only_two),
        )
        if len(longer) > len(shorter) > 3
    )


def label_score(first: str, second: str) -> float:
    """Return how near two answers or items are, 0 to 100; 0 where their meaning must differ."""
    from rapidfuzz import fuzz

    one, two = match_form(first), match_form(second)
    if same_words(first, second):
        return 100.0
    if min(len(one), len(two)) < 5 or not same_meaning(one, two):
        return 0.0
    score = fuzz.token_sort_ratio(one, two)
    if min(len(one.split()), len(two.split())) == 1:
        return score if score >= 90 else 0.0
    return min(score, 99.0)


def title_score(first: str, second: str) -> float:
    """Return how near two titles are, 0 to 100; 0 where they speak of different numbers.

    What stands before the first question mark is compared by itself too: the ends of a rating are
    often added behind it. Years may differ.
    """
    from rapidfuzz import fuzz

    one, two = match_form(first), match_form(second)
    if same_words(first, second):
        return 100.0
    numbers = [[n for n in _NUMBER.findall(form) if not _YEAR.fullmatch(n)] for form in (one, two)]
    if all(numbers) and sorted(numbers[0]) != sorted(numbers[1]):
        return 0.0
    if any(numbers) and not all(numbers) and len(min(one, two, key=len).split()) < 6:
        return 0.0
    scores = [_titles(one, two)]
    heads = [match_form(text.split("?")[0]) for text in (first, second)]
    if all(len(head.split()) >= 5 for head in heads) and heads != [one, two]:
        scores.append(0.95 * _titles(*heads))
    return min(max(scores), 99.0) if not _negated(one, two) else 0.5 * fuzz.ratio(one, two)


def _titles(one: str, two: str) -> float:
    from rapidfuzz import fuzz

    return 0.7 * fuzz.token_sort_ratio(one, two) + 0.3 * fuzz.token_set_ratio(one, two)


def _negated(one: str, two: str) -> bool:
    words = [set(form.split()) & _NEGATIONS for form in (one, two)]
    return words[0] != words[1]


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
    for label in a:
        known.setdefault(match_form(label), label)
    for spelling, label in (spellings or {}).items():
        if label in a:
            known.setdefault(match_form(spelling), label)
    same: list[tuple[str, str]] = []
    left: list[str] = []
    for label in b:
        found = known.get(match_form(label)) or next(
            (one for one in a if is_cut(one) and same_words(one, label)), None
        )
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
    return LabelPairs(
        tuple(same),
        tuple(near),
        tuple(label for i, label in enumerate(free) if i not in used_a),
        tuple(label for j, label in enumerate(left) if j not in used_b),
    )


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

    Two editions of one codebook say by the name of the variable what is the same question.
    Otherwise equal titles first (where several questions share a title: the one whose items and
    options fit best, then the order). Then, among the others of one family, the highest score, a
    battery being scored by its title and its items together; between equal scores, the nearest
    place, then the order of the first questionnaire.
    """
    pairs = _named(a, b) if a.declared and b.declared else []
    pairs += _exact(a, b, taken={id(q) for side in _sides(pairs) for q in side})
    taken_a, taken_b = ({id(q) for q in side} for side in _sides(pairs))
    free_a = [q for q in a.questions if id(q) not in taken_a]
    free_b = [q for q in b.questions if id(q) not in taken_b]
    place_b = {id(q): k / max(len(b.questions), 1) for k, q in enumerate(b.questions)}
    place_a = {id(q): k / max(len(a.questions), 1) for k, q in enumerate(a.questions)}
    scored = []
    near: list[Near] = []
    for i, one in enumerate(free_a):
        for j, two in enumerate(free_b):
            if one.personal != two.personal:
                continue
            score = question_score(one, two)
            if score >= HINT_THRESHOLD and not may_be_one(one, two):
                near.append(Near(one, two, score, f"{one.kind} became {two.kind}"))
            elif score >= HINT_THRESHOLD:
                apart = abs(place_a[id(one)] - place_b[id(two)])
                scored.append((-score, apart, i, j))
    used_a: set[int] = set()
    used_b: set[int] = set()
    for minus, _, i, j in sorted(scored):
        if i in used_a or j in used_b:
            continue
        if -minus < TITLE_THRESHOLD:
            near.append(Near(free_a[i], free_b[j], round(-minus, 1), "too far to propose"))
            continue
        rivals = tuple(
            free_b[other]
            for score, _, k, other in sorted(scored)
            if k == i and other != j and score <= minus + RIVAL_MARGIN
        )
        pairs.append(Pair(free_a[i], free_b[j], round(-minus, 1), rivals))
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
    groups: dict[str, tuple[list[Question], list[Question]]] = {}
    for side, questionnaire in enumerate((a, b)):
        for question in questionnaire.questions:
            if id(question) in taken:
                continue
            groups.setdefault(match_form(question.title), ([], []))[side].append(question)
    pairs: list[Pair] = []
    for ones, twos in groups.values():
        fits = sorted(
            (-fit(one, two), abs(i - j), i, j)
            for i, one in enumerate(ones)
            for j, two in enumerate(twos)
        )
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


def question_score(one: Question, two: Question) -> float:
    """Return how near two questions are: titles, or titles and items for a battery."""
    title = title_score(one.title, two.title)
    if not (one.items and two.items):
        return round(title, 1)
    share = pair_labels(one.items, two.items).share
    if title < 50 and share < 0.8:
        return 0.0
    return round(0.5 * title + 50 * share, 1)


def may_be_one(one: Question, two: Question) -> bool:
    """Tell whether two kinds can be one question read twice.

    A rating from 1 to 10 shows itself as a number in one file and as a choice in the other.
    """
    if one.family == two.family:
        return True
    return {one.family, two.family} == {"choice", "number"} and all(
        _NUMBER.fullmatch(match_form(option)) for option in (*one.options, *two.options)
    )
