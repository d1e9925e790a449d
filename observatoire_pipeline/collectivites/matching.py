"""From what people typed to the code of a collectivité, with a score, a reason and a decision.

In: the order of evidence and the thresholds. Not in: how a name is taken apart (`names`), the names
that units have (`namebook`), files (`typed_table`), what a person decided (`reviewed`).

    matched = match(frame, reference=read_reference())

The order: an identifier that checks (SIREN by Luhn, COG code at its date), then the name as written
with its type and its département, then the same name with slips inside its département and type.
What is proved is `linked`; what has a rival, a conflict or a doubt is `review`, with the best
candidate as its code and the doubt as its reason; what names no unit of the reference is `none`.

A name never crosses a type or a département in silence: a typed type or département that the unit
does not have makes it a review, whatever the score. The thresholds and why they stand where they
do are in `docs/decisions`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd

from observatoire_pipeline.collectivites import names
from observatoire_pipeline.collectivites.namebook import (
    FIRST_YEAR,
    LAST_YEAR,
    MARGIN,
    STRICT_PREFIX,
    NameBook,
    Named,
    enter,
    existed,
    joined,
    letters_of,
    name_book,
    read_places,
    slips_allowed,
    squeezed,
)
from observatoire_pipeline.collectivites.names import Claim, Places, Reading, TypedName, fold
from observatoire_pipeline.collectivites.reference import Reference
from observatoire_pipeline.collectivites.typed_type import TypedType, read_type

TYPED_COLUMNS = (
    "typed_name",
    "typed_type",
    "typed_departement",
    "typed_postcode",
    "reference_year",
)
MATCH_COLUMNS = ("kind", "code", "score", "reason", "decision")

LINKED, REVIEW, NONE = "linked", "review", "none"

DOMINANCE_RATIO = 500
DOMINANCE_POPULATION = 50_000
"""A homonym is taken without other evidence when it has that many inhabitants, and that many times
those of the next one: La Rochelle (75 736) and La Rochelle in Haute-Saône (39)."""

OUTWEIGHING = 20
"""With one slip more, the runner-up gives way to a town with so many times its inhabitants."""
LONE_LENGTH = 7
LONE_POPULATION = 10_000
LONE_SURE_LENGTH = 12
"""Without département: one slip, a name of at least 7 letters, and either 10 000 inhabitants or 12
letters."""
PREFIX_POPULATION = 5_000
"""A name cut short ("Bourg-en" for …) links inside its département to a commune of that size."""

NATURE_WORDS = {
    "CC": "communauté de communes",
    "CA": "communauté d'agglomération",
    "CU": "communauté urbaine",
    "METRO": "métropole",
    "MET69": "métropole",
}


@dataclass(frozen=True)
class Match:
    """What became of one typed name."""

    kind: str = ""
    code: str = ""
    score: int = 0
    reason: str = ""
    decision: str = NONE


@dataclass(frozen=True)
class Evidence:
    """Where the typed name is.

    Attributes:
        departements: Codes, empty for unknown.
        region: Code, "" for unknown.
        codes: Five-character codes, postcodes or COG codes.
        conflict: What disagrees, or "".
    """

    departements: frozenset[str] = frozenset()
    region: str = ""
    codes: tuple[str, ...] = ()
    conflict: str = ""
    unread: str = ""

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return bool(self.departements or self.region)


def match(frame: pd.DataFrame, *, reference: Reference) -> pd.DataFrame:
    """Match typed names to units of the reference.

    Each distinct set of the typed columns is decided once, by itself: the order of rows and the
    other rows change nothing.

    Args:
        frame: Columns of `TYPED_COLUMNS`, text, a missing one being empty; others are kept.
        reference: Of `read_reference`.

    Returns:
        The frame with `MATCH_COLUMNS` added: kind (commune | epci | departement | region | ""),
        code (COG or SIREN, "" for none), score (0 to 100), reason, decision (linked | review |
        none).

    Raises:
        MatchInputError: a year is impossible; lists every one with its row.
    """
    return Matcher(reference).match(frame)


class MatchInputError(ValueError):
    """A table that cannot be matched: every fault, one a line."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep the faults, one a line of the message."""
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


