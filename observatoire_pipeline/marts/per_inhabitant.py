"""Euros per inhabitant: each bracket over the population of who answered, and their distribution.

In: the rows of `per_inhabitant` (one response) and `mart_per_inhabitant` (an edition). Not in: the
estimator (`estimation.turnbull`).

A bracket over a population is the collectivité's own interval, and its ends would tell which one
it is: what is published of the distribution stands on one grid of 1, 2 and 5 for every edition.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, column_name
from observatoire_pipeline.codebook.models import Brackets
from observatoire_pipeline.collectivites.enrichment import per_inhabitant
from observatoire_pipeline.estimation.turnbull import IntervalDistribution, turnbull
from observatoire_pipeline.tables.frames import conform, from_records
from observatoire_pipeline.tables.model import Table

_BASE = {
    "fr": "collectivités dont la tranche et la population sont connues",
    "en": "respondents whose bracket and population are known",
}

KNOWN, NO_AMOUNT, NO_POPULATION, TOO_LARGE = "known", "no_amount", "no_population", "too_large"

GRID = tuple(
    round(digit * 10.0**power, 6) for power in range(-2, 4) for digit in (1, 2, 5)
)  # 0.01 … 5000 € an inhabitant


def intervals(
    panel_responses: pd.DataFrame, profiles: pd.DataFrame, *, codebook: Codebook, table: Table
) -> pd.DataFrame:
    """Return each response to each question of money as an interval of euros per inhabitant.

    Args:
        panel_responses: Frame of `panel_responses`.
        profiles: Frame of `respondent_profiles`, which covers every response.
        codebook: `survey.identity.per_inhabitant` names the bracket questions that ask for euros.
        table: The declaration of `per_inhabitant`.

    Returns:
        A frame of `table`. `state` tells why there is no interval: no amount, no population, or a
        population that is known to be that of a larger unit.
    """
    keys = ["edition", "respondent_id"]
    rows = panel_responses.merge(
        profiles[[*keys, "organisation_id", "counts", "population", "population_source"]],
        on=keys,
        how="left",
        validate="one_to_one",
    )
    parts = []
    for variable in codebook.survey.identity.per_inhabitant:
        for edition, own in rows.groupby("edition", sort=False):
            if codebook.asked(variable, str(edition)):
                parts.append(_of_question(own, variable, str(edition), codebook=codebook))
    if not parts:
        return from_records([], table)
    made = pd.concat(parts, ignore_index=True).sort_values(list(table.key), ignore_index=True)
    return conform(made[table.column_names], table)


def _of_question(
    rows: pd.DataFrame, variable: str, edition: str, *, codebook: Codebook
) -> pd.DataFrame:
    scale = codebook.scale_of(variable, edition)
    if not isinstance(scale, Brackets):
        raise TypeError(f"variable {variable}: its answers in {edition} are no brackets")
    codes = rows[column_name(variable, None)].astype("str")
    lower = codes.map({one.code: one.lower for one in scale.codes}).astype("Float64")
    upper = codes.map({one.code: one.upper for one in scale.codes}).astype("Float64")
    too_large = rows["population_source"] == "taken_from_successor"
    population = rows["population"].mask(too_large)
    each = per_inhabitant(lower, upper, population=population)
    amount = codes.isin([one.code for one in scale.codes])
    return rows[
        ["edition", "respondent_id", "organisation_id", "counts", "population", "synthetic"]
    ].assign(
        variable=variable,
        code=codes,
        lower=each["lower"],
        upper=each["upper"],
        state=np.select(
            [~amount, too_large, ~each["known"]], [NO_AMOUNT, TOO_LARGE, NO_POPULATION], KNOWN
        ),
    )


def distributions(each: pd.DataFrame, *, codebook: Codebook, table: Table) -> pd.DataFrame:
    """Return the most likely distribution of euros per inhabitant, by edition and question.

    One interval a collectivité (the response that counts). The median lies between the two given
    bounds, those of its cell widened to the grid; a class of the grid holds at least `share_low`
    and at most `share_high` of the collectivités.

    Args:
        each: Frame of `per_inhabitant`.
        codebook: `survey.disclosure.smallest_base` hides a distribution of fewer collectivités.
        table: The declaration of `mart_per_inhabitant`.

    Raises:
        NotConvergedError: the likelihood has no maximum within the steps allowed.
    """
    records: list[dict[str, Any]] = []
    for (edition, variable), rows in each[each["counts"]].groupby(
        ["edition", "variable"], sort=False
    ):
        known = rows[rows["state"] == KNOWN]
        hidden = len(known) < codebook.survey.disclosure.smallest_base
        label = codebook.variables[str(variable)].label
        base = {
            "edition": edition,
            "variable": variable,
            "variable_label": label,
            "base_n": len(known),
            "base_words": _BASE[codebook.survey.language],
            "no_amount_n": int((rows["state"] == NO_AMOUNT).sum()),
            "no_population_n": int((rows["state"] == NO_POPULATION).sum()),
            "too_large_n": int((rows["state"] == TOO_LARGE).sum()),
            "suppressed": hidden,
            "synthetic": bool(rows["synthetic"].iloc[0]),
        }
        if hidden:
            records.append({**base, "statistic": "median", "place": 0, **_NOTHING})
            continue
        scale = codebook.scale_of(str(variable), str(edition))
        lower = _ends(known["lower"])
        if isinstance(scale, Brackets) and any(b.lower == b.upper == 0 for b in scale.codes):
            # "Nothing" is an answer of its own: who gave another spends something.
            nothing = (known["upper"] == 0).to_numpy(dtype=bool, na_value=False)
            lower = [
                _SOMETHING if end == 0 and not none else end
                for end, none in zip(lower, nothing, strict=True)
            ]
        found = turnbull(lower, _ends(known["upper"]))
        records += [{**base, **statistic} for statistic in _statistics(found)]
    return from_records(records, table)


def _ends(bounds: pd.Series) -> list[float | None]:
    return [None if pd.isna(bound) else float(bound) for bound in bounds]


_SOMETHING = math.nextafter(0.0, 1.0)
"""The least amount that is not nothing."""

_NOTHING = dict.fromkeys(("lower", "upper", "share_low", "share_high"))


def _statistics(found: IntervalDistribution) -> Iterator[dict[str, Any]]:
    low, high = found.quantile_cell(0.5)
    yield {
        "statistic": "median",
        "place": 0,
        **_NOTHING,
        "lower": _down(low),
        "upper": _up(high),
    }
    edges = [0.0, *GRID, math.inf]
    for place, (lower, upper) in enumerate(pairwise(edges), start=1):
        least, most = found.share_between(lower, upper)
        if most > 0:
            yield {
                "statistic": "share",
                "place": place,
                "lower": lower,
                "upper": None if math.isinf(upper) else upper,
                "share_low": least,
                "share_high": most,
            }


def _down(value: float) -> float:
    return max((edge for edge in GRID if edge <= value), default=0.0)


def _up(value: float) -> float | None:
    if value <= 0:
        return 0.0
    return min((edge for edge in GRID if edge >= value), default=None)
