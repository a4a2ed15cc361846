"""Heart rate by the spectrum of the pulse wave, without looking for beats."""

import math

import numpy as np
from scipy import fft, signal  # type: ignore[import-untyped]

from fatigue_ros.measures.pulse_beats import Wave

_RESOLUTION = 0.5  # [1/min] by zero padding
_HARMONICS = 3
_DECAY = 0.84  # [1] weight of a harmonic against the one below (Hermes 1988)
_SEGMENT = 10.0  # [s] of Welch's method; ours


def spectral_rate(wave: Wave, rate: float, lowest: float, highest: float) -> float:
    """Frequency of the strongest harmonic series in the periodogram.

    The second harmonic of a pulse wave may be stronger than the first, so that amplitudes at f,
    2 f and 3 f are added (Hermes 1988, J. Acoust. Soc. Am. 83). The periodogram is the median of
    those of short segments (Welch's method): short, so that breathing does not split the line;
    median, so that a movement in some of them does not count.

    Args:
        wave: shape (N,), from ``band_pass``.
        rate: [Hz].
        lowest: [1/min] where to look.
        highest: [1/min].

    Returns:
        [1/min], NaN when the wave is flat.
    """
    size = fft.next_fast_len(int(60.0 * rate / _RESOLUTION), real=True)
    frequencies, power = signal.welch(
        wave, rate, nperseg=min(int(_SEGMENT * rate), len(wave)), nfft=size, average="median"
    )
    amplitude = np.sqrt(power)
    step = 60.0 * float(frequencies[1])  # [1/min]
    index = np.arange(math.ceil(lowest / step), int(highest / step) + 1)
    total = sum(_DECAY**n * amplitude[index * (n + 1)] for n in range(_HARMONICS))
    best = int(np.argmax(total))
    return float(index[best]) * step if float(total[best]) > 0.0 else math.nan
