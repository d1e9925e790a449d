"""The official records of communes and EPCI → the compact tables that the package ships.

In: what `@etalab/decoupage-administratif` holds (JSON, as parsed), pure functions, five frames out.
Not in: how the records are fetched and the frames stored (`build`), nor how they are read and
asked (`reference`).

A *unit* is one legal body from its birth to its end. A commune that changes its name, loses a part
or merges its associated communes stays the same unit; a commune nouvelle is a new unit even where
it keeps the code of a predecessor. A unit is therefore `(kind, code, valid_from)`. A *period* is a
unit under one name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from observatoire_pipeline.collectivites.identifiers import valid_siren
from observatoire_pipeline.collectivites.origins import (
    ALIAS_COLUMNS,
    COMMUNE_COLUMNS,
    EPCI_COLUMNS,
    FIRST_DAY,
    LAST_DAY,
    LINK_COLUMNS,
    ORIGIN,
    CollectiviteError,
)

Record = Mapping[str, Any]

_EVENTS = {
    "changement de nom": ("rename", "same"),
    "changement de département": ("code_change", "same"),
    "fusion partielle": ("partial_merger", "same"),
    "dé-fusion": ("split", "successor"),
    "commune absorbée par la commune nouvelle": ("commune_nouvelle", "successor"),
    "commune devenant déléguée": ("commune_nouvelle", "successor"),
    "commune devenant commune déléguée": ("commune_nouvelle", "successor"),
    "commune restant ou devenant commune déléguée": ("commune_nouvelle", "successor"),
    "changement de département + commune devenant déléguée": ("commune_nouvelle", "successor"),
    "changement de département + commune devenant commune déléguée": (
        "commune_nouvelle",
        "successor",
    ),
    "dissolution ou élargissement de la commune nouvelle": ("commune_nouvelle", "successor"),
    "dissolution de la fusion-association dans une commune nouvelle": (
        "commune_nouvelle",
        "successor",
    ),
    "fusion simple": ("fusion", "successor"),
    "fusion-association": ("fusion", "successor"),
}
"""Reason as the record spells it → event and how strongly the two units are related."""


_BEFORE = "2018-01-01"
"""The communes that the first version of the legal populations 2016 counts."""


@dataclass(frozen=True)
class History:
    """The record of communes, indexed.

    Attributes:
        records: Record of each id, `COM-01001@1943-01-01` and the like.
        absorbed: Ids of the parts (déléguées, associées, périmées) of each commune id.
    """

    records: Mapping[str, Record]
    absorbed: Mapping[str, Sequence[str]] = field(repr=False)

    @classmethod
    def from_records(cls, records: Sequence[Record]) -> History:
        """Index the record.

        Raises:
            CollectiviteError: lists ids held twice, references to unknown ids, impossible dates.
        """
        by_id = {record["id"]: record for record in records}
        problems = []
        if len(by_id) != len(records):
            problems.append(f"history: {len(records) - len(by_id)} ids are held twice")
        parts: dict[str, list[str]] = defaultdict(list)
        for record in records:
            for key in ("predecesseur", "successeur", "pole"):
                if record.get(key) and record[key] not in by_id:
                    problems.append(f"history: {record['id']} names unknown {record[key]} ({key})")
            start, end = record.get("dateDebut", ORIGIN), record.get("dateFin")
            if end is not None and end <= start:
                problems.append(f"history: {record['id']} ends on {end}, before it begins")
            if record.get("pole"):
                parts[record["pole"]].append(record["id"])
        for record in records:
            for member in record.get("membres", ()):
                if member not in by_id:
                    problems.append(f"history: {record['id']} has unknown member {member}")
                elif member not in parts[record["id"]]:
                    parts[record["id"]].append(member)
        if problems:
            raise CollectiviteError(problems)
        return cls(records=by_id, absorbed={k: sorted(v) for k, v in parts.items()})

    def communes(self) -> list[Record]:
        """Return the communes that existed on some day of the window, in order of code and date."""
        found = [
            record
            for record in self.records.values()
            if record["type"] == "COM"
            and record.get("dateFin", "9999") > FIRST_DAY
            and record.get("dateDebut", ORIGIN) <= LAST_DAY
        ]
        return sorted(found, key=lambda record: (record["code"], _start(record)))

    def born(self, record: Record) -> str:
        """Return the first day of the unit of a commune: names and lost parts do not end it."""
        while True:
            before = self.records.get(record.get("predecesseur", ""))
            if before is None or before["type"] != "COM" or before["code"] != record["code"]:
                return _start(record)
            record = before

    def heirs(self, record: Record) -> list[Record]:
        """Return the communes that follow a commune on the day it ends.

        A part of a commune nouvelle leads to it (its *pole*); a dissolved one to its parts that
        became communes again.
        """
        following = record.get("successeur")
        if following is not None:
            heir = self.records[following]
            return [heir if heir["type"] == "COM" else self.records[heir["pole"]]]
        return [
            self.records[self.records[part]["successeur"]]
            for part in self.absorbed.get(record["id"], ())
            if self.records[part].get("dateFin") == record.get("dateFin")
            and self.records.get(self.records[part].get("successeur", ""), {}).get("type") == "COM"
        ]

    def last_heir(self, record: Record) -> Record | None:
        """Follow a commune to the one that is alive at the end; none where it was split."""
        while "dateFin" in record:
            heirs = self.heirs(record)
            if len(heirs) != 1:
                return None
            record = heirs[0]
        return record

    def ancestors(self, record: Record) -> Iterator[Record]:
        """Give every record that a commune grew from: former names, parts, and theirs."""
        seen = {record["id"]}
        waiting = [record["id"]]
        while waiting:
            here = self.records[waiting.pop()]
            for found in (here.get("predecesseur"), *self.absorbed.get(here["id"], ())):
                if found is not None and found not in seen:
                    seen.add(found)
                    waiting.append(found)
                    yield self.records[found]


def _start(record: Record) -> str:
    return str(record.get("dateDebut", ORIGIN))


def unit_populations(
    history: History,
    *,
    now: Mapping[str, int],
    before: Mapping[str, int],
    mayotte: Mapping[str, int],
) -> dict[tuple[str, str], tuple[int | None, str]]:
    """Give each unit of the window its population and where it comes from.

    Args:
        history: The record of communes.
        now: Legal population 2016 of the communes of 1 January 2019, by code.
        before: Legal population 2016 by code as computed for the communes of 1 January 2018: where
            it differs from `now`, it is that of the unit that bore the code on that day.
        mayotte: Population of the communes of Mayotte, census of 2017, by code.

    Returns:
        (code, valid_from) → inhabitants or None, and legal_2016 (a printed figure),
        legal_2016_difference (the commune nouvelle less its other parts, all printed),
        census_mayotte_2017, taken_from_successor (that of the whole unit that followed) or missing.
    """
    records = {(r["code"], history.born(r)): r for r in history.communes()}  # last name holds
    found: dict[tuple[str, str], tuple[int | None, str]] = {}
    parts: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for unit, record in records.items():
        code, born = unit
        if "dateFin" not in record:
            if code in now:
                found[unit] = now[code], "legal_2016"
            elif code in mayotte:
                found[unit] = mayotte[code], "census_mayotte_2017"
            continue
        if born <= _BEFORE < record["dateFin"] and before.get(code) != now.get(code):
            found[unit] = before[code], "legal_2016"
        heirs = history.heirs(record)
        if len(heirs) == 1:
            parts[heirs[0]["code"], history.born(heirs[0])].append(unit)
    for whole, made_of in parts.items():
        unknown = [unit for unit in made_of if unit not in found]
        if len(unknown) == 1 and len(made_of) > 1 and found.get(whole, ("", ""))[1] == "legal_2016":
            known = sum(found[unit][0] or 0 for unit in made_of if unit in found)
            found[unknown[0]] = (found[whole][0] or 0) - known, "legal_2016_difference"
    for unit, record in records.items():
        if unit not in found:
            last = history.last_heir(record)
            heir = None if last is None else (last["code"], history.born(last))
            found[unit] = (
                (found[heir][0], "taken_from_successor")
                if heir is not None and found.get(heir, (None, ""))[0] is not None
                else (None, "missing")
            )
    return found


def commune_periods(
    history: History,
    *,
    region_of: Mapping[str, str],
    communes: Sequence[Record],
    epci: Sequence[Record],
    populations: Mapping[tuple[str, str], tuple[int | None, str]],
    island_siren: Mapping[str, str],
) -> pd.DataFrame:
    """Lay out the communes of the window: a row is a unit under one name.

    Args:
        history: The record of communes.
        region_of: Région of each département.
        communes: Communes of 1 January 2019 with their postcodes.
        epci: EPCI of 1 January 2019 with their members and the members' SIREN.
        populations: Population and source of each unit (`unit_populations`).
        island_siren: SIREN of the communes outside any EPCI, which `epci` cannot give.

    Returns:
        `COMMUNE_COLUMNS`, text but for `population` (inhabitants, nullable). `valid_to` and
        `name_to` are the first day after, empty when still open. SIREN and EPCI stand on units
        that were alive in 2019, empty elsewhere. The postcodes of a unit that ended are those of
        the one unit that followed it; a unit that was split has none.

    Raises:
        CollectiviteError: lists communes of 2019 that the history does not hold, and the reverse.
    """
    current = {
        r["code"]: r
        for r in communes
        if r["type"] == "commune-actuelle" and "collectiviteOutremer" not in r
    }
    member = {m["code"]: (m["siren"], e["code"]) for e in epci for m in e["membres"]}
    records = history.communes()
    alive = {r["code"] for r in records if "dateFin" not in r}
    if alive != set(current):
        raise CollectiviteError(
            [f"communes: {code} is in one file only" for code in sorted(alive ^ set(current))]
        )
    rows = []
    ends = {(r["code"], history.born(r)): r.get("dateFin", "") for r in records}  # last one holds
    for record in records:
        code, born = record["code"], history.born(record)
        end = ends[code, born]
        departement = departement_of(code)
        siren = epci_code = postcodes = ""
        last = history.last_heir(record)
        if last is not None:
            postcodes = " ".join(sorted(current[last["code"]].get("codesPostaux", ())))
        if end == "":
            siren, epci_code = member.get(code, (island_siren.get(code, ""), ""))
        population, source = populations[code, born]
        rows.append(
            (code, record["nom"], departement, region_of[departement], born, end, _start(record),
             record.get("dateFin", ""), siren, population, source, postcodes, epci_code)
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(COMMUNE_COLUMNS)).astype({"population": "Int64"})
    known = frame[frame["siren"] != ""]
    problems = [
        f"communes: {row.code} has {row.siren}, which is no SIREN"
        for row in known[~valid_siren(known["siren"])].itertuples()
    ]
    problems += overlaps(frame.assign(kind="commune"))
    if problems:
        raise CollectiviteError(problems)
    return frame


def overlaps(periods: pd.DataFrame) -> list[str]:
    """List units that claim one code on one day.

    Args:
        periods: kind, code, name, name_from, name_to ("" while open).
    """
    ordered = periods.sort_values(["kind", "code", "name_from"])
    same = ordered.duplicated(["kind", "code"])
    before = ordered[["name_to", "name"]].shift(fill_value="")
    clash = same & ((before["name_to"] == "") | (before["name_to"] > ordered["name_from"]))
    found = ordered[clash].assign(other=before.loc[clash, "name"])
    return [
        f"{row.kind} {row.code} is claimed by {row.other!r} and {row.name_!r} on {row.name_from}"
        for row in found.rename(columns={"name": "name_"}).itertuples()
    ]


def departement_of(code: str) -> str:
    """Return the département of a COG commune code: two characters, three overseas (97…)."""
    return code[:3] if code.startswith("97") else code[:2]


def commune_links(history: History) -> pd.DataFrame:
    """List what each commune of the window became.

    Returns:
        `LINK_COLUMNS`, text. `relation` is `same` (one legal body goes on: new name, new code, a
        part lost) or `successor` (another body follows, even under the same code).

    Raises:
        CollectiviteError: lists endings without heir and reasons that `_EVENTS` does not know.
    """
    rows, problems = [], []
    for record in history.communes():
        end = record.get("dateFin")
        if end is None:
            continue
        heirs = history.heirs(record)
        reason = record["raisonFin"]
        if not heirs or reason not in _EVENTS:
            problems.append(f"history: {record['id']} ends by {reason!r}, heirs {len(heirs)}")
            continue
        event, relation = _EVENTS[reason]
        grade = "partial" if len(heirs) > 1 else "full"
        rows += [
            (end, event, relation, grade, "commune", record["code"], history.born(record),
             "commune", heir["code"], history.born(heir))
            for heir in heirs
        ]  # fmt: skip
    if problems:
        raise CollectiviteError(problems)
    frame = pd.DataFrame(rows, columns=list(LINK_COLUMNS))
    return frame.sort_values(list(LINK_COLUMNS), ignore_index=True)


def commune_aliases(history: History) -> pd.DataFrame:
    """List the other names under which a commune of the window is known.

    Returns:
        `ALIAS_COLUMNS`, text: a unit (`code`, `valid_from`), a name that a record it grew from bore
        and that it does not bear itself, `alias_kind` (former_name, deleguee, associee, absorbed),
        the code of that record, and the last day + 1 on which a commune bore the name (empty for a
        part that still bears it).
    """
    kinds = {"COMD": "deleguee", "COMA": "associee", "COMP": "absorbed"}
    best: dict[tuple[str, str, str, str], tuple[int, str, str]] = {}
    for record in history.communes():
        born = history.born(record)
        for old in history.ancestors(record):
            if old["nom"] == record["nom"]:
                continue
            if old["type"] == "COM":
                kind = "former_name" if old["code"] == record["code"] else "absorbed"
            else:
                kind = kinds[old["type"]]
            key = (record["code"], born, old["nom"], old["code"])
            rank = ("deleguee", "associee", "former_name", "absorbed").index(kind)
            until = old.get("dateFin", "")
            if key not in best or rank < best[key][0]:
                best[key] = (rank, kind, until)
    rows = [
        ("commune", c, b, n, kind, ac, until) for (c, b, n, ac), (_, kind, until) in best.items()
    ]
    frame = pd.DataFrame(rows, columns=list(ALIAS_COLUMNS))
    return frame.sort_values(["code", "valid_from", "name", "alias_code"], ignore_index=True)


def epci_table(epci: Sequence[Record], *, communes: pd.DataFrame) -> pd.DataFrame:
    """Lay out the EPCI of 1 January 2019.

    Args:
        epci: Records with `code` (SIREN), `nom`, `type`, `populationMunicipale`.
        communes: Communes of that day with epci, departement, region and population.

    Returns:
        `EPCI_COLUMNS`: SIREN, name, type (CC, CA, CU, METRO, MET69), municipal population, members
        (number of communes), départements (most inhabitants first), and the first one's région.

    Raises:
        CollectiviteError: lists SIREN that fail the check or are held twice, and EPCI whose
            population is not the sum of that of their communes.
    """
    rows = [
        (e["code"], e["nom"], e["type"], e["populationMunicipale"], len(e["membres"])) for e in epci
    ]
    frame = pd.DataFrame(rows, columns=["siren", "name", "type", "population", "members"])
    sums = communes.groupby("epci")["population"].sum()
    summed = frame["siren"].map(sums)
    problems = [
        f"epci: {row.siren} has {row.population} inhabitants, its communes {row.summed}"
        for row in frame.assign(summed=summed)[frame["population"] != summed].itertuples()
    ]
    problems += [f"epci: {s} is no SIREN" for s in frame.loc[~valid_siren(frame["siren"]), "siren"]]
    twice = frame.loc[frame["siren"].duplicated(), "siren"]
    problems += [f"epci: {s} is held twice" for s in twice]
    if problems:
        raise CollectiviteError(problems)
    frame = frame.merge(
        epci_places(communes), left_on="siren", right_on="epci", how="left", validate="one_to_one"
    )
    return frame[list(EPCI_COLUMNS)].sort_values("siren", ignore_index=True)


def epci_places(communes: pd.DataFrame) -> pd.DataFrame:
    """Place each EPCI: the départements of its communes, the most inhabited first.

    Args:
        communes: epci ("" for none), departement, region, population.

    Returns:
        epci, departement (the first), departements (all, blank-separated), region (of the first).
    """
    members = communes[communes["epci"] != ""]
    weights = (
        members.assign(population=members["population"].fillna(0))
        .groupby(["epci", "departement", "region"], as_index=False)["population"]
        .sum()
        .sort_values(["epci", "population", "departement"], ascending=[True, False, True])
    )
    return weights.groupby("epci", as_index=False).agg(
        departement=("departement", "first"),
        departements=("departement", " ".join),
        region=("region", "first"),
    )
