"""How sure a count is."""

import math

from scipy import stats  # type: ignore[import-untyped]

CONFIDENCE = 0.95


def poisson_interval(count: int, hours: float) -> tuple[float, float] | None:
    """[1/h] exact 95 % interval of a rate (Garwood 1936); None for no time.

    With no event in the time the upper end is the one-sided 95 % bound, 3.0 over the hours.
    """
    if not hours > 0.0:
        return None
    if not count:
        return 0.0, float(-math.log(1.0 - CONFIDENCE) / hours)
    tail = (1.0 - CONFIDENCE) / 2.0
    low = stats.chi2.ppf(tail, 2 * count) / 2.0
    high = stats.chi2.ppf(1.0 - tail, 2 * (count + 1)) / 2.0
    return float(low / hours), float(high / hours)


def share_interval(count: int, total: int) -> tuple[float, float] | None:
    """[1] exact 95 % interval of a share (Clopper and Pearson 1934); None for none."""
    if not total:
        return None
    interval = stats.binomtest(count, total).proportion_ci(CONFIDENCE, "exact")
    return float(interval.low), float(interval.high)
