"""The attacker's view of everything that is published: which hidden figures can be computed.

In: from the published tables, all equations and inequalities on the hidden counts, question by
question; what the other tables tell beside. Not in: what is hidden (`hiding`), the integer
programmes (`estimation.recovery`).

The attacker knows who answered, by type, size and région together, and with which weight: coverage
is published, the frame is public. He knows the base of every group unless a filter makes it an
answer. What the overall figures and the bases alone tell is no recovery: an answer that nobody
gave, nobody of a small group gave either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import SELECTED
from observatoire_pipeline.estimation.recovery import Known, single_valued, unmoved
from observatoire_pipeline.marts.bases import DO_NOT_KNOW
from observatoire_pipeline.marts.estimates import FAVOURABLE, parts_of_figure
from observatoire_pipeline.marts.units import Units
from observatoire_pipeline.marts.weighting import SHARE_DECIMALS, row_weights

AUDITED = ("mart_estimates", "mart_changes", "mart_sensitivity")
"""The published tables that tell, or could tell, answers of a group."""

_QUESTION = ["edition", "unit", "variable", "item"]
_READ = [
    *_QUESTION, "base_rule", "weighting", "breakdown", "breakdown_code", "code", "figure_id",
    "numerator", "base_n", "n_asked", "share",
]  # fmt: skip
_TELLING = [
    "share", "ci_lower", "ci_upper", "jeffreys_lower", "jeffreys_upper", "effective_n",
    "share_if_dk_no", "share_if_dk_yes",
]  # fmt: skip
_BY = ("type", "size_class", "region")

Line = npt.NDArray[np.float64]


def respondents(profiles: pd.DataFrame, weights: pd.DataFrame) -> pd.DataFrame:
    """Return how many collectivités answered of each type, size and région, and their weight.

    Args:
        profiles: Frame of `respondent_profiles`.
        weights: Frame of `respondent_weights`.

    Returns:
        One row an edition, type, size_class, region and weight, with their number in `n`.
    """
    keys = ["edition", "respondent_id"]
    found = profiles[profiles["counts"].astype(bool)].merge(
        weights[[*keys, "weight"]], on=keys, how="left", validate="one_to_one"
    )
    found = found.assign(weight=found["weight"].astype("float64").fillna(0.0))
    counted = found.groupby(["edition", *_BY, "weight"], sort=True).size()
    return counted.rename("n").reset_index()


class Truth:
    """The answers themselves, from which the audit may start: it saves it to look for some.

    Hidden figures are safe where other answers than these are published as the same tables.

    Args:
        units: The panel, one response a collectivité.
        weights: Frame of `respondent_weights`.
    """

    def __init__(self, units: Units, weights: pd.DataFrame) -> None:
        self._units = units
        heavy = row_weights(units, weights)
        self._who = {
            repeated: profiles[list(_BY)].assign(weight=heavy[repeated])
            for repeated, profiles in units.profiles.items()
        }

    def counts(
        self, key: tuple[str, str, str], codes: Sequence[str], who: pd.DataFrame
    ) -> npt.NDArray[np.int64]:
        """Return the answers to a question by code (last: none of them) and kind of respondent.

        Args:
            key: Edition, variable and item.
            codes: The answers; for a choice of several, selected and not.
            who: The kinds: columns that tell them apart, and `n`.
        """
        edition, variable, item = key
        question = self._units.question(edition, variable, item or None)
        place = {code: k for k, code in enumerate(codes)}
        at = np.array([place.get(code, len(codes)) for code in question.vocabulary])
        answer = at[question.codes]
        if codes[0] == SELECTED:
            answer = np.where(question.inside, np.minimum(answer, 1), len(codes))
        split = [column for column in who.columns if column != "n"]
        own = self._who[self._units.codebook.is_repeated(variable)].iloc[question.rows][split]
        kind = pd.MultiIndex.from_frame(who[split]).get_indexer(pd.MultiIndex.from_frame(own))
        found = np.zeros((len(codes) + 1, len(who)), dtype=np.int64)
        np.add.at(found, (answer, kind), 1)
        if self._units.codebook.is_repeated(variable):
            found[-1] = 0  # nobody knows how many tools each has
        return found


def recovered_figures(
    tables: Mapping[str, pd.DataFrame],
    *,
    codebook: Codebook,
    who: pd.DataFrame,
    truth: Truth | None = None,
) -> list[str]:
    """Return the hidden figures that an attacker can compute, and the figures that tell too much.

    Args:
        tables: `mart_estimates` and, where they are published, the other tables of `AUDITED`.
        codebook: Filters, favourable answers, and `survey.disclosure`.
        who: What `respondents` returns.
        truth: The answers; without them the attack knows nothing but the tables, and takes longer.

    Returns:
        Their `figure_id` (`change_id` of a change), in order; empty when hiding holds.

    Raises:
        ArithmeticError: the published figures contradict one another.
    """
    estimates = tables["mart_estimates"]
    found = set(_told_in_their_row(estimates))
    for question in _questions(estimates, codebook, who, truth):
        found.update(question.recovered())
    if "mart_changes" in tables:
        found.update(_changes(tables["mart_changes"], estimates, codebook))
    if "mart_sensitivity" in tables:
        found.update(_alternatives(tables["mart_sensitivity"], estimates, codebook))
    return sorted(found)


def _told_in_their_row(estimates: pd.DataFrame) -> Iterator[str]:
    """Yield the figures without numerator of which another number is given."""
    hidden = estimates["suppression"].str.startswith("hidden")
    told = estimates[_TELLING].notna().any(axis=1)
    untold = estimates["numerator"].isna() | (estimates["weighting"] != "unweighted")
    yield from estimates.loc[hidden & untold & told, "figure_id"]
    # The do-not-know of a group is told with every other answer.
    unsure = estimates[estimates["numerator"].isna() & (estimates["code"] == DO_NOT_KNOW)]
    keys = [*_QUESTION, "breakdown", "breakdown_code"]
    beside = estimates.merge(unsure[keys].drop_duplicates(), on=keys, validate="many_to_one")
    given = beside[["do_not_know_share", "share_if_dk_no", "share_if_dk_yes"]].notna().any(axis=1)
    yield from beside.loc[given, "figure_id"]


# --- one question ---------------------------------------------------------------------------


@dataclass
class _Question:
    """What is known of the answers to one question: counts by code and kind of respondent.

    Attributes:
        shape: (codes and, last, no answer; kinds of respondent).
        largest: Respondents of each kind; of each code as many; None where it is not known.
        basic: Sums that are no figure of a group: who answered, totals, bases.
        shown: Sums that are figures of groups or weighted.
        hidden: Figure → what it adds.
        start: Counts that agree with all that, where they are given.
    """

    shape: tuple[int, int]
    largest: npt.NDArray[np.int64]
    basic: list[tuple[Line, float, float]] = field(default_factory=list)
    shown: list[tuple[Line, float, float]] = field(default_factory=list)
    hidden: dict[str, Line] = field(default_factory=dict)
    start: npt.NDArray[np.int64] | None = None

    def line(self, codes: Iterable[int], kinds: npt.NDArray[np.bool_]) -> Line:
        """Return the sum of some codes over some kinds."""
        made = np.zeros(self.shape)
        for code in codes:
            made[code, kinds] = 1
        return made.ravel()

    def known(self, sums: list[tuple[Line, float, float]]) -> Known:
        """Return what the attacker's programmes start from."""
        from scipy.sparse import csr_array

        return Known(
            csr_array(np.array([line for line, _, _ in sums])),
            np.array([lower for _, lower, _ in sums], dtype=np.float64),
            np.array([upper for _, _, upper in sums], dtype=np.float64),
            np.tile(self.largest, self.shape[0]),
            places=np.indices(self.shape).reshape(2, -1),
        )

    def recovered(self) -> list[str]:
        """Return the hidden figures that have one possible value, though totals leave several."""
        from scipy.sparse import csr_array

        if not self.hidden:
            return []
        targets = csr_array(np.array(list(self.hidden.values())))
        everything = self.known([*self.basic, *self.shown])
        left = np.flatnonzero(unmoved(everything, targets, start=self.start))
        left = left[~single_valued(self.known(self.basic), targets[left])]
        left = left[single_valued(everything, targets[left])]
        names = list(self.hidden)
        return [names[place] for place in left.tolist()]


