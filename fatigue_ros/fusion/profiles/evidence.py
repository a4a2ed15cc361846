"""Profile ``evidence``: eyelid closure carries the level, everything else corroborates.

Each metric gives a score s between 0 and 1 and has a weight w, the most that it alone can make of
the level. They combine like independent witnesses (the "noisy or"):

    level = 100 % * (1 - product of (1 - w * s) over the valid metrics)

PERCLOS and long closures are two readings of the same closed eyes, the mean and the upper end of
blink durations two of the same blinks, droop and slow lids two of lids that hang (which open
more slowly); only the higher of the two takes part. A metric that is not
valid is a factor of 1: it can never raise the level. Formula, constants and sources are laid out in
docs/fatigue_level.md.
"""

import collections
import dataclasses
import math
from collections.abc import Iterable

from fatigue_ros.face import EventKind
from fatigue_ros.fusion.assessment import MetricScore, Verdict
from fatigue_ros.fusion.profiles.evidence_settings import EvidenceSettings
from fatigue_ros.fusion.profiles.profile import Context, Metric, Profile, sleep_metric
from fatigue_ros.fusion.references import References
from fatigue_ros.fusion.scores import combine, ramp
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.fusion.three_process import predicted_kss
from fatigue_ros.measures.lid_speed import SHORTEST_DEVIATION
from fatigue_ros.measures.own_blinks import LEAST, RecentBlinks, slowness, upper_tail
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState, SteeringState

PERCLOS = Metric("perclos", "1")
LONG_CLOSURES = Metric("long_closures", "s")
BLINK_DURATION = Metric("blink_duration", "s")
BLINK_TAIL = Metric("blink_tail", "1")
LID_SPEED = Metric("lid_speed", "1")
DROOP = Metric("droop", "1")
BLINK_RATE = Metric("blink_rate", "1/min")
YAWN = Metric("yawn", "1/min")
HEART_RATE = Metric("heart_rate", "1/min")
TIME = Metric("time", "1")
FACE_STATE = Metric("face_state", "s")
STEERING = Metric("steering", "1")
DRIVING_TIME = Metric("driving_time", "min")
OF_EYES = (PERCLOS, LONG_CLOSURES, BLINK_DURATION, BLINK_TAIL, LID_SPEED, DROOP, BLINK_RATE)
METRICS = (*(metric.name for metric in OF_EYES), YAWN.name, HEART_RATE.name, "sleep")
"""Always in this order; ``time`` and ``face_state`` come behind them where they are asked for,
``steering`` once it is heard, and ``driving_time`` from a quarter of an hour on."""
SAME = (
    (PERCLOS.name, LONG_CLOSURES.name),
    (BLINK_DURATION.name, BLINK_TAIL.name),
    (LID_SPEED.name, DROOP.name),
)
"""Readings of the same thing: only the higher one takes part in the level."""
_SHORTEST_REFERENCE = 0.15  # [s] a frame at 30 frames/s is a fifth of it; ratios to less are noise
_DROWSY_SCORE = 75.0  # [%] at perclos_drowsy: where the visual warning begins by default
_LIDS_UNKNOWN = "own alert lids not known yet"
_WORTH_A_WORD = 0.25  # [h] at the wheel
_OWN_UNKNOWN = "steering: the driver's own is not known yet"
_BLINKS_NEEDED = 5.0  # [1] in the window, for a mean duration worth comparing


def level(metrics: Iterable[MetricScore]) -> float:
    """[%] level of these metrics; those that are not valid add nothing."""
    points = {m.name: m.weight * m.score / 100.0 for m in metrics if m.valid}
    for names in SAME:
        lower = sorted(names, key=lambda name: points.get(name, 0.0))[:-1]
        points.update(dict.fromkeys(lower, 0.0))
    return combine(list(points.values()))


def blink_tail(s: EvidenceSettings, tail: float) -> MetricScore:
    """The upper end of blink durations, see :func:`~fatigue_ros.measures.own_blinks.upper_tail`."""
    if not math.isfinite(tail):
        return BLINK_TAIL.invalid(f"blink_tail: fewer than {LEAST} blinks")
    return BLINK_TAIL.scored(
        tail, ramp(tail, s.blink_tail_from, s.blink_tail_full), s.blink_tail_weight
    )


def lid_speed(s: EvidenceSettings, slow: float) -> MetricScore:
    """Lids that open slowly, see :func:`~fatigue_ros.measures.own_blinks.slowness`."""
    if not math.isfinite(slow):
        return LID_SPEED.invalid(f"lid_speed: {_LIDS_UNKNOWN}")
    return LID_SPEED.scored(
        slow, ramp(slow, s.lid_speed_from, s.lid_speed_full), s.lid_speed_weight
    )


