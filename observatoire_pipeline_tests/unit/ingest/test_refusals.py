"""What cannot be read with certainty is refused by name: file, place, found, expected."""

from __future__ import annotations

import io
import zipfile
from itertools import permutations
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.ingest.reading import RawEdition, landing_sha256, read_landing
from observatoire_pipeline.ingest.refusal import Problem, RefusedExport, column_letter
from observatoire_pipeline.sample.landing import write_sample
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.ingest.lookalikes import (
    CONDENSED,
    NEW_NAMES,
    as_csv,
    as_xlsx,
    as_zip,
    expanded,
    land,
    rows,
)

CODEBOOK = small_codebook()
GOOD = as_csv(rows())


def refused(folder: Path, **options) -> RefusedExport:
    options = {"edition": "2018", "codebook": CODEBOOK} | options
    with pytest.raises(RefusedExport) as caught:
        read_landing(folder, **options)
    return caught.value


def only(error: RefusedExport) -> Problem:
    assert len(error.problems) == 1, str(error)
    return error.problems[0]


def problem_of(tmp_path: Path, data: bytes, *, name: str = "a__csv") -> Problem:
    folder = land(tmp_path / "in", **{name: data})
    problem = only(refused(folder))
    (folder / name.replace("__", ".")).unlink()
    return problem


# --- the folder -----------------------------------------------------------------------------


def test_missing_folder(tmp_path):
    problem = only(refused(tmp_path / "nowhere"))
    assert problem.file.endswith("nowhere")
    assert problem.found == "no such folder"


def test_file_instead_of_folder(tmp_path):
    (tmp_path / "in").write_text("x")
    assert only(refused(tmp_path / "in")).found == "a file"


