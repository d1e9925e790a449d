"""Does the content look right? Expectations that warn and never block, by Great Expectations.

In: one suite over the rows as delivered, one over the accepted responses, one over their codes, one
over their distance to an earlier edition; their results as a table that holds places and counts,
never an answer. Limits are codebook data (`editions.yaml`, `survey.quality`).
Not in: whether a table is the declared one (`table_checks` blocks on that), how a sign is computed
(`signals`, `drift`), and the pages made of the result (`page`, `note`).
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, CodedColumn
from observatoire_pipeline.codebook.models import MISSING_KINDS, SELECTED
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table
from observatoire_pipeline.validate.drift import distances
from observatoire_pipeline.validate.signals import (
    STRAIGHT,
    instance_signals,
    response_signals,
    row_signals,
)

ROWS_KEPT = 200
"""How many rows of an unmet expectation are listed; all of them are counted."""

SERIOUS, NOTABLE, MINOR = "serious", "notable", "minor"

BLANK = ("no_answer", "not_reached")

FEWEST_DURATIONS = 10
"""Without that many durations, a median says nothing of haste."""


class Edition(NamedTuple):
    """What is looked at: frames of the tables of those names, of one accepted edition."""

    raw_responses: pd.DataFrame
    raw_columns: pd.DataFrame
    valid_responses: pd.DataFrame
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
    observed: float | None = None
    counted: int | None = None
    """How many answers were looked at, where the frame does not tell."""


@dataclass(frozen=True)
class _Suite:
    """Expectations on one frame, whose `source_id` and `row` say where its rows come from."""

    name: str
    table: str
    frame: pd.DataFrame
    asked: Sequence[_Asked]


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
    """
    # Its import takes seconds and its usage statistics go to a host of its vendor.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    expect = gx.expectations
    suites = [
        _of_rows(expect, looked_at),
        _of_files(expect, looked_at),
        _of_responses(expect, looked_at, edition, codebook),
        _of_instances(expect, looked_at, edition, codebook),
        *_of_codes(expect, looked_at, edition, codebook),
        _of_distances(expect, looked_at, earlier or {}, edition, codebook),
    ]
    records: list[dict[str, object]] = []
    for suite in suites:
        if not suite.asked:
            continue
        source = context.data_sources.add_pandas(suite.name)
        batch = source.add_dataframe_asset(suite.name).add_batch_definition_whole_dataframe("all")
        frame = suite.frame.reset_index(drop=True)
        expectations = gx.ExpectationSuite(
            name=suite.name,
            expectations=[
                asked.expectation.copy(update={"meta": {"place": place}})
                for place, asked in enumerate(suite.asked)
            ],
        )
        result = batch.get_batch({"dataframe": frame}).validate(
            expectations,
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": ROWS_KEPT},
        )
        records += [_record(edition, suite, item.to_json_dict()) for item in result.results]
    return from_records(records, table)


# --- the suites -----------------------------------------------------------------------------


def _of_rows(expect: Any, looked_at: Edition) -> _Suite:
    asked = [
        _Asked(
            "no_answer_at_all",
            NOTABLE,
            expect.ExpectColumnValuesToBeBetween(column="answers_given", min_value=1),
        ),
    ]
    frame = row_signals(looked_at.raw_responses, looked_at.raw_columns)
    return _Suite("raw_rows", "raw_responses", frame, asked)


def _of_files(expect: Any, looked_at: Edition) -> _Suite:
    """Return what is expected of accepted rows; what repeats a respondent is gone by then."""
    signs = row_signals(looked_at.valid_responses, looked_at.raw_columns)
    key = ["source_id", "row"]
    frame = looked_at.valid_responses[[*key, "respondent_id"]].merge(
        signs, on=key, how="left", validate="one_to_one"
    )
    once = expect.ExpectCompoundColumnsToBeUnique(column_list=["source_id", "respondent_id"])
    apart = expect.ExpectColumnValuesToBeUnique(column="answers")
    asked = [_Asked("respondent_twice", SERIOUS, once), _Asked("same_answers", SERIOUS, apart)]
    return _Suite("files", "valid_responses", frame, asked)


