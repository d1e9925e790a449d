"""Which groups are hidden for their own sake, and with what else."""

from __future__ import annotations

import pandas as pd

from observatoire_pipeline.marts.breakdowns import estimates
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import (
    norm_instances,
    norm_responses,
    panel,
    profiles,
)

REGIONS = {"53": "Bretagne", "75": "Nouvelle-Aquitaine"}


def survey(disclosure=None, **identity):
    book = small_codebook()
    changes = {
        "identity": book.survey.identity.model_copy(update={"name": "commentaire", **identity}),
        "disclosure": book.survey.disclosure.model_copy(update=disclosure or {}),
    }
    return small_codebook(survey=book.survey.model_copy(update=changes))


def figures(answers, *, codebook=None, tools=None, **columns):
    """Return `mart_estimates` of an edition."""
    codebook = codebook or survey()
    instances = {} if tools is None else {"2018": norm_instances(codebook, "2018", **tools)}
    frames = panel(codebook, {"2018": norm_responses(codebook, "2018", **answers)}, instances)
    known = profiles(*frames, codebook, **columns)
    tables = catalogue(codebook)
    return estimates(*frames, known, codebook=codebook, regions=REGIONS, tables=tables)


def group(table, variable, code, breakdown="type"):
    found = table[(table["variable"] == variable) & (table["code"] == code)]
    return found[found["breakdown"] == breakdown].set_index("breakdown_code")


def test_a_question_that_identifies_is_not_broken_down_by_a_group_that_identifies():
    answers = {"equipe": ["oui", "non", "non"] * 10}
    columns = {"type": ["commune", "intercommunalite"] * 15}
    plain = survey(type="profil")
    assert len(group(figures(answers, codebook=plain, **columns), "equipe", "oui"))
    identifying = survey({"identifying": ("profil", "equipe")}, type="profil")
    assert group(figures(answers, codebook=identifying, **columns), "equipe", "oui").empty


def test_tools_of_one_collectivite_above_all_are_hidden_however_many():
    names = [f"r{k + 1}" for k in range(36)]
    tools = {
        "respondents": names,
        "instances": [1] * 36,
        "outil_type": ["plateforme", "application"] * 18,
    }
    types = ["commune"] * 12 + ["intercommunalite"] * 12 + ["departement"] * 12
    answers = {"equipe": ["oui"] * 36}
    apart = group(figures(answers, tools=tools, type=types), "outil_type", "plateforme")
    assert apart["share"].notna().all()
    # Eleven of the twelve départements' tools are of one collectivité.
    owners = [f"o{k}" for k in range(24)] + ["one"] * 11 + ["other"]
    of_one = figures(answers, tools=tools, type=types, organisation_id=owners)
    found = group(of_one, "outil_type", "plateforme")
    assert pd.isna(found.loc["departement", "share"])
    assert found["share"].notna().any()


def test_a_group_that_another_holds_but_for_two_is_hidden():
    answers = {"equipe": (["oui", "non", "non"] * 14)[:40]}
    types = ["commune"] * 26 + ["departement"] * 14
    # All départements are in one région, with two communes, or with three.
    for others, hidden in ((2, True), (3, False)):
        regions = ["75"] * (26 - others) + ["53"] * (14 + others)
        found = group(figures(answers, type=types, region=regions), "equipe", "oui")
        assert found.empty if hidden else found.loc["departement", "share"] > 0


def test_a_large_group_does_not_say_why_it_is_hidden():
    """That its members are unanimous, and the others are not, would be what they answered."""
    answers = {"equipe": ["oui"] * 12 + ["oui", "non"] * 13}
    types = ["departement"] * 12 + ["commune"] * 14 + ["intercommunalite"] * 12
    found = group(figures(answers, type=types), "equipe", "oui")
    assert set(found.loc[found["share"].isna(), "suppression"]) == {"hidden_with_others"}
    assert pd.isna(found.loc["departement", "share"])
