"""The compiled sketch on a simulated ATmega328P, scripted to the microsecond."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fatigue_ros.devices.framing import BAUD_RATE, BITS_PER_BYTE, frame, wire_time
from fatigue_ros.devices.protocol import (
    SAMPLE_PERIOD,
    VERSION,
    Acknowledgement,
    Alert,
    Heartbeat,
    Pulse,
    PulseSamples,
    Status,
)

Simulate = Callable[..., Any]
Figure = Callable[[str, str], None]
OFF_TIMES = 0.01  # [s] loop and interrupts make a change no later than this
HOST_TIMEOUT = 2.0


def beats(start: float, end: float, period: float = 0.5) -> list[tuple[float, Any]]:
    return [(t, Heartbeat(i)) for i, t in enumerate(np.arange(start, end, period).tolist())]


def test_thirty_seconds_without_a_gap(simulate: Simulate, figure: Figure) -> None:
    run = simulate(30.0, beats(0.1, 30.0))
    samples = run.of(PulseSamples)
    assert run.errors == 0
    assert [s.sequence for s in samples] == list(range(len(samples)))
    assert len(samples) == pytest.approx(30.0 / (10 * SAMPLE_PERIOD), abs=2)
    times = [s.device_time for s in samples]
    assert set(np.diff(times)) == {20_000}
    # The device time is the simulated time: a batch goes out when its last sample is there.
    sent = np.array([t for t, m in run.messages if isinstance(m, PulseSamples)])
    delay = sent - np.array(times) / 1e6
    assert delay.min() > 9 * SAMPLE_PERIOD
    assert delay.max() < 10 * SAMPLE_PERIOD + 0.01
    rate = run.end["conversions"] / (run.end["us"] / 1e6)
    assert rate == pytest.approx(1.0 / SAMPLE_PERIOD, rel=1e-3)
    load = run.end["tx_bytes"] / 30.0 * BITS_PER_BYTE / BAUD_RATE
    assert load < 0.2
    statuses = run.of(Status)
    assert len(statuses) == 29
    for status in statuses:
        assert status.protocol == VERSION
        assert not status.host_lost
        assert (status.dropped, status.crc_errors, status.refused) == (0, 0, 0)
    mean = (times[-1] - times[0]) / (len(times) - 1) / 10
    figure("sampling rate by the board's clock", f"{1e6 / mean:.3f} Hz")
    figure(
        "one sample to the next",
        f"{run.end['shortest_us']:.1f} to {run.end['longest_us']:.1f} us",
    )
    figure("of the UART used", f"{100 * load:.1f} %")
    figure("of the time the processor sleeps", f"{100 * run.end['slept']:.0f} %")
    figure("simulated against real time", f"{30.0 / run.end['wall_s']:.0f} x")


def test_samples_follow_the_waveform(simulate: Simulate) -> None:
    t = np.arange(1000) / 1000.0
    wave = np.round(512 + 400 * np.sin(2 * np.pi * 2.0 * t))
    run = simulate(3.0, wave=wave)
    for message in run.of(PulseSamples):
        at = message.device_time / 1e6 + SAMPLE_PERIOD * np.arange(10)
        expected = 512 + 400 * np.sin(2 * np.pi * 2.0 * at)
        # One step of the waveform is a millisecond, and the sketch starts within one.
        assert np.abs(np.array(message.samples) - expected).max() < 400 * 4 * np.pi * 0.002 + 2


def test_command_reaches_the_pins_and_ends(simulate: Simulate, figure: Figure) -> None:
    starts = [1.0 + 0.1 * i + 0.0013 * i for i in range(20)]
    script: list[tuple[float, Any]] = beats(0.1, 8.0)
    script += [(t, Alert(i, i % 2 == 0, False, 0, 5000)) for i, t in enumerate(starts)]
    script += [(4.0, Alert(99, True, True, 2700, 1500))]
    run = simulate(8.0, script)
    acknowledged = run.of(Acknowledgement)
    assert [a.sequence for a in acknowledged] == [*range(20), 99]
    assert acknowledged[-1].yellow
    assert acknowledged[-1].red
    assert acknowledged[-1].buzzer == 2700
    changes = run.pin("yellow", after=0.5)
    delays = [at - start for (at, _), start in zip(changes, starts, strict=False)]
    assert [value for _, value in changes[:20]] == [1, 0] * 10
    wire = wire_time(Alert(0, True, False, 0, 5000).encode())
    assert max(delays) < 0.005
    rtt = [
        t - start
        for (t, _), start in zip(
            [m for m in run.messages if isinstance(m[1], Acknowledgement)], starts, strict=False
        )
    ]
    assert max(rtt) < 0.015
    # All off 1.5 s after the last command, though the host lives.
    assert run.pin("yellow", after=4.0) == [
        (pytest.approx(4.0, abs=OFF_TIMES), 1),
        (pytest.approx(5.5, abs=OFF_TIMES), 0),
    ]
    assert run.pin("red", after=4.0)[-1] == (pytest.approx(5.5, abs=OFF_TIMES), 0)
    tone = next(e for e in run.events if e.kind == "buzzer" and e.value == 0 and e.hz)
    assert tone.time == pytest.approx(5.5, abs=OFF_TIMES)
    assert tone.hz == pytest.approx(2700, rel=0.01)
    figure(
        "first byte of a command to the pin",
        f"{1e3 * np.median(delays):.2f} ms median, {1e3 * max(delays):.2f} ms at most "
        f"({1e3 * wire:.2f} ms of it on the wire)",
    )
    figure("first byte of a command to the end of its acknowledgement", f"{1e3 * max(rtt):.1f} ms")


def test_host_lost_and_found(simulate: Simulate, figure: Figure) -> None:
    last = 1.5
    script: list[tuple[float, Any]] = [
        (0.5, Heartbeat(0)),
        (last, Alert(1, True, True, 1000, 60_000)),
        (8.0, Heartbeat(1)),
        (8.2, Alert(2, False, True, 0, 1000)),
    ]
    run = simulate(9.5, script)
    heard = next(e.time for e in run.events if e.kind == "rx" and e.time > last)
    red_off = next(t for t, value in run.pin("red", after=last) if value == 0)
    safe = red_off - heard
    assert HOST_TIMEOUT - 0.002 < safe < HOST_TIMEOUT + 0.1  # a millisecond is its clock's step
    silent = next(e.time for e in run.events if e.kind == "buzzer" and e.hz)
    assert silent - heard < HOST_TIMEOUT + 0.1
    # A slow blink: lit when the host goes, then 1 s off, 1 s on, until the host is back.
    blinks = run.pin("yellow", after=last + 0.1)
    expected = [heard + HOST_TIMEOUT + s for s in (1.0, 2.0, 3.0, 4.0)]
    assert blinks == [
        *((pytest.approx(t, abs=0.05), i % 2) for i, t in enumerate(expected)),
        (pytest.approx(8.0, abs=OFF_TIMES), 0),
    ]
    lost = [s.host_lost for s in run.of(Status)]
    assert lost == [False] * 3 + [True] * 4 + [False] * 2
    assert run.pin("red", after=8.0)[0] == (pytest.approx(8.2, abs=OFF_TIMES), 1)
    figure("host lost, after its last frame", f"{safe:.3f} s")


def test_board_alone_goes_to_its_safe_state(simulate: Simulate) -> None:
    run = simulate(4.0)
    assert run.pin("yellow", after=0.1)[0] == (pytest.approx(HOST_TIMEOUT, abs=0.05), 1)
    assert run.of(Status)[-1].host_lost


def test_watchdog_resets_a_hanging_board(simulate: Simulate, figure: Figure) -> None:
    script: list[tuple[float, Any]] = beats(0.1, 5.0)
    script += [(1.0, Alert(1, True, True, 2000, 60_000)), (2.0, "hang")]
    run = simulate(5.0, script)
    hang = next(e.time for e in run.events if e.kind == "hang")
    reset = next(t for t, value in run.pin("red", after=hang) if value == 0)
    assert reset - hang < 0.55
    assert run.pin("yellow", after=hang)[0][1] == 0
    after = [m for t, m in run.messages if t > reset and isinstance(m, PulseSamples)]
    assert after[0].sequence == 0
    assert after[0].device_time == 2000
    assert [s.sequence for s in after] == list(range(len(after)))
    assert not run.of(Status)[-1].host_lost
    figure("hanging board reset by its watchdog", f"{reset - hang:.3f} s")


def test_a_corrupt_command_is_counted_and_never_acted_on(simulate: Simulate) -> None:
    """Every single bit of a command turned over, one after the other."""
    good = frame(Alert(7, True, True, 2000, 5000).encode())
    script: list[tuple[float, Any]] = beats(0.1, 10.0)
    damaged = 0
    for i in range(8 * (len(good) - 1)):
        flipped = bytearray(good)
        flipped[i // 8] ^= 1 << i % 8
        script.append((1.0 + 0.05 * i, bytes(flipped)))
        damaged += 1 + (flipped[i // 8] == 0)  # one frame cut in two
    run = simulate(1.0 + 0.05 * 8 * len(good) + 3.0, script)
    assert not run.of(Acknowledgement)
    assert not run.pin("red", after=0.01)
    assert not [e for e in run.events if e.kind == "buzzer"]
    # A heartbeat right after a frame without its end would be lost too; here all come apart.
    assert run.of(Status)[-1].crc_errors == damaged


def test_only_what_a_host_says_holds_off_the_safe_state(simulate: Simulate) -> None:
    """Noise, damaged heartbeats and the board's own frames coming back are no host."""
    damaged = bytearray(frame(Heartbeat(1).encode()))
    damaged[-2] ^= 0x10
    echo = frame(PulseSamples(1, 2000, tuple(range(10))).encode())
    unknown = frame(b"\x42\x00\x01")
    impossible = frame(bytes((0x10, 1, 0, 0xFF, 0, 0, 0, 0)))  # eight LEDs
    shrill = frame(bytes((0x10, 1, 0, 1, 0xFF, 0xFF, 0xE8, 3)))  # 65535 Hz
    script: list[tuple[float, Any]] = [(0.5, Heartbeat(0))]
    asked = frame(Pulse(True).encode())
    for i, what in enumerate([bytes(damaged), echo, unknown, impossible, shrill, b"noise\0"] * 3):
        script.append((0.65 + 0.1 * i, asked))
        script.append((0.6 + 0.1 * i, what))
    run = simulate(4.0, script)
    assert run.pin("yellow", after=0.1)[0] == (pytest.approx(2.5, abs=0.02), 1)
    status = run.of(Status)[-1]
    assert status.host_lost
    assert status.crc_errors == 6
    assert status.refused == 12
    assert not run.of(Acknowledgement)


