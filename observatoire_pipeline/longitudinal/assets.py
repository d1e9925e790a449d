"""Assets of the longitudinal stage: accepted editions, stacked and compared.

In: the panel and the comparability table, behind the gate. Not in: the rule of the gate (`gate`),
how editions are stacked (`stacking`) and graded (`comparability`).
"""

import json
import textwrap
from pathlib import Path

import dagster as dg
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.collectivites.origins import CollectiviteError
from observatoire_pipeline.collectivites.reference import Reference
from observatoire_pipeline.collectivites.reviewed import review_text, with_open
from observatoire_pipeline.ingest.reading import RefusedExport, landing_sha256
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.longitudinal import identity, panel
from observatoire_pipeline.longitudinal import link_changes as changes
from observatoire_pipeline.longitudinal.comparability import comparability_table
from observatoire_pipeline.longitudinal.decisions import IdentityError, read_decisions
from observatoire_pipeline.longitudinal.gate import Receipt, Standing, open_editions
from observatoire_pipeline.longitudinal.stacking import stack_instances, stack_responses
from observatoire_pipeline.partitions import EDITION_JOB
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.sample.reference import looked_up_in
from observatoire_pipeline.tables.frames import empty

ByEdition = dict[str, pd.DataFrame]


@dg.asset
def panel_responses(
    context: dg.AssetExecutionContext,
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    norm_responses: ByEdition,
    accepted_editions: ByEdition,
) -> dg.MaterializeResult[pd.DataFrame]:
    """Stack the responses of every accepted edition; refuse when one is not as accepted."""
    codebook = survey.read_codebook()
    editions = _pass_gate(context, survey, lake, accepted_editions, codebook)
    panel = stack_responses(
        {edition: norm_responses[edition] for edition in editions},
        codebook=codebook,
        table=lake.tables["panel_responses"],
        synthetic=_synthetic(accepted_editions, editions),
    )
    counts = panel["edition"].value_counts(sort=False)
    return dg.MaterializeResult(
        value=panel,
        metadata={f"responses of {edition}": int(counts[edition]) for edition in editions},
    )


@dg.asset(deps=["panel_responses"])
def panel_instances(
    context: dg.AssetExecutionContext,
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    norm_instances: ByEdition,
    accepted_editions: ByEdition,
) -> dg.MaterializeResult[pd.DataFrame]:
    """Stack the instances of repeated blocks (tools, devices) of every accepted edition."""
    codebook = survey.read_codebook()
    editions = _pass_gate(context, survey, lake, accepted_editions, codebook)
    panel = stack_instances(
        {edition: norm_instances[edition] for edition in editions},
        codebook=codebook,
        table=lake.tables["panel_instances"],
        synthetic=_synthetic(accepted_editions, editions),
    )
    counts = panel.groupby(["edition", "block"]).size()
    return dg.MaterializeResult(
        value=panel,
        metadata={f"{block} of {edition}": int(n) for (edition, block), n in counts.items()},
    )


@dg.asset
def respondent_profiles(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    panel_responses: pd.DataFrame,
    norm_texts: ByEdition,
) -> dg.MaterializeResult[pd.DataFrame]:
    """Link each response to its collectivité and take over what the reference knows of that one.

    Synthetic answers are looked up among fictional collectivités, never among real ones.
    """
    codebook = survey.read_codebook()
    review, problems = read_decisions(Path(survey.codebook))
    try:
        references = _references(survey, panel_responses)
    except CollectiviteError as error:
        raise IdentityError("\n".join([*error.problems, *problems])) from None
    identified = identity.identify(
        panel_responses,
        pd.concat(
            [norm_texts[edition] for edition in panel_responses["edition"].unique()],
            ignore_index=True,
        ),
        codebook=codebook,
        references=references,
        review=review,
        problems=problems,
    )
    made = identity.respondent_profiles(
        panel_responses,
        identified,
        codebook=codebook,
        references=references,
        table=lake.tables["respondent_profiles"],
    )
    written = with_open(review, identified)
    survey.write_review(review_text(written))
    counts = made.groupby(["edition", "link"]).size()
    return dg.MaterializeResult(
        value=made,
        metadata={
            **{f"{link} in {edition}": int(n) for (edition, link), n in counts.items()},
            "names that wait for a person": int((written["decided"] == "").sum()),
            "review file": dg.MetadataValue.path(str(survey.review_file)),
        },
    )


