"""Put answers into a file as SurveyMonkey exports them: two header rows, in each known layout.

In: answers and a codebook → the cells of an export (`compose`), and those cells → CSV, XLSX or ZIP
(`write_table`), byte-identical for equal input. Not in: whose answers they are (`generate`), what
people later do to such a file (the tests that need a damaged file change the cells between the two
steps).

The layouts follow what real exports show: a title only on the first column of its group, a second
row with the choice, the row of the matrix, `Response` or `Open-Ended Response`; a box that holds
its own label; in an expanded export one column for each choice, `row - column` in a matrix, choices
outside the scale ("ne sait pas") before the others.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Literal

from observatoire_pipeline.codebook.codebook import Codebook, ExpectedColumn
from observatoire_pipeline.codebook.labels import LabelIndex
from observatoire_pipeline.codebook.models import (
    CUT_MARK,
    NOT_RANKED,
    NOT_SELECTED,
    SELECTED,
    Variable,
)
from observatoire_pipeline.sample.answers import Answers, Cell, spell_cell

Layout = Literal["condensed", "expanded"]
Container = Literal["csv", "xlsx", "zip"]
Dates = Literal["month_first_24h", "month_first_12h", "day_first_24h", "iso"]
Value = str | int | float | datetime
Wording = Callable[[str], str]
Spellings = Mapping[str, Mapping[str, str]]
"""Scale → code → the text by which the export shows it."""
NO_SPELLINGS: Spellings = {}

OLD_NAMES = {
    "respondent_id": "RespondentID",
    "collector_id": "CollectorID",
    "started_at": "StartDate",
    "ended_at": "EndDate",
    "ip_address": "IP Address",
    "email_address": "Email Address",
    "first_name": "First Name",
    "last_name": "LastName",
    "custom": "Custom Data",
}
"""Field of `Respondent` → heading, as exports named it until about 2017."""

NEW_NAMES = {
    "respondent_id": "Respondent ID",
    "collector_id": "Collector ID",
    "started_at": "Start Date",
    "ended_at": "End Date",
    "ip_address": "IP Address",
    "email_address": "Email Address",
    "first_name": "First Name",
    "last_name": "Last Name",
    "custom": "Custom Data 1",
}
"""Field of `Respondent` → heading, as exports have named it since."""

_NAMES = {"old": OLD_NAMES, "new": NEW_NAMES}
_EPOCH = (1980, 1, 1, 0, 0, 0)


class SampleError(ValueError):
    """Answers, assumptions and codebook do not fit together; the message lists every reason."""

    def __init__(self, head: str, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n  ".join([head, *self.problems]))


@dataclass(frozen=True)
class ExportTable:
    """The cells of an export: two header rows and the rows under them, all of one width.

    Attributes:
        titles: First header row; blank on the columns that continue a group.
        labels: Second header row; blank under the columns of the platform.
        rows: Data rows: text, whole numbers (identifiers, ranks) and dates.
        repeated: How many columns at the left a split export repeats in each of its sheets.
    """

    titles: tuple[str, ...]
    labels: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    repeated: int = 9

    def split(self, width: int) -> list[ExportTable]:
        """Return sheets of at most `width` columns, each opening with the respondent columns."""
        step = width - self.repeated
        if step < 1:
            raise ValueError(f"width {width} leaves no room beside {self.repeated} columns")
        head = range(self.repeated)
        questions = range(self.repeated, len(self.titles))
        sheets = []
        for start in range(0, max(len(questions), 1), step):
            kept = [*head, *questions[start : start + step]]
            sheets.append(
                replace(
                    self,
                    titles=tuple(self.titles[k] for k in kept),
                    labels=tuple(self.labels[k] for k in kept),
                    rows=tuple(tuple(row[k] for k in kept) for row in self.rows),
                )
            )
        return sheets


@dataclass
class _Sheet:
    """Columns as they are gathered, from the left."""

    rows: int
    titles: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    columns: list[Sequence[Value]] = field(default_factory=list)

    def add(self, title: str, label: str, values: Sequence[Value]) -> None:
        self.titles.append(title)
        self.labels.append(label)
        self.columns.append(values)

    def finish(self, repeated: int) -> ExportTable:
        rows = zip(*self.columns, strict=True) if self.columns else iter([()] * self.rows)
        return ExportTable(tuple(self.titles), tuple(self.labels), tuple(rows), repeated)


def as_known(text: str) -> str:
    """Return a text of the codebook as it stands, without the mark of a label that is cut."""
    return text.replace(CUT_MARK, "").rstrip() if CUT_MARK in text else text


def write_export(
    answers: Answers,
    path: Path,
    *,
    codebook: Codebook,
    layout: Layout = "condensed",
    container: Container = "csv",
    encoding: str = "utf-8-sig",
    delimiter: str = ",",
    line_end: str = "\r\n",
    metadata: Literal["old", "new"] | Mapping[str, str] = "new",
    dates: Dates = "month_first_12h",
    under_metadata: str = "",
    response: str = "Response",
    open_ended: str = "Open-Ended Response",
    wording: Wording = as_known,
    spellings: Spellings = NO_SPELLINGS,
    member: str = "Sheet_1.csv",
    split_at: int | None = None,
) -> Path:
    r"""Write answers as one export file.

    Args:
        answers: The answers of one edition.
        path: File to write; its folder must exist.
        codebook: Gives the questions of the edition, their words and their answers.
        layout: `condensed`, or `expanded` with one column for each choice.
        container: A CSV, a workbook, or a ZIP that holds one CSV.
        encoding: Of the CSV.
        delimiter: Of the CSV.
        line_end: Of the CSV.
        metadata: Headings of the platform's columns: the old or the new names, or a mapping from
            fields of `Respondent` to headings, which also says which columns there are.
        dates: How a CSV writes dates; a workbook holds real dates.
        under_metadata: Second header row under those columns ("\x00" in old exports).
        response: Word of the platform over a single choice.
        open_ended: Word of the platform over a typed answer.
        wording: Turns a text of the codebook into the text that the export shows.
        spellings: Answers that the export shows otherwise than by their first raw label.
        member: Name of the CSV inside the ZIP.
        split_at: Widest sheet of a ZIP, in columns; the further ones (`Sheet_2.csv`...) repeat
            the columns of the platform.

    Returns:
        The path.

    Raises:
        SampleError: an answer is not one of the codebook, a wording is no longer recognised, or a
            text does not exist in the encoding; every such place is listed.
    """
    table = compose(
        answers,
        codebook=codebook,
        layout=layout,
        metadata=metadata,
        under_metadata=under_metadata,
        response=response,
        open_ended=open_ended,
        wording=wording,
        spellings=spellings,
    )
    return write_table(
        table,
        path,
        container=container,
        encoding=encoding,
        delimiter=delimiter,
        line_end=line_end,
        dates=dates,
        member=member,
        split_at=split_at,
    )


# --- answers → cells ------------------------------------------------------------------------


def compose(
    answers: Answers,
    *,
    codebook: Codebook,
    layout: Layout = "condensed",
    metadata: Literal["old", "new"] | Mapping[str, str] = "new",
    under_metadata: str = "",
    response: str = "Response",
    open_ended: str = "Open-Ended Response",
    wording: Wording = as_known,
    spellings: Spellings = NO_SPELLINGS,
) -> ExportTable:
    """Return the cells of an export; the arguments are those of `write_export`.

    Raises:
        SampleError: an answer is not one of the codebook, a column is not asked in the edition, or
            a wording is no longer recognised.
    """
    names = _NAMES[metadata] if isinstance(metadata, str) else metadata
    sheet = _Sheet(rows=len(answers.respondents))
    for field_name, heading in names.items():
        given = [getattr(respondent, field_name) for respondent in answers.respondents]
        numbers = field_name in ("respondent_id", "collector_id")
        sheet.add(heading, under_metadata, [_number(v) for v in given] if numbers else given)
    composer = _Composer(answers, codebook, layout, response, open_ended, wording, spellings, sheet)
    composer.run()
    return sheet.finish(repeated=len(names))


def _number(value: Value) -> Value:
    """Return whole numbers as such, so that a workbook holds a number where a real one does."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and str(int(value)) == value:
        return int(value)
    return value


