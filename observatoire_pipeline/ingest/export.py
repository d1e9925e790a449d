"""An export as found, before anything is known of its questionnaire.

In: what a platform's module makes of a grid of text: columns with their role, questions with their
kind, answers and items, and what is wrong with the file. Not in: how each platform finds them
(`platforms`), and which variables of a codebook they are (`matching`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from observatoire_pipeline.ingest.grid import Grid

Role = Literal["metadata", "personal", "question", "blank", "extra"]
"""`extra`: a column that is no question of the survey (an index, a note added by hand)."""

QuestionKind = Literal["single", "multiple", "matrix", "ranking", "number", "date", "text"]


@dataclass(frozen=True)
class Damage:
    """One kind of damage in one file.

    Attributes:
        rule: Name of the rule that found it.
        where: Place in words (columns by letter, rows as a spreadsheet counts them).
        count: How many times.
        example: A place, a heading or the damaged form of a label; never an answer in a person's
            words.
        repaired: What was done about it and by which proof; empty when nothing was.
    """

    rule: str
    where: str
    count: int
    example: str
    repaired: str


@dataclass(frozen=True)
class ExportColumn:
    """One column of an export.

    Attributes:
        position: Place in the file, from 1.
        headers: The header cells as found, top to bottom.
        title: Title of its question, clean text (HTML, invisible characters and damage taken out).
        label: What the headers say beside the title: a choice, a row, a box; empty when they only
            say "Response".
        role: What it holds.
        field: Metadata field (`respondent_id`, `started_at`...); empty for other roles.
        question: Position of the first column of its question; 0 for none.
        item: Row of a matrix, choice of a multiple choice, thing to rank; empty for none.
        option: The one answer that a cell here stands for, in an expanded layout; empty for none.
        text_of: What typed text here belongs to: `other` (a choice), `comment` (a box beside the
            answers), `answer` (an open question or a box of one); empty when cells are answers to
            choose from.
        cells_in: Non-blank cells under the header.
    """

    position: int
    headers: tuple[str, ...]
    title: str
    label: str
    role: Role
    field: str = ""
    question: int = 0
    item: str = ""
    option: str = ""
    text_of: Literal["", "other", "comment", "answer"] = ""
    cells_in: int = 0


@dataclass(frozen=True)
class ExportQuestion:
    """One question of an export, as its columns and cells show it.

    Attributes:
        position: Position of its first column.
        title: Its title, clean text.
        kind: What kind of question the headers and cells show.
        columns: Positions of its columns, typed text included.
        options: Answers to choose from, in the order of the survey where the file shows it, else by
            first appearance; at most those that were chosen, in a condensed layout.
        items: Rows, choices or things to rank, in the order of the file.
        same_as: Position of the first question with this title (the same question asked on another
            branch, or of another instance); 0 for the first.
    """

    position: int
    title: str
    kind: QuestionKind
    columns: tuple[int, ...]
    options: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    same_as: int = 0


@dataclass(frozen=True)
class Export:
    """A file of responses, read by the module of its platform.

    Attributes:
        platform: Name of the platform (`surveymonkey`, `limesurvey`, `google_forms`...).
        layout: condensed, expanded, or the platform's own word for its heading style.
        header_rows: Number of header rows, title lines left out included.
        grid: The records, header included, after repairs.
        columns: Every column of the file.
        questions: Every question, in the order of the file.
        damage: What was wrong with it, repaired or not.
        multiple_in_one_cell: Question → separator, where ticked choices share one cell.
        rejected: Position → non-blank cells under the header that no rule can read.
        no_answer: Texts by which the platform says that a question was not answered.
        left_out: Non-blank cells of records that a declared rule left out (headers repeated among
            the responses, a row of totals); they are in no column's count.
    """

    platform: str
    layout: str
    header_rows: int
    grid: Grid
    columns: tuple[ExportColumn, ...]
    questions: tuple[ExportQuestion, ...]
    damage: tuple[Damage, ...] = ()
    multiple_in_one_cell: Mapping[int, str] = field(default_factory=dict)
    rejected: Mapping[int, int] = field(default_factory=dict)
    no_answer: frozenset[str] = frozenset()
    left_out: int = 0
