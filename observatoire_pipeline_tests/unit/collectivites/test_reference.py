"""The shipped reference against the published counts, and how it is asked by date."""

import datetime as dt
import hashlib
import json
import lzma

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire_pipeline.collectivites import build
from observatoire_pipeline.collectivites import reference as reference_module
from observatoire_pipeline.collectivites.origins import CollectiviteError
from observatoire_pipeline.collectivites.reference import (
    aliases_at,
    members_of,
    units_at,
)


def test_the_shipped_files_are_those_of_the_manifest():
    manifest = json.loads((build.DATA / build.MANIFEST).read_text(encoding="utf-8"))
    assert {p.name for p in build.DATA.glob("*.xz")} == {f"{n}.csv.xz" for n in manifest["files"]}
    for name, facts in manifest["files"].items():
        packed = (build.DATA / f"{name}.csv.xz").read_bytes()
        assert hashlib.sha256(packed).hexdigest() == facts["sha256"]
        assert hashlib.sha256(lzma.decompress(packed)).hexdigest() == facts["sha256_plain"]
    assert {s["version"]: s["sha256"] for s in manifest["sources"]} == build.SUMS


@pytest.mark.parametrize(
    ("day", "communes"),
    [
        ("2016-01-01", 35_885),
        ("2017-01-01", 35_416),
        ("2018-01-01", 35_357),
        (dt.date(2019, 1, 1), 34_970),
    ],
)
def test_the_number_of_communes_is_the_published_one(reference, day, communes):
    units = units_at(reference, date=day)
    counts = units["kind"].value_counts()
    assert counts["commune"] == communes
    assert counts["departement"] == 101
    assert counts["region"] == 18
    assert not units.duplicated(["kind", "code"]).any()


def test_a_commune_nouvelle_is_another_unit_under_the_same_code(reference):
    def annecy(day):
        units = units_at(reference, date=day, kinds=["commune"]).set_index("code")
        return units.loc["74010"]

    before, after = annecy("2016-12-31"), annecy("2017-01-01")
    assert (before["valid_from"], before["valid_to"]) == ("1943-01-01", "2017-01-01")
    assert (after["valid_from"], after["valid_to"]) == ("2017-01-01", "")
    assert (before["siren"], after["siren"]) == ("", "200063402")
    assert before["population_source"] == "taken_from_successor"


def test_a_new_name_leaves_the_unit_the_same(reference):
    def corbieres(day):
        units = units_at(reference, date=day, kinds=["commune"]).set_index("code")
        return units.loc["04063", ["name", "valid_from", "valid_to", "siren"]].tolist()

    assert corbieres("2018-11-07") == ["Corbières", "1943-01-01", "", "210400636"]
    assert corbieres("2018-11-08") == ["Corbières-en-Provence", "1943-01-01", "", "210400636"]


def test_the_parts_of_a_commune_nouvelle_are_its_aliases(reference):
    aliases = aliases_at(reference, date="2019-06-01")
    names = aliases.query("code == '91228' and alias_kind == 'deleguee'")["name"]
    assert sorted(names) == ["Courcouronnes", "Évry"]


def test_epci_before_the_shipped_list_are_marked_not_invented(reference):
    before = units_at(reference, date="2016-06-01", kinds=["epci"])
    assert not before["attested"].any()
    assert set(before["population_source"]) == {"taken_from_successor"}
    after = units_at(reference, date="2019-01-01", kinds=["epci"])
    assert after["attested"].all()
    assert after["type"].value_counts().to_dict() == {
        "CC": 1001, "CA": 223, "METRO": 21, "CU": 13, "MET69": 1,
    }  # fmt: skip


def test_councils_that_another_unit_governs_are_named(reference):
    def governed(day):
        units = units_at(reference, date=day, kinds=["departement", "region"])
        units = units[units["governed_by"] != ""]
        return dict(zip(units["code"], units["governed_by"], strict=True))

    overseas = {"972": "region:02", "973": "region:03", "06": "departement:976"}
    corse = {"2A": "region:94", "2B": "region:94"}
    assert governed("2017-12-31") == overseas
    assert governed("2018-01-01") == overseas | corse
    assert governed("2019-01-01") == overseas | corse | {"75": "commune:75056"}


def test_the_regions_of_2015_are_aliases_of_those_that_hold_them(reference):
    aliases = aliases_at(reference, date="2016-01-01").query("kind == 'region'")
    assert aliases.loc[aliases["name"] == "Rhône-Alpes", "code"].tolist() == ["84"]
    assert (aliases["alias_kind"] == "merged_region").sum() == 16


@pytest.mark.parametrize("date", ["2015-12-31", "2020-01-01", "2017-02-30", "hier"])
def test_a_day_that_the_reference_does_not_know_is_refused(reference, date):
    with pytest.raises(CollectiviteError, match=date):
        units_at(reference, date=date)


@settings(max_examples=25, deadline=None)
@given(day=st.dates(min_value=dt.date(2016, 1, 1), max_value=dt.date(2019, 12, 31)))
def test_a_code_is_one_unit_on_any_day(reference, day):
    units = units_at(reference, date=day)
    assert not units.duplicated(["kind", "code"]).any()
    assert not units["unit_id"].duplicated().any()
    shown = units[units["attested"]]
    assert (shown["valid_from"] <= day.isoformat()).all()
    assert ((shown["valid_to"] == "") | (shown["valid_to"] > day.isoformat())).all()
    territories = set(units.loc[units["kind"] == "departement", "code"])
    assert set(units.loc[units["kind"] == "commune", "departement"]) == territories


def test_populations_of_communes_add_up_to_france_and_to_each_epci(reference):
    units = units_at(reference, date="2019-01-01")
    sums = units.groupby("kind")["population"].sum()
    assert sums["commune"] == sums["departement"] == sums["region"] == 66_618_176
    communes = units[units["kind"] == "commune"]
    by_epci = communes[communes["epci"] != ""].groupby("epci")["population"].sum()
    epci = units[units["kind"] == "epci"].set_index("code")["population"]
    assert (by_epci == epci.reindex(by_epci.index)).all()
    assert (communes["epci"] == "").sum() == 4  # Bréhat, Sein, Ouessant, Yeu


def test_a_shipped_table_without_a_column_is_refused(monkeypatch):
    real = pd.read_csv
    monkeypatch.setattr(pd, "read_csv", lambda *a, **k: real(*a, **k).drop(columns="name"))
    with pytest.raises(CollectiviteError, match=r"communes.csv.xz: misses the columns \['name'\]"):
        reference_module._shipped_reference.__wrapped__()


def test_the_members_of_an_epci_are_those_of_the_day(reference):
    nantes = members_of(reference, code="244400404", date="2019-06-01")
    assert len(nantes) == 24
    assert "44109" in set(nantes["code"])
    with pytest.raises(CollectiviteError, match="perimeter of epci 244400404 on 2016-06-01"):
        members_of(reference, code="244400404", date="2016-06-01")
    with pytest.raises(CollectiviteError, match="epci 200000164 did not exist"):
        members_of(reference, code="200000164", date="2019-06-01")
