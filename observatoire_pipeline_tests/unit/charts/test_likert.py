from __future__ import annotations

import pytest

from observatoire_pipeline.charts import likert, style
from observatoire_pipeline.charts.rendering import render
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.charts import drawn, marts

MATRIX = "perc_apports_outils"
AGREED = [30, 20, 6, 4]
SPLIT = [10, 20, 20, 10]
AGAINST = [2, 10, 20, 28]


def rows(counts, *, dont_know=6, synthetic=False):
    codebook = marts.barometer_with_long_labels()
    found = []
    for place, item in enumerate(codebook.variables[MATRIX].items):
        chosen = counts.get(item.item, [20 + place, 20, 10, 10])
        found += marts.scale_rows(
            codebook,
            "2018",
            MATRIX,
            chosen,
            item=item.item,
            dont_know=dont_know,
            synthetic=synthetic,
        )
    return marts.estimates(found, codebook=codebook)


def picture(counts, **how):
    return render(likert.chart(rows(counts, **how), codebook=marts.barometer_with_long_labels()))


def places(svg, colour):
    return sorted((b.top, b.left, b.right) for b in drawn.boxes(svg) if b.fill == colour)


def test_rows_stand_in_the_order_of_net_agreement():
    shown = picture({"evaluer": AGAINST, "confiance": [0, 60, 0, 0], "engagement": SPLIT})
    order = list(dict.fromkeys(name.split(".")[2] for name in shown.figure_ids))
    assert order[0] == "confiance"
    assert order[-2:] == ["engagement", "evaluer"]
    height = {text.text: text.top for text in drawn.texts(shown.svg)}
    last = height["Évaluer l’action publique"]
    assert last > height["Renforcer l’efficacité de l’action publique"]


def test_ties_stand_by_favourable_share_then_by_item():
    counts = {"evaluer": [40, 0, 0, 20], "confiance": [30, 10, 20, 0], "adhesion": [0, 40, 20, 0]}
    shown = picture(counts)
    order = list(dict.fromkeys(name.split(".")[2] for name in shown.figure_ids))
    tied = [item for item in order if item in counts]
    assert tied == ["adhesion", "confiance", "evaluer"]


def test_negatives_stand_left_of_zero_and_positives_right():
    svg = picture({"evaluer": SPLIT}).svg
    negative = [*places(svg, "#b35806"), *places(svg, "#fdb863")]
    positive = [*places(svg, "#b2abd2"), *places(svg, "#542788")]
    swatches = 1
    left_ends = {round(right, 1) for _, _, right in places(svg, "#fdb863")[swatches:]}
    starts = {round(left, 1) for _, left, _ in places(svg, "#b2abd2")[swatches:]}
    assert left_ends == starts
    assert len(starts) == 1
    assert len(negative) == len(positive) == 2 * (9 + swatches)


def test_the_axis_counts_both_sides_without_a_sign():
    svg = picture({"evaluer": SPLIT}).svg
    assert "−" not in drawn.words(svg)
    ticks = [
        t.text for t in drawn.texts(svg) if t.size == 13 and t.text.endswith("%") and t.top > 400
    ]
    assert ticks[: ticks.index("0\u202f%")] == ["40\u202f%", "20\u202f%"]


def test_labels_are_white_on_dark_ends_and_dark_on_mid_tones():
    svg = picture({"evaluer": SPLIT}).svg
    segments = [b for b in drawn.boxes(svg) if b.bottom - b.top > 19 and b.right - b.left > 17]
    on = {}
    for text in drawn.texts(svg):
        middle = ((text.left + text.right) / 2, (text.top + text.bottom) / 2)
        for box in segments:
            if box.left < middle[0] < box.right and box.top < middle[1] < box.bottom:
                on.setdefault(box.fill, set()).add(text.colour)
                assert text.left >= box.left
                assert text.right <= box.right
    assert on["#542788"] == on["#b35806"] == {style.PAPER}
    assert on["#fdb863"] == on["#b2abd2"] == {style.INK}


