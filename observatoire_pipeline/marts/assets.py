"""Assets of the marts stage: figures as rows, each with its base.

In: one asset for each mart. Not in: how a figure is computed (`estimates` and its neighbours, over
`estimation`).
"""

from pathlib import Path

import dagster as dg
import pandas as pd

from observatoire_pipeline.codebook.directory import read_directory_book
from observatoire_pipeline.collectivites.origins import LAST_DAY
from observatoire_pipeline.collectivites.reference import Reference, units_at
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.marts.answers import answers
from observatoire_pipeline.marts.brackets import bracket_summaries
from observatoire_pipeline.marts.breakdowns import estimates
from observatoire_pipeline.marts.changes import changes
from observatoire_pipeline.marts.choices import choice_summaries
from observatoire_pipeline.marts.coverage import coverage_counts
from observatoire_pipeline.marts.directory import directory_figures
from observatoire_pipeline.marts.panel import panel_counts
from observatoire_pipeline.marts.per_inhabitant import distributions, intervals
from observatoire_pipeline.marts.rankings import rankings
from observatoire_pipeline.marts.reconciliation import reconcile
from observatoire_pipeline.marts.scales import scale_summaries
from observatoire_pipeline.marts.sensitivity import sensitivity
from observatoire_pipeline.marts.territories import departement_counts
from observatoire_pipeline.marts.units import Units, counting_units, those_that_count
from observatoire_pipeline.marts.weighting import Weighting, weigh
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.sample.reference import looked_up_in

Mart = dg.MaterializeResult[pd.DataFrame]


def _names_of(survey: SurveyHome, kind: str) -> dict[str, str]:
    """Return code → name of the régions or départements, in order."""
    found = units_at(survey.read_reference(), date=LAST_DAY, kinds=(kind,))
    return dict(zip(found["code"], found["name"], strict=True))


def _preview(
    frame: pd.DataFrame, columns: list[str], *, rows: int = 12
) -> dg.MarkdownMetadataValue:
    shown = frame.loc[: rows - 1, columns] if len(frame) else frame[columns]
    return dg.MetadataValue.md(shown.to_markdown(index=False, floatfmt=".3f"))


def _references(survey: SurveyHome, profiles: pd.DataFrame) -> dict[str, Reference | None]:
    """Return edition → the reference in which it was looked up."""
    name = survey.read_codebook().survey.survey
    return looked_up_in(survey.read_reference(), profiles, survey=name)


def _weighting(survey: SurveyHome, lake: Lake, profiles: pd.DataFrame) -> Weighting:
    return weigh(
        profiles,
        codebook=survey.read_codebook(),
        references=_references(survey, profiles),
        tables=lake.tables,
    )


@dg.asset
def respondent_weights(
    survey: SurveyHome, lake: dg.ResourceParam[Lake], respondent_profiles: pd.DataFrame
) -> Mart:
    """Weight respondents to all collectivités that could have answered, edition by edition."""
    made = _weighting(survey, lake, respondent_profiles).respondents
    counts = made.groupby("edition").size()
    return dg.MaterializeResult(
        value=made, metadata={f"weighted in {edition}": int(n) for edition, n in counts.items()}
    )


@dg.asset
def mart_weighting(
    survey: SurveyHome, lake: dg.ResourceParam[Lake], respondent_profiles: pd.DataFrame
) -> Mart:
    """Tell how each edition is weighted, and what that costs, or why it is not."""
    made = _weighting(survey, lake, respondent_profiles).editions
    shown = ["edition", "status", "reason", "method", "frame_n", "effective_n", "trimmed_n"]
    return dg.MaterializeResult(value=made, metadata={"preview": _preview(made, shown)})


@dg.asset
def mart_estimates(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    respondent_profiles: pd.DataFrame,
    respondent_weights: pd.DataFrame,
) -> Mart:
    """Count every code of every question, overall and by group, with base, share and interval."""
    codebook = survey.read_codebook()
    made = estimates(
        panel_responses,
        panel_instances,
        respondent_profiles,
        codebook=codebook,
        regions=_names_of(survey, "region"),
        tables=lake.tables,
        weights=respondent_weights,
        references=_references(survey, respondent_profiles),
    )
    shown = ["edition", "variable", "item", "code", "base_rule", "numerator", "base_n", "share"]
    return dg.MaterializeResult(value=made, metadata={"preview": _preview(made, shown)})


