"""What the reader must know of a survey platform: the one interface that each module fills.

In: the shape of that knowledge. Not in: any platform's own names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from observatoire_pipeline.codebook.labels import normalise_label


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
        month_first_dates: Formats (`strptime`) of dates that begin with the month.
        day_first_dates: Formats of dates that begin with the day.
        other_dates: Formats that cannot be misread.
    """

    name: str
    title: str
    metadata: Mapping[str, tuple[str, ...]]
    personal: frozenset[str]
    repeatable: frozenset[str]
    response_words: tuple[str, ...]
    open_words: tuple[str, ...]
    month_first_dates: tuple[str, ...] = ()
    day_first_dates: tuple[str, ...] = ()
    other_dates: tuple[str, ...] = ()
    _fields: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, aliases in self.metadata.items():
            for alias in aliases:
                self._fields[normalise_label(alias)] = name

    def field_of(self, title: str) -> str | None:
        """Return the metadata field that a column of this title holds, None when it is none."""
        return self._fields.get(normalise_label(title))

    def date_formats(self, *, day_first: bool) -> tuple[str, ...]:
        """Return the formats in which the metadata may write a moment, most usual first."""
        ambiguous = self.day_first_dates if day_first else self.month_first_dates
        return (*ambiguous, *self.other_dates)
