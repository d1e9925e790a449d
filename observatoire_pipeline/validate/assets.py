"""Assets of the validate stage: raw rows, accepted or rejected with a reason.

In: the two tables, and the report on their content. Not in: the rules (`acceptance` and its
neighbours, `content`, `page`, `note`).
"""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.validate import content
from observatoire_pipeline.validate.acceptance import accept
from observatoire_pipeline.validate.note import supplier_points
from observatoire_pipeline.validate.page import findings_table, write_pages


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
    source_files: pd.DataFrame,
    raw_columns: pd.DataFrame,
    raw_responses: pd.DataFrame,
    rejected_responses: pd.DataFrame,
    norm_responses: pd.DataFrame,
    norm_instances: pd.DataFrame,
    norm_texts: pd.DataFrame,
) -> dg.MaterializeResult[pd.DataFrame]:
    """Ask of an accepted edition what one would expect of it; the answers only warn.

    Beside the table, a page for the survey team and a note for whoever delivered the files stand in
    the survey's home, under `quality/<edition>/`.
    """
    edition, codebook = context.partition_key, survey.read_codebook()
    report = content.quality_report(
        content.Edition(
            source_files,
            raw_columns,
            raw_responses,
            norm_responses,
            norm_instances,
            norm_texts,
        ),
        edition=edition,
        codebook=codebook,
        table=lake.tables["quality_report"],
        earlier=_earlier(edition, lake, codebook),
    )
    points = supplier_points(
        report, rejected_responses, source_files, raw_columns, edition=edition, codebook=codebook
    )
    written = write_pages(
        survey.quality / edition,
        report,
        points,
        source_files,
        responses=len(norm_responses),
        edition=edition,
        codebook=codebook,
    )
    return dg.MaterializeResult(
        value=report,
        metadata={
            "expectations": len(report),
            "not met": int((~report["met"]).sum()),
            "points for the supplier": len(points),
            "what to look at": dg.MetadataValue.md(findings_table(report)),
            **{path.name: dg.MetadataValue.path(path) for path in written},
            "page": dg.MetadataValue.url(written[0].as_uri()),
        },
    )


def _earlier(edition: str, lake: Lake, codebook: Codebook) -> dict[str, content.Earlier]:
    """Return the earlier accepted editions, generated or collected as this one is."""

    def synthetic(key: str) -> bool:
        return bool(lake.read("accepted_editions", key)["synthetic"].iloc[0])

    before = codebook.edition_keys[: codebook.edition_keys.index(edition)]
    accepted = [key for key in before if lake.exists("accepted_editions", key)]
    return {
        key: content.Earlier(lake.read("norm_responses", key), lake.read("norm_instances", key))
        for key in accepted
        if synthetic(key) == synthetic(edition)
    }


ASSETS = (validated_export, quality_report)
