"""No stream makes the monitor miss a sleeper, shout at a driver who is awake, or fall silent."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from test.monitor.adversary import START, Stream, asleep, broken, frames, play

EXAMPLES = int(os.environ.get("FATIGUE_ADVERSARY", "300"))
"""[1] streams of both kinds together; docs/safety.md has the result of 10,000."""

hard = settings(
    max_examples=max(EXAMPLES // 2, 1),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)


def spans(longest: float, most: int, end: float) -> st.SearchStrategy[tuple[Any, ...]]:
    """Some spans of time."""
    one = st.tuples(st.floats(0.0, end), st.floats(0.1, longest))
    return st.lists(one.map(lambda s: (s[0], s[0] + s[1])), max_size=most).map(tuple)


@st.composite
def drivers(draw: st.DrawFn, *, sleeps: bool) -> Stream:
    """Somebody before a camera; asleep means for good, or with pauses."""
    length = draw(st.floats(12.0, 40.0))
    profile = draw(st.sampled_from(["evidence", "paper"]))
    # The paper warns of eyes that are shut for more than ten frames at 30 Hz, which few blinks are.
    longest_blink = 0.3 if profile == "paper" else 0.4
    shut = []
    now = draw(st.floats(1.0, 6.0))
    if sleeps:
        while now < length:
            end = now + draw(st.one_of(st.floats(1.0, 4.0), st.floats(4.0, 40.0)))
            shut.append((now, end))
            now = end + draw(st.floats(0.15, 6.0))
    else:  # 10 to 40 blinks a minute
        while now < length:
            shut.append((now, now + draw(st.floats(0.08, longest_blink))))
            now += draw(st.floats(1.5, 6.0))
    rate = draw(
        st.one_of(st.floats(1.0, 8.0), st.floats(8.0, 31.0), st.sampled_from([15.0, 30.0, 120.0]))
    )
    sometimes = st.one_of(st.just(0.0), st.floats(0.0, 0.7))
    rarely = st.one_of(st.just(()), st.just(()), spans(20.0, 2, length))
    liar = draw(st.sampled_from([False, False, True]))
    off = st.one_of(st.floats(-3.0, 3.0), st.sampled_from([3600.0, -3600.0, -0.3, 0.2]))
    steps = st.lists(st.tuples(st.floats(1.0, length), off), max_size=3)
    return Stream(
        length=length,
        rate=rate,
        jitter=draw(st.sampled_from([0.0, 0.3, 0.9])),
        drops=draw(sometimes),
        blinded=draw(sometimes),
        every=draw(st.sampled_from([0, 0, 2, 3, 6, 12, 20, 31])),
        shut=tuple(shut),
        hidden=draw(rarely),
        silent=draw(rarely),
        stalled=draw(st.one_of(st.just(()), spans(4.0, 4, length))),
        late=draw(st.sampled_from([0.0, 0.0, 0.3, 1.5, 3.0])),
        flap=draw(st.integers(1, 40)) if liar else 0,
        flap_by=draw(off) if liar else 0.0,
        steps=tuple(draw(steps)) if liar else (),
        origin=draw(st.sampled_from([START, START, 100.0, START + 86400.0])),
        profile=profile,
        landmarks=draw(st.sampled_from([False, False, False, True])),
        seed=draw(st.integers(0, 2**31)),
    )


def check(stream: Stream, face_points: Callable[..., Any]) -> None:
    watched = frames(stream)
    said = play(stream, watched, face_points if stream.landmarks else None)
    found = broken(stream, watched, said)
    note(found)
    assert not found


@hard
@given(stream=drivers(sleeps=True))
def test_a_sleeper_is_heard_or_told_of(stream: Stream, face_points: Callable[..., Any]) -> None:
    assert asleep(stream) or not stream.shut
    check(stream, face_points)


@hard
@given(stream=drivers(sleeps=False))
def test_nobody_awake_is_shouted_at(stream: Stream, face_points: Callable[..., Any]) -> None:
    check(stream, face_points)
