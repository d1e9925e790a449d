"""Which collectivités existed on a day, as the shipped tables know it.

In: reading the reference and asking it by date. Not in: how it was built (`build`, `history`),
what became of a unit (`succession`), what is added to an answer (`enrichment`), typed names
(`matching`).

    reference = read_reference()                  # read once a process, ~0.15 s
    units = units_at(reference, date="2017-09-01")  # one row a unit that existed on that day
    names = aliases_at(reference, date="2017-09-01")  # their other names

`units_at` gives (text columns hold "" for none, never null):

    kind               commune | epci | departement | region
    code               COG code of 5, 2-3 or 2 characters; for an EPCI its SIREN
    siren              9 digits, "" where the source has none (units that ended before 2019,
                       départements, régions)
    name               official name on that day
    type               of an EPCI: CC, CA, CU, METRO, MET69 (Métropole de Lyon); else the kind
    departement        code; of an EPCI the one where most of its inhabitants live; "" for a région
    region             code, in the division in force since 2016-01-01
    departements       of an EPCI all of them, blank-separated; else the one
    epci               of a commune its EPCI, "" for none or unknown
    postcodes          of a commune, blank-separated; those of the successor for one that ended
    population         inhabitants (Int64), null where unknown
    population_source  legal_2016 (census year 2016, in force on 2019-01-01) | census_mayotte_2017 |
                       sum_of_communes | taken_from_successor | yearly_table | missing
    size_class         legal class of the population (`strata.SIZE_CLASSES`), null where unknown
    valid_from         first day of the unit; "1943-01-01" means then or before. Identity of a unit
                       is (kind, code, valid_from): a commune nouvelle that keeps a code is another
    valid_to           first day after the unit; "" while it goes on
    attested           whether a source shows the unit on that day. False only for EPCI before 2019
                       without the yearly tables: the shipped list is that of 1 January 2019

Dates are `datetime.date` or ISO text, 2016-01-01 to 2019-12-31. The record ends on 2019-01-01:
later days of 2019 show that state.
"""

from __future__ import annotations

import datetime as dt
import io
import lzma
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import pandas as pd

from observatoire_pipeline.collectivites.history import FIRST_DAY, LAST_DAY, ORIGIN
from observatoire_pipeline.collectivites.strata import size_class

KINDS = ("commune", "epci", "departement", "region")
UNIT_COLUMNS = (
    "kind", "code", "siren", "name", "type", "departement", "region", "departements", "epci",
    "postcodes", "population", "population_source", "size_class", "valid_from", "valid_to",
    "attested",
)  # fmt: skip


class CollectiviteError(ValueError):
    """Every fault of a request or of a reference file, one a line."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, eq=False)
class Reference:
    """The reference as read: frames that no one changes.

    Attributes:
        periods: One row a unit under one name, every kind: the columns of `UNIT_COLUMNS` but for
            `size_class` and `attested`, and `name_from`, `name_to`, `attested_from`.
        links: What became of communes: date, event, relation (same | successor), from_code,
            from_valid_from, to_code, to_valid_from.
        aliases: Other names: kind, code, valid_from, name, alias_kind (former_name | deleguee |
            associee | absorbed), alias_code, until.
        years: Years whose EPCI come from yearly tables; 2019 is always there.
    """

    periods: pd.DataFrame
    links: pd.DataFrame
    aliases: pd.DataFrame
    years: tuple[int, ...] = (2019,)


def as_day(date: dt.date | str) -> str:
    """Return a date as ISO text.

    Raises:
        CollectiviteError: it is no date, or lies outside the window of the reference.
    """
    try:
        day = (date if isinstance(date, dt.date) else dt.date.fromisoformat(date)).isoformat()[:10]
    except ValueError:
        raise CollectiviteError([f"{date!r} is no date (expected YYYY-MM-DD)"]) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CollectiviteError([f"{day} lies outside the reference: {FIRST_DAY} to {LAST_DAY}"])
    return day


@lru_cache(maxsize=4)
def read_reference(yearly_tables: Path | None = None) -> Reference:
    """Read the shipped reference, once a process.

    Args:
        yearly_tables: Folder of yearly tables of communes and EPCI that completes it, or none.

    Raises:
        CollectiviteError: lists every fault of the files.
    """
    if yearly_tables is not None:
        raise NotImplementedError("yearly tables")
    communes = _read("communes")
    territories = _read("territories")
    region_of = _region_of(territories)
    communes = communes.assign(kind="commune", type="commune", attested_from="")
    communes["departement"] = departement_of(communes["code"])
    communes["region"] = communes["departement"].map(region_of)
    communes["departements"] = communes["departement"]
    epci = _epci_periods(_read("epci"), communes=communes, region_of=region_of)
    others = _territory_periods(territories, communes=communes)
    periods = pd.concat([communes, epci, others], ignore_index=True)
    return Reference(
        periods=periods,
        links=_read("links"),
        aliases=_read("aliases").assign(kind="commune"),
    )


def units_at(
    reference: Reference, *, date: dt.date | str, kinds: Collection[str] = KINDS
) -> pd.DataFrame:
    """Return the units that existed on a day.

    Returns:
        `UNIT_COLUMNS` (see the head of this module), in order of kind and code; each (kind, code)
        once.

    Raises:
        CollectiviteError: the date or a kind is not one that the reference answers for.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise CollectiviteError([f"unknown kind {kind!r}; known: {KINDS}" for kind in unknown])
    units = _units_at(reference, as_day(date))
    if set(kinds) != set(KINDS):
        units = units[units["kind"].isin(list(kinds))].reset_index(drop=True)
    return units.copy(deep=False)


