"""The same people give the same answers, whatever platform wrote the file."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.ingest.download import download
from observatoire_pipeline.ingest.reading import read_landing
from observatoire_pipeline.ingest.refusal import RefusedExport
from observatoire_pipeline.normalise.responses import conservation, normalise
from observatoire_pipeline.validate.acceptance import accept
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.corruption.survey import draw_answers
from observatoire_pipeline_tests.pipeline import platform_exports as exports
from observatoire_pipeline_tests.pipeline.platform_exports import WRITERS, Survey
from observatoire_pipeline_tests.unit.ingest.api_server import Platform, served


def whole_words(codebook: Codebook) -> Codebook:
    """Return the codebook without a label that is cut: in one cell, nobody knows where it ends."""
    columns = tuple(
        c.model_copy(update={"text": c.text.replace("associ[…]", "associations, toutes")})
        for c in codebook.columns
    )
    return replace(codebook, columns=columns)


def asked_once(codebook: Codebook) -> Codebook:
    """Return the codebook without its repeated block, for platforms that show no titles."""
    kept = {name: v for name, v in codebook.variables.items() if not codebook.is_repeated(name)}
    columns = tuple(c for c in codebook.columns if c.variable in kept)
    blocks = {"profil": codebook.blocks["profil"]}
    return replace(codebook, variables=kept, columns=columns, blocks=blocks)


CODEBOOK = whole_words(small_codebook())
ONCE = asked_once(CODEBOOK)
SURVEYS = range(3)


@cache
def drawn(seed: int, *, once: bool = False) -> Survey:
    """Return answers; a typed `N/A` is no answer on every platform, and is left out."""
    codebook = ONCE if once else CODEBOOK
    answers = draw_answers(Random(seed), codebook)
    cells = {
        cell: ["sans objet" if text == "N/A" else text for text in texts]
        for cell, texts in answers.cells.items()
    }
    return exports.survey(replace(answers, cells=cells), codebook)


def answers(folder: Path, codebook: Codebook = CODEBOOK) -> pd.DataFrame:
    """Return the long answers of a folder; its cells are conserved, none rejected."""
    at = {"edition": "2018", "codebook": codebook}
    raw = read_landing(folder, **at)
    accepted = accept(raw.raw_responses, raw.raw_columns, raw.source_files, **at)
    assert accepted.rejected_responses.empty, accepted.rejected_responses.to_string()
    found = normalise(*accepted, raw.raw_columns, raw.source_files, raw.raw_responses, **at)
    assert conservation(found.cell_map) == []
    assert found.cell_map["cells_in"].sum() == raw.source_files["cells_in"].sum()
    places = {name: k for k, name in enumerate(found.norm_responses["respondent_id"])}
    parts = []
    of_platform = ["edition", "source_id", "row", "collector", "started_at", "ended_at"]
    for frame, keys in (
        (found.norm_responses.drop(columns=of_platform), ["respondent_id"]),
        (found.norm_instances.drop(columns="edition"), ["respondent_id", "block", "instance"]),
        (
            found.norm_texts.drop(columns="edition"),
            ["respondent_id", "variable", "item", "instance"],
        ),
    ):
        if frame.empty:
            continue
        whole = frame.assign(respondent_id=frame["respondent_id"].map(places)).astype("str")
        long = whole.melt(id_vars=keys, var_name="name", value_name="value")
        long["key"] = long[keys].agg("|".join, axis="columns")
        parts.append(long[["key", "name", "value"]])
    return (
        pd.concat(parts, ignore_index=True)
        .sort_values(["name", "key", "value"])
        .reset_index(drop=True)
    )


def landed(folder: Path, **files: bytes) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> dict[int, pd.DataFrame]:
    return {
        seed: answers(
            landed(tmp_path_factory.mktemp("two") / "in", a__csv=exports.two_rows(drawn(seed)))
        )
        for seed in SURVEYS
    }


@pytest.mark.parametrize("seed", SURVEYS)
@pytest.mark.parametrize("writer", WRITERS)
def test_the_same_answers_come_out_of_every_file(tmp_path, expected, writer, seed):
    found = answers(landed(tmp_path / "in", a__csv=WRITERS[writer](drawn(seed))))
    pd.testing.assert_frame_equal(found, expected[seed])


@pytest.mark.parametrize("seed", SURVEYS)
def test_the_same_answers_come_out_of_spss(tmp_path, expected, seed):
    folder = landed(tmp_path / "in")
    exports.spss(drawn(seed), folder / "a.sav")
    pd.testing.assert_frame_equal(answers(folder), expected[seed])


@pytest.mark.parametrize("seed", SURVEYS)
def test_the_same_answers_come_out_of_the_api(tmp_path, expected, seed):
    details, responses = exports.api(drawn(seed))
    folder = landed(tmp_path / "in", details__json=details, responses__json=responses)
    pd.testing.assert_frame_equal(answers(folder), expected[seed])
    on_platform = Platform(json.loads(details), json.loads(responses)["data"])
    with served(on_platform):
        survey = on_platform.details["id"]
        fetched = download(tmp_path / "2018", survey=survey, url=on_platform.url, token="t")
    pd.testing.assert_frame_equal(answers(fetched.folder), expected[seed])


@pytest.mark.parametrize("seed", SURVEYS)
def test_the_same_answers_come_out_of_headings_that_are_codes(tmp_path, seed):
    of = drawn(seed, once=True)
    codes = exports.code_words(of)
    titles = {c.variable: c.text for c in ONCE.columns if c.item is None and c.edition == "2018"}
    columns = tuple(
        c.model_copy(update={"text": codes[titles[c.variable], c.text if c.item else ""]})
        if c.edition == "2018"
        else c
        for c in ONCE.columns
    )
    coded = replace(ONCE, columns=columns)
    two = landed(tmp_path / "two", a__csv=exports.two_rows(of))
    lime = landed(
        tmp_path / "in", a__csv=exports.limesurvey(of, style="code", yes="Y", no="", places=False)
    )
    pd.testing.assert_frame_equal(answers(lime, coded), answers(two, ONCE))


@pytest.mark.parametrize("seed", SURVEYS)
def test_the_same_answers_come_out_of_typeform(tmp_path, seed):
    """A choice is titled by itself alone: its question is the one that has such choices."""
    kept = ("profil", "equipe", "objectifs", "budget", "agents", "commentaire", "contact")
    of = drawn(seed, once=True)
    codebook = replace(
        ONCE,
        variables={
            name: v.model_copy(update={"other": None}) if name == "profil" else v
            for name, v in ONCE.variables.items()
            if name in kept
        },
        columns=tuple(
            c
            for c in ONCE.columns
            if c.variable in kept and (c.variable, c.item) != ("profil", "autre")
        ),
    )
    asked = tuple(
        replace(a, columns=a.columns[:1]) if a.variable.variable == "profil" else a
        for a in of.asked
        if a.variable.variable in kept
    )
    of = replace(of, asked=asked, codebook=codebook)
    two = landed(tmp_path / "two", a__csv=exports.two_rows(of))
    form = landed(tmp_path / "in", a__csv=exports.typeform(of))
    pd.testing.assert_frame_equal(answers(form, codebook), answers(two, codebook))


def test_a_label_that_is_cut_is_not_guessed_in_a_cell_of_several(tmp_path):
    """What follows the known beginning may be its end, or what a person typed."""
    codebook = small_codebook()
    of = exports.survey(draw_answers(Random(0), codebook), codebook)
    folder = landed(tmp_path / "in", a__csv=exports.google_forms(of))
    with pytest.raises(RefusedExport, match=r"followed by other words") as caught:
        read_landing(folder, edition="2018", codebook=codebook)
    (problem,) = caught.value.problems
    assert "write its whole words" in problem.hint
    assert "objectifs,decider" in problem.hint


def test_added_columns_and_custom_variables_are_kept_with_their_role(tmp_path):
    folder = landed(tmp_path / "in", a__csv=exports.with_additions(drawn(0)))
    raw = read_landing(folder, edition="2018", codebook=CODEBOOK)
    roles = raw.raw_columns.set_index("title")[["role", "field"]]
    assert roles.loc["language"].tolist() == ["metadata", "language"]
    assert roles.loc["vague"].tolist() == ["metadata", "custom_variable"]
    added = raw.raw_columns[raw.raw_columns["title"] == "Filter Criteria applied by hand"]
    assert added["role"].isin(["extra", "metadata"]).all()
    assert set(raw.raw_responses[added["column"].item()]) == {"x"}


def test_a_custom_variable_may_be_a_question_of_the_codebook(tmp_path):
    """What a link said of a respondent answers a question as well as the respondent does."""
    columns = tuple(
        c.model_copy(update={"text": "Vague"})
        if (c.variable, c.edition) == ("commentaire", "2018")
        else c
        for c in CODEBOOK.columns
    )
    of = drawn(0)
    asked = tuple(a for a in of.asked if a.variable.variable != "commentaire")
    folder = landed(tmp_path / "in", a__csv=exports.with_additions(replace(of, asked=asked)))
    codebook = replace(CODEBOOK, columns=columns)
    raw = read_landing(folder, edition="2018", codebook=codebook)
    found = raw.raw_columns[raw.raw_columns["variable"] == "commentaire"]
    assert found[["title", "role"]].to_numpy().tolist() == [["vague", "question"]]
    assert answers(folder, codebook)["name"].eq("commentaire").any()
