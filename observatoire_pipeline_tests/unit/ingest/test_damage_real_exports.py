"""Every rule on every real export: what is found is stated here, and nothing else may be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from observatoire_pipeline.ingest.damage.encodings import mend_texts
from observatoire_pipeline.ingest.damage.rewriting import mendable_texts
from observatoire_pipeline.ingest.damage.structure import box_columns
from observatoire_pipeline.ingest.opening import open_export

_REPOSITORY = Path(__file__).parents[3]
SHARED = Path(os.environ.get("OBSERVATOIRE_SHARED", _REPOSITORY.parent / "shared"))
EXPORTS = SHARED / "real_exports"


@pytest.fixture(autouse=True)
def _present():
    if not EXPORTS.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real exports are not at {EXPORTS}")
        pytest.skip(f"the real exports are not at {EXPORTS}")


_FIVE = "surveymonkey/fivethirtyeight"
FOUND: dict[str, dict[str, tuple[str, int, bool]]] = {
    # file: rule → (place, count, whether it was repaired)
    "surveymonkey/ambassadors/2019_h1.csv": {},
    "surveymonkey/ambassadors/2019_h2.csv": {},
    "surveymonkey/ambassadors/2020_h1.csv": {},
    "surveymonkey/ambassadors/2021.csv": {},
    "surveymonkey/service_mesh_2022.csv": {},
    "surveymonkey/strimzi_2022.csv": {
        "byte_order_mark": ("start of the file", 1, True),
        "trailing_zero_lost": ("column F", 1, False),
    },
    # 122 of these 129 live in the regions whose ZIP codes begin with 0.
    f"{_FIVE}/MIDWEST.csv": {"leading_zeros_lost": ("column AA", 129, False)},
    f"{_FIVE}/StarWars.csv": {
        "not_utf8": ("whole file", 1, True),
        "mangled_bytes": ("headers and cells", 1, True),
    },
    f"{_FIVE}/religion-survey-results.csv": {},
    f"{_FIVE}/steak-risk-survey.csv": {},
    f"{_FIVE}/raw-responses.csv": {
        "extra_columns": ("columns CM, CN, CO, CP, CQ, CR, CS, CT", 8, False),
        "index_column": ("column A", 1, False),
        "lost_characters": ("headers and cells", 7, False),
    },
    "google_forms/dask_2019.csv": {},
    "google_forms/dask_2020.csv": {},
    "google_forms/dask_2021.csv": {},
    "google_forms/jupyter_education_2016.csv": {},
    "limesurvey/adg_2019.xlsx": {},
    "qualtrics/sample.csv": {},
}


@pytest.mark.parametrize("name", FOUND)
def test_what_is_found_and_nothing_else(name):
    (table,) = open_export(EXPORTS / name).tables
    assert table.problems == ()
    assert table.export is not None
    found = {d.rule: (d.where, d.count, bool(d.repaired)) for d in table.export.damage}
    assert found == FOUND[name]


INTACT = {
    # file: (columns that hold nothing but their label, their cells)
    "surveymonkey/ambassadors/2019_h1.csv": (20, 42),
    "surveymonkey/ambassadors/2019_h2.csv": (36, 148),
    "surveymonkey/ambassadors/2020_h1.csv": (31, 123),
    "surveymonkey/service_mesh_2022.csv": (66, 3468),
    "surveymonkey/strimzi_2022.csv": (6, 73),
    f"{_FIVE}/MIDWEST.csv": (49, 37_623),
    f"{_FIVE}/StarWars.csv": (6, 3897),
}


@pytest.mark.parametrize("name", INTACT)
def test_check_boxes_repeat_their_heading(name):
    """A column that repeats its heading at all holds nothing else: no break in an intact file."""
    (export,) = open_export(EXPORTS / name).exports
    ticked = [box for box in box_columns(export) if box.own]
    assert [box.position for box in ticked if box.own != box.filled] == []
    assert (len(ticked), sum(box.own for box in ticked)) == INTACT[name]


@pytest.mark.parametrize("name", FOUND)
def test_no_text_of_a_real_file_is_taken_for_mojibake(name):
    (export,) = open_export(EXPORTS / name).exports
    mended = mend_texts(mendable_texts(export.grid))
    assert mended.changes == {}
    assert {one.rule for one in mended.damage} <= {"lost_characters"}
