"""Accidents of typing: each is folded by the comparison of labels, and all of them occur."""

from __future__ import annotations

import pytest

from observatoire_pipeline.codebook.labels import LabelIndex, normalise_label
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.sample.wording import typed

CODEBOOK = read_codebook(packaged_codebook())
TEXTS = sorted({c.text for c in CODEBOOK.columns if c.text != "not_asked"})
SHOWN = {text: typed({})(text) for text in TEXTS}


def test_every_heading_of_the_codebook_is_still_recognised():
    lost = [t for t, shown in SHOWN.items() if LabelIndex([(t, True)]).find(shown) is None]
    assert lost == []


@pytest.mark.parametrize(
    ("accident", "happens"),
    [
        ("no-break space", lambda text, shown: "\u00a0" in shown),
        ("double space", lambda text, shown: "  " in shown),
        ("trailing space", lambda text, shown: shown.endswith(" ")),
        ("straight apostrophe", lambda text, shown: "’" in text and "'" in shown),
        ("accent lost", lambda text, shown: len([c for c in shown if c in "ÉÈÀÊÎÔ"])
            < len([c for c in text if c in "ÉÈÀÊÎÔ"])),
    ],
)  # fmt: skip
def test_each_accident_occurs_in_the_headings_of_the_survey(accident, happens):
    assert any(happens(text, shown) for text, shown in SHOWN.items()), accident


def test_a_short_answer_stays_as_it_is_and_a_text_always_looks_the_same():
    assert typed({})("Oui, plutôt") == "Oui, plutôt"
    assert [typed({})(text) for text in TEXTS] == [SHOWN[text] for text in TEXTS]


def test_a_cut_label_takes_its_invented_end():
    label = "Favoriser l’adhésion […]"
    shown = typed({label: "de la population"})(label)
    assert normalise_label(shown) == normalise_label("Favoriser l’adhésion de la population")
    assert "[…]" not in typed({})(label)


def test_a_narrow_space_becomes_one_that_old_encodings_have():
    assert typed({})("1\u202f000 €").encode("cp1252") == "1\u00a0000 €".encode("cp1252")
