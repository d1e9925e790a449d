"""The few words that charts add to the codebook's own, by language, and how numbers are written.

In: one dictionary of words, French typography, percentages and numbers as a reader expects them.
Not in: labels of questions, items and answers (the codebook), where a text stands (`page`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from observatoire_pipeline.codebook.codebook import Codebook

THIN, HARD = "\u202f", "\u00a0"
"""Narrow no-break space (before ; ! ? %, in thousands) and no-break space (before :, in « »)."""


@dataclass(frozen=True)
class Words:
    """What charts say in one language; every method returns text that is ready to be drawn."""

    language: str
    base: str
    source: str
    synthetic: str
    dont_know: str
    interval: str
    several: str
    themes: str
    themes_alt: str
    small_base: str
    range_to: str
    varying: str
    net_order: str
    favourable_share: str
    median: str
    median_note: str
    score: str
    score_note: str
    ranked_first: str
    ranked_n: str
    broken: str
    grade_identical: str
    grade_reworded: str
    grade_options_regrouped: str
    not_asked: str
    not_comparable: str
    likert_alt: str
    bars_alt: str
    brackets_alt: str
    ranking_alt: str
    comparison_alt: str
    points_unit: str
    change_heading: str
    change_note: str
    established: str
    indistinct: str
    series_break: str
    no_change: str
    one_change: str
    named_changes: str
    several_changes: str
    broken_finding: str
    sure_change: str
    sure_changes: str
    nothing_seen: str
    nothing_seen_one: str
    rest_unseen: str
    rest_unseen_one: str
    conjunction: str
    dont_know_base: str
    map_title: str
    map_alt: str
    map_legend: str
    map_note: str
    map_reached: str
    map_and_more: str
    map_beside: str
    map_regions: str
    map_unknown: str
    map_others: str
    map_projects: str
    map_projects_reached: str
    decimal: str
    thousands: str
    percent_sign: str

    def tidy(self, text: str) -> str:
        """Return the text with the spaces, apostrophes and thousands of the language."""
        return french(text) if self.language == "fr" else " ".join(text.split())

    def percent(self, share: float) -> str:
        """Return a share (unit 1) as a whole percentage, halves rounded up."""
        return f"{math.floor(share * 100 + 0.5 + 1e-9)}{self.percent_sign}"

    def points(self, difference: float, *, unit: bool = True) -> str:
        """Return a difference of shares (unit 1) in whole points with its sign, `+15 pts`."""
        whole = math.floor(abs(difference) * 100 + 0.5 + 1e-9)
        sign = "" if whole == 0 else "+" if difference > 0 else "−"
        return f"{sign}{whole}" + (f"{HARD}{self.points_unit}" if unit else "")

    def span(self, low: float, high: float) -> str:
        """Return a range of sizes of a difference, `17 à 26 points`."""
        told = (self.points(end, unit=False).lstrip("+") for end in (low, high))
        ends = list(dict.fromkeys(told))
        return f"{HARD}{self.range_to}{HARD}".join(ends) + f"{HARD}points"

    def listed(self, parts: Sequence[str]) -> str:
        """Return `one, two et three`."""
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self.conjunction} {parts[-1]}"

    def number(self, value: float, *, decimals: int = 0) -> str:
        """Return a number with the decimal mark and the thousands of the language."""
        text = f"{value:,.{decimals}f}"
        return text.translate({ord(","): self.thousands, ord("."): self.decimal})

    def count(self, n: int) -> str:
        """Return a base, `n = 70`, that no line break can cut."""
        return f"n{HARD}={HARD}{self.number(n)}"

    def counts(self, numbers: list[int]) -> str:
        """Return a base, or the range of the bases when lines of a chart have their own."""
        low, high = min(numbers), max(numbers)
        if low == high:
            return self.count(low)
        return f"{self.count(low)} {self.range_to} {self.number(high)} {self.varying}"

    def too_small(self, n: int) -> str:
        """Return what stands where a bar would rest on too few answers."""
        return f"{self.small_base} ({self.count(n)})"

    def colon(self, left: str, right: str) -> str:
        """Return `left : right` with the space that the language puts before a colon."""
        return f"{left}{HARD if self.language == 'fr' else ''}: {right}"

    def because(self, what: str, reasons: Iterable[str]) -> str:
        """Return `what : reason ; reason`, the reasons as parts of a sentence."""
        told = [reason.rstrip(" .") for reason in map(self.tidy, reasons)]
        return self.colon(what, self.tidy(" ; ".join(_lowered(reason) for reason in told)))

    def locale(self) -> dict[str, object]:
        """Return the number locale for Vega, so that axes agree with the labels."""
        return {
            "decimal": self.decimal,
            "thousands": self.thousands,
            "grouping": [3],
            "currency": ["", f"{HARD}€"] if self.language == "fr" else ["€", ""],
            "percent": self.percent_sign,
            "minus": "−",
        }


FRENCH = Words(
    language="fr",
    base="Base",
    source="Source",
    synthetic="Données synthétiques",
    dont_know="Ne sait pas",
    interval="Trait fin : intervalle indicatif à 95 % (Wilson).",
    several="Plusieurs réponses possibles : la somme dépasse 100 %.",
    themes="Thèmes donnés par une personne aux réponses écrites ; une réponse peut en avoir"
    " plusieurs : la somme peut dépasser 100 %.",
    themes_alt="Barres, les thèmes les plus cités d’abord",
    small_base="base trop faible",
    range_to="à",
    varying="selon la ligne",
    net_order="Lignes classées par solde : réponses favorables moins réponses défavorables.",
    favourable_share="Part des réponses favorables",
    median="médiane",
    median_note="La médiane est connue par sa tranche seulement, sans hypothèse sur sa valeur.",
    score="Score moyen",
    score_note=(
        "Score de 1 (toujours classé dernier) à {k} (toujours classé premier), "
        "parmi les répondants qui ont classé la proposition."
    ),
    ranked_first="Classé premier",
    ranked_n="n",
    broken="Rupture de série",
    grade_identical="Question identique",
    grade_reworded="Question reformulée",
    grade_options_regrouped="Réponses regroupées",
    not_asked="– : question non posée.",
    not_comparable="n.\u00a0c.",
    likert_alt="Barres empilées divergentes, ne sait pas à part",
    bars_alt="Barres horizontales",
    brackets_alt="Barres horizontales dans l’ordre des tranches",
    ranking_alt="Barres horizontales des scores moyens",
    comparison_alt="Comparaison de deux éditions",
    points_unit="pts",
    change_heading="Écart {later} − {earlier} (points)",
    change_note=(
        "Losange plein : écart établi (test corrigé, seuil de {threshold}) ; creux : écart "
        "indiscernable de zéro. Écarts calculés avant arrondi."
    ),
    established="établi",
    indistinct="indiscernable",
    series_break="rupture de série",
    no_change="Entre {earlier} et {later}, aucun écart établi",
    one_change="« {label} » {difference}",
    named_changes="Entre {earlier} et {later} : {changes}",
    several_changes="Entre {earlier} et {later}, {n} écarts établis sur {total}",
    broken_finding="{earlier} et {later} ne se comparent pas",
    sure_change="« {label} », entre {lower} et {upper}",
    sure_changes="Écart établi : {changes}.",
    nothing_seen=(
        "Les {n} écarts sont indiscernables d’une absence d’évolution : avec ces bases, il aurait "
        "fallu {size} pour en voir un quatre fois sur cinq."
    ),
    nothing_seen_one=(
        "L’écart est indiscernable d’une absence d’évolution : avec ces bases, il aurait fallu "
        "{size} pour le voir quatre fois sur cinq."
    ),
    rest_unseen=(
        "Les {n} autres sont indiscernables d’une absence d’évolution : il aurait fallu {size} "
        "pour en voir un quatre fois sur cinq."
    ),
    rest_unseen_one=(
        "L’autre est indiscernable d’une absence d’évolution : il aurait fallu {size} pour le voir "
        "quatre fois sur cinq."
    ),
    conjunction="et",
    dont_know_base="parmi toutes les réponses",
    map_title="Où sont les collectivités répondantes",
    map_alt="Carte en cases, une par département",
    map_legend="Collectivités répondantes par département",
    map_note="Chaque case est un département, à peu près à sa place, quelle que soit sa taille.",
    map_reached="{n} départements sur {total} comptent au moins une réponse",
    map_and_more="{n} et plus",
    map_beside="Hors carte",
    map_regions="régions ({n})",
    map_unknown="département inconnu ({n})",
    map_others="Les autres départements : 0.",
    map_projects="Projets par département",
    map_projects_reached="{n} départements sur {total} comptent au moins un projet",
    decimal=",",
    thousands=THIN,
    percent_sign=f"{THIN}%",
)

ENGLISH = Words(
    language="en",
    base="Base",
    source="Source",
    synthetic="Synthetic data",
    dont_know="Don’t know",
    interval="Thin rule: indicative 95% interval (Wilson).",
    several="Several answers possible: the sum exceeds 100%.",
    themes="Themes that a person gave to what was written; an answer may have several: the sum may"
    " exceed 100%.",
    themes_alt="Bars, the most frequent themes first",
    small_base="base too small",
    range_to="to",
    varying="depending on the row",
    net_order="Rows ordered by net agreement: favourable minus unfavourable answers.",
    favourable_share="Share of favourable answers",
    median="median",
    median_note="The median is known by its bracket only; nothing is assumed about its value.",
    score="Mean score",
    score_note=(
        "Score from 1 (always ranked last) to {k} (always ranked first), "
        "among respondents who ranked the proposal."
    ),
    ranked_first="Ranked first",
    ranked_n="n",
    broken="Break in series",
    grade_identical="Same question",
    grade_reworded="Question reworded",
    grade_options_regrouped="Answers regrouped",
    not_asked="– : not asked.",
    not_comparable="n.c.",
    likert_alt="Diverging stacked bars, don’t know apart",
    bars_alt="Horizontal bars",
    brackets_alt="Horizontal bars in the order of the brackets",
    ranking_alt="Horizontal bars of mean scores",
    comparison_alt="Two editions compared",
    points_unit="pts",
    change_heading="Change {earlier} to {later} (points)",
    change_note=(
        "Full diamond: established change (adjusted test, threshold {threshold}); hollow: not "
        "distinguishable from zero. Changes are computed before rounding."
    ),
    established="established",
    indistinct="indistinct",
    series_break="break in series",
    no_change="From {earlier} to {later}, no established change",
    one_change="“{label}” {difference}",
    named_changes="From {earlier} to {later}: {changes}",
    several_changes="From {earlier} to {later}, {n} established changes of {total}",
    broken_finding="{earlier} and {later} do not compare",
    sure_change="“{label}”, between {lower} and {upper}",
    sure_changes="Established change: {changes}.",
    nothing_seen=(
        "The {n} changes are indistinguishable from none: with these bases, {size} would have been "
        "needed to see one four times in five."
    ),
    nothing_seen_one=(
        "The change is indistinguishable from none: with these bases, {size} would have been "
        "needed to see it four times in five."
    ),
    rest_unseen=(
        "The {n} others are indistinguishable from none: {size} would have been needed to see one "
        "four times in five."
    ),
    rest_unseen_one=(
        "The other is indistinguishable from none: {size} would have been needed to see it four "
        "times in five."
    ),
    conjunction="and",
    dont_know_base="among all answers",
    map_title="Where the respondents are",
    map_alt="Tile map, one tile a département",
    map_legend="Respondents by département",
    map_note="Each tile is a département, roughly at its place, whatever its size.",
    map_reached="{n} of {total} départements have at least one",
    map_and_more="{n} and more",
    map_beside="Not on the map",
    map_regions="régions ({n})",
    map_unknown="département unknown ({n})",
    map_others="The other départements: 0.",
    map_projects="Projects by département",
    map_projects_reached="{n} of {total} départements have at least one project",
    decimal=".",
    thousands=",",
    percent_sign="%",
)

WORDS = {"fr": FRENCH, "en": ENGLISH}


def words_of(codebook: Codebook) -> Words:
    """Return the words of the survey's language, in the shape its typography asks for."""
    words = WORDS[codebook.survey.language]
    tidied = {
        name: words.tidy(value)
        for name, value in vars(words).items()
        if isinstance(value, str) and name not in ("decimal", "thousands", "percent_sign")
    }
    return Words(**{**vars(words), **tidied})


