"""From the path of a file to what it holds: exports read by their platform's module, or reasons.

In: the order of the steps for any one file, whatever was delivered (unpack, recognise, read, look
for damage). Not in: each step's own rules, and what the questions mean (`matching`).

Nothing is raised for a file that cannot be read: its problems are listed, so that one bad sheet
does not hide what is known of the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.ingest.content import NotPlain
from observatoire_pipeline.ingest.damage.mending import (
    cells_under,
    check_export,
    known_labels,
    mend_export,
    mend_records,
)
from observatoire_pipeline.ingest.damage.rewriting import rewrite
from observatoire_pipeline.ingest.export import Damage, Export
from observatoire_pipeline.ingest.formulas import formula_problems
from observatoire_pipeline.ingest.grid import (
    Grid,
    hidden_sheets,
    read_csv,
    read_ragged,
    read_sheet,
    sheet_names,
    stream_csv,
)
from observatoire_pipeline.ingest.platforms import PLATFORMS, READERS, PlatformReader
from observatoire_pipeline.ingest.platforms.cell_shapes import identify_a_person
from observatoire_pipeline.ingest.platforms.strangers import stranger
from observatoire_pipeline.ingest.platforms.summaries import counts_answers, is_summary
from observatoire_pipeline.ingest.refusal import Problem, RefusedExport, refuse
from observatoire_pipeline.ingest.sniff import (
    SIZE_LIMIT,
    CsvFormat,
    Member,
    open_members,
    sniff_csv,
    sniff_first,
)
from observatoire_pipeline.ingest.split import join_split

FileKind = Literal["responses", "summary", "unknown"]
SURE = 20
"""A module that is less sure of a file than this does not read it."""

WELL_KNOWN = 70
"""How sure a module must be of what stands below a row that says nothing to any."""

PEEKED = 24
"""Records that tell a summary from responses."""

_INDIVIDUAL = (
    "in SurveyMonkey choose “All Responses Data” (“Toutes les réponses individuelles”), not a "
    "summary"
)


@dataclass(frozen=True)
class Source:
    """One table of a file before its platform is known: a CSV, or a sheet of a workbook.

    Attributes:
        member: The file, or the member of an archive.
        sheet: Name of the sheet; empty for a CSV.
        csv: How the CSV is written; None for anything else.
        grid: Its records.
        sheets: Names of all sheets of its workbook.
        export: What the format itself says (SPSS, JSON); None where a platform's module must.
        damage: What was found, and left out by rule, before its cells were read.
        left_out: Non-blank cells that were left out by rule, being said elsewhere in the file.
    """

    member: Member
    sheet: str
    csv: CsvFormat | None
    grid: Grid
    sheets: tuple[str, ...] = ()
    export: Export | None = None
    damage: tuple[Damage, ...] = ()
    left_out: int = 0

    @property
    def place(self) -> str:
        """The table in words: file, member, sheet."""
        return f"{self.member.place} [{self.sheet}]" if self.sheet else self.member.place


@dataclass(frozen=True)
class OpenedTable:
    """What one table turned out to be.

    Attributes:
        source: The table; None when not even its records could be read.
        place: The table in words.
        kind: Responses, a summary of them, or neither.
        export: The export; None when it is refused.
        problems: Why it is refused; empty when it is read.
        platform: Whose table it is, known also where it is refused; empty when it is not known.
        described: The export as its headers show it, where the table is refused for its cells.
    """

    source: Source | None
    place: str
    kind: FileKind
    export: Export | None
    problems: tuple[Problem, ...] = ()
    platform: str = ""
    described: Export | None = None


@dataclass(frozen=True)
class OpenedFile:
    """What one file of any kind turned out to hold.

    Attributes:
        file: Its name.
        sha256: Checksum of its bytes; empty when it cannot be read.
        tables: One for each table in it, in its order.
        problems: What concerns the file as a whole.
    """

    file: str
    sha256: str
    tables: tuple[OpenedTable, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def exports(self) -> tuple[Export, ...]:
        """The exports that could be read."""
        return tuple(table.export for table in self.tables if table.export is not None)


def open_export(
    path: Path, *, codebook: Codebook | None = None, size_limit: int = SIZE_LIMIT
) -> OpenedFile:
    """Return what a file holds, or why it is not read; never raises for what is in the file.

    Args:
        path: The file, of any format.
        codebook: What is known of the survey; a proof for repairs, where there is one.
        size_limit: Bytes that the file, or a member of it once unpacked, may have.
    """
    try:
        members = open_members(path, limit=size_limit)
    except RefusedExport as error:
        return OpenedFile(path.name, sha256_of(path), (), error.problems)
    sources: list[Source] = []
    refused: list[OpenedTable] = []
    for member in members:
        try:
            known = {source.place for source in sources if source.member.kind == "json"}
            sources += [s for s in FORMATS[member.kind](member) if s.place not in known]
        except RefusedExport as error:
            refused.append(OpenedTable(None, member.place, "unknown", None, error.problems))
    tables = [open_source(source, codebook=codebook) for source in join_split(sources)]
    return OpenedFile(path.name, members[0].file_sha256, (*tables, *refused))


def sha256_of(path: Path) -> str:
    """Return the checksum of a file, nothing where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def open_member(
    member: Member, *, codebook: Codebook | None = None, leave_out: bool = True
) -> list[OpenedTable]:
    """Return what one file, or one member of an archive, holds.

    Args:
        member: The file, or the member.
        codebook: What is known of the survey; a proof for repairs, where there is one.
        leave_out: As in `open_source`.
    """
    try:
        sources = FORMATS[member.kind](member)
    except RefusedExport as error:
        return [OpenedTable(None, member.place, "unknown", None, error.problems)]
    return [open_source(source, codebook=codebook, leave_out=leave_out) for source in sources]


