"""The mouth just below, at and above each of its limits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from fatigue_ros.face import Event, EventKind, Face
from fatigue_ros.measures.mouth import MouthMonitor, MouthSettings
from fatigue_ros.measures.states import MouthState

STEP = 0.0625  # [s] exact in binary
SHUT, OPEN, WIDE = 0.2, 0.55, 0.8


class Mouth:
    """A mouth sixteen times a second; NaN: no face is found."""

    def __init__(self, make_face: Callable[..., Face], **changes: Any) -> None:
        self.monitor = MouthMonitor(MouthSettings(**{"window": 10.0, **changes}))
        self._make = make_face
        self.now = 0.0
        self.events: list[Event] = []

    def hold(self, *parts: tuple[float, float]) -> MouthState:
        """(length [s], opening) one after the other."""
        for length, opening in parts:
            for _ in range(round(length / STEP)):
                self.now += STEP
                if math.isnan(opening):
                    face = Face(stamp=self.now)
                else:
                    face = self._make(self.now, opening=opening)
                state = self.monitor.update(face)
                self.events += state.events
        return state

    def yawned(self, *parts: tuple[float, float]) -> list[float]:
        """[s] lengths of the yawns of a story that begins and ends with a shut mouth."""
        self.hold((1.0, SHUT), *parts, (12.0, SHUT))
        assert all(event.kind is EventKind.YAWN for event in self.events)
        return [event.duration for event in self.events]


@pytest.fixture
def mouth(make_face: Callable[..., Face]) -> Callable[..., Mouth]:
    return lambda **changes: Mouth(make_face, **changes)


@pytest.mark.parametrize(
    ("parts", "lengths"),
    [
        ([(1.9375, WIDE)], []),
        ([(2.0, WIDE)], [2.0]),
        ([(4.0, WIDE)], [4.0]),
        ([(4.0, 0.49)], []),
        ([(4.0, 0.51)], [4.0]),  # without a break
        # as wide as in a yawn for two seconds in all, between moments of less than it takes
        ([(1.0, WIDE), (0.5, 0.45), (0.9375, WIDE)], []),
        ([(1.0, WIDE), (0.5, 0.45), (1.0, WIDE)], [2.5]),
        ([(1.0, 0.59), (0.5, 0.45), (1.5, 0.59)], []),
        ([(1.0, 0.61), (0.5, 0.45), (1.5, 0.61)], [3.0]),
        # the opening that ends it is a tenth below the one that begins it
        ([(1.0, WIDE), (0.5, 0.41), (1.0, WIDE)], [2.5]),
        ([(1.0, WIDE), (0.5, 0.39), (1.0, WIDE)], []),
        # it may close for less than 0.4 s
        ([(1.5, WIDE), (0.375, SHUT), (1.5, WIDE)], [3.375]),
        ([(1.5, WIDE), (0.5, SHUT), (1.5, WIDE)], []),
        # it begins where the lips part, not where a slow mouth is wide at last
        ([(1.0, 0.26), (2.0, WIDE)], [3.0]),
        ([(1.0, 0.25), (2.0, WIDE)], [2.0]),
        ([(1.0, 0.26), (STEP, 0.21), (0.9375, 0.26), (2.0, WIDE)], [4.0]),  # they waver
        ([(1.0, 0.26), (STEP, 0.2), (0.9375, 0.26), (2.0, WIDE)], [2.9375]),  # they met
        ([(3.0, 0.26), (2.0, WIDE)], [4.0]),  # it opens in two seconds
        ([(1.0, 0.26), (STEP, math.nan), (2.0, WIDE)], [2.0]),  # nobody knows
    ],
)
def test_what_is_a_yawn(
    mouth: Callable[..., Mouth], parts: list[tuple[float, float]], lengths: list[float]
) -> None:
    assert mouth().yawned(*parts) == lengths


def test_a_yawn_knows_its_start_and_its_widest(mouth: Callable[..., Mouth]) -> None:
    watch = mouth()
    watch.yawned((1.0, 0.7), (1.0, 0.9), (1.0, 0.7))
    (yawn,) = watch.events
    assert (yawn.start, yawn.duration) == (1.0625, 3.0)
    assert yawn.amplitude == pytest.approx(0.9, abs=0.001)


HAND = 0.1  # [1] what engines draw over one


@pytest.mark.parametrize(
    ("parts", "lengths"),
    [
        ([(1.0, WIDE), (2.0, HAND), (1.0, WIDE)], [4.0]),
        ([(1.0, WIDE), (2.0, 0.14), (1.0, WIDE)], [4.0]),
        ([(1.0, WIDE), (2.0, 0.16), (1.0, WIDE)], []),  # no hand: it was shut
        ([(1.0, WIDE), (STEP, 0.3), (2.0, HAND), (1.0, WIDE)], []),  # no hand is that slow
        ([(0.9375, WIDE), (2.0, HAND), (1.0, WIDE)], [3.9375]),
        ([(0.875, WIDE), (2.0, HAND), (1.0, WIDE)], []),  # a shout
        ([(0.625, 0.26), (0.3125, WIDE), (2.0, HAND), (1.0, WIDE)], [3.9375]),
        ([(0.625, 0.24), (0.3125, WIDE), (2.0, HAND), (1.0, WIDE)], []),  # lips that had met
        ([(0.625, 0.26), (STEP, 0.2), (0.625, WIDE), (2.0, HAND), (1.0, WIDE)], []),
        ([(2.0, 0.26), (0.25, WIDE), (2.0, HAND), (1.0, WIDE)], []),  # a syllable of open lips
        ([(0.625, 0.26), (STEP, math.nan), (0.625, WIDE), (2.0, HAND), (1.0, WIDE)], []),
        ([(0.75, 0.41), (STEP, WIDE), (0.25, 0.41), (2.0, HAND), (1.0, WIDE)], [4.0625]),
        ([(0.75, 0.39), (STEP, WIDE), (0.125, 0.41), (2.0, HAND), (1.0, WIDE)], []),
        ([(1.0, WIDE), (1.5, HAND), (1.0, WIDE)], [3.5]),
        ([(1.0, WIDE), (1.4375, HAND), (1.0, WIDE)], []),  # who sings pauses
        ([(1.0, WIDE), (10.0, HAND), (1.0, WIDE)], [12.0]),
        ([(1.0, WIDE), (10.125, HAND), (1.0, WIDE)], []),  # no yawn lasts so long
        ([(1.0, WIDE), (2.0, HAND), (0.3125, WIDE)], [3.3125]),
        ([(1.0, WIDE), (2.0, HAND), (0.25, WIDE)], []),  # the hand went away from a shut mouth
        ([(1.0, WIDE), (1.0, HAND), (0.5, 0.26), (1.0, HAND), (1.0, WIDE)], [4.5]),
        ([(1.0, WIDE), (1.0, HAND), (0.5625, 0.26), (1.0, HAND), (1.0, WIDE)], []),  # it speaks
        ([(1.0, WIDE), (1.0, HAND), (0.5625, 0.24), (1.0, HAND), (1.0, WIDE)], [4.5625]),
    ],
)
def test_a_hand_over_a_yawn(
    mouth: Callable[..., Mouth], parts: list[tuple[float, float]], lengths: list[float]
) -> None:
    assert mouth().yawned(*parts) == lengths


def test_what_is_behind_a_hand_is_not_judged(mouth: Callable[..., Mouth]) -> None:
    watch = mouth()
    state = watch.hold((1.0, SHUT), (1.0, WIDE))
    assert (state.judged, state.mouth_open, state.opening_duration) == (True, True, 0.9375)
    state = watch.hold((0.4375, HAND))
    assert (state.judged, state.mouth_open) == (True, True)
    assert watch.hold((STEP, HAND)).judged is False
    hidden = watch.hold((STEP, HAND))
    assert math.isnan(hidden.mouth_opening)
    assert math.isnan(hidden.lip_distance)
    assert (hidden.mouth_open, hidden.opening_duration) == (False, 0.0)


def test_windows_warm_up_and_need_half_of_their_time(mouth: Callable[..., Mouth]) -> None:
    watch = mouth()
    state = watch.hold((10.0, SHUT))
    assert state.reason == "warming up: watched for 10 s of 10 s"
    assert math.isnan(state.yawn_rate), "9.94 s are a lottery"
    state = watch.hold((STEP, SHUT))
    assert (state.valid, state.reason, state.coverage, state.yawn_rate) == (True, "", 1.0, 0.0)
    state = watch.hold((4.9375, math.nan))
    assert state.valid
    state = watch.hold((STEP, math.nan), (STEP, math.nan))
    assert state.reason == (
        "mouth judged in 49 % of the last 10 s, need 50 %, last refused: no face found"
    )
    assert not state.judged
    assert math.isnan(state.yawn_rate)


def test_the_rate_counts_judged_time(mouth: Callable[..., Mouth]) -> None:
    watch = mouth(window=20.0)
    watch.hold((1.0, SHUT), (3.0, WIDE), (16.0625, SHUT))
    state = watch.monitor.state
    assert state.yawn_count == 1
    assert state.yawn_rate == pytest.approx(3.0, abs=0.02)
    watch.hold((4.0, SHUT))
    assert (watch.monitor.state.yawn_count, watch.monitor.state.yawn_rate) == (1, 0.0)


def test_a_yawn_that_goes_out_of_view_ends_there(mouth: Callable[..., Mouth]) -> None:
    watch = mouth()
    assert watch.yawned((3.0, WIDE), (1.0, math.nan)) == [2.9375]
    gap = mouth()
    gap.hold((1.0, SHUT), (3.0, WIDE))
    gap.now += 0.25  # and the next frame is one step later
    gap.hold((1.0, SHUT))
    assert [event.duration for event in gap.events] == [2.9375]


def test_frames_that_come_twice_and_time_that_begins_anew(mouth: Callable[..., Mouth]) -> None:
    watch = mouth()
    watch.hold((1.0, SHUT), (3.0, WIDE), (1.0, SHUT))
    watch.now -= STEP
    assert watch.hold((STEP, SHUT)).events == ()
    assert watch.monitor.ignored_frames == 1
    watch.now = -100.0
    assert watch.hold((STEP, SHUT)).yawn_count == 0
    watch.monitor.reset()
    assert watch.monitor.ignored_frames == 0
    assert watch.monitor.state.reason == "no frame yet"
