"""A recording of any kind through the production measures and judgement."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np

from fatigue_ros.errors import SourceError
from fatigue_ros.evaluation.blink_score import load_blink_csv
from fatigue_ros.evaluation.labels import NO_LABELS, Labels
from fatigue_ros.evaluation.observation import Observation
from fatigue_ros.fusion.judgement import FusionSettings, Judgement
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.monitor.monitor import Pipeline

BAG_FILES = frozenset({".mcap", ".db3"})
SPEED_PERIOD = 0.1
"""[s] a speed that is not recorded is said this often, as vehicles do."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ObserveSettings:
    """How recordings are played.

    Attributes:
        profile: how fatigue is judged, ``evidence`` or ``paper``.
        speed: [m/s] of the vehicle in videos and tables, which hold none; a bag is taken at its
            word.
    """

    profile: str = "evidence"
    speed: float = 25.0


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
    if _is_table(path):
        return _eye_aspect_ratios(path, settings)
    if path.suffix.lower() in BAG_FILES or (path / "metadata.yaml").exists() or _holds_bag(path):
        return _bag(path, settings)
    return _video(path, settings)


def labels_within(path: Path) -> Labels:
    """What a recording itself says of its events: only a table does, of its blinks.

    Raises:
        SourceError: it is a table and cannot be read.
    """
    if not _is_table(path):
        return NO_LABELS
    return Labels(spans={"blink": tuple(load_blink_csv(path).blinks)})


def _is_table(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _holds_bag(path: Path) -> bool:
    # An interrupted recording has no metadata.yaml yet.
    return path.is_dir() and any(file.suffix.lower() in BAG_FILES for file in path.iterdir())


def _fusion(settings: ObserveSettings) -> FusionSettings:
    # What is learned of the driver of a recording must not become a reference of the next one.
    return FusionSettings(state_directory="none", profile=settings.profile)


def _bag(path: Path, settings: ObserveSettings) -> Observation:
    # rosbags and the vision stack take a second to import; tables do without them.
    from fatigue_ros.bags.reader import Bag  # noqa: PLC0415
    from fatigue_ros.bags.replay import Replay  # noqa: PLC0415
    from fatigue_ros.monitor.settings import ReplaySettings  # noqa: PLC0415

    with Bag(path) as bag:
        replay = Replay(bag, settings=ReplaySettings(fusion=_fusion(settings)))
        seen = replay.log = Observation()
        replay.run()
        seen.problem = bag.problem
    seen.finish()
    return seen


def _video(path: Path, settings: ObserveSettings) -> Observation:
    # The vision stack takes a second to import; tables of eye aspect ratios do without it.
    import cv2  # noqa: PLC0415

    from fatigue_ros.vision.engine import LandmarkSettings, create_engine  # noqa: PLC0415
    from fatigue_ros.vision.quiet import without_mediapipe_chatter  # noqa: PLC0415
    from fatigue_ros.vision.sources import open_source  # noqa: PLC0415

    pipeline = Pipeline(fusion=_fusion(settings))
    seen = Observation()
    spoke = -math.inf
    with open_source(str(path)) as source, without_mediapipe_chatter():
        engine = create_engine(LandmarkSettings())
        try:
            while (frame := source.read()) is not None:
                stamp = frame.time or 0.0
                if stamp - spoke >= SPEED_PERIOD:
                    pipeline.judgement.on_speed(stamp, settings.speed)
                    spoke = stamp
                face = engine.detect(
                    np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), np.uint8), stamp
                )
                assessment = pipeline.see(face)
                seen.on_frame(stamp, face=face.detected)
                seen.on_eyes(pipeline.eye_state)
                seen.on_mouth(pipeline.mouth_state)
                seen.on_assessment(assessment)
        finally:
            engine.close()
        seen.problem = source.problem
    seen.finish()
    return seen


def _eye_aspect_ratios(path: Path, settings: ObserveSettings) -> Observation:
    recording = load_blink_csv(path)
    monitor = EyeMonitor(EyeSettings())
    judgement = Judgement(_fusion(settings))
    seen = Observation()
    spoke = -math.inf
    for stamp, ear in zip(recording.stamps, recording.ear, strict=True):
        if stamp - spoke >= SPEED_PERIOD:
            judgement.on_speed(stamp, settings.speed)
            spoke = stamp
        state = monitor.update_ear(stamp, ear)
        judgement.on_eyes(state)
        seen.on_frame(stamp, face=math.isfinite(ear))
        seen.on_eyes(state)
        seen.on_assessment(judgement.update(stamp))
        known = judgement.references.ear_open
        monitor.ear_open = None if math.isnan(known) else known
    seen.finish()
    return seen
