"""What each layout and container holds, cell by cell, for answers that fit on one screen."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime

import pytest

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.sample.answers import Answers, parse_cell, spell_cell
from observatoire_pipeline.sample.writers import (
    OLD_NAMES,
    SampleError,
    compose,
    write_export,
    write_table,
)
from observatoire_pipeline_tests.builders import small_codebook

CODEBOOK = small_codebook()
ROWS = [
    {
        "respondent_id": "11000000002",
        "started_at": datetime(2018, 10, 3, 0, 5, 9),
        "ended_at": datetime(2018, 10, 3, 12, 15, 0),
        "profil": "autre",
        "profil__autre": "Syndicat mixte",
        "equipe": "oui",
        "objectifs__informer": "selected",
        "objectifs__decider": "selected",
        "objectifs__autre": "Amuser",
        "difficultes__moyens": "parfois",
        "difficultes__temps": "do_not_know",
        "difficultes__precision": "N/A",
        "priorites__cout": "rank_2",
        "priorites__securite": "1",
        "priorites__ergonomie": "not_ranked",
        "budget": "plus_20000",
        "agents": "12",
        "commentaire": "deux\nlignes",
        "outil_type": "plateforme",
        "outil_usages__idees": "selected",
        "outil_type@2": "application",
        "outil_nom@2": "Idéthèque",
    },
    {"profil": "commune", "equipe": "non"},
]
ANSWERS = Answers.of_rows(ROWS, edition="2018")


def filled(table, row=0):
    """Return (title carried to its group, label) → cell, without the blanks."""
    found, title = {}, ""
    for position, value in enumerate(table.rows[row]):
        title = table.titles[position] or title
        if value != "" and position >= table.repeated:
            found[(title, table.labels[position])] = value
    return found


def test_a_cell_is_spelled_by_variable_item_and_instance():
    assert parse_cell("outil_usages__idees@2") == ("outil_usages", "idees", 2)
    assert spell_cell(("outil_usages", "idees", 2)) == "outil_usages__idees@2"
    assert spell_cell(parse_cell("budget")) == "budget"


def test_condensed_has_one_column_for_a_single_choice_and_one_for_each_box():
    found = filled(compose(ANSWERS, codebook=CODEBOOK))
    goals = "Quels sont vos objectifs ?"
    hard = "Rencontrez-vous ces difficultés ?"
    assert found == {
        ("Quelle est votre collectivité ?", "Response"): "Autre (veuillez préciser)",
        ("Quelle est votre collectivité ?", "Autre (veuillez préciser)"): "Syndicat mixte",
        ("Avez-vous un outil numérique ?", "Response"): "Oui",
        (goals, "Informer les habitants"): "Informer les habitants",
        (goals, "Décider avec les habitants et les associ"): (
            "Décider avec les habitants et les associ"
        ),
        (goals, "Autre (veuillez préciser)"): "Amuser",
        (hard, "Manque de moyens"): "Parfois - rarement",
        (hard, "Temps - calendrier"): "NSP",
        (hard, "Commentaires :"): "N/A",
        ("Classez vos priorités", "Le coût"): 2,
        ("Classez vos priorités", "La sécurité"): 1,
        ("Quel budget annuel ?", "Response"): "20 000 € et plus",
        ("Combien d’agents ?", "Open-Ended Response"): 12,
        ("Souhaitez-vous ajouter quelque chose ?", "Open-Ended Response"): "deux\nlignes",
        ("Outil 1 : quel type ?", "Response"): "Plateforme",
        ("Outil 1 : quels usages ?", "Boîte à idées"): "Boîte à idées",
        ("Outil 2 : quel type ?", "Response"): "Application",
        ("Outil 2 : quel nom ?", "Open-Ended Response"): "Idéthèque",
    }


def test_expanded_has_one_column_for_each_choice_and_each_cell_of_a_matrix():
    table = compose(ANSWERS, codebook=CODEBOOK, layout="expanded")
    found = filled(table)
    profile, hard = "Quelle est votre collectivité ?", "Rencontrez-vous ces difficultés ?"
    assert found[(profile, "Autre (veuillez préciser)")] == "Syndicat mixte"
    assert filled(table, row=1)[(profile, "Une commune")] == "Une commune"
    assert found[(hard, "Manque de moyens - Parfois - rarement")] == "Parfois - rarement"
    assert found[(hard, "Temps - calendrier - NSP")] == "NSP"
    start = table.titles.index(hard)
    assert table.labels[start : start + 4] == (
        "Manque de moyens - NSP",
        "Manque de moyens - Jamais",
        "Manque de moyens - Parfois - rarement",
        "Manque de moyens - Souvent",
    )
    offered = table.labels[table.titles.index(profile) : table.titles.index(profile) + 6]
    assert offered[0] == "Ne souhaite pas répondre", "an answer outside the scale comes first"
    assert "Région" in offered


def test_an_edition_shows_its_own_choices_in_the_spelling_asked_for():
    answers = Answers.of_rows([{"profil": "commune"}], edition="2017")
    spelled = {"profil": {"commune": "Mairie"}}
    table = compose(answers, codebook=CODEBOOK, layout="expanded", spellings=spelled)
    assert filled(table) == {("Vous êtes ?", "Mairie"): "Mairie"}
    assert "Région" not in table.labels
    assert "Souhaitez-vous ajouter quelque chose ?" not in table.titles


def test_a_title_stands_on_the_first_column_of_its_group_and_instances_follow_one_another():
    table = compose(ANSWERS, codebook=CODEBOOK)
    titles = [title for title in table.titles if title]
    assert titles[-6:] == [
        "Outil 1 : quel type ?",
        "Outil 1 : quels usages ?",
        "Outil 1 : quel nom ?",
        "Outil 2 : quel type ?",
        "Outil 2 : quels usages ?",
        "Outil 2 : quel nom ?",
    ]
    assert len(titles) == len(set(titles))


def test_the_platform_columns_take_the_names_asked_for_and_may_be_a_few():
    old = compose(ANSWERS, codebook=CODEBOOK, metadata="old", under_metadata="\x00")
    assert old.titles[:9] == tuple(OLD_NAMES.values())
    assert set(old.labels[:9]) == {"\x00"}
    few = compose(ANSWERS, codebook=CODEBOOK, metadata={"respondent_id": "ID du répondant"})
    assert few.titles[:2] == ("ID du répondant", "Quelle est votre collectivité ?")


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ("month_first_12h", ["10/03/2018 12:05:09 AM", "10/03/2018 12:15:00 PM"]),
        ("month_first_24h", ["10/03/2018 00:05:09", "10/03/2018 12:15:00"]),
        ("day_first_24h", ["03/10/2018 00:05:09", "03/10/2018 12:15:00"]),
        ("iso", ["2018-10-03 00:05:09", "2018-10-03 12:15:00"]),
    ],
)
def test_a_csv_writes_dates_as_its_time_did(tmp_path, dates, expected):
    path = write_export(ANSWERS, tmp_path / "a.csv", codebook=CODEBOOK, dates=dates)
    row = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))[2]
    assert row[2:4] == expected


def test_a_csv_takes_its_encoding_delimiter_and_line_end(tmp_path):
    path = write_export(
        ANSWERS,
        tmp_path / "a.csv",
        codebook=CODEBOOK,
        encoding="cp1252",
        delimiter=";",
        line_end="\n",
    )
    content = path.read_bytes()
    assert b"Respondent ID;Collector ID;" in content
    assert "numérique".encode("cp1252") in content
    assert b"\r" not in content


def test_a_text_that_the_encoding_lacks_is_an_error_that_names_the_character(tmp_path):
    answers = Answers.of_rows([{"commentaire": "espace\u202ffine"}], edition="2018")
    with pytest.raises(SampleError, match=r"cp1252 lacks.*\n.*U\+202F"):
        write_export(answers, tmp_path / "a.csv", codebook=CODEBOOK, encoding="cp1252")


def test_a_workbook_holds_the_same_cells_with_real_dates_and_numbers(tmp_path):
    from python_calamine import CalamineWorkbook

    path = write_export(ANSWERS, tmp_path / "a.xlsx", codebook=CODEBOOK, container="xlsx")
    read = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    table = compose(ANSWERS, codebook=CODEBOOK)
    assert [tuple(row) for row in read] == [table.titles, table.labels, *table.rows]
    assert read[2][2] == datetime(2018, 10, 3, 0, 5, 9)


def test_a_zip_holds_the_csv_under_the_name_of_the_survey(tmp_path):
    path = write_export(
        ANSWERS, tmp_path / "a.zip", codebook=CODEBOOK, container="zip", member="Enquête.csv"
    )
    plain = write_export(ANSWERS, tmp_path / "a.csv", codebook=CODEBOOK)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["Enquête.csv"]
        assert archive.read("Enquête.csv") == plain.read_bytes()


def test_a_split_export_repeats_the_respondent_in_each_sheet(tmp_path):
    table = compose(ANSWERS, codebook=CODEBOOK)
    path = write_table(table, tmp_path / "a.zip", container="zip", split_at=20)
    with zipfile.ZipFile(path) as archive:
        sheets = {
            name: list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
            for name in archive.namelist()
        }
    assert list(sheets) == [f"Sheet_{k}.csv" for k in range(1, len(sheets) + 1)]
    assert len(sheets) > 1
    assert {sheet[2][0] for sheet in sheets.values()} == {"11000000002"}
    questions = [title for sheet in sheets.values() for title in sheet[0][9:]]
    assert questions == list(table.titles[9:])


@pytest.mark.parametrize("container", ["csv", "xlsx", "zip"])
def test_the_same_answers_give_the_same_bytes(tmp_path, container):
    first = write_export(ANSWERS, tmp_path / "1", codebook=CODEBOOK, container=container)
    second = write_export(ANSWERS, tmp_path / "2", codebook=CODEBOOK, container=container)
    assert first.read_bytes() == second.read_bytes()


def test_every_answer_that_the_codebook_lacks_is_listed_at_once():
    answers = Answers.of_rows(
        [
            {
                "profil": "village",
                "priorites__cout": "premier",
                "objectifs__aucun": "oui",
                "inconnu": "1",
            }
        ],
        edition="2018",
    )
    with pytest.raises(SampleError) as caught:
        compose(answers, codebook=CODEBOOK)
    assert len(caught.value.problems) == 4
    message = str(caught.value)
    for part in ("'village'", "'premier'", "objectifs__aucun: 'oui'", "inconnu", "commune"):
        assert part in message


def test_a_wording_that_is_no_longer_the_label_is_refused():
    with pytest.raises(SampleError, match="not recognised"):
        compose(ANSWERS, codebook=CODEBOOK, wording=lambda text: text + " bis")


def test_a_box_holds_its_own_heading_whatever_the_wording():
    table = compose(ANSWERS, codebook=CODEBOOK, wording=lambda text: text.upper() + "\u00a0 ")
    start = table.titles.index("QUELS SONT VOS OBJECTIFS ?\u00a0 ")
    for column in range(start, start + 4):
        cells = {row[column] for row in table.rows} - {""}
        assert cells <= {table.labels[column]}
    assert normalise_label(table.labels[start]) == normalise_label("Informer les habitants")


def test_a_column_of_another_length_is_refused():
    with pytest.raises(ValueError, match="budget has 1"):
        Answers(edition="2018", respondents=ANSWERS.respondents, cells={("budget", None, 1): [""]})
