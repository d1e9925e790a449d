"""Real names of collectivités, no answer attached, through the real jobs of a survey of its own.

What links them is held to what the names mean; what is wrong with what a person decided, or with a
yearly table, is told all at once, and nothing is published.
"""

import csv
import gzip
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from observatoire_pipeline.codebook.reader import codebook_sha256, read_codebook
from observatoire_pipeline.collectivites.reviewed import REVIEW_COLUMNS
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline_tests.pipeline.homes import Home, complaints

TESTS = Path(__file__).parents[1]
SHARED = Path(os.environ.get("OBSERVATOIRE_SHARED", TESTS.parents[1] / "shared"))
CODEBOOK = TESTS / "codebook" / "who"

WHO = (
    "respondent_profiles",
    "link_changes",
    "organisations",
    "panel_relations",
    "panel_membership",
    "mart_panel",
    "mart_coverage",
)
UNTIL = ("panel_responses", "panel_instances", *WHO)

HEAD = [
    ["Respondent ID", "Collector ID", "Start Date", "End Date", "Quelle est votre collectivité ?",
     "De quel type est-elle ?", "Dans quel département ?"],
    ["", "", "", "", "Open-Ended Response", "Response", "Open-Ended Response"],
]  # fmt: skip
SAID = {
    "2016": [
        ("Ville de Saint-Étienne", "Commune", "42"),
        ("SAINT ETIENNE (42)", "", ""),
        ("214202186", "", ""),
        ("Saint-Denis", "Commune", "93"),
        ("Saint-Denis", "Commune", "974"),
        ("CA d'Annecy", "Intercommunalité", "74"),
        ("Saint-Denis", "Commune", ""),
    ],
    "2017": [
        ("Saint-Étienne", "Commune", "Loire"),
        ("Grand Annecy", "Intercommunalité", "74"),
        ("Syndicat de nulle part", "", "42"),
    ],
}


def export(edition):
    rows = list(HEAD)
    for place, said in enumerate(SAID[edition], start=1):
        day = f"{edition}-03-0{place}"
        rows.append([f"10{place}", "7", f"{day} 10:00:00", f"{day} 10:05:00", *said])
    return rows


def open_home(root, *, yearly_tables=""):
    home = Home(root, codebook=CODEBOOK, remembers=False)
    home.survey = SurveyHome(
        home=str(root), codebook=str(home.codebook), yearly_tables=str(yearly_tables)
    )
    return home


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """The two editions read and accepted, nothing published."""
    root = tmp_path_factory.mktemp("who") / "home"
    home = open_home(root)
    for edition in SAID:
        home.landing(edition).mkdir()
        with (home.landing(edition) / "export.csv").open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(export(edition))
        result = home.read_edition(edition)
        assert result.success, complaints(result)
    home.close()
    return root


@pytest.fixture
def home(read, tmp_path):
    """A copy of it, to be published."""
    home = open_home(Path(shutil.copytree(read, tmp_path / "home", symlinks=True)))
    yield home
    home.close()


@pytest.fixture(scope="module")
def tables():
    folder = SHARED / "reference"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{folder} is missing")
        pytest.skip(f"the yearly tables are not at {folder}")
    return folder


def of(home, name):
    return home.lake.read(name)


def decide(home, *lines):
    """Write the review file of the codebook, as a person would."""
    path = home.codebook / "collectivites" / "review.csv"
    path.parent.mkdir(exist_ok=True)
    frame = pd.DataFrame([dict.fromkeys(REVIEW_COLUMNS, "") | line for line in lines])
    frame.to_csv(path, index=False)
    return path


HOMONYM = {"typed_name": "Saint-Denis", "typed_type": "Commune", "reference_year": "2016"}
BY_HAND = {"decided": "linked", "who": "A. Personne", "date": "2026-01-15"}


