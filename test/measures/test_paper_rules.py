"""The published rules for blinks and yawns."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.measures.paper import PaperBlinkCounter, PaperYawnCounter


@pytest.mark.parametrize("rate", [10.0, 30.0, 60.0])
def test_blinks_are_runs_below_the_threshold(rate: float) -> None:
    counter = PaperBlinkCounter(0.2)
    ended = [
        counter.update(i / rate, 0.1 if 1.0 <= i / rate % 2.0 < 1.2 else 0.3)
        for i in range(int(10 * rate))
    ]
    assert counter.count == sum(ended) == 5


def test_one_frame_is_too_short_for_a_blink() -> None:
    counter = PaperBlinkCounter()
    for i in range(60):
        counter.update(i / 30.0, 0.1 if i == 30 else 0.3)
    assert counter.count == 0


def test_how_long_the_eyes_have_been_closed() -> None:
    counter = PaperBlinkCounter(0.2)
    counter.update(0.0, 0.3)
    for i in range(1, 12):
        counter.update(i / 30.0, 0.1)
    assert counter.closed_duration == pytest.approx(10 / 30.0)
    counter.update(12 / 30.0, math.nan)
    assert counter.closed_duration == 0.0
    counter.update(13 / 30.0, 0.3)
    assert counter.count == 0


def test_gaps_end_a_run_uncounted_and_repeated_stamps_change_nothing() -> None:
    counter = PaperBlinkCounter(0.2)
    for stamp, ear in ((0.0, 0.1), (0.1, 0.1), (0.1, 0.3), (0.6, 0.1), (0.7, 0.1)):
        counter.update(stamp, ear)
    assert counter.closed_duration == pytest.approx(0.1)
    assert counter.update(0.8, 0.3)
    assert counter.count == 1


def test_yawns_are_excursions_of_the_lip_distance() -> None:
    counter = PaperYawnCounter(30.0)
    distances = [10.0] * 5 + [40.0] * 20 + [10.0] * 5 + [50.0] * 3 + [math.nan] + [10.0] * 3
    ended = [counter.update(i / 30.0, d) for i, d in enumerate(distances)]
    assert counter.count == 1
    assert ended.index(True) == 25
