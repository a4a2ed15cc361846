"""The watchdog of the eyes, just below and at each of its times."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fatigue_ros.fusion.visibility import EyeVisibility, VisibilitySettings
from fatigue_ros.measures.states import EyeState

STEP = 0.125  # [s] exact in binary


def seen(stamp: float, **more: Any) -> EyeState:
    return EyeState(**{"stamp": stamp, "judged": True, "valid": True, **more})


def hidden(stamp: float, reason: str = "no face found") -> EyeState:
    return EyeState(stamp=stamp, reason=reason)


class Watch:
    """Eyes in frames eight times a second."""

    def __init__(self, **changes: Any) -> None:
        self.eyes = EyeVisibility(VisibilitySettings(**changes))
        self.now = 0.0

    def play(self, seconds: float, kind: Any = seen, step: float = STEP, **more: Any) -> Watch:
        for _ in range(round(seconds / step)):
            self.now += step
            self.eyes.on_eyes(kind(self.now, **more), self.now)
        return self

    @property
    def problem(self) -> str:
        return self.eyes.problem(self.now)


def test_five_seconds_unseen_are_told_with_the_reason() -> None:
    watch = Watch().play(10.0)
    assert watch.problem == ""
    watch.play(4.875, hidden)
    assert watch.problem == ""
    assert watch.eyes.unseen_time(watch.now) == 4.875
    watch.play(STEP, hidden)
    assert watch.problem == "no face found"


def test_where_nobody_says_why_it_is_told_how_long() -> None:
    watch = Watch().play(10.0)
    watch.play(7.0, seen, eyes_closed=True)
    assert watch.problem == "the eyes were not seen open for 7 s"
    assert math.isnan(Watch().eyes.unseen_time(1.0))


def test_silence_alone_is_noticed_by_the_clock() -> None:
    watch = Watch().play(10.0)
    assert watch.eyes.problem(14.998) == ""
    assert watch.eyes.problem(14.9995) == "the eyes were not seen open for 5 s"  # rounded stamps


def test_they_are_back_after_a_second_in_sight_once_the_time_has_counted_back() -> None:
    watch = Watch().play(10.0).play(5.0, hidden)
    back = watch.now
    for _ in range(30):
        watch.play(STEP)
        if not watch.problem:
            break
    assert watch.now - back == 1.125, "a second between the first frame and this one"


def test_time_out_of_sight_adds_up_and_time_in_sight_counts_back() -> None:
    watch = Watch().play(10.0)
    for _ in range(7):  # half a second is lost at each turn
        watch.play(1.5, hidden)
        watch.play(1.0)
        assert watch.problem == ""
    watch.play(1.375, hidden)
    assert watch.problem == ""
    watch.play(STEP, hidden)
    assert watch.problem == "no face found"


def test_seen_in_two_frames_of_three_a_second_counts_back_in_three() -> None:
    watch = Watch().play(10.0).play(5.0, hidden)
    back = watch.now
    while watch.problem:
        watch.play(STEP, hidden).play(2 * STEP)
        assert watch.now - back < 10.0
    assert watch.now - back == 2.625
    watch.play(5.0, hidden)
    for _ in range(100):
        watch.play(STEP, hidden).play(STEP)
        assert watch.problem, "every second frame is no sight"


def test_more_than_five_seconds_do_not_add_up() -> None:
    watch = Watch().play(10.0).play(60.0, hidden).play(1.125)
    assert watch.problem == ""
    watch.play(20.0).play(4.875, hidden)
    assert watch.problem == "", "nor does more time in sight than there is to count back"
    watch.play(STEP, hidden)
    assert watch.problem


@pytest.mark.parametrize(("gap", "counts"), [(0.5, True), (0.5009, True), (0.502, False)])
def test_frames_half_a_second_apart_belong_together(gap: float, counts: bool) -> None:
    watch = Watch()
    watch.play(gap * 20, step=gap)
    assert (watch.eyes.open_time(watch.now) > 0.0) is counts
    assert bool(watch.problem) is not counts


def test_seen_open_needs_two_frames_a_tenth_of_a_second_apart() -> None:
    for apart, counts in ((0.098, False), (0.0995, True)):
        watch = Watch().play(5.0)
        watch.play(2.0, seen, eyes_closed=True)
        shut = watch.now
        for later in (0.1, 0.1 + apart):
            watch.eyes.on_eyes(seen(shut + later), shut + later)
        assert (watch.eyes.unseen_time(shut + 0.2) < 0.5) is counts


def test_a_stamp_that_runs_away_from_the_clock_shows_nothing() -> None:
    for stamp, now in ((1.0, 0.01), (0.01, 1.0)):
        eyes = EyeVisibility(VisibilitySettings())
        for i in range(1, 4):
            eyes.on_eyes(seen(i * stamp), i * now)
        assert eyes.open_time(3.0 * now) == 0.0


def test_how_long_they_have_been_open() -> None:
    watch = Watch().play(3.0)
    assert watch.eyes.open_time(watch.now) == 2.875
    assert watch.eyes.open_time(watch.now + 0.5) == 2.875
    assert watch.eyes.open_time(watch.now + 0.501) == 0.0
    watch.play(STEP, seen, eyes_closed=True)
    assert watch.eyes.open_time(watch.now) == 0.0
    watch.play(0.25)
    assert watch.eyes.open_time(watch.now) == STEP
    watch.play(0.5, hidden).play(STEP)
    assert watch.eyes.open_time(watch.now) == 0.0, "what happened in the gap is not known"
    watch.play(STEP)
    assert watch.eyes.open_time(watch.now) == STEP


def test_after_an_outage_of_the_camera_it_is_said_that_frames_are_back() -> None:
    for silence, told in ((2.0, ""), (2.0625, "eyes: messages again for 0.0 s")):
        watch = Watch().play(10.0)
        watch.now += silence - STEP
        watch.play(STEP, hidden)
        assert watch.eyes.returning(watch.now) == told
    watch.play(0.875, hidden)
    assert watch.eyes.returning(watch.now) == "eyes: messages again for 0.9 s"
    watch.play(STEP, hidden)
    assert watch.eyes.returning(watch.now) == ""


def test_eyes_seen_open_end_an_outage_at_once() -> None:
    watch = Watch().play(10.0)
    watch.now += 20.0
    assert watch.problem
    watch.play(STEP)
    assert watch.problem
    assert watch.eyes.returning(watch.now)
    watch.play(STEP)
    assert watch.problem == ""
    assert watch.eyes.returning(watch.now) == ""
    watch.play(3.0, hidden)
    assert watch.problem == "", "nothing is left of the outage"


def test_the_alarm_needs_no_second_word_while_the_eyes_are_judged() -> None:
    watch = Watch().play(10.0)
    for i in range(1, 81):
        now = 10.0 + i * STEP
        watch.eyes.on_eyes(seen(now, eyes_closed=True), now, alarm=True)
        assert watch.eyes.problem(now) == ""
    watch.eyes.on_eyes(hidden(20.125), 20.125, alarm=True)
    assert watch.eyes.problem(20.125) == "no face found"


def test_measures_that_stay_invalid_for_ninety_seconds() -> None:
    watch = Watch().play(10.0)
    watch.play(90.125, seen, valid=False, reason="8 frames/s")
    assert watch.problem == ""
    watch.play(STEP, seen, valid=False, reason="")
    assert watch.problem == "the eye measures are not valid"
    watch.play(STEP, seen, valid=False, reason="8 frames/s")
    assert watch.problem == "8 frames/s"
    watch.play(STEP).play(80.0, seen, valid=False)
    assert watch.problem == "", "one valid frame, and it begins again"


def test_out_of_sight_gives_the_windows_time_to_fill() -> None:
    watch = Watch().play(10.0).play(80.0, hidden).play(60.0, seen, valid=False)
    assert watch.problem == ""
    watch.play(32.0, seen, valid=False)
    assert watch.problem == "the eye measures are not valid"


def test_a_return_longer_than_the_time_to_be_missed_ends_all_the_same() -> None:
    watch = Watch(cannot_see_time=1.0, see_again_time=3.0).play(10.0).play(1.0, hidden)
    assert watch.problem
    watch.play(3.0)
    assert watch.problem
    watch.play(STEP)
    assert watch.problem == ""
