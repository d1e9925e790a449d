"""Blocking checks of the longitudinal stage.

In: what must hold before any figure is computed. Not in: the rules (`comparability`, `identity`,
`panel`).
"""

import dagster as dg
import pandas as pd

from observatoire_pipeline.longitudinal.comparability import comparability_problems
from observatoire_pipeline.longitudinal.identity import identity_problems
from observatoire_pipeline.longitudinal.panel import membership_problems
from observatoire_pipeline.resources import SurveyHome


@dg.asset_check(asset="comparability", blocking=True)
def every_pair_is_graded(comparability: pd.DataFrame, survey: SurveyHome) -> dg.AssetCheckResult:
    """Every variable, item and pair of editions has a grade that its words bear out."""
    problems = comparability_problems(survey.read_codebook())
    return dg.AssetCheckResult(
        passed=not problems,
        metadata={"pairs": len(comparability), "problems": dg.MetadataValue.json(problems[:50])},
    )


@dg.asset_check(asset="respondent_profiles", blocking=True)
def every_collectivite_has_one_identity(
    respondent_profiles: pd.DataFrame,
) -> dg.AssetCheckResult:
    """Each collectivité has one identity on a day, and one response of it counts."""
    problems = identity_problems(respondent_profiles)
    return dg.AssetCheckResult(
        passed=not problems,
        metadata={
            "collectivités": respondent_profiles["organisation_id"].nunique(),
            "problems": dg.MetadataValue.json(problems[:50]),
        },
    )


@dg.asset_check(
    asset="panel_membership",
    blocking=True,
    additional_ins={"respondent_profiles": dg.AssetIn("respondent_profiles")},
)
def membership_adds_up(
    panel_membership: pd.DataFrame, respondent_profiles: pd.DataFrame
) -> dg.AssetCheckResult:
    """The responses and collectivités of the membership are those of the profiles."""
    problems = membership_problems(panel_membership, respondent_profiles)
    return dg.AssetCheckResult(
        passed=not problems,
        metadata={
            "responses": int(panel_membership["responses"].sum()),
            "problems": dg.MetadataValue.json(problems[:50]),
        },
    )


CHECKS = (
    every_collectivite_has_one_identity,
    membership_adds_up,
    every_pair_is_graded,
)
