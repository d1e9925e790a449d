"""Assets of the ingest stage: what landed, as delivered.

In: one asset for each raw table. Not in: how a file is read (`reading`).
"""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from observatoire_pipeline.ingest.reading import read_landing
from observatoire_pipeline.resources import SurveyHome

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


ASSETS = (raw_export,)
