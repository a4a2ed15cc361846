"""How the driver steers: the wheel and the place in the lane, over the last minutes by hand.

What is measured says something only while the driver holds the lane: above a speed, on a straight
road, between lane changes, with no assistance that steers. All else is left out, and two seconds
before and after it, since it shows late.
"""

import collections
import dataclasses
import math
import statistics
from collections.abc import Sequence

import numpy as np

from fatigue_ros.measures import steering_formulas as formulas
from fatigue_ros.measures.states import SteeringState
from fatigue_ros.measures.steering_formulas import SHORTEST, STEP, Signal
from fatigue_ros.settings.parameters import parameter
from fatigue_ros.vehicle import KMH_PER_MPS

_GAP = 0.25  # [s] between two samples; more is a gap
_MARGIN = 2.0  # [s] that is left out on both sides of what does not count
_SLOW = 2.0  # [s] over which the wheel's mean tells a curve
_FRESH = 2.0  # [s] for which a speed counts
_SIGNAL = 5.0  # [s] after the indicator went out: a lane change takes about that long
_RELABELLED = 1.0  # [m] no vehicle moves so far from one sample to the next: another lane is meant
_BACK = 1.0  # [s] a time that goes back by more is another drive


@dataclasses.dataclass(frozen=True, kw_only=True)
class SteeringSettings:
    """When steering says something, and what counts as what."""

    steering_window: float = parameter(
        120.0, "Time of driving that the measures look back over", unit="s", limits=(30.0, 600.0)
    )
    least_steering: float = parameter(
        30.0,
        "So much of it must have counted for the measures to be valid",
        unit="s",
        limits=(10.0, 600.0),
    )
    least_speed: float = parameter(
        60.0,
        "Slower driving is left out: in towns the wheel follows the road, not the driver. Ours, "
        "below the 70 km/h of (EU) 2021/1341",
        unit="km/h",
        limits=(0.0, 200.0),
    )
    curve_angle: float = parameter(
        0.15,
        "Wheel turned further than this for two seconds: a curve, left out. Ours, 9 degrees",
        unit="rad",
        limits=(0.02, 3.0),
    )
    reversal_gap: float = parameter(
        0.052,
        "A reversal turns the wheel back by this much; 3 degrees (Markkula and Engstroem 2006, "
        "for large corrections)",
        unit="rad",
        limits=(0.001, 1.0),
    )
    quiet_time: float = parameter(
        2.0,
        "Wheel left alone for so long: the small corrections of a driver who is awake are "
        "missing. Ours",
        unit="s",
        limits=(0.5, 10.0),
    )
    quiet_band: float = parameter(
        0.009,
        "Within which the wheel counts as left alone. Ours, half a degree",
        unit="rad",
        limits=(0.0005, 0.1),
    )
    late_correction: float = parameter(
        0.1,
        "Turned by this much within half a second after that: a late correction. Ours, 6 degrees",
        unit="rad",
        limits=(0.01, 2.0),
    )
    own_steering_time: float = parameter(
        180.0,
        "So much steering at the begin of a drive is taken for the driver's own, rested way; in a "
        "first drive there is no entropy until then. Ours",
        unit="s",
        limits=(30.0, 1800.0),
    )
    lane_width: float = parameter(3.5, "Of a motorway", unit="m", limits=(2.0, 6.0))
    vehicle_width: float = parameter(1.8, "Over the wheels", unit="m", limits=(0.5, 3.0))


