import pytest

from observatoire_pipeline.validate.errors import InvalidResponses, UnknownAnswers
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.raw_tables import raw_files, raw_tables

CODEBOOK = small_codebook()


def rules(*rows, **more):
    """Return (row, column, rule) of what is rejected in the rows, numbered from 3."""
    numbered = [{"respondent_id": str(n), **row} for n, row in enumerate(rows, start=1)]
    rejected = raw_tables(numbered, codebook=CODEBOOK, **more).accept().rejected_responses
    return [tuple(entry) for entry in rejected[["row", "column", "rule"]].to_numpy()]


def test_a_number_is_readable_and_within_its_bounds():
    assert rules({"agents": "12"}, {"agents": "douze"}, {"agents": "-1"}, {"agents": "100001"}) == [
        (4, "c002", "number_unreadable"),
        (5, "c002", "number_out_of_range"),
        (6, "c002", "number_out_of_range"),
    ]


def test_a_rank_lies_between_one_and_the_number_of_items():
    assert rules({"priorites__cout": "3"}, {"priorites__cout": "4"}) == [
        (4, "c002", "rank_unreadable")
    ]


def test_a_rank_given_twice_rejects_all_that_share_it_and_no_other():
    row = {"priorites__cout": "1", "priorites__securite": "1", "priorites__ergonomie": "2"}
    assert rules(row) == [
        (3, "c002", "rank_given_twice"),
        (3, "c003", "rank_given_twice"),
    ]


def test_items_left_out_of_a_ranking_are_no_tie():
    row = {"priorites__cout": "1", "priorites__securite": "0", "priorites__ergonomie": "N/A"}
    assert rules(row) == []


def test_an_exclusive_option_ticked_with_others_takes_the_whole_block_with_it():
    row = {
        "objectifs__aucun": "Aucun",
        "objectifs__informer": "Informer les habitants",
        "objectifs__autre": "un débat",
    }
    assert rules(row, {"objectifs__aucun": "Aucun"}) == [
        (3, "c002", "exclusive_contradicted"),
        (3, "c003", "exclusive_contradicted"),
        (3, "c004", "exclusive_contradicted"),
    ]


def test_an_answer_behind_a_filter_that_shuts_it_out_is_rejected():
    assert rules(
        {"equipe": "Oui", "outil_type@1": "Plateforme"},
        {"equipe": "Non", "outil_type@1": "Plateforme", "outil_nom@2": "Forum"},
        {"equipe": "", "outil_type@1": "Plateforme"},
    ) == [
        (4, "c003", "answer_outside_filter"),
        (4, "c004", "answer_outside_filter"),
    ]


def test_a_filter_looks_across_the_sheets_of_an_export():
    raw = raw_files(
        {
            "Sheet_1.csv": [{"respondent_id": "1", "equipe": "Non"}],
            "Sheet_2.csv": [{"respondent_id": "1", "outil_type@1": "Plateforme"}],
        },
        codebook=CODEBOOK,
    )
    rejected = raw.accept().rejected_responses
    assert rejected[["source_id", "row", "column"]].to_numpy().tolist() == [["s2", 3, "c002"]]


def test_a_text_beside_another_choice_than_other_is_rejected_and_the_choice_stands():
    assert rules(
        {"profil": "Commune", "profil__autre": "syndicat"},
        {"profil": "Autre", "profil__autre": "syndicat"},
        {"profil": "", "profil__autre": "syndicat"},
    ) == [(3, "c003", "other_text_beside_choice")]


def test_two_boxes_ticked_for_one_choice_are_both_rejected():
    assert rules(
        {"equipe=oui": "Oui", "equipe=non": "Non"}, {"equipe=oui": "Oui", "equipe=non": ""}
    ) == [
        (3, "c002", "two_answers_for_one_question"),
        (3, "c003", "two_answers_for_one_question"),
    ]


def test_a_question_asked_on_two_branches_may_be_answered_on_both_alike():
    assert rules({"equipe": "Oui", "equipe#2": "Oui"}, {"equipe": "Oui", "equipe#2": "Non"}) == [
        (4, "c002", "two_answers_for_one_question"),
        (4, "c003", "two_answers_for_one_question"),
    ]


