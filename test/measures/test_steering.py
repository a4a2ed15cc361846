"""Steering over a drive: what counts, what is left out, and drivers awake and tired."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.measures.states import SteeringState
from fatigue_ros.measures.steering import Pieces, SteeringMonitor, SteeringSettings
from fatigue_ros.measures.steering_formulas import STEP
from fatigue_ros.simulator.wheel import steer

START = 1_000.0  # [s]
FAST = 30.0  # [m/s]
MINUTES = 7


def drive(
    monitor: SteeringMonitor,
    *,
    tired_from: float = math.inf,
    curve: float = 0.0,
    assisted: bool = False,
    speed: float = FAST,
    seconds: float = MINUTES * 60.0,
    seed: int = 1,
) -> list[SteeringState]:
    """The monitor's word for each five seconds of a drive."""
    times = np.arange(0.0, seconds, STEP)
    none = np.zeros(len(times))
    hands = steer((times >= tired_from) * 1.0, none + curve, none + assisted, FAST, seed)
    said = []
    monitor.on_assistance(assisted)
    for index, time in enumerate(times):
        now = START + float(time)
        monitor.on_speed(now, speed)
        monitor.on_angle(now, float(hands.angle[index]))
        monitor.on_position(now, float(hands.position[index]))
        if index % 100 == 99:
            said.append(monitor.measure(now))
    return said


@pytest.mark.parametrize("seed", [1, 2])
def test_tired_hands_are_told_from_those_awake(seed: int) -> None:
    said = drive(SteeringMonitor(SteeringSettings()), tired_from=250.0, seed=seed)
    awake, tired = said[48], said[-1]
    assert not math.isfinite(said[20].entropy)  # the driver's own is still being learned
    assert awake.valid
    assert awake.entropy == pytest.approx(awake.own_entropy, abs=0.06)
    assert awake.late_correction_rate == 0.0
    assert tired.late_correction_rate > 2.0
    assert tired.reversal_rate > 2.0 * awake.reversal_rate
    assert tired.sdlp > 1.5 * awake.sdlp
    assert tired.jerk > 2.0 * awake.jerk
    assert tired.own_entropy == awake.own_entropy  # learned once


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"curve": 0.4}, "a curve"),
        ({"assisted": True}, "the vehicle steers or helps to"),
        ({"speed": 13.0}, "slower than 60 km/h"),
    ],
)
def test_what_says_nothing_of_the_driver_is_left_out(what: dict[str, Any], reason: str) -> None:
    said = drive(SteeringMonitor(SteeringSettings()), seconds=60.0, tired_from=0.0, **what)
    # Before the wheel's mean has told the curve its first seconds are left out with it.
    assert not any(state.valid for state in said)
    assert said[-1].reason == f"steering: {reason}"
    assert said[-1].steered == 0.0


def test_the_brake() -> None:
    monitor = SteeringMonitor(SteeringSettings())
    monitor.on_speed(0.0, 30.0)
    monitor.on_brake(True)
    assert monitor.excluded(0.5) == "the driver brakes"
    monitor.on_brake(False)
    assert monitor.excluded(0.5) == ""


def test_the_indicator_and_five_seconds_more() -> None:
    monitor = SteeringMonitor(SteeringSettings())
    drive(monitor, seconds=10.0)
    now = START + 10.0
    assert monitor.excluded(now) == ""
    monitor.on_indicator(now, on=True)
    assert monitor.excluded(now + 1.0) == "the indicator is on"
    monitor.on_indicator(now + 1.5, on=False)
    monitor.on_speed(now + 6.0, FAST)
    assert monitor.excluded(now + 6.0) == "the indicator is on"
    assert monitor.excluded(now + 6.6) == ""


