"""ROS from wheels works without a setup.bash, and a sourced ROS stays as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fatigue_ros import environment


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An environment that holds an ament index."""
    (tmp_path / "share" / "ament_index").mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return str(tmp_path)


def test_index_of_the_wheels_is_named(wheels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMENT_PREFIX_PATH", raising=False)
    environment.prepare()
    environment.prepare()
    assert os.environ["AMENT_PREFIX_PATH"] == wheels


def test_workspace_stays_in_front(wheels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/workspace/install")
    environment.prepare()
    assert os.environ["AMENT_PREFIX_PATH"] == f"/workspace/install{os.pathsep}{wheels}"


def test_other_installations_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/opt/ros/jazzy")
    environment.prepare()
    assert os.environ["AMENT_PREFIX_PATH"] == "/opt/ros/jazzy"


def test_children_find_their_own_libraries(wheels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_ROS_WHEELS_BOOTSTRAP_COMPLETE", "1")
    environment.prepare()
    assert "_ROS_WHEELS_BOOTSTRAP_COMPLETE" not in os.environ


@pytest.mark.parametrize("home", [None, "", "/proc/nowhere"])
def test_ros_starts_without_a_home_to_write_to(home: str | None) -> None:
    code = "from fatigue_ros import environment; environment.prepare(); import rclpy; rclpy.init()"
    given = {k: v for k, v in os.environ.items() if k not in ("HOME", "ROS_HOME", "ROS_LOG_DIR")}
    given |= {} if home is None else {"HOME": home}
    done = subprocess.run(
        [sys.executable, "-c", code], env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("ROS's log goes to "), done.stderr
    assert (home or "HOME is not set") in done.stderr


@pytest.mark.parametrize("name", ["ROS_HOME", "ROS_LOG_DIR"])
def test_a_folder_for_the_log_that_is_named_stays(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in ("HOME", "ROS_HOME", "ROS_LOG_DIR"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, str(tmp_path))
    environment.prepare()
    assert {k: os.environ.get(k) for k in ("ROS_HOME", "ROS_LOG_DIR") if k in os.environ} == {
        name: str(tmp_path)
    }
