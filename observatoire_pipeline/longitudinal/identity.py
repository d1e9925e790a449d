"""Who answered: each response, the collectivité it speaks for, and what is known of that one.

In: what respondents typed of their collectivité → its identity, and which response counts where a
collectivité answered several times. Not in: how a typed name is matched, and what the reference
knows (`collectivites`); what a profile holds (`profile`); editions beside one another (`panel`).

An organisation is a legal body. Its identity is that of the unit of the reference on the day of the
edition, or, where the body has changed its code since 2016, the identity that it had first, so that
one body is one organisation whichever editions are at hand. A collectivité that the reference does
not know, or whose link waits for a person, has an identity of its own, `new:…`, spelt from what was
typed: the same words in another edition are the same one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import NO_ANSWER
from observatoire_pipeline.collectivites.enrichment import ADDED_COLUMNS, enrich
from observatoire_pipeline.collectivites.matching import (
    LINKED,
    MATCH_COLUMNS,
    NONE,
    REVIEW,
    TYPED_COLUMNS,
    match,
)
from observatoire_pipeline.collectivites.names import fold
from observatoire_pipeline.collectivites.origins import FIRST_DAY, LAST_DAY
from observatoire_pipeline.collectivites.reference import Reference, units_at
from observatoire_pipeline.collectivites.reviewed import apply_review
from observatoire_pipeline.collectivites.succession import descent
from observatoire_pipeline.longitudinal.decisions import IdentityError, decision_problems
from observatoire_pipeline.longitudinal.profile import (
    official_profile,
    typed_profile,
    typed_words,
)
from observatoire_pipeline.sample.reference import FICTIONAL
from observatoire_pipeline.tables.frames import conform, empty
from observatoire_pipeline.tables.model import Table

CONFIRMED = "confirmed"

BY_ITS_NAME = 96
"""Score from which a link rests on a name or an identifier of the unit; below, on a likeness."""

_YEAR = re.compile(r"(?:19|20)\d\d")


def reference_date(codebook: Codebook, edition: str) -> str:
    """Return the day on which the collectivités of an edition are looked up, as ISO text.

    The first day of its fieldwork, else 1 January of the year that its key names; the first or
    last day of the reference for editions outside it.

    Raises:
        IdentityError: neither is known.
    """
    return min(max(_first_day(codebook, edition), FIRST_DAY), LAST_DAY)


def _first_day(codebook: Codebook, edition: str) -> str:
    start = codebook.editions[edition].fieldwork.start
    if start is not None:
        return start.isoformat()
    year = _YEAR.search(edition)
    if year is None:
        raise IdentityError(
            f"edition {edition} has no first day of fieldwork and no year in its key: "
            f"give `fieldwork.start` in {codebook.root}/editions.yaml"
        )
    return f"{year.group()}-01-01"


def identify(
    panel_responses: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    codebook: Codebook,
    references: Mapping[str, Reference | None],
    review: pd.DataFrame,
    problems: Sequence[str] = (),
) -> pd.DataFrame:
    """Return what each respondent typed of its collectivité, and which one that is.

    Args:
        panel_responses: Frame of `panel_responses`.
        texts: `norm_texts` of the editions of the panel, under one another.
        codebook: The survey; `survey.identity` says which questions tell who answers.
        references: Edition → the reference in which it is looked up; None for none.
        review: What persons decided, `collectivites.reviewed.REVIEW_COLUMNS`.
        problems: Faults found before, told together with those found here.

    Returns:
        The index of the panel, `TYPED_COLUMNS`, `MATCH_COLUMNS` on the day of the edition, and
        edition, reference_date, link (linked | confirmed | review | new | unnamed).

    Raises:
        IdentityError: editions have no day to be looked up at, or decisions name an unknown code,
            contradict one another or are not needed; lists every one.
    """
    rows = panel_responses.reset_index(drop=True)
    days, faults = _days(codebook, list(rows["edition"].unique()))
    if faults:
        raise IdentityError("\n".join([*problems, *faults]))
    typed = _typed(rows, texts, codebook=codebook)
    found = _found(typed, rows["edition"], references)
    for edition, own in rows.groupby("edition", sort=False):
        reference = references.get(str(edition))
        if reference is None:
            continue
        day = days[str(edition)]
        here = _on_the_day(found.loc[own.index], reference=reference, day=day)
        if bool(own["synthetic"].iloc[0]):
            here = _fictional_only(here, reference=reference, day=day)
        found.loc[own.index] = _claimed_once(here, typed=typed.loc[own.index])
    matched = pd.concat([typed, found], axis=1).assign(
        edition=rows["edition"], reference_date=rows["edition"].map(days)
    )
    faults = decision_problems(review, matched, synthetic=rows["synthetic"], references=references)
    if problems or faults:
        raise IdentityError("\n".join([*problems, *faults]))
    decided = apply_review(matched, review)
    changed = (decided["decision"] != matched["decision"]) & (decided["decision"] == LINKED)
    unnamed = (typed["typed_name"].map(fold) == "") & (decided["decision"] != LINKED)
    return decided.assign(
        link=np.select(
            [changed, decided["decision"] == LINKED, unnamed, decided["decision"] == REVIEW],
            [CONFIRMED, "linked", "unnamed", "review"],
            default="new",
        )
    )


def respondent_profiles(
    panel_responses: pd.DataFrame,
    identified: pd.DataFrame,
    *,
    codebook: Codebook,
    references: Mapping[str, Reference | None],
    table: Table,
) -> pd.DataFrame:
    """Return each response with its collectivité, in the order of the panel.

    Args:
        panel_responses: Frame of `panel_responses`.
        identified: Frame of `identify`.
        codebook: The survey; `survey.identity` says which questions tell who answers.
        references: Edition → the reference in which it is looked up; None for none.
        table: The declaration of `respondent_profiles`.

    Returns:
        A frame of `table`.
    """
    rows = panel_responses.reset_index(drop=True)
    if rows.empty:
        return empty(table)
    parts = [
        _of_edition(
            own,
            identified.loc[own.index],
            codebook=codebook,
            reference=references.get(str(edition)),
        )
        for edition, own in rows.groupby("edition", sort=False)
    ]
    profiles = pd.concat(parts).sort_index()
    return conform(profiles[table.column_names].reset_index(drop=True), table)


def _days(codebook: Codebook, editions: list[str]) -> tuple[dict[str, str], list[str]]:
    days, problems = {}, []
    for edition in editions:
        try:
            days[edition] = reference_date(codebook, edition)
        except IdentityError as error:
            problems.append(str(error))
    return days, problems


def _typed(rows: pd.DataFrame, texts: pd.DataFrame, *, codebook: Codebook) -> pd.DataFrame:
    """Return what was typed of each collectivité: `TYPED_COLUMNS`."""
    identity = codebook.survey.identity
    parts = []
    for edition, own in rows.groupby("edition", sort=False):
        said = texts[texts["edition"] == edition]

        def words(
            variable: str | None,
            own: pd.DataFrame = own,
            said: pd.DataFrame = said,
            edition: str = str(edition),
        ) -> pd.Series:
            return typed_words(variable, own, said, edition=edition, codebook=codebook)

        typed = {
            "typed_name": words(identity.name),
            "typed_type": words(identity.type),
            "typed_departement": words(identity.departement),
            "typed_postcode": words(identity.postcode),
            "reference_year": _first_day(codebook, str(edition))[:4],
        }
        parts.append(pd.DataFrame(typed, index=own.index))
    return pd.concat(parts).sort_index()[list(TYPED_COLUMNS)]


def _found(
    typed: pd.DataFrame, editions: pd.Series, references: Mapping[str, Reference | None]
) -> pd.DataFrame:
    """Match all editions that share a reference at once: its names are then read once."""
    nothing = {"kind": "", "code": "", "score": 0, "reason": "no reference", "decision": NONE}
    found = pd.DataFrame(nothing, index=typed.index)[list(MATCH_COLUMNS)]
    sharing: dict[int, list[str]] = {}
    held: dict[int, Reference] = {}
    for edition in editions.unique():
        reference = references.get(edition)
        if reference is not None:
            held[id(reference)] = reference
            sharing.setdefault(id(reference), []).append(edition)
    for key, shared in sharing.items():
        own = editions.isin(shared)
        matched = match(typed[own], reference=held[key])
        found.loc[own] = matched[list(MATCH_COLUMNS)]
    return found


def _of_edition(
    rows: pd.DataFrame, found: pd.DataFrame, *, codebook: Codebook, reference: Reference | None
) -> pd.DataFrame:
    edition, day = str(rows["edition"].iloc[0]), str(found["reference_date"].iloc[0])
    linked = found["link"].isin(["linked", CONFIRMED]).to_numpy()
    place = found["typed_departement"]
    profile = typed_profile(rows, place, edition=edition, codebook=codebook, reference=reference)
    known = pd.DataFrame("", index=rows.index, columns=[*ADDED_COLUMNS, "organisation_id"])
    attested = np.ones(len(rows), dtype=bool)
    if reference is not None:
        asked = found[["kind", "code"]].where(found["decision"] == LINKED, "").assign(date=day)
        known = enrich(asked, reference=reference)
        known["organisation_id"] = first_identity(known["unit_id"], reference=reference)
        profile = official_profile(profile, known, linked=linked, codebook=codebook)
        units = units_at(reference, date=day)
        attested = ~known["unit_id"].isin(units.loc[~units["attested"], "unit_id"]).to_numpy()
    origin = rows["synthetic"].map({True: "synthetic:", False: ""})
    name = found["typed_name"].map(fold)
    words = "new:" + origin + name + ":" + profile["type"] + ":" + profile["departement"]
    alone = "unnamed:" + rows["edition"] + ":" + rows["respondent_id"]
    unnamed = (found["link"] == "unnamed").to_numpy()
    profiles = profile.assign(
        edition=rows["edition"],
        respondent_id=rows["respondent_id"],
        synthetic=rows["synthetic"],
        organisation_id=np.select([linked, unnamed], [known["organisation_id"], alone], words),
        link=found["link"],
        score=found["score"].astype("float64"),
        reason=found["reason"].where(
            attested, found["reason"].map(partial(_said_to_be_unattested, day=day))
        ),
        kind=found["kind"].where(linked, ""),
        code=found["code"].where(linked, ""),
        official_name=known["name"],
        unit_id=known["unit_id"],
        reference_date=day,
        attested=attested,
    )
    return _with_the_one_that_counts(profiles, rows, codebook=codebook)


def _said_to_be_unattested(reason: str, *, day: str) -> str:
    if "list of EPCI is that of 2019" in reason:
        return reason
    return f"{reason}; no source shows it on {day}: taken from the list of 2019"


def first_identity(units: pd.Series, *, reference: Reference) -> pd.Series:
    """Return the identity that each legal body had first, in the window of the reference.

    Only a change of code makes another one: Gernicourt (02344), which a decree moved from the Aisne
    to the Marne at the end of 2016 (51664), is one commune. "" stays "".

    Args:
        units: `unit_id`, "" for none.
        reference: Its links say who is `same`.
    """
    links = reference.links
    same = links[(links["relation"] == "same") & (links["from_unit"] != links["to_unit"])]
    before = dict(zip(same["to_unit"], same["from_unit"], strict=True))
    first: dict[str, str] = {}
    for unit in units.unique():
        seen = [unit]
        while (older := before.get(seen[-1])) is not None and older not in seen:
            seen.append(older)
        first[unit] = seen[-1]
    return units.map(first).astype("str")


def _on_the_day(found: pd.DataFrame, *, reference: Reference, day: str) -> pd.DataFrame:
    """Lead links from 1 January, whose names are matched, to the day of the edition.

    A unit that ended in between is proposed as what took it over, to be reviewed.
    """
    january = f"{day[:4]}-01-01"
    if day == january:
        return found
    there = units_at(reference, date=january)
    here = units_at(reference, date=day)
    held = there.merge(here[["unit_id"]], on="unit_id", how="inner", validate="one_to_one")
    stands = set(zip(held["kind"], held["code"], strict=True))
    named = (found["decision"] != NONE).to_numpy() & (found["kind"] != "").to_numpy()
    keys = found.loc[named, ["kind", "code"]].drop_duplicates()
    lost = [key for key in keys.itertuples(index=False, name=None) if key not in stands]
    if not lost:
        return found
    identity = dict(
        zip(zip(there["kind"], there["code"], strict=True), there["unit_id"], strict=True)
    )
    ways = descent(reference, date_from=january, date_to=day)
    names = here.set_index("unit_id")[["kind", "code", "name"]]
    found = found.copy()
    for kind, code in lost:
        own = named & (found["kind"] == kind).to_numpy() & (found["code"] == code).to_numpy()
        then = ways[ways["from_unit"] == identity.get((kind, code))]
        if then.empty:
            told = f"; nothing shows {kind} {code} on {day}"
            found.loc[own, ["kind", "code", "decision"]] = ["", "", NONE]
        else:
            heir = names.loc[then["to_unit"].iloc[0]]
            same = then["relation"].iloc[0] == "same"
            told = f"; since then {heir['kind']} {heir['code']} {heir['name']}"
            found.loc[own, ["kind", "code"]] = [heir["kind"], heir["code"]]
            if not same:
                found.loc[own & (found["decision"] == LINKED).to_numpy(), "decision"] = REVIEW
        found.loc[own, "reason"] = found.loc[own, "reason"] + told
    return found


def _fictional_only(found: pd.DataFrame, *, reference: Reference, day: str) -> pd.DataFrame:
    """Refuse every link of synthetic answers to a real unit, such as a place of the reference."""
    units = units_at(reference, date=day)
    real = units[units["population_source"] != FICTIONAL]
    keys = pd.MultiIndex.from_frame(found[["kind", "code"]])
    refused = keys.isin(pd.MultiIndex.from_frame(real[["kind", "code"]]))
    found = found.copy()
    found.loc[refused, ["kind", "code", "decision"]] = ["", "", NONE]
    found.loc[refused, "reason"] = "synthetic answers are linked to fictional collectivités only"
    return found


def _claimed_once(found: pd.DataFrame, *, typed: pd.DataFrame) -> pd.DataFrame:
    """Let a likeness give way where another name of the edition claims the same unit.

    Two colleagues may write one name in two ways; but when a unit is claimed by its name, or by two
    different likenesses, a likeness may be a neighbour that the reference spells otherwise: it
    waits for a person. The order of responses changes nothing.
    """
    linked = found["decision"] == LINKED
    names = typed["typed_name"].map(fold)
    claims = found[linked].assign(name=names[linked], sure=found["score"] >= BY_ITS_NAME)
    by_unit = claims.groupby(["kind", "code"])
    disputed = (by_unit["name"].transform("nunique") > 1) & ~claims["sure"]
    if not disputed.any():
        return found
    found = found.copy()
    others = by_unit["name"].transform(lambda held: " | ".join(sorted(set(held))))
    rows = claims.index[disputed]
    found.loc[rows, "decision"] = REVIEW
    found.loc[rows, "reason"] = (
        found.loc[rows, "reason"] + "; claimed by several names: " + others[rows]
    )
    return found


def identity_problems(profiles: pd.DataFrame) -> list[str]:
    """Return where one collectivité has two identities on a day, or not one response that counts.

    Args:
        profiles: Frame of `respondent_profiles`.
    """
    linked = profiles[profiles["kind"] != ""]
    problems = []
    for one, many in (
        (["reference_date", "kind", "code"], "organisation_id"),
        (["reference_date", "organisation_id"], "unit_id"),
    ):
        counts = linked.groupby(one)[many].nunique()
        problems += [f"{key}: {n} values of {many}" for key, n in counts[counts > 1].items()]
    speaking = profiles.groupby(["edition", "organisation_id"])["counts"].sum()
    problems += [
        f"{edition}: {n} responses count, not one"  # whose they are is for the table to tell
        for (edition, _), n in speaking[speaking != 1].items()
    ]
    return problems


def _with_the_one_that_counts(
    profiles: pd.DataFrame, rows: pd.DataFrame, *, codebook: Codebook
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
