"""What `observatoire run` says of an accepted edition, and of the rows or cells that it lost."""

from __future__ import annotations

import pandas as pd

from observatoire_pipeline.cli.run import _tell_accepted
from observatoire_pipeline.codebook.reader import packaged_codebook
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.tables.frames import conform, empty


def survey_with(tmp_path, *rejected):
    survey = SurveyHome(home=str(tmp_path), codebook=str(packaged_codebook()))
    lake = Lake(root=str(survey.lake), codebook=survey.codebook)
    table = lake.tables["rejected_responses"]
    frame = empty(table)
    if rejected:
        blank = {c.name: 0 if c.type == "integer" else "" for c in table.columns}
        rows = [
            {**blank, "edition": "2018", "source_id": "s1", "row": k, "column": f"c{k:03}", **row}
            for k, row in enumerate(rejected, start=3)
        ]
        frame = conform(pd.DataFrame(rows), table)
    lake.write(frame, table.name, "2018")
    receipt = lake.tables["accepted_editions"]
    told = {c.name: 0 if c.type == "integer" else "" for c in receipt.columns}
    told |= {"edition": "2018", "responses": 70, "accepted_at": pd.Timestamp(0), "synthetic": True}
    lake.write(conform(pd.DataFrame([told]), receipt), receipt.name, "2018")
    return survey


def test_rejections_are_told_by_rule_the_most_frequent_first(tmp_path, capsys):
    cell = {"scope": "cell", "outcome": "rejected", "rule": "unknown_label"}
    row = {"scope": "row", "outcome": "dropped", "rule": "duplicate_row"}
    _tell_accepted(survey_with(tmp_path, row, cell, cell), "2018")
    told, where = capsys.readouterr().out.splitlines()
    assert told == (
        "  70 responses accepted; 2 cell(s) rejected, unknown_label; "
        "1 row(s) dropped, duplicate_row"
    )
    path = where.removeprefix("  which ones: ")
    assert len(pd.read_parquet(path)) == 3


def test_of_an_edition_that_lost_nothing_the_responses_are_told(tmp_path, capsys):
    _tell_accepted(survey_with(tmp_path), "2018")
    assert capsys.readouterr().out == "  70 responses accepted\n"
