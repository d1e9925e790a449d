"""The three raw tables of an edition, from its files as read and matched.

In: one row a file, one row a column, one row a response. Not in: reading or matching a file.

Cells of personal columns are left in the file.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.ingest.damage import as_json, find_damage
from observatoire_pipeline.ingest.export import Damage
from observatoire_pipeline.ingest.grid import Grid, column_key
from observatoire_pipeline.ingest.layout import Layout
from observatoire_pipeline.ingest.manifest import Manifest
from observatoire_pipeline.ingest.matching import Matched, Target
from observatoire_pipeline.ingest.sniff import CsvFormat, Member
from observatoire_pipeline.tables.frames import conform, from_records
from observatoire_pipeline.tables.model import Table


@dataclass(frozen=True)
class ReadTable:
    """One file or sheet, read and laid out, before its columns are matched."""

    member: Member
    sheet: str
    csv: CsvFormat | None
    grid: Grid
    layout: Layout
    damage: tuple[Damage, ...] = ()

    @property
    def place(self) -> str:
        """The file in words, with its member and sheet."""
        return f"{self.member.place} [{self.sheet}]" if self.sheet else self.member.place

    @property
    def member_name(self) -> str:
        """The member of the archive, the sheet of the workbook, or both."""
        return "/".join(part for part in (self.member.name, self.sheet) if part)


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
                "platform": read.layout.platform.name,
                "layout": "expanded" if _has_codes(match) else "condensed",
                "encoding": read.csv.encoding if read.csv else "",
                "delimiter": read.csv.delimiter if read.csv else "",
                "header_rows": read.layout.header_rows,
                "rows": len(read.grid.rows) - read.layout.header_rows,
                "columns": read.grid.width,
                "cells_in": sum(column.cells_in for column in read.layout.columns),
                "damage": as_json(
                    [*find_damage(read.grid, layout=read.layout, csv=read.csv), *read.damage]
                ),
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
    nothing = Target("", "", 1)
    records: list[dict[str, object]] = []
    for k, (read, match) in enumerate(zip(tables, matches, strict=True), start=1):
        for column in read.layout.columns:
            target = match.targets.get(column.position, nothing)
            personal = target.variable and codebook.variables[target.variable].personal
            records.append(
                {
                    "edition": edition,
                    "source_id": f"s{k}",
                    "column": column_key(column.position),
                    "position": column.position,
                    "title": column.title,
                    "label": column.label,
                    "question_group": column.group,
                    "role": "personal" if personal else column.role,
                    "field": column.field,
                    "variable": target.variable,
                    "item": target.item,
                    "instance": target.instance,
                    "code": target.code,
                    "cells_in": column.cells_in,
                }
            )
    return from_records(records, table)


def raw_responses(
    tables: list[ReadTable],
    matches: list[Matched],
    *,
    codebook: Codebook,
    edition: str,
    table: Table,
) -> pd.DataFrame:
    """Return one row for each response, cells as delivered, personal columns absent."""
    frames: list[pd.DataFrame] = []
    for k, (read, match) in enumerate(zip(tables, matches, strict=True), start=1):
        below = read.layout.header_rows
        parts: dict[str, pd.Series] = {}
        for column in read.layout.columns:
            target = match.targets.get(column.position)
            personal = target is not None and codebook.variables[target.variable].personal
            if column.role == "personal" or personal:
                continue
            cells = read.grid.text(column.position, below=below).to_pandas()
            parts[column_key(column.position)] = cells.astype("str")
        frame = pd.DataFrame(parts)
        frame.insert(0, "row", read.grid.rows[below:])
        frame.insert(0, "source_id", pd.Series(f"s{k}", index=frame.index, dtype="str"))
        frame.insert(0, "edition", pd.Series(edition, index=frame.index, dtype="str"))
        frames.append(frame)
    names = sorted(
        {name for frame in frames for name in frame.columns if name not in table.column_names},
        key=lambda name: int(name[1:]),
    )
    wanted = [*table.column_names, *names]
    complete = [frame.reindex(columns=wanted, fill_value="") for frame in frames]
    return conform(pd.concat(complete, ignore_index=True), table)
