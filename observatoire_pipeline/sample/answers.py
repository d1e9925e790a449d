"""Answers in memory, before any file has a shape: who answered, and one column for each question.

In: the structure that `writers` puts into a file and `generate` fills. Not in: words of a
questionnaire (the codebook has them), layouts and files (`writers`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

Cell = tuple[str, str | None, int]
"""A column of answers: variable, item (or `other` code, or comment item), instance from 1."""

_FIRST = datetime(2018, 10, 1, 9, 0, 0)


@dataclass(frozen=True)
class Respondent:
    """What the platform knows of a response besides its answers."""

    respondent_id: str
    started_at: datetime = _FIRST
    ended_at: datetime = _FIRST + timedelta(minutes=12)
    collector_id: str = "100200300"
    ip_address: str = ""
    email_address: str = ""
    first_name: str = ""
    last_name: str = ""
    custom: str = ""


@dataclass(frozen=True)
class Answers:
    """The answers of one edition, column by column.

    Attributes:
        edition: Edition of the codebook.
        respondents: One entry for each row of the export, in the order of the rows.
        cells: For each column a list as long as `respondents`. A value is "" for a blank; a code
            or an offered kind of missing for a single choice, a bracket and a matrix; `selected`
            or `not_selected` for a choice; `rank_3` or `3` for a ranking; what was typed for a
            number, a text, an "other" and a comment. A column that is absent is blank.
    """

    edition: str
    respondents: tuple[Respondent, ...]
    cells: dict[Cell, list[str]]

    def __post_init__(self) -> None:
        wrong = [
            f"{spell_cell(cell)} has {len(values)}"
            for cell, values in self.cells.items()
            if len(values) != len(self.respondents)
        ]
        if wrong:
            raise ValueError(
                f"{len(self.respondents)} respondents, but the column " + "; ".join(wrong)
            )

    @classmethod
    def of_rows(cls, rows: Sequence[Mapping[str, object]], *, edition: str) -> Answers:
        """Return answers from one mapping for each row, as a test writes them by hand.

        Args:
            rows: Keys are fields of `Respondent`, or columns spelled `variable`,
                `variable__item`, with `@2` after it for the second instance of a repeated block.
                A row without `respondent_id` takes 10000000001, 10000000002 and so on.
            edition: Edition of the codebook.
        """
        known = {field.name for field in fields(Respondent)}
        respondents = []
        cells: dict[Cell, list[str]] = {}
        for position, row in enumerate(rows):
            of_platform = {key: value for key, value in row.items() if key in known}
            of_platform.setdefault("respondent_id", str(10_000_000_001 + position))
            respondents.append(replace(Respondent(""), **of_platform))  # type: ignore[arg-type]
            for key, value in row.items():
                if key not in known:
                    cells.setdefault(parse_cell(key), [""] * len(rows))[position] = str(value)
        return cls(edition=edition, respondents=tuple(respondents), cells=cells)

    def take(self, rows: Sequence[int]) -> Answers:
        """Return the rows at these positions, in this order; a position may stand twice."""
        return Answers(
            edition=self.edition,
            respondents=tuple(self.respondents[row] for row in rows),
            cells={cell: [values[row] for row in rows] for cell, values in self.cells.items()},
        )


def parse_cell(key: str) -> Cell:
    """Return the column that `variable__item@instance` spells."""
    name, _, instance = key.partition("@")
    variable, _, item = name.partition("__")
    return variable, item or None, int(instance or 1)


def spell_cell(cell: Cell) -> str:
    """Return `variable__item@instance`, without the parts that go without saying."""
    variable, item, instance = cell
    name = variable if item is None else f"{variable}__{item}"
    return name if instance == 1 else f"{name}@{instance}"
