from __future__ import annotations

import re
from functools import cache

import pytest

from observatoire_pipeline.charts import style
from observatoire_pipeline.charts.drawing import charts
from observatoire_pipeline.charts.rendering import as_altair, render
from observatoire_pipeline.longitudinal.comparability import comparability_table
from observatoire_pipeline_tests.unit.charts import drawn, marts

WRONG_SPACES = re.compile(
    r"[^\u202f][;!?%](?=\s|$|\))|[^\u00a0]:(?=\s|$)|«[^\u00a0]|[^\u00a0]»|'|\.\.\.|\d \d{3}(?!\d)"
)
"""What French typography forbids; one of these on a picture is an error."""

FEW = {
    "perc_apports_outils",
    "disp_objectifs",
    "moy_accompagnement_externe",
    "moy_budget_tranche",
    "besoins_renforcement",
    "disp_articulation_presentiel",
    "rep_collectivite_type",
}


def frames(codebook):
    ledger = comparability_table(codebook)
    return (*marts.whole_survey(codebook), marts.changes(codebook), ledger)


@cache
def pictures():
    codebook = marts.barometer_with_long_labels()
    return tuple(map(render, charts(*frames(codebook), codebook=codebook, questions=FEW)))


def test_each_question_has_a_picture_in_each_edition_and_pairs_come_last():
    codebook = marts.barometer()
    made = [spec["usermeta"] for spec in charts(*frames(codebook), codebook=codebook)]
    names = [meta["name"] for meta in made]
    assert len(set(names)) == len(names)
    assert {meta["family"] for meta in made} == {
        "likert",
        "choice",
        "bracket",
        "ranking",
        "comparison",
    }
    assert "2018_perc_apports_outils" in names
    assert "2017_2018_perc_apports_outils" in names
    kinds = [meta["family"] == "comparison" for meta in made]
    assert kinds == sorted(kinds)


def test_every_chart_is_vega_lite():
    codebook = marts.barometer()
    few = ["perc_apports_outils", "moy_budget_tranche", "besoins_renforcement"]
    for spec in charts(*frames(codebook), codebook=codebook, questions=few):
        as_altair(spec)


def test_figures_of_a_picture_are_rows_of_the_marts():
    shares, brackets, rankings, *_ = frames(marts.barometer_with_long_labels())
    known = {*shares["figure_id"], *brackets["figure_id"], *rankings["figure_id"]}
    for picture in pictures():
        assert picture.figure_ids
        assert set(picture.figure_ids) <= known


def test_no_text_leaves_the_sheet_or_touches_another():
    for picture in pictures():
        texts = drawn.texts(picture.svg)
        assert not drawn.overlaps(texts), picture.name
        assert min(t.left for t in texts) >= 0, picture.name
        assert max(t.right for t in texts) <= style.WIDTH, picture.name
        assert min(t.top for t in texts) >= 0, picture.name
        assert max(t.bottom for t in texts) <= style.HEIGHT, picture.name


def test_no_text_is_smaller_than_eleven_pixels():
    for picture in pictures():
        assert min(t.size for t in drawn.texts(picture.svg)) >= 11, picture.name


def test_every_text_has_french_typography():
    for picture in pictures():
        for text in (*(t.text for t in drawn.texts(picture.svg)), picture.description):
            assert not WRONG_SPACES.search(text), f"{picture.name}: {text!r}"


def test_synthetic_marts_brand_every_picture():
    for picture in pictures():
        assert picture.synthetic
        assert "Données synthétiques" in drawn.words(picture.svg)


def test_identifiers_of_several_pictures_do_not_collide():
    ids = [found for p in pictures() for found in re.findall(r' id="([^"]+)"', p.svg)]
    assert len(ids) == len(set(ids))


def test_mixed_synthetic_and_real_editions_are_not_compared():
    codebook = marts.barometer()
    shares, brackets, rankings, changed, ledger = frames(codebook)
    for frame in (shares, brackets, rankings):
        frame["synthetic"] = frame["edition"] == "2017"
    made = charts(shares, brackets, rankings, changed, ledger, codebook=codebook)
    names = [spec["name"] for spec in made if spec["usermeta"]["family"] == "comparison"]
    assert names == []


def test_an_unknown_question_is_named():
    codebook = marts.barometer()
    with pytest.raises(ValueError, match="nonsense"):
        list(charts(*frames(codebook), codebook=codebook, questions=["nonsense"]))
