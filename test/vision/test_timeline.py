from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.vision.timeline import LONGEST_GAP, Timeline


def times(positions: list[float], frame_rate: float = 25.0, duration: float = 0.0) -> list[float]:
    timeline = Timeline(frame_rate, duration)
    return [timeline.next(position) for position in positions]


def test_sound_time_stamps_come_through_from_zero() -> None:
    assert times([0.5, 0.54, 0.61, 2.0]) == pytest.approx([0, 0.04, 0.11, 1.5])


@pytest.mark.parametrize("position", [0.0, -9.2e18, math.nan, math.inf])
def test_without_time_stamps_the_nominal_rate_counts(position: float) -> None:
    assert times([position] * 4) == pytest.approx([0, 0.04, 0.08, 0.12])


def test_repeated_time_stamps_do_not_slow_the_clock() -> None:
    # 30 frames/s in a container that counts fifteenths of a second.
    positions = [math.floor(i / 2) / 15 for i in range(60)]
    assert times(positions, 30.0) == pytest.approx([i / 30 for i in range(60)])


def test_a_leap_of_hours_is_cut_and_a_pause_is_kept() -> None:
    assert times([0, 0.04, 36000.0, 36000.04]) == pytest.approx([0, 0.04, 0.08, 0.12])
    assert times([0, 0.04, 5.0]) == pytest.approx([0, 0.04, 5.0])


def test_a_long_pause_is_kept_where_the_file_is_long_enough_for_it() -> None:
    assert times([0, 0.04, 15.0, 15.04], duration=15.08) == pytest.approx([0, 0.04, 15.0, 15.04])
    assert times([0, 0.04, 15.0, 15.04], duration=14.9) == pytest.approx([0, 0.04, 0.08, 0.12])


def test_a_clock_set_back_goes_on() -> None:
    assert times([10, 10.04, 0, 0.04, 0.08]) == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])


@given(st.lists(st.floats(), max_size=50), st.floats(1, 240))
def test_time_always_advances_and_never_by_much(positions: list[float], rate: float) -> None:
    steps = np.diff(times(positions, rate))
    assert (steps > 0).all()
    assert (steps < max(LONGEST_GAP, 1 / rate) + 1e-6).all()
