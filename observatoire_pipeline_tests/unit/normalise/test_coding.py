"""Typed texts get the theme that a person gave them; nobody's theme is never guessed."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from observatoire_pipeline.codebook.consistency import find_inconsistencies
from observatoire_pipeline.codebook.labels import normalise_label, text_sha256
from observatoire_pipeline.codebook.models import CodedText, Coding, Theme
from observatoire_pipeline.normalise.coding import coding_progress, suggestions, themes_of
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.raw_tables import raw_tables

THEMES = (Theme(code="moyens", label="Moyens"), Theme(code="temps", label="Temps"))


def coded(text, code, *, variable="commentaire", item=None):
    return CodedText(
        variable=variable,
        item=item,
        text_sha256=text_sha256(text),
        code=code,
        coder="une personne",
        date=date(2018, 11, 5),
    )


def codebook(*texts, variable="commentaire", item=None):
    coding = Coding(variable=variable, item=item, label="Commentaires", codes=THEMES)
    return small_codebook(codings=(coding,), coded_texts=texts)


def test_a_text_has_the_theme_of_its_spellings_and_no_other_text_has():
    book = codebook(coded("Manque de moyens", "moyens"))
    texts = ["MANQUE  de moyens.", "Manque de moyen", "manque de moyens !"]
    assert themes_of(texts, "commentaire", None, codebook=book) == ["moyens", "uncoded", "moyens"]


@given(st.text())
def test_the_name_of_a_text_is_that_of_its_normal_form(text):
    assert text_sha256(text) == text_sha256(normalise_label(text))


def test_the_theme_of_an_answer_stands_beside_it_and_a_blank_keeps_its_kind():
    book = codebook(coded("Manque de moyens", "moyens"))
    rows = [
        {"respondent_id": "1", "equipe": "oui", "commentaire": "manque de moyens"},
        {"respondent_id": "2", "equipe": "oui", "commentaire": "Autre chose"},
        {"respondent_id": "3", "equipe": "oui"},
    ]
    made = raw_tables(rows, codebook=book).normalise().norm_responses
    assert list(made["commentaire__theme__moyens"]) == ["selected", "uncoded", "not_reached"]
    assert list(made["commentaire__theme__temps"]) == ["not_selected", "uncoded", "not_reached"]
    assert list(made["commentaire"]) == ["answered", "answered", "not_reached"]


def test_a_text_may_have_several_themes():
    book = codebook(coded("Ni temps ni moyens", "temps+moyens"))
    rows = [{"respondent_id": "1", "equipe": "oui", "commentaire": "Ni temps ni moyens"}]
    made = raw_tables(rows, codebook=book).normalise().norm_responses
    assert list(made["commentaire__theme__moyens"]) == ["selected"]
    assert list(made["commentaire__theme__temps"]) == ["selected"]


@pytest.mark.parametrize("codes", ["temps+temps", "temps+", "temps moyens", ""])
def test_themes_are_named_once_and_joined_by_a_plus(codes):
    with pytest.raises(ValidationError):
        coded("Ni temps ni moyens", codes)


def test_what_is_exclusive_or_not_declared_goes_with_no_theme():
    exclusive = (*THEMES, Theme(code="hors_sujet", label="Hors sujet", exclusive=True))
    coding = Coding(variable="commentaire", label="Commentaires", codes=exclusive)
    texts = [coded("a", "temps+hors_sujet"), coded("b", "temps+argent"), coded("c", "hors_sujet")]
    book = small_codebook(codings=(coding,), coded_texts=tuple(texts))
    said = [message for entry, message in find_inconsistencies(book) if entry in texts]
    assert len(said) == 2
    assert "'hors_sujet' is exclusive" in said[0]
    assert "'argent' is not declared" in said[1]


def test_the_box_of_a_choice_is_coded_too_and_other_choices_are_blank():
    book = codebook(
        coded("Syndicat mixte", "temps", variable="profil", item="autre"),
        variable="profil",
        item="autre",
    )
    rows = [
        {"respondent_id": "1", "profil": "Autre", "profil__autre": "syndicat mixte"},
        {"respondent_id": "2", "profil": "Commune"},
    ]
    made = raw_tables(rows, codebook=book).normalise().norm_responses
    assert list(made["profil__autre__theme__temps"]) == ["selected", "no_answer"]
    assert list(made["profil"]) == ["autre", "commune"]


def test_an_edition_that_did_not_ask_has_no_theme():
    book = codebook()
    rows = [{"respondent_id": "1", "equipe": "oui"}]
    made = raw_tables(rows, codebook=book, edition="2017").normalise().norm_responses
    assert list(made["commentaire__theme__moyens"]) == ["not_asked"]


def texts(*typed, variable="commentaire", item=""):
    return pd.DataFrame({"variable": variable, "item": item, "text": list(typed)})


def test_progress_counts_the_answers_of_all_spellings_of_a_text():
    book = codebook(coded("Manque de moyens", "moyens"))
    found = coding_progress(texts("Manque de moyens", "RAS", "manque de moyens."), codebook=book)
    assert list(zip(found["text"], found["answers"], found["theme"], strict=True)) == [
        ("Manque de moyens", 2, "moyens"),
        ("RAS", 1, "uncoded"),
    ]


def test_a_suggestion_comes_from_a_coded_text_of_the_same_question_and_is_not_applied():
    book = codebook(coded("Manque de moyens humains", "moyens"))
    frame = texts("Manque de moyens humains", "Le manque de moyens humains", "RAS")
    found = suggestions(coding_progress(frame, codebook=book)).set_index("text")
    near = found.loc["Le manque de moyens humains"]
    assert (near["suggested"], near["theme"]) == ("moyens", "uncoded")
    assert near["score"] > 90
    assert near["like"] == "Manque de moyens humains"
    assert found.loc["RAS", "suggested"] == ""


def test_without_codings_nothing_is_to_do():
    assert coding_progress(texts("RAS"), codebook=small_codebook()).empty
