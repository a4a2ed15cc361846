"""Heart rate from made-up pulse waves: right where it is said, and not said where it cannot be."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.errors import SourceError
from fatigue_ros.measures.pulse import PulseMonitor, PulseSettings
from fatigue_ros.measures.states import PulseState
from fatigue_ros.simulator.pulse_wave import SYSTOLE, pulse

START = 1_700_000_000.0  # [s]
RATE = 500.0  # [Hz] of the UNO
BATCH = 10  # [1] samples a message of the UNO holds


def beats_at(bpm: float, seconds: float) -> Any:
    return np.arange(-60.0 / bpm, seconds + 120.0 / bpm, 60.0 / bpm)


def counts(
    beats: Any,
    *,
    rate: float = RATE,
    seconds: float = 31.0,
    noise: float = 0.01,
    hum: float = 0.0,
    drift: float = 0.0,
    seed: int = 0,
) -> Any:
    """What a 10-bit converter reads; noise, hum at 50 Hz and drift as shares of the pulse."""
    times = np.arange(round(seconds * rate)) / rate
    wave = pulse(beats, times) - 0.35
    wave += noise * np.random.default_rng(seed).standard_normal(len(times))
    wave += hum * np.sin(2.0 * np.pi * 50.0 * times)
    wave += drift * np.sin(2.0 * np.pi * 0.1 * times + seed)
    return np.clip(np.rint(512.0 + 250.0 * wave), 0, 1023).astype(np.uint16)


def bursts(rng: np.random.Generator, length: int, number: int, strongest: float) -> Any:
    """Movements of 0.3 to 2 s, in converter counts (pulse height 250)."""
    times = np.arange(length) / RATE
    total = np.zeros(length)
    for _ in range(number):
        envelope = np.exp(-(((times - rng.uniform(0.0, times[-1])) / rng.uniform(0.3, 1.2)) ** 2))
        swing = np.sin(2.0 * np.pi * rng.uniform(0.7, 3.0) * times)
        total += rng.uniform(1.0, strongest) * rng.choice([-1.0, 1.0]) * envelope * swing
    return 250.0 * total


def feed(
    monitor: PulseMonitor,
    samples: Any,
    *,
    rate: float = RATE,
    start: float = START,
    first: int = 0,
) -> None:
    for number, index in enumerate(range(0, len(samples), BATCH), first):
        monitor.add(start + index / rate, rate, samples[index : index + BATCH], number)


def judge(samples: Any, rate: float = RATE, **more: float) -> PulseState:
    """What is said of samples that came in one message."""
    monitor = PulseMonitor(PulseSettings(**more))
    monitor.add(START, rate, samples)
    return monitor.update()


@pytest.mark.parametrize("bpm", [50.0, 72.0, 110.0])
@pytest.mark.parametrize(("hum", "drift", "noise"), [(0.0, 0.0, 0.0), (0.2, 0.5, 0.05)])
def test_rate_within_one_beat(bpm: float, hum: float, drift: float, noise: float) -> None:
    monitor = PulseMonitor(PulseSettings())
    feed(monitor, counts(beats_at(bpm, 31.0), hum=hum, drift=drift, noise=noise))
    state = monitor.update(START + 31.1)
    assert state.valid, state.reason
    assert state.reason == ""
    assert state.bpm == pytest.approx(bpm, abs=1.0)
    assert state.rmssd < 0.01
    assert state.quality > 0.8
    assert state.window == pytest.approx(30.0)
    assert state.stamp == pytest.approx(START + 31.0)


@settings(max_examples=60, deadline=None)
@given(
    bpm=st.floats(45.0, 150.0),
    noise=st.floats(0.0, 0.08),
    hum=st.floats(0.0, 0.3),
    drift=st.floats(0.0, 0.5),
    seed=st.integers(0, 1000),
)
def test_any_rate_within_one_beat(
    bpm: float, noise: float, hum: float, drift: float, seed: int
) -> None:
    state = judge(counts(beats_at(bpm, 31.0), noise=noise, hum=hum, drift=drift, seed=seed))
    assert state.valid, state.reason
    assert state.bpm == pytest.approx(bpm, abs=1.0)


@settings(max_examples=40, deadline=None)
@given(
    rate=st.one_of(st.sampled_from([25.0, 50.0, 100.0, 125.0, 1000.0]), st.floats(25.0, 1000.0)),
    bpm=st.floats(45.0, 150.0),
)
def test_sample_rate_hardly_matters(rate: float, bpm: float) -> None:
    beats = beats_at(bpm, 31.0)
    reference = judge(counts(beats, rate=RATE))
    state = judge(counts(beats, rate=rate), rate)
    assert state.valid, state.reason
    assert state.bpm == pytest.approx(reference.bpm, abs=0.3)
    assert state.rmssd == pytest.approx(reference.rmssd, abs=0.01)


@settings(max_examples=20, deadline=None)
@given(shift=st.floats(-1.0e9, 1.0e9), bpm=st.floats(45.0, 150.0))
def test_time_of_day_does_not_matter(shift: float, bpm: float) -> None:
    samples = counts(beats_at(bpm, 31.0), rate=100.0)
    states = []
    for start in (START, START + shift):
        monitor = PulseMonitor(PulseSettings())
        feed(monitor, samples, rate=100.0, start=start)
        states.append(monitor.update(start + 31.5))
    assert states[0].valid
    assert states[1].valid
    assert states[1].bpm == pytest.approx(states[0].bpm, abs=1e-3)
    assert states[1].stamp - states[0].stamp == pytest.approx(shift, abs=1e-3)


def test_rmssd_is_that_of_the_beats() -> None:
    rng = np.random.default_rng(1)
    intervals = rng.normal(0.85, 0.04, 45)
    beats = np.cumsum(intervals) - 1.0
    samples = counts(beats, seconds=30.0)
    state = judge(samples)
    peaks = beats[:-1] + SYSTOLE * np.diff(beats)  # the wave stretches with its interval
    inside = np.diff(peaks[(peaks > 0.5) & (peaks < 29.5)])
    assert state.valid, state.reason
    assert state.rmssd == pytest.approx(np.sqrt(np.mean(np.diff(inside) ** 2)), abs=0.003)
    assert state.bpm == pytest.approx(60.0 / inside.mean(), abs=0.5)


def test_follows_the_heart_as_it_slows_down() -> None:
    """90 for a minute, then 65: at no time a rate that the window does not hold."""
    beats = np.concatenate(
        (np.arange(-1.0, 60.0, 60.0 / 90.0), np.arange(60.0, 123.0, 60.0 / 65.0))
    )
    samples = counts(beats, rate=100.0, seconds=120.0)
    monitor = PulseMonitor(PulseSettings())
    said: dict[int, PulseState] = {}
    for second in range(120):
        feed(
            monitor,
            samples[second * 100 : second * 100 + 100],
            rate=100.0,
            start=START + second,
            first=second * 10,
        )
        said[second + 1] = monitor.update(START + second + 1.0)
    assert not any(said[second].valid for second in range(1, 30))
    assert all(said[second].bpm == pytest.approx(90.0, abs=1.0) for second in range(30, 60))
    assert all(said[second].bpm == pytest.approx(65.0, abs=1.0) for second in range(92, 121))
    for state in said.values():
        assert math.isnan(state.bpm) != state.valid
        assert not state.valid or 64.0 < state.bpm < 91.0


@pytest.mark.parametrize("bpm", [50.0, 72.0, 110.0])
def test_movement_makes_the_rate_invalid_and_never_wrong(bpm: float) -> None:
    still = counts(beats_at(bpm, 31.0), noise=0.05).astype(float)
    invalid = 0
    for seed in range(25):
        moved = still + bursts(np.random.default_rng(seed), len(still), 1 + seed % 8, 3.0)
        state = judge(np.clip(moved, 0, 1023).astype(np.uint16))
        if state.valid:
            assert state.bpm == pytest.approx(bpm, abs=1.5), seed
        else:
            invalid += 1
            assert state.reason
            assert math.isnan(state.bpm)
            assert math.isnan(state.rmssd)
    assert invalid >= 5


def test_one_short_movement_costs_only_its_beats() -> None:
    samples = counts(beats_at(72.0, 30.0), seconds=30.0).astype(float)
    samples[7000:7500] += 400.0 * np.sin(np.linspace(0.0, 3.0 * np.pi, 500))
    state = judge(np.clip(samples, 0, 1023).astype(np.uint16))
    assert state.valid, state.reason
    assert state.bpm == pytest.approx(72.0, abs=0.5)


def test_movement_most_of_the_time_is_called_so() -> None:
    samples = counts(beats_at(72.0, 31.0)).astype(float)
    samples += bursts(np.random.default_rng(3), len(samples), 20, 3.0)
    state = judge(np.clip(samples, 0, 1023).astype(np.uint16))
    assert not state.valid
    assert state.reason.startswith("motion or noise")
    assert state.quality < 0.5


def test_nothing_yet() -> None:
    state = PulseMonitor(PulseSettings()).update(START)
    assert (state.valid, state.reason, state.stamp) == (False, "no samples yet", START)
    assert math.isnan(PulseMonitor(PulseSettings()).update().stamp)


def test_window_has_to_be_full() -> None:
    monitor = PulseMonitor(PulseSettings(TIME_FOR_GETTING_HR=20.0))
    samples = counts(beats_at(72.0, 31.0))
    feed(monitor, samples[:9900])
    state = monitor.update()
    assert not state.valid
    assert state.reason == "warming up: 20 of 20 s"
    assert state.window == pytest.approx(19.8)
    feed(monitor, samples[9900:10000], start=START + 19.8, first=990)
    assert monitor.update().valid


def test_silence() -> None:
    monitor = PulseMonitor(PulseSettings())
    feed(monitor, counts(beats_at(72.0, 31.0)))
    assert monitor.update(START + 32.9).valid
    state = monitor.update(START + 33.5)
    assert not state.valid
    assert state.reason == "no samples for 2.5 s"
    assert state.stamp == START + 33.5
    assert state.window == 0.0


def test_cable_out_and_back() -> None:
    samples = counts(beats_at(72.0, 71.0), seconds=71.0)
    monitor = PulseMonitor(PulseSettings())
    feed(monitor, samples[:17500])
    assert monitor.update().valid
    feed(monitor, samples[19100:25000], start=START + 38.2)  # the board counts from 0 again
    state = monitor.update()
    assert not state.valid
    assert state.reason.startswith("warming up: 12 of 30 s since")
    feed(monitor, samples[25000:35000], start=START + 50.0, first=590)
    state = monitor.update()
    assert state.valid, state.reason
    assert state.bpm == pytest.approx(72.0, abs=1.0)


def test_lost_messages_are_not_bridged() -> None:
    """With 0.3 s lost now and then every rate is from unbroken stretches; with many, none is."""
    for period, valid in ((2000, True), (1000, False)):
        samples = counts(beats_at(72.0, 31.0))
        monitor = PulseMonitor(PulseSettings())
        for number, index in enumerate(range(0, len(samples), BATCH)):
            if index % period >= 150:
                monitor.add(START + index / RATE, RATE, samples[index : index + BATCH], number)
        state = monitor.update()
        assert state.valid == valid
        if valid:
            assert state.bpm == pytest.approx(72.0, abs=0.5)
            assert state.rmssd < 0.01
        else:
            assert state.reason == "gaps: 15 % of the samples lost"


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.full(15500, 512, np.uint16), "flat signal: 0 counts"),
        (512 + np.arange(15500, dtype=np.uint16) % 3, "flat signal: 2 counts"),
        (np.zeros(15500, np.uint16), "flat signal"),
        (np.full(15500, 1023, np.uint16), "flat signal"),
    ],
)
def test_flat(samples: Any, reason: str) -> None:
    state = judge(samples)
    assert not state.valid
    assert state.reason.startswith(reason)


@pytest.mark.parametrize("top", [1023, 4095, 65535])
def test_saturated(top: int) -> None:
    samples = counts(beats_at(72.0, 31.0)).astype(float)
    samples = (samples - np.percentile(samples, 60.0)) * top / 500.0 + top
    state = judge(np.clip(samples, 0, top).astype(np.uint16))
    assert not state.valid
    assert state.reason.startswith("saturated signal: 4")


def test_cut_tops_still_beat() -> None:
    samples = np.clip(counts(beats_at(72.0, 31.0)).astype(float) * 1.6, 0, 1023).astype(np.uint16)
    assert 0.02 < float((samples == 1023).mean()) < 0.25
    state = judge(samples)
    assert state.valid, state.reason
    assert state.bpm == pytest.approx(72.0, abs=0.5)


def test_beats_and_spectrum_have_to_agree() -> None:
    """Half the window at 66, half at 82: the mean of the beats is a rate the heart never had."""
    beats = np.concatenate((np.arange(-1.0, 15.0, 60.0 / 66.0), np.arange(15.0, 33.0, 60.0 / 82.0)))
    state = judge(counts(beats, seconds=30.0))
    assert not state.valid
    assert state.reason.startswith("disagreement: 7")
    assert judge(counts(beats, seconds=30.0), heart_rate_agreement=15.0).valid


def test_rate_outside_the_settings_is_not_said() -> None:
    samples = counts(beats_at(130.0, 31.0))
    assert judge(samples).valid
    state = judge(samples, highest_heart_rate=120.0)
    assert not state.valid
    assert state.reason == "130 beats a minute are out of range"


@pytest.mark.parametrize("stated", [250.0, 480.0, 520.0, 1000.0])
def test_rate_that_the_stamps_contradict(stated: float) -> None:
    samples = counts(beats_at(72.0, 40.0), seconds=40.0)
    for numbered in (True, False):
        monitor = PulseMonitor(PulseSettings())
        for number, index in enumerate(range(0, len(samples), BATCH)):
            stamp = START + index / RATE
            chunk = samples[index : index + BATCH]
            monitor.add(stamp, stated, chunk, number if numbered else None)
            if index % 500 == 0:
                assert not monitor.update(stamp).valid
        state = monitor.update()
        assert not state.valid
        assert any(word in state.reason for word in ("sample_rate says", "gaps", "overlap"))


def test_clock_of_the_board_may_be_off_by_half_a_percent() -> None:
    """A ceramic resonator: the stamps are the truth."""
    true_rate = 502.5
    samples = counts(beats_at(110.0, 36.0), rate=true_rate, seconds=35.0)
    monitor = PulseMonitor(PulseSettings())
    for number, index in enumerate(range(0, len(samples), BATCH)):
        monitor.add(START + index / true_rate, 500.0, samples[index : index + BATCH], number)
    state = monitor.update()
    assert state.valid, state.reason
    assert state.bpm == pytest.approx(110.0, abs=0.1)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["white", "walk", "pink", "spikes", "steps"]),
    rate=st.sampled_from([25.0, 100.0, 500.0]),
    size=st.floats(5.0, 500.0),
    seed=st.integers(0, 1_000_000),
)
def test_noise_is_never_a_pulse(kind: str, rate: float, size: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    length = int(31 * rate)
    if kind == "walk":
        noise = np.cumsum(rng.standard_normal(length))
    elif kind == "pink":
        spectrum = np.fft.rfft(rng.standard_normal(length))
        noise = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 1.0), length)
    elif kind == "spikes":
        noise = (rng.random(length) < 1.2 / rate).astype(float)  # as many as a heart makes beats
    elif kind == "steps":
        noise = np.repeat(rng.random(32), int(rate))[:length]
    else:
        noise = rng.standard_normal(length)
    noise = size * noise / max(float(np.abs(noise).max()), 1e-9)
    state = judge(np.clip(np.rint(512.0 + noise), 0, 1023).astype(np.uint16), rate)
    assert not state.valid
    assert state.reason
    assert math.isnan(state.bpm)
    assert 0.0 <= state.quality <= 1.0


_ANY = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=150, deadline=None)
@given(
    messages=st.lists(
        st.tuples(
            st.one_of(st.floats(0.0, 60.0), _ANY),
            st.one_of(st.sampled_from([0.0, 25.0, 100.0, math.nan]), _ANY),
            st.integers(0, 6000),
            st.one_of(st.none(), st.integers(0, 2**32 - 1)),
        ),
        max_size=8,
    ),
    top=st.integers(0, 65535),
    seed=st.integers(0, 1_000_000),
)
def test_garbage_is_refused_or_not_valid(messages: list[Any], top: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    monitor = PulseMonitor(PulseSettings(TIME_FOR_GETTING_HR=10.0))
    for stamp, rate, length, sequence in messages:
        samples = rng.integers(0, top, length, endpoint=True)
        with contextlib.suppress(SourceError):
            monitor.add(stamp, rate, samples, sequence)
        for now in (None, 60.0):
            state = monitor.update(now)
            assert not state.valid
            assert state.reason
            assert math.isnan(state.bpm)
            assert 0.0 <= state.window <= 10.1


@pytest.mark.parametrize("rate", [50.0, 500.0])
@pytest.mark.parametrize("bpm", [45.0, 75.0, 120.0, 170.0])
def test_a_wave_upside_down_is_no_pulse(bpm: float, rate: float) -> None:
    samples = counts(beats_at(bpm, 31.0), rate=rate)
    assert judge(samples, rate).valid
    state = judge(1023 - samples, rate)
    assert not state.valid
    assert state.reason.startswith("upside down"), state.reason


@pytest.mark.parametrize("noise", [0.0, 2.0])
@pytest.mark.parametrize("mains", [100.0, 120.0])
@pytest.mark.parametrize("bpm", [50.0, 75.0, 130.0])
@pytest.mark.parametrize("shape", [np.sin, lambda phase: np.abs(np.sin(phase / 2.0))])
def test_flicker_that_sampling_folds_into_the_band_is_no_pulse(
    shape: Any, bpm: float, mains: float, noise: float
) -> None:
    """Lamps flicker at twice the mains' frequency; samples at nearly that see it slowly."""
    rate = (mains - bpm / 60.0) / 2.0
    times = np.arange(round(31.0 * rate)) / rate
    lamp = 512.0 + 60.0 * shape(2.0 * np.pi * mains * times)
    lamp += noise * np.random.default_rng(1).standard_normal(len(times))
    state = judge(np.rint(lamp).astype(np.uint16), rate)
    assert not state.valid
    assert state.reason.startswith(("no pulse: it falls as it rises", "motion or noise"))
    assert state.reason.startswith("no pulse") or noise
