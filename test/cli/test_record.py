"""`fatigue record` as people call it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from geometry_msgs.msg import TwistStamped
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from fatigue_ros.bags.reader import Bag
from fatigue_ros.msg import FatigueWarning
from fatigue_ros.ros.qos import WARNING_QOS

IMAGES = "camera/image_raw/compressed"


class Recording:
    """`fatigue record` in a process of its own, while this one publishes."""

    def __init__(self, bench: Any, path: Path, *arguments: str) -> None:
        self.path, self.bench = path, bench
        node = bench.node
        self.speeds = node.create_publisher(TwistStamped, "vehicle/speed", qos_profile_sensor_data)
        self.images = node.create_publisher(Image, "camera/image_raw", qos_profile_sensor_data)
        self.warnings = node.create_publisher(FatigueWarning, "warning", WARNING_QOS)
        self.warnings.publish(FatigueWarning(cause="eyes_closed"))  # said before: latched
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fatigue_ros.cli.main", "record", "-o", path, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ,
        )
        bench.until(lambda: self.speeds.get_subscription_count() > 0, "the recorder", 30.0)
        if arguments:
            bench.until(
                lambda: self.images.get_subscription_count() > 0, "the recorder of images", 30.0
            )
        bench.spin(0.3)  # best effort: who matches last may miss the first
        self.sees_images = bool(
            node.count_subscribers("camera/image_raw")  # in the graph with the others
        )
        image = Image(height=48, width=64, encoding="bgr8", step=192, data=bytes(48 * 192))
        for number in range(20):
            speed = TwistStamped()
            speed.twist.linear.x = float(number)
            self.speeds.publish(speed)
            self.images.publish(image)
            bench.spin(0.05)

    def finish(self, number: int = signal.SIGINT) -> str:
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=20)
        return str(output)


def read(path: Path) -> tuple[dict[str, list[Any]], str]:
    found: dict[str, list[Any]] = {}
    with Bag(path) as bag:
        for name, _, message in bag.messages(list(bag.topics)):
            found.setdefault(name, []).append(message)
        return found, bag.problem


def test_record_keeps_no_images_unless_asked(bench: Any, tmp_path: Path) -> None:
    recording = Recording(bench, tmp_path / "drive")
    output = recording.finish()
    assert recording.process.returncode == 0, output
    assert "messages" in output
    assert not recording.sees_images
    found, problem = read(tmp_path / "drive")
    assert not problem
    assert [m.twist.linear.x for m in found["vehicle/speed"]][-15:] == list(range(5, 20))
    assert [m.cause for m in found["warning"]] == ["eyes_closed"]
    assert not {"camera/image_raw", IMAGES} & set(found)
    yaml = (tmp_path / "drive" / "metadata.yaml").read_text(encoding="utf-8")
    assert "storage_identifier: mcap" in yaml
    assert "transient_local" in yaml  # so that ros2 bag play latches it too


def test_record_with_images(bench: Any, tmp_path: Path) -> None:
    recording = Recording(bench, tmp_path / "drive", "--with-images")
    assert recording.finish(signal.SIGTERM)
    assert recording.process.returncode == 0
    found, _ = read(tmp_path / "drive")
    assert len(found[IMAGES]) >= 15
    assert bytes(found[IMAGES][0].data[:2]) == b"\xff\xd8"  # a JPEG


def test_a_killed_recorder_leaves_what_it_flushed(bench: Any, tmp_path: Path) -> None:
    recording = Recording(bench, tmp_path / "drive")
    end = time.monotonic() + 3.0
    while time.monotonic() < end:  # a message every now and then makes it flush
        recording.warnings.publish(recording.warnings.msg_type(cause="fatigue_level"))
        bench.spin(0.2)
    recording.finish(signal.SIGKILL)
    found, problem = read(tmp_path / "drive")
    assert "not complete" in problem
    assert [m.twist.linear.x for m in found["vehicle/speed"]][-15:] == list(range(5, 20))


def test_record_refuses_what_is_there(
    fatigue: Callable[..., Any], domain: int, tmp_path: Path
) -> None:
    done = fatigue("record", "-o", tmp_path)
    assert done.returncode == 2
    assert "exists" in done.stderr
