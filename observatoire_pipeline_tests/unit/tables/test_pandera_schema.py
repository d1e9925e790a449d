from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from observatoire_pipeline.tables.frames import conform, empty, from_records
from observatoire_pipeline.tables.model import Column, Table
from observatoire_pipeline.tables.pandera_schema import failures, schema_of
from observatoire_pipeline_tests.unit.publish.published import TABLES, filled

ANSWERS = Table(
    name="answers",
    stage="normalise",
    grain="a response",
    key=("edition", "respondent_id"),
    columns=(
        Column("edition", "text", "Edition."),
        Column("respondent_id", "text", "Response."),
        Column("equipe", "coded", "Équipement", vocabulary=("oui", "non", "no_answer")),
        Column("agents", "number", "Agents", nullable=True),
        Column("row", "integer", "Row."),
        Column("seen_at", "timestamp", "When.", nullable=True),
    ),
)


@pytest.fixture
def answers() -> pd.DataFrame:
    rows = [
        {"respondent_id": "1", "equipe": "oui", "agents": 2.5, "row": 3},
        {"respondent_id": "2", "equipe": "non", "agents": None, "row": 4},
    ]
    return from_records([{"edition": "2018", "seen_at": None, **row} for row in rows], ANSWERS)


def told(frame: pd.DataFrame, table: Table = ANSWERS) -> list[tuple[str, str]]:
    return [(failure["column"], failure["check"]) for failure in failures(frame, table)]


def test_a_frame_that_is_its_table_has_no_failures(answers):
    assert failures(answers, ANSWERS) == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_published_table_accepts_its_frames(table):
    assert failures(filled(table, rows=5), table) == []
    assert failures(empty(table), table) == []


def test_all_failures_are_told_at_once_in_the_order_of_the_columns(answers):
    wrong = answers.assign(respondent_id="1", row=["3", "4"], surplus=1)
    wrong["equipe"] = wrong["equipe"].where([True, False])
    assert told(wrong.drop(columns="agents")) == [
        ("equipe", "not_null"),
        ("agents", "missing_column"),
        ("row", "dtype"),
        ("surplus", "undeclared_column"),
        ("edition, respondent_id", "unique_key"),
    ]


def test_a_repeated_key_counts_all_its_rows(answers):
    (failure,) = failures(pd.concat([answers, answers.iloc[:1]], ignore_index=True), ANSWERS)
    assert (failure["check"], failure["count"]) == ("unique_key", 2)


def test_columns_in_another_order_fail(answers):
    assert ("row", "column_order") in told(answers[["row", *answers.columns.drop("row")]])


@pytest.mark.parametrize(
    ("column", "dtype"),
    [
        ("edition", "object"),
        ("edition", "string"),
        ("edition", "category"),
        ("row", "Int64"),
        ("row", "int32"),
        ("agents", "float64"),
        ("seen_at", "datetime64[ns]"),
        ("equipe", "str"),
    ],
)
def test_a_type_is_exactly_the_declared_one(answers, column, dtype):
    assert told(answers.astype({column: dtype})) == [(column, "dtype")]


def test_the_categories_are_the_declared_codes_in_their_order(answers):
    # Tabulation counts by position: the same codes in another order would be other answers.
    swapped = answers.assign(
        equipe=answers["equipe"].cat.reorder_categories(["non", "oui", "no_answer"])
    )
    (failure,) = failures(swapped, ANSWERS)
    assert failure["found"] == "category: the declared codes in another order"
    ordered = answers.assign(equipe=answers["equipe"].cat.as_ordered())
    assert told(ordered) == [("equipe", "dtype")]


def test_examples_are_declared_codes_and_never_what_was_found(answers):
    secret = "Jeanne Martin, 06 12 34 56 78"
    wrong = answers.assign(
        edition=pd.Categorical([secret, secret]),
        respondent_id=secret,
        equipe=pd.Categorical(["oui", secret]),
        agents=secret,
    )
    wrong[secret] = secret
    found = failures(wrong, ANSWERS)
    text = json.dumps(found, ensure_ascii=False)
    assert "Jeanne" not in text
    assert "06 12" not in text
    assert next(f for f in found if f["column"] == "equipe")["examples"] == ["non", "no_answer"]
    assert {"column": "column 7", "check": "undeclared_column", "count": 1, "examples": []} in found


def test_extra_columns_are_text_and_follow_a_pattern():
    raw = Table(
        name="raw",
        stage="ingest",
        grain="a row",
        key=("row",),
        columns=(Column("row", "integer", "Row."),),
        extra_columns=re.compile(r"^c\d{3,}$"),
    )
    frame = conform(pd.DataFrame({"row": [1, 2], "c001": ["a", ""], "c002": ["", "b"]}), raw)
    assert failures(frame, raw) == []
    assert failures(frame[["row"]], raw) == []
    assert told(frame.assign(c002=[1, 2]), raw) == [("c002", "dtype")]
    assert told(frame.assign(d1="x"), raw) == [("d1", "undeclared_column")]


def test_a_missing_key_column_is_told_and_does_not_raise(answers):
    assert ("edition", "missing_column") in told(answers.drop(columns="edition"))


def test_the_schema_carries_what_the_declaration_says():
    schema = schema_of(ANSWERS)
    assert (schema.name, schema.description) == ("answers", "a response")
    assert schema.columns["agents"].nullable
    assert not schema.columns["equipe"].nullable
    assert schema.unique == ["edition", "respondent_id"]


def test_a_wide_frame_is_checked_column_by_column_not_cell_by_cell():
    # 200 columns × 20 000 rows pass in about the time of 200 × 1 000: types, not values.
    vocabulary = tuple(f"code_{k}" for k in range(12))
    wide = Table(
        name="wide",
        stage="normalise",
        grain="a response",
        key=("row",),
        columns=(
            Column("row", "integer", "Row."),
            *(Column(f"q{k}", "coded", "Question.", vocabulary=vocabulary) for k in range(200)),
        ),
    )
    codes = np.zeros(20_000, dtype="int8")
    dtype = pd.CategoricalDtype(list(vocabulary))
    answers = {f"q{k}": pd.Categorical.from_codes(codes, dtype=dtype) for k in range(200)}
    assert failures(pd.DataFrame({"row": np.arange(20_000), **answers}), wide) == []
