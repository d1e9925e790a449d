"""What is read of a CSV as it was delivered is what is read of it with care."""

from random import Random

import pytest

from observatoire_pipeline.ingest import opening
from observatoire_pipeline.ingest.content import NotPlain
from observatoire_pipeline.ingest.grid import Grid, stream_csv
from observatoire_pipeline.ingest.opening import OpenedTable, open_export
from observatoire_pipeline_tests.corruption.damages import KINDS
from observatoire_pipeline_tests.corruption.exports import LAYOUTS
from observatoire_pipeline_tests.corruption.test_damages import CODEBOOK, clean


def told(table: OpenedTable) -> tuple[object, ...]:
    """Return all that was understood of a table."""
    csv = None if table.source is None else table.source.csv
    written = csv and (csv.encoding, csv.delimiter, csv.line_end, csv.peeked, csv.damage)
    found = (table.place, table.kind, table.platform, table.problems, written)
    export = table.export
    if export is None:
        return found
    return (
        *found,
        export.layout,
        export.header_rows,
        export.columns,
        export.questions,
        export.damage,
        dict(export.multiple_in_one_cell),
        dict(export.rejected),
        export.no_answer,
        export.left_out,
        records(export.grid),
    )


def records(grid: Grid) -> tuple[object, ...]:
    cells = [column.to_pylist() for column in grid.cells.columns]
    counts = (grid.blank_rows, grid.spaces_only, grid.nul_cells)
    return cells, grid.rows.tolist(), grid.head, counts, grid.damage


def test_a_damaged_file_is_read_alike_in_one_pass_and_as_a_whole(tmp_path, monkeypatch):
    seen: list[Grid] = []

    def spied(member, layout):
        seen.append(stream_csv(member, layout, block_bytes=1 << 10))
        return seen[-1]

    def never(member):
        raise NotPlain

    read_plain = opening.read_plain
    path = tmp_path / "export.csv"
    for name, kind in KINDS.items():
        random = Random(name)
        file, _ = clean(0, random.choice(LAYOUTS), "csv")
        broken = kind.apply(file, random)
        if broken is not None:
            path.write_bytes(broken.content())
            monkeypatch.setattr(opening, "stream_csv", spied)
            monkeypatch.setattr(opening, "read_plain", read_plain)
            streamed = open_export(path, codebook=CODEBOOK)
            monkeypatch.setattr(opening, "read_plain", never)
            whole = open_export(path, codebook=CODEBOOK)
            assert list(map(told, streamed.tables)) == list(map(told, whole.tables)), name
            assert (streamed.sha256, streamed.problems) == (whole.sha256, whole.problems)
    assert len(seen) > 20, "hardly a file was read as it was delivered"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_clean_file_is_read_as_it_was_delivered(layout, tmp_path, monkeypatch):
    file, _ = clean(0, layout, "csv")
    (tmp_path / "export.csv").write_bytes(file.content())
    monkeypatch.delattr(opening, "sniff_csv")
    opened = open_export(tmp_path / "export.csv", codebook=CODEBOOK)
    assert not opened.problems
    assert len(opened.exports) == 1