@dg.asset
def mart_brackets(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    respondent_profiles: pd.DataFrame,
) -> Mart:
    """Summarise bracket questions: bounds first, then what supposes more, said beside it."""
    codebook = survey.read_codebook()
    counting = those_that_count(panel_responses, respondent_profiles)
    units = Units(
        counting,
        panel_instances,
        respondent_profiles,
        codebook=codebook,
        references=_references(survey, respondent_profiles),
    )
    made = bracket_summaries(
        counting, panel_instances, codebook=codebook, tables=lake.tables, units=units
    )
    shown = ["edition", "variable", "base_n", "median_label", "grouped_median", "mean_lower_bound"]
    return dg.MaterializeResult(value=made, metadata={"preview": _preview(made, shown)})


@dg.asset
def mart_rankings(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    respondent_profiles: pd.DataFrame,
) -> Mart:
    """Score ranked items as the platform does, the divisor declared."""
    codebook = survey.read_codebook()
    counting = those_that_count(panel_responses, respondent_profiles)
    units = Units(
        counting,
        panel_instances,
        respondent_profiles,
        codebook=codebook,
        references=_references(survey, respondent_profiles),
    )
    made = rankings(counting, panel_instances, codebook=codebook, tables=lake.tables, units=units)
    shown = ["edition", "variable", "item", "ranked_n", "score", "mean_rank", "first_share"]
    return dg.MaterializeResult(value=made, metadata={"preview": _preview(made, shown)})


@dg.asset
def mart_scales(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    respondent_profiles: pd.DataFrame,
) -> Mart:
    """Summarise ordered scales: two highest levels, net agreement, do-not-know; a mean last."""
    units = counting_units(
        panel_responses,
        panel_instances,
        respondent_profiles,
        codebook=survey.read_codebook(),
        references=_references(survey, respondent_profiles),
    )
    made = scale_summaries(units, tables=lake.tables)
    shown = ["edition", "variable", "item", "base_n", "top2_share", "net_agreement", "mean"]
    return dg.MaterializeResult(value=made, metadata={"preview": _preview(made, shown)})


@dg.asset
def mart_choices(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    respondent_profiles: pd.DataFrame,
) -> Mart:
    """Summarise multiple-choice questions: who answered, how many ticks, what shares add up to."""
    units = counting_units(
        panel_responses, panel_instances, respondent_profiles, codebook=survey.read_codebook()
    )
    made = choice_summaries(units, tables=lake.tables)
    shown = ["edition", "variable", "shown_n", "base_n", "none_n", "mean_ticks", "sum_of_shares"]
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


@dg.asset
def mart_changes(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    mart_estimates: pd.DataFrame,
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    respondent_profiles: pd.DataFrame,
    comparability: pd.DataFrame,
) -> Mart:
    """Compare each share with the edition before and the first one, where the grade allows it."""
    made = changes(
        mart_estimates,
        panel_responses,
        panel_instances,
        respondent_profiles,
        comparability,
        codebook=survey.read_codebook(),
        tables=lake.tables,
    )
    shown = ["change_id", "share_from", "share_to", "ci_lower", "ci_upper", "p_adjusted", "test"]
    computed = made[made["status"] == "computed"].reset_index(drop=True)
    return dg.MaterializeResult(
        value=made,
        metadata={
            **{str(status): int(n) for status, n in made["status"].value_counts().items()},
            "significant at 5 %, adjusted": int((computed["p_adjusted"] < 0.05).sum()),
            "preview": _preview(computed, shown),
        },
    )


@dg.asset
def mart_sensitivity(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    mart_estimates: pd.DataFrame,
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
) -> Mart:
    """Compute headline figures in other ways than ours, and show how far they move."""
    made = sensitivity(
        mart_estimates,
        panel_responses,
        panel_instances,
        codebook=survey.read_codebook(),
        tables=lake.tables,
    )
    shown = ["edition", "variable", "item", "codes", "alternative", "share", "lowest_share"]
    return dg.MaterializeResult(
        value=made, metadata={"preview": _preview(made, [*shown, "highest_share"], rows=40)}
    )


