"""`observatoire table`: figures by group as an analyst reads them, and what it says otherwise."""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner

from observatoire_pipeline.cli import main
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.publish.warehouse import build_duckdb
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.unit.marts.panels import estimates, norm_responses, panel


@pytest.fixture(scope="module")
def tables():
    return catalogue(read_codebook(packaged_codebook()))


@pytest.fixture(scope="module")
def figures(tables):
    """Figures of 40 communes, 14 intercommunalités and 4 départements."""
    codebook = read_codebook(packaged_codebook())
    types = ["commune"] * 40 + ["intercommunalite"] * 14 + ["departement"] * 4
    answers = {
        "moy_service_dedie": (["oui", "non"] * 29)[:58],
        "moy_etp": ["de_1_a_3"] * 30 + ["do_not_know"] * 28,
    }
    frames = panel(codebook, {"2018": norm_responses(codebook, "2018", **answers)})
    return estimates(*frames, codebook=codebook, tables=tables, type=types)


@pytest.fixture(scope="module")
def home(tmp_path_factory, figures):
    folder = tmp_path_factory.mktemp("home")
    lake = Lake(root=str(folder / "lake"), codebook=str(packaged_codebook()))
    lake.write(figures, "mart_estimates")
    return folder


@pytest.fixture(scope="module")
def release(tmp_path_factory, figures, tables):
    """What a release holds of these figures, as it holds them."""
    folder = tmp_path_factory.mktemp("release")
    (folder / "tables").mkdir()
    figures.to_parquet(folder / "tables" / "mart_estimates.parquet")
    build_duckdb(
        folder / "warehouse.duckdb", {"mart_estimates": figures}, [tables["mart_estimates"]]
    )
    told = {"publisher": "Décider ensemble", "title": "Baromètre", "release_id": "2018-12-04"}
    (folder / "release.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def called(home, *words):
    return CliRunner().invoke(main, ["table", *words, "--home", str(home)])


def test_a_question_by_type_has_bases_intervals_and_marks(home):
    found = called(home, "moy_service_dedie", "--by", "type")
    assert found.exit_code == 0, found.output
    lines = found.output.splitlines()
    header = next(line for line in lines if "Communes" in line)
    yes = next(line for line in lines if line.startswith("Oui "))
    base = next(line for line in lines if line.startswith("Base (n)"))
    assert header.index("Ensemble") < header.index("Communes") < header.index("Départements")
    assert yes.count("50,0\u202f% [") == 2
    assert "···" in yes
    assert base.split()[2:] == ["58", "40", "14", "4"]
    assert "DONNÉES SYNTHÉTIQUES" in found.output
    assert "intervalle indicatif" in found.output
    assert "masqué\u00a0: trop peu de réponses" in found.output
    assert "2018.collectivite.moy_service_dedie.-.oui.share.answered.unweighted" in found.output


def test_csv_gives_every_figure_with_its_id_and_no_hidden_number(home):
    found = called(home, "moy_service_dedie", "--by", "type", "--csv")
    rows = list(csv.DictReader(io.StringIO(found.output)))
    assert len({row["figure_id"] for row in rows}) == len(rows) > 8
    hidden = [row for row in rows if row["suppression"].startswith("hidden")]
    assert hidden
    assert not any(row["share"] or row["numerator"] or row["ci_lower"] for row in hidden)


def test_do_not_know_joins_the_base_when_asked(home):
    assert "Base (n)" in called(home, "moy_etp").output
    without = called(home, "moy_etp").output
    with_dk = called(home, "moy_etp", "--with-dk").output
    assert next(x for x in without.splitlines() if x.startswith("Base (n)")).split()[-1] == "30"
    assert next(x for x in with_dk.splitlines() if x.startswith("Base (n)")).split()[-1] == "58"


@pytest.mark.parametrize(
    "words, status, said",
    [
        (["moy_budjet"], 1, "moy_budget_tranche"),
        (["moy_etp", "--edition", "2016"], 1, "editions: 2018"),
        (["moy_service_dedie", "--with-dk"], 1, "offers no do-not-know"),
        (["moy_service_dedie", "--by", "region"], 1, "fewer than two groups"),
        (["moy_service_dedie", "--weighted"], 1, "mart_weighting tells why"),
        (["moy_service_dedie", "--weighted", "--by", "type"], 2, "have no groups"),
        (["besoins_renforcement"], 1, "a ranking question"),
        (["perc_apports_outils", "--item", "transparense"], 1, "transparence"),
    ],
)
def test_what_does_not_exist_is_named_with_what_is_nearest(home, words, status, said):
    found = called(home, *words)
    assert (found.exit_code, said in found.output) == (status, True), found.output


def test_a_home_without_figures_says_how_they_are_made(tmp_path):
    found = called(tmp_path, "moy_etp")
    assert found.exit_code == 1
    assert "observatoire run" in found.output


def published(place, *words):
    return CliRunner().invoke(main, ["table", *words, "--from", str(place)])


@pytest.mark.parametrize("file", ["", "warehouse.duckdb"])
@pytest.mark.parametrize(
    "words", [["moy_service_dedie", "--by", "type"], ["moy_etp", "--with-dk"]], ids=["type", "dk"]
)
def test_a_release_alone_gives_the_page_of_the_home_and_hides_what_it_hides(
    home, release, file, words, monkeypatch, tmp_path
):
    monkeypatch.setenv("OBSERVATOIRE_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("OBSERVATOIRE_CODEBOOK", str(tmp_path / "none"))
    found = published(release / file, *words)
    assert found.exit_code == 0, found.output
    monkeypatch.undo()
    own = called(home, *words).output
    assert found.output.splitlines()[:-1] == own.splitlines()[:-1]
    rows = published(release / file, *words, "--csv").output
    assert list(csv.DictReader(io.StringIO(rows))) == list(
        csv.DictReader(io.StringIO(called(home, *words, "--csv").output))
    )


def test_a_page_of_a_release_names_it(release):
    said = published(release, "moy_etp").output.splitlines()[-1]
    assert said == "Source\u00a0: Décider ensemble, Baromètre, publication 2018-12-04"
    said = published(release / "warehouse.duckdb", "moy_etp").output.splitlines()[-1]
    assert said.endswith("warehouse.duckdb")


def test_an_earlier_release_is_read_without_the_newest_columns(release, figures, tmp_path):
    (tmp_path / "tables").mkdir()
    stored = tmp_path / "tables" / "mart_estimates.parquet"
    figures.drop(columns=["frame_n", "frame_reason"]).to_parquet(stored)
    found = published(tmp_path, "moy_service_dedie", "--by", "type", "--csv")
    assert found.exit_code == 0
    assert "frame_n" not in found.output.splitlines()[0]
    figures.drop(columns=["suppression", "cautious"]).to_parquet(stored)
    found = published(tmp_path, "moy_service_dedie")
    assert found.exit_code == 1
    assert "lacks suppression, cautious" in found.output


@pytest.mark.parametrize(
    ("place", "status", "said"),
    [
        ("nowhere", 1, "found nothing; expected the folder of a release"),
        ("release.json", 1, "found a file of another kind"),
        ("tables", 1, "without tables/mart_estimates.parquet"),
        ("postgresql://u:secret@127.0.0.1:1/db", 1, "postgresql://u:***@127.0.0.1:1/db has no"),
        ("sqlite:///{}/new.db", 1, "a warehouse is a PostgreSQL database"),
        ("://", 1, "is no URL of a warehouse"),
    ],
)
def test_a_place_without_figures_says_what_was_found(release, place, status, said):
    where = place.format(release) if "://" in place else release / place
    found = published(where, "moy_etp")
    assert (found.exit_code, said in found.output) == (status, True), found.output
    assert "secret" not in found.output
    assert not (release / "new.db").exists()


def test_a_release_has_no_home_and_knows_its_own_questions(release, home):
    both = called(home, "moy_etp", "--from", str(release))
    assert (both.exit_code, "neither --home nor --codebook" in both.output) == (2, True)
    unknown = published(release, "moy_etpp")
    assert (unknown.exit_code, "moy_etp " in unknown.output) == (1, True)


def test_a_frame_is_told_with_what_it_does_not_say(release, figures, tmp_path):
    (tmp_path / "tables").mkdir()
    framed = figures.assign(frame_n=figures["frame_n"].fillna(70), frame_reason="")
    framed.to_parquet(tmp_path / "tables" / "mart_estimates.parquet")
    said = published(tmp_path, "moy_service_dedie").output
    assert "population finie (Ensemble 70 collectivités)" in said
    assert "se sont portés volontaires" in said
    assert "population finie" not in published(release, "moy_service_dedie").output
