from __future__ import annotations

import stat

import duckdb
import pandas as pd
import pytest

from observatoire_pipeline.publish.warehouse import build_duckdb, check_frames
from observatoire_pipeline.tables.frames import TableError, empty
from observatoire_pipeline_tests.unit.publish.published import (
    ESTIMATES,
    MICRODATA,
    OPEN,
    TABLES,
    filled,
    filled_all,
)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    path = tmp_path_factory.mktemp("warehouse") / "l'entrepôt.duckdb"
    build_duckdb(path, filled_all(), OPEN)
    return path


def ask(path, query):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_the_file_holds_the_tables_and_their_rows(warehouse):
    names = {name for (name,) in ask(warehouse, "SELECT table_name FROM duckdb_tables()")}
    assert names == {table.name for table in OPEN}
    assert ask(warehouse, "SELECT count(*) FROM mart_estimates") == [(12,)]


def test_any_tool_of_the_1_x_line_opens_the_file(warehouse):
    tags = ask(warehouse, "SELECT tags FROM duckdb_databases() WHERE NOT internal")
    assert tags[0][0]["storage_version"].startswith("v1.0.0")


def test_grain_and_meaning_travel_with_the_file(warehouse):
    query = "SELECT comment FROM duckdb_tables() WHERE table_name = 'comparability'"
    assert ask(warehouse, query)[0][0].startswith("One row is a variable or an item")
    query = """SELECT comment FROM duckdb_columns()
        WHERE column_name = 'share' AND table_name = 'mart_estimates'"""
    ((comment,),) = ask(warehouse, query)
    assert comment.startswith("numerator / base_n, ")
    assert comment.endswith(" [1]")


def test_coded_columns_are_text_and_nulls_are_only_where_declared(warehouse):
    query = (
        "SELECT column_name, data_type, is_nullable FROM duckdb_columns() "
        "WHERE table_name = 'comparability' AND column_name = 'grade'"
    )
    assert ask(warehouse, query) == [("grade", "VARCHAR", False)]


def test_the_file_is_read_only_closed_and_alone_in_its_folder(warehouse):
    assert stat.S_IMODE(warehouse.stat().st_mode) == 0o444
    assert [path.name for path in warehouse.parent.iterdir()] == [warehouse.name]


def test_a_file_is_never_replaced(warehouse):
    before = warehouse.read_bytes()
    with pytest.raises(FileExistsError, match="never replaced"):
        build_duckdb(warehouse, filled_all(), OPEN)
    assert warehouse.read_bytes() == before


def test_what_a_dead_run_left_beside_is_written_over(tmp_path):
    (tmp_path / ".w.duckdb.partial").write_bytes(b"half a file")
    (tmp_path / ".w.duckdb.partial.wal").write_bytes(b"half a log")
    build_duckdb(tmp_path / "w.duckdb", filled_all(), OPEN)
    assert [path.name for path in tmp_path.iterdir()] == ["w.duckdb"]


def test_tables_without_rows_are_there(tmp_path):
    build_duckdb(tmp_path / "w.duckdb", {t.name: empty(t) for t in TABLES}, TABLES)
    assert ask(tmp_path / "w.duckdb", "SELECT count(*) FROM panel_responses") == [(0,)]


def test_an_attached_microdata_file_reads_as_the_schema_of_that_name(tmp_path):
    build_duckdb(tmp_path / "microdata.duckdb", filled_all(), MICRODATA)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{tmp_path / 'microdata.duckdb'}' (READ_ONLY)")
        query = "SELECT count(*) FROM microdata.panel_responses"
        assert connection.execute(query).fetchone() == (12,)


def test_all_wrong_frames_are_named_before_anything_is_written(tmp_path):
    frames = filled_all()
    secret = "Jeanne Martin"
    frames["mart_rankings"] = frames["mart_rankings"].drop(columns="score")
    frames["mart_estimates"] = pd.concat([frames["mart_estimates"]] * 2, ignore_index=True)
    frames["mart_brackets"] = frames["mart_brackets"].assign(base_n=secret)
    frames["comparability"] = frames["comparability"].assign(grade=pd.Categorical([None] * 12))
    del frames["mart_published"]
    with pytest.raises(TableError) as error:
        build_duckdb(tmp_path / "w.duckdb", frames, OPEN)
    message = str(error.value)
    assert "mart_rankings: columns are not those declared (missing: score" in message
    assert "mart_estimates: 12 rows repeat a key (figure_id)" in message
    assert "mart_brackets: column base_n is str, not as declared" in message
    assert "comparability: column grade is category, not as declared" in message
    assert "comparability: column grade: 12 empty cells" in message
    assert "mart_published: no frame given" in message
    assert secret not in message
    assert list(tmp_path.iterdir()) == []


def test_the_declared_codes_in_another_order_are_refused():
    frame = filled_all()["comparability"]
    codes = list(frame["grade"].cat.categories)
    swapped = frame.assign(grade=frame["grade"].cat.reorder_categories(codes[::-1]))
    table = next(table for table in OPEN if table.name == "comparability")
    with pytest.raises(TableError, match="column grade is category, not as declared"):
        check_frames({"comparability": swapped}, [table])


def test_a_failure_while_filling_leaves_no_file(tmp_path):
    frame = filled(ESTIMATES, rows=3)
    # A lone surrogate is a Python string that no UTF-8 file can hold.
    broken = frame.assign(base_words=pd.Series(["\ud800"] * 3, dtype=object))
    table = type(ESTIMATES)(
        name="broken",
        stage="marts",
        grain="a row",
        key=(),
        columns=tuple(
            type(column)(column.name, "binary", column.description)
            if column.name == "base_words"
            else column
            for column in ESTIMATES.columns
        ),
    )
    with pytest.raises(Exception, match="surrogates"):
        build_duckdb(tmp_path / "w.duckdb", {"broken": broken}, [table])
    assert list(tmp_path.iterdir()) == []
