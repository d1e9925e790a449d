"""Figures by group: the same shares by type, size and région, and what of them may be shown.

In: the breakdown rows of `mart_estimates`, the columns that need the respondents again (asked,
answered, clusters, weights), and the suppression of small groups over all tables together.
Not in: which figures there are and what they are called (`estimates`), who belongs to which group
(`respondent_profiles`), the arithmetic (`estimation`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, column_name
from observatoire_pipeline.codebook.models import NO_ANSWER, NOT_SELECTED, SELECTED
from observatoire_pipeline.estimation.disclosure import protect, sensitive_cells, table_sums
from observatoire_pipeline.estimation.intervals import (
    jeffreys_interval,
    wilson_interval,
    wilson_interval_of_shares,
)
from observatoire_pipeline.estimation.likert import do_not_know_bounds
from observatoire_pipeline.estimation.sampling import clustered_shares
from observatoire_pipeline.marts.bases import DO_NOT_KNOW, base_words, offers_do_not_know
from observatoire_pipeline.marts.counts import PanelCounts, PanelError
from observatoire_pipeline.marts.estimates import (
    CI_LEVEL,
    FAVOURABLE,
    overall_estimates,
    parts_of_figure,
)
from observatoire_pipeline.marts.groups import Breakdown, breakdowns, whole
from observatoire_pipeline.marts.weighting import weighted_estimates
from observatoire_pipeline.tables.frames import conform, empty
from observatoire_pipeline.tables.model import Table

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_Figures = dict[str, npt.NDArray[Any]]

NOT_SHOWN = frozenset({"not_asked", "not_applicable"})
"""Kinds of missing of those who were not shown the question."""


_HIDDEN_BASE = {"fr": "base masquée", "en": "base hidden"}


@dataclass(frozen=True)
class _Question:
    """The units of one edition that a question or item was put to, with their codes.

    Attributes:
        codes: Position of each unit's answer in the vocabulary.
        vocabulary: Answers and kinds of missing.
        inside: Whether a unit may be in a base: for a multiple choice, those with any item ticked
            or not ticked.
        rows: Positions of the units in their panel.
        clusters: Position of the organisation of each unit, for units described several at a time.
    """

    codes: Integers
    vocabulary: list[str]
    inside: npt.NDArray[np.bool_]
    rows: npt.NDArray[np.intp]
    clusters: Integers | None


@dataclass
class _Tables:
    """The tables of one breakdown, stacked for the audit."""

    counts: list[Integers] = field(default_factory=list)
    sensitive: list[npt.NDArray[np.bool_]] = field(default_factory=list)


class Units:
    """The panel, ready to be counted question by question.

    Args:
        panel_responses: Frame of `panel_responses`, one response a unit.
        panel_instances: Frame of `panel_instances`.
        profiles: Frame of `respondent_profiles`; covers every response.
        codebook: The survey.

    Attributes:
        editions: Editions of the panel, in order.
        synthetic: Whether the answers of each were generated.

    Raises:
        PanelError: a response has no profile, or the panel does not agree with the codebook.
    """

    def __init__(
        self,
        panel_responses: pd.DataFrame,
        panel_instances: pd.DataFrame,
        profiles: pd.DataFrame,
        *,
        codebook: Codebook,
    ) -> None:
        self.codebook = codebook
        # The same question is asked for by every breakdown and every mart.
        self._said: dict[tuple[str, str, int, str], str] = {}
        self._questions: dict[tuple[str, str, str | None], _Question] = {}
        self._of_edition: dict[tuple[str, str], npt.NDArray[np.intp]] = {}
        self._answered: dict[tuple[str, str], npt.NDArray[np.bool_]] = {}
        self._places: dict[tuple[Breakdown, bool], npt.NDArray[np.intp]] = {}
        self._frames = {False: panel_responses, True: panel_instances}
        keys = ["edition", "respondent_id"]
        self.profiles = {
            repeated: frame[keys].merge(profiles, on=keys, how="left", validate="many_to_one")
            for repeated, frame in self._frames.items()
        }
        for of_units in self.profiles.values():
            absent = of_units["organisation_id"].isna()
            if absent.any():
                raise PanelError(f"{int(absent.sum())} rows of the panel have no profile")
        self._clusters = {
            repeated: pd.factorize(of_units["organisation_id"])[0].astype(np.int64)
            for repeated, of_units in self.profiles.items()
        }
        counts = PanelCounts(panel_responses, panel_instances, codebook=codebook)
        self.editions, self.synthetic = counts.editions, counts.synthetic

    def question(self, edition: str, variable: str, item: str | None) -> _Question:
        """Return the units of an edition with their answer to a question or item."""
        key = (edition, variable, item)
        if key not in self._questions:
            self._questions[key] = self._question(edition, variable, item)
        return self._questions[key]

    def _question(self, edition: str, variable: str, item: str | None) -> _Question:
        repeated = self.codebook.is_repeated(variable)
        frame = self._frames[repeated]
        block = self.codebook.block_of(variable, edition).block if repeated else ""
        rows = self._rows(edition, block)
        column = frame[column_name(variable, item)]
        inside = np.ones(len(rows), dtype=bool)
        if self.codebook.variables[variable].kind == "multiple":
            inside = self._answering(edition, variable, rows)
        return _Question(
            codes=column.cat.codes.to_numpy()[rows].astype(np.int64),
            vocabulary=list(column.cat.categories),
            inside=inside,
            rows=rows,
            clusters=self._clusters[True][rows] if repeated else None,
        )

    def _rows(self, edition: str, block: str) -> npt.NDArray[np.intp]:
        """Return the positions of the units of an edition, and of a repeated block if one."""
        key = (edition, block)
        if key not in self._of_edition:
            frame = self._frames[bool(block)]
            mine = (frame["edition"] == edition).to_numpy()
            if block:
                mine = mine & (frame["block"] == block).to_numpy()
            self._of_edition[key] = np.flatnonzero(mine)
        return self._of_edition[key]

    def _answering(
        self, edition: str, variable: str, rows: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.bool_]:
        """Tell who ticked, or left out, any choice of a multiple-choice question."""
        key = (edition, variable)
        if key not in self._answered:
            frame = self._frames[self.codebook.is_repeated(variable)]
            inside = np.zeros(len(rows), dtype=bool)
            for one in self.codebook.variables[variable].items:
                answers = frame[column_name(variable, one.item)]
                wanted = answers.cat.categories.isin([SELECTED, NOT_SELECTED])
                inside |= wanted[answers.cat.codes.to_numpy()[rows]]
            self._answered[key] = inside
        return self._answered[key]

    def words(self, variable: str, edition: str, base_n: int, base_rule: str) -> str:
        """Return the base in words; those of a group are said many times."""
        key = (variable, edition, base_n, base_rule)
        if key not in self._said:
            self._said[key] = base_words(
                self.codebook, variable, edition, base_n=base_n, base_rule=base_rule
            )
        return self._said[key]

    def positions(self, breakdown: Breakdown, rows: npt.NDArray[np.intp], *, repeated: bool) -> Any:
        """Return the group of each unit, as its position in the breakdown."""
        values = self.profiles[repeated][breakdown.column]
        if (breakdown, repeated) not in self._places:
            places = pd.Index(breakdown.codes).get_indexer(pd.Index(values))
            self._places[breakdown, repeated] = places
        found = self._places[breakdown, repeated][rows]
        if (found < 0).any():
            strange = sorted(values.iloc[rows][found < 0].unique())
            raise PanelError(f"{breakdown.breakdown}: groups without label: {', '.join(strange)}")
        return found


def estimates(
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    profiles: pd.DataFrame,
    *,
    codebook: Codebook,
    regions: Mapping[str, str],
    tables: Mapping[str, Table],
    weights: pd.DataFrame | None = None,
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

    Raises:
        PanelError: the panel, the profiles and the codebook do not agree.
    """
    table = tables["mart_estimates"]
    counting = those_that_count(panel_responses, profiles)
    overall = overall_estimates(counting, panel_instances, codebook=codebook)
    if overall.empty:
        return empty(table)
    units = Units(counting, panel_instances, profiles, codebook=codebook)
    made = with_groups(overall, units, groupings=breakdowns(codebook, regions=regions))
    made = conform(made, table)
    if weights is None or weights.empty:
        return made
    weighted = conform(weighted_estimates(made, units, weights), table)
    return pd.concat([made, weighted], ignore_index=True)


