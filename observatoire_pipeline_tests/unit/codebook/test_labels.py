"""Two spellings of one label are equal; two labels are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.codebook.labels import LabelIndex, normalise_label


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("L'ACCOMPAGNEMENT DES USAGES", "l’accompagnement des usages"),
        ("EVALUER L’ACTION PUBLIQUE", "Évaluer l'action publique"),
        ("Oui,\u00a0plutôt", "  oui, plutôt "),
        ("informatiques/ développeurs", "informatiques / développeurs"),
        ("« civic tech » ou « govtech» ?", '"civic tech" ou "govtech"'),
        ("<strong>YES</strong>", "yes"),
        (
            "un autre type de partenaire (veuillez préciser):",
            "un autre type de partenaire (veuillez préciser)",
        ),
        ("main-d’œuvre", "main-d'oeuvre"),
        ("\ufeffNon", "non"),
        ("Entre 10\u202f000 et 50\u00a0000", "Entre 10 000 et 50 000"),
    ],
)
def test_spellings_of_one_label_are_equal(one, other):
    assert normalise_label(one) == normalise_label(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("< 1000 euro", "> 1000 euro"),
        ("Oui", "Non"),
        ("Entre 1000 et 5000", "Entre 10000 et 5000"),
        ("1.20", "1.2"),
        ("Saint-Denis (93)", "Saint-Denis (974)"),
    ],
)
def test_different_labels_stay_different(one, other):
    assert normalise_label(one) != normalise_label(other)


@given(st.text(max_size=60))
def test_the_normal_form_is_its_own_normal_form(text):
    assert normalise_label(normalise_label(text)) == normalise_label(text)


def test_only_a_label_marked_as_cut_is_matched_by_its_beginning():
    index = LabelIndex(
        [("Recueillir l’avis des citoyens […]", "avis"), ("Innover et mettre en valeur", "innover")]
    )
    assert index.find("Recueillir l'avis des citoyens pour améliorer l’action publique") == "avis"
    assert index.find("Innover et mettre en valeur la modernité") is None


def test_the_longest_cut_label_wins():
    index = LabelIndex([("Favoriser […]", "a"), ("Favoriser l’adhésion […]", "b")])
    assert index.find("Favoriser l'adhésion de tous") == "b"


def test_an_exact_label_wins_over_a_cut_one():
    index = LabelIndex([("Oui […]", "cut"), ("Oui, plutôt", "exact")])
    assert index.find("oui, plutôt") == "exact"


def test_one_form_cannot_mean_two_things():
    with pytest.raises(ValueError, match="means both"):
        LabelIndex([("Oui", "yes"), ("OUI ", "no")])


def test_near_labels_are_named_and_not_taken():
    index = LabelIndex([("Oui, tout à fait", "yes"), ("Non, pas du tout", "no")])
    assert index.find("Oui tout a faît !?") is None
    assert index.nearest("Oui tout a fait")[0] == "Oui, tout à fait"


def test_an_interval_is_near_to_the_one_with_its_numbers():
    written = ("De 10 000 à 50 000 €", "Entre 1000 et 5000", "De 1 000 à 10 000 €", "Un million")
    index = LabelIndex((label, label) for label in written)
    assert index.nearest("Entre 1000 et 10 000 euros")[0] == written[2]
    titles = ("Outil 1 : comment s’appelle-t-il ?", "Les communes sont-elles au moins 2 ?")
    near = LabelIndex((title, title) for title in titles)
    assert near.nearest("Outil 2 : comment s’appelle-t-il ?")[0] == titles[0]
