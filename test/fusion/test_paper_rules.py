"""The published rules for blinks and yawns: a value crosses a threshold and comes back."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.fusion.profiles.paper_rules import Excursions


class Blinks(Excursions):
    """Of the EAR below 0.2."""

    def __init__(self) -> None:
        super().__init__(shortest=0.06)

    def update(self, stamp: float, ear: float) -> float | None:
        return super().update(stamp, 0.2 - ear)


@pytest.mark.parametrize("rate", [10.0, 30.0, 60.0])
def test_blinks_are_runs_below_the_threshold(rate: float) -> None:
    counter = Blinks()
    ended = [
        counter.update(i / rate, 0.1 if 1.0 <= i / rate % 2.0 < 1.2 else 0.3)
        for i in range(int(10 * rate))
    ]
    lengths = [length for length in ended if length is not None]
    assert lengths == pytest.approx([0.2] * 5, abs=1.01 / rate)  # stamps are rounded


def test_one_frame_is_too_short_for_a_blink() -> None:
    counter = Blinks()
    assert not any(counter.update(i / 30.0, 0.1 if i == 30 else 0.3) for i in range(60))


def test_how_long_the_eyes_have_been_closed() -> None:
    counter = Blinks()
    counter.update(0.0, 0.3)
    for i in range(1, 12):
        counter.update(i / 30.0, 0.1)
    assert counter.duration(11 / 30.0) == pytest.approx(10 / 30.0)
    assert counter.duration(11 / 30.0 + 0.3) == 0.0
    counter.update(12 / 30.0, math.nan)
    assert counter.duration(12 / 30.0) == 0.0
    assert counter.update(13 / 30.0, 0.3) is None


def test_gaps_end_a_run_uncounted_and_repeated_stamps_change_nothing() -> None:
    counter = Blinks()
    for stamp, ear in ((0.0, 0.1), (0.1, 0.1), (0.1, 0.3), (0.6, 0.1), (0.7, 0.1)):
        assert counter.update(stamp, ear) is None
    assert counter.duration(0.7) == pytest.approx(0.1)
    assert counter.update(0.8, 0.3) == pytest.approx(0.2)


def test_yawns_are_excursions_of_the_lip_distance() -> None:
    counter = Excursions()
    distances = [10.0] * 5 + [40.0] * 20 + [10.0] * 5 + [50.0] * 3 + [math.nan] + [10.0] * 3
    ended = [counter.update(i / 30.0, d - 30.0) for i, d in enumerate(distances)]
    assert [i for i, end in enumerate(ended) if end is not None] == [25]


def test_no_yawn_without_a_threshold() -> None:
    counter = Excursions()
    distances = [10.0] * 5 + [40.0] * 20 + [10.0] * 5
    ended = [counter.update(i / 30.0, d - math.nan) for i, d in enumerate(distances)]
    assert ended == [None] * 30
