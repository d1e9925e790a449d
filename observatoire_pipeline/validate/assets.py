"""Assets of the validate stage: raw rows, accepted or rejected with a reason.

In: the two tables, and the report on their content. Not in: the rules (`acceptance` and its
neighbours, `content`).
"""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.validate import content
from observatoire_pipeline.validate.acceptance import accept


@dg.multi_asset(
    outs={"valid_responses": dg.AssetOut(), "rejected_responses": dg.AssetOut()},
)
def validated_export(
    context: dg.AssetExecutionContext,
    survey: SurveyHome,
    source_files: pd.DataFrame,
    raw_columns: pd.DataFrame,
    raw_responses: pd.DataFrame,
) -> Iterator[dg.Output[pd.DataFrame]]:
    """Apply the declared corrections, then accept or reject every row and cell."""
    accepted = accept(
        raw_responses,
        raw_columns,
        source_files,
        edition=context.partition_key,
        codebook=survey.read_codebook(),
    )
    yield dg.Output(
        accepted.valid_responses,
        "valid_responses",
        metadata={"rows in": len(raw_responses), "rows accepted": len(accepted.valid_responses)},
    )
    rules = accepted.rejected_responses.groupby(["outcome", "scope", "rule"])["cells"].agg(
        ["size", "sum"]
    )
    yield dg.Output(
        accepted.rejected_responses,
        "rejected_responses",
        metadata={
            "by rule": dg.MetadataValue.json(
                [
                    {
                        "outcome": outcome,
                        "scope": scope,
                        "rule": rule,
                        "count": int(row["size"]),
                        "cells": int(row["sum"]),
                    }
                    for (outcome, scope, rule), row in rules.iterrows()
                ]
            )
        },
    )


@dg.asset(deps=["accepted_editions"])
def quality_report(
    context: dg.AssetExecutionContext,
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    valid_responses: pd.DataFrame,
    norm_responses: pd.DataFrame,
) -> pd.DataFrame:
    """Ask of an accepted edition what one would expect of it; the answers only warn."""
    return content.quality_report(
        valid_responses,
        norm_responses,
        edition=context.partition_key,
        codebook=survey.read_codebook(),
        table=lake.tables["quality_report"],
    )


ASSETS = (validated_export, quality_report)
