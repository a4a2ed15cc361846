"""`fatigue rqt`: the layout opens with the plug-ins that are there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fatigue_ros.cli.main import main
from fatigue_ros.desk import rqt_layout
from fatigue_ros.settings.resources import config

ALL = {"rqt_plot", "rqt_image_view", "rqt_robot_monitor", "rqt_reconfigure"}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes an rqt that keeps the layout it is given, and an index of packages."""

    def install(names: set[str]) -> Path:
        index = tmp_path / "share" / "ament_index" / "resource_index" / "packages"
        index.mkdir(parents=True)
        for name in names:
            (index / name).touch()
        program = tmp_path / "bin" / "rqt"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\n[ "$1" = --perspective-file ] && cp "$2" {tmp_path}/seen\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent), prepend=":")
        monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
        monkeypatch.setenv("ROS_DISTRO", "jazzy")
        return tmp_path / "seen"

    return install


def test_the_whole_layout_opens_where_all_is_there(installed: Any, capfd: Any) -> None:
    seen = installed(ALL)
    assert main(["rqt"]) == 0
    assert json.loads(seen.read_text()) == json.loads(config("fatigue.perspective").read_text())
    assert not capfd.readouterr().err


def test_what_is_missing_is_left_out_and_named(installed: Any, capfd: Any) -> None:
    seen = installed(ALL - {"rqt_image_view", "rqt_robot_monitor"})
    assert main(["rqt"]) == 0
    layout = json.loads(seen.read_text())
    assert {rqt_layout.package(name) for name in rqt_layout.plugins(layout)} == {
        "rqt_plot",
        "rqt_reconfigure",
    }
    groups = layout["groups"]["pluginmanager"]["groups"]
    assert sorted(groups) == [
        *(f"plugin__rqt_plot__Plot__{number}" for number in (1, 2, 3, 4)),
        "plugin__rqt_reconfigure__Param__1",
    ]
    assert layout["groups"]["mainwindow"]
    said = capfd.readouterr().err
    assert "apt-get install ros-jazzy-rqt-image-view ros-jazzy-rqt-robot-monitor" in said


def test_without_plug_ins_it_says_what_to_install(installed: Any, capfd: Any) -> None:
    installed(set())
    assert main(["rqt"]) == 2
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "rqt is not installed here" in said
    assert "ros-jazzy-rqt-gui" in said
    assert "ros-jazzy-rqt-plot" in said
