"""The optional yearly tables: what they add, and how a bad one is refused."""

import shutil

import pandas as pd
import pytest

from observatoire_pipeline.collectivites.origins import CollectiviteError
from observatoire_pipeline.collectivites.reference import (
    aliases_at,
    members_of,
    read_reference,
    units_at,
)


@pytest.mark.parametrize(
    ("day", "epci"), [("2016-01-01", 2_062), ("2017-01-01", 1_266), ("2018-01-01", 1_263)]
)
def test_the_number_of_epci_is_the_published_one(completed, day, epci):
    units = units_at(completed, date=day, kinds=["epci"])
    assert (units["type"] != "MET69").sum() == epci
    assert units["attested"].all()
    assert (
        units["members"].sum() + (day == "2018-01-01") * 0
        == (units_at(completed, date=day, kinds=["commune"])["epci"] != "").sum()
    )


def test_the_types_of_2018_are_the_published_ones(completed):
    units = units_at(completed, date="2018-01-01", kinds=["epci"])
    assert units["type"].value_counts().to_dict() == {
        "CC": 1009, "CA": 222, "METRO": 21, "CU": 11, "MET69": 1,
    }  # fmt: skip


def test_populations_drawn_from_npm_are_those_of_the_tables(completed):
    """What is computed for communes that ended in 2018 is what the census tables print."""
    shipped = units_at(read_reference(), date="2018-12-31", kinds=["commune"])
    table = units_at(completed, date="2018-12-31", kinds=["commune"])
    both = shipped.merge(table, on="unit_id", suffixes=("", "_table"), validate="one_to_one")
    printed = both[both["population_source"].str.startswith("legal_2016")]
    printed = printed[printed["population_source_table"] == "yearly_table"]
    assert len(printed) > 35_000
    assert (printed["population"] == printed["population_table"]).all()
    assert (printed["population_source"] == "legal_2016_difference").sum() > 100


def test_every_commune_of_a_completed_year_has_a_population(completed):
    for day in ("2016-01-01", "2016-12-31", "2017-12-31"):
        units = units_at(completed, date=day)
        assert units["population"].notna().all()
        assert "taken_from_successor" not in set(units["population_source"])


def test_a_commune_born_within_the_year_holds_what_it_was_made_of(completed):
    links = completed.links.query("date == '2016-12-15' and relation == 'successor'")
    before = units_at(completed, date="2016-12-14").set_index("unit_id")
    after = units_at(completed, date="2016-12-15").set_index("unit_id")
    numbers = set()
    for born, parts in links.groupby("to_unit")["from_unit"]:
        assert after.loc[born, "population"] == before.loc[parts, "population"].sum()
        epci = set(before.loc[parts, "epci"])
        assert after.loc[born, "epci"] == (epci.pop() if len(epci) == 1 else "")
        numbers.add(len(epci))
    assert numbers == {0, 2}  # of one EPCI (taken out above), and of two


def test_an_epci_of_2016_ends_and_its_names_are_kept(completed):
    units = units_at(completed, date="2016-06-01", kinds=["epci"]).set_index("code")
    pange = units.loc["200000164"]
    assert (pange["name"], pange["valid_to"]) == ("CC de Pange", "2017-01-01")
    assert len(members_of(completed, code="200000164", date="2016-01-01")) == pange["members"] == 18
    assert len(members_of(completed, code="200000164", date="2016-06-01")) == 17  # two merged
    assert "200000164" not in set(units_at(completed, date="2017-01-01")["code"])
    names = aliases_at(completed, date="2018-01-01").query("kind == 'epci'")
    assert (names["alias_kind"] == "other_name").all()
    assert len(names) > 100


