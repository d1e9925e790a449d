"""O17, O18: raking and post-stratification of R's api data, equal base weights."""

from __future__ import annotations

import numpy as np
import pytest

from observatoire_pipeline.estimation.sampling import design_effect, effective_n
from observatoire_pipeline.estimation.weighting import post_stratify, rake

COUNTS = (12, 132, 3, 11, 8, 17)
TYPE = np.repeat([0, 0, 1, 1, 2, 2], COUNTS)  # E, H, M
TARGET_MET = np.repeat([0, 1, 0, 1, 0, 1], COUNTS)  # No, Yes
TYPE_FRAME, TARGET_FRAME = (4421, 755, 1018), (1072, 5122)


def test_o17_raking():
    found = rake({"type": TYPE, "met": TARGET_MET}, {"type": TYPE_FRAME, "met": TARGET_FRAME})
    first = np.cumsum((0, *COUNTS[:-1]))
    assert found.weights[first] == pytest.approx(
        [39.839236, 29.870675, 67.125529, 50.329401, 49.069072, 36.791025], abs=1e-6
    )
    assert found.weights.sum() == pytest.approx(6194, abs=1e-9)
    assert effective_n(found.weights) == pytest.approx(174.011158, abs=1e-5)
    assert design_effect(found.weights) == pytest.approx(1.0516567, abs=1e-7)
    assert found.margin_error <= 1e-10


def test_o18_post_stratification():
    weights = post_stratify(TYPE, TYPE_FRAME)
    first = np.cumsum((0, *COUNTS[:-1]))[::2]
    assert weights[first] == pytest.approx([30.701389, 53.928571, 40.72], abs=1e-6)
    assert weights.sum() == pytest.approx(6194, abs=1e-9)
