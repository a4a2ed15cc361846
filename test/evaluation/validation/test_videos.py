"""Tiny videos of people through the chain; their brightness says how far the eyes are open."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import test.conftest as faces
from fatigue_ros.cli.main import main
from fatigue_ros.evaluation.sources import ObserveSettings
from fatigue_ros.evaluation.validation import videos
from fatigue_ros.evaluation.validation.layouts import find_videos
from fatigue_ros.evaluation.validation.people import ALERT, DROWSY
from fatigue_ros.evaluation.validation.videos import PersonJob, PlayedPerson, play_person
from fatigue_ros.vision.engine import LandmarkSettings
from test.fixtures.plugins import Install

FPS = 15
ENGINE = f"""
import numpy as np
from typing import Any
from fatigue_ros.face import Face
from fatigue_ros.vision.engine import LandmarkEngine

_EYE_WIDTH, _MOUTH_WIDTH = {faces._EYE_WIDTH}, {faces._MOUTH_WIDTH}

{inspect.getsource(faces._eye)}

{inspect.getsource(faces._points)}

class Brightness(LandmarkEngine):
    def __init__(self, settings):
        pass

    def detect(self, rgb, stamp):
        ear = float(rgb.mean()) / 500.0
        return Face(stamp=stamp, points=_points(ear, ear, 0.02), yaw=0.0, pitch=0.0, roll=0.0,
                    faces=1, width=640, height=480)

    def find(self, rgb, stamp):
        raise AssertionError("the pictures are all alike, which the true engines call frozen")

    def close(self):
        pass
"""


@pytest.fixture
def engine(install_plugin: Install) -> str:
    places = {"fatigue_ros.engines": {"brightness": "brightness_engine:Brightness"}}
    install_plugin("brightness_engine", ENGINE, places)
    return "brightness"


def film(path: Path, seconds: float, *, ear: float = 0.3, blink: float = 0.2) -> Path:
    """A blink each four seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    code = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), code, FPS, (16, 16), isColor=True)
    for i in range(round(seconds * FPS)):
        shut = i % (4 * FPS) >= 4 * FPS - round(blink * FPS)
        grey = round(500.0 * (0.05 if shut else ear))
        writer.write(np.full((16, 16, 3), grey, np.uint8))
    writer.release()
    return path


def job(folder: Path, engine: str) -> PersonJob:
    found = find_videos(folder)
    assert found is not None
    settings = ObserveSettings(landmarks=LandmarkSettings(engine=engine))
    return PersonJob(found.people[0], settings)


def played(folder: Path, engine: str) -> PlayedPerson:
    found = play_person(job(folder, engine))
    assert isinstance(found, PlayedPerson), found
    return found


def test_what_is_normal_comes_from_the_alert_recording(
    tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(videos, "OWN_TIME", 70.0)
    monkeypatch.setattr(videos, "OWN_IN_SIGHT", 60.0)
    film(tmp_path / "Fold1_part1/01/0.avi", 110.0)
    film(tmp_path / "Fold1_part1/01/10.avi", 100.0, ear=0.25, blink=0.4)
    alert, drowsy = played(tmp_path, engine).recordings
    assert (alert.person, alert.state, drowsy.state) == (1, ALERT, DROWSY)
    assert alert.duration == 40.0, "its first part is not scored"
    assert drowsy.duration == 100.0
    assert alert.mean_level < 10.0
    assert drowsy.mean_level > 60.0
    assert alert.measures["droop"] == pytest.approx(0.0, abs=0.02)
    assert drowsy.measures["droop"] == pytest.approx(1.0 / 6.0, abs=0.03)
    assert drowsy.measures["blink_duration_mean"] == pytest.approx(0.4, abs=0.07)
    assert drowsy.measures["closed_eye_alarms"] == 0.0


def test_frames_that_are_labelled_one_by_one(tmp_path: Path, engine: str) -> None:
    clip = film(tmp_path / "001/glasses/sleepyCombination.avi", 20.0)
    label = clip.with_name("001_sleepyCombination_drowsiness.txt")
    label.write_text("0" * (12 * FPS) + "1" * (8 * FPS), encoding="utf-8")
    alert, drowsy = played(tmp_path, engine).recordings
    assert (alert.duration, drowsy.duration) == (12.0, 8.0)


def test_blinks_against_tags(tmp_path: Path, engine: str) -> None:
    clip = film(tmp_path / "4/a.avi", 21.0)
    rows = [
        f"{i}:{i // 60 if i % 60 >= 57 and i < 240 else -1}:X" for i in range(21 * FPS)
    ]  # the last blink was not labelled
    clip.with_suffix(".tag").write_text("#start\n" + "\n".join(rows) + "\n#end\n", "utf-8")
    blinks = played(tmp_path, engine).blinks
    assert blinks is not None
    assert blinks["recall"] == 1.0
    assert (blinks["labelled"], blinks["detected"]) == (4, 5)


def test_a_bad_video_is_refused_by_name(tmp_path: Path, engine: str) -> None:
    (tmp_path / "4").mkdir()
    (tmp_path / "4/a.avi").write_bytes(b"no video")
    (tmp_path / "4/a.tag").write_text("#start\n0:1:X\n#end\n")
    found = play_person(job(tmp_path, engine))
    assert not isinstance(found, PlayedPerson)
    assert found.name == "eyeblink8 4"
    assert "a.avi" in found.reason


def test_a_validation_that_was_broken_off_goes_on(
    tmp_path: Path, engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = tmp_path / "drozy", tmp_path / "out"
    film(data / "videos_i8/1-1.avi", 65.0)
    film(data / "videos_i8/1-2.avi", 65.0, blink=0.5)
    (data / "KSS.txt").write_text("6 8 1\n")
    params = tmp_path / "params.yaml"
    params.write_text(f"/**:\n  ros__parameters:\n    engine: {engine}\n")
    arguments = ["validate", str(data), "--json", "--out", str(out), "--params", str(params)]
    assert main([*arguments, "--jobs", "1"]) == 0
    first: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert first["labelled"]["drozy"]["kss"]["answers"] == 2
    assert "KSS" in (out / "report.html").read_text(encoding="utf-8")
    (kept,) = (out / "played").iterdir()
    before = kept.stat().st_mtime_ns
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert kept.stat().st_mtime_ns == before
    kept.write_text("{", encoding="utf-8")
    assert PlayedPerson.read(kept) is None, "what is damaged is played again"
