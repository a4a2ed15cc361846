"""How far measured values lie from the known ones: PERCLOS and heart rate."""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from fatigue_ros.evaluation.labels import Interval, Labels, merged
from fatigue_ros.evaluation.observation import Observation
from fatigue_ros.monitor.log import Series

Array = npt.NDArray[np.float64]

PERCLOS_STEP = 1.0
"""[s] PERCLOS is compared this often; its window is far longer, so more would say no more."""
READING_HOLDS = 2.0
"""[s] a heart rate stands until the next one, which comes after a second, and no longer."""
LIMITS_OF_AGREEMENT = 1.96
"""[1] standard deviations on both sides of the mean difference (Bland and Altman 1986)."""


def overlap(interval: Interval, others: Iterable[Interval]) -> float:
    """How much of an interval [s] lies in others that do not overlap among themselves."""
    start, end = interval
    return sum(max(0.0, min(end, e) - max(start, s)) for s, e in others)


def values_at(series: Series, times: Array, hold: float) -> Array:
    """The last value before or at each time, NaN where it is too old.

    Args:
        series: of values.
        times: [s] shape (n,).
        hold: [s] for which a value stands.
    """
    stamps, values = series.times, series.values
    if not stamps.size:
        return np.full(len(times), np.nan)
    index = np.searchsorted(stamps, times + 1e-9, side="right") - 1
    found = values[np.maximum(index, 0)]
    fresh = (index >= 0) & (times - stamps[np.maximum(index, 0)] <= hold)
    return np.where(fresh, found, np.nan)


@dataclasses.dataclass(frozen=True)
class PerclosComparison:
    """PERCLOS as measured and as labelled; arrays of shape (n,), times in [s], shares in [1]."""

    times: Array
    measured: Array
    labelled: Array

    def figures(self) -> dict[str, float | int | None]:
        """Mean, mean absolute and largest error [1], and how often they were compared."""
        return error_figures(self.measured - self.labelled)


def error_figures(errors: Array) -> dict[str, float | int | None]:
    """Bias, mean absolute and largest absolute error of shape (n,); None where n is 0."""
    n = len(errors)
    return {
        "bias": float(errors.mean()) if n else None,
        "mean_absolute_error": float(np.abs(errors).mean()) if n else None,
        "max_absolute_error": float(np.abs(errors).max()) if n else None,
        "n": n,
    }


def compare_perclos(observation: Observation, labels: Labels) -> PerclosComparison | None:
    """PERCLOS against the share of the same window that lies in labelled closures.

    Compared once a second from the first full window on, where the system had a value and at
    least half of the window may be scored. Blinks count in neither (P80 over closures).

    Returns:
        None when nobody looked for closures.
    """
    if "closure" not in labels.spans:
        return None
    window = observation.perclos_window
    count = int((observation.duration - window) / PERCLOS_STEP + 1e-9) + 1 if window else 0
    times = window + PERCLOS_STEP * np.arange(max(count, 0), dtype=np.float64)
    measured = values_at(observation.valid_perclos, times, PERCLOS_STEP)
    ignored = labels.ignored_for("closure")
    closed = [piece for span in labels.spans["closure"] for piece in without(span, ignored)]
    usable = window - _time_within(ignored, times, window)
    labelled = _time_within(closed, times, window) / np.where(usable > 0.0, usable, np.nan)
    known = np.isfinite(measured) & (usable >= window / 2)
    return PerclosComparison(times[known], measured[known], labelled[known])


def _time_within(intervals: Sequence[Interval], times: Array, window: float) -> Array:
    """How much [s] of the window before each time lies in intervals, apart and in order."""
    edges = np.array([0.0, *(edge for span in intervals for edge in span)])
    lengths = np.array([end - start for start, end in intervals])
    # Grows inside of intervals, stands still between them.
    total = np.concatenate([[0.0], np.repeat(np.cumsum(lengths), 2)])
    total[1::2] -= lengths
    found: Array = np.interp(times, edges, total) - np.interp(times - window, edges, total)
    return found


