"""What became of a unit, and what it was made of.

In: descent between two days, for one unit or for all; changes of EPCI computed from their members.
Not in: which units exist on a day (`reference`).

A unit and its successor are *related*, not *same*: `relation` says which. `same` is one legal body
that goes on (new name, new code, communes gained or lost); `successor` is another body that took
over all (`grade` full) or a part (partial). The record of communes says so itself; for EPCI it is
computed: the inhabitants of every commune are followed from the EPCI it was in to the EPCI it
is in, so that both days must lie in years whose perimeters a source shows.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import pandas as pd

from observatoire_pipeline.collectivites.origins import CollectiviteError
from observatoire_pipeline.collectivites.reference import KINDS, Reference, as_day, units_at

DESCENT_COLUMNS = (
    "from_unit", "to_unit", "relation", "grade", "events", "share_population", "share_of_successor",
    "share_members",
)  # fmt: skip
"""Columns of `descent`; the shares are null where they are not known."""

_EVERYTHING = 1 - 1e-9


def descent(
    reference: Reference, *, date_from: dt.date | str, date_to: dt.date | str
) -> pd.DataFrame:
    """Lead every unit of one day to the units that it is, or that took it over, on a later day.

    Returns:
        `DESCENT_COLUMNS`, a row for each pair of identities (`unit_id`): relation (same |
        successor), grade (full | partial | unknown), the events on the way in order of date, `+`
        between them ("" for none); the share (0–1) of the inhabitants of `from_unit` that live in
        `to_unit`, of those of `to_unit` that came from `from_unit`, and of the member communes
        that moved. The grade of an EPCI is `unknown` when the sources do not show its perimeter
        on both days: only the same SIREN is then found.

    Raises:
        CollectiviteError: a date is outside the reference, or they are in the wrong order.
    """
    first, last = as_day(date_from), as_day(date_to)
    if first > last:
        raise CollectiviteError([f"{first} is after {last}: descent goes forward in time"])
    return _descent(reference, first, last).copy(deep=False)


@lru_cache(maxsize=16)
def _descent(reference: Reference, first: str, last: str) -> pd.DataFrame:
    followed = _follow_links(reference, first, last)
    epci = _follow_members(reference, first, last, communes=followed)
    return pd.concat([followed, epci], ignore_index=True)[list(DESCENT_COLUMNS)]


def _follow_links(reference: Reference, first: str, last: str) -> pd.DataFrame:
    """Lead communes, départements and régions along the recorded links."""
    links = reference.links
    links = links[(links["date"] > first) & (links["date"] <= last)]
    before = units_at(reference, date=first, kinds=[k for k in KINDS if k != "epci"])
    after = units_at(reference, date=last)
    every = pd.DataFrame({"from_unit": before["unit_id"], "to_unit": before["unit_id"]}).assign(
        relation="same", grade="full", events=""
    )
    touched = every["from_unit"].isin(links["from_unit"])
    state = every[touched]
    for _, today in links.groupby("date"):
        moving = state["to_unit"].isin(today["from_unit"])
        if not moving.any():
            continue
        steps = today[["from_unit", "to_unit", "event", "relation", "grade"]].rename(
            columns={"from_unit": "at", "to_unit": "next", "relation": "how", "grade": "part"}
        )
        moved = state[moving].merge(
            steps, left_on="to_unit", right_on="at", how="inner", validate="many_to_many"
        )
        moved["relation"] = moved["relation"].where(moved["how"] == "same", "successor")
        moved["grade"] = moved["grade"].where(moved["part"] == "full", "partial")
        moved["events"] = (moved["events"] + "+" + moved["event"]).str.removeprefix("+")
        staying = state[moving & ~state["to_unit"].isin(steps.loc[steps["how"] == "same", "at"])]
        state = pd.concat(
            [
                state[~moving],
                staying,  # still there on the last day: a territory that another unit governs now
                moved.assign(to_unit=moved["next"])[list(state.columns)],
            ],
            ignore_index=True,
        )
    alive = after[["unit_id"]].rename(columns={"unit_id": "to_unit"})
    state = state.merge(alive, on="to_unit", how="inner", validate="many_to_one").drop_duplicates()
    state = pd.concat([every[~touched], state], ignore_index=True)
    return _with_shares(state, before=before)


def _with_shares(state: pd.DataFrame, *, before: pd.DataFrame) -> pd.DataFrame:
    """Add the shares: known for a whole, and for the parts whose inhabitants are all known."""
    state = state.assign(share_members=pd.Series(pd.NA, index=state.index, dtype="Float64"))
    whole = state["grade"] == "full"
    state["share_population"] = pd.Series(1.0, index=state.index, dtype="Float64").where(whole)
    across = state["from_unit"] != state["to_unit"]
    moved = state.loc[across, ["from_unit", "to_unit"]]
    kinds = moved.apply(lambda units: units.str.partition(":")[0])
    across[across] = kinds["from_unit"] != kinds["to_unit"]
    made = state["to_unit"].mask(across).duplicated(keep=False) & ~across
    state["share_of_successor"] = state["share_population"].mask(made | across)
    parts = state[made].merge(
        before[["unit_id", "population", "population_source"]],
        left_on="from_unit",
        right_on="unit_id",
        how="left",
        validate="many_to_one",
    )
    own = ~parts["population_source"].isin(["taken_from_successor", "missing"])
    weight = (
        parts["population"].astype("Float64").where(own & (parts["grade"] == "full").to_numpy())
    )
    total = weight.groupby(parts["to_unit"]).transform(lambda held: held.sum(skipna=False))
    state.loc[made, "share_of_successor"] = (weight / total.mask(total == 0)).to_numpy()
    return state


def _follow_members(
    reference: Reference, first: str, last: str, *, communes: pd.DataFrame
) -> pd.DataFrame:
    """Lead EPCI through their communes, or by SIREN alone where perimeters are not known."""
    before = units_at(reference, date=first, kinds=["epci"])
    after = units_at(reference, date=last, kinds=["epci"])
    if not (before["attested"].all() and after["attested"].all()):
        same = before.merge(after[["code", "unit_id"]], on="code", suffixes=("", "_to"))
        return pd.DataFrame({"from_unit": same["unit_id"], "to_unit": same["unit_id_to"]}).assign(
            relation="same", grade="unknown", events="", **_NO_SHARES
        )
    flows = _flows(reference, first, last, communes=communes)
    pairs = flows.merge(
        before[["code", "unit_id", "name", "type"]], left_on="epci_from", right_on="code"
    ).merge(
        after[["code", "unit_id", "name", "type"]],
        left_on="epci_to",
        right_on="code",
        suffixes=("_from", "_to"),
    )
    same = pairs["epci_from"] == pairs["epci_to"]
    full = pairs["share_population"] >= _EVERYTHING
    alone = pairs["share_of_successor"] >= _EVERYTHING
    gone = ~pairs["epci_from"].isin(after["code"])
    event = pd.Series("transfer", index=pairs.index)
    event[gone & ~full] = "dissolution"
    event[gone & full] = "merger"
    event[gone & full & alone] = "replacement"
    changes = [
        ("perimeter_change", ~(full & alone)),
        ("status_change", pairs["type_from"] != pairs["type_to"]),
        ("rename", pairs["name_from"] != pairs["name_to"]),
    ]
    changed = pd.Series("", index=pairs.index)
    for name, holds in changes:
        changed = changed.where(~holds, changed + "+" + name)
    return pd.DataFrame(
        {
            "from_unit": pairs["unit_id_from"],
            "to_unit": pairs["unit_id_to"],
            "relation": pd.Series("successor", index=pairs.index).mask(same, "same"),
            "grade": pd.Series("partial", index=pairs.index).mask(full, "full"),
            "events": event.where(~same, changed.str.removeprefix("+")),
            "share_population": pairs["share_population"].astype("Float64"),
            "share_of_successor": pairs["share_of_successor"].astype("Float64"),
            "share_members": pairs["share_members"].astype("Float64"),
        }
    )


_NO_SHARES = {"share_population": pd.NA, "share_of_successor": pd.NA, "share_members": pd.NA}


def _flows(reference: Reference, first: str, last: str, *, communes: pd.DataFrame) -> pd.DataFrame:
    """Count the inhabitants and communes that went from each EPCI to each EPCI.

    A commune that was split counts for equal parts in each commune that came of it. Inhabitants are
    those of the first day; a commune without inhabitants weighs nothing.

    Returns:
        epci_from, epci_to, share_population, share_of_successor, share_members.
    """
    columns = ["unit_id", "epci", "population"]
    start = units_at(reference, date=first, kinds=["commune"])[columns]
    end = units_at(reference, date=last, kinds=["commune"])[columns[:2]]
    paths = communes[communes["from_unit"].str.startswith("commune:")][["from_unit", "to_unit"]]
    paths = paths.merge(
        start.rename(columns={"epci": "epci_from"}), left_on="from_unit", right_on="unit_id"
    ).merge(end.rename(columns={"epci": "epci_to"}), left_on="to_unit", right_on="unit_id")
    weight = 1.0 / paths.groupby("from_unit")["to_unit"].transform("size")
    paths["members"] = weight
    paths["inhabitants"] = paths["population"].astype("Float64").fillna(0.0) * weight
    moved = paths.groupby(["epci_from", "epci_to"], as_index=False)[
        ["members", "inhabitants"]
    ].sum()
    start_sum = moved.groupby("epci_from")[["members", "inhabitants"]].transform("sum")
    end_sum = moved.groupby("epci_to")["inhabitants"].transform("sum")
    moved["share_population"] = moved["inhabitants"] / start_sum["inhabitants"]
    moved["share_of_successor"] = moved["inhabitants"] / end_sum
    moved["share_members"] = moved["members"] / start_sum["members"]
    return moved[(moved["epci_from"] != "") & (moved["epci_to"] != "")]


def successors(
    reference: Reference,
    *,
    kind: str,
    code: str,
    date_from: dt.date | str,
    date_to: dt.date | str,
) -> pd.DataFrame:
    """Return what a unit of one day is, or was taken over by, on a later day.

    Returns:
        The rows of `descent` whose `from_unit` it is, the largest share first, with kind, code,
        name, valid_from of each unit found.

    Raises:
        CollectiviteError: no unit has that kind and code on `date_from`, or a date is refused.
    """
    unit = identify(reference, kind=kind, code=code, date=date_from)
    found = descent(reference, date_from=date_from, date_to=date_to)
    return _named(
        found[found["from_unit"] == unit], units_at(reference, date=date_to), side="to_unit"
    )


def predecessors(
    reference: Reference,
    *,
    kind: str,
    code: str,
    date_from: dt.date | str,
    date_to: dt.date | str,
) -> pd.DataFrame:
    """Return what a unit of `date_to` was, or was made of, on the earlier day `date_from`.

    Returns:
        The rows of `descent` whose `to_unit` it is, with kind, code, name, valid_from of each unit
        found, the largest share of it first.

    Raises:
        CollectiviteError: no unit has that kind and code on `date_to`, or a date is refused.
    """
    unit = identify(reference, kind=kind, code=code, date=date_to)
    found = descent(reference, date_from=date_from, date_to=date_to)
    return _named(
        found[found["to_unit"] == unit], units_at(reference, date=date_from), side="from_unit"
    )


def related(
    reference: Reference,
    *,
    before: pd.Series,
    after: pd.Series,
    date_from: dt.date | str,
    date_to: dt.date | str,
) -> pd.DataFrame:
    """Return which units of one list are, or were taken over by, units of a later list.

    Args:
        reference: The reference.
        before: Identities (`unit_id`) on `date_from`.
        after: Identities on `date_to`.
        date_from: The earlier day.
        date_to: The later day.

    Returns:
        The rows of `descent` between the two lists. A commune and its EPCI are not related.

    Raises:
        CollectiviteError: lists identities that no unit had on their day; or a date is refused.
    """
    problems = [
        f"{unit} did not exist on {as_day(date)}"
        for units, date in ((before, date_from), (after, date_to))
        for unit in sorted(set(units) - set(units_at(reference, date=date)["unit_id"]))
    ]
    if problems:
        raise CollectiviteError(problems)
    found = descent(reference, date_from=date_from, date_to=date_to)
    return found[found["from_unit"].isin(before) & found["to_unit"].isin(after)].reset_index(
        drop=True
    )


def identify(reference: Reference, *, kind: str, code: str, date: dt.date | str) -> str:
    """Return the identity of the unit that bears a code on a day (`commune:74010@2017-01-01`).

    Raises:
        CollectiviteError: none does; says on which days one did.
    """
    units = units_at(reference, date=date, kinds=[kind])
    found = units.loc[units["code"] == code, "unit_id"]
    if found.empty:
        periods = reference.periods
        known = periods[(periods["kind"] == kind) & (periods["code"] == code)]
        when = ", ".join(
            f"{start} to {end or 'now'}"
            for start, end in zip(known["name_from"], known["name_to"], strict=True)
        )
        raise CollectiviteError(
            [
                f"{kind} {code} did not exist on {as_day(date)}; "
                + (f"the reference knows it from {when}" if when else "the reference never knew it")
            ]
        )
    return str(found.iloc[0])


def _named(found: pd.DataFrame, units: pd.DataFrame, *, side: str) -> pd.DataFrame:
    share = "share_population" if side == "to_unit" else "share_of_successor"
    named = found.merge(
        units[["unit_id", "kind", "code", "name", "valid_from"]],
        left_on=side,
        right_on="unit_id",
        validate="many_to_one",
    ).drop(columns="unit_id")
    order = named[share].fillna(0.0)
    return (
        named.assign(order=order)
        .sort_values(["order", "code"], ascending=[False, True], ignore_index=True)
        .drop(columns="order")
    )
