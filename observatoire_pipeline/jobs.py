"""The jobs: what is launched together.

In: selections of assets with the checks that guard them. Not in: when they are launched
(`automation`), and the assets.

One job of both kinds would publish after a single edition; hence two, and the receipt between them.
"""

from collections.abc import Mapping

import dagster as dg

from observatoire_pipeline.partitions import EDITION_JOB
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.tables.catalogue import DIRECTORY_TABLES
from observatoire_pipeline.tables.model import Table

DIRECTORY_JOB = "directory"
DOWNLOAD_JOB = "download"
RELEASE_ASSETS = ("release",)
QUALITY_ASSETS = ("quality_report",)
"""Apart, because importing Great Expectations costs as much as the whole pipeline."""


def edition_selection(tables: Mapping[str, Table]) -> dg.AssetSelection:
    """Return the assets of one edition, up to its receipt."""
    names = [t.name for t in tables.values() if t.per_edition and t.name not in QUALITY_ASSETS]
    return dg.AssetSelection.assets(*names)


def publication_selection(tables: Mapping[str, Table]) -> dg.AssetSelection:
    """Return everything made of all editions together, from the panel to the release."""
    names = [
        t.name for t in tables.values() if not t.per_edition and t.name not in DIRECTORY_TABLES
    ]
    return dg.AssetSelection.assets(*names, *RELEASE_ASSETS)


def directory_selection() -> dg.AssetSelection:
    """Return the directory of projects, up to its receipt; it holds up no edition."""
    return dg.AssetSelection.assets(*DIRECTORY_TABLES)


def quality_selection() -> dg.AssetSelection:
    """Return what looks at an accepted edition."""
    return dg.AssetSelection.assets(*QUALITY_ASSETS)


def download_job(editions: dg.PartitionsDefinition) -> dg.JobDefinition:
    """Return the job that fetches an edition's answers from the platform into its landing folder.

    No asset: what has landed is read by the edition job, wherever it came from.
    """

    @dg.op(description="Fetch the answers of the edition, whole or not at all.")
    def fetch(context: dg.OpExecutionContext, survey: SurveyHome) -> None:
        from observatoire_pipeline.ingest.download import DownloadError, download_edition

        try:
            done = download_edition(
                context.partition_key,
                codebook=survey.read_codebook(),
                landing=survey.landing,
                token=survey.token,
                url=survey.api_url,
            )
        except DownloadError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        context.add_output_metadata(
            {
                "folder": dg.MetadataValue.path(str(done.folder)),
                "responses": done.responses,
                "files": len(done.files),
                "changed": done.changed,
            }
        )

    @dg.job(
        name=DOWNLOAD_JOB,
        partitions_def=editions,
        description="Fetch one edition from the survey platform; the landing sensor reads it.",
    )
    def download() -> None:
        fetch()

    return download


def pipeline_jobs(tables: Mapping[str, Table]) -> "list[dg.UnresolvedAssetJobDefinition]":
    """Return the edition and quality jobs (partitioned), publication and directory (not)."""
    return [
        dg.define_asset_job(
            EDITION_JOB,
            selection=edition_selection(tables),
            description="Read, validate and normalise one edition; ends with its receipt.",
        ),
        dg.define_asset_job(
            "publication",
            selection=publication_selection(tables),
            description="Stack the accepted editions, compute, draw and publish.",
        ),
        dg.define_asset_job(
            DIRECTORY_JOB,
            selection=directory_selection(),
            description="Read, link, count and draw the directory of projects; ends in a receipt.",
        ),
        dg.define_asset_job(
            "quality",
            selection=quality_selection(),
            description="Ask of an accepted edition what one would expect of it; only warns.",
        ),
    ]
