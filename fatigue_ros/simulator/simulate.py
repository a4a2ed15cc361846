"""Writes a simulated drive into a video or a bag, with the ground truth beside it."""

import json
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fatigue_ros.bags.topics import COMPRESSED, header, typestore
from fatigue_ros.bags.writer import JPEG_QUALITY, START, BagWriter
from fatigue_ros.errors import FatigueError
from fatigue_ros.monitor.messages import nanoseconds
from fatigue_ros.simulator.drive import (
    SAMPLE_RATE,
    DriveEvent,
    DriveEvents,
    PulseEvent,
    SleepAnswer,
    SpeedEvent,
    SteadySource,
    SteeringEvent,
)
from fatigue_ros.simulator.driver_script import DriverScript, LidMovement
from fatigue_ros.simulator.movements import Span
from fatigue_ros.simulator.scenario import Scenario
from fatigue_ros.vision.images import Picture, to_jpeg

VIDEOS = {".avi": "MJPG", ".mp4": "mp4v", ".mkv": "mp4v", ".mov": "mp4v"}
"""Endings of video files and their codecs."""


class VideoDrive(AbstractContextManager["VideoDrive"]):
    """A video file; while the camera is unplugged it is black.

    Raises:
        FatigueError: it cannot be written.
    """

    def __init__(self, path: Path, rate: float, size: tuple[int, int]) -> None:
        """Begin the file.

        Args:
            path: its ending, one of VIDEOS, picks the codec.
            rate: [Hz].
            size: [px] width and height.
        """
        self._path = path
        self._black = np.zeros((size[1], size[0], 3), np.uint8)
        codec = cv2.VideoWriter.fourcc(*VIDEOS[path.suffix.lower()])
        self._writer = cv2.VideoWriter(str(path), codec, rate, size)
        if not self._writer.isOpened():
            raise FatigueError(f"{path}: cannot be written as a video")

    def frame(self, time: float, image: Picture) -> None:  # noqa: ARG002 - as BagDrive
        """Append a frame."""
        self._writer.write(image if image.size else self._black)

    def other(self, event: DriveEvent) -> None:
        """A video holds nothing else."""

    def __exit__(self, *_: object) -> None:
        self._writer.release()


