"""Profile ``paper``: Mafteiu-Scai and Bobora 2025, Algorithm 1 and sections 3.4 to 3.9."""

import dataclasses
import math

from fatigue_ros.face import Event, EventKind
from fatigue_ros.fusion.assessment import MetricScore, Verdict
from fatigue_ros.fusion.profiles.paper_rules import (
    BlinkScore,
    Excursions,
    fatigue_level,
    heart_rate_score,
    weights,
    yawn_score,
)
from fatigue_ros.fusion.profiles.profile import Context, Metric, Profile, sleep_metric
from fatigue_ros.fusion.session import Speed
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.states import EyeState, MouthState, PulseState
from fatigue_ros.measures.windows import Elapsed

HEART_RATE = Metric("heart_rate", "1/min")
BLINK = Metric("blink", "1/min")
YAWN = Metric("yawn", "1")
STANDING_SPEED = 0.5  # [km/h] "speed == 0" of Algorithm 1; wheel sensors do not resolve less
_COVERAGE = 0.5  # [1] share of an interval that must have been judged for it to count; ours
_LONGEST_GAP = 0.5  # [s] between frames
_LONGEST_PULSE_GAP = 3.0  # [s] between pulse windows
_SHORTEST_BLINK = 0.06  # [s] "a sufficient number of consecutive frames": two of 30 frames/s; ours


class _CountingInterval:
    """Counts events over a length of gated time, and how much of it was judged."""

    def __init__(self, length: float) -> None:
        self._length = length
        self.time = Elapsed(_LONGEST_GAP)
        self._judged = 0.0
        self._count = 0

    def add(self, stamp: float, *, judged: bool, count: int) -> tuple[int, float] | None:
        """Take a frame; (events, judged time [s]) when an interval is complete and counts."""
        passed = self.time.add(stamp)
        if passed:
            self._judged += passed if judged else 0.0
            self._count += count
        if self.time.share(self._length) < 1.0:
            return None
        enough = self._judged >= _COVERAGE * self.time.total
        result = (self._count, self._judged)
        self.time.total, self._judged, self._count = 0.0, 0.0, 0
        return result if enough else None


