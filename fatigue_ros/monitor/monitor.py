"""The production chain: what is seen and said goes in, assessments come out, without ROS.

Whoever has a driver to watch feeds it: the fusion node, a bag, a video, a table of eye aspect
ratios, the benchmark. Ticks, silence, start-up and faults are decided here and nowhere else, so
that the desk and the vehicle cannot differ.

The feeder tells two things: what came, with its own stamp, and by ``advance`` what time it is, by a
clock that never steps. The stamps of the frames are laid on one line
(:mod:`fatigue_ros.measures.stamp_line`), whose time is that of all that is judged and said; what
comes with a stamp that does not fit there counts from when it came. Nothing here looks at a clock.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from numpy.typing import ArrayLike

from fatigue_ros.face import Face
from fatigue_ros.fusion.assessment import Assessment
from fatigue_ros.fusion.judgement import Judgement
from fatigue_ros.fusion.references import References
from fatigue_ros.measures.eyes import EyeMonitor
from fatigue_ros.measures.mouth import MouthMonitor
from fatigue_ros.measures.pulse import PulseMonitor
from fatigue_ros.measures.stamp_line import BACKWARDS, FOREIGN, StampLine
from fatigue_ros.measures.states import EyeState, ModelState, MouthState, PulseState, SteeringState
from fatigue_ros.monitor.log import DriveLog
from fatigue_ros.monitor.settings import MonitorSettings

SILENCE = 0.5
"""[s] without a frame, the driver is judged by the clock."""
TICK = 0.25
"""[s] from then on this often."""
PULSE_PERIOD = 1.0
"""[s] between two looks at the pulse."""
_LONGEST_SILENCE = 60.0  # [s] after that silence says nothing new, and a clock was set forward
_LATE = 0.1  # [s] a frame that comes later than this after its time is judged when it comes
_OWN_CLOCK = 2.0  # [s] a stamp further from now than this is no time of what came with it

S = TypeVar("S", MouthState, PulseState, ModelState, SteeringState)
Outcome: TypeAlias = tuple[bool, str]
"""Whether what was asked for was done, and what to say."""


class Monitor:
    """Watches one driver.

    Faces may be given (``on_face``), or what was measured of them elsewhere (``on_eyes``,
    ``on_mouth``); samples of the pulse, or the pulse (``on_pulse``).

    Args:
        settings: every constant; by default nothing is kept on disk.
        listener: told of every assessment.
        log: told of all that was seen and judged.
        calendar: [s] since 1970 now, by the clock that the day is read from; None: message time.

    Attributes:
        now: [s] the newest time, NaN before any.
        began: [s] when it began, NaN before that; another value when a recording began again.
        reports: what others found wrong with what is fed here, by what it is about; a text here
            is a fault.
        troubles: the same for what the eyes are watched without.
    """

    def __init__(
        self,
        settings: MonitorSettings | None = None,
        *,
        listener: Callable[[Assessment], None] | None = None,
        log: DriveLog | None = None,
        calendar: Callable[[], float] | None = None,
    ) -> None:
        self._settings = settings or MonitorSettings().for_a_recording()
        self._judgement = Judgement(self._settings.fusion, active=False, calendar=calendar)
        self._line = StampLine()
        self._eyes = EyeMonitor(self._settings.blink)
        self._mouth = MouthMonitor(self._settings.yawn)
        self._pulse: PulseMonitor | None = None
        self._listener = listener
        self._log = log
        if log is not None:
            log.long_blink = self._settings.blink.long_blink
        self._ignition = True
        self._other_clocks: dict[str, float] = {}
        self._clock = math.nan
        self.reports: Mapping[str, str] = {}
        self.troubles: Mapping[str, str] = {}
        self.now = self.began = self._tick = self._pulse_at = math.nan

    # Time --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin anew with the next time that comes, the ignition on until it is said to be off."""
        self._ignition = True
        self._line.reset()
        self.now = self.began = self._clock = math.nan

    def stop(self) -> None:
        """End all processing, whatever is going on, until ``start``."""
        self._ignition = False
        self._judgement.stop()

    def advance(self, clock: float) -> None:
        """Let time pass: judge by the clock where no frame came, look at the pulse.

        Call it before everything that comes, and now and then when nothing does; what was due in
        between is done for the time at which it was due, so that it matters little how often.

        Args:
            clock: [s] a clock that never steps, in about the time of the frames' stamps. One that
                goes back all the same is a recording that began again.
        """
        if not math.isfinite(clock):
            return
        before, self._clock = self._clock, clock
        if math.isnan(self.now) or clock < before - BACKWARDS:
            again = not math.isnan(self.now)
            self._line.reset()
            self.begin(self._line.advance(clock), again=again)
            return
        now = self._line.advance(clock)
        self._tick = max(self._tick, now - _LONGEST_SILENCE)
        self._pulse_at = max(self._pulse_at, now - _LONGEST_SILENCE)
        self.now = max(self.now, now)
        while min(self._tick, self._pulse_at) <= self.now:
            if self._pulse_at <= self._tick:
                if self._pulse is not None:
                    self._judgement.advance(self._pulse_at)
                    self.on_pulse(self._pulse.update(self._pulse_at))
                self._pulse_at += PULSE_PERIOD
            elif self._tick < self.now:  # a frame of this very moment would say more
                due, self._tick = self._tick, self._tick + TICK
                self._judgement.advance(due)
                self._assess(due)
            else:
                break
        self._judgement.advance(self.now)

    def begin(self, now: float, *, again: bool = False) -> None:
        """Count time from here [s]; it is the ignition, unless that was said to be off.

        Args:
            now: [s].
            again: a recording began again, in the middle of a session.
        """
        self.now = self.began = now
        self._tick, self._pulse_at = now + SILENCE, now + PULSE_PERIOD
        self._judgement.advance(now)
        if again and self._judgement.active:
            self._judgement.begin_again(now)
        else:
            self._judgement.on_ignition(now, self._ignition)

    # What is seen ------------------------------------------------------------------------------

    def on_face(self, face: Face) -> Assessment | None:
        """Take the face of a frame, or a frame without one, and judge.

        Returns:
            None for a frame that came twice.
        """
        clock = None if math.isnan(self._clock) else self._clock
        self.on_mouth(self._mouth.update(face, clock))
        return self._judge_frame(self._eyes.update(face, clock), seen=face.detected)

    def on_ear(self, stamp: float, ear: float) -> Assessment | None:
        """Take an eye aspect ratio [1] that was measured elsewhere, NaN where there is none."""
        clock = None if math.isnan(self._clock) else self._clock
        return self._judge_frame(self._eyes.update_ear(stamp, ear, clock), seen=math.isfinite(ear))

    def on_eyes(self, state: EyeState) -> Assessment | None:
        """Take what the eyes did in a frame, and judge; None for a frame that came twice."""
        return self._judge_frame(state, seen=state.judged)

    def _judge_frame(self, state: EyeState, *, seen: bool) -> Assessment | None:
        if math.isnan(self.now):
            self.advance(state.stamp)
        placed = self._line.place(state.stamp, self._clock)
        if placed is None:
            return None  # no news; a camera that froze is silent
        if self._log is not None:
            told = _moved(state, placed - self._line.foreign)
            self._log.on_frame(told.stamp, face=seen)
            self._log.on_eyes(told)
        state = _moved(state, placed)
        self.now = max(self.now, self._line.now)
        self._judgement.advance(self.now)
        self._judgement.on_eyes(state, self._line.came)
        # A frame that is not late speaks for its own time.
        found = self._assess(placed if self.now - placed <= _LATE else self.now)
        self._tick = self.now + SILENCE
        known = self.references
        self._eyes.refer(known.ear_open, known.ear_shut, known.blink_depth)
        return found

    def _at(self, stamp: float) -> float:
        """[s] the time of what came with a stamp, or now where the stamp is of another clock."""
        at = stamp + self._line.shift
        return at if math.isnan(self.now) or abs(at - self.now) <= _OWN_CLOCK else self.now

    def _placed(self, state: S) -> S:
        """What came, at the time by this clock."""
        at = self._at(state.stamp)
        return state if at == state.stamp else dataclasses.replace(state, stamp=at)

    def on_mouth(self, state: MouthState) -> None:
        """Take what the mouth did in a frame."""
        if self._log is not None:
            self._log.on_mouth(state)
        self._judgement.on_mouth(self._placed(state))

    def on_samples(
        self, stamp: float, rate: float, samples: ArrayLike, sequence: int | None = None
    ) -> None:
        """Take samples of the pulse; see PulseMonitor.add for arguments and what is refused."""
        if self._pulse is None:
            self._pulse = PulseMonitor(self._settings.heart_rate)
        self._pulse.add(stamp, rate, samples, sequence)

    def on_pulse(self, state: PulseState) -> None:
        """Take the pulse of a window."""
        self._judgement.on_pulse(self._placed(state))
        if self._log is not None:
            self._log.on_pulse(state)

    def on_model(self, state: ModelState) -> None:
        """Take what a learned model says of a frame."""
        self._judgement.on_model(self._placed(state))

    def on_steering(self, state: SteeringState) -> None:
        """Take how the driver steers."""
        self._judgement.on_steering(self._placed(state))

    def on_speed(self, stamp: float, metres_per_second: float) -> None:
        """Take a vehicle speed."""
        if not math.isnan(self.now):
            self._other_clocks["speed"] = stamp + self._line.shift - self.now
        self._judgement.on_speed(self._at(stamp), metres_per_second)
        if self._log is not None:
            self._log.on_speed(self._at(stamp) - self._line.foreign, metres_per_second)

    def on_control(self, name: str, on: bool) -> None:
        """Take what the vehicle says of one of ``fusion.controls.CONTROLS``."""
        if not math.isnan(self.now):
            self._judgement.on_control(self.now, name, on=on)

    # What is answered and asked for ------------------------------------------------------------

    def on_ignition(self, on: bool) -> None:
        """Ignition on begins a session, off ends all processing; before any time, it waits."""
        self._ignition = on
        if not math.isnan(self.now):
            self._judgement.on_ignition(self.now, on)

    def set_sleep_quality(self, grade: int, driver_id: str = "") -> Outcome:
        """Take the driver's word on last night; see SleepQuality.set for what is refused."""
        return self._judgement.set_sleep_quality(self.now, grade, driver_id)

    def set_driver(self, driver_id: str) -> Outcome:
        """Somebody else drives."""
        return self._judgement.set_driver(self.now, driver_id)

    def calibrate(self, driver_id: str = "") -> Outcome:
        """Learn a driver's references over again; an empty name is the driver at the wheel."""
        return self._judgement.calibrate(self.now, driver_id)

    def acknowledge(self) -> Outcome:
        """The driver answers a warning."""
        return self._judgement.acknowledge(self.now)

    # What comes out ----------------------------------------------------------------------------

    def _assess(self, stamp: float) -> Assessment:
        fault = self._line.fault() or next(filter(None, self.reports.values()), "")
        told = [*self.clocks_differ, *self.reports.values(), *self.troubles.values()]
        found = self._judgement.update(stamp, fault, [text for text in told if text])
        self.now = max(self.now, found.stamp)
        if foreign := self._line.foreign:
            warning = dataclasses.replace(
                found.warning,
                since=found.warning.since - foreign,
                until=found.warning.until - foreign,
            )
            found = dataclasses.replace(found, stamp=found.stamp - foreign, warning=warning)
        if self._log is not None:
            self._log.on_assessment(found)
        if self._listener is not None:
            self._listener(found)
        return found

    @property
    def clocks_differ(self) -> list[str]:
        """In words whose stamps are of another clock; the age of what they send is by arrival."""
        found = [self._line.difference()]
        for name, ahead in self._other_clocks.items():
            if abs(ahead) > FOREIGN:
                side = "ahead of" if ahead > 0.0 else "behind"
                found.append(f"{name}: its clock is {abs(ahead):.0f} s {side} the frames'")
        return [text for text in found if text]

    @property
    def acted(self) -> str:
        """What the driver did last with hands or feet, in words."""
        return self._judgement.controls.said(self.now)

    @property
    def driver_id(self) -> str:
        """Whose references are used."""
        return self._judgement.driver_id

    @property
    def store_problem(self) -> str:
        """Why what is known of drivers was not read or kept; empty since it last was."""
        return self._judgement.store_problem

    @property
    def references(self) -> References:
        """The driver's own references, frozen where known and NaN elsewhere."""
        return self._judgement.references

    @property
    def alert_drives(self) -> int:
        """[1] earlier drives judged alert that the references rest on; 0: a first drive."""
        return self._judgement.alert_drives

    @property
    def sleep_question_due(self) -> bool:
        """Whether to ask for sleep quality."""
        return self._judgement.sleep_question_due

    @property
    def long_blinks(self) -> int:
        """Closures of ``long_blink_time`` or longer since the ignition."""
        return self._judgement.long_blinks

    @property
    def microsleeps(self) -> int:
        """Closures of ``microsleep_time`` or longer since the ignition."""
        return self._judgement.microsleeps

    def take_notes(self) -> list[str]:
        """What happened that a person may want to know since the last call, one line each."""
        return self._judgement.take_notes()


def _moved(state: EyeState, stamp: float) -> EyeState:
    """The same at another time [s]."""
    if stamp == state.stamp:
        return state
    later = stamp - state.stamp
    events = tuple(dataclasses.replace(e, start=e.start + later) for e in state.events)
    return dataclasses.replace(state, stamp=stamp, events=events)


class FixedSpeed:
    """A vehicle whose speed is not recorded: it says the same ten times a second, as vehicles do.

    Args:
        monitor: who is told.
        speed: [m/s].
    """

    period = 0.1
    """[s]"""

    def __init__(self, monitor: Monitor, speed: float) -> None:
        self._monitor = monitor
        self._speed = speed
        self._next = math.nan

    def until(self, now: float) -> None:
        """Let time pass up to a moment [s], the vehicle speaking all the while."""
        if not abs(now - self._next) < _LONGEST_SILENCE:
            self._next = now
        while self._next <= now:
            self._monitor.advance(self._next)
            self._monitor.on_speed(self._next, self._speed)
            self._next += self.period
        self._monitor.advance(now)
