"""Rows of the marts, made by hand from counts: what the charts of these tests are drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import SELECTED, Bracket, Variable
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.estimation.intervals import wilson_interval
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import conform, empty
from observatoire_pipeline.tables.model import Table

LONG_LABELS = {
    "perc_apports_outils": {
        "qualite_decisions": (
            "Améliorer la qualité des décisions en bénéficiant de l’expertise citoyenne"
        ),
        "nouveaux_publics": "Atteindre des publics qui ne participent pas actuellement",
        "valoriser_travail": "Mieux faire connaître et valoriser le travail de la collectivité",
        "confiance": "Augmenter la confiance des citoyens dans l’action publique",
        "engagement": "Augmenter l’engagement des citoyens dans l’action publique",
    },
    "disp_objectifs": {
        "publics_specifiques": (
            "Toucher des publics spécifiques (précaires, jeunes, peu engagés, autres…)"
        ),
        "contributions": "Augmenter la fréquence/ la quantité de contributions",
        "espace_debat": "Fournir un espace neutre pour le débat d’idées et la discussion",
        "avis_preferences": (
            "Recueillir l’avis et les préférences des citoyens pour améliorer l’action publique"
        ),
        "faire_connaitre": "Mieux faire connaître les actions ou projets de la collectivité",
        "adhesion": (
            "Favoriser l’adhésion de la population aux actions ou projets de la collectivité"
        ),
        "production_informations": (
            "Faciliter la production d’informations par les citoyens (données brutes ou traitées)"
        ),
        "modernite": "Innover et mettre en valeur la modernité de la collectivité",
        "outil_neutre": (
            "Mettre en place un outil neutre qui n’est pas associé à la collectivité par les "
            "citoyens"
        ),
    },
    "moy_accompagnement_externe": {
        "grands_groupes": "Oui, des grands groupes urbains ou délégataires de services",
        "autres_collectivites": (
            "Oui, d’autres collectivités (pour échanger des retours d’expérience ou mutualiser)"
        ),
        "autre": "Oui, un autre type de partenaire (veuillez préciser) :",
    },
    "besoins_renforcement": {
        "acces_outils": (
            "Faciliter l’accès aux outils et aux données pour une montée en compétence des citoyens"
        ),
        "sensibilisation": (
            "Une sensibilisation des élus et agents sur l’existence et l’intérêt de ces dispositifs"
        ),
        "formation": (
            "Une formation des élus et des agents sur les données ou les dispositifs numériques"
        ),
        "articulation_presentiel": (
            "(Mieux) articuler le numérique et les réunions / actions en « présentiel »"
        ),
        "strategie_globale": (
            "Une stratégie globale de la collectivité qui inclue le numérique de manière "
            "transversale"
        ),
        "budgets": "Des budgets plus importants dédiés à la citoyenneté numérique",
        "visibilite": (
            "Une meilleure visibilité et communication sur les dispositifs auprès des citoyens"
        ),
        "retours_experience": (
            "Un meilleur partage des retours d’expérience des collectivités ayant déjà expérimenté "
            "ces dispositifs"
        ),
        "evaluation": (
            "Une évaluation plus précise (quantitative et qualitative) des impacts de ces "
            "dispositifs"
        ),
        "mediation": (
            "L’accompagnement des usages, une médiation numérique pour les publics qui en sont "
            "éloignés"
        ),
    },
}
"""The words of the questionnaire, longer than the short labels of the codebook."""


@cache
def barometer() -> Codebook:
    return read_codebook(packaged_codebook())


@cache
def barometer_with_long_labels() -> Codebook:
    """The barometer, its batteries labelled with the whole words of the questionnaire."""
    codebook = barometer()
    variables = dict(codebook.variables)
    for name, labels in LONG_LABELS.items():
        items = tuple(
            item.model_copy(update={"label": labels.get(item.item, item.label)})
            for item in variables[name].items
        )
        variables[name] = variables[name].model_copy(update={"items": items})
    return replace(codebook, variables=variables)


def in_english(codebook: Codebook) -> Codebook:
    return replace(codebook, survey=codebook.survey.model_copy(update={"language": "en"}))


def estimates(rows: Sequence[dict[str, Any]], *, codebook: Codebook) -> pd.DataFrame:
    """Return a frame of mart_estimates, its shares and intervals computed."""
    frame = pd.DataFrame(list(rows))
    lower, upper = wilson_interval(frame["numerator"].to_numpy(), frame["base_n"].to_numpy())
    base = frame["base_n"].to_numpy()
    with np.errstate(invalid="ignore"):
        share = np.where(base > 0, frame["numerator"] / np.maximum(base, 1), np.nan)
    suppression = np.where(base == 0, "no_base", np.where(base < 10, "small_base", "none"))
    frame = frame.assign(
        share=share,
        ci_lower=lower,
        ci_upper=upper,
        ci_method="wilson",
        ci_level=0.95,
        suppression=suppression,
        cautious=base < 30,
        breakdown_label="",
        n_answered=base,
        frame_reason="not_declared",
    )
    table = catalogue(codebook)["mart_estimates"]
    # Columns that no chart reads.
    unread = [c.name for c in table.columns if c.nullable and c.name not in frame]
    return conform(frame.assign(**dict.fromkeys(unread)), table)


def scale_rows(
    codebook: Codebook,
    edition: str,
    variable: str,
    counts: Sequence[int],
    *,
    item: str = "",
    dont_know: int | None = None,
    synthetic: bool = False,
) -> list[dict[str, Any]]:
    """Return the rows of one question or item: `counts` follow the codes of the edition."""
    codes = codebook.codes_of(variable, edition=edition)
    poles = [codebook.code_entry(variable, code).pole for code in codes]
    pairs = list(zip(codes, counts, strict=True))
    favourable = sum(n for n, pole in zip(counts, poles, strict=True) if pole == "positive")
    extra = [("favourable", favourable)] if any(poles) else []
    bases = {"answered": [*pairs, *extra]}
    if dont_know is not None:
        bases["answered_or_dk"] = [*pairs, ("do_not_know", dont_know), *extra]
    rows = []
    for rule, figures in bases.items():
        n = sum(counts) + (dont_know or 0 if rule == "answered_or_dk" else 0)
        for code, numerator in figures:
            rows.append(
                _row(codebook, edition, variable, item, code, rule, numerator, n, synthetic)
            )
    return rows


def choice_rows(
    codebook: Codebook,
    edition: str,
    variable: str,
    counts: dict[str, int],
    n: int,
    *,
    synthetic: bool = False,
) -> list[dict[str, Any]]:
    return [
        _row(codebook, edition, variable, item, SELECTED, "answered", count, n, synthetic)
        for item, count in counts.items()
    ]


def _row(
    codebook: Codebook,
    edition: str,
    variable: str,
    item: str,
    code: str,
    rule: str,
    numerator: int,
    n: int,
    synthetic: bool,
) -> dict[str, Any]:
    unit = codebook.unit_of(variable, edition)
    entry = codebook.variables[variable]
    words = "hors" if rule == "answered" else "y compris"
    return {
        "figure_id": f"{edition}.{variable}.{item or '-'}.{code}.{rule}",
        "edition": edition,
        "unit": unit.unit,
        "variable": variable,
        "item": item,
        "code": code,
        "statistic": "share",
        "base_rule": rule,
        "weighting": "unweighted",
        "breakdown": "all",
        "breakdown_code": "all",
        "variable_label": entry.label,
        "item_label": "",
        "code_label": code,
        "code_order": 1,
        "base_words": f"{n} {unit.plural} ayant répondu ({words} «\u00a0ne sait pas\u00a0»)",
        "numerator": numerator,
        "base_n": n,
        "evidence": "printed",
        "synthetic": synthetic,
    }


def bracket_row(
    codebook: Codebook,
    edition: str,
    variable: str,
    counts: Sequence[int],
    *,
    dont_know: int = 0,
    synthetic: bool = False,
) -> pd.DataFrame:
    codes = codebook.codes_of(variable, edition=edition)
    n = sum(counts)
    reached = np.cumsum(counts) * 2 >= n
    median = codebook.code_entry(variable, codes[int(np.argmax(reached))])
    assert isinstance(median, Bracket)
    unit = codebook.unit_of(variable, edition)
    row = {
        "figure_id": f"{edition}.{variable}.brackets",
        "edition": edition,
        "unit": unit.unit,
        "variable": variable,
        "variable_label": codebook.variables[variable].label,
        "base_rule": "answered",
        "base_words": f"{n} {unit.plural} ayant répondu (hors «\u00a0ne sait pas\u00a0»)",
        "base_n": n,
        "do_not_know_n": dont_know,
        "unit_of_measure": "€",
        "median_code": median.code,
        "median_label": median.label,
        "median_lower": median.lower,
        "median_upper": median.upper,
        "mean_lower_bound": 1.0,
        "synthetic": synthetic,
    }
    return _completed(pd.DataFrame([row]), catalogue(codebook)["mart_brackets"])


def ranking_rows(
    codebook: Codebook,
    edition: str,
    variable: str,
    scores: dict[str, float],
    *,
    n: int,
    synthetic: bool = False,
) -> pd.DataFrame:
    unit = codebook.unit_of(variable, edition)
    rows = [
        {
            "figure_id": f"{edition}.{variable}.{item}.score",
            "edition": edition,
            "unit": unit.unit,
            "variable": variable,
            "item": item,
            "variable_label": codebook.variables[variable].label,
            "item_label": "",
            "base_words": f"{n - k} {unit.plural} ayant classé cette proposition",
            "ranked_n": n - k,
            "items_n": len(codebook.variables[variable].items),
            "score": score,
            "mean_rank": len(codebook.variables[variable].items) + 1 - score,
            "first_share": max(0.0, (score - 2) / 20),
            "top3_share": max(0.0, (score - 2) / 12),
            "synthetic": synthetic,
        }
        for k, (item, score) in enumerate(scores.items())
    ]
    return _completed(pd.DataFrame(rows), catalogue(codebook)["mart_rankings"])


def change_row(
    codebook: Codebook,
    variable: str,
    code: str,
    difference: float,
    interval: tuple[float, float],
    p_adjusted: float,
    *,
    editions: tuple[str, str] = ("2017", "2018"),
    item: str = "",
    smallest: float | None = 0.2,
    suppression: str = "none",
) -> dict[str, Any]:
    """Return a computed row of mart_changes; `changes` makes the frame of several."""
    return {
        "change_id": f"{editions[0]}-{editions[1]}.{variable}.{item or '-'}.{code}",
        "edition_from": editions[0],
        "edition_to": editions[1],
        "variable": variable,
        "item": item,
        "code": code,
        "base_rule": "answered",
        "status": "computed",
        "difference": difference,
        "ci_lower": interval[0],
        "ci_upper": interval[1],
        "ci_level": 0.95,
        "p_adjusted": p_adjusted,
        "smallest_detectable": smallest,
        "suppression": suppression,
    }


def changes(codebook: Codebook, *rows: dict[str, Any]) -> pd.DataFrame:
    table = catalogue(codebook)["mart_changes"]
    return _completed(pd.DataFrame(rows), table) if rows else empty(table)


def _completed(rows: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return rows of the table; what no picture shows is blank."""
    blank = {"text": "", "boolean": False, "integer": 0, "number": 0.95}
    others = {
        column.name: None if column.nullable else blank[column.type]
        for column in table.columns
        if column.name not in rows
    }
    return conform(rows.assign(**others), table)


