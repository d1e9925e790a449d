"""The typographic accidents of a questionnaire typed by people, the same for the same text.

In: a text of the codebook → the text of the export. Every accident is one that
`normalise_label` folds, so that a reader must find the label again. Not in: rewordings, which are
entries of the codebook.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from zlib import crc32

from observatoire_pipeline.codebook.labels import is_cut
from observatoire_pipeline.codebook.models import CUT_MARK

NBSP, NARROW = "\u00a0", "\u202f"
_SHORT = 12
"""Texts up to this length stay as they are: a scale's `Oui` is typed once and well."""


def typed(endings: Mapping[str, str]) -> Callable[[str], str]:
    """Return the wording of a sample.

    Args:
        endings: Label that the codebook marks as cut → its invented end.

    Returns:
        A function of the text alone: title, choice and cell stay equal to one another.
    """

    def wording(text: str) -> str:
        if is_cut(text):
            ending = endings.get(text, "")
            text = f"{text.replace(CUT_MARK, '').rstrip()} {ending}".rstrip()
        text = text.replace(NARROW, NBSP)
        if len(text) <= _SHORT:
            return text
        return _ACCIDENTS[crc32(text.encode("utf-8")) % len(_ACCIDENTS)](text)

    return wording


def _same(text: str) -> str:
    return text


def _straight_apostrophe(text: str) -> str:
    return text.replace("’", "'")


def _no_break_space(text: str) -> str:
    for sign in ":;!?»/":
        text = text.replace(f" {sign}", f"{NBSP}{sign}")
    return text.replace("« ", f"«{NBSP}")


def _double_space(text: str) -> str:
    middle = text.find(" ", len(text) // 2)
    return text if middle < 0 else f"{text[:middle]} {text[middle:]}"


def _trailing_space(text: str) -> str:
    return f"{text} "


def _trailing_no_break_space(text: str) -> str:
    return f"{_straight_apostrophe(text)}{NBSP}"


def _capitals_without_accents(text: str) -> str:
    """Drop the accents of the first half of an upper-case text, as a keyboard does."""
    if not text.isupper():
        return _no_break_space(text)
    half = len(text) // 2
    bare = unicodedata.normalize("NFD", text[:half])
    return "".join(c for c in bare if not unicodedata.combining(c)) + text[half:]


_ACCIDENTS: tuple[Callable[[str], str], ...] = (
    _same,
    _straight_apostrophe,
    _no_break_space,
    _double_space,
    _trailing_space,
    _trailing_no_break_space,
    _capitals_without_accents,
)
