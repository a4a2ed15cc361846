"""When the driver is told, how loudly and for how long.

Four causes, each with its own memory; the loudest is shown. None of them flickers: each lasts a
while once it has begun, needs a clear end, and pauses before it comes back.
"""

from __future__ import annotations

import dataclasses
import itertools
import math

from fatigue_ros.errors import ParameterError
from fatigue_ros.fusion.assessment import Cause, DriverWarning, Severity
from fatigue_ros.settings.parameters import parameter

_OPEN_TIME = 1.0  # [s] the warning for closed eyes outlasts them, so that fluttering lids are one


@dataclasses.dataclass(frozen=True, kw_only=True)
class WarningSettings:
    """Thresholds and times; those in upper case have the names of Mafteiu-Scai and Bobora 2025."""

    OPTICAL_WARNING_THRESHOLD_L: float = parameter(
        75.0,
        "Level from which the light warns (Mafteiu-Scai and Bobora 2025, section 3.2)",
        unit="%",
        minimum=1.0,
        maximum=100.0,
    )
    OPTICAL_WARNING_THRESHOLD_H: float = parameter(
        85.0,
        "Level up to which only the light warns (Algorithm 1; section 3.2 prints 5). Between it "
        "and ACUSTICAL_WARNING_THRESHOLD the warning stays what it was",
        unit="%",
        minimum=1.0,
        maximum=100.0,
    )
    ACUSTICAL_WARNING_THRESHOLD: float = parameter(
        85.001,
        "Level from which light and sound warn (Mafteiu-Scai and Bobora 2025, section 3.2, whose "
        "spelling this is)",
        unit="%",
        minimum=1.0,
        maximum=100.0,
    )
    TIME_FOR_OPTICAL_WARNING: float = parameter(
        20.0,
        "How long the light warns (Mafteiu-Scai and Bobora 2025, section 3.2)",
        unit="s",
        minimum=1.0,
        maximum=600.0,
    )
    TIME_FOR_ACUSTICAL_WARNING: float = parameter(
        15.0,
        "How long light and sound warn (Mafteiu-Scai and Bobora 2025, section 3.2)",
        unit="s",
        minimum=1.0,
        maximum=600.0,
    )
    level_hysteresis: float = parameter(
        5.0,
        "How far below OPTICAL_WARNING_THRESHOLD_L the level must fall for the matter to be over; "
        "ours",
        unit="%",
        minimum=0.0,
        maximum=50.0,
    )
    warning_pause: float = parameter(
        40.0,
        "Pause before the level warns again; a louder warning does not wait. Ours: one light a "
        "minute does not nag",
        unit="s",
        minimum=0.0,
        maximum=3600.0,
    )
    escalation_count: int = parameter(
        3,
        "Light warnings in a row that nobody acknowledged, after which the next one sounds; ours",
        unit="1",
        minimum=1,
        maximum=100,
    )
    escalated_pause: float = parameter(
        10.0,
        "Pause after a sounding level warning that nobody acknowledged; ours",
        unit="s",
        minimum=0.0,
        maximum=3600.0,
    )
    acknowledged_time: float = parameter(
        120.0,
        "For this long after an acknowledgement the level warns by light only; ours",
        unit="s",
        minimum=0.0,
        maximum=3600.0,
    )
    closure_warning_time: float = parameter(
        3.0,
        "Shortest warning for closed eyes; it goes on while they are closed. Ours",
        unit="s",
        minimum=0.5,
        maximum=60.0,
    )
    state_warning_time: float = parameter(
        2.0,
        "Shortest warning that the driver cannot be seen or that a source is quiet. Ours",
        unit="s",
        minimum=0.1,
        maximum=60.0,
    )

    def check_warnings(self) -> None:
        """See that the thresholds are in order.

        Raises:
            ParameterError: they are not.
        """
        names = (
            "OPTICAL_WARNING_THRESHOLD_L",
            "OPTICAL_WARNING_THRESHOLD_H",
            "ACUSTICAL_WARNING_THRESHOLD",
        )
        for low, high in itertools.pairwise(names):
            if getattr(self, low) > getattr(self, high):
                raise ParameterError(
                    f"{low}: expected at most {high} ({getattr(self, high)} %), "
                    f"got {getattr(self, low)} %"
                )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the warnings are decided on.

    Attributes:
        level: [%] NaN when not valid.
        eyes_closed: the eyes have been closed for long enough to warn.
        sleeping: closed for so long that nobody can have meant to silence the warning.
        lost: the eyes went out of sight in the middle of a microsleep.
        cannot_see: why the driver cannot be seen, empty when he or she can.
        fault: which required source is quiet, empty when none is.
        standing: the vehicle is known to stand: nothing sounds.
        level_visual: the level may warn by light only.
    """

    level: float = math.nan
    eyes_closed: bool = False
    sleeping: bool = False
    lost: bool = False
    cannot_see: str = ""
    fault: str = ""
    standing: bool = False
    level_visual: bool = False


class _Channel:
    """One cause's warning: on from ``since`` to ``until``."""

    def __init__(self, cause: Cause) -> None:
        self.cause = cause
        self.on = False
        self.severity = Severity.NONE
        self.text = ""
        self.since = math.nan
        self.until = math.nan
        self.silenced = False

    def raise_(self, now: float, severity: Severity, until: float, text: str) -> None:
        """Begin, or go on: never quieter or shorter, and in the same words, than before."""
        if not self.on:
            self.on, self.silenced, self.text = True, False, text
            self.since, self.until, self.severity = now, until, severity
        self.until = max(self.until, until)
        self.severity = max(self.severity, severity)

    def expire(self, now: float) -> bool:
        """End when the time is over; True when it ended just now."""
        if self.on and now >= self.until:
            self.on = False
            return True
        return False


