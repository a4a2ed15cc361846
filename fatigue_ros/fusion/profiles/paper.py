"""Profile ``paper``: Mafteiu-Scai and Bobora 2025, Algorithm 1 and sections 3.4 to 3.9.

The paper does not state how a measurement becomes a score. The reading here reproduces its Table
1 exactly: the percentage by which heart rate fell and by which blink rate rose, each rounded up
to the next multiple of 5, and 10 % per yawn.
"""

from __future__ import annotations

import collections
import dataclasses
import math
from collections.abc import Mapping

from fatigue_ros.face import Event, EventKind
from fatigue_ros.fusion.assessment import MetricScore, Verdict
from fatigue_ros.fusion.profiles.paper_rules import PaperBlinks, PaperYawns
from fatigue_ros.fusion.references import References
from fatigue_ros.fusion.session import Speed
from fatigue_ros.measures.states import EyeState, MouthState, PulseState
from fatigue_ros.settings.parameters import parameter

METRICS = ("heart_rate", "blink", "yawn", "sleep")
YAWN_POINTS = 10.0  # [%] per yawn, section 3.7
SCORE_STEP = 5.0  # [%] scores of heart rate and blink rate are multiples of it (Table 1)
STANDING_SPEED = 0.5  # [km/h] "speed == 0" of Algorithm 1; wheel sensors do not resolve less
_COVERAGE = 0.5  # [1] share of an interval that must have been judged for it to count; ours
_LONGEST_GAP = 0.5  # [s] between frames
_SHORTEST_BLINK = 0.06  # [s] "a sufficient number of consecutive frames": two of 30 frames/s; ours
_LONGEST_PULSE_GAP = 3.0  # [s] between pulse windows

