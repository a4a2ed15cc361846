"""Ignition, vehicle speed and whether the sources still speak."""

from __future__ import annotations

import dataclasses
import math

from fatigue_ros.settings.parameters import parameter

KMH_PER_MPS = 3.6
PLAUSIBLE_SPEED = 150.0  # [m/s] 540 km/h: faster than any road vehicle, so a fault of the source
SOURCES = ("eyes", "mouth", "pulse", "speed")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """When a source counts as quiet, and from which speed the vehicle counts as driving."""

    required_sources: list[str] = parameter(
        ["eyes"],
        "Sources whose silence is a system fault; the others only make their metrics invalid",
        choices=SOURCES,
    )
    source_timeout: float = parameter(
        2.0,
        "Silence after which a source counts as quiet; the eyes and the mouth speak once per frame",
        unit="s",
        minimum=0.2,
        maximum=10.0,
    )
    pulse_timeout: float = parameter(
        5.0,
        "Silence after which the pulse counts as quiet; it speaks about once a second",
        unit="s",
        minimum=1.0,
        maximum=30.0,
    )
    start_up_time: float = parameter(
        8.0,
        "Time the required sources have for their first message after the ignition; models load",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    )
    speed_timeout: float = parameter(
        2.0,
        "Age after which a vehicle speed is unknown (not zero)",
        unit="s",
        minimum=0.1,
        maximum=30.0,
    )
    watch_speed: float = parameter(
        10.0,
        "Below this known speed the vehicle counts as standing and warnings are visual at most; an "
        "unknown speed counts as driving. Ours",
        unit="km/h",
        minimum=0.0,
        maximum=100.0,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Speed:
    """Vehicle speed now.

    Attributes:
        valid: whether a fresh speed is known.
        reason: why not, empty when valid.
        value: [m/s] negative in reverse; NaN when not known.
    """

    valid: bool
    reason: str = ""
    value: float = math.nan

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
        self._timeout = settings.speed_timeout
        self._stamp = math.nan
        self._value = math.nan

    def hear(self, stamp: float, metres_per_second: float) -> None:
        """Take a speed [m/s]; one that no vehicle has is forgotten, with what was known before."""
        if not math.isfinite(metres_per_second) or abs(metres_per_second) > PLAUSIBLE_SPEED:
            metres_per_second = math.nan
        self._stamp = stamp
        self._value = metres_per_second

    def at(self, now: float) -> Speed:
        """Speed at a time [s]."""
        if math.isnan(self._stamp):
            return Speed(False, "speed: no message yet")
        # A stamp far ahead is another clock's and as useless as one far behind.
        if abs(now - self._stamp) > self._timeout:
            return Speed(False, f"speed: last message {now - self._stamp:.1f} s ago")
        if math.isnan(self._value):
            return Speed(False, "speed: the value is not plausible")
        return Speed(True, "", self._value)


class SourceWatch:
    """Remembers when each source last spoke."""

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._timeouts = {
            "eyes": settings.source_timeout,
            "face_state": settings.source_timeout,
            "mouth": settings.source_timeout,
            "pulse": settings.pulse_timeout,
            "speed": settings.speed_timeout,
        }
        self._heard: dict[str, float] = {}
        self._began = math.nan

    def begin(self, stamp: float) -> None:
        """Start afresh at a time [s]: nobody has spoken yet."""
        self._heard.clear()
        self._began = stamp

    def hear(self, source: str, stamp: float) -> None:
        """Note that a source spoke at a time [s]."""
        self._heard[source] = stamp

    def silence(self, source: str, now: float) -> str:
        """In words why a source cannot be used at a time [s]; empty when it speaks."""
        heard = self._heard.get(source)
        if heard is None:
            return f"{source}: no message yet"
        if now - heard > self._timeouts[source]:
            return f"{source}: no message for {now - heard:.1f} s"
        return ""

    def fault(self, now: float) -> str:
        """In words which required source is quiet at a time [s]; empty when all speak."""
        for source in self._settings.required_sources:
            silence = self.silence(source, now)
            if silence and (source in self._heard or self.started_up(now)):
                return silence
        return ""

    def started_up(self, now: float) -> bool:
        """Whether the time allowed for the first messages is over."""
        return now - self._began > self._settings.start_up_time
