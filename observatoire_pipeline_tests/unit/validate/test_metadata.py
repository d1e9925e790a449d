import pandas as pd
import pytest

from observatoire_pipeline.validate.errors import InvalidResponses
from observatoire_pipeline.validate.metadata import read_moments
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.raw_tables import raw_files, raw_tables

CODEBOOK = small_codebook()


@pytest.mark.parametrize(
    ("text", "day_first", "moment"),
    [
        ("03/24/2020 9:08:27 PM", False, "2020-03-24 21:08:27"),
        ("04/25/2017 23:03:44", False, "2017-04-25 23:03:44"),
        ("2019-11-03 03:34:11", False, "2019-11-03 03:34:11"),
        ("2019-11-03T03:34:11", True, "2019-11-03 03:34:11"),
        ("03/04/2018 10:00:00", True, "2018-04-03 10:00:00"),
        ("03/04/2018 10:00:00", False, "2018-03-04 10:00:00"),
        ("5/10/18 4:01", False, "2018-05-10 04:01:00"),
    ],
)
def test_a_moment_is_read_in_the_order_that_the_edition_declares(text, day_first, moment):
    read = read_moments(pd.Series([text], dtype="str"), day_first=day_first)
    assert read.tolist() == [pd.Timestamp(moment)]


def test_a_date_that_cannot_be_read_is_a_rejected_cell_and_a_null_moment():
    raw = raw_tables(
        [
            {"respondent_id": "1", "started_at": "03/24/2020 9:08:27 PM", "equipe": "Oui"},
            {"respondent_id": "2", "started_at": "43290.53487", "equipe": "Oui"},
        ],
        codebook=CODEBOOK,
    )
    valid, rejected = raw.accept()
    assert valid["started_at"].isna().tolist() == [False, True]
    assert rejected[["row", "column", "rule", "value"]].to_numpy().tolist() == [
        [4, "c002", "unreadable_date", "43290.53487"]
    ]


def test_dates_of_the_other_order_are_an_error_not_a_wrong_month():
    raw = raw_tables(
        [
            {"respondent_id": "1", "started_at": "03/04/2018 10:00:00", "equipe": "Oui"},
            {"respondent_id": "2", "started_at": "24/04/2018 10:00:00", "equipe": "Oui"},
        ],
        codebook=CODEBOOK,
    )
    with pytest.raises(InvalidResponses, match=r"row 4.*set day_first: true for edition 2018"):
        raw.accept()


def test_responses_without_identifiers_are_named_after_their_row():
    raw = raw_tables([{"respondent_id": "1", "equipe": "Oui"}], codebook=CODEBOOK)
    columns = raw.raw_columns.assign(
        field=raw.raw_columns["field"].replace("respondent_id", "language")
    )
    accepted = raw._replace(raw_columns=columns).accept()
    assert accepted.valid_responses["respondent_id"].tolist() == ["s1-3"]


def test_a_file_with_two_columns_of_identifiers_is_refused():
    raw = raw_tables([{"respondent_id": "1", "language": "2", "equipe": "Oui"}], codebook=CODEBOOK)
    columns = raw.raw_columns.assign(
        field=raw.raw_columns["field"].replace("language", "respondent_id")
    )
    with pytest.raises(InvalidResponses, match=r"export\.csv: 2 columns were recognised"):
        raw._replace(raw_columns=columns).accept()


def test_two_files_that_disagree_on_when_a_response_began_are_not_joined():
    start = "03/24/2020 9:08:27 PM"
    later = "03/25/2020 9:08:27 PM"
    raw = raw_files(
        {
            "Sheet_1.csv": [{"respondent_id": "1", "started_at": start, "equipe": "Oui"}],
            "Sheet_2.csv": [{"respondent_id": "1", "started_at": later, "agents": "3"}],
        },
        codebook=CODEBOOK,
    )
    with pytest.raises(InvalidResponses, match="respondent 1: started_at differs"):
        raw.accept()
