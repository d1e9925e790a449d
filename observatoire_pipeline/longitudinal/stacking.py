"""Put the editions under one another: one panel of responses, one of repeated blocks.

In: stacking, the `not_asked` of questions that an edition did not ask, the refusal to mix
generated and collected answers.
Not in: whether two editions can be compared (`comparability`), who answered twice (`identity`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, CodedColumn
from observatoire_pipeline.tables.frames import TableError, conform, empty
from observatoire_pipeline.tables.model import Table

_LEFT_BEHIND = ("source_id", "row", "collector")
"""Where a response came from: `norm_responses` and `norm_sources` know it, the panel does not."""


class StackingError(ValueError):
    """The editions cannot be stacked; the message lists every reason."""


def stack_responses(
    norm: Mapping[str, pd.DataFrame],
    *,
    codebook: Codebook,
    table: Table,
    synthetic: Mapping[str, bool],
) -> pd.DataFrame:
    """Stack the responses of the editions, in the order of the codebook.

    A question that an edition did not ask is `not_asked` in all its rows (its number null), also
    when the edition's frame has no column for it.

    Args:
        norm: `norm_responses` of each edition at hand; editions may be absent.
        codebook: The survey.
        table: The declaration of `panel_responses`.
        synthetic: For each edition of `norm`, whether its answers were generated.

    Returns:
        A frame of `table`: one row for each response, rows of an edition in their given order.

    Raises:
        StackingError: an edition is unknown, or its synthetic flag is; a frame holds rows of
            another edition, lacks a question that was asked, has answers to one that was not, or
            is not its table; generated and collected answers would be mixed and the codebook
            (`release.mixed_synthetic`) does not allow it.
    """
    return _stack(norm, codebook=codebook, table=table, synthetic=synthetic, repeated=False)


def stack_instances(
    norm: Mapping[str, pd.DataFrame],
    *,
    codebook: Codebook,
    table: Table,
    synthetic: Mapping[str, bool],
) -> pd.DataFrame:
    """Stack the instances of repeated blocks of the editions, in the order of the codebook.

    As `stack_responses`, for `norm_instances` and `panel_instances`. In a row, the questions of
    other blocks than the row's are `not_asked` in every edition.
    """
    return _stack(norm, codebook=codebook, table=table, synthetic=synthetic, repeated=True)


def _stack(
    norm: Mapping[str, pd.DataFrame],
    *,
    codebook: Codebook,
    table: Table,
    synthetic: Mapping[str, bool],
    repeated: bool,
) -> pd.DataFrame:
    editions = [edition for edition in codebook.edition_keys if edition in norm]
    problems = [
        f"edition {edition} is not in the codebook (editions: {', '.join(codebook.edition_keys)})"
        for edition in norm
        if edition not in codebook.editions
    ]
    problems += [
        f"edition {edition}: nobody says whether its answers are synthetic"
        for edition in editions
        if edition not in synthetic
    ]
    problems += _mixed(editions, codebook=codebook, synthetic=synthetic)
    columns = codebook.table_columns(repeated=repeated)
    parts: list[pd.DataFrame] = []
    for edition in editions:
        part, found = _edition_rows(
            norm[edition],
            edition,
            columns=columns,
            codebook=codebook,
            table=table,
            repeated=repeated,
        )
        problems += [f"edition {edition}: {problem}" for problem in found]
        part["synthetic"] = np.full(len(part), synthetic.get(edition, False))
        try:
            parts.append(conform(part, table))
        except TableError as error:
            if not found:
                problems.append(f"edition {edition}: {error}")
    if problems:
        raise StackingError(f"{table.name} cannot be stacked:\n  " + "\n  ".join(problems))
    if not parts:
        return empty(table)
    return pd.concat(parts, ignore_index=True)


def _mixed(editions: list[str], *, codebook: Codebook, synthetic: Mapping[str, bool]) -> list[str]:
    if codebook.survey.release.mixed_synthetic:
        return []
    generated = [edition for edition in editions if synthetic.get(edition) is True]
    collected = [edition for edition in editions if synthetic.get(edition) is False]
    if not generated or not collected:
        return []
    return [
        f"synthetic editions ({', '.join(generated)}) and collected editions "
        f"({', '.join(collected)}) do not go into one panel: withdraw one kind, or say "
        "'mixed_synthetic: true' under survey → release in editions.yaml"
    ]


def _edition_rows(
    frame: pd.DataFrame,
    edition: str,
    *,
    columns: list[CodedColumn],
    codebook: Codebook,
    table: Table,
    repeated: bool,
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of one edition with every column of the panel, and what is wrong."""
    problems: list[str] = []
    others = sorted(set(frame["edition"].unique()) - {edition})
    if others:
        problems.append(f"holds rows of another edition: {', '.join(others)}")
    made = {
        name: frame[name]
        for name in frame.columns
        if name not in _LEFT_BEHIND and name != "synthetic"
    }
    for column in columns:
        asked = codebook.asked(column.variable.variable, edition, item=column.item)
        if column.name not in frame.columns:
            if asked:
                problems.append(f"column {column.name} is missing, but the edition asked it")
            made[column.name] = _not_asked(len(frame), column).set_axis(frame.index)
        else:
            problems += _asked_or_not(frame, column, asked=asked, whole=not repeated)
        if column.variable.kind == "number" and column.variable.variable not in frame.columns:
            if asked:
                problems.append(f"column {column.variable.variable} is missing")
            made[column.variable.variable] = pd.Series(
                np.full(len(frame), np.nan), index=frame.index
            ).astype("Float64")
    return pd.DataFrame(made, index=frame.index), problems


def _not_asked(rows: int, column: CodedColumn) -> pd.Series:
    position = column.vocabulary.index("not_asked")
    vocabulary = pd.Index(list(column.vocabulary))
    return pd.Series(pd.Categorical.from_codes(np.full(rows, position), categories=vocabulary))


def _asked_or_not(
    frame: pd.DataFrame, column: CodedColumn, *, asked: bool, whole: bool
) -> list[str]:
    """Check that `not_asked` is all or none; of instances, only that it is all.

    An instance row has `not_asked` in the questions of other blocks, although they were asked.
    """
    not_asked = (frame[column.name] == "not_asked").to_numpy()
    if not asked and not not_asked.all():
        return [f"column {column.name} has {int((~not_asked).sum())} answers to no question"]
    if asked and whole and not_asked.any():
        return [
            f"column {column.name} is not_asked in {int(not_asked.sum())} rows, "
            "but columns/*.csv says that the edition asked it"
        ]
    return []
