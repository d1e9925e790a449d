"""Break every formula in turn and print the test that noticed: `make mutants`.

`python -m observatoire_pipeline_tests.mutation [module ...]` tries the mutants of some modules.
"""

from __future__ import annotations

import multiprocessing
import sys
import time

from observatoire_pipeline_tests.mutation.mutants import MUTANTS
from observatoire_pipeline_tests.mutation.trial import try_mutant

PATIENCE = 300
"""Seconds after which a mutant is taken to be running for ever, which is noticing it too."""

WORKERS = 2


def main() -> None:
    """Try the mutants of the modules named on the command line, or all; exit 1 for survivors."""
    known = sorted({mutant.module for mutant in MUTANTS})
    wanted = sys.argv[1:] or known
    if unknown := sorted(set(wanted) - set(known)):
        sys.exit(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
    chosen = [k for k, mutant in enumerate(MUTANTS) if mutant.module in wanted]
    start, survivors = time.perf_counter(), 0
    _preload()
    # A fork has everything but the mutant's module imported; each serves one mutant and ends.
    with multiprocessing.get_context("fork").Pool(WORKERS, maxtasksperchild=1) as pool:
        trials = [(k, pool.apply_async(try_mutant, (k,))) for k in chosen]
        for number, trial in trials:
            try:
                found = trial.get(timeout=PATIENCE)
            except multiprocessing.TimeoutError:
                found = f"no end within {PATIENCE} s"
            survivors += not found
            mutant = MUTANTS[number]
            print(f"{mutant.module:15} {mutant.what:45} {found or 'SURVIVES'}", flush=True)
    seconds = time.perf_counter() - start
    print(f"\n{len(chosen)} mutants, {survivors} survive, {seconds:.0f} s")
    sys.exit(1 if survivors else 0)


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
