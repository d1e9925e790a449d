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
from observatoire_pipeline.validate.content import SERIOUS
from observatoire_pipeline.validate.wording import place_words, rows_words, words_of

_RANKS = {"serious": 0, "notable": 1, "minor": 2}
_SETTLED = 3
"""Rank of what asks nothing of anybody: repaired, or left aside by a rule."""


@dataclass(frozen=True)
class Point:
    """One thing to tell the supplier.

    Attributes:
        rule: The rule that found it.
        seen: What is seen.
        to_do: What to do about it.
        places: Where: file and rows, or the question.
        rank: 0 matters most.
        count: How many rows, cells or questions.
        settled: Whether it is already repaired or left aside.
    """

    rule: str
    seen: str
    to_do: str
    places: tuple[str, ...]
    rank: int
    count: int
    settled: bool = False


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
        *_of_damage(source_files, files),
        *_of_report(report, files, codebook),
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
        places = []
        for (source_id, column), cells in group.groupby(["source_id", "column"], sort=False):
            where = f"{files[source_id]}, {rows_words(cells['row'].tolist())}"
            if column:
                letter, variable = names[source_id, column]
                label = codebook.variables[variable].label if variable else ""
                where += f", colonne {letter}" + (f" (« {label} »)" if label else "")
            places.append(where)
        words = words_of(str(rule))
        settled = outcome == "dropped"
        yield Point(
            rule=str(rule),
            seen=words.seen,
            to_do=words.to_do,
            places=tuple(places),
            rank=_SETTLED if settled else 0,
            count=int(group["cells"].sum()),
            settled=settled,
        )


def _of_damage(source_files: pd.DataFrame, files: dict[str, str]) -> Iterator[Point]:
    """Return one point for all damage that asks the same of the supplier."""
    found: dict[tuple[str, bool], list[tuple[str, str, int]]] = {}
    for source_id, damage in zip(source_files["source_id"], source_files["damage"], strict=True):
        for entry in json.loads(damage):
            where = ", ".join(
                part for part in (files[source_id], place_words(entry["where"])) if part
            )
            key = (words_of(entry["rule"]).to_do, bool(entry["repaired"]))
            found.setdefault(key, []).append((entry["rule"], where, int(entry["count"])))
    for (to_do, repaired), told in found.items():
        rules = list(dict.fromkeys(rule for rule, _, _ in told))
        seen = [words_of(rule).seen for rule in rules]
        yield Point(
            rule=rules[0],
            seen=" ; ".join([seen[0], *(text[0].lower() + text[1:] for text in seen[1:])]),
            to_do=to_do,
            places=tuple(dict.fromkeys(where for _, where, _ in told)),
            rank=_SETTLED if repaired else 0,
            count=sum(count for _, _, count in told),
            settled=repaired,
        )


def _of_report(report: pd.DataFrame, files: dict[str, str], codebook: Codebook) -> Iterator[Point]:
    missed = report[~report["met"]]
    optional = missed["rule"].eq("blanks") & missed["column"].isin(
        [v.variable for v in codebook.variables.values() if v.kind == "text"]
    )  # nobody must comment
    for rule, group in missed[~optional].groupby("rule", sort=True):
        words = words_of(str(rule))
        places: list[str] = []
        for place, severity, numbers, total in zip(
            *(group[name] for name in ("place", "severity", "row_numbers", "unexpected_rows")),
            strict=True,
        ):
            by_file = json.loads(numbers)
            listed = sum(len(rows) for rows in by_file.values())
            one = len(by_file) == 1
            rows = [
                f"{files[source_id]}, {rows_words(numbers, total=int(total) if one else None)}"
                for source_id, numbers in by_file.items()
            ]
            if rule == "distance":
                places.append(f"« {place} »")
            elif rule in ("blanks", "other"):  # a list of half the rows would help nobody
                few = [rows_words(found, total=int(total), shown=5) for found in by_file.values()]
                places.append(", ".join([f"« {place} »", *few[:1]]))
            elif place:
                places += [f"« {place} » : {where}" for where in rows]
            else:
                places += rows
            if severity == SERIOUS and not one and listed < total:
                places.append(f"et {int(total) - listed} autres lignes")
        yield Point(
            rule=str(rule),
            seen=words.seen,
            to_do=words.to_do,
            places=tuple(places),
            rank=_RANKS[str(group["severity"].iloc[0])],
            count=int(group["unexpected_rows"].sum()) or len(group),
        )
