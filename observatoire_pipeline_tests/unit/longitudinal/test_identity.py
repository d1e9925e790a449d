"""Which collectivité each response speaks for, and which of several responses counts."""

import dataclasses

import pandas as pd
import pytest

from observatoire_pipeline.codebook.models import Edition, Fieldwork
from observatoire_pipeline.longitudinal.decisions import IdentityError
from observatoire_pipeline.longitudinal.identity import first_identity, identify, reference_date
from observatoire_pipeline.sample.reference import fictional_reference
from observatoire_pipeline_tests.unit.longitudinal.answering import (
    NO_REVIEW,
    Typed,
    answers,
    barometer,
    decision,
    review_of,
    who,
)

SAINT_ETIENNE = "commune:42218@1973-01-01"


# --- one and two ----------------------------------------------------------------------------


def test_three_ways_to_write_one_city_are_one_collectivite(reference):
    said = [
        Typed("Ville de Saint-Étienne", "commune", "42"),
        Typed("SAINT ETIENNE (42)"),
        Typed("214202186"),
    ]
    found = who({"2018": said}, reference=reference)
    assert found["organisation_id"].tolist() == [SAINT_ETIENNE] * 3
    assert found["responses"].tolist() == [3, 3, 3]
    assert found["counts"].sum() == 1


def test_two_cities_of_one_name_are_two(reference):
    said = [Typed("Saint-Denis", "commune", "93"), Typed("Saint-Denis", "commune", "974")]
    found = who({"2018": said}, reference=reference)
    assert found["code"].tolist() == ["93066", "97411"]
    assert found["region"].tolist() == ["11", "04"]
    assert found["counts"].all()


def test_a_homonym_without_a_place_waits_for_a_person_under_its_own_words(reference):
    found = who({"2018": [Typed("Saint-Denis", "commune")]}, reference=reference)
    (row,) = found.to_dict("records")
    assert (row["link"], row["organisation_id"]) == ("review", "new:saint denis:commune:unknown")
    assert (row["kind"], row["code"], row["unit_id"], row["profile_source"]) == (
        "",
        "",
        "",
        "typed",
    )


def test_a_commune_nouvelle_that_keeps_a_code_is_another_collectivite(reference):
    annecy = [Typed("Annecy", "commune", "74")]
    found = who({"2016": annecy, "2017": annecy}, reference=reference)
    assert found["code"].tolist() == ["74010", "74010"]
    assert found["organisation_id"].tolist() == [
        "commune:74010@1943-01-01",
        "commune:74010@2017-01-01",
    ]


def test_a_commune_that_a_decree_gave_another_code_keeps_its_identity(reference):
    """Gernicourt: 02344 in the Aisne, for its last day 51664 in the Marne."""
    moved = pd.Series(["commune:51664@2016-12-31", "commune:02344@1943-01-01", SAINT_ETIENNE, ""])
    assert first_identity(moved, reference=reference).tolist() == [
        "commune:02344@1943-01-01",
        "commune:02344@1943-01-01",
        SAINT_ETIENNE,
        "",
    ]


def test_a_commune_that_merged_between_january_and_the_fieldwork_is_not_its_successor(reference):
    """Péré and Saint-Germain-de-Marencennes made Saint-Pierre-La-Noue on 1 March 2018; the second
    gave it its code, so that the code alone would link the answer to another body."""
    said = [
        Typed("Péré", "commune", "17"),
        Typed("Saint-Germain-de-Marencennes", "commune", "17"),
    ]
    found = who({"2018": said}, reference=reference)
    assert found["link"].tolist() == ["review", "review"]
    assert found["reason"].str.contains("Saint-Pierre-La-Noue").all()


def test_nobody_is_named(reference):
    found = who({"2018": [Typed("", "commune", "42"), Typed("  ", "commune")]}, reference=reference)
    assert found["link"].tolist() == ["unnamed", "unnamed"]
    assert found["organisation_id"].tolist() == ["unnamed:2018:r1", "unnamed:2018:r2"]
    assert found["counts"].all()
    assert found["departement"].tolist() == ["42", "unknown"]


# --- likenesses -----------------------------------------------------------------------------


def test_a_misspelt_name_is_linked_while_nobody_else_claims_the_city(reference):
    found = who({"2018": [Typed("Saint-Etiene", "commune", "42")]}, reference=reference)
    assert found["organisation_id"].tolist() == [SAINT_ETIENNE]


