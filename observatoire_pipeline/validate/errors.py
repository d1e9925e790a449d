"""What makes an edition impossible to accept, gathered and told once.

In: the exception, the entry for an unknown answer, and the notebook that the rules write into.
Not in: the rules.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace

ROWS_SHOWN = 3
"""Rows by which a message shows where an unknown answer stands."""

_SHOWN = 80
"""Characters of an unknown answer that a message shows."""


@dataclass(frozen=True)
class UnknownAnswer:
    """An answer text of one column that no label of the scale is equal to.

    Attributes:
        place: File, column and title, in words.
        label: The text found.
        count: How many accepted rows hold it.
        rows: The first of those rows.
        nearest: The known labels nearest to it, best first.
        scale: The scale whose look-up was asked.
        edition: The edition of the file.
        recodes: The codebook file that can give the text a code.
        order: Its place among the unknown answers of the edition: question, column, first row.
        choice: Whether it is a choice among others in one cell: then `scale` is its question.
    """

    place: str
    label: str
    count: int
    rows: tuple[int, ...]
    nearest: tuple[str, ...]
    scale: str
    edition: str
    recodes: str
    order: tuple[int, ...] = ()
    choice: bool = False

    def __str__(self) -> str:
        """Return the entry of the message, with the line to paste."""
        shown = self.label if len(self.label) <= _SHOWN else self.label[: _SHOWN - 1] + "…"
        rows = ", ".join(str(row) for row in self.rows)
        more = ", ..." if self.count > len(self.rows) else ""
        near = " | ".join(self.nearest) or "none"
        if self.choice:
            return (
                f"{self.place}: unknown choice {shown!r}, {self.count} times (row {rows}{more})\n"
                f"    nearest known choices: {near}\n"
                f"    if people may type here, give {self.scale} an item with `text: true`; if it "
                f"is a choice, correct its words for edition {self.edition} in {self.recodes}"
            )
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(
            [self.scale, self.edition, self.label, "CODE", "assumed", ""]
        )
        return (
            f"{self.place}: unknown answer {shown!r}, {self.count} times (row {rows}{more})\n"
            f"    nearest known labels: {near}\n"
            f"    if it means one of the codes, add to {self.recodes}: {line.getvalue()}"
        )


class InvalidResponses(ValueError):
    """The edition cannot be accepted as it is; the message lists every reason.

    Attributes:
        edition: The edition.
        problems: Every reason but the unknown answers.
        unknown: The unknown answers.
    """

    def __init__(
        self, edition: str, problems: list[str], unknown: list[UnknownAnswer] | None = None
    ) -> None:
        self.edition = edition
        self.problems = tuple(problems)
        self.unknown = tuple(unknown or ())
        told = [*self.problems, *(str(entry) for entry in self.unknown)]
        super().__init__(
            f"edition {edition}: {len(told)} problem{'s' if len(told) > 1 else ''} to settle "
            "before its responses can be accepted:\n" + "\n".join(f"  - {each}" for each in told)
        )


class UnknownAnswers(InvalidResponses):
    """The only problem of the edition are answers that the codebook does not know."""


@dataclass
class Suspicion:
    """What may be a problem of a whole column, once all parts of the rows have been looked at.

    Attributes:
        row: First row that speaks for it.
        text: The cell of that row.
        refuted: Whether some row speaks against it.
    """

    row: int | None = None
    text: str = ""
    refuted: bool = False


Column = tuple[str, str]
"""`source_id` and column."""


@dataclass
class Findings:
    """What the rules found: rejected or dropped rows and cells, problems, unknown answers.

    Attributes:
        edition: The edition.
        rejected: Records of `rejected_responses`.
        problems: What stands in the way of acceptance, in words.
        unknown: Answers that no label is equal to.
        swapped: Columns of dates that may have the month and the day the other way round.
        shifted: Check-box columns that hold texts other than their label, with the first such row.
    """

    edition: str
    rejected: list[dict[str, object]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unknown: list[UnknownAnswer] = field(default_factory=list)
    swapped: dict[Column, Suspicion] = field(default_factory=dict)
    shifted: dict[Column, int] = field(default_factory=dict)

    def add(self, other: Findings) -> None:
        """Add what was found in the rows behind those of this object."""
        self.rejected += other.rejected
        self.problems += [each for each in other.problems if each not in self.problems]
        for column, row in other.shifted.items():
            self.shifted.setdefault(column, row)
        for column, suspicion in other.swapped.items():
            first = self.swapped.setdefault(column, Suspicion())
            if first.row is None:
                first.row, first.text = suspicion.row, suspicion.text
            first.refuted |= suspicion.refuted
        found = {(entry.place, entry.label): entry for entry in self.unknown}
        for entry in other.unknown:
            known = found.get((entry.place, entry.label))
            found[entry.place, entry.label] = entry if known is None else _both(known, entry)
        self.unknown = sorted(found.values(), key=lambda entry: (entry.order, entry.label))

    def settle(self) -> None:
        """Raise everything that stands in the way of acceptance, at once.

        Raises:
            UnknownAnswers: unknown answers, and nothing else.
            InvalidResponses: other problems, with the unknown answers among them.
        """
        if self.problems:
            raise InvalidResponses(self.edition, self.problems, self.unknown)
        if self.unknown:
            raise UnknownAnswers(self.edition, [], self.unknown)


def _both(one: UnknownAnswer, two: UnknownAnswer) -> UnknownAnswer:
    rows = tuple(sorted(one.rows + two.rows)[:ROWS_SHOWN])
    return replace(one, count=one.count + two.count, rows=rows)