def open_source(
    source: Source, *, codebook: Codebook | None = None, leave_out: bool = True
) -> OpenedTable:
    """Return what one table holds: the surest module reads it, or it is refused.

    Args:
        source: The table.
        codebook: What is known of the survey; a proof for repairs, where there is one.
        leave_out: Whether records that are no responses are left out here. Where each record is
            accounted for further on, they stay; a file without identifiers gives no way to tell
            them there, so that they are left out all the same.
    """
    if source.export is not None:
        return _said_by_its_format(source, source.export)
    if is_summary(source.grid.head, source.sheets) or counts_answers(
        _first_rows(source), source.sheets
    ):
        problem = Problem(
            source.place,
            "first rows",
            "a summary export (counts per question, not responses)",
            "one row for each response",
            _INDIVIDUAL,
        )
        return OpenedTable(source, source.place, "summary", None, (problem,))
    known = stranger(source.grid, platforms=PLATFORMS)
    if known is not None:
        problem = Problem(source.place, "first rows", *known)
        return OpenedTable(source, source.place, "unknown", None, (problem,))
    grid, mended = mend_records(source.grid, known=known_labels(codebook))
    source = replace(source, grid=grid)
    reader = reader_under_titles(source.grid, sheets=source.sheets)
    if reader is None:
        return OpenedTable(source, source.place, "unknown", None, (_unknown(source),))
    try:
        export = read_mended(reader, source, codebook=codebook, leave_out=leave_out)
        export = replace(
            export,
            damage=(*mended, *export.damage),
            left_out=export.left_out + source.left_out,
        )
        for rule in RULES:
            export = rule(export, source, codebook)
        formulas = formula_problems(export.grid, header_rows=export.header_rows, file=source.place)
        if formulas:
            raise RefusedExport(formulas)
    except RefusedExport as error:
        return OpenedTable(
            source,
            source.place,
            "responses",
            None,
            error.problems,
            platform=reader.name,
            described=_described(reader, source),
        )
    return OpenedTable(source, source.place, "responses", export, platform=reader.name)


def _first_rows(source: Source) -> list[list[str]]:
    """Return the first non-blank records, more than a grid keeps as text where there are more."""
    return [list(record.values()) for record in source.grid.cells.slice(0, PEEKED).to_pylist()]


def _said_by_its_format(source: Source, export: Export) -> OpenedTable:
    """Return a table that needs no platform's module, its people and formulas looked for."""
    place = source.place
    formulas = formula_problems(export.grid, header_rows=export.header_rows, file=place)
    if formulas:
        return OpenedTable(
            source, place, "responses", None, tuple(formulas), platform=export.platform
        )
    columns = tuple(
        replace(column, role="personal")
        if column.role == "question"
        and column.text_of
        and identify_a_person(
            column.label or column.title,
            export.grid.distinct(column.position, below=export.header_rows)[0],
        )
        else column
        for column in export.columns
    )
    export = replace(export, columns=columns)
    return OpenedTable(source, place, "responses", export, platform=export.platform)


