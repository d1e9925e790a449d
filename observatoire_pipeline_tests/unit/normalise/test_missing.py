import pytest

from observatoire_pipeline.codebook.models import Filter
from observatoire_pipeline.normalise.missing import broken_invariants
from observatoire_pipeline.tables.frames import coded
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.raw_tables import raw_tables

CODEBOOK = small_codebook()
COLUMNS = ["profil", "equipe", "agents", "commentaire"]


def filtered(**filters):
    """Return the codebook with a filter on some variables."""
    variables = dict(CODEBOOK.variables)
    for name, declared in filters.items():
        variables[name] = variables[name].model_copy(update={"filter": declared})
    return small_codebook(variables=variables)


def normalised(*rows, codebook=CODEBOOK, edition="2018", columns=COLUMNS):
    numbered = [{"respondent_id": str(n), **row} for n, row in enumerate(rows, start=1)]
    return raw_tables(numbered, codebook=codebook, edition=edition, columns=columns).normalise()


def codes(frame, name):
    return frame[name].astype(str).tolist()


def test_a_blank_behind_the_last_answer_was_not_reached_and_before_it_not_answered():
    made = normalised({"equipe": "Oui"}, {"profil": "Commune", "commentaire": "fin"})
    responses = made.norm_responses
    assert codes(responses, "profil") == ["no_answer", "commune"]
    assert codes(responses, "equipe") == ["oui", "no_answer"]
    assert codes(responses, "agents__state") == ["not_reached", "no_answer"]
    assert codes(responses, "commentaire") == ["not_reached", "answered"]


def test_a_rejected_cell_was_reached():
    made = normalised({"agents": "douze"})
    assert codes(made.norm_responses, "agents__state") == ["unreadable"]
    assert codes(made.norm_responses, "equipe") == ["no_answer"]
    assert codes(made.norm_responses, "commentaire") == ["not_reached"]


def test_a_multiple_choice_is_reached_as_a_whole_and_a_matrix_row_by_row():
    columns = ["objectifs__informer", "objectifs__aucun", "difficultes__moyens"]
    columns.append("difficultes__temps")
    made = normalised(
        {"objectifs__informer": "Informer les habitants"},
        {"difficultes__moyens": "Jamais"},
        columns=columns,
    )
    responses = made.norm_responses
    assert codes(responses, "objectifs__aucun") == ["not_selected", "no_answer"]
    assert codes(responses, "difficultes__temps") == ["not_reached", "not_reached"]


def test_not_applicable_stands_before_not_reached():
    codebook = filtered(agents=Filter(variable="equipe", codes=("oui",)))
    made = normalised(
        {"equipe": "Non"}, {"equipe": "Oui"}, {"profil": "Commune"}, codebook=codebook
    )
    assert codes(made.norm_responses, "agents__state") == [
        "not_applicable",
        "not_reached",
        "not_reached",
    ]


def test_an_answer_that_a_filter_shuts_out_is_not_applicable_and_its_number_null():
    codebook = filtered(agents=Filter(variable="equipe", codes=("oui",)))
    made = normalised({"equipe": "Non", "agents": "3"}, codebook=codebook)
    assert codes(made.norm_responses, "agents__state") == ["not_applicable"]
    assert made.norm_responses["agents"].isna().all()
    assert not broken_invariants(made.norm_responses, made.norm_instances, codebook=codebook)


def test_who_is_shut_out_of_a_filter_is_shut_out_of_those_that_look_at_it():
    codebook = filtered(
        agents=Filter(variable="equipe", codes=("oui",)),
        commentaire=Filter(variable="agents", codes=("answered",)),
    )
    made = normalised({"equipe": "Non"}, {"equipe": "Oui"}, codebook=codebook)
    assert codes(made.norm_responses, "commentaire") == ["not_applicable", "not_reached"]


