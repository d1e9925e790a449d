"""R as a second opinion: `survey` for designs and weights, base R for tests and intervals.

One R process computes everything; without R, or without its package `survey`, these tests skip.
Where R takes another definition, the test says which, and what remains equal.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from observatoire_pipeline.estimation.brackets import grouped_median
from observatoire_pipeline.estimation.change import change_of_clustered_shares, mcnemar
from observatoire_pipeline.estimation.families import benjamini_hochberg
from observatoire_pipeline.estimation.homogeneity import equal_shares_test
from observatoire_pipeline.estimation.intervals import (
    clopper_pearson_interval,
    corrected_base,
    jeffreys_interval,
    standard_error_of_shares,
    wilson_interval,
    wilson_interval_of_shares,
)
from observatoire_pipeline.estimation.likert import ordinal_effect
from observatoire_pipeline.estimation.ranking import summarise_ranking
from observatoire_pipeline.estimation.sampling import (
    clustered_shares,
    corrected_effective_n,
    effective_n,
    stratified_mean_of_values,
)
from observatoire_pipeline.estimation.weighting import post_stratify, rake
from observatoire_pipeline_tests.unit.estimation.test_weighted_sample import (
    FIGURES,
    sample_figures,
    sample_units,
)

PROGRAM = r"""
suppressMessages(library(survey))
setwd(commandArgs(trailingOnly = TRUE)[1])
say <- function(name, ...) cat(name, sprintf("%.15g", c(...)), "\n")
estimate <- function(name, found) say(name, coef(found), SE(found))

# --- survey: the sample
for (k in 1:3) {
  d <- read.csv(sprintf("figure%d.csv", k))
  weighted <- svydesign(ids = ~organisation, weights = ~weight, data = d)
  estimate(paste0("weighted", k), svymean(~hit, weighted))
}
finite <- svydesign(ids = ~organisation, weights = ~weight, fpc = ~clusters, data = d)
estimate("clusters_fpc", svymean(~hit, finite))

u <- read.csv("units.csv")
for (name in c("type", "size")) u[[name]] <- factor(u[[name]])
simple <- svydesign(ids = ~1, fpc = ~all, data = u)
estimate("simple_fpc", svymean(~hit, simple))
strata <- svydesign(ids = ~1, strata = ~type, fpc = ~of_type, data = u)
estimate("strata_fpc", svymean(~hit, strata))
estimate("groups_strata", svyby(~hit, ~type, strata, svymean))
estimate("groups_simple", svyby(~hit, ~type, simple, svymean))
frame <- function(column, size) {
  found <- tapply(u[[size]], u[[column]], max)
  made <- data.frame(names(found), as.numeric(found)); names(made) <- c(column, "Freq"); made
}
post <- postStratify(simple, ~type, frame("type", "of_type"))
say("post_weights", weights(post)); estimate("post", svymean(~hit, post))
raked <- rake(simple, list(~type, ~size), list(frame("type", "of_type"), frame("size", "of_size")),
              control = list(maxit = 500, epsilon = 1e-12))
say("raked_weights", weights(raked)); estimate("raked", svymean(~hit, raked))
for (method in c("logit", "beta"))
  say(paste0("ciprop_", method), confint(svyciprop(~hit, simple, method = method)))

spread <- read.csv("spread.csv")
spread <- svydesign(ids = ~1, fpc = ~all, data = spread)
say("median", svyquantile(~value, spread, 0.5, ci = TRUE)[[1]][1:3])

two <- svydesign(ids = ~organisation, weights = ~1, data = read.csv("editions.csv"))
by_edition <- svyby(~hit, ~edition, two, svymean, covmat = TRUE)
estimate("change", svycontrast(by_edition, c(-1, 1)))

