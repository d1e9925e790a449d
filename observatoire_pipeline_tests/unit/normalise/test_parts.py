"""Whatever the size of the parts in which rows are worked on, the tables are the same."""

import csv
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from observatoire_pipeline.codebook.models import Correction
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.ingest.reading import read_landing
from observatoire_pipeline.normalise.responses import normalise
from observatoire_pipeline.normalise.streaming import WRITTEN, stream_edition
from observatoire_pipeline.sample.landing import write_sample
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import conform
from observatoire_pipeline.validate.acceptance import accept
from observatoire_pipeline.validate.errors import InvalidResponses
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.normalise.test_conservation import CELLS, RESPONSE
from observatoire_pipeline_tests.unit.validate.raw_tables import raw_tables

CODEBOOK = small_codebook(
    corrections=(
        Correction(
            edition="2018",
            respondent_id="r1",
            action="drop_row",
            expect="Oui",
            reason="Sent twice.",
        ),
    )
)
DATES = ["", "?", "03/24/2020 9:08:27 PM", "03/04/2020 9:08 AM"]
NAMES = [f"r{n}" for n in range(1, 30)]


def rows_of(identifiers, dates, teams):
    return st.fixed_dictionaries(
        {
            "respondent_id": st.sampled_from(identifiers),
            "answers": RESPONSE,
            "started_at": st.sampled_from(dates),
            "equipe": st.sampled_from(teams),
        }
    )


CLEAN = st.lists(
    rows_of(["", "respondent_id", *NAMES], DATES, ["", "Oui", "Non"]),
    min_size=1,
    max_size=14,
    unique_by=lambda row: row["respondent_id"] or id(row),
).flatmap(lambda rows: st.lists(st.sampled_from(rows), max_size=3).map(lambda twice: rows + twice))
MESSY = st.lists(
    rows_of(["", *NAMES[:6]], [*DATES, "24/03/2020 9:08:27 PM"], ["Oui", "Peut-être", "Ouais"]),
    min_size=1,
    max_size=14,
)


def told(raw, *, part_rows):
    """Return the tables of an edition, or the words in which it is refused."""
    at = {"edition": raw.edition, "codebook": raw.codebook, "part_rows": part_rows}
    try:
        accepted = accept(*raw[:3], **at)
    except InvalidResponses as error:
        return str(error)
    made = normalise(*accepted, raw.raw_columns, raw.source_files, raw.raw_responses, **at)
    return [*accepted, *made]


def assert_same(one, two):
    if isinstance(one, str) or isinstance(two, str):
        assert one == two
        return
    for first, second in zip(one, two, strict=True):
        texts = {
            name: "str"
            for name in first.columns
            if str(name).startswith("c0") and name[1:].isdigit()
        }
        pd.testing.assert_frame_equal(first.astype(texts), second.astype(texts))


@settings(max_examples=25, deadline=None)
@given(rows=CLEAN | MESSY, part_rows=st.integers(1, 6))
def test_parts_of_any_size_give_the_same_tables_or_the_same_refusal(rows, part_rows):
    filled = [{**row.pop("answers"), **row} for row in map(dict, rows)]
    first = {"respondent_id": "r1", **dict.fromkeys(CELLS, ""), "equipe": "Oui"}
    raw = raw_tables([first, *filled], codebook=CODEBOOK, columns=list(CELLS))
    whole = told(raw, part_rows=1000)
    event("refused" if isinstance(whole, str) else "accepted")
    assert_same(told(raw, part_rows=part_rows), whole)


@pytest.mark.parametrize("part_rows", [1, 2, 3, 4, 1000])
def test_unknown_answers_are_told_in_the_order_of_the_rows_that_count(part_rows):
    texts = [("", "Ouais"), ("r2", "Peut-être"), ("r3", "Ouais"), ("r4", "Peut-être")]
    rows = [{"respondent_id": name, "equipe": text} for name, text in texts]
    refusal = told(raw_tables(rows, codebook=CODEBOOK), part_rows=part_rows)
    assert refusal.index("'Peut-être'") < refusal.index("'Ouais'")


# --- from the landing folder ----------------------------------------------------------------


