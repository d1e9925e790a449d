"""SurveyMonkey files: whatever became of the headers, the cells say what was asked."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from observatoire_pipeline.ingest.export import Export
from observatoire_pipeline.ingest.inspection import Inspection, inspect_file
from observatoire_pipeline.ingest.opening import open_export

RESPONSES = 24
METADATA = [
    "Respondent ID",
    "Collector ID",
    "Start Date",
    "End Date",
    "IP Address",
    "Email Address",
    "First Name",
    "Last Name",
    "Custom Data 1",
]
OTHER = "Other (please specify)"
# title, label
ASKED = [
    ("Quelle est votre collectivité ?", "Response"),
    ("", OTHER),
    ("Quels sont vos objectifs ?", "Informer"),
    ("", "Consulter<br>les gens"),
    ("", "Décider"),
    ("", OTHER),
    ("À quelle fréquence ?", "Temps - calendrier"),
    ("", "Coût"),
    ("", "Moyens"),
    ("Classez vos priorités", "Prix"),
    ("", "Sécurité"),
    ("", "Ergonomie"),
    ("Est-ce difficile ?", "Response"),
    ("", "Pourquoi ?"),
    ("Un mot ?", "Open-Ended Response"),
    ("Combien d’agents ?", "Open-Ended Response"),
]
TITLES = [*METADATA, *(title for title, _ in ASKED)]
LABELS = [*[""] * len(METADATA), *(label for _, label in ASKED)]
KINDS = ["single", "multiple", "matrix", "ranking", "single", "text", "number"]
COLUMNS = [2, 4, 3, 3, 2, 1, 1]


def answers(k: int) -> list[str]:
    """One response; no two columns follow the same pattern."""
    other = k % 5 == 0
    often = ["Jamais", "Parfois - rarement", "Souvent"]
    ranks = [("1", "2", "3"), ("2", "3", "1"), ("3", "1", "2"), ("2", "1", "3")][k % 4]
    return [
        OTHER if other else ["Commune", "Région", "Département"][k % 3],
        f"un syndicat {k}" if other else "",
        "Informer" if k % 2 else "",
        "Consulter<br>les gens" if k % 3 else "",
        "Décider" if k % 4 == 1 else "",
        f"un autre but {k}" if k % 7 == 0 else "",
        *(often[(k + shift * (1 + k // 3)) % 3] for shift in range(3)),
        *ranks,
        ["1: facile", "2", "3", "4", "5: difficile"][k % 5],
        f"un commentaire {k}" if k % 2 else "",
        f"un texte libre, le numéro {k}",
        str(100 + 37 * k),
    ]


def metadata(k: int) -> list[str]:
    day = f"03/{k + 2:02d}/2023"
    return [
        str(114000000000 + 37 * k),
        "227548242",
        f"{day} 9:08:27 PM",
        f"{day} 9:18:27 PM",
        f"192.0.2.{k}",
        "",
        "",
        "",
        "",
    ]


DATA = [[*metadata(k), *answers(k)] for k in range(RESPONSES)]


def filled_down() -> list[str]:
    titles, last = [], ""
    for title in TITLES:
        last = title or last
        titles.append(last)
    return titles


def joined(separator: str) -> list[str]:
    return [
        title if not label else f"{title}{separator}{label}"
        for title, label in zip(filled_down(), LABELS, strict=True)
    ]


def write(folder: Path, records: list[list[str]]) -> Path:
    path = folder / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(records)
    return path


def inspected(folder: Path, records: list[list[str]]) -> Inspection:
    found = inspect_file(write(folder, records))
    cells = found.cells
    assert cells.came_in == cells.kept + cells.rejected + cells.dropped
    return found


def exported(folder: Path, records: list[list[str]]) -> Export:
    (export,) = open_export(write(folder, records)).exports
    return export


SHAPES = {
    # name: (header records, header rows)
    "as the platform writes it": ([TITLES, LABELS], 2),
    "NUL under the metadata": ([TITLES, ["\x00"] * 9 + LABELS[9:]], 2),
    "a row of codes above": ([[f"q{k}" for k in range(1, 26)], TITLES, LABELS], 3),
    "a title line above": ([["Mon enquête"], TITLES, LABELS], 3),
    "titles filled down": ([filled_down(), LABELS], 2),
    "blanked metadata": ([[""] * 9 + TITLES[9:], LABELS], 2),
    "a tool's own titles": (
        [[title or f"Unnamed: {k}" for k, title in enumerate(TITLES)], LABELS],
        2,
    ),
    "words of no list": (
        [
            TITLES,
            [
                {"Response": "Antwort", "Open-Ended Response": "Offene Antwort"}.get(label, label)
                for label in LABELS
            ],
        ],
        2,
    ),
    "titles and labels joined by a dash": ([joined(" - ")], 1),
    "titles and labels joined by a colon": ([joined(": ")], 1),
    "labels deleted": ([TITLES], 1),
    "a spreadsheet table without labels": (
        [[title or f"Column{k}" for k, title in enumerate(TITLES, start=1)]],
        1,
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_survey_is_the_same_under_every_header(tmp_path, shape):
    headers, rows = SHAPES[shape]
    found = inspected(tmp_path, [*headers, *DATA])
    assert (found.kind, found.platform) == ("responses", "surveymonkey")
    assert (found.header_rows, found.n_responses, found.n_columns) == (rows, RESPONSES, 25)
    assert [question.kind for question in found.questions] == KINDS
    assert [question.n_columns for question in found.questions] == COLUMNS
    assert found.questions[0].title == "Quelle est votre collectivité ?"
    assert found.questions[1].items[:3] == ["Informer", "Consulter les gens", "Décider"]
    assert found.verdict in ("accepted", "accepted_with_repairs")


def test_metadata_may_be_absent(tmp_path):
    found = inspected(tmp_path, [TITLES[9:], LABELS[9:], *[row[9:] for row in DATA]])
    assert [question.kind for question in found.questions] == KINDS
    assert found.personal_columns == []


def test_an_index_column_is_left_aside(tmp_path):
    rows = [[str(k), *row] for k, row in enumerate(DATA)]
    found = inspected(tmp_path, [["", *TITLES], ["", *LABELS], *rows])
    assert found.questions[0].position == 11
    assert found.cells.dropped >= RESPONSES


def test_typed_text_belongs_to_other_or_stands_beside_the_answer(tmp_path):
    export = exported(tmp_path, [TITLES, LABELS, *DATA])
    typed = {column.position: column.text_of for column in export.columns if column.text_of}
    assert typed == {11: "other", 15: "other", 23: "comment", 24: "answer"}


def test_a_box_called_other_is_a_comment_where_answers_stay(tmp_path):
    labels = ["", "Response", OTHER]
    rows = [[str(11400000000 + k), ["Oui", "Non"][k % 2], f"car {k}"] for k in range(RESPONSES)]
    export = exported(tmp_path, [["Respondent ID", "Content ?", ""], labels, *rows])
    assert export.columns[2].text_of == "comment"


def test_one_title_on_two_branches_is_two_questions(tmp_path):
    rows = [[*row, *row[9:11]] for row in DATA]
    export = exported(tmp_path, [[*TITLES, *TITLES[9:11]], [*LABELS, *LABELS[9:11]], *rows])
    assert [question.same_as for question in export.questions] == [0, 0, 0, 0, 0, 0, 0, 10]


EXPANDED = {
    "Usage ?": ["Oui", "Non", "Ne sait pas"],
    "Fréquence ?": [
        f"{row} - {column}"
        for row in ("Temps - long", "Coût")
        for column in ("Jamais", "Parfois - rarement", "Souvent")
    ],
    "Note ?": [f" - {k}" for k in range(1, 4)],
    "Classement ?": [f"{item} - {k}" for item in "ABC" for k in range(1, 4)],
}


def expanded_row(k: int) -> list[str]:
    def chosen(texts: list[str], place: int) -> list[str]:
        return [text if j == place else "" for j, text in enumerate(texts)]

    columns, ranks = ["Jamais", "Parfois - rarement", "Souvent"], ["1", "2", "3"]
    return [
        str(11400000000 + k),
        *chosen(["Oui", "Non", "Ne sait pas"], k % 2),
        *chosen(columns, k % 3),
        *chosen(columns, (k + 1) % 3),
        *chosen(ranks, k % 3),
        *chosen(ranks, k % 3),
        *chosen(ranks, (k + 1) % 3),
        *chosen(ranks, (k + 2) % 3),
    ]


def test_expanded_layout_keeps_dashes_of_rows_and_columns(tmp_path):
    titles = [
        "Respondent ID",
        *(t for t, ls in EXPANDED.items() for t in [t, *[""] * (len(ls) - 1)]),
    ]
    labels = ["", *(label for group in EXPANDED.values() for label in group)]
    export = exported(tmp_path, [titles, labels, *map(expanded_row, range(RESPONSES))])
    usage, often, note, ranking = export.questions
    assert export.layout == "expanded"
    assert [q.kind for q in export.questions] == ["single", "matrix", "single", "ranking"]
    assert usage.options == ("Oui", "Non", "Ne sait pas")  # the last one that nobody chose
    assert often.items == ("Temps - long", "Coût")
    assert often.options == ("Jamais", "Parfois - rarement", "Souvent")
    assert (note.items, note.options) == ((), ("1", "2", "3"))
    assert (ranking.items, ranking.options) == (("A", "B", "C"), ("1", "2", "3"))


def test_numbers_instead_of_texts_are_said_to_be_numbers(tmp_path):
    titles = ["Respondent ID", "Type ?", "Objectifs ?", "", "", "Fréquence ?", ""]
    labels = ["", "Response", "Informer", "Consulter", "Décider", "Temps", "Coût"]
    rows = [
        [
            str(11400000000 + k),
            str(k % 4),
            "1" if k % 2 else "",
            "2" if k % 3 else "",
            "3",
            str(k % 3 + 1),
            str((k // 2) % 3 + 1),
        ]
        for k in range(RESPONSES)
    ]
    export = exported(tmp_path, [titles, labels, *rows])
    assert export.layout == "numeric"
    assert [q.kind for q in export.questions] == ["single", "multiple", "matrix"]


def test_spss_names_are_responses(tmp_path):
    titles = ["q0001", "q0002_0001", "q0002_0002", "q0002_0003", "q0003"]
    rows = [
        [
            ["Oui", "Non"][k % 2],
            "Informer" if k % 2 else "Not selected",
            "Consulter" if k % 3 else "Not selected",
            "Décider" if k % 5 else "Not selected",
            f"texte {k}",
        ]
        for k in range(RESPONSES)
    ]
    found = inspected(tmp_path, [titles, *rows])
    assert (found.platform, found.layout) == ("surveymonkey", "spss_names")
    assert [q.kind for q in found.questions] == ["single", "multiple", "text"]
    assert found.questions[1].items == ["Informer", "Consulter", "Décider"]


def test_contact_blocks_and_typed_mailboxes_are_personal(tmp_path):
    titles = [*TITLES, "Vos coordonnées", "", "", "Votre adresse ?"]
    labels = [*LABELS, "Name", "Company", "City/Town", "Votre adresse ?"]
    rows = [
        [*row, f"Anne {k}", "Ville", "Lyon", f"anne{k}@example.org"] for k, row in enumerate(DATA)
    ]
    found = inspected(tmp_path, [titles, labels, *rows])
    assert found.personal_columns[-4:] == ["Name", "Company", "City/Town", "Votre adresse ?"]
    assert len(found.personal_columns) == 9
    assert "example.org" not in found.to_json()


def test_the_question_that_was_shown_is_no_answer(tmp_path):
    titles, labels = [*TITLES, "Aimez-vous ?", ""], [*LABELS, "Question Viewed", "Response"]
    rows = [[*row, f"Texte {k % 2}", ["Oui", "Non"][k % 2]] for k, row in enumerate(DATA)]
    export = exported(tmp_path, [titles, labels, *rows])
    assert export.columns[25].field == "question_viewed"
    assert export.questions[-1].options == ("Oui", "Non")


def test_language_and_custom_variables_are_kept(tmp_path):
    titles, labels = [*TITLES[:4], "language", *TITLES[4:], "Groupe"], [*LABELS, "", ""]
    labels = [*LABELS[:4], "", *LABELS[4:], ""]
    rows = [[*row[:4], "fr", *row[4:], "AB"[k % 2]] for k, row in enumerate(DATA)]
    export = exported(tmp_path, [titles, labels, *rows])
    assert [c.field for c in export.columns if c.role == "metadata"][4:] == [
        "language",
        "custom_variable",
    ]


REFUSED = {
    "headers only": [TITLES, LABELS],
    "no header": DATA,
    "titles deleted": [LABELS, *DATA],
    "a formula": [TITLES, LABELS, *DATA[1:], [*DATA[0][:-1], "=cmd|' /C calc'!A0"]],
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_reason(tmp_path, name):
    found = inspected(tmp_path, REFUSED[name])
    assert found.verdict == "refused"
    assert found.reasons
    assert found.cells.kept == 0
