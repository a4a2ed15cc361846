"""When the page asks how sleepy the driver is (Karolinska Sleepiness Scale), for studies."""

import math
from collections.abc import Mapping
from typing import Any

_FRESH = 2.0  # [s] a level that is older says nothing of the speed now
_STANDS = 0.3  # [m/s] a vehicle that is slower stands


class SleepinessQuestion:
    """Remembers when it was answered last; times are in seconds by a steady clock."""

    def __init__(self) -> None:
        self._answered_at = -math.inf

    def refusal(
        self,
        level: Mapping[str, Any] | None,
        now: float,
        *,
        off: int,
        interval: float,
        driving: bool,
    ) -> str:
        """Why it is not asked now; empty when it is.

        Args:
            level: the newest FatigueLevel's fields and ``age`` [s]; None when there was none.
            now: [s].
            off: the ``state`` in which nobody watches.
            interval: [s] between two questions; 0 for none at all.
            driving: whether it may be asked while the vehicle drives.
        """
        if interval <= 0.0:
            return "sleepiness is not asked for (parameter ask_kss)"
        if level is None or level["age"] > _FRESH or level["state"] == off:
            return "nobody watches the driver now"
        stands = level["speed_valid"] and abs(level["speed"]) < _STANDS
        if not stands and not driving:
            return "sleepiness is asked for while the vehicle stands"
        early = now - self._answered_at < interval
        return "sleepiness was asked for just now" if early else ""

    def answered(self, now: float) -> None:
        """The driver has said it."""
        self._answered_at = now
