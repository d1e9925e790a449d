"""A CSV read block by block holds the records that it holds when it is read whole."""

import csv
import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from observatoire_pipeline.ingest import blocks
from observatoire_pipeline.ingest.blocks import LooseQuotes, cut, parse_block
from observatoire_pipeline.ingest.grid import Grid, read_csv
from observatoire_pipeline.ingest.refusal import RefusedExport
from observatoire_pipeline.ingest.sniff import CsvFormat, Member

CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "\x00", "Oui", "Non", 'dit "oui"', "deux\nlignes", "a,b", "\r\n", '"']
    ),
    st.text('aé,"\n\r \x00', max_size=6),
)


def grid_of(text: str, *, block_bytes: int, delimiter: str = ",") -> Grid:
    data = text.encode("utf-8")
    peeked = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))[:40]
    form = CsvFormat("utf-8", delimiter, "LF", data, peeked)
    return read_csv(
        Member("a.csv", "", "csv", data, "0" * 64, len(data)), form, block_bytes=block_bytes
    )


def outcome(text: str, *, block_bytes: int) -> object:
    """Return all that is read, or the words in which it is refused."""
    try:
        return as_told(grid_of(text, block_bytes=block_bytes))
    except RefusedExport as error:
        return str(error)


def as_told(grid: Grid) -> tuple[object, ...]:
    columns = [column.to_pylist() for column in grid.cells.columns]
    distinct = [grid.distinct(k, below=2) for k in range(1, grid.width + 1)]
    return (
        columns,
        grid.rows.tolist(),
        grid.head,
        grid.blank_rows,
        grid.spaces_only,
        grid.nul_cells,
        [(texts, counts.tolist()) for texts, counts in distinct],
        [grid.cells_in(k, below=2) for k in range(1, grid.width + 1)],
    )


@settings(deadline=None, max_examples=60)
@given(
    records=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=3, max_size=30),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    block_bytes=st.integers(1, 200),
)
@example(records=[["a", "b", "c"]] * 30, line_end="\n", quoting=csv.QUOTE_MINIMAL, block_bytes=1)
def test_any_block_size_gives_the_same_records(records, line_end, quoting, block_bytes):
    stream = io.StringIO(newline="")
    head = [["id", "q", "r"], ["", "Response", "x"]]
    csv.writer(stream, lineterminator=line_end, quoting=quoting).writerows([*head, *records])
    text = stream.getvalue()
    assert outcome(text, block_bytes=block_bytes) == outcome(text, block_bytes=1 << 20)


@settings(deadline=None, max_examples=60)
@given(rows=st.integers(2, 40), block_bytes=st.integers(1, 100))
def test_columns_of_many_texts_keep_a_dictionary_for_each_block(rows, block_bytes):
    text = "id,q,r\n,Response,x\n" + "".join(f"{k},mot {k % 9},\n" for k in range(rows))
    whole = grid_of(text, block_bytes=1 << 20)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(blocks, "FEW", 7)
        assert as_told(grid_of(text, block_bytes=block_bytes)) == as_told(whole)


def test_blocks_end_with_records():
    text = b'a,b\n"1\n2",x\n3,"y\n"\n4,z\n'
    assert [bytes(block) for block in cut(text, block_bytes=7)] == [
        b"a,b\n",
        b'"1\n2",x\n',
        b'3,"y\n"\n',
        b"4,z\n",
    ]


@pytest.mark.parametrize("cell", [b'5" de long', b'de 5"', b'"a"b', b'""'])
def test_a_loose_quotation_mark_is_seen(cell):
    block = b"x," + cell + b"\ny," + cell + b"\n"
    if cell == b'""':
        assert parse_block(block, names=["a", "b"], delimiter=",").table.num_rows == 2
        return
    with pytest.raises(LooseQuotes):
        parse_block(block, names=["a", "b"], delimiter=",")


@pytest.mark.parametrize("block_bytes", [1, 9, 33, 1 << 20])
def test_loose_quotation_marks_are_read_in_one_piece(block_bytes):
    text = 'id,q\n,Response\n1,5" de long\n2,"deux\nlignes"\n3,5" de haut\n'
    grid = grid_of(text, block_bytes=block_bytes)
    assert grid.text(2, below=2).to_pylist() == ['5" de long', "deux\nlignes", '5" de haut']
    assert np.array_equal(grid.rows, np.arange(1, 6))
