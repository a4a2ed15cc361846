"""Runs of samples, beats and their intervals, just below, at and above each limit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fatigue_ros.measures.pulse_beats import Beats, band_pass, find_beats
from fatigue_ros.measures.pulse_spectrum import spectral_rate
from fatigue_ros.measures.pulse_window import SampleWindow

RATE = 100.0


def window(length: float = 10.0) -> SampleWindow:
    """A tenth of a second is there."""
    found = SampleWindow(length)
    found.add(1000.0, RATE, np.arange(10), 1)
    return found


@pytest.mark.parametrize(
    ("late", "number", "n", "lost"),
    [
        (0.0, 2, 10, 0),
        (0.0499, 2, 10, 0),  # half of a run of ten is jitter
        (0.051, 2, 10, 5),
        (-0.0499, 2, 10, 0),
        (0.0499, 2, 2, 0),  # and a twentieth of a second where they are numbered
        (0.051, 2, 2, 5),
        (0.0499, None, 10, 0),
        (0.0099, None, 2, 0),
        (0.0111, None, 2, 1),
        (0.0049, None, 1, 0),  # stamps alone jitter by 5 ms
        (0.0055, None, 1, 1),
        (0.1, 3, 10, 10),
        (0.0, 3, 10, 1),  # a number left out is a hole
        (1.0, 3, 10, 100),
    ],
)
def test_what_is_jitter_and_what_a_hole(late: float, number: int | None, n: int, lost: int) -> None:
    samples = window()
    if number is None:
        samples = SampleWindow(10.0)
        samples.add(1000.0, RATE, np.arange(10))
    samples.add(1000.1 + late, RATE, np.arange(n), number)
    assert int(np.isnan(samples.values).sum()) == lost
    assert samples.interruption == ""
    assert samples.stamp == pytest.approx(1000.1 + late + n / RATE)


def test_a_hole_longer_than_a_second_starts_over() -> None:
    samples = window()
    samples.add(1000.1 + 1.01, RATE, np.arange(10), 3)
    assert samples.interruption == "gap of 1.0 s in the samples"
    assert len(samples.values) == 10


@pytest.mark.parametrize(("back", "over"), [(0.99, False), (1.01, True)])
def test_a_stamp_a_second_earlier_is_a_new_beginning(back: float, over: bool) -> None:
    samples = SampleWindow(10.0)
    for i in range(20):
        samples.add(1000.0 + 0.1 * i, RATE, np.arange(10))
    samples.add(1001.9 - back, RATE, np.arange(10))
    assert len(samples.values) == (10 if over else 200)
    assert bool(samples.interruption) is over


@pytest.mark.parametrize(("rate", "over"), [(100.09, False), (100.11, True), (99.89, True)])
def test_a_thousandth_is_another_rate(rate: float, over: bool) -> None:
    samples = window()
    samples.add(1000.1, rate, np.arange(10), 2)
    assert (len(samples.values) == 10) is over


def test_numbers_that_go_back_half_the_circle() -> None:
    samples = window()
    samples.add(1000.1, RATE, np.arange(10), 1 + 2**31 - 1)
    assert samples.interruption == "", "ahead"
    samples = window()
    samples.add(1000.05, RATE, np.arange(10), 1 + 2**31)
    assert len(samples.values) == 10, "behind, and seen already"


def test_how_much_there_is() -> None:
    samples = SampleWindow(1.0)
    assert (samples.seconds, samples.is_full, len(samples.values)) == (0.0, False, 0)
    for i in range(10):
        assert not samples.is_full
        samples.add(5.0 + 0.1 * i, RATE, np.arange(10), i)
        assert samples.seconds == pytest.approx(0.1 * (i + 1))
    assert samples.is_full
    for rate, good in ((25.0, True), (1000.0, True)):
        SampleWindow(1.0).add(0.0, rate, [1.0])
        assert good


def test_the_rate_takes_ten_stamps_half_a_second_apart() -> None:
    samples = SampleWindow(30.0)
    for i in range(46):
        assert math.isnan(samples.measured_rate), i
        samples.add(i / 10.0 * 1.01 + 1e-9 * i, RATE, np.arange(10), i)
    assert samples.measured_rate == pytest.approx(RATE / 1.01, rel=1e-3)


# Beats -----------------------------------------------------------------------------------------


def beats(*intervals: float, good: list[bool] | None = None) -> Beats:
    times = np.concatenate(([0.0], np.cumsum(intervals)))
    flags = np.array([True] * len(intervals) if good is None else good)
    return Beats(times=times, correlation=np.ones(len(times)), good=flags)


def test_rate_and_variability() -> None:
    steady = beats(*[0.75] * 9)
    assert [steady.bpm, steady.rmssd, steady.seconds] == pytest.approx([80.0, 0.0, 6.75])
    turns = beats(*[0.7, 0.8] * 4, 0.7)
    assert turns.rmssd == pytest.approx(0.1)
    assert math.isnan(beats(*[0.7, 0.8] * 4).rmssd), "seven differences are too few"
    half = beats(0.5, 1.0, 0.5, good=[True, False, True])
    assert (half.bpm, half.seconds) == (120.0, 1.0)
    assert math.isnan(beats(0.5, good=[False]).bpm)
    assert steady.likeness == 1.0
    assert (
        Beats(times=np.zeros(2), correlation=np.array([-1.0, 0.5]), good=np.ones(1, bool)).likeness
        == 0.25
    )
    assert Beats(times=np.zeros(0), correlation=np.zeros(0), good=np.zeros(0, bool)).likeness == 0.0


def pulse(
    *times: float, seconds: float = 20.0, height: float = 1.0, odd: float = 1.0
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Beats as bells a tenth of a second wide; the eleventh is of another height."""
    t = np.arange(round(seconds * RATE)) / RATE
    heights = [height * (odd if i == 10 else 1.0) for i in range(len(times))]
    return np.asarray(
        sum(h * np.exp(-0.5 * ((t - at) / 0.1) ** 2) for h, at in zip(heights, times, strict=True)),
        np.float64,
    )


