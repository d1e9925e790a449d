"""Qualtrics: three, two or one header rows, whatever language the text row is in."""

from __future__ import annotations

import json

import pytest

from observatoire_pipeline.ingest.platforms.qualtrics import import_id
from observatoire_pipeline_tests.unit.ingest.platform_files import (
    export_of,
    fields,
    questions,
    records_of,
    roles,
)

SIZE = 10


def every(*cells):
    return [cells[k % len(cells)] for k in range(SIZE)]


# id, text in an account of another language, ImportId, cells
FIXED = [
    ("StartDate", "Anfangsdatum", "startDate", [f"2023-06-{k + 10} 10:00:00" for k in range(SIZE)]),
    ("EndDate", "Enddatum", "endDate", [f"2023-06-{k + 10} 10:05:00" for k in range(SIZE)]),
    ("Status", "Antworttyp", "status", ["Survey Preview", *["IP Address"] * (SIZE - 1)]),
    ("IPAddress", "IP-Adresse", "ipAddress", [f"192.0.2.{k}" for k in range(SIZE)]),
    ("Progress", "Aktueller Stand", "progress", ["100", "40", *["100"] * (SIZE - 2)]),
    ("Finished", "Beendet", "finished", ["True", "False", *["True"] * (SIZE - 2)]),
    ("ResponseId", "Antwort-ID", "_recordId", [f"R_{k}" for k in range(SIZE)]),
    ("RecipientEmail", "E-Mail", "recipientEmail", every("")),
    ("UserLanguage", "Benutzersprache", "userLanguage", every("DE", "FR")),
]
ASKED = [
    ("Q1", "Wer - sind Sie? - Auswahl", "QID1", every("Maire", "Autre", "Élu")),
    ("Q1_4_TEXT", "Wer - sind Sie? - Autre - Text", "QID1_4_TEXT", every("", "Adjoint", "")),
    ("Q2_1", "Wie? - Presse", "QID2_1", every("Presse", "")),
    ("Q2_2", "Wie? - Radio - TV", "QID2_2", every("", "Radio - TV", "")),
    ("Q3_1", "Wie gut? - Preis", "QID3_1", every("Gut", "Schlecht")),
    ("Q3_2", "Wie gut? - Ort", "QID3_2", every("Schlecht", "Gut", "Mittel")),
    ("Q4", "Welche?", "QID4", every("1,2,3", "1", "2,3")),
    ("Q5_1", "Rang - A", "QID5_1", every("1", "2", "3")),
    ("Q5_2", "Rang - B", "QID5_2", every("2", "3", "1")),
    ("Q5_3", "Rang - C", "QID5_3", every("3", "1", "2")),
    ("Q6", "Was noch?", "QID6_TEXT", [f"Danke für alles, sagt {k}" for k in range(SIZE)]),
    ("1_Q7", "Alter in Lyon?", "1_QID7_TEXT", [str(20 + 3 * k) for k in range(SIZE)]),
    ("2_Q7", "Alter in Nice?", "2_QID7_TEXT", [str(50 + 3 * k) for k in range(SIZE)]),
]
KINDS = [
    ("single", 2),
    ("multiple", 2),
    ("matrix", 2),
    ("multiple", 1),
    ("ranking", 3),
    ("text", 1),
    ("number", 1),
    ("number", 1),
]


def survey(*, text=True, imports=True, columns=(*FIXED, *ASKED)):
    rows = [[name for name, *_ in columns]]
    if text:
        rows.append([words for _, words, *_ in columns])
    if imports:
        rows.append([json.dumps({"ImportId": found}) for _, _, found, _ in columns])
    return rows + [[cells[k] for *_, cells in columns] for k in range(SIZE)]


@pytest.mark.parametrize("workbook", [False, True])
@pytest.mark.parametrize(
    ("text", "imports"), [(True, True), (True, False), (False, True), (False, False)]
)
def test_questions_do_not_depend_on_which_header_rows_are_left(text, imports, workbook):
    export = export_of(survey(text=text, imports=imports), workbook=workbook)
    assert (export.platform, export.header_rows) == ("qualtrics", 1 + text + imports)
    assert len(export.grid.rows) - export.header_rows == SIZE
    assert [(q.kind, len(q.columns)) for q in export.questions] == KINDS
    assert roles(export, "personal") == [4, 8]
    assert fields(export)["respondent_id"] == 7
    assert [c.position for c in export.columns if c.text_of == "other"] == [11]
    assert export.questions[-1].same_as == export.questions[-2].position