def test_a_change_of_lane_is_no_swaying() -> None:
    """The camera means another lane: the place jumps by its width."""
    monitor = SteeringMonitor(SteeringSettings())
    for index in range(1200):
        now = START + index * STEP
        monitor.on_speed(now, FAST)
        monitor.on_angle(now, 0.001 * (index % 2))
        monitor.on_position(now, 0.1 if index < 600 else -0.1 + 3.5 * (index < 620))
    found = monitor.measure(START + 60.0)
    assert found.sdlp == pytest.approx(0.0, abs=1e-9)
    assert found.crossings == 0


def test_a_wheel_that_falls_silent_is_said() -> None:
    monitor = SteeringMonitor(SteeringSettings(steering_window=30.0))
    assert monitor.measure(START).reason == "steering: no angle of the wheel"
    drive(monitor, seconds=20.0)
    assert monitor.measure(START + 20.0).reason == "steering: 18 s of 30 s"
    assert monitor.measure(START + 25.0).reason == "steering: no angle of the wheel"
    monitor.on_angle(START + 20.0, math.nan)
    assert monitor.ignored == 1


def test_what_was_steered_grows_old_in_silence() -> None:
    monitor = SteeringMonitor(SteeringSettings())
    assert drive(monitor, seconds=100.0)[-1].valid
    late = monitor.measure(START + 300.0)
    assert not late.valid
    assert late.reason == "steering: no angle of the wheel"


def test_each_driver_has_an_own_way() -> None:
    monitor = SteeringMonitor(SteeringSettings(own_steering_time=40.0))
    monitor.set_driver("ann")
    first = drive(monitor, seconds=60.0)[-1]
    assert math.isfinite(first.own_entropy)
    monitor.set_driver("bob")
    assert not monitor.measure(START + 60.0).valid
    assert math.isnan(drive(monitor, seconds=40.0, seed=4)[-1].own_entropy)
    monitor.set_driver("ann")
    again = drive(monitor, seconds=40.0, seed=5)[-1]
    assert again.own_entropy == first.own_entropy


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["angle", "position", "speed", "assist", "indicator", "measure"]),
            st.floats(allow_nan=True, allow_infinity=True, width=32),
            st.floats(-5.0, 40.0),
        ),
        max_size=200,
    )
)
def test_whatever_comes_nothing_is_raised_and_nothing_is_made_up(steps: list[Any]) -> None:
    monitor = SteeringMonitor(SteeringSettings(least_steering=10.0))
    now = START
    for what, value, passed in steps:
        now += passed
        if what == "angle":
            monitor.on_angle(now, value)
        elif what == "position":
            monitor.on_position(now, value)
        elif what == "speed":
            monitor.on_speed(now, value)
        elif what == "assist":
            monitor.on_assistance(value > 0.0)
        elif what == "indicator":
            monitor.on_indicator(now, on=value > 0.0)
        found = monitor.measure(now)
        assert found.valid is (not found.reason)
        assert not found.valid or found.steered >= 10.0
        assert 0.0 <= found.steered <= SteeringSettings().steering_window + 1.0


def test_a_sample_counts_once_two_seconds_that_count_have_followed_it() -> None:
    pieces = Pieces(60.0)
    fresh = [pieces.add(0.25 * i, float(i), counts=True) for i in range(10)]
    assert [len(found) for found in fresh] == [0] * 8 + [1, 1]
    (piece, value), (same, after) = fresh[8] + fresh[9]
    assert (value, after, same) == (0.0, 1.0, piece), "a quarter of a second apart: one piece"
    for i in range(10):
        pieces.add(2.5625 + 0.25 * i, 10.0 + i, counts=True)
    assert [run.tolist() for run in pieces.pieces(5.0, 1)] == [list(range(10)), [10.0, 11.0]]
    pieces.add(5.0, 0.0, counts=False)
    late = [pieces.add(5.0 + 0.25 * i, 20.0 + i, counts=True) for i in range(1, 17)]
    assert [len(found) for found in late] == [0] * 15 + [1], "two seconds after it are left out"
    assert late[-1][0][1] == 28.0


