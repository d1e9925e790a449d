"""What a person decided of the names that matching left open, and what a new matching changes.

In: the review file (`collectivites/review.csv` of a codebook), its decisions applied, two matchings
compared, one-to-one. Not in: how a name is matched (`matching`).

The review file is under version control: one row a name left open, filled in by a person with
`decided` (linked | none), `kind` and `code`, `who` and `date`. A row without `decided` is open.
Only names that resemble a collectivité are written there: what names no unit (`none`) may be
anything, the name of a person too, and stays out.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from observatoire_pipeline.collectivites.matching import (
    LINKED,
    MATCH_COLUMNS,
    NONE,
    REVIEW,
    TYPED_COLUMNS,
    MatchInputError,
)
from observatoire_pipeline.collectivites.names import luhn_valid
from observatoire_pipeline.collectivites.reference import KINDS

REVIEW_COLUMNS = (*TYPED_COLUMNS, "kind", "code", "score", "reason", "decided", "who", "date")
REVIEW_FILE = Path("collectivites") / "review.csv"
"""Where the review file stands in a codebook."""

_KEY = list(TYPED_COLUMNS)
_CODES = {
    "commune": r"\d{5}|2[AB]\d{3}",
    "epci": r"\d{9}",
    "departement": r"\d{2}|2[AB]|97\d",
    "region": r"\d{2}",
}


def read_review(path: Path) -> pd.DataFrame:
    """Read a review file; one that is not there is empty.

    Returns:
        `REVIEW_COLUMNS`, text, each typed name once.

    Raises:
        MatchInputError: a column is missing, a name stands there twice, a decision is not linked or
            none, has no author or no date, or a code is none of its kind; lists every fault.
    """
    if not path.is_file():
        return pd.DataFrame(columns=list(REVIEW_COLUMNS), dtype=str)
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    missing = [column for column in REVIEW_COLUMNS if column not in frame.columns]
    if missing:
        raise MatchInputError([f"{path}: no column {column}" for column in missing])
    problems: list[str] = []
    keys = [tuple(row) for row in frame[_KEY].to_numpy().tolist()]
    twice = {key for key, count in Counter(keys).items() if count > 1}
    for number, row in enumerate(frame.to_dict("records"), start=2):
        place = f"{path}:{number} {row['typed_name']!r}"
        if keys[number - 2] in twice:
            problems.append(f"{place}: the name stands there twice")
        problems += [f"{place}: {fault}" for fault in _faults(row)]
    if problems:
        raise MatchInputError(problems)
    return frame[list(REVIEW_COLUMNS)]


def _faults(row: dict[str, str]) -> list[str]:
    decided = row["decided"]
    if not decided:
        return []
    if decided not in (LINKED, NONE):
        return [f"decided is {decided!r}, expected linked or none"]
    faults = []
    if not row["who"].strip():
        faults.append("a decision without an author (who)")
    try:
        dt.date.fromisoformat(row["date"])
    except ValueError:
        faults.append(f"date is {row['date']!r}, expected YYYY-MM-DD")
    if decided == LINKED:
        kind, code = row["kind"], row["code"]
        if kind not in KINDS:
            faults.append(f"kind is {kind!r}, expected {', '.join(KINDS)}")
        elif not re.fullmatch(_CODES[kind], code):
            faults.append(f"{code!r} is no code of a {kind}")
        elif kind == "epci" and not luhn_valid(code):
            faults.append(f"{code} is no SIREN: its check digit is wrong")
    return faults


def apply_review(matched: pd.DataFrame, review: pd.DataFrame) -> pd.DataFrame:
    """Put the decisions of persons in the place of open ones.

    A decision holds for the name exactly as typed, with its type, place and year. A link that
    matching proves is not overruled.

    Args:
        matched: `TYPED_COLUMNS` and `MATCH_COLUMNS`.
        review: Of `read_review`.

    Returns:
        The rows in their order; score 100 and a reason with author and date where a person decided.
    """
    decided = review.loc[review["decided"] != "", [*_KEY, "kind", "code", "decided", "who", "date"]]
    joined = matched[_KEY].merge(decided, on=_KEY, how="left", validate="many_to_one")
    joined.index = matched.index
    applies = joined["decided"].notna() & (matched["decision"] != LINKED)
    linked = applies & (joined["decided"] == LINKED)
    reasons = "decided by " + joined["who"] + " on " + joined["date"]
    result = matched.copy()
    for column in ("kind", "code"):
        result[column] = result[column].mask(linked, joined[column]).mask(applies & ~linked, "")
    result["score"] = result["score"].mask(applies, 100)
    result["reason"] = result["reason"].mask(applies, reasons)
    result["decision"] = result["decision"].mask(applies, joined["decided"])
    return result


def with_open(review: pd.DataFrame, matched: pd.DataFrame) -> pd.DataFrame:
    """Return the review with the names that are open now and not yet in it.

    Nothing that stands there is changed or taken away, so that a decision is never lost.
    """
    open_rows = matched.loc[
        matched["decision"] == REVIEW, [*_KEY, "kind", "code", "score", "reason"]
    ]
    open_rows = open_rows.drop_duplicates(_KEY).assign(decided="", who="", date="")
    open_rows["score"] = open_rows["score"].astype(str)
    known = set(map(tuple, review[_KEY].to_numpy().tolist()))
    new = [tuple(key) not in known for key in open_rows[_KEY].to_numpy().tolist()]
    added = open_rows.loc[new].sort_values(_KEY)
    return pd.concat([review, added], ignore_index=True)[list(REVIEW_COLUMNS)]


def review_text(review: pd.DataFrame) -> str:
    """Return a review as CSV text."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(REVIEW_COLUMNS)
    writer.writerows(review[list(REVIEW_COLUMNS)].to_numpy().tolist())
    return stream.getvalue()


