"""What six blinks teach of a driver's lids, and what no blink can."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.measures.lid_range import Dip, LidRange


def learnt(*dips: tuple[float, float], depth_share: float = 0.5) -> LidRange:
    """(depth, bottom) of blinks."""
    lids = LidRange(0.25, depth_share)
    for depth, bottom in dips:
        lids.learn(Dip(depth, bottom))
    return lids


def test_six_blinks_are_needed() -> None:
    lids = learnt(*[(0.8, 0.2)] * 5)
    assert math.isnan(lids.close)
    assert math.isnan(lids.shut)
    assert lids.least_depth == 0.0
    lids.learn(Dip(0.8, 0.2))
    assert [lids.shut, lids.close, lids.least_depth] == pytest.approx([0.2, 0.4, 0.4])
    lids.reset()
    assert math.isnan(lids.close)
    assert math.isnan(lids.shut)
    assert lids.least_depth == 0.0
    lids.learn(Dip(0.8, 0.2))
    assert math.isnan(lids.close)


def test_the_lowest_quarter_of_the_bottoms_and_the_fifth_of_the_depths() -> None:
    bottoms = [0.11, 0.13, 0.15, 0.17, 0.19, 0.21, 0.23, 0.25, 0.27, 0.29, 0.31, 0.33]
    depths = [0.30, 0.34, 0.38, 0.42, 0.46, 0.5, 0.54, 0.58, 0.62, 0.66, 0.7, 0.74]
    lids = learnt(*zip(reversed(depths), reversed(bottoms), strict=True))
    assert lids.shut == 0.17  # the fourth of twelve
    assert lids.least_depth == pytest.approx(0.5 * 0.38)  # the third


@pytest.mark.parametrize(
    ("bottom", "shut", "close"),
    [
        (0.0, 0.10, 0.35),
        (0.10, 0.10, 0.35),
        (0.12, 0.12, 0.35),
        (0.2, 0.2, 0.4),
        (0.32, 0.32, 0.49),
        (0.35, 0.35, 0.5),
        (0.9, 0.35, 0.5),
    ],
)
def test_no_eye_is_shut_elsewhere(bottom: float, shut: float, close: float) -> None:
    lids = learnt(*[(0.8, bottom)] * 6)
    assert [lids.shut, lids.close] == pytest.approx([shut, close])


def test_blinks_of_now_only_add_to_what_is_known_from_before() -> None:
    lids = learnt(*[(0.8, 0.2)] * 5)
    lids.know(0.3, 0.6)
    assert [lids.shut, lids.close, lids.depth, lids.least_depth] == pytest.approx(
        [0.3, 0.475, 0.6, 0.3]
    )
    for _ in range(9):
        lids.learn(Dip(0.9, 0.1))
    assert [lids.shut, lids.depth] == [0.3, 0.6]
    lids.reset()
    for _ in range(6):
        lids.learn(Dip(0.5, 0.33))
    assert [lids.shut, lids.depth] == [0.33, 0.5], "behind glasses"
    lids.reset()
    assert [lids.shut, lids.depth] == [0.3, 0.6]
    lids.know(math.nan, math.nan)
    assert math.isnan(lids.close)
    for _ in range(6):
        lids.learn(Dip(0.9, 0.1))
    assert [lids.shut, lids.depth] == [0.1, 0.9]


def test_after_thirty_blinks_nothing_more_is_learnt() -> None:
    lids = learnt(*[(0.8, 0.2)] * 20, *[(0.3, 0.12)] * 7)
    assert lids.shut == 0.12
    full = learnt(*[(0.8, 0.2)] * 23, *[(0.3, 0.12)] * 6)
    assert full.shut == 0.2
    full.learn(Dip(0.3, 0.12))
    assert full.shut == 0.2, "seven of thirty are less than a quarter"
    for _ in range(30):
        full.learn(Dip(0.3, 0.12))
    assert full.shut == 0.2
    last = learnt(*[(0.8, 0.2)] * 22, *[(0.3, 0.12)] * 8)
    assert last.shut == 0.12, "the thirtieth counts"
