"""SurveyMonkey files: from a grid of text to columns, questions and kinds.

In: how this platform lays out its headers and cells. Not in: its names and words
(`surveymonkey`), and what a kind of question looks like on any platform (`shapes`).
"""

from __future__ import annotations

from collections.abc import Sequence

from observatoire_pipeline.ingest.export import Export, ExportColumn, ExportQuestion
from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.platforms.surveymonkey import SURVEYMONKEY
from observatoire_pipeline.ingest.sniff import CsvFormat


class SurveyMonkeyReader:
    """Reads “All responses data” files."""

    name = SURVEYMONKEY.name
    platform = SURVEYMONKEY

    def recognise(self, grid: Grid, *, sheets: Sequence[str] = ()) -> int:
        """Return how sure it is that the file is SurveyMonkey's, from 0 to 100."""
        from observatoire_pipeline.ingest.layout import read_layout
        from observatoire_pipeline.ingest.refusal import RefusedExport

        try:
            read_layout(grid, file="")
        except RefusedExport:
            return 0
        return 60

    def read(self, grid: Grid, *, file: str, csv: CsvFormat | None) -> Export:
        """Return the export as its columns and cells show it."""
        from observatoire_pipeline.ingest.layout import read_layout

        layout = read_layout(grid, file=file)
        columns = tuple(
            ExportColumn(
                position=column.position,
                headers=(column.title, column.label),
                title=column.group_title,
                label=column.label,
                role="extra" if column.role == "unknown" else column.role,
                field=column.field,
                cells_in=column.cells_in,
            )
            for column in layout.columns
        )
        questions = tuple(
            ExportQuestion(
                position=group[0].position,
                title=group[0].group_title,
                kind="single" if len(group) == 1 else "multiple",
                columns=tuple(column.position for column in group),
            )
            for group in layout.groups()
        )
        return Export(
            platform=self.name,
            layout="expanded" if layout.expanded else "condensed",
            header_rows=layout.header_rows,
            grid=grid,
            columns=columns,
            questions=questions,
        )
