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
    interval_clustered: str
    interval_framed: str
    majority_interval: str
    several: str
    several_low: str
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
    unestablished: str
    series_break: str
    no_change: str
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
    left_out: str
    leads: str
    majority: str
    several_lead: str
    none_leads: str
    none_first: str
    first_of_all: str
    first_of_two: str
    first_of_many: str
    for_it: str
    against_it: str
    undecided: str
    all_for: str
    some_for: str
    some_against: str
    no_majority: str
    median_found: str
    median_sure: str
    median_reach: str
    unweighted: str
    cautious: str
    net_total: str
    favourable_are: str
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

    def quoted(self, label: str) -> str:
        """Return a label between the quotation marks of the language; marks inside it change."""
        if self.language != "fr":
            return f"“{label}”"
        inner = label.replace(f"«{HARD}", "“").replace(f"{HARD}»", "”")
        return f"«{HARD}{inner}{HARD}»"

    def method(self, methods: Iterable[str], *, framed: bool) -> str:
        """Return how the intervals of a chart were made, for the methods of the marts."""
        clustered = any("clustered" in method for method in methods)
        parts = ["Wilson", self.interval_clustered * clustered, self.interval_framed * framed]
        return ", ".join(part for part in parts if part)

    def number(self, value: float, *, decimals: int = 0) -> str:
        """Return a number with the decimal mark and the thousands of the language."""
        text = f"{value:,.{decimals}f}"
        return text.translate({ord(","): self.thousands, ord("."): self.decimal})

    def count(self, n: int) -> str:
        """Return a base, `n = 70`, that no line break can cut."""
        return f"n{HARD}={HARD}{self.number(n)}"

    def others(self, shares: Sequence[float | None]) -> list[str]:
        """Return the sentence on lines that are not drawn, for want of room; none without any."""
        known = [share for share in shares if share is not None] or [0.0]
        low, high = self.percent(min(known)), self.percent(max(known))
        return [self.left_out.format(n=len(shares), low=low, high=high)] if shares else []

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
    interval="Trait fin : intervalle indicatif à 95 % ({method}), comme si les répondants avaient "
    "été tirés au sort.",
    interval_clustered="réponses groupées par répondant",
    interval_framed="population finie",
    majority_interval="Majorité établie : intervalle indicatif à 95 % ({method}) d’un seul "
    "côté de 50 %, comme si les répondants avaient été tirés au sort.",
    several_low="Plusieurs réponses possibles.",
    several="Plusieurs réponses possibles : la somme dépasse 100 %.",
    themes="Thèmes donnés par une personne aux réponses écrites ; une réponse peut en avoir"
    " plusieurs : la somme peut dépasser 100 %.",
    themes_alt="Barres, les thèmes les plus cités d’abord",
    small_base="base trop faible",
    range_to="à",
    varying="selon la ligne",
    net_order="Lignes classées par solde : favorables moins défavorables.",
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
        "Losange plein : écart établi (test corrigé pour le nombre de comparaisons, seuil de "
        "{threshold}) ; creux : non établi. Écarts calculés avant arrondi."
    ),
    established="établi",
    indistinct="indiscernable de zéro",
    unestablished="non établi",
    series_break="rupture de série",
    no_change="Entre {earlier} et {later}, aucun écart établi",
    named_changes="Entre {earlier} et {later} : {changes}",
    several_changes="Entre {earlier} et {later}, {n} écarts établis sur {total}",
    broken_finding="{earlier} et {later} ne se comparent pas",
    sure_change="{label}, entre {lower} et {upper}",
    sure_changes="Écart établi : {changes}.",
    nothing_seen=(
        "Aucun des {n} écarts n’est établi : avec ces bases, il aurait fallu un écart de {size} "
        "pour le voir quatre fois sur cinq."
    ),
    nothing_seen_one=(
        "L’écart n’est pas établi : avec ces bases, il aurait fallu un écart de {size} pour le "
        "voir quatre fois sur cinq."
    ),
    rest_unseen=(
        "Les {n} autres ne sont pas établis : il aurait fallu un écart de {size} pour le voir "
        "quatre fois sur cinq."
    ),
    rest_unseen_one=(
        "L’autre n’est pas établi : il aurait fallu un écart de {size} pour le voir quatre fois "
        "sur cinq."
    ),
    conjunction="et",
    left_out="{n} autres lignes, de {low} à {high}, sont dans le tableau des chiffres.",
    leads="{label} en tête : {value}",
    majority="{label}, réponse majoritaire : {value}",
    several_lead="En tête, sans que l’enquête les départage : {labels}",
    none_leads="Aucune réponse ne se détache : {labels}",
    none_first="Aucune réponse ne se détache",
    first_of_all="{label} au premier rang ({value}), sans se détacher des autres",
    first_of_two="{label} au premier rang ({value}), sans se détacher de la suivante",
    first_of_many="{label} au premier rang ({value}), sans se détacher des {n} suivantes",
    for_it="Une majorité de réponses favorables : {value}",
    against_it="Une minorité de réponses favorables : {value}",
    undecided="Pas de majorité établie : {value} de réponses favorables",
    all_for="Majorité favorable établie pour les {total} propositions",
    some_for="Majorité favorable établie pour {n} propositions sur {total}",
    some_against="minorité pour {n}",
    no_majority="Aucune majorité établie sur les {total} propositions",
    median_found="Médiane observée : {label}",
    median_sure="L’intervalle indicatif à 95 % de la médiane reste dans cette tranche.",
    median_reach="La médiane est incertaine : son intervalle indicatif à 95 % va de la tranche "
    "{low} à la tranche {high}.",
    unweighted="Sans redressement.",
    cautious="Base inférieure à {n} : à lire avec prudence.",
    favourable_are="Réponses favorables : {labels}.",
    net_total="En gras : réponses favorables ({labels}).",
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
    interval="Thin rule: indicative 95% interval ({method}), as if respondents had been drawn at "
    "random.",
    interval_clustered="answers grouped by respondent",
    interval_framed="finite population",
    majority_interval="Established majority: the indicative 95% interval ({method}) lies on one "
    "side of 50%, as if respondents had been drawn at random.",
    several_low="Several answers possible.",
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
        "Full diamond: established change (test adjusted for the number of comparisons, "
        "threshold {threshold}); hollow: not established. Changes are computed before rounding."
    ),
    established="established",
    indistinct="not told from zero",
    unestablished="not established",
    series_break="break in series",
    no_change="From {earlier} to {later}, no established change",
    named_changes="From {earlier} to {later}: {changes}",
    several_changes="From {earlier} to {later}, {n} established changes of {total}",
    broken_finding="{earlier} and {later} do not compare",
    sure_change="{label}, between {lower} and {upper}",
    sure_changes="Established change: {changes}.",
    nothing_seen=(
        "None of the {n} changes is established: with these bases, a change of {size} would have "
        "been needed to see it four times in five."
    ),
    nothing_seen_one=(
        "The change is not established: with these bases, a change of {size} would have been "
        "needed to see it four times in five."
    ),
    rest_unseen=(
        "The {n} others are not established: a change of {size} would have been needed to see it "
        "four times in five."
    ),
    rest_unseen_one=(
        "The other is not established: a change of {size} would have been needed to see it four "
        "times in five."
    ),
    conjunction="and",
    left_out="{n} other lines, from {low} to {high}, are in the table of figures.",
    leads="{label} leads: {value}",
    majority="{label} has a majority: {value}",
    several_lead="Leading, too close to part: {labels}",
    none_leads="No answer stands out: {labels}",
    none_first="No answer stands out",
    first_of_all="{label} comes first ({value}), without standing out from the others",
    first_of_two="{label} comes first ({value}), without standing out from the next one",
    first_of_many="{label} comes first ({value}), without standing out from the next {n}",
    for_it="A majority of favourable answers: {value}",
    against_it="A minority of favourable answers: {value}",
    undecided="No established majority: {value} of favourable answers",
    all_for="An established favourable majority for all {total} propositions",
    some_for="Established favourable majority for {n} of {total} propositions",
    some_against="minority for {n}",
    no_majority="No established majority on any of the {total} propositions",
    median_found="Observed median: {label}",
    median_sure="The indicative 95% interval of the median stays within this bracket.",
    median_reach="The median is uncertain: its indicative 95% interval goes from the bracket "
    "{low} to the bracket {high}.",
    unweighted="Not weighted.",
    cautious="Base under {n}: read with caution.",
    favourable_are="Favourable answers: {labels}.",
    net_total="Bold figure: all favourable answers ({labels}).",
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
