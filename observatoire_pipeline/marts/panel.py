"""Who came back: collectivités that answered two editions, those lost and those new.

In: the rows of `mart_panel`. Not in: who is the same and who took over whom (`longitudinal.panel`),
and changes of answers (`changes`).

A collectivité counts once an edition, however often it answered. Responses that name nobody cannot
be followed: they are counted beside the shares, not in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pandas as pd

from observatoire_pipeline.marts.groups import type_label
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table

_BASE = {
    "fr": "collectivités ayant donné leur nom dans l’édition {edition}",
    "en": "respondents of the edition {edition} that gave a name",
}

ALL = "all"
SAME, WITH_SUCCESSORS = "same", "with_successors"


def panel_counts(
    profiles: pd.DataFrame,
    relations: pd.DataFrame,
    *,
    editions: Sequence[str],
    language: str,
    table: Table,
) -> pd.DataFrame:
    """Return retention and renewal between each pair of editions, overall and by type.

    Args:
        profiles: Frame of `respondent_profiles`.
        relations: Frame of `panel_relations`.
        editions: The editions of the panel, in order.
        language: `survey.language`, of the words of the base.
        table: The declaration of `mart_panel`.

    Returns:
        A frame of `table`. The counts of the types add up to those of `all`: what left is counted
        by the type it had, what came by the type it has. No pair joins synthetic and real answers,
        and there is none where nobody gave a name.
    """
    who = profiles[profiles["counts"]]
    records: list[dict[str, Any]] = []
    for earlier, later in combinations(editions, 2):
        before, after = (who[who["edition"] == edition] for edition in (earlier, later))
        if before.empty or after.empty:
            continue
        if before["synthetic"].iloc[0] != after["synthetic"].iloc[0]:
            continue
        if (before["link"] == "unnamed").all() and (after["link"] == "unnamed").all():
            continue
        own = relations[
            (relations["edition_from"] == earlier)
            & (relations["edition_to"] == later)
            & relations["main"]
        ]
        base = _BASE[language].format(edition=earlier)
        for succession in (SAME, WITH_SUCCESSORS):
            ways = own if succession == WITH_SUCCESSORS else own.iloc[:0]
            records += _of_pair(before, after, ways, succession=succession, base=base)
    for record in records:
        record["type_label"] = type_label(record["type"], language=language)
    return from_records(records, table)


def _of_pair(
    before: pd.DataFrame, after: pd.DataFrame, ways: pd.DataFrame, *, succession: str, base: str
) -> list[dict[str, Any]]:
    back = before["organisation_id"].isin(after["organisation_id"])
    back |= before["organisation_id"].isin(ways["from_organisation"])
    old = after["organisation_id"].isin(before["organisation_id"])
    old |= after["organisation_id"].isin(ways["to_organisation"])
    types = sorted({*before["type"], *after["type"]})
    earlier, later = before["edition"].iloc[0], after["edition"].iloc[0]
    untold = ~(before["attested"].all() and after["attested"].all())
    made = []
    for of_type in (ALL, *types):
        left = before if of_type == ALL else before[before["type"] == of_type]
        came = after if of_type == ALL else after[after["type"] == of_type]
        from_named, to_named = (rows["link"] != "unnamed" for rows in (left, came))
        from_n, to_n = int(from_named.sum()), int(to_named.sum())
        retained_n = int((back[left.index] & from_named).sum())
        known_n = int((old[came.index] & to_named).sum())
        made.append(
            {
                "edition_from": earlier,
                "edition_to": later,
                "type": of_type,
                "succession": succession,
                "from_n": from_n,
                "to_n": to_n,
                "retained_n": retained_n,
                "lost_n": from_n - retained_n,
                "known_n": known_n,
                "entrants_n": to_n - known_n,
                "retention_share": retained_n / from_n if from_n else None,
                "entrant_share": (to_n - known_n) / to_n if to_n else None,
                "from_unnamed_n": int((~from_named).sum()),
                "to_unnamed_n": int((~to_named).sum()),
                "from_by_words_n": int(left["link"].isin(["new", "review"]).sum()),
                "to_by_words_n": int(came["link"].isin(["new", "review"]).sum()),
                "succession_known": not (untold and of_type in (ALL, "intercommunalite")),
                "base_words": base,
                "synthetic": bool(before["synthetic"].iloc[0]),
            }
        )
    return made
