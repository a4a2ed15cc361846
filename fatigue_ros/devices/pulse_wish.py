"""When the board is to read the pulse (Mafteiu-Scai and Bobora 2025, Algorithm 1 and 3.5)."""

import math

from fatigue_ros.devices.protocol import Pulse, Status
from fatigue_ros.vehicle import KMH_PER_MPS, plausible_speed

_FRESH = 3.0  # [s] a speed that is older is not known any more


class PulseWish:
    """Wants the pulse while the vehicle is slow, and while nobody knows how fast it is.

    Args:
        limit: [km/h] up to which it is wanted; 0 for always.

    Attributes:
        stopped: whether the board has said that it takes no samples.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._speed, self._came = math.nan, -math.inf
        self._status: Status | None = None
        self.stopped = False

    def drive(self, speed: float, now: float) -> None:
        """Take the vehicle's speed [m/s] at a time [s]."""
        if plausible_speed(speed):
            self._speed, self._came = speed, now

    def hear(self, status: Status | None) -> None:
        """Take what the board says of itself; None when it is gone."""
        self._status = status
        self.stopped = status is not None and status.pulse_stopped

    def wanted(self, now: float) -> bool:
        """Whether samples are wanted at a time [s]."""
        known = self._limit > 0.0 and now - self._came <= _FRESH
        return not known or KMH_PER_MPS * abs(self._speed) <= self._limit

    def order(self, now: float) -> Pulse | None:
        """What the board has to be told; None when it does what is wanted, or knows no better."""
        wanted = self.wanted(now)
        if self._status is None or not self._status.knows_pulse or wanted != self.stopped:
            return None
        return Pulse(wanted)

    @property
    def doing(self) -> str:
        """What the board does, in words."""
        return "resting: no pulse wanted at this speed" if self.stopped else "sampling"

    def trouble(self, now: float) -> str:
        """Why the board does what is not wanted, empty when it does what is."""
        if self._status is None or self._status.knows_pulse or self.wanted(now):
            return ""
        version = "{}.{}".format(*self._status.firmware)
        return (
            f"the board reads the pulse above {self._limit:g} km/h too: its firmware {version} "
            "cannot be told, expected 1.2 or later"
        )