def counting_units(
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    profiles: pd.DataFrame,
    *,
    codebook: Codebook,
) -> Units:
    """Return the panel ready to be counted, one response for each collectivité and edition.

    Raises:
        PanelError: as `those_that_count` and `Units`.
    """
    counting = those_that_count(panel_responses, profiles)
    return Units(counting, panel_instances, profiles, codebook=codebook)


def those_that_count(panel_responses: pd.DataFrame, profiles: pd.DataFrame) -> pd.DataFrame:
    """Return one response for each collectivité and edition: those whose profile `counts`.

    Raises:
        PanelError: a response has no profile.
    """
    keys = ["edition", "respondent_id"]
    found = panel_responses[keys].merge(
        profiles[[*keys, "counts"]], on=keys, how="left", validate="one_to_one"
    )["counts"]
    if found.isna().any():
        raise PanelError(f"{int(found.isna().sum())} responses of the panel have no profile")
    return panel_responses[found.astype(bool).to_numpy()].reset_index(drop=True)


def with_groups(
    overall: pd.DataFrame,
    units: Units,
    *,
    groupings: Sequence[Breakdown],
) -> pd.DataFrame:
    """Return the overall figures completed, followed by the same figures of every group.

    A group is shown when its base is large enough and nothing published gives its answers away
    (`estimation.disclosure`); a hidden figure keeps its row and loses its numbers. A breakdown in
    which fewer than two groups are large enough has no rows: there is nothing to compare, and the
    overall figure stands alone. Themes of typed texts are not broken down.

    Args:
        overall: Rows as `estimates` makes them: breakdown `all`, with numerator and base_n.
        units: The panel.
        groupings: Which groups; none of them for the overall figures alone.

    Returns:
        Rows in the order of `overall`, each question's groups after it, with the columns of
        `mart_estimates`.

    Raises:
        PanelError: the panel has a group that the breakdown does not name, or its counts are not
            those of `overall`.
    """
    shares = overall[overall["statistic"] == "share"]
    questions: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in shares.to_dict("records"):
        questions.setdefault((row["edition"], row["variable"], row["item"]), []).append(row)
    everybody = whole(units.codebook)
    made: list[tuple[int, int, list[_Figures]]] = []
    tables = _Tables()
    pending: list[tuple[int, int, _Group]] = []
    for number, ((edition, variable, item), rows) in enumerate(questions.items()):
        question = units.question(edition, variable, item or None)
        for place, breakdown in enumerate((everybody, *groupings)):
            if variable == breakdown.variable:
                continue
            group = _Group(rows, question, breakdown, units)
            if group.is_whole:
                group.check()
                made.append((number, place, group.figures(None)))
                continue
            if group.large() < 2:
                continue
            pending.append((number, place, group))
            tables.counts.append(group.answers)
            tables.sensitive.append(group.sensitive())
    hidden = _hidden(tables)
    for (number, place, group), mask, primary in zip(
        pending, hidden, tables.sensitive, strict=True
    ):
        if not mask[:, group.bases > 0].all():
            made.append((number, place, group.figures(mask, primary)))
    ordered = [part for _, _, parts in sorted(made, key=lambda one: one[:2]) for part in parts]
    others = overall[overall["statistic"] != "share"]
    frames = [_frame(ordered), *([_bare(others, units.codebook)] if len(others) else [])]
    return pd.concat(frames, ignore_index=True)


