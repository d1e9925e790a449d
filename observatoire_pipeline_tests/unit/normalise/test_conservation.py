import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire_pipeline.codebook.models import Correction
from observatoire_pipeline.normalise.missing import broken_invariants
from observatoire_pipeline.normalise.responses import conservation
from observatoire_pipeline.tables.frames import coded
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.raw_tables import raw_files, raw_tables

CODEBOOK = small_codebook()
START = "03/24/2020 9:08:27 PM"


def terms(cell_map, column):
    row = cell_map[cell_map["column"] == column].iloc[0]
    return tuple(
        int(row[name]) for name in ("cells_in", "cells_coded", "cells_rejected", "cells_dropped")
    )


def test_every_column_has_its_equation_metadata_and_personal_ones_included():
    made = raw_tables(
        [
            {
                "respondent_id": "1",
                "started_at": START,
                "language": "fr",
                "personal": "a@b",
                "agents": "3",
            },
            {"respondent_id": "2", "started_at": "?", "agents": "trois"},
            {"respondent_id": "3", "started_at": START},
            {"respondent_id": "", "agents": "4"},
            {"respondent_id": "1", "agents": "3"},
        ],
        codebook=CODEBOOK,
    ).normalise()
    cells = made.cell_map
    assert terms(cells, "c001") == (4, 2, 0, 2)
    assert terms(cells, "c002") == (3, 1, 1, 1)
    assert terms(cells, "c003") == (1, 0, 0, 1)
    assert terms(cells, "c004") == (1, 0, 0, 1)
    assert terms(cells, "c005") == (4, 1, 2, 1)
    assert conservation(cells) == []


def test_corrections_are_part_of_the_equation():
    entries = [
        Correction(
            edition="2018",
            respondent_id="1",
            action="override",
            variable="agents",
            expect="trois",
            value="3",
            reason="Words.",
        ),
        Correction(
            edition="2018",
            respondent_id="2",
            action="drop_cell",
            variable="agents",
            expect="x",
            reason="A slip.",
        ),
        Correction(edition="2018", respondent_id="3", action="drop_row", reason="A test."),
    ]
    made = raw_tables(
        [
            {"respondent_id": "1", "agents": "trois"},
            {"respondent_id": "2", "agents": "x", "equipe": "Oui"},
            {"respondent_id": "3", "agents": "5"},
        ],
        codebook=small_codebook(corrections=tuple(entries)),
    ).normalise()
    assert terms(made.cell_map, "c002") == (3, 1, 0, 2)
    assert conservation(made.cell_map) == []


def test_a_cell_that_nobody_accounts_for_is_told():
    raw = raw_tables([{"respondent_id": "1", "equipe": "Oui"}], codebook=CODEBOOK)
    columns = raw.raw_columns.assign(cells_in=raw.raw_columns["cells_in"] + [0, 1])
    made = raw._replace(raw_columns=columns).normalise()
    assert conservation(made.cell_map) == [
        "edition 2018, file s1, column c002 (equipe): 2 cells in, but 1 coded + 0 rejected + 0 "
        "dropped"
    ]


def test_an_answer_turned_into_another_one_breaks_the_equation(monkeypatch):
    from observatoire_pipeline.normalise import responses

    code_single = responses.code_single

    def wrong(question):
        found = code_single(question)
        return {item: found[item][::-1].copy() for item in found}

    monkeypatch.setattr(responses, "code_single", wrong)
    made = raw_tables(
        [{"respondent_id": "1", "equipe": "Oui"}, {"respondent_id": "2", "equipe": "Non"}],
        codebook=CODEBOOK,
    ).normalise()
    assert len(conservation(made.cell_map)) == 1


# --- properties -----------------------------------------------------------------------------

