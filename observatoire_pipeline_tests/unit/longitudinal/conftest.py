"""The reference of collectivités, as the tests of `collectivites` read it."""

from functools import lru_cache

import pytest

from observatoire_pipeline.collectivites import matching
from observatoire_pipeline_tests.unit.collectivites.conftest import (  # noqa: F401
    completed,
    reference,
    yearly_tables,
)


@pytest.fixture(scope="session", autouse=True)
def books_read_once():
    """Every test matches a few names; the names of 35 000 communes are gathered once a year."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "name_book", lru_cache(maxsize=9)(matching.name_book))
        yield
