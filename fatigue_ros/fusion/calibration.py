"""A driver's own references: learnt once while rested, then frozen.

A baseline that follows a tiring driver hides the tiredness, so a reference is never changed once
it is known, and it is not learnt at all from a driver who already looks tired.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from pathlib import Path
from typing import Any

from fatigue_ros.face import EventKind
from fatigue_ros.fusion.storage import RecordStore
from fatigue_ros.measures.states import EyeState, MouthState, PulseState
from fatigue_ros.parameters import parameter

VERSION = 1
_LONGEST_GAP = 0.5  # [s] between frames; a longer gap does not count as time spent
_LONGEST_PULSE_GAP = 3.0  # [s] between pulse windows, which come about once a second
_BLINKS_FOR_RATE = 3  # [1] fewer in a minute say nothing of a rate
_BLINKS_FOR_DURATION = 20  # [1] blinks of one person differ by 60 ms (eyeblink8): mean to 13 ms
_BLINKS_TO_LOOK_TIRED = 5  # [1]
_LONGEST_FOR_DURATION = 300.0  # [s] in sight; who is watched for longer may be tiring already


@dataclasses.dataclass(frozen=True, kw_only=True)
class CalibrationSettings:
    """How long each part takes, and what a rested driver looks like."""

    TIME_FOR_COUNTING_BLINKING_CALIB: float = parameter(
        60.0,
        "Time in sight needed to learn blink rate and the open eye (Mafteiu-Scai and Bobora 2025, "
        "section 3.2); blink duration takes 20 blinks, which may be longer",
        unit="s",
        minimum=5.0,
        maximum=1800.0,
    )
    TIME_FOR_COUNTING_YAWNING_CALIB: float = parameter(
        30.0,
        "Time in sight needed to learn the distance of the closed lips (Mafteiu-Scai and Bobora "
        "2025, section 3.2)",
        unit="s",
        minimum=5.0,
        maximum=1800.0,
    )
    TIME_FOR_GETTING_HR: float = parameter(
        30.0,
        "Time over which heart rate is averaged, for the reference and in profile 'paper' "
        "(Mafteiu-Scai and Bobora 2025, section 3.2)",
        unit="s",
        minimum=5.0,
        maximum=600.0,
    )
    calibration_perclos_limit: float = parameter(
        0.075,
        "Above this PERCLOS the driver counts as tired and nothing is learnt (Wierwille et al. "
        "1994: awake is below 0.075)",
        unit="1",
        minimum=0.0,
        maximum=1.0,
    )
    calibration_blink_duration_limit: float = parameter(
        0.35,
        "A mean blink longer than this counts as tired and is not learnt (Caffier et al. 2003: "
        "about 0.20 s alert and 0.26 s drowsy; the rest is room for different people)",
        unit="s",
        minimum=0.1,
        maximum=0.5,
    )
    calibration_closure_limit: float = parameter(
        1.0,
        "A closure this long during calibration counts as tired and starts it over (microsleep, "
        "Euro NCAP)",
        unit="s",
        minimum=0.5,
        maximum=3.0,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """What is normal for a driver; NaN where it is not known.

    Attributes:
        heart_rate: [1/min].
        blink_rate: [1/min].
        blink_duration: [s].
        ear_open: [1] open-eye level that the eye measure compares EAR with.
        lip_distance: [px] between the centres of the closed lips.
    """

    heart_rate: float = math.nan
    blink_rate: float = math.nan
    blink_duration: float = math.nan
    ear_open: float = math.nan
    lip_distance: float = math.nan

    def or_population(self) -> References:
        """The same, with population values where the driver's own are not known."""
        return References(
            **{
                name: getattr(POPULATION if math.isnan(getattr(self, name)) else self, name)
                for name in References.__slots__  # asdict would copy, thirty times a second
            }
        )


POPULATION = References(
    heart_rate=70.0,  # resting adults are between 60 and 100, most between 60 and 80 (AHA)
    blink_rate=17.0,  # at rest (Bentivoglio et al. 1997)
    # Alert means are 0.20 s in Caffier et al. 2003, and 0.13, 0.14 and 0.25 s from our detector on
    # three videos of eyeblink8. The upper end, so that nobody is called tired for being a slow
    # blinker.
    blink_duration=0.25,
    ear_open=0.3,  # mean of open eyes (Soukupova and Cech 2016, figure 1)
)
"""Used until the driver's own are known. There is no such thing for a distance in pixels."""

