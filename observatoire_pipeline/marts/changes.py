"""What changed between two editions, where they may be compared at all, and how sure that is.

In: the rows of `mart_changes`: which pairs and figures, the design that the common collectivités
make, the families of tests, the split into who answered and what they answered.
Not in: the grades (`longitudinal.comparability`) and the formulas (`estimation.change`,
`estimation.families`, `estimation.decomposition`).

The tests are declared before anything is computed: every figure of a question whose grade allows a
change, in the family of its block and pair of editions. A later edition brings pairs of its own and
touches no earlier row.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import SELECTED, Disclosure
from observatoire_pipeline.estimation.change import (
    INDEPENDENT,
    OVERLAPPING,
    Change,
    SharesOfTwoEditions,
    change_of_clustered_shares,
    change_of_share,
)
from observatoire_pipeline.estimation.decomposition import kitagawa
from observatoire_pipeline.estimation.families import adjust_within_families
from observatoire_pipeline.estimation.intervals import INFINITE
from observatoire_pipeline.marts.bases import DO_NOT_KNOW
from observatoire_pipeline.marts.counts import PanelError
from observatoire_pipeline.marts.estimates import CI_LEVEL, FAVOURABLE
from observatoire_pipeline.marts.groups import breakdowns
from observatoire_pipeline.marts.units import Units, counting_units
from observatoire_pipeline.tables.frames import conform, empty
from observatoire_pipeline.tables.model import Table

Integers = npt.NDArray[np.int64]
Record = dict[str, Any]

COMPUTED, NOT_COMPARABLE, REFUSED, NO_BASE = "computed", "not_comparable", "refused", "no_base"

POWER = 0.8
"""Probability with which a change as large as the smallest detectable one would be found."""

SPLIT_DECIMALS = 2
"""The split is given in whole points: to the last digit it would tell the answers of the groups."""

_WORDS = {
    "fr": {
        "mixed": "L’une des éditions est synthétique et l’autre ne l’est pas\u202f: "
        "aucune évolution n’est calculée",
        "no_base": "Aucune réponse en {editions}",
        "one_offers": "Proposé dans une seule des deux éditions",
        "one_dk": "«\u00a0Ne sait pas\u00a0» n’est proposé que dans une seule des deux éditions",
        "few_common": "Trop peu de répondants communs pour en tenir compte\u202f: "
        "échantillons traités comme indépendants",
        "own_type": "C’est la question des types eux-mêmes",
        "no_split": "Moins de deux groupes montrés dans les deux éditions",
        "pooled": "Regroupés, trop peu nombreux ou masqués\u202f: {types}",
    },
    "en": {
        "mixed": "One edition is synthetic and the other is not: no change is computed",
        "no_base": "No answer in {editions}",
        "one_offers": "Offered by one of the two editions only",
        "one_dk": "Do-not-know is offered by one of the two editions only",
        "few_common": "Too few common respondents to allow for: taken as independent samples",
        "own_type": "It is the question of the types themselves",
        "no_split": "Fewer than two groups are shown in both editions",
        "pooled": "Put together, too few or hidden: {types}",
    },
}


@dataclass(frozen=True)
class _Figure:
    """A figure of both editions: the answers that it adds in each, and its rows there."""

    code: str
    label: str
    order: int
    earlier: tuple[str, ...]
    later: tuple[str, ...]


@dataclass(frozen=True)
class _Sides:
    """The answers of both editions to one question, on the same answers.

    Attributes:
        cross: Collectivités by answer in the earlier (rows) and later edition (columns); the last
            place is for those outside the base or absent. Empty for units in clusters.
        codes: Answers in order.
        by_type: For each edition, units by type and answer.
        types: Labels of the types, in order.
        clustered: For each edition, units by organisation and answer; None where a collectivité
            is one unit.
    """

    cross: Integers
    codes: tuple[str, ...]
    by_type: tuple[Integers, Integers]
    types: tuple[str, ...]
    clustered: tuple[Integers, Integers] | None


def edition_pairs(editions: Sequence[str]) -> list[tuple[str, str]]:
    """Return each edition with the one before it, and with the first one.

    Args:
        editions: In the order of time.

    Returns:
        (earlier, later) pairs in the order of the later one; a further edition adds pairs at the
        end and changes none.
    """
    pairs = []
    for place in range(1, len(editions)):
        pairs.append((editions[place - 1], editions[place]))
        if place > 1:
            pairs.append((editions[0], editions[place]))
    return pairs


def changes(
    mart_estimates: pd.DataFrame,
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    profiles: pd.DataFrame,
    comparability: pd.DataFrame,
    *,
    codebook: Codebook,
    tables: Mapping[str, Table],
) -> pd.DataFrame:
    """Return the change of every share between two editions, or why there is none.

    Collectivités are followed by their identity. None in common: Newcombe's interval; the same
    ones twice: exact McNemar test; some in common: their covariance counts, from
    `disclosure.smallest_base` of them on, for the covariance of fewer tells their answers. Tools
    and devices are clustered by collectivité. Variances and intervals allow for the frame of each
    figure that has one.

    The split into composition and behaviour is by type of collectivité; types with fewer than
    `disclosure.smallest_base` answers in one of the editions, or of which the figure is hidden in
    one, are put together, so that it tells nothing of a group that is hidden elsewhere.

    A question that may not be compared, or of which one edition is synthetic and the other not, has
    one row with its grade and the reason, and no number.

    Args:
        mart_estimates: Frame of `mart_estimates`; the unweighted shares of everybody are compared.
        panel_responses: Frame of `panel_responses`.
        panel_instances: Frame of `panel_instances`.
        profiles: Frame of `respondent_profiles`.
        comparability: Frame of `comparability`.
        codebook: The survey.
        tables: The catalogue.

    Returns:
        A frame of `mart_changes`, in the order of pairs, questions, bases and answers. Shares and
        differences are between −1 and 1.

    Raises:
        PanelError: the tables do not agree.
    """
    table = tables["mart_changes"]
    wanted = (
        (mart_estimates["statistic"] == "share")
        & (mart_estimates["weighting"] == "unweighted")
        & (mart_estimates["breakdown"] == "all")
    )
    types = _types_shown(mart_estimates)
    figures: dict[tuple[str, str, str], dict[str, dict[str, Record]]] = {}
    for row in mart_estimates.loc[wanted, _READ].to_dict("records"):
        question = figures.setdefault((row["edition"], row["variable"], row["item"]), {})
        row["types"] = types.get(row["figure_id"], set())
        question.setdefault(row["base_rule"], {})[row["code"]] = row
    present = {edition for edition, _, _ in figures}
    pairs = edition_pairs([edition for edition in codebook.edition_keys if edition in present])
    grades = {
        (row["edition_from"], row["edition_to"], row["variable"], row["item"]): row
        for row in comparability.to_dict("records")
    }
    units = counting_units(panel_responses, panel_instances, profiles, codebook=codebook)
    records: list[Record] = []
    for pair in pairs:
        for name, item in dict.fromkeys((v, i) for e, v, i in figures if e in pair):
            sides = [figures.get((edition, name, item), {}) for edition in pair]
            grade = grades.get((*pair, name, item))
            if grade is None:
                raise PanelError(f"{name} {item} from {pair[0]} to {pair[1]} has no grade")
            records += _of_question(pair, grade, sides[0], sides[1], units)
    if not records:
        return empty(table)
    place = {name: k for k, name in enumerate(codebook.variables)}
    order = {pair: k for k, pair in enumerate(pairs)}
    records.sort(key=lambda r: (order[r["edition_from"], r["edition_to"]], place[r["variable"]]))
    return conform(_adjusted(pd.DataFrame(records), table), table)


def _types_shown(mart_estimates: pd.DataFrame) -> dict[str, set[str]]:
    """Return for each overall figure the types, by label, of which the same is shown."""
    by_type = mart_estimates[(mart_estimates["breakdown"] == "type")]
    by_type = by_type[by_type["share"].notna()]
    stems = by_type["figure_id"].str.rsplit(".", n=2).str[0] + ".all.all"
    found: dict[str, set[str]] = {}
    for figure, label in zip(stems, by_type["breakdown_label"], strict=True):
        found.setdefault(figure, set()).add(label)
    return found


_READ = [
    "figure_id", "edition", "unit", "variable", "item", "code", "base_rule", "variable_label",
    "item_label", "code_label", "code_order", "numerator", "base_n", "frame_n",
    "synthetic",
]  # fmt: skip


def _of_question(
    pair: tuple[str, str],
    grade: Record,
    earlier: dict[str, dict[str, Record]],
    later: dict[str, dict[str, Record]],
    units: Units,
) -> Iterator[Record]:
    codebook = units.codebook
    words = _WORDS[codebook.survey.language]
    known = next(iter((later or earlier).values()))
    common = _common(pair, grade, next(iter(known.values())), codebook)
    if not grade["comparable"] or not earlier or not later:
        yield {**common, "status": NOT_COMPARABLE, "reason": grade["reason"]}
        return
    flags = [next(iter(next(iter(s.values())).values()))["synthetic"] for s in (earlier, later)]
    common["synthetic"] = any(flags)
    if flags[0] != flags[1]:
        yield {**common, "status": REFUSED, "reason": words["mixed"]}
        return
    common["family"] = f"{common['block']}.{pair[0]}.{pair[1]}"
    mapping: dict[str, str] = json.loads(grade["code_mapping"]) if grade["code_mapping"] else {}
    sides = _sides(pair, common["variable"], common["item"], mapping, units)
    for base_rule in dict.fromkeys([*earlier, *later]):
        rows = earlier.get(base_rule), later.get(base_rule)
        of_rule = {**common, "base_rule": base_rule}
        of_rule["change_id"] = f"{common['change_id']}.{base_rule}"
        if rows[0] is None or rows[1] is None:
            yield {**of_rule, "family": "", "status": NOT_COMPARABLE, "reason": words["one_dk"]}
            continue
        for figure in _figures(rows[0], rows[1], mapping):
            yield _record(of_rule, figure, rows[0], rows[1], sides, base_rule, codebook)


def _common(pair: tuple[str, str], grade: Record, row: Record, codebook: Codebook) -> Record:
    """Return what all rows of a question share."""
    edition = row["edition"]
    parts = (f"{pair[0]}-{pair[1]}", row["unit"], row["variable"], row["item"] or "-")
    return {
        **dict.fromkeys(_EMPTY),
        "change_id": ".".join(parts),
        "edition_from": pair[0],
        "edition_to": pair[1],
        "block": codebook.block_of(row["variable"], edition).block,
        **{
            name: row[name] for name in ("unit", "variable", "item", "variable_label", "item_label")
        },
        **dict.fromkeys(_NO_TEXT, ""),
        "grade": grade["grade"],
        "reason": grade["reason"],
        "synthetic": row["synthetic"],
        "suppression": "none",
        "cautious": False,
    }


_EMPTY = (
    "code_order", "frame_n_from", "frame_n_to", "numerator_from", "base_n_from", "share_from",
    "numerator_to", "base_n_to", "share_to", "common_n", "difference", "standard_error", "ci_lower",
    "ci_upper", "ci_level", "p_value", "family_size", "p_adjusted", "smallest_detectable",
    "composition", "behaviour",
)  # fmt: skip
_NO_TEXT = (
    "code", "code_label", "base_rule", "figures_from", "figures_to", "overlap", "test", "ci_method",
    "family", "note", "split_note",
)  # fmt: skip


def _figures(
    earlier: dict[str, Record], later: dict[str, Record], mapping: Mapping[str, str]
) -> list[_Figure]:
    """Return the figures of either edition on the answers that both know."""

    def grouped(rows: dict[str, Record]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for code in rows:
            shared = mapping.get(code, code)
            found[shared] = (*found.get(shared, ()), code)
        return found

    sides = grouped(earlier), grouped(later)
    made = []
    for order, code in enumerate(dict.fromkeys([*sides[1], *sides[0]]), start=1):
        own = later.get(code) or earlier.get(code)
        if own is None:  # the mapping names an answer that neither edition offered
            own = later.get(sides[1].get(code, ("",))[0]) or earlier[sides[0][code][0]]
        if code == FAVOURABLE and mapping:
            continue
        made.append(
            _Figure(code, own["code_label"], order, sides[0].get(code, ()), sides[1].get(code, ()))
        )
    return made


def _sides(
    pair: tuple[str, str], variable: str, item: str, mapping: Mapping[str, str], units: Units
) -> _Sides:
    """Count the answers of both editions on the same answers, followed by collectivité."""
    codebook = units.codebook
    repeated = codebook.is_repeated(variable)
    profiles = units.profiles[repeated]
    codes: list[str] = []
    for edition in pair:
        own = [SELECTED, "other"]
        if codebook.variables[variable].kind != "multiple":
            own = [*codebook.codes_of(variable, edition=edition), DO_NOT_KNOW]
        codes += [mapping.get(code, code) for code in own]
    codes = [*dict.fromkeys(code for code in codes if code != DO_NOT_KNOW), DO_NOT_KNOW]
    width = len(codes) + 1
    answers, organisations, groups = [], [], []
    for edition in pair:
        question = units.question(edition, variable, item or None)
        if codebook.variables[variable].kind == "multiple":
            ticked = question.codes == question.vocabulary.index(SELECTED)
            answer = np.where(question.inside, np.where(ticked, 0, 1), width - 1)
        else:
            shared = [mapping.get(code, code) for code in question.vocabulary]
            at = [codes.index(code) if code in codes else width - 1 for code in shared]
            answer = np.array(at, dtype=np.int64)[question.codes]
        answers.append(answer)
        organisations.append(profiles["organisation_id"].to_numpy()[question.rows])
        groups.append(profiles["type"].to_numpy()[question.rows])
    types, of_type = np.unique(np.concatenate(groups).astype(str), return_inverse=True)
    names, of_unit = np.unique(np.concatenate(organisations).astype(str), return_inverse=True)
    cut = len(answers[0])

    def table(place: npt.NDArray[np.intp], answer: Integers, size: int) -> Integers:
        flat = np.bincount(place * width + answer, minlength=size * width)
        return flat.reshape(size, width).astype(np.int64)

    by_type = (
        table(of_type[:cut], answers[0], len(types)),
        table(of_type[cut:], answers[1], len(types)),
    )
    clustered, cross = None, np.zeros((width, width), dtype=np.int64)
    if repeated:
        clustered = (
            table(of_unit[:cut], answers[0], len(names)),
            table(of_unit[cut:], answers[1], len(names)),
        )
    else:
        seen = np.full((2, len(names)), width - 1)
        seen[0, of_unit[:cut]] = answers[0]
        seen[1, of_unit[cut:]] = answers[1]
        flat = np.bincount(seen[0] * width + seen[1], minlength=width * width)
        cross = flat.reshape(width, width).astype(np.int64)
    labels = type_labels(codebook)
    told = tuple(labels.get(kind, kind) for kind in types.tolist())
    return _Sides(cross, tuple(codes), by_type, told, clustered)


def _record(
    common: Record,
    figure: _Figure,
    earlier: dict[str, Record],
    later: dict[str, Record],
    sides: _Sides,
    base_rule: str,
    codebook: Codebook,
) -> Record:
    words = _WORDS[codebook.survey.language]
    disclosure = codebook.survey.disclosure
    record = {
        **common,
        "change_id": f"{common['change_id']}.{figure.code}",
        "code": figure.code,
        "code_label": figure.label,
        "code_order": figure.order,
    }
    if not figure.earlier or not figure.later:
        return {**record, "family": "", "status": NOT_COMPARABLE, "reason": words["one_offers"]}
    told, frames = [], []
    figure_rows = [earlier[code] for code in figure.earlier]
    figure_rows += [later[code] for code in figure.later]
    for side, rows, parts in (("from", earlier, figure.earlier), ("to", later, figure.later)):
        numerator = sum(int(rows[code]["numerator"]) for code in parts)
        base, frame = int(rows[parts[0]]["base_n"]), rows[parts[0]]["frame_n"]
        # One answer has no variance that could be corrected.
        known = not pd.isna(frame) and base > 1
        frames.append(float(frame) if known else INFINITE)
        record |= {
            f"frame_n_{side}": int(frame) if known else None,
            f"figures_{side}": " ".join(rows[code]["figure_id"] for code in parts),
            f"numerator_{side}": numerator,
            f"base_n_{side}": base,
            f"share_{side}": numerator / base if base else None,
        }
        told.append((numerator, base))
    without = [
        common[f"edition_{s}"] for s, (_, n) in zip(("from", "to"), told, strict=True) if not n
    ]
    if without:
        reason = words["no_base"].format(editions=", ".join(without))
        return {**record, "status": NO_BASE, "reason": reason, "suppression": "no_base"}
    smallest = min(base for _, base in told)
    record["suppression"] = "small_base" if smallest < disclosure.smallest_base else "none"
    record["cautious"] = smallest < disclosure.cautious_base
    inside = [
        place
        for place, code in enumerate(sides.codes)
        if base_rule == "answered_or_dk" or code != DO_NOT_KNOW
    ]
    if figure.code == FAVOURABLE:
        hits = [
            set(codebook.favourable_codes(common["variable"], common[f"edition_{s}"]))
            for s in ("from", "to")
        ]
    else:
        hits = [{figure.code}] * 2
    at = [[p for p in inside if sides.codes[p] in wanted] for wanted in hits]
    found = _compared(
        at,
        inside,
        sides,
        told,
        population=(frames[0], frames[1]),
        disclosure=disclosure,
    )
    change, overlap, common_n = found
    record |= {
        "status": COMPUTED,
        "overlap": overlap,
        "common_n": common_n,
        "test": change.test,
        "difference": change.difference,
        "standard_error": change.standard_error,
        "ci_lower": change.lower,
        "ci_upper": change.upper,
        "ci_method": change.interval,
        "ci_level": CI_LEVEL,
        "p_value": change.p_value,
        "smallest_detectable": None
        if math.isnan(change.smallest_detectable)
        else change.smallest_detectable,
    }
    if _few_common(common_n, told, disclosure):
        record["note"] = words["few_common"]
    if common["variable"] == codebook.survey.identity.type:
        return {**record, "split_note": words["own_type"]}
    shown = set.intersection(*(figure_row["types"] for figure_row in figure_rows))
    return record | _split(at, inside, sides, words, shown=shown, smallest=disclosure.smallest_base)


def type_labels(codebook: Codebook) -> dict[str, str]:
    """Return what a reader sees of each type of collectivité; empty where nobody tells them."""
    return {
        code: label
        for split in breakdowns(codebook, regions={})
        if split.breakdown == "type"
        for code, label in zip(split.codes, split.labels, strict=True)
    }


def _compared(
    at: list[list[int]],
    inside: list[int],
    sides: _Sides,
    told: list[tuple[int, int]],
    *,
    population: tuple[float, float],
    disclosure: Disclosure,
) -> tuple[Change, str, int]:
    """Return the change, its design, and how many collectivités stand in both bases.

    Raises:
        PanelError: the counts are not those of the figures.
    """
    if sides.clustered is not None:
        counts = [
            (table[:, at[k]].sum(axis=1), table[:, inside].sum(axis=1))
            for k, table in enumerate(sides.clustered)
        ]
        _check(told, [(int(x.sum()), int(n.sum())) for x, n in counts])
        common_n = int(np.count_nonzero((counts[0][1] > 0) & (counts[1][1] > 0)))
        if 0 < common_n < disclosure.smallest_base:  # the same ones stand as others
            nobody = np.zeros_like(counts[0][0])
            counts = [
                (np.append(*ends(x)), np.append(*ends(n)))
                for ends, (x, n) in zip(
                    (lambda one: (one, nobody), lambda one: (nobody, one)), counts, strict=True
                )
            ]
        change = change_of_clustered_shares(counts[0], counts[1], level=CI_LEVEL, power=POWER)
        return change, OVERLAPPING if common_n else INDEPENDENT, common_n
    first, second = (np.zeros(len(sides.cross), dtype=np.int64) for _ in range(2))
    for array, hit in ((first, at[0]), (second, at[1])):
        array[inside] = 1  # in the base
        array[hit] = 2  # gave the answer
    by_state = np.zeros((3, 3), dtype=np.int64)
    np.add.at(by_state, (first[:, None], second[None, :]), sides.cross)
    shares = SharesOfTwoEditions(
        both=int(by_state[2, 2]),
        earlier=int(by_state[2, 1]),
        later=int(by_state[1, 2]),
        neither=int(by_state[1, 1]),
        earlier_only=(int(by_state[2, 0]), int(by_state[1:, 0].sum())),
        later_only=(int(by_state[0, 2]), int(by_state[0, 1:].sum())),
    )
    _check(told, [shares.earlier_counts, shares.later_counts])
    overlap, common_n = shares.overlap, shares.common_n
    apart = SharesOfTwoEditions(0, 0, 0, 0, earlier_only=told[0], later_only=told[1])
    if _few_common(common_n, told, disclosure):
        shares = apart
    change = change_of_share(shares, level=CI_LEVEL, power=POWER, population=population)
    if change.standard_error == 0 and change.interval != "exact_matched":
        # Nobody varied: a normal interval would be a point. Newcombe's supposes no common unit.
        change = change_of_share(apart, level=CI_LEVEL, power=POWER, population=population)
    return change, overlap, common_n


def _few_common(common_n: int, told: list[tuple[int, int]], rules: Disclosure) -> bool:
    """Tell whether what the common ones answered would be the answers of a few.

    They are few, or those of a base who are not among them are: the two give each other away.
    """
    rests = [base - common_n for _, base in told]
    return 0 < common_n < rules.smallest_base or (
        common_n > 0 and any(0 < rest < rules.smallest_difference for rest in rests)
    )


def _check(told: list[tuple[int, int]], counted: list[tuple[int, int]]) -> None:
    if told != counted:
        raise PanelError(f"figures of {told} against {counted} in the panel")


def _split(
    at: list[list[int]],
    inside: list[int],
    sides: _Sides,
    words: Mapping[str, str],
    *,
    shown: set[str],
    smallest: int,
) -> Record:
    """Return who answered and what they answered, by type.

    Types that are small, or whose answers are not `shown` in both editions, are put together: the
    split follows from published figures, and tells nothing of a group that is hidden.
    """
    hits = [table[:, at[k]].sum(axis=1) for k, table in enumerate(sides.by_type)]
    bases = [table[:, inside].sum(axis=1) for table in sides.by_type]
    least = np.minimum(bases[0], bases[1])
    alone = (least >= smallest) & np.isin(sides.types, list(shown))
    while alone.any() and (bases[0] + bases[1])[~alone].sum() > 0:
        if min(int(side[~alone].sum()) for side in bases) >= smallest:
            break
        # What is put together must be large enough as well: the smallest group joins it.
        alone[np.flatnonzero(alone)[np.argmin(least[alone])]] = False
    pooled = ~alone & (bases[0] + bases[1] > 0)
    rows = [np.append(values[alone], values[pooled].sum()) for values in (*hits, *bases)]
    if not pooled.any():
        rows = [values[:-1] for values in rows]
    if len(rows[0]) < 2:
        return {"split_note": words["no_split"]}
    parts = kitagawa(rows[0], rows[2], rows[1], rows[3])
    together = [kind for kind, one in zip(sides.types, pooled, strict=True) if one]
    return {
        "composition": round(parts.composition, SPLIT_DECIMALS) + 0.0,
        "behaviour": round(parts.behaviour, SPLIT_DECIMALS) + 0.0,
        "split_note": words["pooled"].format(types=", ".join(together))
        if len(together) > 1
        else "",
    }


def _adjusted(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Adjust the tests within their families; one that has no base counts as nothing found."""
    declared = frame["family"] != ""
    p_values = frame.loc[declared, "p_value"].astype("float64").fillna(1.0)
    found = adjust_within_families(p_values.to_numpy(), frame.loc[declared, "family"].tolist())
    frame = frame[table.column_names].copy()
    frame["family_size"] = pd.array([pd.NA] * len(frame), dtype="Int64")
    frame["p_adjusted"] = pd.array([pd.NA] * len(frame), dtype="Float64")
    frame.loc[declared, "family_size"] = found.family_size
    tested = declared & frame["p_value"].notna()
    adjusted = pd.Series(found.p_adjusted, index=frame.index[declared])
    frame.loc[tested, "p_adjusted"] = adjusted[tested[declared]]
    return frame
