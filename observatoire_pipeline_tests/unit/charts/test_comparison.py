from __future__ import annotations

import json

import pytest

from observatoire_pipeline.charts import comparison, pairs, style
from observatoire_pipeline.charts.changes import Change
from observatoire_pipeline.charts.figures import Figure
from observatoire_pipeline.charts.rendering import render
from observatoire_pipeline.charts.words import words_of
from observatoire_pipeline.estimation.intervals import wilson_interval
from observatoire_pipeline.longitudinal.comparability import comparability_table
from observatoire_pipeline_tests.unit.charts import drawn, marts


def side(edition, variable, counts, *, synthetic=False, **how):
    codebook = marts.barometer()
    rows = marts.scale_rows(codebook, edition, variable, counts, synthetic=synthetic, **how)
    return marts.estimates(rows, codebook=codebook)


def ledger(variable, earlier, later):
    table = comparability_table(marts.barometer())
    return table[
        (table["variable"] == variable)
        & (table["edition_from"] == earlier)
        & (table["edition_to"] == later)
    ].reset_index(drop=True)


def chart(variable, earlier, later, grades=None, *, editions=("2017", "2018"), changed=()):
    grades = ledger(variable, *editions) if grades is None else grades
    codebook = marts.barometer()
    rows = marts.changes(codebook, *changed)
    return comparison.chart(earlier, later, grades, rows, codebook=codebook)


def joins(spec):
    return [
        layer
        for panel in spec["layer"]
        for layer in panel.get("layer", [])
        if layer.get("name") == "join"
    ]


def known(edition, counts, **how):
    return side(edition, "notoriete_civictech", counts, **how)


def test_comparable_editions_are_joined_with_their_intervals():
    spec = chart("notoriete_civictech", known("2017", [40, 30, 20]), known("2018", [40, 20, 10]))
    (joined,) = joins(spec)
    assert [(round(r["start"], 3), round(r["end"], 3)) for r in joined["data"]["values"]] == [
        (0.444, 0.571),
        (0.333, 0.286),
        (0.222, 0.143),
    ]
    text = drawn.words(render(spec).svg)
    assert "2017 (n\u00a0=\u00a090)" in text
    assert "2018 (n\u00a0=\u00a070)" in text
    assert "Question reformulée\u00a0: la rétrospective de 2020" in text
    assert "Rupture" not in text


def test_a_break_is_marked_with_its_reason_and_nothing_is_joined():
    editions = ("2016", "2017")
    earlier = side("2016", "disp_articulation_presentiel", [50, 30])
    later = side("2017", "disp_articulation_presentiel", [60, 6])
    spec = chart("disp_articulation_presentiel", earlier, later, editions=editions)
    shown = render(spec)
    text = drawn.words(shown.svg)
    assert not joins(spec)
    assert "Rupture de série\u00a0: 2016 compte des outils numériques, 2017 des dispositifs" in text
    assert style.BREAK in shown.svg
    assert "Rupture de série" in shown.description
    bars = [b for b in drawn.boxes(shown.svg) if b.fill == style.BAR]
    assert max(b.right for b in bars[:2]) < min(b.left for b in bars[2:])
    assert "Base 2016\u00a0: outils" in text
    assert "Base 2017\u00a0: dispositifs" in text


def test_regrouped_answers_are_added_up_on_both_sides():
    earlier = side("2017", "rep_collectivite_type", [40, 20, 10, 10, 5, 5])
    later = side("2018", "rep_collectivite_type", [40, 15, 5, 5, 5])
    spec = chart("rep_collectivite_type", earlier, later)
    joined = joins(spec)[0]["data"]["values"]
    assert len(joined) == 5
    assert joined[1]["start"] == pytest.approx(30 / 90)
    assert joined[1]["end"] == pytest.approx(15 / 70)
    lower, _ = wilson_interval([30], [90])
    intervals = [
        r["lower"]
        for panel in spec["layer"]
        for layer in panel.get("layer", [])
        for r in layer["data"]["values"]
        if "lower" in r
    ]
    assert any(value == pytest.approx(lower[0]) for value in intervals)
    ids = spec["usermeta"]["figure_ids"]
    assert {"2017.rep_collectivite_type.-.epci.answered"} <= set(ids)
    assert {"2017.rep_collectivite_type.-.metropole.answered"} <= set(ids)


