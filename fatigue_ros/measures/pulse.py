"""Heart rate from the photoplethysmogram over a sliding window.

The rate comes from the intervals between beats and counts only when the spectrum says the same:
what one of them gets wrong, the other does not.
"""

import dataclasses
import importlib
import math
import threading
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fatigue_ros.measures.pulse_window import Samples, SampleWindow
from fatigue_ros.measures.states import PulseState
from fatigue_ros.settings.parameters import parameter

if TYPE_CHECKING:
    from fatigue_ros.measures.pulse_beats import Wave

_MOST_LOST = 0.1  # [1] share of samples; ours
_MOST_SATURATED = 0.25  # [1] a wave with cut tops still beats, one cut for longer is no pulse; ours
_RATE_TOLERANCE = 0.02  # [1] ceramic resonators are within 0.005, so more is a wrong rate
_FLAT = 4.0  # [1] converter counts from the 2nd to the 98th percentile; less is the converter's own
_MOST_SYMMETRIC = 0.95  # [1] see Beats.symmetry; ours
_LEAST_SYMMETRIC = 0.55  # [1] the same
_CONVERTER_ENDS = tuple(float((1 << bits) - 1) for bits in range(8, 17))


_UPSIDE_DOWN = "upside down: it falls faster than it rises, as the sensor's signal inverted does"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PulseSettings:
    """When a heart rate is believed."""

    TIME_FOR_GETTING_HR: float = parameter(
        30.0,
        "Length of the sliding window (Mafteiu-Scai and Bobora 2025, section 3.2)",
        unit="s",
        limits=(10.0, 600.0),
    )
    lowest_heart_rate: float = parameter(
        40.0,
        "Nothing slower is taken for a pulse (Orphanidou et al. 2015)",
        unit="1/min",
        limits=(30.0, 100.0),
    )
    highest_heart_rate: float = parameter(
        180.0,
        "Nothing faster is taken for a pulse (Orphanidou et al. 2015)",
        unit="1/min",
        limits=(101.0, 200.0),
    )
    heart_rate_agreement: float = parameter(
        5.0,
        "How far the rate from the beats and that from the spectrum may lie apart (ANSI/AAMI EC13: "
        "a heart rate meter may err by 5)",
        unit="1/min",
        limits=(0.5, 20.0),
    )
    heart_rate_coverage: float = parameter(
        0.6,
        "Share of the window that must lie in regular beats; less is movement or noise; ours",
        unit="1",
        limits=(0.3, 1.0),
    )
    ppg_timeout: float = parameter(
        2.0, "Silence after which there is no heart rate; ours", unit="s", limits=(0.2, 30.0)
    )


