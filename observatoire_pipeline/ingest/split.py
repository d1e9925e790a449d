"""Sheets into which an export was split for its width, put together again.

In: tables of one archive or workbook that show the same respondents in the same leading columns →
one table. Old exports stop at 256 columns; the rest stands in `Sheet_2`, which repeats the columns
of the respondent. Rows are joined on the identifier, never on their place.
Not in: an edition delivered as several files (`reading` follows each to its own row).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.export import Damage
from observatoire_pipeline.ingest.grid import HEAD, Grid, column_key

if TYPE_CHECKING:
    from observatoire_pipeline.ingest.opening import Source

HEADER_ROWS = 2


def join_split(sources: list[Source]) -> list[Source]:
    """Return the tables with those that continue another one joined to it.

    A table continues an earlier one when it repeats its leading columns (one at least, not all):
    equal headers, an identifier in the first that no row shares with another, the same identifiers,
    and equal cells for each of them. Without that proof both stay as they are.
    """
    found: list[Source] = []
    for source in sources:
        for k, earlier in enumerate(found):
            if source.export is not None or earlier.export is not None:
                continue
            joined = _joined(earlier, source)
            if joined is not None:
                found[k] = joined
                break
        else:
            found.append(source)
    return found


def _joined(left: Source, right: Source) -> Source | None:
    a, b = left.grid, right.grid
    if len(a.rows) != len(b.rows) or len(a.rows) <= HEADER_ROWS:
        return None
    shared = _shared_headers(a, b)
    if not 0 < shared < b.width or shared == a.width or _is_copy(a, b, shared=shared):
        return None
    names, wanted = _texts(a, 1), _texts(b, 1)
    places = {name: k for k, name in enumerate(wanted)}
    if len(places) != len(wanted) or set(names) != set(places) or "" in places:
        return None
    order = np.array([places[name] for name in names], dtype=np.int64)
    for position in range(2, shared + 1):
        cells = _texts(b, position)
        if _texts(a, position) != [cells[k] for k in order]:
            return None
    repeated = sum(b.cells_in(k, below=HEADER_ROWS) for k in range(1, shared + 1))
    where = f"{right.place}, {b.width - shared} column(s)"
    note = Damage(
        "split_sheets", where, 1, "", f"joined on the respondent; {repeated} cell(s) stood twice"
    )
    return replace(
        left,
        grid=_side_by_side(a, b, shared=shared, order=order),
        damage=(*left.damage, note),
        left_out=left.left_out + repeated,
    )


def _shared_headers(a: Grid, b: Grid) -> int:
    count = 0
    for k in range(min(a.width, b.width)):
        pairs = [(a.head[r][k], b.head[r][k]) for r in range(HEADER_ROWS)]
        if not pairs[0][0] or any(normalise_label(x) != normalise_label(y) for x, y in pairs):
            break
        count += 1
    return count


def _is_copy(a: Grid, b: Grid, *, shared: int) -> bool:
    """Tell whether every further heading of the second table stands in the first one too."""
    known = {tuple(a.head[r][k] for r in range(HEADER_ROWS)) for k in range(a.width)}
    return all(
        tuple(b.head[r][k] for r in range(HEADER_ROWS)) in known for k in range(shared, b.width)
    )


def _texts(grid: Grid, position: int) -> list[str]:
    texts: list[str] = grid.text(position, below=HEADER_ROWS).to_pylist()
    return texts


def _side_by_side(a: Grid, b: Grid, *, shared: int, order: np.ndarray) -> Grid:
    import pyarrow as pa

    rows = pa.array(np.concatenate([np.arange(HEADER_ROWS), order + HEADER_ROWS]))
    rest = b.cells.select(range(shared, b.width)).take(rows).combine_chunks()
    columns = [*a.cells.columns, *rest.columns]
    cells = pa.table(columns, names=[column_key(k) for k in range(1, len(columns) + 1)])
    head = [list(record.values()) for record in cells.slice(0, HEAD).to_pylist()]
    return replace(
        a,
        cells=cells,
        head=head,
        spaces_only=a.spaces_only + b.spaces_only,
        nul_cells=a.nul_cells + b.nul_cells,
    )
