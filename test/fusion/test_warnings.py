"""When the driver is warned, how loudly and for how long."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.errors import ParameterError
from fatigue_ros.fusion.assessment import Cause, DriverWarning, Severity
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.fusion.warnings import Situation, WarningPolicy, WarningSettings

STEP = 0.1  # [s]


class Alarm:
    """Feeds levels to the warnings and keeps what they say."""

    def __init__(self, **changes: Any) -> None:
        self.policy = WarningPolicy(WarningSettings(**changes))
        self.steps = 0
        self.said: list[tuple[float, DriverWarning]] = []

    @property
    def now(self) -> float:
        return self.steps * STEP

    def hold(self, seconds: float, situation: Situation | float) -> DriverWarning:
        if not isinstance(situation, Situation):
            situation = Situation(level=situation, open_time=1.0)
        for _ in range(round(seconds / STEP)):
            self.steps += 1
            self.said.append((self.now, self.policy.update(self.now, situation)))
        return self.said[-1][1]

    def spans(self) -> list[tuple[Severity, Cause, float]]:
        """(severity, cause, length in s) of each warning said."""
        found: list[tuple[Severity, Cause, float]] = []
        key = None
        for _, warning in self.said:
            if warning.severity is not Severity.NONE:
                if (warning.severity, warning.cause) == key:
                    found[-1] = (*found[-1][:2], round(found[-1][2] + STEP, 6))
                else:
                    found.append((warning.severity, warning.cause, STEP))
            key = (warning.severity, warning.cause)
        return found


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (74.9, Severity.NONE),
        (75.0, Severity.VISUAL),
        (85.0, Severity.VISUAL),
        (85.001, Severity.ACOUSTIC),
        (100.0, Severity.ACOUSTIC),
        (math.nan, Severity.NONE),
    ],
)
def test_thresholds(level: float, severity: Severity) -> None:
    warning = Alarm().hold(STEP, level)
    assert warning.severity is severity
    assert warning.cause is (Cause.FATIGUE_LEVEL if severity else Cause.NONE)


def test_light_for_20_s_and_sound_for_15_s_even_when_the_level_falls_at_once() -> None:
    for level, length in ((80.0, 20.0), (90.0, 15.0)):
        alarm = Alarm()
        alarm.hold(STEP, level)
        alarm.hold(60.0, 10.0)
        assert [span[2] for span in alarm.spans()] == [length]


def test_since_and_until() -> None:
    alarm = Alarm()
    alarm.hold(5.0, 10.0)
    warning = alarm.hold(3.0, 80.0)
    assert [warning.since, warning.until] == pytest.approx([5.1, 25.1])


def test_pause_before_the_light_comes_back() -> None:
    alarm = Alarm()
    alarm.hold(130.0, 80.0)
    on = [t for t, w in alarm.said if w.severity is Severity.VISUAL]
    pauses = [b - a for a, b in itertools.pairwise(on) if b - a > 2 * STEP]
    assert pauses == pytest.approx([40.0, 40.0], abs=2 * STEP)


def test_louder_does_not_wait() -> None:
    alarm = Alarm()
    alarm.hold(30.0, 80.0)
    assert alarm.hold(STEP, 90.0).severity is Severity.ACOUSTIC


def test_ignored_lights_escalate_to_sound() -> None:
    alarm = Alarm()
    alarm.hold(3 * 60.0 - 1.0, 80.0)
    assert {w.severity for _, w in alarm.said} == {Severity.NONE, Severity.VISUAL}
    alarm.hold(5.0, 80.0)
    assert alarm.said[-1][1].severity is Severity.ACOUSTIC


def test_a_rested_level_ends_the_matter() -> None:
    alarm = Alarm()
    for _ in range(6):
        alarm.hold(60.0, 80.0)
        alarm.hold(60.0, 40.0)
    assert Severity.ACOUSTIC not in {w.severity for _, w in alarm.said}


def test_acknowledging_silences_the_sound_and_not_the_light() -> None:
    alarm = Alarm()
    alarm.hold(2.0, 95.0)
    assert alarm.policy.acknowledge(alarm.now)
    answered = alarm.now
    assert alarm.hold(STEP, 95.0).severity is Severity.VISUAL
    alarm.hold(12.0, 95.0)
    assert alarm.said[-1][1].severity is Severity.VISUAL
    alarm.hold(300.0, 95.0)
    sounds = [t for t, w in alarm.said if w.severity is Severity.ACOUSTIC and t > answered]
    assert sounds
    assert sounds[0] >= answered + 120.0
    assert not Alarm().policy.acknowledge(0.0)


def test_between_the_thresholds_it_stays_what_it_was() -> None:
    changes = {"OPTICAL_WARNING_THRESHOLD_H": 80.0, "ACUSTICAL_WARNING_THRESHOLD": 90.0}
    rising, falling = Alarm(**changes), Alarm(**changes)
    assert rising.hold(1.0, 85.0).severity is Severity.VISUAL
    falling.hold(1.0, 95.0)
    falling.hold(14.0 + 10.0, 85.0)
    assert falling.hold(5.0, 85.0).severity is Severity.ACOUSTIC


def test_eyes_closed_is_louder_than_a_visual_level() -> None:
    alarm = Alarm()
    alarm.hold(1.0, 80.0)
    warning = alarm.hold(0.5, Situation(level=80.0, eyes_closed=True))
    assert (warning.severity, warning.cause) == (Severity.ACOUSTIC, Cause.EYES_CLOSED)
    alarm.hold(10.0, 80.0)
    assert alarm.spans() == [
        (Severity.VISUAL, Cause.FATIGUE_LEVEL, 1.0),
        (Severity.ACOUSTIC, Cause.EYES_CLOSED, 3.0),
        (Severity.VISUAL, Cause.FATIGUE_LEVEL, 7.5),
    ]


def test_standing_never_sounds() -> None:
    alarm = Alarm()
    alarm.hold(10.0, Situation(level=95.0, eyes_closed=True, sleeping=True, standing=True))
    assert {w.severity for _, w in alarm.said} == {Severity.VISUAL}


def test_fault_goes_before_cannot_see() -> None:
    alarm = Alarm()
    warning = alarm.hold(1.0, Situation(fault="eyes: no message for 2.1 s", cannot_see="dark"))
    assert warning.cause is Cause.SYSTEM_FAULT
    assert "eyes: no message" in warning.text
    alarm.hold(10.0, 10.0)
    assert [span[2] for span in alarm.spans()] == [pytest.approx(3.0, abs=0.15)]


@pytest.mark.parametrize(
    "changes",
    [
        {"OPTICAL_WARNING_THRESHOLD_L": 90.0},
        {"OPTICAL_WARNING_THRESHOLD_H": 99.0},
    ],
)
def test_thresholds_out_of_order_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="OPTICAL_WARNING_THRESHOLD"):
        FusionSettings(**changes)  # type: ignore[arg-type]


LEVELS = st.lists(
    st.tuples(
        st.one_of(st.floats(0.0, 100.0), st.sampled_from([75.0, 85.0, 85.001, math.nan])),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(LEVELS)
def test_the_level_never_makes_the_warning_flicker(levels: list[tuple[float, int]]) -> None:
    """Whatever the level does: warnings last, and do not come again before the pause."""
    alarm = Alarm()
    for level, steps in levels:
        alarm.hold(steps * STEP, level)
    alarm.hold(60.0, 0.0)
    before, begun, ended = Severity.NONE, 0.0, -math.inf
    for t, warning in alarm.said:
        severity = warning.severity
        if severity > before:
            if severity is Severity.VISUAL:
                assert t - ended >= 10.0 - 1e-6  # the shortest pause
            begun = t
        elif severity < before:
            assert t - begun >= (15.0 if before is Severity.ACOUSTIC else 20.0) - 1e-6
            assert severity is Severity.NONE
            ended = t
        before = severity


@settings(max_examples=40, deadline=None, derandomize=True)
@given(LEVELS, st.integers(-1000, 1000))
def test_shifting_time_shifts_warnings(levels: list[tuple[float, int]], shift: int) -> None:
    def play(offset: float) -> list[tuple[Severity, float]]:
        policy = WarningPolicy(WarningSettings())
        said, now = [], offset
        for level, steps in levels:
            for _ in range(steps):
                now += 0.125  # exact in binary, so that the shift is
                warning = policy.update(now, Situation(level=level))
                said.append((warning.severity, warning.since - offset))
        return said

    assert play(0.0) == play(float(shift))


def test_the_key_is_the_same_while_the_warning_is() -> None:
    alarm = Alarm()
    alarm.hold(1.0, 80.0)
    alarm.hold(1.0, 81.0)
    assert len({w.key for _, w in alarm.said}) == 1


def test_what_was_hidden_by_an_alarm_ends_with_it() -> None:
    """The head turned away with the eyes closed, and came back with open ones."""
    alarm = Alarm()
    alarm.hold(2.0, Situation(eyes_closed=True))
    alarm.hold(1.5, Situation(lost="the face turned away with the eyes closed"))
    alarm.hold(0.5, Situation())  # back, but not yet seen open
    warning = alarm.hold(0.1, Situation(open_time=0.5))
    assert warning.severity is Severity.NONE
    assert alarm.spans() == [(Severity.ACOUSTIC, Cause.EYES_CLOSED, 4.0)]


def test_what_is_still_so_when_the_alarm_ends_is_told() -> None:
    alarm = Alarm()
    alarm.hold(3.5, Situation(eyes_closed=True))
    warning = alarm.hold(0.1, Situation(open_time=0.5, cannot_see="dark"))
    assert warning.cause is Cause.CANNOT_SEE_DRIVER
