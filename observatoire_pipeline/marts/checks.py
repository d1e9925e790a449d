"""Blocking checks of the marts stage.

In: what must hold before a figure is published. Not in: the rules (`audit`).
"""

import dagster as dg
import pandas as pd

from observatoire_pipeline.marts.audit import recovered_figures


@dg.asset_check(asset="mart_estimates", blocking=True)
def no_hidden_figure_can_be_computed(mart_estimates: pd.DataFrame) -> dg.AssetCheckResult:
    """No hidden count has one possible value only, given everything that is published."""
    recovered = recovered_figures(mart_estimates)
    hidden = mart_estimates["suppression"].str.startswith("hidden")
    return dg.AssetCheckResult(
        passed=not recovered,
        metadata={
            "hidden figures": int(hidden.sum()),
            "recovered": dg.MetadataValue.json(recovered[:50]),
            "recovered_count": len(recovered),
        },
    )


CHECKS = (no_hidden_figure_can_be_computed,)
