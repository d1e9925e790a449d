"""How charts look: colours, sizes, which ink stands on which colour, and how wide a text is.

In: palettes with their contrast, font, wrapping of labels to a width.
Not in: words (`words`), places on the sheet (`page`), marks (the family modules).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

FONT = "Liberation Sans, Arial, sans-serif"
"""Liberation Sans stands inside vl-convert; a family that is absent draws no text at all."""

WIDTH, HEIGHT, MARGIN = 960, 540, 28
"""Slide size, in pixels; pictures are rendered at twice that."""

INK, MUTED, GRID, OUTLINE, PAPER = "#1f1f24", "#55555e", "#dcdce2", "#333333", "#ffffff"
DONT_KNOW = "#999999"
BAR, BAR_STRONG, BAR_APART = "#998ec3", "#542788", "#c9c9cf"
BREAK = "#8a3c00"
BADGE, BADGE_INK = "#fff1c2", "#5a4300"

_NEGATIVE = {1: ("#b35806",), 2: ("#b35806", "#fdb863"), 3: ("#b35806", "#f1a340", "#fee0b6")}
_POSITIVE = {1: ("#542788",), 2: ("#b2abd2", "#542788"), 3: ("#d8daeb", "#998ec3", "#542788")}
NEUTRAL = "#f2f2f2"

LABEL = 17
"""Size of the label of a row that has room."""

READABLE = 13
"""Size under which the label of a row is not read from a distance."""

MOST_ROWS, MOST_PAIRS = 18, 14
"""More rows than this would be too close to be read; the table of figures holds the others."""

BAR_THICKNESS = 64.0
"""A bar is never thicker, however few rows there are."""


def diverging(*, negative: int, neutral: int, positive: int) -> list[str]:
    """Return PuOr colours from the most negative answer to the most positive one.

    The mid tones fall under 3:1 on white, so every segment that uses them has an outline.

    Raises:
        ValueError: more than three answers on one side; nobody could tell the tones apart.
    """
    if negative > 3 or positive > 3:
        raise ValueError(
            f"{negative} negative and {positive} positive answers: tones stay distinct up to 3 "
            "a side; group answers in the codebook's scale"
        )
    return [
        *_NEGATIVE.get(negative, ()),
        *[NEUTRAL] * neutral,
        *_POSITIVE.get(positive, ()),
    ]


def sequential(count: int) -> list[str]:
    """Return purples from pale to dark for the answers of a scale without poles."""
    pale, dark = (0xE6, 0xE1, 0xEF), (0x54, 0x27, 0x88)
    steps = [place / max(count - 1, 1) for place in range(count)]
    return [
        "#" + "".join(f"{round(a + (b - a) * t):02x}" for a, b in zip(pale, dark, strict=True))
        for t in steps
    ]


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` (WCAG 2, 0 black to 1 white)."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2, 1 to 21)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(colour: str) -> str:
    """Return white where it reads at 4.5:1 or better, else the dark ink."""
    return PAPER if contrast(PAPER, colour) >= 4.5 else INK


_ADVANCES = {
    191: "'|",
    222: "ijl’‘‚",
    278: " !,./:;[]\\ftI\u00a0·",
    333: "-()`r°“”„‑",
    355: '"',
    389: "*",
    500: "ckvxyszJ",
    556: "#$0123456789?_abdeghnopquL«»–€",
    584: "+<=>~−×±≥≤",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%æ",
    944: "Wœ",
    1000: "Œ…—Æ",
}
_ADVANCE = {char: width for width, chars in _ADVANCES.items() for char in chars} | {"\u202f": 278}
_WIDEST = 1015
_BOLD_ADVANCES = {
    278: " '|Iijl’‘,./\\·",
    333: "-()!:;[]`ft",
    389: "*r",
    400: "°",
    474: '"',
    500: "“”„z",
    556: "aceksvxyJ#$0123456789_«»€–",
    611: "bdghnopqu?LTFZ",
    667: "EPSVXY",
    722: "&ABCDHKNRU",
    778: "GOQw",
    889: "m%",
}
_BOLD_ADVANCE = _ADVANCE | {char: w for w, chars in _BOLD_ADVANCES.items() for char in chars}


def text_width(text: str, *, size: float, bold: bool = False) -> float:
    """Return the width in pixels of a text in Liberation Sans (metrics of Arial), from above.

    Accented letters are as wide as their base letter; an unknown character counts as the widest.
    """
    return _units(text, bold) / 1000 * size


@lru_cache(maxsize=8192)
def _units(text: str, bold: bool) -> int:
    """Return the width of a text in thousandths of its size."""
    advance = _BOLD_ADVANCE if bold else _ADVANCE
    base = unicodedata.normalize("NFD", text)
    return sum(advance.get(c, _WIDEST) for c in base if not unicodedata.combining(c))


def balance(text: str, *, width: float, size: float, bold: bool = False) -> list[str]:
    """Return the text in as few lines as `wrap`, of lengths as even as its words allow."""
    lines = wrap(text, width=width, size=size, bold=bold)
    narrow, wide = width / 2, width
    for _ in range(7):
        middle = (narrow + wide) / 2
        if len(wrap(text, width=middle, size=size, bold=bold)) > len(lines):
            narrow = middle
        else:
            wide = middle
    return wrap(text, width=wide, size=size, bold=bold)


def wrap(text: str, *, width: float, size: float, bold: bool = False) -> list[str]:
    """Return the text in lines of at most `width` pixels, cut at ordinary spaces only.

    No-break spaces hold. A single word that is wider than the line is cut between letters, because
    a label must never run into the bars nor lose its end.
    """
    room = width / size * 1000
    lines: list[str] = []
    filled = 0.0
    for word in text.split(" "):
        taken = _units(word, bold)
        if lines and filled + _ADVANCE[" "] + taken <= room:
            lines[-1] += f" {word}"
            filled += _ADVANCE[" "] + taken
        else:
            pieces = [word] if taken <= room else _pieces(word, room=room, bold=bold)
            lines.extend(pieces)
            filled = _units(pieces[-1], bold)
    return lines


def _pieces(word: str, *, room: float, bold: bool) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and _units(pieces[-1] + letter, bold) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def fit(
    labels: Sequence[str],
    *,
    width: float,
    height: float,
    sizes: Sequence[float] = (LABEL, 16, 15, 14, 13, 12, 11),
) -> tuple[float, list[list[str]]]:
    """Return the largest size at which every label fits its row, and the labels in lines.

    Args:
        labels: One label a row.
        width: Width of the column of labels, in pixels.
        height: Height of a row, in pixels.
        sizes: Sizes to try, largest first; the last is taken whatever it gives.
    """
    for size in sizes:
        lines = [balance(label, width=width, size=size) for label in labels]
        if max((len(found) for found in lines), default=0) * line_height(size) <= height:
            break
    return size, lines


def line_height(size: float) -> float:
    """Return the distance between two lines of text, in pixels."""
    return round(size * 1.17, 1)
