"""Multiple choice, single choice and brackets: the bars that they share."""

from __future__ import annotations

import pytest

from observatoire_pipeline.charts import brackets, multiple, shares, single, style
from observatoire_pipeline.charts.figures import Figure, facts_of
from observatoire_pipeline.charts.rendering import render
from observatoire_pipeline.charts.shares import Bar
from observatoire_pipeline.charts.words import words_of
from observatoire_pipeline_tests.unit.charts import drawn, marts

# The budget of the 2018 deck, as counts of 51 answers (largest remainders): do-not-know is 6.
BUDGET = [9, 2, 3, 3, 8, 2, 7, 6, 3, 2]


def support(counts, n=70, *, synthetic=False):
    codebook = marts.barometer_with_long_labels()
    rows = marts.choice_rows(
        codebook, "2018", "moy_accompagnement_externe", counts, n, synthetic=synthetic
    )
    return render(multiple.chart(marts.estimates(rows, codebook=codebook), codebook=codebook))


SUPPORT = {
    "non": 65,
    "associations": 12,
    "grands_groupes": 4,
    "start_ups": 20,
    "conseil_participation": 26,
    "prestataires_informatiques": 18,
    "autres_collectivites": 9,
    "recherche": 0,
    "experts": 15,
    "autre": 60,
}


def budget(counts=BUDGET, dont_know=6, codebook=None):
    codebook = codebook or marts.barometer()
    rows = marts.scale_rows(codebook, "2018", "moy_budget_tranche", counts, dont_know=dont_know)
    summary = marts.bracket_row(codebook, "2018", "moy_budget_tranche", counts, dont_know=dont_know)
    frame = marts.estimates(rows, codebook=codebook)
    return render(brackets.chart(frame, summary, codebook=codebook))


def labels_of(picture):
    """Return the labels of the rows, which end at one of three places, from top to bottom."""
    texts = sorted((t for t in drawn.texts(picture.svg) if t.top > 75), key=lambda t: t.top)
    columns = [[t.text for t in texts if abs(t.right - end) < 0.1] for end in (200, 300, 400)]
    return max(columns, key=len)


def bars(picture):
    kinds = (style.BAR, style.BAR_STRONG, style.BAR_APART)
    return sorted((b for b in drawn.boxes(picture.svg) if b.fill in kinds), key=lambda b: b.top)


def test_choices_stand_by_share_with_other_and_none_last():
    shown = support(SUPPORT)
    widths = [bar.right - bar.left for bar in bars(shown)]
    assert [bar.fill for bar in bars(shown)][-2:] == [style.BAR_APART] * 2
    assert widths[:-2] == sorted(widths[:-2], reverse=True)
    labels = labels_of(shown)
    assert labels[0] == "Conseil en participation citoyenne"
    assert labels[-2].startswith("Oui, un autre type de partenaire")
    assert labels[-1] == "Aucun accompagnement"


def test_a_multiple_choice_warns_that_the_sum_exceeds_100():
    text = drawn.words(support(SUPPORT).svg)
    assert "Plusieurs réponses possibles\u00a0: la somme dépasse 100\u202f%." in text
    assert "intervalle indicatif" in text


def test_a_choice_that_nobody_ticked_keeps_its_row():
    shown = support(SUPPORT)
    assert "Institution de recherche ou université" in drawn.words(shown.svg)
    assert "0\u202f%" in drawn.words(shown.svg)
    assert len(bars(shown)) == 9


def test_more_choices_than_have_room_are_told_and_not_drawn():
    figure = [Figure(f"f{k}", str(k), "a", k / 100, 0.0, 1.0, k, 100) for k in range(40)]
    bars = [Bar(f"Choix {f.item}", f, apart=f.item == "0") for f in figure]
    drawn_bars = shares.kept(bars)
    assert [bar.figure.item for bar in drawn_bars] == ["0", *(str(k) for k in range(23, 40))]
    codebook = marts.barometer()
    rows = marts.choice_rows(codebook, "2018", "moy_accompagnement_externe", SUPPORT, 70)
    frame = marts.estimates(rows, codebook=codebook)
    sheet = shares.open_sheet(
        frame,
        bars,
        facts=facts_of(frame, codebook=codebook),
        codebook=codebook,
        words=words_of(codebook),
        family="choice",
        form="Barres",
        notes=[],
    )
    shown = render(shares.draw(sheet, bars))
    said = "22 autres lignes, de 1\u202f% à 22\u202f%, sont dans le tableau des chiffres."
    assert said in drawn.words(shown.svg)
    assert labels_of(shown) == [bar.label for bar in drawn_bars]
    assert "Choix 1\u00a0: 1\u202f%" in shown.description
    assert len(shown.figure_ids) == 40
    assert not drawn.overlaps(drawn.texts(shown.svg))


def test_brackets_keep_their_order_and_do_not_know_stands_under_them():
    shown = budget()
    labels = labels_of(shown)
    assert labels[0] == "0\u00a0€"
    assert labels[1] == "Moins de 1\u202f000\u00a0€"
    assert labels[-3] == "Plus de 1 million\u00a0€"
    assert " ".join(labels[-2:]) == (
        "Impossible à estimer ou ne sait pas (parmi toutes les réponses, n\u00a0=\u00a051)"
    )
    assert bars(shown)[-1].fill == style.BAR_APART
    assert "(hors «\u00a0ne sait pas\u00a0»), n\u00a0=\u00a045" in drawn.words(shown.svg)


