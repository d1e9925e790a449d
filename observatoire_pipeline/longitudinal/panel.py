"""Editions beside one another: which collectivités answered, which again, which took over which.

In: organisations, their presence in each edition, who took over whom between two editions, and
the organisation of each repeated tool. Not in: which collectivité a response speaks for
(`identity`), and counts of these (`marts.panel`).

A unit and its successor are related, never the same. All relations are listed; one counts as a
succession (`main`) when the unit went into the other whole, or at least half of its inhabitants
did, or at least half of those of the other came from it: a commune that changed its EPCI does not
make the two EPCI one.

Synthetic and real organisations never stand in one row, nor in one pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import pandas as pd

from observatoire_pipeline.collectivites.origins import FIRST_DAY, LAST_DAY
from observatoire_pipeline.collectivites.reference import Reference, units_at
from observatoire_pipeline.collectivites.succession import descent, related
from observatoire_pipeline.longitudinal.identity import first_identity
from observatoire_pipeline.tables.frames import conform, from_records
from observatoire_pipeline.tables.model import Table

References = Mapping[str, Reference | None]

MAIN_SHARE = 0.5
"""Share of the inhabitants from which a partial takeover counts as a succession."""

YES, NO, UNSURE = "yes", "no", "unknown"

_OF_PROFILE = [
    "organisation_id", "unit_id", "kind", "code", "type", "size_class", "legal_class", "region",
    "departement", "population", "population_source", "reference_date", "synthetic",
]  # fmt: skip


def organisations(
    profiles: pd.DataFrame, *, editions: Sequence[str], references: References, table: Table
) -> pd.DataFrame:
    """Return every collectivité that answered, as it was in the last edition that it answered.

    Args:
        profiles: Frame of `respondent_profiles`.
        editions: The editions of the panel, in order.
        references: Edition → the reference in which it was looked up.
        table: The declaration of `organisations`.

    Returns:
        A frame of `table`, in order of identity.
    """
    order = {edition: place for place, edition in enumerate(editions)}
    ranked = profiles.assign(place=profiles["edition"].map(order))
    ranked = ranked.sort_values(["place", "counts"], kind="stable")
    found = ranked.drop_duplicates("organisation_id", keep="last").sort_values("organisation_id")
    by_id = ranked.groupby("organisation_id")
    made = found[[*_OF_PROFILE, "edition", "official_name"]].assign(
        first_edition=found["organisation_id"].map(by_id["edition"].first()),
        last_edition=found["edition"],
        editions=found["organisation_id"].map(by_id["edition"].nunique()),
        responses=found["organisation_id"].map(by_id.size()),
        name=found["official_name"].where(found["kind"] != "", _words(found["organisation_id"])),
    )
    parts = [
        _with_reference(rows, reference=references.get(str(edition)))
        for edition, rows in made.groupby("edition", sort=False)
    ]
    if not parts:
        return from_records([], table)
    joined = pd.concat(parts).sort_index()
    joined = joined.sort_values("organisation_id")[table.column_names]
    return conform(joined.reset_index(drop=True), table)


def _words(organisation_ids: pd.Series) -> pd.Series:
    """Return the name in an identity that was spelt from what was typed; "" in the others."""
    parts = organisation_ids.str.extract(r"^new:(?:synthetic:)?(.*):[^:]*:[^:]*$")[0]
    return parts.astype("str").fillna("")


def _with_reference(rows: pd.DataFrame, *, reference: Reference | None) -> pd.DataFrame:
    """Add number, life and relatives of the units of one edition, which share a day."""
    blank = {"siren": "", "valid_from": "", "valid_to": "", "predecessors": "", "successors": ""}
    rows = rows.assign(**blank, succession_known=False)
    linked = rows["kind"] != ""
    if reference is None or not linked.any():
        return rows
    day = str(rows["reference_date"].iloc[0])
    units = units_at(reference, date=day).set_index("unit_id")
    for column in ("siren", "valid_from", "valid_to"):
        rows[column] = rows["unit_id"].map(units[column]).astype("str").fillna("")
    before = descent(reference, date_from=FIRST_DAY, date_to=day)
    after = descent(reference, date_from=day, date_to=LAST_DAY)
    wanted = rows["unit_id"]
    rows["predecessors"] = (
        wanted.map(
            _listed(before, of="to_unit", others="from_unit", units=wanted, reference=reference)
        )
        .astype("str")
        .fillna("")
    )
    rows["successors"] = (
        wanted.map(
            _listed(after, of="from_unit", others="to_unit", units=wanted, reference=reference)
        )
        .astype("str")
        .fillna("")
    )
    epci_known = _perimeters_known(reference, FIRST_DAY) and _perimeters_known(reference, day)
    rows["succession_known"] = linked & ((rows["kind"] != "epci") | epci_known)
    return rows


def _listed(
    ways: pd.DataFrame, *, of: str, others: str, units: pd.Series, reference: Reference
) -> pd.Series:
    """Return, by unit, the other bodies that a descent leads to, blank-separated."""
    found = ways[(ways["relation"] == "successor") & ways[of].isin(units)]
    named = found.assign(other=first_identity(found[others], reference=reference))
    return named.groupby(of)["other"].agg(lambda held: " ".join(sorted(set(held))))


def _perimeters_known(reference: Reference, day: str) -> bool:
    return bool(units_at(reference, date=day, kinds=["epci"])["attested"].all())


def panel_relations(
    profiles: pd.DataFrame, *, editions: Sequence[str], references: References, table: Table
) -> pd.DataFrame:
    """Return which collectivités of one edition were taken over by which of a later one.

    Args:
        profiles: Frame of `respondent_profiles`.
        editions: The editions of the panel, in order.
        references: Edition → the reference in which it was looked up.
        table: The declaration of `panel_relations`.

    Returns:
        A frame of `table`: both bodies answered, each in its edition.
    """
    linked = profiles[profiles["kind"] != ""]
    parts = []
    for earlier, later in combinations(editions, 2):
        reference = references.get(earlier)
        if reference is None or reference is not references.get(later):
            continue
        before, after = (linked[linked["edition"] == edition] for edition in (earlier, later))
        if before.empty or after.empty:
            continue
        days = (str(rows["reference_date"].iloc[0]) for rows in (before, after))
        day_from, day_to = days
        if day_from > day_to:
            continue
        found = related(
            reference,
            before=before["unit_id"],
            after=after["unit_id"],
            date_from=day_from,
            date_to=day_to,
        )
        found = found[found["relation"] == "successor"]
        parts.append(
            found.assign(
                edition_from=earlier,
                edition_to=later,
                from_organisation=first_identity(found["from_unit"], reference=reference),
                to_organisation=first_identity(found["to_unit"], reference=reference),
                main=_is_main(found),
                synthetic=bool(before["synthetic"].iloc[0]),
            )
        )
    if not parts:
        return from_records([], table)
    made = pd.concat(parts, ignore_index=True)[table.column_names]
    return conform(made.sort_values(list(table.key)).reset_index(drop=True), table)


def _is_main(found: pd.DataFrame) -> pd.Series:
    whole = found["grade"] == "full"
    for share in ("share_population", "share_of_successor"):
        whole |= (found[share] >= MAIN_SHARE).fillna(False).astype(bool)
    return whole


def panel_membership(
    profiles: pd.DataFrame,
    relations: pd.DataFrame,
    *,
    editions: Sequence[str],
    references: References,
    table: Table,
) -> pd.DataFrame:
    """Return each collectivité in each edition: whether it answered, linked how.

    Args:
        profiles: Frame of `respondent_profiles`.
        relations: Frame of `panel_relations`.
        editions: The editions of the panel, in order.
        references: Edition → the reference in which it was looked up.
        table: The declaration of `panel_membership`.

    Returns:
        A frame of `table`: an organisation that answered any synthetic edition × every synthetic
        edition, and likewise for real ones. The responses add up to the rows of the profiles.
    """
    if profiles.empty:
        return from_records([], table)
    world = profiles.drop_duplicates("edition").set_index("edition")["synthetic"]
    days = profiles.drop_duplicates("edition").set_index("edition")["reference_date"]
    who = profiles.drop_duplicates("organisation_id")[["organisation_id", "kind", "synthetic"]]
    where = pd.DataFrame({"edition": [e for e in editions if e in world.index]})
    where["synthetic"] = where["edition"].map(world)
    every = who.merge(where, on="synthetic", how="inner", validate="many_to_many")
    speaking = profiles[profiles["counts"]]
    keys = ["organisation_id", "edition"]
    every = every.merge(
        speaking[[*keys, "link", "score", "responses"]],
        on=keys,
        how="left",
        validate="one_to_one",
    )
    every["answered"] = every["responses"].notna()
    every["responses"] = every["responses"].fillna(0).astype("int64")
    every["link"] = every["link"].fillna("")
    every["existed"] = UNSURE
    for edition in where["edition"]:
        reference = references.get(edition)
        if reference is not None:
            own = (every["edition"] == edition).to_numpy()
            every.loc[own, "existed"] = _existed(every[own], reference, day=str(days[edition]))
    every["related"] = _relatives(every, relations)
    rank = {edition: place for place, edition in enumerate(editions)}
    every = every.assign(place=every["edition"].map(rank)).sort_values(["organisation_id", "place"])
    return conform(every[table.column_names].reset_index(drop=True), table)


def membership_problems(membership: pd.DataFrame, profiles: pd.DataFrame) -> list[str]:
    """Return where membership and profiles count otherwise.

    Args:
        membership: Frame of `panel_membership`.
        profiles: Frame of `respondent_profiles`.
    """
    here = membership.groupby("edition")
    there = profiles.groupby("edition")
    counted = {
        "responses": (here["responses"].sum(), there.size()),
        "organisations": (here["answered"].sum(), there["organisation_id"].nunique()),
    }
    problems = []
    for what, (held, known) in counted.items():
        both = pd.DataFrame({"held": held, "known": known}).fillna(0).astype("int64")
        differ = both[both["held"] != both["known"]]
        problems += [
            f"{edition}: {n_held} {what} in the membership, {n_known} known"
            for edition, n_held, n_known in differ.itertuples(name=None)
        ]
    return problems


def _existed(rows: pd.DataFrame, reference: Reference, *, day: str) -> pd.Series:
    """Tell whether each body existed on a day, as far as the sources show."""
    units = units_at(reference, date=day)
    alive = set(first_identity(units["unit_id"], reference=reference))
    known = rows["organisation_id"].isin(alive).map({True: YES, False: NO})
    unsure = rows["kind"] == ""
    if not _perimeters_known(reference, day):
        unsure |= rows["kind"] == "epci"
    return known.mask(unsure, UNSURE)


def _relatives(every: pd.DataFrame, relations: pd.DataFrame) -> pd.Series:
    """Return the other bodies that answered an edition and took over, or were taken over."""
    main = relations[relations["main"]]
    later = main.rename(
        columns={
            "from_organisation": "organisation_id",
            "edition_to": "edition",
            "to_organisation": "other",
        }
    )
    earlier = main.rename(
        columns={
            "to_organisation": "organisation_id",
            "edition_from": "edition",
            "from_organisation": "other",
        }
    )
    columns = ["organisation_id", "edition", "other"]
    both = pd.concat([later[columns], earlier[columns]], ignore_index=True).drop_duplicates()
    listed = both.groupby(columns[:2])["other"].agg(lambda held: " ".join(sorted(held)))
    found = every.merge(
        listed.reset_index(), on=columns[:2], how="left", validate="one_to_one"
    ).set_axis(every.index)
    return found["other"].astype("str").fillna("")


def instance_organisations(
    panel_instances: pd.DataFrame, profiles: pd.DataFrame, *, table: Table
) -> pd.DataFrame:
    """Return the organisation of each repeated tool or device, and whether its response counts.

    Args:
        panel_instances: Frame of `panel_instances`.
        profiles: Frame of `respondent_profiles`; covers every response.
        table: The declaration of `instance_organisations`.
    """
    keys = ["edition", "respondent_id"]
    made = panel_instances[[*keys, "block", "instance", "synthetic"]].merge(
        profiles[[*keys, "organisation_id", "counts"]], on=keys, how="left", validate="many_to_one"
    )
    return conform(made[table.column_names], table)
