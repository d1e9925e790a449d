"""Checks of the validate stage that warn: is the content what one would expect?

In: the Dagster side of `content`. Not in: the expectations.
"""

import dagster as dg
import pandas as pd


@dg.asset_check(asset="quality_report", blocking=False)
def content_looks_right(quality_report: pd.DataFrame) -> dg.AssetCheckResult:
    """Every expectation on the accepted edition is met; those that are not are worth a look."""
    missed = quality_report.loc[
        ~quality_report["met"], ["table", "expectation", "column", "unexpected_rows", "rows"]
    ]
    return dg.AssetCheckResult(
        passed=missed.empty,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "expectations": len(quality_report),
            "missed": dg.MetadataValue.json(missed.to_dict(orient="records")),
        },
    )


CHECKS = (content_looks_right,)
