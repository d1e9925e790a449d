"""Finite populations: which base has a frame, and every interval that allows for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from observatoire_pipeline.codebook.consistency import _identity
from observatoire_pipeline.codebook.models import Population
from observatoire_pipeline.collectivites.reference import read_reference
from observatoire_pipeline.estimation.brackets import grouped_median
from observatoire_pipeline.estimation.intervals import (
    jeffreys_interval,
    newcombe_interval,
    wilson_interval,
    wilson_interval_of_shares,
)
from observatoire_pipeline.estimation.sampling import corrected_effective_n
from observatoire_pipeline.longitudinal.comparability import comparability_table
from observatoire_pipeline.marts import frames as room
from observatoire_pipeline.marts.brackets import bracket_summaries
from observatoire_pipeline.marts.breakdowns import estimates
from observatoire_pipeline.marts.changes import changes
from observatoire_pipeline.marts.rankings import rankings
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

LISTED = {"commune": 40, "departement": 16}
TYPES = ["commune"] * 20 + ["departement"] * 12
NAMES = [f"commune:{k}" for k in range(20)] + [f"departement:{k}" for k in range(12)]


def book(**population):
    plain = small_codebook()
    identity = plain.survey.identity.model_copy(update={"name": "commentaire"})
    declared = population or {"unit": "collectivite", "types": ("commune", "departement")}
    survey = plain.survey.model_copy(
        update={"identity": identity, "population": Population.model_validate(declared)}
    )
    return replace(plain, survey=survey)


CODEBOOK = book()
TABLES = catalogue(CODEBOOK)


@pytest.fixture(autouse=True)
def listed(monkeypatch):
    """Let 40 communes and 16 départements be the list of every day, numbered."""
    held = {"another_day": (), "2017": LISTED, "2018": LISTED}

    def frame_at(reference, *, date):
        names = [(kind, f"{kind}:{k}") for kind, n in held[date[:4]].items() for k in range(n)]
        kinds, units = zip(*names, strict=True)
        return pd.DataFrame(
            {
                "unit_id": units,
                "type": kinds,
                "region": "53",
                "population": pd.array([None] * len(names), dtype="Int64"),
                "population_source": "insee",
                "attested": [kind not in held["another_day"] for kind in kinds],
            }
        )

    monkeypatch.setattr(room, "frame_at", frame_at)
    return held


def known(frames, codebook=CODEBOOK, **columns):
    told = {"type": TYPES, "unit_id": NAMES, "organisation_id": NAMES, **columns}
    who = profiles(*frames, codebook, **told)
    return who.assign(reference_date=who["edition"] + "-01-01")


def references(*editions):
    return dict.fromkeys(editions, read_reference())


def counted(codebook=CODEBOOK, *, instances=None, weights=None, looked_up=("2018",), **told):
    answers = told.pop("answers", {"equipe": ["oui", "non"] * 16})
    frames = panel(
        codebook, {"2018": norm_responses(codebook, "2018", **answers)}, instances, synthetic=False
    )
    return estimates(
        *frames,
        known(frames, codebook, **told),
        codebook=codebook,
        regions={"53": "Bretagne"},
        tables=catalogue(codebook),
        weights=weights,
        references=references(*looked_up),
    )


def figure(table, group="all", code="oui", *, variable="equipe", weighting="unweighted", item=""):
    found = table[
        (table["variable"] == variable)
        & (table["code"] == code)
        & (table["item"] == item)
        & (table["breakdown_code"] == group)
        & (table["weighting"] == weighting)
        & (table["base_rule"] == "answered")
    ]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(
    ("group", "hits", "base", "frame"),
    [("all", 16, 32, 56), ("commune", 10, 20, 40), ("departement", 6, 12, 16)],
)
def test_a_group_is_corrected_for_its_own_frame(group, hits, base, frame):
    found = figure(counted(), group)
    assert (found["numerator"], found["base_n"]) == (hits, base)
    assert (found["frame_n"], found["frame_reason"]) == (frame, "")
    lower, upper = wilson_interval([hits], [base], population=frame)
    assert (found["ci_lower"], found["ci_upper"]) == pytest.approx((lower[0], upper[0]))
    lower, upper = jeffreys_interval([hits], [base], population=frame)
    assert found["jeffreys_lower"] == pytest.approx(lower[0])
    assert found["jeffreys_upper"] == pytest.approx(upper[0])
    assert found["ci_method"] == "wilson"


def test_where_all_answered_the_interval_is_the_share(listed):
    listed["2018"] = {"commune": 40, "departement": 12}
    found = figure(counted(), "departement")
    assert found["ci_lower"] == found["share"] == found["ci_upper"]


def test_one_respondent_in_no_list_leaves_its_group_and_the_whole_without_frame():
    table = counted(unit_id=["", *NAMES[1:]])
    for group, reason in (
        ("all", "outside_list"),
        ("commune", "outside_list"),
        ("departement", ""),
    ):
        found = figure(table, group)
        assert found["frame_reason"] == reason
        assert pd.isna(found["frame_n"]) == bool(reason)
    found = figure(table, "commune")
    lower, upper = wilson_interval([10], [20])
    assert (found["ci_lower"], found["ci_upper"]) == pytest.approx((lower[0], upper[0]))


def test_a_respondent_in_the_list_of_another_group_is_outside_its_own():
    table = counted(type=["commune"] * 21 + ["departement"] * 11)
    assert figure(table, "commune")["frame_reason"] == "outside_list"
    assert figure(table, "departement")["frame_reason"] == ""


def test_a_type_that_is_not_declared_is_in_no_list():
    table = counted(book(unit="collectivite", types=("commune",)))
    reasons = {g: figure(table, g)["frame_reason"] for g in ("all", "commune", "departement")}
    assert reasons == {"all": "outside_list", "commune": "", "departement": "outside_list"}


def test_the_list_of_another_day_is_no_frame(listed):
    listed["another_day"] = ("departement",)
    table = counted()
    reasons = {g: figure(table, g)["frame_reason"] for g in ("all", "commune", "departement")}
    other = "list_of_another_day"
    assert reasons == {"all": other, "commune": "", "departement": other}


def test_those_of_whom_a_group_is_not_known_have_no_frame():
    table = counted(type=["commune"] * 20 + ["unknown"] * 12)
    assert figure(table, "unknown")["frame_reason"] == "unknown_group"


def test_without_a_list_or_a_declaration_nothing_is_corrected():
    assert figure(counted(looked_up=()))["frame_reason"] == "no_list"
    plain = replace(
        CODEBOOK, survey=CODEBOOK.survey.model_copy(update={"population": Population()})
    )
    table = counted(plain)
    assert set(table["frame_reason"]) == {"not_declared"}
    assert table["frame_n"].isna().all()


def test_tools_are_in_no_list_and_a_filter_chooses_whom_nobody_counted():
    tools = norm_instances(
        CODEBOOK,
        "2018",
        respondents=["r1", "r1", "r2", "r3"],
        instances=[1, 2, 1, 1],
        outil_type=["plateforme", "application", "application", "application"],
    )
    table = counted(instances={"2018": tools})
    assert figure(table, code="plateforme", variable="outil_type")["frame_reason"] == "other_unit"
    filtered = CODEBOOK.variables["budget"].model_copy(
        update={"filter": CODEBOOK.variables["outil_type"].filter}
    )
    chosen = replace(CODEBOOK, variables={**CODEBOOK.variables, "budget": filtered})
    low = CODEBOOK.codes_of("budget", edition="2018")[0]
    answers = {"equipe": ["oui"] * 32, "budget": [low] * 32}
    table = counted(chosen, answers=answers)
    assert figure(table, code=low, variable="budget")["frame_reason"] == "subpopulation"


def weighted_by(weights):
    ids = [f"r{k + 1}" for k in range(len(weights))]
    return pd.DataFrame({"edition": "2018", "respondent_id": ids, "weight": weights})


def test_a_weighted_share_is_corrected_for_the_part_that_answered():
    table = counted(weights=weighted_by([2.0] * 16 + [1.0] * 16))
    found = figure(table, weighting="type_size")
    worth = 48**2 / (16 * 4 + 16)
    lower, upper = wilson_interval_of_shares([0.5], corrected_effective_n([worth], [32], [56]))
    assert (found["ci_lower"], found["ci_upper"]) == (round(lower[0], 2), round(upper[0], 2))
    assert (found["frame_n"], found["effective_n"]) == (56, np.floor(worth))
    equal = counted(weights=weighted_by([1.0] * 32))
    plain, same = figure(equal), figure(equal, weighting="type_size")
    assert same["ci_lower"] == round(plain["ci_lower"], 2)


def test_a_weighted_share_of_some_of_the_base_has_no_frame():
    found = figure(counted(weights=weighted_by([1.0] * 31)), weighting="type_size")
    assert found["frame_reason"] == "outside_weighting"
    assert pd.isna(found["frame_n"])
    assert figure(counted(weights=weighted_by([1.0] * 31)))["frame_n"] == 56


def two_editions(organisations):
    answers = {"2017": ["oui"] * 12 + ["non"] * 20, "2018": ["oui", "non"] * 16}
    frames = panel(
        CODEBOOK,
        {e: norm_responses(CODEBOOK, e, equipe=said) for e, said in answers.items()},
        synthetic=False,
    )
    who = known(frames, type=TYPES * 2, unit_id=NAMES * 2, organisation_id=[*NAMES, *organisations])
    told = {"codebook": CODEBOOK, "tables": TABLES}
    figures = estimates(*frames, who, regions={}, references=references("2017", "2018"), **told)
    made = changes(figures, *frames, who, comparability_table(CODEBOOK), **told)
    (found,) = made[(made["variable"] == "equipe") & (made["code"] == "oui")].to_dict("records")
    return found


def test_a_change_allows_for_the_frame_of_each_edition(listed):
    listed["2017"] = {"commune": 24, "departement": 12}
    found = two_editions([f"other:{k}" for k in range(32)])
    assert (found["frame_n_from"], found["frame_n_to"]) == (36, 56)
    lower, upper = newcombe_interval([16], [32], [12], [32], population=56, reference_population=36)
    assert (found["ci_lower"], found["ci_upper"]) == pytest.approx((lower[0], upper[0]))


def test_the_same_collectivites_twice_are_a_part_of_their_frame():
    found = two_editions(NAMES)
    assert found["overlap"] == "matched"
    # 32 of 56: paired differences, 6 gave it before alone and 10 after alone.
    differences = np.repeat([-1.0, 1.0, 0.0], [6, 10, 16])
    expected = differences.std(ddof=1) / np.sqrt(32) * np.sqrt(1 - 32 / 56)
    assert found["standard_error"] == pytest.approx(expected)


def test_the_interval_of_a_median_and_of_a_scale_allow_for_the_frame():
    low, high, *_ = CODEBOOK.codes_of("budget", edition="2018")
    answers = {
        "budget": [low] * 14 + [high] * 18,
        "difficultes__moyens": ["souvent", "jamais"] * 16,
    }
    frames = panel(CODEBOOK, {"2018": norm_responses(CODEBOOK, "2018", **answers)}, synthetic=False)
    who = known(frames)
    units = Units(*frames, who, codebook=CODEBOOK, references=references("2018"))
    without = Units(*frames, who, codebook=CODEBOOK)
    summary = {
        name: bracket_summaries(*frames, codebook=CODEBOOK, tables=TABLES, units=one).iloc[0]
        for name, one in (("framed", units), ("bare", without))
    }
    assert (summary["framed"]["frame_n"], summary["bare"]["frame_reason"]) == (56, "no_list")
    scale = CODEBOOK.scale_of("budget", "2018")
    bounds = [(b.lower, b.upper) for b in scale.codes]
    counts = [answers["budget"].count(b.code) for b in scale.codes]
    for name, population in (("framed", 56), ("bare", None)):
        median = grouped_median(counts, *zip(*bounds, strict=True), population=population)
        found = summary[name]
        assert found["grouped_median_lower"] == pytest.approx(median.lower)
    assert summary["bare"]["grouped_median_lower"] < summary["framed"]["grouped_median_lower"]
    wide, narrow = (scale_summaries(one, tables=TABLES).iloc[0] for one in (without, units))
    assert narrow["frame_n"] == 56
    lower, upper = wilson_interval([16], [32], population=56)
    assert (narrow["top2_lower"], narrow["top2_upper"]) == pytest.approx((lower[0], upper[0]))
    assert wide["top2_lower"] < narrow["top2_lower"]
    ratio = narrow["net_standard_error"] / wide["net_standard_error"]
    assert ratio == pytest.approx(np.sqrt((56 - 32) / 55))


def test_the_interval_of_a_mean_rank_allows_for_the_frame():
    first, second, third = ("rank_1", "rank_2", "rank_3")
    answers = {
        "priorites__cout": [first, second] * 16,
        "priorites__securite": [second, first] * 16,
        "priorites__ergonomie": [third] * 32,
    }
    frames = panel(CODEBOOK, {"2018": norm_responses(CODEBOOK, "2018", **answers)}, synthetic=False)
    units = Units(*frames, known(frames), codebook=CODEBOOK, references=references("2018"))
    made = [rankings(*frames, codebook=CODEBOOK, tables=TABLES, units=u) for u in (None, units)]
    wide, narrow = (one.set_index("item").loc["cout"] for one in made)
    assert (wide["frame_reason"], narrow["frame_n"]) == ("not_declared", 56)
    halves = [one["mean_rank_upper"] - one["mean_rank"] for one in (wide, narrow)]
    assert halves[1] / halves[0] == pytest.approx(np.sqrt(1 - 32 / 56))


def test_a_population_names_a_unit_and_types():
    with pytest.raises(ValueError, match="both unit and types"):
        Population(unit="collectivite")
    strange = book(unit="colectivite", types=("commune",))
    assert any("population.unit: no unit 'colectivite'" in said for _, said in _identity(strange))