def _lowered(text: str) -> str:
    """Return the text with a small first letter, unless it opens an acronym."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


_BLANKS = f"[ {HARD}{THIN}]"
_GROUPED = re.compile(rf"(?<![\d,.])(\d{{1,3}}){_BLANKS}(?=\d{{3}}(?!\d))")
_HIGH = re.compile(rf"{_BLANKS}*([;!?%]+)(?=[\s{HARD}{THIN}),.»]|$)")
_COLON = re.compile(rf"{_BLANKS}*(:+)(?=\s|$)")


def french(text: str) -> str:
    """Return the text with French spaces and apostrophes; words and digits are untouched.

    U+202F before ; ! ? % and in thousands, U+00A0 before : and inside « », ’ for ', … for three
    full stops. Idempotent. A colon or a question mark inside an address (no space after it) stays.
    """
    text = " ".join(re.split(r"[ \t\r\n]+", text.strip()))
    text = text.replace("'", "’").replace("...", "…")
    text = re.sub(rf"«{_BLANKS}*", f"«{HARD}", text)
    text = re.sub(rf"{_BLANKS}*»", f"{HARD}»", text)
    text = _HIGH.sub(rf"{THIN}\1", text)
    text = _COLON.sub(rf"{HARD}\1", text)
    previous = ""
    while previous != text:
        previous = text
        text = _GROUPED.sub(rf"\1{THIN}", text)
    return re.sub(r"(?<=\d) (?=€)", HARD, text)
