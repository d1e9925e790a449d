"""Google Forms: recognised by word or by shape, ticks in one cell, grids, typed text."""

from __future__ import annotations

import pytest

from observatoire_pipeline_tests.unit.ingest.platform_files import (
    export_of,
    fields,
    opened,
    questions,
    records_of,
    roles,
)

SIZE = 12
CHANNELS = ["Presse, radio ou télévision", "Affiches", "Site de la ville (agenda, actualités)"]


def ticked(separator, options):
    """Cells of twelve people, each choice ticked alone four times and then with the others."""
    alone = [option for option in options for _ in range(4)]
    return [*alone, separator.join(options[:2]), separator.join(options[1:])][: SIZE + 2][-SIZE:]


def every(*cells):
    return [cells[k % len(cells)] for k in range(SIZE)]


def moments(form):
    return [form.format(day=k + 1) for k in range(SIZE)]


STAMPS = {
    "Timestamp": "2019-06-{day:02} 06:59:49",
    "Horodateur": "{day:02}/06/2023 10:11:12",
    "Zeitstempel": "{day:02}.06.2023 10:11:12",
    "Marca temporal": "2020/06/{day:02} 11:34:01 AM EST",
    "Carimbo de data/hora": "6/{day}/2019 6:59:49",
    # No list has this word: the moments themselves tell.
    "Dáta agus am": "2023/06/{day:02} 10:11:12 PM UTC+2",
}


@pytest.mark.parametrize("separator", [";", ", "])
@pytest.mark.parametrize("stamp", STAMPS)
def test_every_language_time_stamp_and_separator_gives_the_same_questions(stamp, separator):
    export = export_of(
        records_of(
            [
                (stamp, moments(STAMPS[stamp])),
                ("Comment avez-vous connu\nle projet\u00a0?", ticked(separator, CHANNELS)),
                ("Quelle note donnez-vous\u00a0?", every("1", "5", "3")),
                ("Êtes-vous d’accord\u00a0? [Le prix]", every("Oui", "Non", "")),
                ("Êtes-vous d’accord\u00a0? [Le lieu]", every("Non", "Oui")),
                ("Une remarque à faire\u00a0?", [f"Merci, bravo, {k} fois" for k in range(SIZE)]),
            ]
        )
    )
    assert (export.platform, export.header_rows) == ("google_forms", 1)
    assert len(export.grid.rows) - 1 == SIZE
    assert [(q.title, q.kind, q.columns) for q in export.questions] == [
        ("Comment avez-vous connu le projet ?", "multiple", (2,)),
        ("Quelle note donnez-vous ?", "single", (3,)),
        ("Êtes-vous d’accord ?", "matrix", (4, 5)),
        ("Une remarque à faire ?", "text", (6,)),
    ]
    assert export.questions[0].options == tuple(CHANNELS)
    assert export.questions[1].options == ("1", "3", "5")
    assert export.questions[2].items == ("Le prix", "Le lieu")
    assert export.multiple_in_one_cell == {2: separator}
    assert fields(export) == {"ended_at": 1}


@pytest.mark.parametrize("title", ["Email Address", "Adresse e-mail", "Username", "Courriel pro"])
def test_the_address_of_a_person_is_personal_by_word_or_by_its_cells(title):
    addresses = [f"p{k}@example.org" for k in range(SIZE)]
    export = export_of(
        records_of(
            [
                ("Timestamp", moments(STAMPS["Timestamp"])),
                (title, addresses),
                ("Does it suit you?", every("Yes", "No")),
            ]
        )
    )
    assert roles(export, "personal") == [2]


def test_a_grid_of_check_boxes_joins_its_ticks_too():
    export = export_of(
        records_of(
            [
                ("Horodateur", moments(STAMPS["Horodateur"])),
                ("Quand êtes-vous libre ? [Matin]", every("Lundi", "Mardi", "Lundi;Mardi")),
                ("Quand êtes-vous libre ? [Soir]", every("Mardi", "Lundi", "Lundi;Mardi", "")),
            ]
        )
    )
    (question,) = export.questions
    assert (question.kind, question.options) == ("matrix", ("Lundi", "Mardi"))
    assert question.items == ("Matin", "Soir")
    assert export.multiple_in_one_cell == {2: ";"}


def test_a_grid_with_one_answer_a_column_is_a_ranking():
    export = export_of(
        records_of(
            [
                ("Horodateur", moments(STAMPS["Horodateur"])),
                ("Classez [Le prix]", every("1", "2", "3")),
                ("Classez [Le lieu]", every("2", "3", "1")),
                ("Classez [La date]", every("3", "1", "2")),
            ]
        )
    )
    (question,) = export.questions
    assert (question.kind, question.items) == ("ranking", ("Le prix", "Le lieu", "La date"))


def test_a_question_asked_twice_is_kept_apart_and_said():
    export = export_of(
        records_of(
            [
                ("Horodateur", moments(STAMPS["Horodateur"])),
                ("Quelle note ?", every("1", "2")),
                ("Votre âge ?", [str(20 + k) for k in range(SIZE)]),
                ("Quelle note ?", every("3", "2")),
            ]
        )
    )
    assert [(q.position, q.same_as) for q in export.questions] == [(2, 0), (3, 0), (4, 2)]
    assert questions(export)["Votre âge ?"].kind == "number"


def test_an_answer_with_a_comma_is_one_choice_where_semicolons_join():
    often = "Tout le temps, même la nuit"
    export = export_of(
        records_of(
            [
                ("Horodateur", moments(STAMPS["Horodateur"])),
                ("Par quels moyens ?", every("Mail;Stand", "Mail", "Stand")),
                ("À quelle fréquence ?", every(often, "Jamais")),
            ]
        )
    )
    assert questions(export)["À quelle fréquence ?"].options == (often, "Jamais")
    assert export.multiple_in_one_cell == {2: ";"}


def test_an_index_left_by_a_script_is_no_question():
    export = export_of(
        records_of(
            [
                ("", [str(k) for k in range(SIZE)]),
                ("Timestamp", moments(STAMPS["Timestamp"])),
                ("Does it suit you?", every("Yes", "No")),
            ]
        )
    )
    assert roles(export, "extra") == [1]
    assert [q.position for q in export.questions] == [3]


def test_measurements_with_a_date_are_no_form():
    table = opened(
        records_of(
            [
                ("date", moments(STAMPS["Timestamp"])),
                ("temp", [str(k) for k in range(SIZE)]),
                ("station", every("Lyon")),
            ]
        )
    )
    assert table.export is None


def test_the_marks_of_a_quiz_are_metadata():
    export = export_of(
        records_of(
            [
                ("Horodateur", moments(STAMPS["Horodateur"])),
                ("Quelle ville ?", every("Lyon", "Nice")),
                ("Quelle ville ? [Score]", every("1 / 1", "0 / 1")),
                ("Quelle ville ? [Feedback]", every("")),
                ("Quel jour ? [Lundi]", every("Oui", "Non")),
                ("Quel jour ? [Mardi]", every("Non", "Oui")),
            ]
        )
    )
    assert [(q.position, q.kind) for q in export.questions] == [(2, "single"), (5, "matrix")]
    assert roles(export, "metadata") == [1, 3, 4]
