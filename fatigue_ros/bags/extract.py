"""Landmarks of recorded videos as a bag, so that the videos need not be kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fatigue_ros.bags.topics import header, nanoseconds, typestore
from fatigue_ros.bags.writer import START, BagWriter
from fatigue_ros.face import POINT_COUNT, Face
from fatigue_ros.vision.engine import LandmarkEngine
from fatigue_ros.vision.frames import FrameSource

_FRAME_ID = "driver_camera"
_NO_POINTS = np.zeros(2 * POINT_COUNT, np.float32)


def extract(
    sources: Sequence[FrameSource],
    engine: LandmarkEngine,
    bag: BagWriter,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[int, int]:
    """Write one FaceLandmarks for each frame.

    Args:
        sources: pieces of one drive, in order; each follows the one before by a frame period.
        engine: what finds the face.
        bag: open for writing.
        progress: told after each frame how many were done.

    Returns:
        Frames, and how many of them showed a face.
    """
    frames = faces = 0
    offset = 0.0
    for source in sources:
        period = 1.0 / source.frame_rate if source.frame_rate > 0.0 else 1.0 / 30.0
        time = -period
        while (frame := source.read()) is not None:
            time = frame.time if frame.time is not None else time + period
            stamp = START + offset + time
            face = engine.detect(frame.image[:, :, ::-1], stamp)
            bag.write("face/landmarks", nanoseconds(stamp), landmarks_message(face, engine.name))
            frames += 1
            faces += face.detected
            progress(frames)
        offset += time + period
    return frames, faces


def landmarks_message(face: Face, engine: str) -> Any:
    """A Face as FaceLandmarks of `topics.typestore`."""
    pose = (face.yaw, face.pitch, face.roll)
    posed = face.detected and all(np.isfinite(pose))
    yaw, pitch, roll = pose if posed else (0.0, 0.0, 0.0)
    points = _NO_POINTS if face.points is None else face.points.reshape(-1)
    return typestore().types["fatigue_ros/msg/FaceLandmarks"](
        header=header(face.stamp, _FRAME_ID),
        detected=face.detected,
        points=np.ascontiguousarray(points, np.float32),
        head_pose_valid=posed,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        eye_shade=face.eye_shade,
        faces=face.faces,
        image_width=face.width,
        image_height=face.height,
        skipped=0,
        engine=engine,
    )
