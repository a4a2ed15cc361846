"""A driver's own references as seen first: learnt once while rested, then frozen.

A baseline that follows a tiring driver hides the tiredness, so a reference is never changed once
it is known, and it is not learnt at all from a driver who already looks tired. What is normal over
several drives is made in :mod:`fatigue_ros.fusion.alert_drives`.
"""

import dataclasses
import math
import statistics
from collections.abc import Callable, Sequence

from fatigue_ros.face import EventKind
from fatigue_ros.fusion.alert_drives import own_deviation
from fatigue_ros.fusion.references import References
from fatigue_ros.measures.own_blinks import LEAST
from fatigue_ros.measures.states import EyeState, MouthState, PulseState
from fatigue_ros.measures.windows import Elapsed
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
        limits=(5.0, 1800.0),
    )
    TIME_FOR_COUNTING_YAWNING_CALIB: float = parameter(
        30.0,
        "Time in sight needed to learn the distance of the closed lips (Mafteiu-Scai and Bobora "
        "2025, section 3.2)",
        unit="s",
        limits=(5.0, 1800.0),
    )
    TIME_FOR_GETTING_HR: float = parameter(
        30.0,
        "Time over which heart rate is averaged, for the reference and in profile 'paper' "
        "(Mafteiu-Scai and Bobora 2025, section 3.2)",
        unit="s",
        limits=(5.0, 600.0),
    )
    calibration_perclos_limit: float = parameter(
        0.075,
        "Above this PERCLOS the driver counts as tired and nothing is learnt (Wierwille et al. "
        "1994: awake is below 0.075)",
        unit="1",
        limits=(0.0, 1.0),
    )
    calibration_blink_duration_limit: float = parameter(
        0.35,
        "A mean blink longer than this counts as tired and is not learnt (Caffier et al. 2003: "
        "about 0.20 s alert and 0.26 s drowsy; the rest is room for different people)",
        unit="s",
        limits=(0.1, 0.5),
    )
    calibration_closure_limit: float = parameter(
        1.0,
        "A closure this long during calibration counts as tired and starts it over (microsleep, "
        "Euro NCAP)",
        unit="s",
        limits=(0.5, 3.0),
    )