class _Group:
    """One question of one edition by one breakdown."""

    def __init__(
        self,
        rows: Sequence[dict[str, Any]],
        question: _Question,
        breakdown: Breakdown,
        units: Units,
    ) -> None:
        first = rows[0]
        self.rows, self.question, self.breakdown, self.units = rows, question, breakdown, units
        self.codebook = units.codebook
        self.edition, self.variable = str(first["edition"]), str(first["variable"])
        self.is_whole = breakdown.breakdown == "all"
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
        self.unsure = self._count(DO_NOT_KNOW) if self._offers_dk() else np.zeros(width, np.int64)
        self.codes = self._answer_codes()
        self.answers = np.array([self._count(code) for code in self.codes], dtype=np.int64)
        if self.codes == [SELECTED, NOT_SELECTED]:
            # Who ticked another item and left this one out has not selected it.
            self.answers[1] = self.table.sum(axis=1) - self.answers[0]
        self.bases = self.answers.sum(axis=0)

    def _offers_dk(self) -> bool:
        return offers_do_not_know(self.codebook, self.variable, self.edition)

    def _answer_codes(self) -> list[str]:
        if self.codebook.variables[self.variable].kind == "multiple":
            return [SELECTED, NOT_SELECTED]
        codes = list(self.codebook.codes_of(self.variable, edition=self.edition))
        return [*codes, DO_NOT_KNOW] if self._offers_dk() else codes

    def _total(self, table: Integers, wanted: Sequence[bool]) -> Integers:
        total: Integers = table[:, np.array(wanted, dtype=bool)].sum(axis=1)
        return total

    def _count(self, code: str) -> Integers:
        counts: Integers = self.table[:, self.question.vocabulary.index(code)]
        return counts

    def _parts(self, code: str) -> list[str]:
        return parts_of_figure(self.codebook, self.variable, self.edition, code)

    def sensitive(self) -> npt.NDArray[np.bool_]:
        """Return which cells are hidden for their own sake; shape (codes, groups)."""
        rules = self.codebook.survey.disclosure
        crossed = self.variable in rules.identifying
        opinion = any(self._parts(FAVOURABLE))
        cells = sensitive_cells(
            self.answers,
            smallest_base=rules.smallest_base,
            smallest_count=rules.smallest_count if crossed else 0,
            unanimity=opinion,
        )
        # The base without do-not-know is one that is published, too.
        substantive = self.bases - self.unsure
        return cells | ((self.bases > 0) & (substantive < rules.smallest_base))

    def check(self) -> None:
        """Raise PanelError when the counts are not those of the overall figures."""
        for row in self.rows:
            numerator = sum(int(self._count(code)[0]) for code in self._parts(row["code"]))
            if numerator != row["numerator"]:
                said = f"{row['numerator']} counted overall, {numerator} by group"
                raise PanelError(f"{row['figure_id']}: {said}")

    def large(self) -> int:
        """Return how many groups have the base that a figure must have."""
        limit = self.codebook.survey.disclosure.smallest_base
        return int(np.count_nonzero(self.bases - self.unsure >= limit))

    def figures(
        self,
        hidden: npt.NDArray[np.bool_] | None,
        primary: npt.NDArray[np.bool_] | None = None,
    ) -> list[_Figures]:
        """Return the columns of every figure and group that has a base."""
        present = (
            [0] if self.breakdown.breakdown == "all" else np.flatnonzero(self.bases > 0).tolist()
        )
        return [self._figure(row, present, hidden, primary) for row in self.rows]

    def _figure(
        self,
        row: Mapping[str, Any],
        present: list[int],
        hidden: npt.NDArray[np.bool_] | None,
        primary: npt.NDArray[np.bool_] | None,
    ) -> _Figures:
        parts = self._parts(row["code"])
        numerator = np.array([self._count(code) for code in parts]).sum(axis=0)[present]
        with_dk = row["base_rule"] == "answered_or_dk"
        base = (self.bases if with_dk else self.bases - self.unsure)[present]
        unsure = self.unsure[present]
        disclosure = self.codebook.survey.disclosure
        state = np.where(base < disclosure.smallest_base, "small_base", "none").astype(object)
        state[base == 0] = "no_base"
        unseen = np.zeros(len(present), dtype=bool)
        without_base = unseen.copy()
        if hidden is not None and primary is not None:
            at = [self.codes.index(code) for code in parts]
            unseen |= hidden[at][:, present].any(axis=0)
            own = primary[at][:, present].any(axis=0)
            small = (self.bases - self.unsure)[present] < disclosure.smallest_base
            state[unseen] = "hidden_with_others"
            state[unseen & own] = "hidden_sensitive"
            state[unseen & own & small] = "hidden_small_base"
            if DO_NOT_KNOW in self.codes and not with_dk:
                # The two bases of a group differ by its do-not-know: one of them is shown.
                without_base |= hidden[self.codes.index(DO_NOT_KNOW), present]
        lower, upper, method, effective = self._interval(parts, numerator, base, with_dk, present)
        jeffreys_lower, jeffreys_upper = jeffreys_interval(numerator, base, level=CI_LEVEL)
        if effective is not None:
            jeffreys_lower = jeffreys_upper = np.full(len(present), np.nan)
        least, most = np.full((2, len(present)), np.nan)
        if self._offers_dk() and not with_dk:
            least, most = do_not_know_bounds(numerator, base, unsure)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = numerator / np.where(base > 0, base, np.nan)
            replied = self.bases[present]
            dk_share = unsure / np.where(replied > 0, replied, np.nan)
        numbers = {
            "share": share,
            "ci_lower": lower,
            "ci_upper": upper,
            "jeffreys_lower": jeffreys_lower,
            "jeffreys_upper": jeffreys_upper,
            "share_if_dk_no": least,
            "share_if_dk_yes": most,
        }
        dk_hidden = np.zeros(len(present), dtype=bool)
        if hidden is not None and DO_NOT_KNOW in self.codes:
            dk_hidden = hidden[self.codes.index(DO_NOT_KNOW), present]
        # A share over a hidden base would give the base back.
        gone = unseen | without_base
        state[without_base & ~unseen] = "hidden_with_others"
        shown = {name: np.where(gone, np.nan, values) for name, values in numbers.items()}
        # These two tell the do-not-know of the group.
        for name in ("share_if_dk_no", "share_if_dk_yes"):
            shown[name] = np.where(dk_hidden, np.nan, shown[name])
        codes = [self.breakdown.codes[k] for k in present]
        labels = [self.breakdown.labels[k] for k in present]
        stem = str(row["figure_id"]).removesuffix(".all.all")
        columns: dict[str, Any] = {
            **{name: row[name] for name in _KEPT},
            "figure_id": [f"{stem}.{self.breakdown.breakdown}.{code}" for code in codes],
            "breakdown": self.breakdown.breakdown,
            "breakdown_code": codes,
            "breakdown_label": labels,
            "base_words": self._words(row, base, labels, without_base),
            "n_asked": self.asked[present],
            "n_answered": self.answered[present],
            "numerator": np.where(unseen, np.nan, numerator),
            "base_n": np.where(without_base, np.nan, base),
            "do_not_know_share": np.where(dk_hidden | (not self._offers_dk()), np.nan, dk_share),
            **shown,
            "ci_method": method,
            "ci_level": CI_LEVEL,
            "effective_n": np.nan if effective is None else np.where(gone, np.nan, effective),
            "suppression": state,
            "cautious": np.asarray(base < disclosure.cautious_base, dtype=bool),
        }
        return {
            name: np.full(len(present), value, dtype=object if isinstance(value, str) else None)
            if np.ndim(value) == 0
            else np.asarray(value, dtype=object if isinstance(value, list) else None)
            for name, value in columns.items()
        }

    def _interval(
        self, parts: list[str], numerator: Integers, base: Integers, with_dk: bool,
        present: list[int],
    ) -> tuple[Floats, Floats, str, Floats | None]:  # fmt: skip
        """Return the interval of each group; by organisation where it describes several units."""
        if self.question.clusters is None:
            lower, upper = wilson_interval(numerator, base, level=CI_LEVEL)
            return lower, upper, "wilson", None
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
        found = clustered_shares(hits, bases)
        # No more certain than the same number of units each from another organisation.
        effective = np.minimum(found.effective_n, base)
        lower, upper = wilson_interval_of_shares(found.share, effective, level=CI_LEVEL)
        return lower, upper, "wilson_clustered", effective

    def _words(
        self,
        row: Mapping[str, Any],
        base: Integers,
        labels: list[str],
        without_base: npt.NDArray[np.bool_],
    ) -> list[str]:
        """Return the base of each group in words; a hidden base is not told in words either."""
        if self.breakdown.breakdown == "all":
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


def _frame(parts: Sequence[_Figures]) -> pd.DataFrame:
    """Return the figures of all parts under one another, column by column."""
    return pd.DataFrame(
        {
            name: np.concatenate([part[name] for part in parts])
            for name in (parts[0] if parts else ())
        }
    )


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
    )


def _hidden(tables: _Tables) -> list[npt.NDArray[np.bool_]]:
    """Return for each table which cells are not shown, all tables being published together."""
    if not tables.counts:
        return []
    shapes = [table.shape for table in tables.counts]
    protection = protect(
        np.concatenate([table.ravel() for table in tables.counts]),
        np.concatenate([mask.ravel() for mask in tables.sensitive]),
        table_sums(shapes),
    )
    # What no hiding protects is told by the overall figure; it is not repeated for a small group.
    kept = protection.hidden | (
        protection.implied & np.concatenate([mask.ravel() for mask in tables.sensitive])
    )
    cuts = np.cumsum([rows * columns for rows, columns in shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(kept, cuts), shapes, strict=True)]
