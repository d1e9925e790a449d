"""The panel ready to be counted: who was put a question, with which answer, of which frame.

In: the units of an edition with their answers, groups and organisations; which response of a
collectivité counts. Not in: any figure (`breakdowns`, `brackets`, `scales`, `choices`, `changes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, column_name
from observatoire_pipeline.codebook.models import NOT_SELECTED, SELECTED
from observatoire_pipeline.estimation.intervals import INFINITE
from observatoire_pipeline.marts.bases import base_words
from observatoire_pipeline.marts.counts import PanelCounts, PanelError
from observatoire_pipeline.marts.frames import NOT_DECLARED, Frames
from observatoire_pipeline.marts.groups import Breakdown, whole

if TYPE_CHECKING:
    from observatoire_pipeline.collectivites.reference import Reference

Integers = npt.NDArray[np.int64]

NOT_SHOWN = frozenset({"not_asked", "not_applicable"})
"""Kinds of missing of those who were not shown the question."""


@dataclass(frozen=True)
class Question:
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


class Units:
    """The panel, ready to be counted question by question.

    Args:
        panel_responses: Frame of `panel_responses`, one response a unit.
        panel_instances: Frame of `panel_instances`.
        profiles: Frame of `respondent_profiles`; covers every response.
        codebook: The survey.
        references: Edition → where it was looked up; without it no base has a frame.

    Attributes:
        editions: Editions of the panel, in order.
        synthetic: Whether the answers of each were generated.
        frames: The frame of each base, where it is known.

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
        references: Mapping[str, Reference | None] | None = None,
    ) -> None:
        self.codebook = codebook
        self._whole = whole(codebook)
        self.frames = Frames(profiles, codebook=codebook, references=references)
        # The same question is asked for by every breakdown and every mart.
        self._said: dict[tuple[str, str, int, str], str] = {}
        self._questions: dict[tuple[str, str, str | None], Question] = {}
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

    def question(self, edition: str, variable: str, item: str | None) -> Question:
        """Return the units of an edition with their answer to a question or item."""
        key = (edition, variable, item)
        if key not in self._questions:
            self._questions[key] = self._question(edition, variable, item)
        return self._questions[key]

    def _question(self, edition: str, variable: str, item: str | None) -> Question:
        repeated = self.codebook.is_repeated(variable)
        frame = self._frames[repeated]
        block = self.codebook.block_of(variable, edition).block if repeated else ""
        rows = self._rows(edition, block)
        column = frame[column_name(variable, item)]
        inside = np.ones(len(rows), dtype=bool)
        if self.codebook.variables[variable].kind == "multiple":
            inside = self._answering(edition, variable, rows)
        return Question(
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

    def frame_of(self, variable: str, edition: str) -> tuple[float, str]:
        """Return the frame of everybody who was put a question, infinite and why if not known."""
        found = self.frames.of(edition, variable, self._whole)
        return float(found.sizes[0]), str(found.reasons[0])

    def positions(self, breakdown: Breakdown, rows: npt.NDArray[np.intp], *, repeated: bool) -> Any:
        """Return the group of each unit, as its position in the breakdown."""
        if (breakdown, repeated) not in self._places:
            values = self.profiles[repeated][breakdown.column]
            places = pd.Index(breakdown.codes).get_indexer(pd.Index(values))
            self._places[breakdown, repeated] = places
        found = self._places[breakdown, repeated][rows]
        if (found < 0).any():
            values = self.profiles[repeated][breakdown.column]
            strange = sorted(values.iloc[rows][found < 0].unique())
            raise PanelError(f"{breakdown.breakdown}: groups without label: {', '.join(strange)}")
        return found


def frame_columns(units: Units | None, variable: str, edition: str) -> dict[str, int | str | None]:
    """Return the columns `frame_n` and `frame_reason` of a figure of everybody."""
    size, reason = (INFINITE, NOT_DECLARED) if units is None else units.frame_of(variable, edition)
    return {"frame_n": None if reason else int(size), "frame_reason": reason}


def counting_units(
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    profiles: pd.DataFrame,
    *,
    codebook: Codebook,
    references: Mapping[str, Reference | None] | None = None,
) -> Units:
    """Return the panel ready to be counted, one response for each collectivité and edition.

    Raises:
        PanelError: as `those_that_count` and `Units`.
    """
    counting = those_that_count(panel_responses, profiles)
    return Units(counting, panel_instances, profiles, codebook=codebook, references=references)


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
