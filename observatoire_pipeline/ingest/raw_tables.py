"""The three raw tables of an edition, from its files as read and matched.

In: one row a file, one row a column, one row a response. Not in: reading or matching a file.

Cells of personal columns are left in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.ingest.blocks import PART_ROWS
from observatoire_pipeline.ingest.damage import as_json
from observatoire_pipeline.ingest.export import Export, ExportColumn
from observatoire_pipeline.ingest.grid import SharedTexts, column_key
from observatoire_pipeline.ingest.manifest import Manifest
from observatoire_pipeline.ingest.matching import Matched, Reading, Target
from observatoire_pipeline.ingest.sniff import CsvFormat, Member
from observatoire_pipeline.tables.frames import conform, from_records
from observatoire_pipeline.tables.model import Table

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ReadTable:
    """One file or sheet, read by the module of its platform, before its columns are matched."""

    member: Member
    sheet: str
    csv: CsvFormat | None
    export: Export

    @property
    def place(self) -> str:
        """The file in words, with its member and sheet."""
        return f"{self.member.place} [{self.sheet}]" if self.sheet else self.member.place

    @property
    def member_name(self) -> str:
        """The member of the archive, the sheet of the workbook, or both."""
        return "/".join(part for part in (self.member.name, self.sheet) if part)


def without_bytes(read: ReadTable) -> ReadTable:
    """Return a file without the bytes out of which its records were read: they are many."""
    csv = read.csv and replace(read.csv, text=b"")
    export = replace(read.export, grid=read.export.grid.at_rest())
    return replace(
        read, member=replace(read.member, content=b"", beside=()), csv=csv, export=export
    )


def source_files(
    tables: list[ReadTable],
    matches: list[Matched],
    *,
    manifest: Manifest,
    checksum: str,
    edition: str,
    table: Table,
) -> pd.DataFrame:
    """Return one row for each file (member of an archive, sheet of a workbook)."""
    return from_records(
        (
            {
                "edition": edition,
                "source_id": f"s{k}",
                "file": read.member.file,
                "member": read.member_name,
                "sha256": read.member.file_sha256,
                "bytes": read.member.file_bytes,
                "platform": read.export.platform,
                "layout": "expanded" if _has_codes(match) else "condensed",
                "encoding": read.csv.encoding if read.csv else "",
                "delimiter": read.csv.delimiter if read.csv else "",
                "header_rows": read.export.header_rows,
                "rows": len(read.export.grid.rows) - read.export.header_rows,
                "columns": read.export.grid.width,
                "cells_in": sum(column.cells_in for column in read.export.columns),
                "damage": as_json(read.export.damage),
                "synthetic": manifest.synthetic,
                "landing_sha256": checksum,
            }
            for k, (read, match) in enumerate(zip(tables, matches, strict=True), start=1)
        ),
        table,
    )


def _has_codes(match: Matched) -> bool:
    """Tell whether a column stands for a single answer: what only the expanded layout has."""
    return any(target.code for target in match.targets.values())


def raw_columns(
    tables: list[ReadTable],
    matches: list[Matched],
    *,
    codebook: Codebook,
    edition: str,
    table: Table,
) -> pd.DataFrame:
    """Return one row for each column of each file, with what it maps to."""
    nothing, plain = Target("", "", 1), Reading()
    records: list[dict[str, object]] = []
    for k, (read, match) in enumerate(zip(tables, matches, strict=True), start=1):
        for column in read.export.columns:
            target = match.targets.get(column.position, nothing)
            reading = match.readings.get(column.position, plain)
            records.append(
                {
                    "edition": edition,
                    "source_id": f"s{k}",
                    "column": column_key(column.position),
                    "position": column.position,
                    "title": column.title,
                    "label": column.label,
                    "question_group": column.question or column.position,
                    "role": _role(column, match, codebook),
                    "field": column.field,
                    "variable": target.variable,
                    "item": target.item,
                    "instance": target.instance,
                    "code": target.code,
                    "reading": reading.how,
                    "separator": reading.separator,
                    "no_answer": "|".join(sorted(read.export.no_answer)) if target.variable else "",
                    "cells_in": column.cells_in,
                }
            )
    return from_records(records, table)


def _role(column: ExportColumn, match: Matched, codebook: Codebook) -> str:
    """Return the role of a column: what the codebook says of it, else what its file shows."""
    target = match.targets.get(column.position)
    if target is None:
        return column.role
    return "personal" if codebook.variables[target.variable].personal else "question"


@dataclass(frozen=True)
class ResponseParts:
    """The rows of `raw_responses`, made anew in parts each time they are gone through.

    One row for each response, cells as delivered, personal columns absent. Cells of a single file
    are categories of its distinct texts, which all parts share, unless there are too many of them.

    Attributes:
        tables: The files.
        matches: What their columns hold.
        codebook: The survey.
        edition: The edition.
        table: The declaration of `raw_responses`.
        rows: Rows of a part; files that are joined on the respondent are one part.
    """

    tables: tuple[ReadTable, ...]
    matches: tuple[Matched, ...]
    codebook: Codebook
    edition: str
    table: Table
    rows: int = PART_ROWS

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Yield frames of `raw_responses`, in the order of the files and their rows."""
        if len(self.tables) != 1:
            yield self.whole()
            return
        yield from self._parts_of(0)

    def whole(self) -> pd.DataFrame:
        """Return all rows as one frame."""
        frames = [
            pd.concat(list(self._parts_of(k)), ignore_index=True) for k in range(len(self.tables))
        ]
        return _one_frame(frames, self.table)

    def _parts_of(self, k: int) -> Iterator[pd.DataFrame]:
        return _parts(
            self.tables[k],
            self._columns[k],
            source_id=f"s{k + 1}",
            edition=self.edition,
            part_rows=self.rows,
        )

    @cached_property
    def _columns(self) -> list[list[_Shared]]:
        """For each file the columns that are kept; their texts are the same each time."""
        return [
            [
                _Shared(
                    column_key(column.position),
                    column.position,
                    read.export.grid.categories(column.position, below=read.export.header_rows),
                )
                for column in read.export.columns
                if _role(column, match, self.codebook) != "personal"
            ]
            for read, match in zip(self.tables, self.matches, strict=True)
        ]


