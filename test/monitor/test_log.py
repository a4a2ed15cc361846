"""The summary and the picture of a made-up drive."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import pytest

from fatigue_ros.desk.picture import draw
from fatigue_ros.errors import FatigueError
from fatigue_ros.face import Event, EventKind
from fatigue_ros.measures.states import EyeState, MouthState
from fatigue_ros.monitor.log import DriveLog

START = 1_700_000_000.0


def drive(seconds: float = 20.0, rate: float = 30.0) -> DriveLog:
    """A blink at 2 s, a yawn at 5 s, eyes closed from 18 s to the end."""
    log = DriveLog()
    for i in range(int(seconds * rate)):
        time = i / rate
        stamp = START + time
        log.on_frame(stamp, face=i % 10 != 0)
        events: tuple[Event, ...] = ()
        if i == int(2.2 * rate):
            events = (Event(EventKind.BLINK, START + 2.0, 0.2, 0.9),)
        closed = max(0.0, time - 18.0)
        log.on_eyes(
            EyeState(
                stamp=stamp,
                ear=0.3,
                ear_open=0.3,
                eyes_closed=closed > 0.0,
                closure_duration=closed,
                events=events,
            )
        )
        yawned = i == int(9.0 * rate)
        log.on_mouth(
            MouthState(
                stamp=stamp,
                events=(Event(EventKind.YAWN, START + 5.0, 4.0, 0.8),) if yawned else (),
            )
        )
        log.on_speed(stamp, 25.0)
        log.on_level(stamp, math.nan if time < 1.0 else time, latency=0.010 + 0.001 * (i % 2))
        severity = "acoustic" if closed > 1.0 else "none"
        log.on_warning(stamp, severity, "eyes_closed" if closed > 1.0 else "", "Eyes closed")
    return log


def test_summary_of_a_known_drive() -> None:
    seen = drive().summary()
    assert seen["duration_s"] == pytest.approx(20.0, abs=0.05)
    assert (seen["frames"], seen["frames_with_face"]) == (600, 540)
    assert seen["blinks"] == [{"start_s": 2.0, "end_s": 2.2}]
    assert seen["yawns"] == [{"start_s": 5.0, "end_s": 9.0}]
    closure = seen["closures"][0]  # still closed when the recording ended
    assert closure["start_s"] == pytest.approx(18.0, abs=0.01)
    assert closure["end_s"] == seen["duration_s"]
    assert len(seen["warnings"]) == 1
    assert seen["warnings"][0]["time_s"] == pytest.approx(19.0, abs=0.05)
    assert seen["level_max"] == pytest.approx(20.0, abs=0.1)
    assert seen["latency_ms"] == {"p50": pytest.approx(10.5), "p99": pytest.approx(11.0)}


def test_summary_of_nothing() -> None:
    seen = DriveLog().summary()
    assert seen["frames"] == 0
    assert seen["level_max"] is None
    assert seen["latency_ms"] == {"p50": None, "p99": None}
    assert "0 frames" in DriveLog().text()


def test_text_names_what_was_seen() -> None:
    text = drive().text()
    assert "1 blink\n" in text
    assert "0 blinks" in DriveLog().text()
    assert "5.0-9.0 s" in text
    assert "Eyes closed" in text


@pytest.mark.parametrize("log", [drive(), drive(1.0), DriveLog()], ids=["drive", "short", "empty"])
def test_picture_fills_its_frame(log: DriveLog, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    draw(log, "title", path)
    image = cv2.imread(str(path))
    assert image is not None
    height, width = image.shape[:2]
    assert width > height > 500
    # Each fifth of the height holds something drawn: no panel has collapsed.
    for band in range(5):
        part = image[band * height // 5 : (band + 1) * height // 5]
        assert (part < 200).any(axis=2).sum() > 300, f"band {band} is empty"


def test_picture_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FatigueError, match="picture"):
        draw(DriveLog(), "title", tmp_path / "picture.nonsense")
    with pytest.raises(FatigueError, match="missing"):
        draw(DriveLog(), "title", tmp_path / "missing" / "picture.png")
