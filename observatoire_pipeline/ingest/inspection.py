"""Say what a file is before anything is known of its questionnaire.

In: one file → its kind, platform, layout, questions, personal columns, damage and verdict, as JSON
and as a page to read aloud. Not in: any rule of a platform, of a format or of damage; the answers
of a person, which no line here ever shows.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.ingest.export import Damage, Export, ExportQuestion
from observatoire_pipeline.ingest.inspection_page import page_lines
from observatoire_pipeline.ingest.opening import (
    FileKind,
    OpenedFile,
    OpenedTable,
    open_export,
    sha256_of,
)
from observatoire_pipeline.ingest.refusal import Problem, column_letter
from observatoire_pipeline.ingest.sniff import SIZE_LIMIT

logger = logging.getLogger(__name__)

Verdict = Literal["accepted", "accepted_with_repairs", "refused"]
AS_WRITTEN = frozenset(
    {
        "byte_order_mark",
        "not_utf8",
        "nul_characters",
        "spaces_only",
        "blank_rows",
        "blank_columns",
        "extra_columns",
    }
)
"""Rules that find how a file was written, and change no text of it: no repair in a verdict."""


@dataclass(frozen=True)
class InspectedQuestion:
    """One question in words and numbers; fields as those of `ExportQuestion`."""

    position: int
    title: str
    kind: str
    n_columns: int
    options: list[str]
    items: list[str]


@dataclass(frozen=True)
class CellCount:
    """The non-blank cells under the header: came in = kept + rejected + dropped.

    Attributes:
        came_in: All of them (`in` in JSON).
        kept: Answers and metadata.
        rejected: Those that no rule can read; all that is not dropped, in a refused file.
        dropped: Those of personal columns and of columns that are no part of the survey.
    """

    came_in: int = 0
    kept: int = 0
    rejected: int = 0
    dropped: int = 0


@dataclass(frozen=True)
class Inspection:
    """What one file is; the attributes are the keys of the JSON, in its order."""

    file: str
    sha256: str
    kind: FileKind = "unknown"
    platform: str = ""
    layout: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_rows: int = 0
    n_responses: int = 0
    n_columns: int = 0
    questions: list[InspectedQuestion] = field(default_factory=list)
    personal_columns: list[str] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)
    cells: CellCount = CellCount()
    verdict: Verdict = "refused"
    reasons: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """Return the inspection as JSON text."""
        content = asdict(self)
        content["cells"] = {
            "in" if key == "came_in" else key: count for key, count in content["cells"].items()
        }
        return json.dumps(content, ensure_ascii=False, indent=2)


def inspect_file(
    path: Path, *, codebook: Codebook | None = None, size_limit: int = SIZE_LIMIT
) -> Inspection:
    """Return what a file is; a file that cannot be read is described as refused.

    Args:
        path: The file, of any format.
        codebook: What is known of the survey; a proof for repairs, where there is one.
        size_limit: Bytes that the file, or a member of it once unpacked, may have.
    """
    why = _out_of_reach(path)
    if why:
        name = path.name or str(path)
        return Inspection(name, "", reasons=[f"{name}: {why}"])
    try:
        opened = open_export(path, codebook=codebook, size_limit=size_limit)
        return _inspection(opened)
    except Exception as error:
        # A person who drops a damaged file is told so; where it broke stands in the log.
        logger.debug("inspecting %s", path.name, exc_info=True)
        reason = f"{path.name}: the file broke the reader ({type(error).__name__}: {error})"
        return Inspection(path.name, sha256_of(path), reasons=[reason])


def _out_of_reach(path: Path) -> str:
    """Return why a path leads to no file that can be opened; empty when it does."""
    if path.is_dir():
        return "this is a folder; name one file in it"
    if not path.exists():
        return "this is a link that leads nowhere" if path.is_symlink() else "there is no such file"
    if not path.is_file():
        return "this is no file"
    try:
        with path.open("rb"):
            return ""
    except OSError as error:
        return f"it cannot be opened ({(error.strerror or 'unknown reason').lower()})"


def plain_page(inspection: Inspection) -> str:
    """Return the inspection as a page to read aloud: what it is, what it asks, what is wrong."""
    return "\n".join(page_lines(inspection)) + "\n"


# --- from tables to one description ---------------------------------------------------------


def _inspection(opened: OpenedFile) -> Inspection:
    reasons = [_told(problem) for problem in opened.problems]
    if not opened.tables:
        return Inspection(opened.file, opened.sha256, reasons=reasons)
    main = max(opened.tables, key=_weight)
    reasons += [_told(problem) for problem in main.problems]
    reasons += _asides([table for table in opened.tables if table is not main])
    return _of_table(opened, main, reasons)


def _weight(table: OpenedTable) -> tuple[int, int]:
    """Return what makes a table the main one: it is read, then its size."""
    rank = {"responses": 1, "summary": 1, "unknown": 0}[table.kind]
    size = 0 if table.source is None else table.source.grid.width * len(table.source.grid.rows)
    return (2 if table.export is not None else rank, size)


def _of_table(opened: OpenedFile, table: OpenedTable, reasons: list[str]) -> Inspection:
    source, export = table.source, table.export or table.described
    csv = source.csv if source is not None else None
    if export is None:
        return Inspection(
            file=opened.file,
            sha256=opened.sha256,
            kind=table.kind,
            platform=table.platform,
            encoding=csv.encoding if csv else "",
            delimiter=csv.delimiter if csv else "",
            n_columns=source.grid.width if source is not None else 0,
            cells=_unread_cells(table),
            reasons=reasons,
        )
    repaired = any(one.repaired and one.rule not in AS_WRITTEN for one in export.damage)
    verdict: Verdict = "accepted_with_repairs" if repaired else "accepted"
    cells = count_cells(export)
    if table.export is None:
        verdict = "refused"
        cells = CellCount(cells.came_in, 0, cells.kept + cells.rejected, cells.dropped)
    return Inspection(
        file=opened.file,
        sha256=opened.sha256,
        kind="responses",
        platform=export.platform,
        layout=export.layout,
        encoding=csv.encoding if csv else "",
        delimiter=csv.delimiter if csv else "",
        header_rows=0 if source is not None and source.export is not None else export.header_rows,
        n_responses=len(export.grid.rows) - export.header_rows,
        n_columns=export.grid.width,
        questions=[_question(question) for question in export.questions],
        personal_columns=[
            c.label or c.title or f"column {column_letter(c.position)}"
            for c in export.columns
            if c.role == "personal"
        ],
        damage=list(export.damage),
        cells=cells,
        verdict=verdict,
        reasons=reasons,
    )


def count_cells(export: Export) -> CellCount:
    """Return where the cells of an export go; the sum holds by column, hence for the file."""
    came_in = export.left_out + sum(column.cells_in for column in export.columns)
    dropped = export.left_out + sum(
        c.cells_in for c in export.columns if c.role in ("personal", "extra", "blank")
    )
    kept = rejected = 0
    for column in export.columns:
        if column.role in ("metadata", "question"):
            lost = min(export.rejected.get(column.position, 0), column.cells_in)
            rejected += lost
            kept += column.cells_in - lost
    return CellCount(came_in, kept, rejected, dropped)


def _unread_cells(table: OpenedTable) -> CellCount:
    """Return the cells of a table that is refused: every one is rejected with it."""
    if table.source is None:
        return CellCount()
    grid = table.source.grid
    cells = sum(grid.cells_in(k, below=0) for k in range(1, grid.width + 1))
    return CellCount(came_in=cells, rejected=cells)


def _question(question: ExportQuestion) -> InspectedQuestion:
    return InspectedQuestion(
        position=question.position,
        title=question.title,
        kind=question.kind,
        n_columns=len(question.columns),
        options=list(question.options),
        items=list(question.items),
    )


def _told(problem: Problem) -> str:
    return " ".join(str(problem).split())


def _asides(tables: Sequence[OpenedTable]) -> list[str]:
    """Return a line on each table that is not the one described; one for all of a kind."""
    told: list[str] = []
    alike: dict[str, list[str]] = {}
    for table in tables:
        if table.export is not None:
            rows = len(table.export.grid.rows) - table.export.header_rows
            told.append(
                f"{table.place}: also in the file, {rows} responses to "
                f"{len(table.export.questions)} questions; inspect it alone"
            )
        else:
            why = "; ".join(problem.found for problem in table.problems)
            alike.setdefault(why, []).append(table.place)
    for why, places in alike.items():
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        told.append(f"{places[0]}{more}: also in the file, not read: {why}")
    return told
