"""Heart beats in a pulse wave: where they are, and which of them look like the others.

The checks are those of Orphanidou et al. (2015, "Signal-quality indices for the electrocardiogram
and photoplethysmogram", IEEE JBHI 19(3)): plausible intervals, and correlation with a template
made of all beats. They are applied to each beat instead of to the whole, so that a movement
costs the beats it touches and not the window.
"""

import dataclasses
import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import signal  # type: ignore[import-untyped]

Wave = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BAND = (0.5, 8.0)
"""[Hz] pass band of pulse detection (Elgendi et al. 2013, PLOS ONE 8(10): e76585)."""
_ORDER = 3
_TARGET_RATE = 100.0  # [Hz] finer changes neither rate nor RMSSD (Beres and Hejjel 2021, BSPC 68)
_REFRACTORY = 0.3  # [s] between beats, 200 a minute
_BLOCK = 1.5  # [s] holds at least one beat of 40 a minute
_NEIGHBOURS = 4  # [1] blocks to either side that say how high a beat is here
_LOWEST_PROMINENCE = 0.5  # [1] of a beat's height: above the dicrotic wave; ours
_LOWEST_CORRELATION = 0.86  # [1] Orphanidou et al. 2015, for the photoplethysmogram
_INTERVAL_DEVIATION = 0.3  # [1] from the median; more is a beat missed or one too many; ours
_FEWEST_BEATS = 4
_FEWEST_DIFFERENCES = 8


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Beats:
    """Beats of a window."""

    times: Wave
    """[s] from the start of the window, shape (N,)."""
    correlation: Wave
    """[1] likeness of each beat to the template, shape (N,)."""
    good: Flags
    """Which of the intervals between the beats are to be believed, shape (N - 1,)."""
    symmetry: float = math.nan
    """[1] likeness of a beat to itself backwards; NaN without beats. A pulse rises faster than it
    falls (0.78 to 0.84 in recordings), light that flickers does not (above 0.98), and of a wave
    that is upside down what is taken for a beat is its foot (below 0.45)."""

    @property
    def intervals(self) -> Wave:
        """[s] inter-beat intervals to be believed."""
        return np.asarray(np.diff(self.times)[self.good], np.float64)

    @property
    def bpm(self) -> float:
        """[1/min] NaN without intervals."""
        found = self.intervals
        return 60.0 / float(found.mean()) if len(found) else math.nan

    @property
    def rmssd(self) -> float:
        """[s] root mean square of successive differences of intervals (Task Force 1996).

        NaN when there are fewer than eight pairs of adjoining intervals to be believed.
        """
        adjoining = self.good[1:] & self.good[:-1]
        differences = np.diff(self.times, 2)[adjoining]
        if len(differences) < _FEWEST_DIFFERENCES:
            return math.nan
        return float(np.sqrt(np.mean(differences**2)))

    @property
    def likeness(self) -> float:
        """[1] mean correlation of all beats with the template, 0 without beats."""
        if not len(self.correlation):
            return 0.0
        return float(np.clip(self.correlation, 0.0, 1.0).mean())

    @property
    def seconds(self) -> float:
        """[s] of the window in intervals to be believed."""
        return float(self.intervals.sum())


_NONE = Beats(times=np.zeros(0), correlation=np.zeros(0), good=np.zeros(0, np.bool_))


def band_pass(values: Wave, rate: float) -> tuple[Wave, float]:
    """The pulse in its band without shift in time, at 66 to 150 Hz.

    Args:
        values: shape (N,), at least a few seconds, without NaN.
        rate: [Hz] 25 or more.

    Returns:
        The wave and its rate [Hz].
    """
    values = values - np.median(values)
    factor = round(rate / _TARGET_RATE)
    if factor > 1:
        values, rate = signal.resample_poly(values, 1, factor), rate / factor
    wave = signal.sosfiltfilt(_sections(rate), values)
    if factor < 1:
        finer = math.ceil(0.75 * _TARGET_RATE / rate)
        wave, rate = signal.resample_poly(wave, finer, 1), rate * finer
    return np.asarray(wave, np.float64), rate


