"""What changed between two questionnaires; the real editions were compared by hand first."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from observatoire_pipeline.cli import main
from observatoire_pipeline.codebook.diff import compare, difference, to_json, to_lines
from observatoire_pipeline.codebook.questionnaire import (
    Question,
    Questionnaire,
    questionnaire_of,
)
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook

TESTS = Path(__file__).parents[2]
AMBASSADORS = TESTS / "codebook" / "ambassadors"
SHARED = Path(os.environ.get("OBSERVATOIRE_SHARED", TESTS.parents[1] / "shared"))
EXPORTS = SHARED / "real_exports"


def one(question, other, *, declared=False):
    found = to_json(
        compare(Questionnaire("a", (question,), declared), Questionnaire("b", (other,)))
    )
    return {key for key, entries in found.items() if key not in "ab" and entries}


def test_an_edition_is_the_same_as_itself():
    book = read_codebook(packaged_codebook())
    asked = questionnaire_of(book, "2016")
    found = to_json(compare(asked, asked))
    assert len(found["same"]) == len(asked.questions)
    assert not any(found[key] for key in found if key not in ("a", "b", "same"))


def test_an_answer_that_nobody_gave_is_no_change():
    asked = Question(1, "Taille ?", "single", ("petite", "grande"), options_complete=True)
    assert one(asked, Question(1, "Taille ?", "single", ("petite",))) == {"same"}
    assert one(asked, Question(1, "Taille ?", "single", ("petite", "nulle"))) == {"options_changed"}


def test_another_list_of_answers_is_another_scale():
    asked = Question(1, "Avis ?", "single", ("bon", "mauvais"), options_complete=True)
    assert one(asked, Question(1, "Avis ?", "single", ("1", "2"))) == {"scale_changed"}


def test_another_kind_is_another_scale_unless_the_codebook_declares_a_text_or_number():
    text = Question(1, "Département ?", "text")
    read = Question(1, "Département ?", "single", ("01", "75"))
    assert one(text, read) == {"scale_changed"}
    assert one(text, read, declared=True) == {"same"}
    box = Question(1, "Département ?", "multiple", items=("01", "75"))
    assert one(text, box, declared=True) == {"scale_changed"}


def given(options, times, *, more=0):
    counts = dict.fromkeys(options, times)
    return {"counts": counts, "answered": times * len(options) + more, "options": tuple(options)}


def test_an_answer_that_many_gave_and_nobody_before_was_not_offered_before():
    before = Question(1, "Où ?", "single", **given(["Mairie", "École"], 40))
    after = Question(1, "Où ?", "single", **given(["Mairie", "École", "Gare"], 20))
    found = to_json(compare(Questionnaire("a", (before,)), Questionnaire("b", (after,))))
    (entry,) = found["options_changed"]
    assert entry["options"]["added"] == ["Gare"]
    rare = Question(
        1, "Où ?", "single", ("Mairie", "École", "Gare"), counts={"Gare": 1}, answered=80
    )
    assert one(before, rare) == {"same"}


def test_a_rating_that_goes_on_beyond_its_end_is_another_scale():
    five = Question(1, "Note ?", "single", **given("12345", 8))
    ten = Question(1, "Note ?", "single", **given(["2", "5", "7", "8", "9", "10"], 8))
    assert one(five, ten) == {"scale_changed"}
    assert one(ten, five) == {"scale_changed"}
    once = Question(1, "Note ?", "single", tuple("1234567"), counts={"6": 1, "7": 1}, answered=40)
    assert one(five, once) == {"same"}


def test_nobody_below_seven_is_no_other_rating():
    high = Question(1, "Note ?", "single", **given(["7", "8", "9", "10"], 5))
    low = Question(1, "Note ?", "single", **given(["1", "4", "7", "8", "9", "10"], 20))
    assert "scale_changed" not in one(high, low)


def test_the_fewest_questions_are_said_to_have_moved():
    titles = "Un nom ?", "Un lieu ?", "Une date ?", "Un prix ?"
    a = Questionnaire("a", tuple(Question(k, t, "text") for k, t in enumerate(titles, 1)))
    last_first = (titles[3], *titles[:3])
    b = Questionnaire("b", tuple(Question(k, t, "text") for k, t in enumerate(last_first, 1)))
    (moved,) = to_json(compare(a, b))["order_changed"]
    assert (moved["a"]["title"], moved["from"], moved["to"]) == ("Un prix ?", 4, 1)


def test_a_difference_shows_both_wordings():
    assert difference("un service dédié ici", "un service voué ici") == (
        "un service [-dédié-] {+voué+} ici"
    )


# --- real editions --------------------------------------------------------------------------


def real(name):
    path = EXPORTS / name
    if not path.is_file():
        message = f"the real exports are not at {EXPORTS}; set OBSERVATOIRE_SHARED"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return str(path)


def test_what_a_wider_interval_holds_went_and_lines_say_what_a_number_is():
    before = Question(
        1,
        "Quel budget ?",
        "bracket",
        ("Moins de 1 000 €", "De 1 000 à 5 000 €", "De 5 000 à 10 000 €", "Plus de 10 000 €"),
        spellings={"Moins de mille euros par an": "Moins de 1 000 €"},
        options_complete=True,
    )
    after = Question(1, "Quel budget annuel ?", "single", ("Moins de 1 000 €", "1 000 à 10 000 €"))
    lines = list(
        to_lines(compare(Questionnaire("a", (before,), True), Questionnaire("b", (after,))))
    )
    assert [line.strip() for line in lines if line.strip()[:2] in ("+ ", "- ", "? ")] == [
        "+ 1 000 à 10 000 €",
        "- De 1 000 à 5 000 €",
        "- De 5 000 à 10 000 €",
        "? Plus de 10 000 € (nobody gave it)",
    ]
    assert any(line.strip().startswith("score ") for line in lines)


def diff_of(a, b, *options):
    result = CliRunner().invoke(main, ["codebook", "diff", a, b, "--json", *options])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def places(entries):
    """Return (position in a, position in b) of each entry."""
    return [(e.get("a", {}).get("position"), e.get("b", {}).get("position")) for e in entries]


def ambassadors(edition, *, exports):
    name = f"surveymonkey/ambassadors/{edition}.csv"
    return real(name) if exports else edition


@pytest.mark.parametrize("exports", [False, True], ids=["codebook", "exports"])
class TestAmbassadors:
    """As editions of the hand-written codebook, and as the files themselves."""

    def diff(self, a, b, *, exports):
        a, b = ambassadors(a, exports=exports), ambassadors(b, exports=exports)
        return diff_of(a, b, "--codebook", str(AMBASSADORS))

    def test_2019_h1_to_2019_h2_adds_eight_projects(self, exports):
        found = self.diff("2019_h1", "2019_h2", exports=exports)
        assert places(found["same"]) == [(k, k) for k in range(2, 8)]
        (projects,) = found["options_changed"]
        assert projects["items"] == {
            "same": 35,
            "renamed": [],
            "added": [
                "Network Service Mesh",
                "OpenTelemetry",
                "OpenEBS",
                "Thanos",
                "Flux",
                "in-toto",
                "Strimzi",
                "KubeVirt",
            ],
            "dropped": [],
        }
        assert not any(
            found[key] for key in ("reworded", "added", "dropped", "scale_changed", "order_changed")
        )

    def test_2019_h2_to_2020_h1_adds_two_projects_and_a_question(self, exports):
        found = self.diff("2019_h2", "2020_h1", exports=exports)
        assert places(found["same"]) == [*((k, k) for k in range(2, 7)), (7, 8)]
        assert found["options_changed"][0]["items"]["added"] == ["Longhorn", "ChubaoFS"]
        assert places(found["added"]) == [(None, 7)]
        assert not any(
            found[key] for key in ("reworded", "dropped", "scale_changed", "order_changed")
        )

    def test_2020_h1_to_2021_is_a_new_questionnaire(self, exports):
        found = self.diff("2020_h1", "2021", exports=exports)
        assert places(found["same"]) == [(2, 2), (8, 10)]
        new = [] if exports else [(None, 1)]  # the codebook has made it a variable of its own
        assert places(found["reworded"]) == [(1, 1)] * exports + [(5, 4), (6, 5)]
        assert "[-team-] {+staff+}" in found["reworded"][-1]["difference"]
        assert places(found["dropped"]) == [(k, None) for k in (1, 3, 7) if k > 1 or not exports]
        assert places(found["added"]) == [*new, *((None, k) for k in (6, 7, 8, 9))]
        assert places(found["options_changed"])[0] == (4, 3)
        if exports:  # open projects took the place of the check boxes
            (projects,) = found["scale_changed"]
            assert projects["reason"] == "multiple became text"
            assert found["near"] == []
        else:  # that the ratings say something else is known to the codebook alone
            assert places(found["scale_changed"]) == [(5, 4), (6, 5)]
            assert [(n["a"]["position"], n["b"]["position"], n["why"]) for n in found["near"]] == [
                (1, 1, "two variables of the codebook, multiple and text")
            ]


def dask(a, b):
    return diff_of(*(real(f"google_forms/dask_{year}.csv") for year in (a, b)))


def test_dask_2019_to_2020_moves_one_question_drops_one_and_adds_two():
    found = dask("2019", "2020")
    assert len(found["same"]) == 11
    assert [e["a"]["title"] for e in found["order_changed"]] == ["How often do you use Dask?"]
    assert [e["a"]["title"] for e in found["dropped"]] == ["Python 2 or 3?"]
    assert [e["b"]["title"] for e in found["added"]] == [
        "Do you use Dask projects to deploy?",
        "How do you view Dask's dashboard?",
    ]
    # Ticks share a cell: what nobody typed in one year and dozens ticked in the other is an option.
    apis, resources = found["options_changed"]
    assert apis["items"]["added"] == ["RAPIDS", "Prefect", "XGBoost"]
    assert [(e["a"], e["b"]) for e in resources["items"]["renamed"]] == [
        ("Tutorial", "Tutorial at tutorial.dask.org"),
        ("YouTube", "YouTube channel"),
        ("gitter", "Gitter chat"),
    ]
    assert found["reworded"] == found["scale_changed"] == found["near"] == []


def test_dask_2020_to_2021_keeps_every_question_and_adds_seventeen():
    found = dask("2020", "2021")
    assert len(found["same"]) == 12
    apis, resources, requests = found["options_changed"]
    assert apis["items"]["added"] == ["Image", "LightGBM", "SQL"]
    assert resources["items"]["added"] == ["GitHub Discussions", "Dask Slack"]
    assert requests["a"]["title"] == "What common feature requests do you care about most?"
    assert requests["items"]["added"] == ["Improve Resiliency"]
    assert len(found["added"]) == 17
    assert "Is Dask's API stable enough for you?" in [e["b"]["title"] for e in found["added"]]
    assert found["reworded"] == found["dropped"] == found["scale_changed"] == []
    assert found["order_changed"] == []


def test_the_lines_name_every_kind_of_change():
    book = read_codebook(AMBASSADORS)
    lines = "\n".join(to_lines(compare(*(questionnaire_of(book, e) for e in ("2020_h1", "2021")))))
    for key in ("same: 2", "reworded: 2", "options_changed: 1", "added: 5", "dropped: 3"):
        assert key in lines


def test_what_is_neither_file_nor_edition_is_refused():
    result = CliRunner().invoke(main, ["codebook", "diff", "2018", "2044"])
    assert result.exit_code == 1
    assert "'2044' is neither a file nor an edition (2016, 2017, 2018)" in result.output
