"""Made-up speed, for the desk: one that stays, and a profile over time."""

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from fatigue_ros.devices.speed import SpeedSettings, SpeedSource, to_metres_per_second
from fatigue_ros.errors import ParameterError


class FixedSpeedSource(SpeedSource):
    """Says fixed_speed_kmh, which may change meanwhile."""

    @property
    def period(self) -> float:
        """[s] as simulated_rate says."""
        return 1.0 / self.settings.simulated_rate

    def poll(self, now: float) -> float | None:  # noqa: ARG002 - at any time the same
        """The speed [m/s]."""
        return to_metres_per_second(self.settings.fixed_speed_kmh, "km/h")


class SpeedProfile:
    """Speed as a piecewise linear function of time; the same times give the same speeds."""

    def __init__(self, times: Sequence[float], speeds_kmh: Sequence[float]) -> None:
        """Set up with the corners.

        Args:
            times: [s], each later than the one before.
            speeds_kmh: [km/h], one for each time.

        Raises:
            ParameterError: there is no corner, the lengths differ or the times do not rise.
        """
        if not times or len(times) != len(speeds_kmh):
            raise ParameterError(
                "profile_times, profile_speeds_kmh: expected as many speeds as times and at least "
                f"one, got {len(times)} times and {len(speeds_kmh)} speeds"
            )
        for earlier, later in itertools.pairwise(times):
            if not later > earlier:
                raise ParameterError(
                    f"profile_times: expected rising times, got {later} s after {earlier} s"
                )
        self._times = list(times)
        self._speeds = [to_metres_per_second(speed, "km/h") for speed in speeds_kmh]

    def at(self, time: float) -> float:
        """Speed [m/s] at a time [s]; before the first corner its speed, after the last that one.

        Raises:
            ParameterError: the time is not finite.
        """
        if not math.isfinite(time):
            raise ParameterError(f"profile: expected a finite time, got {time}")
        return float(np.interp(time, self._times, self._speeds))


class ProfileSpeedSource(FixedSpeedSource):
    """Goes through profile_times and profile_speeds_kmh, from the first poll on."""

    def __init__(self, settings: SpeedSettings, on_speed: Callable[[float], None]) -> None:
        super().__init__(settings, on_speed)
        self._profile = SpeedProfile(settings.profile_times, settings.profile_speeds_kmh)

    def start(self) -> None:
        """Begin anew."""
        self._began = math.inf

    def poll(self, now: float) -> float | None:
        """The speed [m/s]; a clock that goes back begins anew, as where a bag starts over."""
        self._began = min(self._began, now)
        return self._profile.at(now - self._began)
