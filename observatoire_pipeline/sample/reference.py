"""Where synthetic answers are looked up: real territories, fictional collectivités.

In: the fictional collectivités of the sample as units of a `Reference`, so that a synthetic edition
is linked, enriched and counted by the code that does it for a real one.
Not in: any real commune, EPCI or council. A synthetic answer must never be linked to one.
"""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.collectivites.identifiers import unit_ids
from observatoire_pipeline.collectivites.reference import Reference, units_at
from observatoire_pipeline.sample.assumptions import (
    COLLECTIVITES,
    SampleError,
    packaged_sample,
)

_EPCI_NATURES = (
    ("communaute d'agglomeration", "CA"),
    ("communaute urbaine", "CU"),
    ("communaute de communes", "CC"),
)
FICTIONAL = "fictional"
"""Source of the population of a fictional collectivité; no real unit has it."""

_FIRST_DAY, _KNOWN_SINCE = "1943-01-01", "2016-01-01"


@lru_cache(maxsize=2)
def fictional_reference(reference: Reference, *, survey: str) -> Reference | None:
    """Return the fictional collectivités of a survey's sample as a reference of their own.

    Args:
        reference: Gives the real départements and régions: names and codes of places.
        survey: Key of the survey.

    Returns:
        A reference whose communes, EPCI, départements and régions with a code in X are fictional;
        None when no sample ships for the survey.

    Raises:
        SampleError: a fictional collectivité stands in an unknown département.
    """
    path = packaged_sample(survey) / COLLECTIVITES
    if not path.is_file():
        return None
    return _as_reference(pd.read_csv(path, dtype="str", keep_default_na=False), reference)


def looked_up_in(
    reference: Reference, rows: pd.DataFrame, *, survey: str
) -> dict[str, Reference | None]:
    """Return where each edition is looked up: synthetic ones among fictional collectivités.

    Args:
        reference: The real one.
        rows: Any table with the columns `edition` and `synthetic`.
        survey: Key of the survey.
    """
    fictional = fictional_reference(reference, survey=survey)
    editions = rows[["edition", "synthetic"]].drop_duplicates()
    return {
        str(edition): fictional if synthetic else reference
        for edition, synthetic in editions.itertuples(index=False)
    }


def _as_reference(fictional: pd.DataFrame, reference: Reference) -> Reference:
    territories = reference.periods[
        reference.periods["kind"].isin(["departement", "region"])
    ].copy()
    places = units_at(reference, date=_KNOWN_SINCE, kinds=("departement",))
    region_of = dict(zip(places["code"], places["region"], strict=True))
    strange = sorted(set(fictional["departement"]) - set(region_of))
    if strange:
        raise SampleError("fictional collectivités in unknown départements:", strange)
    kind = fictional["type"].replace({"metropole": "epci"})
    regional = kind == "region"
    units = pd.DataFrame(
        {
            "kind": kind,
            "code": fictional["code"],
            "name": fictional["name"],
            "type": _natures(fictional),
            "departement": fictional["departement"].mask(regional, ""),
            "region": fictional["departement"].map(region_of),
            "departements": fictional["departement"].mask(regional, ""),
            "population": fictional["population"].astype("Int64"),
            "population_source": FICTIONAL,
            "members": pd.array([0] * len(fictional), dtype="Int64"),
            "valid_from": _FIRST_DAY,
            "name_from": _FIRST_DAY,
            "attested_from": _FIRST_DAY,
            "unit_id": unit_ids(
                kind, fictional["code"], pd.Series(_FIRST_DAY, index=fictional.index)
            ),
        }
    )
    text = [c for c in territories if c not in units]
    units = units.assign(**dict.fromkeys(text, ""))[list(territories.columns)]
    periods = pd.concat([territories, units], ignore_index=True).astype(territories.dtypes)
    return Reference(
        periods=periods,
        links=reference.links.iloc[:0],
        aliases=reference.aliases.iloc[:0],
        yearly={},
    )


def _natures(fictional: pd.DataFrame) -> list[str]:
    natures = []
    for of_type, name in zip(fictional["type"], fictional["name"], strict=True):
        nature = "METRO" if of_type == "metropole" else of_type
        if of_type == "epci":
            words = normalise_label(name)
            nature = next((n for start, n in _EPCI_NATURES if words.startswith(start)), "CC")
        natures.append(nature)
    return natures
