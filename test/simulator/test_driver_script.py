"""A scenario worked out: the truth agrees with the curves, and chance with the rates."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.simulator.driver_script import DriverScript
from fatigue_ros.simulator.movements import SHUT
from fatigue_ros.simulator.scenario import (
    AnswerSleep,
    Blink,
    Closure,
    CoverEyes,
    Gone,
    QuantityProfile,
    Scenario,
    Sunglasses,
    Talk,
    Turn,
    Unplug,
    Yawn,
)
from fatigue_ros.simulator.scenario_file import load_scenario, scenario_names


def constant(value: float) -> QuantityProfile:
    return QuantityProfile(np.zeros(1), np.array([value]))


def scenario(duration: float = 60.0, seed: int = 1, **parts: object) -> Scenario:
    profiles = {k: constant(v) for k, v in parts.items() if isinstance(v, float)}
    events = parts.get("events", ())
    return Scenario(name="x", duration=duration, seed=seed, profiles=profiles, events=events)  # type: ignore[arg-type]


def check_truth(script: DriverScript) -> None:
    """What the truth says, the curves show; what the curves show, the truth says."""
    truth = script.truth
    times = np.arange(0.0, script.scenario.duration, 0.002)
    lids = script.lids(times)
    assert lids.min() >= 0.0
    assert lids.max() <= 1.0
    movements = [*truth.blinks, *truth.closures]
    covered = np.zeros(len(times), np.bool_)
    for movement in movements:
        assert movement.whole.start < movement.shut.start < movement.shut.end < movement.whole.end
        shut = (times >= movement.shut.start + 0.002) & (times <= movement.shut.end - 0.002)
        assert np.all(lids[shut] >= SHUT - 1e-6)
        covered |= (times >= movement.whole.start) & (times <= movement.whole.end)
    droop = script.scenario.profile("droop")(times)
    if droop.max() < 0.4 and all(yawn.lids < SHUT for yawn in script._yawns):
        assert np.all(lids[~covered] < SHUT)
    for one, other in zip(truth.blinks, truth.blinks[1:], strict=False):
        assert one.whole.end < other.whole.start
    mouth = script.mouth(times)
    for yawn in truth.yawns:
        during = (times >= yawn.start) & (times <= yawn.end)
        assert mouth[during].max() > 0.25
        assert mouth[during][0] < -0.1
    beats = truth.beats
    assert beats[0] <= 0.0
    assert beats[-1] > script.scenario.duration
    assert np.all(np.diff(beats) >= 0.25)


@pytest.mark.parametrize("name", scenario_names())
def test_what_ships_tells_the_truth(name: str) -> None:
    check_truth(DriverScript(load_scenario(name)))


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    rate=st.floats(0.0, 60.0),
    length=st.floats(0.1, 0.45),
    droop=st.floats(0.0, 0.5),
    yawn=st.builds(Yawn, at=st.floats(0.0, 12.0), duration=st.floats(2.0, 8.0)),
    closure=st.builds(Closure, at=st.floats(20.0, 26.0), duration=st.floats(0.46, 4.0)),
)
def test_any_drive_tells_the_truth(
    seed: int, rate: float, length: float, droop: float, yawn: Yawn, closure: Closure
) -> None:
    check_truth(
        DriverScript(
            scenario(
                30.0,
                seed,
                blink_rate=rate,
                blink_duration=length,
                droop=droop,
                events=(yawn, closure),
            )
        )
    )


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), cut=st.floats(0.5, 9.5))
def test_curves_do_not_depend_on_how_they_are_asked(seed: int, cut: float) -> None:
    script = DriverScript(load_scenario("demo"))
    script = DriverScript(dataclasses.replace(script.scenario, seed=seed))
    times = np.arange(20.0, 30.0, 1.0 / 30.0)
    whole = [dataclasses.astuple(f) for f in script.frames(times)]
    part = int(cut * 30)
    pieces = [*script.frames(times[:part]), *script.frames(times[part:], first=part)]
    assert [dataclasses.astuple(f) for f in pieces] == whole


def test_blinks_come_at_their_rate() -> None:
    script = DriverScript(scenario(3600.0, blink_rate=17.0))
    starts = np.array([b.whole.start for b in script.truth.blinks])
    assert len(starts) / 60.0 == pytest.approx(17.0, rel=0.06)
    gaps = np.diff(starts)
    assert 0.35 < gaps.std() / gaps.mean() < 0.75  # neither clockwork (0) nor pure chance (1)
    lengths = np.array([b.whole.duration for b in script.truth.blinks])
    assert lengths.min() >= 0.15
    assert lengths.max() <= 0.25
    assert not DriverScript(scenario(600.0, blink_rate=0.0)).truth.blinks


def test_rate_and_length_follow_their_profiles() -> None:
    ramp = QuantityProfile(np.array([0.0, 1200.0]), np.array([0.0, 40.0]))
    slow = QuantityProfile(np.array([0.0, 1200.0]), np.array([0.2, 0.4]))
    script = DriverScript(
        Scenario(name="x", duration=1200.0, profiles={"blink_rate": ramp, "blink_duration": slow})
    )
    early = [b.whole for b in script.truth.blinks if b.whole.start < 600.0]
    late = [b.whole for b in script.truth.blinks if b.whole.start >= 600.0]
    assert len(late) == pytest.approx(3 * len(early), rel=0.2)
    assert np.mean([b.duration for b in late]) > 1.2 * np.mean([b.duration for b in early])


def test_adding_a_yawn_leaves_the_rest_alone() -> None:
    plain = DriverScript(scenario())
    yawning = DriverScript(scenario(events=(Yawn(at=50.0),)))
    before = [b for b in plain.truth.blinks if b.whole.end < 49.0]
    assert before == [b for b in yawning.truth.blinks if b.whole.end < 49.0]
    assert np.array_equal(plain.truth.beats, yawning.truth.beats)


def test_perclos_by_hand() -> None:
    """A closure of 3 s is shut for 3 - 0.713 (0.3 + 0.2) s: 2.644 s of a minute, blinks apart."""
    script = DriverScript(scenario(events=(Closure(at=20.0, duration=3.0),)))
    assert script.perclos(60.0) == pytest.approx(2.644 / 60.0, abs=0.0004)
    assert script.perclos(19.0) == 0.0
    assert script.perclos(22.0, window=1.0) == 1.0
    assert DriverScript(scenario(droop=1.0)).perclos(30.0) > 0.6


def test_two_eyes_of_a_script_close_together_and_slow_lids_waver() -> None:
    script = DriverScript(scenario(blink_rate=0.0, droop=0.4))
    lids = script.lids(np.arange(0.0, 60.0, 0.1))
    assert lids.mean() == pytest.approx(0.4, abs=0.05)
    assert 0.04 < lids.std() < 0.2
    frame = next(script.frames(np.array([3.0])))
    assert frame.right_lid == frame.left_lid > 0.0


def test_the_head_follows_the_turns() -> None:
    script = DriverScript(
        scenario(events=(Turn(at=10.0, duration=3.0, yaw=0.3, pitch=-0.1, roll=0.05),))
    )
    quiet = DriverScript(scenario())
    times = np.array([5.0, 11.5, 20.0])
    for axis, size in (("yaw", 0.3), ("pitch", -0.1), ("roll", 0.05)):
        extra = getattr(script.curves(times), axis) - getattr(quiet.curves(times), axis)
        assert extra == pytest.approx([0.0, size, 0.0])
    sway = quiet.curves(np.arange(0.0, 60.0, 0.1)).yaw
    assert sway.std() == pytest.approx(0.015, rel=0.35)


def test_speech_moves_in_syllables() -> None:
    script = DriverScript(scenario(20.0, events=(Talk(at=2.0, duration=15.0, opening=0.3),)))
    times = np.arange(0.0, 20.0, 0.01)
    mouth = script.mouth(times)
    assert mouth.max() <= 0.3
    assert mouth[times < 2.0] == pytest.approx(-0.15)
    talking = mouth[(times > 2.0) & (times < 17.0)]
    peaks = np.sum((talking[1:-1] > talking[:-2]) & (talking[1:-1] >= talking[2:]))
    assert 3.0 < peaks / 15.0 < 7.0


def test_what_hides_the_eyes_is_told() -> None:
    events = (
        Sunglasses(at=5.0, duration=4.0),
        CoverEyes(at=12.0, duration=1.0),
        Gone(at=20.0, duration=3.0),
        Unplug(at=30.0, duration=5.0),
        Unplug(at=40.0, duration=5.0, device="board"),
        AnswerSleep(at=1.0, grade=2),
        Blink(at=50.0),
    )
    script = DriverScript(scenario(events=events, blink_rate=0.0))
    assert [(i.start, i.end) for i in script.truth.unseen] == [(5, 9), (12, 13), (20, 23), (30, 35)]
    assert script.truth.sleep_answers == ((1.0, 2),)
    assert [b.whole.start for b in script.truth.blinks] == [50.0]
    times = np.array([4.9, 5.0, 8.9, 9.0])
    assert list(script.curves(times).sunglasses) == [False, True, True, False]
    assert list(script.curves(np.array([12.5])).covered) == [True]
    assert list(script.curves(np.array([22.9, 23.0])).gone) == [True, False]
    assert list(script.plugged("camera", np.array([29.0, 31.0]))) == [True, False]
    assert list(script.plugged("board", np.array([31.0, 41.0]))) == [True, False]
    assert script.plugged("speed", np.arange(60.0)).all()


@pytest.mark.parametrize("rate", [50.0, 72.0, 110.0])
def test_the_heart_beats_at_its_rate(rate: float) -> None:
    script = DriverScript(scenario(120.0, heart_rate=rate))
    intervals = np.diff(script.truth.beats)
    assert 60.0 / intervals.mean() == pytest.approx(rate, abs=0.7)
    rmssd = 1000.0 * np.sqrt(np.mean(np.diff(intervals) ** 2))
    assert 15.0 < rmssd < 60.0
    readings = script.ppg(100.0)
    assert readings.shape == (12000,)
    assert readings.dtype == np.uint16
    assert readings.min() > 0
    assert readings.max() < 1023
    spectrum = np.abs(np.fft.rfft((readings - readings.mean()) * np.hanning(len(readings))))
    frequency = np.fft.rfftfreq(len(readings), 0.01)
    band = (frequency > 0.6) & (frequency < 3.0)
    assert 60.0 * frequency[band][spectrum[band].argmax()] == pytest.approx(rate, abs=3.0)


def test_pulse_noise_is_in_the_readings_alone() -> None:
    clean, noisy = DriverScript(scenario(pulse_noise=0.0)), DriverScript(scenario(pulse_noise=2.0))
    assert noisy.ppg(100.0).astype(float).std() > 3.0 * clean.ppg(100.0).astype(float).std()
    assert np.array_equal(clean.truth.beats, noisy.truth.beats)
    assert np.array_equal(noisy.ppg(100.0), noisy.ppg(100.0))


def test_same_seed_same_drive_another_seed_another() -> None:
    one, same = DriverScript(scenario(seed=5)), DriverScript(scenario(seed=5))
    other = DriverScript(scenario(seed=6))
    assert one.truth.blinks == same.truth.blinks != other.truth.blinks
    assert np.array_equal(one.ppg(50.0), same.ppg(50.0))
    assert not np.array_equal(one.ppg(50.0), other.ppg(50.0))


def test_speed_and_ignition() -> None:
    script = DriverScript(load_scenario("pulse_lost"))
    assert script.speed(np.array([0.0, 45.0, 60.0])) == pytest.approx([0.0, 6.0, 12.0])
    assert list(script.ignition(np.array([0.0, 85.9, 86.0]))) == [True, True, False]
    assert script.heart_rate(np.array([0.0, 45.0])) == pytest.approx([66.0, 69.0])
