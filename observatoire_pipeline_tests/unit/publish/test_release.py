from __future__ import annotations

import hashlib
import json
import shutil
from datetime import datetime

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from observatoire_pipeline.codebook.models import ReleasePolicy
from observatoire_pipeline.publish.release import Release, editions_of, publish_release
from observatoire_pipeline.publish.warehouse import PublicationError
from observatoire_pipeline.tables.frames import TableError
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.publish.published import (
    CODEBOOK,
    MICRODATA,
    OPEN,
    TABLES,
    filled_all,
)

PICTURES = [("profil_2018", "<svg>é</svg>", b"\x89PNG one"), ("equipe", b"<svg/>", b"\x89PNG two")]


def publish(home, release_id: str = "2018", **changed) -> Release:
    given = {
        "frames": filled_all(),
        "tables": TABLES,
        "pictures": PICTURES,
        "page": "<!doctype html>",
        "codebook": CODEBOOK,
        "microdata_dir": home / "microdata",
        "published_at": datetime(2018, 6, 1, 9, 30),
    }
    return publish_release(home / "releases", release_id=release_id, **(given | changed))


def allowing(**policy: bool):
    survey = CODEBOOK.survey.model_copy(update={"release": ReleasePolicy(**policy)})
    return small_codebook(survey=survey)


def mixed() -> dict[str, pd.DataFrame]:
    """2017 real, 2018 synthetic."""
    frames = filled_all()
    return {
        name: frame.assign(synthetic=(frame["edition"] == "2018").astype(frame["synthetic"].dtype))
        if {"edition", "synthetic"} <= set(frame.columns)
        else frame
        for name, frame in frames.items()
    }


def cover(release: Release) -> str:
    return (release.folder / "LISEZMOI.md").read_text(encoding="utf-8")


def manifest(folder) -> dict:
    return json.loads((folder / "release.json").read_text(encoding="utf-8"))


def pointed(link) -> str:
    return str(link.readlink())


def names(folder) -> set[str]:
    return {path.name for path in folder.iterdir()}


# --- what is in it --------------------------------------------------------------------------


def test_a_release_holds_tables_charts_warehouse_cover_and_manifest(tmp_path):
    release = publish(tmp_path)
    assert names(release.folder) == {
        "LISEZMOI.md",
        "release.json",
        "warehouse.duckdb",
        "tables",
        "charts",
    }
    assert names(release.folder / "tables") == {
        f"{table.name}.{kind}" for table in OPEN for kind in ("parquet", "schema.json")
    }
    assert (release.folder / "charts/profil_2018.svg").read_text("utf-8") == "<svg>é</svg>"
    assert (release.folder / "charts/equipe.png").read_bytes() == b"\x89PNG two"


def test_the_page_of_the_charts_stands_beside_them_and_in_the_manifest(tmp_path):
    release = publish(tmp_path, page="<!doctype html>\n<title>é</title>")
    assert (release.folder / "charts/index.html").read_text("utf-8").endswith("<title>é</title>")
    assert "charts/index.html" in {file["path"] for file in manifest(release.folder)["files"]}
    assert "charts/index.html" in cover(release)


def test_latest_is_a_relative_link_to_the_release(tmp_path):
    publish(tmp_path)
    assert pointed(tmp_path / "releases/latest") == "2018"
    assert pointed(tmp_path / "microdata/latest") == "2018"


def test_parquet_and_warehouse_hold_the_frames(tmp_path):
    frames = filled_all()
    release = publish(tmp_path, frames=frames)
    for table in OPEN:
        read = pq.read_table(release.folder / "tables" / f"{table.name}.parquet").to_pandas()
        pd.testing.assert_frame_equal(read, frames[table.name])
        with duckdb.connect(str(release.warehouse), read_only=True) as connection:
            query = f"SELECT count(*) FROM {table.name}"
            assert connection.execute(query).fetchone() == (len(frames[table.name]),)