CELLS = {
    "started_at": ["", START, "?"],
    "profil": ["", "Commune", "Autre", "Ne souhaite pas répondre"],
    "profil__autre": ["", "syndicat", "N/A"],
    "equipe": ["", "Oui", "Non"],
    "objectifs__informer": ["", "Informer les habitants", "Informer"],
    "objectifs__aucun": ["", "Aucun"],
    "objectifs__autre": ["", "débattre", "Autre (veuillez préciser)"],
    "difficultes__moyens=souvent": ["", "Souvent"],
    "difficultes__moyens=jamais": ["", "Jamais", "?"],
    "difficultes__precision": ["", "-"],
    "priorites__cout": ["", "1", "2", "N/A"],
    "priorites__securite": ["", "1", "2", "9"],
    "agents": ["", "3", "1,234", "-5"],
    "outil_type@1": ["", "Plateforme"],
    "outil_usages__idees@2": ["", "Boîte à idées"],
    "outil_nom@2": ["", "Forum"],
    "commentaire": ["", "néant"],
}
RESPONSE = st.fixed_dictionaries({name: st.sampled_from(texts) for name, texts in CELLS.items()})


def with_ids(rows):
    return [{"respondent_id": f"r{n}", **row} for n, row in enumerate(rows)]


@settings(max_examples=25, deadline=None)
@given(st.lists(RESPONSE, min_size=1, max_size=6))
def test_cells_are_conserved_and_kinds_of_missing_hold_whatever_is_blank(rows):
    made = raw_tables(with_ids(rows), codebook=CODEBOOK).normalise()
    assert conservation(made.cell_map) == []
    assert broken_invariants(made.norm_responses, made.norm_instances, codebook=CODEBOOK) == []


@settings(max_examples=12, deadline=None)
@given(st.lists(RESPONSE, min_size=1, max_size=5), st.integers(min_value=2, max_value=15))
def test_an_export_cut_into_two_sheets_gives_the_same_answers(rows, cut):
    names = list(CELLS)
    first, second = names[:cut], names[cut:]
    whole = raw_tables(with_ids(rows), codebook=CODEBOOK, columns=names).normalise()
    sheets = raw_files(
        {
            name: with_ids([{key: row[key] for key in part} for row in rows])
            for name, part in (("Sheet_1.csv", first), ("Sheet_2.csv", second))
        },
        codebook=CODEBOOK,
    ).normalise()
    key = ["edition", "respondent_id"]
    answers = [n for n in whole.norm_responses if n not in ("source_id", "row")]
    pd.testing.assert_frame_equal(
        whole.norm_responses[answers].sort_values(key, ignore_index=True),
        sheets.norm_responses[answers].sort_values(key, ignore_index=True),
    )
    assert len(whole.norm_texts) == len(sheets.norm_texts)
    assert conservation(sheets.cell_map) == []


@settings(max_examples=12, deadline=None)
@given(st.lists(RESPONSE, min_size=1, max_size=6), st.randoms())
def test_the_order_of_the_responses_changes_nothing_but_their_order(rows, random):
    numbered = with_ids(rows)
    shuffled = random.sample(numbered, len(numbered))
    one = raw_tables(numbered, codebook=CODEBOOK, columns=list(CELLS)).normalise()
    two = raw_tables(shuffled, codebook=CODEBOOK, columns=list(CELLS)).normalise()
    for name, key in (
        ("norm_responses", ["respondent_id"]),
        ("norm_instances", ["respondent_id", "block", "instance"]),
        ("norm_texts", ["respondent_id", "variable", "item", "instance"]),
        ("cell_map", ["source_id", "column"]),
    ):
        frames = [
            getattr(made, name).drop(columns="row", errors="ignore").sort_values(key)
            for made in (one, two)
        ]
        pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in frames))


def test_a_code_out_of_its_vocabulary_cannot_be_made():
    # What guards the wide frames: the strict function that every distinct meaning goes through.
    import pytest

    from observatoire_pipeline.normalise.questions import positions_of
    from observatoire_pipeline.tables.frames import TableError

    assert positions_of(["oui", None], ["oui", "non"]).tolist() == [0, -1, -1]
    assert coded(["oui"], ["oui"], name="x").tolist() == ["oui"]
    with pytest.raises(TableError, match="peut_etre"):
        positions_of(["peut_etre"], ["oui", "non"])
