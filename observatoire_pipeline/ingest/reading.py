"""From a landing folder to the raw tables of an edition, as delivered, or a refusal.

In: the order of the steps (open, read, match, decode) over all files of an edition, the checks that
need all of them, and the three tables. Not in: each step's own rules.

Every problem of every file is collected before anything is refused. Cells of personal columns are
never copied out of the file: neither into a table nor into a message.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.damage.mending import cells_under
from observatoire_pipeline.ingest.export import Damage
from observatoire_pipeline.ingest.manifest import BRAND, MANIFEST, Manifest, read_manifest
from observatoire_pipeline.ingest.matching import Matched, Target, match_columns, missing_problem
from observatoire_pipeline.ingest.numeric import decode_numeric
from observatoire_pipeline.ingest.opening import OpenedTable, Source, open_member
from observatoire_pipeline.ingest.raw_tables import (
    ReadTable,
    ResponseParts,
    raw_columns,
    source_files,
    without_bytes,
)
from observatoire_pipeline.ingest.refusal import Problem, RefusedExport, column_place, refuse
from observatoire_pipeline.ingest.sniff import SIZE_LIMIT, SUFFIXES, Member, open_members
from observatoire_pipeline.ingest.workbook import ERRORS
from observatoire_pipeline.tables.catalogue import catalogue

logger = logging.getLogger(__name__)

TELLING = 5
"""As many strange columns make a file look like one of another edition."""


@dataclass(frozen=True)
class RawEdition:
    """The raw tables of one edition.

    Attributes:
        source_files: One row for each file (member of an archive, sheet of a workbook).
        raw_columns: One row for each column of each file.
        parts: The rows of `raw_responses`, made in parts each time they are gone through.
        landing_sha256: Checksum of the landing folder that was read.
        synthetic: Whether the answers were generated, as the manifest says.
    """

    source_files: pd.DataFrame
    raw_columns: pd.DataFrame
    parts: ResponseParts
    landing_sha256: str
    synthetic: bool

    @cached_property
    def raw_responses(self) -> pd.DataFrame:
        """One row for each response, cells as delivered, personal columns absent."""
        return self.parts.whole()


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
        match_columns(table.export, codebook=codebook, edition=edition, file=table.place)
        for table in tables
    ]
    strange = [
        _of_another_edition(table, match, codebook=codebook, edition=edition)
        for table, match in zip(tables, matches, strict=True)
    ]
    problems += [problem for problem in strange if problem]
    for k, match in enumerate(matches):
        if strange[k]:
            continue
        problems += match.problems
        tables[k], wrong = _in_words(tables[k], match, codebook=codebook, edition=edition)
        tables[k] = _with_damage(tables[k], *_nameless(tables[k]))
        problems += wrong
    if not any(strange):
        problems += _missing(tables, matches, codebook=codebook, edition=edition)
    if problems:
        raise RefusedExport(problems)
    # Of the bytes that were read: files that changed meanwhile are not those of the receipt.
    checksum = landing_sha256(
        folder, read={table.member.file: table.member.file_sha256 for table in tables}
    )
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
        parts=ResponseParts(
            tuple(map(without_bytes, tables)),
            tuple(matches),
            codebook,
            edition,
            declared["raw_responses"],
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


def landing_sha256(folder: Path, *, read: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return a checksum of the names and contents of the files that are not hidden.

    Args:
        folder: The landing folder.
        read: By name the checksums of files that have been read.

    Raises:
        RefusedExport: as `landing_files`, or a file cannot be read.
    """
    total = hashlib.sha256()
    for path in landing_files(folder):
        try:
            if path.name in read:
                digest = bytes.fromhex(read[path.name])
            else:
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

    Sheets beside the responses that hold none (notes, counts) are left out, and named. Records are
    kept, whatever they are: each of them is accounted for, and rejected by name where it is no
    response.

    Args:
        member: The file, or the member of an archive.
        codebook: Its labels prove repairs; None for repairs that the file itself proves.

    Raises:
        RefusedExport: a table is not an export that is read; lists every sheet's problems.
    """
    found: list[ReadTable] = []
    problems: list[Problem] = []
    beside: list[OpenedTable] = []
    for opened in open_member(member, codebook=codebook, leave_out=False):
        source, export = opened.source, opened.export
        if source is None or export is None:
            beside.append(opened)
            continue
        table = ReadTable(source.member, source.sheet, source.csv, export)
        problems += _formula_errors(table)
        found.append(table)
    for opened in beside:
        if opened.kind == "responses" or opened.source is None or not found:
            problems += opened.problems
        else:
            found[0] = _with_damage(found[0], _left_out(opened, opened.source))
    if problems:
        raise RefusedExport(problems)
    return found


def _left_out(opened: OpenedTable, source: Source) -> Damage:
    """Return the report of a sheet that holds no responses."""
    cells = cells_under(source.grid, below=0)
    where = f"sheet {source.sheet}, {cells} cell(s)"
    return Damage("other_sheet", where, 1, source.sheet, f"left out: {opened.problems[0].found}")


def _nameless(table: ReadTable) -> Iterator[Damage]:
    """Yield the report of a file that names none of its responses."""
    if not any(column.field == "respondent_id" for column in table.export.columns):
        rows = len(table.export.grid.rows) - table.export.header_rows
        yield Damage("no_identifiers", "whole file", rows, "", "named after their rows")


def _with_damage(table: ReadTable, *damage: Damage) -> ReadTable:
    export = replace(table.export, damage=(*table.export.damage, *damage))
    return replace(table, export=export)


def _in_words(
    table: ReadTable, match: Matched, *, codebook: Codebook, edition: str
) -> tuple[ReadTable, tuple[Problem, ...]]:
    """Return a table of numerical values with the words of its choices, if it is one."""
    grid, damage, problems = decode_numeric(
        table.export, match, codebook=codebook, edition=edition, file=table.place
    )
    worded = replace(table, export=replace(table.export, grid=grid))
    return _with_damage(worded, *damage), problems


def _of_another_edition(
    table: ReadTable, match: Matched, *, codebook: Codebook, edition: str
) -> Problem | None:
    """Return what is wrong with a file that another edition knows, ten times better than this one.

    It stands for everything else that would be said of the file. A few columns do not speak for
    another edition: each of them is told.
    """
    if len(match.problems) < TELLING:
        return None
    elsewhere = partial(match_columns, table.export, codebook=codebook, file=table.place)
    wrong = {
        other: len(elsewhere(edition=other).problems)
        for other in codebook.edition_keys
        if other != edition
    }
    best = min(wrong, key=wrong.__getitem__, default=None)
    if best is None or 10 * wrong[best] > len(match.problems):
        return None
    return Problem(
        table.place,
        "",
        f"an export whose headings are those of edition {best}",
        f"one of edition {edition}, to which {len(match.problems)} of its columns are strange",
        f"move the file into the landing folder of {best}; if {edition} asked in these words, say "
        f"so in {codebook.root}/columns",
    )


def _again(table: ReadTable, tables: list[ReadTable]) -> bool:
    """Tell whether JSON files led to one survey twice: its details and its responses both do."""
    key = (table.member.kind, table.place)
    return table.member.kind == "json" and any(
        key == (other.member.kind, other.place) for other in tables
    )


def _formula_errors(table: ReadTable) -> Iterator[Problem]:
    """Yield the columns of a workbook in which a formula error stands where an answer was."""
    if table.csv is not None:
        return
    for column in table.export.columns:
        texts, counts = table.export.grid.distinct(column.position, below=table.export.header_rows)
        for text, count in zip(texts, counts, strict=True):
            if text in ERRORS.values():
                yield Problem(
                    table.place,
                    column_place(column.position),
                    f"{count} cell(s) that hold a formula error, {text}",
                    "text, numbers and dates",
                    "an answer that begins with - or = was taken for a formula; export as CSV",
                )


# --- what needs all files -------------------------------------------------------------------


def _delivered_twice(tables: list[ReadTable]) -> Iterator[Problem]:
    first: dict[tuple[str, str], ReadTable] = {}
    sizes = Counter((len(table.member.content), table.sheet) for table in tables)
    for table in tables:
        if sizes[len(table.member.content), table.sheet] == 1:
            continue  # nothing else has its size
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
        for column in table.export.columns:
            texts, _ = table.export.grid.distinct(column.position, below=table.export.header_rows)
            branded = [normalise_label(t) == BRAND for t in texts if "synth" in t.casefold()]
            if any(branded):
                yield Problem(
                    table.place,
                    column_place(column.position),
                    "cells that say the answers are synthetic",
                    f"`synthetic: true` in {MANIFEST}",
                    f"write the line `synthetic: true` into {MANIFEST} beside the export, or take "
                    "the sample export out of the folder",
                )
                break


def _missing(
    tables: list[ReadTable], matches: list[Matched], *, codebook: Codebook, edition: str
) -> Iterator[Problem]:
    """Yield the declared columns that a file lacks.

    A file may lack a column when other files show it for every one of its respondents: exports of
    old are cut at 256 columns into sheets that repeat the respondents.
    """
    if not any(match.missing for match in matches):
        return
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
    for column in table.export.columns:
        if column.field == "respondent_id":
            texts, _ = table.export.grid.distinct(column.position, below=table.export.header_rows)
            return set(texts)
    return set()


def _shows(match: Matched, target: Target) -> bool:
    return target not in match.missing and not any(
        (missing.variable, missing.item, missing.instance, missing.code)
        == (target.variable, target.item, target.instance, "")
        for missing in match.missing
    )