def _questions(
    estimates: pd.DataFrame, codebook: Codebook, who: pd.DataFrame, truth: Truth | None = None
) -> Iterator[_Question]:
    shares = estimates[estimates["statistic"] == "share"]
    grouped = dict(iter(shares[_READ].groupby(_QUESTION, sort=False, observed=True)))
    children: dict[tuple[str, str, str], list[pd.DataFrame]] = {}
    for (edition, _, name, _), rows in grouped.items():
        if (rule := codebook.variables[str(name)].filter) is not None:
            children.setdefault((str(edition), rule.variable, rule.item or ""), []).append(rows)
    for (edition, _, name, item), rows in grouped.items():
        if rows["numerator"].isna().any():
            yield _read(
                rows, codebook, who[who["edition"] == edition],
                children.get((str(edition), str(name), str(item)), []), truth,
            )  # fmt: skip


def _read(
    rows: pd.DataFrame,
    codebook: Codebook,
    who: pd.DataFrame,
    children: list[pd.DataFrame],
    truth: Truth | None,
) -> _Question:
    """Return everything published of a question as sums over its counts."""
    records = rows.to_dict("records")
    name, edition = str(records[0]["variable"]), str(records[0]["edition"])
    plain = [r for r in records if r["breakdown"] == "all" and r["weighting"] == "unweighted"]
    multiple = plain[0]["code"] == SELECTED
    codes = [r["code"] for r in plain if r["code"] != FAVOURABLE]
    codes = [SELECTED, "not_selected"] if multiple else list(dict.fromkeys(codes))
    none = len(codes)
    who, member = _kinds(records, who)
    kinds = len(who)
    start = None
    if truth is not None:
        start = truth.counts((edition, name, str(records[0]["item"])), codes, who).ravel()
    of_units = codebook.is_repeated(name)
    number = who["n"].to_numpy()
    base = max(int(r["base_n"]) for r in plain)
    largest = np.full(kinds, base) if of_units else number
    made = _Question((none + 1, kinds), largest, start=start)
    everybody = np.ones(kinds, dtype=bool)
    inside = {
        "answered": [k for k, code in enumerate(codes) if code != DO_NOT_KNOW],
        "answered_or_dk": list(range(none)),
    }
    if of_units:  # nobody knows how many tools each has
        made.basic.append((made.line([none], everybody), 0, 0))
    else:
        for kind, n in enumerate(number.tolist()):
            made.basic.append((made.line(range(none + 1), np.arange(kinds) == kind), n, n))
    place = {code: k for k, code in enumerate(codes)}
    told: dict[str, set[str]] = {}
    for row in records:
        by, group = row["breakdown"], row["breakdown_code"]
        of_group = everybody if by == "all" else member[by].get(group, ~everybody)
        told.setdefault(by, set()).add(group)
        parts = parts_of_figure(codebook, name, edition, row["code"])
        at = [place[code] for code in parts if code in place]
        sums = made.line(at, of_group)
        over = made.line(inside[row["base_rule"]], of_group)
        if row["weighting"] != "unweighted":
            if not pd.isna(row["share"]):
                weight = np.tile(who["weight"].to_numpy(), none + 1)
                made.shown += _within(sums * weight, over * weight, row["share"])
            continue
        # The base of a group with do-not-know is known unless a filter makes it an answer.
        given = made.basic if by == "all" or _widest(row, codes) else made.shown
        if not pd.isna(row["base_n"]):
            given.append((over, row["base_n"], row["base_n"]))
        if pd.isna(row["numerator"]):
            made.hidden[row["figure_id"]] = sums
        else:
            given = made.basic if by == "all" else made.shown
            given.append((sums, row["numerator"], row["numerator"]))
    for by, groups in told.items():
        if by != "all":  # of a group without a row nobody answered
            for group in sorted(set(member[by]) - groups):
                made.basic.append((made.line(range(none), member[by][group]), 0, 0))
    for child in children:
        made.shown += _asked_after(child, made, codebook, member, place)
    return made


