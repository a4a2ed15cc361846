"""Droop, worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from fatigue_ros.errors import ParameterError
from fatigue_ros.face import Face
from fatigue_ros.measures.droop import RecentLids, droop, low_share, opening
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings


def test_how_much_of_the_own_opening_is_missing() -> None:
    assert droop(0.24, 0.3) == pytest.approx(0.2)
    assert droop(0.33, 0.3) == 0.0
    assert math.isnan(droop(0.3, 0.0))
    assert math.isnan(droop(0.3, math.nan))


def test_the_opening_is_a_quantile() -> None:
    assert opening([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]) == pytest.approx(0.4)
    assert math.isnan(opening([]))


def test_time_with_low_lids() -> None:
    assert low_share([0.23, 0.25, 0.3, 0.2], 0.3) == pytest.approx(0.5)  # 0.24 is the border
    assert math.isnan(low_share([], 0.3))


def test_a_value_for_each_second_that_was_seen() -> None:
    lids = RecentLids(10.0)
    for k in range(25):  # four a second: 0, 1, 2, 3, then 4, 5, 6, 7 ...
        lids.add(k / 4, float(k))
    assert lids.values(6.0) == [1.5, 5.5, 9.5, 13.5, 17.5, 21.5]


def test_too_little_in_sight_is_nothing() -> None:
    lids = RecentLids(10.0)
    for k in range(21):
        lids.add(k / 4, 0.3)
    assert len(lids.values(5.0)) == 5  # half of ten seconds
    assert lids.values(10.5) == []  # the first one is too old


def test_memory_is_bounded() -> None:
    lids = RecentLids(10.0)
    for k in range(1000):
        lids.add(float(k), 0.3)
    assert len(lids.values(999.0)) == 9  # those from 990 to 998; the last one still goes on


def test_the_eyes_say_how_far_the_lids_hang_once_the_driver_is_known() -> None:
    """Half of three minutes at 0.24 of 0.3, some of it shut."""
    eyes = EyeMonitor(EyeSettings())
    for k in range(1000):
        state = eyes.update_ear(k / 10, 0.05 if k % 100 < 10 else 0.24)
    assert state.droop_coverage == pytest.approx(90 / 180, abs=0.05)
    assert math.isnan(state.droop), "nobody knows how this driver's alert lids are"
    eyes.refer(0.3)
    for k in range(1000, 1020):
        state = eyes.update_ear(k / 10, 0.24)
    assert state.droop == pytest.approx(0.2)
    assert state.droop_low == 0.0
    assert state.droop_window == 180.0
    for k in range(1020, 2200):
        state = eyes.update_ear(k / 10, math.nan)
    assert math.isnan(state.droop), "too little was seen of late"
    assert state.droop_coverage < 0.5


def test_lids_of_a_lowered_head_are_no_droop(make_face: Callable[..., Face]) -> None:
    def played(pitch: float) -> float:
        eyes = EyeMonitor(EyeSettings(droop_window=30.0))
        eyes.refer(0.3)
        for k in range(300):
            low = k >= 100 and k % 10 < 9
            eyes.update(make_face(k / 10, 0.22 if low else 0.3, pitch=pitch if low else 0.0))
        return eyes.state.droop

    assert played(0.0) > 0.2
    assert played(0.3) == 0.0


def test_another_driver_has_lids_of_another_kind() -> None:
    eyes = EyeMonitor(EyeSettings(droop_window=30.0))
    eyes.refer(0.3, 0.06, 0.8)
    for k in range(400):
        state = eyes.update_ear(k / 10, 0.3)
    assert state.droop == pytest.approx(0.0, abs=1e-9)
    assert [state.ear_shut, state.blink_depth] == pytest.approx([0.06, 0.8])
    eyes.refer(0.4, 0.1, 0.7)
    state = eyes.update_ear(40.0, 0.3)
    assert math.isnan(state.droop), "these were the lids of somebody else"
    assert [state.ear_shut, state.blink_depth] == pytest.approx([0.1, 0.7])
    eyes.refer(0.3, 0.4, 1.5)  # the references of different drives
    state = eyes.update_ear(40.1, 0.3)
    assert [state.ear_shut, state.blink_depth] == pytest.approx([0.35 * 0.3, 1.0])
    with pytest.raises(ParameterError, match="ear_open"):
        eyes.refer(1.3)
