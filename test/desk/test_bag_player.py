"""`fatigue play`: a bag's messages on the graph's topics, once all listen, none of them lost."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Empty

from fatigue_ros.bags.reader import Bag
from fatigue_ros.cli.main import main
from fatigue_ros.desk.bag_player import played
from fatigue_ros.msg import BlinkRate, FaceEvent, FaceLandmarks
from fatigue_ros.ros.conversions import seconds

DEEP = QoSProfile(depth=2000, reliability=ReliabilityPolicy.RELIABLE)


class Audience:
    """What the graph would hear, and the player in a process of its own."""

    def __init__(self, bench: Any, started: Callable[..., Any], bag: Path, *options: str) -> None:
        self.bench, self.heard, self.clocks = bench, [], []  # type: ignore[var-annotated]
        self.process = started(
            *(sys.executable, "-m", "fatigue_ros.cli.main", "play", bag, *options),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def listen(self, kind: Any, topic: str) -> None:
        node = self.bench.node
        node.create_subscription(Clock, "/clock", self._on_clock, DEEP)
        node.create_subscription(kind, topic, self._on_message, DEEP)

    def _on_clock(self, message: Any) -> None:
        self.clocks.append(message.clock)

    def _on_message(self, message: Any) -> None:
        self.heard.append((message, self.clocks[-1] if self.clocks else None))

    def attend(self, *topics: str) -> None:
        """As nodes do once they are active."""
        for topic in topics:
            self.bench.node.create_subscription(Empty, topic, print, 1)

    def end(self) -> str:
        self.bench.until(lambda: self.process.poll() is not None, "the end of the bag")
        self.bench.spin(0.2)
        return str(self.process.communicate()[0])


def test_nothing_is_said_before_all_listen_and_nothing_is_lost(
    bench: Any, started: Callable[..., Any], landmark_bag: Path
) -> None:
    audience = Audience(bench, started, landmark_bag, "--rate", "10")
    audience.listen(FaceLandmarks, "face/landmarks")
    node = bench.node
    bench.until(lambda: node.count_publishers("face/landmarks"), "the player")
    audience.attend("warning")
    bench.spin(1.5)
    assert not audience.heard  # nobody hears blinks yet: the nodes are not all active
    assert not audience.clocks
    audience.attend("blink")
    words = audience.end()
    assert audience.process.returncode == 0, words
    with Bag(landmark_bag) as bag:
        recorded = [message for _, _, message in bag.messages(["face/landmarks"])]
    assert [seconds(m.header.stamp) for m, _ in audience.heard] == [
        seconds(m.header.stamp) for m in recorded
    ]
    assert list(audience.heard[0][0].points) == recorded[0].points.tolist()
    # By the recording's clock, which is never ahead of what is said.
    times = list(map(seconds, audience.clocks))
    assert times == sorted(times)
    assert {seconds(m.header.stamp) for m in recorded} <= set(times)
    assert times[-1] == seconds(recorded[-1].header.stamp)


KIND = "fatigue_ros/msg/BlinkRate"


def old_bag(path: Path) -> Path:
    """Blinks as another version of us had them, the first without a stamp."""
    store = get_typestore(Stores.ROS2_JAZZY)
    event = "builtin_interfaces/Time start\nfloat32 duration"
    store.register(get_types_from_msg(event, "fatigue_ros/msg/FaceEvent"))
    text = "std_msgs/Header header\nbool valid\nfloat32[] gone\nFaceEvent[] events\nstring reason"
    store.register(get_types_from_msg(text, KIND))
    types = store.types
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection("/car/blink", KIND, typestore=store)
        for number in range(3):
            nanosec = 5 if number else 0
            stamp = types["builtin_interfaces/msg/Time"](sec=1000 * number, nanosec=nanosec)
            head = types["std_msgs/msg/Header"](stamp=stamp, frame_id="eye")
            closure = types["fatigue_ros/msg/FaceEvent"](start=stamp, duration=0.25)
            gone = np.zeros(2, np.float32)
            message = types[KIND](header=head, valid=True, gone=gone, events=[closure], reason="x")
            recorded = 7_000_000_000_000 + number * 10**8
            writer.write(connection, recorded, store.serialize_cdr(message, KIND))
    return path


def test_messages_of_another_version_and_without_a_stamp(
    bench: Any, started: Callable[..., Any], tmp_path: Path
) -> None:
    bag = old_bag(tmp_path / "old")
    audience = Audience(bench, started, bag, "--namespace", "car", "--from", "measures")
    audience.listen(BlinkRate, "/car/blink")
    audience.attend("/car/warning")
    words = audience.end()
    assert audience.process.returncode == 0, words
    found = [message for message, _ in audience.heard]
    assert [seconds(m.header.stamp) for m in found] == [7000.0, 1000.000000005, 2000.000000005]
    assert {(m.header.frame_id, m.valid, m.reason) for m in found} == {("eye", True, "x")}
    assert [event.duration for m in found for event in m.events] == [0.25] * 3
    assert isinstance(found[0].events[0], FaceEvent)
    assert {m.blink_count for m in found} == {0}


class _Bag:
    """The topics of one are all that is asked for."""

    def __init__(self, *topics: str) -> None:
        self.topics = dict.fromkeys(topics)


@pytest.mark.parametrize(
    ("stage", "there", "expected"),
    [
        (
            "images",
            ["camera/image_raw/compressed", "ppg", "vehicle/speed", "fatigue"],
            ["camera/image_raw/compressed", "vehicle/speed", "ppg"],
        ),
        (
            "images",
            ["camera/image_raw", "camera/image_raw/compressed", "heart_rate", "ppg", "warning"],
            ["camera/image_raw", "ppg"],
        ),
        ("measures", ["blink", "yawn", "heart_rate", "ppg"], ["blink", "yawn", "heart_rate"]),
        ("measures", ["blink", "ppg", "face/landmarks"], ["blink", "ppg"]),
    ],
)
def test_what_is_played(stage: str, there: list[str], expected: list[str]) -> None:
    assert played(_Bag(*there), stage) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["no"], "expected a bag, found nothing"),
        ([".", "--rate", "0"], "expected a positive number, got '0'"),
        ([".", "--rate", "nan"], "expected a positive number, got 'nan'"),
    ],
)
def test_what_cannot_be_played_is_refused(
    tmp_path: Path, words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.suppress(SystemExit):  # argparse's
        assert main(["play", str(tmp_path / words[0]), *words[1:]]) == 2
    assert expected in capsys.readouterr().err
