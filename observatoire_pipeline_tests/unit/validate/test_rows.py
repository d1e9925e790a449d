import pytest

from observatoire_pipeline.validate.cells import read_columns
from observatoire_pipeline.validate.errors import InvalidResponses
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.raw_tables import raw_files, raw_tables

CODEBOOK = small_codebook()
START = "03/24/2020 9:08:27 PM"


def told(rejected):
    return rejected[["source_id", "row", "scope", "outcome", "rule", "cells"]].to_numpy().tolist()


def test_a_row_that_repeats_a_response_is_dropped_and_the_first_one_kept():
    raw = raw_tables(
        [
            {"respondent_id": "1", "equipe": "Oui", "agents": "3"},
            {"respondent_id": "1", "equipe": "Oui ", "agents": "3"},
        ],
        codebook=CODEBOOK,
    )
    valid, rejected = raw.accept()
    assert valid["row"].tolist() == [3]
    assert told(rejected) == [["s1", 4, "row", "dropped", "duplicate_row", 3]]


def test_two_rows_of_a_respondent_with_other_answers_are_for_a_person_to_settle():
    raw = raw_tables(
        [
            {"respondent_id": "1", "equipe": "Oui", "agents": "3"},
            {"respondent_id": "1", "equipe": "Oui", "agents": "4"},
        ],
        codebook=CODEBOOK,
    )
    with pytest.raises(InvalidResponses) as error:
        raw.accept()
    message = str(error.value)
    assert "respondent 1 has two rows with different answers, row 3 and row 4" in message
    assert "action: drop_row, expect: '4'" in message


def test_a_row_with_metadata_only_is_dropped():
    raw = raw_tables(
        [
            {"respondent_id": "1", "started_at": START, "equipe": "Oui"},
            {"respondent_id": "2", "started_at": START, "equipe": " \u00a0"},
        ],
        codebook=CODEBOOK,
    )
    valid, rejected = raw.accept()
    assert valid["respondent_id"].tolist() == ["1"]
    assert told(rejected) == [["s1", 4, "row", "dropped", "empty_response", 2]]


def test_an_empty_row_beside_a_full_one_of_the_same_respondent_contradicts_nothing():
    raw = raw_tables(
        [{"respondent_id": "1", "equipe": ""}, {"respondent_id": "1", "equipe": "Oui"}],
        codebook=CODEBOOK,
    )
    valid, rejected = raw.accept()
    assert valid["row"].tolist() == [4]
    assert told(rejected) == [["s1", 3, "row", "dropped", "empty_response", 1]]


def test_an_empty_sheet_of_a_response_that_goes_on_elsewhere_is_kept():
    raw = raw_files(
        {
            "Sheet_1.csv": [{"respondent_id": "1", "equipe": "Oui"}],
            "Sheet_2.csv": [{"respondent_id": "1", "agents": ""}],
        },
        codebook=CODEBOOK,
    )
    valid, rejected = raw.accept()
    assert valid["source_id"].tolist() == ["s1", "s2"]
    assert rejected.empty


def test_a_row_without_identifier_is_rejected():
    raw = raw_tables(
        [{"respondent_id": "1", "equipe": "Oui"}, {"respondent_id": "", "equipe": "Oui"}],
        codebook=CODEBOOK,
    )
    valid, rejected = raw.accept()
    assert valid["row"].tolist() == [3]
    assert told(rejected) == [["s1", 4, "row", "rejected", "missing_respondent_id", 1]]


def test_the_order_of_the_rows_of_a_frame_decides_nothing():
    raw = raw_tables(
        [{"respondent_id": "1", "equipe": "Oui"}, {"respondent_id": "1", "equipe": "Oui"}],
        codebook=CODEBOOK,
    )
    backwards = raw._replace(raw_responses=raw.raw_responses.iloc[::-1])
    assert backwards.accept().valid_responses["row"].tolist() == [3]


def test_headers_pasted_among_the_responses_are_no_respondent():
    raw = raw_tables([{"respondent_id": "1", "equipe": "Oui"}], codebook=CODEBOOK)
    columns = read_columns(raw.raw_columns, raw.source_files)
    heading = next(c.title for c in columns if c.field == "respondent_id")
    again = raw_tables(
        [{"respondent_id": "1", "equipe": "Oui"}, {"respondent_id": heading, "equipe": ""}],
        codebook=CODEBOOK,
    )
    valid, rejected = again.accept()
    assert valid["respondent_id"].tolist() == ["1"]
    assert told(rejected) == [["s1", 4, "row", "rejected", "repeated_header", 1]]
