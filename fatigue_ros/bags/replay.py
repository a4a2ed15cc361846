"""A bag through the production chain, as fast as the machine can.

What the nodes' clock would have said is read from the times at which the messages were recorded,
so that a bag gives the same figures on any machine, to the last bit.
"""

import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.topics import CAMERA_INFO, COMPRESSED, IMAGES, BagError
from fatigue_ros.errors import FatigueError
from fatigue_ros.face import Face
from fatigue_ros.fusion.assessment import Assessment
from fatigue_ros.fusion.controls import CONTROLS
from fatigue_ros.fusion.sleep_quality import SCALES
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState, SteeringState
from fatigue_ros.monitor.log import DriveLog
from fatigue_ros.monitor.messages import (
    NANOSECONDS,
    face_from_message,
    seconds,
    state_from_message,
)
from fatigue_ros.monitor.monitor import Monitor
from fatigue_ros.monitor.settings import MonitorSettings
from fatigue_ros.vision.camera_model import from_message
from fatigue_ros.vision.engine import LandmarkEngine, LandmarkSettings, create_engine
from fatigue_ros.vision.images import compressed_to_rgb, to_rgb

STAGES: dict[str, tuple[str, ...]] = {
    "images": (IMAGES, COMPRESSED),
    "landmarks": ("face/landmarks",),
    "measures": ("blink",),
}
"""From where a bag can be replayed: any one of these topics is needed."""


