"""Homes on which the jobs run: the sample once for all tests, and copies of it to spoil."""

import shutil
from pathlib import Path

import pytest

from observatoire_pipeline.sample.landing import write_sample
from observatoire_pipeline_tests.pipeline.homes import Home, complaints

EDITIONS = ("2016", "2017", "2018")


@pytest.fixture(scope="session")
def landed(tmp_path_factory):
    """The synthetic exports, as `observatoire sample` writes them."""
    home = Home(tmp_path_factory.mktemp("landed") / "home")
    write_sample(home.survey.landing, codebook=home.survey.read_codebook())
    home.close()
    return home.root


@pytest.fixture(scope="session")
def one_accepted(landed, tmp_path_factory):
    """All has landed, 2016 is accepted."""
    return _read_in(landed, "2016", to=tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="session")
def two_accepted(one_accepted, tmp_path_factory):
    """All has landed, 2016 and 2017 are accepted."""
    return _read_in(one_accepted, "2017", to=tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="session")
def accepted(two_accepted, tmp_path_factory):
    """Three editions accepted, nothing published yet."""
    return _read_in(two_accepted, "2018", to=tmp_path_factory.mktemp("three"))


@pytest.fixture(scope="session")
def sample(accepted, tmp_path_factory):
    """Everything, once: the sample's three editions and their publication. Not to be changed."""
    home = Home(_copy(accepted, tmp_path_factory.mktemp("sample")))
    result = home.publish()
    assert result.success, complaints(result)
    yield home
    home.close()


@pytest.fixture
def copy_of(tmp_path):
    """Copies of a home that a test may spoil.

    Their runs are kept in memory, which takes half the time, unless the test needs to know what was
    run before.
    """
    opened = []

    def copy(root: Path, *, remembers: bool = False) -> Home:
        home = Home(_copy(root, tmp_path), remembers=remembers)
        opened.append(home)
        return home

    yield copy
    for home in opened:
        home.close()


def _read_in(root: Path, edition: str, *, to: Path) -> Path:
    home = Home(_copy(root, to))
    result = home.read_edition(edition)
    assert result.success, complaints(result)
    home.close()
    return home.root


def _copy(root: Path, to: Path) -> Path:
    return Path(shutil.copytree(root, to / "home", symlinks=True))
