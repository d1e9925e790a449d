"""An export in memory, column by column, ready to be damaged and then written.

In: what `sample.writers.compose` makes, taken apart into columns that know whether they hold
answers to choose from or typed text; records; bytes. Not in: any damage (`damages`).
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.sample.answers import Answers
from observatoire_pipeline.sample.writers import NEW_NAMES, OLD_NAMES, Layout, compose

Kind = Literal["platform", "closed", "typed", "added"]
Container = Literal["csv", "xlsx", "zip"]
CONTAINERS: tuple[Container, ...] = ("csv", "xlsx", "zip")
LAYOUTS: tuple[Layout, ...] = ("condensed", "expanded")
_OPEN = "Open-Ended Response"
_TYPED = ("Autre (veuillez préciser)", "Commentaires :", _OPEN)


@dataclass(frozen=True)
class Column:
    """One column: its header cells from the top, and the cells under them."""

    kind: Kind
    head: tuple[str, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True)
class ExportFile:
    """An export on its way from the platform to the landing folder.

    Attributes:
        columns: All of one height.
        above: Lines that stand above the header, as they are written.
        container: What it is written as.
        encoding: Of a CSV.
        delimiter: Of a CSV.
        line_end: Of a CSV.
        retext: What is done to the text of a CSV before it is encoded.
        rebytes: What is done to the bytes of a CSV.
    """

    columns: tuple[Column, ...]
    above: tuple[str, ...] = ()
    container: Container = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    line_end: str = "\r\n"
    retext: tuple[Callable[[str], str], ...] = ()
    rebytes: tuple[Callable[[bytes], bytes], ...] = ()

    @property
    def head_rows(self) -> int:
        """The number of header rows."""
        return len(self.columns[0].head)

    @property
    def is_text(self) -> bool:
        """Whether the bytes are those of a CSV, bare or in an archive."""
        return self.container != "xlsx"

    def records(self) -> list[list[str]]:
        """Return the records, header rows first."""
        return [
            list(row)
            for row in zip(*((*column.head, *column.cells) for column in self.columns), strict=True)
        ]

    def with_records(self, records: list[list[str]], *, head_rows: int | None = None) -> ExportFile:
        """Return the export with other records; columns beyond the known ones were added."""
        below = self.head_rows if head_rows is None else head_rows
        width = max(len(record) for record in records)
        padded = [record + [""] * (width - len(record)) for record in records]
        kinds = [column.kind for column in self.columns] + ["added"] * width
        columns = tuple(
            Column(kind, tuple(cells[:below]), tuple(cells[below:]))
            for kind, cells in zip(kinds, zip(*padded, strict=True), strict=False)
        )
        return replace(self, columns=columns)

    def content(self) -> bytes:
        """Return the bytes of the file.

        Raises:
            UnicodeEncodeError: a text does not exist in the encoding.
        """
        if self.container == "xlsx":
            return self._workbook()
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=self.delimiter, lineterminator=self.line_end)
        writer.writerows(self.records())
        text = "".join(line + self.line_end for line in self.above) + stream.getvalue()
        for change in self.retext:
            text = change(text)
        data = text.encode(self.encoding)
        for alter in self.rebytes:
            data = alter(data)
        return zipped(data) if self.container == "zip" else data

    def _workbook(self) -> bytes:
        import xlsxwriter

        stream = io.BytesIO()
        book = xlsxwriter.Workbook(stream, {"in_memory": True})
        sheet = book.add_worksheet("Sheet")
        for row, record in enumerate([*([line] for line in self.above), *self.records()]):
            for place, cell in enumerate(record):
                if cell:
                    sheet.write_string(row, place, cell)
        book.close()
        return stream.getvalue()


def zipped(data: bytes, *, member: str = "Sheet_1.csv") -> bytes:
    """Return an archive of one file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(member), data)
    return stream.getvalue()


def clean_export(
    answers: Answers,
    codebook: Codebook,
    *,
    layout: Layout = "condensed",
    container: Container = "csv",
    names: Literal["old", "new"] = "new",
) -> ExportFile:
    """Return the export that the platform writes of these answers."""
    metadata = OLD_NAMES if names == "old" else NEW_NAMES
    table = compose(
        answers,
        codebook=codebook,
        layout=layout,
        metadata=names,
        under_metadata="\x00" if names == "old" and container != "xlsx" else "",
        open_ended=_OPEN,
    )
    columns = []
    for place, (title, label) in enumerate(zip(table.titles, table.labels, strict=True)):
        kind: Kind = "typed" if label in _TYPED else "closed"
        if place < len(metadata):
            kind = "platform"
        cells = tuple(_written(row[place]) for row in table.rows)
        columns.append(Column(kind, (title, label), cells))
    return ExportFile(tuple(columns), container=container)


def _written(value: object) -> str:
    if isinstance(value, datetime):
        half = "AM" if value.hour < 12 else "PM"
        return f"{value:%m/%d/%Y} {value.hour % 12 or 12}:{value:%M:%S} {half}"
    return str(value)
