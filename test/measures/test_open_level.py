"""The open level that is learned on the way."""

from __future__ import annotations

import random

import pytest

from fatigue_ros.measures.open_level import POPULATION_EAR, OpenLevel


def _watch(level: OpenLevel, ear: float, seconds: float, noise: float = 0.01) -> None:
    draw = random.Random(1)
    for _ in range(int(seconds * 30)):
        level.learn(draw.gauss(ear, noise), 1.0 / 30.0)


def test_it_starts_at_the_population_and_is_with_the_driver_within_seconds() -> None:
    level = OpenLevel()
    assert (level.level, level.seconds) == (POPULATION_EAR, 0.0)
    _watch(level, 0.22, 5.0)
    assert level.level == pytest.approx(0.22, abs=0.02)
    assert level.seconds == pytest.approx(5.0)


def test_looking_down_for_a_third_of_the_time_does_not_draw_it_down() -> None:
    level = OpenLevel()
    for _ in range(20):
        _watch(level, 0.30, 4.0)
        _watch(level, 0.22, 2.0)
    assert level.level == pytest.approx(0.30, abs=0.015)


def test_shut_eyes_teach_nothing() -> None:
    level = OpenLevel()
    _watch(level, 0.07, 60.0)
    assert (level.level, level.seconds) == (POPULATION_EAR, 0.0)


def test_it_hardly_follows_lids_that_sink_over_minutes() -> None:
    level = OpenLevel()
    _watch(level, 0.30, 600.0)
    _watch(level, 0.24, 120.0)
    assert level.level > 0.285


def test_after_a_long_drive_it_still_moves_with_a_new_driver() -> None:
    level = OpenLevel()
    _watch(level, 0.33, 3600.0)
    level.loosen()
    assert level.level == pytest.approx(0.33, abs=0.02)
    _watch(level, 0.22, 5.0)
    assert level.level == pytest.approx(0.22, abs=0.02)


def test_it_stays_right_when_weights_are_renormalised() -> None:
    level = OpenLevel(memory=1.0)
    _watch(level, 0.30, 60.0)
    assert level.level == pytest.approx(0.30, abs=0.02)