def test_an_offered_refusal_is_an_answer_outside_the_codes_of_a_filter():
    codebook = filtered(agents=Filter(variable="profil", codes=("commune",)))
    made = normalised({"profil": "Ne souhaite pas répondre"}, codebook=codebook)
    assert codes(made.norm_responses, "agents__state") == ["not_applicable"]


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"objectifs__aucun": "Aucun"}, "not_applicable"),
        ({"objectifs__informer": "Informer les habitants"}, "no_answer"),
        ({"objectifs__autre": "débattre"}, "no_answer"),
        ({}, "no_answer"),
        # Whether the exclusive box was meant is unknown, so it shuts nobody out.
        ({"objectifs__informer": "Informer les habitants", "objectifs__aucun": "???"}, "no_answer"),
    ],
)
def test_a_filter_may_look_at_a_box_that_was_not_ticked(row, state):
    codebook = filtered(agents=Filter(variable="objectifs", item="aucun", codes=("not_selected",)))
    columns = ["objectifs__informer", "objectifs__aucun", "objectifs__autre", *COLUMNS]
    made = normalised({**row, "commentaire": "fin"}, codebook=codebook, columns=columns)
    assert codes(made.norm_responses, "agents__state") == [state]
    assert not broken_invariants(made.norm_responses, made.norm_instances, codebook=codebook)


def test_a_filter_on_a_question_that_the_edition_did_not_ask_shuts_nobody_out():
    codebook = filtered(agents=Filter(variable="commentaire", codes=("answered",)))
    made = normalised(
        {"agents": "3"}, codebook=codebook, edition="2017", columns=["profil", "agents"]
    )
    assert codes(made.norm_responses, "agents__state") == ["answered"]
    assert not broken_invariants(made.norm_responses, made.norm_instances, codebook=codebook)


# --- invariants -----------------------------------------------------------------------------

ROWS = (
    {"profil": "Commune", "equipe": "Oui", "outil_type@1": "Plateforme"},
    {"profil": "Commune", "equipe": "Non"},
)


def with_code(frame, name, code):
    """Return the frame with the code in the first row of a column."""
    values = frame[name].astype(str).to_numpy(dtype=object)
    values[0] = code
    made = coded(values, list(frame[name].cat.categories), name=name)
    return frame.assign(**{name: made.array})


def test_what_the_stage_makes_holds_its_invariants():
    made = normalised(*ROWS)
    assert broken_invariants(made.norm_responses, made.norm_instances, codebook=CODEBOOK) == []


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("profil", "not_asked", "profil: 1 rows are not_asked, but edition 2018 asked it"),
        ("profil", "not_applicable", "no filter says so"),
    ],
)
def test_a_kind_out_of_place_is_told(name, code, message):
    made = normalised(*ROWS)
    broken = broken_invariants(
        with_code(made.norm_responses, name, code), made.norm_instances, codebook=CODEBOOK
    )
    assert len(broken) == 1
    assert message in broken[0]


def test_an_answer_to_a_question_that_was_not_asked_is_told():
    made = normalised(*ROWS, edition="2017", columns=["profil"])
    broken = broken_invariants(
        with_code(made.norm_responses, "commentaire", "answered"),
        made.norm_instances,
        codebook=CODEBOOK,
    )
    assert broken == [
        "commentaire: 1 rows are not not_asked, but edition 2017 did not ask it there"
    ]


def test_a_filter_that_is_not_obeyed_in_a_repeated_block_is_told():
    made = normalised(*ROWS)
    responses = with_code(made.norm_responses, "equipe", "non")
    broken = broken_invariants(responses, made.norm_instances, codebook=CODEBOOK)
    assert "outil_type: the filter shuts out 1 rows that are not not_applicable" in broken


def test_a_null_is_told():
    made = normalised(*ROWS)
    responses = made.norm_responses.assign(
        profil=made.norm_responses["profil"].where([True, False])
    )
    broken = broken_invariants(responses, made.norm_instances, codebook=CODEBOOK)
    assert broken == ["profil: 1 null cells"]
