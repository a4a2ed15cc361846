"""Speed and sources, just below, at and above each of their limits."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.fusion.session import SessionSettings, SourceWatch, SpeedTracker


def told(*speeds: tuple[float, float]) -> SpeedTracker:
    """(time [s], speed [m/s]) as they came."""
    tracker = SpeedTracker(SessionSettings())
    for time, speed in speeds:
        tracker.on_speed(time, speed)
    return tracker


@pytest.mark.parametrize(
    ("kmh", "driving"), [(0.0, False), (9.9, False), (10.0, True), (-9.9, False), (-10.0, True)]
)
def test_ten_kilometres_an_hour_are_driving(kmh: float, driving: bool) -> None:
    speed = told((0.0, kmh / 3.6)).at(0.0)
    assert (speed.valid, speed.reason, speed.driving) == (True, "", driving)
    assert speed.below(10.0) is not driving
    assert speed.kmh == pytest.approx(abs(kmh))


def test_senders_with_and_without_a_sign_in_reverse_agree() -> None:
    tracker = told(*((i / 10, 8.0 * (-1) ** i) for i in range(20)))
    assert tracker.fault(1.9) == ""
    assert (tracker.at(1.9).value, tracker.at(1.9).driving) == (-8.0, True)


def test_what_is_not_known_drives() -> None:
    speed = told().at(0.0)
    assert (speed.valid, speed.driving, speed.below(1e9)) == (False, True, False)
    assert math.isnan(speed.value)
    old = told((0.0, 0.0))
    assert not old.at(2.0).driving
    late = old.at(2.001)
    assert (late.valid, late.driving, late.reason) == (False, True, "speed: last message 2.0 s ago")


def test_a_vehicle_stands_when_all_that_was_said_for_a_second_says_so() -> None:
    tracker = told((0.0, 20.0), (0.5, 0.0), (1.0, 0.0))
    assert tracker.at(1.0).driving
    assert tracker.at(2.0).driving, "the second counts from the newest message"
    tracker.on_speed(1.0625, 0.0)
    assert not tracker.at(1.0625).driving
    tracker.on_speed(1.5, math.nan)
    assert tracker.at(1.5).driving
    tracker.on_speed(1.6, 0.0)
    assert tracker.at(1.6).driving, "nonsense stands nowhere, for a second"
    tracker.on_speed(2.5625, 0.0)
    assert not tracker.at(2.5625).driving
    assert not told((0.0, 20.0), (60.0, 0.0)).at(60.0).driving


def test_nonsense_is_told_while_it_is_fresh() -> None:
    tracker = told((0.0, 20.0))
    assert tracker.nonsense(0.0) == ""
    tracker.on_speed(1.0, math.inf)
    assert tracker.nonsense(3.0) == "speed: the value is not plausible"
    assert tracker.nonsense(3.001) == ""
    assert told().nonsense(0.0) == ""


@pytest.mark.parametrize(("passed", "change", "jumps"), [(0.0, 3.0, 0), (0.0, 3.25, 1)])
def test_without_time_between_a_jump_is_more_than_three(
    passed: float, change: float, jumps: int
) -> None:
    found = told(*[(i * passed, change * (i % 2)) for i in range(5)]).fault(0.0)
    assert bool(found) is bool(jumps)


@pytest.mark.parametrize(("change", "told_of"), [(18.0, False), (18.25, True)])
def test_two_sources_are_four_jumps_no_brake_can_do(change: float, told_of: bool) -> None:
    speeds = [(float(i), 20.0 + change * (i % 2)) for i in range(5)]
    assert told(*speeds[:4]).fault(3.0) == "", "three"
    assert bool(told(*speeds).fault(4.0)) is told_of


def test_they_are_told_for_ten_seconds() -> None:
    tracker = told(*[(float(i), 25.0 * (i % 2)) for i in range(5)])
    assert tracker.fault(4.0) == "speed: sources disagree (0 and 90 km/h by turns)"
    assert tracker.fault(11.0)
    assert tracker.fault(11.001) == "", "the first of four was at 1 s"
    assert told(*[(4.0 * i, 100.0 * (i % 2)) for i in range(5)]).fault(16.0) == "", "12 s"
    reverse = told(*[(float(i), -25.0 if i % 2 else 5.0) for i in range(5)])
    assert reverse.fault(4.0) == "speed: sources disagree (18 and 90 km/h by turns)"
    back = told((9.0, 0.0), (8.0, 4.0), (7.0, 0.0), (6.0, 4.0), (5.0, 0.0))
    assert back.fault(5.0), "a clock that goes back brakes nothing"


def test_each_source_has_its_own_patience() -> None:
    watch = SourceWatch(SessionSettings())
    assert watch.newest("eyes") == -math.inf
    assert watch.silent(0.0) == {
        source: f"{source}: no message yet"
        for source in ("eyes", "face_state", "mouth", "pulse", "speed", "steering")
    }
    for source in ("eyes", "face_state", "mouth", "pulse", "speed", "steering"):
        watch.on_message(source, 10.0)
    assert watch.newest("eyes") == 10.0
    assert watch.silent(12.0) == {}
    assert set(watch.silent(12.001)) == {"eyes", "face_state", "mouth", "speed"}
    assert set(watch.silent(15.0)) == {"eyes", "face_state", "mouth", "speed"}
    assert watch.silent(15.001)["pulse"] == "pulse: no message for 5.0 s"


def test_a_required_source_has_eight_seconds_to_begin_and_two_afterwards() -> None:
    watch = SourceWatch(SessionSettings())
    watch.began = 100.0
    assert watch.fault(108.0, watch.silent(108.0)) == ""
    assert watch.fault(108.001, watch.silent(108.001)) == "eyes: no message yet"
    watch.on_message("eyes", 101.0)
    assert watch.fault(103.0, watch.silent(103.0)) == ""
    assert watch.fault(103.001, watch.silent(103.001)) == "eyes: no message for 2.0 s"


@pytest.mark.parametrize(("spoke", "missed"), [(0.0, False), (0.9375, False), (1.0, True)])
def test_who_spoke_for_a_second_is_missed(spoke: float, missed: bool) -> None:
    watch = SourceWatch(SessionSettings())
    for source in ("eyes", "mouth"):
        watch.on_message(source, 50.0)
        watch.on_message(source, 50.0 + spoke)
    silent = watch.silent(60.0)
    found = watch.missed(silent)
    assert found == ({"mouth": silent["mouth"]} if missed else {}), "eyes are a fault, no word"
    assert watch.missed({}) == {}
