"""A head that sinks again and again, just below and at each of its times."""

from __future__ import annotations

import pytest

from fatigue_ros.fusion.nodding import NoddingSettings, NoddingWatch
from fatigue_ros.measures.states import EyeState

SINKS = "the head sinks again and again"


def frame(*, down: bool, judged: bool = False, closed: bool = False) -> EyeState:
    return EyeState(stamp=0.0, judged=judged, eyes_closed=closed, head_down=down)


DOWN, UP = frame(down=True), frame(down=False)


def nod(watch: NoddingWatch, start: float, end: float, state: EyeState = DOWN) -> None:
    watch.on_eyes(state, start, driving=True)
    watch.on_eyes(state, (start + end) / 2.0, driving=True)
    watch.on_eyes(UP, end, driving=True)


@pytest.mark.parametrize(("length", "told"), [(2.75, ""), (2.8125, SINKS)])
def test_a_glance_is_shorter_than_2_8_s(length: float, told: str) -> None:
    watch = NoddingWatch(NoddingSettings())
    for start in (0.0, 5.0, 10.0, 15.0, 20.0):
        nod(watch, start, start + length)
    assert watch.problem(23.0) == told


@pytest.mark.parametrize(("last", "told"), [(3.75, ""), (4.0, SINKS)])
def test_ten_seconds_of_it_sound(last: float, told: str) -> None:
    watch = NoddingWatch(NoddingSettings())
    nod(watch, 0.0, 3.0)
    nod(watch, 5.0, 8.0)
    assert watch.problem(8.0) == ""
    nod(watch, 10.0, 10.0 + last)
    assert watch.problem(14.0) == told


def test_it_is_forgotten_after_thirty_seconds() -> None:
    watch = NoddingWatch(NoddingSettings())
    nod(watch, 0.0, 5.0)
    nod(watch, 10.0, 15.0)
    assert watch.problem(15.0) == SINKS
    assert watch.problem(30.0) == SINKS
    assert watch.problem(30.25) == "", "of the first, 4.75 s are left in the window"
    nod(watch, 32.0, 36.0)
    assert watch.problem(36.0) == "", "the first is wholly gone"
    nod(watch, 37.0, 40.0)
    assert watch.problem(40.0) == SINKS


def test_the_one_in_progress_counts_beside_others_only() -> None:
    watch = NoddingWatch(NoddingSettings())
    watch.on_eyes(DOWN, 0.0, driving=True)
    assert watch.problem(20.0) == "", "alone it is for the eyes' watchdog"
    watch.on_eyes(UP, 4.0, driving=True)
    watch.on_eyes(DOWN, 10.0, driving=True)
    assert watch.problem(15.75) == ""
    assert watch.problem(16.0) == SINKS
    short = NoddingWatch(NoddingSettings(nodding_time=6.0))
    nod(short, 0.0, 4.0)
    short.on_eyes(DOWN, 10.0, driving=True)
    assert short.problem(12.75) == ""
    assert short.problem(12.8125) == SINKS


@pytest.mark.parametrize(
    ("state", "driving", "told"),
    [
        (frame(down=True, judged=True, closed=True), True, SINKS),
        (frame(down=True, judged=True), True, ""),  # seen open
        (frame(down=False, judged=True, closed=True), True, ""),
        (DOWN, False, ""),  # a standing driver may look down
    ],
)
def test_what_counts(state: EyeState, driving: bool, told: str) -> None:
    watch = NoddingWatch(NoddingSettings())
    for start in (0.0, 6.0):
        watch.on_eyes(state, start, driving=driving)
        watch.on_eyes(UP, start + 5.0, driving=True)
    assert watch.problem(11.0) == told
