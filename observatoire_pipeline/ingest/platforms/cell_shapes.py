"""What the cells of a column look like, whatever its heading says.

In: distinct texts and how often each occurs → moments, numbers, answers to choose from or typed
text; addresses that identify a person; ranks; the clean form of a heading.
Not in: headings of one platform (its module), ticked choices that share one cell (`joined`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

import numpy as np

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.export import QuestionKind
from observatoire_pipeline.ingest.grid import Grid, is_blank

MOST_OPTIONS = 60
"""A column of more repeated answers than this is typed text, not a choice."""

LONGEST_OPTION = 250
"""Characters of the longest answer that one chooses from."""

ENOUGH_TEXTS = 5000
"""Distinct texts that tell what a column holds; a choice never has as many."""

YES = frozenset(
    {"y", "yes", "oui", "ja", "si", "sim", "da", "tak", "ano", "kylla", "evet", "igen", "да"}
    | {"ναι", "hai", "áno", "jah", "taip", "ja,"}
)
NO = frozenset(
    {"n", "no", "non", "nein", "nee", "nej", "nei", "nao", "nu", "nie", "ne", "ei", "hayir", "nem"}
    | {"нет", "όχι"}
)
"""How people are offered yes and no, in many languages."""

_INLINE_TAG = re.compile(
    r"</?(strong|em|b|i|u|s|a|span|font|sup|sub|small|big|mark)\b[^<>]{0,200}>", re.I
)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,200}>")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\x00]")
_HALF = r"([AaPp]\.?\s?[Mm]\.?|오전|오후|上午|下午|午前|午後|[πμ]\.?μ\.?|SA|CH|PTG|PG)"
_CLOCK = rf"({_HALF}\s?)?\d{{1,2}}[:.h]\d{{2}}([:.]\d{{2}}([.,]\d+)?)?(\s?{_HALF})?"
_DAY = r"(\d{4}[-/.]\s?\d{1,2}[-/.]\s?\d{1,2}\.?|\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?(\d{4}|\d{2}))"
_ZONE = r"(\s?(Z|[A-Z]{2,5}|(UTC|GMT)?\s?[-+−]\d{1,2}(:?\d{2})?))*"
_MOMENT = re.compile(rf"{_DAY}(T|,?\s+|\s+à\s+){_CLOCK}{_ZONE}")
_DATE = re.compile(_DAY)
_NUMBER = re.compile(r"[-+−]?(\d{1,3}([ \u00a0\u202f]\d{3})+|\d+)([.,]\d+)?(e[+-]?\d+)?", re.I)
_ADDRESS = re.compile(
    r"\d{1,3}(\.\d{1,3}){3}|([0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}|[0-9a-f:]{0,30}::[0-9a-f:]{0,30}",
    re.I,
)
"""An address of a network; two colons alone are a time of day."""

_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TELEPHONE = re.compile(
    r"(\+\d{1,3}[ .-]?(\(0\))?|0)\d([ .-]?\d{2}){4}|\+\d{1,3}([ .()-]{0,2}\d){7,11}"
    r"|\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}"
)
_PERSONAL = (_MAILBOX, _ADDRESS, _TELEPHONE)
_ASKED_NAME = re.compile(
    r"((quels? (est|sont)|what (is|are)|what's|wie (ist|lautet)"
    r"|(indiquez|precisez|enter|please enter|merci d'indiquer|veuillez indiquer)) )?"
    r"(votre|vos|your|ihr|ihre|su|tu|ton) "
    r"(nom|prenom|nom et prenom|prenom et nom|nom et votre prenom|nom complet|name|full name"
    r"|first name|last name|e-?mail|e-?mail address|adresse e-?mail|adresse mail|adresse courriel"
    r"|courriel|adresse electronique|(numero de )?telephone|phone( number)?|vorname|nachname"
    r"|e-?mail-adresse|nombre|apellidos?|correo electronico)"
)
_ACCOUNT = re.compile(
    r"((what (is|are)|what's|quel est|enter|please enter) )?((your|my|votre|ton|dein|ihr|tu|su) )?"
    r"((git ?hub|git ?lab|twitter|discord|slack|linkedin|instagram|facebook"
    r"|telegram|mastodon|skype|reddit|irc|kaggle|orcid|twitch|steam)"
    r"( (user ?name|handle|nick|nickname|id|name|profile|profile url|url|tag|account))?"
    r"|(pseudo|compte|identifiant) (git ?hub|twitter|discord|slack|linkedin|instagram|facebook))"
    r"( \(.{1,40}\))?"
)
"""A heading that is no more than the name of an account."""

_NAMES = frozenset(
    {
        "name",
        "first name",
        "firstname",
        "last name",
        "surname",
        "family name",
        "given name",
        "middle name",
        "lastname",
        "full name",
        "email",
        "e-mail",
        "email address",
        "e-mail address",
        "phone",
        "phone number",
        "telephone number",
        "mobile number",
        "username",
        "nom",
        "prenom",
        "nom et prenom",
        "nom d'utilisateur",
        "adresse e-mail",
        "adresse email",
        "adresse mail",
        "adresse electronique",
        "courriel",
        "mail",
        "telephone",
        "numero de telephone",
        "vorname",
        "nachname",
        "e-mail-adresse",
        "e-mail adresse",
        "nutzername",
        "telefon",
        "telefonnummer",
        "nombre",
        "apellido",
        "apellidos",
        "correo electronico",
        "direccion de correo electronico",
        "nombre de usuario",
        "telefono",
        "cognome",
        "indirizzo email",
        "nome utente",
        "endereco de e-mail",
        "e-mailadres",
    }
)


def clean(text: str) -> str:
    """Return a heading or label as a person reads it: no HTML, one space where there are several.

    No-break spaces become spaces, invisible characters go, entities are replaced.
    """
    if text.isalnum():
        return text  # letters and digits alone, as in identifiers: there are many of these
    plain = text
    if "<" in plain:
        plain = _TAG.sub(" ", _INLINE_TAG.sub("", plain))
    if "&" in plain:
        plain = html.unescape(plain)
    if _INVISIBLE.search(plain):
        plain = _INVISIBLE.sub("", plain)
    return " ".join(plain.split())


def are_moments(texts: Sequence[str]) -> bool:
    """Tell whether every text is a day with a time of day, in whichever of the usual formats."""
    return bool(texts) and all(_MOMENT.fullmatch(text.strip()) for text in texts)


def are_dates(texts: Sequence[str]) -> bool:
    """Tell whether every text is a day, with or without a time of day."""
    return bool(texts) and all(
        _DATE.fullmatch(text.strip()) or _MOMENT.fullmatch(text.strip()) for text in texts
    )


def are_numbers(texts: Sequence[str]) -> bool:
    """Tell whether every text is a number, decimal comma and grouped thousands included."""
    return bool(texts) and all(_NUMBER.fullmatch(text.strip()) for text in texts)


def number(text: str) -> float:
    """Return the value of a text that `are_numbers` accepts."""
    plain = re.sub(r"[ \u00a0\u202f]", "", text.strip()).replace("−", "-")
    return float(plain.replace(",", "."))


def are_integers(texts: Sequence[str]) -> bool:
    """Tell whether every text is a whole number, `3.0` included."""
    return are_numbers(texts) and all(number(text).is_integer() for text in texts)


def identify_a_person(title: str, texts: Sequence[str]) -> bool:
    """Tell whether a column holds mailboxes, network addresses, telephones or names of people.

    The first three are seen in the cells (nine in ten of them); names, in a title that says so or
    asks for nothing else (`What is your name?`, `Your GitHub username`).
    """
    form = normalise_label(title)
    if form in _NAMES or _ASKED_NAME.fullmatch(form):
        return True
    if len(texts) > 10 and _ACCOUNT.fullmatch(form):
        return True
    texts = texts[:ENOUGH_TEXTS]
    marked = sum(any(mark.fullmatch(text.strip()) for mark in _PERSONAL) for text in texts)
    return bool(texts) and marked >= 0.9 * len(texts)


def kind_of(texts: Sequence[str], counts: np.ndarray) -> QuestionKind:
    """Return what one column of answers is: single, number, date or text.

    Whole numbers from 0 to 10 are a scale to choose from; other numbers are numbers. Other texts
    are a choice when few are repeated often enough: at least three cells in five hold an answer
    that occurs twice, and each answer occurs three times on average or the list is short.
    """
    if not texts:
        return "text"
    if are_dates(texts):
        return "date"
    if are_numbers(texts):
        values = [number(text) for text in texts]
        scale = are_integers(texts) and min(values) >= 0 and max(values) <= 10
        return "single" if scale else "number"
    if max(map(len, texts)) > LONGEST_OPTION or any("\n" in text.strip() for text in texts):
        repeated = int(counts[counts > 1].sum()) >= 0.9 * int(counts.sum())
        return "single" if repeated and len(texts) <= MOST_OPTIONS else "text"
    total = int(counts.sum())
    if total <= 3:
        return "single" if all(len(text.split()) <= 3 for text in texts) else "text"
    often = counts[counts > 1]
    if len(often) > MOST_OPTIONS or int(often.sum()) < 0.6 * total:
        return "text"
    return "single" if len(texts) <= 5 or total >= 3 * len(texts) else "text"


def uncounted(titles: Sequence[str]) -> list[str]:
    """Return titles without the number by which pandas tells repeated ones apart (`Title.1`).

    It is such a number where the title alone, and every lower number, stands before it; a name
    without letters but one, as `Q1`, may have parts.
    """
    seen: dict[str, int] = {}
    plain: list[str] = []
    for title in titles:
        stem, dot, count = title.rpartition(".")
        counted = (
            bool(dot)
            and count.isdecimal()
            and seen.get(stem, 0) == int(count) > 0
            and sum(map(str.isalpha, stem)) > 1
        )
        plain.append(stem if counted else title)
        seen[plain[-1]] = seen.get(plain[-1], 0) + 1
    return plain


def common_start(texts: Sequence[str]) -> str:
    """Return the characters with which all texts begin."""
    low, high = min(texts), max(texts)
    size = next((k for k, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    return low[:size]


def in_order(texts: Sequence[str]) -> tuple[str, ...]:
    """Return answers to choose from, numbers by value, other texts as they first appear."""
    if are_numbers(texts):
        return tuple(sorted(texts, key=number))
    return tuple(texts)


def shared_texts(
    grid: Grid, positions: Sequence[int], *, below: int, leave_out: frozenset[str] = frozenset()
) -> tuple[list[str], np.ndarray]:
    """Return the distinct texts of several columns together, and how often each occurs.

    Args:
        grid: The records.
        positions: Columns to look at.
        below: Number of header records.
        leave_out: Texts that are no answer.
    """
    total: dict[str, int] = {}
    for position in positions:
        for text, count in zip(*grid.distinct(position, below=below), strict=True):
            if text not in leave_out:
                total[text] = total.get(text, 0) + int(count)
    return list(total), np.array(list(total.values()), dtype=np.int64)


def are_ranks(grid: Grid, positions: Sequence[int], *, below: int) -> bool:
    """Tell whether columns rank things: whole numbers from 1 to their count, once a record each.

    Zeros and blanks are things not ranked. At least two different ranks must be given.
    """
    texts, _ = shared_texts(grid, positions, below=below)
    if len(positions) < 2 or not are_integers(texts):
        return False
    ranks = {number(text) for text in texts} - {0.0}
    if len(ranks) < 2 or min(ranks) < 1 or max(ranks) > len(positions):
        return False
    return _never_twice(grid, positions, below=below, leave_out=frozenset({"0", "0.0"}))


def _never_twice(
    grid: Grid, positions: Sequence[int], *, below: int, leave_out: frozenset[str]
) -> bool:
    """Tell whether no record holds one text in two of the columns."""
    codes: dict[str, int] = {}
    columns: list[np.ndarray] = []
    for position in positions:
        column = grid.cells.column(position - 1).combine_chunks()
        look_up = np.array(
            [
                -1
                if is_blank(text) or text in leave_out
                else codes.setdefault(text.strip(), len(codes))
                for text in column.dictionary.to_pylist()
            ],
            dtype=np.int64,
        )
        columns.append(look_up[column.indices.to_numpy(zero_copy_only=False)[below:]])
    cells = np.sort(np.column_stack(columns), axis=1)
    return not bool(((cells[:, 1:] == cells[:, :-1]) & (cells[:, 1:] >= 0)).any())


def rank_places(grid: Grid, positions: Sequence[int], *, below: int) -> bool:
    """Tell whether columns are places of a ranking, whose cells name the thing at that place.

    No record names a thing twice, and at least half of the things stand at several places.
    """
    texts, _ = shared_texts(grid, positions, below=below)
    if len(positions) < 2 or len(texts) < len(positions) or are_numbers(texts):
        return False
    places = [set(grid.distinct(position, below=below)[0]) for position in positions]
    moved = sum(sum(text in place for place in places) > 1 for text in texts)
    if moved * 2 < len(texts):
        return False
    return _never_twice(grid, positions, below=below, leave_out=frozenset())


def column_letters(positions: Sequence[int]) -> str:
    """Return columns in words, as a spreadsheet names them."""
    from observatoire_pipeline.ingest.refusal import column_letter

    if len(positions) == 1:
        return f"column {column_letter(positions[0])}"
    return "columns " + ", ".join(column_letter(position) for position in positions)
