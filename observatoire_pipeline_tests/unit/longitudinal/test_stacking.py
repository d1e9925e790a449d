"""Editions under one another: nothing null, nothing mixed, nothing invented."""

from __future__ import annotations

import pandas as pd
import pytest

from observatoire_pipeline.codebook.models import ReleasePolicy
from observatoire_pipeline.longitudinal.stacking import (
    StackingError,
    stack_instances,
    stack_responses,
)
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import dtype_of
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import norm_instances, norm_responses

CODEBOOK = small_codebook()
TABLES = catalogue(CODEBOOK)
GENERATED = {"2017": True, "2018": True}


def stack(norm, *, codebook=CODEBOOK, synthetic=GENERATED):
    return stack_responses(
        norm, codebook=codebook, table=TABLES["panel_responses"], synthetic=synthetic
    )


def test_editions_follow_the_order_of_the_codebook_and_rows_keep_theirs():
    found = stack(
        {
            "2018": norm_responses(CODEBOOK, "2018", equipe=["oui", "non"]),
            "2017": norm_responses(CODEBOOK, "2017", equipe=["non"]),
        }
    )
    assert found["edition"].tolist() == ["2017", "2018", "2018"]
    assert found["equipe"].tolist() == ["non", "oui", "non"]
    assert list(found.columns) == TABLES["panel_responses"].column_names
    assert found["synthetic"].all()


def test_every_coded_column_keeps_its_declared_categories():
    found = stack({"2018": norm_responses(CODEBOOK, "2018", equipe=["oui"])})
    for column in TABLES["panel_responses"].columns:
        assert found[column.name].dtype == dtype_of(column), column.name


def test_a_question_that_an_edition_did_not_ask_is_not_asked_without_a_column():
    frame = norm_responses(CODEBOOK, "2017", equipe=["oui", "non"])
    found = stack({"2017": frame.drop(columns=["objectifs__decider", "commentaire"])})
    assert found["objectifs__decider"].tolist() == ["not_asked", "not_asked"]
    assert found["commentaire"].tolist() == ["not_asked", "not_asked"]
    assert found.loc[:, "profil":].drop(columns="agents").notna().all(axis=None)


def test_a_question_that_was_asked_must_have_its_column_and_its_answers():
    frame = norm_responses(CODEBOOK, "2018", equipe=["oui"], budget=["not_asked"])
    with pytest.raises(StackingError) as error:
        stack({"2018": frame.drop(columns="equipe")})
    assert "edition 2018: column equipe is missing" in str(error.value)
    assert "column budget is not_asked in 1 rows" in str(error.value)


def test_an_answer_to_a_question_that_was_not_asked_is_an_error():
    frame = norm_responses(CODEBOOK, "2017", commentaire=["answered", "not_asked"])
    with pytest.raises(StackingError, match="commentaire has 1 answers to no question"):
        stack({"2017": frame})


def test_an_edition_stands_for_itself_and_is_known():
    frame = norm_responses(CODEBOOK, "2018", equipe=["oui"])
    with pytest.raises(StackingError) as error:
        stack({"2017": frame, "1999": frame})
    assert "edition 1999 is not in the codebook" in str(error.value)
    assert "edition 2017: holds rows of another edition: 2018" in str(error.value)


def test_a_code_outside_the_vocabulary_is_an_error_and_not_a_null():
    frame = norm_responses(CODEBOOK, "2018", equipe=["oui"])
    frame["equipe"] = pd.Series(["peut_etre"], dtype="str")
    with pytest.raises(StackingError, match="peut_etre"):
        stack({"2018": frame})


def test_generated_and_collected_editions_do_not_mix():
    norm = {key: norm_responses(CODEBOOK, key, equipe=["oui"]) for key in ("2017", "2018")}
    with pytest.raises(StackingError) as error:
        stack(norm, synthetic={"2017": True, "2018": False})
    assert "synthetic editions (2017) and collected editions (2018)" in str(error.value)


def test_a_codebook_may_allow_the_mixture_and_each_row_keeps_its_flag():
    survey = CODEBOOK.survey.model_copy(update={"release": ReleasePolicy(mixed_synthetic=True)})
    allowed = small_codebook(survey=survey)
    norm = {key: norm_responses(allowed, key, equipe=["oui"]) for key in ("2017", "2018")}
    found = stack(norm, codebook=allowed, synthetic={"2017": True, "2018": False})
    assert found["synthetic"].tolist() == [True, False]


def test_an_edition_says_whether_it_is_synthetic():
    norm = {"2018": norm_responses(CODEBOOK, "2018", equipe=["oui"])}
    with pytest.raises(StackingError, match="edition 2018: nobody says"):
        stack(norm, synthetic={})


def test_no_edition_gives_the_empty_panel():
    found = stack({})
    assert len(found) == 0
    assert list(found.columns) == TABLES["panel_responses"].column_names


def test_instances_stack_with_the_questions_of_their_block():
    norm = {
        edition: norm_instances(
            CODEBOOK,
            edition,
            respondents=["r1", "r1"],
            instances=[1, 2],
            outil_type=["plateforme", "application"],
        )
        for edition in ("2018", "2017")
    }
    found = stack_instances(
        norm, codebook=CODEBOOK, table=TABLES["panel_instances"], synthetic=GENERATED
    )
    assert found["edition"].tolist() == ["2017", "2017", "2018", "2018"]
    assert found["instance"].tolist() == [1, 2, 1, 2]
    assert list(found.columns) == TABLES["panel_instances"].column_names
