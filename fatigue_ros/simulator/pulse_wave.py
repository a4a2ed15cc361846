"""A heart that beats along a profile, and what a pulse sensor makes of it."""

import numpy as np
import numpy.typing as npt

from fatigue_ros.simulator.scenario import QuantityProfile, Signal

BREATHING = 0.25
"""[Hz] 15 breaths a minute."""
SINUS_ARRHYTHMIA = 0.025
"""[s] amplitude with which breathing stretches the inter-beat interval; gives an RMSSD of about
25 ms, within the adult range (Nunan et al. 2010: 19 to 75 ms)."""
BEAT_JITTER = 0.008
"""[s] standard deviation of what else varies an interval."""
SHORTEST_INTERVAL = 0.25
"""[s] the heart's refractory period."""

SYSTOLE, SYSTOLE_WIDTH = 0.20, 0.085
DICROTIC, DICROTIC_WIDTH, DICROTIC_HEIGHT = 0.50, 0.11, 0.35
"""Places, widths (of a Gaussian) and height of the two waves of a finger pulse, in shares of the
inter-beat interval and of the first wave's height; chosen to look like a finger's."""

ADC_CENTRE, ADC_SWING, ADC_LIMIT = 512.0, 220.0, 1023
"""Resting level, pulse height and end of the UNO's 10-bit converter."""
WANDER, WANDER_RATE = 0.08, 0.22
"""Share of the pulse height by which breathing moves the whole wave, and its rate [Hz]."""


def beat_times(heart_rate: QuantityProfile, duration: float, random: np.random.Generator) -> Signal:
    """[s] when the heart beats, from just before 0 to just after the end.

    Args:
        heart_rate: [1/min].
        duration: [s].
        random: where variability comes from.
    """
    phase = random.uniform(0.0, 2.0 * np.pi)
    time = -random.uniform(0.0, 1.0)
    beats = [time]
    while time <= duration:
        interval = 60.0 / float(heart_rate(np.array(max(time, 0.0))))
        interval += SINUS_ARRHYTHMIA * np.sin(2.0 * np.pi * BREATHING * time + phase)
        interval += BEAT_JITTER * random.standard_normal()
        time += max(float(interval), SHORTEST_INTERVAL)
        beats.append(time)
    return np.array(beats)


def pulse(beats: Signal, times: Signal) -> Signal:
    """The clean pulse wave, 0 to about 1, at these times."""
    index = np.clip(np.searchsorted(beats, times, side="right") - 1, 0, len(beats) - 2)
    share = (times - beats[index]) / (beats[index + 1] - beats[index])
    wave = np.zeros_like(share)
    for shift in (0.0, 1.0):  # the tail of the beat before
        wave += np.exp(-(((share + shift - SYSTOLE) / SYSTOLE_WIDTH) ** 2))
        wave += DICROTIC_HEIGHT * np.exp(-(((share + shift - DICROTIC) / DICROTIC_WIDTH) ** 2))
    return np.asarray(wave, np.float64)


def ppg_samples(
    beats: Signal, noise: QuantityProfile, rate: float, duration: float, random: np.random.Generator
) -> npt.NDArray[np.uint16]:
    """What the board's converter reads.

    Args:
        beats: [s] from ``beat_times``.
        noise: standard deviation as a share of the pulse height.
        rate: [Hz].
        duration: [s].
        random: where the noise comes from.

    Returns:
        Shape (rate * duration,), 0 to 1023.
    """
    times = np.arange(round(rate * duration)) / rate
    wave = pulse(beats, times) - 0.35  # its mean
    wave += WANDER * np.sin(2.0 * np.pi * WANDER_RATE * times)
    wave += noise(times) * random.standard_normal(len(times))
    readings = np.clip(np.rint(ADC_CENTRE + ADC_SWING * wave), 0, ADC_LIMIT)
    return np.asarray(readings, np.uint16)
