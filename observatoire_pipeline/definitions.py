"""The table of contents: the stages in order, and what Dagster is told about each asset.

In: the assembly. Every asset gets its group, its description, its column schema and its partitions
from the declaration of its table, here and nowhere else. Not in: any asset, check, job or rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from observatoire_pipeline.automation import (
    automation_sensor,
    condition_of,
    directory_sensor,
    landing_sensor,
    yearly_download,
    yearly_ingestion,
)
from observatoire_pipeline.charts import assets as charts
from observatoire_pipeline.ingest import assets as ingest
from observatoire_pipeline.ingest import checks as ingest_checks
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.jobs import (
    QUALITY_ASSETS,
    download_job,
    pipeline_jobs,
    publication_selection,
    quality_selection,
)
from observatoire_pipeline.longitudinal import assets as longitudinal
from observatoire_pipeline.longitudinal import checks as longitudinal_checks
from observatoire_pipeline.marts import assets as marts
from observatoire_pipeline.marts import checks as marts_checks
from observatoire_pipeline.normalise import assets as normalise
from observatoire_pipeline.normalise import checks as normalise_checks
from observatoire_pipeline.partitions import edition_partitions
from observatoire_pipeline.publish import assets as publish
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.table_checks import column_schema, table_checks
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.model import Table
from observatoire_pipeline.validate import assets as validate
from observatoire_pipeline.validate import checks as validate_checks

OWNER = "team:observatoire"


def build_definitions(
    *, survey: SurveyHome | None = None, resources: Mapping[str, Any] | None = None
) -> dg.Definitions:
    """Assemble the pipeline of one survey.

    Args:
        survey: Its home and codebook; those of the environment by default.
        resources: Replacements by name, for tests.

    Raises:
        CodebookError: with every error of the codebook.
    """
    survey = survey or SurveyHome.from_environment()
    codebook = survey.read_codebook()
    tables = catalogue(codebook)
    editions = edition_partitions(codebook)

    def dressed(spec: dg.AssetSpec) -> dg.AssetSpec:
        return _dress(spec, tables=tables, editions=editions)

    stages = (
        ingest.ASSETS,
        validate.ASSETS,
        normalise.ASSETS,
        longitudinal.ASSETS,
        marts.ASSETS,
        charts.ASSETS,
        publish.ASSETS,
    )
    lake = Lake(root=str(survey.lake), codebook=survey.codebook)
    return dg.Definitions(
        assets=[asset.map_asset_specs(dressed) for stage in stages for asset in stage],
        asset_checks=[
            *table_checks(tables),
            *ingest_checks.CHECKS,
            *validate_checks.CHECKS,
            *normalise_checks.CHECKS,
            *longitudinal_checks.CHECKS,
            *marts_checks.CHECKS,
        ],
        jobs=[*pipeline_jobs(tables), download_job(editions)],
        sensors=[
            landing_sensor,
            directory_sensor,
            automation_sensor(publication_selection(tables) | quality_selection()),
        ],
        schedules=[yearly_download, yearly_ingestion],
        resources={"survey": survey, "lake": lake, "io_manager": lake, **(resources or {})},
        executor=dg.in_process_executor,
    )


def _dress(
    spec: dg.AssetSpec, *, tables: Mapping[str, Table], editions: dg.PartitionsDefinition
) -> dg.AssetSpec:
    name = spec.key.to_user_string()
    table = tables.get(name)
    if table is None:
        return spec.replace_attributes(
            group_name="publish",
            owners=[OWNER],
            automation_condition=condition_of(name, per_edition=False),
        )
    return spec.replace_attributes(
        # In its stage's group, the report would draw validate to the right of normalise.
        group_name="quality" if name in QUALITY_ASSETS else table.stage,
        owners=[OWNER],
        kinds={"pandas", "parquet"},
        description=f"One row is {table.grain}.\n\n{spec.description or ''}".strip(),
        metadata={**spec.metadata, "dagster/column_schema": column_schema(table)},
        partitions_def=editions if table.per_edition else None,
        automation_condition=condition_of(name, per_edition=table.per_edition),
    )


@dg.definitions
def observatoire() -> dg.Definitions:
    """Return the pipeline of the survey that the environment names."""
    return build_definitions()
