"""Frame times and windows."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.measures.windows import Elapsed, EventWindow, FrameTimes, IntervalWindow, Step


def test_steps_of_a_steady_camera_give_its_rate() -> None:
    times = FrameTimes(0.25)
    steps = [times.step(100.0 + i / 30.0) for i in range(90)]
    assert steps == [Step.FIRST] + [Step.NEXT] * 89
    assert times.rate == pytest.approx(30.0)
    assert times.first == 100.0


def test_a_gap_does_not_lower_the_rate_after_it() -> None:
    times = FrameTimes(0.25)
    for i in range(30):
        times.step(i / 30.0)
    assert times.step(2.0) is Step.GAP
    assert times.rate == pytest.approx(1.0 / (2.0 - 29 / 30.0))
    assert times.step(2.0 + 1.0 / 30.0) is Step.NEXT
    assert times.rate == pytest.approx(30.0)


def test_a_slow_camera_has_a_rate_although_every_frame_is_a_gap() -> None:
    times = FrameTimes(0.25)
    assert [times.step(i * 0.5) for i in range(4)] == [Step.FIRST, Step.GAP, Step.GAP, Step.GAP]
    assert times.rate == pytest.approx(2.0)


@pytest.mark.parametrize("stamp", [10.0, 9.5, 9.0, math.nan, math.inf])
def test_repeated_late_and_impossible_stamps_are_ignored(stamp: float) -> None:
    times = FrameTimes(0.25)
    times.step(10.0)
    assert times.step(stamp) is Step.IGNORED
    assert times.stamp == 10.0


def test_time_that_begins_anew_is_a_restart() -> None:
    times = FrameTimes(0.25)
    times.step(10.0)
    times.step(10.1)
    assert times.step(0.0) is Step.RESTART
    assert times.first == times.stamp == 0.0
    assert times.step(0.1) is Step.NEXT


# Steps of whole milliseconds, forth and back, so that sums are clear of rounding; None: a pause.
STEPS = st.lists(st.one_of(st.none(), st.integers(-2000, 2000)), max_size=40)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(STEPS, st.integers(1, 1500), st.sampled_from([0.0, 1.7e9]))
def test_elapsed_is_the_sum_of_short_steps_forth(
    steps: list[int | None], longest: int, start: float
) -> None:
    """Whatever comes in between: a step back, a long gap or a pause counts for nothing."""
    elapsed, milliseconds, counted, follows = Elapsed((longest + 0.5) / 1000.0), 0, 0, False
    for step in steps:
        if step is None:
            elapsed.pause()
            follows = False
            continue
        milliseconds += step
        before = elapsed.total
        passed = elapsed.add(start + milliseconds / 1000.0)
        counts = follows and 0 < step <= longest
        assert passed == pytest.approx(step / 1000.0 if counts else 0.0, abs=1e-6)
        assert elapsed.total == before + passed
        counted += step if counts else 0
        follows = True
    assert elapsed.total == pytest.approx(counted / 1000.0, abs=1e-5)
    assert 0.0 <= elapsed.share(100.0) <= 1.0


def test_elapsed_is_complete_in_spite_of_rounding() -> None:
    elapsed = Elapsed(0.5)
    for i in range(21):
        elapsed.add(1.7e9 + 0.1 * i)
    assert elapsed.share(2.0) == 1.0
    assert elapsed.share(4.0) == pytest.approx(0.5)


def test_interval_window_holds_exactly_its_length() -> None:
    window = IntervalWindow(10.0)
    window.add(0.0, 4.0)
    window.add(6.0, 8.0)
    assert window.seconds(8.0) == pytest.approx(6.0)
    assert window.seconds(12.0) == pytest.approx(4.0)
    assert window.seconds(17.0) == pytest.approx(1.0)
    assert window.seconds(18.0) == 0.0


def test_overlapping_intervals_count_once() -> None:
    window = IntervalWindow(10.0)
    window.add(1.0, 2.0)
    window.add(1.0, 3.0)
    window.add(1.0, 2.5)
    assert window.seconds(3.0) == pytest.approx(2.0)


def test_steady_conditions_cost_one_entry() -> None:
    window = IntervalWindow(60.0)
    for i in range(1, 10_000):
        window.add((i - 1) / 30.0, i / 30.0)
        window.seconds(i / 30.0)
    assert len(window._intervals) == 1
    assert window.seconds(9_999 / 30.0) == pytest.approx(60.0, abs=1e-6)


def test_event_window_forgets() -> None:
    window = EventWindow(60.0)
    assert math.isnan(window.mean(0.0))
    window.add(10.0, 0.2)
    window.add(20.0, 0.4)
    assert window.count(20.0) == 2
    assert window.mean(20.0) == pytest.approx(0.3)
    assert window.count(75.0) == 1
    assert window.mean(75.0) == pytest.approx(0.4)
    assert window.count(80.0) == 0
    assert math.isnan(window.mean(80.0))
