"""Yearly tables of communes and EPCI, as an optional input that completes the shipped reference.

In: reading and checking a folder of `communes_YYYY.csv[.gz]` (code, name, departement, region,
epci, epci_nature, population) and `epci_YYYY.csv[.gz]` (siren, name, communes), one pair for each
1 January.
Not in: how the tables change an answer by date (`reference`). No such table is shipped: the
published ones stand under the Open Database License.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from observatoire_pipeline.collectivites.history import epci_places
from observatoire_pipeline.collectivites.identifiers import valid_siren
from observatoire_pipeline.collectivites.origins import ALIAS_COLUMNS, ORIGIN, CollectiviteError

COLUMNS = {
    "communes": ("code", "name", "departement", "region", "epci", "epci_nature", "population"),
    "epci": ("siren", "name", "communes"),
}
NO_EPCI = "ZZZZZZZZZ"
_TYPES = {"CC": "CC", "CA": "CA", "CU": "CU", "ME": "METRO"}
_LYON = "200046977"
TABLE_YEARS = (2016, 2017, 2018, 2019)
"""Years whose tables are read; that of 2019 is compared with the record and gives names alone."""

_SHOWN = 20


@dataclass(frozen=True, eq=False)
class YearTables:
    """The two tables of one 1 January, checked.

    Attributes:
        communes: code, departement, region, epci ("" for none), population (Int64, nullable).
        epci: siren, name, type (CC, CA, CU, METRO, MET69), members.
    """

    communes: pd.DataFrame
    epci: pd.DataFrame


def read_yearly_tables(
    folder: Path, *, communes_at: Mapping[int, pd.DataFrame]
) -> dict[int, YearTables]:
    """Read every pair of tables of a folder, and refuse them all if one contradicts the record.

    Args:
        folder: Where the tables stand.
        communes_at: For each year the communes of its 1 January (code, departement, region, epci;
            epci compared in 2019 alone, where the record has it).

    Returns:
        The tables of each year found, 2016 to 2019.

    Raises:
        CollectiviteError: lists every fault: no table, half a pair, a missing column, a code held
            twice or unknown on that day, a commune left out, another département or région, a SIREN
            that fails its check, an unknown nature, a population that is no number, an EPCI without
            commune or the reverse, a number of members that does not add up.
    """
    problems: list[str] = []
    raw: dict[int, dict[str, pd.DataFrame]] = {}
    for year in TABLE_YEARS:
        found = {
            kind: path
            for kind in COLUMNS
            for path in (folder / f"{kind}_{year}.csv", folder / f"{kind}_{year}.csv.gz")
            if path.is_file()
        }
        if not found:
            continue
        problems += [
            f"{folder}: {kind}_{year}.csv is missing beside {next(iter(found.values())).name}"
            for kind in COLUMNS
            if kind not in found
        ]
        tables = {kind: _read(path, kind, problems) for kind, path in found.items()}
        raw[year] = {kind: table for kind, table in tables.items() if table is not None}
    if not raw:
        problems.append(
            f"{folder}: holds no communes_YYYY.csv of {TABLE_YEARS[0]} to {TABLE_YEARS[-1]}"
        )
    for year, tables in raw.items():
        if set(tables) == set(COLUMNS):
            problems += _faults(year, tables["communes"], tables["epci"], communes_at[year])
    if problems:
        raise CollectiviteError(problems)
    return {year: _typed(tables["communes"], tables["epci"]) for year, tables in raw.items()}


def tables_state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what tells one state of a folder of tables from another: names, sizes, times."""
    files = sorted(folder.glob("*_20[0-9][0-9].csv*"))
    return tuple((f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files)


def _read(path: Path, kind: str, problems: list[str]) -> pd.DataFrame | None:
    try:
        header = list(pd.read_csv(path, dtype=str, nrows=0))
        missing = [column for column in COLUMNS[kind] if column not in header]
        if missing:
            problems.append(f"{path.name}: misses the columns {missing}; it has {header}")
            return None
        return pd.read_csv(path, dtype=str, keep_default_na=False, usecols=list(COLUMNS[kind]))
    except (OSError, EOFError, UnicodeDecodeError, pd.errors.ParserError,
            pd.errors.EmptyDataError) as error:  # fmt: skip
        problems.append(f"{path.name}: cannot be read ({error})")
        return None


def _faults(
    year: int, communes: pd.DataFrame, epci: pd.DataFrame, known: pd.DataFrame
) -> list[str]:
    names = f"communes_{year}.csv", f"epci_{year}.csv"
    listed = communes.merge(
        known, on="code", how="outer", suffixes=("", "_known"), indicator="where"
    )
    both = listed[listed["where"] == "both"]
    numbers = communes["population"].str.fullmatch(r"\d*")
    grouped = communes[communes["epci"] != NO_EPCI]
    siren = epci.loc[epci["siren"] != NO_EPCI, "siren"]
    sizes = communes.groupby("epci").size()
    expected = epci.set_index("siren")["communes"]
    counted = sizes.reindex(expected.index).fillna(0).astype(int).astype(str)
    found: list[tuple[str, str, Sequence[str]]] = [
        (names[0], "code held twice", communes.loc[communes["code"].duplicated(), "code"]),
        (
            names[0],
            "code that no commune had on that day",
            listed.loc[listed["where"] == "left_only", "code"],
        ),
        (names[0], "commune left out", listed.loc[listed["where"] == "right_only", "code"]),
        (
            names[0],
            "another département than the record",
            both.loc[both["departement"] != both["departement_known"], "code"],
        ),
        (
            names[0],
            "another région than the record",
            both.loc[both["region"] != both["region_known"], "code"],
        ),
        (names[0], "population that is no number", communes.loc[~numbers, "code"]),
        (
            names[0],
            "unknown epci_nature",
            sorted(set(grouped["epci_nature"].unique()) - set(_TYPES)),
        ),
        (
            names[0],
            "EPCI of several natures",
            _several(grouped.groupby("epci")["epci_nature"].nunique()),
        ),
        (
            names[0],
            f"EPCI that {names[1]} does not list",
            sorted(set(communes["epci"].unique()) - set(epci["siren"])),
        ),
        (names[1], "EPCI without commune", sorted(set(siren) - set(communes["epci"].unique()))),
        (names[1], "SIREN held twice", siren[siren.duplicated()]),
        (names[1], "no SIREN", siren[~valid_siren(siren)]),
        (
            names[1],
            "number of communes that does not add up",
            expected.index[(expected != counted).to_numpy()],
        ),
    ]
    if year == 2019:
        member = both["epci"].where(both["epci"] != NO_EPCI, "")
        found.append(
            (
                names[0],
                "another EPCI than the record",
                both.loc[member != both["epci_known"], "code"],
            )
        )
    return [_told(file, rule, list(values)) for file, rule, values in found if len(values)]


def _several(counts: pd.Series) -> list[str]:
    return list(counts.index[counts > 1])


def _told(file: str, rule: str, values: list[str]) -> str:
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return f"{file}: {rule}: {', '.join(values[:_SHOWN])}{more}"


def _typed(communes: pd.DataFrame, epci: pd.DataFrame) -> YearTables:
    communes = communes.assign(
        epci=communes["epci"].where(communes["epci"] != NO_EPCI, ""),
        population=pd.to_numeric(communes["population"].replace("", None)).astype("Int64"),
    )
    nature = communes[communes["epci"] != ""].groupby("epci")["epci_nature"].first()
    epci = epci[epci["siren"] != NO_EPCI].reset_index(drop=True)
    kind = epci["siren"].map(nature).map(_TYPES)
    epci = epci.assign(
        type=kind.where(epci["siren"] != _LYON, "MET69"),
        members=pd.to_numeric(epci["communes"]).astype("Int64"),
    )
    return YearTables(
        communes=communes[["code", "departement", "region", "epci", "population"]],
        epci=epci[["siren", "name", "type", "members"]],
    )


def epci_periods(
    tables: Mapping[int, YearTables],
    *,
    shipped: pd.DataFrame,
    communes_at: Mapping[int, pd.DataFrame],
) -> pd.DataFrame:
    """Lay out the EPCI of every year: a row is an EPCI in one year.

    Args:
        tables: The yearly tables.
        shipped: The EPCI of 2019, as periods of the reference.
        communes_at: For each year of the tables the communes of its 1 January with epci,
            departement, region and population (as completed).

    Returns:
        The columns of `shipped`. A year without table shows the EPCI of 2019, not attested.
        `valid_from` is the first 1 January of the sources that shows the SIREN (`ORIGIN` if 2016),
        `valid_to` the first that does not show it any more; the population is the sum of the
        communes.
    """
    years = [year for year in TABLE_YEARS[:-1] if year in tables]
    listed = {year: set(tables[year].epci["siren"]) for year in years}
    listed[2019] = set(shipped["code"])
    sourced = sorted(listed)
    parts = []
    for year in years:
        communes = communes_at[year]
        population = communes.groupby("epci")["population"].sum().rename("population")
        frame = (
            tables[year]
            .epci.merge(
                epci_places(communes),
                left_on="siren",
                right_on="epci",
                how="left",
                validate="one_to_one",
            )
            .drop(columns="epci")
            .merge(population, left_on="siren", right_index=True, how="left", validate="one_to_one")
        )
        parts.append(
            frame.assign(
                kind="epci",
                code=frame["siren"],
                epci="",
                postcodes="",
                governed_by="",
                population_source="sum_of_communes",
                name_from=f"{year}-01-01",
                name_to=f"{year + 1}-01-01",
                attested_from=f"{year}-01-01",
            )
        )
    for year in TABLE_YEARS[:-1]:
        if year not in tables:
            parts.append(shipped.assign(name_from=f"{year}-01-01", name_to=f"{year + 1}-01-01"))
    parts.append(shipped.assign(name_from="2019-01-01"))
    every = pd.concat(parts, ignore_index=True)
    born: dict[str, str] = {}
    gone: dict[str, str] = {}
    for year in sourced:
        for siren in listed[year]:
            born.setdefault(siren, ORIGIN if year == TABLE_YEARS[0] else f"{year}-01-01")
        for siren in born.keys() - listed[year]:
            gone.setdefault(siren, f"{year}-01-01")
    every["valid_from"] = every["code"].map(born)
    every["valid_to"] = every["code"].map(gone).fillna("")
    return every


def epci_aliases(tables: Mapping[int, YearTables], *, periods: pd.DataFrame) -> pd.DataFrame:
    """List every name that a source gives an EPCI (`ALIAS_COLUMNS`, alias_kind `other_name`)."""
    names = [table.epci[["siren", "name"]] for table in tables.values()]
    names.append(periods[["siren", "name"]])
    every = pd.concat(names, ignore_index=True).drop_duplicates()
    units = periods[["code", "valid_from"]].drop_duplicates()
    found = every.merge(units, left_on="siren", right_on="code", validate="many_to_one")
    found = found.assign(kind="epci", alias_kind="other_name", alias_code=found["code"], until="")
    return found[list(ALIAS_COLUMNS)].sort_values(["code", "name"], ignore_index=True)
