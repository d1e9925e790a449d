"""Every name under which a unit can be found on 1 January of a year.

In: official names, names of other years, merged communes, names that people use. Not in: what is
typed (`names`), nor which of the units found is meant (`matching`).

What a name is worth is written beside it: whether it identifies the unit on that day (`linkable`),
and what the reason of a match has to say of it (`note`).
"""

from __future__ import annotations

import re
from collections import defaultdict, namedtuple
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from io import StringIO
from typing import Any

import pandas as pd

from observatoire_pipeline.collectivites import names
from observatoire_pipeline.collectivites.names import Places, fold
from observatoire_pipeline.collectivites.reference import Reference, aliases_at, units_at

FIRST_YEAR, LAST_YEAR = 2016, 2019
"""The years whose 1 January the reference answers for."""

SLIPS_BY_LENGTH = ((4, 0), (7, 1), (13, 2), (1000, 3))
"""Letters of the name without connecting words → slips (OSA distance) that a link may have, when
the département or the postcode is known."""
MARGIN = 2
"""The runner-up in the block must have at least that many slips more."""

CREATED_BEFORE = ((2016, 200_062_000), (2017, 200_075_000), (2018, 200_080_000))
"""SIREN of 20… are given in order of creation: an EPCI below the number existed on 1 January of the
year. The yearly lists have 200060473 as their highest in 2016 and 200065563 as the lowest that 2017
added; 200073427 and 200077014; 200077055 and 200083392. Those of 24… are older than 2016."""


@dataclass(eq=False, slots=True)
class Named:
    """A unit under one of its names.

    Attributes:
        kind, code, nature: Of the unit to propose.
        name: Its official name at the date.
        label: The name it is found by here.
        departements, region, postcodes, population: Of the unit.
        linkable: Whether the name alone identifies the unit at the date.
        note: What the reason must say of the name or the unit, or "".
        attested: Whether a source shows the unit at the date.
    """

    kind: str
    code: str
    nature: str
    name: str
    label: str
    departements: frozenset[str]
    region: str
    postcodes: frozenset[str]
    population: int
    linkable: bool = True
    note: str = ""
    attested: bool = True
    folded: str = ""
    current: bool = True
    needs_place: bool = False
    upcoming: bool = False
    natures: frozenset[str] = frozenset()
    governor: tuple[str, str] | None = None

    @property
    def said(self) -> str:
        """The unit in words, for a reason."""
        place = "/".join(sorted(self.departements)[:3]) if self.kind != "region" else ""
        bracket = f"{self.code}, dép. {place}" if place else self.code
        return f"{self.name} ({bracket})"