@functools.lru_cache(maxsize=8)
def _sections(rate: float) -> Any:
    """The filter at a rate [Hz]; to design it costs more than to run it."""
    return signal.butter(_ORDER, BAND, "bandpass", fs=rate, output="sos")


def find_beats(wave: Wave, rate: float, lost: Flags) -> Beats:
    """Find beats and judge them.

    Args:
        wave: shape (N,), from ``band_pass``.
        rate: [Hz].
        lost: shape (N,), where there was no sample; no interval across it is believed.
    """
    peaks, details = signal.find_peaks(
        wave,
        distance=max(int(_REFRACTORY * rate), 1),
        prominence=0.0,
        wlen=int(2 * _BLOCK * rate) | 1,
    )
    prominences = details["prominences"]
    if len(peaks) < _FEWEST_BEATS:
        return _NONE
    peaks = peaks[prominences >= _LOWEST_PROMINENCE * _usual(peaks, prominences, wave, rate)]
    if len(peaks) < _FEWEST_BEATS:
        return _NONE
    times = _refine(wave, peaks) / rate
    intervals = np.diff(times)
    usual = float(np.median(intervals))
    correlation, symmetry = _correlation(wave, peaks, max(int(0.5 * usual * rate), 2))
    alike = correlation >= _LOWEST_CORRELATION
    missing = np.concatenate(([0], np.cumsum(lost)))
    good = (
        alike[1:]
        & alike[:-1]
        & (np.abs(intervals - usual) <= _INTERVAL_DEVIATION * usual)
        & (missing[peaks[1:]] == missing[peaks[:-1]])
    )
    return Beats(times=times, correlation=correlation, good=good, symmetry=symmetry)


def _usual(peaks: npt.NDArray[np.intp], prominences: Wave, wave: Wave, rate: float) -> Wave:
    """How prominent a beat is around each peak: median of the highest of each block nearby."""
    block = (peaks / (_BLOCK * rate)).astype(np.intp)
    highest = np.zeros(int(len(wave) / (_BLOCK * rate)) + 1)
    np.maximum.at(highest, block, prominences)
    padded = np.pad(highest, _NEIGHBOURS, mode="reflect" if len(highest) > _NEIGHBOURS else "edge")
    nearby = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEIGHBOURS + 1)
    return np.asarray(np.median(nearby, axis=1)[block], np.float64)


def _refine(wave: Wave, peaks: npt.NDArray[np.intp]) -> Wave:
    """Places of the peaks between samples, by the parabola through three of them."""
    before, at, after = wave[peaks - 1], wave[peaks], wave[peaks + 1]
    curvature = before - 2.0 * at + after
    shift = 0.5 * (before - after) / np.where(curvature < 0.0, curvature, -1.0)
    return np.asarray(peaks + np.clip(shift, -0.5, 0.5), np.float64)


def _correlation(wave: Wave, peaks: npt.NDArray[np.intp], half: int) -> tuple[Wave, float]:
    """Pearson correlation of each beat, ``half`` samples to both sides, with their median.

    And that of the median with itself backwards.
    """
    padded = np.pad(wave, half, mode="edge")
    pieces = padded[peaks[:, None] + np.arange(2 * half + 1)]
    pieces = pieces - pieces.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(pieces, axis=1)
    unit = pieces / np.where(norms > 0.0, norms, 1.0)[:, None]
    # Of beats of one height: a few high ones, as movements make them, must not set the measure.
    template = np.median(unit, axis=0)
    template -= template.mean()
    norm = float(np.linalg.norm(template))
    if norm == 0.0:
        return np.zeros(len(peaks)), math.nan
    backwards = float(template @ template[::-1]) / norm**2
    return np.asarray(unit @ template / norm, np.float64), backwards
