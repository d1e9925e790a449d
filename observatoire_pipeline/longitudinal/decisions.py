"""What persons decided of who answered: read with the codebook, and held to what it decides.

In: the guard of the review file (`collectivites/review.csv` of a codebook). A decision that is not
needed, that names a unit which did not exist, or that nobody typed, is an error: the file says no
more than what stands. Not in: its format and how it is applied (`collectivites.reviewed`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from observatoire_pipeline.collectivites.matching import LINKED, TYPED_COLUMNS, MatchInputError
from observatoire_pipeline.collectivites.reference import Reference, units_at
from observatoire_pipeline.collectivites.reviewed import REVIEW_COLUMNS, REVIEW_FILE, read_review
from observatoire_pipeline.sample.reference import FICTIONAL

_KEY = list(TYPED_COLUMNS)


class IdentityError(ValueError):
    """The respondents cannot be told apart; the message lists every reason."""


def read_decisions(codebook: Path) -> tuple[pd.DataFrame, list[str]]:
    """Read the decisions of a codebook, and every fault of their form.

    Args:
        codebook: Its folder.

    Returns:
        `REVIEW_COLUMNS` (empty where there is no file, or one with faults), and the faults.
    """
    try:
        return read_review(codebook / REVIEW_FILE), []
    except MatchInputError as error:
        return pd.DataFrame(columns=list(REVIEW_COLUMNS), dtype="str"), list(error.problems)


def decision_problems(
    review: pd.DataFrame,
    matched: pd.DataFrame,
    *,
    synthetic: pd.Series,
    references: Mapping[str, Reference | None],
) -> list[str]:
    """Return what is wrong with decisions, one line each.

    Args:
        review: `REVIEW_COLUMNS`.
        matched: `TYPED_COLUMNS`, `MATCH_COLUMNS`, edition and reference_date, before any decision.
        synthetic: Whether the answers are synthetic, same index.
        references: Edition → the reference in which it was looked up.
    """
    decided = review[review["decided"] != ""]
    if decided.empty:
        return []
    typed = matched.assign(synthetic=synthetic).merge(
        decided[[*_KEY, "kind", "code", "decided"]],
        on=_KEY,
        how="inner",
        validate="many_to_one",
        suffixes=("", "_by_hand"),
    )
    return [
        *_nobodys(decided, matched),
        *_needless(typed),
        *_unknown(typed, references),
        *_claimed_twice(typed),
    ]


def _said(row: Mapping[str, object]) -> str:
    return f"{REVIEW_FILE}: {row['typed_name']!r} ({row['reference_year']})"


def _nobodys(decided: pd.DataFrame, matched: pd.DataFrame) -> list[str]:
    """Find decisions on names that no response has; those of years to come are left in peace."""
    own = decided[decided["reference_year"].isin(matched["reference_year"])]
    seen = pd.MultiIndex.from_frame(matched[_KEY].drop_duplicates())
    absent = own[~pd.MultiIndex.from_frame(own[_KEY]).isin(seen)]
    return [
        f"{_said(row)}: nobody typed so; take the line out, or copy the five columns as typed"
        for row in absent.to_dict("records")
    ]


def _needless(typed: pd.DataFrame) -> list[str]:
    """Find decisions on names that matching links by itself."""
    proved = typed[typed["decision"] == LINKED].drop_duplicates(_KEY)
    problems = []
    for row in proved.to_dict("records"):
        by_itself = f"{row['kind']} {row['code']} ({row['reason']})"
        by_hand = f"{row['kind_by_hand']} {row['code_by_hand']}".strip() or "no unit"
        if (row["kind"], row["code"]) == (row["kind_by_hand"], row["code_by_hand"]):
            problems.append(f"{_said(row)}: no longer needed, it is linked to {by_itself}")
        else:
            problems.append(f"{_said(row)}: decided {by_hand}, but it is proved to be {by_itself}")
    return problems


def _unknown(typed: pd.DataFrame, references: Mapping[str, Reference | None]) -> list[str]:
    """Find decisions for units that did not exist on the day, or are not of the right world."""
    problems = []
    linked = typed[typed["decided"] == LINKED]
    for edition, rows in linked.groupby("edition", sort=False):
        day = str(rows["reference_date"].iloc[0])
        reference = references.get(str(edition))
        units = None if reference is None else units_at(reference, date=day)
        if units is not None and bool(rows["synthetic"].iloc[0]):
            units = units[units["population_source"] == FICTIONAL]
        known = set() if units is None else set(zip(units["kind"], units["code"], strict=True))
        for row in rows.drop_duplicates(_KEY).to_dict("records"):
            unit = (row["kind_by_hand"], row["code_by_hand"])
            if unit not in known:
                problems.append(
                    f"{_said(row)}: unknown code, no {unit[0]} {unit[1]} on {day} ({edition})"
                )
    return problems


def _claimed_twice(typed: pd.DataFrame) -> list[str]:
    """Find units that two organisations of one edition are decided to be.

    Two spellings of one collectivité share its type and its place; names that were typed with
    another type or another département are two organisations.
    """
    linked = typed[typed["decided"] == LINKED].drop_duplicates(["edition", *_KEY])
    problems = []
    for (edition, kind, code), rows in linked.groupby(
        ["edition", "kind_by_hand", "code_by_hand"], sort=False
    ):
        apart = [
            column
            for column in ("typed_type", "typed_departement")
            if len(set(rows[column]) - {""}) > 1
        ]
        if apart:
            claims = sorted(
                f"{row['typed_name']!r} ({row['typed_type']}, {row['typed_departement']})"
                for row in rows.to_dict("records")
            )
            problems.append(
                f"{REVIEW_FILE}: two organisations of {edition} claim {kind} {code}: "
                + "; ".join(claims)
            )
    return problems
