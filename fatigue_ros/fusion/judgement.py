"""The judgement: measures in, fatigue level and warning out. The Monitor feeds it.

Time is message time: every input carries its stamp, ``update`` is told the time, and nothing here
looks at a clock. Give it the states as they come and call ``update`` after each frame, and now and
then when no frame comes, so that silence is noticed.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import TypeVar

from fatigue_ros.errors import FatigueError
from fatigue_ros.fusion.assessment import Assessment, FatigueState, Verdict
from fatigue_ros.fusion.driver import Driver
from fatigue_ros.fusion.ladder import ClosureLadder, ClosureStage
from fatigue_ros.fusion.profiles.profile import PROFILES, Context, Profile
from fatigue_ros.fusion.references import References
from fatigue_ros.fusion.scores import karolinska
from fatigue_ros.fusion.session import SourceWatch, Speed, SpeedTracker
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.fusion.sleep_quality import LocalDay, local_day
from fatigue_ros.fusion.visibility import EyeVisibility
from fatigue_ros.fusion.warnings import Situation, WarningPolicy
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState

__all__ = ["FusionSettings", "Judgement"]

S = TypeVar("S", MouthState, PulseState)
_BACKWARDS = 1.0  # [s] a frame this much older than the last one: a recording began again
_OFF = FatigueState.OFF, Verdict(math.nan, "ignition off"), Situation()


class Judgement:
    """How tired the driver is and what to say about it.

    Args:
        settings: every constant; see FusionSettings.
        active: whether the ignition counts as on until a message says otherwise.
        day: calendar day of a stamp, for sleep quality.
    """

    def __init__(
        self,
        settings: FusionSettings | None = None,
        *,
        active: bool = True,
        day: LocalDay = local_day,
    ) -> None:
        self._settings = settings if settings is not None else FusionSettings()
        self._make_profile = PROFILES.load(self._settings.profile)
        self._active = active
        self._restart()
        self._driver = Driver(self._settings, self._profile.calibration_kind, day)

    def _restart(self) -> None:
        """Forget all that was measured; references, grades and notes stay."""
        s = self._settings
        self._now = math.nan
        self._rested_at = -math.inf
        self._perclos_window = 0.0
        self._sources = SourceWatch(s)
        self._speed = SpeedTracker(s)
        self._visibility = EyeVisibility(s)
        self._ladder = ClosureLadder(s)
        self._warnings = WarningPolicy(s)
        self._profile: Profile = self._make_profile(s)

    @property
    def active(self) -> bool:
        """Whether the ignition is on."""
        return self._active

    @property
    def driver_id(self) -> str:
        """Whose references are used."""
        return self._driver.driver_id

    @property
    def store_problem(self) -> str:
        """Why what is known of drivers was not read or kept; empty since it last was."""
        return self._driver.store_problem

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
            and not self._speed.at(self._now).driving
            and not self._driver.sleep_known(self._now)
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
        if self._accept("speed", stamp):
            self._speed.on_speed(stamp, metres_per_second)

    def on_eyes(self, state: EyeState) -> None:
        """Take what the eyes did in a frame."""
        # The time of an update counts too: before a recording began, it was the clock's.
        newest = self._sources.newest("eyes")
        latest = newest if math.isnan(self._now) else max(newest, self._now)
        if state.stamp < latest - _BACKWARDS:
            self._driver.notes.append(
                f"time went back by {latest - state.stamp:.1f} s: a recording began again"
            )
            latched = self._ladder.unresponsive
            self._restart()
            self._ladder.unresponsive = latched  # a wrong stamp wakes nobody
        if not self._accept("eyes", state.stamp):
            return
        context = self._context(state.stamp)
        driving = context.speed.driving
        self._visibility.on_eyes(state)
        self._ladder.on_eyes(state, driving=driving)
        if not driving and self._ladder.stage(state.stamp) >= ClosureStage.LONG_BLINK:
            self._rested_at = state.stamp
        self._perclos_window = state.perclos_window
        counted = self._profile.on_eyes(state, context)
        if self._profile.may_calibrate(context) and self._driver.calibration.on_eyes(counted):
            self._driver.keep_references(state.stamp)

    def on_mouth(self, state: MouthState) -> None:
        """Take what the mouth did in a frame."""
        self._on_state("mouth", state, self._driver.calibration.on_mouth, self._profile.on_mouth)

    def on_pulse(self, state: PulseState) -> None:
        """Take the pulse of a window."""
        self._on_state("pulse", state, self._driver.calibration.on_pulse, self._profile.on_pulse)

    def on_model(self, state: ModelState) -> None:
        """Take what a learned model says of a frame.

        It comes from outside: unlike a measure it begins no session, and only its own metric
        ever rests on its stamp.
        """
        if self._active and not math.isnan(self._sources.began):
            self._sources.on_message("face_state", state.stamp)
            self._profile.on_model(state, self._context(state.stamp))

    def update(self, now: float) -> Assessment:
        """Judge.

        Args:
            now: [s] stamp of the frame just taken, or the node's time when no frame comes. A
                time before the last one is taken as the last one.
        """
        if math.isnan(self._sources.began):
            self._begin(now)
        now = self._now = now if math.isnan(self._now) else max(now, self._now)
        speed = self._speed.at(now)
        state, verdict, situation = self._judge(now, speed) if self._active else _OFF
        return Assessment(
            stamp=now,
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
            warning=self._warnings.update(now, situation),
            kss=karolinska(verdict.level),
        )

    def _judge(self, now: float, speed: Speed) -> tuple[FatigueState, Verdict, Situation]:
        context = Context(
            now=now,
            speed=speed,
            references=self.references,
            sleep_score=self._driver.sleep_score(now),
            closure=self._ladder.closure(now),
            silent=self._sources.silent(now),
        )
        verdict = self._profile.assess(context)
        stage, lost = self._ladder.stage(now), self._ladder.lost(now)
        fault = self._sources.fault(now, context.silent)
        unseen = "" if fault else self._visibility.problem(now)
        reason = fault or unseen or lost
        if reason:
            verdict = dataclasses.replace(verdict, level=math.nan, reason=reason)
        situation = Situation(
            level=verdict.level,
            eyes_closed=verdict.eyes_closed or stage >= ClosureStage.MICROSLEEP,
            sleeping=stage >= ClosureStage.SLEEP,
            lost=lost,
            cannot_see=unseen,
            fault=fault,
            standing=not speed.driving,
            # PERCLOS still holds the eyes that rested while the vehicle stood.
            level_visual=now - self._rested_at < self._perclos_window,
        )
        state = FatigueState.ACTIVE
        if reason:
            state = FatigueState.FAULT if fault else FatigueState.CANNOT_SEE
        elif self._driver.calibration.progress < 100.0:
            state = FatigueState.CALIBRATING
        return state, verdict, situation

    def _on_state(
        self,
        source: str,
        state: S,
        calibrate: Callable[[S], bool],
        count: Callable[[S, Context], None],
    ) -> None:
        if not self._accept(source, state.stamp):
            return
        context = self._context(state.stamp)
        if self._profile.may_calibrate(context) and calibrate(state):
            self._driver.keep_references(state.stamp)
            context = self._context(state.stamp)
        count(state, context)

    def _accept(self, source: str, stamp: float) -> bool:
        """Note a message; False when it is to be ignored."""
        if not self._active:
            return False
        if math.isnan(self._sources.began):
            self._begin(stamp)
        self._sources.on_message(source, stamp)
        return True

    def _context(self, now: float) -> Context:
        return Context(now=now, speed=self._speed.at(now), references=self.references)

    def _begin(self, stamp: float) -> None:
        self._sources.began = stamp
        self._driver.load_sleep(self.driver_id)