class BagDrive(AbstractContextManager["BagDrive"]):
    """A bag with JPEG images, pulse samples, speed and ignition.

    Raises:
        BagError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._bag = BagWriter(path)

    def frame(self, time: float, image: Picture) -> None:
        """Append a frame."""
        if not image.size:
            return
        data = np.frombuffer(to_jpeg(image, JPEG_QUALITY), np.uint8)
        kind = typestore().types["sensor_msgs/msg/CompressedImage"]
        message = kind(
            header=header(START + time, "driver_camera_optical_frame"), format="jpeg", data=data
        )
        self._bag.write(COMPRESSED, nanoseconds(START + time), message)

    def other(self, event: DriveEvent) -> None:
        """Append a message."""
        write_event(self._bag, event)

    def __exit__(self, *_: object) -> None:
        self._bag.close()


_BOOL = "std_msgs/msg/Bool"


def write_event(bag: BagWriter, event: DriveEvent) -> None:
    """Append a message; the answer to the sleep question is a service call and has none."""
    if isinstance(event, SleepAnswer):
        return
    types = typestore().types
    stamp = START + event.time
    message: Any
    if isinstance(event, SpeedEvent):
        vector = types["geometry_msgs/msg/Vector3"]
        twist = types["geometry_msgs/msg/Twist"](
            linear=vector(x=event.metres_per_second, y=0.0, z=0.0),
            angular=vector(x=0.0, y=0.0, z=0.0),
        )
        kind = types["geometry_msgs/msg/TwistStamped"]
        topic, message = "vehicle/speed", kind(header=header(stamp, "base_link"), twist=twist)
    elif isinstance(event, SteeringEvent):
        bag.write("vehicle/assistance", nanoseconds(stamp), types[_BOOL](data=event.assisted))
        number = types["std_msgs/msg/Float32"]
        bag.write("vehicle/lateral_position", nanoseconds(stamp), number(data=event.position))
        topic, message = "vehicle/steering_angle", number(data=event.angle)
    elif isinstance(event, PulseEvent):
        topic = "ppg"
        message = types["fatigue_ros/msg/PpgSamples"](
            header=header(START + event.first, "ppg_sensor"),
            sequence=event.sequence,
            device_time=round(1e6 * event.first) % 2**32,
            sample_rate=SAMPLE_RATE,
            samples=event.samples,
        )
    else:
        topic, message = "ignition", types[_BOOL](data=event.on)
    bag.write(topic, nanoseconds(stamp), message)


def simulate(
    scenario: Scenario, path: Path, progress: Callable[[float], None] = lambda _: None
) -> Path:
    """Write a drive.

    Args:
        scenario: what happens.
        path: a video file by its ending, else the folder of a bag.
        progress: told now and then how many seconds are done.

    Returns:
        The file with the ground truth, `path` with .truth.json for an ending.

    Raises:
        FatigueError: it cannot be written, or is there already.
    """
    stem = path.stem if path.suffix.lower() in VIDEOS else path.name
    truth = path.with_name(f"{stem}.truth.json")
    for file in (path, truth):
        if file.exists():
            raise FatigueError(f"{file}: exists already, expected a new file")
    if not path.absolute().parent.is_dir():
        raise FatigueError(f"{path}: expected to write there, found no folder {path.parent}")
    source = SteadySource(scenario)
    with source, _writer(path, source) as writer:
        events = DriveEvents(source.script)
        while (frame := source.read()) is not None:
            time = frame.time or 0.0
            for event in events.until(time):
                writer.other(event)
            writer.frame(time, frame.image)
            if frame.index % 30 == 0:
                progress(time)
        for event in events.until():
            writer.other(event)
    text = json.dumps(ground_truth(source.script), indent=1)
    truth.write_text(text + "\n", encoding="utf-8")
    return truth


def _writer(path: Path, source: SteadySource) -> VideoDrive | BagDrive:
    if path.suffix.lower() in VIDEOS:
        return VideoDrive(path, source.frame_rate, source.size)
    return BagDrive(path)


def ground_truth(script: DriverScript) -> dict[str, Any]:
    """What really happened, for JSON; times in [s] from the first frame.

    Once a second there are PERCLOS (P80 over the last 60 s), heart rate [1/min], speed [m/s] and
    ignition.
    """
    scenario, truth = script.scenario, script.truth
    times = np.arange(math.ceil(scenario.duration), dtype=np.float64)
    return {
        "scenario": scenario.name,
        "seed": scenario.seed,
        "duration_s": scenario.duration,
        "frame_rate": scenario.frame_rate,
        "first_stamp_s": START,
        "blinks": [_lids(movement) for movement in truth.blinks],
        "closures": [_lids(movement) for movement in truth.closures],
        "yawns": [_span(yawn) for yawn in truth.yawns],
        "unseen": [_span(interval) for interval in truth.unseen],
        "beats_s": [round(float(beat), 4) for beat in truth.beats],
        "sleep_answers": [{"time_s": at, "grade": grade} for at, grade in truth.sleep_answers],
        "every_second": {
            "perclos": [round(script.perclos(float(time)), 4) for time in times],
            "heart_rate": [round(float(v), 2) for v in script.heart_rate(times)],
            "speed": [round(float(v), 3) for v in script.speed(times)],
            "ignition": [bool(v) for v in script.ignition(times)],
        },
    }


def _span(interval: Span) -> dict[str, float]:
    return {"start_s": round(interval.start, 4), "end_s": round(interval.end, 4)}


def _lids(movement: LidMovement) -> dict[str, float]:
    """From the lid's first movement to its last, and while it was at least 80 % shut."""
    shut = movement.shut
    return {
        **_span(movement.whole),
        "shut_start_s": round(shut.start, 4),
        "shut_end_s": round(shut.end, 4),
    }
