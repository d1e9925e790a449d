"""Accept or reject what an edition's files hold: the main flow of the stage.

In: the order of the steps, and which rows have to be seen together. Not in: the steps
(`corrections`, `metadata`, `rows`, `rules`).

Rows come in parts, of any size: a response is judged by itself. Few rows need others, and are
settled first, apart (`settle`): those that name nobody, hold nothing, share a respondent, or that a
correction names. Files that are joined on the respondent are one part.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.ingest.blocks import FEW, PART_ROWS, in_order
from observatoire_pipeline.tables.catalogue import RAW_CELL, catalogue
from observatoire_pipeline.tables.frames import conform, empty, from_records
from observatoire_pipeline.tables.model import Table
from observatoire_pipeline.validate.cells import (
    Known,
    Mask,
    RawColumn,
    Sheet,
    read_columns,
)
from observatoire_pipeline.validate.corrections import apply_corrections
from observatoire_pipeline.validate.errors import Findings
from observatoire_pipeline.validate.metadata import (
    check_agreement,
    tell_swapped,
    with_moments,
    with_respondents,
)
from observatoire_pipeline.validate.rows import accepted_rows, answers_in, headings_in
from observatoire_pipeline.validate.rules import check_content, tell_shift

_LOG = logging.getLogger(__name__)

_PLACE = "_place"
"""Names the place of a row among those of the edition while some rows are judged apart."""


class Accepted(NamedTuple):
    """What the stage makes of an edition.

    Attributes:
        valid_responses: A frame of that table: accepted rows after corrections; a rejected cell
            keeps its text, and the other frame tells of it.
        rejected_responses: A frame of that table: rows and cells rejected or dropped.
    """

    valid_responses: pd.DataFrame
    rejected_responses: pd.DataFrame


@dataclass(frozen=True)
class Setting:
    """What all parts of an edition share.

    Attributes:
        edition: The edition.
        codebook: The survey.
        columns: The columns of its files.
        known: What was made of their distinct texts.
    """

    edition: str
    codebook: Codebook
    columns: list[RawColumn]
    known: Known = field(default_factory=Known)

    @property
    def joined(self) -> bool:
        """Whether responses are joined from several files."""
        return len({column.source_id for column in self.columns}) > 1

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """The declared tables of the survey."""
        return catalogue(self.codebook)

    @property
    def questions(self) -> list[RawColumn]:
        """The columns that hold answers."""
        return [column for column in self.columns if column.role == "question"]


class Settled(NamedTuple):
    """Which rows of an edition are responses, as far as that takes more than one row.

    Attributes:
        apart: The rows that were judged apart, by place in the edition.
        kept: Those of them that are responses, with their place, corrected.
        looked_at: All of them, as delivered.
        findings: Why those that were not kept are no responses.
    """

    apart: Mask
    kept: pd.DataFrame
    looked_at: pd.DataFrame
    findings: Findings


class Judged(NamedTuple):
    """What became of a part of the rows.

    Attributes:
        rows: A frame of `valid_responses`.
        sheet: Its rows by response.
        findings: What was found in them.
    """

    rows: pd.DataFrame
    sheet: Sheet
    findings: Findings


def accept(
    raw_responses: pd.DataFrame,
    raw_columns: pd.DataFrame,
    source_files: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
    part_rows: int = PART_ROWS,
    executor: Executor | None = None,
) -> Accepted:
    """Apply the declared corrections, then accept or reject every row and cell of an edition.

    Args:
        raw_responses: A frame of that table.
        raw_columns: A frame of that table; it says what each column holds.
        source_files: A frame of that table; its order is the order of the files.
        edition: The edition.
        codebook: The survey.
        part_rows: Rows that are judged at a time; the result is the same for any number.
        executor: Where parts are judged; threads of this process when there is none.

    Raises:
        UnknownAnswers: answers that no label of their scale is equal to, and nothing else.
        InvalidResponses: a correction that matches nothing, two rows of a respondent with
            different answers, columns that have shifted, a file without identifiers, dates of the
            other order; together with the unknown answers.
    """
    setting = Setting(edition, codebook, read_columns(raw_columns, source_files))
    rows = in_file_order(raw_responses, source_files)
    parts = list(in_parts(rows, setting, part_rows=part_rows))
    settled = settle(parts, setting)
    findings = settled.findings
    valid: list[pd.DataFrame] = []
    tasks = ((part, {"setting": setting}) for part in without(parts, settled))
    for judged in in_order(judge, tasks, executor=executor):
        valid.append(judged.rows)
        findings.add(judged.findings)
    conclude(findings, setting)
    _LOG.info("edition %s: %d rows accepted of %d", edition, sum(map(len, valid)), len(rows))
    table = setting.tables["valid_responses"]
    return Accepted(
        pd.concat(valid, ignore_index=True) if valid else empty(table),
        rejected_rows(findings, setting),
    )


def in_parts(
    rows: pd.DataFrame, setting: Setting, *, part_rows: int = PART_ROWS
) -> Iterator[pd.DataFrame]:
    """Yield rows in parts whose columns share their distinct texts; at least one part."""
    if setting.joined or len(rows) <= part_rows:
        yield rows
        return
    shared = rows.assign(**{name: _as_categories(rows[name]) for name in _cell_names(rows)})
    for start in range(0, len(rows), part_rows):
        yield shared.iloc[start : start + part_rows].reset_index(drop=True)


def _as_categories(cells: pd.Series) -> pd.Series:
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells
    codes, texts = pd.factorize(cells)
    if len(texts) > FEW:
        return cells
    made = pd.Categorical.from_codes(codes, categories=pd.Index(texts, dtype="str"))
    return pd.Series(made, index=cells.index)


def settle(parts: Iterable[pd.DataFrame], setting: Setting) -> Settled:
    """Judge the rows that need others: who speaks in them, and whether they are responses at all.

    Args:
        parts: Raw rows in the order of the edition; they are gone through twice.
        setting: The edition.

    Raises:
        InvalidResponses: a file without identifiers.
    """
    findings = Findings(setting.edition)
    corrected = {c.respondent_id for c in setting.codebook.corrections}
    apart = np.zeros(0, dtype=bool)
    who = np.zeros(0, dtype=np.uint64)
    for part in parts:
        rows = with_respondents(part, setting.columns, findings=findings)
        alone = answers_in(rows, setting.questions, known=setting.known)
        alone &= ~headings_in(rows, setting.columns)
        names = rows["respondent_id"]
        alone &= ~names.isin(corrected | {""}).to_numpy(dtype=bool)
        apart = np.append(apart, ~alone)
        who = np.append(who, pd.util.hash_array(names.to_numpy(object), categorize=False))
    if findings.problems:
        findings.problems = list(dict.fromkeys(findings.problems))
        findings.settle()  # without identifiers no other rule can speak of a response
    # Whoever is looked at apart without need is judged as the others are: numbers may collide.
    apart |= _repeated(who)
    if setting.joined:
        apart[:] = True
    looked_at = _at(parts, np.flatnonzero(apart))
    rows = with_respondents(looked_at, setting.columns, findings=findings)
    rows = apply_corrections(
        rows,
        setting.columns,
        edition=setting.edition,
        codebook=setting.codebook,
        findings=findings,
    )
    rows = accepted_rows(rows, setting.columns, edition=setting.edition, findings=findings)
    return Settled(apart, _one_row_each(rows), looked_at, findings)


def _repeated(numbers: npt.NDArray[np.uint64]) -> Mask:
    """Tell which of the numbers stand more than once."""
    order = np.argsort(numbers)
    ordered = numbers[order]
    same = ordered[1:] == ordered[:-1]
    found = np.zeros(len(numbers), dtype=bool)
    found[order[1:][same]] = True
    found[order[:-1][same]] = True
    return found


def _at(parts: Iterable[pd.DataFrame], places: np.ndarray) -> pd.DataFrame:
    """Return the rows at these places of the edition, with their place."""
    found: list[pd.DataFrame] = []
    start = 0
    for part in parts:
        inside = places[(places >= start) & (places < start + len(part))]
        if len(inside) or not found:
            found.append(part.iloc[inside - start].assign(**{_PLACE: inside}))
        start += len(part)
        if found and not len(places):
            break
    return pd.concat(found, ignore_index=True) if len(found) > 1 else found[0]


def without(parts: Iterable[pd.DataFrame], settled: Settled) -> Iterator[pd.DataFrame]:
    """Yield the parts with the rows that were judged apart replaced by those that were kept."""
    start = 0
    places = settled.kept[_PLACE].to_numpy(dtype=np.int64)
    for part in parts:
        apart = settled.apart[start : start + len(part)]
        if not apart.any():
            yield part
        elif apart.all():
            inside = (places >= start) & (places < start + len(part))
            yield settled.kept[inside].drop(columns=[_PLACE, "respondent_id"])
        else:
            inside = (places >= start) & (places < start + len(part))
            stay = part[~apart].assign(**{_PLACE: start + np.flatnonzero(~apart)})
            back = settled.kept[inside].drop(columns="respondent_id")
            both = pd.concat([stay, back], ignore_index=True) if len(back) else stay
            yield both.sort_values(_PLACE).drop(columns=_PLACE).reset_index(drop=True)
        start += len(part)


def judge(part: pd.DataFrame, *, setting: Setting) -> Judged:
    """Accept or reject every cell of a part of the rows, each of which is a response."""
    findings = Findings(setting.edition)
    rows = with_respondents(part.reset_index(drop=True), setting.columns, findings=findings)
    rows = with_moments(
        rows,
        setting.columns,
        edition=setting.codebook.editions[setting.edition],
        findings=findings,
        known=setting.known,
    )
    if setting.joined:
        check_agreement(rows, setting.columns, findings=findings)
    rows = conform(rows.assign(edition=setting.edition), setting.tables["valid_responses"])
    sheet = Sheet(rows, setting.columns, setting.known)
    check_content(sheet, edition=setting.edition, codebook=setting.codebook, findings=findings)
    return Judged(rows, sheet, findings)


def conclude(findings: Findings, setting: Setting) -> None:
    """Raise everything that stands in the way of acceptance, once all parts have been judged.

    Raises:
        UnknownAnswers: unknown answers, and nothing else.
        InvalidResponses: other problems, with the unknown answers among them.
    """
    edition = setting.codebook.editions[setting.edition]
    tell_swapped(setting.columns, edition=edition, findings=findings)
    tell_shift(setting.columns, codebook=setting.codebook, findings=findings)
    findings.settle()


def in_file_order(rows: pd.DataFrame, source_files: pd.DataFrame) -> pd.DataFrame:
    """Return raw rows in the order of the files and, in a file, of the rows; blanks as ""."""
    place = {source_id: rank for rank, source_id in enumerate(source_files["source_id"])}
    stray = sorted(set(rows["source_id"].unique()) - set(place))
    if stray:
        raise ValueError(f"rows of files that source_files lacks: {', '.join(stray)}")
    rank = rows["source_id"].map(place).to_numpy(dtype=np.int64)
    order = np.lexsort((rows["row"].to_numpy(dtype=np.int64), rank))
    ordered = rows if (order == np.arange(len(rows))).all() else rows.iloc[order]
    ordered = ordered.reset_index(drop=True)
    nulls = [name for name in _cell_names(ordered) if ordered[name].isna().any()]
    return ordered.assign(**{name: ordered[name].astype("str").fillna("") for name in nulls})


def _cell_names(rows: pd.DataFrame) -> list[str]:
    return [name for name in rows.columns if RAW_CELL.match(str(name))]


def _one_row_each(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without those whose contradiction is already told as a problem."""
    again = rows.duplicated(["source_id", "respondent_id"])
    return rows[~again].reset_index(drop=True) if again.any() else rows


def rejected_rows(findings: Findings, setting: Setting) -> pd.DataFrame:
    """Return what was rejected or dropped as a frame of `rejected_responses`."""
    columns, edition = setting.columns, setting.edition
    place: dict[object, int] = {(c.source_id, c.column): c.order for c in columns}
    files: dict[object, int] = {column.source_id: column.order for column in reversed(columns)}
    records = [{"edition": edition, **record} for record in findings.rejected]
    records.sort(
        key=lambda record: (
            files[record["source_id"]],
            record["row"],
            place.get((record["source_id"], record["column"]), -1),
        )
    )
    return from_records(records, setting.tables["rejected_responses"])