def test_folder_that_cannot_be_read(tmp_path, monkeypatch):
    def denied(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    problem = only(refused(tmp_path))
    assert "Permission denied" in problem.found
    assert "right to read" in problem.hint


@pytest.mark.parametrize(("name", "how"), [("a__csv", "open"), ("a__xlsx", "read_bytes")])
def test_file_that_cannot_be_read(tmp_path, monkeypatch, name, how):
    def denied(self, *_, **__):
        raise PermissionError(13, "Permission denied")

    folder = land(tmp_path / "in", **{name: GOOD})
    monkeypatch.setattr(Path, how, denied)
    problem = only(refused(folder))
    assert problem.file == name.replace("__", ".")
    assert problem.found == "it cannot be read (Permission denied)"


@pytest.mark.parametrize("files", [{}, {"manifest__yaml": "synthetic: true"}])
def test_folder_without_export(tmp_path, files):
    folder = land(tmp_path / "in", **files)
    (folder / ".hidden.csv").write_bytes(GOOD)
    problem = only(refused(folder))
    assert problem.found == "no export"
    assert ".csv, .tsv, .txt, .xlsx, .xls, .ods, .sav" in problem.expected
    with pytest.raises(RefusedExport, match="no export"):
        landing_sha256(folder)


def test_folder_inside_the_folder(tmp_path):
    folder = land(tmp_path / "in", a__csv=GOOD)
    (folder / "old").mkdir()
    assert (only(refused(folder)).file, only(refused(folder)).found) == ("old", "a folder")


def test_other_files_are_refused_by_name(tmp_path):
    folder = land(tmp_path / "in", a__csv=GOOD, notes__md="x", old__doc=b"\xd0\xcf")
    assert [(p.file, p.found) for p in refused(folder).problems] == [
        ("notes.md", "a file of type .md"),
        ("old.doc", "a file of type .doc"),
    ]


def test_unknown_edition(tmp_path):
    problem = only(refused(land(tmp_path / "in", a__csv=GOOD), edition="2019"))
    assert (problem.found, problem.expected) == ("edition 2019", "one of 2017, 2018")


def test_every_problem_of_every_file_is_listed(tmp_path):
    records = rows()
    records[1][10] = "Autre, à préciser ici"
    bad = as_csv([[*record, cell] for record, cell in zip(records, "xy123", strict=True)])
    folder = land(
        tmp_path / "in", a__csv=b"", b__zip=b"PK", c__csv=bad, manifest__yaml="synthetik: true"
    )
    error = refused(folder)
    assert [p.file for p in error.problems] == [
        "manifest.yaml",
        "a.csv",
        "b.zip",
        "c.csv",
        "c.csv",
        "c.csv",
    ]
    assert str(error).startswith("export refused, 6 problems:\n  - manifest.yaml, key synthetik")


# --- the file -------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\r\n \r\n"])
@pytest.mark.parametrize("name", ["a__csv", "a__xlsx"])
def test_empty_file(tmp_path, data, name):
    assert problem_of(tmp_path, data, name=name).found == "an empty file"


def test_empty_archive_and_archive_without_export(tmp_path):
    assert problem_of(tmp_path, b"", name="a__zip").found == "an empty file"
    assert problem_of(tmp_path, as_zip({}), name="a__zip").found == "an archive without exports"


def test_member_of_another_type(tmp_path):
    data = as_zip({"a.csv": GOOD, "b.pdf": b"x"})
    problem = problem_of(tmp_path, data, name="a__zip")
    assert (problem.file, problem.found) == ("a.zip [b.pdf]", "a member of type .pdf")


def test_corrupt_archive_and_workbook(tmp_path):
    assert "not a ZIP archive" in problem_of(tmp_path, b"PK\x03\x04xx", name="a__zip").found
    assert "not an XLSX" in problem_of(tmp_path, as_xlsx(rows())[:500], name="a__xlsx").found
    assert "not an XLSX" in problem_of(tmp_path, b"just text", name="a__xlsx").found


def test_member_whose_bytes_are_damaged(tmp_path):
    data = bytearray(as_zip({"a.csv": GOOD}))
    data[60] ^= 0xFF
    problem = problem_of(tmp_path, bytes(data), name="a__zip")
    assert problem.file == "a.zip [a.csv]"
    assert problem.expected == "a ZIP member"


def test_encrypted_member_and_workbook(tmp_path):
    data = bytearray(as_zip({"a.csv": GOOD}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert problem_of(tmp_path, bytes(data), name="a__zip").found == "an encrypted member"
    workbook = b"\xd0\xcf\x11\xe0" + b"\x00" * 600
    assert "encrypted workbook" in problem_of(tmp_path, workbook, name="b__xlsx").found


@pytest.mark.parametrize("name", ["a__csv", "a__zip"])
def test_file_above_the_limit(tmp_path, name):
    data = as_zip({"a.csv": GOOD * 50}) if name == "a__zip" else GOOD * 50
    folder = land(tmp_path / "in", **{name: data})
    problem = only(refused(folder, size_limit=20000))
    assert problem.found.endswith("bytes once unpacked")
    assert problem.expected == "at most 20000 bytes"


def test_web_page_saved_as_csv(tmp_path):
    problem = problem_of(tmp_path, b"\r\n<!DOCTYPE html><html>, ; </html>")
    assert problem.found == "a web page (HTML)"


def test_archive_named_csv(tmp_path):
    assert "named .csv" in problem_of(tmp_path, as_zip({"a.csv": GOOD})).found


def test_formula_errors_of_a_workbook_are_not_read_as_blank(tmp_path):
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    page = book.add_worksheet()
    for r, record in enumerate(rows()):
        page.write_row(r, 0, record)
    page.write_formula(2, 9, "=Never", value="#NAME?")
    book.close()
    problem = problem_of(tmp_path, stream.getvalue(), name="a__xlsx")
    assert problem.where == "column J (position 10)"
    assert problem.found == "1 cell(s) that hold a formula error, #NAME?"


def test_other_encodings(tmp_path):
    accents = as_csv(rows())
    half = GOOD[:2000].decode().encode("utf-16-le") + bytes(range(256)) * 20
    assert "UTF-16 without" in problem_of(tmp_path, half).found
    assert "0x8D" in problem_of(tmp_path, as_csv(rows(), encoding="cp1252") + b"\x8d").found
    mixed = problem_of(tmp_path, accents + b"caf\xc3\r\n")
    assert mixed.found.startswith("two encodings in one file")
    cut = problem_of(tmp_path, accents + "é".encode()[:1])
    assert (cut.where, cut.found) == ("end of file", "a character that is cut in two")


@pytest.mark.parametrize("delimiter", ["\t", "|"])
def test_other_delimiters_are_read(tmp_path, delimiter):
    folder = land(tmp_path / "in", a__csv=as_csv(rows(), delimiter=delimiter))
    raw = read_landing(folder, edition="2018", codebook=CODEBOOK)
    assert list(raw.source_files["delimiter"]) == [delimiter]


def test_a_single_column(tmp_path):
    assert problem_of(tmp_path, b"a\r\nb\r\n").found == "a single column"


def test_quotation_mark_left_open(tmp_path):
    assert "odd number of quotation" in problem_of(tmp_path, GOOD + b'"').found


def test_rows_of_another_length(tmp_path):
    records = rows()
    records[3].append("x")
    problem = problem_of(tmp_path, as_csv(records))
    assert problem.where == "row 4"
    assert problem.found == "1 row(s) of another length, the first with 36 cell(s)"
    assert problem.expected == "35 cells in every row, as in the header"


def test_the_same_export_twice(tmp_path):
    folder = land(tmp_path / "in", a__csv=GOOD, b__zip=as_zip({"a.csv": GOOD}))
    problem = only(refused(folder))
    assert (problem.file, problem.found) == ("b.zip [a.csv]", "the same bytes as a.csv")


# --- other exports --------------------------------------------------------------------------

SINGLE = rows()[:1] + rows()[2:]
SUMMARY = [
    ["Petite enquête", "", ""],
    ["Q1. Vous êtes ?", "", ""],
    ["Answer Choices", "Response Percent", "Responses"],
    ["Commune", "50%", "2"],
]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_summary_is_refused_by_name(tmp_path, kind):
    data = as_csv(SUMMARY) if kind == "csv" else as_xlsx(SUMMARY)
    problem = problem_of(tmp_path, data, name=f"a__{kind}")
    assert problem.found.startswith("a summary export")
    assert problem.where == "first rows"
    assert problem.hint


def test_a_table_of_no_platform_is_refused(tmp_path):
    problem = problem_of(tmp_path, as_csv([["a", "b"], ["1", "x"], ["2", "y"]]))
    assert problem.found == "a table that shows no sign of a survey platform"


FOREIGN = {
    "limesurvey": [["ID réponse", "Langue", "Aimez-vous la mer ?"], ["1", "fr", "Oui"]],
    "google_forms": [["Horodateur", "Aimez-vous la mer ?"], ["2019-06-25 06:59:49", "Oui"]],
    "qualtrics": [
        ["StartDate", "Q1"],
        ["Anfangsdatum", "Aimez-vous la mer ?"],
        ['{"ImportId":"startDate"}', '{"ImportId":"QID1"}'],
        ["2019-06-25", "1"],
    ],
}


@pytest.mark.parametrize("platform", FOREIGN)
def test_another_survey_is_refused_by_what_the_codebook_does_not_know(tmp_path, platform):
    problems = refused(land(tmp_path / "in", a__csv=as_csv(FOREIGN[platform]))).problems
    assert problems[0].found == "title “Aimez-vous la mer ?”"
    assert {p.found for p in problems[1:]} >= {"no column for profil", "no column for agents"}


def test_a_deleted_row_of_labels_is_refused_where_they_are_needed(tmp_path):
    """A lone column needs no label; which choice or row a column is, nobody can tell without."""
    error = refused(land(tmp_path / "in", a__csv=as_csv(rows()[:1] + rows()[2:])))
    missing = {p.found for p in error.problems if p.found.startswith("no column")}
    assert "no column for difficultes__moyens" in missing
    assert "no column for equipe" not in missing
    labels = [p for p in error.problems if not p.found.startswith("no column")]
    assert all("label" in p.found for p in labels)


HEADERS = {
    "the first row, and no question titles": rows()[1:],
    "2 header row(s) and no response": rows()[:2],
}


@pytest.mark.parametrize("named", HEADERS)
def test_other_header_shapes_are_refused_by_name(tmp_path, named):
    assert named in only(refused(land(tmp_path / "in", a__csv=as_csv(HEADERS[named])))).found


def test_the_second_column_of_a_metadata_field_is_no_identifier(tmp_path):
    folder = land(tmp_path / "in", a__csv=as_csv(rows(names=["Respondent ID", "Respondent ID"])))
    raw = read_landing(folder, edition="2018", codebook=CODEBOOK)
    assert raw.raw_columns["field"].tolist()[:2] == ["respondent_id", "custom_variable"]


def test_cells_under_a_blank_header_are_an_added_column(tmp_path):
    records = [[*record, ""] for record in rows()]
    records[4][-1] = "Secret"
    folder = land(tmp_path / "in", a__csv=as_csv(records))
    raw = read_landing(folder, edition="2018", codebook=CODEBOOK)
    assert raw.raw_columns.iloc[-1][["role", "cells_in"]].tolist() == ["extra", 1]
    assert '"extra_columns"' in raw.source_files["damage"].iloc[0]


# --- columns and codebook -------------------------------------------------------------------


def changed(place: int, title: str | None = None, label: str | None = None) -> bytes:
    records = rows()
    if title is not None:
        records[0][9 + place] = title
    if label is not None:
        records[1][9 + place] = label
    return as_csv(records)


def test_unknown_title_names_the_nearest_and_the_line_to_edit(tmp_path):
    (tmp_path / "book" / "columns").mkdir(parents=True)
    (tmp_path / "book" / "columns" / "profil.csv").write_text(
        "variable,item,2017,2018\nprofil,,x,y\nequipe,,x,y\n", encoding="utf-8"
    )
    folder = land(tmp_path / "in", a__csv=changed(2, title="Avez-vous plusieurs outils ?"))
    error = refused(folder, codebook=small_codebook(root=tmp_path / "book"))
    unknown, missing = error.problems
    assert unknown.file == "a.csv"
    assert unknown.where == "column L (position 12)"
    assert unknown.found == "title “Avez-vous plusieurs outils ?”"
    assert "“Avez-vous un outil numérique ?”" in unknown.expected
    assert "if it is equipe" in unknown.hint
    assert unknown.hint.endswith("book/columns/profil.csv:3")
    assert missing.found == "no column for equipe"
    assert missing.expected == "“Avez-vous un outil numérique ?”"
    assert "write not_asked" in missing.hint


def test_unknown_label_names_the_nearest_labels(tmp_path):
    folder = land(tmp_path / "in", a__csv=changed(4, label="Consulter les habitant(e)s"))
    unknown, missing = refused(folder).problems
    assert unknown.where == "column N (position 14)"
    assert unknown.found == "title “Quels sont vos objectifs ?”, label “Consulter les habitant(e)s”"
    assert unknown.expected.startswith("one of the labels of objectifs: “Consulter les habitant")
    assert "objectifs,consulter" in unknown.hint
    assert missing.found == "no column for objectifs__consulter"


def test_only_a_label_marked_as_cut_is_matched_by_its_beginning(tmp_path):
    folder = land(tmp_path / "in", a__csv=changed(3, label="Informer les habitants et plus"))
    assert [p.found for p in refused(folder).problems][1] == "no column for objectifs__informer"


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    codebook = read_codebook(packaged_codebook())
    return codebook, write_sample(tmp_path_factory.mktemp("sample"), codebook=codebook)


@pytest.mark.parametrize(("ours", "theirs"), permutations(["2016", "2017", "2018"], 2))
def test_a_file_of_another_edition_is_called_so_and_not_column_by_column(
    sample, tmp_path, ours, theirs
):
    codebook, files = sample
    (file,) = (each for each in files if each.parent.name == theirs)
    (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "manifest.yaml").write_text("synthetic: true\n", encoding="utf-8")
    problem = only(refused(tmp_path, edition=ours, codebook=codebook))
    assert problem.found == f"an export whose headings are those of edition {theirs}"
    assert problem.expected.startswith(f"one of edition {ours}, to which ")
    assert problem.hint.startswith(f"move the file into the landing folder of {theirs}; ")


def test_a_few_strange_columns_are_told_one_by_one(tmp_path):
    records = rows()
    records[0][10] = "Que pensez-vous de la Lune ?"
    error = refused(land(tmp_path / "in", a__csv=as_csv(records)))
    assert any("que pensez-vous de la lune" in p.found.lower() for p in error.problems)
    assert not any("headings are those" in p.found for p in error.problems)


def test_header_out_of_step_is_refused(tmp_path):
    records = rows()
    records[0][12:] = ["", *records[0][12:-1]]
    error = refused(land(tmp_path / "in", a__csv=as_csv(records)))
    assert "label “Informer les habitants”" in error.problems[0].found
    assert error.problems[0].where == "column M (position 13)"


def test_a_question_that_stands_twice(tmp_path):
    columns = [*CONDENSED, CONDENSED[2]]
    problem = problem_of(tmp_path, as_csv(rows(columns)))
    assert problem.where == "column AJ (position 36)"
    assert problem.found.endswith("which is equipe as column L (position 12) is")


def test_each_missing_column_is_listed(tmp_path):
    columns = [c for c in CONDENSED if not c[0].startswith(("Combien", "Outil 2 : quel n"))]
    error = refused(land(tmp_path / "in", a__csv=as_csv(rows(columns))))
    assert [p.found for p in error.problems] == [
        "no column for agents",
        "no column for outil_nom (instance 2)",
    ]


def test_expanded_layout_that_lacks_an_answer(tmp_path):
    columns = [c for c in expanded() if c[1] not in ("Région", "Temps - calendrier - Souvent")]
    error = refused(land(tmp_path / "in", a__csv=as_csv(rows(columns))))
    assert [p.found for p in error.problems] == [
        "no column for profil = region",
        "no column for difficultes__temps = souvent",
    ]


def test_a_file_lacks_a_column_unless_others_show_it_for_its_respondents(tmp_path):
    whole = rows()
    part = [record[:-1] for record in whole]
    for record in part[2:]:
        record[0] = "9" + record[0][1:]
    folder = land(tmp_path / "in", a__csv=as_csv(whole), b__csv=as_csv(part))
    problem = only(refused(folder))
    assert (problem.file, problem.found) == ("b.csv", "no column for outil_nom (instance 2)")


# --- the manifest ---------------------------------------------------------------------------


@pytest.mark.parametrize("manifest", [{}, {"manifest__yaml": "synthetic: false\n"}])
@pytest.mark.parametrize("column", [8, 9 + 16])
def test_branded_export_needs_a_manifest_that_says_so(tmp_path, manifest, column):
    records = rows()
    records[3][column] = "DONNÉES  SYNTHÉTIQUES"
    problem = only(refused(land(tmp_path / "in", a__csv=as_csv(records), **manifest)))
    assert problem.where.startswith("column ")
    assert problem.expected == "`synthetic: true` in manifest.yaml"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("synthetique: true", "key synthetique"),
        ("synthetic: 'true'", "key synthetic"),
        ("- a", ""),
        ("a: [", "line 1"),
        ("\x00", ""),
    ],
)
def test_manifest_is_strict(tmp_path, text, where):
    problem = only(refused(land(tmp_path / "in", a__csv=GOOD, manifest__yaml=text)))
    assert (problem.file, problem.where) == ("manifest.yaml", where)


# --- any bytes ------------------------------------------------------------------------------

SMALL_ZIP = as_zip({"CSV/Sheet_1.csv": GOOD})
SMALL_XLSX = as_xlsx(rows())
SUFFIXES = {"csv": GOOD, "zip": SMALL_ZIP, "xlsx": SMALL_XLSX}


def read_or_refuse(folder: Path) -> RawEdition | RefusedExport:
    try:
        return read_landing(folder, edition="2018", codebook=CODEBOOK)
    except RefusedExport as error:
        assert error.problems
        return error


@given(suffix=st.sampled_from(list(SUFFIXES)), share=st.floats(0, 1), data=st.data())
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_cut_or_altered_export_is_read_or_refused_by_name(tmp_path, suffix, share, data):
    whole = bytearray(SUFFIXES[suffix])
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: round(share * len(whole))])
    read_or_refuse(land(tmp_path / "in", **{f"a__{suffix}": cut}))
    (tmp_path / "in" / f"a.{suffix}").unlink()


