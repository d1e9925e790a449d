"""An edition from its landing folder to coded tables, in memory that does not grow with its rows.

In: the steps that the assets take (read, accept, normalise), taken part by part, each part written
as soon as it is coded. Not in: the steps themselves. The tables are those of the assets.

What still grows is small: the identifiers and row numbers, by which a respondent is found twice.
Files that are joined on the respondent are one part, and what is read of a workbook is in memory
before it is a row.
"""

from __future__ import annotations

import logging
import shutil
import uuid
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.ingest.blocks import PART_ROWS, in_order
from observatoire_pipeline.ingest.reading import RawEdition, read_landing
from observatoire_pipeline.normalise.conservation import Column, Tally, count_cells
from observatoire_pipeline.normalise.responses import Coded, code_sheet
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import conform
from observatoire_pipeline.validate.acceptance import (
    Setting,
    conclude,
    judge,
    rejected_rows,
    settle,
    without,
)
from observatoire_pipeline.validate.cells import read_columns
from observatoire_pipeline.validate.errors import Findings

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_LOG = logging.getLogger(__name__)

WRITTEN = ("norm_responses", "norm_instances", "norm_texts", "norm_sources")
"""Tables that are written part by part."""


class Streamed(NamedTuple):
    """A coded edition.

    Attributes:
        files: Parquet file of each table of `WRITTEN`.
        rows: Number of rows of each.
        source_files: A frame of that table.
        raw_columns: A frame of that table.
        rejected_responses: A frame of that table.
        cell_map: A frame of that table.
    """

    files: dict[str, Path]
    rows: dict[str, int]
    source_files: pd.DataFrame
    raw_columns: pd.DataFrame
    rejected_responses: pd.DataFrame
    cell_map: pd.DataFrame


def stream_edition(
    landing: Path,
    folder: Path,
    *,
    edition: str,
    codebook: Codebook,
    part_rows: int = PART_ROWS,
    executor: Executor | None = None,
) -> Streamed:
    """Read, accept and code an edition part by part.

    Args:
        landing: Its landing folder.
        folder: Where the files are written; replaced when everything is written, and not before.
        edition: The edition.
        codebook: The survey.
        part_rows: Rows that are worked on at a time; the result is the same for any number.
        executor: Where parts are judged and coded; threads of this process when there is none.

    Raises:
        RefusedExport: as `read_landing`.
        InvalidResponses: as `accept`; nothing is written then.
        ValueError, TableError: as `normalise`.
    """
    raw = read_landing(landing, edition=edition, codebook=codebook)
    raw = replace(raw, parts=replace(raw.parts, rows=part_rows))
    beside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    beside.mkdir(parents=True)
    try:
        streamed = _streamed(raw, beside, edition=edition, codebook=codebook, executor=executor)
        if folder.exists():
            shutil.rmtree(folder)
        beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    counts = ", ".join(f"{count} {name}" for name, count in streamed.rows.items())
    _LOG.info("edition %s: %s", edition, counts)
    return streamed._replace(files={name: folder / f"{name}.parquet" for name in WRITTEN})


def _streamed(
    raw: RawEdition, folder: Path, *, edition: str, codebook: Codebook, executor: Executor | None
) -> Streamed:
    setting = Setting(edition, codebook, read_columns(raw.raw_columns, raw.source_files))
    settled = settle(raw.parts, setting)
    findings = settled.findings
    cells: list[dict[Column, Tally]] = []
    rows = dict.fromkeys(WRITTEN, 0)
    tasks = ((part, {"setting": setting}) for part in without(raw.parts, settled))
    with _Tables(folder) as tables:
        for coded, found in in_order(_code_part, tasks, executor=executor):
            findings.add(found)
            cells.append(coded.cells)
            for name in WRITTEN:
                frame = getattr(coded, name)
                tables.write(frame, name)
                rows[name] += len(frame)
    conclude(findings, setting)
    rejected = rejected_rows(findings, setting)
    cell_map = count_cells(raw.raw_columns, settled.looked_at, rejected, cells)
    return Streamed(
        {},
        rows,
        raw.source_files,
        raw.raw_columns,
        rejected,
        conform(cell_map, catalogue(codebook)["cell_map"]),
    )


def _code_part(part: pd.DataFrame, *, setting: Setting) -> tuple[Coded, Findings]:
    """Accept or reject the cells of a part of the rows, and code those that are accepted."""
    judged = judge(part, setting=setting)
    rejected = rejected_rows(judged.findings, setting)
    return code_sheet(judged.sheet, rejected, setting), judged.findings


class _Tables:
    """Parquet files that grow by a row group for each part."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> _Tables:
        return self

    def write(self, frame: pd.DataFrame, name: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = pa.Table.from_pandas(frame, preserve_index=False)
        if name not in self._writers:
            path = self._folder / f"{name}.parquet"
            # Identifiers differ from row to row: a dictionary would say each of them twice.
            repeated = [name for name in frame.columns if name not in ("respondent_id", "row")]
            self._writers[name] = pq.ParquetWriter(
                path,
                rows.schema,
                compression="lz4",
                use_dictionary=repeated,
                write_statistics=False,
            )
        self._writers[name].write_table(rows)

    def __exit__(self, *_: Any) -> None:
        for writer in self._writers.values():
            writer.close()
