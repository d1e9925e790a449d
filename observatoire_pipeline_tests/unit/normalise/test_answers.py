"""Each kind of answer, coded from a few rows."""

import math

import pandas as pd

from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import conform
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.raw_tables import raw_files, raw_tables

CODEBOOK = small_codebook()
END = {"commentaire": "fin"}
"""An answer to the last question: nothing before it is `not_reached`."""


def normalised(*rows, edition="2018", **more):
    numbered = [{"respondent_id": str(n), **row} for n, row in enumerate(rows, start=1)]
    return raw_tables(numbered, codebook=CODEBOOK, edition=edition, **more).normalise()


def codes(frame, name):
    return frame[name].astype(str).tolist()


def texts(frame):
    names = ["respondent_id", "variable", "item", "instance", "text"]
    return [tuple(row) for row in frame[names].to_numpy()]


def test_every_frame_is_its_declared_table():
    made = normalised({"profil": "Commune", "equipe": "Oui", "outil_type@1": "Plateforme"})
    tables = catalogue(CODEBOOK)
    for name, frame in made._asdict().items():
        pd.testing.assert_frame_equal(frame, conform(frame, tables[name]))


def test_an_edition_without_an_answer_gives_empty_frames_of_the_tables():
    made = normalised({"profil": ""})
    assert [len(frame) for frame in made] == [0, 0, 0, 2, 0]
    assert "not_asked" in made.norm_responses["profil"].cat.categories


def test_a_label_becomes_its_code_and_an_offered_refusal_its_kind():
    made = normalised(
        {"profil": "Une commune"}, {"profil": "département"}, {"profil": "Ne souhaite pas répondre"}
    )
    assert codes(made.norm_responses, "profil") == ["commune", "departement", "declined"]


def test_a_text_beside_other_means_other_also_without_the_choice():
    made = normalised(
        {"profil": "Autre", "profil__autre": " un syndicat "},
        {"profil": "", "profil__autre": "N/A"},
        {"profil": "Autre", "profil__autre": ""},
    )
    assert codes(made.norm_responses, "profil") == ["autre"] * 3
    assert texts(made.norm_texts) == [
        ("1", "profil", "autre", 1, "un syndicat"),
        ("2", "profil", "autre", 1, "N/A"),
    ]


def test_a_text_rejected_beside_a_choice_is_not_kept_and_the_choice_is():
    made = normalised({"profil": "Commune", "profil__autre": "syndicat"})
    assert codes(made.norm_responses, "profil") == ["commune"]
    assert made.norm_texts.empty


def test_one_ticked_box_makes_the_other_boxes_not_selected():
    made = normalised(
        {"objectifs__informer": "Informer les habitants", "objectifs__aucun": ""},
        {"objectifs__autre": "débattre", **END},
        END,
    )
    responses = made.norm_responses
    assert codes(responses, "objectifs__informer") == ["selected", "not_selected", "no_answer"]
    assert codes(responses, "objectifs__autre") == ["not_selected", "selected", "no_answer"]
    assert texts(made.norm_texts)[0] == ("2", "objectifs", "autre", 1, "débattre")


def test_a_box_that_cannot_be_read_leaves_the_readable_ones_alone():
    made = normalised(
        {"objectifs__informer": "???", "objectifs__consulter": "Consulter les habitant·e·s"},
        {"objectifs__informer": "???", "objectifs__consulter": ""},
    )
    responses = made.norm_responses
    assert codes(responses, "objectifs__informer") == ["unreadable", "unreadable"]
    assert codes(responses, "objectifs__consulter") == ["selected", "unreadable"]
    assert codes(responses, "objectifs__aucun") == ["not_selected", "unreadable"]


def test_a_contradicted_exclusive_option_makes_the_whole_block_unreadable():
    made = normalised(
        {"objectifs__aucun": "Aucun", "objectifs__informer": "Informer les habitants"}
    )
    battery = [name for name in made.norm_responses if name.startswith("objectifs__")]
    assert {codes(made.norm_responses, name)[0] for name in battery} == {"unreadable"}