class Replay:
    """Replays one bag.

    Args:
        bag: open for reading.
        stage: a key of STAGES; None for the first that the bag has topics for.
        settings: how fatigue is judged.
        landmarks: how faces are found in images.
        sleep_grade: [1] the driver's word on last night, 1 to 5. None: as in the bag, where a
            recorded FatigueLevel has its score; the answer itself is a service call.
        log: told of all that was seen; by default one that keeps only what its summary needs.
        watch: told of every assessment.
        state: folder in which what is learned of the driver is kept and found, as by sessions of
            one person that follow each other; None: nowhere.

    Attributes:
        stage: where it begins.
        log: what was seen.
        refused: messages whose content made no sense.
        refusal: why the first of them did not.
        unstamped: messages with stamp 0, taken as of the time at which they were recorded.

    Raises:
        BagError: the bag has no topic of the stage.
        FatigueError: the scale has no such grade.
    """

    def __init__(
        self,
        bag: Bag,
        stage: str | None = None,
        settings: MonitorSettings | None = None,
        *,
        landmarks: LandmarkSettings | None = None,
        sleep_grade: int | None = None,
        log: DriveLog | None = None,
        watch: Callable[[Assessment], None] | None = None,
        state: Path | None = None,
    ) -> None:
        self._bag = bag
        self.stage = stage_of(bag, stage)
        self.log = DriveLog(keep_samples=False) if log is None else log
        settings = (settings or MonitorSettings()).for_a_recording(state)
        self._monitor = Monitor(settings, listener=watch, log=self.log)
        self._landmarks = landmarks or LandmarkSettings()
        self._time = 0.0  # [s] at which the message at hand was recorded
        self._told_at = math.nan  # when the monitor was told of the sleep
        self._sleep_grade = sleep_grade
        self._grades = {
            score: grade for grade, score in SCALES[settings.fusion.sleep_scale].items()
        }
        if sleep_grade is not None and sleep_grade not in self._grades.values():
            grades = ", ".join(map(str, sorted(self._grades.values())))
            raise FatigueError(f"sleep grade: expected one of {grades}, got {sleep_grade}")
        self._engine: LandmarkEngine | None = None
        self.refused = self.unstamped = 0
        self.refusal = ""
        self._take: dict[str, Callable[[Any], None]] = {
            "vehicle/speed": self._on_speed,
            "ignition": lambda message: self._monitor.on_ignition(bool(message.data)),
            "sleepiness": lambda message: self.log.on_sleepiness(int(message.data)),
            "steering": lambda message: self._monitor.on_steering(
                state_from_message(SteeringState, message)
            ),
        }
        self._take |= {
            f"vehicle/{name}": functools.partial(self._on_control, name) for name in CONTROLS
        }
        if settings.fusion.face_state_weight > 0.0:
            self._take["face_state"] = lambda message: self._monitor.on_model(
                state_from_message(ModelState, message)
            )
        if self.stage == "measures":
            self._take |= {
                "blink": self._on_eyes,
                "yawn": lambda message: self._monitor.on_mouth(
                    state_from_message(MouthState, message)
                ),
            }
        elif self.stage == "landmarks":
            self._take["face/landmarks"] = lambda message: self._see(face_from_message(message))
        else:
            name = next(name for name in STAGES["images"] if name in bag.topics)
            self._decode: Callable[[Any], Any] = to_rgb if name == IMAGES else compressed_to_rgb
            self._take |= {name: self._on_image, CAMERA_INFO: self._on_camera}
        if "ppg" in bag.topics and self.stage != "measures":
            self._take["ppg"] = self._on_samples
        else:
            self._take["heart_rate"] = lambda message: self._monitor.on_pulse(
                state_from_message(PulseState, message)
            )
        if sleep_grade is None:
            self._take["fatigue"] = self._on_recorded_level

    def run(self, progress: Callable[[float], None] = lambda _: None) -> DriveLog:
        """Replay all of it.

        Args:
            progress: told now and then how many seconds of the bag are done.

        Returns:
            What was seen; what of the bag was damaged stands in its `problem`.
        """
        told = self._bag.start
        if self.stage == "images":
            self._engine = create_engine(self._landmarks)
        try:
            for name, time, message in self._bag.messages(self._take):
                self._time = time // NANOSECONDS + time % NANOSECONDS / NANOSECONDS
                try:
                    self._advance()
                    self._stamp(message, time)
                    self._take[name](message)
                except FatigueError as error:  # as the nodes do: refused, counted, and on it goes
                    self.refused += 1
                    self.refusal = self.refusal or str(error)
                except (AttributeError, TypeError, ValueError) as error:
                    self._bag.problem = f"{self._bag.path}: {name}: cannot be used: {error}"
                    break
                if time - told > NANOSECONDS:
                    told = time
                    progress((time - self._bag.start) / NANOSECONDS)
        finally:
            if self._engine is not None:
                self._engine.close()
        return self.log

    def _advance(self) -> None:
        """Let as much time pass as passed up to this message when it was recorded."""
        self._monitor.advance(self._time)
        if self._sleep_grade is not None and self._told_at != self._monitor.began:
            self._told_at = self._monitor.began
            self._monitor.set_sleep_quality(self._sleep_grade)

    def _stamp(self, message: Any, recorded: int) -> None:
        """Some drivers leave the stamp at 0; when it was recorded is the next best."""
        header = getattr(message, "header", None)
        if header is not None and header.stamp.sec == header.stamp.nanosec == 0:
            header.stamp.sec, header.stamp.nanosec = divmod(recorded, NANOSECONDS)
            self.unstamped += 1

    def _on_control(self, name: str, message: Any) -> None:
        self._monitor.on_control(name, bool(message.data))

    def _on_speed(self, message: Any) -> None:
        self._monitor.on_speed(seconds(message.header.stamp), float(message.twist.linear.x))

    def _on_samples(self, message: Any) -> None:
        stamp = seconds(message.header.stamp)
        self._monitor.on_samples(stamp, message.sample_rate, message.samples, message.sequence)

    def _on_recorded_level(self, message: Any) -> None:
        """Read from its score what was answered about sleep; all else is judged anew."""
        if self._sleep_grade is not None:
            return
        for metric in message.metrics:
            if metric.name == "sleep" and metric.valid and metric.score in self._grades:
                self._sleep_grade = self._grades[metric.score]
                self._advance()

    def _on_image(self, message: Any) -> None:
        assert self._engine is not None
        self._see(self._engine.detect(self._decode(message), seconds(message.header.stamp)))

    def _on_camera(self, message: Any) -> None:
        assert self._engine is not None
        self._engine.camera = from_message(message)

    def _see(self, face: Face) -> None:
        self._monitor.on_face(face)

    def _on_eyes(self, message: Any) -> None:
        self._monitor.on_eyes(state_from_message(EyeState, message))


def stage_of(bag: Bag, stage: str | None) -> str:
    """Where a bag can be replayed from: the stage that is wanted, or the first that is there.

    Raises:
        BagError: the bag has no topic of it.
    """
    there = [name for name, topics in STAGES.items() if any(t in bag.topics for t in topics)]
    wanted = there if stage is None else [stage] if stage in there else []
    if not wanted:
        names = [t for s in ([stage] if stage else STAGES) for t in STAGES[s]]
        raise BagError(
            f"{bag.path}: expected {' or '.join(names)} to replay from, "
            f"found {', '.join(bag.topics)}"
        )
    return wanted[0]
