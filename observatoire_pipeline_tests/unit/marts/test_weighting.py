"""Weights: to whom, by which method, when they are refused, and what they do to a share."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from observatoire_pipeline.codebook.consistency import _identity
from observatoire_pipeline.codebook.models import Bracket, Brackets, Weighting
from observatoire_pipeline.collectivites.reference import read_reference
from observatoire_pipeline.marts import frames as room
from observatoire_pipeline.marts.breakdowns import estimates
from observatoire_pipeline.marts.units import Units
from observatoire_pipeline.marts.weighting import weigh
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import (
    norm_instances,
    norm_responses,
    panel,
    profiles,
)


def weighting_codebook(**rules):
    """Return the small codebook, weighted by two types and two sizes of its bracket `budget`."""
    plain = small_codebook()
    sizes = Brackets(
        brackets="budget",
        unit_of_measure="habitants",
        codes=(
            Bracket(code="petite", label="Petite", lower=0, upper=1000),
            Bracket(code="grande", label="Grande", lower=1000, upper=None),
        ),
    )
    declared = {
        "types": (("commune",), ("intercommunalite",)),
        "sizes": (("petite",), ("grande",)),
        "smallest_cell": 2,
        **rules,
    }
    survey = plain.survey.model_copy(
        update={
            "identity": plain.survey.identity.model_copy(update={"size": "budget"}),
            "weighting": Weighting.model_validate(declared),
        }
    )
    return replace(plain, survey=survey, scales={**plain.scales, "budget": sizes})


FRAME = {
    ("commune", 500): 10,
    ("commune", 5000): 20,
    ("CC", 500): 30,
    ("CC", 5000): 40,
}


@pytest.fixture
def frame(monkeypatch):
    """Let a small list be the frame of every day."""
    held = {"units": FRAME, "attested": True}

    def listed(reference, *, date):
        rows = [
            {"type": t, "population": p, "attested": held["attested"], "population_source": "insee"}
            for (t, p), n in held["units"].items()
            for _ in range(n)
        ]
        frame = pd.DataFrame(rows)
        return frame.assign(population=frame["population"].astype("Int64"))

    monkeypatch.setattr(room, "frame_at", listed)
    return held


def responses(codebook, count, **answers):
    return panel(
        codebook,
        {"2018": norm_responses(codebook, "2018", **(answers or {"equipe": ["oui"] * count}))},
        synthetic=False,
    )


def weighed(cells, *, codebook=None, reference=..., **columns):
    """Weigh one respondent for each (type, size) of `cells`."""
    codebook = codebook or weighting_codebook()
    frames = responses(codebook, len(cells))
    types, sizes = zip(*cells, strict=True)
    known = profiles(*frames, codebook, type=types, size_class=sizes, **columns)
    if reference is ...:
        reference = read_reference()
    return weigh(
        known, codebook=codebook, references={"2018": reference}, tables=catalogue(codebook)
    )


C, E, S, L = "commune", "intercommunalite", "petite", "grande"
FULL = [(C, S)] * 2 + [(C, L)] * 2 + [(E, S)] * 4 + [(E, L)] * 2


def test_each_cell_gets_its_part_of_the_frame(frame):
    made = weighed(FULL)
    told = made.editions.iloc[0]
    assert (told["status"], told["method"], told["frame_n"]) == ("weighted", "post_stratified", 100)
    # 10 / 2, 20 / 2, 30 / 4, 40 / 2, over a mean of 10.
    expected = [0.5] * 2 + [1.0] * 2 + [0.75] * 4 + [2.0] * 2
    assert made.respondents["weight"].tolist() == pytest.approx(expected)
    assert told["effective_n"] == pytest.approx(10**2 / sum(w**2 for w in expected))
    assert told["design_effect"] == pytest.approx(10 / told["effective_n"])
    assert told["margin_error"] == pytest.approx(0, abs=1e-12)


def test_a_cell_with_few_respondents_joins_the_next_size_of_its_type(frame):
    made = weighed([(C, S), *FULL[2:]])
    told = made.editions.iloc[0]
    assert told["method"] == "collapsed"
    assert "[0]" in told["why"]
    weights = made.respondents["weight"].tolist()
    assert weights[:3] == pytest.approx([weights[0]] * 3)
    assert sum(weights[:3]) == pytest.approx(9 * 0.30)


def test_a_margin_without_respondent_is_refused_with_the_reason(frame):
    made = weighed([(C, S)] * 3 + [(C, L)] * 3)
    told = made.editions.iloc[0]
    assert told["status"] == "refused"
    assert "without respondent" in told["reason"]
    assert made.respondents.empty
    assert pd.isna(told["effective_n"])


def test_a_list_that_is_not_of_the_day_is_no_frame(frame):
    frame["attested"] = False
    told = weighed(FULL).editions.iloc[0]
    assert told["status"] == "refused"
    assert "list of the day is not known" in told["reason"]


def test_without_list_or_margins_nothing_is_weighted(frame):
    told = weighed(FULL, reference=None).editions.iloc[0]
    assert (told["status"], told["effective_n"] is pd.NA) == ("off", True)
    assert "no list" in told["reason"]
    off = weighed(FULL, codebook=weighting_codebook(types=(), sizes=()))
    assert off.editions.iloc[0]["status"] == "off"
    assert off.respondents.empty


def test_a_size_that_nobody_knows_refuses_and_another_type_is_left_out(frame):
    told = weighed([*FULL, (C, "unknown")]).editions.iloc[0]
    assert told["status"] == "refused"
    assert "1 respondents of a type that is weighted have no known size" in told["reason"]
    made = weighed([*FULL, ("autre", "unknown")])
    assert made.editions.iloc[0]["outside_n"] == 1
    assert len(made.respondents) == len(FULL)


def test_weights_are_cut_at_the_ratio_declared_and_it_is_said(frame):
    made = weighed(FULL, codebook=weighting_codebook(trim_ratio=1.5))
    told = made.editions.iloc[0]
    assert told["trimmed_n"] == 2
    assert told["largest_weight"] == pytest.approx(1.5)
    assert told["effective_n"] > told["effective_n_before_trimming"]
    assert told["margin_error"] > 0.1


def test_the_second_answer_of_a_collectivite_has_no_weight(frame):
    counts = [True] * len(FULL) + [False]
    made = weighed([*FULL, (C, S)], counts=counts)
    assert len(made.respondents) == len(FULL)
    assert made.editions.iloc[0]["respondents_n"] == len(FULL)


# --- weighted shares ------------------------------------------------------------------------


def shares(answers, weights, *, instances=None, codebook=None):
    codebook = codebook or weighting_codebook()
    frames = panel(
        codebook, {"2018": norm_responses(codebook, "2018", **answers)}, instances, synthetic=False
    )
    known = profiles(*frames, codebook)
    table = pd.DataFrame(
        {
            "edition": "2018",
            "respondent_id": [f"r{k + 1}" for k in range(len(weights))],
            "weight": weights,
        }
    )
    return estimates(
        *frames, known, codebook=codebook, regions={}, tables=catalogue(codebook), weights=table
    )


def figure(table, code, *, variable="equipe", weighting="type_size", item=""):
    found = table[
        (table["variable"] == variable)
        & (table["code"] == code)
        & (table["weighting"] == weighting)
        & (table["item"] == item)
        & (table["base_rule"] == "answered")
        & (table["breakdown"] == "all")
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_a_weighted_share_stands_beside_the_unweighted_one_on_its_effective_number():
    table = shares({"equipe": ["oui"] * 20 + ["non"] * 20}, [3.0] * 20 + [1.0] * 20)
    plain, weighted = figure(table, "oui", weighting="unweighted"), figure(table, "oui")
    assert (plain["share"], weighted["share"]) == (0.5, 0.75)
    assert (weighted["numerator"], weighted["base_n"]) == (20, 40)
    # 80² / (20 · 9 + 20) = 32.
    assert weighted["effective_n"] == 32
    assert weighted["ci_method"] == "wilson_weighted"
    assert weighted["figure_id"] == plain["figure_id"].replace("unweighted", "type_size")
    assert table["figure_id"].is_unique


def test_equal_weights_give_the_unweighted_share_to_the_point():
    answers = {"equipe": ["oui"] * 11 + ["non"] * 18}
    table = shares(answers, [1.0] * 29)
    plain, weighted = figure(table, "oui", weighting="unweighted"), figure(table, "oui")
    for name in ("share", "ci_lower", "ci_upper"):
        assert weighted[name] == round(plain[name], 2)
    assert weighted["effective_n"] == 29


def test_who_is_not_weighted_counts_for_nothing_in_a_weighted_share():
    # The last respondent has no weight: 10 of 20, not 10 of 21.
    table = shares({"equipe": ["oui"] * 10 + ["non"] * 11}, [1.0] * 20)
    assert figure(table, "oui")["share"] == 0.5


def test_choices_and_tools_are_weighted_on_their_own_bases():
    codebook = weighting_codebook()
    tools = norm_instances(
        codebook,
        "2018",
        respondents=["r1", "r1", "r2", "r2"],
        instances=[1, 2, 1, 2],
        outil_type=["plateforme", "plateforme", "application", "application"],
    )
    answers = {
        "objectifs__informer": ["selected", "not_selected", "no_answer"],
        "objectifs__consulter": ["not_selected", "selected", "no_answer"],
    }
    table = shares(answers, [3.0, 1.0, 5.0], instances={"2018": tools}, codebook=codebook)
    choice = figure(table, "selected", variable="objectifs", item="informer")
    assert choice["share"] == 0.75
    tool = figure(table, "plateforme", variable="outil_type")
    assert (tool["share"], tool["ci_method"]) == (0.75, "wilson_clustered_weighted")
    assert tool["effective_n"] <= 2


def test_units_of_the_panel_are_those_of_the_weights():
    codebook = weighting_codebook()
    frames = responses(codebook, 3)
    units = Units(*frames, profiles(*frames, codebook), codebook=codebook)
    assert units.editions == ["2018"]
    assert units.synthetic == {"2018": False}


def test_sizes_that_nobody_asks_are_an_error_of_the_codebook():
    wrong = weighting_codebook(sizes=(("petite",), ("enorme",)))
    problems = [text for _, text in _identity(wrong)]
    assert any("'enorme' is no answer to budget" in text for text in problems)
    assert any("the answer 'grande' of budget is left out" in text for text in problems)
    assert not [text for _, text in _identity(weighting_codebook()) if "weighting" in text]


@pytest.mark.parametrize(
    "rules, words",
    [
        ({"types": [["commune"], ["commune"]], "sizes": [["a"]]}, "types given twice: commune"),
        ({"types": [["commune"]]}, "both types and sizes"),
        ({"trim_ratio": 1}, "greater than 1"),
    ],
)
def test_rules_of_weighting_are_checked(rules, words):
    with pytest.raises(ValueError, match=words):
        Weighting.model_validate(rules)