LIMITS = {
    "heart_rate": (30.0, 220.0),
    "blink_rate": (0.0, 120.0),
    "blink_duration": (0.03, 0.5),
    "ear_open": (0.05, 1.0),
    "lip_distance": (0.0, 2000.0),
}
"""What a stored reference can be at all; anything else is damage."""


class CalibrationStore:
    """References by driver in files; see RecordStore for its arguments and what it raises."""

    def __init__(self, directory: Path | None, kind: str = "calibration") -> None:
        self._store = RecordStore(directory, kind, VERSION)

    def load(self, driver_id: str) -> References:
        """Read a driver's references; all NaN when there are none.

        Raises:
            StorageError: the file was damaged or older and has been set aside.
        """
        record = self._store.load(driver_id)
        if record is None:
            return References()
        values = record.get("references")
        if not isinstance(values, dict):
            raise self._store.set_aside(driver_id, "expected an object 'references'")
        known: dict[str, float] = {}
        for name, (low, high) in LIMITS.items():
            value: Any = values.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise self._store.set_aside(driver_id, f"{name}: expected a number, got {value!r}")
            if not low <= value <= high:
                raise self._store.set_aside(
                    driver_id, f"{name}: expected {low} to {high}, got {value}"
                )
            known[name] = float(value)
        return References(**known)

    def save(self, driver_id: str, references: References, stamp: float) -> None:
        """Write a driver's references, learnt at a time [s].

        Raises:
            StorageError: it could not be written.
        """
        values = {
            name: None if math.isnan(value) else value
            for name, value in dataclasses.asdict(references).items()
        }
        self._store.save(driver_id, {"stamp": stamp, "references": values})


class _Elapsed:
    """Adds up the time between frames that follow each other."""

    def __init__(self, longest_gap: float) -> None:
        self._longest = longest_gap
        self._last = math.nan
        self.total = 0.0

    def add(self, stamp: float) -> bool:
        """Take a frame; True when the time since the last one counts."""
        gap = stamp - self._last
        self._last = stamp
        if 0.0 < gap <= self._longest:
            self.total += gap
            return True
        return False

    def share(self, wanted: float) -> float:
        """[1] of a time wanted, 1 when it is complete but for rounding of stamps."""
        return 1.0 if self.total >= wanted - 1e-6 else self.total / wanted

    def pause(self) -> None:
        self._last = math.nan


