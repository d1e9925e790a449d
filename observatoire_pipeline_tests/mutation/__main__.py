"""Break every formula in turn and print the test that noticed: `make mutants`.

`python -m observatoire_pipeline_tests.mutation [module ...]` tries the mutants of some modules.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from multiprocessing.connection import Connection, wait

from observatoire_pipeline_tests.mutation.mutants import MUTANTS
from observatoire_pipeline_tests.mutation.trial import try_mutant

PATIENCE = 300
"""Seconds after which a mutant is taken to be running for ever, which is noticing it too."""

WORKERS = 2

_FORK = multiprocessing.get_context("fork")


def main() -> None:
    """Try the mutants of the modules named on the command line, or all; exit 1 for survivors."""
    known = sorted({mutant.module for mutant in MUTANTS})
    wanted = sys.argv[1:] or known
    if unknown := sorted(set(wanted) - set(known)):
        sys.exit(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
    waiting = [k for k, mutant in enumerate(MUTANTS) if mutant.module in wanted]
    tried, survivors, start = len(waiting), 0, time.perf_counter()
    _preload()
    running: list[_Trial] = []
    while waiting or running:
        while waiting and len(running) < WORKERS:
            running.append(_Trial(waiting.pop(0)))
        wait([trial.process.sentinel for trial in running], timeout=1)
        for trial in [one for one in running if one.ended()]:
            running.remove(trial)
            found, mutant = trial.found(), MUTANTS[trial.number]
            survivors += not found
            print(f"{mutant.module:15} {mutant.what:45} {found or 'SURVIVES'}", flush=True)
    seconds = time.perf_counter() - start
    print(f"\n{tried} mutants, {survivors} survive, {seconds:.0f} s")
    sys.exit(1 if survivors else 0)


class _Trial:
    """A mutant in a fork of this process, which has imported everything but its module."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._end = time.perf_counter() + PATIENCE
        self._from_child, to_parent = _FORK.Pipe(duplex=False)
        self.process = _FORK.Process(target=_tell, args=(number, to_parent))
        self.process.start()
        to_parent.close()

    def ended(self) -> bool:
        return not self.process.is_alive() or time.perf_counter() > self._end

    def found(self) -> str:
        """Return the test that failed, "" for none, or how the process came to its end."""
        if self.process.is_alive():
            self.process.terminate()
            return f"no end within {PATIENCE} s"
        try:
            found = self._from_child.recv()
        except EOFError:
            self.process.join()
            return f"the tests crash (exit {self.process.exitcode})"
        if isinstance(found, Exception):
            raise found
        return str(found)


def _tell(number: int, to_parent: Connection) -> None:
    # What compiled code prints when it is fed nonsense is not read by anyone.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        to_parent.send(try_mutant(number))
    except RuntimeError as error:
        to_parent.send(error)


def _preload() -> None:
    """Import once what every trial needs and no mutant touches."""
    import babel.numbers
    import dagster
    import pandas
    import scipy.optimize
    import scipy.special
    import scipy.stats
    import statsmodels.stats.contingency_tables
    import statsmodels.stats.multitest
    import statsmodels.stats.proportion

    loaded = (babel, dagster, pandas, scipy, statsmodels)
    assert not [name for name in sys.modules if name.startswith("observatoire_pipeline.esti")], (
        loaded
    )


if __name__ == "__main__":
    main()
