"""What the driver does with hands and feet, and the door: what that puts off, and what not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fatigue_ros.fusion.assessment import Cause, Severity
from fatigue_ros.fusion.controls import ACTIONS, CONTROLS, DOOR, Controls


@pytest.mark.parametrize("name", CONTROLS)
def test_an_action_is_a_control_that_goes_on(name: str) -> None:
    controls = Controls()
    assert controls.said(0.0) == "nothing yet"
    assert not controls.take(name, 0.0, on=True), "it may have been on all the time"
    assert not controls.take(name, 1.0, on=False)
    assert not controls.take(name, 2.999, on=True), "the lamp blinks"
    assert not controls.take(name, 3.0, on=False)
    assert not controls.take(name, 4.0, on=False), "said again"
    assert controls.take(name, 5.0, on=True)
    assert not controls.take(name, 8.0, on=True), "said again"
    assert controls.door_open is (name == DOOR)
    if name in ACTIONS:
        assert (controls.acted_at, controls.said(9.0)) == (5.0, f"{name} 4 s ago")
    else:
        assert controls.said(9.0) == "nothing yet"


def move(story: Any, name: str) -> None:
    for before, on in ((-2.5, False), (0.0, True)):
        story.judgement.on_control(story.now + before, name, on=on)


def test_an_action_puts_off_that_nobody_reacts_and_quiets_nothing(
    drive: Callable[..., Any],
) -> None:
    calm, acting = drive(), drive()
    for story in (calm, acting):
        story.play(30.0)
        story.play(5.0, closures=[(0.0, 60.0)])
    move(acting, "brake")
    for story in (calm, acting):
        story.play(2.5, closures=[(0.0, 60.0)])
        warning = story.last.warning
        assert (warning.severity, warning.cause) == (Severity.ACOUSTIC, Cause.EYES_CLOSED)
    assert calm.last.unresponsive  # 7.5 s of shut eyes
    assert not acting.last.unresponsive  # 2.5 s after the brake
    acting.play(1.0, closures=[(0.0, 60.0)])
    assert acting.last.unresponsive
    assert [w.time for w in acting.warned] == [w.time for w in calm.warned]


def test_not_for_long_whatever_moves(drive: Callable[..., Any]) -> None:
    story = drive().play(30.0)
    for _ in range(6):  # a lever that wiggles every 2.4 s
        move(story, "wipers")
        story.play(2.4, closures=[(0.0, 60.0)])
    assert story.last.unresponsive
    first = next(t for t, a in story.shown if a.unresponsive)
    assert 41.0 < first < 42.5  # twice 6 s
    assert story.last.warning.severity is Severity.ACOUSTIC


def test_the_door_opened_at_standstill_begins_a_drive(drive: Callable[..., Any]) -> None:
    story = drive().play(40.0)
    story.play(5.0, kmh=0.0)
    before = story.judgement._driver.drive
    move(story, DOOR)
    assert story.judgement._driver.drive is not before
    assert "somebody else may drive" in story.judgement.take_notes()[-1]
    story.play(3.0, kmh=0.0)
    assert "the driver's door is said to be open" not in story.last.troubles


def test_a_door_that_opens_on_the_way_is_told_and_changes_nothing(
    drive: Callable[..., Any],
) -> None:
    story = drive().play(20.0)
    before = story.judgement._driver.drive
    story.play(1.5, closures=[(0.0, 60.0)])
    move(story, DOOR)
    story.play(1.0, closures=[(0.0, 60.0)])
    assert story.judgement._driver.drive is before
    assert "the driver's door is said to be open" in story.last.troubles
    assert story.last.warning.cause is Cause.EYES_CLOSED
    quiet = drive().play(20.0, kmh=None)
    same = quiet.judgement._driver.drive
    move(quiet, DOOR)
    assert quiet.judgement._driver.drive is same, "an unknown speed drives"


def test_an_alarm_outlasts_the_door(drive: Callable[..., Any]) -> None:
    story = drive().play(20.0)
    story.play(2.0, closures=[(0.0, 60.0)])
    story.play(3.0, closures=[(0.0, 60.0)], kmh=0.0)
    move(story, DOOR)
    story.play(1.0, closures=[(0.0, 60.0)], kmh=0.0)
    assert story.last.warning.cause is Cause.EYES_CLOSED
