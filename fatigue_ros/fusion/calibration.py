"""A driver's own references: learnt once while rested, then frozen.

A baseline that follows a tiring driver hides the tiredness, so a reference is never changed once
it is known, and it is not learnt at all from a driver who already looks tired.
"""

from __future__ import annotations

import dataclasses
import math
import statistics

from fatigue_ros.face import EventKind
from fatigue_ros.fusion.references import References
from fatigue_ros.measures.states import EyeState, MouthState, PulseState
from fatigue_ros.settings.parameters import parameter

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
