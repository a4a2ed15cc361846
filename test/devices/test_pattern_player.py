"""Patterns as commands that end by themselves."""

from __future__ import annotations

import pytest

from fatigue_ros.devices.light_patterns import CHIME, GENTLE, Lights, Pattern, PatternPlayer

YELLOW, RED, CHIMING = Lights(yellow=True), Lights(red=True), Lights(yellow=True, tone=GENTLE)


def test_a_steady_light_is_commanded_once() -> None:
    player = PatternPlayer()
    assert player.show(Pattern.TIRED, 100.0)
    assert player.command(100.0) == (YELLOW, 2.0)
    assert not player.moved_on(110.0)
    assert not player.show(Pattern.TIRED, 110.0)
    assert player.pattern is Pattern.TIRED


def test_steps_follow_each_other_and_go_on_when_asked_for_again() -> None:
    player = PatternPlayer()
    assert player.show(Pattern.FAULT, 0.0)
    assert player.command(0.0) == (YELLOW, 1.5)  # outlasts its step, not the pattern
    assert not player.moved_on(0.4)
    assert not player.show(Pattern.FAULT, 0.4)
    assert player.moved_on(0.6)
    assert player.command(0.6) == (RED, 1.5)
    assert not player.moved_on(0.9)


@pytest.mark.parametrize("before", [Pattern.CANNOT_SEE, Pattern.TIRED, Pattern.FAULT_LOUD])
def test_another_pattern_begins_at_once_with_its_sound(before: Pattern) -> None:
    player = PatternPlayer()
    player.show(before, 0.0, chime=True)
    player.command(0.0)
    assert player.show(Pattern.EYES_CLOSED_LOUD, 0.26)
    assert player.command(0.26)[0] == Lights(yellow=True, red=True, tone=1.0)


def test_a_light_begins_with_one_gentle_tone() -> None:
    player = PatternPlayer()
    assert player.show(Pattern.TIRED, 10.0, chime=True)
    lights, kept = player.command(10.0)
    assert lights == CHIMING
    assert kept == pytest.approx(3.0 * CHIME)
    assert not player.moved_on(10.0 + 0.9 * CHIME)
    assert player.moved_on(10.0 + 1.1 * CHIME)
    assert player.command(10.0 + 1.1 * CHIME) == (YELLOW, 2.0)
    assert not player.show(Pattern.TIRED, 12.0)
    assert player.show(Pattern.TIRED, 13.0, chime=True)  # another warning of the same kind
    assert player.command(13.0)[0] == CHIMING


def test_the_lights_of_a_changing_pattern_go_on_under_the_tone() -> None:
    player = PatternPlayer()
    player.show(Pattern.CANNOT_SEE, 0.0, chime=True)
    assert [player.command(t)[0] for t in (0.0, 0.26, 0.5 * CHIME + 0.2, 0.52)] == [
        *(CHIMING, Lights(tone=GENTLE), Lights(), YELLOW)
    ]


def test_what_sounds_by_itself_has_no_other_tone() -> None:
    player = PatternPlayer()
    player.show(Pattern.TIRED_LOUD, 0.0, chime=True)
    assert player.command(0.6)[0] == YELLOW


def test_a_tone_ends_with_its_pattern() -> None:
    player = PatternPlayer()
    player.show(Pattern.TIRED, 0.0, chime=True)
    player.command(0.0)
    assert player.show(Pattern.DARK, 0.1)
    assert player.command(0.1)[0] == Lights()