def test_do_not_know_stands_apart_on_the_base_that_holds_it():
    svg = picture({}, dont_know=15).svg
    apart = [b for b in drawn.boxes(svg) if b.fill == style.DONT_KNOW]
    others = [b for b in drawn.boxes(svg) if b.fill in ("#b2abd2", "#542788")]
    assert len(apart) == 9
    assert min(b.left for b in apart) > max(b.right for b in others)
    share = drawn.words(svg).count("20\u202f%")
    assert share >= 2, "15 of 60 + 15"


def test_both_panels_have_one_scale():
    svg = picture({"evaluer": [60, 0, 0, 0]}, dont_know=60).svg
    apart = max(b.right - b.left for b in drawn.boxes(svg) if b.fill == style.DONT_KNOW)
    whole = max(b.right - b.left for b in drawn.boxes(svg) if b.fill == "#542788")
    assert apart == pytest.approx(whole / 2, rel=0.01)


def test_each_row_says_its_n_and_no_bar_stands_on_fewer_than_ten():
    shown = picture({"evaluer": [3, 2, 2, 2], "confiance": [30, 20, 10, 4]})
    text = drawn.words(shown.svg)
    assert "base trop faible (n\u00a0=\u00a09)" in text
    assert " 64 " in text
    assert len([b for b in drawn.boxes(shown.svg) if b.fill == "#542788"]) == 8 + 1
    assert len([b for b in drawn.boxes(shown.svg) if b.fill == style.DONT_KNOW]) == 8
    assert "Évaluer l’action publique\u00a0: base trop faible" in shown.description


def test_an_empty_answer_stays_in_the_legend():
    svg = picture(
        {item.item: [60, 0, 0, 0] for item in marts.barometer().variables[MATRIX].items}
    ).svg
    assert "Non, pas du tout" in drawn.words(svg)


def test_fourteen_long_labels_neither_touch_nor_leave_the_sheet():
    codebook = marts.barometer_with_long_labels()
    found = []
    for item in codebook.variables["disp_objectifs"].items:
        found += marts.scale_rows(
            codebook, "2018", "disp_objectifs", [20, 20, 10, 10], item=item.item, dont_know=3
        )
    chart = likert.chart(marts.estimates(found, codebook=codebook), codebook=codebook)
    texts = drawn.texts(render(chart).svg)
    assert not drawn.overlaps(texts)
    assert min(t.left for t in texts) >= 0
    assert max(t.right for t in texts) <= style.WIDTH


def test_every_figure_that_is_drawn_is_named():
    shown = picture({"evaluer": AGREED})
    assert len(shown.figure_ids) == 9 * 6, "four answers, the favourable ones, do-not-know"
    assert set(shown.figure_ids) <= set(rows({})["figure_id"])


def test_rows_of_two_editions_are_refused():
    frame = rows({})
    frame.loc[0, "edition"] = "2017"
    with pytest.raises(ValueError, match="one edition, unit and variable"):
        likert.chart(frame, codebook=marts.barometer())


def test_a_figure_that_is_missing_is_named():
    frame = rows({})
    frame = frame[(frame["item"] != "evaluer") | (frame["code"] != "oui_plutot")]
    with pytest.raises(ValueError, match="evaluer/oui_plutot"):
        likert.chart(frame, codebook=marts.barometer())


def test_a_neutral_answer_straddles_zero():
    codebook = small_codebook()
    found = []
    for item in ("moyens", "temps"):
        found += marts.scale_rows(codebook, "2018", "difficultes", [10, 20, 10], item=item)
    svg = render(likert.chart(marts.estimates(found, codebook=codebook), codebook=codebook)).svg
    neutral = [b for b in drawn.boxes(svg) if b.fill == style.NEUTRAL][1:]
    below = [b for b in drawn.boxes(svg) if b.fill == "#b35806"][1:]
    width = neutral[0].right - neutral[0].left
    assert below[0].right == pytest.approx(neutral[0].left, abs=0.1)
    assert width == pytest.approx(2 * (below[0].right - below[0].left), rel=0.01)
