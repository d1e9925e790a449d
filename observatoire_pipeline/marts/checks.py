"""Blocking checks of the marts stage.

In: what must hold before a figure is published. Not in: the rules (`audit`).
"""

import dagster as dg
import pandas as pd

from observatoire_pipeline.marts.audit import Truth, recovered_figures, respondents
from observatoire_pipeline.marts.units import counting_units
from observatoire_pipeline.resources import SurveyHome


# On the last of the tables that it reads: a check runs when all of them are there.
@dg.asset_check(
    asset="mart_sensitivity",
    blocking=True,
    additional_ins={
        name: dg.AssetIn(name)
        for name in (
            "mart_estimates",
            "mart_changes",
            "panel_responses",
            "panel_instances",
            "respondent_profiles",
            "respondent_weights",
        )
    },
)
def no_hidden_figure_can_be_computed(
    mart_sensitivity: pd.DataFrame,
    mart_estimates: pd.DataFrame,
    mart_changes: pd.DataFrame,
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    respondent_profiles: pd.DataFrame,
    respondent_weights: pd.DataFrame,
    survey: SurveyHome,
) -> dg.AssetCheckResult:
    """No hidden figure has one possible value only, given all tables that are published.

    Where the codebook has microdata in the release, hiding protects nobody: a warning.
    """
    codebook = survey.read_codebook()
    units = counting_units(panel_responses, panel_instances, respondent_profiles, codebook=codebook)
    recovered = recovered_figures(
        {
            "mart_estimates": mart_estimates,
            "mart_changes": mart_changes,
            "mart_sensitivity": mart_sensitivity,
        },
        codebook=codebook,
        who=respondents(respondent_profiles, respondent_weights),
        truth=Truth(units, respondent_weights),
    )
    hidden = mart_estimates["suppression"].str.startswith("hidden")
    bare = codebook.survey.release.microdata and not recovered
    return dg.AssetCheckResult(
        passed=not recovered and not bare,
        severity=dg.AssetCheckSeverity.WARN if bare else dg.AssetCheckSeverity.ERROR,
        description="The release holds the microdata: hiding protects nobody." if bare else None,
        metadata={
            "hidden figures": int(hidden.sum()),
            "recovered": dg.MetadataValue.json(recovered[:50]),
            "recovered_count": len(recovered),
        },
    )


CHECKS = (no_hidden_figure_can_be_computed,)
