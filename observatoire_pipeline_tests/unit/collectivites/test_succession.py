"""What became of real units, by date; the shares of an EPCI come from its communes."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire_pipeline.collectivites.origins import CollectiviteError
from observatoire_pipeline.collectivites.reference import units_at
from observatoire_pipeline.collectivites.succession import (
    descent,
    identify,
    predecessors,
    related,
    successors,
)

SPAN = {"date_from": "2016-06-01", "date_to": "2019-06-01"}


def test_a_part_of_a_commune_nouvelle_has_it_as_successor(reference):
    found = successors(reference, kind="commune", code="91182", **SPAN)
    assert found["name"].tolist() == ["Évry-Courcouronnes"]
    row = found.iloc[0]
    assert (row["relation"], row["grade"], row["events"]) == (
        "successor",
        "full",
        "commune_nouvelle",
    )


def test_the_commune_that_kept_the_code_is_related_not_same(reference):
    before = identify(reference, kind="commune", code="91228", date="2018-12-31")
    after = identify(reference, kind="commune", code="91228", date="2019-01-01")
    assert before != after
    found = successors(reference, kind="commune", code="91228", **SPAN)
    assert found[["to_unit", "relation"]].values.tolist() == [[after, "successor"]]


def test_a_new_name_leaves_the_unit_the_same_and_a_new_code_too(reference):
    renamed = successors(reference, kind="commune", code="04063", **SPAN).iloc[0]
    assert (renamed["relation"], renamed["events"]) == ("same", "rename")
    moved = successors(
        reference, kind="commune", code="02344", date_from="2016-12-30", date_to="2016-12-31"
    ).iloc[0]
    assert (moved["code"], moved["relation"], moved["events"]) == ("51664", "same", "code_change")


def test_a_split_commune_has_two_partial_successors(reference):
    found = successors(reference, kind="commune", code="76676", **SPAN)
    assert found["name"].tolist() == ["Saint-Lucien", "Sigy-en-Bray"]
    assert set(found["grade"]) == {"partial"}
    assert found["share_population"].isna().all()


def test_what_a_commune_nouvelle_was_made_of(reference):
    found = predecessors(reference, kind="commune", code="91228", **SPAN)
    assert found["name"].tolist() == ["Évry", "Courcouronnes"]
    assert found["share_of_successor"].round(3).tolist() == [0.803, 0.197]  # 54 663 and 13 427


def test_the_councils_of_corse_lead_to_its_collectivite(reference):
    found = successors(reference, kind="departement", code="2A", **SPAN)
    assert found[["kind", "code", "relation"]].values.tolist() == [
        ["departement", "2A", "same"],
        ["region", "94", "successor"],
    ]
    region = successors(reference, kind="region", code="94", **SPAN)
    assert region["relation"].tolist() == ["successor"]


@pytest.mark.parametrize("day", ["2016-01-01", "2016-12-31", "2018-06-15"])
def test_every_unit_leads_somewhere_and_nothing_comes_from_nowhere(reference, day):
    kinds = ["commune", "departement", "region"]
    found = descent(reference, date_from=day, date_to="2019-12-31")
    assert set(units_at(reference, date=day, kinds=kinds)["unit_id"]) <= set(found["from_unit"])
    ends = units_at(reference, date="2019-12-31", kinds=kinds)["unit_id"]
    assert set(ends) == set(found["to_unit"]) - {
        u for u in found["to_unit"] if u.startswith("epci:")
    }
    assert not found.duplicated(["from_unit", "to_unit"]).any()


DAYS = st.dates(min_value=dt.date(2016, 1, 1), max_value=dt.date(2019, 12, 31))


@settings(max_examples=4, deadline=None)
@given(days=st.lists(DAYS, min_size=3, max_size=3).map(sorted))
def test_two_short_descents_are_one_long_descent(reference, days):
    def pairs(first, last):
        found = descent(reference, date_from=first, date_to=last)
        return found[["from_unit", "to_unit", "relation"]]

    first, middle, last = days
    joined = pairs(first, middle).merge(
        pairs(middle, last), left_on="to_unit", right_on="from_unit", suffixes=("", "_then")
    )
    same = (joined["relation"] == "same") & (joined["relation_then"] == "same")
    joined["relation"] = joined["relation"].mask(~same, "successor")
    short = joined[["from_unit", "to_unit_then", "relation"]].drop_duplicates()
    both = short.merge(
        pairs(first, last),
        left_on=["from_unit", "to_unit_then", "relation"],
        right_on=["from_unit", "to_unit", "relation"],
        how="outer",
        indicator="where",
    )
    assert (both["where"] == "both").all()


def test_without_perimeters_an_epci_is_followed_by_its_siren_alone(reference):
    found = successors(reference, kind="epci", code="244400404", **SPAN)
    assert found[["code", "relation", "grade"]].values.tolist() == [
        ["244400404", "same", "unknown"]
    ]
    with pytest.raises(CollectiviteError, match="200000164 did not exist on 2016-06-01"):
        successors(reference, kind="epci", code="200000164", **SPAN)


def test_five_epci_became_grand_annecy(completed):
    found = predecessors(completed, kind="epci", code="200066793", **SPAN)
    assert len(found) == 5
    assert found["name"].iloc[0] == "CA d'Annecy"
    assert set(found["events"]) == {"merger"}
    assert found["share_of_successor"].sum() == pytest.approx(1.0)
    assert found["share_population"].tolist() == [1.0] * 5


def test_an_epci_that_was_broken_up_has_partial_successors(completed):
    found = descent(completed, date_from="2016-12-31", date_to="2017-01-01")
    broken = found[found["events"] == "dissolution"]
    sums = broken.groupby("from_unit")["share_population"].sum()
    assert (broken["grade"] == "partial").all()
    assert len(sums) > 50
    assert (sums <= 1 + 1e-9).all()


def test_one_siren_with_another_perimeter_is_flagged(completed):
    found = descent(completed, date_from="2016-12-31", date_to="2017-01-01")
    same = found[found["from_unit"].str.startswith("epci:") & (found["relation"] == "same")]
    changed = same["events"].str.contains("perimeter_change")
    assert len(same) == 843  # SIREN that both yearly lists hold
    assert (
        changed.sum()
        == (same["share_of_successor"].lt(1 - 1e-9) | same["grade"].eq("partial")).sum()
    )
    assert changed.sum() > 100


def test_every_epci_of_2016_leads_to_those_of_2017(completed):
    found = descent(completed, date_from="2016-12-31", date_to="2017-01-01")
    epci = units_at(completed, date="2016-12-31", kinds=["epci"])
    assert set(epci["unit_id"]) == {u for u in found["from_unit"] if u.startswith("epci:")}


def test_related_lists_pairs_between_two_lists_only(reference):
    before = units_at(reference, date="2018-12-31", kinds=["commune"])
    after = units_at(reference, date="2019-01-01", kinds=["commune"])
    left = before.loc[before["code"].isin(["91182", "44109"]), "unit_id"]
    right = after.loc[after["code"].isin(["91228", "35238"]), "unit_id"]
    pairs = related(
        reference, before=left, after=right, date_from="2018-12-31", date_to="2019-01-01"
    )
    assert pairs[["from_unit", "to_unit"]].values.tolist() == [
        ["commune:91182@1968-01-01", "commune:91228@2019-01-01"]
    ]


def test_bad_requests_are_refused(reference):
    with pytest.raises(CollectiviteError, match="is after"):
        descent(reference, date_from="2018-01-01", date_to="2017-01-01")
    with pytest.raises(CollectiviteError, match=r"91182 did not exist on 2019-06-01.*2019-01-01"):
        identify(reference, kind="commune", code="91182", date="2019-06-01")
    with pytest.raises(CollectiviteError, match="never knew it"):
        identify(reference, kind="commune", code="99999", date="2019-06-01")
    with pytest.raises(CollectiviteError) as caught:
        related(
            reference,
            before=units_at(reference, date="2019-01-01", kinds=["region"])["unit_id"],
            after=units_at(reference, date="2016-01-01", kinds=["region"])["unit_id"],
            **SPAN,
        )
    assert caught.value.problems == (
        "region:94@2018-01-01 did not exist on 2016-06-01",
        "region:94@1943-01-01 did not exist on 2019-06-01",
    )
