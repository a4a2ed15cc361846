"""A bag through the production measures and judgement, as fast as the machine can.

What nodes do by timers is done here by message time, so that a bag gives the same figures on any
machine, to the last bit.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.topics import COMPRESSED, IMAGES, BagError
from fatigue_ros.errors import FatigueError
from fatigue_ros.face import Face
from fatigue_ros.fusion.assessment import Assessment
from fatigue_ros.fusion.sleep_quality import SCALES
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState
from fatigue_ros.monitor.log import Series, WatchLog
from fatigue_ros.monitor.messages import face_from_message, seconds, state_from_message
from fatigue_ros.monitor.monitor import Pipeline
from fatigue_ros.monitor.settings import ReplaySettings
from fatigue_ros.vision.engine import LandmarkEngine, create_engine
from fatigue_ros.vision.images import compressed_to_rgb, to_rgb

STAGES: dict[str, tuple[str, ...]] = {
    "images": (IMAGES, COMPRESSED),
    "landmarks": ("face/landmarks",),
    "measures": ("blink",),
}
"""From where a bag can be replayed: any one of these topics is needed."""

SILENCE = 0.5  # [s] without a frame, the judgement goes by the clock: as the fusion node
TICK = 0.25  # [s] then this often: as the fusion node
PULSE_PERIOD = 1.0  # [s] as the heart_rate node
_LONGEST_GAP = 60.0  # [s] after that silence says nothing new
_BACKWARDS = 1.0  # [s] stamps that go back by more begin anew


class _Nothing(Series):
    """A series nobody draws, so that hours take no memory."""

    def add(self, time: float, value: float) -> None:
        """Forget the sample."""


class _Highest(Series):
    """A series of which only the highest value is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._highest = math.nan

    def add(self, time: float, value: float) -> None:  # noqa: ARG002 - the base's signature
        """Take the sample into account."""
        self._highest = float(np.fmax(self._highest, value))

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """Shape (1,)."""
        return np.array([self._highest])


def _slim_log() -> WatchLog:
    log = WatchLog()
    for name in ("ear", "ear_open", "perclos", "coverage", "mouth_opening", "heart_rate", "speed"):
        setattr(log, name, _Nothing())
    log.level = _Highest()
    return log


