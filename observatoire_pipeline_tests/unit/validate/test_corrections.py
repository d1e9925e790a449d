import pytest

from observatoire_pipeline.codebook.models import Correction
from observatoire_pipeline.validate.errors import InvalidResponses
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.raw_tables import raw_tables


def corrected(rows, **correction):
    entry = Correction(edition="2018", respondent_id="1", reason="Checked by phone.", **correction)
    return raw_tables(rows, codebook=small_codebook(corrections=(entry,)))


ROWS = [{"respondent_id": "1", "equipe": "Oui", "agents": "30000000"}]


def test_an_overridden_cell_is_validated_like_any_other():
    raw = corrected(ROWS, action="override", variable="agents", expect="30000000", value="30")
    valid, rejected = raw.accept()
    assert valid["c003"].tolist() == ["30"]
    assert rejected.empty


def test_an_override_with_another_wrong_value_is_rejected_in_turn():
    raw = corrected(ROWS, action="override", variable="agents", expect="30000000", value="x")
    assert raw.accept().rejected_responses["rule"].tolist() == ["number_unreadable"]


def test_a_dropped_cell_is_blank_and_told_with_its_reason():
    raw = corrected(ROWS, action="drop_cell", variable="agents", expect="30000000")
    valid, rejected = raw.accept()
    assert valid["c003"].tolist() == [""]
    assert rejected[["outcome", "rule", "value", "expected", "cells"]].to_numpy().tolist() == [
        ["dropped", "declared_correction", "30000000", "Checked by phone.", 1]
    ]


def test_a_dropped_row_takes_its_cells_with_it():
    raw = corrected([*ROWS, {"respondent_id": "2", "equipe": "Non"}], action="drop_row")
    valid, rejected = raw.accept()
    assert valid["respondent_id"].tolist() == ["2"]
    assert rejected[["row", "scope", "outcome", "cells"]].to_numpy().tolist() == [
        [3, "row", "dropped", 3]
    ]


def test_one_of_two_contradicting_rows_is_named_by_a_text_that_only_it_holds():
    rows = [
        {"respondent_id": "1", "equipe": "Oui"},
        {"respondent_id": "1", "equipe": "Non"},
    ]
    raw = corrected(rows, action="drop_row", expect="Non")
    assert raw.accept().valid_responses["row"].tolist() == [3]


@pytest.mark.parametrize(
    ("correction", "message"),
    [
        (
            {"action": "drop_cell", "variable": "agents", "expect": "31"},
            "must hold '31' once, found '30000000'",
        ),
        (
            {"action": "drop_cell", "variable": "budget", "expect": "31"},
            "no column for budget",
        ),
        (
            {"action": "drop_row", "expect": "31"},
            "none of the respondent's 1 rows holds the expected text '31'",
        ),
        (
            {"action": "override", "variable": "agents", "expect": "", "value": "3"},
            "does not add one",
        ),
        (
            {"action": "override", "variable": "agents", "expect": "30000000", "value": " "},
            "use drop_cell",
        ),
    ],
)
def test_a_correction_that_matches_nothing_is_an_error(correction, message):
    with pytest.raises(InvalidResponses, match=r"corrections\.yaml, entry 1") as error:
        corrected(ROWS, **correction).accept()
    assert message in str(error.value)


def test_a_correction_of_a_respondent_who_is_gone_is_an_error():
    rows = [{"respondent_id": "2", "equipe": "Oui"}]
    with pytest.raises(InvalidResponses, match="no row has that respondent"):
        corrected(rows, action="drop_row").accept()


def test_a_box_is_dropped_not_overridden():
    rows = [{"respondent_id": "1", "objectifs__aucun": "Aucun"}]
    raw = corrected(
        rows,
        action="override",
        variable="objectifs",
        item="aucun",
        expect="Aucun",
        value="Informer",
    )
    with pytest.raises(InvalidResponses, match="ticked or not; use drop_cell"):
        raw.accept()
