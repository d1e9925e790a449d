"""The directory of projects: what is read, what is repaired by name, what is refused at once."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.ingest.directory import (
    REMOVED,
    clean_text,
    directory_files,
    located,
    unaccounted,
)
from observatoire_pipeline.ingest.refusal import RefusedExport
from observatoire_pipeline.tables.catalogue import DIRECTORY_READ
from observatoire_pipeline_tests.unit.ingest import directories
from observatoire_pipeline_tests.unit.ingest.directories import project, write


def one(tmp_path, **cells):
    return directories.read(write(tmp_path / "directory", project(1, **cells)))


def refusal(tmp_path, *projects, **how) -> str:
    with pytest.raises(RefusedExport) as refused:
        directories.read(write(tmp_path / "directory", *projects, **how))
    return str(refused.value)


def codes_of(frames, facet):
    codes = frames["directory_project_codes"]
    return codes.loc[codes["facet"] == facet, "code"].tolist()


# --- which file -----------------------------------------------------------------------------


def test_nothing_landed_makes_empty_tables(tmp_path):
    frames = directories.read(tmp_path / "directory")
    assert list(frames) == list(DIRECTORY_READ)
    assert all(frame.empty for frame in frames.values())


def test_the_last_file_by_name_is_read_and_the_others_are_listed(tmp_path):
    folder = write(tmp_path / "directory", project(1))
    write(folder, project(1), project(2), name="ressources-2022-10.csv")
    frames = directories.read(folder)
    states = frames["directory_files"].set_index("file")["state"].to_dict()
    assert states == {"ressources.csv": "superseded", "ressources-2022-10.csv": "read"}
    assert len(frames["directory_projects"]) == 2


def test_files_of_other_names_are_named_all_at_once(tmp_path):
    folder = write(tmp_path / "directory", project(1))
    (folder / "annuaire.csv").write_text("x")
    (folder / "notes.txt").write_text("x")
    with pytest.raises(RefusedExport) as refused:
        directory_files(folder)
    assert "annuaire.csv" in str(refused.value)
    assert "notes.txt" in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_encodings_and_delimiters_are_found(tmp_path, encoding, delimiter):
    folder = write(
        tmp_path / "directory",
        project(1, porteur_projet="Ville de Marcq-en-Barœul", adresse_commune="Séné"),
        project(2, presentation_projet='dit "ensemble", et ; aussi\nici'),
        encoding=encoding,
        delimiter=delimiter,
    )
    projects = directories.read(folder)["directory_projects"]
    assert projects["owner"].tolist()[0] == "Ville de Marcq-en-Barœul"
    assert projects["presentation"].tolist()[1] == 'dit "ensemble", et ; aussi\nici'


# --- facets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["DC-PN", "DC - PN", "DC\nPN", " DC -PN "])
def test_the_three_separators_of_codes(tmp_path, cell):
    tag = "DISPOSITIF DE CONSULTATION \n\nPARTICIPATION EN LIGNE  "
    frames = one(tmp_path, code_dispositif=cell, tag_dispositif=tag)
    assert codes_of(frames, "device") == ["DC", "PN"]
    assert set(frames["directory_project_codes"].query("facet == 'device'")["evidence"]) == {"both"}


@pytest.mark.parametrize(
    "label", ["DEPARTEMENT", "DÉPARTEMENT ", "Département", "\nDEPARTEMENT\n", "DE\u0301PARTEMENT"]
)
def test_label_noise_is_folded(tmp_path, label):
    frames = one(tmp_path, tag_structure=label, code_structure="DEP")
    assert codes_of(frames, "structure") == ["DEP"]


def test_a_label_alone_and_a_code_alone_are_enough(tmp_path):
    frames = one(tmp_path, code_thematique="", tag_dispositif="")
    assert codes_of(frames, "theme") == ["URB"]
    codes = frames["directory_project_codes"].set_index("facet")["evidence"]
    assert (codes["theme"], codes["device"]) == ("label", "code")


def test_a_typed_slip_of_the_codebook_is_read(tmp_path):
    frames = one(
        tmp_path,
        code_dispositif="DDP-PN",
        tag_dispositif="DIALOGUE PARTIES PRENANTES\n\nPARTICIPATION EN LIGNE",
    )
    assert codes_of(frames, "device") == ["DPP", "PN"]


def test_everything_unknown_is_listed_at_once_with_the_nearest_and_the_line_to_edit(tmp_path):
    said = refusal(
        tmp_path,
        project(1, code_dispositif="XX", tag_dispositif=""),
        project(2, tag_thematique="URBANISM", code_thematique=""),
        project(3, tag_thematique="URBANISM", code_thematique=""),
        project(4, tag_structure="", code_structure="ZZ"),
    )
    assert "3 problems" in said
    assert "row 2, code_dispositif: found the code “XX”" in said
    assert "found the label “URBANISM” (2 rows)" in said
    assert "the nearest is “Urbanisme et aménagement”" in said
    line = int(re.search(r"add it to variants at directory\.yaml:(\d+)", said)[1])
    text = (directories.ROOT / "directory.yaml").read_text(encoding="utf-8").splitlines()[line - 1]
    assert "code: URB" in text


def test_codes_that_contradict_their_labels_are_refused(tmp_path):
    said = refusal(tmp_path, project(1, code_thematique="ENV"))
    assert "the codes ENV beside the labels of URB" in said


def test_two_codes_of_what_has_one_are_refused(tmp_path):
    said = refusal(tmp_path, project(1, code_structure="GV-DEP", tag_structure=""))
    assert "2 codes (GV + DEP)" in said


def test_a_project_without_a_device_is_refused(tmp_path):
    assert "no device" in refusal(tmp_path, project(1, code_dispositif="", tag_dispositif=" "))


# --- the shape ------------------------------------------------------------------------------


def test_missing_unknown_and_repeated_columns_are_listed_at_once(tmp_path):
    columns = (*directories.COLUMNS[:-2], "etapes", "note", "note")
    said = refusal(tmp_path, project(1), columns=columns)
    assert "no column “titre_etapes”" in said
    assert "the column “note”; expected a column that the codebook declares" in said
    assert "the column “note” 2 times" in said


def test_a_row_that_is_too_long_is_named(tmp_path):
    folder = write(tmp_path / "directory", project(1), project(2))
    path = folder / "ressources.csv"
    path.write_text(path.read_text(encoding="utf-8") + "a,b\n", encoding="utf-8")
    with pytest.raises(RefusedExport, match="2 cells; expected 27"):
        directories.read(folder)


def test_a_file_without_rows_is_refused(tmp_path):
    assert "a single row" in refusal(tmp_path)


def test_an_identifier_given_twice_and_a_missing_one_are_named_with_their_rows(tmp_path):
    said = refusal(tmp_path, project(1), project(1), project(2, de_id=" "), project(3))
    assert "row 2, 3: found the de_id “DE_fiche_1” 2 times" in said.replace("rows", "row")
    assert "row 4: found no de_id" in said


def test_a_project_without_title_or_owner_is_refused(tmp_path):
    said = refusal(tmp_path, project(1, titre_projet=""), project(2, porteur_projet="\n"))
    assert "row 2, titre_projet" in said
    assert "row 3, porteur_projet" in said


def test_the_same_title_and_owner_under_another_identifier_is_named_and_kept(tmp_path):
    folder = write(
        tmp_path / "directory", project(1, titre_projet="Le BP"), project(2, titre_projet="LE  BP")
    )
    projects = directories.read(folder)["directory_projects"]
    assert projects["duplicate_of"].tolist() == ["", "DE_fiche_1"]


# --- places ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lat", "lon", "words"),
    [
        ("40.4", "-3.7", "correct both"),
        ("-1.68", "48.11", "the two are swapped"),
        ("abc", "2.3", "correct both"),
        ("48.1", "", "correct both"),
        ("nan", "2.3", "correct both"),
    ],
)
def test_coordinates_outside_france_are_refused(tmp_path, lat, lon, words):
    said = refusal(tmp_path, project(1, lat=lat, lon=lon))
    assert "row 2, lat and lon" in said
    assert words in said


@pytest.mark.parametrize(
    ("postcode", "lat", "lon", "departement"),
    [
        ("97100", "16.0", "-61.7", "971"),
        ("97200", "14.6", "-61.07", "972"),
        ("97355", "5.01", "-52.47", "973"),
        ("97400", "-20.9", "55.48", "974"),
        ("97600", "-12.78", "45.23", "976"),
        ("20000", "41.92", "8.74", "2A"),
        ("20200", "42.7", "9.45", "2B"),
        ("9300", "42.93", "1.85", "09"),
        ("75004", "48,85", "2,35", "75"),
    ],
)
def test_places_overseas_corsica_and_lost_zeros(tmp_path, postcode, lat, lon, departement):
    made = one(
        tmp_path, adresse_code_postal=postcode, lat=lat, lon=lon, porteur_projet="Un collectif"
    )["directory_projects"].iloc[0]
    assert made["departement"] == departement
    assert made["place_evidence"] == "agrees"
    assert len(made["postcode"]) == 5


def test_a_postcode_that_is_none_is_refused(tmp_path):
    assert "a postcode of five digits" in refusal(tmp_path, project(1, adresse_code_postal="Cedex"))


def test_a_blank_postcode_is_read_out_of_the_address(tmp_path):
    made = one(tmp_path, adresse_code_postal="", adresse_postale="2 rue X\r\n 35200 RENNES")
    assert made["directory_projects"]["postcode"].tolist() == ["35200"]


@pytest.mark.parametrize(
    ("postcode", "around", "of_owner", "has_point", "expected"),
    [
        ("35000", ["35", "56"], [], True, ("35", "agrees")),
        ("35000", [], [], False, ("35", "postcode_alone")),
        ("35000", ["59"], ["35"], True, ("35", "owner_and_postcode_against_coordinates")),
        ("67190", ["974"], ["974"], True, ("974", "owner_and_coordinates_against_postcode")),
        ("93418", ["34", "30"], [], True, ("93", "postcode_against_coordinates")),
        ("", ["01", "69"], ["01"], True, ("01", "owner_and_coordinates")),
        ("", ["974"], [], True, ("974", "coordinates_alone")),
        ("", ["01", "69"], [], True, ("unknown", "nothing")),
        ("", [], ["35"], False, ("unknown", "nothing")),
    ],
)
def test_two_that_agree_outweigh_the_third(postcode, around, of_owner, has_point, expected):
    assert located(postcode, around, of_owner, has_point=has_point) == expected


# --- owners ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "postcode", "structure", "expected"),
    [
        ("Mairie de Rennes", "35000", "GV", ("linked", "commune", "35238", "commune")),
        ("Métropole Européenne de Lille", "59040", "GV",
         ("linked", "epci", "245900410", "intercommunalite")),
        ("Département du Gers ", "32000", "DEP", ("linked", "departement", "32", "departement")),
        ("Région Bretagne", "35700", "RG", ("linked", "region", "53", "region")),
        ("SNCF Réseau", "93418", "ENT", ("none", "", "", "entreprise")),
        ("Préfecture de l'Hérault", "34064", "AE", ("none", "", "", "etat")),
        ("Conseil citoyen de Marlioz", "73100", "AC", ("none", "", "", "association")),
        ("Centre Communal d'Action Sociale de Macouria", "97355", "PV",
         ("none", "", "", "collectivite")),
        ("Rennes", "35000", "ENT", ("review", "commune", "35238", "entreprise")),
    ],
)  # fmt: skip
def test_owners_are_linked_or_say_what_they_are(tmp_path, owner, postcode, structure, expected):
    made = one(
        tmp_path, porteur_projet=owner, adresse_code_postal=postcode, code_structure=structure,
        tag_structure="", lat="", lon="",
    )["directory_projects"].iloc[0]  # fmt: skip
    found = tuple(made[f"owner_{name}"] for name in ("decision", "kind", "code", "type"))
    assert found == expected
    assert made["owner_reason"]


# --- texts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Un. //\n\nDeux.\xa0//\n\nTrois", "Un.\nDeux.\nTrois"),
        ("Mai 2019 :: Vote // Juin :: Fête", "Mai 2019\u00a0: Vote\nJuin\u00a0: Fête"),
        (
            "voir https://participation.exemple.fr//ici",
            "voir https://participation.exemple.fr\nici",
        ),
        ("<p>Un &amp; deux</p><br/>trois<b>!</b>", "Un & deux\ntrois!"),
        ("moins de 3 < 4 et 5 > 2", "moins de 3 < 4 et 5 > 2"),
    ],
)
def test_separators_and_html_are_read(text, cleaned):
    assert clean_text(text) == (cleaned, 0)


def test_contacts_of_people_are_taken_out_and_counted(tmp_path):
    text = "Écrire à jeanne.martin@exemple.fr ou au 06 12 34 56 78, budget 20 000 000 €"
    assert clean_text(text) == (f"Écrire à {REMOVED} ou au {REMOVED}, budget 20 000 000 €", 2)
    made = one(tmp_path, acteurs=text)["directory_projects"].iloc[0]
    assert made["contacts_removed"] == 2
    assert "jeanne" not in made["actors"]


@given(st.text(alphabet="ab /:<>&;@.é\n\t0", max_size=60))
def test_cleaning_again_removes_no_more_contacts_and_leaves_no_blank_line(text):
    cleaned, _ = clean_text(text)
    assert "" not in cleaned.split("\n")[1:]
    assert clean_text(cleaned)[1] == 0


# --- conservation ---------------------------------------------------------------------------


def test_cells_are_conserved_and_a_lost_one_is_named(tmp_path):
    frames = one(tmp_path, url_logo="https://exemple.fr/logo.png")
    tables = [frames[name] for name in DIRECTORY_READ[1:]]
    assert unaccounted(*tables) == []
    columns = tables[0].copy()
    assert columns["cells_dropped"].sum() == 1
    columns.loc[columns["name"] == "lat", "cells_kept"] = 0
    (said,) = unaccounted(columns, *tables[1:])
    assert said.startswith("lat: 1 cells")
    assert unaccounted(tables[0], tables[1], tables[2].iloc[:0], tables[3])


# --- the real file --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    path = directories.real_directory()
    folder = tmp_path_factory.mktemp("landing") / "directory"
    folder.mkdir()
    shutil.copy(path, folder)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), directories.read(folder)


def test_the_real_directory_is_read_whole(real):
    rows, frames = real
    assert len(rows) == len(frames["directory_projects"]) == 83
    columns = frames["directory_columns"].set_index("name")
    for name in rows[0]:
        assert columns.loc[name, "cells_in"] == sum(1 for row in rows if row[name].strip()), name
    assert unaccounted(*(frames[name] for name in DIRECTORY_READ[1:])) == []


def test_the_codes_of_the_real_directory_are_those_of_a_reading_of_its_own(real):
    rows, frames = real
    for facet, column in (("device", "code_dispositif"), ("theme", "code_thematique")):
        counted = Counter(
            "DPP" if code == "DDP" else code
            for row in rows
            for code in re.findall(r"[A-Z]+", row[column])
        )
        assert Counter(codes_of(frames, facet)) == counted
    structure = Counter(row["code_structure"].strip() for row in rows)
    assert Counter(codes_of(frames, "structure")) == structure


def test_the_three_spellings_of_the_barometer_are_one_source(real):
    rows, frames = real
    spelled = [row["source"] for row in rows if row["source"].startswith("Cas")]
    assert len(set(spelled)) == 3
    assert codes_of(frames, "source").count("barometre_retrospectif") == len(spelled) == 14


def test_owners_of_the_real_directory(real):
    _, frames = real
    projects = frames["directory_projects"].set_index("project_id")
    decided = projects["owner_decision"].astype(str)
    assert decided.value_counts().to_dict() == {"linked": 57, "none": 24, "review": 2}
    # Whoever the directory calls a company, an association or the State is no collectivité.
    linked = projects[decided == "linked"]
    codes = frames["directory_project_codes"].query("facet == 'structure'")
    structure = codes.set_index("project_id")["code"]
    assert set(structure[linked.index]) <= {"GV", "VM", "PV", "DEP", "RG"}
    assert linked.loc["DE_fiche_44", "owner_code"] == "245900410"
    assert linked.loc["DE_fiche_33", "owner_code"] == "59350"


def test_places_of_the_real_directory_that_contradict_themselves_are_named(real):
    projects = real[1]["directory_projects"].set_index("project_id")
    told = projects["place_evidence"].astype(str)
    assert told.value_counts().to_dict() == {
        "agrees": 78,
        "postcode_against_coordinates": 3,
        "owner_and_postcode_against_coordinates": 1,
        "owner_and_coordinates_against_postcode": 1,
    }
    assert projects.loc["DE_fiche_10", ["postcode", "departement"]].tolist() == ["67190", "974"]
    assert projects.loc["DE_fiche_75", "departement"] == "35"
    assert projects.loc["DE_fiche_38", ["postcode", "departement"]].tolist() == ["09240", "09"]
    assert "unknown" not in set(projects["departement"])


def test_texts_of_the_real_directory_hold_no_separator(real):
    projects = real[1]["directory_projects"]
    for name in ("presentation", "steps", "lesson"):
        assert not projects[name].str.contains(r"(?<!:)//|::|<br|&amp;", regex=True).any(), name
