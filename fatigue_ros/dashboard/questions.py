"""What the page asks the driver for studies, and when: sleepiness (KSS) and workload (NASA-TLX)."""

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

_FRESH = 2.0  # [s] a level that is older says nothing of the speed now
_STANDS = 0.3  # [m/s] a vehicle that is slower stands

Level: TypeAlias = Mapping[str, Any] | None
"""The newest FatigueLevel's fields and ``age`` [s]; None when there was none."""


class SleepinessQuestion:
    """Remembers when it was answered last; times are in seconds by a steady clock."""

    def __init__(self) -> None:
        self._answered_at = -math.inf

    def refusal(self, level: Level, now: float, *, off: int, interval: float, driving: bool) -> str:
        """Why it is not asked now; empty when it is.

        Args:
            level: see Level.
            now: [s].
            off: the ``state`` in which nobody watches.
            interval: [s] between two questions; 0 for none at all.
            driving: whether it may be asked while the vehicle drives.
        """
        if interval <= 0.0:
            return "sleepiness is not asked for (parameter ask_kss)"
        if level is None or level["age"] > _FRESH or level["state"] == off:
            return "nobody watches the driver now"
        if not _stands(level) and not driving:
            return "sleepiness is asked for while the vehicle stands"
        early = now - self._answered_at < interval
        return "sleepiness was asked for just now" if early else ""

    def answered(self, now: float) -> None:
        """The driver has said it."""
        self._answered_at = now


class WorkloadQuestion:
    """Due after a drive, and open to whoever wants to answer it after a task without one.

    Attributes:
        driven: whether the vehicle has driven since the last answer.
    """

    def __init__(self) -> None:
        self.driven = False

    def refusal(self, level: Level, *, off: int, asked: bool) -> str:
        """Why it is not to be answered now; empty when it may be.

        Args:
            level: see Level.
            off: the ``state`` of a vehicle that is switched off.
            asked: whether studies want it at all.
        """
        if not asked:
            return "workload is not asked for (parameter ask_workload)"
        if level is None or level["age"] > _FRESH:
            return "nobody knows now whether the vehicle stands"
        may = level["state"] == off or _stands(level)
        return "" if may else "workload is asked for while the vehicle stands"

    def see(self, level: Mapping[str, Any]) -> None:
        """Take note of a level's fields."""
        if level["speed_valid"] and not _stands(level):
            self.driven = True

    def answered(self) -> None:
        """The driver has said it."""
        self.driven = False


def _stands(level: Mapping[str, Any]) -> bool:
    return bool(level["speed_valid"]) and abs(level["speed"]) < _STANDS
