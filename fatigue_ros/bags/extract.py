"""Landmarks of recorded videos as a bag, so that the videos need not be kept."""

from collections.abc import Callable, Sequence
from typing import Any

from fatigue_ros.bags.topics import header, typestore
from fatigue_ros.bags.writer import START, BagWriter
from fatigue_ros.face import Face
from fatigue_ros.monitor.messages import face_fields, nanoseconds
from fatigue_ros.vision.engine import LandmarkEngine
from fatigue_ros.vision.frames import FrameSource

_FRAME_ID = "driver_camera_optical_frame"


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
    kind = typestore().types["fatigue_ros/msg/FaceLandmarks"]
    stamp = header(face.stamp, _FRAME_ID)
    return kind(header=stamp, **face_fields(face), skipped=0, engine=engine)
