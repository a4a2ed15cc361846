"""What installs the package on a vehicle's computer: the script's words, the unit, the rule."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = ROOT / "config" / "system"


def run(workspace: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "ROS_DISTRO"} | variables
    return subprocess.run(
        [workspace / "src" / "fatigue_ros" / "scripts" / "install_vehicle", *words],
        cwd=workspace,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "fatigue_ros").symlink_to(ROOT)
    return tmp_path


def test_what_rosdep_would_bring_by_pip_is_brought_into_the_packages_own_environment(
    workspace: Path,
) -> None:
    """The system's Python refuses it (PEP 668), and rosdep's keys name no versions."""
    said = run(workspace, "--dry-run", ROS_DISTRO="jazzy")
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    (rosdep,) = (line for line in lines if line.startswith("+ rosdep install"))
    keys = re.findall(r"<exec_depend>(.+-pip)</", (ROOT / "package.xml").read_text("utf-8"))
    assert rosdep.partition("--skip-keys ")[2].split() == keys
    brought = " ".join(line for line in lines if "/install/fatigue_ros/bin/pip install" in line)
    for key in keys:
        name = re.sub(r"^python3?-|-pip$", "", key)
        assert re.search(rf"\b{name}==\d", brought), key
    assert "ai-edge-litert==" in brought
    # In this order: programs look for their Python where the environment is made.
    steps = ["rosdep", "venv", "pip install", "colcon build", "fatigue models"]
    places = [next(n for n, line in enumerate(lines) if step in line) for step in steps]
    assert places == sorted(places)
    assert not list((workspace).glob("install"))


def test_programs_take_the_python_of_that_environment(tmp_path: Path) -> None:
    place = tmp_path / "install" / "fatigue_ros"
    (place / "bin").mkdir(parents=True)
    (place / "lib" / "fatigue_ros").mkdir(parents=True)
    (place / "bin" / "python3").write_text("#!/bin/sh\necho this one\n")
    (place / "bin" / "python3").chmod(0o755)
    program = shutil.copy(ROOT / "scripts" / "run_node", place / "lib" / "fatigue_ros" / "fusion")
    assert subprocess.check_output([program], text=True) == "this one\n"


@pytest.mark.parametrize(
    ("words", "variables", "expected"),
    [
        ([], {}, "source /opt/ros/DISTRIBUTION/setup.bash"),
        (["--fast"], {"ROS_DISTRO": "jazzy"}, "--fast: expected --dry-run, --service or"),
        (
            ["--workspace", "/"],
            {"ROS_DISTRO": "jazzy"},
            "/: expected a workspace with a",
        ),
    ],
)
def test_what_is_refused(
    workspace: Path, words: list[str], variables: dict[str, str], expected: str
) -> None:
    said = run(workspace, *words, **variables)
    assert (said.returncode, said.stdout) == (2, "")
    assert expected in said.stderr


def test_the_unit_is_one(workspace: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    unit = SYSTEM / "fatigue-ros.service"
    said = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    about = [line for line in said.stderr.splitlines() if "fatigue-ros" in line]
    assert about == []
    assert "etc/default/fatigue-ros" in unit.read_text("utf-8")
    service = run(workspace, "--dry-run", "--service", ROS_DISTRO="jazzy")
    assert "/etc/systemd/system/fatigue-ros.service" in service.stdout
    assert "/etc/udev/rules.d/99-fatigue-board.rules" in service.stdout


def test_the_rule_names_each_board_that_the_page_names() -> None:
    rules = [
        line
        for line in (SYSTEM / "99-fatigue-board.rules").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    for rule in rules:
        parts = rule.split(", ")
        assert all(re.fullmatch(r'[A-Z]+(\{\w+\})?(==|\+=|=)"[^"]+"', part) for part in parts), rule
        assert 'SYMLINK+="fatigue_board"' in parts
    assert any('"2341"' in rule for rule in rules)
