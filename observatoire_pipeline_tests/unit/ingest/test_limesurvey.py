"""LimeSurvey: three heading styles, many languages, several kinds of question."""

from __future__ import annotations

import pytest

from observatoire_pipeline.ingest.platforms.limesurvey import heading_style, parse_heading
from observatoire_pipeline_tests.unit.ingest.platform_files import (
    export_of,
    fields,
    questions,
    records_of,
    roles,
)

SIZE = 12

# field → its heading as a code, in French, in German, and in a language that no list has
FIXED = {
    "respondent_id": ("id", "ID de la réponse", "Antwort ID", "Válasz azonosító"),
    "ended_at": ("submitdate", "Date de soumission", "Datum Abgeschickt", "Beküldés ideje"),
    "last_page": ("lastpage", "Dernière page", "Letzte Seite", "Utolsó oldal"),
    "language": ("startlanguage", "Langue de départ", "Startsprache", "Kezdő nyelv"),
    "seed": ("seed", "Tête de série", "Zufallsstartwert", "Véletlen mag"),
    "started_at": ("startdate", "Date de lancement", "Datum gestartet", "Kezdés ideje"),
    "last_action_at": (
        "datestamp",
        "Date de la dernière action",
        "Datum letzte Aktivität",
        "Utolsó művelet",
    ),
    "ip_address": ("ipaddr", "Adresse IP", "IP-Adresse", "Hálózati cím"),
}
CELLS = {
    "respondent_id": [str(k + 1) for k in range(SIZE)],
    "ended_at": ["" if k == 4 else f"2021-03-{k + 10} 10:00:00" for k in range(SIZE)],
    "last_page": [str(k % 3 + 2) for k in range(SIZE)],
    "language": ["fr", "de", "fr"] * 4,
    "seed": [str(1234567890 + 7919 * k) for k in range(SIZE)],
    "started_at": [f"2021-03-{k + 10} 09:50:00" for k in range(SIZE)],
    "last_action_at": [f"2021-03-{k + 10} 10:00:00" for k in range(SIZE)],
    "ip_address": [f"192.0.2.{k}" for k in range(SIZE)],
}


def fixed(language=0):
    return [(names[language], CELLS[field]) for field, names in FIXED.items()]


def every(*cells):
    return [cells[k % len(cells)] for k in range(SIZE)]


@pytest.mark.parametrize("language", range(4))
@pytest.mark.parametrize("workbook", [False, True])
def test_fixed_columns_are_found_by_words_or_by_shape(language, workbook):
    export = export_of(
        records_of(
            [
                *fixed(language),
                ("Vous êtes venu: [Seul]", every("Oui", "Non")),
                ("Vous êtes venu: [En famille]", every("Non", "Non", "Oui")),
            ]
        ),
        workbook=workbook,
    )
    assert export.platform == "limesurvey"
    assert fields(export) == {field: k for k, field in enumerate(FIXED, start=1)}
    assert roles(export, "personal") == [8]
    (question,) = export.questions
    assert (question.kind, question.columns) == ("multiple", (9, 10))