@pytest.fixture(scope="module")
def landing(tmp_path_factory) -> Path:
    """Return a landing folder: the sample's 2018 export, with a row twice and one that is empty."""
    folder = tmp_path_factory.mktemp("landing")
    (archive,) = write_sample(
        folder / "sample", codebook=read_codebook(packaged_codebook()), only=["2018"]
    )
    with zipfile.ZipFile(archive) as container:
        text = container.read(container.namelist()[0]).decode("utf-8-sig")
    rows = list(csv.reader(text.splitlines(keepends=True)))
    rows.insert(40, rows[20])
    rows.append(["99999999999", *[""] * (len(rows[0]) - 1)])
    here = folder / "2018"
    here.mkdir()
    (here / "manifest.yaml").write_text("synthetic: true\n", encoding="utf-8")
    with (here / "export.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return here


@pytest.mark.parametrize("part_rows", [7, 100, 50_000])
def test_a_streamed_edition_is_the_one_that_the_assets_make(landing, tmp_path, part_rows):
    book = read_codebook(packaged_codebook())
    raw = read_landing(landing, edition="2018", codebook=book)
    tables = (raw.raw_responses, raw.raw_columns, raw.source_files)
    accepted = accept(*tables, edition="2018", codebook=book)
    made = normalise(
        *accepted,
        raw.raw_columns,
        raw.source_files,
        raw.raw_responses,
        edition="2018",
        codebook=book,
    )
    streamed = stream_edition(
        landing, tmp_path / "out", edition="2018", codebook=book, part_rows=part_rows
    )
    declared = catalogue(book)
    for name in WRITTEN:
        stored = conform(pd.read_parquet(streamed.files[name]), declared[name])
        pd.testing.assert_frame_equal(stored, getattr(made, name))
        assert streamed.rows[name] == len(stored)
    pd.testing.assert_frame_equal(streamed.cell_map, made.cell_map)
    pd.testing.assert_frame_equal(streamed.rejected_responses, accepted.rejected_responses)
    assert set(accepted.rejected_responses["rule"]) >= {"duplicate_row", "empty_response"}


def test_parts_run_in_other_processes(landing, tmp_path):
    book = read_codebook(packaged_codebook())
    at = {"edition": "2018", "codebook": book, "part_rows": 200}
    here = stream_edition(landing, tmp_path / "threads", **at)
    with ProcessPoolExecutor(1) as executor:
        there = stream_edition(landing, tmp_path / "processes", executor=executor, **at)
    for name in WRITTEN:
        pd.testing.assert_frame_equal(
            *(pd.read_parquet(each.files[name]) for each in (here, there))
        )
    pd.testing.assert_frame_equal(here.cell_map, there.cell_map)


def test_parts_run_on_a_cluster(landing, tmp_path):
    distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    book = read_codebook(packaged_codebook())
    at = {"edition": "2018", "codebook": book, "part_rows": 200}
    here = stream_edition(landing, tmp_path / "threads", **at)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        there = stream_edition(landing, tmp_path / "there", executor=client.get_executor(), **at)
    for name in WRITTEN:
        pd.testing.assert_frame_equal(
            *(pd.read_parquet(each.files[name]) for each in (here, there))
        )
    pd.testing.assert_frame_equal(here.cell_map, there.cell_map)


def test_nothing_is_written_of_an_edition_that_cannot_be_accepted(landing, tmp_path):
    book = read_codebook(packaged_codebook())
    text = (landing / "export.csv").read_text(encoding="utf-8")
    wrong = tmp_path / "landing"
    wrong.mkdir()
    (wrong / "manifest.yaml").write_text("synthetic: true\n", encoding="utf-8")
    place = text.rindex("Oui")
    (wrong / "export.csv").write_text(
        text[:place] + "Ouais" + text[place + 3 :], encoding="utf-8", newline=""
    )
    out = tmp_path / "out"
    with pytest.raises(InvalidResponses, match="Ouais"):
        stream_edition(wrong, out, edition="2018", codebook=book, part_rows=100)
    assert [path.name for path in tmp_path.iterdir()] == ["landing"]
