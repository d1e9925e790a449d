"""Real exports: their shape is found without a codebook, or they are refused by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from observatoire_pipeline.ingest.reading import ReadTable, read_member
from observatoire_pipeline.ingest.refusal import RefusedExport
from observatoire_pipeline.ingest.sniff import open_members

_REPOSITORY = Path(__file__).parents[3]
SHARED = Path(os.environ.get("OBSERVATOIRE_SHARED", _REPOSITORY.parent / "shared"))
EXPORTS = SHARED / "real_exports"


@pytest.fixture(autouse=True)
def _present():
    if not EXPORTS.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real exports are not at {EXPORTS}")
        pytest.skip(f"the real exports are not at {EXPORTS}")


def tables(name: str) -> list[ReadTable]:
    return [t for member in open_members(EXPORTS / name) for t in read_member(member)]


AMBASSADORS = {
    # file: (columns, metadata, personal, groups of questions, responses)
    "2019_h1": (49, 4, 4, 7, 21),
    "2019_h2": (53, 4, 0, 7, 42),
    "2020_h1": (56, 4, 0, 8, 44),
    "2021": (18, 4, 0, 10, 44),
}


@pytest.mark.parametrize("edition", AMBASSADORS)
def test_four_editions_of_one_survey(edition):
    (table,) = tables(f"surveymonkey/ambassadors/{edition}.csv")
    roles = [column.role for column in table.layout.columns]
    found = (
        table.grid.width,
        roles.count("metadata"),
        roles.count("personal"),
        len(table.layout.groups()),
        len(table.grid.rows) - table.layout.header_rows,
    )
    assert found == AMBASSADORS[edition]
    assert roles.count("question") == table.grid.width - found[1] - found[2]
    assert not table.layout.expanded
    assert table.csv is not None
    assert (table.csv.encoding, table.csv.delimiter, table.csv.line_end) == ("utf-8", ",", "CRLF")
    assert table.layout.platform.name == "surveymonkey"


SHAPES = {
    # file: (columns, responses, encoding, expanded)
    "strimzi_2022": (30, 41, "utf-8-sig", False),
    "service_mesh_2022": (89, 253, "utf-8", False),
    "fivethirtyeight/StarWars": (38, 1186, "cp1252", False),
    "fivethirtyeight/MIDWEST": (53, 2778, "utf-8", True),
    "fivethirtyeight/steak-risk-survey": (15, 550, "utf-8", False),
    "fivethirtyeight/religion-survey-results": (48, 1039, "utf-8", False),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_of_other_surveys(name):
    (table,) = tables(f"surveymonkey/{name}.csv")
    assert table.csv is not None
    assert (
        table.grid.width,
        len(table.grid.rows) - 2,
        table.csv.encoding,
        table.layout.expanded,
    ) == SHAPES[name]


REFUSED = {
    "surveymonkey/strimzi_2020_summary.csv": "a summary export",
    "surveymonkey/fivethirtyeight/raw-responses.csv": "an export with SPSS-style names",
    "limesurvey/adg_2019.xlsx": "a LimeSurvey export",
    "google_forms/dask_2019.csv": "a Google Forms export",
    "google_forms/dask_2020.csv": "a Google Forms export",
    "google_forms/dask_2021.csv": "a Google Forms export",
    "google_forms/jupyter_education_2016.csv": "a Google Forms export",
    "qualtrics/sample.csv": "a Qualtrics export",
    "decider_ensemble/ressources.csv": "a single header row",
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_exports_are_refused_by_name(name):
    with pytest.raises(RefusedExport) as caught:
        tables(name)
    (problem,) = caught.value.problems
    assert problem.found.startswith(REFUSED[name])
