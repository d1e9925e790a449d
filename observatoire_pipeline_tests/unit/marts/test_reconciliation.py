"""Published figures beside ours: reproduced, different, or out of reach."""

from __future__ import annotations

import pytest

from observatoire_pipeline.codebook.models import PublishedFigure, SampleAim
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.marts.reconciliation import reconcile
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import empty
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import estimates, norm_responses, panel

AIMED = SampleAim(aims=True)


def figure(name="figure", **more):
    parts = {
        "figure": name,
        "edition": "2018",
        "document": "rapport_2018",
        "variable": "equipe",
        "codes": ("oui",),
        "value": 67,
        "rounding": "half_up",
        "sample": AIMED,
    }
    return PublishedFigure(**(parts | more))


def reconciled(*published, synthetic=True, edition="2018", **answers):
    codebook = small_codebook(published={p.figure: p for p in published})
    tables = catalogue(codebook)
    frame = norm_responses(codebook, edition, **(answers or {"equipe": ["oui", "oui", "non"]}))
    stacked = panel(codebook, {edition: frame}, synthetic=synthetic)
    mart = estimates(*stacked, codebook=codebook, tables=tables)
    table = reconcile(mart, codebook=codebook, tables=tables)
    assert table["published_id"].tolist() == [p.figure for p in published]
    return table


def test_a_figure_is_reproduced_when_ours_rounds_to_it():
    found = reconciled(figure()).iloc[0]
    assert (found["verdict"], found["reason"]) == ("reproduced", "")
    assert (found["our_numerator"], found["our_base_n"]) == (2, 3)
    assert found["our_value"] == pytest.approx(200 / 3)
    assert found["our_value_rounded"] == 67
    assert (found["state"], found["unit"], found["synthetic"]) == ("final", "collectivite", True)


def test_a_figure_that_differs_says_by_how_much():
    found = reconciled(figure(value=65)).iloc[0]
    assert found["verdict"] == "differs"
    assert found["reason"] == "ours is 2 of 3, so 67 and not 65"


def test_a_figure_that_was_cut_instead_of_rounded_is_within_rounding():
    found = reconciled(figure(value=66)).iloc[0]
    assert found["verdict"] == "within_rounding"
    assert found["reason"] == "ours is 2 of 3, so 67 and not 66"


def test_a_figure_that_the_sample_does_not_aim_at_differs_with_the_reason_of_the_registry():
    aside = SampleAim(aims=False, reason="The press contradicts the deck.")
    found = reconciled(figure(value=90, sample=aside)).iloc[0]
    assert (found["verdict"], found["aimed"]) == ("differs", False)
    assert found["reason"] == "The press contradicts the deck."


def test_collected_answers_are_never_excused_by_the_sample():
    aside = SampleAim(aims=False, reason="The press contradicts the deck.")
    found = reconciled(figure(value=90, sample=aside), synthetic=False).iloc[0]
    assert found["reason"].startswith("ours is 2 of 3, so 67 and not 90")


def test_codes_are_added_over_one_base():
    both = figure(
        variable="difficultes", item="moyens", codes=("jamais", "parfois"), value=66.7, decimals=1
    )
    found = reconciled(both, difficultes__moyens=["jamais", "parfois", "souvent", "do_not_know"])
    assert found["verdict"].tolist() == ["reproduced"]
    assert found["codes"].tolist() == ["jamais+parfois"]


def test_the_base_rule_decides_whether_do_not_know_counts():
    budget = {"variable": "budget", "codes": ("plus_20000",)}
    found = reconciled(
        figure("without", **budget, value=50),
        figure("with", **budget, value=33, base_rule="answered_or_dk"),
        budget=["plus_20000", "moins_5000", "do_not_know"],
    )
    assert found["verdict"].tolist() == ["reproduced", "reproduced"]


def test_a_count_is_compared_as_it_is():
    found = reconciled(figure(statistic="count", value=2), figure("b", statistic="count", value=3))
    assert found["verdict"].tolist() == ["reproduced", "differs"]
    assert found["our_value"].tolist() == [2, 2]
    assert found["reason"].tolist()[1] == "ours is 2, so 2 and not 3"


def budget_group(values, **more):
    codes = ("moins_5000", "de_5000_a_20000", "plus_20000", "do_not_know")
    return [
        figure(
            code,
            variable="budget",
            codes=(code,),
            value=value,
            rounding="largest_remainder",
            group="budget_chart",
            base_rule="answered_or_dk",
            **more,
        )
        for code, value in zip(codes, values, strict=False)
    ]


SIXTHS = ["moins_5000", "de_5000_a_20000", "plus_20000", "plus_20000", "plus_20000", "do_not_know"]
"""16.67 %, 16.67 %, 50 %, 16.67 %: half up they would sum to 101."""


def test_figures_of_one_chart_are_rounded_together_to_100():
    found = reconciled(*budget_group([17, 17, 50, 16]), budget=SIXTHS)
    assert found["verdict"].tolist() == ["reproduced"] * 4
    assert found["our_value_rounded"].sum() == 100