def _kinds(
    records: Sequence[Mapping[str, Any]], who: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, dict[str, npt.NDArray[np.bool_]]]]:
    """Return the respondents that a published table of a question tells apart, and its groups."""
    split = [by for by in _BY if any(r["breakdown"] == by for r in records)]
    heavy = any(r["weighting"] != "unweighted" and not pd.isna(r["share"]) for r in records)
    kinds = who.groupby([*split, "weight"] if heavy else split)["n"].sum().reset_index()
    return kinds, {
        by: {group: (kinds[by] == group).to_numpy() for group in kinds[by].unique()} for by in split
    }


def _widest(row: Mapping[str, Any], codes: list[str]) -> bool:
    return row["base_rule"] == "answered_or_dk" or DO_NOT_KNOW not in codes


def _within(sums: Line, over: Line, share: float) -> list[tuple[Line, float, float]]:
    """Return what a rounded share tells of the two sums that it is the ratio of."""
    half = 0.5 * 10.0**-SHARE_DECIMALS
    slack = 1e-9 * max(float(over.sum()), 1.0)
    return [
        (sums - (share - half) * over, -slack, np.inf),
        (sums - (share + half) * over, -np.inf, slack),
    ]


def _asked_after(
    child: pd.DataFrame,
    question: _Question,
    codebook: Codebook,
    member: Mapping[str, Mapping[str, npt.NDArray[np.bool_]]],
    place: Mapping[str, int],
) -> Iterator[tuple[Line, float, float]]:
    """Yield what the bases of a question tell of the answers that decided who was asked it."""
    name, edition = str(child["variable"].iloc[0]), str(child["edition"].iloc[0])
    rule = codebook.variables[name].filter
    if rule is None:
        return
    at = [place[code] for code in rule.codes if code in place]
    groups = child[(child["breakdown"] != "all") & child["n_asked"].notna()]
    groups = groups.drop_duplicates(["breakdown", "breakdown_code"])
    block = codebook.block_of(name, edition)
    times = block.instances_in(edition)
    for by, group, asked in zip(
        groups["breakdown"], groups["breakdown_code"], groups["n_asked"].tolist(), strict=True
    ):
        if by not in member or group not in member[by]:
            continue
        kinds = member[by][group]
        yes = question.line(at, kinds)
        if codebook.is_repeated(name):
            yield yes * times, asked, np.inf
            yield yes, -np.inf, asked
        else:  # who left the first question out may have been asked the second one
            yield yes, -np.inf, asked
            yield yes + question.line([question.shape[0] - 1], kinds), asked, np.inf


