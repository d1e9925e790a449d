"""What the reference adds to an answer, and whom the answers leave out.

In: type, size class, département and région of each collectivité; amounts per inhabitant as
intervals; respondents against the frame. Not in: which collectivité an answer speaks for
(`matching`), and weights (`estimation`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from observatoire_pipeline.collectivites.origins import CollectiviteError
from observatoire_pipeline.collectivites.reference import (
    KINDS,
    UNIT_COLUMNS,
    Reference,
    as_day,
    units_at,
)
from observatoire_pipeline.collectivites.strata import SIZE_CLASSES

ADDED_COLUMNS = (
    "unit_id", "siren", "name", "type", "departement", "region", "epci", "population",
    "population_source", "size_class", "valid_from",
)  # fmt: skip
"""What `enrich` adds, as `reference` describes it."""

STRATA = ("type", "size_class", "region")
UNKNOWN = "unknown"

_SHOWN = 50


def enrich(answers: pd.DataFrame, *, reference: Reference) -> pd.DataFrame:
    """Add what the reference knows of the collectivité of each answer on its date.

    Args:
        answers: kind, code, date (ISO text or date; one a row), and anything else. A row without
            kind and code (both "") is one that was linked to nothing.
        reference: The reference.

    Returns:
        The answers in their order and with their index, with `ADDED_COLUMNS`: "" and null for
        rows without collectivité. A population with source `taken_from_successor` is that of a
        larger unit, and so is its size class: a reader must be told.

    Raises:
        CollectiviteError: lists missing columns and those already there, impossible dates,
            unknown kinds, and every (kind, code) that did not exist on its date; nothing is added.
    """
    missing = [column for column in ("kind", "code", "date") if column not in answers]
    taken = [column for column in ADDED_COLUMNS if column in answers]
    if missing or taken:
        told = [f"the answers miss the columns {missing}"] * bool(missing)
        told += [f"the answers hold columns that the reference adds: {taken}"] * bool(taken)
        raise CollectiviteError(told)
    linked = answers[(answers["kind"] != "") | (answers["code"] != "")]
    problems = [
        f"unknown kind {kind!r}; known: {', '.join(KINDS)}"
        for kind in sorted(set(linked["kind"].unique()) - set(KINDS))
    ]
    found = []
    for date, rows in linked.groupby("date", sort=True):
        try:
            day = as_day(date)
        except CollectiviteError as error:
            problems += error.problems
            continue
        keys = rows[["kind", "code"]].drop_duplicates()
        added = keys.merge(
            units_at(reference, date=day)[["kind", "code", *ADDED_COLUMNS]],
            on=["kind", "code"],
            how="left",
            validate="one_to_one",
        )
        absent = added[added["unit_id"].isna() & added["kind"].isin(KINDS)]
        problems += [
            f"{kind} {code} did not exist on {day}"
            for kind, code in zip(absent["kind"], absent["code"], strict=True)
        ]
        found.append(added.assign(date=date))
    if problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise CollectiviteError([*problems[:_SHOWN], *more])
    if not found:
        return answers.assign(**_nothing(answers.index))
    enriched = answers.merge(
        pd.concat(found, ignore_index=True),
        on=["kind", "code", "date"],
        how="left",
        validate="many_to_one",
    ).set_axis(answers.index)
    text = [c for c in ADDED_COLUMNS if c not in ("population", "size_class")]
    enriched[text] = enriched[text].fillna("")
    enriched["size_class"] = enriched["size_class"].astype(
        pd.CategoricalDtype(list(SIZE_CLASSES), ordered=False)
    )
    return enriched


def _nothing(index: pd.Index) -> dict[str, pd.Series]:
    empty = {column: pd.Series("", index=index, dtype="str") for column in ADDED_COLUMNS}
    empty["population"] = pd.Series(pd.NA, index=index, dtype="Int64")
    empty["size_class"] = pd.Series(pd.Categorical([None] * len(index), list(SIZE_CLASSES)), index)
    return empty


def per_inhabitant(lower: pd.Series, upper: pd.Series, *, population: pd.Series) -> pd.DataFrame:
    """Divide amounts known as intervals by the population: [L, U) € → [L/P, U/P) € an inhabitant.

    Args:
        lower: Lower bounds in euros, null where the bracket is open below.
        upper: Upper bounds, not reached; null where it is open above. Equal to the lower bound
            for a single value.
        population: Inhabitants, null where unknown.

    Returns:
        `lower`, `upper` in euros an inhabitant (Float64, null where open), `known`: whether there
        is an interval at all. False without population, for a population of 0 (six communes have
        none), and for an answer without bracket (both bounds null).

    Raises:
        ValueError: a lower bound above its upper bound, or a negative population.
    """
    low, high = lower.astype("Float64"), upper.astype("Float64")
    inhabitants = population.astype("Float64")
    if (low > high).fillna(False).any():
        raise ValueError(f"lower bound above the upper one in rows {_rows(low > high)}")
    if (inhabitants < 0).fillna(False).any():
        raise ValueError(f"negative population in rows {_rows(inhabitants < 0)}")
    known = (inhabitants > 0).fillna(False) & ~(low.isna() & high.isna())
    divisor = inhabitants.where(known)
    return pd.DataFrame({"lower": low / divisor, "upper": high / divisor, "known": known})


def _rows(wrong: pd.Series) -> list[object]:
    return list(wrong.index[wrong.fillna(False)][:5])


def frame_at(reference: Reference, *, date: dt.date | str) -> pd.DataFrame:
    """Return the collectivités that could have answered on a day.

    Returns:
        `UNIT_COLUMNS` of the units with a council of their own: territories that another unit
        governs are left out. `attested` is False for EPCI whose list is not that of the day.

    Raises:
        CollectiviteError: the date is outside the reference.
    """
    units = units_at(reference, date=date)
    return units[units["governed_by"] == ""].reset_index(drop=True)[list(UNIT_COLUMNS)]


def coverage(
    respondents: pd.Series, *, frame: pd.DataFrame, by: Sequence[str] = STRATA
) -> pd.DataFrame:
    """Count respondents against the frame, stratum by stratum.

    Args:
        respondents: `unit_id` of the collectivité of each response; "" for one linked to none.
            A collectivité that answered several times counts once.
        frame: One collectivité a row: unit_id, the columns of `by`, population.
        by: What a stratum is: columns of the frame. A null is the stratum `unknown`.

    Returns:
        One row a stratum of the frame, in order: the columns of `by` (text), frame (number of
        collectivités), respondents, responses, share (respondents / frame), frame_share,
        respondent_share (of all), representation (respondent_share / frame_share: 1 is a mirror of
        the frame), frame_population and respondent_population (inhabitants, those unknown left
        out). Shares are 0–1 and null without respondents at all.

    Raises:
        CollectiviteError: lists missing columns, identities that the frame holds twice, and
            respondents that it does not hold.
    """
    needed = ["unit_id", "population", *by]
    missing = [column for column in needed if column not in frame]
    if missing:
        raise CollectiviteError([f"the frame misses the columns {missing}"])
    problems = [
        f"the frame holds {unit} twice"
        for unit in frame.loc[frame["unit_id"].duplicated(), "unit_id"]
    ]
    linked = respondents[respondents != ""]
    strangers = sorted(set(linked.unique()) - set(frame["unit_id"]))
    problems += [f"{unit} answered and is not in the frame" for unit in strangers]
    if problems:
        raise CollectiviteError(problems)
    strata = frame[list(by)].astype("str").where(frame[list(by)].notna(), UNKNOWN)
    responses = frame["unit_id"].map(linked.value_counts()).fillna(0).astype(int)
    answered = responses > 0
    population = frame["population"].fillna(0)
    cells = (
        strata.assign(
            frame=1,
            respondents=answered.astype(int),
            responses=responses,
            frame_population=population,
            respondent_population=population.where(answered, 0),
        )
        .groupby(list(by), as_index=False, sort=False)
        .sum()
    )
    total = cells["respondents"].sum()
    cells["share"] = cells["respondents"] / cells["frame"]
    cells["frame_share"] = cells["frame"] / cells["frame"].sum()
    cells["respondent_share"] = cells["respondents"] / (total if total else np.nan)
    cells["representation"] = cells["respondent_share"] / cells["frame_share"]
    order = cells[list(by)].apply(_rank)
    return cells.loc[order.sort_values(list(by)).index].reset_index(drop=True)[
        [
            *by, "frame", "respondents", "responses", "share", "frame_share", "respondent_share",
            "representation", "frame_population", "respondent_population",
        ]
    ]  # fmt: skip


def _rank(labels: pd.Series) -> pd.Series:
    """Rank the labels of a stratum: size classes by size, everything else by its text."""
    sizes = {name: f"{place:02d}" for place, name in enumerate([*SIZE_CLASSES, UNKNOWN])}
    return labels.map(sizes).fillna(labels) if labels.name == "size_class" else labels
