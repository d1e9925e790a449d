"""A release beside readers, and a publication killed with no chance to tidy up."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from observatoire_pipeline.publish.release import Release, publish_release
from observatoire_pipeline_tests.unit.publish.published import CODEBOOK, TABLES, filled_all

REPOSITORY = Path(__file__).parents[2]
NOON = datetime(2018, 6, 1, 12)


def publish(home: Path, release_id: str, *, rows: int, pictures=()) -> Release:
    return publish_release(
        home / "releases",
        release_id=release_id,
        frames=filled_all(rows=rows),
        tables=TABLES,
        pictures=pictures,
        page="<!doctype html>",
        codebook=CODEBOOK,
        microdata_dir=home / "microdata",
        published_at=NOON,
    )


def rows_of(warehouse: Path, table: str = "mart_estimates") -> int:
    with duckdb.connect(str(warehouse.resolve()), read_only=True) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def pictures_that_wait():
    """Give one picture, tell that it was written, and wait to be killed."""
    yield ("first", "<svg/>", b"png")
    sys.stdout.write("half way\n")
    sys.stdout.flush()
    signal.pause()


def die_half_way(home: Path, release_id: str) -> None:
    """Publish in another process, and kill it when tables and a chart are written."""
    code = (
        "import sys; from pathlib import Path\n"
        "from observatoire_pipeline_tests.integration import test_warehouse_release as it\n"
        "it.publish(Path(sys.argv[1]), sys.argv[2], rows=99, pictures=it.pictures_that_wait())\n"
    )
    command = [sys.executable, "-c", code, str(home), release_id]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "half way\n"
        process.kill()
    assert process.returncode == -signal.SIGKILL


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    home = tmp_path_factory.mktemp("killed") / "home"
    publish(home, "old", rows=5)
    die_half_way(home, "new")
    return home


@pytest.fixture
def after_a_kill(killed, tmp_path):
    return Path(shutil.copytree(killed, tmp_path / "home", symlinks=True))


def test_a_killed_publication_leaves_latest_on_the_old_release(after_a_kill):
    releases, microdata = after_a_kill / "releases", after_a_kill / "microdata"
    assert (releases / ".new.partial" / "tables" / "mart_estimates.parquet").exists()
    for root in (releases, microdata):
        assert str((root / "latest").readlink()) == "old"
        assert not (root / "new").exists()
    assert rows_of(releases / "latest/warehouse.duckdb") == 5
    assert rows_of(microdata / "latest/microdata.duckdb", "panel_responses") == 5


def test_the_next_publication_removes_what_the_dead_one_left(after_a_kill):
    release = publish(after_a_kill, "newer", rows=7)
    assert {path.name for path in release.folder.parent.iterdir()} == {
        ".lock",
        "latest",
        "newer",
        "old",
    }
    assert rows_of(after_a_kill / "releases/latest/warehouse.duckdb") == 7


def test_the_release_that_died_can_be_published_under_its_name(after_a_kill):
    publish(after_a_kill, "new", rows=9)
    assert rows_of(after_a_kill / "releases/latest/warehouse.duckdb") == 9


def test_a_reader_keeps_the_old_file_while_the_new_one_appears(tmp_path):
    publish(tmp_path, "old", rows=5)
    latest = tmp_path / "releases/latest/warehouse.duckdb"
    with duckdb.connect(str(latest.resolve()), read_only=True) as reader:
        query = "SELECT count(*), sum(numerator) FROM mart_estimates"
        before = reader.execute(query).fetchone()
        publish(tmp_path, "new", rows=8)
        assert rows_of(latest) == 8
        assert reader.execute(query).fetchone() == before
        assert reader.execute("SELECT count(*) FROM mart_rankings").fetchone() == (5,)


def test_latest_is_never_missing_while_releases_follow_one_another(tmp_path):
    publish(tmp_path, "r0", rows=2)
    latest = tmp_path / "releases/latest"
    seen: list[tuple[bool, bool]] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            folder = latest.resolve()
            seen.append((folder.is_dir(), (folder / "release.json").is_file()))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for turn in range(1, 5):
            publish(tmp_path, f"r{turn}", rows=2 + turn)
    finally:
        done.set()
        watcher.join()
    assert set(seen) == {(True, True)}
    assert str(latest.readlink()) == "r4"


def test_publications_at_once_wait_for_one_another(tmp_path):
    errors: list[BaseException] = []

    def one(turn: int) -> None:
        try:
            publish(tmp_path, f"r{turn}", rows=turn)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=one, args=(turn,)) for turn in (3, 4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for turn in (3, 4, 5):
        assert rows_of(tmp_path / "releases" / f"r{turn}" / "warehouse.duckdb") == turn
    last = (tmp_path / "releases/latest").readlink()
    assert last == (tmp_path / "microdata/latest").readlink()