def read_mended(
    reader: PlatformReader,
    source: Source,
    *,
    codebook: Codebook | None = None,
    leave_out: bool = True,
) -> Export:
    """Return the export once its labels are set right, where there is proof.

    Raises:
        RefusedExport: the headers cannot be read, or the cells do not stand under their headers;
            lists every place.
    """
    export = reader.read(source.grid, file=source.place, csv=source.csv)
    if len(export.grid.rows) <= export.header_rows:
        raise refuse(
            source.place,
            f"row {int(export.grid.rows[-1])}",
            found=f"{export.header_rows} header row(s) and no response",
            expected="at least one response",
            hint="the filter of the export leaves nobody, or the survey is not open yet",
        )
    identified = any(column.field == "respondent_id" for column in export.columns)
    grid, mended = mend_export(
        export, known=known_labels(codebook), leave_out=leave_out or not identified
    )
    if grid is not export.grid:
        left_out = cells_under(export.grid, below=export.header_rows) - cells_under(
            grid, below=export.header_rows
        )
        export = reader.read(grid, file=source.place, csv=source.csv)
        export = replace(export, left_out=export.left_out + left_out)
    reported, problems = check_export(export, file=source.place)
    if problems:
        raise RefusedExport(problems)
    return replace(export, damage=(*export.damage, *mended, *reported))


class UnderTitleLines:
    """Reads a table that stands under lines of one cell, which say what it is.

    The lines count among the header rows of the export.
    """

    def __init__(self, reader: PlatformReader, lines: int) -> None:
        self.name = reader.name
        self.platform = reader.platform
        self.reader = reader
        self.lines = lines

    def recognise(self, grid: Grid, *, sheets: Sequence[str] = ()) -> int:
        """Return how sure the module is of the table under the lines."""
        return self.reader.recognise(without_lines(grid, self.lines), sheets=sheets)

    def read(self, grid: Grid, *, file: str, csv: CsvFormat | None) -> Export:
        """Return the export, the lines among its header rows."""
        export = self.reader.read(without_lines(grid, self.lines), file=file, csv=csv)
        columns = tuple(
            replace(
                column,
                headers=(
                    *(row[column.position - 1] for row in grid.head[: self.lines]),
                    *column.headers,
                ),
            )
            for column in export.columns
        )
        rows = export.header_rows + self.lines
        return replace(export, grid=grid, columns=columns, header_rows=rows)


def reader_under_titles(grid: Grid, *, sheets: Sequence[str] = ()) -> PlatformReader | None:
    """Return the surest module, of the table as it is or under the lines of one cell above it."""
    reader = reader_of(grid, sheets=sheets)
    lines = title_lines(grid)
    if not lines and reader is None and grid.width >= 3 and len(grid.rows) > 3:
        # A person may have written names of variables above the headings.
        below = without_lines(grid, 1)
        under = reader_of(below, sheets=sheets)
        return UnderTitleLines(under, 1) if under and under.recognise(below) >= WELL_KNOWN else None
    if not lines:
        return reader
    below = without_lines(grid, lines)
    other = reader_of(below, sheets=sheets)
    if other is None:
        return reader
    if reader is None or other.recognise(below) > reader.recognise(grid):
        return UnderTitleLines(other, lines)
    return reader


def title_lines(grid: Grid) -> int:
    """Return how many leading records have one cell, above a record with three at least."""
    filled = [sum(map(bool, row)) for row in grid.head]
    lines = next((k for k, count in enumerate(filled) if count > 1), 0)
    return lines if lines and filled[lines] >= 3 else 0


def without_lines(grid: Grid, lines: int) -> Grid:
    """Return the records below the first ones."""
    return rewrite(grid, keep=np.arange(len(grid.rows)) >= lines)


def reader_of(grid: Grid, *, sheets: Sequence[str] = ()) -> PlatformReader | None:
    """Return the module that is surest that a table is its platform's, None when none is."""
    scores = [reader.recognise(grid, sheets=sheets) for reader in READERS]
    best = max(range(len(READERS)), key=lambda k: (scores[k], -k))
    return READERS[best] if scores[best] >= SURE else None


