"""Whom the respondents stand for: those who answered against all who could have.

In: the rows of `mart_coverage`. Not in: the frame of a day (`frames`), weights.

The frame is every collectivité with a council of its own on the day of the edition; of a synthetic
edition it is the list of fictional ones. Where the list of a day is not known (EPCI before 2019
without the yearly tables) the size of the frame is empty, not that of another day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from observatoire_pipeline.collectivites.enrichment import UNKNOWN, coverage
from observatoire_pipeline.collectivites.reference import Reference
from observatoire_pipeline.marts.frames import listed
from observatoire_pipeline.marts.groups import class_label, type_label
from observatoire_pipeline.tables.frames import conform, from_records
from observatoire_pipeline.tables.model import Table

ALL = "all"
STRATA = ("type", "size_class", "region")
MARGINS: tuple[tuple[str, ...], ...] = (
    (),
    ("type",),
    ("size_class",),
    ("region",),
    ("type", "size_class"),
    ("type", "region"),
    STRATA,
)


def coverage_counts(
    profiles: pd.DataFrame,
    *,
    references: Mapping[str, Reference | None],
    language: str,
    regions: Mapping[str, str],
    table: Table,
) -> pd.DataFrame:
    """Return respondents against the frame, overall, on each margin and in each cell.

    Args:
        profiles: Frame of `respondent_profiles`.
        references: Edition → the reference in which it was looked up; no rows without one, nor of
            an edition in which nobody gave a name.
        language: `survey.language`, of the words of a stratum.
        regions: Official code → name of the régions.
        table: The declaration of `mart_coverage`.

    Returns:
        A frame of `table`, in the order of editions and margins.
    """
    parts = [
        _of_edition(rows, reference=reference)
        for edition, rows in profiles.groupby("edition", sort=False)
        if (reference := references.get(str(edition))) is not None
        and (rows["link"] != "unnamed").any()
    ]
    if not parts:
        return from_records([], table)
    made = pd.concat(parts, ignore_index=True)
    made["stratum_label"] = _labels(made, language=language, regions=regions)
    return conform(made[table.column_names], table)


def _labels(made: pd.DataFrame, *, language: str, regions: Mapping[str, str]) -> list[str]:
    """Return the words of each stratum: those of its type, class and région that are not all."""

    def told(of_type: str, size_class: str, region: str) -> str:
        parts = [] if of_type == ALL else [type_label(of_type, language=language)]
        parts += [] if size_class == ALL else [class_label(size_class, language=language)]
        unknown = type_label(UNKNOWN, language=language)
        parts += [] if region == ALL else [regions.get(region, unknown)]
        return ", ".join(parts) or type_label(ALL, language=language)

    strata = made[list(STRATA)].astype("str")
    return [told(*stratum) for stratum in strata.itertuples(index=False, name=None)]


def _of_edition(rows: pd.DataFrame, *, reference: Reference) -> pd.DataFrame:
    synthetic = bool(rows["synthetic"].iloc[0])
    frame = listed(rows, reference=reference).assign(**{ALL: ALL})
    inside = rows["unit_id"].isin(frame["unit_id"])
    outside = rows.loc[~inside & rows["counts"], "organisation_id"].nunique()
    parts = []
    for margin in MARGINS:
        by = list(margin) or [ALL]
        cells = coverage(rows.loc[inside, "unit_id"], frame=frame, by=by)
        known = _known(frame, by)
        cells["known"] = pd.MultiIndex.from_frame(cells[by]).map(known).astype(bool)
        parts.append(_named(cells, margin, outside=outside))
    made = pd.concat(parts, ignore_index=True)
    return made.assign(
        edition=rows["edition"].iloc[0],
        frame_source="fictional" if synthetic else "reference",
        synthetic=synthetic,
    )


def _known(frame: pd.DataFrame, by: list[str]) -> dict[Any, bool]:
    """Tell of each stratum whether its list is that of the day."""
    strata = frame[by].astype("str").where(frame[by].notna(), "unknown")
    known = frame["attested"].groupby([strata[column] for column in by]).all()
    return {key if isinstance(key, tuple) else (key,): bool(v) for key, v in known.items()}


def _named(cells: pd.DataFrame, margin: tuple[str, ...], *, outside: int) -> pd.DataFrame:
    """Spell a margin: `all` where a stratum is not split, and no frame where none is known."""
    made = cells.assign(**{column: ALL for column in STRATA if column not in margin})
    frame_n = made["frame"].astype("Int64").where(made["known"])
    complete = bool(made["known"].all())
    empty = pd.Series(pd.NA, index=made.index)
    return made.assign(
        margin=" × ".join(margin) or ALL,
        frame_n=frame_n,
        respondents_n=made["respondents"],
        responses_n=made["responses"],
        share=(made["respondents"] / frame_n.astype("Float64")),
        representation=(made["representation"] if complete else empty).astype("Float64"),
        outside_n=pd.Series(pd.NA if margin else outside, index=made.index, dtype="Int64"),
    )