class PaperProfile(Profile):
    """The four metrics as the paper gates and counts them; each keeps its last value."""

    level_chimes = False  # section 3.2: the light alone
    calibration_kind = "calibration_paper"  # what counts as a blink differs from the measures
    over_drives = False

    def __init__(self, settings: FusionSettings) -> None:
        """Start with nothing measured."""
        super().__init__(settings)
        s = settings
        self.plain_warnings = s.plain_warnings
        self._lids = Excursions(_SHORTEST_BLINK)
        self._lips = Excursions()
        self._blinks = _CountingInterval(s.TIME_FOR_COUNTING_BLINKING)
        self._blink_rates: list[float] = []
        self._blink_rate = math.nan
        self._blink_score = BlinkScore()
        self._yawns = _CountingInterval(s.TIME_FOR_COUNTING_YAWNING)
        self._yawn_counts: list[int] = []
        self._pulse_time = Elapsed(_LONGEST_PULSE_GAP)
        self._rates: list[float] = []
        self._heart_rate = math.nan

    def may_calibrate(self, context: Context) -> bool:
        """Algorithm 1 calibrates at speed 0."""
        return context.speed.below(STANDING_SPEED)

    def on_eyes(self, state: EyeState, context: Context) -> EyeState:
        """Take a frame.

        Returns:
            The state with the blinks as the paper counts them, however long, for calibration: a
            reference must come from the same rule as what is compared with it.
        """
        length = self._lids.update(state.stamp, self.settings.ear_threshold - state.ear)
        blinks: tuple[Event, ...] = ()
        if length is not None:
            blinks = (Event(EventKind.BLINK, state.stamp - length, length, math.nan),)
        if self._counts_blinks(context.speed):
            done = self._blinks.add(state.stamp, judged=state.judged, count=len(blinks))
            if done is not None:
                self._take_rate(60.0 * done[0] / done[1], context)
        else:
            self._blinks.time.pause()
        return dataclasses.replace(state, events=blinks)

    def on_mouth(self, state: MouthState, context: Context) -> None:
        """Take a frame; without the distance of the driver's closed lips no yawn is counted."""
        threshold = self.settings.lips_distance_factor * context.references.lip_distance
        yawn = self._lips.update(state.stamp, state.lip_distance - threshold)
        if not self._counts_blinks(context.speed):
            self._yawns.time.pause()
            return
        judged = state.judged and not math.isnan(threshold)
        done = self._yawns.add(state.stamp, judged=judged, count=int(yawn is not None))
        if done is not None:
            self._yawn_counts.append(done[0])

    def on_pulse(self, state: PulseState, context: Context) -> None:
        """Take a window of pulse."""
        s, speed = self.settings, context.speed
        gate = speed.valid and s.HR_SPEED_THRESHOLD_L <= speed.kmh <= s.HR_SPEED_THRESHOLD_H
        if not (gate and state.valid and math.isfinite(state.bpm)):
            self._pulse_time.pause()
            return
        self._pulse_time.add(state.stamp)
        self._rates.append(state.bpm)
        if self._pulse_time.share(s.TIME_FOR_GETTING_HR) >= 1.0:
            self._heart_rate = sum(self._rates) / len(self._rates)
            self._rates = []
            self._pulse_time.total = 0.0

    def assess(self, context: Context) -> Verdict:
        """Level from what is known; eyes closed for long warn at once while blinks are counted."""
        used = context.references.or_population()
        metrics = (
            self._heart_rate_metric(used.heart_rate),
            self._blink_metric(),
            self._yawn_metric(used.lip_distance),
            sleep_metric(context.sleep_score),
        )
        scores = {m.name: m.score for m in metrics if m.valid}
        share = weights(frozenset(scores))
        weighted = tuple(
            dataclasses.replace(m, weight=share.get(m.name, 0.0)) if m.valid else m for m in metrics
        )
        missing = [m.reason for m in metrics[1:3] if not m.valid]
        closed = self._lids.duration(context.now) >= self.settings.eyes_closed_time
        return Verdict(
            fatigue_level(scores),
            "; ".join(missing),
            weighted,
            eyes_closed=closed and self._counts_blinks(context.speed),
        )

    def _take_rate(self, rate: float, context: Context) -> None:
        """Take an interval's blink rate [1/min]; all five are averaged, then five new ones."""
        self._blink_rates.append(rate)
        if len(self._blink_rates) >= self.settings.blink_intervals:
            self._blink_rate = sum(self._blink_rates) / len(self._blink_rates)
            self._blink_rates = []
            own = context.references.or_population().blink_rate
            self._blink_score.add(own, self._blink_rate)

    def _counts_blinks(self, speed: Speed) -> bool:
        return speed.valid and speed.kmh > self.settings.HR_SPEED_THRESHOLD_H

    def _heart_rate_metric(self, reference: float) -> MetricScore:
        rate = self._heart_rate
        if math.isnan(rate):
            return HEART_RATE.invalid("heart rate: not measured for long enough while standing")
        return HEART_RATE.scored(rate, heart_rate_score(reference, rate))

    def _blink_metric(self) -> MetricScore:
        if math.isnan(self._blink_rate):
            done, wanted = len(self._blink_rates), self.settings.blink_intervals
            return BLINK.invalid(f"blink: {done} of {wanted} intervals counted")
        return BLINK.scored(self._blink_rate, self._blink_score.score)

    def _yawn_metric(self, closed_lips: float) -> MetricScore:
        if self._yawn_counts:
            score = yawn_score(sum(count > 0 for count in self._yawn_counts))
            return YAWN.scored(float(sum(self._yawn_counts)), score)
        if math.isnan(closed_lips):
            return YAWN.invalid(
                "yawn: the driver's closed lips are not known, which takes a standing vehicle"
            )
        return YAWN.invalid("yawn: no interval counted yet")
