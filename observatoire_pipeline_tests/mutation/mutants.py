"""The mutants: a module of `estimation`, a piece of its text, and what it is changed to.

In: one wrong sign, divisor, bound or comparison each, of the kind that people write by mistake.
Not in: running them (`__main__`), putting them in place (`trial`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ESTIMATION = "observatoire_pipeline.estimation"


@dataclass(frozen=True)
class Mutant:
    """A change of a formula.

    Attributes:
        module: Name of the module in `estimation`.
        what: What is wrong with it, in a few words.
        old: Text that stands in the module exactly once.
        new: What it becomes.
    """

    module: str
    what: str
    old: str
    new: str

    def applied(self, source: str) -> str:
        """Return the source of the module with the change.

        Raises:
            ValueError: the text does not stand there exactly once.
        """
        times = source.count(self.old)
        if times != 1:
            raise ValueError(f"{self.module}: {self.old!r} stands there {times} times, not once")
        return source.replace(self.old, self.new)


def source_of(module: str) -> str:
    """Return the source of a module of `estimation`."""
    import observatoire_pipeline

    package = Path(observatoire_pipeline.__file__).parent
    return (package / "estimation" / f"{module}.py").read_text(encoding="utf-8")


MUTANTS = (
    # --- intervals
    Mutant("intervals", "one-sided quantile", "inv_cdf((1 + level) / 2)", "inv_cdf(level)"),
    Mutant("intervals", "N for N − 1", "n * (total - 1) / (total - n)", "n * total / (total - n)"),
    Mutant(
        "intervals",
        "census not a point",
        "(n == total) & (n > 0), INFINITE",
        "(n == total) & (n > 0), n",
    ),
    Mutant("intervals", "Wilson centre, z²/n", "share + z2 / (2 * units)", "share + z2 / units"),
    Mutant(
        "intervals", "Wilson centre, sign", "share + z2 / (2 * units)", "share - z2 / (2 * units)"
    ),
    Mutant("intervals", "Wilson width, 4n", "z2 / (4 * units**2)", "z2 / (4 * units)"),
    Mutant("intervals", "Wilson width, 2n²", "z2 / (4 * units**2)", "z2 / (2 * units**2)"),
    Mutant("intervals", "Wilson scale, sign", "scale = 1 + z2 / units", "scale = 1 - z2 / units"),
    Mutant(
        "intervals",
        "Wilson not scaled",
        "(centre + half) / scale, share, 1)",
        "(centre + half), share, 1)",
    ),
    Mutant(
        "intervals",
        "Wilson end at 0",
        "np.where(share == 0, 0.0, lower)",
        "np.where(share == 0, 1e-9, lower)",
    ),
    Mutant(
        "intervals",
        "Jeffreys prior of 1",
        "lower = betaincinv(hits + 0.5, n - hits + 0.5,",
        "lower = betaincinv(hits + 1.0, n - hits + 1.0,",
    ),
    Mutant(
        "intervals",
        "Jeffreys end not forced to 0",
        "np.where(count == 0, 0.0, lower), share)",
        "lower, share)",
    ),
    Mutant(
        "intervals",
        "Jeffreys end not forced to 1",
        "np.where(count == base, 1.0, upper), share)",
        "upper, share)",
    ),
    Mutant(
        "intervals",
        "Jeffreys without finite population",
        "n = np.where(usable, units, 1.0)",
        "n = np.where(usable, base, 1.0)",
    ),
    Mutant(
        "intervals",
        "exact interval, off by one below",
        "betaincinv(np.where(none, 1.0, x), rest + 1,",
        "betaincinv(np.where(none, 1.0, x), rest + 2,",
    ),
    Mutant(
        "intervals",
        "exact interval, off by one above",
        "upper = betaincinv(x + 1,",
        "upper = betaincinv(x + 2,",
    ),
    Mutant(
        "intervals",
        "exact interval, end at 0",
        "lower = np.where(none, 0.0, lower)",
        "lower = np.where(none, 0.001, lower)",
    ),
    Mutant(
        "intervals",
        "Newcombe with the wrong ends",
        "_of_both(p - low, other_high - q, correlation)",
        "_of_both(p - low, q - other_low, correlation)",
    ),
    Mutant(
        "intervals",
        "correlation added",
        "- 2 * correlation * one * other",
        "+ 2 * correlation * one * other",
    ),
    Mutant(
        "intervals",
        "Newcombe turned round",
        "np.clip(p - q - below, -1, 1)",
        "np.clip(q - p - below, -1, 1)",
    ),
    Mutant(
        "intervals",
        "Newcombe without the reference's frame",
        "level=level, population=reference_population",
        "level=level, population=None",
    ),
    Mutant(
        "intervals",
        "standard error with n",
        "share * (1 - share) / (base - 1)",
        "share * (1 - share) / base",
    ),
    Mutant("intervals", "standard error without frame", "* (1 - base / size)", "* 1"),
    # --- proportions
    Mutant(
        "proportions",
        "rounding half down",
        "(200 * factor * x + n) // (2 * n)",
        "(200 * factor * x + n - 1) // (2 * n)",
    ),
    Mutant("proportions", "smallest remainder", "(-remainder[i], i)", "(remainder[i], i)"),
    Mutant("proportions", "last of equal remainders", "(-remainder[i], i)", "(-remainder[i], -i)"),
    Mutant(
        "proportions", "negative pole counted", 'if pole == "positive"', 'if pole != "negative"'
    ),
    # --- likert
    Mutant("likert", "three highest levels", "array[..., -2:]", "array[..., -3:]"),
    Mutant("likert", "middle goes to a pole", "half = levels // 2", "half = (levels + 1) // 2"),
    Mutant("likert", "net variance, sign", "p + q - value**2", "p + q + value**2"),
    Mutant(
        "likert",
        "net variance of independent shares",
        "p + q - value**2",
        "p * (1 - p) + q * (1 - q)",
    ),
    Mutant(
        "likert",
        "net variance, n − 1",
        "- value**2, 0) / corrected_base(base, population))",
        "- value**2, 0) / corrected_base(base - 1, population))",
    ),
    Mutant("likert", "net without frame", "corrected_base(base, population)", "base"),
    Mutant("likert", "net turned round", "value = p - q", "value = q - p"),
    Mutant("likert", "do-not-know left out of the base", "shown = base + unsure", "shown = base"),
    Mutant(
        "likert",
        "upper bound without do-not-know",
        "_over(count + unsure, shown)",
        "_over(count, shown)",
    ),
    Mutant(
        "likert", "deviation with n", "squares / (base - 1), np.nan)", "squares / base, np.nan)"
    ),
    Mutant(
        "likert",
        "error without root of n",
        "error = np.sqrt(variance / base)",
        "error = np.sqrt(variance)",
    ),
    Mutant("likert", "ties not halved", "(y * (2 * below + x))", "(y * (2 * below + 2 * x))"),
    Mutant("likert", "no correction for ties", "(total + 1 - ties /", "(total + 1 - 0 * ties /"),
    Mutant("likert", "Wilcoxon variance, N", "m * n / 12 * (total + 1", "m * n / 12 * (total"),
    Mutant(
        "likert",
        "one-sided p",
        "min(1.0, 2 * NormalDist().cdf(-abs(deviate)))",
        "min(1.0, NormalDist().cdf(-abs(deviate)))",
    ),
    Mutant("likert", "percentile at the end of a level", "(np.cumsum(x) - x / 2)", "np.cumsum(x)"),
    # --- choices
    Mutant(
        "choices", "blank rows in the base", "answered = (number > 0) | none", "answered = seen"
    ),
    Mutant(
        "choices",
        "none left out of the base",
        "answered = (number > 0) | none",
        "answered = number > 0",
    ),
    Mutant(
        "choices",
        "shares of those shown",
        "self.counts / self.base_n",
        "self.counts / self.shown_n",
    ),
    # --- ranking
    Mutant(
        "ranking",
        "weights from K − 1",
        "counts @ (len(ranks) + 1 - ranks)",
        "counts @ (len(ranks) - ranks)",
    ),
    Mutant(
        "ranking", "weights rise with ranks", "counts @ (len(ranks) + 1 - ranks)", "counts @ ranks"
    ),
    Mutant("ranking", "top two for top three", "counts[:, :3]", "counts[:, :2]"),
    Mutant("ranking", "without frame", " * np.sqrt(1 - ranked / population)", ""),
    Mutant("ranking", "deviation with n", "* (ranked - 1)))", "* ranked))"),
    Mutant("ranking", "n degrees of freedom", "stdtrit(ranked - 1.0,", "stdtrit(ranked * 1.0,"),
    Mutant(
        "ranking",
        "divisor ignored",
        "return np.full(ranked.shape, respondents, dtype=np.int64)",
        "return ranked",
    ),
    Mutant(
        "ranking",
        "weights from K for all",
        "np.where(ranked, number + 1 - array, 0)",
        "np.where(ranked, array.shape[1] + 1 - array, 0)",
    ),
    # --- brackets
    Mutant(
        "brackets",
        "median past one half",
        "np.argmax(2 * cumulated >= cumulated[-1]))",
        "np.argmax(2 * cumulated > cumulated[-1]))",
    ),
    Mutant(
        "brackets",
        "lower bound of the mean from uppers",
        "math.fsum(weights[used] * low[used])",
        "math.fsum(weights[used] * high[used])",
    ),
    Mutant("brackets", "Woodruff with ½", "math.sqrt(0.25 / units)", "math.sqrt(0.5 / units)"),
    Mutant(
        "brackets",
        "Woodruff without effective n",
        "corrected_base(effective_n or total,",
        "corrected_base(total,",
    ),
    Mutant("brackets", "Woodruff without frame", "population or INFINITE)", "INFINITE)"),
    Mutant(
        "brackets",
        "Woodruff, one end twice",
        "_interpolated(min(0.5 + half, 1.0)",
        "_interpolated(min(0.5 - half, 1.0)",
    ),
    Mutant(
        "brackets",
        "interpolation from the upper bound",
        "low[place] + inside * (high[place]",
        "high[place] - inside * (high[place]",
    ),
    Mutant(
        "brackets",
        "bracket's own units counted below",
        "before = cumulated[place] - weights[place]",
        "before = cumulated[place] - weights[place] / 2",
    ),
    Mutant(
        "brackets",
        "open bracket given a median",
        "if math.isinf(low[place]) or math.isinf(high[place]):",
        "if math.isinf(low[place]):",
    ),
    # --- turnbull
    Mutant("turnbull", "ends closed and open confused", "CLOSED: (0, 1)", "CLOSED: (0, 0)"),
    Mutant(
        "turnbull",
        "lower-closed taken as upper-closed",
        "LOWER_INCLUDED: (0, 0)",
        "LOWER_INCLUDED: (1, 1)",
    ),
    Mutant(
        "turnbull",
        "points without extent",
        "before[point], after[point] = 0.0, 1.0",
        "before[point], after[point] = 0.0, 0.0",
    ),
    Mutant(
        "turnbull", "starts before stops at a cut", "np.lexsort((~is_stop,", "np.lexsort((is_stop,"
    ),
    Mutant("turnbull", "stopped early", "tolerance: float = 1e-11", "tolerance: float = 1e-2"),
    Mutant(
        "turnbull",
        "likelihood of one unit",
        "float(units.sum() * (weight @ np.log(seen)))",
        "float(weight @ np.log(seen))",
    ),
    Mutant(
        "turnbull",
        "weights ignored",
        "np.bincount(which.ravel(), weights=units) / units.sum()",
        "np.bincount(which.ravel()) / units.size",
    ),
    Mutant("turnbull", "quantile past the share", ">= share - NEGLIGIBLE", "> share + NEGLIGIBLE"),
    Mutant(
        "turnbull",
        "mean at the wrong ends",
        "math.fsum(mass * self.lower[used])",
        "math.fsum(mass * self.upper[used])",
    ),
    # --- tails
    Mutant(
        "tails",
        "index of the top bracket alone",
        "math.log((under + top) / top)",
        "math.log((under + top) / under)",
    ),
    Mutant(
        "tails",
        "index, logarithm of the difference",
        "math.log(low[-1] / low[-2])",
        "math.log(low[-1] - low[-2])",
    ),
    Mutant(
        "tails", "arithmetic mean, α + 1", "mean(bound / (1 - share))", "mean(bound / (1 + share))"
    ),
    Mutant(
        "tails",
        "mean given for α of 1",
        "math.nan if alpha <= 1 else",
        "math.nan if alpha < 0.5 else",
    ),
    Mutant("tails", "heavy tail not marked", "UNUSABLE_BELOW = 1.5", "UNUSABLE_BELOW = 1.1"),
    Mutant(
        "tails",
        "harmonic mean, sign",
        "harmonic=mean(bound * (1 + share))",
        "harmonic=mean(bound * (1 - share))",
    ),
    Mutant(
        "tails",
        "median, base e",
        "median=mean(bound * 2**share)",
        "median=mean(bound * math.exp(share))",
    ),
    Mutant(
        "tails",
        "closed brackets at their lower bounds",
        "(low[:-1] + high[:-1]) / 2)\n\n    def",
        "low[:-1])\n\n    def",
    ),
    # --- sampling
    Mutant(
        "sampling",
        "finite population, sign",
        "np.sqrt((1 - units / total) / units)",
        "np.sqrt((1 + units / total) / units)",
    ),
    Mutant(
        "sampling",
        "error with n",
        "np.sqrt((1 - units / total) / units)",
        "np.sqrt(1 - units / total) / units",
    ),
    Mutant(
        "sampling",
        "strata weighted once in the variance",
        "weights**2 @ error**2",
        "weights @ error**2",
    ),
    Mutant(
        "sampling",
        "deviation in a stratum with n",
        "np.sqrt(squares / (n - 1))",
        "np.sqrt(squares / n)",
    ),
    Mutant(
        "sampling",
        "Kish turned round",
        "math.fsum(w) ** 2 / squares if",
        "squares / math.fsum(w) ** 2 if",
    ),
    Mutant(
        "sampling", "design effect turned round", "w.size / effective if", "effective / w.size if"
    ),
    Mutant(
        "sampling",
        "clusters, C for C/(C − 1)",
        "            clusters\n            / (clusters - 1)\n",
        "            1.0\n",
    ),
    Mutant(
        "sampling",
        "clusters ignored",
        "deviations = (x - share * n) / base",
        "deviations = (x - share * n) / base / np.sqrt(np.maximum(n, 1))",
    ),
    Mutant(
        "sampling",
        "corrected for the effective part of the frame",
        "np.maximum(shrunk * total, worth)",
        "total",
    ),
    Mutant("sampling", "clusters without frame", "* (1 - clusters / population_clusters)", "* 1.0"),
    Mutant(
        "sampling",
        "certain share, endless n",
        "(variance == 0) | (clusters == 1), clusters,",
        "(variance == 0) | (clusters == 1), INFINITE,",
    ),
    # --- weighting
    Mutant(
        "weighting", "weight turned round", "np.divide(target, held,", "np.divide(held, target,"
    ),
    Mutant("weighting", "empty category given a weight of 1", "if empty:\n", "if False:\n"),
    Mutant(
        "weighting",
        "strange category accepted",
        "if strange:\n        reasons",
        "if False:\n        reasons",
    ),
    Mutant(
        "weighting",
        "targets of other sums accepted",
        "> 1e-9 * max(sums.values())",
        "> 1e9 * max(sums.values())",
    ),
    Mutant(
        "weighting",
        "raking ends after one round",
        "if error <= tolerance:\n            return Raking(weights, step - 1, error)",
        "if step > 1:\n            return Raking(weights, step - 1, error)",
    ),
    Mutant(
        "weighting",
        "mean margin error for the largest",
        "float(errors.max())",
        "float(errors.mean())",
    ),
    Mutant(
        "weighting",
        "cell of exactly the least size joined",
        "if total < smallest]",
        "if total <= smallest]",
    ),
    Mutant(
        "weighting",
        "largest cell joins first",
        "total, number = min(short)",
        "total, number = max(short)",
    ),
    Mutant(
        "weighting",
        "farthest neighbour first",
        "for rank in range(max(map(len, neighbours.values()), default=0))",
        "for rank in reversed(range(max(map(len, neighbours.values()), default=0)))",
    ),
    Mutant(
        "weighting",
        "trimmed weight not shared out",
        "w[~cut] *= (total - cap * cut.sum()) / rest",
        "w[~cut] *= 1.0",
    ),
    Mutant(
        "weighting", "trimmed at the sum", "cap = ratio * total / w.size", "cap = ratio * total"
    ),
    Mutant(
        "weighting",
        "rows and columns confused",
        "cell = first * table.shape[1] + second",
        "cell = first * table.shape[0] + second",
    ),
    # --- change
    Mutant(
        "change",
        "covariance added",
        "first + second - 2 * shared",
        "first + second + 2 * shared",
    ),
    Mutant(
        "change",
        "covariance once",
        "first + second - 2 * shared",
        "first + second - shared",
    ),
    Mutant(
        "change",
        "covariance over all units",
        "return (shares.both * n - product) / n**2",
        "return (shares.both * n - product) / n",
    ),
    Mutant(
        "change",
        "finite covariance, sign",
        "(common / (n1 * n2) - 1 / max(before, after))",
        "(common / (n1 * n2) + 1 / max(before, after))",
    ),
    Mutant(
        "change",
        "finite covariance of the smaller population",
        "1 / max(before, after)",
        "1 / min(before, after)",
    ),
    Mutant(
        "change",
        "none changed, one end too wide",
        "upper = 1 - ((1 - level) / 2) **",
        "upper = 1 - (1 - level) **",
    ),
    Mutant("change", "few, one fewer", "< FEW:", "< FEW - 3:"),
    Mutant(
        "change",
        "correlation of a sum",
        "* shared / math.sqrt(first * second)",
        "* -shared / math.sqrt(first * second)",
    ),
    Mutant("change", "no correction", "product - shares.common_n / 2", "product"),
    Mutant("change", "dust kept for a variance", "abs(variance) < 1e-12 * of", "variance < 0"),
    Mutant("change", "frame of the other edition", "(1 - n1 / before)", "(1 - n1 / after)"),
    Mutant(
        "change",
        "Newcombe frames exchanged",
        "population=after, reference_population=before",
        "population=before, reference_population=after",
    ),
    Mutant("change", "finite variance with n", "p1 * (1 - p1) / (n1 - 1)", "p1 * (1 - p1) / n1"),
    Mutant("change", "clusters, N for N/(N − 1)", "units / (units - 1) * math.fsum", "math.fsum"),
    Mutant(
        "change",
        "stacked, sign",
        "(shares.later, (1 - p2) / n2 - (0 - p1) / n1)",
        "(shares.later, (1 - p2) / n2 + (0 - p1) / n1)",
    ),
    Mutant(
        "change",
        "earlier minus later",
        "difference = x2 / n2 - x1 / n1",
        "difference = x1 / n1 - x2 / n2",
    ),
    Mutant(
        "change",
        "Newcombe sides exchanged",
        "[x2], [n2], [x1], [n1], level",
        "[x1], [n1], [x2], [n2], level",
    ),
    Mutant(
        "change",
        "one-sided z",
        "2 * NormalDist().cdf(-abs(difference) / error)",
        "NormalDist().cdf(-abs(difference) / error)",
    ),
    Mutant(
        "change", "exact test one-sided", "tail, total = 2 * sum(ways)", "tail, total = sum(ways)"
    ),
    Mutant(
        "change",
        "exact test, off by one",
        "for k in range(fewer + 1)]",
        "for k in range(fewer + 2)]",
    ),
    Mutant(
        "change", "mid-p takes half", "(tail - ways[-1]) / total", "(tail - ways[-1] / 2) / total"
    ),
    Mutant(
        "change",
        "chi-square of the sum",
        "chi2 = (earlier - later) ** 2 / changed",
        "chi2 = (earlier - later) ** 2 / (changed + 1)",
    ),
    Mutant(
        "change",
        "continuity of a half",
        "abs(earlier - later) - 1, 0)",
        "abs(earlier - later) - 0.5, 0)",
    ),
    Mutant(
        "change",
        "detectable change without power",
        "quantiles = normal_quantile(level) + _power_quantile(power)",
        "quantiles = normal_quantile(level)",
    ),
    Mutant(
        "change",
        "detectable change, covariance once",
        "(1 / n1 + 1 / n2) - 2 * cov",
        "(1 / n1 + 1 / n2) - cov",
    ),
    Mutant(
        "change",
        "always taken as independent",
        "if self.common_n == 0:\n            return INDEPENDENT",
        "if self.common_n >= 0:\n            return INDEPENDENT",
    ),
    # --- families, decomposition, homogeneity
    Mutant("families", "ranks off by one", "np.arange(size, 0, -1)", "np.arange(size + 1, 1, -1)"),
    Mutant(
        "families",
        "no step-up",
        "np.minimum(np.minimum.accumulate(raised), 1.0)",
        "np.minimum(raised, 1.0)",
    ),
    Mutant(
        "families", "Bonferroni", "p[falling] * size / np.arange(size, 0, -1)", "p[falling] * size"
    ),
    Mutant(
        "families",
        "one family for all",
        "members.setdefault(family, [])",
        "members.setdefault(None, [])",
    ),
    Mutant(
        "decomposition",
        "composition at the earlier shares",
        "composition = (w2 - w1) * (p1 + p2) / 2",
        "composition = (w2 - w1) * p1",
    ),
    Mutant(
        "decomposition",
        "behaviour, not halved",
        "behaviour = (p2 - p1) * (w1 + w2) / 2",
        "behaviour = (p2 - p1) * (w1 + w2)",
    ),
    Mutant(
        "decomposition",
        "weights exchanged",
        "kitagawa_of_shares(x1 / n1, n1 / n1.sum(), x2 / n2, n2 / n2.sum())",
        "kitagawa_of_shares(x1 / n1, n2 / n2.sum(), x2 / n2, n1 / n1.sum())",
    ),
    Mutant(
        "homogeneity",
        "chi-square without the other answer",
        "/ (expected * (1 - pooled))",
        "/ expected",
    ),
    Mutant(
        "homogeneity",
        "k degrees",
        "ChiSquare(statistic, x.size - 1,",
        "ChiSquare(statistic, x.size,",
    ),
    Mutant(
        "homogeneity",
        "Bowker, both triangles",
        "np.triu_indices(len(square), 1)",
        "np.triu_indices(len(square), 0)",
    ),
    Mutant("homogeneity", "Stuart, diagonal once", "- 2 * np.diag(square))", "- np.diag(square))"),
    Mutant(
        "homogeneity",
        "Stuart, sign of the covariances",
        "spread = -(square + square.T)",
        "spread = (square + square.T)",
    ),
    # --- possible bases, tabulation
    Mutant(
        "possible_bases",
        "rounding half down, below",
        "low = -(-(2 * printed.units - 1) * base // steps)",
        "low = (2 * printed.units - 1) * base // steps + 1",
    ),
    Mutant(
        "possible_bases",
        "rounding half even, above",
        "high = -(-(2 * printed.units + 1) * base // steps) - 1",
        "high = (2 * printed.units + 1) * base // steps",
    ),
    Mutant(
        "possible_bases",
        "parts need not sum",
        "if parts and not 0 <= spare",
        "if False and not 0 <= spare",
    ),
    Mutant(
        "possible_bases",
        "raised below the threshold",
        "remainder >= threshold if raised",
        "remainder >= 0 if raised",
    ),
    Mutant(
        "possible_bases",
        "cut down above the threshold",
        "else remainder <= threshold",
        "else remainder >= 0",
    ),
    Mutant(
        "possible_bases",
        "equal remainders in order only",
        "else remainder <= threshold",
        "else remainder < threshold",
    ),
    Mutant(
        "possible_bases", "last base left out", "range(min_n, max_n + 1)", "range(min_n, max_n)"
    ),
    Mutant(
        "tabulation",
        "key with the wrong stride",
        "starts[levels] = place * levels",
        "starts[levels] = place * (levels - 1)",
    ),
    Mutant("tabulation", "last block cut", "min(start + _BLOCK, n)", "min(start + _BLOCK, n - 1)"),
    Mutant("tabulation", "breakdowns crossed the wrong way", "axis=others)", "axis=others)[::-1]"),
    Mutant(
        "tabulation",
        "chunks overwrite",
        "table + other.by[name] for name",
        "other.by[name] for name",
    ),
    # --- disclosure
    Mutant(
        "disclosure",
        "threshold off by one",
        "(bases < smallest_base)",
        "(bases < smallest_base - 1)",
    ),
    Mutant(
        "disclosure",
        "large group hidden for its size",
        "(bases < smallest_base)",
        "(bases <= smallest_base)",
    ),
    Mutant(
        "disclosure",
        "small count off by one",
        "(table < smallest_count)",
        "(table <= smallest_count)",
    ),
    Mutant(
        "disclosure", "zeros hidden as small", "(table > 0) & (table <", "(table >= 0) & (table <"
    ),
    Mutant(
        "disclosure",
        "unanimous group shown",
        "(table == bases).any(axis=0)",
        "(table > bases).any(axis=0)",
    ),
    Mutant(
        "disclosure",
        "unanimous whole hidden",
        "if unanimity and np.count_nonzero(table.sum(axis=1)) > 1:",
        "if unanimity:",
    ),
    Mutant(
        "disclosure",
        "two respondents are enough",
        "np.count_nonzero(table, axis=0) < smallest_number",
        "np.count_nonzero(table, axis=0) < smallest_number - 1",
    ),
    Mutant(
        "disclosure",
        "dominance beyond all",
        "table.max(axis=0) > largest_part * total",
        "table.max(axis=0) > total",
    ),
    Mutant(
        "disclosure",
        "difference off by one",
        "(difference < smallest)",
        "(difference < smallest - 1)",
    ),
    Mutant(
        "disclosure",
        "bases that overlap taken for nested",
        "(common == sizes[None, :])",
        "(common > 0)",
    ),
    Mutant(
        "disclosure",
        "complement not hidden",
        "free = flat[cells].all(axis=1)",
        "free = flat[cells].any(axis=1)",
    ),
    Mutant(
        "disclosure",
        "complements in the first breakdown only",
        "enumerate(masks):",
        "enumerate(masks[:1]):",
    ),
    Mutant(
        "disclosure",
        "weighted shares forgotten",
        " & ~(shown & ~withheld).any(axis=1)",
        "",
    ),
    Mutant(
        "disclosure",
        "effective number forgotten",
        "(before != after) | (worth[0] != worth[1])",
        "before != after",
    ),
    Mutant(
        "disclosure",
        "sum of answers forgotten",
        "safe_sum[sums[cells[free & crossing]]]",
        "safe_sum[sums[cells[free]]]",
    ),
    Mutant(
        "disclosure",
        "greatest complement first",
        "np.lexsort((at, smaller, price))",
        "np.lexsort((at, -smaller, price))",
    ),
    Mutant(
        "disclosure",
        "most complements first",
        "np.lexsort((at, smaller, price))",
        "np.lexsort((at, smaller, -price))",
    ),
    # --- recovery
    Mutant(
        "recovery",
        "one end twice",
        "known, way * line))) for way in (1, -1))",
        "known, way * line))) for way in (1, 1))",
    ),
    Mutant(
        "recovery",
        "fractions taken for counts",
        "for whole in (False, True):",
        "for whole in (False,):",
    ),
    Mutant(
        "recovery", "least count forgotten", "Bounds(known.at_least,", "Bounds(0 * known.at_least,"
    ),
    Mutant(
        "recovery",
        "exchange under a lower end",
        "(value >= known.lower[k] - _SLACK) & ",
        "",
    ),
    Mutant(
        "recovery",
        "exchange over an upper end",
        " & (value <= known.upper[k] + _SLACK)",
        "",
    ),
    Mutant(
        "recovery",
        "cells of an unknown sum left out",
        "(known.upper == 0)",
        "(known.lower == 0)",
    ),
    Mutant(
        "recovery",
        "a start that is not published accepted",
        "(value < known.lower - _SLACK) | (value > known.upper + _SLACK)",
        "value < -np.inf",
    ),
)