@dataclass
class NameBook:
    """Every name under which a unit can be found at a date.

    Attributes:
        entries: The units under their names.
        exact: (kind, folded name) → entries; with and without its article.
        content: (kind, content) → entries.
        core: content of an EPCI without the words that come and go → entries.
    """

    entries: list[Named] = field(default_factory=list)
    exact: dict[tuple[str, str], list[Named]] = field(default_factory=lambda: defaultdict(list))
    content: dict[tuple[str, str], list[Named]] = field(default_factory=lambda: defaultdict(list))
    core: dict[str, list[Named]] = field(default_factory=lambda: defaultdict(list))
    by_code: dict[tuple[str, str], Named] = field(default_factory=dict)
    seen: dict[tuple[str, str, str], list[tuple[int, Named]]] = field(default_factory=dict)
    with_tables: bool = False
    communes: list[tuple[str, Named]] = field(default_factory=list)
    epci_of: dict[str, str] = field(default_factory=dict)
    by_siren: dict[str, Named] = field(default_factory=dict)
    by_postcode: dict[str, list[Named]] = field(default_factory=lambda: defaultdict(list))
    blocks: dict[tuple[str, str], tuple[list[Named], list[str]]] = field(default_factory=dict)

    def near(self, kind: str, place: str, letters: str) -> list[tuple[int, Named]]:
        """Return the nearest units of a kind in a département, or anywhere, with their slips.

        Slips are counted by optimal string alignment on `squeezed` letters. The first letter is
        seldom wrong: another one counts for a slip more. Anywhere, no more than three are looked
        for, for one at most can link there.
        """
        key = (kind, place, letters)
        if key not in self.seen:
            self.seen[key] = self._near(kind, place, letters)
        return self.seen[key]

    def _near(self, kind: str, place: str, letters: str) -> list[tuple[int, Named]]:
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extract

        units, spelt = self.blocks.get((kind, place), ([], []))
        most = slips_allowed(len(letters)) + MARGIN if place else 1 + MARGIN
        return [
            (int(slips) + (spelling[:1] != letters[:1]), units[index])
            for spelling, slips, index in extract(
                letters, spelt, scorer=OSA.distance, score_cutoff=most, limit=6
            )
        ]

    def add(self, entry: Named) -> None:
        """Enter a unit under its label; an EPCI also without its type and its brackets."""
        spellings = _spellings_of_epci(entry.label) if entry.kind == "epci" else ()
        self.entries.append(entry)
        for folded in dict.fromkeys((entry.folded, *spellings)):
            if not folded:
                continue
            for key in dict.fromkeys((folded, names.without_article(folded))):
                enter(self.exact[entry.kind, key], entry)
            enter(self.content[entry.kind, names.content(folded)], entry)
            if entry.kind == "epci" and (core := names.core_of_epci(folded)):
                enter(self.core[core], entry)


