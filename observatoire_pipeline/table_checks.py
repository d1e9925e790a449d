"""The Dagster side of `tables`: the column schema of an asset, and one blocking check a table.

In: what Dagster shows and asks of every declared table, generated. Not in: checks that know more
than the declaration (`validate.checks`, `normalise.checks`, `longitudinal.checks`).
"""

from collections.abc import Mapping

import dagster as dg
import pandas as pd

from observatoire_pipeline.tables.model import Column, Table
from observatoire_pipeline.tables.pandera_schema import failures

CHECK_NAME = "is_the_declared_table"


def column_schema(table: Table) -> dg.TableSchema:
    """Return what the asset's page shows of the columns."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=_type_words(column),
                description=column.description,
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable, unique=table.key == (column.name,)
                ),
            )
            for column in table.columns
        ]
    )


def _type_words(column: Column) -> str:
    return column.type if column.unit is None else f"{column.type} [{column.unit}]"


def table_checks(tables: Mapping[str, Table]) -> list[dg.AssetChecksDefinition]:
    """Return one blocking check for each table: is this the table that was declared?"""
    return [_check_of(table) for table in tables.values()]


def _check_of(table: Table) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=table.name,
        name=CHECK_NAME,
        blocking=True,
        description=f"Columns, types, codes and key are those declared: one row is {table.grain}.",
    )
    def check(frame: pd.DataFrame) -> dg.AssetCheckResult:
        found = failures(frame, table)
        return dg.AssetCheckResult(
            passed=not found,
            metadata={
                "rows": len(frame),
                "failures": dg.MetadataValue.json(found[:50]),
                "failure_count": len(found),
            },
        )

    return check