@dg.asset
def link_changes(
    context: dg.AssetExecutionContext,
    lake: dg.ResourceParam[Lake],
    respondent_profiles: pd.DataFrame,
) -> dg.MaterializeResult[pd.DataFrame]:
    """Add to the history of links those that are new or are not what they were."""
    table = lake.tables["link_changes"]
    history = lake.read(table.name) if lake.exists(table.name) else empty(table)
    run_id = context.run.run_id
    made = changes.link_changes(respondent_profiles, history, run_id=run_id, table=table)
    changed = changes.changed_in(made, run_id=run_id)
    kept = (made["change"] == 0) & (made["run_id"] != run_id)
    shown = changed[["edition", "previous_link", "link"]].value_counts().reset_index()
    if len(changed):
        context.log.warning(f"{len(changed)} links are not what they were: see link_changes")
    return dg.MaterializeResult(
        value=made,
        metadata={
            "changed in this run": len(changed),
            "what changed": dg.MetadataValue.md(shown.to_markdown(index=False)),
            "responses forgotten": len(history[history["change"] == 0]) - len(made[kept]),
        },
    )


@dg.asset
def organisations(
    survey: SurveyHome, lake: dg.ResourceParam[Lake], respondent_profiles: pd.DataFrame
) -> dg.MaterializeResult[pd.DataFrame]:
    """List the collectivités that answered, with what each was made of and what became of it."""
    made = panel.organisations(
        respondent_profiles,
        editions=list(respondent_profiles["edition"].unique()),
        references=_references(survey, respondent_profiles),
        table=lake.tables["organisations"],
    )
    counts = made["type"].value_counts()
    return dg.MaterializeResult(
        value=made, metadata={str(of_type): int(n) for of_type, n in counts.items()}
    )


@dg.asset
def panel_relations(
    survey: SurveyHome, lake: dg.ResourceParam[Lake], respondent_profiles: pd.DataFrame
) -> dg.MaterializeResult[pd.DataFrame]:
    """Tell which collectivités of an edition were taken over by which of a later one."""
    made = panel.panel_relations(
        respondent_profiles,
        editions=list(respondent_profiles["edition"].unique()),
        references=_references(survey, respondent_profiles),
        table=lake.tables["panel_relations"],
    )
    counts = made.groupby(["edition_from", "edition_to", "main"]).size()
    return dg.MaterializeResult(
        value=made,
        metadata={
            f"{'successions' if main else 'other relations'} {earlier} → {later}": int(n)
            for (earlier, later, main), n in counts.items()
        },
    )


@dg.asset
def panel_membership(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    respondent_profiles: pd.DataFrame,
    panel_relations: pd.DataFrame,
) -> dg.MaterializeResult[pd.DataFrame]:
    """Tell of every collectivité in which editions it answered."""
    made = panel.panel_membership(
        respondent_profiles,
        panel_relations,
        editions=list(respondent_profiles["edition"].unique()),
        references=_references(survey, respondent_profiles),
        table=lake.tables["panel_membership"],
    )
    answered = made[made["answered"]].groupby("organisation_id").size().value_counts().sort_index()
    return dg.MaterializeResult(
        value=made,
        metadata={f"answered {times} editions": int(n) for times, n in answered.items()},
    )


@dg.asset
def instance_organisations(
    lake: dg.ResourceParam[Lake], panel_instances: pd.DataFrame, respondent_profiles: pd.DataFrame
) -> dg.MaterializeResult[pd.DataFrame]:
    """Give each repeated tool or device the collectivité that has it."""
    made = panel.instance_organisations(
        panel_instances, respondent_profiles, table=lake.tables["instance_organisations"]
    )
    owners = made.groupby("block")["organisation_id"].nunique()
    return dg.MaterializeResult(
        value=made, metadata={f"collectivités with {block}": int(n) for block, n in owners.items()}
    )