def test_the_manifest_lists_every_other_file_with_its_checksum(tmp_path):
    release = publish(tmp_path)
    files = {entry["path"]: entry["sha256"] for entry in manifest(release.folder)["files"]}
    found = {
        path.relative_to(release.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in release.folder.rglob("*")
        if path.is_file() and path.name != "release.json"
    }
    assert files == found


def test_the_manifest_tells_where_the_release_comes_from(tmp_path):
    about = manifest(publish(tmp_path).folder)
    assert about["release_id"] == "2018"
    assert about["published_at"] == "2018-06-01T09:30:00Z"
    assert about["codebook_sha256"] == CODEBOOK.sha256
    assert about["editions"] == [
        {"edition": "2017", "title": "Édition 2017", "synthetic": True},
        {"edition": "2018", "title": "Édition 2018", "synthetic": True},
    ]
    assert {table["name"]: table["rows"] for table in about["tables"]}["mart_estimates"] == 12
    assert about["versions"]["pandas"] == pd.__version__


def test_unchanged_content_gives_the_same_bytes(tmp_path):
    first, second = publish(tmp_path, "first"), publish(tmp_path, "second")
    for path in (first.folder / "tables").iterdir():
        assert path.read_bytes() == (second.folder / "tables" / path.name).read_bytes()


# --- the cover ------------------------------------------------------------------------------


def test_the_cover_opens_with_synthetic_data(tmp_path):
    text = cover(publish(tmp_path))
    assert text.startswith("> **Données synthétiques.** Les réponses des éditions 2017 et 2018")
    assert "- Édition 2017\u00a0: données synthétiques" in text


def test_the_cover_of_real_answers_says_nothing_of_synthetic_data(tmp_path):
    text = cover(publish(tmp_path, frames=filled_all(synthetic=False)))
    assert text.startswith("# Petite enquête")
    assert "synthétiques" not in text


def test_the_cover_names_publisher_licence_source_and_notes(tmp_path):
    text = cover(publish(tmp_path, notes=["Les bases sont petites."]))
    assert "Licence\u00a0: Licence Ouverte 2.0 (etalab-2.0)." in text
    assert "À citer\u00a0: Un observatoire, «\u00a0Petite enquête\u00a0», publication 2018" in text
    assert "Source : petite enquête." in text
    assert "- Les bases sont petites." in text
    assert "Publication 2018 du 1er juin 2018" in text


def test_the_cover_counts_rows_as_in_french(tmp_path):
    assert "| `mart_estimates` | 1\u202f200 |" in cover(
        publish(tmp_path, frames=filled_all(rows=1200))
    )


# --- what may appear ------------------------------------------------------------------------


def test_synthetic_and_real_editions_do_not_mix(tmp_path):
    with pytest.raises(
        PublicationError, match=r"synthetic editions \(2018\) with real ones \(2017\)"
    ):
        publish(tmp_path, frames=mixed())
    assert not (tmp_path / "releases").exists()


def test_a_mix_that_the_codebook_allows_says_so_on_its_cover(tmp_path):
    release = publish(tmp_path, frames=mixed(), codebook=allowing(mixed_synthetic=True))
    assert release.editions == {"2017": False, "2018": True}
    text = cover(release)
    assert text.startswith("> **Données synthétiques.** Les réponses de l’édition 2018")
    assert "mêle les réponses réelles de l’édition 2017" in text
    assert manifest(release.folder)["mixed_synthetic"] is True


def test_an_edition_is_synthetic_in_every_table_or_in_none():
    frames = filled_all()
    frames["mart_rankings"] = frames["mart_rankings"].assign(synthetic=False)
    with pytest.raises(PublicationError, match="edition 2017 is synthetic in some rows"):
        editions_of(frames, TABLES, CODEBOOK)


def test_an_edition_that_the_codebook_does_not_know_is_refused():
    frames = filled_all()
    edition = pd.Series(["2031"] * 12, dtype="str")
    frames["mart_brackets"] = frames["mart_brackets"].assign(edition=edition)
    with pytest.raises(PublicationError, match="edition 2031 is not in the codebook"):
        editions_of(frames, TABLES, CODEBOOK)


def test_microdata_stand_apart_from_the_release(tmp_path):
    release = publish(tmp_path)
    assert release.microdata == tmp_path / "microdata/2018"
    assert names(release.microdata) == {"microdata.duckdb", "release.json"}
    held = {path.name.split(".")[0] for path in release.folder.rglob("*")}
    assert not held & {table.name for table in MICRODATA}
    with duckdb.connect(str(release.warehouse), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert {name for (name,) in tables} == {table.name for table in OPEN}
    assert "ne font pas partie de cette publication" in cover(release)


def test_microdata_join_the_release_when_the_codebook_says_so(tmp_path):
    release = publish(tmp_path, codebook=allowing(microdata=True))
    with duckdb.connect(str(release.folder / "microdata.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM panel_responses").fetchone() == (12,)
    assert "les réponses individuelles" in cover(release)


def test_the_folder_of_microdata_is_not_inside_the_releases(tmp_path):
    with pytest.raises(PublicationError, match="must stand outside"):
        publish(tmp_path, microdata_dir=tmp_path / "releases" / "microdata")


def test_open_tables_alone_make_a_release_without_microdata(tmp_path):
    release = publish(tmp_path, tables=OPEN)
    assert release.microdata is None
    assert not (tmp_path / "microdata").exists()


@pytest.mark.parametrize("name", ["latest", "../elsewhere", ".hidden", "", "a/b", "é"])
def test_a_name_that_is_not_a_folder_of_its_own_is_refused(tmp_path, name):
    with pytest.raises(PublicationError, match="cannot be the name of a release"):
        publish(tmp_path, name)


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        ([("../x", "", b"")], "cannot be the name of a chart"),
        ([("x", "", b""), ("x", "", b"")], "two charts are named 'x'"),
    ],
)
def test_charts_have_names_of_their_own(tmp_path, pictures, message):
    with pytest.raises(PublicationError, match=message):
        publish(tmp_path, pictures=pictures)


def test_a_frame_that_is_not_its_table_stops_the_release(tmp_path):
    frames = filled_all()
    frames["mart_answers"] = frames["mart_answers"].drop(columns="label")
    with pytest.raises(TableError, match="mart_answers"):
        publish(tmp_path, frames=frames)
    assert list(tmp_path.iterdir()) == []


# --- how it appears -------------------------------------------------------------------------


def test_a_failure_midway_leaves_the_old_release_and_nothing_else(tmp_path):
    publish(tmp_path, "old")

    def pictures():
        yield PICTURES[0]
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        publish(tmp_path, "new", pictures=pictures())
    assert names(tmp_path / "releases") == {".lock", "latest", "old"}
    assert names(tmp_path / "microdata") == {".lock", "latest", "old"}
    assert pointed(tmp_path / "releases/latest") == "old"


def test_publishing_the_same_again_writes_nothing(tmp_path):
    first = publish(tmp_path, "a")
    publish(tmp_path, "b", frames=filled_all(mark="b"))
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    again = publish(tmp_path, "a", published_at=datetime(2030, 1, 1))
    assert again == first
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == before
    assert pointed(tmp_path / "releases/latest") == "a"


def test_another_content_under_the_same_name_is_refused(tmp_path):
    release = publish(tmp_path)
    before = (release.folder / "release.json").read_bytes()
    with pytest.raises(PublicationError, match="publish under another name"):
        publish(tmp_path, frames=filled_all(mark="other "))
    assert (release.folder / "release.json").read_bytes() == before
    assert names(tmp_path / "releases") == {".lock", "latest", "2018"}


def test_other_microdata_under_the_same_name_are_refused(tmp_path):
    publish(tmp_path)
    frames = filled_all()
    frames["mart_answers"] = filled_all(mark="other ")["mart_answers"]
    with pytest.raises(PublicationError, match="publish under another name"):
        publish(tmp_path, frames=frames)


def test_microdata_of_a_release_that_never_appeared_are_replaced(tmp_path):
    # The state in which a run dies between its two renames.
    publish(tmp_path, "old")
    publish(tmp_path, "new")
    shutil.rmtree(tmp_path / "releases/new")
    for root in ("releases", "microdata"):
        (tmp_path / root / "latest").unlink()
        (tmp_path / root / "latest").symlink_to("old")
    frames = filled_all(mark="corrected ")
    release = publish(tmp_path, "new", frames=frames)
    with duckdb.connect(str(release.microdata / "microdata.duckdb"), read_only=True) as connection:
        (label,) = connection.execute("SELECT label FROM mart_answers LIMIT 1").fetchone()
    assert label.startswith("corrected ")
