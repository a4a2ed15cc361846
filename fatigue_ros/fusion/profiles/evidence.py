"""Profile ``evidence``: eyelid closure carries the level, everything else corroborates.

Each metric gives a score s between 0 and 1 and has a weight w, the most that it alone can make of
the level. They combine like independent witnesses (the "noisy or"):

    level = 100 % * (1 - product of (1 - w * s) over the valid metrics)

PERCLOS and long closures are two readings of the same closed eyes, so only the higher of the two
takes part. A metric that is not valid is a factor of 1: it can never raise the level. Formula,
constants and sources are laid out in docs/fatigue_level.md.
"""

from __future__ import annotations

import collections
import math

from fatigue_ros.face import EventKind
from fatigue_ros.fusion.assessment import MetricScore, Verdict
from fatigue_ros.fusion.profiles.evidence_settings import EvidenceSettings
from fatigue_ros.fusion.references import References
from fatigue_ros.fusion.scores import combine, ramp
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState

METRICS = (
    "perclos",
    "long_closures",
    "blink_duration",
    "blink_rate",
    "yawn",
    "heart_rate",
    "sleep",
)
"""Always in this order; ``face_state`` comes behind them where it has a weight."""
_SHORTEST_REFERENCE = 0.15  # [s] a frame at 30 frames/s is a fifth of it; ratios to less are noise
_DROWSY_SCORE = 75.0  # [%] at perclos_drowsy: where the visual warning begins by default
_BLINKS_NEEDED = 5.0  # [1] in the window, for a mean duration worth comparing


