"""Droop: how far the lids hang below the driver's own alert level, over minutes.

A single look down or a smile lowers the lids for seconds. What is left of it in a quantile over
minutes is small; lids that hang are all of it. Lids that hang now and then do not move that
quantile; they are the share of time in which the lids are low.
"""

import math
from collections import deque
from collections.abc import Sequence

from fatigue_ros.measures.own_blinks import quantile

QUANTILE = 0.6
"""[1] of the lids' opening; that of the open level (measures/open_level.py) it is compared with."""
LOW = 0.8
"""[1] of the own alert level: lids below it are low. In five people of UTA-RLDD the share of such
time told best of all (docs/validation.md)."""
_SECOND = 1.0


def opening(values: Sequence[float]) -> float:
    """[1] EAR that stands for a time: a quantile of EAR of lids that are not shut; NaN for none."""
    return quantile(values, QUANTILE) if values else math.nan


def droop(now: float, own: float) -> float:
    """[1] How much of the alert level of the lids is missing: 0 none, 1 all of it.

    Args:
        now: EAR that stands for the last minutes, see :func:`opening`.
        own: the same of the alert driver.
    """
    return max(1.0 - now / own, 0.0) if own > 0.0 and math.isfinite(now) else math.nan


def low_share(values: Sequence[float], own: float) -> float:
    """[1] Share of EAR values below :data:`LOW` of the driver's own alert level; NaN for none."""
    return sum(value < LOW * own for value in values) / len(values) if values else math.nan


class RecentLids:
    """The opening of the lids in the last minutes: a mean for each second in which it was seen.

    Args:
        length: [s] that it looks back over.
        coverage: [1] share of those seconds that must have been seen.
    """

    def __init__(self, length: float, coverage: float = 0.5) -> None:
        self._length = length
        self._needed = coverage * length
        self.reset()

    def reset(self) -> None:
        """Forget the lids that were seen."""
        self._seconds: deque[tuple[float, float]] = deque(maxlen=math.ceil(self._length))
        self._begin = math.nan
        self._sum = 0.0
        self._count = 0

    def add(self, stamp: float, ear: float) -> None:
        """Take EAR [1] of lids that are not shut at a time [s], never before the last one."""
        if math.isnan(self._begin):
            self._begin = stamp
        elif stamp - self._begin >= _SECOND:
            self._seconds.append((self._begin, self._sum / self._count))
            self._begin, self._sum, self._count = stamp, 0.0, 0
        self._sum += ear
        self._count += 1

    def coverage(self, now: float) -> float:
        """[1] Share of the window up to now [s] in which lids were seen."""
        while self._seconds and self._seconds[0][0] <= now - self._length:
            self._seconds.popleft()
        return len(self._seconds) / self._length

    def values(self, now: float) -> list[float]:
        """[1] EAR for each second in the window up to now [s]; none when too little was seen."""
        self.coverage(now)
        enough = len(self._seconds) >= self._needed
        return [mean for _, mean in self._seconds] if enough else []
