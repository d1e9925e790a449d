"""From a landing folder to the raw tables of an edition, as delivered, or a refusal.

In: the order of the steps (open, sniff, read, lay out, match) over all files of an edition, the
checks that need all of them, and the three tables. Not in: each step's own rules.

Every problem of every file is collected before anything is refused. Cells of personal columns are
never copied out of the file: neither into a table nor into a message.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.damage.mending import (
    check_export,
    known_labels,
    mend_export,
    mend_records,
)
from observatoire_pipeline.ingest.export import Damage
from observatoire_pipeline.ingest.grid import Grid, read_csv
from observatoire_pipeline.ingest.layout import read_layout
from observatoire_pipeline.ingest.manifest import BRAND, MANIFEST, Manifest, read_manifest
from observatoire_pipeline.ingest.matching import Matched, Target, match_columns, missing_problem
from observatoire_pipeline.ingest.numeric import decode_numeric
from observatoire_pipeline.ingest.opening import FORMATS, reader_of
from observatoire_pipeline.ingest.platforms import foreign_export
from observatoire_pipeline.ingest.raw_tables import (
    ReadTable,
    raw_columns,
    raw_responses,
    source_files,
)
from observatoire_pipeline.ingest.refusal import Problem, RefusedExport, column_place, refuse
from observatoire_pipeline.ingest.sniff import (
    SIZE_LIMIT,
    SUFFIXES,
    CsvFormat,
    Member,
    open_members,
    sniff_csv,
)
from observatoire_pipeline.ingest.workbook import ERRORS
from observatoire_pipeline.tables.catalogue import catalogue

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RawEdition:
    """The raw tables of one edition.

    Attributes:
        source_files: One row for each file (member of an archive, sheet of a workbook).
        raw_columns: One row for each column of each file.
        raw_responses: One row for each response, cells as delivered, personal columns absent.
        landing_sha256: Checksum of the landing folder that was read.
        synthetic: Whether the answers were generated, as the manifest says.
    """

    source_files: pd.DataFrame
    raw_columns: pd.DataFrame
    raw_responses: pd.DataFrame
    landing_sha256: str
    synthetic: bool


def read_landing(
    folder: Path, *, edition: str, codebook: Codebook, size_limit: int = SIZE_LIMIT
) -> RawEdition:
    """Read the exports of an edition out of its landing folder.

    Args:
        folder: Holds one or more exports (`sniff.SUFFIXES`) and optionally `manifest.yaml`;
            hidden files are ignored.
        edition: Key of the edition.
        codebook: Says what the edition asks, and in which words.
        size_limit: Bytes that one file may have, unpacked.

    Raises:
        RefusedExport: something cannot be read with certainty; lists every problem of every file.
    """
    if edition not in codebook.editions:
        raise refuse(
            str(folder.name),
            "",
            found=f"edition {edition}",
            expected="one of " + ", ".join(codebook.edition_keys),
            hint=f"declare it in {codebook.root}/editions.yaml",
        )
    paths = landing_files(folder)
    # Taken before anything is read: files that change meanwhile are not those of the receipt.
    checksum = landing_sha256(folder)
    problems: list[Problem] = []
    manifest = Manifest()
    try:
        manifest = read_manifest(folder)
    except RefusedExport as error:
        problems += error.problems
    tables: list[ReadTable] = []
    for path in paths:
        if path.name == MANIFEST:
            continue
        try:
            members = open_members(path, limit=size_limit)
        except RefusedExport as error:
            problems += error.problems
            continue
        for member in members:
            try:
                tables += [
                    table
                    for table in read_member(member, codebook=codebook)
                    if not _again(table, tables)
                ]
            except RefusedExport as error:
                problems += error.problems
    problems += _delivered_twice(tables)
    problems += _unbranded(tables, manifest=manifest)
    matches = [
        match_columns(table.layout, codebook=codebook, edition=edition, file=table.place)
        for table in tables
    ]
    for k, match in enumerate(matches):
        problems += match.problems
        tables[k], wrong = _in_words(tables[k], match, codebook=codebook, edition=edition)
        problems += wrong
    problems += _missing(tables, matches, codebook=codebook, edition=edition)
    if problems:
        raise RefusedExport(problems)
    logger.info("edition %s: %d file(s) read from %s", edition, len(tables), folder)
    declared = catalogue(codebook)
    return RawEdition(
        source_files=source_files(
            tables,
            matches,
            manifest=manifest,
            checksum=checksum,
            edition=edition,
            table=declared["source_files"],
        ),
        raw_columns=raw_columns(
            tables, matches, codebook=codebook, edition=edition, table=declared["raw_columns"]
        ),
        raw_responses=raw_responses(
            tables, matches, codebook=codebook, edition=edition, table=declared["raw_responses"]
        ),
        landing_sha256=checksum,
        synthetic=manifest.synthetic,
    )


def landing_files(folder: Path) -> list[Path]:
    """Return the files of a landing folder that are not hidden, sorted by name.

    Raises:
        RefusedExport: the folder is missing, is no folder, cannot be read, or holds no export.
    """
    name = str(folder)
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError as error:
        raise refuse(
            name,
            "",
            found="no such folder",
            expected="the landing folder of the edition",
            hint="create it and put the export in it",
        ) from error
    except NotADirectoryError as error:
        raise refuse(name, "", found="a file", expected="a folder of exports") from error
    except OSError as error:
        raise refuse(
            name,
            "",
            found=f"it cannot be read ({error.strerror})",
            expected="a readable folder",
            hint="give the user who runs the pipeline the right to read it",
        ) from error
    folders = [path for path in paths if path.is_dir()]
    if folders:
        raise RefusedExport(
            Problem(path.name, "", "a folder", "files only", "move the exports one level up")
            for path in folders
        )
    if not any(path.name != MANIFEST for path in paths):
        raise refuse(
            name,
            "",
            found="no export",
            expected="at least one file " + ", ".join(SUFFIXES),
            hint="put the export of the edition in it",
        )
    return paths


def landing_sha256(folder: Path) -> str:
    """Return a checksum of the names and contents of the files that are not hidden.

    Raises:
        RefusedExport: as `landing_files`, or a file cannot be read.
    """
    total = hashlib.sha256()
    for path in landing_files(folder):
        try:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").digest()
        except OSError as error:
            raise refuse(
                path.name,
                "",
                found=f"it cannot be read ({error.strerror})",
                expected="a readable file",
            ) from error
        name = path.name.encode("utf-8", "surrogateescape")
        total.update(len(name).to_bytes(8, "big") + name + digest)
    return total.hexdigest()


def read_member(member: Member, *, codebook: Codebook | None = None) -> list[ReadTable]:
    """Return the tables of one file: one for a CSV, one for each sheet of a workbook.

    Args:
        member: The file, or the member of an archive.
        codebook: Its labels prove repairs; None for repairs that the file itself proves.

    Raises:
        RefusedExport: a table is not an export that is read; lists every sheet's problems.
    """
    if member.kind == "csv":
        form = sniff_csv(member)
        peeked = [row for row in form.peeked if any(cell.strip() for cell in row)]
        _refuse_foreign(peeked, (), member.place)
        grid, mended = _mended(
            read_csv(member, form), file=member.place, csv=form, codebook=codebook
        )
        layout = read_layout(grid, file=member.place)
        return [ReadTable(member, "", form, grid, layout, mended)]
    found: list[ReadTable] = []
    problems: list[Problem] = []
    for source in FORMATS[member.kind](member):
        try:
            if source.export is None:
                _refuse_foreign(source.grid.head, source.sheets, source.place)
            grid, damage = source.grid, source.damage
            if source.export is None:
                grid, mended = _mended(grid, file=source.place, csv=None, codebook=codebook)
                damage = (*damage, *mended)
            else:
                damage = source.export.damage
            layout = read_layout(grid, file=source.place)
            table = ReadTable(source.member, source.sheet, None, grid, layout, damage)
            problems += _formula_errors(table)
            found.append(table)
        except RefusedExport as error:
            problems += error.problems
    if problems:
        raise RefusedExport(problems)
    return found


def _mended(
    grid: Grid, *, file: str, csv: CsvFormat | None, codebook: Codebook | None
) -> tuple[Grid, tuple[Damage, ...]]:
    """Return the records with their labels set right where there is proof, and the report.

    Records are kept, whatever they are: each of them is accounted for, and rejected by name where
    it is no response.

    Raises:
        RefusedExport: the cells do not stand under their headers; lists every place.
    """
    known = known_labels(codebook)
    grid, found = mend_records(grid, known=known)
    reader = reader_of(grid)
    if reader is None:
        return grid, found
    try:
        export = reader.read(grid, file=file, csv=csv)
        mended, labels = mend_export(export, known=known, leave_out=False)
        if mended is not grid:
            export = reader.read(mended, file=file, csv=csv)
    except RefusedExport:
        # The headers are wrong, and `read_layout` says of this grid in which way.
        return grid, found
    reported, problems = check_export(export, file=file)
    if problems:
        raise RefusedExport(problems)
    return mended, (*found, *labels, *reported)


def _in_words(
    table: ReadTable, match: Matched, *, codebook: Codebook, edition: str
) -> tuple[ReadTable, tuple[Problem, ...]]:
    """Return a table of numerical values with the words of its choices, if it is one."""
    grid, damage, problems = decode_numeric(
        table.grid,
        table.layout,
        match.targets,
        codebook=codebook,
        edition=edition,
        file=table.place,
    )
    return replace(table, grid=grid, damage=(*table.damage, *damage)), problems


def _again(table: ReadTable, tables: list[ReadTable]) -> bool:
    """Tell whether JSON files led to one survey twice: its details and its responses both do."""
    key = (table.member.kind, table.place)
    return table.member.kind == "json" and any(
        key == (other.member.kind, other.place) for other in tables
    )


def _formula_errors(table: ReadTable) -> Iterator[Problem]:
    """Yield the columns in which a formula error stands where an answer was."""
    for column in table.layout.columns:
        texts, counts = table.grid.distinct(column.position, below=table.layout.header_rows)
        for text, count in zip(texts, counts, strict=True):
            if text in ERRORS.values():
                yield Problem(
                    table.place,
                    column_place(column.position),
                    f"{count} cell(s) that hold a formula error, {text}",
                    "text, numbers and dates",
                    "an answer that begins with - or = was taken for a formula; export as CSV",
                )


def _refuse_foreign(rows: list[list[str]], sheets: tuple[str, ...] | list[str], place: str) -> None:
    foreign = foreign_export(rows, sheets=sheets)
    if foreign is not None:
        what, hint = foreign
        raise refuse(
            place, "first rows", found=what, expected="an export with two header rows", hint=hint
        )


# --- what needs all files -------------------------------------------------------------------


def _delivered_twice(tables: list[ReadTable]) -> Iterator[Problem]:
    first: dict[tuple[str, str], ReadTable] = {}
    for table in tables:
        key = (hashlib.sha256(table.member.data).hexdigest(), table.sheet)
        earlier = first.setdefault(key, table)
        if earlier is not table:
            yield Problem(
                table.place,
                "",
                f"the same bytes as {earlier.place}",
                "each export once",
                "leave either the archive or what was unpacked from it",
            )


def _unbranded(tables: list[ReadTable], *, manifest: Manifest) -> Iterator[Problem]:
    """Yield the files that say they are synthetic while the manifest does not."""
    if manifest.synthetic:
        return
    for table in tables:
        for column in table.layout.columns:
            texts, _ = table.grid.distinct(column.position, below=table.layout.header_rows)
            branded = [normalise_label(t) == BRAND for t in texts if "synth" in t.casefold()]
            if any(branded):
                yield Problem(
                    table.place,
                    column_place(column.position),
                    "cells that say the answers are synthetic",
                    f"`synthetic: true` in {MANIFEST}",
                    "say so in the manifest, or take the sample export out of the folder",
                )
                break


def _missing(
    tables: list[ReadTable], matches: list[Matched], *, codebook: Codebook, edition: str
) -> Iterator[Problem]:
    """Yield the declared columns that a file lacks.

    A file may lack a column when other files show it for every one of its respondents: exports of
    old are cut at 256 columns into sheets that repeat the respondents.
    """
    respondents = [_respondents(table) for table in tables]
    for k, (table, match) in enumerate(zip(tables, matches, strict=True)):
        for target, column in match.missing.items():
            elsewhere: set[str] = set()
            for j, other in enumerate(matches):
                if j != k and _shows(other, target):
                    elsewhere |= respondents[j]
            if respondents[k] and respondents[k] <= elsewhere:
                continue
            yield missing_problem(
                target, column, codebook=codebook, edition=edition, file=table.place
            )


def _respondents(table: ReadTable) -> set[str]:
    for column in table.layout.columns:
        if column.field == "respondent_id":
            texts, _ = table.grid.distinct(column.position, below=table.layout.header_rows)
            return set(texts)
    return set()


def _shows(match: Matched, target: Target) -> bool:
    return target not in match.missing and not any(
        (missing.variable, missing.item, missing.instance, missing.code)
        == (target.variable, target.item, target.instance, "")
        for missing in match.missing
    )