STYLES = {
    "code": ("Q1", "Q1[other]", "Q2[SQ001]", "Q2[SQ002]", "Q2[other]", "Q3[SQ001]", "Q3[SQ002]"),
    "text": (
        "Dans quel pays ?",
        "Dans quel pays ? [Autre]",
        "Quels canaux ? [Presse]",
        "Quels canaux ? [Radio]",
        "Quels canaux ? [Autre]",
        "D’accord ? [Le prix]",
        "D’accord ? [Le lieu]",
    ),
    "code_text": (
        "Q1. Dans quel pays ?",
        "Q1[other]. Dans quel pays ? [Autre]",
        "Q2[SQ001]. Quels canaux ? [Presse]",
        "Q2[SQ002]. Quels canaux ? [Radio]",
        "Q2[other]. Quels canaux ? [Autre]",
        "Q3[SQ001]. D’accord ? [Le prix]",
        "Q3[SQ002]. D’accord ? [Le lieu]",
    ),
}


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "utf-8-sig"), (",", "utf-8")])
@pytest.mark.parametrize("style", STYLES)
def test_three_heading_styles_hold_the_same_questions(style, delimiter, encoding):
    cells = [
        every("France", "Suisse", "Autre"),
        every("", "", "Norvège"),
        every("Oui", "Non"),
        every("Non", "Oui", "Non"),
        every("", "une affiche", "", "un ami"),
        every("Oui tout à fait", "Plutôt", "Pas du tout"),
        every("Plutôt", "Pas du tout"),
    ]
    export = export_of(
        records_of([*fixed(0 if style == "code" else 1), *zip(STYLES[style], cells, strict=True)]),
        delimiter=delimiter,
        encoding=encoding,
    )
    assert export.layout == style
    assert [(q.kind, q.columns) for q in export.questions] == [
        ("single", (9, 10)),
        ("multiple", (11, 12, 13)),
        ("matrix", (14, 15)),
    ]
    assert [c.position for c in export.columns if c.text_of == "other"] == [10, 13]
    assert export.questions[0].options == ("France", "Suisse", "Autre")
    assert export.questions[1].options == ("Oui", "Non")
    assert len(export.questions[1].items) == 2
    title = "Q2" if style == "code" else "Quels canaux ?"
    assert export.questions[1].title == title


@pytest.mark.parametrize(
    ("tick", "no_tick"),
    [
        ("Oui", "Non"),
        ("Yes", "No"),
        ("Ja", "Nein"),
        ("Sí", "No"),
        ("Tak", "Nie"),
        ("Y", ""),
        ("1", ""),
        ("1", "0"),
        ("Y", "N"),
    ],
)
def test_ticks_are_one_word_or_two_in_any_column_of_the_question(tick, no_tick):
    export = export_of(
        records_of(
            [
                *fixed(),
                ("Q2[SQ001]", every(tick, no_tick)),
                ("Q2[SQ002]", every(no_tick, no_tick, tick)),
                ("Q2[SQ003]", every(no_tick)),
            ]
        )
    )
    (question,) = export.questions
    assert (question.kind, question.items) == ("multiple", ("SQ001", "SQ002", "SQ003"))
    assert set(question.options) == {tick, no_tick} - {""}


def test_an_answer_that_was_not_shown_is_no_answer():
    export = export_of(
        records_of(
            [
                *fixed(1),
                ("Quel jour ? [Samedi]", every("Oui", "Non", "N/A")),
                ("Quel jour ? [Dimanche]", every("Non", "Non", "N/A")),
                ("Vous êtes :", every("Une femme", "Un homme", "N/A")),
            ]
        )
    )
    day, who = export.questions
    assert (day.kind, day.options) == ("multiple", ("Oui", "Non"))
    assert (who.kind, who.options) == ("single", ("Une femme", "Un homme"))


def test_kinds_come_from_the_cells():
    export = export_of(
        records_of(
            [
                *fixed(1),
                ("Votre âge ?", [str(20 + 3 * k) for k in range(SIZE)]),
                ("Depuis quand ?", [f"20{k + 10}-01-01 00:00:00" for k in range(SIZE)]),
                ("Une remarque ?", [f"Une longue remarque, la {k}e" for k in range(SIZE)]),
                ("Classez [Rang 1]", every("Prix", "Lieu", "Date")),
                ("Classez [Rang 2]", every("Lieu", "Date", "Prix")),
                ("Classez [Rang 3]", every("Date", "Prix", "Lieu")),
                ("Double [Prix][Échelle 1]", every("Bon", "Mauvais")),
                ("Double [Prix][Échelle 2]", every("Fort", "Faible", "Moyen")),
                ("Votre adresse ?", [f"a{k}@example.org" for k in range(SIZE)]),
            ]
        )
    )
    found = questions(export)
    assert {title: question.kind for title, question in found.items()} == {
        "Votre âge ?": "number",
        "Depuis quand ?": "date",
        "Une remarque ?": "text",
        "Classez": "ranking",
        "Double": "matrix",
        "Votre adresse ?": "text",
    }
    assert found["Classez"].items == ("Prix", "Lieu", "Date")
    assert [c.option for c in export.columns if c.option] == ["1", "2", "3"]
    assert found["Double"].items == ("Prix - Échelle 1", "Prix - Échelle 2")
    assert roles(export, "personal") == [8, found["Votre adresse ?"].position]


