"""Which questions of an export are one question asked again: of a tool 1, 2, 3, or twice."""

import csv

import pytest

from observatoire_pipeline.codebook.draft import write_draft
from observatoire_pipeline.codebook.first_draft import draft_codebook
from observatoire_pipeline.codebook.questionnaire import Question, Questionnaire, questionnaire_of
from observatoire_pipeline.codebook.reader import check_codebook, packaged_codebook, read_codebook
from observatoire_pipeline.codebook.repeats import find_blocks, find_series
from observatoire_pipeline.ingest.questionnaire import questionnaire_of_file
from observatoire_pipeline.ingest.reading import read_landing
from observatoire_pipeline_tests.codebook.decisions import accept

YES_NO = ("Oui", "Non")


def asked(*titles, kind="single", options=YES_NO):
    return [
        Question(place, title, kind, options if kind == "single" else ())
        for place, title in enumerate(titles, start=1)
    ]


def series_of(questions):
    return [(one.question.title, len(one.instances)) for one in find_series(questions)]


def test_a_number_that_counts_from_one_is_an_instance():
    tools = asked(
        "Outil 1 : est-il utile ?", "Outil 2 : est-il utile ?", "Outil 3 : est-il utile ?"
    )
    assert series_of(tools) == [("Outil {instance} : est-il utile ?", 3)]


@pytest.mark.parametrize(
    "titles",
    [
        ("En 2018, combien ?", "En 2019, combien ?"),
        ("Outil 2 : est-il utile ?", "Outil 3 : est-il utile ?"),
        ("Plus de 1 % ?", "Plus de 2 % ?"),
        ("q0001", "q0002"),
        ("1. Un commentaire ?", "2. Un commentaire ?"),
        ("Avez-vous 1 an ?", "Avez-vous 2 ans ?"),
    ],
)
def test_other_numbers_tell_other_questions(titles):
    assert series_of(asked(*titles)) == [(title, 1) for title in titles]


def test_questions_with_other_answers_are_no_instances():
    one, two = asked("Choix 1 du jury", "Choix 2 du jury")
    other = Question(2, two.title, "single", ("Rouge", "Vert"))
    assert series_of([one, other]) == [("Choix 1 du jury", 1), ("Choix 2 du jury", 1)]
    text = Question(2, two.title, "text")
    (found,) = find_series([one, text])
    assert found.question.kind == "text"


def test_one_title_shown_twice_is_one_question_in_the_order_of_the_file():
    (found, _) = find_series(asked("Qui décide ?", "Pourquoi ?", "Qui décide ?"))
    assert [q.position for q in found.instances] == [1, 3]
    assert not found.numbered


def test_batteries_of_one_title_and_other_rows_stay_apart():
    one = Question(1, "Notez", "matrix", YES_NO, items=("Accueil", "Prix"))
    two = Question(2, "Notez", "matrix", YES_NO, items=("Horaires", "Lieu"))
    assert series_of([one, two]) == [("Notez", 1), ("Notez", 1)]


def test_series_that_are_asked_together_are_one_block():
    titles = [f"{what} {n} ?" for n in (1, 2) for what in ("Nom de l’outil", "Coût de l’outil")]
    questions = asked("Avant ?", *titles, "Après ?", "Agent 1 ?", "Agent 2 ?")
    blocks = find_blocks(find_series(questions))
    assert [[one.question.title for one in block] for block in blocks] == [
        ["Nom de l’outil {instance} ?", "Coût de l’outil {instance} ?"],
        ["Agent {instance} ?"],
    ]


@pytest.mark.parametrize("edition", ["2016", "2017", "2018"])
def test_the_tools_of_the_barometer_are_found_again(edition, tmp_path):
    book = read_codebook(packaged_codebook())
    export = questionnaire_of(book, edition)
    draft = draft_codebook(export, edition=edition)
    write_draft(draft, codebook=tmp_path, out=tmp_path / "new", page="")
    accept(tmp_path / "new")
    made = read_codebook(tmp_path / "new")
    assert made.expected_columns(edition)
    spelled = {(c.title, c.label) for c in book.expected_columns(edition)}
    assert {(c.title, c.label) for c in made.expected_columns(edition)} == spelled


@pytest.fixture
def landed(tmp_path):
    """An export with three tools, one title on two branches, and boxes to type in."""
    folder = tmp_path / "landing"
    folder.mkdir()
    head, labels = ["Respondent ID", "Collector ID", "Start Date", "End Date"], [""] * 4
    cells = []

    def ask(title, *under):
        head.extend([title, *[""] * (len(under) - 1)])
        labels.extend(label for label, _ in under)
        cells.extend(make for _, make in under)

    for n in (1, 2, 3):
        ask(
            f"Outil {n} : lequel est-ce ?",
            ("Open-Ended Response", lambda i: f"Un outil à nous {i}"),
        )
        ask(
            f"Outil {n} : est-il utile ?",
            ("Response", lambda i: ("Oui", "Non")[i % 2]),
            ("Pourquoi ?", lambda i: f"Parce que la {i}e raison" if i % 3 else ""),
        )
    ask("Qui décide ?", ("Response", lambda i: ("Le maire", "Le conseil")[i % 2]))
    ask("Qui décide ?", ("Response", lambda i: ("Le maire", "Un agent")[i % 2]))
    ask(
        "Vos trois idées",
        *((f"Idée {c}", lambda i, c=c: f"Faire la chose {c}{i}") for c in "ABC"),
    )
    rows = [
        [1000 + i, 7, "01/02/2020 10:00:00", "01/02/2020 10:05:00", *(make(i) for make in cells)]
        for i in range(40)
    ]
    with (folder / "export.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([head, labels, *rows])
    return folder


def test_an_export_with_repeated_blocks_is_read_with_the_codebook_drafted_from_it(landed, tmp_path):
    found, platform = questionnaire_of_file(landed / "export.csv")
    draft = draft_codebook(found, edition="e1", platform=platform)
    write_draft(draft, codebook=tmp_path, out=tmp_path / "new", page="")
    told = check_codebook(tmp_path / "new").problems
    assert len(told) == draft.marks
    assert sum("so many things" in str(problem) for problem in told) == 2  # outil, qui décide
    accept(tmp_path / "new")
    book = read_codebook(tmp_path / "new")
    assert book.editions["e1"].platform == "SurveyMonkey"
    columns = read_landing(landed, edition="e1", codebook=book).raw_columns
    mine = columns[columns["variable"] != ""]
    assert mine.groupby("variable", sort=False)["instance"].max().tolist() == [3, 3, 2, 1]
    (ideas,) = (v for v in book.variables.values() if v.kind == "multiple")
    assert all(item.text for item in ideas.items)


def test_a_box_without_a_place_is_marked_where_it_must_be_decided():
    question = Question(1, "Avis ?", "single", YES_NO, texts=("Précisez", "Pourquoi", "Remarque"))
    draft = draft_codebook(Questionnaire("x.csv", (question,)), edition="e1")
    assert "avis,avis_texte_2,review: Pourquoi" in draft.files["columns/questionnaire.csv"]
    assert "avis,avis_texte_3,review: Remarque" in draft.files["columns/questionnaire.csv"]
    assert sum("no place" in review.what for review in draft.reviews) == 2
