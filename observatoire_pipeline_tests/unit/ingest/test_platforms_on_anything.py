"""Any small table: each module says how sure it is, and accounts for every column and cell."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire_pipeline.ingest.grid import read_csv
from observatoire_pipeline.ingest.platforms import google_forms, limesurvey, qualtrics, typeform
from observatoire_pipeline.ingest.sniff import Member, sniff_csv
from observatoire_pipeline_tests.unit.ingest.lookalikes import as_csv

HEADINGS = st.sampled_from(
    [
        "id",
        "submitdate",
        "Timestamp",
        "#",
        "Q1",
        "Q1",
        "Q1[SQ001]",
        "Q1[other]",
        "Q [a]",
        "Q [b]",
        "Q [a][1]",
        "[x]",
        "]",
        "Q [[x]",
        "Q1_1",
        "Q1_2_TEXT",
        "1_Q1",
        "ResponseId",
        "Status",
        "",
        '{"ImportId":"QID1_1"}',
        '{"ImportId":"QID1_TEXT"}',
        '{"ImportId":',
        "Other",
        "A - B",
    ]
)
CELLS = st.sampled_from(
    [
        "",
        "1",
        "2",
        "3",
        "10",
        "Oui",
        "Non",
        "a, b",
        "a",
        "b",
        "a;b",
        "1,2",
        "2020-01-02 03:04:05",
        "x@y.zz",
        "192.0.2.1",
        "N/A",
        "−3,5",
        "(",
        "a, (b",
        "\n",
        "é ; è",
        "{}",
        "Q1",
        "A",
    ]
)


@st.composite
def tables(draw):
    width = draw(st.integers(2, 6))
    rows = draw(st.integers(1, 3))
    record = st.lists(CELLS, min_size=width, max_size=width)
    heads = [draw(st.lists(HEADINGS, min_size=width, max_size=width)) for _ in range(rows)]
    heads[0][0] = heads[0][0] or "id"
    return heads + draw(st.lists(record, min_size=1, max_size=8))


@settings(max_examples=150, deadline=None)
@given(records=tables())
def test_every_column_is_told_once_and_no_cell_is_lost(records):
    data = as_csv(records)
    member = Member("any.csv", "", "csv", data, "0" * 64, len(data))
    grid = read_csv(member, sniff_csv(member))
    for module in (limesurvey, google_forms, qualtrics, typeform):
        assert 0 <= module.certainty(grid.head) <= 100
        export = module.read(grid)
        assert [column.position for column in export.columns] == list(range(1, grid.width + 1))
        for column in export.columns:
            assert column.cells_in == grid.cells_in(column.position, below=export.header_rows)
        asked = [k for question in export.questions for k in question.columns]
        assert len(asked) == len(set(asked))
        by_question = {k: q.position for q in export.questions for k in q.columns}
        for column in export.columns:
            assert column.question == by_question.get(column.position, 0)
            assert (column.question > 0) == (
                column.role == "question" or (column.role == "personal" and not column.field)
            )
