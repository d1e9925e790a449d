"""How long the code location takes to import, against what it cannot do without.

Both are compiled before they are timed, as an installed package is.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

RUNS = 5
AIM = 1.3

FLOOR = "import dagster, pandas"
LOCATION = "import observatoire_pipeline.definitions as d; d.build_definitions()"


def _seconds(statement: str, compiled: str) -> float:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, env=environment)
    return time.perf_counter() - start


def import_time() -> Iterator[str]:
    """Yield the ratio of loading the code location to `import dagster, pandas`, pair by pair."""
    with tempfile.TemporaryDirectory() as compiled:
        _seconds(LOCATION, compiled)
        pairs = [(_seconds(FLOOR, compiled), _seconds(LOCATION, compiled)) for _ in range(RUNS)]
    floor, location = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    yield f"import dagster, pandas   {floor:6.2f} s (median of {RUNS})"
    yield f"load the code location   {location:6.2f} s"
    yield f"ratio                    {ratio:6.2f}   (aim: {AIM} or less)"