def test_a_group_that_leaves_answers_out_cannot_be_rounded_to_100():
    found = reconciled(*budget_group([17, 17, 50]), budget=SIXTHS)
    assert set(found["verdict"]) == {"not_computable"}
    assert set(found["reason"]) == {
        "the figures of group budget_chart count 5 of the 6 in the base"
    }
    assert found["our_value_rounded"].isna().all()
    assert found["our_numerator"].tolist() == [1, 1, 3]


def test_an_unknown_rounding_is_compared_as_half_up_and_says_so():
    found = reconciled(figure(rounding="unknown"), figure("b", rounding="unknown", value=66))
    assert found["verdict"].tolist() == ["reproduced", "within_rounding"]
    assert found["reason"].tolist() == [
        "rounding unknown, compared as half up",
        "ours is 2 of 3, so 67 and not 66; rounding unknown, compared as half up",
    ]


def test_a_ratio_in_words_is_compared_at_the_precision_it_claims():
    found = reconciled(figure(rounding="unknown", value=66.67, quote="2 sur 3"))
    assert found["verdict"].tolist() == ["reproduced"]


def test_the_budget_chart_of_2018_is_reproduced_from_counts_that_allow_it():
    codebook = read_codebook(packaged_codebook("barometre_dln"))
    tables = catalogue(codebook)
    chart = [f for f in codebook.published.values() if f.group == "deck18_budget"]
    assert [f.value for f in chart] == [17, 4, 6, 6, 15, 4, 14, 12, 6, 4, 12]
    counts = (12, 3, 4, 4, 10, 3, 10, 8, 4, 3, 8)
    answers = [f.codes[0] for f, n in zip(chart, counts, strict=True) for _ in range(n)]
    frame = norm_responses(codebook, "2018", moy_budget_tranche=answers)
    mart = estimates(*panel(codebook, {"2018": frame}), codebook=codebook, tables=tables)
    table = reconcile(mart, codebook=codebook, tables=tables).set_index("published_id")
    found = table.loc[[f.figure for f in chart]]
    assert set(found["verdict"]) == {"reproduced"}
    assert set(found["our_base_n"]) == {69}


@pytest.mark.parametrize(
    ("published", "answers", "reason"),
    [
        ({"edition": "2017"}, {}, "edition not loaded"),
        ({}, {"equipe": ["no_answer"]}, "no answer in the base"),
        (
            {"base_rule": "answered_or_dk"},
            {},
            "no share is computed for this question on base answered_or_dk",
        ),
        (
            {"variable": "budget", "codes": ("do_not_know",)},
            {},
            "no answer do_not_know on base answered",
        ),
        (
            {"variable": "priorites", "item": "cout", "codes": ("rank_1",)},
            {},
            "no share is computed for this question on base answered",
        ),
    ],
)
def test_what_cannot_be_computed_says_why(published, answers, reason):
    found = reconciled(figure(**published), **answers).iloc[0]
    assert (found["verdict"], found["reason"]) == ("not_computable", reason)
    assert found.isna()[["our_value", "our_value_rounded", "our_numerator", "our_base_n"]].all()


def test_a_survey_without_published_figures_has_an_empty_table():
    assert len(reconciled()) == 0


# --- possible bases ---------------------------------------------------------------------------


def registry():
    """Return the figures of the barometer as the registry reads them, none of ours beside."""
    codebook = read_codebook(packaged_codebook())
    tables = catalogue(codebook)
    made = reconcile(empty(tables["mart_estimates"]), codebook=codebook, tables=tables)
    return made.set_index("published_id")


def test_the_percentages_of_a_block_allow_few_bases_and_sometimes_not_the_stated_one():
    found = registry()
    opinions = found.loc["env16_cout_supplementaire"]
    assert (opinions["possible_bases"], opinions["base_bound"]) == ("158", 194)
    assert not opinions["stated_base_possible"]
    assert opinions["reason"].endswith(
        "the stated base 194 cannot give the percentages printed together, only 158 can"
    )
    assert found.loc["loc18_conseils_quartier", "possible_bases"] == "64, 66"
    assert found.loc["flu19_publics_citoyens", "possible_bases"] == "24, 45, 48, 52, 55, 69"
    tools = found.loc["env16_satisfaction"]
    assert tools["possible_bases"].endswith("55") and not tools["stated_base_possible"]
    assert "69" in found.loc["deck18_budget_zero", "possible_bases"].split(", ")


def test_runs_of_bases_are_shortened():
    assert "97–194" in registry().loc["env16_type_commune", "possible_bases"]


def test_without_a_count_of_the_units_or_a_rounding_there_is_nothing_to_audit():
    found = registry()
    for name in ("pp17_presentiel", "marges16_nouveaux_publics", "de16_repondants"):
        assert found.loc[name, "possible_bases"] == ""
        assert found["base_bound"].isna()[name] and found["stated_base_possible"].isna()[name]


def test_percentages_that_no_base_gives_together_say_so():
    count = figure("n", statistic="count", codes=("oui", "non"), value=3)
    found = reconciled(count, figure("a"), figure("b", codes=("non",), value=41)).set_index(
        "published_id"
    )
    assert found.loc["a", "possible_bases"] == "none"
