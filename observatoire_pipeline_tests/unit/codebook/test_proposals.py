"""Two wordings of one thing are proposed as one; two meanings never are, however alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.codebook.proposals import (
    LABEL_THRESHOLD,
    TITLE_THRESHOLD,
    pair_labels,
    pair_questions,
)
from observatoire_pipeline.codebook.questionnaire import Question, Questionnaire
from observatoire_pipeline.codebook.wordings import (
    label_score,
    match_form,
    same_words,
    title_score,
)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("inscrit(e)", "inscrit·e"),
        ("inscrit.e.s", "Inscrit-e-s"),
        ("Élu(e)s", "élu·e·s"),
        ("directeur/trice", "directeur"),
        ("Êtes-vous d’accord ?", "ETES VOUS D'ACCORD"),
        ("2-5", "2 – 5 "),
        ("1 000 à 5 000", "1000 à 5000"),
        ("Q12. Quel budget ?", "Quel budget"),
        ("inscrit/-e", "inscrit(e)"),
        ("directeur/directrice", "directeur·rice"),
        ("citoyennes et citoyens", "citoyens"),
        ("les habitants et les habitantes", "les habitants"),
        ("Q12 – Quel budget ?", "Quel budget"),
        ("3- Quel budget", "12/ Quel budget"),
        ("Q3a) Quel budget", "N° 3 : Quel budget"),
        ("2.1. Quel budget", "Q4 Quel budget"),
        ("<b>Quel</b> budget&nbsp;?", "Quel budget"),
    ],
)
def test_spelling_makes_no_new_question(one, two):
    assert match_form(one) == match_form(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Les élu·e·s", "Les élus"),
        ("citoyen-ne-s", "citoyens"),
        ("agent.es", "agents"),
        ("élu(e)(s)", "élus"),
        ("outil(s) utilisé(s)", "outils utilisés"),
        ("les élu·e·s", "les élu(e)"),
    ],
)
def test_an_inclusive_plural_is_the_plural_and_the_stem(one, two):
    assert same_words(one, two)
    assert len(pair_labels([one], [two]).same) == 1
    asked = [Questionnaire("q", (Question(1, f"Qui ? {t}", "text"),)) for t in (one, two)]
    (pair,) = pair_questions(*asked).pairs
    assert pair.exact


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Oui/non", "Oui"),
        ("et/ou", "et"),
        ("dispose-t-elle", "dispose"),
        ("18-29", "29"),
        ("1 - 3 years", "3 years"),
        ("3 mois", "mois"),
        ("2.5 millions", "millions"),
        ("Ville ou villages", "Ville"),
    ],
)
def test_what_looks_like_a_number_or_an_ending_stays(one, two):
    assert not same_words(one, two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("1 000 à 5 000", "1 000 à 10 000"),
        ("2-5", "25"),
        ("Oui", "Non"),
        ("Plutôt d’accord avec la mairie", "Plutôt pas d’accord avec la mairie"),
        ("Satisfait du dispositif en place", "Insatisfait du dispositif en place"),
        ("Moins de 5 agents communaux", "Plus de 5 agents communaux"),
        ("Very satisfied with the program", "Somewhat satisfied with the program"),
        ("I use it at work", "I don't use it at work"),
        ("Service A", "Service B"),
        ("C", "C++"),
        ("Less than a year ago", "More than a year ago"),
    ],
)
def test_an_answer_is_never_taken_for_its_contrary_or_another_number(one, two):
    assert match_form(one) != match_form(two)
    assert label_score(one, two) == 0 == label_score(two, one)


def test_a_word_more_is_proposed_and_scored():
    score = label_score(
        "Réseaux d’échange entre collectivités", "Réseaux d’échanges des collectivités"
    )
    assert LABEL_THRESHOLD <= score < 100


def test_titles_of_two_instances_are_two_questions():
    assert title_score("Outil 1 : quel type d’outil ?", "Outil 2 : quel type d’outil ?") == 0


def test_a_question_of_another_year_is_proposed():
    score = title_score(
        "De nouveaux dispositifs sont-ils prévus en 2019 ?",
        "De nouveaux dispositifs sont-ils prévus en 2020 ?",
    )
    assert TITLE_THRESHOLD <= score < 100


def test_a_negated_title_is_not_proposed():
    assert (
        title_score(
            "Le service est-il utile à la mairie ?", "Le service n’est-il pas utile à la mairie ?"
        )
        < TITLE_THRESHOLD
    )


def test_a_known_spelling_is_the_same_label():
    pairs = pair_labels(["Intercommunalité"], ["EPCI"], spellings={"epci": "Intercommunalité"})
    assert pairs.same == (("Intercommunalité", "EPCI"),)


def test_a_cut_label_is_the_label_that_it_begins():
    pairs = pair_labels(["Favoriser l’adhésion aux […]"], ["Favoriser l’adhésion aux projets"])
    assert pairs.same == (("Favoriser l’adhésion aux […]", "Favoriser l’adhésion aux projets"),)


words = ["oui", "non", "peut-être", "1-5", "2-5", "aucun", "tout"]
labels = st.lists(st.sampled_from(words), unique=True)


@given(labels, labels)
def test_each_label_is_paired_once_or_left_over(one, two):
    pairs = pair_labels(one, two)
    used_a = [p[0] for p in (*pairs.same, *pairs.near)] + list(pairs.only_a)
    used_b = [p[1] for p in (*pairs.same, *pairs.near)] + list(pairs.only_b)
    assert sorted(used_a) == sorted(one)
    assert sorted(used_b) == sorted(two)


def ask(*titles, **more):
    questions = (Question(k, title, "single", **more) for k, title in enumerate(titles, start=1))
    return Questionnaire("q", tuple(questions))


def test_two_candidates_for_one_question_are_named_as_rivals_and_used_once():
    a = ask("Avez-vous un service consacré à la participation ?")
    b = ask(
        "Avez-vous un service dédié à la participation ?",
        "Avez-vous un service voué à la participation ?",
    )
    (pair,) = pair_questions(a, b).pairs
    assert pair.b.position == 1
    assert [rival.position for rival in pair.rivals] == [2]
    assert [question.position for question in pair_questions(a, b).added] == [2]


def test_a_battery_is_recognised_by_its_items_when_its_title_changed():
    items = ("Renforcer la transparence", "Améliorer les décisions", "Toucher les jeunes")
    a = Questionnaire("a", (Question(1, "Les outils peuvent contribuer à", "matrix", items=items),))
    b = Questionnaire("b", (Question(1, "À quoi contribuent ces outils", "matrix", items=items),))
    (pair,) = pair_questions(a, b).pairs
    assert not pair.exact
    other = Question(1, "À quoi contribuent ces outils", "matrix", items=("Prix", "Délai", "Poids"))
    assert pair_questions(a, Questionnaire("b", (other,))).pairs == ()


def test_two_questions_of_like_words_and_other_answers_are_two():
    a = Question(1, "What is your age?", "single", options=("18-29", "30-44", "45-60"))
    b = Question(1, "What is your gender?", "single", options=("Female", "Male", "Other"))
    assert pair_questions(Questionnaire("a", (a,)), Questionnaire("b", (b,))).pairs == ()


def test_what_stands_alone_between_the_same_neighbours_is_proposed():
    one, two = "Which project are you representing?", "Which project are you working with?"
    a = ask("Un nom ?", one, "Un lieu ?")
    (_, pair, _) = pair_questions(a, ask("Un nom ?", two, "Un lieu ?")).pairs
    assert pair.score < TITLE_THRESHOLD
    assert len(pair_questions(a, ask("Un nom ?", two, "Un prix ?", "Un lieu ?")).pairs) == 2


def test_questions_of_one_title_are_told_apart_by_their_answers():
    twice = [
        Question(1, "Lesquels ?", "single", options=("Budget", "Jury")),
        Question(2, "Lesquels ?", "single", options=("Site", "Forum")),
    ]
    swapped = (
        Question(1, "Lesquels ?", "single", options=("Site", "Forum")),
        Question(2, "Lesquels ?", "single", options=("Budget", "Jury")),
    )
    pairs = pair_questions(Questionnaire("a", tuple(twice)), Questionnaire("b", swapped)).pairs
    assert {(pair.a.position, pair.b.position) for pair in pairs} == {(1, 2), (2, 1)}