def typed_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the typed columns as text, years as digits or "".

    Raises:
        MatchInputError: there is no `typed_name`, or a year is impossible; lists every fault.
    """
    problems = []
    if "typed_name" not in frame.columns:
        seen = ", ".join(str(column) for column in frame.columns) or "none"
        problems.append(f"no column typed_name; the columns are: {seen}")
    typed = pd.DataFrame(index=range(len(frame)))
    for column in TYPED_COLUMNS:
        values = frame[column].to_numpy() if column in frame.columns else ""
        typed[column] = pd.Series(values, index=typed.index, dtype=object)
        typed[column] = typed[column].fillna("").astype(str).str.strip()
    years = typed["reference_year"].str.replace(r"\.0+$", "", regex=True)
    impossible = (years != "") & ~years.map(_possible_year).astype(bool)
    for value, rows in typed.index[impossible].to_series().groupby(years[impossible]):
        lines = ", ".join(str(row + 2) for row in list(rows)[:10])
        problems.append(
            f"reference_year {value!r} is no year from {FIRST_POSSIBLE} to {LAST_POSSIBLE} "
            f"(line {lines}{', …' if len(rows) > 10 else ''})"
        )
    if problems:
        raise MatchInputError(problems)
    typed["reference_year"] = years
    return typed


FIRST_POSSIBLE, LAST_POSSIBLE = 1943, 2049


def _possible_year(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}", text)) and FIRST_POSSIBLE <= int(text) <= LAST_POSSIBLE


# ------------------------------------------------------------------------------- the name book


class Matcher:
    """Decides typed names, year by year; holds what it read of the reference."""

    def __init__(self, reference: Reference) -> None:
        """Read nothing yet but the names of places."""
        self.reference = reference
        self.places = read_places(reference)
        self._books: dict[int, NameBook] = {}
        self._take_apart = lru_cache(maxsize=100_000)(
            lambda text: names.take_apart(text, places=self.places)
        )
        self._read_type = lru_cache(maxsize=10_000)(read_type)

    def book(self, year: int) -> NameBook:
        """Return the names of the units on 1 January of a year of the reference."""
        if year not in self._books:
            self._books[year] = name_book(self.reference, year=year)
        return self._books[year]

    def match(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Decide a table of typed names; see the function `match`."""
        typed = typed_columns(frame)
        distinct = typed.drop_duplicates().reset_index(drop=True)
        decided = [self.decide(*row) for row in distinct.itertuples(index=False, name=None)]
        answers = pd.DataFrame(
            [(d.kind, d.code, d.score, d.reason, d.decision) for d in decided],
            columns=list(MATCH_COLUMNS),
        )
        keyed = pd.concat([distinct, answers], axis=1)
        in_order = typed.merge(keyed, on=list(TYPED_COLUMNS), how="left", validate="many_to_one")
        result = frame.drop(columns=[c for c in MATCH_COLUMNS if c in frame.columns])
        for column in MATCH_COLUMNS:
            result = result.assign(**{column: in_order[column].to_numpy()})
        return result

    def decide(
        self, typed_name: str, typed_type: str, typed_departement: str, typed_postcode: str,
        reference_year: str,
    ) -> Match:  # fmt: skip
        """Decide one typed name; see `match` for the columns."""
        asked = int(reference_year) if reference_year else None
        year = min(max(asked or LAST_YEAR, FIRST_YEAR), LAST_YEAR)
        case = _Case(
            book=self.book(year),
            year=year,
            typed=self._take_apart(typed_name),
            type=self._read_type(typed_type),
            type_text=typed_type,
            places=self.places,
            departement=typed_departement,
            postcode=typed_postcode,
        )
        found = case.decide()
        if found.decision == NONE:
            return found
        if asked is None:
            return replace(found, reason=f"{found.reason}; no year given, read as of {year}")
        if asked != year:
            return replace(
                found, reason=f"{found.reason}; the reference has no {asked}, read as of {year}"
            )
        return found


EXACT, ALIKE, CORE, CITY, PART, SLIP = "exact", "content", "core", "city", "part", "slip"
_SCORES = {EXACT: 100, ALIKE: 98, CORE: 96, CITY: 92, PART: 88}


@dataclass(frozen=True)
class Found:
    """Units that a reading found, all at one level."""

    reading: Reading
    level: str
    units: tuple[Named, ...]
    agreed: bool
    score: int


def _borne(token: str, words: Sequence[str]) -> bool:
    """Tell whether a word is among others, or begins one: "niort" in "niortais"."""
    return token in words or (len(token) > 3 and any(word.startswith(token) for word in words))


def _of_another_year(found: Found) -> bool:
    """Tell whether only EPCI of other years were found: one of the day is looked for first."""
    return all(
        unit.kind == "epci" and not unit.linkable and not unit.current for unit in found.units
    )


def _takes_place(found: Found, elsewhen: Found) -> bool:
    """Tell whether an EPCI of the day stands for one of another year.

    For one that ended only under the same name: "Vannes Agglo" of 2016 is not the city's EPCI of
    2018. For one to come, its predecessor under the same core will do.
    """
    if _of_another_year(found):
        return False
    return found.level in (EXACT, ALIKE) or all(unit.upcoming for unit in elsewhen.units)


