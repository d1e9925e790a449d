"""Changes between editions: which are computed, by what design, and what is said otherwise."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from observatoire_pipeline.codebook.models import Edition
from observatoire_pipeline.estimation.change import (
    SharesOfTwoEditions,
    change_of_clustered_shares,
    stacked_cluster_variance,
)
from observatoire_pipeline.estimation.families import benjamini_hochberg
from observatoire_pipeline.longitudinal.comparability import comparability_table
from observatoire_pipeline.marts.changes import changes, edition_pairs
from observatoire_pipeline.marts.counts import PanelError
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import (
    estimates,
    norm_instances,
    norm_responses,
    panel,
    profiles,
)

CODEBOOK = small_codebook()
TABLES = catalogue(CODEBOOK)
GRADES = comparability_table(CODEBOOK)


def compared(
    responses, instances=None, *, codebook=CODEBOOK, grades=GRADES, synthetic=True, **columns
):
    """Return `mart_changes`; `columns` say who the respondents are, edition after edition."""
    frames = panel(codebook, responses, instances)
    if isinstance(synthetic, dict):
        frames = tuple(f.assign(synthetic=f["edition"].map(synthetic).astype(bool)) for f in frames)
    tables = catalogue(codebook)
    figures = estimates(*frames, codebook=codebook, tables=tables, **columns)
    known = profiles(*frames, codebook, **columns)
    return changes(figures, *frames, known, grades, codebook=codebook, tables=tables)


def two_editions(before, after, **columns):
    return compared(
        {
            "2017": norm_responses(CODEBOOK, "2017", equipe=before),
            "2018": norm_responses(CODEBOOK, "2018", equipe=after),
        },
        **columns,
    )


def row(table, variable, code, *, item="", base_rule="answered"):
    found = table[
        (table["variable"] == variable)
        & (table["item"] == item)
        & (table["code"] == code)
        & (table["base_rule"] == base_rule)
    ]
    assert len(found) == 1
    return found.iloc[0]


def graded(variable, **columns):
    wanted = GRADES["variable"] == variable
    made = GRADES.copy()
    for name, value in columns.items():
        made.loc[wanted, name] = value
    return made


def test_other_collectivites_are_independent_samples():
    # 56/70 against 48/80: Newcombe 1998, method 10.
    before, after = ["oui"] * 48 + ["non"] * 32, ["oui"] * 56 + ["non"] * 14
    found = row(
        two_editions(before, after, organisation_id=[f"o{k}" for k in range(150)]), "equipe", "oui"
    )
    assert (found["overlap"], found["test"], found["ci_method"]) == (
        "independent",
        "z_unpooled",
        "newcombe",
    )
    assert found["common_n"] == 0
    assert found["difference"] == pytest.approx(0.2)
    assert (found["ci_lower"], found["ci_upper"]) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_the_same_collectivites_twice_are_tested_exactly():
    # 12 said yes before alone, 28 after alone: exact McNemar .016589.
    before = ["oui"] * 12 + ["non"] * 28
    after = ["non"] * 12 + ["oui"] * 28
    same = [f"o{k}" for k in range(40)] * 2
    found = row(two_editions(before, after, organisation_id=same), "equipe", "oui")
    assert (found["overlap"], found["test"], found["common_n"]) == ("matched", "mcnemar_exact", 40)
    assert found["p_value"] == pytest.approx(0.016589, abs=1e-6)


def test_a_part_in_common_counts_with_its_covariance():
    # Common 180: 60 both, 12 before alone, 28 after alone, 80 never; 48/120 and 65/140 beside them.
    before = ["oui"] * 72 + ["non"] * 108 + ["oui"] * 48 + ["non"] * 72
    after = ["oui"] * 60 + ["non"] * 12 + ["oui"] * 28 + ["non"] * 80 + ["oui"] * 65 + ["non"] * 75
    who = [f"c{k}" for k in range(180)]
    ids = [*who, *(f"a{k}" for k in range(120)), *who, *(f"b{k}" for k in range(140))]
    found = row(two_editions(before, after, organisation_id=ids), "equipe", "oui")
    assert (found["overlap"], found["test"], found["common_n"]) == ("overlapping", "z_overlap", 180)
    assert (found["base_n_from"], found["base_n_to"]) == (300, 320)
    assert found["difference"] == pytest.approx(0.078125)
    assert found["standard_error"] == pytest.approx(0.0326050, abs=1e-7)
    assert found["smallest_detectable"] == pytest.approx((1.959964 + 0.841621) * 0.0326050, 1e-5)


def test_two_common_collectivites_are_not_used_for_their_covariance_tells_their_answers():
    before, after = ["oui"] * 12 + ["non"] * 8, ["oui"] * 8 + ["non"] * 12
    ids = [f"o{k}" for k in range(20)] + ["o0", "o19"] + [f"p{k}" for k in range(18)]
    found = row(two_editions(before, after, organisation_id=ids), "equipe", "oui")
    assert (found["overlap"], found["common_n"], found["test"]) == ("overlapping", 2, "z_unpooled")
    assert "communs" in found["note"]
    assert found["standard_error"] == pytest.approx(math.sqrt(2 * 0.6 * 0.4 / 20))


def test_a_collectivite_that_answered_twice_counts_once():
    found = row(
        two_editions(
            ["oui", "non", "non"],
            ["oui", "oui"],
            organisation_id=["a", "a", "b", "a", "b"],
            counts=[True, False, True, True, True],
        ),
        "equipe",
        "oui",
    )
    assert (found["numerator_from"], found["base_n_from"], found["common_n"]) == (1, 2, 2)


def test_an_answer_that_nobody_gave_has_an_interval_that_is_no_point():
    same = [f"o{k}" for k in range(12)] * 2
    found = row(two_editions(["non"] * 12, ["non"] * 12, organisation_id=same), "equipe", "oui")
    assert (found["difference"], found["p_value"], found["ci_method"]) == (0, 1, "exact_matched")
    assert found["ci_lower"] < 0 < found["ci_upper"]
    assert pd.isna(found["smallest_detectable"])


def test_tools_are_clustered_by_collectivite():
    # Every collectivité has two tools alike: the tools say no more than their owners.
    def tools(edition, number, yes):
        kinds = ["plateforme" if k < yes else "application" for k in range(number)]
        return norm_instances(
            CODEBOOK,
            edition,
            respondents=[f"r{k + 1}" for k in range(number) for _ in (1, 2)],
            instances=[1, 2] * number,
            outil_type=[kind for kind in kinds for _ in (1, 2)],
        )

    def responses(edition, number):
        return norm_responses(CODEBOOK, edition, equipe=["oui"] * number)

    found = row(
        compared(
            {"2017": responses("2017", 20), "2018": responses("2018", 20)},
            {"2017": tools("2017", 20, 8), "2018": tools("2018", 20, 12)},
            organisation_id=[f"o{k}" for k in range(40)],
        ),
        "outil_type",
        "plateforme",
    )
    assert (found["unit"], found["base_n_from"], found["test"]) == ("outil", 40, "z_clustered")
    assert found["overlap"] == "independent"
    # Of 20 + 20 clusters, C/(C − 1) times the variance of 20 and 20 units.
    assert found["standard_error"] == pytest.approx(math.sqrt(40 / 39 * 2 * 0.24 / 20))


def test_one_unit_a_cluster_gives_the_stacked_variance():
    generator = np.random.default_rng(7)
    n1, n2 = (generator.integers(0, 2, 60) for _ in range(2))
    x1, x2 = (generator.integers(0, 2, 60) * n for n in (n1, n2))
    both = (n1 == 1) & (n2 == 1)
    counts = SharesOfTwoEditions(
        both=int((x1 * x2)[both].sum()),
        earlier=int((x1 * (1 - x2))[both].sum()),
        later=int(((1 - x1) * x2)[both].sum()),
        neither=int(((1 - x1) * (1 - x2))[both].sum()),
        earlier_only=(int(x1[~both].sum()), int(n1[~both].sum())),
        later_only=(int(x2[~both].sum()), int(n2[~both].sum())),
    )
    found = change_of_clustered_shares((x1, n1), (x2, n2))
    units = int((n1 + n2 > 0).sum())
    assert units == 60 - int((n1 + n2 == 0).sum())
    assert found.standard_error**2 == pytest.approx(stacked_cluster_variance(counts))


@pytest.mark.parametrize(
    "earlier, later, words",
    [
        (([1, 0], [1, 1]), ([1], [1]), "clusters differ"),
        (([2, 0], [1, 1]), ([1, 0], [1, 1]), "outside its base"),
        (([0, 0], [0, 0]), ([1, 0], [1, 1]), "a base in both editions"),
        (([1, 0], [1, 0]), ([1, 0], [1, 0]), "one cluster"),
    ],
)
def test_clusters_that_give_no_change_are_refused(earlier, later, words):
    with pytest.raises(ValueError, match=words):
        change_of_clustered_shares(earlier, later)


def test_what_is_not_comparable_has_one_row_with_its_grade_and_no_number():
    table = compared(
        {
            "2017": norm_responses(CODEBOOK, "2017", equipe=["oui"] * 12),
            "2018": norm_responses(CODEBOOK, "2018", equipe=["non"] * 12),
        },
        grades=graded("equipe", grade="base_changed", comparable=False, reason="Autre base"),
    )
    found = table[table["variable"] == "equipe"]
    assert len(found) == 1
    told = found.iloc[0]
    assert (told["status"], told["grade"], told["reason"]) == (
        "not_comparable",
        "base_changed",
        "Autre base",
    )
    assert told["family"] == ""
    numbers = ["difference", "p_value", "p_adjusted", "share_from", "base_n_to", "composition"]
    assert found[numbers].isna().all(axis=None)


def test_synthetic_against_collected_is_refused_with_the_reason():
    table = compared(
        {
            "2017": norm_responses(CODEBOOK, "2017", equipe=["oui"] * 12),
            "2018": norm_responses(CODEBOOK, "2018", equipe=["non"] * 12),
        },
        synthetic={"2017": True, "2018": False},
    )
    comparable = table[table["status"] != "not_comparable"]
    assert (comparable["status"] == "refused").all()
    told = comparable[comparable["variable"] == "equipe"]
    assert len(told) == 1
    assert "synthétique" in told.iloc[0]["reason"]
    numbers = ["numerator_from", "share_to", "difference", "p_value", "composition", "family_size"]
    assert comparable[numbers].isna().all(axis=None)


def test_an_answer_that_one_edition_offered_is_not_compared():
    table = compared(
        {
            "2017": norm_responses(CODEBOOK, "2017", profil=["commune", "autre"]),
            "2018": norm_responses(CODEBOOK, "2018", profil=["commune", "region"]),
        }
    )
    told = row(table, "profil", "region")
    assert (told["status"], told["family"]) == ("not_comparable", "")
    assert pd.isna(told["difference"])
    assert row(table, "profil", "commune")["difference"] == 0


def test_regrouped_answers_are_added_on_both_sides():
    mapping = '{"autre": "autre", "commune": "commune", "departement": "autre", "region": "autre"}'
    table = compared(
        {
            "2017": norm_responses(CODEBOOK, "2017", profil=["commune", "departement", "autre"]),
            "2018": norm_responses(CODEBOOK, "2018", profil=["commune", "region", "region"]),
        },
        grades=graded("profil", grade="options_regrouped", code_mapping=mapping),
        organisation_id=["a", "b", "c", "a", "b", "c"],
    )
    told = row(table, "profil", "autre")
    assert (told["numerator_from"], told["numerator_to"], told["difference"]) == (2, 2, 0)
    assert told["figures_from"].count("2017.") == 2
    assert told["figures_to"].count("2018.") == 3
    assert set(table.loc[table["variable"] == "profil", "code"]) == {"commune", "autre"}
    assert told["common_n"] == 3


def test_do_not_know_has_a_base_of_its_own_and_favourable_answers_a_row():
    scale = {"difficultes__moyens": ["jamais", "souvent", "do_not_know", "do_not_know"]}
    later = {"difficultes__moyens": ["jamais", "jamais", "do_not_know", "souvent"]}
    table = compared(
        {
            "2017": norm_responses(CODEBOOK, "2017", **scale),
            "2018": norm_responses(CODEBOOK, "2018", **later),
        },
        organisation_id=list("abcdabcd"),
    )
    unsure = row(table, "difficultes", "do_not_know", item="moyens", base_rule="answered_or_dk")
    assert (unsure["share_from"], unsure["share_to"], unsure["common_n"]) == (0.5, 0.25, 4)
    favourable = row(table, "difficultes", "favourable", item="moyens")
    # Base without do-not-know: a and b before, a, b and d after; a and b are in both.
    assert (favourable["base_n_from"], favourable["base_n_to"]) == (2, 3)
    assert favourable["common_n"] == 2
    assert favourable["difference"] == pytest.approx(2 / 3 - 1 / 2)


def test_a_choice_is_compared_among_those_who_answered_the_question():
    def choices(edition, informer, consulter):
        return norm_responses(
            CODEBOOK,
            edition,
            **{
                "objectifs__informer": [*informer, "no_answer"],
                "objectifs__consulter": [*consulter, "no_answer"],
            },
        )

    table = compared(
        {
            "2017": choices("2017", ["selected", "not_selected"], ["not_selected", "selected"]),
            "2018": choices("2018", ["selected", "selected"], ["not_selected", "selected"]),
        },
        organisation_id=list("abcabc"),
    )
    found = row(table, "objectifs", "selected", item="informer")
    assert (found["base_n_from"], found["base_n_to"], found["common_n"]) == (2, 2, 2)
    assert found["difference"] == 0.5


def test_a_small_base_is_flagged_and_an_empty_one_has_no_change():
    told = row(two_editions(["oui"] * 9, ["oui"] * 29), "equipe", "oui")
    assert (told["suppression"], told["cautious"]) == ("small_base", True)
    told = row(two_editions(["oui"] * 10, ["oui"] * 29), "equipe", "oui")
    assert (told["suppression"], told["cautious"]) == ("none", True)
    told = row(two_editions(["no_answer"], ["oui"] * 30), "equipe", "oui")
    assert (told["status"], told["suppression"]) == ("no_base", "no_base")
    assert "2017" in told["reason"]
    assert pd.isna(told["p_value"])


def test_families_are_declared_by_block_and_pair_and_tests_without_base_count():
    table = two_editions(["oui"] * 20 + ["non"] * 20, ["oui"] * 35 + ["non"] * 5)
    declared = table[table["family"] == "profil.2017.2018"]
    assert (declared["family_size"] == len(declared)).all()
    assert (declared["status"] == "no_base").any()
    p_values = declared["p_value"].astype("float64").fillna(1.0)
    tested = declared["p_value"].notna()
    expected = benjamini_hochberg(p_values)[tested]
    assert declared.loc[tested, "p_adjusted"].astype(float).to_numpy() == pytest.approx(expected)
    assert declared.loc[~tested, "p_adjusted"].isna().all()
    assert (table.loc[table["unit"] == "outil", "family"] == "outils.2017.2018").all()


def three_editions():
    """Return the small codebook with a further edition that asked what 2018 asked."""
    later = Edition(edition="2019", title="Édition 2019", evidence="printed")
    columns = (
        *CODEBOOK.columns,
        *(
            c.model_copy(update={"edition": "2019"})
            for c in CODEBOOK.columns
            if c.edition == "2018"
        ),
    )
    codebook = replace(CODEBOOK, editions={**CODEBOOK.editions, "2019": later}, columns=columns)
    further = [
        GRADES.assign(edition_from=earlier, edition_to="2019") for earlier in ("2017", "2018")
    ]
    return codebook, pd.concat([GRADES, *further], ignore_index=True)


def test_a_further_edition_makes_families_of_its_own_and_changes_no_earlier_row():
    codebook, grades = three_editions()
    answers = {
        "2017": ["oui"] * 20 + ["non"] * 20,
        "2018": ["oui"] * 35 + ["non"] * 5,
        "2019": ["oui"] * 5 + ["non"] * 35,
    }
    made = {e: norm_responses(codebook, e, equipe=said) for e, said in answers.items()}
    ids = [f"o{k}" for k in range(40)]
    two = compared(
        {e: made[e] for e in ("2017", "2018")},
        codebook=codebook,
        grades=grades,
        organisation_id=ids * 2,
    )
    three = compared(made, codebook=codebook, grades=grades, organisation_id=ids * 3)
    pd.testing.assert_frame_equal(three.iloc[: len(two)], two)
    added = set(three.iloc[len(two) :]["family"]) - {""}
    assert added == {"profil.2018.2019", "profil.2017.2019", "outils.2018.2019", "outils.2017.2019"}


def test_pairs_are_the_next_and_the_first_and_never_change():
    assert edition_pairs(["a"]) == []
    assert edition_pairs(["a", "b", "c"]) == [("a", "b"), ("b", "c"), ("a", "c")]
    assert edition_pairs(["a", "b", "c", "d"])[:3] == edition_pairs(["a", "b", "c"])


def test_figures_of_another_panel_are_an_error():
    frames = panel(CODEBOOK, {"2017": norm_responses(CODEBOOK, "2017", equipe=["oui"] * 3)})
    later = panel(
        CODEBOOK,
        {
            "2017": norm_responses(CODEBOOK, "2017", equipe=["oui"] * 2),
            "2018": norm_responses(CODEBOOK, "2018", equipe=["oui"] * 2),
        },
    )
    figures = estimates(*later, codebook=CODEBOOK, tables=TABLES)
    wrong = pd.concat([frames[0], later[0][later[0]["edition"] == "2018"]], ignore_index=True)
    known = profiles(wrong, later[1], CODEBOOK)
    with pytest.raises(PanelError, match="in the panel"):
        changes(figures, wrong, later[1], known, GRADES, codebook=CODEBOOK, tables=TABLES)


def told_types():
    """Return the small codebook with a question that tells the type, so that types are known."""
    identity = CODEBOOK.survey.identity.model_copy(
        update={"type": "profil", "types": {"commune": "commune"}}
    )
    return replace(CODEBOOK, survey=CODEBOOK.survey.model_copy(update={"identity": identity}))


def test_the_split_tells_who_answered_from_what_they_answered():
    # Communes said yes at 40 % then 50 %, intercommunalités at 60 % then 70 %; half and half, then
    # 80 to 20: composition −.06, behaviour +.10.
    codebook = told_types()
    before = ["oui"] * 20 + ["non"] * 30 + ["oui"] * 30 + ["non"] * 20
    after = ["oui"] * 40 + ["non"] * 40 + ["oui"] * 14 + ["non"] * 6
    types = ["commune"] * 50 + ["intercommunalite"] * 50 + ["commune"] * 80
    table = compared(
        {
            "2017": norm_responses(codebook, "2017", equipe=before),
            "2018": norm_responses(codebook, "2018", equipe=after),
        },
        codebook=codebook,
        organisation_id=[f"o{k}" for k in range(200)],
        type=[*types, *["intercommunalite"] * 20],
    )
    found = row(table, "equipe", "oui")
    assert found["difference"] == pytest.approx(0.04)
    assert (found["composition"], found["behaviour"]) == (-0.06, 0.10)
    assert found["split_note"] == ""


def test_small_types_are_put_together_until_they_are_large_enough():
    codebook = told_types()
    types = ["commune"] * 30 + ["intercommunalite"] * 12 + ["departement"] * 5 + ["region"] * 2
    said = (["oui", "non"] * 25)[:49]
    table = compared(
        {
            "2017": norm_responses(codebook, "2017", equipe=said),
            "2018": norm_responses(codebook, "2018", equipe=said),
        },
        codebook=codebook,
        organisation_id=[f"o{k}" for k in range(98)],
        type=types * 2,
    )
    found = row(table, "equipe", "oui")
    # 5 + 2 départements and régions are fewer than 10: intercommunalités join them.
    assert "Intercommunalités" in found["split_note"]
    assert "Communes" not in found["split_note"]
    assert (found["composition"], found["behaviour"]) == (0, 0)


def test_without_two_large_groups_there_is_no_split():
    found = row(two_editions(["oui"] * 30, ["non"] * 30), "equipe", "oui")
    assert pd.isna(found["composition"])
    assert "groupes" in found["split_note"]
