"""The known choices that one cell holds.

In: the labels of a question's choices and a separator → the choice of each piece of a cell, cut so
that the fewest pieces stay unknown (a choice may hold the separator itself). Not in: finding out
which choices there are (`platforms.joined`), and what an unknown piece means (stage validate).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from observatoire_pipeline.codebook.labels import LabelIndex, is_cut
from observatoire_pipeline.ingest.platforms.joined import split_ticks


@dataclass(frozen=True)
class Choices(Collection[str]):
    """The choices of one question, equal when their normal forms are.

    Attributes:
        index: Label → item.
        separator: What stands between two choices of a cell; empty when a cell holds one.
    """

    index: LabelIndex[str]
    separator: str

    @classmethod
    def of(cls, labels: Iterable[tuple[str, str]], *, separator: str) -> Choices:
        """Return the choices of these (label, item)."""
        return cls(LabelIndex(labels), separator)

    def pieces(self, cell: str) -> list[tuple[str | None, str]]:
        """Return (item, text) of each choice of a cell; the item is None where it is unknown."""
        texts = (
            split_ticks(cell, separator=self.separator, options=self)
            if self.separator
            else (cell.strip(),)
        )
        return [(self.index.find(text), text) for text in texts]

    def items(self, cell: str) -> list[str | None]:
        """Return the item of each choice of a cell, None for those that are unknown."""
        return [item for item, _ in self.pieces(cell)]

    def unsure(self, cell: str) -> str | None:
        """Return the label whose end a cell leaves open, None where it leaves none.

        What is unknown behind a label that is cut may be its end, or an answer of its own.
        """
        before = ""
        for item, text in self.pieces(cell):
            if item is None and before:
                return before
            before = "" if item is None else self._cut_label(text)
        return None

    def _cut_label(self, text: str) -> str:
        """Return the label that is known by its beginning only, by which a text is known."""
        for label in filter(is_cut, self.index.labels):
            if LabelIndex([(label, True)]).find(text):
                return label
        return ""

    def __contains__(self, text: object) -> bool:
        """Tell whether a text is one of the choices."""
        return isinstance(text, str) and self.index.find(text) is not None

    def __iter__(self) -> Iterator[str]:
        """Return the labels."""
        yield from self.index.labels

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self.index.labels)
