"""Every real export that is accepted goes through to coded columns, and its counts are right.

A codebook is drafted from the file by the command; what a person would decide is settled
mechanically; the file is landed, read, accepted and coded. Its counts are then compared with those
of a reading that shares no code with it: the cells by the standard library, split at separators.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from click.testing import CliRunner

from observatoire_pipeline.cli import main
from observatoire_pipeline.codebook.codebook import Codebook, column_name
from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.codebook.models import SELECTED
from observatoire_pipeline.codebook.reader import read_codebook
from observatoire_pipeline.ingest.reading import RawEdition, read_landing
from observatoire_pipeline.normalise.responses import Normalised, conservation, normalise
from observatoire_pipeline.validate.acceptance import accept

_REPOSITORY = Path(__file__).parents[2]
SHARED = Path(os.environ.get("OBSERVATOIRE_SHARED", _REPOSITORY.parent / "shared"))
EXPORTS = SHARED / "real_exports"
EDITION = "2019"

FILES = {
    # file: (header rows, responses with an answer)
    "limesurvey/adg_2019.xlsx": (1, 348),
    "google_forms/dask_2019.csv": (1, 258),
    "google_forms/dask_2020.csv": (1, 239),
    "google_forms/dask_2021.csv": (1, 247),
    "google_forms/jupyter_education_2016.csv": (1, 125),
    "qualtrics/sample.csv": (3, 1),
    "surveymonkey/strimzi_2022.csv": (2, 41),
    "surveymonkey/service_mesh_2022.csv": (2, 253),
    "surveymonkey/ambassadors/2019_h1.csv": (2, 21),
    "surveymonkey/ambassadors/2019_h2.csv": (2, 42),
    "surveymonkey/ambassadors/2020_h1.csv": (2, 44),
    "surveymonkey/ambassadors/2021.csv": (2, 44),
    "surveymonkey/fivethirtyeight/StarWars.csv": (2, 1186),
    "surveymonkey/fivethirtyeight/MIDWEST.csv": (2, 2778),
    "surveymonkey/fivethirtyeight/steak-risk-survey.csv": (2, 550),
    "surveymonkey/fivethirtyeight/religion-survey-results.csv": (2, 1039),
    "surveymonkey/fivethirtyeight/raw-responses.csv": (1, 1615),
}
NOTHING = {"na", "n/a", "not selected", "non"}
"""What says in the files of LimeSurvey and of R that nothing was answered or ticked."""


@pytest.fixture(autouse=True)
def _present():
    if not EXPORTS.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real exports are not at {EXPORTS}")
        pytest.skip(f"the real exports are not at {EXPORTS}")


class Through(NamedTuple):
    raw: RawEdition
    coded: Normalised
    codebook: Codebook


@pytest.fixture(scope="module")
def through(tmp_path_factory):
    @cache
    def made(name: str) -> Through:
        home = tmp_path_factory.mktemp("through")
        book = home / "book"
        command = ["codebook", "draft", str(EXPORTS / name), "--edition", EDITION]
        done = CliRunner().invoke(main, [*command, "--from", "none", "--out", str(book)])
        assert done.exit_code == 0, done.output
        settle(book)
        landing = home / "landing"
        landing.mkdir()
        both = (
            EXPORTS.glob("surveymonkey_api/*.json") if name.endswith(".json") else [EXPORTS / name]
        )
        for path in both:
            shutil.copy(path, landing)
        codebook = read_codebook(book)
        at = {"edition": EDITION, "codebook": codebook}
        raw = read_landing(landing, **at)
        accepted = accept(raw.raw_responses, raw.raw_columns, raw.source_files, **at)
        coded = normalise(*accepted, raw.raw_columns, raw.source_files, raw.raw_responses, **at)
        return Through(raw, coded, codebook)

    return made


def settle(book: Path) -> None:
    """Accept every proposal of a draft, as a person who has read them all would."""
    for path in [*book.rglob("*.yaml"), *book.rglob("*.csv")]:
        text = path.read_text(encoding="utf-8")
        text = re.sub(r'"review: (true|false|\d+)"', r"\1", text)
        text = text.replace("review: ", "")
        for field in ("publisher", "licence"):
            text = re.sub(rf"(?m)^(\s*{field}): ['\"]?\?['\"]?$", r"\1: Somebody", text)
        path.write_text(text, encoding="utf-8")


def cells(name: str) -> list[list[str]]:
    """Return the rows under the header, read without any code of the package."""
    path, below = EXPORTS / name, FILES[name][0]
    if path.suffix == ".xlsx":
        from python_calamine import CalamineWorkbook

        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        records = [
            [str(int(c)) if isinstance(c, float) and c.is_integer() else str(c) for c in row]
            for row in sheet.to_python()
        ]
    else:
        encoding = "cp1252" if "StarWars" in name else "utf-8-sig"
        with path.open(encoding=encoding, errors="replace", newline="") as stream:
            records = list(csv.reader(stream))
    return [row for row in records[below:] if any(cell.strip() for cell in row)]


@pytest.mark.parametrize("name", FILES)
def test_no_cell_is_lost(through, name):
    found = through(name)
    rows = cells(name)
    counts = [
        sum(k < len(row) and row[k].strip() != "" for row in rows)
        for k in range(len(found.raw.raw_columns))
    ]
    assert found.raw.raw_columns["cells_in"].tolist() == counts
    assert conservation(found.coded.cell_map) == []
    assert found.coded.cell_map["cells_in"].sum() == sum(counts)
    assert found.coded.cell_map["cells_rejected"].sum() == 0
    assert len(found.coded.norm_responses) == FILES[name][1]


@pytest.mark.parametrize("name", FILES)
def test_every_answer_is_counted_as_often_as_it_stands_in_the_file(through, name):
    found = through(name)
    rows = cells(name)
    compared = 0
    for column in found.raw.raw_columns.to_dict("records"):
        if column["role"] != "question":
            continue
        texts = [row[column["position"] - 1].strip() for row in rows]
        for expected, got in _both(column, [t for t in texts if t], found):
            assert got == expected, f"{column['column']} {column['title']} {column['label']}"
            compared += 1
    assert compared or len(rows) == 1


def _both(column: dict, texts: list[str], found: Through) -> Iterator[tuple[object, object]]:
    """Yield (counted in the file, counted among the codes) of one column of answers."""
    codebook = found.codebook
    variable = codebook.variables[column["variable"]]
    if codebook.is_repeated(variable.variable):
        whole = found.coded.norm_instances
        frame = whole[whole["instance"] == column["instance"]]
    else:
        frame = found.coded.norm_responses
    given = [text for text in texts if normalise_label(text) not in NOTHING]
    if column["reading"] == "joined":
        for item in variable.items:
            if not item.text:
                label = r"\s+".join(map(re.escape, item.label.split()))
                cut = re.escape(column["separator"])
                wanted = re.compile(rf"(?:^|{cut})\s*{label}\s*(?:$|{cut})", re.IGNORECASE)
                codes = frame[column_name(variable.variable, item.item)]
                yield sum(bool(wanted.search(text)) for text in texts), _count(codes, SELECTED)
    elif variable.kind == "multiple":
        codes = frame[column_name(variable.variable, column["item"])]
        yield len(given), _count(codes, SELECTED)
    elif variable.kind in ("single", "matrix") and not column["code"]:
        side = {variable.other, variable.comment}
        if column["reading"] == "other_inside" or column["item"] in side - {None}:
            return
        codes = frame[column_name(variable.variable, column["item"] or None)]
        told = Counter(
            {
                normalise_label(codebook.label_of(variable.variable, None, code)): number
                for code, number in codes.value_counts().items()
                if number and code not in ("no_answer", "not_reached", "not_asked")
            }
        )
        wanted_texts = texts if column["reading"] else _answers(texts, column)
        yield Counter(map(normalise_label, wanted_texts)), told
    elif column["code"] and not column["reading"]:
        item = column["item"] if variable.items else None
        if column["item"] == variable.other:
            return
        codes = frame[column_name(variable.variable, item)]
        yield len(given), _count(codes, column["code"])
    elif variable.kind == "number":
        yield len(texts), int(frame[variable.variable].notna().sum())


def _answers(texts: list[str], column: dict) -> list[str]:
    blank = set(filter(None, column["no_answer"].split("|")))
    return [text for text in texts if text not in blank]


def _count(codes: pd.Series, code: str) -> int:
    return int((codes == code).sum())


def test_the_api_goes_through(through):
    found = through("surveymonkey_api/details.json")
    assert len(found.coded.norm_responses) == 2
    assert conservation(found.coded.cell_map) == []
    assert found.coded.cell_map["cells_rejected"].sum() == 0