def enter(entries: list[Named], entry: Named) -> None:
    """Add a unit, unless it is the last one already."""
    if not entries or entries[-1] is not entry:
        entries.append(entry)


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield rows by attribute; arrow strings are fetched a column at a time, 50 times faster."""
    row = namedtuple("row", list(frame.columns))  # type: ignore[misc]
    columns = [frame[column].to_numpy(dtype=object, na_value=None).tolist() for column in frame]
    return map(row._make, zip(*columns, strict=True))


STRICT_PREFIX = re.compile(
    r"^(?:cc|ca|cu|communaute de communes|communaute d agglomeration|communaute urbaine)"
    r"(?: (?:de la|de l|des|du|de|d))? (?=\w)"
)
_ASIDE = re.compile(r"\s*(?:\(([^)]*)\)|''([^']*)''|\"([^\"]*)\"|«\s*([^»]*?)\s*»)\s*")


def _spellings_of_epci(name: str) -> list[str]:
    """Return the folded ways to write an EPCI: without its type, without its brackets."""
    asides = [next(filter(None, found), "") for found in _ASIDE.findall(name)]
    bare = _ASIDE.sub(" ", name)
    written = [fold(bare), *(STRICT_PREFIX.sub("", fold(text)) for text in (name, bare))]
    short = [fold(aside) for aside in asides if len(fold(aside)) > 2]
    return list(dict.fromkeys([*written, *short]))


def read_places(reference: Reference) -> Places:
    """Return the names of départements and régions, former and short ones too."""
    units = units_at(reference, date=f"{LAST_YEAR}-01-01", kinds=("departement", "region"))
    departements: dict[str, str] = {}
    regions: dict[str, str] = {}
    for row in _rows(units):
        key = names.content(fold(row.name))
        (departements if row.kind == "departement" else regions)[key] = row.code
    departements |= {
        "cotes nord": "22", "basses alpes": "04", "loire inferieure": "44",
        "seine inferieure": "76", "charente inferieure": "17", "basses pyrenees": "64",
        "reunion": "974", "la reunion": "974", "alpes hautes provence": "04",
        "cote or": "21", "belfort": "90",
    }  # fmt: skip
    regions |= {
        "paca": "93", "ile france": "11", "idf": "11", "centre": "24", "reunion": "04",
        "aura": "84", "region sud": "93", "nouvelle aquitaine": "75", "corse": "94",
    }  # fmt: skip
    departements.pop("belfort")
    return Places(departements, regions)


def existed(siren: str, *, year: int) -> bool:
    """Tell whether an EPCI of 2019 existed on 1 January of a year, by its SIREN number."""
    if not siren.startswith("20"):
        return True
    limit = dict(CREATED_BEFORE).get(year)
    return limit is None or int(siren) < limit


def name_book(reference: Reference, *, year: int) -> NameBook:
    """Gather every name of the units of 1 January of a year, and of those related to them."""
    date = f"{year}-01-01"
    units = units_at(reference, date=date)
    book = NameBook()
    with_tables = bool(units.loc[units["kind"] == "epci", "attested"].all())
    book.with_tables = with_tables
    named = dict(zip(units["kind"] + ":" + units["code"], units["name"], strict=True))
    natures = _natures(reference) if with_tables else {}
    for row in _rows(units):
        entry = _current(row, year=year)
        if row.kind == "epci":
            other = natures.get(row.code, frozenset()) | stated_natures().get(row.code, frozenset())
            entry = replace(entry, natures=entry.natures | other)
        if row.governed_by:
            kind, _, code = row.governed_by.partition(":")
            governor = named.get(row.governed_by, code)  # a part of the reference may lack it
            note = f"{row.name} has no council of its own; {governor} governs it"
            entry = replace(entry, governor=(kind, code), linkable=False, note=note)
        book.by_code[row.kind, row.code] = entry
        if row.siren:
            book.by_siren[row.siren] = entry
        for postcode in entry.postcodes:
            book.by_postcode[postcode].append(entry)
        book.add(entry)
    _add_aliases(book, reference, date=date)
    _add_other_years(book, reference, year=year, with_tables=with_tables)
    _add_usual_names(book, year=year)
    members = units if with_tables else units_at(reference, date=f"{LAST_YEAR}-01-01")
    members = members[(members["kind"] == "commune") & (members["epci"] != "")]
    book.epci_of = dict(zip(members["code"].tolist(), members["epci"].tolist(), strict=True))
    book.communes = sorted(
        (
            (names.content(unit.folded), unit)
            for (kind, _), unit in book.by_code.items()
            if kind == "commune"
        ),
        key=lambda pair: (pair[0], pair[1].code),
    )
    _fill_blocks(book)
    return book


def _natures(reference: Reference) -> dict[str, frozenset[str]]:
    """Return the natures that an EPCI had in any year: its old and its new one are both typed."""
    found: dict[str, set[str]] = defaultdict(set)
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        units = units_at(reference, date=f"{year}-01-01", kinds=("epci",))
        for row in _rows(units):
            found[row.code].add(row.type)
    return {code: frozenset(natures) for code, natures in found.items()}


def _current(row: Any, *, year: int) -> Named:
    kind, code = row.kind, row.code
    linkable, note = True, ""
    if kind == "epci" and not row.attested:
        linkable = existed(code, year=year)
        note = (
            f"the list of EPCI is that of 2019; its SIREN is older than {year}"
            if linkable
            else f"the list of EPCI is that of 2019; its SIREN is younger than 1 January {year}"
        )
    return Named(
        kind=kind,
        code=code,
        nature=row.type if kind == "epci" else "",
        natures=frozenset({row.type}) if kind == "epci" else frozenset(),
        name=row.name,
        label=row.name,
        departements=frozenset(row.departements.split()),
        region=row.region,
        postcodes=frozenset(row.postcodes.split()),
        population=0 if row.population is None else int(row.population),
        linkable=linkable,
        note=note,
        attested=bool(row.attested),
        folded=fold(row.name),
    )


STILL_KNOWN = "1990"
"""A name that a commune left before then counts in its département only."""

_ALIAS_WORDS = {
    "former_name": "a former name",
    "deleguee": "now a commune déléguée",
    "associee": "now a commune associée",
    "absorbed": "merged",
    "other_name": "a name in another year",
    "merged_region": "a région until 31 December 2015",
}


def _latest(aliases: pd.DataFrame) -> pd.DataFrame:
    """Return each other name of a unit once, with the code that it had last."""
    order = aliases["until"].where(aliases["until"] != "", "9999")
    by_age = aliases.assign(order=order).sort_values(["order", "alias_code"], ascending=False)
    return by_age.drop_duplicates(["kind", "code", "name"]).drop(columns="order").sort_index()


def _add_aliases(book: NameBook, reference: Reference, *, date: str) -> None:
    """Enter the other names of the communes of the day: former names and merged communes."""
    for row in _rows(_latest(aliases_at(reference, date=date))):
        unit = book.by_code.get((row.kind, row.code))
        if unit is None or fold(row.name) == unit.folded:
            continue
        same = row.alias_code in (row.code, "") or row.alias_kind == "other_name"
        words = _ALIAS_WORDS[row.alias_kind]
        if same and row.alias_kind in ("former_name", "other_name"):
            note = joined(f"“{row.name}” is {words} of {unit.name}", unit.note)
        elif same:
            note = f"“{row.name}” is part of {unit.name}, which keeps its code"
        else:
            note = f"“{row.name}” ({row.alias_code}) is {words}, its successor is {unit.name}"
        book.add(
            replace(
                unit,
                label=row.name,
                folded=fold(row.name),
                linkable=unit.linkable and (same or row.alias_kind == "former_name"),
                needs_place=row.kind == "commune" and "" < row.until < STILL_KNOWN,
                note=note,
                current=False,
            )
        )


def _add_other_years(book: NameBook, reference: Reference, *, year: int, with_tables: bool) -> None:
    """Enter what units are called, and which units there are, in the other years."""
    here = units_at(reference, date=f"{year}-01-01")
    born = {(row.kind, row.code): row.valid_from for row in _rows(here)}
    told = set(here["kind"] + here["code"] + here["name"])
    seen = {(entry.kind, entry.code, entry.folded) for entry in book.entries}
    for other in range(FIRST_YEAR, LAST_YEAR + 1):
        if other == year:
            continue
        there = units_at(reference, date=f"{other}-01-01", kinds=("commune", "epci"))
        successors = _epci_successors(there, here) if with_tables and other < year else {}
        news = there[~(there["kind"] + there["code"] + there["name"]).isin(told)]
        for row in _rows(news):
            key = (row.kind, row.code, fold(row.name))
            if key in seen:
                continue
            unit = book.by_code.get((row.kind, row.code))
            if unit is None and row.kind == "commune" and other < year:
                continue  # a merged commune, among the aliases
            if row.kind == "epci" and not row.attested:
                continue
            seen.add(key)
            entry = replace(_current(row, year=other), current=False)
            if unit is not None and born[row.kind, row.code] == row.valid_from:
                entry = replace(
                    unit,
                    label=row.name,
                    folded=entry.folded,
                    current=False,
                    note=f"“{row.name}” is the name of {other} of {unit.name}",
                )
            elif unit is not None:
                entry = replace(
                    unit,
                    label=row.name,
                    folded=entry.folded,
                    current=False,
                    linkable=False,
                    note=f"“{row.name}” exists from {other} only; its code was {unit.name}'s",
                )
            elif other > year:
                entry = replace(
                    entry,
                    linkable=False,
                    upcoming=True,
                    note=f"“{row.name}” exists from {other} only, not in {year}",
                )
            else:
                heir = book.by_code.get(("epci", successors.get(row.code, "")))
                note = f"“{row.name}” ({row.code}) ended before {year}"
                if heir is not None:
                    entry = replace(
                        heir,
                        label=row.name,
                        folded=entry.folded,
                        departements=entry.departements | heir.departements,
                        current=False,
                        note=f"{note}, most of its inhabitants are in {heir.name}",
                    )
                else:
                    entry = replace(entry, note=note)
                entry = replace(entry, linkable=False)
            book.add(entry)


def _epci_successors(there: pd.DataFrame, here: pd.DataFrame) -> dict[str, str]:
    """Return, of an EPCI of one year, the EPCI where most of its inhabitants are in another."""
    before = there.loc[(there["kind"] == "commune") & (there["epci"] != "")]
    after = here.loc[(here["kind"] == "commune") & (here["epci"] != ""), ["code", "epci"]]
    both = before[["code", "epci", "population"]].merge(
        after, on="code", how="inner", validate="one_to_one", suffixes=("", "_after")
    )
    weights = (
        both.assign(population=both["population"].fillna(0).astype(int) + 1)
        .groupby(["epci", "epci_after"], as_index=False)["population"]
        .sum()
        .sort_values(["epci", "population", "epci_after"], ascending=[True, False, True])
        .drop_duplicates("epci")
    )
    return dict(zip(weights["epci"], weights["epci_after"], strict=True))


USUAL_NAMES = "data/usual_names.csv"


@lru_cache(maxsize=1)
def usual_names() -> pd.DataFrame:
    """Read the names that people use and the official tables do not know.

    Returns:
        name, kind, code, departement ("" for anywhere: where a name is that unit's only with
        its département), relation (usual | gone: the name of a body that ended, or is another's).
    """
    text = (files("observatoire_pipeline.collectivites") / USUAL_NAMES).read_text("utf-8")
    return pd.read_csv(StringIO(text), dtype=str, keep_default_na=False, comment="#")


_NATURE_BY_WORDS = {
    "cc": "CC", "communaute de communes": "CC", "ca": "CA", "communaute d agglomeration": "CA",
    "cu": "CU", "communaute urbaine": "CU",
}  # fmt: skip


@lru_cache(maxsize=1)
def stated_natures() -> dict[str, frozenset[str]]:
    """Return the natures that usual names state, by SIREN of EPCI.

    A unit known as "CC du Pays de Gex" was a communauté de communes once: that proves the type
    that people of the time typed, which the list of 2019 no longer shows.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for row in _rows(usual_names()):
        folded = fold(row.name)
        for words, nature in _NATURE_BY_WORDS.items():
            if row.kind == "epci" and row.relation == "usual" and folded.startswith(f"{words} "):
                found[row.code].add(nature)
    return {code: frozenset(natures) for code, natures in found.items()}


def _add_usual_names(book: NameBook, *, year: int) -> None:
    for row in _rows(usual_names()):
        unit = book.by_code.get((row.kind, row.code))
        if unit is None:
            continue  # the unit does not exist in this year
        gone = row.relation == "gone"
        book.add(
            replace(
                unit,
                label=row.name,
                folded=fold(row.name),
                departements=frozenset({row.departement}) if row.departement else unit.departements,
                linkable=unit.linkable and not gone,
                current=False,
                needs_place=bool(row.departement),
                note=(
                    f"“{row.name}” was another body, now within {unit.name}"
                    if gone
                    else joined(f"“{row.name}” is used for {unit.name}", unit.note)
                ),
            )
        )


def joined(*parts: str) -> str:
    """Join what there is to say."""
    return "; ".join(part for part in parts if part)


def _fill_blocks(book: NameBook) -> None:
    """Lay out the names by kind and département, and by kind, for the search with slips."""
    grouped: dict[tuple[str, str], list[Named]] = defaultdict(list)
    for entry in book.entries:
        grouped[entry.kind, ""].append(entry)
        for departement in entry.departements:
            grouped[entry.kind, departement].append(entry)
    book.blocks = {
        key: (entries, [letters_of(entry) for entry in entries]) for key, entries in grouped.items()
    }


def letters_of(entry: Named) -> str:
    """Return the letters of a unit that slips are counted on."""
    return squeezed(STRICT_PREFIX.sub("", entry.folded), kind=entry.kind)


def squeezed(folded: str, *, kind: str) -> str:
    """Return the letters that slips are counted on: content without blanks, of an EPCI its core."""
    kept = names.core_of_epci(folded) if kind == "epci" else names.content(folded)
    return (kept or folded).replace(" ", "")


def slips_allowed(length: int) -> int:
    """Return how many slips a name of so many letters may have."""
    return next(slips for most, slips in SLIPS_BY_LENGTH if length <= most)
