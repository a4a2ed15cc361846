"""The judgement: measures in, fatigue level and warning out. The Monitor feeds it.

Nothing here looks at a clock. Every input carries its stamp, of which closures and windows are
made; silence, age and warnings go by when things came, which ``advance`` and ``update`` tell. Give
it the states as they come and call ``update`` after each frame, and now and then when no frame
comes, so that silence is noticed.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from fatigue_ros.errors import FatigueError
from fatigue_ros.fusion.acknowledgement import Button
from fatigue_ros.fusion.assessment import Assessment, FatigueState, Verdict
from fatigue_ros.fusion.controls import DOOR, Controls
from fatigue_ros.fusion.driver import Driver
from fatigue_ros.fusion.ladder import ClosureLadder, ClosureStage
from fatigue_ros.fusion.nodding import NoddingWatch
from fatigue_ros.fusion.profiles.profile import PROFILES, Context, Profile
from fatigue_ros.fusion.references import References
from fatigue_ros.fusion.scores import karolinska
from fatigue_ros.fusion.session import SourceWatch, Speed, SpeedTracker
from fatigue_ros.fusion.settings import FusionSettings
from fatigue_ros.fusion.sleep_quality import LocalDay, local_day, local_hour
from fatigue_ros.fusion.three_process import TimeOnTask
from fatigue_ros.fusion.visibility import EyeVisibility
from fatigue_ros.fusion.warnings import Situation, WarningPolicy
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState, SteeringState

__all__ = ["FusionSettings", "Judgement"]

S = TypeVar("S", MouthState, PulseState)
_OFF = FatigueState.OFF, Verdict(math.nan, "ignition off"), Situation()


class Judgement:
    """How tired the driver is and what to say about it.

    Args:
        settings: every constant; see FusionSettings.
        active: whether the ignition counts as on until a message says otherwise.
        day: calendar day of a time, for sleep quality.
        calendar: [s] since 1970 now, by the clock that the day is read from; None: message time.
    """

    def __init__(
        self,
        settings: FusionSettings | None = None,
        *,
        active: bool = True,
        day: LocalDay = local_day,
        calendar: Callable[[], float] | None = None,
    ) -> None:
        self._settings = settings if settings is not None else FusionSettings()
        self._make_profile = PROFILES.load(self._settings.profile)
        self._active = active
        self._calendar = calendar
        self._clock = math.nan
        self._on_task = TimeOnTask()  # of the driver, over starts of the engine
        self._restart()
        self._driver = Driver(self._settings, self._profile.calibration_kind, day)

    def _restart(self, *, alarm: bool = False) -> None:
        """Forget all that was measured; references, grades and notes stay.

        Args:
            alarm: go on with the alarm for closed eyes.
        """
        s = self._settings
        self._now = math.nan
        self._sources = SourceWatch(s)
        self._speed = SpeedTracker(s)
        self._visibility = EyeVisibility(s)
        self._ladder = ClosureLadder(s)
        self._warnings = WarningPolicy(s, alarm=alarm)
        self._button = Button()
        self.controls = Controls()
        self._off_asked = False
        self._eyes_fault = ""
        self._new_driver()

    def _new_driver(self) -> None:
        """Forget what was measured of a driver, but not that somebody sleeps at the wheel."""
        self._rested_at = -math.inf
        self._perclos_window = 0.0
        self._level = math.nan
        self._head_down = self._shut = False
        self._nodding = NoddingWatch(self._settings)
        self._profile: Profile = self._make_profile(self._settings)

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
    def alert_drives(self) -> int:
        """[1] earlier drives judged alert that the references rest on; 0: a first drive."""
        return self._driver.alert_drives

    @property
    def _used(self) -> References:
        """What the level is held against."""
        driver = self._driver
        return driver.level_references if self._profile.over_drives else driver.references

    @property
    def sleep_question_due(self) -> bool:
        """Whether to ask for sleep quality: ignition on, vehicle not driving, not asked today."""
        return (
            self._active
            and not math.isnan(self._now)
            and not self._speed.at(self._now).driving
            and not self._driver.sleep_known(self._date(self._now))
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

    def advance(self, now: float) -> None:
        """Tell what time it is [s], before what comes then is given."""
        self._clock = now

    def begin_again(self, now: float) -> None:
        """A recording began again at a time [s]: forget what was measured, but end no alarm."""
        if self._sources.newest("eyes") > -math.inf:
            self._driver.notes.append("time went back: a recording began again")
        latched = self._ladder.unresponsive
        self._restart(alarm=self._warnings.alarm)
        self._ladder.unresponsive = latched
        self._begin(now)

    def on_ignition(self, stamp: float, on: bool) -> None:
        """Ignition on begins a session (ACTIVE), off ends all processing (OFF).

        Off is a fault while the vehicle drives, or while an alarm sounds and nobody knows that it
        stands; it comes true once that is over, unless the ignition is on again by then.
        """
        self._off_asked = self._active and not on
        if on and not self._active:
            self._active = True
            self._restart()
            self._driver.begin_drive()
            self._begin(stamp)
        elif self._off_asked and not self._needed(stamp):
            self.stop()

    def stop(self) -> None:
        """End all processing, whatever is going on: who asks is not the ignition."""
        self._active = False
        self._restart()

    def _needed(self, now: float) -> str:
        """Why the ignition cannot be off at a time [s], else empty."""
        speed = self._speed.at(now)
        if speed.valid:
            return f"the ignition is off at {speed.kmh:.0f} km/h" if speed.driving else ""
        return "the ignition is off in the middle of an alarm" if self._warnings.alarm else ""

    def set_driver(self, stamp: float, driver_id: str) -> tuple[bool, str]:  # noqa: ARG002
        """Somebody else drives: other references, and no measure of the last driver remains."""
        try:
            if not self._driver.change(driver_id):
                return True, f"{driver_id} drives already"
        except FatigueError as error:
            return False, str(error)
        self._new_driver()
        self._on_task = TimeOnTask()
        self._warnings = WarningPolicy(self._settings, alarm=self._warnings.alarm)
        self._driver.load_sleep(self.driver_id)
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
        return self._driver.set_sleep(self._date(stamp), grade, driver_id)

    def acknowledge(self, stamp: float) -> tuple[bool, str]:
        """The driver answers: sounds stop, lights stay, the latch lets go if the eyes are open.

        Requests that follow each other closely are one press of a button, and count once.
        """
        if not self._button.press(stamp):
            return False, "acknowledge: pressed still, and that was counted; let go first"
        shown = self._warnings.acknowledge(stamp)
        seen_open = self._visibility.open_time(stamp) > 0.0
        if self._ladder.unresponsive and not self._ladder.release(seen_open=seen_open):
            return False, "acknowledge: the driver's eyes are not seen open; the sound pauses only"
        return True, "the sound is off, the light stays" if shown else "nothing to silence"

    def on_speed(self, stamp: float, metres_per_second: float) -> None:
        """Take a vehicle speed [m/s]."""
        if self._accept("speed", stamp):
            self._speed.on_speed(self._came(stamp), metres_per_second)

    def on_eyes(self, state: EyeState, came: float = math.nan) -> None:
        """Take what the eyes did in a frame, one that is newer than the last.

        Args:
            state: the eyes.
            came: [s] when the frame came, where it ran ahead of the clock: that must not put off
                what is told of eyes that are not seen any more.
        """
        if not self._accept("eyes", state.stamp):
            return
        context, now = self._context(state.stamp), self._came(state.stamp)
        driving = context.speed.driving
        acted_at = self.controls.acted_at
        self._ladder.on_eyes(state, now, driving=driving, acted_at=acted_at)
        alarm = self._warnings.alarm or self._ladder.stage(now) >= ClosureStage.MICROSLEEP
        self._visibility.on_eyes(state, now if math.isnan(came) else came, alarm=alarm)
        self._nodding.on_eyes(state, now, driving=driving)
        self._eyes_fault = state.fault
        self._head_down = state.head_down
        if state.judged:
            self._shut = state.eyes_closed
        if not driving and self._ladder.stage(now) >= ClosureStage.LONG_BLINK:
            self._rested_at = now
        self._perclos_window = state.perclos_window
        counted = self._profile.on_eyes(state, context)
        if self._profile.over_drives:
            self._driver.on_eyes(state)
        if self._profile.may_calibrate(context) and self._driver.calibration.on_eyes(counted):
            self._driver.keep_references(self._date(state.stamp))

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
            self._sources.on_message("face_state", self._came(state.stamp))
            self._profile.on_model(state, self._context(state.stamp))

    def on_steering(self, state: SteeringState) -> None:
        """Take how the driver steers; like what a model says, it begins no session."""
        if self._active and not math.isnan(self._sources.began):
            self._sources.on_message("steering", self._came(state.stamp))
            self._profile.on_steering(state, self._context(state.stamp))

    def on_control(self, now: float, name: str, *, on: bool) -> None:
        """Take what the vehicle says of a control or the driver's door at a time [s].

        The door opened while the vehicle is known to stand: somebody else may sit down. What was
        measured is not carried over to another's eyes, and the references are held against them
        as at the begin of a drive; an alarm stays.
        """
        begins = self.controls.take(name, now, on=on)
        if begins and name == DOOR and self._active and not self._speed.at(now).driving:
            self._new_driver()
            self._driver.begin_drive()
            self._driver.notes.append("the driver's door was opened: somebody else may drive")

    def update(self, now: float, fault: str = "", told: Sequence[str] = ()) -> Assessment:
        """Judge.

        Args:
            now: [s] stamp of the frame just taken, or the time when no frame comes. A time before
                the last one is taken as the last one.
            fault: what else is broken that is needed, empty when nothing is.
            told: what else is wrong, for whoever looks.
        """
        if math.isnan(self._sources.began):
            self._begin(now)
        now = self._now = now if math.isnan(self._now) else max(now, self._now)
        if self._off_asked and not self._needed(now):
            self.stop()
        speed = self._speed.at(now)
        self._on_task.add(now, driving=self._active and speed.driving)
        troubles: list[str] = []
        if self._active:
            state, verdict, situation = self._judge(now, speed, fault, troubles)
            troubles += told
        else:
            state, verdict, situation = _OFF
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
            first_drive=self._profile.over_drives and not self.alert_drives,
            troubles=tuple(dict.fromkeys(troubles)),
        )

    def _judge(
        self, now: float, speed: Speed, fault: str, troubles: list[str]
    ) -> tuple[FatigueState, Verdict, Situation]:
        date = self._date(now)
        context = Context(
            now=now,
            speed=speed,
            references=self._used,
            sleep_score=self._driver.sleep_score(date),
            # Asked for by the clock's own metric alone, and the calendar takes its time.
            hour=local_hour(date) if self._settings.woke_at >= 0.0 else math.nan,
            driven=self._on_task.hours,
            closure=self._ladder.closure(now),
            silent=self._sources.silent(now),
        )
        verdict = self._profile.assess(context)
        if self._profile.over_drives and self._driver.drive.level_due(now):
            level = self._profile.start_level(context, verdict)
            self._driver.on_level(now, level, date)
        stage, lost = self._ladder.stage(now), self._ladder.lost(now)
        closed = verdict.eyes_closed or stage >= ClosureStage.MICROSLEEP
        faults = [
            self._sources.fault(now, context.silent) or self._visibility.returning(now),
            self._needed(now) if self._off_asked else "",
            self._eyes_fault if "eyes" not in context.silent else "",
            self._speed.fault(now),
            self._button.fault(now),
            fault,
        ]
        fault = next(filter(None, faults), "")
        if self.controls.door_open and speed.valid and speed.driving:
            troubles.append("the driver's door is said to be open")
        missed = self._sources.missed(context.silent)
        nonsense = self._speed.nonsense(now)
        troubles += filter(None, [*faults[1:], *missed.values(), nonsense])
        unseen = "" if fault or closed else self._visibility.problem(now)
        if not math.isnan(verdict.level):
            self._level = verdict.level
        reason = fault or unseen or lost
        if reason:
            verdict = dataclasses.replace(verdict, level=math.nan, reason=reason)
        situation = Situation(
            level=verdict.level,
            eyes_closed=closed,
            open_time=self._visibility.open_time(now),
            sleeping=stage >= ClosureStage.SLEEP,
            lost=lost,
            cannot_see=unseen,
            asleep=self._nodding.problem(now) or (self._asleep(now) if fault or unseen else ""),
            fault=fault,
            trouble=missed.get("speed", "") or nonsense,
            standing=not speed.driving,
            # PERCLOS still holds the eyes that rested while the vehicle stood.
            level_visual=now - self._rested_at < self._perclos_window,
            level_chimes=self._profile.level_chimes,
            level_plain=self._profile.plain_warnings,
        )
        state = FatigueState.ACTIVE
        if reason:
            state = FatigueState.FAULT if fault else FatigueState.CANNOT_SEE
        elif self._driver.calibration.progress < 100.0:
            state = FatigueState.CALIBRATING
        return state, verdict, situation

    def _asleep(self, now: float) -> str:
        """In words why eyes that are not seen are probably asleep; empty when nothing says so."""
        s = self._settings
        if self._visibility.unseen_time(now) < s.unseen_sound_time:
            return ""
        if self._head_down:
            return "the head sank"
        if self._shut:
            return "the eyes were shut when they were last seen"
        if self._level >= s.raised_level:
            return f"the fatigue level was {self._level:.0f} %"
        return ""

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
            self._driver.keep_references(self._date(state.stamp))
            context = self._context(state.stamp)
        count(state, context)

    def _accept(self, source: str, stamp: float) -> bool:
        """Note a message; False when it is to be ignored."""
        if not self._active:
            return False
        if math.isnan(self._sources.began):
            self._begin(stamp)
        self._sources.on_message(source, self._came(stamp))
        return True

    def _came(self, stamp: float) -> float:
        """[s] when a message with a stamp came: now, or its own time where nobody tells."""
        return stamp if math.isnan(self._clock) else self._clock

    def _date(self, now: float) -> float:
        """[s] since 1970 at a time, for the day."""
        return now if self._calendar is None else self._calendar()

    def _context(self, now: float) -> Context:
        came = self._came(now)
        return Context(now=now, speed=self._speed.at(came), references=self._used)

    def _begin(self, stamp: float) -> None:
        self._sources.began = stamp
        self._driver.load_sleep(self.driver_id)
