"""The codebook of the barometer, held to what its editor should never have to check by hand.

Each message says what to edit. Not in: the rules of any codebook (unit/codebook), which run here
too, because reading the folder applies them.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.labels import LabelIndex, is_cut, normalise_label
from observatoire_pipeline.codebook.models import CUT_MARK, Brackets
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook

# As the deck of 4 December 2018 prints them, in its order.
DECK_BUDGET = {
    "0": "zero",
    "< 1000 euro": "moins_1000",
    "Entre 1000 et 5000": "de_1000_a_5000",
    "Entre 5000 et 10000": "de_5000_a_10000",
    "Entre 10 000 et 50 000": "de_10000_a_50000",
    "Entre 50 000 et 100 000": "de_50000_a_100000",
    "Entre 100 000 et 200 000": "de_100000_a_200000",
    "Entre 200 000 et 500 000": "de_200000_a_500000",
    "Entre 500 000 et 1 million": "de_500000_a_1000000",
    "> 1 million": "plus_1000000",
    "Impossible à estimer/ NSP": "do_not_know",
}
DECK_SUPPORT = {
    "Non": "non",
    "Oui, des associations ou collectifs locaux": "associations",
    "Oui, des grands groupes urbains ou délégataires de services": "grands_groupes",
    "Oui, des start-ups du numérique ou des civic tech": "start_ups",
    "Oui, des structures de conseil en participation citoyenne": "conseil_participation",
    "Oui, des prestataires informatiques/ développeurs": "prestataires_informatiques",
    "Oui, d’autres collectivités (pour échanger des retours d’expérience ou mutualiser)": (
        "autres_collectivites"
    ),
    "Oui, une institution de recherche/ université": "recherche",
    "Oui, des experts ou consultants indépendants": "experts",
    "Oui, un autre type de partenaire (veuillez préciser):": "autre",
}
DECK_OBJECTIVES = {
    "Augmenter le nombre de citoyens participants": "nombre_participants",
    "Toucher des publics spécifiques (précaires, jeunes, peu engagés, autres…)": (
        "publics_specifiques"
    ),
    "Augmenter la fréquence/ la quantité de contributions": "contributions",
    "Fournir un espace d’expression pour les citoyens": "espace_expression",
    "Fournir un espace neutre pour le débat d’idées et la discussion": "espace_debat",
    "Recueillir l’avis et les préférences des citoyens pour améliorer l’action …": (
        "avis_preferences"
    ),
    "Mieux faire connaître les actions ou projets de la collectivité": "faire_connaitre",
    "Renforcer la transparence des décisions publiques": "transparence",
    "Favoriser l’adhésion de la population aux actions ou projets de la …": "adhesion",
    "Faciliter la production d’informations par les citoyens (données brutes ou …": (
        "production_informations"
    ),
    "Faire émerger de nouvelles idées ou propositions": "nouvelles_idees",
    "Innover et mettre en valeur la modernité de la collectivité": "modernite",
    "Expérimenter avec un outil ludique, attractif": "experimenter",
    "Mettre en place un outil neutre qui n’est pas associé à la collectivité par …": "outil_neutre",
}
DECK_LIKERT = {
    "Oui, tout à fait": "oui_tout_a_fait",
    "Oui, plutôt": "oui_plutot",
    "Non, pas vraiment": "non_pas_vraiment",
    "Non, pas du tout": "non_pas_du_tout",
    "Ne sait pas": "do_not_know",
}
VARIANTS = {
    "as printed": lambda text: text,
    "upper case": str.upper,
    "lower case": str.lower,
    "typewriter apostrophes": lambda text: text.replace("’", "'"),
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "narrow no-break spaces": lambda text: text.replace(" ", "\u202f"),
    "closed slashes": lambda text: text.replace("/ ", "/"),
    "stray spaces": lambda text: f"  {text.replace(' ', '  ')} ",
    "HTML": lambda text: f"<strong>{text}</strong>",
}
FRENCH_KEYS = {"label", "title", "plural", "universe", "source_note", "event", "reason", "frame"}
variants = pytest.mark.parametrize("vary", VARIANTS.values(), ids=VARIANTS.keys())


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    return read_codebook(packaged_codebook("barometre_dln"))


def item_labels(codebook: Codebook, variable: str, edition: str) -> LabelIndex[str]:
    """Return the look-up from the second header row of a battery to its items."""
    return LabelIndex(
        (column.text, column.item)
        for column in codebook.columns
        if (column.variable, column.edition) == (variable, edition) and column.item
    )


def test_it_reads_without_an_error_and_in_the_order_of_time(codebook):
    assert codebook.edition_keys == ("2016", "2017", "2018")
    assert set(codebook.units) == {"collectivite", "outil", "dispositif"}


def test_every_question_says_what_its_words_rest_on(codebook):
    for edition in codebook.edition_keys:
        for variable in codebook.variables_asked(edition):
            evidence = codebook.evidence_of(variable.variable, edition)
            assert evidence == "assumed" or variable.source, (
                f"variables.yaml: {variable.variable} is {evidence} in {edition}: "
                "name the document under 'source:', or write 'assumed'"
            )


def test_a_wording_that_no_document_gives_is_not_called_printed(codebook):
    """Only the deck of 2018 prints wordings; figures of the press are not wordings."""
    for variable in codebook.variables.values():
        for edition in codebook.edition_keys:
            if codebook.asked(variable.variable, edition) and edition != "2018":
                assert codebook.evidence_of(variable.variable, edition) != "printed", (
                    f"variables.yaml: {variable.variable}: no wording of {edition} is public; "
                    "if you have the questionnaire, change this test with it"
                )


def test_no_two_answers_of_a_scale_look_alike(codebook):
    for name, scale in codebook.scales.items():
        owners: dict[str, str] = {}
        texts = [(text, code.code) for code in scale.codes for text in (code.label, *code.raw)]
        texts += [(text, kind.kind) for kind in scale.missing for text in (kind.label, *kind.raw)]
        texts += [(r.label, r.code) for r in codebook.recodes if r.scale == name]
        for text, code in texts:
            owner = owners.setdefault(normalise_label(text), code)
            assert owner == code, (
                f"scales.yaml, brackets.yaml or recodes.csv: in '{name}', {text!r} means both "
                f"'{owner}' and '{code}' once case, accents and spaces are folded; reword one"
            )


def test_a_recode_adds_a_spelling_that_matching_does_not_fold_anyway(codebook):
    for recode in codebook.recodes:
        scale = codebook.scales[recode.scale]
        own = {normalise_label(text) for code in scale.codes for text in (code.label, *code.raw)}
        assert normalise_label(recode.label) not in own, (
            f"recodes.csv: {recode.scale} {recode.label!r} is found without it; remove the row"
        )


@variants
def test_the_budget_labels_of_the_deck_are_found(codebook, vary):
    labels = codebook.answer_labels("budget", "2018")
    found = {text: labels.find(vary(text)) for text in DECK_BUDGET}
    assert found == DECK_BUDGET, "brackets.yaml: 'budget' must list the label under 'raw:'"


@variants
def test_the_degrees_of_the_deck_are_found(codebook, vary):
    labels = codebook.answer_labels("oui_non_intensite", "2018")
    found = {text: labels.find(vary(text)) for text in DECK_LIKERT}
    assert found == DECK_LIKERT, "scales.yaml: 'oui_non_intensite' must hold the label"


def item_printed_as(codebook: Codebook, variable: str, printed: str) -> str | None:
    """Return the item of 2018 that a document prints; what a chart cuts (…) begins its words."""
    labels = item_labels(codebook, variable, "2018")
    found = labels.find(printed)
    if found is None and "…" in printed[-15:]:
        start = normalise_label(printed)
        (found,) = {
            labels.find(one) for one in labels.labels if normalise_label(one).startswith(start)
        }
    return found


@variants
@pytest.mark.parametrize(
    ("variable", "printed"),
    [("moy_accompagnement_externe", DECK_SUPPORT), ("disp_objectifs", DECK_OBJECTIVES)],
)
def test_the_items_of_the_deck_are_found(codebook, variable, printed, vary):
    found = {text: item_printed_as(codebook, variable, vary(text)) for text in printed}
    assert found == printed, f"columns/*.csv: an item of {variable} lost its printed words"


def test_a_label_cut_by_the_chart_may_be_completed(codebook):
    cut = next(text for text, item in DECK_OBJECTIVES.items() if item == "avis_preferences")
    for end, found in (("publique", "avis_preferences"), ("[…]", "avis_preferences")):
        columns = tuple(
            column.model_copy(update={"text": cut.rstrip("…") + end})
            if column.item == "avis_preferences"
            else column
            for column in codebook.columns
        )
        completed = replace(codebook, columns=columns)
        assert item_printed_as(completed, "disp_objectifs", cut) == found


def test_a_label_cut_by_the_chart_is_found_by_its_beginning_and_no_other_is(codebook):
    labels = item_labels(codebook, "disp_objectifs", "2018")
    whole = "Recueillir l’avis et les préférences des citoyens pour améliorer l’action publique"
    assert labels.find(whole) == "avis_preferences"
    assert labels.find("Faire émerger de nouvelles idées ou propositions citoyennes") is None
    cut = {(c.variable, c.item) for c in codebook.columns if is_cut(c.text)}
    printed = {
        ("disp_objectifs", item) for text, item in DECK_OBJECTIVES.items() if text[-1] == "…"
    }
    assert cut <= printed, (
        f"columns/*.csv: the deck cuts four labels; {CUT_MARK} stands nowhere else"
    )


def test_the_printed_budget_sums_to_100_and_covers_every_answer(codebook):
    group = [f for f in codebook.published.values() if f.group == "deck18_budget"]
    assert sum(figure.value for figure in group) == 100, (
        "published_figures.yaml: the eleven shares of the deck's budget chart must sum to 100"
    )
    codes = [code for figure in group for code in figure.codes]
    assert codes == [*codebook.codes_of("moy_budget_tranche", edition="2018"), "do_not_know"]


def test_every_pair_of_editions_that_share_a_question_has_one_grade(codebook):
    graded: Counter[tuple[str, str, str]] = Counter()
    for entry in codebook.comparability:
        pairs = (
            combinations(entry.among, 2)
            if entry.among
            else ((a, b) for a in entry.earlier or () for b in entry.later or ())
        )
        graded.update((entry.variable, first, second) for first, second in pairs)
    asked = {
        (variable.variable, first, second)
        for variable in codebook.variables.values()
        for first, second in combinations(codebook.edition_keys, 2)
        if codebook.asked(variable.variable, first) and codebook.asked(variable.variable, second)
    }
    assert set(graded) == asked, (
        f"comparability.yaml: add {sorted(asked - set(graded))}, "
        f"remove {sorted(set(graded) - asked)}"
    )


def test_identical_is_never_claimed_of_words_that_are_assumed(codebook):
    for entry in codebook.comparability:
        variable = codebook.variables[entry.variable]
        if entry.grade == "identical" and variable.kind != "text":
            for edition in codebook.edition_keys:
                if codebook.asked(entry.variable, edition):
                    assert codebook.evidence_of(entry.variable, edition) == "printed", (
                        f"comparability.yaml: {entry.variable} is not printed in {edition}: "
                        "grade it 'reworded' and give the reason"
                    )


def test_a_mapping_brings_every_code_of_both_editions_to_the_common_partition(codebook):
    for entry in codebook.comparability:
        for first in (entry.earlier or ()) if entry.mapping else ():
            for second in entry.later or ():
                wanted = {
                    code
                    for edition in (first, second)
                    for code in codebook.codes_of(entry.variable, edition=edition)
                }
                missing = wanted - set(entry.mapping or ())
                assert not missing, (
                    f"comparability.yaml: {entry.variable} {first}–{second}: "
                    f"map {', '.join(sorted(missing))}"
                )


def test_published_figures_are_named_once_and_tell_their_document(codebook):
    path = codebook.root / "published_figures.yaml"
    figures = yaml.safe_load(path.read_text(encoding="utf-8"))["figures"]
    twice = [name for name, n in Counter(f["figure"] for f in figures).items() if n > 1]
    assert not twice, f"published_figures.yaml: rename one of {twice}"
    unused = set(codebook.documents) - {f.document for f in codebook.published.values()}
    assert not unused, f"published_figures.yaml: no figure comes from {sorted(unused)}"
    for figure in codebook.published.values():
        assert figure.figure.startswith(figure.document), (
            f"published_figures.yaml: {figure.figure}: begin its name with '{figure.document}_'"
        )


def test_figures_of_a_question_have_the_codes_that_its_edition_offered(codebook):
    for figure in codebook.published.values():
        offered = {*codebook.codes_of(figure.variable, edition=figure.edition), "do_not_know"}
        assert set(figure.codes) <= offered, (
            f"published_figures.yaml: {figure.figure}: {figure.edition} does not offer "
            f"{sorted(set(figure.codes) - offered)}"
        )


def test_contradictory_figures_are_both_kept(codebook):
    saved = {
        figure.value
        for figure in codebook.published.values()
        if figure.variable == "perc_effets_outils" and figure.item == "gain_temps"
    }
    assert saved == {58, 56}, "published_figures.yaml: two journals print 58 % and 56 %; keep both"


def test_a_filter_says_whom_the_answers_speak_for(codebook):
    filtered = [v for v in codebook.variables.values() if v.filter]
    assert {v.variable for v in filtered} >= {"disp_objectifs", "outil_type"}
    for variable in filtered:
        assert variable.universe, f"variables.yaml: {variable.variable}: add 'universe:'"


def test_money_and_people_are_brackets_that_touch(codebook):
    for scale in codebook.scales.values():
        if isinstance(scale, Brackets):
            spans = [bracket for bracket in scale.codes if not bracket.point]
            for lower, upper in combinations(spans, 2):
                if spans.index(upper) == spans.index(lower) + 1:
                    assert lower.upper == upper.lower, (
                        f"brackets.yaml: {scale.brackets}: a gap before '{upper.code}'"
                    )


def test_item_labels_fit_on_a_chart(codebook):
    for variable in codebook.variables.values():
        for label in (variable.label, *(item.label for item in variable.items)):
            assert len(label) <= 60, f"variables.yaml: shorten {label!r} (60 characters)"


def french_texts(value: object, path: str = "") -> list[tuple[str, str]]:
    """Return (key, text) of every text that a reader sees."""
    if isinstance(value, dict):
        return [
            found
            for key, inner in value.items()
            for found in (
                [(key, inner)]
                if key in FRENCH_KEYS and isinstance(inner, str)
                else french_texts(inner)
            )
        ]
    if isinstance(value, list):
        return [found for inner in value for found in french_texts(inner)]
    return []


BAD_TYPOGRAPHY = {
    "a typewriter apostrophe: write ’": re.compile("'"),
    "an ordinary space before ; ! ? %: write U+202F": re.compile(r"[ \u00a0][;!?%]"),
    "no space before ; ! ? %: write U+202F": re.compile(r"\w[;!?%]"),
    "an ordinary space before a colon: write U+00A0": re.compile(r"[ \u202f]:"),
    "an ordinary space inside « »: write U+00A0": re.compile(r"«[^\u00a0]|[^\u00a0]»|\u00a0\u00a0"),
    "an ordinary space between thousands: write U+202F": re.compile(r"\d \d{3}(?!\d)"),
    "three dots: write …": re.compile(r"\.\.\."),
}


@pytest.mark.parametrize(
    "path", sorted(packaged_codebook("barometre_dln").glob("*.yaml")), ids=lambda path: path.name
)
def test_what_a_reader_sees_is_french_typography(path: Path):
    wrong = [
        f"{path.name}: {key}: {text!r} has {what}"
        for key, text in french_texts(yaml.safe_load(path.read_text(encoding="utf-8")))
        for what, pattern in BAD_TYPOGRAPHY.items()
        if pattern.search(text)
    ]
    assert not wrong, "\n".join(wrong)
