"""Vehicle speed, and whether the sources still send."""

import dataclasses
import math
from collections.abc import Mapping

from fatigue_ros.settings.parameters import parameter
from fatigue_ros.vehicle import KMH_PER_MPS, plausible_speed

SOURCES = ("eyes", "mouth", "pulse", "speed")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """When a source counts as silent, and from which speed the vehicle counts as driving."""

    required_sources: list[str] = parameter(
        ["eyes"],
        "Sources whose silence is a system fault; the others only make their metrics invalid",
        choices=SOURCES,
    )
    source_timeout: float = parameter(
        2.0,
        "Time without a message after which a source counts as silent; eyes and mouth send one per "
        "frame",
        unit="s",
        limits=(0.2, 10.0),
    )
    pulse_timeout: float = parameter(
        5.0,
        "The same for the pulse, which sends one about once a second",
        unit="s",
        limits=(1.0, 30.0),
    )
    start_up_time: float = parameter(
        8.0,
        "Time the required sources have for their first message after the ignition; models load",
        unit="s",
        limits=(0.0, 60.0),
    )
    speed_timeout: float = parameter(
        2.0, "Age after which a vehicle speed is unknown (not zero)", unit="s", limits=(0.1, 30.0)
    )
    watch_speed: float = parameter(
        10.0,
        "Below this known speed the vehicle counts as standing and warnings are visual at most; an "
        "unknown speed counts as driving. Ours",
        unit="km/h",
        limits=(0.0, 100.0),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Speed:
    """Vehicle speed now.

    Attributes:
        valid: whether a fresh speed is known.
        reason: why not, empty when valid.
        value: [m/s] negative in reverse; NaN when not known.
        driving: False when it is known to stand: an unknown speed is no reason to relax.
    """

    valid: bool
    reason: str = ""
    value: float = math.nan
    driving: bool = True

    @property
    def kmh(self) -> float:
        """[km/h] without sign; NaN when not known."""
        return abs(self.value) * KMH_PER_MPS

    def below(self, kmh: float) -> bool:
        """Whether it is known to be below this, in km/h."""
        return self.valid and self.kmh < kmh


class SpeedTracker:
    """Keeps the newest speed and knows when it is too old to use."""

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._stamp = math.nan
        self._value = math.nan

    def on_speed(self, stamp: float, metres_per_second: float) -> None:
        """Take a speed [m/s]; one that no vehicle has is forgotten, with what was known before."""
        self._stamp = stamp
        self._value = metres_per_second if plausible_speed(metres_per_second) else math.nan

    def at(self, now: float) -> Speed:
        """Speed at a time [s]."""
        if math.isnan(self._stamp):
            return Speed(False, "speed: no message yet")
        # A stamp far ahead is another clock's and as useless as one far behind.
        if abs(now - self._stamp) > self._settings.speed_timeout:
            return Speed(False, f"speed: last message {now - self._stamp:.1f} s ago")
        if math.isnan(self._value):
            return Speed(False, "speed: the value is not plausible")
        speed = Speed(True, "", self._value)
        if speed.below(self._settings.watch_speed):
            return dataclasses.replace(speed, driving=False)
        return speed


class SourceWatch:
    """Remembers when each source last sent a message.

    Attributes:
        began: [s] when the session began, NaN before it did.
    """

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._timeouts = {
            "eyes": settings.source_timeout,
            "face_state": settings.source_timeout,
            "mouth": settings.source_timeout,
            "pulse": settings.pulse_timeout,
            "speed": settings.speed_timeout,
        }
        self._newest: dict[str, float] = {}
        self.began = math.nan

    def on_message(self, source: str, stamp: float) -> None:
        """Note that a source sent a message of a time [s]."""
        self._newest[source] = stamp

    def newest(self, source: str) -> float:
        """[s] stamp of a source's newest message; minus infinity when there is none."""
        return self._newest.get(source, -math.inf)

    def silent(self, now: float) -> dict[str, str]:
        """In words why sources cannot be used at a time [s], by the names of those that cannot."""
        found = {}
        for source, timeout in self._timeouts.items():
            passed = now - self.newest(source)
            if passed == math.inf:
                found[source] = f"{source}: no message yet"
            elif passed > timeout:
                found[source] = f"{source}: no message for {passed:.1f} s"
        return found

    def fault(self, now: float, silent: Mapping[str, str]) -> str:
        """Which required source is silent at a time [s], of ``silent`` then; empty when none is."""
        started_up = now - self.began > self._settings.start_up_time
        for source in self._settings.required_sources:
            if source in silent and (source in self._newest or started_up):
                return silent[source]
        return ""
