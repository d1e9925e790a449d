"""Text that was read with the wrong alphabet: bytes before parsing, cells after.

In: which single-byte alphabet a file is written in, line ends doubled on the way, and mojibake
(text that was decoded with one alphabet and stored in another), undone only where the undoing is
proved. Not in: alphabets of other scripts than the Latin one.

What counts as proof. A wrong reading maps bytes to characters one to one, so it can be undone
exactly; the question is only whether it took place. It is taken as proved when no text gets more
implausible by undoing it, and some text that could not be written by a person gets plausible; with
the labels of a codebook, when more texts are labels afterwards and none ceases to be one.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.export import Damage
from observatoire_pipeline.ingest.refusal import shown

_USUAL = frozenset("àâäæçéèêëîïôöœùûüÿßÀÂÄÆÇÉÊÎÔÖŒÜ")
"""Accented letters that a French, English or German word may begin with or hold."""

_ALONE = frozenset("àÀôÔéÉ")
_ODD_MARKS = frozenset("†‡‚„ƒˆ˜¿¡ªº´¸¨¯¬¦¤˘˙˚˝˛ˇ∑∏π∂∫Ω√∞≈∆◊≠ﬁﬂıȷ‰⁄¥")
_NEVER_INSIDE = frozenset("€£¢©®™…•«»“”‹›±¶§¼½¾¹²³÷×¥°")
_HARD, _SOFT = 2, 1

_HIGH_RUN = re.compile(rb"[\x20-\x7e]?[\x80-\xff]+[\x20-\x7e]?")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_WHOLE_CHARACTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_WINDOWS = "".join(
    bytes([k]).decode("cp1252") if k not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(k)
    for k in range(256)
)
_WINDOWS_MAP = {ord(character): k for k, character in enumerate(_WINDOWS)} | {
    k: k for k in range(0x80, 0xA0)
}
"""Character → byte; a control character is what a reader as Latin-1 makes of the same byte."""
_APOSTROPHE = re.compile(r"nít\b|\b[dljsDLJS]í[euhEUHÈ]")
"""Where Mac Roman shows `í` for the apostrophe of Windows-1252: `donít`, `líexpression`, `díun`.

No Spanish, Portuguese or Czech word has these letters, though each of them has the letter.
"""
_STRAY_SIGNS = _USUAL | frozenset("’‘“”«»–—…€°\u00a0")
MOST_STRAYS = 500
"""Bytes that are no UTF-8 in a file that otherwise is; above it the file is taken for damaged."""

_MARK_INSIDE = re.compile(r"(?<![^\s\w’'(])\b[^\W\d_]+\?[a-zà-ÿ]+\b(?![=/&])")
_MARK_BEFORE = re.compile(r"\?[a-zà-ÿ]")
"""What the other pattern needs, and what is found in no time."""
_CAPITALS = "".join(chr(k) for k in range(0xC0, 0x250) if chr(k).isupper())
_SMALL = "a-z" + "".join(chr(k) for k in range(0xC0, 0x250) if chr(k).islower())
_MAY_BE_HARD = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff]|[{_SMALL}][{_CAPITALS}]"
    f"|[^\\W\\d_][{''.join(sorted(_NEVER_INSIDE))}][^\\W\\d_]|{_APOSTROPHE.pattern}"
)
"""Where a text may hold what no person writes: a quick look before the exact one."""

ENOUGH_RUNS = 200_000
"""Places with accents that tell one alphabet of a file from another."""

ENOUGH_TEXTS = 20_000
"""Texts that tell whether a whole file was read with a wrong alphabet."""

_HALFWAY = re.compile(f"[\x80-\x9f{''.join(sorted(_ODD_MARKS))}]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")

NBSP_LEFTOVERS = ("Œæ", "\x8cæ", "åÊ")
"""What two or three wrong readings make of a no-break space.