class _Shared(NamedTuple):
    """A column of a file, with the texts that its parts share, if they do."""

    name: str
    position: int
    texts: SharedTexts | None


def _one_frame(frames: list[pd.DataFrame], table: Table) -> pd.DataFrame:
    if len(frames) == 1:
        return conform(frames[0], table)
    names = sorted(
        {name for frame in frames for name in frame.columns if name not in table.column_names},
        key=lambda name: int(name[1:]),
    )
    # Files have texts of their own: what they share are plain cells, blank where a file has none.
    complete = [
        frame.astype({name: "str" for name in names if name in frame}).reindex(
            columns=[*table.column_names, *names], fill_value=""
        )
        for frame in frames
    ]
    return conform(pd.concat(complete, ignore_index=True), table)


def _parts(
    read: ReadTable,
    columns: Sequence[_Shared],
    *,
    source_id: str,
    edition: str,
    part_rows: int,
) -> Iterator[pd.DataFrame]:
    """Yield the responses of one file in parts that share the categories of each column."""
    import pyarrow as pa

    below = read.export.header_rows
    positions = [column.position for column in columns]
    start = below
    for part in read.export.grid.parts(positions, below=below, rows=part_rows):
        rows = read.export.grid.rows[start : start + part.num_rows]
        start += part.num_rows
        made: dict[str, object] = {
            "edition": pd.array(pa.repeat(edition, len(rows)), dtype="str"),
            "source_id": pd.array(pa.repeat(source_id, len(rows)), dtype="str"),
            "row": rows,
        }
        for (name, _, shared), cells in zip(columns, part.columns, strict=True):
            made[name] = (
                cells.cast("string").to_pandas().astype("str")
                if shared is None
                else pd.Categorical.from_codes(
                    shared.codes[_indices(cells)], dtype=shared.dtype, validate=False
                )
            )
        yield pd.DataFrame(made, copy=False)


def _indices(cells: pa.ChunkedArray) -> npt.NDArray[np.signedinteger[Any]]:
    parts = [chunk.indices.to_numpy(zero_copy_only=False) for chunk in cells.chunks]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int16)
