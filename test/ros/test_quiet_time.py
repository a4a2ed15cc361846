"""Quiet is counted as far as the node was awake."""

from __future__ import annotations

from fatigue_ros.ros.quiet import Quiet


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_turns_add_up_until_somebody_speaks() -> None:
    clock = Clock()
    quiet = Quiet(clock)
    for clock.now in (0.25, 1.0, 1.75):
        assert quiet.seconds() == clock.now
    quiet.hear()
    assert quiet.seconds() == 0.0
    clock.now = 2.25
    assert quiet.seconds() == 0.5


def test_a_turn_that_comes_late_counts_for_a_second() -> None:
    clock = Clock()
    quiet = Quiet(clock)
    clock.now = 1.0
    assert quiet.seconds() == 1.0
    clock.now = 3600.0
    assert quiet.seconds() == 2.0


def test_the_clock_that_went_on_least_counts_and_none_goes_back() -> None:
    clock, other = Clock(), Clock()
    quiet = Quiet(clock, other)
    clock.now, other.now = 0.5, 0.25
    assert quiet.seconds() == 0.25
    clock.now, other.now = 0.75, -3600.0
    assert quiet.seconds() == 0.25
    other.now = -3599.75
    clock.now = 1.75
    assert quiet.seconds() == 0.5
