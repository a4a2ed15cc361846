"""What holds for the eyes whatever the driver does and however the camera behaves."""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import math
import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fatigue_ros.face import Event, EventKind
from fatigue_ros.measures.eyes import EyeMonitor, EyeSettings
from fatigue_ros.measures.states import EyeState

OPEN, SHUT = 0.30, 0.06
FLANK = 0.08  # [s] for the lids to fall or to rise
SETTINGS = EyeSettings(window=20.0, perclos_window=20.0, perclos_long_window=30.0)
Frames = list[tuple[float, float]]


@dataclasses.dataclass(frozen=True)
class Lids:
    """What the lids do: (pause before [s], time shut [s]), in continuous time."""

    moves: tuple[tuple[float, float], ...]

    def spans(self) -> list[tuple[float, float]]:
        """From half way down to half way up."""
        now, found = 1.5, []
        for pause, shut in self.moves:
            start = now + pause
            found.append((start, start + shut))
            now = start + shut
        return found

    @property
    def end(self) -> float:
        return max(self.spans()[-1][1] + 1.0, 21.0)

    def ear(self, stamp: float) -> float:
        spans = self.spans()
        i = bisect.bisect_right(spans, (stamp + FLANK, math.inf)) - 1
        if i < 0:
            return OPEN
        start, end = spans[i]
        down = min(max((stamp - start) / FLANK + 0.5, 0.0), 1.0)
        up = min(max((stamp - end) / FLANK + 0.5, 0.0), 1.0)
        return OPEN - (OPEN - SHUT) * (down - up)


pauses = st.floats(0.8, 4.0)
# Nothing between 0.35 and 0.7 s: there the camera decides whether it is a blink or a closure.
shuts = st.one_of(st.floats(0.16, 0.35), st.floats(0.16, 0.35), st.floats(0.7, 3.0))
lids = st.lists(st.tuples(pauses, shuts), min_size=1, max_size=8).map(lambda m: Lids(tuple(m)))


@st.composite
def cameras(draw: st.DrawFn) -> tuple[float, float, float, int]:
    """Frame rate, jitter as a share of a frame, share of dropped frames, seed."""
    rate = draw(st.floats(15.0, 60.0))
    # A camera at the lowest rate has no frame to lose: it would fall under the lowest rate.
    drops = draw(st.floats(0.0, 0.15)) if rate > 25.0 else 0.0
    return rate, draw(st.floats(0.0, 0.3)), drops, draw(st.integers(0, 2**31))


def film(who: Lids, camera: tuple[float, float, float, int]) -> Frames:
    rate, jitter, drops, seed = camera
    noise = random.Random(seed)
    stamps = ((i + jitter * noise.uniform(-0.5, 0.5)) / rate for i in range(int(who.end * rate)))
    return [
        (stamp, who.ear(stamp) + noise.gauss(0.0, 0.006))
        for stamp in stamps
        if noise.random() >= drops
    ]


def watch(frames: Frames) -> list[EyeState]:
    monitor = EyeMonitor(SETTINGS, ear_open=OPEN)
    return [monitor.update_ear(stamp, ear) for stamp, ear in frames]


def events(states: list[EyeState]) -> list[Event]:
    return [event for state in states for event in state.events]


@settings(max_examples=40, deadline=None)
@given(lids, cameras())
def test_results_do_not_depend_on_the_frame_rate(
    who: Lids, camera: tuple[float, float, float, int]
) -> None:
    """Tolerance: kinds and numbers exactly; start, end and PERCLOS to two of the longest frames."""
    frames = film(who, camera)
    longest = max(b[0] - a[0] for a, b in itertools.pairwise(frames))
    assume(longest < 0.15)  # more than that in one go can swallow a blink
    states = watch(frames)
    found = events(states)
    true = [span for span in who.spans() if span[1] < frames[-1][0] - 0.3]
    assert [e.kind for e in found] == [
        EventKind.CLOSURE if end - start >= 0.5 else EventKind.BLINK for start, end in true
    ]
    tolerance = 2.0 * longest + FLANK / 2.0
    for event, (start, end) in zip(found, true, strict=True):
        assert abs(event.start - start) <= tolerance
        assert abs(event.end - end) <= tolerance
    last = states[-1]
    oldest = last.stamp - SETTINGS.perclos_window
    closed = [max(0.0, e - max(s, oldest)) for s, e in who.spans() if e - s >= 0.5]
    assert abs(last.perclos * 20.0 - sum(closed)) <= tolerance * max(len(closed), 1)
    assert last.valid
    assert last.coverage == pytest.approx(1.0, abs=0.01)


