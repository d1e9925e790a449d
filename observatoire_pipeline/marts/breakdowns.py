"""Figures by group: the same shares by type, size and région, and what of them may be shown.

In: the breakdown rows of `mart_estimates`, the columns that need the respondents again (asked,
answered, clusters, weights), and the suppression of small groups over all tables together.
Not in: which figures there are and what they are called (`estimates`), who belongs to which group
(`respondent_profiles`), the arithmetic (`estimation`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import NO_ANSWER, NOT_SELECTED, SELECTED
from observatoire_pipeline.estimation.intervals import (
    jeffreys_interval,
    wilson_interval,
    wilson_interval_of_shares,
)
from observatoire_pipeline.estimation.likert import do_not_know_bounds
from observatoire_pipeline.estimation.sampling import clustered_shares
from observatoire_pipeline.marts.bases import DO_NOT_KNOW, offers_do_not_know
from observatoire_pipeline.marts.counts import PanelError
from observatoire_pipeline.marts.estimates import (
    CI_LEVEL,
    overall_estimates,
    parts_of_figure,
)
from observatoire_pipeline.marts.frames import SUBPOPULATION
from observatoire_pipeline.marts.groups import Breakdown, breakdowns, whole
from observatoire_pipeline.marts.hiding import Hiding, hide
from observatoire_pipeline.marts.units import NOT_SHOWN, Question, Units, those_that_count
from observatoire_pipeline.marts.weighting import row_weights, weighted_estimates
from observatoire_pipeline.tables.frames import conform, empty
from observatoire_pipeline.tables.model import Table

if TYPE_CHECKING:
    from observatoire_pipeline.collectivites.reference import Reference

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_HIDDEN_BASE = {"fr": "base masquée", "en": "base hidden"}


@dataclass(frozen=True)
class _Figure:
    """One figure of a breakdown.

    Attributes:
        row: The overall figure.
        breakdown: Name of the breakdown.
        offers_dk: Whether the question offered do-not-know.
        columns: What is known of each group, one array a column, before any formula.
    """

    row: Mapping[str, Any]
    breakdown: str
    offers_dk: bool
    columns: dict[str, Any]


def estimates(
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    profiles: pd.DataFrame,
    *,
    codebook: Codebook,
    regions: Mapping[str, str],
    tables: Mapping[str, Table],
    weights: pd.DataFrame | None = None,
    references: Mapping[str, Reference | None] | None = None,
) -> pd.DataFrame:
    """Return `mart_estimates`: every figure, overall and by the breakdowns of the survey.

    Shares of everybody are given weighted as well, after all others, for the editions that have
    weights.

    A collectivité that answered several times counts once (`survey.identity.several`); the tools
    and devices that it described count all, and their intervals allow for it.

    Args:
        panel_responses: Frame of `panel_responses`.
        panel_instances: Frame of `panel_instances`.
        profiles: Frame of `respondent_profiles`.
        codebook: The survey.
        regions: Official code → name of the régions.
        tables: The catalogue.
        weights: Frame of `respondent_weights`; none are used when left out.
        references: Edition → where it was looked up; without it no interval allows for a frame.

    Raises:
        PanelError: the panel, the profiles and the codebook do not agree.
    """
    table = tables["mart_estimates"]
    counting = those_that_count(panel_responses, profiles)
    overall = overall_estimates(counting, panel_instances, codebook=codebook)
    if overall.empty:
        return empty(table)
    units = Units(counting, panel_instances, profiles, codebook=codebook, references=references)
    if weights is not None and weights.empty:
        weights = None
    made, withheld = with_groups(
        overall, units, groupings=breakdowns(codebook, regions=regions), weights=weights
    )
    made = conform(made, table)
    if weights is None:
        return made
    weighted = conform(weighted_estimates(made, units, weights, withheld=withheld), table)
    return pd.concat([made, weighted], ignore_index=True)


def with_groups(
    overall: pd.DataFrame,
    units: Units,
    *,
    groupings: Sequence[Breakdown],
    weights: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, frozenset[str]]:
    """Return the overall figures completed, followed by the same figures of every group.

    A group is shown when its base is large enough and nothing published gives its answers away
    (`hiding`); a hidden figure keeps its row and loses its numbers. A breakdown in which fewer than
    two groups are large enough has no rows: there is nothing to compare, and the overall figure
    stands alone. Themes of typed texts are not broken down, nor is a question that identifies by a
    group that identifies, too: that is who answered (`mart_coverage`), not what.

    Args:
        overall: Rows as `estimates` makes them: breakdown `all`, with numerator and base_n.
        units: The panel.
        groupings: Which groups; none of them for the overall figures alone.
        weights: Frame of `respondent_weights`, if overall shares are published weighted, too.

    Returns:
        Rows in the order of `overall`, each question's groups after it, with the columns of
        `mart_estimates`; and the `figure_id` of those that are not to be shown weighted.

    Raises:
        PanelError: the panel has a group that the breakdown does not name, or its counts are not
            those of `overall`.
    """
    shares = overall[overall["statistic"] == "share"]
    questions: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in shares.to_dict("records"):
        questions.setdefault((row["edition"], row["variable"], row["item"]), []).append(row)
    everybody = whole(units.codebook)
    made: list[tuple[int, int, list[_Figure]]] = []
    identifying = {*units.codebook.survey.disclosure.identifying}
    pending: list[tuple[int, int, _Group]] = []
    for number, ((edition, variable, item), rows) in enumerate(questions.items()):
        question = units.question(edition, variable, item or None)
        for place, breakdown in enumerate((everybody, *groupings)):
            if variable == breakdown.variable or {variable, breakdown.variable} <= identifying:
                continue
            group = _Group(rows, question, breakdown, units)
            if group.is_whole:
                group.check()
                made.append((number, place, group.figures(None)))
                continue
            if group.large() < 2:
                continue
            pending.append((number, place, group))
    hidden = hide(
        [group for _, _, group in pending],
        codebook=units.codebook,
        weights=None if weights is None else row_weights(units, weights),
    )
    for (number, place, group), hiding in zip(pending, hidden.tables, strict=True):
        if not hiding.cells[:, group.bases > 0].all():
            made.append((number, place, group.figures(hiding)))
    ordered = [part for _, _, parts in sorted(made, key=lambda one: one[:2]) for part in parts]
    others = overall[overall["statistic"] != "share"]
    frames = [
        _frame(ordered, units.codebook),
        *([_bare(others, units.codebook)] if len(others) else []),
    ]
    return pd.concat(frames, ignore_index=True), hidden.withheld


class _Group:
    """One question of one edition by one breakdown."""

    def __init__(
        self,
        rows: Sequence[dict[str, Any]],
        question: Question,
        breakdown: Breakdown,
        units: Units,
    ) -> None:
        first = rows[0]
        self.rows, self.question, self.breakdown, self.units = rows, question, breakdown, units
        self.codebook = units.codebook
        self.edition, self.variable = str(first["edition"]), str(first["variable"])
        self.is_whole = breakdown.breakdown == "all"
        self.smallest = self.codebook.survey.disclosure.smallest_base
        self.offers_dk = offers_do_not_know(self.codebook, self.variable, self.edition)
        self.frame = units.frames.of(self.edition, self.variable, breakdown)
        repeated = self.codebook.is_repeated(self.variable)
        width, levels = len(breakdown.codes), len(question.vocabulary)
        self.of_unit = (
            np.zeros(len(question.rows), dtype=np.intp)
            if self.is_whole
            else units.positions(breakdown, question.rows, repeated=repeated)
        )
        inside = question.inside
        self.table = np.bincount(
            self.of_unit[inside] * levels + question.codes[inside], minlength=width * levels
        ).reshape(width, levels)
        everyone = np.bincount(
            self.of_unit * levels + question.codes, minlength=width * levels
        ).reshape(width, levels)
        self.asked = self._total(everyone, [c not in NOT_SHOWN for c in question.vocabulary])
        self.answered = self._total(everyone, [c not in NO_ANSWER for c in question.vocabulary])
        self.unsure = self._count(DO_NOT_KNOW) if self.offers_dk else np.zeros(width, np.int64)
        self.codes = self._answer_codes()
        self.answers = np.array([self._count(code) for code in self.codes], dtype=np.int64)
        if self.codes == [SELECTED, NOT_SELECTED]:
            # Who ticked another item and left this one out has not selected it.
            self.answers[1] = self.table.sum(axis=1) - self.answers[0]
        self.bases = self.answers.sum(axis=0)

    def _answer_codes(self) -> list[str]:
        if self.codebook.variables[self.variable].kind == "multiple":
            return [SELECTED, NOT_SELECTED]
        codes = list(self.codebook.codes_of(self.variable, edition=self.edition))
        return [*codes, DO_NOT_KNOW] if self.offers_dk else codes

    def _total(self, table: Integers, wanted: Sequence[bool]) -> Integers:
        total: Integers = table[:, np.array(wanted, dtype=bool)].sum(axis=1)
        return total

    def _count(self, code: str) -> Integers:
        counts: Integers = self.table[:, self.question.vocabulary.index(code)]
        return counts

    def _parts(self, code: str) -> list[str]:
        return parts_of_figure(self.codebook, self.variable, self.edition, code)

    def check(self) -> None:
        """Raise PanelError when the counts are not those of the overall figures."""
        for row in self.rows:
            numerator = sum(int(self._count(code)[0]) for code in self._parts(row["code"]))
            if numerator != row["numerator"]:
                said = f"{row['numerator']} counted overall, {numerator} by group"
                raise PanelError(f"{row['figure_id']}: {said}")

    def large(self) -> int:
        """Return how many groups have the base that a figure must have."""
        return int(np.count_nonzero(self.bases - self.unsure >= self.smallest))

    def figures(self, hiding: Hiding | None) -> list[_Figure]:
        """Return every figure, with the groups that have a base, or of which that is not told."""
        there = self.bases > 0
        if hiding is not None:
            there |= hiding.bases
        present = [0] if self.is_whole else np.flatnonzero(there).tolist()
        none: Flags = np.zeros(len(present), dtype=bool)
        dk_hidden = untold = none
        if hiding is not None:
            untold = hiding.bases[present]
            if DO_NOT_KNOW in self.codes:
                dk_hidden = hiding.cells[self.codes.index(DO_NOT_KNOW), present]
        unsure = self.unsure[present]
        shared = {
            "breakdown_code": [self.breakdown.codes[k] for k in present],
            "breakdown_label": [self.breakdown.labels[k] for k in present],
            "n_asked": np.where(untold, np.nan, self.asked[present]),
            "n_answered": np.where(untold, np.nan, self.answered[present]),
            "replied": self.bases[present],
            "unsure": unsure,
            "dk_hidden": dk_hidden | untold,
            "untold": untold,
            "frame": self.frame.sizes[present],
            "frame_reason": self.frame.reasons[present],
        }
        made = []
        for row in self.rows:
            parts = self._parts(row["code"])
            with_dk = row["base_rule"] == "answered_or_dk"
            base = (self.bases if with_dk else self.bases - self.unsure)[present]
            unseen: Flags = none
            if hiding is not None:
                at = [self.codes.index(code) for code in parts]
                unseen = np.logical_or.reduce(hiding.cells[at][:, present])
            # The two bases of a group differ by its do-not-know: one of them is shown.
            without_base = untold if with_dk else dk_hidden | untold
            stem = str(row["figure_id"]).removesuffix(".all.all") + f".{self.breakdown.breakdown}."
            columns = {
                **shared,
                "figure_id": [stem + code for code in shared["breakdown_code"]],
                "base_words": self._words(row, base, shared["breakdown_label"], without_base),
                "numerator": sum(self._count(code)[present] for code in parts),
                "base": base,
                "worth": self._worth(parts, with_dk, base, present),
                "unseen": unseen,
                "without_base": without_base,
            }
            made.append(_Figure(row, self.breakdown.breakdown, self.offers_dk, columns))
        return made

    def _worth(self, parts: list[str], with_dk: bool, base: Integers, present: list[int]) -> Floats:
        """Return how many units of as many organisations a base is worth; NaN where it is those."""
        if self.question.clusters is None:
            return np.full(len(present), np.nan)
        vocabulary = self.question.vocabulary
        in_base = self.question.inside
        if self.codes != [SELECTED, NOT_SELECTED]:
            counted = [c for c in self.codes if with_dk or c != DO_NOT_KNOW]
            in_base = np.isin(self.question.codes, [vocabulary.index(c) for c in counted])
        hit = in_base & np.isin(self.question.codes, [vocabulary.index(c) for c in parts])
        distinct, cluster = np.unique(self.question.clusters, return_inverse=True)
        width = len(self.breakdown.codes)
        flat = cluster * width + self.of_unit
        size = len(distinct) * width
        hits = np.bincount(flat[hit], minlength=size).reshape(-1, width)[:, present]
        bases = np.bincount(flat[in_base], minlength=size).reshape(-1, width)[:, present]
        # No more certain than the same number of units each from another organisation.
        return np.minimum(clustered_shares(hits, bases).effective_n, base)

    def _words(
        self,
        row: Mapping[str, Any],
        base: Integers,
        labels: list[str],
        without_base: Flags,
    ) -> list[str]:
        """Return the base of each group in words; a hidden base is not told in words either."""
        if self.is_whole:
            return [str(row["base_words"])]
        rule = str(row["base_rule"])
        hidden = _HIDDEN_BASE[self.codebook.survey.language]
        said = [
            hidden if gone else self.units.words(self.variable, self.edition, n, rule)
            for n, gone in zip(base.tolist(), without_base.tolist(), strict=True)
        ]
        return [f"{words} — {label}" for words, label in zip(said, labels, strict=True)]


_KEPT = (
    "edition", "unit", "variable", "item", "code", "statistic", "base_rule", "weighting",
    "variable_label", "item_label", "code_label", "code_order", "evidence", "synthetic",
)  # fmt: skip
_OF_GROUP = (
    "figure_id", "breakdown_code", "breakdown_label", "base_words", "n_asked", "n_answered",
    "frame_reason",
)  # fmt: skip


def _frame(figures: Sequence[_Figure], codebook: Codebook) -> pd.DataFrame:
    """Return the figures under one another; what is a formula is computed once, over all rows."""
    if not figures:
        return pd.DataFrame()
    disclosure = codebook.survey.disclosure
    lengths = [len(figure.columns["base"]) for figure in figures]
    column = {
        name: np.concatenate([figure.columns[name] for figure in figures])
        for name in figures[0].columns
    }

    def repeated(values: list[Any]) -> npt.NDArray[Any]:
        kind = object if isinstance(values[0], str) else None
        return np.repeat(np.array(values, dtype=kind), lengths)

    rule = repeated([figure.row["base_rule"] for figure in figures])
    offered = repeated([figure.offers_dk for figure in figures])
    base, numerator, unsure = column["base"], column["numerator"], column["unsure"]
    unseen, without_base = column["unseen"], column["without_base"]
    # A share over a hidden base would give the base back.
    gone = unseen | without_base
    state = np.where(base < disclosure.smallest_base, "small_base", "none").astype(object)
    state[base == 0] = "no_base"
    # What was hidden for its own sake is not told from what had to go with it, unless all bases
    # tell: that a large group is sensitive says that all its members answered alike.
    state[gone] = "hidden_with_others"
    state[unseen & (column["replied"] < disclosure.smallest_base)] = "hidden_small_base"
    state[column["untold"]] = "hidden_with_others"
    intervals = _intervals(numerator, base, column["worth"], column["frame"])
    bounded = offered & (rule != "answered_or_dk")
    bounds = np.full((2, len(base)), np.nan)
    bounds[:, bounded] = do_not_know_bounds(numerator[bounded], base[bounded], unsure[bounded])
    numbers = {
        **intervals,
        "share": _over(numerator, base),
        # These two tell the do-not-know of the group.
        "share_if_dk_no": np.where(column["dk_hidden"], np.nan, bounds[0]),
        "share_if_dk_yes": np.where(column["dk_hidden"], np.nan, bounds[1]),
        "effective_n": column["worth"],
    }
    frame_n = np.where(np.isfinite(column["frame"]), column["frame"], np.nan)
    plain = np.isnan(column["worth"])
    return pd.DataFrame(
        {
            **{name: repeated([figure.row[name] for figure in figures]) for name in _KEPT},
            **{name: column[name] for name in _OF_GROUP},
            "breakdown": repeated([figure.breakdown for figure in figures]),
            "numerator": np.where(unseen, np.nan, numerator),
            "base_n": np.where(without_base, np.nan, base),
            "frame_n": pd.array(frame_n, dtype="Int64"),
            "do_not_know_share": np.where(
                column["dk_hidden"] | ~offered, np.nan, _over(unsure, column["replied"])
            ),
            **{name: np.where(gone, np.nan, values) for name, values in numbers.items()},
            "ci_method": np.where(plain, "wilson", "wilson_clustered").astype(object),
            "ci_level": CI_LEVEL,
            "suppression": state,
            # Told of the base that is known where the other one is hidden.
            "cautious": np.where(without_base, column["replied"], base) < disclosure.cautious_base,
        }
    )


def _over(counts: Integers, bases: Integers) -> Floats:
    return np.divide(counts, bases, out=np.full(bases.shape, np.nan), where=bases > 0)


def _intervals(
    numerator: Integers, base: Integers, worth: Floats, frame: Floats
) -> dict[str, Floats]:
    """Return Wilson's and Jeffreys' intervals; on its effective number where a base has one."""
    names = ("ci_lower", "ci_upper", "jeffreys_lower", "jeffreys_upper")
    made = {name: np.full(base.shape, np.nan) for name in names}
    plain = np.isnan(worth)
    counts, bases, sizes = numerator[plain], base[plain], frame[plain]
    ends = (
        *wilson_interval(counts, bases, level=CI_LEVEL, population=sizes),
        *jeffreys_interval(counts, bases, level=CI_LEVEL, population=sizes),
    )
    for name, values in zip(names, ends, strict=True):
        made[name][plain] = values
    clustered = wilson_interval_of_shares(
        _over(numerator, base)[~plain], worth[~plain], level=CI_LEVEL
    )
    for name, values in zip(names, clustered, strict=False):
        made[name][~plain] = values
    return made


def _bare(others: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return figures that are not broken down, with the columns that the others have."""
    base = others["base_n"].to_numpy()
    lower, upper = jeffreys_interval(others["numerator"].to_numpy(), base, level=CI_LEVEL)
    return others.assign(
        breakdown_label=whole(codebook).labels[0],
        cautious=base < codebook.survey.disclosure.cautious_base,
        n_asked=pd.array([pd.NA] * len(others), dtype="Int64"),
        n_answered=base,
        jeffreys_lower=lower,
        jeffreys_upper=upper,
        frame_n=pd.array([pd.NA] * len(others), dtype="Int64"),
        frame_reason=SUBPOPULATION,
    )