def test_a_likeness_gives_way_to_a_name_that_claims_the_same_unit(reference):
    said = [Typed("Saint-Etiene", "commune", "42"), Typed("Saint-Étienne", "commune", "42")]
    found = who({"2018": said}, reference=reference)
    assert found["link"].tolist() == ["review", "linked"]
    assert "claimed by several names: saint etiene | saint etienne" in found["reason"].iloc[0]


def test_the_same_likeness_twice_is_one_name(reference):
    said = [Typed("Saint-Etiene", "commune", "42"), Typed("SAINT ETIENE", "commune", "42")]
    found = who({"2018": said}, reference=reference)
    assert found["organisation_id"].tolist() == [SAINT_ETIENNE] * 2


# --- profiles -------------------------------------------------------------------------------


def test_the_profile_is_that_of_the_reference_and_not_what_was_typed(reference):
    said = [Typed("Saint-Étienne", "commune", "42", size="moins_3500")]
    (row,) = who({"2018": said}, reference=reference).to_dict("records")
    assert row["population"] > 170_000
    assert row["population_source"] == "legal_2016"
    assert row["size_class"] == "de_100000_a_200000"
    assert row["legal_class"] == "100000_199999"
    assert (row["departement"], row["region"], row["type"]) == ("42", "84", "commune")
    assert row["profile_source"] == "reference"


def test_what_is_in_no_reference_keeps_what_was_typed(reference):
    said = [Typed("Syndicat de nulle part", "autre", "Loire", size="moins_3500")]
    (row,) = who({"2018": said}, reference=reference).to_dict("records")
    assert (row["link"], row["type"], row["size_class"]) == ("new", "autre", "moins_3500")
    assert (row["departement"], row["region"]) == ("42", "84")
    assert pd.isna(row["population"])
    assert row["profile_source"] == "typed"


def test_a_region_has_no_departement_whichever_was_typed(reference):
    said = [
        Typed("Région Bretagne", "region", "35"),
        Typed("Région de nulle part", "region", "35"),
    ]
    found = who({"2018": said}, reference=reference)
    assert found["link"].tolist() == ["linked", "new"]
    assert found["departement"].tolist() == ["", ""]
    assert found["region"].tolist() == ["53", "53"]
    assert found["profile_source"].tolist() == ["reference", "typed"]


def test_an_epci_of_2016_that_only_the_list_of_2019_shows_says_so(reference):
    said = [Typed("Nantes Métropole", "epci", "44")]
    now = who({"2018": said}, reference=reference).iloc[0]
    then = who({"2016": said}, reference=reference).iloc[0]
    assert then["organisation_id"] == now["organisation_id"] == "epci:244400404"
    assert not then["attested"]
    assert not now["attested"]
    assert "list of EPCI is that of 2019" in then["reason"] or "list of 2019" in then["reason"]


def test_an_epci_named_by_its_siren_says_as_well_that_no_source_shows_it(reference):
    row = who({"2016": [Typed("244400404")]}, reference=reference).iloc[0]
    assert row["link"] == "linked"
    assert "list of 2019" in row["reason"] or "list of EPCI is that of 2019" in row["reason"]


def test_with_the_yearly_tables_every_epci_is_attested(completed):
    said = [Typed("Nantes Métropole", "epci", "44"), Typed("CA d'Annecy", "epci", "74")]
    found = who({"2016": said}, reference=completed)
    assert found["organisation_id"].tolist() == ["epci:244400404", "epci:247400427"]
    assert found["attested"].all()


# --- days -----------------------------------------------------------------------------------


def with_editions(*editions):
    codebook = barometer()
    return dataclasses.replace(codebook, editions={one.edition: one for one in editions})


@pytest.mark.parametrize(
    ("key", "start", "day"),
    [
        ("2018", "2018-09-26", "2018-09-26"),
        ("2017", None, "2017-01-01"),
        ("2019_h1", None, "2019-01-01"),
        ("2021", None, "2019-12-31"),
        ("2014", "2014-03-01", "2016-01-01"),
    ],
)
def test_the_day_of_an_edition_is_the_first_of_its_fieldwork_within_the_reference(key, start, day):
    edition = Edition(edition=key, title=key, fieldwork=Fieldwork(start=start), evidence="assumed")
    assert reference_date(with_editions(edition), key) == day


