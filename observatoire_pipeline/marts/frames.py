"""From how many collectivités a base was taken, where that is known: the frame of an interval.

In: the list of the day of an edition, its size by group, and why a question or a group has none.
Not in: the correction of an interval (`estimation.intervals`), who of the list answered
(`coverage`), weights (`weighting`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.collectivites.enrichment import UNKNOWN, frame_at
from observatoire_pipeline.estimation.intervals import INFINITE
from observatoire_pipeline.longitudinal.profile import TYPE_OF_NATURE, survey_class
from observatoire_pipeline.sample.reference import FICTIONAL

if TYPE_CHECKING:
    from observatoire_pipeline.collectivites.reference import Reference
    from observatoire_pipeline.marts.groups import Breakdown

NOT_DECLARED = "not_declared"
"""The codebook names no unit that a list holds (`survey.population`)."""
OTHER_UNIT = "other_unit"
"""The unit is not the one that is listed: tools and devices are in no list."""
SUBPOPULATION = "subpopulation"
"""A filter, or what was typed, chose who is in the base: nobody knows how many more there are."""
NO_LIST = "no_list"
"""The edition is looked up in no list."""
OTHER_DAY = "list_of_another_day"
"""A list of the group stands in for that of the day."""
OUTSIDE = "outside_list"
"""A respondent of the group is in no list, or in that of another group."""
UNKNOWN_GROUP = "unknown_group"
"""The group is that of those of whom it is not known."""
NOT_WEIGHTED = "outside_weighting"
"""A respondent of a weighted base has no weight: weights stand for fewer than the list."""


@dataclass(frozen=True)
class FrameSizes:
    """The frame of each group of a breakdown.

    Attributes:
        sizes: (groups) collectivités; infinity where not known, as `estimation` takes it.
        reasons: (groups) why it is not known; "" where it is.
    """

    sizes: npt.NDArray[np.float64]
    reasons: npt.NDArray[Any]


def listed(profiles: pd.DataFrame, *, reference: Reference) -> pd.DataFrame:
    """Return the collectivités that could have answered an edition, those that did included.

    Args:
        profiles: Rows of `respondent_profiles` of one edition.
        reference: Where the edition is looked up.

    Returns:
        The units of `frame_at` on the day of the edition, of a synthetic edition the fictional
        ones; `type` is that of a profile.
    """
    frame = frame_at(reference, date=str(profiles["reference_date"].iloc[0]))
    if bool(profiles["synthetic"].iloc[0]):
        frame = frame[frame["population_source"] == FICTIONAL].reset_index(drop=True)
    return frame.assign(type=frame["type"].map(TYPE_OF_NATURE))


class Frames:
    """The frames of a survey's editions.

    Args:
        profiles: Frame of `respondent_profiles`.
        codebook: The survey; `survey.population` says which unit and which types are listed.
        references: Edition → the reference in which it was looked up; none at all when left out.
    """

    def __init__(
        self,
        profiles: pd.DataFrame,
        *,
        codebook: Codebook,
        references: Mapping[str, Reference | None] | None = None,
    ) -> None:
        self._profiles, self._codebook = profiles, codebook
        self._references = references or {}
        self._of_edition: dict[str, tuple[pd.DataFrame, pd.DataFrame] | None] = {}
        self._known: dict[tuple[str, Breakdown], FrameSizes] = {}

    def of(self, edition: str, variable: str, breakdown: Breakdown) -> FrameSizes:
        """Return the frame of each group of those who were put a question.

        Who leaves it blank or does not know is in the frame as well: an interval is corrected for
        no more than the part of the frame that its base is.
        """
        population, width = self._codebook.survey.population, len(breakdown.codes)
        if population.unit is None:
            return _unknown(NOT_DECLARED, width)
        if self._codebook.unit_of(variable, edition).unit != population.unit:
            return _unknown(OTHER_UNIT, width)
        if self._codebook.variables[variable].filter is not None:
            return _unknown(SUBPOPULATION, width)
        if (edition, breakdown) not in self._known:
            self._known[edition, breakdown] = self._sizes(edition, breakdown)
        return self._known[edition, breakdown]

    def _sizes(self, edition: str, breakdown: Breakdown) -> FrameSizes:
        codes = list(breakdown.codes)
        sides = self._sides(edition)
        if sides is None:
            return _unknown(NO_LIST, len(codes))
        own, frame = sides
        of_own = own[breakdown.column] if breakdown.column else pd.Series(codes[0], own.index)
        of_list = frame[breakdown.column] if breakdown.column else pd.Series(codes[0], frame.index)
        size = of_list.value_counts().reindex(codes, fill_value=0).to_numpy()
        another_day = of_list[~frame["attested"].astype(bool)].unique()
        found = own["unit_id"].map(pd.Series(of_list.to_numpy(), index=frame["unit_id"]))
        astray = of_own[found.ne(of_own).to_numpy()].unique()
        reasons = np.array(
            [
                UNKNOWN_GROUP
                if code == UNKNOWN
                else OUTSIDE
                if code in astray
                else OTHER_DAY
                if code in another_day
                else ""
                for code in codes
            ],
            dtype=object,
        )
        return FrameSizes(np.where(reasons == "", size, INFINITE), reasons)

    def _sides(self, edition: str) -> tuple[pd.DataFrame, pd.DataFrame] | None:
        """Return the respondents of an edition that count and the list; None without a list."""
        if edition not in self._of_edition:
            own = self._profiles[(self._profiles["edition"] == edition) & self._profiles["counts"]]
            reference = self._references.get(edition)
            sides = None
            if reference is not None and len(own):
                frame = listed(own, reference=reference)
                frame = frame[frame["type"].isin(self._codebook.survey.population.types)]
                size_class = survey_class(frame["population"], self._codebook)
                sides = own, frame.assign(size_class=size_class)
            self._of_edition[edition] = sides
        return self._of_edition[edition]


def _unknown(reason: str, width: int) -> FrameSizes:
    return FrameSizes(np.full(width, INFINITE), np.full(width, reason, dtype=object))
