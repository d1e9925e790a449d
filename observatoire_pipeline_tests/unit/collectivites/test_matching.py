"""The rules of matching, one small table each, and what holds whatever is typed."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from observatoire_pipeline.collectivites.matching import (
    MATCH_COLUMNS,
    TYPED_COLUMNS,
    Matcher,
    MatchInputError,
    match,
)
from observatoire_pipeline.collectivites.reference import Reference


@pytest.fixture(scope="module")
def matcher(reference: Reference) -> Matcher:
    return Matcher(reference)


def decided(matcher: Matcher, name: str, kind: str = "", place: str = "", code: str = "",
            year: str = "2018") -> tuple[str, str, str]:  # fmt: skip
    found = matcher.decide(name, kind, place, code, year)
    return found.decision, found.kind, found.code


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("214202186", "commune", "42218"),
        ("214 202 186", "commune", "42218"),
        ("SIRET 214 202 186 00017", "commune", "42218"),
        ("244400404", "epci", "244400404"),
        ("44109", "commune", "44109"),
    ],
)
def test_an_identifier_that_checks_is_enough(
    matcher: Matcher, name: str, kind: str, code: str
) -> None:
    assert decided(matcher, name) == ("linked", kind, code)


def test_a_siren_and_a_name_that_disagree_are_left_to_a_person(matcher: Matcher) -> None:
    found = matcher.decide("214202186 Ville de Nantes", "", "", "", "2018")
    assert (found.decision, found.code) == ("review", "42218")
    assert "44109" in found.reason


def test_a_siren_with_a_wrong_check_digit_says_so(matcher: Matcher) -> None:
    found = matcher.decide("214202187 Saint-Étienne", "", "42", "", "2018")
    assert (found.decision, found.code) == ("review", "42218")
    assert "check digit" in found.reason


def test_the_type_tells_a_city_from_its_epci(matcher: Matcher) -> None:
    assert decided(matcher, "Nantes") == ("linked", "commune", "44109")
    assert decided(matcher, "Nantes", "Métropole") == ("linked", "epci", "244400404")
    assert decided(matcher, "Nantes Métropole") == ("linked", "epci", "244400404")
    assert decided(matcher, "Nantes Métropole", "Commune")[0] == "review"


def test_a_homonym_needs_a_place(matcher: Matcher) -> None:
    assert decided(matcher, "Saint-Denis")[0] == "review"
    assert decided(matcher, "Saint-Denis", place="93") == ("linked", "commune", "93066")
    assert decided(matcher, "Saint-Denis", code="97400") == ("linked", "commune", "97411")
    assert decided(matcher, "Saint-Denis (974)", place="93")[0] == "review"


def test_only_an_overwhelming_homonym_goes_without_a_place(matcher: Matcher) -> None:
    assert decided(matcher, "Ville de La Rochelle") == ("linked", "commune", "17300")
    assert decided(matcher, "Ville de Castres")[0] == "review"


@pytest.mark.parametrize("place", ["01", "1", "Ain", "ain (01)", "01 - Ain", "Dép. 01"])
def test_a_departement_is_read_as_people_write_it(matcher: Matcher, place: str) -> None:
    assert decided(matcher, "Saint-Denis-lès-Bourg", place=place)[0] == "linked"


def test_another_departement_is_never_crossed_in_silence(matcher: Matcher) -> None:
    found = matcher.decide("Bordeaux", "Commune", "75", "", "2018")
    assert (found.decision, found.code) == ("review", "33063")
    assert "not in 75" in found.reason


def test_slips_link_inside_the_departement_only(matcher: Matcher) -> None:
    assert decided(matcher, "Grenobel", "Commune", "38") == ("linked", "commune", "38185")
    assert decided(matcher, "Grenobel", "Commune", "69")[0] != "linked"


def test_neighbours_that_one_word_parts_are_not_slips(matcher: Matcher) -> None:
    right, near = "CC du Sud-Est du Pays Manceau", "CC du Sud-Ouest du Pays Manceau"
    assert decided(matcher, right, "CC", "72") == ("linked", "epci", "247200421")
    assert decided(matcher, near, "CC", "72") == ("review", "epci", "247200421")


def test_a_merged_commune_gives_its_successor_to_a_person(matcher: Matcher) -> None:
    assert decided(matcher, "Seynod", place="74", year="2016") == ("linked", "commune", "74268")
    assert decided(matcher, "Seynod", place="74", year="2018") == ("review", "commune", "74010")


def test_an_old_name_whose_code_goes_on_is_linked(matcher: Matcher) -> None:
    found = matcher.decide("Évry", "", "91", "", "2019")
    assert (found.decision, found.code) == ("linked", "91228")
    assert "Évry-Courcouronnes" in found.reason
    assert decided(matcher, "Évry-Courcouronnes", place="91", year="2018")[0] == "review"


def test_an_epci_younger_than_the_year_is_not_linked(matcher: Matcher) -> None:
    """Without yearly tables, the order of SIREN numbers tells that it did not exist."""
    found = matcher.decide("CA du Pays Basque", "", "64", "", "2016")
    assert (found.decision, found.code) == ("review", "200067106")
    assert decided(matcher, "CA du Pays Basque", place="64", year="2017")[0] == "linked"


def test_without_a_year_the_latest_is_taken_and_said(matcher: Matcher) -> None:
    assert "no year given" in matcher.decide("Nantes", "", "", "", "").reason
    assert "no 2021" in matcher.decide("Nantes", "", "", "", "2021").reason


@pytest.mark.parametrize(
    "name",
    ["CCAS de Grenoble", "Université de Nantes", "SIVOM du Bas-Pays", "Préfecture du Nord",
     "Office de tourisme de Nice", "France", "test", "", "n/a", "Plaine Commune"],
)  # fmt: skip
def test_what_is_no_collectivite_is_none(matcher: Matcher, name: str) -> None:
    assert decided(matcher, name) == ("none", "", "")


@pytest.mark.parametrize("name", ["L'Union", "Orange", "École-Valentin", "L'Hôpital"])
def test_a_commune_that_is_named_like_another_body_is_one(matcher: Matcher, name: str) -> None:
    assert decided(matcher, name, "Commune")[0] == "linked"


def test_two_units_in_one_name_are_left_to_a_person(matcher: Matcher) -> None:
    for name in ("Ville et Eurométropole de Strasbourg", "Mairie de Nantes - Nantes Métropole"):
        assert decided(matcher, name)[0] == "review"


def test_a_domain_alone_is_never_a_proof(matcher: Matcher) -> None:
    assert decided(matcher, "contact@ville-angouleme.fr") == ("review", "commune", "16015")


def test_other_columns_and_the_order_of_rows_are_kept(reference: Reference) -> None:
    frame = pd.DataFrame(
        {"n": [3, 1, 2], "typed_name": ["Nantes", "zzz", "Nantes"]}, index=[9, 4, 4]
    )
    matched = match(frame, reference=reference)
    assert list(matched.columns) == ["n", "typed_name", *MATCH_COLUMNS]
    assert list(matched["n"]) == [3, 1, 2]
    assert list(matched["code"]) == ["44109", "", "44109"]


def test_faults_are_listed_all_at_once(reference: Reference) -> None:
    frame = pd.DataFrame({"name": ["Nantes", "x"], "reference_year": ["20188", "abc"]})
    with pytest.raises(MatchInputError) as caught:
        match(frame, reference=reference)
    assert len(caught.value.problems) == 3
    assert "typed_name" in caught.value.problems[0]


NAMES = st.sampled_from(
    ["Nantes", "Saint-Denis", "CC du Val d'Amour", "Évry", "Grenobel", "Vienne", "CD44", "test",
     "Mairie du Mans", "MEL", "Seynod", "Région Sud", "244400404", "Lyon 3e", "Montreuil"]
)  # fmt: skip
ROWS = st.lists(
    st.tuples(
        NAMES,
        st.sampled_from(["", "Commune", "EPCI", "Autre"]),
        st.sampled_from(["", "44", "93", "38", "974"]),
        st.just(""),
        st.sampled_from(["2016", "2018", "2019"]),
    ),
    min_size=1,
    max_size=25,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, data=st.data())
def test_the_order_of_rows_and_the_other_rows_change_nothing(
    matcher: Matcher, rows: list[tuple[str, ...]], data: st.DataObject
) -> None:
    """Also: an organisation has one identity at a date, for each row is decided by itself."""
    order = data.draw(st.permutations(range(len(rows))))
    first = [matcher.decide(*row) for row in rows]
    again = [matcher.decide(*rows[place]) for place in order]
    assert [first[place] for place in order] == again
    for found in first:
        assert found.reason
        assert (found.decision == "linked") <= (found.code != "")
        assert 0 <= found.score <= 100


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    row=st.tuples(
        st.one_of(st.text(max_size=40), st.text("aeilnrstéè' -/()0123456789", max_size=30)),
        st.text(max_size=12), st.text(max_size=12), st.text(max_size=8),
        st.sampled_from(["", "2016", "2019", "1987", "2030"]),
    )
)  # fmt: skip
def test_no_text_breaks_it(matcher: Matcher, row: tuple[str, ...]) -> None:
    found = matcher.decide(*row)
    assert found.decision in ("linked", "review", "none")
    assert found.reason


def test_every_unit_of_the_day_is_linked_to_itself_or_to_no_one(
    matcher: Matcher, reference: Reference
) -> None:
    """Its own name with its own département never gives another unit."""
    from observatoire_pipeline.collectivites.reference import units_at

    units = units_at(reference, date="2018-01-01")
    sample = pd.concat(
        [units[units["kind"] == "commune"].iloc[::35], units[units["kind"] != "commune"]]
    )
    wrong = []
    missed = 0
    for unit in sample.itertuples():
        words = {"epci": "EPCI", "departement": "Département", "region": "Région"}
        found = matcher.decide(
            unit.name, words.get(unit.kind, "Commune"), unit.departement, "", "2018"
        )
        if found.decision != "linked":
            missed += 1
        elif (found.kind, found.code) != (unit.kind, unit.code):
            wrong.append((unit.name, found))
    assert not wrong
    assert missed <= 12


def test_typed_columns_are_those_of_the_contract() -> None:
    assert TYPED_COLUMNS == (
        "typed_name", "typed_type", "typed_departement", "typed_postcode", "reference_year"
    )  # fmt: skip
