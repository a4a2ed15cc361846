"""The judgement: measures in, fatigue level and warning out. The fusion node is a shell around it.

Time is message time: every input carries its stamp, ``update`` is told the time, and nothing here
looks at a clock. Give it the states as they come and call ``update`` after each frame, and now and
then when no frame comes, so that silence is noticed.
"""

from __future__ import annotations

import math

from fatigue_ros.errors import FatigueError
from fatigue_ros.fusion.assessment import (
    Assessment,
    DriverWarning,
    FatigueState,
    Verdict,
)
from fatigue_ros.fusion.driver import Driver
from fatigue_ros.fusion.ladder import ClosureLadder, Step
from fatigue_ros.fusion.profiles.evidence import EvidenceProfile
from fatigue_ros.fusion.profiles.paper import PaperProfile
from fatigue_ros.fusion.references import References
from fatigue_ros.fusion.scores import karolinska
from fatigue_ros.fusion.session import SourceWatch, Speed, SpeedTracker
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.fusion.sight import Sight
from fatigue_ros.fusion.sleep_quality import LocalDay, local_day
from fatigue_ros.fusion.warnings import Situation, WarningPolicy
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState

__all__ = ["FusionSettings", "Judgement"]

_BACKWARDS = 1.0  # [s] a frame this much older than the last one: a recording began again


