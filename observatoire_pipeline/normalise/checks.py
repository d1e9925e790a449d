"""Blocking checks of the normalise stage that know more than one table's declaration.

In: conservation of cells, and the invariants of the kinds of missing. Not in: the rules themselves
(`conservation`, `missing`).
"""

import dagster as dg
import pandas as pd

from observatoire_pipeline.normalise.conservation import conservation
from observatoire_pipeline.normalise.missing import broken_invariants
from observatoire_pipeline.resources import SurveyHome


@dg.asset_check(asset="cell_map", blocking=True)
def cells_are_conserved(cell_map: pd.DataFrame) -> dg.AssetCheckResult:
    """Cells in = cells coded + cells rejected with a reason + cells dropped by a declared rule."""
    broken = conservation(cell_map)
    terms = cell_map[["cells_in", "cells_coded", "cells_rejected", "cells_dropped"]].sum()
    return dg.AssetCheckResult(
        passed=not broken,
        metadata={
            **{term: int(value) for term, value in terms.items()},
            "broken": dg.MetadataValue.json(broken[:50]),
        },
    )


@dg.asset_check(
    asset="norm_responses",
    additional_ins={"norm_instances": dg.AssetIn("norm_instances")},
    blocking=True,
)
def kinds_of_missing_hold(
    context: dg.AssetCheckExecutionContext,
    norm_responses: pd.DataFrame,
    norm_instances: pd.DataFrame,
    survey: SurveyHome,
) -> dg.AssetCheckResult:
    """not_asked is all or none per question; not_applicable stands where the filter says so."""
    broken = broken_invariants(norm_responses, norm_instances, codebook=survey.read_codebook())
    return dg.AssetCheckResult(
        passed=not broken, metadata={"broken": dg.MetadataValue.json(broken[:50])}
    )


CHECKS = (cells_are_conserved, kinds_of_missing_hold)
