"""`observatoire inspect`: real exports as they are, and nothing that ends in a traceback."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from observatoire_pipeline.cli import main
from observatoire_pipeline.ingest.inspection import inspect_file, plain_page

_REPOSITORY = Path(__file__).parents[3]
EXPORTS = Path(os.environ.get("OBSERVATOIRE_SHARED", _REPOSITORY.parent / "shared")) / (
    "real_exports"
)
KEYS = [
    "file",
    "sha256",
    "kind",
    "platform",
    "layout",
    "encoding",
    "delimiter",
    "header_rows",
    "n_responses",
    "n_columns",
    "questions",
    "personal_columns",
    "damage",
    "cells",
    "verdict",
    "reasons",
]


@pytest.fixture
def exports() -> Path:
    if not EXPORTS.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real exports are not at {EXPORTS}")
        pytest.skip(f"the real exports are not at {EXPORTS}")
    return EXPORTS


# file: (layout, header rows, responses, columns, kinds of its questions)
SURVEYMONKEY = {
    "ambassadors/2019_h1": ("condensed", 2, 21, 49, {"multiple": 1, "single": 5, "text": 1}),
    "ambassadors/2019_h2": ("condensed", 2, 42, 53, {"multiple": 1, "single": 5, "text": 1}),
    "ambassadors/2020_h1": ("condensed", 2, 44, 56, {"multiple": 1, "single": 6, "text": 1}),
    "ambassadors/2021": ("condensed", 2, 44, 18, {"single": 5, "text": 5}),
    "strimzi_2022": (
        "condensed",
        2,
        41,
        30,
        {"single": 4, "multiple": 1, "ranking": 2, "text": 3},
    ),
    "service_mesh_2022": ("condensed", 2, 253, 89, {"single": 7, "multiple": 7}),
    "fivethirtyeight/StarWars": (
        "condensed",
        2,
        1186,
        38,
        {"single": 11, "multiple": 1, "ranking": 1, "matrix": 1},
    ),
    "fivethirtyeight/MIDWEST": (
        "expanded",
        2,
        2778,
        53,
        {"single": 6, "multiple": 1, "text": 2},
    ),
    "fivethirtyeight/steak-risk-survey": ("condensed", 2, 550, 15, {"single": 14}),
    "fivethirtyeight/religion-survey-results": (
        "condensed",
        2,
        1039,
        48,
        {"single": 7, "matrix": 4},
    ),
    "fivethirtyeight/raw-responses": (
        "spss_names",
        1,
        1615,
        98,
        {"single": 18, "multiple": 9, "matrix": 1},
    ),
}


@pytest.mark.parametrize("name", SURVEYMONKEY)
def test_real_surveymonkey_exports(exports, name):
    found = inspect_file(exports / "surveymonkey" / f"{name}.csv")
    kinds = dict(Counter(question.kind for question in found.questions))
    layout = (found.layout, found.header_rows, found.n_responses, found.n_columns)
    assert (*layout, kinds) == SURVEYMONKEY[name]
    assert (found.kind, found.platform) == ("responses", "surveymonkey")
    assert found.verdict != "refused"


def test_cells_are_those_that_another_reader_counts(exports):
    path = exports / "surveymonkey" / "service_mesh_2022.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        records = list(csv.reader(stream))[2:]
    counted = sum(bool(cell.strip()) for record in records for cell in record)
    found = inspect_file(path)
    assert (found.cells.came_in, found.cells.kept) == (counted, counted)


def test_check_boxes_are_those_whose_cells_repeat_their_label(exports):
    path = exports / "surveymonkey" / "fivethirtyeight" / "MIDWEST.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        _, labels, *records = csv.reader(stream)
    states = next(q for q in inspect_file(path).questions if q.kind == "multiple")
    places = range(states.position - 1, states.position - 1 + states.n_columns)
    assert states.items == [labels[k] for k in places]
    assert all(record[k] in ("", labels[k]) for record in records for k in places)


def test_a_summary_is_refused_as_what_it_is(exports):
    found = inspect_file(exports / "surveymonkey" / "strimzi_2020_summary.csv")
    assert (found.kind, found.verdict) == ("summary", "refused")
    assert "summary export" in found.reasons[0]


def test_a_table_that_is_no_survey_is_unknown(exports):
    found = inspect_file(exports / "decider_ensemble" / "ressources.csv")
    assert (found.kind, found.verdict, found.questions) == ("unknown", "refused", [])


def test_every_real_file_can_be_told(exports):
    for path in sorted(exports.rglob("*.*")):
        found = inspect_file(path)
        cells = found.cells
        assert cells.came_in == cells.kept + cells.rejected + cells.dropped, path.name
        assert plain_page(found).startswith(path.name)
        assert not any("broke the reader" in reason for reason in found.reasons), path.name


GARBAGE = {
    "empty.csv": b"",
    "page.csv": b"<!doctype html><html><body>Sign in</body></html>",
    "noise.csv": bytes(range(256)) * 40,
    "noise.xlsx": b"PK\x03\x04 and nothing more",
    "noise.zip": b"PK\x03\x04\x00\x00",
    "one.csv": b"alone",
    "quotes.csv": b'a,b\n"c,d\n',
    "text.pdf": b"%PDF-1.7",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_refused_with_a_reason(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(GARBAGE[name])
    result = CliRunner().invoke(main, ["inspect", str(path), "--json"])
    told = json.loads(result.stdout)
    assert result.exit_code == 2
    assert (told["verdict"], bool(told["reasons"])) == ("refused", True)


def test_a_file_that_is_not_there(tmp_path):
    result = CliRunner().invoke(main, ["inspect", str(tmp_path / "nowhere.csv")])
    assert result.exit_code == 2
    assert "nowhere.csv" in result.stdout


def small_export() -> str:
    stream = io.StringIO(newline="")
    rows = [[f"1140000000{k}", ["Oui", "Non"][k % 2], f"mot {k}"] for k in range(10, 40)]
    csv.writer(stream).writerows(
        [
            ["Respondent ID", "Un outil ?", "Un mot ?"],
            ["", "Response", "Open-Ended Response"],
            *rows,
        ]
    )
    return stream.getvalue()


def test_json_has_the_keys_in_their_order(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(small_export(), encoding="utf-8", newline="")
    result = CliRunner().invoke(main, ["inspect", str(path), "--json"])
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert list(told) == KEYS
    assert list(told["questions"][0]) == [
        "position",
        "title",
        "kind",
        "n_columns",
        "options",
        "items",
    ]
    assert told["cells"] == {"in": 90, "kept": 90, "rejected": 0, "dropped": 0}


def test_an_archive_is_told_by_its_responses(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("CSV/Sheet_1.csv", small_export())
        archive.writestr("notes.csv", "a;b\n1;2\n3;4\n5;6\n")
    found = inspect_file(path)
    assert (found.verdict, found.n_responses, len(found.questions)) == ("accepted", 30, 2)
    assert any("notes.csv" in reason for reason in found.reasons)


def test_a_path_to_no_file_is_told_in_one_line(tmp_path):
    (tmp_path / "lost.csv").symlink_to(tmp_path / "nowhere")
    said = {"none.csv": "there is no such file", "": "this is a folder; name one file in it"}
    said["lost.csv"] = "this is a link that leads nowhere"
    for name, why in said.items():
        result = CliRunner().invoke(main, ["inspect", str(tmp_path / name)])
        assert result.exit_code == 2
        assert result.output == f"{(tmp_path / name).name}: {why}\n"


def test_the_page_says_a_reason_in_sentences(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"")
    page = plain_page(inspect_file(tmp_path / "a.csv"))
    assert "  - An empty file. Expected: an export with headers and responses. The" in page
