"""Assets of the marts stage: figures as rows, each with its base.

In: one asset for each mart. Not in: how a figure is computed (`estimates` and its neighbours, over
`estimation`).
"""

import dagster as dg
import pandas as pd

from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.marts.answers import answers
from observatoire_pipeline.marts.brackets import bracket_summaries
from observatoire_pipeline.marts.estimates import estimates
from observatoire_pipeline.marts.rankings import rankings
from observatoire_pipeline.marts.reconciliation import reconcile
from observatoire_pipeline.resources import SurveyHome

Mart = dg.MaterializeResult[pd.DataFrame]


def _preview(
    frame: pd.DataFrame, columns: list[str], *, rows: int = 12
) -> dg.MarkdownMetadataValue:
    shown = frame.loc[: rows - 1, columns] if len(frame) else frame[columns]
    return dg.MetadataValue.md(shown.to_markdown(index=False, floatfmt=".3f"))


@dg.asset
def mart_estimates(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
) -> Mart:
    """Count every code of every question, with base, share and interval."""
    made = estimates(
        panel_responses, panel_instances, codebook=survey.read_codebook(), tables=lake.tables
    )
    shown = ["edition", "variable", "item", "code", "base_rule", "numerator", "base_n", "share"]
    return dg.MaterializeResult(value=made, metadata={"preview": _preview(made, shown)})


@dg.asset
def mart_brackets(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
) -> Mart:
    """Summarise bracket questions without assuming midpoints."""
    made = bracket_summaries(
        panel_responses, panel_instances, codebook=survey.read_codebook(), tables=lake.tables
    )
    shown = ["edition", "variable", "base_n", "do_not_know_n", "median_label", "mean_lower_bound"]
    return dg.MaterializeResult(value=made, metadata={"preview": _preview(made, shown)})


@dg.asset
def mart_rankings(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
) -> Mart:
    """Score ranked items as the platform does, the divisor declared."""
    made = rankings(
        panel_responses, panel_instances, codebook=survey.read_codebook(), tables=lake.tables
    )
    shown = ["edition", "variable", "item", "ranked_n", "score", "first_share", "top3_share"]
    return dg.MaterializeResult(value=made, metadata={"preview": _preview(made, shown)})


@dg.asset
def mart_answers(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
) -> Mart:
    """Unfold the panel, one answer a row, for tools that pivot for themselves."""
    made = answers(
        panel_responses, panel_instances, codebook=survey.read_codebook(), tables=lake.tables
    )
    counts = made.groupby(["edition", "unit"]).size()
    return dg.MaterializeResult(
        value=made,
        metadata={
            f"answers of {edition} ({unit})": int(n) for (edition, unit), n in counts.items()
        },
    )


@dg.asset
def mart_published(
    survey: SurveyHome, lake: dg.ResourceParam[Lake], mart_estimates: pd.DataFrame
) -> Mart:
    """Put every published figure beside ours, with a verdict."""
    made = reconcile(mart_estimates, codebook=survey.read_codebook(), tables=lake.tables)
    verdicts = made["verdict"].value_counts()
    shown = ["published_id", "published_value", "our_value_rounded", "our_base_n", "verdict"]
    return dg.MaterializeResult(
        value=made,
        metadata={
            **{str(verdict): int(count) for verdict, count in verdicts.items()},
            "preview": _preview(made, shown, rows=40),
        },
    )


ASSETS = (mart_estimates, mart_brackets, mart_rankings, mart_answers, mart_published)