class EvidenceProfile:
    """The metrics of the default profile, from the newest states."""

    name = "evidence"

    def __init__(self, settings: EvidenceSettings, long_blink_time: float) -> None:
        """Start with nothing measured.

        Args:
            settings: the numbers.
            long_blink_time: [s] from which on a closure is a long one.
        """
        self._settings = settings
        self._long = long_blink_time
        self.reset()

    def reset(self) -> None:
        """Forget everything measured."""
        self._eyes: EyeState | None = None
        self._mouth: MouthState | None = None
        self._pulse: PulseState | None = None
        self._model: ModelState | None = None
        self._closures: collections.deque[tuple[float, float]] = collections.deque(maxlen=256)

    def on_eyes(self, state: EyeState, *, driving: bool) -> None:
        """Take a frame; closures of a standing driver are not kept."""
        self._eyes = state
        if driving:
            for event in state.events:
                if event.kind == EventKind.CLOSURE and event.duration >= self._long:
                    self._closures.append((event.end, event.duration))

    def on_mouth(self, state: MouthState) -> None:
        """Take a frame."""
        self._mouth = state

    def on_pulse(self, state: PulseState) -> None:
        """Take a window of pulse."""
        self._pulse = state

    def on_model(self, state: ModelState) -> None:
        """Take what a learned model says of a frame."""
        self._model = state

    def assess(  # noqa: D417 - arguments of the same kind are described once
        self,
        now: float,
        references: References,
        sleep_score: float | None,
        *,
        closure: float = 0.0,
        mouth_silence: str = "",
        pulse_silence: str = "",
        model_silence: str = "",
        heart_rate_known: bool = True,
    ) -> Verdict:
        """Level at a time [s].

        Args:
            references: the driver's own or the population's.
            sleep_score: [%] None when not evaluated.
            closure: [s] length of the closure in progress.
            mouth_silence, pulse_silence, model_silence: why a source cannot be used now, empty when
                it can.
            heart_rate_known: whether the reference of heart rate is the driver's own. Resting
                rates differ so much between people that the population's says nothing of one.
        """
        eyes = self._eyes
        reason = "eyes: no message yet"
        if eyes is not None:
            reason = "" if eyes.valid else (eyes.reason or "eyes: not valid")
        if not reason and eyes is not None and not math.isfinite(eyes.perclos):
            reason = "eyes: no PERCLOS"
        metrics: tuple[MetricScore, ...] = (
            self._perclos(eyes, reason),
            self._long_closures(now, closure, reason),
            self._blink_duration(eyes, references.blink_duration, reason),
            self._blink_rate(eyes, references.blink_rate, reason),
            self._yawn(mouth_silence),
            self._heart_rate(references.heart_rate, heart_rate_known, pulse_silence),
            MetricScore("sleep", False, "sleep quality not given today", unit="%")
            if sleep_score is None
            else MetricScore(
                "sleep", True, "", sleep_score, "%", sleep_score, self._settings.sleep_weight
            ),
        )
        if self._settings.face_state_weight > 0.0:
            metrics = (*metrics, self._face_state(model_silence))
        if reason:
            return Verdict(math.nan, reason, metrics)
        points = [m.weight * m.score / 100.0 for m in metrics if m.valid]
        return Verdict(combine([max(points[:2]), *points[2:]]), "", metrics)

    def _perclos(self, eyes: EyeState | None, reason: str) -> MetricScore:
        if eyes is None or reason:
            return MetricScore("perclos", False, reason, unit="1")
        s = self._settings
        value = eyes.perclos
        if value <= s.perclos_awake:
            score = s.perclos_awake_score * max(value, 0.0) / s.perclos_awake
        elif value <= s.perclos_drowsy:
            score = s.perclos_awake_score + (_DROWSY_SCORE - s.perclos_awake_score) * (
                ramp(value, s.perclos_awake, s.perclos_drowsy) / 100.0
            )
        else:
            share = ramp(value, s.perclos_drowsy, s.perclos_full) / 100.0
            score = _DROWSY_SCORE + (100.0 - _DROWSY_SCORE) * share
        return MetricScore("perclos", True, "", value, "1", score, 100.0)

    def _long_closures(self, now: float, closure: float, reason: str) -> MetricScore:
        if reason:
            return MetricScore("long_closures", False, reason, unit="s")
        s = self._settings
        oldest = now - s.closure_full_time - s.closure_fade_time
        while self._closures and self._closures[0][0] < oldest:
            self._closures.popleft()
        total = max(closure - self._long, 0.0)
        for end, duration in self._closures:
            age = now - end - s.closure_full_time
            total += (duration - self._long) * min(max(1.0 - age / s.closure_fade_time, 0.0), 1.0)
        score = min(s.closure_rate * total, 100.0)
        return MetricScore("long_closures", True, "", total, "s", score, 100.0)

    def _blink_duration(self, eyes: EyeState | None, reference: float, reason: str) -> MetricScore:
        if eyes is None or reason:
            return MetricScore("blink_duration", False, reason, unit="s")
        blinks = eyes.blink_rate * eyes.window / 60.0
        if not (blinks >= _BLINKS_NEEDED and math.isfinite(eyes.blink_duration)):
            return MetricScore("blink_duration", False, "blink_duration: too few blinks", unit="s")
        s = self._settings
        ratio = eyes.blink_duration / max(reference, _SHORTEST_REFERENCE)
        score = ramp(ratio, s.blink_duration_from, s.blink_duration_full)
        return MetricScore(
            "blink_duration", True, "", eyes.blink_duration, "s", score, s.blink_duration_weight
        )

    def _blink_rate(self, eyes: EyeState | None, reference: float, reason: str) -> MetricScore:
        if eyes is None or reason:
            return MetricScore("blink_rate", False, reason, unit="1/min")
        if not math.isfinite(eyes.blink_rate) or reference <= 0.0:
            return MetricScore("blink_rate", False, "blink_rate: no value", unit="1/min")
        s = self._settings
        score = ramp(eyes.blink_rate / reference, s.blink_rate_from, s.blink_rate_full)
        return MetricScore(
            "blink_rate", True, "", eyes.blink_rate, "1/min", score, s.blink_rate_weight
        )

    def _yawn(self, silence: str) -> MetricScore:
        mouth = self._mouth
        if silence or mouth is None:
            return MetricScore("yawn", False, silence or "mouth: no message yet", unit="1/min")
        if not mouth.valid or not math.isfinite(mouth.yawn_rate):
            return MetricScore("yawn", False, mouth.reason or "mouth: not valid", unit="1/min")
        s = self._settings
        score = ramp(mouth.yawn_rate, 0.0, s.yawn_rate_full)
        return MetricScore("yawn", True, "", mouth.yawn_rate, "1/min", score, s.yawn_weight)

    def _heart_rate(self, reference: float, known: bool, silence: str) -> MetricScore:
        pulse = self._pulse
        if silence or pulse is None:
            reason = silence or "pulse: no message yet"
            return MetricScore("heart_rate", False, reason, unit="1/min")
        if not pulse.valid or not math.isfinite(pulse.bpm):
            return MetricScore(
                "heart_rate", False, pulse.reason or "pulse: not valid", unit="1/min"
            )
        if not known:
            reason = "heart_rate: the driver's own is not known yet"
            return MetricScore("heart_rate", False, reason, pulse.bpm, "1/min")
        s = self._settings
        fall = 100.0 * (reference - pulse.bpm) / reference
        score = ramp(fall, s.heart_rate_from, s.heart_rate_full)
        return MetricScore("heart_rate", True, "", pulse.bpm, "1/min", score, s.heart_rate_weight)

    def _face_state(self, silence: str) -> MetricScore:
        model = self._model
        if silence or model is None:
            reason = silence or "face_state: no message yet"
            return MetricScore("face_state", False, reason, unit="s")
        if not model.valid or not math.isfinite(model.drowsy_duration):
            return MetricScore(
                "face_state", False, model.reason or "face_state: not valid", unit="s"
            )
        s = self._settings
        score = ramp(model.drowsy_duration, s.face_state_from, s.face_state_full)
        return MetricScore(
            "face_state", True, "", model.drowsy_duration, "s", score, s.face_state_weight
        )
