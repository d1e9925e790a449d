"""Checks of the validate stage that warn: is the content what one would expect?

In: the Dagster side of `content`: one check for each rule of the two suites, read from the
validation results that `quality_report` holds. Not in: the expectations.
"""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from observatoire_pipeline.validate.content import RULES, SERIOUS
from observatoire_pipeline.validate.wording import EXPECTED

ASSET = "quality_report"


def _name(suite: str, rule: str) -> str:
    return f"{suite}_{rule}"


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(
            _name(suite, rule),
            asset=ASSET,
            blocking=False,
            description=f"{EXPECTED[rule]} (suite {suite}).",
        )
        for suite, rules in RULES.items()
        for rule in rules
    ],
    name="content_looks_right",
    description="Every expectation on the accepted edition is met; the others are worth a look.",
)
def content_looks_right(quality_report: pd.DataFrame) -> Iterator[dg.AssetCheckResult]:
    """Yield what the two suites found, rule by rule."""
    for suite, rules in RULES.items():
        for rule in rules:
            of_rule = (quality_report["suite"] == suite) & (quality_report["rule"] == rule)
            asked = quality_report[of_rule]
            missed = asked[~asked["met"]]
            shown = missed[["place", "expectation", "column", "unexpected_rows", "rows"]]
            yield dg.AssetCheckResult(
                asset_key=ASSET,
                check_name=_name(suite, rule),
                passed=missed.empty,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={
                    "expectations": len(asked),
                    "not met": len(missed),
                    "serious": bool((missed["severity"] == SERIOUS).any()),
                    "missed": dg.MetadataValue.json(shown.to_dict(orient="records")),
                },
            )


CHECKS = (content_looks_right,)
