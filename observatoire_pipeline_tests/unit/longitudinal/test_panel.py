"""Editions beside one another: presence adds up, and a successor is related, not the same."""

import pandas as pd
import pytest

from observatoire_pipeline.longitudinal.identity import identity_problems
from observatoire_pipeline.longitudinal.link_changes import changed_in, link_changes
from observatoire_pipeline.longitudinal.panel import (
    instance_organisations,
    membership_problems,
    organisations,
    panel_membership,
    panel_relations,
)
from observatoire_pipeline.marts.coverage import coverage_counts
from observatoire_pipeline.marts.frames import Frames
from observatoire_pipeline.marts.groups import breakdowns
from observatoire_pipeline.marts.panel import panel_counts
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import empty
from observatoire_pipeline_tests.unit.longitudinal.answering import Typed, barometer, who

TABLES = catalogue(barometer())
OLD_ANNECY, NEW_ANNECY = "commune:74010@1943-01-01", "commune:74010@2017-01-01"
CA_ANNECY, GRAND_ANNECY = "epci:247400427", "epci:200066793"

SAID = {
    "2016": [
        Typed("Annecy", "commune", "74"),
        Typed("CA d'Annecy", "epci", "74"),
        Typed("Lyon", "commune", "69"),
        Typed("Ville de Lyon", "commune", "69"),
        Typed("Syndicat de nulle part", "autre", "42"),
        Typed("", "commune"),
    ],
    "2017": [
        Typed("Annecy", "commune", "74"),
        Typed("Grand Annecy", "epci", "74"),
        Typed("Lyon", "commune", "69"),
        Typed("Bron", "commune", "69"),
        Typed("Syndicat de nulle part", "autre", "42"),
    ],
}
EDITIONS = list(SAID)


class World:
    """What is made of the answers above, in one reference."""

    def __init__(self, reference):
        self.references = dict.fromkeys(EDITIONS, reference)
        self.profiles = who(SAID, reference=reference).reset_index(drop=True)
        told = {"editions": EDITIONS, "references": self.references}
        self.relations = panel_relations(self.profiles, **told, table=TABLES["panel_relations"])
        self.membership = panel_membership(
            self.profiles, self.relations, **told, table=TABLES["panel_membership"]
        )
        self.organisations = organisations(
            self.profiles, **told, table=TABLES["organisations"]
        ).set_index("organisation_id")
        self.counts = panel_counts(
            self.profiles,
            self.relations,
            editions=EDITIONS,
            language="fr",
            table=TABLES["mart_panel"],
        ).set_index(["succession", "type"])

    def present(self, organisation, edition):
        rows = self.membership.set_index(["organisation_id", "edition"])
        return rows.loc[(organisation, edition)]


@pytest.fixture(scope="module")
def alone(reference):
    return World(reference)


@pytest.fixture(scope="module")
def with_tables(completed):
    return World(completed)


# --- presence -------------------------------------------------------------------------------


def test_membership_counts_add_up(with_tables):
    held, profiles = with_tables.membership, with_tables.profiles
    assert held["responses"].sum() == len(profiles)
    assert held.groupby("edition")["answered"].sum().to_dict() == {
        edition: rows["organisation_id"].nunique() for edition, rows in profiles.groupby("edition")
    }
    assert len(held) == profiles["organisation_id"].nunique() * len(EDITIONS)
    assert (held["answered"] == (held["responses"] > 0)).all()
    assert (held["score"].notna() == held["answered"]).all()


def test_a_membership_that_does_not_add_up_is_told(with_tables):
    held, profiles = with_tables.membership, with_tables.profiles
    assert membership_problems(held, profiles) == []
    lost = held[~((held["edition"] == "2016") & held["organisation_id"].str.contains("69123"))]
    assert membership_problems(lost, profiles) == [
        "2016: 4 responses in the membership, 6 known",
        "2016: 4 organisations in the membership, 5 known",
    ]


