"""A small directory of made-up projects in the shape of the real one, and the real one."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from observatoire_pipeline.codebook.directory import read_directory_book
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.collectivites.reference import read_reference
from observatoire_pipeline.ingest.directory import read_directory
from observatoire_pipeline.tables.catalogue import catalogue

COLUMNS = (
    "de_id", "slug", "tag_structure", "code_structure", "tag_dispositif", "code_dispositif",
    "tag_thematique", "code_thematique", "titre_projet", "porteur_projet", "porteur_projet_full",
    "presentation_projet", "acteurs", "adresse_raw", "adresse_rue", "adresse_code_postal",
    "adresse_commune", "adresse_postale", "lat", "lon", "source", "url_site", "url_logo",
    "url_pdf", "a_retenir", "titre_etapes", "etapes",
)  # fmt: skip
PROJECT = dict.fromkeys(COLUMNS, "") | {
    "tag_structure": "GRANDE VILLE  \nCOMMUNAUTE URBAINE  METROPOLE",
    "code_structure": "GV",
    "tag_dispositif": "DISPOSITIF DE CONSULTATION ",
    "code_dispositif": "DC",
    "tag_thematique": "URBANISME & AMENAGEMENT       ",
    "code_thematique": "URB",
    "porteur_projet": "Mairie de Rennes ",
    "adresse_code_postal": "35000",
    "adresse_commune": "RENNES",
    "lat": "48.11",
    "lon": "-1.68",
    "source": "Lauréat des Trophées de la participation \net de la Concertation 2017",
}
ROOT = packaged_codebook()


def project(number: int, **cells: str) -> dict[str, str]:
    return PROJECT | {"de_id": f"DE_fiche_{number}_", "titre_projet": f"Projet {number}"} | cells


def write(
    folder: Path,
    *projects: dict[str, str],
    name: str = "ressources.csv",
    encoding: str = "utf-8",
    delimiter: str = ",",
    columns: tuple[str, ...] = COLUMNS,
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=delimiter, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(projects)
    return folder


def read(folder: Path):
    return read_directory(
        folder,
        book=read_directory_book(ROOT),
        reference=read_reference,
        tables=catalogue(read_codebook(ROOT)),
    )


def real_directory() -> Path:
    """Return the file as its owner published it; skip, or fail in CI, where it is absent."""
    shared = Path(os.environ.get("OBSERVATOIRE_SHARED") or Path(__file__).parents[4] / "shared")
    path = shared / "real_exports" / "decider_ensemble" / "ressources.csv"
    if not path.is_file():
        reason = f"the real directory is not at {path}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
