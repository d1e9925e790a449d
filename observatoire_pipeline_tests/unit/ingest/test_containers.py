"""Whatever container the responses come in, the same answers are read, or the file is refused."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from datetime import datetime

import pandas as pd
import pytest

from observatoire_pipeline.ingest.archive import members
from observatoire_pipeline.ingest.opening import open_export
from observatoire_pipeline.ingest.reading import read_landing
from observatoire_pipeline.ingest.refusal import RefusedExport
from observatoire_pipeline.normalise.responses import normalise
from observatoire_pipeline.validate.acceptance import accept
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.ingest.lookalike_containers import (
    as_api,
    as_json,
    as_ods,
    as_sav,
    as_xls,
)
from observatoire_pipeline_tests.unit.ingest.lookalikes import as_csv, as_xlsx, as_zip, land, rows

CODEBOOK = small_codebook()
RECORDS = rows()


def _dated() -> list[list[object]]:
    """The records with true moments, as a workbook has them."""
    records: list[list[object]] = [list(record) for record in RECORDS]
    for record in records[2:]:
        for k in (2, 3):
            record[k] = datetime.strptime(str(record[k]), "%m/%d/%Y %I:%M:%S %p")
    return records


def _api(**more) -> dict[str, bytes]:
    found = as_api(**more)
    return {"details__json": as_json(found["details"]), "r__json": as_json(found["responses"])}


SPLIT = {
    "CSV/Sheet_1.csv": as_csv([record[:20] for record in RECORDS]),
    "CSV/Sheet_2.csv": as_csv(
        [record[:9] + record[20:] for record in RECORDS[:2] + RECORDS[:1:-1]]
    ),
}
CONTAINERS = {
    "xlsx": {"a__xlsx": as_xlsx(RECORDS)},
    "xls": {"a__xls": as_xls({"Sheet": _dated()})},
    "xls that is an xlsx": {"a__xls": as_xlsx(RECORDS)},
    "ods": {"a__ods": as_ods({"Feuille": _dated()})},
    "sav": {"a__sav": as_sav()},
    "zsav": {"a__zsav": as_sav(compress=True)},
    "api": _api(),
    "zipped api": {"a__zip": as_zip({n.replace("__", "."): data for n, data in _api().items()})},
    "zipped sav": {"a__zip": as_zip({"SPSS/Étude.sav": as_sav()})},
}


def answers(folder) -> pd.DataFrame:
    raw = read_landing(folder, edition="2018", codebook=CODEBOOK)
    accepted = accept(
        raw.raw_responses, raw.raw_columns, raw.source_files, edition="2018", codebook=CODEBOOK
    )
    return normalise(
        accepted.valid_responses,
        accepted.rejected_responses,
        raw.raw_columns,
        raw.source_files,
        raw.raw_responses,
        edition="2018",
        codebook=CODEBOOK,
    ).norm_responses


@pytest.fixture(scope="module")
def of_csv(tmp_path_factory) -> pd.DataFrame:
    return answers(land(tmp_path_factory.mktemp("csv") / "in", a__csv=as_csv(RECORDS)))


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_the_same_answers(tmp_path, of_csv, container):
    found = answers(land(tmp_path / "in", **CONTAINERS[container]))
    pd.testing.assert_frame_equal(found, of_csv)


@pytest.mark.parametrize("container", [*CONTAINERS, "split"])
def test_every_container_shows_the_same_questions(tmp_path, container):
    files = CONTAINERS.get(container) or {"a__zip": as_zip(SPLIT)}
    folder = land(tmp_path / "in", **files)
    opened = open_export(sorted(folder.iterdir())[0])
    plain = open_export(land(tmp_path / "csv", a__csv=as_csv(RECORDS)) / "a.csv").exports[0]
    assert [table.problems for table in opened.tables] == [()]
    (export,) = opened.exports
    titles = [question.title for question in export.questions]
    assert titles == [question.title for question in plain.questions]
    assert [len(q.columns) for q in export.questions] == [len(q.columns) for q in plain.questions]


# --- workbooks ------------------------------------------------------------------------------


@pytest.mark.parametrize("make", ["xls", "ods", "xlsx"])
def test_a_formula_error_reaches_the_rules_as_text(tmp_path, make):
    records: list[list[object]] = [["Respondent ID", "Q ?", ""], ["", "Oui", "#NAME?"]]
    records += [[str(10650304700 + k), "Oui", ""] for k in range(3)]
    data = {"xls": lambda: as_xls({"S": records}), "ods": lambda: as_ods({"S": records})}
    path = tmp_path / f"a.{make}"
    path.write_bytes(_xlsx_with_error(records) if make == "xlsx" else data[make]())
    (table,) = open_export(path).tables
    assert table.source is not None
    assert table.source.grid.head[1][2] == "#NAME?"


def _xlsx_with_error(records: list[list[object]]) -> bytes:
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    page = book.add_worksheet()
    for r, record in enumerate(records):
        for c, cell in enumerate(record):
            if cell == "#NAME?":
                page.write_formula(r, c, "=- Never", value="#NAME?")
            else:
                page.write(r, c, cell)
    book.close()
    return stream.getvalue()


def test_a_hidden_sheet_is_left_out_and_named(tmp_path):
    data = as_xls({"Sheet": RECORDS, "Brouillon": [["x", "y"]]}, hidden=("Brouillon",))
    path = tmp_path / "a.xls"
    path.write_bytes(data)
    (export,) = open_export(path).exports
    (note,) = [damage for damage in export.damage if damage.rule == "hidden_sheet"]
    assert (note.where, note.example) == ("sheet Brouillon, 2 cell(s)", "Brouillon")


def test_a_workbook_of_hidden_sheets_only_is_read(tmp_path):
    path = tmp_path / "a.xls"
    path.write_bytes(as_xls({"Sheet": RECORDS}, hidden=("Sheet",)))
    assert len(open_export(path).exports) == 1


def test_a_cell_far_away_does_not_fill_the_memory(tmp_path):
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    page.write(0, 0, "x")
    page.write(1_048_575, 16_383, "x")
    book.close()
    (problem,) = open_export(path).problems
    assert "spans 17179869184 cells" in problem.found


def test_repeated_cells_do_not_fill_the_memory(tmp_path):
    data = as_ods({"S": [["x", "y"]]})
    parts = {n: zipfile.ZipFile(io.BytesIO(data)).read(n) for n in ("mimetype", "content.xml")}
    many = b'<table:table-row table:number-rows-repeated="1048576">'
    wide = b'<table:table-cell table:number-columns-repeated="16384" '
    parts["content.xml"] = parts["content.xml"].replace(b"<table:table-row>", many)
    parts["content.xml"] = parts["content.xml"].replace(b"<table:table-cell ", wide)
    path = tmp_path / "a.ods"
    path.write_bytes(as_zip(parts))
    (problem,) = open_export(path).problems
    assert problem.found.startswith("a sheet that spans")


# --- archives -------------------------------------------------------------------------------


def reason(data: bytes, *, limit: int = 10**9) -> str:
    try:
        found = members(data, place="a.zip", limit=limit)
    except RefusedExport as error:
        return error.problems[0].found
    (first,) = [m for m in found.values() if isinstance(m, RefusedExport)]
    return first.problems[0].found


def test_split_sheets_are_joined_on_the_respondent_not_on_the_place(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(as_zip(SPLIT))
    (export,) = open_export(path).exports
    assert [c.cells_in for c in export.columns[9:]] == [
        sum(bool(record[k]) for record in RECORDS[2:]) for k in range(9, len(RECORDS[0]))
    ]
    for position in range(1, len(RECORDS[0]) + 1):
        cells = export.grid.text(position, below=2).to_pylist()
        assert cells == [record[position - 1] for record in RECORDS[2:]]
    assert export.left_out == sum(bool(cell) for record in RECORDS[2:] for cell in record[:9])


def test_sheets_of_other_respondents_are_not_joined(tmp_path):
    other = [record[:9] + record[20:] for record in RECORDS]
    other[2] = ["99999999999", *other[2][1:]]
    path = tmp_path / "a.zip"
    path.write_bytes(as_zip({"1.csv": SPLIT["CSV/Sheet_1.csv"], "2.csv": as_csv(other)}))
    assert len(open_export(path).tables) == 2


def test_what_an_operating_system_adds_is_left_out():
    data = as_zip(
        {"__MACOSX/._a.csv": b"x", ".DS_Store": b"x", "Thumbs.db": b"x", "CSV/a.csv": b"y"}
    )
    assert members(data, place="a.zip", limit=100) == {"CSV/a.csv": b"y"}


@pytest.mark.parametrize("name", ["Étude.csv", "Service Mesh\u00a0Microsurvey.csv", "問卷.csv"])
def test_names_in_any_encoding(name):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x" * len(name.encode()), b"y")
    data = stream.getvalue().replace(b"x" * len(name.encode()), name.encode())
    assert list(members(data, place="a.zip", limit=100)) == [name]


def test_unsafe_names():
    for name in ("../a.csv", "/etc/a.csv", "C:/a.csv", "a/../../b.csv"):
        assert reason(as_zip({name: b"x"})) == "a name that leads out of the archive"


def test_bomb_by_ratio_and_by_size():
    bomb = as_zip({"a.csv": b"\0" * (65 * 1024**2)})
    assert "unpack to more than 400 times" in reason(bomb)
    assert reason(bomb, limit=1000) == f"{65 * 1024**2} bytes once unpacked"


def test_the_real_size_is_counted_not_the_declared_one():
    data = bytearray(as_zip({"a.csv": b"x" * 100_000}))
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 10)
    data[22:26] = struct.pack("<I", 10)
    assert reason(bytes(data), limit=1000) == "more than 1000 bytes once unpacked"


def test_members_together_may_not_pass_the_limit():
    data = as_zip({"a.csv": b"a" * 700, "b.csv": b"b" * 700})
    assert reason(data, limit=1000) == "700 bytes once unpacked"


def test_members_that_share_bytes():
    data = as_zip({"a.csv": b"x" * 50})
    directory, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[directory:end]
    twice = data[:directory] + entry + entry.replace(b"a.csv", b"b.csv")
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 2, 2, 2 * len(entry), directory, 0)
    assert reason(twice + tail) == "members that share bytes"


def test_archive_in_an_archive(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(as_zip({"b.zip": as_zip({"a.csv": b"x"})}))
    assert open_export(path).problems[0].found == "an archive in an archive"


# --- SPSS -----------------------------------------------------------------------------------


def test_spss_values_declared_missing_keep_their_label_and_are_listed(tmp_path):
    import pyreadstat

    path = tmp_path / "a.sav"
    pyreadstat.write_sav(
        pd.DataFrame({"q0001": [1.0, 2.0, 99.0, 98.0], "q0002": [datetime(2018, 3, 4)] * 4}),
        path,
        column_labels={"q0001": "Un outil ?", "q0002": "Quand ?"},
        variable_value_labels={"q0001": {1.0: "Oui", 2.0: "Non", 99.0: "Ne sait pas"}},
        missing_ranges={"q0001": [98, 99]},
    )
    (export,) = open_export(path).exports
    assert export.grid.text(1, below=2).to_pylist() == ["Oui", "Non", "Ne sait pas", "98"]
    assert export.questions[0].options == ("Oui", "Non")
    assert [q.kind for q in export.questions] == ["single", "date"]
    (note,) = export.damage
    assert (note.rule, note.count, note.example) == ("user_missing", 2, "Ne sait pas")


def test_spss_boxes_and_matrix(tmp_path):
    path = tmp_path / "a.sav"
    path.write_bytes(as_sav())
    (export,) = open_export(path).exports
    by_title = {question.title: question for question in export.questions}
    aims = by_title["Quels sont vos objectifs ?"]
    assert (aims.kind, aims.items[:2]) == (
        "multiple",
        ("Informer les habitants", "Consulter les habitant·e·s"),
    )
    matrix = by_title["Rencontrez-vous ces difficultés ?"]
    assert (matrix.kind, matrix.items) == ("matrix", ("Manque de moyens", "Temps - calendrier"))
    assert "Ne sait pas" in matrix.options
    assert by_title["Classez vos priorités"].kind == "ranking"
    assert "not_selected" in [damage.rule for damage in export.damage]
    assert [c.position for c in export.columns if c.role == "personal"] == [5, 23]


# --- the API --------------------------------------------------------------------------------


@pytest.mark.parametrize("only", ["details", "responses"])
def test_one_file_of_the_api_alone_is_refused_with_the_reason(tmp_path, only):
    path = tmp_path / "a.json"
    path.write_bytes(as_json(as_api()[only]))
    (table,) = open_export(path).tables
    (problem,) = table.problems
    assert "without its" in problem.found
    assert "beside each other" in problem.expected


def test_disqualified_and_over_quota_responses_are_left_out_counted_and_named(tmp_path):
    folder = land(tmp_path / "in", **_api(statuses=("completed", "disqualified", "partial")))
    (export,) = open_export(folder / "r.json").exports
    assert len(export.grid.rows) == 2 + 2
    (note,) = export.damage
    assert (note.rule, note.count) == ("response_status", 1)
    assert note.where == "completed 1, partial 1, disqualified 1"
    assert export.left_out > 0


def test_choices_keep_the_order_of_the_survey_unchosen_ones_included(tmp_path):
    folder = land(tmp_path / "in", **_api())
    (export,) = open_export(folder / "details.json").exports
    assert export.questions[0].options == (
        "Commune",
        "Département",
        "Région",
        "Autre (veuillez préciser)",
    )


def test_a_missing_page_of_responses_is_refused(tmp_path):
    found = as_api()
    found["responses"]["total"] = 250
    folder = land(tmp_path, d__json=as_json(found["details"]), r__json=as_json(found["responses"]))
    (table,) = open_export(folder / "r.json").tables
    assert table.problems[0].found == "3 of 250 responses"


def test_a_choice_that_the_details_do_not_know_is_refused(tmp_path):
    found = as_api()
    answer = found["responses"]["data"][0]["pages"][0]["questions"][0]["answers"][0]
    answer["choice_id"] = "999"
    folder = land(tmp_path, d__json=as_json(found["details"]), r__json=as_json(found["responses"]))
    (table,) = open_export(folder / "r.json").tables
    assert "do not know" in table.problems[0].found


FAMILIES = [
    # family, subtype, answers, given, expected header labels → cell, kind
    (
        ("matrix", "menu"),
        {
            "rows": [{"id": "r", "text": "Outil"}],
            "cols": [
                {"id": "a", "text": "Type", "choices": [{"id": "1", "text": "Site"}]},
                {"id": "b", "text": "Coût", "choices": [{"id": "2", "text": "Cher"}]},
            ],
        },
        [{"row_id": "r", "col_id": "b", "choice_id": "2"}],
        {"Outil - Type": "", "Outil - Coût": "Cher"},
        "matrix",
    ),
    (
        ("matrix", "multi"),
        {"rows": [{"id": "r", "text": "L"}], "choices": [{"id": "1", "text": "A"}]},
        [{"row_id": "r", "choice_id": "1"}],
        {"L - A": "A"},
        "matrix",
    ),
    (
        ("matrix", "single"),
        {"rows": [{"id": "r", "text": "L"}], "choices": [{"id": "1", "text": "A"}]},
        [{"row_id": "r", "choice_id": "1"}],
        {"L": "A"},
        "matrix",
    ),
    (
        ("open_ended", "multi"),
        {"rows": [{"id": "r", "text": "Nom"}, {"id": "s", "text": "Lieu"}]},
        [{"row_id": "s", "text": "ici"}],
        {"Nom": "", "Lieu": "ici"},
        "text",
    ),
    (
        ("open_ended", "numerical"),
        {"rows": [{"id": "r", "text": "Agents"}]},
        [{"row_id": "r", "text": "12"}],
        {"Agents": "12"},
        "number",
    ),
    (("open_ended", "essay"), None, [{"text": "long"}], {"Open-Ended Response": "long"}, "text"),
    (
        ("datetime", "date_only"),
        {"rows": [{"id": "r", "text": "Date"}]},
        [{"row_id": "r", "text": "03/04/2018"}],
        {"Date": "03/04/2018"},
        "date",
    ),
    (
        ("single_choice", "vertical"),
        {
            "choices": [{"id": "1", "text": "A"}],
            "other": {"id": "o", "text": "Pourquoi ?", "is_answer_choice": False},
        },
        [{"choice_id": "1"}, {"other_id": "o", "text": "car"}],
        {"Response": "A", "Pourquoi ?": "car"},
        "single",
    ),
]


@pytest.mark.parametrize(("family", "answers_", "given", "expected", "kind"), FAMILIES)
def test_every_family_of_questions(tmp_path, family, answers_, given, expected, kind):
    question = {
        "id": "q",
        "position": 2,
        "family": family[0],
        "subtype": family[1],
        "headings": [{"heading": "T ?"}],
    } | ({"answers": answers_} if answers_ else {})
    picture = {"id": "i", "position": 1, "family": "presentation", "headings": [{"heading": "x"}]}
    details = {"id": "7", "title": "", "pages": [{"questions": [question, picture]}]}
    response = {
        "id": "1",
        "survey_id": "7",
        "response_status": "completed",
        "pages": [{"questions": [{"id": "q", "answers": given}]}],
    }
    folder = land(
        tmp_path, d__json=as_json(details), r__json=as_json({"data": [response], "total": 1})
    )
    (export,) = open_export(folder / "r.json").exports
    (found,) = export.questions
    assert (found.title, found.kind) == ("T ?", kind)
    cells = {
        export.columns[p - 1].headers[1]: export.grid.text(p, below=2)[0].as_py()
        for p in found.columns
    }
    assert cells == expected


def test_a_contact_block_is_personal(tmp_path):
    rows_ = [{"id": "r", "text": "Nom"}, {"id": "s", "text": "Courriel"}]
    question = {
        "id": "q",
        "family": "demographic",
        "subtype": "international",
        "headings": [{"heading": "Vous"}],
        "answers": {"rows": rows_},
    }
    response = {"id": "1", "survey_id": "7", "response_status": "completed", "pages": []}
    folder = land(
        tmp_path,
        d__json=as_json({"id": "7", "title": "", "pages": [{"questions": [question]}]}),
        r__json=json.dumps([response]),
    )
    (export,) = open_export(folder / "r.json").exports
    assert [c.role for c in export.columns[-2:]] == ["personal", "personal"]


# --- damaged files --------------------------------------------------------------------------


def _damaged(data: bytes, seed: int) -> bytes:
    """The bytes with some of them changed, or cut short; the seed says which."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for _ in range(chance.choice([0, 1, 4, 32])):
        near = len(changed) if chance.random() < 0.5 else min(len(changed), 2000)
        changed[chance.randrange(near)] ^= 1 << chance.randrange(8)
    return bytes(changed[: chance.randrange(len(changed))] if chance.random() < 0.4 else changed)


