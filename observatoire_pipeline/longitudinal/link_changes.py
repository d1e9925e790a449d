"""Links that changed since they were first made: no edition moves an older one in silence.

In: the history of each response's link, to which a run adds what differs. Not in: how links are
made (`identity`), and who is told (`assets`).

The history outlives a publication that fails: it is compared with itself, not with the profiles
that the run replaces.
"""

from __future__ import annotations

import pandas as pd

from observatoire_pipeline.tables.frames import conform
from observatoire_pipeline.tables.model import Table

_KEYS = ["edition", "respondent_id"]


def link_changes(
    profiles: pd.DataFrame, history: pd.DataFrame, *, run_id: str, table: Table
) -> pd.DataFrame:
    """Return the history with what changed: a row where a link is new or is not what it was.

    Args:
        profiles: Frame of `respondent_profiles`, as it is now.
        history: Frame of `table` of the last run; empty at first.
        run_id: The run that finds the changes.
        table: The declaration of `link_changes`.

    Returns:
        A frame of `table`, `change` counted from 0 for the first link of a response. Responses that
        are in the panel no more are forgotten, so that a withdrawn answer leaves no trace.
    """
    held = history.merge(profiles[_KEYS], on=_KEYS, how="inner", validate="many_to_one")
    last = held.sort_values("change").drop_duplicates(_KEYS, keep="last")
    now = profiles[[*_KEYS, "organisation_id", "link", "reason"]].merge(
        last[[*_KEYS, "change", "organisation_id", "link"]].rename(
            columns={"organisation_id": "previous_organisation_id", "link": "previous_link"}
        ),
        on=_KEYS,
        how="left",
        validate="one_to_one",
    )
    first = now["change"].isna()
    differs = first | (now["organisation_id"] != now["previous_organisation_id"])
    differs |= now["link"] != now["previous_link"]
    added = now[differs].copy()
    added["change"] = (added["change"].fillna(-1) + 1).astype("int64")
    for column in ("previous_organisation_id", "previous_link"):
        added[column] = added[column].astype("str").fillna("")
    added["run_id"] = run_id
    joined = pd.concat([held, added[table.column_names]], ignore_index=True)
    return conform(
        joined.sort_values(["edition", "respondent_id", "change"], ignore_index=True), table
    )


def changed_in(history: pd.DataFrame, *, run_id: str) -> pd.DataFrame:
    """Return the links that a run found changed, first links apart."""
    return history[(history["run_id"] == run_id) & (history["change"] > 0)]
