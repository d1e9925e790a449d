"""Decisions of persons, and what a new matching changes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from observatoire_pipeline.collectivites.matching import (
    MATCH_COLUMNS,
    TYPED_COLUMNS,
    MatchInputError,
)
from observatoire_pipeline.collectivites.reviewed import (
    REVIEW_COLUMNS,
    apply_review,
    changed_links,
    one_to_one,
    read_review,
    review_text,
    with_open,
)


def matched(*rows: tuple[str, str, str, int, str]) -> pd.DataFrame:
    """Return matched rows: name, kind, code, score, decision."""
    return pd.DataFrame(
        [(name, "", "", "", "2018", kind, code, score, "why", decision)
         for name, kind, code, score, decision in rows],
        columns=[*TYPED_COLUMNS, *MATCH_COLUMNS],
    )  # fmt: skip


FOUND = matched(
    ("Nantes", "commune", "44109", 97, "linked"),
    ("Saint-Denis", "commune", "97411", 90, "review"),
    ("Jeanne Dupont", "", "", 0, "none"),
)


def test_what_is_open_is_added_once_and_what_is_none_stays_out(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    first = with_open(read_review(path), FOUND)
    assert list(first["typed_name"]) == ["Saint-Denis"]
    path.write_text(review_text(first), encoding="utf-8")
    assert len(with_open(read_review(path), FOUND)) == 1


def test_a_decision_takes_the_place_of_an_open_one_but_not_of_a_proved_link() -> None:
    review = with_open(pd.DataFrame(columns=list(REVIEW_COLUMNS), dtype=str), FOUND).assign(
        kind="commune", code="93066", decided="linked", who="A. Martin", date="2019-02-01"
    )
    overruling = review.assign(typed_name="Nantes", code="93066")
    done = apply_review(FOUND, pd.concat([review, overruling], ignore_index=True))
    assert list(done["code"]) == ["44109", "93066", ""]
    assert list(done["decision"]) == ["linked", "linked", "none"]
    assert done.loc[1, "reason"] == "decided by A. Martin on 2019-02-01"


def test_faults_of_a_review_are_listed_all_at_once(tmp_path: Path) -> None:
    rows = [
        ("a", "", "", "", "", "commune", "44109", "", "", "linked", "", "2019-02-30"),
        ("b", "", "", "", "", "epci", "244400405", "", "", "linked", "A. M.", "2019-02-01"),
        ("c", "", "", "", "", "ville", "1", "", "", "linked", "A. M.", "2019-02-01"),
        ("d", "", "", "", "", "", "", "", "", "perhaps", "A. M.", "2019-02-01"),
        ("d", "", "", "", "", "", "", "", "", "", "", ""),
    ]
    path = tmp_path / "review.csv"
    path.write_text(review_text(pd.DataFrame(rows, columns=list(REVIEW_COLUMNS))), "utf-8")
    with pytest.raises(MatchInputError) as caught:
        read_review(path)
    assert len(caught.value.problems) == 7


def test_a_changed_link_is_listed_and_an_added_name_is_none() -> None:
    after = matched(
        ("Nantes", "epci", "244400404", 96, "linked"),
        ("Saint-Denis", "commune", "93066", 100, "linked"),
        ("Rezé", "commune", "44143", 97, "linked"),
    )
    changed = changed_links(FOUND, after)
    assert list(changed["typed_name"]) == ["Nantes"]
    assert list(changed["code_after"]) == ["244400404"]
    assert changed_links(FOUND, FOUND).empty


def test_one_to_one_keeps_the_best_and_no_one_of_those_that_tie() -> None:
    rows = matched(
        ("Nantes", "commune", "44109", 97, "linked"),
        ("Ville de Nante", "commune", "44109", 86, "linked"),
        ("Rezé", "commune", "44143", 97, "linked"),
        ("REZE", "commune", "44143", 97, "linked"),
        ("Bron", "commune", "69029", 97, "linked"),
    )
    decisions = one_to_one(rows).set_index("typed_name")["decision"]
    assert decisions.to_dict() == {
        "Nantes": "linked", "Ville de Nante": "review", "Rezé": "review", "REZE": "review",
        "Bron": "linked",
    }  # fmt: skip
    shuffled = one_to_one(rows.iloc[[3, 1, 4, 0, 2]]).set_index("typed_name")["decision"]
    assert shuffled.to_dict() == decisions.to_dict()