def test_a_comment_beside_each_choice_is_a_comment_on_it():
    export = export_of(
        records_of(
            [
                *fixed(),
                ("Q2[SQ001]", every("Y", "")),
                ("Q2[SQ001comment]", every("parce que", "")),
                ("Q2[SQ002]", every("", "Y")),
                ("Q2[SQ002comment]", every("", "")),
            ]
        )
    )
    (question,) = export.questions
    assert (question.kind, question.items) == ("multiple", ("SQ001", "SQ002"))
    assert [c.text_of for c in export.columns[-4:]] == ["", "comment", "", "comment"]


def test_text_beside_several_answers_is_a_comment_and_beside_one_is_other():
    def typed(*texts):
        export = export_of(
            records_of(
                [*fixed(1), ("Pays ?", every("FR", "DE", "ZZ")), ("Pays ? [Egyéb]", every(*texts))]
            )
        )
        (question,) = export.questions
        assert (question.kind, question.columns) == ("single", (9, 10))
        return export.columns[-1].text_of

    assert typed("", "", "Norvège") == "other"
    assert typed("oui", "non", "") == "comment"


def test_unfinished_and_repeated_responses_are_counted_and_kept():
    columns = fixed()
    columns[0] = ("id", ["1", "1", *[str(k) for k in range(3, SIZE + 1)]])
    export = export_of(records_of([*columns, ("Q1", every("A1", "A2"))]))
    found = {damage.rule: (damage.count, damage.repaired) for damage in export.damage}
    assert found["unfinished_responses"] == (1, "")
    assert found["repeated_respondent"] == (1, "")
    assert len(export.grid.rows) - 1 == SIZE


def test_times_are_metadata_and_codes_may_repeat():
    export = export_of(
        records_of(
            [
                *fixed(),
                ("Q1", every("A1", "A2")),
                ("Q2", every("A1", "A2")),
                ("Q1", every("A2", "A1")),
                ("interviewtime", [f"{k}.25" for k in range(SIZE)]),
                ("groupTime12", [f"{k}.5" for k in range(SIZE)]),
                ("Q1Time", [f"{k}.75" for k in range(SIZE)]),
            ]
        )
    )
    assert [(q.position, q.same_as) for q in export.questions] == [(9, 0), (10, 0), (11, 9)]
    assert roles(export, "metadata")[-3:] == [12, 13, 14]


def test_headings_taken_apart():
    assert parse_heading("Q3[SQ001][1]", "code").parts == ("SQ001", "1")
    assert parse_heading("Q3_SQ002", "code").parts == ("SQ002",)
    heading = parse_heading("Quel choix [a] ? [Autre [préciser]]", "text")
    assert (heading.title, heading.parts) == ("Quel choix [a] ?", ("Autre [préciser]",))
    both = parse_heading("G01Q02[SQ001]. Canaux [Presse]", "code_text")
    assert (both.code, both.title, both.parts) == ("G01Q02", "Canaux", ("Presse",))
    assert heading_style(["id", "Q1", "Q2[SQ001]"]) == "code"
    assert heading_style(["id", "Votre avis ?", "Pays [Autre]"]) == "text"


def test_a_first_question_that_looks_like_a_fixed_column_stays_a_question():
    export = export_of(
        records_of(
            [
                *fixed(1)[:4],
                ("Date de votre visite", [f"2021-02-{k + 10} 00:00:00" for k in range(SIZE)]),
                ("Langue parlée", every("fr", "de")),
            ]
        )
    )
    assert [(q.position, q.kind) for q in export.questions] == [(5, "date"), (6, "single")]
