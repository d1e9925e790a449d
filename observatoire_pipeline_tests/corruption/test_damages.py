"""A damaged export is read as if it were not, refused, or reported by name: never misread."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from observatoire_pipeline.sample.answers import Answers
from observatoire_pipeline_tests.corruption.damages import KINDS, DamageKind
from observatoire_pipeline_tests.corruption.exports import (
    CONTAINERS,
    LAYOUTS,
    ExportFile,
    clean_export,
)
from observatoire_pipeline_tests.corruption.judgement import Judgement, Reader, Reading, judge
from observatoire_pipeline_tests.corruption.survey import damageable_codebook, draw_answers

CODEBOOK = damageable_codebook()
READER = Reader(CODEBOOK)
SURVEYS = 6
"""Sets of answers; each is written in every layout and container."""
ALONE = 12
"""Files for each damage alone."""
IN_PAIRS = 1
"""Files for each damage followed by each other one."""


def read(file: ExportFile) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"export.{file.container}").write_bytes(file.content())
        return READER.read(Path(folder))


@cache
def answers(survey: int) -> Answers:
    return draw_answers(Random(survey), CODEBOOK)


@cache
def clean(survey: int, layout: str, container: str) -> tuple[ExportFile, Reading]:
    file = clean_export(answers(survey), CODEBOOK, layout=layout, container=container)
    return file, read(file)


def draw_clean(random: Random) -> tuple[ExportFile, Reading]:
    container = random.choice(("csv", "csv", *CONTAINERS))
    return clean(random.randrange(SURVEYS), random.choice(LAYOUTS), container)


def damaged(file: ExportFile, kinds: list[DamageKind], random: Random) -> ExportFile | None:
    """Return the export after these damages in turn, None when one of them does not apply."""
    for kind in kinds:
        found = kind.apply(file, random)
        if found is None:
            return None
        file = found
    return file


def verdict(kinds: list[DamageKind], random: Random) -> Judgement | None:
    file, before = draw_clean(random)
    broken = damaged(file, kinds, random)
    if broken is None:
        return None
    reports = frozenset().union(*(kind.reports for kind in kinds))
    try:
        return judge(before, read(broken), reports=reports)
    except UnicodeEncodeError:  # the alphabet of one damage lacks what another put in
        return None


def tally(cases: dict[str, list[DamageKind]], record_property) -> Counter[str]:
    """Judge every case, fail on the silent ones, and leave the counts for the summary."""
    words: Counter[str] = Counter()
    silent = []
    for name, kinds in cases.items():
        found = verdict(kinds, Random(name))
        words[found.word if found else "not applicable"] += 1
        if found and found.word == "silent":
            silent.append(f"{name}: {found.detail}")
    record_property("damaged_files", dict(words))
    assert not silent, f"{len(silent)} misread without a word:\n" + "\n".join(silent)
    return words


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("container", CONTAINERS)
def test_every_layout_and_container_gives_the_same_answers(layout, container, record_property):
    words: Counter[str] = Counter()
    for survey in range(SURVEYS):
        _, reference = clean(survey, "condensed", "csv")
        assert not reference.refused, reference.refused
        _, found = clean(survey, layout, container)
        judgement = judge(reference, found, reports=())
        words[judgement.word] += 1
        assert judgement.word == "equal", judgement.detail
    record_property("damaged_files", dict(words))


@pytest.mark.parametrize("name", KINDS)
def test_one_damage_is_never_silent(name, record_property):
    words = tally({f"{name} {k}": [KINDS[name]] for k in range(ALONE)}, record_property)
    assert set(words) - {"not applicable"}, "the damage never applied"


@pytest.mark.parametrize("name", KINDS)
def test_two_damages_are_never_silent(name, record_property):
    tally(
        {
            f"{name}, {other} {k}": [KINDS[name], KINDS[other]]
            for other in KINDS
            for k in range(IN_PAIRS)
        },
        record_property,
    )


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    names=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3, unique=True),
    random=st.randoms(use_true_random=False),
)
def test_damages_upon_damages_are_never_silent(names, random):
    found = verdict([KINDS[name] for name in names], random)
    if found is not None:
        note(f"{found.word}: {found.detail}")
        assert found.word != "silent"


def test_an_answer_changed_without_a_trace_is_told_from_none():
    """The judge must see what no reader can: otherwise every test here passes for nothing."""
    file, before = clean(0, "condensed", "csv")
    place = next(k for k, c in enumerate(file.columns) if "Oui" in c.cells and "Non" in c.cells)
    cells = list(file.columns[place].cells)
    cells[cells.index("Non")] = "Oui"
    columns = list(file.columns)
    columns[place] = replace(columns[place], cells=tuple(cells))
    found = judge(before, read(replace(file, columns=tuple(columns))), reports={"excel_date"})
    assert found.word == "silent"
    assert "equipe" in found.detail
