"""What the sample promises: editions accepted, printed figures met, and nobody's data shown."""

import csv
import io
import json
import re
import shutil
import sqlite3
import zipfile
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest
from click.testing import CliRunner

from observatoire_pipeline.cli import main
from observatoire_pipeline.marts.trace import TraceError, cells, numerator
from observatoire_pipeline.sample.assumptions import packaged_sample, read_sample_data
from observatoire_pipeline.tables.catalogue import published_tables
from observatoire_pipeline_tests.pipeline.conftest import EDITIONS
from observatoire_pipeline_tests.pipeline.homes import (
    FIGURES,
    UP_TO_MARTS,
    Home,
    complaints,
    contents,
    table_of,
)

BUDGET_BASE = 69
BUDGET_SHARES = {  # printed on 4 December 2018, in per cent of 69
    "zero": 17,
    "moins_1000": 4,
    "de_1000_a_5000": 6,
    "de_5000_a_10000": 6,
    "de_10000_a_50000": 15,
    "de_50000_a_100000": 4,
    "de_100000_a_200000": 14,
    "de_200000_a_500000": 12,
    "de_500000_a_1000000": 6,
    "plus_1000000": 4,
    "do_not_know": 12,
}


@pytest.fixture(scope="module")
def again(landed, tmp_path_factory):
    """The same exports read and counted a second time, in another home."""
    root = Path(shutil.copytree(landed, tmp_path_factory.mktemp("again") / "home"))
    home = Home(root, remembers=False)
    for edition in reversed(EDITIONS):
        assert home.read_edition(edition).success
    result = home.publish(until=UP_TO_MARTS)
    assert result.success, complaints(result)
    yield home
    home.close()


# --- from a figure to its cells -----------------------------------------------------------------

BUDGET = "2018.collectivite.moy_budget_tranche.-.zero.share.answered_or_dk.unweighted.all.all"


def traced(home, figure_id, *options):
    at = ["--home", home.survey.home, "--codebook", str(home.codebook)]
    return CliRunner().invoke(main, ["trace", figure_id, *at, *options])


@pytest.mark.slow
def test_the_17_per_cent_of_the_budget_chart_are_twelve_cells_of_the_export(sample):
    told = traced(sample, BUDGET)
    assert told.exit_code == 0, told.output
    assert told.output.startswith("17.4 %  Budget annuel — 0\u00a0€, 2018\n  12 of 69: ")
    assert "synthetic answers" in told.output
    cells = pd.read_csv(io.StringIO(traced(sample, BUDGET, "--csv").stdout), dtype=str)
    with zipfile.ZipFile(next(sample.landing("2018").glob("*.zip"))) as archive:
        export = archive.read(archive.namelist()[0]).decode("utf-8-sig")
    delivered = list(csv.reader(io.StringIO(export)))
    assert cells["text"].tolist() == ["0"] * 12
    for cell in cells.itertuples():
        row = delivered[int(cell.row) - 1]
        assert (row[0], row[int(cell.position) - 1]) == (cell.respondent_id, "0")


@pytest.mark.slow
def test_every_question_leads_from_its_largest_figure_to_as_many_cells(sample):
    figures = sample.lake.read("mart_estimates").query("suppression == 'none' and numerator > 0")
    split = (figures["breakdown"] != "all").rename("split")
    largest = figures.groupby(
        [figures["edition"], figures["variable"], figures["statistic"], split], observed=True
    )["numerator"].idxmax()
    chosen = figures.loc[largest]
    assert {"share", "theme_share"} <= set(chosen["statistic"])
    answers, profiles = (sample.lake.read(n) for n in ("mart_answers", "respondent_profiles"))
    codebook = sample.survey.read_codebook()
    names = ("norm_sources", "cell_map", "source_files", "raw_columns", "raw_responses")
    for edition, of_edition in chosen.groupby("edition", observed=True):
        stored = {name: sample.lake.read(name, edition) for name in names}
        for figure in of_edition.to_dict("records"):
            counted = numerator(figure, answers, profiles, codebook=codebook)
            assert len(counted) == figure["numerator"]
            found = cells(counted, **stored)
            assert len(found) == figure["numerator"], figure["figure_id"]


