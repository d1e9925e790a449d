"""The long form of the panel: one row for each answer, for tools that filter and count.

In: the rows of `mart_answers`, made of columns of codes. Not in: what was typed in a free text
(`norm_texts`); a text shows here only whether it was answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, CodedColumn
from observatoire_pipeline.codebook.models import MISSING_KINDS
from observatoire_pipeline.marts.counts import PanelError, edition_positions
from observatoire_pipeline.tables.frames import conform, empty
from observatoire_pipeline.tables.model import Table


@dataclass(frozen=True)
class _Source:
    """One of the two panels with what is the same for all its columns."""

    frame: pd.DataFrame
    rows: dict[tuple[str, str], npt.NDArray[np.intp]]
    """Positions of the rows of an edition and, in the instances, of a block (else "")."""
    repeated: bool


def answers(
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    *,
    codebook: Codebook,
    tables: Mapping[str, Table],
) -> pd.DataFrame:
    """Return every answer and missing answer of the panel, one a row.

    Questions and items that an edition did not ask are not listed. Responses to questions asked
    once have instance 1. A choice of a multiple-choice list is a row `selected` or `not_selected`,
    a number carries its value, `missing` is the kind of missing or empty. A theme of typed texts is
    a row `selected`, `not_selected`, or `uncoded` while nobody has coded the text.

    Args:
        panel_responses: Frame of `panel_responses`; editions may be absent.
        panel_instances: Frame of `panel_instances`.
        codebook: The survey.
        tables: The catalogue.

    Returns:
        A frame of `mart_answers`, in the order of editions, questions, items and responses.

    Raises:
        PanelError: the panel does not agree with the codebook.
    """
    parts = list(answer_parts(panel_responses, panel_instances, codebook=codebook, tables=tables))
    if not parts:
        return empty(tables["mart_answers"])
    return pd.concat(parts, ignore_index=True)


def answer_parts(
    panel_responses: pd.DataFrame,
    panel_instances: pd.DataFrame,
    *,
    codebook: Codebook,
    tables: Mapping[str, Table],
) -> Iterator[pd.DataFrame]:
    """Yield `mart_answers` question by question, each part a frame of the table.

    The long form is as many times larger than the panel as there are questions; whoever writes it
    out need not hold it whole.
    """
    sources = (
        _source(panel_responses, codebook=codebook, repeated=False),
        _source(panel_instances, codebook=codebook, repeated=True),
    )
    place = {name: position for position, name in enumerate(codebook.variables)}
    columns = [
        (source, column)
        for source in sources
        for column in codebook.table_columns(repeated=source.repeated)
    ]
    columns.sort(key=lambda pair: place[pair[1].variable.variable])
    for edition in codebook.edition_keys:
        for source, column in columns:
            if codebook.asked(column.variable.variable, edition, item=column.item):
                part = _part(source, column, edition, codebook=codebook)
                if len(part):
                    yield conform(part, tables["mart_answers"])


def _source(frame: pd.DataFrame, *, codebook: Codebook, repeated: bool) -> _Source:
    editions = edition_positions(frame, codebook=codebook)
    rows: dict[tuple[str, str], npt.NDArray[np.intp]] = {}
    for place, edition in enumerate(codebook.edition_keys):
        of_edition = np.flatnonzero(editions == place)
        if not repeated:
            rows[edition, ""] = of_edition
            continue
        blocks = frame["block"].to_numpy()[of_edition]
        for block in codebook.blocks:
            rows[edition, block] = of_edition[blocks == block]
    return _Source(frame, rows, repeated)


def _part(
    source: _Source, column: CodedColumn, edition: str, *, codebook: Codebook
) -> pd.DataFrame:
    name = column.variable.variable
    block = codebook.block_of(name, edition)
    rows = source.rows[edition, block.block if source.repeated else ""]
    coded = source.frame[column.name]
    codes = coded.cat.codes.to_numpy()[rows]
    if (codes < 0).any():
        raise PanelError(f"column {column.name} has empty cells")
    vocabulary = list(coded.cat.categories)
    labels = [
        codebook.theme_label(column, code)
        if column.theme
        else codebook.label_of(name, column.item, code)
        for code in vocabulary
    ]
    missing = [code if code in MISSING_KINDS else "" for code in vocabulary]
    numbers = column.variable.kind == "number" and column.coding is None
    return pd.DataFrame(
        {
            "edition": _repeated(edition, len(rows)),
            "respondent_id": source.frame["respondent_id"].array.take(rows),
            "instance": source.frame["instance"].to_numpy()[rows] if source.repeated else 1,
            "unit": _repeated(block.unit, len(rows)),
            "variable": _repeated(name, len(rows)),
            "item": _repeated(column.item or "", len(rows)),
            "theme": _repeated(column.theme or "", len(rows)),
            "code": _texts(vocabulary).take(codes),
            "label": _texts(labels).take(codes),
            "missing": _texts(missing).take(codes),
            "value": source.frame[name].array.take(rows)
            if numbers
            else pd.array(np.full(len(rows), np.nan), dtype="Float64"),
            "synthetic": source.frame["synthetic"].to_numpy()[rows],
        }
    )


def _texts(words: Sequence[str]) -> pd.api.extensions.ExtensionArray:
    return pd.array(list(words), dtype="str")


def _repeated(word: str, count: int) -> pd.api.extensions.ExtensionArray:
    return _texts([word]).take(np.zeros(count, dtype=np.intp))