@dataclass
class _Composer:
    """Adds the columns of the questions to a sheet, group by group."""

    answers: Answers
    codebook: Codebook
    layout: Layout
    response: str
    open_ended: str
    wording: Wording
    spellings: Spellings
    sheet: _Sheet
    problems: list[str] = field(default_factory=list)

    def run(self) -> None:
        expected = self.codebook.expected_columns(self.answers.edition)
        known = {(column.variable, column.item, column.instance) for column in expected}
        self.problems += [
            f"column {spell_cell(cell)}: edition {self.answers.edition} does not ask it"
            for cell in self.answers.cells
            if cell not in known
        ]
        for group in _in_order(expected, self.codebook, self.answers.edition):
            self._group(group)
        if self.problems:
            raise SampleError(f"edition {self.answers.edition} cannot be written:", self.problems)

    def _group(self, columns: list[ExpectedColumn]) -> None:
        """Add one question: its title on its first column, blank on the others."""
        variable = self.codebook.variables[columns[0].variable]
        start = len(self.sheet.titles)
        side = [c for c in columns if c.item in (variable.other, variable.comment) and c.item]
        main = [c for c in columns if c not in side]
        if variable.kind in ("single", "bracket"):
            other = [c for c in side if c.item == variable.other]
            self._single(variable, main[0], other)
        elif variable.kind == "multiple":
            self._multiple(variable, main)
        elif variable.kind == "matrix":
            self._matrix(variable, main)
        else:
            for column in main:
                label = self.open_ended if column.label is None else self._words(column.label)
                values = self._values(column)
                if variable.kind == "ranking":
                    values = [self._rank(column, value) for value in values]
                self.sheet.add("", label, [_number(v) for v in values])
        for column in side:
            if column.item == variable.comment:
                self.sheet.add("", self._words(column.label or ""), self._values(column))
        self.sheet.titles[start] = self._words(columns[0].title)

    def _single(
        self, variable: Variable, main: ExpectedColumn, other: list[ExpectedColumn]
    ) -> None:
        values = self._values(main)
        texts = self._answer_texts(variable)
        shown = [self._shown(main, texts, value) for value in values]
        if self.layout == "condensed":
            self.sheet.add("", self.response, shown)
            for column in other:
                self.sheet.add("", self._words(column.label or ""), self._values(column))
            return
        for code, text in texts.items():
            if code == variable.other and other:
                continue
            ticked = [text if value == code else "" for value in values]
            self.sheet.add("", text, ticked)
        for column in other:
            # The box of "other" holds what was typed; the choice has no column of its own.
            label = self._words(column.label or "")
            typed = [
                text or (label if value == variable.other else "")
                for text, value in zip(self._values(column), values, strict=True)
            ]
            self.sheet.add("", label, typed)

    def _multiple(self, variable: Variable, columns: list[ExpectedColumn]) -> None:
        for column in columns:
            label = self._words(column.label or "")
            values = self._values(column)
            if not variable.item(column.item or "").text:
                values = [self._tick(column, label, value) for value in values]
            self.sheet.add("", label, values)

    def _matrix(self, variable: Variable, columns: list[ExpectedColumn]) -> None:
        texts = self._answer_texts(variable)
        for column in columns:
            values = self._values(column)
            shown = [self._shown(column, texts, value) for value in values]
            label = self._words(column.label or "")
            if self.layout == "condensed":
                self.sheet.add("", label, shown)
                continue
            for code, text in texts.items():
                ticked = [text if value == code else "" for value in values]
                self.sheet.add("", f"{label} - {text}", ticked)

    def _values(self, column: ExpectedColumn) -> list[str]:
        cell: Cell = (column.variable, column.item, column.instance)
        return self.answers.cells.get(cell, [""] * len(self.answers.respondents))

    def _answer_texts(self, variable: Variable) -> dict[str, str]:
        """Return code → text of the export; answers outside the scale come first."""
        edition = self.answers.edition
        found: dict[str, str] = {}
        texts = answer_texts(self.codebook, variable.variable, edition, spellings=self.spellings)
        for code, text in texts.items():
            written = self.wording(text)
            scale = self.codebook.scale_of(variable.variable, edition)
            assert scale is not None  # kinds with answers have a scale (models.Variable)
            if self.codebook.answer_labels(scale.scale, edition).find(written) != code:
                self.problems.append(
                    f"{variable.variable}: the wording {written!r} of code {code} is not recognised"
                )
            found[code] = written
        return found

    def _words(self, text: str) -> str:
        written = self.wording(text)
        if LabelIndex([(text, True)]).find(written) is None:
            self.problems.append(f"the wording {written!r} is not recognised as {text!r}")
        return written

    def _shown(self, column: ExpectedColumn, texts: Mapping[str, str], value: str) -> str:
        if value in texts or value == "":
            return texts.get(value, "")
        return self._unknown(column, value, ", ".join(texts))

    def _tick(self, column: ExpectedColumn, label: str, value: str) -> str:
        if value in (SELECTED, NOT_SELECTED, ""):
            return label if value == SELECTED else ""
        return self._unknown(column, value, f"{SELECTED} or {NOT_SELECTED}")

    def _rank(self, column: ExpectedColumn, value: str) -> str:
        rank = value.removeprefix("rank_")
        if value in ("", NOT_RANKED) or rank.isdigit():
            return rank if rank.isdigit() else ""
        return self._unknown(column, value, f"rank_1, rank_2... or {NOT_RANKED}")

    def _unknown(self, column: ExpectedColumn, value: str, expected: str) -> str:
        cell = spell_cell((column.variable, column.item, column.instance))
        problem = f"column {cell}: {value!r} is not an answer; expected {expected}"
        if problem not in self.problems:
            self.problems.append(problem)
        return ""


