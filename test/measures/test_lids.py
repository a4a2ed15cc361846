"""Blinks and closures just below, at and above each of their limits; eyes that are open at 1."""

from __future__ import annotations

import pytest

from fatigue_ros.face import Event, EventKind
from fatigue_ros.measures.eye_settings import EyeSettings
from fatigue_ros.measures.lids import LidTracker

STEP = 1.0 / 32.0  # [s] exact in binary
BLINK, CLOSURE = EventKind.BLINK, EventKind.CLOSURE


class Lids:
    """Lids 32 times a second."""

    def __init__(self) -> None:
        self.tracker = LidTracker(EyeSettings())
        self.now = 0.0
        self.events: list[Event] = []

    def hold(self, *parts: tuple[float, float]) -> Lids:
        """(frames, EAR) one after the other."""
        for frames, ear in parts:
            for _ in range(round(frames)):
                self.now += STEP
                event = self.tracker.update(self.now, ear, 1.0)
                if event is not None:
                    self.events.append(event)
        return self

    @property
    def told(self) -> list[tuple[EventKind, float]]:
        """(kind, frames) of what was reported."""
        return [(event.kind, event.duration / STEP) for event in self.events]


def story(*parts: tuple[float, float]) -> Lids:
    """Open for two seconds before and after it."""
    return Lids().hold((64, 1.0), *parts, (64, 1.0))


@pytest.mark.parametrize(("ear", "closed"), [(0.451, False), (0.449, True), (0.2, True)])
def test_closed_below_45_per_cent(ear: float, closed: bool) -> None:
    lids = Lids().hold((64, 1.0), (1, ear))
    assert lids.tracker.closed is closed
    assert lids.tracker.lowered
    assert lids.tracker.shut(ear, 1.0) is closed


@pytest.mark.parametrize(("frames", "kind"), [(15, BLINK), (16, CLOSURE), (40, CLOSURE)])
def test_half_a_second_is_a_closure(frames: int, kind: EventKind) -> None:
    assert story((frames, 0.1)).told == [(kind, frames)]


def test_events_know_start_and_depth() -> None:
    lids = story((20, 0.1))
    assert lids.events[0].start == 65 * STEP
    assert lids.events[0].amplitude == pytest.approx(0.9)
    assert not lids.tracker.closed
    assert not lids.tracker.lowered


@pytest.mark.parametrize(
    ("back", "frames", "closed"),
    [
        (0.59, 4, True),  # not back yet
        (0.74, 3, True),  # back, for a tenth of a second, of which some lies before the first frame
        (0.74, 4, False),
        (0.76, 1, False),  # open at once
        (0.44, 40, True),
        (0.46, 40, True),  # within the noise of landmarks
    ],
)
def test_when_a_closure_is_over(back: float, frames: int, closed: bool) -> None:
    lids = Lids().hold((64, 1.0), (32, 0.1), (frames, back))
    assert lids.tracker.closed is closed
    assert lids.told == ([] if closed else [(CLOSURE, 32)])
    if closed and back > 0.45:
        assert lids.tracker.open_since == 97 * STEP
        assert lids.tracker.closed_until(lids.now) == 97 * STEP
        lids.hold((1, 0.1))
        assert lids.tracker.closed_until(lids.now) == lids.now, "it was a flutter"


@pytest.mark.parametrize(("frames", "closed"), [(12, True), (14, False)])
def test_lids_that_are_half_open_for_four_tenths_of_a_second_are_open(
    frames: int, closed: bool
) -> None:
    lids = Lids().hold((64, 1.0), (32, 0.1), (frames, 0.52))
    assert lids.tracker.closed is closed
    flutter = Lids().hold((64, 1.0), (32, 0.1))
    for _ in range(30):
        flutter.hold((2, 0.52), (1, 0.1))
    assert flutter.tracker.closed, "shut counts twice"


@pytest.mark.parametrize(("ear", "lowered"), [(0.81, False), (0.79, True)])
def test_a_fall_by_a_fifth_may_be_a_blink(ear: float, lowered: bool) -> None:
    assert Lids().hold((64, 1.0), (1, ear)).tracker.lowered is lowered


@pytest.mark.parametrize(("bottom", "told"), [(0.75, []), (0.73, [(BLINK, 4.0)])])
def test_a_blink_is_a_quarter_deep(bottom: float, told: list[tuple[EventKind, float]]) -> None:
    assert story((4, bottom)).told == told


@pytest.mark.parametrize(("back", "over"), [(0.84, False), (0.86, True)])
def test_a_blink_is_over_when_seven_tenths_are_regained(back: float, over: bool) -> None:
    lids = Lids().hold((64, 1.0), (4, 0.5), (1, back))
    assert lids.told == ([(BLINK, 4.0)] if over else [])


def test_one_noisy_frame_is_no_blink_and_one_with_flanks_is() -> None:
    assert story((1, 0.3)).told == []
    assert story((1, 0.8), (1, 0.5), (1, 0.1), (1, 0.5), (1, 0.8)).told[0][0] is BLINK


def test_a_fall_that_stays_is_a_glance_and_the_new_level() -> None:
    lids = Lids().hold((64, 1.0), (30, 0.6))
    assert lids.told == []
    assert not lids.tracker.lowered
    assert lids.hold((1, 0.46)).tracker.lowered


def test_what_is_cut_is_reported_where_it_is_a_fact() -> None:
    for frames, told in ((16, None), (17, CLOSURE)):
        lids = Lids().hold((64, 1.0), (frames, 0.1))
        event = lids.tracker.cut(lids.now)
        assert (event and event.kind) is told
        assert not lids.tracker.closed
        assert not lids.tracker.lowered
    back = Lids().hold((64, 1.0), (20, 0.1), (2, 0.6))
    event = back.tracker.cut(back.now)
    assert event is not None
    assert event.duration == 20 * STEP


def test_two_quick_blinks_are_two() -> None:
    two = story((4, 0.1), (4, 0.55), (4, 0.1))
    assert [kind for kind, _ in two.told] == [BLINK, BLINK]
    flutter = story((20, 0.1), (3, 0.55), (20, 0.1))
    assert flutter.told == [(CLOSURE, 43)]


def test_the_own_range_moves_the_threshold() -> None:
    lids = Lids()
    for _ in range(7):
        lids.hold((64, 1.0), (4, 0.3))
    lids.hold((64, 1.0))
    # 0.3 + 0.22 of 0.7 is 0.454; never above 0.5 nor below 0.35
    assert lids.tracker.range.close == pytest.approx(0.454)
    assert lids.hold((1, 0.452)).tracker.closed
    assert lids.tracker.range.least_depth == pytest.approx(0.65 * 0.7)
    lids.hold((64, 1.0))
    count = len(lids.events)
    lids.hold((64, 1.0), (4, 0.56), (64, 1.0))
    assert len(lids.events) == count, "for this driver that is a glance"
    lids.hold((4, 0.53), (64, 1.0))
    assert len(lids.events) == count + 1
