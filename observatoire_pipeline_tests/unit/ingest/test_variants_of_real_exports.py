"""Real exports whose headers somebody changed: the same questions are found.

In: headers filled down, joined, under a title or codes, saved by pandas, in a language nobody
knows. Not in: made-up surveys (`test_variants_surveymonkey`).
"""

from __future__ import annotations

import csv
import io
import os

import pytest

from observatoire_pipeline_tests.unit.ingest.made_surveys import as_text, inspected
from observatoire_pipeline_tests.unit.ingest.test_damage_real_exports import EXPORTS

FILES = ["service_mesh_2022", "strimzi_2022", "ambassadors/2019_h1", "ambassadors/2021"]
FINNISH = {"Response": "Vastaus", "Open-Ended Response": "Avoin vastaus"}


@pytest.fixture(autouse=True)
def _present():
    if not EXPORTS.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real exports are not at {EXPORTS}")
        pytest.skip(f"the real exports are not at {EXPORTS}")


def changed(titles: list[str], labels: list[str], how: str) -> tuple[list[list[str]], int]:
    """Return other header rows that say the same, and the columns added before them."""
    filled, last = [], ""
    for title in titles:
        last = title or last
        filled.append(last)
    pairs = list(zip(filled, titles, labels, strict=True))
    match how:
        case "filled down":
            return [[f if label else t for f, t, label in pairs], labels], 0
        case "joined":
            return [[f"{f} - {label}" if label else t for f, t, label in pairs]], 0
        case "title line":
            return [["Survey"], titles, labels], 0
        case "codes above":
            return [[f"q{k}" for k in range(len(titles))], titles, labels], 0
        case "pandas":
            named = [title or f"Unnamed: {k}" for k, title in enumerate(titles)]
            return [["", *named], ["0", *labels]], 1
    return [titles, [FINNISH.get(label, label) for label in labels]], 0


HOW = ["filled down", "joined", "title line", "codes above", "pandas", "another language"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("how", HOW)
def test_the_same_questions_are_found(tmp_path, file, how):
    text = (EXPORTS / "surveymonkey" / f"{file}.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    whole = inspected(tmp_path, as_text(rows))
    heads, added = changed(rows[0], rows[1], how)
    body = [[*(str(k) for _ in range(added)), *row] for k, row in enumerate(rows[2:], start=1)]
    found = inspected(tmp_path, as_text([*heads, *body]))
    assert (found.n_responses, found.header_rows) == (whole.n_responses, len(heads))
    assert [(q.position, q.title, q.kind, q.n_columns) for q in found.questions] == [
        (q.position + added, q.title, q.kind, q.n_columns) for q in whole.questions
    ]