@settings(max_examples=25, deadline=None)
@given(lids, cameras(), st.integers(-(2**30), 2**51))
def test_shifting_time_shifts_results(
    who: Lids, camera: tuple[float, float, float, int], ticks: int
) -> None:
    """Exactly. Stamps and shift (up to the year 2038) are in ticks of about a microsecond."""
    tick, shift = 2.0**-20, ticks * 2.0**-20
    frames = [(round(stamp / tick) * tick, ear) for stamp, ear in film(who, camera)]
    here = watch(frames)
    there = watch([(stamp + shift, ear) for stamp, ear in frames])
    back = [
        dataclasses.replace(
            state,
            stamp=state.stamp - shift,
            events=tuple(dataclasses.replace(e, start=e.start - shift) for e in state.events),
        )
        for state in there
    ]
    assert repr(back) == repr(here)  # NaN is like NaN in print


@settings(max_examples=40, deadline=None)
@given(
    lids,
    cameras(),
    st.lists(st.tuples(st.floats(0.0, 25.0), st.floats(0.0, 3.0)), min_size=1, max_size=6),
    st.booleans(),
)
def test_what_is_not_seen_never_counts_as_closed_and_only_short_gaps_join(
    who: Lids,
    camera: tuple[float, float, float, int],
    holes: list[tuple[float, float]],
    missing: bool,
) -> None:
    """Holes are frames without a face, or, when missing, no frames at all."""
    frames = film(who, camera)

    def hidden(stamp: float) -> bool:
        return any(start <= stamp <= start + length for start, length in holes)

    if missing:
        seen = [frame for frame in frames if not hidden(frame[0])]
    else:
        seen = [(s, math.nan if hidden(s) else ear) for s, ear in frames]
    assume(any(not math.isnan(ear) for _, ear in seen))
    full, holed = watch(frames), watch(seen)

    def seconds(states: list[EyeState]) -> float:
        judged = states[-1].coverage * SETTINGS.perclos_window
        return 0.0 if math.isnan(states[-1].perclos) else states[-1].perclos * judged

    # Either run may end with another frame, which moves the window.
    slack = abs(full[-1].stamp - holed[-1].stamp) + 1e-6
    # What the lids' range is learnt from was not the same: each edge may lie another frame on.
    slack += 2.0 * len(who.moves) / camera[0]
    assert seconds(holed) <= seconds(full) + slack
    assert holed[-1].blink_count <= full[-1].blink_count + len(holes)
    for state in holed:
        if not state.judged:
            assert not state.eyes_closed
            assert math.isnan(state.ear)
        if not math.isnan(state.perclos):
            assert 0.0 <= state.perclos <= 1.0
        assert 0.0 <= state.coverage <= 1.0
    judged = [s for s, ear in seen if not math.isnan(ear)]
    blind = [s for s, ear in seen if math.isnan(ear)]
    for before, state in itertools.pairwise(holed):
        if not state.judged:  # what was seen shut stays, what comes unseen adds nothing
            assert state.closure_duration in (0.0, before.closure_duration)
    for event in events(holed):
        inside = [s for s in judged if event.start <= s <= event.end]
        longest = max((b - a for a, b in itertools.pairwise(inside)), default=0.0)
        if event.kind is EventKind.BLINK and event.duration < SETTINGS.long_blink:
            unseen = [s for s in blind if event.start <= s <= event.end - 1e-6]
            assert longest <= 0.1 + 1e-6 or not unseen, "room for another blink"
        assert longest <= SETTINGS.join_gap + 1e-6


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.floats(-0.1, 0.5), st.floats(-3.0, 30.0), st.just(math.nan)),
            st.one_of(st.floats(0.0, 0.6), st.floats()),
        ),
        max_size=150,
    )
)
def test_nothing_that_comes_in_breaks_the_monitor(steps: list[tuple[float, float]]) -> None:
    monitor = EyeMonitor(SETTINGS)
    stamp = 100.0
    last_end = -math.inf
    for step, ear in steps:
        before = monitor.state.stamp
        state = monitor.update_ear(stamp + step, ear)
        if not math.isnan(step):
            stamp = max(stamp + step, stamp) if step > -1.0 else stamp + step
        if state.stamp < before:
            last_end = -math.inf  # time began anew
        assert state.valid == (not state.reason)
        assert not (state.eyes_closed and not state.judged)
        assert 0.0 <= state.coverage <= 1.0
        assert math.isnan(state.perclos) or 0.0 <= state.perclos <= 1.0
        assert 0.14 <= state.ear_open <= 0.6 or math.isnan(state.ear_open)
        for event in state.events:
            assert last_end <= event.start < event.end <= state.stamp + 1e-6
            assert 0.0 <= event.amplitude <= 1.0
            last_end = event.end