def test_titles_choices_and_rows_are_cut_out_of_the_text_row():
    export = export_of(survey())
    found = questions(export)
    assert list(found) == [
        "Wer - sind Sie?",
        "Wie?",
        "Wie gut?",
        "Welche?",
        "Rang",
        "Was noch?",
        "Alter in Lyon?",
        "Alter in Nice?",
    ]
    assert found["Wie?"].items == ("Presse", "Radio - TV")
    assert found["Wie gut?"].items == ("Preis", "Ort")
    assert found["Wie gut?"].options == ("Gut", "Schlecht", "Mittel")
    assert found["Rang"].items == ("A", "B", "C")


def test_choices_joined_by_commas_are_never_one_number():
    export = export_of(survey())
    question = questions(export)["Welche?"]
    assert question.options == ("1", "2", "3")
    assert export.multiple_in_one_cell == {question.position: ","}


def test_choices_that_hold_a_comma_are_found_in_joined_text():
    long = "Presse, radio, télévision"
    column = ("Q4", "Welche?", "QID4", [long, "Web", f"{long},Web", "Web", long] * 2)
    export = export_of(survey(columns=[*FIXED, column]))
    (question,) = export.questions
    assert (question.kind, set(question.options)) == ("multiple", {long, "Web"})


def test_previews_and_unfinished_responses_are_counted_and_kept():
    export = export_of(survey())
    found = {damage.rule: (damage.count, damage.where) for damage in export.damage}
    assert found["previews_and_tests"] == (1, "column C")
    assert found["unfinished_responses"] == (1, "column F")


def test_older_files_have_two_header_rows_and_a_trailing_comma():
    names = ["ResponseID", "ResponseSet", "Name", "ExternalDataReference", "EmailAddress"]
    names += ["IPAddress", "Status", "StartDate", "EndDate", "Finished"]
    cells = [
        [f"R_{k}" for k in range(SIZE)],
        every("Default"),
        every("Anonymous"),
        every(""),
        every(""),
        every("192.0.2.1"),
        every("0"),
        *[[f"2013-01-{k + 10} 10:00:00" for k in range(SIZE)]] * 2,
        every("1"),
    ]
    fixed_columns = [
        (f"V{k}\x1f{name}", column)
        for k, (name, column) in enumerate(zip(names, cells, strict=True), start=1)
    ]
    export = export_of(
        records_of(
            [
                *fixed_columns,
                ("Q2_1\x1fChannels?-Press", every("1", "")),
                ("Q2_2\x1fChannels?-Radio", every("", "1", "")),
                ("\x1f", every("")),
            ],
            headers=2,
        ),
        encoding="utf-8-sig",
    )
    assert export.header_rows == 2
    (question,) = export.questions
    assert (question.title, question.kind) == ("Channels?", "multiple")
    assert question.items == ("Press", "Radio")
    assert roles(export, "blank") == [13]
    assert roles(export, "personal") == [3, 4, 5, 6]


def test_embedded_data_and_timers_are_no_questions():
    export = export_of(
        survey(
            columns=[
                *FIXED,
                ("Q1", "Wer?", "QID1", every("A", "B")),
                ("Q9_Page Submit", "Timing - Page Submit", "QID9_PAGE_SUBMIT", every("1.5", "2.5")),
                ("country", "country", "country", every("FR", "DE")),
            ]
        )
    )
    assert [q.position for q in export.questions] == [10]
    assert roles(export, "extra") == [11, 12]


def test_import_ids_are_read_in_all_their_spellings():
    assert import_id('{"ImportId":"QID2_TEXT"}') == "QID2_TEXT"
    assert import_id('{"ImportId":"startDate","timeZone":"America/Denver"}') == "startDate"
    assert import_id('{"ImportId":"QID5","choiceId":"3"}') == "QID5_3"
    assert import_id("{'ImportId': 'QID7_1'}") == "QID7_1"
    assert import_id("Import of goods?") == ""


def test_several_answers_a_row_are_a_matrix_of_rows_and_columns():
    export = export_of(
        survey(
            columns=[
                *FIXED,
                ("Q5_1_1", "Wann? - Montag - früh", "QID5_1_1", every("früh", "")),
                ("Q5_1_2", "Wann? - Montag - spät", "QID5_1_2", every("", "spät")),
                ("Q5_2_1", "Wann? - Dienstag - früh", "QID5_2_1", every("früh", "", "")),
                ("Q5_2_2", "Wann? - Dienstag - spät", "QID5_2_2", every("", "spät", "")),
            ]
        )
    )
    (question,) = export.questions
    assert (question.kind, question.items) == ("matrix", ("Montag", "Dienstag"))
    assert question.options == ("früh", "spät")
    assert (export.columns[-1].item, export.columns[-1].option) == ("Dienstag", "spät")
