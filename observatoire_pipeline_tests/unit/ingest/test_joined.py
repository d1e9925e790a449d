"""Ticked choices in one cell: the choices are found, and each cell's ticks recovered."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observatoire_pipeline.ingest.platforms.joined import read_joined, split_ticks


def joined(cells, *, separator=", "):
    distinct = list(dict.fromkeys(cells))
    counts = np.array([cells.count(cell) for cell in distinct])
    return read_joined(distinct, counts, separator=separator)


WORDS = st.sampled_from(
    [f"{first}{rest}" for first in "ABCDEFGHKLMNPRST" for rest in ("ide", "outil", "réunion")]
)


@st.composite
def forms(draw):
    """A separator, the choices of a form (some hold the separator), and what people ticked."""
    separator = draw(st.sampled_from([", ", ";", ","]))
    words = draw(st.lists(WORDS, min_size=4, max_size=12, unique=True))
    options, rest = [], words
    while rest:
        size = min(len(rest), draw(st.sampled_from([1, 1, 1, 2, 3])))
        options.append(separator.join(rest[:size]))
        rest = rest[size:]
    ticks = draw(
        st.lists(st.sets(st.integers(0, len(options) - 1), min_size=1), min_size=1, max_size=25)
    )
    return separator, options, [tuple(options[k] for k in sorted(chosen)) for chosen in ticks]


@settings(max_examples=150, deadline=None)
@given(form=forms())
def test_ticks_are_recovered_although_choices_hold_the_separator(form):
    separator, options, ticks = form
    # Four people tick each choice alone: that is what tells a choice from two choices.
    alone = [(option,) for option in options for _ in range(4)]
    cells = [separator.join(chosen) for chosen in [*alone, *ticks]]
    found = joined(cells, separator=separator)
    assert set(found.options) == set(options)
    assert [found.ticks[cell] for cell in cells] == [*alone, *ticks]


@settings(max_examples=100, deadline=None)
@given(form=forms())
def test_known_choices_cut_a_cell_in_one_way_only(form):
    separator, options, ticks = form
    for chosen in ticks:
        cell = separator.join(chosen)
        assert split_ticks(cell, separator=separator, options=set(options)) == chosen


def test_a_choice_in_brackets_is_not_cut():
    cells = ["Soirée (débat, atelier)", "Stand", "Soirée (débat, atelier), Stand"]
    assert set(joined(cells).options) == {"Soirée (débat, atelier)", "Stand"}


def test_a_beginning_that_choices_share_is_not_a_choice():
    cells = ["Oui, souvent", "Oui, parfois", "Non"] * 5 + ["Oui, souvent, Non"]
    assert set(joined(cells).options) == {"Oui, souvent", "Oui, parfois", "Non"}


def test_the_order_of_the_form_comes_from_the_cells():
    cells = ["B, C", "A, B", "C, D", "A, D", "B", "D", "A, C"]
    assert joined(cells).options == ("A", "B", "C", "D")


def test_typed_lists_are_no_choice_because_they_have_no_order():
    cells = ["pain, vin", "vin, pain", "fromage, vin", "vin, fromage", "pain, fromage"] * 3
    typed = [f"beurre salé {k}, pain" for k in range(8)]
    assert not joined(cells + typed).is_choice
    assert joined(["pain, vin", "pain", "vin, fromage", "pain, fromage"] * 3).is_choice


def test_what_one_person_typed_is_one_answer_and_no_choice():
    cells = ["Mail", "Stand", "Mail, Stand"] * 5 + ["Mail, chez le boulanger, un samedi"]
    found = joined(cells)
    assert found.options == ("Mail", "Stand")
    assert found.ticks[cells[-1]] == ("Mail", "chez le boulanger, un samedi")
    assert found.share == pytest.approx(21 / 22)


def test_prose_is_no_choice():
    cells = [f"Il faudrait, je crois, {k} de plus, et puis {k * 7} autres" for k in range(30)]
    assert not joined(cells).is_choice


def test_prose_that_begins_alike_is_no_choice():
    cells = [f"Je crois, peut-être, que {k} suffit, ou {k * 3} à la rigueur" for k in range(40)]
    assert not joined(cells).is_choice
