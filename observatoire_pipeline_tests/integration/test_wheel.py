"""The wheel: what the package needs is inside, and it works far from its sources."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = ("observatoire_pipeline/codebook/data", "observatoire_pipeline/sample/data")

FAR_FROM_SOURCES = """
import sys
from pathlib import Path
import observatoire_pipeline
from observatoire_pipeline.cli import main
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook

installed, out = sys.argv[1:]
for path in (observatoire_pipeline.__file__, packaged_codebook()):
    assert Path(path).resolve().is_relative_to(Path(installed).resolve()), path
assert read_codebook(packaged_codebook()).edition_keys
main(["sample", "--out", out])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy, so that the checkout gets no build folder."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    for path in _tracked():
        target = sources / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    _run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", str(folder), str(sources)),
        cwd=folder,
    )
    (made,) = folder.glob("*.whl")
    return made


def test_every_data_file_is_inside_and_no_test(wheel):
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder in DATA
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".pyc"
    }
    assert wanted, "the data folders are empty"
    assert wanted - inside == set()
    outside = {name for name in inside if not name.startswith("observatoire_pipeline")}
    assert outside == set()
    assert {name for name in inside if "tests" in name.split("/")[0]} == set()
    modules = {p.relative_to(ROOT).as_posix() for p in ROOT.glob("observatoire_pipeline/**/*.py")}
    assert modules - inside == set()
    assert {Path(name).name for name in inside if ".dist-info/" in name} >= {"LICENSE", "NOTICE"}


def test_the_installed_package_reads_its_codebook_and_writes_the_sample(wheel, tmp_path):
    installed, out = tmp_path / "installed", tmp_path / "out"
    _run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
        *("--target", str(installed), str(wheel)),
        cwd=tmp_path,
    )
    _run(
        *(sys.executable, "-c", FAR_FROM_SOURCES, str(installed), str(out)),
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed), "OBSERVATOIRE_CODEBOOK": ""},
    )
    assert {path.name for path in out.iterdir()} == {"2016", "2017", "2018"}


def _tracked():
    """Return what the wheel is made of, without what lies about in a checkout."""
    yield from (ROOT / name for name in ("pyproject.toml", "setup.cfg", "README.md"))
    yield from (ROOT / name for name in ("LICENSE", "NOTICE"))
    for package in ("observatoire_pipeline", "observatoire_pipeline_tests"):
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _run(*command, cwd, env=None):
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
