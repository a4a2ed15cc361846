"""The whole graph as `ros2 launch` brings it up: every topic speaks, and it ends cleanly.

Once in one process and a namespace, once with a process for each node. The driver is a portrait
that disappears now and then, so that there is a face to find and something to warn of.
"""

from __future__ import annotations

import shutil
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("launch_testing", reason="brings up the graph with ROS's launch_testing")

import cv2
import launch_testing
import numpy as np
import rclpy
import skimage.data
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import TwistStamped
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription, SetLaunchConfiguration
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_testing.actions import ReadyToTest
from launch_testing.asserts import assertExitCodes
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import Image

from fatigue_ros.msg import (
    ActuatorCommand,
    BlinkRate,
    FaceLandmarks,
    FatigueLevel,
    FatigueWarning,
    YawnRate,
)
from fatigue_ros.ros.composition import NODES
from fatigue_ros.ros.qos import WARNING_QOS

LAUNCH_FILE = Path(__file__).resolve().parents[2] / "launch" / "fatigue.launch.py"
PATIENCE = 300.0  # [s] seven processes start on a busy machine
TOPICS = {
    "camera/image_raw": (Image, qos_profile_sensor_data),
    "face/landmarks": (FaceLandmarks, QoSProfile(depth=10)),
    "blink": (BlinkRate, QoSProfile(depth=10)),
    "yawn": (YawnRate, QoSProfile(depth=10)),
    "vehicle/speed": (TwistStamped, qos_profile_sensor_data),
    "fatigue": (FatigueLevel, QoSProfile(depth=10)),
    "warning": (FatigueWarning, WARNING_QOS),
    "actuators/command": (ActuatorCommand, QoSProfile(depth=10)),
    "/diagnostics": (DiagnosticArray, QoSProfile(depth=100)),
}
PARAMETERS = """\
/**/camera:
  ros__parameters:
    source: "what the launch argument replaces"
    loop: true
/**/fusion:
  ros__parameters:
    cannot_see_time: 1.0
    see_again_time: 0.5
    state_directory: none
/**/vehicle_speed:
  ros__parameters:
    source: fixed
    fixed_speed_kmh: 90.0
"""


def record(file: Path) -> None:
    """A portrait for two seconds, darkness for three."""
    portrait = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    picture = cv2.cvtColor(portrait[:320, 60:380], cv2.COLOR_RGB2BGR)
    rate = 10
    video = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), rate, (320, 320))
    assert video.isOpened()
    for image, seconds in ((picture, 2), (np.zeros_like(picture), 3)):
        for _ in range(seconds * rate):
            video.write(image)
    video.release()


@pytest.mark.launch_test
@launch_testing.parametrize(  # type: ignore[untyped-decorator]
    "composed, namespace", [("true", "car"), ("false", "")]
)
def generate_test_description(composed: str, namespace: str) -> Any:
    """Called by launch_testing, once for each line above."""
    folder = Path(tempfile.mkdtemp(prefix="fatigue_ros_"))
    record(folder / "portrait.avi")
    (folder / "drive.yaml").write_text(PARAMETERS, encoding="utf-8")
    graph = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(LAUNCH_FILE)),
        launch_arguments={
            "composed": composed,
            "namespace": namespace,
            "source": str(folder / "portrait.avi"),
            "params": str(folder / "drive.yaml"),
        }.items(),
    )
    patient = SetLaunchConfiguration("sigterm_timeout", str(PATIENCE))
    return LaunchDescription([patient, graph, ReadyToTest()]), {"folder": folder}


class TestRunning(unittest.TestCase):
    """While the graph is up."""

    def setUp(self) -> None:
        self.context = rclpy.Context()
        rclpy.init(args=[], context=self.context)
        self.node = rclpy.create_node("listener", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)

    def tearDown(self) -> None:
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)

    def test_every_topic_speaks(self, namespace: str) -> None:
        prefix = f"/{namespace}" if namespace else ""
        everyone = {f"fatigue_ros: {prefix}/{name}" for name in NODES}
        states: dict[str, bytes] = {}
        seen: set[str] = set()

        def hear(topic: str, message: Any) -> None:
            seen.add(topic)
            if topic == "/diagnostics":
                states.update({status.name: status.level for status in message.status})
            elif topic == "face/landmarks" and message.detected:
                assert (message.image_width, message.image_height) == (320, 320)
                seen.add("a face")
            elif topic == "vehicle/speed":
                assert message.twist.linear.x == pytest.approx(25.0)
            elif topic == "fatigue" and message.speed_valid:
                assert message.speed == pytest.approx(25.0)
                seen.add("the speed at fusion")
            elif topic == "warning" and message.cause:
                assert message.cause == "cannot_see_driver"
                seen.add("a warning")
            elif topic == "actuators/command" and message.yellow_led:
                seen.add("a light")

        for topic, (kind, qos) in TOPICS.items():
            name = topic if topic.startswith("/") else f"{prefix}/{topic}"
            self.node.create_subscription(kind, name, lambda m, t=topic: hear(t, m), qos)
        wanted = {*TOPICS, "a face", "the speed at fusion", "a warning", "a light"}
        end = time.monotonic() + PATIENCE

        def well() -> set[str]:
            # Who starts slowly is missed by the others for a while.
            return {name for name, level in states.items() if level != DiagnosticStatus.ERROR}

        while missing := sorted((wanted - seen) | (everyone - well())):
            assert time.monotonic() < end, f"waited {PATIENCE:g} s in vain for {missing}"
            self.executor.spin_once(timeout_sec=0.1)
        assert set(states) == everyone


@launch_testing.post_shutdown_test()
class TestEnded(unittest.TestCase):
    """Once everything has been told to end."""

    def test_processes_ended_cleanly(self, proc_info: Any, composed: str) -> None:
        expected = ["driver_monitor"] if composed == "true" else list(NODES)
        ended = [Path(info.cmd[0]).name for info in proc_info]
        assert sorted(ended) == sorted(expected)
        assertExitCodes(proc_info)

    def test_nothing_went_wrong_on_the_way(self, proc_output: Any) -> None:
        text = b"".join(output.text for output in proc_output).decode(errors="replace")
        assert "active" in text
        # On a slow machine `alert` says what is so: fusion started later than it.
        said = "\n".join(line for line in text.splitlines() if "no word from fusion" not in line)
        found = [word for word in ("Traceback", "[ERROR]", "[FATAL]") if word in said]
        assert not found, text

    def test_folder_can_go(self, folder: Path) -> None:
        shutil.rmtree(folder)
        assert not folder.exists()
