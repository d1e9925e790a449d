"""Blocking checks of the longitudinal stage.

In: what must hold before any figure is computed. Not in: the rules (`comparability`).
"""

import dagster as dg
import pandas as pd

from observatoire_pipeline.longitudinal.comparability import comparability_problems
from observatoire_pipeline.resources import SurveyHome


@dg.asset_check(asset="comparability", blocking=True)
def every_pair_is_graded(comparability: pd.DataFrame, survey: SurveyHome) -> dg.AssetCheckResult:
    """Every variable, item and pair of editions has a grade that its words bear out."""
    problems = comparability_problems(survey.read_codebook())
    return dg.AssetCheckResult(
        passed=not problems,
        metadata={"pairs": len(comparability), "problems": dg.MetadataValue.json(problems[:50])},
    )


CHECKS = (every_pair_is_graded,)
