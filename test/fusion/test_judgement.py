"""The judgement by itself: states go in as they are, eight times a second."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fatigue_ros.fusion.assessment import Assessment, Cause, FatigueState, Severity
from fatigue_ros.fusion.judgement import FusionSettings, Judgement
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState

STEP = 0.125  # [s] exact in binary
NOON = 1_700_000_000.0  # [s]
DAY = 86400.0
ASLEEP = "Asleep: wake up"


class Drive:
    """Eyes, and a vehicle that says its speed with each frame unless it is None."""

    def __init__(self, *, active: bool = True, calendar: Any = None, **changes: Any) -> None:
        own = {"state_directory": "none", "TIME_FOR_COUNTING_BLINKING_CALIB": 5.0}
        settings = FusionSettings(**{**own, **changes})
        self.judgement = Judgement(settings, active=active, calendar=calendar)
        self.now = NOON
        self.shut = 0.0
        self.said: list[Assessment] = []

    @property
    def last(self) -> Assessment:
        return self.said[-1]

    def play(
        self,
        seconds: float,
        *,
        kmh: float | None = 90.0,
        closed: bool = False,
        frames: bool = True,
        **more: Any,
    ) -> Drive:
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            if kmh is not None:
                self.judgement.on_speed(self.now, kmh / 3.6)
            if frames:
                self.shut = self.shut + STEP if closed else 0.0
                fields = {
                    "judged": True,
                    "valid": True,
                    "perclos": 0.0,
                    "perclos_window": 60.0,
                    "ear": 0.3,
                    "ear_open": 0.3,
                    "eyes_closed": closed,
                    "closure_duration": self.shut,
                }
                self.judgement.on_eyes(EyeState(**{"stamp": self.now, **fields, **more}))
            self.said.append(self.judgement.update(self.now))
        return self

    def hide(self, seconds: float, **more: Any) -> Drive:
        return self.play(seconds, judged=False, reason="dark", closure_duration=0.0, **more)


def test_states_are_numbered_as_the_message_has_them() -> None:
    assert [(state.name, state.value) for state in FatigueState] == [
        ("OFF", 0),
        ("CALIBRATING", 1),
        ("ACTIVE", 2),
        ("CANNOT_SEE", 3),
        ("FAULT", 4),
    ]
    assert [(s.name, s.value) for s in Severity] == [("NONE", 0), ("VISUAL", 1), ("ACOUSTIC", 2)]


def test_it_learns_and_then_judges() -> None:
    drive = Drive().play(5.0)
    assert (drive.last.state, drive.last.calibration < 100.0) == (FatigueState.CALIBRATING, True)
    drive.play(STEP)
    assert (drive.last.state, drive.last.calibration) == (FatigueState.ACTIVE, 100.0)
    assert (drive.last.valid, drive.last.level, drive.last.kss) == (True, 0.0, 3)
    assert drive.last.speed == pytest.approx(25.0)
    assert drive.judgement.take_notes() == ["driver: calibration: the driver's open eyes are known"]
    assert drive.judgement.take_notes() == []


# The ignition ----------------------------------------------------------------------------------


def test_off_at_once_where_it_stands_and_a_fault_where_it_drives() -> None:
    drive = Drive().play(5.0, kmh=0.0)
    drive.judgement.on_ignition(drive.now, False)
    assert not drive.judgement.active
    assert drive.play(STEP).last.state is FatigueState.OFF
    assert drive.last.reason == "ignition off"
    drive = Drive().play(5.0)
    drive.judgement.on_ignition(drive.now, False)
    assert drive.judgement.active
    assert drive.play(STEP).last.reason == "the ignition is off at 90 km/h"
    assert drive.last.state is FatigueState.FAULT
    assert "the ignition is off at 90 km/h" in drive.last.troubles
    drive.judgement.on_ignition(drive.now, True)
    assert drive.play(STEP).last.state is FatigueState.ACTIVE, "on again by then"
    drive.judgement.on_ignition(drive.now, False)
    drive.play(0.875, kmh=0.0)
    assert drive.judgement.active, "for a second it may still roll"
    assert drive.play(0.5, kmh=0.0).last.state is FatigueState.OFF


def test_off_with_the_speed_unknown_ends_all_but_an_alarm() -> None:
    drive = Drive().play(5.0, kmh=None)
    drive.judgement.on_ignition(drive.now, False)
    assert not drive.judgement.active
    drive = Drive().play(5.0, kmh=None).play(2.0, kmh=None, closed=True)
    drive.judgement.on_ignition(drive.now, False)
    assert drive.play(STEP, kmh=None).last.reason == "the ignition is off in the middle of an alarm"
    assert drive.play(2.0, kmh=None).last.state is FatigueState.OFF


def test_off_takes_nothing_and_on_begins_anew() -> None:
    drive = Drive(active=False).play(2.0)
    assert {a.state for a in drive.said} == {FatigueState.OFF}
    assert not drive.last.speed_valid
    drive.judgement.on_ignition(drive.now, True)
    assert drive.play(1.0).last.state is FatigueState.CALIBRATING
    drive.play(2.0, closed=True)
    assert drive.judgement.microsleeps == drive.judgement.long_blinks == 1
    drive.judgement.on_ignition(drive.now, True)
    assert drive.judgement.microsleeps == 1, "it was on already"
    drive.judgement.stop()
    drive.judgement.on_ignition(drive.now, True)
    assert drive.judgement.microsleeps == 0


# Who drives ------------------------------------------------------------------------------------


def test_another_driver_has_other_references_and_no_measure_of_the_last() -> None:
    drive = Drive().play(6.0)
    assert drive.judgement.set_driver(drive.now, "driver") == (True, "driver drives already")
    assert drive.judgement.set_driver(drive.now, "anna") == (True, "anna drives; calibrating")
    assert (drive.judgement.driver_id, drive.play(STEP).last.driver_id) == ("anna", "anna")
    assert math.isnan(drive.judgement.references.ear_open)
    back = drive.judgement.set_driver(drive.now, "driver")
    assert back == (True, "driver drives; references known")
    assert drive.judgement.references.ear_open == 0.3
    done, why = drive.judgement.set_driver(drive.now, "../x")
    assert (done, why.partition(":")[0]) == (False, "driver_id")


def test_calibrating_again() -> None:
    drive = Drive().play(6.0)
    assert drive.judgement.calibrate(drive.now) == (True, "calibration of driver begins")
    assert drive.play(STEP).last.state is FatigueState.CALIBRATING
    assert drive.judgement.calibrate(drive.now, "driver") == (True, "calibration of driver begins")
    assert drive.judgement.calibrate(drive.now, "ben") == (True, "calibration of ben begins")
    assert drive.judgement.driver_id == "ben"
    assert not drive.judgement.calibrate(drive.now, "a b")[0]
    drive.judgement.stop()
    off = "calibrate: expected the ignition on, it is off"
    assert drive.judgement.calibrate(drive.now) == (False, off)


def test_a_grade_is_asked_for_once_a_day_where_it_stands() -> None:
    drive = Drive()
    drive.judgement.on_speed(drive.now, 0.0)
    assert not drive.judgement.sleep_question_due, "before anything was judged"
    drive.play(1.0)
    assert not drive.judgement.sleep_question_due
    drive.play(2.0, kmh=0.0)
    assert drive.judgement.sleep_question_due
    assert drive.judgement.set_sleep_quality(drive.now, 1)[0]
    assert not drive.judgement.sleep_question_due
    sleep = {m.name: m for m in drive.play(STEP, kmh=0.0).last.metrics}["sleep"]
    assert (sleep.valid, sleep.score) == (True, 100.0)
    drive.judgement.set_driver(drive.now, "anna")
    assert drive.judgement.sleep_question_due
    drive.judgement.stop()
    assert not drive.judgement.sleep_question_due


def test_the_day_is_read_from_the_calendar_where_there_is_one() -> None:
    today = [NOON]
    drive = Drive(calendar=lambda: today[0]).play(2.0, kmh=0.0)
    drive.judgement.set_sleep_quality(5.0, 3)
    assert not drive.judgement.sleep_question_due
    today[0] += 2.0 * DAY
    assert drive.judgement.sleep_question_due


# Answers ---------------------------------------------------------------------------------------


def test_what_an_answer_is_told() -> None:
    drive = Drive().play(5.0)
    assert drive.judgement.acknowledge(drive.now) == (True, "nothing to silence")
    again = drive.judgement.acknowledge(drive.now + 0.5)
    assert again == (False, "acknowledge: pressed still, and that was counted; let go first")
    drive.play(7.0, closed=True)
    assert drive.last.unresponsive
    assert drive.judgement.acknowledge(drive.now) == (
        False,
        "acknowledge: the driver's eyes are not seen open; the sound pauses only",
    )
    drive.play(2.0)
    assert drive.last.unresponsive, "latched"
    assert drive.judgement.acknowledge(drive.now) == (True, "the sound is off, the light stays")
    assert not drive.play(STEP).last.unresponsive


def test_a_stuck_button_is_a_fault() -> None:
    drive = Drive()
    for _ in range(24):
        drive.play(0.5)
        drive.judgement.acknowledge(drive.now)
    assert drive.play(STEP).last.reason == "acknowledge: stays pressed for 12 s"


# What is wrong ---------------------------------------------------------------------------------


def test_the_first_fault_is_the_reason_and_all_others_are_told() -> None:
    drive = Drive().play(5.0)
    drive.judgement.on_eyes(
        EyeState(stamp=drive.now + STEP, judged=True, fault="frozen", reason="frozen")
    )
    found = drive.judgement.update(drive.now + STEP, "clock", ["yawn: gone", "clock"])
    assert (found.state, found.reason, found.valid) == (FatigueState.FAULT, "frozen", False)
    assert found.troubles == ("frozen", "clock", "yawn: gone")
    assert found.warning.cause is Cause.SYSTEM_FAULT
    late = drive.judgement.update(drive.now + 3.0, "clock")
    assert late.reason == "eyes: no message for 2.9 s"
    assert "frozen" not in late.troubles, "what was frozen is silent now"


def test_a_speed_that_is_missed_or_nonsense_is_told_by_light_only() -> None:
    drive = Drive().play(4.0).play(2.0, kmh=None)
    assert not drive.last.troubles
    drive.play(STEP, kmh=None)
    assert drive.last.troubles == ("speed: no message for 2.1 s",)
    assert drive.last.warning.text == "System fault: speed: no message for 2.1 s"
    assert drive.last.warning.severity is Severity.VISUAL
    assert drive.last.state is FatigueState.ACTIVE
    nonsense = Drive().play(5.0).play(STEP, kmh=1e6)
    assert nonsense.last.troubles == ("speed: the value is not plausible",)
    assert not nonsense.last.speed_valid
    mouth = Drive().play(2.0)
    for i in range(9):
        mouth.judgement.on_mouth(MouthState(stamp=mouth.now - 1.0 + i * STEP))
    mouth.play(2.5)
    assert mouth.last.troubles == ("mouth: no message for 2.5 s",)
    assert mouth.last.warning.severity is Severity.NONE, "no warning of what is not needed"


def test_the_time_of_a_judgement_never_goes_back() -> None:
    drive = Drive().play(5.0)
    assert drive.judgement.update(drive.now - 3.0).stamp == drive.now


def test_a_recording_that_begins_again_is_noted_where_there_was_one() -> None:
    drive = Drive()
    drive.judgement.begin_again(drive.now)
    assert drive.judgement.take_notes() == []
    drive.play(1.0).play(7.0, closed=True)
    drive.judgement.take_notes()
    drive.judgement.begin_again(NOON)
    assert drive.judgement.take_notes() == ["time went back: a recording began again"]
    found = drive.judgement.update(NOON)
    assert found.stamp == NOON
    assert found.unresponsive, "nobody has seen the driver awake"
    assert found.warning.cause is Cause.EYES_CLOSED


# Eyes that are not seen ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "lost", "why"),
    [
        ({}, {"head_down": True}, "the head sank"),
        ({"closed": True}, {}, "the eyes were shut when they were last seen"),
        ({}, {"perclos": 0.2}, "the fatigue level was 83 %"),
        ({}, {}, ""),
    ],
)
def test_ten_seconds_out_of_sight_sound_where_there_was_a_sign(
    before: dict[str, Any], lost: dict[str, Any], why: str
) -> None:
    drive = Drive().play(6.0).play(0.5, **before)
    unseen = 0.5 if before.get("closed") else 0.0
    drive.hide(9.875 - unseen, **lost)
    shown = drive.last.warning
    assert (shown.cause, shown.severity) == (Cause.CANNOT_SEE_DRIVER, Severity.VISUAL)
    assert (drive.last.state, drive.last.reason) == (FatigueState.CANNOT_SEE, "dark")
    drive.hide(STEP, **lost)
    assert (drive.last.warning.severity is Severity.ACOUSTIC) is bool(why)


@pytest.mark.parametrize(("perclos", "sounds"), [(0.1178, False), (0.1179, True)])
def test_a_level_of_sixty_is_a_sign(perclos: float, sounds: bool) -> None:
    drive = Drive().play(6.0).hide(10.5, perclos=perclos)
    assert (drive.last.warning.severity is Severity.ACOUSTIC) is sounds


def test_a_sleeper_who_turns_away_is_lost_at_once() -> None:
    drive = Drive().play(5.0).play(1.5, closed=True).hide(STEP)
    assert drive.last.reason == "the face turned away with the eyes closed"
    assert (drive.last.state, drive.last.valid) == (FatigueState.CANNOT_SEE, False)


def test_eyes_that_rested_while_it_stood_warn_by_light_only() -> None:
    drive = Drive().play(6.0, kmh=0.0).play(0.5, kmh=0.0, closed=True)
    drive.play(30.0, kmh=90.0, perclos=0.3)
    level = [a.warning for a in drive.said if a.warning.cause is Cause.FATIGUE_LEVEL]
    assert {w.severity for w in level} == {Severity.VISUAL}
    assert not any(w.chime for w in level)
    drive.play(31.0, perclos=0.3)
    assert drive.last.warning.severity is Severity.ACOUSTIC, "a minute after it was over"
    blink = Drive().play(6.0, kmh=0.0).play(0.375, kmh=0.0, closed=True)
    assert blink.play(3.0, perclos=0.3).last.warning.severity is Severity.ACOUSTIC


# Others ----------------------------------------------------------------------------------------


def test_a_model_begins_no_session_and_has_its_own_silence() -> None:
    drive = Drive(face_state_weight=50.0)
    model = ModelState(stamp=NOON - 99.0, valid=True, drowsy_duration=99.0)

    def face_state() -> tuple[bool, str]:
        found = {m.name: m for m in drive.last.metrics}["face_state"]
        return found.valid, found.reason

    drive.judgement.on_model(model)
    drive.play(STEP)
    assert face_state() == (False, "face_state: no message yet")
    drive.judgement.advance(drive.now)
    drive.judgement.on_model(model)
    assert drive.judgement.update(drive.now).level == pytest.approx(50.0)
    off = Drive(active=False)
    off.judgement.on_model(model)
    assert off.play(STEP).last.state is FatigueState.OFF


def test_age_goes_by_when_a_message_came() -> None:
    drive = Drive().play(5.0)
    drive.judgement.advance(drive.now)
    drive.judgement.on_pulse(PulseState(stamp=drive.now - 50.0, valid=True, bpm=60.0))
    drive.judgement.on_speed(drive.now - 50.0, 10.0)
    found = drive.judgement.update(drive.now)
    assert (found.speed_valid, found.speed) == (True, 10.0)
    pulse = {m.name: m for m in found.metrics}["heart_rate"]
    assert pulse.reason == "heart_rate: the driver's own is not known yet"


def test_references_that_were_learnt_are_kept(tmp_path: Any) -> None:
    drive = Drive(state_directory=str(tmp_path)).play(6.0)
    for i in range(61):
        drive.judgement.on_mouth(
            MouthState(stamp=drive.now + i * 0.5, judged=True, lip_distance=21.0)
        )
    again = Judgement(FusionSettings(state_directory=str(tmp_path)))
    assert (again.references.ear_open, again.references.lip_distance) == (0.3, 21.0)
    assert again.store_problem == ""


def test_a_grade_from_before_the_program_began_is_known(tmp_path: Any) -> None:
    Drive(state_directory=str(tmp_path)).judgement.set_sleep_quality(NOON, 1)
    again = Drive(state_directory=str(tmp_path)).play(2.0, kmh=0.0)
    assert not again.judgement.sleep_question_due


def test_the_time_to_start_counts_from_the_first_judgement() -> None:
    judgement = Judgement(FusionSettings(state_directory="none", start_up_time=8.0))
    for passed, state in ((0.0, "CALIBRATING"), (8.0, "CALIBRATING"), (8.1, "FAULT")):
        assert judgement.update(NOON + passed).state is FatigueState[state]


def test_closed_eyes_go_before_measures_that_cannot_be_used() -> None:
    drive = Drive().play(5.0).play(95.0, valid=False)
    assert drive.last.warning.cause is Cause.CANNOT_SEE_DRIVER
    drive.play(3.0, closed=True, valid=False)
    assert (drive.last.warning.cause, drive.last.warning.text) == (Cause.EYES_CLOSED, ASLEEP)
    assert drive.last.state is FatigueState.ACTIVE


def test_other_eyes_than_those_that_are_known_are_learnt_anew_and_noted(tmp_path: Any) -> None:
    Drive(state_directory=str(tmp_path)).play(6.0)
    drive = Drive(state_directory=str(tmp_path)).play(59.0, ear=0.4, ear_open=0.4)
    assert drive.judgement.references.ear_open == 0.3
    assert drive.judgement.take_notes() == []
    drive.play(2.0, ear=0.4, ear_open=0.4)
    assert drive.judgement.take_notes() == [
        "driver: open eyes are at 0.40 and were at 0.30: another camera, seat or eyewear; "
        "calibration starts over"
    ]
    assert math.isnan(drive.judgement.references.ear_open)
