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
    epci               of a commune its EPCI, "" for none, and before 2019 without the yearly tables
    postcodes          of a commune, blank-separated; those of the successor for one that ended
    population         inhabitants (Int64), null where unknown
    population_source  legal_2016 (census year 2016, in force on 2019-01-01) | legal_2016_difference
                       (a commune nouvelle less its other parts) | census_mayotte_2017 |
                       sum_of_communes | taken_from_successor (of the whole unit that followed: too
                       large for a part) | yearly_table | missing
    size_class         legal class of the population (`strata.SIZE_CLASSES`), null where unknown
    valid_from         first day of the unit; "1943-01-01" means then or before. Identity of a unit
                       is (kind, code, valid_from): a commune nouvelle that keeps a code is another
    valid_to           first day after the unit; "" while it goes on
    attested           whether a source shows the unit on that day. False only for EPCI before 2019
                       without the yearly tables: the shipped list is that of 1 January 2019,
                       and `valid_from` of an EPCI is the first day on which a source shows it
    members            of an EPCI its number of communes on 1 January; 0 for the others
    governed_by        `kind:code` of the unit that governs a département or région without a
                       council of its own (972, 973, region 06; 2A, 2B from 2018; 75 from 2019)
    unit_id            the identity as text, `commune:74010@2017-01-01`; `epci:200066793` without
                       date, because a SIREN is never given twice: it is the same with and without
                       the yearly tables