def test_twenty_thousand_bytes_of_garbage(simulate: Simulate) -> None:
    """The line saturated with noise: sampling goes on, and the next good command is obeyed."""
    garbage = random.Random(1).randbytes(20_000)
    at = 0.5 + len(garbage) * 96e-6 + 0.05
    script: list[tuple[float, Any]] = [
        (0.5, garbage + b"\0"),
        (at, Alert(5, True, False, 0, 3000)),
    ]
    run = simulate(at + 1.0, script)
    assert run.errors == 0
    samples = run.of(PulseSamples)
    assert [s.sequence for s in samples] == list(range(len(samples)))
    assert [a.sequence for a in run.of(Acknowledgement)] == [5]
    assert run.of(Status)[-1].yellow
    assert run.of(Status)[-1].crc_errors > 10
    assert not run.pin("red", after=0.01)


def test_button_is_told_at_once_and_its_contacts_may_bounce(simulate: Simulate) -> None:
    pressed, released = 1.2, 2.6
    script: list[tuple[float, Any]] = beats(0.1, 4.0)
    for at, (first, second) in ((pressed, ("press", "release")), (released, ("release", "press"))):
        script += [(at + 0.002 * i, (first, second)[i % 2]) for i in range(5)]
    script += [(3.2, "press"), (3.21, "release")]  # too short to be a press
    run = simulate(4.0, script)
    said = [(t, m.button) for t, m in run.messages if isinstance(m, Status)]
    changes = [(t, now) for (_, before), (t, now) in itertools.pairwise(said) if now != before]
    assert [now for _, now in changes] == [True, False]
    assert changes[0][0] == pytest.approx(pressed + 0.008 + 0.02, abs=0.015)
    assert changes[1][0] == pytest.approx(released + 0.008 + 0.02, abs=0.015)
    assert {m.firmware for m in run.of(Status)} == {(1, 2)}


