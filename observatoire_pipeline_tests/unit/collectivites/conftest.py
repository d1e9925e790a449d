"""The reference as shipped, and as completed by the yearly tables where they are at hand."""

import os
from pathlib import Path

import pytest

from observatoire_pipeline.collectivites.reference import Reference, read_reference

SHARED = Path(
    os.environ.get("OBSERVATOIRE_SHARED") or Path(__file__).resolve().parents[3].parent / "shared"
)


@pytest.fixture(scope="session")
def reference() -> Reference:
    return read_reference()


@pytest.fixture(scope="session")
def yearly_tables() -> Path:
    folder = SHARED / "reference"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{folder} is missing")
        pytest.skip(f"the yearly tables are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def completed(yearly_tables) -> Reference:
    return read_reference(yearly_tables)