@pytest.mark.slow
def test_a_hidden_figure_leads_nowhere_and_a_slip_to_the_nearest(sample):
    figures = sample.lake.read("mart_estimates")
    hidden = figures.loc[figures["suppression"] == "hidden_small_base", "figure_id"].iloc[0]
    told = traced(sample, hidden)
    assert (told.exit_code, "is hidden, too few answered" in told.output) == (1, True)
    told = traced(sample, BUDGET.replace("zero", "zéro"))
    assert told.exit_code == 1
    assert f"the nearest are:\n  {BUDGET}" in told.output


@pytest.mark.slow
def test_tables_of_two_runs_are_not_traced(sample):
    figure = sample.lake.read("mart_estimates").set_index("figure_id", drop=False).loc[BUDGET]
    answers, profiles = (sample.lake.read(n) for n in ("mart_answers", "respondent_profiles"))
    lost = answers[~((answers["variable"] == figure["variable"]) & (answers["code"] == "zero"))]
    with pytest.raises(TraceError, match="0 answers are stored and the figure counts 12"):
        numerator(figure, lost, profiles, codebook=sample.survey.read_codebook())


# --- accepted -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("edition", EDITIONS)
def test_every_edition_has_a_receipt_for_what_landed_and_what_is_stored(sample, edition):
    (receipt,) = sample.lake.read("accepted_editions", edition).to_dict("records")
    stored = json.loads(receipt["partition_sha256"])
    assert receipt["codebook_sha256"] == sample.survey.read_codebook().sha256
    assert receipt["responses"] == len(sample.lake.read("norm_responses", edition))
    assert stored == {name: sample.lake.checksum(name, edition) for name in stored}
    assert set(stored) >= {"norm_responses", "norm_instances", "norm_texts", "cell_map"}


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_page_of_cell_map_shows_a_conservation_equation_that_holds(sample, edition):
    records = sample.instance.fetch_materializations(
        dg.AssetRecordsFilter(dg.AssetKey("cell_map"), asset_partitions=[edition]), limit=1
    ).records
    shown = records[0].asset_materialization.metadata
    equation = shown["conservation"].value
    total, *terms = map(int, re.findall(r"\d+", equation))
    assert re.fullmatch(r"\d+ in = \d+ coded \+ \d+ rejected \+ \d+ dropped", equation)
    assert total == sum(terms) > 0
    assert total == sample.lake.read("source_files", edition)["cells_in"].sum()
    assert [shown[f"cells_{name}"].value for name in ("in", "coded", "rejected", "dropped")] == [
        total,
        *terms,
    ]


# --- figures --------------------------------------------------------------------------------


def test_every_printed_figure_that_the_sample_aims_at_is_reproduced(sample):
    book = sample.survey.read_codebook()
    published = table_of(sample.latest, "mart_published")
    aimed = {key for key, figure in book.published.items() if figure.sample.aims}
    assert set(published["published_id"]) == set(book.published)
    missed = published[
        published["published_id"].isin(aimed) & (published["verdict"] != "reproduced")
    ]
    assert missed[["published_id", "verdict", "reason"]].to_dict("records") == []
    assert set(published.loc[published["aimed"], "published_id"]) == aimed
    assert len(aimed) >= 50


def test_every_other_printed_figure_says_why_it_is_not_reproduced(sample):
    published = table_of(sample.latest, "mart_published")
    others = published[~published["aimed"]]
    assert len(others) > 0
    assert others.loc[others["reason"].str.len() < 20, "published_id"].tolist() == []


def test_the_budget_question_of_2018_comes_out_as_printed(sample):
    """The deck's eleven shares add up to 100: rounded down, the rest to the largest remainders."""
    estimates = table_of(sample.latest, "mart_estimates")
    budget = estimates[
        (estimates["edition"] == "2018")
        & (estimates["variable"] == "moy_budget_tranche")
        & (estimates["base_rule"] == "answered_or_dk")
        & (estimates["breakdown"] == "all")
        & (estimates["weighting"] == "unweighted")
    ].set_index("code")
    assert set(budget["base_n"]) == {BUDGET_BASE}
    assert budget["numerator"].sum() == BUDGET_BASE
    exact = 100 * budget["numerator"] / BUDGET_BASE
    ours = exact.astype(int)
    ours[(exact - ours).nlargest(100 - ours.sum()).index] += 1
    assert ours.to_dict() == BUDGET_SHARES
    published = table_of(sample.latest, "mart_published")
    printed = published[
        (published["variable"] == "moy_budget_tranche")
        & (published["document"] == "deck18")
        & published["codes"].isin(list(BUDGET_SHARES))
    ].set_index("codes")
    assert printed["our_value_rounded"].astype(int).to_dict() == BUDGET_SHARES
    assert printed["published_value"].astype(int).to_dict() == BUDGET_SHARES


