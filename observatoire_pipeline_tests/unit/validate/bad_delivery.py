"""A delivery in which a great deal went wrong, looked at by the real rules.

In: the report and the points of the note on forty made-up rows. Not in: the pages made of them.
"""

import json
from typing import NamedTuple

import pandas as pd

from observatoire_pipeline.codebook.models import Fieldwork, Quality
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.validate.content import Edition, quality_report
from observatoire_pipeline.validate.note import Point, supplier_points
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.raw_tables import raw_tables

DAMAGE = (
    ("mojibake", "columns C to D", 31, "read again as UTF-8"),
    ("excel_date", "column H", 4, ""),
    ("formula_error", "column J", 2, ""),
    ("repeated_respondent", "column A", 1, ""),
    ("check_box_cells", "column F", 1, ""),
    ("blank_rows", "between or after rows", 2, "left out"),
    ("spaces_only", "cells that hold only spaces", 12, "taken as blank"),
    ("byte_order_mark", "start of the file", 1, "left out"),
    ("blank_columns", "columns X to Y", 2, "taken as empty"),
    ("extra_columns", "column Z", 1, ""),
    ("hidden_sheet", "", 1, ""),
    ("totals_row", "row 44", 1, "left out: 5 of its numbers are the counts of their columns"),
)

FULL = {
    "objectifs__informer": "Informer les habitants",
    "difficultes__moyens": "Souvent",
    "difficultes__temps": "Souvent",
    "priorites__cout": "1",
    "priorites__securite": "2",
    "priorites__ergonomie": "3",
    "agents": "3",
    "commentaire": "Ville de Gif",
    "equipe": "Oui",
    "profil": "Commune",
}

FAULTS = (
    {"agents": "douze"},
    {"agents": "-1"},
    {"agents": "100001"},
    {"priorites__cout": "4"},
    {"priorites__cout": "1", "priorites__securite": "1"},
    {"objectifs__aucun": "Aucun", "objectifs__informer": "Informer les habitants"},
    {"equipe": "Non", "outil_type@1": "Plateforme"},
    {"profil": "Commune", "profil__autre": "syndicat"},
    {"equipe": "Oui", "equipe#2": "Non"},
    {"objectifs__informer": "Consulter les habitants"},
    {"started_at": "hier"},
    {"started_at": "11/15/2018 10:00:00 AM", "ended_at": "11/15/2018 10:20:00 AM"},
    {"started_at": "10/02/2018 10:00:00 AM", "ended_at": "10/02/2018 9:00:00 AM"},
    {"started_at": "10/02/2018 10:00:00 AM", "ended_at": "10/02/2018 10:00:40 AM"},
    {"profil": "Autre", "profil__autre": "un syndicat mixte"},
    {"profil": "Autre", "profil__autre": "une agence"},
)


class Delivery(NamedTuple):
    """What `write_pages` is given of the delivery."""

    report: pd.DataFrame
    points: list[Point]
    source_files: pd.DataFrame
    responses: int


def bad_delivery() -> Delivery:
    """Return the delivery: about thirty kinds of points, of files, rows, cells and questions."""
    book = small_codebook()
    edition = book.editions["2018"].model_copy(
        update={"fieldwork": Fieldwork(start="2018-10-01", end="2018-10-31")}
    )
    quality = Quality(organisation=("commentaire",), straight_line_rows=2, other=0.05)
    book = small_codebook(
        survey=book.survey.model_copy(update={"quality": quality}),
        editions=book.editions | {"2018": edition},
    )
    minutes = {"started_at": "10/02/2018 10:00:00 AM", "ended_at": "10/02/2018 10:20:00 AM"}
    rows = [minutes | {"profil": "Commune"} | fault for fault in FAULTS]
    rows += [minutes | FULL for _ in range(4)]
    rows += [minutes | {"equipe": "Oui"} for _ in range(18)]
    rows = [{"respondent_id": str(n)} | row for n, row in enumerate(rows, start=101)]
    rows += [rows[-5], {"respondent_id": "900"}, minutes | {"profil": "Commune"}]
    raw = raw_tables(rows, codebook=book)
    damage = [
        {"rule": rule, "where": where, "count": count, "example": "", "repaired": repaired}
        for rule, where, count, repaired in DAMAGE
    ]
    files = raw.source_files.assign(
        file="Barometre_de_la_democratie_locale_numerique_export_complet_2018-11-05.csv",
        damage=json.dumps(damage),
    )
    raw = raw._replace(source_files=files)
    accepted, made = raw.accept(), raw.normalise()
    looked_at = Edition(
        files,
        raw.raw_columns,
        raw.raw_responses,
        made.norm_responses,
        made.norm_instances,
        made.norm_texts,
    )
    report = quality_report(
        looked_at, edition="2018", codebook=book, table=catalogue(book)["quality_report"]
    )
    points = supplier_points(
        report,
        accepted.rejected_responses,
        files,
        raw.raw_columns,
        edition="2018",
        codebook=book,
    )
    return Delivery(report, points, files, len(made.norm_responses))
