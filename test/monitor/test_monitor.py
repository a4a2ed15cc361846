"""The production chain: ticks, silence, start-up and faults, by the time that it is told."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.errors import SourceError
from fatigue_ros.face import Face
from fatigue_ros.fusion.assessment import Assessment, Cause, FatigueState
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.eye_settings import EyeSettings
from fatigue_ros.measures.states import PulseState
from fatigue_ros.monitor.log import DriveLog
from fatigue_ros.monitor.monitor import FixedSpeed, Monitor
from fatigue_ros.monitor.settings import MonitorSettings

START = 1_700_000_000.0  # [s]
FRAME = 1.0 / 30.0  # [s]


class Watch:
    """A monitor and all that it said."""

    def __init__(self, **changes: Any) -> None:
        self.said: list[Assessment] = []
        fusion = FusionSettings(state_directory="none", **changes)
        self.monitor = Monitor(MonitorSettings(fusion=fusion), listener=self.said.append)

    def eyes(self, begin: float, end: float, ear: float = 0.3) -> None:
        """Frames from begin to end [s after START]."""
        for time in np.arange(begin, end - 1e-9, FRAME).tolist():
            self.monitor.advance(START + time)
            self.monitor.on_ear(START + time, ear)

    def times(self) -> list[float]:
        """[s after START] of what was said."""
        return [round(found.stamp - START, 3) for found in self.said]


def test_without_frames_it_judges_by_the_clock() -> None:
    watch = Watch()
    watch.eyes(0.0, 1.0)
    frames = len(watch.said)
    assert frames == 30
    watch.monitor.advance(START + 2.5)
    last = 29 * FRAME
    assert watch.times()[frames:] == [round(last + 0.5 + 0.25 * n, 3) for n in range(5)]
    watch.eyes(2.5, 2.6)
    assert watch.said[frames + 5].stamp == START + 2.5  # a frame, and no tick beside it


def test_silence_after_frames_is_a_fault_after_two_seconds() -> None:
    watch = Watch()
    watch.eyes(0.0, 5.0)
    watch.monitor.advance(START + 15.0)
    first = next(found for found in watch.said if found.state == FatigueState.FAULT)
    assert 2.0 < first.stamp - START - 5.0 + FRAME <= 2.25 + 1e-6
    assert first.warning.cause == Cause.SYSTEM_FAULT
    assert watch.said[-1].state == FatigueState.FAULT
    watch.eyes(15.0, 15.2)  # seen open
    assert watch.said[-1].state != FatigueState.FAULT


def test_a_source_that_never_spoke_is_a_fault_once_it_should_have_started() -> None:
    watch = Watch(start_up_time=8.0)
    watch.monitor.advance(START)
    watch.monitor.advance(START + 20.0)
    fault = [found.stamp - START for found in watch.said if found.state == FatigueState.FAULT]
    assert 8.0 < fault[0] <= 8.25


@given(
    steps=st.lists(st.floats(0.001, 3.0), min_size=1, max_size=30),
    gap=st.floats(0.6, 20.0),
)
def test_how_often_time_is_told_does_not_matter(steps: list[float], gap: float) -> None:
    once, often = Watch(), Watch()
    for watch in (once, often):
        watch.eyes(0.0, 1.0)
    now = 1.0
    for step in steps:
        if now + step >= gap + 1.0:
            break
        now += step
        often.monitor.advance(START + now)
    for watch in (once, often):
        watch.monitor.advance(START + 1.0 + gap)
        watch.eyes(1.0 + gap, 1.5 + gap)
    assert repr(once.said) == repr(often.said)


def test_an_hour_without_a_word_is_not_judged_second_by_second() -> None:
    watch = Watch()
    watch.eyes(0.0, 1.0)
    watch.monitor.on_samples(START, 100.0, [500] * 10)
    watch.monitor.advance(START + 3600.0)
    assert len(watch.said) <= 30 + 60 * 4 + 1
    assert watch.said[-1].state == FatigueState.FAULT


def test_a_time_long_gone_begins_anew() -> None:
    watch = Watch()
    watch.eyes(0.0, 1.0)
    began = watch.monitor.began
    watch.monitor.advance(START + 0.5)  # late, but no other day
    assert (watch.monitor.began, watch.monitor.now) == (began, START + 29 * FRAME)
    watch.monitor.advance(START - 100.0)
    assert watch.monitor.began == watch.monitor.now == START - 100.0


@pytest.mark.parametrize("nothing", [math.nan, math.inf, -math.inf])
def test_a_time_that_is_none_changes_nothing(nothing: float) -> None:
    watch = Watch()
    watch.monitor.advance(nothing)
    assert math.isnan(watch.monitor.now)
    watch.eyes(0.0, 0.1)
    before = watch.monitor.now
    watch.monitor.advance(nothing)
    assert watch.monitor.now == before


def test_the_ignition_waits_for_the_time() -> None:
    watch = Watch()
    watch.monitor.on_ignition(False)
    watch.eyes(0.0, 1.0)
    assert {found.state for found in watch.said} == {FatigueState.OFF}
    watch.monitor.on_ignition(True)
    watch.eyes(1.0, 2.0)
    assert watch.said[-1].state == FatigueState.CALIBRATING
    watch.monitor.on_ignition(False)
    watch.monitor.start()  # the next time is the beginning, with the ignition on
    watch.eyes(2.0, 2.1)
    assert watch.said[-1].state == FatigueState.CALIBRATING


def test_a_frame_that_comes_twice_is_no_news() -> None:
    watch = Watch()
    watch.eyes(0.0, 1.0)
    said = len(watch.said)
    assert watch.monitor.on_ear(START + 29 * FRAME, 0.3) is None
    face = Face(stamp=START + 29 * FRAME, points=None)
    assert watch.monitor.on_face(face) is None
    assert len(watch.said) == said


def test_closed_eyes_sound_a_second_later() -> None:
    watch = Watch()
    watch.monitor.on_speed(START, 25.0)
    watch.eyes(0.0, 10.0)
    watch.eyes(10.0, 12.0, ear=0.05)
    first = next(f for f in watch.said if f.warning.cause == Cause.EYES_CLOSED)
    assert 11.0 <= first.stamp - START <= 11.0 + 2 * FRAME


def test_the_open_level_learnt_is_handed_to_the_measure() -> None:
    watch = Watch(TIME_FOR_COUNTING_BLINKING_CALIB=10.0)
    log = DriveLog()
    monitor = Monitor(
        MonitorSettings(
            fusion=FusionSettings(state_directory="none", TIME_FOR_COUNTING_BLINKING_CALIB=10.0)
        ),
        log=log,
    )
    watch.monitor = monitor
    watch.eyes(0.0, 70.0)
    assert monitor.references.ear_open == pytest.approx(0.3, abs=0.01)
    assert log.ear_open.values[-1] == monitor.references.ear_open


def test_the_pulse_is_looked_at_once_a_second() -> None:
    log = DriveLog()
    monitor = Monitor(log=log)
    monitor.advance(START)
    log.on_frame(START, face=False)
    monitor.on_samples(START, 100.0, [500] * 50)
    monitor.advance(START + 3.5)
    assert len(log.heart_rate.times) == 3
    with pytest.raises(SourceError, match="rate"):
        monitor.on_samples(START + 4.0, 5.0, [500])
    monitor.on_pulse(PulseState(stamp=START + 4.0, valid=True, bpm=61.0))
    assert log.heart_rate.values[-1] == 61.0


def test_a_vehicle_without_a_recorded_speed_goes_on_speaking() -> None:
    watch = Watch()
    vehicle = FixedSpeed(watch.monitor, 20.0)
    vehicle.until(START)
    vehicle.until(START + 6.0)
    assert watch.said[-1].speed == 20.0
    assert all(found.speed_valid for found in watch.said)
    vehicle.until(START - 1000.0)  # a recording that began again
    watch.monitor.on_ear(START - 1000.0, 0.3)
    vehicle.until(START - 998.0)
    assert watch.said[-1].stamp < START
    assert watch.said[-1].speed_valid


def test_the_log_calls_a_closure_what_the_settings_call_one() -> None:
    log = DriveLog()
    blink = dataclasses.replace(EyeSettings(), long_blink=0.8)
    Monitor(MonitorSettings(blink=blink).for_a_recording(), log=log)
    assert log.long_blink == 0.8


def test_answers_before_and_while_driving() -> None:
    watch = Watch()
    watch.eyes(0.0, 0.2)
    assert not watch.monitor.sleep_question_due  # nobody says that the vehicle stands
    watch.monitor.on_speed(START, 0.0)
    assert watch.monitor.sleep_question_due
    done, said = watch.monitor.set_sleep_quality(3)
    assert done, said
    assert not watch.monitor.sleep_question_due
    assert not watch.monitor.set_sleep_quality(9)[0]
    assert watch.monitor.set_driver("somebody") == (True, "somebody drives; calibrating")
    assert watch.monitor.driver_id == "somebody"
    assert watch.monitor.calibrate()[0]
    assert watch.monitor.acknowledge() == (True, "nothing to silence")
    assert not watch.monitor.set_driver("../etc")[0]
