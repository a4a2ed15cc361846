"""The closure ladder just below, at and above each of its times."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.fusion.ladder import ClosureLadder, ClosureStage, LadderSettings
from fatigue_ros.measures.states import EyeState

LOST = "the face turned away with the eyes closed"


def closed(seconds: float) -> EyeState:
    return EyeState(stamp=0.0, judged=True, eyes_closed=True, closure_duration=seconds)


def unseen(seconds: float = 0.0) -> EyeState:
    return EyeState(stamp=0.0, reason="no face found", closure_duration=seconds)


OPEN = EyeState(stamp=0.0, judged=True, eyes_closed=False, closure_duration=9.0)


@pytest.mark.parametrize(
    ("seconds", "stage", "long_blinks", "microsleeps"),
    [
        (0.0, ClosureStage.OPEN, 0, 0),
        (0.499, ClosureStage.OPEN, 0, 0),
        (0.4999995, ClosureStage.LONG_BLINK, 1, 0),  # stamps are rounded
        (0.5, ClosureStage.LONG_BLINK, 1, 0),
        (0.999, ClosureStage.LONG_BLINK, 1, 0),
        (1.0, ClosureStage.MICROSLEEP, 1, 1),
        (2.999, ClosureStage.MICROSLEEP, 1, 1),
        (3.0, ClosureStage.SLEEP, 1, 1),
        (5.999, ClosureStage.SLEEP, 1, 1),
        (6.0, ClosureStage.UNRESPONSIVE, 1, 1),
    ],
)
def test_each_step_begins_at_its_time(
    seconds: float, stage: ClosureStage, long_blinks: int, microsleeps: int
) -> None:
    ladder = ClosureLadder(LadderSettings())
    assert (ladder.stage(0.0), ladder.closure(0.0)) == (ClosureStage.OPEN, 0.0)
    assert (ladder.long_blinks, ladder.microsleeps, ladder.unresponsive) == (0, 0, False)
    for _ in range(2):  # what goes on counts once
        ladder.on_eyes(closed(seconds), 10.0, driving=True)
    assert ladder.stage(10.0) is stage
    assert ladder.closure(10.0) == seconds
    assert (ladder.long_blinks, ladder.microsleeps) == (long_blinks, microsleeps)
    assert ladder.unresponsive is (stage is ClosureStage.UNRESPONSIVE)
    assert ladder.lost(10.0) == ""
    ladder.on_eyes(OPEN, 10.1, driving=True)
    assert (ladder.stage(10.1), ladder.closure(10.1)) == (ClosureStage.OPEN, 0.0)


def test_stages_are_numbered_as_they_rise() -> None:
    assert [(s.name, s.value) for s in ClosureStage] == [
        ("OPEN", 0),
        ("LONG_BLINK", 1),
        ("MICROSLEEP", 2),
        ("SLEEP", 3),
        ("UNRESPONSIVE", 4),
    ]


@pytest.mark.parametrize(("lost_time", "silence"), [(0.5, 0.5), (0.0, 0.1), (2.0, 2.0)])
def test_silence_hides_a_closure_after_the_lost_time(lost_time: float, silence: float) -> None:
    ladder = ClosureLadder(LadderSettings(lost_time=lost_time))
    ladder.on_eyes(closed(1.0), 0.0, driving=True)
    assert ladder.stage(silence) is ClosureStage.MICROSLEEP
    assert (ladder.closure(silence), ladder.lost(silence)) == (1.0, "")
    assert ladder.stage(silence + 0.001) is ClosureStage.OPEN
    assert (ladder.closure(silence + 0.001), ladder.lost(silence + 0.001)) == (0.0, LOST)
    blink = ClosureLadder(LadderSettings(lost_time=lost_time))
    blink.on_eyes(closed(0.9), 0.0, driving=True)
    assert blink.lost(9.0) == "", "a long blink is no microsleep"


def test_frames_that_are_not_judged_never_lengthen_a_closure_and_may_end_it() -> None:
    ladder = ClosureLadder(LadderSettings())
    ladder.on_eyes(closed(1.0), 0.0, driving=True)
    ladder.on_eyes(unseen(3.5), 0.1, driving=True)
    assert (ladder.closure(0.1), ladder.lost(0.1)) == (1.0, "")
    ladder.on_eyes(unseen(), 0.2, driving=True)
    assert (ladder.closure(0.2), ladder.lost(0.2)) == (0.0, LOST)
    ladder.on_eyes(closed(0.1), 0.3, driving=True)  # seen again, open or shut
    assert ladder.lost(0.3) == ""
    ladder.on_eyes(closed(0.9), 0.4, driving=True)
    ladder.on_eyes(unseen(), 0.5, driving=True)
    assert ladder.lost(0.5) == "", "it was no microsleep yet"


def test_the_latch_needs_driving_and_stays_until_the_eyes_are_open() -> None:
    ladder = ClosureLadder(LadderSettings())
    assert ladder.release(seen_open=False)
    ladder.on_eyes(closed(6.0), 0.0, driving=False)
    assert not ladder.unresponsive
    ladder.on_eyes(closed(6.1), 0.1, driving=True)
    ladder.on_eyes(OPEN, 0.2, driving=False)
    assert ladder.unresponsive
    assert not ladder.release(seen_open=False)
    assert ladder.unresponsive
    assert ladder.release(seen_open=True)
    assert not ladder.unresponsive
    assert math.isfinite(ladder.closure(0.2))
