"""What `survey.identity` may name: every slip is told, with what was meant."""

import dataclasses

import pytest

from observatoire_pipeline.codebook.consistency import find_inconsistencies
from observatoire_pipeline.codebook.models import Identity
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook


def told(**changes):
    codebook = read_codebook(packaged_codebook())
    identity = Identity(**(codebook.survey.identity.model_dump() | changes))
    survey = codebook.survey.model_copy(update={"identity": identity})
    return [
        message for _, message in find_inconsistencies(dataclasses.replace(codebook, survey=survey))
    ]


def test_the_identity_of_the_barometer_holds():
    assert told() == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "rep_colectivite_nom"}, "did you mean 'rep_collectivite_nom'?"),
        ({"name": "rep_collectivite_type"}, "identity.name: rep_collectivite_type is a single"),
        ({"size": "rep_region"}, "identity.size: rep_region is a single question, not bracket"),
        ({"per_inhabitant": ["moy_etp"]}, "not in €"),
        ({"per_inhabitant": ["rep_collectivite_nom"]}, "is a text question, not bracket"),
        ({"type": None}, "identity.types reads the answers to identity.type"),
    ],
)
def test_each_slip_is_told(changes, message):
    assert sum(message in said for said in told(**changes)) == 1


def test_every_answer_has_a_type_and_every_type_an_answer():
    said = told(types={"commune": "commune", "epcii": "intercommunalite"})
    assert sum("'epcii' is no answer" in one and "'epci'" in one for one in said) == 1
    assert sum("has no type" in one for one in said) == 6