Its UTF-8 bytes C2 A0 read as Windows-1252, written as Mac Roman, read as Windows-1252 give `åÊ`,
and the last two steps once more `Œæ`; neither pair of letters occurs in a language.
"""


@dataclass(frozen=True)
class WrongReading:
    """A way in which text is decoded wrongly, and how it is undone.

    Attributes:
        name: In words: what was read as what.
        undo: Text → text; None where the reading cannot have produced this text.
        run: What a character of several bytes looks like after it; None where the reading is not
            proved run by run (multi-byte characters check themselves) but by the file as a whole.
    """

    name: str
    undo: Callable[[str], str | None]
    run: re.Pattern[str] | None


@dataclass(frozen=True)
class MendedTexts:
    """The distinct texts of a file that were set right.

    Attributes:
        changes: Text as found → text as it was.
        damage: What was found, repaired or not.
    """

    changes: dict[str, str]
    damage: tuple[Damage, ...]


# --- bytes ----------------------------------------------------------------------------------


_ENOUGH_BYTES = 1 << 20
"""Bytes that tell which script a file is in."""

_FOREIGN_RUN = re.compile(rb"[\x80-\xff]{4,}")
_BETWEEN_LETTERS = re.compile(rb"[A-Za-z][\xb9\xb3\xbf][a-z]")


def single_byte_encoding(data: bytes) -> str | None:
    """Return `cp1252` or `mac_roman` for bytes that are not UTF-8; None when neither reads well.

    Windows-1252 is taken unless Mac Roman makes strictly less implausible text of the bytes above
    0x7F. Both alphabets give a character to nearly every byte, so that decoding proves nothing.
    """
    runs = {run[0] for run in islice(_HIGH_RUN.finditer(data), ENOUGH_RUNS)}
    windows = sum(implausibility(_from_windows(run)) for run in runs)
    mac = sum(implausibility(run.decode("mac_roman")) for run in runs)
    if windows and mac < windows:
        return "mac_roman"
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    return "cp1252"


def other_alphabet(data: bytes) -> str:
    """Return in words which alphabet bytes seem to be in, that is none of those read; else "".

    Letters of Western languages beyond ASCII stand alone or in pairs: four in a row, again and
    again, are words of another script. The bytes of ą, ł and ż in Windows-1250 are signs in
    Windows-1252 that never stand between two letters.
    """
    runs = _FOREIGN_RUN.findall(data[:_ENOUGH_BYTES])
    foreign = [run for run in runs if len(set(run)) >= 3]
    if len(foreign) >= 5 and 10 * len(foreign) >= sum(
        1 for _ in _HIGH_RUN.finditer(data[:_ENOUGH_BYTES])
    ):
        return "another script (Cyrillic, Greek, Arabic, Chinese or Japanese)"
    if len(_BETWEEN_LETTERS.findall(data[:_ENOUGH_BYTES])) >= 3:
        return "Central European letters (Windows-1250)"
    return ""


def mend_stray_bytes(data: bytes) -> tuple[bytes, tuple[Damage, ...]] | None:
    """Return UTF-8 text whose stray bytes of Windows-1252 are rewritten; None without proof.

    Somebody pasted a few answers from another file. It is proved when each byte that is no UTF-8
    stands alone (two in a row, or within the reach of a first byte, may be a character that was
    cut), is a letter or sign of French, English or German in Windows-1252 where it stands, and
    the bytes read as Mac Roman make less sense.
    """
    strays = _strays(data)
    if not strays or len(strays) > MOST_STRAYS:
        return None
    mac = 0
    for start, byte in strays:
        reach = 3 if byte >= 0xF0 else 2 if byte >= 0xE0 else 1 if byte >= 0xC2 else 0
        following = data[start + 1 : start + 1 + max(reach, 1)]
        if any(0x80 <= after < 0xC0 for after in following) or data[start - 1 : start] > b"\xbf":
            return None
        around = _text_around(data, start)
        if around is None:
            return None
        before, after = around
        sign = _from_windows(bytes([byte]))
        if sign not in _STRAY_SIGNS or implausibility(before + sign + after):
            return None
        if sign == "\u00a0" and not (before[-1:] == "«" or after[:1] in tuple("?!:;%»€0123456789")):
            return None
        mac += implausibility(before + bytes([byte]).decode("mac_roman") + after)
    if not mac:
        return None
    parts, last = [], 0
    for start, byte in strays:
        parts += [data[last:start], _from_windows(bytes([byte])).encode("utf-8")]
        last = start + 1
    mended = b"".join([*parts, data[last:]])
    lines = [data.count(b"\n", 0, start) + 1 for start, _ in strays]
    shown_lines = ", ".join(map(str, lines[:5])) + (" and more" if len(lines) > 5 else "")
    found = Damage(
        "mixed_encodings",
        f"line {shown_lines} of the file"
        if len(lines) == 1
        else f"lines {shown_lines} of the file",
        len(strays),
        f"0x{strays[0][1]:02X}",
        "read as Windows-1252: no UTF-8 character, and a letter of its word in that alphabet only",
    )
    return mended, (found,)


def _strays(data: bytes) -> list[tuple[int, int]]:
    """Return place and value of the bytes that are no UTF-8, one more than allowed at most."""
    found: list[tuple[int, int]] = []
    for run in _HIGH_BYTES.finditer(data):
        try:
            run[0].decode("utf-8")
        except UnicodeDecodeError:
            place = 0
            while place < len(run[0]):
                whole = _WHOLE_CHARACTER.match(run[0], place)
                if whole is None:
                    found.append((run.start() + place, run[0][place]))
                place += len(whole[0]) if whole is not None else 1
            if len(found) > MOST_STRAYS:
                break
    return found


def _text_around(data: bytes, place: int) -> tuple[str, str] | None:
    """Return the characters before and after a byte; None where they are no UTF-8 either."""
    start = place - 1
    while start > 0 and place - start < 4 and 0x80 <= data[start] < 0xC0:
        start -= 1
    stop = place + 2
    while stop < len(data) and 0x80 <= data[stop] < 0xC0:
        stop += 1
    try:
        return data[max(start, 0) : place].decode("utf-8"), data[place + 1 : stop].decode("utf-8")
    except UnicodeDecodeError:
        return None


def without_mark_utf16(data: bytes) -> str | None:
    """Return `utf-16-le` or `utf-16-be` for UTF-16 text without byte order mark, else None.

    Text of a Latin script has a zero in every other byte; 4 in 5 of those places must hold one,
    fewer than 1 in 20 of the others, and the whole must decode.
    """
    sample = data[:65536]
    if len(data) % 2 or len(sample) < 4:
        return None
    half = len(sample) // 2
    even, odd = sample[::2].count(0) / half, sample[1::2].count(0) / half
    for name, full, empty in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if full >= 0.8 and empty < 0.05:
            try:
                data.decode(name)
            except UnicodeDecodeError:
                return None
            return name
    return None


def mend_line_ends(text: bytes) -> tuple[bytes, tuple[Damage, ...]]:
    r"""Undo line ends written twice over: `\r\r\n` for `\r\n`, `\r\n` for `\n` in a cell.

    Writing a finished file in text mode turns each `\n` into `\r\n`. It is proved when every line
    feed has a carriage return before it and at least the first record ends with `\r\r\n`; a file
    whose blank records are true has no such end.
    """
    doubled = text.count(b"\r\r\n")
    if not doubled or text.count(b"\n") != text.count(b"\r\n"):
        return text, ()
    first = text.find(b"\n")
    if text[first - 2 : first + 1] != b"\r\r\n" and doubled * 2 < text.count(b"\n"):
        return text, ()
    mended = text.replace(b"\r\n", b"\n")
    found = Damage(
        "doubled_line_ends",
        "ends of the records",
        doubled,
        r"\r\r\n",
        "read as one line end each; every line feed of the file had gained a carriage return",
    )
    return mended, (found,)


# --- texts ----------------------------------------------------------------------------------


def implausibility(text: str) -> int:
    """Return how little a text looks like one that a person wrote, 0 for nothing odd.

    Counts 2 for a control character, a replacement character, an accented capital straight after
    a small letter (`nationalitÈ`), a sign that never stands inside a word (`d©j`), or `í` where
    only an apostrophe can stand; 1 for a letter foreign to French, English and German, a lone
    accented letter, or a rare mark (`‡`).
    """
    return sum(_oddities(text))


def _is_impossible(text: str) -> bool:
    """Tell whether a text holds a sign that no person writes, not only rare ones."""
    return _HARD in _oddities(text)


def _oddities(text: str) -> Iterator[int]:
    if text.isascii():
        return
    yield from (_HARD for _ in _APOSTROPHE.finditer(text))
    for match in _NOT_ASCII.finditer(text):
        for place in range(match.start(), match.end()):
            before = text[place - 1] if place else " "
            after = text[place + 1] if place + 1 < len(text) else " "
            yield _oddity(text[place], before, after)


def _oddity(character: str, before: str, after: str) -> int:
    kind = unicodedata.category(character)
    if kind in ("Cc", "Co", "Cn") or character == "\ufffd":
        return _HARD
    if kind[0] == "L":
        if character in "ªº":
            return _SOFT
        if "LATIN" not in unicodedata.name(character, ""):
            return 0 if character not in _ODD_MARKS else _SOFT
        if character.isupper() and before.islower():
            return _HARD
        if not before.isalpha() and not after.isalpha() and character not in _ALONE:
            return _SOFT
        return 0 if character in _USUAL else _SOFT
    if character in _NEVER_INSIDE and before.isalpha() and after.isalpha():
        return _HARD
    if character == "…" and after.isalpha():
        return _SOFT
    return _SOFT if character in _ODD_MARKS else 0


def mend_texts(
    texts: Iterable[str], *, known: Collection[str] = frozenset(), where: str = "headers and cells"
) -> MendedTexts:
    """Undo wrong readings among the distinct texts of a file, where it is proved.

    Args:
        texts: Distinct texts, headings and cells alike.
        known: Labels that the texts may hold (of a codebook, of another edition).
        where: Place for the report.
    """
    originals = list(dict.fromkeys(texts))
    current = {text: text for text in originals if not text.isascii()}
    found: list[Damage] = []
    forms = frozenset(map(normalise_label, known))
    found += _invisible_marks(current, where=where)
    found += _leftovers(current, where=where)
    found += _undo_runs(current, where=where)
    found += _undo_whole(current, forms=forms, where=where)
    found += _lost_characters(originals, where=where)
    return MendedTexts({old: new for old, new in current.items() if old != new}, tuple(found))


def _invisible_marks(current: dict[str, str], *, where: str) -> list[Damage]:
    """Take byte order marks out of the texts: zero width, and part of no word."""
    marked = [old for old, text in current.items() if "\ufeff" in text]
    for old in marked:
        current[old] = current[old].replace("\ufeff", "")
    if not marked:
        return []
    return [Damage("zero_width_mark", where, len(marked), "U+FEFF", "left out of the texts")]


def _lost_characters(texts: Collection[str], *, where: str) -> list[Damage]:
    """Report letters and apostrophes that some program replaced by a sign, lost for good.

    U+FFFD says so itself. A question mark between two small letters is one in three texts at least:
    a person may forget a space after it, now and then.
    """
    replaced = [text for text in texts if "\ufffd" in text]
    marked = [
        text
        for text in texts
        if "?" in text and _MARK_BEFORE.search(text) and _MARK_INSIDE.search(text)
    ]
    lost = [*replaced, *(marked if len(marked) >= 3 else ())]
    if not lost:
        return []
    sign = "U+FFFD" if replaced else "?"
    return [Damage("lost_characters", where, len(lost), f"{sign} in place of a letter", "")]


def _leftovers(current: dict[str, str], *, where: str) -> list[Damage]:
    changed: list[str] = []
    for old, text in current.items():
        mended = text
        for leftover in NBSP_LEFTOVERS:
            mended = mended.replace(leftover, "\u00a0")
        if mended != text:
            changed.append(old)
            current[old] = mended
    if not changed:
        return []
    how = "a no-break space: its bytes after two wrong readings, undone exactly"
    return [Damage("mangled_bytes", where, len(changed), _sign(changed[0]), how)]


def _undo_runs(current: dict[str, str], *, where: str) -> list[Damage]:
    """Undo the reading of UTF-8 that explains most texts: its characters check themselves.

    A file may have been read wrongly twice or three times over; each round undoes one reading.
    """
    found: list[Damage] = []
    for _ in range(3):
        reading = _likeliest(current)
        if reading is None:
            break
        undone = {old: _undone_once(text, reading) for old, text in current.items()}
        best = {old: new for old, new in undone.items() if new != current[old]}
        name = reading.name
        old, mended = next(iter(best.items()))
        before = current[old]
        current.update(best)
        again = ", once more" if found else ""
        how = f"read as “{_sign(mended, like=before)}”: such runs are whole UTF-8 characters"
        example = f"{name}{again}: {_sign(before)}"
        found.append(Damage("mojibake", where, len(best), example, how))
    return found


def _likeliest(current: dict[str, str]) -> WrongReading | None:
    """Return the reading of UTF-8 that explains most texts, None where none explains any.

    The first many thousand texts tell; where they are intact, all are looked at.
    """
    readings = [reading for reading in WRONG_READINGS if reading.run is not None]
    texts = list(current.values())
    for some in (texts[:ENOUGH_TEXTS], texts[ENOUGH_TEXTS:]):
        counts = [sum(_undone_once(text, one) != text for text in some) for one in readings]
        if max(counts, default=0):
            return readings[counts.index(max(counts))]
    return None


def _undone_once(text: str, reading: WrongReading) -> str:
    """Return a text with one wrong reading undone.

    A reading that took place twice leaves signs halfway that no survey holds (control characters,
    `π`): they are let through where the next round leaves none.
    """
    mended = _undone(text, reading)
    halfway = _undone(text, reading, signs=True)
    if halfway != mended and not _HALFWAY.search(_undone(halfway, reading)):
        return halfway
    return mended


def _undone(text: str, reading: WrongReading, *, signs: bool = False) -> str:
    """Return a text with the multi-byte characters that it hides; other characters stay."""
    if reading.run is None or not reading.run.search(text):
        return text

    def hidden(match: re.Match[str]) -> str:
        mended = reading.undo(match[0])
        read = (
            mended is not None
            and len(mended) == 1
            and (_is_text(mended) or (signs and _HALFWAY.match(mended) is not None))
        )
        return mended if mended is not None and read else match[0]

    return reading.run.sub(hidden, text)


def _is_text(character: str) -> bool:
    """Tell whether a hidden character is one that surveys hold.

    Of the two-byte characters only U+00A0 to U+017F are taken: the others begin with the byte of a
    capital that text may hold before a mark (`CAFÉ…`).
    """
    code = ord(character)
    if 0xA0 <= code <= 0x17F:
        return True
    return code >= 0x2000 and unicodedata.category(character) not in ("Cc", "Cn", "Co", "Cs")


def _undo_whole(
    current: dict[str, str], *, forms: frozenset[str], where: str
) -> tuple[Damage, ...]:
    """Undo a single-byte reading in all the texts it can have produced, or report it."""
    unproved: list[Damage] = []
    if not forms and not any(map(_MAY_BE_HARD.search, current.values())):
        return ()
    for reading in WRONG_READINGS:
        if reading.run is not None:
            continue
        affected, report = _tried(current, reading, forms=forms, where=where)
        if report is not None and report.repaired:
            current.update(affected)
            return (report,)
        if report is not None:
            unproved.append(report)
    return tuple(sorted(unproved, key=lambda report: -report.count)[:1])


def _tried(
    current: dict[str, str], reading: WrongReading, *, forms: frozenset[str], where: str
) -> tuple[dict[str, str], Damage | None]:
    """Return what a reading explains, and the report on it; None when nothing speaks for it."""
    affected: dict[str, str] = {}
    better = worse = gained = lost = 0
    for old, text in current.items():
        mended = reading.undo(text)
        if mended is None or mended == text:
            continue
        affected[old] = mended
        if len(affected) > ENOUGH_TEXTS:
            continue
        before, after = implausibility(text), implausibility(mended)
        better += after < before and _is_impossible(text)
        worse += after > before
        if forms:
            was, becomes = normalise_label(text) in forms, normalise_label(mended) in forms
            gained += becomes and not was
            lost += was and not becomes
    if not better and not gained:
        return {}, None
    example = max(
        islice(affected, ENOUGH_TEXTS),
        key=lambda old: implausibility(old) - implausibility(affected[old]),
    )
    sign = f"{reading.name}: {_sign(example)}"
    if lost:
        return {}, Damage("mojibake", where, better, sign, "") if better >= max(2, worse) else None
    if gained:
        proof = f"{gained} more texts are known labels"
    elif better and not worse:
        proof = "no text reads worse"
    else:
        # Few texts that could be better beside many that would be worse are chance.
        unproved = Damage("mojibake", where, better, sign, "")
        return {}, unproved if better >= max(2, worse) else None
    how = f"read as “{_sign(affected[example], like=example)}” and so on: {proof}"
    return affected, Damage("mojibake", where, len(affected), sign, how)


def _sign(text: str, *, like: str = "") -> str:
    """Return the word around the first odd character: a damaged form, not a person's words."""
    words = text.split()
    probe = like.split() or words
    place = next((k for k, word in enumerate(probe) if not word.isascii()), 0)
    return shown(words[min(place, len(words) - 1)] if words else text, limit=24)[1:-1]


