"""How fast lids open, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fatigue_ros.face import Event, EventKind
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.measures.lid_speed import LidSpeeds

BLINK = Event(EventKind.BLINK, 10.0, 0.2, 0.8)


def speeds(
    ears: list[float], step: float, blink: Event = BLINK, ear_open: float = 0.3
) -> tuple[float, float]:
    """Of lids seen every so many seconds from the start of the blink on; NaN is not judged."""
    lids = LidSpeeds()
    for k, ear in enumerate(ears):
        if not math.isnan(ear):
            lids.add(blink.start + k * step, ear)
    return lids.of(blink, ear_open)


def opening(ears: list[float], step: float, ear_open: float = 0.3) -> float:
    return speeds(ears, step, ear_open=ear_open)[1]


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


def test_unknown_at_15_frames_a_second_and_without_an_open_level() -> None:
    assert math.isnan(opening([0.06, 0.2, 0.3], 1 / 15))
    assert math.isnan(opening([0.06, 0.2, 0.3], 1 / 30, ear_open=math.nan))


def test_the_fall_before_the_blinks_start_counts_and_that_of_the_blink_before_does_not() -> None:
    """A blink starts at half of its depth: half of the fall lies before it."""
    lids = LidSpeeds()
    first, second = (Event(EventKind.BLINK, at, 0.08, 0.8) for at in (10.0, 10.16))
    for k, ear in enumerate([0.3, 0.2, 0.06, 0.24, 0.24]):  # 0.14 in 0.04 s
        lids.add(9.92 + 0.04 * k, ear)
    assert lids.of(first, 0.3) == pytest.approx((0.14 / 0.04 / 0.3, 0.18 / 0.04 / 0.3))
    for k, ear in enumerate([0.16, 0.06, 0.16, 0.26]):  # 0.1 in 0.04 s
        lids.add(10.12 + 0.04 * k, ear)
    assert lids.of(second, 0.3) == pytest.approx((0.1 / 0.04 / 0.3, 0.1 / 0.04 / 0.3))


def test_a_blink_that_the_eyes_report_has_the_speed_of_its_ends() -> None:
    """Down in three frames, shut for three, up in six: half as fast as it came down."""
    shape = [0.21, 0.12, 0.06, 0.06, 0.06, *(0.06 + 0.04 * k for k in range(1, 7))]
    monitor, found = EyeMonitor(EyeSettings()), []
    for k in range(300):
        ear = shape[k % 100 - 50] if 50 <= k % 100 < 50 + len(shape) else 0.3
        state = monitor.update_ear(10.0 + k / 30, ear)
        found += [(e.closing_speed, e.opening_speed) for e in state.events]
    fall, rise = 0.09 / monitor.state.ear_open * 30, 0.04 / monitor.state.ear_open * 30
    assert len(found) == 3
    assert np.ravel(found) == pytest.approx([fall, rise] * 3, rel=0.02)
    assert state.closing_speed == pytest.approx(fall, rel=0.02)
    assert state.opening_speed == pytest.approx(rise, rel=0.02)
    assert state.blink_amplitude == pytest.approx(0.8, abs=0.01)