def test_pulse_stops_and_comes_back_as_the_host_asks(simulate: Simulate) -> None:
    stopped, again = 1.303, 2.507
    script: list[tuple[float, Any]] = beats(0.1, 4.0)
    script += [(stopped, Pulse(False)), (1.6, Pulse(False)), (again, Pulse(True))]
    script += [(2.8, frame(b"\x12\x02"))]  # neither
    run = simulate(4.0, script)
    late = 0.025  # [s] a batch that was complete, and the words on the line
    batches = [(t, m) for t, m in run.messages if isinstance(m, PulseSamples)]
    assert not [t for t, _ in batches if stopped + late < t < again]
    assert [m.sequence for _, m in batches] == list(range(len(batches)))  # nothing is missing
    steps = np.diff([m.device_time for _, m in batches])
    assert sorted(steps)[:-1] == [20_000] * (len(steps) - 1)
    first = next(m for t, m in batches if t > again)
    assert first.device_time / 1e6 == pytest.approx(again, abs=0.01)  # all of it is new
    assert run.end["conversions"] == pytest.approx((4.0 - again + stopped) / SAMPLE_PERIOD, abs=10)
    said = [(t, m.pulse_stopped) for t, m in run.messages if isinstance(m, Status)]
    assert all(off == (stopped < t < again) for t, off in said)
    assert min(t for t, off in said if off) < stopped + late  # at once, and each time
    assert sum(off for _, off in said) == 3
    assert run.of(Status)[-1].refused == 1
    assert not run.of(Status)[-1].host_lost
