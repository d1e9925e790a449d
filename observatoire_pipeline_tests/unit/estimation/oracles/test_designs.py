"""O5, O6, O8, O9: means under a design, and what unequal weights leave of n; computed by R."""

from __future__ import annotations

import pytest

from observatoire_pipeline.estimation.sampling import (
    design_effect,
    effective_n,
    standard_error_of_mean,
    stratified_mean,
    stratified_mean_of_values,
)

VALUES = (2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2)
STRATA = (0, 0, 0, 0, 0, 1, 1, 1)


@pytest.mark.parametrize(
    ("finite", "error"),
    [
        pytest.param(False, 0.7413, id="O5-without-correction"),
        pytest.param(True, 0.6160, id="O5-with-correction"),
    ],
)
def test_stratified_mean_of_values(finite, error):
    # R survey, tests/fpc.Rout.
    found = stratified_mean_of_values(VALUES, STRATA, (15, 12), finite=finite)
    assert found.mean == pytest.approx(5.4481, abs=1e-4)
    assert found.standard_error == pytest.approx(error, abs=1e-4)


@pytest.mark.parametrize(
    ("population", "error"),
    [
        pytest.param(float("inf"), 9.40277, id="O6-without-correction"),
        pytest.param(6194, 9.24972, id="O6-with-correction"),
    ],
)
def test_simple_random_sample(population, error):
    found = standard_error_of_mean(132.9752793, 200, population=population)
    assert found == pytest.approx(error, abs=1e-5)


def test_o8_stratified_mean_of_means():
    found = stratified_mean(
        (674.43, 625.82, 636.60), (12.38247979, 14.93712919, 16.21470731), (4421, 755, 1018)
    )
    assert found.mean == pytest.approx(662.28736, abs=1e-5)
    assert found.standard_error == pytest.approx(9.40894, abs=1e-5)


def test_o9_kish():
    weights = [44.21] * 100 + [15.10] * 50 + [20.36] * 50
    assert effective_n(weights) == pytest.approx(168.5813, abs=1e-4)
    assert design_effect(weights) == pytest.approx(1.18637, abs=1e-5)
