"""Grades between editions: complete, true to the codebook, executable."""

from __future__ import annotations

import json

import pytest

from observatoire_pipeline.codebook.models import Comparability
from observatoire_pipeline.longitudinal.comparability import (
    ComparabilityError,
    comparability_problems,
    comparability_table,
)
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook

CODEBOOK = small_codebook()


def regraded(variable, grade, *, columns=None, **more):
    """Return the small codebook with one variable graded otherwise."""
    entry = Comparability(
        variable=variable, among=("2017", "2018"), grade=grade, reason="Because.", **more
    )
    others = tuple(e for e in CODEBOOK.comparability if e.variable != variable)
    parts = {"comparability": (*others, entry)}
    if columns is not None:
        parts["columns"] = columns
    return small_codebook(**parts)


def reworded(variable, item, edition, text):
    """Return the column texts of the small codebook with one of them changed."""
    return tuple(
        c.model_copy(update={"text": text})
        if (c.variable, c.item, c.edition) == (variable, item, edition)
        else c
        for c in CODEBOOK.columns
    )


def row(table, variable, item=""):
    found = table[(table["variable"] == variable) & (table["item"] == item)]
    assert len(found) == 1
    return found.iloc[0]


def test_one_row_for_each_variable_or_item_and_pair():
    table = comparability_table(CODEBOOK)
    keys = list(zip(table["variable"], table["item"], strict=True))
    assert len(keys) == len(set(keys))
    assert ("difficultes", "moyens") in keys
    assert ("difficultes", "") not in keys
    assert ("equipe", "") in keys
    assert not any(variable == "contact" for variable, _ in keys)
    assert list(table.columns) == catalogue(CODEBOOK)["comparability"].column_names
    assert set(table["edition_from"]) == {"2017"}
    assert set(table["edition_to"]) == {"2018"}


def test_what_an_edition_did_not_ask_is_not_asked_by_itself():
    table = comparability_table(CODEBOOK)
    for variable, item in (("commentaire", ""), ("objectifs", "decider")):
        found = row(table, variable, item)
        assert found["grade"] == "not_asked"
        assert not found["comparable"]
        assert found["reason"] == "Question non posée dans l’édition 2017"


@pytest.mark.parametrize(
    ("grade", "comparable"),
    [("identical", True), ("reworded", True), ("scale_changed", False), ("base_changed", False)],
)
def test_a_change_is_computed_only_where_the_grade_allows(grade, comparable):
    table = comparability_table(regraded("equipe", grade))
    assert bool(row(table, "equipe")["comparable"]) is comparable
    assert row(table, "equipe")["reason"] == "Because."
    assert row(table, "equipe")["code_mapping"] == ""


def test_regrouped_options_are_comparable_through_their_mapping():
    mapping = {
        "region": "grande",
        "departement": "grande",
        "commune": "commune",
        "autre": "autre",
    }
    table = comparability_table(regraded("profil", "options_regrouped", mapping=mapping))
    found = row(table, "profil")
    assert found["comparable"]
    assert json.loads(found["code_mapping"]) == mapping
    assert list(json.loads(found["code_mapping"])) == sorted(mapping)


def test_a_mapping_covers_the_codes_of_both_editions_and_no_other():
    mapping = {"commune": "commune", "departement": "autre", "autre": "autre", "etat": "autre"}
    problems = comparability_problems(regraded("profil", "options_regrouped", mapping=mapping))
    assert len(problems) == 2
    assert "leaves out region of 2018" in problems[0]
    assert "names etat" in problems[1]


def test_every_missing_grade_is_listed_at_once():
    kept = tuple(e for e in CODEBOOK.comparability if e.variable not in ("equipe", "difficultes"))
    codebook = small_codebook(comparability=kept)
    problems = comparability_problems(codebook)
    assert problems == [
        "no grade for equipe from 2017 to 2018: add an entry",
        "no grade for difficultes, items moyens, temps from 2017 to 2018: add an entry",
    ]
    with pytest.raises(ComparabilityError) as error:
        comparability_table(codebook)
    assert all(problem in str(error.value) for problem in problems)
    assert "comparability.yaml" in str(error.value)


def test_a_codebook_in_order_has_no_problem():
    assert comparability_problems(CODEBOOK) == []


def test_identical_is_checked_against_the_title():
    changed = reworded("equipe", None, "2018", "Disposez-vous d’un outil ?")
    (problem,) = comparability_problems(small_codebook(columns=changed))
    assert "equipe" in problem
    assert "Disposez-vous" in problem
    assert "reworded" in problem


