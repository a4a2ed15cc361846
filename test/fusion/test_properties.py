"""What must hold whatever the sensors say."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fatigue_ros.face import Event, EventKind
from fatigue_ros.fusion.assessment import FatigueState, Severity
from fatigue_ros.fusion.judgement import FusionSettings, Judgement
from fatigue_ros.measures.states import EyeState, MouthState, PulseState

quick = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ANY = st.floats(allow_nan=True, allow_infinity=True)
SPEED = st.one_of(st.none(), st.sampled_from([0.0, 1.0, 5.0, 30.0, math.nan, math.inf]))

EYES: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    valid=st.booleans(),
    judged=st.booleans(),
    eyes_closed=st.booleans(),
    closure_duration=st.floats(0.0, 10.0),
    perclos=st.one_of(st.just(math.nan), st.floats(0.0, 1.0)),
    blink_rate=st.one_of(st.just(math.nan), st.floats(0.0, 100.0)),
    blink_duration=st.one_of(st.just(math.nan), st.floats(0.05, 0.5)),
)
STORY = st.lists(st.tuples(EYES, SPEED, st.integers(1, 30)), min_size=1, max_size=12)


def states(story: list[tuple[dict[str, Any], float | None, int]], start: float) -> Any:
    """Frames at 8 Hz, a time that is exact in binary."""
    stamp = start
    for fields, speed, frames in story:
        for i in range(frames):
            stamp += 0.125
            if not fields["judged"]:
                seen = {**fields, "eyes_closed": False, "closure_duration": 0.0}
            else:
                seen = fields
            events: tuple[Event, ...] = ()
            if i == frames - 1 and seen["eyes_closed"] and seen["closure_duration"] >= 0.5:
                length = seen["closure_duration"]
                events = (Event(EventKind.CLOSURE, stamp - length, length, 0.9),)
            yield (
                EyeState(stamp=stamp, window=60.0, perclos_window=60.0, events=events, **seen),
                speed,
            )


def play(story: Any, start: float = 0.0, **changes: Any) -> list[Any]:
    judgement = Judgement(FusionSettings(state_directory="none", **changes))
    shown = []
    for state, speed in states(story, start):
        if speed is not None:
            judgement.on_speed(state.stamp, speed)
        judgement.on_eyes(state)
        shown.append(judgement.update(state.stamp))
    return shown


@quick
@given(STORY, st.sampled_from(["evidence", "paper"]))
def test_the_rules_of_every_assessment(story: Any, profile: str) -> None:
    standing_since = math.nan
    for a in play(story, profile=profile):
        assert a.valid is not math.isnan(a.level)
        assert bool(a.reason) is not a.valid
        assert not a.valid or 0.0 <= a.level <= 100.0
        assert a.state not in (FatigueState.CANNOT_SEE, FatigueState.FAULT) or not a.valid
        assert a.speed_valid is not math.isnan(a.speed)
        for m in a.metrics:
            assert bool(m.reason) is not m.valid
            assert m.valid or (m.score, m.weight) == (0.0, 0.0)
            assert 0.0 <= m.score <= 100.0
        if not (a.speed_valid and abs(a.speed) * 3.6 < 10.0):
            standing_since = math.nan
        elif math.isnan(standing_since):
            standing_since = a.stamp
        # It stands once all that was said for a second says so, for sound 10 s later.
        if a.warning.severity is Severity.ACOUSTIC:
            assert not a.warning.since > standing_since + 1.0
            assert not a.stamp > standing_since + 11.2
        if a.warning.severity is not Severity.NONE:
            assert a.warning.since <= a.stamp < a.warning.until
            assert a.warning.text
            assert a.warning.cause


@quick
@given(STORY, st.integers(-(2**20), 2**20), st.sampled_from(["evidence", "paper"]))
def test_shifting_time_shifts_results(story: Any, shift: int, profile: str) -> None:
    here, there = (play(story, start, profile=profile) for start in (0.0, float(shift)))
    for a, b in zip(here, there, strict=True):
        moved = dataclasses.replace(
            b,
            stamp=b.stamp - shift,
            warning=dataclasses.replace(
                b.warning, since=b.warning.since - shift, until=b.warning.until - shift
            ),
        )
        assert repr(a) == repr(moved)  # as text, where NaN equals NaN


@quick
@given(STORY, st.data())
def test_frames_that_cannot_be_judged_never_raise_the_level(story: Any, data: Any) -> None:
    """Any frame may turn out not to be judged: the level is never higher for it."""
    whole = play(story)
    lost = data.draw(st.sets(st.integers(0, len(story) - 1)))
    blinded = [
        (
            {
                **fields,
                "judged": False,
                "perclos": math.nan,
                "blink_rate": math.nan,
                "blink_duration": math.nan,
            }
            if k in lost
            else fields,
            speed,
            frames,
        )
        for k, (fields, speed, frames) in enumerate(story)
    ]
    for a, b in zip(whole, play(blinded), strict=True):
        assert not b.valid or not a.valid or b.level <= a.level + 1e-9


@quick
@given(STORY)
def test_unresponsive_only_after_six_seconds_seen_closed(story: Any) -> None:
    judgement = Judgement(FusionSettings(state_directory="none"))
    may = False
    for state, speed in states(story, 0.0):
        if speed is not None:
            judgement.on_speed(state.stamp, speed)
        judgement.on_eyes(state)
        may = may or (state.judged and state.eyes_closed and state.closure_duration >= 6.0)
        assert not judgement.update(state.stamp).unresponsive or may


@quick
@given(st.lists(st.tuples(ANY, ANY, ANY, ANY, st.booleans()), max_size=40))
def test_no_number_can_crash_it(rows: list[tuple[float, float, float, float, bool]]) -> None:
    for profile in ("evidence", "paper"):
        judgement = Judgement(FusionSettings(state_directory="none", profile=profile))
        for i, (a, b, c, d, valid) in enumerate(rows):
            stamp = float(i)
            judgement.on_speed(stamp, a)
            judgement.on_pulse(PulseState(stamp=stamp, valid=valid, bpm=b))
            judgement.on_mouth(MouthState(stamp=stamp, valid=valid, judged=valid, yawn_rate=c))
            judgement.on_eyes(
                EyeState(
                    stamp=stamp,
                    valid=valid,
                    judged=True,
                    eyes_closed=valid,
                    ear_open=a,
                    closure_duration=b,
                    perclos=c,
                    blink_rate=d,
                    blink_duration=a,
                    window=60.0,
                    perclos_window=60.0,
                )
            )
            level = judgement.update(stamp).level
            assert math.isnan(level) or 0.0 <= level <= 100.0


def test_frame_rate_hardly_matters(drive: Callable[..., Any]) -> None:
    """The same night at 15, 30 and 60 frames/s: levels within 10 %, warnings within a frame."""

    def story(fps: float) -> Any:
        return (
            drive()
            .play(65.0, fps=fps, blink_every=3.0)
            .play(
                60.0, fps=fps, blink_every=3.0, closures=[(10.0 + 9.0 * k, 1.2) for k in range(4)]
            )
        )

    slow, usual, fast = (story(fps) for fps in (15.0, 30.0, 60.0))
    assert usual.last.level > 50.0
    for other in (slow, fast):
        assert abs(other.last.level - usual.last.level) < 10.0
        assert [w.cause for w in other.warned] == [w.cause for w in usual.warned]
        for a, b in zip(other.warned, usual.warned, strict=True):
            assert abs(a.time - b.time) < 0.25


def test_it_is_cheap_enough_for_every_frame(drive: Callable[..., Any]) -> None:
    """Counted in calls, since time depends on the machine: a frame costs the same after a while."""
    import sys  # noqa: PLC0415

    def calls(judgement: Judgement, stamp: float) -> int:
        count = 0

        def see(_frame: Any, event: str, _argument: Any) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        state = EyeState(stamp=stamp, judged=True, valid=True, perclos=0.0, perclos_window=60.0)
        sys.setprofile(see)
        try:
            judgement.on_eyes(state)
            judgement.update(stamp)
        finally:
            sys.setprofile(None)
        return count

    story = drive().play(80.0, update_every=10)
    early = calls(story.judgement, story.now + 0.1)
    for _ in range(8):
        story.play(60.0, update_every=10, closures=[(5.0 * k, 0.7) for k in range(12)])
    assert calls(story.judgement, story.now + 0.1) < 3 * early
    assert early < 400
