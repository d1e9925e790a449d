"""Break every formula in turn and print the test that noticed: `python -m … [module ...]`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from observatoire_pipeline_tests.mutation.mutants import MUTANTS, VARIABLE

TESTS = Path(__file__).parent.parent / "unit" / "estimation"
PLUGIN = "observatoire_pipeline_tests.mutation.plugin"
PATIENCE = 180
"""Seconds after which a mutant is taken to be running for ever, which is noticing it too."""

_OTHER_HOMES = {"decomposition": "families", "homogeneity": "families"}
"""Modules whose tests stand in another file than their own name's."""


def killer(number: int) -> str | None:
    """Return the first test that fails under a mutant, None when all pass."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", PLUGIN]
    try:
        run = subprocess.run(
            [*command, "-p", "no:cacheprovider", *map(str, _tests_of(MUTANTS[number].module))],
            env={**os.environ, VARIABLE: str(number), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end within {PATIENCE} s"
    if run.returncode == 0:
        return None
    if failed := re.search(r"^(?:FAILED|ERROR) (\S+)", run.stdout, flags=re.MULTILINE):
        return failed[1].rpartition("/")[2]
    raise RuntimeError(f"mutant {number} could not be tried:\n{run.stdout}\n{run.stderr}")


def main() -> None:
    """Try the mutants of the modules named on the command line, or all; exit 1 for survivors."""
    wanted = sys.argv[1:] or sorted({mutant.module for mutant in MUTANTS})
    chosen = [k for k, mutant in enumerate(MUTANTS) if mutant.module in wanted]
    start, survivors = time.perf_counter(), []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for number, found in zip(chosen, pool.map(killer, chosen), strict=True):
            mutant = MUTANTS[number]
            survivors += [mutant] if found is None else []
            print(f"{mutant.module:15} {mutant.what:45} {found or 'SURVIVES'}", flush=True)
    seconds = time.perf_counter() - start
    print(f"\n{len(chosen)} mutants, {len(survivors)} survive, {seconds:.0f} s")
    sys.exit(1 if survivors else 0)


def _tests_of(module: str) -> list[Path]:
    """Return all tests of the room, those that know the module best first."""
    own = TESTS / f"test_{_OTHER_HOMES.get(module, module)}.py"
    first = [own, TESTS / "oracles", TESTS / "test_second_opinion.py"]
    rest = sorted(path for path in TESTS.glob("test_*.py") if path not in first)
    return [path for path in (*first, *rest) if path.exists()]


if __name__ == "__main__":
    main()
