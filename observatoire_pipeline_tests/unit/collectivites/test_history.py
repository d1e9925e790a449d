"""From the official record to units: made-up records, one rule a test; and the build itself."""

import hashlib
import json
import os

import pandas as pd
import pytest

from observatoire_pipeline.collectivites import build
from observatoire_pipeline.collectivites.history import (
    History,
    commune_aliases,
    commune_links,
    commune_periods,
    epci_table,
    overlaps,
    unit_populations,
)
from observatoire_pipeline.collectivites.identifiers import valid_siren
from observatoire_pipeline.collectivites.origins import CollectiviteError


def record(kind: str, code: str, name: str, start: str = "", **more: object) -> dict[str, object]:
    dated = {"dateDebut": start} if start else {}
    return {"id": f"{kind}-{code}@{start or '1943-01-01'}", "type": kind, "code": code,
            "nom": name, **dated, **more}  # fmt: skip


def merger() -> list[dict[str, object]]:
    """A (renamed in 2017) and B become the commune nouvelle A-B under the code of A in 2019."""
    day, why = "2019-01-01", "commune devenant déléguée"
    return [
        record("COM", "01001", "Alpha", dateFin="2017-03-01", raisonFin="changement de nom",
               successeur="COM-01001@2017-03-01"),
        record("COM", "01001", "Alpha-Ville", "2017-03-01", predecesseur="COM-01001@1943-01-01",
               raisonDebut="changement de nom", dateFin=day, raisonFin=why,
               successeur="COMD-01001@2019-01-01"),
        record("COM", "01002", "Beta", dateFin=day, raisonFin=why,
               successeur="COMD-01002@2019-01-01"),
        record("COMD", "01001", "Alpha-Ville", day, predecesseur="COM-01001@2017-03-01",
               pole="COM-01001@2019-01-01"),
        record("COMD", "01002", "Beta", day, predecesseur="COM-01002@1943-01-01",
               pole="COM-01001@2019-01-01"),
        record("COM", "01001", "Alpha-Beta", day, raisonDebut="commune nouvelle",
               membres=["COMD-01001@2019-01-01", "COMD-01002@2019-01-01"]),
    ]  # fmt: skip


def test_a_name_is_a_period_and_a_merger_is_a_new_unit():
    history = History.from_records(merger())
    periods = commune_periods(
        history,
        region_of={"01": "84"},
        communes=[
            {"type": "commune-actuelle", "code": "01001", "codesPostaux": ["01200", "01100"]}
        ],
        epci=[
            {"code": "200035210", "membres": [{"code": "01001", "siren": "210100012"}]}
        ],
        populations={("01001", "1943-01-01"): (5, "legal_2016"),
                     ("01002", "1943-01-01"): (2, "legal_2016_difference"),
                     ("01001", "2019-01-01"): (7, "legal_2016")},
        island_siren={},
    )  # fmt: skip
    shown = periods[["name", "valid_from", "valid_to", "siren", "population", "postcodes", "epci"]]
    assert shown.to_numpy().tolist() == [
        ["Alpha", "1943-01-01", "2019-01-01", "", 5, "01100 01200", ""],
        ["Alpha-Ville", "1943-01-01", "2019-01-01", "", 5, "01100 01200", ""],
        ["Alpha-Beta", "2019-01-01", "", "210100012", 7, "01100 01200", "200035210"],
        ["Beta", "1943-01-01", "2019-01-01", "", 2, "01100 01200", ""],
    ]


def test_links_and_aliases_of_a_merger():
    history = History.from_records(merger())
    links = commune_links(history)[["date", "event", "relation", "from_code", "to_code"]]
    assert links.to_numpy().tolist() == [
        ["2017-03-01", "rename", "same", "01001", "01001"],
        ["2019-01-01", "commune_nouvelle", "successor", "01001", "01001"],
        ["2019-01-01", "commune_nouvelle", "successor", "01002", "01001"],
    ]
    aliases = commune_aliases(history)[["valid_from", "name", "alias_kind", "alias_code", "until"]]
    assert aliases.to_numpy().tolist() == [
        ["1943-01-01", "Alpha", "former_name", "01001", "2017-03-01"],
        ["2019-01-01", "Alpha", "former_name", "01001", "2017-03-01"],
        ["2019-01-01", "Alpha-Ville", "deleguee", "01001", ""],
        ["2019-01-01", "Beta", "deleguee", "01002", ""],
    ]


