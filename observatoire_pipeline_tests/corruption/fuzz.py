"""Break the bytes of exports and read them, in a process of its own with limits.

In: `python -m ...fuzz CONTAINER COUNT` → one JSON line: how many files were read and refused, and
everything that is neither. A file has seconds, the process has memory; both are part of the test.
Not in: damage that a person could name (`damages`).
"""

from __future__ import annotations

import io
import json
import resource
import signal
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from pathlib import Path
from random import Random
from types import FrameType

from observatoire_pipeline.ingest.inspection import inspect_file
from observatoire_pipeline.ingest.reading import read_landing
from observatoire_pipeline.ingest.refusal import RefusedExport
from observatoire_pipeline_tests.corruption.exports import CONTAINERS, clean_export
from observatoire_pipeline_tests.corruption.survey import (
    EDITION,
    damageable_codebook,
    draw_answers,
)

SECONDS_PER_FILE = 20
MEMORY = 3 * 2**30
"""Bytes of address space; the libraries map more than one of the three before any file is read."""
_ATOMS = (
    b"\x00",
    b'"',
    b",",
    b"\r",
    b"\n",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"PK\x03\x04",
    b"<!",
    b"\t",
)


class TooSlow(BaseException):
    """A file took longer than it may; no `except Exception` may hide it."""


def broken(data: bytes, random: Random) -> bytes:
    """Return the bytes after one to three accidents of a disk, a cable or a program."""
    for _ in range(random.randint(1, 3)):
        if not data:
            return data
        at = random.randrange(len(data))
        length = random.randint(1, 40)
        how = random.randrange(7)
        if how == 0:
            data = data[:at]
        elif how == 1:
            data = data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :]
        elif how == 2:
            data = data[:at] + b"\x00" * length + data[at + length :]
        elif how == 3:
            data = data[:at] + random.randbytes(length) + data[at + length :]
        elif how == 4:
            data = data[:at] + random.choice(_ATOMS) * random.randint(1, 5) + data[at:]
        elif how == 5:
            data = data[:at] + data[at + length :]
        else:
            start = random.randrange(len(data))
            data = data[:at] + data[start : start + 20 * length] + data[at:]
    return data


def main(container: str, count: int) -> dict[str, object]:
    """Read `count` broken files of a container and return the tally and the failures."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _alarm)
    codebook = damageable_codebook()
    whole = [
        clean_export(draw_answers(Random(k), codebook), codebook, container=container).content()
        for k in range(3)
    ]
    words: Counter[str] = Counter()
    failures: list[str] = []
    for seed in range(count):
        random = Random(f"{container} {seed}")
        data = _drawn(seed, random, random.choice(whole), container)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"export.{container}"
            path.write_bytes(data)
            for reads in (_inspected, _landed):
                signal.alarm(SECONDS_PER_FILE)
                try:
                    words[reads(path, codebook)] += 1
                except (Exception, TooSlow):
                    failures.append(f"{container} {seed}: {traceback.format_exc()[-1500:]}")
                finally:
                    signal.alarm(0)
    return {"words": dict(words), "failures": failures}


def _drawn(seed: int, random: Random, whole: bytes, container: str) -> bytes:
    """Return the bytes of one file; the first is whole, to show that whole ones are read."""
    if seed == 0:
        return whole
    if seed % 10 == 0:
        return random.randbytes(10 * seed)
    if container != "csv" and seed % 2:
        return _repacked(whole, random)
    return broken(whole, random)


def _repacked(archive: bytes, random: Random) -> bytes:
    """Return a sound archive in which one file is broken: what lies behind checksums is reached."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as whole,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        chosen = random.choice(whole.namelist())
        for name in whole.namelist():
            data = whole.read(name)
            copy.writestr(name, broken(data, random) if name == chosen else data)
    return stream.getvalue()


def _inspected(path: Path, codebook: object) -> str:
    found = inspect_file(path, codebook=codebook)
    broke = [reason for reason in found.reasons if "broke the reader" in reason]
    if broke:
        raise AssertionError(broke[0])
    cells = found.cells
    assert cells.came_in == cells.kept + cells.rejected + cells.dropped, cells
    assert found.verdict != "refused" or found.reasons, "refused without a reason"
    json.loads(found.to_json())
    return "refused" if found.verdict == "refused" else "read"


def _landed(path: Path, codebook: object) -> str:
    try:
        read_landing(path.parent, edition=EDITION, codebook=codebook)
    except RefusedExport:
        return "refused"
    return "read"


def _alarm(number: int, frame: FrameType | None) -> None:
    raise TooSlow(f"more than {SECONDS_PER_FILE} seconds")


if __name__ == "__main__":
    assert sys.argv[1] in CONTAINERS
    sys.stdout.write(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
