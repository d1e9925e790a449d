"""The attack on everything that is published: nothing is found, and every planted leak is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from observatoire_pipeline.longitudinal.comparability import comparability_table
from observatoire_pipeline.marts import audit
from observatoire_pipeline.marts.audit import Truth, recovered_figures, respondents
from observatoire_pipeline.marts.breakdowns import estimates
from observatoire_pipeline.marts.changes import changes
from observatoire_pipeline.marts.sensitivity import sensitivity
from observatoire_pipeline.marts.units import counting_units
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import (
    norm_instances,
    norm_responses,
    panel,
    profiles,
)


def with_identity():
    """Return a codebook whose respondents are told apart by type and région."""
    book = small_codebook()
    identity = book.survey.identity.model_copy(update={"name": "commentaire"})
    return small_codebook(survey=book.survey.model_copy(update={"identity": identity}))


CODEBOOK = with_identity()
TABLES = catalogue(CODEBOOK)
REGIONS = {"53": "Bretagne", "75": "Nouvelle-Aquitaine", "94": "Corse"}


def released(editions, *, types, regions, weights=None, organisations=None, tools=None):
    """Return the tables that are published of some answers, and who answered.

    Args:
        editions: Edition → its answers.
        types: Of the respondents of all editions, one after another.
        regions: As types.
        weights: As types.
        organisations: As types; each respondent one of its own when left out.
        tools: Respondents, instances and answers of the tools of the only edition.
    """
    frames = {e: norm_responses(CODEBOOK, e, **answers) for e, answers in editions.items()}
    instances = {}
    if tools is not None:
        (edition,) = editions
        instances[edition] = norm_instances(CODEBOOK, edition, **tools)
    stacked = panel(CODEBOOK, frames, instances)
    told = {"type": types, "region": regions}
    if organisations is not None:
        told["organisation_id"] = organisations
    known = profiles(*stacked, CODEBOOK, **told)
    weighted = known[["edition", "respondent_id"]].iloc[: len(weights or ())]
    weighted = weighted.assign(weight=np.array(weights or (), dtype=float))
    made = estimates(
        *stacked, known, codebook=CODEBOOK, regions=REGIONS, tables=TABLES, weights=weighted
    )
    return (
        {
            "mart_estimates": made,
            "mart_changes": changes(
                made,
                *stacked,
                known,
                comparability_table(CODEBOOK),
                codebook=CODEBOOK,
                tables=TABLES,
            ),
            "mart_sensitivity": sensitivity(made, *stacked, codebook=CODEBOOK, tables=TABLES),
        },
        respondents(known, weighted),
        Truth(counting_units(*stacked, known, codebook=CODEBOOK), weighted),
    )


def attack(tables, who, truth=None):
    return recovered_figures(tables, codebook=CODEBOOK, who=who, truth=truth)


KIND = st.sampled_from(["commune", "intercommunalite", "departement", "region"])
PLACE = st.sampled_from(["53", "75", "94"])
OPINION = st.sampled_from(["jamais", "parfois", "souvent", "do_not_know", "no_answer"])
UNIT = st.tuples(KIND, PLACE, OPINION, st.sampled_from(["oui", "non"]), st.sampled_from([0.4, 1.6]))


@settings(deadline=None, max_examples=5, suppress_health_check=list(HealthCheck))
@given(st.lists(UNIT, min_size=30, max_size=60), st.randoms())
def test_nothing_that_is_hidden_can_be_computed_from_what_is_published(units, random):
    def of(units):
        types, regions, opinions, equipped, weights = map(list, zip(*units, strict=True))
        editions = {"2018": {"difficultes__moyens": opinions, "equipe": equipped}}
        return released(editions, types=types, regions=regions, weights=weights)

    tables, who, truth = of(units)
    assert attack(tables, who) == []
    assert attack(tables, who, truth) == []
    shuffled = list(units)
    random.shuffle(shuffled)
    again, *_ = of(shuffled)
    pd.testing.assert_frame_equal(again["mart_estimates"], tables["mart_estimates"])


# --- planted leaks --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def release():
    """One edition: 36 respondents in three types and two régions, some of them equipped."""
    types = ["commune"] * 18 + ["intercommunalite"] * 12 + ["departement"] * 6
    weights = [0.5] * 18 + [1.5] * 12 + [2.0] * 6
    equipped = (["oui", "oui", "non"] * 12)[:36]
    opinions = [*(["jamais", "souvent", "parfois", "souvent"] * 9)[:35], "do_not_know"]
    opinions[3] = opinions[20] = "do_not_know"
    owners = [f"r{k + 1}" for k, one in enumerate(equipped) if one == "oui"]
    return released(
        {"2018": {"equipe": equipped, "difficultes__moyens": opinions}},
        types=types,
        regions=(["53", "75"] * 18)[:36],
        weights=weights,
        tools={
            "respondents": owners * 2,
            "instances": [1] * len(owners) + [2] * len(owners),
            "outil_type": ["plateforme", "application", "application"] * 16,
        },
    )


def planted(release, name, places, **values):
    """Return the tables with other values in some rows of one of them."""
    tables = {key: frame.copy() for key, frame in release[0].items()}
    rows = places(tables[name])
    assert rows.any()
    for column, value in values.items():
        tables[name].loc[rows, column] = value
    return tables


def of_group(frame, code, group, *, variable="equipe", rule="answered"):
    return (
        (frame["variable"] == variable)
        & (frame["code"] == code)
        & (frame["breakdown_code"] == group)
        & (frame["base_rule"] == rule)
        & (frame["weighting"] == "unweighted")
    )


def test_the_release_holds_hidden_figures_and_gives_none_away(release):
    tables, who, truth = release
    assert attack(tables, who, truth) == []
    figures = tables["mart_estimates"]
    assert figures["suppression"].str.startswith("hidden").any()
    assert figures.loc[of_group(figures, "oui", "departement"), "numerator"].isna().all()
    assert attack(tables, who) == []


def test_a_figure_that_subtraction_gives_back_is_found(release):
    def rows(frame):
        return of_group(frame, "oui", "intercommunalite") | of_group(frame, "oui", "commune")

    tables = planted(release, "mart_estimates", rows)
    figures = tables["mart_estimates"]
    for group, number in (("commune", 12), ("intercommunalite", 8)):
        figures.loc[of_group(figures, "oui", group), "numerator"] = number
    found = attack(tables, release[1])
    assert any(figure.endswith(".type.departement") for figure in found)
    assert attack(tables, *release[1:]) == found


def test_figures_that_are_not_those_of_the_panel_are_an_error(release):
    tables = planted(
        release, "mart_estimates", lambda f: of_group(f, "oui", "commune"), numerator=11
    )
    with pytest.raises(ArithmeticError, match="do not agree with what is published"):
        attack(tables, *release[1:])


@pytest.mark.parametrize(
    "column", ["share", "ci_lower", "jeffreys_upper", "effective_n", "share_if_dk_no"]
)
def test_a_number_beside_a_hidden_count_is_found(release, column):
    tables = planted(
        release, "mart_estimates", lambda f: of_group(f, "oui", "departement"), **{column: 0.5}
    )
    assert any(figure.endswith(".type.departement") for figure in attack(tables, release[1]))


def test_a_do_not_know_share_beside_a_hidden_do_not_know_is_found(release):
    def rows(frame):
        return of_group(frame, "souvent", "departement", variable="difficultes")

    tables = planted(release, "mart_estimates", rows, do_not_know_share=0.2)
    assert any(figure.endswith(".type.departement") for figure in attack(tables, release[1]))


def test_the_base_of_a_filtered_question_is_found(release):
    def rows(frame):
        asked = (frame["variable"] == "outil_type") & (frame["breakdown"] == "type")
        return asked & (frame["breakdown_code"] == "departement")

    figures = release[0]["mart_estimates"]
    told = figures[rows(figures)]
    assert told["n_asked"].isna().all() and told["base_n"].isna().all()
    # Twelve tools of six départements, at most two of each: all of them are equipped.
    tables = planted(release, "mart_estimates", rows, n_asked=12)
    assert any(".equipe." in figure for figure in attack(tables, release[1]))


def test_a_weighted_share_that_was_withheld_is_found(release):
    figures = release[0]["mart_estimates"]
    weighted = (figures["weighting"] == "type_size") & (figures["variable"] == "equipe")
    assert figures.loc[weighted, "share"].isna().any()
    tables = planted(release, "mart_estimates", lambda f: weighted, share=0.33)
    told = tables["mart_estimates"]
    told.loc[weighted & figures["code"].isin(["oui", "favourable"]), "share"] = 0.67
    assert any(".equipe." in figure for figure in attack(tables, release[1]))


def test_the_same_group_by_another_breakdown_is_found():
    """All of a type in one région, and nobody else there: what one table hides the other tells."""
    types = ["commune"] * 14 + ["intercommunalite"] * 14 + ["departement"] * 12
    answers = (["oui", "non", "non"] * 14)[:40]
    regions = (["53", "75"] * 14)[:28] + ["94"] * 12
    tables, who, _ = released({"2018": {"equipe": answers}}, types=types, regions=regions)
    figures = tables["mart_estimates"]
    assert attack(tables, who) == []
    hidden = of_group(figures, "oui", "departement") | of_group(figures, "oui", "commune")
    figures.loc[hidden | of_group(figures, "non", "departement"), "numerator"] = np.nan
    figures.loc[of_group(figures, "non", "commune"), "numerator"] = np.nan
    figures.loc[figures["numerator"].isna(), "suppression"] = "hidden_with_others"
    figures.loc[figures["numerator"].isna(), audit._TELLING] = np.nan
    assert any(figure.endswith(".type.departement") for figure in attack(tables, who))


def test_an_alternative_that_tells_a_few_answers_is_found(release):
    name = "mart_sensitivity"

    def headline(frame):
        return (frame["variable"] == "equipe") & (frame["alternative"] == "every_response")

    base = int(release[0][name].loc[headline(release[0][name]), "base_n"].iloc[0])
    assert attack(planted(release, name, headline, base_n=base + 2), release[1])
    assert not attack(planted(release, name, headline, base_n=base + 3), release[1])

    def whole(frame):
        return frame["variable"] == "equipe"

    assert attack(planted(release, name, whole, highest_share=0.9), release[1])


def test_a_weighted_alternative_of_a_withheld_share_is_found(release):
    figures = release[0]["mart_estimates"]
    gone = (figures["weighting"] == "type_size") & figures["share"].isna()
    assert (gone & (figures["code"] == "favourable")).any()

    def weighted(frame):
        return (frame["alternative"] == "weighted") & (frame["status"] == "withheld")

    assert attack(planted(release, "mart_sensitivity", weighted, share=0.6), release[1])


@pytest.fixture(scope="module")
def two_editions():
    """Two editions of 40 respondents, 14 of them common; départements are few."""
    types = ["commune"] * 20 + ["intercommunalite"] * 14 + ["departement"] * 6
    names = [f"o{k}" for k in range(40)]
    later = names[13:27] + [f"p{k}" for k in range(26)]
    return released(
        {
            "2017": {"equipe": (["oui", "non"] * 20)[:40]},
            "2018": {"equipe": (["oui", "oui", "non"] * 14)[:40]},
        },
        types=types * 2,
        regions=["53"] * 80,
        organisations=[*names, *later],
    )


def change(frame):
    return (frame["variable"] == "equipe") & (frame["status"] == "computed")


def test_a_change_that_tells_of_few_common_respondents_is_found(two_editions):
    tables, who, _ = two_editions
    assert attack(tables, who) == []
    own = tables["mart_changes"][change(tables["mart_changes"])]
    assert set(own["test"]) == {"z_overlap"} and set(own["common_n"]) == {14}
    for few in (1, 9):
        assert attack(planted(two_editions, "mart_changes", change, common_n=few), who)
    # All but two of a base are common: the two are as good as published.
    assert attack(planted(two_editions, "mart_changes", change, common_n=38), who)
    assert not attack(planted(two_editions, "mart_changes", change, common_n=40), who)


def test_a_split_by_a_type_that_is_hidden_is_found(two_editions):
    tables, who, _ = two_editions
    own = tables["mart_changes"][change(tables["mart_changes"])]
    assert own["composition"].notna().any()
    told = planted(two_editions, "mart_changes", change, composition=0.1, split_note="")
    assert attack(told, who)


@pytest.mark.parametrize("blinded", ["_told_in_their_row", "_changes", "_alternatives"])
def test_each_part_of_the_audit_is_needed(release, two_editions, blinded, monkeypatch):
    plants = {
        "_told_in_their_row": lambda: (
            planted(
                release, "mart_estimates",
                lambda f: of_group(f, "oui", "departement"), ci_lower=0.5,
            ),
            release[1],
        ),
        "_changes": lambda: (
            planted(two_editions, "mart_changes", change, common_n=2), two_editions[1]
        ),
        "_alternatives": lambda: (
            planted(
                release, "mart_sensitivity",
                lambda f: f["variable"] == "equipe", highest_share=0.99,
            ),
            release[1],
        ),
    }  # fmt: skip
    tables, who = plants[blinded]()
    assert attack(tables, who)
    monkeypatch.setattr(audit, blinded, lambda *_: iter(()))
    assert not attack(tables, who)
