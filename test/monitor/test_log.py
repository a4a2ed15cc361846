"""The summary and the picture of a made-up drive."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import pytest

from fatigue_ros.desk.picture import draw
from fatigue_ros.errors import FatigueError
from fatigue_ros.face import Event, EventKind
from fatigue_ros.measures.states import EyeState, MouthState, PulseState
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


EYES = EyeState(stamp=START + 1.0, ear=0.25, ear_open=0.3, perclos=0.1, coverage=0.9)


def test_everything_is_kept_on_the_time_of_the_first_frame() -> None:
    log = DriveLog()
    assert (log.frames, log.duration, log.long_blink) == (0, 0.0, 0.5)
    log.on_speed(START, 3.0)
    log.on_pulse(PulseState(stamp=START - 1.0, valid=True, bpm=60.0))
    log.on_frame(START, face=True)
    log.on_frame(START + 2.0, face=False)
    log.on_frame(START + 1.0, face=True)
    assert (log.frames, log.frames_with_face, log.duration) == (3, 2, 2.0)
    log.on_eyes(EYES)
    log.on_mouth(MouthState(stamp=START + 1.0, mouth_opening=0.7))
    log.on_pulse(PulseState(stamp=START + 2.0, valid=True, bpm=61.0))
    log.on_pulse(PulseState(stamp=START + 3.0, valid=False, bpm=62.0))
    log.on_speed(START + 1.0, 25.0)
    log.on_level(START + 1.0, 40.0)
    for series, time, value in (
        (log.ear, 1.0, 0.25),
        (log.ear_open, 1.0, 0.3),
        (log.perclos, 1.0, 0.1),
        (log.coverage, 1.0, 0.9),
        (log.mouth_opening, 1.0, 0.7),
        (log.level, 1.0, 40.0),
    ):
        assert (series.times.tolist(), series.values.tolist()) == ([time], [value])
    assert log.speed.times.tolist() == [0.0, 1.0]
    assert log.heart_rate.times.tolist() == [2.0, 3.0], "what came before has no place"
    assert log.heart_rate.values[0] == 61.0
    assert math.isnan(log.heart_rate.values[1])


def test_without_samples_the_summary_is_the_same() -> None:
    log = DriveLog(keep_samples=False)
    log.on_frame(START, face=True)
    log.on_eyes(EYES)
    log.on_level(START, 40.0)
    assert len(log.ear.values) == len(log.level.values) == 0
    assert log.summary()["level_max"] == 40.0


def test_the_highest_level_and_latencies_that_are_numbers() -> None:
    log = DriveLog()
    for level, highest in ((math.nan, None), (30.0, 30.0), (50.0, 50.0), (math.inf, 50.0)):
        log.on_level(START, level, latency=math.nan)
        assert log.summary()["level_max"] == highest
    log.on_level(START, 20.0, latency=0.0125)
    assert log.summary()["level_max"] == 50.0
    assert log.summary()["latency_ms"] == {"p50": 12.5, "p99": 12.5}
    assert log.text().endswith("frame to fatigue level: 12.5 ms (median), 12.5 ms (99 %)")


@pytest.mark.parametrize(("shut", "counts"), [(0.4375, False), (0.5, True)])
def test_eyes_shut_at_the_end_are_a_closure_from_half_a_second_on(
    shut: float, counts: bool
) -> None:
    log = DriveLog()
    log.on_frame(START, face=True)
    log.on_frame(START + 4.0, face=True)
    log.on_eyes(EyeState(stamp=START + 4.0, eyes_closed=True, closure_duration=shut))
    assert log.spans(EventKind.CLOSURE) == ([(4.0 - shut, 4.0)] if counts else [])
    assert log.spans(EventKind.BLINK) == []
    log.on_eyes(EyeState(stamp=START + 4.0, eyes_closed=False, closure_duration=shut))
    assert log.spans(EventKind.CLOSURE) == []


def test_a_warning_is_counted_when_it_begins() -> None:
    log = DriveLog()
    log.on_frame(START, face=True)
    said = [
        ("visual", "fatigue_level"),
        ("visual", "fatigue_level"),
        ("acoustic", "fatigue_level"),
        ("acoustic", "eyes_closed"),
        ("none", ""),
        ("acoustic", "eyes_closed"),
    ]
    for i, (severity, cause) in enumerate(said):
        log.on_warning(START + i, severity, cause, "words")
    assert log.summary()["warnings"] == [
        {"time_s": 0.0, "severity": "visual", "cause": "fatigue_level"},
        {"time_s": 2.0, "severity": "acoustic", "cause": "fatigue_level"},
        {"time_s": 3.0, "severity": "acoustic", "cause": "eyes_closed"},
        {"time_s": 5.0, "severity": "acoustic", "cause": "eyes_closed"},
    ]


def test_the_whole_text() -> None:
    log = DriveLog()
    assert log.text() == (
        "0.0 s, 0 frames, a face in 0 % of them\n0 blinks\n0 closures\n0 yawns\n0 warnings\n"
        "highest fatigue level: none"
    )
    for i in range(4):
        log.on_frame(START + i, face=i > 0)
    blink = Event(EventKind.BLINK, START + 1.00049, 0.2, 0.9)
    yawn = Event(EventKind.YAWN, START + 2.0, 4.0, 0.8)
    log.on_eyes(EyeState(stamp=START + 3.0, events=(blink,)))
    log.on_mouth(MouthState(stamp=START + 3.0, events=(yawn,)))
    log.on_level(START + 3.0, 40.126)
    log.on_warning(START + 3.0, "visual", "fatigue_level", "")
    assert log.text() == (
        "3.0 s, 4 frames, a face in 75 % of them\n1 blink\n0 closures\n1 yawn: 2.0-6.0 s\n"
        "1 warning\n     3.0 s  visual    fatigue_level\nhighest fatigue level: 40 %"
    )
    seen = log.summary()
    assert seen["blinks"] == [{"start_s": 1.0, "end_s": 1.2}]
    assert seen["level_max"] == 40.13
