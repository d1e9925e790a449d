"""Figures by group: who is in which base, what is hidden, and whether it can be computed back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from observatoire_pipeline.estimation.intervals import wilson_interval
from observatoire_pipeline.marts.breakdowns import estimates as by_group
from observatoire_pipeline.marts.counts import PanelError
from observatoire_pipeline.marts.units import those_that_count
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import (
    estimates,
    norm_instances,
    norm_responses,
    panel,
    profiles,
)


def with_identity():
    """Return a codebook whose respondents are told apart by type, without a question for it."""
    book = small_codebook()
    identity = book.survey.identity.model_copy(update={"name": "commentaire"})
    return small_codebook(survey=book.survey.model_copy(update={"identity": identity}))


CODEBOOK = with_identity()
TABLES = catalogue(CODEBOOK)


def of_2018(types, **answers):
    frame = norm_responses(CODEBOOK, "2018", **answers)
    stacked = panel(CODEBOOK, {"2018": frame})
    return estimates(*stacked, codebook=CODEBOOK, tables=TABLES, type=types)


def rows(table, variable, code, *, breakdown="type", item="", base_rule="answered"):
    found = table[
        (table["variable"] == variable)
        & (table["item"] == item)
        & (table["code"] == code)
        & (table["breakdown"] == breakdown)
        & (table["base_rule"] == base_rule)
    ]
    return found.set_index("breakdown_code")


def test_a_group_has_the_shares_of_its_own_base():
    table = of_2018(
        ["commune"] * 12 + ["departement"] * 10,
        equipe=["oui"] * 9 + ["non"] * 3 + ["oui"] * 4 + ["non"] * 6,
    )
    found = rows(table, "equipe", "oui")
    assert found["numerator"].tolist() == [9, 4]
    assert found["base_n"].tolist() == [12, 10]
    assert found.loc["commune", "share"] == pytest.approx(0.75)
    lower, upper = wilson_interval([9], [12])
    assert found.loc["commune", "ci_lower"] == pytest.approx(lower[0])
    assert found.loc["commune", "ci_upper"] == pytest.approx(upper[0])
    assert found.loc["commune", "breakdown_label"] == "Communes"
    assert found.loc["commune", "base_words"].endswith(" — Communes")
    assert (found["suppression"] == "none").all() and found["cautious"].all()
    assert found.loc["commune", "figure_id"].endswith(".unweighted.type.commune")


def test_groups_add_up_to_the_whole_where_nothing_is_hidden():
    table = of_2018(["commune"] * 12 + ["departement"] * 10, equipe=["oui", "non"] * 11)
    for code in ("oui", "non"):
        whole = rows(table, "equipe", code, breakdown="all")
        assert rows(table, "equipe", code)["numerator"].sum() == whole["numerator"].iloc[0]


def test_a_small_group_loses_its_numbers_and_takes_another_with_it():
    table = of_2018(
        ["commune"] * 14 + ["intercommunalite"] * 12 + ["departement"] * 4,
        equipe=["oui", "non"] * 15,
    )
    found = rows(table, "equipe", "oui")
    assert found.loc["departement", "suppression"] == "hidden_small_base"
    assert pd.isna(found.loc["departement", "numerator"])
    assert np.isnan(found.loc["departement", ["share", "ci_lower", "ci_upper"]].astype(float)).all()
    # Alone it would be the difference of the whole and the others.
    assert found.loc["intercommunalite", "suppression"] == "hidden_with_others"
    assert found.loc["commune", "suppression"] == "none"


def test_a_breakdown_without_two_large_groups_is_left_out():
    table = of_2018(["commune"] * 14 + ["departement"] * 4, equipe=["oui", "non"] * 9)
    assert set(table["breakdown"]) == {"all"}
    assert set(of_2018(["unknown"] * 30, equipe=["oui", "non"] * 15)["breakdown"]) == {"all"}


def test_asked_and_answered_are_told_apart():
    table = of_2018(
        ["commune"] * 11 + ["departement"] * 11,
        equipe=["oui"] * 9 + ["no_answer", "not_applicable"] + ["non"] * 11,
    )
    whole = rows(table, "equipe", "oui", breakdown="all").iloc[0]
    assert (whole["n_asked"], whole["n_answered"], whole["base_n"]) == (21, 20, 20)


def test_do_not_know_bounds_the_share():
    answers = ["souvent"] * 10 + ["jamais"] * 6 + ["do_not_know"] * 4
    table = of_2018(["commune"] * 20, difficultes__moyens=answers)
    found = rows(table, "difficultes", "souvent", breakdown="all", item="moyens").iloc[0]
    assert found["do_not_know_share"] == pytest.approx(4 / 20)
    assert found["share_if_dk_no"] == pytest.approx(10 / 20)
    assert found["share_if_dk_yes"] == pytest.approx(14 / 20)
    wide = rows(
        table, "difficultes", "souvent", breakdown="all", item="moyens", base_rule="answered_or_dk"
    ).iloc[0]
    assert wide["base_n"] == 20 and pd.isna(wide["share_if_dk_no"])


def test_a_collectivite_counts_once_and_its_tools_all():
    book = CODEBOOK
    frame = norm_responses(book, "2018", equipe=["oui", "non", "oui"])
    responses, instances = panel(book, {"2018": frame})
    known = profiles(responses, instances, book, counts=[True, False, True])
    assert those_that_count(responses, known)["respondent_id"].tolist() == ["r1", "r3"]
    made = by_group(responses, instances, known, codebook=book, regions={}, tables=TABLES)
    assert rows(made, "equipe", "oui", breakdown="all")["base_n"].tolist() == [2]


def test_tools_of_one_collectivite_are_no_independent_units():
    book, edition, variable = CODEBOOK, "2018", "outil_type"
    code, other, *_ = book.codes_of(variable, edition=edition)
    tools = norm_instances(
        book,
        edition,
        respondents=["r1"] * 3 + ["r2"] * 3 + ["r3"] * 3,
        instances=[1, 2, 3] * 3,
        **{variable: [code] * 3 + [other] * 6},
    )
    frame = norm_responses(book, edition, equipe=["oui"] * 3)
    stacked = panel(book, {edition: frame}, {edition: tools})
    made = estimates(*stacked, codebook=book, tables=TABLES)
    found = rows(made, variable, code, breakdown="all").iloc[0]
    assert found["ci_method"] == "wilson_clustered"
    assert found["effective_n"] < found["base_n"] == 9
    lower, upper = wilson_interval([3], [9])
    assert found["ci_upper"] - found["ci_lower"] > upper[0] - lower[0]


def test_a_response_without_profile_is_an_error():
    frame = norm_responses(CODEBOOK, "2018", equipe=["oui", "non"])
    responses, instances = panel(CODEBOOK, {"2018": frame})
    known = profiles(responses, instances, CODEBOOK).iloc[:1]
    with pytest.raises(PanelError, match="1 responses of the panel have no profile"):
        by_group(responses, instances, known, codebook=CODEBOOK, regions={}, tables=TABLES)


def test_a_hidden_base_is_not_told_in_words():
    answers = (["souvent", "jamais"] * 18)[:36]
    answers[0] = answers[20] = answers[33] = "do_not_know"
    table = of_2018(
        ["commune"] * 20 + ["intercommunalite"] * 12 + ["departement"] * 4,
        difficultes__moyens=answers,
    )
    found = table[(table["variable"] == "difficultes") & (table["breakdown"] == "type")]
    hidden = found[found["base_n"].isna()]
    assert len(hidden)
    assert hidden["base_words"].str.startswith("base masquée — ").all()
    assert not found.loc[found["base_n"].notna(), "base_words"].str.contains("masquée").any()
