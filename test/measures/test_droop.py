"""Droop, worked out by hand."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.measures.droop import RecentLids, droop, low_share, opening


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
