"""A drive made by hand, whose figures can be worked out on paper."""

from __future__ import annotations

import math

import pytest

from fatigue_ros.evaluation.observation import Observation
from fatigue_ros.face import Event, EventKind
from fatigue_ros.measures.states import EyeState, PulseState

ORIGIN = 1_000.0  # [s] stamps never begin at 0


class HandMade:
    """Fills an Observation; times in [s] from its first frame."""

    def __init__(self, duration: float, *, perclos_window: float = 60.0) -> None:
        self.seen = Observation()
        self._window = perclos_window
        self._events: list[Event] = []
        self.seen.on_frame(ORIGIN, face=True)
        self.seen.on_frame(ORIGIN + duration, face=True)

    def event(self, kind: EventKind, start: float, end: float) -> None:
        self.eyes(end, events=(Event(kind, ORIGIN + start, end - start, 1.0),))

    def eyes(self, time: float, perclos: float = math.nan, events: tuple[Event, ...] = ()) -> None:
        self.seen.on_eyes(
            EyeState(
                stamp=ORIGIN + time,
                valid=not math.isnan(perclos),
                perclos=perclos,
                perclos_window=self._window,
                ear=0.3,
                events=events,
            )
        )

    def watch(self, start: float, end: float, *, judged: bool = True, rate: float = 10.0) -> None:
        """Frames of eyes that are judged or not."""
        for number in range(round((end - start) * rate)):
            stamp = ORIGIN + start + number / rate
            self.seen.on_eyes(EyeState(stamp=stamp, judged=judged))

    def pulse(self, time: float, bpm: float) -> None:
        self.seen.on_pulse(PulseState(stamp=ORIGIN + time, valid=not math.isnan(bpm), bpm=bpm))

    def warn(self, start: float, end: float, cause: str, severity: str = "acoustic") -> None:
        self.seen.on_warning(ORIGIN + start, severity, cause, "")
        self.seen.on_warning(ORIGIN + end, "none", "", "")


@pytest.fixture
def hand_made() -> type[HandMade]:
    return HandMade