def test_regrouped_answers_allow_for_the_frame_and_those_of_tools_have_no_interval():
    parts = [Figure(k, "", k, 0.1, 0.05, 0.2, 7, 70, frame=100) for k in "ab"]
    lower, upper = wilson_interval([14], [70], population=[100])
    summed = pairs._sum("ab", parts, alone=True)
    assert (summed.lower, summed.upper) == (pytest.approx(lower[0]), pytest.approx(upper[0]))
    clustered = pairs._sum("ab", parts, alone=False)
    assert (clustered.share, clustered.lower) == (pytest.approx(0.2), None)


def test_synthetic_and_real_editions_are_never_compared():
    with pytest.raises(ValueError, match="synthetic and a real"):
        chart(
            "notoriete_civictech",
            known("2017", [40, 30, 20]),
            known("2018", [40, 20, 10], synthetic=True),
        )


def test_two_synthetic_editions_carry_the_badge():
    spec = chart(
        "notoriete_civictech",
        known("2017", [40, 30, 20], synthetic=True),
        known("2018", [40, 20, 10], synthetic=True),
    )
    assert "Données synthétiques" in drawn.words(render(spec).svg)


def test_items_without_a_comparable_pair_stay_unjoined_within_a_battery():
    codebook = marts.barometer()
    frames = []
    for edition in ("2017", "2018"):
        rows = []
        for item in codebook.variables["perc_apports_outils"].items:
            rows += marts.scale_rows(
                codebook, edition, "perc_apports_outils", [20, 20, 10, 10], item=item.item
            )
        frames.append(marts.estimates(rows, codebook=codebook))
    grades = ledger("perc_apports_outils", "2017", "2018")
    broken = grades["item"] == "evaluer"
    grades["grade"] = grades["grade"].astype(str).mask(broken, "scale_changed")
    grades.loc[broken, "comparable"] = False
    grades.loc[broken, "reason"] = "Échelle à cinq degrés en 2017"
    spec = chart("perc_apports_outils", *frames, grades)
    assert len(joins(spec)[0]["data"]["values"]) == 8
    text = drawn.words(render(spec).svg)
    assert "rupture de série" in text
    assert "Rupture de série\u00a0: échelle à cinq degrés en 2017" in text
    assert "Part des réponses favorables" in text


def test_answers_that_differ_stand_in_two_panels_with_their_own_labels():
    grades = ledger("rep_collectivite_type", "2017", "2018")
    grades["grade"], grades["comparable"] = "scale_changed", False
    grades["code_mapping"] = ""
    spec = chart(
        "rep_collectivite_type",
        side("2017", "rep_collectivite_type", [40, 20, 10, 10, 5, 5]),
        side("2018", "rep_collectivite_type", [40, 15, 5, 5, 5]),
        grades,
    )
    texts = drawn.texts(render(spec).svg)
    assert not joins(spec)
    assert len([t for t in texts if t.text == "Commune"]) == 2
    assert len([t for t in texts if t.text == "Métropole"]) == 1
    assert not drawn.overlaps(texts)


def test_a_base_under_ten_has_no_dot():
    spec = chart("notoriete_civictech", known("2017", [4, 3, 2]), known("2018", [40, 20, 10]))
    assert not joins(spec)
    assert "n\u00a0=\u00a09" in drawn.words(render(spec).svg)


def test_a_pair_without_grades_is_refused():
    grades = ledger("notoriete_civictech", "2017", "2018").iloc[:0]
    with pytest.raises(ValueError, match="ledger"):
        chart(
            "notoriete_civictech", known("2017", [40, 30, 20]), known("2018", [40, 20, 10]), grades
        )


def test_the_ledger_maps_codes_as_json():
    mapping = json.loads(ledger("rep_collectivite_type", "2017", "2018")["code_mapping"].iloc[0])
    assert mapping["metropole"] == "epci_metropole"


