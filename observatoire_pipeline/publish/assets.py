"""The asset of the publish stage: a release, whole or not at all.

In: the call that publishes, and what its page shows. Not in: how files are written and switched
(`release`), how a database is filled (`warehouse`).
"""

from datetime import UTC, datetime

import dagster as dg

from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.publish.release import editions_of, publish_release, refuse_mixed
from observatoire_pipeline.publish.warehouse import publish_postgres
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.tables.catalogue import chart_tables, published_tables

PUBLISHED = (
    "panel_responses",
    "panel_instances",
    "comparability",
    "respondent_profiles",
    "organisations",
    "panel_relations",
    "panel_membership",
    "instance_organisations",
    "mart_estimates",
    "mart_brackets",
    "mart_rankings",
    "mart_published",
    "mart_answers",
    "mart_changes",
    "mart_panel",
    "mart_coverage",
    "per_inhabitant",
    "mart_per_inhabitant",
    "likert_charts",
    "choice_charts",
    "bracket_charts",
    "ranking_charts",
    "comparison_charts",
    "map_charts",
    "mart_departements",
)


@dg.asset(deps=list(PUBLISHED))
def release(
    context: dg.AssetExecutionContext, survey: SurveyHome, lake: dg.ResourceParam[Lake]
) -> dg.MaterializeResult:
    """Publish the panel, the marts and the charts, whole or not at all; `latest` moves last.

    Where a PostgreSQL warehouse is set, it is filled before, in one transaction.
    """
    codebook = survey.read_codebook()
    tables = published_tables(lake.tables)
    frames = {table.name: lake.read(table.name) for table in tables}
    pictures = [
        (row.chart, row.svg, row.png)
        for table in chart_tables(lake.tables)
        for row in lake.read(table.name).itertuples(index=False)
    ]
    now = datetime.now(UTC).replace(tzinfo=None)
    release_id = f"{now:%Y-%m-%dT%H%M%SZ}-{context.run.run_id[:8]}"
    if survey.warehouse_url:
        editions = editions_of(frames, tables, codebook)
        refuse_mixed(editions, codebook)
        publish_postgres(
            survey.warehouse_url,
            frames,
            tables,
            release_id=release_id,
            synthetic=any(editions.values()),
            published_at=now,
        )
    made = publish_release(
        survey.releases,
        release_id=release_id,
        frames=frames,
        tables=tables,
        pictures=pictures,
        codebook=codebook,
        microdata_dir=survey.microdata,
        published_at=now,
    )
    return dg.MaterializeResult(
        metadata={
            "release": dg.MetadataValue.path(str(made.folder)),
            "warehouse": dg.MetadataValue.path(str(made.warehouse)),
            "synthetic": made.synthetic,
            "charts": len(pictures),
            "rows": dg.MetadataValue.json(made.row_counts),
        }
    )


ASSETS = (release,)
