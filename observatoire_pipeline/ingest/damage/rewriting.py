"""Copy a grid with some of its texts or records replaced; nothing is changed in place.

In: the one way in which a repair reaches the records. Not in: any rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from observatoire_pipeline.ingest.grid import HEAD, Grid

Texts = Mapping[int, Mapping[str, str]]
"""Position of a column → text as found → text to write."""

HeaderCells = Mapping[tuple[int, int], str]
"""(Index of a header record from 0, position of a column from 1) → text to write."""


def rewrite(
    grid: Grid,
    *,
    texts: Texts | None = None,
    below: int = 0,
    headers: HeaderCells | None = None,
    keep: np.ndarray | None = None,
) -> Grid:
    """Return a grid with other texts in some columns, other headings, and some records left out.

    Args:
        grid: The records.
        texts: Replacements by column, exact and whole.
        below: Records at the top to which `texts` does not apply.
        headers: Replacements of single header cells.
        keep: One boolean for each record; None keeps all.
    """
    import pyarrow as pa

    texts, headers = texts or {}, headers or {}
    cells = grid.cells
    for position in sorted({*texts, *(position for _, position in headers)}):
        array = cells.column(position - 1).combine_chunks()
        places: dict[str, int] = {}
        old = array.dictionary.to_pylist()
        same = np.array([places.setdefault(t, len(places)) for t in old], dtype=np.int32)
        changes = texts.get(position, {})
        mended = np.array(
            [places.setdefault(changes.get(t, t), len(places)) for t in old], dtype=np.int32
        )
        indices = array.indices.to_numpy(zero_copy_only=False)
        codes = np.concatenate([same[indices[:below]], mended[indices[below:]]])
        for (row, place), text in headers.items():
            if place == position:
                codes[row] = places.setdefault(text, len(places))
        # Answers to choose from are listed in the order in which the texts first appear.
        used, first = np.unique(codes, return_index=True)
        order = used[np.argsort(first)]
        ranks = np.zeros(len(places), dtype=np.int32)
        ranks[order] = np.arange(len(order), dtype=np.int32)
        spelled = list(places)
        column = pa.DictionaryArray.from_arrays(
            pa.array(ranks[codes], pa.int32()),
            pa.array([spelled[code] for code in order], pa.large_string()),
        )
        cells = cells.set_column(position - 1, cells.column_names[position - 1], column)
    rows = grid.rows
    if keep is not None:
        cells, rows = cells.filter(pa.array(keep)), rows[keep]
    head = [list(record.values()) for record in cells.slice(0, HEAD).to_pylist()]
    return replace(grid, cells=cells, rows=rows, head=head)


def mendable_texts(grid: Grid) -> list[str]:
    """Return the distinct texts of a grid, headers included, by column.

    Texts of plain letters and digits alone are left out: no alphabet can have mangled them.
    """
    import pyarrow.compute as pc

    found: dict[str, None] = {}
    for position in range(1, grid.width + 1):
        for texts in grid.dictionaries(position):
            more = texts.filter(pc.invert(pc.ascii_is_alnum(texts)))
            found.update(dict.fromkeys(more.to_pylist()))
    return list(found)
