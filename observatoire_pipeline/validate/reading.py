"""What the text of one cell means, decided once for each distinct text of a column.

In: how a column is read (label, tick, rank, number, text), and the grammar of ranks and numbers.
Not in: rules between cells (`rules`), codes of whole questions (the normalise stage).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.labels import LabelIndex, normalise_label
from observatoire_pipeline.codebook.models import NOT_RANKED, NOT_SELECTED, SELECTED, Variable
from observatoire_pipeline.ingest.platforms.limesurvey import NO_TICKS, TICKS
from observatoire_pipeline.validate.cells import Cells, Ints, Mask, RawColumn
from observatoire_pipeline.validate.parts import TAKEN_APART

Use = Literal["label", "tick", "rank", "number", "text", "several", "unknown"]
Meaning = str | float
"""A code for labels, ticks and ranks, a number, or the trimmed text itself."""

_UNRANKED = {"0", "n/a", "na", "non classe", "not ranked", "s.o"}
_UNITS = (
    ("€", "eur", "euro", "euros"),
    ("%", "pourcent", "pour cent", "percent"),
)
"""Spellings of one unit; the singular and the plural of any other unit are equal as well."""
_SPACE = re.compile(r"[\s\u00a0\u202f\u2009]+")
_PLAIN = re.compile(r"\d+")
_SPACED = re.compile(r"\d{1,3}(?: \d{3})+(?:[.,]\d+)?")
_POINTED = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")
_COMMAED = re.compile(r"\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,}")
_DECIMAL = re.compile(r"\d+[.,]\d+")
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?[eE][+-]?\d+")


def use_of(column: RawColumn, variable: Variable) -> Use:
    """Return how the cells of a column are read.

    The box of an "other" is typed text in every layout, also where it carries the code of "other".
    A column that answers several things is read by its parts (`parts`); what no item is equal to
    is unknown.
    """
    if column.reading in TAKEN_APART and column.part is None:
        return "several"
    if column.part is not None and column.part.unknown:
        return "unknown"
    if column.reading == "ticks":
        return "tick"
    side = bool(column.item) and column.item in (variable.other, variable.comment)
    typed = variable.kind == "multiple" and not side and variable.item(column.item).text
    if variable.kind == "text" or side or typed:
        return "text"
    if variable.kind == "multiple" or column.code:
        return "tick"
    if variable.kind == "ranking":
        return "rank"
    return "number" if variable.kind == "number" else "label"


def meaning_of_tick(column: RawColumn) -> str:
    """Return the code that a ticked box of the column means."""
    return column.code or SELECTED


@dataclass(frozen=True)
class Read:
    """The cells of a column, read: `meanings[k]` is what `cells.texts[k]` means, None if nothing.

    `own_label[k]` tells whether a text is the label of its own column: in a column of typed text it
    is a box that was ticked without a word typed.
    """

    cells: Cells
    use: Use
    meanings: list[Meaning | None]
    own_label: list[bool]

    @property
    def column(self) -> RawColumn:
        """The column that was read."""
        return self.cells.column

    def holds(self, chosen: list[bool]) -> Mask:
        """Return the responses whose cell is one of the chosen distinct texts."""
        table = np.array([*chosen, False], dtype=bool)
        return table[self.cells.index]

    @property
    def unread(self) -> Mask:
        """The responses whose cell is not blank and means nothing."""
        return self.holds([meaning is None for meaning in self.meanings])

    def numbered(self, numbers: dict[Meaning, int]) -> Ints:
        """Return for each response the number of its meaning, -1 for blank or without meaning.

        Meanings that `numbers` lacks are added to it.
        """
        table = [
            -1 if meaning is None else numbers.setdefault(meaning, len(numbers))
            for meaning in self.meanings
        ]
        return np.array([*table, -1], dtype=np.int64)[self.cells.index]


def read_cells(cells: Cells, *, edition: str, codebook: Codebook) -> Read:
    """Read every distinct text of a question's column."""
    if cells.known is None:
        return Read(cells, *_meanings(cells, edition=edition, codebook=codebook))
    column = cells.column
    made = cells.known.recall(
        f"meanings of {column.source_id} {column.column}",
        cells.texts,
        codebook,
        make=lambda: _meanings(cells, edition=edition, codebook=codebook),
    )
    return Read(cells, *made)


