"""Panels written as small tables: only the columns that a test speaks of, the others blank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.longitudinal.stacking import stack_instances, stack_responses
from observatoire_pipeline.marts.breakdowns import estimates as estimates_by_group
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import conform
from observatoire_pipeline.tables.model import Table

Answers = Mapping[str, Sequence[object]]


def norm_responses(codebook: Codebook, edition: str, **answers: Sequence[object]) -> pd.DataFrame:
    """Return `norm_responses` of an edition; unnamed questions are `no_answer` or `not_asked`."""
    rows = len(next(iter(answers.values())))
    return conform(
        pd.DataFrame(
            {
                "edition": [edition] * rows,
                "respondent_id": [f"r{row}" for row in range(1, rows + 1)],
                "source_id": ["s1"] * rows,
                "row": range(3, rows + 3),
                "collector": [""] * rows,
                "started_at": [pd.NaT] * rows,
                "ended_at": [pd.NaT] * rows,
                **_columns(codebook, edition, answers, rows, block=None),
            }
        ),
        catalogue(codebook)["norm_responses"],
    )


def norm_instances(
    codebook: Codebook,
    edition: str,
    *,
    respondents: Sequence[str],
    instances: Sequence[int],
    block: str = "outils",
    **answers: Sequence[object],
) -> pd.DataFrame:
    """Return `norm_instances` of an edition for one repeated block."""
    rows = len(respondents)
    return conform(
        pd.DataFrame(
            {
                "edition": [edition] * rows,
                "respondent_id": list(respondents),
                "block": [block] * rows,
                "instance": list(instances),
                **_columns(codebook, edition, answers, rows, block=block),
            }
        ),
        catalogue(codebook)["norm_instances"],
    )


def _columns(
    codebook: Codebook, edition: str, answers: Answers, rows: int, *, block: str | None
) -> dict[str, Sequence[object]]:
    made: dict[str, Sequence[object]] = {}
    for column in codebook.table_columns(repeated=block is not None):
        name = column.variable.variable
        asked = codebook.asked(name, edition, item=column.item)
        if block is not None and asked:
            asked = codebook.block_of(name, edition).block == block
        made[column.name] = answers.get(column.name, ["no_answer" if asked else "not_asked"] * rows)
        if column.variable.kind == "number" and column.coding is None:
            made[name] = pd.array(answers.get(name, [None] * rows), dtype="Float64")
    unknown = set(answers) - set(made)
    assert not unknown, f"no such columns: {unknown}"
    return made


def panel(
    codebook: Codebook,
    responses: Mapping[str, pd.DataFrame],
    instances: Mapping[str, pd.DataFrame] | None = None,
    *,
    synthetic: bool = True,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `panel_responses` and `panel_instances` of the editions given."""
    tables = catalogue(codebook)
    flags = dict.fromkeys(codebook.edition_keys, synthetic)
    return (
        stack_responses(
            responses, codebook=codebook, table=tables["panel_responses"], synthetic=flags
        ),
        stack_instances(
            instances or {}, codebook=codebook, table=tables["panel_instances"], synthetic=flags
        ),
    )


def profiles(
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    codebook: Codebook,
    **columns: Sequence[object],
) -> pd.DataFrame:
    """Return `respondent_profiles` of a panel: each respondent a collectivité of its own.

    Args:
        panel_responses: Gives the respondents, with those of `panel_instances`.
        panel_instances: As that.
        codebook: The survey.
        columns: What a test says of the respondents, in their order; the rest is unknown.
    """
    keys = ["edition", "respondent_id", "synthetic"]
    known = pd.concat([panel_responses[keys], panel_instances[keys]])
    known = known.drop_duplicates(["edition", "respondent_id"], ignore_index=True)
    table = catalogue(codebook)["respondent_profiles"]
    unknown = dict.fromkeys(("type", "size_class", "region", "departement"), "unknown")
    blank = {
        column.name: None if column.nullable else "" if column.type == "text" else 0
        for column in table.columns
        if column.name not in keys
    }
    alone = "new:" + known["respondent_id"]
    told = {"organisation_id": alone, "counts": True, "responses": 1}
    made = known.assign(**{**blank, **unknown, **told, **columns})
    return conform(made[table.column_names], table)


def estimates(
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    *,
    codebook: Codebook,
    tables: Mapping[str, Table],
    **columns: Sequence[object],
) -> pd.DataFrame:
    """Return `mart_estimates` of a panel; `columns` say who the respondents are."""
    return estimates_by_group(
        panel_responses,
        panel_instances,
        profiles(panel_responses, panel_instances, codebook, **columns),
        codebook=codebook,
        regions={"53": "Bretagne", "75": "Nouvelle-Aquitaine"},
        tables=tables,
    )
