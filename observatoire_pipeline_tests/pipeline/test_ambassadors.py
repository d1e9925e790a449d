"""Four real exports, public and not ours, go through the same assets with a codebook of their own.

What is published is held to counts made here by the csv module alone.
"""

import csv
import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from observatoire_pipeline_tests.pipeline.homes import Home, complaints, table_of

TESTS = Path(__file__).parents[1]
SHARED = Path(os.environ.get("OBSERVATOIRE_SHARED", TESTS.parents[1] / "shared"))
EXPORTS = SHARED / "real_exports" / "surveymonkey" / "ambassadors"
RESPONSES = {"2019_h1": 21, "2019_h2": 42, "2020_h1": 44, "2021": 44}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ambassadors(tmp_path_factory):
    """The four editions read and published in a home of their own."""
    if not EXPORTS.is_dir():
        message = f"the real exports are not at {EXPORTS}; set OBSERVATOIRE_SHARED"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    root = tmp_path_factory.mktemp("ambassadors") / "home"
    home = Home(root, codebook=TESTS / "codebook" / "ambassadors", remembers=False)
    for edition in RESPONSES:
        home.landing(edition).mkdir()
        shutil.copy(EXPORTS / f"{edition}.csv", home.landing(edition))
        result = home.read_edition(edition)
        assert result.success, complaints(result)
    result = home.publish()
    assert result.success, complaints(result)
    yield home
    home.close()


def rows_of(edition):
    """Return the two header rows and the answers of an export."""
    with (EXPORTS / f"{edition}.csv").open(encoding="utf-8-sig", newline="") as stream:
        titles, labels, *rows = csv.reader(stream)
    return titles, labels, [row for row in rows if any(cell.strip() for cell in row)]


@pytest.mark.parametrize("edition", RESPONSES)
def test_every_edition_is_accepted_with_all_its_respondents(ambassadors, edition):
    (receipt,) = ambassadors.lake.read("accepted_editions", edition).to_dict("records")
    assert receipt["responses"] == RESPONSES[edition] == len(rows_of(edition)[2])
    panel = ambassadors.lake.read("panel_responses")
    assert (panel["edition"] == edition).sum() == RESPONSES[edition]


def test_nothing_is_said_to_be_synthetic(ambassadors):
    for name in ("mart_estimates", "mart_brackets", "mart_rankings"):
        assert not table_of(ambassadors.latest, name)["synthetic"].any()
    assert json.loads((ambassadors.latest / "release.json").read_text())["synthetic"] is False
    for picture in (ambassadors.latest / "charts").glob("*.svg"):
        assert "ynthétique" not in picture.read_text(encoding="utf-8"), picture.name


def test_every_cell_is_accounted_for(ambassadors):
    for edition in RESPONSES:
        _, _, rows = rows_of(edition)
        cells = sum(bool(cell.strip()) for row in rows for cell in row)
        cell_map = ambassadors.lake.read("cell_map", edition)
        terms = cell_map[["cells_in", "cells_coded", "cells_rejected", "cells_dropped"]].sum()
        assert terms["cells_in"] == cells, edition
        assert terms["cells_in"] == terms.iloc[1:].sum(), edition


def test_the_new_questionnaire_of_2021_breaks_the_series(ambassadors):
    grades = table_of(ambassadors.latest, "comparability")
    before = grades[grades["edition_to"] != "2021"]
    after = grades[grades["edition_to"] == "2021"]
    assert set(before["grade"]) >= {"identical", "not_asked"}
    assert not after["grade"].isin(["identical"]).all()
    broken = after[after["grade"].isin(["scale_changed", "options_regrouped", "base_changed"])]
    assert len(broken) > 0
    assert broken["reason"].str.len().min() > 10
    assert not broken.loc[broken["grade"] == "scale_changed", "comparable"].any()


@pytest.mark.parametrize("edition", RESPONSES)
def test_shares_of_single_choice_questions_are_those_counted_by_hand(ambassadors, edition):
    """Labels of this survey are the words of its exports, so cells can be counted as they are."""
    book = ambassadors.survey.read_codebook()
    titles, _, rows = rows_of(edition)
    folded = [" ".join(title.split()) for title in titles]
    estimates = ambassadors.lake.read("mart_estimates")
    checked = []
    for question in book.columns:
        variable = book.variables[question.variable]
        if (question.edition, question.item, variable.kind) != (edition, None, "single"):
            continue
        if question.text == "not_asked":
            continue
        position = folded.index(" ".join(question.text.split()))
        cells = Counter(row[position].strip() for row in rows)
        ours = estimates[
            (estimates["edition"] == edition)
            & (estimates["variable"] == question.variable)
            & (estimates["statistic"] == "share")
            & (estimates["code"] != "favourable")
            & (estimates["base_rule"] == "answered")
            & (estimates["breakdown"] == "all")
        ]
        if not set(ours["code_label"]) >= set(cells) - {"", "N/A"}:
            continue  # answers whose label was shortened
        counted = dict(zip(ours["code_label"], ours["numerator"], strict=True))
        assert counted == {label: cells[label] for label in counted}, question.variable
        base = sum(cells[label] for label in counted)
        assert set(ours["base_n"]) == {base}, question.variable
        shares = (ours["share"].astype(float) - ours["numerator"] / base).abs()
        assert shares.max() < 1e-12, question.variable
        checked.append(question.variable)
    assert len(checked) >= 2, checked
