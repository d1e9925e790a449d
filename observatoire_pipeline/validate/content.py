"""Does the content look right? Expectations that warn and never block, by Great Expectations.

In: one suite over the accepted responses and one over their codes, from the codebook, and their
results as a table. Not in: whether a table is the declared one (`table_checks` blocks on that).
"""

from __future__ import annotations

import json
import logging
import os
from typing import Any

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table

NON_RESPONSE_LIMIT = 0.4
"""Share of blanks, among those who were asked, above which a question is worth a look."""


def quality_report(
    valid_responses: pd.DataFrame,
    norm_responses: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
    table: Table,
) -> pd.DataFrame:
    """Return one row for each expectation on an accepted edition, met or not.

    Args:
        valid_responses: The accepted rows of the edition.
        norm_responses: The same answers as codes.
        edition: Its key.
        codebook: Says the fieldwork dates and which questions were asked.
        table: The declaration of `quality_report`.
    """
    # Its import takes seconds and its usage statistics go to a host of its vendor.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    rows: list[dict[str, object]] = []
    for name, frame, expectations in (
        ("valid_responses", valid_responses, _of_responses(gx, edition, codebook)),
        (
            "norm_responses",
            _asked_only(norm_responses, edition, codebook),
            _of_codes(gx, edition, codebook),
        ),
    ):
        source = context.data_sources.add_pandas(name)
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("all")
        suite = gx.ExpectationSuite(name=name, expectations=expectations)
        result = batch.get_batch({"dataframe": frame}).validate(suite, result_format="SUMMARY")
        rows += [_row(edition, name, item.to_json_dict()) for item in result.results]
    return from_records(rows, table)


def _of_responses(gx: Any, edition: str, codebook: Codebook) -> list[Any]:
    expect = gx.expectations
    fieldwork = codebook.editions[edition].fieldwork
    made = [
        expect.ExpectColumnValuesToBeUnique(column="respondent_id"),
        expect.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="ended_at",
            column_B="started_at",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
    ]
    if fieldwork.start or fieldwork.end:
        made.append(
            expect.ExpectColumnValuesToBeBetween(
                column="started_at",
                min_value=pd.Timestamp(fieldwork.start) if fieldwork.start else None,
                max_value=(
                    pd.Timestamp(fieldwork.end) + pd.Timedelta(days=1) if fieldwork.end else None
                ),
            )
        )
    return made


def _asked_only(frame: pd.DataFrame, edition: str, codebook: Codebook) -> pd.DataFrame:
    """Return the codes of the questions asked, null where the respondent was not concerned."""
    kept = {}
    for column in codebook.coded_columns(repeated=False):
        if codebook.asked(column.variable.variable, edition, item=column.item):
            codes = frame[column.name].astype("str").astype(object)
            kept[column.name] = codes.where(codes != "not_applicable", None)
    return pd.DataFrame(kept)


def _of_codes(gx: Any, edition: str, codebook: Codebook) -> list[Any]:
    return [
        gx.expectations.ExpectColumnValuesToNotBeInSet(
            column=column.name,
            value_set=["no_answer", "not_reached"],
            mostly=1 - NON_RESPONSE_LIMIT,
        )
        for column in codebook.coded_columns(repeated=False)
        if codebook.asked(column.variable.variable, edition, item=column.item)
    ]


def _row(edition: str, name: str, result: dict[str, Any]) -> dict[str, object]:
    config = result["expectation_config"]
    kwargs = {k: v for k, v in config["kwargs"].items() if k not in ("batch_id", "value_set")}
    column = kwargs.pop("column", None) or f"{kwargs.pop('column_A')}, {kwargs.pop('column_B')}"
    counts = result["result"]
    return {
        "edition": edition,
        "table": name,
        "expectation": config["type"],
        "column": column,
        "expected": json.dumps(kwargs, sort_keys=True, default=str),
        "met": bool(result["success"]),
        "rows": int(counts.get("element_count") or 0),
        "unexpected_rows": int(counts.get("unexpected_count") or 0),
    }