Dates are `datetime.date` or ISO text, 2016-01-01 to 2019-12-31. The record ends on 2019-01-01:
later days of 2019 show that state.
"""

from __future__ import annotations

import datetime as dt
import io
import lzma
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import pandas as pd

from observatoire_pipeline.collectivites.identifiers import unit_ids
from observatoire_pipeline.collectivites.origins import (
    FIRST_DAY,
    LAST_DAY,
    SHIPPED_COLUMNS,
    CollectiviteError,
)
from observatoire_pipeline.collectivites.strata import size_class
from observatoire_pipeline.collectivites.yearly import (
    TABLE_YEARS,
    epci_aliases,
    epci_periods,
    read_yearly_tables,
    tables_state,
)

EPCI_DAY = "2019-01-01"
"""The day of the shipped list of EPCI."""

KINDS = ("commune", "epci", "departement", "region")
UNIT_COLUMNS = (
    "kind", "code", "siren", "name", "type", "departement", "region", "departements", "epci",
    "postcodes", "population", "population_source", "size_class", "valid_from", "valid_to",
    "attested", "members", "governed_by", "unit_id",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Reference:
    """The reference as read: frames that no one changes.

    Attributes:
        periods: One row a unit under one name and government, every kind: the columns of
            `UNIT_COLUMNS` but for `size_class` and `attested`, with `name_from`, `name_to`,
            `attested_from`.
        links: What became of communes, départements and régions: `LINK_COLUMNS`, with from_unit
            and to_unit (identities as text).
        aliases: Other names: kind, code, valid_from, name, alias_kind (former_name | deleguee |
            associee | absorbed | merged_region), alias_code, until.
        yearly: For each year completed by a table, its communes: unit_id, epci, population.
    """

    periods: pd.DataFrame
    links: pd.DataFrame
    aliases: pd.DataFrame
    yearly: Mapping[int, pd.DataFrame] = field(default_factory=dict)

    @property
    def years(self) -> tuple[int, ...]:
        """Return the years whose EPCI perimeters a source shows."""
        return (*sorted(self.yearly), 2019)


def as_day(date: dt.date | str) -> str:
    """Return a date as ISO text.

    Raises:
        CollectiviteError: it is no date, or lies outside the window of the reference.
    """
    try:
        day = (date if isinstance(date, dt.date) else dt.date.fromisoformat(date)).isoformat()[:10]
    except (TypeError, ValueError):
        raise CollectiviteError([f"{date!r} is no date (expected YYYY-MM-DD)"]) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CollectiviteError([f"{day} lies outside the reference: {FIRST_DAY} to {LAST_DAY}"])
    return day


def read_reference(yearly_tables: Path | None = None) -> Reference:
    """Read the reference, once a process for each state of the yearly tables.

    Args:
        yearly_tables: Folder of yearly tables of communes and EPCI that completes it, or none.

    Raises:
        CollectiviteError: lists every fault of the files.
    """
    if yearly_tables is None:
        return _shipped_reference()
    return _reference_with(yearly_tables, tables_state(yearly_tables))


@lru_cache(maxsize=2)
def _reference_with(folder: Path, _state: object) -> Reference:
    return _completed(_shipped_reference(), folder)


@lru_cache(maxsize=1)
def _shipped_reference() -> Reference:
    shipped = {name: _read(name) for name in ("communes", "epci", "territories")}
    communes = shipped["communes"].assign(
        kind="commune", type="commune", members=0, attested_from=""
    )
    communes["departements"] = communes["departement"]
    epci = shipped["epci"].assign(
        kind="epci",
        code=shipped["epci"]["siren"],
        epci="",
        postcodes="",
        population_source="legal_2016",
        valid_from=EPCI_DAY,
        valid_to="",
        name_from=FIRST_DAY,
        name_to="",
        attested_from=EPCI_DAY,
    )
    territories = _territory_periods(shipped["territories"])
    links = _read("links")
    links["from_unit"] = unit_ids(links["from_kind"], links["from_code"], links["from_valid_from"])
    links["to_unit"] = unit_ids(links["to_kind"], links["to_code"], links["to_valid_from"])
    periods = _identified([communes, epci, territories])
    return Reference(periods=periods, links=links, aliases=_read("aliases"))


def _completed(reference: Reference, folder: Path) -> Reference:
    """Add what yearly tables know: EPCI, members and populations of 2016 to 2018."""
    known = {year: _communes_of(reference, f"{year}-01-01") for year in TABLE_YEARS}
    tables = read_yearly_tables(folder, communes_at=known)
    completed, yearly = {}, {}
    for year, table in tables.items():
        if year == int(EPCI_DAY[:4]):
            continue  # compared with the record, which stands
        communes = known[year].merge(
            table.communes, on="code", suffixes=("_record", ""), validate="one_to_one"
        )
        yearly[year] = communes[["unit_id", "epci", "population"]]
        completed[year] = communes.assign(
            population=communes["population"].fillna(communes["population_record"])
        )
    is_epci = reference.periods["kind"] == "epci"
    epci = epci_periods(tables, shipped=reference.periods[is_epci], communes_at=completed)
    periods = _identified([reference.periods[~is_epci], epci])
    names = epci_aliases(tables, periods=periods[periods["kind"] == "epci"])
    return Reference(
        periods=periods,
        links=reference.links,
        aliases=pd.concat([reference.aliases, names], ignore_index=True),
        yearly=yearly,
    )


def _communes_of(reference: Reference, day: str) -> pd.DataFrame:
    """Return the communes of a day: code, departement, region, epci (2019), population, unit_id."""
    held = _held(reference.periods, day) & (reference.periods["kind"] == "commune")
    columns = ["code", "departement", "region", "epci", "population", "unit_id"]
    return reference.periods.loc[held, columns]


def _held(periods: pd.DataFrame, day: str) -> pd.Series:
    return (periods["name_from"] <= day) & ((periods["name_to"] == "") | (periods["name_to"] > day))


def _identified(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join the kinds in one frame and spell each unit's identity."""
    periods = pd.concat(parts, ignore_index=True)
    periods["governed_by"] = periods["governed_by"].fillna("")
    periods["unit_id"] = unit_ids(periods["kind"], periods["code"], periods["valid_from"])
    return periods


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


@lru_cache(maxsize=8)
def _units_at(reference: Reference, day: str) -> pd.DataFrame:
    periods = reference.periods
    units = periods[_held(periods, day)].reset_index(drop=True)
    units["attested"] = (units["attested_from"] <= day).to_numpy()
    units.loc[~units["attested"], "population_source"] = "taken_from_successor"
    year = int(day[:4])
    if year in reference.yearly:
        units = _with_table(units, table=_yearly_at(reference, day))
    elif year not in reference.years:
        units["epci"] = ""
    units["size_class"] = size_class(units["population"])
    return units[list(UNIT_COLUMNS)]


