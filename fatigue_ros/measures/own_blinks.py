"""Blinks against the driver's own: how long the longest are, how many are long, how they spread.

Tired people do not blink longer every time; some of their blinks become long. So the upper end of
the durations says more than their mean (AUC 0.89 against 0.83 on the people of docs/validation.md
that constants were fitted on).

Durations are taken as deviations from the mean of the rested driver, in the standard deviations of
that driver: 0 is an average blink, 2 a long one.
"""

import math
import statistics
from collections import deque
from collections.abc import Callable, Sequence

TAIL = 0.9
"""[1] the quantile that stands for the longest blinks: of ten, the longest but one."""
LONG = 2.0
"""[1] deviation from which a blink is a long one (Ghoddoosian et al. 2019 count alike)."""
OWN_WEIGHT = 10
"""[1] blinks that the rested driver's own distribution weighs, so that few blinks prove little."""
LEAST = 10
"""[1] fewer blinks say nothing."""
SHORTEST_DEVIATION = 0.03
"""[s] a standard deviation below a frame at 30 frames/s is one that cannot be measured."""

_NORMAL = statistics.NormalDist()
_OWN = [_NORMAL.inv_cdf((k + 0.5) / OWN_WEIGHT) for k in range(OWN_WEIGHT)]


def upper_tail(deviations: Sequence[float]) -> float:
    """[1] The 90th percentile of blinks and of :data:`OWN_WEIGHT` blinks as the driver's own.

    For a rested driver it is about 1.3, as for any normal distribution.

    Args:
        deviations: of blinks from the driver's own mean [standard deviations].

    Returns:
        NaN for fewer than :data:`LEAST`.
    """
    return quantile([*deviations, *_OWN], TAIL) if len(deviations) >= LEAST else math.nan


def long_share(deviations: Sequence[float]) -> float:
    """[1] Share of blinks longer than the driver's own mean by two deviations; NaN as above."""
    count = len(deviations)
    return sum(d > LONG for d in deviations) / count if count >= LEAST else math.nan


def spread(deviations: Sequence[float]) -> float:
    """[1] Standard deviation of blinks in those of the rested driver; NaN as above."""
    return statistics.pstdev(deviations) if len(deviations) >= LEAST else math.nan


def mean(deviations: Sequence[float]) -> float:
    """[1] Mean deviation; NaN as above."""
    return statistics.fmean(deviations) if len(deviations) >= LEAST else math.nan


def slowness(deviations: Sequence[float]) -> float:
    """[1] How much slower the lids open than the driver's own: minus the mean deviation of speed.

    The driver's own distribution weighs as in :func:`upper_tail`; NaN for few blinks, as there.
    """
    count = len(deviations)
    return -sum(deviations) / (count + OWN_WEIGHT) if count >= LEAST else math.nan


def quantile(values: Sequence[float], share: float) -> float:
    """The quantile of a sample, straight between its values."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


class RecentBlinks:
    """What a figure of each blink of the last minutes, its duration or the speed of its lids, says.

    Args:
        says: what the deviations of the blinks from the driver's own mean say, such as
            :func:`upper_tail`.
        length: [s] that it looks back over.
        least_deviation: standard deviation below which none can be measured; [s] of durations.
        most: blinks that it holds; more than anybody makes in that time.
    """

    def __init__(
        self,
        says: Callable[[Sequence[float]], float],
        length: float,
        least_deviation: float = SHORTEST_DEVIATION,
        most: int = 1000,
    ) -> None:
        self._says = says
        self._length = length
        self._least_deviation = least_deviation
        self._blinks: deque[tuple[float, float]] = deque(maxlen=most)
        self._asked: tuple[float, float] | None = None  # mean and deviation that was said of
        self._said = math.nan

    def add(self, end: float, value: float) -> None:
        """A blink ended at a time [s] and has this figure."""
        self._blinks.append((end, value))
        self._asked = None

    def value(self, now: float, mean: float, deviation: float) -> float:
        """[1] What the blinks in the window say, by the driver's mean and deviation."""
        while self._blinks and self._blinks[0][0] <= now - self._length:
            self._blinks.popleft()
            self._asked = None
        if self._asked != (mean, deviation):  # it is asked in each frame, few of which end a blink
            scale = max(deviation, self._least_deviation)
            self._said = self._says([(value - mean) / scale for _, value in self._blinks])
            self._asked = mean, deviation
        return self._said