def drooping(s: EvidenceSettings, missing: float, low: float) -> MetricScore:
    """Lids that hang, all the time or now and then: the higher of the two readings.

    Args:
        s: the constants.
        missing: see :func:`~fatigue_ros.measures.droop.droop`; NaN when that is not known.
        low: see :func:`~fatigue_ros.measures.droop.low_share`; likewise.
    """
    if not (math.isfinite(missing) and math.isfinite(low)):
        return DROOP.invalid(f"droop: {_LIDS_UNKNOWN}")
    score = max(
        ramp(missing, s.droop_from, s.droop_full), ramp(low, s.droop_low_from, s.droop_low_full)
    )
    return DROOP.scored(missing, score, s.droop_weight)


def blink_rate(s: EvidenceSettings, value: float, reference: float) -> MetricScore:
    """Blink rate [1/min] and the driver's own."""
    if not (math.isfinite(value) and reference > 0.0):
        return BLINK_RATE.invalid("blink_rate: no value")
    score = ramp(value / reference, s.blink_rate_from, s.blink_rate_full)
    return BLINK_RATE.scored(value, score, s.blink_rate_weight)


class EvidenceProfile(Profile):
    """The metrics of the default profile, from the newest states."""

    def __init__(self, settings: FusionSettings) -> None:
        """Start with nothing measured."""
        super().__init__(settings)
        self._closures: collections.deque[tuple[float, float]] = collections.deque(maxlen=256)
        self._blinks = RecentBlinks(upper_tail, settings.blink_tail_window)
        self._speeds = RecentBlinks(slowness, settings.blink_tail_window, SHORTEST_DEVIATION)
        self._own = References()  # of the driver, and what is used with the population's
        self._used = self._own.or_population()

    def on_eyes(self, state: EyeState, context: Context) -> EyeState:
        """Take a frame; closures of a standing driver are not kept."""
        for event in state.events:
            if event.kind == EventKind.BLINK:
                self._blinks.add(event.end, event.duration)
                if event.opening_speed > 0.0:
                    self._speeds.add(event.end, event.opening_speed)
        if context.speed.driving:
            for event in state.events:
                if (
                    event.kind == EventKind.CLOSURE
                    and event.duration >= self.settings.long_blink_time
                ):
                    self._closures.append((event.end, event.duration))
        return super().on_eyes(state, context)

    def assess(self, context: Context) -> Verdict:
        """See the module; the order of the metrics is that of METRICS."""
        s, silent = self.settings, context.silent
        reason = _unusable("eyes", self.eyes)
        if not reason and not math.isfinite(self.eyes.perclos):
            reason = "eyes: no PERCLOS"
        if reason:
            metrics = [metric.invalid(reason) for metric in OF_EYES]
        else:
            if context.references is not self._own:  # a new one is rare, a frame is not
                self._own, self._used = context.references, context.references.or_population()
            used = self._used
            metrics = [
                self._perclos(self.eyes.perclos),
                self._long_closures(context.now, context.closure),
                self._blink_duration(used.blink_duration),
                blink_tail(s, self._tail(context.now, used)),
                lid_speed(s, self._slowness(context.now, used)),
                drooping(s, self.eyes.droop, self.eyes.droop_low),
                blink_rate(s, self.eyes.blink_rate, used.blink_rate),
            ]
        metrics += [
            self._yawn(silent.get("mouth", "")),
            self._heart_rate(context.references.heart_rate, silent.get("pulse", "")),
            sleep_metric(context.sleep_score, s.sleep_weight),
        ]
        if s.woke_at >= 0.0 and s.time_weight > 0.0:
            metrics.append(self._time(context.hour, context.driven))
        if s.face_state_weight > 0.0:
            metrics.append(self._face_state(silent.get("face_state", "")))
        if not math.isnan(self.steering.stamp):
            metrics.append(self._steering(silent.get("steering", "")))
        if context.driven >= _WORTH_A_WORD:
            score = ramp(context.driven, 0.0, s.rest_after)
            metrics.append(DRIVING_TIME.scored(60.0 * context.driven, score))
        if reason:
            return Verdict(math.nan, reason, tuple(metrics))
        return Verdict(level(metrics), "", tuple(metrics))

    def start_level(self, context: Context, verdict: Verdict) -> float:
        """[%] The lower of the levels by this driver's references and by the population's.

        Droop is left out of both: lids below a reference that was too high, or blinks longer than
        one that was too short, must be able to mend it.
        """
        population = self.assess(dataclasses.replace(context, references=References()))
        return min(
            level(metric for metric in found.metrics if metric.name != DROOP.name)
            if math.isfinite(found.level)
            else math.nan
            for found in (verdict, population)
        )

    def _perclos(self, value: float) -> MetricScore:
        s = self.settings
        if value <= s.perclos_awake:
            score = s.perclos_awake_score * max(value, 0.0) / s.perclos_awake
        elif value <= s.perclos_drowsy:
            score = s.perclos_awake_score + (_DROWSY_SCORE - s.perclos_awake_score) * (
                ramp(value, s.perclos_awake, s.perclos_drowsy) / 100.0
            )
        else:
            share = ramp(value, s.perclos_drowsy, s.perclos_full) / 100.0
            score = _DROWSY_SCORE + (100.0 - _DROWSY_SCORE) * share
        return PERCLOS.scored(value, score, 100.0)

    def _long_closures(self, now: float, closure: float) -> MetricScore:
        s = self.settings
        long, full, fade = s.long_blink_time, s.closure_full_time, s.closure_fade_time
        while self._closures and self._closures[0][0] < now - full - fade:
            self._closures.popleft()
        total = max(closure - long, 0.0)
        for end, duration in self._closures:
            age = now - end - full
            total += (duration - long) * min(max(1.0 - age / fade, 0.0), 1.0)
        return LONG_CLOSURES.scored(total, min(s.closure_rate * total, 100.0), 100.0)

    def _blink_duration(self, reference: float) -> MetricScore:
        s, value = self.settings, self.eyes.blink_duration
        blinks = self.eyes.blink_rate * self.eyes.window / 60.0
        if not (blinks >= _BLINKS_NEEDED and math.isfinite(value)):
            return BLINK_DURATION.invalid("blink_duration: too few blinks")
        ratio = value / max(reference, _SHORTEST_REFERENCE)
        score = ramp(ratio, s.blink_duration_from, s.blink_duration_full)
        return BLINK_DURATION.scored(value, score, s.blink_duration_weight)

    def _tail(self, now: float, used: References) -> float:
        return self._blinks.value(now, used.blink_duration, used.blink_deviation)

    def _slowness(self, now: float, used: References) -> float:
        return self._speeds.value(now, used.lid_speed, used.lid_speed_deviation)

    def _yawn(self, silence: str) -> MetricScore:
        s, value = self.settings, self.mouth.yawn_rate
        if reason := silence or _unusable("mouth", self.mouth, value):
            return YAWN.invalid(reason)
        return YAWN.scored(value, ramp(value, 0.0, s.yawn_rate_full), s.yawn_weight)

    def _heart_rate(self, reference: float, silence: str) -> MetricScore:
        s, value = self.settings, self.pulse.bpm
        if reason := silence or _unusable("pulse", self.pulse, value):
            return HEART_RATE.invalid(reason)
        # Resting rates differ so much between people that the population's says nothing of one.
        if math.isnan(reference):
            return HEART_RATE.invalid("heart_rate: the driver's own is not known yet", value)
        fall = 100.0 * (reference - value) / reference
        score = ramp(fall, s.heart_rate_from, s.heart_rate_full)
        return HEART_RATE.scored(value, score, s.heart_rate_weight)

    def _time(self, hour: float, driven: float) -> MetricScore:
        s = self.settings
        if not math.isfinite(hour):
            return TIME.invalid("time: the time of day is not known")
        value = predicted_kss(hour, s.woke_at, s.slept, driven)
        return TIME.scored(value, ramp(value, s.time_from, s.time_full), s.time_weight)

    def _face_state(self, silence: str) -> MetricScore:
        s, value = self.settings, self.model.drowsy_duration
        if reason := silence or _unusable("face_state", self.model, value):
            return FACE_STATE.invalid(reason)
        score = ramp(value, s.face_state_from, s.face_state_full)
        return FACE_STATE.scored(value, score, s.face_state_weight)

    def _steering(self, silence: str) -> MetricScore:
        """Steering that is harder to predict than the driver's own, or corrected late."""
        s, state = self.settings, self.steering
        excess = state.entropy - state.own_entropy
        if reason := silence or _unusable("steering", state, excess):
            return STEERING.invalid(reason if not state.valid or silence else _OWN_UNKNOWN)
        score = max(
            ramp(excess, s.steering_from, s.steering_full),
            ramp(state.late_correction_rate, s.late_correction_from, s.late_correction_full),
        )
        return STEERING.scored(state.entropy, score, s.steering_weight)


def _unusable(
    source: str,
    state: EyeState | MouthState | PulseState | ModelState | SteeringState,
    value: float = 0.0,
) -> str:
    """Why a value of a source's newest state cannot be used, empty when it can."""
    usable = state.valid and math.isfinite(value)
    return "" if usable else state.reason or f"{source}: not valid"
