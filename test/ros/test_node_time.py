"""The time of a node with clocks that are set, stand and go back."""

from __future__ import annotations

import pytest
from builtin_interfaces.msg import Time

from fatigue_ros.errors import SourceError
from fatigue_ros.ros.node_time import PATIENCE, STANDSTILL, NodeTime, Repetition

START = 1_700_000_000.0


class Clocks:
    """The clocks of a node, set by hand."""

    def __init__(self) -> None:
        self.passed, self.wall, self.ros, self.simulated = 5.0, START, 0.0, False
        self.time = NodeTime(
            lambda: round(1e9 * (self.ros if self.simulated else self.wall)),
            lambda: self.simulated,
            lambda: self.passed,
            lambda: self.wall,
        )

    def go(self, seconds: float, turn: float = 0.1) -> None:
        """Time passes, in which the node has its turns: so many seconds apart."""
        while seconds > 1e-9:
            step = min(seconds, turn)
            self.passed += step
            self.wall += step
            seconds -= step
            _ = self.time.simulated

    def say(self, time: float) -> None:
        self.time.hear(Time(sec=int(time), nanosec=round(time % 1.0 * 1e9)))
        self.ros = time

    def simulate(self) -> None:
        self.simulated = True
        self.time.await_clock()


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.mark.parametrize("step", [-3600.0, -10.0, 3600.0])
def test_no_step_of_the_wall_clock_reaches_the_steady_one(clocks: Clocks, step: float) -> None:
    assert clocks.time.steady() == START
    clocks.go(2.0)
    clocks.wall += step
    assert clocks.time.steady() == START + 2.0
    assert not clocks.time.trouble


def test_simulated_time_is_followed_while_it_runs(clocks: Clocks) -> None:
    clocks.simulate()
    clocks.go(1.0)
    assert clocks.time.steady() == START + 1.0
    for time in (100.0, 100.5, 90.0):
        clocks.say(time)
        assert clocks.time.simulated
        assert clocks.time.steady() == time
    clocks.simulated = False
    assert clocks.time.steady() == START + 1.0


def test_a_pause_of_the_node_is_no_silence_of_the_clock(clocks: Clocks) -> None:
    """Time that jumped ahead and back again would begin everything anew."""
    clocks.simulate()
    clocks.say(100.0)
    clocks.go(10.0, turn=10.0)
    assert clocks.time.simulated
    assert clocks.time.steady() == 100.0
    clocks.say(100.1)
    clocks.go(PATIENCE + 0.1)
    assert not clocks.time.simulated


def test_where_the_clock_stops_time_goes_on_and_it_is_said(clocks: Clocks) -> None:
    clocks.simulate()
    assert not clocks.time.trouble
    clocks.go(PATIENCE + 0.1)
    assert "no /clock came" in clocks.time.trouble
    assert clocks.time.simulated  # its first word is waited for longer: nothing is said by the wall
    clocks.go(6.1 - PATIENCE - 0.2)
    assert clocks.time.simulated
    clocks.go(0.2)
    assert not clocks.time.simulated
    clocks.say(100.0)
    assert not clocks.time.trouble
    clocks.go(PATIENCE + 0.9)
    assert clocks.time.steady() == pytest.approx(100.0 + PATIENCE + 0.9)
    assert "/clock stopped 3 s ago" in clocks.time.trouble
    clocks.say(101.0)
    assert clocks.time.steady() == 101.0
    assert not clocks.time.trouble


def test_a_clock_that_says_the_same_over_and_over_has_stopped_too(clocks: Clocks) -> None:
    clocks.simulate()
    for _ in range(round(STANDSTILL)):
        clocks.say(100.0)
        clocks.go(1.0, turn=1.0)
        assert clocks.time.steady() == 100.0
    clocks.say(100.0)
    clocks.go(1.0, turn=1.0)
    assert "/clock stopped" in clocks.time.trouble
    assert clocks.time.steady() > 100.0


@pytest.mark.parametrize(
    "odd",
    [Time(sec=-1), Time(sec=-(2**31)), Time(sec=2**31 - 1), Time(sec=1, nanosec=2**32 - 1)],
)
def test_no_time_at_all_is_refused(clocks: Clocks, odd: Time) -> None:
    clocks.simulate()
    clocks.say(100.0)
    with pytest.raises(SourceError, match=f"{odd.sec} s and {odd.nanosec} ns"):
        clocks.time.hear(odd)
    assert clocks.time.steady() == 100.0


def test_repeated_by_the_steady_timer_or_by_simulated_time_and_never_by_both(
    clocks: Clocks,
) -> None:
    done: list[float] = []
    again = Repetition(0.5, lambda: done.append(clocks.time.steady()), clocks.time)
    clocks.wall -= 3600.0
    again.tick()
    assert done == [START]
    clocks.simulate()
    for step in range(100, 121):  # tenths of a second
        clocks.say(step / 10.0)
        again.tick()
        again.reach()
    assert done[1:] == [10.5, 11.0, 11.5, 12.0]
    clocks.say(3.0)
    again.reach()
    clocks.say(3.5)
    again.reach()
    clocks.say(60.2)  # a jump is one turn, not a hundred
    again.reach()
    assert done[5:] == [3.5, 60.2]
    clocks.go(PATIENCE + 1.0)
    again.tick()
    assert len(done) == 8
