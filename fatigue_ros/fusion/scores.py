"""From measured values to scores, from scores to a level, from a level to a scale of sleepiness."""

import math
from collections.abc import Sequence


def combine(points: Sequence[float]) -> float:
    """[%] level of metrics that alone would make these levels [%]."""
    rest = 1.0
    for value in points:
        rest *= 1.0 - value / 100.0
    return 100.0 * (1.0 - rest)


def ramp(value: float, low: float, high: float) -> float:
    """[%] 0 up to low, 100 from high on, straight in between."""
    return 100.0 * min(max((value - low) / (high - low), 0.0), 1.0)


def karolinska(level: float) -> int:
    """Rough reading of a level [%] on the Karolinska Sleepiness Scale; 0 for no level.

    Only the upper end is anchored: Regulation (EU) 2021/1341 wants a warning from KSS 8 on, and
    the visual warning begins at 75 %. Below, it is a division into equal parts.
    """
    if math.isnan(level):
        return 0
    for rating, below in ((3, 15.0), (4, 30.0), (5, 45.0), (6, 60.0), (7, 75.0), (8, 85.001)):
        if level < below:
            return rating
    return 9
