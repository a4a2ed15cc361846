"""How sure a count is, against the distributions themselves."""

from __future__ import annotations

import math

import pytest
from scipy import stats  # type: ignore[import-untyped]

from fatigue_ros.evaluation.intervals import poisson_interval, share_interval


@pytest.mark.parametrize("count", [1, 3, 7])
def test_exact_poisson_bounds(count: int) -> None:
    low, high = poisson_interval(count, 2.0) or (0.0, 0.0)
    assert stats.poisson.cdf(count, 2.0 * high) == pytest.approx(0.025)
    assert stats.poisson.sf(count - 1, 2.0 * low) == pytest.approx(0.025)


def test_no_warning_in_three_hours_is_less_than_one_an_hour() -> None:
    assert poisson_interval(0, 3.0) == pytest.approx((0.0, math.log(20.0) / 3.0))
    assert poisson_interval(0, 0.0) is None


def test_exact_bounds_of_a_share() -> None:
    assert share_interval(0, 10) == pytest.approx((0.0, 1 - 0.025**0.1))
    assert share_interval(0, 0) is None
