"""The groups by which figures are broken down: type, size class, région of the collectivité.

In: codes, labels and order of the groups of each breakdown. Not in: which respondent belongs where
(`longitudinal.identity`), what may be shown of a group (`breakdowns`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.collectivites.enrichment import UNKNOWN

_WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "commune": "Communes",
        "intercommunalite": "Intercommunalités et métropoles",
        "departement": "Départements",
        "region": "Régions",
        "autre": "Autres",
        UNKNOWN: "Non renseigné",
        "all": "Ensemble",
    },
    "en": {
        "commune": "Municipalities",
        "intercommunalite": "Intermunicipal bodies",
        "departement": "Départements",
        "region": "Régions",
        "autre": "Others",
        UNKNOWN: "Unknown",
        "all": "All",
    },
}
_TYPES = ("commune", "intercommunalite", "departement", "region", "autre")


@dataclass(frozen=True)
class Breakdown:
    """A way to split a base.

    Attributes:
        breakdown: Its name, as figures spell it.
        column: Column of `respondent_profiles` that holds the group.
        variable: Question that asks the same; it is not broken down by itself.
        codes: Groups in order.
        labels: What a reader sees of each.
    """

    breakdown: str
    column: str
    variable: str
    codes: tuple[str, ...]
    labels: tuple[str, ...]

    def label_of(self, code: str) -> str:
        """Return the label of a group."""
        return self.labels[self.codes.index(code)]


_CLASSES = {
    "fr": ("moins de {} habitants", "{} à {} habitants", "{} habitants et plus"),
    "en": ("fewer than {} inhabitants", "{} to {} inhabitants", "{} inhabitants and more"),
}
_THOUSANDS = {"fr": "\u202f", "en": ","}
_NO_POPULATION = {"fr": "population inconnue", "en": "unknown population"}


def type_label(code: str, *, language: str) -> str:
    """Return the words of a type of collectivité, or of `all`."""
    return _WORDS[language][code]


def class_label(code: str, *, language: str) -> str:
    """Return the words of a legal class of population (`collectivites.strata`), or of unknown."""
    if code == UNKNOWN:
        return _NO_POPULATION[language]
    below, between, above = _CLASSES[language]
    low, high = code.split("_")

    def told(number: int) -> str:
        return f"{number:,}".replace(",", _THOUSANDS[language])

    if high == "plus":
        return above.format(told(int(low)))
    if low == "0":
        return below.format(told(int(high) + 1))
    return between.format(told(int(low)), told(int(high)))


def whole(codebook: Codebook) -> Breakdown:
    """Return the breakdown of nothing: everybody."""
    label = _WORDS[codebook.survey.language]["all"]
    return Breakdown("all", "", "", ("all",), (label,))


def breakdowns(codebook: Codebook, *, regions: Mapping[str, str]) -> tuple[Breakdown, ...]:
    """Return the breakdowns of a survey that says who answers, by type, size class and région.

    Args:
        codebook: The survey; without `identity.name` or `identity.type` nobody is told apart.
        regions: Official code → name of the régions, in order.
    """
    identity = codebook.survey.identity
    words = _WORDS[codebook.survey.language]
    found: list[Breakdown] = []
    if identity.type is not None or identity.name is not None:
        found.append(_split("type", identity.type, {code: words[code] for code in _TYPES}, words))
    if identity.size is not None:
        sizes = {
            code: codebook.label_of(identity.size, None, code)
            for code in codebook.codes_of(identity.size)
        }
        found.append(_split("size_class", identity.size, sizes, words))
    if identity.region is not None or identity.name is not None:
        found.append(_split("region", identity.region, regions, words))
    return tuple(found)


def _split(
    name: str, variable: str | None, labels: Mapping[str, str], words: Mapping[str, str]
) -> Breakdown:
    every: Sequence[tuple[str, str]] = [*labels.items(), (UNKNOWN, words[UNKNOWN])]
    codes, shown = zip(*every, strict=True)
    return Breakdown(name, name, variable or "", codes, shown)
