"""A pytest plugin that puts one mutant in place of its module, in this process alone."""

from __future__ import annotations

import importlib.machinery
import os
import sys
from collections.abc import Sequence
from types import CodeType, ModuleType

from hypothesis import Phase, settings

from observatoire_pipeline_tests.mutation.mutants import ESTIMATION, MUTANTS, VARIABLE, Mutant


class _MutantLoader(importlib.machinery.SourceFileLoader):
    """Compiles the changed source; files on disk, compiled ones too, stay as they are."""

    def __init__(self, name: str, path: str, mutant: Mutant) -> None:
        super().__init__(name, path)
        self._mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode("utf-8")
        return compile(self._mutant.applied(source), self.path, "exec")


class _MutantFinder:
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != f"{ESTIMATION}.{self._mutant.module}":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _MutantLoader(name, spec.origin, self._mutant)
        return spec


mutant = MUTANTS[int(os.environ[VARIABLE])]
if f"{ESTIMATION}.{mutant.module}" in sys.modules:
    raise RuntimeError(f"{mutant.module} was imported before its mutant was in place")
sys.meta_path.insert(0, _MutantFinder(mutant))

# The same examples at each run, and none of the time that shrinking takes: one failure is enough.
settings.register_profile(
    "mutants",
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("mutants")
