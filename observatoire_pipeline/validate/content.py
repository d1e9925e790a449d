"""Does the content look right? Two suites of Great Expectations, that warn and never block.

In: the suite `raw` over the rows as delivered, the suite `accepted` over what figures are made of;
their validation results as a table that holds places and counts, never an answer. Limits are
codebook data (`editions.yaml`, `survey.quality`).
Not in: whether a table is the declared one (`table_checks` blocks on that), how a sign is computed
(`signals`, `drift`), and the pages made of the result (`page`, `note`).

What is asked of both suites: haste, straight lines, organisations, dates of the fieldwork, "other".
Of the raw rows alone: rows without an answer, respondents and rows of answers that come twice, for
later stages remove them. Of the accepted responses alone: the share of blanks and the distance to
an earlier edition, which need codes and filters.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, CodedColumn
from observatoire_pipeline.codebook.models import MISSING_KINDS, SELECTED
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table
from observatoire_pipeline.validate.drift import distances
from observatoire_pipeline.validate.signals import (
    OTHER,
    STRAIGHT,
    instance_signals,
    raw_signals,
    response_signals,
)

ROWS_KEPT = 1000
"""How many rows of an unmet expectation are listed; all of them are counted."""

ITEM_OF = " — "
"""Stands between a question and its item."""

SERIOUS, NOTABLE, MINOR = "serious", "notable", "minor"
_SEVERITIES = {SERIOUS: "critical", NOTABLE: "warning", MINOR: "info"}
"""Our words for what is worth a look, and those of Great Expectations."""

BLANK = ("no_answer", "not_reached")

RAW, ACCEPTED = "raw", "accepted"
"""The names of the two suites."""

DISTANCE = "distance__"
"""Opens the name of the distance of a column to an earlier edition."""


class Edition(NamedTuple):
    """What is looked at: frames of the tables of those names, of one accepted edition."""

    source_files: pd.DataFrame
    raw_columns: pd.DataFrame
    raw_responses: pd.DataFrame
    norm_responses: pd.DataFrame
    norm_instances: pd.DataFrame
    norm_texts: pd.DataFrame


class Earlier(NamedTuple):
    """What an earlier edition is compared by: frames of the tables of those names."""

    norm_responses: pd.DataFrame
    norm_instances: pd.DataFrame


@dataclass(frozen=True)
class _Asked:
    """One expectation, and what Great Expectations does not know of it."""

    rule: str
    severity: str
    expectation: Any
    place: str = ""
    share: bool = False
    """Whether the share of unexpected rows is what was observed."""
    counted: int | None = None
    """How many answers were looked at, where the frame does not tell."""
    table: str = "norm_responses"


@dataclass(frozen=True)
class _Suite:
    """Expectations on one frame, whose `source_id` and `row` say where its rows come from."""

    name: str
    frame: pd.DataFrame
    asked: Sequence[_Asked]


RULES = {
    RAW: (
        "no_answer_at_all",
        "respondent_twice",
        "same_answers",
        "ends_before_start",
        "outside_fieldwork",
        "organisation_twice",
        "hasty",
        "straight_line",
        "other",
    ),
    ACCEPTED: (
        "blanks",
        "ends_before_start",
        "outside_fieldwork",
        "organisation_twice",
        "hasty",
        "straight_line",
        "other",
        "distance",
    ),
}
"""What each suite asks; an edition is not asked what its files or the codebook cannot tell."""


def quality_report(
    looked_at: Edition,
    *,
    edition: str,
    codebook: Codebook,
    table: Table,
    earlier: Mapping[str, Earlier] | None = None,
) -> pd.DataFrame:
    """Return one row for each expectation on an accepted edition, met or not.

    Args:
        looked_at: The tables of the edition.
        edition: Its key.
        codebook: Says the limits, the fieldwork dates, which questions were asked, and which can be
            compared with an earlier edition.
        table: The declaration of `quality_report`.
        earlier: Earlier accepted editions that may be compared: generated ones with a generated
            edition, collected ones with a collected one. The caller never mixes them.

    Raises:
        RuntimeError: an expectation could not be evaluated.
    """
    # Its import takes seconds and its usage statistics go to a host of its vendor.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    records: list[dict[str, object]] = []
    for suite in (
        _raw_suite(gx.expectations, looked_at, edition, codebook),
        _accepted_suite(gx.expectations, looked_at, earlier or {}, edition, codebook),
    ):
        source = context.data_sources.add_pandas(suite.name)
        batches = source.add_dataframe_asset(suite.name).add_batch_definition_whole_dataframe("all")
        declared = gx.ExpectationSuite(
            name=suite.name,
            expectations=[
                asked.expectation.copy(
                    update={"meta": {"place": place}, "severity": _SEVERITIES[asked.severity]}
                )
                for place, asked in enumerate(suite.asked)
            ],
        )
        result = batches.get_batch({"dataframe": suite.frame}).validate(
            declared,
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": ROWS_KEPT},
        )
        records += [_record(edition, suite, item.to_json_dict()) for item in result.results]
    return from_records(records, table)


# --- the suites -----------------------------------------------------------------------------


def _raw_suite(expect: Any, looked_at: Edition, edition: str, codebook: Codebook) -> _Suite:
    """Return what is expected of the rows as delivered."""
    frame = raw_signals(
        looked_at.raw_responses,
        looked_at.raw_columns,
        looked_at.source_files,
        edition=edition,
        codebook=codebook,
    )
    asked = [
        _Asked(
            "no_answer_at_all",
            NOTABLE,
            expect.ExpectColumnValuesToBeBetween(column="answers_given", min_value=1),
        ),
        _Asked(
            "respondent_twice", SERIOUS, expect.ExpectColumnValuesToBeUnique(column="respondent")
        ),
        _Asked("same_answers", SERIOUS, expect.ExpectColumnValuesToBeUnique(column="answers")),
        *_of_signs(expect, frame, edition, codebook),
    ]
    for name in frame.columns:
        if name.startswith(OTHER):
            rare = expect.ExpectColumnValuesToNotBeInSet(
                column=name, value_set=["other"], mostly=1 - codebook.survey.quality.other
            )
            place = codebook.variables[name.removeprefix(OTHER)].label
            asked.append(_Asked("other", MINOR, rare, place=place, share=True))
    return _Suite(RAW, frame, [replace(each, table="raw_responses") for each in asked])


def _accepted_suite(
    expect: Any,
    looked_at: Edition,
    earlier: Mapping[str, Earlier],
    edition: str,
    codebook: Codebook,
) -> _Suite:
    """Return what is expected of the accepted responses, of their repeated blocks, of all together.

    Their rows stand one under the other: what one kind of row does not have is null, and a null is
    not looked at.
    """
    responses = response_signals(
        looked_at.norm_responses, looked_at.norm_texts, edition=edition, codebook=codebook
    )
    instances = instance_signals(
        looked_at.norm_instances, looked_at.norm_responses, edition=edition, codebook=codebook
    )
    asked = _of_signs(expect, responses, edition, codebook)
    asked += [replace(each, table="norm_instances") for each in _lines(expect, instances, codebook)]
    codes, of_codes = _of_codes(expect, looked_at.norm_responses, edition, codebook)
    whole, of_distances = _of_distances(expect, looked_at, earlier, edition, codebook)
    frame = pd.concat([responses.assign(**codes), instances, whole], ignore_index=True)
    return _Suite(ACCEPTED, frame, [*asked, *of_codes, *of_distances])


def _of_signs(expect: Any, frame: pd.DataFrame, edition: str, codebook: Codebook) -> list[_Asked]:
    """Return what is expected of dates, durations, organisations and matrices."""
    quality = codebook.survey.quality
    fieldwork = codebook.editions[edition].fieldwork
    asked = [
        _Asked(
            "ends_before_start",
            SERIOUS,
            expect.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A="ended_at",
                column_B="started_at",
                or_equal=True,
                ignore_row_if="either_value_is_missing",
            ),
        )
    ]
    if quality.organisation:
        once = expect.ExpectColumnValuesToBeUnique(column="organisation")
        asked.append(_Asked("organisation_twice", SERIOUS, once))
    if fieldwork.start or fieldwork.end:
        end = pd.Timestamp(fieldwork.end) + pd.Timedelta(days=1) if fieldwork.end else None
        within = expect.ExpectColumnValuesToBeBetween(
            column="started_at",
            min_value=pd.Timestamp(fieldwork.start) if fieldwork.start else None,
            max_value=end,
            strict_max=end is not None,
        )
        asked.append(_Asked("outside_fieldwork", SERIOUS, within))
    if frame["seconds"].notna().sum() >= quality.fewest_durations:
        least = float(frame["seconds"].median()) * quality.speeder_fraction
        slow = expect.ExpectColumnValuesToBeBetween(column="seconds", min_value=round(least, 1))
        asked.append(_Asked("hasty", NOTABLE, slow))
    return asked + _lines(expect, frame, codebook)


def _lines(expect: Any, frame: pd.DataFrame, codebook: Codebook) -> list[_Asked]:
    return [
        _Asked(
            "straight_line",
            NOTABLE,
            expect.ExpectColumnValuesToNotBeInSet(column=name, value_set=["same"]),
            place=codebook.variables[name.removeprefix(STRAIGHT)].label,
        )
        for name in frame.columns
        if name.startswith(STRAIGHT)
    ]


def _of_codes(
    expect: Any, norm_responses: pd.DataFrame, edition: str, codebook: Codebook
) -> tuple[dict[str, pd.Series], list[_Asked]]:
    """Return the codes of those concerned by each question: few are blank, few are "other"."""
    quality = codebook.survey.quality
    made: dict[str, pd.Series] = {}
    asked = []
    lists: set[str] = set()
    for column in codebook.coded_columns(repeated=False):
        if not codebook.asked(column.variable.variable, edition, item=column.item):
            continue
        codes = norm_responses[column.name].astype("str").astype(object).reset_index(drop=True)
        multiple = column.variable.kind == "multiple"
        if not multiple or column.variable.variable not in lists:
            # The boxes of one list are blank together: one of them tells for all.
            lists.add(column.variable.variable)
            made[column.name] = codes.where(codes != "not_applicable", None)
            few = expect.ExpectColumnValuesToNotBeInSet(
                column=column.name, value_set=list(BLANK), mostly=1 - quality.non_response
            )
            place = column.variable.label if multiple else place_of(column)
            asked.append(_Asked("blanks", NOTABLE, few, place=place, share=True))
        other = _other(column)
        if other is not None:
            name = f"{OTHER}{column.name}"
            made[name] = codes.where(~codes.isin(MISSING_KINDS), None)
            rare = expect.ExpectColumnValuesToNotBeInSet(
                column=name, value_set=[other], mostly=1 - quality.other
            )
            asked.append(_Asked("other", MINOR, rare, place=place_of(column), share=True))
    return made, asked


def _other(column: CodedColumn) -> str | None:
    """Return the code of a column that says "other", None when it has none."""
    if column.item is not None:
        item = column.variable.item(column.item)
        return SELECTED if column.variable.kind == "multiple" and item.text else None
    return column.variable.other


def _of_distances(
    expect: Any,
    looked_at: Edition,
    earlier: Mapping[str, Earlier],
    edition: str,
    codebook: Codebook,
) -> tuple[pd.DataFrame, list[_Asked]]:
    """Return one row that holds the distance of each question, and what is expected of it."""
    made: dict[str, list[float]] = {}
    asked = []
    for repeated, name in ((False, "norm_responses"), (True, "norm_instances")):
        for found in distances(
            getattr(looked_at, name),
            {key: getattr(frames, name) for key, frames in earlier.items()},
            edition=edition,
            codebook=codebook,
            repeated=repeated,
        ):
            column = f"{DISTANCE}{found.column.name}"
            made[column] = [found.distance]
            near = expect.ExpectColumnMaxToBeBetween(column=column, max_value=round(found.limit, 4))
            place = f"{place_of(found.column)} ({found.earlier})"
            asked.append(
                _Asked("distance", MINOR, near, place=place, counted=found.answers, table=name)
            )
    return pd.DataFrame(made), asked


def place_of(column: CodedColumn) -> str:
    """Return a question (and its item) in the words of charts and tables."""
    if column.item is None:
        return column.variable.label
    return f"{column.variable.label}{ITEM_OF}{column.variable.item(column.item).label}"


# --- the results ----------------------------------------------------------------------------


def _record(edition: str, suite: _Suite, result: dict[str, Any]) -> dict[str, object]:
    config = result["expectation_config"]
    asked = suite.asked[config["meta"]["place"]]
    kwargs = {k: v for k, v in config["kwargs"].items() if k not in ("batch_id", "value_set")}
    columns = [kwargs.pop(name, None) for name in ("column", "column_A", "column_B")]
    columns += kwargs.pop("column_list", [])
    counts = result["result"]
    if result.get("exception_info", {}).get("raised_exception"):
        message = result["exception_info"].get("exception_message")
        raise RuntimeError(f"{suite.name}, {asked.rule}, {columns}: {message}")
    unexpected = int(counts.get("unexpected_count") or 0)
    missing = int(counts.get("missing_count") or 0)
    rows = int(counts.get("element_count") or 0) - missing
    observed = counts.get("observed_value") if asked.rule == "distance" else None
    if asked.share and rows:
        observed = unexpected / rows
    return {
        "edition": edition,
        "suite": suite.name,
        "table": asked.table,
        "rule": asked.rule,
        "expectation": config["type"],
        "column": ", ".join(str(name) for name in columns if name),
        "severity": asked.severity,
        "place": asked.place,
        "expected": json.dumps(kwargs, sort_keys=True, default=str),
        "met": bool(result["success"]),
        "observed": np.nan if observed is None else observed,
        "rows": rows if asked.counted is None else asked.counted,
        "unexpected_rows": unexpected,
        "row_numbers": _rows(suite.frame, counts.get("partial_unexpected_index_list") or []),
    }


def _rows(frame: pd.DataFrame, places: Sequence[int]) -> str:
    """Return source rows by file as JSON; places count from 0 in the frame."""
    if not len(places):
        return "{}"
    chosen = frame[["source_id", "row"]].iloc[sorted(places)].drop_duplicates()
    by_file = {
        str(source_id): sorted(int(row) for row in rows)
        for source_id, rows in chosen.groupby("source_id", sort=True)["row"]
    }
    return json.dumps(by_file, sort_keys=True)
