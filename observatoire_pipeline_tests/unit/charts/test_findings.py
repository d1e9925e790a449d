"""Titles that tell what a chart shows, and only what its intervals allow."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire_pipeline.charts import figures, findings
from observatoire_pipeline.charts.figures import Figure
from observatoire_pipeline.charts.words import words_of
from observatoire_pipeline.estimation.intervals import wilson_interval
from observatoire_pipeline_tests.unit.charts import marts


def share(numerator, n, code="a"):
    if n < 10:
        return Figure(code, "", code, None, None, None, numerator, n)
    lower, upper = wilson_interval([numerator], [n])
    ends = (float(lower[0]), float(upper[0]))
    return Figure(code, "", code, numerator / n, *ends, numerator, n)


def title(counts, n, *, exclusive=True):
    told = [(label, share(count, n)) for label, count in counts.items()]
    found = findings.of_shares(told, exclusive=exclusive, words=words_of(marts.barometer()))
    return found.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"Oui": 50, "Non": 20}, "« Oui », réponse majoritaire : 71 %"),
        ({"Oui": 36, "Non": 34}, "Aucune réponse ne se détache : « Oui » (51 %) et « Non » (49 %)"),
        ({"A": 34, "B": 16, "C": 10}, "« A » en tête : 57 %"),
        (
            {"A": 30, "B": 28, "C": 2},
            "En tête, sans que l’enquête les départage : « A » (50 %) et « B » (47 %)",
        ),
    ],
)
def test_a_title_says_who_leads_as_far_as_the_intervals_part_them(counts, said):
    assert title(counts, sum(counts.values())) == said


def test_a_choice_among_several_has_no_majority():
    assert title({"A": 60, "B": 20}, 70, exclusive=False) == "« A » en tête : 86 %"


def test_leaders_with_long_names_are_counted_and_two_alike_have_no_first():
    long = {letter * 60: 40 - k for k, letter in enumerate("ABCD")} | {"E": 1}
    assert title(long, 70).endswith("(57 %), sans se détacher des 3 suivantes")
    assert title({"A" * 60: 40, "B" * 60: 40, "C" * 60: 39}, 70) == "Aucune réponse ne se détache"


def test_nothing_is_said_over_a_share_that_is_hidden():
    assert title({"A": 5, "B": 2}, 7) == ""


@settings(deadline=None)
@given(st.integers(10, 300), st.data())
def test_an_answer_that_leads_is_parted_by_the_test_of_two_answers_of_one_base(n, data):
    """The variance of a difference of two shares of a multinomial is (p + q − (p − q)²) / n."""
    first = data.draw(st.integers(0, n))
    second = data.draw(st.integers(0, n - first))
    rest = n - first - second
    counts = {"A": first, "B": second} | ({"C": rest} if rest else {})
    said = title(counts, n)
    if " en tête :" in said or "majoritaire" in said:
        leader, other, *_ = sorted((count / n for count in counts.values()), reverse=True)
        distance = leader - other
        assert distance > 1.96 * math.sqrt((leader + other - distance**2) / n)


def test_choices_that_may_go_together_are_parted_where_their_intervals_do_not_meet():
    high, near, far = (findings.Ranked("", p, p - 0.1, p + 0.1, "") for p in (0.7, 0.51, 0.49))
    assert not findings.parted(high, near, exclusive=False)
    assert findings.parted(high, far, exclusive=False)
    assert not findings.parted(high, high, exclusive=True)


def test_the_note_on_an_interval_says_how_it_was_made_and_what_it_supposes():
    codebook = marts.barometer()
    frame = marts.estimates(
        marts.scale_rows(codebook, "2018", "moy_service_dedie", [12, 8]), codebook=codebook
    )
    said = figures.notes(
        frame.assign(ci_method="wilson_clustered", frame_n=40),
        codebook=codebook,
        words=words_of(codebook),
    )
    assert "(Wilson, réponses groupées par répondant, population finie), comme si" in said[0]
    assert said[-1] == "Base inférieure à 30\u00a0: à lire avec prudence."
    (alone, *_) = figures.notes(frame, codebook=codebook, words=words_of(codebook))
    assert "(Wilson), comme si les répondants avaient été tirés au sort." in alone


def opinions(*counts, n=60):
    found = findings.of_opinions([share(c, n) for c in counts], words=words_of(marts.barometer()))
    return found.replace("\u00a0", " ").replace("\u202f", " ")


def test_propositions_are_counted_by_majorities_that_are_established():
    for_some = "Majorité favorable établie pour 2 propositions sur 4, minorité pour 1"
    assert opinions(55, 50, 32, 10) == for_some
    assert opinions(55, 50) == "Majorité favorable établie pour les 2 propositions"
    assert opinions(31, 29) == "Aucune majorité établie sur les 2 propositions"
    assert opinions(31) == "Pas de majorité établie : 52 % de réponses favorables"
    assert opinions(55, 4, n=9) == ""
