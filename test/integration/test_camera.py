"""camera alone over DDS: files, folders and streams in, images out; and when they end or stop."""

from __future__ import annotations

import itertools
import math
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image

from fatigue_ros.msg import FaceLandmarks
from fatigue_ros.nodes.camera import CameraNode
from fatigue_ros.ros.base import ERROR, WARN
from fatigue_ros.ros.conversions import seconds
from fatigue_ros.ros.player_node import ENDED
from fatigue_ros.vision import playback

RATE = 25.0
# Deep, so that a busy bench does not lose what the camera sent.
DEEP = QoSProfile(depth=200, reliability=ReliabilityPolicy.BEST_EFFORT)


def picture(number: int) -> Any:
    image = np.full((120, 160, 3), 30, np.uint8)
    image[:, 2 * number : 2 * number + 40] = 220
    return image


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """One second of a moving bar."""
    path = tmp_path / "bar.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (160, 120))
    for number in range(25):
        writer.write(picture(number))
    writer.release()
    return path


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No image is given up, however slow the machine."""
    monkeypatch.setattr(playback, "ANSWER_PATIENCE", 600.0)


class Rig:
    """The node, and all it says."""

    def __init__(self, bench: Any, **parameters: Any) -> None:
        self.bench = bench
        self.images: list[Any] = []
        self.states: list[Any] = []
        self.node = bench.add(CameraNode(parameters))
        bench.node.create_subscription(Image, "camera/image_raw", self.images.append, DEEP)
        bench.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_state, 10)

    def _on_state(self, array: Any) -> None:
        self.states += [s for s in array.status if s.name.endswith("/camera")]

    def state(self) -> Any:
        """The next diagnosis."""
        self.states.clear()
        return self.bench.until(lambda: self.states and self.states[-1], "a diagnosis")


def test_a_file_plays_in_real_time_and_ends(bench: Any, video: Path) -> None:
    rig = Rig(bench, source=str(video))
    before = rig.node.now()
    assert rig.node.start(), rig.node.problem
    bench.until(lambda: rig.node.player.ended, "the end")
    took = rig.node.now() - before
    bench.until(lambda: len(rig.images) == rig.node.player.shown, "the last image")
    assert took > 24 / RATE
    stamps = [seconds(m.header.stamp) for m in rig.images]
    steps = np.diff(stamps) * RATE
    # What came too late on a busy machine was left out and counted, not played faster.
    assert np.allclose(steps, np.round(steps), atol=0.01)
    assert rig.node.player.shown + rig.node.player.dropped == 25
    assert before <= stamps[0] <= before + took - 24 / RATE
    assert rig.images[0].encoding == "bgr8"
    assert (rig.images[0].width, rig.images[0].height) == (160, 120)
    assert rig.images[0].header.frame_id == "driver_camera_optical_frame"
    state = rig.state()
    assert (state.level, state.message) == (WARN, ENDED)


@pytest.mark.parametrize(
    ("text", "focal", "words"),
    [
        ("", 160.0 / 2.0 / math.tan(math.radians(45.0)), "streaming"),  # by the field of view
        (
            "image_width: 640\nimage_height: 480\ncamera_matrix: {data: [520, 0, 320, 0, 520, 240,"
            " 0, 0, 1]}",
            130.0,
            "streaming",
        ),
        (
            "image_width: 640\nimage_height: 360\ncamera_matrix: {data: [520, 0, 320, 0, 520, 240,"
            " 0, 0, 1]}",
            None,
            "is for pictures of 640x360, these have 160x120",
        ),
    ],
)
def test_what_the_camera_is_goes_out_beside_its_images(
    bench: Any, video: Path, tmp_path: Path, text: str, focal: float | None, words: str
) -> None:
    given: dict[str, Any] = {"field_of_view": 90.0}
    if text:
        (tmp_path / "camera.yaml").write_text(text, encoding="utf-8")
        given["camera_info_file"] = str(tmp_path / "camera.yaml")
    rig = Rig(bench, source=str(video), pace="as_consumed", **given)
    infos: list[Any] = []
    bench.node.create_subscription(CameraInfo, "camera/camera_info", infos.append, DEEP)
    assert rig.node.start(), rig.node.problem
    bench.until(lambda: rig.images, "an image")
    assert words in rig.state().message
    assert bool(infos) is (focal is not None)
    if focal is not None:
        assert infos[0].header == rig.images[0].header
        assert (infos[0].width, infos[0].height) == (160, 120)
        assert infos[0].k[0] == pytest.approx(focal)
        assert list(infos[0].k[2:9:3]) == [80.0, 60.0, 1.0]


def test_as_consumed_waits_for_answers_and_sets_the_clock(bench: Any, video: Path) -> None:
    rig = Rig(bench, source=str(video), pace="as_consumed")
    clocks: list[Any] = []
    bench.node.create_subscription(Clock, "/clock", clocks.append, 200)
    answers = bench.node.create_publisher(FaceLandmarks, "face/landmarks", 10)
    assert rig.node.start(), rig.node.problem
    bench.until(lambda: rig.images, "the first image")
    bench.spin(0.3)
    assert len(rig.images) == 1, "the camera did not wait for an answer"
    answered = 0

    def answer() -> bool:
        nonlocal answered
        while answered < len(rig.images):
            answers.publish(FaceLandmarks(header=rig.images[answered].header))
            answered += 1
        return bool(rig.node.player.ended)

    bench.until(answer, "the end")
    assert len(rig.images) == 25
    assert rig.node.player.dropped == rig.node.player.lockstep.unanswered == 0
    stamps = [m.header.stamp for m in rig.images]
    bench.until(lambda: clocks and clocks[-1].clock == stamps[-1], "the clock")
    # A time that stands, while an answer is waited for, is said again.
    assert [time for time, _ in itertools.groupby(c.clock for c in clocks)] == stamps


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.mp4", None, ["missing.mp4", "no such file"]),
        ("text.mp4", b"not a video at all", ["text.mp4"]),
        ("empty", "folder", ["empty"]),
    ],
)
def test_a_source_that_cannot_be_used_is_refused_by_name(
    bench: Any, tmp_path: Path, name: str, content: Any, words: list[str]
) -> None:
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    rig = Rig(bench, source=str(path))
    assert not rig.node.start()
    assert not rig.node.is_configured
    assert all(word in rig.node.problem for word in words), rig.node.problem
    state = rig.state()
    assert state.level == ERROR
    assert state.message == rig.node.problem


def test_a_live_source_cannot_be_played_as_consumed(bench: Any) -> None:
    rig = Rig(bench, source="rtsp://user:secret@localhost/live", pace="as_consumed")
    assert not rig.node.start()
    assert "as_consumed" in rig.node.problem
    assert "secret" not in rig.node.problem


def test_a_camera_that_stops_is_reported_and_opened_again(
    bench: Any, network_camera: Callable[[list[bytes]], str]
) -> None:
    jpegs = [cv2.imencode(".jpg", picture(n))[1].tobytes() for n in range(30)]
    address = network_camera(jpegs) + "/live"
    rig = Rig(bench, source=address, stream_timeout=20.0)  # it hangs up sooner than that
    assert rig.node.start(), rig.node.problem
    bench.until(lambda: rig.node.player.trouble, "the loss")
    assert "no more images" in rig.node.player.trouble
    first = rig.node.player.shown
    assert first > 0
    bench.until(
        lambda: rig.node.player.reopened >= 1 and rig.node.player.shown > first, "images again"
    )
    assert not rig.node.player.ended


def test_a_camera_that_is_not_there_yet_is_waited_for(
    bench: Any, network_camera: Callable[..., str]
) -> None:
    jpegs = [cv2.imencode(".jpg", picture(n))[1].tobytes() for n in range(30)]
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))  # nobody listens, and nobody else may
        port = kept.getsockname()[1]
        rig = Rig(bench, source=f"http://127.0.0.1:{port}/live", stream_timeout=1.0)
        assert rig.node.start(), rig.node.problem
        state = rig.state()
        assert state.level == ERROR
        assert str(port) in state.message
    network_camera(jpegs, port)
    bench.until(lambda: rig.images, "images")


def test_deactivation_stops_and_activation_starts_over(bench: Any, video: Path) -> None:
    rig = Rig(bench, source=str(video), loop=True)
    assert rig.node.start(), rig.node.problem
    bench.until(lambda: len(rig.images) > 3, "images")
    rig.node.trigger_deactivate()
    count = rig.node.player.shown
    bench.until(lambda: len(rig.images) >= count, "what was sent before")
    bench.spin(0.3)
    assert len(rig.images) == count
    rig.node.trigger_activate()
    bench.until(lambda: len(rig.images) > count + 30, "images beyond the file's end, in a loop")
    stamps = [seconds(m.header.stamp) for m in rig.images[count:]]
    assert min(np.diff(stamps)) > 0.0
