"""How long the reference of collectivités takes to read and to ask, and its rebuilding."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from observatoire_pipeline.collectivites import build

RUNS = 5
AIM = 0.3

READ = """
import time, pandas
from observatoire_pipeline.collectivites.reference import read_reference, units_at
from observatoire_pipeline.collectivites.succession import descent
start = time.perf_counter(); held = read_reference(); read = time.perf_counter()
units_at(held, date="2017-06-01"); asked = time.perf_counter()
descent(held, date_from="2016-06-01", date_to="2019-06-01"); led = time.perf_counter()
print(read - start, asked - read, led - asked)
"""


def _seconds() -> tuple[float, ...]:
    done = subprocess.run([sys.executable, "-c", READ], check=True, capture_output=True, text=True)
    return tuple(float(part) for part in done.stdout.split())


def reference() -> Iterator[str]:
    """Yield the times of reading, of a day and of a descent; then rebuild, where npm answers."""
    times = [
        statistics.median(step) for step in zip(*(_seconds() for _ in range(RUNS)), strict=True)
    ]
    size = sum(path.stat().st_size for path in build.DATA.iterdir()) / 1e6
    yield f"read the reference       {times[0]:6.2f} s (median of {RUNS}; aim: {AIM} or less)"
    yield f"units of a day           {times[1]:6.2f} s"
    yield f"descent over three years {times[2]:6.2f} s"
    yield f"shipped                  {size:6.2f} MB"
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        try:
            manifest = build.build(into=Path(folder))
        except build.BuildError as error:
            yield f"not rebuilt: {error}"
            return
        names = [*(f"{name}.csv.xz" for name in manifest["files"]), build.MANIFEST]
        same = all(
            (Path(folder) / name).read_bytes() == (build.DATA / name).read_bytes() for name in names
        )
        seconds = time.perf_counter() - start
    if not same:
        raise SystemExit("the rebuilt reference differs from the shipped one")
    yield f"rebuilt, byte for byte   {seconds:6.2f} s"
