"""Drivers whose eyes are not alike: each is heard by the eye that sees, and asleep all the same."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from fatigue_ros.face import Event, EventKind, Face
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings

FPS = 20
NEAR_RIGHT, NEAR_LEFT, FRONTAL = (1.0, 0.7), (0.7, 1.0), (1.0, 1.0)

# What the right eye shows while the left one goes from 0.06, shut, to 0.3.
OTHERS: dict[str, Callable[[float], float]] = {
    "drooping": lambda left: 0.05 + 0.5 * (left - 0.06),
    "heavily drooping": lambda left: 0.05 + 0.25 * (left - 0.06),
    "artificial, open": lambda _: 0.29,
    "patched, drawn shut": lambda _: 0.06,
}


@pytest.mark.parametrize("narrow", [FRONTAL, NEAR_RIGHT, NEAR_LEFT], ids=["", "near", "far"])
@pytest.mark.parametrize("kind", OTHERS)
def test_an_eye_of_its_own_kind(
    make_face: Callable[..., Face], kind: str, narrow: tuple[float, float]
) -> None:
    eyes = EyeMonitor(EyeSettings())
    blinks, alarms, closed = 0, 0, math.nan
    for k in range(46 * FPS):
        now = k / FPS
        left = 0.06 if now % 4.0 >= 3.8 or now >= 43.8 else 0.3
        state = eyes.update(make_face(now, right=OTHERS[kind](left), left=left, narrow=narrow))
        blinks += sum(e.kind is EventKind.BLINK and e.start > 16.0 for e in state.events)
        if 16.0 < now < 43.8:
            alarms += state.closure_duration >= 0.5
        elif now >= 43.8 and math.isnan(closed) and state.closure_duration >= 1.0:
            closed = now
    assert alarms == 0, "open eyes are open once they are known"
    assert blinks == 6, "they blink as before"
    assert closed == pytest.approx(44.8, abs=0.15), "asleep is asleep"


@pytest.mark.parametrize(
    ("far", "length", "longest"),
    [
        ([0.2], 2.0, 0.0),
        ([0.2, 0.2, 0.2, 0.13], 2.0, 0.0),  # now and then they seem alike
        ([0.1, 0.1, 0.1, 0.2], 2.0, 2.0),  # most of the time they are
        ([0.2] * 20 + [0.1] * 50, 2.8, 2.8),  # alike at last
        ([0.2], 4.0, 4.0),  # nobody watches the road
    ],
)
def test_a_near_eye_that_alone_looks_shut(
    make_face: Callable[..., Face], far: list[float], length: float, longest: float
) -> None:
    eyes = EyeMonitor(EyeSettings())
    closures, said = [], [0.0]
    for k in range(16 * FPS):
        now = k / FPS
        smile = 10.0 <= now < 10.0 + length
        left = far[(k - 10 * FPS) % len(far)] if smile else 0.3
        right = 0.07 if smile else 0.3
        state = eyes.update(make_face(now, right=right, left=left, narrow=(1.0, 0.7)))
        closures += [e.duration for e in state.events if e.kind is EventKind.CLOSURE]
        said.append(state.closure_duration)
    assert max(said) == pytest.approx(longest, abs=2.5 / FPS)
    assert closures == pytest.approx([longest] if longest > 0.5 else [], abs=2.5 / FPS)


@pytest.mark.parametrize(("far", "blinks"), [([0.2, 0.2, 0.2], 0), ([0.2, 0.1, 0.2], 1)])
def test_a_blink_in_a_turned_head_needs_both_eyes_shut_but_once(
    make_face: Callable[..., Face], far: list[float], blinks: int
) -> None:
    """The far eye wavers; a smile narrows it, and never shuts it."""
    eyes = EyeMonitor(EyeSettings())
    found: list[Event] = []
    for k in range(5 * FPS):
        dip = 3 * FPS <= k < 3 * FPS + 3
        right, left = (0.06, far[k - 3 * FPS]) if dip else (0.3, 0.3)
        found += eyes.update(make_face(k / FPS, right=right, left=left, narrow=NEAR_RIGHT)).events
    assert len(found) == blinks
