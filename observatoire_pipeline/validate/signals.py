"""What an expectation looks at: one row for each row received, or response; a column for each sign.

In: durations, answers given, straight lines, organisations, as plain columns with the row of the
source file beside them. A sign holds no answer and no name: organisations and rows of answers are
checksums. Not in: what is expected of a sign (`content`).
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, column_name
from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.codebook.models import MISSING_KINDS, NOT_SELECTED, Variable
from observatoire_pipeline.validate.acceptance import in_file_order
from observatoire_pipeline.validate.cells import Ints, RawColumn, Sheet, read_columns
from observatoire_pipeline.validate.metadata import MOMENTS, metadata_texts, read_moments
from observatoire_pipeline.validate.parts import parts_of
from observatoire_pipeline.validate.reading import Meaning, items_asked, read_cells

TELLING_CELLS = 10
"""Rows with fewer answers than this can be equal by chance."""

STRAIGHT = "straight__"
"""Opens the name of the sign of a matrix: `same`, `varied`, or null where few rows are."""


OTHER = "other__"
"""Opens the name of the sign of a list: whether "other" was chosen, null where nothing was."""


def raw_signals(
    raw_responses: pd.DataFrame,
    raw_columns: pd.DataFrame,
    source_files: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
) -> pd.DataFrame:
    """Return the signs of the rows of source files, as delivered: nothing joined, nothing removed.

    Args:
        raw_responses: A frame of that table.
        raw_columns: A frame of that table.
        source_files: A frame of that table.
        edition: The edition.
        codebook: The survey.

    Returns:
        `source_id`, `row`, `respondent` (a checksum by file, null without identifier),
        `answers_given` (non-blank answers), `answers` (a checksum of all of them; null under ten
        answers, and where the respondent's earlier row holds the same), `started_at`, `ended_at`,
        `seconds`, `organisation`, a sign for each matrix and one for each list with an "other".
    """
    rows = in_file_order(raw_responses, source_files)
    columns = read_columns(raw_columns, source_files)
    alone = rows["source_id"].astype("str") + " " + rows["row"].astype("str")
    sheet = Sheet(rows.assign(respondent_id=alone), columns)
    said = metadata_texts(rows, columns, "respondent_id")
    made = rows[["source_id", "row"]].assign(
        respondent=_checksums(rows["source_id"] + " " + said, blank=(said == "").to_numpy()),
        **_moments(rows, columns, day_first=codebook.editions[edition].day_first),
    )
    made["seconds"] = _seconds(made)
    given, answers = _answers(sheet)
    again = pd.DataFrame({"who": made["respondent"], "what": answers}).duplicated()
    known = made["respondent"].notna()
    made["answers_given"] = given
    answers[(given < TELLING_CELLS) | (again & known).to_numpy()] = None
    made["answers"] = answers
    names = [_typed(sheet, name) for name in codebook.survey.quality.organisation]
    made["organisation"] = _names(names, size=len(made))
    return made.assign(**_raw_choices(sheet, edition=edition, codebook=codebook))


def response_signals(
    norm_responses: pd.DataFrame,
    norm_texts: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
) -> pd.DataFrame:
    """Return the signs of the accepted responses.

    Returns:
        `source_id`, `row`, `started_at`, `ended_at`, `seconds` (null when unknown or negative),
        `organisation` (a checksum, null without a name) and a sign for each matrix asked once.
    """
    made = norm_responses[["source_id", "row", "started_at", "ended_at"]].reset_index(drop=True)
    made["seconds"] = _seconds(made)
    made["organisation"] = _organisations(norm_responses, norm_texts, codebook=codebook)
    return made.assign(**_straight(norm_responses, edition, codebook, repeated=False))


def instance_signals(
    norm_instances: pd.DataFrame,
    norm_responses: pd.DataFrame,
    *,
    edition: str,
    codebook: Codebook,
) -> pd.DataFrame:
    """Return the signs of repeated blocks: `source_id`, `row`, and a sign for each matrix."""
    made = norm_instances[["respondent_id"]].merge(
        norm_responses[["respondent_id", "source_id", "row"]],
        on="respondent_id",
        how="left",
        validate="many_to_one",
    )
    signs = _straight(norm_instances, edition, codebook, repeated=True)
    return made.drop(columns="respondent_id").assign(**signs)


def _moments(
    rows: pd.DataFrame, columns: list[RawColumn], *, day_first: bool
) -> dict[str, pd.Series]:
    return {
        name: read_moments(metadata_texts(rows, columns, name), day_first=day_first)
        for name in MOMENTS
    }


def _seconds(moments: pd.DataFrame) -> pd.Series:
    """Return how long each response took, null when unknown or negative."""
    seconds = (moments["ended_at"] - moments["started_at"]).dt.total_seconds()
    return seconds.where(seconds >= 0)


def _answers(sheet: Sheet) -> tuple[Ints, npt.NDArray[np.object_]]:
    """Return how many answers each row holds, and a checksum of them within their file."""
    given = np.zeros(len(sheet), dtype=np.int64)
    digest = np.zeros(len(sheet), dtype=np.uint64)
    for column in sheet.questions:
        cells = sheet.cells(column)
        given += cells.filled
        places = [f"{column.source_id} {column.column} {text}" for text in [*cells.texts, ""]]
        hashed = pd.util.hash_array(np.array(places, dtype=object), categorize=False)
        hashed[-1] = 0  # a blank adds nothing
        digest += hashed[cells.index]
    return given, digest.astype(str).astype(object)


def _typed(sheet: Sheet, variable: str) -> npt.NDArray[np.object_]:
    """Return what was typed at a question by row, in normal form, "" where nothing was."""
    found = np.full(len(sheet), "", dtype=object)
    for column in sheet.of_variable(variable, 1):
        cells = sheet.cells(column)
        forms = np.array([*(normalise_label(text) for text in cells.texts), ""], dtype=object)
        found = np.where(found == "", forms[cells.index], found)
    return found


def _raw_choices(sheet: Sheet, *, edition: str, codebook: Codebook) -> dict[str, np.ndarray]:
    """Return the signs of matrices and of lists with an "other", of each instance together."""
    found: dict[str, np.ndarray] = {}
    for variable in codebook.variables_asked(edition):
        name = variable.variable
        boxes = [item.item for item in variable.items if item.text]
        told: list[np.ndarray] = []
        for instance in range(1, codebook.block_of(name, edition).instances_in(edition) + 1):
            columns = [
                part
                for raw in sheet.of_variable(name, instance)
                for part in parts_of(raw, edition=edition, codebook=codebook)
            ]
            if variable.kind == "matrix":
                rows = items_asked(variable, edition=edition, codebook=codebook)
                if rows >= codebook.survey.quality.straight_line_rows:
                    told.append(
                        _raw_straight(sheet, columns, variable, edition=edition, codebook=codebook)
                    )
            elif variable.kind == "multiple" and boxes:
                told.append(_raw_other(sheet, columns, boxes, edition=edition, codebook=codebook))
            elif variable.kind == "single" and variable.other:
                told.append(
                    _raw_coded_other(sheet, columns, variable, edition=edition, codebook=codebook)
                )
        sign = STRAIGHT if variable.kind == "matrix" else OTHER
        if told:
            found[f"{sign}{name}"] = _strongest(told)
    return found


def _strongest(told: list[np.ndarray]) -> np.ndarray:
    """Return one sign for all instances: what is worth a look wins, null only where all are."""
    made = told[0]
    for sign in told[1:]:
        worth = (sign == "same") | (sign == "other")
        made = np.where(worth | (made == None), sign, made)  # noqa: E711 (element by element)
    return made


def _raw_straight(
    sheet: Sheet,
    columns: list[RawColumn],
    variable: Variable,
    *,
    edition: str,
    codebook: Codebook,
) -> np.ndarray:
    numbers: dict[Meaning, int] = {}
    by_item: dict[str, Ints] = {}
    for column in columns:
        if column.item in (variable.other, variable.comment):
            continue
        read = read_cells(sheet.cells(column), edition=edition, codebook=codebook)
        coded = read.numbered(numbers)
        before = by_item.get(column.item)
        by_item[column.item] = coded if before is None else np.where(before < 0, coded, before)
    if not by_item:
        return np.full(len(sheet), None, dtype=object)
    silent = [number for meaning, number in numbers.items() if meaning in MISSING_KINDS]
    codes = np.column_stack(list(by_item.values()))
    answers = (codes >= 0) & ~np.isin(codes, silent)
    return _told(codes, answers, least=codebook.survey.quality.straight_line_rows)


def _raw_other(
    sheet: Sheet, columns: list[RawColumn], boxes: list[str], *, edition: str, codebook: Codebook
) -> np.ndarray:
    ticked = np.zeros(len(sheet), dtype=bool)
    answered = np.zeros(len(sheet), dtype=bool)
    for column in columns:
        read = read_cells(sheet.cells(column), edition=edition, codebook=codebook)
        answered |= read.cells.filled
        if column.item in boxes:
            unticked = read.holds([meaning == NOT_SELECTED for meaning in read.meanings])
            ticked |= read.cells.filled & ~unticked
    told = np.where(ticked, "other", "listed").astype(object)
    told[~answered] = None
    return told


def _raw_coded_other(
    sheet: Sheet,
    columns: list[RawColumn],
    variable: Variable,
    *,
    edition: str,
    codebook: Codebook,
) -> np.ndarray:
    numbers: dict[Meaning, int] = {}
    told = np.full(len(sheet), None, dtype=object)
    for column in columns:
        if column.item in (variable.other, variable.comment):
            continue
        read = read_cells(sheet.cells(column), edition=edition, codebook=codebook)
        coded = read.numbered(numbers)
        silent = [number for meaning, number in numbers.items() if meaning in MISSING_KINDS]
        answer = (coded >= 0) & ~np.isin(coded, silent)
        other = answer & (coded == numbers.get(str(variable.other), -2))
        told = np.where(other, "other", np.where(answer, "listed", told))
    for column in columns:
        if column.item == variable.other:  # an expanded layout has no tick beside its text
            told[sheet.cells(column).filled & (told == None)] = "other"  # noqa: E711
    return told


def _organisations(
    norm_responses: pd.DataFrame, norm_texts: pd.DataFrame, *, codebook: Codebook
) -> np.ndarray:
    """Return a checksum of what names the organisation; spellings of one name are equal."""
    parts = []
    for name in codebook.survey.quality.organisation:
        typed = norm_texts[
            (norm_texts["variable"] == name) & (norm_texts["item"] == "")
        ].drop_duplicates("respondent_id")
        texts = norm_responses["respondent_id"].map(typed.set_index("respondent_id")["text"])
        index, uniques = pd.factorize(texts)
        forms = np.array([*(normalise_label(str(text)) for text in uniques), ""], dtype=object)
        parts.append(forms[index])
    return _names(parts, size=len(norm_responses))


def _names(parts: list[npt.NDArray[np.object_]], *, size: int) -> np.ndarray:
    """Return a checksum of the parts of a name, null where the first part is blank."""
    if not parts:
        return np.full(size, None, dtype=object)
    joined = pd.Series(parts[0], dtype=object)
    for part in parts[1:]:
        joined = joined + "\n" + pd.Series(part, dtype=object)
    return _checksums(joined, blank=parts[0] == "")


def _checksums(texts: pd.Series, *, blank: npt.NDArray[np.bool_]) -> np.ndarray:
    index, uniques = pd.factorize(texts)
    sums = [hashlib.sha256(str(text).encode()).hexdigest()[:16] for text in uniques]
    keys = np.array([*sums, None], dtype=object)[index]
    keys[blank] = None
    return keys


def _straight(
    frame: pd.DataFrame, edition: str, codebook: Codebook, *, repeated: bool
) -> dict[str, np.ndarray]:
    """Return for each matrix whether a unit gave one answer to all the rows that it answered."""
    least = codebook.survey.quality.straight_line_rows
    found: dict[str, np.ndarray] = {}
    for variable in codebook.variables_asked(edition):
        name = variable.variable
        if variable.kind != "matrix" or codebook.is_repeated(name) != repeated:
            continue
        items = [i.item for i in variable.items if codebook.asked(name, edition, item=i.item)]
        if len(items) < least:
            continue
        columns = [frame[column_name(name, item)].cat for item in items]
        codes = np.column_stack([column.codes.to_numpy(dtype=np.int64) for column in columns])
        vocabulary = list(columns[0].categories)
        answers = codes < len(vocabulary) - len(MISSING_KINDS)
        found[f"{STRAIGHT}{name}"] = _told(codes, answers, least=least)
    return found


def _told(codes: Ints, answers: npt.NDArray[np.bool_], *, least: int) -> np.ndarray:
    """Return `same`, `varied`, or null under `least` answers, of rows × items of codes."""
    lowest = np.where(answers, codes, np.iinfo(np.int64).max).min(axis=1)
    highest = np.where(answers, codes, -1).max(axis=1)
    told = np.where(lowest == highest, "same", "varied").astype(object)
    told[answers.sum(axis=1) < least] = None
    return told