def test_an_edition_after_the_reference_is_read_as_of_its_last_year_and_says_so(reference):
    codebook = barometer()
    late = codebook.editions["2018"].model_copy(update={"fieldwork": Fieldwork(start="2021-03-01")})
    codebook = dataclasses.replace(codebook, editions=codebook.editions | {"2018": late})
    said = {"2018": [Typed("Lyon", "commune", "69")]}
    (row,) = who(said, reference=reference, codebook=codebook).to_dict("records")
    assert (row["link"], row["reference_date"]) == ("linked", "2019-12-31")
    assert "the reference has no 2021, read as of 2019" in row["reason"]


def test_editions_without_a_day_are_told_all_at_once(reference):
    codebook = barometer()
    rows, texts = answers({"2016": [Typed("Lyon")], "2017": [Typed("Lyon")]}, codebook=codebook)
    rows["edition"] = rows["edition"].map({"2016": "pilote", "2017": "essai"})
    vague = [Edition(edition=key, title=key, evidence="assumed") for key in ("pilote", "essai")]
    with pytest.raises(IdentityError) as error:
        identify(
            rows,
            texts,
            codebook=with_editions(*vague),
            references={"pilote": reference, "essai": reference},
            review=NO_REVIEW,
            problems=["an earlier fault"],
        )
    message = str(error.value)
    assert "an earlier fault" in message
    assert "edition pilote" in message
    assert "edition essai" in message


# --- several responses ----------------------------------------------------------------------


def with_rule(several):
    codebook = barometer()
    identity = codebook.survey.identity.model_copy(update={"several": several})
    survey = codebook.survey.model_copy(update={"identity": identity})
    return dataclasses.replace(codebook, survey=survey)


SEVERAL = [
    Typed("Lyon", "commune", "69", size="plus_200000", ended_at="2018-10-01T10:00"),
    Typed("Ville de Lyon", "commune", "69", ended_at="2018-10-03T10:00"),
    Typed("LYON", "commune", "69", size="plus_200000", ended_at="2018-10-02T10:00"),
    Typed("Bron", "commune", "69", ended_at="2018-10-01T10:00"),
]


@pytest.mark.parametrize(("several", "chosen"), [("most_complete", "r3"), ("latest", "r2")])
def test_one_response_of_each_collectivite_counts(reference, several, chosen):
    found = who({"2018": SEVERAL}, reference=reference, codebook=with_rule(several))
    assert found.loc[found["counts"], "respondent_id"].tolist() == sorted([chosen, "r4"])
    assert found["responses"].tolist() == [3, 3, 3, 1]


# --- properties -----------------------------------------------------------------------------

MIXED = {
    "2016": [
        Typed("Annecy", "commune", "74"),
        Typed("Saint-Etiene", "commune", "42"),
        Typed("Saint-Étienne", "commune", "42"),
        Typed("CA d'Annecy", "epci", "74"),
        Typed("Syndicat de nulle part", "autre", "42"),
    ],
    "2017": [Typed("Annecy", "commune", "74"), Typed("Syndicat de nulle part", "autre", "42")],
    "2018": [Typed("Saint-Etiene", "commune", "42"), Typed("", "commune"), *SEVERAL],
}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_responses_changes_no_link(reference, seed):
    straight = who(MIXED, reference=reference)
    pd.testing.assert_frame_equal(straight, who(MIXED, reference=reference, shuffled=seed))


def test_another_edition_changes_no_older_link(reference):
    older = {key: MIXED[key] for key in ("2016", "2017")}
    before = who(older, reference=reference)
    after = who(MIXED, reference=reference)
    pd.testing.assert_frame_equal(before, after.loc[["2016", "2017"]])


def test_every_collectivite_has_one_identity_on_a_day(reference):
    found = who(MIXED, reference=reference)
    linked = found[found["kind"] != ""]
    by_day = linked.groupby(["reference_date", "kind", "code"])["organisation_id"].nunique()
    assert (by_day == 1).all()
    back = linked.groupby(["reference_date", "organisation_id"])["unit_id"].nunique()
    assert (back == 1).all()


# --- synthetic ------------------------------------------------------------------------------


