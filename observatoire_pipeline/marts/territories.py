"""Where the respondents are: how many collectivités answered in each département.

In: the rows of `mart_departements`. Not in: which département a collectivité lies in
(`longitudinal`), what the others of the frame are (`coverage`), the map (`charts.map`).

Counts of who answered, not of what was answered: every département has a row, zero or not, and
those that no tile can hold (régions, unknown places) have one of their own, so that the rows of an
edition sum to its collectivités.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.collectivites.enrichment import UNKNOWN
from observatoire_pipeline.tables.frames import conform, from_records
from observatoire_pipeline.tables.model import Table

REGION = "region"
"""The row of those that are no part of a département: régions."""

UNIT, STATISTIC = "collectivite", "respondents"
_BASE = {"fr": "collectivités répondantes", "en": "responding authorities"}


def departement_counts(
    profiles: pd.DataFrame, *, codebook: Codebook, names: Mapping[str, str], table: Table
) -> pd.DataFrame:
    """Count the collectivités and the responses of each edition by département.

    Args:
        profiles: Frame of `respondent_profiles`.
        codebook: The survey; the order of its editions, the language of the base.
        names: Code of every département → its name.
        table: The declaration of `mart_departements`.

    Returns:
        A frame of `table`: for each edition every département, then `region` and `unknown`.

    Raises:
        ValueError: a profile names a département that is not in `names`; lists every one.
    """
    places = [*sorted(names), REGION, UNKNOWN]
    told = profiles["departement"].astype("str").replace("", REGION)
    strange = sorted(set(told) - set(places))
    if strange:
        raise ValueError(f"respondent_profiles: no such départements: {', '.join(strange)}")
    parts = []
    for edition in codebook.edition_keys:
        mine = (profiles["edition"] == edition).to_numpy()
        if not mine.any():
            continue
        counting = mine & profiles["counts"].to_numpy(dtype=bool)
        collectivites = told[counting].value_counts().reindex(places, fill_value=0)
        responses = told[mine].value_counts().reindex(places, fill_value=0)
        total = int(counting.sum())
        parts.append(
            pd.DataFrame(
                {
                    "figure_id": [f"{edition}.{UNIT}.departement.{p}.{STATISTIC}" for p in places],
                    "edition": edition,
                    "unit": UNIT,
                    "departement": places,
                    "departement_name": [names.get(place, "") for place in places],
                    "collectivites_n": collectivites.to_numpy(dtype=np.int64),
                    "responses_n": responses.to_numpy(dtype=np.int64),
                    "base_words": f"{total} {_BASE[codebook.survey.language]}",
                    "base_n": total,
                    "synthetic": bool(profiles.loc[mine, "synthetic"].iloc[0]),
                }
            )
        )
    if not parts:
        return from_records([], table)
    return conform(pd.concat(parts, ignore_index=True), table)