def whole_survey(
    codebook: Codebook, *, synthetic: bool = True
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the three marts for every question of the survey, from a fixed random seed."""
    dice = np.random.default_rng(20181204)
    shares: list[dict[str, Any]] = []
    brackets, rankings = [], []
    for edition in codebook.edition_keys:
        n = {"2016": 158, "2017": 96, "2018": 70}.get(edition, 80)
        for variable in codebook.variables_asked(edition):
            name = variable.variable
            if variable.kind == "multiple":
                counts = {i: int(dice.integers(2, n)) for i in _items(codebook, variable, edition)}
                shares += choice_rows(codebook, edition, name, counts, n, synthetic=synthetic)
            elif variable.kind in ("single", "matrix", "bracket"):
                shown, brief = _scaled(codebook, variable, edition, n, dice, synthetic)
                shares += shown
                brackets += brief
            elif variable.kind == "ranking":
                items = _items(codebook, variable, edition)
                scores = {item: float(dice.uniform(2.5, len(items) - 1.5)) for item in items}
                rankings.append(
                    ranking_rows(codebook, edition, name, scores, n=n, synthetic=synthetic)
                )
    return (
        estimates(shares, codebook=codebook),
        pd.concat(brackets, ignore_index=True),
        pd.concat(rankings, ignore_index=True),
    )


def _scaled(
    codebook: Codebook,
    variable: Variable,
    edition: str,
    n: int,
    dice: np.random.Generator,
    synthetic: bool,
) -> tuple[list[dict[str, Any]], list[pd.DataFrame]]:
    name = variable.variable
    codes = codebook.codes_of(name, edition=edition)
    scale = codebook.scale_of(name, edition)
    asked = bool(scale and scale.missing)
    rows: list[dict[str, Any]] = []
    brief: list[pd.DataFrame] = []
    for item in _items(codebook, variable, edition) or [""]:
        dont_know = int(dice.integers(0, n // 7)) if asked else None
        counts = [int(k) for k in dice.multinomial(n - (dont_know or 0), _weights(codes, dice))]
        rows += scale_rows(
            codebook, edition, name, counts, item=item, dont_know=dont_know, synthetic=synthetic
        )
        if variable.kind == "bracket":
            brief.append(bracket_row(codebook, edition, name, counts, synthetic=synthetic))
    return rows, brief


def _weights(codes: Sequence[str], dice: np.random.Generator) -> np.ndarray:
    return dice.dirichlet(np.linspace(3, 1, len(codes)))


def _items(codebook: Codebook, variable: Variable, edition: str) -> list[str]:
    return list(_asked(codebook, variable, edition))


def _asked(codebook: Codebook, variable: Variable, edition: str) -> Iterator[str]:
    for item in variable.items:
        if codebook.asked(variable.variable, edition, item=item.item):
            yield item.item