def test_real_names_through_the_pipeline(home):
    result = home.publish(until=UNTIL)
    assert result.success, complaints(result)
    profiles = of(home, "respondent_profiles").set_index(["edition", "respondent_id"])
    first = profiles.loc["2016"]
    assert not profiles["synthetic"].any()
    assert first.loc[["101", "102", "103"], "code"].tolist() == ["42218"] * 3
    one = first.loc["101", "organisation_id"]
    assert first.loc[["102", "103"], "organisation_id"].tolist() == [one] * 2
    assert profiles.loc[("2017", "101"), "organisation_id"] == one
    assert first.loc[["104", "105"], "code"].tolist() == ["93066", "97411"]
    assert first.loc["107", "link"] == "review"
    membership = of(home, "panel_membership")
    assert membership["responses"].sum() == sum(len(rows) for rows in SAID.values())
    assert set(of(home, "organisations")["organisation_id"]) == set(profiles["organisation_id"])
    waiting = pd.read_csv(home.survey.review_file, dtype="str", keep_default_na=False)
    assert "Saint-Denis" in waiting["typed_name"].tolist()
    assert "Syndicat de nulle part" not in waiting["typed_name"].tolist()
    assert (waiting["decided"] == "").all()


def test_an_epci_of_2016_that_was_merged_is_related_to_the_one_of_2017(home, tables):
    home.survey = SurveyHome(
        home=str(home.root), codebook=str(home.codebook), yearly_tables=str(tables)
    )
    result = home.publish(until=UNTIL)
    assert result.success, complaints(result)
    (row,) = of(home, "panel_relations").to_dict("records")
    assert (row["from_organisation"], row["to_organisation"]) == (
        "epci:247400427",
        "epci:200066793",
    )
    counts = of(home, "mart_panel").set_index(["succession", "type"])
    assert counts.loc[("same", "intercommunalite"), "retained_n"] == 0
    assert counts.loc[("with_successors", "intercommunalite"), "retained_n"] == 1
    assert counts.loc[("same", "commune"), "retained_n"] == 1


def test_a_decision_takes_effect_without_reading_an_edition_again_and_is_listed(home):
    assert home.publish(until=UNTIL).success
    before = codebook_sha256(home.codebook)
    decide(home, HOMONYM | BY_HAND | {"kind": "commune", "code": "93066"})
    assert read_codebook(home.codebook).sha256 == before
    result = home.publish(until=UNTIL)
    assert result.success, complaints(result)
    profiles = of(home, "respondent_profiles").set_index(["edition", "respondent_id"])
    assert profiles.loc[("2016", "107"), "link"] == "confirmed"
    assert profiles.loc[("2016", "107"), "responses"] == 2
    (changed,) = of(home, "link_changes").query("change > 0").to_dict("records")
    assert (changed["respondent_id"], changed["previous_link"]) == ("107", "review")
    assert changed["organisation_id"] == profiles.loc[("2016", "104"), "organisation_id"]


def test_what_is_wrong_with_decisions_is_told_all_at_once_and_nothing_is_published(home):
    decide(
        home,
        HOMONYM | BY_HAND | {"kind": "commune", "code": "99999"},
        BY_HAND
        | {"typed_name": "214202186", "reference_year": "2016"}
        | {"kind": "commune", "code": "42218"},
        BY_HAND
        | {"typed_name": "Personne", "reference_year": "2017"}
        | {"kind": "commune", "code": "42218"},
    )
    result = home.publish()
    assert not result.success
    said = complaints(result)
    for part in ("unknown code, no commune 99999", "no longer needed", "nobody typed so"):
        assert said.count(part) == 1, said
    assert not home.latest.exists()
    assert not home.lake.exists("respondent_profiles")


def test_faults_of_form_and_of_a_yearly_table_are_told_together(home, tables, tmp_path):
    """An impossible date, a wrong SIREN, and a table without one of its columns."""
    folder = Path(shutil.copytree(tables, tmp_path / "tables"))
    broken = next(folder.glob("epci_2017*"))
    opened = gzip.open if broken.suffix == ".gz" else open
    with opened(broken, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    with opened(broken, "wt", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(row[1:] for row in rows)
    home.survey = SurveyHome(
        home=str(home.root), codebook=str(home.codebook), yearly_tables=str(folder)
    )
    decide(
        home,
        HOMONYM | BY_HAND | {"kind": "commune", "code": "93066", "date": "2026-02-31"},
        BY_HAND | {"typed_name": "CCPR", "kind": "epci", "code": "247400428"},
    )
    result = home.publish()
    assert not result.success
    said = complaints(result)
    for part in ("2026-02-31", "247400428 is no SIREN", "epci_2017", rows[0][0]):
        assert part in said, said
    assert not home.latest.exists()