def test_a_collectivite_with_two_identities_or_two_speakers_is_told(with_tables):
    profiles = with_tables.profiles
    assert identity_problems(profiles) == []
    lyon = profiles["code"] == "69123"
    split = profiles.assign(
        organisation_id=profiles["organisation_id"].mask(
            lyon & (profiles["respondent_id"] == "r4"), "elsewhere"
        )
    )
    (said, counted) = identity_problems(split)
    assert "69123" in said
    assert "2 values of organisation_id" in said
    assert counted == "2016: 0 responses count, not one"
    assert identity_problems(profiles.assign(counts=True)) == ["2016: 2 responses count, not one"]


def test_a_commune_nouvelle_did_not_exist_before_and_its_predecessor_not_after(with_tables):
    assert with_tables.present(NEW_ANNECY, "2016")["existed"] == "no"
    assert with_tables.present(OLD_ANNECY, "2017")["existed"] == "no"
    assert with_tables.present(OLD_ANNECY, "2016")["existed"] == "yes"
    assert (
        with_tables.present("new:syndicat de nulle part:autre:42", "2016")["existed"] == "unknown"
    )


def test_without_the_yearly_tables_nobody_says_whether_an_epci_existed(alone):
    assert alone.present(GRAND_ANNECY, "2016")["existed"] == "unknown"


def test_the_body_that_took_over_is_named_beside_the_one_that_did_not_answer(with_tables):
    row = with_tables.present(OLD_ANNECY, "2017")
    assert (row["answered"], row["related"]) == (False, NEW_ANNECY)
    row = with_tables.present(GRAND_ANNECY, "2016")
    assert (row["answered"], row["related"]) == (False, CA_ANNECY)


# --- succession -----------------------------------------------------------------------------


def test_an_epci_of_2016_merged_in_2017_is_related_and_not_the_same(with_tables):
    (row,) = with_tables.relations.loc[
        with_tables.relations["from_organisation"] == CA_ANNECY
    ].to_dict("records")
    assert row["to_organisation"] == GRAND_ANNECY
    assert (row["grade"], row["events"], row["main"]) == ("full", "merger", True)
    assert row["share_population"] == pytest.approx(1.0)
    assert row["share_of_successor"] == pytest.approx(0.744423, abs=1e-6)
    assert {CA_ANNECY, GRAND_ANNECY} <= set(with_tables.organisations.index)


def test_the_predecessors_of_a_body_are_listed(with_tables):
    made_of = with_tables.organisations.loc[GRAND_ANNECY, "predecessors"].split()
    assert CA_ANNECY in made_of
    assert len(made_of) > 2
    assert with_tables.organisations.loc[CA_ANNECY, "successors"] == GRAND_ANNECY
    assert OLD_ANNECY in with_tables.organisations.loc[NEW_ANNECY, "predecessors"].split()
    assert with_tables.organisations["succession_known"].sum() == 6


def test_without_the_yearly_tables_the_merger_is_unknown_and_said_to_be(alone):
    assert not alone.relations["from_organisation"].str.startswith("epci").any()
    epci = alone.organisations[alone.organisations["kind"] == "epci"]
    assert not epci["succession_known"].any()
    for of_type in ("all", "intercommunalite"):
        assert not alone.counts.loc[("with_successors", of_type), "succession_known"]
    assert alone.counts.loc[("with_successors", "commune"), "succession_known"]


# --- retention ------------------------------------------------------------------------------


def test_retention_with_and_without_successors(with_tables):
    """2016: Annecy, its CA, Lyon (twice), a syndicat, one unnamed. 2017: Lyon and the syndicat come
    back; Annecy and the CA come back as what took them over; Bron is new."""
    same = with_tables.counts.loc[("same", "all")]
    assert [same[c] for c in ("from_n", "to_n", "retained_n", "lost_n")] == [4, 5, 2, 2]
    assert [same[c] for c in ("known_n", "entrants_n", "from_unnamed_n")] == [2, 3, 1]
    assert same["retention_share"] == pytest.approx(0.5)
    wide = with_tables.counts.loc[("with_successors", "all")]
    assert [wide[c] for c in ("retained_n", "lost_n", "known_n", "entrants_n")] == [4, 0, 4, 1]
    assert wide["entrant_share"] == pytest.approx(0.2)
    assert (wide["from_by_words_n"], wide["to_by_words_n"]) == (1, 1)


