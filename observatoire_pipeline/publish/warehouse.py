"""Tables that other tools read: an embedded DuckDB file, and a PostgreSQL database.

In: writing declared tables into either, so that a reader sees all of a publication or none of it.
Not in: which tables a release holds, and whether it may appear (`release`).

Both go through SQLAlchemy and the one declaration of each table (`tables.sql_schema`); rows travel
in bulk: Arrow into DuckDB, COPY into PostgreSQL.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from observatoire_pipeline.tables.frames import TableError, dtype_of
from observatoire_pipeline.tables.model import Column, Table
from observatoire_pipeline.tables.sql_schema import (
    MICRODATA_SCHEMA,
    publication_log,
    sql_tables,
)

if TYPE_CHECKING:
    import sqlalchemy as sa

logger = logging.getLogger(__name__)

STORAGE_VERSION = "v1.0.0"
"""The DuckDB storage format that every 1.x tool opens."""

ADVISORY_LOCK = 7_204_511_990_316_402
"""Number under which publications to one PostgreSQL database wait for one another."""

_ALTER_LOCK_TIMEOUT_MS = 1_000
_ALTER_ATTEMPTS = 5


class PublicationError(RuntimeError):
    """A publication cannot be made; the message lists every reason, and nothing was changed."""


def check_frames(frames: Mapping[str, pd.DataFrame], tables: Iterable[Table]) -> None:
    """Refuse frames that are not their declared tables, before anything is written.

    Raises:
        TableError: a frame is missing, or differs in columns, order, types or nulls, or has a key
            twice; all differences of all tables are listed, without any value of a cell.
    """
    problems: list[str] = []
    for table in tables:
        if table.name not in frames:
            problems.append(f"{table.name}: no frame given")
        else:
            problems += [
                f"{table.name}: {what}" for what in _differences(frames[table.name], table)
            ]
    if problems:
        raise TableError("not the declared tables:\n  " + "\n  ".join(problems))


def _differences(frame: pd.DataFrame, table: Table) -> list[str]:
    if list(frame.columns) != table.column_names:
        missing = [name for name in table.column_names if name not in frame.columns]
        extra = [str(name) for name in frame.columns if name not in table.column_names]
        return [
            f"columns are not those declared (missing: {', '.join(missing) or 'none'}; "
            f"undeclared: {', '.join(extra) or 'none'}; or in another order)"
        ]
    found: list[str] = []
    for column in table.columns:
        series = frame[column.name]
        expected = pd.api.types.pandas_dtype(dtype_of(column))
        if series.dtype != expected or not _same_codes(series.dtype, column):
            found.append(f"column {column.name} is {series.dtype.name}, not as declared")
        if not column.nullable:
            nulls = int(series.isna().sum())
            if nulls:
                found.append(f"column {column.name}: {nulls} empty cells in a column that has none")
    if table.key:
        twice = int(frame.duplicated(list(table.key)).sum())
        if twice:
            found.append(f"{twice} rows repeat a key ({', '.join(table.key)})")
    return found


def _same_codes(dtype: Any, column: Column) -> bool:
    return column.type != "coded" or tuple(dtype.categories) == column.vocabulary


# --- DuckDB ---------------------------------------------------------------------------------


def build_duckdb(path: Path, frames: Mapping[str, pd.DataFrame], tables: Sequence[Table]) -> None:
    """Write tables into a new DuckDB file, closed and read-only when it appears.

    The file is made beside (`.<name>.partial`) and renamed. It is never replaced in place: a
    `.wal` that a reader left beside the old file would make the new one unreadable.

    A process that has a DuckDB file open gets the same one again for the same path: through the
    link `latest` it keeps reading the release it opened first. Open the resolved path.

    Args:
        path: File that does not exist yet; its folder does.
        frames: Frames by table name; others than `tables` are ignored.
        tables: What the file holds; all in its default schema, with comments and without keys.

    Raises:
        FileExistsError: there is a file already.
        TableError: a frame is not its table (see `check_frames`).
    """
    if path.exists():
        raise FileExistsError(f"{path} exists; a warehouse file is never replaced in place")
    check_frames(frames, tables)
    beside = path.with_name(f".{path.name}.partial")
    leftovers = [beside, beside.with_name(f"{beside.name}.wal")]
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    try:
        _fill_duckdb(beside, frames, tables)
        beside.chmod(0o444)
        fsync(beside)
        beside.rename(path)
        fsync(path.parent)
    finally:
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)


def _fill_duckdb(path: Path, frames: Mapping[str, pd.DataFrame], tables: Sequence[Table]) -> None:
    import pyarrow as pa
    import sqlalchemy as sa

    declared = sql_tables(tables, microdata_schema=None, primary_keys=False)
    engine = sa.create_engine("duckdb:///:memory:", poolclass=sa.pool.StaticPool)
    quote = engine.dialect.identifier_preparer.quote
    try:
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            literal = str(path).replace("'", "''")
            driver.execute(f"ATTACH '{literal}' AS warehouse (STORAGE_VERSION '{STORAGE_VERSION}')")
            driver.execute("USE warehouse")
            for table in tables:
                made = declared[table.name]
                made.create(connection, checkfirst=False)
                names = ", ".join(quote(name) for name in table.column_names)
                arrow = pa.Table.from_pandas(frames[table.name], preserve_index=False)
                driver.register("_frame", arrow)
                driver.execute(
                    f"INSERT INTO {quote(table.name)} ({names}) SELECT {names} FROM _frame"
                )
                driver.unregister("_frame")
            connection.commit()
            driver.execute("USE memory")
            # Detaching checkpoints the file: what is left on disk is whole and has no .wal.
            driver.execute("DETACH warehouse")
    finally:
        engine.dispose()


# --- PostgreSQL -----------------------------------------------------------------------------


def publish_postgres(
    url: str,
    frames: Mapping[str, pd.DataFrame],
    tables: Sequence[Table],
    *,
    release_id: str,
    synthetic: bool,
    published_at: datetime,
    open_schema: str | None = None,
    microdata_schema: str = MICRODATA_SCHEMA,
) -> dict[str, int]:
    """Replace the rows of standing tables in one transaction, and log the publication.

    First, in a short transaction of its own, what is missing is created: schemas, tables, columns.
    Nothing is dropped, renamed or changed in type; a column added to a standing table is nullable
    there, and one that is declared no longer stays and takes null. Then DELETE and COPY for every
    table, and a row of the log, in one transaction: readers are not blocked, and see the
    old publication until it commits. Both wait for other publications under an advisory lock.

    Args:
        url: `postgresql://...` (psycopg is used whatever driver it names or leaves out).
        frames: Frames by table name.
        tables: What is published; microdata go to `microdata_schema`.
        release_id: Which release it is.
        synthetic: Whether any edition in it is synthetic.
        published_at: When, in UTC, without time zone.
        open_schema: Schema of the open tables and of the log; None for the connection's default.
        microdata_schema: Schema of the tables of single respondents.

    Returns:
        Rows published, by table.

    Raises:
        TableError: a frame is not its table (see `check_frames`).
        PublicationError: a standing table has another type or key than declared (all are named),
            or could not be extended because a reader held it; the database is as it was.
    """
    import sqlalchemy as sa

    check_frames(frames, tables)
    declared = sql_tables(tables, open_schema=open_schema, microdata_schema=microdata_schema)
    log = publication_log(sa.MetaData(), schema=open_schema)
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.pool.NullPool
    )
    try:
        _prepare_postgres(engine, [*declared.values(), log])
        counts = {table.name: len(frames[table.name]) for table in tables}
        with engine.begin() as connection:
            _lock(connection)
            _warn_of_stale_tables(connection, log, counts)
            for table in tables:
                _replace_rows(connection, declared[table.name], frames[table.name])
            connection.execute(
                log.insert().values(
                    release_id=release_id,
                    published_at=published_at,
                    synthetic=synthetic,
                    row_counts=counts,
                )
            )
    finally:
        engine.dispose()
    logger.info("published %s: %s rows in %s tables", release_id, sum(counts.values()), len(counts))
    return counts


def _lock(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")


def _prepare_postgres(engine: sa.Engine, wanted: Sequence[sa.Table]) -> None:
    """Create what is missing; wait for a table in short tries, so that readers queue for a second.

    An ALTER that waits for a long reader makes every later reader wait behind it: hence the time
    limit on each try.
    """
    import sqlalchemy as sa
    from psycopg.errors import LockNotAvailable

    for attempt in range(1, _ALTER_ATTEMPTS + 1):
        try:
            with engine.begin() as connection:
                _lock(connection)
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_ALTER_LOCK_TIMEOUT_MS}")
                _create_missing(connection, wanted)
        except sa.exc.OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            logger.warning("a reader holds a table that must be extended (try %s)", attempt)
            time.sleep(0.2 * attempt)
        else:
            return
    raise PublicationError(
        "a table must be extended, and a session holds it open: close that session "
        "(pg_stat_activity shows it, 'idle in transaction') and publish again"
    )


def _create_missing(connection: sa.Connection, wanted: Sequence[sa.Table]) -> None:
    import sqlalchemy as sa

    schemas = dict.fromkeys(table.schema for table in wanted if table.schema is not None)
    inspector = sa.inspect(connection)
    known_schemas = inspector.get_schema_names()
    for schema in schemas:
        if schema not in known_schemas:
            connection.execute(sa.schema.CreateSchema(schema))
    conflicts: list[str] = []
    changes: list[Any] = []
    for table in wanted:
        if table.name in inspector.get_table_names(schema=table.schema):
            found, made = _extend(inspector, table, connection.dialect)
            conflicts += found
            changes += made
        elif inspector.has_table(table.name, schema=table.schema):
            conflicts.append(f"{table.fullname} is a view, not a table")
        else:
            changes.append(sa.schema.CreateTable(table))
            changes += _comments(table, {}, None)
    if conflicts:
        raise PublicationError(
            "the database holds other tables than those declared; a publication only adds "
            "columns, so rename or move these by hand:\n  " + "\n  ".join(conflicts)
        )
    for change in changes:
        connection.execute(change)


def _extend(
    inspector: sa.Inspector, table: sa.Table, dialect: sa.Dialect
) -> tuple[list[str], list[Any]]:
    """Return the conflicts of a standing table, and the statements that bring it up to date."""
    import sqlalchemy as sa

    quote = dialect.identifier_preparer.quote
    name = dialect.identifier_preparer.format_table(table)
    standing = {c["name"]: c for c in inspector.get_columns(table.name, schema=table.schema)}
    conflicts: list[str] = []
    changes: list[Any] = []
    for column in table.columns:
        declared_type = column.type.compile(dialect)
        if column.name not in standing:
            if column.primary_key:
                conflicts.append(f"{table.fullname}.{column.name}: declared in the key, not there")
            changes.append(
                sa.text(f"ALTER TABLE {name} ADD COLUMN {quote(column.name)} {declared_type}")
            )
            continue
        found = standing[column.name]
        found_type = found["type"].compile(dialect)
        if found_type != declared_type:
            conflicts.append(
                f"{table.fullname}.{column.name}: declared {declared_type}, found {found_type}"
            )
        if column.nullable and not found["nullable"]:
            changes.append(_drop_not_null(name, quote(column.name)))
    key = set(inspector.get_pk_constraint(table.name, schema=table.schema)["constrained_columns"])
    declared_key = {column.name for column in table.primary_key.columns}
    if key != declared_key:
        conflicts.append(
            f"{table.fullname}: declared key ({', '.join(sorted(declared_key))}), "
            f"found ({', '.join(sorted(key)) or 'none'})"
        )
    for column_name, found in standing.items():
        if column_name in table.columns or column_name in key or found["nullable"]:
            continue
        changes.append(_drop_not_null(name, quote(column_name)))
    comments = {column: found.get("comment") for column, found in standing.items()}
    about = inspector.get_table_comment(table.name, schema=table.schema)["text"]
    return conflicts, changes + _comments(table, comments, about)


def _drop_not_null(table: str, column: str) -> sa.TextClause:
    import sqlalchemy as sa

    return sa.text(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")


def _comments(
    table: sa.Table, standing: Mapping[str, str | None], about: str | None
) -> list[sa.schema.ExecutableDDLElement]:
    """Return the statements for the comments that differ from the standing ones."""
    import sqlalchemy as sa

    made: list[sa.schema.ExecutableDDLElement] = []
    if table.comment is not None and table.comment != about:
        made.append(sa.schema.SetTableComment(table))
    made += [
        sa.schema.SetColumnComment(column)
        for column in table.columns
        if column.comment is not None and column.comment != standing.get(column.name)
    ]
    return made


def _replace_rows(connection: sa.Connection, table: sa.Table, frame: pd.DataFrame) -> None:
    connection.execute(table.delete())
    if frame.empty:
        return
    preparer = connection.dialect.identifier_preparer
    names = ", ".join(preparer.quote(str(name)) for name in frame.columns)
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {preparer.format_table(table)} ({names}) FROM STDIN") as copy,
    ):
        for row in zip(*(_values(frame[name]) for name in frame.columns), strict=True):
            copy.write_row(row)


def _values(series: pd.Series) -> list[Any]:
    """Return the cells as Python values that psycopg writes, None for an empty one."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        # Coded columns have no nulls (`check_frames`), so that no code is -1.
        categories = np.asarray(series.cat.categories, dtype=object)
        return list(categories[series.cat.codes.to_numpy()])
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return list(series.to_numpy(dtype="datetime64[us]").astype(object))
    if series.dtype.kind in "biuf" and isinstance(series.dtype, np.dtype):
        return list(series.to_numpy().tolist())
    return list(series.to_numpy(dtype=object, na_value=None))


def _warn_of_stale_tables(
    connection: sa.Connection, log: sa.Table, counts: Mapping[str, int]
) -> None:
    import sqlalchemy as sa

    query = sa.select(log.c.row_counts).order_by(log.c.publication.desc()).limit(1)
    before = connection.execute(query).scalar_one_or_none()
    stale = sorted(set(before or ()) - set(counts))
    if stale:
        logger.warning("no longer published, left as they are: %s", ", ".join(stale))


def fsync(path: Path) -> None:
    """Have the disk keep a file, or the names in a folder, before anything points to it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
