"""PERCLOS and heart rate against what is known, by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fatigue_ros.evaluation.agreement import (
    compare_heart_rate,
    compare_perclos,
    heart_rate_figures,
    without,
)
from fatigue_ros.evaluation.labels import HeartRateReference, Labels


def test_perclos_by_hand(hand_made: Any) -> None:
    drive = hand_made(14.0, perclos_window=10.0)
    for time in range(15):
        drive.eyes(float(time), perclos=0.25)
    # Closed from 2 to 4 s and from 11.5 to 12 s: shares of the 10 s before 10, 11, ... 14 s are
    # 0.2, 0.2, 0.25, 0.15 and 0.05.
    labels = Labels(spans={"closure": ((2.0, 4.0), (11.5, 12.0))})
    found = compare_perclos(drive.seen, labels)
    assert found is not None
    assert found.times.tolist() == [10.0, 11.0, 12.0, 13.0, 14.0]
    assert found.labelled == pytest.approx([0.2, 0.2, 0.25, 0.15, 0.05])
    figures = found.figures()
    assert figures["bias"] == pytest.approx(0.4 / 5)
    assert figures["mean_absolute_error"] == pytest.approx(0.4 / 5)
    assert figures["max_absolute_error"] == pytest.approx(0.2)


def test_perclos_without_what_is_ignored(hand_made: Any) -> None:
    drive = hand_made(10.0, perclos_window=10.0)
    drive.eyes(10.0, perclos=0.25)
    labels = Labels(spans={"closure": ((2.0, 4.0),)}, ignored={"closure": ((3.0, 5.0),)})
    found = compare_perclos(drive.seen, labels)
    assert found is not None
    assert found.labelled == pytest.approx([1.0 / 8.0])  # 1 s of closure in 8 s
    mostly = Labels(spans={"closure": ()}, ignored={"closure": ((0.0, 6.0),)})
    found = compare_perclos(drive.seen, mostly)
    assert found is not None
    assert found.times.size == 0
    assert found.figures()["bias"] is None


def test_perclos_that_is_not_valid_is_not_compared(hand_made: Any) -> None:
    drive = hand_made(12.0, perclos_window=10.0)
    for time in range(13):
        drive.eyes(float(time), perclos=0.1 if time == 11 else math.nan)
    found = compare_perclos(drive.seen, Labels(spans={"closure": ()}))
    assert found is not None
    assert found.times.tolist() == [11.0]
    assert compare_perclos(drive.seen, Labels()) is None


def test_bland_altman_by_hand() -> None:
    # Differences -2, 0, 2, 4: mean 1, deviation sqrt(20 / 3).
    reference = np.array([60.0, 60.0, 60.0, 60.0])
    figures = heart_rate_figures(np.array([58.0, 60.0, 62.0, 64.0]), reference, 30.0, 40.0)
    deviation = math.sqrt(20.0 / 3.0)
    assert figures["bias"] == pytest.approx(1.0)
    assert figures["standard_deviation"] == pytest.approx(deviation)
    assert figures["limit_low"] == pytest.approx(1.0 - 1.96 * deviation)
    assert figures["limit_high"] == pytest.approx(1.0 + 1.96 * deviation)
    assert figures["mean_absolute_error"] == pytest.approx(2.0)
    assert figures["within_5_or_10_percent"] == 1.0
    assert figures["coverage"] == pytest.approx(0.75)


def test_one_pair_has_no_limits() -> None:
    figures = heart_rate_figures(np.array([60.0]), np.array([70.0]), 1.0, 1.0)
    assert figures["bias"] == -10.0
    assert figures["limit_low"] is None
    assert figures["within_5_or_10_percent"] == 0.0
    assert heart_rate_figures(np.empty(0), np.empty(0), 0.0, 0.0)["coverage"] is None


def test_heart_rate_pairs_and_coverage(hand_made: Any) -> None:
    drive = hand_made(60.0)
    for time in range(10, 20):
        drive.pulse(float(time), 60.0 + time % 2)
    for time in range(20, 30):
        drive.pulse(float(time), math.nan)
    labels = Labels(
        heart_rate=(
            HeartRateReference(10.0, 30.0, 62.0),  # valid during 10 s of 20 s
            HeartRateReference(15.0, 15.0, 60.0),  # a moment, covered
            HeartRateReference(50.0, 50.0, 60.0),  # a moment, not covered
            HeartRateReference(40.0, 45.0, 60.0),  # not to be scored
        ),
        ignored={"heart_rate": ((44.0, 48.0),)},
    )
    found = compare_heart_rate(drive.seen, labels)
    assert found is not None
    assert found.measured.tolist() == [60.5, 61.0]
    assert found.reference.tolist() == [62.0, 60.0]
    assert found.asked == pytest.approx(22.0)
    assert found.covered == pytest.approx(11.0)
    assert compare_heart_rate(drive.seen, Labels()) is None


def test_without() -> None:
    assert without((0.0, 10.0), [(2.0, 3.0), (5.0, 6.0)]) == [(0.0, 2.0), (3.0, 5.0), (6.0, 10.0)]
    assert without((2.0, 3.0), [(1.0, 4.0)]) == []
    assert without((2.0, 3.0), [(3.0, 4.0)]) == [(2.0, 3.0)]
