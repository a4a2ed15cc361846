"""The board's clock in the host's time: wrap, drift, jitter, stalls and restarts."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.devices.clock_sync import WRAP, DeviceClock

STEP = 0.02  # [s] a batch of ten samples
FASTEST = 0.001  # [s] of the delays below


class Board:
    """A board whose clock drifts, on a line that delays: what the host gets to see."""

    def __init__(self, seed: int, drift: float, start: float, jitter: float) -> None:
        self.random = random.Random(seed)
        self.drift = drift
        self.start = start
        self.jitter = jitter
        self.true = 1000.0  # [s] host time
        self.device = start
        self.arrived = 0.0

    def message(self, passed: float = STEP, stall: float = 0.0) -> tuple[int, float, float]:
        """Device time [us], arrival and true time [s] of the next message."""
        self.device += passed
        self.true += passed * (1.0 + self.drift)
        delay = FASTEST + self.random.expovariate(1.0 / self.jitter) + stall
        self.arrived = max(self.arrived, self.true + delay)  # a line keeps the order
        return round(self.device * 1e6) % WRAP, self.arrived, self.true


def errors(board: Board, clock: DeviceClock, seconds: float) -> list[float]:
    found = []
    for _ in range(round(seconds / STEP)):
        device, arrival, true = board.message()
        found.append(clock.update(device, arrival) - true)
    return found


DRIFTS = st.floats(-0.005, 0.005)
STARTS = st.floats(0.0, 4294.0)


@given(st.integers(0, 2**32), DRIFTS, STARTS, st.floats(1e-5, 0.005))
@settings(max_examples=40, deadline=None)
def test_settles_on_the_true_time(seed: int, drift: float, start: float, jitter: float) -> None:
    board, clock = Board(seed, drift, start, jitter), DeviceClock()
    errors(board, clock, 20.0)
    later = errors(board, clock, 20.0)
    assert clock.restarts == 0
    # Never before it was sent by more than the fit's own error, late by the fastest delay.
    assert min(later) > -0.2 * jitter - 1e-6
    assert max(later) < FASTEST + 0.5 * jitter + 1e-6
    assert clock.drift == pytest.approx(drift, abs=2e-6 + 0.1 * jitter)


@given(st.integers(0, 2**32), DRIFTS, STARTS, st.floats(1e-5, 0.02))
@settings(max_examples=40, deadline=None)
def test_time_never_runs_backwards(seed: int, drift: float, start: float, jitter: float) -> None:
    board, clock = Board(seed, drift, start, jitter), DeviceClock()
    source = random.Random(seed)
    mapped = []
    for _ in range(500):
        stall = source.choice([0.0] * 30 + [0.3])
        device, arrival, _ = board.message(stall=stall)
        mapped.append(clock.update(device, arrival))
    assert all(later > earlier for earlier, later in itertools.pairwise(mapped))


def test_wrap_goes_unnoticed() -> None:
    """71.6 minutes after the board was switched on."""
    board, clock = Board(1, 0.001, 4294.967296 - 15.0, 0.001), DeviceClock()
    errors(board, clock, 10.0)
    found = errors(board, clock, 20.0)
    assert board.device > WRAP / 1e6
    assert clock.restarts == 0
    assert max(map(abs, found)) < 0.003


@pytest.mark.parametrize("silence", [10.0, 4290.0, 4300.0, 3 * 4294.967296 + 5.0])
def test_silence_even_over_several_wraps(silence: float) -> None:
    board, clock = Board(1, 0.0005, 100.0, 0.001), DeviceClock()
    errors(board, clock, 30.0)
    device, arrival, true = board.message(silence)
    # Drift is known to some 30 ppm, no better for so long a time.
    assert clock.update(device, arrival) == pytest.approx(true, abs=0.003 + 1e-4 * silence)
    assert clock.restarts == 0


def test_a_stalled_host_does_not_move_the_clock() -> None:
    """Five seconds without reading, then all that waited at once."""
    board, clock = Board(1, -0.002, 0.0, 0.0005), DeviceClock()
    errors(board, clock, 30.0)
    waiting = [board.message() for _ in range(250)]
    after = waiting[-1][1]
    found = [clock.update(device, after) - true for device, _, true in waiting]
    assert clock.restarts == 0
    assert max(map(abs, found)) < 0.003
    assert max(map(abs, errors(board, clock, 5.0))) < 0.003


def test_messages_lost_after_a_stall_are_no_restart() -> None:
    board, clock = Board(1, 0.0, 0.0, 0.0005), DeviceClock()
    errors(board, clock, 10.0)
    device, arrival, _ = board.message(stall=8.0)
    clock.update(device, arrival)
    board.arrived = 0.0
    device, arrival, true = board.message(9.0)
    assert clock.update(device, arrival) == pytest.approx(true, abs=0.003)
    assert clock.restarts == 0


def test_a_late_first_message_is_made_up_for() -> None:
    board, clock = Board(1, 0.0, 0.0, 0.0002), DeviceClock()
    device, arrival, true = board.message(stall=0.1)
    board.arrived = 0.0
    assert clock.update(device, arrival) - true > 0.1
    assert max(errors(board, clock, 1.0)[12:]) < 0.003


@pytest.mark.parametrize("before", [0.5, 1.5, 30.0, 3000.0])
def test_a_restart_is_noticed(before: float) -> None:
    board, clock = Board(1, 0.001, before, 0.001), DeviceClock()
    errors(board, clock, 1.0)
    board.device = 0.0
    found = errors(board, clock, 10.0)
    assert clock.restarts == 1
    assert max(map(abs, found)) < 0.02
    assert max(map(abs, found[-100:])) < 0.003


def test_temperature_changes_the_drift() -> None:
    board, clock = Board(1, 0.0, 0.0, 0.001), DeviceClock()
    for minute in range(6):
        board.drift = minute * 2e-5  # 20 ppm a minute, a cold car warming up
        found = errors(board, clock, 60.0)
        assert max(map(abs, found)) < 0.006
