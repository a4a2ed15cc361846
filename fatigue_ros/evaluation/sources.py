"""A recording of any kind through the production chain."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fatigue_ros.bags.reader import Bag, is_bag
from fatigue_ros.bags.replay import Replay
from fatigue_ros.errors import SourceError
from fatigue_ros.evaluation.blink_score import load_blink_csv
from fatigue_ros.evaluation.labels import Labels, SleepinessReport
from fatigue_ros.evaluation.observation import Observation
from fatigue_ros.monitor.monitor import FixedSpeed, Monitor
from fatigue_ros.monitor.settings import MonitorSettings
from fatigue_ros.settings.parameter_files import ParameterFile
from fatigue_ros.vision.engine import LandmarkSettings, create_engine
from fatigue_ros.vision.frames import FrameSource
from fatigue_ros.vision.quiet import without_engine_chatter
from fatigue_ros.vision.sources import open_source

_LATEST_BEGIN = 60.0  # [s] the time of a recording that begins later is no time since its begin


@dataclasses.dataclass(frozen=True, kw_only=True)
class ObserveSettings:
    """How recordings are played.

    Attributes:
        monitor: how fatigue is judged.
        landmarks: how faces are found in videos and bags of images.
        speed: [m/s] of the vehicle in videos and tables, which hold none; a bag is taken at its
            word.
        params: name of the parameter file that the settings come from, if any.
    """

    monitor: MonitorSettings = dataclasses.field(default_factory=MonitorSettings)
    landmarks: LandmarkSettings = dataclasses.field(default_factory=LandmarkSettings)
    speed: float = 25.0
    params: str = ""

    @classmethod
    def read(cls, file: ParameterFile, profile: str | None, speed: float) -> ObserveSettings:
        """Settings as the nodes would have them from a file.

        Raises:
            FatigueError: a value in it is refused.
        """
        return cls(
            monitor=MonitorSettings.read(file, profile),
            landmarks=file.settings("landmarks", LandmarkSettings),
            speed=speed,
            params="" if file.path is None else file.path.name,
        )

    @property
    def profile(self) -> str:
        """How measures become a level."""
        return self.monitor.fusion.profile

    def figures(self) -> dict[str, Any]:
        """What a report says of them."""
        return {"profile": self.profile, "speed": self.speed, "params": self.params or None}


def observe(path: Path, settings: ObserveSettings) -> Observation:
    """Play a recording to its end.

    Args:
        path: a bag, a video, a folder of pictures, or a CSV of eye aspect ratios
            (:func:`~fatigue_ros.evaluation.blink_score.load_blink_csv`).
        settings: how.

    Raises:
        SourceError: there is nothing to be played, or it is of no known kind.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    seen = Observation()
    if path.suffix.lower() == ".csv":
        _observe_table(path, settings, seen)
    elif is_bag(path):
        with Bag(path) as bag:
            Replay(bag, settings=settings.monitor, landmarks=settings.landmarks, log=seen).run()
            seen.problem = bag.problem
        if seen.sleepiness:
            kss = tuple(itertools.starmap(SleepinessReport, seen.sleepiness))
            seen.labels = dataclasses.replace(seen.labels, kss=kss)
    else:
        with open_source(str(path)) as source:
            observe_frames(source, settings, seen)
    seen.finish()
    return seen


def observe_frames(source: FrameSource, settings: ObserveSettings, seen: Observation) -> None:
    """Play the frames of a video, or of anything like it, to their end."""
    monitor = Monitor(settings.monitor.for_a_recording(), log=seen)
    vehicle = FixedSpeed(monitor, settings.speed)
    with without_engine_chatter(), create_engine(settings.landmarks) as engine:
        while (frame := source.read()) is not None:
            stamp = frame.time or 0.0
            _pass(vehicle, seen, stamp)
            rgb = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), np.uint8)
            monitor.on_face(engine.detect(rgb, stamp))
    seen.problem = source.problem


def _observe_table(path: Path, settings: ObserveSettings, seen: Observation) -> None:
    recording = load_blink_csv(path)
    seen.labels = Labels(spans={"blink": tuple(recording.blinks)})
    monitor = Monitor(settings.monitor.for_a_recording(), log=seen)
    vehicle = FixedSpeed(monitor, settings.speed)
    for stamp, ear in zip(recording.stamps, recording.ear, strict=True):
        _pass(vehicle, seen, stamp)
        monitor.on_ear(stamp, ear)


def _pass(vehicle: FixedSpeed, seen: Observation, stamp: float) -> None:
    """Let time pass up to a frame; the drive begins with the recording's zero."""
    if not seen.frames and 0.0 < stamp <= _LATEST_BEGIN:
        vehicle.until(0.0)
    vehicle.until(stamp)
