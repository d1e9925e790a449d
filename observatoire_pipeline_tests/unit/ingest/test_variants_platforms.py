"""LimeSurvey, Google Forms and Qualtrics as people have them: what `inspect` says is what was made.

In: other languages, headings of every style, fixed columns left out, lines above, few responses.
Not in: SurveyMonkey, and tables that are no export (`test_variants_no_export`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from observatoire_pipeline.ingest.inspection import Inspection
from observatoire_pipeline_tests.unit.ingest.made_surveys import as_text, inspected

PEOPLE = 40
Cells = Callable[[int], str] | str
Column = tuple[str | tuple[str, ...], Cells]


def among(*answers: str, by: int = 7) -> Callable[[int], str]:
    """Return a column that holds these answers in turns."""
    return lambda k: answers[(k * by + k // 3) % len(answers)]


def moment(k: int) -> str:
    return f"2023-03-{1 + k % 28:02d} {8 + k % 10:02d}:{k % 60:02d}:27"


def day_first(k: int) -> str:
    return f"{1 + k % 28:02d}/03/2023 {8 + k % 10}:{k % 60:02d}:27"


def words(k: int) -> str:
    return f"Un texte libre et long, numéro {k}\navec une suite"


def written(columns: Sequence[Column], *, people: int = PEOPLE) -> list[list[str]]:
    """Return the records of columns given by their heading, or headings, and their cells."""
    heads = [(head,) if isinstance(head, str) else head for head, _ in columns]
    body = [
        [cells if isinstance(cells, str) else cells(k) for _, cells in columns]
        for k in range(people)
    ]
    return [*([head[row] for head in heads] for row in range(len(heads[0]))), *body]


def shapes(found: Inspection) -> list[tuple[int, str, str, int]]:
    return [(q.position, q.title, q.kind, q.n_columns) for q in found.questions]


def facts(found: Inspection) -> tuple[str, str, str, int, int]:
    assert found.cells.came_in == found.cells.kept + found.cells.rejected + found.cells.dropped
    return found.verdict, found.kind, found.platform, found.header_rows, found.n_responses


# --- LimeSurvey -----------------------------------------------------------------------------

LIME_FIXED: dict[str, list[str]] = {
    "fr": [
        "ID de la réponse",
        "Date de soumission",
        "Dernière page",
        "Langue de départ",
        "Tête de série",
        "Date de lancement",
        "Date de la dernière action",
        "Adresse IP",
    ],
    "fr, another version": [
        "ID réponse",
        "Date de soumission",
        "Dernière page",
        "Langue de départ",
        "Graine",
        "Date de début",
        "Date de la dernière action",
        "Adresse IP",
    ],
    "de": [
        "Antwort ID",
        "Datum Abgeschickt",
        "Letzte Seite",
        "Start-Sprache",
        "Zufallsstartwert",
        "Datum gestartet",
        "Datum letzte Aktivität",
        "IP-Adresse",
    ],
    "es": [
        "ID de respuesta",
        "Fecha de envío",
        "Última página",
        "Lenguaje inicial",
        "Semilla",
        "Fecha de inicio",
        "Fecha de la última acción",
        "Dirección IP",
    ],
    "en": [
        "Response ID",
        "Date submitted",
        "Last page",
        "Start language",
        "Seed",
        "Date started",
        "Date last action",
        "IP address",
    ],
    "codes": [
        "id",
        "submitdate",
        "lastpage",
        "startlanguage",
        "seed",
        "startdate",
        "datestamp",
        "ipaddr",
    ],
}
LIME_CELLS: list[Cells] = [
    lambda k: str(k + 3),
    moment,
    lambda k: str(1 + k % 4),
    "fr",
    lambda k: str(100_000_000 + k * 7919),
    moment,
    moment,
    lambda k: f"192.0.2.{k}",
]
LIME_ASKED: list[Column] = [
    ("Votre collectivité ?", among("Commune", "Région", "Autre")),
    (
        "Votre collectivité ? [Autre]",
        lambda k: f"syndicat {k}" if among("Commune", "Région", "Autre")(k) == "Autre" else "",
    ),
    ("Vos objectifs ? [Informer]", among("Oui", "Non")),
    ("Vos objectifs ? [Consulter]", among("Non", "Oui", "Oui")),
    ("Vos objectifs ? [Autre]", lambda k: f"autre {k}" if k % 9 == 0 else ""),
    ("Fréquence ? [Réunions]", among("Jamais", "Parfois", "Souvent")),
    ("Fréquence ? [Ateliers]", among("Souvent", "Jamais", "Parfois", "Parfois")),
    ("Classez [Rang 1]", among("Prix", "Coût", "Temps")),
    ("Classez [Rang 2]", among("Coût", "Temps", "Prix")),
    ("Classez [Rang 3]", among("Temps", "Prix", "Coût")),
    ("Satisfait ?", among("1", "2", "3", "4", "5")),
    ("Satisfait ? [comment]", lambda k: f"parce que {k}" if k % 2 else ""),
    ("Un mot ?", words),
    ("Combien d’agents ?", lambda k: str(k * 37)),
    ("Temps total", lambda k: f"{k * 3.7:.2f}"),
    ("Temps pour le groupe de questions : Profil", lambda k: f"{k * 1.7:.2f}"),
    ("Temps pour la question : Q1", lambda k: f"{k * 0.7:.2f}"),
]
LIME_SHAPES = [
    (1, "Votre collectivité ?", "single", 2),
    (3, "Vos objectifs ?", "multiple", 3),
    (6, "Fréquence ?", "matrix", 2),
    (8, "Classez", "ranking", 3),
    (11, "Satisfait ?", "single", 2),
    (13, "Un mot ?", "text", 1),
    (14, "Combien d’agents ?", "number", 1),
]


def lime(language: str, *, fixed: int = 8) -> list[Column]:
    names = LIME_FIXED[language][:fixed]
    return [*zip(names, LIME_CELLS[:fixed], strict=True), *LIME_ASKED]


@pytest.mark.parametrize("language", LIME_FIXED)
@pytest.mark.parametrize("fixed", [8, 5, 1, 0])
def test_limesurvey(tmp_path, language, fixed):
    found = inspected(tmp_path, as_text(written(lime(language, fixed=fixed)), delimiter=";"))
    assert facts(found) == ("accepted", "responses", "limesurvey", 1, PEOPLE)
    assert shapes(found) == [(place + fixed, *rest) for place, *rest in LIME_SHAPES]
    assert found.personal_columns == LIME_FIXED[language][7:fixed]
    assert found.questions[1].items == ["Informer", "Consulter"]
    assert sorted(found.questions[3].items) == ["Coût", "Prix", "Temps"]


@pytest.mark.parametrize("people", [1, 3])
def test_limesurvey_with_few_responses(tmp_path, people):
    found = inspected(tmp_path, as_text(written(lime("fr"), people=people)))
    assert facts(found) == ("accepted", "responses", "limesurvey", 1, people)
    assert len(found.questions) == len(LIME_SHAPES)


def test_limesurvey_codes_and_texts(tmp_path):
    columns: list[Column] = [
        ("id. ID de la réponse", lambda k: str(k + 3)),
        ("submitdate. Date de soumission", lambda k: moment(k) if k % 5 else ""),
        ("lastpage. Dernière page", "3"),
        ("startlanguage. Langue de départ", "fr"),
        ("Q1. Votre collectivité ?", among("Commune", "Région", "Autre")),
        ("Q1[other]. Votre collectivité ? [Autre]", ""),
        ("Q2[SQ001]. Objectifs ? [Informer]", among("Oui", "Non")),
        ("Q2[SQ002]. Objectifs ? [Consulter]", among("Non", "Oui", "Oui")),
    ]
    found = inspected(tmp_path, as_text(written(columns)))
    assert (found.layout, found.header_rows) == ("code_text", 1)
    assert shapes(found) == [
        (5, "Votre collectivité ?", "single", 2),
        (7, "Objectifs ?", "multiple", 2),
    ]
    assert [(one.rule, one.count) for one in found.damage] == [("unfinished_responses", 8)]


# --- Google Forms ---------------------------------------------------------------------------


def ticked(separator: str) -> Callable[[int], str]:
    choices = ("Informer", "Consulter, puis concerter", "Décider")
    return lambda k: separator.join(c for i, c in enumerate(choices) if (k >> i) & 1)


def form(first: str = "Horodateur", *, joint: str = ", ") -> list[Column]:
    return [
        (first, day_first),
        ("Votre collectivité ?", among("Commune", "Région", "Département")),
        ("Vos objectifs ?", ticked(joint)),
        ("Fréquence ? [Réunions]", among("Jamais", "Parfois", "Souvent")),
        ("Fréquence ? [Ateliers]", among("Souvent", "Jamais", "Parfois", "Parfois")),
        ("Note de 1 à 5", among("1", "2", "3", "4", "5")),
        ("Un mot ?", words),
        ("Combien ?", lambda k: str(k * 37)),
        ("Quelle date ?", lambda k: f"{1 + k % 28:02d}/03/1999"),
    ]


FORM_SHAPES = [
    (2, "Votre collectivité ?", "single", 1),
    (3, "Vos objectifs ?", "multiple", 1),
    (4, "Fréquence ?", "matrix", 2),
    (6, "Note de 1 à 5", "single", 1),
    (7, "Un mot ?", "text", 1),
    (8, "Combien ?", "number", 1),
    (9, "Quelle date ?", "date", 1),
]
FIRST = ["Horodateur", "Zeitstempel", "Marca temporal", "Timestamp", "Aikatieto"]


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("joint", [", ", ";"])
def test_google_forms(tmp_path, first, joint):
    found = inspected(tmp_path, as_text(written(form(first, joint=joint))))
    assert facts(found) == ("accepted", "responses", "google_forms", 1, PEOPLE)
    assert shapes(found) == FORM_SHAPES
    assert found.questions[1].options == ["Informer", "Consulter, puis concerter", "Décider"]
    assert (found.personal_columns, found.damage) == ([], [])


def test_google_forms_of_a_quiz_with_addresses(tmp_path):
    columns: list[Column] = [
        ("Marca temporal", day_first),
        ("Dirección de correo electrónico", lambda k: f"p{k}@example.org"),
        ("Puntuación", lambda k: f"{k % 20} / 20"),
        ("Quel est votre nom ?", lambda k: f"Nom {k}"),
        ("Joindre au", lambda k: f"06 12 34 56 {k:02d}"),
        ("2 et 2 ?", among("3", "4", "5")),
        ("2 et 2 ? [Score]", among("0.00 / 1", "1.00 / 1")),
    ]
    found = inspected(tmp_path, as_text(written(columns)))
    assert [q.title for q in found.questions] == ["Quel est votre nom ?", "Joindre au", "2 et 2 ?"]
    assert found.personal_columns == [columns[k][0] for k in (1, 3, 4)]


# --- Qualtrics ------------------------------------------------------------------------------

QUALTRICS_FIXED: list[tuple[str, str, str, str, Cells]] = [
    ("StartDate", "Start Date", "Date de début", "startDate", moment),
    ("EndDate", "End Date", "Date de fin", "endDate", moment),
    (
        "Status",
        "Response Type",
        "Type de réponse",
        "status",
        lambda k: "IP Address" if k else "Survey Preview",
    ),
    ("IPAddress", "IP Address", "Adresse IP", "ipAddress", lambda k: f"192.0.2.{k}"),
    ("Progress", "Progress", "Progression", "progress", lambda k: "100" if k % 4 else "45"),
    ("Finished", "Finished", "Terminé", "finished", lambda k: "True" if k % 4 else "False"),
    (
        "ResponseId",
        "Response ID",
        "Identifiant de la réponse",
        "_recordId",
        lambda k: f"R_{k:04d}abcdEFGHijk",
    ),
]


def asked(name: str, text: str, found: str, cells: Cells) -> tuple[tuple[str, ...], Cells]:
    return (name, text, f'{{"ImportId":"{found}"}}'), cells


QUALTRICS_ASKED = [
    asked(
        "Q1", "Votre collectivité ? - Selected Choice", "QID1", among("Commune", "Région", "Autre")
    ),
    asked(
        "Q1_4_TEXT",
        "Votre collectivité ? - Autre - Text",
        "QID1_4_TEXT",
        lambda k: f"n° {k}" if k % 3 == 2 else "",
    ),
    asked(
        "Q2",
        "Vos objectifs ?",
        "QID2",
        lambda k: ",".join(c for i, c in enumerate(("Aa", "Bb", "Cc")) if ((k % 7 + 1) >> i) & 1),
    ),
    *[
        asked(
            f"Q3_{i}",
            f"Vos usages ? - {c}",
            f"QID3_{i}",
            lambda k, c=c, i=i: c if (k >> i) & 1 else "",
        )
        for i, c in enumerate(("Web", "Papier", "Mobile"), start=1)
    ],
    asked("Q4_1", "Fréquence ? - Réunions", "QID4_1", among("Jamais", "Parfois", "Souvent")),
    asked(
        "Q4_2", "Fréquence ? - Ateliers", "QID4_2", among("Souvent", "Jamais", "Parfois", "Parfois")
    ),
    *[
        asked(f"Q5_{i}", f"Classez - {c}", f"QID5_{i}", lambda k, i=i: str((k + i) % 3 + 1))
        for i, c in enumerate(("Prix", "Coût", "Temps"), start=1)
    ],
    asked("Q6", "Un mot ?", "QID6_TEXT", words),
    asked("1_Q9", "Outil A : un avis ?", "1_QID9", among("Oui", "Non")),
    asked("2_Q9", "Outil B : un avis ?", "2_QID9", among("Non", "Oui", "Oui")),
    asked("Q10_First Click", "Timing - First Click", "QID10_FIRST_CLICK", lambda k: f"{k}.5"),
    asked("Q10_Page Submit", "Timing - Page Submit", "QID10_PAGE_SUBMIT", lambda k: f"{k}.9"),
    asked("Q11_Id", "Fichier - Id", "QID11_FILE_ID", lambda k: f"F_{k}"),
    asked("Q11_Name", "Fichier - Name", "QID11_FILE_NAME", lambda k: f"p{k}.pdf"),
]
QUALTRICS_SHAPES = [
    (1, "Votre collectivité ?", "single", 2),
    (3, "Vos objectifs ?", "multiple", 1),
    (4, "Vos usages ?", "multiple", 3),
    (7, "Fréquence ?", "matrix", 2),
    (9, "Classez", "ranking", 3),
    (12, "Un mot ?", "text", 1),
    (13, "Outil A : un avis ?", "single", 1),
    (14, "Outil B : un avis ?", "single", 1),
    (17, "Fichier", "text", 2),
]


def qualtrics(*, french: bool = False, fixed: int = 7) -> list[tuple[tuple[str, ...], Cells]]:
    leading = [
        ((name, local if french else text, f'{{"ImportId":"{found}"}}'), cells)
        for name, text, local, found, cells in QUALTRICS_FIXED[:fixed]
    ]
    return [*leading, *QUALTRICS_ASKED]


HEADS: dict[str, tuple[tuple[int, ...], dict[str, object]]] = {
    # name → header rows kept, how the columns are made
    "three rows": ((0, 1, 2), {}),
    "three rows, french": ((0, 1, 2), {"french": True}),
    "ids and texts": ((0, 1), {}),
    "ids and texts, french": ((0, 1), {"french": True}),
    "texts only": ((1,), {}),
    "texts only, french": ((1,), {"french": True}),
    "no fixed column": ((0, 1, 2), {"fixed": 0}),
    "ids and texts, no fixed column": ((0, 1), {"fixed": 0}),
}


@pytest.mark.parametrize("name", HEADS)
def test_qualtrics(tmp_path, name):
    kept, how = HEADS[name]
    columns = [(tuple(head[k] for k in kept), cells) for head, cells in qualtrics(**how)]
    found = inspected(tmp_path, as_text(written(columns)))
    assert facts(found) == ("accepted", "responses", "qualtrics", len(kept), PEOPLE)
    fixed = int(how.get("fixed", 7))
    assert shapes(found) == [(place + fixed, *rest) for place, *rest in QUALTRICS_SHAPES]
    told = {(one.rule, one.count) for one in found.damage}
    assert told == ({("previews_and_tests", 1), ("unfinished_responses", 10)} if fixed else set())
    assert len(found.personal_columns) == bool(fixed)


def test_qualtrics_ids_only(tmp_path):
    columns = [(head[:1], cells) for head, cells in qualtrics()]
    found = inspected(tmp_path, as_text(written(columns)))
    assert facts(found) == ("accepted", "responses", "qualtrics", 1, PEOPLE)
    assert [q.kind for q in found.questions] == [kind for _, _, kind, _ in QUALTRICS_SHAPES]


# --- all of them ----------------------------------------------------------------------------

TABLES: dict[str, tuple[list[list[str]], int]] = {
    "limesurvey": (written(lime("fr")), 1),
    "google_forms": (written(form()), 1),
    "qualtrics": (written(qualtrics()), 3),
}


@pytest.mark.parametrize("platform", TABLES)
def test_under_a_title_line(tmp_path, platform):
    rows, heads = TABLES[platform]
    found = inspected(tmp_path, as_text([["Baromètre 2023"], *rows]))
    assert facts(found) == ("accepted", "responses", platform, heads + 1, PEOPLE)
    assert shapes(found) == shapes(inspected(tmp_path, as_text(rows)))


@pytest.mark.parametrize("platform", TABLES)
def test_after_a_round_trip_through_pandas(tmp_path, platform):
    rows, heads = TABLES[platform]
    numbered = [["" if k < heads else str(k - heads), *row] for k, row in enumerate(rows)]
    found = inspected(tmp_path, as_text(numbered))
    assert facts(found) == ("accepted", "responses", platform, heads, PEOPLE)
    alone = shapes(inspected(tmp_path, as_text(rows)))
    assert shapes(found) == [(place + 1, *rest) for place, *rest in alone]
    assert "index_column" in {one.rule for one in found.damage}


@pytest.mark.parametrize("platform", TABLES)
def test_in_other_bytes(tmp_path, platform):
    rows, _ = TABLES[platform]
    alone = inspected(tmp_path, as_text(rows))
    for data in (
        as_text(rows, delimiter=";").encode("cp1252"),
        as_text(rows, delimiter="\t").encode("utf-16"),
        as_text(rows).encode().decode("latin-1").encode(),
    ):
        found = inspected(tmp_path, data)
        assert found.questions == alone.questions
        assert found.n_responses == PEOPLE


@pytest.mark.parametrize("platform", TABLES)
def test_without_responses(tmp_path, platform):
    rows, heads = TABLES[platform]
    found = inspected(tmp_path, as_text(rows[:heads]))
    assert (found.verdict, found.n_responses) == ("refused", 0)
    assert "no response" in found.reasons[0]