_WEIGHTS: dict[frozenset[str], dict[str, float]] = {
    frozenset(METRICS): {"heart_rate": 35.0, "blink": 30.0, "yawn": 25.0, "sleep": 10.0},
    frozenset({"blink", "yawn", "sleep"}): {"blink": 40.0, "yawn": 40.0, "sleep": 20.0},
    frozenset({"heart_rate", "blink", "yawn"}): {"heart_rate": 40.0, "blink": 30.0, "yawn": 30.0},
    frozenset({"blink", "yawn"}): {"blink": 50.0, "yawn": 50.0},
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class PaperSettings:
    """Parameters of the paper that only its own profile uses, under the paper's names."""

    HR_SPEED_THRESHOLD_L: float = parameter(
        0.0,
        "Profile 'paper': lowest speed at which heart rate is taken (section 3.2)",
        unit="km/h",
        minimum=0.0,
        maximum=300.0,
    )
    HR_SPEED_THRESHOLD_H: float = parameter(
        5.0,
        "Profile 'paper': highest speed at which heart rate is taken; above it blinks and yawns "
        "are (section 3.2 and Algorithm 1)",
        unit="km/h",
        minimum=0.0,
        maximum=300.0,
    )
    TIME_FOR_COUNTING_BLINKING: float = parameter(
        300.0,
        "Profile 'paper': length of one interval in which blinks are counted (section 3.2)",
        unit="s",
        minimum=5.0,
        maximum=3600.0,
    )
    TIME_FOR_COUNTING_YAWNING: float = parameter(
        300.0,
        "Profile 'paper': length of one interval in which yawns are counted (section 3.2)",
        unit="s",
        minimum=5.0,
        maximum=3600.0,
    )
    ear_threshold: float = parameter(
        0.2,
        "Profile 'paper': EAR_THRESHOLD of section 3.6, below which the eyes are closed. The paper "
        "prints no value; this is that of Soukupova and Cech 2016 and of Tan et al. 2025",
        unit="1",
        minimum=0.05,
        maximum=0.5,
    )
    lips_distance_factor: float = parameter(
        3.0,
        "Profile 'paper': LIPS_DISTANCE_THRESHOLD of section 3.7 is this many times the calibrated "
        "distance of the closed lips. The paper does not say how it is calibrated; ours: in "
        "recordings of drivers speech reaches 2.2 times and yawns 6 times that distance",
        unit="1",
        minimum=1.1,
        maximum=10.0,
    )
    blink_intervals: int = parameter(
        5,
        "Profile 'paper': intervals whose blink rates are averaged (section 3.6)",
        unit="1",
        minimum=1,
        maximum=20,
    )
    eyes_closed_time: float = parameter(
        0.33,
        "Profile 'paper': eyes closed for longer than this warn at once (section 3.6: more than "
        "ten consecutive frames, at 30 frames/s)",
        unit="s",
        minimum=0.1,
        maximum=2.0,
    )


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


def yawn_score(yawns: int) -> float:
    """[%] 10 per yawn, at most 100."""
    return min(YAWN_POINTS * yawns, 100.0)


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


class _Interval:
    """Counts events over a length of gated time, and how much of it was judged."""

    def __init__(self, length: float) -> None:
        self._length = length
        self._last = math.nan
        self._clear()

    def _clear(self) -> None:
        self.elapsed = 0.0
        self.judged = 0.0
        self.count = 0

    def pause(self) -> None:
        """The gate closed: time until the next frame does not count."""
        self._last = math.nan

    def add(self, stamp: float, *, judged: bool, count: int) -> tuple[int, float] | None:
        """Take a frame; (events, judged time [s]) when an interval is complete and counts."""
        gap = stamp - self._last
        if 0.0 < gap <= _LONGEST_GAP:
            self.elapsed += gap
            self.judged += gap if judged else 0.0
            self.count += count
        self._last = stamp
        if self.elapsed < self._length - 1e-6:
            return None
        result = (self.count, self.judged)
        enough = self.judged >= _COVERAGE * self.elapsed
        self._clear()
        return result if enough else None


class PaperProfile:
    """The four metrics as the paper gates and counts them."""

    name = "paper"

    def __init__(self, settings: PaperSettings, heart_rate_time: float) -> None:
        """Start with nothing measured.

        Args:
            settings: gates and intervals.
            heart_rate_time: [s] TIME_FOR_GETTING_HR.
        """
        self._settings = settings
        self._heart_rate_time = heart_rate_time
        self.reset()

    def reset(self) -> None:
        """Forget everything measured."""
        s = self._settings
        self._lids = PaperBlinks(s.ear_threshold, _SHORTEST_BLINK)
        self._mouth = PaperYawns()
        self._blinks = _Interval(s.TIME_FOR_COUNTING_BLINKING)
        self._blink_rates: collections.deque[float] = collections.deque(maxlen=s.blink_intervals)
        self._yawns = _Interval(s.TIME_FOR_COUNTING_YAWNING)
        self._yawn_count: int | None = None
        self._rates: list[float] = []
        self._pulse_time = 0.0
        self._pulse_stamp = math.nan
        self._heart_rate = math.nan

    def may_calibrate(self, speed: Speed) -> bool:
        """Algorithm 1 calibrates at speed 0."""
        return speed.below(STANDING_SPEED)

    def eyes_closed(self, now: float, speed: Speed) -> bool:
        """Whether the eyes have been closed for so long that it warns at once."""
        closed = self._lids.closed_time(now) >= self._settings.eyes_closed_time
        return closed and self._counts_blinks(speed)

    def on_eyes(self, state: EyeState, speed: Speed) -> EyeState:
        """Take a frame.

        Returns:
            The state with the blinks as the paper counts them, however long, for calibration: a
            reference must come from the same rule as what is compared with it.
        """
        length = self._lids.update(state.stamp, state.ear)
        blinks = (
            (Event(EventKind.BLINK, state.stamp - length, length, math.nan),)
            if length is not None
            else ()
        )
        if self._counts_blinks(speed):
            done = self._blinks.add(state.stamp, judged=state.judged, count=len(blinks))
            if done is not None:
                self._blink_rates.append(60.0 * done[0] / done[1])
        else:
            self._blinks.pause()
        return dataclasses.replace(state, events=blinks)

    def on_mouth(self, state: MouthState, speed: Speed, closed_lips: float) -> None:
        """Take a frame, and the calibrated distance of the closed lips [px], NaN while unknown."""
        threshold = self._settings.lips_distance_factor * closed_lips
        yawned = self._mouth.update(state.stamp, state.lip_distance, threshold)
        if not self._counts_blinks(speed):
            self._yawns.pause()
            return
        judged = state.judged and not math.isnan(threshold)
        done = self._yawns.add(state.stamp, judged=judged, count=int(yawned))
        if done is not None:
            self._yawn_count = done[0]

    def on_pulse(self, state: PulseState, speed: Speed) -> None:
        """Take a window of pulse."""
        s = self._settings
        gate = speed.valid and s.HR_SPEED_THRESHOLD_L <= speed.kmh <= s.HR_SPEED_THRESHOLD_H
        if not (gate and state.valid and math.isfinite(state.bpm)):
            self._pulse_stamp = math.nan
            return
        gap = state.stamp - self._pulse_stamp
        if 0.0 < gap <= _LONGEST_PULSE_GAP:
            self._pulse_time += gap
        self._pulse_stamp = state.stamp
        self._rates.append(state.bpm)
        if self._pulse_time >= self._heart_rate_time - 1e-6:
            self._heart_rate = sum(self._rates) / len(self._rates)
            self._rates = []
            self._pulse_time = 0.0

    def assess(self, references: References, sleep_score: float | None) -> Verdict:
        """Level from what is known; a metric keeps its last value, as in the paper.

        Args:
            references: the driver's own or the population's.
            sleep_score: [%] None when not evaluated.
        """
        metrics: tuple[MetricScore, ...] = (
            self._heart_rate_metric(references.heart_rate),
            self._blink_metric(references.blink_rate),
            self._yawn_metric(references.lip_distance),
            MetricScore("sleep", False, "sleep quality not given today", unit="%")
            if sleep_score is None
            else MetricScore("sleep", True, "", sleep_score, "%", sleep_score),
        )
        scores = {m.name: m.score for m in metrics if m.valid}
        share = weights(frozenset(scores))
        metrics = tuple(
            dataclasses.replace(m, weight=share.get(m.name, 0.0)) if m.valid else m for m in metrics
        )
        missing = [m.reason for m in metrics if m.name in ("blink", "yawn") and not m.valid]
        return Verdict(fatigue_level(scores), "; ".join(missing), metrics)

    def _counts_blinks(self, speed: Speed) -> bool:
        return speed.valid and speed.kmh > self._settings.HR_SPEED_THRESHOLD_H

    def _heart_rate_metric(self, reference: float) -> MetricScore:
        if math.isnan(self._heart_rate):
            reason = "heart rate: not measured for long enough while standing"
            return MetricScore("heart_rate", False, reason, unit="1/min")
        score = heart_rate_score(reference, self._heart_rate)
        return MetricScore("heart_rate", True, "", self._heart_rate, "1/min", score)

    def _blink_metric(self, reference: float) -> MetricScore:
        done, wanted = len(self._blink_rates), self._settings.blink_intervals
        if done < wanted:
            reason = f"blink: {done} of {wanted} intervals counted"
            return MetricScore("blink", False, reason, unit="1/min")
        rate = sum(self._blink_rates) / done
        return MetricScore("blink", True, "", rate, "1/min", blink_score(reference, rate))

    def _yawn_metric(self, closed_lips: float) -> MetricScore:
        if self._yawn_count is None:
            reason = "no interval counted yet"
            if math.isnan(closed_lips):
                reason = "the driver's closed lips are not known, which takes a standing vehicle"
            return MetricScore("yawn", False, f"yawn: {reason}", unit="1")
        count = self._yawn_count
        return MetricScore("yawn", True, "", float(count), "1", yawn_score(count))
