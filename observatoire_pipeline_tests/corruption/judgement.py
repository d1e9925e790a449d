"""Whether the reader was silent about a difference.

In: a folder → coded answers, refusal; two sets of coded answers and what was reported → verdict.
Not in: how exports are made and damaged.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.ingest.reading import RawEdition, read_landing
from observatoire_pipeline.ingest.refusal import RefusedExport
from observatoire_pipeline.normalise.responses import normalise
from observatoire_pipeline.validate.acceptance import accept
from observatoire_pipeline.validate.errors import InvalidResponses
from observatoire_pipeline_tests.corruption.survey import EDITION

Word = Literal["equal", "repaired", "reported", "refused", "silent"]
Place = tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """What came of a landing folder.

    Attributes:
        refused: The refusal in words; empty when it was read.
        coded: Coded answers and typed texts: (table, respondent, instance..., column) → value.
        damage: Names of the rules in `source_files.damage`.
        unrepaired: Those of them that say no repair was made.
        rejected_rows: Respondents with a row in `rejected_responses`.
        nameless_rows: Rows in `rejected_responses` that have no respondent.
        rejected_cells: (Respondent, variable, item, instance), or (respondent, field of the
            platform), rejected one by one.
    """

    refused: str = ""
    coded: dict[Place, str] | None = None
    damage: frozenset[str] = frozenset()
    unrepaired: frozenset[str] = frozenset()
    rejected_rows: frozenset[str] = frozenset()
    nameless_rows: int = 0
    rejected_cells: frozenset[Place] = frozenset()


@dataclass(frozen=True)
class Judgement:
    """One word on a damaged file, and what it is about."""

    word: Word
    detail: str = ""


class Reader:
    """Reads folders; coded answers are remembered by the raw cells they come from."""

    def __init__(self, codebook: Codebook, *, edition: str = EDITION) -> None:
        self._codebook = codebook
        self._edition = edition
        self._known: dict[tuple[object, ...], Reading] = {}

    def read(self, folder: Path) -> Reading:
        """Return what comes of a landing folder; only declared refusals are caught."""
        try:
            raw = read_landing(folder, edition=self._edition, codebook=self._codebook)
        except RefusedExport as error:
            return Reading(refused=str(error))
        rules = [json.loads(text) for text in raw.source_files["damage"]]
        damage = frozenset(each["rule"] for found in rules for each in found)
        left = frozenset(each["rule"] for found in rules for each in found if not each["repaired"])
        key = _raw_key(raw)
        if key not in self._known:
            self._known[key] = self._coded(raw)
        known = self._known[key]
        return replace(known, damage=damage, unrepaired=left)

    def _coded(self, raw: RawEdition) -> Reading:
        at = {"edition": self._edition, "codebook": self._codebook}
        try:
            accepted = accept(raw.raw_responses, raw.raw_columns, raw.source_files, **at)
        except InvalidResponses as error:
            return Reading(refused=str(error))
        found = normalise(*accepted, raw.raw_columns, raw.source_files, raw.raw_responses, **at)
        rejected = accepted.rejected_responses
        rows = rejected[rejected["scope"] == "row"]
        cells = rejected[rejected["scope"] == "cell"].merge(
            raw.raw_columns[["source_id", "column", "field", "variable", "item", "instance"]],
            on=["source_id", "column"],
            how="left",
            validate="many_to_one",
        )
        names = ["respondent_id", "field", "variable", "item", "instance"]
        return Reading(
            coded=_coded_values(found.norm_responses, found.norm_instances, found.norm_texts),
            rejected_rows=frozenset(rows["respondent_id"]) - {""},
            nameless_rows=int((rows["respondent_id"] == "").sum()),
            rejected_cells=frozenset(
                (respondent, field) if field else (respondent, *map(str, answer))
                for respondent, field, *answer in cells[names].itertuples(index=False)
            ),
        )


def judge(clean: Reading, found: Reading, *, reports: Collection[str]) -> Judgement:
    """Return the word for a damaged file.

    Args:
        clean: Reading of the file before it was damaged.
        found: Reading of the damaged file.
        reports: Rules that tell of this damage.
    """
    if found.refused:
        return Judgement("refused", found.refused)
    assert clean.coded is not None and found.coded is not None
    told = found.damage - clean.damage
    places = {*clean.coded, *found.coded}
    differing = sorted(p for p in places if clean.coded.get(p) != found.coded.get(p))
    if not differing:
        return Judgement("repaired" if told or found.rejected_rows else "equal", " ".join(told))
    if found.unrepaired & told & set(reports):
        return Judgement("reported", " ".join(told))
    gone = {place[1] for place in clean.coded} - {place[1] for place in found.coded}
    nameless = gone if len(gone) <= found.nameless_rows else set()
    silent = [p for p in differing if p[1] not in nameless and not _told(p, found)]
    if not silent:
        return Judgement("reported", "rejected_responses")
    shown = [f"{p}: {clean.coded.get(p)!r} → {found.coded.get(p)!r}" for p in silent[:5]]
    return Judgement("silent", f"{len(silent)} place(s), told {sorted(told)}: " + "; ".join(shown))


def _told(place: Place, found: Reading) -> bool:
    """Tell whether `rejected_responses` names the response or the cell of a difference."""
    respondent = place[1]
    if respondent in found.rejected_rows:
        return True
    return (found.coded or {}).get(place) == "unreadable" or place[1:] in found.rejected_cells


def _coded_values(responses: pd.DataFrame, instances: pd.DataFrame, texts: pd.DataFrame) -> dict:
    found: dict[Place, str] = {}
    for name, frame, keys in (
        ("norm_responses", responses.drop(columns=["source_id", "row"]), ["respondent_id"]),
        ("norm_instances", instances, ["respondent_id", "block", "instance"]),
    ):
        places = list(zip(*(frame[key].astype(str) for key in keys), strict=True))
        for column in frame.columns:
            if column not in keys:
                for place, value in zip(places, frame[column].astype(str), strict=True):
                    found[(name, *place, column)] = str(value)
    keys = ["respondent_id", "variable", "item", "instance"]
    for *place, text in texts[[*keys, "text"]].itertuples(index=False):
        found[("norm_texts", *map(str, place))] = text
    return found


def _raw_key(raw: RawEdition) -> tuple[object, ...]:
    """Return what coded answers depend on: what each column holds, and its cells.

    Where columns and rows stand, how headings are spelled and what no variable takes are left out.
    """
    columns = raw.raw_columns
    held = columns[(columns["variable"] != "") | (columns["field"] != "")]
    names = ["source_id", "role", "field", "variable", "item", "instance", "code"]
    cells = raw.raw_responses
    return (
        tuple(cells["source_id"]),
        tuple(
            sorted(
                (*map(str, key), tuple(cells[column]) if column in cells else ())
                for *key, column in held[[*names, "column"]].itertuples(index=False)
            )
        ),
    )
