from __future__ import annotations

import pytest

from observatoire_pipeline.charts import ranking, style
from observatoire_pipeline.charts.rendering import render
from observatoire_pipeline_tests.unit.charts import drawn, marts

NAME = "besoins_renforcement"


def rows(n=64):
    codebook = marts.barometer_with_long_labels()
    items = [item.item for item in codebook.variables[NAME].items]
    scores = {item: 3.0 + k * 0.46 for k, item in enumerate(items)}
    return marts.ranking_rows(codebook, "2018", NAME, scores, n=n)


def picture(frame):
    return render(ranking.chart(frame, codebook=marts.barometer_with_long_labels()))


def test_scores_stand_from_highest_to_lowest_on_an_axis_from_one_to_ten():
    shown = picture(rows())
    bars = sorted((b for b in drawn.boxes(shown.svg) if b.fill == style.BAR), key=lambda b: b.top)
    widths = [bar.right - bar.left for bar in bars]
    assert widths == sorted(widths, reverse=True)
    ticks = [t.text for t in drawn.texts(shown.svg) if t.text.isdigit() and t.size == 13]
    assert ticks == [str(k) for k in range(1, 11)]
    scores = [t.text for t in drawn.texts(shown.svg) if "," in t.text and t.size == 15]
    assert scores[0] == "7,1"
    assert scores[-1] == "3,0"


def test_share_ranked_first_and_n_stand_beside_each_bar():
    text = drawn.words(picture(rows()).svg)
    assert "Classé premier" in text
    assert "26\u202f%" in text
    assert " 55 " in text
    assert "n\u00a0=\u00a055 à 64 selon la ligne" in text


def test_ten_very_long_labels_stand_whole_and_apart():
    shown = picture(rows())
    texts = drawn.texts(shown.svg)
    assert not drawn.overlaps(texts)
    said = drawn.words(shown.svg)
    for label in marts.LONG_LABELS[NAME].values():
        assert all(word in said for word in label.replace("« ", "").replace(" »", "").split())


def test_an_item_that_few_ranked_has_no_bar():
    shown = picture(rows(n=12))
    assert len([b for b in drawn.boxes(shown.svg) if b.fill == style.BAR]) == 3
    assert "base trop faible" in drawn.words(shown.svg)


def test_two_numbers_of_proposals_are_refused():
    frame = rows()
    frame.loc[0, "items_n"] = 9
    with pytest.raises(ValueError, match="one K"):
        ranking.chart(frame, codebook=marts.barometer())