def _from_windows(data: bytes) -> str:
    return codecs.charmap_decode(data, "strict", _WINDOWS)[0]


def _to_windows(text: str) -> bytes | None:
    try:
        return codecs.charmap_encode(text, "strict", _WINDOWS_MAP)[0]
    except UnicodeEncodeError:
        return None


def _to_mac(text: str) -> bytes | None:
    try:
        return text.encode("mac_roman")
    except UnicodeEncodeError:
        return None


def _as_utf8(data: bytes | None) -> str | None:
    try:
        return None if data is None else data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _mac_then_windows(text: str) -> str | None:
    data = _to_mac(text)
    return None if data is None else _from_windows(data)


def _windows_then_mac(text: str) -> str | None:
    data = _to_windows(text)
    return None if data is None else data.decode("mac_roman")


def _runs(decode: Callable[[bytes], str], *, controls: bool) -> re.Pattern[str]:
    """Return the pattern of UTF-8 characters of two to four bytes, read with another alphabet."""

    def signs(low: int, high: int) -> str:
        found = {decode(bytes([byte])) for byte in range(low, high + 1)}
        if controls:
            found |= {chr(byte) for byte in range(low, high + 1) if byte < 0xA0}
        return "[" + "".join(re.escape(sign) for sign in sorted(found)) + "]"

    more = signs(0x80, 0xBF)
    return re.compile(
        f"{signs(0xF0, 0xF4)}{more}{{3}}|{signs(0xE0, 0xEF)}{more}{{2}}|{signs(0xC2, 0xDF)}{more}"
    )


WRONG_READINGS = (
    WrongReading(
        "UTF-8 read as Windows-1252",
        lambda text: _as_utf8(_to_windows(text)),
        _runs(_from_windows, controls=True),
    ),
    WrongReading(
        "UTF-8 read as Mac Roman",
        lambda text: _as_utf8(_to_mac(text)),
        _runs(lambda data: data.decode("mac_roman"), controls=False),
    ),
    WrongReading("Windows-1252 read as Mac Roman", _mac_then_windows, None),
    WrongReading("Mac Roman read as Windows-1252", _windows_then_mac, None),
)
"""Those that real files show, in the order in which they are looked for."""
