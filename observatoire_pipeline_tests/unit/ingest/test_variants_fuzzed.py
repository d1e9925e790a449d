"""Bytes changed at random in files of every platform: told or refused, never a broken reader.

In: a few hundred files from one seed, whose cells must add up. Not in: whether each change is told
(the corruption kit).
"""

from __future__ import annotations

import json
from random import Random

import pytest

from observatoire_pipeline.ingest.inspection import plain_page
from observatoire_pipeline_tests.unit.ingest.made_surveys import (
    as_text,
    expanded,
    inspected,
    survey,
)
from observatoire_pipeline_tests.unit.ingest.test_variants_no_export import DATA, FILES
from observatoire_pipeline_tests.unit.ingest.test_variants_platforms import TABLES

SMALL = survey(size=9).rows
SOURCES = [
    *((as_text(rows[:12]).encode(), "a.csv") for rows, _ in TABLES.values()),
    (as_text(SMALL).encode("cp1252"), "a.csv"),
    (as_text(SMALL, delimiter="\t").encode("utf-16"), "a.txt"),
    (as_text(expanded(size=9).rows, delimiter=";").encode("utf-8-sig"), "a.csv"),
    (as_text(SMALL).encode().decode("latin-1").encode(), "a.csv"),
    *((data, file) for file, data, _ in FILES.values()),
    *((as_text(rows[:12]).encode(), "a.csv") for rows in DATA.values()),
]
PIECES = [
    b",",
    b'"',
    b"\r\n",
    b"\n",
    b";",
    b"\t",
    b"\x00",
    b"\xff\xfe",
    b'""',
    b",,,,",
    b"\xe9",
    b"\xc3",
]


def changed(data: bytes, random: Random) -> bytes:
    """Return bytes with a few of them flipped, cut, repeated, moved or added."""
    found = bytearray(data)
    for _ in range(random.choice([1, 1, 2, 5, 20])):
        if not found:
            break
        place, size = random.randrange(len(found)), random.choice([1, 3, 50])
        match random.randrange(6):
            case 0:
                found[place] ^= 1 << random.randrange(8)
            case 1:
                del found[place : place + size]
            case 2:
                found = found[:place]
            case 3:
                found[place:place] = random.choice(PIECES)
            case 4:
                found[place:place] = found[place : place + 10 * size]
            case _:
                found = found.replace(random.choice(PIECES), random.choice(PIECES), size)
    return bytes(found)


@pytest.mark.parametrize("seed", range(4))
def test_changed_bytes_are_told_or_refused(tmp_path, seed):
    random = Random(seed)
    verdicts = set()
    for _ in range(60):
        data, file = random.choice(SOURCES)
        found = inspected(tmp_path, changed(data, random), file)
        cells = found.cells
        assert cells.came_in == cells.kept + cells.rejected + cells.dropped
        assert not any("broke the reader" in reason for reason in found.reasons), found.reasons
        assert json.loads(found.to_json())["verdict"] == found.verdict
        assert plain_page(found).startswith(file)
        verdicts.add(found.verdict)
    assert {"accepted", "refused"} <= verdicts
