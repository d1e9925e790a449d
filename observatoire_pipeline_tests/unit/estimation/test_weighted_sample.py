"""Three weighted figures of the sample against a jackknife; against R they are in `against_r`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

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


@dataclass(frozen=True)
class Figure:
    """One answer over its base: for each unit its organisation, its weight, and whether it hit."""

    organisation: np.ndarray
    weight: np.ndarray
    hit: np.ndarray

    def ours(self, **frame):
        weighted = np.bincount(self.organisation, weights=self.weight * self.hit)
        bases = np.bincount(self.organisation, weights=self.weight)
        return clustered_shares(weighted[bases > 0], bases[bases > 0], **frame)


@cache
def _cells():
    """Return the answers of 2016: (variable, item, instance) → a code for each respondent."""
    codebook = read_codebook(packaged_codebook())
    data = read_sample_data(packaged_sample(codebook.survey.survey), codebook=codebook)
    editions = generate(data, codebook=codebook, seed=2016)
    return next(one for one in editions if one.edition == "2016").cells


def sample_units():
    """Return type, size class and equipment (1 or 0) of the respondents of 2016 who told all."""
    asked = ("rep_collectivite_type", "rep_collectivite_taille", "outil_equipe")
    told = zip(*(_cells()[name, None, 1] for name in asked), strict=True)
    kinds, sizes, equipped = zip(*(row for row in told if "" not in row), strict=True)
    return np.array(kinds), np.array(sizes), np.array([code == "oui" for code in equipped], float)


def sample_figures():
    """Return three weighted figures of 2016: of all, of a scale, of tools."""
    cells = _cells()
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


@pytest.fixture(scope="module")
def figures():
    return sample_figures()


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