def found(wave: np.ndarray[tuple[int, ...], np.dtype[np.float64]], *lost: int) -> Beats:
    missing = np.zeros(len(wave), bool)
    missing[list(lost)] = True
    return find_beats(wave, RATE, missing)


def test_beats_are_where_they_are() -> None:
    times = [0.5 + 0.8 * i + 0.003 * (i % 3) for i in range(24)]
    seen = found(pulse(*times))
    assert seen.times == pytest.approx(np.array(times), abs=2e-4)
    assert seen.good.all()
    assert seen.likeness > 0.99


@pytest.mark.parametrize(("odd", "count"), [(0.45, 23), (0.55, 24)])
def test_half_as_high_as_its_neighbours_is_a_beat(odd: float, count: int) -> None:
    assert len(found(pulse(*[0.5 + 0.8 * i for i in range(24)], odd=odd)).times) == count


@pytest.mark.parametrize(("late", "bad"), [(0.23, 0), (0.25, 2)])
def test_an_interval_three_tenths_off_is_not_believed(late: float, bad: int) -> None:
    times = [0.5 + 0.8 * i + (late if i == 10 else 0.0) for i in range(24)]
    assert int((~found(pulse(*times)).good).sum()) == bad


def test_no_interval_across_a_hole_is_believed() -> None:
    wave = pulse(*[0.5 + 0.8 * i for i in range(24)])
    seen = found(wave, 500)
    assert np.flatnonzero(~seen.good).tolist() == [5]


def test_three_beats_are_none_and_four_are() -> None:
    assert len(found(pulse(0.5, 1.3, 2.1, seconds=2.6)).times) == 0
    assert len(found(pulse(0.5, 1.3, 2.1, 2.9, seconds=3.4)).times) == 4
    assert len(found(np.zeros(1000)).times) == 0


def test_beats_are_three_tenths_of_a_second_apart() -> None:
    times = [0.5 + 0.8 * i for i in range(24)]
    twice = pulse(*times) + 0.9 * pulse(*[t + 0.27 for t in times])
    assert len(found(twice).times) == 24


@pytest.mark.parametrize(
    ("rate", "to"), [(25.0, 75.0), (50.0, 100.0), (100.0, 100.0), (200.0, 100.0), (500.0, 100.0)]
)
def test_the_band_keeps_the_pulse_and_its_place(rate: float, to: float) -> None:
    t = np.arange(round(20.0 * rate)) / rate
    drift = 500.0 + 30.0 * np.sin(0.4 * t)
    hum = (5.0 if rate > 40.0 else 0.0) * np.sin(2.0 * np.pi * 20.0 * t)
    wave, new = band_pass(np.sin(2.0 * np.pi * 1.25 * t) + drift + hum, rate)
    assert new == to
    at = np.arange(len(wave)) / new
    middle = (at > 5.0) & (at < 15.0)
    assert wave[middle] == pytest.approx(np.sin(2.0 * np.pi * 1.25 * at[middle]), abs=0.06)


@pytest.mark.parametrize("bpm", [48.0, 75.0, 120.0, 170.5])
def test_the_spectrum_finds_the_rate_within_half_a_beat(bpm: float) -> None:
    t = np.arange(3000) / RATE
    phase = 2.0 * np.pi * bpm / 60.0 * t
    wave = np.sin(phase) + 1.2 * np.sin(2.0 * phase)
    assert spectral_rate(wave, RATE, 40.0, 180.0) == pytest.approx(bpm, abs=0.51)
    assert math.isnan(spectral_rate(np.zeros(3000), RATE, 40.0, 180.0))


def test_a_series_of_harmonics_is_added_up() -> None:
    """A line alone at 120 is less than three at 90, 180 and 270, each weaker by 0.84."""
    t = np.arange(3000) / RATE

    def line(bpm: float, height: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.asarray(height * np.sin(2.0 * np.pi * bpm / 60.0 * t), np.float64)

    series = line(90.0, 1.0) + line(180.0, 1.0) + line(270.0, 1.0)
    sums = 1.0 + 0.84 + 0.84**2
    for height, rate in ((0.96, 90.0), (1.04, 120.0)):
        wave = series + line(120.0, height * sums)
        assert spectral_rate(wave, RATE, 70.0, 130.0) == pytest.approx(rate, abs=1.0)
