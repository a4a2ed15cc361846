"""`fatigue simulate`, `record`, `extract` and `replay` as people call them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCENARIO = """
name: nap
seed: 4
duration: 6.0
profiles: {speed: 25.0, blink_rate: 10.0}
events:
  - {at: 2.0, do: closure, duration: 2.5}
"""
IMAGES = "camera/image_raw/compressed"


@pytest.fixture(scope="module")
def folder(fatigue: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated drive as video, as bag `nap` and its landmarks as bag `landmarks`."""
    path = tmp_path_factory.mktemp("bags")
    (path / "nap.yaml").write_text(SCENARIO, encoding="utf-8")
    for arguments in (
        ("simulate", path / "nap.yaml", "-o", path / "nap.avi"),
        ("extract", path / "nap.avi", "-o", path / "landmarks"),
    ):
        done = fatigue(*arguments)
        assert done.returncode == 0, done.stderr
        assert str(arguments[-1]) in done.stdout
    return path


def test_replay_takes_the_nodes_parameters(
    fatigue: Callable[..., Any], refused: Callable[..., str], folder: Path, tmp_path: Path
) -> None:
    params = tmp_path / "mine.yaml"
    params.write_text("/**/blink:\n  ros__parameters: {min_eye_width: 100.0}\n")
    plain, changed = (
        fatigue("replay", folder / "landmarks", "--sleep", "2", "--json", *more)
        for more in ((), ("--params", params))
    )
    assert plain.returncode == changed.returncode == 0, changed.stderr
    warned = [json.loads(done.stdout)["warnings"] for done in (plain, changed)]
    causes = [[warning["cause"] for warning in warnings] for warnings in warned]
    assert causes == [["eyes_closed"], ["cannot_see_driver"]]  # nobody's eyes are so large
    for wrong, said in (
        (("--params", tmp_path / "none.yaml"), "none.yaml: expected a ROS parameter file"),
        (("--sleep", "6"), "sleep grade: expected one of 1, 2, 3, 4, 5, got 6"),
    ):
        assert said in refused("replay", folder / "landmarks", *wrong)


def test_what_was_simulated_is_seen_in_the_landmarks(
    fatigue: Callable[..., Any], folder: Path, tmp_path: Path
) -> None:
    outputs = []
    for _ in range(2):
        done = fatigue("replay", folder / "landmarks", "--json")
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]  # byte for byte
    seen = json.loads(outputs[0])
    truth = json.loads((folder / "nap.truth.json").read_text(encoding="utf-8"))
    assert seen["frames"] == seen["frames_with_face"] == 180
    (closure,), (shut,) = seen["closures"], truth["closures"]
    assert closure["start_s"] == pytest.approx(shut["shut_start_s"], abs=0.15)
    assert closure["end_s"] == pytest.approx(shut["shut_end_s"], abs=0.15)
    assert [w["cause"] for w in seen["warnings"]] == ["eyes_closed"]

    summary, picture = tmp_path / "s.json", tmp_path / "p.png"
    done = fatigue("replay", folder / "landmarks", "--summary", summary, "--picture", picture)
    assert done.returncode == 0
    assert json.loads(summary.read_text(encoding="utf-8")) == seen
    assert picture.stat().st_size > 20_000
    assert "from landmarks" in done.stdout
    assert "1 closure" in done.stdout


def test_damaged_bags_are_read_as_far_as_they_go(
    fatigue: Callable[..., Any], folder: Path, tmp_path: Path
) -> None:
    whole = (folder / "landmarks" / "landmarks.mcap").read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(whole[:-100])
    done = fatigue("replay", cut, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["frames"] == 180
    assert "cut.mcap" in done.stderr
    assert "not complete" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["replay", "nowhere"], ["nowhere", "expected a bag"]),
        (["replay", "nap.avi"], ["nap.avi", "expected a bag"]),
        (["replay", "empty.mcap"], ["empty.mcap"]),
        (["replay", "landmarks", "--from", "images"], ["camera/image_raw", "face/landmarks"]),
        (["replay", "landmarks", "--summary", "no/where/s.json"], ["s.json"]),
        (["simulate", "nobody", "-o", "x"], ["nobody", "microsleeps"]),
        (["simulate", "rested", "-o", "nap.avi"], ["nap.avi", "exists"]),
        (["extract", "nowhere.mp4", "-o", "x"], ["nowhere.mp4"]),
        (["extract", "nap.avi", "-o", "landmarks"], ["landmarks", "exists"]),
        (["extract", "/dev/video0", "-o", "x"], ["/dev/video0", "recording"]),
    ],
)
def test_refusals(
    refused: Callable[..., str], folder: Path, arguments: list[str], words: list[str]
) -> None:
    (folder / "empty.mcap").touch()
    paths = {"nap.avi", "landmarks", "empty.mcap", "x"}
    said = refused(*(folder / word if word in paths else word for word in arguments))
    assert all(word in said for word in words), said
    assert not (folder / "x").exists()


class Recording:
    """`fatigue record` in a process of its own, while this one publishes."""

    def __init__(self, bench: Any, path: Path, *arguments: str) -> None:
        from geometry_msgs.msg import TwistStamped  # noqa: PLC0415 - only where ROS is
        from rclpy.qos import qos_profile_sensor_data  # noqa: PLC0415
        from sensor_msgs.msg import Image  # noqa: PLC0415

        from fatigue_ros.msg import FatigueWarning  # noqa: PLC0415
        from fatigue_ros.ros.qos import WARNING_QOS  # noqa: PLC0415

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
    from fatigue_ros.bags.reader import Bag  # noqa: PLC0415

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
