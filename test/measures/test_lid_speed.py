"""How fast lids open, worked out by hand."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.face import Event, EventKind
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.measures.lid_speed import LidSpeeds
from fatigue_ros.measures.states import EyeState

BLINK = Event(EventKind.BLINK, 10.0, 0.2, 0.8)


def opening(ears: list[float], step: float, blink: Event = BLINK, ear_open: float = 0.3) -> float:
    """Of lids seen every so many seconds from the start of the blink on; NaN is not judged."""
    lids = LidSpeeds()
    for k, ear in enumerate(ears):
        seen = not math.isnan(ear)
        lids.add(EyeState(stamp=blink.start + k * step, judged=seen, ear=ear))
    return lids.opening(blink, ear_open)


def test_the_steepest_rise_counts_and_the_fall_does_not() -> None:
    # 0.12 of 0.3 in 0.04 s: ten open levels a second; the fall is as steep as 17.5.
    assert opening([0.27, 0.06, 0.06, 0.15, 0.27, 0.30], 0.04) == pytest.approx(10.0)


def test_120_frames_a_second_say_the_same_as_30() -> None:
    ramp = [0.06 + 0.06 * k for k in range(5)]  # a straight rise of 0.06 in 1/30 s
    fine = [0.06 + 0.015 * k for k in range(17)]
    assert opening(ramp, 1 / 30) == pytest.approx(6.0)
    assert opening(fine, 1 / 120) == pytest.approx(6.0)


@pytest.mark.parametrize("gap", [[0.06, 0.06, math.nan, 0.27], [0.06]])
def test_frames_that_are_missing_make_it_unknown(gap: list[float]) -> None:
    assert math.isnan(opening(gap, 1 / 30))


def test_unknown_at_15_frames_a_second_without_an_open_level_and_after_time_went_back() -> None:
    assert math.isnan(opening([0.06, 0.2, 0.3], 1 / 15))
    assert math.isnan(opening([0.06, 0.2, 0.3], 1 / 30, ear_open=math.nan))
    lids = LidSpeeds()
    for stamp in (10.0, 10.04, 9.0):
        lids.add(EyeState(stamp=stamp, judged=True, ear=0.2))
    assert math.isnan(lids.opening(BLINK, 0.3))


def test_a_blink_that_the_eyes_report_has_the_speed_of_its_end() -> None:
    """Down in three frames, shut for three, up in six: half as fast as it came down."""
    shape = [0.21, 0.12, 0.06, 0.06, 0.06, *(0.06 + 0.04 * k for k in range(1, 7))]
    monitor, lids, found = EyeMonitor(EyeSettings()), LidSpeeds(), []
    for k in range(300):
        ear = shape[k % 100 - 50] if 50 <= k % 100 < 50 + len(shape) else 0.3
        state = monitor.update_ear(10.0 + k / 30, ear)
        lids.add(state)
        found += [lids.opening(event, 0.3) for event in state.events]
    assert found == pytest.approx([0.04 / 0.3 * 30] * 3)
