"""Blinks against the driver's own, worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.measures import own_blinks
from fatigue_ros.measures.own_blinks import RecentBlinks, quantile, upper_tail

OWN = [-1.645, -1.036, -0.674, -0.385, -0.126, 0.126, 0.385, 0.674, 1.036, 1.645]
"""Middles of ten equal parts of a normal distribution, from a table."""


def test_a_quantile_lies_straight_between_values() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([1.0, 2.0], 0.9) == pytest.approx(1.9)
    assert quantile([7.0], 0.9) == 7.0


def test_few_blinks_prove_little() -> None:
    # Ten at 0 and the ten of the driver's own: place 0.9 * 19 = 17.1 of twenty in order.
    assert upper_tail([0.0] * 10) == pytest.approx(0.674 + 0.1 * (1.036 - 0.674), abs=0.001)
    # Twenty at 0, four at 4 and the ten: place 29.7 of 34, whose last five are 1.645 and the 4s.
    assert upper_tail([0.0] * 20 + [4.0] * 4) == pytest.approx(1.645 + 0.7 * (4 - 1.645), abs=0.001)
    assert upper_tail(OWN * 10) == pytest.approx(1.3, abs=0.3)
    assert math.isnan(upper_tail([9.0] * 9))


def test_share_spread_mean_and_slowness() -> None:
    deviations = [0.0] * 8 + [2.5, 3.5]
    assert own_blinks.long_share(deviations) == pytest.approx(0.2)
    assert own_blinks.long_share([0.0] * 8 + [2.0, 2.01]) == pytest.approx(0.1)
    assert own_blinks.mean(deviations) == pytest.approx(0.6)
    # Mean square 1.85, less 0.36.
    assert own_blinks.spread(deviations) == pytest.approx(math.sqrt(1.49))
    assert own_blinks.slowness([-2.0] * 10) == pytest.approx(1.0)  # the own ten halve it
    for measure in (own_blinks.long_share, own_blinks.mean, own_blinks.spread):
        assert math.isnan(measure([0.0] * 9))


@given(st.lists(st.floats(-3.0, 20.0), min_size=10, max_size=40), st.integers(0, 39))
def test_a_longer_blink_never_lowers_the_tail(deviations: list[float], which: int) -> None:
    longer = [*deviations]
    longer[which % len(longer)] += 1.0
    assert upper_tail(longer) >= upper_tail(deviations)


def test_the_window_forgets() -> None:
    recent = RecentBlinks(sum, 300.0)
    recent.add(10.0, 0.2)
    recent.add(20.0, 0.32)
    assert recent.value(309.9, 0.2, 0.06) == pytest.approx(0.0 + 2.0)
    assert recent.value(309.9, 0.2, 0.12) == pytest.approx(0.0 + 1.0)
    recent.add(309.95, 0.26)
    assert recent.value(309.99, 0.2, 0.06) == pytest.approx(0.0 + 2.0 + 1.0)
    assert recent.value(310.0, 0.26, 0.06) == pytest.approx(1.0 + 0.0)
    assert recent.value(620.0, 0.2, 0.06) == 0.0


def test_a_deviation_that_cannot_be_measured_is_none() -> None:
    recent = RecentBlinks(sum, 300.0)
    recent.add(10.0, 0.26)
    assert recent.value(11.0, 0.2, 0.0) == pytest.approx(2.0)  # a frame, 0.03 s
