"""Assets of the ingest stage: what landed, as delivered.

In: one asset for each raw table, and the directory of projects. Not in: how a file is read
(`reading`, `directory`).
"""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pandas as pd

from observatoire_pipeline.codebook.directory import read_directory_book
from observatoire_pipeline.ingest.directory import FOLDER, read_directory
from observatoire_pipeline.ingest.reading import read_landing
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.tables.catalogue import DIRECTORY_READ

FILE_PREVIEW = ["file", "layout", "rows", "columns", "cells_in"]
"""What the asset's page shows of a file; more does not fit its width."""


@dg.multi_asset(
    outs={
        "source_files": dg.AssetOut(),
        "raw_columns": dg.AssetOut(),
        "raw_responses": dg.AssetOut(),
    }
)
def raw_export(
    context: dg.AssetExecutionContext, survey: SurveyHome
) -> Iterator[dg.Output[pd.DataFrame]]:
    """Read every export of the edition's landing folder; personal columns stay at the door."""
    edition = context.partition_key
    raw = read_landing(survey.landing / edition, edition=edition, codebook=survey.read_codebook())
    yield dg.Output(
        raw.source_files,
        "source_files",
        metadata={
            "files": dg.MetadataValue.md(raw.source_files[FILE_PREVIEW].to_markdown(index=False)),
            "synthetic": raw.synthetic,
        },
    )
    roles = raw.raw_columns["role"].value_counts()
    yield dg.Output(
        raw.raw_columns,
        "raw_columns",
        metadata={f"{role} columns": int(count) for role, count in roles.items()},
    )
    yield dg.Output(
        raw.raw_responses,
        "raw_responses",
        metadata={"cells_in": int(raw.raw_columns["cells_in"].sum())},
    )


@dg.multi_asset(outs={name: dg.AssetOut() for name in DIRECTORY_READ})
def directory_export(
    context: dg.AssetExecutionContext, survey: SurveyHome, lake: dg.ResourceParam[Lake]
) -> Iterator[dg.Output[pd.DataFrame]]:
    """Read the directory of projects that landed; every table is empty where none has."""
    frames = read_directory(
        survey.landing / FOLDER,
        book=read_directory_book(Path(survey.codebook)),
        reference=survey.read_reference,
        tables=lake.tables,
    )
    files, columns, raw, projects, codes = (frames[name] for name in DIRECTORY_READ)
    if files.empty:
        context.log.info(f"no directory has landed in {survey.landing / FOLDER}")
    yield dg.Output(files, "directory_files", metadata=_counts(files["state"]))
    kept = ["cells_in", "cells_kept", "cells_dropped"]
    yield dg.Output(
        columns, "directory_columns", metadata={name: int(columns[name].sum()) for name in kept}
    )
    yield dg.Output(raw, "raw_directory", metadata={"rows": len(raw)})
    against = projects[projects["place_evidence"].astype("str").str.contains("against|nothing")]
    review = projects[projects["owner_decision"] == "review"]
    places = against[["project_id", "departement", "place_evidence"]]
    owners = review[["project_id", "owner", "owner_reason"]]
    yield dg.Output(
        projects,
        "directory_projects",
        metadata={
            **_counts(projects["owner_decision"]),
            "places that disagree": dg.MetadataValue.md(places.to_markdown(index=False)),
            "owners to look at": dg.MetadataValue.md(owners.to_markdown(index=False)),
            "duplicates": dg.MetadataValue.json(
                projects.loc[projects["duplicate_of"] != "", "project_id"].tolist()
            ),
            "contacts removed": int(projects["contacts_removed"].sum()),
        },
    )
    yield dg.Output(codes, "directory_project_codes", metadata=_counts(codes["facet"]))


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(value): int(n) for value, n in values.value_counts().items()}


ASSETS = (raw_export, directory_export)
