"""Shares as rows: who is counted, who is in the base, what is said of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire_pipeline.codebook.models import MISSING_KINDS
from observatoire_pipeline.marts.counts import PanelError
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import (
    estimates,
    norm_instances,
    norm_responses,
    panel,
)

CODEBOOK = small_codebook()
TABLES = catalogue(CODEBOOK)


def estimated(responses, instances=None, *, codebook=CODEBOOK):
    return estimates(*panel(codebook, responses, instances), codebook=codebook, tables=TABLES)


def of_2018(**answers):
    return estimated({"2018": norm_responses(CODEBOOK, "2018", **answers)})


def figures(table, variable, item="", base_rule="answered"):
    found = table[
        (table["variable"] == variable)
        & (table["item"] == item)
        & (table["base_rule"] == base_rule)
    ]
    return {
        code: (numerator, base)
        for code, numerator, base in zip(
            found["code"], found["numerator"], found["base_n"], strict=True
        )
    }


def test_a_share_is_over_the_substantive_answers():
    table = of_2018(profil=["commune", "commune", "region", "declined", "no_answer"])
    assert figures(table, "profil") == {
        "commune": (2, 3),
        "departement": (0, 3),
        "region": (1, 3),
        "autre": (0, 3),
    }
    assert figures(table, "profil", base_rule="answered_or_dk") == {}


def test_only_the_answers_that_the_edition_offered_appear():
    table = estimated({"2017": norm_responses(CODEBOOK, "2017", profil=["commune"])})
    assert "region" not in figures(table, "profil")


def test_do_not_know_has_a_base_of_its_own():
    table = of_2018(difficultes__moyens=["jamais", "souvent", "do_not_know", "not_reached"])
    assert figures(table, "difficultes", "moyens") == {
        "jamais": (1, 2),
        "parfois": (0, 2),
        "souvent": (1, 2),
        "favourable": (1, 2),
    }
    assert figures(table, "difficultes", "moyens", "answered_or_dk") == {
        "jamais": (1, 3),
        "parfois": (0, 3),
        "souvent": (1, 3),
        "do_not_know": (1, 3),
        "favourable": (1, 3),
    }


def test_favourable_adds_the_positive_answers_as_the_scale_declares_them():
    scales = dict(CODEBOOK.scales)
    frequency = scales["frequence"]
    codes = tuple(
        code.model_copy(update={"pole": "positive"}) if code.code == "parfois" else code
        for code in frequency.codes
    )
    scales["frequence"] = frequency.model_copy(update={"codes": codes})
    codebook = small_codebook(scales=scales)
    frame = norm_responses(
        codebook, "2018", difficultes__temps=["jamais", "parfois", "parfois", "souvent"]
    )
    table = estimated({"2018": frame}, codebook=codebook)
    assert figures(table, "difficultes", "temps")["favourable"] == (3, 4)


def test_a_scale_without_poles_has_no_favourable_answers():
    table = of_2018(profil=["commune"])
    assert "favourable" not in figures(table, "profil")


def test_a_choice_is_over_those_who_answered_the_question():
    # The second ticked something else, the third skipped the question, the fourth's cell of this
    # choice could not be read although the rest of the answer could.
    table = of_2018(
        objectifs__informer=["selected", "not_selected", "no_answer", "unreadable"],
        objectifs__consulter=["not_selected", "selected", "no_answer", "selected"],
        objectifs__decider=["not_selected", "not_selected", "no_answer", "not_selected"],
        objectifs__aucun=["not_selected", "not_selected", "no_answer", "not_selected"],
        objectifs__autre=["not_selected", "not_selected", "no_answer", "not_selected"],
    )
    assert figures(table, "objectifs", "informer") == {"selected": (1, 3)}
    assert figures(table, "objectifs", "consulter") == {"selected": (2, 3)}
    assert figures(table, "objectifs", "aucun") == {"selected": (0, 3)}


def test_an_item_that_the_edition_did_not_ask_has_no_figure():
    frame = norm_responses(CODEBOOK, "2017", objectifs__informer=["selected"])
    table = estimated({"2017": frame})
    assert figures(table, "objectifs", "decider") == {}
    assert figures(table, "objectifs", "informer") == {"selected": (1, 1)}


def test_rankings_numbers_and_texts_have_no_share():
    table = of_2018(agents__state=["answered"], priorites__cout=["rank_1"])
    assert not set(table["variable"]) & {"agents", "priorites", "commentaire", "contact"}


def test_a_bracket_has_the_share_of_each_interval():
    table = of_2018(budget=["moins_5000", "plus_20000", "plus_20000", "do_not_know"])
    assert figures(table, "budget")["plus_20000"] == (2, 3)
    assert figures(table, "budget", base_rule="answered_or_dk")["do_not_know"] == (1, 4)


def test_a_repeated_block_counts_its_own_unit():
    instances = norm_instances(
        CODEBOOK,
        "2018",
        respondents=["r1", "r1", "r2"],
        instances=[1, 2, 1],
        outil_type=["plateforme", "application", "plateforme"],
        outil_usages__idees=["selected", "not_selected", "no_answer"],
        outil_usages__budget_participatif=["not_selected", "not_selected", "no_answer"],
    )
    responses = norm_responses(CODEBOOK, "2018", equipe=["oui", "oui", "non"])
    table = estimated({"2018": responses}, {"2018": instances})
    assert figures(table, "outil_type") == {"plateforme": (2, 3), "application": (1, 3)}
    assert figures(table, "outil_usages", "idees") == {"selected": (1, 2)}
    assert set(table.loc[table["variable"] == "outil_type", "unit"]) == {"outil"}


def test_a_question_of_another_block_stays_out_of_the_count():
    blocks = dict(CODEBOOK.blocks)
    blocks["dispositifs"] = blocks["outils"].model_copy(update={"block": "dispositifs"})
    variables = dict(CODEBOOK.variables)
    variables["outil_type"] = variables["outil_type"].model_copy(
        update={"block": {"2017": "outils", "2018": "dispositifs"}}
    )
    codebook = small_codebook(blocks=blocks, variables=variables)
    of_devices = norm_instances(
        codebook,
        "2018",
        respondents=["r1"],
        instances=[1],
        block="dispositifs",
        outil_type=["application"],
    )
    of_tools = norm_instances(
        codebook,
        "2018",
        respondents=["r1"],
        instances=[1],
        outil_usages__idees=["selected"],
        outil_usages__budget_participatif=["selected"],
    )
    both = pd.concat([of_devices, of_tools], ignore_index=True)
    responses = norm_responses(codebook, "2018", equipe=["oui"])
    table = estimated({"2018": responses}, {"2018": both}, codebook=codebook)
    assert figures(table, "outil_type")["application"] == (1, 1)
    assert figures(table, "outil_usages", "idees") == {"selected": (1, 1)}


def test_the_base_is_said_in_words():
    answers = ["jamais"] * 1200 + ["do_not_know"] * 3
    table = of_2018(difficultes__moyens=answers, equipe=["oui"] * 1203)
    words = table.groupby(["variable", "item", "base_rule"])["base_words"].first()
    assert words["difficultes", "moyens", "answered"] == (
        "1\u202f200 collectivités ayant répondu (hors «\u00a0ne sait pas\u00a0»)"
    )
    assert words["difficultes", "moyens", "answered_or_dk"] == (
        "1\u202f203 collectivités ayant répondu (y compris «\u00a0ne sait pas\u00a0»)"
    )
    assert words["equipe", "", "answered"] == "1\u202f203 collectivités ayant répondu"
    assert words["objectifs", "informer", "answered"] == (
        "0 collectivité ayant répondu (plusieurs réponses possibles)"
    )
    assert words["outil_type", "", "answered"] == (
        "0 outil avec réponse, parmi les collectivités équipées"
    )


def test_a_universe_that_opens_with_the_unit_takes_its_place():
    variables = dict(CODEBOOK.variables)
    for name, universe in (
        ("outil_type", "outils des collectivités équipées"),
        ("budget", "collectivités ayant un outil"),
    ):
        variables[name] = variables[name].model_copy(update={"universe": universe})
    codebook = small_codebook(variables=variables)
    instances = norm_instances(
        codebook, "2018", respondents=["r1"], instances=[1], outil_type=["plateforme"]
    )
    responses = norm_responses(codebook, "2018", budget=["plus_20000", "moins_5000"])
    table = estimated({"2018": responses}, {"2018": instances}, codebook=codebook)
    words = table[table["base_rule"] == "answered"].groupby("variable")["base_words"].first()
    assert words["outil_type"] == "1 outil des collectivités équipées, avec réponse"
    assert words["budget"] == (
        "2 collectivités ayant un outil et ayant répondu (hors «\u00a0ne sait pas\u00a0»)"
    )


def test_an_english_survey_says_its_bases_in_english():
    survey = CODEBOOK.survey.model_copy(update={"language": "en"})
    units = {
        "collectivite": CODEBOOK.units["collectivite"].model_copy(
            update={"label": "authority", "plural": "authorities"}
        ),
        "outil": CODEBOOK.units["outil"],
    }
    codebook = small_codebook(survey=survey, units=units)
    frame = norm_responses(codebook, "2018", budget=["moins_5000"] * 2, equipe=["oui", "no_answer"])
    table = estimated({"2018": frame}, codebook=codebook)
    words = table.groupby(["variable", "base_rule"])["base_words"].first()
    assert words["budget", "answered"] == "2 authorities that answered (excluding “ne sait pas”)"
    assert words["equipe", "answered"] == "1 authority that answered"
    assert "Favourable answers" in set(table["code_label"])


def test_an_empty_base_has_no_share_and_a_small_one_says_so():
    table = of_2018(equipe=["oui"] * 9, budget=["no_answer"] * 9, profil=["commune"] * 9)
    budget = table[table["variable"] == "budget"]
    assert budget["share"].isna().all()
    assert budget["ci_lower"].isna().all()
    assert set(budget["suppression"]) == {"no_base"}
    equipped = table[table["variable"] == "equipe"]
    assert equipped["share"].tolist() == [1.0, 0.0, 1.0]
    assert set(equipped["suppression"]) == {"small_base"}
    ten = of_2018(equipe=["oui"] * 10)
    assert set(ten.loc[ten["variable"] == "equipe", "suppression"]) == {"none"}


def test_a_figure_is_named_by_its_key_and_has_its_interval():
    table = of_2018(equipe=["oui"] * 15 + ["non"] * 133).set_index("figure_id")
    found = table.loc["2018.collectivite.equipe.-.oui.share.answered.unweighted.all.all"]
    assert found["share"] == pytest.approx(15 / 148)
    assert found["ci_lower"] == pytest.approx(0.0624, abs=5e-5)
    assert found["ci_upper"] == pytest.approx(0.1605, abs=5e-5)
    assert found["code_label"] == "Oui"
    assert found["code_order"] == 1
    assert "2018.outil.outil_usages.idees.selected.share.answered.unweighted.all.all" in table.index


def test_figures_are_keyed_and_ordered_by_edition_then_question():
    table = estimated(
        {key: norm_responses(CODEBOOK, key, equipe=["oui"]) for key in ("2018", "2017")}
    )
    assert table["figure_id"].is_unique
    assert table["edition"].drop_duplicates().tolist() == ["2017", "2018"]
    order = table.loc[table["edition"] == "2018", "variable"].drop_duplicates().tolist()
    assert order == [name for name in CODEBOOK.variables if name in order]


def test_a_synthetic_edition_brands_its_figures():
    responses, instances = panel(
        CODEBOOK, {"2018": norm_responses(CODEBOOK, "2018", equipe=["oui"])}, synthetic=False
    )
    made = estimates(responses, instances, codebook=CODEBOOK, tables=TABLES)
    assert not made["synthetic"].any()
    assert of_2018(equipe=["oui"])["synthetic"].all()


def test_an_edition_is_not_synthetic_in_part():
    responses, instances = panel(
        CODEBOOK, {"2018": norm_responses(CODEBOOK, "2018", equipe=["oui", "non"])}
    )
    responses.loc[0, "synthetic"] = False
    with pytest.raises(PanelError, match="2018"):
        estimates(responses, instances, codebook=CODEBOOK, tables=TABLES)


def test_an_edition_outside_the_codebook_is_an_error():
    responses, instances = panel(
        CODEBOOK, {"2018": norm_responses(CODEBOOK, "2018", equipe=["oui"])}
    )
    responses["edition"] = "1999"
    with pytest.raises(PanelError, match="1999"):
        estimates(responses, instances, codebook=CODEBOOK, tables=TABLES)


def test_an_empty_panel_gives_an_empty_mart():
    table = estimated({})
    assert len(table) == 0
    assert list(table.columns) == TABLES["mart_estimates"].column_names


answer = st.sampled_from(["jamais", "parfois", "souvent", *MISSING_KINDS[:-2]])


@settings(max_examples=25, deadline=None)
@given(st.lists(answer, min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing_and_the_codes_sum_to_the_base(answers, random):
    answers = [a if a != "not_asked" else "no_answer" for a in answers]
    shuffled = random.sample(answers, len(answers))
    table = of_2018(difficultes__moyens=answers)
    pd.testing.assert_frame_equal(table, of_2018(difficultes__moyens=shuffled))
    for rule in ("answered", "answered_or_dk"):
        found = figures(table, "difficultes", "moyens", rule)
        found.pop("favourable")
        bases = {base for _, base in found.values()}
        assert {sum(numerator for numerator, _ in found.values())} == bases
    shown = table.dropna(subset="share")
    assert (shown["ci_lower"] <= shown["share"]).all()
    assert (shown["share"] <= shown["ci_upper"]).all()
    assert np.isfinite(shown["share"].to_numpy(dtype=float)).all()
