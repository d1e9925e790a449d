"""Bring the accepted answers of an edition to codes: the main flow of the stage.

In: the order of the steps, and the frames they end in. Not in: how each kind of answer is coded
(`choices`, `likert`, `brackets`, `ranking`, `numbers`, `texts`), what a blank means (`missing`),
where cells went (`conservation`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, CodedColumn
from observatoire_pipeline.codebook.models import ANSWERED
from observatoire_pipeline.ingest.blocks import PART_ROWS, in_order
from observatoire_pipeline.normalise.brackets import code_bracket
from observatoire_pipeline.normalise.choices import code_multiple, code_single
from observatoire_pipeline.normalise.coding import code_themes
from observatoire_pipeline.normalise.conservation import (
    Finished,
    Tally,
    conservation,
    count_cells,
    found_cells,
)
from observatoire_pipeline.normalise.likert import code_matrix
from observatoire_pipeline.normalise.missing import fill_blanks, last_reached
from observatoire_pipeline.normalise.numbers import code_number
from observatoire_pipeline.normalise.questions import (
    Positions,
    Question,
    read_question,
    rejected_cells,
)
from observatoire_pipeline.normalise.ranking import code_ranking
from observatoire_pipeline.normalise.texts import code_text, stacked_texts, texts_of
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import category, conform
from observatoire_pipeline.validate.acceptance import Setting, in_file_order, in_parts
from observatoire_pipeline.validate.cells import COLLECTOR_FIELDS, Mask, Sheet, read_columns
from observatoire_pipeline.validate.filters import (
    active_filter,
    filter_instance,
    in_filter_order,
    shut_out,
)
from observatoire_pipeline.validate.metadata import metadata_texts

__all__ = ["Normalised", "conservation", "normalise"]

_LOG = logging.getLogger(__name__)


class Normalised(NamedTuple):
    """What the stage makes of an edition: a frame of each table of that name."""

    norm_responses: pd.DataFrame
    norm_instances: pd.DataFrame
    norm_texts: pd.DataFrame
    cell_map: pd.DataFrame
    norm_sources: pd.DataFrame


@dataclass
class _Answers:
    """The coded answers of an edition, by (name of the coded column, instance)."""

    positions: dict[tuple[str, int], Positions] = field(default_factory=dict)
    numbers: dict[tuple[str, int], npt.NDArray[np.float64]] = field(default_factory=dict)
    texts: list[pd.DataFrame] = field(default_factory=list)
    answered: dict[tuple[str, int], Mask] = field(default_factory=dict)
    """By (block, instance): the responses with at least one accepted cell."""


class Coded(NamedTuple):
    """What is made of a part of the responses: their rows of each table, and their cells."""

    norm_responses: pd.DataFrame
    norm_instances: pd.DataFrame
    norm_texts: pd.DataFrame
    norm_sources: pd.DataFrame
    cells: dict[tuple[str, str], Tally]


def normalise(
    valid_responses: pd.DataFrame,
    rejected_responses: pd.DataFrame,
    raw_columns: pd.DataFrame,
    source_files: pd.DataFrame,
    raw_responses: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
    part_rows: int = PART_ROWS,
    executor: Executor | None = None,
) -> Normalised:
    """Code the accepted answers of an edition, and account for every cell that was received.

    Files of one edition are joined on the respondent. Condensed and expanded layouts end in the
    same codes.

    Args:
        valid_responses: A frame of that table.
        rejected_responses: A frame of that table; a rejected cell becomes `unreadable`, or
            `not_applicable` when a filter shuts it out.
        raw_columns: A frame of that table.
        source_files: A frame of that table; its order is the order of the files.
        raw_responses: A frame of that table, for the cells of rows that were not accepted.
        edition: The edition.
        codebook: The survey.
        part_rows: Rows that are coded at a time; the result is the same for any number.
        executor: Where parts are coded; threads of this process when there is none.

    Raises:
        ValueError: the frames contradict one another.
        TableError: a code is outside its vocabulary.
    """
    setting = Setting(edition, codebook, read_columns(raw_columns, source_files))
    parts = list(
        in_parts(in_file_order(valid_responses, source_files), setting, part_rows=part_rows)
    )
    cells = rejected_responses[rejected_responses["scope"] == "cell"]
    tasks = (
        (part, {"rejected_responses": rejected, "setting": setting})
        for part, rejected in _with_rejections(parts, cells, setting)
    )
    coded = list(in_order(code_rows, tasks, executor=executor))
    cell_map = count_cells(
        raw_columns, raw_responses, rejected_responses, (part.cells for part in coded)
    )
    made = Normalised(
        _stacked([part.norm_responses for part in coded]),
        _stacked([part.norm_instances for part in coded]),
        _stacked([part.norm_texts for part in coded]),
        conform(cell_map, catalogue(codebook)["cell_map"]),
        _stacked([part.norm_sources for part in coded]),
    )
    counts = len(made.norm_responses), len(made.norm_instances)
    _LOG.info("edition %s: %d responses, %d instances", edition, *counts)
    return made


def _with_rejections(
    parts: list[pd.DataFrame], cells: pd.DataFrame, setting: Setting
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Yield each part with the cells rejected in it; those of no part go with the last."""
    for k, part in enumerate(parts, start=1):
        inside = np.ones(len(cells), dtype=bool)
        if k < len(parts) and not setting.joined:
            inside = cells["row"].isin(part["row"]).to_numpy(dtype=bool)
        yield part, cells[inside]
        cells = cells[~inside]


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def code_rows(rows: pd.DataFrame, *, rejected_responses: pd.DataFrame, setting: Setting) -> Coded:
    """Code a part of the accepted rows: all rows of each response in it.

    Args:
        rows: Rows of `valid_responses`.
        rejected_responses: The cells of these rows that were rejected or dropped.
        setting: The edition.
    """
    return code_sheet(Sheet(rows, setting.columns, setting.known), rejected_responses, setting)


