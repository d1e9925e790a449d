"""One mutant tried: put in place of its module in a process of its own, and the tests run.

In: the import of a changed source, the first test that fails.
Not in: which mutants (`mutants`), which order (`__main__`). Files on disk stay as they are.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from hypothesis import HealthCheck, Phase, settings

from observatoire_pipeline_tests.mutation.mutants import ESTIMATION, MUTANTS, Mutant

TESTS = Path(__file__).parent.parent / "unit" / "estimation"

OTHER_HOMES = {"decomposition": "families", "homogeneity": "families"}
"""Modules whose tests stand in another file than their own name's."""


# Plain asserts: their rewriting, for messages that nobody reads here, takes longer than the tests.
_QUIET = ["-x", "--assert=plain", "-o", "addopts="]
_QUIET += ["-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist"]


class _MutantLoader(importlib.machinery.SourceFileLoader):
    """Compiles the changed source, and never reads or writes a compiled one."""

    def __init__(self, name: str, path: str, mutant: Mutant) -> None:
        super().__init__(name, path)
        self._mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode("utf-8")
        return compile(self._mutant.applied(source), self.path, "exec")


class _MutantFinder:
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        self.used = False

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != f"{ESTIMATION}.{self._mutant.module}":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _MutantLoader(name, spec.origin, self._mutant)
            self.used = True
        return spec


class _FirstFailure:
    """A pytest plugin that remembers the first test, or test file, that fails."""

    name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._remember(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._remember(report)

    def _remember(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid.partition("unit/estimation/")[2] or report.nodeid


def try_mutant(number: int) -> str:
    """Return the first test that fails under a mutant, "" when all pass.

    Raises:
        RuntimeError: its module was imported before or never, or pytest could not run.
    """
    mutant = MUTANTS[number]
    if f"{ESTIMATION}.{mutant.module}" in sys.modules:
        raise RuntimeError(f"{mutant.module} was imported before its mutant was in place")
    finder = _MutantFinder(mutant)
    sys.meta_path.insert(0, finder)
    # The same examples at each run, and none of the time that shrinking takes.
    settings.register_profile(
        "mutants",
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutants")
    first = _FirstFailure()
    for files in tests_of(mutant.module):
        status = pytest.main([*_QUIET, *files], plugins=[first])
        if first.name:
            return first.name
        if not finder.used or status is not pytest.ExitCode.OK:
            raise RuntimeError(f"mutant {number} ({mutant.what}) was not tried: {status!r}")
    return ""


def tests_of(module: str) -> tuple[list[str], list[str]]:
    """Return the tests that know a module best, then all others of the room."""
    own = TESTS / f"test_{OTHER_HOMES.get(module, module)}.py"
    first = [path for path in (TESTS / "oracles", own) if path.exists()]
    rest = sorted(path for path in TESTS.glob("test_*.py") if path not in first)
    return [str(path) for path in first], [str(path) for path in rest]