def test_the_types_add_up_to_all(with_tables):
    counts = [c for c in with_tables.counts.columns if c.endswith("_n")]
    for succession in ("same", "with_successors"):
        rows = with_tables.counts.loc[succession]
        sums = rows.drop(index="all")[counts].sum()
        assert sums.to_dict() == rows.loc["all", counts].to_dict()


def test_no_pair_joins_synthetic_and_real_answers(with_tables):
    mixed = with_tables.profiles.assign(
        synthetic=with_tables.profiles["edition"].map({"2016": True, "2017": False})
    )
    made = panel_counts(
        mixed,
        with_tables.relations,
        editions=EDITIONS,
        language="fr",
        table=TABLES["mart_panel"],
    )
    assert made.empty
    held = panel_membership(
        mixed.assign(organisation_id=mixed["organisation_id"] + mixed["synthetic"].astype("str")),
        empty(TABLES["panel_relations"]),
        editions=EDITIONS,
        references=with_tables.references,
        table=TABLES["panel_membership"],
    )
    assert held["answered"].all()


# --- coverage -------------------------------------------------------------------------------


COVERAGE = {
    "table": TABLES["mart_coverage"],
    "language": "fr",
    "regions": {"53": "Bretagne", "84": "Auvergne-Rhône-Alpes"},
}


def coverage_of(world):
    made = coverage_counts(world.profiles, references=world.references, **COVERAGE)
    return made.set_index(["edition", "margin", "type", "size_class", "region"])


def test_respondents_are_set_against_every_collectivite_of_the_day(with_tables):
    made = coverage_of(with_tables)
    communes = made.loc[("2017", "type", "commune", "all", "all")]
    assert communes["stratum_label"] == "Communes"
    assert (communes["frame_n"], communes["respondents_n"]) == (35_416, 3)
    assert communes["share"] == pytest.approx(3 / 35_416)
    epci = made.loc[("2016", "type", "intercommunalite", "all", "all")]
    assert (epci["frame_n"], epci["respondents_n"]) == (2_062 + 1, 1)  # with Métropole de Lyon
    everybody = made.loc[("2016", "all", "all", "all", "all")]
    assert (everybody["respondents_n"], everybody["responses_n"]) == (3, 4)
    assert everybody["outside_n"] == 2
    assert everybody["stratum_label"] == "Ensemble"
    labels = made.loc["2016"].xs("84", level="region")["stratum_label"]
    assert "Communes, 35\u202f000 à 49\u202f999 habitants, Auvergne-Rhône-Alpes" in set(labels)
    assert "Communes, moins de 500 habitants, Auvergne-Rhône-Alpes" in set(labels)
    assert "Communes, 200\u202f000 habitants et plus, Auvergne-Rhône-Alpes" in set(labels)


def test_the_margins_of_coverage_add_up(with_tables):
    made = coverage_of(with_tables)
    for edition in EDITIONS:
        rows = made.loc[edition].sort_index()
        whole = rows.loc["all"].iloc[0]
        for margin in set(rows.index.get_level_values("margin")):
            for count in ("frame_n", "respondents_n", "responses_n"):
                assert rows.loc[margin, count].sum() == whole[count], (edition, margin, count)


def test_a_frame_that_no_source_shows_is_empty_and_not_that_of_another_day(alone):
    made = coverage_of(alone)
    assert pd.isna(made.loc[("2016", "type", "intercommunalite", "all", "all"), "frame_n"])
    assert pd.isna(made.loc[("2016", "all", "all", "all", "all"), "share"])
    # 35 885 on 1 January, of which two had become one by the first day of the fieldwork
    assert made.loc[("2016", "type", "commune", "all", "all"), "frame_n"] == 35_885 - 1


def frame_of_types(world):
    frames = Frames(world.profiles, codebook=barometer(), references=world.references)
    (by_type,) = [b for b in breakdowns(barometer(), regions={}) if b.breakdown == "type"]
    found = frames.of("2017", "rep_collectivite_taille", by_type)
    return dict(zip(by_type.codes, zip(found.sizes, found.reasons, strict=True), strict=True))