@dataclasses.dataclass
class _Samples:
    """What is collected of one source until it is enough for a reference.

    Attributes:
        subject: the reference in words.
        wanted: [s] how long to collect.
        average: makes the reference of the values.
        time: that counted so far.
        values: collected in it.
    """

    subject: str
    wanted: float
    average: Callable[[Sequence[float]], float]
    time: Elapsed
    values: list[float] = dataclasses.field(default_factory=list)

    @property
    def share(self) -> float:
        return self.time.share(self.wanted)


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
        self._tired = False
        median, mean = statistics.median, statistics.fmean
        lips, pulse = settings.TIME_FOR_COUNTING_YAWNING_CALIB, settings.TIME_FOR_GETTING_HR
        self._samples = {
            "lip_distance": _Samples("mouth is", lips, median, Elapsed(_LONGEST_GAP)),
            "heart_rate": _Samples("heart rate is", pulse, mean, Elapsed(_LONGEST_PULSE_GAP)),
        }
        self._start_eyes()

    @property
    def progress(self) -> float:
        """[%] of the time needed by the sources that are there.

        A source that turns up after the others are done, such as a pulse sensor put on while
        driving, is learnt as well but does not take 100 % back.
        """
        if self._finished:
            return 100.0
        parts = []
        for name in ("ear_open", "lip_distance", "heart_rate"):
            samples, known = self._samples[name], self._knows(name)
            if known or samples.values or name == "ear_open":
                parts.append((samples.wanted, 1.0 if known else samples.share))
        return 100.0 * sum(t * share for t, share in parts) / sum(t for t, _ in parts)

    def on_eyes(self, state: EyeState) -> bool:
        """Take a frame; True when something was learnt from it."""
        was_tired, self._tired = self._tired, self._looks_tired(state)
        if not self._learning_eyes:
            return False
        eyes = self._samples["ear_open"]
        if not state.judged:
            eyes.time.pause()
            return False
        counts = eyes.time.add(state.stamp) > 0.0
        if not state.eyes_closed and math.isfinite(state.ear_open):
            eyes.values.append(state.ear_open)
        if counts:
            for event in state.events:
                if event.kind == EventKind.BLINK:
                    self._blink_durations.append(event.duration)
                    if event.opening_speed > 0.0:
                        self._lid_speeds.append(event.opening_speed)
        if self._tired:
            if not was_tired:
                self.note = "calibration starts over: the driver looks tired, nothing can be learnt"
            self._start_eyes()
            return False
        if self._knows("ear_open"):
            return self._learn_blinks(state)
        if eyes.share < 1.0 or not eyes.values or self._blinks_look_tired():
            return False
        blinks = len(self._blink_durations)
        rate = 60.0 * blinks / eyes.time.total if blinks >= _BLINKS_FOR_RATE else math.nan
        return self._learn("ear_open", blink_rate=rate)

    def on_mouth(self, state: MouthState) -> bool:
        """Take a frame; True when something was learnt from it."""
        closed = state.judged and not state.mouth_open
        return self._collect(
            "lip_distance", state.stamp, state.lip_distance if closed else math.nan
        )

    def on_pulse(self, state: PulseState) -> bool:
        """Take a window; True when something was learnt from it."""
        usable = state.valid and not self._tired
        return self._collect("heart_rate", state.stamp, state.bpm if usable else math.nan)

    def _knows(self, name: str) -> bool:
        return not math.isnan(getattr(self.references, name))

    def _collect(self, name: str, stamp: float, value: float) -> bool:
        samples = self._samples[name]
        if self._knows(name):
            return False
        if not math.isfinite(value):
            samples.time.pause()
            return False
        samples.time.add(stamp)
        samples.values.append(value)
        return samples.share >= 1.0 and self._learn(name)

    def _learn(self, name: str, **more: float) -> bool:
        samples = self._samples[name]
        learnt = {name: samples.average(samples.values), **more}
        self.references = dataclasses.replace(self.references, **learnt)
        self.note = f"calibration: the driver's {samples.subject} known"
        self._finished = self._finished or self.progress >= 100.0 - 1e-9
        return True

    def _learn_blinks(self, state: EyeState) -> bool:
        if len(self._blink_durations) < _BLINKS_FOR_DURATION:
            if self._samples["ear_open"].time.total > _LONGEST_FOR_DURATION:
                self.note = "calibration: too few blinks, their duration stays the population's"
                self._learning_eyes = False
            return False
        if self._blinks_look_tired():
            return False
        durations, speeds = self._blink_durations, self._lid_speeds
        known = len(speeds) >= LEAST
        self.references = dataclasses.replace(
            self.references,
            lid_speed=statistics.fmean(speeds) if known else math.nan,
            lid_speed_deviation=statistics.pstdev(speeds) if known else math.nan,
            ear_shut=state.ear_shut,
            blink_depth=state.blink_depth,
            blink_duration=statistics.fmean(durations),
            blink_deviation=own_deviation(durations),
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

    def _start_eyes(self) -> None:
        wanted = self._settings.TIME_FOR_COUNTING_BLINKING_CALIB
        time = Elapsed(_LONGEST_GAP)
        self._samples["ear_open"] = _Samples("open eyes are", wanted, statistics.median, time)
        self._blink_durations: list[float] = []
        self._lid_speeds: list[float] = []

    def _looks_tired(self, state: EyeState) -> bool:
        s = self._settings
        longest = max(
            (event.duration for event in state.events if event.kind == EventKind.CLOSURE),
            default=0.0,
        )
        if max(longest, state.closure_duration) >= s.calibration_closure_limit:
            return True
        return state.valid and state.perclos > s.calibration_perclos_limit
