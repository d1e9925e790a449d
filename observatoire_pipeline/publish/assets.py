"""The assets of the publish stage: a release, whole or not at all, and the directory's receipt.

In: the call that publishes, and what its page shows. Not in: how files are written and switched
(`release`), how a database is filled (`warehouse`).
"""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pandas as pd

from observatoire_pipeline.codebook.directory import read_directory_book
from observatoire_pipeline.codebook.reader import CodebookError
from observatoire_pipeline.ingest.directory import FOLDER, landed_sha256
from observatoire_pipeline.ingest.refusal import RefusedExport
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.publish import directory
from observatoire_pipeline.publish.directory import RECEIPT
from observatoire_pipeline.publish.pages import charts_page
from observatoire_pipeline.publish.release import editions_of, publish_release, refuse_mixed
from observatoire_pipeline.publish.warehouse import publish_postgres
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.tables.catalogue import (
    DIRECTORY_TABLES,
    chart_tables,
    published_tables,
)
from observatoire_pipeline.tables.frames import empty, from_records

PUBLISHED = (
    "panel_responses",
    "panel_instances",
    "comparability",
    "respondent_profiles",
    "organisations",
    "panel_relations",
    "panel_membership",
    "instance_organisations",
    "respondent_weights",
    "mart_weighting",
    "mart_estimates",
    "mart_brackets",
    "mart_rankings",
    "mart_scales",
    "mart_choices",
    "mart_published",
    "mart_answers",
    "mart_changes",
    "mart_sensitivity",
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


# A blocking check holds back only what depends on its asset directly: the receipt, on all of them.
@dg.asset(deps=sorted(set(DIRECTORY_TABLES) - {RECEIPT, "directory_files", "directory_projects"}))
def accepted_directory(
    context: dg.AssetExecutionContext,
    lake: dg.ResourceParam[Lake],
    directory_files: pd.DataFrame,
    directory_projects: pd.DataFrame,
) -> dg.MaterializeResult[pd.DataFrame]:
    """Give the directory its receipt: every blocking check of its job has passed."""
    record = directory.receipt_of(
        directory_files, directory_projects, _stored_directory(lake), run_id=context.run.run_id
    )
    return dg.MaterializeResult(
        value=from_records([record], lake.tables["accepted_directory"]),
        metadata={"projects": len(directory_projects)},
    )


@dg.asset(deps=[*PUBLISHED, RECEIPT])
def release(
    context: dg.AssetExecutionContext, survey: SurveyHome, lake: dg.ResourceParam[Lake]
) -> dg.MaterializeResult:
    """Publish the panel, the marts and the charts, whole or not at all; `latest` moves last.

    Where a PostgreSQL warehouse is set, it is filled before, in one transaction.
    """
    codebook = survey.read_codebook()
    tables = published_tables(lake.tables)
    with_directory, notes = directory.judge(_standing(survey, lake))
    for note in notes:
        context.log.info(note)

    def stored(name: str) -> pd.DataFrame:
        left_out = name in DIRECTORY_TABLES and not with_directory
        return empty(lake.tables[name]) if left_out else lake.read(name)

    frames = {table.name: stored(table.name) for table in tables}
    drawn = [
        row for table in chart_tables(lake.tables) for row in stored(table.name).to_dict("records")
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
        pictures=[(row["chart"], row["svg"], row["png"]) for row in drawn],
        page=charts_page(
            drawn,
            frames,
            codebook=codebook,
            synthetic=any(editions_of(frames, tables, codebook).values()),
        ),
        codebook=codebook,
        microdata_dir=survey.microdata,
        notes=notes,
        published_at=now,
    )
    return dg.MaterializeResult(
        metadata={
            "release": dg.MetadataValue.path(str(made.folder)),
            "warehouse": dg.MetadataValue.path(str(made.warehouse)),
            "synthetic": made.synthetic,
            "charts": len(drawn),
            "notes": dg.MetadataValue.json(notes),
            "rows": dg.MetadataValue.json(made.row_counts),
        }
    )


def _stored_directory(lake: Lake) -> dict[str, str]:
    """Return the checksum of each table of the directory that is stored, its receipt left out."""
    names = [name for name in DIRECTORY_TABLES if name != RECEIPT]
    found = {name: lake.checksum(name) for name in names}
    return {name: checksum for name, checksum in found.items() if checksum is not None}


def _standing(survey: SurveyHome, lake: Lake) -> directory.Standing:
    receipt = None
    if lake.exists(RECEIPT):
        receipt = lake.read(RECEIPT).iloc[0].to_dict()
    try:
        landed: str | None = landed_sha256(survey.landing / FOLDER)
    except (OSError, RefusedExport):
        landed = None
    try:
        book = read_directory_book(Path(survey.codebook))
    except CodebookError:
        book = None  # the directory's own job lists what is wrong with it
    return directory.Standing(
        receipt=receipt,
        stored=_stored_directory(lake),
        landed=landed,
        title=book.about.title if book else "",
        licence=book.about.licence if book else "",
    )


ASSETS = (accepted_directory, release)
