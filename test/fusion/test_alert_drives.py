"""Whether a drive began alert, just below, at and above each limit, and what is in use then."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from fatigue_ros.face import Event, EventKind
from fatigue_ros.fusion.alert_drives import DriveSettings, DriveStart, not_more_tired, typical
from fatigue_ros.fusion.references import References
from fatigue_ros.measures.states import EyeState

SETTINGS = DriveSettings(alert_drive_time=120.0)


def frame(stamp: float, *, blink: float = 0.0, **more: Any) -> EyeState:
    events = (Event(EventKind.BLINK, stamp - blink, blink, 0.9),) if blink else ()
    return EyeState(**{"stamp": stamp, "judged": True, "ear": 0.3, "events": events, **more})


def watch(level: float, *, blinks: int = 12, odd: EyeState | None = None) -> References | None:
    """Two minutes of frames twice a second."""
    start = DriveStart(SETTINGS, microsleep=1.0)
    found = None
    for i in range(241):
        at = 0.5 * i
        start.on_eyes(
            odd if odd is not None and i == 100 else frame(at, blink=0.2 * (0 < i <= blinks))
        )
        found = start.on_level(at, level) if start.level_due(at) else found
    assert start.judged
    assert not start.level_due(1000.0)
    return found


def test_it_says_what_the_eyes_were_like() -> None:
    found = watch(30.0)
    assert found is not None
    assert found.ear_open == pytest.approx(0.3)
    assert found.blink_rate == pytest.approx(6.0)
    assert found.blink_duration == pytest.approx(0.2)
    # Twelve alike, and ten of the population's 0.06 s (eyeblink8)
    assert found.blink_deviation == pytest.approx(0.06 * math.sqrt(10 / 22))
    few = watch(30.0, blinks=9)
    assert few is not None
    assert math.isnan(few.blink_duration)
    assert math.isnan(few.blink_rate)


@pytest.mark.parametrize(
    ("level", "odd", "alert"),
    [
        (30.0, None, True),
        (30.1, None, False),
        (math.nan, None, False),
        (0.0, frame(50.0, closure_duration=0.99, eyes_closed=True), True),
        (0.0, frame(50.0, closure_duration=1.0, eyes_closed=True), False),
        (0.0, frame(50.0, events=(Event(EventKind.CLOSURE, 48.0, 1.2, 0.9),)), False),
    ],
)
def test_what_an_alert_drive_is(level: float, odd: EyeState | None, alert: bool) -> None:
    if math.isnan(level):
        start = DriveStart(SETTINGS, microsleep=1.0)
        for i in range(400):
            start.on_eyes(frame(0.5 * i))
            assert start.on_level(0.5 * i, level) is None
        assert not start.judged, "nothing is known of a drive without a level"
    else:
        assert (watch(level, odd=odd) is not None) is alert


def test_time_out_of_sight_does_not_count() -> None:
    start = DriveStart(SETTINGS, microsleep=1.0)
    for i in range(480):
        seen = i % 2 == 0
        start.on_eyes(frame(0.25 * i, judged=seen, ear=0.3 if seen else math.nan))
        assert start.on_level(0.25 * i, 0.0) is None
    assert math.isnan(start.ear_open)


@pytest.mark.parametrize(
    ("ear", "shut", "own", "other"),
    [
        (0.226, 0.02, 0.30, False),
        (0.224, 0.02, 0.30, True),
        (0.2, 0.049, 0.30, True),
        (0.2, 0.051, 0.30, False),  # shut eyes where they were: the lids hang
        (0.2, math.nan, 0.30, False),
        (0.374, 0.1, 0.30, False),
        (0.376, 0.1, 0.30, True),
        (0.376, math.nan, 0.30, True),
        (0.3, 0.01, math.nan, False),
    ],
)
def test_eyes_that_cannot_be_the_same(ear: float, shut: float, own: float, other: bool) -> None:
    known = References(ear_open=own, ear_shut=0.06)
    assert DriveStart(SETTINGS, microsleep=1.0).other_eyes(ear, shut, known) is other


def test_the_median_over_drives() -> None:
    drives = [References(ear_open=ear) for ear in (0.36, 0.30, 0.31)]
    start = References(ear_open=0.2, blink_duration=0.22, heart_rate=61.0)
    used = typical(drives, start)
    assert (used.ear_open, used.blink_duration, used.heart_rate) == (0.31, 0.22, 61.0)
    assert typical([], start) == start


def test_a_first_drive_is_no_calmer_than_the_population() -> None:
    tired = References(blink_duration=0.281, blink_deviation=0.1, blink_rate=17.1, ear_open=0.25)
    used = not_more_tired(tired)
    assert used == dataclasses.replace(tired, blink_duration=0.28)
    rested = References(
        blink_duration=0.28, blink_deviation=0.06, blink_rate=40.0, lip_distance=9.0
    )
    assert not_more_tired(rested) == rested
    few = not_more_tired(dataclasses.replace(rested, blink_deviation=0.04))
    assert few.blink_deviation == 0.06
    assert not_more_tired(References()) == References(), "what is not known stays so"


@pytest.mark.parametrize(("blinks", "shut"), [(5, math.nan), (6, 0.0525)])
def test_after_a_minute_the_lids_of_this_drive_are_known(blinks: int, shut: float) -> None:
    """Six blinks show where the eyes are shut: at a quantile of a quarter of their lowest."""
    start = DriveStart(SETTINGS, microsleep=1.0)
    for i in range(121):
        at = 0.5 * i
        first, last = divmod(i, 2)
        if 1 <= first <= blinks:  # a frame shut, and one in which the blink is over
            known = start.on_eyes(
                frame(at, blink=0.2)
                if last
                else frame(at, ear=0.03 + 0.01 * first, eyes_closed=True)
            )
        else:
            known = start.on_eyes(frame(at, judged=True))
        assert known is (i == 120)
        assert math.isnan(start.ear_open) is (i < 120)
    assert start.ear_open == pytest.approx(0.3)
    assert start.ear_shut == pytest.approx(shut, nan_ok=True)


def test_what_is_out_of_sight_shows_no_lids() -> None:
    start = DriveStart(SETTINGS, microsleep=1.0)
    assert not any(start.on_eyes(frame(0.5 * i)) for i in range(120))
    assert not start.on_eyes(frame(59.75, judged=False, ear=0.3))
    assert not start.on_eyes(frame(60.0)), "what held before it is not known"
    assert start.on_eyes(frame(60.5))