def test_every_fault_of_the_tables_is_listed_at_once(yearly_tables, tmp_path):
    for year in (2016, 2017):
        for kind in ("communes", "epci"):
            shutil.copy(yearly_tables / f"{kind}_{year}.csv.gz", tmp_path)
    path = tmp_path / "communes_2016.csv.gz"
    communes = pd.read_csv(path, dtype=str, keep_default_na=False)
    communes.loc[0, "code"] = "01000"
    communes.loc[1, "departement"] = "02"
    communes.loc[2, "population"] = "1 234"
    communes.loc[3, "epci"] = "123456789"
    communes.loc[5, "epci_nature"] = "XX"
    communes.loc[6, "code"] = communes.loc[7, "code"]
    path.unlink()
    communes.to_csv(tmp_path / "communes_2016.csv", index=False)
    epci = pd.read_csv(tmp_path / "epci_2017.csv.gz", dtype=str, keep_default_na=False)
    (tmp_path / "epci_2017.csv.gz").unlink()
    epci.drop(columns="communes").to_csv(tmp_path / "epci_2017.csv", index=False)
    (tmp_path / "epci_2018.csv").write_text("siren,name,communes\n")
    with pytest.raises(CollectiviteError) as caught:
        read_reference(tmp_path)
    told = "\n".join(caught.value.problems)
    for fault in (
        "communes_2016.csv: code held twice: 01009",
        "code that no commune had on that day: 01000",
        "commune left out: 01001",
        "another département than the record: 01002",
        "population that is no number: 01004",
        "EPCI that epci_2016.csv does not list: 123456789",
        "unknown epci_nature: XX",
        "number of communes that does not add up",
        "epci_2017.csv: misses the columns ['communes']",
        "communes_2018.csv is missing beside epci_2018.csv",
    ):
        assert fault in told, told


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(CollectiviteError, match="holds no communes_YYYY"):
        read_reference(tmp_path)


def test_a_table_that_cannot_be_read_is_named_with_the_others(tmp_path):
    (tmp_path / "communes_2016.csv").write_bytes(b"code,name\n01001,\xe9vry\n")
    (tmp_path / "epci_2016.csv").write_bytes(b"")
    (tmp_path / "communes_2017.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(CollectiviteError) as caught:
        read_reference(tmp_path)
    told = "\n".join(caught.value.problems)
    for name in ("communes_2016.csv: ", "epci_2016.csv: cannot", "communes_2017.csv.gz: cannot"):
        assert name in told
    assert "epci_2017.csv is missing beside communes_2017.csv.gz" in told


def test_tables_that_change_are_read_again(yearly_tables, tmp_path):
    for kind in ("communes", "epci"):
        shutil.copy(yearly_tables / f"{kind}_2018.csv.gz", tmp_path)
    assert read_reference(tmp_path).years == (2018, 2019)
    for kind in ("communes", "epci"):
        shutil.copy(yearly_tables / f"{kind}_2016.csv.gz", tmp_path)
    found = read_reference(tmp_path)
    assert found.years == (2016, 2018, 2019)
    epci = units_at(found, date="2017-06-01", kinds=["epci"])  # the year without table
    assert not epci["attested"].any()
    assert not epci["code"].duplicated().any()


def test_the_year_of_the_record_must_agree_with_it(yearly_tables, tmp_path):
    shutil.copy(yearly_tables / "epci_2019.csv.gz", tmp_path)
    communes = pd.read_csv(yearly_tables / "communes_2019.csv.gz", dtype=str, keep_default_na=False)
    swapped = communes["epci"].where(communes["code"] != "01001", communes["epci"].iloc[5])
    communes.assign(epci=swapped).to_csv(tmp_path / "communes_2019.csv", index=False)
    with pytest.raises(CollectiviteError, match="another EPCI than the record: 01001"):
        read_reference(tmp_path)


def test_identities_are_the_same_with_and_without_the_tables(reference, completed):
    for day in ("2016-06-01", "2017-06-01", "2019-06-01"):
        shipped = units_at(reference, date=day).set_index(["kind", "code"])["unit_id"]
        table = units_at(completed, date=day).set_index(["kind", "code"])["unit_id"]
        both = shipped.index.intersection(table.index)
        assert len(both) > 36_000
        assert (shipped[both] == table[both]).all()
