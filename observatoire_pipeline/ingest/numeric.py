"""Exports whose cells are numerical values: from the position of a choice back to its words.

In: the rule by which SurveyMonkey numbers choices, the proof that a file was exported so, and its
cells with the words of the codebook. Not in: scales that are numbers by themselves, ranks, numbers
that were typed; they are the same in either mode.

A code is the position of the choice, from 1, in the order of the survey. Not applicable, "none" and
"other" are `0` and are not counted. The order is that of the codebook's scale.
(Measured on public exports of one survey in both modes.)

The proof is of the whole file: in every closed column, every cell is a whole number that the
choices of its question allow. One cell in words, and nothing is changed; one number out of range in
a file that has no words, and it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import Variable
from observatoire_pipeline.ingest.export import Damage, Export
from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.matching import Matched, Target
from observatoire_pipeline.ingest.platforms.qualtrics import QUALTRICS
from observatoire_pipeline.ingest.refusal import Problem, column_place, shown

RULE = "numeric_values"
_WHOLE = re.compile(r"\d{1,4}")
_TEXT_KINDS = ("single", "matrix", "bracket")


def decode(
    texts: Sequence[str], options: Sequence[str], *, zeros: Sequence[str] = ()
) -> dict[str, str] | None:
    """Return the words that each code of a column stands for, None when one stands for none.

    Args:
        texts: The distinct cells of the column.
        options: The choices that are counted, in the order of the survey.
        zeros: What `0` may stand for; it is decoded when there is one.
    """
    words = {str(k): option for k, option in enumerate(options, start=1)}
    if len(zeros) == 1:
        words["0"] = zeros[0]
    if any(text.strip() not in words for text in texts):
        return None
    return {text: words[text.strip()] for text in texts}


def decode_numeric(
    export: Export, match: Matched, *, codebook: Codebook, edition: str, file: str
) -> tuple[Grid, tuple[Damage, ...], tuple[Problem, ...]]:
    """Return a file of numerical values with the words of the codebook in its closed columns.

    Args:
        export: The file.
        match: What each of its columns holds.
        codebook: Gives the choices of each question, in order.
        edition: Key of the edition.
        file: Its name for messages.

    Returns:
        The records, the repair (none where the file holds words), and the columns whose numbers
        its choices do not allow.
    """
    grid, below, targets = export.grid, export.header_rows, match.targets
    cells = {
        position: grid.distinct(position, below=below)[0]
        for position, target in targets.items()
        if _is_closed(target, codebook.variables[target.variable], edition, codebook)
        and _how(match, position) in ("", "joined")
    }
    cells = {position: texts for position, texts in cells.items() if texts}
    worded = [
        position
        for position in cells
        if targets[position].code == ""
        and codebook.variables[targets[position].variable].kind in _TEXT_KINDS
    ]
    whole = all(
        _WHOLE.fullmatch(part.strip())
        for position, texts in cells.items()
        for text in texts
        for part in _parts(text, match, position)
    )
    if not worded or not whole:
        return grid, (), ()
    problems: list[Problem] = []
    by_text: dict[int, dict[str, str]] = {}
    by_row: dict[int, list[str]] = {}
    for position, texts in cells.items():
        target = targets[position]
        variable = codebook.variables[target.variable]
        label = export.columns[position - 1].label
        if _how(match, position) == "joined":
            words = _joined_words(texts, variable, match, position, edition, codebook)
            expected = "the numbers of its choices"
        elif target.code or variable.kind == "multiple":
            words = dict.fromkeys(texts, label) if len(texts) == 1 else None
            expected = "the one number of its choice"
        else:
            counted, zeros = _choices(variable, edition, codebook, platform=export.platform)
            words = decode(texts, counted, zeros=zeros)
            expected = f"numbers from 1 to {len(counted)}" + (", or 0" if zeros else "")
            beside = _beside(target, variable, targets)
            if words is None and "0" in texts and len(zeros) == 2 and beside:
                proved = _zeros_by_text(grid, position, beside, counted, zeros, below=below)
                if proved is not None:
                    by_row[position] = proved
                    continue
        if words is None:
            problems.append(
                Problem(
                    file,
                    column_place(position),
                    f"numerical values of {shown(target.variable)} that its choices do not allow "
                    "or that could mean two of them",
                    expected,
                    "export it again with “Actual Answer Text”",
                )
            )
        else:
            by_text[position] = words
    if problems:
        return grid, (), tuple(problems)
    for position, words in by_text.items():
        grid = _rewritten(grid, position, words, below=below)
    for position, rows in by_row.items():
        grid = _replaced(grid, position, rows, below=below)
    new = [*by_text, *by_row]
    count = sum(grid.cells_in(position, below=below) for position in new)
    repaired = "read as the choices of the codebook: every cell is a number that they allow"
    where = f"{len(new)} closed columns"
    return grid, (Damage(RULE, where, count, "", repaired),), ()


def _how(match: Matched, position: int) -> str:
    reading = match.readings.get(position)
    return "" if reading is None else reading.how


def _parts(text: str, match: Matched, position: int) -> list[str]:
    """Return the cell, or each of the choices that share it."""
    reading = match.readings.get(position)
    return text.split(reading.separator) if reading and reading.separator else [text]


def _joined_words(
    texts: Sequence[str],
    variable: Variable,
    match: Matched,
    position: int,
    edition: str,
    codebook: Codebook,
) -> dict[str, str] | None:
    """Return the choices that share each cell in words, None when a number is no choice."""
    labels = [
        (codebook.column_text(variable.variable, item.item, edition) or "").replace(
            "{instance}", str(match.targets[position].instance)
        )
        for item in variable.items
        if codebook.asked(variable.variable, edition, item=item.item)
    ]
    parts = {part for text in texts for part in _parts(text, match, position)}
    words = decode(sorted(parts), labels)
    if words is None:
        return None
    separator = match.readings[position].separator
    return {
        text: separator.join(words[part] for part in _parts(text, match, position))
        for text in texts
    }


def _is_closed(target: Target, variable: Variable, edition: str, codebook: Codebook) -> bool:
    """Tell whether cells of a column are words of a list in text mode, none of them a number."""
    if target.item and target.item in (variable.other, variable.comment):
        return False
    if variable.kind == "multiple":
        return not target.item or not variable.item(target.item).text
    if variable.kind not in _TEXT_KINDS:
        return False
    scale = codebook.scale_of(variable.variable, edition)
    if scale is None:
        return False
    spelled = codebook.answer_labels(scale.scale, edition).labels
    return not any(_WHOLE.fullmatch(label.strip()) for label in spelled)


def _choices(
    variable: Variable, edition: str, codebook: Codebook, *, platform: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the labels that are counted, in order, and those that `0` may stand for.

    Qualtrics counts every choice, "other" among them.

    An offered kind of missing may be a choice like any other, which is counted after the others, or
    the platform's own N/A, which is `0`; so it stands in both.
    """
    scale = codebook.scale_of(variable.variable, edition)
    if scale is None:
        return (), ()
    codes = codebook.codes_of(variable.variable, edition=edition)
    labels = {entry.code: entry.label for entry in scale.codes}
    missing = [entry.label for entry in scale.missing]
    if platform == QUALTRICS.name:
        return (*(labels[code] for code in codes), *missing), ()
    counted = [labels[code] for code in codes if code != variable.other]
    zeros = [labels[variable.other]] if variable.other in labels else []
    return (*counted, *missing), (*zeros, *missing)


