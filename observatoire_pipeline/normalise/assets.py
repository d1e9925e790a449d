"""Assets of the normalise stage: answers as codes, and the receipt of an accepted edition.

In: the normalised tables and `accepted_editions`, the last asset of an edition. Not in: how each
kind of answer is coded (`responses` and its neighbours).
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import pandas as pd

from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.normalise.responses import normalise
from observatoire_pipeline.resources import SurveyHome

NORMALISED = ("norm_responses", "norm_instances", "norm_texts", "cell_map", "norm_sources")

COLUMNS_SHOWN = 100


@dg.multi_asset(outs={name: dg.AssetOut() for name in NORMALISED})
def normalised_answers(
    context: dg.AssetExecutionContext,
    survey: SurveyHome,
    source_files: pd.DataFrame,
    raw_columns: pd.DataFrame,
    raw_responses: pd.DataFrame,
    valid_responses: pd.DataFrame,
    rejected_responses: pd.DataFrame,
) -> Iterator[dg.Output[pd.DataFrame]]:
    """Bring every accepted answer to the codes of one vocabulary, and account for every cell."""
    made = normalise(
        valid_responses,
        rejected_responses,
        raw_columns,
        source_files,
        raw_responses,
        edition=context.partition_key,
        codebook=survey.read_codebook(),
    )
    for name in NORMALISED:
        frame = getattr(made, name)
        yield dg.Output(frame, name, metadata=_shown(name, frame))


def _shown(name: str, frame: pd.DataFrame) -> dict[str, dg.MetadataValue | int | str]:
    """Return what the asset's page shows: counts and codes, never a text or a row."""
    if name == "cell_map":
        terms = frame[["cells_in", "cells_coded", "cells_rejected", "cells_dropped"]].sum()
        return {
            "conservation": (
                f"{terms['cells_in']} in = {terms['cells_coded']} coded "
                f"+ {terms['cells_rejected']} rejected + {terms['cells_dropped']} dropped"
            ),
            **{term: int(value) for term, value in terms.items()},
        }
    coded = [column for column in frame if isinstance(frame[column].dtype, pd.CategoricalDtype)]
    asked = [column for column in coded if (frame[column] != "not_asked").any()]
    lines = ["| column | answers |", "|---|---|"]
    for column in asked[:COLUMNS_SHOWN]:
        counts = frame[column].value_counts(sort=False)
        told = ", ".join(f"{code} {n}" for code, n in counts.items() if n)
        lines.append(f"| {column} | {told} |")
    if len(asked) > COLUMNS_SHOWN:
        lines.append(f"| and {len(asked) - COLUMNS_SHOWN} more columns | |")
    return {"answers": dg.MetadataValue.md("\n".join(lines))} if asked else {"rows": len(frame)}


@dg.asset(
    deps=[
        "raw_columns",
        "raw_responses",
        "valid_responses",
        "norm_texts",
        "cell_map",
        "norm_sources",
    ]
)
def accepted_editions(
    context: dg.AssetExecutionContext,
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    source_files: pd.DataFrame,
    rejected_responses: pd.DataFrame,
    norm_responses: pd.DataFrame,
    norm_instances: pd.DataFrame,
) -> dg.MaterializeResult[pd.DataFrame]:
    """Give the edition its receipt: it stands behind every blocking check of the edition job."""
    edition = context.partition_key
    receipt = {
        "edition": edition,
        "synthetic": bool(source_files["synthetic"].iloc[0]),
        "landing_sha256": source_files["landing_sha256"].iloc[0],
        "codebook_sha256": survey.read_codebook().sha256,
        "partition_sha256": json.dumps(
            {name: lake.checksum(name, edition) for name in NORMALISED}, sort_keys=True
        ),
        "responses": len(norm_responses),
        "instances": len(norm_instances),
        "rejected": len(rejected_responses),
        "run_id": context.run.run_id,
        "accepted_at": datetime.now(UTC).replace(tzinfo=None),
    }
    return dg.MaterializeResult(
        value=pd.DataFrame([receipt]),
        metadata={
            key: receipt[key]
            for key in ("responses", "instances", "rejected", "synthetic", "landing_sha256")
        },
    )


ASSETS = (normalised_answers, accepted_editions)
