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


def test_the_population_weighs_half_a_second() -> None:
    """The level is where 60 % lie below: at 0.2 once that makes 0.75 of 1.25 seconds."""
    for seconds, level in ((0.7, 0.30), (0.8, 0.20)):
        learnt = OpenLevel()
        learnt.learn(0.205, seconds)
        assert learnt.level == pytest.approx(level, abs=0.0101)


def test_what_was_learnt_fades() -> None:
    """After 15 s at 0.2 what was learnt before weighs 22 %; without fading it would be 67 %."""
    level = OpenLevel(memory=10.0)
    _watch(level, 0.30, 30.0)
    _watch(level, 0.20, 15.0)
    assert level.level < 0.25


def test_later_the_level_is_told_once_more_than_a_second_is_new() -> None:
    level = OpenLevel()
    for _ in range(100):
        level.learn(0.30, 2.0)
    before = level.level
    for new, moves in ((0.5, False), (0.5, False), (0.0625, True)):
        level.learn(0.20, new)
        assert (level.level != before) is moves