class Calibration:
    """Learns the references of one driver.

    Args:
        settings: times and limits.
        references: what is known of the driver already; it is kept as it is.
    """

    def __init__(self, settings: CalibrationSettings, references: References) -> None:
        self._settings = settings
        self.references = references
        """Frozen where known, NaN elsewhere."""
        self.note = ""
        """What was learnt or why learning started over, in words; empty when nothing is new."""
        self._finished = not math.isnan(references.ear_open)
        self._learning_eyes = not self._finished
        self._start_eyes()
        self._lips = _Elapsed(_LONGEST_GAP)
        self._lip_distances: list[float] = []
        self._pulse = _Elapsed(_LONGEST_PULSE_GAP)
        self._heart_rates: list[float] = []
        self._tired = False

    @property
    def progress(self) -> float:
        """[%] of the time needed by the sources that are there.

        A source that turns up after the others are done, such as a pulse sensor put on while
        driving, is learnt as well but does not take 100 % back.
        """
        if self._finished:
            return 100.0
        s = self._settings
        parts = [(s.TIME_FOR_COUNTING_BLINKING_CALIB, self._eyes_share())]
        if self._lip_distances or not math.isnan(self.references.lip_distance):
            parts.append((s.TIME_FOR_COUNTING_YAWNING_CALIB, self._lips_share()))
        if self._heart_rates or not math.isnan(self.references.heart_rate):
            parts.append((s.TIME_FOR_GETTING_HR, self._pulse_share()))
        return 100.0 * sum(t * share for t, share in parts) / sum(t for t, _ in parts)

    def on_eyes(self, state: EyeState) -> bool:
        """Take a frame; True when something was learnt from it."""
        was_tired, self._tired = self._tired, self._looks_tired(state)
        if not self._learning_eyes:
            return False
        if not state.judged:
            self._eyes.pause()
            return False
        counts = self._eyes.add(state.stamp)
        if not state.eyes_closed and math.isfinite(state.ear_open):
            self._open_levels.append(state.ear_open)
        if counts:
            self._blink_durations += [
                event.duration for event in state.events if event.kind == EventKind.BLINK
            ]
        if self._tired:
            if not was_tired:
                self.note = "calibration starts over: the driver looks tired, nothing can be learnt"
            self._start_eyes()
            return False
        if math.isnan(self.references.ear_open):
            return self._learn_eyes()
        return self._learn_blink_duration()

    def _learn_eyes(self) -> bool:
        if self._eyes_share() < 1.0 or not self._open_levels or self._blinks_look_tired():
            return False
        blinks = len(self._blink_durations)
        self.references = dataclasses.replace(
            self.references,
            ear_open=statistics.median(self._open_levels),
            blink_rate=60.0 * blinks / self._eyes.total if blinks >= _BLINKS_FOR_RATE else math.nan,
        )
        self.note = "calibration: the driver's open eyes are known"
        return self._learnt()

    def _learn_blink_duration(self) -> bool:
        if len(self._blink_durations) < _BLINKS_FOR_DURATION:
            if self._eyes.total > _LONGEST_FOR_DURATION:
                self.note = "calibration: too few blinks, their duration stays the population's"
                self._learning_eyes = False
            return False
        if self._blinks_look_tired():
            return False
        self.references = dataclasses.replace(
            self.references, blink_duration=statistics.fmean(self._blink_durations)
        )
        self._learning_eyes = False
        self.note = "calibration: the driver's blinks are known"
        return True

    def _blinks_look_tired(self) -> bool:
        """Whether blinks are too long to be those of a rested driver; learning starts over then."""
        if len(self._blink_durations) < _BLINKS_TO_LOOK_TIRED:
            return False
        mean = statistics.fmean(self._blink_durations)
        limit = self._settings.calibration_blink_duration_limit
        if mean <= limit:
            return False
        self.note = (
            f"calibration starts over: blinks of {mean:.2f} s on average are those of a tired "
            f"driver (limit {limit:.2f} s)"
        )
        self._start_eyes()
        return True

    def on_mouth(self, state: MouthState) -> bool:
        """Take a frame; True when something was learnt from it."""
        if not math.isnan(self.references.lip_distance):
            return False
        if not state.judged or state.mouth_open or not math.isfinite(state.lip_distance):
            self._lips.pause()
            return False
        self._lips.add(state.stamp)
        self._lip_distances.append(state.lip_distance)
        if self._lips_share() < 1.0:
            return False
        self.references = dataclasses.replace(
            self.references, lip_distance=statistics.median(self._lip_distances)
        )
        self.note = "calibration: the driver's mouth is known"
        return self._learnt()

    def on_pulse(self, state: PulseState) -> bool:
        """Take a window; True when something was learnt from it."""
        if not math.isnan(self.references.heart_rate):
            return False
        if not state.valid or not math.isfinite(state.bpm) or self._tired:
            self._pulse.pause()
            return False
        self._pulse.add(state.stamp)
        self._heart_rates.append(state.bpm)
        if self._pulse_share() < 1.0:
            return False
        self.references = dataclasses.replace(
            self.references, heart_rate=statistics.fmean(self._heart_rates)
        )
        self.note = "calibration: the driver's heart rate is known"
        return self._learnt()

    def _learnt(self) -> bool:
        self._finished = self._finished or self.progress >= 100.0 - 1e-9
        return True

    def _start_eyes(self) -> None:
        self._eyes = _Elapsed(_LONGEST_GAP)
        self._open_levels: list[float] = []
        self._blink_durations: list[float] = []

    def _eyes_share(self) -> float:
        if not math.isnan(self.references.ear_open):
            return 1.0
        return self._eyes.share(self._settings.TIME_FOR_COUNTING_BLINKING_CALIB)

    def _lips_share(self) -> float:
        if not math.isnan(self.references.lip_distance):
            return 1.0
        return self._lips.share(self._settings.TIME_FOR_COUNTING_YAWNING_CALIB)

    def _pulse_share(self) -> float:
        if not math.isnan(self.references.heart_rate):
            return 1.0
        return self._pulse.share(self._settings.TIME_FOR_GETTING_HR)

    def _looks_tired(self, state: EyeState) -> bool:
        s = self._settings
        longest = max(
            (event.duration for event in state.events if event.kind == EventKind.CLOSURE),
            default=0.0,
        )
        if max(longest, state.closure_duration) >= s.calibration_closure_limit:
            return True
        return state.valid and state.perclos > s.calibration_perclos_limit
