"""Wordings compared: the form in which two are equal, and how near two others are.

In: what makes no difference between two wordings (numbering, inclusive writing, punctuation), what
always makes one, and scores from 0 to 100. Not in: which question is which (`proposals`).

Three guards keep a score from crossing a meaning: numbers, negations and degrees of two short
labels must be the same before their words are compared at all.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache

from observatoire_pipeline.codebook.labels import is_cut, normalise_label
from observatoire_pipeline.codebook.models import CUT_MARK

_FEMININE = (
    r"(?:esse|sse|trice|rice|euse|ienne|enne|onne|elle|ere|tte|te|ne|le|se|ve|re|fe|e)(?P<{}>s)?"
)
_POINT = "[·•‧⋅∙.]"
_IN_BRACKETS = re.compile(
    rf"(?<=\w\w)\({_FEMININE.format('a')}\)\(?(?P<b>s)?\)?(?!\w)|(?<=\w\w)\((?P<c>s|x)\)(?!\w)"
)
_WITH_POINT = re.compile(
    rf"(?<=\w\w){_POINT}{_FEMININE.format('a')}(?:{_POINT}?(?P<b>s))?(?!\w)"
    rf"|(?<=\w\w){_POINT}(?P<c>s)(?!\w)"
)
_WITH_DASH = re.compile(
    r"(?<=\w\w)(?:/-|[-/])(?:e|rice|trice|euse|ne|le|te)(?P<a>s)?(?:[-/]{1,2}(?P<b>s))?(?!\w)(?!-)"
)
_BOTH = r"(?:/| et | ou )(?:(?:les|des|aux|le|la|l'|un|une) )?"
_TAIL = "(?:esse|trice|rice|euse|ienne|enne|onne|elle|ere|tte|te|ne|le|se|ve|e)"
_DOUBLETS = (
    re.compile(rf"\b(?P<stem>\w{{2,}}?)(?P<end>eurs?|s|)(?:{_BOTH})(?P=stem){_TAIL}s?(?!\w)"),
    re.compile(rf"\b(?P<stem>\w{{2,}}?){_TAIL}s?(?:{_BOTH})(?P=stem)(?P<end>eurs?|s|)(?!\w)"),
)
_NUMBERING = re.compile(
    r"^(?:(?:q(?:uestion)?|n\s?[°o])[\s.]*)?\d{1,3}(?:\.\d{1,2}){0,2}[a-z]?"
    r"(?:\s*[.):/_]\s*|\s*-\s+)(?=[^\d\s])"
    r"|^q(?:uestion)?\s?\d{1,3}(?:\.\d{1,2}){0,2}[a-z]?\s+(?=[^\d\s])"
    r"|^[a-h]\)\s*(?=\w)"
)
_THOUSANDS = re.compile(r"(?<=\d)[ .,](?=\d{3}(?!\d))")
_TO = re.compile(r"(?<=\d)\s*-\s*(?=\d)")
_PUNCTUATION = re.compile(r"(?<!\d)[.,]|[.,](?!\d)|[^\w\s<>=%+#€$£&.,-]|(?<!\d)-|-(?!\d)|_")
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_FROM_ON = re.compile(r"\b(plus|more|over|above|et plus|au moins)\b|\+$|^>")
_UP_TO = re.compile(r"\b(moins|less|under|below|jusqu)\b|^<")
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
    return _form(text, plural=False)


def match_forms(text: str) -> tuple[str, ...]:
    """Return the forms of a wording: with inclusive plurals as stems, and as masculine plurals.

    So `les élu·e·s` is equal to `élu(e)` by the first and to `les élus` by the second.
    """
    return tuple(dict.fromkeys((_form(text, plural=False), _form(text, plural=True))))


@lru_cache(maxsize=1 << 15)
def _form(text: str, *, plural: bool) -> str:
    def ending(found: re.Match[str]) -> str:
        return "s" if plural and any(found.groupdict().values()) else ""

    form = _NUMBERING.sub("", normalise_label(html.unescape(text)))
    for doublet in _DOUBLETS:
        form = doublet.sub(r"\g<stem>\g<end>", form)
    for pattern in (_IN_BRACKETS, _WITH_POINT, _WITH_DASH):
        form = pattern.sub(ending, form)
    form = _TO.sub("-", _THOUSANDS.sub("", form))
    return " ".join(_PUNCTUATION.sub(" ", form).split())


def same_words(first: str, second: str) -> bool:
    """Tell whether two wordings are equal, or one is marked as cut and begins the other."""
    one, two = (match_form(text.replace(CUT_MARK, "")) for text in (first, second))
    if one == two or {*match_forms(first)} & {*match_forms(second)}:
        return True
    return (is_cut(first) and two.startswith(one)) or (is_cut(second) and one.startswith(two))


def same_meaning(first: str, second: str) -> bool:
    """Tell whether nothing forbids that two short labels, in match form, mean the same.

    Numbers (in order), negations and degrees must be equal, and no word may be the other with a
    prefix that turns it round (`satisfait`, `insatisfait`).
    """
    if NUMBER.findall(first) != NUMBER.findall(second):
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
    numbers = [[n for n in NUMBER.findall(form) if not _YEAR.fullmatch(n)] for form in (one, two)]
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


def interval_of(label: str) -> tuple[float | None, float | None]:
    """Return the bounds that an answer names, None for an open one; (0, 0) where it names none."""
    form = match_form(label)
    numbers = [
        float(number.replace(",", ".")) * (1e6 if form[end:].startswith(" million") else 1)
        for number, end in ((found[0], found.end()) for found in NUMBER.finditer(form))
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
