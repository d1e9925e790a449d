"""A declared table as a SQLAlchemy table, for PostgreSQL and for DuckDB.

In: types, nullability, comments, keys and schemas. Not in: creating or filling anything
(`publish.warehouse`).

Where tables live: open tables in the database's own default schema (`public`, or `main` in a
DuckDB file), tables of single respondents in a schema `microdata` on PostgreSQL and, embedded, in a
file `microdata.duckdb`. A DuckDB session that attaches that file reads them under the same name,
`microdata.panel_responses`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from observatoire_pipeline.tables.model import Column, Table

if TYPE_CHECKING:
    import sqlalchemy as sa

MICRODATA_SCHEMA = "microdata"
PUBLICATION_LOG = "publications"

IDENTIFIER_BYTES = 63
"""PostgreSQL cuts longer names without an error, and two names cut alike are one."""


def sql_table(
    table: Table,
    metadata: sa.MetaData,
    *,
    schema: str | None = None,
    primary_key: bool = True,
) -> sa.Table:
    """Return a declared table as a SQLAlchemy table, with its comments.

    Args:
        table: The declaration.
        metadata: What the table joins.
        schema: Where it lives; None for the default schema of the connection.
        primary_key: Whether the key is declared to the database. On DuckDB it is not: a key costs
            several times the time and the size, and uniqueness is checked before loading.

    Raises:
        ValueError: a name is longer than PostgreSQL keeps, or the table has columns that are known
            only when it is filled; every such name is listed.
    """
    import sqlalchemy as sa

    if table.extra_columns is not None:
        raise ValueError(f"{table.name}: its columns follow each file, it has no place in SQL")
    names = [table.name, *table.column_names]
    long = [name for name in names if len(name.encode()) > IDENTIFIER_BYTES]
    if long:
        raise ValueError(
            f"{table.name}: names over {IDENTIFIER_BYTES} bytes, shorten them in the codebook: "
            + ", ".join(long)
        )
    columns = [
        sa.Column(
            column.name,
            _sql_type(column),
            nullable=column.nullable,
            primary_key=primary_key and column.name in table.key,
            autoincrement=False,
            comment=_comment(column),
        )
        for column in table.columns
    ]
    return sa.Table(
        table.name, metadata, *columns, schema=schema, comment=f"One row is {table.grain}."
    )


def sql_tables(
    tables: Iterable[Table],
    *,
    open_schema: str | None = None,
    microdata_schema: str | None = MICRODATA_SCHEMA,
    primary_keys: bool = True,
) -> dict[str, sa.Table]:
    """Return SQLAlchemy tables by name, in the order given, over one MetaData.

    Args:
        tables: Declarations, none with extra columns.
        open_schema: Schema of the open tables; None for the default schema.
        microdata_schema: Schema of the tables of single respondents.
        primary_keys: Whether keys are declared to the database.

    Raises:
        ValueError: as `sql_table`, for all tables at once.
    """
    import sqlalchemy as sa

    metadata = sa.MetaData()
    made: dict[str, sa.Table] = {}
    problems: list[str] = []
    for table in tables:
        schema = microdata_schema if table.microdata else open_schema
        try:
            made[table.name] = sql_table(table, metadata, schema=schema, primary_key=primary_keys)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("no SQL tables:\n  " + "\n  ".join(problems))
    return made


def publication_log(metadata: sa.MetaData, *, schema: str | None = None) -> sa.Table:
    """Return the table in which each publication leaves one row."""
    import sqlalchemy as sa

    return sa.Table(
        PUBLICATION_LOG,
        metadata,
        sa.Column("publication", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("release_id", sa.Text, nullable=False, comment="Release that was published."),
        sa.Column("published_at", sa.DateTime, nullable=False, comment="When (UTC)."),
        sa.Column(
            "synthetic",
            sa.Boolean,
            nullable=False,
            comment="True when any edition in it was generated, not collected.",
        ),
        sa.Column("row_counts", sa.JSON, nullable=False, comment="Rows of each table, by name."),
        schema=schema,
        comment="One row is a publication of the survey in this database.",
    )


def _sql_type(column: Column) -> Any:
    import sqlalchemy as sa

    return {
        "text": sa.Text,
        "coded": sa.Text,
        "integer": sa.BigInteger,
        "number": sa.Double,
        "boolean": sa.Boolean,
        "timestamp": sa.DateTime,
        "binary": sa.LargeBinary,
    }[column.type]()


def _comment(column: Column) -> str:
    return column.description if column.unit is None else f"{column.description} [{column.unit}]"
