"""Enrichment: three rows are enough to say each rule."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.collectivites.enrichment import (
    coverage,
    enrich,
    frame_at,
    per_inhabitant,
)
from observatoire_pipeline.collectivites.origins import CollectiviteError
from observatoire_pipeline.collectivites.strata import LOWER_BOUNDS, SIZE_CLASSES, size_class


def test_an_answer_takes_type_size_and_place_on_its_date(reference):
    answers = pd.DataFrame(
        {
            "kind": ["commune", "epci", ""],
            "code": ["42218", "244400404", ""],
            "date": ["2018-03-01", "2019-03-01", "2018-03-01"],
            "answer": ["a", "b", "c"],
        },
        index=[7, 3, 5],
    )
    found = enrich(answers, reference=reference)
    assert found.index.tolist() == [7, 3, 5]
    assert found["name"].tolist() == ["Saint-Étienne", "Nantes Métropole", ""]
    assert found["type"].tolist() == ["commune", "METRO", ""]
    assert found["departement"].tolist() == ["42", "44", ""]
    assert found["region"].tolist() == ["84", "52", ""]
    assert found["size_class"].iloc[:2].tolist() == ["100000_199999", "200000_plus"]
    assert found[["population", "size_class"]].iloc[2].isna().all()
    assert found["answer"].tolist() == ["a", "b", "c"]


def test_one_code_is_two_units_on_two_dates(reference):
    answers = pd.DataFrame(
        {"kind": "commune", "code": "91228", "date": [dt.date(2018, 5, 1), dt.date(2019, 5, 1)]}
    )
    found = enrich(answers, reference=reference)
    assert found["name"].tolist() == ["Évry", "Évry-Courcouronnes"]
    assert found["population"].tolist() == [54_663, 68_090]


def test_answers_without_any_collectivite_are_left_blank(reference):
    answers = pd.DataFrame({"kind": ["", ""], "code": ["", ""], "date": "2018-01-01"})
    found = enrich(answers, reference=reference)
    assert set(found["unit_id"]) == {""}
    assert found["population"].isna().all()
    assert list(found["size_class"].cat.categories) == list(SIZE_CLASSES)


def test_every_bad_link_is_listed_at_once(reference):
    answers = pd.DataFrame(
        {
            "kind": ["commune", "commune", "ville", "epci", "commune"],
            "code": ["99999", "91182", "75056", "244400404", "75056"],
            "date": ["2018-01-01", "2019-06-01", "2018-01-01", "2021-01-01", "2018-02-30"],
        }
    )
    with pytest.raises(CollectiviteError) as caught:
        enrich(answers, reference=reference)
    told = "\n".join(caught.value.problems)
    for fault in (
        "commune 99999 did not exist on 2018-01-01",
        "commune 91182 did not exist on 2019-06-01",
        "unknown kind 'ville'",
        "2021-01-01 lies outside the reference",
        "'2018-02-30' is no date",
    ):
        assert fault in told
    with pytest.raises(CollectiviteError) as caught:
        enrich(answers.drop(columns="date").assign(name="x"), reference=reference)
    assert caught.value.problems == (
        "the answers miss the columns ['date']",
        "the answers hold columns that the reference adds: ['name']",
    )


def test_an_amount_in_a_bracket_stays_an_interval_per_inhabitant():
    found = per_inhabitant(
        pd.Series([1_000, 5_000, 0, 10, None]),
        pd.Series([5_000, None, 0, 20, None]),
        population=pd.Series([1_000, 500, 100, 0, 100]),
    )
    assert found["lower"].tolist()[:3] == [1.0, 10.0, 0.0]
    assert found["upper"].tolist()[0] == 5.0
    assert found["upper"].isna().tolist() == [False, True, False, True, True]
    assert found["known"].tolist() == [True, True, True, False, False]


def test_impossible_intervals_and_populations_are_refused():
    with pytest.raises(ValueError, match=r"above the upper one in rows \[1\]"):
        per_inhabitant(pd.Series([0, 5]), pd.Series([1, 4]), population=pd.Series([1, 1]))
    with pytest.raises(ValueError, match="negative population"):
        per_inhabitant(pd.Series([0]), pd.Series([1]), population=pd.Series([-1]))


@given(st.integers(min_value=0, max_value=3_000_000))
def test_a_population_lies_in_its_class(population):
    found = size_class(pd.Series([population, None], dtype="Int64"))
    place = SIZE_CLASSES.index(found.iloc[0])
    assert LOWER_BOUNDS[place] <= population
    assert place == 14 or population < LOWER_BOUNDS[place + 1]
    assert pd.isna(found.iloc[1])


@pytest.fixture
def three() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit_id": ["a", "b", "c"],
            "type": ["commune", "commune", "CC"],
            "size_class": pd.Categorical(["500_999", None, "500_999"], list(SIZE_CLASSES)),
            "region": ["11", "11", "84"],
            "population": pd.array([600, None, 900], dtype="Int64"),
        }
    )


def test_a_collectivite_that_answers_twice_counts_once(three):
    found = coverage(pd.Series(["a", "a", "", "b"]), frame=three)
    assert found[["type", "size_class", "region"]].to_numpy().tolist() == [
        ["CC", "500_999", "84"],
        ["commune", "500_999", "11"],
        ["commune", "unknown", "11"],
    ]
    assert found["frame"].tolist() == [1, 1, 1]
    assert found["respondents"].tolist() == [0, 1, 1]
    assert found["responses"].tolist() == [0, 2, 1]
    assert found["respondent_population"].tolist() == [0, 600, 0]
    assert found["representation"].tolist() == pytest.approx([0, 1.5, 1.5])


def test_strangers_and_doubles_are_listed_at_once(three):
    with pytest.raises(CollectiviteError) as caught:
        coverage(pd.Series(["a", "z"]), frame=pd.concat([three, three.head(1)]))
    assert caught.value.problems == (
        "the frame holds a twice",
        "z answered and is not in the frame",
    )
    with pytest.raises(CollectiviteError, match="region"):
        coverage(pd.Series(["a"]), frame=three.drop(columns="region"))


def test_the_frame_counts_bodies_with_a_council_of_their_own(reference):
    def counts(day):
        return frame_at(reference, date=day)["kind"].value_counts().to_dict()

    assert counts("2017-06-01")["departement"] == 99
    assert counts("2018-06-01")["departement"] == 97
    assert counts("2019-06-01")["departement"] == 96
    assert counts("2019-06-01")["region"] == 17


def test_coverage_adds_up_over_the_whole_frame(reference):
    frame = frame_at(reference, date="2018-01-01")
    respondents = frame["unit_id"].iloc[::500]
    found = coverage(respondents, frame=frame)
    assert found["frame"].sum() == len(frame)
    assert found["respondents"].sum() == len(respondents)
    assert found["frame_population"].sum() == frame["population"].sum()
    sizes = found.loc[(found["type"] == "commune") & (found["region"] == "84"), "size_class"]
    assert sizes.tolist() == [size for size in SIZE_CLASSES if size in set(sizes)]
