"""Vehicle speed: units, settings, what a source of it is, and which speeds are believed."""

import dataclasses
import math
from collections.abc import Callable

from fatigue_ros.devices.can_settings import CanSettings
from fatigue_ros.errors import ParameterError
from fatigue_ros.settings.parameters import parameter
from fatigue_ros.settings.registry import Registry
from fatigue_ros.vehicle import KMH_PER_MPS, MAX_PLAUSIBLE_SPEED, plausible_speed

METRES_PER_SECOND = {"m/s": 1.0, "km/h": 1.0 / KMH_PER_MPS, "mph": 0.44704}
"""[m/s] size of each unit; the mile is the international one of 1609.344 m."""

_SPELLINGS = {
    "m/s": ("mps", "ms-1"),
    "km/h": ("kmh", "kph", "kmph", "kmh-1"),
    "mph": ("mi/h", "mile/h", "miles/h"),
}
"""How DBC files also write the units, without spaces, dots and circumflexes."""


def canonical_unit(unit: str) -> str:
    """The name in METRES_PER_SECOND of a unit as it is commonly written.

    Raises:
        ParameterError: it is none of them.
    """
    plain = unit.lower().translate(str.maketrans("", "", " .^*"))
    for name, spellings in _SPELLINGS.items():
        if plain == name or plain in spellings:
            return name
    raise ParameterError(
        f"{unit!r} is not a unit of speed, expected one of {', '.join(_SPELLINGS)}"
    )


def to_metres_per_second(value: float, unit: str) -> float:
    """Convert a speed, for example ``to_metres_per_second(90.0, "km/h")`` to 25.0.

    Raises:
        ParameterError: the unit is unknown.
    """
    return value * METRES_PER_SECOND[canonical_unit(unit)]


class SpeedSource:
    """Where speed comes from. This one says nothing; it is the base of all others.

    A source has its speed from a device that it reads in a thread of its own, from ``start`` to
    ``close``, or is asked for it by ``poll``.

    Attributes:
        settings: as they are now; those that are live may change at any time.
        on_speed: takes each speed [m/s] that the thread has.
        fault: what keeps it from measuring, in one line; empty when nothing does.
    """

    def __init__(self, settings: "SpeedSettings", on_speed: Callable[[float], None]) -> None:
        """Set up, and refuse what can never work. Nothing is opened yet.

        Raises:
            FatigueError: the settings can never work.
        """
        self.settings = settings
        self.on_speed = on_speed
        self.fault = ""

    @property
    def period(self) -> float:
        """[s] from one poll to the next; 0: it is not asked."""
        return 0.0

    @property
    def problem(self) -> str:
        """What keeps it from measuring, in one line; empty when nothing does."""
        return self.fault

    def start(self) -> None:
        """Open the device and begin; a device that is only absent is waited for.

        Raises:
            SourceError: the settings can never work.
        """

    def poll(self, now: float) -> float | None:
        """The speed [m/s] at a time [s] of the node's clock, None when it is not known.

        What is raised is the fault until there is a speed again.
        """

    def close(self) -> None:
        """Stop, and let go of the device; no callback comes afterwards. Twice does no harm."""

    def diagnose(self) -> dict[str, str]:
        """State and counters, by name, for diagnostics."""
        return {}


