"""A scenario plays like a recording."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from pathlib import Path

import numpy as np
import pytest

from fatigue_ros.errors import SourceError
from fatigue_ros.simulator.driver_source import DriverSource, open_scenario
from fatigue_ros.simulator.scenario import Gone, Scenario, ScenarioError, Unplug
from fatigue_ros.vision.frames import CameraSettings, FrameSource

SHORT = Scenario(name="short", seed=3, duration=0.95, frame_rate=20.0)


def test_frames_come_in_order_and_end() -> None:
    with DriverSource(SHORT) as source:
        assert isinstance(source, FrameSource)
        assert not source.live
        assert source.frame_rate == 20.0
        assert source.size == (640, 480)
        frames = []
        while (frame := source.read()) is not None:
            frames.append(frame)
        assert source.read() is None
    assert [f.index for f in frames] == list(range(19))
    assert [f.time for f in frames] == pytest.approx(np.arange(19) / 20.0)
    assert all(f.image.shape == (480, 640, 3) and f.image.dtype == np.uint8 for f in frames)
    # Noise alone makes every frame differ from the one before.
    assert all(not np.array_equal(a.image, b.image) for a, b in itertools.pairwise(frames))


def test_same_seed_same_bytes() -> None:
    def digest(scenario: Scenario) -> str:
        total = hashlib.sha256()
        with DriverSource(scenario) as source:
            while (frame := source.read()) is not None:
                total.update(frame.image.tobytes())
        return total.hexdigest()

    assert digest(SHORT) == digest(SHORT)
    assert digest(SHORT) != digest(dataclasses.replace(SHORT, seed=4))


def test_an_unplugged_camera_gives_nothing_and_time_goes_on() -> None:
    events = (Gone(at=0.1, duration=0.1), Unplug(at=0.3, duration=0.4))
    with DriverSource(dataclasses.replace(SHORT, events=events)) as source:
        times = []
        while (frame := source.read()) is not None:
            times.append(frame.time)
    assert times == pytest.approx([0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.7, 0.75, 0.8, 0.85, 0.9])


def test_starting_over_and_closing() -> None:
    source = DriverSource(
        dataclasses.replace(SHORT, duration=0.2), CameraSettings(loop=True, rotation=90)
    )
    frames = [source.read() for _ in range(6)]
    assert [f.time for f in frames if f] == pytest.approx(np.arange(6) / 20.0)
    assert [f.index for f in frames if f] == list(range(6))
    assert source.size == (480, 640)
    assert frames[0] is not None
    assert frames[0].image.shape == (640, 480, 3)
    source.close()
    assert source.read() is None


def test_a_scenario_without_any_frame_ends_even_when_it_loops() -> None:
    dark = dataclasses.replace(SHORT, duration=0.2, events=(Unplug(at=0.0, duration=0.2),))
    assert DriverSource(dark, CameraSettings(loop=True)).read() is None


@pytest.mark.parametrize(
    ("asked", "size"), [((320, 0), (320, 240)), ((0, 600), (800, 600)), ((480, 300), (480, 300))]
)
def test_sizes(asked: tuple[int, int], size: tuple[int, int]) -> None:
    source = DriverSource(SHORT, CameraSettings(width=asked[0], height=asked[1]))
    frame = source.read()
    assert source.size == size
    assert frame is not None
    assert frame.image.shape[1::-1] == size


def test_what_cannot_be_played_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="160 x 120 to 1920 x 1440 px, not 64 x 48"):
        DriverSource(SHORT, CameraSettings(width=64))
    with pytest.raises(ScenarioError, match="no such scenario"):
        open_scenario("nowhere")
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nduration: 1.0\nportrait: me.png\n")
    with pytest.raises(SourceError, match=r"me\.png: no such portrait"):
        open_scenario(file)
