"""Which commands a board is told."""

from __future__ import annotations

import pytest

from fatigue_ros.devices.heard_commands import HeardCommands

DARK, LIGHT, SOUND = (0, 0), (0, 1), (1, 2)


@pytest.fixture
def heard() -> HeardCommands:
    return HeardCommands(start_up_time=10.0, now=100.0)


def test_nobody_is_missed_before_the_start_up_is_over(heard: HeardCommands) -> None:
    assert heard.silence(110.0) == ""
    assert heard.silence(110.5) == "no command from alert for 10 s since the start"


def test_two_seconds_without_a_new_command_are_silence(heard: HeardCommands) -> None:
    assert heard.admit(7, SOUND, 1, 101.0, two=False)
    assert heard.silence(103.0) == ""
    assert heard.silence(103.1) == "no command from alert for 2 s"
    assert heard.admit(8, SOUND, 2, 104.0, two=False)
    assert heard.silence(104.5) == ""


def test_what_somebody_repeats_for_ever_is_no_sign_of_life(heard: HeardCommands) -> None:
    told = [heard.admit(3, LIGHT, 1 + n, 100.0 + 0.5 * n, two=False) for n in range(8)]
    assert told == [True] * 5 + [False] * 3  # alert itself says a command again for 2 s at most
    assert heard.repetitions == 3
    assert heard.silence(103.5)


def test_the_last_four_in_turns_are_repetitions_too(heard: HeardCommands) -> None:
    for n in range(4):
        assert heard.admit(n, LIGHT, 1 + n, 100.0 + 0.1 * n, two=False)
    assert not any(heard.admit(n, LIGHT, 5 + n, 103.0 + 0.1 * n, two=False) for n in range(4))


def test_of_two_that_command_none_is_quieter_than_the_louder(heard: HeardCommands) -> None:
    assert heard.admit(1, SOUND, 50, 100.0, two=True)
    assert not heard.admit(900, DARK, 7, 100.1, two=True)
    assert heard.overruled == 1
    assert heard.admit(2, SOUND, 51, 100.5, two=True)
    assert heard.admit(901, DARK, 8, 102.6, two=True)  # the louder one has fallen silent


def test_one_that_begins_anew_is_not_two(heard: HeardCommands) -> None:
    assert heard.admit(1, SOUND, 50, 100.0, two=False)
    assert heard.admit(1000, DARK, 1, 100.1, two=False)
    assert heard.overruled == 0