@given(st.binary(max_size=300))
@example(b",\n,\n")
@example(b"a,b\n\n\n")
@example(b'"\n",\n')
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_refused_by_name(tmp_path, data):
    assert isinstance(read_or_refuse(land(tmp_path / "in", a__csv=data)), RefusedExport)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.97])
def test_a_cut_export_is_never_taken_for_a_whole_one(tmp_path, share):
    cut = GOOD[: round(share * len(GOOD))]
    assert isinstance(read_or_refuse(land(tmp_path / "in", a__csv=cut)), RefusedExport)


def test_a_text_may_be_longer_than_a_header_cell(tmp_path):
    records = rows()
    records[2][9 + 16] = "a, " * 60000
    raw = read_landing(
        land(tmp_path / "in", a__csv=as_csv(records)), edition="2018", codebook=CODEBOOK
    )
    assert raw.raw_responses["c026"].str.len().max() == 180000


@pytest.mark.parametrize(
    ("position", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA")]
)
def test_columns_are_named_as_a_spreadsheet_names_them(position, letters):
    assert column_letter(position) == letters


def test_zip_of_the_test_is_a_zip():
    assert zipfile.ZipFile(io.BytesIO(SMALL_ZIP)).namelist() == ["CSV/Sheet_1.csv"]
    assert len(rows()[0]) == len(NEW_NAMES) + len(CONDENSED)