def changed_links(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the links that a new matching changes: nothing older changes without being listed.

    Args:
        before: `TYPED_COLUMNS` and `MATCH_COLUMNS`.
        after: The same, of the new matching; rows that only one has do not count as changed.

    Returns:
        One row a typed name that was linked and now is not, or to another unit: `TYPED_COLUMNS`,
        kind, code, decision, and kind_after, code_after, decision_after, reason_after.
    """
    answers = list(MATCH_COLUMNS)
    old = before[[*_KEY, *answers]].drop_duplicates(_KEY)
    new = after[[*_KEY, *answers]].drop_duplicates(_KEY)
    both = old.merge(new, on=_KEY, how="inner", validate="one_to_one", suffixes=("", "_after"))
    was = both["decision"] == LINKED
    same = (
        (both["decision_after"] == LINKED)
        & (both["kind"] == both["kind_after"])
        & (both["code"] == both["code_after"])
    )
    kept = ["kind", "code", "decision"]
    shown = [*_KEY, *kept, *(f"{column}_after" for column in (*kept, "reason"))]
    return both.loc[was & ~same, shown].sort_values(_KEY).reset_index(drop=True)


def one_to_one(matched: pd.DataFrame) -> pd.DataFrame:
    """Leave each unit to one typed name, the best; the others go to review.

    For lists in which every organisation stands once. Names that tie all go to review. The same
    name typed twice in the same words is one name. The order of rows does not count.

    Args:
        matched: Rows of one edition, `TYPED_COLUMNS` and `MATCH_COLUMNS`.
    """
    links = matched[matched["decision"] == LINKED].drop_duplicates([*_KEY, "kind", "code"])
    best = links.groupby(["kind", "code"])["score"].transform("max")
    claims = links.groupby(["kind", "code"])["score"].transform("size")
    winners = links[links["score"] == best]
    alone = winners.groupby(["kind", "code"])["score"].transform("size") == 1
    winning = set(map(tuple, winners.loc[alone, _KEY].to_numpy().tolist()))
    contested = links[claims > 1]
    loses = {key for key in map(tuple, contested[_KEY].to_numpy().tolist()) if key not in winning}
    lost = pd.Series(
        [tuple(key) in loses for key in matched[_KEY].to_numpy().tolist()], index=matched.index
    )
    result = matched.copy()
    result["decision"] = result["decision"].mask(lost, REVIEW)
    result["reason"] = result["reason"].mask(
        lost, "another name of this list claims the unit; " + result["reason"]
    )
    return result