def test_an_item_that_the_edition_did_not_ask_is_not_asked_beside_ticked_ones():
    made = normalised({"objectifs__informer": "Informer les habitants"}, edition="2017")
    assert codes(made.norm_responses, "objectifs__decider") == ["not_asked"]
    assert codes(made.norm_responses, "commentaire") == ["not_asked"]


def test_a_matrix_is_coded_item_by_item_and_its_comment_kept():
    made = normalised(
        {
            "difficultes__moyens": "Parfois - rarement",
            "difficultes__temps": "NSP",
            "difficultes__precision": "surtout l’été",
        }
    )
    assert codes(made.norm_responses, "difficultes__moyens") == ["parfois"]
    assert codes(made.norm_responses, "difficultes__temps") == ["do_not_know"]
    assert texts(made.norm_texts) == [("1", "difficultes", "precision", 1, "surtout l’été")]


def test_items_left_out_of_a_ranking_are_not_ranked():
    made = normalised(
        {"priorites__cout": "2", "priorites__securite": "0", "priorites__ergonomie": ""}, END
    )
    responses = made.norm_responses
    assert codes(responses, "priorites__cout") == ["rank_2", "no_answer"]
    assert codes(responses, "priorites__securite") == ["not_ranked", "no_answer"]
    assert codes(responses, "priorites__ergonomie") == ["not_ranked", "no_answer"]


def test_tied_ranks_are_unreadable_and_the_others_stand():
    made = normalised(
        {"priorites__cout": "1", "priorites__securite": "1", "priorites__ergonomie": "2"}
    )
    responses = made.norm_responses
    assert codes(responses, "priorites__cout") == ["unreadable"]
    assert codes(responses, "priorites__ergonomie") == ["rank_2"]


def test_a_bracket_keeps_its_code_and_no_midpoint():
    made = normalised({"budget": "De 5 000 à 20 000 €"}, {"budget": "Ne sait pas"})
    assert codes(made.norm_responses, "budget") == ["de_5000_a_20000", "do_not_know"]


def test_a_number_is_a_value_with_its_state_beside_it():
    made = normalised({"agents": "1 234,5"}, {"agents": "beaucoup"}, END)
    assert codes(made.norm_responses, "agents__state") == ["answered", "unreadable", "no_answer"]
    values = made.norm_responses["agents"]
    assert values.dtype == "Float64"
    assert values.isna().tolist() == [False, True, True]
    assert math.isclose(values[0], 1234.5)


def test_what_people_type_for_nothing_is_an_answer_all_the_same():
    made = normalised({"commentaire": "N/A"}, {"commentaire": "-"}, {"commentaire": "néant"})
    assert codes(made.norm_responses, "commentaire") == ["answered"] * 3
    assert [text for *_, text in texts(made.norm_texts)] == ["N/A", "-", "néant"]


def test_who_and_when_come_along():
    made = normalised(
        {
            "started_at": "03/24/2020 9:08:27 PM",
            "ended_at": "03/24/2020 9:10:00 PM",
            "collector_id": "77",
            "equipe": "Oui",
        }
    )
    first = made.norm_responses.iloc[0]
    assert (first["respondent_id"], first["source_id"], first["row"]) == ("1", "s1", 3)
    assert (first["collector"], first["started_at"]) == ("77", pd.Timestamp("2020-03-24 21:08:27"))