class Judgement:
    """How tired the driver is and what to say about it.

    Args:
        settings: every constant; see FusionSettings.
        active: whether the ignition counts as on until something else is heard.
        day: calendar day of a stamp, for sleep quality.
    """

    _now: float
    _began: float
    _eyes_stamp: float
    _rested_at: float
    _perclos_window: float

    def __init__(
        self,
        settings: FusionSettings | None = None,
        *,
        active: bool = True,
        day: LocalDay = local_day,
    ) -> None:
        self._settings = settings if settings is not None else FusionSettings()
        s = self._settings
        self._is_paper = s.profile == PaperProfile.name
        self._driver = Driver(s, day)
        self._sources = SourceWatch(s)
        self._speed = SpeedTracker(s)
        self._sight = Sight(s)
        self._ladder = ClosureLadder(s)
        self._warnings = WarningPolicy(s)
        self._paper = PaperProfile(s, s.TIME_FOR_GETTING_HR)
        self._evidence = EvidenceProfile(s, s.long_blink_time)
        self._active = active
        self._restart()

    @property
    def active(self) -> bool:
        """Whether the ignition is on."""
        return self._active

    @property
    def driver_id(self) -> str:
        """Whose references are used."""
        return self._driver.driver_id

    @property
    def references(self) -> References:
        """The driver's own references, frozen where known and NaN elsewhere.

        ``ear_open`` and ``lip_distance`` are for the measures: hand them over once they are not
        NaN, and the measures stop following the driver.
        """
        return self._driver.references

    @property
    def sleep_question_due(self) -> bool:
        """Whether to ask for sleep quality: ignition on, vehicle not driving, not asked today."""
        return (
            self._active
            and not math.isnan(self._now)
            and not self._driving(self._speed.at(self._now))
            and not self._driver.sleep_told(self._now)
        )

    @property
    def long_blinks(self) -> int:
        """Closures of ``long_blink_time`` or longer since the ignition."""
        return self._ladder.long_blinks

    @property
    def microsleeps(self) -> int:
        """Closures of ``microsleep_time`` or longer since the ignition."""
        return self._ladder.microsleeps

    def take_notes(self) -> list[str]:
        """What happened that a person may want to know since the last call, one line each."""
        return self._driver.take_notes()

    def on_ignition(self, stamp: float, on: bool) -> None:
        """Ignition on begins a session (ACTIVE), off ends all processing (OFF)."""
        if on and not self._active:
            self._active = True
            self._restart()
            self._begin(stamp)
        elif not on and self._active:
            self._active = False
            self._restart()

    def set_driver(self, stamp: float, driver_id: str) -> tuple[bool, str]:
        """Somebody else drives: other references, and nothing of the last driver remains."""
        try:
            if not self._driver.change(driver_id):
                return True, f"{driver_id} drives already"
        except FatigueError as error:
            return False, str(error)
        self._restart()
        self._begin(stamp)
        known = self._driver.calibration.progress >= 100.0
        return True, f"{driver_id} drives; " + ("references known" if known else "calibrating")

    def calibrate(self, stamp: float, driver_id: str = "") -> tuple[bool, str]:
        """Learn a driver's references over again; an empty name is the driver at the wheel."""
        if driver_id and driver_id != self.driver_id:
            done, message = self.set_driver(stamp, driver_id)
            if not done:
                return False, message
        if not self._active:
            return False, "calibrate: expected the ignition on, it is off"
        self._driver.calibrate()
        return True, f"calibration of {self.driver_id} begins"

    def set_sleep_quality(self, stamp: float, grade: int, driver_id: str = "") -> tuple[bool, str]:
        """Take the driver's word on last night; see SleepQuality.set for what is refused."""
        return self._driver.set_sleep(stamp, grade, driver_id)

    def acknowledge(self, stamp: float) -> tuple[bool, str]:
        """The driver answers: sounds stop, lights stay, the latch lets go if the eyes are open."""
        if self._ladder.unresponsive and not self._ladder.release(stamp):
            return False, "acknowledge: the driver's eyes are not seen open"
        if self._warnings.acknowledge(stamp):
            return True, "the sound is off, the light stays"
        return True, "nothing to silence"

    def on_speed(self, stamp: float, metres_per_second: float) -> None:
        """Take a vehicle speed [m/s]."""
        if self._hear("speed", stamp):
            self._speed.hear(stamp, metres_per_second)

    def on_eyes(self, state: EyeState) -> None:
        """Take what the eyes did in a frame."""
        # The time of an update counts too: before a recording began, it was the clock's.
        latest = max(self._eyes_stamp, -math.inf if math.isnan(self._now) else self._now)
        if state.stamp < latest - _BACKWARDS:
            self._driver.notes.append(
                f"time went back by {latest - state.stamp:.1f} s: a recording began again"
            )
            latched = self._ladder.unresponsive
            self._restart()
            self._ladder.unresponsive = latched  # a wrong stamp wakes nobody
        if not self._hear("eyes", state.stamp):
            return
        self._eyes_stamp = state.stamp
        speed = self._speed.at(state.stamp)
        driving = self._driving(speed)
        self._sight.see(state)
        self._ladder.see(state, driving=driving)
        if not driving and self._ladder.step(state.stamp) >= Step.LONG_BLINK:
            self._rested_at = state.stamp
        counted = state
        if self._is_paper:
            counted = self._paper.on_eyes(state, speed)
        else:
            self._evidence.on_eyes(state, driving=driving)
        if self._may_calibrate(speed) and self._driver.calibration.on_eyes(counted):
            self._driver.keep_references(state.stamp)
        self._perclos_window = state.perclos_window

    def on_mouth(self, state: MouthState) -> None:
        """Take what the mouth did in a frame."""
        if not self._hear("mouth", state.stamp):
            return
        speed = self._speed.at(state.stamp)
        if self._may_calibrate(speed) and self._driver.calibration.on_mouth(state):
            self._driver.keep_references(state.stamp)
        if self._is_paper:
            self._paper.on_mouth(state, speed, self.references.lip_distance)
        else:
            self._evidence.on_mouth(state)

    def on_pulse(self, state: PulseState) -> None:
        """Take the pulse of a window."""
        if not self._hear("pulse", state.stamp):
            return
        speed = self._speed.at(state.stamp)
        if self._may_calibrate(speed) and self._driver.calibration.on_pulse(state):
            self._driver.keep_references(state.stamp)
        if self._is_paper:
            self._paper.on_pulse(state, speed)
        else:
            self._evidence.on_pulse(state)

    def on_model(self, state: ModelState) -> None:
        """Take what a learned model says of a frame.

        It comes from outside: unlike a measure it begins no session, and only its own metric
        ever rests on its stamp.
        """
        if self._active and not math.isnan(self._began):
            self._sources.hear("face_state", state.stamp)
            self._evidence.on_model(state)

    def update(self, now: float) -> Assessment:
        """Judge.

        Args:
            now: [s] stamp of the frame just taken, or the node's time when no frame comes. A
                time before the last one is taken as the last one.
        """
        if math.isnan(self._began):
            self._begin(now)
        now = self._now = now if math.isnan(self._now) else max(now, self._now)
        speed = self._speed.at(now)
        if not self._active:
            verdict = Verdict(math.nan, "ignition off", ())
            none = self._warnings.update(now, Situation())
            return self._assessment(FatigueState.OFF, verdict, speed, none)
        verdict = self._verdict(now)
        lost = self._ladder.lost(now)
        fault = self._sources.fault(now)
        trouble = "" if fault else self._sight.trouble(now)
        if fault or trouble or lost:
            reason = fault or trouble or "the face turned away with the eyes closed"
            verdict = Verdict(math.nan, reason, verdict.metrics)
        driving = self._driving(speed)
        situation = Situation(
            level=verdict.level,
            eyes_closed=self._ladder.step(now) >= Step.MICROSLEEP
            or (self._is_paper and self._paper.eyes_closed(now, speed)),
            sleeping=self._ladder.step(now) >= Step.SLEEP,
            lost=lost,
            cannot_see=trouble,
            fault=fault,
            standing=not driving,
            # PERCLOS still holds the eyes that rested while the vehicle stood.
            level_visual=now - self._rested_at < self._perclos_window,
        )
        warning = self._warnings.update(now, situation)
        if fault:
            state = FatigueState.FAULT
        elif trouble or lost:
            state = FatigueState.CANNOT_SEE
        elif self._driver.calibration.progress < 100.0:
            state = FatigueState.CALIBRATING
        else:
            state = FatigueState.ACTIVE
        return self._assessment(state, verdict, speed, warning)

    def _assessment(
        self, state: FatigueState, verdict: Verdict, speed: Speed, warning: DriverWarning
    ) -> Assessment:
        return Assessment(
            stamp=self._now,
            level=verdict.level,
            valid=not math.isnan(verdict.level),
            reason=verdict.reason,
            state=state,
            profile=self._settings.profile,
            calibration=self._driver.calibration.progress,
            driver_id=self.driver_id,
            unresponsive=self._ladder.unresponsive,
            speed_valid=speed.valid,
            speed=speed.value,
            metrics=verdict.metrics,
            warning=warning,
            kss=karolinska(verdict.level),
        )

    def _verdict(self, now: float) -> Verdict:
        own = self.references
        sleep = self._driver.sleep_score(now)
        if self._is_paper:
            return self._paper.assess(own.or_population(), sleep)
        return self._evidence.assess(
            now,
            own.or_population(),
            sleep,
            closure=self._ladder.closure(now),
            mouth_silence=self._sources.silence("mouth", now),
            pulse_silence=self._sources.silence("pulse", now),
            model_silence=self._sources.silence("face_state", now),
            heart_rate_known=not math.isnan(own.heart_rate),
        )

    def _hear(self, source: str, stamp: float) -> bool:
        """Note a message; False when it is to be ignored."""
        if not self._active:
            return False
        if math.isnan(self._began):
            self._begin(stamp)
        self._sources.hear(source, stamp)
        return True

    def _driving(self, speed: Speed) -> bool:
        """Not known to stand: an unknown speed is no reason to relax."""
        return not speed.below(self._settings.watch_speed)

    def _may_calibrate(self, speed: Speed) -> bool:
        return not self._is_paper or self._paper.may_calibrate(speed)

    def _restart(self) -> None:
        """Forget all that was measured; references, grades and notes stay."""
        self._now = math.nan
        self._began = math.nan
        self._eyes_stamp = -math.inf
        self._rested_at = -math.inf
        self._perclos_window = 0.0
        self._sources.begin(math.nan)
        self._speed = SpeedTracker(self._settings)
        self._sight.reset()
        self._ladder.reset()
        self._warnings.reset()
        self._paper.reset()
        self._evidence.reset()

    def _begin(self, stamp: float) -> None:
        self._began = stamp
        self._sources.begin(stamp)
        self._driver.load_sleep(self.driver_id)