@dg.asset
def mart_panel(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    respondent_profiles: pd.DataFrame,
    panel_relations: pd.DataFrame,
) -> Mart:
    """Count who came back, who was lost and who is new between each pair of editions."""
    made = panel_counts(
        respondent_profiles,
        panel_relations,
        editions=list(respondent_profiles["edition"].unique()),
        language=survey.read_codebook().survey.language,
        table=lake.tables["mart_panel"],
    )
    shown = ["edition_from", "edition_to", "type", "succession", "from_n", "to_n", "retained_n"]
    return dg.MaterializeResult(
        value=made, metadata={"preview": _preview(made, [*shown, "retention_share"], rows=40)}
    )


@dg.asset
def mart_departements(
    survey: SurveyHome, lake: dg.ResourceParam[Lake], respondent_profiles: pd.DataFrame
) -> Mart:
    """Count who answered by département, overseas and what lies in none included."""
    made = departement_counts(
        respondent_profiles,
        codebook=survey.read_codebook(),
        names=_names_of(survey, "departement"),
        table=lake.tables["mart_departements"],
    )
    reached = made[made["collectivites_n"] > 0].groupby("edition", sort=False)
    return dg.MaterializeResult(
        value=made,
        metadata={f"places in {edition}": len(rows) for edition, rows in reached},
    )


@dg.asset
def mart_directory(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    directory_projects: pd.DataFrame,
    directory_project_codes: pd.DataFrame,
) -> Mart:
    """Count the projects of the directory by type of owner, device and theme, and by place."""
    made = directory_figures(
        directory_projects,
        directory_project_codes,
        book=read_directory_book(Path(survey.codebook)),
        departements=_names_of(survey, "departement"),
        table=lake.tables["mart_directory"],
    )
    shown = ["margin", "owner_type_label", "device_label", "theme_label", "projects_n", "share"]
    wide = made[made["margin"].isin(["owner_type", "device", "theme"])].reset_index(drop=True)
    return dg.MaterializeResult(value=made, metadata={"preview": _preview(wide, shown, rows=40)})


@dg.asset
def mart_coverage(
    survey: SurveyHome, lake: dg.ResourceParam[Lake], respondent_profiles: pd.DataFrame
) -> Mart:
    """Set the respondents against all collectivités that could have answered."""
    made = coverage_counts(
        respondent_profiles,
        references=_references(survey, respondent_profiles),
        language=survey.read_codebook().survey.language,
        regions=_names_of(survey, "region"),
        table=lake.tables["mart_coverage"],
    )
    shown = ["edition", "margin", "stratum_label", "frame_n", "respondents_n", "share"]
    wide = made[made["margin"].isin(["all", "type"])].reset_index(drop=True)
    return dg.MaterializeResult(value=made, metadata={"preview": _preview(wide, shown, rows=40)})


@dg.asset
def per_inhabitant(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    panel_responses: pd.DataFrame,
    respondent_profiles: pd.DataFrame,
) -> Mart:
    """Divide each bracket of euros by the population of who answered."""
    made = intervals(
        panel_responses,
        respondent_profiles,
        codebook=survey.read_codebook(),
        table=lake.tables["per_inhabitant"],
    )
    counts = made.groupby(["edition", "state"]).size()
    return dg.MaterializeResult(
        value=made,
        metadata={f"{state} in {edition}": int(n) for (edition, state), n in counts.items()},
    )


@dg.asset
def mart_per_inhabitant(
    survey: SurveyHome, lake: dg.ResourceParam[Lake], per_inhabitant: pd.DataFrame
) -> Mart:
    """Estimate the distribution of euros per inhabitant from intervals, without midpoints."""
    made = distributions(
        per_inhabitant, codebook=survey.read_codebook(), table=lake.tables["mart_per_inhabitant"]
    )
    shown = ["edition", "variable", "statistic", "lower", "upper", "share_low", "share_high"]
    return dg.MaterializeResult(
        value=made, metadata={"preview": _preview(made, [*shown, "base_n"], rows=40)}
    )


ASSETS = (
    respondent_weights,
    mart_weighting,
    mart_estimates,
    mart_brackets,
    mart_rankings,
    mart_scales,
    mart_choices,
    mart_answers,
    mart_published,
    mart_changes,
    mart_sensitivity,
    mart_panel,
    mart_departements,
    mart_directory,
    mart_coverage,
    per_inhabitant,
    mart_per_inhabitant,
)
