"""What the installation put beside the Python package: executables, files, metadata."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

import pytest

from fatigue_ros.ros import composition

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def prefix() -> Path:
    """Where the package is installed: a workspace's, or the environment of the wheels."""
    prefixes = [*os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep), sys.prefix]
    for candidate in filter(None, prefixes):
        if (Path(candidate) / "share" / "fatigue_ros" / "package.xml").is_file():
            return Path(candidate)
    pytest.fail(f"fatigue_ros is installed in none of {prefixes}")


def test_each_node_is_an_executable(prefix: Path) -> None:
    folder = prefix / "lib" / "fatigue_ros"
    assert {p.name for p in folder.iterdir()} == {*composition.ALL, "driver_monitor", "fatigue"}
    assert all(os.access(path, os.X_OK) for path in folder.iterdir())


def test_node_starts_from_anywhere(prefix: Path, tmp_path: Path) -> None:
    # No environment is activated, and the refusal shows that the node's own code ran.
    result = subprocess.run(
        [prefix / "lib" / "fatigue_ros" / "alert", "--ros-args", "-p", "no_such_parameter:=1"],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"},
        text=True,
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert result.returncode == 2, result.stderr
    assert "no_such_parameter" in result.stderr


@pytest.mark.parametrize("folder", ["launch", "config", "msg", "srv"])
def test_files_are_installed(prefix: Path, folder: str) -> None:
    wanted = {
        path.relative_to(ROOT)
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert wanted
    share = prefix / "share" / "fatigue_ros"
    assert not [path for path in wanted if not (share / path).is_file()]


def test_headers_for_cpp_are_installed(prefix: Path) -> None:
    include = prefix / "include" / "fatigue_ros" / "fatigue_ros" / "msg"
    assert (include / "fatigue_level.hpp").is_file()


def test_requirements_are_those_of_the_ros_in_use() -> None:
    # A checkout's egg-info and what CMake writes in a workspace have the same name.
    installed = [
        d
        for d in metadata.distributions(path=[sysconfig.get_path("platlib")])
        if d.metadata["Name"] == "fatigue-ros"
    ]
    if not installed:
        pytest.skip("the package was not installed by pip")
    assert len(installed) == 1
    required = installed[0].requires or []
    assert f"ros-rclpy[fastrtps]=={metadata.version('ros-rclpy')}" in required
    assert any(re.match(r"numpy(<3,>=|>=.*,<3)", line) for line in required)