@dataclass
class _Case:
    """One typed name before the book of its year."""

    book: NameBook
    year: int
    typed: TypedName
    type: TypedType
    type_text: str
    places: Places
    departement: str
    postcode: str

    def decide(self) -> Match:
        """Decide; see the head of the module for the order."""
        typed = self.typed
        evidence = self._evidence()
        if typed.siren:
            return self._by_siren(evidence)
        if not typed.folded:
            return self._without_name(evidence)
        if typed.noise and not (self.type.kinds and evidence.known):
            return Match(reason=f"“{typed.text}” names no organisation")
        if names.core_of_epci(typed.folded) in names.EPT:
            return Match(
                reason="an établissement public territorial of the Métropole du Grand Paris, "
                "which is no EPCI with its own tax"
            )
        found = self._search(evidence)
        if typed.other and not self._whole_name(found):
            return Match(reason=f"{typed.other}: “{typed.other_word}” in the name")
        if typed.several or self._segments_differ(found):
            return self._review(found, typed.several or "it names two units")
        if typed.arrondissement:
            return self._review_city(found)
        if found is None:
            return self._slips(evidence)
        if not found.agreed and not any(unit.linkable for unit in found.units):
            near = self._slips(evidence)
            if near.decision == LINKED:
                return near
        return self._choose(found, evidence)

    # ------------------------------------------------------------------------- evidence

    def _evidence(self, extra: Reading | None = None) -> Evidence:
        stated: list[tuple[str, frozenset[str]]] = []
        region, unread = "", ""
        if self.departement and not re.fullmatch(
            r"[\W_]*|n/?[ac]|france|\?+|inconnu|nc", self.departement.casefold()
        ):
            code = self.places.departement(self.departement)
            key = names.content(fold(self.departement))
            if code:
                stated.append(("typed département", frozenset({code})))
            elif re.fullmatch(r"0?20", self.departement) or key == "corse":
                stated.append(("typed département", frozenset({"2A", "2B"})))
            elif key in self.places.regions:
                region = self.places.regions[key]
            elif re.fullmatch(r"\d{4,5}", self.departement) or re.fullmatch(
                r"2[ABab]\d{3}", self.departement
            ):
                stated.append(
                    ("typed département", self._departements_of(self.departement.zfill(5).upper()))
                )
            else:
                unread = self.departement
        codes = list(self.typed.codes)
        postcode = re.sub(r"\s|\.0$", "", self.postcode).upper()
        postcode = re.sub(r"CEDEX.*$|^F-?", "", postcode)
        if re.fullmatch(r"\d{4,5}|2[AB]\d{3}", postcode):
            codes.append(postcode.zfill(5))
        elif re.fullmatch(r"\d{1,3}|2[AB]", postcode):
            code = self.places.departement(postcode)
            if code:
                stated.append(("typed postcode", frozenset({code})))
        elif postcode and not re.fullmatch(r"[\W_]*|N/?[AC]", postcode):
            unread = joined(unread, self.postcode)
        for code in codes:
            if of_code := self._departements_of(code):
                stated.append((f"code {code}", of_code))
        of_name = frozenset(self.typed.departements)
        if of_name:
            stated.append(("the name", of_name))
        if extra is not None and extra.departements:
            stated.append(("the name", frozenset(extra.departements)))
        regions = [*self.typed.regions, *(extra.regions if extra is not None else ())]
        if regions:
            region = regions[0]
        conflict = ""
        departements: frozenset[str] = frozenset()
        for where, one in stated:
            if not one:
                continue
            if departements and not departements & one:
                conflict = (
                    f"{where} says {'/'.join(sorted(one))}, "
                    f"{stated[0][0]} {'/'.join(sorted(stated[0][1]))}"
                )
            departements = departements & one if departements & one else departements | one
        return Evidence(departements, region, tuple(dict.fromkeys(codes)), conflict, unread)

    def _departements_of(self, code: str) -> frozenset[str]:
        """Return the départements of a postcode or COG code."""
        if unit := self.book.by_code.get(("commune", code)):
            own = set(unit.departements)
        else:
            own = set()
        for other in self.book.by_postcode.get(code, ()):
            own |= other.departements
        if own:
            return frozenset(own)
        start = code[:3] if code.startswith("97") else code[:2]
        if start == "20":
            return frozenset({"2A", "2B"})
        return frozenset({start}) if ("departement", start) in self.book.by_code else frozenset()

    def _agrees(self, unit: Named, evidence: Evidence) -> bool:
        if not evidence.known:
            return True
        if evidence.departements:
            if unit.departements & evidence.departements:
                return True
            if unit.kind == "commune" and unit.postcodes & set(evidence.codes):
                return True
            if unit.kind == "region":
                return any(
                    self.book.by_code["departement", code].region == unit.region
                    for code in evidence.departements
                )
            return False
        return unit.region == evidence.region

    # ------------------------------------------------------------------------- search

    def _search(self, evidence: Evidence) -> Found | None:
        """Return what the first reading finds that the place agrees with, else the first found."""
        first: Found | None = None
        elsewhen: Found | None = None
        for reading in self.typed.readings:
            place = evidence
            if reading.departements or reading.regions:
                place = self._evidence(reading)
            for found in self._lookups(reading, place):
                if not found.agreed:
                    first = first or found
                elif first is not None and first.level == EXACT and found.level == PART:
                    continue  # a whole name elsewhere outweighs a part of one in its place
                elif _of_another_year(found):
                    elsewhen = elsewhen or found
                elif elsewhen is None or _takes_place(found, elsewhen):
                    return found
        return elsewhen or first

    def _kinds(self, reading: Reading) -> tuple[tuple[str, ...], ...]:
        """Return the kinds to look in, in turns."""
        if reading.claim is not None:
            return ((reading.claim.kind,),)
        every = ("commune", "departement", "region", "epci")
        typed = tuple(kind for kind in every if kind in self.type.kinds)
        if typed:
            return (typed, tuple(kind for kind in every if kind not in typed))
        return (("commune", "departement", "region"), ("epci",))

    def _lookups(self, reading: Reading, evidence: Evidence) -> Iterable[Found]:
        book = self.book
        conflicting: Found | None = None
        for kinds in self._kinds(reading):
            levels: list[tuple[str, list[Named]]] = []
            for core in reading.cores:
                if core:
                    levels.append(
                        (EXACT, [e for k in kinds for e in book.exact.get((k, core), ())])
                    )
            for core in reading.cores[-1:]:
                if core:
                    key = names.content(core)
                    levels.append(
                        (ALIKE, [e for k in kinds for e in book.content.get((k, key), ())])
                    )
                    if "epci" in kinds and (
                        reading.claim is not None or names.core_of_epci(core) == key
                    ):
                        levels.append((CORE, list(book.core.get(names.core_of_epci(core), ()))))
            if "epci" in kinds and self._means_epci(reading) and self._freest(reading):
                levels.append((CITY, self._epci_of_city(reading, evidence)))
                levels.append((PART, self._epci_by_part(reading, evidence)))
            agreed: list[Found] = []
            for level, units in levels:
                agreeing = [unit for unit in units if self._agrees(unit, evidence)]
                found = Found(
                    reading,
                    level,
                    tuple(agreeing or units),
                    bool(agreeing),
                    _SCORES[level],
                )
                if agreeing:
                    agreed.append(found)
                elif units:
                    conflicting = conflicting or found
            if agreed:
                first = agreed[0]
                if _of_another_year(first):
                    first = next((one for one in agreed[1:] if _takes_place(one, first)), first)
                yield first
                return
        if conflicting is not None:
            yield conflicting

    def _means_epci(self, reading: Reading) -> bool:
        return (reading.claim is not None and reading.claim.kind == "epci") or (
            reading.claim is None and self.type.kinds == {"epci"}
        )

    def _states_epci(self) -> bool:
        """Tell whether the name begins with an EPCI's type in law ("CA du Pays de Dreux")."""
        claims = [reading.claim for reading in self.typed.readings]
        return any(c is not None and c.kind == "epci" and c.strict for c in claims)

    def _freest(self, reading: Reading) -> bool:
        """Tell whether a reading has put its type words aside, if it has any."""
        return reading.claim is not None or all(
            other.claim is None or other.claim.kind != "epci" for other in self.typed.readings
        )

    def _epci_of_city(self, reading: Reading, evidence: Evidence) -> list[Named]:
        """Return the EPCI that has the city as member and bears its name ("agglo de Mulhouse")."""
        found: list[Named] = []
        for core in reading.cores:
            if not core:
                continue
            for city in self.book.exact.get(("commune", core), ()):
                if not city.current or not self._agrees(city, evidence):
                    continue
                epci = self.book.by_code.get(("epci", self.book.epci_of.get(city.code, "")))
                tokens = set(names.content(city.folded).split())
                if epci is None:
                    continue
                theirs = names.content(epci.folded).split()
                if all(_borne(token, theirs) for token in tokens):
                    enter(found, epci)
        return found

    def _epci_by_part(self, reading: Reading, evidence: Evidence) -> list[Named]:
        """Return the EPCI of the département whose name holds every word that is typed."""
        tokens = set(names.core_of_epci(reading.cores[-1]).split())
        if not tokens or not evidence.known:
            return []
        found: list[Named] = []
        for unit in self._block("epci", evidence):
            theirs = set(names.core_of_epci(STRICT_PREFIX.sub("", unit.folded)).split())
            if tokens <= theirs:
                enter(found, unit)
        return found

    def _block(self, kind: str, evidence: Evidence) -> list[Named]:
        block: list[Named] = []
        for code in sorted(evidence.departements):
            block += self.book.blocks.get((kind, code), ([], []))[0]
        return block

    # ------------------------------------------------------------------------- decide

    def _choose(self, found: Found, evidence: Evidence) -> Match:
        evidence = self._evidence(found.reading)
        units = self._narrow(found, evidence)
        best = units[0]
        candidates = _distinct(units)
        doubts: list[str] = []
        if evidence.conflict:
            doubts.append(f"places disagree: {evidence.conflict}")
        if not found.agreed:
            where = "/".join(sorted(evidence.departements)) or f"région {evidence.region}"
            doubts.append(f"{best.said} is not in {where}")
        if len(candidates) > 1:
            doubts.append(f"homonyms: {_listed(candidates)}")
        doubts += self._type_doubts(best, found.reading)
        if not best.linkable:
            doubts.append(best.note)
        if best.needs_place and not evidence.known:
            doubts.append(f"“{best.label}” means {best.said} in its département only")
        doubts += self._looseness(found, best, evidence)
        if doubts:
            kind, code = best.governor or (best.kind, best.code)
            return Match(kind, code, min(found.score, 90), "; ".join(doubts), REVIEW)
        score = found.score if evidence.known or found.score < EXACT_ALONE else EXACT_ALONE
        return Match(best.kind, best.code, score, self._praise(found, best, evidence), LINKED)

    def _praise(self, found: Found, best: Named, evidence: Evidence) -> str:
        how = {
            EXACT: "name",
            ALIKE: "name but for small words",
            CORE: "name of the EPCI without its type words",
            CITY: "EPCI that bears the name of its member",
            PART: "part of the name, the only one in its place",
        }[found.level]
        parts = [f"{how}: {best.said}"]
        if evidence.codes and best.postcodes & set(evidence.codes):
            parts.append("postcode agrees")
        elif evidence.departements and found.agreed:
            parts.append("département agrees")
        elif evidence.region:
            parts.append("région agrees")
        else:
            parts.append("the only one of that name")
        if best.note:
            parts.append(best.note)
        stated = self._natures(found.reading) if best.kind == "epci" else frozenset()
        if stated and best.nature not in stated and stated & best.natures:
            parts.append(f"it became a {NATURE_WORDS[best.nature]} later, or was that type before")
        if evidence.unread:
            parts.append(f"“{evidence.unread}” is no place that is known")
        if self.typed.service:
            parts.append("a service or a person of the unit")
        if self.typed.repaired:
            parts.append("the name was in a wrong encoding")
        return "; ".join(parts)

    def _narrow(self, found: Found, evidence: Evidence) -> list[Named]:
        """Order the units found, best first, and drop those that stronger evidence excludes."""
        units = sorted(
            found.units, key=lambda u: (not u.current, not u.linkable, -u.population, u.code)
        )
        if len(_distinct(units)) > 1:
            current = [u for u in units if u.current]
            units = current or [u for u in units if u.linkable] or units
        if len(_distinct(units)) > 1 and found.reading.cores[0]:
            # "Ville du Bois" asks for "Le Bois" rather than "Bois"
            exact = [u for u in units if u.folded == found.reading.cores[0]]
            units = exact or units
        if len(_distinct(units)) > 1 and evidence.codes:
            by_code = [
                u
                for u in units
                if u.kind == "commune"
                and (u.postcodes & set(evidence.codes) or u.code in evidence.codes)
            ]
            units = by_code or units
        if len(_distinct(units)) > 1:
            natures = self._natures(found.reading)
            units = [u for u in units if u.nature in natures] or units
        untyped = found.reading.claim is None and not self.type.kinds
        if untyped and len(_distinct(units)) > 1 and {u.code for u in units} <= {"75056", "75"}:
            units = [u for u in units if u.kind == "commune"] or units
        if len(_distinct(units)) > 1 and not evidence.known and len({u.kind for u in units}) == 1:
            first, second = units[0], next(u for u in units if u.code != units[0].code)
            if (
                first.population >= DOMINANCE_POPULATION
                and first.population >= DOMINANCE_RATIO * max(second.population, 1)
            ):
                units = [u for u in units if u.code == first.code]
        return units

    def _natures(self, reading: Reading) -> frozenset[str]:
        stated = set(self.type.natures)
        claim = reading.claim
        if claim is not None and claim.kind == "epci" and claim.strict and claim.nature:
            stated = {claim.nature}
        return frozenset(stated)

    def _beginnings(self, reading: Reading, evidence: Evidence) -> list[Named]:
        """Return the communes whose name begins with what is typed ("Thonon")."""
        typed = names.content(reading.cores[-1]) + " "
        start = bisect_left(self.book.communes, typed, key=lambda pair: pair[0])
        found: list[Named] = []
        for place in range(start, len(self.book.communes)):
            content, unit = self.book.communes[place]
            if not content.startswith(typed):
                break
            if self._agrees(unit, evidence):
                found.append(unit)
        return found

    def _type_doubts(self, unit: Named, reading: Reading) -> list[str]:
        doubts = []
        claim = reading.claim
        if self.type.other:
            doubts.append(f"typed type “{self.type_text}” is no collectivité's")
        elif (self.type.kinds and unit.kind not in self.type.kinds) or (
            self.type.vague and claim is None and unit.kind == "commune"
        ):
            doubts.append(f"typed type “{self.type_text}”, but the name is that of: {unit.said}")
        if unit.kind == "epci":
            sets = [self.type.natures]
            if claim is not None and claim.kind == "epci" and claim.strict and claim.nature:
                sets.append(frozenset({claim.nature}))
            for natures in sets:
                if natures and not self._nature_fits(unit, natures):
                    words = " / ".join(sorted({NATURE_WORDS[n] for n in natures}))
                    doubts.append(
                        f"{words} is stated, {unit.name} is a {NATURE_WORDS[unit.nature]}"
                    )
                    break
        return doubts

    def _nature_fits(self, unit: Named, natures: frozenset[str]) -> bool:
        """Tell whether an EPCI has, or may have had, one of the natures.

        A métropole was a communauté urbaine or d'agglomération before; a communauté urbaine that
        no source attests at the date may have been a communauté d'agglomération then.
        """
        if natures & unit.natures or (unit.nature == "MET69" and "METRO" in natures):
            return True
        if "METRO" in natures and "metropole" in unit.folded:
            return True
        if unit.nature in ("METRO", "MET69"):
            return bool(natures & {"CU", "CA"})
        return unit.nature == "CU" and "CA" in natures and not unit.attested

    def _looseness(self, found: Found, unit: Named, evidence: Evidence) -> list[str]:
        """Return why a name that is not the whole name is no proof here."""
        claim = found.reading.claim
        epci_meant = self._means_epci(found.reading) or self._states_epci()
        if unit.kind == "epci" and claim is None and not epci_meant:
            begins = self._beginnings(found.reading, evidence)
            if begins:
                return [f"the EPCI {unit.said} or {_listed(begins)} may be meant"]
        if unit.kind == "epci" and claim is None and not epci_meant and not evidence.known:
            words = names.content(self.typed.folded).split()
            if found.level == CORE or words[0] == "pays":
                return [f"nothing says that the EPCI is meant: {unit.said}"]
        if unit.kind == "epci" and not self.book.with_tables:
            if found.level == CITY and not existed(unit.code, year=FIRST_YEAR):
                proper = claim is not None and (claim.strict or not claim.leading)
                if proper:
                    return [f"may be the name of a body before 2017, now in {unit.said}"]
            core = names.core_of_epci(STRICT_PREFIX.sub("", found.reading.cores[-1])).split()
            generic = set(core) <= GENERIC and (self.year == FIRST_YEAR or len(core) < 3)
            rare = self._natures(found.reading) & (unit.natures - {"CC"})
            if generic and not rare and not unit.attested and not evidence.known:
                return [f"a name that several EPCI of {self.year} may have borne: {unit.said}"]
        if unit.kind == "commune" and not evidence.known:
            cores = found.reading.cores
            bare = unit.folded not in cores and names.without_article(unit.folded) in cores
            if bare and unit.population < LONE_POPULATION:
                return [f"without its article, and no département to confirm it: {unit.said}"]
            if self.typed.aside and not names.names_service(self.typed.aside):
                return [f"“{self.typed.aside}” in brackets is not read: {unit.said}"]
        untyped = claim is None and "region" not in self.type.kinds
        if unit.kind == "region" and untyped and self.typed.folded in ("centre", "sud"):
            return [f"nothing says that the région is meant: {unit.said}"]
        if set(self.typed.aside.split()) & _OPPOSITE_WORDS:
            return [f"“{self.typed.aside}” in brackets may tell another unit"]
        if found.level == PART:
            tokens = names.core_of_epci(found.reading.cores[-1]).split()
            theirs = names.core_of_epci(STRICT_PREFIX.sub("", unit.folded))
            torn = f" {' '.join(tokens)} " not in f" {theirs} "
            if len(tokens) < 2 or (torn and not unit.attested):
                return [f"only part of the name of {unit.said}"]
        return []

    # ------------------------------------------------------------------------- special cases

    def _whole_name(self, found: Found | None) -> bool:
        """Tell whether a unit bears the whole typed name, or all but its leading type words."""
        if found is None or found.level not in (EXACT, ALIKE):
            return False
        return found.reading.whole and all(
            self.typed.other_word in unit.folded for unit in found.units
        )

    def _segments_differ(self, found: Found | None) -> bool:
        """Tell whether parts of the name state types of different kinds, each with a unit."""
        if found is None or len(self.typed.segments) < 2 or self._whole_name(found):
            return False
        kinds = set()
        for part in self.typed.segments:
            for reading in names.take_apart(part, places=self.places).readings:
                claim = reading.claim
                if claim is None or not any(reading.cores):
                    continue
                key = names.content(reading.cores[-1])
                if self.book.content.get((claim.kind, key)) or (
                    claim.kind == "epci" and self.book.core.get(names.core_of_epci(key))
                ):
                    kinds.add(claim.kind)
                    break
        return len(kinds) > 1

    def _by_segments(self, evidence: Evidence) -> Match | None:
        """Decide a name by its parts, when the whole says nothing: "CASA - Sophia Antipolis"."""
        parts = self.typed.segments
        if len(parts) < 2:
            return None
        hits: list[Named] = []
        read = 0
        for part in parts:
            typed = names.take_apart(part, places=self.places)
            if names.names_service(part):
                read += 1
            read += typed.noise  # "Nantes, France"
            if typed.noise or typed.other:
                continue
            case = replace(self, typed=replace(typed, codes=self.typed.codes))
            found = case._search(evidence)
            if found is None or not found.agreed or found.level == PART:
                continue
            best = case._narrow(found, evidence)
            if len(_distinct(best)) == 1:
                hits.append(best[0])
                read += 1
        if not hits:
            return None
        best_unit = hits[0]
        if len(_distinct(hits)) > 1:
            reason = f"it names several units: {_listed(hits)}"
        elif read == len(parts) and best_unit.linkable:
            doubts = self._type_doubts(best_unit, Reading(None, ("",)))
            if not doubts and not evidence.conflict:
                return Match(
                    best_unit.kind,
                    best_unit.code,
                    94,
                    joined(f"every part of it names {best_unit.said}", best_unit.note),
                    LINKED,
                )
            reason = "; ".join(doubts) or f"places disagree: {evidence.conflict}"
        else:
            reason = f"only a part of it names {best_unit.said}"
        return Match(best_unit.kind, best_unit.code, 70, reason, REVIEW)

    def _review(self, found: Found | None, reason: str) -> Match:
        if found is None:
            return Match(reason=reason, decision=REVIEW)
        best = self._narrow(found, self._evidence(found.reading))[0]
        return Match(best.kind, best.code, 80, f"{reason}; one of them: {best.said}", REVIEW)

    def _review_city(self, found: Found | None) -> Match:
        words = set(self.typed.folded.split())
        for city, code in (("paris", "75056"), ("lyon", "69123"), ("marseille", "13055")):
            if city in words:
                unit = self.book.by_code["commune", code]
                return Match(
                    "commune", code, 70,
                    f"a municipal arrondissement, no collectivité of its own; part of {unit.said}",
                    REVIEW,
                )  # fmt: skip
        return Match(reason="a municipal arrondissement of a city that is not named")

    def _by_siren(self, evidence: Evidence) -> Match:
        numbers = self.typed.siren
        units = [self.book.by_siren[n] for n in numbers if n in self.book.by_siren]
        rest = self._rest_without_siren(evidence)
        if units and len(_distinct(units)) == 1 and len(numbers) == 1:
            unit = units[0]
            doubts = self._type_doubts(unit, Reading(None, ("",)))
            if evidence.known and not self._agrees(unit, evidence):
                doubts.append(f"the SIREN is that of {unit.said}, not in the place that is typed")
            if rest is not None and rest.code and (rest.kind, rest.code) != (unit.kind, unit.code):
                doubts.append(f"the SIREN is that of {unit.said}, the name says {rest.code}")
            if not unit.linkable:
                doubts.append(unit.note)
            if doubts:
                return Match(unit.kind, unit.code, 85, "; ".join(doubts), REVIEW)
            return Match(unit.kind, unit.code, 100, f"SIREN of {unit.said}", LINKED)
        bad = [number for number in numbers if not names.luhn_valid(number)]
        said = (
            f"{', '.join(bad)} is no SIREN (its check digit is wrong)"
            if bad
            else f"SIREN {', '.join(numbers)} is of no commune or EPCI of {self.year}"
        )
        if len(_distinct(units)) > 1 or len(numbers) > 1:
            said = "several SIREN"
        if rest is None or not rest.code:
            return Match(reason=said)
        return replace(rest, decision=REVIEW, reason=joined(said, rest.reason))

    def _rest_without_siren(self, evidence: Evidence) -> Match | None:
        if not self.typed.folded:
            return None
        case = replace(self, typed=replace(self.typed, siren=()))
        return case.decide()

    def _without_name(self, evidence: Evidence) -> Match:
        typed = self.typed
        if typed.codes:
            code = typed.codes[0]
            unit = self.book.by_code.get(("commune", code))
            sharing = self.book.by_postcode.get(code, [])
            doubts = self._type_doubts(unit, Reading(None, ("",))) if unit else []
            if unit is not None and not sharing and not evidence.conflict and not doubts:
                return Match("commune", unit.code, 100, f"COG code of {unit.said}", LINKED)
            if unit is not None:
                return Match(
                    "commune", unit.code, 70,
                    joined(*doubts, f"{code} may be a COG code ({unit.said}) or a postcode"),
                    REVIEW,
                )  # fmt: skip
            if sharing:
                first = max(sharing, key=lambda u: (u.population, u.code))
                return Match(
                    "commune", first.code, 50, f"a postcode alone: {_listed(sharing)}", REVIEW
                )
            return Match(reason=f"{code} is no COG code or postcode of {self.year}")
        if typed.domain:
            words = re.sub(r"\.\w+$", "", typed.domain).replace(".", " ").replace("-", " ")
            case = replace(self, typed=names.take_apart(words, places=self.places))
            guess = case.decide()
            if guess.code:
                return replace(
                    guess,
                    decision=REVIEW,
                    score=min(guess.score, 80),
                    reason=f"only a web or e-mail domain ({typed.domain}); {guess.reason}",
                )
        return Match(reason="no name")

    def _type_alone(self, claim: Claim, evidence: Evidence) -> Match:
        """Decide a name that is nothing but a type: "Conseil départemental", with a département."""
        if claim.kind == "departement" and len(evidence.departements) == 1:
            (code,) = evidence.departements
            unit = self.book.by_code["departement", code]
            doubts = self._type_doubts(unit, Reading(claim, ("",)))
            if evidence.conflict:
                doubts.append(f"places disagree: {evidence.conflict}")
            if not unit.linkable:
                doubts.append(unit.note)
            if doubts:
                kind, code = unit.governor or ("departement", code)
                return Match(kind, code, 85, "; ".join(doubts), REVIEW)
            return Match("departement", code, 99, f"the council of {unit.said}", LINKED)
        if claim.kind == "region" and (evidence.known):
            region = evidence.region or next(
                self.book.by_code["departement", code].region for code in evidence.departements
            )
            return Match("region", region, 80, "région of the place that is typed", REVIEW)
        if claim.kind == "commune" and evidence.codes:
            sharing = [u for code in evidence.codes for u in self.book.by_postcode.get(code, ())]
            if sharing:
                first = max(sharing, key=lambda u: (u.population, u.code))
                return Match(
                    "commune", first.code, 60, f"a postcode alone: {_listed(sharing)}", REVIEW
                )
        return Match(reason="a type without a name")

    # ------------------------------------------------------------------------- slips

    def _slips(self, evidence: Evidence) -> Match:
        for reading in self.typed.readings:
            if reading.claim is not None and not any(reading.cores):
                return self._type_alone(reading.claim, self._evidence(reading))
        if self.typed.noise:
            return Match(reason=f"“{self.typed.text}” names no organisation")
        by_parts = self._by_segments(evidence)
        tried = [self._slips_of(reading) for reading in self._worth_spelling()]
        tried = [one for one in tried if one.decision != NONE]
        order = {LINKED: 0, REVIEW: 1}
        best = min(tried, key=lambda m: (order[m.decision], -m.score), default=None)
        if by_parts is None:
            return best or self._epci_under_another_name(evidence)
        if best is not None and best.decision == LINKED and by_parts.decision == REVIEW:
            if (best.kind, best.code) == (by_parts.kind, by_parts.code):
                return best
            if best.score > 90:
                return replace(by_parts, reason=f"{by_parts.reason}; the whole: {best.reason}")
        return by_parts

    def _epci_under_another_name(self, evidence: Evidence) -> Match:
        """Propose the EPCI of a city that does not bear its name ("CA de Bayonne")."""
        for reading in self.typed.readings:
            if not self._means_epci(reading):
                continue
            for core in filter(None, reading.cores):
                cities = [
                    city
                    for city in self.book.exact.get(("commune", core), ())
                    if city.current and self._agrees(city, evidence)
                ]
                epci = [self.book.epci_of.get(city.code, "") for city in cities]
                if len(epci) == 1 and ("epci", epci[0]) in self.book.by_code:
                    unit = self.book.by_code["epci", epci[0]]
                    reason = f"{cities[0].name} belongs to {unit.said}, which has another name"
                    return Match("epci", unit.code, 50, reason, REVIEW)
        return Match(reason="nothing in the reference resembles the name")

    def _worth_spelling(self) -> list[Reading]:
        """Return the readings to look for with slips; anywhere, not the type words too."""
        readings = list(self.typed.readings)
        claimed = any(r.claim is not None and any(r.cores) for r in readings)
        if claimed and not self._evidence().known:
            readings = [r for r in readings if r.claim is not None]
        return readings

    def _slips_of(self, reading: Reading) -> Match:
        evidence = self._evidence(reading)
        turns = self._kinds(reading)
        found = self._slips_among(reading, evidence, turns[0])
        if found.decision == NONE and len(turns) > 1 and not self.type.kinds:
            return self._slips_among(reading, evidence, turns[1])
        return found

    def _slips_among(self, reading: Reading, evidence: Evidence, kinds: tuple[str, ...]) -> Match:
        hits: list[tuple[int, Named]] = []
        length = 0
        for kind in kinds:
            letters = squeezed(reading.cores[-1], kind=kind)
            length = max(length, len(letters))
            if len(letters) < 3:
                continue
            places = sorted(evidence.departements) or [""]
            if kind == "region":
                places = [""]
            for place in places:
                hits += self.book.near(kind, place, letters)
        if evidence.known and not evidence.departements:
            hits = [(d, u) for d, u in hits if u.region == evidence.region]
        hits.sort(key=lambda h: (h[0], not h[1].linkable, not h[1].current, -h[1].population))
        prefix = self._cut_short(reading, kinds, evidence)
        if not hits:
            if prefix is not None:
                return prefix
            return Match()
        distance, best = hits[0]
        rivals = [d for d, unit in hits if (unit.kind, unit.code) != (best.kind, best.code)]
        margin = (min(rivals) if rivals else distance + MARGIN + 1) - distance
        score = max(1, round(100 * (1 - distance / max(length, 1))))
        said = f"{distance} slip{'s' if distance != 1 else ''} from {best.said}"
        doubts = self._type_doubts(best, reading)
        if evidence.conflict:
            doubts.append(f"places disagree: {evidence.conflict}")
        if not best.linkable:
            doubts.append(best.note)
        shorter = min(length, len(letters_of(best)))
        allowed = slips_allowed(shorter)
        if distance > allowed:
            if prefix is not None:
                return prefix
            if score < 75:
                return Match()
            doubts.append("too many slips")
        if margin < MARGIN and not self._outweighs(hits, best, distance, evidence):
            near = _distinct([unit for d, unit in hits if d < distance + MARGIN])
            doubts.append(f"near it: {_listed(near)}")
        if not evidence.known and not _sure_alone(length, distance, best):
            doubts.append("no département to confirm it")
        if _opposite(reading.cores[-1], best.folded):
            doubts.append("a word that tells neighbours apart differs")
        if best.kind == "epci" and (commune := self._spelt_right(reading, best, evidence)):
            doubts.append(f"{commune} is the name of a commune")
        if best.kind == "epci" and not self._means_epci(reading):
            doubts.append("nothing says that an EPCI is meant")
        if len(kinds) > 1 and best.kind != "commune" and reading.claim is None:
            doubts.append("its type is not stated")
        if doubts:
            return Match(best.kind, best.code, min(score, 89), joined(said, *doubts), REVIEW)
        if best.note:
            said = joined(said, best.note)
        where = "in its département" if evidence.known else "the only one near"
        return Match(best.kind, best.code, min(score, 95), f"{said}, {where}", LINKED)

    def _spelt_right(self, reading: Reading, epci: Named, evidence: Evidence) -> str:
        """Return the commune whose name stands without a slip in that of an EPCI, or "".

        "CC du Pays de Massiac" is no slip of "CC du Pays de Mauriac": there is a Massiac.
        """
        core = STRICT_PREFIX.sub("", reading.cores[-1])
        words = [word for word in names.content(core).split() if word not in GENERIC]
        proper = " ".join(words)
        if not proper or set(words) <= set(names.content(epci.folded).split()):
            return ""
        for unit in self.book.content.get(("commune", proper), ()):
            if unit.current and self._agrees(unit, evidence):
                return unit.name
        return ""

    def _outweighs(
        self, hits: list[tuple[int, Named]], best: Named, distance: int, evidence: Evidence
    ) -> bool:
        """Tell whether one slip from a town beats two from far smaller places around it."""
        rivals = [
            (slips, unit)
            for slips, unit in hits
            if (unit.kind, unit.code) != (best.kind, best.code)
        ]
        return (
            distance == 1
            and evidence.known
            and all(slips > distance for slips, _ in rivals)
            and best.population
            >= OUTWEIGHING
            * max((u.population for s, u in rivals if s < distance + MARGIN), default=0)
            and best.population >= LONE_POPULATION
        )

    def _cut_short(
        self, reading: Reading, kinds: Sequence[str], evidence: Evidence
    ) -> Match | None:
        """Decide a commune's name of which the beginning is typed, inside its département."""
        if "commune" not in kinds or not evidence.departements:
            return None
        typed = names.content(reading.cores[-1])
        if len(typed) < 4:
            return None
        found = [
            unit
            for unit in self._block("commune", evidence)
            if names.content(unit.folded).startswith(typed + " ") and unit.current
        ]
        candidates = _distinct(found)
        if not candidates:
            return None
        best = max(candidates, key=lambda u: (u.population, u.code))
        doubts = self._type_doubts(best, reading)
        if evidence.conflict:
            doubts.append(f"places disagree: {evidence.conflict}")
        if len(candidates) > 1:
            doubts.append(f"several begin so: {_listed(candidates)}")
        if best.population < PREFIX_POPULATION:
            doubts.append("a small commune")
        if doubts:
            return Match(
                "commune", best.code, 75, joined("the beginning of a name", *doubts), REVIEW
            )
        return Match(
            "commune", best.code, 90,
            f"the beginning of the name of {best.said}, the only one in its département", LINKED,
        )  # fmt: skip