def code_sheet(sheet: Sheet, rejected_responses: pd.DataFrame, setting: Setting) -> Coded:
    """Code accepted rows that have been joined into responses (as `code_rows`)."""
    edition, codebook = setting.edition, setting.codebook
    tables = setting.tables
    answers = _code_answers(sheet, rejected_responses, edition, codebook)
    responses = conform(_responses(sheet, answers, edition, codebook), tables["norm_responses"])
    instances = conform(_instances(sheet, answers, edition, codebook), tables["norm_instances"])
    texts = conform(stacked_texts(answers.texts).assign(edition=edition), tables["norm_texts"])
    sources = conform(
        sheet.rows[["respondent_id", "source_id", "row"]].assign(edition=edition),
        tables["norm_sources"],
    )
    finished = Finished(responses, instances, texts, sources)
    cells = found_cells(sheet, finished, edition=edition, codebook=codebook)
    return Coded(responses, instances, texts, sources, cells)


def _code_answers(
    sheet: Sheet, rejected_responses: pd.DataFrame, edition: str, codebook: Codebook
) -> _Answers:
    """Code every question that the edition asked, those that filters look at before the others."""
    rejected = rejected_cells(sheet, rejected_responses)
    last = last_reached(sheet)
    columns = _by_variable(codebook)
    themes = _themes_by_variable(codebook)
    questions: dict[tuple[str, int], Question] = {}
    shut: dict[tuple[str, int], Mask] = {}
    answers = _Answers()
    for variable in in_filter_order(edition, codebook=codebook):
        if variable.personal:
            continue
        name = variable.variable
        block = codebook.block_of(name, edition)
        for instance in range(1, block.instances_in(edition) + 1):
            question = read_question(
                sheet,
                rejected,
                variable,
                instance=instance,
                edition=edition,
                codebook=codebook,
                vocabulary=columns[name][0].vocabulary,
            )
            questions[name, instance] = question
            shut[name, instance] = _shut(question, questions, shut, codebook)
            given, values = _coded(question)
            for column in columns[name]:
                answers.positions[column.name, instance] = fill_blanks(
                    given[column.item],
                    question,
                    column.item,
                    asked=codebook.asked(name, edition, item=column.item),
                    shut=shut[name, instance],
                    last=last,
                )
            for column, spoken_of in code_themes(question, themes.get(name, []), codebook=codebook):
                answers.positions[column.name, instance] = fill_blanks(
                    spoken_of,
                    replace(question, vocabulary=column.vocabulary),
                    column.item,
                    asked=codebook.asked(name, edition, item=column.item),
                    shut=shut[name, instance],
                    last=last,
                )
            if values is not None:
                answers.numbers[name, instance] = values
            answers.texts += texts_of(question, sheet)
            accepted = question.any_of(column.accepted for column in question.columns)
            key = (block.block, instance)
            answers.answered[key] = answers.answered.get(key, np.zeros_like(accepted)) | accepted
    return answers


def _coded(
    question: Question,
) -> tuple[dict[str | None, Positions], npt.NDArray[np.float64] | None]:
    """Return the codes of a question by item, and the values of a number."""
    kind = question.variable.kind
    if kind == "number":
        return code_number(question)
    by_kind = {
        "single": code_single,
        "multiple": code_multiple,
        "matrix": code_matrix,
        "ranking": code_ranking,
        "bracket": code_bracket,
        "text": code_text,
    }
    return by_kind[kind](question), None


def _shut(
    question: Question,
    questions: dict[tuple[str, int], Question],
    shut: dict[tuple[str, int], Mask],
    codebook: Codebook,
) -> Mask:
    nobody = np.zeros(question.size, dtype=bool)
    declared = active_filter(question.variable, edition=question.edition, codebook=codebook)
    if declared is None:
        return nobody
    key = (declared.variable, filter_instance(declared, question.instance, codebook=codebook))
    if key not in questions:
        return nobody
    reads = [(column.read, column.accepted) for column in questions[key].columns]
    return shut_out(declared, questions[key].variable, reads, shut[key])


