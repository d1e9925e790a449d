"""What the reader must know of a survey platform: the one interface that each module fills.

In: the shape of that knowledge, and of what a module does with a file. Not in: any platform's own
names or rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from observatoire_pipeline.codebook.labels import normalise_label

if TYPE_CHECKING:
    from observatoire_pipeline.ingest.export import Export
    from observatoire_pipeline.ingest.grid import Grid
    from observatoire_pipeline.ingest.sniff import CsvFormat


@dataclass(frozen=True)
class Platform:
    """The names and words of one platform's exports.

    Attributes:
        name: As `source_files.platform` spells it.
        title: As its makers spell it.
        metadata: Field → the names under which its column may stand.
        personal: Fields that identify a person: their cells are dropped at the door.
        repeatable: Fields that several columns of a file may hold.
        response_words: What the second header row says over a closed question of one column.
        open_words: The same over an open question.
    """

    name: str
    title: str
    metadata: Mapping[str, tuple[str, ...]]
    personal: frozenset[str]
    repeatable: frozenset[str]
    response_words: tuple[str, ...]
    open_words: tuple[str, ...]
    _fields: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _bare: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, aliases in self.metadata.items():
            for alias in aliases:
                self._fields[normalise_label(alias)] = name
                self._bare[_letters(alias)] = name
        self._bare.pop("", None)

    def field_of(self, title: str) -> str | None:
        """Return the metadata field that a column of this title holds, None when it is none.

        A title of one word may be the name as a program writes it: `start_date`, `Start.Date`.
        """
        found = self._fields.get(normalise_label(title))
        if found is None and not re.search(r"\s", title.strip()):
            return self._bare.get(_letters(title))
        return found


def _letters(name: str) -> str:
    """Return the letters and digits of a name, all of one case."""
    return re.sub(r"[\W_]+", "", normalise_label(name))


class PlatformReader(Protocol):
    """What each platform's module does with a file: say whether it is its own, then read it.

    Attributes:
        name: As `Export.platform` spells it.
        platform: The names and words of its exports.
    """

    name: str
    platform: Platform

    def recognise(self, grid: Grid, *, sheets: Sequence[str] = ()) -> int:
        """Return how sure it is that the file is this platform's, from 0 to 100.

        100 for a mark that no other platform has (a row of ImportId), about 60 for its structure
        or several of its fixed names, about 30 for a single sign, 0 for none. The surest module
        reads the file, the first in the table of contents where two are equally sure.

        Args:
            grid: The records; `grid.head` holds the first ones as text.
            sheets: The names of the sheets of a workbook.
        """
        ...

    def read(self, grid: Grid, *, file: str, csv: CsvFormat | None) -> Export:
        """Return the export as its columns and cells show it.

        Args:
            grid: The records.
            file: Its name for messages.
            csv: How the CSV was written; None for a workbook.

        Raises:
            RefusedExport: the headers cannot be read with certainty; lists every place.
        """
        ...