@dg.asset(deps=["accepted_editions"])
def comparability(survey: SurveyHome) -> dg.MaterializeResult[pd.DataFrame]:
    """Grade every variable and item for every pair of editions.

    The codebook says it all, but a new receipt may come from a new state of the codebook: grades
    are made again whenever the panel is, or a release would hold those of another questionnaire.
    """
    table = comparability_table(survey.read_codebook())
    grades = table["grade"].value_counts()
    return dg.MaterializeResult(
        value=table, metadata={str(grade): int(count) for grade, count in grades.items()}
    )


ASSETS = (
    panel_responses,
    panel_instances,
    respondent_profiles,
    link_changes,
    organisations,
    panel_relations,
    panel_membership,
    instance_organisations,
    comparability,
)


def _references(survey: SurveyHome, rows: pd.DataFrame) -> dict[str, Reference | None]:
    key = survey.read_codebook().survey.survey
    return looked_up_in(survey.read_reference(), rows, survey=key)


def _synthetic(accepted: ByEdition, editions: list[str]) -> dict[str, bool]:
    return {edition: bool(accepted[edition]["synthetic"].iloc[0]) for edition in editions}


def _pass_gate(
    context: dg.AssetExecutionContext,
    survey: SurveyHome,
    lake: Lake,
    accepted: ByEdition,
    codebook: Codebook,
) -> list[str]:
    standings = []
    for edition in codebook.edition_keys:
        receipt = _receipt(accepted.get(edition))
        landed, error = _landed(survey, edition)
        covered = [t.name for t in lake.tables.values() if t.per_edition and t.stage == "normalise"]
        checksums = {name: lake.checksum(name, edition) for name in covered}
        checksums.pop("accepted_editions")
        standings.append(
            Standing(
                edition=edition,
                landed=landed,
                landing_error=error,
                stored={name: value for name, value in checksums.items() if value is not None},
                receipt=receipt,
                last_attempt=_last_attempt(context.instance, edition),
            )
        )
    return open_editions(standings, codebook_sha256=codebook.sha256)


def _receipt(frame: pd.DataFrame | None) -> Receipt | None:
    if frame is None or frame.empty:
        return None
    row = frame.iloc[0]
    return Receipt(
        landing_sha256=row["landing_sha256"],
        codebook_sha256=row["codebook_sha256"],
        partition_sha256=json.loads(row["partition_sha256"]),
    )


def _landed(survey: SurveyHome, edition: str) -> tuple[str | None, str | None]:
    """Return the checksum of what landed, or why it cannot be read; neither when nothing has.

    A link that leads nowhere is an error, not an absence: the disk it names may be away for a day.
    """
    folder = survey.landing / edition
    try:
        if not folder.is_symlink() and not folder.exists():
            return None, None
        if folder.is_dir() and all(path.name.startswith(".") for path in folder.iterdir()):
            return None, None
        return landing_sha256(folder), None
    except (OSError, RefusedExport) as error:
        return None, f"the landing folder cannot be read: {error}"


def _last_attempt(instance: dg.DagsterInstance, edition: str) -> str | None:
    """Return what the last run of the edition job complained of, None when it succeeded."""
    runs = instance.get_runs(
        filters=dg.RunsFilter(job_name=EDITION_JOB, tags={"dagster/partition": edition}), limit=1
    )
    if not runs or runs[0].status == dg.DagsterRunStatus.SUCCESS:
        return None
    run = runs[0]
    wanted = {dg.DagsterEventType.ASSET_CHECK_EVALUATION, dg.DagsterEventType.STEP_FAILURE}
    said = []
    for entry in instance.all_logs(run.run_id, of_type=wanted):
        event = entry.dagster_event
        if event is None:
            continue
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            if not evaluation.passed:
                key = evaluation.asset_key.to_user_string()
                said.append(f"check {evaluation.check_name} of {key} failed")
        elif event.step_failure_data.error is not None:
            error = event.step_failure_data.error
            if error.cls_name != "DagsterAssetCheckFailedError":  # the check says it better
                told = _in_its_own_words((error.cause or error).message)
                said.append(f"step {event.step_key} failed: {told}")
    lines = "\n".join(said or ["no step failed"])
    return f"{run.status.value}, run {run.run_id}\n{textwrap.indent(lines, ' ' * 6)}"


def _in_its_own_words(message: str) -> str:
    """Return the message of an exception, without its class when this package raised it."""
    name, _, words = message.strip().partition(": ")
    return words if words and name.startswith("observatoire_pipeline.") else message.strip()
