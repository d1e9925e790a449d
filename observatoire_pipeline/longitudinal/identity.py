"""Who answered: each response, the collectivité it speaks for, and what is known of that one.

In: what respondents typed of their collectivité → its identity and profile, and which response
counts where a collectivité answered several times. Not in: how a typed name is matched, and what
the reference knows (`collectivites`).

A collectivité that the reference does not know, or whose link waits for a person, has an identity
of its own, `new:…`, spelt from what was typed: the same words in another edition are the same one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, column_name
from observatoire_pipeline.codebook.models import MISSING_KINDS, OFFERED_MISSING, Brackets
from observatoire_pipeline.collectivites.enrichment import enrich
from observatoire_pipeline.collectivites.matching import LINKED, REVIEW, Matcher, match
from observatoire_pipeline.collectivites.names import fold
from observatoire_pipeline.collectivites.origins import LAST_DAY
from observatoire_pipeline.collectivites.reference import Reference, units_at
from observatoire_pipeline.tables.frames import conform, empty
from observatoire_pipeline.tables.model import Table

UNKNOWN = "unknown"

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

NO_ANSWER = frozenset(MISSING_KINDS) - frozenset(OFFERED_MISSING)
"""Kinds of missing that do not make a response more complete: do-not-know is an answer given."""

_YEAR = re.compile(r"(?:19|20)\d\d")


class IdentityError(ValueError):
    """The respondents cannot be told apart; the message lists every reason."""


def reference_date(codebook: Codebook, edition: str) -> str:
    """Return the day on which the collectivités of an edition are looked up, as ISO text.

    The first day of its fieldwork, else 1 January of the year that its key names; the last day of
    the reference for later editions.

    Raises:
        IdentityError: neither is known.
    """
    start = codebook.editions[edition].fieldwork.start
    if start is not None:
        return min(start.isoformat(), LAST_DAY)
    year = _YEAR.search(edition)
    if year is None:
        raise IdentityError(
            f"edition {edition} has no first day of fieldwork and no year in its key: "
            f"give `fieldwork.start` in {codebook.root}/editions.yaml"
        )
    return min(f"{year.group()}-01-01", LAST_DAY)


def respondent_profiles(
    panel_responses: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    codebook: Codebook,
    references: Mapping[str, Reference | None],
    table: Table,
) -> pd.DataFrame:
    """Return each response with its collectivité, in the order of the panel.

    Args:
        panel_responses: Frame of `panel_responses`.
        texts: `norm_texts` of the editions of the panel, under one another.
        codebook: The survey; `survey.identity` says which questions tell who answers.
        references: Edition → the reference in which it is looked up; None for none.
        table: The declaration of `respondent_profiles`.

    Returns:
        A frame of `table`.

    Raises:
        IdentityError: an edition has no day to be looked up at.
    """
    parts = [
        _of_edition(
            rows.reset_index(drop=True),
            texts[texts["edition"] == edition],
            edition=str(edition),
            codebook=codebook,
            reference=references.get(str(edition)),
        )
        for edition, rows in panel_responses.groupby("edition", sort=False)
    ]
    if not parts:
        return empty(table)
    return conform(pd.concat(parts, ignore_index=True)[table.column_names], table)


def _of_edition(
    rows: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
    reference: Reference | None,
) -> pd.DataFrame:
    identity = codebook.survey.identity
    day = reference_date(codebook, edition)
    name = _typed(identity.name, rows, texts, edition=edition, codebook=codebook)
    place = _typed(identity.departement, rows, texts, edition=edition, codebook=codebook)
    typed = pd.DataFrame(
        {
            "typed_name": name,
            "typed_type": _typed(identity.type, rows, texts, edition=edition, codebook=codebook),
            "typed_departement": place,
            "typed_postcode": _typed(
                identity.postcode, rows, texts, edition=edition, codebook=codebook
            ),
            "reference_year": day[:4],
        }
    )
    own = _own_profile(rows, place, edition=edition, codebook=codebook, reference=reference)
    found = pd.DataFrame(
        {"kind": "", "code": "", "score": 0.0, "reason": "no reference", "decision": "none"},
        index=rows.index,
    )
    if reference is not None:
        found = match(typed, reference=reference)[list(found.columns)]
    linked = (found["decision"] == LINKED).to_numpy()
    asked = pd.DataFrame(
        {column: found[column].where(linked, "") for column in ("kind", "code")}
    ).assign(date=day)
    known = asked if reference is None else enrich(asked, reference=reference)
    profile = own
    if reference is not None:
        profile = _merged(own, known, linked=linked, codebook=codebook)
    unnamed = (name.map(fold) == "").to_numpy()
    link = np.select(
        [linked, unnamed, (found["decision"] == REVIEW).to_numpy()],
        ["linked", "unnamed", "review"],
        default="new",
    )
    key = "new:" + name.map(fold) + ":" + own["type"] + ":" + own["departement"]
    alone = "unnamed:" + rows["edition"] + ":" + rows["respondent_id"]
    identified = known.get("unit_id", key)
    profiles = profile.assign(
        edition=rows["edition"],
        respondent_id=rows["respondent_id"],
        synthetic=rows["synthetic"],
        organisation_id=np.select([linked, unnamed], [identified, alone], default=key),
        link=link,
        score=found["score"].astype("float64"),
        reason=found["reason"],
    )
    return _with_the_one_that_counts(profiles, rows, edition=edition, codebook=codebook)


def _typed(
    variable: str | None,
    rows: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
) -> pd.Series:
    """Return what each respondent said to a question, in words; "" where nothing."""
    blank = pd.Series("", index=rows.index, dtype="str")
    if variable is None or not codebook.asked(variable, edition):
        return blank
    if codebook.variables[variable].kind == "text":
        own = texts[(texts["variable"] == variable) & (texts["item"] == "")]
        said = own.drop_duplicates("respondent_id").set_index("respondent_id")["text"]
        return rows["respondent_id"].map(said).fillna("").astype("str")
    words = {
        code: codebook.label_of(variable, None, code)
        for code in codebook.codes_of(variable, edition=edition)
    }
    return rows[column_name(variable, None)].astype("str").map(words).fillna("").astype("str")


def _own_profile(
    rows: pd.DataFrame,
    place: pd.Series,
    *,
    edition: str,
    codebook: Codebook,
    reference: Reference | None,
) -> pd.DataFrame:
    """Return what the respondents themselves said of their collectivité."""
    identity = codebook.survey.identity
    unknown = pd.Series(UNKNOWN, index=rows.index, dtype="str")

    def answers(variable: str | None) -> pd.Series:
        if variable is None or not codebook.asked(variable, edition):
            return unknown
        return rows[column_name(variable, None)].astype("str")

    of_type = answers(identity.type).map(identity.types).fillna(UNKNOWN)
    size = answers(identity.size)
    if identity.size is not None:
        size = size.where(size.isin(codebook.codes_of(identity.size)), UNKNOWN)
    region, departement = unknown, unknown
    if reference is not None:
        places = units_at(reference, date=LAST_DAY, kinds=("departement", "region"))
        regions = places[places["kind"] == "region"]
        by_name = dict(zip(regions["name"].map(fold), regions["code"], strict=True))
        said = _typed(identity.region, rows, rows.iloc[:0], edition=edition, codebook=codebook)
        region = said.map(fold).map(by_name).fillna(UNKNOWN)
        read = Matcher(reference).places.departement
        codes = {text: read(text) or UNKNOWN for text in place.unique()}
        departement = place.map(codes)
        of_departement = dict(
            places.loc[places["kind"] == "departement", ["code", "region"]].itertuples(index=False)
        )
        derived = departement.map(of_departement).fillna(UNKNOWN)
        region = region.where(region != UNKNOWN, derived)
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


def _merged(
    own: pd.DataFrame, known: pd.DataFrame, *, linked: np.ndarray, codebook: Codebook
) -> pd.DataFrame:
    """Return the profile of the reference where there is one, and the respondent's own beside."""
    population = known["population"].where(pd.Series(linked, index=own.index))
    official = {
        "type": known["type"].map(TYPE_OF_NATURE).fillna(""),
        "size_class": _survey_class(population, codebook),
        "region": known["region"],
        "departement": known["departement"],
    }
    merged = own.copy()
    mixed = np.zeros(len(own), dtype=bool)
    for column, values in official.items():
        told = linked & (values != "").to_numpy()
        mixed |= linked & ~told & (own[column] != UNKNOWN).to_numpy()
        merged[column] = own[column].where(~told, values).astype("str")
    merged["population"] = population
    merged["population_source"] = known["population_source"].where(linked, "")
    merged["legal_class"] = known["size_class"].astype("str").where(linked, "")
    merged["legal_class"] = merged["legal_class"].where(population.notna(), "")
    merged["profile_source"] = np.select([mixed, linked], ["mixed", "reference"], "typed")
    return merged


def _survey_class(population: pd.Series, codebook: Codebook) -> pd.Series:
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


def _with_the_one_that_counts(
    profiles: pd.DataFrame, rows: pd.DataFrame, *, edition: str, codebook: Codebook
) -> pd.DataFrame:
    """Mark one response of each collectivité: the rule is `survey.identity.several`."""
    answered = np.zeros(len(rows), dtype=np.int64)
    for column in codebook.coded_columns(repeated=False):
        categories = rows[column.name].cat.categories
        answer = np.array([category not in NO_ANSWER for category in categories])
        answered += answer[rows[column.name].cat.codes.to_numpy()]
    if codebook.survey.identity.several == "latest":
        answered[:] = 0
    order = pd.DataFrame(
        {
            "organisation_id": profiles["organisation_id"],
            "answered": answered,
            "ended_at": rows["ended_at"],
            "respondent_id": rows["respondent_id"],
        }
    ).sort_values(["answered", "ended_at", "respondent_id"], ascending=False, na_position="last")
    chosen = order.drop_duplicates("organisation_id").index
    return profiles.assign(
        counts=profiles.index.isin(chosen),
        responses=profiles.groupby("organisation_id")["respondent_id"].transform("size"),
    )