def test_the_bracket_of_the_median_is_marked_in_colour_and_in_words():
    shown = budget()
    strong = [bar for bar in bars(shown) if bar.fill == style.BAR_STRONG]
    assert len(strong) == 1
    assert strong[0] == bars(shown)[4], "9 + 2 + 3 + 3 = 17 of 45, then 8"
    mark = next(t for t in drawn.texts(shown.svg) if t.text == "médiane")
    assert strong[0].top < mark.top < strong[0].bottom
    assert shown.figure_ids[0] == "2018.moy_budget_tranche.brackets"
    told = "«\u00a0De 10\u202f000 à 50\u202f000\u00a0€\u00a0»"
    assert shown.title == f"Budget annuel – Médiane observée\u00a0: {told}"


def test_the_shares_of_the_deck_are_read_on_the_picture():
    codebook = marts.barometer()
    rows = marts.scale_rows(codebook, "2018", "moy_budget_tranche", BUDGET, dont_know=6)
    frame = marts.estimates(rows, codebook=codebook)
    shown = budget()
    values = [t.text for t in drawn.texts(shown.svg) if t.size == 15]
    expected = frame[(frame["base_rule"] == "answered")]["share"].tolist()
    assert values[:10] == [f"{int(share * 100 + 0.5)}\u202f%" for share in expected]
    assert values[10] == "12\u202f%"


def test_the_mark_of_a_median_at_the_end_of_the_axis_stays_on_the_sheet():
    shown = budget([0, 0, 0, 0, 60, 0, 0, 0, 0, 0], dont_know=58)
    assert max(t.right for t in drawn.texts(shown.svg)) <= style.WIDTH


def test_a_base_under_ten_has_no_bar_and_says_so():
    shown = budget([1, 2, 0, 0, 3, 0, 0, 0, 0, 2], dont_know=0)
    assert not bars(shown)
    assert drawn.words(shown.svg).count("base trop faible (n\u00a0=\u00a08)") == 11
    assert "médiane" not in [t.text for t in drawn.texts(shown.svg)]
    assert shown.title == "Budget annuel"


def test_answers_of_an_unordered_scale_stand_by_share_with_other_last():
    codebook = marts.barometer()
    rows = marts.scale_rows(codebook, "2018", "rep_fonction", [5, 30, 10, 20, 25])
    shown = render(single.chart(marts.estimates(rows, codebook=codebook), codebook=codebook))
    labels = labels_of(shown)
    assert labels[0].startswith("Direction générale")
    assert labels[-1] == "Autre"
    assert bars(shown)[-1].fill == style.BAR_APART


def test_yes_and_no_keep_their_order():
    codebook = marts.barometer()
    rows = marts.scale_rows(codebook, "2018", "moy_service_dedie", [20, 50])
    shown = render(single.chart(marts.estimates(rows, codebook=codebook), codebook=codebook))
    assert labels_of(shown) == ["Oui", "Non"]
    said = drawn.words(shown.svg)
    assert "«\u00a0Non\u00a0», réponse majoritaire\u00a0: 71\u202f%" in said


def test_several_favourable_answers_are_told_together_and_named():
    codebook = marts.barometer()
    name = "outil_satisfaction_nb_citoyens"
    rows = marts.scale_rows(codebook, "2016", name, [20, 30, 5, 5])
    shown = render(single.chart(marts.estimates(rows, codebook=codebook), codebook=codebook))
    said = drawn.words(shown.svg)
    assert "Une majorité de réponses favorables\u00a0: 83\u202f%" in said
    both = "«\u00a0Très satisfait\u00a0» et «\u00a0Plutôt satisfait\u00a0»"
    assert f"Réponses favorables\u00a0: {both}." in said
    assert f"2016.{name}.-.favourable.answered" in shown.figure_ids


def test_a_missing_answer_is_an_error_and_never_a_bar_of_zero():
    codebook = marts.barometer()
    rows = marts.scale_rows(codebook, "2018", "moy_service_dedie", [20, 50])[:1]
    with pytest.raises(ValueError, match="no figure for non"):
        single.chart(marts.estimates(rows, codebook=codebook), codebook=codebook)


def test_synthetic_rows_carry_the_badge_on_the_picture():
    shown = support(SUPPORT, synthetic=True)
    badge = next(t for t in drawn.texts(shown.svg) if t.text == "Données synthétiques")
    assert badge.size >= 14
    assert drawn.leaves_ink(shown.svg, badge)
    assert shown.synthetic
    assert "Données synthétiques" in shown.description
    assert "synthétique" not in drawn.words(support(SUPPORT).svg)


def test_the_head_says_edition_base_in_words_and_n():
    text = drawn.words(support(SUPPORT).svg)
    assert "Baromètre 2018 · Base\u00a0: collectivités ayant répondu" in text
    assert "n\u00a0=\u00a070" in text
    assert "Source\u00a0: Décider ensemble, Baromètre de la démocratie locale numérique" in text


def test_an_english_survey_speaks_english():
    codebook = marts.in_english(marts.barometer())
    rows = marts.choice_rows(
        codebook, "2018", "moy_accompagnement_externe", SUPPORT, 70, synthetic=True
    )
    shown = render(multiple.chart(marts.estimates(rows, codebook=codebook), codebook=codebook))
    text = drawn.words(shown.svg)
    assert "Synthetic data" in text
    assert "Several answers possible: the sum exceeds 100%." in text
    assert "37%" in text
    assert "\u202f" not in text
