"""Synthetic answers: the assumed counts, spread over fictional collectivités, filters respected.

In: assumptions and a codebook → `Answers` of each edition. Not in: anything about one question (a
question without an entry takes the declared defaults), and files (`writers`, `landing`).

Each question has a source of chance of its own, named after it: changing what is assumed of one
question leaves the answers to the others as they were, unless a filter ties them.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import (
    NOT_RANKED,
    NOT_SELECTED,
    SELECTED,
    Bracket,
    Brackets,
    Code,
    Filter,
    Item,
    Scale,
    Variable,
)
from observatoire_pipeline.sample.answers import Answers, Cell, Respondent
from observatoire_pipeline.sample.assumptions import (
    Assumed,
    Collectivite,
    EditionAssumptions,
    SampleData,
    Typed,
)
from observatoire_pipeline.sample.spread import (
    apportion,
    assign,
    by_leaning,
    normal,
    rank,
    shuffled,
    tick,
    weighted_order,
)
from observatoire_pipeline.sample.writers import SampleError

Unit = tuple[int, int]
"""A row of the edition and an instance (1 in a block asked once)."""

_OPENS, _MINUTES_OPEN = 8, 10 * 60
_SATURDAY = 5


def generate(data: SampleData, *, codebook: Codebook, seed: int) -> list[Answers]:
    """Return the answers of every edition of the assumptions, in their order.

    Args:
        data: Assumptions and fictional collectivités.
        codebook: Says what each edition asked, of whom and with which answers.
        seed: Number from which all chance derives.

    Raises:
        SampleError: counts that cannot be met, each with its edition and variable.
    """
    found: list[Answers] = []
    answered: set[str] = set()
    problems: list[str] = []
    for edition in data.assumptions.editions:
        work = _Edition(data, edition, codebook, seed)
        work.draw(answered)
        if not work.problems:
            work.fill()
        answered |= {collectivite.code for collectivite in work.rows}
        problems += [f"edition {edition.edition}: {problem}" for problem in work.problems]
        if not work.problems:
            found.append(work.finish())
    if problems:
        raise SampleError(f"the assumptions {data.root} cannot be met:", problems)
    return found


@dataclass
class _Edition:
    """The work on one edition: who answers, then one question after the other."""

    data: SampleData
    edition: EditionAssumptions
    codebook: Codebook
    seed: int
    rows: list[Collectivite] = field(default_factory=list)
    respondents: list[Respondent] = field(default_factory=list)
    reached: list[int] = field(default_factory=list)
    """Row → number of questions before the one at which the respondent leaves."""
    instances: dict[str, dict[int, int]] = field(default_factory=dict)
    cells: dict[Cell, list[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def chance(self, name: str) -> Random:
        """Return the source of chance of that name."""
        return Random(f"{self.seed}/{self.edition.edition}/{name}")

    # --- who answers ------------------------------------------------------------------------

    def draw(self, answered: set[str]) -> None:
        """Draw the collectivités, some of which answered before, and the persons."""
        returning = apportion(self.edition.returning, self.edition.respondents)
        rows: list[Collectivite] = []
        for kind, count in self.edition.respondents.items():
            known = [c for c in self.data.collectivites if c.type == kind]
            rng = self.chance(f"respondents/{kind}")
            order = weighted_order(
                known, lambda c: max(c.population, 1) ** self.edition.size_bias, rng
            )
            again = [c for c in order if c.code in answered]
            new = [c for c in order if c.code not in answered]
            back = min(returning[kind], count)
            if len(again) < back or len(new) < count - back:
                self.problems.append(
                    f"respondents: {count} of type {kind}, {back} of them returning, but the "
                    f"fictional collectivités give {len(new)} new and {len(again)} returning"
                )
            rows += again[:back] + new[: count - back]
        self.rows = shuffled(rows, self.chance("order"))
        self._persons()
        self._stops()

    def _persons(self) -> None:
        rng = self.chance("persons")
        file, period = self.edition.file, self.edition.fieldwork
        every = (period.end - period.start).days + 1
        days = [period.start + timedelta(days=offset) for offset in range(every)]
        days = [day for day in days if day.weekday() < _SATURDAY] or days
        moments = sorted(
            (math.floor(rng.random() * len(days)), rng.random()) for _ in range(len(self.rows))
        )
        identifier = file.first_respondent_id
        for row, (position, part) in enumerate(moments):
            minutes = math.floor(part * _MINUTES_OPEN)
            started = datetime.combine(days[position], datetime.min.time()) + timedelta(
                hours=_OPENS, minutes=minutes, seconds=math.floor(rng.random() * 60)
            )
            identifier += 1000 + math.floor(rng.random() * 90_000)
            given, _, family = _pick(self.data.assumptions.persons, rng).partition(" ")
            desk = self.rows[row].code.lower()
            self.respondents.append(
                Respondent(
                    respondent_id=str(identifier),
                    started_at=started,
                    ended_at=started + timedelta(seconds=240 + math.floor(rng.random() * 2400)),
                    collector_id=str(file.collector_id),
                    ip_address=f"192.0.2.{1 + math.floor(rng.random() * 254)}",
                    email_address=f"{_slug(given)}.{_slug(family)}.{desk}@example.org",
                    first_name=given,
                    last_name=family,
                    custom=file.custom,
                )
            )

    def _stops(self) -> None:
        asked = [v.variable for v in self.codebook.variables_asked(self.edition.edition)]
        self.reached = [len(asked)] * len(self.rows)
        order = shuffled(range(len(self.rows)), self.chance("stops"))
        if sum(self.edition.stops.values()) > len(order):
            self.problems.append(f"stops: more than the {len(order)} respondents leave")
            return
        start = 0
        for variable, count in self.edition.stops.items():
            for row in order[start : start + count]:
                self.reached[row] = asked.index(variable)
            start += count

    # --- what they answer -------------------------------------------------------------------

    def fill(self) -> None:
        """Fill every question of the edition in the order of the questionnaire."""
        key = self.edition.edition
        for position, variable in enumerate(self.codebook.variables_asked(key)):
            assumed = self.data.assumptions.of(variable.variable, self.edition)
            units = self._units(variable, position)
            try:
                self._question(variable, assumed, units)
            except ValueError as error:
                self.problems.append(f"{variable.variable}: {error}")

    def _question(self, variable: Variable, assumed: Assumed, units: list[Unit]) -> None:
        rng = self.chance(variable.variable)
        if assumed.reference is not None:
            self._from_reference(variable, assumed, units, rng)
        elif variable.kind in ("single", "bracket"):
            given = self._spread(variable, assumed, shuffled(units, rng), rng)
            self._put(variable, None, given)
        elif variable.kind == "matrix":
            # Those who skip a matrix skip all of it: one order for all its rows.
            order = shuffled(units, rng)
            for item in self._items(variable):
                own = assumed.items.get(item.item, assumed)
                tilt = 0.0 if item.item in assumed.items else self._tilt(variable, item, assumed)
                self._put(variable, item.item, self._spread(variable, own, order, rng, tilt=tilt))
        elif variable.kind == "multiple":
            self._multiple(variable, assumed, units, rng)
        elif variable.kind == "ranking":
            self._ranking(variable, assumed, units, rng)
        elif variable.kind == "number":
            self._number(variable, assumed, units, rng)
        else:
            typed = assumed.text or self.data.assumptions.default.text
            self._put(variable, None, self._type(typed, units, rng))
        self._beside(variable, assumed, units, rng)

    def _units(self, variable: Variable, position: int) -> list[Unit]:
        """Return the units that are asked: reached, described, and let through by the filter."""
        key = self.edition.edition
        rows = [row for row in range(len(self.rows)) if self.reached[row] > position]
        block = self.codebook.block_of(variable.variable, key)
        if not block.repeated:
            units = [(row, 1) for row in rows]
        else:
            counts = self._instances(block.block, rows)
            units = [(row, k) for row in rows for k in range(1, counts.get(row, 0) + 1)]
        if variable.filter is None:
            return units
        return [unit for unit in units if self._passes(variable.filter, unit)]

    def _instances(self, block: str, rows: list[int]) -> dict[int, int]:
        """Return row → how many instances it describes, decided when the block is first met."""
        if block in self.instances:
            return self.instances[block]
        key = self.edition.edition
        filters = [
            v.filter
            for v in self.codebook.variables_asked(key)
            if v.filter is not None
            and self.codebook.block_of(v.variable, key).block == block
            and self.codebook.block_of(v.filter.variable, key).block != block
        ]
        able = [row for row in rows if all(self._passes(rule, (row, 1)) for rule in filters)]
        declared = self.edition.instances.get(block, {1: len(able)})
        counts = {str(number): rows for number, rows in declared.items()}
        if sum(counts.values()) > len(able):
            self.problems.append(
                f"instances: {sum(counts.values())} respondents describe {block}, "
                f"but {len(able)} are asked"
            )
        order = shuffled(able, self.chance(f"instances/{block}"))
        self.instances[block] = {row: int(k) for row, k in assign(order, counts).items()}
        return self.instances[block]

    def _passes(self, rule: Filter, unit: Unit) -> bool:
        row, instance = unit
        repeated = self.codebook.is_repeated(rule.variable)
        cell = (rule.variable, rule.item, instance if repeated else 1)
        values = self.cells.get(cell)
        return values is not None and values[row] in rule.codes

    def _put(
        self,
        variable: Variable,
        item: str | None,
        given: Mapping[Unit, str],
    ) -> None:
        instances = self.codebook.block_of(variable.variable, self.edition.edition).instances_in(
            self.edition.edition
        )
        for instance in range(1, instances + 1):
            self.cells[(variable.variable, item, instance)] = [""] * len(self.rows)
        for (row, instance), value in given.items():
            self.cells[(variable.variable, item, instance)][row] = value

    def _items(self, variable: Variable) -> list[Item]:
        key = self.edition.edition
        return [
            i for i in variable.items if self.codebook.asked(variable.variable, key, item=i.item)
        ]

    def _tilt(self, variable: Variable, item: Item, assumed: Assumed) -> float:
        """Return how far an item draws more or less favour than its matrix, in every edition."""
        vary = _first(assumed.vary, self.data.assumptions.default.vary)
        return vary * normal(Random(f"{self.seed}/tilt/{variable.variable}/{item.item}"))

    # --- kinds of question ------------------------------------------------------------------

    def _spread(
        self,
        variable: Variable,
        assumed: Assumed,
        order: list[Unit],
        rng: Random,
        *,
        tilt: float = 0.0,
    ) -> dict[Unit, str]:
        """Return unit → code; the first of the order answer, the last stay blank."""
        scale = self.codebook.scale_of(variable.variable, self.edition.edition)
        assert scale is not None  # kinds that are spread have a scale (models.Variable)
        codes = self._codes(variable, scale)
        offered: dict[str, int] = {missing.kind: 0 for missing in scale.missing}
        counts = offered | self._counts(assumed, scale, codes, len(order), tilt)
        total = sum(counts.values())
        if total > len(order):
            raise ValueError(f"{total} answers are assumed, but {len(order)} are asked")
        answering = shuffled(order[:total], rng)
        missing = {kind: counts[kind] for kind in offered}
        given = assign(answering, missing)
        rest = answering[len(given) :]
        rising = codes if _rises(codes) else codes[::-1]
        leaning = None if assumed.follows is None else self._leaning(assumed.follows)
        ranked = by_leaning(rest, leaning, rng)
        return given | assign(ranked, {c.code: counts.get(c.code, 0) for c in rising})

    def _codes(self, variable: Variable, scale: Scale | Brackets) -> list[Code]:
        used = self.codebook.codes_of(variable.variable, edition=self.edition.edition)
        return [code for code in scale.codes if code.code in used]

    def _counts(
        self,
        assumed: Assumed,
        scale: Scale | Brackets,
        codes: list[Code],
        asked: int,
        tilt: float,
    ) -> dict[str, int]:
        if assumed.counts is not None:
            return dict(assumed.counts)
        default = self.data.assumptions.default
        shares = {
            missing.kind: math.exp(-tilt)
            * _first(getattr(assumed, missing.kind), getattr(default, missing.kind))
            for missing in scale.missing
        }
        if assumed.base is None:
            answering = asked - _round(asked * _first(assumed.no_answer, default.no_answer))
            missing = {kind: _round(answering * share) for kind, share in shares.items()}
            base = answering - sum(missing.values())
        else:
            base, missing = assumed.base, {}
            if base > asked:
                raise ValueError(f"a base of {base} is assumed, but {asked} are asked")
            for kind, share in shares.items():
                room = asked - base - sum(missing.values())
                missing[kind] = min(room, _round(base * share))
        weights = assumed.shares or self._default_weights(scale, codes)
        rising = [c.code for c in (codes if _rises(codes) else codes[::-1])]
        weights = {
            code: weight * math.exp(tilt * (rising.index(code) - (len(rising) - 1) / 2))
            for code, weight in weights.items()
        }
        if assumed.favourable is None:
            return missing | apportion(base, weights)
        good = {c.code for c in codes if c.pole == "positive"}
        return (
            missing
            | apportion(assumed.favourable, {c: w for c, w in weights.items() if c in good})
            | apportion(
                base - assumed.favourable, {c: w for c, w in weights.items() if c not in good}
            )
        )

    def _default_weights(self, scale: Scale | Brackets, codes: list[Code]) -> dict[str, float]:
        """Return declared weights: by pole, less far from the middle; else less down the list."""
        default = self.data.assumptions.default
        middle = (len(codes) - 1) / 2
        if not any(code.pole for code in codes):
            central = isinstance(scale, Brackets) or scale.ordered
            return {
                code.code: default.decay ** (abs(k - middle) if central else k)
                for k, code in enumerate(codes)
            }
        weights: dict[str, float] = {}
        for pole in ("positive", "neutral", "negative"):
            members = {
                code.code: default.decay ** abs(k - middle)
                for k, code in enumerate(codes)
                if (code.pole or "neutral") == pole
            }
            whole = sum(members.values())
            weights |= {
                code: getattr(default, pole) * weight / whole for code, weight in members.items()
            }
        return {code.code: weights[code.code] for code in codes}

    def _multiple(
        self, variable: Variable, assumed: Assumed, units: list[Unit], rng: Random
    ) -> None:
        default = self.data.assumptions.default
        blank = _round(len(units) * _first(assumed.no_answer, default.no_answer))
        base = _first(assumed.base, len(units) - blank)
        if base > len(units):
            raise ValueError(f"a base of {base} is assumed, but {len(units)} are asked")
        items = self._items(variable)
        exact, shares = assumed.counts or {}, assumed.shares or {}
        counts = {}
        for item in items:
            usual = default.exclusive if item.exclusive else default.ticked
            share = shares.get(item.item, usual)
            counts[item.item] = exact.get(item.item, _round(base * share))
        leaning = self._leaning(assumed.follows or "attitude")
        answering = by_leaning(shuffled(units, rng)[:base], leaning, rng, noise=1.5)
        alone = assign(answering, {i.item: counts[i.item] for i in items if i.exclusive})
        rest = [unit for unit in answering if unit not in alone]
        free = {i.item: counts[i.item] for i in items if not i.exclusive}
        ticked = tick(rest, free, rng, leaning=leaning, fixed=set(free) <= set(exact))
        typed = assumed.other or default.other
        for item in items:
            holders = ticked.get(item.item, {u for u, code in alone.items() if code == item.item})
            if item.text:
                chosen = [unit for unit in answering if unit in holders]
                texts = Typed(texts=typed.texts)
                self._put(variable, item.item, self._type(texts, chosen, rng))
                continue
            given = {u: SELECTED if u in holders else NOT_SELECTED for u in answering}
            self._put(variable, item.item, given)

    def _ranking(
        self, variable: Variable, assumed: Assumed, units: list[Unit], rng: Random
    ) -> None:
        default = self.data.assumptions.default
        blank = _round(len(units) * _first(assumed.no_answer, default.no_answer))
        base = _first(assumed.base, len(units) - blank)
        items = [item.item for item in self._items(variable)]
        ranks: dict[str, dict[Unit, str]] = {item: {} for item in items}
        for position, unit in enumerate(shuffled(units, rng)[:base]):
            kept = len(items)
            if position < _round(base * assumed.partial):
                kept = 1 + math.floor(rng.random() * (len(items) - 1))
            for place, item in enumerate(rank(items, assumed.strengths, rng), start=1):
                ranks[item][unit] = f"rank_{place}" if place <= kept else NOT_RANKED
        for item, given in ranks.items():
            self._put(variable, item, given)

    def _number(self, variable: Variable, assumed: Assumed, units: list[Unit], rng: Random) -> None:
        default = self.data.assumptions.default
        asked = shuffled(units, rng)
        bounds: dict[Unit, tuple[float, float | None]] = {}
        if assumed.within is not None:
            brackets = self._brackets(assumed.within)
            for row, instance in asked:
                values = self.cells.get((assumed.within, None, instance), [""] * len(self.rows))
                if values[row] in brackets:
                    entry = brackets[values[row]]
                    bounds[(row, instance)] = (entry.lower or 0, entry.upper)
            asked = [unit for unit in asked if unit in bounds]
        given = {}
        for unit in asked[: _round(len(asked) * assumed.filled)]:
            if unit in bounds:
                value = _inside(*bounds[unit], rng)
            else:
                middle = _first(assumed.median, default.median)
                value = round(middle * math.exp(assumed.spread * normal(rng)))
            value = int(
                min(max(value, _first(variable.minimum, value)), _first(variable.maximum, value))
            )
            given[unit] = f"{value:,}".replace(",", " ") if rng.random() < 1 / 4 else str(value)
        self._put(variable, None, given)

    def _from_reference(
        self, variable: Variable, assumed: Assumed, units: list[Unit], rng: Random
    ) -> None:
        scale = self.codebook.scale_of(variable.variable, self.edition.edition)
        order = shuffled(units, rng)
        blank = _round(len(units) * _first(assumed.no_answer, 0.0))
        given = {}
        for row, instance in order[: len(order) - blank]:
            collectivite = self.rows[row]
            if assumed.reference == "email_address":
                value = self.respondents[row].email_address
            elif assumed.reference == "name":
                value = self._typed_name(collectivite, rng)
            else:
                value = str(getattr(collectivite, assumed.reference or "name"))
            value = assumed.mapping.get(value, value)
            if isinstance(scale, Brackets):
                value = _bracket_of(float(value), scale)
            given[(row, instance)] = value
        self._put(variable, None, given)

    def _typed_name(self, collectivite: Collectivite, rng: Random) -> str:
        ways = self.data.assumptions.names.get(collectivite.type, ("{name}",))
        plain = _without_accents(collectivite.name)
        return _pick(ways, rng).format(
            name=collectivite.name,
            plain=plain,
            upper=plain.upper(),
            departement=collectivite.departement,
        )

    def _beside(self, variable: Variable, assumed: Assumed, units: list[Unit], rng: Random) -> None:
        """Fill the box of "autre" and the comment."""
        default, key = self.data.assumptions.default, self.edition.edition
        name = variable.variable
        if variable.other and self.codebook.column_text(name, variable.other, key) is not None:
            chosen = [u for u in units if self._value(name, None, u) == variable.other]
            self._put(
                variable, variable.other, self._type(assumed.other or default.other, chosen, rng)
            )
        if variable.comment and self.codebook.column_text(name, variable.comment, key) is not None:
            typed = assumed.comment or default.comment
            names = [item.item for item in self._items(variable)]
            items: list[str | None] = [*names] if names else [None]
            chosen = [
                unit
                for unit in units
                if any((value := self._value(name, item, unit)) for item in items)
                and (not typed.codes or value in typed.codes)
            ]
            self._put(variable, variable.comment, self._type(typed, chosen, rng))

    def _value(self, variable: str, item: str | None, unit: Unit) -> str:
        row, instance = unit
        return self.cells[(variable, item, instance)][row]

    def _type(self, typed: Typed, units: Sequence[Unit], rng: Random) -> dict[Unit, str]:
        chosen = shuffled(list(units), rng)[: _round(len(units) * typed.filled)]
        return {unit: _pick(typed.texts, rng) for unit in chosen}

    def _brackets(self, variable: str) -> dict[str, Bracket]:
        scale = self.codebook.scale_of(variable, self.edition.edition)
        return {code.code: code for code in scale.codes} if isinstance(scale, Brackets) else {}

    def _leaning(self, follows: str) -> Callable[[Unit], float]:
        """Return what a collectivité carries from question to question, in standard deviations."""
        if follows == "population":
            sizes = [math.log(max(c.population, 1)) for c in self.rows]
            mean = sum(sizes) / len(sizes)
            spread = math.sqrt(sum((s - mean) ** 2 for s in sizes) / len(sizes)) or 1.0
            return lambda unit: 2 * (sizes[unit[0]] - mean) / spread
        attitudes = [normal(Random(f"{self.seed}/attitude/{c.code}")) for c in self.rows]
        return lambda unit: attitudes[unit[0]]

    # --- the export -------------------------------------------------------------------------

    def finish(self) -> Answers:
        """Return the answers in the order of the export, with the rows that stand twice."""
        order = list(range(len(self.rows)))
        if self.edition.file.newest_first:
            order.reverse()
        complete = [row for row in order if self.reached[row] == max(self.reached)]
        for row in shuffled(complete, self.chance("duplicates"))[: self.edition.duplicates]:
            order.insert(min(order.index(row) + 7, len(order)), row)
        answers = Answers(self.edition.edition, tuple(self.respondents), self.cells)
        return answers.take(order)


T = TypeVar("T")


def _first(given: T | None, otherwise: T) -> T:
    return otherwise if given is None else given


def _round(value: float) -> int:
    return math.floor(value + 0.5)


def _pick(choices: Sequence[str], rng: Random) -> str:
    return choices[math.floor(rng.random() * len(choices))]


def _rises(codes: Sequence[Code]) -> bool:
    """Tell whether the codes go from the low or negative end to the high or positive end."""
    poles = [code.pole for code in codes if code.pole in ("positive", "negative")]
    return not poles or poles[0] == "negative"


def _bracket_of(value: float, scale: Brackets) -> str:
    for code in scale.codes:
        if code.point and code.lower == value:
            return code.code
    for code in scale.codes:
        low = code.lower is None or code.lower <= value
        if not code.point and low and (code.upper is None or value < code.upper):
            return code.code
    raise ValueError(f"no bracket of {scale.brackets} holds {value:g}")


def _inside(lower: float, upper: float | None, rng: Random) -> int:
    """Return a round amount of the interval; one without an upper end goes to three times."""
    top = 3 * lower if upper is None else upper
    if top <= lower:
        return int(lower)
    start = max(lower, top / 10)
    value = start * (top / start) ** rng.random()
    step = 10 ** max(0, math.floor(math.log10(value)) - 1)
    rounded = math.floor(value / step) * step
    return int(rounded if lower <= rounded < top else math.ceil(lower) or 1)


def _without_accents(text: str) -> str:
    bare = unicodedata.normalize("NFD", text.replace("’", "'"))
    return "".join(c for c in bare if not unicodedata.combining(c))


def _slug(text: str) -> str:
    kept = (c if c.isalnum() else "-" for c in _without_accents(text).lower())
    return "-".join(part for part in "".join(kept).split("-") if part)
