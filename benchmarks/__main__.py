"""Run every benchmark and print its ratios: `python -m benchmarks [name ...]`."""

from __future__ import annotations

import sys

from benchmarks.estimation import estimation
from benchmarks.import_time import import_time
from benchmarks.matching import matching
from benchmarks.pipeline import pipeline_against_empty_steps
from benchmarks.reading import reading
from benchmarks.reference import reference
from benchmarks.statistics import statistics

BENCHMARKS = {
    "estimation": estimation,
    "import_time": import_time,
    "matching": matching,
    "pipeline": pipeline_against_empty_steps,
    "reading": reading,
    "reference": reference,
    "statistics": statistics,
}


def main() -> None:
    """Run the benchmarks named on the command line, or all of them."""
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"unknown: {', '.join(unknown)}; known: {', '.join(BENCHMARKS)}")
    for name in names:
        print(f"\n== {name}")
        for line in BENCHMARKS[name]():
            print(line)


main()