def _beside(target: Target, variable: Variable, targets: Mapping[int, Target]) -> int:
    """Return the position of the text column of "other", 0 when there is none."""
    wanted = replace(target, item=variable.other or "", code="")
    return next((p for p, t in targets.items() if variable.other and t == wanted), 0)


def _zeros_by_text(
    grid: Grid,
    position: int,
    beside: int,
    counted: Sequence[str],
    zeros: Sequence[str],
    *,
    below: int,
) -> list[str] | None:
    """Return the words of each cell where `0` is "other" or not applicable, None if not proved.

    Typed text proves that a `0` is "other". Without text it could be either.
    """
    known = {str(k): option for k, option in enumerate(counted, start=1)} | {"": ""}
    cells = [text.strip() for text in grid.text(position, below=below).to_pylist()]
    typed = grid.text(beside, below=below).to_pylist()
    zero = [bool(text) for cell, text in zip(cells, typed, strict=True) if cell == "0"]
    if not all(zero) or any(cell not in known and cell != "0" for cell in cells):
        return None
    return [known.get(cell, zeros[0]) for cell in cells]


def _rewritten(grid: Grid, position: int, words: Mapping[str, str], *, below: int) -> Grid:
    """Return the records with other words in the cells under the header of one column."""
    import pyarrow as pa

    column = grid.cells.column(position - 1).combine_chunks()
    texts = column.dictionary.to_pylist()
    indices = column.indices.to_numpy(zero_copy_only=False)
    table = [*texts, *(words.get(text, text) for text in texts)]
    moved = np.where(np.arange(len(indices)) < below, indices, indices + len(texts))
    array = pa.array(table, pa.large_string()).take(pa.array(moved)).dictionary_encode()
    return _with_column(grid, position, array)


def _replaced(grid: Grid, position: int, texts: Sequence[str], *, below: int) -> Grid:
    import pyarrow as pa

    head = grid.cells.column(position - 1).slice(0, below).cast(pa.large_string()).to_pylist()
    array = pa.array([*head, *texts], pa.large_string()).dictionary_encode()
    return _with_column(grid, position, array)


def _with_column(grid: Grid, position: int, array: object) -> Grid:
    from observatoire_pipeline.ingest.grid import HEAD

    name = grid.cells.column_names[position - 1]
    cells = grid.cells.set_column(position - 1, name, array)
    head = [list(record.values()) for record in cells.slice(0, HEAD).to_pylist()]
    return replace(grid, cells=cells, head=head)
