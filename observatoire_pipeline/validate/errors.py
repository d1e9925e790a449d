"""What makes an edition impossible to accept, gathered and told once.

In: the exception, the entry for an unknown answer, and the notebook that the rules write into.
Not in: the rules.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field

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
    """

    place: str
    label: str
    count: int
    rows: tuple[int, ...]
    nearest: tuple[str, ...]
    scale: str
    edition: str
    recodes: str

    def __str__(self) -> str:
        """Return the entry of the message, with the line to paste."""
        shown = self.label if len(self.label) <= _SHOWN else self.label[: _SHOWN - 1] + "…"
        rows = ", ".join(str(row) for row in self.rows)
        more = ", ..." if self.count > len(self.rows) else ""
        near = " | ".join(self.nearest) or "none"
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
class Findings:
    """What the rules found: rejected or dropped rows and cells, problems, unknown answers."""

    edition: str
    rejected: list[dict[str, object]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unknown: list[UnknownAnswer] = field(default_factory=list)

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
