from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from observatoire_pipeline.tables.model import Column, Table
from observatoire_pipeline.tables.sql_schema import sql_table, sql_tables
from observatoire_pipeline_tests.unit.publish.published import MICRODATA, OPEN, TABLES

FIGURES = Table(
    name="figures",
    stage="marts",
    grain="a figure",
    key=("edition", "rank"),
    columns=(
        Column("edition", "text", "Edition."),
        Column("rank", "integer", "Rank."),
        Column("grade", "coded", "Grade.", vocabulary=("a", "b")),
        Column("share", "number", "Share.", nullable=True, unit="1"),
        Column("synthetic", "boolean", "Synthetic."),
        Column("seen_at", "timestamp", "When.", nullable=True),
    ),
)


def ddl(table: sa.Table) -> str:
    text = str(CreateTable(table).compile(dialect=postgresql.dialect()))
    return re.sub(r"\s+", " ", text).strip()


def test_types_nulls_and_key_follow_the_declaration():
    assert ddl(sql_table(FIGURES, sa.MetaData())) == (
        "CREATE TABLE figures ( edition TEXT NOT NULL, rank BIGINT NOT NULL, grade TEXT NOT NULL, "
        "share DOUBLE PRECISION, synthetic BOOLEAN NOT NULL, seen_at TIMESTAMP WITHOUT TIME ZONE, "
        "PRIMARY KEY (edition, rank) )"
    )


def test_a_key_is_not_declared_where_it_costs_more_than_it_gives():
    assert "PRIMARY KEY" not in ddl(sql_table(FIGURES, sa.MetaData(), primary_key=False))


def test_grain_description_and_unit_are_comments():
    table = sql_table(FIGURES, sa.MetaData())
    assert table.comment == "One row is a figure."
    assert table.c.share.comment == "Share. [1]"


def test_microdata_stand_in_a_schema_of_their_own():
    tables = sql_tables(TABLES)
    assert {tables[table.name].schema for table in OPEN} == {None}
    assert {tables[table.name].schema for table in MICRODATA} == {"microdata"}


def test_names_that_postgresql_would_cut_are_all_refused():
    long = [f"{'q' * 60}__{k:02d}" for k in range(2)]
    table = Table(
        name="wide",
        stage="marts",
        grain="a row",
        key=(),
        columns=tuple(Column(name, "text", "Text.") for name in ["ok", *long]),
    )
    with pytest.raises(ValueError, match=f"{long[0]}, {long[1]}"):
        sql_tables([table])


def test_a_table_with_columns_of_each_file_has_no_sql_table():
    table = Table(
        name="raw",
        stage="ingest",
        grain="a row",
        key=(),
        columns=(Column("row", "integer", "Row."),),
        extra_columns=re.compile("^c"),
    )
    with pytest.raises(ValueError, match="follow each file"):
        sql_table(table, sa.MetaData())
