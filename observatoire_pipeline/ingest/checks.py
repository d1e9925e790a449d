"""Blocking check of the directory of projects that knows more than one table's declaration.

In: conservation of its cells. Not in: checks of editions, which stand where their rules are.
"""

import dagster as dg
import pandas as pd

from observatoire_pipeline.ingest.directory import unaccounted


@dg.asset_check(
    asset="directory_columns",
    additional_ins={
        "raw_directory": dg.AssetIn("raw_directory"),
        "directory_projects": dg.AssetIn("directory_projects"),
        "directory_project_codes": dg.AssetIn("directory_project_codes"),
    },
    blocking=True,
)
def directory_cells_are_conserved(
    directory_columns: pd.DataFrame,
    raw_directory: pd.DataFrame,
    directory_projects: pd.DataFrame,
    directory_project_codes: pd.DataFrame,
) -> dg.AssetCheckResult:
    """Cells in = cells kept + cells dropped for a reason; rows in = projects, all with codes."""
    broken = unaccounted(
        directory_columns, raw_directory, directory_projects, directory_project_codes
    )
    terms = directory_columns[["cells_in", "cells_kept", "cells_dropped"]].sum()
    return dg.AssetCheckResult(
        passed=not broken,
        metadata={
            **{str(term): int(value) for term, value in terms.items()},
            "broken": dg.MetadataValue.json(broken[:50]),
        },
    )


CHECKS = (directory_cells_are_conserved,)
