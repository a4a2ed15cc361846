"""Simulated drives as files: same seed, same bytes, and the truth beside them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from fatigue_ros.bags.reader import Bag
from fatigue_ros.bags.writer import START
from fatigue_ros.errors import FatigueError
from fatigue_ros.monitor.messages import seconds
from fatigue_ros.simulator.scenario_file import load_scenario
from fatigue_ros.simulator.simulate import simulate
from fatigue_ros.vision.images import compressed_to_bgr


def contents(path: Path) -> dict[str, bytes]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}


@pytest.mark.parametrize("name", ["drive", "drive.avi"])
def test_same_seed_same_bytes(short_scenario: Path, tmp_path: Path, name: str) -> None:
    scenario = dataclasses.replace(load_scenario(short_scenario), events=(), duration=2.0)
    written = []
    for folder, seed in (("a", 8), ("b", 8), ("c", 9)):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / name
        truth = simulate(dataclasses.replace(scenario, seed=seed), path)
        written.append((contents(path), truth.read_text(encoding="utf-8")))
    assert written[0] == written[1]
    assert written[0][0] != written[2][0]


def test_the_bag_holds_all_that_was_sent(short_bag: Path) -> None:
    names = ("camera/image_raw/compressed", "ppg", "vehicle/speed", "ignition")
    with Bag(short_bag) as bag:
        assert set(bag.topics) == set(names)
        assert bag.duration == pytest.approx(14.0, abs=0.1)
        messages = list(bag.messages(names))
        assert not bag.problem
        definition = bag.topics["ppg"].msgdef.data
    times = [time for _, time, _ in messages]
    assert times == sorted(times)
    counts = {name: sum(n == name for n, _, _ in messages) for name in names}
    assert counts == {
        "camera/image_raw/compressed": 330,
        "ppg": 140,
        "vehicle/speed": 140,
        "ignition": 14,
    }
    stamps = [seconds(m.header.stamp) - START for n, _, m in messages if n == names[0]]
    assert np.diff(stamps).max() == pytest.approx(3.0 + 1.0 / 30.0, abs=1e-3)
    picture = compressed_to_bgr(next(m for n, _, m in messages if n == names[0]))
    assert picture.shape == (480, 640, 3)
    assert "uint16[] samples" in definition
    assert "std_msgs/Header" in definition  # all that a viewer needs that knows nothing of us


def test_a_video_is_black_while_the_camera_is_off(short_scenario: Path, tmp_path: Path) -> None:
    path = tmp_path / "drive.mp4"
    truth = json.loads(simulate(load_scenario(short_scenario), path).read_text(encoding="utf-8"))
    capture = cv2.VideoCapture(str(path))
    bright = []
    while True:
        read, image = capture.read()
        if not read:
            break
        bright.append(float(image.mean()))
    assert len(bright) == 14 * 30
    assert max(bright[301:389]) < 3.0
    assert min(bright[:299] + bright[392:]) > 40.0

    assert truth["yawns"] == [{"start_s": 5.0, "end_s": 9.5}]
    assert truth["unseen"] == [{"start_s": 10.0, "end_s": 13.0}]
    (closure,) = truth["closures"]
    assert (closure["start_s"], closure["end_s"]) == (2.0, 4.0)
    assert 2.0 < closure["shut_start_s"] < closure["shut_end_s"] < 4.0
    assert truth["blinks"]
    assert truth["every_second"]["speed"] == [20.0] * 14
    shut = closure["shut_end_s"] - closure["shut_start_s"]
    assert truth["every_second"]["perclos"][4] == pytest.approx(shut / 4.0, abs=0.01)
    assert np.diff(truth["beats_s"]).mean() == pytest.approx(60.0 / 70.0, abs=0.03)


@pytest.mark.parametrize("name", ["short", "drive.mcap", "nowhere/drive", "nowhere/drive.mp4"])
def test_what_cannot_be_written_is_refused(short_bag: Path, tmp_path: Path, name: str) -> None:
    folder = short_bag.parent if name == "short" else tmp_path
    scenario = load_scenario("rested")
    with pytest.raises(FatigueError, match=name.rpartition("/")[2]):
        simulate(scenario, folder / name)
