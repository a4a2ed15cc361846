"""A replay reads the nodes' parameter file, and refuses what they would refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.monitor.settings import ReplaySettings, load_settings
from fatigue_ros.settings.resources import config


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_reference_holds_the_defaults() -> None:
    assert load_settings(config("fatigue.yaml")) == ReplaySettings()


def test_each_node_takes_its_own(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
/**:
  ros__parameters: {use_sim_time: true, max_yaw: 0.4}
/car/fusion:
  ros__parameters: {profile: paper}
blink:
  ros__parameters: {max_yaw: 0.5, window: 30}
/**/camera:
  ros__parameters: {source: "/dev/video7"}
""",
    )
    settings = load_settings(path)
    assert settings.fusion.profile == "paper"
    assert (settings.blink.max_yaw, settings.yawn.max_yaw) == (0.5, 0.4)
    assert settings.blink.window == 30.0
    assert settings.yawn.window == ReplaySettings().yawn.window
    assert settings.landmarks == ReplaySettings().landmarks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/**/blink:\n  ros__parameters: {windwo: 30.0}", "blink: windwo: no node has such"),
        ("/**/blinks:\n  ros__parameters: {window: 30.0}", "blinks: window: no node has such"),
        ("/**:\n  ros__parameters: {nonsense: 1}", "nonsense: no node has such"),
        ("/**/blink:\n  ros__parameters: {window: long}", "blink: window: expected float"),
        ("/**/fusion:\n  ros__parameters: {profile: best}", "fusion: profile: 'best' is not"),
        ("/**/blink: {window: 30.0}", "no ros__parameters under /"),
        ("- 1", "no ros__parameters"),
        ("", "no ros__parameters"),
        ("a: [", "expected a ROS parameter file"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(FatigueError) as refusal:
        load_settings(path)
    assert str(refusal.value).startswith(str(path))
    assert expected in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FatigueError, match=r"none\.yaml: expected a ROS parameter file"):
        load_settings(tmp_path / "none.yaml")


def test_values_that_contradict_each_other(tmp_path: Path) -> None:
    path = written(tmp_path, "/**/blink:\n  ros__parameters: {close_ratio: 0.7}")
    with pytest.raises(ParameterError, match=r"blink: close_ratio, reopen_ratio"):
        load_settings(path)