def test_synthetic_answers_are_never_linked_to_a_real_place(reference):
    fictional = fictional_reference(reference, survey="barometre_dln")
    said = [
        Typed("Conseil départemental de l'Isère", "departement", "38"),
        Typed("Région Bretagne", "region", "35"),
        Typed("Gravimeil", "commune", "27"),
    ]
    found = who({"2018": said}, reference=fictional, synthetic=True)
    assert found["code"].tolist() == ["", "", "X0001"]
    assert found["organisation_id"].tolist()[0].startswith("new:synthetic:")
    assert found["organisation_id"].tolist()[2] == "commune:X0001@1943-01-01"


def test_fictional_epci_are_spelt_as_real_ones(reference):
    fictional = fictional_reference(reference, survey="barometre_dln")
    epci = fictional.periods[fictional.periods["kind"] == "epci"]
    assert (epci["unit_id"] == "epci:" + epci["code"]).all()
    assert len(epci) > 50


def test_without_a_reference_everybody_is_known_by_their_words():
    said = [Typed("Ville de Lyon", "commune", "69"), Typed("VILLE DE LYON", "commune", "69")]
    found = who({"2018": said}, reference=None)
    assert found["link"].tolist() == ["new", "new"]
    assert found["organisation_id"].tolist() == ["new:ville de lyon:commune:unknown"] * 2


# --- decisions of persons -------------------------------------------------------------------

HOMONYM = Typed("Saint-Denis", "commune")


def test_a_person_decides_what_matching_leaves_open(reference):
    by_hand = decision("Saint-Denis", kind="commune", code="93066", type="Commune")
    found = who({"2018": [HOMONYM]}, reference=reference, review=review_of(by_hand)).iloc[0]
    assert (found["link"], found["code"]) == ("confirmed", "93066")
    assert found["organisation_id"] == "commune:93066@1968-01-01"
    assert found["profile_source"] == "reference"
    assert "A. Personne" in found["reason"]


def test_a_person_decides_that_a_name_is_of_no_collectivite(reference):
    by_hand = decision("Saint-Denis", decided="none", type="Commune")
    found = who({"2018": [HOMONYM]}, reference=reference, review=review_of(by_hand)).iloc[0]
    assert (found["link"], found["code"], found["kind"]) == ("new", "", "")


def test_an_open_line_of_the_review_changes_nothing(reference):
    waiting = decision("Saint-Denis", decided="", type="Commune")
    found = who({"2018": [HOMONYM]}, reference=reference, review=review_of(waiting)).iloc[0]
    assert found["link"] == "review"


def test_decisions_that_do_not_stand_are_listed_all_at_once(reference):
    said = [
        HOMONYM,
        Typed("Lyon", "commune", "69"),
        Typed("Bron", "commune", "69"),
        Typed("Saint-Denis", "epci"),
        Typed("La mairie", "commune", "42"),
        Typed("Le bourg", "commune", "43"),
    ]
    review = review_of(
        decision("Lyon", kind="commune", code="69123", type="Commune", departement="69"),
        decision("Bron", kind="commune", code="69123", type="Commune", departement="69"),
        decision("Saint-Denis", kind="commune", code="99999", type="Commune"),
        decision("Parti ailleurs", kind="commune", code="93066"),
        decision("Plus tard", kind="commune", code="93066", year="2021"),
        decision("La mairie", kind="commune", code="42218", type="Commune", departement="42"),
        decision("Le bourg", kind="commune", code="42218", type="Commune", departement="43"),
    )
    with pytest.raises(IdentityError) as error:
        who({"2018": said}, reference=reference, review=review)
    lines = str(error.value).splitlines()
    assert len(lines) == 5, lines
    for said_of in (
        "'Lyon' (2018): no longer needed",
        "'Bron' (2018): decided commune 69123, but it is proved to be commune 69029",
        "'Saint-Denis' (2018): unknown code, no commune 99999 on 2018-09-26",
        "'Parti ailleurs' (2018): nobody typed so",
        "two organisations of 2018 claim commune 42218: 'La mairie' (Commune, 42); 'Le bourg'",
    ):
        assert sum(said_of in line for line in lines) == 1, (said_of, lines)


def test_a_synthetic_answer_cannot_be_decided_to_be_real(reference):
    fictional = fictional_reference(reference, survey="barometre_dln")
    said = [Typed("Le conseil de là-bas", "departement", "38")]
    review = review_of(
        decision(
            "Le conseil de là-bas",
            kind="departement",
            code="38",
            type="Département",
            departement="38",
        )
    )
    with pytest.raises(IdentityError, match="unknown code, no departement 38"):
        who({"2018": said}, reference=fictional, review=review, synthetic=True)