class WarningPolicy:
    """Turns the situation into one warning."""

    def __init__(self, settings: WarningSettings) -> None:
        self._settings = settings
        self.reset()

    def reset(self) -> None:
        """No warning, no memory of any."""
        self._eyes = _Channel(Cause.EYES_CLOSED)
        self._fault = _Channel(Cause.SYSTEM_FAULT)
        self._sight = _Channel(Cause.CANNOT_SEE_DRIVER)
        self._level = _Channel(Cause.FATIGUE_LEVEL)
        self._band = Severity.NONE
        self._ignored = 0
        self._answered = False
        self._next_visual = -math.inf
        self._next_acoustic = -math.inf
        self._quiet_until = -math.inf
        self._quiet_since = math.nan
        self._closed = False
        self._sleeping = False

    def acknowledge(self, now: float) -> bool:
        """The driver answers: sounds stop, lights stay. Returns whether there was a warning.

        Closed eyes for the time of sleep cannot be acknowledged away, nor those that close again.
        """
        any_on = False
        for channel in (self._eyes, self._fault, self._sight, self._level):
            if channel.on:
                any_on = True
                channel.silenced = True
        if self._level.on:
            self._answered = True
            self._ignored = 0
            self._quiet_until = now + self._settings.acknowledged_time
        return any_on

    def update(self, now: float, situation: Situation) -> DriverWarning:
        """The warning at a time [s]."""
        self._update_eyes(now, situation)
        self._update_states(now, situation)
        self._update_level(now, situation)
        best: _Channel | None = None
        loudest = Severity.NONE
        # In this order: of two equally loud ones the first is shown.
        for channel in (self._eyes, self._fault, self._sight, self._level):
            if not channel.on:
                continue
            severity = self._audible(channel, situation)
            if severity > loudest:
                best, loudest = channel, severity
        if best is None:
            if math.isnan(self._quiet_since):
                self._quiet_since = now
            return DriverWarning(
                level=situation.level, since=self._quiet_since, until=self._quiet_since
            )
        self._quiet_since = math.nan
        return DriverWarning(
            severity=loudest,
            cause=best.cause,
            text=best.text,
            level=situation.level,
            since=best.since,
            until=best.until,
        )

    def _audible(self, channel: _Channel, situation: Situation) -> Severity:
        quiet = channel.silenced and not (channel is self._eyes and self._sleeping)
        if quiet or situation.standing or (channel is self._level and situation.level_visual):
            return min(channel.severity, Severity.VISUAL)
        return channel.severity

    def _update_eyes(self, now: float, situation: Situation) -> None:
        self._sleeping = situation.sleeping
        before, self._closed = self._closed, situation.eyes_closed
        if self._closed:
            if not before:
                self._eyes.silenced = False  # what was answered was the closure before
            text = "Asleep: wake up" if situation.sleeping else "Eyes closed"
            begun = self._eyes.since if self._eyes.on else now
            until = max(begun + self._settings.closure_warning_time, now + _OPEN_TIME)
            self._eyes.raise_(now, Severity.ACOUSTIC, until, text)
            self._eyes.text = text
        self._eyes.expire(now)

    def _update_states(self, now: float, situation: Situation) -> None:
        hold = now + self._settings.state_warning_time
        severity = Severity.ACOUSTIC if situation.lost else Severity.VISUAL
        if situation.fault:
            self._fault.raise_(now, severity, hold, f"System fault: {situation.fault}")
        elif situation.cannot_see or situation.lost:
            why = situation.cannot_see or "the face turned away with the eyes closed"
            self._sight.raise_(now, severity, hold, f"Cannot see the driver: {why}")
        self._fault.expire(now)
        self._sight.expire(now)

    def _update_level(self, now: float, situation: Situation) -> None:
        s, level, channel = self._settings, situation.level, self._level
        self._band = self._band_of(level)
        if self._band is Severity.NONE and not math.isnan(level):
            self._ignored = 0
            self._answered = False
        if channel.expire(now):
            if self._answered:
                self._answered = False
                pause = s.warning_pause
            else:
                self._ignored += 1
                loud = channel.severity is Severity.ACOUSTIC
                pause = s.escalated_pause if loud else s.warning_pause
            self._next_visual = now + pause
            if channel.severity is Severity.ACOUSTIC:
                self._next_acoustic = now + pause
        if not level >= s.OPTICAL_WARNING_THRESHOLD_L:
            return
        # The sound that follows ignored lights comes when the next light would.
        escalated = self._ignored >= s.escalation_count and now >= self._next_visual
        acoustic = self._band is Severity.ACOUSTIC or escalated
        if now < self._quiet_until:
            acoustic = False
        advice = "stop and rest" if acoustic else "take a break"
        text = f"Fatigue level {level:.0f} %: {advice}"
        if acoustic and now >= self._next_acoustic and not self._sounds(channel):
            channel.on = False  # a louder warning begins anew
            channel.raise_(now, Severity.ACOUSTIC, now + s.TIME_FOR_ACUSTICAL_WARNING, text)
        elif not channel.on and now >= self._next_visual:
            channel.raise_(now, Severity.VISUAL, now + s.TIME_FOR_OPTICAL_WARNING, text)

    @staticmethod
    def _sounds(channel: _Channel) -> bool:
        return channel.on and channel.severity is Severity.ACOUSTIC

    def _band_of(self, level: float) -> Severity:
        s = self._settings
        if level >= s.ACUSTICAL_WARNING_THRESHOLD:
            return Severity.ACOUSTIC
        if level > s.OPTICAL_WARNING_THRESHOLD_H:
            return max(self._band, Severity.VISUAL)
        if level >= s.OPTICAL_WARNING_THRESHOLD_L:
            return Severity.VISUAL
        if level >= s.OPTICAL_WARNING_THRESHOLD_L - s.level_hysteresis:
            return min(self._band, Severity.VISUAL)
        return Severity.NONE
