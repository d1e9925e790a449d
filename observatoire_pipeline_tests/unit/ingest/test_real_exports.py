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
    export = table.export
    roles = [column.role for column in export.columns]
    found = (
        export.grid.width,
        roles.count("metadata"),
        roles.count("personal"),
        len(export.questions),
        len(export.grid.rows) - export.header_rows,
    )
    assert found == AMBASSADORS[edition]
    assert roles.count("question") == export.grid.width - found[1] - found[2]
    assert export.layout == "condensed"
    assert table.csv is not None
    assert (table.csv.encoding, table.csv.delimiter, table.csv.line_end) == ("utf-8", ",", "CRLF")
    assert export.platform == "surveymonkey"


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
        table.export.grid.width,
        len(table.export.grid.rows) - 2,
        table.csv.encoding,
        table.export.layout == "expanded",
    ) == SHAPES[name]


REFUSED = {
    "surveymonkey/strimzi_2020_summary.csv": "a summary export",
    "decider_ensemble/ressources.csv": "a table that shows no sign of a survey platform",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_holds_no_responses_is_refused_by_name(name):
    with pytest.raises(RefusedExport) as caught:
        tables(name)
    (problem,) = caught.value.problems
    assert problem.found.startswith(REFUSED[name])
