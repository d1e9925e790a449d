"""The compiled reader of SPSS files, run as a process of its own: `python -m ... PATH`.

In: a path → the file's variables and values as JSON on the standard output. Not in: what they mean
(`spss`).

A damaged file can end the compiled reader with a segmentation fault (seen with pyreadstat 1.3.7 on
files in which single bits were changed), and nothing in Python can catch that. Here it ends a
process that nobody waits for, and the file is refused. Memory and time of the process are limited
where the operating system can.
"""

from __future__ import annotations

import json
import sys
from typing import Any

MEMORY = 6 * 1024**3
"""Bytes of memory that the process may have."""

SECONDS = 180
"""Seconds of processor time that it may take."""


def main(path: str) -> None:
    """Write what the file holds; a refusal of the reader is `{"error": ...}`."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass
    try:
        found = _read(path)
    except BaseException as error:
        found = {"error": type(error).__name__}
    sys.stdout.buffer.write(json.dumps(found).encode("ascii"))


def _read(path: str) -> dict[str, Any]:
    import pyreadstat

    table, meta = pyreadstat.read_sav(
        path, user_missing=True, disable_datetime_conversion=True, output_format="dict"
    )
    names = list(meta.column_names)
    return {
        "names": names,
        "labels": [meta.column_names_to_labels.get(name) for name in names],
        "kinds": [meta.original_variable_types.get(name) for name in names],
        "values": [list((meta.variable_value_labels.get(name) or {}).items()) for name in names],
        "missing": [list(meta.missing_ranges.get(name) or ()) for name in names],
        "sets": {
            key: [one.get("type", "D"), list(one.get("variable_list") or ())]
            for key, one in (getattr(meta, "mr_sets", None) or {}).items()
        },
        "cells": [list(table[name]) for name in names],
    }


if __name__ == "__main__":
    main(sys.argv[1])