# --- base R
x <- c(81, 15, 0, 1, 29); n <- c(263, 148, 20, 29, 29)
wilson <- function(x, n) as.numeric(suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int)
say("wilson", mapply(wilson, x, n))
m <- 64 * (101 - 1) / (101 - 64); say("wilson_fpc", wilson(41 / 64 * m, m))
say("jeffreys", qbeta(c(.025, .975), 81.5, 182.5))
say("exact", mapply(function(x, n) as.numeric(binom.test(x, n)$conf.int), x, n))
changed <- list(c(12, 28), c(2, 9), c(0, 5), c(6, 6))
say("mcnemar_exact", sapply(changed, function(b) binom.test(b[1], sum(b))$p.value))
square <- function(b) matrix(c(60, b[2], b[1], 80), 2)
say("mcnemar", sapply(changed, function(b) mcnemar.test(square(b), correct = FALSE)$p.value))
say("mcnemar_cc", sapply(changed, function(b) mcnemar.test(square(b))$p.value))
p <- c(.0001, .0278, .0004, .0298, .3240, .0019, .0344, .0095, .4262, .0459, .0201, 1, .0344)
say("adjusted", p.adjust(p, "BH"))
g <- list(c(10, 20, 30, 25, 15), c(5, 15, 30, 30, 20))
values <- lapply(g, function(counts) rep(1:5, counts))
rank_sum <- suppressWarnings(wilcox.test(values[[2]], values[[1]], correct = FALSE, exact = FALSE))
say("wilcoxon", rank_sum$statistic / 100^2, rank_sum$p.value)
equal <- prop.test(c(83, 90, 129, 70), c(86, 93, 136, 82))
say("equal", equal$statistic, equal$p.value)
ranks <- t.test(rep(1:3, c(5, 3, 2))); say("student", ranks$estimate, ranks$conf.int)
drawn <- svydesign(ids = ~1, fpc = ~all, data = data.frame(rank = rep(1:3, c(5, 3, 2)), all = 25))
say("student_fpc", confint(svymean(~rank, drawn), df = 9))
"""

SPREAD = [12, 3, 4, 14, 10, 3]
BOUNDS = [0, 1000, 5000, 10_000, 20_000, 50_000, 100_000]
FRAME = 150


@pytest.fixture(scope="module")
def units():
    """Respondents of the sample with type, size and answer, and a frame of each."""
    kind, size, hit = sample_units()
    first, second = (np.unique(codes, return_inverse=True)[1] for codes in (kind, size))
    answered = np.zeros((first.max() + 1, second.max() + 1), dtype=np.int64)
    np.add.at(answered, (first, second), 1)
    # Margins of one table: where answers are, so that both can be met together.
    table = answered * (2 + np.arange(answered.size).reshape(answered.shape) % 4)
    frames = (table.sum(axis=1), table.sum(axis=0))
    return {"type": first, "size": second, "hit": hit, "frames": frames, "all": int(table.sum())}


@pytest.fixture(scope="module")
def figures():
    return sample_figures()


@pytest.fixture(scope="module")
def editions(figures):
    """The tools of the sample, and those of a later edition that two thirds answered again."""
    tools = figures["outils satisfaisants"]
    random = np.random.default_rng(2018)
    again = random.random(tools.organisation.max() + 1) < 2 / 3
    later = np.where(again, 0, 1000)[tools.organisation] + tools.organisation
    moved = np.where(random.random(later.size) < 0.3, 1 - tools.hit, tools.hit)
    return (tools.organisation, tools.hit), (later, moved)


def write(path: Path, **columns):
    table = np.column_stack(list(columns.values()))
    np.savetxt(path, table, delimiter=",", header=",".join(columns), comments="", fmt="%.17g")


@pytest.fixture(scope="module")
def said(figures, units, editions, tmp_path_factory):
    """What R says, by name."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        _without("no Rscript on this machine: R is not asked")
    folder = tmp_path_factory.mktemp("r")
    for k, name in enumerate(FIGURES, start=1):
        one = figures[name]
        told = {"organisation": one.organisation, "weight": one.weight, "hit": one.hit}
        write(folder / f"figure{k}.csv", **told, clusters=np.full(one.hit.size, FRAME))
    whole = np.full(units["hit"].size, units["all"])
    frames = {f"of_{n}": units["frames"][k][units[n]] for k, n in enumerate(("type", "size"))}
    write(
        folder / "units.csv",
        **{name: units[name] for name in ("type", "size", "hit")},
        **frames,
        all=whole,
    )
    write(folder / "spread.csv", value=spread(), all=np.full(sum(SPREAD), FRAME))
    both = [(org, np.full(hit.size, k), hit) for k, (org, hit) in enumerate(editions)]
    organisation, edition, hit = (np.concatenate(column) for column in zip(*both, strict=True))
    write(folder / "editions.csv", organisation=organisation, edition=edition, hit=hit)
    program = folder / "program.R"
    program.write_text(PROGRAM, encoding="utf-8")
    run = subprocess.run(
        [rscript, "--vanilla", str(program), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "there is no package called" in run.stderr:
        _without("R has no package survey")
    assert run.returncode == 0, run.stderr
    lines = (line.split() for line in run.stdout.splitlines())
    return {name: np.array(values, dtype=float) for name, *values in lines}


def _without(reason):
    needed = bool(os.environ.get("CI")) and os.environ.get("OBSERVATOIRE_NEEDS_R") == "1"
    pytest.fail(reason) if needed else pytest.skip(reason)


def spread():
    """Return answers spread evenly inside their bracket, as a grouped median supposes."""
    return np.concatenate(
        [
            low + (np.arange(n) + 0.5) / n * (high - low)
            for n, low, high in zip(SPREAD, BOUNDS, BOUNDS[1:], strict=False)
        ]
    )


# --- designs --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURES)
def test_a_weighted_share_is_that_of_survey(said, figures, name):
    found = figures[name].ours()
    expected = said[f"weighted{FIGURES.index(name) + 1}"]
    assert (found.share[0], found.standard_error[0]) == pytest.approx(expected, rel=1e-9)


def test_clusters_of_a_finite_population(said, figures):
    found = figures[FIGURES[-1]].ours(population_clusters=FRAME)
    assert (found.share[0], found.standard_error[0]) == pytest.approx(
        said["clusters_fpc"], rel=1e-9
    )


def test_a_simple_sample_of_a_finite_population(said, units):
    """`svydesign(fpc=)`: the unbiased variance, divisor n − 1.

    Wilson's interval takes the variance of a known share, divisor n, as without a frame: n* of
    `corrected_base` is R's effective number times (N − 1) / N · n / (n − 1).
    """
    hits, n, size = int(units["hit"].sum()), units["hit"].size, units["all"]
    share, error = said["simple_fpc"]
    assert share == pytest.approx(hits / n)
    assert standard_error_of_shares([hits], [n], population=size)[0] == pytest.approx(error)
    worth = share * (1 - share) / error**2
    assert corrected_base([n], size)[0] == pytest.approx(worth * (size - 1) / size * n / (n - 1))


def test_wilson_stands_beside_the_intervals_of_svyciprop(said, units):
    """R offers a logit and an exact interval (`beta`), Wilson's not: all three are of one error.

    The exact one never promises too little and is the widest; the logit one leaves the middle in
    the same direction as Wilson's, and stands within half a point of it.
    """
    hits, n, size = int(units["hit"].sum()), units["hit"].size, units["all"]
    lower, upper = (float(end[0]) for end in wilson_interval([hits], [n], population=size))
    assert (lower, upper) == pytest.approx(tuple(said["ciprop_logit"]), abs=0.005)
    assert said["ciprop_beta"][0] < lower < upper < said["ciprop_beta"][1]


def test_strata_and_their_groups(said, units):
    """A group with a frame of its own is a stratum of R: `svyby` on `strata=` gives our group."""
    kinds, sizes, hit = units["type"], units["frames"][0], units["hit"]
    found = stratified_mean_of_values(hit, kinds, sizes)
    assert (found.mean, found.standard_error) == pytest.approx(said["strata_fpc"], rel=1e-9)
    hits, bases = np.bincount(kinds, weights=hit).astype(int), np.bincount(kinds)
    shares, errors = np.split(said["groups_strata"], 2)
    assert hits / bases == pytest.approx(shares)
    assert standard_error_of_shares(hits, bases, population=sizes) == pytest.approx(errors)


def test_a_group_without_frame_of_its_own_is_a_domain(said, units):
    """`svyby` on an unstratified design: the size of the group is estimated, its frame unknown.

    R then corrects by n/N of everybody, and its divisor n − 1 counts everybody; ours would correct
    by the frame of the group, or not at all (`frame_reason`). The residuals are the same.
    """
    kinds, n, size = units["type"], units["hit"].size, units["all"]
    hits, bases = np.bincount(kinds, weights=units["hit"]).astype(int), np.bincount(kinds)
    shares, errors = np.split(said["groups_simple"], 2)
    assert hits / bases == pytest.approx(shares)
    whole = standard_error_of_shares(hits, bases)
    factor = (1 - n / size) * n / (n - 1) * (bases - 1) / bases
    assert whole * np.sqrt(factor) == pytest.approx(errors)


# --- weights --------------------------------------------------------------------------------


def of_weights(units, weights):
    """Return our share and error of weights taken as given: one cluster a unit, no frame."""
    found = clustered_shares(weights * units["hit"], weights)
    return float(found.share[0]), float(found.standard_error[0])


def residual_error(units, weights, margins, *, rounds):
    """Return the linearised error with the means of the margins taken out, one after another."""
    n, size = units["hit"].size, units["all"]
    share = np.average(units["hit"], weights=weights)
    left = weights * (units["hit"] - share) / weights.sum()
    for _ in range(rounds):
        for codes in margins:
            mean = np.bincount(codes, weights=left / weights) / np.bincount(codes)
            left = left - weights * mean[codes]
    return math.sqrt(n / (n - 1) * (1 - n / size) * (left**2).sum())


def test_post_stratified_weights_and_what_our_error_leaves_out(said, units):
    """`postStratify` knows that the weights restore the types: only what is left inside them errs.

    Ours takes weights as given, so that it keeps the variance between types, and is the larger
    one; Kish's number, which the figures use, leaves the answers out of it as well. R's error is
    ours with the mean of each type taken out of the residuals, and the frame.
    """
    weights = post_stratify(units["type"], units["frames"][0])
    assert weights == pytest.approx(said["post_weights"], rel=1e-9)
    share, error = of_weights(units, weights)
    assert share == pytest.approx(said["post"][0], rel=1e-9)
    inside = residual_error(units, weights, [units["type"]], rounds=1)
    assert inside == pytest.approx(said["post"][1], rel=1e-9)
    n, size = units["hit"].size, units["all"]
    assert inside < error * math.sqrt(1 - n / size)
    worth = corrected_effective_n([effective_n(weights)], [n], [size])
    lower, upper = wilson_interval_of_shares([share], worth)
    assert upper[0] - lower[0] > 2 * 1.959964 * inside


def test_raked_weights_and_what_our_error_leaves_out(said, units):
    """`rake` likewise, with both margins taken out of the residuals in turn, ten times."""
    margins = {name: units[name] for name in ("type", "size")}
    found = rake(margins, dict(zip(margins, units["frames"], strict=True)), tolerance=1e-12)
    assert found.weights == pytest.approx(said["raked_weights"], rel=1e-8)
    share, error = of_weights(units, found.weights)
    assert share == pytest.approx(said["raked"][0], rel=1e-8)
    inside = residual_error(units, found.weights, list(margins.values()), rounds=10)
    assert inside == pytest.approx(said["raked"][1], rel=1e-6)
    assert inside < error * math.sqrt(1 - units["hit"].size / units["all"])


# --- medians and changes --------------------------------------------------------------------


def test_woodruff_s_interval_of_answers_spread_in_their_brackets(said):
    """`svyquantile` of the very answers that a grouped median supposes, one by one.

    R steps from answer to answer and we draw a line between them; R estimates the variance of the
    share below the median, divisor n − 1, and takes Student's quantile, where ours is ¼ / n and
    normal. So the ends agree to the distance of two answers.
    """
    found = grouped_median(SPREAD, BOUNDS[:-1], BOUNDS[1:], population=FRAME)
    values = spread()
    for ours, of_r in zip((found.value, found.lower, found.upper), said["median"], strict=True):
        place = np.searchsorted(values, ours)
        assert values[max(place - 2, 0)] <= of_r <= values[min(place + 1, values.size - 1)]


def test_a_change_of_tools_is_a_contrast_of_two_editions(said, editions):
    names = np.unique(np.concatenate([organisation for organisation, _ in editions]))
    sides = []
    for organisation, hit in editions:
        at = np.searchsorted(names, organisation)
        hits = np.bincount(at, weights=hit, minlength=names.size)
        sides.append((hits, np.bincount(at, minlength=names.size)))
    found = change_of_clustered_shares(*sides)
    assert (found.difference, found.standard_error) == pytest.approx(said["change"], rel=1e-9)


# --- base R ---------------------------------------------------------------------------------

HITS, BASES = [81, 15, 0, 1, 29], [263, 148, 20, 29, 29]
CHANGED = [(12, 28), (2, 9), (0, 5), (6, 6)]


def test_intervals_of_one_share(said):
    """`prop.test` without continuity correction is Wilson's; `binom.test` the exact one."""
    for name, interval in (("wilson", wilson_interval), ("exact", clopper_pearson_interval)):
        ours = np.column_stack(interval(HITS, BASES)).ravel()
        assert ours == pytest.approx(said[name], abs=1e-9)
    corrected = wilson_interval([41], [64], population=101)
    assert np.ravel(corrected) == pytest.approx(said["wilson_fpc"])
    assert np.ravel(jeffreys_interval([81], [263])) == pytest.approx(said["jeffreys"])


def test_tests_of_a_change_of_the_same_units(said):
    """`binom.test` sums every outcome as unlikely as the one seen; with p = ½ it doubles the tail.

    `mcnemar.test` corrects for continuity unless told not to; for 6 and 6 it takes half a unit off
    nothing, where ours stops at 0.
    """
    found = [mcnemar(*pair) for pair in CHANGED]
    assert [one.exact_p for one in found] == pytest.approx(said["mcnemar_exact"])
    assert [one.chi2_p for one in found] == pytest.approx(said["mcnemar"])
    corrected = [one.chi2_corrected_p for one in found]
    assert corrected[:3] == pytest.approx(said["mcnemar_cc"][:3])
    assert corrected[3] == 1


def test_tests_of_families_groups_and_ranks(said):
    p_values = [
        0.0001, 0.0278, 0.0004, 0.0298, 0.3240, 0.0019, 0.0344, 0.0095, 0.4262, 0.0459, 0.0201, 1,
        0.0344,
    ]  # fmt: skip
    assert benjamini_hochberg(p_values) == pytest.approx(said["adjusted"])
    effect = ordinal_effect([10, 20, 30, 25, 15], [5, 15, 30, 30, 20])
    assert (effect.theta, effect.p_value) == pytest.approx(said["wilcoxon"])
    equal = equal_shares_test([83, 90, 129, 70], [86, 93, 136, 82])
    assert (equal.statistic, equal.p_value) == pytest.approx(said["equal"])
    ranked = summarise_ranking([[5, 3, 2], [0, 0, 0], [0, 0, 0]])
    ours = (ranked.mean_rank[0], ranked.mean_rank_lower[0], ranked.mean_rank_upper[0])
    assert ours == pytest.approx(said["student"])
    drawn = summarise_ranking([[5, 3, 2], [0, 0, 0], [0, 0, 0]], population=25)
    ours = (drawn.mean_rank_lower[0], drawn.mean_rank_upper[0])
    assert ours == pytest.approx(said["student_fpc"])
