"""Frame times, elapsed time and windows, just below, at and above each limit."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.measures.windows import Elapsed, EventWindow, FrameTimes, IntervalWindow, Step


@pytest.mark.parametrize(
    ("stamp", "step"),
    [
        (100.25, Step.NEXT),
        (100.2500005, Step.NEXT),  # stamps are rounded
        (100.26, Step.GAP),
        (100.0, Step.IGNORED),
        (99.0, Step.IGNORED),
        (98.99, Step.RESTART),
        (math.nan, Step.IGNORED),
        (math.inf, Step.IGNORED),
    ],
)
def test_how_a_frame_follows(stamp: float, step: Step) -> None:
    times = FrameTimes(0.25)
    assert times.step(99.9) is Step.FIRST
    assert times.step(100.0) is Step.NEXT
    assert times.step(stamp) is step
    taken = step not in (Step.IGNORED,)
    assert times.stamp == (stamp if taken else 100.0)
    assert times.first == (stamp if step is Step.RESTART else 99.9)


def test_the_rate_is_that_of_the_last_two_seconds() -> None:
    times = FrameTimes(1.0)
    assert times.rate == 0.0
    for i in range(11):
        times.step(i * 0.5)
    assert times.rate == pytest.approx(2.0)
    for i in range(1, 9):
        times.step(5.0 + i * 0.25)
    assert times.rate == pytest.approx(4.0), "nothing older than two seconds"
    assert times.step(9.0) is Step.GAP
    assert times.rate == pytest.approx(0.5)
    times.step(9.125)
    assert times.rate == pytest.approx(8.0)
    slow = FrameTimes(10.0)
    for i in range(5):
        slow.step(i * 4.0)
    assert slow.rate == pytest.approx(0.25), "two frames at least"
    times.reset()
    assert (math.isnan(times.stamp), math.isnan(times.first), times.rate) == (True, True, 0.0)


def test_elapsed_time() -> None:
    elapsed = Elapsed(0.5)
    assert [elapsed.add(stamp) for stamp in (1.0, 1.5, 1.5, 2.25, 2.5, 2.0, 2.25)] == [
        0.0,
        0.5,
        0.0,
        0.0,
        0.25,
        0.0,
        0.25,
    ]
    assert elapsed.total == 1.0
    elapsed.pause()
    assert (elapsed.add(2.5), elapsed.total) == (0.0, 1.0)
    assert elapsed.share(2.0) == 0.5
    assert elapsed.share(1.0) == elapsed.share(1.0000005) == 1.0
    assert elapsed.share(1.00001) < 1.0


def test_intervals_in_a_window() -> None:
    window = IntervalWindow(10.0)
    assert window.seconds(0.0) == 0.0
    window.add(1.0, 2.0)
    window.add(2.0, 3.0)  # touches
    window.add(2.5, 3.5)  # overlaps
    window.add(2.5, 3.25)  # lies within
    window.add(5.0, 6.0)
    assert window.seconds(6.0) == 3.5
    assert window.seconds(11.0) == 3.5
    assert window.seconds(11.5) == 3.0
    assert window.seconds(13.5) == 1.0
    assert window.seconds(15.5) == 0.5
    assert window.seconds(16.0) == 0.0
    window.add(20.0, 21.0)
    assert window.seconds(21.0) == 1.0
    window.clear()
    assert window.seconds(21.0) == 0.0
    window.add(22.0, 24.0)
    window.clear()
    window.add(30.0, 31.0)
    assert window.seconds(31.0) == 1.0


def test_events_in_a_window() -> None:
    window = EventWindow(10.0)
    assert math.isnan(window.mean(0.0))
    window.add(1.0, 0.25)
    window.add(3.0, 0.75)
    assert (window.count(3.0), window.mean(3.0)) == (2, 0.5)
    assert window.count(10.999) == 2
    assert (window.count(11.0), window.mean(11.0)) == (1, 0.75)
    assert window.count(13.0) == 0
    assert math.isnan(window.mean(13.0))
    window.add(14.0, 0.5)
    window.clear()
    window.add(15.0, 0.25)
    assert (window.count(15.0), window.mean(15.0)) == (1, 0.25)