@lru_cache(maxsize=16)
def _units_at(reference: Reference, day: str) -> pd.DataFrame:
    periods = reference.periods
    held = (periods["name_from"] <= day) & ((periods["name_to"] == "") | (periods["name_to"] > day))
    units = periods[held].reset_index(drop=True)
    units["attested"] = (units["attested_from"] <= day).to_numpy()
    units["size_class"] = size_class(units["population"])
    return units[list(UNIT_COLUMNS)]


def aliases_at(reference: Reference, *, date: dt.date | str) -> pd.DataFrame:
    """Return the other names of the units that existed on a day.

    Returns:
        kind, code, valid_from (of the unit that bears the alias), name, alias_kind (former_name |
        deleguee | associee | absorbed), alias_code (code that went with the name), until (first day
        on which no one bore it; "" while a part does).

    Raises:
        CollectiviteError: the date is not one that the reference answers for.
    """
    units = units_at(reference, date=date)[["kind", "code", "valid_from"]]
    return reference.aliases.merge(
        units, on=["kind", "code", "valid_from"], how="inner", validate="many_to_one"
    )


def departement_of(codes: pd.Series) -> pd.Series:
    """Return the département of COG commune codes: two characters, three overseas (97…)."""
    return codes.str[:2].where(~codes.str.startswith("97"), codes.str[:3])


def _read(name: str) -> pd.DataFrame:
    packed = files("observatoire_pipeline.collectivites") / "data" / f"{name}.csv.xz"
    frame = pd.read_csv(
        io.BytesIO(lzma.decompress(packed.read_bytes())), dtype=str, keep_default_na=False
    )
    if "population" in frame:
        frame["population"] = pd.to_numeric(frame["population"]).astype("Int64")
    return frame


def _region_of(territories: pd.DataFrame) -> pd.Series:
    departements = territories[territories["kind"] == "departement"]
    return departements.set_index("code")["region"]


def _epci_periods(
    epci: pd.DataFrame, *, communes: pd.DataFrame, region_of: pd.Series
) -> pd.DataFrame:
    """Lay out EPCI like communes; département and région are those of most inhabitants."""
    members = communes[(communes["name_to"] == "") & (communes["epci"] != "")]
    weights = (
        members.assign(population=members["population"].fillna(0))
        .groupby(["epci", "departement"], as_index=False)["population"]
        .sum()
        .sort_values(["epci", "population", "departement"], ascending=[True, False, True])
    )
    by_epci = weights.groupby("epci")["departement"]
    main, every = by_epci.first(), by_epci.agg(" ".join)
    frame = epci.rename(columns={"siren": "code"})
    frame["siren"] = frame["code"]
    frame["departement"] = frame["code"].map(main)
    frame["departements"] = frame["code"].map(every)
    frame["region"] = frame["departement"].map(region_of)
    return frame.assign(
        kind="epci",
        epci="",
        postcodes="",
        population_source="legal_2016",
        valid_from=ORIGIN,
        valid_to="",
        name_from=ORIGIN,
        name_to="",
        attested_from="2019-01-01",
    )


def _territory_periods(territories: pd.DataFrame, *, communes: pd.DataFrame) -> pd.DataFrame:
    """Lay out départements and régions like communes; population summed from their communes."""
    alive = communes[communes["name_to"] == ""]
    counts = pd.concat(
        [
            alive.groupby("departement")["population"].sum().rename_axis("code"),
            alive.groupby("region")["population"].sum().rename_axis("code"),
        ],
        keys=["departement", "region"],
        names=["kind"],
    ).reset_index()
    frame = territories.merge(counts, on=["kind", "code"], how="left", validate="one_to_one")
    is_departement = frame["kind"] == "departement"
    return frame.assign(
        type=frame["kind"],
        siren="",
        departement=frame["code"].where(is_departement, ""),
        departements=frame["code"].where(is_departement, ""),
        region=frame["region"].where(is_departement, frame["code"]),
        epci="",
        postcodes="",
        population_source="sum_of_communes",
        valid_from=ORIGIN,
        valid_to="",
        name_from=ORIGIN,
        name_to="",
        attested_from="",
    )
