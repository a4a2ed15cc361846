"""When frames are due, on made-up clocks; and the lockstep with somebody who answers, or not."""

from __future__ import annotations

import threading

import pytest

from fatigue_ros.vision import playback
from fatigue_ros.vision.playback import LONGEST_DROUGHT, Lockstep, Playback

STARTED = 1000.0
RATE = 25.0
WAIT = 120.0  # [s] patience with a machine that does other things as well


def play(
    pace: Playback, *, cost: float, frames: int = 250, first_cost: float = 0.0
) -> tuple[list[float], list[float]]:
    """A recording whose frames take ``cost`` [s] to read: when each was played, how late it was."""
    now = STARTED + first_cost
    began = now
    played, late = [], []
    for number in range(frames):
        now += cost if number else 0.0
        frame = number / RATE
        wait = pace.due(frame, now)
        if wait is not None:
            now += wait
            played.append(frame)
            late.append(now - began - frame)
    return played, late


def test_a_slow_first_frame_is_nothing_to_make_up_for() -> None:
    played, late = play(Playback(RATE, 1.0, lossy=True), cost=0.001, first_cost=8.0)
    assert len(played) == 250
    assert max(late) == pytest.approx(0.0, abs=1e-6)


def test_what_comes_too_late_is_left_out() -> None:
    played, _ = play(Playback(RATE, 1.0, lossy=True), cost=0.001)
    assert len(played) == 250
    # One frame in ten takes five periods: those after it are late until it has caught up.
    pace, now, left_out = Playback(RATE, 1.0, lossy=True), STARTED, 0
    for number in range(100):
        now += 5.0 / RATE if number % 10 == 9 else 0.001
        wait = pace.due(number / RATE, now)
        left_out += wait is None
        now += wait or 0.0
    assert 30 <= left_out <= 60


def test_a_machine_that_is_too_slow_shows_some_frames_all_the_same() -> None:
    played, late = play(Playback(RATE, 1.0, lossy=True), cost=0.1)  # 10 frames/s at best
    took = 250 * 0.1
    assert len(played) >= took / (LONGEST_DROUGHT + 0.1)
    assert late[-1] > 10.0  # in the recording's own time, which lags


def test_lossless_plays_every_frame_no_faster_than_asked() -> None:
    played, _ = play(Playback(RATE, 2.0, lossy=False), cost=0.1)
    assert len(played) == 250
    pace = Playback(RATE, 2.0, lossy=False)
    assert pace.due(0.0, STARTED) == 0.0
    assert pace.due(1.0, STARTED) == pytest.approx(0.5)
    unlimited = Playback(RATE, 0.0, lossy=False)
    assert [unlimited.due(t, STARTED) for t in (0.0, 10.0)] == [0.0, 0.0]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No frame is given up, however slow the machine."""
    monkeypatch.setattr(playback, "ANSWER_PATIENCE", 10.0 * WAIT)


def waits(step: Lockstep, stopping: threading.Event | None = None) -> threading.Thread:
    thread = threading.Thread(target=step.wait, args=(stopping or threading.Event(),), daemon=True)
    thread.start()
    return thread


@pytest.mark.usefixtures("patient")
def test_lockstep_goes_on_with_the_answer_to_this_frame() -> None:
    step = Lockstep()
    step.wait(threading.Event())  # nothing was sent
    step.sent(7)
    thread = waits(step)
    step.answered(6)
    thread.join(0.05)
    assert thread.is_alive()
    step.answered(7)
    thread.join(WAIT)
    assert not thread.is_alive()
    assert step.unanswered == 0


def test_lockstep_gives_a_frame_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playback, "ANSWER_PATIENCE", 0.1)
    step = Lockstep()
    step.sent(7)
    step.wait(threading.Event())
    assert step.unanswered == 1
    monkeypatch.setattr(playback, "ANSWER_PATIENCE", 10.0 * WAIT)
    thread = waits(step)  # given up: not waited for again
    thread.join(WAIT)
    assert not thread.is_alive()
    assert step.unanswered == 1


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("how", ["nobody looks", "stopped"])
def test_lockstep_ends_early(how: str) -> None:
    step, stopping = Lockstep(), threading.Event()
    step.sent(7)
    thread = waits(step, stopping)
    if how == "stopped":
        stopping.set()
        step.stop()
    else:
        step.look_away(True)
    thread.join(WAIT)
    assert not thread.is_alive()
    assert step.unanswered == 0
