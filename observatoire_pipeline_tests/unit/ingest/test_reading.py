"""An edition is read the same way whatever its export looks like."""

from __future__ import annotations

import json
from datetime import datetime

import pandas as pd
import pytest

from observatoire_pipeline.ingest.reading import RawEdition, landing_sha256, read_landing
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import conform
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.ingest.lookalikes import (
    CONDENSED,
    FRENCH_NAMES,
    METADATA,
    NEW_NAMES,
    OLD_NAMES,
    as_csv,
    as_xlsx,
    as_zip,
    expanded,
    land,
    rows,
)

CODEBOOK = small_codebook()


def read(folder) -> RawEdition:
    return read_landing(folder, edition="2018", codebook=CODEBOOK)


def mapping(raw: RawEdition) -> list[tuple]:
    questions = raw.raw_columns[raw.raw_columns["variable"] != ""]
    return list(
        questions[["variable", "item", "instance", "code", "role"]].itertuples(
            index=False, name=None
        )
    )


EXPECTED = [
    ("profil", "", 1, "", "question"),
    ("profil", "autre", 1, "", "question"),
    ("equipe", "", 1, "", "question"),
    ("objectifs", "informer", 1, "", "question"),
    ("objectifs", "consulter", 1, "", "question"),
    ("objectifs", "decider", 1, "", "question"),
    ("objectifs", "aucun", 1, "", "question"),
    ("objectifs", "autre", 1, "", "question"),
    ("difficultes", "moyens", 1, "", "question"),
    ("difficultes", "temps", 1, "", "question"),
    ("difficultes", "precision", 1, "", "question"),
    ("priorites", "cout", 1, "", "question"),
    ("priorites", "securite", 1, "", "question"),
    ("priorites", "ergonomie", 1, "", "question"),
    ("budget", "", 1, "", "question"),
    ("agents", "", 1, "", "question"),
    ("commentaire", "", 1, "", "question"),
    ("contact", "", 1, "", "personal"),
    ("outil_type", "", 1, "", "question"),
    ("outil_usages", "idees", 1, "", "question"),
    ("outil_usages", "budget_participatif", 1, "", "question"),
    ("outil_nom", "", 1, "", "question"),
    ("outil_type", "", 2, "", "question"),
    ("outil_usages", "idees", 2, "", "question"),
    ("outil_usages", "budget_participatif", 2, "", "question"),
    ("outil_nom", "", 2, "", "question"),
]

_RESPONSES = rows()
_MANY_BLANK = [[*record, "", ""] for record in _RESPONSES]
_MANY_BLANK += [[""] * len(_MANY_BLANK[0])] * 2

