"""Weights to all collectivités that could have answered, how they were made, and weighted shares.

In: the rows of `respondent_weights` and `mart_weighting`, and the weighted rows of
`mart_estimates`. Not in: the formulas (`estimation.weighting`), the frame of a day
(`collectivites.enrichment`), which margins (`survey.weighting` of the codebook).

An edition is weighted or refused with every reason; nobody has a weight of 1 because something is
missing. Weights mend type and size, and nothing else: whoever answers chose to.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.collectivites.reference import Reference
from observatoire_pipeline.estimation.intervals import wilson_interval_of_shares
from observatoire_pipeline.estimation.sampling import (
    clustered_shares,
    corrected_effective_n,
    effective_n,
)
from observatoire_pipeline.estimation.weighting import (
    WeightingRefusedError,
    Weights,
    weigh_to_frame,
)
from observatoire_pipeline.longitudinal.profile import survey_class
from observatoire_pipeline.marts.bases import DO_NOT_KNOW
from observatoire_pipeline.marts.estimates import CI_LEVEL, parts_of_figure
from observatoire_pipeline.marts.frames import NOT_WEIGHTED, listed
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table

if TYPE_CHECKING:
    from observatoire_pipeline.marts.units import Units

Floats = npt.NDArray[np.float64]

TYPE_SIZE = "type_size"
"""The name of these weights in the column `weighting` of a figure."""

WEIGHTED, REFUSED, OFF = "weighted", "refused", "off"

SHARE_DECIMALS = 2
"""Weighted shares are given to the point. The weights follow from published counts, and a share to
the last digit would tell how many of each type and size gave the answer."""

_ABSENT = (
    "method", "frame_n", "frame_outside_n", "effective_n", "effective_n_before_trimming",
    "design_effect", "largest_weight", "smallest_weight", "margin_error", "steps", "trimmed_n",
)  # fmt: skip


@dataclass(frozen=True)
class Weighting:
    """What weighting made of all editions.

    Attributes:
        respondents: Frame of `respondent_weights`: respondents of the editions that are weighted.
        editions: Frame of `mart_weighting`.
    """

    respondents: pd.DataFrame
    editions: pd.DataFrame


def weigh(
    profiles: pd.DataFrame,
    *,
    codebook: Codebook,
    references: Mapping[str, Reference | None],
    tables: Mapping[str, Table],
) -> Weighting:
    """Return the weights of every edition that can be weighted, and why others cannot.

    The frame is that of `mart_coverage`, cut by type and by the sizes that the survey asks. One
    response a collectivité is weighted. A type that `survey.weighting` leaves out is in neither the
    frame nor the respondents, and is counted apart.

    Args:
        profiles: Frame of `respondent_profiles`.
        codebook: The survey; without `survey.weighting` every edition is `off`.
        references: Edition → the reference in which it was looked up; None for none.
        tables: The catalogue.
    """
    parts, records = [], []
    for edition, everyone in profiles.groupby("edition", sort=False):
        own = everyone[everyone["counts"]]
        found, record = _of_edition(own, references.get(str(edition)), codebook)
        records.append(
            {
                "edition": edition,
                "weighting": TYPE_SIZE,
                **record,
                "synthetic": bool(own["synthetic"].iloc[0]),
            }
        )
        if found is not None:
            parts.append(found)
    respondents = [row for part in parts for row in part.to_dict("records")]
    return Weighting(
        from_records(respondents, tables["respondent_weights"]),
        from_records(records, tables["mart_weighting"]),
    )


def _of_edition(
    own: pd.DataFrame, reference: Reference | None, codebook: Codebook
) -> tuple[pd.DataFrame | None, dict[str, Any]]:
    rules = codebook.survey.weighting
    record: dict[str, Any] = {
        "status": OFF,
        "reason": "",
        **dict.fromkeys(_ABSENT),
        "method": "",
        "respondents_n": len(own),
        "outside_n": 0,
        "why": "",
        "margins": " × ".join(
            f"{name}: {' | '.join('+'.join(group) for group in groups)}"
            for name, groups in (("type", rules.types), ("size_class", rules.sizes))
        ),
    }
    if not rules.types:
        return None, record | {"margins": "", "reason": "survey.weighting declares no margin"}
    if reference is None:
        return None, record | {"reason": "no list of the collectivités that could have answered"}
    levels = {
        "type": {name: place for place, group in enumerate(rules.types) for name in group},
        "size_class": {name: place for place, group in enumerate(rules.sizes) for name in group},
    }
    frame = _frame(own, reference, codebook)
    at = frame.assign(**{c: frame[c].map(places) for c, places in levels.items()})
    wanted = at["type"].notna()
    unknown = wanted & ~at["attested"]
    record |= {
        "frame_n": int((wanted & at["size_class"].notna()).sum()),
        "frame_outside_n": int((wanted & at["size_class"].isna()).sum()),
    }
    reasons = []
    if unknown.any():
        kinds = ", ".join(sorted(frame.loc[unknown, "type"].unique()))
        reasons.append(f"the list of the day is not known of: {kinds}")
    places = own[["type", "size_class"]].apply(lambda c: c.map(levels[str(c.name)]))
    outside = places["type"].isna()
    homeless = int((~outside & places["size_class"].isna()).sum())
    if homeless:
        reasons.append(f"{homeless} respondents of a type that is weighted have no known size")
    record["outside_n"] = int(outside.sum())
    inside = places[~outside & places["size_class"].notna()].astype("int64")
    table = np.zeros((len(rules.types), len(rules.sizes)))
    listed = at[wanted & at["size_class"].notna()].astype({"type": int, "size_class": int})
    np.add.at(table, (listed["type"].to_numpy(), listed["size_class"].to_numpy()), 1)
    try:
        if reasons or not len(inside) or not table.sum():
            raise WeightingRefusedError(reasons or ["nobody to weight, or nobody to weight to"])
        made = weigh_to_frame(
            inside["type"],
            inside["size_class"],
            table,
            neighbours=_next_sizes(*table.shape),
            smallest=rules.smallest_cell,
            trim_ratio=rules.trim_ratio,
        )
    except WeightingRefusedError as refusal:
        return None, record | {"status": REFUSED, "reason": "; ".join(refusal.reasons)}
    return _weights(own.loc[inside.index], made), record | _diagnosis(made)


def _frame(own: pd.DataFrame, reference: Reference, codebook: Codebook) -> pd.DataFrame:
    """Return the collectivités that could have answered: type, size class, attested."""
    frame = listed(own, reference=reference)
    return pd.DataFrame(
        {
            "type": frame["type"],
            "size_class": survey_class(frame["population"], codebook),
            "attested": frame["attested"].astype(bool),
        }
    )


def _next_sizes(types: int, sizes: int) -> dict[int, list[int]]:
    """Return the neighbours of each cell: the next sizes of the same type, the nearest first."""
    return {
        kind * sizes + size: [
            kind * sizes + other
            for other in sorted(range(sizes), key=lambda o: (abs(o - size), o))
            if abs(other - size) == 1
        ]
        for kind in range(types)
        for size in range(sizes)
    }


def _weights(own: pd.DataFrame, made: Weights) -> pd.DataFrame:
    # Their mean is 1, so that weighted counts read as counts of respondents.
    weights = made.weights * len(own) / made.weights.sum()
    return own[["edition", "respondent_id", "synthetic"]].assign(
        weighting=TYPE_SIZE, weight=weights
    )


def _diagnosis(made: Weights) -> dict[str, Any]:
    relative = made.weights * made.weights.size / made.weights.sum()
    return {
        "status": WEIGHTED,
        "method": made.method,
        "why": made.why,
        "effective_n": made.effective_n,
        "effective_n_before_trimming": made.effective_n_before_trimming,
        "design_effect": made.weights.size / made.effective_n,
        "largest_weight": float(relative.max()),
        "smallest_weight": float(relative.min()),
        "margin_error": made.margin_error,
        "steps": made.steps,
        "trimmed_n": made.trimmed_n,
    }


# --- weighted shares ------------------------------------------------------------------------


def weighted_estimates(
    unweighted: pd.DataFrame,
    units: Units,
    weights: pd.DataFrame,
    *,
    withheld: Collection[str] = (),
) -> pd.DataFrame:
    """Return the shares of everybody, weighted, with the columns of the unweighted ones.

    `numerator` and `base_n` count respondents, weighted or not; `effective_n` is Kish's (by
    collectivité for tools and devices), and the interval Wilson's on it, corrected for the part
    of the frame that the base is where everybody in the base has a weight. Shares are rounded to
    the point (`SHARE_DECIMALS`), effective numbers to the unit, and intervals follow from both:
    they tell nothing more. A share that tells a hidden group's answers all the same keeps its row
    and loses its numbers.

    Args:
        unweighted: Rows of `mart_estimates`.
        units: The panel, one response a collectivité.
        weights: Frame of `respondent_weights`.
        withheld: `figure_id` of the shares that are not shown weighted.

    Returns:
        Rows in the order of `unweighted`: shares of the editions that are weighted.
    """
    wanted = (unweighted["statistic"] == "share") & (unweighted["breakdown"] == "all")
    wanted &= unweighted["edition"].isin(weights["edition"].unique())
    rows = unweighted[wanted & (unweighted["base_n"] > 0).fillna(False)]
    known = row_weights(units, weights)
    columns = ("edition", "variable", "item", "code", "base_rule")
    made: list[tuple[float, float, str]] = []
    everybody: list[bool] = []
    worths: dict[tuple[str, str, str, str], float] = {}
    for edition, name, item, code, rule in zip(*(rows[c].tolist() for c in columns), strict=True):
        question = units.question(edition, name, item or None)
        weight = known[units.codebook.is_repeated(name)][question.rows]
        base = _base(units.codebook, question, name, edition, rule)
        key = (edition, name, item, rule)
        if key not in worths:
            worths[key] = effective_n(weight[base])
        everybody.append(bool((weight[base] > 0).all()))
        parts = parts_of_figure(units.codebook, name, edition, code)
        hit = base & np.isin(question.codes, [question.vocabulary.index(p) for p in parts])
        made.append(_share(hit, base, weight, question.clusters, worths[key]))
    if not made:
        return rows
    share, worth = (np.array([one[k] for one in made], dtype=np.float64) for k in (0, 1))
    share, worth = share.round(SHARE_DECIMALS), np.floor(worth)
    frame = rows["frame_n"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.inf)
    partial = np.isfinite(frame) & ~np.array(everybody)
    frame = np.where(partial, np.inf, frame)
    corrected = corrected_effective_n(worth, rows["base_n"].to_numpy(dtype=np.float64), frame)
    lower, upper = wilson_interval_of_shares(share, corrected, level=CI_LEVEL)
    empty = pd.array([pd.NA] * len(made), dtype="Float64")
    weighted = rows.assign(
        figure_id=[key.replace(".unweighted.", f".{TYPE_SIZE}.") for key in rows["figure_id"]],
        weighting=TYPE_SIZE,
        share=share,
        ci_lower=lower.round(SHARE_DECIMALS),
        ci_upper=upper.round(SHARE_DECIMALS),
        effective_n=worth,
        ci_method=[method for *_, method in made],
        frame_n=rows["frame_n"].mask(partial),
        frame_reason=rows["frame_reason"].mask(partial, NOT_WEIGHTED),
        jeffreys_lower=empty,
        jeffreys_upper=empty,
        share_if_dk_no=empty,
        share_if_dk_yes=empty,
        do_not_know_share=empty,
    )
    gone = rows["figure_id"].isin(list(withheld)).to_numpy()
    numbers = ["share", "ci_lower", "ci_upper", "effective_n"]
    weighted[numbers] = weighted[numbers].mask(np.repeat(gone[:, None], len(numbers), axis=1))
    weighted["suppression"] = weighted["suppression"].mask(gone, "hidden_with_others")
    return weighted[~np.isnan(share)]


def row_weights(units: Units, weights: pd.DataFrame) -> dict[bool, Floats]:
    """Return the weight of each row of the panel (False) and of its instances (True); 0 for none.

    Args:
        units: The panel, one response a collectivité.
        weights: Frame of `respondent_weights`.
    """
    keys = ["edition", "respondent_id"]
    return {
        repeated: of_units[keys]
        .merge(weights[[*keys, "weight"]], on=keys, how="left", validate="many_to_one")["weight"]
        .fillna(0.0)
        .to_numpy(dtype=np.float64)
        for repeated, of_units in units.profiles.items()
    }


def _base(
    codebook: Codebook, question: Any, variable: str, edition: str, base_rule: str
) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = question.inside
    if codebook.variables[variable].kind == "multiple":
        return inside
    codes = list(codebook.codes_of(variable, edition=edition))
    if base_rule == "answered_or_dk":
        codes.append(DO_NOT_KNOW)
    counted: npt.NDArray[np.bool_] = np.isin(
        question.codes, [question.vocabulary.index(code) for code in codes]
    )
    return counted


def _share(
    hit: npt.NDArray[np.bool_],
    base: npt.NDArray[np.bool_],
    weight: Floats,
    clusters: npt.NDArray[np.int64] | None,
    worth: float,
) -> tuple[float, float, str]:
    """Return share, effective number and method; a base without weight has no share."""
    total = float(weight[base].sum())
    if total == 0:
        return math.nan, 0.0, "wilson_weighted"
    share = min(float(weight[hit].sum()) / total, 1.0)
    if clusters is None:
        return share, worth, "wilson_weighted"
    names, at = np.unique(clusters, return_inverse=True)
    hits = np.bincount(at, weights=weight * hit, minlength=len(names))
    found = clustered_shares(hits, np.bincount(at, weights=weight * base, minlength=len(names)))
    return share, min(worth, float(found.effective_n[0])), "wilson_clustered_weighted"
