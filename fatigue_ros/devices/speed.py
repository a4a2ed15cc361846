"""Vehicle speed: settings, units, what is believed, and made-up speed for the desk.

The devices that measure it are in :mod:`~fatigue_ros.devices.can_speed` and
:mod:`~fatigue_ros.devices.obd`.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import math
from collections.abc import Sequence
from typing import Protocol

from fatigue_ros.errors import ParameterError
from fatigue_ros.settings.parameters import parameter

MAX_PLAUSIBLE_SPEED = 120.0
"""[m/s] 432 km/h, above the top speed of any car on the road; a larger value is a fault."""

METRES_PER_SECOND = {"m/s": 1.0, "km/h": 1.0 / 3.6, "mph": 0.44704}
"""[m/s] size of each unit; the mile is the international one of 1609.344 m."""

_SPELLINGS = {
    "mps": "m/s",
    "ms-1": "m/s",
    "kmh": "km/h",
    "kph": "km/h",
    "kmph": "km/h",
    "kmh-1": "km/h",
    "mi/h": "mph",
    "mile/h": "mph",
    "miles/h": "mph",
}
"""How DBC files also write the units, without spaces, dots and circumflexes."""


def canonical_unit(unit: str) -> str:
    """The name in METRES_PER_SECOND of a unit as it is commonly written.

    Raises:
        ParameterError: it is none of them.
    """
    plain = unit.lower().translate(str.maketrans("", "", " .^*"))
    name = _SPELLINGS.get(plain, plain)
    if name not in METRES_PER_SECOND:
        raise ParameterError(
            f"{unit!r} is not a unit of speed, expected one of {', '.join(METRES_PER_SECOND)}"
        )
    return name


def to_metres_per_second(value: float, unit: str) -> float:
    """Convert a speed, for example ``to_metres_per_second(90.0, "km/h")`` to 25.0.

    Raises:
        ParameterError: the unit is unknown.
    """
    return value * METRES_PER_SECOND[canonical_unit(unit)]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpeedSettings:
    """Where the vehicle's speed comes from."""

    source: str = parameter(
        "none",
        "Where the speed comes from: nowhere, a topic of the named type, a signal on the CAN bus, "
        "the OBD-II socket, one fixed speed or a profile over time.",
        choices=(
            "none",
            "twist_stamped",
            "twist",
            "odometry",
            "float32",
            "can",
            "obd",
            "fixed",
            "profile",
        ),
    )
    timeout: float = parameter(
        1.0,
        "A speed older than this is no longer the vehicle's speed. Speed is on the bus every "
        "0.01 to 0.1 s, and from OBD-II at least once a second.",
        unit="s",
        minimum=0.1,
        maximum=60.0,
    )
    input_unit: str = parameter(
        "m/s",
        "Unit of the numbers of a float32 topic.",
        choices=tuple(METRES_PER_SECOND),
    )
    can_interface: str = parameter(
        "socketcan",
        "Kind of CAN interface, as python-can names it (socketcan, slcan, pcan, virtual, ...). "
        "Settings that only one kind has are read from python-can's own configuration file.",
    )
    can_channel: str = parameter("can0", "Channel of the CAN interface, for example can0.")
    can_bitrate: int = parameter(
        500000,
        "Bit rate of the bus, 0 to leave it to the interface. SocketCAN ignores it: there it is "
        "set with ip link.",
        unit="bit/s",
        minimum=0,
        maximum=1000000,
    )
    dbc_file: str = parameter(
        "", "File that describes the messages on the bus (DBC, or KCD, ARXML, SYM), for source can."
    )
    can_message: str = parameter("", "Message in that file which carries the speed.")
    can_signal: str = parameter("", "Signal of that message which is the speed.")
    can_unit: str = parameter(
        "",
        "Unit of that signal where the file gives none or a wrong one; empty takes the file's.",
        choices=("", *METRES_PER_SECOND),
    )
    obd_request_rate: float = parameter(
        5.0,
        "How often the speed is asked for over OBD-II. Control units need up to 0.05 s for an "
        "answer (ISO 15765-4, P2).",
        unit="Hz",
        minimum=0.5,
        maximum=20.0,
    )
    obd_extended_ids: bool = parameter(
        False, "Use the 29-bit identifiers of ISO 15765-4, for vehicles that do not answer 0x7DF."
    )
    simulated_rate: float = parameter(
        10.0,
        "How often a fixed speed or a profile is published.",
        unit="Hz",
        minimum=1.0,
        maximum=100.0,
    )
    fixed_speed_kmh: float = parameter(
        90.0, "Speed of source fixed.", unit="km/h", minimum=0.0, maximum=432.0, live=True
    )
    profile_times: list[float] = parameter(
        [0.0, 5.0, 20.0],
        "Times of the corners of source profile, from the first publication on, rising. "
        "Between two corners the speed is interpolated; after the last it stays.",
        unit="s",
        minimum=0.0,
    )
    profile_speeds_kmh: list[float] = parameter(
        [0.0, 0.0, 90.0],
        "Speeds at the corners of source profile, as many as profile_times.",
        unit="km/h",
        minimum=0.0,
        maximum=432.0,
    )


