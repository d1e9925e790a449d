"""Whether the directory of projects may stand in a release, and what the cover says of it.

In: the receipt of the directory against what is stored and what has landed. Not in: how it is read
(`ingest.directory`), how a release is written (`release`).

A directory that was refused holds up no edition: the release keeps the one accepted before, or
none, and says so on its cover.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

RECEIPT = "accepted_directory"
_HARD = "\u00a0"


@dataclass(frozen=True)
class Standing:
    """What is known of the directory when a release is made.

    Attributes:
        receipt: The row of `accepted_directory`, None where no directory was ever accepted.
        stored: Checksum of each table of the directory as stored, by name; absent ones left out.
        landed: Checksum of what stands in its landing folder, "" for nothing, None where it cannot
            be read.
        title, licence: Of the directory, as the codebook has them; "" without one.
    """

    receipt: Mapping[str, object] | None
    stored: Mapping[str, str]
    landed: str | None
    title: str = ""
    licence: str = ""


def receipt_of(
    files: pd.DataFrame, projects: pd.DataFrame, stored: Mapping[str, str], *, run_id: str
) -> dict[str, object]:
    """Return the receipt of a directory that passed every blocking check.

    Args:
        files: Frame of `directory_files`.
        projects: Frame of `directory_projects`.
        stored: Checksum of each of its tables, by name.
        run_id: The run that accepts it.
    """
    read = files[files["state"] == "read"]
    last = read.iloc[0] if len(read) else None
    return {
        "file": "" if last is None else str(last["file"]),
        "projects": len(projects),
        "landing_sha256": "" if last is None else str(last["landing_sha256"]),
        "directory_sha256": "" if last is None else str(last["directory_sha256"]),
        "table_sha256": json.dumps(dict(sorted(stored.items()))),
        "run_id": run_id,
    }


def judge(standing: Standing) -> tuple[bool, list[str]]:
    """Return whether the stored directory goes into the release, and the notes for its cover."""
    receipt = standing.receipt
    whole = receipt is not None and json.loads(str(receipt["table_sha256"])) == standing.stored
    projects = int(str(receipt["projects"])) if receipt is not None and whole else 0
    notes = []
    if projects:
        notes.append(
            f"L’annuaire (tables `directory_*` et `mart_directory`) décrit {projects} projets "
            f"réels{_HARD}: «{_HARD}{standing.title}{_HARD}». Licence de l’annuaire{_HARD}: "
            f"{standing.licence}. La mention «{_HARD}données synthétiques{_HARD}» ne le concerne "
            "pas."
        )
    known = ("", "" if receipt is None else receipt["landing_sha256"])  # an emptied folder is tidy
    waiting = standing.landed not in known
    if waiting and whole and projects:
        notes.append(
            "L’annuaire déposé depuis n’a pas été accepté ou reste à lire. Celui de cette "
            "publication est le précédent."
        )
    elif waiting or (receipt is not None and not whole):
        notes.append(
            "L’annuaire déposé n’a pas été accepté ou reste à lire. Cette publication n’en "
            "contient aucun."
        )
    if not notes:
        notes.append(
            f"Aucun annuaire n’a été déposé{_HARD}: les tables `directory_*` et `mart_directory` "
            "sont vides."
        )
    return whole, notes