# --- other tables ---------------------------------------------------------------------------


def _changes(changes: pd.DataFrame, estimates: pd.DataFrame, codebook: Codebook) -> Iterator[str]:
    """Yield the changes that tell answers of few: of those common to two editions, or of a type.

    A split tells the figures of the types that it takes by themselves: they must be shown.
    """
    rules = codebook.survey.disclosure
    computed = changes[changes["status"] == "computed"]
    apart = (computed["test"] == "z_unpooled") | (computed["note"] != "")
    tied = computed[~apart & (computed["common_n"] > 0)]
    common = tied["common_n"]
    few = common < rules.smallest_base
    for side in ("from", "to"):
        rest = tied[f"base_n_{side}"] - common
        alone = (tied["unit"] == "collectivite") & (rest > 0)
        few |= alone & (rest < rules.smallest_difference)
    yield from tied.loc[few.fillna(False).astype(bool), "change_id"]
    by_type = estimates[estimates["breakdown"] == "type"]
    stems = by_type["figure_id"].str.rsplit(".", n=2).str[0] + ".all.all"
    untold = by_type["share"].isna() & (by_type["suppression"] != "no_base")
    labels: dict[str, set[str]] = {figure: set() for figure in stems}
    for figure, label in zip(stems[untold], by_type.loc[untold, "breakdown_label"], strict=True):
        labels[figure].add(label)
    split = computed[computed["composition"].notna() | computed["behaviour"].notna()]
    for row in split.to_dict("records"):
        together = {*str(row["split_note"]).rpartition(": ")[2].split(", ")}
        figures = f"{row['figures_from']} {row['figures_to']}".split()
        if any(figure not in labels or labels[figure] - together for figure in figures):
            yield str(row["change_id"])


def _alternatives(
    sensitivity: pd.DataFrame, estimates: pd.DataFrame, codebook: Codebook
) -> Iterator[str]:
    """Yield headline figures of which an alternative tells the answers of a few respondents."""
    limit = codebook.survey.disclosure.smallest_difference
    keys = ["edition", "variable", "item", "codes"]
    weighted = estimates[(estimates["weighting"] != "unweighted") & estimates["share"].isna()]
    weighted = weighted[weighted["base_rule"] == "answered"]
    gone = set(weighted[["edition", "variable", "item", "code"]].itertuples(index=False, name=None))
    for key, rows in sensitivity.groupby(keys, sort=False):
        name = ".".join(str(part) for part in key)
        by = rows.set_index("alternative")
        shown = by["share"].dropna()
        beyond = (by["lowest_share"] < shown.min()) | (by["highest_share"] > shown.max())
        if beyond.fillna(False).any():
            yield name  # an end of the range is that of an alternative which is not given
        if "weighted" in shown.index and any(
            (*key[:3], code) in gone for code in str(key[3]).split("+")
        ):
            yield name
        if "every_response" in shown.index and "answered" in shown.index:
            bases = by["base_n"]
            between = abs(bases["every_response"] - bases["answered"])
            same = shown["every_response"] == shown["answered"]
            if 0 < between < limit or (between == 0 and not same):
                yield name