def test_the_frame_of_an_interval_is_that_of_coverage(with_tables, alone):
    known, guessed = frame_of_types(with_tables), frame_of_types(alone)
    assert known["commune"] == (35_416, "")
    listed = coverage_of(with_tables).loc[("2017", "type", "intercommunalite", "all", "all")]
    assert known["intercommunalite"] == (listed["frame_n"], "")
    assert guessed["intercommunalite"][1] == "list_of_another_day"
    assert guessed["departement"] == known["departement"] == (99, "")
    # A syndicat answered, and is in no list.
    assert known["autre"][1] == "outside_list"


# --- tools ----------------------------------------------------------------------------------


def test_repeated_tools_have_the_collectivite_of_their_response(with_tables):
    tools = pd.DataFrame(
        {
            "edition": ["2016", "2016", "2017"],
            "respondent_id": ["r3", "r3", "r3"],
            "block": ["outils"] * 3,
            "instance": [1, 2, 1],
            "synthetic": [False] * 3,
        }
    )
    made = instance_organisations(
        tools, with_tables.profiles, table=TABLES["instance_organisations"]
    )
    assert made["organisation_id"].str.startswith("commune:69123").all()
    assert len(made) == 3


# --- links that change ----------------------------------------------------------------------

HISTORY = TABLES["link_changes"]


def links(*rows):
    return pd.DataFrame(
        rows, columns=["edition", "respondent_id", "organisation_id", "link"]
    ).assign(reason="")


def test_a_link_that_is_not_what_it_was_is_listed():
    first = links(("2016", "r1", "new:lyon:commune:69", "review"), ("2016", "r2", "c:2", "linked"))
    then = links(
        ("2016", "r1", "commune:69123@1964-01-01", "confirmed"),
        ("2016", "r2", "c:2", "linked"),
        ("2017", "r1", "c:3", "linked"),
    )
    history = link_changes(first, empty(HISTORY), run_id="a", table=HISTORY)
    assert changed_in(history, run_id="a").empty
    history = link_changes(then, history, run_id="b", table=HISTORY)
    (changed,) = changed_in(history, run_id="b").to_dict("records")
    assert changed["previous_organisation_id"] == "new:lyon:commune:69"
    assert changed["organisation_id"] == "commune:69123@1964-01-01"
    assert (changed["change"], changed["previous_link"]) == (1, "review")
    assert len(history) == 4
    assert link_changes(then, history, run_id="c", table=HISTORY).equals(history)


def test_a_withdrawn_response_is_forgotten():
    first = links(("2016", "r1", "c:1", "linked"), ("2016", "r2", "c:2", "linked"))
    history = link_changes(first, empty(HISTORY), run_id="a", table=HISTORY)
    kept = link_changes(first.iloc[1:], history, run_id="b", table=HISTORY)
    assert kept["respondent_id"].tolist() == ["r2"]
    assert changed_in(kept, run_id="b").empty


def test_nobody_answered():
    nobody = empty(TABLES["respondent_profiles"])
    told = {"editions": [], "references": {}}
    relations = panel_relations(nobody, **told, table=TABLES["panel_relations"])
    assert relations.empty
    assert organisations(nobody, **told, table=TABLES["organisations"]).empty
    assert panel_membership(nobody, relations, **told, table=TABLES["panel_membership"]).empty
    assert coverage_counts(nobody, references={}, **COVERAGE).empty
    counted = panel_counts(
        nobody, relations, editions=[], language="fr", table=TABLES["mart_panel"]
    )
    assert counted.empty


def test_a_survey_that_asks_nobody_s_name_has_no_panel_and_no_coverage(reference):
    profiles = who({key: [Typed(""), Typed("")] for key in EDITIONS}, reference=reference)
    profiles = profiles.reset_index(drop=True)
    made = panel_counts(
        profiles,
        empty(TABLES["panel_relations"]),
        editions=EDITIONS,
        language="fr",
        table=TABLES["mart_panel"],
    )
    assert made.empty
    told = dict.fromkeys(EDITIONS, reference)
    assert coverage_counts(profiles, references=told, **COVERAGE).empty
