"""The closure ladder: how long the eyes have been closed, step by step, without any window.

It runs beside the fatigue level and does not wait for it. It climbs only on frames in which the
eyes were seen shut, across short gaps between them; a face that is lost in the middle of a closure
leaves it at ``lost``, never on a higher step. The alarm that it caused goes on all the same.
"""

import dataclasses
import enum
import math

from fatigue_ros.face import LONG_BLINK
from fatigue_ros.measures.states import EyeState
from fatigue_ros.settings.parameters import parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class LadderSettings:
    """Times of the steps."""

    long_blink_time: float = parameter(
        LONG_BLINK,
        "Eyes closed for this long is a long blink, which is counted (Schleicher et al. 2008 and "
        "Caffier et al. 2003 put blinks from about 0.5 s on down to sleepiness)",
        unit="s",
        limits=(0.3, 1.0),
    )
    microsleep_time: float = parameter(
        1.0,
        "Eyes closed for this long is a microsleep: visual and acoustic warning (Euro NCAP "
        "driver state monitoring: microsleep 1 to 2 s)",
        unit="s",
        limits=(0.5, 2.0),
    )
    sleep_time: float = parameter(
        3.0,
        "Eyes closed for this long is sleep: the warning cannot be silenced and goes on until the "
        "eyes open (Euro NCAP driver state monitoring)",
        unit="s",
        limits=(1.0, 5.0),
    )
    unresponsive_time: float = parameter(
        6.0,
        "Eyes closed for this long is an unresponsive driver: latched until acknowledged (Euro "
        "NCAP driver state monitoring)",
        unit="s",
        limits=(2.0, 15.0),
    )
    lost_time: float = parameter(
        0.5,
        "No frame for this long in the middle of a microsleep: the driver is out of sight",
        unit="s",
        limits=(0.0, 2.0),
    )


_ANSWERED = 3.0  # [s] for which a driver who moved a control is one who reacts; ours
_AT_MOST = 2.0  # times unresponsive_time: longer than that nothing but open eyes says so; ours


class ClosureStage(enum.IntEnum):
    """Steps of the ladder."""

    OPEN = 0
    LONG_BLINK = 1
    MICROSLEEP = 2
    SLEEP = 3
    UNRESPONSIVE = 4


class ClosureLadder:
    """Follows the closure in progress.

    Attributes:
        unresponsive: latched: the eyes were closed for ``unresponsive_time`` while driving.
        long_blinks, microsleeps: [1] closures that came so far.
    """

    def __init__(self, settings: LadderSettings) -> None:
        s = self._settings = settings
        # From when on [s] a closure is at each stage.
        self._stages = (
            (ClosureStage.UNRESPONSIVE, s.unresponsive_time),
            (ClosureStage.SLEEP, s.sleep_time),
            (ClosureStage.MICROSLEEP, s.microsleep_time),
            (ClosureStage.LONG_BLINK, s.long_blink_time),
        )
        self.unresponsive = False
        self.long_blinks = 0
        self.microsleeps = 0
        self._closure = 0.0
        self._stage = ClosureStage.OPEN
        self._came = math.nan
        self._lost = False

    def on_eyes(
        self, state: EyeState, now: float, *, driving: bool, acted_at: float = -math.inf
    ) -> None:
        """Take a frame.

        Args:
            state: the eyes.
            now: [s] when it came.
            driving: False when the vehicle is known to stand, so that nobody takes over a
                parked car from a driver who rests.
            acted_at: [s] when the driver last moved a control: that puts the latch off.
        """
        self._came = now
        before = self._stage
        if not state.judged:  # nothing was seen that it could climb on
            self._closure = min(self._closure, state.closure_duration)
        else:
            self._closure = state.closure_duration if state.eyes_closed else 0.0
        self._stage = next(
            (stage for stage, time in self._stages if self._closure >= time - 1e-6),
            ClosureStage.OPEN,
        )
        if state.judged:
            self._lost = False
        elif before >= ClosureStage.MICROSLEEP > self._stage:
            self._lost = True
        self.long_blinks += before < ClosureStage.LONG_BLINK <= self._stage
        self.microsleeps += before < ClosureStage.MICROSLEEP <= self._stage
        reacts = 0.0 <= now - acted_at < _ANSWERED
        reacts = reacts and self._closure < _AT_MOST * self._settings.unresponsive_time
        if self._stage is ClosureStage.UNRESPONSIVE and driving and not reacts:
            self.unresponsive = True

    def closure(self, now: float) -> float:
        """[s] length of the closure in progress at a time [s]; 0 when there is none."""
        return 0.0 if self._silent(now) else self._closure

    def stage(self, now: float) -> ClosureStage:
        """Stage at a time [s]."""
        return ClosureStage.OPEN if self._silent(now) else self._stage

    def lost(self, now: float) -> str:
        """In words that the eyes went out of sight in the middle of a microsleep, else empty."""
        silent = self._stage >= ClosureStage.MICROSLEEP and self._silent(now)
        return "the face turned away with the eyes closed" if self._lost or silent else ""

    def release(self, *, seen_open: bool) -> bool:
        """Let go of the latch if the eyes are seen open; returns whether it is open now."""
        if seen_open:
            self.unresponsive = False
        return not self.unresponsive

    def _silent(self, now: float) -> bool:
        return now - self._came > max(self._settings.lost_time, 0.1)