_SILENT = "fatigue_ros.devices.speed:SpeedSource"
SOURCES = Registry(
    "source",
    "fatigue_ros.speed_sources",
    SpeedSource,
    {
        "none": _SILENT,
        # The node itself listens to a topic.
        "twist_stamped": _SILENT,
        "twist": _SILENT,
        "odometry": _SILENT,
        "float32": _SILENT,
        "can": "fatigue_ros.devices.can_speed:CanSpeedSource",
        "obd": "fatigue_ros.devices.obd:ObdSpeedSource",
        "fixed": "fatigue_ros.devices.made_up_speed:FixedSpeedSource",
        "profile": "fatigue_ros.devices.made_up_speed:ProfileSpeedSource",
    },
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpeedSettings(CanSettings):
    """Where the vehicle's speed comes from."""

    source: str = parameter(
        "none",
        "Where the speed comes from: nowhere, a topic of the named type, a signal on the CAN bus, "
        "the OBD-II socket, one fixed speed or a profile over time.",
        choices=SOURCES,
    )
    timeout: float = parameter(
        1.0,
        "A speed older than this is no longer the vehicle's speed. Speed is on the bus every "
        "0.01 to 0.1 s, and from OBD-II at least once a second.",
        unit="s",
        limits=(0.1, 60.0),
    )
    input_unit: str = parameter(
        "m/s", "Unit of the numbers of a float32 topic.", choices=tuple(METRES_PER_SECOND)
    )
    dbc_file: str = parameter(
        "", "File that describes the messages on the bus (DBC, or KCD, ARXML, SYM), for source can."
    )
    can_message: str = parameter(
        "", "Message in that file which carries the speed: its name, or its id such as 0x120."
    )
    can_signal: str = parameter("", "Signal of that message which is the speed.")
    can_unit: str = parameter(
        "",
        "Unit of that signal where the file gives none or a wrong one; empty takes the file's.",
        choices=("", *METRES_PER_SECOND),
    )
    can_reverse: str = parameter(
        "",
        "Signal that tells the reverse gear where the speed has no sign: Message.Signal, which "
        "says yes in reverse, or Message.Signal=R, with its name or number in reverse.",
    )
    obd_request_rate: float = parameter(
        5.0,
        "How often the speed is asked for over OBD-II. Control units need up to 0.05 s for an "
        "answer (ISO 15765-4, P2).",
        unit="Hz",
        limits=(0.5, 20.0),
    )
    obd_extended_ids: bool = parameter(
        False, "Use the 29-bit identifiers of ISO 15765-4, for vehicles that do not answer 0x7DF."
    )
    simulated_rate: float = parameter(
        10.0, "How often a fixed speed or a profile is published.", unit="Hz", limits=(1.0, 100.0)
    )
    fixed_speed_kmh: float = parameter(
        90.0, "Speed of source fixed.", unit="km/h", limits=(0.0, 432.0), live=True
    )
    profile_times: list[float] = parameter(
        [0.0, 5.0, 20.0],
        "Times of the corners of source profile, from the first publication on, rising. "
        "Between two corners the speed is interpolated; after the last it stays.",
        unit="s",
        limits=(0.0, None),
    )
    profile_speeds_kmh: list[float] = parameter(
        [0.0, 0.0, 90.0],
        "Speeds at the corners of source profile, as many as profile_times.",
        unit="km/h",
        limits=(0.0, 432.0),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class SpeedReading:
    """A speed that is believed.

    Attributes:
        stamp: [s] when it was measured.
        metres_per_second: [m/s] negative in reverse.
    """

    stamp: float
    metres_per_second: float


_HARDEST_BRAKING = 15.0
"""[m/s^2] no road vehicle slows down faster than about 12; a crash is told a little later."""
_SLACK = 2.0
"""[m/s] two speeds of one vehicle may differ by, whatever their times."""


class SpeedMonitor:
    """Believes or refuses each speed, and knows when the last one has grown stale.

    A speed that falls faster than a vehicle can brake comes from another sender, or its sender is
    broken. The larger one counts until nobody has said it for the timeout: a vehicle stands when
    all who measure say so.

    Which speeds contradict each other is asked of their magnitudes: not every sender knows which
    way the vehicle goes. The sign is that of the newest.

    A speed goes stale by the time that has passed since it came, not by its stamp: the stamps of
    a recording are those of another day. How far they are off is known as ``skew``.
    """

    def __init__(self, timeout: float) -> None:
        """Set up with the age [s] from which on a speed is stale."""
        self.timeout = timeout
        self.accepted = 0
        self.refused = 0
        self.contradictions = 0
        self.latest: SpeedReading | None = None
        self.refusal = ""
        """Why the newest speed was refused, empty when it was believed."""
        self.skew = 0.0
        """[s] how far the newest stamp lay behind the clock when it came."""
        self._received = -math.inf
        self._believed, self._believed_at = 0.0, -math.inf
        self._contradicted, self._contradicted_at = "", -math.inf

    def update(self, metres_per_second: float, stamp: float, now: float) -> SpeedReading | None:
        """Take a speed in.

        Args:
            metres_per_second: [m/s], negative when reversing.
            stamp: [s] when it was measured.
            now: [s] when it came, by the clock that ``age`` is asked with.

        Returns:
            The reading, with the larger speed where two contradict each other; None when it is
            refused: not a number, or faster than MAX_PLAUSIBLE_SPEED.
        """
        if not plausible_speed(metres_per_second):
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
        speed = self._larger(abs(metres_per_second), now)
        self.latest = SpeedReading(stamp, -speed if metres_per_second < 0.0 else speed)
        return self.latest

    def _larger(self, speed: float, now: float) -> float:
        passed = now - self._believed_at
        least = self._believed - _SLACK - _HARDEST_BRAKING * passed
        if speed < least and 0.0 <= passed <= self.timeout:
            self.contradictions += 1
            self._contradicted_at = now
            self._contradicted = (
                f"speeds contradict each other: {self._believed:.1f} m/s, and {speed:.1f} m/s "
                f"{passed:.2f} s later; the larger counts"
            )
            return self._believed
        self._believed, self._believed_at = speed, now
        return speed

    def contradiction(self, now: float) -> str:
        """Which speeds contradicted each other lately, empty when none did."""
        lately = 0.0 <= now - self._contradicted_at <= self.timeout
        return self._contradicted if lately else ""

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
            "contradicting speeds": str(self.contradictions),
            "stamps behind the clock [s]": f"{self.skew:.3f}",
        }
