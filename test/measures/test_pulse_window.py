"""Runs of samples put together: numbers, stamps, holes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fatigue_ros.errors import SourceError
from fatigue_ros.measures.pulse_window import SampleWindow

RATE = 100.0
START = 1000.0


def send(
    window: SampleWindow, run: int, *, sequence: int | None = None, jitter: float = 0.0, n: int = 10
) -> None:
    """Run number ``run`` of n samples, which hold their own index."""
    first = run * n
    window.add(START + first / RATE + jitter, RATE, np.arange(first, first + n), sequence)


def held(window: SampleWindow) -> list[float | None]:
    return [None if math.isnan(v) else v for v in window.values.tolist()]


@pytest.mark.parametrize("numbered", [True, False])
def test_runs_in_order_become_one(numbered: bool) -> None:
    window = SampleWindow(1.0)
    for run in range(25):
        send(window, run, sequence=run if numbered else None, jitter=0.004 * (-1) ** run)
        assert window.seconds == pytest.approx(min(0.1 * (run + 1), 1.0))
        assert window.is_full == (run >= 9)
    assert held(window) == list(range(150, 250))
    assert window.stamp == pytest.approx(START + 2.5, abs=0.005)


@pytest.mark.parametrize("numbered", [True, False])
def test_a_lost_run_stays_a_hole(numbered: bool) -> None:
    window = SampleWindow(1.0)
    for run in (0, 1, 3):
        send(window, run, sequence=run if numbered else None)
    assert held(window) == [*range(20), *[None] * 10, *range(30, 40)]


def test_a_number_left_out_is_a_hole_whatever_the_stamps_say() -> None:
    window = SampleWindow(1.0)
    send(window, 0, sequence=4)
    send(window, 1, sequence=6)
    assert held(window) == [*range(10), None, *range(10, 20)]


def test_numbers_wrap() -> None:
    window = SampleWindow(1.0)
    for run, number in enumerate((2**32 - 2, 2**32 - 1, 0, 1)):
        send(window, run, sequence=number, jitter=0.03 * (run % 2))
    assert held(window) == list(range(40))


def test_a_sender_that_does_not_number() -> None:
    window = SampleWindow(1.0)
    for run in (0, 1, 3):
        send(window, run, sequence=0)
    assert held(window) == [*range(20), *[None] * 10, *range(30, 40)]


def test_repeated_and_overtaken_runs_are_left_out() -> None:
    window = SampleWindow(1.0)
    for run in (0, 1, 1, 2, 1, 0, 3):
        send(window, run, sequence=run)
    assert held(window) == list(range(40))
    unnumbered = SampleWindow(1.0)
    for run in (0, 1, 1, 2, 1, 0, 3):
        send(unnumbered, run)
    assert held(unnumbered) == list(range(40))


@pytest.mark.parametrize(
    ("run", "sequence", "why"),
    [
        (50, 6, "gap of 4.5 s in the samples"),
        (50, 51, "gap of 4.5 s in the samples"),
        (50, None, "gap of 4.5 s in the samples"),
        (5, 0, "time or numbers of the samples began anew"),
        (-40, None, "time or numbers of the samples began anew"),
        (-40, 6, "samples overlap: rate or stamps are wrong"),
    ],
)
def test_starts_over(run: int, sequence: int | None, why: str) -> None:
    window = SampleWindow(1.0)
    for index in range(5):
        send(window, index, sequence=index + 1)
    send(window, run, sequence=sequence)
    assert held(window) == list(range(run * 10, run * 10 + 10))
    assert window.interruption == why
    send(window, run + 1, sequence=None if sequence is None else sequence + 1)
    assert len(window.values) == 20


def test_runs_that_overlap() -> None:
    window = SampleWindow(1.0)
    send(window, 0)
    window.add(START + 0.03, RATE, np.arange(10))
    assert window.interruption == "samples overlap: rate or stamps are wrong"
    assert len(window.values) == 10


def test_another_rate_starts_over() -> None:
    window = SampleWindow(1.0)
    send(window, 0, sequence=0)
    window.add(START + 0.1, 50.0, [1, 2, 3], 1)
    assert held(window) == [1, 2, 3]
    assert window.interruption == "sample rate changed from 100 to 50 Hz"


def test_rate_by_the_stamps() -> None:
    window = SampleWindow(30.0)
    rng = np.random.default_rng(0)
    for run in range(400):
        stamp = START + run * 0.1 * 1.004 + rng.normal(0.0, 0.003)
        window.add(stamp, RATE, np.zeros(10), run)
        if run < 40:
            assert math.isnan(window.measured_rate)
    assert window.measured_rate == pytest.approx(RATE / 1.004, rel=2e-4)


def test_memory_has_a_bound() -> None:
    window = SampleWindow(1.0)
    window.add(START, RATE, np.arange(1_000_000) % 1000, 0)
    assert held(window) == list(range(900, 1000))
    for run in range(100_000, 101_000):
        send(window, run, sequence=run - 99_999)
    assert len(window.values) == 100
    assert window._buffer.nbytes <= 1000
    assert len(window._anchors) <= 4


@pytest.mark.parametrize(
    ("stamp", "rate", "samples", "what"),
    [
        (math.nan, RATE, [1], "stamp is nan"),
        (math.inf, RATE, [1], "stamp is inf"),
        (START, 0.0, [1], "sample_rate is 0 Hz, expected 25 to 1000 Hz"),
        (START, -100.0, [1], "sample_rate is -100 Hz"),
        (START, math.nan, [1], "sample_rate is nan"),
        (START, math.inf, [1], "sample_rate is inf"),
        (START, 24.0, [1], "sample_rate is 24"),
        (START, 1001.0, [1], "sample_rate is 1001"),
        (START, RATE, [], r"shape \(0,\)"),
        (START, RATE, [[1, 2]], r"shape \(1, 2\)"),
        (START, RATE, [1.0, math.nan], "not all finite"),
    ],
)
def test_refused(stamp: float, rate: float, samples: Any, what: str) -> None:
    window = SampleWindow(1.0)
    send(window, 0, sequence=0)
    with pytest.raises(SourceError, match=what):
        window.add(stamp, rate, samples, 1)
    assert held(window) == list(range(10))
    send(window, 1, sequence=1)
    assert held(window) == list(range(20))
