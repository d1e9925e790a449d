"""The mutants still fit the formulas that they break; `make mutants` runs them."""

from __future__ import annotations

import pytest

from observatoire_pipeline_tests.mutation.mutants import MUTANTS, Mutant, source_of
from observatoire_pipeline_tests.mutation.trial import tests_of as files_for


@pytest.mark.parametrize("module", sorted({mutant.module for mutant in MUTANTS}))
def test_every_mutant_of_a_module_changes_it_and_compiles(module):
    source = source_of(module)
    for mutant in MUTANTS:
        if mutant.module == module:
            changed = mutant.applied(source)
            assert changed != source, mutant.what
            compile(changed, module, "exec")
    best, others = files_for(module)
    assert any("oracles" in name for name in best)
    assert others


def test_a_mutant_whose_formula_moved_says_so():
    with pytest.raises(ValueError, match="0 times"):
        Mutant("intervals", "gone", "no such text", "x").applied("z = 1.96")
    with pytest.raises(ValueError, match="2 times"):
        Mutant("intervals", "twice", "z", "y").applied("z = z")
