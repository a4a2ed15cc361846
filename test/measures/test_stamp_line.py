"""Whatever stamps do, the line goes forward as the clock does."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatigue_ros.measures.stamp_line import StampLine

START = 1_700_000_000.0  # [s]
FRAME = 1.0 / 30.0  # [s]


def placed(line: StampLine, frames: list[tuple[float, float]]) -> list[float]:
    """Times on the line [s after START] of (stamp, came), those without any left out."""
    found = [line.place(START + stamp, START + came) for stamp, came in frames]
    return [time - START for time in found if time is not None]


def steady(seconds: float, begin: float = 0.0) -> list[tuple[float, float]]:
    return [(begin + i * FRAME, begin + i * FRAME + 0.02) for i in range(round(seconds / FRAME))]


def test_stamps_that_behave_stay_as_they_are() -> None:
    line = StampLine()
    frames = steady(5.0)
    assert placed(line, frames) == pytest.approx([stamp for stamp, _ in frames])
    assert (line.shift, line.jumps, line.fault(), line.difference()) == (0.0, 0, "", "")


def test_late_frames_are_no_jump() -> None:
    line = StampLine()
    frames = steady(2.0) + [(stamp, came + 1.5) for stamp, came in steady(2.0, 2.0)]
    assert placed(line, frames) == pytest.approx([stamp for stamp, _ in frames])
    burst = [(stamp, 9.0 + 1e-4 * i) for i, (stamp, _) in enumerate(steady(3.0, 4.0))]
    assert placed(line, burst) == pytest.approx([stamp for stamp, _ in burst])
    assert line.jumps == 0


@pytest.mark.parametrize("stamp", [4.9, 4.97, math.nan, math.inf])
def test_frames_that_come_twice_or_were_overtaken_are_no_news(stamp: float) -> None:
    line = StampLine()
    placed(line, [*steady(5.0), (4.99, 5.0)])
    assert line.place(START + stamp, START + 5.02) is None
    assert line.jumps == 0


@pytest.mark.parametrize("by", [-3600.0, -1.5, 1.5, 3600.0])
def test_a_clock_that_is_set_is_one_jump_and_time_goes_on(by: float) -> None:
    line = StampLine()
    frames = steady(5.0) + [(stamp + by, came) for stamp, came in steady(5.0, 5.0)]
    times = placed(line, frames)
    assert len(times) == len(frames)
    assert times[-1] == pytest.approx(10.0 - FRAME, abs=0.03)
    assert line.jumps == 1
    line = StampLine()
    placed(line, frames[:160])
    assert bool(line.fault()) is (by < 0.0), "back is told at once, forward is not"


def test_stamps_that_flap_are_a_fault_by_the_third_jump_until_they_stop() -> None:
    line = StampLine()
    frames = [(s + (2.0 if i % 15 == 14 else 0.0), c) for i, (s, c) in enumerate(steady(2.0))]
    placed(line, frames[:15])
    assert not line.fault()
    times = placed(line, frames[15:])
    assert "two cameras" in line.fault()
    assert times[-1] == pytest.approx(2.0 - FRAME, abs=0.1)
    placed(line, steady(11.0, 2.0))
    assert not line.fault()


@pytest.mark.parametrize("offset", [-START + 100.0, -86400.0, 86400.0, 2.0])
def test_another_clock_is_shifted_as_a_whole(offset: float) -> None:
    line = StampLine()
    frames = [(stamp + offset, came) for stamp, came in steady(5.0)]
    times = placed(line, frames)
    assert times == pytest.approx([came for _, came in frames], abs=1e-5)
    assert line.jumps == 0
    assert ("behind" if offset < 0.0 else "ahead of") in line.difference()


def test_a_recording_played_fast_keeps_its_own_time() -> None:
    line = StampLine()
    frames = [(stamp, came / 5.0) for stamp, came in steady(30.0)]
    times = placed(line, frames)
    assert times[-1] - times[0] == pytest.approx(frames[-1][0] - frames[0][0], abs=1e-5)


@given(
    st.lists(
        st.tuples(
            st.one_of(st.floats(0.0, 0.5), st.floats(-5000.0, 5000.0), st.just(math.nan)),
            st.floats(0.0, 1.0),
        ),
        max_size=60,
    )
)
def test_it_only_goes_forward(steps: list[tuple[float, float]]) -> None:
    line, stamp, came = StampLine(), 0.0, 0.0
    times = []
    for step, passed in steps:
        stamp, came = (stamp + step if math.isfinite(step) else step), came + passed
        time = line.place(START + stamp, START + came)
        stamp = stamp if math.isfinite(stamp) else 0.0
        if time is not None:
            times.append(time)
            assert time <= line.now
    assert all(b > a for a, b in itertools.pairwise(times))
