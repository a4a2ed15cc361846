"""A short simulated drive, written once."""

from __future__ import annotations

from pathlib import Path

import pytest

SHORT = """
name: short
seed: 8
duration: 14.0
profiles:
  speed: 20.0
  blink_rate: 20.0
events:
  - {at: 2.0, do: closure, duration: 2.0}
  - {at: 5.0, do: yawn, duration: 4.5}
  - {at: 10.0, do: unplug, device: camera, duration: 3.0}
"""


@pytest.fixture(scope="session")
def short_scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drive of 14 s: closure at 2 s, yawn at 5 s, no camera from 10 to 13 s."""
    path = tmp_path_factory.mktemp("scenario") / "short.yaml"
    path.write_text(SHORT, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def short_bag(short_scenario: Path) -> Path:
    """The same as a bag, with images."""
    from fatigue_ros.replay.scenario_file import load_scenario  # noqa: PLC0415
    from fatigue_ros.replay.simulate import simulate  # noqa: PLC0415

    path = short_scenario.parent / "short"
    simulate(load_scenario(short_scenario), path)
    return path


@pytest.fixture(scope="session")
def landmark_bag(short_scenario: Path) -> Path:
    """Its landmarks, found in a video of it."""
    from fatigue_ros.replay.bag_writer import BagWriter  # noqa: PLC0415
    from fatigue_ros.replay.driver_source import open_scenario  # noqa: PLC0415
    from fatigue_ros.replay.extract import extract  # noqa: PLC0415
    from fatigue_ros.vision.engine import LandmarkSettings, create_engine  # noqa: PLC0415

    path = short_scenario.parent / "landmarks"
    with (
        open_scenario(short_scenario) as source,
        create_engine(LandmarkSettings()) as engine,
        BagWriter(path) as bag,
    ):
        frames, faces = extract([source], engine, bag)
    assert frames == faces == 330
    return path
