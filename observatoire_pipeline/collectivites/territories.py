"""Départements and régions: who governs them, what they were called.

In: facts of law that the record of communes does not hold, each with its source, and the tables
made of them. Not in: communes and EPCI (`history`).

The 101 départements and 18 régions are territories: they stand in the reference on every day, also
where no council of their own governs them. `governed_by` then names the unit that does, so that a
count of collectivités leaves them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from observatoire_pipeline.collectivites.origins import (
    ALIAS_COLUMNS,
    LINK_COLUMNS,
    ORIGIN,
    TERRITORY_COLUMNS,
)

NEW_REGIONS_DAY = "2016-01-01"
"""Loi n° 2015-29 du 16 janvier 2015, article 1: seven régions are born of sixteen."""

_NAMES_DAY = "2016-09-30"
"""Decrees of 28 September 2016, in force the day after their publication: definitive names."""

_MERGED_REGIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "27": (("26", "Bourgogne"), ("43", "Franche-Comté")),
    "28": (("25", "Basse-Normandie"), ("23", "Haute-Normandie")),
    "32": (("31", "Nord-Pas-de-Calais"), ("22", "Picardie")),
    "44": (("42", "Alsace"), ("21", "Champagne-Ardenne"), ("41", "Lorraine")),
    "75": (("72", "Aquitaine"), ("74", "Limousin"), ("54", "Poitou-Charentes")),
    "76": (("91", "Languedoc-Roussillon"), ("73", "Midi-Pyrénées")),
    "84": (("83", "Auvergne"), ("82", "Rhône-Alpes")),
}
"""Région of 2016 → code and name of the régions it was made of (loi n° 2015-29, article 1)."""

_FORMER_NAMES = (
    ("region", "24", "Centre", "2015-01-17"),  # loi n° 2015-29, article 2
    ("region", "32", "Nord-Pas-de-Calais-Picardie", _NAMES_DAY),
    ("region", "44", "Alsace-Champagne-Ardenne-Lorraine", _NAMES_DAY),
    ("region", "75", "Aquitaine-Limousin-Poitou-Charentes", _NAMES_DAY),
    ("region", "76", "Languedoc-Roussillon-Midi-Pyrénées", _NAMES_DAY),
    ("departement", "04", "Basses-Alpes", "1970-04-13"),
    ("departement", "17", "Charente-Inférieure", "1941-09-04"),
    ("departement", "22", "Côtes-du-Nord", "1990-02-27"),
    ("departement", "44", "Loire-Inférieure", "1957-03-09"),
    ("departement", "64", "Basses-Pyrénées", "1969-10-10"),
    ("departement", "76", "Seine-Inférieure", "1955-01-18"),
)
"""Kind, code, name and first day without it (Insee, Code officiel géographique, past names)."""


class _Government(NamedTuple):
    kind: str
    code: str
    since: str
    by: str


_GOVERNED = (
    # Loi n° 2011-884 du 27 juillet 2011: one assembly for both, in office since December 2015.
    _Government("departement", "972", ORIGIN, "region:02"),
    _Government("departement", "973", ORIGIN, "region:03"),
    # Loi n° 2010-1487 du 7 décembre 2010: the Département de Mayotte has the powers of a région.
    _Government("region", "06", ORIGIN, "departement:976"),
    # Loi n° 2015-991 du 7 août 2015, article 30: the Collectivité de Corse replaces three.
    _Government("departement", "2A", "2018-01-01", "region:94"),
    _Government("departement", "2B", "2018-01-01", "region:94"),
    # Loi n° 2017-257 du 28 février 2017: the Ville de Paris replaces commune and département.
    _Government("departement", "75", "2019-01-01", "commune:75056"),
)
_BORN = {("region", "94"): "2018-01-01"}
"""Units that begin anew within the window, under the same code."""


def territory_table(
    *,
    departements: Sequence[Mapping[str, Any]],
    regions: Sequence[Mapping[str, Any]],
    communes: pd.DataFrame,
) -> pd.DataFrame:
    """Lay out départements and régions: a row is a unit under one government.

    Args:
        departements: Records with `code`, `nom`, `region`.
        regions: Records with `code`, `nom`.
        communes: Communes alive in 2019 with departement, region, population; theirs is the sum.

    Returns:
        kind, code, name, region (code), population, valid_from, valid_to, name_from, name_to,
        governed_by (`kind:code`, "" for a council of its own).
    """
    inhabitants = {
        kind: communes.groupby(kind)["population"].sum().to_dict()
        for kind in ("departement", "region")
    }
    entries = [("departement", d["code"], d["nom"], d["region"]) for d in departements]
    entries += [("region", r["code"], r["nom"], r["code"]) for r in regions]
    governed = {(g.kind, g.code): g for g in _GOVERNED}
    rows = []
    for kind, code, name, region in sorted(entries):
        born = NEW_REGIONS_DAY if kind == "region" and code in _MERGED_REGIONS else ORIGIN
        reborn = _BORN.get((kind, code))
        government = governed.get((kind, code))
        cuts = [born]
        if reborn or (government and government.since > born):
            cuts.append(reborn or government.since)  # type: ignore[union-attr]
        for start, end in zip(cuts, [*cuts[1:], ""], strict=True):
            by = government.by if government and start >= government.since else ""
            unit = (start, end) if reborn else (born, "")
            rows.append(
                (kind, code, name, region, inhabitants[kind][code], *unit, start, end, by)
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(TERRITORY_COLUMNS))


_LEGAL_NAMES = (
    ("region", "02", ORIGIN, "Collectivité territoriale de Martinique", ""),
    ("region", "03", ORIGIN, "Collectivité territoriale de Guyane", ""),
    ("region", "94", ORIGIN, "Collectivité territoriale de Corse", "2018-01-01"),
    ("region", "94", "2018-01-01", "Collectivité de Corse", ""),
    ("departement", "976", ORIGIN, "Département de Mayotte", ""),
)
"""Kind, code, first day of the unit, name in law, first day without it: laws of `_GOVERNED`."""


def territory_aliases() -> pd.DataFrame:
    """List former names, names in law, and the régions of 2015 under the one that holds them."""
    rows = [
        (kind, code, NEW_REGIONS_DAY if code in _MERGED_REGIONS and kind == "region" else ORIGIN,
         name, "former_name", code, until)
        for kind, code, name, until in _FORMER_NAMES
    ]  # fmt: skip
    rows += [
        ("region", code, NEW_REGIONS_DAY, name, "merged_region", old, NEW_REGIONS_DAY)
        for code, parts in _MERGED_REGIONS.items()
        for old, name in parts
    ]
    rows += [
        (kind, code, born, name, "other_name", code, until)
        for kind, code, born, name, until in _LEGAL_NAMES
    ]
    return pd.DataFrame(rows, columns=list(ALIAS_COLUMNS))


def territory_links() -> pd.DataFrame:
    """List the councils that another took over (`LINK_COLUMNS`)."""
    corse = "2018-01-01"
    rows = [
        (corse, "takeover", "successor", "full", kind, code, ORIGIN, "region", "94", corse)
        for kind, code in (("departement", "2A"), ("departement", "2B"), ("region", "94"))
    ]
    rows.append(
        ("2019-01-01", "takeover", "successor", "full", "departement", "75", ORIGIN, "commune",
         "75056", ORIGIN)
    )  # fmt: skip
    return pd.DataFrame(rows, columns=list(LINK_COLUMNS))
