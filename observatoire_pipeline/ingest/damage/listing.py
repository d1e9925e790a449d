"""Damage that was found in a file and repaired without loss, each named once.

In: what the reader had to set right (byte order mark, NUL characters, blank rows, columns and
cells, an encoding left by a spreadsheet). Not in: damage that cannot be repaired with certainty;
such a file is refused where it is found. An example is a place or a heading, never an answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from observatoire_pipeline.ingest.export import Damage, Export
from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.refusal import column_letter
from observatoire_pipeline.ingest.sniff import CsvFormat

_OTHER_ALPHABETS = {
    "cp1252": "Windows-1252",
    "mac_roman": "Mac Roman",
    "utf-16-le": "UTF-16 without byte order mark",
    "utf-16-be": "UTF-16 without byte order mark",
}


def find_damage(grid: Grid, *, layout: Export, csv: CsvFormat | None) -> list[Damage]:
    """Return the damage of one file, in the order of the rules below."""
    found: list[Damage] = []
    if csv is not None and csv.encoding == "utf-8-sig":
        found.append(Damage("byte_order_mark", "start of the file", 1, "", "left out"))
    if csv is not None and csv.encoding in _OTHER_ALPHABETS:
        alphabet = _OTHER_ALPHABETS[csv.encoding]
        found.append(Damage("not_utf8", "whole file", 1, alphabet, "read with that encoding"))
    if csv is not None:
        found += csv.damage
    found += grid.damage
    if grid.nul_cells:
        where = "cells that hold NUL characters"
        found.append(Damage("nul_characters", where, grid.nul_cells, "", "NUL left out"))
    if grid.spaces_only:
        where = "cells that hold only spaces"
        found.append(Damage("spaces_only", where, grid.spaces_only, "", "taken as blank"))
    if grid.blank_rows:
        found.append(Damage("blank_rows", "between or after rows", grid.blank_rows, "", "left out"))
    blank = [column.position for column in layout.columns if column.role == "blank"]
    if blank:
        first, last = column_letter(blank[0]), column_letter(blank[-1])
        where = f"columns {first} to {last}" if len(blank) > 1 else f"column {first}"
        found.append(
            Damage("blank_columns", where, len(blank), column_letter(blank[0]), "taken as empty")
        )
    return found


def as_json(found: Sequence[Damage]) -> str:
    """Return the damage as the JSON list that `source_files.damage` holds."""
    return json.dumps([asdict(damage) for damage in found], ensure_ascii=False)
