"""`observatoire match`: files as people have them, and files that are refused."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from observatoire_pipeline.cli import main
from observatoire_pipeline.collectivites.typed_table import read_typed_table

TABLE = "n;Typed_Name ;typed_departement;reference_year\n1;Évry;91;2019\n2;Saint-Denis;;2018.0\n"


def run(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["match", str(path), *arguments])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_table_is_read_in_the_encodings_that_people_have(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes(TABLE.encode(encoding))
    read = read_typed_table(path)
    assert (read.encoding, read.delimiter) == (encoding, ";")
    assert read.typed["typed_name"].tolist() == ["Évry", "Saint-Denis"]
    assert read.typed["reference_year"].tolist() == ["2019", "2018"]


def test_a_table_is_written_back_with_its_answers(tmp_path: Path) -> None:
    path, out = tmp_path / "names.csv", tmp_path / "out.csv"
    path.write_bytes(TABLE.encode("cp1252"))
    result = run(path, "--out", str(out))
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(out.open(encoding="utf-8"), delimiter=";"))
    assert [row["n"] for row in rows] == ["1", "2"]
    assert [row["code"] for row in rows] == ["91228", "97411"]
    assert [row["decision"] for row in rows] == ["linked", "review"]


def test_a_tsv_and_an_answer_of_before(tmp_path: Path) -> None:
    path, out = tmp_path / "names.tsv", tmp_path / "out.tsv"
    path.write_text("typed_name\tcode\nMairie du Mans\tA7\n\n", encoding="utf-8")
    assert run(path, "--out", str(out)).exit_code == 0
    header, row = out.read_text(encoding="utf-8").splitlines()
    assert header.split("\t")[:3] == ["typed_name", "code_input", "kind"]
    assert row.split("\t")[:4] == ["Mairie du Mans", "A7", "commune", "72181"]
    again = tmp_path / "again.tsv"
    assert run(out, "--out", str(again)).exit_code == 0
    assert again.read_text(encoding="utf-8") == out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ["empty"]),
        (b"name,reference_year\nNantes,1000\n", ["typed_name", "'1000'"]),
        (b"typed_name,reference_year\nNantes,abc\nRennes,20188\n", ["'abc'", "'20188'"]),
        (b"typed_name\n", ["no row"]),
        ("typed_name\nÉvry\n".encode() + b"\xc9vry\n", ["two encodings"]),
        (b"typed_name\n\x81\x8d\n", ["neither UTF-8 nor Windows-1252"]),
        (b"typed_name\nNan\x00tes\n", ["NUL"]),
        (b"typed_name,typed_type\nNantes,Ville,44,x\n", ["4 cells"]),
        (b"PK\x03\x04rest", ["workbook"]),
        (b"typed_name,typed_name\na,b\n", ["twice"]),
    ],
)
def test_a_bad_file_is_told_all_at_once_and_nothing_is_written(
    tmp_path: Path, content: bytes, said: list[str]
) -> None:
    path, out = tmp_path / "names.csv", tmp_path / "out.csv"
    path.write_bytes(content)
    result = run(path, "--out", str(out))
    assert result.exit_code == 2
    assert all(words in result.output for words in said), result.output
    assert "nothing is written" in result.output
    assert not out.exists()


def test_a_name_left_open_is_decided_by_a_person(tmp_path: Path) -> None:
    path, out, review = (tmp_path / name for name in ("names.csv", "out.csv", "r/review.csv"))
    path.write_text("typed_name,reference_year\nSaint-Denis,2018\n", encoding="utf-8")
    assert run(path, "--out", str(out), "--review", str(review)).exit_code == 0
    (row,) = csv.DictReader(review.open(encoding="utf-8"))
    row |= {"code": "93066", "decided": "linked", "who": "A. Martin", "date": "2019-02-01"}
    with review.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(row))
        writer.writeheader()
        writer.writerow(row)
    assert run(path, "--out", str(out), "--review", str(review)).exit_code == 0
    (answer,) = csv.DictReader(out.open(encoding="utf-8"))
    assert (answer["code"], answer["decision"]) == ("93066", "linked")
    assert "A. Martin" in answer["reason"]