def _of_responses(expect: Any, looked_at: Edition, edition: str, codebook: Codebook) -> _Suite:
    frame = response_signals(
        looked_at.norm_responses, looked_at.norm_texts, edition=edition, codebook=codebook
    )
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
    if frame["seconds"].notna().sum() >= FEWEST_DURATIONS:
        least = float(frame["seconds"].median()) * quality.speeder_fraction
        slow = expect.ExpectColumnValuesToBeBetween(column="seconds", min_value=round(least, 1))
        asked.append(_Asked("hasty", NOTABLE, slow))
    return _Suite("responses", "norm_responses", frame, asked + _lines(expect, frame, codebook))


def _of_instances(expect: Any, looked_at: Edition, edition: str, codebook: Codebook) -> _Suite:
    frame = instance_signals(
        looked_at.norm_instances, looked_at.norm_responses, edition=edition, codebook=codebook
    )
    return _Suite("instances", "norm_instances", frame, _lines(expect, frame, codebook))


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
    expect: Any, looked_at: Edition, edition: str, codebook: Codebook
) -> tuple[_Suite, _Suite]:
    """Return what is expected of the answers to each question: few blanks, few "other"."""
    quality = codebook.survey.quality
    where = looked_at.norm_responses[["source_id", "row"]]
    concerned, answered = {}, {}
    blanks, others = [], []
    lists: set[str] = set()
    for column in codebook.coded_columns(repeated=False):
        if not codebook.asked(column.variable.variable, edition, item=column.item):
            continue
        codes = looked_at.norm_responses[column.name].astype("str").astype(object)
        few = expect.ExpectColumnValuesToNotBeInSet(
            column=column.name, value_set=list(BLANK), mostly=1 - quality.non_response
        )
        place = place_of(column)
        multiple = column.variable.kind == "multiple"
        if not multiple or column.variable.variable not in lists:
            # The boxes of one list are blank together: one of them tells for all.
            lists.add(column.variable.variable)
            concerned[column.name] = codes.where(codes != "not_applicable", None)
            whole = column.variable.label if multiple else place
            blanks.append(_Asked("blanks", NOTABLE, few, place=whole, share=True))
        other = _other(column)
        if other is not None:
            answered[column.name] = codes.where(~codes.isin(MISSING_KINDS), None)
            rare = expect.ExpectColumnValuesToNotBeInSet(
                column=column.name, value_set=[other], mostly=1 - quality.other
            )
            others.append(_Asked("other", MINOR, rare, place=place, share=True))
    return (
        _Suite("blanks", "norm_responses", where.assign(**concerned), blanks),
        _Suite("others", "norm_responses", where.assign(**answered), others),
    )


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
) -> _Suite:
    found = [
        distance
        for repeated, name in ((False, "norm_responses"), (True, "norm_instances"))
        for distance in distances(
            getattr(looked_at, name),
            {key: getattr(frames, name) for key, frames in earlier.items()},
            edition=edition,
            codebook=codebook,
            repeated=repeated,
        )
    ]
    frame = pd.DataFrame({each.column.name: [each.distance] for each in found})
    asked = [
        _Asked(
            "distance",
            MINOR,
            expect.ExpectColumnMaxToBeBetween(
                column=each.column.name, max_value=round(each.limit, 4)
            ),
            place=f"{place_of(each.column)} ({each.earlier})",
            observed=each.distance,
            counted=each.answers,
        )
        for each in found
    ]
    return _Suite("distances", "norm_responses", frame, asked)


def place_of(column: CodedColumn) -> str:
    """Return a question (and its item) in the words of charts and tables."""
    if column.item is None:
        return column.variable.label
    return f"{column.variable.label} — {column.variable.item(column.item).label}"


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
    observed = asked.observed
    if asked.share and rows:
        observed = unexpected / rows
    return {
        "edition": edition,
        "table": suite.table,
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