GENERIC = frozenset(
    [
        "pays",
        "val",
        "vals",
        "vallee",
        "vallees",
        "deux",
        "trois",
        "quatre",
        "cinq",
        "sept",
        "2",
        "3",
        "4",
        "5",
        "7",
        "portes",
        "porte",
        "rives",
        "rive",
        "rivieres",
        "riviere",
        "monts",
        "mont",
        "plaine",
        "plaines",
        "coteaux",
        "coteau",
        "coeur",
        "sud",
        "nord",
        "est",
        "ouest",
        "haut",
        "haute",
        "hauts",
        "hautes",
        "bas",
        "basse",
        "canton",
        "entre",
        "fleuve",
        "lacs",
        "lac",
        "foret",
        "forets",
        "bois",
        "grand",
        "grande",
        "petit",
        "petite",
        "centre",
        "littoral",
        "mer",
        "montagne",
        "montagnes",
        "sources",
        "source",
        "terres",
        "terre",
        "bocage",
        "plateau",
        "collines",
        "vignoble",
        "region",
        "communaute",
        "territoire",
        "cantons",
        "rural",
        "rurale",
        "rurales",
        "villages",
        "clochers",
    ]
)
"""Words that are no proper names: an EPCI named by them alone may have had homonyms in 2016, which
the list of 2019 does not show."""

