"""The level of some metrics, whichever of them are valid."""

from __future__ import annotations

import pytest

from fatigue_ros.fusion.assessment import MetricScore
from fatigue_ros.fusion.profiles.evidence import level
from fatigue_ros.fusion.scores import combine, karolinska, ramp


def metric(name: str, score: float, weight: float, *, valid: bool = True) -> MetricScore:
    return MetricScore(name, valid, score=score, weight=weight)


def test_of_two_readings_of_the_same_the_higher_counts_however_small() -> None:
    for name, other in (("perclos", "long_closures"), ("blink_duration", "blink_tail")):
        alone = metric(name, 1.0, 50.0)
        assert level([alone]) == pytest.approx(0.5)
        assert level([alone, metric(other, 0.0, 0.0, valid=False)]) == pytest.approx(0.5)
        assert level([alone, metric(other, 100.0, 40.0)]) == pytest.approx(40.0)
    both = [metric("yawn", 100.0, 50.0), metric("droop", 100.0, 50.0)]
    assert level(both) == pytest.approx(75.0)
    assert level([metric("yawn", 100.0, 50.0, valid=False)]) == 0.0


def test_combining_and_ramps() -> None:
    assert combine([]) == 0.0
    assert combine([20.0, 50.0]) == pytest.approx(60.0)
    assert [ramp(x, 2.0, 4.0) for x in (1.0, 2.0, 3.0, 4.0, 5.0)] == [0.0, 0.0, 50.0, 100.0, 100.0]


def test_the_scale_of_sleepiness_is_cut_every_fifteen_per_cent() -> None:
    edges = (0.0, 14.9, 15.0, 29.9, 30.0, 44.9, 45.0, 59.9, 60.0, 74.9, 75.0, 85.0, 85.001, 100.0)
    assert [karolinska(x) for x in edges] == [3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9]