FUZZED = {
    "a.xls": (as_xls({"Sheet": RECORDS}), 60),
    "a.ods": (as_ods({"Sheet": RECORDS}), 60),
    "a.zip": (as_zip(SPLIT), 60),
    "a.json": (as_json(as_api()["responses"]), 60),
    "a.sav": (as_sav(), 4),
}


@pytest.mark.parametrize("name", FUZZED)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(tmp_path, name):
    data, count = FUZZED[name]
    (tmp_path / "details.json").write_bytes(as_json(as_api()["details"]))
    refused = 0
    for seed in range(count):
        (tmp_path / name).write_bytes(_damaged(data, seed))
        opened = open_export(tmp_path / name)
        told = [*opened.problems, *(p for table in opened.tables for p in table.problems)]
        assert bool(opened.exports) or bool(told)
        refused += not opened.exports
    assert refused


def test_a_crash_of_the_compiled_reader_is_a_refusal(tmp_path, monkeypatch):
    from observatoire_pipeline.ingest import spss

    (tmp_path / "crashes.py").write_text("import os; os.kill(os.getpid(), 11)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(spss, "_READER", "crashes")
    (tmp_path / "a.sav").write_bytes(as_sav())
    (table,) = open_export(tmp_path / "a.sav").tables
    assert "its reader crashed" in table.problems[0].found
