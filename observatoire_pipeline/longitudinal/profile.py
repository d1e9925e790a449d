"""What is known of the collectivité of each response: its own answers, and the reference over them.

In: type, size class, région, département and population, typed and official, and which of the two
a profile holds. Not in: which collectivité it is (`identity`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, column_name
from observatoire_pipeline.codebook.models import Brackets
from observatoire_pipeline.collectivites.enrichment import UNKNOWN
from observatoire_pipeline.collectivites.namebook import read_places
from observatoire_pipeline.collectivites.names import fold
from observatoire_pipeline.collectivites.origins import LAST_DAY
from observatoire_pipeline.collectivites.reference import Reference, units_at

TYPE_OF_NATURE = {
    "commune": "commune",
    "CC": "intercommunalite",
    "CA": "intercommunalite",
    "CU": "intercommunalite",
    "METRO": "intercommunalite",
    "MET69": "intercommunalite",
    "departement": "departement",
    "region": "region",
}
"""Type in the reference → type of a profile, the coarser one that every edition asked."""

PROFILE_COLUMNS = (
    "type", "size_class", "legal_class", "region", "departement", "population",
    "population_source", "profile_source",
)  # fmt: skip


def typed_words(
    variable: str | None,
    rows: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
) -> pd.Series:
    """Return what each respondent said to a question, in words; "" where nothing.

    Args:
        variable: A text or a choice, or None.
        rows: Responses of one edition, as in `panel_responses`.
        texts: `norm_texts` of the edition.
        edition: Its key.
        codebook: The survey.
    """
    if variable is None or not codebook.asked(variable, edition):
        return pd.Series("", index=rows.index, dtype="str")
    if codebook.variables[variable].kind == "text":
        own = texts[(texts["variable"] == variable) & (texts["item"] == "")]
        said = own.drop_duplicates("respondent_id").set_index("respondent_id")["text"]
        return rows["respondent_id"].map(said).astype("str").fillna("")
    words = {
        code: codebook.label_of(variable, None, code)
        for code in codebook.codes_of(variable, edition=edition)
    }
    return rows[column_name(variable, None)].astype("str").map(words).astype("str").fillna("")


def typed_profile(
    rows: pd.DataFrame,
    place: pd.Series,
    *,
    edition: str,
    codebook: Codebook,
    reference: Reference | None,
) -> pd.DataFrame:
    """Return what the respondents themselves said of their collectivité.

    Args:
        rows: Responses of one edition, as in `panel_responses`.
        place: The département, in the respondent's words.
        edition: Its key.
        codebook: The survey.
        reference: Reads places; without it no place has a code.

    Returns:
        `PROFILE_COLUMNS`; a région that was not asked is that of the typed département.
    """
    identity = codebook.survey.identity
    unknown = pd.Series(UNKNOWN, index=rows.index, dtype="str")

    def answers(variable: str | None) -> pd.Series:
        if variable is None or not codebook.asked(variable, edition):
            return unknown
        return rows[column_name(variable, None)].astype("str")

    of_type = answers(identity.type).map(identity.types).astype("str").fillna(UNKNOWN)
    size = answers(identity.size)
    if identity.size is not None:
        size = size.where(size.isin(codebook.codes_of(identity.size)), UNKNOWN)
    region, departement = unknown, unknown
    if reference is not None:
        places = units_at(reference, date=LAST_DAY, kinds=("departement", "region"))
        regions = places[places["kind"] == "region"]
        by_name = dict(zip(regions["name"].map(fold), regions["code"], strict=True))
        said = typed_words(identity.region, rows, rows.iloc[:0], edition=edition, codebook=codebook)
        region = said.map(fold).map(by_name).astype("str").fillna(UNKNOWN)
        read = read_places(reference).departement
        codes = {text: read(text) or UNKNOWN for text in place.unique()}
        departement = place.map(codes)
        of_departement = dict(
            places.loc[places["kind"] == "departement", ["code", "region"]].itertuples(index=False)
        )
        region = region.where(
            region != UNKNOWN, departement.map(of_departement).astype("str").fillna(UNKNOWN)
        )
    # Where a région sits is the département of its capital, if anything: not what it covers.
    departement = departement.mask(of_type == "region", "")
    return pd.DataFrame(
        {
            "type": of_type.astype("str"),
            "size_class": size.astype("str"),
            "legal_class": "",
            "region": region.astype("str"),
            "departement": departement.astype("str"),
            "population": pd.array([pd.NA] * len(rows), dtype="Int64"),
            "population_source": "",
            "profile_source": "typed",
        },
        index=rows.index,
    )


def official_profile(
    own: pd.DataFrame, known: pd.DataFrame, *, linked: np.ndarray, codebook: Codebook
) -> pd.DataFrame:
    """Put the profile of the reference in place of the respondent's own, where there is one.

    Args:
        own: Frame of `typed_profile`.
        known: Columns that `enrichment.enrich` adds, same index.
        linked: Which rows are linked.
        codebook: The survey.

    Returns:
        `PROFILE_COLUMNS`; `mixed` where the reference lacks what the respondent told.
    """
    population = known["population"].where(pd.Series(linked, index=own.index))
    official = {
        "type": known["type"].map(TYPE_OF_NATURE).astype("str").fillna(""),
        "size_class": survey_class(population, codebook),
        "region": known["region"],
        "departement": known["departement"],
    }
    of_region = linked & (known["type"] == "region").to_numpy()
    merged = own.copy()
    mixed = np.zeros(len(own), dtype=bool)
    for column, values in official.items():
        told = linked & (values != "").to_numpy()
        if column == "departement":
            told |= of_region
        mixed |= linked & ~told & (own[column] != UNKNOWN).to_numpy()
        merged[column] = own[column].where(~told, values).astype("str")
    merged["population"] = population
    merged["population_source"] = known["population_source"].where(linked, "")
    merged["legal_class"] = known["size_class"].astype("str").where(linked, "")
    merged["legal_class"] = merged["legal_class"].where(population.notna(), "")
    merged["profile_source"] = np.select([mixed, linked], ["mixed", "reference"], "typed")
    return merged


def survey_class(population: pd.Series, codebook: Codebook) -> pd.Series:
    """Return the bracket of the survey that holds each population; "" where none does."""
    found = pd.Series("", index=population.index, dtype="str")
    variable = codebook.survey.identity.size
    brackets = codebook.scales_of(variable)[-1] if variable is not None else None
    if not isinstance(brackets, Brackets):
        return found
    for bracket in brackets.codes:
        inside = population.notna()
        if bracket.lower is not None:
            inside &= (population >= bracket.lower).fillna(False)
        if bracket.upper is not None:
            inside &= (population < bracket.upper).fillna(False)
        found = found.mask(inside.astype(bool), bracket.code)
    return found