class Replay:
    """Replays one bag.

    Args:
        bag: open for reading.
        stage: a key of STAGES; None for the first that the bag has topics for.
        settings: how fatigue is judged; what is learned is never kept on disk.
        sleep_grade: [1] the driver's word on last night, 1 to 5. None: as in the bag, where a
            recorded FatigueLevel has its score; the answer itself is a service call.
        series: keep all samples in `log`, for a picture; else only what its summary needs.
        watch: told of every assessment, with the eyes and mouth it rests on.

    Attributes:
        stage: where it begins.
        log: what was seen.
        refused: messages whose content made no sense.

    Raises:
        BagError: the bag has no topic of the stage.
        FatigueError: the scale has no such grade.
    """

    def __init__(
        self,
        bag: Bag,
        stage: str | None = None,
        settings: ReplaySettings | None = None,
        *,
        sleep_grade: int | None = None,
        series: bool = False,
        watch: Callable[[Assessment], None] | None = None,
    ) -> None:
        self._bag = bag
        self.stage = _choose(bag, stage)
        self.log = WatchLog() if series else _slim_log()
        self._settings = settings or ReplaySettings()
        fusion = dataclasses.replace(self._settings.fusion, state_directory="none")
        self._pipeline = Pipeline(self._settings.blink, self._settings.yawn, fusion)
        self._judgement = self._pipeline.judgement
        self._watch = watch
        self._sleep_grade = sleep_grade
        self._grades = {score: grade for grade, score in SCALES[fusion.sleep_scale].items()}
        if sleep_grade is not None and sleep_grade not in self._grades.values():
            grades = ", ".join(map(str, sorted(self._grades.values())))
            raise FatigueError(f"sleep grade: expected one of {grades}, got {sleep_grade}")
        self._engine: LandmarkEngine | None = None
        self._now = self._tick = self._pulse_at = math.nan
        self._ignition: bool | None = None
        self.refused = 0
        self._take: dict[str, Callable[[Any], None]] = {
            "vehicle/speed": self._on_speed,
            "ignition": self._on_ignition,
        }
        if fusion.face_state_weight > 0.0:
            self._take["face_state"] = self._on_model
        if self.stage == "measures":
            self._take |= {"blink": self._on_eyes, "yawn": self._on_mouth}
        elif self.stage == "landmarks":
            self._take["face/landmarks"] = self._on_landmarks
        else:
            name = next(name for name in STAGES["images"] if name in bag.topics)
            self._decode: Callable[[Any], Any] = to_rgb if name == IMAGES else compressed_to_rgb
            self._take[name] = self._on_image
        self._has_samples = "ppg" in bag.topics and self.stage != "measures"
        if self._has_samples:
            # scipy takes half a second to import.
            from fatigue_ros.measures.pulse import PulseMonitor  # noqa: PLC0415

            self._pulse = PulseMonitor(self._settings.heart_rate)
            self._take["ppg"] = self._on_samples
        else:
            self._take["heart_rate"] = self._on_pulse
        if sleep_grade is None:
            self._take["fatigue"] = self._on_recorded_level

    def run(self, progress: Callable[[float], None] = lambda _: None) -> WatchLog:
        """Replay all of it.

        Args:
            progress: told now and then how many seconds of the bag are done.

        Returns:
            What was seen; what of the bag was damaged stands in its `problem`.
        """
        told = self._bag.start
        if self.stage == "images":
            self._engine = create_engine(self._settings.landmarks)
        try:
            for name, time, message in self._bag.messages(self._take):
                try:
                    self._take[name](message)
                except FatigueError:  # as the nodes do: refused and counted, the flow goes on
                    self.refused += 1
                except (AttributeError, TypeError, ValueError) as error:
                    self._bag.problem = f"{self._bag.path}: {name}: cannot be used: {error}"
                    break
                if time - told > 1_000_000_000:
                    told = time
                    progress((time - self._bag.start) / 1e9)
        finally:
            if self._engine is not None:
                self._engine.close()
        return self.log

    # Messages ----------------------------------------------------------------------------------

    def _on_speed(self, message: Any) -> None:
        stamp = seconds(message.header.stamp)
        self._advance(stamp)
        speed = float(message.twist.linear.x)
        self._judgement.on_speed(stamp, speed)
        self.log.on_speed(stamp, speed)

    def _on_ignition(self, message: Any) -> None:
        self._ignition = bool(message.data)
        if not math.isnan(self._now):
            self._judgement.on_ignition(self._now, self._ignition)

    def _on_samples(self, message: Any) -> None:
        stamp = seconds(message.header.stamp)
        self._advance(stamp)
        self._pulse.add(stamp, message.sample_rate, message.samples, message.sequence)

    def _on_pulse(self, message: Any) -> None:
        state = state_from_message(PulseState, message)
        self._advance(state.stamp)
        self._take_pulse(state)

    def _take_pulse(self, state: PulseState) -> None:
        self._judgement.on_pulse(state)
        self.log.on_pulse(state)

    def _on_model(self, message: Any) -> None:
        # Late by what the model took, so that its stamp says nothing of the time it is.
        self._judgement.on_model(state_from_message(ModelState, message))

    def _on_recorded_level(self, message: Any) -> None:
        """Its score says what was answered about sleep; all else is judged anew."""
        if self._sleep_grade is not None or math.isnan(self._now):
            return
        for metric in message.metrics:
            if metric.name == "sleep" and metric.valid and metric.score in self._grades:
                self._sleep_grade = self._grades[metric.score]
                self._judgement.set_sleep_quality(self._now, self._sleep_grade)

    def _on_image(self, message: Any) -> None:
        assert self._engine is not None
        self._see(self._engine.detect(self._decode(message), seconds(message.header.stamp)))

    def _on_landmarks(self, message: Any) -> None:
        self._see(face_from_message(message))

    def _see(self, face: Face) -> None:
        self._advance(face.stamp)
        self.log.on_frame(face.stamp, face=face.detected)
        assessment = self._pipeline.see(face)
        self.log.on_mouth(self._pipeline.mouth_state)
        self.log.on_eyes(self._pipeline.eye_state)
        self._judged(assessment)

    def _on_mouth(self, message: Any) -> None:
        state = state_from_message(MouthState, message)
        self._judgement.on_mouth(state)
        self.log.on_mouth(state)

    def _on_eyes(self, message: Any) -> None:
        state = state_from_message(EyeState, message)
        self._advance(state.stamp)
        self.log.on_frame(state.stamp, face=state.judged)
        self._judgement.on_eyes(state)
        self.log.on_eyes(state)
        self._judged(self._judgement.update(state.stamp))

    # Time --------------------------------------------------------------------------------------

    def _advance(self, stamp: float) -> None:
        """Do what timers would have done before this stamp."""
        if math.isnan(self._now) or stamp < self._now - _BACKWARDS:
            self._now = stamp
            self._tick, self._pulse_at = stamp + SILENCE, stamp + PULSE_PERIOD
            if self._ignition is not None:
                self._judgement.on_ignition(stamp, self._ignition)
            if self._sleep_grade is not None:
                self._judgement.set_sleep_quality(stamp, self._sleep_grade)
            return
        last = self._now
        self._now = max(self._now, stamp)
        if stamp - last > _LONGEST_GAP:
            self._tick = max(self._tick, stamp - _LONGEST_GAP)
            self._pulse_at = max(self._pulse_at, stamp - _LONGEST_GAP)
        while min(self._tick, self._pulse_at) <= self._now:
            if self._pulse_at <= self._tick:
                if self._has_samples:
                    self._take_pulse(self._pulse.update(self._pulse_at))
                self._pulse_at += PULSE_PERIOD
            elif self._tick < self._now:
                assessment = self._judgement.update(self._tick)
                self._tick += TICK
                self._report(assessment)
            else:
                break

    def _judged(self, assessment: Assessment) -> None:
        self._tick = assessment.stamp + SILENCE
        self._report(assessment)

    def _report(self, assessment: Assessment) -> None:
        warning = assessment.warning
        self.log.on_level(assessment.stamp, assessment.level)
        self.log.on_warning(
            assessment.stamp, warning.severity.name.lower(), warning.cause.value, warning.text
        )
        if self._watch is not None:
            self._watch(assessment)


def _choose(bag: Bag, stage: str | None) -> str:
    there = [name for name, topics in STAGES.items() if any(t in bag.topics for t in topics)]
    wanted = there if stage is None else [stage] if stage in there else []
    if not wanted:
        names = [t for s in ([stage] if stage else STAGES) for t in STAGES[s]]
        raise BagError(
            f"{bag.path}: expected {' or '.join(names)} to replay from, "
            f"found {', '.join(bag.topics)}"
        )
    return wanted[0]
