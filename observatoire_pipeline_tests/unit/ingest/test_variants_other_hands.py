"""Exports of other platforms after people had them, and tables that only look like some.

In: LimeSurvey, Google Forms, Qualtrics and API answers in forms that `test_variants_platforms` has
not; exports of tools that are not read, forms, results, lists: refused by what they are.
Not in: SurveyMonkey files (`test_variants_written_back`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from observatoire_pipeline_tests.unit.ingest.made_surveys import as_text, inspected
from observatoire_pipeline_tests.unit.ingest.test_variants_platforms import (
    PEOPLE,
    Column,
    among,
    asked,
    facts,
    moment,
    qualtrics,
    shapes,
    ticked,
    words,
    written,
)


def tick(text: str, by: int) -> Column:
    return text, lambda k: text if (k * by + k // 3) % 3 == 0 else ""


def lime(*columns: Column) -> list[Column]:
    names = ("id", "submitdate", "lastpage", "startlanguage")
    cells = (lambda k: str(k + 1), moment, "3", "en")
    return [*zip(names, cells, strict=True), *columns]


def yes_no(heading: str | tuple[str, ...]) -> Column:
    return heading, among("Yes", "No")


def level(heading: str | tuple[str, ...]) -> Column:
    return heading, among("A1", "A2", "A3")


Shape = tuple[int, str, str, int]
READ: dict[str, tuple[str, int, Sequence[Column], list[Shape]]] = {
    # name → platform, header rows, columns, questions
    "numbers of survey, group and question": (
        "limesurvey",
        1,
        lime(
            level("12345X67X890"),
            ("12345X67X891SQ001", among("Y", "")),
            ("12345X67X891SQ002", among("", "Y", "Y")),
            ("12345X67X891other", lambda k: f"autre {k}" if k % 9 == 0 else ""),
            ("12345X67X892", words),
        ),
        [
            (5, "12345X67X890", "single", 1),
            (6, "12345X67X891", "multiple", 3),
            (9, "12345X67X892", "text", 1),
        ],
    ),
    "a file sent to LimeSurvey": (
        "limesurvey",
        1,
        lime(
            ("UP1", lambda k: f'[{{ "size":"{k}", "name":"cv{k}.pdf" }}]' if k % 2 else ""),
            ("UP1[filecount]", lambda k: str(k % 2)),
            yes_no("EMAILS"),
            ("EMAIL", lambda k: f"p{k}@example.org"),
        ),
        [
            (5, "UP1", "text", 2),
            (7, "EMAILS", "single", 1),
            (8, "EMAIL", "text", 1),
        ],
    ),
    "codes that R rewrote": (
        "limesurvey",
        1,
        lime(
            ("G01Q02.SQ001.", among("Yes", "No")),
            ("G01Q02.SQ002.", among("No", "Yes", "Yes")),
            ("G01Q02.other.", lambda k: f"autre {k}" if k % 9 == 0 else ""),
            level("G01Q03.SQ001."),
            level("G01Q03.SQ002."),
        ),
        [(5, "G01Q02", "multiple", 3), (8, "G01Q03", "matrix", 2)],
    ),
    "VV": (
        "limesurvey",
        2,
        [
            (("Response ID", "id"), lambda k: str(k + 1)),
            (("Date submitted", "submitdate"), moment),
            (("Last page", "lastpage"), "3"),
            (("Work in a hospital?", "4X1X101"), among("Y", "N")),
            (("Which shifts? - Early", "4X1X102SQ001"), among("Y", "", "{question_not_shown}")),
            (("Which shifts? - Late", "4X1X102SQ002"), among("", "Y")),
            (("Describe your day", "4X1X103"), words),
        ],
        [
            (4, "Work in a hospital?", "single", 1),
            (5, "Which shifts?", "multiple", 2),
            (7, "Describe your day", "text", 1),
        ],
    ),
    "a form without its moments": (
        "google_forms",
        1,
        [
            ("Votre collectivité ?", among("Commune", "Région", "Département")),
            ("Vos objectifs ?", ticked(";")),
            ("Fréquence ? [Réunions]", among("Jamais", "Parfois")),
            ("Fréquence ? [Ateliers]", among("Souvent", "Jamais", "Parfois")),
        ],
        [
            (1, "Votre collectivité ?", "single", 1),
            (2, "Vos objectifs ?", "multiple", 1),
            (3, "Fréquence ?", "matrix", 2),
        ],
    ),
    "a form that R rewrote, titles counted": (
        "google_forms",
        1,
        [
            ("Timestamp", moment),
            ("Rate.the.following..Audio.", among("Bad", "Good")),
            ("Rate.the.following..Video.", among("Good", "Bad", "Bad")),
            yes_no("Do you agree?"),
            yes_no("Do you agree?.1"),
        ],
        [
            (2, "Rate.the.following.", "matrix", 2),
            (4, "Do you agree?", "single", 1),
            (5, "Do you agree?", "single", 1),
        ],
    ),
    "a form whose questions were renamed": (
        "google_forms",
        1,
        [
            ("Timestamp", moment),
            ("Age", lambda k: str(18 + k)),
            yes_no("self_employed"),
            yes_no("treatment"),
            ("comments", words),
        ],
        [
            (2, "Age", "number", 1),
            (3, "self_employed", "single", 1),
            (4, "treatment", "single", 1),
            (5, "comments", "text", 1),
        ],
    ),
    "names of variables above a form": (
        "google_forms",
        2,
        [
            (("ts", "Timestamp"), moment),
            (("role", "What is your role in it?"), among("Lead", "Member")),
            (("fine", "Are you fine?"), among("Yes", "No")),
        ],
        [(2, "What is your role in it?", "single", 1), (3, "Are you fine?", "single", 1)],
    ),
    "a Korean form": (
        "google_forms",
        1,
        [
            (
                "타임스탬프",
                lambda k: f"2021. {1 + k % 12}. {1 + k % 28} 오후 {1 + k % 11}:{k % 60:02d}:11",
            ),
            ("귀하의 나이는?", among("20대", "30대", "40대")),
            ("소요 시간", lambda k: f"{k % 3}:{k % 60:02d}:00"),
        ],
        [(2, "귀하의 나이는?", "single", 1), (3, "소요 시간", "text", 1)],
    ),
    "one who typed a comma is no list of ticks": (
        "google_forms",
        1,
        [
            ("Timestamp", moment),
            (
                "How did you find us?",
                lambda k: "Twitter, I think" if k == 3 else ("Twitter", "Email")[k % 2],
            ),
            ("Remarks?", lambda k: {4: "thanks", 9: "too long, and not clear"}.get(k, "")),
        ],
        [(2, "How did you find us?", "single", 1), (3, "Remarks?", "text", 1)],
    ),
    "Qualtrics with ids renamed and its fixed columns gone": (
        "qualtrics",
        2,
        [
            (("consent", "Do you consent to take part?"), among("I do", "I do not")),
            (("trust_1", "Do you trust these? - The mayor"), among("Yes", "No", "Unsure")),
            (("trust_2", "Do you trust these? - The council"), among("No", "Yes", "Unsure")),
            (("age", "How old are you, in years?"), lambda k: str(18 + k)),
            (("why", "Why is that so?"), words),
        ],
        [
            (1, "Do you consent to take part?", "single", 1),
            (2, "Do you trust these?", "matrix", 2),
            (4, "How old are you, in years?", "number", 1),
            (5, "Why is that so?", "text", 1),
        ],
    ),
    "Qualtrics with parts of a question renamed": (
        "qualtrics",
        2,
        [
            (("Time (seconds)", "Duration (in seconds)"), lambda k: str(100 + k * 7)),
            (("Q1", "What is your age (# years)?"), among("18-21", "22-24")),
            *(
                ((name, f"What do you write in? - Selected Choice - {text}"), tick(text, k)[1])
                for k, (name, text) in enumerate(
                    [("Q7_Part_1", "Python"), ("Q7_Part_2", "R"), ("Q7_OTHER", "Other")], start=1
                )
            ),
            (("Q8", "What is your country?"), among("India", "France")),
        ],
        [
            (2, "What is your age (# years)?", "single", 1),
            (3, "What do you write in?", "multiple", 3),
            (6, "What is your country?", "single", 1),
        ],
    ),
    "boxes of Qualtrics that were shown and not ticked": (
        "qualtrics",
        3,
        [
            *qualtrics()[:7],
            *(
                asked(
                    f"Q2_{k}",
                    f"How may we reach you? - {text}",
                    f"QID2_{k}",
                    lambda n, t=text, k=k: t if (n + k) % 3 else "-99",
                )
                for k, text in enumerate(["Email", "Phone", "Visit"], start=1)
            ),
        ],
        [(8, "How may we reach you?", "multiple", 3)],
    ),
}


@pytest.mark.parametrize("name", READ)
def test_read(tmp_path, name):
    platform, heads, columns, wanted = READ[name]
    found = inspected(tmp_path, as_text(written(columns)))
    assert facts(found) == ("accepted", "responses", platform, heads, PEOPLE)
    assert shapes(found) == wanted
    labels = {"Email", "Phone", "소요 시간"}
    assert not labels & set(found.personal_columns)


# --- API ------------------------------------------------------------------------------------

DETAILS = {
    "id": "7",
    "pages": [
        {
            "id": "1",
            "questions": [
                {
                    "id": "10",
                    "family": "single_choice",
                    "subtype": "vertical",
                    "headings": [{"heading": "Do you <b>live</b> here?"}],
                    "answers": {
                        "choices": [{"id": "1", "text": "Yes&nbsp;!"}, {"id": "2", "text": "No"}]
                    },
                }
            ],
        }
    ],
}
BULK = {
    "data": [
        {
            "id": str(k),
            "survey_id": "7",
            "response_status": "completed",
            "pages": [{"questions": [{"id": "10", "answers": [{"choice_id": "1"}]}]}],
        }
        for k in range(3)
    ],
    "total": 3,
}
TOGETHER = {
    "in a list": [DETAILS, BULK],
    "under names": {"survey": DETAILS, "responses": BULK},
    "in pages": {"survey": DETAILS, "pages_of_responses": [BULK]},
    "beside the responses": {"details": DETAILS, **BULK},
}


@pytest.mark.parametrize("name", TOGETHER)
def test_answers_of_the_api_in_one_file(tmp_path, name):
    found = inspected(tmp_path, json.dumps(TOGETHER[name]), "a.json")
    assert (found.verdict, found.n_responses) == ("accepted", 3)
    assert [(q.title, q.options) for q in found.questions] == [
        ("Do you live here?", ["Yes !", "No"])
    ]


def test_other_json_is_told_by_its_names(tmp_path):
    found = inspected(tmp_path, '{"type": "FeatureCollection", "features": []}', "a.json")
    assert "(it has “type”, “features”)" in found.reasons[0]


# --- what is refused ------------------------------------------------------------------------


def table(columns: str) -> list[list[str]]:
    """Return records of columns such as `heading=cells`.

    Cells: `#` a number of its own, `@` a moment, `~` words, `a/b` either, anything else as it is.
    """
    made: list[Column] = []
    for column in columns.split("|"):
        heading, _, cells = column.partition("=")
        kinds = {"#": lambda k: str(12_000_000_000 + k), "@": moment, "~": words}
        either = among(*cells.split("/")) if "/" in cells else cells
        made.append((heading, kinds.get(cells, either)))
    return written(made)


AGREE = "Do you agree?=Yes/No"
NAMED: dict[str, list[list[str]]] = {
    # what the reason says → records
    "Microsoft Forms": table(f"ID=#|Start time=@|Completion time=@|Email=anonymous|{AGREE}"),
    "Microsoft Forms ": table(f"ID=#|Heure de début=@|Heure de fin=@|Nom=|Quand ?=~|{AGREE}"),
    "KoboToolbox": table(f"start=@|end=@|What village?=A/B|{AGREE}|_uuid=#|_submission_time=@"),
    "ODK": table("SubmissionDate=@|start=@|grp-age=#|meta-instanceID=#|KEY=#"),
    "SoSci Survey": table("CASE=#|QUESTNNR=base|MODE=interview|STARTED=@|A101=1/2"),
    "REDCap": table("record_id=#|redcap_event_name=arm_1|age=#|symptoms___1=0/1"),
    "Drupal Webform": [
        ["Enquête", *[""] * 4],
        *table(f"SID=#|UID=0|Submitted Time=@|a=b/c|{AGREE}"),
    ],
    "Jotform": table(
        f"Submission Date=@|How did you hear of us?=Ad/Friend|{AGREE}|Submission ID=#"
    ),
    "Alchemer": table(f"Response ID=#|Time Started=@|Date Submitted=@|Status=Complete|{AGREE}"),
    "Tally": table(f"Submission ID=#|Respondent ID=#|Submitted at=@|{AGREE}"),
    "the definition of a form": table("type=select_one|name=#|label=~|required=yes"),
    "the structure of a LimeSurvey": table("class=Q|type/scale=L|name=#|relevance=1|text=~"),
    "one row for each answer": [
        ["respondent_id", "question", "answer"],
        *([f"{12_000_000_000 + k // 5}", f"Q{k % 5}?", "Yes"] for k in range(40)),
    ],
    "a table on its side": [
        list(row)
        for row in zip(*table(f"Respondent ID=#|Collector ID=4|Start Date=@|{AGREE}"), strict=True)
    ],
}


@pytest.mark.parametrize("name", NAMED)
def test_refused_by_name(tmp_path, name):
    found = inspected(tmp_path, as_text(NAMED[name]), "a.csv")
    assert (found.verdict, found.kind, found.questions) == ("refused", "unknown", [])
    assert name.strip() in found.reasons[0]


UNNAMED: dict[str, list[list[str]]] = {
    "codebook": table("Variable=#|Question=~|Type=single choice|Values=1: Never, 2: Often"),
    "questions and answers": table("Category=a/b|What do people ask?=~|What do we answer?=~"),
    "weights": table("Respondent ID=#|weight=0.5/1.25"),
    "weather": table("Date/Time=@|Year=2020|Mean Temp (°C)=#|Total Precip (mm)=0"),
    "log of a site": table("timestamp=@|ip=192.0.2.1|country=FR/DE|page=a/b|converted=true/false"),
    "correlations": [["", "Your age?", "Good?"], ["Your age?", "1", "0.2"], ["Good?", "0.2", "1"]],
    "means": [["", "Age", "Q1"], ["count", "200", "198"], ["mean", "41.2", "3.1"]],
    "pivot": [["Row Labels", "Yes", "Grand Total"], ["18-24", "10", "15"], ["Total", "10", "15"]],
    "table of a text": [
        ["# Survey", "", "", ""],
        *([["", "Question", "n", ""], ["", "---", "---", ""], ["", "Do you cycle?", "20", ""]]),
    ],
}


@pytest.mark.parametrize("name", UNNAMED)
def test_refused(tmp_path, name):
    found = inspected(tmp_path, as_text(UNNAMED[name], delimiter=";"), "a.csv")
    assert (found.verdict, found.kind, found.platform) == ("refused", "unknown", "")


def test_a_summary_of_a_matrix_is_one_whatever_the_length_of_its_lines(tmp_path):
    rows = [["Town survey"], ["Q1. How do you feel about:"], ["", "Good", "", "Bad", "", "Total"]]
    rows += [["Roads", "40.0%", "20", "60.0%", "30", "50"], ["", "", "", "", "Answered", "50"], []]
    found = inspected(tmp_path, as_text([*rows, ["Q2. Rank"]]))
    assert (found.kind, found.verdict) == ("summary", "refused")
