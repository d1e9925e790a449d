"""The note to whoever delivered the files: what was found, where, and what to do (French).

In: the points of the note, from rejected cells, damaged files and expectations that are not met, in
the order in which they matter. Not in: the pages (`page`), the words of a rule (`wording`).

A point names files, rows and questions; it never holds an answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.validate.cells import column_letters
from observatoire_pipeline.validate.content import ACCEPTED, RAW, RULES
from observatoire_pipeline.validate.wording import (
    AFTER_REPAIR,
    listed,
    number_words,
    place_words,
    rows_words,
    words_of,
)

OF_QUESTIONS = ("blanks", "other", "distance")
"""Rules on the answers to a question taken together: no single row is at fault."""

_RANKS = {"serious": 0, "notable": 1, "minor": 2}
_SETTLED = 3
"""Rank of what asks nothing of anybody: repaired, or left aside by a rule."""

_GIVES_WAY = {
    "repeated_respondent": "duplicate_row",
    "repeated_records": "duplicate_row",
    "respondent_twice": "duplicate_row",
    "no_answer_at_all": "empty_response",
    "check_box_cells": "checkbox_not_its_label",
}
"""What is not told again: the rule on the left saw it, the one on the right settled or rejected it.

An edition is refused where two rows of a respondent differ, and every row without an answer is left
aside: in an accepted edition nothing of the left is more than the right.
"""


@dataclass(frozen=True)
class Place:
    """Where to look.

    Attributes:
        file: Name of the file.
        rows: Rows as a spreadsheet counts them, empty when the whole column or file is meant.
        total: How many rows there are, when `rows` are only the first of them.
        columns: Letters of the columns; none when whole rows are meant.
        question: The question in words, or empty.
        said: Another place in words (« colonnes C à D »), or empty.
    """

    file: str = ""
    rows: tuple[int, ...] = ()
    total: int | None = None
    columns: tuple[str, ...] = ()
    question: str = ""
    said: str = ""

    def words(self, *, named: bool = True, shown: int = 15) -> str:
        """Return the place as a phrase.

        Args:
            named: Whether to name the file.
            shown: How many rows or runs of rows are spelled out; the others are counted.
        """
        question = f"« {self.question} »" if self.question else ""
        where = [self.file] if named and self.file else []
        if self.rows:
            where.append(rows_words(self.rows, total=self.total, shown=shown))
        if self.columns:
            columns = f"colonne{'s' if self.columns[1:] else ''} {listed(self.columns)}"
            where.append(columns + (f" ({question})" if question else ""))
        if self.said:
            where.append(self.said)
        told = ", ".join(where)
        if not question or self.columns:
            return told or "tout le fichier"
        return f"{question} : {told}" if told else question


@dataclass(frozen=True)
class Point:
    """One thing to tell the supplier.

    Attributes:
        rule: The rule that found it (the first of them, where several ask the same).
        kinds: What is seen, one sentence for each rule.
        to_do: What to do about it.
        where: Where to look.
        rank: 0 matters most.
        count: How many `unit` (rows, cells, questions, times).
        unit: What is counted, in French, in the plural.
        settled: Whether it is already repaired or left aside.
    """

    rule: str
    kinds: tuple[str, ...]
    to_do: str
    where: tuple[Place, ...]
    rank: int
    count: int
    unit: str
    settled: bool = False

    @property
    def seen(self) -> str:
        """What is seen, in one sentence without its full stop."""
        return self.brief_seen(kinds=len(self.kinds))

    def brief_seen(self, *, kinds: int) -> str:
        """Return what is seen; beyond so many kinds the others are counted."""
        first, *rest = self.kinds[:kinds]
        told = [first, *(text[0].lower() + text[1:] for text in rest)]
        left = len(self.kinds) - len(told)
        if left:
            told.append(f"et {left} autre{'s' if left > 1 else ''} du même genre")
        return " ; ".join(told)

    @property
    def places(self) -> tuple[str, ...]:
        """Every place as a phrase that names its file."""
        return tuple(dict.fromkeys(place.words() for place in self.where))

    def brief_places(self, *, places: int, shown: int, named: bool) -> str:
        """Return the first places, with the first rows of each; the others are counted."""
        every = list(dict.fromkeys(p.words(named=named, shown=shown) for p in self.where))
        told = " ; ".join(every[:places])
        left = len(every) - places
        return told + (f" ; et {left} autre{'s' if left > 1 else ''}" if left > 0 else "")


def supplier_points(
    report: pd.DataFrame,
    rejected_responses: pd.DataFrame,
    source_files: pd.DataFrame,
    raw_columns: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
) -> list[Point]:
    """Return what to tell the supplier of an edition, what matters most first.

    Lost answers and serious findings come first, then what is worth a look, then what is repaired;
    within a rank, what touches most rows. One point for each rule; damage that asks the same of the
    supplier is one point.

    Args:
        report: A frame of `quality_report`.
        rejected_responses: A frame of that table.
        source_files: A frame of that table.
        raw_columns: A frame of that table.
        edition: The edition.
        codebook: The survey, whose words name the questions.
    """
    several = source_files["file"].duplicated(keep=False)
    files = {
        str(source_id): f"{file} ({member})" if member and apart else str(file)
        for source_id, file, member, apart in zip(
            *(source_files[name] for name in ("source_id", "file", "member")), several, strict=True
        )
    }
    found = [
        *_of_rejected(rejected_responses, raw_columns, files, codebook),
        *_of_damage(source_files, files, told=set(rejected_responses["rule"])),
        *_of_report(report, files, codebook, told=set(rejected_responses["rule"])),
    ]
    return sorted(found, key=lambda point: (point.rank, -point.count, point.rule))


def _of_rejected(
    rejected: pd.DataFrame, raw_columns: pd.DataFrame, files: dict[str, str], codebook: Codebook
) -> Iterator[Point]:
    names = {
        (source_id, column): (column_letters(int(position)), variable)
        for source_id, column, position, variable in zip(
            *(raw_columns[name] for name in ("source_id", "column", "position", "variable")),
            strict=True,
        )
    }
    for (rule, outcome), group in rejected.groupby(["rule", "outcome"], sort=True):
        together: dict[tuple[str, tuple[int, ...], str], list[str]] = {}
        for (source_id, column), cells in group.groupby(["source_id", "column"], sort=False):
            letter, variable = names[source_id, column] if column else ("", "")
            rows = tuple(sorted(int(row) for row in cells["row"]))
            question = codebook.variables[variable].label if variable else ""
            letters = together.setdefault((files[source_id], rows, question), [])
            letters += [letter] if letter else []
        places = [
            Place(file=file, rows=rows, columns=tuple(letters), question=question)
            for (file, rows, question), letters in together.items()
        ]
        words = words_of(str(rule))
        settled = outcome == "dropped"
        yield Point(
            rule=str(rule),
            kinds=(words.seen,),
            to_do=words.to_do,
            where=tuple(places),
            rank=_SETTLED if settled else 0,
            count=len(group),
            unit="lignes" if (group["scope"] == "row").all() else "cases",
            settled=settled,
        )


def _of_damage(
    source_files: pd.DataFrame, files: dict[str, str], *, told: set[str]
) -> Iterator[Point]:
    """Return one point for all damage that asks the same of the supplier."""
    found: dict[tuple[str, bool], list[tuple[str, Place, int]]] = {}
    for source_id, damage in zip(source_files["source_id"], source_files["damage"], strict=True):
        for entry in json.loads(damage):
            if _GIVES_WAY.get(entry["rule"]) in told:
                continue
            place = Place(file=files[source_id], said=place_words(entry["where"]))
            to_do, repaired = words_of(entry["rule"]).to_do, bool(entry["repaired"])
            key = (AFTER_REPAIR.get(to_do, to_do) if repaired else to_do, repaired)
            found.setdefault(key, []).append((entry["rule"], place, int(entry["count"])))
    for (to_do, repaired), seen in found.items():
        rules = list(dict.fromkeys(rule for rule, _, _ in seen))
        settled = repaired and to_do.startswith("Rien à")
        kept = _RANKS["minor"] if repaired else 0
        yield Point(
            rule=rules[0],
            kinds=tuple(dict.fromkeys(words_of(rule).seen for rule in rules)),
            to_do=to_do,
            where=tuple(dict.fromkeys(place for _, place, _ in seen)),
            rank=_SETTLED if settled else kept,
            count=sum(count for _, _, count in seen),
            unit="fois",
            settled=settled,
        )


def _of_report(
    report: pd.DataFrame, files: dict[str, str], codebook: Codebook, *, told: set[str]
) -> Iterator[Point]:
    """Return a point for each rule that is not met.

    Of a rule of both suites, what is seen in the accepted responses counts: rows that are not among
    them are told by the rule that took them out.
    """
    shared = set(RULES[RAW]) & set(RULES[ACCEPTED])
    missed = report[~report["met"] & ~((report["suite"] == RAW) & report["rule"].isin(shared))]
    optional = missed["rule"].eq("blanks") & missed["column"].isin(
        [v.variable for v in codebook.variables.values() if v.kind == "text"]
    )  # nobody must comment
    for rule, group in missed[~optional].groupby("rule", sort=True):
        if _GIVES_WAY.get(str(rule)) in told:
            continue
        words = words_of(str(rule))
        whole = rule in OF_QUESTIONS
        places: list[Place] = []
        for question, numbers, total in zip(
            *(group[name] for name in ("place", "row_numbers", "unexpected_rows")), strict=True
        ):
            by_file = json.loads(numbers)
            shown = sum(len(rows) for rows in by_file.values())
            one = len(by_file) == 1
            places += [
                Place(
                    file=files[source_id],
                    rows=tuple(rows),
                    total=int(total) if one else None,
                    question=question,
                )
                for source_id, rows in by_file.items()
            ] or [Place(question=question)]
            if not one and shown < total:
                left = f"et {number_words(int(total) - shown)} autres lignes"
                places.append(Place(question=question, said=left))
        yield Point(
            rule=str(rule),
            kinds=(words.seen,),
            to_do=words.to_do,
            where=tuple(places),
            rank=_RANKS[str(group["severity"].iloc[0])],
            count=len(group) if whole else int(group["unexpected_rows"].sum()),
            unit="questions" if whole else "lignes",
        )