def _meanings(
    cells: Cells, *, edition: str, codebook: Codebook
) -> tuple[Use, list[Meaning | None], list[bool]]:
    """Return how a column is read, what each of its texts means, and which are its own label."""
    column = cells.column
    variable = codebook.variables[column.variable]
    use = use_of(column, variable)
    own = _own_labels(column, edition=edition, codebook=codebook)
    own_label = [own.find(text) is not None for text in cells.texts]
    meanings: list[Meaning | None]
    if use in ("several", "unknown"):
        meanings = [None] * len(cells.texts)
    elif use == "text":
        meanings = list(cells.texts)
    elif use == "tick":
        meanings = list(_ticks(cells, own_label, edition=edition, codebook=codebook))
    elif use == "rank":
        highest = items_asked(variable, edition=edition, codebook=codebook)
        meanings = [read_rank(text, highest=highest) for text in cells.texts]
    elif use == "number":
        meanings = [read_number(text, unit=variable.unit_of_measure) for text in cells.texts]
    else:
        scale = codebook.scale_of(variable.variable, edition)
        if scale is None:
            raise ValueError(f"{variable.variable}: no scale is declared for edition {edition}")
        labels = codebook.answer_labels(scale.scale, edition)
        meanings = [labels.find(text) for text in cells.texts]
    return use, meanings, own_label


def _own_labels(column: RawColumn, *, edition: str, codebook: Codebook) -> LabelIndex[bool]:
    """Return the labels of a box: as its header has it, and as the codebook does.

    The words of an item are not the label of a box that stands for one answer to it.
    """
    words = [column.label]
    known = codebook.column_text(column.variable, column.item or None, edition)
    of_answer = column.code and column.item != codebook.variables[column.variable].other
    if known is not None and column.item and not of_answer:
        words.append(known.replace("{instance}", str(column.instance)))
    return LabelIndex([(text, True) for text in words if normalise_label(text)])


def _ticks(
    cells: Cells, own_label: list[bool], *, edition: str, codebook: Codebook
) -> list[str | None]:
    """Return what each text of a check-box means: its code, or None when it is not its label.

    In an expanded matrix the header is `row - column` and the cell holds the column's label. Where
    words tell (`Oui`, `Non`), they do for each cell, and a contrary word means "not selected".
    """
    column = cells.column
    code = meaning_of_tick(column)
    if column.reading == "ticks":
        forms = [normalise_label(text) for text in cells.texts]
        return [
            code if own or form in TICKS else NOT_SELECTED if form in NO_TICKS else None
            for form, own in zip(forms, own_label, strict=True)
        ]
    scale = codebook.scale_of(column.variable, edition)
    labels = None if scale is None else codebook.answer_labels(scale.scale, edition)
    highest = items_asked(codebook.variables[column.variable], edition=edition, codebook=codebook)

    def says_so(text: str) -> bool:
        if code.startswith("rank_"):
            return read_rank(text, highest=highest) == code
        return labels is not None and labels.find(text) == code

    return [
        code if own or says_so(text) else None
        for text, own in zip(cells.texts, own_label, strict=True)
    ]


def items_asked(variable: Variable, *, edition: str, codebook: Codebook) -> int:
    """Return how many items of a battery the edition asked: the highest rank of a ranking."""
    return sum(
        codebook.asked(variable.variable, edition, item=item.item) for item in variable.items
    )


def read_rank(text: str, *, highest: int) -> str | None:
    """Return `rank_k`, `not_ranked` for a refusal to rank (`0`, `N/A`), None when it is neither."""
    if normalise_label(text) in _UNRANKED:
        return NOT_RANKED
    number = read_number(text)
    if number is None or number != int(number) or not 1 <= number <= highest:
        return None
    return f"rank_{int(number)}"


def read_number(text: str, *, unit: str | None = None) -> float | None:
    """Return the number that a text spells, None when it spells none or could spell two.

    Read: `1234`, `1 234,5`, `12,5`, `12.5`, `1.234,50`, `1,234.50`, `1.234.567`, `1E+05`, each with
    a sign and with the declared unit behind it. Not read: `1,234` and `1.234`, which are a
    thousand for one reader and one for another; words; intervals.
    """
    plain = _SPACE.sub(" ", text).strip().replace("−", "-")
    plain = _without_unit(plain, unit)
    sign = -1.0 if plain.startswith("-") else 1.0
    plain = plain[1:].lstrip() if plain[:1] in ("-", "+") else plain
    if _AMBIGUOUS.fullmatch(plain):
        return None
    if _POINTED.fullmatch(plain):
        plain = plain.replace(".", "")
    elif _COMMAED.fullmatch(plain):
        plain = plain.replace(",", "")
    elif _SPACED.fullmatch(plain):
        plain = plain.replace(" ", "")
    elif not (_PLAIN.fullmatch(plain) or _DECIMAL.fullmatch(plain) or _SCIENTIFIC.fullmatch(plain)):
        return None
    return sign * float(plain.replace(",", "."))


def _without_unit(text: str, unit: str | None) -> str:
    if unit is None:
        return text
    form = normalise_label(unit)
    spellings = {form, form.rstrip("s"), form.rstrip("s") + "s"}
    for family in _UNITS:
        if form in family:
            spellings |= set(family)
    body = re.match(r"(.*\d)\s*(\D+)$", text)
    if body is not None and normalise_label(body.group(2)) in spellings:
        return body.group(1)
    return text
