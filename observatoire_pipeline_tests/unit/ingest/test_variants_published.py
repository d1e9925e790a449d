"""Exports as their owners publish them: kept columns, headings, quirks and files of SPSS.

In: files of well-known surveys' shapes, with made-up questions: what `inspect` finds, and which of
them are refused because another tool wrote them. Not in: damage (`test_variants_damaged`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from observatoire_pipeline_tests.unit.ingest.made_surveys import as_text, inspected
from observatoire_pipeline_tests.unit.ingest.test_variants_other_hands import Shape, level, tick
from observatoire_pipeline_tests.unit.ingest.test_variants_platforms import (
    PEOPLE,
    Column,
    among,
    facts,
    moment,
    shapes,
    ticked,
    words,
    written,
)

RESPONDENT: Column = ("RespondentID", lambda k: str(3887201482 - 997 * k))
INCOME = among("$0 to $9,999", "$10,000 to $24,999", "$25,000 to $49,999", "Prefer not to answer")
APP = "A website or app (please name it)"


def or_dash(answer: Callable[[int], str]) -> Callable[[int], str]:
    return lambda k: "-" if k % 5 == 1 else answer(k)


def typed(k: int) -> str:
    return "-" if k % 3 else f"site {k}.example"


def boxes(title: str, *choices: str, before: bool = False) -> list[Column]:
    """Return check boxes of one header row: `title - choice`, or `choice:title`."""
    return [
        (f"{choice}:{title}" if before else f"{title} - {choice}", tick(choice, by)[1])
        for by, choice in enumerate(choices, start=4)
    ]


def parts(name: str, title: str, *choices: str) -> list[Column]:
    return [
        ((f"{name}_{j}", f"{title} - Selected Choice - {choice}"), tick(choice, 4 + j)[1])
        for j, choice in enumerate(choices, start=1)
    ]


def coded_text(k: int) -> str:
    return "-1" if k % 9 else str(k)


SECONDS = lambda k: str(200 + 31 * k)  # noqa: E731
READ: dict[str, tuple[str, int, Sequence[Column], list[Shape]]] = {
    # name → platform, header rows, columns, questions
    "one row, boxes and other": (
        "surveymonkey",
        1,
        [
            RESPONDENT,
            level("What is the main dish?"),
            ("What is the main dish? - Other (please specify)", lambda k: "" if k % 9 else "tofu"),
            *boxes("Which side dishes? Please select all that apply.", "Corn", "Peas", "Rolls"),
            ("Age", among("18 - 29", "30 - 44", "45 - 59", "60+")),
            ("How much money did your HOUSEHOLD earn last year?", INCOME),
        ],
        [
            (2, "What is the main dish?", "single", 2),
            (4, "Which side dishes? Please select all that apply.", "multiple", 3),
            (7, "Age", "single", 1),
            (8, "How much money did your HOUSEHOLD earn last year?", "single", 1),
        ],
    ),
    "two rows without fixed columns": (
        "surveymonkey",
        2,
        [
            (("Which country do you live in?", "Response"), among("France", "India", "Peru")),
            (("How old are you?", "Response"), among("< 20", "20-24", ">60")),
            (("Which languages are you proficient in?", "Java"), tick("Java", 4)[1]),
            (("", "PHP"), tick("PHP", 5)[1]),
            (("", "C#"), tick("C#", 6)[1]),
        ],
        [
            (1, "Which country do you live in?", "single", 1),
            (2, "How old are you?", "single", 1),
            (3, "Which languages are you proficient in?", "multiple", 3),
        ],
    ),
    "a grid without title": (
        "google_forms",
        1,
        [
            ("Timestamp", moment),
            ("Are you going out yourself?", among("No", "Yes")),
            *[
                (f" [{name}]", among("JOY", "", "DESPAIR", by=by))
                for by, name in enumerate("ABC", 4)
            ],
            ("Which day do you prefer, Friday or Sunday?", among("Friday", "Sunday")),
            (" [Anything else]", words),
        ],
        [
            (2, "Are you going out yourself?", "single", 1),
            (3, "", "matrix", 3),
            (6, "Which day do you prefer, Friday or Sunday?", "single", 1),
            (7, "[Anything else]", "text", 1),
        ],
    ),
    "boxes of a published form, codes above": (
        "qualtrics",
        2,
        [
            (("Time from Start to Finish (seconds)", "Duration (in seconds)"), SECONDS),
            (("Q1", "What is your age (# years)?"), among("18-21", "22-24", "70+")),
            (("Q2", "What is your gender? - Selected Choice"), among("Man", "Woman", "Self")),
            (("Q2_OTHER_TEXT", "What is your gender? - Self - Text"), coded_text),
            (("Q3", "Which tool? (Include text) - Selected Choice"), among("Sheets", "SPSS")),
            (("Q3_Part_1_TEXT", "Which tool? (Include text) - Sheets - Text"), coded_text),
            (("Q3_Part_2_TEXT", "Which tool? (Include text) - SPSS - Text"), coded_text),
            *parts("Q7_Part", "Which languages? (Select all that apply)", "R", "SQL", "None"),
            *parts("Q8", "Which editors? (Select all that apply)", " Vim ", " PyCharm "),
        ],
        [
            (2, "What is your age (# years)?", "single", 1),
            (3, "What is your gender?", "single", 2),
            (5, "Which tool? (Include text)", "single", 3),
            (8, "Which languages? (Select all that apply)", "multiple", 3),
            (11, "Which editors? (Select all that apply)", "multiple", 2),
        ],
    ),
}


@pytest.mark.parametrize("name", READ)
def test_read(tmp_path, name):
    platform, heads, columns, wanted = READ[name]
    found = inspected(tmp_path, as_text(written(columns)))
    assert facts(found) == ("accepted", "responses", platform, heads, PEOPLE)
    assert shapes(found) == wanted


def test_thousands_in_amounts_are_no_ticked_choices(tmp_path):
    amounts = among("$0-999", "1,000-1,999", "10,000-14,999", "100,000-124,999", "> $500,000")
    head: list[Column] = [
        (("Time from Start to Finish (seconds)", "Duration (in seconds)"), SECONDS),
        (("Q1", "What is your age (# years)?"), among("18-21", "22-24", "70+")),
        (("Q2", "What is your yearly pay (approximate)?"), amounts),
        (("Q3", "Which do you use? (Select all that apply)"), ticked(",")),
        *parts("Q4_Part", "Which languages? (Select all that apply)", "R", "SQL"),
    ]
    found = inspected(tmp_path, as_text(written(head)))
    assert [q.kind for q in found.questions] == ["single", "single", "multiple", "multiple"]


def test_the_fixed_columns_of_an_edited_file_are_enough(tmp_path):
    """Names of variables instead of questions: identifier, beginning and end tell the platform."""
    columns: list[Column] = [RESPONDENT, ("StartDate", moment), ("EndDate", moment)]
    columns += [level("q1AgeBegan"), level("q2Age")]
    found = inspected(tmp_path, as_text(written(columns)))
    assert facts(found) == ("accepted", "responses", "surveymonkey", 1, PEOPLE)
    assert shapes(found) == [(4, "q1AgeBegan", "single", 1), (5, "q2Age", "single", 1)]


def test_dashes_that_a_publisher_wrote_into_blank_cells(tmp_path):
    """A dash in half of the columns is a blank; what is typed under an answer belongs to it."""
    columns = [
        RESPONDENT,
        ("Do you check a daily weather report?", among("Yes", "No")),
        ("How do you typically check the weather?", or_dash(among("Radio", APP, "Local news"))),
        (APP, typed),
        ("Age", or_dash(among("18 - 29", "30 - 44", "60+"))),
        ("How much money did your HOUSEHOLD earn last year?", or_dash(INCOME)),
    ]
    found = inspected(tmp_path, as_text(written(columns)))
    assert facts(found) == ("accepted_with_repairs", "responses", "surveymonkey", 1, PEOPLE)
    assert [damage.rule for damage in found.damage] == ["blank_words"]
    assert [(q.position, q.n_columns) for q in found.questions] == [(2, 1), (3, 2), (5, 1), (6, 1)]
    assert not any("-" in q.options for q in found.questions)


def test_an_answer_of_a_dash_stays(tmp_path):
    columns = [
        RESPONDENT,
        ("Do you agree?", or_dash(among("Yes", "No"))),
        *READ["one row, boxes and other"][2][4:],
    ]
    found = inspected(tmp_path, as_text(written(columns)))
    assert "-" in found.questions[0].options


def test_an_index_before_a_form_without_moments(tmp_path):
    columns: list[Column] = [
        ("", str),
        ("Is it part of your daily work?", among("Yes", "No")),
        ("What do you use it for? Check all that apply.", ticked(", ")),
        *[(f"What should come first? [{x}]", among("Critical", "Nice")) for x in ("Docs", "Speed")],
    ]
    found = inspected(tmp_path, as_text(written(columns)))
    assert facts(found) == ("accepted", "responses", "google_forms", 1, PEOPLE)
    assert [(q.position, q.kind) for q in found.questions] == [
        (2, "single"),
        (3, "multiple"),
        (4, "matrix"),
    ]


def test_the_name_of_an_account_is_personal(tmp_path):
    columns: list[Column] = [
        ("Timestamp", moment),
        ("Your GitHub username", lambda k: f"gh{k}"),
        ("Discord handle (optional)", lambda k: f"user{k}" if k % 2 else ""),
        ("Do you have a GitHub account?", among("Yes", "No")),
        ("LinkedIn", among("Yes", "No")),
    ]
    found = inspected(tmp_path, as_text(written(columns)))
    assert found.personal_columns == ["Your GitHub username", "Discord handle (optional)"]


PLACES = "Where do you drink coffee?"
TOLD: dict[str, tuple[str, Sequence[Column]]] = {
    # name → what the first reason says, columns
    "fixed columns that R rewrote": (
        "Alchemer",
        [
            ("RESPONSE.ID", str),
            ("DATE.SUBMITTED", moment),
            ("STATUS", among("Complete", "Partial")),
            ("TYPE.CODE", among("Often", "Rarely")),
            ("TYPE.DOCS", among("Often", "Rarely", "Never")),
        ],
    ),
    "choice before question": (
        "Alchemer",
        [
            ("Is it the main language you use for your projects?", among("Yes", "No")),
            *boxes("What other languages do you use?", "Java", "Go", before=True),
            *boxes("What do you use it for?", "Teaching", "Analysis", before=True),
        ],
    ),
    "true and false beside all that was ticked": (
        "Tally",
        [
            ("Submission ID", lambda k: f"a{k}Zx"),
            ("What is your age?", among("18-24", "25-34")),
            (PLACES, ticked(", ")),
            *[(f"{PLACES} ({place})", among("TRUE", "FALSE")) for place in ("At home", "A café")],
        ],
    ),
    "ticks joined by bars": (
        "unknown",
        [
            ("Are you self-employed?", among("0", "1")),
            ("Which of these describes your position?", ticked("|")),
            ("If yes, what have you been diagnosed with?", ticked("|")),
            ("Do you work from home?", among("Always", "Never")),
        ],
    ),
    "codes of an edited file": (
        "unknown",
        [
            ("ResponseId", str),
            ("MainBranch", among("I am a developer", "I code sometimes")),
            ("LanguageHaveWorkedWith", ticked(";")),
            ("SurveyLength", among("Too long", "Appropriate")),
        ],
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_refused(tmp_path, name):
    told, columns = TOLD[name]
    found = inspected(tmp_path, as_text(written(columns)))
    assert (found.verdict, found.kind, found.questions) == ("refused", "unknown", [])
    assert told == "unknown" or told in found.reasons[0]


def test_status_beside_the_columns_of_limesurvey_is_a_question(tmp_path):
    columns: list[Column] = [
        ("Response ID", str),
        ("Date submitted", moment),
        ("Last page", "4"),
        ("Start language", "en"),
        ("Status", among("Student", "Staff")),
    ]
    found = inspected(tmp_path, as_text(written(columns)))
    assert facts(found)[2] == "limesurvey"
    assert shapes(found) == [(5, "Status", "single", 1)]


# --- SPSS -----------------------------------------------------------------------------------

TICKED = {1.0: "Yes", 0.0: "Not selected"}
AGREED = {1.0: "Agree", 2.0: "Disagree"}
SPSS: dict[str, tuple[list[tuple[str, str, dict | None, Callable[[int], object]]], list[Shape]]] = {
    # platform → variables (name, label, labels of values, cells), questions
    "limesurvey": (
        [
            ("id", "Response ID", None, lambda k: float(k + 1)),
            ("submitdate", "Date submitted", None, moment),
            ("lastpage", "Last page", None, lambda k: 4.0),
            ("startlanguage", "Start language", None, lambda k: "en"),
            ("G1Q1_SQ001", "[Python] Which do you use?", TICKED, lambda k: float(k % 2)),
            ("G1Q1_SQ002", "[R] Which do you use?", TICKED, lambda k: float(k % 3 == 0)),
            ("G1Q2_SQ001", "[Food] How was it?", AGREED, lambda k: 1.0 + k % 2),
            ("G1Q2_SQ002", "[Venue] How was it?", AGREED, lambda k: 1.0 + k % 2),
        ],
        [(5, "Which do you use?", "multiple", 2), (7, "How was it?", "matrix", 2)],
    ),
    "qualtrics": (
        [
            ("StartDate", "Start Date", None, moment),
            ("IPAddress", "IP Address", None, lambda k: f"192.0.2.{k}"),
            ("Finished", "Finished", {0.0: "False", 1.0: "True"}, lambda k: 1.0),
            ("ResponseId", "Response ID", None, lambda k: f"R_3kD9xQ{k:03d}ab"),
            ("Q1_1", "Do you agree? - I like it", AGREED, lambda k: 1.0 + k % 2),
            ("Q1_2", "Do you agree? - I use it", AGREED, lambda k: 1.0 + k % 2),
            ("Q2_1", "Which? - Selected Choice News", {1.0: "News"}, lambda k: 1.0),
            ("Q2_2", "Which? - Selected Choice Other", {1.0: "Other"}, lambda k: 1.0),
            ("Q2_2_TEXT", "Which? - Other - Text", None, lambda k: f"blog {k}"),
        ],
        [(5, "Do you agree?", "matrix", 2), (7, "Which?", "multiple", 3)],
    ),
}


@pytest.mark.parametrize("platform", SPSS)
def test_spss_of_other_platforms(tmp_path, platform):
    import pandas as pd
    import pyreadstat

    variables, wanted = SPSS[platform]
    path = tmp_path / "survey.sav"
    pyreadstat.write_sav(
        pd.DataFrame({name: [cells(k) for k in range(12)] for name, _, _, cells in variables}),
        str(path),
        column_labels=[label for _, label, _, _ in variables],
        variable_value_labels={name: values for name, _, values, _ in variables if values},
    )
    found = inspected(tmp_path, path.read_bytes(), "survey.sav")
    assert (found.platform, found.n_responses) == (platform, 12)
    assert shapes(found) == wanted
    assert found.personal_columns == (["IP Address"] if platform == "qualtrics" else [])
    assert found.questions[0].items == (
        ["Python", "R"] if platform == "limesurvey" else ["I like it", "I use it"]
    )