EXACT_ALONE = 97
"""Score of an exact name without département or postcode."""

_OPPOSITES = tuple(
    frozenset(pair.split())
    for pair in (
        "haut bas", "haute basse", "hauts bas", "hautes basses", "nord sud", "est ouest",
        "nord est", "sud est", "sud ouest", "nord ouest", "grand petit", "grande petite",
        "vieux neuf", "vieille neuve", "dessus dessous", "amont aval",
        "premier second", "1 2", "2 3", "3 4", "4 5",
    )
)  # fmt: skip


_OPPOSITE_WORDS = frozenset().union(*_OPPOSITES)


def _opposite(typed: str, official: str) -> bool:
    """Tell whether one has a word and the other its opposite ("Haut-Jura" and "Bas-Jura")."""
    one, two = set(typed.split()), set(official.split())
    return any(
        pair & one and pair & two and (pair & one) != (pair & two)
        for pair in _OPPOSITES
        if len(pair & one) == 1 and len(pair & two) == 1
    )


def _sure_alone(length: int, distance: int, unit: Named) -> bool:
    if distance > 1 or length < LONE_LENGTH:
        return False
    known = unit.population >= LONE_POPULATION and unit.attested
    return known or length >= LONE_SURE_LENGTH


def _distinct(units: Sequence[Named]) -> list[Named]:
    return list({(unit.kind, unit.code): unit for unit in reversed(units)}.values())[::-1]


def _listed(units: Sequence[Named], *, most: int = 5) -> str:
    distinct = sorted(_distinct(units), key=lambda u: (-u.population, u.code))
    listed = ", ".join(f"{unit.kind} {unit.said}" for unit in distinct[:most])
    more = len(distinct) - most
    return f"{listed} and {more} more" if more > 0 else listed