class PulseMonitor:
    """Takes samples as they come and says, when asked, how fast the heart beats."""

    def __init__(self, settings: PulseSettings) -> None:
        self._settings = settings
        self._window = SampleWindow(settings.TIME_FOR_GETTING_HR)
        self._loading = False

    @property
    def stamp(self) -> float:
        """[s] end of the newest sample, NaN before the first."""
        return self._window.stamp

    def add(
        self,
        stamp_of_first_sample: float,
        sample_rate: float,
        samples: npt.ArrayLike,
        sequence: int | None = None,
    ) -> None:
        """Take a run of samples.

        Args:
            stamp_of_first_sample: [s].
            sample_rate: [Hz] 25 to 1000.
            samples: shape (N,), N at least 1, converter counts.
            sequence: number of the run, which wraps at 2**32; None when runs are not numbered.

        Raises:
            SourceError: stamp, rate or samples are not what they have to be; nothing was taken.
        """
        self._window.add(stamp_of_first_sample, sample_rate, samples, sequence)
        if not self._loading:
            self._loading = True
            threading.Thread(target=_load, name="pulse").start()

    def update(self, now: float | None = None) -> PulseState:
        """The pulse over the window that ends with the newest sample.

        Args:
            now: [s] in the time of the stamps, to notice silence; None leaves that out.
        """
        window, limits = self._window, self._settings
        end = window.stamp
        if math.isnan(end):
            return PulseState(stamp=math.nan if now is None else now, reason="no samples yet")
        if now is not None and now - end > limits.ppg_timeout:
            return PulseState(stamp=now, reason=f"no samples for {now - end:.1f} s")
        rate, reason = self._rate()
        state = PulseState(stamp=end, reason=reason, window=window.seconds)
        if not reason:
            state = self._judge(state, window.values, rate)
        return state

    def _rate(self) -> tuple[float, str]:
        """[Hz] and why there can be no value yet."""
        window = self._window
        measured = window.measured_rate
        if abs(measured - window.rate) > _RATE_TOLERANCE * window.rate:
            return measured, (
                f"sample_rate says {window.rate:g} Hz, the stamps say {measured:.1f} Hz"
            )
        if not window.is_full:
            done = f"{window.seconds:.0f} of {window.length:g} s"
            because = f" since {window.interruption}" if window.interruption else ""
            return measured, f"warming up: {done}{because}"
        return (window.rate if math.isnan(measured) else measured), ""

    def _judge(self, state: PulseState, values: Samples, rate: float) -> PulseState:
        from fatigue_ros.measures.pulse_beats import band_pass, find_beats  # noqa: PLC0415 - _load
        from fatigue_ros.measures.pulse_spectrum import spectral_rate  # noqa: PLC0415

        limits = self._settings
        lost = np.isnan(values)
        reason = _unusable(values, lost)
        if reason:
            return dataclasses.replace(state, reason=reason)
        wave, wave_rate = band_pass(_filled(values, lost), rate)
        source = (np.arange(len(wave)) * (rate / wave_rate)).astype(np.intp)
        holes = lost[np.minimum(source, len(lost) - 1)]
        beats = find_beats(wave, wave_rate, holes)
        seconds = len(values) / rate
        coverage = min(beats.seconds / seconds, 1.0)
        lowest, highest = limits.lowest_heart_rate, limits.highest_heart_rate
        spectral = spectral_rate(wave, wave_rate, lowest, highest)
        bpm = beats.bpm
        state = dataclasses.replace(state, quality=coverage * beats.likeness)
        if coverage < limits.heart_rate_coverage:
            reason = f"motion or noise: regular beats in {100.0 * coverage:.0f} % of the window"
            turned = find_beats(-wave, wave_rate, holes)
            beats_of_turned = turned.seconds >= limits.heart_rate_coverage * seconds
            if beats_of_turned and _LEAST_SYMMETRIC <= turned.symmetry <= _MOST_SYMMETRIC:
                reason = _UPSIDE_DOWN
        elif beats.symmetry > _MOST_SYMMETRIC:
            reason = "no pulse: it falls as it rises, as flickering light does; no finger?"
        elif beats.symmetry < _LEAST_SYMMETRIC:
            reason = _UPSIDE_DOWN
        elif not lowest <= bpm <= highest:
            reason = f"{bpm:.0f} beats a minute are out of range"
        elif not abs(bpm - spectral) <= limits.heart_rate_agreement:
            reason = f"disagreement: {bpm:.0f} 1/min by beats, {spectral:.0f} by spectrum"
        if reason:
            return dataclasses.replace(state, reason=reason)
        return dataclasses.replace(state, valid=True, bpm=bpm, rmssd=beats.rmssd)


def _load() -> None:
    """Import what finds beats, ahead of the first full window.

    It takes SciPy, half a second and 30 MB, which a vehicle without a pulse sensor can do without,
    and which no message waits for.
    """
    importlib.import_module("fatigue_ros.measures.pulse_beats")
    importlib.import_module("fatigue_ros.measures.pulse_spectrum")


def _unusable(values: Samples, lost: npt.NDArray[np.bool_]) -> str:
    """Why no pulse can be in the samples, empty when one can."""
    share = float(lost.mean())
    if share > _MOST_LOST:
        return f"gaps: {100.0 * share:.0f} % of the samples lost"
    there = values[~lost]
    low, high = np.percentile(there, (2.0, 98.0))
    if high - low < _FLAT:
        return f"flat signal: {high - low:.0f} counts from top to bottom"
    at_end = (there == 0.0) | ((there == there.max()) & (there.max() in _CONVERTER_ENDS))
    if (share := float(at_end.mean())) > _MOST_SATURATED:
        return f"saturated signal: {100.0 * share:.0f} % of the samples at the converter's end"
    return ""


def _filled(values: Samples, lost: npt.NDArray[np.bool_]) -> "Wave":
    """Samples as float64 with a straight line where some were lost, for the filter's sake."""
    wave = values.astype(np.float64)
    if lost.any():
        wave[lost] = np.interp(np.flatnonzero(lost), np.flatnonzero(~lost), wave[~lost])
    return wave
