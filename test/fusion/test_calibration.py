"""What is learnt of a driver, just below, at and above each of its limits."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fatigue_ros.face import Event, EventKind
from fatigue_ros.fusion.calibration import Calibration, CalibrationSettings
from fatigue_ros.fusion.references import References
from fatigue_ros.measures.states import EyeState, MouthState, PulseState

STEP = 0.5  # [s] the longest between two frames that counts
TIRED = "calibration starts over: the driver looks tired, nothing can be learnt"


def eyes(stamp: float, *, blink: float = 0.0, **more: Any) -> EyeState:
    events = (Event(EventKind.BLINK, stamp - blink, blink, 0.9),) if blink else ()
    fields = {"judged": True, "valid": True, "ear_open": 0.31, "events": events, **more}
    return EyeState(**{"stamp": stamp, **fields})


def learn(
    calibration: Calibration,
    seconds: float,
    *,
    start: float = 0.0,
    blinks: list[float] | tuple[float, ...] = (),
    step: float = STEP,
    **more: Any,
) -> list[bool]:
    """One blink a frame, from the second one on, as long as there are some."""
    frames = round(seconds / step) + 1
    return [
        calibration.on_eyes(
            eyes(start + i * step, blink=blinks[i - 1] if 0 < i <= len(blinks) else 0.0, **more)
        )
        for i in range(frames)
    ]


def new() -> Calibration:
    return Calibration(CalibrationSettings(), References())


def test_a_minute_of_frames_half_a_second_apart() -> None:
    calibration = new()
    assert learn(calibration, 60.0) == [False] * 120 + [True]
    assert calibration.references.ear_open == 0.31
    assert math.isnan(calibration.references.blink_rate), "no blink says nothing of a rate"
    assert calibration.note == "calibration: the driver's open eyes are known"
    assert calibration.progress == 100.0
    sparse = new()
    learn(sparse, 600.0, step=0.625)
    assert sparse.progress == 0.0, "what happens in a gap is not known"


@pytest.mark.parametrize(("blinks", "rate"), [(2, math.nan), (3, 3.0), (12, 12.0)])
def test_three_blinks_make_a_rate(blinks: int, rate: float) -> None:
    calibration = new()
    learn(calibration, 60.0, blinks=[0.2] * blinks)
    assert calibration.references.blink_rate == pytest.approx(rate, nan_ok=True)


def test_the_open_eye_is_the_median_of_open_eyes() -> None:
    calibration = new()
    for i in range(121):
        closed = i % 4 == 0
        level = math.nan if i % 7 == 0 else (0.9 if closed else 0.25 + 0.1 * (i % 2))
        calibration.on_eyes(eyes(i * STEP, ear_open=level, eyes_closed=closed))
    assert calibration.references.ear_open == pytest.approx(0.35)
    blind = new()
    assert not any(learn(blind, 120.0, ear_open=math.nan))


@pytest.mark.parametrize(
    ("limit", "tired"),
    [
        ({"perclos": 0.075}, False),
        ({"perclos": 0.0751}, True),
        ({"perclos": 0.9, "valid": False}, False),
        ({"closure_duration": 0.999}, False),
        ({"closure_duration": 1.0}, True),
        ({"events": (Event(EventKind.CLOSURE, 0.0, 0.999, 0.9),)}, False),
        ({"events": (Event(EventKind.CLOSURE, 0.0, 1.0, 0.9),)}, True),
        ({"events": (Event(EventKind.YAWN, 0.0, 5.0, 0.9),)}, False),
    ],
)
def test_who_looks_tired_teaches_nothing(limit: dict[str, Any], tired: bool) -> None:
    calibration = new()
    learn(calibration, 30.0)
    calibration.on_eyes(eyes(30.5, **limit))
    assert calibration.note == (TIRED if tired else "")
    assert calibration.progress == pytest.approx(0.0 if tired else 100.0 * 30.5 / 60.0)
    calibration.note = ""
    calibration.on_eyes(eyes(31.0, **limit))
    assert calibration.note == "", "it is said once"
    calibration.on_pulse(PulseState(stamp=31.0, valid=True, bpm=60.0))
    assert (calibration.progress < 30.0) is tired
    for i in range(1, 61):
        calibration.on_pulse(PulseState(stamp=31.0 + i, valid=True, bpm=60.0))
    assert math.isnan(calibration.references.heart_rate) is tired


@pytest.mark.parametrize(
    ("blinks", "learnt"),
    [
        ([0.36] * 4, True),  # too few to tell
        ([0.36] * 5, False),
        ([0.35] * 5, True),
        ([0.25] * 10, True),
    ],
)
def test_long_blinks_are_a_tired_drivers(blinks: list[float], learnt: bool) -> None:
    calibration = new()
    learn(calibration, 60.0, blinks=blinks)
    assert math.isnan(calibration.references.ear_open) is not learnt
    if not learnt:
        assert calibration.note == (
            "calibration starts over: blinks of 0.36 s on average are those of a tired driver "
            "(limit 0.35 s)"
        )
        assert calibration.progress == 0.0


def test_twenty_blinks_make_a_duration_and_weigh_twice_the_populations() -> None:
    calibration = new()
    learn(calibration, 60.0, blinks=[0.1, 0.3] * 9 + [0.2])
    assert calibration.references.blink_rate == pytest.approx(19.0)
    assert math.isnan(calibration.references.blink_duration)
    assert calibration.on_eyes(eyes(60.5, blink=0.2))
    assert calibration.note == "calibration: the driver's blinks are known"
    assert calibration.references.blink_duration == pytest.approx(0.2)
    # 18 of 20 are 0.1 s off, and ten of the population 0.06 s (eyeblink8)
    expected = math.sqrt((18 * 0.1**2 + 10 * 0.06**2) / 30)
    assert calibration.references.blink_deviation == pytest.approx(expected)
    before = calibration.references
    learn(calibration, 60.0, start=61.0, blinks=[0.3] * 100)
    assert calibration.references == before


def test_blinks_in_a_gap_do_not_count() -> None:
    calibration = new()
    learn(calibration, 60.0, blinks=[0.2] * 19)
    assert not calibration.on_eyes(EyeState(stamp=60.1, reason="no face found"))
    assert not calibration.on_eyes(eyes(60.2, blink=0.2)), "what held before it is not known"
    assert calibration.on_eyes(eyes(60.3, blink=0.2))


def test_after_five_minutes_the_populations_blinks_stay() -> None:
    calibration = new()
    learn(calibration, 300.0, blinks=[0.2] * 19)
    assert "too few" not in calibration.note
    assert not calibration.on_eyes(eyes(300.5))
    assert calibration.note == (
        "calibration: too few blinks, their duration stays the population's"
    )
    assert not calibration.on_eyes(eyes(301.0, blink=0.2))
    assert math.isnan(calibration.references.blink_duration)


def test_lips_take_thirty_seconds_and_the_pulse_thirty_with_three_between() -> None:
    calibration = new()
    for i in range(61):
        stamp = i * 0.5
        learnt = calibration.on_mouth(MouthState(stamp=stamp, judged=True, lip_distance=20.0 + i))
        assert learnt is (i == 60)
    assert calibration.references.lip_distance == 50.0
    assert calibration.note == "calibration: the driver's mouth is known"
    assert calibration.progress == pytest.approx(100.0 * 30.0 / 90.0)
    for i in range(11):
        assert calibration.on_pulse(
            PulseState(stamp=100.0 + 3.0 * i, valid=True, bpm=60.0 + i)
        ) is (i == 10)
    assert calibration.references.heart_rate == 65.0
    assert calibration.note == "calibration: the driver's heart rate is known"
    assert calibration.progress == pytest.approx(100.0 * 60.0 / 120.0)
    slow = new()
    for i in range(100):
        slow.on_pulse(PulseState(stamp=3.5 * i, valid=True, bpm=60.0))
        slow.on_mouth(MouthState(stamp=0.75 * i, judged=True, lip_distance=20.0))
    assert slow.progress == 0.0


def test_an_open_mouth_or_a_pause_does_not_count() -> None:
    calibration = new()
    for i in range(60):
        calibration.on_mouth(MouthState(stamp=i * 0.5, judged=True, lip_distance=20.0))
    opened = MouthState(stamp=29.75, judged=True, mouth_open=True, lip_distance=60.0)
    assert not calibration.on_mouth(opened)
    assert not calibration.on_mouth(MouthState(stamp=30.0, judged=True, lip_distance=20.0))
    assert calibration.on_mouth(MouthState(stamp=30.5, judged=True, lip_distance=20.0))


def test_a_source_that_comes_late_takes_no_progress_back() -> None:
    calibration = new()
    learn(calibration, 60.0)
    assert calibration.progress == 100.0
    calibration.on_pulse(PulseState(stamp=61.0, valid=True, bpm=60.0))
    assert calibration.progress == 100.0
    known = Calibration(CalibrationSettings(), References(ear_open=0.3))
    assert known.progress == 100.0
    assert not any(learn(known, 120.0))
    assert known.references == References(ear_open=0.3)


def test_a_lid_speed_that_could_not_be_measured_is_none() -> None:
    calibration = new()
    for i in range(121):
        speed = 0.0 if i % 4 == 0 else 5.0
        blink = Event(EventKind.BLINK, i * STEP - 0.2, 0.2, 0.9, 4.0, speed)
        calibration.on_eyes(eyes(i * STEP, events=(blink,) if 0 < i <= 20 else ()))
    calibration.on_eyes(eyes(60.5))
    assert (calibration.references.lid_speed, calibration.references.lid_speed_deviation) == (5, 0)
