"""Pictures in memory and as messages: the same landmarks and events, whoever listens and where."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from fatigue_ros.desk.processes import NodeProcess
from fatigue_ros.face import EventKind
from fatigue_ros.msg import FaceLandmarks
from fatigue_ros.ros.composition import Composition
from fatigue_ros.ros.conversions import seconds
from fatigue_ros.ros.executable import ros
from fatigue_ros.settings.parameters import Value
from fatigue_ros.simulator.scenario_file import load_scenario
from fatigue_ros.simulator.simulate import simulate
from fatigue_ros.vision.images import fill

DRIVE = """
name: one closure
seed: 3
duration: 2.2
profiles: {blink_rate: 0.0}
events:
  - {at: 0.8, do: closure, duration: 1.0}
"""
FRAMES = 66
WIDTH = 320  # [px] what fits into the shared memory that processes have without a profile
SIMULATED: dict[str, Value] = {"use_sim_time": True}


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drive")
    (folder / "drive.yaml").write_text(DRIVE, encoding="utf-8")
    simulate(load_scenario(folder / "drive.yaml"), folder / "drive.avi")
    return folder / "drive.avi"


class Seen:
    """One play of the video."""

    def __init__(self, video: Path, *, apart: bool = False, looking: bool = False) -> None:
        self.images: list[Any] = []
        self.faces: list[Any] = []
        names = ["observer", "blink", "camera", *([] if apart else ["landmarks"])]
        playing: dict[str, Value] = {
            "source": str(video),
            "pace": "as_consumed",
            "autostart": False,
            "width": WIDTH,
        }
        overrides: dict[str, dict[str, Value]] = dict.fromkeys(names, SIMULATED)
        overrides["camera"] = playing
        with contextlib.ExitStack() as running:
            running.enter_context(ros(["--ros-args", "--disable-stdout-logs"]))
            nodes = running.enter_context(Composition(names, overrides))
            camera: Any = nodes.nodes["camera"]
            observer: Any = nodes.nodes["observer"]
            observer.create_subscription(FaceLandmarks, "face/landmarks", self.faces.append, 1000)
            if looking:
                observer.create_subscription(
                    Image, "camera/image_raw", self.images.append, qos_profile_sensor_data
                )
            camera.trigger_configure()
            assert not nodes.start()
            if apart:
                running.enter_context(contextlib.closing(NodeProcess("landmarks", SIMULATED)))
            listeners = int(apart) + int(looking)
            nodes.spin(lambda: observer.count_subscribers("camera/image_raw") == listeners)
            nodes.spin(lambda: observer.count_publishers("face/landmarks") == 1)
            camera.trigger_activate()
            assert camera.is_active, camera.problem
            nodes.spin(lambda: nodes.ended() or len(self.faces) == FRAMES)
            nodes.spin(lambda: observer.latest["blink"].header == self.faces[-1].header)
            count = len(self.faces)
            nodes.spin(lambda: int(observer.diagnosis("landmarks").get("processed", 0)) >= count)
            self.figures = observer.diagnosis("landmarks")
            # Counted from the last picture: the first answers of another process may be missed.
            last = camera.last_stamp
            self.points = {round(stamp(f) - last, 4): f.points.tolist() for f in self.faces}
            self.closures = [
                np.round((start + observer.log.origin - last, end - start), 4).tolist()
                for start, end in observer.log.spans(EventKind.CLOSURE)
            ]

    def same_as(self, other: Seen) -> bool:
        """Whether landmarks, to the last bit, and events are the same."""
        return self.points.items() <= other.points.items() and self.closures == other.closures


def stamp(message: Any) -> float:
    return seconds(message.header.stamp)


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for each image message that was made."""
    made: list[int] = []

    def count(*given: Any) -> Any:
        made.append(1)
        return fill(*given)

    monkeypatch.setattr("fatigue_ros.ros.player_node.fill", count)
    return made


def test_the_same_is_seen_in_one_process_with_a_listener_and_between_two(
    domain: int, video: Path, filled: list[int]
) -> None:
    alone = Seen(video)
    assert not filled  # nobody asked for a message
    assert len(alone.faces) == FRAMES
    assert alone.figures["skipped"] == "0"
    assert alone.figures["camera/image_raw: messages lost"] == "0"
    assert float(alone.figures["camera/image_raw: age [s]"]) >= 0.0
    assert len(alone.points) == FRAMES
    assert len(alone.closures) == 1

    watched = Seen(video, looking=True)
    assert len(filled) == FRAMES
    assert list(map(stamp, watched.images)) == list(map(stamp, watched.faces))
    assert watched.same_as(alone)

    for _ in range(3):  # the first picture may come before the other process has found the topic
        apart = Seen(video, apart=True)
        if apart.figures["processed"] == str(FRAMES):
            break
    assert len(apart.points) > FRAMES // 2
    assert apart.same_as(alone)
