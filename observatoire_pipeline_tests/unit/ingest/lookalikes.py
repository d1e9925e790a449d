"""Exports as the platform writes them, by hand, for edition 2018 of the small codebook.

In: the same three responses in the condensed and in the expanded layout, and writers of CSV, XLSX
and ZIP. Not in: anything of the code under test.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

OLD_NAMES = [
    "RespondentID",
    "CollectorID",
    "StartDate",
    "EndDate",
    "IP Address",
    "Email Address",
    "First Name",
    "LastName",
    "Custom Data",
]
NEW_NAMES = [
    "Respondent ID",
    "Collector ID",
    "Start Date",
    "End Date",
    "IP Address",
    "Email Address",
    "First Name",
    "Last Name",
    "Custom Data 1",
]
FRENCH_NAMES = [
    "ID du répondant",
    "ID du collecteur",
    "Date de début",
    "Date de fin",
    "Adresse IP",
    "Adresse e-mail",
    "Prénom",
    "Nom",
    "Données personnalisées 1",
]
METADATA = [
    ["10650304707", "227548242", "03/24/2018 9:08:27 PM", "03/24/2018 9:18:27 PM"],
    ["10650304708", "227548242", "03/25/2018 9:08:27 AM", "03/25/2018 9:18:00 AM"],
    ["10650304709", "227548242", "03/26/2018 9:08:27 AM", "03/26/2018 9:18:00 AM"],
]
PERSONAL = ["192.0.2.7", "anne@example.org", "Anne", "Exemple", ""]

# title, label, then the cells of the three responses
CONDENSED = [
    (
        "Quelle est votre collectivité ?",
        "Response",
        "Commune",
        "Autre (veuillez préciser)",
        "Région",
    ),
    ("", "Autre (veuillez préciser)", "", "Un syndicat", ""),
    ("Avez-vous un outil numérique ?", "Response", "Oui", "Non", "Oui"),
    ("Quels sont vos objectifs ?", "Informer les habitants", "Informer les habitants", "", ""),
    ("", "Consulter les habitant·e·s", "", "", "Consulter les habitant·e·s"),
    ("", "Décider avec les habitants et les associations", "", "", ""),
    ("", "Aucun", "", "Aucun", ""),
    ("", "Autre (veuillez préciser)", "", "", "Essayer"),
    ("Rencontrez-vous ces difficultés ?", "Manque de moyens", "Jamais", "Ne sait pas", ""),
    ("", "Temps - calendrier", "Parfois - rarement", "Souvent", "Jamais"),
    ("", "Commentaires :", "", "", "Rien"),
    ("Classez vos priorités", "Le coût", "1", "2", ""),
    ("", "La sécurité", "2", "1", ""),
    ("", "L’ergonomie", "3", "3", ""),
    ("Quel budget annuel ?", "Response", "Moins de 5 000 €", "Ne sait pas", "20 000 € et plus"),
    ("Combien d’agents ?", "Open-Ended Response", "12", "0", ""),
    ("Souhaitez-vous ajouter quelque chose ?", "Open-Ended Response", "N/A", "", "Merci"),
    ("Votre adresse électronique", "Open-Ended Response", "anne@example.org", "", ""),
    ("Outil 1 : quel type ?", "Response", "Plateforme", "", "Application"),
    ("Outil 1 : quels usages ?", "Boîte à idées", "Boîte à idées", "", ""),
    ("", "Budget participatif", "", "", "Budget participatif"),
    ("Outil 1 : quel nom ?", "Open-Ended Response", "Parlons", "", "Agora"),
    ("Outil 2 : quel type ?", "Response", "", "", "Plateforme"),
    ("Outil 2 : quels usages ?", "Boîte à idées", "", "", "Boîte à idées"),
    ("", "Budget participatif", "", "", ""),
    ("Outil 2 : quel nom ?", "Open-Ended Response", "", "", "Forum"),
]

_MATRIX = [
    (item, answer)
    for item in ("Manque de moyens", "Temps - calendrier")
    for answer in ("Jamais", "Parfois - rarement", "Souvent", "Ne sait pas")
]
_SCALES = {
    "Quelle est votre collectivité ?": ["Commune", "Département", "Région"],
    "Avez-vous un outil numérique ?": ["Oui", "Non"],
    "Quel budget annuel ?": [
        "Moins de 5 000 €",
        "De 5 000 à 20 000 €",
        "20 000 € et plus",
        "Ne sait pas",
    ],
    "Outil 1 : quel type ?": ["Plateforme", "Application"],
    "Outil 2 : quel type ?": ["Plateforme", "Application"],
}


def expanded() -> list[tuple[str, ...]]:
    """The same responses with one column for each choice, and one for each row and column."""
    columns: list[tuple[str, ...]] = []
    title = ""
    for found, label, *cells in CONDENSED:
        title = found or title
        if label == "Response":
            for k, answer in enumerate(_SCALES[title]):
                ticks = [answer if cell == answer else "" for cell in cells]
                columns.append((title if k == 0 else "", answer, *ticks))
        elif label in ("Manque de moyens", "Temps - calendrier"):
            answers = [answer for item, answer in _MATRIX if item == label]
            for k, answer in enumerate(answers):
                ticks = [answer if cell == answer else "" for cell in cells]
                columns.append((found if k == 0 else "", f"{label} - {answer}", *ticks))
        else:
            columns.append((found, label, *cells))
    return columns


def rows(
    columns: list[tuple[str, ...]] | None = None,
    *,
    names: list[str] | None = None,
    under: str = "",
    custom: str = "",
) -> list[list[str]]:
    """Return the records of an export: two header rows, then the three responses."""
    columns = CONDENSED if columns is None else columns
    names = NEW_NAMES if names is None else names
    places = [next(k for k in range(len(NEW_NAMES)) if name in _spellings(k)) for name in names]
    header = [list(names), [under] * len(names)]
    body = [[*METADATA[k], *PERSONAL[:-1], custom] for k in range(len(METADATA))]
    chosen = [[record[place] for place in places] for record in body]
    return [
        record + [column[k] for column in columns] for k, record in enumerate([*header, *chosen])
    ]


def _spellings(place: int) -> tuple[str, str, str]:
    return OLD_NAMES[place], NEW_NAMES[place], FRENCH_NAMES[place]


def as_csv(
    records: list[list[str]], *, delimiter: str = ",", encoding: str = "utf-8", end: str = "\r\n"
) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows(records)
    return stream.getvalue().encode(encoding)


def as_xlsx(records: list[list[object]], *, sheet: str = "Sheet") -> bytes:
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
    page = book.add_worksheet(sheet)
    for r, record in enumerate(records):
        for c, cell in enumerate(record):
            if cell != "":
                page.write(r, c, cell)
    book.close()
    return stream.getvalue()


def as_zip(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def land(folder: Path, **files: bytes | str) -> Path:
    """Write files into a folder; a `__` in a name stands for the dot of its suffix."""
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return folder
