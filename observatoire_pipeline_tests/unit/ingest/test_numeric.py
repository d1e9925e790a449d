"""An export of numerical values gives the answers of the export in words, or is refused."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from observatoire_pipeline.ingest.numeric import decode
from observatoire_pipeline.ingest.reading import read_landing
from observatoire_pipeline.ingest.refusal import RefusedExport
from observatoire_pipeline_tests.unit.ingest.lookalike_containers import OPTIONS
from observatoire_pipeline_tests.unit.ingest.lookalikes import CONDENSED, as_csv, land, rows
from observatoire_pipeline_tests.unit.ingest.test_containers import CODEBOOK, answers

OTHER = "Autre (veuillez préciser)"


def numeric(columns=CONDENSED, *, unsure: str = "0") -> list[tuple[str, ...]]:
    """The look-alike with the position of each choice, which is what the platform writes."""
    found: list[tuple[str, ...]] = []
    title, place = "", 0
    for header, label, *cells in columns:
        place = 1 if header else place + 1
        title = header or title
        options = OPTIONS.get(title, [])
        said = list(cells)
        typed = label in ("Open-Ended Response", OTHER, "Commentaires :")
        if options and not typed and title != "Classez vos priorités":
            # What has no column in the list of choices (other, or "Ne sait pas") is 0.
            codes = {text: str(k) for k, text in enumerate(options, start=1)} | {OTHER: "0"}
            codes |= {"Ne sait pas": unsure} if unsure else {}
            said = [codes.get(cell, cell) for cell in cells]
        elif not options and not typed:
            said = [str(place) if cell else "" for cell in cells]
        found.append((header, label, *said))
    return found


@pytest.mark.parametrize("unsure", ["0", ""], ids=["n/a is 0", "don't know is counted"])
def test_numeric_mode_gives_the_answers_of_text_mode(tmp_path, unsure):
    words = answers(land(tmp_path / "words", a__csv=as_csv(rows())))
    numbers = rows(numeric(unsure=unsure))
    assert numbers != rows()
    found = answers(land(tmp_path / "numbers", a__csv=as_csv(numbers)))
    pd.testing.assert_frame_equal(found, words)


def test_the_repair_is_listed(tmp_path):
    folder = land(tmp_path / "in", a__csv=as_csv(rows(numeric())))
    raw = read_landing(folder, edition="2018", codebook=CODEBOOK)
    (note,) = json.loads(raw.source_files["damage"].iloc[0])
    closed = [cells for _, label, *cells in CONDENSED if label not in ("Open-Ended Response",)]
    assert note["rule"] == "numeric_values"
    assert 0 < note["count"] < sum(bool(cell) for cells in closed for cell in cells)


def test_one_cell_in_words_leaves_the_file_as_it_is(tmp_path):
    columns = numeric()
    columns[2] = (*columns[2][:2], "Oui", *columns[2][3:])
    folder = land(tmp_path / "in", a__csv=as_csv(rows(columns)))
    raw = read_landing(folder, edition="2018", codebook=CODEBOOK)
    assert raw.source_files["damage"].iloc[0] == "[]"
    assert raw.raw_responses["c012"].tolist() == ["Oui", *columns[2][3:]]


def test_a_number_that_no_choice_has_is_refused(tmp_path):
    columns = numeric()
    columns[2] = (*columns[2][:2], "3", *columns[2][3:])
    folder = land(tmp_path / "in", a__csv=as_csv(rows(columns)))
    with pytest.raises(RefusedExport) as caught:
        read_landing(folder, edition="2018", codebook=CODEBOOK)
    (problem,) = caught.value.problems
    assert (problem.where, problem.expected) == ("column L (position 12)", "numbers from 1 to 2")


def test_a_zero_that_could_be_other_or_declined_is_refused(tmp_path):
    columns = numeric()
    columns[1] = (*columns[1][:2], "", "", "")
    folder = land(tmp_path / "in", a__csv=as_csv(rows(columns)))
    with pytest.raises(RefusedExport, match="could mean two"):
        read_landing(folder, edition="2018", codebook=CODEBOOK)


def test_decode():
    assert decode(["1", "2"], ["Oui", "Non"]) == {"1": "Oui", "2": "Non"}
    assert decode(["0"], ["Oui"], zeros=["Sans objet"]) == {"0": "Sans objet"}
    assert decode(["0"], ["Oui"], zeros=["Autre", "Sans objet"]) is None
    assert decode(["3"], ["Oui", "Non"]) is None
