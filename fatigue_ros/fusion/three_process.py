"""How sleepy a driver would be by the clock alone: sleep, hours awake, time of day, time on task.

The three-process model of Akerstedt and Folkard: pressure for sleep that falls away over the hours
awake and is made up for in sleep (S), and the rhythm of the day (C). Its third process, the hour
after waking, and the twelve-hour part of the rhythm are left out. Constants as others quote them
(Akerstedt, Folkard, Portin 2004, Aviat Space Environ Med 75); we have not read the original.
"""

import dataclasses
import math

from fatigue_ros.measures.windows import Elapsed
from fatigue_ros.settings.parameters import parameter

_LOWEST, _HIGHEST = 2.4, 14.3  # [1] asymptotes of S awake and asleep
_AT_BED = 7.96  # [1] S at the end of a day; eight hours of sleep bring it to 14
_AWAKE_RATE, _ASLEEP_RATE = -0.0353, -0.3813  # [1/h]
_AMPLITUDE, _PEAK = 2.5, 16.8  # [1], [h] of C: least sleepy before 5 p.m., most before 5 a.m.
_KSS_AT_0, _KSS_SLOPE = 10.9, -0.6  # [1] KSS of S + C
_FREE, _PER_HOUR, _MOST_ON_TASK = 1.0, 0.5, 2.0  # [h], [1/h], [1] of time on task; ours
BREAK = 900.0
"""[s] that a car stands for until time on task begins anew (a break of 15 min; Regulation (EC)
561/2006 lets drivers of lorries split theirs so)."""
_LONGEST_GAP = 0.5  # [s]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TimeSettings:
    """What the driver says of the last night."""

    woke_at: float = parameter(
        -1.0,
        "Local time at which the driver woke, for the metric time; -1: nobody said so, and "
        "there is no such metric",
        unit="h",
        limits=(-1.0, 24.0),
    )
    slept: float = parameter(
        8.0, "How long the driver slept before that, for the metric time", unit="h", limits=(0, 16)
    )


def predicted_kss(hour: float, woke_at: float, slept: float, driven: float = 0.0) -> float:
    """[1] Sleepiness on the Karolinska scale by the clock alone, 1 to 9.

    Args:
        hour: [h] local time of day.
        woke_at: [h] local time of waking, within the last 24 hours.
        slept: [h] before that.
        driven: [h] without a break.
    """
    awake = (hour - woke_at) % 24.0
    rested = _HIGHEST - (_HIGHEST - _AT_BED) * math.exp(_ASLEEP_RATE * slept)
    pressure = _LOWEST + (rested - _LOWEST) * math.exp(_AWAKE_RATE * awake)
    rhythm = _AMPLITUDE * math.cos(2.0 * math.pi * (hour - _PEAK) / 24.0)
    task = min(max(driven - _FREE, 0.0) * _PER_HOUR, _MOST_ON_TASK)
    return min(max(_KSS_AT_0 + _KSS_SLOPE * (pressure + rhythm) + task, 1.0), 9.0)


class TimeOnTask:
    """Adds up driving until the car has stood for a break, or nobody has looked for as long."""

    def __init__(self) -> None:
        self._driven, self._stood = Elapsed(_LONGEST_GAP), Elapsed(_LONGEST_GAP)
        self._stamp = math.nan

    def add(self, stamp: float, *, driving: bool) -> None:
        """Take a moment [s]; two moments that are further apart than 0.5 s say nothing between."""
        if not stamp - self._stamp < BREAK:
            self._driven, self._stood = Elapsed(_LONGEST_GAP), Elapsed(_LONGEST_GAP)
        self._stamp = stamp
        if driving:
            self._stood = Elapsed(_LONGEST_GAP)
            self._driven.add(stamp)
            return
        self._driven.pause()
        self._stood.add(stamp)
        if self._stood.total >= BREAK:
            self._driven = Elapsed(_LONGEST_GAP)

    @property
    def hours(self) -> float:
        """[h] driven since the last break."""
        return self._driven.total / 3600.0