class Pieces:
    """Samples of what counts, in runs without a gap.

    A sample counts once what followed it for two seconds counted too.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        longest = 2 * round(window / STEP)  # where nobody measures meanwhile
        self._kept: collections.deque[tuple[float, float, int]] = collections.deque(maxlen=longest)
        self._waiting: collections.deque[tuple[float, float, int]] = collections.deque()
        self._piece = 0
        self._from = -math.inf
        self._newest = -math.inf

    def add(self, time: float, value: float, *, counts: bool) -> list[tuple[int, float]]:
        """Take a sample at a time [s]; what has come to count by now is returned, by piece."""
        fresh: list[tuple[int, float]] = []
        if not counts:
            self._waiting.clear()
            self._piece += 1
            self._from = time + _MARGIN
        elif time >= self._from:
            if time - self._newest > _GAP:
                self._piece += 1
            self._waiting.append((time, value, self._piece))
            while self._waiting[0][0] <= time - _MARGIN:
                self._kept.append(self._waiting.popleft())
                fresh.append((self._piece, self._kept[-1][1]))
        self._newest = time
        return fresh

    def pieces(self, time: float, least: int = 2) -> list[Signal]:
        """Runs of at least so many samples in the window up to a time [s], oldest first."""
        while self._kept and self._kept[0][0] < time - self._window:
            self._kept.popleft()
        runs: dict[int, list[float]] = {}
        for _, value, piece in self._kept:
            runs.setdefault(piece, []).append(value)
        return [np.array(run) for run in runs.values() if len(run) >= least]


class SteeringMonitor:
    """Takes what the vehicle says as it comes, and measures now and then.

    All times are of one clock that does not step.

    Attributes:
        ignored: angles and positions that were no numbers.
        learnt: how the driver steered at the begin of this drive: the bin of the prediction errors
            [rad] and the entropy with it; None until that is known.
    """

    def __init__(self, settings: SteeringSettings) -> None:
        """Start with nothing seen."""
        self._settings = settings
        self.ignored = 0
        self._own: dict[str, tuple[float, float]] = {}
        self._driver = ""
        self.learnt: tuple[float, float] | None = None
        self.reset()

    def reset(self) -> None:
        """Another drive: forget all but the drivers' own steering."""
        self.learnt = None
        self._wheel = Pieces(self._settings.steering_window)
        self._lane = Pieces(self._settings.steering_window)
        self._at = math.nan
        self._angle = self._mean = math.nan
        self._speed, self._speed_at = math.nan, -math.inf
        self._assisted = False
        self._indicating = self._braking = False
        self._indicated_at = -math.inf
        self._lane_at = self._position = math.nan
        self._learning: dict[int, list[float]] = {}

    def set_driver(self, driver: str, drives: Sequence[tuple[float, float]] = ()) -> None:
        """Somebody else drives, or the same as before.

        Args:
            driver: the name.
            drives: what was learnt in earlier drives; the medians are the driver's own.
        """
        if driver != self._driver:
            self._driver = driver
            self.reset()
        if drives:
            alphas, entropies = zip(*drives, strict=True)
            self._own[driver] = (statistics.median(alphas), statistics.median(entropies))

    def on_speed(self, time: float, speed: float) -> None:
        """Take a speed [m/s], of either sign."""
        self._speed, self._speed_at = speed, time

    def on_assistance(self, steers: bool) -> None:
        """Take whether the vehicle steers, or helps to."""
        self._assisted = steers

    def on_indicator(self, time: float, *, on: bool) -> None:
        """Take whether an indicator blinks."""
        if self._indicating and not on:
            self._indicated_at = time
        self._indicating = on

    def on_brake(self, pressed: bool) -> None:
        """Take whether the driver brakes."""
        self._braking = pressed

    def on_angle(self, time: float, angle: float) -> None:
        """Take the angle [rad] of the wheel."""
        if not math.isfinite(angle):
            self.ignored += 1
            return
        if time < self._at - _BACK:
            self.reset()
        before, value = self._at, self._angle
        if math.isnan(before) or time - before > _GAP:
            self._at, self._angle = time, angle
            self._mean = angle
            return
        if time <= before:
            return
        counts = not self.excluded(time)
        first, last = math.floor(before / STEP) + 1, math.floor(time / STEP)
        for number in range(first, last + 1):
            at = number * STEP
            between = value + (angle - value) * (at - before) / (time - before)
            self._mean += (between - self._mean) * STEP / _SLOW
            straight = abs(self._mean) <= self._settings.curve_angle
            self._learn(self._wheel.add(at, between, counts=counts and straight))
        self._at, self._angle = time, angle

    def on_position(self, time: float, position: float) -> None:
        """Take where in its lane [m] the vehicle's middle is."""
        if not math.isfinite(position):
            self.ignored += 1
            return
        relabelled = abs(position - self._position) > _RELABELLED
        self._lane_at, self._position = time, position
        counts = not (self.excluded(time) or relabelled)
        self._lane.add(time, position, counts=counts and self._is_straight())

    def _is_straight(self) -> bool:
        return not abs(self._mean) > self._settings.curve_angle  # not known: straight

    def excluded(self, time: float) -> str:
        """Why steering does not count at a time [s]; empty when it does."""
        s = self._settings
        if not time - self._speed_at <= _FRESH:
            return "the speed is not known"
        if abs(self._speed) * KMH_PER_MPS < s.least_speed:
            return f"slower than {s.least_speed:g} km/h"
        if self._assisted:
            return "the vehicle steers or helps to"
        if self._braking:
            return "the driver brakes"
        if self._indicating or time - self._indicated_at < _SIGNAL:
            return "the indicator is on"
        return ""

    def _learn(self, fresh: list[tuple[int, float]]) -> None:
        """The first minutes are the driver's own, rested way."""
        if self.learnt is not None:
            return
        for piece, value in fresh:
            self._learning.setdefault(piece, []).append(value)
        if STEP * sum(map(len, self._learning.values())) >= self._settings.own_steering_time:
            errors = formulas.together(
                [formulas.prediction_errors(np.array(run)) for run in self._learning.values()]
            )
            own = formulas.alpha(errors)
            if own > 0.0:
                self.learnt = (own, formulas.entropy(errors, own))
                self._own.setdefault(self._driver, self.learnt)
            self._learning.clear()

    def measure(self, time: float) -> SteeringState:
        """What the window up to a time [s] says."""
        s = self._settings
        wheel, lane = self._wheel.pieces(time, SHORTEST), self._lane.pieces(time)
        steered = STEP * sum(map(len, wheel))
        silent = not time - self._at <= _FRESH
        if silent or not steered >= s.least_steering:
            return SteeringState(stamp=time, reason=self._why_not(time, steered), steered=steered)
        minutes = steered / 60.0
        errors = formulas.together([formulas.prediction_errors(piece) for piece in wheel])
        own, own_entropy = self._own.get(self._driver, (math.nan, math.nan))
        turns = sum(formulas.reversals(formulas.low_pass(p), s.reversal_gap) for p in wheel)
        late = sum(
            formulas.late_corrections(p, s.quiet_time, s.quiet_band, s.late_correction)
            for p in wheel
        )
        limit = (s.lane_width - s.vehicle_width) / 2.0
        return SteeringState(
            stamp=time,
            valid=True,
            reversal_rate=turns / minutes,
            entropy=formulas.entropy(errors, own),
            own_entropy=own_entropy,
            late_correction_rate=late / minutes,
            jerk=float(
                np.sqrt(np.square(formulas.together([formulas.jerks(p) for p in wheel])).mean())
            ),
            sdlp=formulas.spread(lane),
            crossings=sum(formulas.crossings(piece, limit) for piece in lane) if lane else 0,
            steered=steered,
        )

    def _why_not(self, time: float, steered: float) -> str:
        if not time - self._at <= _FRESH:
            return "steering: no angle of the wheel"
        why = self.excluded(time) or ("" if self._is_straight() else "a curve")
        return f"steering: {why or f'{steered:.0f} s of {self._settings.least_steering:g} s'}"
