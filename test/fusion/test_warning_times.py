"""The warnings just below, at and above each of their times and thresholds."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fatigue_ros.fusion.assessment import Cause, DriverWarning, Severity
from fatigue_ros.fusion.warnings import Situation, WarningPolicy, WarningSettings

NONE, LIGHT, SOUND = Severity.NONE, Severity.VISUAL, Severity.ACOUSTIC
EYES, LEVEL = Cause.EYES_CLOSED, Cause.FATIGUE_LEVEL
UNSEEN, FAULT = Cause.CANNOT_SEE_DRIVER, Cause.SYSTEM_FAULT
STEP = 0.125  # [s] exact in binary


class Policy:
    """The warnings, asked eight times a second or when a test says so."""

    def __init__(self, *, alarm: bool = False, **changes: Any) -> None:
        self.policy = WarningPolicy(WarningSettings(**changes), alarm=alarm)

    def at(self, now: float, **situation: Any) -> DriverWarning:
        return self.policy.update(now, Situation(**situation))

    def said(self, now: float, **situation: Any) -> tuple[Severity, Cause]:
        warning = self.at(now, **situation)
        return warning.severity, warning.cause

    def ends(self, begin: float, end: float, **situation: Any) -> float:
        """[s] of the first time without sound or light."""
        for i in range(round((end - begin) / STEP) + 1):
            if self.at(begin + i * STEP, **situation).severity is NONE:
                return begin + i * STEP
        raise AssertionError("it does not end")


def test_nothing_to_say_is_one_thing_until_there_is_something() -> None:
    policy = Policy()
    for now in (5.0, 6.0):
        quiet = policy.at(now, level=10.0)
        assert quiet == DriverWarning(level=10.0, since=5.0, until=5.0)
    policy.at(7.0, level=80.0)
    assert policy.at(27.0, level=10.0) == DriverWarning(level=10.0, since=27.0, until=27.0)


# Closed eyes -----------------------------------------------------------------------------------


def test_the_alarm_lasts_three_seconds_and_until_the_eyes_are_open() -> None:
    policy = Policy()
    warning = policy.at(10.0, eyes_closed=True, level=50.0)
    assert warning == DriverWarning(
        severity=SOUND, cause=EYES, text="Eyes closed", level=50.0, since=10.0, until=13.0
    )
    assert policy.policy.alarm
    assert policy.at(12.75, eyes_closed=True).until == 13.25
    assert policy.at(20.0).until == 20.5, "nobody has seen them open"
    assert policy.ends(20.125, 30.0, open_time=0.5) == 20.125
    assert not policy.policy.alarm


@pytest.mark.parametrize(("open_time", "over"), [(0.499, False), (0.5, True)])
def test_seen_open_for_half_a_second_ends_it(open_time: float, over: bool) -> None:
    policy = Policy()
    policy.at(10.0, eyes_closed=True)
    policy.at(20.0, open_time=open_time)
    assert policy.policy.alarm is not over
    short = Policy()
    short.at(10.0, eyes_closed=True)
    short.at(11.0, open_time=open_time)
    assert short.said(12.875, open_time=open_time) == (SOUND, EYES)
    assert (short.said(13.0, open_time=open_time) == (NONE, Cause.NONE)) is over


def test_what_it_says() -> None:
    policy = Policy()
    assert policy.at(1.0, eyes_closed=True).text == "Eyes closed"
    assert policy.at(3.0, eyes_closed=True, sleeping=True).text == "Asleep: wake up"
    for word in ({"lost": "x"}, {"cannot_see": "x"}, {"fault": "x"}):
        warning = policy.at(4.0, eyes_closed=True, sleeping=True, **word)
        assert warning.text == "Eyes closed, then lost from sight: wake up"
        assert warning.since == 1.0


def test_an_alarm_from_before_goes_on() -> None:
    policy = Policy(alarm=True)
    assert policy.said(0.0) == (SOUND, EYES)
    assert Policy().said(0.0) == (NONE, Cause.NONE)


@pytest.mark.parametrize(
    ("sleeping", "until"), [(False, 42.0), (True, 15.0)], ids=["unknown", "asleep"]
)
def test_an_answer_quiets_for_thirty_seconds_and_a_sleeper_for_three(
    sleeping: bool, until: float
) -> None:
    policy = Policy()
    policy.at(11.0, eyes_closed=True, sleeping=sleeping)
    assert policy.policy.acknowledge(12.0)
    situation = {"eyes_closed": True, "sleeping": sleeping}
    assert policy.said(until - STEP, **situation) == (LIGHT, EYES)
    assert policy.said(until, **situation) == (SOUND, EYES)


def test_a_new_closure_is_not_answered_yet() -> None:
    policy = Policy()
    policy.at(10.0, eyes_closed=True)
    policy.policy.acknowledge(11.0)
    assert policy.said(12.0, open_time=0.0) == (LIGHT, EYES)
    assert policy.said(13.0, eyes_closed=True) == (SOUND, EYES)


# Standing --------------------------------------------------------------------------------------


def test_ten_seconds_of_standing_turn_a_sound_into_light() -> None:
    policy = Policy()
    policy.at(10.0, eyes_closed=True)
    policy.at(11.0, eyes_closed=True, standing=True)
    assert policy.said(20.875, eyes_closed=True, standing=True) == (SOUND, EYES)
    assert policy.said(21.0, eyes_closed=True, standing=True) == (LIGHT, EYES)
    assert policy.said(21.1, eyes_closed=True) == (SOUND, EYES)
    assert policy.said(21.2, eyes_closed=True, standing=True) == (SOUND, EYES), "counted anew"


def test_while_it_stands_nothing_begins_to_sound() -> None:
    policy = Policy()
    policy.at(10.0, standing=True)
    assert policy.said(11.0, eyes_closed=True, standing=True) == (LIGHT, EYES)
    assert Policy().said(10.0, eyes_closed=True, standing=True) == (LIGHT, EYES)
    level = Policy()
    assert level.said(10.0, level=95.0) == (SOUND, LEVEL)
    assert level.said(10.1, level=95.0, standing=True) == (LIGHT, LEVEL), "of the level at once"


# What cannot be seen, and faults ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "severity", "cause", "text"),
    [
        ({"fault": "f"}, LIGHT, FAULT, "System fault: f"),
        ({"cannot_see": "c"}, LIGHT, UNSEEN, "Cannot see the driver: c"),
        ({"lost": "l"}, SOUND, UNSEEN, "Cannot see the driver: l"),
        ({"asleep": "a"}, SOUND, UNSEEN, "Cannot see the driver: a"),
        ({"cannot_see": "c", "asleep": "a"}, SOUND, UNSEEN, "Cannot see the driver: c"),
        ({"fault": "f", "asleep": "a"}, SOUND, FAULT, "System fault: f"),
        ({"fault": "f", "lost": "l"}, SOUND, FAULT, "System fault: f"),
        ({"fault": "f", "cannot_see": "c"}, LIGHT, FAULT, "System fault: f"),
        ({"trouble": "t"}, LIGHT, FAULT, "System fault: t"),
        ({"trouble": "t", "cannot_see": "c"}, LIGHT, UNSEEN, "Cannot see the driver: c"),
        ({"trouble": "t", "level": 80.0}, LIGHT, LEVEL, "Fatigue level 80 %: take a break"),
    ],
)
def test_what_is_told_and_how_loudly(
    situation: dict[str, Any], severity: Severity, cause: Cause, text: str
) -> None:
    policy = Policy()
    warning = policy.at(5.0, **situation)
    assert (warning.severity, warning.cause, warning.text) == (severity, cause, text)
    if "level" not in situation:
        assert (warning.since, warning.until) == (5.0, 7.0)
        assert policy.ends(5.125, 10.0) == 7.0


def test_they_last_two_seconds_after_the_last_word() -> None:
    for word in ({"fault": "f"}, {"cannot_see": "c"}, {"trouble": "t"}):
        policy = Policy()
        policy.at(5.0, **word)
        assert policy.at(6.0, **word).until == 8.0
        assert policy.ends(6.125, 12.0) == 8.0


@pytest.mark.parametrize("word", ["fault", "cannot_see"])
def test_a_tone_when_it_begins_and_not_again_for_a_minute(word: str) -> None:
    policy = Policy()
    assert policy.at(10.0, **{word: "x"}).chime
    assert policy.at(11.0, **{word: "x"}).chime, "the same warning"
    policy.ends(11.0, 20.0)
    assert not policy.at(69.875, **{word: "x"}).chime
    policy.ends(70.0, 80.0)
    assert policy.at(130.0, **{word: "x"}).chime
    still = Policy()
    still.at(10.0, **{word: "x"})
    still.ends(10.0, 20.0)
    assert still.at(70.0, **{word: "x"}).chime
    assert not Policy().at(10.0, standing=True, **{word: "x"}).chime
    assert not Policy().at(10.0, trouble="x").chime


def test_a_louder_word_begins_anew_and_a_quieter_one_goes_on_as_loud() -> None:
    policy = Policy()
    policy.at(10.0, cannot_see="c")
    louder = policy.at(11.0, cannot_see="c", asleep="a")
    assert (louder.severity, louder.since, louder.chime) == (SOUND, 11.0, False)
    quieter = policy.at(12.0, cannot_see="d")
    assert (quieter.severity, quieter.since, quieter.text) == (SOUND, 11.0, louder.text)


def test_an_answer_holds_for_another_word_of_the_same() -> None:
    for later, severity in ((29.875, LIGHT), (30.0, SOUND)):
        policy = Policy()
        policy.at(9.0, lost="l")
        assert policy.policy.acknowledge(10.0)
        policy.ends(10.0, 15.0)
        assert policy.said(10.0 + later, lost="l") == (severity, UNSEEN)


def test_open_eyes_end_what_was_answered() -> None:
    policy = Policy()
    policy.at(9.0, lost="l")
    policy.policy.acknowledge(10.0)
    policy.ends(10.0, 15.0, open_time=0.5)
    assert policy.said(16.0, lost="l") == (SOUND, UNSEEN)


def test_an_answer_needs_something_to_answer() -> None:
    policy = Policy()
    assert not policy.policy.acknowledge(10.0)
    policy.at(11.0, cannot_see="c")
    assert policy.policy.acknowledge(12.0)
    assert not policy.at(12.5, cannot_see="c").chime, "what was answered needs no tone"


# The level -------------------------------------------------------------------------------------


def test_the_level_warns_by_light_for_twenty_seconds_and_pauses_forty() -> None:
    policy = Policy()
    warning = policy.at(10.0, level=75.0)
    assert warning == DriverWarning(
        severity=LIGHT,
        cause=LEVEL,
        chime=True,
        text="Fatigue level 75 %: take a break",
        level=75.0,
        since=10.0,
        until=30.0,
    )
    assert policy.said(29.875, level=75.0) == (LIGHT, LEVEL)
    assert policy.said(30.0, level=75.0) == (NONE, Cause.NONE)
    assert policy.said(69.875, level=75.0) == (NONE, Cause.NONE)
    assert policy.said(70.0, level=75.0) == (LIGHT, LEVEL)


def test_it_sounds_for_fifteen_seconds_and_pauses_ten_where_nobody_answers() -> None:
    policy = Policy()
    warning = policy.at(10.0, level=90.0)
    assert (warning.severity, warning.until, warning.chime) == (SOUND, 25.0, False)
    assert warning.text == "Fatigue level 90 %: stop and rest"
    assert policy.said(24.875, level=90.0) == (SOUND, LEVEL)
    assert policy.said(25.0, level=90.0) == (NONE, Cause.NONE)
    assert policy.said(34.875, level=90.0) == (NONE, Cause.NONE)
    assert policy.said(35.0, level=90.0) == (SOUND, LEVEL)


def test_a_light_gives_way_to_a_sound_and_a_sound_is_not_begun_again() -> None:
    policy = Policy()
    policy.at(10.0, level=80.0)
    louder = policy.at(15.0, level=90.0)
    assert (louder.severity, louder.since, louder.until) == (SOUND, 15.0, 30.0)
    assert policy.at(20.0, level=95.0).since == 15.0


def test_after_an_answer_light_only_for_two_minutes() -> None:
    policy = Policy()
    policy.at(10.0, level=90.0)
    policy.policy.acknowledge(12.0)
    assert policy.said(13.0, level=90.0) == (LIGHT, LEVEL)
    assert policy.said(25.0, level=90.0) == (NONE, Cause.NONE)
    assert policy.said(64.875, level=90.0) == (NONE, Cause.NONE), "forty seconds"
    assert policy.said(65.0, level=90.0) == (LIGHT, LEVEL)
    assert policy.said(85.0, level=90.0)[0] is NONE
    assert policy.said(131.875, level=90.0) == (LIGHT, LEVEL)
    assert policy.said(132.0, level=90.0) == (SOUND, LEVEL)


@pytest.mark.parametrize(("count", "first"), [(3, 190.0), (1, 70.0)])
def test_ignored_lights_make_the_next_one_sound(count: int, first: float) -> None:
    policy = Policy(escalation_count=count)
    sounds = [
        10.0 + i * STEP
        for i in range(round(200.0 / STEP))
        if policy.at(10.0 + i * STEP, level=80.0).severity is SOUND
    ]
    assert sounds[0] == first


@pytest.mark.parametrize(
    ("rest", "sounds"), [(69.9, False), (70.0, True), (74.9, True), (math.nan, True)]
)
def test_five_per_cent_below_the_matter_is_over(rest: float, sounds: bool) -> None:
    policy = Policy()
    now = 10.0
    for _ in range(3):
        for passed in (0.0, 20.0):
            assert policy.said(now + passed, level=80.0) == (
                (NONE, Cause.NONE) if passed else (LIGHT, LEVEL)
            )
        policy.at(now + 30.0, level=rest)
        now += 60.0
    assert policy.said(now, level=80.0) == (SOUND if sounds else LIGHT, LEVEL)


def test_an_answered_light_is_not_ignored() -> None:
    policy = Policy(escalation_count=1, acknowledged_time=0.0)
    policy.at(10.0, level=80.0)
    policy.policy.acknowledge(11.0)
    assert policy.said(30.0, level=80.0) == (NONE, Cause.NONE)
    assert policy.said(70.0, level=80.0) == (LIGHT, LEVEL)
    assert policy.said(90.0, level=80.0) == (NONE, Cause.NONE)
    assert policy.said(130.0, level=80.0) == (SOUND, LEVEL)
    eyes = Policy(escalation_count=1)
    eyes.at(5.0, eyes_closed=True)
    eyes.policy.acknowledge(6.0)
    eyes.ends(8.0, 12.0, open_time=1.0)
    assert eyes.said(13.0, level=90.0) == (SOUND, LEVEL), "that answer was for the eyes"


def test_between_the_thresholds_it_stays_what_it_was() -> None:
    changes: dict[str, Any] = {
        "OPTICAL_WARNING_THRESHOLD_H": 80.0,
        "ACUSTICAL_WARNING_THRESHOLD": 90.0,
    }
    for before, severity in ((89.0, LIGHT), (90.0, SOUND)):
        policy = Policy(escalation_count=9, warning_pause=0.0, escalated_pause=0.0, **changes)
        policy.at(0.0, level=before)
        assert policy.said(30.0, level=85.0) == (severity, LEVEL)
        assert policy.said(60.0, level=80.0) == (LIGHT, LEVEL)
        assert policy.said(90.0, level=85.0) == (LIGHT, LEVEL)


def test_what_the_profile_lets_the_level_do() -> None:
    assert Policy().said(0.0, level=95.0, level_visual=True) == (LIGHT, LEVEL)
    assert not Policy().at(0.0, level=80.0, level_chimes=False).chime
    assert not Policy().at(0.0, level=80.0, level_visual=True).chime
    assert not Policy().at(0.0, level=80.0, standing=True).chime
    assert Policy().at(0.0, level=80.0).chime


def test_of_two_as_loud_the_first_is_shown() -> None:
    everything = {"fault": "f", "cannot_see": "c", "trouble": "t", "level": 80.0}
    policy = Policy()
    assert policy.said(0.0, eyes_closed=True, lost="l", **everything) == (SOUND, EYES)
    assert Policy().said(0.0, **everything) == (LIGHT, FAULT)
    assert Policy().said(0.0, cannot_see="c", level=80.0) == (LIGHT, UNSEEN)
    assert Policy().said(0.0, cannot_see="c", level=90.0) == (SOUND, LEVEL)


def test_an_answer_counts_though_the_level_falls_before_the_warning_is_over() -> None:
    policy = Policy(acknowledged_time=0.0)
    policy.at(10.0, level=95.0)
    assert policy.policy.acknowledge(11.0)
    assert policy.ends(11.0, 30.0, level=10.0) == 25.0
    assert policy.said(64.875, level=95.0) == (NONE, Cause.NONE), "40 s, not the 10 of one ignored"
    assert policy.said(65.0, level=95.0) == (SOUND, LEVEL)