def without(interval: Interval, cut: Sequence[Interval]) -> list[Interval]:
    """What remains of an interval outside of others that are merged and in order."""
    pieces: list[Interval] = []
    start, end = interval
    for cut_start, cut_end in cut:
        if cut_start >= end:
            break
        if cut_end <= start:
            continue
        if cut_start > start:
            pieces.append((start, cut_start))
        start = max(start, cut_end)
    if start < end:
        pieces.append((start, end))
    return pieces


@dataclasses.dataclass(frozen=True)
class HeartRateComparison:
    """Heart rate pairs, one for each reference that the system had a value for.

    Attributes:
        times: [s] shape (n,), middle of the reference.
        measured: [1/min] shape (n,), mean of the readings during the reference.
        reference: [1/min] shape (n,).
        covered: [s] of the references' time with a valid reading.
        asked: [s] the references' time; a moment counts for a second.
    """

    times: Array
    measured: Array
    reference: Array
    covered: float
    asked: float

    def figures(self) -> dict[str, float | int | None]:
        """Bland-Altman figures [1/min] and coverage [1]."""
        return heart_rate_figures(self.measured, self.reference, self.covered, self.asked)


def heart_rate_figures(
    measured: Array, reference: Array, covered: float, asked: float
) -> dict[str, float | int | None]:
    """Agreement of two instruments (Bland and Altman 1986) and coverage.

    Args:
        measured: [1/min] shape (n,).
        reference: [1/min] shape (n,).
        covered: [s] of the references' time with a valid reading.
        asked: [s] the references' time.

    Returns:
        bias, standard deviation, limits of agreement, mean absolute error [1/min]; share of pairs
        within 5 1/min or 10 %, whichever is more (ANSI/AAMI EC13); coverage [1]; number of
        pairs. None where there are too few pairs to say.
    """
    difference = measured - reference
    n = len(difference)
    bias = float(difference.mean()) if n else None
    deviation = float(difference.std(ddof=1)) if n > 1 else None
    limits: tuple[float | None, float | None] = (None, None)
    if bias is not None and deviation is not None:
        reach = LIMITS_OF_AGREEMENT * deviation
        limits = (bias - reach, bias + reach)
    return {
        "bias": bias,
        "standard_deviation": deviation,
        "limit_low": limits[0],
        "limit_high": limits[1],
        "mean_absolute_error": float(np.abs(difference).mean()) if n else None,
        "within_5_or_10_percent": (
            float((np.abs(difference) <= np.maximum(5.0, 0.1 * reference)).mean()) if n else None
        ),
        "coverage": covered / asked if asked else None,
        "n": n,
    }


def compare_heart_rate(observation: Observation, labels: Labels) -> HeartRateComparison | None:
    """Valid readings against references; None when there are no references.

    A reference that touches an interval not to be scored is left out.
    """
    if labels.heart_rate is None:
        return None
    ignored = labels.ignored_for("heart_rate")
    stamps, values = observation.heart_rate.times, observation.heart_rate.values
    ends = np.minimum(np.append(stamps[1:], np.inf), stamps + READING_HOLDS)
    valid = np.isfinite(values)
    held = merged(zip(stamps[valid].tolist(), ends[valid].tolist(), strict=True))
    pairs: list[tuple[float, float, float]] = []
    covered = asked = 0.0
    for reference in labels.heart_rate:
        moment = reference.start == reference.end
        span = (reference.start, reference.end + (1.0 if moment else 0.0))
        if any(span[0] < end and start < span[1] for start, end in ignored):
            continue
        asked += span[1] - span[0]
        covered += overlap(span, held)
        if moment:
            found = values_at(observation.heart_rate, np.array([reference.start]), READING_HOLDS)
        else:
            found = values[(stamps >= reference.start) & (stamps < reference.end)]
        found = found[np.isfinite(found)]
        if found.size:
            middle = (reference.start + reference.end) / 2
            pairs.append((middle, float(found.mean()), reference.bpm))
    table = np.array(pairs, dtype=np.float64).reshape(-1, 3)
    return HeartRateComparison(table[:, 0], table[:, 1], table[:, 2], covered, asked)
