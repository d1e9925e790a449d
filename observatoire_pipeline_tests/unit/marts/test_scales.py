"""Ordered scales and multiple choices summarised in a line."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from observatoire_pipeline.codebook.models import Code, MissingLabel, Scale
from observatoire_pipeline.marts.choices import choice_summaries
from observatoire_pipeline.marts.scales import scale_summaries
from observatoire_pipeline.marts.units import Units
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import (
    norm_instances,
    norm_responses,
    panel,
    profiles,
)

PLAIN = small_codebook()


def with_scale(*poles, missing=True):
    """Return the small codebook with an ordered scale of levels a, b, c… as printed."""
    levels = tuple(
        Code(code=letter, label=letter.upper(), pole=pole)
        for letter, pole in zip("abcde", poles, strict=False)
    )
    scale = Scale(
        scale="accord",
        ordered=True,
        codes=levels,
        missing=(MissingLabel(kind="do_not_know", label="Ne sait pas"),) if missing else (),
    )
    asked = {
        name: variable.model_copy(update={"scale": "accord"})
        if name in ("difficultes", "outil_type")
        else variable
        for name, variable in PLAIN.variables.items()
    }
    return replace(PLAIN, scales={**PLAIN.scales, "accord": scale}, variables=asked)


POLES = ("positive", "positive", "negative", "negative")


def units_of(codebook, responses, instances=None, **columns):
    frames = panel(codebook, responses, instances)
    return Units(*frames, profiles(*frames, codebook, **columns), codebook=codebook)


def summary(codebook, answers, item="moyens"):
    made = norm_responses(codebook, "2018", **{f"difficultes__{item}": answers})
    table = scale_summaries(units_of(codebook, {"2018": made}), tables=catalogue(codebook))
    return table[(table["variable"] == "difficultes") & (table["item"] == item)].iloc[0]


def test_levels_rise_to_the_positive_pole_whichever_end_was_printed_first():
    found = summary(with_scale(*POLES), ["a"] * 5 + ["b"] * 4 + ["d"] * 3)
    assert found["top2_labels"] == "A + B"
    assert found["top2_share"] == 9 / 12
    assert found["mean_coding"] == "1 = D ; 2 = C ; 3 = B ; 4 = A"
    assert found["mean"] == pytest.approx((5 * 4 + 4 * 3 + 3 * 1) / 12)
    turned = summary(with_scale(*reversed(POLES)), ["d"] * 5 + ["c"] * 4 + ["a"] * 3)
    assert turned["top2_labels"] == "D + C"
    for name in ("top2_share", "mean", "net_agreement", "standard_deviation"):
        assert turned[name] == pytest.approx(found[name])


def test_a_scale_without_poles_rises_as_listed_and_has_no_net_agreement():
    found = summary(with_scale(None, None, None), ["a", "b", "c", "c"])
    assert found["top2_labels"] == "C + B"
    assert found["mean"] == 2.25
    assert pd.isna(found["net_agreement"])
    assert pd.isna(found["net_standard_error"])


def test_net_agreement_has_its_multinomial_error():
    poles = ("negative", None, "positive")
    found = summary(with_scale(*poles), ["a"] * 30 + ["b"] * 20 + ["c"] * 50)
    assert found["net_agreement"] == pytest.approx(0.2)
    assert found["net_standard_error"] == pytest.approx(0.0871780, abs=1e-7)
    assert found["net_upper"] == pytest.approx(0.2 + 1.959964 * 0.0871780, abs=1e-6)


def test_do_not_know_is_beside_the_base_and_bounds_the_share():
    found = summary(with_scale(*POLES), ["a"] * 112 + ["d"] * 58 + ["do_not_know"] * 30)
    assert (found["base_n"], found["do_not_know_n"]) == (170, 30)
    assert found["do_not_know_share"] == 0.15
    assert found["top2_share"] == pytest.approx(0.658824, abs=1e-6)
    assert (found["top2_if_dk_no"], found["top2_if_dk_yes"]) == (0.56, 0.71)
    without = summary(with_scale(*POLES, missing=False), ["a", "d"])
    assert pd.isna(without["do_not_know_n"])
    assert pd.isna(without["top2_if_dk_no"])


def test_two_levels_have_no_two_highest_ones():
    found = summary(with_scale("positive", "negative"), ["a", "a", "b"])
    assert pd.isna(found["top2_share"])
    assert found["net_agreement"] == pytest.approx(1 / 3)


def test_an_empty_base_has_a_row_without_numbers():
    found = summary(with_scale(*POLES), ["no_answer"])
    assert (found["base_n"], found["suppression"]) == (0, "no_base")
    numbers = ["top2_share", "top2_lower", "net_agreement", "net_lower", "mean"]
    assert found[numbers].isna().all()


def test_a_small_base_is_flagged():
    assert summary(with_scale(*POLES), ["a"] * 9)["suppression"] == "small_base"
    found = summary(with_scale(*POLES), ["a"] * 29)
    assert (found["suppression"], found["cautious"]) == ("none", True)
    assert not summary(with_scale(*POLES), ["a"] * 30)["cautious"]


def test_tools_of_one_collectivite_are_not_independent():
    codebook = with_scale(*POLES)
    said = ["a", "a", "d", "d"] * 10
    tools = norm_instances(
        codebook,
        "2018",
        respondents=[f"r{k // 2 + 1}" for k in range(40)],
        instances=[1, 2] * 20,
        outil_type=said,
    )
    answers = norm_responses(codebook, "2018", equipe=["oui"] * 20)
    table = scale_summaries(
        units_of(codebook, {"2018": answers}, {"2018": tools}), tables=catalogue(codebook)
    )
    found = table[table["variable"] == "outil_type"].iloc[0]
    # Both tools of a collectivité agree: 20 of them are worth 20 answers, with 20/19 of one sample.
    assert found["top2_method"] == "wilson_clustered"
    assert found["net_standard_error"] == pytest.approx(math.sqrt(20 / 19 / 20))
    alone = summary(codebook, said)
    assert found["top2_upper"] - found["top2_lower"] > alone["top2_upper"] - alone["top2_lower"]


# --- multiple choice ------------------------------------------------------------------------


def choices(answers, codebook=PLAIN):
    made = norm_responses(
        codebook, "2018", **{f"objectifs__{item}": said for item, said in answers.items()}
    )
    table = choice_summaries(units_of(codebook, {"2018": made}), tables=catalogue(codebook))
    return table[table["variable"] == "objectifs"].iloc[0]


YES, NO, BLANK = "selected", "not_selected", "no_answer"


def test_ticks_are_counted_among_those_who_answered():
    found = choices(
        {
            "informer": [YES, YES, NO, BLANK, "not_applicable"],
            "consulter": [YES, NO, NO, BLANK, "not_applicable"],
            "aucun": [NO, NO, YES, BLANK, "not_applicable"],
        }
    )
    assert (found["shown_n"], found["base_n"], found["unanswered_n"]) == (4, 3, 1)
    assert found["none_n"] == 1
    assert found["mean_ticks"] == 1.0
    # The shares of informer, consulter and aucun: 2/3 + 1/3 + 1/3.
    assert found["sum_of_shares"] == pytest.approx(4 / 3)
    assert found["adds_beyond_one"]
    assert "dépasse 100\u202f%" in found["sum_words"]


def test_shares_that_add_up_to_one_need_no_word():
    found = choices({"informer": [YES, NO], "consulter": [NO, YES]})
    assert (found["mean_ticks"], found["adds_beyond_one"], found["sum_words"]) == (1, False, "")


def test_an_unanswered_question_has_no_mean():
    found = choices({"informer": [BLANK, BLANK]})
    assert (found["shown_n"], found["base_n"], found["suppression"]) == (2, 0, "no_base")
    assert pd.isna(found["mean_ticks"])
