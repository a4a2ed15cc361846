"""The closure ladder: how long the eyes have been closed, step by step, without any window.

It runs beside the fatigue level and does not wait for it. It climbs only on frames in which the
eyes could be judged; a face that is lost in the middle of a closure leaves it at ``lost``, never
on a higher step.
"""

from __future__ import annotations

import dataclasses
import enum
import math

from fatigue_ros.measures.states import EyeState
from fatigue_ros.settings.parameters import parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class LadderSettings:
    """Times of the steps."""

    long_blink_time: float = parameter(
        0.5,
        "Eyes closed for this long is a long blink, which is counted (Schleicher et al. 2008 and "
        "Caffier et al. 2003 put blinks from about 0.5 s on down to sleepiness)",
        unit="s",
        minimum=0.3,
        maximum=1.0,
    )
    microsleep_time: float = parameter(
        1.0,
        "Eyes closed for this long is a microsleep: visual and acoustic warning (Euro NCAP "
        "driver state monitoring: microsleep 1 to 2 s)",
        unit="s",
        minimum=0.5,
        maximum=2.0,
    )
    sleep_time: float = parameter(
        3.0,
        "Eyes closed for this long is sleep: the warning cannot be silenced and goes on until the "
        "eyes open (Euro NCAP driver state monitoring)",
        unit="s",
        minimum=1.0,
        maximum=5.0,
    )
    unresponsive_time: float = parameter(
        6.0,
        "Eyes closed for this long is an unresponsive driver: latched until acknowledged (Euro "
        "NCAP driver state monitoring)",
        unit="s",
        minimum=2.0,
        maximum=15.0,
    )
    lost_time: float = parameter(
        0.5,
        "Eyes not judged for this long in the middle of a microsleep: the driver is out of sight "
        "(a slumping head turns away); shorter gaps are single bad frames",
        unit="s",
        minimum=0.0,
        maximum=2.0,
    )


class Step(enum.IntEnum):
    """Steps of the ladder."""

    OPEN = 0
    LONG_BLINK = 1
    MICROSLEEP = 2
    SLEEP = 3
    UNRESPONSIVE = 4


class ClosureLadder:
    """Follows the closure in progress."""

    def __init__(self, settings: LadderSettings) -> None:
        self._settings = settings
        self.reset()

    def reset(self) -> None:
        """Forget everything, the latch and the counts included."""
        self.unresponsive = False
        """Latched: the eyes were closed for ``unresponsive_time`` while driving."""
        self.long_blinks = 0
        self.microsleeps = 0
        self._closure = 0.0
        self._step = Step.OPEN
        self._stamp = math.nan
        self._lost_at = math.nan

    def see(self, state: EyeState, *, driving: bool) -> None:
        """Take a frame.

        Args:
            state: the eyes.
            driving: False when the vehicle is known to stand, so that nobody takes over a
                parked car from a driver who rests.
        """
        self._stamp = state.stamp
        if not state.judged:
            if self._step >= Step.MICROSLEEP and math.isnan(self._lost_at):
                self._lost_at = state.stamp
            self._closure, self._step = 0.0, Step.OPEN
            return
        self._lost_at = math.nan
        self._closure = state.closure_duration if state.eyes_closed else 0.0
        step = self._step_of(self._closure)
        if self._step < Step.LONG_BLINK <= step:
            self.long_blinks += 1
        if self._step < Step.MICROSLEEP <= step:
            self.microsleeps += 1
        self._step = step
        if step is Step.UNRESPONSIVE and driving:
            self.unresponsive = True

    def closure(self, now: float) -> float:
        """[s] length of the closure in progress at a time [s]; 0 when open or not judged."""
        return 0.0 if self._quiet(now) else self._closure

    def step(self, now: float) -> Step:
        """Step at a time [s]."""
        return Step.OPEN if self._quiet(now) else self._step

    def lost(self, now: float) -> bool:
        """Whether the eyes went out of sight in the middle of a microsleep."""
        if not math.isnan(self._lost_at):
            return now - self._lost_at >= self._settings.lost_time
        return self._step >= Step.MICROSLEEP and self._quiet(now)

    def release(self, now: float) -> bool:
        """Let go of the latch if the eyes are seen open; returns whether it is open now."""
        seen_open = self._step is Step.OPEN and math.isnan(self._lost_at) and not self._quiet(now)
        if seen_open:
            self.unresponsive = False
        return not self.unresponsive

    def _quiet(self, now: float) -> bool:
        return now - self._stamp > max(self._settings.lost_time, 0.1)

    def _step_of(self, closure: float) -> Step:
        s = self._settings
        for step, threshold in (
            (Step.UNRESPONSIVE, s.unresponsive_time),
            (Step.SLEEP, s.sleep_time),
            (Step.MICROSLEEP, s.microsleep_time),
            (Step.LONG_BLINK, s.long_blink_time),
        ):
            if closure >= threshold:
                return step
        return Step.OPEN