def _by_variable(codebook: Codebook) -> dict[str, list[CodedColumn]]:
    found: dict[str, list[CodedColumn]] = {}
    for repeated in (False, True):
        for column in codebook.coded_columns(repeated=repeated):
            found.setdefault(column.variable.variable, []).append(column)
    return found


def _themes_by_variable(codebook: Codebook) -> dict[str, list[CodedColumn]]:
    found: dict[str, list[CodedColumn]] = {}
    for repeated in (False, True):
        for column in codebook.coding_columns(repeated=repeated):
            found.setdefault(column.variable.variable, []).append(column)
    return found


def _responses(sheet: Sheet, answers: _Answers, edition: str, codebook: Codebook) -> pd.DataFrame:
    """Return one row for each response: who, when, and the questions asked once."""
    rows = sheet.rows.assign(collector=_collectors(sheet))
    first = rows if len(rows) == len(sheet) else rows.drop_duplicates("respondent_id")
    made = {name: first[name].array for name in ("edition", "respondent_id", "source_id", "row")}
    for name in ("collector", "started_at", "ended_at"):
        known = first[name]
        if len(first) < len(rows):
            known = rows.groupby("respondent_id", sort=False)[name].first()
        made[name] = known.array
    everyone = [_Part("", 1, np.arange(len(sheet)))]
    for column in codebook.table_columns(repeated=False):
        made |= _columns(column, everyone, answers, edition, codebook)
    frame = pd.DataFrame(made)
    return frame.assign(collector=frame["collector"].fillna(""))


def _collectors(sheet: Sheet) -> pd.Series:
    """Return the collector of each row, null where the file names none."""
    found = pd.Series("", index=sheet.rows.index, dtype="str")
    for name in COLLECTOR_FIELDS:
        found = found.where(found != "", metadata_texts(sheet.rows, sheet.columns, name))
    return found.where(found != "")


class _Part(NamedTuple):
    """Rows of one instance of a repeated block ("": questions asked once)."""

    block: str
    instance: int
    places: npt.NDArray[np.intp]


def _instances(sheet: Sheet, answers: _Answers, edition: str, codebook: Codebook) -> pd.DataFrame:
    """Return one row for each response, repeated block and instance with an accepted cell."""
    rank = {name: number for number, name in enumerate(codebook.blocks)}
    parts = [
        _Part(block, instance, np.flatnonzero(mask))
        for (block, instance), mask in answers.answered.items()
        if codebook.blocks[block].repeated
    ]
    parts.sort(key=lambda part: (rank[part.block], part.instance))
    places = np.concatenate([np.array([], dtype=np.intp), *(part.places for part in parts)])
    sizes = [len(part.places) for part in parts]
    made: dict[str, object] = {
        "respondent_id": sheet.respondents.take(places),
        "block": np.repeat(np.array([part.block for part in parts], dtype=object), sizes),
        "instance": np.repeat(np.array([part.instance for part in parts], dtype=np.int64), sizes),
    }
    for column in codebook.table_columns(repeated=True):
        made |= _columns(column, parts, answers, edition, codebook)
    frame = pd.DataFrame(made).assign(edition=edition)
    return frame.iloc[np.argsort(places, kind="stable")]


def _columns(
    column: CodedColumn,
    parts: Sequence[_Part],
    answers: _Answers,
    edition: str,
    codebook: Codebook,
) -> dict[str, object]:
    """Return the coded column of the parts' rows, and the number's own column beside its state.

    Rows of another block than the one that asks the question are `not_asked`.
    """
    variable = column.variable
    block = ""
    if codebook.is_repeated(variable.variable) and codebook.asked(variable.variable, edition):
        block = codebook.block_of(variable.variable, edition).block
    not_asked = column.vocabulary.index("not_asked")
    codes, values = [np.array([], dtype=np.int16)], [np.array([], dtype=float)]
    for part in parts:
        key = (column.name, part.instance)
        if key not in answers.positions or part.block != block:
            codes.append(np.full(len(part.places), not_asked, dtype=np.int16))
            values.append(np.full(len(part.places), np.nan))
            continue
        codes.append(answers.positions[key][part.places])
        if variable.kind == "number" and column.coding is None:
            typed = answers.numbers[variable.variable, part.instance][part.places]
            kept = codes[-1] == column.vocabulary.index(ANSWERED)
            values.append(np.where(kept, typed, np.nan))
    categories = category(tuple(column.vocabulary))
    made: dict[str, object] = {}
    if variable.kind == "number" and column.coding is None:
        numbers = np.concatenate(values)
        made[variable.variable] = pd.array(numbers, dtype="Float64")
    made[column.name] = pd.Categorical.from_codes(np.concatenate(codes), dtype=categories)
    return made
