"""Headline figures under other choices than ours: how far each of them moves the share.

In: the rows of `mart_sensitivity`. Not in: the choices themselves (`estimates`, `weighting`,
`longitudinal.identity`). An alternative whose base differs from a published one by a few
respondents is withheld: the difference of both would be their answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.marts.bases import base_words
from observatoire_pipeline.marts.estimates import FAVOURABLE, overall_estimates
from observatoire_pipeline.marts.weighting import TYPE_SIZE
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.tables.model import Table

ANSWERED, WITH_DK, WEIGHTED, EVERY_RESPONSE = "answered", "with_dk", "weighted", "every_response"

COMPUTED, WITHHELD, ABSENT = "computed", "withheld", "absent"

_Key = tuple[str, str, str, tuple[str, ...]]
_Counted = tuple[int, int, float | None]
_Counts = dict[tuple[str, str, str, str], dict[str, _Counted]]

_WORDS = {
    "fr": {
        WITH_DK: "La question n’offre pas «\u00a0ne sait pas\u00a0»",
        WEIGHTED: "L’édition n’est pas pondérée",
        "few": "Base à moins de {limit} réponses de celle publiée",
        "hidden": "La part pondérée révélerait les réponses d’un groupe masqué",
    },
    "en": {
        WITH_DK: "The question offers no do-not-know",
        WEIGHTED: "The edition is not weighted",
        "few": "A base within {limit} answers of the published one",
        "hidden": "The weighted share would tell the answers of a hidden group",
    },
}


def sensitivity(
    mart_estimates: pd.DataFrame,
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    *,
    codebook: Codebook,
    tables: Mapping[str, Table],
) -> pd.DataFrame:
    """Return headline figures under each alternative, with the least and the greatest share.

    Headline figures are those of the registry of published figures and the favourable answers of
    scales. Alternatives: `answered` (ours: no do-not-know, one response a collectivité, not
    weighted), `with_dk` in the base, `weighted` by type and size, `every_response` as delivered.

    Args:
        mart_estimates: Frame of `mart_estimates`.
        panel_responses: Frame of `panel_responses`, all responses.
        panel_instances: Frame of `panel_instances`.
        codebook: The survey.
        tables: The catalogue.

    Returns:
        A frame of `mart_sensitivity`: one row a headline figure and alternative.
    """
    plain = mart_estimates[
        (mart_estimates["breakdown"] == "all") & (mart_estimates["statistic"] == "share")
    ]
    ours = _counted(plain[plain["weighting"] == "unweighted"])
    weighted = _counted(plain[plain["weighting"] == TYPE_SIZE])
    delivered = overall_estimates(panel_responses, panel_instances, codebook=codebook)
    every = _counted(delivered[delivered["statistic"] == "share"]) if len(delivered) else {}
    flags = dict(zip(plain["edition"], plain["synthetic"], strict=True))
    records: list[dict[str, Any]] = []
    for key in _headlines(plain, codebook):
        if (*key[:3], "answered") in ours:
            records += _of_figure(key, ours, weighted, every, flags, codebook)
    return from_records(records, tables["mart_sensitivity"])


def _counted(rows: pd.DataFrame) -> _Counts:
    """Return counts and share by question and base rule, then by answer."""
    found: _Counts = {}
    columns = ["edition", "variable", "item", "base_rule", "code", "numerator", "base_n", "share"]
    for edition, variable, item, rule, code, hits, base, share in zip(
        *(rows[name].tolist() for name in columns), strict=True
    ):
        answers = found.setdefault((edition, variable, item, rule), {})
        answers[code] = (int(hits), int(base), None if pd.isna(share) else float(share))
    return found


def _headlines(plain: pd.DataFrame, codebook: Codebook) -> list[_Key]:
    """Return edition, variable, item and answers of every headline figure, each once."""
    keys: dict[_Key, None] = {}
    favourable = plain[(plain["code"] == FAVOURABLE) & (plain["base_rule"] == "answered")]
    for edition, variable, item in zip(
        *(favourable[name].tolist() for name in ("edition", "variable", "item")), strict=True
    ):
        keys[edition, variable, item, (FAVOURABLE,)] = None
    for figure in codebook.published.values():
        if figure.statistic != "share":
            continue
        codes = tuple(figure.codes)
        positive = set(codebook.favourable_codes(figure.variable, figure.edition))
        if positive and set(codes) == positive:
            codes = (FAVOURABLE,)
        keys[figure.edition, figure.variable, figure.item or "", codes] = None
    order = {edition: place for place, edition in enumerate(codebook.edition_keys)}
    place = {name: number for number, name in enumerate(codebook.variables)}
    return sorted(keys, key=lambda key: (order[key[0]], place[key[1]]))


def _of_figure(
    key: _Key,
    ours: _Counts,
    weighted: _Counts,
    every: _Counts,
    flags: Mapping[str, bool],
    codebook: Codebook,
) -> list[dict[str, Any]]:
    edition, variable, item, codes = key
    words = _WORDS[codebook.survey.language]
    limit = codebook.survey.disclosure.smallest_difference
    asked = (edition, variable, item)
    found = {
        ANSWERED: _sum(ours.get((*asked, "answered")), codes),
        WITH_DK: _sum(ours.get((*asked, "answered_or_dk")), codes),
        WEIGHTED: _sum(weighted.get((*asked, "answered")), codes),
        EVERY_RESPONSE: _sum(every.get((*asked, "answered")), codes),
    }
    reference = found[ANSWERED]
    if reference is None:
        return []
    rows: list[tuple[str, str, str, _Counted | None]] = []
    for alternative, counted in found.items():
        if counted is None:
            rows.append((alternative, ABSENT, words.get(alternative, ""), None))
        elif alternative == WEIGHTED and counted[2] is None:
            rows.append((alternative, WITHHELD, words["hidden"], None))
        elif alternative == EVERY_RESPONSE and _near(counted, reference, limit):
            rows.append((alternative, WITHHELD, words["few"].format(limit=limit), None))
        else:
            rows.append((alternative, COMPUTED, "", counted))
    shares = [counted[2] for *_, counted in rows if counted and counted[2] is not None]
    entry = codebook.variables[variable]
    return [
        {
            "edition": edition,
            "unit": codebook.unit_of(variable, edition).unit,
            "variable": variable,
            "item": item,
            "codes": "+".join(codes),
            "variable_label": entry.label,
            "item_label": entry.item(item).label if item else "",
            "alternative": alternative,
            "status": status,
            "reason": reason,
            "base_n": None if counted is None else counted[1],
            "share": None if counted is None else counted[2],
            "lowest_share": min(shares) if shares else None,
            "highest_share": max(shares) if shares else None,
            "base_words": base_words(
                codebook, variable, edition, base_n=reference[1], base_rule="answered"
            ),
            "synthetic": flags[edition],
        }
        for alternative, status, reason, counted in rows
    ]


def _near(counted: _Counted, reference: _Counted, limit: int) -> bool:
    """Tell whether the difference of two bases is the answers of a few respondents."""
    between = abs(counted[1] - reference[1])
    return 0 < between < limit or (between == 0 and counted[0] != reference[0])


def _sum(answers: dict[str, _Counted] | None, codes: tuple[str, ...]) -> _Counted | None:
    """Return the answers added; None where the question has no such figure."""
    if answers is None or any(code not in answers for code in codes):
        return None
    hits, bases, shares = zip(*(answers[code] for code in codes), strict=True)
    known = [share for share in shares if share is not None]
    return sum(hits), bases[0], sum(known) if len(known) == len(codes) else None
