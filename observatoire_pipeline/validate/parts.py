"""A raw column that answers several things at once, taken apart: one part for each of them.

In: columns whose cells hold several ticked choices, an answer or what was typed for "other", or the
name of what has a rank → columns of one item each, whose cells are pieces of the delivered cells.
Not in: what a piece means (`reading`), and which columns are of this kind (stage ingest).

A cell stays one cell: it is rejected as a whole, and accounted for once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.labels import LabelIndex
from observatoire_pipeline.codebook.models import Variable
from observatoire_pipeline.ingest.ticks import Choices
from observatoire_pipeline.validate.cells import RawColumn

TAKEN_APART = frozenset({"joined", "other_inside", "places"})
"""Readings of a raw column that answers several things."""


@dataclass(frozen=True)
class _Ticked:
    """The pieces of cells in which ticked choices stand together.

    Attributes:
        choices: The choices of the question.
        typed: The item that holds what nobody listed; empty where none does.
    """

    choices: Choices
    typed: str
    _known: dict[str, dict[str, str]] = field(default_factory=dict, repr=False, compare=False)

    def of(self, cell: str) -> dict[str, str]:
        """Return the text of each item of a cell; that of the item "" is unknown."""
        if cell not in self._known:
            found: dict[str, str] = {}
            unknown: list[str] = []
            for item, text in self.choices.pieces(cell):
                if item is None:
                    unknown.append(text)
                else:
                    found.setdefault(item, text)
            if unknown:
                found[self.typed] = self.choices.separator.join(unknown)
            self._known[cell] = found
        return self._known[cell]


@dataclass(frozen=True)
class _Answered:
    """The pieces of cells that hold an answer of the list, or what was typed for "other"."""

    answers: LabelIndex[str]
    other: str

    def of(self, cell: str) -> dict[str, str]:
        return {"" if self.answers.find(cell) is not None else self.other: cell}


@dataclass(frozen=True)
class _Placed:
    """The pieces of cells that name what has one rank: the rank, under the item named."""

    items: LabelIndex[str]
    rank: str

    def of(self, cell: str) -> dict[str, str]:
        item = self.items.find(cell)
        return {"": cell} if item is None else {item: self.rank}


@dataclass(frozen=True)
class Part:
    """What one item gets of each cell of a column.

    Attributes:
        base: The column as delivered.
        item: The item; empty for the answer itself, or for pieces that no item is equal to.
        pieces: How a cell is taken apart.
        unknown: Whether the part holds what no item is equal to.
    """

    base: RawColumn
    item: str
    pieces: _Ticked | _Answered | _Placed
    unknown: bool = False

    def text_of(self, cell: str) -> str:
        """Return the piece of a cell that is the item's, empty when there is none."""
        return self.pieces.of(cell).get(self.item, "")


def parts_of(column: RawColumn, *, edition: str, codebook: Codebook) -> list[RawColumn]:
    """Return a column as columns of one item each; one that needs it not is returned itself."""
    if column.reading not in TAKEN_APART or column.part is not None:
        return [column]
    variable = codebook.variables[column.variable]
    labels = _labels(column, variable, edition, codebook)
    pieces: _Ticked | _Answered | _Placed
    if column.reading == "other_inside":
        scale = codebook.scale_of(variable.variable, edition)
        if scale is None or variable.other is None:
            raise ValueError(f"{variable.variable}: no scale, or no “other”, in edition {edition}")
        pieces = _Answered(codebook.answer_labels(scale.scale, edition), variable.other)
        return [
            replace(column, part=Part(column, "", pieces)),
            _part(column, variable.other, labels.get(variable.other, ""), pieces),
        ]
    items = {item.item: labels[item.item] for item in variable.items if item.item in labels}
    index = [(label, item) for item, label in items.items()]
    if column.reading == "places":
        pieces = _Placed(LabelIndex(index), column.code.removeprefix("rank_"))
        typed = ""
    else:
        typed = next((item.item for item in variable.items if item.text and item.item in items), "")
        pieces = _Ticked(Choices.of(index, separator=column.separator), typed)
    parts = [_part(column, item, label, pieces) for item, label in items.items()]
    if not typed:
        parts.append(replace(column, part=Part(column, "", pieces, unknown=True), code=""))
    return parts


def _part(
    column: RawColumn, item: str, label: str, pieces: _Ticked | _Answered | _Placed
) -> RawColumn:
    return replace(column, item=item, label=label, code="", part=Part(column, item, pieces))


def _labels(
    column: RawColumn, variable: Variable, edition: str, codebook: Codebook
) -> dict[str, str]:
    """Return the words of each item and box that the edition asked."""
    names = [item.item for item in variable.items]
    names += [name for name in (variable.other, variable.comment) if name]
    words = {name: codebook.column_text(variable.variable, name, edition) for name in names}
    return {
        name: text.replace("{instance}", str(column.instance))
        for name, text in words.items()
        if text is not None
    }
