"""Standard errors under a design: simple and stratified samples, weights, several answers a unit.

In: means with the correction for a finite population, Kish's effective numbers, shares whose units
(tools, devices) come in clusters (organisations).
Not in: how weights are made (`weighting`); whether the sample was drawn at all: it chose itself, so
that each of these is a model that whoever prints the figure names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.intervals import (
    INFINITE,
    Floats,
    Interval,
    corrected_base,
    wilson_interval_of_shares,
)


@dataclass(frozen=True)
class Mean:
    """A mean and its standard error, in the unit of the values."""

    mean: float
    standard_error: float


@dataclass(frozen=True)
class ClusteredShares:
    """Shares of units that come in clusters, one for each answer.

    Attributes:
        share: Weighted shares; NaN without base.
        standard_error: Robust to any likeness inside clusters; NaN with fewer than two clusters.
        base: Sum of the weights of the base (units, when unweighted).
        clusters: Clusters that have units in the base.
        effective_n: Units that a simple random sample would need for this standard error; the
            number of clusters where they show no variance (a share of 0 or 1).
    """

    share: Floats
    standard_error: Floats
    base: Floats
    clusters: npt.NDArray[np.int64]
    effective_n: Floats

    def interval(self, *, level: float = 0.95) -> Interval:
        """Return the Wilson interval of each share on its effective number of units."""
        return wilson_interval_of_shares(self.share, self.effective_n, level=level)


def standard_error_of_mean(
    deviation: npt.ArrayLike, n: npt.ArrayLike, *, population: npt.ArrayLike = INFINITE
) -> Floats:
    """Return the standard error of the mean of a simple random sample.

    `s √((1 − n/N) / n)`: W. G. Cochran, *Sampling Techniques*, 3rd ed., 1977, section 2.6.

    Args:
        deviation: Standard deviation of the sample, with divisor n − 1.
        n: Units in the sample, at least 1.
        population: Units in the population; infinity where unknown.

    Returns:
        Floats of the common shape.

    Raises:
        ValueError: n below 1 or above the population, or a negative deviation.
    """
    s, units, total = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (deviation, n, population))
    )
    if not ((units >= 1) & (units <= total)).all():
        raise ValueError("a sample has one unit at least, and no more than its population")
    if (s < 0).any():
        raise ValueError("a standard deviation is negative")
    return s * np.sqrt((1 - units / total) / units)


def stratified_mean(
    means: npt.ArrayLike, standard_errors: npt.ArrayLike, populations: npt.ArrayLike
) -> Mean:
    """Return the mean of a stratified sample.

    `Σ W_h ȳ_h` and `√(Σ W_h² SE_h²)`, `W_h = N_h / N`: W. G. Cochran, *Sampling Techniques*, 3rd
    ed., 1977, section 5.3.

    Args:
        means: (strata) means of the strata.
        standard_errors: (strata) their standard errors, corrected or not.
        populations: (strata) units of the population in each.

    Raises:
        ValueError: shapes differ, there is no stratum, a number is not finite, or a population is
            not positive.
    """
    y, error, size = (
        np.asarray(v, dtype=np.float64) for v in (means, standard_errors, populations)
    )
    if not y.shape == error.shape == size.shape or y.ndim != 1 or not y.size:
        raise ValueError(f"strata differ: {y.shape}, {error.shape}, {size.shape}")
    if not (np.isfinite(y).all() and np.isfinite(error).all() and (size > 0).all()):
        raise ValueError("a stratum without mean, standard error or population")
    weights = size / size.sum()
    return Mean(float(weights @ y), math.sqrt(float(weights**2 @ error**2)))


def stratified_mean_of_values(
    values: npt.ArrayLike,
    strata: npt.ArrayLike,
    populations: npt.ArrayLike,
    *,
    finite: bool = True,
) -> Mean:
    """Return the mean of a stratified sample from its values.

    Args:
        values: (units) values.
        strata: (units) position of the stratum of each, from 0.
        populations: (strata) units of the population in each.
        finite: Whether the standard error is corrected for the finite population.

    Raises:
        ValueError: shapes differ, a stratum has fewer than two units (its variance is unknown) or
            more than its population.
    """
    y = np.asarray(values, dtype=np.float64)
    stratum = np.asarray(strata, dtype=np.int64)
    size = np.asarray(populations, dtype=np.float64)
    if y.shape != stratum.shape or (y.size and (stratum.min() < 0 or stratum.max() >= size.size)):
        raise ValueError(f"{y.shape} values in {stratum.shape} strata of {size.size}")
    n = np.bincount(stratum, minlength=size.size)
    few = np.flatnonzero(n < 2).tolist()
    if few:
        raise ValueError(f"strata with fewer than two units: {few}")
    mean = np.bincount(stratum, weights=y, minlength=size.size) / n
    squares = np.bincount(stratum, weights=(y - mean[stratum]) ** 2, minlength=size.size)
    errors = standard_error_of_mean(
        np.sqrt(squares / (n - 1)), n, population=size if finite else INFINITE
    )
    return stratified_mean(mean, errors, size)


def effective_n(weights: npt.ArrayLike) -> float:
    """Return Kish's effective number of units, `(Σw)² / Σw²`; 0 without units.

    L. Kish, *Survey Sampling*, 1965, section 11.7: what unequal weights leave of n when they are
    unrelated to the answers.

    Args:
        weights: (units) weights, of any scale.

    Raises:
        ValueError: a weight is negative or not finite.
    """
    w = checked_weights(weights)
    squares = math.fsum(w**2)
    return math.fsum(w) ** 2 / squares if squares else 0.0


def effective_n_from_sums(sums: npt.ArrayLike, squares: npt.ArrayLike) -> Floats:
    """Return Kish's effective numbers of many bases, from sums that add up over chunks of rows.

    `(Σw)² / Σw²`: L. Kish, *Survey Sampling*, 1965, section 11.7.

    Args:
        sums: Sum of the weights of each base.
        squares: Sum of their squares, of the same shape.

    Returns:
        Floats of that shape; 0 where the base has no weight.

    Raises:
        ValueError: shapes differ, a number is negative, or weights whose squares sum to 0.
    """
    total, square = np.asarray(sums, dtype=np.float64), np.asarray(squares, dtype=np.float64)
    if total.shape != square.shape:
        raise ValueError(f"{total.shape} sums for {square.shape} sums of squares")
    if (total < 0).any() or (square < 0).any() or ((total > 0) & (square == 0)).any():
        raise ValueError("sums of weights that no weights have")
    return np.divide(total**2, square, out=np.zeros(total.shape), where=square > 0)


def corrected_effective_n(
    effective: npt.ArrayLike, bases: npt.ArrayLike, population: npt.ArrayLike
) -> Floats:
    """Return the number of units that stands for an effective one drawn from a finite population.

    `n_eff (N − n/n_eff) / (N − n)`: corrected as in `intervals.corrected_base`, for the part n/N of
    the population that was drawn and not for n_eff/N: weights cost precision, and draw nobody.
    Equal weights give `corrected_base(n, N)`, and a census a point. It is the variance of a simple
    random sample that was weighted afterwards, `(1 − n/N) p q / n_eff` (W. G. Cochran, *Sampling
    Techniques*, 3rd ed., 1977, sections 2.6 and 5A.9), weights being unrelated to the answers, as
    Kish's effective number supposes.

    Args:
        effective: Effective number of units of each base.
        bases: Units in the base, of the same shape; no fewer than the effective number.
        population: Units in the population of each; infinity where unknown.

    Returns:
        Floats of that shape; 0 where the base is 0.

    Raises:
        ValueError: a base is above its population, or an effective number above its base.
    """
    worth, n, total = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (effective, bases, population))
    )
    if (worth > n * (1 + 1e-9)).any():
        raise ValueError("an effective number of units is above its base")
    corrected_base(n, total)
    # The population shrinks as the base does, so that the part that was drawn stays.
    shrunk = np.divide(worth, n, out=np.zeros(n.shape), where=n > 0)
    return corrected_base(
        worth, np.where(np.isinf(total), INFINITE, np.maximum(shrunk * total, worth))
    )


def design_effect(weights: npt.ArrayLike) -> float:
    """Return Kish's design effect of unequal weights, `n / n_eff`; NaN without units.

    L. Kish, *Survey Sampling*, 1965, section 11.7.

    Args:
        weights: (units) weights.

    Raises:
        ValueError: a weight is negative or not finite.
    """
    w = checked_weights(weights)
    effective = effective_n(w)
    return w.size / effective if effective else math.nan


def checked_weights(weights: npt.ArrayLike) -> Floats:
    """Return weights as an array of floats.

    Args:
        weights: (units) weights of any scale.

    Raises:
        ValueError: a weight is negative or not finite, or weights are not a list.
    """
    w = np.asarray(weights, dtype=np.float64)
    if w.ndim != 1:
        raise ValueError(f"weights are a list, not {w.ndim}-dimensional")
    if not (np.isfinite(w) & (w >= 0)).all():
        raise ValueError("a weight is negative or not finite")
    return w


def clustered_shares(
    hits: npt.ArrayLike,
    bases: npt.ArrayLike,
    *,
    population_clusters: float = INFINITE,
) -> ClusteredShares:
    """Return shares of units in clusters, with a variance that allows for likeness inside them.

    The share is a ratio `Σ x_c / Σ n_c`; linearised, `u_c = (x_c − p n_c) / Σ n_c` and
    `Var = C/(C − 1) Σ u_c² (1 − C/N_C)`: W. G. Cochran, *Sampling Techniques*, 3rd ed., 1977,
    section 9A.1; D. A. Binder, International Statistical Review 51 (1983) 279-292. It is what R
    `survey` computes for a share with organisations as `ids`. The effective number of units,
    `p (1 − p) / Var`, serves a Wilson interval as in E. L. Korn and B. I. Graubard, Survey
    Methodology 24 (1998) 193-201.

    Weights are taken as given. Where they were made to restore the counts of cells, the variance
    between cells is in this one and not in that of a post-stratified share, which is this one with
    the mean of each cell taken out of the deviations (`postStratify` and `rake` of R `survey`): the
    interval here is the wider one, by as much as cells differ in their answers.

    Args:
        hits: (clusters, answers) units, or sums of weights, that gave each answer; (clusters) for
            one answer.
        bases: (clusters) units or sums of weights in the base, or of the shape of `hits` when
            answers have bases of their own.
        population_clusters: Clusters in the population; infinity where unknown.

    Returns:
        Arrays of (answers), also for one answer.

    Raises:
        ValueError: shapes do not fit, a number is negative or above its base, or there are more
            clusters than the population has.
    """
    x = np.asarray(hits, dtype=np.float64)
    x = x[:, np.newaxis] if x.ndim == 1 else x
    n = np.asarray(bases, dtype=np.float64)
    n = np.broadcast_to(n[:, np.newaxis], x.shape) if n.ndim == 1 and len(n) == len(x) else n
    if x.ndim != 2 or n.shape != x.shape:
        raise ValueError(f"{x.shape} answers of clusters for {n.shape} bases")
    if not ((x >= 0) & (x <= n * (1 + 1e-12))).all():
        raise ValueError("a cluster's answers are negative or above its base")
    base, clusters = n.sum(axis=0), (n > 0).sum(axis=0)
    if (clusters > population_clusters).any():
        raise ValueError(f"{clusters.max()} clusters of {population_clusters:g} in the population")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(x.sum(axis=0) / base, 0, 1)
        deviations = (x - share * n) / base
        variance = (
            clusters
            / (clusters - 1)
            * (deviations**2).sum(axis=0)
            * (1 - clusters / population_clusters)
        )
        variance = np.where(clusters > 1, variance, np.nan)
        effective = share * (1 - share) / variance
    # Clusters that agree by chance show no variance either: their number is all that is known.
    effective = np.where((variance == 0) | (clusters == 1), clusters, effective)
    # A census of clusters has no variance left: the interval is the point.
    effective = np.where((clusters == population_clusters) & (clusters > 0), INFINITE, effective)
    return ClusteredShares(
        share=share,
        standard_error=np.sqrt(variance),
        base=base,
        clusters=clusters.astype(np.int64),
        effective_n=np.where(base > 0, effective, 0.0),
    )


def clustered_ratio(totals: npt.ArrayLike, bases: npt.ArrayLike) -> Mean:
    """Return the mean of values of units in clusters, with a variance that allows for likeness.

    `R = Σ y_c / Σ n_c`, `u_c = (y_c − R n_c) / Σ n_c`, `Var = C/(C − 1) Σ u_c²`: the ratio of
    `clustered_shares`, for values that are no shares (W. G. Cochran, *Sampling Techniques*, 3rd
    ed., 1977, section 9A.1).

    Args:
        totals: (clusters) sums of the values of the units of each.
        bases: (clusters) their units.

    Returns:
        The mean; its standard error is NaN with fewer than two clusters.

    Raises:
        ValueError: shapes differ, a base is negative, or there are no units.
    """
    y, n = np.asarray(totals, dtype=np.float64), np.asarray(bases, dtype=np.float64)
    if y.shape != n.shape or y.ndim != 1:
        raise ValueError(f"{y.shape} totals of clusters for {n.shape} bases")
    if (n < 0).any() or n.sum() == 0:
        raise ValueError("clusters without units, or with fewer than none")
    mean = math.fsum(y) / math.fsum(n)
    clusters = int(np.count_nonzero(n))
    if clusters < 2:
        return Mean(mean, math.nan)
    deviations = (y - mean * n) / math.fsum(n)
    return Mean(mean, math.sqrt(clusters / (clusters - 1) * math.fsum(deviations**2)))


def cluster_counts(
    codes: npt.ArrayLike,
    clusters: npt.ArrayLike,
    *,
    levels: int,
    weights: npt.ArrayLike | None = None,
) -> Floats:
    """Return how many units, or what weight, of each cluster gave each answer.

    Args:
        codes: (units) position of the answer, from 0; negative for units outside the base.
        clusters: (units) position of the cluster, from 0.
        levels: Number of answers.
        weights: (units) weights; one each when left out.

    Returns:
        (clusters, levels), as `clustered_shares` takes them: its row sums are the bases.

    Raises:
        ValueError: shapes differ, or a code or a cluster is out of range.
    """
    code, cluster = np.asarray(codes, dtype=np.int64), np.asarray(clusters, dtype=np.int64)
    w = np.ones(code.shape) if weights is None else checked_weights(weights)
    if not code.shape == cluster.shape == w.shape:
        raise ValueError(f"{code.shape} codes, {cluster.shape} clusters, {w.shape} weights")
    if code.size and (code.max() >= levels or cluster.min() < 0):
        raise ValueError(f"a code beyond {levels} answers, or a negative cluster")
    inside = code >= 0
    width = int(cluster.max()) + 1 if cluster.size else 0
    flat = np.bincount(
        cluster[inside] * levels + code[inside], weights=w[inside], minlength=width * levels
    )
    return flat.astype(np.float64).reshape(width, levels)