def answer_texts(
    codebook: Codebook, variable: str, edition: str, *, spellings: Spellings = NO_SPELLINGS
) -> dict[str, str]:
    """Return code → the text by which an export shows it, for a question with a scale.

    A spelling that is given comes first, then the first label found in exports, then the label of
    the codebook. Offered kinds of missing open the list.
    """
    scale = codebook.scale_of(variable, edition)
    if scale is None:
        raise ValueError(f"{variable} has no scale in edition {edition}")
    spelled = spellings.get(scale.scale, {})
    codes = codebook.codes_of(variable, edition=edition)
    texts: dict[str, str] = {
        missing.kind: spelled.get(missing.kind, (*missing.raw, missing.label)[0])
        for missing in scale.missing
    }
    for entry in scale.codes:
        if entry.code in codes:
            texts[entry.code] = spelled.get(entry.code, (*entry.raw, entry.label)[0])
    return texts


def _in_order(
    expected: Sequence[ExpectedColumn], codebook: Codebook, edition: str
) -> Iterator[list[ExpectedColumn]]:
    """Yield the questions as a respondent meets them: a repeated block instance by instance."""

    def block(column: ExpectedColumn) -> str:
        return codebook.block_of(column.variable, edition).block

    for _, run in groupby(expected, key=block):
        by_instance = sorted(run, key=lambda column: column.instance)
        for _, columns in groupby(by_instance, key=lambda c: (c.variable, c.instance)):
            yield list(columns)


