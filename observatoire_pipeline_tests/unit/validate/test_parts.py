"""A cell that answers several things is one cell, and a word may say that a box was not ticked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from observatoire_pipeline.codebook.models import Filter
from observatoire_pipeline.normalise.responses import conservation
from observatoire_pipeline.validate.errors import UnknownAnswers
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.raw_tables import Raw, raw_tables

CODEBOOK = small_codebook()


def read_as(raw: Raw, variable: str, **columns: str) -> Raw:
    """Return the raw tables with other values in the rows of `raw_columns` of a variable."""
    described = raw.raw_columns.copy()
    for name, value in columns.items():
        described.loc[described["variable"] == variable, name] = value
    return raw._replace(raw_columns=described)


def joined(*cells: str, codebook=CODEBOOK) -> Raw:
    rows = [
        {"respondent_id": str(k), "equipe": "Oui", "objectifs": cell}
        for k, cell in enumerate(cells, start=1)
    ]
    raw = raw_tables(rows, codebook=codebook)
    return read_as(raw, "objectifs", reading="joined", separator=", ", label="")


def selected(raw: Raw) -> list[set[str]]:
    found = raw.normalise()
    assert conservation(found.cell_map) == []
    names = [n for n in found.norm_responses.columns if n.startswith("objectifs__")]
    rows = found.norm_responses[names].astype("str").to_dict("records")
    return [
        {n.removeprefix("objectifs__") for n, c in row.items() if c == "selected"} for row in rows
    ]


def test_a_cell_ticks_each_of_its_choices():
    raw = joined(
        "Informer les habitants, Consulter les habitant·e·s",
        "Aucun",
        "",
        "consulter les habitant·e·s",
    )
    assert selected(raw) == [{"informer", "consulter"}, {"aucun"}, set(), {"consulter"}]


def test_what_nobody_listed_was_typed():
    raw = joined("Informer les habitants, Un syndicat, à Évry")
    assert selected(raw) == [{"informer", "autre"}]
    texts = raw.normalise().norm_texts
    assert texts[["item", "text"]].to_numpy().tolist() == [["autre", "Un syndicat, à Évry"]]


def test_without_a_place_for_it_an_unknown_choice_is_told():
    variable = CODEBOOK.variables["objectifs"]
    closed = variable.model_copy(update={"items": tuple(i for i in variable.items if not i.text)})
    columns = tuple(c for c in CODEBOOK.columns if (c.variable, c.item) != ("objectifs", "autre"))
    codebook = replace(
        CODEBOOK, variables=CODEBOOK.variables | {"objectifs": closed}, columns=columns
    )
    with pytest.raises(UnknownAnswers, match=r"unknown choice 'Un syndicat', 1 times \(row 3\)"):
        joined("Informer les habitants, Un syndicat", codebook=codebook).accept()


def test_a_cell_with_a_contradiction_is_rejected_once_and_whole():
    raw = joined("Informer les habitants, Consulter les habitant·e·s, Aucun", "Aucun")
    rejected = raw.accept().rejected_responses
    assert rejected[["row", "rule", "cells"]].to_numpy().tolist() == [
        [3, "exclusive_contradicted", 1]
    ]
    assert rejected["value"].item() == "Informer les habitants, Consulter les habitant·e·s, Aucun"
    assert selected(raw) == [set(), {"aucun"}]
    states = raw.normalise().norm_responses["objectifs__informer"].astype("str").tolist()
    assert states == ["unreadable", "not_selected"]


def ticked(**cells: str) -> Raw:
    raw = raw_tables([{"respondent_id": "1", "equipe": "Oui", **cells}], codebook=CODEBOOK)
    return read_as(raw, "objectifs", reading="ticks")


def test_words_tell_what_was_ticked_and_what_was_not():
    raw = ticked(objectifs__informer="Oui", objectifs__consulter="Non", objectifs__aucun="Non")
    assert selected(raw) == [{"informer"}]
    assert raw.accept().rejected_responses.empty


def test_a_box_that_was_not_ticked_opens_no_filter():
    only_informed = Filter(variable="objectifs", item="informer", codes=("selected",))
    variable = CODEBOOK.variables["agents"].model_copy(update={"filter": only_informed})
    codebook = replace(CODEBOOK, variables=CODEBOOK.variables | {"agents": variable})
    rows = [
        {"respondent_id": "1", "objectifs__informer": "Oui", "objectifs__consulter": "Non"},
        {"respondent_id": "2", "objectifs__informer": "Non", "objectifs__consulter": "Oui"},
    ]
    raw = read_as(raw_tables(rows, codebook=codebook), "objectifs", reading="ticks")
    states = raw.normalise().norm_responses["agents__state"].astype("str").tolist()
    assert states[1] == "not_applicable"
    assert states[0] != "not_applicable"


def test_places_of_a_ranking_name_what_has_them():
    answers = {"respondent_id": "1", "priorites": "La sécurité", "priorites#2": "Le coût"}
    raw = raw_tables([answers], codebook=CODEBOOK)
    described = raw.raw_columns.copy()
    places = described.index[described["variable"] == "priorites"]
    described.loc[places, "code"] = ["rank_1", "rank_2"]
    described.loc[places, "reading"] = "places"
    raw = raw._replace(raw_columns=described)
    found = raw.normalise()
    names = ["priorites__cout", "priorites__securite", "priorites__ergonomie"]
    assert found.norm_responses[names].iloc[0].tolist() == ["rank_2", "rank_1", "not_ranked"]
    assert conservation(found.cell_map) == []


def test_what_says_that_nothing_was_answered_is_a_blank_dropped_by_rule():
    raw = raw_tables(
        [
            {"respondent_id": "1", "equipe": "N/A", "commentaire": "Rien"},
            {"respondent_id": "2", "equipe": "Non", "commentaire": ""},
        ],
        codebook=CODEBOOK,
    )
    found = read_as(raw, "equipe", no_answer="N/A").normalise()
    assert found.norm_responses["equipe"].astype("str").tolist() == ["no_answer", "non"]
    row = found.cell_map[found.cell_map["variable"] == "equipe"].iloc[0]
    assert row[["cells_in", "cells_coded", "cells_dropped"]].tolist() == [2, 1, 1]
