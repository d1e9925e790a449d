"""`directory.yaml`: read strictly, errors with their line, apart from the codebook's checksum."""

from __future__ import annotations

import shutil

import pytest

from observatoire_pipeline.codebook.directory import (
    FacetReader,
    directory_sha256,
    fold_label,
    nearest,
    read_directory_book,
)
from observatoire_pipeline.codebook.models import Edition
from observatoire_pipeline.codebook.reader import (
    CodebookError,
    codebook_sha256,
    packaged_codebook,
)


@pytest.fixture
def root(tmp_path):
    return shutil.copytree(packaged_codebook(), tmp_path / "codebook")


def edit(root, before, after):
    path = root / "directory.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def problems(root) -> str:
    with pytest.raises(CodebookError) as raised:
        read_directory_book(root)
    return str(raised.value)


def test_a_survey_without_the_file_has_no_directory(tmp_path):
    assert read_directory_book(tmp_path) is None
    assert directory_sha256(tmp_path) == ""


def test_an_edition_is_not_read_again_because_the_directory_has_a_new_label(root):
    before, of_directory = codebook_sha256(root), directory_sha256(root)
    edit(root, 'label: "Santé"', 'label: "Santé", variants: ["Soins"]')
    assert codebook_sha256(root) == before
    assert directory_sha256(root) != of_directory


def test_every_error_is_listed_with_its_line(root):
    edit(root, "{column: slug, dropped: ", "{column: slug, droped: ")
    edit(root, 'typed: ["DDP"]', 'typed: ["DC"]')
    said = problems(root)
    assert "unknown key" in said
    assert "droped" in said
    edit(root, "droped", "dropped")
    said = problems(root)
    assert "the code 'DC' stands for DC and for DPP" in said
    line = int(said.split("directory.yaml:")[1].split(":")[0])
    text = (root / "directory.yaml").read_text(encoding="utf-8").splitlines()[line - 1]
    assert "DPP" in text


def test_a_column_that_the_reader_needs_must_be_declared(root):
    edit(root, "field: latitude", 'dropped: "no"')
    assert "no column has field: latitude" in problems(root)


def test_every_type_of_owner_has_a_label(root):
    edit(root, '  - {owner: etat, label: "Administration d’État"}\n', "")
    assert "no label for the owner 'etat'" in problems(root)


@pytest.mark.parametrize(
    ("one", "other"),
    [("DÉPARTEMENT", "Departement "), ("URBANISME & AMENAGEMENT", "Urbanisme et\naménagement"),
     ("JEUNESSE  EDUCATION ET CULTURE", "Jeunesse, éducation et culture"), ("Œuvre", "OEUVRE")],
)  # fmt: skip
def test_what_writers_vary_is_folded(one, other):
    assert fold_label(one) == fold_label(other)


def test_a_label_with_a_separator_in_it_is_read_whole_first(root):
    book = read_directory_book(root)
    source = FacetReader(book.facets["source"])
    text = (
        "Cas d’étude de l’édition rétrospective du Baromètre de la démocratie locale "
        "numérique - 2016-2019"
    )
    assert source.labels(text) == (["barometre_retrospectif"], [])


def test_the_nearest_label_is_proposed(root):
    device = read_directory_book(root).facets["device"]
    assert (
        nearest("INSTANCES DE PARTICIPATIONS", device, codes=False) == "Instance de participation"
    )


def test_no_edition_can_have_the_folder_of_the_directory():
    entry = {"title": "Baromètre", "evidence": "assumed"}
    assert Edition.model_validate({"edition": "2021", **entry}).edition == "2021"
    with pytest.raises(ValueError, match="cannot be called 'directory'"):
        Edition.model_validate({"edition": "directory", **entry})
