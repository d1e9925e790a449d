"""The three raw tables of an edition, from its files as read and matched.

In: one row a file, one row a column, one row a response. Not in: reading or matching a file.

Cells of personal columns are left in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    """Return one row for each response, cells as delivered, personal columns absent.

    Cells of a single file are categories of its distinct texts, unless there are too many of them.
    """
    frames = [
        pd.concat(parts, ignore_index=True)
        for parts in (
            list(_parts(read, match, source_id=f"s{k}", codebook=codebook, edition=edition))
            for k, (read, match) in enumerate(zip(tables, matches, strict=True), start=1)
        )
    ]
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
    read: ReadTable, match: Matched, *, source_id: str, codebook: Codebook, edition: str
) -> Iterator[pd.DataFrame]:
    """Yield the responses of one file in parts that share the categories of each column."""
    columns = {}
    for column in read.layout.columns:
        target = match.targets.get(column.position)
        personal = target is not None and codebook.variables[target.variable].personal
        if column.role != "personal" and not personal:
            columns[column_key(column.position)] = column.position
    below = read.layout.header_rows
    texts = {
        name: read.grid.categories(position, below=below) for name, position in columns.items()
    }
    start = 0
    for part in read.grid.parts(list(columns.values()), below=below):
        rows = read.grid.rows[below + start : below + start + part.num_rows]
        start += part.num_rows
        made: dict[str, object] = {
            "edition": pd.array([edition] * len(rows), dtype="str"),
            "source_id": pd.array([source_id] * len(rows), dtype="str"),
            "row": rows,
        }
        for name, cells in zip(columns, part.columns, strict=True):
            shared = texts[name]
            made[name] = (
                cells.cast("string").to_pandas().astype("str")
                if shared is None
                else pd.Categorical.from_codes(
                    shared.codes[cells.indices.to_numpy()], dtype=shared.dtype, validate=False
                )
            )
        yield pd.DataFrame(made, copy=False)