def test_a_box_holds_its_own_label_as_people_mean_it():
    assert rules(
        {"objectifs__informer": "<b>INFORMER</b> les\u00a0habitants :"},
        {"objectifs__informer": "Consulter les habitants"},
    ) == [(4, "c002", "checkbox_not_its_label")]


def test_a_box_whose_label_is_cut_in_the_codebook_is_recognised_by_its_beginning():
    assert rules({"objectifs__decider": "Décider avec les habitants et les associations"}) == []


def test_a_box_of_an_expanded_matrix_holds_the_answer_not_the_item():
    assert rules(
        {"difficultes__moyens=souvent": "Souvent"},
        {"difficultes__moyens=souvent": "Manque de moyens - Souvent"},
        {"difficultes__moyens=souvent": "Manque de moyens"},
    ) == [(5, "c002", "checkbox_not_its_label")]


def test_a_run_of_boxes_with_labels_of_others_is_a_shift_and_refuses_the_file():
    rows = [
        {"respondent_id": "1", "objectifs__informer": "Informer les habitants"},
        {
            "respondent_id": "2",
            "objectifs__informer": "Vous êtes ?",
            "objectifs__consulter": "Informer les habitants",
            "objectifs__aucun": "Consulter les habitant·e·s",
        },
    ]
    with pytest.raises(InvalidResponses) as error:
        raw_tables(rows, codebook=CODEBOOK).accept()
    assert "row 4, column B" in str(error.value)
    assert "3 adjacent check-box columns" in str(error.value)


def test_a_cell_is_rejected_once_by_the_first_rule_that_it_breaks():
    rows = [{"equipe": "Non", "outil_usages__idees@1": "autre chose"}]
    assert rules(*rows) == [(3, "c003", "answer_outside_filter")]


def test_the_place_of_a_rejected_cell_is_told_as_a_spreadsheet_shows_it():
    raw = raw_tables([{"respondent_id": "1", "agents": "douze"}], codebook=CODEBOOK)
    entry = raw.accept().rejected_responses.iloc[0]
    assert entry["where"] == "file export.csv, row 3, column B (Combien d’agents ? / Response)"
    assert (entry["value"], entry["outcome"], entry["cells"]) == ("douze", "rejected", 1)
    assert raw.accept().valid_responses["c002"].tolist() == ["douze"]


def test_unknown_answers_are_told_all_at_once_with_the_line_to_paste():
    rows = [
        {"respondent_id": "1", "profil": "Comune", "budget": "Beaucoup, vraiment"},
        {"respondent_id": "2", "profil": "Comune", "budget": ""},
        {"respondent_id": "3", "profil": "Commune", "budget": "NSP"},
    ]
    with pytest.raises(UnknownAnswers) as error:
        raw_tables(rows, codebook=CODEBOOK).accept()
    first, _ = error.value.unknown
    assert (first.label, first.count, first.rows) == ("Comune", 2, (3, 4))
    assert "Commune" in first.nearest
    message = str(error.value)
    assert "small_codebook/recodes.csv: profil,2018,Comune,CODE,assumed," in message
    assert 'budget,2018,"Beaucoup, vraiment",CODE,assumed,' in message
    assert "column B (Quelle est votre collectivité ? / Response)" in message


def test_a_long_unknown_answer_is_cut_in_the_message_and_whole_in_the_line_to_paste():
    long = "x" * 200
    with pytest.raises(UnknownAnswers) as error:
        raw_tables([{"respondent_id": "1", "equipe": long}], codebook=CODEBOOK).accept()
    assert f"'{'x' * 79}…'" in str(error.value)
    assert f"oui_non,2018,{long},CODE" in str(error.value)


def test_every_kind_of_problem_is_told_together():
    rows = [
        {"respondent_id": "1", "equipe": "Peut-être"},
        {"respondent_id": "2", "equipe": "Oui"},
        {"respondent_id": "2", "equipe": "Non"},
    ]
    with pytest.raises(InvalidResponses) as error:
        raw_tables(rows, codebook=CODEBOOK).accept()
    assert not isinstance(error.value, UnknownAnswers)
    assert len(error.value.problems) == 1
    assert len(error.value.unknown) == 1


def test_the_spelling_of_one_edition_is_not_that_of_another():
    assert rules({"profil": "Mairie"}, edition="2017") == []
    with pytest.raises(UnknownAnswers):
        rules({"profil": "Mairie"}, edition="2018")