def test_every_figure_says_that_it_is_synthetic(sample):
    for name in FIGURES:
        frame = table_of(sample.latest, name)
        assert len(frame) > 0, name
        assert frame["synthetic"].all(), name
    assert json.loads((sample.latest / "release.json").read_text())["synthetic"] is True
    assert "synthétiques" in (sample.latest / "LISEZMOI.md").read_text(encoding="utf-8")
    pictures = sorted((sample.latest / "charts").glob("*.svg"))
    unbranded = [p.name for p in pictures if "ynthétique" not in p.read_text(encoding="utf-8")]
    assert (len(pictures) > 0, unbranded) == (True, [])
    page = (sample.latest / "charts/index.html").read_text(encoding="utf-8")
    assert page.count("Données synthétiques.</strong>") == page.count("<img ") == len(pictures)


def test_a_figure_has_one_identifier_and_keeps_it(sample, again):
    for name in ("mart_estimates", "mart_brackets", "mart_rankings"):
        first = sample.lake.read(name)["figure_id"]
        assert first.is_unique, name
        assert first.tolist() == again.lake.read(name)["figure_id"].tolist()


def test_every_mart_with_intervals_knows_the_frame_of_its_figures(sample):
    coverage = sample.lake.read("mart_coverage")
    (listed,) = coverage.loc[coverage["margin"] == "all", "frame_n"].unique()
    for name in ("mart_estimates", "mart_brackets", "mart_rankings", "mart_scales"):
        figures = sample.lake.read(name)
        if "breakdown" in figures:
            figures = figures[figures["breakdown"] == "all"]
        framed = figures[figures["unit"] == "collectivite"]
        framed = framed[framed["frame_reason"] != "subpopulation"]
        assert (len(framed) > 0, set(framed["frame_n"])) == (True, {listed}), name
        others = figures[figures["unit"] != "collectivite"]
        assert others["frame_n"].isna().all(), name
    changes = sample.lake.read("mart_changes")
    computed = changes[(changes["status"] == "computed") & (changes["unit"] == "collectivite")]
    assert set(computed["frame_n_from"]) == {listed}


# --- the panel ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["panel_responses", "panel_instances"])
def test_the_panel_never_leaves_a_coded_cell_empty(sample, name):
    panel = sample.lake.read(name)
    coded = [c.name for c in sample.lake.tables[name].columns if c.type == "coded"]
    holes = panel[coded].isna().sum()
    assert len(coded) > 5
    assert holes[holes > 0].to_dict() == {}


def test_not_asked_is_all_or_none_in_an_edition(sample):
    panel = sample.lake.read("panel_responses")
    coded = [c.name for c in sample.lake.tables["panel_responses"].columns if c.type == "coded"]
    share = (panel[coded] == "not_asked").groupby(panel["edition"]).mean()
    partly = ((share > 0) & (share < 1)).any()
    assert partly[partly].index.tolist() == []
    assert (share == 1).any().any()
    assert (share == 0).any().any()


# --- the release ----------------------------------------------------------------------------


def test_latest_is_a_link_to_the_newest_release(sample):
    folders = [p for p in sample.survey.releases.iterdir() if p.is_dir() and not p.is_symlink()]
    assert sample.latest.is_symlink()
    assert not sample.latest.readlink().is_absolute()
    assert sample.latest.resolve() == max(folders).resolve()