# --- cells → file ---------------------------------------------------------------------------


def write_table(
    table: ExportTable,
    path: Path,
    *,
    container: Container = "csv",
    encoding: str = "utf-8-sig",
    delimiter: str = ",",
    line_end: str = "\r\n",
    dates: Dates = "month_first_12h",
    member: str = "Sheet_1.csv",
    split_at: int | None = None,
) -> Path:
    """Write the cells of an export; the arguments are those of `write_export`.

    Raises:
        SampleError: a text does not exist in the encoding.
        ValueError: a file that is not a ZIP cannot be split.
    """
    if split_at is not None and container != "zip":
        raise ValueError("only a ZIP holds several sheets")
    if container == "xlsx":
        _write_workbook(table, path)
        return path
    tables = [table] if split_at is None else table.split(split_at)
    files = [
        _csv_bytes(t, encoding=encoding, delimiter=delimiter, line_end=line_end, dates=dates)
        for t in tables
    ]
    if container == "csv":
        path.write_bytes(files[0])
        return path
    names = [member] if len(files) == 1 else [f"Sheet_{k}.csv" for k in range(1, len(files) + 1)]
    with zipfile.ZipFile(path, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for name, content in zip(names, files, strict=True):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return path


def _csv_bytes(
    table: ExportTable, *, encoding: str, delimiter: str, line_end: str, dates: Dates
) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(table.titles)
    writer.writerow(table.labels)
    for row in table.rows:
        writer.writerow([_date(v, dates) if isinstance(v, datetime) else v for v in row])
    text = stream.getvalue()
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        missing = sorted({c for c in text if not _encodable(c, encoding)})
        raise SampleError(
            f"the encoding {encoding} lacks characters of the export:",
            [f"{character!r} (U+{ord(character):04X})" for character in missing],
        ) from None


def _encodable(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _date(moment: datetime, dates: Dates) -> str:
    if dates == "month_first_12h":
        half = "AM" if moment.hour < 12 else "PM"
        return f"{moment:%m/%d/%Y} {moment.hour % 12 or 12}:{moment:%M:%S} {half}"
    formats = {
        "month_first_24h": "%m/%d/%Y %H:%M:%S",
        "day_first_24h": "%d/%m/%Y %H:%M:%S",
        "iso": "%Y-%m-%d %H:%M:%S",
    }
    return moment.strftime(formats[dates])


def _write_workbook(table: ExportTable, path: Path) -> None:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(path, options) as workbook:
        # A workbook is stamped with the time of writing unless it is told another.
        workbook.set_properties({"created": datetime(*_EPOCH)})
        date_format = workbook.add_format({"num_format": "mm/dd/yyyy hh:mm:ss"})
        sheet = workbook.add_worksheet("Sheet")
        for number, row in enumerate([table.titles, table.labels, *table.rows]):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    sheet.write_datetime(number, column, value, date_format)
                elif isinstance(value, str):
                    if value:
                        sheet.write_string(number, column, value)
                else:
                    sheet.write_number(number, column, value)
