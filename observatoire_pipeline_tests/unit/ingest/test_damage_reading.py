"""Damage on the way into the raw tables: what inspect repairs, the pipeline reads."""

from __future__ import annotations

import json

import pytest

from observatoire_pipeline.ingest.reading import read_landing
from observatoire_pipeline.ingest.refusal import RefusedExport
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.ingest.lookalikes import as_csv, land, rows

_CLEAN = as_csv(rows())
SPOILT = {
    "mojibake": as_csv(rows(), encoding="cp1252").decode("mac_roman").encode("utf-8"),
    "not_utf8": as_csv(rows(), encoding="mac_roman"),
    "doubled_line_ends": _CLEAN.replace(b"\r\n", b"\r\r\n"),
}


def read(folder):
    return read_landing(folder, edition="2018", codebook=small_codebook())


@pytest.mark.parametrize("rule", SPOILT)
def test_a_spoilt_file_gives_the_raw_tables_of_the_clean_one(tmp_path, rule):
    clean = read(land(tmp_path / "clean", a__csv=_CLEAN))
    mended = read(land(tmp_path / "spoilt", a__csv=SPOILT[rule]))
    assert mended.raw_responses.equals(clean.raw_responses)
    assert mended.raw_columns.equals(clean.raw_columns)
    found = [damage["rule"] for damage in json.loads(mended.source_files["damage"].iloc[0])]
    assert found == [rule]


def test_a_shift_is_refused(tmp_path):
    records = rows()
    first = records[1].index("Informer les habitants")
    # What two rows ticked stands one column to the left of its heading.
    records[3][first : first + 2] = records[1][first + 1 : first + 3]
    records[4][first : first + 2] = records[1][first + 1 : first + 3]
    with pytest.raises(RefusedExport, match="column shift"):
        read(land(tmp_path / "in", a__csv=as_csv(records)))