CONTAINERS = {
    "csv": {"a__csv": as_csv(_RESPONSES)},
    "semicolon": {"a__csv": as_csv(_RESPONSES, delimiter=";")},
    "bom": {"a__csv": as_csv(_RESPONSES, encoding="utf-8-sig")},
    "cp1252": {"a__csv": as_csv(_RESPONSES, encoding="cp1252")},
    "utf16": {"a__csv": as_csv(_RESPONSES, encoding="utf-16")},
    "lf": {"a__csv": as_csv(_RESPONSES, end="\n")},
    "cr": {"a__csv": as_csv(_RESPONSES, end="\r")},
    "xlsx": {"a__xlsx": as_xlsx(_RESPONSES)},
    "zip": {"a__zip": as_zip({"CSV/Sheet_1.csv": as_csv(_RESPONSES), ".DS_Store": b"x"})},
    "zipped workbook": {"a__zip": as_zip({"Étude\u00a02018.xlsx": as_xlsx(_RESPONSES)})},
    "old names": {"a__csv": as_csv(rows(names=OLD_NAMES, under="\x00"))},
    "French names": {"a__csv": as_csv(rows(names=FRENCH_NAMES))},
    "names repeated": {
        "a__csv": as_csv([_RESPONSES[0], NEW_NAMES + _RESPONSES[1][9:], *_RESPONSES[2:]])
    },
    "few names": {"a__csv": as_csv(rows(names=["Respondent ID", "End Date"]))},
    "no metadata": {"a__csv": as_csv(rows(names=[]))},
    "blank rows and columns": {"a__csv": as_csv(_MANY_BLANK)},
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_the_same_mapping_and_cells(tmp_path, container):
    raw = read(land(tmp_path / "in", **CONTAINERS[container]))
    assert mapping(raw) == EXPECTED
    first = raw.raw_columns.loc[raw.raw_columns["variable"] == "profil", "column"].iloc[0]
    assert list(raw.raw_responses[first]) == [CONDENSED[0][2], CONDENSED[0][3], CONDENSED[0][4]]
    assert list(raw.raw_responses["row"]) == [3, 4, 5]
    assert raw.source_files["rows"].tolist() == [3]


def test_frames_are_the_declared_tables(tmp_path):
    raw = read(land(tmp_path / "in", a__csv=as_csv(_RESPONSES)))
    tables = catalogue(CODEBOOK)
    for name in ("source_files", "raw_columns", "raw_responses"):
        frame = getattr(raw, name)
        pd.testing.assert_frame_equal(conform(frame, tables[name]), frame)


def test_metadata_and_personal_columns_are_named(tmp_path):
    raw = read(land(tmp_path / "in", a__csv=as_csv(_RESPONSES)))
    fields = raw.raw_columns.head(9)
    assert fields["field"].tolist() == [
        "respondent_id",
        "collector_id",
        "started_at",
        "ended_at",
        "ip_address",
        "email",
        "first_name",
        "last_name",
        "custom_data",
    ]
    assert fields["role"].tolist() == ["metadata"] * 4 + ["personal"] * 5


def test_personal_cells_stand_in_no_table(tmp_path):
    raw = read(land(tmp_path / "in", a__csv=as_csv(_RESPONSES)))
    everything = " ".join(
        frame.to_csv() for frame in (raw.source_files, raw.raw_columns, raw.raw_responses)
    )
    for secret in ("anne@example.org", "192.0.2.7", "Exemple"):
        assert secret not in everything
    assert "c018" in raw.raw_responses.columns
    assert not {"c005", "c006", "c007", "c008", "c009", "c027"} & set(raw.raw_responses.columns)


@pytest.mark.parametrize("under", ["", "\x00"])
def test_metadata_under_unknown_names_are_found_by_structure(tmp_path, under):
    records = rows(under=under)
    records[0][:6] = ["Nº", "", "Anfang", "Ende", "Rechner", "Post"]
    raw = read(land(tmp_path / "in", a__csv=as_csv(records)))
    assert raw.raw_columns["field"].tolist()[:6] == [
        "respondent_id",
        "collector_id",
        "started_at",
        "ended_at",
        "ip_address",
        "email",
    ]


def test_blanked_metadata_header_leaves_blank_columns(tmp_path):
    records = rows()
    for record in records:
        record[:3] = ["", "", ""]
    raw = read(land(tmp_path / "in", a__csv=as_csv(records)))
    assert raw.raw_columns["role"].tolist()[:4] == ["blank"] * 3 + ["metadata"]
    blank, nameless = json.loads(raw.source_files["damage"].iloc[0])
    assert (blank["rule"], blank["where"], blank["count"]) == (
        "blank_columns",
        "columns A to C",
        3,
    )
    assert (nameless["rule"], nameless["count"]) == ("no_identifiers", 3)


def test_the_local_word_for_response_is_the_most_frequent_one(tmp_path):
    words = {"Response": "Antwort", "Open-Ended Response": "Offene Antwort"}
    columns = [(title, words.get(label, label), *cells) for title, label, *cells in CONDENSED]
    assert mapping(read(land(tmp_path / "in", a__csv=as_csv(rows(columns))))) == EXPECTED


def test_expanded_covers_what_condensed_covers(tmp_path):
    condensed = read(land(tmp_path / "a", a__csv=as_csv(_RESPONSES)))
    wide = read(land(tmp_path / "b", a__csv=as_csv(rows(expanded()))))
    assert condensed.source_files["layout"].tolist() == ["condensed"]
    assert wide.source_files["layout"].tolist() == ["expanded"]
    assert {t[:3] for t in mapping(wide)} == {t[:3] for t in mapping(condensed)}
    codes: dict[str, list[str]] = {}
    for variable, item, _, code, _ in mapping(wide):
        if code:
            codes.setdefault(f"{variable}.{item}", []).append(code)
    assert codes == {
        "profil.": ["commune", "departement", "region"],
        "profil.autre": ["autre"],
        "equipe.": ["oui", "non"],
        "difficultes.moyens": ["jamais", "parfois", "souvent", "do_not_know"],
        "difficultes.temps": ["jamais", "parfois", "souvent", "do_not_know"],
        "budget.": ["moins_5000", "de_5000_a_20000", "plus_20000", "do_not_know"],
        "outil_type.": ["plateforme", "application"] * 2,
    }


def test_expanded_other_beside_its_own_tick_is_text_only(tmp_path):
    columns = expanded()
    columns.insert(3, ("", "Autre", "", "Autre", ""))
    found = mapping(read(land(tmp_path / "in", a__csv=as_csv(rows(columns)))))
    assert ("profil", "", 1, "autre", "question") in found
    assert ("profil", "autre", 1, "", "question") in found


def test_expanded_ranking_and_rating_scale_without_row_label(tmp_path):
    columns = expanded()
    place = next(k for k, column in enumerate(columns) if column[0] == "Classez vos priorités")
    ranks = [
        ("Classez vos priorités" if k == 0 else "", f"{item} - {rank}", "", "", "")
        for k, (item, rank) in enumerate(
            (item, rank) for item in ("Le coût", "La sécurité", "L’ergonomie") for rank in (1, 2, 3)
        )
    ]
    columns[place : place + 3] = ranks
    columns = [
        (title, f" - {label}" if label in ("Oui", "Non") else label, *cells)
        for title, label, *cells in columns
    ]
    found = mapping(read(land(tmp_path / "in", a__csv=as_csv(rows(columns)))))
    assert [(t[1], t[3]) for t in found if t[0] == "priorites"] == [
        (item, f"rank_{rank}") for item in ("cout", "securite", "ergonomie") for rank in (1, 2, 3)
    ]
    assert [t[3] for t in found if t[0] == "equipe"] == ["oui", "non"]


def test_workbook_dates_become_iso_text_and_integers_lose_their_fraction(tmp_path):
    records: list[list[object]] = [list(record) for record in rows(names=NEW_NAMES[:4])]
    for k, record in enumerate(records[2:]):
        record[0] = int(METADATA[k][0])
        record[2] = datetime(2018, 3, 24, 21, 8, 27)
    raw = read(land(tmp_path / "in", a__xlsx=as_xlsx(records)))
    assert raw.raw_responses["c001"].tolist()[0] == "10650304707"
    assert raw.raw_responses["c003"].tolist()[0] == "2018-03-24 21:08:27"
    assert raw.source_files.loc[0, ["encoding", "delimiter"]].tolist() == ["", ""]


def test_two_files_keep_their_rows_and_the_union_of_their_columns(tmp_path):
    second = rows(names=["Respondent ID"])
    for record in second[2:]:
        record[0] = "9" + record[0][1:]
    raw = read(land(tmp_path / "in", b__csv=as_csv(second), a__csv=as_csv(_RESPONSES)))
    assert raw.source_files["source_id"].tolist() == ["s1", "s2"]
    assert raw.source_files["file"].tolist() == ["a.csv", "b.csv"]
    assert raw.raw_responses["source_id"].tolist() == ["s1"] * 3 + ["s2"] * 3
    last = f"c{len(_RESPONSES[0]):03d}"
    assert raw.raw_responses[last].tolist() == ["", "", "Forum", "", "", ""]


def test_split_sheets_complete_each_other(tmp_path):
    first = [record[:19] for record in _RESPONSES]
    second = [record[:9] + record[19:] for record in _RESPONSES]
    second[0][9] = "Rencontrez-vous ces difficultés ?"
    archive = as_zip({"CSV/Sheet_1.csv": as_csv(first), "CSV/Sheet_2.csv": as_csv(second)})
    raw = read(land(tmp_path / "in", a__zip=archive))
    assert sorted(mapping(raw)) == sorted(EXPECTED)
    assert raw.source_files["member"].tolist() == ["CSV/Sheet_1.csv", "CSV/Sheet_2.csv"]


def test_titles_repeated_by_instance_are_taken_in_order(tmp_path):
    texts = tuple(
        c.model_copy(update={"text": c.text.replace("Outil {instance} : quel type", "Quel type")})
        for c in CODEBOOK.columns
    )
    columns = [
        (
            title.replace("Outil 1 : quel type", "Quel type").replace(
                "Outil 2 : quel type", "Quel type"
            ),
            *rest,
        )
        for title, *rest in CONDENSED
    ]
    folder = land(tmp_path / "in", a__csv=as_csv(rows(columns)))
    raw = read_landing(folder, edition="2018", codebook=small_codebook(columns=texts))
    assert mapping(raw) == EXPECTED


def test_blank_means_no_character_that_shows(tmp_path):
    records = rows()
    records[2][10] = " \u00a0\u200b"
    raw = read(land(tmp_path / "in", a__csv=as_csv(records)))
    assert raw.raw_columns.loc[10, "cells_in"] == 1
    assert raw.raw_responses.loc[0, "c011"] == ""
    assert json.loads(raw.source_files["damage"].iloc[0]) == [
        {
            "rule": "spaces_only",
            "where": "cells that hold only spaces",
            "count": 1,
            "example": "",
            "repaired": "taken as blank",
        }
    ]


def test_na_is_an_answer(tmp_path):
    raw = read(land(tmp_path / "in", a__csv=as_csv(_RESPONSES)))
    assert raw.raw_responses.loc[0, "c026"] == "N/A"


def test_row_numbers_are_those_of_a_spreadsheet(tmp_path):
    records = rows()
    records.insert(3, [""] * len(records[0]))
    data = as_csv(records).replace(b"N/A", b'"N\nA"')
    raw = read(land(tmp_path / "in", a__csv=data))
    assert raw.raw_responses["row"].tolist() == [3, 5, 6]


def test_cells_in_counts_every_cell_that_is_not_blank(tmp_path):
    raw = read(land(tmp_path / "in", a__csv=as_csv(_RESPONSES)))
    expected = [sum(bool(record[k]) for record in _RESPONSES[2:]) for k in range(35)]
    assert raw.raw_columns["cells_in"].tolist() == expected
    assert raw.source_files["cells_in"].tolist() == [sum(expected)]


def test_damage_is_listed_with_rule_place_and_count(tmp_path):
    data = as_csv(rows(names=OLD_NAMES, under="\x00"), encoding="utf-8-sig").rstrip()
    raw = read(land(tmp_path / "in", a__csv=data))
    found = {d["rule"]: d["count"] for d in json.loads(raw.source_files["damage"].iloc[0])}
    assert found == {"byte_order_mark": 1, "nul_characters": 9}


def test_manifest_says_synthetic(tmp_path):
    branded = as_csv(rows(custom="DONNEES SYNTHETIQUES"))
    raw = read(land(tmp_path / "in", a__csv=branded, manifest__yaml="synthetic: true\nnote: x\n"))
    assert raw.synthetic
    assert raw.source_files["synthetic"].tolist() == [True]


def test_landing_checksum_follows_names_and_contents_of_visible_files(tmp_path):
    folder = land(tmp_path / "in", a__csv=b"x")
    before = landing_sha256(folder)
    (folder / ".hidden").write_text("y")
    assert landing_sha256(folder) == before
    (folder / "a.csv").rename(folder / "b.csv")
    renamed = landing_sha256(folder)
    assert renamed != before
    (folder / "b.csv").write_text("z")
    assert landing_sha256(folder) not in (before, renamed)