def changed(code, difference, interval, p_adjusted, **how):
    args = (marts.barometer(), "notoriete_civictech", code, difference, interval, p_adjusted)
    return marts.change_row(*args, **how)


def diamonds(spec):
    return [
        record
        for panel in spec["layer"]
        for layer in panel.get("layer", [])
        if layer.get("name") == "change"
        for record in layer["data"]["values"]
    ]


def civic(*rows):
    return chart(
        "notoriete_civictech", known("2017", [40, 30, 20]), known("2018", [54, 10, 6]), changed=rows
    )


def test_an_established_change_is_full_and_told_and_the_others_are_hollow():
    spec = civic(
        changed("oui_bien", 0.327, (0.19, 0.46), 0.001),
        changed("oui_mal", -0.19, (-0.32, -0.06), 0.06),
        changed("non", -0.137, (-0.25, 0.03), 0.04, smallest=None),
    )
    shown = render(spec)
    text = drawn.words(shown.svg)
    assert [r["fill"] == style.PAPER for r in diamonds(spec)] == [False, True, True]
    assert (
        "Entre 2017 et 2018\u00a0: «\u00a0Oui, voit bien de quoi il s’agit\u00a0» +33\u00a0pts"
        in text
    )
    assert "entre +19 et +46\u00a0pts." in text
    assert "Les 2 autres ne sont pas établis\u00a0: il aurait fallu un écart de 20" in text
    assert text.count("indiscernable de zéro") == 1
    assert "−19\u00a0pts (−32\u00a0à\u00a0−6), non établi" in shown.description
    assert "2017-2018.notoriete_civictech.-.oui_bien" in shown.figure_ids
    assert not drawn.overlaps(drawn.texts(shown.svg))


def test_no_established_change_is_said_with_what_could_have_been_seen():
    text = drawn.words(
        render(
            civic(
                changed("oui_bien", 0.1, (-0.05, 0.25), 0.3, smallest=0.23),
                changed("oui_mal", -0.1, (-0.25, 0.05), 0.3, smallest=0.28),
                changed("non", 0.0, (-0.05, 0.05), 1.0, smallest=None),
            )
        ).svg
    )
    assert "Entre 2017 et 2018, aucun écart établi" in text
    assert "Aucun des 3 écarts n’est établi" in text
    assert "il aurait fallu un écart de 23\u00a0à\u00a028\u00a0points" in text
    assert text.count("indiscernable de zéro") == 3


def test_lines_that_have_no_room_leave_established_changes_drawn():
    sure = Change("x", 0.1, 0.05, 0.15, 0.001, 0.95, 0.1)
    figure = [Figure(str(k), str(k), "a", k / 100, 0.0, 1.0, k, 100) for k in range(40)]
    lines = [
        pairs.Line(str(k), f, f, (), "identical", True, "", sure if k == 3 else None)
        for k, f in enumerate(figure)
    ]
    drawn_lines = pairs.kept(lines)
    assert [line.label for line in drawn_lines] == ["3", *(str(k) for k in range(27, 40))]
    (said,) = pairs.left_out(lines, words=words_of(marts.barometer()))
    assert said == "26 autres lignes, de 0\u202f% à 26\u202f%, sont dans le tableau des chiffres."


def test_a_change_on_too_small_a_base_or_across_a_break_has_no_mark():
    hidden = changed("oui_bien", 0.3, (0.1, 0.5), 0.001, suppression="small_base")
    spec = civic(hidden)
    assert not diamonds(spec)
    assert "établi" not in drawn.words(render(spec).svg)
    grades = ledger("notoriete_civictech", "2017", "2018")
    grades["grade"], grades["comparable"] = "scale_changed", False
    broken = chart(
        "notoriete_civictech",
        known("2017", [40, 30, 20]),
        known("2018", [54, 10, 6]),
        grades,
        changed=[changed("oui_bien", 0.3, (0.1, 0.5), 0.001)],
    )
    assert not diamonds(broken)
    assert broken["usermeta"]["title"].endswith("2017 et 2018 ne se comparent pas")
