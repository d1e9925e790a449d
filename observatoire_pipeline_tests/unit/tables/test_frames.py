"""A frame takes its table's columns, order and categories, or says why it cannot."""

import pandas as pd
import pytest

from observatoire_pipeline.tables.frames import TableError, coded, conform, empty
from observatoire_pipeline.tables.model import Column, Table

TABLE = Table(
    name="answers",
    stage="normalise",
    grain="an answer",
    key=("who",),
    columns=(
        Column("who", "text", "Respondent."),
        Column("answer", "coded", "Answer.", vocabulary=("yes", "no", "no_answer")),
        Column("amount", "number", "Amount.", nullable=True),
    ),
)


def frame(**columns):
    given = {"who": ["a", "b"], "answer": ["no", "yes"], "amount": [1.5, None]}
    return pd.DataFrame(given | columns)


def test_columns_take_their_declared_order_and_dtypes():
    found = conform(frame()[["amount", "answer", "who"]], TABLE)
    assert list(found.columns) == ["who", "answer", "amount"]
    assert list(found["answer"].cat.categories) == ["yes", "no", "no_answer"]
    assert str(found["amount"].dtype) == "Float64"


def test_categories_in_another_order_are_put_in_the_declared_one():
    other = pd.Categorical(["no", "yes"], categories=["no_answer", "no", "yes"])
    found = conform(frame(answer=other), TABLE)["answer"]
    assert list(found.cat.categories) == ["yes", "no", "no_answer"]
    assert found.astype("str").tolist() == ["no", "yes"]


def test_a_null_in_a_coded_column_is_an_error():
    dtype = pd.CategoricalDtype(["yes", "no", "no_answer"])
    with pytest.raises(TableError, match="answer"):
        conform(frame(answer=pd.Series(["no", None], dtype=dtype)), TABLE)


def test_codes_outside_the_vocabulary_are_all_listed():
    with pytest.raises(TableError, match="column answer: codes outside its vocabulary: maybe, oui"):
        coded(["oui", "yes", "maybe"], ["yes", "no"], name="answer")


def test_every_difference_is_told_at_once():
    given = frame(answer=["yes", "oui"], extra=[1, 2]).drop(columns="who")
    with pytest.raises(TableError) as caught:
        conform(given, TABLE)
    message = str(caught.value)
    for part in ("missing column who", "undeclared column extra", "codes outside its vocabulary"):
        assert part in message


def test_an_empty_text_column_has_no_nulls():
    with pytest.raises(TableError, match="1 empty cells in a column that has none"):
        conform(frame(who=["a", None]), TABLE)


def test_an_empty_table_has_its_categories():
    assert list(empty(TABLE)["answer"].cat.categories) == ["yes", "no", "no_answer"]
