"""`observatoire table`: figures by group as an analyst reads them, and what it says otherwise."""

from __future__ import annotations

import csv
import io

import pytest
from click.testing import CliRunner

from observatoire_pipeline.cli import main
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.unit.marts.panels import estimates, norm_responses, panel


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose figures are of 40 communes, 14 intercommunalités and 4 départements."""
    folder = tmp_path_factory.mktemp("home")
    codebook = read_codebook(packaged_codebook())
    types = ["commune"] * 40 + ["intercommunalite"] * 14 + ["departement"] * 4
    answers = {
        "moy_service_dedie": (["oui", "non"] * 29)[:58],
        "moy_etp": ["de_1_a_3"] * 30 + ["do_not_know"] * 28,
    }
    frames = panel(codebook, {"2018": norm_responses(codebook, "2018", **answers)})
    tables = catalogue(codebook)
    made = estimates(*frames, codebook=codebook, tables=tables, type=types)
    Lake(root=str(folder / "lake"), codebook=str(packaged_codebook())).write(made, "mart_estimates")
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
