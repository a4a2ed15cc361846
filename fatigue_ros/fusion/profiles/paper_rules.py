"""The rules of Mafteiu-Scai and Bobora (2025, sections 3.6 to 3.8), as functions and a counter.

The paper does not state in full how a measurement becomes a score. The reading here reproduces its
Table 1 exactly: the percentage by which heart rate fell and by which blink rate rose, each rounded
up to the next multiple of 5, a tenth more of the blink score each time the rate has risen again,
and 10 % for each interval with a yawn.
"""

import math
from collections.abc import Mapping

YAWN_POINTS = 10.0  # [%] "increased by 10 percent" for an interval with a yawn, section 3.7
RISE = 1.1  # [1] "incremented by 10 percent" each time blink rate has risen again, section 3.6
SCORE_STEP = 5.0  # [%] scores of heart rate and blink rate are multiples of it (Table 1)
_LONGEST_GAP = 0.25 + 1e-6  # [s] between frames that belong together, and rounding of stamps
_WEIGHTS: dict[frozenset[str], dict[str, float]] = {
    frozenset({"heart_rate", "blink", "yawn", "sleep"}): {
        "heart_rate": 35.0,
        "blink": 30.0,
        "yawn": 25.0,
        "sleep": 10.0,
    },
    frozenset({"blink", "yawn", "sleep"}): {"blink": 40.0, "yawn": 40.0, "sleep": 20.0},
    frozenset({"heart_rate", "blink", "yawn"}): {"heart_rate": 40.0, "blink": 30.0, "yawn": 30.0},
    frozenset({"blink", "yawn"}): {"blink": 50.0, "yawn": 50.0},
}


def round_up(percentage: float) -> float:
    """Next multiple of 5 at or above, so that 43.75 becomes 45; at most 100."""
    # The subtrahend keeps an exact multiple, reached through floats, where it is.
    return min(SCORE_STEP * max(math.ceil(percentage / SCORE_STEP - 1e-9), 0), 100.0)


def heart_rate_score(reference: float, value: float) -> float:
    """[%] by which heart rate fell from its reference, both in 1/min; a rise scores 0."""
    return round_up(100.0 * (reference - value) / reference) if reference > 0.0 else 0.0


def blink_score(reference: float, value: float) -> float:
    """[%] by which blink rate rose from its reference, in the same unit; a fall scores 0."""
    if reference <= 0.0:
        return 0.0 if value <= 0.0 else 100.0
    return round_up(100.0 * (value - reference) / reference)


class BlinkScore:
    """Section 3.6: compared with the reference once, then only with the best value so far.

    "10 percent" multiplies here and adds for yawns: 45 and 25 % at T1 of Table 1 become the 50
    and 30 % of T2 as 49.5 and 27.5 rounded up, where ten points more would give 55 and 35; and a
    yawn score that began at 0 would stay there if it were multiplied.
    """

    def __init__(self) -> None:
        self.score = 0.0
        """[%]; it never falls."""
        self._best = math.nan
        self._reference = math.nan

    def add(self, reference: float, rate: float) -> None:
        """Take the mean rate of five intervals and the driver's own, in the same unit.

        A reference other than the last one (learnt since) begins it anew.
        """
        if reference != self._reference:
            self.score, self._best, self._reference = 0.0, math.nan, reference
        if math.isnan(self._best):
            if rate > reference:
                self.score, self._best = blink_score(reference, rate), rate
        elif rate > self._best:
            self.score, self._best = round_up(RISE * self.score), rate


def yawn_score(intervals: int) -> float:
    """[%] 10 for each interval in which there was at least one yawn, at most 100."""
    return min(YAWN_POINTS * intervals, 100.0)


def weights(valid: frozenset[str]) -> dict[str, float]:
    """[%] weight of each metric by which are valid (section 3.8); empty when there is no level."""
    return dict(_WEIGHTS.get(valid, {}))


def fatigue_level(scores: Mapping[str, float]) -> float:
    """Level from the scores of the metrics that are valid (section 3.8).

    Args:
        scores: [%] by metric, of those that are valid.

    Returns:
        [%], NaN without both blinks and yawns.
    """
    share = weights(frozenset(scores))
    if not share:
        return math.nan
    return sum(share[name] * scores[name] for name in share) / 100.0


class Excursions:
    """Counts how often a value crosses a threshold and comes back, which is a blink or a yawn.

    The paper counts frames; here they are times, so that the frame rate does not matter. A value
    that is not known, or a gap between frames, ends an excursion without counting it.

    Args:
        shortest: [s] shortest excursion that counts.
    """

    def __init__(self, shortest: float = 0.0) -> None:
        self._shortest = shortest - 1e-6
        self._start = math.nan
        self._last = math.nan

    def duration(self, now: float) -> float:
        """[s] of the excursion in progress at a time [s]; 0 without one, or when no frame comes."""
        in_progress = now - self._last <= _LONGEST_GAP and not math.isnan(self._start)
        return self._last - self._start if in_progress else 0.0

    def update(self, stamp: float, beyond: float) -> float | None:
        """Take a frame.

        Args:
            stamp: [s] one that is not later than the last one is ignored.
            beyond: how far the value lies beyond the threshold, NaN when not known.

        Returns:
            [s] length of the excursion that ends with this frame, None when none does.
        """
        if stamp <= self._last:
            return None
        if math.isnan(beyond) or stamp - self._last > _LONGEST_GAP:
            self._start = math.nan
        self._last = stamp
        if beyond > 0.0:
            if math.isnan(self._start):
                self._start = stamp
            return None
        length = stamp - self._start
        self._start = math.nan
        return length if length >= self._shortest else None
