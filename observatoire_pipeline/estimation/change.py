"""Change of a share between two editions, tested as the overlap of their respondents asks.

In: independent samples, the same units twice, and samples that share part of their units; the
smallest change that could have been seen.
Not in: whether two editions may be compared at all (`longitudinal.comparability`), families of
tests (`families`), who answered against what they answered (`decomposition`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from observatoire_pipeline.estimation.intervals import (
    INFINITE,
    Floats,
    newcombe_interval,
    normal_quantile,
)

INDEPENDENT, MATCHED, OVERLAPPING = "independent", "matched", "overlapping"

FEW = 5
"""Below so many with or without the answer, a normal interval is poor: the usual rule of thumb."""

Populations = float | tuple[float, float]
"""Units of one population, or of that of the earlier and of the later edition."""


@dataclass(frozen=True)
class SharesOfTwoEditions:
    """Counts of one answer in two editions, split by who took part in which.

    Attributes:
        both: Units in the base of both editions that gave the answer both times.
        earlier: Of those units, how many gave it in the earlier edition alone.
        later: Of those units, how many gave it in the later edition alone.
        neither: Of those units, how many never gave it.
        earlier_only: Of the units of the earlier base alone: (gave the answer, base).
        later_only: Of the units of the later base alone: (gave the answer, base).
    """

    both: int
    earlier: int
    later: int
    neither: int
    earlier_only: tuple[int, int] = (0, 0)
    later_only: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        """Refuse counts that no units could give.

        Raises:
            ValueError: a count is negative, or above its base.
        """
        counts = (self.both, self.earlier, self.later, self.neither)
        if min(*counts, *self.earlier_only, *self.later_only) < 0:
            raise ValueError(f"a count is negative: {self}")
        if any(x > n for x, n in (self.earlier_only, self.later_only)):
            raise ValueError(f"a count is above its base: {self}")

    @property
    def common_n(self) -> int:
        """Units in the base of both editions."""
        return self.both + self.earlier + self.later + self.neither

    @property
    def earlier_counts(self) -> tuple[int, int]:
        """Numerator and base of the earlier edition."""
        return (
            self.both + self.earlier + self.earlier_only[0],
            self.common_n + self.earlier_only[1],
        )

    @property
    def later_counts(self) -> tuple[int, int]:
        """Numerator and base of the later edition."""
        return self.both + self.later + self.later_only[0], self.common_n + self.later_only[1]

    @property
    def overlap(self) -> str:
        """The design: no unit in common, the same units twice, or a part in common."""
        if self.common_n == 0:
            return INDEPENDENT
        if self.earlier_only[1] == 0 and self.later_only[1] == 0:
            return MATCHED
        return OVERLAPPING


@dataclass(frozen=True)
class Change:
    """A change of a share, later minus earlier, in share units.

    Attributes:
        difference: In [−1, 1].
        standard_error: Of the difference, under the design.
        lower: Lower end of the interval of the difference.
        upper: Upper end.
        p_value: Two-sided.
        test: `z_unpooled`, `mcnemar_exact`, `z_overlap` or `z_clustered`.
        interval: `newcombe`, `newcombe_correlated`, `wald_matched`, `exact_matched`,
            `wald_overlap` or `wald_clustered`.
        smallest_detectable: The change that this design would have shown with the power asked for;
            NaN when the answers vary too little to tell.
    """

    difference: float
    standard_error: float
    lower: float
    upper: float
    p_value: float
    test: str
    interval: str
    smallest_detectable: float


@dataclass(frozen=True)
class McNemar:
    """Tests of two shares of the same units.

    Attributes:
        exact_p: Two-sided binomial test of the units that changed.
        mid_p: The same less the probability of what was observed, less conservative.
        chi2: `(b − c)² / (b + c)`, one degree of freedom; NaN when nobody changed.
        chi2_p: Its p-value.
        chi2_corrected: With the continuity correction of Edwards, `(|b − c| − 1)² / (b + c)`.
        chi2_corrected_p: Its p-value.
    """

    exact_p: float
    mid_p: float
    chi2: float
    chi2_p: float
    chi2_corrected: float
    chi2_corrected_p: float


def change_of_share(
    shares: SharesOfTwoEditions,
    *,
    level: float = 0.95,
    power: float = 0.8,
    population: Populations | None = None,
) -> Change:
    """Return the change of a share, by the test and interval that the overlap of units asks for.

    - no unit in common: z with unpooled variance, Newcombe's interval;
    - the same units twice: exact McNemar test, `√(b + c − (b − c)²/n) / n` for the interval, and
      ±(1 − (α/2)^(1/n)) where none of the n changed: as many could have, one way, and none be seen
      (C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404-413);
    - a part in common: z with the covariance of the common units (`overlap_variance`);
    - some or all in common, and fewer than `FEW` with or without the answer in an edition: a normal
      interval would be too short on one side, Newcombe's is taken with the correlation of the two
      shares, less his correction for continuity.

    In a finite population the variances and Newcombe's interval are corrected; the exact test has
    no correction, and is not made when the whole population answered twice: a difference is one.

    Args:
        shares: Counts of both editions.
        level: Confidence level of the interval and of the smallest detectable change.
        power: Probability with which the smallest detectable change would be found significant.
        population: Units of the population that both editions asked, or of that of each, infinite
            where unknown; None where neither is known.

    Raises:
        ValueError: an edition without base, a base above its population, a level or a power not
            between 0 and 1.
    """
    z = normal_quantile(level)
    (x1, n1), (x2, n2) = shares.earlier_counts, shares.later_counts
    if n1 == 0 or n2 == 0:
        raise ValueError(f"a change needs a base in both editions, not {n1} and {n2}")
    difference = x2 / n2 - x1 / n1
    error = math.sqrt(max(overlap_variance(shares, population=population), 0.0))
    p_value = _two_sided(difference, error)
    lower, upper = max(difference - z * error, -1.0), min(difference + z * error, 1.0)
    test, interval = "z_overlap", "wald_overlap"
    correlation = None
    if shares.overlap == INDEPENDENT:
        test, interval, correlation = "z_unpooled", "newcombe", 0.0
    elif shares.overlap == MATCHED:
        test, interval = "mcnemar_exact", "wald_matched"
        if _sizes(population) != (shares.common_n, shares.common_n):
            p_value = mcnemar(shares.earlier, shares.later).exact_p
            if shares.earlier == shares.later == 0:
                interval = "exact_matched"
                upper = 1 - ((1 - level) / 2) ** (1 / shares.common_n)
                lower = -upper
    if shares.common_n and interval != "exact_matched" and min(x1, n1 - x1, x2, n2 - x2) < FEW:
        first, second, shared = _variances(shares, population=population)
        if first > 0 and second > 0:
            interval = "newcombe_correlated"
            correlation = _shrunk(shares) * shared / math.sqrt(first * second)
    if correlation is not None:
        before, after = _sizes(population)
        low, high = newcombe_interval(
            [x2], [n2], [x1], [n1], level=level, population=after, reference_population=before,
            correlation=correlation,
        )  # fmt: skip
        lower, upper = float(low[0]), float(high[0])
    return Change(
        difference=difference,
        standard_error=error,
        lower=lower,
        upper=upper,
        p_value=p_value,
        test=test,
        interval=interval,
        smallest_detectable=(z + _power_quantile(power)) * error if error > 0 else math.nan,
    )


def _shrunk(shares: SharesOfTwoEditions) -> float:
    """Return the part of a positive correlation that Newcombe's correction for continuity leaves.

    `max(ad − bc − n/2, 0) / (ad − bc)`, of the units in common; 1 for a negative correlation.
    """
    product = shares.both * shares.neither - shares.earlier * shares.later
    return max(product - shares.common_n / 2, 0) / product if product > 0 else 1.0


def overlap_variance(
    shares: SharesOfTwoEditions, *, population: Populations | None = None
) -> float:
    """Return the variance of the difference of two shares whose samples share some units.

    `p₁q₁/n₁ + p₂q₂/n₂ − 2 n₁₂ s₁₂ / (n₁n₂)`, s₁₂ the covariance over the common units (L. Kish,
    *Survey Sampling*, 1965, section 12.4; S. M. Tam, The American Statistician 38 (1984) 288-289).
    In one population of N units: `Σ (1 − nᵢ/N) sᵢ²/nᵢ − 2 (n₁₂/(n₁n₂) − 1/N) S₁₂`, variances and
    covariance with divisor n − 1 (L. Qualité and Y. Tillé, Survey Methodology 34 (2008) 173-181).
    Where collectivités came and went between the editions, each variance has its own N, and the
    covariance `n₁₂/(n₁n₂) − N₁₂/(N₁N₂)` takes the smaller population for the units N₁₂ of both:
    they are no more, and fewer would only narrow the interval of answers that agree.
    Without common units it is the variance of independent samples; with the same units twice, that
    of paired differences.

    Args:
        shares: Counts of both editions.
        population: As for `change_of_share`.

    Raises:
        ValueError: an edition without base, units above the population they are of, or a
            population given with a base of one unit.
    """
    first, second, shared = _variances(shares, population=population)
    return _without_dust(first + second - 2 * shared, of=first + second)


def _variances(
    shares: SharesOfTwoEditions, *, population: Populations | None
) -> tuple[float, float, float]:
    """Return the variance of the earlier share, of the later one, and their covariance."""
    (x1, n1), (x2, n2) = shares.earlier_counts, shares.later_counts
    if n1 == 0 or n2 == 0:
        raise ValueError(f"a change needs a base in both editions, not {n1} and {n2}")
    p1, p2, common = x1 / n1, x2 / n2, shares.common_n
    covariance = _covariance(shares)
    before, after = _sizes(population)
    if math.isinf(before) and math.isinf(after):
        first, second = p1 * (1 - p1) / n1, p2 * (1 - p2) / n2
        return first, second, common * covariance / (n1 * n2)
    if n1 > before or n2 > after or (before == after and n1 + n2 - common > before):
        said = f"{before:g}" if before == after else f"{before:g}, then {after:g}"
        raise ValueError(f"{n1 + n2 - common} units out of a population of {said}")
    if min(n1, n2) < 2:
        raise ValueError("a base of one unit has no variance to correct")
    unbiased = covariance * common / (common - 1) if common > 1 else 0.0
    first = (1 - n1 / before) * p1 * (1 - p1) / (n1 - 1)
    second = (1 - n2 / after) * p2 * (1 - p2) / (n2 - 1)
    # With no common unit the covariance is not seen: independent draws, as in the first case.
    shared = (common / (n1 * n2) - 1 / max(before, after)) * unbiased if common > 1 else 0.0
    return first, second, shared


def _without_dust(variance: float, *, of: float) -> float:
    """Return a difference of variances, exactly 0 where only rounding is left of it."""
    return 0.0 if abs(variance) < 1e-12 * of else variance


def stacked_cluster_variance(shares: SharesOfTwoEditions) -> float:
    """Return the same variance from both editions stacked, linearised and clustered by unit.

    `N_u/(N_u − 1) · Σ zᵢ²`, `zᵢ = e₂ᵢ/n₂ − e₁ᵢ/n₁`, e the deviation of a unit from its edition's
    share, 0 where it took no part, N_u the units of either edition: the with-replacement variance
    of a contrast with organisations as clusters (D. A. Binder, International Statistical Review 51
    (1983) 279-292), which R `survey` computes. A second opinion on `overlap_variance`.

    Args:
        shares: Counts of both editions.

    Raises:
        ValueError: an edition without base, or a single unit in all.
    """
    (x1, n1), (x2, n2) = shares.earlier_counts, shares.later_counts
    if n1 == 0 or n2 == 0:
        raise ValueError(f"a change needs a base in both editions, not {n1} and {n2}")
    units = n1 + n2 - shares.common_n
    if units < 2:
        raise ValueError("one unit has no variance")
    p1, p2 = x1 / n1, x2 / n2
    (y1, m1), (y2, m2) = shares.earlier_only, shares.later_only
    pairs = [
        (shares.both, (1 - p2) / n2 - (1 - p1) / n1),
        (shares.earlier, (0 - p2) / n2 - (1 - p1) / n1),
        (shares.later, (1 - p2) / n2 - (0 - p1) / n1),
        (shares.neither, (0 - p2) / n2 - (0 - p1) / n1),
        (y1, -(1 - p1) / n1),
        (m1 - y1, -(0 - p1) / n1),
        (y2, (1 - p2) / n2),
        (m2 - y2, (0 - p2) / n2),
    ]
    return units / (units - 1) * math.fsum(n * z**2 for n, z in pairs)


def change_of_clustered_shares(
    earlier: tuple[npt.ArrayLike, npt.ArrayLike],
    later: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    level: float = 0.95,
    power: float = 0.8,
) -> Change:
    """Return the change of a share of units that come in clusters, some in both editions.

    Both editions stacked, linearised and clustered: `z_c = (x₂c − p₂ n₂c)/n₂ − (x₁c − p₁ n₁c)/n₁`
    and `Var = C/(C − 1) Σ z_c²`, C the clusters of either edition (D. A. Binder, International
    Statistical Review 51 (1983) 279-292), as R `survey` computes a contrast. With one unit a
    cluster it is `stacked_cluster_variance`. The interval is the normal one.

    Args:
        earlier: (clusters) units that gave the answer, and (clusters) their base, of the earlier
            edition; 0 for a cluster that took no part.
        later: The same of the later edition, clusters in the same order.
        level: Confidence level of the interval.
        power: Probability with which the smallest detectable change would be found.

    Raises:
        ValueError: shapes differ, a count outside its base, an edition without base, fewer than
            two clusters, or a level or power not between 0 and 1.
    """
    z = normal_quantile(level)
    x1, n1, x2, n2 = (np.asarray(v, dtype=np.float64) for v in (*earlier, *later))
    if not x1.shape == n1.shape == x2.shape == n2.shape or x1.ndim != 1:
        raise ValueError(f"clusters differ: {x1.shape}, {n1.shape}, {x2.shape}, {n2.shape}")
    if ((x1 < 0) | (x1 > n1) | (x2 < 0) | (x2 > n2)).any():
        raise ValueError("a count is outside its base")
    base1, base2 = float(n1.sum()), float(n2.sum())
    if base1 == 0 or base2 == 0:
        raise ValueError(f"a change needs a base in both editions, not {base1:g} and {base2:g}")
    clusters = int(np.count_nonzero(n1 + n2))
    if clusters < 2:
        raise ValueError("one cluster has no variance")
    p1, p2 = float(x1.sum()) / base1, float(x2.sum()) / base2
    deviations = (x2 - p2 * n2) / base2 - (x1 - p1 * n1) / base1
    error = math.sqrt(clusters / (clusters - 1) * math.fsum(deviations**2))
    difference = p2 - p1
    return Change(
        difference=difference,
        standard_error=error,
        lower=max(difference - z * error, -1.0),
        upper=min(difference + z * error, 1.0),
        p_value=_two_sided(difference, error),
        test="z_clustered",
        interval="wald_clustered",
        smallest_detectable=(z + _power_quantile(power)) * error if error > 0 else math.nan,
    )


def mcnemar(earlier: int, later: int) -> McNemar:
    """Return the tests of two shares of the same units, from the units that changed.

    Exact: `min(1, 2 P[B ≤ min(b, c)])`, B ~ Binomial(b + c, ½); mid-p takes `P[B = min]` from it:
    Q. McNemar, Psychometrika 12 (1947) 153-157; M. W. Fagerland, S. Lydersen and P. Laake, BMC
    Medical Research Methodology 13 (2013) 91, eq. 4 and 5. Computed in integers.

    Args:
        earlier: Units that gave the answer in the earlier edition alone.
        later: Units that gave it in the later edition alone.

    Raises:
        ValueError: a count is negative.
    """
    from scipy.special import chdtrc

    if min(earlier, later) < 0:
        raise ValueError(f"units that changed are counted from 0, not {earlier} and {later}")
    changed, fewer = earlier + later, min(earlier, later)
    if changed == 0:
        return McNemar(1.0, 1.0, math.nan, 1.0, math.nan, 1.0)
    ways = [math.comb(changed, k) for k in range(fewer + 1)]
    tail, total = 2 * sum(ways), 2**changed
    chi2 = (earlier - later) ** 2 / changed
    corrected = max(abs(earlier - later) - 1, 0) ** 2 / changed
    return McNemar(
        exact_p=min(tail, total) / total,
        # With b = c the doubled tail counts the middle twice: the mid-p is 1 less half of it.
        mid_p=(tail - ways[-1]) / total if earlier != later else 1 - ways[-1] / (2 * total),
        chi2=chi2,
        chi2_p=float(chdtrc(1, chi2)),
        chi2_corrected=corrected,
        chi2_corrected_p=float(chdtrc(1, corrected)),
    )


def smallest_detectable_change(
    shares: npt.ArrayLike,
    earlier_bases: npt.ArrayLike,
    later_bases: npt.ArrayLike,
    *,
    covariance: npt.ArrayLike = 0.0,
    level: float = 0.95,
    power: float = 0.8,
) -> Floats:
    """Return the change of a share that two samples of these sizes would show, most of the time.

    `(z_{(1+level)/2} + z_power) √(pq/n₁ + pq/n₂ − 2 cov)`: J. Cohen, *Statistical Power Analysis
    for the Behavioral Sciences*, 2nd ed., 1988, chapter 6, with equal variances in both editions.

    Args:
        shares: Share expected in both editions, strictly between 0 and 1.
        earlier_bases: Base of the earlier edition.
        later_bases: Base of the later one.
        covariance: Covariance of the two shares, `n₁₂ s₁₂ / (n₁n₂)`, where units are common.
        level: Confidence level of the test.
        power: Probability of finding it.

    Returns:
        Changes in share units, of the common shape.

    Raises:
        ValueError: a share not strictly between 0 and 1, a base below 1, a covariance larger than
            the variances allow, or a level or power not between 0 and 1.
    """
    p, n1, n2, cov = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (shares, earlier_bases, later_bases, covariance))
    )
    if not ((p > 0) & (p < 1)).all():
        raise ValueError("a share of 0 or 1 shows no variance: give the share that is expected")
    if (n1 < 1).any() or (n2 < 1).any():
        raise ValueError("a base has one unit at least")
    variance = p * (1 - p) * (1 / n1 + 1 / n2) - 2 * cov
    if (variance < -1e-15).any():
        raise ValueError("the covariance is larger than the variances allow")
    quantiles = normal_quantile(level) + _power_quantile(power)
    return quantiles * np.sqrt(np.maximum(variance, 0))


def changes_of_shares(
    figures: Sequence[SharesOfTwoEditions],
    *,
    level: float = 0.95,
    power: float = 0.8,
    population: Populations | None = None,
) -> list[Change]:
    """Return `change_of_share` of each figure, in order.

    Args:
        figures: Counts of both editions, one entry for each figure.
        level: Confidence level of the intervals.
        power: Probability with which the smallest detectable changes would be found.
        population: As for `change_of_share`.

    Raises:
        ValueError: as `change_of_share`.
    """
    return [
        change_of_share(one, level=level, power=power, population=population) for one in figures
    ]


def _sizes(population: Populations | None) -> tuple[float, float]:
    if population is None:
        return INFINITE, INFINITE
    return population if isinstance(population, tuple) else (population, population)


def _covariance(shares: SharesOfTwoEditions) -> float:
    """Return the covariance of the two answers of the common units, with divisor n₁₂."""
    n = shares.common_n
    if n == 0:
        return 0.0
    product = (shares.both + shares.earlier) * (shares.both + shares.later)
    return (shares.both * n - product) / n**2


def _two_sided(difference: float, error: float) -> float:
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return min(1.0, 2 * NormalDist().cdf(-abs(difference) / error))


def _power_quantile(power: float) -> float:
    if not 0 < power < 1:
        raise ValueError(f"a power lies between 0 and 1, not {power}")
    return NormalDist().inv_cdf(power)