def test_the_window_holds_what_is_no_older() -> None:
    pieces = Pieces(2.0)
    for i in range(17):
        pieces.add(0.25 * i, float(i), counts=True)
    assert pieces.pieces(3.5)[0].tolist() == [6.0, 7.0, 8.0]
    assert pieces.pieces(3.501)[0].tolist() == [7.0, 8.0]


def test_when_steering_counts_at_the_limits() -> None:
    monitor = SteeringMonitor(SteeringSettings())
    assert monitor.excluded(0.0) == "the speed is not known"
    for kmh, reason in ((59.9, "slower than 60 km/h"), (60.0, ""), (-60.0, "")):
        monitor.on_speed(10.0, kmh / 3.6)
        assert monitor.excluded(10.0) == reason
    exact = SteeringMonitor(SteeringSettings(least_speed=54.0))
    exact.on_speed(10.0, 15.0)  # without rounding
    assert exact.excluded(10.0) == ""
    assert monitor.excluded(12.0) == ""
    assert monitor.excluded(12.001) == "the speed is not known"
    monitor.on_speed(20.0, FAST)
    monitor.on_indicator(15.0, on=True)
    monitor.on_indicator(16.0, on=False)
    assert monitor.excluded(20.999) == "the indicator is on"
    assert monitor.excluded(21.0) == ""


def test_a_time_more_than_a_second_back_is_another_drive() -> None:
    monitor = SteeringMonitor(SteeringSettings())
    monitor.on_speed(100.0, FAST)
    monitor.on_angle(100.0, 0.0)
    monitor.on_angle(99.0, 0.0)
    assert monitor.excluded(100.0) == ""
    monitor.on_angle(98.999, 0.0)
    assert monitor.excluded(100.0) == "the speed is not known"
    monitor.on_position(100.0, math.nan)
    assert monitor.ignored == 1


def test_of_two_angles_at_one_time_the_first_counts() -> None:
    monitor = SteeringMonitor(SteeringSettings())
    monitor.on_speed(10.0, FAST)
    monitor.on_angle(10.0, 0.0)
    monitor.on_angle(10.0, 30.0)
    monitor.on_angle(10.2, 0.0)
    assert monitor.measure(10.2).reason.startswith("steering: 0 s of")


@pytest.mark.parametrize(("share", "straight"), [(1.0, True), (1.001, False), (-1.001, False)])
def test_a_curve_is_more_than_the_angle_of_one(share: float, straight: bool) -> None:
    monitor = SteeringMonitor(SteeringSettings(curve_angle=0.125))
    for i in range(61):
        monitor.on_speed(0.1 * i, FAST)
        monitor.on_angle(0.1 * i, 0.125 * share)
    assert (monitor.measure(6.0).steered > 0.0) is straight


def test_between_two_samples_the_wheel_turns_evenly() -> None:
    monitor = SteeringMonitor(SteeringSettings(least_steering=10.0, own_steering_time=30.0))
    for i in range(500):
        at = 0.07 * i
        monitor.on_speed(at, FAST)
        monitor.on_angle(at, 0.001 * at)
        monitor.on_position(at, 0.85 * (i % 100 >= 50))
    found = monitor.measure(0.07 * 499)
    assert found.valid
    assert found.jerk == pytest.approx(0.0, abs=1e-6)
    assert found.crossings == 0, "1.8 m in a lane of 3.5 m: 0.85 m to the line"


def test_a_wheel_that_nobody_turns_is_nobodys_own_way() -> None:
    monitor = SteeringMonitor(SteeringSettings(least_steering=10.0, own_steering_time=30.0))
    for i in range(1000):
        monitor.on_speed(STEP * i, FAST)
        monitor.on_angle(STEP * i, 0.0)
    assert math.isnan(monitor.measure(STEP * 999).own_entropy)
    assert math.isfinite(drive(monitor, seconds=60.0)[-1].own_entropy)