class SpeedSource(Protocol):
    """A device that measures speed and hands each value [m/s] to a callback from its own thread."""

    @property
    def problem(self) -> str:
        """What keeps it from measuring, in one line; empty when nothing does."""
        ...

    def start(self) -> None:
        """Open the device and begin.

        Raises:
            SourceError: the settings can never work. A device that is only absent is waited for.
        """
        ...

    def close(self) -> None:
        """Stop, and let go of the device; no callback comes afterwards. Twice does no harm."""
        ...

    def diagnose(self) -> dict[str, str]:
        """State and counters, by name, for diagnostics."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class SpeedReading:
    """A speed that is believed.

    Attributes:
        stamp: [s] when it was measured.
        metres_per_second: [m/s] magnitude, never negative.
    """

    stamp: float
    metres_per_second: float


class SpeedMonitor:
    """Believes or refuses each speed, and knows when the last one has grown stale.

    Reversing counts as its magnitude: what depends on speed asks how fast the vehicle moves, and
    a frame that is mounted backwards must not look like a standing vehicle.

    A speed goes stale by the time that has passed since it came, not by its stamp: the stamps of
    a recording are those of another day. How far they are off is known as ``skew``.
    """

    def __init__(self, timeout: float) -> None:
        """Set up with the age [s] from which on a speed is stale."""
        self.timeout = timeout
        self.accepted = 0
        self.refused = 0
        self.latest: SpeedReading | None = None
        self.refusal = ""
        """Why the newest speed was refused, empty when it was believed."""
        self.skew = 0.0
        """[s] how far the newest stamp lay behind the clock when it came."""
        self._received = -math.inf

    def update(self, metres_per_second: float, stamp: float, now: float) -> SpeedReading | None:
        """Take a speed in.

        Args:
            metres_per_second: [m/s], negative when reversing.
            stamp: [s] when it was measured.
            now: [s] when it came, by the clock that ``age`` is asked with.

        Returns:
            The reading, or None when it is refused: not a number, or faster than
            MAX_PLAUSIBLE_SPEED.
        """
        speed = abs(metres_per_second)
        if not speed <= MAX_PLAUSIBLE_SPEED:  # so that NaN is refused too
            self.refused += 1
            self.refusal = (
                f"a speed of {metres_per_second:g} m/s is not plausible, expected at most "
                f"{MAX_PLAUSIBLE_SPEED:g} m/s"
            )
            return None
        self.accepted += 1
        self.refusal = ""
        self.skew = now - stamp
        self._received = now
        self.latest = SpeedReading(stamp, speed)
        return self.latest

    def age(self, now: float) -> float:
        """Time [s] since the latest reading came; infinite before the first one."""
        return now - self._received

    def current(self, now: float) -> SpeedReading | None:
        """The latest reading unless it is stale at this time [s] (or the clock went back)."""
        return self.latest if abs(self.age(now)) <= self.timeout else None

    def diagnose(self) -> dict[str, str]:
        """Counters by name, for diagnostics."""
        return {
            "speeds accepted": str(self.accepted),
            "implausible speeds refused": str(self.refused),
            "stamps behind the clock [s]": f"{self.skew:.3f}",
        }


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
        """Speed [m/s] at a time [s]; before the first corner its speed, after the last that one."""
        if not math.isfinite(time):
            raise ParameterError(f"profile: expected a finite time, got {time}")
        right = bisect.bisect_right(self._times, time)
        if right == 0:
            return self._speeds[0]
        if right == len(self._times):
            return self._speeds[-1]
        start, end = self._times[right - 1], self._times[right]
        share = (time - start) / (end - start)
        return self._speeds[right - 1] * (1.0 - share) + self._speeds[right] * share


def simulated_speed(settings: SpeedSettings) -> SpeedProfile | None:
    """The made-up speed that the settings ask for, None when the source is a real one.

    Raises:
        ParameterError: the profile cannot be used.
    """
    if settings.source == "fixed":
        return SpeedProfile([0.0], [settings.fixed_speed_kmh])
    if settings.source == "profile":
        return SpeedProfile(settings.profile_times, settings.profile_speeds_kmh)
    return None