def csv_sources(member: Member) -> list[Source]:
    """Return the one table of a CSV: as it was delivered where that can be proved."""
    with suppress(NotPlain):
        csv, grid = read_plain(member)
        return [Source(member, "", csv, grid)]
    csv = sniff_csv(member)
    grid = read_ragged(csv) if _is_summary(csv) else read_csv(member, csv)
    return [Source(member, "", csv, grid)]


def read_plain(member: Member) -> tuple[CsvFormat, Grid]:
    """Return how a CSV is written and its records, read as it was delivered, in one pass.

    Raises:
        NotPlain: it is a summary, or something in it has to be set right or refused.
        RefusedExport: it cannot be read.
    """
    csv = sniff_first(member)
    if csv is None or _is_summary(csv):
        raise NotPlain
    return csv, stream_csv(member, csv)


def _is_summary(csv: CsvFormat) -> bool:
    peeked = [record for record in csv.peeked if any(map(str.strip, record))]
    return is_summary(peeked, ()) or counts_answers(peeked)


def workbook_sources(member: Member) -> list[Source]:
    """Return the sheets of a workbook that hold cells."""
    names = tuple(sheet_names(member))
    read = [(name, read_sheet(member, name)) for name in names]
    damage = hidden_damage(member, shown=names)
    found = [
        Source(member, name, None, grid, names, damage=damage if k == 0 else ())
        for k, (name, grid) in enumerate(pair for pair in read if pair[1] is not None)
        if grid is not None
    ]
    if not found:
        raise refuse(member.place, "", found="a workbook without cells", expected="an export")
    return found


def spss_sources(member: Member) -> list[Source]:
    """Return the one table of an SPSS file."""
    from observatoire_pipeline.ingest.spss import read_spss

    export = read_spss(member)
    return [Source(member, "", None, export.grid, export=export)]


def api_sources(member: Member) -> list[Source]:
    """Return one table for each survey that JSON files of SurveyMonkey's API speak of."""
    from observatoire_pipeline.ingest.platforms.surveymonkey_api import read_api

    return [
        Source(found, "", None, export.grid, export=export)
        for found, export in read_api(member, member.beside)
    ]


def hidden_damage(member: Member, *, shown: Sequence[str]) -> tuple[Damage, ...]:
    """Return the sheets that a workbook hides and that are left out, with their cells."""
    found: list[Damage] = []
    for name in hidden_sheets(member):
        grid = None if name in shown else read_sheet(member, name)
        if grid is not None:
            cells = sum(grid.cells_in(k, below=0) for k in range(1, grid.width + 1))
            where = f"sheet {name}, {cells} cell(s)"
            found.append(Damage("hidden_sheet", where, 1, name, "left out: the workbook hides it"))
    return tuple(found)


FORMATS: dict[str, Callable[[Member], list[Source]]] = {
    "csv": csv_sources,
    "xlsx": workbook_sources,
    "xls": workbook_sources,
    "ods": workbook_sources,
    "sav": spss_sources,
    "json": api_sources,
}
"""Kind of a member → how its tables are read; a further format is a further line."""


def noted(export: Export, source: Source, codebook: Codebook | None) -> Export:
    """Return the export with the damage that was repaired while its records were read."""
    from observatoire_pipeline.ingest.damage import find_damage

    found = find_damage(export.grid, layout=export, csv=source.csv)
    return replace(export, damage=(*found, *source.damage, *export.damage))


RULES: tuple[Callable[[Export, Source, Codebook | None], Export], ...] = (noted,)
"""What is looked for, and repaired where there is proof, once an export is read; in this order."""


def _described(reader: PlatformReader, source: Source) -> Export | None:
    """Return what the headers of a refused table show, None when they are why it is refused."""
    try:
        export = reader.read(source.grid, file=source.place, csv=source.csv)
    except RefusedExport:
        return None
    reported, _ = check_export(export, file=source.place)
    return replace(export, damage=(*export.damage, *reported))


def _unknown(source: Source) -> Problem:
    return Problem(
        source.place,
        "first rows",
        "a table that shows no sign of a survey platform",
        "an export of responses: " + ", ".join(reader.platform.title for reader in READERS),
        "export it again from the platform, headers included",
    )
