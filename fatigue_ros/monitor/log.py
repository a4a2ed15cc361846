"""What was seen of a driver from the first frame to the last: series, events, warnings, summary."""

import dataclasses
import math
from array import array
from typing import Any

import numpy as np
import numpy.typing as npt

from fatigue_ros.errors import MessageError
from fatigue_ros.face import LONG_BLINK, Event, EventKind
from fatigue_ros.fusion.assessment import Assessment
from fatigue_ros.measures.states import EyeState, MouthState, PulseState


class Series:
    """A measure over time, as two arrays of numbers (16 bytes a sample)."""

    def __init__(self) -> None:
        self._times = array("d")
        self._values = array("d")

    def add(self, time: float, value: float) -> None:
        """Append a sample, time in [s]."""
        self._times.append(time)
        self._values.append(value)

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """[s] shape (n,)."""
        return np.array(self._times)

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """Shape (n,), NaN where there was no value."""
        return np.array(self._values)


class _Nothing(Series):
    """A measure that nobody asks for."""

    def add(self, time: float, value: float) -> None:
        """Forget the sample."""


@dataclasses.dataclass(frozen=True)
class Warned:
    """A warning that began."""

    time: float
    severity: str
    cause: str
    text: str


class DriveLog:
    """Collects messages in the order they come; all its times are [s] from the first frame.

    Args:
        keep_samples: keep every measure, for a picture; else only what the summary needs, so that
            hours take no memory.

    Attributes:
        long_blink: [s] from which on a closure that still goes on at the end is one.
        level_max: [%] NaN before the first valid level.
        sleepiness: what the driver said when asked: [s] and KSS [1].
    """

    def __init__(self, *, keep_samples: bool = True) -> None:
        series = Series if keep_samples else _Nothing
        self.long_blink = LONG_BLINK
        self.level_max = math.nan
        self.ear = series()
        self.ear_open = series()
        self.perclos = series()
        self.coverage = series()
        self.mouth_opening = series()
        self.heart_rate = series()
        self.speed = series()
        self.level = series()
        self.events: list[Event] = []
        self.warnings: list[Warned] = []
        self.sleepiness: list[tuple[float, int]] = []
        self.latencies = array("d")
        self.frames = 0
        self.frames_with_face = 0
        self.duration = 0.0
        self.origin: float | None = None
        """[s] stamp of the first frame."""
        self._closed_since: float | None = None
        self._warning = ("none", "")

    def _time(self, stamp: float) -> float:
        return 0.0 if self.origin is None else stamp - self.origin

    def on_frame(self, stamp: float, *, face: bool) -> None:
        """A frame went through the landmark engine."""
        if self.origin is None:
            self.origin = stamp
        self.frames += 1
        self.frames_with_face += face
        self.duration = max(self.duration, self._time(stamp))

    def on_eyes(self, state: EyeState) -> None:
        """The eyelids."""
        time = self._time(state.stamp)
        self.ear.add(time, state.ear)
        self.ear_open.add(time, state.ear_open)
        self.perclos.add(time, state.perclos)
        self.coverage.add(time, state.coverage)
        self._closed_since = time - state.closure_duration if state.eyes_closed else None
        self._take(state.events)

    def on_mouth(self, state: MouthState) -> None:
        """The mouth."""
        self.mouth_opening.add(self._time(state.stamp), state.mouth_opening)
        self._take(state.events)

    def on_pulse(self, state: PulseState) -> None:
        """The pulse; what came before the first frame has no place on its time and is left out."""
        if self.origin is not None:
            self.heart_rate.add(self._time(state.stamp), state.bpm if state.valid else math.nan)

    def on_sleepiness(self, kss: int) -> None:
        """The driver says how sleepy he or she is now, on the Karolinska Sleepiness Scale.

        Raises:
            MessageError: there is no such answer.
        """
        if not 1 <= kss <= 9:
            raise MessageError(f"sleepiness: expected a KSS of 1 to 9, got {kss}")
        self.sleepiness.append((self.duration, kss))

    def on_speed(self, stamp: float, speed: float) -> None:
        """Vehicle speed, [m/s]."""
        self.speed.add(self._time(stamp), speed)

    def on_level(self, stamp: float, level: float, latency: float = math.nan) -> None:
        """Fatigue level [%]; latency [s] from the frame's publication."""
        self.level.add(self._time(stamp), level)
        if not level <= self.level_max and math.isfinite(level):
            self.level_max = level
        if math.isfinite(latency):
            self.latencies.append(latency)

    def on_warning(self, stamp: float, severity: str, cause: str, text: str) -> None:
        """A warning, or its repetition, or its end (severity "none")."""
        if (severity, cause) == self._warning:
            return
        self._warning = (severity, cause)
        if severity != "none":
            self.warnings.append(Warned(self._time(stamp), severity, cause, text))

    def on_assessment(self, found: Assessment) -> None:
        """A judgement: the level and the warning that follows from it."""
        warning = found.warning
        self.on_level(found.stamp, found.level)
        self.on_warning(
            found.stamp, warning.severity.name.lower(), warning.cause.value, warning.text
        )

    def _take(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self.events.append(dataclasses.replace(event, start=self._time(event.start)))

    def spans(self, kind: EventKind) -> list[tuple[float, float]]:
        """Start and end [s] of the events of a kind; a closure may still be going on at the end."""
        found = [(event.start, event.end) for event in self.events if event.kind == kind]
        if (
            kind == EventKind.CLOSURE
            and self._closed_since is not None
            and self.duration - self._closed_since >= self.long_blink
        ):
            found.append((self._closed_since, self.duration))
        return sorted(found)

    def summary(self) -> dict[str, Any]:
        """What was seen, as documented in docs/interfaces.md."""

        def listed(kind: EventKind) -> list[dict[str, float]]:
            return [
                {"start_s": round(start, 3), "end_s": round(end, 3)}
                for start, end in self.spans(kind)
            ]

        latency = np.percentile(self.latencies, (50, 99)) * 1e3 if self.latencies else (None, None)
        return {
            "duration_s": round(self.duration, 3),
            "frames": self.frames,
            "frames_with_face": self.frames_with_face,
            "blinks": listed(EventKind.BLINK),
            "closures": listed(EventKind.CLOSURE),
            "yawns": listed(EventKind.YAWN),
            "warnings": [
                {"time_s": round(w.time, 3), "severity": w.severity, "cause": w.cause}
                for w in self.warnings
            ],
            "level_max": None if math.isnan(self.level_max) else round(self.level_max, 2),
            "latency_ms": {
                name: None if value is None else round(float(value), 2)
                for name, value in zip(("p50", "p99"), latency, strict=True)
            },
        }

    def text(self) -> str:
        """The summary for people."""
        s = self.summary()
        share = 100.0 * s["frames_with_face"] / s["frames"] if s["frames"] else 0.0
        lines = [
            f"{s['duration_s']:.1f} s, {s['frames']} frames, a face in {share:.0f} % of them",
            _count(s["blinks"], "blink"),
        ]
        for name in ("closures", "yawns"):
            spans = ", ".join(f"{e['start_s']:.1f}-{e['end_s']:.1f} s" for e in s[name])
            lines.append(_count(s[name], name[:-1]) + (f": {spans}" if spans else ""))
        lines.append(_count(self.warnings, "warning"))
        lines += [f"  {w.time:6.1f} s  {w.severity:8}  {w.text or w.cause}" for w in self.warnings]
        level = "none" if s["level_max"] is None else f"{s['level_max']:.0f} %"
        lines.append(f"highest fatigue level: {level}")
        if s["latency_ms"]["p50"] is not None:
            latency = s["latency_ms"]
            lines.append(
                f"frame to fatigue level: {latency['p50']:.1f} ms (median), "
                f"{latency['p99']:.1f} ms (99 %)"
            )
        return "\n".join(lines)


def _count(things: list[Any], name: str) -> str:
    return f"{len(things)} {name}" + ("" if len(things) == 1 else "s")
