"""Patterns as commands that end by themselves."""

from __future__ import annotations

import pytest

from fatigue_ros.devices.light_patterns import Lights, Pattern, PatternPlayer

YELLOW, RED = Lights(yellow=True), Lights(red=True)


def test_a_steady_light_is_commanded_each_time_it_is_asked_for_and_lasts_as_long() -> None:
    player = PatternPlayer()
    assert player.show(Pattern.VISUAL, 20.0, 100.0)
    assert player.command(100.0) == (YELLOW, 20.0)
    assert not player.moved_on(110.0)
    assert player.show(Pattern.VISUAL, 15.0, 110.0)
    assert player.command(110.0) == (YELLOW, 15.0)
    assert not player.moved_on(125.0)
    assert player.pattern is Pattern.DARK


def test_steps_follow_each_other_and_go_on_when_asked_for_again() -> None:
    player = PatternPlayer()
    assert player.show(Pattern.FAULT, 2.0, 0.0)
    assert player.command(0.0) == (YELLOW, 1.5)  # outlasts its step, not the pattern
    assert not player.moved_on(0.4)
    assert not player.show(Pattern.FAULT, 2.0, 0.4)
    assert player.moved_on(0.6)
    assert player.command(0.6) == (RED, 1.5)
    assert not player.moved_on(0.9)
    assert player.moved_on(2.1)
    lights, kept = player.command(2.1)
    assert lights == YELLOW
    assert kept == pytest.approx(0.3)


def test_another_pattern_begins_at_once() -> None:
    player = PatternPlayer()
    player.show(Pattern.CANNOT_SEE, 10.0, 0.0)
    assert player.show(Pattern.ACOUSTIC, 10.0, 0.3)
    assert player.command(0.3) == (Lights(yellow=True, red=True, sound=True), 10.0)
