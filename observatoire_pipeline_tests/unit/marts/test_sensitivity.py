"""Headline figures computed in other ways: which, how far they move, what is withheld."""

from __future__ import annotations

import pandas as pd
import pytest

from observatoire_pipeline.codebook.models import PublishedFigure, SampleAim
from observatoire_pipeline.marts.breakdowns import estimates
from observatoire_pipeline.marts.sensitivity import sensitivity
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import norm_responses, panel, profiles

CODEBOOK = small_codebook()


def made(answers, *, counts=None, weights=None, codebook=CODEBOOK):
    frames = panel(codebook, {"2018": norm_responses(codebook, "2018", **answers)})
    known = profiles(*frames, codebook, **({} if counts is None else {"counts": counts}))
    tables = catalogue(codebook)
    table = None
    if weights is not None:
        table = pd.DataFrame(
            {
                "edition": "2018",
                "respondent_id": [f"r{k + 1}" for k in range(len(weights))],
                "weight": weights,
            }
        )
    figures = estimates(*frames, known, codebook=codebook, regions={}, tables=tables, weights=table)
    return sensitivity(figures, *frames, codebook=codebook, tables=tables)


def shares(table, variable, *, item="", codes="favourable"):
    found = table[
        (table["variable"] == variable) & (table["item"] == item) & (table["codes"] == codes)
    ]
    return found.set_index("alternative")


def test_favourable_answers_are_given_with_and_without_do_not_know():
    table = made({"difficultes__temps": ["jamais"] * 6 + ["souvent"] * 2 + ["do_not_know"] * 4})
    found = shares(table, "difficultes", item="temps")
    assert found.loc["answered", "share"] == 0.75
    assert (found.loc["with_dk", "share"], found.loc["with_dk", "base_n"]) == (0.5, 12)
    assert set(found["lowest_share"]) == {0.5}
    assert set(found["highest_share"]) == {0.75}


def test_what_cannot_be_computed_says_why_and_counts_for_nothing():
    found = shares(made({"equipe": ["oui", "oui", "non", "non"]}), "equipe")
    assert found.loc["with_dk", "status"] == "absent"
    assert "ne sait pas" in found.loc["with_dk", "reason"]
    assert found.loc["weighted", "status"] == "absent"
    assert pd.isna(found.loc["weighted", "share"])
    assert set(found["lowest_share"]) == {0.5}


def test_weights_are_an_alternative():
    found = shares(made({"equipe": ["oui"] * 5 + ["non"] * 5}, weights=[4] * 5 + [1] * 5), "equipe")
    assert found.loc["weighted", "share"] == 0.8
    assert (found["lowest_share"].iloc[0], found["highest_share"].iloc[0]) == (0.5, 0.8)


def test_every_response_is_an_alternative_to_one_a_collectivite():
    answers = {"equipe": ["oui"] * 5 + ["non"] * 5 + ["non"] * 3}
    found = shares(made(answers, counts=[True] * 10 + [False] * 3), "equipe")
    assert found.loc["answered", "share"] == 0.5
    assert found.loc["every_response", "share"] == pytest.approx(5 / 13)
    assert found["lowest_share"].iloc[0] == pytest.approx(5 / 13)


@pytest.mark.parametrize("more", [1, 2])
def test_a_base_a_few_answers_away_is_withheld_for_its_difference_would_tell_them(more):
    answers = {"equipe": ["oui"] * 5 + ["non"] * 5 + ["non"] * more}
    found = shares(made(answers, counts=[True] * 10 + [False] * more), "equipe")
    assert found.loc["every_response", "status"] == "withheld"
    assert pd.isna(found.loc["every_response", "share"])
    assert pd.isna(found.loc["every_response", "base_n"])
    assert "3" in found.loc["every_response", "reason"]
    assert set(found["lowest_share"]) == {0.5}


def test_figures_of_the_registry_are_headlines_once():
    def figure(name, codes, variable="difficultes", item="temps"):
        return PublishedFigure(
            figure=name,
            edition="2018",
            document="d",
            variable=variable,
            item=item,
            codes=codes,
            value=50,
            rounding="half_up",
            sample=SampleAim(aims=True),
        )

    published = {
        "a": figure("a", ("jamais",)),  # the favourable answers, in other words
        "b": figure("b", ("parfois", "souvent")),
    }
    codebook = small_codebook(published=published)
    table = made(
        {"difficultes__temps": ["jamais", "parfois", "souvent", "souvent"]}, codebook=codebook
    )
    own = table[(table["variable"] == "difficultes") & (table["item"] == "temps")]
    assert list(dict.fromkeys(own["codes"])) == ["favourable", "parfois+souvent"]
    assert shares(table, "difficultes", item="temps", codes="parfois+souvent").loc[
        "answered", "share"
    ] == pytest.approx(0.75)
