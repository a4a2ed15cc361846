"""Speed, sources, visibility, the closure ladder and calibration, each by itself."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from fatigue_ros.face import Event, EventKind
from fatigue_ros.fusion.calibration import Calibration, CalibrationSettings
from fatigue_ros.fusion.ladder import ClosureLadder, ClosureStage, LadderSettings
from fatigue_ros.fusion.references import POPULATION, References
from fatigue_ros.fusion.session import SessionSettings, SourceWatch, SpeedTracker
from fatigue_ros.fusion.visibility import EyeVisibility, VisibilitySettings
from fatigue_ros.measures.states import EyeState, MouthState, PulseState

FPS = 10.0


def test_speed_ages_into_unknown_and_not_into_zero() -> None:
    tracker = SpeedTracker(SessionSettings())
    assert tracker.at(0.0).reason == "speed: no message yet"
    tracker.on_speed(10.0, -5.0)
    assert (tracker.at(11.0).valid, tracker.at(11.0).value) == (True, -5.0)
    assert tracker.at(11.0).kmh == pytest.approx(18.0)
    late = tracker.at(12.1)
    assert not late.valid
    assert math.isnan(late.value)
    assert not late.below(1000.0)
    assert tracker.at(12.1).reason == "speed: last message 2.1 s ago"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 120.1, 151.0, -1e9])
def test_a_speed_no_vehicle_has_is_unknown(value: float) -> None:
    tracker = SpeedTracker(SessionSettings())
    tracker.on_speed(0.0, 10.0)
    tracker.on_speed(0.1, value)
    assert tracker.at(0.2).reason == "speed: the value is not plausible"


def test_sources_have_time_to_start_and_then_a_deadline() -> None:
    watch = SourceWatch(SessionSettings(required_sources=["eyes", "speed"]))
    watch.began = 100.0

    def fault(now: float) -> str:
        return watch.fault(now, watch.silent(now))

    assert fault(107.9) == ""
    assert fault(108.1) == "eyes: no message yet"
    watch.on_message("eyes", 108.0)
    watch.on_message("speed", 105.0)
    assert fault(106.9) == ""
    assert fault(108.1) == "speed: no message for 3.1 s"
    assert watch.silent(100.0)["mouth"] == "mouth: no message yet"


def frame(stamp: float, closure: float | None = 0.0, **more: Any) -> EyeState:
    """Eyes that have been closed for some time; None: not judged."""
    if closure is None:
        return EyeState(stamp=stamp, reason="no face found", **more)
    return EyeState(
        stamp=stamp, judged=True, eyes_closed=closure > 0.0, closure_duration=closure, **more
    )


def test_steps_of_the_ladder() -> None:
    ladder = ClosureLadder(LadderSettings())
    stages = []
    for i in range(70):
        ladder.on_eyes(frame(i / FPS, i / FPS), i / FPS, driving=True)
        stages.append(ladder.stage(i / FPS))
    assert [stages.index(stage) / FPS for stage in ClosureStage] == [0.0, 0.5, 1.0, 3.0, 6.0]
    assert (ladder.long_blinks, ladder.microsleeps) == (1, 1)
    assert ladder.unresponsive


def test_the_ladder_does_not_climb_on_frames_that_cannot_be_judged() -> None:
    ladder = ClosureLadder(LadderSettings())
    for i in range(15):
        ladder.on_eyes(frame(i / FPS, i / FPS), i / FPS, driving=True)
    assert ladder.stage(1.4) is ClosureStage.MICROSLEEP
    for i in range(15, 100):
        ladder.on_eyes(frame(i / FPS, None), i / FPS, driving=True)
        assert ladder.stage(i / FPS) is ClosureStage.OPEN
        assert ladder.closure(i / FPS) == 0.0
        assert ladder.lost(i / FPS)
    assert not ladder.unresponsive
    ladder.on_eyes(frame(10.0), 10.0, driving=True)
    assert not ladder.lost(10.0)


def test_a_blink_with_a_turn_of_the_head_is_not_lost() -> None:
    ladder = ClosureLadder(LadderSettings())
    for i in range(8):
        ladder.on_eyes(frame(i / FPS, i / FPS), i / FPS, driving=True)
    for i in range(8, 40):
        ladder.on_eyes(frame(i / FPS, None), i / FPS, driving=True)
        assert not ladder.lost(i / FPS)


def test_silence_in_a_microsleep_is_lost_too() -> None:
    ladder = ClosureLadder(LadderSettings())
    for i in range(15):
        ladder.on_eyes(frame(i / FPS, i / FPS), i / FPS, driving=True)
    assert not ladder.lost(1.6)
    assert ladder.lost(2.0)
    assert ladder.stage(2.0) is ClosureStage.OPEN


def test_nobody_takes_over_a_standing_car() -> None:
    ladder = ClosureLadder(LadderSettings())
    for i in range(100):
        ladder.on_eyes(frame(i / FPS, i / FPS), i / FPS, driving=False)
    assert ladder.stage(9.9) is ClosureStage.UNRESPONSIVE
    assert not ladder.unresponsive


def test_the_latch_opens_only_to_open_eyes() -> None:
    ladder = ClosureLadder(LadderSettings())
    for i in range(70):
        ladder.on_eyes(frame(i / FPS, i / FPS), i / FPS, driving=True)
    assert not ladder.release(seen_open=False)
    ladder.on_eyes(frame(7.0, None), 7.0, driving=True)
    assert not ladder.release(seen_open=False)
    ladder.on_eyes(frame(7.1), 7.1, driving=True)
    assert ladder.unresponsive
    assert ladder.release(seen_open=True)
    assert not ladder.unresponsive


def test_sight_is_lost_within_seconds_and_found_again() -> None:
    visibility = EyeVisibility(VisibilitySettings())
    troubled = []
    for i in range(300):
        stamp = i / FPS
        visibility.on_eyes(frame(stamp, None if 50 <= i < 150 else 0.0, valid=True), stamp)
        if visibility.problem(stamp):
            troubled.append(stamp)
    assert troubled[0] == pytest.approx(9.9, abs=0.11)
    assert troubled[-1] == pytest.approx(15.9, abs=0.11)
    assert len(troubled) == pytest.approx(60, abs=3)


def test_glances_add_up_only_without_time_in_sight() -> None:
    visibility = EyeVisibility(VisibilitySettings())
    for i in range(1000):
        stamp = i / FPS
        visibility.on_eyes(frame(stamp, None if i % 60 < 30 else 0.0, valid=True), stamp)
        assert not visibility.problem(stamp)


def test_measures_that_stay_invalid_are_trouble() -> None:
    visibility = EyeVisibility(VisibilitySettings())
    for i in range(1000):
        visibility.on_eyes(
            dataclasses.replace(frame(i / FPS), reason="8.0 frames/s, blinks need 14"), i / FPS
        )
        assert bool(visibility.problem(i / FPS)) is (i / FPS > 90.0)
    assert visibility.problem(99.9) == "8.0 frames/s, blinks need 14"


def learn(
    calibration: Calibration, seconds: float, start: float = 0.0, blink: float = 0.2
) -> list[float]:
    """A blink every three seconds; progress after each frame."""
    progress = []
    for i in range(round(seconds * FPS) + 1):
        stamp = start + i / FPS
        events = (Event(EventKind.BLINK, stamp - blink, blink, 0.9),) if i % 30 == 15 else ()
        calibration.on_eyes(frame(stamp, ear_open=0.31, events=events))
        progress.append(calibration.progress)
    return progress


def test_calibration_takes_the_time_of_the_paper_and_shows_how_far_it_is() -> None:
    calibration = Calibration(CalibrationSettings(), References())
    progress = learn(calibration, 60.0)
    assert progress[0] == 0.0
    assert progress[300] == pytest.approx(50.0)
    assert progress[-2] < 100.0
    assert progress[-1] == 100.0
    assert calibration.references.ear_open == pytest.approx(0.31)
    assert calibration.references.blink_rate == pytest.approx(20.0)
    assert math.isnan(calibration.references.blink_duration), "twenty blinks are one too few"
    learn(calibration, 20.0, start=60.1)
    assert calibration.references.blink_duration == pytest.approx(0.2)


def test_a_reference_is_frozen() -> None:
    calibration = Calibration(CalibrationSettings(), References())
    learn(calibration, 80.0)
    before = calibration.references
    learn(calibration, 600.0, start=100.0, blink=0.34)
    for i in range(100):
        calibration.on_mouth(MouthState(stamp=float(i) / 5, judged=True, lip_distance=20.0))
    assert dataclasses.replace(before, lip_distance=20.0) == dataclasses.replace(
        calibration.references, lip_distance=20.0
    )


def test_time_out_of_sight_does_not_count() -> None:
    calibration = Calibration(CalibrationSettings(), References())
    learn(calibration, 30.0)
    half = calibration.progress
    for i in range(600):
        calibration.on_eyes(frame(31.0 + i / FPS, None))
    assert calibration.progress == half
    learn(calibration, 10.0, start=500.0)
    assert calibration.progress == pytest.approx(half + 100.0 / 6.0)


def test_mouth_and_pulse_count_when_they_are_there() -> None:
    calibration = Calibration(CalibrationSettings(), References())
    for i in range(301):
        calibration.on_mouth(
            MouthState(stamp=i / FPS, judged=True, lip_distance=21.0 + 2.0 * (i % 2))
        )
        if i % 10 == 0:
            calibration.on_pulse(PulseState(stamp=i / FPS, valid=True, bpm=66.0 + i % 20))
    assert calibration.progress == pytest.approx(100.0 * 60.0 / 120.0)
    assert calibration.references.lip_distance == 21.0
    assert calibration.references.heart_rate == pytest.approx(71.0, abs=0.5)


def test_open_mouths_and_bad_pulses_teach_nothing() -> None:
    calibration = Calibration(CalibrationSettings(), References())
    for i in range(1000):
        stamp = i / FPS
        calibration.on_mouth(
            MouthState(stamp=stamp, judged=True, mouth_open=True, lip_distance=60.0)
        )
        calibration.on_mouth(MouthState(stamp=stamp + 0.05))
        calibration.on_pulse(PulseState(stamp=stamp, valid=False, bpm=70.0))
        calibration.on_pulse(PulseState(stamp=stamp, valid=True))
    assert math.isnan(calibration.references.lip_distance)
    assert math.isnan(calibration.references.heart_rate)


def test_who_hardly_blinks_keeps_the_populations_blinks() -> None:
    calibration = Calibration(CalibrationSettings(), References())
    for i in range(4000):
        calibration.on_eyes(frame(i / FPS, ear_open=0.3))
    assert calibration.progress == 100.0
    assert calibration.note == "calibration: too few blinks, their duration stays the population's"
    used = calibration.references.or_population()
    assert used.ear_open == 0.3
    assert (used.blink_rate, used.blink_duration) == (
        POPULATION.blink_rate,
        POPULATION.blink_duration,
    )
    assert math.isnan(used.lip_distance), "pixels have no population"


def test_the_pulse_of_a_tired_driver_is_not_learnt() -> None:
    calibration = Calibration(CalibrationSettings(), References())
    for i in range(60):
        calibration.on_eyes(frame(float(i), valid=True, perclos=0.2, ear_open=0.3))
        calibration.on_pulse(PulseState(stamp=float(i), valid=True, bpm=55.0))
    assert math.isnan(calibration.references.heart_rate)


def test_references_are_the_same_where_neither_knows() -> None:
    own = References(ear_open=0.3, heart_rate=math.nan)
    assert own == References(ear_open=0.3, heart_rate=float("nan"))
    assert hash(own) == hash(References(ear_open=0.3, heart_rate=float("nan")))
    assert own != References(ear_open=0.3, heart_rate=60.0)
    assert own != References(ear_open=0.31)
    assert own != (0.3, math.nan)
