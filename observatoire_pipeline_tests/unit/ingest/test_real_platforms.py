"""Real exports of other platforms than SurveyMonkey: counts and kinds, checked by plain readers."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from observatoire_pipeline.ingest.opening import open_export
from observatoire_pipeline_tests.unit.ingest.platform_files import fields, questions, roles
from observatoire_pipeline_tests.unit.ingest.test_real_exports import EXPORTS, _present

__all__ = ["_present"]


def export_at(name):
    (table,) = open_export(EXPORTS / name).tables
    assert table.export is not None, table.problems
    return table.export


def plain(name):
    with (EXPORTS / name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


# file: (kind → questions, separator, columns of ticks)
FORMS = {
    "dask_2019": ({"multiple": 6, "single": 6, "matrix": 1, "text": 1}, ";", 6),
    "dask_2020": ({"multiple": 8, "single": 5, "matrix": 1, "text": 1}, ";", 8),
    "dask_2021": ({"multiple": 12, "single": 17, "matrix": 1, "text": 2}, ", ", 12),
    "jupyter_education_2016": ({"multiple": 9, "single": 4, "text": 11}, ", ", 9),
}


@pytest.mark.parametrize("name", FORMS)
def test_google_forms(name):
    path = f"google_forms/{name}.csv"
    export, (heading, *records) = export_at(path), plain(path)
    kinds, separator, ticks = FORMS[name]
    assert (export.platform, export.header_rows) == ("google_forms", 1)
    assert len(export.grid.rows) - 1 == len(records)
    assert export.grid.width == len(heading)
    assert Counter(question.kind for question in export.questions) == kinds
    assert set(export.multiple_in_one_cell.values()) == {separator}
    assert len(export.multiple_in_one_cell) == ticks
    assert fields(export) == {"ended_at": 1}
    for column in export.columns:
        cells = [record[column.position - 1] for record in records]
        assert column.cells_in == sum(bool(cell.strip()) for cell in cells)
        assert column.headers == (heading[column.position - 1],)
    covered = [position for question in export.questions for position in question.columns]
    assert covered == list(range(2, len(heading) + 1))


@pytest.mark.parametrize(
    ("name", "title", "held"),
    [
        ("dask_2019", "If you use a cluster, how do you launch Dask?", "(SLURM, PBS, SGE, LSF"),
        ("dask_2021", "If you use a cluster, how do you launch Dask?", "(SLURM, PBS, SGE, LSF"),
        ("dask_2021", "If you use a cluster, how do you launch Dask?", "I don't know, someone"),
        (
            "jupyter_education_2016",
            "What level of education is your course?",
            "Mixed (conferences,",
        ),
    ],
)
def test_choices_that_hold_the_separator_are_whole(name, title, held):
    question = questions(export_at(f"google_forms/{name}.csv"))[title]
    (option,) = [option for option in question.options if held in option]
    assert option.count("(") == option.count(")")
    cells = [record[question.position - 1] for record in plain(f"google_forms/{name}.csv")]
    assert sum(option in cell for cell in cells) >= 2


def test_every_choice_of_the_three_editions_stands_in_the_cells():
    for name in FORMS:
        records = plain(f"google_forms/{name}.csv")[1:]
        for question in export_at(f"google_forms/{name}.csv").questions:
            cells = [record[k - 1] for record in records for k in question.columns]
            for option in question.options:
                assert any(option in cell for cell in cells), (name, option)


def test_limesurvey_in_french():
    from python_calamine import CalamineWorkbook

    name = "limesurvey/adg_2019.xlsx"
    heading, *records = CalamineWorkbook.from_path(EXPORTS / name).get_sheet_by_index(0).to_python()
    export = export_at(name)
    assert (export.platform, export.layout, export.header_rows) == ("limesurvey", "text", 1)
    assert len(export.grid.rows) - 1 == len(records) == 348
    assert export.grid.width == len(heading) == 22
    for column in export.columns:
        cells = [record[column.position - 1] for record in records]
        assert column.cells_in == sum(cell != "" for cell in cells)
    assert fields(export) == {"respondent_id": 1, "language": 2}
    assert [(q.position, q.kind, len(q.columns)) for q in export.questions] == [
        (3, "single", 1),
        (4, "multiple", 4),
        (8, "multiple", 2),
        (10, "single", 1),
        (11, "single", 2),
        (13, "single", 1),
        (14, "single", 1),
        (15, "number", 1),
        (16, "multiple", 4),
        (20, "single", 1),
        (21, "number", 1),
        (22, "single", 1),
    ]
    found = questions(export)
    assert set(found["Vous êtes venu:"].options) == {"Oui", "Non"}
    assert found["Vous êtes venu:"].items == (
        "Seul",
        "Avec mon conjoint / ma conjointe",
        "En famille",
        "Avec des amis",
    )
    assert set(found["Vous habitez dans quel pays?"].options) == {
        *{record[10] for record in records} - {""}
    }
    assert [c.position for c in export.columns if c.text_of == "other"] == [12]
    assert "Quel moyen de transport avez-vous utilisé pour vous rendre sur place?" in found


def test_qualtrics_in_german():
    name = "qualtrics/sample.csv"
    export, rows = export_at(name), plain(name)
    assert (export.platform, export.header_rows) == ("qualtrics", 3)
    assert len(export.grid.rows) - 3 == len(rows) - 3 == 1
    assert export.grid.width == len(rows[0]) == 20
    assert [(q.position, q.title, q.kind) for q in export.questions] == [
        (18, "This is a multiple choice question.", "single"),
        (19, "This is a free text question.", "text"),
    ]
    assert roles(export, "personal") == [4, 10, 11, 12, 13, 14, 15]
    assert roles(export, "extra") == [20]
    assert fields(export)["respondent_id"] == 9


def test_no_file_of_another_platform_is_taken_for_these():
    mine = {"limesurvey", "google_forms", "qualtrics", "typeform"}
    for path in sorted((EXPORTS / "surveymonkey").rglob("*.csv")):
        assert {table.platform for table in open_export(path).tables}.isdisjoint(mine), path.name
    (table,) = open_export(EXPORTS / "decider_ensemble/ressources.csv").tables
    assert table.platform not in mine
