"""A replay reads the nodes' parameter file, and refuses what they would refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from fatigue_ros.errors import FatigueError, ParameterError
from fatigue_ros.monitor.settings import MonitorSettings
from fatigue_ros.settings.parameter_files import ParameterFile
from fatigue_ros.settings.resources import config


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def load_settings(path: Path) -> MonitorSettings:
    return MonitorSettings.read(ParameterFile(path))


def test_the_reference_holds_the_defaults() -> None:
    assert load_settings(config("fatigue.yaml")) == MonitorSettings()


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
    assert settings.yawn.window == MonitorSettings().yawn.window


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/**/blink:\n  ros__parameters: {windwo: 30.0}", "blink: windwo: no node has such"),
        ("/**/blink:\n  ros__parameters: {window: long}", "blink: window: expected float"),
        ("/**/fusion:\n  ros__parameters: {required_sources: []}", "required_sources: expected a"),
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


@pytest.mark.parametrize(
    "text",
    [
        "car:\n  fusion:\n    ros__parameters: {profile: paper}",
        "/car/fusion:\n  ros__parameters: {profile: paper}",
        "/*/fusion:\n  ros__parameters: {profile: paper}",
        "/*:\n  ros__parameters: {use_sim_time: true}\nfusion: {ros__parameters: {profile: paper}}",
    ],
)
def test_names_as_the_nodes_take_them(tmp_path: Path, text: str) -> None:
    file = ParameterFile(written(tmp_path, text))
    assert MonitorSettings.read(file).fusion.profile == "paper"
    assert not file.warning


def test_a_name_of_no_node_is_warned_of_as_the_nodes_do(tmp_path: Path) -> None:
    file = ParameterFile(written(tmp_path, "/**/fusoin:\n  ros__parameters: {profile: paper}"))
    assert MonitorSettings.read(file) == MonitorSettings()
    assert "/**/fusoin" in file.warning
    assert "expected one of" in file.warning


def test_the_profile_may_be_another_one_than_the_files(tmp_path: Path) -> None:
    file = ParameterFile(written(tmp_path, "fusion:\n  ros__parameters: {profile: paper}"))
    settings = MonitorSettings.read(file, "evidence").for_a_recording()
    assert (settings.fusion.profile, settings.fusion.state_directory) == ("evidence", "none")
