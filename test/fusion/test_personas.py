"""Short life stories, played through the true measures and the judgement."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fatigue_ros.fusion.assessment import Cause, FatigueState, Severity
from test.fusion.conftest import OPEN

MakeDrive = Callable[..., Any]
EVIDENCE_ALARMS = {Cause.EYES_CLOSED, Cause.FATIGUE_LEVEL}


def alarms(drive: Any, since: float = 0.0) -> list[Any]:
    """Warnings that say the driver is tired or asleep."""
    return [w for w in drive.warned if w.time >= since and w.cause in EVIDENCE_ALARMS]


def metric(assessment: Any, name: str) -> Any:
    return next(m for m in assessment.metrics if m.name == name)


def state_of(story: Any) -> FatigueState:
    return FatigueState(story.last.state)


def severity_of(story: Any) -> Severity:
    return Severity(story.last.warning.severity)


def test_rested_hour(drive: MakeDrive) -> None:
    story = drive().play(3600.0, noise=0.01, update_every=5)
    assert story.warned == []
    assert story.level_max() < 10.0
    assert story.since(70.0)[0].state is FatigueState.ACTIVE
    assert all(a.valid for a in story.since(70.0))
    assert story.last.kss == 3


def test_slow_decline_over_40_minutes(drive: MakeDrive) -> None:
    story = drive()
    for minute in range(40):
        tired = max(minute - 8, 0) / 32.0
        # Lids grow heavy: blinks longer and denser, then long blinks, up to one every six seconds.
        count = round(12 * max(tired - 0.25, 0.0))
        story.play(
            60.0,
            blink=0.2 + 0.2 * tired,
            blink_every=4.0 - 1.5 * tired,
            closures=[(3.0 + 6.5 * k, 0.55 + 0.4 * tired) for k in range(count)],
            update_every=5,
        )
    assert not [w for w in story.warned if w.time < 15 * 60]
    level_warnings = [w for w in story.warned if w.cause is Cause.FATIGUE_LEVEL]
    visual = next(w for w in level_warnings if w.severity is Severity.VISUAL)
    acoustic = next(w for w in level_warnings if w.severity is Severity.ACOUSTIC)
    assert 15 * 60 < visual.time < acoustic.time < 40 * 60
    quarters = [
        sum(a.level for a in part) / len(part)
        for part in (
            [a for t, a in story.shown if a.valid and k * 600 <= t < (k + 1) * 600]
            for k in range(4)
        )
    ]
    assert quarters == sorted(quarters)
    assert quarters[0] < 10.0
    assert story.last.level > 85.0
    assert story.last.kss == 9
    # What was normal at the start still is what is normal.
    assert story.judgement.references.blink_duration == pytest.approx(0.2, abs=0.04)


def test_slow_decline_without_a_long_closure(drive: MakeDrive) -> None:
    """Lids that hang and some long blinks: warned of before any microsleep, by two measures."""
    story = drive().play(400.0, noise=0.01, update_every=5)
    assert story.level_max() < 10.0
    for minute in range(30):
        tired = minute / 30.0
        story.play(45.0, ear=OPEN * (1.0 - 0.3 * tired), blink=0.2 + 0.05 * tired, update_every=5)
        story.play(15.0, ear=OPEN * (1.0 - 0.3 * tired), blink=0.2 + 0.28 * tired, update_every=5)
    assert not [w for w in story.warned if w.cause is Cause.EYES_CLOSED]
    assert Cause.FATIGUE_LEVEL in [w.cause for w in story.warned]
    assert metric(story.last, "droop").score == 100.0
    assert metric(story.last, "blink_tail").score > 50.0


def test_low_sun(drive: MakeDrive) -> None:
    """Lids down by a third and twice as many blinks for twenty minutes."""
    story = drive().play(400.0, noise=0.01, update_every=5)
    story.play(1200.0, ear=0.67 * OPEN, blink_every=2.0, update_every=5)
    assert alarms(story) == []
    assert metric(story.last, "droop").score == 100.0


def test_a_wide_eyed_start_does_not_warn_for_ever(drive: MakeDrive) -> None:
    story = drive().play(400.0, ear=1.2 * OPEN, noise=0.01, update_every=5)
    story.play(1200.0, update_every=5)
    assert alarms(story) == []
    assert story.level_max() < 50.0


def test_the_speed_of_the_drivers_lids_is_learnt_where_frames_allow(drive: MakeDrive) -> None:
    """From 0.05 to 0.3 in a frame: 0.25 / 0.3 of the open level in a thirtieth of a second."""
    fast = drive().play(110.0, fps=30.0, update_every=30).judgement.references
    assert fast.lid_speed == pytest.approx(25.0, rel=0.05)
    assert fast.lid_speed_deviation < 1.0
    slow = drive().play(110.0, fps=15.0, update_every=30).judgement.references
    assert math.isfinite(slow.blink_duration)
    assert math.isnan(slow.lid_speed)


def test_microsleeps_at_the_wheel(drive: MakeDrive) -> None:
    story = drive().play(100.0, fps=30.0)
    story.play(60.0, fps=30.0, closures=[(5.0, 1.5), (20.0, 1.6), (35.0, 1.4)])
    closed = [w for w in story.warned if w.cause is Cause.EYES_CLOSED]
    assert [round(w.time) for w in closed] == [106, 121, 136]
    assert all(w.severity is Severity.ACOUSTIC for w in closed)
    assert all(w.time - begin <= 1.1 for w, begin in zip(closed, (105, 120, 135), strict=True))
    assert story.level_max() > 85.0
    assert not story.last.unresponsive


def test_asleep_and_no_longer_responding(drive: MakeDrive) -> None:
    story = drive().play(70.0, fps=30.0).play(9.0, fps=30.0, closures=[(1.0, 7.5)])
    begin = 71.0
    warned = [w for w in story.warned if w.cause is Cause.EYES_CLOSED]
    assert len(warned) == 1
    during = [(t, a) for t, a in story.shown if begin + 1.1 <= t <= begin + 7.4]
    assert all(a.warning.severity is Severity.ACOUSTIC for _, a in during)
    assert not [t for t, a in story.shown if a.unresponsive and t < begin + 6.0]
    assert all(a.unresponsive for a in story.since(begin + 6.2))
    story.play(30.0, fps=30.0)
    assert story.last.unresponsive, "latched until somebody answers"
    assert story.judgement.acknowledge(story.now)[0]
    assert not story.update().unresponsive


def test_acknowledging_does_not_silence_sleep(drive: MakeDrive) -> None:
    story = drive().play(70.0, fps=30.0)
    story.play(2.0, fps=30.0, closures=[(0.0, 9.0)])
    assert story.judgement.acknowledge(story.now)[0]
    assert story.update().warning.severity is Severity.VISUAL
    story.play(5.0, fps=30.0, closures=[(0.0, 9.0)])
    assert severity_of(story) is Severity.ACOUSTIC
    assert story.last.unresponsive
    assert not story.judgement.acknowledge(story.now)[0], "the eyes are still closed"
    assert story.update().unresponsive


def test_a_second_microsleep_sounds_although_the_first_was_acknowledged(drive: MakeDrive) -> None:
    story = drive().play(70.0)
    story.play(2.0, closures=[(0.2, 1.3)])
    assert story.last.warning.severity is Severity.ACOUSTIC
    assert story.judgement.acknowledge(story.now)[0]
    assert story.update().warning.severity is Severity.VISUAL
    story.play(2.0, closures=[(0.2, 2.0)], blink_every=100.0)
    assert story.last.warning.severity is Severity.ACOUSTIC
    assert story.last.warning.cause is Cause.EYES_CLOSED


def test_laughing_and_singing(drive: MakeDrive) -> None:
    def mouth(t: float) -> float:
        return 0.7 if t % 2.2 < 1.3 else 0.1

    story = drive().play(70.0, mouth=lambda _: 0.02)
    story.play(320.0, ear=0.62 * 0.30, mouth=mouth, update_every=3)
    assert alarms(story) == []
    assert story.level_max() < 50.0
    assert story.mouth.state.yawn_count == 0


def test_talking(drive: MakeDrive) -> None:
    story = drive().play(
        330.0, mouth=lambda t: 0.15 + 0.15 * math.sin(12.0 * t), update_every=3, blink_every=2.5
    )
    assert story.warned == []
    yawn = metric(story.last, "yawn")
    assert (yawn.valid, yawn.value, yawn.score) == (True, 0.0, 0.0)


def test_yawning_alone_does_not_warn(drive: MakeDrive) -> None:
    story = drive().play(330.0, mouth=lambda t: 0.8 if t % 60.0 < 5.0 else 0.02, update_every=3)
    assert story.warned == []
    yawn = metric(story.last, "yawn")
    assert yawn.score == 100.0
    assert 10.0 < story.last.level <= 20.0


def test_glasses_with_reflections(drive: MakeDrive) -> None:
    story = drive().play(
        300.0,
        fps=30.0,
        noise=0.03,
        in_sight=lambda t: t % 7.0 > 0.3,
        update_every=3,
    )
    assert story.warned == []
    assert story.level_max() < 50.0


def test_sunglasses(drive: MakeDrive) -> None:
    story = drive().play(80.0).play(120.0, in_sight=lambda _: 0.0)
    first = story.warned[0]
    assert (first.severity, first.cause) == (Severity.VISUAL, Cause.CANNOT_SEE_DRIVER)
    assert first.time < 90.0
    assert len(story.warned) == 1, "said once, steadily"
    blind = story.since(90.0)
    assert all(a.state is FatigueState.CANNOT_SEE for a in blind)
    assert all(not a.valid and math.isnan(a.level) and a.reason for a in blind)
    story.play(70.0)
    assert state_of(story) is FatigueState.ACTIVE
    assert severity_of(story) is Severity.NONE
    assert alarms(story) == []


def test_eyes_that_are_seen_now_and_then_are_not_seen(drive: MakeDrive) -> None:
    story = drive().play(80.0).play(60.0, in_sight=lambda t: t % 2.0 < 0.4)
    assert state_of(story) is FatigueState.CANNOT_SEE
    assert [w.cause for w in story.warned] == [Cause.CANNOT_SEE_DRIVER]


def test_too_few_frames_are_said_and_not_hidden(drive: MakeDrive) -> None:
    story = drive().play(200.0, fps=8.0)
    assert not story.last.valid
    assert "frames/s" in story.last.reason
    assert state_of(story) is FatigueState.CANNOT_SEE
    assert severity_of(story) is Severity.VISUAL


def test_looking_down_at_the_radio(drive: MakeDrive) -> None:
    def pitch(t: float) -> float:
        return 0.6 if t % 6.0 < 2.5 else 0.0

    story = drive().play(70.0, pitch=lambda _: 0.0).play(40.0, pitch=pitch, fps=30.0)
    assert story.warned == []
    assert all(a.state is FatigueState.ACTIVE for a in story.since(75.0))


def test_mirror_checks(drive: MakeDrive) -> None:
    def yaw(t: float) -> float:
        return 0.9 if t % 8.0 < 1.0 else (-0.9 if 4.0 < t % 8.0 < 5.2 else 0.0)

    story = drive().play(70.0, yaw=lambda _: 0.0).play(60.0, yaw=yaw, fps=30.0)
    assert story.warned == []
    assert all(a.valid for a in story.since(75.0))


def test_a_head_that_sinks_in_a_microsleep(drive: MakeDrive) -> None:
    story = drive().play(70.0, fps=30.0)
    story.play(20.0, fps=30.0, closures=[(1.0, 20.0)], in_sight=lambda t: t < 2.6)
    assert [(w.severity, w.cause) for w in story.warned] == [(Severity.ACOUSTIC, Cause.EYES_CLOSED)]
    assert severity_of(story) is Severity.ACOUSTIC, "nobody has seen the eyes open"
    assert all(a.state is FatigueState.CANNOT_SEE for a in story.since(70.0 + 3.3))
    assert not story.last.unresponsive, "a closure nobody saw"
    story.play(5.0, fps=30.0)
    assert severity_of(story) is Severity.NONE


def test_long_red_light(drive: MakeDrive) -> None:
    story = drive().play(80.0)
    story.play(40.0, kmh=0.0, closures=[(5.0, 25.0)])
    assert story.warned != []
    assert {w.severity for w in story.warned} == {Severity.VISUAL}
    assert not story.last.unresponsive
    driven_off = story.time
    story.play(90.0, kmh=50.0)
    assert not [w for w in story.warned if w.severity is Severity.ACOUSTIC]
    story.play(5.0, kmh=50.0, closures=[(1.0, 1.5)])
    assert [w.cause for w in story.warned if w.severity is Severity.ACOUSTIC] == [Cause.EYES_CLOSED]
    assert story.level_max(driven_off + 61.0) < 75.0


def test_unknown_speed_is_not_zero(drive: MakeDrive) -> None:
    story = drive().play(70.0, kmh=None).play(5.0, kmh=None, closures=[(1.0, 1.5)])
    assert not story.last.speed_valid
    assert math.isnan(story.last.speed)
    assert [w.severity for w in story.warned] == [Severity.ACOUSTIC]
    story.play(2.0, kmh=0.0)
    assert (story.last.speed_valid, story.last.speed) == (True, 0.0)
    story.play(5.0, kmh=None)
    assert not story.last.speed_valid


def test_second_driver_mid_trip(drive: MakeDrive) -> None:
    story = drive(driver_id="anna").play(130.0, kmh=60.0)
    first = story.judgement.references
    story.play(5.0, closures=[(0.0, 4.0)])
    story.judgement.set_driver(story.now, "ben")
    changed = story.time
    story.eyes.reset()
    story.play(30.0, ear=0.22, blink=0.3)
    assert story.last.driver_id == "ben"
    assert state_of(story) is FatigueState.CALIBRATING
    assert 0.0 < story.last.calibration < 100.0
    story.play(120.0, ear=0.22, blink=0.3)
    second = story.judgement.references
    assert state_of(story) is FatigueState.ACTIVE
    assert second.ear_open == pytest.approx(0.22, abs=0.02)
    assert second.blink_duration > first.blink_duration + 0.05
    assert not [w for w in story.warned if w.time >= changed], "nothing of Anna's warnings stays"
    assert story.last.level < 10.0, "Ben blinks slowly, and always does"
    story.judgement.set_driver(story.now, "anna")
    again, before = map(dataclasses.astuple, (story.judgement.references, first))
    assert again == pytest.approx(before, nan_ok=True)
    assert story.update().calibration == 100.0


def test_pulse_sensor_off(drive: MakeDrive) -> None:
    story = drive().play(100.0, bpm=80.0).play(30.0, bpm=68.0)
    heart_rate = metric(story.last, "heart_rate")
    assert heart_rate.valid
    assert heart_rate.score > 50.0
    with_pulse = story.last.level
    story.play(30.0)
    heart_rate = metric(story.last, "heart_rate")
    assert not heart_rate.valid
    assert (heart_rate.score, heart_rate.weight) == (0.0, 0.0)
    assert "pulse: no message for" in heart_rate.reason
    assert story.last.level < with_pulse
    assert story.last.valid
    assert story.warned == []


def test_a_required_pulse_that_goes_quiet_is_a_fault(drive: MakeDrive) -> None:
    story = drive(required_sources=["eyes", "pulse"]).play(80.0, bpm=70.0).play(10.0)
    assert state_of(story) is FatigueState.FAULT
    assert [w.cause for w in story.warned] == [Cause.SYSTEM_FAULT]


def test_camera_out_for_30_s(drive: MakeDrive) -> None:
    story = drive().play(130.0).play(30.0, frames=False).play(60.0)
    assert [w.cause for w in story.warned] == [Cause.SYSTEM_FAULT]
    assert 132.0 < story.warned[0].time < 134.0
    out = [a for t, a in story.shown if 133.0 < t <= 160.0]
    assert all(a.state is FatigueState.FAULT and not a.valid for a in out)
    assert all("eyes: no message for" in a.reason for a in out)
    back = story.since(162.5)
    assert all(a.warning.severity is Severity.NONE for a in back)
    assert story.last.valid
    assert story.last.level < 10.0


def test_camera_that_never_comes_is_a_fault(drive: MakeDrive) -> None:
    story = drive().play(20.0, frames=False)
    assert [w.cause for w in story.warned] == [Cause.SYSTEM_FAULT]
    assert story.warned[0].time < 10.0


def test_ignition_off_and_on_the_same_day(drive: MakeDrive, tmp_path: Path) -> None:
    story = drive(state_directory=str(tmp_path)).play(30.0, kmh=0.0)
    assert story.judgement.sleep_question_due
    assert story.judgement.set_sleep_quality(story.now, 3)[0]
    assert not story.judgement.sleep_question_due
    story.play(120.0)
    known = story.judgement.references
    story.play(2.0, closures=[(0.0, 5.0)])
    assert severity_of(story) is Severity.ACOUSTIC
    story.judgement.on_ignition(story.now, False)
    story.play(30.0, closures=[(0.0, 30.0)])
    assert state_of(story) is FatigueState.FAULT
    assert story.last.reason == "the ignition is off at 90 km/h"
    assert severity_of(story) is Severity.ACOUSTIC, "that silences nothing"
    story.play(3.0, closures=[(0.0, 3.0)], kmh=0.0)
    assert state_of(story) is FatigueState.OFF
    assert severity_of(story) is Severity.NONE
    assert not story.last.valid
    assert not story.last.unresponsive
    story.play(30.0, closures=[(0.0, 30.0)])
    assert len({a.warning.key for a in story.since(story.time - 29.0)}) == 1  # said, not repeated

    off = story.time
    story.eyes.reset()
    story.judgement.on_ignition(story.now, True)
    story.play(70.0, kmh=0.0)
    assert story.judgement.references == known
    assert state_of(story) is FatigueState.ACTIVE
    assert not story.judgement.sleep_question_due
    assert metric(story.last, "sleep").value == 50.0
    assert not [w for w in story.warned if w.time > off]

    again = drive(start=story.now + 60.0, state_directory=str(tmp_path)).play(70.0, kmh=0.0)
    assert again.last.calibration == 100.0, "read back after a restart"
    assert metric(again.last, "sleep").value == 50.0
    tomorrow = drive(start=story.now + 86400.0, state_directory=str(tmp_path)).play(5.0, kmh=0.0)
    assert tomorrow.judgement.sleep_question_due
    assert not metric(tomorrow.last, "sleep").valid


def test_calibration_while_already_tired(drive: MakeDrive) -> None:
    story = drive()
    for _ in range(5):
        story.play(60.0, blink=0.4, closures=[(4.0 + 7.0 * k, 1.2) for k in range(8)])
    assert state_of(story) is FatigueState.CALIBRATING
    assert story.last.calibration < 100.0
    assert all(
        math.isnan(value) for value in dataclasses.asdict(story.judgement.references).values()
    )
    assert any("looks tired" in note for note in story.judgement.take_notes())
    assert story.last.level > 85.0, "population values do not know this driver, but see the lids"
    story.play(200.0)
    assert state_of(story) is FatigueState.ACTIVE, "learnt once rested"


def test_a_tired_blinker_is_not_learnt(drive: MakeDrive) -> None:
    story = drive().play(150.0, blink=0.42)
    assert story.last.calibration < 100.0
    assert any("blinks of" in note for note in story.judgement.take_notes())


def test_calibrate_starts_over(drive: MakeDrive) -> None:
    story = drive().play(130.0)
    before = story.judgement.references
    assert story.judgement.calibrate(story.now)[0]
    assert story.update().state is FatigueState.CALIBRATING
    assert story.last.calibration == 0.0
    story.play(130.0, blink=0.3)
    assert story.last.calibration == 100.0
    assert story.judgement.references.blink_duration > before.blink_duration + 0.05
