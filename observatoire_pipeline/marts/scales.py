"""Ordered scales in one line each: two highest levels, net agreement, do-not-know, mean.

In: the rows of `mart_scales`. Not in: the share of each level (`estimates`), the formulas
(`estimation.likert`). A mean of levels is secondary: its coding is an assumption, and is spelt out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.models import Code, Scale, Variable
from observatoire_pipeline.estimation.intervals import (
    normal_quantile,
    wilson_interval,
    wilson_interval_of_shares,
)
from observatoire_pipeline.estimation.likert import (
    NEGATIVE,
    POSITIVE,
    do_not_know_bounds,
    do_not_know_share,
    net_agreement,
    scale_mean,
    top_two_share,
)
from observatoire_pipeline.estimation.sampling import clustered_ratio, clustered_shares
from observatoire_pipeline.marts.bases import (
    DO_NOT_KNOW,
    base_state,
    base_words,
    offers_do_not_know,
)
from observatoire_pipeline.marts.estimates import CI_LEVEL, figure_id
from observatoire_pipeline.marts.units import Units, frame_columns
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table

Integers = npt.NDArray[np.int64]


def scale_summaries(units: Units, *, tables: Mapping[str, Table]) -> pd.DataFrame:
    """Return the summary of every question that an edition asked on an ordered scale.

    Levels rise towards the positive pole, whichever end the questionnaire printed first; a scale
    without poles rises as listed. Tools and devices are clustered by collectivité.

    Args:
        units: The panel, one response a collectivité.
        tables: The catalogue.

    Returns:
        A frame of `mart_scales`, in the order of editions, questions and items.
    """
    codebook = units.codebook
    records: list[dict[str, Any]] = []
    for edition in units.editions:
        for variable in codebook.variables_asked(edition):
            scale = codebook.scale_of(variable.variable, edition)
            if isinstance(scale, Scale) and scale.ordered and variable.kind in ("single", "matrix"):
                records += _of_variable(variable, edition, scale, units)
    return from_records(records, tables["mart_scales"])


def _of_variable(
    variable: Variable, edition: str, scale: Scale, units: Units
) -> Iterator[dict[str, Any]]:
    codebook, name = units.codebook, variable.variable
    levels = _rising(scale, codebook.codes_of(name, edition=edition))
    items: list[str | None] = [item.item for item in variable.items]
    for item in items or [None]:
        if codebook.asked(name, edition, item=item):
            yield _record(variable, item, edition, levels, units)


def _rising(scale: Scale, offered: tuple[str, ...]) -> list[Code]:
    """Return the levels that were offered, from the negative end to the positive one."""
    levels = [code for code in scale.codes if code.code in offered]
    poles = [level.pole for level in levels]
    if POSITIVE in poles and NEGATIVE in poles and poles.index(POSITIVE) < poles.index(NEGATIVE):
        levels.reverse()
    return levels


def _record(
    variable: Variable, item: str | None, edition: str, levels: list[Code], units: Units
) -> dict[str, Any]:
    codebook, name = units.codebook, variable.variable
    question = units.question(edition, name, item)
    order = {level.code: place for place, level in enumerate(levels)}
    place = np.array([order.get(code, -1) for code in question.vocabulary])[question.codes]
    counts = np.bincount(place[place >= 0], minlength=len(levels)).astype(np.int64)
    base_n = int(counts.sum())
    unsure = int((question.codes == question.vocabulary.index(DO_NOT_KNOW)).sum())
    offered = offers_do_not_know(codebook, name, edition)
    coding = tuple(range(1, len(levels) + 1))
    mean = scale_mean(counts, coding)
    unit = codebook.unit_of(name, edition).unit
    frame, _ = units.frame_of(name, edition)
    return {
        "figure_id": figure_id(
            edition, unit, name, item=item, statistic="scale", base_rule="answered"
        ),
        "edition": edition,
        "unit": unit,
        "variable": name,
        "item": item or "",
        "variable_label": variable.label,
        "item_label": "" if item is None else variable.item(item).label,
        "base_rule": "answered",
        "base_words": base_words(codebook, name, edition, base_n=base_n, base_rule="answered"),
        "base_n": base_n,
        "levels_n": len(levels),
        "top2_labels": " + ".join(level.label for level in reversed(levels[-2:])),
        **_top(counts, place, question.clusters, frame),
        **_net(counts, place, [level.pole for level in levels], question.clusters, frame),
        "do_not_know_n": unsure if offered else None,
        "do_not_know_share": _number(do_not_know_share([base_n], [unsure])[0]) if offered else None,
        **_bounds(counts, unsure, offered=offered),
        "mean": _number(mean.mean),
        "standard_deviation": _number(mean.standard_deviation),
        "mean_coding": " ; ".join(
            f"{value} = {level.label}" for value, level in zip(coding, levels, strict=True)
        ),
        "ci_level": CI_LEVEL,
        **frame_columns(units, name, edition),
        **base_state(codebook, base_n),
        "synthetic": units.synthetic[edition],
    }


def _number(value: object) -> float | None:
    """Return a number, None for one that is not defined."""
    number = float(np.asarray(value))
    return None if math.isnan(number) else number


def _top(
    counts: Integers, place: Integers, clusters: Integers | None, frame: float
) -> dict[str, Any]:
    method = "wilson" if clusters is None else "wilson_clustered"
    made: dict[str, Any] = {"top2_share": None, "top2_lower": None, "top2_upper": None}
    made["top2_method"] = method
    if len(counts) < 3 or not counts.sum():
        return made
    share, high = top_two_share(counts), len(counts) - 2
    if clusters is None:
        lower, upper = wilson_interval(
            [int(counts[high:].sum())], [int(counts.sum())], level=CI_LEVEL, population=frame
        )
    else:
        hits, bases = _by_cluster(place >= high, clusters), _by_cluster(place >= 0, clusters)
        found = clustered_shares(hits, bases)
        worth = np.minimum(found.effective_n, counts.sum())
        lower, upper = wilson_interval_of_shares(found.share, worth, level=CI_LEVEL)
    ends = {"top2_share": share, "top2_lower": lower[0], "top2_upper": upper[0]}
    return made | {name: _number(value) for name, value in ends.items()}


def _by_cluster(values: npt.NDArray[Any], clusters: Integers) -> npt.NDArray[np.float64]:
    names, at = np.unique(clusters, return_inverse=True)
    return np.bincount(at, weights=values, minlength=len(names)).astype(np.float64)


def _net(
    counts: Integers,
    place: Integers,
    poles: list[str | None],
    clusters: Integers | None,
    frame: float,
) -> dict[str, Any]:
    """Return positive minus negative; null for a scale without both poles."""
    names = ("net_agreement", "net_standard_error", "net_lower", "net_upper")
    if POSITIVE not in poles or NEGATIVE not in poles or not counts.sum():
        return dict.fromkeys(names)
    found = net_agreement(counts, poles, level=CI_LEVEL, population=frame)
    value, error = float(found.value), float(found.standard_error)
    lower, upper = float(found.lower), float(found.upper)
    if clusters is not None:
        sign = np.array([(pole == POSITIVE) - (pole == NEGATIVE) for pole in (*poles, None)])
        ratio = clustered_ratio(
            _by_cluster(sign[place], clusters), _by_cluster(place >= 0, clusters)
        )
        error = ratio.standard_error
        half = normal_quantile(CI_LEVEL) * error
        lower, upper = max(value - half, -1.0), min(value + half, 1.0)
    if math.isnan(error):  # one collectivité alone describes all units
        lower = upper = math.nan
    return dict(zip(names, map(_number, (value, error, lower, upper)), strict=True))


def _bounds(counts: Integers, unsure: int, *, offered: bool) -> dict[str, Any]:
    if not offered or len(counts) < 3 or not counts.sum() + unsure:
        return {"top2_if_dk_no": None, "top2_if_dk_yes": None}
    least, most = do_not_know_bounds([int(counts[-2:].sum())], [int(counts.sum())], [unsure])
    return {"top2_if_dk_no": float(least[0]), "top2_if_dk_yes": float(most[0])}
