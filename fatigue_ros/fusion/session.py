"""Vehicle speed, and whether the sources still send."""

import collections
import dataclasses
import math
from collections.abc import Mapping

from fatigue_ros.settings.parameters import parameter
from fatigue_ros.vehicle import KMH_PER_MPS, plausible_speed

SOURCES = ("eyes", "mouth", "pulse", "speed")
_AGREEMENT_TIME = 1.0  # [s] in which all that is said must say that the vehicle stands
_HARDEST_BRAKING = 15.0  # [m/s2] a good deal more than tyres hold
_LEAST_JUMP = 3.0  # [m/s] beyond that, between two messages: no vehicle does that
_DISAGREEMENTS = 4  # [1] such jumps within
_DISAGREEMENT_TIME = 10.0  # [s]: two sources speak by turns
_MISSED_AFTER = 1.0  # [s] a source that has spoken for so long is missed once it is silent


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
    """Keeps the newest speed and knows when it is too old to use, by when it came.

    A vehicle stands when all that was said within the last second says so: one source among
    others, or one message, does not make it stand.
    """

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._came = math.nan
        self._value = math.nan
        self._recent: collections.deque[tuple[float, float]] = collections.deque(maxlen=1000)
        self._jumps: collections.deque[float] = collections.deque(maxlen=_DISAGREEMENTS)
        self._both = (math.nan, math.nan)
        self._slow = math.nan  # [m/s] that the next was judged by, NaN: by none yet
        self._driving = True

    def on_speed(self, now: float, metres_per_second: float) -> None:
        """Take a speed [m/s] that came at a time [s].

        One that no vehicle has is forgotten, with what was known before.
        """
        value = metres_per_second if plausible_speed(metres_per_second) else math.nan
        change = abs(abs(value) - abs(self._value))  # not every source knows a reverse gear
        if change > _LEAST_JUMP + _HARDEST_BRAKING * max(now - self._came, 0.0):
            self._jumps.append(now)
            self._both = (self._value, value)
        self._came, self._value = now, value
        self._recent.append((now, abs(value)))
        self._slow = math.nan

    def at(self, now: float) -> Speed:
        """Speed at a time [s]."""
        if math.isnan(self._came):
            return Speed(False, "speed: no message yet")
        if now - self._came > self._settings.speed_timeout:
            return Speed(False, f"speed: last message {now - self._came:.1f} s ago")
        if math.isnan(self._value):
            return Speed(False, "speed: the value is not plausible")
        while len(self._recent) > 1 and self._recent[0][0] < self._came - _AGREEMENT_TIME:
            self._recent.popleft()
        slow = self._settings.watch_speed / KMH_PER_MPS
        if self._slow != slow:  # asked for several times a frame, and new ten times a second
            self._slow = slow
            self._driving = not all(value < slow for _, value in self._recent)
        return Speed(True, "", self._value, driving=self._driving)

    def nonsense(self, now: float) -> str:
        """In words that what is said at a time [s] is no speed of a vehicle, else empty."""
        speed = self.at(now)
        fresh = now - self._came <= self._settings.speed_timeout
        return speed.reason if fresh and not speed.valid else ""

    def fault(self, now: float) -> str:
        """That two sources contradict each other at a time [s]; empty when they do not."""
        jumps = self._jumps
        if len(jumps) < _DISAGREEMENTS or now - jumps[0] > _DISAGREEMENT_TIME:
            return ""
        low, high = sorted(abs(value) * KMH_PER_MPS for value in self._both)
        return f"speed: sources disagree ({low:.0f} and {high:.0f} km/h by turns)"


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
            "steering": settings.pulse_timeout,
        }
        self._newest: dict[str, float] = {}
        self._first: dict[str, float] = {}
        self.began = math.nan

    def on_message(self, source: str, now: float) -> None:
        """Note that a message of a source came at a time [s]."""
        self._newest[source] = now
        self._first.setdefault(source, now)

    def newest(self, source: str) -> float:
        """[s] when a source's newest message came; minus infinity when there is none."""
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

    def missed(self, silent: Mapping[str, str]) -> dict[str, str]:
        """Of ``silent``, what was there for a good while and is not needed: worth a word."""
        return {
            source: text
            for source, text in silent.items()
            if source not in self._settings.required_sources
            and self._newest.get(source, 0.0) - self._first.get(source, 0.0) >= _MISSED_AFTER
        }
