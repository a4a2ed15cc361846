"""Lids that come up by half and shut again: whether they were shut throughout."""

from __future__ import annotations

import pytest

from fatigue_ros.face import Event, EventKind
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings

STEP = 1.0 / 32.0  # [s] exact in binary
OPEN, SHUT, HALF = 0.3, 0.06, 0.2
BLINK, CLOSURE = EventKind.BLINK, EventKind.CLOSURE


def told(*parts: tuple[float, float]) -> list[tuple[EventKind, float, float]]:
    """(kind, start, length [s]) of a story of (length [s], EAR) that begins at 2 s."""
    eyes, frame = EyeMonitor(EyeSettings()), 0
    found: list[Event] = []
    for length, ear in ((2.0, OPEN), *parts, (2.0, OPEN)):
        for _ in range(round(length / STEP)):
            found += eyes.update_ear(frame * STEP, ear).events
            frame += 1
    return [(event.kind, event.start, event.duration) for event in found]


@pytest.mark.parametrize(
    ("between", "joined"),
    [
        ([(0.25, HALF)], True),
        ([(0.25, 0.24)], True),  # 0.8 of open, which ends a closure at once
        ([(0.125, HALF), (STEP, 0.26), (0.125, HALF)], False),  # they were up
        ([(0.375, HALF)], True),
        ([(0.4375, HALF)], False),  # for longer than a moment
    ],
)
def test_what_lies_between(between: list[tuple[float, float]], joined: bool) -> None:
    kinds = [kind for kind, *_ in told((0.25, SHUT), *between, (1.0, SHUT))]
    assert kinds == ([CLOSURE] if joined else [BLINK, CLOSURE])


@pytest.mark.parametrize(
    ("again", "kinds"),
    [
        ([(0.25, SHUT)], [BLINK, BLINK]),
        ([(0.46875, SHUT)], [BLINK, BLINK]),
        ([(0.5, SHUT)], [CLOSURE]),
        ([*[(0.0625, SHUT), (0.125, 0.145)] * 3, (0.0625, SHUT)], [BLINK, CLOSURE]),  # they hang
        ([(0.375, SHUT), (0.125, 0.145), (0.25, SHUT)], [CLOSURE]),
    ],
)
def test_what_comes_after_it(again: list[tuple[float, float]], kinds: list[EventKind]) -> None:
    assert [kind for kind, *_ in told((0.25, SHUT), (0.25, HALF), *again)] == kinds


def test_a_joined_closure_spans_all_of_it() -> None:
    assert told((0.25, SHUT), (0.25, HALF), (1.0, SHUT)) == [(CLOSURE, 2.0, 1.5)]
    assert told((0.75, SHUT), (0.25, HALF), (1.0, SHUT)) == [(CLOSURE, 2.0, 2.0)]


def test_it_is_known_once_no_blink_is_as_long_and_counts_without_what_lies_between() -> None:
    eyes = EyeMonitor(EyeSettings())
    longest: list[float] = []
    for frame in range(round(4.0 / STEP)):
        now = frame * STEP
        ear = SHUT if 2.0 <= now < 2.25 or now >= 2.5 else HALF if 2.25 <= now < 2.5 else OPEN
        longest.append(eyes.update_ear(now, ear).closure_duration)
    assert longest[round(2.5 / STEP) - 1] < 0.5
    assert longest[round(2.96875 / STEP)] < 0.5
    assert longest[round(3.0 / STEP)] == 1.0
    state = eyes.state
    assert state.perclos * state.coverage * 60.0 == pytest.approx(0.25 + 1.5, abs=0.05)


def test_what_is_held_back_is_told_when_the_view_is_lost() -> None:
    eyes = EyeMonitor(EyeSettings())
    found: list[Event] = []
    for frame in range(round(2.5 / STEP)):
        now = frame * STEP
        found += eyes.update_ear(now, OPEN if now < 2.0 else SHUT if now < 2.25 else 0.23).events
    assert not found
    found += eyes.update_ear(2.5, float("nan")).events
    assert [event.kind for event in found] == [BLINK]
