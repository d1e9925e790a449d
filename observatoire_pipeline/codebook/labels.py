"""Compare labels as people mean them: one normal form, exact look-up, near misses for messages.

In: text → normal form, normal form → code. Not in: any guess. A near label is named in an error
message; it is never taken for the answer.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Generic, TypeVar

from observatoire_pipeline.codebook.models import CUT_MARK

T = TypeVar("T")

_TAG = re.compile(r"<[^<>]{1,200}>")
_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ´`ʹ′"), "'")
_QUOTES = dict.fromkeys(map(ord, '«»“”„‟"'), " ")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff\u00ad\x00"), None)
_LIGATURES = {ord("œ"): "oe", ord("æ"): "ae"}
_SPACED_SLASH = re.compile(r"\s*/\s*")
_SPACES = re.compile(r"\s+")
_THOUSANDS = re.compile(r"(?<=\d)[ .](?=\d{3}(?!\d))")
_MILLION = re.compile(r"(\d+) millions?\b")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_TRAILING = " :;.,*…?!"


_PLAIN = _APOSTROPHES | _QUOTES | _DASHES | _LIGATURES


@lru_cache(maxsize=1 << 14)
def normalise_label(text: str) -> str:
    """Return the form in which two spellings of one label are equal.

    Folds case, accents and ligatures, Unicode compatibility forms (NFKC), apostrophes, quotation
    marks, dashes, spaces of every width, spaces around a slash, HTML tags, invisible characters
    and trailing punctuation. Digits, signs such as `<` and words stay.
    """
    folded = _TAG.sub(" ", text).translate(_INVISIBLE)
    folded = unicodedata.normalize("NFKC", folded).casefold()
    folded = folded.translate(_PLAIN)
    if not folded.isascii():
        folded = "".join(
            c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c)
        )
    folded = _SPACED_SLASH.sub("/", folded)
    return _SPACES.sub(" ", folded).strip().rstrip(_TRAILING).strip()


def _numbers(form: str) -> frozenset[str]:
    """Return the numbers of a label in normal form, if one word in four of it is a number."""
    joined = _MILLION.sub(r"\g<1>000000", _THOUSANDS.sub("", form))
    found = frozenset(_NUMBER.findall(joined))
    return found if 4 * len(found) >= len(joined.split()) else frozenset()


def _shared(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / len(one | two)


def text_sha256(text: str) -> str:
    """Return the name of a typed text: the SHA-256 of its normal form, equal for its spellings."""
    return hashlib.sha256(normalise_label(text).encode()).hexdigest()


def is_cut(label: str) -> bool:
    """Tell whether the codebook marks the label as cut, its end being unknown."""
    return label.rstrip().endswith(CUT_MARK)


class LabelIndex(Generic[T]):
    """Exact look-up of labels after normalisation, by prefix only for labels marked as cut.

    Raises:
        ValueError: two labels of different meaning have one normal form.
    """

    def __init__(self, labels: Iterable[tuple[str, T]]) -> None:
        self._exact: dict[str, T] = {}
        self._cut: dict[str, T] = {}
        self._spelling: dict[str, str] = {}
        for label, meaning in labels:
            cut = is_cut(label)
            form = normalise_label(label.replace(CUT_MARK, ""))
            known = (self._cut if cut else self._exact).setdefault(form, meaning)
            if known != meaning:
                raise ValueError(f"{label!r} means both {known!r} and {meaning!r}")
            self._spelling.setdefault(form, label)

    def find(self, text: str) -> T | None:
        """Return the meaning of the text, or None when no label is equal to it."""
        form = normalise_label(text)
        if form in self._exact:
            return self._exact[form]
        hits = {key: value for key, value in self._cut.items() if form.startswith(key)}
        return hits[max(hits, key=len)] if hits else None

    def nearest(self, text: str, *, count: int = 3) -> list[str]:
        """Return the known labels nearest to the text, best first, for an error message.

        What is said with numbers (an interval, say) is near to what has the same numbers.
        """
        from rapidfuzz import fuzz, process

        form = normalise_label(text)
        found = process.extract(form, list(self._spelling), scorer=fuzz.WRatio, limit=None)
        hits = [(known, score) for known, score, _ in found]
        numbers = _numbers(form)
        if numbers:
            shared = {known: 100 * _shared(numbers, _numbers(known)) for known in self._spelling}
            hits = [(known, max(score, shared[known])) for known, score in hits]
            hits.sort(key=lambda hit: (-shared[hit[0]], -hit[1]))
        return [self._spelling[known] for known, score in hits[:count] if score >= 50]

    @property
    def labels(self) -> list[str]:
        """The labels as they are spelled in the codebook."""
        return list(self._spelling.values())
