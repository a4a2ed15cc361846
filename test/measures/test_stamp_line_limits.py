"""The line of time, just below, at and above each of its limits; a clock that is exact."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.measures.stamp_line import StampLine

STEP = 0.125  # [s]


class Line:
    """Frames eight times a second, with a stamp that may be off by some seconds."""

    def __init__(self, off: float = 0.0) -> None:
        self.line = StampLine()
        self.clock = 1000.0
        self.off = off

    def play(self, seconds: float, off: float | None = None) -> float | None:
        self.off = self.off if off is None else off
        placed = None
        for _ in range(round(seconds / STEP)):
            self.clock += STEP
            placed = self.line.place(self.clock + self.off, self.clock)
        return placed

    def jumped(self, by: float) -> bool:
        """Whether a step of the stamps by some seconds is a jump."""
        before = self.line.jumps
        self.play(STEP, self.off + by)
        return self.line.jumps > before


@pytest.mark.parametrize(
    ("off", "foreign"), [(-10.0, 0.0), (-10.01, 10.01), (0.25, 0.0), (0.26, -0.26)]
)
def test_a_first_stamp_of_another_clock(off: float, foreign: float) -> None:
    line = Line(off)
    line.play(STEP)
    assert line.line.foreign == line.line.shift == pytest.approx(foreign, abs=1e-9)


def test_which_side_another_clock_is_on() -> None:
    for off, said in (
        (-20.0, "the frames' clock is 20.0 s behind this machine's"),
        (20.0, "the frames' clock is 20.0 s ahead of this machine's"),
        (0.0, ""),
    ):
        line = Line(off)
        assert line.play(1.0) == pytest.approx(1001.0 + (0.0 if abs(off) > 10.0 else off))
        assert line.line.difference() == said


@pytest.mark.parametrize(
    ("by", "news", "jumps"),
    [
        (-STEP, False, 0),
        (-STEP - 0.25, False, 0),
        (-STEP - 0.26, True, 1),
        (1.0, True, 1),
    ],
)
def test_a_step_back_by_a_quarter_second_is_a_jump(by: float, news: bool, jumps: int) -> None:
    line = Line()
    line.play(5.0)
    placed = line.play(STEP, by)
    assert (placed is not None) is news
    assert line.line.jumps == jumps
    if jumps:
        assert placed == pytest.approx(line.clock, abs=1e-6), "time goes on as the clock does"


@pytest.mark.parametrize(("step", "jumps"), [(0.599, 0), (0.61, 1)])
def test_ahead_of_the_clock_by_a_frames_time_is_a_recording_played_faster(
    step: float, jumps: int
) -> None:
    line = Line()
    line.play(5.0)
    assert line.jumped(step - STEP) is bool(jumps)
    if not jumps:
        assert line.line.now == pytest.approx(line.clock + step - STEP)
        assert line.line.advance(line.clock + 1.0) == pytest.approx(line.clock + 1.0 + step - STEP)


def test_after_a_step_back_every_step_ahead_is_a_jump_for_a_minute() -> None:
    for later, jump in ((59.0, True), (61.0, False)):
        line = Line()
        line.play(5.0)
        assert line.jumped(-2.0)
        line.play(later)
        assert line.jumped(0.4) is jump


def test_three_jumps_in_ten_seconds_are_two_cameras() -> None:
    for apart, told in ((5.0, True), (5.125, False)):
        line = Line()
        line.play(5.0)
        for by in (5.0, 5.0, 5.0):
            assert line.line.fault() == ""
            line.play(apart - STEP)
            assert line.jumped(by)
        found = line.line.fault()
        assert bool(found) is told
        if told:
            assert found.startswith("the frames' time jumps (3 times in 10.0 s): two cameras")


def test_one_step_back_by_more_than_a_second_is_told_for_three() -> None:
    for by, told in ((-1.1, False), (-1.2, True)):
        line = Line()
        line.play(5.0)
        line.play(STEP, by)
        assert line.line.jumps == 1
        assert line.line.fault() == ("the frames' time went back by 1.1 s" if told else "")
    line.play(2.875)
    assert line.line.fault()
    line.play(0.25)
    assert line.line.fault() == ""


def test_two_clocks_drift_by_a_hundredth() -> None:
    line = Line()
    line.play(1.0)
    for _ in range(80):
        line.off += 0.005 * STEP
        line.play(STEP)
    assert line.line.advance(line.clock) == pytest.approx(line.clock + 0.05, abs=1e-6)
    fast = Line()
    fast.play(1.0)
    for _ in range(8):
        fast.off -= 0.02
        fast.play(STEP)
    assert fast.line.now == pytest.approx(fast.clock - 0.01 * 0.875, abs=1e-6)


def test_what_is_no_time_and_what_goes_back() -> None:
    line = Line()
    line.play(1.0)
    assert line.line.place(math.nan, line.clock) is None
    assert line.line.follow(5.0, None) == 5.0
    assert line.line.advance(line.clock - 0.5) == line.clock, "it only goes forward"
    assert line.line.follow(line.clock + 0.01, line.clock - 1.0) is not None
    assert line.line.jumps == 0
    assert line.line.follow(7.0, line.clock - 2.5) is not None
    assert line.line.shift == pytest.approx(line.clock - 2.5 - 7.0), "it began again"
    still = Line()
    still.play(1.0)
    placed = still.line.place(500.0, still.clock)
    assert placed == pytest.approx(still.clock + 0.001), "across a jump it steps by a thousandth"


@pytest.mark.parametrize(("back", "anew"), [(1.0, False), (1.001, True)])
def test_a_clock_that_goes_back_by_more_than_a_second_begins_anew(back: float, anew: bool) -> None:
    line = StampLine()
    for i in range(8):
        line.follow(1000.0 + i * STEP, 1000.0 + i * STEP)
    again = 1000.875 - back
    assert (line.follow(again, again) == again) is anew