def test_identical_looks_through_case_accents_and_apostrophes():
    changed = reworded("priorites", "ergonomie", "2018", "L'ERGONOMIE :")
    assert comparability_problems(small_codebook(columns=changed)) == []


def test_identical_is_checked_against_the_label_of_the_item():
    changed = reworded("difficultes", "temps", "2018", "Délais")
    (problem,) = comparability_problems(small_codebook(columns=changed))
    assert "difficultes, item temps" in problem
    assert "label changed" in problem


def test_identical_is_checked_against_the_answers_offered():
    columns = reworded("profil", None, "2018", "Vous êtes ?")
    (problem,) = comparability_problems(regraded("profil", "identical", columns=columns))
    assert "only 2018 offers region" in problem


def test_identical_is_checked_against_the_scale():
    variables = dict(CODEBOOK.variables)
    variables["equipe"] = variables["equipe"].model_copy(
        update={"scale": {"2017": "oui_non", "2018": "frequence"}}
    )
    problems = comparability_problems(small_codebook(variables=variables))
    assert any("scale changed from oui_non to frequence" in problem for problem in problems)
    assert any("only 2017 offers non, oui" in problem for problem in problems)


@pytest.mark.parametrize("grade", ["identical", "reworded"])
def test_no_grade_makes_two_units_comparable(grade):
    blocks = dict(CODEBOOK.blocks)
    blocks["profil_outil"] = blocks["profil"].model_copy(
        update={"block": "profil_outil", "unit": "outil"}
    )
    variables = dict(CODEBOOK.variables)
    variables["equipe"] = variables["equipe"].model_copy(
        update={"block": {"2017": "profil_outil", "2018": "profil"}}
    )
    entry = Comparability(variable="equipe", among=("2017", "2018"), grade=grade, reason="Same.")
    others = tuple(e for e in CODEBOOK.comparability if e.variable != "equipe")
    codebook = small_codebook(blocks=blocks, variables=variables, comparability=(*others, entry))
    (problem,) = comparability_problems(codebook)
    assert "unit changed from outil to collectivite" in problem


def test_a_ranking_of_other_items_is_not_identical():
    columns = reworded("priorites", "ergonomie", "2017", "not_asked")
    problems = comparability_problems(small_codebook(columns=columns))
    assert problems
    assert all("items to rank changed: only 2018 offers ergonomie" in p for p in problems)


def test_a_grade_for_a_question_that_was_not_asked_is_an_error():
    entry = Comparability(
        variable="commentaire", among=("2017", "2018"), grade="identical", reason="Same."
    )
    named = Comparability(
        variable="objectifs",
        items=("decider",),
        earlier=("2017",),
        later=("2018",),
        grade="reworded",
        reason="Words.",
    )
    others = tuple(e for e in CODEBOOK.comparability if e.variable != "objectifs")
    rest = Comparability(
        variable="objectifs",
        items=("informer", "consulter", "aucun", "autre"),
        among=("2017", "2018"),
        grade="reworded",
        reason="Words.",
    )
    problems = comparability_problems(small_codebook(comparability=(*others, rest, entry, named)))
    assert len(problems) == 2
    assert "commentaire was not asked in 2017" in problems[0]
    assert "objectifs, item decider was not asked in 2017" in problems[1]


def test_a_pair_has_one_grade_and_runs_forward_in_time():
    again = Comparability(
        variable="equipe", among=("2018", "2017"), grade="reworded", reason="Words."
    )
    backward = Comparability(
        variable="budget", earlier=("2018",), later=("2017",), grade="identical", reason="Same."
    )
    strange = Comparability(
        variable="inconnue", among=("2017", "2018"), grade="identical", reason="Same."
    )
    problems = comparability_problems(
        small_codebook(comparability=(*CODEBOOK.comparability, again, backward, strange))
    )
    assert len(problems) == 3
    assert "equipe has another grade (identical) from 2017 to 2018" in problems[0]
    assert "2018 is not earlier than 2017" in problems[1]
    assert "unknown variable inconnue" in problems[2]


def test_not_asked_cannot_be_declared_for_what_was_asked():
    problems = comparability_problems(regraded("equipe", "not_asked"))
    assert len(problems) == 1
    assert "both editions asked it" in problems[0]


def test_reasons_that_follow_by_themselves_speak_the_language_of_the_survey():
    survey = CODEBOOK.survey.model_copy(update={"language": "en"})
    table = comparability_table(small_codebook(survey=survey))
    assert row(table, "commentaire")["reason"] == "Not asked in edition 2017"
