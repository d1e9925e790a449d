"""The long form: every answer once, and what kind of missing the others are."""

from __future__ import annotations

import pandas as pd
import pytest

from observatoire_pipeline.marts.answers import answer_parts, answers
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import norm_instances, norm_responses, panel

CODEBOOK = small_codebook()
TABLES = catalogue(CODEBOOK)


@pytest.fixture(scope="module")
def both():
    responses = {
        "2018": norm_responses(
            CODEBOOK,
            "2018",
            profil=["commune", "declined"],
            equipe=["oui", "non"],
            objectifs__informer=["selected", "no_answer"],
            objectifs__consulter=["not_selected", "no_answer"],
            budget=["do_not_know", "plus_20000"],
            agents__state=["answered", "not_reached"],
            agents=[12.5, None],
            priorites__cout=["rank_1", "not_ranked"],
            commentaire=["answered", "no_answer"],
        ),
        "2017": norm_responses(CODEBOOK, "2017", equipe=["oui"]),
    }
    instances = {
        "2018": norm_instances(
            CODEBOOK,
            "2018",
            respondents=["r1", "r1"],
            instances=[1, 2],
            outil_type=["plateforme", "application"],
        )
    }
    return panel(CODEBOOK, responses, instances)


@pytest.fixture(scope="module")
def table(both):
    return answers(*both, codebook=CODEBOOK, tables=TABLES)


def cell(table, variable, item="", respondent="r1", instance=1):
    key = ["edition", "respondent_id", "variable", "item", "instance"]
    found = table[(table[key] == ["2018", respondent, variable, item, instance]).all(axis=1)]
    assert len(found) == 1
    return found.iloc[0]


def test_an_answer_has_its_code_and_its_label(table):
    found = cell(table, "equipe")
    assert (found["code"], found["label"], found["missing"]) == ("oui", "Oui", "")
    assert found["unit"] == "collectivite"
    assert found.isna()["value"]


def test_a_missing_answer_says_its_kind_in_the_words_of_the_questionnaire(table):
    found = cell(table, "profil", respondent="r2")
    assert (found["code"], found["missing"]) == ("declined", "declined")
    assert found["label"] == "Ne souhaite pas répondre"
    assert cell(table, "budget")["missing"] == "do_not_know"


def test_a_choice_is_a_row_whether_it_was_ticked_or_not(table):
    assert cell(table, "objectifs", "informer")["code"] == "selected"
    assert cell(table, "objectifs", "informer")["label"] == "Informer"
    found = cell(table, "objectifs", "consulter")
    assert (found["code"], found["missing"]) == ("not_selected", "")


def test_an_item_left_unranked_is_an_answer(table):
    found = cell(table, "priorites", "cout", respondent="r2")
    assert (found["code"], found["missing"]) == ("not_ranked", "")


def test_a_number_carries_its_value(table):
    assert cell(table, "agents")["value"] == 12.5
    found = cell(table, "agents", respondent="r2")
    assert found.isna()["value"]
    assert found["missing"] == "not_reached"


def test_an_instance_is_a_row_of_its_own_unit(table):
    found = cell(table, "outil_type", instance=2)
    assert (found["code"], found["unit"]) == ("application", "outil")


def test_what_an_edition_did_not_ask_and_who_a_person_is_are_not_listed(table):
    of_2017 = table[table["edition"] == "2017"]
    assert "commentaire" not in set(of_2017["variable"])
    assert "decider" not in set(of_2017["item"])
    assert "contact" not in set(table["variable"])
    assert "not_asked" not in set(table["missing"])


def test_the_key_is_unique_and_every_asked_cell_is_there(table):
    key = list(TABLES["mart_answers"].key)
    assert not table.duplicated(key).any()
    # 2018: 1 + 1 + 5 + 2 + 3 + 1 + 1 + 1 columns by 2 responses, 1 + 2 + 1 by 2 tools;
    # 2017: one choice and the comment fewer, one response, no tool.
    assert len(table) == 15 * 2 + 4 * 2 + 13
    assert list(table.columns) == TABLES["mart_answers"].column_names


def test_the_parts_are_the_table_cut_by_question(both, table):
    parts = list(answer_parts(*both, codebook=CODEBOOK, tables=TABLES))
    assert len(parts) == 15 + 4 + 13
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), table)


def test_an_empty_panel_gives_an_empty_table():
    found = answers(*panel(CODEBOOK, {}), codebook=CODEBOOK, tables=TABLES)
    assert len(found) == 0
    assert list(found.columns) == TABLES["mart_answers"].column_names
