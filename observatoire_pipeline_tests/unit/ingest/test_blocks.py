"""A CSV read block by block holds the records that it holds when it is read whole."""

import csv
import hashlib
import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from observatoire_pipeline.ingest import aside, blocks, sniff
from observatoire_pipeline.ingest import grid as grids
from observatoire_pipeline.ingest.content import NotPlain, Stored
from observatoire_pipeline.ingest.grid import Grid, read_csv, stream_csv
from observatoire_pipeline.ingest.refusal import RefusedExport
from observatoire_pipeline.ingest.sniff import CsvFormat, Member, sniff_csv, sniff_first

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
@example(records=[["a", "é\r\n", "\r"]] * 3, line_end="\n", quoting=csv.QUOTE_ALL, block_bytes=1)
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


@pytest.mark.parametrize("block_bytes", [1, 9, 33, 1 << 20])
def test_loose_quotation_marks_mislead_nobody(block_bytes):
    text = 'id,q\n,Response\n1,5" de long\n2,"deux\nlignes"\n3,5" de haut\n'
    grid = grid_of(text, block_bytes=block_bytes)
    assert grid.text(2, below=2).to_pylist() == ['5" de long', "deux\nlignes", '5" de haut']
    assert np.array_equal(grid.rows, np.arange(1, 6))


@settings(deadline=None, max_examples=60)
@given(
    records=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12),
    line_end=st.sampled_from(["\n", "\r\n", "\r\r\n", "\r"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    tail=st.sampled_from([b"", b"\xe9", b'"', b"5,x", b"\xc3", b"\xf0\x9f\x98\x80"]),
    block_bytes=st.sampled_from([7, 1 << 20]),
)
def test_what_is_read_as_delivered_is_what_is_read_with_care(
    tmp_path_factory, records, line_end, mark, tail, block_bytes
):
    stream = io.StringIO(newline="")
    head = [["id", "question", "r"], ["", "Response", "x"]]
    csv.writer(stream, lineterminator=line_end).writerows([*head, *records])
    data = mark + stream.getvalue().encode("utf-8") + tail
    path = tmp_path_factory.mktemp("delivered") / "a.csv"
    path.write_bytes(data)
    stored = Stored(path, len(data))
    on_disk = Member("a.csv", "", "csv", stored, stored, len(data))
    form = sniff_first(on_disk)
    if form is None:
        return
    try:
        grid = stream_csv(on_disk, form, block_bytes=block_bytes)
    except NotPlain:
        return
    member = Member("a.csv", "", "csv", data, hashlib.sha256(data).hexdigest(), len(data))
    whole = sniff_csv(member)
    assert as_told(grid) == as_told(read_csv(member, whole))
    assert (form.encoding, form.delimiter, form.line_end, form.peeked, form.damage) == (
        whole.encoding,
        whole.delimiter,
        whole.line_end,
        whole.peeked,
        whole.damage,
    )
    assert on_disk.file_sha256 == member.file_sha256


@pytest.mark.parametrize(
    ("ending", "why"),
    [
        (b"2,\xe9t\xe9\n", "another alphabet"),
        (b"2,a\r\r\n", "line ends twice over"),
        (b'2,"a\n', "an open quotation mark"),
        (b"2,a,b\n", "a longer record"),
    ],
)
@pytest.mark.parametrize("block_bytes", [16, 1 << 20])
def test_what_has_to_be_set_right_is_not_read_as_delivered(ending, why, block_bytes):
    data = b"id,q\n,Response\n" + b"1,oui\n" * 50 + ending
    member = Member("a.csv", "", "csv", data, "0" * 64, len(data))
    form = sniff_first(member) or CsvFormat("utf-8", ",", "LF", data, [["id", "q"]], start=0)
    with pytest.raises(NotPlain):
        stream_csv(member, form, block_bytes=block_bytes)


@settings(deadline=None, max_examples=25)
@given(
    cells=st.lists(CELLS, min_size=1, max_size=40),
    held_bytes=st.integers(0, 200),
    rows=st.integers(1, 7),
    few=st.sampled_from([3, 9, 30_000]),
)
def test_columns_laid_aside_are_those_held_in_memory(cells, held_bytes, rows, few):
    table = pa.table([cells, [f"n{k}" for k in range(len(cells))]], names=["c001", "c002"])
    table = table.cast(pa.schema([("c001", pa.string()), ("c002", pa.string())]))

    def grid() -> Grid:
        parts = [table.slice(k, rows) for k in range(0, len(cells), rows)]
        encoded = [
            pa.table([c.dictionary_encode() for c in p.columns], p.schema.names) for p in parts
        ]
        return grids._joined(encoded, names=["c001", "c002"])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(blocks, "FEW", few)
        held = grid()
        patched.setattr(aside, "HELD_BYTES", held_bytes)
        laid = grid()
    assert as_told(laid) == as_told(held)
    laid.aside.let_go()
    assert as_told(laid) == as_told(held)


@pytest.mark.parametrize("block_bytes", range(8, 24))
def test_a_character_may_stand_in_two_blocks(block_bytes):
    data = ("id,q\n,Response\n" + "1,éé€€😀😀é\n2,a😀é€\n" * 20).encode()
    member = Member("a.csv", "", "csv", data, "0" * 64, len(data))
    watched = member.watched(start=0)
    assert b"".join(iter(lambda: watched.read(block_bytes), b"")) == data
    watched.prove()
    broken = data[:-4] + data[-3:]
    watched = Member("a.csv", "", "csv", broken, "0" * 64, len(broken)).watched(start=0)
    assert b"".join(iter(lambda: watched.read(block_bytes), b"")) == broken
    with pytest.raises(NotPlain):
        watched.prove()


def test_a_sheet_may_have_a_column_of_many_texts(monkeypatch):
    monkeypatch.setattr(blocks, "FEW", 3)
    grid = grids.grid_of([["id", "", *"abcdef"], ["q", "r", *["oui", "non"] * 3]])
    assert grid.distinct(1, below=2)[0] == list("abcdef")
    assert [part.num_rows for part in grid.parts([1, 2], below=2, rows=4)] == [4, 2]


def test_a_record_longer_than_a_block_is_read_as_delivered():
    data = b"id,q\n,Response\n" + b"1,oui\n" * 50 + b'2,"' + b"mot\n" * 500 + b'"\n'
    member = Member("a.csv", "", "csv", data, "0" * 64, len(data))
    form = sniff_first(member)
    grid = stream_csv(member, form, block_bytes=64)
    assert grid.text(2, below=2).to_pylist() == [*["oui"] * 50, "mot\n" * 500]


def test_the_first_records_are_told_by_few_bytes_as_by_many(monkeypatch):
    text = "".join(f"{k};{'é' * (k % 50)}\n" for k in range(9000)).encode()
    records = sniff._peek(text, ";")
    assert [record[0] for record in records] == [str(k) for k in range(40)]
    monkeypatch.setattr(sniff, "PEEKED_RECORDS", 3000)
    assert sniff._peek(text, ";")[:40] == records
    assert len(sniff._peek(text, ";")) == 3000