def test_the_warehouse_opens_read_only_with_every_declared_table_and_its_comment(sample):
    tables = [t for t in published_tables(sample.lake.tables) if not t.microdata]
    with duckdb.connect(str(sample.latest / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "SELECT table_name, comment FROM duckdb_tables() WHERE NOT internal"
        ).fetchall()
        comments = dict(found)
        columns = connection.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
        for table in tables:
            (rows,) = connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()
            assert rows == len(table_of(sample.latest, table.name)), table.name
    assert {t.name for t in tables} <= set(comments)
    assert [name for name, comment in found if not comment] == []
    ours = {t.name for t in tables}
    assert [f"{t}.{c}" for t, c, comment in columns if t in ours and not comment] == []


def test_no_release_holds_microdata(sample):
    names = {path.name.split(".")[0] for path in sample.latest.rglob("*")}
    private = {table.name for table in sample.lake.tables.values() if table.microdata}
    assert names & private == set()
    assert [name for name in names if "microdata" in name] == []
    with duckdb.connect(sample.latest / "warehouse.duckdb", read_only=True) as warehouse:
        stored = {
            name
            for (name,) in warehouse.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        }
    assert "mart_estimates" in stored and stored & private == set()
    microdata = list(sample.survey.microdata.rglob("*.duckdb"))
    assert len(microdata) == 1


# --- personal data --------------------------------------------------------------------------


def words_of(path: Path) -> list[str]:
    """Return all the text of a file: decompressed when it is Parquet, DuckDB or SQLite."""
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        pictures = [c for c in frame if len(frame) and isinstance(frame[c].iloc[0], bytes)]
        return [frame.drop(columns=pictures).to_csv()]
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal"
            ).fetchall()
            return [
                connection.execute(f'SELECT * FROM "{s}"."{t}"').df().to_csv() for s, t in tables
            ]
    if path.suffix == ".db":
        with sqlite3.connect(path) as connection:
            return list(connection.iterdump())
    if path.suffix in (".zip", ".xlsx", ".pptx"):
        with zipfile.ZipFile(path) as archive:
            return [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
    if path.suffix == ".png":
        return []
    return [path.read_text(encoding="utf-8", errors="replace")]


@pytest.fixture(scope="module")
def left_behind(sample):
    """Everything that the runs wrote, landing folder apart: file → its text and its bytes."""
    roots = ("lake", "releases", "microdata", "dagster")
    return {
        path.relative_to(sample.root).as_posix(): ("\n".join(words_of(path)), path.read_bytes())
        for root in roots
        for path in sorted((sample.root / root).rglob("*"))
        if path.is_file() and not any(part.is_symlink() for part in path.parents)
    }


def test_the_exports_do_hold_personal_data(sample):
    """Without this, the next test could pass on exports that have none."""
    data = sample.landing("2018").joinpath("Donnees_Tous_181214.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read(archive.namelist()[0]).decode("utf-8")
    assert text.count("@example.org") > 20
    assert text.count("192.0.2.") > 20


def test_no_personal_data_is_left_behind_anywhere(sample, left_behind):
    book = sample.survey.read_codebook()
    people = read_sample_data(packaged_sample("barometre_dln"), codebook=book).assumptions.persons
    names = sorted({part for person in people for part in person.split(maxsplit=1)})
    found = {}
    for file, (text, _) in left_behind.items():
        folded = text.casefold()
        possible = [name for name in names if name.casefold() in folded]
        held = [n for n in possible if re.search(rf"\b{n}\b", text, re.IGNORECASE)]
        held += [mark for mark in ("@example.org", "192.0.2.") if mark in folded]
        if held:
            found[file] = held
    in_bytes = [
        name
        for name, (_, raw) in left_behind.items()
        if b"@example.org" in raw or b"192.0.2." in raw
    ]
    assert len(left_behind) > 100
    assert len(names) > 30
    assert (found, in_bytes) == ({}, [])


# --- again ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in UP_TO_MARTS if name != "link_changes"])
def test_the_same_exports_give_the_same_bytes(sample, again, name):
    assert sample.lake.checksum(name) == again.lake.checksum(name)


def test_reading_an_edition_again_changes_nothing_but_its_receipt(sample, copy_of):
    home = copy_of(sample.root)
    before = contents(home.survey.lake)
    result = home.read_edition("2018")
    assert result.success, complaints(result)
    after = contents(home.survey.lake)
    assert [name for name in after if after[name] != before.get(name)] == [
        "normalise/accepted_editions/2018.parquet"
    ]
    assert home.publish(until=["panel_responses"]).success
    assert home.lake.checksum("panel_responses") == sample.lake.checksum("panel_responses")


@pytest.mark.slow
def test_one_synthetic_edition_alone_is_published(landed, copy_of):
    home = copy_of(landed)
    for edition in ("2016", "2017"):
        shutil.rmtree(home.survey.landing / edition)
    assert home.read_edition("2018").success
    result = home.publish()
    assert result.success, complaints(result)
    published = home.lake.read("mart_published")
    absent = published[published["edition"] != "2018"]
    assert absent["synthetic"].isna().all()
    assert set(absent["verdict"]) == {"not_computable"}