def _yearly_at(reference: Reference, day: str) -> pd.DataFrame:
    """Carry the table of 1 January to a day: a unit born since holds what it was made of.

    Returns:
        unit_id, epci ("" where its parts had several), population, population_source.
    """
    table = reference.yearly[int(day[:4])].assign(population_source="yearly_table")
    links = reference.links
    moves = links[
        (links["date"] > f"{day[:4]}-01-01")
        & (links["date"] <= day)
        & (links["from_unit"] != links["to_unit"])
        & (links["from_kind"] == "commune")
    ]
    for _, today in moves.groupby("date"):
        parts = today.merge(table, left_on="from_unit", right_on="unit_id", how="left")
        parts.loc[parts["grade"] == "partial", "population"] = pd.NA
        made = parts.groupby("to_unit").agg(
            epci=("epci", lambda held: held.iloc[0] if (held == held.iloc[0]).all() else ""),
            population=("population", lambda held: held.sum(skipna=False)),
        )
        made = made.rename_axis("unit_id").reset_index()
        table = pd.concat(
            [table, made.assign(population_source="sum_of_communes")], ignore_index=True
        )
    return table


def _with_table(units: pd.DataFrame, *, table: pd.DataFrame) -> pd.DataFrame:
    """Put the EPCI and populations of a year on its units; territories are summed anew."""
    units = units.merge(
        table, on="unit_id", how="left", suffixes=("", "_table"), validate="one_to_one"
    )
    is_commune = units["kind"] == "commune"
    units["epci"] = units["epci_table"].fillna("").where(is_commune, "")
    counted = units["population_table"].notna()
    units["population"] = units["population_table"].where(counted, units["population"])
    units["population_source"] = units["population_source_table"].where(
        counted, units["population_source"]
    )
    for kind in ("departement", "region"):
        sums = units[is_commune].groupby(kind)["population"].sum()
        of_kind = units["kind"] == kind
        units.loc[of_kind, "population"] = units.loc[of_kind, "code"].map(sums)
    return units


def members_of(reference: Reference, *, code: str, date: dt.date | str) -> pd.DataFrame:
    """Return the communes of an EPCI on a day.

    Returns:
        `UNIT_COLUMNS` of its communes, in order of code.

    Raises:
        CollectiviteError: no EPCI has that SIREN on that day, or no source shows its perimeter.
    """
    units = units_at(reference, date=date, kinds=["commune", "epci"])
    epci = units[(units["kind"] == "epci") & (units["code"] == code)]
    if epci.empty:
        raise CollectiviteError([f"epci {code} did not exist on {as_day(date)}"])
    if not epci["attested"].all():
        raise CollectiviteError(
            [f"the perimeter of epci {code} on {as_day(date)} is missing: give the yearly tables"]
        )
    return units[units["epci"] == code].reset_index(drop=True)


def aliases_at(reference: Reference, *, date: dt.date | str) -> pd.DataFrame:
    """Return the other names of the units that existed on a day.

    Returns:
        kind, code, valid_from (of the unit that bears the alias), name, alias_kind (former_name |
        deleguee | associee | absorbed | merged_region | other_name), alias_code (code that
        went with the name), until (first day on which no one bore it; "" while a part does).

    Raises:
        CollectiviteError: the date is not one that the reference answers for.
    """
    units = units_at(reference, date=date)[["kind", "code", "valid_from", "name"]]
    aliases = reference.aliases.merge(
        units.rename(columns={"name": "now"}),
        on=["kind", "code", "valid_from"],
        how="inner",
        validate="many_to_one",
    )
    return aliases[aliases["name"] != aliases["now"]].drop(columns="now").reset_index(drop=True)


def _read(name: str) -> pd.DataFrame:
    packed = files("observatoire_pipeline.collectivites") / "data" / f"{name}.csv.xz"
    frame = pd.read_csv(
        io.BytesIO(lzma.decompress(packed.read_bytes())), dtype=str, keep_default_na=False
    )
    missing = [column for column in SHIPPED_COLUMNS[name] if column not in frame]
    if missing:
        raise CollectiviteError([f"{packed}: misses the columns {missing}: build it again"])
    for number in ("population", "members"):
        if number in frame:
            frame[number] = pd.to_numeric(frame[number]).astype("Int64")
    return frame


def _territory_periods(territories: pd.DataFrame) -> pd.DataFrame:
    """Give départements and régions the columns of communes."""
    own = territories["code"].where(territories["kind"] == "departement", "")
    return territories.assign(
        type=territories["kind"],
        siren="",
        departement=own,
        departements=own,
        epci="",
        postcodes="",
        members=0,
        population_source="sum_of_communes",
        attested_from="",
    )
