"""Bytes that no program ever wrote are read or refused, in bounded time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from observatoire_pipeline_tests.corruption.exports import CONTAINERS

FILES = {"csv": 300, "xlsx": 250, "zip": 250}
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("container", CONTAINERS)
def test_broken_bytes_are_read_or_refused(container, record_property):
    module = "observatoire_pipeline_tests.corruption.fuzz"
    done = subprocess.run(
        [sys.executable, "-m", module, container, str(FILES[container])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    record_property("broken_bytes", found["words"])
    assert not found["failures"], "\n".join(found["failures"][:10])
    assert found["words"]["read"] >= 2, "even the whole file was refused"
    assert sum(found["words"].values()) == 2 * FILES[container]
