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
from fatigue_ros.face import Event, EventKind, Face
from fatigue_ros.fusion.assessment import Assessment, Cause, FatigueState
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.measures.eye_settings import EyeSettings
from fatigue_ros.measures.states import EyeState, PulseState
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


def test_where_no_frame_comes_it_begins_to_judge_half_a_second_after_the_ignition() -> None:
    watch = Watch()
    watch.monitor.advance(START)
    watch.monitor.advance(START + 0.5)
    assert watch.said == []
    watch.monitor.advance(START + 1.1)
    assert watch.times() == [0.5, 0.75, 1.0]


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


# Each time, just below and at it --------------------------------------------------------------


def test_a_late_frame_speaks_for_now() -> None:
    for late, stamp in ((0.09, 0.91), (0.11, 1.0)):
        watch = Watch()
        watch.monitor.advance(START)
        watch.monitor.on_ear(START, 0.3)
        watch.monitor.advance(START + 1.0)
        found = watch.monitor.on_ear(START + 1.0 - late, 0.3)
        assert found is not None
        assert found.stamp - START == pytest.approx(stamp, abs=1e-5)


def test_the_pulse_is_looked_at_and_handed_on() -> None:
    log = DriveLog()
    monitor = Monitor(log=log)
    monitor.advance(START)
    monitor.on_ear(START, 0.3)
    monitor.on_samples(START, 100.0, [500] * 50)
    monitor.advance(START + 0.999)
    assert len(log.heart_rate.times) == 0
    monitor.advance(START + 1.0)
    assert len(log.heart_rate.times) == 1
    said: list[Assessment] = []
    heard = Monitor(listener=said.append)
    heard.advance(START)
    heard.on_pulse(PulseState(stamp=START, valid=True, bpm=60.0))
    heard.on_ear(START, 0.3)
    pulse = {m.name: m for m in said[-1].metrics}["heart_rate"]
    assert pulse.value == 60.0


@pytest.mark.parametrize(
    ("off", "told"), [(9.9, ""), (-9.9, ""), (10.5, "ahead of"), (-10.5, "behind")]
)
def test_a_speed_with_stamps_of_another_clock(off: float, told: str) -> None:
    watch = Watch()
    watch.eyes(0.0, 1.0)
    watch.monitor.on_speed(watch.monitor.now + off, 20.0)
    found = watch.monitor.clocks_differ
    assert found == ([f"speed: its clock is 10 s {told} the frames'"] if told else [])
    watch.eyes(1.0, 1.1)
    assert (watch.said[-1].speed, watch.said[-1].speed_valid) == (20.0, True)
    assert set(found) <= set(watch.said[-1].troubles)


def test_a_stamp_that_is_no_time_of_what_came_counts_from_when_it_came() -> None:
    log = DriveLog()
    monitor = Monitor(log=log)
    monitor.advance(START)
    monitor.on_ear(START, 0.3)
    monitor.advance(START + 5.0)
    for off, at in ((-1.9, 3.1), (-2.1, 5.0), (1.9, 6.9), (2.1, 5.0)):
        monitor.on_speed(START + 5.0 + off, 20.0)
        assert log.speed.times[-1] == pytest.approx(at, abs=1e-5)


def test_what_others_report_is_told() -> None:
    watch = Watch()
    watch.eyes(0.0, 1.0)
    watch.monitor.troubles = {"yawn": "yawn: lost", "alert": ""}
    watch.eyes(1.0, 1.1)
    assert list(watch.said[-1].troubles) == ["yawn: lost"]
    assert watch.said[-1].state == FatigueState.CALIBRATING
    watch.monitor.reports = {"alert": "", "camera": "camera: frozen"}
    watch.eyes(1.1, 1.2)
    assert (watch.said[-1].state, watch.said[-1].reason) == (FatigueState.FAULT, "camera: frozen")
    assert list(watch.said[-1].troubles) == ["camera: frozen", "yawn: lost"]


def test_frames_of_another_clock_are_answered_in_their_own_time() -> None:
    said: list[Assessment] = []
    log = DriveLog()
    monitor = Monitor(
        MonitorSettings(fusion=FusionSettings(state_directory="none")),
        log=log,
        listener=said.append,
    )
    for i in range(30):
        monitor.advance(START + i * FRAME)
        monitor.on_ear(100.0 + i * FRAME, 0.3)
    assert said[-1].stamp == pytest.approx(100.0 + 29 * FRAME, abs=1e-5)
    assert log.ear.times[-1] == pytest.approx(29 * FRAME, abs=1e-5)
    assert log.level.times[-1] == pytest.approx(29 * FRAME, abs=1e-5)
    assert "behind this machine's" in monitor.clocks_differ[0]
    monitor.advance(START + 5.0)
    warning = said[-1].warning
    assert warning.cause is Cause.SYSTEM_FAULT
    assert 100.0 < warning.since < 105.0 < warning.until < 108.0
    monitor.on_speed(START + 5.0, 20.0)
    assert log.speed.times[-1] == pytest.approx(5.0, abs=1e-5)


def test_events_move_with_their_frame() -> None:
    log = DriveLog()
    monitor = Monitor(log=log)
    event = Event(EventKind.BLINK, 98.0, 0.25, 0.9)
    monitor.advance(START)
    monitor.on_eyes(EyeState(stamp=99.0, judged=True))
    monitor.advance(START + 0.125)
    monitor.on_eyes(EyeState(stamp=99.125, judged=True, events=(event,)))
    assert log.events[0].start == pytest.approx(-1.0, abs=1e-5)
    assert (log.frames, log.frames_with_face) == (2, 2)


def test_what_is_counted_noted_and_stopped() -> None:
    watch = Watch()
    watch.monitor.on_speed(START, 25.0)
    watch.eyes(0.0, 3.0)
    watch.eyes(3.0, 4.6, ear=0.05)
    watch.eyes(4.6, 5.0)
    assert (watch.monitor.long_blinks, watch.monitor.microsleeps) == (1, 1)
    assert watch.monitor.store_problem == ""
    watch.monitor.advance(START - 100.0)
    assert "time went back: a recording began again" in watch.monitor.take_notes()
    watch.monitor.stop()
    watch.monitor.advance(START + 100.0)
    assert watch.said[-1].state == FatigueState.OFF


def test_ten_times_a_second() -> None:
    log = DriveLog()
    monitor = Monitor(log=log)
    vehicle = FixedSpeed(monitor, 20.0)
    vehicle.until(START)
    vehicle.until(START + 1.01)
    assert len(log.speed.times) == 11
    vehicle.until(START + 1.01 + 61.0)
    assert len(log.speed.times) == 12, "after a minute it begins anew"
