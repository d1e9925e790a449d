"""A damaged export is read as if it were not, refused, or reported by name: never misread."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from observatoire_pipeline_tests.corruption.damages import KINDS
from observatoire_pipeline_tests.corruption.exports import LAYOUTS, ExportFile, clean_export
from observatoire_pipeline_tests.corruption.judgement import Reader, Reading, judge
from observatoire_pipeline_tests.corruption.survey import damageable_codebook, draw_answers

CODEBOOK = damageable_codebook()
READER = Reader(CODEBOOK)
ROUNDS = 6


def read(file: ExportFile) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"export.{file.container}").write_bytes(file.content())
        return READER.read(Path(folder))


@pytest.mark.parametrize("name", KINDS)
def test_one_damage_is_never_silent(name, record_property):
    kind, words, silent = KINDS[name], Counter(), []
    for seed in range(ROUNDS):
        random = Random(f"{name} {seed}")
        clean = clean_export(draw_answers(random, CODEBOOK), CODEBOOK, layout=LAYOUTS[0])
        damaged = kind.apply(clean, random)
        if damaged is None:
            continue
        before = read(clean)
        assert not before.refused, before.refused
        found = judge(before, read(damaged), reports=kind.reports)
        words[found.word] += 1
        if found.word == "silent":
            silent.append(f"seed {seed}: {found.detail}")
    record_property("words", dict(words))
    print(name, dict(words))
    assert words, "the damage never applied"
    assert not silent, "\n".join(silent)
