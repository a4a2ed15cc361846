"""`fatigue record` as people call it."""

from __future__ import annotations

import contextlib
import functools
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from fatigue_ros import workload as tlx
from fatigue_ros.bags.frames import BagFrames
from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.topics import BagError
from fatigue_ros.msg import FatigueWarning, Workload
from fatigue_ros.ros.qos import WARNING_QOS

IMAGES = "camera/image_raw/compressed"


def read(path: Path) -> tuple[dict[str, list[Any]], str]:
    found: dict[str, list[Any]] = {}
    with Bag(path) as bag:
        for name, _, message in bag.messages(list(bag.topics)):
            found.setdefault(name, []).append(message)
        return found, bag.problem


def speeds(found: dict[str, list[Any]]) -> list[float]:
    """Those that count."""
    return [m.twist.linear.x for m in found.get("vehicle/speed", []) if m.twist.linear.x >= 0.0]


class Recording:
    """`fatigue record` in a process of its own, which has recorded the speeds 0 to 19."""

    def __init__(self, bench: Any, started: Callable[..., Any], path: Path, *options: str) -> None:
        self.path = path
        node = bench.node
        self.speeds = node.create_publisher(TwistStamped, "vehicle/speed", qos_profile_sensor_data)
        self.images = node.create_publisher(Image, "camera/image_raw", qos_profile_sensor_data)
        self.warnings = node.create_publisher(FatigueWarning, "warning", WARNING_QOS)
        self.workloads = node.create_publisher(Workload, "workload", 10)
        self.warnings.publish(FatigueWarning(cause="eyes_closed"))  # said before: latched
        self.process = started(
            *(sys.executable, "-m", "fatigue_ros.cli.main", "record", "-o", path, *options),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        heard = {"vehicle/speed", IMAGES} if options else {"vehicle/speed"}
        bench.until(lambda: heard <= self.kept().keys(), "the recorder")
        self.sees_images = bool(node.count_subscribers("camera/image_raw"))
        for number in range(20):
            self.publish(float(number))
            bench.spin(0.05)
        bench.until(lambda: 19.0 in speeds(self.kept()), "what was recorded to be in the file")

    def publish(self, speed: float) -> None:
        """A speed and an image."""
        message = TwistStamped()
        message.twist.linear.x = speed
        self.speeds.publish(message)
        self.images.publish(
            Image(height=48, width=64, encoding="bgr8", step=192, data=bytes(48 * 192))
        )

    def kept(self) -> dict[str, list[Any]]:
        """What is in the file by now; that messages come makes the recorder write it."""
        self.publish(-1.0)
        with contextlib.suppress(BagError):  # there is no file yet, or nothing in it
            return read(self.path)[0]
        return {}

    def finish(self, number: int = signal.SIGINT) -> str:
        self.process.send_signal(number)
        output, _ = self.process.communicate()
        return str(output)


@pytest.fixture
def record(bench: Any, started: Callable[..., Any], tmp_path: Path) -> Callable[..., Recording]:
    """Record with these options, into the bag `drive`."""
    return functools.partial(Recording, bench, started, tmp_path / "drive")


def test_record_keeps_no_images_unless_asked(record: Callable[..., Recording]) -> None:
    recording = record()
    output = recording.finish()
    assert recording.process.returncode == 0, output
    assert "messages" in output
    assert not recording.sees_images
    with pytest.raises(BagError, match="expected images"):
        BagFrames(recording.path)
    found, problem = read(recording.path)
    assert not problem
    assert speeds(found)[-15:] == list(range(5, 20))
    assert [m.cause for m in found["warning"]] == ["eyes_closed"]
    assert not {"camera/image_raw", IMAGES} & set(found)
    yaml = (recording.path / "metadata.yaml").read_text(encoding="utf-8")
    assert "storage_identifier: mcap" in yaml
    assert "transient_local" in yaml  # so that ros2 bag play latches it too


def test_record_with_images(record: Callable[..., Recording], bench: Any) -> None:
    recording = record("--with-images")
    said = {"mental": 8, "physical": 3, "temporal": 8, "performance": 4, "effort": 7}
    for frustration in (5, 0):  # the other is no answer
        recording.workloads.publish(Workload(**said, frustration=frustration))
    bench.until(lambda: len(recording.kept().get("workload", [])) == 2, "the answers in the bag")
    output = recording.finish(signal.SIGTERM)
    assert recording.process.returncode == 0
    assert "workload: NASA-TLX frustration: expected 1 to 10, got 0" in output
    found, _ = read(recording.path)
    assert len(found[IMAGES]) >= 15
    assert bytes(found[IMAGES][0].data[:2]) == b"\xff\xd8"  # a JPEG
    # What `fatigue learn label` opens: the answers beside the bag, and the pictures in it.
    beside = tlx.answers_file(recording.path)
    assert beside.name == f"{recording.path.name}.nasa_tlx.json"
    assert tlx.Workload.read(beside) == tlx.Workload(8, 3, 8, 4, 7, 5)
    with BagFrames(recording.path) as frames:
        read_frames = list(iter(frames.read, None))
    assert frames.size == (64, 48)
    assert [frame.index for frame in read_frames] == list(range(len(found[IMAGES])))
    assert frames.read() is None


def test_a_killed_recorder_leaves_what_it_flushed(record: Callable[..., Recording]) -> None:
    recording = record()
    recording.finish(signal.SIGKILL)
    found, problem = read(recording.path)
    assert "not complete" in problem
    assert speeds(found)[-15:] == list(range(5, 20))


def test_record_refuses_what_is_there(
    fatigue: Callable[..., Any], domain: int, tmp_path: Path
) -> None:
    done = fatigue("record", "-o", tmp_path)
    assert done.returncode == 2
    assert "exists" in done.stderr