def test_the_population_of_a_part_is_printed_or_the_rest_or_that_of_the_whole():
    history = History.from_records(merger())
    whole, first, other = ("01001", "2019-01-01"), ("01001", "1943-01-01"), ("01002", "1943-01-01")
    found = unit_populations(history, now={"01001": 70}, before={"01001": 50}, mayotte={})
    assert found == {
        whole: (70, "legal_2016"),
        first: (50, "legal_2016"),
        other: (20, "legal_2016_difference"),
    }
    found = unit_populations(history, now={"01001": 70}, before={"01001": 70}, mayotte={})
    assert found[first] == found[other] == (70, "taken_from_successor")
    found = unit_populations(history, now={}, before={}, mayotte={})
    assert set(found.values()) == {(None, "missing")}


def test_every_contradiction_of_the_record_is_listed_at_once():
    records = merger()
    records[0]["successeur"] = "COM-01001@1999-01-01"
    records[2]["dateFin"] = "1900-01-01"
    records[5]["membres"] = ["COMD-09999@2019-01-01"]
    with pytest.raises(CollectiviteError) as caught:
        History.from_records([*records, records[3]])
    told = "\n".join(caught.value.problems)
    for fault in (
        "1 ids are held twice",
        "unknown COM-01001@1999-01-01 (successeur)",
        "COM-01002@1943-01-01 ends on 1900-01-01, before it begins",
        "unknown member COMD-09999@2019-01-01",
    ):
        assert fault in told


def test_an_ending_that_no_rule_knows_stops_the_build():
    records = merger()
    records[2]["raisonFin"] = "raison nouvelle"
    with pytest.raises(CollectiviteError, match="raison nouvelle"):
        commune_links(History.from_records(records))


def test_two_units_that_claim_one_code_on_one_day_are_told():
    periods = pd.DataFrame(
        [
            ("commune", "01001", "Alpha", "1943-01-01", ""),
            ("commune", "01001", "Gamma", "2017-01-01", ""),
            ("epci", "01001", "Delta", "2017-01-01", ""),
        ],
        columns=["kind", "code", "name", "name_from", "name_to"],
    )
    assert overlaps(periods) == ["commune 01001 is claimed by 'Alpha' and 'Gamma' on 2017-01-01"]


def test_an_epci_must_hold_a_siren_and_the_inhabitants_of_its_communes():
    communes = pd.DataFrame(
        {"epci": ["200035210", "200035211"], "departement": "01", "region": "84",
         "population": [7, 5]}
    )  # fmt: skip
    shared = {"type": "CC", "membres": [{}]}
    epci = [
        {"code": "200035210", "nom": "CC A", "populationMunicipale": 8, **shared},
        {"code": "200035211", "nom": "CC B", "populationMunicipale": 5, **shared},
    ]
    with pytest.raises(CollectiviteError) as caught:
        epci_table(epci, communes=communes)
    assert caught.value.problems == (
        "epci: 200035210 has 8 inhabitants, its communes 7",
        "epci: 200035211 is no SIREN",
    )


def test_the_siren_check():
    numbers = pd.Series(["214202186", "214202187", "21420218", "21420218A", ""])
    assert valid_siren(numbers).tolist() == [True, False, False, False, False]


def test_the_same_tables_are_written_as_the_same_bytes(tmp_path):
    frames = {"a": pd.DataFrame({"code": ["01", "02"], "name": ["Évry", 'L"Œ']})}
    first = build.write(frames, into=tmp_path / "1")
    second = build.write(frames, into=tmp_path / "2")
    assert first == second
    for name in ("a.csv.xz", build.MANIFEST):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_a_tarball_with_another_sum_is_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(build.SUMS, "0.7.0", "0" * 64)
    fake = tmp_path / "bin" / "npm"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\nprintf other > "$5/package.tgz"\necho package.tgz\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    found = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(build.BuildError, match=found):
        build.fetch("0.7.0", into=tmp_path)


@pytest.mark.skipif(
    os.environ.get("OBSERVATOIRE_REBUILD") != "1",
    reason="fetches three packages with npm: set OBSERVATOIRE_REBUILD=1",
)
def test_the_shipped_tables_are_rebuilt_byte_for_byte(tmp_path):
    build.build(into=tmp_path)
    manifest = json.loads((build.DATA / build.MANIFEST).read_text(encoding="utf-8"))
    for name in (*(f"{n}.csv.xz" for n in manifest["files"]), build.MANIFEST):
        assert (tmp_path / name).read_bytes() == (build.DATA / name).read_bytes(), name