def test_the_sheets_of_an_export_are_joined_on_the_respondent_not_on_the_row():
    raw = raw_files(
        {
            "Sheet_1.csv": [
                {"respondent_id": "1", "equipe": "Oui"},
                {"respondent_id": "2", "equipe": "Non"},
            ],
            "Sheet_2.csv": [
                {"respondent_id": "2", "agents": "22"},
                {"respondent_id": "3", "agents": "33"},
                {"respondent_id": "1", "agents": "11"},
            ],
        },
        codebook=CODEBOOK,
    )
    made = raw.normalise()
    responses = made.norm_responses
    assert responses["respondent_id"].tolist() == ["1", "2", "3"]
    assert codes(responses, "equipe") == ["oui", "non", "no_answer"]
    assert responses["agents"].tolist() == [11, 22, 33]
    assert responses["source_id"].tolist() == ["s1", "s1", "s2"]
    assert made.norm_sources[["respondent_id", "source_id", "row"]].to_numpy().tolist() == [
        ["1", "s1", 3],
        ["2", "s1", 4],
        ["2", "s2", 3],
        ["3", "s2", 4],
        ["1", "s2", 5],
    ]


# --- repeated blocks ------------------------------------------------------------------------


def test_an_instance_has_a_row_when_it_has_an_answer_and_gaps_stay():
    made = normalised(
        {"equipe": "Oui", "outil_type@1": "", "outil_type@2": "Application"},
        {"equipe": "Oui", "outil_type@1": "Plateforme", "outil_usages__idees@2": ""},
        {"equipe": "Oui"},
    )
    instances = made.norm_instances
    assert instances[["respondent_id", "block", "instance"]].to_numpy().tolist() == [
        ["1", "outils", 2],
        ["2", "outils", 1],
    ]
    assert codes(instances, "outil_type") == ["application", "plateforme"]


def test_a_text_is_enough_for_an_instance_and_keeps_its_number():
    made = normalised({"equipe": "Oui", "outil_nom@1": "", "outil_nom@2": "Forum"})
    assert made.norm_instances["instance"].tolist() == [2]
    assert codes(made.norm_instances, "outil_nom") == ["answered"]
    assert texts(made.norm_texts) == [("1", "outil_nom", "", 2, "Forum")]


def test_an_instance_whose_answers_were_all_rejected_has_no_row():
    made = normalised({"equipe": "Non", "outil_type@1": "Plateforme"})
    assert made.norm_instances.empty
    assert made.cell_map["cells_rejected"].sum() == 1


# --- layouts --------------------------------------------------------------------------------


def test_condensed_and_expanded_layouts_end_in_the_same_codes():
    condensed = normalised(
        {
            "profil": "Commune",
            "profil__autre": "",
            "difficultes__moyens": "Parfois - rarement",
            "budget": "Ne sait pas",
            "priorites__cout": "1",
        },
        {
            "profil": "Autre",
            "profil__autre": "syndicat",
            "difficultes__moyens": "Souvent",
            "budget": "20 000 € et plus",
        },
        {"profil": "Autre", "profil__autre": "", "difficultes__moyens": "", "budget": ""},
    )
    expanded = normalised(
        {
            "profil=commune": "Commune",
            "profil=departement": "",
            "profil__autre=autre": "",
            "difficultes__moyens=parfois": "Parfois - rarement",
            "difficultes__moyens=souvent": "",
            "budget=do_not_know": "NSP",
            "budget=plus_20000": "",
            "priorites__cout=rank_1": "1",
        },
        {
            "profil__autre=autre": "syndicat",
            "difficultes__moyens=souvent": "Souvent",
            "budget=plus_20000": "20 000 € et plus",
        },
        # The box of "other" shows its own label when it was ticked and nothing was typed.
        {"profil__autre=autre": "Autre (veuillez préciser)"},
    )
    pd.testing.assert_frame_equal(condensed.norm_responses, expanded.norm_responses)
    pd.testing.assert_frame_equal(condensed.norm_texts, expanded.norm_texts)


def test_a_question_asked_on_two_branches_is_one_answer():
    made = normalised({"equipe": "Oui", "equipe#2": ""}, {"equipe": "", "equipe#2": "Non"})
    assert codes(made.norm_responses, "equipe") == ["oui", "non"]
