"""Three weighted figures of the sample: against a jackknife, and R `survey` where there is R."""

from __future__ import annotations

import math
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.estimation.sampling import clustered_shares
from observatoire_pipeline.estimation.weighting import post_stratify
from observatoire_pipeline.sample.assumptions import packaged_sample, read_sample_data
from observatoire_pipeline.sample.generate import generate

TYPES = ("commune", "epci", "departement", "region", "metropole")
FRAME = (3200, 1242, 101, 18, 21)
"""Units of each type to weight to: numbers of a frame's size, not the frame itself."""

R_PROGRAM = """
suppressMessages(library(survey))
answers <- read.csv(commandArgs(trailingOnly = TRUE)[1])
design <- svydesign(ids = ~organisation, weights = ~weight, data = answers)
estimate <- svymean(~hit, design)
cat(sprintf("%.15g %.15g", coef(estimate), SE(estimate)))
"""


@dataclass(frozen=True)
class Figure:
    """One answer over its base: for each unit its organisation, its weight, and whether it hit."""

    organisation: np.ndarray
    weight: np.ndarray
    hit: np.ndarray

    def ours(self):
        weighted = np.bincount(self.organisation, weights=self.weight * self.hit)
        bases = np.bincount(self.organisation, weights=self.weight)
        return clustered_shares(weighted[bases > 0], bases[bases > 0])


@pytest.fixture(scope="module")
def figures():
    codebook = read_codebook(packaged_codebook())
    data = read_sample_data(packaged_sample(codebook.survey.survey), codebook=codebook)
    answers = next(
        one for one in generate(data, codebook=codebook, seed=2016) if one.edition == "2016"
    )
    cells = answers.cells
    types = [TYPES.index(code) for code in cells["rep_collectivite_type", None, 1]]
    weights = post_stratify(types, FRAME)

    def figure(variable, item, hits, instances=(1,)):
        rows = [
            (unit, weights[unit], float(code in hits))
            for instance in instances
            for unit, code in enumerate(cells[variable, item, instance])
            if code not in ("", "do_not_know")
        ]
        unit, weight, hit = (np.array(column) for column in zip(*rows, strict=True))
        return Figure(unit, weight, hit)

    opinion, level = next(
        (cell, code)
        for cell, codes in cells.items()
        if cell[0] == "perc_effets_outils"
        for code in codes
        if code not in ("", "do_not_know")
    )
    return {
        "équipés": figure("outil_equipe", None, {"oui"}),
        "opinion": figure(opinion[0], opinion[1], {level}),
        "outils satisfaisants": figure(
            "outil_satisfaction_nb_citoyens",
            None,
            {"plutot_satisfait", "tres_satisfait"},
            instances=(1, 2, 3),
        ),
    }


FIGURES = ("équipés", "opinion", "outils satisfaisants")


@pytest.mark.parametrize("name", FIGURES)
def test_a_weighted_share_and_a_jackknife_of_its_organisations(figures, name):
    figure = figures[name]
    found = figure.ours()
    assert 0 < found.share[0] < 1
    assert found.share[0] == pytest.approx(np.average(figure.hit, weights=figure.weight))
    organisations = np.unique(figure.organisation)
    assert found.clusters[0] == organisations.size
    without = []
    for one in organisations:
        others = figure.organisation != one
        without.append(np.average(figure.hit[others], weights=figure.weight[others]))
    # Delete one organisation at a time: the same variance, but for terms of the second order.
    n = organisations.size
    jackknife = math.sqrt((n - 1) / n * ((np.array(without) - np.mean(without)) ** 2).sum())
    assert found.standard_error[0] == pytest.approx(jackknife, rel=0.06)


def test_the_tools_of_an_organisation_are_several_units(figures):
    tools = figures["outils satisfaisants"]
    assert tools.organisation.size > np.unique(tools.organisation).size


@pytest.mark.parametrize("name", FIGURES)
def test_r_survey_computes_the_same(figures, name, tmp_path: Path):
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("no Rscript on this machine: R survey is not asked")
    known = subprocess.run(
        [rscript, "-e", "quit(status = as.integer(!requireNamespace('survey', quietly = TRUE)))"],
        capture_output=True,
        check=False,
    )
    if known.returncode:
        pytest.skip("R has no package survey")
    figure = figures[name]
    table = np.column_stack([figure.organisation, figure.weight, figure.hit])
    data, program = tmp_path / "answers.csv", tmp_path / "estimate.R"
    np.savetxt(
        data, table, delimiter=",", header="organisation,weight,hit", comments="", fmt="%.17g"
    )
    program.write_text(R_PROGRAM, encoding="utf-8")
    run = subprocess.run(
        [rscript, "--vanilla", str(program), str(data)], capture_output=True, text=True, check=True
    )
    share, error = (float(number) for number in run.stdout.split())
    found = figure.ours()
    assert (found.share[0], found.standard_error[0]) == pytest.approx((share, error), rel=1e-9)
